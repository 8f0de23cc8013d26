/* api/linker: definitions by (module, name) (include/wrt/code.h, "linker"). A linker belongs to one thread at
 * a time; the host functions in it are counted, because stores keep them. Definitions come in two steps:
 * first room and names for all of them, which may fail, then the values, which cannot. */
#include "api/objects.h"

/* ---- life ---------------------------------------------------------------------------------------------- */

wrt_status wrt_linker_new(wrt_engine *e, wrt_linker **out, wrt_error *err)
{
    wrt_status status = wrt__engine_open(e, err);
    if (status != WRT_OK) return status;
    if (!out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "out is NULL");
    *out = NULL;
    wrt_linker *l = wrt__alloc_zero(&e->alloc, sizeof *l, WRT_TAG_OTHER);
    if (!l) return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "linker", "no room for a linker");
    l->engine = e;
    wrt__engine_keep(e);
    wrt__arena_init(&l->text, &e->alloc, 1024, WRT_TAG_OTHER);
    wrt__map_init(&l->module_map, &e->alloc);
    *out = l;
    return WRT_OK;
}

void wrt_linker_free(wrt_linker *l)
{
    if (!l) return;
    wrt_engine *e = l->engine;
    for (uint32_t k = 0; k < l->defs_count; k++) wrt__host_func_drop(&e->alloc, l->defs[k].host);
    if (l->defs) wrt__free(&e->alloc, l->defs, (size_t)l->defs_cap * sizeof *l->defs, WRT_TAG_OTHER);
    for (uint32_t k = 0; k < l->modules_count; k++) wrt__map_fini(&l->modules[k].names);
    if (l->modules) {
        wrt__free(&e->alloc, l->modules, (size_t)l->modules_cap * sizeof *l->modules, WRT_TAG_OTHER);
    }
    wrt__map_fini(&l->module_map);
    wrt__arena_fini(&l->text);
    wrt__free(&e->alloc, l, sizeof *l, WRT_TAG_OTHER);
    wrt__engine_drop(e);
}

/* ---- names --------------------------------------------------------------------------------------------- */

static wrt_bytes linker_bytes(wrt_str s)
{
    return (wrt_bytes){ (const uint8_t *)s.p, s.n };
}

static bool linker_lookup(const wrt_linker *l, wrt_str module, wrt_str name, uint32_t *index)
{
    uint32_t m;
    if (!wrt__map_get(&l->module_map, linker_bytes(module), &m)) return false;
    return wrt__map_get(&l->modules[m].names, linker_bytes(name), index);
}

const struct wrt__linked *wrt__linker_find(const wrt_linker *l, wrt_str module, wrt_str name)
{
    uint32_t index;
    if (!l || !linker_lookup(l, module, name, &index)) return NULL;
    return l->defs[index].kind == WRT__LINKED_NONE ? NULL : &l->defs[index];
}

static wrt_status linker_no_memory(wrt_error *err)
{
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "linker", "no room for a definition");
}

static bool linker_copy(wrt_linker *l, wrt_str text, wrt_str *out)
{
    char *p = wrt__arena_take(&l->text, text.n + 1, 1);
    if (!p) return false;
    if (text.n > 0) memcpy(p, text.p, text.n);
    *out = (wrt_str){ p, text.n };
    return true;
}

/* A module name without definitions says nothing, so one that stays behind after a failure does no harm. */
static bool linker_place_module(wrt_linker *l, wrt_str name, uint32_t *index)
{
    bool existed = false;
    wrt_str own;
    const wrt_alloc *a = &l->engine->alloc;
    if (wrt__map_get(&l->module_map, linker_bytes(name), index)) return true;
    uint32_t need = l->modules_count + 1;
    if (!wrt__grow(a, &l->modules, &l->modules_cap, need, sizeof *l->modules, WRT_TAG_OTHER)) {
        return false;
    }
    if (!linker_copy(l, name, &own)) return false;
    if (wrt__map_put(&l->module_map, linker_bytes(own), l->modules_count, &existed) != WRT_OK) return false;
    WRT_ASSERT(!existed);
    *index = l->modules_count++;
    l->modules[*index].name = own;
    wrt__map_init(&l->modules[*index].names, a);
    return true;
}

/* The place for a name: the present one, or a new one that is not defined yet. */
static wrt_status linker_place(wrt_linker *l, wrt_str module, wrt_str name, uint32_t *index, wrt_error *err)
{
    bool existed = false;
    uint32_t m;
    wrt_str own;
    const wrt_alloc *a = &l->engine->alloc;
    if (linker_lookup(l, module, name, index)) return WRT_OK;
    if (!linker_place_module(l, module, &m)) return linker_no_memory(err);
    if (!wrt__grow(a, &l->defs, &l->defs_cap, l->defs_count + 1, sizeof *l->defs, WRT_TAG_OTHER)) {
        return linker_no_memory(err);
    }
    if (!linker_copy(l, name, &own)) return linker_no_memory(err);
    wrt_status status = wrt__map_put(&l->modules[m].names, linker_bytes(own), l->defs_count, &existed);
    if (status != WRT_OK) return linker_no_memory(err);
    WRT_ASSERT(!existed);
    *index = l->defs_count++;
    l->defs[*index] =
        (struct wrt__linked){ .kind = WRT__LINKED_NONE, .module = l->modules[m].name, .name = own };
    return WRT_OK;
}

/* Cannot fail. `def` brings its own reference to a host function. */
static void linker_set(wrt_linker *l, uint32_t index, struct wrt__linked def)
{
    struct wrt__linked *at = &l->defs[index];
    WRT_ASSERT(index < l->defs_count && def.kind != WRT__LINKED_NONE);
    wrt__host_func_drop(&l->engine->alloc, at->host);
    def.module = at->module;
    def.name = at->name;
    *at = def;
}

static wrt_status linker_define(
    wrt_linker *l, wrt_str module, wrt_str name, struct wrt__linked def, wrt_error *err)
{
    uint32_t index;
    wrt_status status = linker_place(l, module, name, &index, err);
    if (status == WRT_OK) linker_set(l, index, def);
    return status;
}

static wrt_status linker_open(const wrt_linker *l, wrt_error *err)
{
    if (l) return wrt__engine_open(l->engine, err);
    wrt__error_clear(err);
    return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the linker is NULL");
}

/* ---- host functions ------------------------------------------------------------------------------------ */

static wrt_status linker_host_func(
    wrt_linker *l, wrt_str module, const wrt_fn_def *d, struct wrt__host_func **out, wrt_error *err)
{
    const wrt_alloc *a = &l->engine->alloc;
    struct wrt__functype t;
    if (!d->fn) {
        return wrt__fail(
            err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "%S.%S has no function", &module, &d->name);
    }
    size_t cap = d->sig.n + 1; /* a type takes more than one byte of text */
    uint8_t *types = wrt__alloc(a, cap, WRT_TAG_OTHER);
    if (!types) return linker_no_memory(err);
    wrt_status status = wrt__sig_parse(d->sig, types, cap, &t, err);
    struct wrt__host_func *h = status == WRT_OK ? wrt__host_func_new(a, module, d->name, &t) : NULL;
    wrt__free(a, types, cap, WRT_TAG_OTHER);
    if (status != WRT_OK) wrt__error_where(err, "%S.%S", &module, &d->name);
    if (!h) return status != WRT_OK ? status : linker_no_memory(err);
    h->fn = d->fn;
    h->ctx = d->ctx;
    h->fuel = d->fuel;
    *out = h;
    return WRT_OK;
}

static struct wrt__linked linked_host(struct wrt__host_func *h)
{
    return (struct wrt__linked){ .kind = WRT__KIND_FUNC, .host = h };
}

wrt_status wrt__linker_define(
    wrt_linker *l, wrt_str module, const wrt_fn_def *def, void (*drop)(void *ctx), wrt_error *err)
{
    wrt_fn_def d;
    struct wrt__host_func *h;
    wrt_status status = linker_open(l, err);
    if (status == WRT_OK) status = wrt__opts_read(&d, sizeof d, def, "wrt_fn_def", err);
    if (status == WRT_OK) status = linker_host_func(l, module, &d, &h, err);
    if (status != WRT_OK) return status;
    status = linker_define(l, module, d.name, linked_host(h), err);
    if (status != WRT_OK) {
        wrt__host_func_drop(&l->engine->alloc, h);
        return status;
    }
    h->drop = drop;
    return WRT_OK;
}

/* One element of an array whose elements may be of an older version, each with its own size in front. */
static const void *linker_def_at(const wrt_fn_def *defs, size_t k)
{
    return (const uint8_t *)defs + k * defs->size;
}

struct linker_batch {
    uint32_t index;
    struct wrt__host_func *host;
};

static wrt_status linker_prepare(
    wrt_linker *l, wrt_str module, const void *def, struct linker_batch *b, wrt_error *err)
{
    wrt_fn_def d;
    wrt_status status = wrt__opts_read(&d, sizeof d, def, "wrt_fn_def", err);
    if (status == WRT_OK) status = linker_host_func(l, module, &d, &b->host, err);
    if (status == WRT_OK) status = linker_place(l, module, d.name, &b->index, err);
    return status;
}

wrt_status wrt_link_funcs(wrt_linker *l, wrt_str module, const wrt_fn_def *defs, size_t n, wrt_error *err)
{
    wrt_status status = linker_open(l, err);
    if (status != WRT_OK || n == 0) return status;
    if (!defs || n > UINT32_MAX / sizeof(struct linker_batch)) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "no definitions, or too many");
    }
    const wrt_alloc *a = &l->engine->alloc;
    struct linker_batch *batch = wrt__alloc_zero(a, n * sizeof *batch, WRT_TAG_OTHER);
    if (!batch) return linker_no_memory(err);
    for (size_t k = 0; k < n && status == WRT_OK; k++) {
        status = linker_prepare(l, module, linker_def_at(defs, k), &batch[k], err);
    }
    for (size_t k = 0; k < n; k++) {
        if (status == WRT_OK) {
            linker_set(l, batch[k].index, linked_host(batch[k].host));
        } else {
            wrt__host_func_drop(a, batch[k].host);
        }
    }
    wrt__free(a, batch, n * sizeof *batch, WRT_TAG_OTHER);
    return status;
}

/* ---- things of a store --------------------------------------------------------------------------------- */

static struct wrt__linked linked_in(struct wrt__store *s, uint8_t kind)
{
    return (struct wrt__linked){ .kind = kind, .store = s, .serial = wrt__store_of(s)->serial };
}

static wrt_status linker_check_store(const wrt_linker *l, const struct wrt__store *s, wrt_error *err)
{
    if (s->engine == l->engine) return WRT_OK;
    return wrt__fail(
        err, WRT_E_ARG, WRT__W_FOREIGN_STORE, WRT__NO_OFFSET, "it lives in a store of another engine");
}

/* What an export of an instance stands for. Globals may need a handle: the only part that can fail. */
static bool linked_export(struct wrt_instance *i, const struct wrt__export *x, struct wrt__linked *out)
{
    *out = linked_in(i->store, x->kind);
    switch (x->kind) {
    case WRT__KIND_FUNC: out->func = i->func_refs[x->index]; return true;
    case WRT__KIND_TABLE: out->table = i->tables[x->index]; return true;
    case WRT__KIND_MEMORY: out->memory = i->memories[x->index]; return true;
    default:
        WRT_ASSERT(x->kind == WRT__KIND_GLOBAL);
        out->global = wrt__instance_global(i, x->index);
        return out->global != NULL;
    }
}

wrt_status wrt_link_instance(wrt_linker *l, wrt_str module, wrt_instance *provider, wrt_error *err)
{
    uint32_t index;
    struct wrt__linked def;
    wrt_status status = linker_open(l, err);
    if (status != WRT_OK) return status;
    if (!provider) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the instance is NULL");
    status = linker_check_store(l, provider->store, err);
    const struct wrt__module *m = provider->module;
    for (uint32_t k = 0; k < m->exports_count && status == WRT_OK; k++) {
        status = linker_place(l, module, m->exports[k].name, &index, err);
        if (status == WRT_OK && !linked_export(provider, &m->exports[k], &def)) {
            status = linker_no_memory(err);
        }
    }
    if (status != WRT_OK) return status;
    for (uint32_t k = 0; k < m->exports_count; k++) {
        bool found = linker_lookup(l, module, m->exports[k].name, &index) &&
                     linked_export(provider, &m->exports[k], &def);
        WRT_ASSERT(found);
        linker_set(l, index, def);
    }
    return WRT_OK;
}

static wrt_status linker_define_in(
    wrt_linker *l, wrt_str module, wrt_str name, struct wrt__linked def, wrt_error *err)
{
    wrt_status status = linker_check_store(l, def.store, err);
    return status == WRT_OK ? linker_define(l, module, name, def, err) : status;
}

static wrt_status linker_open_for(const wrt_linker *l, const void *thing, wrt_error *err)
{
    wrt_status status = linker_open(l, err);
    if (status != WRT_OK || thing) return status;
    return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "there is nothing to define: NULL");
}

wrt_status wrt_link_memory(wrt_linker *l, wrt_str module, wrt_str name, wrt_memory *m, wrt_error *err)
{
    wrt_status status = linker_open_for(l, m, err);
    if (status != WRT_OK) return status;
    struct wrt__linked def = linked_in(m->store, WRT__KIND_MEMORY);
    def.memory = m;
    return linker_define_in(l, module, name, def, err);
}

wrt_status wrt_link_table(wrt_linker *l, wrt_str module, wrt_str name, wrt_table *t, wrt_error *err)
{
    wrt_status status = linker_open_for(l, t, err);
    if (status != WRT_OK) return status;
    struct wrt__linked def = linked_in(t->store, WRT__KIND_TABLE);
    def.table = t;
    return linker_define_in(l, module, name, def, err);
}

wrt_status wrt_link_global(wrt_linker *l, wrt_str module, wrt_str name, wrt_global *g, wrt_error *err)
{
    wrt_status status = linker_open_for(l, g, err);
    if (status != WRT_OK) return status;
    struct wrt__linked def = linked_in(g->store, WRT__KIND_GLOBAL);
    def.global = g;
    return linker_define_in(l, module, name, def, err);
}

wrt_status wrt_link_func(wrt_linker *l, wrt_str module, wrt_str name, wrt_func *f, wrt_error *err)
{
    wrt_status status = linker_open_for(l, f, err);
    if (status != WRT_OK) return status;
    struct wrt__linked def = linked_in(f->store, WRT__KIND_FUNC);
    def.func = f->index;
    return linker_define_in(l, module, name, def, err);
}
