/* Square root bit by bit: a bit that is shifted to nothing, after one that is shifted to its place. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u32 x = (u32)v, r = 0, b = 1u << 30;
    while (b > x) b >>= 2;
    while (b) {
        if (x >= r + b) {
            x -= r + b;
            r = (r >> 1) + b;
        } else {
            r >>= 1;
        }
        b >>= 2;
    }
    return (i32)r;
}
