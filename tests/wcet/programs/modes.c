/* A step of a controller with four modes. */
#include "common.h"
static i32 state[8], out;
EXPORT i32 run(i32 v)
{
    switch (v & 3) {
    case 0:
        for (i32 i = 0; i < 8; i++) state[i] = 0;
        break;
    case 1:
        for (i32 i = 0; i < 8; i++)
            for (i32 k = 0; k < 10; k++) state[i] += (state[(i + 1) & 7] - state[i]) / 4 + v;
        break;
    case 2:
        for (i32 i = 7; i > 0; i--) state[i] = state[i - 1];
        state[0] = v;
        break;
    default: out = state[7];
    }
    for (i32 i = 0; i < 8; i++) out += state[i] > 100 ? 100 : state[i] < -100 ? -100 : state[i];
    return out;
}
