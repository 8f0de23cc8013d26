/* real: see the header. Range reduction and series; nothing here is fast, nothing needs to be. */
#include "wcet/real.h"

static const double real_ln2 = 0.69314718055994530942;

static double real_abs(double x) { return x < 0 ? -x : x; }

double wrt__real_sqrt(double x)
{
    if (!(x > 0)) return 0;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits >> 1) + (UINT64_C(1023) << 51);        /* half the exponent: right to a few percent */
    double y;
    memcpy(&y, &bits, sizeof y);
    for (int i = 0; i < 6; i++) y = 0.5 * (y + x / y);
    return y;
}

double wrt__real_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023) << 52;
    double m;
    memcpy(&m, &bits, sizeof m);                        /* 1 <= m < 2 */
    if (m > 1.41421356237309504880) {
        m *= 0.5;
        exponent++;
    }
    const double t = (m - 1) / (m + 1), t2 = t * t;     /* |t| < 0.172: 23 powers are below 1e-19 */
    double sum = 0;
    for (int k = 23; k >= 1; k -= 2) sum = sum * t2 + 1.0 / k;
    return exponent * real_ln2 + 2 * t * sum;
}

double wrt__real_exp(double x)
{
    if (x < -700) return 0;
    if (x > 700) x = 700;
    const double q = x / real_ln2;
    const int n = (int)(q < 0 ? q - 0.5 : q + 0.5);
    const double high = 0.693147180369123816490, low = 1.90821492927058770002e-10;     /* ln 2 in two parts */
    const double r = (x - n * high) - n * low;
    double sum = 1;
    for (int k = 18; k >= 1; k--) sum = 1 + sum * r / k;
    const uint64_t bits = (uint64_t)(n + 1023) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return sum * scale;
}

double wrt__real_pow(double x, double y) { return wrt__real_exp(y * wrt__real_log(x)); }

/* Stirling's series behind a shift to x >= 20. */
double wrt__real_gamma(double x)
{
    double below = 1;
    for (; x < 20; x += 1) below *= x;
    const double r = 1 / x, r2 = r * r;
    const double series = r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 / 1680)));
    const double half_log_2pi = 0.91893853320467274178;
    return wrt__real_exp((x - 0.5) * wrt__real_log(x) - x + half_log_2pi + series) / below;
}

/* erfc: the series near 0, a continued fraction outside. */
double wrt__real_normal_two(double z)
{
    const double x = real_abs(z) / 1.41421356237309504880, two_by_sqrt_pi = 1.12837916709551257390;
    if (x > 26) return 0;
    if (x < 2) {
        double term = x, sum = x;
        for (int k = 1; k < 60; k++) {
            term *= -x * x / k;
            sum += term / (2 * k + 1);
        }
        return 1 - two_by_sqrt_pi * sum;
    }
    double f = x;
    for (int k = 120; k >= 1; k--) f = x + 0.5 * k / f;
    return wrt__real_exp(-x * x) * two_by_sqrt_pi / (2 * f);
}

double wrt__real_chi2_even(double x, uint32_t half)
{
    double term = wrt__real_exp(-x / 2), sum = 0;
    for (uint32_t k = 0; k < half; k++) {
        sum += term;
        term *= x / 2 / (k + 1);
    }
    return sum > 1 ? 1 : sum;
}

double wrt__real_ks(double lambda)
{
    if (lambda < 0.2) return 1;
    double sum = 0, sign = 1;
    for (int k = 1; k <= 100; k++) {
        sum += sign * wrt__real_exp(-2.0 * k * k * lambda * lambda);
        sign = -sign;
    }
    sum *= 2;
    return sum < 0 ? 0 : sum > 1 ? 1 : sum;
}

uint64_t wrt__dice_next(struct wrt__dice *d)
{
    uint64_t x = d->state ? d->state : UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    d->state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

double wrt__dice_unit(struct wrt__dice *d)
{
    return ((double)(wrt__dice_next(d) >> 12) + 0.5) / 4503599627370496.0;
}

uint32_t wrt__dice_below(struct wrt__dice *d, uint32_t n)
{
    return (uint32_t)((wrt__dice_next(d) >> 32) * n >> 32);
}

static void real_sift(double *a, uint32_t at, uint32_t n)
{
    const double v = a[at];
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && a[child + 1] > a[child]) child++;
        if (!(a[child] > v)) break;
        a[at] = a[child];
    }
    a[at] = v;
}

void wrt__real_sort(double *a, uint32_t n)
{
    for (uint32_t i = n / 2; i > 0; i--) real_sift(a, i - 1, n);
    for (uint32_t left = n; left > 1; left--) {
        const double last = a[left - 1];
        a[left - 1] = a[0];
        a[0] = last;
        real_sift(a, 0, left - 1);
    }
}
