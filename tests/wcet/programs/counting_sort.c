/* Counts and writes back: the inner loops are as long as the counts, 64 in all. */
#include "common.h"
static u8 a[64], count[16];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 at = 0;
    for (i32 i = 0; i < 64; i++) a[i] = (u8)(next(&s) & 15);
    for (i32 i = 0; i < 16; i++) count[i] = 0;
    for (i32 i = 0; i < 64; i++) count[a[i]]++;
    for (i32 k = 0; k < 16; k++)
        for (i32 n = count[k]; n > 0 && at < 64; n--) a[at++] = (u8)k;
    return a[32];
}
