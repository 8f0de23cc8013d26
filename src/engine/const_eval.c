/* const_eval: values of validated constant expressions (spec: "Constant Expressions", with the extended-const
 * operators). Reads bytes that the validator has accepted; must not be given others. */
#include "engine/engine.h"

enum {
    CONST_EVAL_DEPTH = 16 /* operands on the C stack; real expressions hold two or three */
};

static uint64_t const_eval_global(const struct wrt_instance *i, uint32_t index)
{
    uint32_t imported = i->module->globals_imported;
    return index < imported ? *i->cells[index] : i->globals[index - imported];
}

static uint64_t const_eval_binary(uint8_t op, uint64_t a, uint64_t b)
{
    switch (op) {
    case 0x6a: return (uint32_t)(a + b);
    case 0x6b: return (uint32_t)(a - b);
    case 0x6c: return (uint32_t)(a * b);
    case 0x7c: return a + b;
    case 0x7d: return a - b;
    default: WRT_ASSERT(op == 0x7e); return a * b;
    }
}

/* One operator that pushes; `op` has been read. */
static uint64_t const_eval_push(const struct wrt_instance *i, uint8_t op, struct wrt__reader *r)
{
    switch (op) {
    case 0x41: return (uint32_t)wrt__read_s32(r);
    case 0x42: return (uint64_t)wrt__read_s64(r);
    case 0x43: return wrt__read_u32le(r);
    case 0x44: return wrt__read_u64le(r);
    case 0x23: return const_eval_global(i, wrt__read_u32(r));
    case 0xd2: return (uint64_t)i->func_refs[wrt__read_u32(r)] + 1;
    default:
        WRT_ASSERT(op == 0xd0);
        (void)wrt__read_s33(r);
        return 0;
    }
}

static bool const_eval_is_binary(uint8_t op)
{
    return (op >= 0x6a && op <= 0x6c) || (op >= 0x7c && op <= 0x7e);
}

static uint64_t const_eval_run(
    const struct wrt_instance *i, const struct wrt__expr *e, uint64_t *stack, uint32_t slots)
{
    struct wrt__reader r;
    uint32_t n = 0;
    wrt__reader_init(&r, (wrt_bytes){ e->p, e->n }, e->offset);
    while (wrt__reader_left(&r) > 0) {
        uint8_t op = wrt__read_u8(&r);
        if (op == 0x0b) break;
        if (const_eval_is_binary(op)) {
            WRT_ASSERT(n >= 2);
            n--;
            stack[n - 1] = const_eval_binary(op, stack[n - 1], stack[n]);
        } else {
            WRT_ASSERT(n < slots);
            stack[n++] = const_eval_push(i, op, &r);
        }
    }
    WRT_ASSERT(n == 1 && !r.failed);
    return stack[0];
}

/* An operand takes at least two bytes, so n / 2 + 1 slots always suffice. */
wrt_status wrt__const_eval(const struct wrt_instance *i, const struct wrt__expr *e, uint64_t *out)
{
    uint64_t small[CONST_EVAL_DEPTH];
    uint64_t slots = (uint64_t)e->n / 2 + 1;
    if (slots <= CONST_EVAL_DEPTH) {
        *out = const_eval_run(i, e, small, CONST_EVAL_DEPTH);
        return WRT_OK;
    }
    if (slots > SIZE_MAX / sizeof(uint64_t)) return WRT_E_NOMEM;
    size_t bytes = (size_t)slots * sizeof(uint64_t);
    uint64_t *stack = wrt__alloc(i->store->alloc, bytes, WRT_TAG_OTHER);
    if (!stack) return WRT_E_NOMEM;
    *out = const_eval_run(i, e, stack, (uint32_t)slots);
    wrt__free(i->store->alloc, stack, bytes, WRT_TAG_OTHER);
    return WRT_OK;
}

/* Its type is a reference, and no operator makes a reference out of operands: one push and `end`. */
uint64_t wrt__elem_item(const struct wrt_instance *i, const struct wrt__elem *e, uint32_t n)
{
    WRT_ASSERT(n < e->count);
    if (e->funcs) return e->funcs[n] == UINT32_MAX ? 0 : (uint64_t)i->func_refs[e->funcs[n]] + 1;
    uint64_t one;
    return const_eval_run(i, &e->exprs[n], &one, 1);
}
