/* core: one core of a task set. Joins the schedule (sched/realtime.h), which says who runs and until when, to
 * the executor of a store, which runs it; or to a host that runs the jobs itself. Tells what happened: trace,
 * hook, figures. Must not know names or options as the public gives them. docs/scheduling.md. */
#ifndef WRT_SRC_EXECUTOR_CORE_H
#define WRT_SRC_EXECUTOR_CORE_H

#include "executor/executor.h"
#include "sched/realtime.h"
#include <wrt/sched.h>

/* A record that any thread may read while its one writer goes on: two copies, the reader takes the one that
 * is not being written, and never waits for a writer that was preempted. */
enum { WRT__BOX_WORDS = 44 };
struct wrt__box {
    _Atomic uint32_t turn;              /* odd: copy 0 is being written, copy 1 stands */
    _Atomic uint32_t words[2][WRT__BOX_WORDS];
};
void wrt__box_put(struct wrt__box *b, const void *record, size_t bytes);
void wrt__box_get(const struct wrt__box *b, void *record, size_t bytes);

enum { WRT__MENDS_NOT, WRT__MENDS_START, WRT__MENDS_INIT };
struct wrt__job {                       /* what runs the jobs of one task */
    struct wrt__core *core;
    struct wrt__task *task;             /* NULL: the host */
    const uint64_t *args;               /* kept by the set */
    uint32_t func;                      /* in the store */
    uint32_t place;                     /* its number on this core */
    uint32_t number;                    /* in the set */
    uint64_t begun;                     /* the job that was begun last, + 1; 0: none */
    uint8_t mends;                      /* its instance is being made anew: WRT__MENDS_* */
    uint32_t offset;                    /* the host runs it: its place by the last report, with func */
    wrt_status status;
    _Atomic uint32_t asked;             /* the host wants a release */
    uint64_t refused, response_min;
    struct wrt__box box;                /* wrt_sched_task_stats */
};

enum { WRT__ASK_MODE = 1, WRT__ASK_RELEASE = 2, WRT__ASK_STOP = 4 };
enum wrt__core_turn {
    WRT__CORE_ON,                       /* something was done */
    WRT__CORE_UNTIL,                    /* the time asked for is reached */
    WRT__CORE_BOUND,                    /* the fuel asked for is spent */
    WRT__CORE_SLEEP,                    /* nobody is ready before the next event, at core.next */
    WRT__CORE_STOPPED
};

struct wrt__core {
    struct wrt__rt *rt;                 /* NULL before preparing */
    void *memory;                       /* what it lies in */
    size_t memory_bytes;
    struct wrt__executor *x;            /* NULL: the host runs the jobs, or the store is gone */
    const wrt_sched_opts *opts;         /* with every default filled in; kept by the set */
    const wrt_alloc *alloc;
    const wrt_host *host;
    struct wrt__job *jobs;
    uint32_t jobs_count;
    const uint32_t *servers;            /* number on this core -> in the set */
    uint32_t number;
    bool started, lost;                 /* lost: its store was freed under it */
    uint64_t epoch;                     /* time 0 on the clock of the store */
    uint64_t now;                       /* the host runs the jobs by its clock: the time of the last call */
    /* the host runs the jobs: fuel up to the horizon, and up to where it looks up; what the job had spent
     * before its grant; time that passed with fuel */
    uint64_t horizon, look, job_fuel, busy;
    uint64_t next;                      /* the next event */
    int64_t bound;                      /* fuel that this call may still spend; INT64_MAX: any */
    uint64_t until;
    _Atomic uint32_t asked;             /* WRT__ASK_* */
    _Atomic uint32_t mode_asked;        /* + 1 */
    uint32_t lower;                     /* mode + 1 that waits for an idle instant */
    uint32_t behind;                    /* jobs that wait for an instance of an ordinary task */
    bool stopped;                       /* how its thread ended */
    bool granted, fresh;                /* the host has a grant that it has not reported */
    struct wrt__rt_pick pick;
    uint32_t last;                      /* who had the processor: its place, or none */
    uint64_t decisions, switches, preemptions, background, idle;
    wrt_sched_stats sum;                /* of events */
    struct wrt__box box;                /* wrt_sched_stats */
    wrt_status pinned, os_policy, locked;
    char os_text[128];
};

/* ---- life (core.c) ---------------------------------------------------------------------------------- */

void wrt__core_init(struct wrt__core *c, uint32_t number, const wrt_sched_opts *o, const wrt_alloc *alloc,
    const wrt_host *host);
/* The store's executor belongs to this core from now on. */
void wrt__core_claim(struct wrt__core *c, struct wrt__executor *x);
/* The executor is let go: jobs under way are dropped, their instances reset. Harmless without one. */
void wrt__core_release(struct wrt__core *c);
/* Gives back all memory; the executor has been let go. */
void wrt__core_fini(struct wrt__core *c);
/* Makes the task that runs the jobs, with a whole stack. */
wrt_status wrt__job_prepare(
    struct wrt__job *j, struct wrt__executor *x, wrt_str name, uint64_t stack_bytes, wrt_error *err);

/* Time 0 is now. */
wrt_status wrt__core_start(struct wrt__core *c, uint64_t epoch, wrt_error *err);
uint64_t wrt__core_now(const struct wrt__core *c);
/* Does what is due and runs one job, background task or nothing, once. */
enum wrt__core_turn wrt__core_turn(struct wrt__core *c);
/* Nobody is ready: fuel clock: the time goes to the next event, or to `until`; else sleeps. false: nothing
 * will ever happen by itself. */
bool wrt__core_idle(struct wrt__core *c);
void wrt__core_ask(struct wrt__core *c, uint32_t what);      /* any thread, signal safe */
/* Between these the executor is driven by the core and by nobody else. false: it is driven already. */
bool wrt__core_enter(struct wrt__core *c);
void wrt__core_leave(struct wrt__core *c);
/* News and choice, in c->pick. false: nobody. */
bool wrt__core_choose(struct wrt__core *c);
/* For hosts that run the jobs. grant: chooses, c->pick and c->horizon say what for; false: nobody is ready up
 * to at_ns. report: errors WRT_E_STATE no grant; WRT_E_ARG more than it */
bool wrt__core_grant(struct wrt__core *c, uint64_t at_ns);
wrt_status wrt__core_report(
    struct wrt__core *c, enum wrt__rt_how how, uint64_t fuel, bool no_fit, uint64_t now);
/* ---- what is told (news.c) --------------------------------------------------------------------------- */

/* Everything that is due at `now`. false: to be stopped, or the time of this run is over, before all was
 * told. */
bool wrt__core_poll(struct wrt__core *c, uint64_t now);
void wrt__core_publish(struct wrt__core *c);
void wrt__job_publish(struct wrt__job *j);
/* The job ends, or is dropped: what it stands in is reset unless it is done. */
void wrt__job_end(struct wrt__job *j, enum wrt_task_state state, wrt_status status);
uint64_t wrt__job_trace_id(const struct wrt__job *j);

/* Ceilings: the schedule hears of jobs that enter and leave this instance. */
void wrt__core_watch(struct wrt__core *c, struct wrt_instance *i);

#endif
