/* Counters of 64 bits, from beyond 32 bits and by a step from the argument. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u64 sum = 0, step = ((u32)v & 15) + 10;
    for (u64 i = 0x100000000ull; i < 0x100000100ull; i += step) sum += i;
    for (i64 i = -20; i <= 20; i += 3) sum ^= (u64)i;
    return (i32)(sum >> 3);
}
