/* Order of multiplication for 10 matrices: three nested loops, each limited by those around. */
#include "common.h"
static u32 cost[10][10];
static u16 dims[11];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 11; i++) dims[i] = (u16)(next(&s) % 50 + 1);
    for (i32 n = 1; n < 10; n++)
        for (i32 i = 0; i + n < 10; i++) {
            u32 best = 0xffffffffu;
            for (i32 k = i; k < i + n; k++) {
                u32 c = cost[i][k] + cost[k + 1][i + n] + (u32)dims[i] * dims[k + 1] * dims[i + n + 1];
                if (c < best) best = c;
            }
            cost[i][i + n] = best;
        }
    return (i32)cost[0][9];
}
