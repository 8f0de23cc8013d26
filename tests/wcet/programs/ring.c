/* A queue in a ring of 32, filled and emptied as bits of the argument say. */
#include "common.h"
static i32 q[32];
static u32 head, tail;
EXPORT i32 run(i32 v)
{
    i32 sum = 0;
    for (i32 i = 0; i < 100; i++) {
        if (((u32)v >> (i & 31)) & 1) {
            if (head - tail < 32) q[head++ & 31] = i;
        } else if (head != tail) {
            sum += q[tail++ & 31];
        }
    }
    while (head != tail && sum < 100000) {
        sum += q[tail++ & 31];
        if (head - tail > 32) break;
    }
    return sum;
}
