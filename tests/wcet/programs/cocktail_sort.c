/* Bubbles up and down between limits that close in. */
#include "common.h"
static u8 a[20];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 20; i++) a[i] = (u8)next(&s);
    for (i32 lo = 0, hi = 19; lo < hi;) {
        for (i32 i = lo; i < hi; i++)
            if (a[i] > a[i + 1]) { u8 t = a[i]; a[i] = a[i + 1]; a[i + 1] = t; }
        hi--;
        for (i32 i = hi; i > lo; i--)
            if (a[i - 1] > a[i]) { u8 t = a[i]; a[i] = a[i - 1]; a[i - 1] = t; }
        lo++;
    }
    return a[0] + a[19];
}
