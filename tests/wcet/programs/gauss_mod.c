/* Elimination modulo 251 with a search for the pivot: columns without one are passed over. */
#include "common.h"
static u8 m[8][9];
static u32 inverse(u32 x)
{
    u32 r = 1;
    for (u32 e = 249; e; e >>= 1) {
        if (e & 1) r = r * x % 251;
        x = x * x % 251;
    }
    return r;
}
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 rank = 0;
    for (i32 i = 0; i < 72; i++) m[i / 9][i % 9] = (u8)(next(&s) % 251);
    for (i32 c = 0; c < 8; c++) {
        i32 p = rank;
        while (p < 8 && m[p][c] == 0) p++;
        if (p == 8) continue;
        for (i32 k = 0; k < 9; k++) {
            u8 t = m[p][k];
            m[p][k] = m[rank][k];
            m[rank][k] = t;
        }
        u32 inv = inverse(m[rank][c]);
        for (i32 r = rank + 1; r < 8; r++) {
            u32 f = m[r][c] * inv % 251;
            for (i32 k = c; k < 9; k++) m[r][k] = (u8)((m[r][k] + (251 - f) * m[rank][k]) % 251);
        }
        rank++;
    }
    return rank;
}
