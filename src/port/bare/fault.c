/* The end of a board whose invariants broke, and its log. */
#include "port/bare/board.h"

__attribute__((weak)) void wrt_board_panic(const char *file, int line, const char *what)
{
    (void)file, (void)line, (void)what;
}

__attribute__((weak)) void wrt_board_log(int level, wrt_str message)
{
    (void)level, (void)message;
}

_Noreturn void wrt__panic(const char *file, int line, const char *what)
{
    wrt_board_panic(file, line, what);
    for (;;) {
        wrt_board_idle();
    }
}

void wrt__port_log(int level, wrt_str message)
{
    wrt_board_log(level, message);
}
