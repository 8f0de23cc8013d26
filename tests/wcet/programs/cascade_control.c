/* Two controllers after each other with limits and a ramp, 20 steps. */
#include "common.h"
static i32 integral[2], last[2];
NOINLINE static i32 limit(i32 x, i32 most) { return x > most ? most : x < -most ? -most : x; }
NOINLINE static i32 control(i32 k, i32 error)
{
    integral[k] = limit(integral[k] + error, 1 << 20);
    i32 out = (error * (5 - k)) / 4 + integral[k] / 64 + (error - last[k]);
    last[k] = error;
    return limit(out, 4000 >> k);
}
EXPORT i32 run(i32 v)
{
    i32 position = 0, speed = 0, wanted = limit(v, 10000), ramp = 0;
    for (i32 step = 0; step < 20; step++) {
        if (ramp < wanted) ramp += wanted - ramp > 100 ? 100 : wanted - ramp;
        else if (ramp > wanted) ramp -= ramp - wanted > 100 ? 100 : ramp - wanted;
        speed += control(1, control(0, ramp - position) - speed) / 4;
        position += speed / 8;
    }
    return position;
}
