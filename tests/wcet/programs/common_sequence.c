/* Longest common sequence of 24 letters, and the way back through the table. */
#include "common.h"
static u8 x[24], y[24], t[25][25];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 i = 24, j = 24, mixed = 0;
    for (i32 k = 0; k < 24; k++) { x[k] = next(&s) & 3; y[k] = next(&s) & 3; }
    for (i32 a = 1; a <= 24; a++)
        for (i32 b = 1; b <= 24; b++)
            t[a][b] = x[a - 1] == y[b - 1] ? (u8)(t[a - 1][b - 1] + 1) :
                t[a - 1][b] > t[a][b - 1] ? t[a - 1][b] : t[a][b - 1];
    while (i > 0 && j > 0) {
        if (x[i - 1] == y[j - 1]) { mixed = mixed * 5 + x[i - 1]; i--; j--; }
        else if (t[i - 1][j] >= t[i][j - 1]) i--;
        else j--;
    }
    return mixed;
}
