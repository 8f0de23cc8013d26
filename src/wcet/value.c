/* value: sets of numbers as a circular interval with known bits, and what holds of two of them. Knows nothing
 * of operators but comparisons. The circle is that of Gange et al., "Interval analysis and machine
 * arithmetic" (ACM TOPLAS 37, 2015); known bits are the usual pairs of value and mask. */
#include "wcet/value.h"

static uint32_t wv_popcount(uint64_t x) { return (uint32_t)__builtin_popcountll(x); }

struct wrt__wv wrt__wv_range(uint64_t lo, uint64_t hi, bool wide)
{
    uint64_t m = wrt__wv_all(wide);
    struct wrt__wv v = wrt__wv_any(wide);
    if (((hi - lo) & m) == m) return v;
    v.lo = lo & m;
    v.hi = hi & m;
    (void)wrt__wv_reduce(&v);
    return v;
}

int64_t wrt__wv_smin(const struct wrt__wv *v)
{
    uint64_t sign = (uint64_t)1 << (v->wide ? 63 : 31);
    if ((v->lo ^ sign) <= (v->hi ^ sign)) return wrt__wv_signed(v->lo, v->wide);
    return wrt__wv_signed(v->bits | (v->mask & sign), v->wide);
}

int64_t wrt__wv_smax(const struct wrt__wv *v)
{
    uint64_t sign = (uint64_t)1 << (v->wide ? 63 : 31);
    if ((v->lo ^ sign) <= (v->hi ^ sign)) return wrt__wv_signed(v->hi, v->wide);
    return wrt__wv_signed(v->bits | (v->mask & ~sign), v->wide);
}

/* The interval can hold no number below or above what the bits allow. */
static bool wv_clip(struct wrt__wv *v)
{
    uint64_t least = v->bits, most = v->bits | v->mask;
    if (v->lo <= v->hi) {
        if (v->lo < least) v->lo = least;
        if (v->hi > most) v->hi = most;
        return v->lo <= v->hi;
    }
    bool above = v->lo <= most, below = v->hi >= least; /* the pieces lo.. and ..hi */
    if (above && below) return true;
    if (above) {
        v->lo = v->lo < least ? least : v->lo;
        v->hi = most;
    } else if (below) {
        v->lo = least;
        v->hi = v->hi > most ? most : v->hi;
    }
    return above || below;
}

/* The ends have the known low bits. */
static bool wv_align(struct wrt__wv *v)
{
    uint64_t m = wrt__wv_all(v->wide);
    if (v->mask == 0 || v->mask & 1) return true;
    uint64_t low = (v->mask & -v->mask) - 1;
    uint64_t up = (v->bits - v->lo) & low, down = (v->hi - v->bits) & low, size = wrt__wv_size(v);
    if (size < up || size - up < down) return false;
    v->lo = (v->lo + up) & m;
    v->hi = (v->hi - down) & m;
    return true;
}

/* High bits that both ends share. */
static bool wv_prefix(struct wrt__wv *v)
{
    if (v->lo > v->hi) return true;
    uint64_t differ = v->lo ^ v->hi, high = wrt__wv_all(v->wide);
    if (differ) {
        uint32_t top = 63u - (uint32_t)__builtin_clzll(differ);
        high &= top == 63 ? 0 : ~(((uint64_t)2 << top) - 1);
    }
    if ((v->lo ^ v->bits) & high & ~v->mask) return false;
    v->bits |= v->lo & high;
    v->mask &= ~high;
    return true;
}

bool wrt__wv_reduce(struct wrt__wv *v)
{
    for (int round = 0; round < 2; round++) {
        if (!wv_clip(v) || !wv_align(v) || !wv_prefix(v)) return false;
    }
    if (v->mask == 0) {
        if (!wrt__wv_has(v, v->bits)) return false;
        v->lo = v->hi = v->bits;
    }
    if (v->pop >= (v->wide ? 64 : 32)) return true; /* says nothing: the usual case */
    uint32_t most = wv_popcount(v->bits | v->mask), least = wv_popcount(v->bits);
    if (v->pop > most) v->pop = (uint8_t)most;
    if (v->pop < least) return false;
    if (v->pop == least || v->mask == 0) { /* no unknown bit can be one */
        if (!wrt__wv_has(v, v->bits)) return false;
        const uint32_t id = v->id;
        *v = wrt__wv_const(v->bits, v->wide);
        v->id = id;
    }
    return true;
}

static bool wv_interval_within(const struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t m = wrt__wv_all(a->wide), size = wrt__wv_size(b), from = (a->lo - b->lo) & m;
    return size == m || (from <= size && wrt__wv_size(a) <= size - from);
}

bool wrt__wv_within(const struct wrt__wv *a, const struct wrt__wv *b)
{
    struct wrt__wv span = *a; /* what the bits allow may be less than an interval that passes zero */
    span.lo = a->bits;
    span.hi = a->bits | a->mask;
    return (wv_interval_within(a, b) || wv_interval_within(&span, b)) && (a->mask & ~b->mask) == 0
        && ((a->bits ^ b->bits) & ~b->mask) == 0
        && (b->pop >= (b->wide ? 64 : 32) || wrt__min_u64(a->pop, wv_popcount(a->bits | a->mask)) <= b->pop);
}

struct wrt__wv wrt__wv_join(const struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t m = wrt__wv_all(a->wide), a_size = wrt__wv_size(a), b_size = wrt__wv_size(b);
    struct wrt__wv v = *a;
    v.mask = a->mask | b->mask | (a->bits ^ b->bits);
    v.bits = a->bits & ~v.mask;
    v.id = a->id == b->id ? a->id : 0;
    v.pop = a->wide ? 64 : 32;
    if ((a->mask == 0 || a->pop < v.pop) && (b->mask == 0 || b->pop < v.pop) && (a->mask | b->mask)) {
        uint32_t a_pop = wrt__wv_known(a) ? wv_popcount(a->lo) : a->pop;
        uint32_t b_pop = wrt__wv_known(b) ? wv_popcount(b->lo) : b->pop;
        v.pop = (uint8_t)(a_pop > b_pop ? a_pop : b_pop);
    }
    if (wv_interval_within(b, a)) {
        /* as a */
    } else if (wv_interval_within(a, b)) {
        v.lo = b->lo;
        v.hi = b->hi;
    } else {
        bool b_starts = ((b->lo - a->lo) & m) <= a_size, a_starts = ((a->lo - b->lo) & m) <= b_size;
        if (b_starts && a_starts) {
            v.lo = 0;
            v.hi = m;
        } else if (b_starts || (!a_starts && ((b->lo - a->hi) & m) <= ((a->lo - b->hi) & m))) {
            v.hi = b->hi;
        } else {
            v.lo = b->lo;
        }
    }
    (void)wrt__wv_reduce(&v);
    return v;
}

bool wrt__wv_meet(struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t m = wrt__wv_all(a->wide);
    if ((a->bits ^ b->bits) & ~a->mask & ~b->mask) return false;
    if (!wv_interval_within(a, b)) {
        if (wv_interval_within(b, a)) {
            a->lo = b->lo;
            a->hi = b->hi;
        } else {
            bool b_starts = ((b->lo - a->lo) & m) <= wrt__wv_size(a);
            bool a_starts = ((a->lo - b->lo) & m) <= wrt__wv_size(b);
            if (b_starts && a_starts) { /* two pieces: the smaller of both holds them */
                if (wrt__wv_size(b) < wrt__wv_size(a)) {
                    a->lo = b->lo;
                    a->hi = b->hi;
                }
            } else if (b_starts) {
                a->lo = b->lo;
            } else if (a_starts) {
                a->hi = b->hi;
            } else {
                return false;
            }
        }
    }
    a->bits |= b->bits;
    a->mask &= b->mask;
    a->bits &= ~a->mask;
    if (b->pop < a->pop) a->pop = b->pop;
    return wrt__wv_reduce(a);
}

/* An end that moved moves on by eight times the size of the interval, but stops once at 0 and at the largest
 * signed number: loops often stop there themselves. */
struct wrt__wv wrt__wv_widen(const struct wrt__wv *a, const struct wrt__wv *b)
{
    struct wrt__wv v = wrt__wv_join(a, b);
    uint64_t m = wrt__wv_all(v.wide), size = wrt__wv_size(&v), top = m >> 1;
    if (size >= m >> 5 && (v.lo != a->lo || v.hi != a->hi)) {
        if (v.lo == a->lo && v.hi < top && v.lo <= v.hi) {
            v.hi = top;
        } else if (v.hi == a->hi && v.lo != 0 && v.lo <= v.hi && v.hi <= top) {
            v.lo = 0;
        } else {
            v.lo = 0;
            v.hi = m;
        }
    } else {
        if (v.hi != a->hi) {
            uint64_t hi = (v.hi + 8 * size) & m;
            v.hi = v.hi < top && hi > top ? top : hi;
        }
        if (v.lo != a->lo) {
            uint64_t lo = (v.lo - 8 * size) & m;
            v.lo = v.lo != 0 && v.lo <= top && lo > top ? 0 : lo;
        }
    }
    struct wrt__wv wider = v;
    if (!wrt__wv_reduce(&wider)) wider = wrt__wv_any(v.wide);
    return wider;
}

/* How far it is from x to the next stop, upwards or downwards round the circle. */
static uint64_t wv_to_stop(const struct wrt__wv_stops *stops, uint64_t x, bool up, uint64_t m)
{
    uint64_t least = m;
    for (uint32_t i = 0; i < stops->count; i++) {
        const uint64_t way = (up ? stops->at[i] - x : x - stops->at[i]) & m;
        if (way < least) least = way;
    }
    return least;
}

/* The end `at` was a stop, and is passed by only so much. */
static bool wv_may_stay(
    const struct wrt__wv_stops *stops, uint64_t at, uint64_t step, uint64_t size, uint64_t m)
{
    return wv_to_stop(stops, at, true, m) == 0 && (stops->factor == 0 || (step & m) <= size / 16);
}

/* Of known bits those above fall with the interval; those below are a congruence and stay. */
struct wrt__wv wrt__wv_widen_to(
    const struct wrt__wv *a, const struct wrt__wv *b, const struct wrt__wv_stops *stops)
{
    struct wrt__wv v = wrt__wv_join(a, b);
    const uint64_t m = wrt__wv_all(v.wide), size = wrt__wv_size(&v);
    const bool up = v.hi != a->hi, down = v.lo != a->lo;
    uint64_t more = 0, less = 0, go = stops->factor * size;
    if (!up && !down) return v;
    if (stops->count == 0 || (stops->factor && size > m / 4 / stops->factor)) return wrt__wv_any(v.wide);
    /* from a stop one more step may be the last: what is compared is often not what is stored */
    if (up && !wv_may_stay(stops, a->hi, v.hi - a->hi, size, m)) {
        more = go + wv_to_stop(stops, (v.hi + go) & m, true, m);
    }
    if (down && !wv_may_stay(stops, a->lo, a->lo - v.lo, size, m)) {
        less = go + wv_to_stop(stops, (v.lo - go) & m, false, m);
    }
    if (more > m - size || less > m - size - more) return wrt__wv_any(v.wide);
    struct wrt__wv wide = wrt__wv_range(v.lo - less, v.hi + more, v.wide);
    const uint64_t low = v.mask ? (v.mask & -v.mask) - 1 : 0;
    wide.bits |= v.bits & low & wide.mask;
    wide.mask &= ~low;
    return wrt__wv_reduce(&wide) ? wide : wrt__wv_any(v.wide);
}

/* ---- comparisons -----------------------------------------------------------------------------------------
 */

enum { CMP_EQ, CMP_NE, CMP_LT_S, CMP_LT_U, CMP_GT_S, CMP_GT_U, CMP_LE_S, CMP_LE_U, CMP_GE_S, CMP_GE_U };

static uint32_t wv_kind(uint32_t op)
{
    return op >= WRT__OP_I64_EQ ? op - WRT__OP_I64_EQ : op - WRT__OP_I32_EQ;
}

uint32_t wrt__wv_mirror(uint32_t op)
{
    static const uint8_t other[] = { CMP_EQ, CMP_NE, CMP_GT_S, CMP_GT_U, CMP_LT_S, CMP_LT_U, CMP_GE_S,
        CMP_GE_U, CMP_LE_S, CMP_LE_U };
    return op - wv_kind(op) + other[wv_kind(op)];
}

static bool wv_assume_unequal(struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t m = wrt__wv_all(a->wide), x = b->lo;
    if (!wrt__wv_known(b)) return true;
    if (wrt__wv_known(a)) return a->lo != x;
    if (wrt__wv_full(a)) {
        a->lo = (x + 1) & m;
        a->hi = (x - 1) & m;
    } else if (a->lo == x) {
        a->lo = (a->lo + 1) & m;
    } else if (a->hi == x) {
        a->hi = (a->hi - 1) & m;
    }
    return wrt__wv_reduce(a);
}

bool wrt__wv_assume(struct wrt__wv *a, uint32_t op, const struct wrt__wv *b, bool truth)
{
    static const uint8_t negation[] = { CMP_NE, CMP_EQ, CMP_GE_S, CMP_GE_U, CMP_LE_S, CMP_LE_U, CMP_GT_S,
        CMP_GT_U, CMP_LT_S, CMP_LT_U };
    uint64_t m = wrt__wv_all(a->wide), top = m >> 1, bottom = (m >> 1) + 1, edge;
    uint32_t kind = truth ? wv_kind(op) : negation[wv_kind(op)];
    struct wrt__wv limit;
    switch (kind) {
    case CMP_EQ: return wrt__wv_meet(a, b);
    case CMP_NE: return wv_assume_unequal(a, b);
    case CMP_LT_S:
        edge = (uint64_t)wrt__wv_smax(b) & m;
        if (edge == bottom) return false;
        limit = wrt__wv_range(bottom, edge - 1, a->wide);
        break;
    case CMP_LT_U:
        edge = wrt__wv_umax(b);
        if (edge == 0) return false;
        limit = wrt__wv_range(0, edge - 1, a->wide);
        break;
    case CMP_GT_S:
        edge = (uint64_t)wrt__wv_smin(b) & m;
        if (edge == top) return false;
        limit = wrt__wv_range(edge + 1, top, a->wide);
        break;
    case CMP_GT_U:
        edge = wrt__wv_umin(b);
        if (edge == m) return false;
        limit = wrt__wv_range(edge + 1, m, a->wide);
        break;
    case CMP_LE_S: limit = wrt__wv_range(bottom, (uint64_t)wrt__wv_smax(b), a->wide); break;
    case CMP_LE_U: limit = wrt__wv_range(0, wrt__wv_umax(b), a->wide); break;
    case CMP_GE_S: limit = wrt__wv_range((uint64_t)wrt__wv_smin(b), top, a->wide); break;
    default: limit = wrt__wv_range(wrt__wv_umin(b), m, a->wide); break;
    }
    return wrt__wv_meet(a, &limit);
}
