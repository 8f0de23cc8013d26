/* The limit lies in memory, and the loop writes beside it at places that the argument says. */
#include "common.h"
static struct { u8 cells[8]; u8 limit; u8 after[7]; } m;
EXPORT i32 run(i32 v)
{
    u8 *volatile cells = m.cells;
    m.limit = 20;
    u8 *p = cells;
    for (u32 i = 0; i < m.limit; i++) p[((u32)v >> (i & 15)) & 7] = (u8)i;
    for (u32 i = 0; i < m.limit; i++) p[((u32)v >> (i & 15)) & 15] = (u8)(40 + (i & 7));
    return m.cells[3] + m.limit;
}
