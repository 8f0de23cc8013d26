/* repeat: what a call may find when it is not the first on its instance. The state at the entry begins as
 * fresh; what calls leave behind is joined to it, and widened, until nothing new comes: then it holds before
 * every call, however many there were. Where that does not end, everything is taken as unknown but for
 * globals that every call puts back (a stack pointer). Calls that do not return leave nothing: their instance
 * is reset or not used again. Text: docs/wcet.md, "What the calls before left". */
#include "wcet/abstract.h"

enum {
    REPEAT_JOINS = 3,               /* rounds that only join: few phases, small counters */
    REPEAT_FINE = 9,                /* rounds that go from stop to stop */
    REPEAT_DOUBLE = 22,             /* that double an interval at least */
    REPEAT_COARSE = 32,             /* that take larger steps; then what still changes is unknown */
    REPEAT_ROUNDS = 48,
    REPEAT_PATIENCE = 12,           /* rounds that must still be affordable */
    REPEAT_STOPS = 240,
    REPEAT_EXPORTS = 64,
    REPEAT_OPERATORS = 1 << 20,     /* of all that is called, entries that share functions counted twice */
    REPEAT_GLOBAL_ROUNDS = 6
};

/* A function that is called between calls. */
struct repeat_entry {
    struct wrt__wcet_program p;
    struct wrt__wcet_bounds own, *b;
    struct wrt__ax_result r;
    const struct wrt__wv *args;
};

struct repeat {
    struct wrt__wcet_bounds *b;
    const struct wrt__module *m;
    struct wrt__arena arena;
    wrt_error *err;
    uint64_t left, bytes;
    struct repeat_entry *entries;
    uint32_t count, cap;
    uint64_t operators;
    struct wrt__ax_instance exit, next;     /* of one call; of a round */
    uint64_t stops[REPEAT_STOPS];
    uint32_t stops_count;
    bool limited;                   /* the work was not enough */
};

/* ---- entries ---------------------------------------------------------------------------------------------
 */

static wrt_status repeat_nomem(wrt_error *err)
{
    return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
}

/* Function `func` with any arguments. It may be the entry itself, which then has a second role. */
static wrt_status repeat_add(struct repeat *k, uint32_t func)
{
    struct repeat_entry *e = &k->entries[k->count];
    wrt_status status = wrt__wcet_open(&e->p, k->m, func, k->err);
    if (status != WRT_OK) return status;
    k->count++;
    e->b = &e->own;
    status = wrt__wcet_bounds_init(e->b, &e->p, k->err);
    if (status != WRT_OK) return status;
    return wrt__ax_result_init(&e->r, &k->arena, &e->p) ? WRT_OK : repeat_nomem(k->err);
}

static void repeat_close(struct repeat *k)
{
    for (uint32_t i = 1; i < k->count; i++) wrt__wcet_close(&k->entries[i].p);
}

static bool repeat_room(struct repeat *k, uint32_t others)
{
    k->cap = others + 2;
    k->entries = wrt__arena_take(&k->arena, k->cap * sizeof *k->entries, 16);
    return k->entries != NULL;
}

/* What `_initialize` of a library does comes before all calls. */
static uint32_t repeat_initialize(const struct wrt__module *m)
{
    uint32_t n;
    if (!wrt__export_find(m, WRT_STR("_initialize"), &n) || m->exports[n].kind != WRT__KIND_FUNC) {
        return WRT__WCET_NONE;
    }
    return m->exports[n].index;
}

/* The entry first, then the others. *foreign: one of them is an import, which may do
 * anything, or there is too much of them. */
static wrt_status repeat_open(
    struct repeat *k, const struct wrt__wv *args, const uint32_t *others, uint32_t n, bool *foreign)
{
    struct repeat_entry *e = k->entries;
    const uint32_t first = repeat_initialize(k->m);
    *foreign = false;
    e->b = k->b;
    e->args = args;
    k->count = 1;
    if (!wrt__ax_result_init(&e->r, &k->arena, k->b->p)) return repeat_nomem(k->err);
    for (uint32_t i = 0; i <= n; i++) {
        const uint32_t func = i < n ? others[i] : first;
        wrt_status status = WRT_OK;
        if (func == WRT__WCET_NONE || (i == n && func == k->b->p->entry)) continue;
        if (func < k->m->funcs_imported) *foreign = true;
        else status = repeat_add(k, func);
        if (status != WRT_OK) return status;
        if (func >= k->m->funcs_imported) k->operators += k->entries[k->count - 1].p.ops_count;
        if (k->operators > REPEAT_OPERATORS) *foreign = true;
        if (*foreign) break;
    }
    return WRT_OK;
}

/* ---- rounds ----------------------------------------------------------------------------------------------
 */

/* What a call of this entry leaves of `now` goes to k->exit. False: it cannot be told. */
static wrt_status repeat_call(
    struct repeat *k, struct repeat_entry *e, const struct wrt__ax_instance *now, bool *known)
{
    const struct wrt__ax_options o = { .steps = k->left,
        .bytes = k->bytes,
        .loop_steps = k->left / 8,
        .paths = 1,
        .width = 1,
        .args = e->args,
        .from = now,
        .left = &k->exit };
    wrt__ax_result_clear(&e->r, e->b->p);
    k->exit.never = true;
    wrt_status status = wrt__ax_execute(e->b, &o, &e->r, k->err);
    k->left -= wrt__min_u64(e->r.steps, k->left);
    *known = status == WRT_OK && e->r.end == WRT__AX_DONE && !k->exit.mem.pool->failed;
    if (!*known) k->limited = true;
    return status;
}

static void repeat_stop(struct repeat *k, uint64_t at)
{
    for (uint32_t i = 0; i < k->stops_count; i++) {
        if (k->stops[i] == at) return;
    }
    if (k->stops_count < REPEAT_STOPS) k->stops[k->stops_count++] = at;
}

/* Numbers of the code, and those beside them: what counters are compared with. */
static void repeat_stops(struct repeat *k, const struct wrt__wcet_program *p)
{
    static const uint64_t usual[] = { 0, UINT64_MAX, INT32_MAX, (uint64_t)INT32_MIN, INT64_MAX,
        (uint64_t)INT64_MIN, UINT32_MAX, UINT8_MAX, UINT16_MAX };
    for (size_t i = 0; i < WRT_COUNT(usual); i++) repeat_stop(k, usual[i]);
    for (uint32_t i = 0; i < p->bodies_count; i++) {
        for (uint32_t n = 0; n < p->bodies[i].count; n++) {
            const struct wrt__wcet_op *op = &p->bodies[i].ops[n];
            const bool narrow = op->code == WRT__OP_I32_CONST;
            if (!narrow && op->code != WRT__OP_I64_CONST) continue;
            const uint64_t x = narrow ? (uint64_t)(int64_t)(int32_t)op->a : wrt__wcet_bits(op);
            repeat_stop(k, x);
            repeat_stop(k, x - 1);
            repeat_stop(k, x + 1);
        }
    }
}

static bool repeat_affordable(const struct repeat *k, uint64_t before)
{
    return before - k->left <= k->left / REPEAT_PATIENCE;
}

/* All that calls leave of `now` goes to k->next. *known false: it cannot be told. */
static wrt_status repeat_round(struct repeat *k, const struct wrt__ax_instance *now, bool *known)
{
    wrt_status status = WRT_OK;
    k->next.never = true;
    *known = true;
    for (uint32_t i = 0; i < k->count && status == WRT_OK && *known; i++) {
        status = repeat_call(k, &k->entries[i], now, known);
        if (*known) wrt__ax_instance_join(&k->next, &k->exit, NULL);
    }
    return status;
}

/* *known: `now` holds before every call. In haste what changes twice is unknown at once. `limit`, or NULL, is
 * known to hold, so that nothing outside it counts. */
static wrt_status repeat_grow(
    struct repeat *k, struct wrt__ax_instance *now, bool haste, struct wrt__ax_instance *limit, bool *known)
{
    struct wrt__wv_stops stops = { .at = k->stops, .count = k->stops_count };
    uint32_t skip = haste ? REPEAT_COARSE - 1 : 0; /* rounds that there is no time for */
    for (uint32_t round = 0; round < REPEAT_ROUNDS; round++) {
        const uint64_t before = k->left;
        wrt_status status = repeat_round(k, now, known);
        if (*known && limit) wrt__ax_instance_meet(&k->next, limit);
        if (status != WRT_OK || !*known || wrt__ax_instance_within(&k->next, now)) return status;
        if (!repeat_affordable(k, before)) skip = REPEAT_COARSE;
        const uint32_t pace = round + skip;
        stops.factor = pace >= REPEAT_DOUBLE ? 8 : pace >= REPEAT_FINE ? 1 : 0;
        if (pace >= REPEAT_COARSE) stops.count = 0;
        wrt__ax_instance_join(now, &k->next, pace < REPEAT_JOINS || (haste && round == 0) ? NULL : &stops);
    }
    *known = false;
    return WRT_OK;
}

/* What widening added for nothing is taken back: a fresh instance, and what calls leave of `now`, is all that
 * there is. */
static wrt_status repeat_narrow(
    struct repeat *k, struct wrt__ax_instance *now, const struct wrt__ax_instance *fresh)
{
    enum { ROUNDS = 2 };
    bool known;
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t before = k->left;
        wrt_status status = repeat_round(k, now, &known);
        if (status != WRT_OK) return status;
        if (!known) break;
        wrt__ax_instance_put(&k->exit, fresh);
        wrt__ax_instance_join(&k->exit, &k->next, NULL);
        if (k->exit.mem.pool->failed) break;
        if (wrt__ax_instance_within(now, &k->exit)) break;
        wrt__ax_instance_put(now, &k->exit);
        if (!repeat_affordable(k, before)) break;
    }
    return WRT_OK;
}

/* ---- everything unknown ----------------------------------------------------------------------------------
 */

static bool repeat_is_reference(uint8_t type) { return type == WRT__FUNCREF || type == WRT__EXTERNREF; }

static bool repeat_names_references(const struct wrt__module *m, uint32_t func)
{
    const struct wrt__functype *t = &m->types[m->funcs[func].type];
    for (uint32_t i = 0; i < t->params + t->results; i++) {
        if (repeat_is_reference(t->types[i])) return true;
    }
    return false;
}

/* Can functions be called from outside that are not exported: by tables or references that others have? */
static bool repeat_leaks(const struct wrt__module *m)
{
    if (m->tables_imported > 0 || m->start != UINT32_MAX) return true;
    for (uint32_t i = 0; i < m->funcs_imported; i++) {
        if (repeat_names_references(m, i)) return true;
    }
    for (uint32_t i = 0; i < m->exports_count; i++) {
        const struct wrt__export *e = &m->exports[i];
        if (e->kind == WRT__KIND_TABLE || (e->kind == WRT__KIND_FUNC && repeat_names_references(m, e->index))
            || (e->kind == WRT__KIND_GLOBAL && repeat_is_reference(m->globals[e->index].type))) {
            return true;
        }
    }
    for (uint32_t i = 0; i < m->globals_imported; i++) {
        if (repeat_is_reference(m->globals[i].type)) return true;
    }
    return false;
}

/* Memory and tables are unknown. A global keeps its first value when every call that finds it so leaves it
 * so.
 */
static wrt_status repeat_unknown(struct repeat *k, struct wrt__ax_instance *now, bool foreign)
{
    now->mem.pool->failed = now->mem.pool->full = false; /* nothing that was said counts any more */
    wrt__ax_instance_fresh(now, k->m);
    wrt__ax_instance_forget(now, k->b->p);
    bool known = !foreign, changed = true;
    for (int round = 0; round < REPEAT_GLOBAL_ROUNDS && known && changed; round++) {
        changed = false;
        for (uint32_t i = 0; i < k->count && known; i++) {
            wrt_status status = repeat_call(k, &k->entries[i], now, &known);
            if (status != WRT_OK) return status;
            if (known) changed |= wrt__ax_instance_forget_changed(now, &k->exit, k->m);
        }
    }
    if (!known || changed) wrt__ax_instance_forget_globals(now, k->m);
    return WRT_OK;
}

/* Of any state: whatever is exported may have been called. */
static wrt_status repeat_any(struct repeat *k, struct wrt__ax_instance *now, const struct wrt__wv *args)
{
    uint32_t *others = wrt__arena_take(&k->arena, REPEAT_EXPORTS * sizeof *others, 4), n = 0;
    bool foreign = repeat_leaks(k->m), called = false;
    if (!others) return repeat_nomem(k->err);
    for (uint32_t i = 0; i < k->m->exports_count && !foreign; i++) {
        const struct wrt__export *e = &k->m->exports[i];
        if (e->kind != WRT__KIND_FUNC || e->index < k->m->funcs_imported) continue;
        if (n == REPEAT_EXPORTS) foreign = true;
        else others[n++] = e->index;
    }
    wrt_status status = repeat_open(k, args, others, foreign ? 0 : n, &called);
    return status == WRT_OK ? repeat_unknown(k, now, foreign || called) : status;
}

/* ---- all -------------------------------------------------------------------------------------------------
 */

static wrt_status repeat_calls(struct repeat *k, struct wrt__ax_instance *now, const struct wrt__wv *args,
    enum wrt__wcet_state *taken)
{
    struct wrt__wm_pool *pool = now->mem.pool;
    struct wrt__ax_instance fresh, hasty;
    bool known = false, quick = false, foreign;
    wrt_status status = repeat_open(k, args, k->b->others, k->b->others_count, &foreign);
    if (status != WRT_OK) return status;
    for (uint32_t i = 0; i < k->count; i++) repeat_stops(k, k->entries[i].b->p);
    const bool ready = wrt__ax_instance_init(&fresh, pool, k->m);
    if (wrt__ax_instance_init(&hasty, pool, k->m) && ready && !foreign) {
        wrt__ax_instance_put(&fresh, now);
        wrt__ax_instance_put(&hasty, now);
        hasty.pages_most = now->pages_most;
        status = repeat_grow(k, &hasty, true, NULL, &quick);
        if (status == WRT_OK && quick) status = repeat_grow(k, now, false, &hasty, &known);
        if (status == WRT_OK && quick && !known && !pool->failed) wrt__ax_instance_put(now, &hasty);
        known |= quick;
        if (known && status == WRT_OK) status = repeat_narrow(k, now, &fresh);
    }
    wrt__ax_instance_fini(&hasty);
    wrt__ax_instance_fini(&fresh);
    if (status != WRT_OK || (known && !pool->failed)) return status;
    *taken = WRT__WCET_ANY;
    return repeat_unknown(k, now, foreign);
}

wrt_status wrt__ax_repeat(struct wrt__wcet_bounds *b, const struct wrt__wv *args, uint64_t steps,
    uint64_t bytes, struct wrt__ax_instance *now, enum wrt__wcet_state *taken, wrt_error *err)
{
    enum { ARENA_BLOCK = 16384 };
    struct wrt__wm_pool *pool = now->mem.pool;
    struct repeat *k = wrt__alloc_zero(b->p->alloc, sizeof *k, WRT_TAG_OTHER);
    *taken = b->state;
    if (!k) return repeat_nomem(err);
    *k = (struct repeat){ .b = b, .m = b->p->m, .err = err, .left = steps, .bytes = bytes };
    wrt__arena_init(&k->arena, b->p->alloc, ARENA_BLOCK, WRT_TAG_OTHER);
    const uint32_t others = b->state == WRT__WCET_ANY ? REPEAT_EXPORTS : b->others_count;
    const bool ready = wrt__ax_instance_init(&k->exit, pool, k->m)
        && wrt__ax_instance_init(&k->next, pool, k->m) && repeat_room(k, others);
    wrt_status status = WRT_OK;
    if (!ready) status = repeat_nomem(err);
    else if (b->state == WRT__WCET_ANY) status = repeat_any(k, now, args);
    else status = repeat_calls(k, now, args, taken);
    repeat_close(k);
    wrt__ax_instance_fini(&k->exit);
    wrt__ax_instance_fini(&k->next);
    wrt__arena_fini(&k->arena);
    wrt__free(b->p->alloc, k, sizeof *k, WRT_TAG_OTHER);
    return status;
}
