/* A number in a text that ends with a byte of zero, or after 16. */
#include "common.h"
static u8 text[17];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, x = 0;
    const u8 *p = text;
    for (i32 i = 0; i < 16; i++) text[i] = (u8)((next(&s) & 31) + (i ? 32 : 45));
    while (*p == ' ' || *p == '\t') p++;
    i32 minus = *p == '-';
    p += minus;
    for (; *p >= '0' && *p <= '9'; p++) x = x * 10 + (u32)(*p - '0');
    return minus ? -(i32)x : (i32)x;
}
