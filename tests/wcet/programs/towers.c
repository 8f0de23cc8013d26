/* Moves of a tower of up to seven: recursion as deep as three bits of the argument say. */
#include "common.h"
static i32 moves;
NOINLINE static void move(u32 n, u32 from, u32 to)
{
    if (n == 0) return;
    move(n - 1, from, 3 - from - to);
    moves += (i32)(from * 3 + to);
    move(n - 1, 3 - from - to, to);
}
EXPORT i32 run(i32 v)
{
    moves = 0;
    move((u32)v & 7, 0, 2);
    return moves;
}
