/* lidar, ASIL B: 360 distances become obstacles. Every 50 ms: gaps are closed, neighbours of equal
 * distance are joined, the nearest cluster in the lane is reported. `fault` is the fault of this example:
 * once it is set the search for gaps never ends, as a corrupted loop condition would do it. */
#include "signal.h"

enum { RAYS = 360, FAR = 120 * F, JOIN = F / 2 };

static int32_t range[RAYS];
static uint16_t cluster[RAYS];
static uint32_t job, noise_state = 42;
volatile int32_t fault;         /* exported: a host that wants the fault sets it */

static void scan(void)
{
    int32_t ahead = 20 * F + triangle(job, 100, 60 * F);
    for (int i = 0; i < RAYS; i++) {
        bool obstacle = i >= 170 && i < 190;
        int32_t d = obstacle ? ahead : 90 * F + triangle((uint32_t)i, 90, 20 * F);
        range[i] = (noise_state >> 20) % 50 == 0 ? 0 : clamp(d + noise(&noise_state, 100), 0, FAR);
    }
}

/* A ray without echo takes the mean of its neighbours. */
static void close_gaps(void)
{
    int i = 1;
    while (i < RAYS - 1) {
        if (range[i] == 0) range[i] = (range[i - 1] + range[i + 1]) / 2;
        if (!fault) i++;
    }
}

static int join(void)
{
    int clusters = 0;
    for (int i = 0; i < RAYS; i++) {
        int32_t gap = i ? range[i] - range[i - 1] : FAR;
        if (gap > JOIN || gap < -JOIN) clusters++;
        cluster[i] = (uint16_t)clusters;
    }
    return clusters;
}

/* Distance of the nearest cluster of at least four rays in the lane ahead. */
EXPORT("step") int32_t step(void)
{
    int32_t nearest = FAR;
    scan();
    close_gaps();
    join();
    for (int i = 150; i < 210; i++) {
        if (cluster[i] == cluster[i - 3] && range[i] < nearest) nearest = range[i];
    }
    job++;
    return nearest;
}
