/* load: the whole way of a binary down to register code: decode, validate the module, then per body validate
 * and translate in one pass. Owns the module's memory: an error on the way leaves nothing behind. */
#include "wasm/front.h"
#include "wasm/translate.h"

enum { LOAD_ARENA_BLOCK = 16384 };

static wrt_status load_source(
    struct wrt__module *m, wrt_bytes bytes, const struct wrt__load_opts *o, wrt_error *err)
{
    m->source = bytes;
    m->owns_source = o->take_source;
    if (o->keep_source || o->take_source || bytes.n == 0) return WRT_OK;
    uint8_t *copy = wrt__alloc(m->alloc, bytes.n, WRT_TAG_CODE);
    if (!copy) {
        return wrt__fail(
            err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for a copy of the binary");
    }
    memcpy(copy, bytes.p, bytes.n);
    m->source.p = copy;
    m->owns_source = true;
    return WRT_OK;
}

static void load_where(const struct wrt__module *m, uint32_t func, wrt_error *err)
{
    wrt_str name = wrt__func_name(m, func);
    if (name.n > 0) wrt__error_where(err, "function %u \"%S\"", func, &name);
    else wrt__error_where(err, "function %u", func);
}

/* Bodies behind the first bad one are only validated; no memory ends it at once. */
wrt_status wrt__load_other_errors(
    struct wrt__module *m, struct wrt__validator *v, uint32_t func, struct wrt__load_errors *errors)
{
    errors->count = 1;
    while (++func < m->funcs_count) {
        wrt_error *err = errors->count < errors->cap ? &errors->list[errors->count] : NULL;
        wrt_status status = wrt__validate_body(v, func, NULL, err);
        if (status == WRT_E_NOMEM) return status;
        if (status == WRT_OK) continue;
        if (err) load_where(m, func, err);      /* a look through all names: only for errors that are kept */
        errors->count++;
    }
    return WRT_OK;
}

static wrt_status load_bodies(
    struct wrt__module *m, uint64_t features, struct wrt__load_errors *errors, wrt_error *err)
{
    wrt_status status = WRT_OK;
    struct wrt__translator *t = wrt__translator_new(m);
    struct wrt__validator *v = wrt__validator_new(m, features);
    if (!t || !v) {
        status = wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the module");
    }
    for (uint32_t func = m->funcs_imported; func < m->funcs_count && status == WRT_OK; func++) {
        status = wrt__validate_body(v, func, t, err);
        if (status == WRT_OK) continue;
        load_where(m, func, err);
        if (!errors || !errors->others || status == WRT_E_NOMEM) break;
        if (errors->others(m, v, func, errors) != WRT_OK) {
            status = wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the module");
        }
    }
    wrt__validator_free(v);
    if (status == WRT_OK) wrt__tr_finish_module(t);
    wrt__translator_free(t);
    return status;
}

static wrt_status load_module(
    struct wrt__module *m, wrt_bytes bytes, const struct wrt__load_opts *o, wrt_error *err)
{
    uint64_t features = (o->features ? o->features : WRT__FEATURES_BUILT) & WRT__FEATURES_BUILT;
    features |= WRT__FLOATS;
    if (o->no_float) features &= ~(uint64_t)(WRT__FLOATS | WRT_FEATURE_SATURATING);
    if (bytes.n > o->limits->module_bytes) {
        m->source = bytes;
        m->owns_source = o->take_source;
        return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_LIMIT, "module_bytes",
            "the limit module_bytes is %lu, the binary has %lu", o->limits->module_bytes, (uint64_t)bytes.n);
    }
    wrt_status status = load_source(m, bytes, o, err);
    if (status == WRT_OK) status = wrt__decode(m, features, err);
    if (status == WRT_OK) status = wrt__validate_module(m, err);
    if (status == WRT_OK) status = load_bodies(m, features, o->errors, err);
    m->features &= ~(uint64_t)WRT__FLOATS;
    return status;
}

wrt_status wrt__module_load(const wrt_alloc *alloc, wrt_bytes bytes, const struct wrt__load_opts *o,
    struct wrt__module **out, wrt_error *err)
{
    struct wrt__module *m = wrt__alloc_zero(alloc, sizeof *m, WRT_TAG_CODE);
    if (!m) {
        if (o->take_source) wrt__free(alloc, (void *)(uintptr_t)bytes.p, bytes.n, WRT_TAG_CODE);
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the module");
    }
    m->alloc = alloc;
    wrt__arena_init(&m->arena, alloc, LOAD_ARENA_BLOCK, WRT_TAG_CODE);
    m->fuel = o->fuel;
    m->limits = o->limits;
    m->handlers = o->handlers;
    m->start = UINT32_MAX;
    wrt_status status = load_module(m, bytes, o, err);
    if (status != WRT_OK) {
        wrt__module_free(m);
        return status;
    }
    *out = m;
    return WRT_OK;
}

uint64_t wrt__module_hash(const struct wrt__module *m)
{
    return wrt__fnv64(WRT__FNV64_SEED, m->source.p, m->source.n);
}

void wrt__module_free(struct wrt__module *m)
{
    if (!m) return;
    const wrt_alloc *alloc = m->alloc;
    wrt__free(alloc, m->code, m->code_cap * sizeof *m->code, WRT_TAG_CODE);
    wrt__free(alloc, m->map, m->map_cap, WRT_TAG_CODE);
    wrt__arena_fini(&m->arena);
    if (m->owns_source) wrt__free(alloc, (void *)(uintptr_t)m->source.p, m->source.n, WRT_TAG_CODE);
    wrt__free(alloc, m, sizeof *m, WRT_TAG_CODE);
}
