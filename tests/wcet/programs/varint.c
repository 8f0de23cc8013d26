/* Numbers of variable length, decoded from 60 bytes. */
#include "common.h"
static u8 in[60];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, sum = 0;
    for (i32 i = 0; i < 60; i++) in[i] = (u8)next(&s);
    for (u32 at = 0; at < 60;) {
        u32 x = 0, shift = 0;
        while (at < 60 && shift < 35) {
            u8 b = in[at++];
            x |= (u32)(b & 127) << (shift & 31);
            shift += 7;
            if (b < 128) break;
        }
        sum += x;
    }
    return (i32)sum;
}
