/* Quicksort with a stack of its own: how often it divides depends on the data. */
#include "common.h"
static i32 a[32];
static u8 stack[64];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, top = 0;
    for (i32 i = 0; i < 32; i++) a[i] = (i32)(next(&s) & 255);
    stack[top++] = 0;
    stack[top++] = 31;
    while (top > 0) {
        i32 hi = stack[--top], lo = stack[--top], i = lo, p = a[hi];
        if (lo >= hi) continue;
        for (i32 j = lo; j < hi; j++) {
            if (a[j] >= p) continue;
            i32 t = a[j];
            a[j] = a[i];
            a[i++] = t;
        }
        a[hi] = a[i];
        a[i] = p;
        if (i - 1 > lo) { stack[top++ & 63] = (u8)lo; stack[top++ & 63] = (u8)(i - 1); }
        if (i + 1 < hi) { stack[top++ & 63] = (u8)(i + 1); stack[top++ & 63] = (u8)hi; }
    }
    return a[0] + a[31];
}
