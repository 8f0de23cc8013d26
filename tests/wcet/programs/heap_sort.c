/* Heap sort of 48 numbers that depend on the argument. */
#include "common.h"
static i32 a[48];
NOINLINE static void sift(i32 i, i32 n)
{
    i32 x = a[i], c;
    while ((c = 2 * i + 1) < n) {
        if (c + 1 < n && a[c + 1] > a[c]) c++;
        if (a[c] <= x) break;
        a[i] = a[c];
        i = c;
    }
    a[i] = x;
}
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 48; i++) a[i] = (i32)(next(&s) % 1000);
    for (i32 i = 23; i >= 0; i--) sift(i, 48);
    for (i32 n = 47; n > 0; n--) {
        i32 t = a[0];
        a[0] = a[n];
        a[n] = t;
        sift(0, n);
    }
    return a[0] + a[47];
}
