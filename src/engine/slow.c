/* slow: operators that the loop hands over: memory.grow, bulk operators, tables, references. What is long is
 * cut into pieces of 64 KiB or 4096 elements; each piece is paid before it is done, and progress lives in the
 * strand. */
#include "engine/run.h"


static enum wrt__step next_ins(struct wrt__strand *s)
{
    s->ip += WRT__CALL_WORDS;
    return WRT__STEP_ON;
}
/* The operator ended its block: the edge to what follows. */
static enum wrt__step next_block(struct wrt__strand *s)
{
    uint32_t price = ((const uint16_t *)wrt__ins_of(s))[WRT__F_PRICE];
    s->progress[0] = 0;
    s->ip += WRT__CALL_WORDS;
    return wrt__edge(s, price);
}
static bool inside(uint64_t at, uint64_t n, uint64_t size) { return at <= size && n <= size - at; }

/* ---- memory ------------------------------------------------------------------------------------ */

static enum wrt__step memory_grow(struct wrt__strand *s, uint64_t *operands)
{
    struct wrt_memory *m = s->instance->memories[0];
    uint32_t pages = (uint32_t)operands[0];
    uint64_t old = m->bytes >> 16;
    bool refused = old + pages > m->max_pages || (s->store->no_memory_grow && pages > 0);
    if (!refused) {
        enum wrt__step paid = wrt__pay_here(s, wrt__fuel_bulk_price(s->store->fuel->grow, pages), false);
        if (paid != WRT__STEP_ON) return paid;
        wrt_status status = wrt__memory_grow(m, pages);
        if (status < 0)
            return wrt__trap(
                s, WRT_TRAP_NO_MEMORY); /* inside a limit: never -1, the answer must not depend on the host */
        refused = status == WRT__GROW_REFUSED;
        wrt__attach(s);
        if (!refused && pages && s->store->grown) {
            wrt__settle(s);
            s->store->grown(s, pages);
            if (!wrt__wanted(s)) wrt__grant(s); /* else the next edge looks at it */
        }
    }
    operands[0] = refused ? UINT32_MAX : old;
    return next_block(s);
}
/* Runs `work` over [0, n) piece by piece; progress[0] counts what is done. */
typedef void (*piece_fn)(
    struct wrt__strand *s, const uint64_t *operands, uint64_t done, uint64_t n, const void *more);
static enum wrt__step in_pieces(struct wrt__strand *s, const uint64_t *operands, uint64_t n, uint64_t piece,
    wrt_fuel_bulk price, piece_fn work, const void *more)
{
    while (s->progress[0] < n) {
        uint64_t step = wrt__min_u64(piece, n - s->progress[0]);
        enum wrt__step paid = wrt__pay_here(s, wrt__fuel_bulk_price(price, step), false);
        if (paid != WRT__STEP_ON) return paid;
        work(s, operands, s->progress[0], step, more);
        s->progress[0] += step;
    }
    return next_block(s);
}
static void copy_piece(struct wrt__strand *s, const uint64_t *o, uint64_t done, uint64_t n, const void *more)
{
    uint64_t to = (uint32_t)o[0], from = (uint32_t)o[1], all = (uint32_t)o[2];
    uint64_t at = to <= from ? done : all - done - n; /* backwards when the areas may overlap so */
    (void)more;
    memmove(s->instance->mem + to + at, s->instance->mem + from + at, (size_t)n);
}
static void fill_piece(struct wrt__strand *s, const uint64_t *o, uint64_t done, uint64_t n, const void *more)
{
    (void)more;
    memset(s->instance->mem + (uint32_t)o[0] + done, (int)(o[1] & 0xff), (size_t)n);
}
static void init_piece(struct wrt__strand *s, const uint64_t *o, uint64_t done, uint64_t n, const void *more)
{
    memcpy(
        s->instance->mem + (uint32_t)o[0] + done, (const uint8_t *)more + (uint32_t)o[1] + done, (size_t)n);
}
static enum wrt__step memory_bulk(
    struct wrt__strand *s, const uint64_t *o, enum wrt__slowop op, uint32_t segment)
{
    uint64_t size = s->instance->mem_bytes, n = (uint32_t)o[2];
    wrt_fuel_bulk price = s->store->fuel->memory_bulk;
    if (!inside((uint32_t)o[0], n, size)) return wrt__trap(s, WRT_TRAP_OUT_OF_BOUNDS);
    if (op == WRT__SLOW_MEMORY_FILL) return in_pieces(s, o, n, WRT__PIECE_BYTES, price, fill_piece, NULL);
    if (op == WRT__SLOW_MEMORY_COPY) {
        if (!inside((uint32_t)o[1], n, size)) return wrt__trap(s, WRT_TRAP_OUT_OF_BOUNDS);
        return in_pieces(s, o, n, WRT__PIECE_BYTES, price, copy_piece, NULL);
    }
    const struct wrt__data *d = &s->instance->module->datas[segment];
    uint64_t have = s->instance->dropped_data[segment] ? 0 : d->bytes.n;
    if (!inside((uint32_t)o[1], n, have)) return wrt__trap(s, WRT_TRAP_OUT_OF_BOUNDS);
    return in_pieces(s, o, n, WRT__PIECE_BYTES, price, init_piece, d->bytes.p);
}

/* ---- tables ------------------------------------------------------------------------------------ */

/* Grown piece by piece as it is paid; nobody else runs in the instance, so no other size shows. */
static enum wrt__step table_grow(struct wrt__strand *s, uint64_t *o, uint32_t table)
{
    struct wrt_table *t = s->instance->tables[table];
    uint32_t by = (uint32_t)o[1], old = t->size - (uint32_t)s->progress[0];
    bool refused = (uint64_t)old + by > t->max_elems;
    while (!refused && s->progress[0] < by) {
        uint64_t step = wrt__min_u64(WRT__PIECE_ELEMS, by - s->progress[0]);
        enum wrt__step paid = wrt__pay_here(s, wrt__fuel_bulk_price(s->store->fuel->table_bulk, step), false);
        if (paid != WRT__STEP_ON) return paid;
        wrt_status status = wrt__table_grow(t, step, o[0]);
        if (status < 0) return wrt__trap(s, WRT_TRAP_NO_MEMORY);
        refused = status == WRT__GROW_REFUSED;
        s->progress[0] += step;
    }
    wrt__attach(s);
    o[0] = refused ? UINT32_MAX : old;
    return next_block(s);
}
struct table_work { struct wrt_table *to, *from; const struct wrt__elem *segment; };
static void table_copy_piece(
    struct wrt__strand *s, const uint64_t *o, uint64_t done, uint64_t n, const void *more)
{
    const struct table_work *w = more;
    uint64_t to = (uint32_t)o[0], from = (uint32_t)o[1], all = (uint32_t)o[2];
    uint64_t at = to <= from ? done : all - done - n;
    (void)s;
    memmove(w->to->elems + to + at, w->from->elems + from + at, (size_t)n * sizeof(uint64_t));
}
static void table_fill_piece(
    struct wrt__strand *s, const uint64_t *o, uint64_t done, uint64_t n, const void *more)
{
    const struct table_work *w = more;
    (void)s;
    for (uint64_t i = 0; i < n; i++) w->to->elems[(uint32_t)o[0] + done + i] = o[1];
}
static void table_init_piece(
    struct wrt__strand *s, const uint64_t *o, uint64_t done, uint64_t n, const void *more)
{
    const struct table_work *w = more;
    for (uint64_t i = 0; i < n; i++) {
        w->to->elems[(uint32_t)o[0] + done + i] = wrt__elem_item(
            s->instance, w->segment, (uint32_t)((uint32_t)o[1] + done + i));
    }
}
static enum wrt__step table_bulk(
    struct wrt__strand *s, const uint64_t *o, enum wrt__slowop op, uint32_t a, uint32_t b)
{
    const struct wrt_instance *i = s->instance;
    wrt_fuel_bulk price = s->store->fuel->table_bulk;
    uint64_t n = (uint32_t)o[2];
    struct table_work w = { 0 };
    if (op == WRT__SLOW_TABLE_INIT) {
        w.to = i->tables[b];
        w.segment = &i->module->elems[a];
        uint64_t have = i->dropped_elem[a] ? 0 : w.segment->count;
        if (!inside((uint32_t)o[1], n, have) || !inside((uint32_t)o[0], n, w.to->size))
            return wrt__trap(s, WRT_TRAP_TABLE_BOUNDS);
        return in_pieces(s, o, n, WRT__PIECE_ELEMS, price, table_init_piece, &w);
    }
    w.to = i->tables[a];
    if (!inside((uint32_t)o[0], n, w.to->size)) return wrt__trap(s, WRT_TRAP_TABLE_BOUNDS);
    if (op == WRT__SLOW_TABLE_FILL) return in_pieces(s, o, n, WRT__PIECE_ELEMS, price, table_fill_piece, &w);
    w.from = i->tables[b];
    if (!inside((uint32_t)o[1], n, w.from->size)) return wrt__trap(s, WRT_TRAP_TABLE_BOUNDS);
    return in_pieces(s, o, n, WRT__PIECE_ELEMS, price, table_copy_piece, &w);
}
static enum wrt__step table_access(struct wrt__strand *s, uint64_t *o, enum wrt__slowop op, uint32_t table)
{
    struct wrt_table *t = s->instance->tables[table];
    if (op == WRT__SLOW_TABLE_SIZE) {
        o[0] = t->size;
        return next_ins(s);
    }
    if ((uint32_t)o[0] >= t->size) return wrt__trap(s, WRT_TRAP_TABLE_BOUNDS);
    if (op == WRT__SLOW_TABLE_GET) o[0] = t->elems[(uint32_t)o[0]];
    else t->elems[(uint32_t)o[0]] = o[1];
    return next_ins(s);
}

/* ---- the dispatcher ---------------------------------------------------------------------------- */

static enum wrt__step slow_call(
    struct wrt__strand *s, enum wrt__slowop op, uint32_t a, uint32_t delta, uint32_t lo, uint32_t hi)
{
    uint32_t func;
    switch (op) {
    case WRT__SLOW_CALL_IMPORT: return wrt__call_ref(s, s->instance->func_refs[lo], delta);
    case WRT__SLOW_RETURN_CALL: return wrt__tail_call(s, s->instance->func_refs[lo], a, delta);
    case WRT__SLOW_CALL_OTHER:
        if (!wrt__table_entry(s, hi, (uint32_t)wrt__frame_of(s)[a], lo, &func)) return WRT__STEP_TRAP;
        return wrt__call_ref(s, func, delta);
    default:
        if (!wrt__table_entry(s, hi & 0xffff, (uint32_t)wrt__frame_of(s)[a], lo, &func))
            return WRT__STEP_TRAP;
        return wrt__tail_call(s, func, hi >> 16, delta);
    }
}
enum wrt__step wrt__slow(struct wrt__strand *s)
{
    const uint16_t *h = (const uint16_t *)wrt__ins_of(s);
    const uint32_t *k = (const uint32_t *)(const void *)(wrt__ins_of(s) + 2);
    enum wrt__slowop op = (enum wrt__slowop)h[WRT__F_D];
    uint64_t *operands = wrt__frame_of(s) + h[WRT__F_DELTA];
    switch (op) {
    case WRT__SLOW_CALL_IMPORT:
    case WRT__SLOW_CALL_OTHER:
    case WRT__SLOW_RETURN_CALL:
    case WRT__SLOW_RETURN_CALL_INDIRECT: return slow_call(s, op, h[WRT__F_A], h[WRT__F_DELTA], k[0], k[1]);
    case WRT__SLOW_GROW: return memory_grow(s, operands);
    case WRT__SLOW_MEMORY_INIT:
    case WRT__SLOW_MEMORY_COPY:
    case WRT__SLOW_MEMORY_FILL: return memory_bulk(s, operands, op, k[0]);
    case WRT__SLOW_DATA_DROP: s->instance->dropped_data[k[0]] = true; return next_ins(s);
    case WRT__SLOW_ELEM_DROP: s->instance->dropped_elem[k[0]] = true; return next_ins(s);
    case WRT__SLOW_TABLE_INIT:
    case WRT__SLOW_TABLE_COPY:
    case WRT__SLOW_TABLE_FILL: return table_bulk(s, operands, op, k[0], k[1]);
    case WRT__SLOW_TABLE_GROW: return table_grow(s, operands, k[0]);
    case WRT__SLOW_TABLE_GET:
    case WRT__SLOW_TABLE_SET:
    case WRT__SLOW_TABLE_SIZE: return table_access(s, operands, op, k[0]);
    case WRT__SLOW_REF_FUNC: operands[0] = (uint64_t)s->instance->func_refs[k[0]] + 1; return next_ins(s);
    case WRT__SLOW_MOVN:
        memmove(wrt__frame_of(s) + k[0], wrt__frame_of(s) + k[1], h[WRT__F_A] * sizeof(uint64_t));
        return next_ins(s);
    case WRT__SLOW_COUNT: break;
    }
    WRT_ASSERT(op < WRT__SLOW_COUNT);
    return WRT__STEP_FAIL;
}
