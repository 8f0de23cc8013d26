/* taskset: a set of real-time tasks as `wrtd sched` works on it, whoever read it: taskset.c from JSON, or the
 * reader of manifests. Times are ticks; 1 tick = 1 fuel unless ns_per_kfuel says what fuel is in time. */
#ifndef WRTD_TASKSET_H
#define WRTD_TASKSET_H

#include "wd.h"
#include <wrt/admission.h>

/* What the tasks of a set say, so that the analysis knows which tests apply. */
enum {
    WD_SET_JITTER = 1,          /* some task has a release jitter */
    WD_SET_NP = 2,              /* some task says whether its jobs are preempted */
    WD_SET_BANDS = 4,           /* every task has a band */
    WD_SET_DUAL = 8,            /* two criticality levels, LO and HI */
    WD_SET_LEVELS = 16,         /* five levels, QM to D */
    WD_SET_SECTIONS = 32,       /* there are critical sections */
    WD_SET_CORES = 64,          /* a number of cores to spread the tasks over */
    WD_SET_PRIORITIES = 128,    /* every task has a priority; without: deadline-monotonic */
    WD_SET_TEST = 256,          /* `test` is what decides; without: what fits the tasks */
};

struct wd_set_task {
    char *name;                 /* owned */
    wrt_adm_task rt;            /* in ticks */
    uint64_t offset, bcet;      /* ticks; never part of a verdict */
    unsigned line, column;      /* where it stands in the file; 0: unknown */
};

struct wd_set {
    const char *file;           /* for messages; not owned */
    char *name;                 /* owned; may be NULL */
    uint32_t says;              /* WD_SET_* */
    struct wd_set_task *tasks;
    uint32_t tasks_count;
    wrt_adm_section *sections;
    char **resources;           /* names, by wrt_adm_section.resource; owned */
    uint32_t sections_count, resources_count;
    uint32_t cores;             /* 0: one */
    uint64_t ns_per_kfuel;      /* 0: fuel alone is spoken of */
    uint64_t ns_per_tick;       /* what the numbers of the tasks are; 0: 1 tick is 1 fuel */
    wrt_adm_opts opts;          /* overhead, caps and the like; .test with WD_SET_TEST */
};

/* Reads the JSON form (docs/admission.md). 0, or an exit code with *e filled (wd_set_read_json: reported);
 * the set is then empty. */
int wd_set_parse(const char *path, const char *text, size_t n, struct wd_set *out, wrt_error *e);
int wd_set_read_json(struct wd *w, const char *path, const char *text, size_t n, struct wd_set *out);
void wd_set_free(struct wd_set *s);

/* `sched analyze` on a set that has been read. An exit code. */
int wd_sched_analyze(struct wd *w, const struct wd_set *s);

/* Subcommands: each gets the operands behind its name (w->rest). */
int wd_sched_cmd_analyze(struct wd *w);

#endif
