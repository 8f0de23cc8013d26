/* Shell sort with the gaps 13, 4, 1. */
#include "common.h"
static i32 a[40];
static const u8 gaps[3] = { 13, 4, 1 };
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 40; i++) a[i] = (i32)(next(&s) & 1023);
    for (i32 g = 0; g < 3; g++) {
        i32 gap = gaps[g];
        for (i32 i = gap; i < 40; i++) {
            i32 x = a[i], j = i;
            for (; j >= gap && a[j - gap] > x; j -= gap) a[j] = a[j - gap];
            a[j] = x;
        }
    }
    return a[20];
}
