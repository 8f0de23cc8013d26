/* wcet_measure.h: what runs of a function used, beside what its code allows (docs/wcet.md, "Measured").
 * What was observed is never called a bound: a bound comes from wcet.h alone. */
#ifndef WRT_WCET_MEASURE_H
#define WRT_WCET_MEASURE_H
#include <wrt/admission.h>
#include <wrt/wcet.h>
#ifdef __cplusplus
extern "C" {
#endif

#define WRT_WCET_NO_PATH UINT32_MAX

/* One run that returned. */
typedef struct wrt_wcet_sample {
    uint64_t fuel;
    uint64_t input;                 /* hash of what it was run on; 0: not told */
    uint32_t path;                  /* number of a registered path, or WRT_WCET_NO_PATH */
} wrt_wcet_sample;

typedef struct wrt_wcet_measure_opts {
    uint32_t size;
    uint32_t min_samples;           /* fewer give no statistics; 0: 20 */
    wrt_adm_ratio margin;           /* engineering margin on the largest; den 0: 13/10 */
    wrt_adm_ratio confidence;       /* that is asked for; den 0: 999/1000 */
    uint64_t seed;                  /* of resampling; 0: 1 */
} wrt_wcet_measure_opts;

#define WRT_WCET_BINS 16
typedef struct wrt_wcet_observed {
    uint32_t size;
    bool enough;                    /* false: there are fewer than min_samples, and all but counts is 0 */
    bool confident;                 /* there are as many as the confidence takes */
    uint64_t count, needed; /* samples there are; that the confidence takes (wrt_wcet_samples_needed) */
    uint64_t min, max;
    double mean, deviation;         /* of the samples; deviation by n - 1 */
    uint64_t with_margin;           /* max x margin, rounded up: an engineering figure, not a bound */
    uint64_t max_input;             /* of the first largest sample */
    uint32_t max_path;
    uint32_t paths;                 /* different path numbers */
    uint64_t bin_width;             /* bin k holds min + k * bin_width ..; the last holds max */
    uint64_t bins[WRT_WCET_BINS];
} wrt_wcet_observed;

/* How many runs it takes until the largest of them is, with 95 % assurance, not below the `confidence`
 * quantile, whatever the distribution, if runs are independent: the least n with confidence^n <= 0.05. 0.999:
 * 2995. 0: not above 0; NONE: 1 or above, no number is enough.      cost [O1]     thread any */
WRT_API uint64_t wrt_wcet_samples_needed(wrt_adm_ratio confidence);

/* errors  WRT_E_ARG      cost [On]      thread any */
WRT_API wrt_status wrt_wcet_observe(const wrt_wcet_sample *s, size_t n, const wrt_wcet_measure_opts *o,
    wrt_wcet_observed *out, wrt_error *err);

/* The bound beside what was observed. The bound stays what it is: samples only rank how pessimistic it is. */
typedef struct wrt_wcet_combined {
    uint32_t size;
    bool bounded;
    uint64_t fuel_high, fuel_low;   /* as in `st` */
    uint64_t pessimism_permille;    /* fuel_high * 1000 / largest observed; NONE: not known */
    wrt_wcet_observed observed;
} wrt_wcet_combined;
/* errors  WRT_E_INTEGRITY a sample is above fuel_high or below fuel_low of `st`: something that the bound
 * rests on is false (err->where names the sample); WRT_E_ARG         cost [On] */
WRT_API wrt_status wrt_wcet_combine(const wrt_wcet *st, const wrt_wcet_sample *s, size_t n,
    const wrt_wcet_measure_opts *o, wrt_wcet_combined *out, wrt_error *err);

/* ---- probabilistic ------------------------------------------------------------------------------------ */

/* Which gate refused; in the order in which they are tried. */
#define WRT_WCET_GATE_MAP(X) \
    X(PASSED, "all gates passed") \
    X(SAMPLES, "fewer than 1000 samples") \
    X(RUNS, "the samples are not independent: runs test, p below 0.05") \
    X(LJUNG_BOX, "the samples are not independent: Ljung-Box over 20 lags, p below 0.05") \
    X(KS, "the samples do not have one distribution: Kolmogorov-Smirnov of the halves, p below 0.05") \
    X(DISTINCT, "fewer than 50 distinct values: the distribution is discrete") \
    X(EXCESSES, "fewer than 100 samples are above any threshold") \
    X(SHAPE, "heavy tail: the shape of the block maxima is above 0") \
    X(CV, "heavy tail: the excesses vary more than those of an exponential tail") \
    X(FIT_MAXIMA, "the block maxima do not fit: Anderson-Darling, p below 0.05") \
    X(FIT_EXCESSES, "the excesses do not fit: Anderson-Darling, p below 0.05") \
    X(QQ, "the upper decile of the block maxima deviates from the fit") \
    X(SANITY, "the estimate at 1/n is below the largest sample")
typedef enum wrt_wcet_gate {
#define X(name, text) WRT_WCET_GATE_##name,
    WRT_WCET_GATE_MAP(X)
#undef X
    WRT_WCET_GATES
} wrt_wcet_gate;
WRT_API wrt_str wrt_wcet_gate_text(uint32_t gate);

#define WRT_WCET_LEVELS 3               /* exceedance per run 1e-6, 1e-9, 1e-12 */
typedef struct wrt_wcet_exceedance {
    double probability;             /* per run */
    double fuel;                    /* the larger of all fits */
    double gev, gumbel, tail;       /* the fits themselves */
    double low, high;               /* 95 % interval by bootstrap of `fuel` */
    bool extrapolated;              /* below 1 / (100 n) */
} wrt_wcet_exceedance;

/* One series of samples through all gates. */
typedef struct wrt_wcet_prob {
    uint32_t size;
    wrt_wcet_gate gate;             /* that refused; PASSED: `at` holds */
    uint32_t path;                  /* of the stratum that refused or that is larger; NO_PATH: all samples */
    uint64_t count, distinct;
    double runs_p, ljung_box_p, ks_p;       /* below 0: was not reached */
    uint64_t block, blocks, excesses;       /* 50; how many blocks; above the threshold */
    double gev_location, gev_scale, gev_shape;
    double gumbel_location, gumbel_scale;
    double threshold, tail_scale, tail_shape, tail_cv;
    double maxima_ad_p, gumbel_ad_p, excesses_ad_p;
    double qq_deviation, qq_limit;  /* largest in the upper decile, in fuel; 95 % of bootstrap samples */
    wrt_wcet_exceedance at[WRT_WCET_LEVELS];
} wrt_wcet_prob;

/* Fits extreme values to samples in the order in which they were taken, if they pass every gate: block maxima
 * (50) by L-moments as GEV and Gumbel, peaks over a threshold, and answers the larger. Where samples carry
 * several path numbers, those of the path with the largest sample are looked at alone too. It speaks of the
 * input profile that the samples come from, and of no other. No admission test takes it. A refusal is no
 * error: out->gate says which gate. errors  WRT_E_ARG, WRT_E_NOMEM         cost  O(n log n), some hundred
 * times */
WRT_API wrt_status wrt_wcet_probable(wrt_engine *e, const wrt_wcet_sample *s, size_t n,
    const wrt_wcet_measure_opts *o, wrt_wcet_prob *out, wrt_error *err);

/* ---- Followed -------------------------------------------------------------------------------------- */

/* Calls of one instance, done again one after the other from the code alone, to count arrivals at loops and
 * invocations without touching the runs: facts can be held against them afterwards. What calls depend on must
 * be known: arguments, a fresh instance, no imports. One thread at a time. */
typedef struct wrt_wcet_follower wrt_wcet_follower;
/* For a fresh instance of this code; given: wrt_wcet_follower_free.  errors  WRT_E_ARG, WRT_E_NOMEM */
WRT_API wrt_status wrt_wcet_follower_new(const wrt_code *c, wrt_wcet_follower **out, wrt_error *err);
WRT_API void wrt_wcet_follower_free(wrt_wcet_follower *f);      /* NULL: nothing */
/* The instance is fresh again. */
WRT_API void wrt_wcet_follower_reset(wrt_wcet_follower *f);
/* The next call: of an export, with these arguments as bits; it returned and used `fuel` (NONE: not known).
 * *steps is what it may take, in operators, and is left with what remains.
 * errors  WRT_E_UNSUPPORTED it cannot be followed exactly: nothing can until the next reset; WRT_E_LINK no
 * such export; WRT_E_NOMEM      cost [On] in operators that the call executes */
WRT_API wrt_status wrt_wcet_follow(wrt_wcet_follower *f, wrt_str func, const uint64_t *args, size_t nargs,
    uint64_t fuel, uint64_t *steps, wrt_error *err);
/* Of the call that was followed last: arrivals per entry at most, and in all, at loop `loop` of function
 * `func`. False: it does not reach such a loop, or was not followed. */
WRT_API bool wrt_wcet_followed_loop(
    const wrt_wcet_follower *f, uint32_t func, uint32_t loop, uint64_t *max, uint64_t *total);
WRT_API uint64_t wrt_wcet_followed_calls(const wrt_wcet_follower *f, uint32_t func);

#ifdef __cplusplus
}
#endif
#endif
