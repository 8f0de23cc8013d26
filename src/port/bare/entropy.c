/* Random bytes of a board. */
#include "port/bare/board.h"

__attribute__((weak)) bool wrt_board_random(void *p, size_t n)
{
    (void)p;
    return n == 0;
}

bool wrt__port_random(void *p, size_t n)
{
    return wrt_board_random(p, n);
}
