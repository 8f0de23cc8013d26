/* Long numbers against each other: what multiplies divides again, and known values. */
#include "admission/wide.h"
#include "test.h"

static uint64_t state = 7;

static void random_wide(struct wrt__wide *w, uint32_t factors)
{
    wrt__wide_set(w, 1);
    for (uint32_t k = 0; k < factors; k++) CHECK(wrt__wide_mul_64(w, (test_random(&state) >> 4) | 1));
}

TEST(products_of_64_bits)
{
    struct wrt__u128 p = wrt__mul_64(UINT64_MAX, UINT64_MAX);
    CHECK_EQ(p.hi, UINT64_MAX - 1);
    CHECK_EQ(p.lo, 1);
    for (int k = 0; k < 2000; k++) {
        uint64_t a = test_random(&state) >> (k % 60), d = (test_random(&state) >> (k % 50)) | 1, rest = 0;
        uint64_t b = test_random(&state) % d;
        bool exact = true;
        /* (a * d + rest) / d, as far as it fits */
        p = wrt__mul_64(a, d);
        rest = b;
        p.lo += rest;
        p.hi += p.lo < rest;
        CHECK_EQ(wrt__div_128(p, d, &exact), a);
        CHECK_EQ(exact, rest == 0);
    }
    bool exact;
    CHECK_EQ(wrt__div_128((struct wrt__u128){ 5, 0 }, 5, &exact), UINT64_MAX);
    CHECK(!exact);
}

TEST(long_division_undoes_long_multiplication)
{
    static struct wrt__wide a, b, p, rest;
    for (uint32_t k = 0; k < 60; k++) {
        random_wide(&a, 1 + k % 30);
        random_wide(&b, 1 + k % 25);
        CHECK(wrt__wide_mul(&p, &a, &b));
        wrt__wide_div(&p, &b, &rest);
        CHECK_EQ(wrt__wide_cmp(&p, &a), 0);
        CHECK_EQ(rest.n, 0);
        uint64_t d = (test_random(&state) >> (k % 40 + 1)) | 1;
        p = a;
        CHECK(wrt__wide_mul_64(&p, d));
        CHECK_EQ(wrt__wide_div_64(&p, d), 0);
        CHECK_EQ(wrt__wide_cmp(&p, &a), 0);
        b = a;
        CHECK(wrt__wide_add(&b, &a));
        wrt__wide_sub(&b, &a);
        CHECK_EQ(wrt__wide_cmp(&b, &a), 0);
    }
}

TEST(the_common_divisor_divides_both)
{
    static struct wrt__wide a, b, c, x, y, rest;
    for (uint32_t k = 0; k < 30; k++) {
        random_wide(&a, 1 + k % 12);
        random_wide(&b, 1 + k % 9);
        random_wide(&c, 1 + k % 7);
        CHECK(wrt__wide_mul_64(&c, UINT64_C(1) << k));
        CHECK(wrt__wide_mul(&x, &a, &c));
        CHECK(wrt__wide_mul(&y, &b, &c));
        a = x;
        b = y;
        wrt__wide_gcd(&x, &y);
        wrt__wide_div(&a, &x, &rest);
        CHECK_EQ(rest.n, 0);
        wrt__wide_div(&b, &x, &rest);
        CHECK_EQ(rest.n, 0);
        wrt__wide_div(&x, &c, &rest);
        CHECK_EQ(rest.n, 0);
        wrt__wide_gcd(&a, &b);
        CHECK(a.n == 1 && a.limb[0] == 1);
    }
    CHECK_EQ(wrt__gcd_64(84, 120), 12);
    CHECK_EQ(wrt__gcd_64(0, 9), 9);
}

TEST(digits)
{
    char buf[64] = { 0 };
    struct wrt__wide w;
    wrt__wide_set(&w, 1);
    for (int k = 0; k < 30; k++) CHECK(wrt__wide_mul_64(&w, 10));
    CHECK_EQ(wrt__wide_text(&w, buf, sizeof buf), 31);
    CHECK_STR(buf, "1000000000000000000000000000000");
    wrt__wide_set(&w, UINT64_MAX);
    memset(buf, 0, sizeof buf);
    CHECK_EQ(wrt__wide_text(&w, buf, 5), 20);
    CHECK_STR(buf, "18446");
    wrt__wide_set(&w, 0);
    CHECK_EQ(wrt__wide_text(&w, buf, sizeof buf), 1);
    CHECK(buf[0] == '0');
}

TEST(what_does_not_fit_is_said)
{
    static struct wrt__wide a, b, p;
    uint32_t times = 0;
    wrt__wide_set(&a, 1);
    while (wrt__wide_mul_64(&a, UINT64_C(1) << 60)) times++;
    CHECK(times >= 66 && times <= 68);
    random_wide(&a, 40);
    random_wide(&b, 40);
    CHECK(!wrt__wide_mul(&p, &a, &b));
    wrt__wide_set(&a, 1);
    while (a.n < WRT__WIDE_LIMBS) {
        b = a;
        REQUIRE(wrt__wide_add(&a, &b));
    }
    bool fits = true;
    for (int k = 0; k < 33 && fits; k++) {
        b = a;
        fits = wrt__wide_add(&a, &b);
    }
    CHECK(!fits);
}
