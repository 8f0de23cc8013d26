/* api/call: what a host function may do (include/wrt/code.h, "inside a host function"), and completions. */
#include "api/objects.h"
#include "executor/executor.h"

static const struct wrt__functype *call_type(const wrt_call *c)
{
    return &c->host->type;
}

static struct wrt__task *call_task(const wrt_call *c)
{
    return c->strand->task;
}

/* ---- arguments and results ------------------------------------------------------------------------- */

size_t wrt_arg_count(const wrt_call *c)
{
    return call_type(c)->params;
}

wrt_val wrt_arg(const wrt_call *c, size_t i)
{
    const struct wrt__functype *type = call_type(c);
    wrt_val none = { 0, 0, 0, 0, { 0 } };
    return i < type->params ? wrt__val_of(c->slots[i], type->types[i]) : none;
}

wrt_status wrt_return(wrt_call *c, const wrt_val *results, size_t n)
{
    const struct wrt__functype *type = call_type(c);
    if (n != type->results) return WRT_E_TYPE;
    for (uint32_t i = 0; i < type->results; i++) {
        if (!wrt__val_fits(c->strand->store, results[i], type->types[type->params + i])) return WRT_E_TYPE;
    }
    for (uint32_t i = 0; i < type->results; i++) c->slots[i] = wrt__slot_of(results[i]);
    c->returned = true;
    return WRT_OK;
}

wrt_status wrt_raise(wrt_call *c, wrt_str message)
{
    struct wrt__strand *s = c->strand;
    size_t n = message.n < sizeof s->message - 1 ? message.n : sizeof s->message - 1;
    if (n) memcpy(s->message, message.p, n);
    s->message[n] = 0;
    s->trap = WRT_TRAP_HOST;
    return WRT_E_TRAP;
}

wrt_status wrt_exit(wrt_call *c, int32_t code)
{
    c->strand->exit_code = code;
    return WRT_E_EXIT;
}

wrt_status wrt_charge(wrt_call *c, uint64_t fuel)
{
    struct wrt__executor *x = call_task(c)->x;
    wrt_status status = wrt__account_charge(call_task(c), fuel);
    /* The function's own price is given back before the call is made again: it must fit as well. */
    if (status == WRT_E_FUEL && !x->finishing) {
        x->short_fuel = fuel > UINT64_MAX - c->host->fuel ? UINT64_MAX : fuel + c->host->fuel;
    }
    return status;
}

/* ---- surroundings ---------------------------------------------------------------------------------- */

wrt_store *wrt_call_store(const wrt_call *c)
{
    return wrt__store_of(c->strand->store);
}

void *wrt_call_user(const wrt_call *c)
{
    return wrt_store_user(wrt_call_store(c));
}

wrt_instance *wrt_call_instance(const wrt_call *c)
{
    return c->instance;
}

wrt_status wrt_call_memory(wrt_call *c, uint64_t offset, uint64_t n, wrt_span *out)
{
    const struct wrt_instance *i = c->instance;
    if (!i || i->module->memories_count == 0) return WRT_E_ARG;
    if (offset > i->mem_bytes || n > i->mem_bytes - offset) return WRT_E_ARG;
    *out = (wrt_span){ i->mem + offset, (size_t)n };
    return WRT_OK;
}

/* ---- deferred results ------------------------------------------------------------------------------ */

wrt_status wrt_defer(
    wrt_call *c, wrt_finish_fn finish, wrt_on_cancel on_cancel, void *ctx, wrt_completion *out)
{
    wrt_status status;
    if (!out) return WRT_E_ARG;
    if (c->completion.v || call_task(c)->x->finishing) return WRT_E_STATE;
    status = wrt__task_defer(call_task(c), finish, on_cancel, ctx, out);
    if (status == WRT_OK) c->completion = *out;
    return status;
}

wrt_status wrt_defer_again(wrt_call *c, wrt_completion *out)
{
    struct wrt__completion *k = call_task(c)->x->finishing;
    if (!out) return WRT_E_ARG;
    if (!k || k->task != call_task(c) || c->completion.v) return WRT_E_STATE;
    c->completion = *out = wrt__completion_arm(k);
    return WRT_OK;
}

wrt_status wrt_complete(wrt_store *s, wrt_completion k, wrt_status st, uint64_t scalar)
{
    return wrt_complete_post(s->exec->inbox, k, st, scalar);
}

wrt_status wrt_complete_at(wrt_store *s, wrt_completion k, uint64_t at_ns)
{
    struct wrt__completion *c = wrt__inbox_find(s->exec->inbox, k);
    return c ? wrt__timer_arm(s->exec, c, at_ns) : WRT_E_STATE;
}

wrt_status wrt_complete_on_fd(wrt_store *s, wrt_completion k, int fd, uint32_t events)
{
    struct wrt__completion *c = wrt__inbox_find(s->exec->inbox, k);
    if (fd < 0 || events == 0 || events > 3) return WRT_E_ARG;
    return c ? wrt__watch_arm(s->exec, c, fd, events) : WRT_E_STATE;
}

uint64_t wrt_now_ns(const wrt_store *s)
{
    return wrt__clock_now(s->exec);
}
