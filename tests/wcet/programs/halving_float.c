/* Halves a number until it is small: the condition is one of floating point, so there is no bound. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    double x = (double)v;
    i32 n = 0;
    if (x < 0) x = -x;
    while (x > 0.001) {
        x *= 0.5;
        n++;
    }
    return n;
}
