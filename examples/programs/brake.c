/* brake: a car brakes from a given speed, first with locked-up wheels, then with an anti-lock controller.
 *
 * Quarter-car model in Q16.16 fixed point, one step a millisecond: wheel and vehicle are coupled by a tyre
 * whose grip depends on slip. The controller is a PI loop on slip with a rate limit on the brake pressure, as
 * small control units do it: no floating point, no allocation, a fixed number of operations in each step.
 *
 *   brake [SPEED km/h] [PERIOD ms]     PERIOD > 0 sleeps that long after every 50 steps */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef int32_t fix;                            /* Q16.16 */
#define FIX(x) ((fix)((x) * 65536.0))

static fix mul(fix a, fix b)
{
    return (fix)(((int64_t)a * b) >> 16);
}

static fix quot(fix a, fix b)
{
    return b == 0 ? 0 : (fix)(((int64_t)a << 16) / b);
}

static fix clamp(fix v, fix low, fix high)
{
    return v < low ? low : v > high ? high : v;
}

/* Grip of a dry road against slip 0..1 in steps of 1/16: up to its peak near 0.2, then down to sliding
 * friction. */
static const uint16_t grip_table[17] = {
    0, 29491, 49152, 57672, 58982, 57672, 55705, 53740, 51773,
    50463, 49152, 47842, 47186, 46531, 45875, 45220, 44564
};

static fix grip(fix slip)
{
    fix at = clamp(slip, 0, FIX(1) - 1) * 16;
    int row = at >> 16;
    fix low = grip_table[row], high = grip_table[row + 1];
    return low + mul(high - low, at & 0xffff);
}

struct car { fix speed, wheel, pressure, distance; };   /* m/s, m/s at the rim, 0..1, m */
struct controller { fix target, sum, last; };

static fix slip_of(const struct car *c)
{
    return c->speed <= FIX(0.5) ? 0 : quot(c->speed - c->wheel, c->speed);
}

/* PI on slip: output is the wanted brake pressure. */
static fix control(struct controller *k, const struct car *c)
{
    fix error = k->target - slip_of(c);
    k->sum = clamp(k->sum + mul(error, FIX(0.02)), 0, FIX(1));
    fix wanted = clamp(k->sum + mul(error, FIX(2.5)), 0, FIX(1));
    k->last += clamp(wanted - k->last, -FIX(0.04), FIX(0.02));
    return k->last;
}

static void step(struct car *c, fix pressure)
{
    const fix dt = FIX(0.001), gravity = FIX(9.81);
    fix mu = grip(slip_of(c));
    fix tyre = mul(mu, gravity);                /* deceleration that the road gives */
    c->pressure = pressure;
    c->speed = clamp(c->speed - mul(tyre, dt), 0, FIX(200));
    /* The wheel: brake torque slows it, the road drives it; its inertia is 1/12 of the car's share. */
    fix brake = mul(pressure, FIX(14));
    c->wheel = clamp(c->wheel + mul((tyre - brake) * 12, dt), 0, c->speed);
    c->distance += mul(c->speed, dt);
}

static void print_row(const struct car *c, int ms)
{
    printf("%5d ms  speed %5.1f km/h  slip %3d %%  pressure %3d %%  distance %5.1f m\n", ms,
        (double)c->speed * 3.6 / 65536.0, mul(slip_of(c), FIX(100)) >> 16, mul(c->pressure, FIX(100)) >> 16,
        (double)c->distance / 65536.0);
}

static int stop_car(fix speed, int with_control, int period_ms, fix *distance)
{
    struct car car = { speed, speed, 0, 0 };
    struct controller k = { FIX(0.18), FIX(0.5), FIX(0.3) };
    int ms = 0;
    for (; ms < 20000 && car.speed > FIX(0.5); ms++) {
        if (ms % 500 == 0) print_row(&car, ms);
        step(&car, with_control ? control(&k, &car) : FIX(1));
        if (period_ms > 0 && ms % 50 == 49) {
            struct timespec pause = { period_ms / 1000, (long)(period_ms % 1000) * 1000000 };
            nanosleep(&pause, NULL);
        }
    }
    print_row(&car, ms);
    *distance = car.distance;
    return ms;
}

int main(int argc, char **argv)
{
    int kmh = argc > 1 ? atoi(argv[1]) : 100;
    int period_ms = argc > 2 ? atoi(argv[2]) : 0;
    if (kmh < 10 || kmh > 250) {
        fprintf(stderr, "brake: speed must be 10 to 250 km/h\n");
        return 2;
    }
    fix speed = (fix)((int64_t)kmh * 65536 * 10 / 36), locked, controlled;
    printf("locked wheels\n");
    int locked_ms = stop_car(speed, 0, period_ms, &locked);
    printf("anti-lock control\n");
    int controlled_ms = stop_car(speed, 1, period_ms, &controlled);
    printf("from %d km/h: %.1f m in %d ms locked, %.1f m in %d ms controlled\n", kmh,
        (double)locked / 65536.0, locked_ms, (double)controlled / 65536.0, controlled_ms);
    return controlled < locked ? 0 : 1;
}
