/* wcet_measure: runs beside a bound: what `wrtd wcet` measures, reads and checks. */
#ifndef WRTD_WCET_MEASURE_H
#define WRTD_WCET_MEASURE_H

#include "wd.h"

/* What is measured, and beside which bound. Borrowed. */
struct wd_measure_of {
    const char *file, *function;
    const wrt_code *code;
    wrt_engine *engine;
    const wrt_wcet_report *report;
    const wrt_wcet *sum;
    const wrt_wcet_opts *opts;
};
/* A fact that a run was held against. */
struct wd_fact_check {
    wrt_wcet_assumption fact;
    uint64_t seen;                  /* NONE: it could not be told */
    bool total;                     /* `seen` is arrivals in the whole run (calls), else per entry */
    bool contradicted;
};
struct wd_measured {
    bool asked, checked,
        counted; /* --measure or --samples; --check-facts, whose run could be followed exactly */
    const char *method;             /* "measured", "hybrid", "probabilistic" */
    wrt_wcet_measure_opts o;
    wrt_wcet_sample *samples;
    size_t count;
    uint64_t trapped;               /* runs that did not return: no samples */
    uint64_t run_fuel;              /* of the run of --check-facts */
    wrt_wcet_observed observed;
    uint64_t pessimism_permille;
    bool has_prob;
    wrt_wcet_prob prob;
    struct wd_fact_check *checks;
    size_t checks_count, contradicted;
};
/* Runs, reads, checks, as the options say. 0, or an exit code, reported; `m` is filled as far as it went,
 * freed by wd_measured_free. A contradiction is no error here: wd_measure_verdict has it. */
int wd_measure(struct wd *w, const struct wd_measure_of *of, struct wd_measured *m);
/* Says what contradicts the bound; 0 or the exit code. After text or document. */
int wd_measure_verdict(struct wd *w, const struct wd_measure_of *of, const struct wd_measured *m);
void wd_measured_text(const struct wd_measured *m, const wrt_wcet *sum);
void wd_measured_json(struct wd_json *j, const struct wd_measured *m);
void wd_measured_free(struct wd_measured *m);

#endif
