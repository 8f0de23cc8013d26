/* A line of at most 64 points between points that the argument names. */
#include "common.h"
static u8 image[64][64];
EXPORT i32 run(i32 v)
{
    i32 x0 = v & 63, y0 = v >> 6 & 63, x1 = v >> 12 & 63, y1 = v >> 18 & 63, n = 0;
    i32 dx = x1 > x0 ? x1 - x0 : x0 - x1, dy = y1 > y0 ? y1 - y0 : y0 - y1;
    i32 steps = dx > dy ? dx : dy;
    for (i32 i = 0; i <= steps; i++) {
        i32 x = steps ? x0 + (x1 - x0) * i / steps : x0, y = steps ? y0 + (y1 - y0) * i / steps : y0;
        image[y & 63][x & 63] = 1;
        n++;
    }
    return n;
}
