/* Comb sort: passes until one changes nothing; only the data say how many. */
#include "common.h"
static i32 a[24];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 gap = 24, swapped = 1;
    for (i32 i = 0; i < 24; i++) a[i] = (i32)(next(&s) & 511);
    while (gap > 1 || swapped) {
        gap = gap * 10 / 13;
        if (gap < 1) gap = 1;
        swapped = 0;
        for (i32 i = 0; i + gap < 24; i++) {
            if (a[i] <= a[i + gap]) continue;
            i32 t = a[i];
            a[i] = a[i + gap];
            a[i + gap] = t;
            swapped = 1;
        }
    }
    return a[12];
}
