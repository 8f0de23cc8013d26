/* evt: a series of samples through every gate, then what it says about the far tail. Refuses at the first
 * gate that fails. Text: docs/wcet.md, "Probabilistic". */
#include "wasm/front.h"
#include "wcet/gates.h"
#include "wcet/measure.h"

enum {
    EVT_SAMPLES = 1000, EVT_DISTINCT = 50, EVT_BLOCK = 50, EVT_EXCESSES = 100,
    EVT_REPLICAS = 400, EVT_STRATA = 64
};
static const double evt_p = 0.05;
static const double evt_levels[WRT_WCET_LEVELS] = { 1e-6, 1e-9, 1e-12 };

/* Work space for one series of n samples. */
struct evt {
    uint32_t n, blocks, tail;       /* tail: how many of the largest the threshold leaves above */
    double *x, *sorted, *maxima;    /* in order; ascending; ascending */
    double *work, *work_maxima;     /* of replicas */
    double *figures[WRT_WCET_LEVELS];       /* EVT_REPLICAS each */
    struct wrt__dice dice;
};
struct evt_fits { struct wrt__fit gev, gumbel, tail; double above; };       /* above: share of the samples */

static void evt_maxima(const double *x, uint32_t blocks, double *out)
{
    for (uint32_t b = 0; b < blocks; b++) {
        double most = x[(size_t)b * EVT_BLOCK];
        for (uint32_t i = 1; i < EVT_BLOCK; i++) {
            const double v = x[(size_t)b * EVT_BLOCK + i];
            if (v > most) most = v;
        }
        out[b] = most;
    }
    wrt__real_sort(out, blocks);
}

/* -ln of the probability that a block stays below what one run exceeds with p. */
static double evt_minus_log(double p)
{
    return (double)EVT_BLOCK * (p < 1e-4 ? p + p * p / 2 : -wrt__real_log(1 - p));
}

static double evt_max(double a, double b) { return a > b ? a : b; }

static void evt_at(const struct evt_fits *f, double p, wrt_wcet_exceedance *out)
{
    out->probability = p;
    out->gev = wrt__fit_gev_at(&f->gev, evt_minus_log(p));
    out->gumbel = wrt__fit_gev_at(&f->gumbel, evt_minus_log(p));
    out->tail = p < f->above ? wrt__fit_tail_at(&f->tail, p / f->above) : f->tail.location;
    out->fuel = evt_max(out->gev, evt_max(out->gumbel, out->tail));
}

/* The lowest threshold, at most a quarter of the samples above it and at least 100, from which on every
 * higher one tells the same about the tail: their coefficients of variation agree. 0: fewer than 100 are
 * above any. */
static uint32_t evt_threshold(const struct evt *v)
{
    const uint32_t most = v->n / 4 > EVT_EXCESSES ? v->n / 4 : EVT_EXCESSES;
    enum { EVT_STEPS = 12 };
    uint32_t k[EVT_STEPS], used[EVT_STEPS], count = 0;
    double cv[EVT_STEPS];
    for (uint32_t i = 0; i < EVT_STEPS; i++) {
        k[count] = EVT_EXCESSES + (uint32_t)((uint64_t)(most - EVT_EXCESSES) * i / (EVT_STEPS - 1));
        (void)wrt__fit_tail(v->sorted, v->n, k[count], &used[count], &cv[count]);
        if (used[count] >= EVT_EXCESSES) count++;
    }
    uint32_t best = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool stable = true;
        for (uint32_t h = 0; h < i && stable; h++) {
            const double apart = cv[i] > cv[h] ? cv[i] - cv[h] : cv[h] - cv[i];
            stable = apart <= wrt__fit_cv_limit(used[h]);
        }
        if (stable) best = i;
    }
    return count ? k[best] : 0;
}

/* ---- the gates before the fit ------------------------------------------------------------------------- */

static wrt_wcet_gate evt_series(struct evt *v, wrt_wcet_prob *out)
{
    out->count = v->n;
    out->runs_p = out->ljung_box_p = out->ks_p = out->maxima_ad_p = out->gumbel_ad_p = out->excesses_ad_p =
        -1;
    if (v->n < EVT_SAMPLES) return WRT_WCET_GATE_SAMPLES;
    memcpy(v->sorted, v->x, v->n * sizeof *v->x);
    wrt__real_sort(v->sorted, v->n);
    out->distinct = wrt__gate_distinct(v->sorted, v->n);
    out->runs_p = wrt__gate_runs(v->x, v->sorted, v->n);
    if (out->runs_p < evt_p) return WRT_WCET_GATE_RUNS;
    out->ljung_box_p = wrt__gate_ljung_box(v->x, v->n);
    if (out->ljung_box_p < evt_p) return WRT_WCET_GATE_LJUNG_BOX;
    out->ks_p = wrt__gate_halves(v->x, v->n, v->work);
    if (out->ks_p < evt_p) return WRT_WCET_GATE_KS;
    return out->distinct < EVT_DISTINCT ? WRT_WCET_GATE_DISTINCT : WRT_WCET_GATE_PASSED;
}

static wrt_wcet_gate evt_fit(struct evt *v, struct evt_fits *f, wrt_wcet_prob *out)
{
    uint32_t used;
    out->block = EVT_BLOCK;
    out->blocks = v->blocks = v->n / EVT_BLOCK;
    v->tail = evt_threshold(v);
    if (v->tail == 0) return WRT_WCET_GATE_EXCESSES;
    evt_maxima(v->x, v->blocks, v->maxima);
    f->gev = wrt__fit_gev(v->maxima, v->blocks);
    f->gumbel = wrt__fit_gumbel(v->maxima, v->blocks);
    f->tail = wrt__fit_tail(v->sorted, v->n, v->tail, &used, &out->tail_cv);
    f->above = (double)used / v->n;
    out->excesses = used;
    out->gev_location = f->gev.location;
    out->gev_scale = f->gev.scale;
    out->gev_shape = f->gev.shape;
    out->gumbel_location = f->gumbel.location;
    out->gumbel_scale = f->gumbel.scale;
    out->threshold = f->tail.location;
    out->tail_scale = f->tail.scale;
    out->tail_shape = f->tail.shape;
    if (!(f->gev.scale > 0) || !(f->tail.scale > 0)) return WRT_WCET_GATE_FIT_MAXIMA;
    if (f->gev.shape > 0) return WRT_WCET_GATE_SHAPE;
    return out->tail_cv > 1 + wrt__fit_cv_limit(used) ? WRT_WCET_GATE_CV : WRT_WCET_GATE_PASSED;
}

/* ---- fit: samples of the fitted distribution, fitted again -------------------------------------------- */

/* Largest distance of the upper decile from where the fit has it. */
static double evt_qq(const double *sorted, uint32_t n, const struct wrt__fit *f)
{
    double most = 0;
    for (uint32_t i = n - n / 10 - 1; i < n; i++) {
        double apart = sorted[i] - wrt__fit_gev_at(f, -wrt__real_log((i + 0.5) / n));
        if (apart < 0) apart = -apart;
        most = evt_max(most, apart);
    }
    return most;
}

/* p of the Anderson-Darling statistic of the maxima under a fit by `fitter`, parameters estimated; *limit: 95
 * % of the replicas deviate less in the upper decile. */
static double evt_maxima_p(struct evt *v, const struct wrt__fit *f,
    struct wrt__fit (*fitter)(const double *, uint32_t), double *limit)
{
    const double seen = wrt__fit_distance(v->maxima, v->blocks, f, wrt__fit_gev_below);
    uint32_t above = 0;
    for (uint32_t r = 0; r < EVT_REPLICAS; r++) {
        for (uint32_t i = 0; i < v->blocks; i++) {
            v->work_maxima[i] = wrt__fit_gev_at(f, -wrt__real_log(wrt__dice_unit(&v->dice)));
        }
        wrt__real_sort(v->work_maxima, v->blocks);
        const struct wrt__fit again = fitter(v->work_maxima, v->blocks);
        above += wrt__fit_distance(v->work_maxima, v->blocks, &again, wrt__fit_gev_below) >= seen;
        v->figures[0][r] = evt_qq(v->work_maxima, v->blocks, &again);
    }
    wrt__real_sort(v->figures[0], EVT_REPLICAS);
    *limit = v->figures[0][EVT_REPLICAS * 95 / 100];
    return (above + 1.0) / ((double)EVT_REPLICAS + 1.0);
}

static double evt_tail_p(struct evt *v, const struct wrt__fit *f, uint32_t used)
{
    const double seen = wrt__fit_distance(v->sorted + (v->n - used), used, f, wrt__fit_tail_below);
    uint32_t above = 0;
    for (uint32_t r = 0; r < EVT_REPLICAS; r++) {
        uint32_t same;
        double cv;
        v->work[0] = f->location;
        for (uint32_t i = 1; i <= used; i++) v->work[i] = wrt__fit_tail_at(f, wrt__dice_unit(&v->dice));
        wrt__real_sort(v->work, used + 1);
        const struct wrt__fit again = wrt__fit_tail(v->work, used + 1, used, &same, &cv);
        above += wrt__fit_distance(v->work + 1, used, &again, wrt__fit_tail_below) >= seen;
    }
    return (above + 1.0) / ((double)EVT_REPLICAS + 1.0);
}

static wrt_wcet_gate evt_check(struct evt *v, const struct evt_fits *f, wrt_wcet_prob *out)
{
    double unused;
    out->gumbel_ad_p = evt_maxima_p(v, &f->gumbel, wrt__fit_gumbel, &unused);
    out->maxima_ad_p = evt_maxima_p(v, &f->gev, wrt__fit_gev, &out->qq_limit);
    out->qq_deviation = evt_qq(v->maxima, v->blocks, &f->gev);
    if (out->maxima_ad_p < evt_p) return WRT_WCET_GATE_FIT_MAXIMA;
    out->excesses_ad_p = evt_tail_p(v, &f->tail, (uint32_t)out->excesses);
    if (out->excesses_ad_p < evt_p) return WRT_WCET_GATE_FIT_EXCESSES;
    return out->qq_deviation > out->qq_limit ? WRT_WCET_GATE_QQ : WRT_WCET_GATE_PASSED;
}

/* ---- what comes out ----------------------------------------------------------------------------------- */

/* 95 % intervals: the samples drawn again with replacement, fitted again at the same share of excesses. */
static void evt_intervals(struct evt *v, wrt_wcet_prob *out)
{
    for (uint32_t r = 0; r < EVT_REPLICAS; r++) {
        struct evt_fits again;
        uint32_t used;
        double cv;
        for (uint32_t i = 0; i < v->n; i++) v->work[i] = v->x[wrt__dice_below(&v->dice, v->n)];
        evt_maxima(v->work, v->blocks, v->work_maxima);
        again.gev = wrt__fit_gev(v->work_maxima, v->blocks);
        again.gumbel = wrt__fit_gumbel(v->work_maxima, v->blocks);
        wrt__real_sort(v->work, v->n);
        again.tail = wrt__fit_tail(v->work, v->n, v->tail, &used, &cv);
        again.above = (double)used / v->n;
        for (int k = 0; k < WRT_WCET_LEVELS; k++) {
            wrt_wcet_exceedance at = { 0 };
            if (used > 0) evt_at(&again, evt_levels[k], &at);
            v->figures[k][r] = at.fuel;
        }
    }
    for (int k = 0; k < WRT_WCET_LEVELS; k++) {
        wrt__real_sort(v->figures[k], EVT_REPLICAS);
        out->at[k].low = v->figures[k][EVT_REPLICAS * 25 / 1000];
        out->at[k].high = v->figures[k][EVT_REPLICAS * 975 / 1000 - 1];
    }
}

static wrt_wcet_gate evt_whole(struct evt *v, wrt_wcet_prob *out)
{
    struct evt_fits f;
    wrt_wcet_exceedance sane;
    wrt_wcet_gate gate = evt_series(v, out);
    if (gate == WRT_WCET_GATE_PASSED) gate = evt_fit(v, &f, out);
    if (gate == WRT_WCET_GATE_PASSED) gate = evt_check(v, &f, out);
    if (gate != WRT_WCET_GATE_PASSED) return gate;
    evt_at(&f, 1.0 / v->n, &sane);
    if (sane.fuel < v->sorted[v->n - 1]) return WRT_WCET_GATE_SANITY;
    for (int k = 0; k < WRT_WCET_LEVELS; k++) {
        evt_at(&f, evt_levels[k], &out->at[k]);
        out->at[k].extrapolated = evt_levels[k] * 100 * v->n < 1;
    }
    evt_intervals(v, out);
    return WRT_WCET_GATE_PASSED;
}

/* ---- all samples, and the stratum with the largest ---------------------------------------------------- */

/* The path of the largest sample where there are several; NO_PATH: there are not. */
static uint32_t evt_stratum(const wrt_wcet_sample *s, size_t n)
{
    size_t largest = 0;
    bool several = false;
    for (size_t i = 1; i < n; i++) {
        several |= s[i].path != s[0].path;
        if (s[i].fuel > s[largest].fuel) largest = i;
    }
    return several ? s[largest].path : WRT_WCET_NO_PATH;
}

static void evt_take(struct evt *v, const wrt_wcet_sample *s, size_t n, uint32_t path)
{
    v->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (path == WRT_WCET_NO_PATH || s[i].path == path) v->x[v->n++] = (double)s[i].fuel;
    }
}

static void evt_run(
    struct evt *v, const wrt_wcet_sample *s, size_t n, uint64_t seed, wrt_wcet_prob *out)
{
    const uint32_t size = out->size, stratum = evt_stratum(s, n);
    *out = (wrt_wcet_prob){ .size = size, .path = WRT_WCET_NO_PATH };
    v->dice.state = seed;
    evt_take(v, s, n, WRT_WCET_NO_PATH);
    out->gate = evt_whole(v, out);
    if (out->gate != WRT_WCET_GATE_PASSED || stratum == WRT_WCET_NO_PATH) return;
    wrt_wcet_prob alone = { .size = size, .path = stratum };
    evt_take(v, s, n, stratum);
    alone.gate = evt_whole(v, &alone);
    if (alone.gate != WRT_WCET_GATE_PASSED || alone.at[1].fuel > out->at[1].fuel) *out = alone;
}

wrt_status wrt__evt(const wrt_alloc *alloc, const wrt_wcet_sample *s, size_t n,
    const wrt_wcet_measure_opts *o, wrt_wcet_prob *out, wrt_error *err)
{
    enum { EVT_ARRAYS = 3 };
    const size_t one = n + 1, blocks = n / EVT_BLOCK + 1;
    const size_t all = EVT_ARRAYS * one + 2 * blocks + WRT_WCET_LEVELS * EVT_REPLICAS;
    double *room = wrt__alloc(alloc, all * sizeof *room, WRT_TAG_OTHER);
    if (!room)
        return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_MEMORY, "wcet", "no memory for %lu samples", n);
    struct evt v = { .x = room, .sorted = room + one, .work = room + 2 * one, .maxima = room + 3 * one };
    v.work_maxima = v.maxima + blocks;
    for (int k = 0; k < WRT_WCET_LEVELS; k++)
        v.figures[k] = v.work_maxima + blocks + (size_t)k * EVT_REPLICAS;
    evt_run(&v, s, n, o->seed, out);
    wrt__free(alloc, room, all * sizeof *room, WRT_TAG_OTHER);
    return WRT_OK;
}
