/* Sine by 16 turns, each one way or the other. */
#include "common.h"
static const i32 angle[16] = { 12868, 7596, 4014, 2037, 1023, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1, 1 };
EXPORT i32 run(i32 v)
{
    i32 x = 9949, y = 0, z = v % 25736;
    for (i32 i = 0; i < 16; i++) {
        i32 dx = y >> i, dy = x >> i;
        if (z >= 0) { x -= dx; y += dy; z -= angle[i]; }
        else { x += dx; y -= dy; z += angle[i]; }
    }
    return y + x;
}
