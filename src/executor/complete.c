/* complete: what a parked task waits for, and what happens when it arrives. Owns the step from a posted slot
 * to a finished host call; the finish functions of the host run here, on the store's thread, outside every
 * walk. */
#include "executor/executor.h"

/* The id under which the slot was given; the generation is even once somebody has won it. */
static wrt_completion completion_id(const struct wrt__completion *c)
{
    uint32_t generation = atomic_load_explicit(&c->generation, memory_order_relaxed);
    if (!(generation & 1)) generation--;
    return (wrt_completion){ (uint64_t)generation << 32 | (c->index + 1) };
}

void wrt__completion_drop(struct wrt__executor *x, struct wrt__completion *c, bool tell)
{
    wrt_completion id = completion_id(c);
    wrt_on_cancel on_cancel = c->on_cancel;
    void *ctx = c->ctx;
    wrt__events_disarm(x, c);
    c->task = NULL;
    /* A slot that was posted before is in the list or on its way there: draining puts it back. */
    if (wrt__completion_win(c, (uint32_t)(id.v >> 32))) wrt__inbox_put(x->inbox, c);
    if (tell && on_cancel) on_cancel(ctx, id);
}

void wrt__completion_forget(struct wrt__executor *x, struct wrt__completion *c)
{
    wrt_completion id = completion_id(c);
    wrt_on_cancel on_cancel = c->on_cancel;
    void *ctx = c->ctx;
    wrt__inbox_put(x->inbox, c);
    if (on_cancel) on_cancel(ctx, id);
}

wrt_status wrt__task_defer(
    struct wrt__task *t, wrt_finish_fn finish, wrt_on_cancel on_cancel, void *ctx, wrt_completion *out)
{
    struct wrt__completion *c;
    wrt_status status;
    if (t->completion) { /* of a call that deferred and then answered at once: nobody waits for it */
        wrt__completion_drop(t->x, t->completion, false);
        t->completion = NULL;
    }
    status = wrt__inbox_take(t->x->inbox, &c);
    if (status != WRT_OK) return status;
    c->task = t;
    c->finish = finish;
    c->on_cancel = on_cancel;
    c->ctx = ctx;
    t->completion = c;
    *out = wrt__completion_arm(c);
    return WRT_OK;
}

/* Without a finish function the scalar is the only result, as the bits of its type. */
static wrt_status complete_plain(struct wrt_call *call, wrt_status status, uint64_t scalar)
{
    const struct wrt__functype *type = &call->host->type;
    uint8_t result;
    if (status < 0) return status;
    if (type->results == 0) return WRT_OK;
    if (type->results > 1) return WRT_E_TYPE;
    result = type->types[type->params];
    if (result == WRT__FUNCREF) return WRT_E_TYPE;
    if (result == WRT__EXTERNREF) scalar = scalar == UINT64_MAX ? 0 : scalar + 1;
    call->slots[0] = result == WRT__I32 || result == WRT__F32 ? (uint32_t)scalar : scalar;
    return WRT_OK;
}

static wrt_status complete_finish(struct wrt__executor *x, struct wrt__completion *c, struct wrt_call *call)
{
    wrt_status status;
    if (!c->finish) return complete_plain(call, c->status, c->scalar);
    x->finishing = c;
    x->short_set = x->short_time = false;
    status = c->finish(c->ctx, call, c->status, c->scalar);
    x->finishing = NULL;
    if (status == WRT_OK && !call->returned && call->host->type.results) return WRT_E_TYPE;
    return status;
}

/* The account that a charge in a finish function found too small: the arrival is kept and asked again after
 * refuelling, by the task's policy. */
static void complete_starved(struct wrt__task *t, struct wrt__completion *c)
{
    struct wrt__account *a = t->x->short_of;
    t->completion = c;
    t->finish_again = true;
    wrt__account_empty(t, a);
}

static void complete_park(struct wrt__task *t)
{
    t->state = WRT_TASK_WAITING;
    t->x->waiting++;
}

void wrt__completion_deliver(struct wrt__executor *x, struct wrt__completion *c)
{
    struct wrt__task *t = c->task;
    struct wrt_call call;
    wrt_status status;
    wrt__events_disarm(x, c);
    if (!t || t->state != WRT_TASK_WAITING || t->completion != c) {
        if (t && t->completion == c) t->completion = NULL;
        wrt__inbox_put(x->inbox, c);
        return;
    }
    memset(&call, 0, sizeof call);
    wrt__strand_pending_call(&t->strand, &call);
    t->state = WRT_TASK_RUNNING; /* so that the finish function cannot cancel the task under its own feet */
    x->waiting--;
    status = complete_finish(x, c, &call);
    if (atomic_load_explicit(&c->generation, memory_order_relaxed) & 1) { /* wrt_defer_again */
        if (status == WRT_PENDING) {
            complete_park(t);
            return;
        }
        t->completion = NULL;
        wrt__completion_drop(x, c, false);
    } else if (status == WRT_E_FUEL && x->short_set) {
        complete_starved(t, c);
        return;
    } else if (call.completion.v == 0) {
        t->completion = NULL;
        wrt__inbox_put(x->inbox, c);
    } else {
        /* Deferred again and already posted by another thread: it is in the list. */
        if (status == WRT_PENDING) {
            complete_park(t);
            return;
        }
        t->completion = NULL;
        c->task = NULL;
    }
    if (status == WRT_PENDING) status = WRT_E_STATE; /* not deferred: it would wait for ever */
    wrt__strand_host_done(&t->strand, status < 0 ? status : WRT_OK);
    wrt__task_trace(t, WRT_TRACE_WAKE, (uint32_t)status, 0);
    wrt__task_ready(t);
}

void wrt__executor_drain(struct wrt__executor *x)
{
    struct wrt__completion *c = wrt__inbox_take_posted(x->inbox);
    while (c) {
        struct wrt__completion *next = c->next ? wrt__inbox_at(x->inbox, c->next - 1) : NULL;
        wrt__completion_deliver(x, c);
        c = next;
    }
}
