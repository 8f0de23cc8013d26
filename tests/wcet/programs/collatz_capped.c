/* At most 120 steps of a sequence of which nobody knows the end. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u32 x = ((u32)v & 0xffff) + 1, n = 0;
    while (x != 1 && n < 120) {
        x = x & 1 ? 3 * x + 1 : x / 2;
        n++;
    }
    return (i32)n;
}
