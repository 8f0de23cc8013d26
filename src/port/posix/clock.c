/* Clocks of POSIX. */
#define _POSIX_C_SOURCE 200809L
#include "port/port.h"
#include <time.h>

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0) return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t wrt__port_mono_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t wrt__port_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

uint64_t wrt__port_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}
