/* What fits best, 12 things and 50 units: the inner loop ends where the thing begins. */
#include "common.h"
static u16 best[51];
static u8 weight[12], worth[12];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 12; i++) {
        weight[i] = (u8)(next(&s) % 20 + 1);
        worth[i] = (u8)next(&s);
    }
    for (i32 i = 0; i < 12; i++)
        for (i32 w = 50; w >= weight[i]; w--) {
            u16 with = (u16)(best[w - weight[i]] + worth[i]);
            if (with > best[w]) best[w] = with;
        }
    return best[50];
}
