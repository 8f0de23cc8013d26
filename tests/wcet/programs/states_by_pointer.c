/* A machine whose states are functions; which comes next depends on the input. */
#include "common.h"
typedef i32 (*state)(u32);
static i32 count;
static i32 idle(u32 x) { count++; return x & 1; }
static i32 busy(u32 x)
{
    for (u32 i = 0; i < (x & 7); i++) count += (i32)i;
    return x & 2 ? 2 : 1;
}
static i32 done(u32 x)
{
    for (u32 i = 0; i < 12; i++) count ^= (i32)(x >> i);
    return 0;
}
static state volatile table[4] = { idle, busy, done, idle };
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, now = 0;
    for (i32 i = 0; i < 30; i++) now = (u32)table[now & 3](next(&s)) & 3;
    return count;
}
