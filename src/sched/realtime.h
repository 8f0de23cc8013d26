/* realtime: the schedule of one core. Tasks that are released again and again, budgets, deadlines, servers,
 * criticality modes and a table of slots, by the rules of docs/scheduling.md. Time (ns) and fuel are
 * arguments: this room has no clock, runs nothing, asks nobody for memory and calls nobody; so a simulator,
 * an executor and a host that runs the jobs itself drive the same code. Must not know wasm, strands or names.
 *
 * How it is driven; `now` never falls:
 *
 *     wrt__rt_start(rt, now);
 *     for (;;) {
 *         while (wrt__rt_poll(rt, now, &news)) { record it; ABORT: cancel the job and reset its instance }
 *         if (wrt__rt_pick(rt, &pick)) {
 *             run pick.task: pick.fresh begins a new job; hard limit min(pick.hard_fuel, fuel until
 *             wrt__rt_horizon), soft limit pick.soft_fuel; look at the outside as often as you like, at the
 *             latest at the first checkpoint at or after wrt__rt_next_event
 *             wrt__rt_report(rt, how, fuel, now);
 *             a block did not fit before the horizon (fuel clock): report STILL at the time reached; when
 *             wrt__rt_pending is false then, the rest up to the horizon passes idle
 *         } else { sleep until wrt__rt_next_event; UINT64_MAX: nothing will ever happen by itself }
 *     }
 *
 * Arrivals from outside (wrt__rt_wake, wrt__rt_release, wrt__rt_mode) may come at any time between two of
 * these calls, also while a job runs; they are seen by the next poll. Under the fuel clock they come before
 * the poll of their time. One thread. Every call is O(log tasks), except where it says more. */
#ifndef WRT_SRC_SCHED_REALTIME_H
#define WRT_SRC_SCHED_REALTIME_H

#include "base/base.h"

enum wrt__rt_policy {
    WRT__RT_COOPERATIVE,
    WRT__RT_ROUND_ROBIN,
    WRT__RT_PRIORITY,
    WRT__RT_RM,
    WRT__RT_EDF,
    WRT__RT_RM_EDF,
    WRT__RT_TABLE,
    WRT__RT_POLICIES
};
enum wrt__rt_level { WRT__RT_QM, WRT__RT_A, WRT__RT_B, WRT__RT_C, WRT__RT_D, WRT__RT_LEVELS };
enum wrt__rt_mode { WRT__RT_NORMAL, WRT__RT_HIGH, WRT__RT_CRITICAL, WRT__RT_MODES };
enum wrt__rt_on_overrun {
    WRT__RT_OVERRUN_ABORT,
    WRT__RT_OVERRUN_SUSPEND,
    WRT__RT_OVERRUN_EXTEND,
    WRT__RT_OVERRUN_TRAP
};
enum wrt__rt_on_late { WRT__RT_LATE_ABORT, WRT__RT_LATE_SKIP, WRT__RT_LATE_QUEUE };
enum wrt__rt_on_drop { WRT__RT_DROP_SUSPEND, WRT__RT_DROP_ABORT, WRT__RT_DROP_DEGRADE };
enum wrt__rt_server_kind { WRT__RT_CBS, WRT__RT_SPORADIC };
enum wrt__rt_protocol { WRT__RT_NO_PROTOCOL, WRT__RT_INHERITANCE, WRT__RT_CEILING };

#define WRT__RT_NONE UINT32_MAX         /* no task, server, instance */
#define WRT__RT_NO_LIMIT UINT64_MAX     /* fuel without bound; also: no such time */
#define WRT__RT_DERIVE 255              /* band: by level and period */
enum {
    WRT__RT_TASKS_MAX = 1 << 20,
    WRT__RT_SERVERS_MAX = 1 << 16,
    WRT__RT_BANDS_MAX = 64,
    WRT__RT_MISS_THRESHOLD_MAX = 1000,
    WRT__RT_REPLENISHMENTS = 8,         /* pending of a sporadic server */
    WRT__RT_WINDOW = 10,                /* hyperperiods in which misses count */
    WRT__RT_CATCH_UP = 16,              /* overdue releases that are done one by one, by the clock */
    WRT__W_RT_OPTION = 240              /* catalogue number: a field of a task set is wrong */
};

struct wrt__rt_opts {
    uint32_t tasks_max, servers_max, slots_max, instances_max;  /* room */
    uint8_t policy;
    uint8_t protocol; /* cooperative, round robin and table: WRT__RT_NO_PROTOCOL has the same effect */
    bool hybrid;                /* false: rm+edf without bands by period */
    bool mode_switching;        /* false: only wrt__rt_mode changes the mode */
    uint64_t quantum_fuel;      /* round robin; at least 1 */
    uint32_t miss_threshold;    /* 0 .. WRT__RT_MISS_THRESHOLD_MAX */
    uint32_t return_after;      /* hyperperiods */
    /* 0: every release is told. Else of the releases of one task (rounds of the table) that are overdue at
     * one poll only so many are done one by one, the earlier ones are skipped at once. */
    uint32_t catch_up;
};
void wrt__rt_opts_init(struct wrt__rt_opts *o);     /* the defaults of docs/scheduling.md; no room */

struct wrt__rt_task_opts {
    uint64_t period_ns;         /* 0: released by wrt__rt_release or by slots */
    uint64_t separation_ns;     /* without a period: the least distance of two releases */
    uint64_t deadline_ns;       /* relative; 0: none (in a table: the end of the slot) */
    uint64_t offset_ns;
    uint64_t fuel[WRT__RT_MODES];       /* budgets, not falling; WRT__RT_NO_LIMIT */
    uint64_t extend_percent;
    uint64_t degrade;           /* N of WRT__RT_DROP_DEGRADE; at least 1 */
    uint32_t server;            /* WRT__RT_NONE */
    uint32_t instance;          /* what a job stands in from its start to its end; WRT__RT_NONE */
    uint32_t weight;            /* of a round robin slice; at least 1 */
    uint8_t level, priority, band;
    uint8_t on_overrun, on_late, on_drop;
    bool np;                    /* not preempted once started; level D is always so */
    bool enforce, monitor;      /* always on at levels C and D */
};
void wrt__rt_task_opts_init(struct wrt__rt_task_opts *o);

struct wrt__rt_server_opts {
    uint8_t kind, priority;
    uint64_t fuel, period_ns;   /* Q, P */
};

/* ---- making ---------------------------------------------------------------------------------------- */

struct wrt__rt;

/* Bytes for `o`; 0: out of range. */
size_t wrt__rt_size(const struct wrt__rt_opts *o);
/* Works in `memory` (aligned to 16, kept), wrt__rt_size bytes; nothing has to be given back.
 * errors  WRT_E_ARG, err names the option; WRT_E_NOMEM `bytes` is too small */
wrt_status wrt__rt_init(
    struct wrt__rt **out, const struct wrt__rt_opts *o, void *memory, size_t bytes, wrt_error *err);
/* Servers and tasks get the numbers 0, 1, .. in order; a number of a removed task is used again.
 * errors  WRT_E_ARG err names the option; WRT_E_LIMIT no room; WRT_E_UNSUPPORTED no such server under this
 * policy; WRT_E_STATE started (servers, slots, uses) */
wrt_status wrt__rt_server(
    struct wrt__rt *rt, const struct wrt__rt_server_opts *o, uint32_t *server, wrt_error *err);
/* After the start the task is there at once and begins at wrt__rt_begin. */
wrt_status wrt__rt_add(struct wrt__rt *rt, const struct wrt__rt_task_opts *o, uint32_t *task, wrt_error *err);
/* Slots in order of `at_ns`, not overlapping; wrt__rt_cycle after the last one. */
wrt_status wrt__rt_slot(
    struct wrt__rt *rt, uint64_t at_ns, uint64_t length_ns, uint32_t task, wrt_error *err);
wrt_status wrt__rt_cycle(struct wrt__rt *rt, uint64_t cycle_ns, wrt_error *err);
/* For ceilings: jobs of `task` may stand in `instance` too (its own one needs no mention). */
wrt_status wrt__rt_uses(struct wrt__rt *rt, uint32_t task, uint32_t instance);
/* Time begins: release k of a task is at now + offset + k * period.  cost [On] */
wrt_status wrt__rt_start(struct wrt__rt *rt, uint64_t now, wrt_error *err);
/* A task that was added after the start: its first release is at now + offset.  cost [On] the hyperperiod */
wrt_status wrt__rt_begin(struct wrt__rt *rt, uint32_t task, uint64_t now);
/* Ends a task: no release any more; its unfinished job is gone (the owner cancels it), without news; its
 * number becomes free.  errors WRT_E_STATE a slot names it  cost [On] */
wrt_status wrt__rt_remove(struct wrt__rt *rt, uint32_t task, uint64_t now);

/* ---- what happens ------------------------------------------------------------------------------------ */

enum wrt__rt_kind {
    WRT__RT_RELEASE, /* a job is there (also a queued one) */
    WRT__RT_SKIP, /* a release, or a queued job, came to nothing; `more` releases behind it as well */
    WRT__RT_CONTINUE, /* a release made the stopped job `job` go on; `number` is the release's */
    WRT__RT_START, /* first fuel; `at` is where it was spent from */
    WRT__RT_SLICE_BEGIN, /* has the processor */
    WRT__RT_SLICE_END,
    WRT__RT_END_DONE,
    WRT__RT_END_FAILED, /* cause REPORT, or OVERRUN: the owner makes it trap, "out of fuel" */
    WRT__RT_ABORT, /* cause LATE, OVERRUN, MODE: the owner cancels the job and resets its instance */
    WRT__RT_MISS,
    WRT__RT_OVERRUN,
    WRT__RT_SUSPEND, /* cause OVERRUN or MODE: stops where it is */
    WRT__RT_MODE_CHANGE, /* from, to, cause OVERRUN (of task), MISS (of task), HOST, QUIET */
    WRT__RT_EXHAUSTED, /* server; the task that met it */
    WRT__RT_REPLENISHED, /* server; fuel: what it holds now */
    WRT__RT_KINDS
};
enum wrt__rt_cause {
    WRT__RT_BY_REPORT,
    WRT__RT_BY_LATE,
    WRT__RT_BY_OVERRUN,
    WRT__RT_BY_MODE,
    WRT__RT_BY_MISS,
    WRT__RT_BY_HOST,
    WRT__RT_BY_QUIET
};
struct wrt__rt_news {
    uint64_t at;                /* when it happened, also when it is noticed later */
    uint64_t job, number;       /* the job; the release of CONTINUE and SKIP */
    uint64_t fuel;              /* that the job has used in all */
    uint64_t release, deadline; /* of the job; absolute, UINT64_MAX none */
    uint64_t more;
    uint32_t task, server;      /* WRT__RT_NONE */
    uint8_t kind, cause, from, to;
};

/* Does the next thing that is due at or before `now`, and tells it; false: nothing more at `now`, and who
 * runs is settled. Needs no memory whatever it tells: what concerns many tasks is told one after the other.
 */
bool wrt__rt_poll(struct wrt__rt *rt, uint64_t now, struct wrt__rt_news *out);
/* When poll will next have something to do by itself. UINT64_MAX: never.  cost [O1] */
uint64_t wrt__rt_next_event(const struct wrt__rt *rt);
/* Can nothing of others take the processor from the running job? Then only what concerns itself is a horizon.
 */
bool wrt__rt_alone(const struct wrt__rt *rt);
/* Before which event must the blocks of the running job fit (fuel clock)? UINT64_MAX: none.  cost [O1] */
uint64_t wrt__rt_horizon(const struct wrt__rt *rt);
/* Would poll have something to do, and a running job so be interrupted?  cost [O1] */
bool wrt__rt_pending(const struct wrt__rt *rt, uint64_t now);

struct wrt__rt_pick {
    uint64_t job;
    uint64_t hard_fuel;         /* not one unit more; WRT__RT_NO_LIMIT */
    int64_t soft_fuel;          /* a block begins above 0 only, and may overdraw it; INT64_MAX none */
    uint32_t task;
    bool fresh;                 /* the job begins now */
};
/* Who has the processor; after wrt__rt_poll returned false. false: nobody can run.  cost [O1] */
bool wrt__rt_pick(struct wrt__rt *rt, struct wrt__rt_pick *out);

enum wrt__rt_how {
    WRT__RT_STILL, /* cut by an event, the horizon or a look at the outside: keeps the processor */
    WRT__RT_SLICE, /* the soft limit is used up, or the guest gave its turn up */
    WRT__RT_BUDGET, /* the next block does not fit into the hard limit */
    WRT__RT_DONE,
    WRT__RT_FAILED,
    WRT__RT_WAITING /* for the host, until wrt__rt_wake */
};
/* What the picked job did: `fuel` since the pick, up to `now`.
 * errors  WRT_E_STATE nobody was picked */
wrt_status wrt__rt_report(struct wrt__rt *rt, enum wrt__rt_how how, uint64_t fuel, uint64_t now);
/* It needs an instance in which the job of `owner` stands (WRT__RT_NONE: somebody who is not of this
 * schedule): waits until wrt__rt_wake, and lends the owner its rank meanwhile. The entry into its own
 * `instance` needs no word: poll sees to it.
 * errors  WRT_E_DEADLOCK the owner waits for it: the job has not ended, report it as FAILED;
 * WRT_E_STATE nobody was picked, or the owner has no job that stands anywhere
 * cost [On] in the chain and in the waiters */
wrt_status wrt__rt_report_locked(struct wrt__rt *rt, uint32_t owner, uint64_t fuel, uint64_t now);
/* The wait of `task` is over. WRT_E_STATE: it does not wait. */
wrt_status wrt__rt_wake(struct wrt__rt *rt, uint32_t task, uint64_t now);
/* It waits for another owner now (the instance has been handed on). Errors as wrt__rt_report_locked. */
wrt_status wrt__rt_wait_for(struct wrt__rt *rt, uint32_t task, uint32_t owner);
/* Of two waiting jobs, does the one of a come first? By rank, where ranks are lent; else by the wait's age.
 */
bool wrt__rt_before(const struct wrt__rt *rt, uint32_t a, uint32_t b);
/* The job of `task` stands in one more instance, or has left it: for ceilings, nothing else.
 * errors  WRT_E_STATE another job stands there, or not this one */
wrt_status wrt__rt_enter(struct wrt__rt *rt, uint32_t task, uint32_t instance);
wrt_status wrt__rt_leave(struct wrt__rt *rt, uint32_t task, uint32_t instance);

/* The host releases a job of a sporadic task, at `now`.
 * errors  WRT_E_STATE too early after the last one, not begun, or the task is not sporadic */
wrt_status wrt__rt_release(struct wrt__rt *rt, uint32_t task, uint64_t now);
/* The host wants another mode. errors  WRT_E_ARG; WRT_E_STATE lower, and a job of a kept task is unfinished
 */
wrt_status wrt__rt_mode(struct wrt__rt *rt, enum wrt__rt_mode mode, uint64_t now);

/* ---- figures ------------------------------------------------------------------------------------------ */

struct wrt__rt_stats {
    uint64_t releases, starts, done, failed, aborted, skipped, continued, missed, overruns, suspended;
    uint64_t response_max_ns, response_sum_ns;          /* release to end, of jobs that are done */
    uint64_t start_min_ns, start_max_ns;                /* release to first fuel; min is UINT64_MAX before */
    uint64_t fuel_max, fuel_sum;                        /* of ended jobs; of everything */
    uint64_t slices;
};
struct wrt__rt_totals {
    uint64_t slices, mode_raises, mode_returns, exhausted, replenished, idle_picks;
    uint64_t hyperperiod_ns;    /* WRT__RT_NO_LIMIT: beyond 2^63 */
    uint32_t mode, tasks;
};
enum wrt__rt_state {
    WRT__RT_NO_JOB, WRT__RT_READY, WRT__RT_RUNNING, WRT__RT_BLOCKED, WRT__RT_LOCKED, WRT__RT_SUSPENDED
};
struct wrt__rt_job {
    uint64_t job, release, deadline, fuel, fuel_left;   /* what is left of its budget */
    uint32_t blocker;           /* LOCKED: whose job stands in its way */
    uint8_t state;
    bool started, missed, dropped, queued, throttled;   /* queued: another one waits behind it */
};
/* Written by the thread of the schedule only. NULL: no such task. */
const struct wrt__rt_stats *wrt__rt_stats(const struct wrt__rt *rt, uint32_t task);
void wrt__rt_totals(const struct wrt__rt *rt, struct wrt__rt_totals *out);
uint32_t wrt__rt_unfinished(const struct wrt__rt *rt);       /* jobs, queued ones too; looks at every task */
bool wrt__rt_job(const struct wrt__rt *rt, uint32_t task, struct wrt__rt_job *out);
const struct wrt__rt_task_opts *wrt__rt_task(const struct wrt__rt *rt, uint32_t task);
const char *wrt__rt_kind_name(enum wrt__rt_kind kind);
/* Looks through everything and asserts what must hold. For tests.  cost [On^2] */
void wrt__rt_check(const struct wrt__rt *rt);

#endif
