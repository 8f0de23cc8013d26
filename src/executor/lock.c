/* lock: who waits for a busy instance. The engine queues a strand on the instance; this file parks its task,
 * hands the instance over when it is free, finds cycles, and under the priority policy lends the waiter's
 * priority to whoever it waits for, through chains. For jobs of a task set the schedule does that: this file
 * tells it who waits for whom. docs/architecture.md, "Invisible preemption". */
#include "executor/core.h"

static struct wrt__task *lock_task(struct wrt__strand *s)
{
    return s ? s->task : NULL;
}

/* The priority that t has of itself and of those who wait for it. */
uint8_t wrt__task_due_priority(const struct wrt__task *t)
{
    uint8_t priority = t->base_priority;
    for (const struct wrt__node *n = t->blocked.head.next; n != &t->blocked.head; n = n->next) {
        const struct wrt__entity *e = WRT_CONTAINER(n, struct wrt__entity, link);
        if (e->priority > priority) priority = e->priority;
    }
    return priority;
}

/* Renews inherited priorities from t along the chain of those who stand in its way; ends where nothing
 * changes. */
static void lock_settle(struct wrt__task *t)
{
    for (; t; t = t->blocker) {
        uint8_t due = wrt__task_due_priority(t);
        if (t->entity.priority == due) return;
        wrt__sched_priority(&t->x->sched, &t->entity, due);
    }
}

static void lock_link(struct wrt__task *t, struct wrt__task *owner)
{
    t->blocker = owner;
    wrt__list_push(&owner->blocked, &t->entity.link);
}

static void lock_unlink(struct wrt__task *t)
{
    if (!t->blocker) return;
    wrt__list_remove(&t->blocker->blocked, &t->entity.link);
    t->blocker = NULL;
}

/* Would t wait for itself? The waits-for graph has no cycle before, so the walk ends. */
static bool lock_cycle(const struct wrt__task *t)
{
    const struct wrt__task *at = lock_task(t->strand.wanted->owner);
    while (at && at != t) at = at->state == WRT_TASK_LOCKED ? lock_task(at->strand.wanted->owner) : NULL;
    return at == t;
}

/* false: for ever. */
static bool lock_begin(struct wrt__task *t)
{
    struct wrt_instance *i = t->strand.wanted;
    WRT_ASSERT(i && i->owner && i->owner != &t->strand);
    t->state = WRT_TASK_LOCKED;
    wrt__task_trace(t, WRT_TRACE_LOCK_WAIT, i->number, 0);
    return !lock_cycle(t);
}

void wrt__task_lock_wait(struct wrt__task *t)
{
    if (!lock_begin(t)) {
        t->strand.trap = WRT_TRAP_DEADLOCK;
        wrt__task_end(t, WRT_TASK_FAILED, WRT_E_DEADLOCK);
        return;
    }
    if (t->x->core_loop && t->x->core_loop->behind) t->x->core_ops->resolve(t->x->core_loop);
    if (t->x->sched.policy != WRT__SCHED_PRIORITY) return;
    lock_link(t, lock_task(t->strand.wanted->owner));
    lock_settle(t->blocker);
}

wrt_status wrt__task_lock_wait_job(struct wrt__task *t)
{
    return lock_begin(t) ? WRT_OK : WRT_E_DEADLOCK;
}

struct wrt__task *wrt__task_lock_owner(const struct wrt__task *t)
{
    return lock_task(t->strand.wanted->owner);
}

struct wrt__task *wrt__task_lock_end(struct wrt__task *t)
{
    while (t && t->state == WRT_TASK_LOCKED) t = wrt__task_lock_owner(t);
    return t;
}

void wrt__task_lock_forget(struct wrt__task *t)
{
    struct wrt_instance *i = t->strand.wanted;
    struct wrt__task *owner = t->blocker;
    WRT_ASSERT(t->state == WRT_TASK_LOCKED && i);
    if (wrt__node_linked(&t->strand.lock_node)) wrt__list_remove(&i->waiters, &t->strand.lock_node);
    lock_unlink(t);
    lock_settle(owner);
}

static bool lock_before(const struct wrt__task *a, const struct wrt__task *b)
{
    if (a->job || b->job) return a->job && (!b->job || a->x->core_ops->before(a->job, b->job));
    return a->x->sched.policy == WRT__SCHED_PRIORITY && a->entity.priority > b->entity.priority;
}

/* First come, first served; under the priority policy the highest first; jobs before all others. */
static struct wrt__task *lock_choose(struct wrt_instance *i)
{
    struct wrt__task *best = NULL;
    for (struct wrt__node *n = i->waiters.head.next; n != &i->waiters.head; n = n->next) {
        struct wrt__task *t = lock_task(WRT_CONTAINER(n, struct wrt__strand, lock_node));
        if (!best || lock_before(t, best)) best = t;
    }
    return best;
}

/* Those who still wait for i wait for its new owner now. */
static void lock_move(struct wrt_instance *i, struct wrt__task *owner)
{
    for (struct wrt__node *n = i->waiters.head.next; n != &i->waiters.head; n = n->next) {
        struct wrt__task *t = lock_task(WRT_CONTAINER(n, struct wrt__strand, lock_node));
        if (t->job) continue;
        lock_unlink(t);
        lock_link(t, owner);
    }
}

/* The instance goes straight to the one chosen, before it runs: who comes in between cannot starve it. */
void wrt__task_lock_free(struct wrt__store *s, struct wrt_instance *i)
{
    struct wrt__task *t = lock_choose(i), *old;
    (void)s;
    if (!t) return;
    WRT_ASSERT(t->state == WRT_TASK_LOCKED && t->strand.wanted == i && !i->owner);
    old = t->blocker;
    wrt__list_remove(&i->waiters, &t->strand.lock_node);
    i->owner = &t->strand;
    i->owner_depth = 0;
    lock_unlink(t);
    if (t->x->sched.policy == WRT__SCHED_PRIORITY) {
        lock_move(i, t);
        lock_settle(old);
        lock_settle(t);
    }
    wrt__task_ready(t);
    if (t->x->core_loop && (i->waiters.count || t->x->core_loop->behind))
        t->x->core_ops->resolve(t->x->core_loop);
}
