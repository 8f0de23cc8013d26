/* Distance of two words of 20 letters. */
#include "common.h"
static u8 x[20], y[20], row[21];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 20; i++) {
        x[i] = (u8)(next(&s) & 3);
        y[i] = (u8)(next(&s) & 3);
    }
    for (i32 j = 0; j <= 20; j++) row[j] = (u8)j;
    for (i32 i = 0; i < 20; i++) {
        u8 left = (u8)(i + 1), corner = (u8)i;
        for (i32 j = 0; j < 20; j++) {
            u8 d = (u8)(corner + (x[i] != y[j]));
            if (row[j + 1] + 1 < d) d = (u8)(row[j + 1] + 1);
            if (left + 1 < d) d = (u8)(left + 1);
            corner = row[j + 1];
            row[j] = left;
            left = d;
        }
        row[20] = left;
    }
    return row[20];
}
