/* validate_rare: operators of references, tables, bulk memory; those that this build refuses. */
#include "wasm/validator.h"

void wrt__valid_select_typed(struct wrt__validator *v)
{
    if (!wrt__valid_feature(v, WRT_FEATURE_REFERENCE_TYPES)) return;
    uint32_t n = valid_u32(v);
    uint8_t type = wrt__read_u8(&v->in.r);
    if (n != 1 || !wrt__check_valtype(&v->in, type, wrt__input_last(&v->in))) {
        v->live = false;
        wrt__input_fail(&v->in, WRT_E_INVALID, WRT__W_TYPE, valid_offset(v),
            "invalid result arity: expected one type of select, found %u", n);
        return;
    }
    valid_pop(v, WRT__I32);
    valid_pop(v, type);
    valid_pop(v, type);
    valid_push(v, type);
    if (valid_live(v, WRT__OP_SELECT_T)) wrt__tr_select(v->t);
}

void wrt__valid_memory_size(struct wrt__validator *v, uint32_t op)
{
    wrt__read_memory_index(&v->in);
    if (!wrt__input_ok(&v->in)) {
        v->live = false;
    } else if (op == WRT__OP_MEMORY_SIZE) {
        valid_push(v, WRT__I32);
        if (valid_live(v, op)) wrt__tr_memory_size(v->t);
    } else {
        valid_pop(v, WRT__I32);
        valid_push(v, WRT__I32);
        if (valid_live(v, op)) wrt__tr_memory_grow(v->t);
    }
}

/* ---- references ---------------------------------------------------------------------------------- */

void wrt__valid_ref_null(struct wrt__validator *v)
{
    if (!wrt__valid_feature(v, WRT_FEATURE_REFERENCE_TYPES)) return;
    uint8_t type = wrt__read_u8(&v->in.r);
    if (!wrt__check_reftype(&v->in, type, wrt__input_last(&v->in))) {
        v->live = false;
        return;
    }
    valid_push(v, type);
    if (valid_live(v, WRT__OP_REF_NULL)) wrt__tr_ref_null(v->t, type);
}

void wrt__valid_ref_is_null(struct wrt__validator *v)
{
    if (!wrt__valid_feature(v, WRT_FEATURE_REFERENCE_TYPES)) return;
    uint8_t type = valid_pop_any(v);
    if (type != WRT__BOTTOM && !valid_is_ref(type)) {
        wrt__valid_mismatch(v, "a reference", wrt__type_text(type));
    }
    valid_push(v, WRT__I32);
    if (valid_live(v, WRT__OP_REF_IS_NULL)) wrt__tr_ref_is_null(v->t);
}

void wrt__valid_ref_func(struct wrt__validator *v)
{
    const struct wrt__module *m = v->in.m;
    if (!wrt__valid_feature(v, WRT_FEATURE_REFERENCE_TYPES)) return;
    uint32_t func = valid_u32(v);
    if (!valid_index(v, func, m->funcs_count, "function", "module")) return;
    if (!m->funcs[func].declared_ref) {
        v->live = false;
        wrt__input_fail(&v->in, WRT_E_INVALID, WRT__W_UNDECLARED, valid_offset(v),
            "undeclared function reference: expected function %u in an export, a global or an element "
            "segment",
            func);
        return;
    }
    valid_push(v, WRT__FUNCREF);
    if (valid_live(v, WRT__OP_REF_FUNC)) wrt__tr_ref_func(v->t, func);
}

/* ---- tables and bulk operators ------------------------------------------------------------------- */

void wrt__valid_table_access(struct wrt__validator *v, uint32_t op)
{
    if (!wrt__valid_feature(v, WRT_FEATURE_REFERENCE_TYPES)) return;
    uint32_t table = valid_u32(v);
    if (!valid_table(v, table)) return;
    uint8_t type = v->in.m->tables[table].elem;
    switch (op) {
    case WRT__OP_TABLE_GET:
        valid_pop(v, WRT__I32);
        valid_push(v, type);
        if (valid_live(v, op)) wrt__tr_table_get(v->t, table);
        break;
    case WRT__OP_TABLE_SET:
        valid_pop(v, type);
        valid_pop(v, WRT__I32);
        if (valid_live(v, op)) wrt__tr_table_set(v->t, table);
        break;
    case WRT__OP_TABLE_SIZE:
        valid_push(v, WRT__I32);
        if (valid_live(v, op)) wrt__tr_table_size(v->t, table);
        break;
    case WRT__OP_TABLE_GROW:
        valid_pop(v, WRT__I32);
        valid_pop(v, type);
        valid_push(v, WRT__I32);
        if (valid_live(v, op)) wrt__tr_table_grow(v->t, table);
        break;
    default:
        WRT_ASSERT(op == WRT__OP_TABLE_FILL);
        valid_pop(v, WRT__I32);
        valid_pop(v, type);
        valid_pop(v, WRT__I32);
        if (valid_live(v, op)) wrt__tr_bulk(v->t, op, table, 0);
        break;
    }
}

/* Three i32: where to, where from or what, how much. */
static void valid_bulk(struct wrt__validator *v, uint32_t op, uint32_t a, uint32_t b)
{
    if (!wrt__input_ok(&v->in)) {
        v->live = false;
        return;
    }
    valid_pop(v, WRT__I32);
    valid_pop(v, WRT__I32);
    valid_pop(v, WRT__I32);
    if (valid_live(v, op)) wrt__tr_bulk(v->t, op, a, b);
}

static bool valid_data_index(struct wrt__validator *v, uint32_t data)
{
    const struct wrt__module *m = v->in.m;
    if (m->has_data_count) return valid_index(v, data, m->data_count, "data segment", "module");
    v->live = false;
    wrt__input_fail(&v->in, WRT_E_MALFORMED, WRT__W_AGREE, valid_offset(v),
        "data count section required: %s needs it", valid_text(v));
    return false;
}

static void valid_table_types(struct wrt__validator *v, uint8_t to, uint8_t from)
{
    if (to != from) wrt__valid_mismatch(v, wrt__type_text(to), wrt__type_text(from));
}

void wrt__valid_bulk_operator(struct wrt__validator *v, uint32_t op)
{
    const struct wrt__module *m = v->in.m;
    if (!wrt__valid_feature(v, WRT_FEATURE_BULK_MEMORY)) return;
    uint32_t a = 0, b = 0;
    switch (op) {
    case WRT__OP_MEMORY_COPY:
        wrt__read_memory_index(&v->in);
        wrt__read_memory_index(&v->in);
        break;
    case WRT__OP_MEMORY_FILL:
        wrt__read_memory_index(&v->in);
        break;
    case WRT__OP_MEMORY_INIT:
        a = valid_u32(v);
        wrt__read_memory_index(&v->in);
        if (!valid_data_index(v, a)) return;
        break;
    case WRT__OP_TABLE_INIT:
        a = valid_u32(v);
        b = valid_u32(v);
        if (!valid_index(v, a, m->elems_count, "element segment", "module") || !valid_table(v, b)) return;
        valid_table_types(v, m->tables[b].elem, m->elems[a].type);
        break;
    default:
        WRT_ASSERT(op == WRT__OP_TABLE_COPY);
        a = valid_u32(v);
        b = valid_u32(v);
        if (!valid_table(v, a) || !valid_table(v, b)) return;
        valid_table_types(v, m->tables[a].elem, m->tables[b].elem);
        break;
    }
    valid_bulk(v, op, a, b);
}

void wrt__valid_segment_drop(struct wrt__validator *v, uint32_t op)
{
    if (!wrt__valid_feature(v, WRT_FEATURE_BULK_MEMORY)) return;
    uint32_t segment = valid_u32(v);
    bool ok = op == WRT__OP_DATA_DROP
                  ? valid_data_index(v, segment)
                  : valid_index(v, segment, v->in.m->elems_count, "element segment", "module");
    if (ok && valid_live(v, op)) wrt__tr_bulk(v->t, op, segment, 0);
}

/* ---- refusals ------------------------------------------------------------------------------------ */

WRT_COLD void wrt__valid_refuse(struct wrt__validator *v, uint32_t op, uint32_t k)
{
    const struct wrt__op_info *info = op < WRT__OPS ? &wrt__op_infos[op] : NULL;
    v->live = false;
    if (info && info->imm == WRT__IMM_OFF) {
        uint64_t feature = wrt__op_feature(op);
        if (op == WRT__OP_PREFIX_SIMD && wrt__read_u32(&v->in.r) >= 0x100) feature = WRT_FEATURE_RELAXED_SIMD;
        (void)wrt__need_feature(&v->in, feature, valid_offset(v), valid_text(v));
    } else if (op >= 256) {
        wrt__input_fail(
            &v->in, WRT_E_MALFORMED, WRT__W_OPERATOR, valid_offset(v), "unknown operator 0xfc %u", k);
    } else {
        wrt__input_fail(
            &v->in, WRT_E_MALFORMED, WRT__W_OPERATOR, valid_offset(v), "unknown operator 0x%x", op);
    }
}
