/* utilisation: sums of C / T, exactly. First between two bounds in 64 bits, which nearly always decides; else
 * as long numbers over the least common multiple of the periods. Also the quick bounds on utilisation, the
 * caps, and fractions as text. Must not know how priorities come about. */
#include "admission/admission.h"

#define ADM_ONE ((uint64_t)1 << 62)
#define ADM_PPB UINT64_C(1000000000)

/* ---- between two bounds --------------------------------------------------------------------------- */

static uint32_t adm_room(uint64_t v)
{
#if defined(__GNUC__)
    return v == 0 ? 63 : (uint32_t)__builtin_clzll(v);
#else
    uint32_t n = 0;
    while (n < 63 && (v << n) >> 63 == 0) n++;
    return n;
#endif
}

void wrt__adm_sum_add(struct wrt__adm_sum *s, uint64_t c, uint64_t t)
{
    if (c > t || s->low > ADM_ONE) {
        s->low = s->high = ADM_ONE * 3;
        return;
    }
    uint32_t shift = adm_room(c);
    if (shift > 62) shift = 62;
    uint64_t top = c << shift, part = top / t, unit = (uint64_t)1 << (62 - shift);
    s->low += part << (62 - shift);
    s->high += part << (62 - shift);
    if (part * t != top) s->high += unit;
    if (s->high > ADM_ONE * 3) s->high = ADM_ONE * 3;
}

/* The same with all 62 bits. */
static void adm_sum_fine(const struct wrt__adm *a, uint32_t n, struct wrt__adm_sum *s)
{
    *s = (struct wrt__adm_sum){ 0, 0 };
    for (uint32_t k = 0; k < n && s->low <= ADM_ONE; k++) {
        bool exact;
        uint64_t part = wrt__div_128(wrt__mul_64(a->items[k].cost, ADM_ONE), a->items[k].T, &exact);
        if (part > ADM_ONE) part = ADM_ONE * 2;
        s->low += part;
        s->high += part + !exact;
    }
}

static int adm_sum_decides(const struct wrt__adm_sum *s)
{
    if (s->low > ADM_ONE) return 1;
    if (s->high < ADM_ONE) return -1;
    return s->low == ADM_ONE && s->high == ADM_ONE ? 0 : 2;
}

/* ---- exactly -------------------------------------------------------------------------------------- */

/* wide[0] = least common multiple of the periods of items 0..n-1, wide[1] = its share that `cost` takes;
 * wide[2] is used. */
static bool adm_exact(struct wrt__adm *a, uint32_t n)
{
    struct wrt__wide *whole = &a->wide[0], *share = &a->wide[1], *part = &a->wide[2];
    wrt__wide_set(whole, 1);
    wrt__wide_set(share, 0);
    for (uint32_t k = 0; k < n; k++) {
        *part = *whole;
        uint64_t t = a->items[k].T, common = wrt__gcd_64(wrt__wide_div_64(part, t), t);
        if (wrt__adm_spent(a, WRT__WIDE_LIMBS) || !wrt__wide_mul_64(whole, t / common)) return false;
    }
    for (uint32_t k = 0; k < n; k++) {
        *part = *whole;
        (void)wrt__wide_div_64(part, a->items[k].T);
        if (wrt__adm_spent(a, WRT__WIDE_LIMBS)) return false;
        if (!wrt__wide_mul_64(part, a->items[k].cost) || !wrt__wide_add(share, part)) return false;
    }
    return true;
}

int wrt__adm_against_one(struct wrt__adm *a, const struct wrt__adm_sum *s, uint32_t n)
{
    struct wrt__adm_sum fine;
    int sign = adm_sum_decides(s);
    if (sign < 2) return sign;
    adm_sum_fine(a, n, &fine);
    sign = adm_sum_decides(&fine);
    if (sign < 2) return sign;
    if (adm_exact(a, n)) return wrt__wide_cmp(&a->wide[1], &a->wide[0]);
    if (!a->limit) a->limit = "fraction";
    return 1;
}

uint64_t wrt__adm_over_rest(uint64_t work, const struct wrt__adm_sum *s)
{
    bool exact;
    if (s->high >= ADM_ONE) return UINT64_MAX;
    uint64_t rest = ADM_ONE - s->high;
    if (work >> 31 == 0 && rest >> 32 > 0) return (work << 32) / (rest >> 30) + 1;
    uint64_t out = wrt__div_128(wrt__mul_64(work, ADM_ONE), rest, &exact);
    return out == UINT64_MAX ? out : out + !exact;
}

uint64_t wrt__adm_lcm(const struct wrt__adm *a, uint32_t n)
{
    uint64_t out = 1;
    for (uint32_t k = 0; k < n; k++) {
        uint64_t t = a->items[k].T;
        struct wrt__u128 next = wrt__mul_64(out, t / wrt__gcd_64(out, t));
        if (next.hi > 0 || next.lo > WRT__ADM_TIME_MAX) return 0;
        out = next.lo;
    }
    return out;
}

/* The tasks of one core as items; how many. */
static uint32_t adm_core_items(
    struct wrt__adm *a, const uint32_t *core, uint32_t which, struct wrt__adm_sum *s)
{
    uint32_t n = 0;
    *s = (struct wrt__adm_sum){ 0, 0 };
    for (uint32_t k = 0; k < a->n; k++) {
        if (core[k] != which) continue;
        struct wrt__adm_item *i = &a->items[n++];
        i->T = a->tasks[k].period;
        i->cost = wrt__adm_own_cost(a, &a->tasks[k], a->o.mode);
        wrt__adm_sum_add(s, i->cost, i->T);
    }
    return n;
}

int wrt__adm_compare_cores(struct wrt__adm *a, const uint32_t *core, uint32_t x, uint32_t y)
{
    struct wrt__adm_sum sx, sy;
    uint32_t n = adm_core_items(a, core, x, &sx);
    struct wrt__wide *w = a->wide;
    (void)adm_core_items(a, core, y, &sy);
    if (sx.high < sy.low) return -1;
    if (sx.low > sy.high) return 1;
    n = adm_core_items(a, core, x, &sx);
    bool fits = adm_exact(a, n);
    w[3] = w[0];
    w[4] = w[1];
    n = adm_core_items(a, core, y, &sy);
    fits = fits && adm_exact(a, n) && wrt__wide_mul(&w[5], &w[4], &w[0])
        && wrt__wide_mul(&w[6], &w[1], &w[3]);
    if (fits) return wrt__wide_cmp(&w[5], &w[6]);
    return sx.low < sy.low ? -1 : sx.low > sy.low;      /* which core is tried first proves nothing */
}

/* ---- bounds on utilisation ------------------------------------------------------------------------ */

/* Product of (cost + T) against twice the product of T. */
bool wrt__adm_hyperbolic(struct wrt__adm *a)
{
    /* quickly: the product of (1 + u), rounded up, in 2^-30; both factors stay within 2 */
    uint64_t one = UINT64_C(1) << 30, product = one;
    bool fast = true;
    for (uint32_t k = 0; k < a->n && fast; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        fast = (i->cost | i->T) >> 31 == 0 && i->cost <= i->T;
        if (!fast) break;
        uint64_t u = (i->cost * one + i->T - 1) / i->T;
        product = (product * (one + u) + one - 1) / one;
        fast = product <= 2 * one;
    }
    if (fast) return true;
    struct wrt__wide *left = &a->wide[0], *right = &a->wide[1];
    wrt__wide_set(left, 1);
    wrt__wide_set(right, 2);
    for (uint32_t k = 0; k < a->n; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        if (wrt__adm_spent(a, WRT__WIDE_LIMBS)) return false;
        if (!wrt__wide_mul_64(left, i->cost + i->T) || !wrt__wide_mul_64(right, i->T)) return false;
    }
    return wrt__wide_cmp(left, right) <= 0;
}

/* U <= n (2^(1/n) - 1) as (1 + U/n)^n <= 2, the left side rounded up in 2^-62. They are never equal for n >
 * 1: then the right side is irrational. */
bool wrt__adm_liu_layland(struct wrt__adm *a)
{
    struct wrt__adm_sum s;
    bool exact;
    adm_sum_fine(a, a->n, &s);
    if (a->n <= 1) return a->n == 0 || wrt__adm_against_one(a, &s, a->n) <= 0;
    uint64_t power = ADM_ONE, root = ADM_ONE + s.high / a->n + 1;
    for (uint32_t k = 0; k < a->n; k++) {
        power = wrt__div_128(wrt__mul_64(power, root), ADM_ONE, &exact);
        power += !exact;
        if (power > ADM_ONE * 2) return false;
    }
    return true;
}

/* ---- loads and caps ------------------------------------------------------------------------------- */

static uint64_t adm_ppb(const struct wrt__adm_sum *s, wrt_adm_ratio factor)
{
    bool exact;
    uint64_t out = wrt__div_128(wrt__mul_64(s->low, ADM_PPB), ADM_ONE, &exact) + !exact;
    return factor.num == factor.den ? out
                                    : wrt__div_128(wrt__mul_64(out, factor.num), factor.den, &exact) + 1;
}

/* The caps multiply the sum: C * 23/20 is not rounded there. With switching costs, which are added to each C,
 * the rounded C of the tests is taken, and nothing multiplies it. */
static wrt_adm_ratio adm_cap_factor(const struct wrt__adm *a)
{
    bool added = a->o.switch_ticks > 0 || a->o.release_ticks > 0 || a->o.overhead.den == 0;
    return added ? (wrt_adm_ratio){ 1, 1 } : a->o.overhead;
}

/* Items 0..n-1 times the factor against the cap, exactly. */
static bool adm_under_cap(struct wrt__adm *a, uint32_t n, wrt_adm_ratio cap, uint64_t *ppb)
{
    struct wrt__adm_sum s;
    wrt_adm_ratio factor = adm_cap_factor(a);
    adm_sum_fine(a, n, &s);
    *ppb = n > 0 ? adm_ppb(&s, factor) : 0;
    if (cap.den == 0) return true;
    bool exact;
    uint64_t up = (uint64_t)cap.num * factor.den, down = (uint64_t)cap.den * factor.num;
    uint64_t line = wrt__div_128(wrt__mul_64(up, ADM_ONE), down, &exact);
    if (s.high <= line) return true;
    if (s.low > line) return false;
    bool fits = adm_exact(a, n) && wrt__wide_mul_64(&a->wide[1], down) && wrt__wide_mul_64(&a->wide[0], up);
    if (fits) return wrt__wide_cmp(&a->wide[1], &a->wide[0]) <= 0;
    if (!a->limit) a->limit = "fraction";
    return false;
}

/* Items of one level (WRT_ADM_LEVELS: all), each with C of its own level. */
static uint32_t adm_level_items(struct wrt__adm *a, uint32_t level)
{
    uint32_t n = 0;
    wrt_adm_ratio overhead = a->o.overhead, factor = adm_cap_factor(a);
    if (factor.num != 1 || factor.den != 1) a->o.overhead.den = 0;
    for (uint32_t k = 0; k < a->n; k++) {
        const wrt_adm_task *t = &a->tasks[k];
        if (t->stolen || (level < WRT_ADM_LEVELS && t->level != level)) continue;
        a->items[n].T = t->period;
        a->items[n++].cost = wrt__adm_own_cost(a, t, t->level);
    }
    a->o.overhead = overhead;
    return n;
}

void wrt__adm_caps(struct wrt__adm *a, wrt_adm_load *out)
{
    uint64_t ppb;
    out->levels_over = 0;
    for (uint32_t l = 0; l < WRT_ADM_LEVELS; l++) {
        uint32_t n = adm_level_items(a, l);
        if (!adm_under_cap(a, n, a->o.cap_level, &out->level_ppb[l])) out->levels_over |= 1u << l;
    }
    out->levels_ok = out->levels_over == 0;
    out->total_ok = adm_under_cap(a, adm_level_items(a, WRT_ADM_LEVELS), a->o.cap_total, &ppb);
}

void wrt__adm_load_of(struct wrt__adm *a, wrt_adm_load *out)
{
    struct wrt__adm_sum s;
    *out = (wrt_adm_load){ .implicit = true };
    wrt__adm_caps(a, out);
    a->sections_count = 0;
    if (!wrt__adm_load(a, WRT__ADM_BY_PRIORITY)) return;
    adm_sum_fine(a, a->n, &s);
    out->ppb = adm_ppb(&s, (wrt_adm_ratio){ 1, 1 });
    out->above_one = wrt__adm_against_one(a, &s, a->n) > 0;
    for (uint32_t k = 0; k < a->n; k++) out->implicit &= a->items[k].D == a->items[k].T && a->items[k].J == 0;
    if (!out->implicit) return;
    out->liu_layland = wrt__adm_liu_layland(a);
    out->hyperbolic = wrt__adm_hyperbolic(a);
}

/* ---- as text -------------------------------------------------------------------------------------- */

/* up / down in lowest terms; both are used up. */
static size_t adm_fraction(
    struct wrt__adm *a, struct wrt__wide *up, struct wrt__wide *down, char *buf, size_t cap)
{
    struct wrt__wide *common = &a->wide[5], *copy = &a->wide[6], *rest = &a->wide[7];
    if (up->n > 0) {
        *common = *up;
        *copy = *down;
        wrt__wide_gcd(common, copy);
        wrt__wide_div(up, common, rest);
        wrt__wide_div(down, common, rest);
    } else {
        wrt__wide_set(down, 1);
    }
    size_t n = wrt__wide_text(up, buf, cap);
    if (n < cap) buf[n] = '/';
    n++;
    n += wrt__wide_text(down, n < cap ? buf + n : buf, n < cap ? cap - n : 0);
    if (n < cap) buf[n] = 0;
    return n;
}

/* Items of the tasks above level 0 (or at it), with C of a mode. */
static uint32_t adm_side_items(struct wrt__adm *a, bool high, uint32_t mode)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < a->n; k++) {
        const wrt_adm_task *t = &a->tasks[k];
        if ((t->level > 0) != high) continue;
        a->items[n].T = t->period;
        a->items[n++].cost = wrt__adm_own_cost(a, t, mode);
    }
    return n;
}

/* x = b / (1 - a) with a, b over one denominator: wide[3] / wide[4]. */
static bool adm_vd_fractions(struct wrt__adm *a)
{
    struct wrt__wide *w = a->wide;
    for (uint32_t k = 0; k < a->n; k++) {
        a->items[k].T = a->tasks[k].period;
        a->items[k].cost = a->tasks[k].level == 0 ? wrt__adm_own_cost(a, &a->tasks[k], 0) : 0;
    }
    if (!adm_exact(a, a->n)) return false;
    w[3] = w[1];                                        /* a */
    for (uint32_t k = 0; k < a->n; k++) {
        a->items[k].cost = a->tasks[k].level > 0 ? wrt__adm_own_cost(a, &a->tasks[k], 0) : 0;
    }
    if (!adm_exact(a, a->n)) return false;
    w[4] = w[0];
    if (wrt__wide_cmp(&w[3], &w[0]) >= 0) return false;
    wrt__wide_sub(&w[4], &w[3]);
    w[2] = w[3];
    w[3] = w[1];
    w[1] = w[2];                                        /* wide[0] whole, [1] a, [3] b, [4] 1 - a */
    return true;
}

enum wrt__adm_vd wrt__adm_vd_case(struct wrt__adm *a)
{
    struct wrt__wide *w = a->wide;
    for (uint32_t k = 0; k < a->n; k++) {
        a->items[k].T = a->tasks[k].period;
        a->items[k].cost = wrt__adm_own_cost(a, &a->tasks[k], a->tasks[k].level);
    }
    if (!adm_exact(a, a->n)) goto limit;
    if (wrt__wide_cmp(&w[1], &w[0]) <= 0) return WRT__ADM_VD_PLAIN;     /* a + c <= 1 */
    for (uint32_t k = 0; k < a->n; k++) {
        if (a->tasks[k].level == 0) a->items[k].cost = 0;
    }
    if (!adm_exact(a, a->n)) goto limit;
    w[5] = w[1];                                        /* c */
    if (!adm_vd_fractions(a)) {
        if (a->limit) goto limit;
        return WRT__ADM_VD_NO;
    }
    /* x a + c <= 1 and x <= 1: b a + c (1 - a) <= 1 - a, and b <= 1 - a */
    if (wrt__wide_cmp(&w[3], &w[4]) > 0) return WRT__ADM_VD_NO;
    if (!wrt__wide_mul(&w[6], &w[3], &w[1]) || !wrt__wide_mul(&w[7], &w[5], &w[4])
        || !wrt__wide_add(&w[6], &w[7]) || !wrt__wide_mul(&w[7], &w[0], &w[4])) {
        goto limit;
    }
    return wrt__wide_cmp(&w[6], &w[7]) <= 0 ? WRT__ADM_VD_VIRTUAL : WRT__ADM_VD_NO;
limit:
    if (!a->limit) a->limit = "fraction";
    return WRT__ADM_VD_NO;
}

/* floor(x T); only after wrt__adm_vd_case said VIRTUAL, while the wides are as it left them. */
uint64_t wrt__adm_vd_deadline(struct wrt__adm *a, uint64_t t)
{
    struct wrt__wide *w = a->wide;
    w[6] = w[3];
    if (!wrt__wide_mul_64(&w[6], t)) return 0;
    wrt__wide_div(&w[6], &w[4], &w[7]);
    return (w[6].n > 1 ? (uint64_t)w[6].limb[1] << 32 : 0) | (w[6].n > 0 ? w[6].limb[0] : 0);
}

size_t wrt__adm_number(struct wrt__adm *a, uint32_t number, char *buf, size_t cap)
{
    uint32_t n;
    struct wrt__wide *w = a->wide;
    wrt_adm_ratio factor = { 1, 1 };
    if (number == WRT_ADM_U_OWN || number >= WRT_ADM_U_LEVEL) factor = adm_cap_factor(a);
    switch (number) {
    case WRT_ADM_U:
        for (n = 0; n < a->n; n++) {
            a->items[n].T = a->tasks[n].period;
            a->items[n].cost = wrt__adm_own_cost(a, &a->tasks[n], a->o.mode);
        }
        break;
    case WRT_ADM_U_OWN: n = adm_level_items(a, WRT_ADM_LEVELS); break;
    case WRT_ADM_U_LO_LO: n = adm_side_items(a, false, 0); break;
    case WRT_ADM_U_HI_LO: n = adm_side_items(a, true, 0); break;
    case WRT_ADM_U_HI_HI: n = adm_side_items(a, true, 1); break;
    case WRT_ADM_VD_X:
        if (wrt__adm_vd_case(a) == WRT__ADM_VD_VIRTUAL) return adm_fraction(a, &w[3], &w[4], buf, cap);
        return 0;
    default:
        if (number >= WRT_ADM_U_LEVEL + (uint32_t)WRT_ADM_LEVELS) return 0;
        n = adm_level_items(a, number - WRT_ADM_U_LEVEL);
        break;
    }
    if (!adm_exact(a, n) || !wrt__wide_mul_64(&w[1], factor.num) || !wrt__wide_mul_64(&w[0], factor.den))
        return 0;
    return adm_fraction(a, &w[1], &w[0], buf, cap);
}
