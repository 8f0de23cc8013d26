/* constexpr: constant expressions of globals and segments: reads, checks the type, keeps the bytes. They are
 * evaluated at instantiation, by the engine. WebAssembly core specification, "Constant Expressions", with the
 * operators of extended-const; global.get only of imported immutable globals (more needs the feature gc). */
#include "wasm/front.h"

static void const_push(struct wrt__input *in, struct wrt__const_stack *s, uint32_t *height, uint8_t type)
{
    if (!wrt__grow(in->m->alloc, &s->types, &s->cap, *height + 1, sizeof *s->types, WRT_TAG_OTHER)) {
        wrt__input_nomem(in);
        return;
    }
    s->types[(*height)++] = type;
}

static uint8_t const_global(struct wrt__input *in, uint64_t offset)
{
    const struct wrt__module *m = in->m;
    uint32_t index = wrt__read_u32(&in->r);
    if (!wrt__check_index(in, index, m->globals_count, "global", "module so far", offset)) return 0;
    if (m->globals[index].is_mutable) {
        wrt__input_fail(in, WRT_E_INVALID, WRT__W_CONSTANT, offset,
            "expected a constant expression, global %u is mutable", index);
    }
    if (index >= m->globals_imported) {
        (void)wrt__need_feature(in, WRT_FEATURE_GC, offset, "global.get of a global that is not imported");
    }
    return m->globals[index].type;
}

static uint8_t const_ref(struct wrt__input *in, uint32_t op, uint64_t offset)
{
    if (!wrt__need_feature(in, WRT_FEATURE_REFERENCE_TYPES, offset, wrt__op_text(op))) return 0;
    if (op == WRT__OP_REF_NULL) {
        uint8_t type = wrt__read_u8(&in->r);
        return wrt__check_reftype(in, type, wrt__input_last(in)) ? type : 0;
    }
    uint32_t index = wrt__read_u32(&in->r);
    if (!wrt__check_index(in, index, in->m->funcs_count, "function", "module", offset)) return 0;
    in->m->funcs[index].declared_ref = true;
    return WRT__FUNCREF;
}

static void const_binary(
    struct wrt__input *in, struct wrt__const_stack *s, uint32_t *height, uint32_t op, uint64_t offset)
{
    uint8_t type = wrt__op_infos[op].operand;
    if (!wrt__need_feature(in, WRT_FEATURE_EXTENDED_CONST, offset, wrt__op_text(op))) return;
    for (uint32_t i = 1; i <= 2; i++) {
        if (i <= *height && s->types[*height - i] == type) continue;
        wrt__input_fail(in, WRT_E_INVALID, WRT__W_TYPE, offset, "type mismatch in %s: expected %s, found %s",
            wrt__op_text(op), wrt__type_text(type),
            i <= *height ? wrt__type_text(s->types[*height - i]) : "nothing");
        return;
    }
    (*height)--;
}

static void const_refuse(struct wrt__input *in, uint32_t op, uint64_t offset)
{
    uint32_t number = op == WRT__OP_PREFIX_FC ? 256 + wrt__read_u32(&in->r) : op;
    if (number >= WRT__OPS || wrt__op_infos[number].imm == WRT__IMM_UNKNOWN) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_OPERATOR, offset, "unknown operator 0x%x", op);
    } else if (wrt__op_infos[number].imm == WRT__IMM_OFF) {
        (void)wrt__need_feature(in, wrt__op_feature(number), offset, wrt__op_text(number));
    } else {
        wrt__input_fail(
            in, WRT_E_INVALID, WRT__W_CONSTANT, offset, "expected a constant expression, found %s",
            wrt__op_text(number));
    }
}

/* One operator that is not `end`. */
static void const_operator(
    struct wrt__input *in, struct wrt__const_stack *s, uint32_t *height, uint32_t op, uint64_t offset)
{
    struct wrt__reader *r = &in->r;
    switch (op) {
    case WRT__OP_I32_CONST:
        (void)wrt__read_s32(r);
        const_push(in, s, height, WRT__I32);
        break;
    case WRT__OP_I64_CONST:
        (void)wrt__read_s64(r);
        const_push(in, s, height, WRT__I64);
        break;
    case WRT__OP_F32_CONST:
        if (!wrt__need_feature(in, WRT__FLOATS, offset, wrt__op_text(op))) return;
        (void)wrt__read_u32le(r);
        const_push(in, s, height, WRT__F32);
        break;
    case WRT__OP_F64_CONST:
        if (!wrt__need_feature(in, WRT__FLOATS, offset, wrt__op_text(op))) return;
        (void)wrt__read_u64le(r);
        const_push(in, s, height, WRT__F64);
        break;
    case WRT__OP_GLOBAL_GET:
        const_push(in, s, height, const_global(in, offset));
        break;
    case WRT__OP_REF_NULL:
    case WRT__OP_REF_FUNC:
        const_push(in, s, height, const_ref(in, op, offset));
        break;
    case WRT__OP_I32_ADD: case WRT__OP_I32_SUB: case WRT__OP_I32_MUL:
    case WRT__OP_I64_ADD: case WRT__OP_I64_SUB: case WRT__OP_I64_MUL:
        const_binary(in, s, height, op, offset);
        break;
    default:
        const_refuse(in, op, offset);
        break;
    }
}

void wrt__read_const(
    struct wrt__input *in, struct wrt__const_stack *stack, uint8_t expected, struct wrt__expr *out)
{
    const uint8_t *start = in->r.p;
    uint64_t start_offset = wrt__reader_offset(&in->r);
    uint32_t height = 0;
    for (;;) {
        uint64_t offset = wrt__reader_offset(&in->r);
        uint32_t op = wrt__read_u8(&in->r);
        if (in->r.failed || in->status != WRT_OK) return;
        if (op == WRT__OP_END) {
            if (height == 1 && stack->types[0] == expected) break;
            wrt__input_fail(in, WRT_E_INVALID, WRT__W_TYPE, offset,
                "type mismatch: expected one %s, found %s", wrt__type_text(expected),
                height == 0       ? "nothing"
                    : height == 1 ? wrt__type_text(stack->types[0])
                                  : "more values");
            return;
        }
        const_operator(in, stack, &height, op, offset);
    }
    *out = (struct wrt__expr){ start, (uint32_t)(in->r.p - start), (uint32_t)start_offset };
}
