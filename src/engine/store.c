/* store: what instances share: canonical types, function records, host functions, handles. Owns the numbers
 * that funcref slots carry. Knows nothing of linking by name and nothing of tasks. */
#include "engine/engine.h"
#include "engine/profile.h"

wrt_status wrt__store_init(
    struct wrt__store *s, const wrt_alloc *alloc, const struct wrt_limits *limits, const wrt_fuel_table *fuel)
{
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    s->limits = *limits;
    s->fuel = fuel;
    wrt__map_init(&s->type_map, alloc);
    return WRT_OK;
}

/* ---- types -------------------------------------------------------------------------------------------- */

/* The key of a type: number of parameters, value types; the public kinds lie behind it in the same block. */
static size_t store_type_key_bytes(const struct wrt__functype *t)
{
    return 4 + (size_t)t->params + t->results;
}

static size_t store_type_block_bytes(const struct wrt__functype *t)
{
    return store_type_key_bytes(t) + t->params + t->results;
}

static void store_type_write(const struct wrt__functype *t, uint8_t *key)
{
    for (uint32_t k = 0; k < 4; k++) key[k] = (uint8_t)(t->params >> (8 * k));
    if (t->params + t->results > 0) memcpy(key + 4, t->types, (size_t)t->params + t->results);
}

/* Short types, which is nearly all, are looked up without asking for memory. */
static bool store_type_find_short(const struct wrt__store *s, const struct wrt__functype *t, uint32_t *number)
{
    uint8_t key[64];
    if (store_type_key_bytes(t) > sizeof key) return false;
    store_type_write(t, key);
    return wrt__map_get(&s->type_map, (wrt_bytes){ key, store_type_key_bytes(t) }, number);
}

uint32_t wrt__store_type(struct wrt__store *s, const struct wrt__functype *t)
{
    uint32_t number, values = t->params + t->results;
    size_t key_bytes = store_type_key_bytes(t), block_bytes = store_type_block_bytes(t);
    bool existed = false;
    if (store_type_find_short(s, t, &number)) return number;
    if (!wrt__grow(s->alloc, &s->types, &s->types_cap, s->types_count + 1, sizeof *s->types, WRT_TAG_OTHER)) {
        return UINT32_MAX;
    }
    uint8_t *block = wrt__alloc(s->alloc, block_bytes, WRT_TAG_OTHER);
    if (!block) return UINT32_MAX;
    store_type_write(t, block);
    bool found = wrt__map_get(&s->type_map, (wrt_bytes){ block, key_bytes }, &number);
    if (found ||
        wrt__map_put(&s->type_map, (wrt_bytes){ block, key_bytes }, s->types_count, &existed) != WRT_OK) {
        wrt__free(s->alloc, block, block_bytes, WRT_TAG_OTHER);
        return found ? number : UINT32_MAX;
    }
    WRT_ASSERT(!existed);
    for (uint32_t k = 0; k < values; k++) block[key_bytes + k] = wrt__kind_of(t->types[k]);
    number = s->types_count++;
    s->types[number] = (struct wrt__functype){ t->params, t->results, block + 4, number };
    return number;
}

/* ---- host functions ----------------------------------------------------------------------------------- */

static size_t host_func_bytes(const struct wrt__functype *t, wrt_str module, wrt_str name)
{
    return sizeof(struct wrt__host_func) + t->params + t->results + module.n + name.n;
}

struct wrt__host_func *wrt__host_func_new(
    const wrt_alloc *a, wrt_str module, wrt_str name, const struct wrt__functype *t)
{
    struct wrt__host_func *h = wrt__alloc_zero(a, host_func_bytes(t, module, name), WRT_TAG_OTHER);
    if (!h) return NULL;
    size_t types_bytes = (size_t)t->params + t->results;
    uint8_t *types = (uint8_t *)(h + 1);
    char *text = (char *)types + types_bytes;
    if (types_bytes > 0) memcpy(types, t->types, types_bytes);
    if (module.n > 0) memcpy(text, module.p, module.n);
    if (name.n > 0) memcpy(text + module.n, name.p, name.n);
    atomic_init(&h->refs, 1);
    h->type = (struct wrt__functype){ t->params, t->results, types, 0 };
    h->module = (wrt_str){ text, module.n };
    h->name = (wrt_str){ text + module.n, name.n };
    return h;
}

void wrt__host_func_keep(struct wrt__host_func *h)
{
    atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
}

void wrt__host_func_drop(const wrt_alloc *a, struct wrt__host_func *h)
{
    if (!h || atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) != 1) return;
    if (h->drop) h->drop(h->ctx);
    wrt__free(a, h, host_func_bytes(&h->type, h->module, h->name), WRT_TAG_OTHER);
}

static uint32_t host_map_hash(const struct wrt__host_func *h)
{
    uint64_t bits = (uint64_t)(uintptr_t)h * 0x9e3779b97f4a7c15ull; /* Fibonacci hashing: the high half */
    return (uint32_t)(bits >> 32);
}

/* The place of h, or the free place where it belongs. The map is never full. */
static uint32_t *host_map_place(const struct wrt__store *s, const struct wrt__host_func *h)
{
    uint32_t mask = s->host_map_cap - 1, at = host_map_hash(h) & mask;
    while (s->host_map[at] != 0 && s->funcs[s->host_map[at] - 1].host != h) at = (at + 1) & mask;
    return &s->host_map[at];
}

static bool host_map_reserve(struct wrt__store *s)
{
    if ((s->hosts_count + 1) * 2 <= s->host_map_cap) return true;
    uint32_t old_cap = s->host_map_cap, cap = old_cap > 0 ? old_cap * 2 : 16;
    uint32_t *old = s->host_map;
    uint32_t *map = wrt__alloc_zero(s->alloc, (size_t)cap * sizeof *map, WRT_TAG_OTHER);
    if (!map) return false;
    s->host_map = map;
    s->host_map_cap = cap;
    for (uint32_t k = 0; k < old_cap; k++) {
        if (old[k] != 0) *host_map_place(s, s->funcs[old[k] - 1].host) = old[k];
    }
    if (old) wrt__free(s->alloc, old, (size_t)old_cap * sizeof *old, WRT_TAG_OTHER);
    return true;
}

uint32_t wrt__store_add_host(struct wrt__store *s, struct wrt__host_func *h)
{
    if (!host_map_reserve(s)) return UINT32_MAX;
    uint32_t *place = host_map_place(s, h);
    if (*place != 0) return *place - 1;
    if (!wrt__store_reserve_funcs(s, 1)) return UINT32_MAX;
    uint32_t type = wrt__store_type(s, &h->type);
    if (type == UINT32_MAX) return UINT32_MAX;
    uint32_t link = h->type.params > h->type.results ? h->type.params : h->type.results;
    uint32_t index = s->funcs_count++;
    s->funcs[index] = (struct wrt__funcrec){ .type = type,
        .frame = link,
        .link = (uint16_t)link,
        .params = (uint16_t)h->type.params,
        .results = (uint16_t)h->type.results,
        .host = h };
    wrt__host_func_keep(h);
    *place = index + 1;
    s->hosts_count++;
    return index;
}

/* ---- function records and handles --------------------------------------------------------------------- */

bool wrt__store_reserve_funcs(struct wrt__store *s, uint32_t more)
{
    uint32_t old_cap = s->funcs_cap;
    if (more > UINT32_MAX - 1 - s->funcs_count) return false;
    uint32_t need = s->funcs_count + more;
    if (!wrt__grow(s->alloc, &s->funcs, &s->funcs_cap, need, sizeof *s->funcs, WRT_TAG_CODE)) return false;
    if (s->funcs_cap != old_cap) {
        for (struct wrt_instance *i = s->instances; i; i = i->next) wrt__instance_refresh(i);
    }
    return true;
}

static struct wrt_func **handle_map_place(const struct wrt__store *s, uint32_t index)
{
    uint32_t mask = s->handle_map_cap - 1;
    uint32_t at = (uint32_t)(((uint64_t)index * 0x9e3779b97f4a7c15ull) >> 32) & mask;
    while (s->handle_map[at] && s->handle_map[at]->index != index) at = (at + 1) & mask;
    return &s->handle_map[at];
}

static bool handle_map_reserve(struct wrt__store *s)
{
    if ((s->handles_count + 1) * 2 <= s->handle_map_cap) return true;
    uint32_t old_cap = s->handle_map_cap, cap = old_cap > 0 ? old_cap * 2 : 8;
    struct wrt_func **map = wrt__alloc_zero(s->alloc, (size_t)cap * sizeof *map, WRT_TAG_OTHER);
    if (!map) return false;
    if (s->handle_map) wrt__free(s->alloc, s->handle_map, (size_t)old_cap * sizeof *map, WRT_TAG_OTHER);
    s->handle_map = map;
    s->handle_map_cap = cap;
    for (struct wrt_func *f = s->func_handles; f; f = f->next) *handle_map_place(s, f->index) = f;
    return true;
}

struct wrt_func *wrt__func_handle(struct wrt__store *s, uint32_t index)
{
    WRT_ASSERT(index < s->funcs_count);
    if (s->handle_map_cap > 0) { /* what is there is found without asking for memory */
        struct wrt_func *known = *handle_map_place(s, index);
        if (known) return known;
    }
    if (!handle_map_reserve(s)) return NULL;
    struct wrt_func **place = handle_map_place(s, index);
    struct wrt_func *f = wrt__alloc(s->alloc, sizeof *f, WRT_TAG_OTHER);
    if (!f) return NULL;
    *f = (struct wrt_func){ s, index, s->func_handles };
    s->func_handles = f;
    s->handles_count++;
    *place = f;
    return f;
}

/* ---- globals ------------------------------------------------------------------------------------------ */

struct wrt_global *wrt__global_new(struct wrt__store *s, struct wrt__globaltype t, uint64_t init)
{
    struct wrt_global *g = wrt__alloc(s->alloc, sizeof *g, WRT_TAG_OTHER);
    if (!g) return NULL;
    *g = (struct wrt_global){
        .store = s, .own = init, .type = t.type, .is_mutable = t.is_mutable, .next = s->globals
    };
    g->cell = &g->own;
    s->globals = g;
    return g;
}

/* ---- sealing ------------------------------------------------------------------------------------------ */

static bool store_reserve_exports(struct wrt_instance *i)
{
    const struct wrt__module *m = i->module;
    for (uint32_t k = 0; k < m->exports_count; k++) {
        const struct wrt__export *x = &m->exports[k];
        if (x->kind == WRT__KIND_FUNC && !wrt__func_handle(i->store, i->func_refs[x->index])) return false;
        if (x->kind == WRT__KIND_GLOBAL && !wrt__instance_global(i, x->index)) return false;
    }
    return true;
}

bool wrt__store_reserve(struct wrt__store *s)
{
    for (struct wrt_instance *i = s->instances; i; i = i->next) {
        if (!store_reserve_exports(i)) return false;
    }
    for (const struct wrt_table *t = s->tables; t; t = t->next) {
        if (t->type != WRT__FUNCREF) continue;
        for (uint32_t k = 0; k < t->size; k++) {
            if (t->elems[k] != 0 && !wrt__func_handle(s, (uint32_t)t->elems[k] - 1)) return false;
        }
    }
    return true;
}

void wrt__store_seal(struct wrt__store *s)
{
    for (struct wrt_memory *m = s->memories; m; m = m->next) m->max_pages = m->cap >> 16;
    for (struct wrt_table *t = s->tables; t; t = t->next) t->max_elems = t->cap;
}

/* ---- the end ------------------------------------------------------------------------------------------ */

static void store_free_lists(struct wrt__store *s)
{
    const wrt_alloc *a = s->alloc;
    while (s->memories) {
        struct wrt_memory *m = s->memories;
        s->memories = m->next;
        wrt__memory_fini(m);
        if (!m->in_instance) wrt__free(a, m, sizeof *m, WRT_TAG_OTHER);
    }
    while (s->tables) {
        struct wrt_table *t = s->tables;
        s->tables = t->next;
        wrt__table_fini(t);
        if (!t->in_instance) wrt__free(a, t, sizeof *t, WRT_TAG_OTHER);
    }
    while (s->globals) {
        struct wrt_global *g = s->globals;
        s->globals = g->next;
        wrt__free(a, g, sizeof *g, WRT_TAG_OTHER);
    }
    while (s->func_handles) {
        struct wrt_func *f = s->func_handles;
        s->func_handles = f->next;
        wrt__free(a, f, sizeof *f, WRT_TAG_OTHER);
    }
}

void wrt__store_fini(struct wrt__store *s)
{
    const wrt_alloc *a = s->alloc;
    store_free_lists(s);
    if (WRT_PROFILE) wrt__profile_free(s->profile);
    while (s->instances) {
        struct wrt_instance *i = s->instances;
        s->instances = i->next;
        wrt__instance_free(i);
    }
    for (uint32_t k = 0; k < s->funcs_count; k++) wrt__host_func_drop(a, s->funcs[k].host);
    for (uint32_t k = 0; k < s->types_count; k++) {
        const struct wrt__functype *t = &s->types[k];
        wrt__free(a, (uint8_t *)(uintptr_t)t->types - 4, store_type_block_bytes(t), WRT_TAG_OTHER);
    }
    wrt__map_fini(&s->type_map);
    if (s->types) wrt__free(a, s->types, (size_t)s->types_cap * sizeof *s->types, WRT_TAG_OTHER);
    if (s->funcs) wrt__free(a, s->funcs, (size_t)s->funcs_cap * sizeof *s->funcs, WRT_TAG_CODE);
    if (s->handle_map) {
        wrt__free(a, s->handle_map, (size_t)s->handle_map_cap * sizeof *s->handle_map, WRT_TAG_OTHER);
    }
    if (s->host_map) wrt__free(a, s->host_map, (size_t)s->host_map_cap * sizeof *s->host_map, WRT_TAG_OTHER);
    memset(s, 0, sizeof *s);
}
