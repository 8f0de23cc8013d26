/* value: what abstract execution knows of one value: a circular interval, known bits, how many bits can be
 * one. Knows the operators' arithmetic (core specification, "Numerics"), nothing of programs. Docs:
 * docs/wcet.md. */
#ifndef WRT_SRC_WCET_VALUE_H
#define WRT_SRC_WCET_VALUE_H

#include "wasm/front.h"

/* A set of numbers of 32 or 64 bits that holds every value that the place can have. An interval goes from lo
 * upwards to hi and may pass zero (lo > hi), so that -1 .. 5 is one. Known: lo == hi, and then mask == 0.
 * Floats and references are bit patterns: known, or anything. */
struct wrt__wv {
    uint64_t lo, hi;
    uint64_t bits, mask;            /* where mask is 0 the bit is that of `bits`; bits & mask == 0 */
    uint32_t id;                    /* same number, same value at run time; 0: nothing is known of that */
    uint8_t pop;                    /* at most so many bits are one */
    uint8_t wide;                   /* 64 bits */
};

static inline uint64_t wrt__wv_all(bool wide) { return wide ? UINT64_MAX : UINT32_MAX; }
static inline bool wrt__wv_known(const struct wrt__wv *v) { return v->lo == v->hi; }
static inline struct wrt__wv wrt__wv_const(uint64_t x, bool wide)
{
    return (struct wrt__wv){ .lo = x, .hi = x, .bits = x, .pop = 64, .wide = wide };
}
static inline struct wrt__wv wrt__wv_any(bool wide)
{
    uint64_t m = wrt__wv_all(wide);
    return (struct wrt__wv){ .hi = m, .mask = m, .pop = wide ? 64 : 32, .wide = wide };
}
/* lo .. hi, as a circle. */
struct wrt__wv wrt__wv_range(uint64_t lo, uint64_t hi, bool wide);
static inline bool wrt__wv_full(const struct wrt__wv *v) { return v->hi - v->lo == wrt__wv_all(v->wide); }
static inline uint64_t wrt__wv_size(const struct wrt__wv *v)
{
    return (v->hi - v->lo) & wrt__wv_all(v->wide);
}
static inline bool wrt__wv_has(const struct wrt__wv *v, uint64_t x)
{
    return ((x - v->lo) & wrt__wv_all(v->wide)) <= wrt__wv_size(v) && ((x ^ v->bits) & ~v->mask) == 0;
}

/* Least and largest, read unsigned and signed. */
static inline uint64_t wrt__wv_umin(const struct wrt__wv *v) { return v->lo <= v->hi ? v->lo : v->bits; }
static inline uint64_t wrt__wv_umax(const struct wrt__wv *v)
{
    return v->lo <= v->hi ? v->hi : v->bits | v->mask;
}
int64_t wrt__wv_smin(const struct wrt__wv *v);
int64_t wrt__wv_smax(const struct wrt__wv *v);
static inline int64_t wrt__wv_signed(uint64_t x, bool wide)
{
    return wide ? (int64_t)x : (int64_t)(int32_t)(uint32_t)x;
}

/* Makes the parts agree. False: no number is left. */
bool wrt__wv_reduce(struct wrt__wv *v);
/* Smallest set of this kind that holds both (nearly: intervals are joined over the smaller gap). */
struct wrt__wv wrt__wv_join(const struct wrt__wv *a, const struct wrt__wv *b);
/* What both hold; at least that. False: nothing. */
bool wrt__wv_meet(struct wrt__wv *a, const struct wrt__wv *b);
/* Is every value of a one of b? False when it cannot be told. */
bool wrt__wv_within(const struct wrt__wv *a, const struct wrt__wv *b);
/* A set between a and everything that holds b and grows in few steps. */
struct wrt__wv wrt__wv_widen(const struct wrt__wv *a, const struct wrt__wv *b);
/* Where values tend to stop, in any order, as 64-bit numbers whose low part counts for narrow values. Each
 * end that moves goes `factor` times the size further, then to the next of these. None: to anything. */
struct wrt__wv_stops { const uint64_t *at; uint32_t count; uint64_t factor; };
struct wrt__wv wrt__wv_widen_to(
    const struct wrt__wv *a, const struct wrt__wv *b, const struct wrt__wv_stops *stops);

/* Values of a with `a <op> b` true (false: the negation); op as i32.eq .. i32.ge_u and their 64-bit forms. */
bool wrt__wv_assume(struct wrt__wv *a, uint32_t op, const struct wrt__wv *b, bool truth);
/* The comparison with its operands changed over; its negation. */
uint32_t wrt__wv_mirror(uint32_t op);

/* What an operator of plain arithmetic answers: comparisons, arithmetic, conversions. `b` only for two
 * operands. */
enum wrt__wv_outcome { WRT__WV_FINE, WRT__WV_MAY_TRAP, WRT__WV_TRAPS };
enum wrt__wv_outcome wrt__wv_apply(
    uint32_t op, const struct wrt__wv *a, const struct wrt__wv *b, struct wrt__wv *out);
/* The same on known values. False: it traps. */
bool wrt__wv_eval(uint32_t op, uint64_t a, uint64_t b, uint64_t *out);

#endif
