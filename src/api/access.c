/* api/access: memories, tables and globals in the hands of the host (include/wrt/code.h). Values are checked
 * here: what passes is a slot that the guest may hold. */
#include "api/objects.h"

enum { ACCESS_PAGE_SHIFT = 16, ACCESS_PAGES_MOST = 65536 };

/* ---- memories ------------------------------------------------------------------------------------------ */

wrt_status wrt_memory_view(wrt_memory *m, uint64_t offset, uint64_t n, wrt_span *out)
{
    *out = (wrt_span){ NULL, 0 };
    if (offset > m->bytes || n > m->bytes - offset) return WRT_E_ARG;
    out->p = m->base ? m->base + offset : NULL;
    out->n = (size_t)n;
    return WRT_OK;
}

uint64_t wrt_memory_pages(const wrt_memory *m)
{
    return m->bytes >> ACCESS_PAGE_SHIFT;
}

wrt_status wrt_memory_grow(wrt_memory *m, uint64_t pages, uint64_t *old_pages)
{
    uint64_t before = wrt_memory_pages(m);
    wrt_status status = wrt__memory_grow(m, pages);
    if (old_pages && status == WRT_OK) *old_pages = before;
    return status == WRT__GROW_REFUSED ? WRT_E_LIMIT : status;
}

static wrt_status access_check_limits(const struct wrt__limits *t, uint64_t most, wrt_error *err)
{
    if (t->min > most || (t->has_max && (t->max > most || t->max < t->min))) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_RANGE, WRT__NO_OFFSET,
            "min %lu and max %lu: at most %lu, and max not below min", t->min, t->max, most);
    }
    return WRT_OK;
}

/* [load] calls on a store. */
static wrt_status access_open(const wrt_store *s, const void *out, wrt_error *err)
{
    if (s && out) return wrt__engine_open(s->engine, err);
    wrt__error_clear(err);
    return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
}

wrt_status wrt_memory_reserve(wrt_memory *m, uint64_t pages, wrt_error *err)
{
    wrt_status status = access_open(m ? wrt__store_of(m->store) : NULL, m, err);
    if (status != WRT_OK) return status;
    if (pages > m->max_pages) {
        return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_FULL, "memory_bytes",
            "the memory can never have %lu pages, at most %lu", pages, m->max_pages);
    }
    if (wrt__memory_reserve(m, pages)) return WRT_OK;
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "memory", "no room for %lu pages", pages);
}

wrt_status wrt_memory_new(
    wrt_store *s, uint64_t min_pages, uint64_t max_pages, bool has_max, wrt_memory **out, wrt_error *err)
{
    struct wrt__memtype t = { { min_pages, has_max ? max_pages : 0, has_max } };
    wrt_status status = access_open(s, out, err);
    if (status != WRT_OK) return status;
    *out = NULL;
    status = access_check_limits(&t.limits, ACCESS_PAGES_MOST, err);
    return status == WRT_OK ? wrt__memory_new(&s->core, &t, out, err) : status;
}

/* ---- tables -------------------------------------------------------------------------------------------- */

wrt_status wrt_table_new(
    wrt_store *s, wrt_kind elem, uint64_t min, uint64_t max, bool has_max, wrt_table **out, wrt_error *err)
{
    struct wrt__tabletype t = { WRT__BOTTOM, { min, has_max ? max : 0, has_max } };
    wrt_status status = access_open(s, out, err);
    if (status != WRT_OK) return status;
    *out = NULL;
    if (elem != WRT_FUNCREF && elem != WRT_EXTERNREF) {
        return wrt__fail(err, WRT_E_TYPE, WRT__W_VALUE, WRT__NO_OFFSET, "tables hold funcref or externref");
    }
    t.elem = wrt__type_of((uint8_t)elem);
    status = access_check_limits(&t.limits, UINT32_MAX, err);
    return status == WRT_OK ? wrt__table_new(&s->core, &t, 0, out, err) : status;
}

wrt_status wrt_table_reserve(wrt_table *t, uint64_t elems, wrt_error *err)
{
    wrt_status status = access_open(t ? wrt__store_of(t->store) : NULL, t, err);
    if (status != WRT_OK) return status;
    if (elems > t->max_elems) {
        return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_FULL, "table_elems",
            "the table can never have %lu elements, at most %lu", elems, t->max_elems);
    }
    if (wrt__table_reserve(t, elems)) return WRT_OK;
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "table", "no room for %lu elements", elems);
}

uint64_t wrt_table_size(const wrt_table *t)
{
    return t->size;
}

wrt_status wrt_table_get(const wrt_table *t, uint64_t index, wrt_val *out)
{
    if (index >= t->size) return WRT_E_ARG;
    *out = wrt__val_of(t->elems[index], t->type);
    return WRT_OK;
}

wrt_status wrt_table_set(wrt_table *t, uint64_t index, wrt_val v)
{
    if (!wrt__val_fits(t->store, v, t->type)) return WRT_E_TYPE;
    if (index >= t->size) return WRT_E_ARG;
    t->elems[index] = wrt__slot_of(v);
    return WRT_OK;
}

wrt_status wrt_table_grow(wrt_table *t, uint64_t by, wrt_val init, uint64_t *old_size)
{
    uint64_t before = t->size;
    if (!wrt__val_fits(t->store, init, t->type)) return WRT_E_TYPE;
    wrt_status status = wrt__table_grow(t, by, wrt__slot_of(init));
    if (old_size && status == WRT_OK) *old_size = before;
    return status == WRT__GROW_REFUSED ? WRT_E_LIMIT : status;
}

/* ---- globals ------------------------------------------------------------------------------------------- */

wrt_status wrt_global_new(wrt_store *s, wrt_val init, bool is_mutable, wrt_global **out, wrt_error *err)
{
    struct wrt__globaltype t = { wrt__type_of(init.kind), is_mutable };
    wrt_status status = access_open(s, out, err);
    if (status != WRT_OK) return status;
    *out = NULL;
    if (!wrt__val_fits(&s->core, init, t.type)) {
        return wrt__fail(
            err, WRT_E_TYPE, WRT__W_VALUE, WRT__NO_OFFSET, "the value is of no kind that a global holds");
    }
    *out = wrt__global_new(&s->core, t, wrt__slot_of(init));
    if (*out) return WRT_OK;
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "globals", "no room for a global");
}

wrt_status wrt_global_get(const wrt_global *g, wrt_val *out)
{
    *out = wrt__val_of(*g->cell, g->type);
    return WRT_OK;
}

wrt_status wrt_global_set(wrt_global *g, wrt_val v)
{
    if (!g->is_mutable) return WRT_E_STATE;
    if (!wrt__val_fits(g->store, v, g->type)) return WRT_E_TYPE;
    *g->cell = wrt__slot_of(v);
    return WRT_OK;
}
