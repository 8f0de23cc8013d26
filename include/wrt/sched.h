/* sched.h: task sets. Periodic and sporadic jobs with deadlines and criticality on one or several cores, run
 * on real modules or by the host itself. docs/scheduling.md has the rules, to the tick. */
#ifndef WRT_SCHED_H
#define WRT_SCHED_H
#include <wrt/admission.h>
#include <wrt/diag.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct wrt_sched wrt_sched;

/* Times are nanoseconds of the schedule: 0 is the moment at which it starts (wrt_sched_info.epoch_ns on the
 * clock of the store). A ratio whose den is 0 is the default. */

typedef enum wrt_sched_mode_name { WRT_MODE_NORMAL, WRT_MODE_HIGH, WRT_MODE_CRITICAL } wrt_sched_mode_name;
enum { WRT_MODES = 3 };
typedef enum wrt_on_overrun {
    WRT_OVERRUN_ABORT,
    WRT_OVERRUN_SUSPEND,
    WRT_OVERRUN_EXTEND,         /* by extend_percent, once a job; refused at C and D */
    WRT_OVERRUN_TRAP
} wrt_on_overrun;
typedef enum wrt_on_late { WRT_LATE_ABORT, WRT_LATE_SKIP, WRT_LATE_QUEUE } wrt_on_late;
typedef enum wrt_on_drop { WRT_DROP_SUSPEND, WRT_DROP_ABORT, WRT_DROP_DEGRADE } wrt_on_drop;
typedef enum wrt_server_kind { WRT_SERVER_CBS, WRT_SERVER_SPORADIC } wrt_server_kind;
typedef enum wrt_mode_cause {
    WRT_CAUSE_OVERRUN,
    WRT_CAUSE_MISSES,
    WRT_CAUSE_HOST,
    WRT_CAUSE_RETURN
} wrt_mode_cause;

#define WRT_SCHED_NOBODY UINT32_MAX     /* in place of a task or server number */
#define WRT_SCHED_CORES 64u             /* at most, and of the others: */
#define WRT_SCHED_TASKS 65536u
#define WRT_SCHED_SERVERS 256u
#define WRT_SCHED_SLOTS 65536u

/* ---- what happens, as the host sees it ------------------------------------------------------------- */

/* One event. `kind` is one of WRT_TRACE_RELEASE to WRT_TRACE_SUSPEND, or SLICE_BEGIN, SLICE_END. Under the
 * monotonic clock `at_ns` of releases, misses and replenishments is the exact time of the rule, seen_ns when
 * the loop saw it; under the fuel clock they are equal. There what happens to others in a block of a job that
 * nobody can interrupt is told behind that block, with its own time. */
typedef struct wrt_sched_event {
    wrt_trace_kind kind;
    uint32_t core;
    uint32_t task; /* its number; SERVER_*: the server's; MODE: who caused it, or WRT_SCHED_NOBODY */
    uint64_t job;               /* k of its release O + k*T */
    uint64_t at_ns, seen_ns;
    uint64_t release_ns, deadline_ns;   /* of the job; UINT64_MAX: it has no deadline */
    uint64_t fuel;              /* what the job has spent; SERVER_*: what is left of the budget */
    wrt_status status;          /* FAILED: how */
    uint32_t trap;              /* FAILED: a wrt_trap_code */
    uint32_t func, offset; /* ends, MISS, OVERRUN, MODE, SLICE_END: the place; func UINT32_MAX: nowhere */
    uint8_t from, to;           /* MODE: wrt_sched_mode_name */
    uint8_t cause;              /* MODE: wrt_mode_cause */
    uint32_t dropped; /* MODE: how many tasks the new mode does not keep; SKIP: so many releases behind `job`
                         are skipped with it (monotonic clock, when more than 16 are overdue) */
} wrt_sched_event;
#define WRT_SCHED_EVENT(kind) (UINT64_C(1) << WRT_TRACE_##kind)     /* for wrt_sched_opts.events */

/* ---- making ---------------------------------------------------------------------------------------- */

typedef enum wrt_os_policy { WRT_OS_NORMAL, WRT_OS_FIFO, WRT_OS_DEADLINE } wrt_os_policy;

typedef struct wrt_sched_opts {
    uint32_t size;
    wrt_policy policy;              /* 0 is WRT_ROUND_ROBIN; all of them */
    uint32_t cores;                 /* 0: 1 */
    bool virtual_time; /* fuel clock: a deterministic simulation; else the host's monotonic clock */
    uint64_t ns_per_kfuel;          /* 0: 1000000000 (1 fuel = 1 ms); the stores of the tasks must agree */
    uint64_t quantum_fuel;          /* round robin: slice of weight 1; 0: 1000 */
    uint64_t cycle_ns;              /* time-triggered: length of the table */
    /* settings; off below means: against the default */
    bool no_hybrid;                 /* WRT_RM_EDF: B to D share band 0 */
    bool no_mode_switching;         /* only the host changes the mode */
    bool no_enforcement;            /* budgets of QM, A, B are observed only; C and D are enforced always */
    bool no_monitoring;             /* misses of QM, A, B are not looked for; those of C and D always */
    bool no_inheritance; /* who holds an instance does not run for those that wait: to see why it should */
    bool ceiling; /* ceiling protocol (EDF: stack resource policy) in place of inheritance */
    wrt_adm_ratio level_utilization; /* admission: cap a level; 6/10 */
    wrt_adm_ratio max_utilization;   /* admission: cap in all; 5/10 */
    wrt_adm_ratio overhead;          /* admission: factor on C; 23/20 */
    uint32_t miss_threshold;        /* 0: 1; WRT_SCHED_NO_MISS: the first miss counts */
    uint32_t return_after;          /* hyperperiods; 0: 10; UINT32_MAX: never by itself */
    /* the operating system, monotonic clock; each is asked for and wrt_sched_info says what came of it */
    bool pin;                       /* core i to the i-th processor that this process may use */
    bool lock_memory;
    wrt_os_policy os_policy;
    uint32_t os_priority;           /* WRT_OS_FIFO: 1 to 99; 0: 80 */
    /* what the host hears of; called on the core's thread, between blocks of guest code; it may call the
     * functions below that say so, and those of the store that are allowed in a host function */
    void (*event)(void *ctx, const wrt_sched_event *e);     /* several cores by the clock: several threads */
    void *ctx;
    uint64_t events;                /* kinds to hear of: WRT_SCHED_EVENT(MISS) | ...; 0: all */
} wrt_sched_opts;
#define WRT_SCHED_NO_MISS UINT32_MAX

/* Makes an empty task set; `o` is borrowed; given: wrt_sched_free.
 * errors  WRT_E_ARG a field is out of range (err->table names it); WRT_E_NOMEM; WRT_E_SEALED;
 *         WRT_E_UNSUPPORTED several cores under the monotonic clock on a platform without threads
 * cost    [load]       thread  one at a time, where nothing else is said */
WRT_API wrt_status wrt_sched_new(wrt_engine *e, const wrt_sched_opts *o, wrt_sched **out, wrt_error *err);
/* In any state but while it runs. Jobs under way are dropped, their instances reset; stores go on to live. */
WRT_API void wrt_sched_free(wrt_sched *s);

/* A server that bounds what its members may spend together: fuel Q in every period P. */
typedef struct wrt_sched_server_opts {
    uint32_t size;
    wrt_server_kind kind;           /* CBS: EDF and RM_EDF; SPORADIC: FIXED_PRIORITY and RATE_MONOTONIC */
    wrt_str name;
    uint32_t core;
    uint64_t fuel, period_ns;
    uint8_t priority;               /* SPORADIC; 0: 128. Rate monotonic: by its period */
    bool band_set;
    uint8_t band;                   /* RM_EDF; not set: by its period */
} wrt_sched_server_opts;
WRT_API wrt_status wrt_sched_server(
    wrt_sched *s, const wrt_sched_server_opts *o, uint32_t *number, wrt_error *err);

typedef struct wrt_sched_task {
    uint32_t size;
    wrt_str name;                   /* copied, cut at 31 bytes */
    wrt_asil level;
    uint32_t core;
    uint64_t period_ns;             /* 0: sporadic, released by wrt_sched_release; time-triggered: not used */
    uint64_t separation_ns;         /* sporadic: the least time between two releases */
    uint64_t deadline_ns; /* relative; 0: the period, or the end of the slot, or none (sporadic QM, A, B) */
    uint64_t offset_ns;
    uint64_t jitter_ns;             /* admission: how late a release may be seen */
    uint64_t fuel[WRT_MODES]; /* budget by mode, not falling; 0: as in the mode below. fuel[0] is mandatory */
    uint64_t bcet_fuel;             /* least of a job: reports and simulation; at most fuel[0] */
    /* admission: the most fuel that is due at one checkpoint (wrt_code_piece_fuel, prices of host functions):
     * a release of others can have to wait for so much. What is known from func comes without it; 0 without
     * func: it can stop anywhere */
    uint64_t piece_fuel;
    uint64_t np_max_fuel;           /* longest job of one that is not preempted; mandatory there */
    bool np;                        /* not preempted once it has started; always so at level D */
    wrt_on_overrun on_overrun;
    uint32_t extend_percent;        /* WRT_OVERRUN_EXTEND: 1 to 1000 */
    wrt_on_late on_late;
    wrt_on_drop on_drop;
    uint32_t degrade;               /* WRT_DROP_DEGRADE: every n-th release, 2 to 2^31 */
    uint8_t priority;               /* WRT_FIXED_PRIORITY: 255 first; 0: 128 */
    uint16_t weight;                /* WRT_ROUND_ROBIN; 0: 1 */
    bool band_set;
    uint8_t band;                   /* WRT_RM_EDF: 0 first, at most 5; not set: by level and period */
    bool in_server;
    uint32_t server;
    /* What a job does: calls func with these arguments (copied). One that leaves by exit is done (code 0) or
     * failed; what a job stood in when it was aborted, failed or left by exit is reset before anybody enters
     * again. Where its module has a start function (or wrt_instance_init named one) the next job of a task
     * whose func is of that instance calls it first, on its budget; until then others get WRT_E_POISONED.
     * NULL: the host runs the jobs itself (wrt_sched_next). All tasks of a core have functions of one store,
     * which belongs to this core from then on; or none of the whole set has. */
    wrt_func *func;
    const wrt_val *args;
    uint32_t args_count;
    uint64_t stack_bytes;           /* reserved for it; 0: the limit of the store */
} wrt_sched_task;

/* Adds a task; numbers count from 0 in the order of adding, over all cores. The strings and arguments are
 * copied. Only before the start.
 * errors  WRT_E_ARG with err->table naming the field: zero period, deadline beyond the period at C and D,
 * budgets that fall, extend at C and D, no np_max_fuel, times beyond 2^62, a server of another core, ...;
 *         WRT_E_TYPE the arguments; WRT_E_STATE it has started; WRT_E_LIMIT, WRT_E_NOMEM, WRT_E_SEALED
 * cost    [load] */
WRT_API wrt_status wrt_sched_add(wrt_sched *s, const wrt_sched_task *t, uint32_t *number, wrt_error *err);
/* A slot of the time-triggered table of the task's core. Slots of a core must not overlap and lie in the
 * cycle. errors  WRT_E_ARG, WRT_E_STATE, WRT_E_NOMEM, WRT_E_LIMIT */
WRT_API wrt_status wrt_sched_slot(
    wrt_sched *s, uint64_t at_ns, uint64_t length_ns, uint32_t task, wrt_error *err);

/* Ends set-up: checks the whole, reserves all that running needs. From here on nothing is asked of the
 * allocator but by guests that grow a memory or table. wrt_sched_run, _step and _next do it if it was not
 * done.
 * errors  WRT_E_ARG (no task; a store of another clock, or in two cores; a function of a store that is gone),
 *         WRT_E_NOMEM, WRT_E_LIMIT, WRT_E_SEALED   cost [load] */
WRT_API wrt_status wrt_sched_prepare(wrt_sched *s, wrt_error *err);

/* ---- running --------------------------------------------------------------------------------------- */

/* Runs all cores until the time until_ns of the schedule (UINT64_MAX: for ever) or wrt_sched_stop. May be
 * called again to go on; where it is cut does not change the schedule: it ends at the first point at or
 * behind until_ns between two blocks, before what happens at until_ns; the start of a job that is under way
 * there is told when it goes on. Fuel clock: one after the other on the
 * calling thread, the one that lags behind first. Monotonic clock: core 0 on the calling thread, one thread
 * for each of the others; sleeps while nobody is ready. Tasks of the stores that are not in the set run in
 * the background, while no job is ready. WRT_OK  until_ns is reached; WRT_PENDING stopped; WRT_IDLE nothing
 * will ever happen by itself (fuel clock) errors  those of wrt_sched_prepare; WRT_E_STATE it runs already, or
 * the host runs the jobs; WRT_E_IO a thread could not be started */
WRT_API wrt_status wrt_sched_run(wrt_sched *s, uint64_t until_ns, wrt_error *err);
/* For hosts with a loop or timer interrupt of their own; one core only. Does what is due and runs what is
 * ready, at most `fuel` (0: no bound) and without sleeping; *next_ns is the time of the next event,
 * UINT64_MAX without one. Fuel clock: idle time passes up to the next event, once. WRT_OK  nobody is ready;
 * WRT_PENDING the bound was reached, or stopped */
WRT_API wrt_status wrt_sched_step(wrt_sched *s, uint64_t fuel, uint64_t *next_ns, wrt_error *err);
/* Makes wrt_sched_run and wrt_sched_step return.  thread any, signal safe */
WRT_API void wrt_sched_stop(wrt_sched *s);
/* Asks all cores for a mode. A raise happens at the next checkpoint; a return at the next instant at which no
 * job of a kept task is unfinished. The last request counts.  thread any, signal safe; also in the event hook
 */
WRT_API wrt_status wrt_sched_mode(wrt_sched *s, wrt_sched_mode_name mode);
/* Releases a job of a sporadic task, at the next checkpoint of its core. WRT_E_STATE: the release before this
 * one has not been taken yet. One that comes too early is refused and counted (refused).
 * thread any, signal safe; also in the event hook */
WRT_API wrt_status wrt_sched_release(wrt_sched *s, uint32_t task);

/* ---- hosts that run the jobs themselves ------------------------------------------------------------ */

typedef struct wrt_sched_grant {
    uint32_t task;                  /* WRT_SCHED_NOBODY: nobody is ready */
    uint64_t job;
    uint64_t fuel;                  /* it may spend at most so much, then comes wrt_sched_report */
    uint64_t slice; /* softly: at the first point at which so much is spent; UINT64_MAX: none */
    uint64_t now_ns, next_ns;       /* the time; the next event, UINT64_MAX without one */
    bool fresh; /* this job is granted for the first time: an earlier one of the task is over */
} wrt_sched_grant;
typedef enum wrt_job_end {
    WRT_JOB_STOPPED,                /* not finished; it can go on at once */
    WRT_JOB_NO_FIT,                 /* not finished; its next piece needs more than is left of grant.fuel */
    WRT_JOB_DONE,
    WRT_JOB_FAILED,
    WRT_JOB_WAITS                   /* for something outside: wrt_sched_wake */
} wrt_job_end;
typedef struct wrt_sched_spent {
    wrt_job_end end;
    uint64_t fuel;                  /* since the grant; at most grant.fuel */
    uint64_t now_ns;                /* monotonic clock: the time; fuel clock: not used */
    wrt_status status;              /* FAILED */
    uint32_t func, offset;          /* place, handed on to events */
} wrt_sched_spent;
/* Who runs now on this core? `at_ns`: monotonic clock: the present time (since the first call's); fuel clock:
 * how far idle time may pass while nobody is ready. Does everything that is due (events are heard), then
 * chooses. A second call without a report in between gives the same answer. errors  those of
 * wrt_sched_prepare; WRT_E_STATE the tasks have functions   cost  decision [O log n] */
WRT_API wrt_status wrt_sched_next(
    wrt_sched *s, uint32_t core, uint64_t at_ns, wrt_sched_grant *out, wrt_error *err);
/* What became of the grant. Whoever spent all of it and is not finished has overrun its budget, used up its
 * server, or reached the next event, whichever was nearest.  errors  WRT_E_STATE no grant is open; WRT_E_ARG
 */
WRT_API wrt_status wrt_sched_report(wrt_sched *s, uint32_t core, const wrt_sched_spent *r, wrt_error *err);
/* The job that waits can go on.  thread  the core's */
WRT_API wrt_status wrt_sched_wake(wrt_sched *s, uint32_t task);

/* ---- figures --------------------------------------------------------------------------------------- */

typedef struct wrt_sched_task_stats {
    uint64_t releases, done, failed, aborted, skipped, continued, misses, overruns, refused;
    uint64_t fuel, fuel_max;                        /* of all jobs; high-water mark of one */
    uint64_t response_min_ns, response_max_ns,
        response_sum_ns; /* release to done; min UINT64_MAX without one */
    uint64_t start_min_ns, start_max_ns;            /* release to first fuel: the spread is the jitter */
} wrt_sched_task_stats;
typedef struct wrt_sched_stats {
    uint64_t now_ns;                /* time of the schedule, of all: the least */
    wrt_sched_mode_name mode;       /* of all: the highest */
    uint64_t raises, returns;
    uint64_t releases, done, failed, aborted, skipped, continued, misses, overruns, exhausted, refused;
    uint64_t fuel, background_fuel; /* of jobs; of other tasks of the store */
    uint64_t idle_ns, decisions, switches, preemptions;
} wrt_sched_stats;
/* A consistent picture of one core (WRT_SCHED_NOBODY: the sum) and of one task, while it runs. From the start
 * on. errors  WRT_E_ARG, WRT_E_STATE before wrt_sched_prepare   cost [O1] a core   thread any */
WRT_API wrt_status wrt_sched_stats_get(const wrt_sched *s, uint32_t core, wrt_sched_stats *out);
WRT_API wrt_status wrt_sched_task_stats_get(const wrt_sched *s, uint32_t task, wrt_sched_task_stats *out);

typedef struct wrt_sched_info {
    uint32_t tasks, cores;
    uint64_t epoch_ns;              /* time 0 of the schedule on the clock of the store */
    uint64_t hyperperiod_ns;        /* of all tasks; UINT64_MAX: beyond 2^63 */
    /* an outside event to a running higher task: poll_fuel + the dearest block, and its time at the set's
     * rate */
    uint64_t latency_fuel, latency_ns;
    /* WRT_OK done, WRT_E_DENIED not permitted, WRT_E_UNSUPPORTED not on this platform; not asked for: WRT_OK
     */
    wrt_status pinned, os_policy, locked;
    char os_text[128];              /* one sentence: what this core has, and what it does not and why */
} wrt_sched_info;
/* errors  WRT_E_ARG, WRT_E_STATE before wrt_sched_prepare; what the operating system granted is known once
 * the core has run */
WRT_API wrt_status wrt_sched_info_get(const wrt_sched *s, uint32_t core, wrt_sched_info *out);
/* The task of the store that runs the jobs: for wrt_task_result (of the last job, in the event hook on DONE
 * and until the next starts), wrt_task_frames, wrt_task_info_get. Only the set drives, fuels and ends it.
 * 0: none. */
WRT_API wrt_task wrt_sched_task_of(const wrt_sched *s, uint32_t task);

/* ---- admission ------------------------------------------------------------------------------------- */

/* The test of the policy on every core (admission.h: 1 tick is 1 ns, budgets rounded up), with the caps and
 * the overhead of the set; out->exact says whether a refusal is a proof. The set need not be prepared.
 * `rows`: one a task, or NULL; *out: the verdict on the first core that is refused, else on the last. WRT_OK
 * every task meets its deadlines in every mode; WRT_E_REJECTED with what fails first in err. errors
 * WRT_E_ARG, WRT_E_NOMEM; WRT_E_UNSUPPORTED no test is defined for such a set: slices below 1 ns, a table
 * whose tasks with and without slots share an instance   cost [load] */
WRT_API wrt_status wrt_sched_admit(
    wrt_sched *s, wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err);

#ifdef __cplusplus
}
#endif
#endif
