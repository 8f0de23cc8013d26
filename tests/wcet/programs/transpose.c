/* A matrix turned in place: the inner loop begins behind the outer counter. */
#include "common.h"
static i32 m[17][17];
EXPORT i32 run(i32 v)
{
    for (i32 i = 0; i < 17; i++)
        for (i32 j = 0; j < 17; j++) m[i][j] = i * 31 + j + v;
    for (i32 i = 0; i < 17; i++)
        for (i32 j = i + 1; j < 17; j++) {
            i32 t = m[i][j];
            m[i][j] = m[j][i];
            m[j][i] = t;
        }
    return m[3][9] - m[9][3];
}
