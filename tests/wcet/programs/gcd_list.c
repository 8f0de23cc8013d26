/* Greatest divisor of eight numbers below 256. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, g = 0;
    for (i32 i = 0; i < 8; i++) {
        u32 b = next(&s) & 255;
        while (b) {
            u32 t = g % b;
            g = b;
            b = t;
        }
    }
    return (i32)g;
}
