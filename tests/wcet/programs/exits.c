/* A search over two loops that is left from inside both, or skips to the next row. */
#include "common.h"
static u8 m[12][12];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 sum = 0;
    for (i32 i = 0; i < 144; i++) m[i / 12][i % 12] = (u8)next(&s);
    for (i32 y = 0; y < 12; y++) {
        for (i32 x = 0; x < 12; x++) {
            switch (m[y][x] & 15) {
            case 0: goto next_row;
            case 1: if (sum > 4000) goto out; break;
            case 2: x++; break;
            default: sum += m[y][x];
            }
        }
        sum++;
    next_row:;
    }
out:
    return sum;
}
