/* Digits of a number in base 10, and back. */
#include "common.h"
static u8 text[12];
EXPORT i32 run(i32 v)
{
    u32 x = (u32)v, n = 0, back = 0;
    do {
        text[n++] = (u8)('0' + x % 10);
        x /= 10;
    } while (x);
    while (n) back = back * 10 + (u32)(text[--n] - '0');
    return (i32)back;
}
