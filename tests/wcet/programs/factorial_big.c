/* Factorial of 25 in digits of 16 bits; the number of digits grows. */
#include "common.h"
static u16 d[32];
EXPORT i32 run(i32 v)
{
    u32 n = 1;
    d[0] = (u16)((v & 1) + 1);
    for (u32 k = 2; k <= 25; k++) {
        u32 carry = 0;
        for (u32 i = 0; i < n; i++) {
            carry += d[i] * k;
            d[i] = (u16)carry;
            carry >>= 16;
        }
        if (carry && n < 32) d[n++] = (u16)carry;
    }
    return (i32)(n * 65536 + d[n - 1]);
}
