/* Open addressing in 64 places: a search ends at an empty place or after 64. */
#include "common.h"
static u32 keys[64];
NOINLINE static u32 find(u32 key)
{
    u32 at = key * 0x9e3779b9u >> 26;
    for (u32 n = 0; n < 64; n++) {
        if (keys[at] == 0 || keys[at] == key) return at;
        at = (at + 1) & 63;
    }
    return 64;
}
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, hits = 0;
    for (i32 i = 0; i < 30; i++) {
        u32 key = (next(&s) & 255) + 1, at = find(key);
        if (at == 64) return -1;
        hits += keys[at] == key;
        keys[at] = key;
    }
    return (i32)hits;
}
