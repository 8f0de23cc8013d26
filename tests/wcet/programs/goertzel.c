/* Strength of one tone in 64 samples, fixed point. */
#include "common.h"
static i32 x[64];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 s1 = 0, s2 = 0;
    for (i32 i = 0; i < 64; i++) x[i] = (i32)(next(&s) & 1023) - 512;
    for (i32 i = 0; i < 64; i++) {
        i32 t = x[i] + (i32)(((i64)s1 * 27146) >> 14) - s2;
        s2 = s1;
        s1 = t;
    }
    return (i32)(((i64)s1 * s1 + (i64)s2 * s2 - (i64)s1 * s2) >> 16);
}
