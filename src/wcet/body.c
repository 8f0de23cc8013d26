/* body: bodies as arrays of operators, and the functions that an entry can reach. Reads the bytes of a module
 * that was validated before, so that nothing needs to be checked again; must not know bounds. Text: wcet.h.
 */
#include "wasm/front.h"
#include "wcet/wcet.h"

struct body_frame {
    uint32_t op;                    /* index of block, loop or if; NONE: the function */
    uint32_t label;                 /* in reader's labels */
    uint32_t floor;                 /* operands below the block and its parameters */
    uint32_t ordinal;
    uint16_t params, results;
    uint8_t kind;                   /* operator, 0: the function */
    bool live;                      /* the block can be entered */
};

/* Serves all bodies of a module and keeps its arrays between them. */
struct body_reader {
    const struct wrt__module *m;
    const wrt_alloc *alloc;
    struct wrt__reader r;
    uint32_t height, height_max;
    bool live;
    struct wrt__wcet_op *ops;       uint32_t ops_count, ops_cap;
    uint32_t *targets;              uint32_t targets_count, targets_cap;
    uint32_t *loops, *loop_offsets; uint32_t loops_count, loops_cap, loop_offsets_cap;
    struct body_frame *frames;      uint32_t frames_count, frames_cap;
    uint32_t *labels;               uint32_t labels_count, labels_cap;      /* label -> operator */
    uint32_t sites_count;
    uint8_t *table_written;         /* per table of the module: 1 from segments, 2 with any reference */
    bool nomem;
};

static bool body_room(struct body_reader *b, void *array, uint32_t *cap, uint32_t need, size_t element)
{
    if (wrt__grow(b->alloc, array, cap, need, element, WRT_TAG_OTHER)) return true;
    b->nomem = true;
    return false;
}

/* ---- operators ----------------------------------------------------------------------------------------- */

static struct wrt__wcet_op *body_emit(struct body_reader *b, uint32_t code, uint64_t offset)
{
    if (!body_room(b, &b->ops, &b->ops_cap, b->ops_count + 1, sizeof *b->ops)) return NULL;
    struct wrt__wcet_op *op = &b->ops[b->ops_count++];
    *op = (struct wrt__wcet_op){ .offset = (uint32_t)offset, .code = (uint16_t)code,
        .height = (uint16_t)b->height, .a = WRT__WCET_NONE };
    return op;
}

static void body_stack(struct body_reader *b, uint32_t pops, uint32_t pushes)
{
    b->height = b->height - pops + pushes;
    if (b->height > b->height_max) b->height_max = b->height;
}

static struct body_frame *body_frame_at(struct body_reader *b, uint32_t depth)
{
    return &b->frames[b->frames_count - 1 - depth];
}

static void body_dead(struct body_reader *b)
{
    b->live = false;
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

static void body_push_frame(struct body_reader *b, const struct body_frame *f)
{
    if (!body_room(b, &b->frames, &b->frames_cap, b->frames_count + 1, sizeof *b->frames)) return;
    if (!body_room(b, &b->labels, &b->labels_cap, b->labels_count + 1, sizeof *b->labels)) return;
    b->frames[b->frames_count] = *f;
    b->frames[b->frames_count++].label = b->labels_count;
    b->labels[b->labels_count++] = WRT__WCET_NONE;
}

static void body_note_loop(struct body_reader *b, uint64_t offset, uint32_t *ordinal)
{
    *ordinal = b->loops_count;
    if (!body_room(b, &b->loops, &b->loops_cap, b->loops_count + 1, sizeof *b->loops)) return;
    if (!body_room(b, &b->loop_offsets, &b->loop_offsets_cap, b->loops_count + 1, sizeof *b->loop_offsets)) {
        return;
    }
    b->loops[b->loops_count] = b->live ? b->ops_count : WRT__WCET_NONE;
    b->loop_offsets[b->loops_count++] = (uint32_t)offset;
}

static void body_block(struct body_reader *b, uint32_t code, uint64_t offset)
{
    struct body_frame f = { .op = b->ops_count, .kind = (uint8_t)code, .live = b->live };
    uint8_t first = *b->r.p;
    if (first >= 0x40 && first < 0x80) {
        b->r.p++;
        f.results = first != 0x40;
    } else {
        const struct wrt__functype *t = &b->m->types[wrt__read_s33(&b->r)];
        f.params = (uint16_t)t->params;
        f.results = (uint16_t)t->results;
    }
    if (code == WRT__OP_LOOP) body_note_loop(b, offset, &f.ordinal);
    if (b->live) {
        struct wrt__wcet_op *op = body_emit(b, code, offset);
        if (!op) return;
        op->arity = code == WRT__OP_LOOP ? f.params : f.results;
        if (code == WRT__OP_LOOP) op->b = f.ordinal;
        if (code == WRT__OP_IF) body_stack(b, 1, 0);
        f.floor = b->height - f.params;
    }
    body_push_frame(b, &f);
    if (code == WRT__OP_LOOP && !b->nomem) b->labels[b->labels_count - 1] = f.op;
}

static void body_else(struct body_reader *b, uint64_t offset)
{
    struct body_frame *f = body_frame_at(b, 0);
    if (f->live) {
        b->height = f->floor + f->results;
        struct wrt__wcet_op *op = body_emit(b, WRT__OP_ELSE, offset);
        if (!op) return;
        if (!b->live) op->flags = WRT__WCET_NO_FALL;
        b->ops[f->op].a = b->ops_count - 1;
        f->op = b->ops_count - 1;       /* whose `a` the end fills in */
        b->height = f->floor + f->params;
    }
    f->kind = WRT__OP_ELSE;
    b->live = f->live;
}

static void body_end(struct body_reader *b, uint64_t offset)
{
    struct body_frame *f = body_frame_at(b, 0);
    if (f->live) {
        b->height = f->floor + f->results;
        if (b->height > b->height_max) b->height_max = b->height;
        struct wrt__wcet_op *op = body_emit(b, WRT__OP_END, offset);
        if (!op) return;
        op->arity = f->results;
        if (!b->live) op->flags = WRT__WCET_NO_FALL;
        op->a = f->op;
        op->b = f->kind == WRT__OP_LOOP ? f->ordinal : WRT__WCET_NONE;
        if (f->kind != WRT__OP_LOOP) b->labels[f->label] = b->ops_count - 1;
        if (f->op != WRT__WCET_NONE) b->ops[f->op].a = b->ops_count - 1;
    }
    b->live = f->live;
    b->frames_count--;
}

/* ---- jumps --------------------------------------------------------------------------------------------- */

static uint16_t body_label_arity(const struct body_frame *f)
{
    return f->kind == WRT__OP_LOOP ? f->params : f->results;
}

/* Branches name labels until body_resolve. */
static void body_br(struct body_reader *b, uint32_t code, uint64_t offset)
{
    const struct body_frame *f = body_frame_at(b, wrt__read_u32(&b->r));
    if (!b->live) return;
    struct wrt__wcet_op *op = body_emit(b, code, offset);
    if (!op) return;
    op->a = f->label;
    op->arity = body_label_arity(f);
    if (code == WRT__OP_BR) body_dead(b);
    else body_stack(b, 1, 0);
}

static void body_br_table(struct body_reader *b, uint64_t offset)
{
    uint32_t count = wrt__read_u32(&b->r) + 1;
    struct wrt__wcet_op *op = b->live ? body_emit(b, WRT__OP_BR_TABLE, offset) : NULL;
    if (op && !body_room(b, &b->targets, &b->targets_cap, b->targets_count + count, sizeof *b->targets)) {
        return;
    }
    if (op) {
        op->a = b->targets_count;
        op->b = count;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct body_frame *f = body_frame_at(b, wrt__read_u32(&b->r));
        if (!op) continue;
        op->arity = body_label_arity(f);
        b->targets[b->targets_count++] = f->label;
    }
    body_dead(b);
}

static void body_return(struct body_reader *b, uint32_t code, uint64_t offset)
{
    struct wrt__wcet_op *op = b->live ? body_emit(b, code, offset) : NULL;
    if (op && code == WRT__OP_RETURN) op->arity = b->frames[0].results;
    body_dead(b);
}

static void body_call(struct body_reader *b, uint32_t code, uint64_t offset)
{
    bool indirect = code == WRT__OP_CALL_INDIRECT || code == WRT__OP_RETURN_CALL_INDIRECT;
    bool tail = code == WRT__OP_RETURN_CALL || code == WRT__OP_RETURN_CALL_INDIRECT;
    uint32_t index = wrt__read_u32(&b->r), table = indirect ? wrt__read_u32(&b->r) : 0;
    if (!b->live) return;
    const struct wrt__functype *t = &b->m->types[indirect ? index : b->m->funcs[index].type];
    struct wrt__wcet_op *op = body_emit(b, code, offset);
    if (!op) return;
    op->a = index;
    op->b = table;
    op->arity = (uint16_t)t->results;
    b->sites_count++;
    body_stack(b, t->params + (indirect ? 1 : 0), t->results);
    if (tail) body_dead(b);
}

/* ---- the rest ------------------------------------------------------------------------------------------ */

static bool body_is_sized(uint32_t code)
{
    return code == WRT__OP_MEMORY_GROW || code == WRT__OP_MEMORY_INIT || code == WRT__OP_MEMORY_COPY ||
           code == WRT__OP_MEMORY_FILL || code == WRT__OP_TABLE_INIT || code == WRT__OP_TABLE_COPY ||
           code == WRT__OP_TABLE_GROW || code == WRT__OP_TABLE_FILL;
}

/* An operator with up to two immediates that are numbers. */
static void body_simple(struct body_reader *b, uint32_t code, uint64_t offset, uint32_t a, uint32_t c,
    uint32_t pops, uint32_t pushes)
{
    if (code == WRT__OP_TABLE_SET || code == WRT__OP_TABLE_GROW || code == WRT__OP_TABLE_FILL ||
        code == WRT__OP_TABLE_COPY) {
        b->table_written[a] |= 2;
    } else if (code == WRT__OP_TABLE_INIT) {
        b->table_written[c] |= 1;
    }
    if (!b->live) return;
    struct wrt__wcet_op *op = body_emit(b, code, offset);
    if (!op) return;
    op->a = a;
    op->b = c;
    if (body_is_sized(code)) b->sites_count++;
    body_stack(b, pops, pushes);
}

static void body_const(struct body_reader *b, uint32_t code, uint64_t offset, uint64_t bits)
{
    body_simple(b, code, offset, (uint32_t)bits, (uint32_t)(bits >> 32), 0, 1);
}

static void body_prefixed(struct body_reader *b, uint64_t offset)
{
    uint32_t code = 256 + wrt__read_u32(&b->r), a = 0, c = 0;
    switch (code) {
    case WRT__OP_MEMORY_INIT:
        a = wrt__read_u32(&b->r);
        (void)wrt__read_u32(&b->r);
        body_simple(b, code, offset, a, 0, 3, 0);
        break;
    case WRT__OP_MEMORY_COPY:
        (void)wrt__read_u32(&b->r);
        (void)wrt__read_u32(&b->r);
        body_simple(b, code, offset, 0, 0, 3, 0);
        break;
    case WRT__OP_MEMORY_FILL:
        (void)wrt__read_u32(&b->r);
        body_simple(b, code, offset, 0, 0, 3, 0);
        break;
    case WRT__OP_TABLE_INIT: case WRT__OP_TABLE_COPY:
        a = wrt__read_u32(&b->r);
        c = wrt__read_u32(&b->r);
        body_simple(b, code, offset, a, c, 3, 0);
        break;
    case WRT__OP_DATA_DROP: case WRT__OP_ELEM_DROP:
        body_simple(b, code, offset, wrt__read_u32(&b->r), 0, 0, 0);
        break;
    case WRT__OP_TABLE_GROW: body_simple(b, code, offset, wrt__read_u32(&b->r), 0, 2, 1); break;
    case WRT__OP_TABLE_SIZE: body_simple(b, code, offset, wrt__read_u32(&b->r), 0, 0, 1); break;
    case WRT__OP_TABLE_FILL: body_simple(b, code, offset, wrt__read_u32(&b->r), 0, 3, 0); break;
    default: body_simple(b, code, offset, 0, 0, 1, 1); break;    /* saturating conversions */
    }
}

static void body_other(struct body_reader *b, uint32_t code, uint64_t offset)
{
    const struct wrt__op_info *info = &wrt__op_infos[code];
    uint32_t a = 0;
    if (info->imm >= WRT__IMM_MEM0 && info->imm <= WRT__IMM_MEM3) {
        (void)wrt__read_u32(&b->r);
        a = wrt__read_u32(&b->r);
    } else {
        WRT_ASSERT(info->imm == WRT__IMM_NONE && info->pops > 0);
    }
    body_simple(b, code, offset, a, 0, info->pops, info->result ? 1 : 0);
}

static uint32_t body_select_type(struct body_reader *b)
{
    uint32_t type = 0;
    for (uint32_t n = wrt__read_u32(&b->r); n > 0; n--) type = wrt__read_u8(&b->r);
    return type;
}

static void body_value(struct body_reader *b, uint32_t code, uint64_t offset)
{
    struct wrt__reader *r = &b->r;
    switch (code) {
    case WRT__OP_NOP: body_simple(b, code, offset, 0, 0, 0, 0); break;
    case WRT__OP_DROP: body_simple(b, code, offset, 0, 0, 1, 0); break;
    case WRT__OP_SELECT: body_simple(b, code, offset, 0, 0, 3, 1); break;
    case WRT__OP_SELECT_T: body_simple(b, code, offset, body_select_type(b), 0, 3, 1); break;
    case WRT__OP_LOCAL_GET: case WRT__OP_GLOBAL_GET:
        body_simple(b, code, offset, wrt__read_u32(r), 0, 0, 1);
        break;
    case WRT__OP_LOCAL_SET: case WRT__OP_GLOBAL_SET:
        body_simple(b, code, offset, wrt__read_u32(r), 0, 1, 0);
        break;
    case WRT__OP_LOCAL_TEE: case WRT__OP_TABLE_GET:
        body_simple(b, code, offset, wrt__read_u32(r), 0, 1, 1);
        break;
    case WRT__OP_TABLE_SET: body_simple(b, code, offset, wrt__read_u32(r), 0, 2, 0); break;
    case WRT__OP_MEMORY_SIZE: body_simple(b, code, offset, wrt__read_u32(r), 0, 0, 1); break;
    case WRT__OP_MEMORY_GROW: body_simple(b, code, offset, wrt__read_u32(r), 0, 1, 1); break;
    case WRT__OP_I32_CONST: body_const(b, code, offset, (uint32_t)wrt__read_s32(r)); break;
    case WRT__OP_I64_CONST: body_const(b, code, offset, (uint64_t)wrt__read_s64(r)); break;
    case WRT__OP_F32_CONST: body_const(b, code, offset, wrt__read_u32le(r)); break;
    case WRT__OP_F64_CONST: body_const(b, code, offset, wrt__read_u64le(r)); break;
    case WRT__OP_REF_NULL: body_simple(b, code, offset, wrt__read_u8(r), 0, 0, 1); break;
    case WRT__OP_REF_FUNC: body_simple(b, code, offset, wrt__read_u32(r), 0, 0, 1); break;
    case WRT__OP_REF_IS_NULL: body_simple(b, code, offset, 0, 0, 1, 1); break;
    default: body_other(b, code, offset); break;
    }
}

static void body_operators(struct body_reader *b)
{
    while (b->frames_count > 0 && !b->nomem) {
        uint64_t offset = wrt__reader_offset(&b->r);
        uint32_t code = wrt__read_u8(&b->r);
        switch (code) {
        case WRT__OP_UNREACHABLE: case WRT__OP_RETURN: body_return(b, code, offset); break;
        case WRT__OP_BLOCK: case WRT__OP_LOOP: case WRT__OP_IF: body_block(b, code, offset); break;
        case WRT__OP_ELSE: body_else(b, offset); break;
        case WRT__OP_END: body_end(b, offset); break;
        case WRT__OP_BR: case WRT__OP_BR_IF: body_br(b, code, offset); break;
        case WRT__OP_BR_TABLE: body_br_table(b, offset); break;
        case WRT__OP_CALL: case WRT__OP_CALL_INDIRECT: case WRT__OP_RETURN_CALL:
        case WRT__OP_RETURN_CALL_INDIRECT:
            body_call(b, code, offset);
            break;
        case WRT__OP_PREFIX_FC: body_prefixed(b, offset); break;
        default: body_value(b, code, offset); break;
        }
        WRT_ASSERT(b->r.failed == NULL);        /* it was validated */
    }
}

/* Labels become operators. */
static void body_resolve(struct body_reader *b)
{
    for (uint32_t i = 0; i < b->ops_count; i++) {
        struct wrt__wcet_op *op = &b->ops[i];
        if (op->code == WRT__OP_BR || op->code == WRT__OP_BR_IF) op->a = b->labels[op->a];
    }
    for (uint32_t i = 0; i < b->targets_count; i++) b->targets[i] = b->labels[b->targets[i]];
}

/* Locals are counted here and read again by body_locals. */
static void body_begin(struct body_reader *b, uint32_t func, uint32_t *locals)
{
    const struct wrt__func *f = &b->m->funcs[func];
    const struct wrt__functype *t = &b->m->types[f->type];
    wrt__reader_init(
        &b->r, (wrt_bytes){ b->m->source.p + f->body_offset, f->body_bytes }, f->body_offset);
    *locals = t->params;
    for (uint32_t groups = wrt__read_u32(&b->r); groups > 0; groups--) {
        *locals += wrt__read_u32(&b->r);
        (void)wrt__read_u8(&b->r);
    }
    b->ops_count = b->targets_count = b->loops_count = b->frames_count = b->labels_count = 0;
    b->height = b->height_max = b->sites_count = 0;
    b->live = true;
    struct body_frame frame = { .op = WRT__WCET_NONE, .results = (uint16_t)t->results, .live = true };
    body_push_frame(b, &frame);
}

static bool body_read(struct body_reader *b, uint32_t func, uint32_t *locals)
{
    body_begin(b, func, locals);
    body_operators(b);
    if (!b->nomem) body_resolve(b);
    return !b->nomem;
}

static uint8_t *body_locals(struct wrt__wcet_program *p, uint32_t func, uint32_t count)
{
    const struct wrt__func *f = &p->m->funcs[func];
    const struct wrt__functype *t = &p->m->types[f->type];
    uint8_t *types = wrt__arena_take(&p->arena, (size_t)count + 1, 1);
    if (!types) return NULL;
    struct wrt__reader r;
    wrt__reader_init(
        &r, (wrt_bytes){ p->m->source.p + f->body_offset, f->body_bytes }, f->body_offset);
    if (t->params > 0) memcpy(types, t->types, t->params);
    uint32_t at = t->params;
    for (uint32_t groups = wrt__read_u32(&r); groups > 0; groups--) {
        uint32_t n = wrt__read_u32(&r);
        uint8_t type = wrt__read_u8(&r);
        if (n > 0) memset(types + at, type, n);
        at += n;
    }
    return types;
}

/* ---- tables -------------------------------------------------------------------------------------------- */

/* Function that a segment's entry i names; NONE: null, or not known (`foreign`). */
static uint32_t body_elem_func(const struct wrt__elem *e, uint32_t i, bool *foreign)
{
    if (e->funcs) return e->funcs[i];
    struct wrt__reader r;
    wrt__reader_init(&r, (wrt_bytes){ e->exprs[i].p, e->exprs[i].n }, e->exprs[i].offset);
    uint32_t code = wrt__read_u8(&r);
    if (code == WRT__OP_REF_FUNC) return wrt__read_u32(&r);
    if (code != WRT__OP_REF_NULL) *foreign = true;
    return WRT__WCET_NONE;
}

static bool body_table_exported(const struct wrt__module *m, uint32_t table)
{
    for (uint32_t i = 0; i < m->exports_count; i++) {
        if (m->exports[i].kind == WRT__KIND_TABLE && m->exports[i].index == table) return true;
    }
    return false;
}

static bool body_table(struct wrt__wcet_program *p, const struct body_reader *b, uint32_t table)
{
    const struct wrt__module *m = p->m;
    struct wrt__wcet_table *t = &p->tables[table];
    uint8_t *in = wrt__arena_take(&p->arena, (size_t)m->funcs_count + 1, 1);
    if (!in) return false;
    t->foreign = table < m->tables_imported || body_table_exported(m, table);
    t->closed = !t->foreign && !b->table_written[table];
    if (b->table_written[table] & 2) t->foreign = true;     /* references can come from anywhere */
    for (uint32_t i = 0; i < m->elems_count; i++) {
        const struct wrt__elem *e = &m->elems[i];
        if (t->closed && (e->mode != WRT__SEG_ACTIVE || e->table != table)) continue;
        for (uint32_t k = 0; k < e->count; k++) {
            uint32_t func = body_elem_func(e, k, &t->foreign);
            if (func != WRT__WCET_NONE) in[func] = 1;
        }
    }
    for (uint32_t i = 0; i < m->funcs_count; i++) {
        if (!t->closed && m->funcs[i].declared_ref) in[i] = 1;
        t->count += in[i];
    }
    uint32_t *funcs = wrt__arena_take(&p->arena, ((size_t)t->count + 1) * sizeof *funcs, 8);
    if (!funcs) return false;
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->funcs_count; i++) {
        if (in[i]) funcs[n++] = i;
    }
    t->funcs = funcs;
    return true;
}

/* Any function of the module may have run before the entry, so all of them count as writers. */
static bool body_tables(struct wrt__wcet_program *p, struct body_reader *b)
{
    const struct wrt__module *m = p->m;
    uint32_t locals;
    p->tables = wrt__arena_take(&p->arena, ((size_t)m->tables_count + 1) * sizeof *p->tables, 16);
    b->table_written = wrt__arena_take(&p->arena, (size_t)m->tables_count + 1, 1);
    if (!p->tables || !b->table_written) return false;
    if (m->tables_count > 0 && (m->features & (WRT_FEATURE_BULK_MEMORY | WRT_FEATURE_REFERENCE_TYPES))) {
        for (uint32_t i = m->funcs_imported; i < m->funcs_count; i++) {
            if (!body_read(b, i, &locals)) return false;
        }
    }
    for (uint32_t i = 0; i < m->tables_count; i++) {
        if (!body_table(p, b, i)) return false;
    }
    return true;
}

/* ---- program ------------------------------------------------------------------------------------------- */

static bool body_reach(struct wrt__wcet_program *p, uint32_t func)
{
    if (func < p->m->funcs_imported || p->body_of[func] != WRT__WCET_NONE) return true;
    if (!wrt__grow(p->alloc, &p->bodies, &p->bodies_cap, p->bodies_count + 1, sizeof *p->bodies,
            WRT_TAG_OTHER)) {
        return false;
    }
    p->body_of[func] = p->bodies_count;
    p->bodies[p->bodies_count++] = (struct wrt__wcet_body){ .func = func };
    return true;
}

static bool body_reach_table(struct wrt__wcet_program *p, uint32_t type, uint32_t table)
{
    const struct wrt__module *m = p->m;
    for (uint32_t i = 0; i < p->tables[table].count; i++) {
        uint32_t func = p->tables[table].funcs[i];
        if (m->types[m->funcs[func].type].canon == m->types[type].canon && !body_reach(p, func)) return false;
    }
    return true;
}

static bool body_keep(struct wrt__wcet_program *p, struct body_reader *b, uint32_t i)
{
    struct wrt__wcet_body *body = &p->bodies[i];
    uint32_t func = body->func, locals;
    if (!body_read(b, func, &locals)) return false;
    const struct wrt__functype *t = &p->m->types[p->m->funcs[func].type];
    body->params = t->params;
    body->results = t->results;
    body->locals_count = locals;
    body->locals = body_locals(p, func, locals);
    body->count = b->ops_count;
    body->ops = wrt__arena_copy(&p->arena, b->ops, b->ops_count * sizeof *b->ops);
    body->targets_count = b->targets_count;
    body->targets = wrt__arena_copy(&p->arena, b->targets, b->targets_count * sizeof *b->targets);
    body->loops_count = b->loops_count;
    body->loops = wrt__arena_copy(&p->arena, b->loops, b->loops_count * sizeof *b->loops);
    body->loop_offsets =
        wrt__arena_copy(&p->arena, b->loop_offsets, b->loops_count * sizeof *b->loop_offsets);
    if (!body->locals || !body->ops || !body->targets || !body->loops || !body->loop_offsets) return false;
    body->loop_first = p->loops_count;
    body->site_first = p->sites_count;
    body->sites_count = b->sites_count;
    body->height_max = b->height_max;
    p->loops_count += b->loops_count;
    p->sites_count += b->sites_count;
    p->ops_count += b->ops_count;
    const wrt_fuel_table *fuel = p->m->fuel;
    body->entry_price = (uint32_t)(fuel->entry + wrt__fuel_bulk_price(fuel->locals, locals - t->params));
    for (uint32_t k = 0; k < b->ops_count; k++) {
        const struct wrt__wcet_op *op = &b->ops[k];
        if (op->code == WRT__OP_CALL || op->code == WRT__OP_RETURN_CALL) {
            if (!body_reach(p, op->a)) return false;
        } else if (op->code == WRT__OP_CALL_INDIRECT || op->code == WRT__OP_RETURN_CALL_INDIRECT) {
            if (!body_reach_table(p, op->a, op->b)) return false;
        }
    }
    return true;
}

static void body_reader_free(struct body_reader *b)
{
    wrt__free(b->alloc, b->ops, b->ops_cap * sizeof *b->ops, WRT_TAG_OTHER);
    wrt__free(b->alloc, b->targets, b->targets_cap * sizeof *b->targets, WRT_TAG_OTHER);
    wrt__free(b->alloc, b->loops, b->loops_cap * sizeof *b->loops, WRT_TAG_OTHER);
    wrt__free(b->alloc, b->loop_offsets, b->loop_offsets_cap * sizeof *b->loop_offsets, WRT_TAG_OTHER);
    wrt__free(b->alloc, b->frames, b->frames_cap * sizeof *b->frames, WRT_TAG_OTHER);
    wrt__free(b->alloc, b->labels, b->labels_cap * sizeof *b->labels, WRT_TAG_OTHER);
}

wrt_status wrt__wcet_open(
    struct wrt__wcet_program *p, const struct wrt__module *m, uint32_t entry, wrt_error *err)
{
    enum { ARENA_BLOCK = 65536 };
    WRT_ASSERT(entry >= m->funcs_imported && entry < m->funcs_count);
    *p = (struct wrt__wcet_program){ .m = m, .alloc = m->alloc, .entry = entry };
    wrt__arena_init(&p->arena, m->alloc, ARENA_BLOCK, WRT_TAG_OTHER);
    struct body_reader b = { .m = m, .alloc = m->alloc };
    p->body_of = wrt__arena_take(&p->arena, ((size_t)m->funcs_count + 1) * sizeof *p->body_of, 8);
    bool ok = p->body_of != NULL;
    if (ok) {
        for (uint32_t i = 0; i < m->funcs_count; i++) p->body_of[i] = WRT__WCET_NONE;
        ok = body_tables(p, &b) && body_reach(p, entry);
    }
    for (uint32_t i = 0; ok && i < p->bodies_count; i++) ok = body_keep(p, &b, i);
    body_reader_free(&b);
    if (ok) return WRT_OK;
    wrt__wcet_close(p);
    return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
}

void wrt__wcet_close(struct wrt__wcet_program *p)
{
    wrt__free(p->alloc, p->bodies, p->bodies_cap * sizeof *p->bodies, WRT_TAG_OTHER);
    wrt__arena_fini(&p->arena);
    *p = (struct wrt__wcet_program){ .alloc = p->alloc };
}

static wrt_status body_match_loop(
    const uint32_t *offsets, uint32_t count, uint32_t *ordinal, uint32_t offset, uint32_t *offset_out)
{
    uint32_t low = 0, high = count;
    if (*ordinal == WRT__WCET_NONE && offset == WRT__WCET_NONE) return WRT_E_INVALID;
    while (*ordinal == WRT__WCET_NONE && low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (offsets[middle] < offset) low = middle + 1;
        else high = middle;
    }
    const uint32_t found = *ordinal == WRT__WCET_NONE ? low : *ordinal;
    if (found >= count || (offset != WRT__WCET_NONE && offsets[found] != offset)) return WRT_E_INVALID;
    *ordinal = found;
    *offset_out = offsets[found];
    return WRT_OK;
}

/* Loops of a function that the entry does not reach, read once. False: no memory. */
static bool body_dead_loops(struct wrt__wcet_program *p, uint32_t func)
{
    struct body_reader b = { .m = p->m, .alloc = p->alloc };
    uint32_t locals;
    if (!p->dead) p->dead = wrt__arena_take(&p->arena, ((size_t)p->m->funcs_count + 1) * sizeof *p->dead, 8);
    if (!p->dead || p->dead[func].known) return p->dead != NULL;
    b.table_written = wrt__alloc_zero(p->alloc, (size_t)p->m->tables_count + 1, WRT_TAG_OTHER);
    bool ok = b.table_written && body_read(&b, func, &locals);
    const uint32_t *offsets = NULL;
    if (ok) offsets = wrt__arena_copy(&p->arena, b.loop_offsets, b.loops_count * sizeof *offsets);
    ok = ok && (offsets || b.loops_count == 0);
    if (ok) p->dead[func] = (struct wrt__wcet_dead){ true, b.loops_count, offsets };
    wrt__free(p->alloc, b.table_written, (size_t)p->m->tables_count + 1, WRT_TAG_OTHER);
    body_reader_free(&b);
    return ok;
}

wrt_status wrt__wcet_find_loop(struct wrt__wcet_program *p, uint32_t func, uint32_t *ordinal, uint32_t offset,
    uint32_t *count, uint32_t *offset_out)
{
    const struct wrt__wcet_body *body = wrt__wcet_body_of(p, func);
    if (body) {
        *count = body->loops_count;
        return body_match_loop(body->loop_offsets, *count, ordinal, offset, offset_out);
    }
    if (!body_dead_loops(p, func)) return WRT_E_NOMEM;
    *count = p->dead[func].count;
    return body_match_loop(p->dead[func].offsets, *count, ordinal, offset, offset_out);
}

/* ---- what is known ------------------------------------------------------------------------------------- */

static bool body_is_site(uint32_t code)
{
    return body_is_sized(code) || code == WRT__OP_CALL || code == WRT__OP_CALL_INDIRECT ||
           code == WRT__OP_RETURN_CALL || code == WRT__OP_RETURN_CALL_INDIRECT;
}

static void body_init_bounds(struct wrt__wcet_bounds *b, const struct wrt__wcet_body *body)
{
    for (uint32_t k = 0; k < body->loops_count; k++) {
        *wrt__wcet_loop_of(b, body, k) = (struct wrt__wcet_loop){ .func = body->func,
            .ordinal = k,
            .offset = body->loop_offsets[k],
            .live = body->loops[k] != WRT__WCET_NONE,
            .min = 1,
            .max = WRT__WCET_INF,
            .total = WRT__WCET_INF,
            .entries = WRT__WCET_INF };
    }
    uint32_t n = body->site_first;
    for (uint32_t k = 0; k < body->count; k++) {
        if (!body_is_site(body->ops[k].code)) continue;
        b->sites[n++] = (struct wrt__wcet_site){ .func = body->func,
            .op = k,
            .offset = body->ops[k].offset,
            .size_max = WRT__WCET_INF,
            .fuel_high = WRT__WCET_INF };
    }
}

wrt_status wrt__wcet_bounds_init(struct wrt__wcet_bounds *b, struct wrt__wcet_program *p, wrt_error *err)
{
    *b = (struct wrt__wcet_bounds){ .p = p, .fuel_high = WRT__WCET_INF, .memory_pages = WRT__WCET_INF };
    b->loops = wrt__arena_take(&p->arena, ((size_t)p->loops_count + 1) * sizeof *b->loops, 16);
    b->sites = wrt__arena_take(&p->arena, ((size_t)p->sites_count + 1) * sizeof *b->sites, 16);
    b->funcs = wrt__arena_take(&p->arena, ((size_t)p->bodies_count + 1) * sizeof *b->funcs, 16);
    if (!b->loops || !b->sites || !b->funcs) {
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
    }
    for (uint32_t i = 0; i < p->bodies_count; i++) {
        b->funcs[i] = (struct wrt__wcet_func){ .calls = WRT__WCET_INF, .fuel_high = WRT__WCET_INF };
        body_init_bounds(b, &p->bodies[i]);
    }
    return WRT_OK;
}

struct wrt__wcet_site *wrt__wcet_site_of(
    const struct wrt__wcet_bounds *b, const struct wrt__wcet_body *body, uint32_t op)
{
    uint32_t low = body->site_first, high = low + body->sites_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->sites[middle].op < op) low = middle + 1;
        else high = middle;
    }
    return low < body->site_first + body->sites_count && b->sites[low].op == op ? &b->sites[low] : NULL;
}

bool wrt__wcet_targets(const struct wrt__wcet_bounds *b, const struct wrt__wcet_body *body, uint32_t op,
    void (*f)(void *ctx, uint32_t func), void *ctx)
{
    const struct wrt__module *m = b->p->m;
    const struct wrt__wcet_op *x = &body->ops[op];
    const struct wrt__wcet_site *site = wrt__wcet_site_of(b, body, op);
    const struct wrt__wcet_table *t = &b->p->tables[x->b];
    const uint32_t *funcs = site && site->targets ? site->targets : t->funcs;
    uint32_t count = site && site->targets ? site->targets_count : t->count;
    for (uint32_t i = 0; i < count; i++) {
        if (m->types[m->funcs[funcs[i]].type].canon == m->types[x->a].canon) f(ctx, funcs[i]);
    }
    return (site && site->targets) || !t->foreign;
}
