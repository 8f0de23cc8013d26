/* Unsigned counters that run down to nothing, in three spellings. */
#include "common.h"
static u16 a[50];
EXPORT i32 run(i32 v)
{
    u32 sum = 0;
    for (u32 i = 50; i-- > 0;) a[i] = (u16)(i ^ (u32)v);
    for (u32 i = 49; i < 50; i--) sum += a[i];          /* until it wraps */
    for (u32 i = 49; i >= 1; i -= 2) sum ^= a[i];
    u32 n = (u32)v & 31;
    while (n--) sum += n;
    return (i32)sum;
}
