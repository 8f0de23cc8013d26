/* The step comes from the argument and may be nothing: no bound. */
#include "common.h"
static u8 a[100];
EXPORT i32 run(i32 v)
{
    u32 step = (u32)v & 7;
    i32 n = 0;
    for (u32 i = 0; i < 100; i += step) n += a[i]++;
    return n;
}
