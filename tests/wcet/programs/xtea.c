/* A block cipher of 32 rounds over four blocks. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u32 key[4] = { 1, 0x9e3779b9u, (u32)v, 77 }, out = 0;
    for (u32 block = 0; block < 4; block++) {
        u32 a = block, b = (u32)v, sum = 0;
        for (i32 i = 0; i < 32; i++) {
            a += ((b << 4 ^ b >> 5) + b) ^ (sum + key[sum & 3]);
            sum += 0x9e3779b9u;
            b += ((a << 4 ^ a >> 5) + a) ^ (sum + key[sum >> 11 & 3]);
        }
        out ^= a + b;
    }
    return (i32)out;
}
