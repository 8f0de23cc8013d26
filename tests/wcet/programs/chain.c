/* Follows links that the argument has mixed: no bound without a fact. */
#include "common.h"
static u8 link[64];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, n = 0;
    for (i32 i = 0; i < 64; i++) link[i] = (u8)(next(&s) >> 3 & 63);
    for (u32 at = 1; at; at = link[at]) n++;
    return (i32)n;
}
