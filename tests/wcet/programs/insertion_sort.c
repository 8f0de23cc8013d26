/* Insertion sort of 32 numbers: the inner loop goes back as far as the data say. */
#include "common.h"
static i32 a[32];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 32; i++) a[i] = (i32)(next(&s) & 0xfff);
    for (i32 i = 1; i < 32; i++) {
        i32 x = a[i], j = i - 1;
        while (j >= 0 && a[j] > x) {
            a[j + 1] = a[j];
            j--;
        }
        a[j + 1] = x;
    }
    return a[0] + a[31];
}
