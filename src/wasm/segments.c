/* segments: element and data sections (WebAssembly core specification, "Element Section", "Data Section"). */
#include "wasm/front.h"

/* ---- elements ------------------------------------------------------------------------------------ */

/* Bits of the kind number. */
enum {
    ELEM_NOT_ACTIVE = 1,
    ELEM_EXPLICIT = 2,          /* active: a table index; else: declared only */
    ELEM_EXPRS = 4,
    ELEM_ALL = 7
};

static void elem_funcs(struct wrt__input *in, struct wrt__elem *e)
{
    e->count = wrt__read_count(in, 1, NULL, 0, 0);
    uint32_t *funcs = wrt__input_array(in, e->count, sizeof *funcs);
    if (!funcs) return;
    for (uint32_t i = 0; i < e->count && in->status == WRT_OK; i++) {
        uint64_t offset = wrt__reader_offset(&in->r);
        funcs[i] = wrt__read_u32(&in->r);
        if (!wrt__check_index(in, funcs[i], in->m->funcs_count, "function", "module", offset)) return;
        in->m->funcs[funcs[i]].declared_ref = true;
    }
    e->funcs = funcs;
}

/* The usual expressions of a funcref segment, ref.func x and ref.null func, need four bytes instead of an
 * expression. False: there are others; the reader stands where it stood. */
static bool elem_plain_exprs(struct wrt__input *in, struct wrt__elem *e)
{
    struct wrt__reader r = in->r;
    for (uint32_t i = 0; i < e->count; i++) {
        uint8_t op = wrt__read_u8(&r);
        if (op == WRT__OP_REF_FUNC) (void)wrt__read_u32(&r);
        else if (op != WRT__OP_REF_NULL || wrt__read_u8(&r) != WRT__FUNCREF) return false;
        if (wrt__read_u8(&r) != WRT__OP_END || r.failed) return false;
    }
    return true;
}

static void elem_exprs(struct wrt__input *in, struct wrt__const_stack *stack, struct wrt__elem *e)
{
    e->count = wrt__read_count(in, 2, NULL, 0, 0);
    bool plain = e->type == WRT__FUNCREF && elem_plain_exprs(in, e);
    uint32_t *funcs = plain ? wrt__input_array(in, e->count, sizeof *funcs) : NULL;
    struct wrt__expr *exprs = plain ? NULL : wrt__input_array(in, e->count, sizeof *exprs);
    for (uint32_t i = 0; i < e->count && in->status == WRT_OK && !in->r.failed; i++) {
        struct wrt__expr expr = { NULL, 0, 0 };
        wrt__read_const(in, stack, e->type, &expr);
        if (exprs) exprs[i] = expr;
        if (!funcs || !expr.p) continue;
        struct wrt__reader r;
        wrt__reader_init(&r, (wrt_bytes){ expr.p, expr.n }, expr.offset);
        funcs[i] = wrt__read_u8(&r) == WRT__OP_REF_FUNC ? wrt__read_u32(&r) : UINT32_MAX;
    }
    e->funcs = funcs;
    e->exprs = exprs;
}

/* `offset`: of what names the table. */
static void elem_place(struct wrt__input *in, struct wrt__const_stack *stack, struct wrt__elem *e,
    uint32_t kind, uint64_t offset)
{
    if (kind & ELEM_EXPLICIT) {
        offset = wrt__reader_offset(&in->r);
        e->table = wrt__read_u32(&in->r);
    }
    (void)wrt__check_index(in, e->table, in->m->tables_count, "table", "module", offset);
    wrt__read_const(in, stack, WRT__I32, &e->at);
}

static void elem_one(struct wrt__input *in, struct wrt__const_stack *stack, struct wrt__elem *e)
{
    uint64_t offset = wrt__reader_offset(&in->r);
    uint32_t kind = wrt__read_u32(&in->r);
    if (kind > ELEM_ALL) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_FLAGS, offset,
            "expected an element segment kind of 0 to 7, found %u", kind);
        return;
    }
    if (kind &&
        !wrt__need_feature(in, kind & ELEM_EXPRS ? WRT_FEATURE_REFERENCE_TYPES : WRT_FEATURE_BULK_MEMORY,
            offset, "this kind of element segment")) {
        return;
    }
    e->type = WRT__FUNCREF;
    e->mode = kind & ELEM_EXPLICIT ? WRT__SEG_DECLARED : WRT__SEG_PASSIVE;
    if (!(kind & ELEM_NOT_ACTIVE)) e->mode = WRT__SEG_ACTIVE;
    if (e->mode == WRT__SEG_ACTIVE) elem_place(in, stack, e, kind, offset);
    uint64_t type_offset = wrt__reader_offset(&in->r);
    if (kind & (ELEM_NOT_ACTIVE | ELEM_EXPLICIT)) {
        uint8_t type = wrt__read_u8(&in->r);
        if (kind & ELEM_EXPRS) {
            if (!wrt__check_reftype(in, type, type_offset)) return;
            e->type = type;
        } else if (type != 0) {
            wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_TYPE_CODE, type_offset,
                "expected the element kind 0, found 0x%x", (uint32_t)type);
        }
    }
    if (!wrt__input_ok(in)) return;
    if (e->mode == WRT__SEG_ACTIVE && in->m->tables[e->table].elem != e->type) {
        wrt__input_fail(in, WRT_E_INVALID, WRT__W_TYPE, type_offset,
            "type mismatch: the table holds %s, the segment %s", wrt__type_text(in->m->tables[e->table].elem),
            wrt__type_text(e->type));
    }
    if (kind & ELEM_EXPRS) elem_exprs(in, stack, e);
    else elem_funcs(in, e);
}

void wrt__read_elems(struct wrt__input *in, struct wrt__const_stack *stack, uint32_t *item)
{
    struct wrt__module *m = in->m;
    uint32_t count = wrt__read_count(in, 3, "segments", m->limits->segments, 0);
    m->elems = wrt__input_array(in, count, sizeof *m->elems);
    if (!wrt__input_ok(in)) return;
    for (*item = 0; *item < count; ++*item) {
        elem_one(in, stack, &m->elems[*item]);
        if (!wrt__input_ok(in)) return;
    }
    m->elems_count = count;
}

/* ---- data ---------------------------------------------------------------------------------------- */

enum { DATA_ACTIVE, DATA_PASSIVE, DATA_EXPLICIT };

static void data_one(struct wrt__input *in, struct wrt__const_stack *stack, struct wrt__data *d)
{
    uint64_t offset = wrt__reader_offset(&in->r);
    uint32_t kind = wrt__read_u32(&in->r);
    if (kind > DATA_EXPLICIT) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_FLAGS, offset,
            "expected a data segment kind of 0 to 2, found %u", kind);
        return;
    }
    if (kind && !wrt__need_feature(in, WRT_FEATURE_BULK_MEMORY, offset, "this kind of data segment")) return;
    d->mode = kind == DATA_PASSIVE ? WRT__SEG_PASSIVE : WRT__SEG_ACTIVE;
    if (kind == DATA_EXPLICIT) {
        offset = wrt__reader_offset(&in->r);
        d->memory = wrt__read_u32(&in->r);
    }
    if (kind != DATA_PASSIVE) {
        (void)wrt__check_index(in, d->memory, in->m->memories_count, "memory", "module", offset);
        wrt__read_const(in, stack, WRT__I32, &d->at);
    }
    d->bytes = wrt__read_bytes(&in->r, wrt__read_u32(&in->r));
}

void wrt__read_datas(struct wrt__input *in, struct wrt__const_stack *stack, uint32_t *item)
{
    struct wrt__module *m = in->m;
    uint32_t count = wrt__read_count(in, 2, "segments", m->limits->segments, 0);
    m->datas = wrt__input_array(in, count, sizeof *m->datas);
    if (!wrt__input_ok(in)) return;
    for (*item = 0; *item < count; ++*item) {
        data_one(in, stack, &m->datas[*item]);
        if (!wrt__input_ok(in)) return;
    }
    m->datas_count = count;
}
