/* sched_follow: jobs of a run against what their budgets rest on: bounds, and at verification full stated
 * facts. It raises findings; bounds, budgets and the run itself stay as they are. */
#ifndef WRTD_SCHED_FOLLOW_H
#define WRTD_SCHED_FOLLOW_H

#include "sched_system.h"

enum wd_found { WD_FOUND_ABOVE, WD_FOUND_BELOW, WD_FOUND_FACT };
struct wd_finding {
    enum wd_found what;
    uint32_t task;
    uint64_t job, seen, limit;      /* fuel; of a fact: how often */
    char fact;                      /* 'l' arrivals at a loop, 't' in all, 'f' invocations */
    uint32_t func, loop;
    uint64_t offset;
};
enum { WD_FINDINGS_KEPT = 64 };
struct wd_follow;

/* NULL: nothing is to be watched. Give wd_follow_event every event, on the thread of its core. */
struct wd_follow *wd_follow_new(struct wd_manifest *m);
void wd_follow_free(struct wd_follow *f);
void wd_follow_event(struct wd_follow *f, const wrt_sched_event *e);
/* Between stretches: counts what the jobs since the last time did. */
void wd_follow_drain(struct wd_follow *f);
/* What was found, the first WD_FINDINGS_KEPT; answers how many there were in all. */
uint64_t wd_follow_findings(const struct wd_follow *f, const struct wd_finding **out);
/* Jobs of this task whose facts were held against the run, and those that could not be. */
void wd_follow_jobs(const struct wd_follow *f, uint32_t task, uint64_t *held, uint64_t *not_held);
void wd_finding_text(const struct wd_manifest *m, const struct wd_finding *f, char *out, size_t n);

#endif
