/* A power by the bits of the exponent. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u64 base = (u32)v % 65521, r = 1;
    for (u32 e = (u32)v ^ 0x5a5a5a5au; e != 0; e >>= 1) {
        if (e & 1) r = r * base % 65521;
        base = base * base % 65521;
    }
    return (i32)r;
}
