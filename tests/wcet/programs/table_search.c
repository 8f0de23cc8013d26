/* Place in a table with unequal distances by halves, then a straight line between. */
#include "common.h"
static const u16 xs[33] = { 0, 3, 9, 18, 30, 45, 63, 84, 108, 135, 165, 198, 234, 273, 315, 360, 408, 459,
    513, 570, 630, 693, 759, 828, 900, 975, 1053, 1134, 1218, 1305, 1395, 1488, 1584 };
EXPORT i32 run(i32 v)
{
    u32 x = (u32)v & 0x7ff, lo = 0, hi = 32;
    if (x >= 1584) return 32 * 64;
    while (hi - lo > 1) {
        u32 m = (lo + hi) / 2;
        if (xs[m] <= x) lo = m;
        else hi = m;
    }
    return (i32)(lo * 64 + (x - xs[lo]) * 64 / (u32)(xs[hi] - xs[lo]));
}
