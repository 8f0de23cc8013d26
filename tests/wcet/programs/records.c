/* Records of type, length and value in 96 bytes; what they say of their length is not trusted. */
#include "common.h"
static u8 in[96];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, at = 0, sum = 0;
    for (i32 i = 0; i < 96; i++) in[i] = (u8)next(&s);
    while (at + 2 <= 96) {
        u32 type = in[at] & 3, length = in[at + 1] & 31, end = at + 2 + length;
        if (end > 96) break;
        if (type == 1)
            for (u32 i = at + 2; i < end; i++) sum += in[i];
        else if (type == 2)
            for (u32 i = end; i > at + 2; i--) sum = sum * 31 + in[i - 1];
        at = end;
    }
    return (i32)sum;
}
