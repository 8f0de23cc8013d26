/* admission.h: may these tasks run together? Response times, processor demand, mixed criticality, partitions,
 * servers; integers only, so that a verdict is the same everywhere and never a matter of rounding.
 *
 * Time is an integer number of ticks; what a tick is, is the caller's: 1 fuel, or 1 ns. Whoever converts
 * rounds periods and deadlines down and execution times up. A number above WRT_TICKS_MAX is refused.
 *
 * Nothing here allocates, waits, or keeps anything: the caller gives the memory that a call works in (`mem`,
 * wrt_adm_mem_bytes says how much) and the arrays that results go to. Every call is bounded by
 * `iterations_max`; a test that reaches it refuses, and says so. Calls that share neither `mem` nor results
 * may run at the same time.   thread any */
#ifndef WRT_ADMISSION_H
#define WRT_ADMISSION_H

#include <wrt/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { WRT_ADM_LEVELS = 5 };                    /* 0 QM, 1 A, 2 B, 3 C, 4 D: the numbers of wrt_asil */
#define WRT_TICKS_MAX ((uint64_t)1 << 60)
#define WRT_TICKS_NONE UINT64_MAX               /* there is no such time: a response without bound, .. */
#define WRT_ADM_NOBODY UINT32_MAX               /* there is no such task */

/* A task that releases jobs at least `period` apart, each up to `jitter` late, due `deadline` after the
 * release that was meant. `wcet[m]` bounds a job in criticality mode m; a 0 behind wcet[0] means the bound of
 * the mode before. With two criticality levels only, 0 is LO and 1 is HI. */
typedef struct wrt_adm_task {
    uint64_t period, deadline, jitter;
    uint64_t wcet[WRT_ADM_LEVELS];
    uint32_t priority;                          /* 0 is the highest; equal ones delay each other */
    uint32_t core;
    uint8_t level;                              /* criticality: what mode it takes part in up to */
    uint8_t band;                               /* 0 is the highest */
    bool np;                                    /* a job that has started is not preempted */
    bool stolen;                                /* no task: time that is lost for all, see wrt_adm_run */
    uint64_t slice, over;                       /* ROUND_ROBIN: a turn; by how much it can be overdrawn */
} wrt_adm_task;

/* A job of `task` holds `resource` for up to `length` ticks at a time. Sections of a task do not nest. */
typedef struct wrt_adm_section {
    uint32_t task, resource;
    uint64_t length;
} wrt_adm_section;

/* The tasks of one core (of several with wrt_adm_partition). Borrowed for the call. */
typedef struct wrt_adm_set {
    const wrt_adm_task *tasks;
    uint32_t tasks_count;
    const wrt_adm_section *sections;
    uint32_t sections_count;
} wrt_adm_set;

typedef enum wrt_adm_test {
    WRT_ADM_FP,         /* fixed priority: response times over the busy period */
    WRT_ADM_EDF,        /* earliest deadline first: processor demand */
    WRT_ADM_BANDS,      /* fixed priority between bands, earliest deadline first inside */
    WRT_ADM_FIFO,       /* first come first served, nobody is preempted: a bound on responses */
    WRT_ADM_ROUND_ROBIN, /* turns of `slice`, then to the end of the line: a bound on responses */
    WRT_ADM_VESTAL,     /* mixed criticality, fixed priority: C of the own level for everybody */
    WRT_ADM_SMC,        /* the same with budgets that are enforced */
    WRT_ADM_AMC_RTB,    /* lower levels are dropped at a mode change; any number of levels */
    WRT_ADM_AMC_MAX,    /* the same for two levels, over every instant of the change */
    WRT_ADM_EDF_VD      /* two levels, EDF with virtual deadlines */
} wrt_adm_test;

typedef enum wrt_adm_np { WRT_ADM_NP_FLAG, WRT_ADM_NP_NONE, WRT_ADM_NP_ALL } wrt_adm_np;
typedef enum wrt_adm_lock { WRT_ADM_CEILING, WRT_ADM_INHERITANCE, WRT_ADM_NO_LOCKS } wrt_adm_lock;

typedef struct wrt_adm_ratio { uint32_t num, den; } wrt_adm_ratio;

typedef struct wrt_adm_opts {
    uint32_t size;
    wrt_adm_test test;
    wrt_adm_np np;                              /* whose flag counts */
    wrt_adm_lock lock;                          /* what the sections mean */
    uint8_t mode;                               /* FP, EDF, BANDS: which wcet they read */
    uint8_t modes;                              /* AMC_RTB: bit m: mode m is analysed; 0: all; bit 0 always */
    bool stop_at_deadline;                      /* a response beyond the deadline is not worked out further */
    wrt_adm_ratio overhead;                     /* C becomes max(ceil(C * overhead), ..; den 0: 1 */
    uint64_t switch_ticks, release_ticks;       /* .. C + 2 * switch + release) */
    wrt_adm_ratio cap_level, cap_total;         /* wrt_adm_caps, wrt_adm_admit; den 0: no cap */
    uint64_t iterations_max;                    /* steps of inner loops; 0: 2^32 */
    uint64_t response_steps;                    /* EDF, BANDS: rows get response times too, as far as so many
                                                   more steps go; 0: they do not */
} wrt_adm_opts;

typedef enum wrt_adm_reason {
    WRT_ADM_FITS,
    WRT_ADM_UTILISATION,        /* the tasks need more than the processor has */
    WRT_ADM_RESPONSE,           /* a response time exceeds its deadline */
    WRT_ADM_DEMAND,             /* more work is due by `time` than fits before it */
    WRT_ADM_CAP,                /* a cap on utilisation is exceeded */
    WRT_ADM_LIMIT,              /* the analysis was stopped; `limit` names by what. Not a proof of anything */
    WRT_ADM_NO_CORE             /* a task fits on no core */
} wrt_adm_reason;

typedef struct wrt_adm_verdict {
    bool ok;
    bool exact;                 /* a refusal is as sure as an acceptance: the test is necessary too */
    wrt_adm_reason reason;
    const char *decided_by;     /* "response time", "processor demand", "hyperbolic bound", .. */
    const char *limit;          /* with WRT_ADM_LIMIT: "iterations", "ticks", "fraction", "hyperperiod" */
    uint32_t task;              /* the first task that fails, by priority; WRT_ADM_NOBODY */
    uint32_t level;             /* the mode in which, or the level whose cap */
    uint64_t time;              /* its response time, or the instant at which too much is due; or none */
    uint64_t horizon;           /* EDF, BANDS: instants up to here were to be looked at; or none */
    uint64_t points;            /* EDF, BANDS: instants that had to be looked at for the verdict */
    uint64_t iterations;        /* steps of inner loops */
} wrt_adm_verdict;

/* What is known of one task. */
typedef struct wrt_adm_row {
    bool ok;
    uint32_t job;               /* FP: the job of the busy period whose response is the worst, from 0 */
    uint64_t response;          /* worst, with jitter, over all modes; or none (EDF, BANDS: response_steps) */
    uint64_t mode_response[WRT_ADM_LEVELS];     /* per mode; or none */
    uint64_t window;            /* FP: from the start of the busy period to the end (np: start) of that job */
    uint64_t blocking;          /* ticks that a lower task can take */
    uint32_t blocker;           /* whose section or job that is; WRT_ADM_NOBODY */
    uint64_t violation;         /* EDF, BANDS: first instant at which too much is due, in the task's band */
    uint64_t deadline;          /* EDF_VD: relative deadline until the mode change */
} wrt_adm_row;

/* How many bytes of `mem` a call on such a set takes at most; 0: it does not fit into a size_t.
 * cost    [O1]   thread any */
WRT_API size_t wrt_adm_mem_bytes(uint32_t tasks_count, uint32_t sections_count);

/* A task that is `stolen` stands for time that is lost at certain events whoever runs (timers, releases that
 * cost their core something): it delays everybody, is never judged, and its row stays empty. Its wcet is
 * taken as it is, without the overhead. FP, EDF, BANDS, FIFO, ROUND_ROBIN, VESTAL, SMC and AMC know it. */

/* Runs opts->test. `rows` has tasks_count elements, in the order of the tasks, or is NULL.
 * Returns WRT_OK with the verdict in *out, whatever it is;
 * WRT_E_ARG   a number is outside of its range, a task named twice, opts that do not exist: err->message
 * names it; WRT_E_NOMEM mem_bytes is less than wrt_adm_mem_bytes; WRT_E_UNSUPPORTED the test is not defined
 * for such a set (AMC with a deadline beyond the period, ..). cost    pseudo-polynomial, at most
 * iterations_max steps */
WRT_API wrt_status wrt_adm_run(const wrt_adm_set *set, const wrt_adm_opts *opts, void *mem, size_t mem_bytes,
    wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err);

/* The test for a set that wants to run: caps, then quick bounds where they hold, then opts->test. A quick
 * bound may decide only what opts->test would; so rows are worked out only when `rows` is not NULL. WRT_OK:
 * admitted. WRT_E_REJECTED: not, *out and err say why. Else as wrt_adm_run. cost    at most iterations_max
 * steps */
WRT_API wrt_status wrt_adm_admit(const wrt_adm_set *set, const wrt_adm_opts *opts, void *mem,
    size_t mem_bytes, wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err);

/* A slot of a table: `task` has the processor from `at`, for `length`, in every cycle. */
typedef struct wrt_adm_slot {
    uint64_t at, length;
    uint64_t lost;              /* what its begin and end cost those in the gaps, beside the job */
    uint32_t task;
} wrt_adm_slot;

/* Time-triggered: a task is released at the beginning of each of its slots and must be done by its deadline,
 * counted from there, and by the end of the slot; tasks without slots are first come first served in the
 * gaps, and in what jobs leave of their slots. Slots do not overlap, lie in the cycle and are sorted by `at`;
 * opts->test is not read; what is stolen is stolen from the gaps. Exact for the slots, sufficient for the
 * gaps. Else as wrt_adm_run, where mem is that for tasks_count tasks. */
WRT_API wrt_status wrt_adm_table(const wrt_adm_set *set, const wrt_adm_opts *opts, const wrt_adm_slot *slots,
    uint32_t slots_count, uint64_t cycle, void *mem, size_t mem_bytes, wrt_adm_row *rows,
    wrt_adm_verdict *out, wrt_error *err);

/* ---- utilisation ---------------------------------------------------------------------------------- */

typedef struct wrt_adm_load {
    uint64_t ppb;               /* utilisation in 10^-9, rounded up */
    bool above_one;             /* exactly */
    bool implicit;              /* every deadline is its period, no jitter: the two bounds are defined */
    bool liu_layland;           /* U <= n (2^(1/n) - 1) */
    bool hyperbolic;            /* product of (U_i + 1) <= 2 */
    bool total_ok, levels_ok;   /* the caps, on the sum of C / T times the overhead, C of the own level */
    uint64_t level_ppb[WRT_ADM_LEVELS];
    uint32_t levels_over;       /* bit l: level l exceeds cap_level */
} wrt_adm_load;

/* Utilisations with C of opts->mode, and the caps. WRT_E_LIMIT: too close to a bound for the numbers kept.
 * cost    [On] */
WRT_API wrt_status wrt_adm_utilisation(const wrt_adm_set *set, const wrt_adm_opts *opts, void *mem,
    size_t mem_bytes, wrt_adm_load *out, wrt_error *err);

typedef enum wrt_adm_number {
    WRT_ADM_U,                  /* total, C of opts->mode, with the overhead */
    WRT_ADM_U_OWN,              /* total, C of the own level, with the overhead */
    WRT_ADM_U_LO_LO,            /* level 0 in mode 0 */
    WRT_ADM_U_HI_LO,            /* above level 0 in mode 0 */
    WRT_ADM_U_HI_HI,            /* above level 0 in mode 1 */
    WRT_ADM_VD_X,               /* EDF_VD: the factor on deadlines, when there is one */
    WRT_ADM_U_LEVEL             /* + l: level l, C of the own level, with the overhead */
} wrt_adm_number;

/* The exact fraction as text in lowest terms, "577/660". Returns its length, which may exceed cap (then the
 * text is cut); 0: there is no such number, or it has more digits than are kept (about 1200).
 * cost    [On], slow: for reports */
WRT_API size_t wrt_adm_text(const wrt_adm_set *set, const wrt_adm_opts *opts, uint32_t number, void *mem,
    size_t mem_bytes, char *buf, size_t cap);

/* ---- priorities, cores ---------------------------------------------------------------------------- */

/* priority[i] of task i by deadline, then period, then number (by_period: by period, then number).
 * cost    n log n */
WRT_API wrt_status wrt_adm_monotonic(const wrt_adm_set *set, bool by_period, void *mem, size_t mem_bytes,
    uint32_t *priority, wrt_error *err);

/* Audsley's assignment under opts->test (FP without sections, VESTAL, SMC, AMC_RTB, AMC_MAX): from the lowest
 * priority up, the task of the latest deadline that passes there. out->ok says whether an order exists; then
 * priority[i] is filled.
 * cost    at most n^2 / 2 tests of one task */
WRT_API wrt_status wrt_adm_assign(const wrt_adm_set *set, const wrt_adm_opts *opts, void *mem,
    size_t mem_bytes, uint32_t *priority, wrt_adm_verdict *out, wrt_error *err);

typedef enum wrt_adm_fit { WRT_ADM_FIRST_FIT, WRT_ADM_WORST_FIT } wrt_adm_fit;

/* Gives every task a core below `cores`, densest first, each core tested in full by opts->test. core[i] is
 * WRT_ADM_NOBODY for a task that was not placed; out->task is the one that fits nowhere.
 * cost    at most n * cores tests */
WRT_API wrt_status wrt_adm_partition(const wrt_adm_set *set, const wrt_adm_opts *opts, wrt_adm_fit fit,
    uint32_t cores, void *mem, size_t mem_bytes, uint32_t *core, wrt_adm_verdict *out, wrt_error *err);

/* ---- how much is left ----------------------------------------------------------------------------- */

/* The largest k such that the test still accepts with every C made ceil(C * k / per): an exact bound between
 * k / per and (k + 1) / per on the common factor. At most 64 * per. 0: not even k = 1 is accepted.
 * cost    about log2(64 * per) tests */
WRT_API wrt_status wrt_adm_scale(const wrt_adm_set *set, const wrt_adm_opts *opts, uint32_t per, void *mem,
    size_t mem_bytes, uint64_t *k, wrt_error *err);

/* The largest C of one task (in every mode at least its own) with which the test accepts; 0: not even 1.
 * cost    about 60 tests */
WRT_API wrt_status wrt_adm_largest(const wrt_adm_set *set, const wrt_adm_opts *opts, uint32_t task, void *mem,
    size_t mem_bytes, uint64_t *wcet, wrt_error *err);

/* FP: what part of row->window belongs to each task: ticks[j], own work and blocking left out.
 * cost    [On] */
WRT_API wrt_status wrt_adm_interference(const wrt_adm_set *set, const wrt_adm_opts *opts, uint32_t task,
    const wrt_adm_row *row, uint64_t *ticks, wrt_error *err);

/* ---- servers -------------------------------------------------------------------------------------- */

/* `budget` ticks in every `period`, usable until `deadline` (0: the period) of the period. */
typedef struct wrt_adm_server { uint64_t budget, period, deadline; } wrt_adm_server;

/* The least processor time that a periodic server has given in any window of t ticks. cost [O1] */
WRT_API uint64_t wrt_adm_supply(const wrt_adm_server *s, uint64_t t);

/* The task as which a server is admitted: hard CBS and sporadic servers as (C = Q, T = P), a deferrable
 * server with a jitter of P - Q. cost [O1] */
WRT_API wrt_adm_task wrt_adm_server_task(const wrt_adm_server *s, bool deferrable);

/* Do the tasks, EDF or FP by opts->test, meet their deadlines inside the server?
 * As wrt_adm_run; preemptive, without sections. */
WRT_API wrt_status wrt_adm_inside(const wrt_adm_set *set, const wrt_adm_opts *opts, const wrt_adm_server *s,
    void *mem, size_t mem_bytes, wrt_adm_verdict *out, wrt_error *err);

/* Name of a test ("amc-rtb") and of a reason ("analysis-limit"); "?" for others. */
WRT_API const char *wrt_adm_test_name(wrt_adm_test test);
WRT_API const char *wrt_adm_reason_name(wrt_adm_reason reason);

#ifdef __cplusplus
}
#endif
#endif
