/* Eight inputs that must stay for three of 32 samples, by bits side by side. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, c0 = 0, c1 = 0, state = 0, changes = 0;
    for (i32 i = 0; i < 32; i++) {
        u32 delta = (next(&s) & 255) ^ state;
        c0 = ~(c0 & delta) & 255;
        c1 = (c0 ^ (c1 & delta)) & 255;
        u32 toggle = delta & c0 & c1;
        state ^= toggle;
        while (toggle) {
            changes++;
            toggle &= toggle - 1;
        }
    }
    return (i32)changes;
}
