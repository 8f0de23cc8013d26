/* Greatest divisor by halves and differences: no bound without a fact. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u32 a = (u32)v & 0xffff, b = (u32)v >> 16, k = 0;
    if (a == 0 || b == 0) return (i32)(a | b);
    while (!((a | b) & 1)) { a >>= 1; b >>= 1; k++; }
    while (!(a & 1)) a >>= 1;
    while (b) {
        while (!(b & 1)) b >>= 1;
        if (a > b) { u32 t = a; a = b; b = t; }
        b -= a;
    }
    return (i32)(a << k);
}
