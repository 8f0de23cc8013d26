/* real: the few functions of real analysis that statistics need, computed in the same steps on every
 * platform, so that a report has the same bytes everywhere (a libm may differ in the last digit). Errors are
 * below 1e-13, relative; survival functions below 1e-10, absolute. */
#ifndef WRT_SRC_WCET_REAL_H
#define WRT_SRC_WCET_REAL_H

#include "base/base.h"

double wrt__real_sqrt(double x);                        /* x >= 0 */
double wrt__real_log(double x);                         /* x > 0, normal */
double wrt__real_exp(double x);                         /* 0 below -700; above 700: as at 700 */
double wrt__real_pow(double x, double y);               /* x > 0 */
double wrt__real_gamma(double x);                       /* 0 < x <= 20 */
double wrt__real_normal_two(double z);                  /* P(|N| >= |z|) */
double wrt__real_chi2_even(double x, uint32_t half);    /* P(X >= x), 2 * half degrees of freedom */
double wrt__real_ks(double lambda);                     /* limit distribution of Kolmogorov, P(K >= lambda) */

/* xorshift64*: a sequence that depends on the seed alone. */
struct wrt__dice { uint64_t state; };
uint64_t wrt__dice_next(struct wrt__dice *d);
double wrt__dice_unit(struct wrt__dice *d);             /* in (0, 1) */
uint32_t wrt__dice_below(struct wrt__dice *d, uint32_t n);      /* n >= 1 */

void wrt__real_sort(double *a, uint32_t n);             /* ascending, in place, O(n log n) */

#endif
