/* call: the way of a host call through the room. Owns the one entry that all functions share, access to the
 * arguments and the memory of the guest, and parking: a body that would have to wait leaves an operation
 * behind and is run again when what it waits for has come. Must not know what any function does. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <string.h>
#include <wrt/task.h>

uint8_t *wrt__wasi_mem(const struct wrt__wasi_call *c, uint32_t at, uint64_t n)
{
    static uint8_t nothing;
    wrt_span s;
    if (n == 0) return &nothing;
    return wrt_call_memory(c->call, at, n, &s) == WRT_OK ? s.p : NULL;
}

wrt_status wrt__wasi_charge(const struct wrt__wasi_call *c, uint64_t units, uint32_t per_fuel)
{
    uint64_t fuel = units / per_fuel + (units % per_fuel != 0);
    return c->op || fuel == 0 ? WRT_OK : wrt_charge(c->call, fuel);
}

uint64_t wrt__wasi_now(const struct wrt__wasi_call *c) { return wrt_now_ns(wrt_call_store(c->call)); }

int wrt__wasi_gather(
    const struct wrt__wasi_call *c, uint32_t at, uint32_t n, size_t limit, struct wrt__wasi_span *out)
{
    uint64_t total = 0;
    out->count = 0;
    out->bytes = 0;
    if (n > WRT__WASI_IOVECS_MAX) return WRT__WASI_INVAL;
    const uint8_t *vec = wrt__wasi_mem(c, at, (uint64_t)n * WRT__IOVEC_BYTES);
    if (!vec) return WRT__WASI_FAULT;
    for (uint32_t i = 0; i < n; i++, vec += WRT__IOVEC_BYTES) {
        uint32_t len = wrt__get32(vec + 4);
        uint8_t *p = wrt__wasi_mem(c, wrt__get32(vec), len);
        if (!p) return WRT__WASI_FAULT;
        total += len;
        if (total > UINT32_MAX) return WRT__WASI_INVAL;
        size_t take = (size_t)wrt__min_u64(len, limit - out->bytes);
        if (take == 0 || out->count == WRT__WASI_IOVECS_HOST) continue;
        out->v[out->count].iov_base = p;
        out->v[out->count++].iov_len = take;
        out->bytes += take;
    }
    return 0;
}

/* ---- operations ---------------------------------------------------------------------------------- */

static size_t op_bytes(uint32_t subs)
{
    return sizeof(struct wrt__wasi_op) + subs * sizeof(struct wrt__wasi_sub);
}

struct wrt__wasi_op *wrt__wasi_op_new(struct wrt__wasi_call *c, uint32_t subs)
{
    struct wrt__wasi_op *op = wrt__alloc_zero(&c->w->alloc, op_bytes(subs), WRT_TAG_OTHER);
    if (!op) return NULL;
    op->fn = c->fn;
    op->subs_count = subs;
    wrt__list_push(&c->w->ops, &op->node);
    return op;
}

void wrt__wasi_op_free(struct wrt__wasi *w, struct wrt__wasi_op *op)
{
    wrt__list_remove(&w->ops, &op->node);
    wrt__wasi_file_drop(w, op->file);
    for (uint32_t i = 0; i < op->subs_count; i++) wrt__wasi_file_drop(w, op->subs[i].file);
    wrt__free(&w->alloc, op, op_bytes(op->subs_count), WRT_TAG_OTHER);
}

/* ---- the entry ----------------------------------------------------------------------------------- */

static wrt_status call_answer(struct wrt__wasi_call *c, int e)
{
    if (e == WRT__WASI_PARKED) return WRT_PENDING;
    if (e < 0) return e;
    wrt_val v = wrt_i32(e == WRT__WASI_YIELDED ? 0 : e);
    wrt_status status = wrt_return(c->call, &v, 1);
    return status == WRT_OK && e == WRT__WASI_YIELDED ? WRT_YIELDED : status;
}

static void call_leave(struct wrt__wasi *w, struct wrt__wasi_op *done)
{
    if (done) wrt__wasi_op_free(w, done);
    (void)pthread_mutex_unlock(&w->lock);
}

static wrt_status call_enter(void *ctx, wrt_call *call)
{
    struct wrt__wasi_fn *fn = ctx;
    struct wrt__wasi_call c = { .w = fn->w, .call = call, .fn = fn };
    (void)pthread_mutex_lock(&fn->w->lock);
    int e = fn->body(&c);
    /* An operation that was made and then not parked: the answer came after all. */
    struct wrt__wasi_op *unused = e == WRT__WASI_PARKED ? NULL : c.op;
    wrt_status status = call_answer(&c, e);
    call_leave(fn->w, unused);
    return status;
}

/* WRT_E_FUEL: the executor keeps the arrival and comes here again after refuelling. */
static wrt_status call_finish(void *ctx, wrt_call *call, wrt_status arrived, uint64_t scalar)
{
    struct wrt__wasi_op *op = ctx;
    struct wrt__wasi_call c = { .w = op->fn->w, .call = call, .fn = op->fn, .op = op };
    (void)scalar;
    (void)pthread_mutex_lock(&c.w->lock);
    int e = arrived < 0 ? wrt__wasi_status(arrived) : op->fn->body(&c);
    wrt_status status = call_answer(&c, e);
    call_leave(c.w, status == WRT_PENDING || status == WRT_E_FUEL ? NULL : op);
    return status;
}

static void call_cancelled(void *ctx, wrt_completion k)
{
    struct wrt__wasi_op *op = ctx;
    struct wrt__wasi *w = op->fn->w;
    (void)k;
    (void)pthread_mutex_lock(&w->lock);
    call_leave(w, op);
}

static void call_bind(struct wrt__wasi *w, size_t i, const char *name, const char *sig, uint32_t fuel,
    wrt__wasi_body body, wrt_fn_def *out)
{
    w->fns[i] = (struct wrt__wasi_fn){ .w = w, .body = body };
    *out = WRT_INIT(wrt_fn_def);
    out->name = (wrt_str){ name, strlen(name) };
    out->sig = (wrt_str){ sig, strlen(sig) };
    out->fn = call_enter;
    out->ctx = &w->fns[i];
    out->fuel = fuel;
}

void wrt__wasi_defs(struct wrt__wasi *w, wrt_fn_def *out)
{
    size_t i = 0;
#define WASI(name, sig, fuel)                                            \
    call_bind(w, i, #name, sig, fuel, wrt__wasi_##name, &out[i]);        \
    i++;
#include "wasi/functions.def"
#undef WASI
    WRT_ASSERT(i == WRT__WASI_COUNT);
}

/* ---- parking ------------------------------------------------------------------------------------- */

static int call_defer(struct wrt__wasi_call *c, bool again, wrt_completion *k)
{
    wrt_status status = again ? wrt_defer_again(c->call, k)
                              : wrt_defer(c->call, call_finish, call_cancelled, c->op, k);
    return status == WRT_OK ? 0 : wrt__wasi_status(status);
}

/* What cannot be armed arrives at once as a failure: the deferred call must be completed by somebody. */
static int call_arm(struct wrt__wasi_call *c, wrt_completion k, const struct wrt__wasi_file *f,
    uint32_t events, uint64_t at_ns)
{
    wrt_store *s = wrt_call_store(c->call);
    wrt_status status = WRT_OK;
    if (events) status = wrt_complete_on_fd(s, k, f->fd, events);
    if (status == WRT_OK && at_ns != UINT64_MAX) status = wrt_complete_at(s, k, at_ns);
    if (status != WRT_OK) (void)wrt_complete(s, k, status, 0);
    return WRT__WASI_PARKED;
}

int wrt__wasi_park(struct wrt__wasi_call *c, struct wrt__wasi_file *file, uint32_t events, uint64_t at_ns)
{
    wrt_completion k;
    bool again = c->op != NULL;
    if (!again && !(c->op = wrt__wasi_op_new(c, 0))) return WRT__WASI_NOMEM;
    if (file && !c->op->file) {
        wrt__wasi_file_keep(file);
        c->op->file = file;
    }
    int e = call_defer(c, again, &k);
    return e ? e : call_arm(c, k, file, events, at_ns);
}

int wrt__wasi_pause(struct wrt__wasi_call *c, uint64_t done)
{
    int e = wrt__wasi_park(c, NULL, 0, wrt__wasi_now(c));
    if (e == WRT__WASI_PARKED) c->op->done = done;
    return e;
}

int wrt__wasi_park_op(struct wrt__wasi_call *c, struct wrt__wasi_op *op)
{
    wrt_completion k;
    uint64_t first = UINT64_MAX;
    bool again = c->op != NULL;
    c->op = op;
    int e = call_defer(c, again, &k);
    if (e) return e;
    for (uint32_t i = 0; i < op->subs_count; i++) {
        const struct wrt__wasi_sub *s = &op->subs[i];
        if (s->type == WRT__EV_CLOCK) {
            first = wrt__min_u64(first, s->deadline);
            continue;
        }
        uint32_t events = s->type == WRT__EV_READ ? WRT__WASI_READ : WRT__WASI_WRITE;
        wrt_status status = wrt_complete_on_fd(wrt_call_store(c->call), k, s->file->fd, events);
        if (status != WRT_OK) {
            (void)wrt_complete(wrt_call_store(c->call), k, status, 0);
            return WRT__WASI_PARKED;
        }
    }
    return call_arm(c, k, NULL, 0, first);
}
