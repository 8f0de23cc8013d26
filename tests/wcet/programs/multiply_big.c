/* Product of two numbers of 256 bits, column by column. */
#include "common.h"
static u32 x[8], y[8], z[16];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    u64 low = 0, high = 0;
    for (i32 i = 0; i < 8; i++) { x[i] = next(&s); y[i] = next(&s); }
    for (i32 c = 0; c < 15; c++) {
        i32 lo = c < 8 ? 0 : c - 7, hi = c < 8 ? c : 7;
        for (i32 i = lo; i <= hi; i++) {
            u64 p = (u64)x[i] * y[c - i];
            low += (u32)p;
            high += p >> 32;
        }
        z[c] = (u32)low;
        low = (low >> 32) + (u32)high;
        high >>= 32;
    }
    z[15] = (u32)low;
    return (i32)(z[15] ^ z[0]);
}
