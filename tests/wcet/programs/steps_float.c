/* A counter in floating point with known ends, and inside it whole numbers. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    i32 sum = 0;
    for (double t = 0.0; t < 2.0; t += 0.125)
        for (i32 i = 0; i < 6; i++) sum += (i32)(t * 8.0) * i + v;
    return sum;
}
