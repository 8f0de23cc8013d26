/* rt: what the files of the real-time schedule share. Each of them owns one idea:
 *
 *     rt_heap.c    who is least, by three words         rt_lock.c    waits, lent ranks, instances, ceilings
 *     rt_rank.c    the policies: the rank of a job      rt_server.c  servers
 *     rt_job.c     releases, ends, deadlines            rt_mode.c    criticality modes
 *     rt_table.c   slots                                rt_drive.c   order of events, choice, reports
 *     realtime.c   making, figures
 *
 * One function, wrt__rt_settle, decides from the state of a job whether it is in the ready heap and where;
 * who changes a state calls it and never touches the heap. */
#ifndef WRT_SRC_SCHED_RT_H
#define WRT_SRC_SCHED_RT_H

#include "sched/realtime.h"

#define RT_NEVER UINT64_MAX

/* Least first; `a`, then `b`, then `c`. */
struct rt_rank {
    uint64_t a, b, c;
};
struct rt_item {
    struct rt_rank rank;
    uint32_t who;
};
struct rt_heap {
    struct rt_item *items;
    uint32_t *pos;              /* of each `who`; WRT__RT_NONE: not in it */
    uint32_t count;
};

static inline bool rt_rank_before(const struct rt_rank *x, const struct rt_rank *y)
{
    if (x->a != y->a) return x->a < y->a;
    if (x->b != y->b) return x->b < y->b;
    return x->c < y->c;
}

static inline uint64_t rt_add(uint64_t a, uint64_t b) { return a + b < a ? RT_NEVER : a + b; }
static inline uint64_t rt_mul(uint64_t a, uint64_t b) { return b && a > UINT64_MAX / b ? RT_NEVER : a * b; }

enum rt_wait {
    RT_WAIT_NOT,
    RT_WAIT_HOST,
    RT_WAIT_LOCK,               /* reported: wake and wait_for manage it */
    RT_WAIT_ENTRY,              /* for its own instance, before it begins */
    RT_WAIT_CEILING             /* stack resource policy: may not begin yet */
};

/* A queued job is only its release. */
struct rt_release {
    uint64_t number, release, deadline;
    bool missed;
};

struct rt_task {
    struct wrt__rt_task_opts o;
    struct wrt__rt_stats stats;
    bool used, begun, has_slot;
    uint8_t band;
    /* releases */
    uint64_t next_number, last_release;
    /* the unfinished job */
    struct rt_release job, queued;
    bool has_job, has_queued;
    bool entered;               /* has had the processor: stands in its instance */
    bool told;                  /* somebody ran it: no longer fresh */
    bool started, extended, overran;
    bool suspended;             /* by an overrun, until the next release */
    bool dropped;               /* by a mode, until the first release after the return */
    bool linger;                /* is to be dropped and not to be preempted: runs to its end */
    uint8_t drop_mode;          /* budgets of a dropped job are those of this mode */
    uint64_t fuel, fuel_base, fuel_extra;       /* in all; when the budget was last fresh; granted on top */
    uint64_t order;             /* s */
    int64_t slice;
    /* settled by rt_lock.c */
    struct rt_rank rank;        /* effective */
    bool calls;                 /* whoever is in its way is to run for it */
    bool pulled;                /* somebody who waits for it calls */
    bool able;                  /* could run, did its server hold fuel and were it its slot */
    bool busy;                  /* counted in rt->busy */
    /* waits */
    uint8_t wait;
    uint32_t waits_for, first_waiter, next_waiter, prev_waiter;
    uint32_t wait_instance;
    uint32_t instances;         /* that the job stands in: a list */
    uint32_t next_member;       /* of its server */
};

struct rt_server {
    struct wrt__rt_server_opts o;
    uint64_t fuel;              /* q */
    uint64_t deadline;          /* d, cbs */
    bool exhausted;
    bool moved;                 /* a new deadline that waiting members do not know yet */
    uint32_t able;              /* members that could run */
    uint32_t members;           /* a list */
    /* sporadic */
    bool span;
    uint64_t span_at, span_fuel;
    uint32_t pending_count;
    struct rt_refill {
        uint64_t at, fuel;
    } pending[WRT__RT_REPLENISHMENTS];
};

struct rt_instance {
    uint32_t owner, users;
    bool listed;                /* among those with a ceiling that are in use */
    uint32_t next;              /* of the same job */
    uint32_t next_used, prev_used;      /* of the listed ones, latest first */
    struct rt_rank ceiling;     /* rank (priority, rm), or preemption level: band, D */
};

struct rt_slot {
    uint64_t at, length, rounds;        /* rounds of the table that were skipped, and are told of this slot */
    uint32_t task;
};

enum { RT_NEWS_MAX = 16 };

struct wrt__rt {
    struct wrt__rt_opts o;
    bool is_started, lends, has_ceilings;
    uint32_t tasks_count, servers_count, slots_count;   /* highest number in use + 1 */
    struct rt_task *tasks;
    struct rt_server *servers;
    struct rt_slot *slots;
    struct rt_instance *instances;
    uint32_t used_instances;
    struct rt_heap ready, releases, deadlines, refills;
    uint64_t now;               /* of the latest call */
    uint64_t at;                /* of what happens just now; may lie before `now` */
    uint64_t origin, orders;
    /* the processor */
    uint32_t running;           /* has it; WRT__RT_NONE */
    bool holds;                 /* and is not to be preempted */
    bool servers_moved;
    bool picked, unsettled;     /* handed out and not reported; the choice may have changed */
    uint64_t picked_at;
    /* modes */
    uint8_t mode, from_mode;    /* now; before the latest change */
    uint8_t wanted_mode;        /* of the host; WRT__RT_MODES: none */
    uint64_t wanted_at;
    uint32_t sweep;             /* the next task to look at after a change; tasks_count: none */
    uint64_t fault_at, return_looked;
    uint64_t hyperperiod, return_wait, miss_window;
    uint64_t *misses;           /* the latest ones, a ring of 2 * threshold + 1 */
    uint32_t misses_count, misses_next;
    uint32_t busy[WRT__RT_LEVELS], busy_degraded;       /* tasks with jobs that no return may overlook */
    /* table */
    uint64_t cycle, slot_base, slot_end, rounds;        /* rounds: skipped ones */
    uint32_t slot_next, slot_task;      /* the task of the current slot */
    /* news */
    struct wrt__rt_news news[RT_NEWS_MAX];
    uint32_t news_first, news_count;
    struct wrt__rt_totals totals;
};

static inline struct rt_task *rt_task_at(const struct wrt__rt *rt, uint32_t i)
{
    WRT_ASSERT(i < rt->tasks_count);
    return &rt->tasks[i];
}
static inline uint32_t rt_number(const struct wrt__rt *rt, const struct rt_task *t)
{
    return (uint32_t)(t - rt->tasks);
}
static inline bool rt_level_kept(uint8_t level, uint8_t mode)
{
    return mode == WRT__RT_NORMAL || level > mode; /* high: B and above, critical: C and above */
}
static inline bool rt_kept(const struct wrt__rt *rt, const struct rt_task *t)
{
    return rt_level_kept(t->o.level, rt->mode) || t->o.on_drop == WRT__RT_DROP_DEGRADE;
}
static inline struct rt_server *rt_server_of(const struct wrt__rt *rt, const struct rt_task *t)
{
    return t->o.server == WRT__RT_NONE ? NULL : &rt->servers[t->o.server];
}
static inline bool rt_ready(const struct wrt__rt *rt, const struct rt_task *t)
{
    return rt->ready.pos[rt_number(rt, t)] != WRT__RT_NONE;
}

/* rt_heap.c */
void wrt__rt_heap_set(struct rt_heap *h, uint32_t who, const struct rt_rank *rank);    /* inserts or moves */
void wrt__rt_heap_remove(struct rt_heap *h, uint32_t who);     /* nothing when it is not there */
/* The same for times; RT_NEVER removes. */
void wrt__rt_heap_time(struct rt_heap *h, uint32_t who, uint64_t at);
static inline uint64_t rt_heap_time(const struct rt_heap *h)
{
    return h->count ? h->items[0].rank.a : RT_NEVER;
}

static inline uint64_t rt_heap_time_of(const struct rt_heap *h, uint32_t who)
{
    return h->pos[who] == WRT__RT_NONE ? RT_NEVER : h->items[h->pos[who]].rank.a;
}

/* rt_rank.c */
struct rt_rank wrt__rt_rank(const struct wrt__rt *rt, const struct rt_task *t);
uint8_t wrt__rt_band(const struct wrt__rt *rt, const struct wrt__rt_task_opts *o);
/* Ranks of priority with the same first word do not preempt each other. */
bool wrt__rt_preempts(const struct wrt__rt *rt, const struct rt_task *t, const struct rt_task *running);
/* For ceilings: the least rank, or preemption level, that a job of t can have. */
struct rt_rank wrt__rt_ceiling_of(const struct wrt__rt *rt, const struct rt_task *t);

/* rt_lock.c */
void wrt__rt_settle(struct wrt__rt *rt, struct rt_task *t);
void wrt__rt_wait_link(struct wrt__rt *rt, struct rt_task *t, uint8_t why, uint32_t owner, uint32_t instance);
void wrt__rt_wait_end(struct wrt__rt *rt, struct rt_task *t); /* by a wake-up, or because the job is gone */
bool wrt__rt_wait_cycle(const struct wrt__rt *rt, const struct rt_task *t, uint32_t owner);
/* May the job, the first in rank, have the processor for the first time? false: it waits now. */
bool wrt__rt_may_enter(struct wrt__rt *rt, struct rt_task *t);
void wrt__rt_stand_in(struct wrt__rt *rt, struct rt_task *t, uint32_t instance);
void wrt__rt_stand_out(struct wrt__rt *rt, struct rt_task *t);         /* of all, at its end */
void wrt__rt_ask_later(struct wrt__rt *rt, struct rt_task *t);         /* has not begun, and shall not now */
void wrt__rt_ceiling_fold(struct wrt__rt *rt, const struct rt_task *t, uint32_t instance);

/* rt_job.c */
void wrt__rt_take_order(struct wrt__rt *rt, struct rt_task *t); /* the tail of the ready jobs, a new slice */
int64_t wrt__rt_quantum(const struct wrt__rt *rt, const struct rt_task *t);
void wrt__rt_release_at(struct wrt__rt *rt, struct rt_task *t, uint64_t deadline); /* now; RT_NEVER: none */
void wrt__rt_skip_many(struct wrt__rt *rt, struct rt_task *t, uint64_t count);  /* count > 0 releases */
/* Of the releases at rt->at, + step, .. up to rt->now: how many are too many to be done one by one? */
uint64_t wrt__rt_too_late(const struct wrt__rt *rt, uint64_t step);
void wrt__rt_end(struct wrt__rt *rt, struct rt_task *t, uint8_t kind, uint8_t cause);
void wrt__rt_arm_deadline(struct wrt__rt *rt, struct rt_task *t);
void wrt__rt_miss(struct wrt__rt *rt, struct rt_task *t); /* the earlier of its deadlines has passed */
void wrt__rt_drop_queued(struct wrt__rt *rt, struct rt_task *t);
void wrt__rt_forget_job(struct wrt__rt *rt, struct rt_task *t);        /* it has ended; without news */
bool wrt__rt_late(const struct rt_task *t, uint64_t now); /* its job is unfinished beyond its deadline */
uint64_t wrt__rt_fuel_left(const struct wrt__rt *rt, const struct rt_task *t);
void wrt__rt_overrun(struct wrt__rt *rt, struct rt_task *t);

/* rt_server.c */
void wrt__rt_server_able(struct wrt__rt *rt, struct rt_task *t, bool able);
void wrt__rt_server_spend(struct wrt__rt *rt, struct rt_task *t, uint64_t fuel);
void wrt__rt_server_exhausted(struct wrt__rt *rt, struct rt_task *t);
void wrt__rt_server_refill(struct wrt__rt *rt, uint32_t server);       /* what is due at rt->at */
void wrt__rt_servers_settle(struct wrt__rt *rt); /* members learn a deadline that an arrival has changed */

/* rt_mode.c */
void wrt__rt_raise(struct wrt__rt *rt, uint8_t mode, uint8_t cause, const struct rt_task *t);
void wrt__rt_lower(struct wrt__rt *rt, uint8_t mode, uint8_t cause);
void wrt__rt_sweep_one(struct wrt__rt *rt);
void wrt__rt_drop_now(struct wrt__rt *rt, struct rt_task *t);
void wrt__rt_count_miss(struct wrt__rt *rt, const struct rt_task *t);
bool wrt__rt_kept_idle(const struct wrt__rt *rt);
uint64_t wrt__rt_return_at(const struct wrt__rt *rt);                  /* RT_NEVER */
bool wrt__rt_try_return(struct wrt__rt *rt);
void wrt__rt_hyperperiod(struct wrt__rt *rt);

/* rt_table.c */
uint64_t wrt__rt_table_next(const struct wrt__rt *rt);
void wrt__rt_table_step(struct wrt__rt *rt);           /* what is due at rt->at: one end or one beginning */

/* rt_drive.c */
struct wrt__rt_news *wrt__rt_say(struct wrt__rt *rt, const struct rt_task *t, uint8_t kind, uint8_t cause);
void wrt__rt_leave_processor(struct wrt__rt *rt, const struct rt_task *t);

#endif
