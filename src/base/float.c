/* Rounding and square root of floats on their bits: a compiler would call libm for them. IEEE 754-2019, 5.3.1
 * and 5.4.1, nearest with ties to even; a NaN comes out canonical (positive, quiet, no payload). */
#include "base/base.h"

/* One instruction and never a call: only with -fno-math-errno, on targets that have it. */
#if !defined(FLOAT_HAS_SQRT) && defined(__NO_MATH_ERRNO__)
#if defined(__SSE2__) || defined(__aarch64__)
#define FLOAT_HAS_SQRT 64
#elif defined(__riscv_flen)
#define FLOAT_HAS_SQRT __riscv_flen
#elif defined(__ARM_FP)
#define FLOAT_HAS_SQRT ((__ARM_FP & 8) ? 64 : (__ARM_FP & 4) ? 32 : 0)
#endif
#endif
#if !defined(FLOAT_HAS_SQRT)
#define FLOAT_HAS_SQRT 0
#endif

#define F64_SIGN 0x8000000000000000u
#define F64_INF  0x7ff0000000000000u
#define F64_NAN  0x7ff8000000000000u
#define F64_ONE  0x3ff0000000000000u
#define F64_HALF 0x3fe0000000000000u
#define F64_FRAC 0x000fffffffffffffu
#define F32_SIGN 0x80000000u
#define F32_INF  0x7f800000u
#define F32_NAN  0x7fc00000u
#define F32_ONE  0x3f800000u
#define F32_HALF 0x3f000000u
#define F32_FRAC 0x007fffffu

/* ---- 64 bits ---- */

static uint64_t f64_bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static double f64_from(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Rounds the magnitude down, or up when `away`. Counting up the bits of a float counts up its magnitude,
 * carrying from fraction into exponent: "up" is to add all fraction bits and then to clear them. */
static uint64_t f64_directed(uint64_t u, bool away)
{
    uint32_t e = (uint32_t)(u >> 52) & 0x7ff;
    if (e >= 1023 + 52) return (u & ~F64_SIGN) > F64_INF ? F64_NAN : u;
    if (e < 1023) return (u & F64_SIGN) | (away && (u & ~F64_SIGN) != 0 ? F64_ONE : 0);
    uint64_t mask = F64_FRAC >> (e - 1023);
    return (away ? u + mask : u) & ~mask;
}

double wrt__f64_ceil(double x)
{
    uint64_t u = f64_bits(x);
    return f64_from(f64_directed(u, (u & F64_SIGN) == 0));
}

double wrt__f64_floor(double x)
{
    uint64_t u = f64_bits(x);
    return f64_from(f64_directed(u, (u & F64_SIGN) != 0));
}

double wrt__f64_trunc(double x)
{
    return f64_from(f64_directed(f64_bits(x), false));
}

/* Adds a half less one bit, and that bit too when the integer part is odd. In [1, 2) the integer's unit is
 * the hidden bit, in whose place the exponent has its lowest bit: 1023 is odd, so the test holds there as
 * well. */
double wrt__f64_nearest(double x)
{
    uint64_t u = f64_bits(x);
    uint32_t e = (uint32_t)(u >> 52) & 0x7ff;
    if (e >= 1023 + 52) return f64_from((u & ~F64_SIGN) > F64_INF ? F64_NAN : u);
    if (e < 1023) return f64_from((u & F64_SIGN) | ((u & ~F64_SIGN) > F64_HALF ? F64_ONE : 0));
    uint64_t mask = F64_FRAC >> (e - 1023), odd = (u & (mask + 1)) != 0;
    return f64_from((u + (mask >> 1) + odd) & ~mask);
}

/* ---- 32 bits ---- */

static uint32_t f32_bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static float f32_from(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static uint32_t f32_directed(uint32_t u, bool away)
{
    uint32_t e = u >> 23 & 0xff;
    if (e >= 127 + 23) return (u & ~F32_SIGN) > F32_INF ? F32_NAN : u;
    if (e < 127) return (u & F32_SIGN) | (away && (u & ~F32_SIGN) != 0 ? F32_ONE : 0);
    uint32_t mask = F32_FRAC >> (e - 127);
    return (away ? u + mask : u) & ~mask;
}

float wrt__f32_ceil(float x)
{
    uint32_t u = f32_bits(x);
    return f32_from(f32_directed(u, (u & F32_SIGN) == 0));
}

float wrt__f32_floor(float x)
{
    uint32_t u = f32_bits(x);
    return f32_from(f32_directed(u, (u & F32_SIGN) != 0));
}

float wrt__f32_trunc(float x)
{
    return f32_from(f32_directed(f32_bits(x), false));
}

float wrt__f32_nearest(float x)
{
    uint32_t u = f32_bits(x);
    uint32_t e = u >> 23 & 0xff;
    if (e >= 127 + 23) return f32_from((u & ~F32_SIGN) > F32_INF ? F32_NAN : u);
    if (e < 127) return f32_from((u & F32_SIGN) | ((u & ~F32_SIGN) > F32_HALF ? F32_ONE : 0));
    uint32_t mask = F32_FRAC >> (e - 127), odd = (u & (mask + 1)) != 0;
    return f32_from((u + (mask >> 1) + odd) & ~mask);
}

/* ---- square root ---- */

#if FLOAT_HAS_SQRT < 64
/* Root of m * 2^(2 * zeros), one result bit per pair of bits of the radicand, the schoolbook way. */
static uint64_t sqrt_digits(uint64_t m, uint32_t pairs, uint32_t zeros)
{
    uint64_t root = 0, left = 0;
    for (uint32_t i = 0; i < pairs + zeros; i++) {
        uint64_t pair = i < pairs ? m >> (2 * (pairs - 1 - i)) & 3 : 0;
        uint64_t trial = root << 2 | 1;
        left = left << 2 | pair;
        root <<= 1;
        if (left >= trial) {
            left -= trial;
            root |= 1;
        }
    }
    return root;
}

/* Bits of a finite x > 0 with `frac` fraction bits -> bits of its root.
 * x = m * 2^-frac * 2^e with e even and m in [2^frac, 2^(frac + 2)): the root of m * 2^(frac + 2) has frac +
 * 2 bits, that is the hidden bit, the fraction, and one to round by. The radicand is even, so an exact root
 * is even too and a tie cannot be. Rounding up cannot carry: the largest root below 2 is nearer to its lower
 * neighbour. The root of a subnormal is normal. */
static uint64_t sqrt_bits(uint64_t u, uint32_t frac, uint32_t bias)
{
    uint64_t hidden = (uint64_t)1 << frac, m = u & (hidden - 1);
    int32_t e = (int32_t)(u >> frac);
    if (e != 0) {
        m |= hidden;
    } else {
        for (e = 1; m < hidden; e--) {
            m <<= 1;
        }
    }
    e -= (int32_t)bias;
    if (e & 1) {
        m <<= 1;
        e--;
    }
    uint32_t zeros = (frac + 2) / 2;
    uint64_t root = sqrt_digits(m << (frac & 1), frac + 2 - zeros, zeros);
    root = (root >> 1) + (root & 1);
    return ((uint64_t)(e / 2 + (int32_t)bias) << frac) + (root - hidden);
}
#endif

double wrt__f64_sqrt(double x)
{
    uint64_t u = f64_bits(x);
    if ((u & ~F64_SIGN) == 0 || u == F64_INF) return x;
    if (u > F64_INF) return f64_from(F64_NAN);      /* NaNs, and everything negative */
#if FLOAT_HAS_SQRT >= 64
    return __builtin_sqrt(x);
#else
    return f64_from(sqrt_bits(u, 52, 1023));
#endif
}

float wrt__f32_sqrt(float x)
{
    uint32_t u = f32_bits(x);
    if ((u & ~F32_SIGN) == 0 || u == F32_INF) return x;
    if (u > F32_INF) return f32_from(F32_NAN);
#if FLOAT_HAS_SQRT >= 32
    return __builtin_sqrtf(x);
#else
    return f32_from((uint32_t)sqrt_bits(u, 23, 127));
#endif
}
