/* Two generations on 12 by 12 fields that meet at their borders. */
#include "common.h"
static u8 now[12][12], then[12][12];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, alive = 0;
    for (i32 i = 0; i < 144; i++) now[i / 12][i % 12] = next(&s) & 1;
    for (i32 g = 0; g < 2; g++) {
        for (i32 y = 0; y < 12; y++)
            for (i32 x = 0; x < 12; x++) {
                i32 n = 0;
                for (i32 d = 0; d < 9; d++)
                    if (d != 4) n += now[(y + d / 3 + 11) % 12][(x + d % 3 + 11) % 12];
                then[y][x] = n == 3 || (n == 2 && now[y][x]);
            }
        for (i32 i = 0; i < 144; i++) now[i / 12][i % 12] = then[i / 12][i % 12];
    }
    for (i32 i = 0; i < 144; i++) alive += now[i / 12][i % 12];
    return (i32)alive;
}
