/* rt_lock: who waits for whom, and what follows from it: whether a job is in the ready heap and with which
 * rank. Waits form a forest (a cycle is refused), each task has the list of those who wait for its job. Under
 * the ceiling protocols instances have a ceiling: priority and rate monotonic lend it to who stands there,
 * under the policies by deadline a job that it stops waits for who stands there (stack resource policy, Baker
 * 1991). Must not know budgets or modes beyond `dropped`. docs/scheduling.md, "Locks". */
#include "sched/rt.h"

static bool lock_by_deadline(const struct wrt__rt *rt)
{
    return rt->o.policy == WRT__RT_EDF || rt->o.policy == WRT__RT_RM_EDF;
}

/* ---- settling --------------------------------------------------------------------------------------- */

/* The rank of its own: with the ceilings of where it stands. */
static struct rt_rank lock_own_rank(const struct wrt__rt *rt, const struct rt_task *t)
{
    struct rt_rank rank = wrt__rt_rank(rt, t);
    if (!rt->has_ceilings || lock_by_deadline(rt)) return rank;
    for (uint32_t i = t->instances; i != WRT__RT_NONE; i = rt->instances[i].next) {
        const struct rt_instance *instance = &rt->instances[i];
        if (instance->users < 2) continue;
        if (rt->o.policy == WRT__RT_PRIORITY) {
            if (instance->ceiling.a < rank.a) rank.a = instance->ceiling.a;
        } else if (rt_rank_before(&instance->ceiling, &rank)) {
            rank = instance->ceiling;
        }
    }
    return rank;
}

/* Renews t->rank, calls, pulled; true when one of them has changed. */
static bool lock_look_at_waiters(struct wrt__rt *rt, struct rt_task *t)
{
    bool own = t->has_job && !t->suspended && !t->dropped, pulled = false, changed;
    struct rt_rank rank = { UINT64_MAX, UINT64_MAX, UINT64_MAX };
    if (t->has_job && (own || !rt->lends)) rank = lock_own_rank(rt, t);
    for (uint32_t i = t->first_waiter; i != WRT__RT_NONE; i = rt->tasks[i].next_waiter) {
        const struct rt_task *w = &rt->tasks[i];
        if (!w->calls) continue;
        pulled = true;
        if (rt->lends && rt_rank_before(&w->rank, &rank)) rank = w->rank;
    }
    changed = t->pulled != pulled || t->calls != (own || pulled) || t->rank.a != rank.a || t->rank.b != rank.b
        || t->rank.c != rank.c;
    t->rank = rank;
    t->pulled = pulled;
    t->calls = own || pulled;
    return changed;
}

static bool lock_in_slot(const struct wrt__rt *rt, const struct rt_task *t)
{
    if (rt->o.policy != WRT__RT_TABLE || !t->has_slot) return true;
    return rt->slot_task == rt_number(rt, t);
}

/* Counted as unfinished for the return of the mode? A job that waits to be continued carries nothing over. */
static void lock_count_busy(struct wrt__rt *rt, struct rt_task *t)
{
    bool busy = (t->has_job && !t->suspended && !t->dropped) || t->has_queued;
    uint32_t *count = t->o.on_drop == WRT__RT_DROP_DEGRADE ? &rt->busy_degraded : &rt->busy[t->o.level];
    if (busy && !t->busy) (*count)++;
    if (!busy && t->busy) (*count)--;
    t->busy = busy;
}

void wrt__rt_settle(struct wrt__rt *rt, struct rt_task *t)
{
    for (;;) {
        const struct rt_server *server = rt_server_of(rt, t);
        bool changed = lock_look_at_waiters(rt, t);
        bool able = t->has_job && t->wait == RT_WAIT_NOT && !t->suspended && (!t->dropped || t->pulled);
        lock_count_busy(rt, t);
        if (server && able != t->able) {
            wrt__rt_server_able(rt, t, able);
            changed |= lock_look_at_waiters(rt, t); /* its deadline may be new */
        }
        t->able = able;
        if (able && lock_in_slot(rt, t) && !(server && server->exhausted)) {
            uint32_t pos = rt->ready.pos[rt_number(rt, t)];
            if (changed || pos == WRT__RT_NONE) wrt__rt_heap_set(&rt->ready, rt_number(rt, t), &t->rank);
        } else {
            wrt__rt_heap_remove(&rt->ready, rt_number(rt, t));
        }
        rt->unsettled = true;
        if (!changed || t->waits_for == WRT__RT_NONE) return;
        t = rt_task_at(rt, t->waits_for);
    }
}

/* ---- waits ------------------------------------------------------------------------------------------ */

static void lock_join(struct wrt__rt *rt, struct rt_task *t, uint32_t owner)
{
    struct rt_task *o = rt_task_at(rt, owner);
    uint32_t me = rt_number(rt, t);
    t->waits_for = owner;
    t->prev_waiter = WRT__RT_NONE;
    t->next_waiter = o->first_waiter;
    if (o->first_waiter != WRT__RT_NONE) rt->tasks[o->first_waiter].prev_waiter = me;
    o->first_waiter = me;
}

/* Returns the former owner; NULL: none. */
static struct rt_task *lock_part(struct wrt__rt *rt, struct rt_task *t)
{
    struct rt_task *o;
    if (t->waits_for == WRT__RT_NONE) return NULL;
    o = rt_task_at(rt, t->waits_for);
    if (t->prev_waiter != WRT__RT_NONE) {
        rt->tasks[t->prev_waiter].next_waiter = t->next_waiter;
    } else {
        o->first_waiter = t->next_waiter;
    }
    if (t->next_waiter != WRT__RT_NONE) rt->tasks[t->next_waiter].prev_waiter = t->prev_waiter;
    t->waits_for = t->next_waiter = t->prev_waiter = WRT__RT_NONE;
    return o;
}

bool wrt__rt_wait_cycle(const struct wrt__rt *rt, const struct rt_task *t, uint32_t owner)
{
    uint32_t me = rt_number(rt, t);
    while (owner != WRT__RT_NONE && owner != me) owner = rt_task_at(rt, owner)->waits_for;
    return owner == me;
}

/* Does t, which waits for o now, change anything for o? Most of many waiters do not, as the first in rank
 * begin to wait first; so they cost no look at all the others. */
static bool lock_matters(const struct wrt__rt *rt, const struct rt_task *t, const struct rt_task *o)
{
    return t->calls && (!o->pulled || (rt->lends && rt_rank_before(&t->rank, &o->rank)));
}

/* Moves or begins a wait; settles all whom it concerns. */
void wrt__rt_wait_link(struct wrt__rt *rt, struct rt_task *t, uint8_t why, uint32_t owner, uint32_t instance)
{
    struct rt_task *old = lock_part(rt, t);
    t->wait = why;
    t->wait_instance = instance;
    if (owner != WRT__RT_NONE) {
        struct rt_task *o = rt_task_at(rt, owner);
        lock_join(rt, t, owner);
        /* In this order, so that whoever of a server takes over from another one leaves no gap. */
        if (lock_matters(rt, t, o)) wrt__rt_settle(rt, o);
    }
    wrt__rt_settle(rt, t);
    if (old) wrt__rt_settle(rt, old);
}

void wrt__rt_wait_end(struct wrt__rt *rt, struct rt_task *t)
{
    struct rt_task *old = lock_part(rt, t);
    t->wait = RT_WAIT_NOT;
    t->wait_instance = WRT__RT_NONE;
    if (t->has_job) wrt__rt_take_order(rt, t);
    wrt__rt_settle(rt, t); /* before the other: no gap, as above */
    if (old) wrt__rt_settle(rt, old);
}

bool wrt__rt_before(const struct wrt__rt *rt, uint32_t a, uint32_t b)
{
    const struct rt_task *x = rt_task_at(rt, a), *y = rt_task_at(rt, b);
    if (x->calls != y->calls) return x->calls; /* who could not use it comes last */
    return rt->lends ? rt_rank_before(&x->rank, &y->rank) : x->order < y->order;
}

/* ---- instances -------------------------------------------------------------------------------------- */

void wrt__rt_ceiling_fold(struct wrt__rt *rt, const struct rt_task *t, uint32_t instance)
{
    struct rt_rank rank = wrt__rt_ceiling_of(rt, t);
    struct rt_instance *i = &rt->instances[instance];
    rank.c = 0;
    if (i->users++ == 0 || rt_rank_before(&rank, &i->ceiling)) i->ceiling = rank;
}

void wrt__rt_stand_in(struct wrt__rt *rt, struct rt_task *t, uint32_t instance)
{
    struct rt_instance *i = &rt->instances[instance];
    WRT_ASSERT(i->owner == WRT__RT_NONE);
    i->owner = rt_number(rt, t);
    i->next = t->instances;
    t->instances = instance;
    if (!rt->has_ceilings || i->users < 2) return;
    i->prev_used = WRT__RT_NONE;
    i->next_used = rt->used_instances;
    if (rt->used_instances != WRT__RT_NONE) rt->instances[rt->used_instances].prev_used = instance;
    rt->used_instances = instance;
    i->listed = true;
}

static void lock_stand_out(struct wrt__rt *rt, struct rt_task *t, uint32_t instance)
{
    struct rt_instance *i = &rt->instances[instance];
    uint32_t *link = &t->instances;
    while (*link != instance) link = &rt->instances[*link].next;
    *link = i->next;
    i->owner = i->next = WRT__RT_NONE;
    if (!i->listed) return;
    i->listed = false;
    if (i->prev_used != WRT__RT_NONE) {
        rt->instances[i->prev_used].next_used = i->next_used;
    } else {
        rt->used_instances = i->next_used;
    }
    if (i->next_used != WRT__RT_NONE) rt->instances[i->next_used].prev_used = i->prev_used;
}

/* The one of t's waiters to whom the instance is given. */
static struct rt_task *lock_heir(const struct wrt__rt *rt, const struct rt_task *t, uint32_t instance)
{
    uint32_t best = WRT__RT_NONE;
    for (uint32_t i = t->first_waiter; i != WRT__RT_NONE; i = rt->tasks[i].next_waiter) {
        if (rt->tasks[i].wait != RT_WAIT_ENTRY || rt->tasks[i].wait_instance != instance) continue;
        if (best == WRT__RT_NONE || wrt__rt_before(rt, i, best)) best = i;
    }
    return best == WRT__RT_NONE ? NULL : &rt->tasks[best];
}

/* Hands a left instance to one of those who want to begin in it; the others wait for that one. t itself is
 * settled by the caller, once for all of them. */
static void lock_hand_over(struct wrt__rt *rt, struct rt_task *t, uint32_t instance)
{
    struct rt_task *heir = lock_heir(rt, t, instance);
    if (!heir) return;
    lock_part(rt, heir);
    heir->wait = RT_WAIT_NOT;
    heir->wait_instance = WRT__RT_NONE;
    wrt__rt_stand_in(rt, heir, instance);
    for (uint32_t i = t->first_waiter, next; i != WRT__RT_NONE; i = next) {
        struct rt_task *w = &rt->tasks[i];
        next = w->next_waiter;
        if (w->wait != RT_WAIT_ENTRY || w->wait_instance != instance) continue;
        lock_part(rt, w);
        lock_join(rt, w, rt_number(rt, heir));
    }
    wrt__rt_take_order(rt, heir);
    wrt__rt_settle(rt, heir);
}

/* Ceilings have fallen: who was stopped by them asks again when it is the first, in the place that it had. */
static void lock_ask_again(struct wrt__rt *rt, struct rt_task *t)
{
    for (uint32_t i = t->first_waiter, next; i != WRT__RT_NONE; i = next) {
        struct rt_task *w = &rt->tasks[i];
        next = w->next_waiter;
        if (w->wait != RT_WAIT_CEILING) continue;
        lock_part(rt, w);
        w->wait = RT_WAIT_NOT;
        wrt__rt_settle(rt, w);
    }
}

void wrt__rt_stand_out(struct wrt__rt *rt, struct rt_task *t)
{
    while (t->instances != WRT__RT_NONE) {
        uint32_t instance = t->instances;
        lock_stand_out(rt, t, instance);
        lock_hand_over(rt, t, instance);
    }
    lock_ask_again(rt, t);
    wrt__rt_settle(rt, t);
}

void wrt__rt_ask_later(struct wrt__rt *rt, struct rt_task *t)
{
    WRT_ASSERT(!t->entered);
    wrt__rt_stand_out(rt, t);
    if (t->wait != RT_WAIT_NOT) wrt__rt_wait_end(rt, t);
}

/* Who stands in an instance whose ceiling is not below t's preemption level; the highest ceiling, then the
 * latest entry. */
static uint32_t lock_stopped_by(const struct wrt__rt *rt, const struct rt_task *t)
{
    struct rt_rank level = wrt__rt_ceiling_of(rt, t);
    uint32_t by = WRT__RT_NONE, best = WRT__RT_NONE;
    for (uint32_t i = rt->used_instances; i != WRT__RT_NONE; i = rt->instances[i].next_used) {
        const struct rt_instance *x = &rt->instances[i];
        const struct rt_rank *c = &x->ceiling;
        if (x->owner == rt_number(rt, t)) continue;
        if (c->a != level.a ? c->a > level.a : c->b > level.b) continue;
        if (best != WRT__RT_NONE) {
            const struct rt_rank *b = &rt->instances[best].ceiling;
            if (c->a != b->a ? c->a > b->a : c->b >= b->b) continue;
        }
        best = i;
        by = x->owner;
    }
    return by;
}

bool wrt__rt_may_enter(struct wrt__rt *rt, struct rt_task *t)
{
    uint32_t owner, me = rt_number(rt, t);
    if (rt->has_ceilings && lock_by_deadline(rt)) {
        owner = lock_stopped_by(rt, t);
        if (owner != WRT__RT_NONE && !wrt__rt_wait_cycle(rt, t, owner)) {
            wrt__rt_wait_link(rt, t, RT_WAIT_CEILING, owner, WRT__RT_NONE);
            return false;
        }
    }
    if (t->o.instance == WRT__RT_NONE) return true;
    owner = rt->instances[t->o.instance].owner;
    if (owner == me) return true; /* it was handed over */
    if (owner != WRT__RT_NONE) {
        wrt__rt_wait_link(rt, t, RT_WAIT_ENTRY, owner, t->o.instance);
        return false;
    }
    wrt__rt_stand_in(rt, t, t->o.instance);
    if (rt->has_ceilings) wrt__rt_settle(rt, t);
    return true;
}

wrt_status wrt__rt_enter(struct wrt__rt *rt, uint32_t task, uint32_t instance)
{
    struct rt_task *t;
    if (task >= rt->tasks_count || instance >= rt->o.instances_max) return WRT_E_ARG;
    t = &rt->tasks[task];
    if (!t->has_job || !t->entered || rt->instances[instance].owner != WRT__RT_NONE) return WRT_E_STATE;
    wrt__rt_stand_in(rt, t, instance);
    wrt__rt_settle(rt, t);
    return WRT_OK;
}

wrt_status wrt__rt_leave(struct wrt__rt *rt, uint32_t task, uint32_t instance)
{
    struct rt_task *t;
    if (task >= rt->tasks_count || instance >= rt->o.instances_max) return WRT_E_ARG;
    t = &rt->tasks[task];
    if (rt->instances[instance].owner != task || instance == t->o.instance) return WRT_E_STATE;
    lock_stand_out(rt, t, instance);
    lock_hand_over(rt, t, instance);
    lock_ask_again(rt, t);
    wrt__rt_settle(rt, t);
    return WRT_OK;
}
