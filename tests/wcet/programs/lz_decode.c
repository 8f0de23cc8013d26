/* Literals and copies from a stream of 40 bytes, into at most 128. */
#include "common.h"
static u8 in[40], out[128];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, n = 0;
    for (i32 i = 0; i < 40; i++) in[i] = (u8)next(&s);
    for (u32 at = 0; at < 40 && n < 128;) {
        u8 b = in[at++];
        if (b < 128 || n == 0 || at == 40) {
            out[n++] = b;
            continue;
        }
        u32 back = in[at++] % n + 1, length = (b & 15u) + 2;
        for (u32 k = 0; k < length && n < 128; k++, n++) out[n] = out[n - back];
    }
    return (i32)n + out[n - 1];
}
