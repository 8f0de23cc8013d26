/* slip, ASIL C: keeps four wheels from locking. Every 10 ms: wheel speeds are filtered, slip against the
 * reference speed decides for each wheel whether pressure is built up, held or released. When many wheels
 * slip it has more to do: that is its larger budget (C of the high mode). */
#include "signal.h"

enum { WHEELS = 4, TAPS = 8 };
enum phase { BUILD, HOLD, RELEASE };

static int32_t ring[WHEELS][TAPS];
static int32_t pressure[WHEELS];
static enum phase phase[WHEELS];
static uint32_t job, noise_state = 7;

static int32_t wheel_speed(int w, int32_t vehicle)
{
    int32_t bite = pressure[w] / 8 + noise(&noise_state, 60);
    return clamp(vehicle - vehicle / 64 * bite / F, 0, vehicle);
}

static int32_t smooth(const int32_t *v)
{
    static const int32_t weight[TAPS] = { 1, 2, 4, 9, 9, 4, 2, 1 };
    int32_t sum = 0;
    for (int i = 0; i < TAPS; i++) sum += v[i] * weight[i];
    return sum / 32;
}

/* Newton steps towards the pressure at which slip is at its best; only for a wheel that slips. */
static int32_t target(int32_t now, int32_t slip)
{
    int32_t x = now;
    for (int i = 0; i < 6; i++) x -= (x / 16 * (slip - 180)) / (F + (i << 4));
    return clamp(x, 0, 120 * F);
}

/* Sum of the four pressures in 1/1024 bar. */
EXPORT("step") int32_t step(void)
{
    int32_t vehicle = 30 * F - triangle(job, 600, 25 * F), sum = 0;
    for (int w = 0; w < WHEELS; w++) {
        int32_t speed, slip;
        ring[w][job % TAPS] = wheel_speed(w, vehicle);
        speed = smooth(ring[w]);
        slip = vehicle > F ? (vehicle - speed) * F / vehicle : 0;
        phase[w] = slip > 200 ? RELEASE : slip > 150 ? HOLD : BUILD;
        if (phase[w] == BUILD) pressure[w] = clamp(pressure[w] + 2 * F, 0, 120 * F);
        if (phase[w] == RELEASE) pressure[w] = target(pressure[w], slip);
        sum += pressure[w];
    }
    job++;
    return sum;
}
