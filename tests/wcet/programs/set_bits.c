/* All set bits of a number of 64 bits, the lowest first. */
#include "common.h"
static u8 place[64];
EXPORT i32 run(i32 v)
{
    u64 x = (u64)(u32)v * 0x100010001ull;
    i32 n = 0;
    while (x) {
        place[n & 63] = (u8)__builtin_ctzll(x);
        x &= x - 1;
        n++;
    }
    return n;
}
