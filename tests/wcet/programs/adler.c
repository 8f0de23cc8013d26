/* A checksum of 200 bytes, reduced every 32. */
#include "common.h"
static u8 in[200];
EXPORT i32 run(i32 v)
{
    u32 a = 1, b = 0;
    for (u32 i = 0; i < 200; i++) in[i] = (u8)(i * 7 + (u32)v);
    for (u32 i = 0; i < 200;) {
        u32 end = i + 32 < 200 ? i + 32 : 200;
        for (; i < end; i++) {
            a += in[i];
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    return (i32)(b << 16 | a);
}
