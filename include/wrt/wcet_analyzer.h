/* wcet_analyzer.h: bounds, paths, samples and limits of a system's tasks in one object (docs/wcet.md,
 * "Analyzer"). All calls [O1] in the number of tasks unless said; one thread at a time; memory is taken when
 * something is registered, and bounded by the tables below. */
#ifndef WRT_WCET_ANALYZER_H
#define WRT_WCET_ANALYZER_H
#include <wrt/wcet_measure.h>
#ifdef __cplusplus
extern "C" {
#endif

enum {
    WRT_WCET_TASKS = 128, WRT_WCET_COMPONENTS = 64, WRT_WCET_OPERATIONS = 64, WRT_WCET_PATHS = 64,
    WRT_WCET_PATH_BLOCKS = 4096,    /* of one registered path */
    WRT_WCET_FINDINGS = 64          /* the first so many are kept, all are counted */
};

typedef enum wrt_verification {
    WRT_VERIFY_OFF, WRT_VERIFY_BASIC, WRT_VERIFY_STANDARD, WRT_VERIFY_FULL, WRT_VERIFY_REDUNDANT
} wrt_verification;

typedef enum wrt_wcet_analysis {
    WRT_WCET_DEFAULT,               /* as configured; in the configuration: hybrid */
    WRT_WCET_STATIC,                /* the bound alone */
    WRT_WCET_MEASURED,              /* what was observed alone: there is no bound in its answer */
    WRT_WCET_HYBRID,                /* the bound, checked and ranked by what was observed */
    WRT_WCET_PROBABILISTIC          /* extreme values beside the bound */
} wrt_wcet_analysis;

typedef struct wrt_wcet_config {
    uint32_t size;
    wrt_wcet_analysis method;
    wrt_adm_ratio confidence;       /* den 0: 999/1000 */
    wrt_adm_ratio margin;           /* of what was observed; den 0: 13/10 */
    bool no_sampling;               /* wrt_wcet_collect is refused */
    bool no_paths;                  /* wrt_wcet_path_add is refused */
    uint32_t min_samples;           /* 0: 20 */
    uint32_t samples;               /* kept per task, the latest; 0: 4096 */
    wrt_adm_ratio budget;           /* bound to budget; den 0: 23/20 at Full and Redundant, else 13/10 */
    uint64_t seed;                  /* of resampling */
} wrt_wcet_config;

typedef struct wrt_wcet_analyzer wrt_wcet_analyzer;

/* The engine must outlive it.  errors  WRT_E_ARG, WRT_E_NOMEM */
WRT_API wrt_status wrt_wcet_analyzer_new(wrt_engine *e, const wrt_wcet_config *config, wrt_verification level,
    wrt_wcet_analyzer **out, wrt_error *err);
WRT_API void wrt_wcet_analyzer_free(wrt_wcet_analyzer *a);

/* A task is one function of a code, which must outlive the analyzer. It is analysed at once,
 * for every call of it: state FRESH is taken as REPEATED.
 * errors  those of wrt_wcet_analyse; WRT_E_STATE the number is taken; WRT_E_LIMIT "wcet_tasks",
 * "wcet_components" */
WRT_API wrt_status wrt_wcet_task_add(wrt_wcet_analyzer *a, uint32_t task, uint32_t component,
    const wrt_code *code, wrt_str func, const wrt_wcet_opts *o, wrt_error *err);
/* What it was found to need; lives as long as the analyzer. NULL: there is no such task. */
WRT_API const wrt_wcet_report *wrt_wcet_task_report(const wrt_wcet_analyzer *a, uint32_t task);

/* A path through the task's function: numbers of blocks as `wrtd wcet --blocks` lists them, each one that may
 * follow the one before, rounds of loops written out. It need not begin at block 0 or end at a return, and
 * is *complete* when it does both. `estimate` is what it is said to cost, callees included.
 * errors  WRT_E_INVALID it is no path of the code, or costs more than the estimate; WRT_E_UNBOUNDED what it
 * calls has no bound; WRT_E_STATE paths are off, or the number is taken; WRT_E_ARG; WRT_E_LIMIT "wcet_paths",
 * "wcet_path_blocks"           cost [On] in blocks */
WRT_API wrt_status wrt_wcet_path_add(wrt_wcet_analyzer *a, uint32_t task, uint32_t path,
    const uint32_t *blocks, size_t n, uint64_t estimate, wrt_error *err);

typedef struct wrt_wcet_result {
    uint32_t size;
    wrt_wcet_analysis method;
    bool bounded;
    uint64_t wcet_fuel, bcet_fuel;  /* proven, from the code; NONE and 0: there is none. Never from samples */
    uint64_t budget_fuel;           /* wcet_fuel x the factor of the level; NONE: no bound, no budget */
    uint64_t estimate_fuel;         /* what wrt_wcet_validate compares with; NONE */
    uint64_t pessimism_permille;    /* wcet_fuel to the largest observed; NONE */
    uint32_t paths;                 /* registered */
    uint32_t critical_path;         /* the complete one with the largest estimate; NO_PATH */
    wrt_wcet_observed observed;     /* of the samples kept; not for STATIC */
    wrt_wcet_prob prob;             /* for PROBABILISTIC */
} wrt_wcet_result;
/* errors  WRT_E_UNBOUNDED (not for MEASURED) there is no bound, `out` is filled; WRT_E_INTEGRITY (not for
 * STATIC, MEASURED) a sample contradicts it, kept or not; WRT_E_ARG no such task in this component
 * cost    PROBABILISTIC: see wrt_wcet_probable */
WRT_API wrt_status wrt_wcet_analyze_task(wrt_wcet_analyzer *a, uint32_t task, uint32_t component,
    wrt_wcet_analysis method, wrt_wcet_result *out, wrt_error *err);

/* How a run stands to what is known. The estimate is the largest of the complete paths; without one the
 * largest observed x margin; without enough samples the bound. */
typedef enum wrt_wcet_verdict {
    WRT_WCET_WITHIN, WRT_WCET_ABOVE_ESTIMATE, WRT_WCET_ABOVE_BOUND
} wrt_wcet_verdict;
/* errors  WRT_E_INTEGRITY above the bound (*out is set); WRT_E_ARG no such task */
WRT_API wrt_status wrt_wcet_validate(
    wrt_wcet_analyzer *a, uint32_t task, uint64_t fuel, wrt_wcet_verdict *out, wrt_error *err);

/* One run that returned. It can raise what was observed and open findings; it never changes a bound.
 * errors  WRT_E_STATE sampling is off; WRT_E_ARG no such task or path; WRT_E_INTEGRITY above the bound or
 * below the least (it is kept all the same) */
WRT_API wrt_status wrt_wcet_collect(
    wrt_wcet_analyzer *a, uint32_t task, const wrt_wcet_sample *s, wrt_error *err);

typedef enum wrt_wcet_finding_kind {
    WRT_WCET_FOUND_ABOVE_BOUND = 1, WRT_WCET_FOUND_BELOW_LEAST, WRT_WCET_FOUND_ABOVE_ESTIMATE,
    WRT_WCET_FOUND_PATH             /* level Full: the run cannot have taken the path that it names */
} wrt_wcet_finding_kind;
typedef struct wrt_wcet_finding {
    wrt_wcet_finding_kind kind;
    uint32_t task, path;
    uint64_t fuel, limit;           /* of the run; what it contradicts */
    uint64_t input;
} wrt_wcet_finding;
/* Fills up to cap; answers how many there were in all. */
WRT_API uint64_t wrt_wcet_findings(const wrt_wcet_analyzer *a, wrt_wcet_finding *out, size_t cap);

/* Limits in fuel: of one operation of a kind (numbers are the caller's), of one job of a task, of one job of
 * each task of a component together, of all tasks together. */
typedef enum wrt_wcet_scope {
    WRT_WCET_OPERATION, WRT_WCET_TASK, WRT_WCET_COMPONENT, WRT_WCET_SYSTEM
} wrt_wcet_scope;
/* Sets or replaces; SYSTEM: id is not looked at.
 * errors  WRT_E_LIMIT "wcet_operations" (64), "wcet_tasks" (128), "wcet_components" (64) */
WRT_API wrt_status wrt_wcet_limit_set(
    wrt_wcet_analyzer *a, wrt_wcet_scope scope, uint32_t id, uint64_t fuel, wrt_error *err);
/* NONE: not set. */
WRT_API uint64_t wrt_wcet_limit(const wrt_wcet_analyzer *a, wrt_wcet_scope scope, uint32_t id);
/* A run of an operation or task, or what a component or the system used. errors  WRT_E_FUEL above the limit
 */
WRT_API wrt_status wrt_wcet_limit_check(
    const wrt_wcet_analyzer *a, wrt_wcet_scope scope, uint32_t id, uint64_t fuel, wrt_error *err);
/* Do all bounds together fit all limits of tasks, components and the system?
 * errors  WRT_E_REJECTED the first that does not; WRT_E_UNBOUNDED a task under a limit has no bound
 * cost [On^2] in tasks */
WRT_API wrt_status wrt_wcet_limits_fit(const wrt_wcet_analyzer *a, wrt_error *err);

#ifdef __cplusplus
}
#endif
#endif
