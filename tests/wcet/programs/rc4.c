/* A stream cipher: 256 swaps at places that the key says, then 40 bytes. */
#include "common.h"
static u8 s[256];
EXPORT i32 run(i32 v)
{
    u8 j = 0, i = 0, out = 0;
    for (i32 k = 0; k < 256; k++) s[k] = (u8)k;
    u8 k = 0;
    do {                            /* a counter of eight bits, once round */
        j = (u8)(j + s[k] + ((u32)v >> (k & 3) * 8));
        u8 t = s[k];
        s[k] = s[j];
        s[j] = t;
    } while (++k != 0);
    for (i32 n = 0; n < 40; n++) {
        i++;
        j = (u8)(j + s[i]);
        u8 t = s[i];
        s[i] = s[j];
        s[j] = t;
        out ^= s[(u8)(s[i] + s[j])];
    }
    return out;
}
