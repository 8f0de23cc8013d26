/* measure: statistics over samples, and extreme values behind their gates. Must not know code or bounds. */
#ifndef WRT_SRC_WCET_MEASURE_H
#define WRT_SRC_WCET_MEASURE_H

#include <wrt/wcet_measure.h>
#include "base/base.h"

/* Options with every default filled in; false: one makes no sense. */
bool wrt__measure_options(const wrt_wcet_measure_opts *from, wrt_wcet_measure_opts *to);
/* a * r, rounded up; saturates. */
uint64_t wrt__measure_scale(uint64_t a, wrt_adm_ratio r);
uint64_t wrt__measure_needed(wrt_adm_ratio confidence);
void wrt__measure(const wrt_wcet_sample *s, size_t n, const wrt_wcet_measure_opts *o, wrt_wcet_observed *out);

/* o: filled. n at most 2^24. errors  WRT_E_NOMEM */
wrt_status wrt__evt(const wrt_alloc *alloc, const wrt_wcet_sample *s, size_t n,
    const wrt_wcet_measure_opts *o, wrt_wcet_prob *out, wrt_error *err);

#endif
