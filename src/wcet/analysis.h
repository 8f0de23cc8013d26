/* analysis: one entry from facts to figures: what src/api/wcet.c gives to users. */
#ifndef WRT_SRC_WCET_ANALYSIS_H
#define WRT_SRC_WCET_ANALYSIS_H

#include "wcet/facts.h"
#include "wcet/ilp.h"
#include "wcet/pragma.h"

struct wrt__wcet_options {
    wrt_bytes section;              /* facts in the module itself; none: no bytes */
    wrt_bytes facts;                /* facts beside it */
    enum wrt__facts_use use;
    bool no_inference;
    const struct wrt__wcet_host *hosts;     /* declared prices; those of facts come before them */
    uint32_t hosts_count;
    const struct wrt__wcet_arg *args;       /* declared ranges of arguments */
    uint32_t args_count;
    uint64_t steps;                 /* of inference; 0: the default */
    enum wrt__wcet_state state;
    const uint32_t *others;         /* REPEATED: functions that are called between; borrowed for the call */
    uint32_t others_count;
    void (*progress)(void *ctx, uint64_t done);     /* see wrt__wcet_bounds; NULL */
    void *progress_ctx;
    bool lines;                     /* the line table is read */
    const struct wrt__source *sources;      /* whose pragmas are used; borrowed for the call */
    uint32_t sources_count;
};
/* Which way gave the bound. */
enum wrt__wcet_method {
    WRT__WCET_BY_NONE,
    WRT__WCET_BY_PATHS,             /* loop collapse */
    WRT__WCET_BY_ILP,               /* whole-program maximum */
    WRT__WCET_BY_EXECUTION          /* abstract execution of the whole entry */
};

struct wrt__wcet_analysis {
    struct wrt__wcet_program p;
    struct wrt__wcet_bounds b;
    struct wrt__wcet_bounds alone;  /* what inference finds without facts; loops NULL: it was not asked */
    struct wrt__facts facts;
    struct wrt__lines lines;
    struct wrt__pragmas pragmas;
    struct wrt__wcet_bound x;
    struct wrt__ilp ilp;
    bool has_ilp;                   /* a maximum was proved */
    enum wrt__wcet_method method;
    bool bounded;
    uint64_t fuel_high, fuel_low;
    uint64_t **runs, *calls;        /* of the dearest path, when method is PATHS or ILP; else NULL */
    uint64_t stack_slots, memory_pages;     /* INF: unknown */
    enum wrt__wcet_state state, taken;      /* asked for; that inference began with */
    const char *limit;              /* name of a limit that made the bound larger than it could be, or NULL */
};

/* Analyses function `entry` of m. After WRT_OK, wrt__wcet_analysis_free.
 * errors  WRT_E_MALFORMED, WRT_E_INVALID (facts), WRT_E_LIMIT, WRT_E_NOMEM; having no bound is none */
wrt_status wrt__wcet_analyse(struct wrt__wcet_analysis *a, const struct wrt__module *m, uint32_t entry,
    const struct wrt__wcet_options *o, wrt_error *err);
void wrt__wcet_analysis_free(struct wrt__wcet_analysis *a);

#endif
