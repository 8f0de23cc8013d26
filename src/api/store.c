/* api/store: stores and instantiation (include/wrt/code.h, "store and instances"). A store is the engine's
 * part (struct wrt__store) and the executor, made and ended together. */
#include "api/objects.h"
#include "executor/executor.h"

/* ---- life ---------------------------------------------------------------------------------------------- */

static wrt_status store_make(wrt_engine *e, wrt_store_opts *o, wrt_store *s, wrt_error *err)
{
    wrt_status status = wrt__store_init(&s->core, &e->alloc, &o->limits, e->fuel);
    if (status != WRT_OK) return wrt__fail_table(err, status, WRT__W_NO_ROOM, "store", "no room for a store");
    s->core.engine = e;
    s->core.owner = s;
    s->core.release = wrt__code_drop;
    s->core.no_memory_grow = e->no_memory_grow;
    s->engine = e;
    s->user = o->user;
    status = wrt__executor_new(&s->core, o, &e->host, &s->exec, err);
    if (status != WRT_OK) wrt__store_fini(&s->core);
    return status;
}

wrt_status wrt_store_new(wrt_engine *e, const wrt_store_opts *o, wrt_store **out, wrt_error *err)
{
    wrt_store_opts opts;
    wrt_status status = wrt__engine_open(e, err);
    if (status != WRT_OK) return status;
    if (!out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "out is NULL");
    *out = NULL;
    status = wrt__opts_read(&opts, sizeof opts, o, "wrt_store_opts", err);
    if (status == WRT_OK) status = wrt__limits_fill(&opts.limits, &e->limits, err);
    if (status != WRT_OK) return status;
    wrt_store *s = wrt__alloc_zero(&e->alloc, sizeof *s, WRT_TAG_OTHER);
    if (!s) return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "store", "no room for a store");
    status = store_make(e, &opts, s, err);
    if (status != WRT_OK) {
        wrt__free(&e->alloc, s, sizeof *s, WRT_TAG_OTHER);
        return status;
    }
    do { /* 0 means "fits every store" */
        s->serial = atomic_fetch_add_explicit(&e->serial, 1, memory_order_relaxed) + 1;
    } while (s->serial == 0);
    wrt__engine_keep(e);
    wrt__engine_list(e, s, true);
    *out = s;
    return WRT_OK;
}

void wrt_store_free(wrt_store *s)
{
    if (!s) return;
    wrt_engine *e = s->engine;
    wrt__engine_list(e, s, false);
    wrt__executor_free(s->exec);
    wrt__store_fini(&s->core);
    if (s->values) wrt__free(&e->alloc, s->values, s->values_cap * sizeof *s->values, WRT_TAG_VALUES);
    wrt__free(&e->alloc, s, sizeof *s, WRT_TAG_OTHER);
    wrt__engine_drop(e);
}

/* The most values that one call in this store can have, arguments or results. */
static uint32_t store_values_most(const struct wrt__store *s)
{
    uint32_t most = 0;
    for (uint32_t k = 0; k < s->types_count; k++) {
        if (s->types[k].params > most) most = s->types[k].params;
        if (s->types[k].results > most) most = s->types[k].results;
    }
    return most;
}

wrt_status wrt__store_prepare(wrt_store *s, wrt_error *err)
{
    uint32_t most = store_values_most(&s->core);
    if (s->exec->inside) {
        return wrt__fail(err, WRT_E_STATE, WRT__W_INSIDE, WRT__NO_OFFSET, "a store of the engine is running");
    }
    bool room = wrt__store_reserve(&s->core);
    if (room && most > s->values_cap) {
        room = wrt__grow(&s->engine->alloc, &s->values, &s->values_cap, most, sizeof *s->values,
            WRT_TAG_VALUES);
    }
    if (!room) {
        return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "handles", "no room for handles and values");
    }
    return wrt__executor_reserve(s->exec, err);
}

void *wrt_store_user(const wrt_store *s)
{
    return s->user;
}

wrt_engine *wrt_store_engine(const wrt_store *s)
{
    return s->engine;
}

/* ---- instances ----------------------------------------------------------------------------------------- */

static wrt_status instantiate_check(
    const wrt_store *s, const wrt_linker *l, const wrt_code *c, wrt_error *err)
{
    if (c->engine != s->engine || (l && l->engine != s->engine)) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET,
            "the code, the linker and the store are of different engines");
    }
    if (c->portable && wrt__engine_handlers() != NULL) {
        return wrt__fail(err, WRT_E_STATE, WRT__W_ARG, WRT__NO_OFFSET,
            "the code was loaded as portable: it can be read, not run");
    }
    return WRT_OK;
}

/* Binds the imports and makes the instance; nothing has run and no segment is written. */
static wrt_status instantiate_make(
    wrt_store *s, const wrt_linker *l, wrt_code *c, struct wrt_instance **out, wrt_error *err)
{
    size_t bytes = c->module->imports_count * sizeof(struct wrt__bound);
    struct wrt__bound *found = bytes > 0 ? wrt__alloc_zero(&s->engine->alloc, bytes, WRT_TAG_OTHER) : NULL;
    if (bytes > 0 && !found) {
        return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "instance", "no room for the imports");
    }
    wrt_status status = wrt__link_bind(s, l, c, found, err);
    if (status == WRT_OK) status = wrt__instance_new(&s->core, c->module, found, out, err);
    if (found) wrt__free(&s->engine->alloc, found, bytes, WRT_TAG_OTHER);
    if (status != WRT_OK) return status;
    (*out)->code_handle = c;
    wrt__code_keep(c);
    return WRT_OK;
}

wrt_status wrt_instantiate(wrt_store *s, const wrt_linker *l, wrt_code *c, wrt_instance **out, wrt_error *err)
{
    struct wrt_instance *i = NULL;
    if (!s || !c || !out) {
        wrt__error_clear(err);
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    }
    *out = NULL;
    wrt_status status = wrt__engine_open(s->engine, err);
    if (status == WRT_OK) status = instantiate_check(s, l, c, err);
    if (status == WRT_OK) status = instantiate_make(s, l, c, &i, err);
    if (status != WRT_OK) return status;
    /* From here on the instance stays in the store even when it fails: tables may refer to its functions. */
    status = wrt__instance_segments(i, err);
    if (status == WRT_OK && c->module->start != UINT32_MAX) {
        status = wrt__executor_call(s->exec, i->func_refs[c->module->start], NULL, NULL, err);
    }
    if (status != WRT_OK) return status;
    i->started = true;
    *out = i;
    return WRT_OK;
}

wrt_status wrt_instance_reset(wrt_instance *i, wrt_error *err)
{
    wrt__error_clear(err);
    if (!i) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the instance is NULL");
    struct wrt__executor *x = wrt__store_of(i->store)->exec;
    if (x->inside) {
        return wrt__fail(err, WRT_E_STATE, WRT__W_INSIDE, WRT__NO_OFFSET, "the store is running already");
    }
    if (i->owner) {
        return wrt__fail(err, WRT_E_STATE, WRT__W_BUSY, WRT__NO_OFFSET, "a task has frames in the instance");
    }
    wrt_status status = wrt__instance_reset(i, err);
    if (status == WRT_OK && i->module->start != UINT32_MAX)
        status = wrt__executor_call(x, i->func_refs[i->module->start], NULL, NULL, err);
    if (status == WRT_OK && i->init) status = wrt__executor_call(x, i->init - 1, NULL, NULL, err);
    i->poisoned = status != WRT_OK;
    return status;
}

wrt_status wrt_instance_init(wrt_instance *i, wrt_func *f, wrt_error *err)
{
    wrt__error_clear(err);
    if (!i || (f && f->store != i->store)) {
        return wrt__fail(
            err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "no instance, or a function of another store");
    }
    if (f) {
        const struct wrt__functype *type = &i->store->types[i->store->funcs[f->index].type];
        if (type->params || type->results) {
            return wrt__fail(
                err, WRT_E_TYPE, WRT__W_ARG, WRT__NO_OFFSET, "the function has parameters or results");
        }
        if (i->store->funcs[f->index].instance != i) {
            return wrt__fail(
                err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the function is not one of the instance");
        }
    }
    if (f && i->on_trap == WRT_ON_TRAP_RESET) {
        return wrt__fail(err, WRT_E_STATE, WRT__W_ARG, WRT__NO_OFFSET,
            "the instance is reset by rule, which calls no function");
    }
    i->init = f ? f->index + 1 : 0;
    return WRT_OK;
}

wrt_status wrt_instance_on_trap(
    wrt_instance *i, wrt_on_trap what, uint32_t max, uint64_t window_ns, wrt_error *err)
{
    wrt__error_clear(err);
    if (!i || (uint32_t)what > WRT_ON_TRAP_RESET) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "no instance, or no rule");
    }
    if (what == WRT_ON_TRAP_RESET && wrt__instance_runs(i)) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET,
            "a module with a start function is reset by wrt_instance_reset");
    }
    if (what == WRT_ON_TRAP_RESET) i->store->reset = wrt__instance_reset_by_rule;
    i->on_trap = (uint8_t)what;
    i->resets_max = max;
    i->resets = 0;
    i->window_ns = window_ns;
    return WRT_OK;
}

wrt_store *wrt_instance_store(const wrt_instance *i)
{
    return wrt__store_of(i->store);
}

const wrt_code *wrt_instance_code(const wrt_instance *i)
{
    return i->code_handle;
}
