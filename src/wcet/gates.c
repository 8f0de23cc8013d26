/* gates: tests of independence and of one distribution, fits of extreme values. Sources of the formulas: Wald
 * and Wolfowitz (1940), Ljung and Box (1978), Hosking's L-moments (1990), Pickands (1975), del Castillo's
 * test by the coefficient of variation (2014). Text: docs/wcet.md, "Probabilistic". */
#include "wcet/gates.h"

enum { GATE_LAGS = 20 };

static double gate_median(const double *sorted, uint32_t n)
{
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Values equal to the median are left out. All on one side: nothing speaks against independence. */
double wrt__gate_runs(const double *x, const double *sorted, uint32_t n)
{
    const double median = gate_median(sorted, n);
    double above = 0, below = 0, runs = 0;
    int last = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int side = x[i] > median ? 1 : x[i] < median ? -1 : 0;
        if (side == 0) continue;
        above += side > 0;
        below += side < 0;
        runs += side != last;
        last = side;
    }
    const double all = above + below;
    if (above < 1 || below < 1 || all < 3) return 1;
    const double expected = 2 * above * below / all + 1;
    const double variance = (expected - 1) * (expected - 2) / (all - 1);
    return variance > 0 ? wrt__real_normal_two((runs - expected) / wrt__real_sqrt(variance)) : 1;
}

double wrt__gate_ljung_box(const double *x, uint32_t n)
{
    double mean = 0, square = 0, q = 0;
    for (uint32_t i = 0; i < n; i++) mean += x[i];
    mean /= n;
    for (uint32_t i = 0; i < n; i++) square += (x[i] - mean) * (x[i] - mean);
    if (!(square > 0)) return 1;
    for (uint32_t lag = 1; lag <= GATE_LAGS; lag++) {
        double sum = 0;
        for (uint32_t i = lag; i < n; i++) sum += (x[i] - mean) * (x[i - lag] - mean);
        const double r = sum / square;
        q += r * r / (n - lag);
    }
    return wrt__real_chi2_even(q * n * ((double)n + 2), GATE_LAGS / 2);
}

double wrt__gate_halves(const double *x, uint32_t n, double *work)
{
    const uint32_t na = n / 2, nb = n - na;
    double *a = work, *b = work + na, most = 0;
    memcpy(work, x, n * sizeof *x);
    wrt__real_sort(a, na);
    wrt__real_sort(b, nb);
    for (uint32_t i = 0, k = 0; i < na && k < nb;) {
        const double v = a[i] < b[k] ? a[i] : b[k];
        while (i < na && a[i] <= v) i++;
        while (k < nb && b[k] <= v) k++;
        double apart = (double)i / na - (double)k / nb;
        if (apart < 0) apart = -apart;
        if (apart > most) most = apart;
    }
    const double root = wrt__real_sqrt((double)na * nb / ((double)na + nb));
    return wrt__real_ks((root + 0.12 + 0.11 / root) * most);
}

uint32_t wrt__gate_distinct(const double *sorted, uint32_t n)
{
    uint32_t count = n > 0;
    for (uint32_t i = 1; i < n; i++) count += sorted[i] > sorted[i - 1];
    return count;
}

/* ---- block maxima ------------------------------------------------------------------------------------- */

/* The first three L-moments, by unbiased probability-weighted moments. */
static void fit_moments(const double *x, uint32_t n, double l[3])
{
    double b0 = 0, b1 = 0, b2 = 0;
    for (uint32_t i = 0; i < n; i++) {
        b0 += x[i];
        b1 += x[i] * i / (n - 1.0);
        b2 += x[i] * i / (n - 1.0) * (i - 1.0) / (n - 2.0);
    }
    b0 /= n;
    b1 /= n;
    b2 /= n;
    l[0] = b0;
    l[1] = 2 * b1 - b0;
    l[2] = 6 * b2 - 6 * b1 + b0;
}

struct wrt__fit wrt__fit_gumbel(const double *sorted, uint32_t n)
{
    double l[3];
    if (n < 3) return (struct wrt__fit){ 0 };
    fit_moments(sorted, n, l);
    const double scale = l[1] / wrt__real_log(2), euler = 0.57721566490153286061;
    return (struct wrt__fit){ l[0] - euler * scale, scale, 0 };
}

struct wrt__fit wrt__fit_gev(const double *sorted, uint32_t n)
{
    double l[3];
    if (n < 3) return (struct wrt__fit){ 0 };
    fit_moments(sorted, n, l);
    if (!(l[1] > 0)) return (struct wrt__fit){ l[0], 0, 0 };
    const double c = 2 * l[1] / (l[2] + 3 * l[1]) - wrt__real_log(2) / wrt__real_log(3);
    const double k = 7.8590 * c + 2.9554 * c * c;
    if (k > -1e-6 && k < 1e-6) return wrt__fit_gumbel(sorted, n);
    if (k <= -0.99) return (struct wrt__fit){ l[0], l[1], 0.99 };      /* no mean: as heavy as can be told */
    const double g = wrt__real_gamma(1 + (k < 18 ? k : 18));
    const double scale = l[1] * k / ((1 - wrt__real_pow(2, -k)) * g);
    return (struct wrt__fit){ l[0] - scale * (1 - g) / k, scale, -k };
}

double wrt__fit_gev_below(const struct wrt__fit *f, double x)
{
    const double y = (x - f->location) / f->scale;
    if (f->shape == 0) return wrt__real_exp(-wrt__real_exp(-y));
    const double t = 1 + f->shape * y;
    if (t <= 1e-300) return f->shape > 0 ? 0 : 1;
    return wrt__real_exp(-wrt__real_pow(t, -1 / f->shape));
}

double wrt__fit_gev_at(const struct wrt__fit *f, double minus_log_p)
{
    if (f->shape == 0) return f->location - f->scale * wrt__real_log(minus_log_p);
    return f->location + f->scale / f->shape * (wrt__real_pow(minus_log_p, -f->shape) - 1);
}

/* ---- peaks over a threshold --------------------------------------------------------------------------- */

double wrt__fit_cv_limit(uint32_t used) { return 1.96 / wrt__real_sqrt(used); }

struct wrt__fit wrt__fit_tail(const double *sorted, uint32_t n, uint32_t k, uint32_t *used, double *cv)
{
    const double threshold = sorted[n - k - 1];
    uint32_t first = n - k;
    while (first < n && !(sorted[first] > threshold)) first++;
    const uint32_t m = n - first;
    *used = m;
    *cv = 0;
    struct wrt__fit fit = { threshold, 0, 0 };
    if (m < 3) return fit;
    double mean = 0, square = 0, weighted = 0;
    for (uint32_t i = 0; i < m; i++) {
        const double excess = sorted[first + i] - threshold;
        mean += excess;
        weighted += excess * (m - 1.0 - i) / (m - 1.0);
    }
    mean /= m;
    weighted /= m;
    for (uint32_t i = 0; i < m; i++) {
        const double apart = sorted[first + i] - threshold - mean;
        square += apart * apart;
    }
    *cv = wrt__real_sqrt(square / (m - 1.0)) / mean;
    fit.scale = mean;
    if (*cv >= 1 - wrt__fit_cv_limit(m)) return fit;    /* exponential; above the band: refused by its gate */
    const double apart = mean - 2 * weighted; /* probability-weighted moments, Hosking and Wallis (1987) */
    const double shape = apart > 0 ? 2 - mean / apart : 0;
    if (shape < 0) {
        fit.shape = shape;
        fit.scale = 2 * mean * weighted / apart;
    }
    return fit;
}

double wrt__fit_tail_below(const struct wrt__fit *f, double x)
{
    const double y = (x - f->location) / f->scale;
    if (f->shape == 0) return 1 - wrt__real_exp(-y);
    const double t = 1 + f->shape * y;
    return t <= 1e-300 ? 1 : 1 - wrt__real_pow(t, -1 / f->shape);
}

double wrt__fit_tail_at(const struct wrt__fit *f, double above)
{
    if (f->shape == 0) return f->location - f->scale * wrt__real_log(above);
    return f->location + f->scale / f->shape * (wrt__real_pow(above, -f->shape) - 1);
}

double wrt__fit_distance(const double *sorted, uint32_t n, const struct wrt__fit *f,
    double (*below)(const struct wrt__fit *, double))
{
    const double least = 1e-15;
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        double low = below(f, sorted[i]), high = 1 - below(f, sorted[n - 1 - i]);
        if (low < least) low = least;
        if (high < least) high = least;
        sum += (2.0 * i + 1) * (wrt__real_log(low) + wrt__real_log(high));
    }
    return -(double)n - sum / n;
}
