/* Letters of one to four bytes in 50; a sequence that is cut short ends the work. */
#include "common.h"
static u8 in[50];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, sum = 0, at = 0;
    for (i32 i = 0; i < 50; i++) in[i] = (u8)next(&s);
    while (at < 50) {
        u8 b = in[at++];
        u32 more = b < 0x80 ? 0 : b < 0xc0 ? 9 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3, x = b & 127u;
        if (more == 9) continue;
        for (; more > 0; more--) {
            if (at >= 50 || (in[at] & 0xc0) != 0x80) break;
            x = x << 6 | (in[at++] & 63u);
        }
        sum += x;
    }
    return (i32)sum;
}
