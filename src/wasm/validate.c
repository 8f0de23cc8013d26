/* validate: one forward pass over a body (WebAssembly core specification, appendix "Validation Algorithm").
 * Each live operator that was found valid is announced to the translator; dead code is checked and kept to
 * itself. Knows nothing of register code. Work and memory are linear in the bytes of the body, times at most
 * the 1000 values of a type. */
#include "wasm/validator.h"

/* A result type of one value points here. */
static const uint8_t valid_single[] = { 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79,
    0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f };

/* ---- failures ------------------------------------------------------------------------------------ */

#if WRT_MESSAGES
WRT_COLD void wrt__valid_mismatch(struct wrt__validator *v, const char *expected, const char *found)
{
    v->live = false;
    wrt__input_fail(&v->in, WRT_E_INVALID, WRT__W_TYPE, valid_offset(v),
        "type mismatch in %s: expected %s, found %s", valid_text(v), expected, found);
}

WRT_COLD void wrt__valid_limit(struct wrt__validator *v, const char *table, uint64_t most, uint64_t found)
{
    v->live = false;
    wrt__input_limit(&v->in, table, most, found, valid_offset(v));
}

WRT_COLD void wrt__valid_unknown(
    struct wrt__validator *v, uint32_t index, uint32_t count, const char *what, const char *whose)
{
    v->live = false;
    (void)wrt__check_index(&v->in, index, count, what, whose, valid_offset(v));
}
#else
void wrt__valid_terse(struct wrt__validator *v, uint32_t what)
{
    v->live = false;
    wrt__input_terse(&v->in, what, valid_offset(v));
}

void wrt__valid_terse_limit(struct wrt__validator *v, const char *table)
{
    v->live = false;
    wrt__input_terse_limit(&v->in, table, valid_offset(v));
}
#endif

WRT_COLD void wrt__valid_nomem(struct wrt__validator *v)
{
    v->live = false;
    wrt__input_nomem(&v->in);
}

bool wrt__valid_feature(struct wrt__validator *v, uint64_t feature)
{
    if (wrt__need_feature(&v->in, feature, valid_offset(v), valid_text(v))) return true;
    v->live = false;
    return false;
}

/* ---- reading ------------------------------------------------------------------------------------- */

static inline int32_t valid_s32(struct wrt__validator *v)
{
    const uint8_t *p = v->in.r.p;
    if (WRT_LIKELY(v->in.r.end - p >= 2)) {
        uint32_t a = p[0], b = p[1];
        if (a < 0x80) {
            v->in.r.p = p + 1;
            return (int32_t)(a << 25) >> 25;
        }
        if (b < 0x80) {
            v->in.r.p = p + 2;
            return (int32_t)(((a & 0x7f) | b << 7) << 18) >> 18;
        }
    }
    return wrt__read_s32(&v->in.r);
}

/* ---- operand stack ------------------------------------------------------------------------------- */

/* Makes room for n more operands. */
WRT_NOINLINE bool wrt__valid_room(struct wrt__validator *v, uint32_t n)
{
    uint32_t height = valid_height(v), floor = (uint32_t)(v->floor - v->operands);
    if (height + n > WRT__OPERANDS_MAX) {
        wrt__valid_limit(v, "operands", WRT__OPERANDS_MAX, (uint64_t)height + n);
        return false;
    }
    if (!wrt__grow(v->in.m->alloc, &v->operands, &v->operands_cap, height + n, 1, WRT_TAG_OTHER)) {
        wrt__valid_nomem(v);
        return false;
    }
    v->sp = v->operands + height;
    v->floor = v->operands + floor;
    v->limit = v->operands + wrt__min_u64(v->operands_cap, WRT__OPERANDS_MAX);
    return true;
}

static void valid_push_all(struct wrt__validator *v, const uint8_t *types, uint32_t n)
{
    if ((size_t)(v->limit - v->sp) < n && !wrt__valid_room(v, n)) return;
    for (uint32_t i = 0; i < n; i++) {
        v->sp[i] = types[i];
    }
    v->sp += n;
}

WRT_NOINLINE void wrt__valid_pop_slow(struct wrt__validator *v, uint8_t type)
{
    if (v->sp > v->floor) {
        uint8_t found = *--v->sp;
        if (found != type && found != WRT__BOTTOM) {
            wrt__valid_mismatch(v, wrt__type_text(type), wrt__type_text(found));
        }
    } else if (!valid_top(v)->unreachable) {
        wrt__valid_mismatch(v, wrt__type_text(type), "nothing");
    }
}

/* Are the top n operands of these types? Those that a dead stack lacks are. */
static WRT_NOINLINE bool valid_match_slow(struct wrt__validator *v, const uint8_t *types, uint32_t n)
{
    uint32_t have = (uint32_t)(v->sp - v->floor);
    if (have >= n && memcmp(v->sp - n, types, n) == 0) return true;
    for (uint32_t i = 1; i <= n; i++) {
        if (i > have && valid_top(v)->unreachable) return true;
        uint8_t found = i <= have ? v->sp[-(ptrdiff_t)i] : WRT__BOTTOM;
        if (i <= have && (found == types[n - i] || found == WRT__BOTTOM)) continue;
        wrt__valid_mismatch(v, wrt__type_text(types[n - i]), i <= have ? wrt__type_text(found) : "nothing");
        return false;
    }
    return true;
}

static inline bool valid_match(struct wrt__validator *v, const uint8_t *types, uint32_t n)
{
    if (n == 0 || (n == 1 && v->sp > v->floor && v->sp[-1] == types[0])) return true;
    return valid_match_slow(v, types, n);
}

static bool valid_pop_all(struct wrt__validator *v, const uint8_t *types, uint32_t n)
{
    if (!valid_match(v, types, n)) return false;
    size_t have = (size_t)(v->sp - v->floor);
    v->sp -= have < n ? have : n;
    return true;
}

/* The stack holds exactly these. */
static bool valid_match_exact(struct wrt__validator *v, const uint8_t *types, uint32_t n)
{
    if (!valid_match(v, types, n)) return false;
    if ((size_t)(v->sp - v->floor) <= n) return true;
    v->live = false;
    wrt__input_fail(&v->in, WRT_E_INVALID, WRT__W_TYPE, valid_offset(v),
        "type mismatch in %s: expected %u values at the end of the block, found %lu", valid_text(v), n,
        (uint64_t)(v->sp - v->floor));
    return false;
}

static void valid_dead(struct wrt__validator *v)
{
    v->sp = v->floor;
    valid_top(v)->unreachable = true;
    v->live = false;
}

/* ---- blocks -------------------------------------------------------------------------------------- */

static struct wrt__vframe *valid_push_frame(
    struct wrt__validator *v, enum wrt__vframe_kind kind, const struct wrt__vframe *type)
{
    uint32_t most = v->in.m->limits->block_depth;
    if (v->frames_count > most) {       /* the function's own frame does not count */
        wrt__valid_limit(v, "block_depth", most, v->frames_count);
        return NULL;
    }
    if (!wrt__grow(v->in.m->alloc, &v->frames, &v->frames_cap, v->frames_count + 1, sizeof *v->frames,
            WRT_TAG_OTHER)) {
        wrt__valid_nomem(v);
        return NULL;
    }
    struct wrt__vframe *f = &v->frames[v->frames_count++];
    *f = *type;
    f->kind = (uint8_t)kind;
    f->live = v->live;
    f->unreachable = false;
    f->stamp = 0;
    f->floor = valid_height(v) - type->params_count;
    v->floor = v->operands + f->floor;
    return f;
}

/* Reads a block type: nothing, one value type, or the number of a function type. */
static bool valid_block_type(struct wrt__validator *v, struct wrt__vframe *type)
{
    struct wrt__reader *r = &v->in.r;
    *type = (struct wrt__vframe){ .params = valid_single, .results = valid_single };
    uint8_t first = r->p < r->end ? *r->p : 0x80;
    uint64_t offset = wrt__reader_offset(r);
    if (first == 0x40) {
        r->p++;
        return true;
    }
    if (first > 0x40 && first < 0x80) {
        r->p++;
        if (!wrt__check_valtype(&v->in, first, offset)) return false;
        type->results = &valid_single[first - valid_single[0]];
        type->results_count = 1;
        return true;
    }
    int64_t index = wrt__read_s33(r);
    if (r->failed) return false;
    if (index < 0) {
        wrt__input_fail(
            &v->in, WRT_E_MALFORMED, WRT__W_TYPE_CODE, offset, "expected a block type, found %ld", index);
        return false;
    }
    if (!wrt__need_feature(&v->in, WRT_FEATURE_MULTI_VALUE, offset, "a block type that is a type index")) {
        return false;
    }
    if (!wrt__check_index(&v->in, (uint32_t)index, v->in.m->types_count, "type", "module", offset)) {
        return false;
    }
    const struct wrt__functype *t = &v->in.m->types[index];
    type->params_count = (uint16_t)t->params;
    type->results_count = (uint16_t)t->results;
    if (t->params) type->params = t->types;
    if (t->results) type->results = t->types + t->params;
    return true;
}

static void valid_block(struct wrt__validator *v, uint32_t op)
{
    struct wrt__vframe type;
    if (!valid_block_type(v, &type)) {
        v->live = false;
        return;
    }
    if (op == WRT__OP_IF) valid_pop(v, WRT__I32);
    if (!valid_match(v, type.params, type.params_count)) return;
    if (valid_live(v, op)) {
        enum wrt__block kind = op == WRT__OP_BLOCK ? WRT__BLOCK : op == WRT__OP_LOOP ? WRT__LOOP : WRT__IF;
        wrt__tr_block(v->t, kind, type.params, type.params_count, type.results, type.results_count);
    } else if (valid_pop_all(v, type.params, type.params_count)) {
        valid_push_all(
            v, type.params, type.params_count); /* a dead stack may have had less, or unknown types */
    }
    if (v->in.status != WRT_OK) return;
    (void)valid_push_frame(v,
        op == WRT__OP_BLOCK  ? WRT__VFRAME_BLOCK
        : op == WRT__OP_LOOP ? WRT__VFRAME_LOOP
                             : WRT__VFRAME_IF,
        &type);
}

static void valid_else(struct wrt__validator *v)
{
    struct wrt__vframe *f = valid_top(v);
    if (f->kind != WRT__VFRAME_IF) {
        v->live = false;
        wrt__input_fail(&v->in, WRT_E_MALFORMED, WRT__W_ELSE, valid_offset(v),
            "expected an operator or end, found else without if");
        return;
    }
    if (!valid_match_exact(v, f->results, f->results_count)) return;
    if (f->live) {
        wrt__tr_op(v->t, (uint32_t)valid_offset(v), WRT__OP_ELSE);
        wrt__tr_else(v->t, !f->unreachable);
    }
    f->kind = WRT__VFRAME_ELSE;
    f->unreachable = false;
    v->live = f->live;
    v->sp = v->floor;
    valid_push_all(v, f->params, f->params_count);
}

static void valid_end(struct wrt__validator *v)
{
    struct wrt__vframe *f = valid_top(v);
    if (!valid_match_exact(v, f->results, f->results_count)) return;
    if (f->kind == WRT__VFRAME_IF &&
        (f->params_count != f->results_count || memcmp(f->params, f->results, f->params_count) != 0)) {
        v->live = false;
        wrt__input_fail(&v->in, WRT_E_INVALID, WRT__W_ELSE, valid_offset(v),
            "type mismatch: expected an else, because the if takes %u values and gives %u",
            (uint32_t)f->params_count, (uint32_t)f->results_count);
        return;
    }
    if (f->live) {
        wrt__tr_op(v->t, (uint32_t)valid_offset(v), WRT__OP_END);
        wrt__tr_end(v->t, !f->unreachable);
    }
    if (f->unreachable) {
        v->sp = v->floor;
        valid_push_all(v, f->results, f->results_count);
    }
    v->live = f->live;
    v->frames_count--;
    if (v->frames_count > 0) v->floor = v->operands + valid_top(v)->floor;
}

/* ---- jumps --------------------------------------------------------------------------------------- */

static inline const uint8_t *valid_label(const struct wrt__vframe *f, uint32_t *n)
{
    *n = f->kind == WRT__VFRAME_LOOP ? f->params_count : f->results_count;
    return f->kind == WRT__VFRAME_LOOP ? f->params : f->results;
}

static struct wrt__vframe *valid_depth(struct wrt__validator *v, uint32_t depth)
{
    if (!valid_index(v, depth, v->frames_count, "label", "nesting here")) return NULL;
    return &v->frames[v->frames_count - 1 - depth];
}

static void valid_br(struct wrt__validator *v)
{
    uint32_t depth = valid_u32(v), n;
    const struct wrt__vframe *f = valid_depth(v, depth);
    if (!f) return;
    const uint8_t *types = valid_label(f, &n);
    if (!valid_match(v, types, n)) return;
    if (valid_live(v, WRT__OP_BR)) wrt__tr_br(v->t, depth);
    valid_dead(v);
}

static void valid_br_if(struct wrt__validator *v)
{
    uint32_t depth = valid_u32(v), n;
    const struct wrt__vframe *f = valid_depth(v, depth);
    if (!f) return;
    const uint8_t *types = valid_label(f, &n);
    valid_pop(v, WRT__I32);
    if (!valid_match(v, types, n)) return;
    if (valid_live(v, WRT__OP_BR_IF)) wrt__tr_br_if(v->t, depth);
    else if (valid_pop_all(v, types, n)) valid_push_all(v, types, n);
}

/* Each label is compared once, however often the table names it. */
static void valid_br_table(struct wrt__validator *v)
{
    uint32_t count = valid_u32(v), arity = 0;
    if (count >= wrt__reader_left(&v->in.r)) {
        v->live = false;
        wrt__input_fail(&v->in, WRT_E_MALFORMED, WRT__W_COUNT, valid_offset(v),
            "unexpected end: %u labels cannot fit into the %lu bytes that are left", count,
            (uint64_t)wrt__reader_left(&v->in.r));
        return;
    }
    if (!wrt__grow(v->in.m->alloc, &v->depths, &v->depths_cap, count + 1, sizeof *v->depths, WRT_TAG_OTHER)) {
        wrt__valid_nomem(v);
        return;
    }
    valid_pop(v, WRT__I32);
    v->stamp++;
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t n;
        v->depths[i] = valid_u32(v);
        struct wrt__vframe *f = valid_depth(v, v->depths[i]);
        if (!f) return;
        if (f->stamp == v->stamp) continue;
        f->stamp = v->stamp;
        const uint8_t *types = valid_label(f, &n);
        if (i == 0) arity = n;
        if (n != arity) {
            v->live = false;
            wrt__input_fail(&v->in, WRT_E_INVALID, WRT__W_TYPE, valid_offset(v),
                "type mismatch in br_table: expected labels of %u values, found one of %u", arity, n);
            return;
        }
        if (!valid_match(v, types, n)) return;
    }
    if (valid_live(v, WRT__OP_BR_TABLE)) wrt__tr_br_table(v->t, v->depths, count + 1);
    valid_dead(v);
}

static void valid_return(struct wrt__validator *v)
{
    const struct wrt__vframe *f = &v->frames[0];
    if (!valid_match(v, f->results, f->results_count)) return;
    if (valid_live(v, WRT__OP_RETURN)) wrt__tr_return(v->t);
    valid_dead(v);
}

/* ---- calls --------------------------------------------------------------------------------------- */

/* Operands and results of a call; true: it is live. */
static bool valid_call_type(
    struct wrt__validator *v, const struct wrt__functype *type, uint32_t op, bool tail)
{
    if (!valid_pop_all(v, type->types, type->params)) return false;
    const uint8_t *results = type->types + type->params;
    const struct wrt__vframe *f = &v->frames[0];
    if (!tail) {
        bool live = valid_live(v, op);
        valid_push_all(v, results, type->results);
        return live;
    }
    if (type->results != f->results_count ||
        (type->results > 0 && memcmp(results, f->results, type->results) != 0)) {
        wrt__valid_mismatch(v, "the results of this function", "others");
        return false;
    }
    return valid_live(v, op);
}

static void valid_call(struct wrt__validator *v, uint32_t op, bool tail)
{
    const struct wrt__module *m = v->in.m;
    if (tail && !wrt__valid_feature(v, WRT_FEATURE_TAIL_CALL)) return;
    uint32_t func = valid_u32(v);
    if (!valid_index(v, func, m->funcs_count, "function", "module")) return;
    if (valid_call_type(v, &m->types[m->funcs[func].type], op, tail)) wrt__tr_call(v->t, func, tail);
    if (tail) valid_dead(v);
}

static void valid_call_indirect(struct wrt__validator *v, uint32_t op, bool tail)
{
    const struct wrt__module *m = v->in.m;
    if (tail && !wrt__valid_feature(v, WRT_FEATURE_TAIL_CALL)) return;
    uint32_t type = valid_u32(v), table = valid_u32(v);
    if (table > 0 && !wrt__valid_feature(v, WRT_FEATURE_REFERENCE_TYPES)) return;
    if (!valid_index(v, type, m->types_count, "type", "module") || !valid_table(v, table)) return;
    if (m->tables[table].elem != WRT__FUNCREF) {
        wrt__valid_mismatch(v, "a table of funcref", "one of externref");
        return;
    }
    valid_pop(v, WRT__I32);
    if (valid_call_type(v, &m->types[type], op, tail)) wrt__tr_call_indirect(v->t, type, table, tail);
    if (tail) valid_dead(v);
}

/* ---- variables ----------------------------------------------------------------------------------- */

static inline void valid_local(struct wrt__validator *v, uint32_t op)
{
    uint32_t i = valid_u32(v);
    if (!valid_index(v, i, v->locals_count, "local", "function")) return;
    uint8_t type = v->locals[i];
    if (op == WRT__OP_LOCAL_GET) {
        valid_push(v, type);
        if (valid_live(v, op)) wrt__tr_local_get(v->t, i);
    } else if (op == WRT__OP_LOCAL_SET) {
        valid_pop(v, type);
        if (valid_live(v, op)) wrt__tr_local_set(v->t, i);
    } else {
        valid_pop(v, type);
        valid_push(v, type);
        if (valid_live(v, op)) wrt__tr_local_tee(v->t, i);
    }
}

static void valid_global(struct wrt__validator *v, uint32_t op)
{
    const struct wrt__module *m = v->in.m;
    uint32_t i = valid_u32(v);
    if (!valid_index(v, i, m->globals_count, "global", "module")) return;
    if (op == WRT__OP_GLOBAL_GET) {
        valid_push(v, m->globals[i].type);
        if (valid_live(v, op)) wrt__tr_global_get(v->t, i);
        return;
    }
    if (!m->globals[i].is_mutable) {
        v->live = false;
        wrt__input_fail(&v->in, WRT_E_INVALID, WRT__W_IMMUTABLE, valid_offset(v),
            "expected a mutable global, global %u is immutable", i);
        return;
    }
    valid_pop(v, m->globals[i].type);
    if (valid_live(v, op)) wrt__tr_global_set(v->t, i);
}

static void valid_drop(struct wrt__validator *v)
{
    (void)valid_pop_any(v);
    if (valid_live(v, WRT__OP_DROP)) wrt__tr_drop(v->t);
}

static void valid_select(struct wrt__validator *v)
{
    valid_pop(v, WRT__I32);
    uint8_t b = valid_pop_any(v), a = valid_pop_any(v);
    if (valid_is_ref(a) || valid_is_ref(b)) {
        wrt__valid_mismatch(v, "numbers", wrt__type_text(valid_is_ref(b) ? b : a));
    } else if (a != b && a != WRT__BOTTOM && b != WRT__BOTTOM) {
        wrt__valid_mismatch(v, wrt__type_text(a), wrt__type_text(b));
    }
    valid_push(v, a == WRT__BOTTOM ? b : a);
    if (valid_live(v, WRT__OP_SELECT)) wrt__tr_select(v->t);
}

/* ---- memory -------------------------------------------------------------------------------------- */

/* Alignment and offset; `size` is log2 of the access. */
static WRT_COLD bool valid_memarg_fail(struct wrt__validator *v, uint32_t size, uint32_t align)
{
    if (v->in.r.failed) return false;
    v->live = false;
    if (align >= 64 && align < 128) {
        (void)wrt__need_feature(
            &v->in, WRT_FEATURE_MULTI_MEMORY, valid_offset(v), "a memory index of an access");
    } else if (align > size) {
        wrt__input_fail(&v->in, align < 64 ? WRT_E_INVALID : WRT_E_MALFORMED, WRT__W_ALIGNMENT,
            valid_offset(v),
            "alignment must not be larger than natural: expected at most 2^%u in %s, found 2^%u", size,
            valid_text(v), align);
    } else {
        wrt__valid_unknown(v, 0, 0, "memory", "module");
    }
    return false;
}

static inline bool valid_memarg(struct wrt__validator *v, uint32_t size, uint32_t *offset)
{
    uint32_t align = valid_u32(v);
    *offset = valid_u32(v);
    if (WRT_LIKELY(align <= size && v->in.m->memories_count > 0)) return true;
    return valid_memarg_fail(v, size, align);
}

/* ---- constants and references -------------------------------------------------------------------- */

static inline void valid_const(struct wrt__validator *v, uint32_t op, uint8_t type, uint64_t bits)
{
    valid_push(v, type);
    if (valid_live(v, op)) wrt__tr_const(v->t, type, bits);
}

/* ---- operators ----------------------------------------------------------------------------------- */

/* Arithmetic, comparisons, conversions, loads, stores: the table says all. */
static inline void valid_plain(struct wrt__validator *v, uint32_t op, const struct wrt__op_info *info)
{
    if (info->pops == 2) {
        if (WRT_LIKELY(v->sp - v->floor >= 2 && v->sp[-1] == info->operand && v->sp[-2] == info->operand)) {
            *--v->sp = WRT__BOTTOM;
            v->sp[-1] = info->result;
        } else {
            valid_pop(v, info->operand);
            valid_pop(v, info->operand);
            valid_push(v, info->result);
        }
        if (valid_live(v, op)) wrt__tr_binary(v->t, op);
    } else {
        valid_pop(v, info->operand);
        valid_push(v, info->result);
        if (valid_live(v, op)) wrt__tr_unary(v->t, op);
    }
}

static inline void valid_load(struct wrt__validator *v, uint32_t op)
{
    const struct wrt__op_info *info = &wrt__op_infos[op];
    uint32_t offset;
    if (info->feature && !wrt__valid_feature(v, wrt__op_feature(op))) return;
    if (!valid_memarg(v, (uint32_t)info->imm - WRT__IMM_MEM0, &offset)) return;
    valid_pop(v, WRT__I32);
    valid_push(v, info->result);
    if (valid_live(v, op)) wrt__tr_load(v->t, op, offset);
}

static inline void valid_store(struct wrt__validator *v, uint32_t op)
{
    const struct wrt__op_info *info = &wrt__op_infos[op];
    uint32_t offset;
    if (info->feature && !wrt__valid_feature(v, wrt__op_feature(op))) return;
    if (!valid_memarg(v, (uint32_t)info->imm - WRT__IMM_MEM0, &offset)) return;
    valid_pop(v, info->operand);
    valid_pop(v, WRT__I32);
    if (valid_live(v, op)) wrt__tr_store(v->t, op, offset);
}

static void valid_prefixed(struct wrt__validator *v)
{
    uint32_t k = valid_u32(v), op = k < WRT__OPS - 256 ? 256 + k : WRT__OPS;
    switch (op) {
    case WRT__OP_MEMORY_INIT: case WRT__OP_MEMORY_COPY: case WRT__OP_MEMORY_FILL:
    case WRT__OP_TABLE_INIT: case WRT__OP_TABLE_COPY:
        wrt__valid_bulk_operator(v, op);
        break;
    case WRT__OP_DATA_DROP: case WRT__OP_ELEM_DROP:
        wrt__valid_segment_drop(v, op);
        break;
    case WRT__OP_TABLE_GROW: case WRT__OP_TABLE_SIZE: case WRT__OP_TABLE_FILL:
        wrt__valid_table_access(v, op);
        break;
    default:
        if (op < WRT__OPS && wrt__op_infos[op].imm == WRT__IMM_NONE) {
            if (wrt__valid_feature(v, wrt__op_feature(op))) valid_plain(v, op, &wrt__op_infos[op]);
        } else if (!v->in.r.failed) {
            wrt__valid_refuse(v, op, k);
        }
        break;
    }
}

/* Everything that is not in the table of plain operators. */
static void valid_other(struct wrt__validator *v, uint32_t op)
{
    const struct wrt__op_info *info = &wrt__op_infos[op];
    if (info->imm == WRT__IMM_NONE && info->pops > 0) {
        if (!info->feature || wrt__valid_feature(v, wrt__op_feature(op))) valid_plain(v, op, info);
    } else if (info->imm >= WRT__IMM_MEM0 && info->imm <= WRT__IMM_MEM3) {
        if (info->result) valid_load(v, op);
        else valid_store(v, op);
    } else {
        wrt__valid_refuse(v, op, 0);
    }
}

static void valid_operators(struct wrt__validator *v)
{
    struct wrt__reader *r = &v->in.r;
    while (WRT_LIKELY(r->p < r->end)) {
        v->at = r->p;
        uint32_t op = *r->p++;
        switch (op) {
        case WRT__OP_UNREACHABLE:
            if (valid_live(v, op)) wrt__tr_unreachable(v->t);
            valid_dead(v);
            break;
        case WRT__OP_NOP: (void)valid_live(v, op); break;
        case WRT__OP_BLOCK: case WRT__OP_LOOP: case WRT__OP_IF: valid_block(v, op); break;
        case WRT__OP_ELSE: valid_else(v); break;
        case WRT__OP_END:
            valid_end(v);
            if (v->frames_count == 0) return;
            break;
        case WRT__OP_BR: valid_br(v); break;
        case WRT__OP_BR_IF: valid_br_if(v); break;
        case WRT__OP_BR_TABLE: valid_br_table(v); break;
        case WRT__OP_RETURN: valid_return(v); break;
        case WRT__OP_CALL: valid_call(v, op, false); break;
        case WRT__OP_CALL_INDIRECT: valid_call_indirect(v, op, false); break;
        case WRT__OP_RETURN_CALL: valid_call(v, op, true); break;
        case WRT__OP_RETURN_CALL_INDIRECT: valid_call_indirect(v, op, true); break;
        case WRT__OP_DROP: valid_drop(v); break;
        case WRT__OP_SELECT: valid_select(v); break;
        case WRT__OP_SELECT_T: wrt__valid_select_typed(v); break;
        case WRT__OP_LOCAL_GET: valid_local(v, WRT__OP_LOCAL_GET); break;
        case WRT__OP_LOCAL_SET: valid_local(v, WRT__OP_LOCAL_SET); break;
        case WRT__OP_LOCAL_TEE: valid_local(v, WRT__OP_LOCAL_TEE); break;
        case WRT__OP_GLOBAL_GET: case WRT__OP_GLOBAL_SET: valid_global(v, op); break;
        case WRT__OP_TABLE_GET: case WRT__OP_TABLE_SET: wrt__valid_table_access(v, op); break;
        case WRT__OP_MEMORY_SIZE: case WRT__OP_MEMORY_GROW: wrt__valid_memory_size(v, op); break;
        case WRT__OP_I32_CONST: valid_const(v, op, WRT__I32, (uint32_t)valid_s32(v)); break;
        case WRT__OP_I64_CONST: valid_const(v, op, WRT__I64, (uint64_t)wrt__read_s64(r)); break;
        case WRT__OP_F32_CONST:
            if (wrt__valid_feature(v, WRT__FLOATS)) valid_const(v, op, WRT__F32, wrt__read_u32le(r));
            break;
        case WRT__OP_F64_CONST:
            if (wrt__valid_feature(v, WRT__FLOATS)) valid_const(v, op, WRT__F64, wrt__read_u64le(r));
            break;
        case WRT__OP_REF_NULL: wrt__valid_ref_null(v); break;
        case WRT__OP_REF_IS_NULL: wrt__valid_ref_is_null(v); break;
        case WRT__OP_REF_FUNC: wrt__valid_ref_func(v); break;
        case WRT__OP_PREFIX_FC: valid_prefixed(v); break;
        default: valid_other(v, op); break;
        }
    }
}

/* ---- bodies -------------------------------------------------------------------------------------- */

/* Sum of parameters and declared locals; read ahead, before any of them takes memory. */
static uint32_t valid_count_locals(struct wrt__validator *v, uint32_t groups, uint32_t params)
{
    struct wrt__input *in = &v->in;
    const uint32_t most = in->m->limits->function_locals;
    const uint8_t *start = in->r.p;
    uint64_t sum = params;
    if (params > most) wrt__input_limit(in, "function_locals", most, params, wrt__reader_offset(&in->r));
    for (uint32_t i = 0; i < groups && !in->r.failed && in->status == WRT_OK; i++) {
        uint64_t offset = wrt__reader_offset(&in->r);
        sum += wrt__read_u32(&in->r);
        (void)wrt__read_u8(&in->r);
        if (sum - params > UINT32_MAX) {
            wrt__input_fail(
                in, WRT_E_MALFORMED, WRT__W_LOCALS, offset, "too many locals: expected at most 2^32 - 1");
        } else if (sum > most) {
            wrt__input_limit(in, "function_locals", most, sum, offset);
        }
    }
    if (wrt__input_ok(in)) in->r.p = start;
    return (uint32_t)sum;
}

static void valid_read_locals(struct wrt__validator *v, const struct wrt__functype *type)
{
    struct wrt__input *in = &v->in;
    uint32_t groups = wrt__read_count(in, 2, NULL, 0, 0);
    uint32_t total = valid_count_locals(v, groups, type->params);
    if (!wrt__input_ok(in)) return;
    if (!wrt__grow(in->m->alloc, &v->local_types, &v->locals_cap, total, 1, WRT_TAG_OTHER)) {
        wrt__valid_nomem(v);
        return;
    }
    if (type->params > 0) memcpy(v->local_types, type->types, type->params);
    uint32_t count = type->params;
    for (uint32_t i = 0; i < groups; i++) {
        uint32_t n = wrt__read_u32(&in->r);
        uint8_t local = wrt__read_u8(&in->r);
        if (in->r.failed || !wrt__check_valtype(in, local, wrt__input_last(in))) return;
        if (n > 0) memset(v->local_types + count, local, n);
        count += n;
    }
    v->locals = v->local_types;
    v->locals_count = count;
}

static void valid_begin(struct wrt__validator *v, uint32_t func, wrt_error *err)
{
    struct wrt__module *m = v->in.m;
    struct wrt__func *f = &m->funcs[func];
    const struct wrt__functype *type = &m->types[f->type];
    wrt__reader_init(&v->in.r, (wrt_bytes){ m->source.p + f->body_offset, f->body_bytes }, f->body_offset);
    v->in.err = err;
    v->in.status = WRT_OK;
    v->at = v->in.r.p;
    v->source = m->source.p;
    v->sp = v->floor = v->operands;
    v->limit = v->operands + wrt__min_u64(v->operands_cap, WRT__OPERANDS_MAX);
    v->frames_count = 0;
    v->stamp = 0;
    v->live = v->t != NULL;
    valid_read_locals(v, type);
    if (!wrt__input_ok(&v->in)) return;
    f->first_op_offset = (uint32_t)wrt__reader_offset(&v->in.r);
    struct wrt__vframe frame = { .params = valid_single,
        .results = type->results ? type->types + type->params : valid_single,
        .results_count = (uint16_t)type->results };
    (void)valid_push_frame(v, WRT__VFRAME_FUNC, &frame);
}

/* Behind the last operator: it must have been the function's `end`, and nothing may follow. */
static void valid_finish(struct wrt__validator *v)
{
    if (!wrt__input_ok(&v->in)) return;
    uint64_t offset = wrt__reader_offset(&v->in.r);
    if (v->frames_count > 0) {
        wrt__input_fail(&v->in, WRT_E_MALFORMED, WRT__W_BODY, offset,
            "unexpected end: expected end for %u open blocks", v->frames_count);
    } else if (v->in.r.p != v->in.r.end) {
        wrt__input_fail(&v->in, WRT_E_MALFORMED, WRT__W_BODY, offset,
            "section size mismatch: expected the body to finish with end, %lu bytes follow",
            (uint64_t)wrt__reader_left(&v->in.r));
    }
}

wrt_status wrt__validate_body(
    struct wrt__validator *v, uint32_t func, struct wrt__translator *t, wrt_error *err)
{
    v->t = t;
    valid_begin(v, func, err);
    if (v->in.status != WRT_OK) return v->in.status;
    if (t) wrt__tr_begin(t, func, v->locals, v->locals_count);
    valid_operators(v);
    valid_finish(v);
    if (v->in.status != WRT_OK) return v->in.status;
    return t ? wrt__tr_finish(t, (uint32_t)wrt__reader_offset(&v->in.r), err) : WRT_OK;
}

struct wrt__validator *wrt__validator_new(struct wrt__module *m, uint64_t features)
{
    enum { FIRST_OPERANDS = 256 };
    struct wrt__validator *v = wrt__alloc_zero(m->alloc, sizeof *v, WRT_TAG_OTHER);
    if (!v) return NULL;
    v->in.m = m;
    v->in.features = features;
    if (wrt__grow(m->alloc, &v->operands, &v->operands_cap, FIRST_OPERANDS, 1, WRT_TAG_OTHER)) return v;
    wrt__validator_free(v);
    return NULL;
}

void wrt__validator_free(struct wrt__validator *v)
{
    if (!v) return;
    const wrt_alloc *alloc = v->in.m->alloc;
    wrt__free(alloc, v->operands, v->operands_cap, WRT_TAG_OTHER);
    wrt__free(alloc, v->local_types, v->locals_cap, WRT_TAG_OTHER);
    wrt__free(alloc, v->frames, v->frames_cap * sizeof *v->frames, WRT_TAG_OTHER);
    wrt__free(alloc, v->depths, v->depths_cap * sizeof *v->depths, WRT_TAG_OTHER);
    wrt__free(alloc, v, sizeof *v, WRT_TAG_OTHER);
}
