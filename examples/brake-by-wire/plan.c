/* plan, ASIL A: which of 15 brake profiles stops in front of the obstacle most gently? Every 100 ms: each
 * candidate is driven 40 steps ahead in a simple model, the cheapest one that keeps the distance wins.
 * Background work: late is bad, not dangerous. */
#include "signal.h"

enum { CANDIDATES = 15, STEPS = 40 };

static uint32_t job;

/* Cost of a profile; INT32_MAX when it does not stop in time. Distances in 1/1024 m, 100 ms a step. */
static int32_t drive(int32_t speed, int32_t free_distance, int32_t strength)
{
    int32_t way = 0, cost = 0, brake = 0;
    for (int i = 0; i < STEPS; i++) {
        int32_t wanted = strength * (i + 1) / STEPS;
        brake += (wanted - brake) / 4;
        cost += brake / 64 * brake / 64;
        speed = clamp(speed - brake / 10, 0, 60 * F);
        way += speed / 10;
        if (way > free_distance) return INT32_MAX;
    }
    return cost + speed / 4;
}

/* Strength of the chosen profile in 1/1024 m/s2; the strongest when none is enough. */
EXPORT("step") int32_t step(void)
{
    int32_t speed = 30 * F - triangle(job, 60, 25 * F), best = INT32_MAX, chosen = CANDIDATES * F;
    int32_t free_distance = 80 * F - triangle(job, 80, 60 * F);
    for (int c = 1; c <= CANDIDATES; c++) {
        int32_t cost = drive(speed, free_distance, c * F);
        if (cost < best) {
            best = cost;
            chosen = c * F;
        }
    }
    job++;
    return chosen;
}
