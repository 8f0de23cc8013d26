/* Sets of 32 that are joined; the way to the root is followed at most 32 times. */
#include "common.h"
static u8 parent[32];
NOINLINE static u32 root(u32 x)
{
    for (u32 k = 0; k < 32 && parent[x] != x; k++) {
        parent[x] = parent[parent[x] & 31];
        x = parent[x] & 31;
    }
    return x;
}
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, sets = 32;
    for (u32 i = 0; i < 32; i++) parent[i] = (u8)i;
    for (i32 i = 0; i < 40; i++) {
        u32 a = root(next(&s) & 31), b = root(next(&s) & 31);
        if (a == b) continue;
        parent[a] = (u8)b;
        sets--;
    }
    return (i32)sets;
}
