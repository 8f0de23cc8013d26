/* pedal, ASIL D: two independent travel sensors on the brake pedal become one demanded deceleration. Every
 * 5 ms: median over the last readings of each channel, plausibility between the channels, one of three
 * answers. Every loop has a fixed length: the bound on its fuel is exact. */
#include "signal.h"

enum { TAPS = 5, CHANNELS = 2, DISAGREE_MAX = 40, DISAGREE_JOBS = 4 };

static int32_t history[CHANNELS][TAPS];
static uint32_t job, noise_state = 1, disagreeing;
static int32_t demand;

static int32_t read_travel(int channel)
{
    int32_t travel = triangle(job, 800, 60 * F); /* mm */
    return travel + noise(&noise_state, 12) + (channel ? 5 : 0);
}

static int32_t median(const int32_t *v)
{
    int32_t sorted[TAPS];
    for (int i = 0; i < TAPS; i++) sorted[i] = v[i];
    for (int i = 0; i < TAPS - 1; i++) {
        for (int k = 0; k < TAPS - 1 - i; k++) {
            int32_t low = sorted[k] < sorted[k + 1] ? sorted[k] : sorted[k + 1];
            int32_t high = sorted[k] < sorted[k + 1] ? sorted[k + 1] : sorted[k];
            sorted[k] = low;
            sorted[k + 1] = high;
        }
    }
    return sorted[TAPS / 2];
}

/* Demanded deceleration in 1/1024 m/s2; the last good one while the channels disagree for a moment, then full
 * braking. */
EXPORT("step") int32_t step(void)
{
    int32_t travel[CHANNELS], apart;
    for (int c = 0; c < CHANNELS; c++) {
        history[c][job % TAPS] = read_travel(c);
        travel[c] = median(history[c]);
    }
    apart = travel[0] > travel[1] ? travel[0] - travel[1] : travel[1] - travel[0];
    disagreeing = apart > DISAGREE_MAX ? disagreeing + 1 : 0;
    if (disagreeing == 0) {
        int32_t mm = clamp((travel[0] + travel[1]) / 2, 0, 60 * F);
        demand = mm / 60 * 10; /* 60 mm: 10 m/s2 */
    } else if (disagreeing >= DISAGREE_JOBS) {
        demand = 10 * F;
    }
    job++;
    return demand;
}
