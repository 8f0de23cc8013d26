/* wide: see wide.h. Schoolbook methods: what is long here is short by any other standard, and rarely asked
 * for. Must not know what the numbers mean. */
#include "admission/wide.h"

uint64_t wrt__div_128(struct wrt__u128 a, uint64_t d, bool *exact)
{
    if (a.hi >= d) {
        *exact = false;
        return UINT64_MAX;
    }
    uint64_t rest = a.hi, out = 0;
    for (uint32_t bit = 64; bit-- > 0;) {
        bool carry = rest >> 63;
        rest = rest << 1 | (a.lo >> bit & 1);
        if (carry || rest >= d) {
            rest -= d;
            out |= (uint64_t)1 << bit;
        }
    }
    *exact = rest == 0;
    return out;
}

uint64_t wrt__gcd_64(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void wrt__wide_set(struct wrt__wide *w, uint64_t v)
{
    w->limb[0] = (uint32_t)v;
    w->limb[1] = (uint32_t)(v >> 32);
    w->n = v >> 32 ? 2 : v > 0;
}

static void wide_trim(struct wrt__wide *w)
{
    while (w->n > 0 && w->limb[w->n - 1] == 0) w->n--;
}

int wrt__wide_cmp(const struct wrt__wide *a, const struct wrt__wide *b)
{
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (uint32_t k = a->n; k-- > 0;) {
        if (a->limb[k] != b->limb[k]) return a->limb[k] < b->limb[k] ? -1 : 1;
    }
    return 0;
}

bool wrt__wide_add(struct wrt__wide *a, const struct wrt__wide *b)
{
    uint64_t carry = 0;
    uint32_t n = a->n > b->n ? a->n : b->n;
    for (uint32_t k = 0; k < n; k++) {
        carry += (k < a->n ? a->limb[k] : 0u);
        carry += (k < b->n ? b->limb[k] : 0u);
        a->limb[k] = (uint32_t)carry;
        carry >>= 32;
    }
    a->n = n;
    if (carry == 0) return true;
    if (n == WRT__WIDE_LIMBS) return false;
    a->limb[a->n++] = (uint32_t)carry;
    return true;
}

void wrt__wide_sub(struct wrt__wide *a, const struct wrt__wide *b)
{
    uint64_t borrow = 0;
    for (uint32_t k = 0; k < a->n; k++) {
        uint64_t take = (k < b->n ? b->limb[k] : 0u) + borrow;
        borrow = a->limb[k] < take;
        a->limb[k] = (uint32_t)(a->limb[k] - take);
    }
    WRT_ASSERT(borrow == 0);
    wide_trim(a);
}

bool wrt__wide_mul(struct wrt__wide *out, const struct wrt__wide *a, const struct wrt__wide *b)
{
    wrt__wide_set(out, 0);
    if (a->n == 0 || b->n == 0) return true;
    if (a->n + b->n > WRT__WIDE_LIMBS) return false;
    memset(out->limb, 0, (a->n + b->n) * sizeof out->limb[0]);
    for (uint32_t i = 0; i < a->n; i++) {
        uint64_t carry = 0;
        for (uint32_t k = 0; k < b->n; k++) {
            carry += (uint64_t)a->limb[i] * b->limb[k] + out->limb[i + k];
            out->limb[i + k] = (uint32_t)carry;
            carry >>= 32;
        }
        out->limb[i + b->n] = (uint32_t)carry;
    }
    out->n = a->n + b->n;
    wide_trim(out);
    return true;
}

bool wrt__wide_mul_64(struct wrt__wide *a, uint64_t b)
{
    uint64_t low = b & UINT32_MAX, high = b >> 32, carry = 0;
    uint32_t before = 0, n = a->n;
    if (n == 0) return true;
    if (n + 2 > WRT__WIDE_LIMBS) return false;
    /* a * low + (a * high << 32), limb by limb: the second part of limb k belongs to limb k + 1 */
    for (uint32_t k = 0; k < n + 2; k++) {
        uint32_t now = k < n ? a->limb[k] : 0;
        uint64_t one = now * low, two = before * high;
        uint64_t sum = (one & UINT32_MAX) + (two & UINT32_MAX) + (carry & UINT32_MAX);
        carry = (carry >> 32) + (one >> 32) + (two >> 32) + (sum >> 32);
        a->limb[k] = (uint32_t)sum;
        before = now;
    }
    a->n = n + 2;
    wide_trim(a);
    return true;
}

uint64_t wrt__wide_div_64(struct wrt__wide *a, uint64_t d)
{
    uint64_t rest = 0;
    for (uint32_t k = a->n; k-- > 0;) {
        uint32_t out = 0;
        if (d <= UINT32_MAX) {
            uint64_t part = rest << 32 | a->limb[k];
            out = (uint32_t)(part / d);
            rest = part % d;
        } else {
            for (uint32_t bit = 32; bit-- > 0;) {
                rest = rest << 1 | (a->limb[k] >> bit & 1);
                if (rest < d) continue;
                rest -= d;
                out |= 1u << bit;
            }
        }
        a->limb[k] = out;
    }
    wide_trim(a);
    return rest;
}

void wrt__wide_halve(struct wrt__wide *a)
{
    for (uint32_t k = 0; k < a->n; k++) {
        uint32_t next = k + 1 < a->n ? a->limb[k + 1] : 0;
        a->limb[k] = a->limb[k] >> 1 | next << 31;
    }
    wide_trim(a);
}

void wrt__wide_div(struct wrt__wide *a, const struct wrt__wide *b, struct wrt__wide *rest)
{
    wrt__wide_set(rest, 0);
    for (uint32_t k = a->n; k-- > 0;) {
        uint32_t part = a->limb[k], out = 0;
        for (uint32_t bit = 32; bit-- > 0;) {
            uint32_t carry = part >> bit & 1;
            for (uint32_t i = 0; i < rest->n; i++) {
                uint32_t up = rest->limb[i] >> 31;
                rest->limb[i] = rest->limb[i] << 1 | carry;
                carry = up;
            }
            if (carry) rest->limb[rest->n++] = carry;
            if (wrt__wide_cmp(rest, b) < 0) continue;
            wrt__wide_sub(rest, b);
            out |= 1u << bit;
        }
        a->limb[k] = out;
    }
    wide_trim(a);
}

void wrt__wide_gcd(struct wrt__wide *a, struct wrt__wide *b)
{
    uint32_t twos = 0;
    while (((a->limb[0] | b->limb[0]) & 1) == 0) {
        wrt__wide_halve(a);
        wrt__wide_halve(b);
        twos++;
    }
    while (b->n > 0) {
        while ((a->limb[0] & 1) == 0) wrt__wide_halve(a);
        while ((b->limb[0] & 1) == 0) wrt__wide_halve(b);
        if (wrt__wide_cmp(a, b) > 0) {
            wrt__wide_sub(a, b);
        } else {
            wrt__wide_sub(b, a);
        }
    }
    for (uint32_t k = 0; k < twos; k++) (void)wrt__wide_mul_64(a, 2);   /* it divided both: it fits */
}

size_t wrt__wide_text(struct wrt__wide *a, char *buf, size_t cap)
{
    char digits[WRT__WIDE_LIMBS * 10 + 9];
    size_t n = 0;
    if (a->n == 0) digits[n++] = '0';
    while (a->n > 0) {
        uint64_t part = wrt__wide_div_64(a, 1000000000u);
        for (int k = 0; k < 9 && (a->n > 0 || part > 0); k++) {
            digits[n++] = (char)('0' + part % 10);
            part /= 10;
        }
    }
    for (size_t k = 0; k < n && k < cap; k++) buf[k] = digits[n - 1 - k];
    return n;
}
