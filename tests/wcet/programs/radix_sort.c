/* Radix sort by four bits at a time, 16-bit keys. */
#include "common.h"
static u16 a[48], b[48];
static u16 start[17];
NOINLINE static void pass(const u16 *from, u16 *to, u32 shift)
{
    for (i32 i = 0; i < 17; i++) start[i] = 0;
    for (i32 i = 0; i < 48; i++) start[(from[i] >> shift & 15) + 1]++;
    for (i32 i = 1; i < 17; i++) start[i] = (u16)(start[i] + start[i - 1]);
    for (i32 i = 0; i < 48; i++) to[start[from[i] >> shift & 15]++ % 48] = from[i];
}
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 48; i++) a[i] = (u16)next(&s);
    pass(a, b, 0);
    pass(b, a, 4);
    pass(a, b, 8);
    pass(b, a, 12);
    return a[0] + a[47];
}
