/* Runs of equal bytes, written as length and value, and read back. */
#include "common.h"
static u8 in[80], packed[160], out[80];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, n = 0, m = 0;
    for (i32 i = 0; i < 80; i++) in[i] = (u8)(next(&s) >> 5 & 1);
    for (u32 i = 0; i < 80;) {
        u32 k = 1;
        while (i + k < 80 && k < 15 && in[i + k] == in[i]) k++;
        packed[n++] = (u8)k;
        packed[n++] = in[i];
        i += k;
    }
    for (u32 i = 0; i < n && m < 80; i += 2)
        for (u32 k = packed[i]; k > 0 && m < 80; k--) out[m++] = packed[i + 1];
    return (i32)(n + out[79]);
}
