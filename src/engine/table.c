/* table: tables of references. Elements are slots (engine.h); growth depends on limits
 * alone, like that of memories. */
#include "engine/engine.h"

static uint64_t table_elems_max(const struct wrt__store *s, const struct wrt__tabletype *t)
{
    uint64_t max = wrt__min_u64(UINT32_MAX, s->limits.table_elems);
    return t->limits.has_max ? wrt__min_u64(max, t->limits.max) : max;
}

static void table_fill(uint64_t *at, uint64_t n, uint64_t value)
{
    for (uint64_t k = 0; k < n; k++) at[k] = value;
}

/* Fills *t; it is not in a list yet. On failure nothing is held. */
wrt_status wrt__table_init(struct wrt_table *t, struct wrt__store *s, const struct wrt__tabletype *type,
    uint64_t init, wrt_error *err)
{
    uint64_t min = type->limits.min;
    if (min > s->limits.table_elems || min > UINT32_MAX) {
        return wrt__fail_table(err, WRT_E_LIMIT, 401, "table_elems",
            "a table of %lu elements is above the limit of %lu", min, s->limits.table_elems);
    }
    *t = (struct wrt_table){
        .store = s, .type = type->elem, .limits = type->limits, .max_elems = table_elems_max(s, type)
    };
    if (min > 0) {
        bool fits = min <= SIZE_MAX / sizeof(uint64_t);
        t->elems = fits ? wrt__alloc(s->alloc, (size_t)min * sizeof(uint64_t), WRT_TAG_TABLE) : NULL;
        if (!t->elems) {
            return wrt__fail_table(
                err, WRT_E_NOMEM, 402, "table", "no room for a table of %lu elements", min);
        }
        table_fill(t->elems, min, init);
    }
    t->size = t->cap = (uint32_t)min;
    return WRT_OK;
}

void wrt__table_fini(struct wrt_table *t)
{
    if (t->elems) wrt__free(t->store->alloc, t->elems, (size_t)t->cap * sizeof(uint64_t), WRT_TAG_TABLE);
    t->elems = NULL;
    t->size = t->cap = 0;
}

wrt_status wrt__table_new(struct wrt__store *s, const struct wrt__tabletype *type, uint64_t init,
    struct wrt_table **out, wrt_error *err)
{
    struct wrt_table *t = wrt__alloc(s->alloc, sizeof *t, WRT_TAG_OTHER);
    if (!t) return wrt__fail_table(err, WRT_E_NOMEM, 402, "table", "no room for a table");
    wrt_status status = wrt__table_init(t, s, type, init, err);
    if (status != WRT_OK) {
        wrt__free(s->alloc, t, sizeof *t, WRT_TAG_OTHER);
        return status;
    }
    t->next = s->tables;
    s->tables = t;
    *out = t;
    return WRT_OK;
}

static void table_refresh_users(const struct wrt_table *t)
{
    if (t->users <= 1) {
        if (t->users == 1) wrt__instance_refresh(t->user);
        return;
    }
    for (struct wrt_instance *i = t->store->instances; i; i = i->next) {
        if (i->module->tables_count > 0 && i->tables[0] == t) wrt__instance_refresh(i);
    }
}

/* Doubles, but not beyond the most that the table may ever hold: growing one by one stays linear. */
static bool table_reserve(struct wrt_table *t, uint64_t need)
{
    if (need <= t->cap) return true;
    uint64_t cap = wrt__min_u64(wrt__max_u64(need, (uint64_t)t->cap * 2), t->max_elems);
    if (cap > SIZE_MAX / sizeof(uint64_t)) return false;
    size_t old_bytes = (size_t)t->cap * sizeof(uint64_t), bytes = (size_t)cap * sizeof(uint64_t);
    uint64_t *elems = t->elems ? wrt__resize(t->store->alloc, t->elems, old_bytes, bytes, WRT_TAG_TABLE)
                               : wrt__alloc(t->store->alloc, bytes, WRT_TAG_TABLE);
    if (!elems) return false;
    t->elems = elems;
    t->cap = (uint32_t)cap;
    return true;
}

void wrt__table_reset(struct wrt_table *t, uint64_t elems)
{
    t->size = (uint32_t)wrt__min_u64(elems, t->size);
    table_fill(t->elems, t->size, 0);
    table_refresh_users(t);
}

bool wrt__table_reserve(struct wrt_table *t, uint64_t elems)
{
    if (!table_reserve(t, wrt__min_u64(elems, t->max_elems))) return false;
    table_refresh_users(t);
    return true;
}

wrt_status wrt__table_grow(struct wrt_table *t, uint64_t by, uint64_t init)
{
    if (by == 0) return WRT_OK;
    if (by > UINT32_MAX || t->size + by > t->max_elems) return WRT__GROW_REFUSED;
    if (!table_reserve(t, t->size + by)) return WRT_E_NOMEM;
    table_fill(t->elems + t->size, by, init);
    t->size += (uint32_t)by;
    table_refresh_users(t);
    return WRT_OK;
}
