/* instance: a module brought to life in a store. One block holds the instance and all its arrays (layout
 * below), so that 100,000 of them stay small; memories and tables that it defines live in the block too.
 * Implements the spec's "Instantiation" from the allocation to the segments; what imports are bound to is the
 * caller's business. */
#include "engine/engine.h"

/* ---- layout ------------------------------------------------------------------------------------------- */

/* Places in the block, by falling alignment. */
struct instance_layout {
    uint64_t memory_own, table_own, cells, memories, tables, globals, type_ids, func_refs, dropped_elem,
        dropped_data, bytes;
};

static uint64_t instance_lay(uint64_t *at, uint64_t count, size_t element)
{
    uint64_t place = *at;
    *at += count * element; /* counts are limited to 2^20 by the limits of modules: far from overflow */
    return place;
}

static struct instance_layout instance_layout_of(const struct wrt__module *m)
{
    struct instance_layout l;
    uint64_t at = offsetof(struct wrt_instance, globals);
    (void)instance_lay(&at, m->globals_count - m->globals_imported, sizeof(uint64_t));
    l.memory_own = instance_lay(&at, m->memories_count - m->memories_imported, sizeof(struct wrt_memory));
    l.table_own = instance_lay(&at, m->tables_count - m->tables_imported, sizeof(struct wrt_table));
    l.cells = instance_lay(&at, m->globals_imported, sizeof(uint64_t *));
    l.memories = instance_lay(&at, m->memories_count, sizeof(struct wrt_memory *));
    l.tables = instance_lay(&at, m->tables_count, sizeof(struct wrt_table *));
    l.globals = instance_lay(&at, m->globals_count, sizeof(struct wrt_global *));
    l.type_ids = instance_lay(&at, m->types_count, sizeof(uint32_t));
    l.func_refs = instance_lay(&at, m->funcs_count, sizeof(uint32_t));
    l.dropped_elem = instance_lay(&at, m->elems_count, sizeof(bool));
    l.dropped_data = instance_lay(&at, m->datas_count, sizeof(bool));
    l.bytes = at;
    return l;
}

_Static_assert(_Alignof(struct wrt_memory) <= _Alignof(struct wrt_instance), "memories follow the globals");
_Static_assert(sizeof(struct wrt_memory) % _Alignof(struct wrt_table) == 0, "tables follow memories");
_Static_assert(sizeof(struct wrt_table) % _Alignof(uint64_t *) == 0, "pointers follow tables");

/* ---- making ------------------------------------------------------------------------------------------- */

static wrt_status instance_no_memory(wrt_error *err)
{
    return wrt__fail_table(err, WRT_E_NOMEM, 402, "instance", "no room for an instance");
}

static struct wrt_instance *instance_block(struct wrt__store *s, struct wrt__module *m)
{
    struct instance_layout l = instance_layout_of(m);
    if (l.bytes > SIZE_MAX) return NULL;
    uint8_t *block = wrt__alloc_zero(s->alloc, (size_t)l.bytes, WRT_TAG_OTHER);
    if (!block) return NULL;
    struct wrt_instance *i = (struct wrt_instance *)(void *)block;
    i->store = s;
    i->module = m;
    i->code = m->code;
    i->cells = (uint64_t **)(void *)(block + l.cells);
    i->memories = (struct wrt_memory **)(void *)(block + l.memories);
    i->tables = (struct wrt_table **)(void *)(block + l.tables);
    i->global_handles = (struct wrt_global **)(void *)(block + l.globals);
    i->type_ids = (const uint32_t *)(const void *)(block + l.type_ids);
    i->func_refs = (uint32_t *)(void *)(block + l.func_refs);
    i->dropped_elem = (bool *)(block + l.dropped_elem);
    i->dropped_data = (bool *)(block + l.dropped_data);
    wrt__list_init(&i->waiters);
    return i;
}

static bool instance_types(struct wrt_instance *i, const struct instance_layout *l)
{
    const struct wrt__module *m = i->module;
    uint32_t *ids = (uint32_t *)(void *)((uint8_t *)i + l->type_ids);
    for (uint32_t k = 0; k < m->types_count; k++) {
        bool first = m->types[k].canon == k;
        WRT_ASSERT(m->types[k].canon <= k);
        ids[k] = first ? wrt__store_type(i->store, &m->types[k]) : ids[m->types[k].canon];
        if (ids[k] == UINT32_MAX) return false;
    }
    return true;
}

static void instance_imports(struct wrt_instance *i, const struct wrt__bound *bound)
{
    const struct wrt__module *m = i->module;
    uint32_t funcs = 0, tables = 0, memories = 0, globals = 0;
    for (uint32_t k = 0; k < m->imports_count; k++) {
        switch (m->imports[k].kind) {
        case WRT__KIND_FUNC: i->func_refs[funcs++] = bound[k].func; break;
        case WRT__KIND_TABLE: i->tables[tables++] = bound[k].table; break;
        case WRT__KIND_MEMORY: i->memories[memories++] = bound[k].memory; break;
        default:
            WRT_ASSERT(m->imports[k].kind == WRT__KIND_GLOBAL);
            i->global_handles[globals] = bound[k].global;
            i->cells[globals++] = bound[k].global->cell;
            break;
        }
    }
    WRT_ASSERT(funcs == m->funcs_imported && globals == m->globals_imported);
    WRT_ASSERT(tables == m->tables_imported && memories == m->memories_imported);
}

static void instance_drop_own(struct wrt_instance *i)
{
    const struct wrt__module *m = i->module;
    for (uint32_t k = m->memories_imported; k < m->memories_count; k++) {
        if (i->memories[k]) wrt__memory_fini(i->memories[k]);
    }
    for (uint32_t k = m->tables_imported; k < m->tables_count; k++) {
        if (i->tables[k]) wrt__table_fini(i->tables[k]);
    }
}

static wrt_status instance_own(struct wrt_instance *i, const struct instance_layout *l, wrt_error *err)
{
    const struct wrt__module *m = i->module;
    struct wrt_memory *memory = (struct wrt_memory *)(void *)((uint8_t *)i + l->memory_own);
    struct wrt_table *table = (struct wrt_table *)(void *)((uint8_t *)i + l->table_own);
    for (uint32_t k = m->memories_imported; k < m->memories_count; k++, memory++) {
        wrt_status status = wrt__memory_init(memory, i->store, &m->memories[k], err);
        if (status != WRT_OK) return status;
        memory->in_instance = true;
        i->memories[k] = memory;
    }
    for (uint32_t k = m->tables_imported; k < m->tables_count; k++, table++) {
        wrt_status status = wrt__table_init(table, i->store, &m->tables[k], 0, err);
        if (status != WRT_OK) return status;
        table->in_instance = true;
        i->tables[k] = table;
    }
    return WRT_OK;
}

/* The numbers that the functions will have; the records are written when nothing can fail any more. */
static void instance_number_funcs(struct wrt_instance *i)
{
    const struct wrt__module *m = i->module;
    for (uint32_t k = m->funcs_imported; k < m->funcs_count; k++) {
        i->func_refs[k] = i->store->funcs_count + (k - m->funcs_imported);
    }
}

wrt_status wrt__instance_globals(struct wrt_instance *i)
{
    const struct wrt__module *m = i->module;
    for (uint32_t k = 0; k < m->globals_count - m->globals_imported; k++) {
        wrt_status status = wrt__const_eval(i, &m->global_inits[k], &i->globals[k]);
        if (status != WRT_OK) return status;
    }
    return WRT_OK;
}

static wrt_status instance_fill(struct wrt_instance *i, const struct wrt__bound *bound, wrt_error *err)
{
    struct instance_layout l = instance_layout_of(i->module);
    instance_imports(i, bound);
    if (!instance_types(i, &l)) return instance_no_memory(err);
    wrt_status status = instance_own(i, &l, err);
    if (status != WRT_OK) return status;
    if (!wrt__store_reserve_funcs(i->store, i->module->funcs_count - i->module->funcs_imported)) {
        return instance_no_memory(err);
    }
    instance_number_funcs(i);
    return wrt__instance_globals(i) == WRT_OK ? WRT_OK : instance_no_memory(err);
}

static void instance_commit_funcs(struct wrt_instance *i)
{
    const struct wrt__module *m = i->module;
    struct wrt__store *s = i->store;
    for (uint32_t k = m->funcs_imported; k < m->funcs_count; k++) {
        const struct wrt__func *f = &m->funcs[k];
        const struct wrt__functype *t = &m->types[f->type];
        s->funcs[s->funcs_count++] = (struct wrt__funcrec){ .type = i->type_ids[f->type],
            .code = f->code,
            .frame = f->frame,
            .link = f->link,
            .zero = f->zero,
            .cost = f->cost,
            .params = (uint16_t)t->params,
            .results = (uint16_t)t->results,
            .index = k,
            .instance = i };
    }
}

/* Users are counted for memory 0 and table 0 alone: only these are copied into instances. */
static void instance_commit_users(struct wrt_instance *i)
{
    if (i->module->memories_count > 0) {
        i->memories[0]->users++;
        i->memories[0]->user = i;
    }
    if (i->module->tables_count > 0) {
        i->tables[0]->users++;
        i->tables[0]->user = i;
    }
}

static void instance_commit(struct wrt_instance *i)
{
    const struct wrt__module *m = i->module;
    struct wrt__store *s = i->store;
    instance_commit_funcs(i);
    for (uint32_t k = m->memories_imported; k < m->memories_count; k++) {
        i->memories[k]->next = s->memories;
        s->memories = i->memories[k];
    }
    for (uint32_t k = m->tables_imported; k < m->tables_count; k++) {
        i->tables[k]->next = s->tables;
        s->tables = i->tables[k];
    }
    instance_commit_users(i);
    i->number = s->instances_count++;
    i->next = s->instances;
    s->instances = i;
    wrt__instance_refresh(i);
}

wrt_status wrt__instance_new(struct wrt__store *s, struct wrt__module *m, const struct wrt__bound *bound,
    struct wrt_instance **out, wrt_error *err)
{
    if (s->instances_count >= s->limits.instances) {
        return wrt__fail_table(err, WRT_E_LIMIT, 401, "instances",
            "the store has %u instances, which is the limit", s->instances_count);
    }
    struct wrt_instance *i = instance_block(s, m);
    if (!i) return instance_no_memory(err);
    wrt_status status = instance_fill(i, bound, err);
    if (status != WRT_OK) {
        instance_drop_own(i);
        wrt__instance_free(i);
        return status;
    }
    instance_commit(i);
    *out = i;
    return WRT_OK;
}

void wrt__instance_free(struct wrt_instance *i)
{
    struct instance_layout l = instance_layout_of(i->module);
    const struct wrt_code *code = i->code_handle;
    struct wrt__store *s = i->store;
    wrt__free(s->alloc, i, (size_t)l.bytes, WRT_TAG_OTHER);
    if (code && s->release) s->release(code);
}

/* ---- living ------------------------------------------------------------------------------------------- */

void wrt__instance_refresh(struct wrt_instance *i)
{
    const struct wrt__module *m = i->module;
    if (m->memories_count > 0) {
        i->mem = i->memories[0]->base;
        i->mem_bytes = i->memories[0]->bytes;
    }
    if (m->tables_count > 0) {
        i->table0 = i->tables[0]->elems;
        i->table0_size = i->tables[0]->size;
    }
    i->funcs = i->store->funcs;
}

struct wrt_global *wrt__instance_global(struct wrt_instance *i, uint32_t index)
{
    const struct wrt__module *m = i->module;
    WRT_ASSERT(index < m->globals_count);
    if (i->global_handles[index]) return i->global_handles[index];
    struct wrt_global *g = wrt__global_new(i->store, m->globals[index], 0);
    if (!g) return NULL;
    g->cell = &i->globals[index - m->globals_imported];
    i->global_handles[index] = g;
    return g;
}

/* ---- segments ----------------------------------------------------------------------------------------- */

static wrt_status segment_trap(
    wrt_error *err, uint32_t trap, const char *what, uint32_t number, const struct wrt__expr *at)
{
    wrt__fail(err, WRT_E_TRAP, 300 + trap, at->offset, "%s segment %u does not fit", what, number);
    if (err) err->trap = trap;
    return WRT_E_TRAP;
}

static wrt_status segment_elem(struct wrt_instance *i, uint32_t number, wrt_error *err)
{
    const struct wrt__elem *e = &i->module->elems[number];
    if (e->mode == WRT__SEG_ACTIVE) {
        uint64_t at;
        if (wrt__const_eval(i, &e->at, &at) != WRT_OK) return instance_no_memory(err);
        struct wrt_table *t = i->tables[e->table];
        if (at > t->size || e->count > t->size - at) {
            return segment_trap(err, WRT_TRAP_TABLE_BOUNDS, "element", number, &e->at);
        }
        for (uint32_t k = 0; k < e->count; k++) t->elems[at + k] = wrt__elem_item(i, e, k);
    }
    if (e->mode != WRT__SEG_PASSIVE) i->dropped_elem[number] = true;
    return WRT_OK;
}

static wrt_status segment_data(struct wrt_instance *i, uint32_t number, wrt_error *err)
{
    const struct wrt__data *d = &i->module->datas[number];
    if (d->mode != WRT__SEG_ACTIVE) return WRT_OK;
    uint64_t at;
    if (wrt__const_eval(i, &d->at, &at) != WRT_OK) return instance_no_memory(err);
    struct wrt_memory *m = i->memories[d->memory];
    if (at > m->bytes || d->bytes.n > m->bytes - at) {
        return segment_trap(err, WRT_TRAP_OUT_OF_BOUNDS, "data", number, &d->at);
    }
    if (d->bytes.n > 0) memcpy(m->base + at, d->bytes.p, d->bytes.n);
    i->dropped_data[number] = true;
    return WRT_OK;
}

wrt_status wrt__instance_segments(struct wrt_instance *i, wrt_error *err)
{
    for (uint32_t k = 0; k < i->module->elems_count; k++) {
        wrt_status status = segment_elem(i, k, err);
        if (status != WRT_OK) return status;
    }
    for (uint32_t k = 0; k < i->module->datas_count; k++) {
        wrt_status status = segment_data(i, k, err);
        if (status != WRT_OK) return status;
    }
    return WRT_OK;
}
