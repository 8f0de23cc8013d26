/* Clocks and entropy of a board. */
#include "port/bare/board.h"

__attribute__((weak)) uint64_t wrt_board_mono_ns(void) { return 0; }
__attribute__((weak)) uint64_t wrt_board_wall_ns(void) { return 0; }

uint64_t wrt__port_mono_ns(void)
{
    return wrt_board_mono_ns();
}

uint64_t wrt__port_wall_ns(void)
{
    return wrt_board_wall_ns();
}

uint64_t wrt__port_cpu_ns(void)
{
    return wrt_board_mono_ns();     /* one program: all time is its time */
}
