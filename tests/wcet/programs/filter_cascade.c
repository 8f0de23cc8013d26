/* Four filters of second order after each other, with saturation. */
#include "common.h"
struct stage { i32 b0, b1, b2, a1, a2, z1, z2; };
static struct stage f[4] = {
    { 8192, 4096, 1024, -3000, 900, 0, 0 }, { 8000, -4000, 1000, 2000, -500, 0, 0 },
    { 7000, 100, 10, -100, 10, 0, 0 }, { 16384, 0, 0, 0, 0, 0, 0 } };
static i32 clip(i64 x) { return x > 32767 ? 32767 : x < -32768 ? -32768 : (i32)x; }
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 y = 0;
    for (i32 n = 0; n < 24; n++) {
        y = (i32)(next(&s) & 0xffff) - 32768;
        for (i32 k = 0; k < 4; k++) {
            struct stage *p = &f[k];
            i32 out = clip(((i64)p->b0 * y >> 14) + p->z1);
            p->z1 = clip(((i64)p->b1 * y >> 14) - ((i64)p->a1 * out >> 14) + p->z2);
            p->z2 = clip(((i64)p->b2 * y >> 14) - ((i64)p->a2 * out >> 14));
            y = out;
        }
    }
    return y;
}
