/* One visitor of three for 16 elements; the argument says which. */
#include "common.h"
typedef void (*visitor)(i32 *);
static i32 a[16];
static void one(i32 *x) { *x += 1; }
static void two(i32 *x) { for (i32 i = 0; i < 4; i++) *x = *x * 3 + i; }
static void three(i32 *x) { for (i32 i = 0; i < 9; i++) *x ^= i << (i & 3); }
static visitor volatile visitors[3] = { one, two, three };
EXPORT i32 run(i32 v)
{
    visitor f = visitors[(u32)v % 3];
    for (i32 i = 0; i < 16; i++) f(&a[i]);
    return a[0] + a[15];
}
