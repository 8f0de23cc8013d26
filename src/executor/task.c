/* task: a call of a function as something that is scheduled. Owns the life of a task from start to close; its
 * states change here, in loop.c (running), lock.c (waiting for an instance) and account.c (waiting for fuel).
 */
#include "executor/core.h"

void wrt__task_trace(const struct wrt__task *t, uint32_t kind, uint32_t a, uint32_t b)
{
    struct wrt__executor *x = t->x;
    struct wrt__trace_rec r;
    if (!wrt__trace_on(&x->trace)) return;
    r.t_ns = wrt__clock_now(x);
    r.fuel = t->strand.guest_fuel + t->strand.host_fuel;
    r.task = t->job ? x->core_ops->trace_id(t->job) : t->id;
    r.kind = kind;
    r.core = x->core_loop ? x->core_loop->number : 0;
    r.a = a;
    r.b = b;
    wrt__trace_put(&x->trace, &r);
}

struct wrt__task *wrt__task_find(const struct wrt__executor *x, wrt_task id)
{
    return id.v ? wrt__slots_get(&x->tasks, id.v) : NULL;
}

void wrt__task_ready(struct wrt__task *t)
{
    struct wrt__executor *x = t->x;
    t->state = WRT_TASK_READY;
    if (t->job) {
        x->core_ops->ready(t->job);
        return;
    }
    wrt__sched_push(&x->sched, &t->entity);
    if (x->running && wrt__sched_outranks(&x->sched, x->running->entity.priority)) {
        atomic_fetch_or_explicit(&x->inbox->attention, WRT__ATTN_RESCHED, memory_order_relaxed);
    }
}

/* ---- start ----------------------------------------------------------------------------------------- */

static void task_set_up(
    struct wrt__task *t, struct wrt__executor *x, uint64_t id, const wrt_task_opts *o, struct wrt__account *a)
{
    size_t n = o->name.n < sizeof t->name - 1 ? o->name.n : sizeof t->name - 1;
    t->x = x;
    t->id = id;
    t->base_priority = o->priority ? o->priority : 128;
    t->entity.priority = t->base_priority;
    t->on_empty = (uint8_t)o->on_empty;
    t->account = a;
    t->budget = o->fuel ? o->fuel : WRT_FUEL_UNLIMITED;
    t->slice_fuel = o->slice;
    t->refuel = o->refuel;
    t->done = o->done;
    t->ctx = o->ctx;
    if (n) memcpy(t->name, o->name.p, n);
    wrt__list_init(&t->blocked);
}

static wrt_status task_refuse(const struct wrt__executor *x, wrt_status status, wrt_error *err)
{
    if (status == WRT_E_LIMIT) {
        return wrt__fail_table(err, status, WRT__W_TABLE_FULL, "tasks",
            "the store has %u tasks, which is the limit; close those that ended", x->tasks.count);
    }
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_TASK_NO_ROOM, "task", "no room for a task");
}

static wrt_status task_check(
    struct wrt__executor *x, uint32_t func, const wrt_task_opts *o, struct wrt__account **a, wrt_error *err)
{
    const struct wrt__funcrec *rec;
    WRT_ASSERT(func < x->core->funcs_count);
    rec = &x->core->funcs[func];
    *a = wrt__account_find(x, o->group);
    if (x->closing)
        return wrt__fail(err, WRT_E_STATE, WRT__W_INSIDE, WRT__NO_OFFSET, "the store is being freed");
    if (!*a)
        return wrt__fail(err, WRT_E_ARG, WRT__W_STALE_GROUP, WRT__NO_OFFSET,
            "the fuel group does not exist in this store");
    if ((uint32_t)o->on_empty > WRT_FUEL_CALLBACK || (o->on_empty == WRT_FUEL_CALLBACK && !o->refuel)) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_OPTION, WRT__NO_OFFSET, "on_empty is %u%s",
            (uint32_t)o->on_empty,
            o->on_empty == WRT_FUEL_CALLBACK ? " and there is no refuel function" : ", which is no policy");
    }
    if (rec->instance && rec->instance->poisoned) {
        return wrt__fail(err, WRT_E_POISONED, WRT__W_POISONED, WRT__NO_OFFSET,
            "the instance is poisoned: a task ended in the middle of it");
    }
    return WRT_OK;
}

static wrt_status task_strand(struct wrt__task *t, uint32_t func, const uint64_t *args)
{
    struct wrt__executor *x = t->x;
    wrt_status status = wrt__strand_init(&t->strand, x->core);
    if (status != WRT_OK) return status;
    t->strand.task = t;
    if (x->stacks_count) { /* of a task that was closed */
        struct wrt__stack *s = &x->stacks[--x->stacks_count];
        t->strand.stack = s->p;
        t->strand.slots = s->slots;
    }
    status = wrt__strand_call(&t->strand, func, args);
    if (status != WRT_OK) wrt__strand_fini(&t->strand);
    return status;
}

wrt_status wrt__task_start(struct wrt__executor *x, uint32_t func, const uint64_t *args,
    const wrt_task_opts *o, struct wrt__task **out, wrt_error *err)
{
    struct wrt__account *account;
    struct wrt__task *t;
    uint64_t id;
    void *slot;
    wrt_status status = task_check(x, func, o, &account, err);
    if (status != WRT_OK) return status;
    status = wrt__slots_take(&x->tasks, &id, &slot);
    if (status != WRT_OK) return task_refuse(x, status, err);
    t = slot;
    task_set_up(t, x, id, o, account);
    status = task_strand(t, func, args);
    if (status != WRT_OK) {
        wrt__slots_put(&x->tasks, id);
        if (status == WRT_E_NOMEM) return task_refuse(x, status, err);
        return wrt__fail_table(
            err, status, WRT__W_TABLE_FULL, "stack_bytes", "the stack does not hold the arguments");
    }
    if (++x->live > x->live_peak) x->live_peak = x->live;
    wrt__task_trace(t, WRT_TRACE_TASK_START, x->core->funcs[func].index, 0);
    wrt__task_ready(t);
    *out = t;
    return WRT_OK;
}

/* ---- jobs ------------------------------------------------------------------------------------------ */

static wrt_status task_whole_stack(struct wrt__task *t, uint64_t bytes)
{
    struct wrt__strand *s = &t->strand;
    wrt_status status = wrt__strand_init(s, t->x->core);
    if (status != WRT_OK) return status;
    s->task = t;
    if (bytes / sizeof *s->stack < s->slots_max && bytes) s->slots_max = (uint32_t)(bytes / sizeof *s->stack);
    s->stack = wrt__alloc(t->x->alloc, s->slots_max * sizeof *s->stack, WRT_TAG_STACK);
    if (!s->stack) return WRT_E_NOMEM;
    s->slots = s->slots_max;
    return WRT_OK;
}

wrt_status wrt__task_for_job(struct wrt__executor *x, struct wrt__job *job, wrt_str name,
    uint64_t stack_bytes, struct wrt__task **out, wrt_error *err)
{
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    struct wrt__task *t;
    uint64_t id;
    void *slot;
    wrt_status status = wrt__slots_take(&x->tasks, &id, &slot);
    if (status != WRT_OK) return task_refuse(x, status, err);
    t = slot;
    o.name = name;
    task_set_up(t, x, id, &o, &x->account);
    status = task_whole_stack(t, stack_bytes);
    if (status != WRT_OK) {
        wrt__slots_put(&x->tasks, id);
        return task_refuse(x, status, err);
    }
    t->state = WRT_TASK_DONE;
    t->job = job;
    *out = t;
    return WRT_OK;
}

wrt_status wrt__task_restart(struct wrt__task *t, uint32_t func, const uint64_t *args)
{
    struct wrt__executor *x = t->x;
    struct wrt__strand *s = &t->strand;
    uint64_t *stack = s->stack;
    uint32_t slots = s->slots, most = s->slots_max;
    wrt_status status;
    WRT_ASSERT(wrt__task_ended(t) && !t->completion);
    t->account->gone += t->booked_guest + t->booked_host;
    t->booked_guest = t->booked_host = 0;
    status = wrt__strand_init(s, x->core);
    s->stack = stack;
    s->slots = slots;
    s->slots_max = most;
    s->task = t;
    t->status = WRT_OK;
    t->state = WRT_TASK_READY;
    t->preempted = false;
    t->starved_of = NULL;
    if (++x->live > x->live_peak) x->live_peak = x->live;
    return status == WRT_OK ? wrt__strand_call(s, func, args) : status;
}

wrt_status wrt__task_next_call(
    struct wrt__task *t, uint32_t func, const uint64_t *args, struct wrt_instance *mends)
{
    struct wrt__strand *s = &t->strand, old;
    wrt_status status;
    wrt__strand_release(s);
    old = *s;
    status = wrt__strand_init(s, t->x->core);
    s->stack = old.stack;
    s->slots = old.slots;
    s->slots_max = old.slots_max;
    s->guest_fuel = old.guest_fuel;
    s->host_fuel = old.host_fuel;
    s->slice = old.slice;
    s->task = t;
    s->mends = mends;
    return status == WRT_OK ? wrt__strand_call(s, func, args) : status;
}

/* ---- end ------------------------------------------------------------------------------------------- */

static uint64_t task_memory(const struct wrt__task *t)
{
    const struct wrt_instance *i = t->x->core->funcs[t->strand.func].instance;
    uint64_t bytes = 0;
    if (!i) return 0;
    for (uint32_t n = 0; n < i->module->memories_count; n++) bytes += i->memories[n]->bytes;
    return bytes;
}

uint64_t wrt__task_memory_peak(const struct wrt__task *t)
{
    return wrt__task_ended(t) ? t->memory_peak : task_memory(t);
}

/* Takes a living task out of whatever it waits in. */
static void task_unqueue(struct wrt__task *t)
{
    struct wrt__executor *x = t->x;
    switch ((enum wrt_task_state)t->state) {
    case WRT_TASK_READY:
        if (!t->job) wrt__sched_remove(&x->sched, &t->entity);
        break;
    case WRT_TASK_LOCKED: wrt__task_lock_forget(t); break;
    case WRT_TASK_WAITING: x->waiting--; break;
    case WRT_TASK_FUEL_OUT:
        x->starving--;
        if (t->starved_of) wrt__list_remove(&t->starved_of->starved, &t->entity.link);
        break;
    case WRT_TASK_RUNNING:
    case WRT_TASK_DONE:
    case WRT_TASK_FAILED:
    case WRT_TASK_CANCELLED: break;
    }
}

/* What a parked task waits for is given up. May call on_cancel. */
static void task_forget_completion(struct wrt__executor *x, struct wrt__task *t, bool tell)
{
    struct wrt__completion *c = t->completion;
    if (!c) return;
    t->completion = NULL;
    if (t->finish_again) { /* it has arrived, is in no list, and its finish function expects another call */
        t->finish_again = false;
        wrt__completion_forget(x, c);
        return;
    }
    wrt__completion_drop(x, c, tell);
}

/* Its instances are free. One that was cancelled in a host call has left nothing half done, nor has a guest
 * that asked for its end. */
static void task_leave(struct wrt__task *t)
{
    bool cancelled = t->state == WRT_TASK_CANCELLED;
    if (t->state == WRT_TASK_DONE || t->status == WRT_E_EXIT || (cancelled && !t->preempted)
        || t->x->closing) {
        wrt__strand_release(&t->strand);
    } else {
        wrt__strand_abandon(&t->strand, cancelled, wrt__clock_now(t->x));
    }
}

void wrt__task_end(struct wrt__task *t, enum wrt_task_state state, wrt_status status)
{
    struct wrt__executor *x = t->x;
    wrt_task id = { t->id };
    WRT_ASSERT(!wrt__task_ended(t) && x->live > 0);
    task_unqueue(t);
    t->memory_peak = task_memory(t);
    t->state = (uint8_t)state;
    t->status = status;
    x->live--;
    if (x->stepped == t->id) x->stepped_status = status;
    task_leave(t);
    if (status == WRT_E_TRAP) wrt__task_trace(t, WRT_TRACE_TRAP, t->strand.trap, 0);
    if (!t->job) wrt__task_trace(t, WRT_TRACE_TASK_END, (uint32_t)status, 0);
    task_forget_completion(x, t, state == WRT_TASK_CANCELLED);
    t = wrt__task_find(x, id); /* on_cancel may have closed it */
    if (t && t->done) t->done(t->ctx, wrt__task_store(x), id, status);
}

wrt_status wrt__task_cancel(struct wrt__task *t)
{
    if (wrt__task_ended(t) || t->state == WRT_TASK_RUNNING || t->job) return WRT_E_STATE;
    wrt__task_trace(t, WRT_TRACE_CANCEL, 0, 0);
    wrt__task_end(t, WRT_TASK_CANCELLED, WRT_E_CANCELLED);
    return WRT_OK;
}

/* The small stack of a task is kept for the next one; every stack when they are reserved. */
static void task_recycle_stack(struct wrt__task *t)
{
    struct wrt__executor *x = t->x;
    bool big = t->strand.slots > WRT__STACK_KEEP_SLOTS && !x->reserved;
    if (!t->strand.stack || big || x->stacks_count == x->stacks_cap) return;
    x->stacks[x->stacks_count++] = (struct wrt__stack){ t->strand.stack, t->strand.slots };
    t->strand.stack = NULL;
    t->strand.slots = 0;
}

wrt_status wrt__task_close(struct wrt__executor *x, wrt_task id)
{
    struct wrt__task *t = wrt__task_find(x, id);
    if (!t || t->job) return WRT_E_STATE;
    if (!wrt__task_ended(t)) {
        wrt_status status = wrt__task_cancel(t);
        if (status != WRT_OK) return status;
        t = wrt__task_find(x, id); /* its done callback may have closed it */
        if (!t) return WRT_OK;
    }
    t->account->gone += t->booked_guest + t->booked_host;
    task_recycle_stack(t);
    wrt__strand_fini(&t->strand);
    wrt__slots_put(&x->tasks, id.v);
    return WRT_OK;
}
