/* access.c: loads and stores. The form of each, and in the full list the computation of the address folded
 * into it; a store's may also be moved over a few instructions that do not touch its operands. */
#include "wasm/translator.h"

#define Y(m, n) [WRT__L##m] = WRT__R_##n##_##m,
static const uint16_t load_ops[][WRT__LOADS] = {
#define X(n, K, T, cast) { WRT__MODES_LOAD(Y, n) },
    WRT__LOAD(X)
#undef X
#undef Y
};
#define Y(m, n) [WRT__W##m] = WRT__R_##n##_##m,
static const uint16_t store_ops[][WRT__STORES] = {
#define X(n, K, T) { WRT__MODES_STORE(Y, n) },
    WRT__STORE(X)
#undef X
#undef Y
};

/* ---- memory ------------------------------------------------------------------------------------ */

struct access { uint8_t index, bytes, type; };
static struct access load_of(uint32_t op)
{
    static const struct access all[] = { { 0, 4, WRT__I32 }, { 1, 8, WRT__I64 }, { 2, 4, WRT__F32 },
        { 3, 8, WRT__F64 }, { 4, 1, WRT__I32 }, { 5, 1, WRT__I32 }, { 6, 2, WRT__I32 }, { 7, 2, WRT__I32 },
        { 8, 1, WRT__I64 }, { 9, 1, WRT__I64 }, { 10, 2, WRT__I64 }, { 11, 2, WRT__I64 }, { 12, 4, WRT__I64 },
        { 13, 4, WRT__I64 } };
    return all[op - 0x28];
}
static struct access store_of(uint32_t op)
{
    static const struct access all[] = { { 0, 4, WRT__I32 }, { 1, 8, WRT__I64 }, { 2, 4, WRT__F32 },
        { 3, 8, WRT__F64 }, { 4, 1, WRT__I32 }, { 5, 2, WRT__I32 }, { 4, 1, WRT__I64 }, { 5, 2, WRT__I64 },
        { 0, 4, WRT__I64 } };
    return all[op - 0x36];
}
static struct wrt__ins *emit_load(struct wrt__translator *t, uint32_t op, enum wrt__shape shape, uint8_t type)
{
    int c = wrt__class_of(type);
    if (WRT_FUSE_FULL && c == 1) wrt__shift(t);
    else wrt__clobber(t, c);
    struct wrt__ins *x = wrt__emit(t, op, shape);
    x->site = true;
    wrt__push_acc(t, type);
    return x;
}
#if WRT_FUSE_FULL
/* The address was computed by the last instruction: fold the computation into the access. */
static bool load_folded(
    struct wrt__translator *t, const uint16_t *ops, const struct wrt__val *v, uint64_t lim, uint8_t type)
{
    struct wrt__ins *last = wrt__last_for(t, v);
    if (!last) return false;
    const struct wrt__ins y = *last;
    struct wrt__ins *x;
    if ((y.op == WRT__R_I32_ADD_SS || y.op == WRT__R_I32_ADD_AS) && lim <= UINT16_MAX) {
        t->ins_count--;
        x = emit_load(t, ops[y.op == WRT__R_I32_ADD_SS ? WRT__LSS : WRT__LAS], WRT__F_R, type);
        x->c = (uint16_t)lim;
    } else if (y.op == WRT__R_I32_ADD_SI || y.op == WRT__R_I32_ADD_AI) {
        t->ins_count--;
        x = emit_load(t, ops[y.op == WRT__R_I32_ADD_SI ? WRT__LPS : WRT__LPA], WRT__F_IK, type);
        x->imm = y.imm;
        x->k = lim;
    } else if (y.op == WRT__R_SHLADD_SS) {
        t->ins_count--;
        x = emit_load(t, ops[WRT__LX], WRT__F_RK, type);
        x->c = y.c;
        x->k = lim;
    } else {
        return false;
    }
    x->a = y.a;
    x->b = y.b;
    return true;
}
#endif
void wrt__tr_load(struct wrt__translator *t, uint32_t op, uint64_t offset)
{
    if (t->failed) return;
    struct access m = load_of(op);
    const uint16_t *ops = load_ops[m.index];
    uint32_t at = t->sp - 1;
    struct wrt__val v = wrt__pop(t);
    uint64_t lim = offset + m.bytes;
    struct wrt__ins *x;
    if (v.kind == WRT__V_CONST) {
#if WRT_FUSE_FULL
        if (v.k + lim <= UINT32_MAX) {
            emit_load(t, ops[WRT__LI], WRT__F_I, m.type)->imm = (uint32_t)(v.k + lim);
            return;
        }
#endif
        wrt__to_slot(t, &v, at);
    }
#if WRT_FUSE_FULL
    if (load_folded(t, ops, &v, lim, m.type)) return;
#endif
    if (lim > UINT32_MAX) { /* beyond what the short form can say */
        if (v.kind == WRT__V_ACC) wrt__to_slot(t, &v, at);
        x = emit_load(t, ops[WRT__LPS], WRT__F_IK, m.type);
        x->a = v.slot;
        x->k = lim;
        return;
    }
    uint32_t form = WRT__LS;
#if WRT_FUSE_FULL
    if (wrt__mode(t, &v) == 'A') form = WRT__LA;
#endif
    x = emit_load(t, ops[form], WRT__F_I, m.type);
    x->a = v.slot;
    x->imm = (uint32_t)lim;
}

#if WRT_FUSE_FULL
enum { WRT__MOVE_DISTANCE = 12 };
/* May the address computation ins[p] (operand slots a and b) be done at the end instead? */
static bool is_movable(const struct wrt__translator *t, uint32_t p)
{
    const struct wrt__ins *y = &t->ins[p];
    uint32_t b = y->op == WRT__R_I32_ADD_SI || y->op == WRT__R_I32_ADD_SI_D ? y->a : y->b;
    if (t->ins_count - p > WRT__MOVE_DISTANCE) return false;
    for (uint32_t i = p + 1; i < t->ins_count; i++) {
        const struct wrt__ins *x = &t->ins[i];
        bool writes = x->dst || x->op == WRT__R_MOV || x->op == WRT__R_MOVI || x->op == WRT__R_STA_I
            || x->op == WRT__R_STA_D || x->op == WRT__R_STA_F;
        if (x->op == WRT__R_MOV2 || x->op == WRT__R_MOV4 || x->op == WRT__R_SLOW) return false;
        if (writes && (x->d == y->a || x->d == b)) return false;
    }
    return true;
}
/* Stores fold the computation of their address even when the value was computed after it. */
static bool store_folded(struct wrt__translator *t, const uint16_t *ops, const struct wrt__val *a,
    const struct wrt__val *v, char mode, uint32_t ia, uint64_t lim)
{
    uint32_t p = a->prod;
    if (a->kind == WRT__V_CONST || p == WRT__NO_INS || p < t->barrier || p >= t->ins_count) return false;
    struct wrt__ins *y = &t->ins[p];
    bool plain = a->kind == WRT__V_ACC
        || (a->kind == WRT__V_SLOT && y->dst && y->d == a->slot && a->slot == wrt__temp_slot(t, ia));
    uint32_t op = y->op - (y->dst ? 1u : 0u);
    if (!plain || y->cls != 0
        || (op != WRT__R_I32_ADD_SI && op != WRT__R_I32_ADD_SS && op != WRT__R_SHLADD_SS)
        || !is_movable(t, p))
        return false;
    const struct wrt__ins z = *y;
    if (p == t->ins_count - 1) {
        t->ins_count--;
    } else {
        y->shape = WRT__F_GONE;
        y->op = WRT__R_NONE;
        y->dst = false;
        y->cls = WRT__NO_CLASS;
    }
    struct wrt__ins *x;
    if (op == WRT__R_I32_ADD_SI) {
        x = wrt__emit(t, ops[mode == 'A' ? WRT__WPA : WRT__WPS], WRT__F_IK);
        x->imm = z.imm;
        x->a = v->slot;
    } else {
        x = wrt__emit(t, ops[mode == 'A' ? WRT__WXA : WRT__WXS], WRT__F_RK);
        x->a = z.b;
        x->c = op == WRT__R_SHLADD_SS ? z.c : 0;
        x->b = v->slot;
    }
    x->d = z.a;
    x->k = lim;
    x->site = true;
    if (a->kind == WRT__V_ACC || t->acc_slot[0] == a->slot) t->acc_slot[0] = -1;
    return true;
}
static void store_full(struct wrt__translator *t, const struct access *m, const uint16_t *ops,
    struct wrt__val *a, struct wrt__val *v, uint32_t ia, uint64_t lim)
{
    bool is_int = wrt__class_of(m->type) == 0;
    struct wrt__ins *x;
    if (a->kind == WRT__V_CONST && (v->kind == WRT__V_CONST || a->k + lim > UINT32_MAX))
        wrt__to_slot(t, a, ia);
    char mv = wrt__mode(t, v), ma = wrt__mode(t, a);
    if (mv == 'I' && is_int && wrt__fits_imm(v) && lim <= UINT32_MAX) {
        struct wrt__ins *last = wrt__last_for(t, a);
        if (wrt__is_op(last, WRT__R_I32_ADD_SI)) {
            const struct wrt__ins z = *last;
            t->ins_count--;
            x = wrt__emit(t, ops[WRT__WPI], WRT__F_IK);
            x->d = z.a;
            x->imm = z.imm;
            x->k = lim | (uint64_t)(uint32_t)v->k << 32;
            x->site = true;
            t->acc_slot[0] = -1;
            return;
        }
    }
    if (mv != 'I' && store_folded(t, ops, a, v, mv, ia, lim)) return;
    if (ma == 'A' && mv == 'A') { /* one of them from its slot; integer accumulators are the same one */
        if (v->kind == WRT__V_ACC && a->kind == WRT__V_ACC) wrt__to_slot(t, a, ia);
        if (a->kind != WRT__V_ACC) ma = 'S';
        else mv = 'S';
    }
    if (a->kind == WRT__V_CONST) {
        x = wrt__emit(t, ops[mv == 'A' ? WRT__WIA : WRT__WIS], WRT__F_I);
        x->a = v->slot;
        x->imm = (uint32_t)(a->k + lim);
    } else if (mv == 'I') {
        x = wrt__emit(t, ops[ma == 'A' ? WRT__WAI : WRT__WSI], WRT__F_IK);
        x->d = a->slot;
        x->imm = (uint32_t)lim;
        x->k = v->k;
    } else {
        x = wrt__emit(t, ops[ma == 'A' ? WRT__WAS : mv == 'A' ? WRT__WSA : WRT__WSS], WRT__F_I);
        x->d = a->slot;
        x->a = v->slot;
        x->imm = (uint32_t)lim;
    }
    x->site = true;
}
#endif
void wrt__tr_store(struct wrt__translator *t, uint32_t op, uint64_t offset)
{
    if (t->failed) return;
    struct access m = store_of(op);
    const uint16_t *ops = store_ops[m.index];
    uint32_t ia = t->sp - 2;
    struct wrt__val v = wrt__pop(t), a = wrt__pop(t);
    uint64_t lim = offset + m.bytes;
#if WRT_FUSE_FULL
    if (lim <= UINT32_MAX) {
        store_full(t, &m, ops, &a, &v, ia, lim);
        return;
    }
#endif
    wrt__to_slot(t, &a, ia);
    wrt__to_slot(t, &v, ia + 1);
    bool far = lim > UINT32_MAX;
    struct wrt__ins *x = wrt__emit(t, ops[far ? WRT__WPS : WRT__WSS], far ? WRT__F_IK : WRT__F_I);
    x->d = a.slot;
    x->a = v.slot;
    x->imm = far ? 0 : (uint32_t)lim;
    x->k = lim;
    x->site = true;
}
