/* wide: numbers of 128 bits, and whole numbers of any length up to a cap, for exact comparisons of fractions.
 * No compiler extension is needed, so it is the same on every target. A result that does not fit is reported,
 * never wrong. */
#ifndef WRT_SRC_ADMISSION_WIDE_H
#define WRT_SRC_ADMISSION_WIDE_H

#include "base/base.h"

struct wrt__u128 { uint64_t hi, lo; };

static inline struct wrt__u128 wrt__mul_64(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (mid & UINT32_MAX);
    return (struct wrt__u128){ a1 * b1 + (mid >> 32) + (mid2 >> 32), mid2 << 32 | (low & UINT32_MAX) };
}
/* below 0, 0, above 0 */
static inline int wrt__cmp_128(struct wrt__u128 a, struct wrt__u128 b)
{
    if (a.hi != b.hi) return a.hi < b.hi ? -1 : 1;
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}
/* a / d; UINT64_MAX when it does not fit. d > 0. */
uint64_t wrt__div_128(struct wrt__u128 a, uint64_t d, bool *exact);

/* ---- long ---- */

enum { WRT__WIDE_LIMBS = 128 };             /* 4096 bits: the product of 68 periods of 2^60 */
/* limb[n-1] != 0; one limb more for the rest of a division, doubled */
struct wrt__wide { uint32_t n, limb[WRT__WIDE_LIMBS + 1]; };

void wrt__wide_set(struct wrt__wide *w, uint64_t v);
int wrt__wide_cmp(const struct wrt__wide *a, const struct wrt__wide *b);
/* false: it did not fit; *a is then of no use. */
bool wrt__wide_add(struct wrt__wide *a, const struct wrt__wide *b);
bool wrt__wide_mul_64(struct wrt__wide *a, uint64_t b);
bool wrt__wide_mul(struct wrt__wide *out, const struct wrt__wide *a, const struct wrt__wide *b);
void wrt__wide_sub(struct wrt__wide *a, const struct wrt__wide *b);             /* a >= b */
/* a /= d, returns the rest. d in 1..2^63. */
uint64_t wrt__wide_div_64(struct wrt__wide *a, uint64_t d);
void wrt__wide_halve(struct wrt__wide *a);
/* a = a / b, b > 0; *rest gets the rest. cost: bits * limbs */
void wrt__wide_div(struct wrt__wide *a, const struct wrt__wide *b, struct wrt__wide *rest);
/* *a = greatest common divisor; *b is used up. a, b > 0 */
void wrt__wide_gcd(struct wrt__wide *a, struct wrt__wide *b);
/* Decimal digits into buf as far as they fit; how many there are. *a is used up. */
size_t wrt__wide_text(struct wrt__wide *a, char *buf, size_t cap);

uint64_t wrt__gcd_64(uint64_t a, uint64_t b);

#endif
