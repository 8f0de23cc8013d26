/* Breadth first over 8 by 8 fields with walls: every field enters the queue at most once, which no interval
 * says. */
#include "common.h"
static u8 wall[64], seen[64], queue[64];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, head = 0, tail = 0;
    for (i32 i = 0; i < 64; i++) {
        wall[i] = (next(&s) & 3) == 0;
        seen[i] = 0;
    }
    queue[tail++] = 0;
    seen[0] = 1;
    while (head < tail && tail <= 64) {
        u32 at = queue[head++];
        for (u32 d = 0; d < 4; d++) {
            u32 n = d == 0 ? at + 1 : d == 1 ? at - 1 : d == 2 ? at + 8 : at - 8;
            if (n > 63 || seen[n] || wall[n] || tail >= 64) continue;
            seen[n] = 1;
            queue[tail++] = (u8)n;
        }
    }
    return (i32)tail;
}
