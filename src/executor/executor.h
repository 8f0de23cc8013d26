/* executor: the loop of one store. Tasks, the fuel accounts that pay for them, the inbox through which the
 * outside completes, timers and watched descriptors. Asks sched who is next, lets the engine run a strand,
 * books what it spent. Must not know values, names or WASI. docs/architecture.md "The executor",
 * docs/fuel.md. */
#ifndef WRT_SRC_EXECUTOR_H
#define WRT_SRC_EXECUTOR_H

#include <stdatomic.h>
#include "base/base.h"
#include "engine/engine.h"
#include "port/port.h"
#include "sched/sched.h"
#include "trace/trace.h"
#include <wrt/diag.h>
#include <wrt/task.h>

struct wrt__executor;
enum { WRT__POLL_FUEL = 10000 };         /* default of wrt_store_opts.poll_fuel: see executor.c */
struct wrt__task;
struct wrt__job;                        /* core.h */
struct wrt__core;
/* What tasks and locks tell the core of a task set. By pointer, so that a board without task sets does not
 * carry them: ready: the wait of a job is over; before: of two jobs that wait, does a come first; resolve: an
 * owner changed, or began to wait; disturbs: is something due that an ordinary task makes room for; release:
 * the executor goes away. */
struct wrt__core_ops {
    void (*ready)(struct wrt__job *j);
    bool (*before)(const struct wrt__job *a, const struct wrt__job *b);
    void (*resolve)(struct wrt__core *c);
    bool (*disturbs)(struct wrt__core *c);
    void (*release)(struct wrt__core *c);
    uint64_t (*trace_id)(const struct wrt__job *j);
};

/* Catalogue numbers of this room and of the calls on tasks. */
enum {
    WRT__W_ARG_COUNT = 210,
    WRT__W_ARG_TYPE,
    WRT__W_RESULT_COUNT,
    WRT__W_RESULT_TYPE,
    WRT__W_OTHER_STORE,
    WRT__W_STALE_TASK,
    WRT__W_INSIDE,
    WRT__W_OPTION,
    WRT__W_STALE_GROUP,
    WRT__W_NO_WAKE,
    WRT__W_TRAP = 300, /* + wrt_trap_code */
    WRT__W_CANCELLED = 350,
    WRT__W_EXIT,
    WRT__W_POISONED,
    WRT__W_HOST_STATUS,
    WRT__W_NOT_DEFERRED,
    WRT__W_TABLE_FULL = 401,
    WRT__W_TASK_NO_ROOM = 402
};

/* ---- fuel accounts (account.c) ------------------------------------------------------------------- */

/* The store and every group. What a task itself has spent is in its strand; here it is booked after each run.
 */
struct wrt__account {
    struct wrt__account *parent;        /* NULL: the store */
    uint64_t budget;                    /* WRT_FUEL_UNLIMITED */
    uint64_t guest, host;               /* booked by everything below */
    uint64_t gone;                      /* the part of it that was spent by tasks that are closed */
    struct wrt__list starved;           /* tasks that wait for it to be refuelled, by entity.link */
    char name[32];
};

/* ---- completions and the inbox (inbox.c) ---------------------------------------------------------- */

enum { WRT__ATTN_POSTED = 1, WRT__ATTN_STOP = 2, WRT__ATTN_RESCHED = 4 };
#define WRT__NO_TIMER UINT32_MAX

/* A slot that was reserved by wrt_defer. The id is (generation, index + 1). The generation is odd while the
 * slot can be completed: whoever steps it from odd to even has won it, so nobody completes twice. */
struct wrt__completion {
    _Atomic uint32_t generation;
    uint32_t next;                      /* in the inbox or the free list: index + 1 */
    uint32_t index;
    wrt_status status;
    uint64_t scalar;
    /* below: the store's thread only */
    struct wrt__task *task;             /* NULL: nobody waits any more */
    wrt_finish_fn finish;
    wrt_on_cancel on_cancel;
    void *ctx;
    uint32_t timer;                     /* place in the heap */
    struct wrt__watch *watches;
};

struct wrt__watch {
    struct wrt__completion *completion;
    struct wrt__watch *next;            /* of the same completion */
    uint64_t id;
    int fd;
    bool fired;                         /* one-shot: the port has forgotten it */
};

enum { WRT__INBOX_CHUNK = 16, WRT__INBOX_CHUNKS = 18 };
/* Counted; outlives the store. Slots lie in chunks of doubling size that never move. `published` is stored
 * after a chunk is in place, so a thread that read an index below it may follow the pointer. */
struct wrt_inbox {
    wrt_alloc alloc;
    _Atomic uint32_t refs;
    _Atomic uint32_t attention;         /* WRT__ATTN_*: what a running strand looks at */
    _Atomic uint32_t awake; /* the store's loop runs and will look at `attention` before it sleeps */
    _Atomic uint32_t head;              /* posted completions, newest first: index + 1 */
    _Atomic uint32_t published;
    _Atomic uint32_t has_poll;
    struct wrt__poll *poll;
    void (*wake)(void *ctx);
    void *wake_ctx;
    uint32_t max, count, free_head;
    struct wrt__completion *chunks[WRT__INBOX_CHUNKS];
};

wrt_status wrt__inbox_new(const wrt_alloc *alloc, const wrt_host *host, uint32_t max, struct wrt_inbox **out);
wrt_status wrt__inbox_take(
    struct wrt_inbox *b, struct wrt__completion **out); /* E_LIMIT, E_NOMEM; not armed */
void wrt__inbox_put(struct wrt_inbox *b, struct wrt__completion *c);               /* not armed, in no list */
wrt_status wrt__inbox_reserve(struct wrt_inbox *b); /* all that may ever be taken */
wrt_completion wrt__completion_arm(struct wrt__completion *c);
bool wrt__completion_win(struct wrt__completion *c, uint32_t generation);
/* The slot of a living id; NULL when it was completed, cancelled or never given. Store's thread. */
struct wrt__completion *wrt__inbox_find(const struct wrt_inbox *b, wrt_completion k);
void wrt__inbox_push(struct wrt_inbox *b, struct wrt__completion *c);              /* won and filled */
void wrt__inbox_ring(struct wrt_inbox *b); /* the store's loop looks up, or wakes. Any thread, signal safe */
/* Takes all that was posted, oldest first; the chain goes by `next`, NULL when empty. */
struct wrt__completion *wrt__inbox_take_posted(struct wrt_inbox *b);
struct wrt__completion *wrt__inbox_at(const struct wrt_inbox *b, uint32_t index);
bool wrt__inbox_poll(struct wrt_inbox *b);      /* opens the poll set; false: the platform has none */
void wrt__inbox_sleep(
    struct wrt_inbox *b, uint64_t until_ns, struct wrt__poll_event *events, size_t cap, size_t *n);

/* ---- tasks (task.c, lock.c) ------------------------------------------------------------------------ */

struct wrt__task {
    struct wrt__strand strand;          /* strand.task is this */
    struct wrt__executor *x;
    uint64_t id;
    struct wrt__entity entity; /* its link: ready queue, account->starved, or the blocker's `blocked` */
    uint8_t base_priority, state, on_empty;
    bool slice_open;                    /* interrupted: the rest of the slice is still its */
    bool preempted;                     /* stands in guest code, not in a call */
    bool finish_again;                  /* FUEL_OUT inside a finish function */
    wrt_status status;
    struct wrt__account *account;       /* pays too */
    struct wrt__account *starved_of;    /* FUEL_OUT, failed by WRT_E_FUEL: the empty account; NULL: its own */
    struct wrt__completion *completion; /* what it waits for */
    uint64_t budget, booked_guest, booked_host;
    uint64_t slice_fuel;                /* 0: the store's quantum */
    uint64_t slices, memory_peak;
    struct wrt__task *blocker;          /* LOCKED, priority policy: in whose `blocked` it is */
    struct wrt__list blocked;           /* priority policy: who waits for an instance of this task */
    struct wrt__job *job; /* it runs the jobs of a task set; the schedule of the set queues it */
    uint64_t (*refuel)(void *ctx, wrt_store *s, wrt_task t);
    void (*done)(void *ctx, wrt_store *s, wrt_task t, wrt_status st);
    void *ctx;
    char name[32];
};

enum { WRT__STACK_CACHE = 16, WRT__STACK_KEEP_SLOTS = 256 };
struct wrt__stack { uint64_t *p; uint32_t slots; };

struct wrt__executor {
    struct wrt__store *core;
    const wrt_alloc *alloc;
    wrt_host host;
    struct wrt__sched sched;
    struct wrt__slots tasks, groups, watches;
    struct wrt__account account;        /* the store's */
    struct wrt_inbox *inbox;
    struct wrt__heap timers;
    struct wrt__trace trace;
    struct wrt__task *running;
    struct wrt__completion *finishing;  /* whose finish function runs */
    struct wrt__account
        *short_of; /* with short_set: a wrt_charge of short_fuel failed; NULL: the task's own */
    uint64_t short_fuel;                /* what the call, made again, needs */
    bool short_set;
    bool short_time;                    /* not for want of fuel: it does not fit before the horizon */
    bool inside, closing, virtual_time;
    uint8_t cause;                      /* what `hard` of the running strand comes from: WRT__CAUSE_* */
    struct wrt__account *cause_account; /* WRT__CAUSE_ACCOUNT: NULL: the task's own */
    uint64_t quantum_fuel, poll_fuel, ns_per_kfuel;
    uint64_t idle_ns;                   /* virtual time that passed without fuel */
    uint64_t clock_fuel;                /* virtual time: fuel that idle_ns counts already */
    uint64_t event_ns;                  /* the next event of the task set that is being run; UINT64_MAX */
    bool undisturbed;                   /* a job of it runs for which timers are no horizon */
    struct wrt__core *core_loop;        /* the core of a task set that this store belongs to */
    const struct wrt__core_ops *core_ops;
    uint64_t last_task, switches, slices;
    uint64_t stepped; /* wrt_task_step: this task, and how it ended, should it be closed at once */
    wrt_status stepped_status;
    int64_t look_left;                  /* fuel until clock and descriptors are looked at again */
    uint32_t live, live_peak, waiting, starving;
    bool reserved;                      /* wrt__executor_reserve: nothing asks for memory any more */
    uint32_t stacks_count, stacks_cap;  /* of closed tasks; reserved: of every task that may ever be */
    struct wrt__stack *stacks, few_stacks[WRT__STACK_CACHE];
};
enum { WRT__CAUSE_NONE, WRT__CAUSE_ACCOUNT, WRT__CAUSE_HORIZON };

static inline wrt_store *wrt__task_store(const struct wrt__executor *x) { return x->core->owner; }
static inline bool wrt__task_ended(const struct wrt__task *t) { return t->state >= WRT_TASK_DONE; }

/* ---- making and driving (loop.c) ------------------------------------------------------------------- */

/* `host` is copied; members that are NULL are the port's. The store's attention and lock_free are set.
 * errors  WRT_E_ARG an option is out of range; WRT_E_NOMEM */
wrt_status wrt__executor_new(struct wrt__store *core, const wrt_store_opts *o, const wrt_host *host,
    struct wrt__executor **out, wrt_error *err);
/* Takes all the memory that tasks, completions, timers, watches and groups could ever need within the limits,
 * and a whole stack for every task; a second time takes nothing.
 * errors  WRT_E_NOMEM (err->table); what was taken stays and is used.  cost [On] in the limits */
wrt_status wrt__executor_reserve(struct wrt__executor *x, wrt_error *err);
/* Cancels every living task (their done callbacks run), then frees. Before wrt__store_fini. */
void wrt__executor_free(struct wrt__executor *x);
/* Runs funcs[func] as a task to its end: start functions, wrt_call_sync. args and results are slots.
 * errors  what the task ended with; WRT_E_STATE from inside the store; WRT_E_DEADLOCK; WRT_E_CANCELLED after
 * wrt_stop */
wrt_status wrt__executor_call(
    struct wrt__executor *x, uint32_t func, const uint64_t *args, uint64_t *results, wrt_error *err);
wrt_status wrt__executor_run(struct wrt__executor *x, const wrt_turn *turn);
wrt_status wrt__executor_wait(struct wrt__executor *x, uint64_t max_ns);
wrt_status wrt__executor_step(struct wrt__executor *x, struct wrt__task *t, uint64_t fuel);
int64_t wrt__executor_timeout(struct wrt__executor *x);
/* What the loop of a task set is made of. engine: runs t, which is in no queue, once; it is cut at about
 * `cut` fuel without ending its slice. look: clock and descriptors, when it is time. arrivals: what was
 * posted is delivered; false: wrt_stop. background: one ordinary task has a turn, `only` or the next that is
 * ready; false: wrt_stop. */
enum wrt__outcome wrt__loop_engine(struct wrt__task *t, int64_t cut);
void wrt__loop_look(struct wrt__executor *x);
bool wrt__loop_arrivals(struct wrt__executor *x);
bool wrt__loop_background(struct wrt__executor *x, struct wrt__task *only, int64_t cut);
void wrt__loop_enter(struct wrt__executor *x);
void wrt__loop_leave(struct wrt__executor *x);
/* Did a host function give up because wrt_charge had refused? */
bool wrt__loop_charge_failed(const struct wrt__task *t);
/* After WRT__RUN_BUDGET: is it the horizon that stopped it? The rest up to it passes idle. */
bool wrt__loop_at_horizon(const struct wrt__task *t);
/* Looks through every table and asserts what must hold: sums of fuel, counts, queues. For tests. */
void wrt__executor_check(struct wrt__executor *x);

/* ---- task.c ---------------------------------------------------------------------------------------- */

/* `o` is complete (every field present); args are slots of the right types. */
wrt_status wrt__task_start(struct wrt__executor *x, uint32_t func, const uint64_t *args,
    const wrt_task_opts *o, struct wrt__task **out, wrt_error *err);
struct wrt__task *wrt__task_find(const struct wrt__executor *x, wrt_task id);
void wrt__task_ready(struct wrt__task *t);                  /* the tail of its queue */
/* After WRT__RUN_BLOCKED: waits. false: for nothing. */
bool wrt__task_park(struct wrt__task *t);
/* A task that runs jobs, one after the other: ended, with a stack of its own of so many bytes (0: the limit).
 * errors  WRT_E_LIMIT (table "tasks"), WRT_E_NOMEM */
wrt_status wrt__task_for_job(struct wrt__executor *x, struct wrt__job *job, wrt_str name,
    uint64_t stack_bytes, struct wrt__task **out, wrt_error *err);
/* Its next job, which calls func: living again, in no queue.  errors  WRT_E_LIMIT the stack does not hold
 * args */
wrt_status wrt__task_restart(struct wrt__task *t, uint32_t func, const uint64_t *args);
/* A call of it has come to its end: the next one of the same job, with what it has spent. `mends`: the strand
 * may enter this instance though it is poisoned. */
wrt_status wrt__task_next_call(
    struct wrt__task *t, uint32_t func, const uint64_t *args, struct wrt_instance *mends);
/* It ends: releases what it holds, then calls `done`; the task may be gone afterwards. */
void wrt__task_end(struct wrt__task *t, enum wrt_task_state state, wrt_status status);
wrt_status wrt__task_cancel(struct wrt__task *t); /* WRT_E_STATE: ended, or it is the one that runs */
wrt_status wrt__task_close(struct wrt__executor *x, wrt_task id);
/* Fills err with how an ended task failed; returns its status. */
wrt_status wrt__task_failure(const struct wrt__task *t, wrt_error *err);
uint64_t wrt__task_memory_peak(const struct wrt__task *t);
/* One record of the trace; nothing when it is off. */
void wrt__task_trace(const struct wrt__task *t, uint32_t kind, uint32_t a, uint32_t b);
/* After WRT__RUN_LOCKED: waits for strand.wanted, or ends because nobody could ever give way. */
void wrt__task_lock_wait(struct wrt__task *t);
wrt_status wrt__task_lock_wait_job(
    struct wrt__task *t); /* the same for a job; WRT_E_DEADLOCK: it would be for ever */
struct wrt__task *wrt__task_lock_owner(const struct wrt__task *t);     /* LOCKED: who stands in its way */
struct wrt__task *wrt__task_lock_end(struct wrt__task *t);     /* who has to run first, along the chain */
void wrt__task_lock_forget(struct wrt__task *t); /* it no longer waits: takes it out of the queues */
uint8_t wrt__task_due_priority(const struct wrt__task *t);
void wrt__task_lock_free(struct wrt__store *s, struct wrt_instance *i);     /* store->lock_free */

/* ---- account.c ------------------------------------------------------------------------------------- */

void wrt__account_init(struct wrt__account *a, struct wrt__account *parent, uint64_t budget, wrt_str name);
/* Books what the task has spent since the last time, up the path. */
void wrt__account_book(struct wrt__task *t);
/* Sets strand.hard from the accounts and the horizon, and x->cause. */
void wrt__account_grant(struct wrt__task *t);
/* Could all accounts of t pay this? *lacks: who cannot; NULL: the task's own. What was spent is booked. */
bool wrt__account_holds(const struct wrt__task *t, uint64_t fuel, struct wrt__account **lacks);
/* A charge of host fuel, now: WRT_OK, or WRT_E_FUEL and x->short_* say who cannot pay. */
wrt_status wrt__account_charge(struct wrt__task *t, uint64_t fuel);
/* The budget of `a` (NULL: the task's own) does not hold the next block: by the task's policy. The task may
 * be gone. */
void wrt__account_empty(struct wrt__task *t, struct wrt__account *a);
void wrt__account_starve(struct wrt__task *t, struct wrt__account *a);      /* waits until `a` is refuelled */
void wrt__account_add(struct wrt__executor *x, struct wrt__account *a, uint64_t n);
void wrt__account_add_task(struct wrt__task *t, uint64_t n);
struct wrt__account *wrt__account_find(struct wrt__executor *x, wrt_group g); /* 0: the store; NULL: stale */
static inline uint64_t wrt__account_spent(const struct wrt__account *a) { return a->guest + a->host; }

/* ---- complete.c: arrivals; timer.c: clock, timers, descriptors ------------------------------------- */

wrt_status wrt__task_defer(
    struct wrt__task *t, wrt_finish_fn finish, wrt_on_cancel on_cancel, void *ctx, wrt_completion *out);
/* Nobody waits for it any more: disarms it; `tell`: on_cancel is called, also when it has been posted and not
 * yet delivered, so that of finish and on_cancel exactly one sees every deferred call to its end. */
void wrt__completion_drop(struct wrt__executor *x, struct wrt__completion *c, bool tell);
/* The same for one that was delivered and is kept for want of fuel. */
void wrt__completion_forget(struct wrt__executor *x, struct wrt__completion *c);
/* Delivers what has been posted. */
void wrt__executor_drain(struct wrt__executor *x);
void wrt__completion_deliver(struct wrt__executor *x, struct wrt__completion *c);

uint64_t wrt__clock_now(const struct wrt__executor *x);
uint64_t wrt__clock_scale(uint64_t fuel, uint64_t rate);    /* floor(fuel * rate / 1000), saturating */
uint64_t wrt__clock_most(uint64_t t, uint64_t rate);        /* the most fuel whose time is not above t */
/* Virtual time goes on from the present as if exactly `fuel`, of what was spent, were in it: what was spent
 * by others then has no part in how the time of it is rounded. */
void wrt__clock_rebase(struct wrt__executor *x, uint64_t fuel);
wrt_status wrt__timer_arm(struct wrt__executor *x, struct wrt__completion *c, uint64_t at_ns);
wrt_status wrt__watch_arm(struct wrt__executor *x, struct wrt__completion *c, int fd, uint32_t events);
void wrt__events_disarm(struct wrt__executor *x, struct wrt__completion *c);
/* Posts timers that are due and, with `descriptors`, descriptors that are ready; does not block. */
void wrt__events_look(struct wrt__executor *x, bool descriptors);
void wrt__events_sleep(struct wrt__executor *x, uint64_t max_ns);
/* Virtual time: jumps to the next timer or event; false when there is none. */
bool wrt__clock_jump(struct wrt__executor *x);
/* Virtual time: the most fuel after which the clock has not passed the next timer or event, UINT64_MAX
 * without one; or the time at_ns. */
uint64_t wrt__clock_horizon(const struct wrt__executor *x);
uint64_t wrt__clock_fuel_to(const struct wrt__executor *x, uint64_t at_ns);

#endif
