/* A machine of states by a table of transitions over 70 letters. */
#include "common.h"
static u8 text[70];
static const u8 move[4][4] = { { 0, 1, 2, 3 }, { 0, 1, 1, 3 }, { 0, 2, 2, 2 }, { 3, 3, 0, 0 } };
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, state = 0, words = 0;
    for (i32 i = 0; i < 70; i++) text[i] = (u8)next(&s);
    for (i32 i = 0; i < 70; i++) {
        u32 to = move[state][text[i] & 3];
        words += state == 0 && to != 0;
        state = to & 3;
    }
    return (i32)words;
}
