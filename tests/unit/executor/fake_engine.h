/* A stand-in for the engine: guests are little scripts, so that what the executor does can be tested without
 * a byte of wasm. It keeps the contract of engine.h: slice soft, budget hard, locks by instance, one
 * attention poll. Included once, by the test that uses it; the executor's sources are compiled together with
 * it. */
#ifndef WRT_TESTS_FAKE_ENGINE_H
#define WRT_TESTS_FAKE_ENGINE_H

#include <stdlib.h>
#include "api/objects.h"
#include "executor/executor.h"

enum fake_op {
    F_END,
    F_BURN /* a blocks of price b */,
    F_CALL /* host function a */,
    F_ENTER,
    F_LEAVE /* instance a */,
    F_TRAP,
    F_SAY /* log a */
};
struct fake_step { enum fake_op op; uint32_t a, b; };
struct fake_guest { const struct fake_step *steps; uint32_t results; };

enum { FAKE_FUNCS = 16, FAKE_INSTANCES = 8, FAKE_LOG = 4096 };
static struct fake_guest fake_guests[FAKE_FUNCS];
static wrt_host_fn fake_hosts[FAKE_FUNCS];
static void *fake_host_ctx[FAKE_FUNCS];
static uint32_t fake_log[FAKE_LOG], fake_log_count;
static wrt_store fake_store;
#define fake_core fake_store.core
static struct wrt__funcrec fake_funcs[FAKE_FUNCS];
static struct wrt__host_func fake_host;
static struct wrt__functype fake_types[3];
static const uint8_t fake_i64[2] = { WRT__I64, WRT__I64 };
static struct wrt__module fake_module;
static struct wrt_instance *fake_instances[FAKE_INSTANCES];

wrt_status wrt__strand_init(struct wrt__strand *s, struct wrt__store *store)
{
    memset(s, 0, sizeof *s);
    s->store = store;
    return WRT_OK;
}

wrt_status wrt__strand_call(struct wrt__strand *s, uint32_t func, const uint64_t *args)
{
    if (!s->stack) {
        s->stack = wrt__alloc_zero(s->store->alloc, 4 * sizeof *s->stack, WRT_TAG_STACK);
        if (!s->stack) return WRT_E_NOMEM;
        s->slots = 4;
    }
    if (args && s->store->types[s->store->funcs[func].type].params) s->stack[0] = args[0];
    s->func = func;
    s->ip = 0;
    s->acc_i = 0;
    s->at_entry = true;
    return WRT_OK;
}

bool wrt__instance_enter(struct wrt_instance *i, struct wrt__strand *s)
{
    if (!i->owner || i->owner == s) {
        i->owner = s;
        i->owner_depth++;
        return true;
    }
    wrt__list_push(&i->waiters, &s->lock_node);
    s->wanted = i;
    return false;
}

void wrt__instance_leave(struct wrt_instance *i, struct wrt__strand *s)
{
    WRT_ASSERT(i->owner == s);
    if (i->owner_depth && --i->owner_depth) return;
    i->owner = NULL;
    if (i->waiters.count) s->store->lock_free(s->store, i);
}

void wrt__strand_release(struct wrt__strand *s)
{
    for (struct wrt_instance *i = s->store->instances; i; i = i->next) {
        while (i->owner == s) wrt__instance_leave(i, s);
    }
}

void wrt__strand_abandon(struct wrt__strand *s, bool preempted, uint64_t now)
{
    (void)now;
    for (struct wrt_instance *i = s->store->instances; i; i = i->next) {
        if (preempted && i->owner == s && i->owner_depth > 0) i->poisoned = true;
    }
    wrt__strand_release(s);
}

wrt_status wrt__instance_reset(struct wrt_instance *i, wrt_error *err)
{
    (void)err;
    i->poisoned = false;
    return WRT_OK;
}

void wrt__strand_fini(struct wrt__strand *s)
{
    if (s->stack) wrt__free(s->store->alloc, s->stack, s->slots * sizeof *s->stack, WRT_TAG_STACK);
    s->stack = NULL;
}

size_t wrt__strand_frames(const struct wrt__strand *s, wrt_frame *out, size_t cap)
{
    if (cap) *out = (wrt_frame){ s->func, s->ip, s->ip, { NULL, 0 }, { NULL, 0 } };
    return 1;
}

bool wrt__strand_place(const struct wrt__strand *s, uint32_t *func, uint32_t *offset)
{
    *func = s->func;
    *offset = s->ip;
    return true;
}

void wrt__strand_pending_call(struct wrt__strand *s, struct wrt_call *out)
{
    *out = (struct wrt_call){ .strand = s, .host = &fake_host, .slots = s->stack + 1 };
}

void wrt__strand_host_done(struct wrt__strand *s, wrt_status status)
{
    s->host_called = true;
    s->status = status;
}

static enum wrt__outcome fake_fail(struct wrt__strand *s, wrt_status status)
{
    s->status = status;
    return WRT__RUN_TRAP;
}

/* One host call. Answers -1 to go on. */
static int fake_call(struct wrt__strand *s, uint32_t host)
{
    struct wrt_call call;
    wrt_status status;
    if (s->host_called) {
        s->host_called = false;
        return s->status < 0 ? (int)fake_fail(s, s->status) : -1;
    }
    wrt__strand_pending_call(s, &call);
    status = fake_hosts[host](fake_host_ctx[host], &call);
    if (status == WRT_PENDING) return WRT__RUN_BLOCKED;
    if (status == WRT_E_FUEL) return WRT__RUN_BUDGET;
    return status < 0 ? (int)fake_fail(s, status) : -1;
}

enum wrt__outcome wrt__engine_run(struct wrt__strand *s)
{
    const struct fake_step *steps = fake_guests[s->func].steps;
    s->at_entry = false;
    for (;; s->ip++) {
        const struct fake_step *step = &steps[s->ip];
        int outcome;
        switch (step->op) {
        case F_END: return WRT__RUN_DONE;
        case F_TRAP: s->trap = WRT_TRAP_UNREACHABLE; return fake_fail(s, WRT_E_TRAP);
        case F_SAY: fake_log[fake_log_count++ % FAKE_LOG] = step->a; break;
        case F_ENTER:
            if (!wrt__instance_enter(fake_instances[step->a], s)) return WRT__RUN_LOCKED;
            break;
        case F_LEAVE: wrt__instance_leave(fake_instances[step->a], s); break;
        case F_CALL:
            outcome = fake_call(s, step->a);
            if (outcome >= 0) return (enum wrt__outcome)outcome;
            break;
        case F_BURN:
            for (; s->acc_i < step->a; s->acc_i++) {
                if (s->slice <= 0) return WRT__RUN_SLICE;
                if ((int64_t)step->b > s->hard) return WRT__RUN_BUDGET;
                if (s->poll <= 0) {
                    s->poll = 100;
                    if (*s->store->attention) return WRT__RUN_POLL;
                }
                s->slice -= step->b;
                s->poll -= step->b;
                if (s->hard != INT64_MAX) s->hard -= step->b;
                s->guest_fuel += step->b;
            }
            s->acc_i = 0;
            break;
        }
    }
}

/* What api/task.c and api/call.c take from their neighbours. */
wrt_status wrt__opts_read(void *to, size_t to_bytes, const void *from, const char *name, wrt_error *err)
{
    (void)name, (void)err;
    memset(to, 0, to_bytes);
    if (from) memcpy(to, from, to_bytes);
    return WRT_OK;
}
const char *wrt__type_name(uint8_t type) { return type == WRT__I64 ? "i64" : "?"; }
void *wrt_store_user(const wrt_store *s) { return s->user; }
bool wrt__val_fits(const struct wrt__store *s, wrt_val v, uint8_t type)
{
    (void)s;
    return v.kind == WRT_I64 && type == WRT__I64;
}
uint64_t wrt__slot_of(wrt_val v) { return v.of.u; }
wrt_val wrt__val_of(uint64_t slot, uint8_t type) { (void)type; return wrt_i64((int64_t)slot); }

/* ---- a store around it ------------------------------------------------------------------------------ */

static struct wrt__executor *fake_open(
    const wrt_alloc *alloc, const wrt_store_opts *o, const struct wrt_limits *limits)
{
    struct wrt__executor *x = NULL;
    wrt_host host = WRT_INIT(wrt_host);
    memset(&fake_store, 0, sizeof fake_store);
    memset(fake_guests, 0, sizeof fake_guests);
    fake_log_count = 0;
    fake_core.alloc = alloc;
    if (limits) fake_core.limits = *limits;
    if (wrt__limits_fill(&fake_core.limits, NULL, NULL) != WRT_OK) return NULL;
    fake_types[0] = (struct wrt__functype){ 0, 0, fake_i64, 0 };
    fake_types[1] = (struct wrt__functype){ 0, 1, fake_i64, 1 };
    fake_types[2] = (struct wrt__functype){ 1, 1, fake_i64, 2 };
    fake_core.types = fake_types;
    fake_core.types_count = 3;
    fake_core.funcs = fake_funcs;
    fake_core.funcs_count = FAKE_FUNCS;
    fake_host.type = fake_types[1];
    for (uint32_t k = 0; k < FAKE_INSTANCES; k++) {
        struct wrt_instance *i = calloc(1, sizeof *i);
        i->store = &fake_core;
        i->module = &fake_module;
        i->number = k;
        wrt__list_init(&i->waiters);
        i->next = fake_core.instances;
        fake_core.instances = fake_instances[k] = i;
    }
    for (uint32_t k = 0; k < FAKE_FUNCS; k++)
        fake_funcs[k] = (struct wrt__funcrec){ .index = k, .instance = fake_instances[0] };
    fake_core.owner = &fake_store;
    if (wrt__executor_new(&fake_core, o, &host, &x, NULL) != WRT_OK) {
        for (uint32_t k = 0; k < FAKE_INSTANCES; k++) free(fake_instances[k]);
        return NULL;
    }
    fake_store.exec = x;
    return x;
}

static wrt_func fake_func(uint32_t index) { return (wrt_func){ &fake_core, index, NULL }; }

static void fake_close(struct wrt__executor *x)
{
    wrt__executor_free(x);
    for (uint32_t k = 0; k < FAKE_INSTANCES; k++) free(fake_instances[k]);
}

#endif
