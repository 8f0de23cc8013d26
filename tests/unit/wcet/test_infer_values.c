/* Sets of values: whatever an operator answers for members is a member of what it answers for the sets.
 * Random sets of every shape, random members, all operators; and that sets are not needlessly large where
 * loops depend on it. */
#include "test.h"
#include "wcet/value.h"
#include <stdio.h>

static uint64_t values_seed = 1;

static uint64_t values_number(bool wide)
{
    uint64_t r = test_random(&values_seed), x = test_random(&values_seed), m = wrt__wv_all(wide);
    switch (r % 6) {
    case 0: return x & m;
    case 1: return x % 70;
    case 2: return (0 - x % 70) & m;
    case 3: return ((m >> 1) + 1 + x % 9 - 4) & m;
    case 4: return ((uint64_t)1 << x % (wide ? 64 : 32)) & m;
    default: return x % 100000;
    }
}

static struct wrt__wv values_set(bool wide)
{
    for (;;) {
        uint64_t a = values_number(wide), b = values_number(wide), r = test_random(&values_seed);
        struct wrt__wv v = wrt__wv_any(wide);
        if (r % 8 == 0) return wrt__wv_const(a, wide);
        if (r % 8 < 6) v = wrt__wv_range(a, r & 256 ? b : a + b % 1000, wide);
        if (r % 8 >= 4) {
            struct wrt__wv bits = wrt__wv_any(wide);
            bits.mask &= r & 512 ? b : b | values_number(wide) | values_number(wide);
            bits.bits = a & ~bits.mask & wrt__wv_all(wide);
            if (r & 1024) bits.pop = (uint8_t)(r >> 20 & 31);
            if (!wrt__wv_reduce(&bits) || !wrt__wv_meet(&v, &bits)) continue;
        }
        return v;
    }
}

static bool values_member(const struct wrt__wv *v, uint64_t *x)
{
    uint64_t m = wrt__wv_all(v->wide), size = wrt__wv_size(v);
    for (int k = 0; k < 60; k++) {
        uint64_t r = test_random(&values_seed), d = values_number(v->wide);
        uint64_t at = size == m ? d : d % (size + 1);
        uint64_t y = (r & 1 ? v->lo + at : v->hi - at) & m;
        if (r & 2) y = (y & v->mask) | v->bits;
        if (wrt__wv_has(v, y) && (uint32_t)__builtin_popcountll(y) <= (wrt__wv_known(v) ? 64 : v->pop)) {
            *x = y;
            return true;
        }
    }
    return false;
}

static bool values_in(const struct wrt__wv *v, uint64_t x)
{
    return wrt__wv_has(v, x) && (wrt__wv_known(v) || (uint32_t)__builtin_popcountll(x) <= v->pop);
}

static bool values_is_operator(uint32_t op)
{
    if (op >= WRT__OP_I32_TRUNC_SAT_F32_S && op <= WRT__OP_I64_TRUNC_SAT_F64_U) return true;
    return op >= WRT__OP_I32_EQZ && op <= WRT__OP_I64_EXTEND32_S;
}

static bool values_wide(uint8_t type) { return type == WRT__I64 || type == WRT__F64; }

static void values_show(const char *what, const struct wrt__wv *v)
{
    printf("%s %llx..%llx bits %llx mask %llx pop %u wide %d\n", what, (unsigned long long)v->lo,
        (unsigned long long)v->hi, (unsigned long long)v->bits, (unsigned long long)v->mask, v->pop, v->wide);
}

static unsigned values_try(uint32_t op)
{
    bool wide = values_wide(wrt__op_infos[op].operand);
    struct wrt__wv a = values_set(wide), b = values_set(wide), out;
    uint64_t x = 0, y = 0, r = 0;
    enum wrt__wv_outcome outcome = wrt__wv_apply(op, &a, &b, &out);
    for (int k = 0; k < 4; k++) {
        if (!values_member(&a, &x) || !values_member(&b, &y)) return 0;
        bool fine = wrt__wv_eval(op, x, y, &r);
        bool ok = fine ? outcome != WRT__WV_TRAPS && values_in(&out, r) : outcome != WRT__WV_FINE;
        if (ok) continue;
        printf("%s of %llx %llx is %llx\n", wrt__op_text(op), (unsigned long long)x, (unsigned long long)y,
            (unsigned long long)r);
        values_show("a", &a);
        values_show("b", &b);
        values_show("out", &out);
        CHECK(false);
        return 1;
    }
    return 0;
}

TEST(operators_hold)
{
    unsigned wrong = 0;
    for (uint32_t op = 0; op < WRT__OPS && wrong < 10; op++) {
        if (!values_is_operator(op)) continue;
        for (int k = 0; k < 6000 && wrong < 10; k++) {
            wrong += values_try(op);
        }
    }
    CHECK_EQ(wrong, 0);
}

TEST(sets_hold)
{
    unsigned wrong = 0;
    for (int k = 0; k < 300000 && wrong < 10; k++) {
        bool wide = k & 1;
        struct wrt__wv a = values_set(wide), b = values_set(wide), both = a;
        struct wrt__wv join = wrt__wv_join(&a, &b), wider = wrt__wv_widen(&a, &b);
        bool met = wrt__wv_meet(&both, &b), within = wrt__wv_within(&a, &b);
        uint64_t x, y;
        if (!values_member(&a, &x) || !values_member(&b, &y)) continue;
        bool ok = values_in(&join, x) && values_in(&join, y) && values_in(&wider, x) && values_in(&wider, y);
        if (values_in(&b, x)) ok = ok && met && values_in(&both, x);
        else ok = ok && !within;
        ok = ok && wrt__wv_within(&a, &join) && wrt__wv_within(&b, &join) && wrt__wv_within(&join, &wider);
        int64_t s = wrt__wv_signed(x, wide);
        ok = ok && wrt__wv_umin(&a) <= x && x <= wrt__wv_umax(&a) && wrt__wv_smin(&a) <= s
            && s <= wrt__wv_smax(&a);
        uint32_t op = (wide ? WRT__OP_I64_EQ : WRT__OP_I32_EQ) + (uint32_t)k % 10;
        uint64_t truth = 0;
        struct wrt__wv assumed = a;
        (void)wrt__wv_eval(op, x, y, &truth);
        ok = ok && wrt__wv_assume(&assumed, op, &b, truth) && values_in(&assumed, x);
        if (ok) continue;
        wrong++;
        printf("x %llx y %llx op %s\n", (unsigned long long)x, (unsigned long long)y, wrt__op_text(op));
        values_show("a", &a);
        values_show("b", &b);
        values_show("join", &join);
        values_show("wider", &wider);
        if (met) values_show("both", &both);
    }
    CHECK_EQ(wrong, 0);
}

TEST(widening_ends)
{
    for (int k = 0; k < 2000; k++) {
        bool wide = k & 1;
        struct wrt__wv a = values_set(wide);
        unsigned steps = 0;
        for (; steps < 400 && !wrt__wv_full(&a); steps++) {
            uint64_t m = wrt__wv_all(wide);
            struct wrt__wv next = wrt__wv_const(k & 2 ? (a.hi + 1) & m : (a.lo - 1) & m, wide);
            if (wrt__wv_within(&next, &a)) break;
            a = wrt__wv_widen(&a, &next);
        }
        CHECK(steps < 400);
    }
}

TEST(sets_are_small)
{
    struct wrt__wv a = wrt__wv_range(3, 9, false), b = wrt__wv_const(15, false), out;
    struct wrt__wv any = wrt__wv_any(false), four = wrt__wv_const(4, false);
    CHECK_EQ(wrt__wv_apply(WRT__OP_I32_AND, &any, &b, &out), WRT__WV_FINE);
    CHECK_EQ(out.lo, 0);
    CHECK_EQ(out.hi, 15);
    (void)wrt__wv_apply(WRT__OP_I32_MUL, &a, &four, &out);
    CHECK_EQ(out.lo, 12);
    CHECK_EQ(out.hi, 36);
    CHECK_EQ(out.mask & 3, 0);
    struct wrt__wv minus = wrt__wv_range(UINT32_MAX, 5, false), zero = wrt__wv_const(0, false);
    CHECK_EQ(wrt__wv_smin(&minus), (uint64_t)-1);
    CHECK(wrt__wv_assume(&minus, WRT__OP_I32_LT_S, &zero, true));
    CHECK(wrt__wv_known(&minus));
    (void)wrt__wv_apply(WRT__OP_I32_REM_U, &any, &b, &out);
    CHECK_EQ(out.hi, 14);
    (void)wrt__wv_apply(WRT__OP_I32_SHR_U, &any, &four, &out);
    CHECK_EQ(out.hi, UINT32_MAX >> 4);
}
