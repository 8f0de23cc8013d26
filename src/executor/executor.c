/* executor: making, freeing and checking the loop of a store. */
#include "executor/core.h"

/* A look at the inbox costs some 35 ns, because it leaves the path that the branch predictor has learned.
 * Every 1000 fuel that is 6 % of sqlite, every 10000 under 1 %; 10000 fuel are about 5 us, less than waking a
 * thread costs. */

static void executor_timer_moved(void *value, uint32_t pos)
{
    struct wrt__completion *c = value;
    c->timer = pos;
}

static wrt_status executor_options(struct wrt__executor *x, const wrt_store_opts *o, wrt_error *err)
{
    x->virtual_time = o->virtual_time;
    x->quantum_fuel = o->quantum_fuel ? o->quantum_fuel : 100000;
    x->poll_fuel = o->poll_fuel ? o->poll_fuel : WRT__POLL_FUEL;
    x->ns_per_kfuel = o->ns_per_kfuel ? o->ns_per_kfuel : 1000000000u;
    if ((uint32_t)o->policy > WRT_FIXED_PRIORITY) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_OPTION, WRT__NO_OFFSET,
            "policy is %u, which is none of a store%s", (uint32_t)o->policy,
            (uint32_t)o->policy <= WRT_TIME_TRIGGERED ? ": a task set has it" : "");
    }
    if (x->poll_fuel > UINT32_MAX) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_OPTION, WRT__NO_OFFSET, "poll_fuel is %lu, at most %u",
            x->poll_fuel, UINT32_MAX);
    }
    /* so that the price of fuel below one thousand fits 64 bits */
    if (x->ns_per_kfuel > UINT64_MAX / 1000) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_OPTION, WRT__NO_OFFSET, "ns_per_kfuel is %lu, at most %lu",
            x->ns_per_kfuel, UINT64_MAX / 1000);
    }
    return WRT_OK;
}

static enum wrt__sched_policy executor_policy(wrt_policy p)
{
    if (p == WRT_COOPERATIVE) return WRT__SCHED_COOPERATIVE;
    if (p == WRT_FIXED_PRIORITY) return WRT__SCHED_PRIORITY;
    return WRT__SCHED_ROUND_ROBIN;
}

static wrt_status executor_tables(struct wrt__executor *x, const wrt_store_opts *o)
{
    const struct wrt_limits *limits = &x->core->limits;
    enum wrt__sched_policy policy = executor_policy(o->policy);
    struct wrt__node *queues = wrt__alloc(x->alloc, wrt__sched_queues(policy) * sizeof *queues, WRT_TAG_TASK);
    if (!queues) return WRT_E_NOMEM;
    wrt__sched_init(&x->sched, policy, queues);
    wrt__slots_init(&x->tasks, x->alloc, sizeof(struct wrt__task), limits->tasks, WRT_TAG_TASK);
    wrt__slots_init(&x->groups, x->alloc, sizeof(struct wrt__account), limits->groups, WRT_TAG_TASK);
    wrt__slots_init(&x->watches, x->alloc, sizeof(struct wrt__watch), limits->watches, WRT_TAG_TASK);
    wrt__heap_init(&x->timers, x->alloc, limits->timers, executor_timer_moved);
    return wrt__inbox_new(x->alloc, &x->host, limits->completions, &x->inbox);
}

static void executor_grown(struct wrt__strand *s, uint32_t pages)
{
    wrt__task_trace(s->task, WRT_TRACE_GROW, pages, 0);
}

wrt_status wrt__executor_new(struct wrt__store *core, const wrt_store_opts *o, const wrt_host *host,
    struct wrt__executor **out, wrt_error *err)
{
    struct wrt__executor *x = wrt__alloc_zero(core->alloc, sizeof *x, WRT_TAG_TASK);
    wrt_status status;
    if (!x) return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_TASK_NO_ROOM, "store", "no room for a store");
    x->core = core;
    x->event_ns = UINT64_MAX;
    x->alloc = core->alloc;
    x->stacks = x->few_stacks;
    x->stacks_cap = WRT__STACK_CACHE;
    if (host) x->host = *host;
    status = executor_options(x, o, err);
    if (status != WRT_OK) {
        wrt__free(x->alloc, x, sizeof *x, WRT_TAG_TASK);
        return status;
    }
    wrt__account_init(&x->account, NULL, o->fuel ? o->fuel : WRT_FUEL_UNLIMITED, WRT_STR("store"));
    wrt__trace_init(&x->trace);
    status = executor_tables(x, o);
    if (status != WRT_OK) {
        wrt__free(x->alloc, x->sched.queues, x->sched.queues_count * sizeof *x->sched.queues, WRT_TAG_TASK);
        wrt__free(x->alloc, x, sizeof *x, WRT_TAG_TASK);
        return wrt__fail_table(err, status, WRT__W_TASK_NO_ROOM, "store", "no room for a store");
    }
    core->attention = &x->inbox->attention;
    core->lock_free = wrt__task_lock_free;
    core->grown = executor_grown;
    *out = x;
    return WRT_OK;
}

/* Done callbacks run here; they may close tasks, but can no longer start any. */
static void executor_end_tasks(struct wrt__executor *x)
{
    uint64_t id;
    for (uint32_t i = 0; i < x->tasks.used; i++) {
        struct wrt__task *t = wrt__slots_at(&x->tasks, i, &id);
        if (t && !wrt__task_ended(t)) wrt__task_cancel(t);
    }
    for (uint32_t i = 0; i < x->tasks.used; i++) {
        if (wrt__slots_at(&x->tasks, i, &id)) wrt__task_close(x, (wrt_task){ id });
    }
}

static void executor_free_stacks(struct wrt__executor *x)
{
    while (x->stacks_count > 0) {
        struct wrt__stack *s = &x->stacks[--x->stacks_count];
        wrt__free(x->alloc, s->p, s->slots * sizeof(uint64_t), WRT_TAG_STACK);
    }
    if (x->stacks != x->few_stacks) {
        wrt__free(x->alloc, x->stacks, x->stacks_cap * sizeof *x->stacks, WRT_TAG_STACK);
    }
}

void wrt__executor_free(struct wrt__executor *x)
{
    if (!x) return;
    WRT_ASSERT(!x->running);
    x->closing = x->inside = true;
    if (x->core_loop) x->core_ops->release(x->core_loop);
    executor_end_tasks(x);
    WRT_ASSERT(
        x->live == 0 && x->waiting == 0 && x->starving == 0 && x->timers.count == 0 && x->watches.count == 0);
    executor_free_stacks(x);
    x->core->attention = NULL;
    x->core->lock_free = NULL;
    x->core->grown = NULL;
    wrt__slots_fini(&x->tasks);
    wrt__slots_fini(&x->groups);
    wrt__slots_fini(&x->watches);
    wrt__heap_fini(&x->timers);
    wrt__free(x->alloc, x->sched.queues, x->sched.queues_count * sizeof *x->sched.queues, WRT_TAG_TASK);
    wrt_inbox_drop(x->inbox);
    wrt__free(x->alloc, x, sizeof *x, WRT_TAG_TASK);
}

/* ---- reserving ------------------------------------------------------------------------------------ */

static bool executor_whole_stack(struct wrt__executor *x, uint64_t **stack, uint32_t *slots)
{
    uint32_t most = (uint32_t)(x->core->limits.stack_bytes / sizeof(uint64_t));
    uint64_t *p;
    if (*slots >= most) return true;
    p = wrt__resize(x->alloc, *stack, *slots * sizeof(uint64_t), most * sizeof(uint64_t), WRT_TAG_STACK);
    if (!p) return false;
    *stack = p;
    *slots = most;
    return true;
}

/* One stack of full size for every task, the present ones and those that may come. */
static bool executor_reserve_stacks(struct wrt__executor *x)
{
    uint32_t most = x->core->limits.tasks;
    if (x->stacks == x->few_stacks) {
        struct wrt__stack *all = wrt__alloc(x->alloc, most * sizeof *all, WRT_TAG_STACK);
        if (!all) return false;
        executor_free_stacks(x);
        x->stacks = all;
        x->stacks_cap = most;
    }
    for (uint32_t i = 0; i < x->tasks.used; i++) {
        struct wrt__task *t = wrt__slots_at(&x->tasks, i, NULL);
        if (t && !executor_whole_stack(x, &t->strand.stack, &t->strand.slots)) return false;
    }
    while (x->stacks_count + x->tasks.count < most) {
        struct wrt__stack *s = &x->stacks[x->stacks_count];
        *s = (struct wrt__stack){ NULL, 0 };
        if (!executor_whole_stack(x, &s->p, &s->slots)) return false;
        x->stacks_count++;
    }
    return true;
}

static const char *executor_reserve_all(struct wrt__executor *x)
{
    if (!wrt__slots_reserve(&x->tasks)) return "tasks";
    if (!executor_reserve_stacks(x)) return "stack_bytes";
    if (!wrt__slots_reserve(&x->groups)) return "groups";
    if (!wrt__slots_reserve(&x->watches)) return "watches";
    if (!wrt__heap_reserve(&x->timers)) return "timers";
    if (wrt__inbox_reserve(x->inbox) != WRT_OK) return "completions";
    if (!wrt__port_has_poll()) return NULL; /* every watch is refused */
    if (!wrt__inbox_poll(x->inbox)) return "watches";
    return wrt__port_poll_reserve(x->inbox->poll, x->core->limits.watches) ? NULL : "watches";
}

wrt_status wrt__executor_reserve(struct wrt__executor *x, wrt_error *err)
{
    const char *table;
    if (x->reserved) return WRT_OK;
    table = executor_reserve_all(x);
    if (table) {
        wrt__fail_table(err, WRT_E_NOMEM, WRT__W_TASK_NO_ROOM, table,
            "no room for all %s that the limits allow", table);
        wrt__error_hint(err, "lower the limits of the store: tasks, stack_bytes, completions");
        return WRT_E_NOMEM;
    }
    x->reserved = true;
    return WRT_OK;
}

/* ---- what must hold -------------------------------------------------------------------------------- */

/* An account has booked what its groups have booked and what its own tasks, living or gone, have spent. */
static void executor_check_account(struct wrt__executor *x, const struct wrt__account *a)
{
    uint64_t below = a->gone;
    for (uint32_t i = 0; i < x->groups.used; i++) {
        const struct wrt__account *g = wrt__slots_at(&x->groups, i, NULL);
        if (g && g->parent == a) below += wrt__account_spent(g);
    }
    for (uint32_t i = 0; i < x->tasks.used; i++) {
        const struct wrt__task *t = wrt__slots_at(&x->tasks, i, NULL);
        if (t && t->account == a) below += t->booked_guest + t->booked_host;
    }
    WRT_ASSERT(below == wrt__account_spent(a));
    WRT_ASSERT(a->budget == WRT_FUEL_UNLIMITED || wrt__account_spent(a) <= a->budget);
}

void wrt__executor_check(struct wrt__executor *x)
{
    uint32_t live = 0, waiting = 0, starving = 0, ready = 0, completions = 0;
    for (uint32_t i = 0; i < x->tasks.used; i++) {
        const struct wrt__task *t = wrt__slots_at(&x->tasks, i, NULL);
        if (!t) continue;
        live += !wrt__task_ended(t);
        waiting += t->state == WRT_TASK_WAITING;
        starving += t->state == WRT_TASK_FUEL_OUT;
        ready += t->state == WRT_TASK_READY && !t->job;
        completions += t->completion != NULL;
        WRT_ASSERT(t->entity.ready == (t->state == WRT_TASK_READY && !t->job));
        WRT_ASSERT(
            t->budget == WRT_FUEL_UNLIMITED || t->strand.guest_fuel + t->strand.host_fuel <= t->budget);
        WRT_ASSERT(t->state != WRT_TASK_WAITING || t->completion);
        WRT_ASSERT(t->entity.priority == wrt__task_due_priority(t));
    }
    WRT_ASSERT(
        live == x->live && waiting == x->waiting && starving == x->starving && ready == x->sched.ready_count);
    WRT_ASSERT(completions <= x->inbox->count);
    executor_check_account(x, &x->account);
    for (uint32_t i = 0; i < x->groups.used; i++) {
        const struct wrt__account *g = wrt__slots_at(&x->groups, i, NULL);
        if (g) executor_check_account(x, g);
    }
}
