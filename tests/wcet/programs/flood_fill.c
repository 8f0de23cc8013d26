/* Fills a region with a stack of its own; ends when the stack is empty, at the latest after 400 steps. */
#include "common.h"
static u8 field[100];
static u8 stack[100];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v, top = 1, filled = 0;
    for (i32 i = 0; i < 100; i++) field[i] = (next(&s) & 3) == 0;
    stack[0] = 55;
    for (i32 steps = 0; top > 0 && steps < 400; steps++) {
        u32 at = stack[--top];
        if (field[at]) continue;
        field[at] = 2;
        filled++;
        u32 x = at % 10;
        if (x > 0 && top < 100) stack[top++] = (u8)(at - 1);
        if (x < 9 && top < 100) stack[top++] = (u8)(at + 1);
        if (at >= 10 && top < 100) stack[top++] = (u8)(at - 10);
        if (at < 90 && top < 100) stack[top++] = (u8)(at + 10);
    }
    return (i32)filled;
}
