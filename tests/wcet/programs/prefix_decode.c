/* Codes of one to four bits, bit by bit, from 12 bytes. */
#include "common.h"
static u8 in[12], out[96];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, n = 0, node = 0;
    static const u8 next_of[4][2] = { { 128, 1 }, { 129, 2 }, { 130, 3 }, { 131, 132 } };
    for (i32 i = 0; i < 12; i++) in[i] = (u8)next(&s);
    for (u32 bit = 0; bit < 96; bit++) {
        u32 to = next_of[node & 3][in[bit >> 3] >> (bit & 7) & 1];
        if (to < 128) node = to;
        else {
            out[n++] = (u8)to;
            node = 0;
        }
    }
    return (i32)n;
}
