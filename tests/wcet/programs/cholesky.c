/* A matrix of 6 by 6, decomposed. */
#include "common.h"
static double a[6][6], l[6][6];
EXPORT i32 run(i32 v)
{
    for (i32 i = 0; i < 6; i++)
        for (i32 j = 0; j < 6; j++) a[i][j] = i == j ? 20.0 + v : 1.0 / (double)(1 + i + j);
    for (i32 i = 0; i < 6; i++)
        for (i32 j = 0; j <= i; j++) {
            double s = a[i][j];
            for (i32 k = 0; k < j; k++) s -= l[i][k] * l[j][k];
            l[i][j] = i == j ? __builtin_sqrt(s) : s / l[j][j];
        }
    return (i32)(l[5][5] * 1000.0);
}
