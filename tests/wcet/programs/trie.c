/* Words of up to eight letters in a tree of 128 nodes, put in and looked up. */
#include "common.h"
static u8 child[128][4], end[128];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, used = 1, hits = 0;
    for (i32 w = 0; w < 12; w++) {
        u32 node = 0, length = 1 + (next(&s) & 7);
        for (u32 i = 0; i < length; i++) {
            u32 c = next(&s) & 3;
            if (!child[node][c]) {
                if (used == 128) break;
                child[node][c] = (u8)used++;
            }
            node = child[node][c] & 127;
        }
        end[node] = 1;
    }
    s = (u32)v;
    for (i32 w = 0; w < 12; w++) {
        u32 node = 0, length = 1 + (next(&s) & 7);
        for (u32 i = 0; i < length && (node || i == 0); i++) node = child[node][next(&s) & 3] & 127;
        hits += end[node];
    }
    return (i32)hits;
}
