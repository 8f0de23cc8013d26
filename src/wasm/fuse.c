/* fuse.c: operators that compute. Picks the form of each (slot, accumulator, constant) and, in the full list,
 * fuses a producer that was emitted last into its consumer. What may be fused: only the last instruction,
 * only when its result lives in an accumulator alone and nothing was bound in between; addresses may also be
 * moved over a few instructions that do not touch their operands. Each fused memory access keeps the place of
 * its own operator. */
#include "wasm/translator.h"

/* ---- tables from the lists: number of each form, 0 where it does not exist --------------------- */

static const uint16_t ibin_ops[][WRT__MODES] = {
#define Y(m, n) [WRT__##m] = WRT__R_##n##_##m,
#define X(n, T, CHK, E, modes) { WRT__MODES_OF(modes, Y, n) },
    WRT__IBIN(X)
#undef X
};
static const uint16_t fcmp_ops[][WRT__MODES] = {
#define X(n, K, E, modes) { WRT__MODES_OF(modes, Y, n) },
    WRT__FCMP(X)
#undef X
};
static const uint16_t fbin_ops[][WRT__MODES] = {
#define X(n, K, E, modes) { WRT__MODES_OF(modes, Y, n) },
    WRT__FBIN(X)
#undef X
};
static const uint16_t icbr_ops[][WRT__MODES] = {
#define X(n, T, E) { WRT__MODES_BR(Y, n) },
    WRT__ICBR(X)
#undef X
#undef Y
};
static const uint16_t un_ops[] = {
#define X(n, from, to, CHK, E) WRT__R_##n##_S,
    WRT__UN(X)
#undef X
};
/* Positions in ibin_ops. */
enum {
#define X(n, ...) IB_##n,
    WRT__IBIN(X)
#undef X
};
enum { CMP_EQ, CMP_NE, CMP_LTS, CMP_LTU, CMP_GTS, CMP_GTU, CMP_LES, CMP_LEU, CMP_GES, CMP_GEU, CMP_COUNT };
static const uint8_t swapped[CMP_COUNT] = { CMP_EQ, CMP_NE, CMP_GTS, CMP_GTU, CMP_LTS, CMP_LTU, CMP_GES,
    CMP_GEU, CMP_LES, CMP_LEU };

static bool is_compare(uint32_t ib) { return ib <= IB_I64_GEU; }
static bool is_commutative(uint32_t ib)
{
    return ib == IB_I32_ADD || ib == IB_I32_MUL || (ib >= IB_I32_AND && ib <= IB_I32_XOR) || ib == IB_I64_ADD
        || ib == IB_I64_MUL || (ib >= IB_I64_AND && ib <= IB_I64_XOR) || ib == IB_I32_EQ || ib == IB_I32_NE
        || ib == IB_I64_EQ || ib == IB_I64_NE;
}
/* The same comparison with exchanged operands. */
static uint32_t swap_compare(uint32_t ib)
{
    return ib < CMP_COUNT ? swapped[ib] : CMP_COUNT + swapped[ib - CMP_COUNT];
}

#if WRT_FUSE_FULL
static const uint8_t negated[CMP_COUNT] = { CMP_NE, CMP_EQ, CMP_GES, CMP_GEU, CMP_LES, CMP_LEU, CMP_GTS,
    CMP_GTU, CMP_LTS, CMP_LTU };
/* Which integer comparison, and in which form, an instruction is: so that a branch can take it over. */
struct compare { bool is_int, is_float, wide; uint8_t cmp, mode; };
static struct compare compare_of(uint32_t op)
{
    struct compare r = { 0 };
    if (op >= WRT__R_I32_EQ_SS
        && op <= WRT__R_I64_GEU_AI_D) { /* forms SS AS SI AI, each with and without slot */
        static const uint8_t modes[4] = { WRT__SS, WRT__AS, WRT__SI, WRT__AI };
        uint32_t k = (op - WRT__R_I32_EQ_SS) / 2, n = k / 4;
        r = (struct compare){
            .is_int = true, .wide = n >= CMP_COUNT, .cmp = (uint8_t)(n % CMP_COUNT), .mode = modes[k % 4]
        };
    } else if (op >= WRT__R_F32_EQ_SS && op <= WRT__R_F64_GE_AI_D) {
        static const uint8_t modes[4] = { WRT__SS, WRT__AS, WRT__SI, WRT__AI };
        uint32_t k = (op - WRT__R_F32_EQ_SS) / 2;
        r = (struct compare){
            .is_float = true, .wide = k / 4 >= 6, .cmp = (uint8_t)(k / 4 % 6), .mode = modes[k % 4]
        };
    }
    return r;
}
_Static_assert(WRT__R_I64_EQ_SS - WRT__R_I32_EQ_SS == 8 * CMP_COUNT, "four forms of two");
_Static_assert(WRT__R_F64_EQ_SS - WRT__R_F32_EQ_SS == 8 * 6, "four forms of two");
_Static_assert(WRT__R_BR_F64_EQ_SS - WRT__R_BR_F32_EQ_SS == 4 * 6
        && WRT__R_BR_F32_XEQ_SS - WRT__R_BR_F32_EQ_SS == 4 * 12,
    "four forms");
_Static_assert(
    WRT__R_BR_I32_TNZ_SS - WRT__R_BR_I32_TZ_SS == 4 && WRT__R_BR_I64_TZ_SS - WRT__R_BR_I32_TZ_SS == 8,
    "four forms");
static uint32_t four_forms(uint8_t mode)
{
    return mode == WRT__SS ? 0 : mode == WRT__AS ? 1 : mode == WRT__SI ? 2 : 3;
}

static struct wrt__ins *last_any(const struct wrt__translator *t)
{
    return t->ins_count > t->barrier ? &t->ins[t->ins_count - 1] : NULL;
}
/* The instruction that takes over a memory access keeps its operator's place. */
static void keep_site(struct wrt__ins *x, const struct wrt__ins *from)
{
    x->site = true;
    x->offset = from->offset;
    x->at = from->at;
    x->at_seg = from->at_seg;
}

/* ---- f64: where a value is, besides its slot: 'A' in D, 'P' in D1, 'S' neither ----------------- */
static char place_of(const struct wrt__translator *t, const struct wrt__val *v)
{
    if (v->kind == WRT__V_ACC) return 'A';
    if (v->kind == WRT__V_PREV) return 'P';
    if (v->kind == WRT__V_CONST) return 'I';
    return t->acc_slot[1] == v->slot ? 'A' : t->acc_slot[WRT__D1] == v->slot ? 'P' : 'S';
}
/* The last instruction, which wrote D, goes away: D and D1 are again what they were before it. */
static struct wrt__ins remove_last_d(struct wrt__translator *t)
{
    bool known = t->d_ins == t->ins_count - 1;
    int32_t d = known ? t->d_before : -1, d1 = known ? t->d1_before : -1;
    wrt__spill(t, WRT__D1); /* what the load pushed to D1, below the operands, would be in D */
    t->acc_slot[1] = d;
    t->acc_slot[WRT__D1] = d1;
    return t->ins[--t->ins_count];
}
static struct wrt__ins *emit_d(
    struct wrt__translator *t, uint32_t op, enum wrt__shape shape, const struct wrt__ins *y)
{
    wrt__clobber(t, 1);
    struct wrt__ins *x = wrt__emit(t, op, shape);
    x->a = y->a;
    x->b = y->b;
    x->k = y->k;
    if (y->site) keep_site(x, y);
    wrt__push_acc(t, WRT__F64);
    return x;
}

/* A popped value that its consumer takes from a register after all: its producer need not write the slot. */
static void unspill(struct wrt__translator *t, const struct wrt__val *v)
{
    if (v->kind != WRT__V_SLOT || v->prod >= t->ins_count || v->prod < t->barrier) return;
    struct wrt__ins *x = &t->ins[v->prod];
    if (!x->dst || x->d != v->slot || x->cls != wrt__class_of(v->type)) return;
    x->op--;
    x->dst = false;
    wrt__wrote_slot(t, v->slot);
}

/* other op memory */
static bool fuse_memory_operand(
    struct wrt__translator *t, uint32_t fop, struct wrt__val *a, struct wrt__val *b, uint8_t type)
{
    bool is_float = type == WRT__F64;
    bool commutes = fop == WRT__R_I32_ADDM || fop == WRT__R_I32_ANDM || fop == WRT__R_F64_ADDM
        || fop == WRT__R_F64_MULM;
    struct wrt__val *s = wrt__is_last(t, b) ? b : commutes && wrt__is_last(t, a) ? a : NULL;
    struct wrt__val *o = s == b ? a : b;
    struct wrt__ins *last = s ? wrt__last_for(t, s) : NULL;
    if (!last || o->kind == WRT__V_ACC || o->kind == WRT__V_CONST) return false;
    uint32_t plain = is_float ? WRT__R_LD_F64_S : WRT__R_LD_I32_S,
             moved = is_float ? WRT__R_LD_F64_PS : WRT__R_LD_I32_PS;
    if (!fop || !(last->op == plain || (last->op == moved && last->k <= UINT32_MAX))) return false;
    struct wrt__ins y = *last;
    y.k = y.op == plain ? y.imm : y.k | (uint64_t)y.imm << 32;
    if (is_float) {
        bool is_prev = o->kind == WRT__V_PREV;
        (void)remove_last_d(t);
        if (is_prev || t->acc_slot[1] == o->slot) {
            fop = fop == WRT__R_F64_ADDM ? WRT__R_F64_ADDM_A
                : fop == WRT__R_F64_MULM ? WRT__R_F64_MULM_A
                                         : WRT__R_F64_SUBM_A;
        }
        y.b = o->slot;
        (void)emit_d(t, fop, WRT__F_RK, &y);
        return true;
    }
    t->ins_count--;
    if (t->i_ins == t->ins_count && t->i_before == o->slot) {
        fop = fop == WRT__R_I32_ADDM ? WRT__R_I32_ADDM_A : WRT__R_I32_ANDM_A;
        unspill(t, o);
    }
    wrt__clobber(t, 0);
    struct wrt__ins *x = wrt__emit(t, fop, WRT__F_RK);
    x->a = y.a;
    x->b = o->slot;
    x->k = y.k;
    keep_site(x, &y);
    wrt__push_acc(t, type);
    return true;
}
/* The slot of z in z + x * y, when z is in no register that the fused form can take it from. */
static uint16_t slot_of(struct wrt__translator *t, struct wrt__val *z, uint32_t iz)
{
    wrt__to_slot(t, z, iz);
    return z->slot;
}
/* z + other * memory */
static bool fuse_memory_product(struct wrt__translator *t, bool subtract, struct wrt__val *a,
    struct wrt__val *b, uint32_t ia, uint32_t ib)
{
    struct wrt__val *s = wrt__is_last(t, b) ? b : !subtract && wrt__is_last(t, a) ? a : NULL;
    struct wrt__val *z = s == b ? a : b;
    struct wrt__ins *last = s ? wrt__last_for(t, s) : NULL;
    if (!last || (last->op != WRT__R_F64_MULM && last->op != WRT__R_F64_MULM_A) || z->kind == WRT__V_ACC
        || z->kind == WRT__V_CONST)
        return false;
    bool acc = last->op == WRT__R_F64_MULM_A;
    if (z->kind == WRT__V_PREV && !acc) (void)slot_of(t, z, s == b ? ia : ib);
    bool is_prev = z->kind == WRT__V_PREV;
    const struct wrt__ins y = remove_last_d(t);
    uint32_t op = subtract ? WRT__R_F64_MSUBM : WRT__R_F64_MADDM;
    if (acc) op = subtract ? WRT__R_F64_MSUBM_A : WRT__R_F64_MADDM_A;
    if (acc && (is_prev || t->acc_slot[WRT__D1] == z->slot))
        op = subtract ? WRT__R_F64_MSUBM_P : WRT__R_F64_MADDM_P;
    else if (!acc && t->acc_slot[1] == z->slot) op = subtract ? WRT__R_F64_MSUBM_C : WRT__R_F64_MADDM_C;
    if (op != WRT__R_F64_MADDM && op != WRT__R_F64_MSUBM && op != WRT__R_F64_MADDM_A
        && op != WRT__R_F64_MSUBM_A)
        unspill(t, z);
    emit_d(t, op, WRT__F_RK, &y)->c = z->slot;
    return true;
}
/* z + x * y and z - x * y, rounded twice */
static bool fuse_product(struct wrt__translator *t, bool subtract, struct wrt__val *a, struct wrt__val *b,
    uint32_t ia, uint32_t ib)
{
    struct wrt__val *s = wrt__is_last(t, b) ? b : !subtract && wrt__is_last(t, a) ? a : NULL;
    struct wrt__val *z = s == b ? a : b;
    struct wrt__ins *last = s ? wrt__last_for(t, s) : NULL;
    if (!last || z->kind == WRT__V_ACC || z->kind == WRT__V_CONST) return false;
    bool ss = last->op == WRT__R_F64_MUL_SS, as = last->op == WRT__R_F64_MUL_AS,
         pa = last->op == WRT__R_F64_MUL_PA;
    if (!ss && !as && !pa) return false;
    if (z->kind == WRT__V_PREV && !as) (void)slot_of(t, z, s == b ? ia : ib);
    bool is_prev = z->kind == WRT__V_PREV;
    const struct wrt__ins y = remove_last_d(t);
    uint32_t op = ss ? WRT__R_F64_MULADD_SS : as ? WRT__R_F64_MULADD_AS : WRT__R_F64_MULADD_CP;
    if (as && (is_prev || t->acc_slot[WRT__D1] == z->slot)) op = WRT__R_F64_MULADD_PA;
    if (ss && t->acc_slot[1] == z->slot) op = WRT__R_F64_MULADD_SC;
    if (op == WRT__R_F64_MULADD_PA || op == WRT__R_F64_MULADD_SC) unspill(t, z);
    if (subtract) {
        op = op == WRT__R_F64_MULADD_SS  ? WRT__R_F64_MULSUB_SS
            : op == WRT__R_F64_MULADD_AS ? WRT__R_F64_MULSUB_AS
            : op == WRT__R_F64_MULADD_CP ? WRT__R_F64_MULSUB_CP
            : op == WRT__R_F64_MULADD_PA ? WRT__R_F64_MULSUB_PA
                                         : WRT__R_F64_MULSUB_SC;
    }
    emit_d(t, op, WRT__F_R, &y)->c = z->slot;
    return true;
}
static bool fuse_product_f32(
    struct wrt__translator *t, bool subtract, const struct wrt__val *a, const struct wrt__val *b)
{
    const struct wrt__val *s = wrt__is_last(t, b) ? b : !subtract && wrt__is_last(t, a) ? a : NULL;
    const struct wrt__val *z = s == b ? a : b;
    struct wrt__ins *last = s ? wrt__last_for(t, s) : NULL;
    if (!last || z->kind == WRT__V_ACC || z->kind == WRT__V_CONST) return false;
    if (last->op != WRT__R_F32_MUL_SS && last->op != WRT__R_F32_MUL_AS) return false;
    const struct wrt__ins y = *last;
    bool acc = y.op == WRT__R_F32_MUL_AS;
    t->ins_count--;
    wrt__clobber(t, 2);
    struct wrt__ins *x = wrt__emit(t,
        subtract ? (acc ? WRT__R_F32_MULSUB_AS : WRT__R_F32_MULSUB_SS)
                 : (acc ? WRT__R_F32_MULADD_AS : WRT__R_F32_MULADD_SS),
        WRT__F_R);
    x->a = y.a;
    x->b = y.b;
    x->c = z->slot;
    wrt__push_acc(t, WRT__F32);
    return true;
}
/* Both operands are in registers. */
static bool in_registers(
    struct wrt__translator *t, uint32_t op, const struct wrt__val *a, const struct wrt__val *b)
{
    enum { ADD, SUB, MUL };
    char pa = place_of(t, a), pb = place_of(t, b);
    uint32_t r = 0;
    if (op == SUB)
        r = pa == 'P' && pb == 'A' ? WRT__R_F64_SUB_PA : pa == 'A' && pb == 'P' ? WRT__R_F64_SUB_AP : 0;
    else if (pa == 'A' && pb == 'A') r = op == ADD ? WRT__R_F64_ADD_AA : WRT__R_F64_MUL_AA;
    else if ((pa == 'A' && pb == 'P') || (pa == 'P' && pb == 'A'))
        r = op == ADD ? WRT__R_F64_ADD_PA : WRT__R_F64_MUL_PA;
    if (!r) return false;
    wrt__clobber(t, 1);
    (void)wrt__emit(t, r, WRT__F_R);
    wrt__push_acc(t, WRT__F64);
    return true;
}
/* other op (x shifted by a constant), other + (x << c) */
static bool fuse_shift(struct wrt__translator *t, uint32_t ib, const struct wrt__val *a,
    const struct wrt__val *b, char mode_a, char mode_b)
{
    const struct wrt__val *s = wrt__is_last(t, b) ? b : wrt__is_last(t, a) ? a : NULL;
    const struct wrt__val *o = s == b ? a : b;
    struct wrt__ins *last = s ? wrt__last_for(t, s) : NULL;
    if (!last || o->kind == WRT__V_ACC || o->kind == WRT__V_CONST) return false;
    const struct wrt__ins y = *last;
    if (ib == IB_I32_ADD && (y.op == WRT__R_I32_SHL_SI || y.op == WRT__R_I32_SHL_AI) && (y.imm & 31) < 16) {
        bool acc = y.op == WRT__R_I32_SHL_AI;
        (void)mode_a;
        (void)mode_b;
        t->ins_count--;
        wrt__clobber(t, 0);
        struct wrt__ins *x = wrt__emit(t, acc ? WRT__R_SHLADD_SA : WRT__R_SHLADD_SS, WRT__F_R);
        x->a = o->slot;
        x->b = y.a;
        x->c = (uint16_t)(y.imm & 31);
        wrt__push_acc(t, WRT__I32);
        return true;
    }
    static const uint16_t shifts[5] = { WRT__R_I32_SHL_SI, WRT__R_I32_SHRS_SI, WRT__R_I32_SHRU_SI,
        WRT__R_I32_ROTL_SI, WRT__R_I32_ROTR_SI };
    uint32_t first = ib == IB_I32_XOR ? WRT__R_I32_XOR_SHL
        : ib == IB_I32_OR             ? WRT__R_I32_OR_SHL
        : ib == IB_I32_AND            ? WRT__R_I32_AND_SHL
        : ib == IB_I32_ADD            ? WRT__R_I32_ADD_SHL
                                      : 0;
    for (uint32_t i = 0; first && i < 5; i++) {
        if (y.op != shifts[i]) continue;
        t->ins_count--;
        wrt__clobber(t, 0);
        struct wrt__ins *x = wrt__emit(t, first + 2 * i, WRT__F_R);
        x->a = y.a;
        x->b = o->slot;
        x->c = (uint16_t)(y.imm & 31);
        wrt__push_acc(t, WRT__I32);
        return true;
    }
    return false;
}
#endif

/* ---- two operands ------------------------------------------------------------------------------ */

#if WRT_FUSE_FULL
static uint32_t form_of(char a, char b)
{
    if (a == 'A') return b == 'I' ? WRT__AI : WRT__AS;
    if (a == 'I') return b == 'A' ? WRT__IA : WRT__IS;
    return b == 'A' ? WRT__SA : b == 'I' ? WRT__SI : WRT__SS;
}
/* Emits a two-operand instruction of a form that exists; operands that no form takes go to slots. */
static void emit_binary(struct wrt__translator *t, const uint16_t *forms, struct wrt__val *a,
    struct wrt__val *b, uint32_t ia, uint32_t ib, uint8_t result, bool is_float)
{
    char ma = wrt__mode(t, a), mb = wrt__mode(t, b);
    if (ma == 'A' && mb == 'A') { /* one accumulator: the one that lives nowhere else */
        if (b->kind == WRT__V_ACC && a->kind != WRT__V_ACC) ma = 'S';
        else mb = 'S';
    }
    uint32_t form = form_of(ma, mb);
    if (!forms[form] && mb == 'I') { wrt__to_slot(t, b, ib); mb = 'S'; form = form_of(ma, mb); }
    if (!forms[form] && ma == 'I') { wrt__to_slot(t, a, ia); ma = 'S'; form = form_of(ma, mb); }
    if (!forms[form] && mb == 'A') { wrt__to_slot(t, b, ib); mb = 'S'; form = form_of(ma, mb); }
    if (!forms[form] && ma == 'A') { wrt__to_slot(t, a, ia); ma = 'S'; form = form_of(ma, mb); }
    WRT_ASSERT(forms[form]);
    wrt__clobber(t, wrt__class_of(result));
    bool has_const = ma == 'I' || mb == 'I';
    struct wrt__ins *x = wrt__emit(t, forms[form], !has_const ? WRT__F_R : is_float ? WRT__F_RK : WRT__F_I);
    if (ma == 'S') x->a = a->slot;
    if (mb == 'S') { if (ma == 'I') x->a = b->slot; else x->b = b->slot; }
    if (mb == 'I') { x->imm = (uint32_t)b->k; x->k = b->k; }
    if (ma == 'I') { x->imm = (uint32_t)a->k; x->k = a->k; }
    wrt__push_acc(t, result);
}
#else
/* The short list: slots, and a constant second where that form exists. */
static void emit_binary(struct wrt__translator *t, const uint16_t *forms, struct wrt__val *a,
    struct wrt__val *b, uint32_t ia, uint32_t ib, uint8_t result, bool is_float)
{
    if (b->kind == WRT__V_CONST && !forms[WRT__SI]) wrt__to_slot(t, b, ib);
    wrt__to_slot(t, a, ia);
    bool has_const = b->kind == WRT__V_CONST;
    wrt__clobber(t, wrt__class_of(result));
    struct wrt__ins *x = wrt__emit(t, forms[has_const ? WRT__SI : WRT__SS],
        !has_const ? WRT__F_R : is_float ? WRT__F_RK : WRT__F_I);
    x->a = a->slot;
    x->b = b->slot;
    x->imm = (uint32_t)b->k;
    x->k = b->k;
    wrt__push_acc(t, result);
}
#endif
static void integer_binary(struct wrt__translator *t, uint32_t op, uint8_t type, uint8_t result)
{
    uint32_t ib = t->sp - 1, ia = t->sp - 2;
    struct wrt__val b = wrt__pop(t), a = wrt__pop(t);
    if ((op == IB_I32_SUB || op == IB_I64_SUB) && b.kind == WRT__V_CONST
        && a.kind != WRT__V_CONST) { /* a - c = a + -c */
        struct wrt__val n = b;
        n.k = type == WRT__I32 ? (uint32_t)(0u - (uint32_t)b.k) : 0u - b.k;
        if (wrt__fits_imm(&n)) {
            b = n;
            op = op == IB_I32_SUB ? IB_I32_ADD : IB_I64_ADD;
        }
    }
    bool exchange = is_commutative(op) || is_compare(op);
    bool a_first = a.kind == WRT__V_CONST && b.kind != WRT__V_CONST;
    bool acc_last = wrt__mode(t, &b) == 'A' && wrt__mode(t, &a) != 'A';
    if (exchange
        && (a_first
            || (acc_last && b.kind == WRT__V_ACC))) { /* the form with the accumulator or slot first exists */
        struct wrt__val v = a;
        uint32_t i = ia;
        a = b;
        b = v;
        ia = ib;
        ib = i;
        if (is_compare(op)) op = swap_compare(op);
    }
    if (a.kind == WRT__V_CONST && (b.kind == WRT__V_CONST || !wrt__fits_imm(&a))) wrt__to_slot(t, &a, ia);
    if (b.kind == WRT__V_CONST && !wrt__fits_imm(&b)) wrt__to_slot(t, &b, ib);
#if WRT_FUSE_FULL
    if (type == WRT__I32 && a.kind != WRT__V_CONST && b.kind != WRT__V_CONST) {
        char ma = wrt__mode(t, &a), mb = wrt__mode(t, &b);
        uint32_t fop = op == IB_I32_ADD ? WRT__R_I32_ADDM : op == IB_I32_AND ? WRT__R_I32_ANDM : 0;
        if (fop && fuse_memory_operand(t, fop, &a, &b, WRT__I32)) return;
        if ((op == IB_I32_ADD || op == IB_I32_XOR || op == IB_I32_OR || op == IB_I32_AND)
            && fuse_shift(t, op, &a, &b, ma, mb))
            return;
    }
#endif
    emit_binary(t, ibin_ops[op], &a, &b, ia, ib, result, false);
    bool divides = (op >= IB_I32_DIVS && op <= IB_I32_REMU) || (op >= IB_I64_DIVS && op <= IB_I64_REMU);
    t->ins[t->ins_count - 1].site = divides;
}
static void float_binary(struct wrt__translator *t, uint32_t op, uint8_t type)
{
    uint32_t ib = t->sp - 1, ia = t->sp - 2;
    struct wrt__val b = wrt__pop(t), a = wrt__pop(t);
    bool wide = type == WRT__F64;
    enum { ADD, SUB, MUL, DIV, MIN, MAX, COPYSIGN };
#if WRT_FUSE_FULL
    bool second = b.kind == WRT__V_ACC ? a.kind != WRT__V_ACC
                                       : wrt__mode(t, &b) == 'A' && wrt__mode(t, &a) != 'A';
#else
    bool second = false;
#endif
    if ((op == ADD || op == MUL) && ((a.kind == WRT__V_CONST && b.kind != WRT__V_CONST) || second)) {
        struct wrt__val v = a; /* a NaN result is canonical, so the order does not show */
        uint32_t i = ia;
        a = b;
        b = v;
        ia = ib;
        ib = i;
    }
    if (a.kind == WRT__V_CONST && b.kind == WRT__V_CONST) wrt__to_slot(t, &a, ia);
#if WRT_FUSE_FULL
    if (a.kind != WRT__V_CONST && b.kind != WRT__V_CONST) {
        if (wide && op <= MUL) {
            if (fuse_memory_operand(t,
                    op == ADD       ? WRT__R_F64_ADDM
                        : op == SUB ? WRT__R_F64_SUBM
                                    : WRT__R_F64_MULM,
                    &a, &b, type))
                return;
            if (op != MUL && fuse_memory_product(t, op == SUB, &a, &b, ia, ib)) return;
            if (op != MUL && fuse_product(t, op == SUB, &a, &b, ia, ib)) return;
            if (in_registers(t, op, &a, &b)) return;
        }
        if (!wide && (op == ADD || op == SUB) && fuse_product_f32(t, op == SUB, &a, &b)) return;
    }
    if (a.kind == WRT__V_PREV) wrt__to_slot(t, &a, ia);
    if (b.kind == WRT__V_PREV) wrt__to_slot(t, &b, ib);
#endif
    emit_binary(t, fbin_ops[(wide ? 7 : 0) + op], &a, &b, ia, ib, type, true);
}
static void float_compare(struct wrt__translator *t, uint32_t op, bool wide)
{
    static const uint8_t swapped_float[6] = { 0, 1, 3, 2, 5, 4 };
    uint32_t ib = t->sp - 1, ia = t->sp - 2;
    struct wrt__val b = wrt__pop(t), a = wrt__pop(t);
    if ((a.kind == WRT__V_CONST && b.kind != WRT__V_CONST)
        || (b.kind == WRT__V_ACC && a.kind != WRT__V_ACC)) {
        struct wrt__val v = a;
        uint32_t i = ia;
        a = b;
        b = v;
        ia = ib;
        ib = i;
        op = swapped_float[op];
    }
    if (a.kind == WRT__V_CONST) wrt__to_slot(t, &a, ia);
    emit_binary(t, fcmp_ops[(wide ? 6 : 0) + op], &a, &b, ia, ib, WRT__I32, true);
}
void wrt__tr_binary(struct wrt__translator *t, uint32_t op)
{
    if (t->failed) return;
    if (op <= 0x4f) integer_binary(t, IB_I32_EQ + op - 0x46, WRT__I32, WRT__I32);
    else if (op <= 0x5a) integer_binary(t, IB_I64_EQ + op - 0x51, WRT__I64, WRT__I32);
    else if (op <= 0x60) float_compare(t, op - 0x5b, false);
    else if (op <= 0x66) float_compare(t, op - 0x61, true);
    else if (op <= 0x78) integer_binary(t, IB_I32_ADD + op - 0x6a, WRT__I32, WRT__I32);
    else if (op <= 0x8a) integer_binary(t, IB_I64_ADD + op - 0x7c, WRT__I64, WRT__I64);
    else if (op <= 0x98) float_binary(t, op - 0x92, WRT__F32);
    else float_binary(t, op - 0xa0, WRT__F64);
}

/* ---- one operand ------------------------------------------------------------------------------- */

static void compare_zero(struct wrt__translator *t, uint8_t type)
{
#if WRT_FUSE_FULL
    struct wrt__ins *last = type == WRT__I32 ? wrt__last_for(t, &t->stack[t->sp - 1]) : NULL;
    if (last) {
        struct compare c = compare_of(last->op);
        if (c.is_int) { /* the opposite comparison instead of a test of its result */
            last->op = (uint16_t)(WRT__R_I32_EQ_SS
                + 8u * ((c.wide ? (uint32_t)CMP_COUNT : 0) + negated[c.cmp]) + 2 * four_forms(c.mode));
            return;
        }
    }
#endif
    wrt__push(t, WRT__V_CONST, type)->k = 0;
    integer_binary(t, type == WRT__I32 ? IB_I32_EQ : IB_I64_EQ, type, WRT__I32);
}
void wrt__tr_unary(struct wrt__translator *t, uint32_t op)
{
    if (t->failed) return;
    if (op == 0x45 || op == 0x50) {
        compare_zero(t, op == 0x45 ? WRT__I32 : WRT__I64);
        return;
    }
    if (op == 0xad) { /* i64.extend_i32_u: an i32 is kept zero-extended */
        t->stack[t->sp - 1].type = WRT__I64;
        return;
    }
    enum { I32 = WRT__I32, I64 = WRT__I64, F32 = WRT__F32, F64 = WRT__F64 };
    static const uint8_t conversions[] = { I32, I32, I32, I32, I32, I64, I64, I64, I64, I64, I64, F32, F32,
        F32, F32, F32, F64, F64, F64, F64, F64, I32, I64, F32, F64, I32, I32, I64, I64, I64 };
    static const uint8_t saturating[] = { I32, I32, I32, I32, I64, I64, I64, I64 };
    uint32_t index;
    uint8_t result;
    if (op >= 256) { index = 50 + (op - 256); result = saturating[op - 256]; }
    else if (op >= 0xa7) { index = 20 + (op - 0xa7); result = conversions[op - 0xa7]; }
    else if (op >= 0x99) { index = 13 + (op - 0x99); result = F64; }
    else if (op >= 0x8b) { index = 6 + (op - 0x8b); result = F32; }
    else if (op >= 0x79) { index = 3 + (op - 0x79); result = I64; }
    else { index = op - 0x67; result = I32; }
    uint32_t at = t->sp - 1;
    struct wrt__val v = wrt__pop(t);
    if (v.kind == WRT__V_CONST) wrt__to_slot(t, &v, at);
    char mode = wrt__mode(t, &v);
    wrt__clobber(t, wrt__class_of(result));
    struct wrt__ins *x = wrt__emit(t, un_ops[index] + (mode == 'A' ? 2u : 0u), WRT__F_R);
    x->a = v.slot;
    x->site = (op >= 0xa8 && op <= 0xab) || (op >= 0xae && op <= 0xb1); /* truncations trap */
    wrt__push_acc(t, result);
}
void wrt__tr_ref_is_null(struct wrt__translator *t)
{
    if (t->failed) return;
    t->stack[t->sp - 1].type = WRT__I64; /* null is the slot value 0 */
    compare_zero(t, WRT__I64);
}

/* ---- select ------------------------------------------------------------------------------------ */

void wrt__tr_select(struct wrt__translator *t)
{
    if (t->failed) return;
    uint32_t ik = t->sp - 1;
    struct wrt__val k = wrt__pop(t), b = wrt__pop(t), a = wrt__pop(t);
    uint8_t type = a.type;
    int c = wrt__class_of(type);
    struct wrt__ins *x;
    if (k.kind == WRT__V_CONST) wrt__to_slot(t, &k, ik);
#if WRT_FUSE_FULL
    struct wrt__ins *last = wrt__last_for(t, &k);
    struct compare cmp = last ? compare_of(last->op) : (struct compare){ 0 };
    if (cmp.is_int && !cmp.wide && c == 0) {
        const struct wrt__ins z = *last;
        t->ins_count--;
        wrt__to_slot(t, &a, ik - 2);
        wrt__to_slot(t, &b, ik - 1);
        wrt__clobber(t, 0);
        x = wrt__emit(t, WRT__R_SEL_EQ_SS + 8u * cmp.cmp + 2 * four_forms(cmp.mode), WRT__F_RK);
        x->a = a.slot;
        x->b = b.slot;
        x->c = z.b;
        x->k = z.imm | (uint64_t)z.a << 32;
        wrt__push_acc(t, type);
        return;
    }
#endif
    wrt__to_slot(t, &a, ik - 2);
    wrt__to_slot(t, &b, ik - 1);
    uint32_t op = c == 0 ? WRT__R_SEL_I_S : c == 1 ? WRT__R_SEL_D_S : WRT__R_SEL_F_S;
#if WRT_FUSE_FULL
    if (wrt__mode(t, &k) == 'A') op = c == 0 ? WRT__R_SEL_I_A : c == 1 ? WRT__R_SEL_D_A : WRT__R_SEL_F_A;
#endif
    wrt__clobber(t, c);
    x = wrt__emit(t, op, WRT__F_R);
    x->a = a.slot;
    x->b = b.slot;
    x->c = k.slot;
    wrt__push_acc(t, type);
}

/* ---- conditional branches ---------------------------------------------------------------------- */

#if WRT_FUSE_FULL
/* and + test, load + compare, increment + compare: the instruction before the comparison goes along. */
static struct wrt__ins *fuse_two(
    struct wrt__translator *t, const struct wrt__ins *y, const struct compare *c, uint32_t cmp)
{
    struct wrt__ins *before = last_any(t), *x;
    if (!before) return NULL;
    const struct wrt__ins z = *before;
    bool zero_test = cmp <= CMP_NE && c->mode == WRT__AI && y->imm == 0;
    uint32_t and0 = c->wide ? WRT__R_I64_AND_SS : WRT__R_I32_AND_SS;
    if (zero_test && !z.dst && z.op >= and0 && z.op < and0 + 8) { /* and + compare with zero */
        t->ins_count--;
        uint32_t form = (z.op - and0) / 2;
        x = wrt__emit(t,
            (c->wide ? WRT__R_BR_I64_TZ_SS : WRT__R_BR_I32_TZ_SS) + (cmp == CMP_NE ? 4u : 0u) + form,
            form >= 2 ? WRT__F_IB : WRT__F_RB);
        x->a = z.a;
        x->b = z.b;
        x->imm = z.imm;
        return x;
    }
    struct compare f = compare_of(z.op);
    if (zero_test && !c->wide && f.is_float && !z.dst) { /* float comparison + eqz */
        t->ins_count--;
        uint32_t first = cmp == CMP_EQ ? WRT__R_BR_F32_XEQ_SS : WRT__R_BR_F32_EQ_SS;
        x = wrt__emit(t, first + 4 * ((f.wide ? 6u : 0u) + f.cmp) + four_forms(f.mode),
            z.shape == WRT__F_RK ? WRT__F_RKB : WRT__F_RB);
        x->a = z.a;
        x->b = z.b;
        x->k = z.k;
        return x;
    }
    if (c->wide || (c->mode != WRT__AS && c->mode != WRT__AI)) return NULL;
    bool imm = c->mode == WRT__AI;
    if (z.op == WRT__R_I32_ADD_SI_D) { /* the counter of a loop */
        t->ins_count--;
        x = wrt__emit(t, WRT__R_INC_EQ_S + 2 * cmp + (imm ? 1u : 0u), WRT__F_IBX);
        x->d = z.d;
        x->a = z.a;
        x->imm = z.imm;
        x->k = imm ? y->imm : y->b;
        wrt__wrote_slot(t, z.d);
        t->acc_slot[0] = z.d;
        return x;
    }
    if (z.op == WRT__R_LD_I32_S || z.op == WRT__R_LD_I32_8U_S) {
        t->ins_count--;
        x = wrt__emit(t,
            (z.op == WRT__R_LD_I32_S ? WRT__R_LB32_EQ_S : WRT__R_LB8_EQ_S) + 2 * cmp + (imm ? 1u : 0u),
            WRT__F_IBX);
        x->d = imm ? 0 : y->b;
        x->a = z.a;
        x->imm = z.imm;
        x->k = y->imm;
        keep_site(x, &z);
        return x;
    }
    return NULL;
}
static struct wrt__ins *fuse_compare(struct wrt__translator *t, const struct wrt__val *v, bool negate)
{
    struct wrt__ins *last = wrt__last_for(t, v), *x;
    if (!last) return NULL;
    struct compare c = compare_of(last->op);
    const struct wrt__ins y = *last;
    if (c.is_int) {
        uint32_t cmp = negate ? negated[c.cmp] : c.cmp;
        t->ins_count--;
        x = fuse_two(t, &y, &c, cmp);
        if (x) return x;
        x = wrt__emit(t, icbr_ops[(c.wide ? (uint32_t)CMP_COUNT : 0) + cmp][c.mode],
            y.shape == WRT__F_I ? WRT__F_IB : WRT__F_RB);
    } else if (c.is_float) {
        t->ins_count--;
        uint32_t first = negate ? WRT__R_BR_F32_XEQ_SS : WRT__R_BR_F32_EQ_SS;
        x = wrt__emit(t, first + 4 * ((c.wide ? 6u : 0u) + c.cmp) + four_forms(c.mode),
            y.shape == WRT__F_RK ? WRT__F_RKB : WRT__F_RB);
    } else if (y.op >= WRT__R_I32_AND_SS && y.op < WRT__R_I32_AND_SS + 8) {
        uint32_t form = (y.op - WRT__R_I32_AND_SS) / 2u;
        t->ins_count--;
        x = wrt__emit(t, WRT__R_BR_I32_TZ_SS + (negate ? 0u : 4u) + form, form >= 2 ? WRT__F_IB : WRT__F_RB);
    } else if (y.op == WRT__R_LD_I32_S || y.op == WRT__R_LD_I32_8U_S) {
        t->ins_count--;
        x = wrt__emit(t,
            (y.op == WRT__R_LD_I32_S ? WRT__R_LB32_EQ_S : WRT__R_LB8_EQ_S) + (negate ? 0u : 2u) + 1,
            WRT__F_IBX);
        keep_site(x, &y);
        x->a = y.a;
        x->imm = y.imm;
        x->k = 0;
        return x;
    } else {
        return NULL;
    }
    x->a = y.a;
    x->b = y.b;
    x->imm = y.imm;
    x->k = y.k;
    return x;
}
#endif
void wrt__branch_on_top(struct wrt__translator *t, bool negate, uint32_t label)
{
    uint32_t at = t->sp - 1;
    struct wrt__val v = wrt__pop(t);
    struct wrt__ins *x = NULL;
    for (int c = 0; c < 3;
        c++) { /* what else lives in an accumulator alone: its producer writes the slot too */
        if (t->acc_val[c] >= 0) wrt__materialise(t, (uint32_t)t->acc_val[c]);
    }
    if (v.kind == WRT__V_CONST) wrt__to_slot(t, &v, at);
#if WRT_FUSE_FULL
    x = fuse_compare(t, &v, negate);
    struct wrt__ins *last = last_any(t);
    if (!x && v.kind != WRT__V_ACC && t->acc_slot[0] == v.slot && wrt__is_op(last, WRT__R_I32_ADD_SI_D)
        && last->d == v.slot) {
        const struct wrt__ins z = *last; /* a counter that runs to zero */
        t->ins_count--;
        x = wrt__emit(t, WRT__R_INC_EQ_S + (negate ? 0u : 2u) + 1, WRT__F_IBX);
        x->d = z.d;
        x->a = z.a;
        x->imm = z.imm;
        x->k = 0;
    }
#endif
    if (!x) {
        uint32_t form = WRT__SI;
#if WRT_FUSE_FULL
        if (wrt__mode(t, &v) == 'A') form = WRT__AI;
#endif
        x = wrt__emit(t, icbr_ops[negate ? CMP_EQ : CMP_NE][form], WRT__F_IB);
        x->a = v.slot;
        x->imm = 0;
    }
    uint32_t ins = (uint32_t)(x - t->ins);
    wrt__seg_new(t);
    t->ins[ins].label = label;
    t->ins[ins].seg = t->seg;
    t->barrier = t->ins_count;
    wrt__place_here(t);
}
