/* Counters of 8 and 16 bits that wrap, and one that stops just before. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    i32 n = 0;
    for (u8 i = 250; i != 5; i++) n += i & v;
    for (u16 i = 65500; i >= 65500; i = (u16)(i + 7)) n += i;
    for (signed char i = 100; i > 0; i = (signed char)(i + 3)) n ^= i;
    for (u32 i = 0xfffffff0u; i != 0; i += 4) n += (i32)i;
    return n;
}
