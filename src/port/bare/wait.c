/* Waiting on a board: look at the word, idle, look again. An interrupt handler changes the word. */
#include "port/bare/board.h"

__attribute__((weak)) void wrt_board_idle(void) { }
__attribute__((weak)) void wrt_board_wake(void) { }

void wrt__port_wait(const volatile uint32_t *addr, uint32_t expected, uint64_t until_ns)
{
    while (*addr == expected) {
        /* A clock that does not run (0) must not make a timed wait endless. */
        uint64_t now = wrt_board_mono_ns();
        if (until_ns != UINT64_MAX && (now == 0 || now >= until_ns)) return;
        wrt_board_idle();
    }
}

void wrt__port_wake(const volatile uint32_t *addr)
{
    (void)addr;
    wrt_board_wake();
}
