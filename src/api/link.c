/* api/link: fits definitions to imports (spec: "External Typing", matching). Every miss says which import,
 * what it wants, what was found, and the name that was perhaps meant. */
#include "api/objects.h"

/* ---- words --------------------------------------------------------------------------------------------- */

#if WRT_MESSAGES

enum { LINK_TEXT = 72 }; /* two of them and two names leave room in wrt_error.message */

static void link_limits_text(const struct wrt__limits *t, const char *what, const char *unit, char *buf)
{
    if (t->has_max) {
        wrt__format(buf, LINK_TEXT, "%s (min %lu, max %lu%s)", what, t->min, t->max, unit);
    } else {
        wrt__format(buf, LINK_TEXT, "%s (min %lu, no max%s)", what, t->min, unit);
    }
}

static void link_table_text(const struct wrt__tabletype *t, char *buf)
{
    link_limits_text(&t->limits, "table", t->elem == WRT__FUNCREF ? " funcref" : " externref", buf);
}

static void link_global_text(const struct wrt__globaltype *t, char *buf)
{
    wrt__format(
        buf, LINK_TEXT, "%s global %s", t->is_mutable ? "mutable" : "immutable", wrt__type_name(t->type));
}

static void link_func_text(const struct wrt__functype *t, char *buf)
{
    char sig[LINK_TEXT - 10];
    wrt__sig_print(t, sig, sizeof sig);
    wrt__format(buf, LINK_TEXT, "function %s", sig);
}

static void link_wanted_text(const struct wrt__module *m, const struct wrt__import *p, char *buf)
{
    switch (p->kind) {
    case WRT__KIND_FUNC: link_func_text(&m->types[p->type], buf); break;
    case WRT__KIND_TABLE: link_table_text(&p->table, buf); break;
    case WRT__KIND_MEMORY: link_limits_text(&p->memory.limits, "memory", " pages", buf); break;
    default: link_global_text(&p->global, buf); break;
    }
}

#endif

/* ---- what a definition is ------------------------------------------------------------------------------ */

static const struct wrt__functype *linked_functype(const struct wrt__linked *d)
{
    return d->host ? &d->host->type : &d->store->types[d->store->funcs[d->func].type];
}

/* The present size counts, not the declared one. */
static struct wrt__limits linked_memory_limits(const struct wrt_memory *m)
{
    return (struct wrt__limits){ m->bytes >> 16, m->type.max, m->type.has_max };
}

static struct wrt__tabletype linked_tabletype(const struct wrt_table *t)
{
    return (struct wrt__tabletype){ t->type, { t->size, t->limits.max, t->limits.has_max } };
}

#if WRT_MESSAGES
static struct wrt__globaltype linked_globaltype(const struct wrt_global *g)
{
    return (struct wrt__globaltype){ g->type, g->is_mutable };
}

static void link_found_text(const struct wrt__linked *d, char *buf)
{
    struct wrt__limits limits;
    struct wrt__tabletype table;
    struct wrt__globaltype global;
    switch (d->kind) {
    case WRT__KIND_FUNC: link_func_text(linked_functype(d), buf); break;
    case WRT__KIND_TABLE:
        table = linked_tabletype(d->table);
        link_table_text(&table, buf);
        break;
    case WRT__KIND_MEMORY:
        limits = linked_memory_limits(d->memory);
        link_limits_text(&limits, "memory", " pages", buf);
        break;
    default:
        global = linked_globaltype(d->global);
        link_global_text(&global, buf);
        break;
    }
}
#endif

/* ---- matching ------------------------------------------------------------------------------------------ */

static bool link_limits_match(struct wrt__limits have, const struct wrt__limits *want)
{
    if (have.min < want->min) return false;
    return !want->has_max || (have.has_max && have.max <= want->max);
}

static bool link_functypes_equal(const struct wrt__functype *a, const struct wrt__functype *b)
{
    if (a->params != b->params || a->results != b->results) return false;
    size_t n = (size_t)a->params + a->results;
    return n == 0 || memcmp(a->types, b->types, n) == 0;
}

static bool link_matches(
    const struct wrt__module *m, const struct wrt__import *p, const struct wrt__linked *d)
{
    if (d->kind != p->kind) return false;
    switch (p->kind) {
    case WRT__KIND_FUNC: return link_functypes_equal(linked_functype(d), &m->types[p->type]);
    case WRT__KIND_TABLE:
        return d->table->type == p->table.elem &&
               link_limits_match(linked_tabletype(d->table).limits, &p->table.limits);
    case WRT__KIND_MEMORY: return link_limits_match(linked_memory_limits(d->memory), &p->memory.limits);
    case WRT__KIND_GLOBAL:
        return d->global->type == p->global.type && d->global->is_mutable == p->global.is_mutable;
    default: return false;
    }
}

/* ---- misses -------------------------------------------------------------------------------------------- */

enum {
    LINK_HINT_NAMES = 4096, /* candidates that are looked at for one hint: hostile input stays fast */
    LINK_HINT_BYTES = 128,  /* longer names get none */
    LINK_HINTS = 32,        /* hints of one check */
};

#if WRT_MESSAGES

struct link_nearest {
    wrt_str wanted, best;
    uint32_t distance;
};

static void link_nearest_try(struct link_nearest *n, wrt_str candidate)
{
    if (candidate.n > LINK_HINT_BYTES) return;
    uint32_t d = wrt__edit_distance(n->wanted, candidate, n->distance);
    if (d >= n->distance) return;
    n->distance = d;
    n->best = candidate;
}

/* Up to a third of the name may differ. */
static struct link_nearest link_nearest_start(wrt_str wanted)
{
    return (struct link_nearest){ wanted, { NULL, 0 }, (uint32_t)(wanted.n / 3) + 2 };
}

static void link_hint(const wrt_linker *l, const struct wrt__import *p, wrt_error *err)
{
    uint32_t module;
    if (!l || p->module.n > LINK_HINT_BYTES || p->name.n > LINK_HINT_BYTES) return;
    bool known =
        wrt__map_get(&l->module_map, (wrt_bytes){ (const uint8_t *)p->module.p, p->module.n }, &module);
    struct link_nearest n = link_nearest_start(known ? p->name : p->module);
    uint32_t count = known ? l->defs_count : l->modules_count;
    if (count > LINK_HINT_NAMES) count = LINK_HINT_NAMES;
    for (uint32_t k = 0; k < count; k++) {
        const struct wrt__linked *d = &l->defs[k];
        if (!known) {
            link_nearest_try(&n, l->modules[k].name);
        } else if (d->kind != WRT__LINKED_NONE && wrt__str_equal(d->module, p->module)) {
            link_nearest_try(&n, d->name);
        }
    }
    if (n.best.p && known) {
        wrt__error_hint(err, "did you mean \"%S\"?", &n.best);
    } else if (n.best.p) {
        wrt__error_hint(err, "no module \"%S\" is defined; did you mean \"%S\"?", &p->module, &n.best);
    } else if (!known) {
        wrt__error_hint(err, "nothing is defined under the module name \"%S\"", &p->module);
    }
}

static wrt_status link_miss(
    const struct wrt__module *m, const struct wrt__import *p, const struct wrt__linked *d, wrt_error *err)
{
    char wanted[LINK_TEXT], found[LINK_TEXT];
    link_wanted_text(m, p, wanted);
    if (d) {
        link_found_text(d, found);
        wrt__fail(err, WRT_E_LINK, WRT__W_IMPORT_TYPE, p->offset,
            "incompatible import type: wanted %s, found %s", wanted, found);
    } else {
        wrt__fail(err, WRT_E_LINK, WRT__W_UNKNOWN_IMPORT, p->offset,
            "unknown import: wanted %s, found nothing", wanted);
    }
    wrt__error_where(err, "%S.%S", &p->module, &p->name);
    return WRT_E_LINK;
}

#else

static void link_hint(const wrt_linker *l, const struct wrt__import *p, wrt_error *err)
{
    (void)l;
    (void)p;
    (void)err;
}

static wrt_status link_miss(
    const struct wrt__module *m, const struct wrt__import *p, const struct wrt__linked *d, wrt_error *err)
{
    (void)m;
    uint32_t code = d ? WRT__W_IMPORT_TYPE : WRT__W_UNKNOWN_IMPORT;
    return wrt__fail(err, WRT_E_LINK, code, p->offset, "unknown import");
}

#endif

/* WRT_OK: *out fits import p. `s` is where it shall be used; NULL: not known yet. */
static wrt_status link_one(const wrt_store *s, const wrt_linker *l, const struct wrt__module *m,
    const struct wrt__import *p, const struct wrt__linked **out, wrt_error *err)
{
    const struct wrt__linked *d = wrt__linker_find(l, p->module, p->name);
    if (!d) return link_miss(m, p, NULL, err);
    if (s && d->serial != 0 && d->serial != s->serial) {
        wrt__fail(err, WRT_E_LINK, WRT__W_FOREIGN_STORE, p->offset, "the %s lives in another store",
            wrt__kind_name(d->kind));
        wrt__error_where(err, "%S.%S", &p->module, &p->name);
        return WRT_E_LINK;
    }
    if (!link_matches(m, p, d)) return link_miss(m, p, d, err);
    *out = d;
    return WRT_OK;
}

wrt_status wrt_link_check(const wrt_linker *l, const wrt_code *c, wrt_error *errs, size_t cap, size_t *n)
{
    const struct wrt__linked *d;
    size_t total = 0;
    if (n) *n = 0;
    if (!c || (!errs && cap > 0)) return WRT_E_ARG;
    const struct wrt__module *m = c->module;
    for (uint32_t k = 0; k < m->imports_count; k++) {
        wrt_error *err = total < cap ? &errs[total] : NULL;
        wrt__error_clear(err);
        if (link_one(NULL, l, m, &m->imports[k], &d, err) == WRT_OK) continue;
        if (err && total < LINK_HINTS) link_hint(l, &m->imports[k], err);
        total++;
    }
    if (n) *n = total;
    return total == 0 ? WRT_OK : WRT_E_LINK;
}

static wrt_status link_take(wrt_store *s, const struct wrt__linked *d, struct wrt__bound *out, wrt_error *err)
{
    *out =
        (struct wrt__bound){ .func = d->func, .memory = d->memory, .table = d->table, .global = d->global };
    if (!d->host) return WRT_OK;
    out->func = wrt__store_add_host(&s->core, d->host);
    if (out->func != UINT32_MAX) return WRT_OK;
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "functions", "no room for a host function");
}

wrt_status wrt__link_bind(
    wrt_store *s, const wrt_linker *l, const wrt_code *c, struct wrt__bound *found, wrt_error *err)
{
    const struct wrt__linked *d;
    const struct wrt__module *m = c->module;
    for (uint32_t k = 0; k < m->imports_count; k++) {
        wrt_status status = link_one(s, l, m, &m->imports[k], &d, err);
        if (status == WRT_E_LINK && err) link_hint(l, &m->imports[k], err);
        if (status == WRT_OK) status = link_take(s, d, &found[k], err);
        if (status != WRT_OK) return status;
    }
    return WRT_OK;
}
