/* measure: largest, least, mean and histogram of samples, and how many samples a confidence takes. Text:
 * docs/wcet.md, "Measured". */
#include "wcet/measure.h"
#include "wcet/real.h"

enum { MEASURE_MIN_SAMPLES = 20 };

bool wrt__measure_options(const wrt_wcet_measure_opts *from, wrt_wcet_measure_opts *to)
{
    *to = from ? *from : (wrt_wcet_measure_opts){ 0 };
    if (to->min_samples == 0) to->min_samples = MEASURE_MIN_SAMPLES;
    if (to->margin.den == 0) to->margin = (wrt_adm_ratio){ 13, 10 };
    if (to->confidence.den == 0) to->confidence = (wrt_adm_ratio){ 999, 1000 };
    if (to->seed == 0) to->seed = 1;
    return to->margin.num >= to->margin.den && to->confidence.num > 0
        && to->confidence.num < to->confidence.den;
}

uint64_t wrt__measure_scale(uint64_t a, wrt_adm_ratio r)
{
    const uint64_t whole = a / r.den, rest = a % r.den;         /* rest * num fits: both are below 2^32 */
    const uint64_t part = (rest * r.num + r.den - 1) / r.den;
    uint64_t out;
    if (!wrt__mul_u64(whole, r.num, &out) || !wrt__add_u64(out, part, &out)) return UINT64_MAX;
    return out;
}

/* ---- confidence --------------------------------------------------------------------------------------- */

/* a * b of fractions over 2^63, rounded up, so that powers are never below the true ones. */
static uint64_t measure_times(uint64_t a, uint64_t b)
{
    const uint64_t mask = UINT32_MAX;
    const uint64_t low = (a & mask) * (b & mask);
    const uint64_t mid1 = (a >> 32) * (b & mask), mid2 = (a & mask) * (b >> 32);
    const uint64_t carry = (low >> 32) + (mid1 & mask) + (mid2 & mask);
    const uint64_t high = (a >> 32) * (b >> 32) + (mid1 >> 32) + (mid2 >> 32) + (carry >> 32);
    const uint64_t rest = carry << 32 | (low & mask);
    return (high << 1 | rest >> 63) + ((rest & INT64_MAX) != 0);
}

/* The least n with q^n <= 1/20, bit by bit from above: q^n is kept for the largest n that is not enough. */
uint64_t wrt__measure_needed(wrt_adm_ratio q)
{
    const uint64_t one = UINT64_C(1) << 63, goal = one / 20;
    uint64_t powers[64], n = 0, at = one;
    if (q.num == 0 || q.den == 0) return 0;
    if (q.num >= q.den) return UINT64_MAX;
    if ((uint64_t)q.num * 20 <= q.den) return 1;
    /* q over 2^63, rounded up: 63 bits of a long division */
    uint64_t fraction = 0, rest = q.num;
    for (int i = 0; i < 63; i++) {
        rest <<= 1;
        fraction = fraction << 1 | (rest >= q.den);
        if (rest >= q.den) rest -= q.den;
    }
    powers[0] = fraction + (rest != 0);
    int top = 0;
    for (; top < 62 && powers[top] > goal; top++) powers[top + 1] = measure_times(powers[top], powers[top]);
    for (int k = top; k >= 0; k--) {
        const uint64_t next = measure_times(at, powers[k]);
        if (next <= goal) continue;
        at = next;
        n |= UINT64_C(1) << k;
    }
    return n + 1;
}

/* ---- statistics --------------------------------------------------------------------------------------- */

/* Different path numbers, counted up to 64 as the tables of paths go. */
static uint32_t measure_paths(const wrt_wcet_sample *s, size_t n)
{
    uint32_t seen[64], count = 0;
    for (size_t i = 0; i < n && count < WRT_COUNT(seen); i++) {
        uint32_t k = 0;
        while (k < count && seen[k] != s[i].path) k++;
        if (k == count && s[i].path != WRT_WCET_NO_PATH) seen[count++] = s[i].path;
    }
    return count;
}

static void measure_bins(const wrt_wcet_sample *s, size_t n, wrt_wcet_observed *out)
{
    out->bin_width = (out->max - out->min) / WRT_WCET_BINS + 1;
    for (size_t i = 0; i < n; i++) out->bins[(s[i].fuel - out->min) / out->bin_width]++;
}

void wrt__measure(const wrt_wcet_sample *s, size_t n, const wrt_wcet_measure_opts *o, wrt_wcet_observed *out)
{
    *out = (wrt_wcet_observed){ .size = out->size, .count = n, .needed = wrt__measure_needed(o->confidence) };
    out->max_path = WRT_WCET_NO_PATH;
    out->confident = n >= out->needed;
    out->enough = n >= o->min_samples && n > 0;
    if (!out->enough) return;
    out->min = UINT64_MAX;
    size_t largest = 0;
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        const double x = (double)s[i].fuel, apart = x - mean;
        mean += apart / (double)(i + 1);
        square += apart * (x - mean);
        out->min = wrt__min_u64(out->min, s[i].fuel);
        if (s[i].fuel > s[largest].fuel) largest = i;
    }
    out->max = s[largest].fuel;
    out->max_input = s[largest].input;
    out->max_path = s[largest].path;
    out->mean = mean;
    out->deviation = n > 1 ? wrt__real_sqrt(square / (double)(n - 1)) : 0;
    out->with_margin = wrt__measure_scale(out->max, o->margin);
    out->paths = measure_paths(s, n);
    measure_bins(s, n, out);
}
