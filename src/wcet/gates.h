/* gates: what a series of samples must pass before extreme values are fitted to it, and the fits. */
#ifndef WRT_SRC_WCET_GATES_H
#define WRT_SRC_WCET_GATES_H

#include "wcet/real.h"

/* x in the order in which it was taken; `sorted` and `work` have n places. p-values. */
double wrt__gate_runs(const double *x, const double *sorted, uint32_t n); /* about the median, two-sided */
double wrt__gate_ljung_box(const double *x, uint32_t n);                        /* 20 lags */
double wrt__gate_halves(const double *x, uint32_t n, double *work); /* two-sample Kolmogorov-Smirnov */
uint32_t wrt__gate_distinct(const double *sorted, uint32_t n);

/* A generalised extreme value or (shape 0) Gumbel distribution; or, of excesses over `location`, a
 * generalised Pareto or (shape 0) exponential one. shape > 0: heavy tail. */
struct wrt__fit { double location, scale, shape; };

/* Of ascending maxima, by L-moments; scale 0: there is nothing to fit. */
struct wrt__fit wrt__fit_gev(const double *sorted, uint32_t n);
struct wrt__fit wrt__fit_gumbel(const double *sorted, uint32_t n);
double wrt__fit_gev_below(const struct wrt__fit *f, double x);          /* P(X <= x) */
double wrt__fit_gev_at(const struct wrt__fit *f, double minus_log_p); /* x with -ln P(X <= x) = minus_log_p */

/* Of the `k` largest of ascending x[n], over the largest value below them; `used` is how many are strictly
 * above. Exponential when the coefficient of variation allows it, else a light tail. */
struct wrt__fit wrt__fit_tail(const double *sorted, uint32_t n, uint32_t k, uint32_t *used, double *cv);
double wrt__fit_tail_below(const struct wrt__fit *f, double x);
double wrt__fit_tail_at(const struct wrt__fit *f, double above);        /* x with P(X > x) = above */
double wrt__fit_cv_limit(uint32_t used);                                /* 95 % band of |cv - 1| */

/* Anderson-Darling statistic of ascending x under f. */
double wrt__fit_distance(const double *sorted, uint32_t n, const struct wrt__fit *f,
    double (*below)(const struct wrt__fit *, double));

#endif
