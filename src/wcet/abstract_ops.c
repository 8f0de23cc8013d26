/* abstract_ops: operators that touch memory, tables and other functions.
 * Addresses that are unknown within a small range mean every place of the range; within a large one,
 * anything. */
#include "wcet/abstract.h"

enum { AO_PLACES = 1024, AO_PAGE = 65536 };

static struct wrt__wv *ao_top(const struct wrt__ax_frame *f, struct wrt__as *s)
{
    return wrt__as_operands(f->b, s) + s->sp;
}

static uint64_t ao_most_pages(const struct wrt__ax *x)
{
    const struct wrt__module *m = x->p->m;
    return m->memories_count ? m->memories[0].limits.max : 0;
}

/* ---- addresses
 * ----------------------------------------------------------------------------------------------- */

/* Places that an access may touch: every `step` from first to last. */
struct ao_places { uint64_t first, last, step, count; struct wrt__wv base; uint64_t offset; };

static bool ao_is_place(const struct ao_places *p, uint64_t addr)
{
    return wrt__wv_has(&p->base, addr - p->offset);
}

/* The places of an access of `size` bytes at *base + offset; the state is narrowed to those inside the
 * memory. False: the path ended. */
static bool ao_places(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, struct wrt__wv *base,
    uint64_t offset, uint64_t size, struct ao_places *p)
{
    const uint64_t sure = s->pages_low * AO_PAGE, most = s->pages_high * AO_PAGE;
    struct wrt__wv b = *base;
    if (wrt__wv_umin(&b) + offset + size > most) {
        wrt__ax_trap(x, f, s);
        return false;
    }
    if (wrt__wv_umax(&b) + offset + size > sure) wrt__ax_may_trap(x, s);
    if (wrt__wv_umax(&b) + offset + size > most) {
        struct wrt__wv inside = wrt__wv_range(0, most - size - offset, false);
        bool possible = wrt__wv_meet(&b, &inside);
        if (possible && b.id != 0) possible = wrt__ax_learn(x, f->b, s, &b);
        if (!possible) {
            wrt__ax_trap(x, f, s);
            return false;
        }
    }
    *p = (struct ao_places){
        .first = wrt__wv_umin(&b) + offset, .last = wrt__wv_umax(&b) + offset, .step = 1
    };
    p->base = b;
    p->offset = offset;
    if (b.mask) p->step = b.mask & -b.mask;
    p->count = (p->last - p->first) / p->step + 1;
    return true;
}

/* ---- loads and stores
 * ---------------------------------------------------------------------------------------- */

static const struct ao_access { uint8_t size, is_signed; } ao_accesses[] = {
    { 4, 0 }, { 8, 0 }, { 4, 0 }, { 8, 0 },                              /* i32 i64 f32 f64.load */
    { 1, 1 }, { 1, 0 }, { 2, 1 }, { 2, 0 },                              /* i32.load8_s .. */
    { 1, 1 }, { 1, 0 }, { 2, 1 }, { 2, 0 }, { 4, 1 }, { 4, 0 },          /* i64.load8_s .. */
    { 4, 0 }, { 8, 0 }, { 4, 0 }, { 8, 0 },                              /* stores */
    { 1, 0 }, { 2, 0 }, { 1, 0 }, { 2, 0 }, { 4, 0 },                    /* narrow stores */
};

static void ao_apply(struct wrt__ax *x, uint32_t op, struct wrt__wv *v)
{
    struct wrt__wv out;
    (void)wrt__wv_apply(op, v, v, &out);
    if (!wrt__wv_known(v)) wrt__ax_note(x, op, v, v, &out);
    *v = out;
}

/* Everything that is in one of the places. */
static struct wrt__wv ao_load_any(
    struct wrt__ax *x, struct wrt__as *s, const struct ao_places *p, uint32_t size)
{
    struct wrt__wv all = wrt__wv_any(size == 8);
    bool first = true;
    if (p->count > AO_PLACES) {
        if (size < 4) all = wrt__wv_range(0, ((uint64_t)1 << 8 * size) - 1, false);
        return all;
    }
    x->steps += p->count / 2;
    for (uint64_t at = p->first; at <= p->last; at += p->step) {
        if (!ao_is_place(p, at)) continue;
        struct wrt__wv v = wrt__wm_load(&s->mem, at, size, size == 8);
        if (first) all = v;
        else all = wrt__wv_join(&all, &v);
        all.id = 0;
        first = false;
        if (wrt__wv_full(&all) && all.pop >= 32) break;
    }
    return all;
}

static enum wrt__ax_step ao_load(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    const struct ao_access a = ao_accesses[op->code - WRT__OP_I32_LOAD];
    struct wrt__wv *base = ao_top(f, s) - 1, v;
    struct ao_places p;
    wrt__ax_identify(x, base);
    if (!ao_places(x, f, s, base, op->a, a.size, &p)) return WRT__AX_GONE;
    if (p.count == 1) {
        v = wrt__wm_load(&s->mem, p.first, a.size, a.size == 8);
        if (!wrt__wv_known(&v)) {
            if (v.id == 0) {
                wrt__ax_identify(x, &v);
                wrt__wm_store(&s->mem, p.first, a.size, &v);
            }
            wrt__ax_note_home(x, &v, p.first, a.size);
            if (x->closing) wrt__ax_close_note(x, p.first, a.size);
        }
    } else {
        v = ao_load_any(x, s, &p, a.size);
        wrt__ax_identify(x, &v);
    }
    const bool wide = op->code == WRT__OP_I64_LOAD || op->code == WRT__OP_F64_LOAD
        || op->code >= WRT__OP_I64_LOAD8_S;
    if (a.is_signed && a.size == 1) ao_apply(x, WRT__OP_I32_EXTEND8_S, &v);
    if (a.is_signed && a.size == 2) ao_apply(x, WRT__OP_I32_EXTEND16_S, &v);
    if (wide && a.size < 8)
        ao_apply(x, a.is_signed ? WRT__OP_I64_EXTEND_I32_S : WRT__OP_I64_EXTEND_I32_U, &v);
    *base = v;
    s->pc++;
    return WRT__AX_NEXT;
}

static enum wrt__ax_step ao_store(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    const struct ao_access a = ao_accesses[op->code - WRT__OP_I32_LOAD];
    struct wrt__wv *base = ao_top(f, s) - 2, v = base[1];
    struct ao_places p;
    wrt__ax_identify(x, base);
    if (!ao_places(x, f, s, base, op->a, a.size, &p)) return WRT__AX_GONE;
    if (v.wide && a.size < 8) ao_apply(x, WRT__OP_I32_WRAP_I64, &v);
    if (a.size < 4 && !wrt__wv_known(&v)) {
        struct wrt__wv mask = wrt__wv_const(((uint64_t)1 << 8 * a.size) - 1, false), out;
        wrt__ax_identify(x, &v);
        (void)wrt__wv_apply(WRT__OP_I32_AND, &v, &mask, &out);
        wrt__ax_note(x, WRT__OP_I32_AND, &v, &mask, &out);
        v = out;
    }
    s->sp -= 2;
    s->pc++;
    if (p.count == 1) {
        wrt__wm_store(&s->mem, p.first, a.size, &v);
        return WRT__AX_NEXT;
    }
    if (p.count > AO_PLACES) {
        wrt__wm_forget(&s->mem, p.first, p.last + a.size);
        return WRT__AX_NEXT;
    }
    x->steps += p.count;
    if (wrt__wv_known(&v) && a.size < 8) v = wrt__wv_const(v.lo & (((uint64_t)1 << 8 * a.size) - 1), false);
    for (uint64_t at = p.first; at <= p.last; at += p.step) {
        if (!ao_is_place(&p, at)) continue;
        struct wrt__wv old = wrt__wm_load(&s->mem, at, a.size, a.size == 8);
        if (old.lo == v.lo && old.hi == v.hi && old.mask == v.mask) continue;
        old = wrt__wv_join(&old, &v);
        old.id = 0;
        wrt__wm_store(&s->mem, at, a.size, &old);
    }
    return WRT__AX_NEXT;
}

/* ---- sizes
 * --------------------------------------------------------------------------------------------------- */

static void ao_note_size(
    struct wrt__ax *x, const struct wrt__ax_frame *f, const struct wrt__as *s, uint64_t low, uint64_t high)
{
    const struct wrt__wcet_site *site = wrt__wcet_site_of(x->bounds, f->b->body, s->pc);
    if (!site) return;
    const size_t k = (size_t)(site - x->bounds->sites);
    if (high > x->r->site_size_max[k]) x->r->site_size_max[k] = high;
    if (low < x->r->site_size_min[k]) x->r->site_size_min[k] = low;
}

static void ao_grow_ok(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wv *by)
{
    const uint64_t most = ao_most_pages(x), low = wrt__wv_umin(by);
    uint64_t high = wrt__wv_umax(by), old_low = s->pages_low, old_high = s->pages_high;
    if (high > most - old_low) high = most - old_low;
    ao_note_size(x, f, s, low, high);
    wrt__ax_pay(
        s, wrt__fuel_bulk_price(x->p->m->fuel->grow, high), wrt__fuel_bulk_price(x->p->m->fuel->grow, low));
    s->pages_low = wrt__min_u64(old_low + low, most);
    s->pages_high = wrt__min_u64(old_high + high, most);
    if (s->pages_high > x->r->pages_high) x->r->pages_high = s->pages_high;
    ao_top(f, s)[-1] = wrt__wv_range(old_low, wrt__min_u64(old_high, most - low), false);
    s->pc++;
}

/* It may be refused whatever the module says: limits of the host decide. */
static enum wrt__ax_step ao_grow(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s)
{
    const struct wrt__wv by = ao_top(f, s)[-1];
    if (wrt__wv_known(&by) && by.lo == 0) {
        ao_grow_ok(x, f, s, &by);
        return WRT__AX_NEXT;
    }
    if (s->pages_low + wrt__wv_umin(&by) <= ao_most_pages(x)) {
        x->forks++;
        struct wrt__as *grown = wrt__as_clone(x, s);
        if (grown) {
            ao_grow_ok(x, f, grown, &by);
            grown->key = wrt__ax_key(grown->pc);
            grown->apart = true;
            wrt__ax_insert(x, f, grown);
        }
    }
    ao_note_size(x, f, s, 0, 0);
    ao_top(f, s)[-1] = wrt__wv_const(UINT32_MAX, false);
    s->pc++;
    s->key = wrt__ax_key(s->pc);
    s->apart = true;
    wrt__ax_insert(x, f, s);
    return WRT__AX_GONE;
}

/* ---- bulk
 * ---------------------------------------------------------------------------------------------------- */

/* Copies what is known byte by byte, from the side where it does not overwrite itself. */
static void ao_copy(struct wrt__as *s, uint64_t to, uint64_t from, uint64_t n)
{
    const bool down = to > from;
    for (uint64_t done = 0; done < n;) {
        const uint32_t part = n - done >= 4 ? 4 : 1;
        const uint64_t at = down ? n - done - part : done;
        struct wrt__wv v = wrt__wm_load(&s->mem, from + at, part, false);
        wrt__wm_store(&s->mem, to + at, part, &v);
        done += part;
    }
}

static void ao_fill(struct wrt__as *s, uint64_t to, uint64_t byte, uint64_t n)
{
    uint8_t bytes[256];
    memset(bytes, (int)(byte & 0xff), sizeof bytes);
    for (uint64_t done = 0; done < n; done += sizeof bytes) {
        wrt__wm_write(&s->mem, to + done, bytes, wrt__min_u64(n - done, sizeof bytes));
    }
}

/* memory.copy, memory.fill, memory.init: to, from or value, size. */
static enum wrt__ax_step ao_bulk(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    enum { EXACT = 1 << 20 };
    struct wrt__wv *o = ao_top(f, s) - 3, to = o[0], from = o[1], size = o[2];
    const uint64_t most = s->pages_high * AO_PAGE, low = wrt__wv_umin(&size);
    const struct wrt__data *data = op->code == WRT__OP_MEMORY_INIT ? &x->p->m->datas[op->a] : NULL;
    uint64_t room = most, high = wrt__wv_umax(&size);
    if (data) room = wrt__min_u64(room, data->bytes.n);
    bool outside = low > room || wrt__wv_umin(&to) + low > most;
    if (op->code == WRT__OP_MEMORY_COPY) outside |= wrt__wv_umin(&from) + low > most;
    if (data) outside |= wrt__wv_umin(&from) + low > data->bytes.n;
    if (outside) {
        wrt__ax_trap(x, f, s);
        return WRT__AX_GONE;
    }
    wrt__ax_may_trap(x, s);
    high = wrt__min_u64(high, room);
    ao_note_size(x, f, s, low, high);
    const wrt_fuel_bulk price = x->p->m->fuel->memory_bulk;
    wrt__ax_pay(s, wrt__fuel_bulk_price(price, high), wrt__fuel_bulk_price(price, low));
    x->steps += high / 8;
    const bool exact = wrt__wv_known(&to) && wrt__wv_known(&size) && wrt__wv_known(&from) && low <= EXACT;
    if (exact && data) {
        wrt__wm_write(&s->mem, to.lo, data->bytes.p + from.lo, low);
    } else if (exact && op->code == WRT__OP_MEMORY_COPY) {
        ao_copy(s, to.lo, from.lo, low);
    } else if (exact) {
        ao_fill(s, to.lo, from.lo, low);
    } else if (high > 0) {
        wrt__wm_forget(&s->mem, wrt__wv_umin(&to), wrt__min_u64(wrt__wv_umax(&to) + high, most));
    }
    s->sp -= 3;
    s->pc++;
    return WRT__AX_NEXT;
}

/* ---- tables
 * -------------------------------------------------------------------------------------------------- */

static void ao_table_sized(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wv *n, bool may_fail)
{
    const uint64_t low = may_fail ? 0 : wrt__wv_umin(n), high = wrt__wv_umax(n);
    const wrt_fuel_bulk price = x->p->m->fuel->table_bulk;
    ao_note_size(x, f, s, low, high);
    wrt__ax_may_trap(x, s);
    wrt__ax_pay(s, wrt__fuel_bulk_price(price, high), wrt__fuel_bulk_price(price, low));
}

static enum wrt__ax_step ao_table(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    struct wrt__wv *o = ao_top(f, s);
    switch (op->code) {
    case WRT__OP_TABLE_GET:
        wrt__ax_may_trap(x, s);
        o[-1] = wrt__wv_any(true);
        break;
    case WRT__OP_TABLE_SET:
        wrt__ax_may_trap(x, s);
        s->tables_changed |= wrt__ax_table_bit(op->a);
        s->sp -= 2;
        break;
    case WRT__OP_TABLE_SIZE:
        *o = wrt__wv_any(false);
        s->sp++;
        break;
    case WRT__OP_TABLE_GROW: {
        const struct wrt__wv n = o[-1];
        ao_table_sized(x, f, s, &n, true);
        s->tables_changed |= wrt__ax_table_bit(op->a);
        s->sp--;
        o[-2] = wrt__wv_any(false);
        break;
    }
    case WRT__OP_TABLE_FILL: case WRT__OP_TABLE_COPY: case WRT__OP_TABLE_INIT: {
        const struct wrt__wv n = o[-1];
        ao_table_sized(x, f, s, &n, false);
        s->tables_changed |= wrt__ax_table_bit(op->code == WRT__OP_TABLE_INIT ? op->b : op->a);
        s->sp -= 3;
        break;
    }
    default: break; /* elem.drop, data.drop: only later operators trap */
    }
    s->pc++;
    return WRT__AX_NEXT;
}

/* ---- calls
 * --------------------------------------------------------------------------------------------------- */

static void ao_any_results(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__functype *t)
{
    (void)x;
    for (uint32_t i = 0; i < t->results; i++) {
        const uint8_t type = t->types[t->params + i];
        ao_top(f, s)[0] = wrt__wv_any(type != WRT__I32 && type != WRT__F32);
        s->sp++;
    }
}

/* A function of others: it may do what it likes, for a price that somebody must have declared. */
static enum wrt__ax_step ao_foreign(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s,
    const struct wrt__functype *t, bool tail)
{
    const struct wrt__module *m = x->p->m;
    const struct wrt__wcet_site *site = wrt__wcet_site_of(x->bounds, f->b->body, s->pc);
    if (!site || site->fuel_high == WRT__WCET_INF) s->endless = true;
    else wrt__ax_pay(s, site->fuel_high, site->fuel_low);
    if (site && site->fuel_high == WRT__WCET_INF) x->r->site_high[site - x->bounds->sites] = WRT__WCET_INF;
    wrt__wm_forget(&s->mem, 0, 0);
    s->pages_high = ao_most_pages(x);
    if (s->pages_high > x->r->pages_high) x->r->pages_high = s->pages_high;
    s->tables_changed = UINT64_MAX;
    for (uint32_t i = 0; i < m->globals_count; i++) {
        const uint8_t type = m->globals[i].type;
        if (m->globals[i].is_mutable) s->slots[i] = wrt__wv_any(type != WRT__I32 && type != WRT__F32);
    }
    s->sp -= t->params;
    if (tail) s->sp = 0;
    ao_any_results(x, f, s, t);
    s->pc = tail ? f->b->body->count : s->pc + 1;
    return WRT__AX_NEXT;
}

static enum wrt__ax_step ao_call(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s,
    const struct wrt__wcet_op *op, uint32_t func)
{
    const struct wrt__module *m = x->p->m;
    const bool tail = op->code == WRT__OP_RETURN_CALL || op->code == WRT__OP_RETURN_CALL_INDIRECT;
    if (func < m->funcs_imported) return ao_foreign(x, f, s, &m->types[m->funcs[func].type], tail);
    if (x->p->body_of[func] == WRT__WCET_NONE) { /* the call graph has missed it: nothing may be said */
        x->end = WRT__AX_UNFIT;
        wrt__as_free(x, s);
        return WRT__AX_GONE;
    }
    return wrt__ax_call(x, f, s, op, func);
}

/* Functions that an indirect call may call, once each. */
struct ao_callees {
    const struct wrt__module *m;
    uint32_t type, count;
    bool full;
    uint32_t funcs[AO_PLACES];
};

static void ao_add_callee(void *ctx, uint32_t func)
{
    struct ao_callees *c = ctx;
    if (c->m->types[c->m->funcs[func].type].canon != c->m->types[c->type].canon) return;
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->funcs[i] == func) return;
    }
    if (c->count == AO_PLACES) c->full = true;
    else c->funcs[c->count++] = func;
}

static bool ao_table_known(const struct wrt__ax *x, const struct wrt__as *s, uint32_t table)
{
    return table < WRT__AX_TABLES && x->table_funcs[table] && !(s->tables_changed & wrt__ax_table_bit(table));
}

/* False: functions of others too. */
static bool ao_callees(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s,
    const struct wrt__wcet_op *op, const struct wrt__wv *index, struct ao_callees *c)
{
    const uint32_t pc = (uint32_t)(op - f->b->body->ops);
    c->m = x->p->m;
    c->type = op->a;
    c->count = 0;
    c->full = false;
    if (!ao_table_known(x, s, op->b)) return wrt__wcet_targets(x->bounds, f->b->body, pc, ao_add_callee, c);
    const uint64_t size = x->table_sizes[op->b], last = wrt__wv_umax(index);
    for (uint64_t i = wrt__wv_umin(index); i <= last && i < size; i++) {
        const uint32_t func = x->table_funcs[op->b][i];
        x->steps++;
        if (func != WRT__WCET_NONE && wrt__wv_has(index, i)) ao_add_callee(c, func);
    }
    return true;
}

static enum wrt__ax_step ao_call_indirect(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    const bool tail = op->code == WRT__OP_RETURN_CALL_INDIRECT;
    if (s->forced) {
        const uint32_t func = s->forced - 1;
        s->forced = 0;
        return ao_call(x, f, s, op, func);
    }
    const struct wrt__wv index = ao_top(f, s)[-1];
    struct ao_callees *c = wrt__wm_take(&x->pool, sizeof *c);
    if (!c) {
        wrt__as_free(x, s);
        return WRT__AX_GONE;
    }
    wrt__ax_may_trap(x, s);
    s->sp--;
    const bool ours = ao_callees(x, f, s, op, &index, c) && !c->full;
    enum wrt__ax_step step = WRT__AX_GONE;
    if (!ours) {
        s->endless = true;
        step = ao_foreign(x, f, s, &x->p->m->types[op->a], tail);
    } else if (c->count == 0) {
        wrt__ax_trap(x, f, s);
    } else if (c->count == 1) {
        step = ao_call(x, f, s, op, c->funcs[0]);
    } else {
        x->forks++;
        for (uint32_t i = 0; i < c->count; i++) {
            struct wrt__as *one = wrt__as_clone(x, s);
            if (!one) break;
            one->forced = c->funcs[i] + 1;
            one->apart = true;
            one->key = wrt__ax_key(one->pc);
            wrt__ax_insert(x, f, one);
        }
        wrt__as_free(x, s);
    }
    wrt__wm_give(&x->pool, c, sizeof *c);
    return step;
}

/* ---- all of them
 * --------------------------------------------------------------------------------------------- */

static enum wrt__ax_step ao_reference(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    struct wrt__wv *o = ao_top(f, s);
    (void)x;
    switch (op->code) { /* a reference to function n is n + 1, null is 0 */
    case WRT__OP_REF_NULL: *o = wrt__wv_const(0, true); break;
    case WRT__OP_REF_FUNC: *o = wrt__wv_const((uint64_t)op->a + 1, true); break;
    default:
        o--;
        *o = wrt__wv_known(o) ? wrt__wv_const(o->lo == 0, false) : wrt__wv_range(0, 1, false);
        s->sp--;
        break;
    }
    s->sp++;
    s->pc++;
    return WRT__AX_NEXT;
}

enum wrt__ax_step wrt__ax_operator(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    const uint32_t code = op->code;
    if (code >= WRT__OP_I32_LOAD && code <= WRT__OP_I64_LOAD32_U) return ao_load(x, f, s, op);
    if (code >= WRT__OP_I32_STORE && code <= WRT__OP_I64_STORE32) return ao_store(x, f, s, op);
    switch (code) {
    case WRT__OP_CALL: case WRT__OP_RETURN_CALL: return ao_call(x, f, s, op, op->a);
    case WRT__OP_CALL_INDIRECT: case WRT__OP_RETURN_CALL_INDIRECT: return ao_call_indirect(x, f, s, op);
    case WRT__OP_MEMORY_SIZE:
        *ao_top(f, s) = wrt__wv_range(s->pages_low, s->pages_high, false);
        s->sp++;
        s->pc++;
        return WRT__AX_NEXT;
    case WRT__OP_MEMORY_GROW: return ao_grow(x, f, s);
    case WRT__OP_MEMORY_COPY: case WRT__OP_MEMORY_FILL: case WRT__OP_MEMORY_INIT: return ao_bulk(x, f, s, op);
    case WRT__OP_REF_NULL: case WRT__OP_REF_FUNC: case WRT__OP_REF_IS_NULL: return ao_reference(x, f, s, op);
    case WRT__OP_TABLE_GET: case WRT__OP_TABLE_SET: case WRT__OP_TABLE_SIZE: case WRT__OP_TABLE_GROW:
    case WRT__OP_TABLE_FILL: case WRT__OP_TABLE_COPY: case WRT__OP_TABLE_INIT: case WRT__OP_ELEM_DROP:
    case WRT__OP_DATA_DROP: return ao_table(x, f, s, op);
    default: /* none that this was written for */
        x->end = WRT__AX_UNFIT;
        wrt__as_free(x, s);
        return WRT__AX_GONE;
    }
}
