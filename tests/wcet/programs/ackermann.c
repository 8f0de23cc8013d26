/* Recursion whose depth is known, since the arguments are. */
#include "common.h"
NOINLINE static i32 ack(i32 m, i32 n)
{
    return m == 0 ? n + 1 : n == 0 ? ack(m - 1, 1) : ack(m - 1, ack(m, n - 1));
}
EXPORT i32 run(i32 v) { return ack(2, 4) + v; }
