/* value_ops: the operators of plain arithmetic on sets of values. Every answer holds whatever the operator
 * can answer for members of the operands. Knows value.h only. */
#include "wcet/value.h"

static uint32_t vo_ctz(uint64_t x) { return x ? (uint32_t)__builtin_ctzll(x) : 64; }
static uint32_t vo_clz(uint64_t x) { return x ? (uint32_t)__builtin_clzll(x) : 64; }
static uint64_t vo_low(uint32_t bits) { return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1; }
static uint32_t vo_width(bool wide) { return wide ? 64 : 32; }

/* All numbers whose bits are `bits` where `mask` is 0. */
static struct wrt__wv vo_bits(uint64_t bits, uint64_t mask, bool wide)
{
    struct wrt__wv v = wrt__wv_any(wide);
    v.mask = mask & v.mask;
    v.bits = bits & ~mask & wrt__wv_all(wide);
    (void)wrt__wv_reduce(&v);
    return v;
}

/* `v`, and in the interval lo .. hi as well. */
static struct wrt__wv vo_and_range(struct wrt__wv v, uint64_t lo, uint64_t hi)
{
    struct wrt__wv range = wrt__wv_range(lo, hi, v.wide), both = v;
    return wrt__wv_meet(&both, &range) ? both : v;
}

static struct wrt__wv vo_signed_range(int64_t lo, int64_t hi, bool wide)
{
    return wrt__wv_range((uint64_t)lo, (uint64_t)hi, wide);
}

static struct wrt__wv vo_truth(void)
{
    return wrt__wv_range(0, 1, false);
}

/* ---- comparisons -----------------------------------------------------------------------------------------
 */

/* 0, 1, or 2: both can be. */
static uint32_t vo_compare(uint32_t op, const struct wrt__wv *a, const struct wrt__wv *b)
{
    bool same = a->id != 0 && a->id == b->id;
    uint32_t kind = op >= WRT__OP_I64_EQ ? op - WRT__OP_I64_EQ : op - WRT__OP_I32_EQ;
    if (same) return kind == 0 || kind >= 6; /* eq, le and ge hold; ne, lt and gt do not */
    struct wrt__wv x = *a, y = *a;
    if (!wrt__wv_assume(&x, op, b, true)) return 0;
    if (!wrt__wv_assume(&y, op, b, false)) return 1;
    return 2;
}

/* ---- sums and products -----------------------------------------------------------------------------------
 */

static struct wrt__wv vo_add(const struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t m = wrt__wv_all(a->wide);
    uint64_t sum = a->bits + b->bits, masks = a->mask + b->mask;
    uint64_t unknown = ((sum + masks) ^ sum) | a->mask | b->mask;
    struct wrt__wv v = vo_bits(sum, unknown & m, a->wide);
    uint64_t as = wrt__wv_size(a), bs = wrt__wv_size(b);
    if (as + bs < as || as + bs >= m) return v;
    return vo_and_range(v, a->lo + b->lo, a->hi + b->hi);
}

static struct wrt__wv vo_sub(const struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t m = wrt__wv_all(a->wide);
    if (a->id && a->id == b->id) return wrt__wv_const(0, a->wide);
    uint64_t dif = a->bits - b->bits;
    uint64_t unknown = ((dif + a->mask) ^ (dif - b->mask)) | a->mask | b->mask;
    struct wrt__wv v = vo_bits(dif, unknown & m, a->wide);
    uint64_t as = wrt__wv_size(a), bs = wrt__wv_size(b);
    if (as + bs < as || as + bs >= m) return v;
    return vo_and_range(v, a->lo - b->hi, a->hi - b->lo);
}

static bool vo_mul_fits(uint64_t a, uint64_t b, uint64_t m, uint64_t *out)
{
    return wrt__mul_u64(a, b, out) && *out <= m;
}

/* Products of the signed ends, when all of them fit. */
static bool vo_mul_signed(const struct wrt__wv *a, const struct wrt__wv *b, int64_t *lo, int64_t *hi)
{
    int64_t as[2] = { wrt__wv_smin(a), wrt__wv_smax(a) }, bs[2] = { wrt__wv_smin(b), wrt__wv_smax(b) };
    int64_t least = a->wide ? INT64_MIN : INT32_MIN, most = a->wide ? INT64_MAX : INT32_MAX;
    for (int k = 0; k < 4; k++) {
        int64_t p;
        if (__builtin_mul_overflow(as[k & 1], bs[k >> 1], &p) || p < least || p > most) return false;
        if (k == 0 || p < *lo) *lo = p;
        if (k == 0 || p > *hi) *hi = p;
    }
    return true;
}

static struct wrt__wv vo_mul(const struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t m = wrt__wv_all(a->wide), x, y;
    /* as many low bits of a product are known as those of one factor and the zeros below the other allow */
    uint32_t ka = vo_ctz(a->mask), kb = vo_ctz(b->mask);
    uint32_t za = vo_ctz(a->bits | a->mask), zb = vo_ctz(b->bits | b->mask);
    uint32_t low = ka + zb < kb + za ? ka + zb : kb + za;
    struct wrt__wv v = vo_bits(a->bits * b->bits, ~vo_low(low), a->wide);
    int64_t lo, hi;
    if (wrt__wv_known(a)) return wrt__wv_known(b) ? wrt__wv_const(a->lo * b->lo & m, a->wide) : vo_mul(b, a);
    if (wrt__wv_known(b) && vo_mul_fits(wrt__wv_size(a), b->lo, m - 1, &x)) {
        return vo_and_range(v, a->lo * b->lo, a->hi * b->lo);
    }
    if (vo_mul_fits(wrt__wv_umax(a), wrt__wv_umax(b), m, &y)) {
        return vo_and_range(v, wrt__wv_umin(a) * wrt__wv_umin(b), y);
    }
    if (vo_mul_signed(a, b, &lo, &hi)) return vo_and_range(v, (uint64_t)lo, (uint64_t)hi);
    return v;
}

/* ---- quotients -------------------------------------------------------------------------------------------
 */

static struct wrt__wv vo_div_u(const struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t least = wrt__wv_umin(b), most = wrt__wv_umax(b);
    return wrt__wv_range(wrt__wv_umin(a) / (most ? most : 1), wrt__wv_umax(a) / (least ? least : 1), a->wide);
}

/* Divisor above 0, the usual case; else nothing is said but that the size does not grow. */
static struct wrt__wv vo_div_s(const struct wrt__wv *a, const struct wrt__wv *b)
{
    int64_t lo = wrt__wv_smin(a), hi = wrt__wv_smax(a), least = wrt__wv_smin(b), most = wrt__wv_smax(b);
    if (least <= 0) {
        int64_t floor = a->wide ? INT64_MIN : INT32_MIN;
        if (lo == floor) return wrt__wv_any(a->wide);
        int64_t size = hi > -lo ? hi : -lo;
        if (size < 0) size = -size;
        return vo_signed_range(-size, size, a->wide);
    }
    return vo_signed_range(lo < 0 ? lo / least : lo / most, hi < 0 ? hi / most : hi / least, a->wide);
}

static struct wrt__wv vo_rem_u(const struct wrt__wv *a, const struct wrt__wv *b)
{
    uint64_t most = wrt__wv_umax(b), least = wrt__wv_umin(b);
    if (wrt__wv_umax(a) < least) return *a;
    struct wrt__wv v = wrt__wv_any(a->wide);
    if (wrt__wv_known(b)) {
        uint32_t low = vo_ctz(b->lo), known = vo_ctz(a->mask); /* low bits pass through */
        v = vo_bits(a->bits, ~vo_low(low < known ? low : known), a->wide);
        uint64_t q = wrt__wv_umin(a) / b->lo;
        if (a->lo <= a->hi && a->hi / b->lo == q)
            return vo_and_range(v, a->lo - q * b->lo, a->hi - q * b->lo);
    }
    return vo_and_range(v, 0, wrt__min_u64(wrt__wv_umax(a), most ? most - 1 : 0));
}

static struct wrt__wv vo_rem_s(const struct wrt__wv *a, const struct wrt__wv *b)
{
    int64_t lo = wrt__wv_smin(a), hi = wrt__wv_smax(a), least = wrt__wv_smin(b), most = wrt__wv_smax(b);
    int64_t floor = a->wide ? INT64_MIN : INT32_MIN;
    if (least == floor) return wrt__wv_any(a->wide);
    int64_t size = most > -least ? most : -least; /* largest size of the divisor */
    if (size < 0) size = -size;
    if (size == 0) size = 1;
    if (lo >= 0 && least > 0 && hi < least) return *a;
    struct wrt__wv v = wrt__wv_any(a->wide);
    if (wrt__wv_known(b)) {
        uint32_t low = vo_ctz(b->lo), known = vo_ctz(a->mask);
        v = vo_bits(a->bits, ~vo_low(low < known ? low : known), a->wide);
        if (lo >= 0 && b->lo && lo / size == hi / size) {
            return vo_and_range(v, (uint64_t)(lo % size), (uint64_t)(hi % size));
        }
    }
    int64_t from = lo >= 0 ? 0 : lo > -size ? lo : 1 - size;
    int64_t to = hi <= 0 ? 0 : hi < size ? hi : size - 1;
    return vo_and_range(v, (uint64_t)from, (uint64_t)to);
}

static enum wrt__wv_outcome vo_divide(
    uint32_t op, uint32_t kind, const struct wrt__wv *a, const struct wrt__wv *b, struct wrt__wv *out)
{
    uint64_t bottom = (wrt__wv_all(a->wide) >> 1) + 1;
    (void)op;
    if (wrt__wv_known(b) && b->lo == 0) return WRT__WV_TRAPS;
    bool zero = wrt__wv_has(b, 0);
    bool overflow = kind == 0 && wrt__wv_has(a, bottom) && wrt__wv_has(b, wrt__wv_all(a->wide));
    switch (kind) {
    case 0: *out = vo_div_s(a, b); break;
    case 1: *out = vo_div_u(a, b); break;
    case 2: *out = vo_rem_s(a, b); break;
    default: *out = vo_rem_u(a, b); break;
    }
    return zero || overflow ? WRT__WV_MAY_TRAP : WRT__WV_FINE;
}

/* ---- bits ------------------------------------------------------------------------------------------------
 */

static struct wrt__wv vo_and(const struct wrt__wv *a, const struct wrt__wv *b)
{
    if (a->id && a->id == b->id) return *a;
    uint64_t bits = a->bits & b->bits;
    struct wrt__wv v = vo_bits(bits, (a->bits | a->mask) & (b->bits | b->mask) & ~bits, a->wide);
    if (a->pop < v.pop) v.pop = a->pop;
    if (b->pop < v.pop && !wrt__wv_known(b)) v.pop = b->pop;
    v = vo_and_range(v, 0, wrt__min_u64(wrt__wv_umax(a), wrt__wv_umax(b)));
    if (wrt__wv_known(b) && (b->lo & (b->lo + 1)) == 0 && wrt__wv_size(a) < b->lo) {
        uint64_t lo = a->lo & b->lo, hi = a->hi & b->lo; /* a remainder: the interval stays in one piece */
        if (lo <= hi) v = vo_and_range(v, lo, hi);
    }
    return v;
}

static struct wrt__wv vo_or(const struct wrt__wv *a, const struct wrt__wv *b)
{
    if (a->id && a->id == b->id) return *a;
    uint64_t bits = a->bits | b->bits;
    struct wrt__wv v = vo_bits(bits, (a->mask | b->mask) & ~bits, a->wide);
    uint64_t la = wrt__wv_umin(a), lb = wrt__wv_umin(b);
    return vo_and_range(v, la > lb ? la : lb, wrt__wv_all(a->wide));
}

static struct wrt__wv vo_xor(const struct wrt__wv *a, const struct wrt__wv *b)
{
    if (a->id && a->id == b->id) return wrt__wv_const(0, a->wide);
    struct wrt__wv v = vo_bits(a->bits ^ b->bits, a->mask | b->mask, a->wide);
    if (wrt__wv_known(b) && b->lo == wrt__wv_all(a->wide)) return vo_and_range(v, ~a->hi, ~a->lo); /* not */
    return v;
}

static struct wrt__wv vo_shl(const struct wrt__wv *a, uint32_t s)
{
    uint64_t m = wrt__wv_all(a->wide), size = wrt__wv_size(a);
    struct wrt__wv v = vo_bits(a->bits << s, a->mask << s & m, a->wide);
    if (a->pop < v.pop) v.pop = a->pop;
    if (size >= m >> s) return v;
    return vo_and_range(v, a->lo << s, a->hi << s);
}

static struct wrt__wv vo_shr_u(const struct wrt__wv *a, uint32_t s)
{
    struct wrt__wv v = vo_bits(a->bits >> s, a->mask >> s, a->wide);
    if (a->pop < v.pop) v.pop = a->pop;
    return vo_and_range(v, wrt__wv_umin(a) >> s, wrt__wv_umax(a) >> s);
}

static struct wrt__wv vo_shr_s(const struct wrt__wv *a, uint32_t s)
{
    uint64_t bits = (uint64_t)(wrt__wv_signed(a->bits, a->wide) >> s);
    uint64_t mask = (uint64_t)(wrt__wv_signed(a->mask, a->wide) >> s);
    struct wrt__wv v = vo_bits(bits, mask, a->wide);
    return vo_and_range(v, (uint64_t)(wrt__wv_smin(a) >> s), (uint64_t)(wrt__wv_smax(a) >> s));
}

static struct wrt__wv vo_rotl(const struct wrt__wv *a, uint32_t s)
{
    uint32_t w = vo_width(a->wide), back = (w - s) % w;
    struct wrt__wv v = vo_bits(a->bits << s | a->bits >> back, a->mask << s | a->mask >> back, a->wide);
    if (a->pop < v.pop) v.pop = a->pop;
    return v;
}

/* Amount known: exactly one of the above. Unknown: what holds of all amounts between the least and the most.
 */
static struct wrt__wv vo_shift(uint32_t kind, const struct wrt__wv *a, const struct wrt__wv *b)
{
    uint32_t w = vo_width(a->wide);
    if (wrt__wv_known(b)) {
        uint32_t s = (uint32_t)b->lo & (w - 1);
        switch (kind) {
        case 0: return vo_shl(a, s);
        case 1: return vo_shr_s(a, s);
        case 2: return vo_shr_u(a, s);
        case 3: return s ? vo_rotl(a, s) : *a;
        default: return s ? vo_rotl(a, w - s) : *a;
        }
    }
    uint32_t least = 0, most = w - 1;
    if (wrt__wv_umax(b) < w) {
        least = (uint32_t)wrt__wv_umin(b);
        most = (uint32_t)wrt__wv_umax(b);
    }
    struct wrt__wv v = wrt__wv_any(a->wide);
    switch (kind) {
    case 0:
        v = vo_bits(0, ~vo_low(least + vo_ctz(a->bits | a->mask)), a->wide);
        if (a->pop < v.pop) v.pop = a->pop;
        if (wrt__wv_umax(a) <= wrt__wv_all(a->wide) >> most) {
            v = vo_and_range(v, wrt__wv_umin(a) << least, wrt__wv_umax(a) << most);
        }
        return v;
    case 1: {
        int64_t lo = wrt__wv_smin(a), hi = wrt__wv_smax(a);
        return vo_signed_range(lo < 0 ? lo >> least : lo >> most, hi < 0 ? hi >> most : hi >> least, a->wide);
    }
    case 2:
        v = vo_and_range(v, wrt__wv_umin(a) >> most, wrt__wv_umax(a) >> least);
        break;
    default: break;
    }
    if (a->pop < v.pop) v.pop = a->pop;
    return v;
}

static struct wrt__wv vo_count(uint32_t kind, const struct wrt__wv *a)
{
    uint32_t w = vo_width(a->wide), extra = 64 - w, most = 0;
    switch (kind) {
    case 0:
        return wrt__wv_range(vo_clz(wrt__wv_umax(a)) - extra, vo_clz(wrt__wv_umin(a)) - extra, a->wide);
    case 1:
        most = vo_ctz(a->bits);
        return wrt__wv_range(wrt__min_u64(vo_ctz(a->bits | a->mask), w), most < w ? most : w, a->wide);
    default:
        most = (uint32_t)__builtin_popcountll(a->bits | a->mask);
        return wrt__wv_range((uint64_t)__builtin_popcountll(a->bits), a->pop < most ? a->pop : most, a->wide);
    }
}

/* ---- conversions -----------------------------------------------------------------------------------------
 */

static struct wrt__wv vo_wrap(const struct wrt__wv *a)
{
    struct wrt__wv v = vo_bits(a->bits & UINT32_MAX, a->mask & UINT32_MAX, false);
    if (a->pop < v.pop) v.pop = a->pop;
    if (wrt__wv_size(a) >= UINT32_MAX) return v;
    return vo_and_range(v, a->lo & UINT32_MAX, a->hi & UINT32_MAX);
}

static struct wrt__wv vo_extend_u(const struct wrt__wv *a)
{
    struct wrt__wv v = vo_bits(a->bits, a->mask, true);
    if (a->pop < v.pop) v.pop = a->pop;
    return vo_and_range(v, wrt__wv_umin(a), wrt__wv_umax(a));
}

/* The low `from` bits, with sign, as a number of 32 or 64 bits. */
static struct wrt__wv vo_extend_s(const struct wrt__wv *a, uint32_t from, bool wide)
{
    uint32_t up = 64 - from;
    uint64_t bits = (uint64_t)((int64_t)(a->bits << up) >> up),
             mask = (uint64_t)((int64_t)(a->mask << up) >> up);
    struct wrt__wv v = vo_bits(bits & ~mask, mask, wide);
    int64_t lo = wrt__wv_smin(a), hi = wrt__wv_smax(a), edge = (int64_t)1 << (from - 1);
    if (lo < -edge || hi >= edge) return vo_and_range(v, (uint64_t)-edge, (uint64_t)(edge - 1));
    return vo_and_range(v, (uint64_t)lo, (uint64_t)hi);
}

static bool vo_result_wide(uint32_t op)
{
    if (op >= WRT__OP_I32_TRUNC_SAT_F32_S) return op >= WRT__OP_I64_TRUNC_SAT_F32_S;
    uint8_t type = wrt__op_infos[op].result;
    return type == WRT__I64 || type == WRT__F64;
}

static enum wrt__wv_outcome vo_convert(uint32_t op, const struct wrt__wv *a, struct wrt__wv *out)
{
    switch (op) {
    case WRT__OP_I32_WRAP_I64: *out = vo_wrap(a); return WRT__WV_FINE;
    case WRT__OP_I64_EXTEND_I32_U: *out = vo_extend_u(a); return WRT__WV_FINE;
    case WRT__OP_I64_EXTEND_I32_S: *out = vo_extend_s(a, 32, true); return WRT__WV_FINE;
    case WRT__OP_I32_EXTEND8_S: *out = vo_extend_s(a, 8, false); return WRT__WV_FINE;
    case WRT__OP_I32_EXTEND16_S: *out = vo_extend_s(a, 16, false); return WRT__WV_FINE;
    case WRT__OP_I64_EXTEND8_S: *out = vo_extend_s(a, 8, true); return WRT__WV_FINE;
    case WRT__OP_I64_EXTEND16_S: *out = vo_extend_s(a, 16, true); return WRT__WV_FINE;
    case WRT__OP_I64_EXTEND32_S: *out = vo_extend_s(a, 32, true); return WRT__WV_FINE;
    default: break;
    }
    *out = wrt__wv_any(vo_result_wide(op));
    if (op >= WRT__OP_I32_REINTERPRET_F32 && op <= WRT__OP_F64_REINTERPRET_I64) {
        *out = *a;
        out->id = 0;
    }
    bool traps = (op >= WRT__OP_I32_TRUNC_F32_S && op <= WRT__OP_I32_TRUNC_F64_U) ||
                 (op >= WRT__OP_I64_TRUNC_F32_S && op <= WRT__OP_I64_TRUNC_F64_U);
    return traps ? WRT__WV_MAY_TRAP : WRT__WV_FINE;
}

/* ---- all of them -----------------------------------------------------------------------------------------
 */

static enum wrt__wv_outcome vo_integer(
    uint32_t op, uint32_t first, const struct wrt__wv *a, const struct wrt__wv *b, struct wrt__wv *out)
{
    uint32_t k = op - first;
    switch (k) {
    case 0: case 1: case 2: *out = vo_count(k, a); break;
    case 3: *out = vo_add(a, b); break;
    case 4: *out = vo_sub(a, b); break;
    case 5: *out = vo_mul(a, b); break;
    case 6: case 7: case 8: case 9: return vo_divide(op, k - 6, a, b, out);
    case 10: *out = wrt__wv_known(a) ? vo_and(b, a) : vo_and(a, b); break;
    case 11: *out = vo_or(a, b); break;
    case 12: *out = wrt__wv_known(a) ? vo_xor(b, a) : vo_xor(a, b); break;
    default: *out = vo_shift(k - 13, a, b); break;
    }
    return WRT__WV_FINE;
}

static bool vo_two(uint32_t op) { return op < WRT__OPS && wrt__op_infos[op].pops == 2; }

enum wrt__wv_outcome wrt__wv_apply(
    uint32_t op, const struct wrt__wv *a, const struct wrt__wv *b, struct wrt__wv *out)
{
    enum wrt__wv_outcome outcome = WRT__WV_FINE;
    if (wrt__wv_known(a) && (!vo_two(op) || wrt__wv_known(b))) {
        uint64_t x;
        if (!wrt__wv_eval(op, a->lo, b->lo, &x)) return WRT__WV_TRAPS;
        *out = wrt__wv_const(x, vo_result_wide(op));
        return WRT__WV_FINE;
    }
    if (op == WRT__OP_I32_EQZ || op == WRT__OP_I64_EQZ) {
        *out = wrt__wv_has(a, 0) ? vo_truth() : wrt__wv_const(0, false);
    } else if ((op >= WRT__OP_I32_EQ && op <= WRT__OP_I32_GE_U) ||
               (op >= WRT__OP_I64_EQ && op <= WRT__OP_I64_GE_U)) {
        uint32_t r = vo_compare(op, a, b);
        *out = r == 2 ? vo_truth() : wrt__wv_const(r, false);
    } else if (op >= WRT__OP_F32_EQ && op <= WRT__OP_F64_GE) {
        *out = vo_truth();
    } else if (op >= WRT__OP_I32_CLZ && op <= WRT__OP_I32_ROTR) {
        outcome = vo_integer(op, WRT__OP_I32_CLZ, a, b, out);
    } else if (op >= WRT__OP_I64_CLZ && op <= WRT__OP_I64_ROTR) {
        outcome = vo_integer(op, WRT__OP_I64_CLZ, a, b, out);
    } else if (op >= WRT__OP_F32_ABS && op <= WRT__OP_F64_COPYSIGN) {
        *out = wrt__wv_any(op >= WRT__OP_F64_ABS);
    } else {
        outcome = vo_convert(op, a, out);
    }
    return outcome;
}
