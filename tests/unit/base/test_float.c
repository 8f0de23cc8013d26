/* Rounding and square roots against libm: every float of some classes, and random ones. The square root
 * without an instruction is the one of small targets, compiled here a second time. */
#include "test.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/base.h"

#define FLOAT_HAS_SQRT 0
#define wrt__f64_ceil soft_f64_ceil
#define wrt__f64_floor soft_f64_floor
#define wrt__f64_trunc soft_f64_trunc
#define wrt__f64_nearest soft_f64_nearest
#define wrt__f64_sqrt soft_f64_sqrt
#define wrt__f32_ceil soft_f32_ceil
#define wrt__f32_floor soft_f32_floor
#define wrt__f32_trunc soft_f32_trunc
#define wrt__f32_nearest soft_f32_nearest
#define wrt__f32_sqrt soft_f32_sqrt
#include "../../../src/base/float.c"
#undef wrt__f64_ceil
#undef wrt__f64_floor
#undef wrt__f64_trunc
#undef wrt__f64_nearest
#undef wrt__f64_sqrt
#undef wrt__f32_ceil
#undef wrt__f32_floor
#undef wrt__f32_trunc
#undef wrt__f32_nearest
#undef wrt__f32_sqrt

static uint64_t bits64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return isnan(x) ? 0x7ff8000000000000u : u;
}

static uint32_t bits32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return isnan(x) ? 0x7fc00000u : u;
}

static uint64_t raw64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static uint32_t raw32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static bool check64(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    CONTEXT("%a", x);
    return CHECK_EQ(raw64(wrt__f64_ceil(x)), bits64(ceil(x)))
        && CHECK_EQ(raw64(wrt__f64_floor(x)), bits64(floor(x)))
        && CHECK_EQ(raw64(wrt__f64_trunc(x)), bits64(trunc(x)))
        && CHECK_EQ(raw64(wrt__f64_nearest(x)), bits64(rint(x)))
        && CHECK_EQ(raw64(wrt__f64_sqrt(x)), bits64(sqrt(x)))
        && CHECK_EQ(raw64(soft_f64_sqrt(x)), bits64(sqrt(x)));
}

static bool check32(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    CONTEXT("%a", (double)x);
    return CHECK_EQ(raw32(wrt__f32_ceil(x)), bits32(ceilf(x)))
        && CHECK_EQ(raw32(wrt__f32_floor(x)), bits32(floorf(x)))
        && CHECK_EQ(raw32(wrt__f32_trunc(x)), bits32(truncf(x)))
        && CHECK_EQ(raw32(wrt__f32_nearest(x)), bits32(rintf(x)))
        && CHECK_EQ(raw32(wrt__f32_sqrt(x)), bits32(sqrtf(x)))
        && CHECK_EQ(raw32(soft_f32_sqrt(x)), bits32(sqrtf(x)));
}

/* All exponents, both signs, with fractions where something changes. */
TEST(every_exponent)
{
    static const uint64_t fractions[] = { 0, 1, 2, 3, 0x7ffffffffffff, 0x8000000000000, 0x8000000000001,
        0xffffffffffffe, 0xfffffffffffff };
    for (uint64_t e = 0; e < 0x800; e++) {
        for (size_t i = 0; i < WRT_COUNT(fractions); i++) {
            uint64_t u = e << 52 | fractions[i];
            if (!check64(u) || !check64(u | 0x8000000000000000u)) return;
        }
        for (uint32_t bit = 0; bit < 52; bit++) {
            uint64_t two = 1ull << 63 | e << 52 | ((uint64_t)3 << bit & 0xfffffffffffff);
            if (!check64(e << 52 | (uint64_t)1 << bit) || !check64(two)) return;
        }
    }
    for (uint32_t e = 0; e < 0x100; e++) {
        for (uint32_t bit = 0; bit < 23; bit++) {
            for (uint32_t around = 0; around < 3; around++) {
                uint32_t u = (e << 23 | 1u << bit) + around - 1;
                if (!check32(u) || !check32(u | 0x80000000u)) return;
            }
        }
    }
}

TEST(halves_and_small_whole_numbers)
{
    for (int i = -20000; i <= 20000; i++) {
        double x = i / 8.0;
        if (!check64(raw64(x)) || !check64(raw64(x * 0x1p44)) || !check64(raw64(x * 0x1p49))) return;
        if (!check32(raw32((float)x)) || !check32(raw32((float)(x * 0x1p17)))) return;
    }
}

TEST(random_64)
{
    uint64_t seed = 42;
    for (int i = 0; i < 300000; i++) {
        uint64_t u = test_random(&seed);
        if (i & 1) u = (u & 0x800fffffffffffffu) | (uint64_t)(1023 - 4 + (u >> 52) % 64) << 52;
        if (!check64(u)) return;
    }
}

/* Exact squares and their neighbours: where rounding of a root is closest. */
TEST(roots_of_squares)
{
    uint64_t seed = 43;
    for (int i = 0; i < 100000; i++) {
        double x = (double)(test_random(&seed) >> 38);
        uint64_t u = raw64(x * x);
        if (!check64(u - 1) || !check64(u) || !check64(u + 1)) return;
        float y = (float)(test_random(&seed) >> 52);
        uint32_t v = raw32(y * y);
        if (!check32(v) || !check32(v + 1)) return;
    }
}

TEST(random_32)
{
    for (uint64_t u = 0; u <= UINT32_MAX; u += 9973) {
        if (!check32((uint32_t)u)) return;
    }
}
