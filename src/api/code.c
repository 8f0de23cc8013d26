/* api/code: loaded modules (include/wrt/code.h, "code"). A code is immutable and counted; the count is the
 * only thing that threads change. */
#include "api/objects.h"

/* ---- life ---------------------------------------------------------------------------------------------- */

/* wrt_func_type wants public kinds where the module has value types: one array beside the types of the
 * module. */
static bool code_make_kinds(wrt_code *c)
{
    const struct wrt__module *m = c->module;
    uint64_t bytes = 0;
    for (uint32_t k = 0; k < m->types_count; k++) bytes += (uint64_t)m->types[k].params + m->types[k].results;
    if (bytes > UINT32_MAX) return false;
    c->kinds_at =
        wrt__alloc(&c->engine->alloc, ((size_t)m->types_count + 1) * sizeof *c->kinds_at, WRT_TAG_CODE);
    uint8_t *kinds = wrt__alloc(&c->engine->alloc, (size_t)bytes + 1, WRT_TAG_CODE);
    c->kinds = kinds;
    c->kinds_bytes = (uint32_t)bytes;
    if (!c->kinds_at || !kinds) return false;
    uint32_t at = 0;
    for (uint32_t k = 0; k < m->types_count; k++) {
        c->kinds_at[k] = at;
        for (uint32_t v = 0; v < m->types[k].params + m->types[k].results; v++) {
            kinds[at++] = wrt__kind_of(m->types[k].types[v]);
        }
    }
    return true;
}

/* Also takes back one that was made by half. */
static void code_destroy(wrt_code *c)
{
    wrt_engine *e = c->engine;
    size_t types = c->module ? c->module->types_count : 0;
    if (c->kinds) {
        wrt__free(&e->alloc, (uint8_t *)(uintptr_t)c->kinds, (size_t)c->kinds_bytes + 1, WRT_TAG_CODE);
    }
    if (c->kinds_at) wrt__free(&e->alloc, c->kinds_at, (types + 1) * sizeof *c->kinds_at, WRT_TAG_CODE);
    if (c->module) wrt__module_free(c->module);
    wrt__free(&e->alloc, c, sizeof *c + c->name_bytes, WRT_TAG_CODE);
    wrt__engine_drop(e);
}

void wrt__code_keep(const wrt_code *c)
{
    atomic_fetch_add_explicit(&((wrt_code *)(uintptr_t)c)->refs, 1, memory_order_relaxed);
}

void wrt__code_drop(const wrt_code *c)
{
    wrt_code *own = (wrt_code *)(uintptr_t)c;
    if (atomic_fetch_sub_explicit(&own->refs, 1, memory_order_acq_rel) == 1) code_destroy(own);
}

static wrt_code *code_object(wrt_engine *e, wrt_str name)
{
    wrt_code *c = wrt__alloc_zero(&e->alloc, sizeof *c + name.n, WRT_TAG_CODE);
    if (!c) return NULL;
    if (name.n > 0) memcpy(c + 1, name.p, name.n);
    c->name = (wrt_str){ (const char *)(c + 1), name.n };
    c->name_bytes = name.n;
    c->engine = e;
    atomic_init(&c->refs, 1);
    wrt__engine_keep(e);
    return c;
}

enum { CODE_NAME_MOST = 4096 };

wrt_status wrt__code_load(
    wrt_engine *e, struct wrt__code_source from, const wrt_load_opts *opts, wrt_code **out, wrt_error *err)
{
    wrt_code *c = code_object(e, opts->name);
    if (!c) {
        if (from.take) wrt__free(&e->alloc, (void *)(uintptr_t)from.bytes.p, from.bytes.n, WRT_TAG_CODE);
        return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "code", "no room for a code object");
    }
    c->portable = opts->portable || wrt__engine_handlers() == NULL;
    struct wrt__load_opts load = { .fuel = e->fuel,
        .limits = &e->limits,
        .features = e->features,
        .no_float = e->no_float,
        .errors = from.errors,
        .take_source = from.take,
        .handlers = opts->portable ? NULL : wrt__engine_handlers(),
        .keep_source = opts->keep_source };
    wrt_status status = wrt__module_load(&e->alloc, from.bytes, &load, &c->module, err);
    if (status == WRT_OK && !code_make_kinds(c)) {
        status =
            wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "code", "no room for the types of a module");
    }
    if (status != WRT_OK || from.errors) {
        code_destroy(c);
        return status;
    }
    if (c->name.n == 0) c->name = c->module->module_name;
    *out = c;
    return WRT_OK;
}

wrt_status wrt__code_options(
    const wrt_engine *e, wrt_bytes bytes, const wrt_load_opts *o, wrt_load_opts *opts, wrt_error *err)
{
    wrt_status status = wrt__engine_open(e, err);
    if (status != WRT_OK) return status;
    if (!bytes.p && bytes.n > 0) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    }
    status = wrt__opts_read(opts, sizeof *opts, o, "wrt_load_opts", err);
    if (status == WRT_OK && opts->name.n > CODE_NAME_MOST) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the name has more than %u bytes",
            (uint32_t)CODE_NAME_MOST);
    }
    return status;
}

wrt_status wrt_load(wrt_engine *e, wrt_bytes bytes, const wrt_load_opts *o, wrt_code **out, wrt_error *err)
{
    wrt_load_opts opts;
    wrt__error_clear(err);
    if (!out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    *out = NULL;
    wrt_status status = wrt__code_options(e, bytes, o, &opts, err);
    if (status != WRT_OK) return status;
    return wrt__code_load(e, (struct wrt__code_source){ .bytes = bytes }, &opts, out, err);
}

wrt_status wrt_load_check(
    wrt_engine *e, wrt_bytes bytes, const wrt_load_opts *o, wrt_error *errs, size_t cap, size_t *n)
{
    struct wrt__load_errors errors = { errs, cap, 0, wrt__load_other_errors };
    wrt_error *first = cap > 0 ? errs : NULL;
    wrt_load_opts opts;
    wrt_status status = wrt__code_options(e, bytes, o, &opts, first);
    if (status == WRT_OK) {
        status = wrt__code_load(e, (struct wrt__code_source){ bytes, false, &errors }, &opts, NULL, first);
    }
    if (status != WRT_OK && errors.count == 0) errors.count = 1;
    if (n) *n = errors.count;
    return status;
}

void wrt_code_free(wrt_code *c)
{
    if (c) wrt__code_drop(c);
}

/* ---- imports and exports ------------------------------------------------------------------------------- */

static void describe_func(const wrt_code *c, uint32_t type, wrt_extern_desc *out)
{
    const struct wrt__functype *t = &c->module->types[type];
    out->kind = WRT_EXTERN_FUNC;
    out->func = (wrt_func_type){ t->params, t->results, c->kinds + c->kinds_at[type] };
}

static void describe_table(const struct wrt__tabletype *t, wrt_extern_desc *out)
{
    out->kind = WRT_EXTERN_TABLE;
    out->value_kind = wrt__kind_of(t->elem);
    out->min = t->limits.min;
    out->max = t->limits.max;
    out->has_max = t->limits.has_max;
}

static void describe_memory(const struct wrt__memtype *t, wrt_extern_desc *out)
{
    out->kind = WRT_EXTERN_MEMORY;
    out->min = t->limits.min;
    out->max = t->limits.max;
    out->has_max = t->limits.has_max;
}

static void describe_global(const struct wrt__globaltype *t, wrt_extern_desc *out)
{
    out->kind = WRT_EXTERN_GLOBAL;
    out->value_kind = wrt__kind_of(t->type);
    out->is_mutable = t->is_mutable;
}

size_t wrt_code_imports_count(const wrt_code *c)
{
    return c->module->imports_count;
}

size_t wrt_code_exports_count(const wrt_code *c)
{
    return c->module->exports_count;
}

bool wrt_code_import(const wrt_code *c, size_t i, wrt_extern_desc *out)
{
    if (i >= c->module->imports_count) return false;
    const struct wrt__import *p = &c->module->imports[i];
    *out = (wrt_extern_desc){ .module = p->module, .name = p->name };
    switch (p->kind) {
    case WRT__KIND_FUNC: describe_func(c, p->type, out); break;
    case WRT__KIND_TABLE: describe_table(&p->table, out); break;
    case WRT__KIND_MEMORY: describe_memory(&p->memory, out); break;
    default: describe_global(&p->global, out); break;
    }
    return true;
}

bool wrt_code_export(const wrt_code *c, size_t i, wrt_extern_desc *out)
{
    const struct wrt__module *m = c->module;
    if (i >= m->exports_count) return false;
    const struct wrt__export *p = &m->exports[i];
    *out = (wrt_extern_desc){ .name = p->name };
    switch (p->kind) {
    case WRT__KIND_FUNC: describe_func(c, m->funcs[p->index].type, out); break;
    case WRT__KIND_TABLE: describe_table(&m->tables[p->index], out); break;
    case WRT__KIND_MEMORY: describe_memory(&m->memories[p->index], out); break;
    default: describe_global(&m->globals[p->index], out); break;
    }
    return true;
}

/* ---- reports ------------------------------------------------------------------------------------------- */

uint64_t wrt_code_piece_fuel(const wrt_code *c, wrt_str func)
{
    const struct wrt__module *m = c->module;
    uint32_t number;
    if (func.n == 0) return wrt__func_piece(m, UINT32_MAX);
    if (!wrt__export_find(m, func, &number) || m->exports[number].kind != WRT__KIND_FUNC) return 0;
    number = m->exports[number].index;
    bool leaf = number >= m->funcs_imported && !(m->funcs[number].does & WRT__DOES_CALL);
    return wrt__func_piece(m, leaf ? number : UINT32_MAX);
}

void wrt_code_info_get(const wrt_code *c, wrt_code_info *out)
{
    const struct wrt__module *m = c->module;
    *out = (wrt_code_info){ .types = m->types_count,
        .functions = m->funcs_count,
        .imported_functions = m->funcs_imported,
        .tables = m->tables_count,
        .memories = m->memories_count,
        .globals = m->globals_count,
        .elem_segments = m->elems_count,
        .data_segments = m->datas_count,
        .wasm_bytes = m->source.n,
        .code_bytes = (uint64_t)m->code_count * sizeof(uint64_t),
        .map_bytes = m->map_count,
        .features = m->features,
        .sha_low = wrt__module_hash(m) };
    for (uint32_t k = m->funcs_imported; k < m->funcs_count; k++) out->body_bytes += m->funcs[k].body_bytes;
    for (uint32_t k = 0; k < m->datas_count; k++) out->data_bytes += m->datas[k].bytes.n;
}

wrt_str wrt_code_func_name(const wrt_code *c, uint32_t func)
{
    return func < c->module->funcs_count ? wrt__func_name(c->module, func) : (wrt_str){ "", 0 };
}
