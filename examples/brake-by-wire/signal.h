/* What the sensors of this example say. There is no car: every component makes its own readings from a
 * counter, the same ones in every run. Fixed point throughout: 1/1024 of the unit (F). */
#ifndef SIGNAL_H
#define SIGNAL_H
#include <stdbool.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define F 1024

/* A reproducible disturbance in -amplitude..amplitude. */
static inline int32_t noise(uint32_t *state, int32_t amplitude)
{
    *state = *state * 1664525u + 1013904223u;
    return (int32_t)((*state >> 16) % (uint32_t)(2 * amplitude + 1)) - amplitude;
}

/* A triangle from 0 to height and back in `period` ticks. */
static inline int32_t triangle(uint32_t tick, uint32_t period, int32_t height)
{
    uint32_t phase = tick % period, half = period / 2;
    uint32_t up = phase < half ? phase : period - phase;
    return (int32_t)(up * (uint32_t)height / half);
}

static inline int32_t clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

#endif
