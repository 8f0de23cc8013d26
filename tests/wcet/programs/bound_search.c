/* First number that is not less, in 300 of 64 bits. */
#include "common.h"
static u64 a[300];
NOINLINE static u32 lower(u64 x)
{
    u32 lo = 0, hi = 300;
    while (lo < hi) {
        u32 m = lo + (hi - lo) / 2;
        if (a[m] < x) lo = m + 1;
        else hi = m;
    }
    return lo;
}
EXPORT i32 run(i32 v)
{
    for (u32 i = 0; i < 300; i++) a[i] = (u64)i * i;
    return (i32)lower((u64)(u32)v * 3);
}
