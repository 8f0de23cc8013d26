/* What the two spellings of the loop share: arithmetic that C leaves open, exits, entry points.
 * The loop knows one strand and one instance; everything else is run.c's. */
#ifndef WRT_SRC_ENGINE_LOOP_H
#define WRT_SRC_ENGINE_LOOP_H

#include "engine/engine.h"
#include "wasm/regcode.h"

/* Why the loop was left (strand->exit). */
enum {
    WRT__EXIT_STOP,
    WRT__EXIT_TRAP,
    WRT__EXIT_DONE,
    WRT__EXIT_SLOW,
    WRT__EXIT_CALL_REF,
    WRT__EXIT_STACK,
    WRT__EXIT_XRET
};

/* Runs strand->instance from strand->ip until the loop is left; all registers are in the strand before and
 * after. */
void wrt__loop(struct wrt__strand *s);
/* A price c did not fit the counter, which stood at `before`: settles, and answers whether the block may run.
 * Then strand->fuel is the new counter, the price already taken off. Else strand->exit, ->pending and
 * ->unpaid say why. */
bool wrt__refill(struct wrt__strand *s, int64_t before, uint32_t c);
/* Does somebody ask for attention? Any thread may, at any time. */
static inline bool wrt__wanted(const struct wrt__strand *s)
{
    return atomic_load_explicit(s->attention, memory_order_relaxed) != 0;
}
/* The counter ended at the distance of a poll: the next piece of what was granted, when nobody asks for
 * attention. 0: there is none, or somebody does. */
static inline int64_t wrt__next_poll(struct wrt__strand *s)
{
    int64_t piece = s->far < s->poll ? s->far : s->poll;
    if (piece <= 0 || wrt__wanted(s)) return 0;
    s->far -= piece;
    s->granted += piece;
    return piece;
}

#if defined(WRT_NO_FUEL) && WRT_NO_FUEL
#define NO_FUEL 1 /* no charges at all: only to measure what metering costs */
#else
#define NO_FUEL 0
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "linear memory is accessed directly: little-endian hosts only"
#endif

static inline u64 bits_d(double x) { u64 r; __builtin_memcpy(&r, &x, 8); return r; }
static inline u32 bits_f(float x) { u32 r; __builtin_memcpy(&r, &x, 4); return r; }
static inline double d_of(u64 x) { double r; __builtin_memcpy(&r, &x, 8); return r; }
static inline float f_of(u32 x) { float r; __builtin_memcpy(&r, &x, 4); return r; }
/* Slots as floats: gcc moves a copied double through an integer register, which costs a chain of them 3
 * cycles each. */
#if defined(__GNUC__)
typedef double __attribute__((may_alias)) slot_d;
typedef float __attribute__((may_alias)) slot_f;
static inline double get_d(const u64 *p) { return *(const slot_d *)p; }
static inline float get_f(const u64 *p) { return *(const slot_f *)p; }
static inline void put_d(u64 *p, double x) { *(slot_d *)p = x; }
#else
static inline double get_d(const u64 *p) { double r; memcpy(&r, p, 8); return r; }
static inline float get_f(const u64 *p) { float r; memcpy(&r, p, 4); return r; }
static inline void put_d(u64 *p, double x) { memcpy(p, &x, 8); }
#endif
#define ACCESS(T) \
    static inline T load_##T(const u8 *p) { T r; __builtin_memcpy(&r, p, sizeof r); return r; } \
    static inline void store_##T(u8 *p, T x) { __builtin_memcpy(p, &x, sizeof x); }
ACCESS(u8) ACCESS(u16) ACCESS(u32) ACCESS(u64) ACCESS(float) ACCESS(double) ACCESS(i8) ACCESS(i16) ACCESS(i32)

/* Results that can be NaN are made the canonical one: the same bits on every processor. A branch that is
 * never taken; the empty statement keeps the compiler from making a conditional move of it, which would lie
 * in every chain of operations. It names x and nothing else: after a volatile one clang reads the instance
 * again. */
#if defined(__GNUC__) && defined(__SSE2__)
#define RARE_PATH(x) __asm__("" : "+x"(x))
#elif defined(__GNUC__)
#define RARE_PATH(x) __asm__ volatile("")
#else
#define RARE_PATH(x) (void)0
#endif
static inline double canon_d(double x)
{
    if (WRT_UNLIKELY(x != x)) {
        x = d_of(0x7ff8000000000000ull);
        RARE_PATH(x);
    }
    return x;
}
static inline float canon_f(float x)
{
    if (WRT_UNLIKELY(x != x)) {
        x = f_of(0x7fc00000u);
        RARE_PATH(x);
    }
    return x;
}
static inline double copysign_d(double a, double b)
{
    return d_of((bits_d(a) & ~(1ull << 63)) | (bits_d(b) & 1ull << 63));
}
static inline float copysign_f(float a, float b)
{
    return f_of((bits_f(a) & 0x7fffffffu) | (bits_f(b) & 0x80000000u));
}
static inline double min_d(double a, double b)
{
    if (a != a || b != b) return d_of(0x7ff8000000000000ull);
    return a == b ? d_of(bits_d(a) | bits_d(b)) : a < b ? a : b;
}
static inline double max_d(double a, double b)
{
    if (a != a || b != b) return d_of(0x7ff8000000000000ull);
    return a == b ? d_of(bits_d(a) & bits_d(b)) : a > b ? a : b;
}
static inline float min_f(float a, float b)
{
    if (a != a || b != b) return f_of(0x7fc00000u);
    return a == b ? f_of(bits_f(a) | bits_f(b)) : a < b ? a : b;
}
static inline float max_f(float a, float b)
{
    if (a != a || b != b) return f_of(0x7fc00000u);
    return a == b ? f_of(bits_f(a) & bits_f(b)) : a > b ? a : b;
}
static inline u64 clz32(u32 x) { return x ? (u64)__builtin_clz(x) : 32; }
static inline u64 ctz32(u32 x) { return x ? (u64)__builtin_ctz(x) : 32; }
static inline u64 clz64(u64 x) { return x ? (u64)__builtin_clzll(x) : 64; }
static inline u64 ctz64(u64 x) { return x ? (u64)__builtin_ctzll(x) : 64; }
static inline u64 popcnt64(u64 x)
{
    x -= x >> 1 & 0x5555555555555555ull;
    x = (x & 0x3333333333333333ull) + (x >> 2 & 0x3333333333333333ull);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return x * 0x0101010101010101ull >> 56;
}
#define SATURATE(T, x, lo, hi, least, most) \
    (!((x) == (x)) ? 0 : (x) <= (lo) ? (T)(least) : (x) >= (hi) ? (T)(most) : (T)(x))
#define sat_i32(x) (u32)SATURATE(i32, x, -2147483648.0, 2147483648.0, INT32_MIN, INT32_MAX)
#define sat_u32(x) SATURATE(u32, x, 0.0, 4294967296.0, 0, UINT32_MAX)
#define sat_i64(x) (u64)SATURATE(i64, x, -9223372036854775808.0, 9223372036854775808.0, INT64_MIN, INT64_MAX)
#define sat_u64(x) SATURATE(u64, x, 0.0, 18446744073709551616.0, 0, UINT64_MAX)

/* Rounding: instructions where the compiler has them for the target, else base/float.c. */
#if defined(__SSE4_1__) || defined(__aarch64__)
#define ceil_d(x) canon_d(__builtin_ceil(x))
#define floor_d(x) canon_d(__builtin_floor(x))
#define trunc_d(x) canon_d(__builtin_trunc(x))
#define nearest_d(x) canon_d(__builtin_rint(x))
#define ceil_f(x) canon_f(__builtin_ceilf(x))
#define floor_f(x) canon_f(__builtin_floorf(x))
#define trunc_f(x) canon_f(__builtin_truncf(x))
#define nearest_f(x) canon_f(__builtin_rintf(x))
#else
#define ceil_d(x) wrt__f64_ceil(x)
#define floor_d(x) wrt__f64_floor(x)
#define trunc_d(x) wrt__f64_trunc(x)
#define nearest_d(x) wrt__f64_nearest(x)
#define ceil_f(x) wrt__f32_ceil(x)
#define floor_f(x) wrt__f32_floor(x)
#define trunc_f(x) wrt__f32_trunc(x)
#define nearest_f(x) wrt__f32_nearest(x)
#endif
#if (defined(__SSE2__) || defined(__aarch64__)) && defined(__NO_MATH_ERRNO__)
#define sqrt_d(x) canon_d(__builtin_sqrt(x))
#define sqrt_f(x) canon_f(__builtin_sqrtf(x))
#else
#define sqrt_d(x) wrt__f64_sqrt(x)
#define sqrt_f(x) wrt__f32_sqrt(x)
#endif

#endif
