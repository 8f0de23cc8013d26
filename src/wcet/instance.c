/* instance: what an entry begins with: memory, globals, tables as the module makes them, as calls before may
 * have left them, or as anybody may have. Such a state has a pool of its own and outlives the runs that begin
 * with it. Knows segments and constant expressions, nothing of operators. */
#include "wcet/abstract.h"

enum { IS_PAGE = 65536 };

static bool is_wide(uint8_t type) { return type != WRT__I32 && type != WRT__F32; }

/* Value of a constant expression. Unknown where it depends on others. */
static struct wrt__wv is_const(const struct wrt__wv *globals, const struct wrt__expr *e, bool wide)
{
    enum { DEPTH = 16 };
    struct wrt__wv stack[DEPTH], out;
    struct wrt__reader r;
    uint32_t n = 0;
    wrt__reader_init(&r, (wrt_bytes){ e->p, e->n }, e->offset);
    while (!r.failed && n < DEPTH && wrt__reader_left(&r) > 0) {
        const uint32_t op = wrt__read_u8(&r);
        switch (op) {
        case WRT__OP_I32_CONST: stack[n++] = wrt__wv_const((uint32_t)wrt__read_s32(&r), false); break;
        case WRT__OP_I64_CONST: stack[n++] = wrt__wv_const((uint64_t)wrt__read_s64(&r), true); break;
        case WRT__OP_F32_CONST: stack[n++] = wrt__wv_const(wrt__read_u32le(&r), false); break;
        case WRT__OP_F64_CONST: stack[n++] = wrt__wv_const(wrt__read_u64le(&r), true); break;
        case WRT__OP_GLOBAL_GET: stack[n++] = globals[wrt__read_u32(&r)]; break;
        case WRT__OP_REF_FUNC: stack[n++] = wrt__wv_const((uint64_t)wrt__read_u32(&r) + 1, true); break;
        case WRT__OP_REF_NULL:
            (void)wrt__read_u8(&r);
            stack[n++] = wrt__wv_const(0, true);
            break;
        case WRT__OP_END: return n == 1 ? stack[0] : wrt__wv_any(wide);
        default:
            if (n < 2 || wrt__wv_apply(op, &stack[n - 2], &stack[n - 1], &out) != WRT__WV_FINE) {
                return wrt__wv_any(wide);
            }
            stack[--n - 1] = out;
            break;
        }
    }
    return wrt__wv_any(wide);
}

/* ---- made, copied, compared ------------------------------------------------------------------------------
 */

bool wrt__ax_instance_init(
    struct wrt__ax_instance *i, struct wrt__wm_pool *pool, const struct wrt__module *m)
{
    *i = (struct wrt__ax_instance){ .count = m->globals_count };
    wrt__wm_init(&i->mem, pool);
    i->globals = wrt__wm_take(pool, ((size_t)i->count + 1) * sizeof *i->globals);
    return i->globals != NULL;
}

void wrt__ax_instance_fini(struct wrt__ax_instance *i)
{
    if (!i->mem.pool) return;
    wrt__wm_fini(&i->mem);
    wrt__wm_give(i->mem.pool, i->globals, ((size_t)i->count + 1) * sizeof *i->globals);
    i->globals = NULL;
}

void wrt__ax_instance_put(struct wrt__ax_instance *to, const struct wrt__ax_instance *from)
{
    struct wrt__wm_pool *pool = to->mem.pool;
    wrt__wm_fini(&to->mem);
    to->mem = wrt__wm_copy(pool, &from->mem);
    memcpy(to->globals, from->globals, to->count * sizeof *to->globals);
    for (uint32_t k = 0; k < to->count; k++) to->globals[k].id = 0;
    to->pages_low = from->pages_low;
    to->pages_high = from->pages_high;
    to->tables_changed = from->tables_changed;
    to->never = from->never;
}

bool wrt__ax_instance_within(struct wrt__ax_instance *a, struct wrt__ax_instance *b)
{
    if (a->never) return true;
    if (b->never || a->pages_low < b->pages_low || a->pages_high > b->pages_high
        || (a->tables_changed & ~b->tables_changed)) {
        return false;
    }
    for (uint32_t k = 0; k < a->count; k++) {
        if (!wrt__wv_within(&a->globals[k], &b->globals[k])) return false;
    }
    return wrt__wm_within(&a->mem, &b->mem, 0);
}

void wrt__ax_instance_join(
    struct wrt__ax_instance *a, struct wrt__ax_instance *b, const struct wrt__wv_stops *stops)
{
    if (b->never) return;
    if (a->never) {
        wrt__ax_instance_put(a, b);
        return;
    }
    for (uint32_t k = 0; k < a->count; k++) {
        struct wrt__wv *v = &a->globals[k];
        *v = stops ? wrt__wv_widen_to(v, &b->globals[k], stops) : wrt__wv_join(v, &b->globals[k]);
    }
    if (b->pages_low < a->pages_low) a->pages_low = b->pages_low;
    if (b->pages_high > a->pages_high) a->pages_high = stops ? a->pages_most : b->pages_high;
    a->tables_changed |= b->tables_changed;
    a->mem.pool->stops = stops;
    wrt__wm_join(&a->mem, &b->mem, stops != NULL);
    a->mem.pool->stops = NULL;
}

void wrt__ax_instance_meet(struct wrt__ax_instance *a, struct wrt__ax_instance *b)
{
    if (a->never || b->never) return;
    for (uint32_t k = 0; k < a->count; k++) {
        struct wrt__wv v = a->globals[k];
        if (wrt__wv_meet(&v, &b->globals[k])) a->globals[k] = v;
    }
    if (b->pages_low > a->pages_low) a->pages_low = b->pages_low;
    if (b->pages_high < a->pages_high) a->pages_high = b->pages_high;
    a->tables_changed &= b->tables_changed;
    wrt__wm_meet(&a->mem, &b->mem);
}

/* ---- what a module makes ---------------------------------------------------------------------------------
 */

static void is_write_data(struct wrt__ax_instance *s, const struct wrt__module *m)
{
    const uint64_t end = s->pages_low * IS_PAGE;
    for (uint32_t i = 0; i < m->datas_count; i++) {
        const struct wrt__data *d = &m->datas[i];
        if (d->mode != WRT__SEG_ACTIVE) continue;
        struct wrt__wv at = is_const(s->globals, &d->at, false);
        if (!wrt__wv_known(&at)) {
            wrt__wm_forget(&s->mem, 0, 0);
            continue;
        }
        if (at.lo + d->bytes.n > end) return; /* making the instance fails here */
        wrt__wm_write(&s->mem, at.lo, d->bytes.p, d->bytes.n);
    }
}

void wrt__ax_instance_fresh(struct wrt__ax_instance *s, const struct wrt__module *m)
{
    const bool started = m->start != UINT32_MAX; /* it may have written anything */
    struct wrt__wm_pool *pool = s->mem.pool;
    wrt__wm_fini(&s->mem);
    wrt__wm_init(&s->mem, pool);
    s->tables_changed = 0;
    s->never = false;
    for (uint32_t i = 0; i < m->globals_count; i++) {
        const bool wide = is_wide(m->globals[i].type);
        s->globals[i] = wrt__wv_any(wide);
        if (i < m->globals_imported || (started && m->globals[i].is_mutable)) continue;
        s->globals[i] = is_const(s->globals, &m->global_inits[i - m->globals_imported], wide);
    }
    if (m->memories_count == 0) return;
    const struct wrt__limits *l = &m->memories[0].limits;
    s->pages_low = s->pages_high = l->min;
    s->pages_most = l->max;
    if (m->memories_imported > 0 || started) {
        s->pages_high = l->max;
        wrt__wm_forget(&s->mem, 0, 0);
    } else {
        is_write_data(s, m);
    }
}

/* ---- what anybody may have made of it --------------------------------------------------------------------
 */

static bool is_exported(const struct wrt__module *m, uint8_t kind, uint32_t index)
{
    for (uint32_t i = 0; i < m->exports_count; i++) {
        if (m->exports[i].kind == kind && m->exports[i].index == index) return true;
    }
    return false;
}

bool wrt__ax_instance_keeps(const struct wrt__module *m, uint32_t global)
{
    return global >= m->globals_imported && !is_exported(m, WRT__KIND_GLOBAL, global);
}

void wrt__ax_instance_forget(struct wrt__ax_instance *s, const struct wrt__wcet_program *p)
{
    const struct wrt__module *m = p->m;
    s->tables_changed = 0;
    for (uint32_t t = 0; t < m->tables_count; t++) {
        if (!p->tables[t].closed) s->tables_changed |= wrt__ax_table_bit(t);
    }
    for (uint32_t i = 0; i < m->globals_count; i++) {
        if (m->globals[i].is_mutable && !wrt__ax_instance_keeps(m, i)) {
            s->globals[i] = wrt__wv_any(is_wide(m->globals[i].type));
        }
    }
    if (m->memories_count == 0) return;
    s->pages_high = s->pages_most;
    wrt__wm_forget(&s->mem, 0, 0);
}

void wrt__ax_instance_forget_globals(struct wrt__ax_instance *s, const struct wrt__module *m)
{
    for (uint32_t i = 0; i < m->globals_count; i++) {
        if (m->globals[i].is_mutable) s->globals[i] = wrt__wv_any(is_wide(m->globals[i].type));
    }
}

bool wrt__ax_instance_forget_changed(
    struct wrt__ax_instance *s, const struct wrt__ax_instance *left, const struct wrt__module *m)
{
    bool any = false;
    for (uint32_t i = 0; i < m->globals_count && !left->never; i++) {
        if (wrt__wv_within(&left->globals[i], &s->globals[i])) continue;
        s->globals[i] = wrt__wv_any(is_wide(m->globals[i].type));
        any = true;
    }
    return any;
}

/* ---- tables ----------------------------------------------------------------------------------------------
 */

static bool is_private_table(const struct wrt__module *m, uint32_t table)
{
    return table >= m->tables_imported && m->start == UINT32_MAX && !is_exported(m, WRT__KIND_TABLE, table);
}

/* Puts a segment into a table; false: it cannot be told what it holds. */
static bool is_put_segment(struct wrt__ax *x, const struct wrt__wv *globals, const struct wrt__elem *e)
{
    struct wrt__wv at = is_const(globals, &e->at, false);
    const uint64_t size = x->table_sizes[e->table];
    if (!wrt__wv_known(&at)) return false;
    if (at.lo + e->count > size) return true; /* making the instance fails */
    for (uint32_t k = 0; k < e->count; k++) {
        uint32_t func = WRT__WCET_NONE;
        if (e->funcs) {
            func = e->funcs[k];
        } else {
            struct wrt__wv v = is_const(globals, &e->exprs[k], true);
            if (!wrt__wv_known(&v)) return false;
            if (v.lo) func = (uint32_t)v.lo - 1;
        }
        x->table_funcs[e->table][at.lo + k] = func;
    }
    return true;
}

/* Contents at first; what was written since is in s->tables_changed. */
static bool is_start_tables(struct wrt__ax *x, struct wrt__as *s)
{
    enum { SIZE_MAX_KNOWN = 1 << 20 };
    const struct wrt__module *m = x->p->m;
    for (uint32_t t = 0; t < m->tables_count && t < WRT__AX_TABLES; t++) {
        const uint64_t size = m->tables[t].limits.min;
        if (!is_private_table(m, t) || m->tables[t].elem != WRT__FUNCREF || size > SIZE_MAX_KNOWN
            || size == 0)
            continue;
        uint32_t *funcs = wrt__wm_take(&x->pool, (size_t)size * sizeof *funcs);
        if (!funcs) return false;
        memset(funcs, 0xff, (size_t)size * sizeof *funcs);
        x->table_funcs[t] = funcs;
        x->table_sizes[t] = size;
        for (uint32_t i = 0; i < m->elems_count; i++) {
            const struct wrt__elem *e = &m->elems[i];
            if (e->mode != WRT__SEG_ACTIVE || e->table != t || is_put_segment(x, s->slots, e)) continue;
            s->tables_changed |= wrt__ax_table_bit(t);
        }
    }
    return true;
}

/* ---- a run's beginning and end ---------------------------------------------------------------------------
 */

bool wrt__ax_begin(struct wrt__ax *x, struct wrt__as *s)
{
    const struct wrt__ax_instance *from = x->o->from;
    memcpy(s->slots, from->globals, from->count * sizeof *s->slots);
    s->mem = wrt__wm_copy(&x->pool, &from->mem);
    s->pages_low = from->pages_low;
    s->pages_high = from->pages_high;
    s->tables_changed = from->tables_changed;
    x->r->pages_high = s->pages_high;
    return is_start_tables(x, s) && !x->pool.failed;
}

void wrt__ax_left(struct wrt__ax *x, const struct wrt__as *s)
{
    if (!x->o->left) return;
    const struct wrt__ax_instance now = { .mem = s->mem,
        .globals = s->slots,
        .count = x->globals,
        .pages_low = s->pages_low,
        .pages_high = s->pages_high,
        .tables_changed = s->tables_changed };
    wrt__ax_instance_put(x->o->left, &now);
}
