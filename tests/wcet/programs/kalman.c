/* A filter of two states in floating point, 16 samples. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    double x = 0, dx = 0, p00 = 1, p01 = 0, p11 = 1;
    u32 s = (u32)v;
    for (i32 i = 0; i < 16; i++) {
        double z = (double)(next(&s) & 255) - 128.0;
        x += dx;
        p00 += 2 * p01 + p11 + 0.01;
        p01 += p11;
        p11 += 0.01;
        double k0 = p00 / (p00 + 4.0), k1 = p01 / (p00 + 4.0), y = z - x;
        x += k0 * y;
        dx += k1 * y;
        p11 -= k1 * p01;
        p01 -= k0 * p01;
        p00 -= k0 * p00;
    }
    return x > 1e6 || x < -1e6 ? 0 : (i32)x;
}
