/* Cosine transform of 8 by 8 samples, rows and then columns. */
#include "common.h"
static i32 m[8][8], t[8][8];
static const i32 c[8] = { 16384, 16069, 15137, 13623, 11585, 9102, 6270, 3196 };
static i32 cosine(i32 k)
{
    k &= 31;
    return k <= 8 ? (k == 8 ? 0 : c[k]) : k < 16 ? -c[16 - k]
        : k <= 24 ? (k == 24 ? 0 : -c[k - 16]) : c[32 - k];
}
EXPORT i32 run(i32 v)
{
    for (i32 i = 0; i < 64; i++) m[i / 8][i % 8] = (v >> (i & 15)) & 255;
    for (i32 r = 0; r < 8; r++)
        for (i32 k = 0; k < 8; k++) {
            i32 sum = 0;
            for (i32 n = 0; n < 8; n++) sum += m[r][n] * cosine((2 * n + 1) * k) >> 8;
            t[k][r] = sum;
        }
    i32 all = 0;
    for (i32 r = 0; r < 8; r++)
        for (i32 k = 0; k < 8; k++)
            for (i32 n = 0; n < 8; n++) all ^= t[r][n] * cosine((2 * n + 1) * k) >> 12;
    return all;
}
