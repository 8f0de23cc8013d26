/* Looks for a word with jumps; each is at least one. */
#include "common.h"
static const u8 word[5] = { 3, 1, 2, 0, 2 };
static u8 text[90], jump[4];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    for (i32 i = 0; i < 90; i++) text[i] = (u8)(next(&s) & 3);
    for (i32 i = 0; i < 4; i++) jump[i] = 5;
    for (i32 i = 0; i < 4; i++) jump[word[i]] = (u8)(4 - i);
    for (i32 at = 0; at <= 85;) {
        i32 k = 4;
        while (k >= 0 && text[at + k] == word[k]) k--;
        if (k < 0) return at;
        at += jump[text[at + 4] & 3];
    }
    return -1;
}
