/* abstract_know: what values came from, so that a condition says something of the values that went into it. A
 * ring of the latest operators on unknown values; what has fallen out of it is merely not known. */
#include "wcet/abstract.h"

enum { KNOW_DEPTH = 8 };

/* Where what was learnt goes: into a state, or to one value. */
struct know_job {
    struct wrt__ax *x;
    const struct wrt__ax_body *b;
    struct wrt__as *s;
    struct wrt__wv *target;
};

uint32_t wrt__ax_new_id(struct wrt__ax *x)
{
    uint32_t id = ++x->next_id;
    x->nodes[id % WRT__AX_NODES] = (struct wrt__ax_node){ .id = id };
    return id;
}

void wrt__ax_identify(struct wrt__ax *x, struct wrt__wv *v)
{
    if (v->id == 0 && !wrt__wv_known(v)) v->id = wrt__ax_new_id(x);
}

static const struct wrt__ax_node *know_node(const struct wrt__ax *x, uint32_t id)
{
    const struct wrt__ax_node *n = &x->nodes[id % WRT__AX_NODES];
    return id != 0 && n->id == id ? n : NULL;
}

static bool know_is(const struct wrt__ax_node *n, uint32_t op32, uint32_t op64)
{
    return n && (n->op == op32 || n->op == op64);
}

/* Is `v` the value `id` minus one? */
static bool know_one_less(const struct wrt__ax *x, const struct wrt__wv *v, uint32_t id)
{
    uint32_t base;
    int64_t low, high;
    return id != 0 && wrt__ax_offset(x, v, &base, &low, &high) && base == id && low == -1 && high == -1;
}

/* Is `v` the lowest bit of the value `id`: it and its negative? */
static bool know_lowest_bit(const struct wrt__ax *x, const struct wrt__wv *v, uint32_t id)
{
    const struct wrt__ax_node *n = know_node(x, v->id);
    if (id == 0 || !know_is(n, WRT__OP_I32_AND, WRT__OP_I64_AND)) return false;
    uint32_t other = n->a.id == id ? n->b.id : n->b.id == id ? n->a.id : 0;
    const struct wrt__ax_node *minus = know_node(x, other);
    return know_is(minus, WRT__OP_I32_SUB, WRT__OP_I64_SUB) && minus->b.id == id && wrt__wv_known(&minus->a)
        && minus->a.lo == 0;
}

static void know_fewer_bits(const struct wrt__wv *of, struct wrt__wv *out)
{
    uint64_t now = wrt__min_u64(of->pop, (uint64_t)__builtin_popcountll(of->bits | of->mask));
    uint8_t pop = now > 0 ? (uint8_t)(now - 1) : 0;
    if (pop < out->pop) out->pop = pop;
    (void)wrt__wv_reduce(out);
}

/* Argument 0, perhaps with something added, is compared with a constant: remembers where cases begin. */
static void know_cut(struct wrt__ax *x, uint64_t at)
{
    struct wrt__ax_result *r = x->r;
    at &= UINT32_MAX;
    for (uint32_t i = 0; i < r->cuts_count; i++) {
        if (r->cuts[i] == at) return;
    }
    if (r->cuts_count < WRT__AX_CUTS) r->cuts[r->cuts_count++] = at;
}

void wrt__ax_note_table(struct wrt__ax *x, const struct wrt__wv *index, uint32_t count)
{
    uint32_t base;
    int64_t low, high;
    if (!x->arg_id || !wrt__ax_offset(x, index, &base, &low, &high) || base != x->arg_id || low != high)
        return;
    for (uint64_t i = 0; i < count && count <= WRT__AX_CUTS / 2; i++) {
        know_cut(x, i - (uint64_t)low);
    }
}

static void know_cuts(struct wrt__ax *x, uint32_t op, const struct wrt__wv *v, const struct wrt__wv *with)
{
    uint32_t base;
    int64_t low, high;
    if (!wrt__wv_known(with) || v->wide || !wrt__ax_offset(x, v, &base, &low, &high) || base != x->arg_id ||
        low != high) {
        return;
    }
    const uint64_t at = with->lo - (uint64_t)low;
    const uint32_t kind = op - WRT__OP_I32_EQ;
    if (kind != WRT__OP_I32_GT_S - WRT__OP_I32_EQ && kind != WRT__OP_I32_GT_U - WRT__OP_I32_EQ &&
        kind != WRT__OP_I32_LE_S - WRT__OP_I32_EQ && kind != WRT__OP_I32_LE_U - WRT__OP_I32_EQ) {
        know_cut(x, at); /* eq ne lt ge: the number begins a case */
    }
    if (kind != WRT__OP_I32_LT_S - WRT__OP_I32_EQ && kind != WRT__OP_I32_LT_U - WRT__OP_I32_EQ &&
        kind != WRT__OP_I32_GE_S - WRT__OP_I32_EQ && kind != WRT__OP_I32_GE_U - WRT__OP_I32_EQ) {
        know_cut(x, at + 1); /* eq ne gt le: what follows it does */
    }
    if (kind > 1) { /* where the order begins */
        const bool is_signed = kind % 2 == 0;
        know_cut(x, (is_signed ? (uint64_t)INT32_MAX + 1 : 0) - (uint64_t)low);
    }
}

void wrt__ax_note(
    struct wrt__ax *x, uint32_t op, const struct wrt__wv *a, const struct wrt__wv *b, struct wrt__wv *out)
{
    if (wrt__wv_known(out) || out->id != 0) return;
    switch (op) {
    case WRT__OP_I32_AND: case WRT__OP_I64_AND:
        if (know_one_less(x, b, a->id)) know_fewer_bits(a, out);
        else if (know_one_less(x, a, b->id)) know_fewer_bits(b, out);
        break;
    case WRT__OP_I32_XOR: case WRT__OP_I64_XOR:
        if (know_lowest_bit(x, b, a->id)) know_fewer_bits(a, out);
        else if (know_lowest_bit(x, a, b->id)) know_fewer_bits(b, out);
        break;
    case WRT__OP_I32_SUB: case WRT__OP_I64_SUB:
        if (know_lowest_bit(x, b, a->id)) know_fewer_bits(a, out);
        break;
    default: break;
    }
    if (wrt__wv_known(out)) return;
    if (x->arg_id && op >= WRT__OP_I32_EQZ && op <= WRT__OP_I32_GE_U) {
        const struct wrt__wv zero = wrt__wv_const(0, false);
        know_cuts(x, op == WRT__OP_I32_EQZ ? WRT__OP_I32_EQ : op, a, op == WRT__OP_I32_EQZ ? &zero : b);
    }
    out->id = ++x->next_id;
    struct wrt__ax_node *n = &x->nodes[out->id % WRT__AX_NODES];
    n->id = out->id;
    n->op = op;
    n->a = *a;
    n->b = *b;
    n->home_size = 0;
}

void wrt__ax_note_home(struct wrt__ax *x, const struct wrt__wv *v, uint64_t addr, uint32_t size)
{
    struct wrt__ax_node *n = &x->nodes[v->id % WRT__AX_NODES];
    if (v->id == 0 || n->id != v->id) return;
    n->home = addr;
    n->home_size = size;
}

/* ---- offsets
 * ------------------------------------------------------------------------------------------------- */

static bool know_small(const struct wrt__wv *v)
{
    const int64_t most = (int64_t)1 << 40;
    return wrt__wv_smin(v) >= -most && wrt__wv_smax(v) <= most;
}

bool wrt__ax_offset(
    const struct wrt__ax *x, const struct wrt__wv *v, uint32_t *base, int64_t *low, int64_t *high)
{
    uint32_t id = v->id;
    *low = *high = 0;
    if (id == 0 || wrt__wv_known(v)) return false;
    for (int k = 0; k < KNOW_DEPTH; k++) {
        const struct wrt__ax_node *n = know_node(x, id);
        bool add = know_is(n, WRT__OP_I32_ADD, WRT__OP_I64_ADD),
             sub = know_is(n, WRT__OP_I32_SUB, WRT__OP_I64_SUB);
        if (!add && !sub) break;
        const struct wrt__wv *of = &n->a, *by = &n->b;
        if (add && (of->id == 0 || wrt__wv_known(of))) {
            of = &n->b;
            by = &n->a;
        }
        if (of->id == 0 || !know_small(by)) break;
        *low += add ? wrt__wv_smin(by) : -wrt__wv_smax(by);
        *high += add ? wrt__wv_smax(by) : -wrt__wv_smin(by);
        id = of->id;
    }
    *base = id;
    return true;
}

void wrt__ax_note_offset(struct wrt__ax *x, struct wrt__wv *v, uint32_t base, int64_t low, int64_t high)
{
    struct wrt__wv of = wrt__wv_any(v->wide);
    struct wrt__wv by = wrt__wv_range((uint64_t)low, (uint64_t)high, v->wide);
    uint32_t op = v->wide ? WRT__OP_I64_ADD : WRT__OP_I32_ADD;
    of.id = base;
    v->id = 0;
    wrt__ax_note(x, op, &of, &by, v);
}

void wrt__ax_note_unequal(struct wrt__ax *x, struct wrt__as *s, const struct wrt__wv *v, uint64_t other)
{
    uint32_t base, at = 0;
    int64_t low, high;
    if (!x->closing || !wrt__ax_offset(x, v, &base, &low, &high) || low != high) return;
    other = (other - (uint64_t)low) & wrt__wv_all(v->wide);
    for (uint32_t i = 0; i < WRT__AX_UNEQUAL; i++) { /* a free place, else the first: the oldest, nearly */
        if (s->unequal[i].id == base && s->unequal[i].x == other) return;
        if (s->unequal[i].id == 0) at = i;
    }
    s->unequal[at] = (struct wrt__ax_unequal){ base, other };
}

/* ---- learning
 * ------------------------------------------------------------------------------------------------ */

static bool know_learn(const struct know_job *j, const struct wrt__wv *v, int depth);

/* Puts v in the places that hold it. */
static bool know_apply(const struct know_job *j, const struct wrt__wv *v)
{
    if (j->target) {
        if (j->target->id != v->id) return true;
        struct wrt__wv met = *j->target;
        if (!wrt__wv_meet(&met, v)) return false;
        *j->target = met;
        return true;
    }
    struct wrt__wv *slots = j->s->slots;
    uint32_t used = j->b->locals + j->b->body->locals_count + j->s->sp;
    struct wrt__wv sharpest = *v;
    for (uint32_t i = 0; i < used; i++) {
        if (slots[i].id != v->id || slots[i].wide != v->wide) continue;
        struct wrt__wv met = slots[i];
        if (!wrt__wv_meet(&met, v)) return false;
        slots[i] = met;
        sharpest = met;
    }
    const struct wrt__ax_node *n = know_node(j->x, v->id);
    if (n && n->home_size) wrt__wm_refine(&j->s->mem, n->home, n->home_size, v->id, &sharpest);
    return true;
}

/* a, an operand of what is known now, is `v` as well. */
static bool know_operand(
    const struct know_job *j, const struct wrt__wv *a, const struct wrt__wv *v, int depth)
{
    if (a->id == 0 || a->wide != v->wide) return true;
    struct wrt__wv met = *a;
    if (!wrt__wv_meet(&met, v)) return false;
    met.id = a->id;
    if (wrt__wv_within(a, &met)) return true;
    return know_learn(j, &met, depth);
}

static bool know_through(const struct know_job *j, const struct wrt__wv *a, uint32_t op,
    const struct wrt__wv *p, const struct wrt__wv *q, int depth)
{
    struct wrt__wv v;
    if (a->id == 0 || wrt__wv_apply(op, p, q, &v) != WRT__WV_FINE) return true;
    return know_operand(j, a, &v, depth);
}

static bool know_compare(const struct know_job *j, const struct wrt__ax_node *n, bool truth, int depth)
{
    struct wrt__wv a = n->a, b = n->b;
    const bool equality = n->op == WRT__OP_I32_EQ || n->op == WRT__OP_I64_EQ;
    if (j->s && (equality ? !truth : truth && (n->op == WRT__OP_I32_NE || n->op == WRT__OP_I64_NE))) {
        if (wrt__wv_known(&b)) wrt__ax_note_unequal(j->x, j->s, &a, b.lo);
        if (wrt__wv_known(&a)) wrt__ax_note_unequal(j->x, j->s, &b, a.lo);
    }
    if (!wrt__wv_assume(&a, n->op, &n->b, truth)) return false;
    if (!wrt__wv_assume(&b, wrt__wv_mirror(n->op), &n->a, truth)) return false;
    return know_operand(j, &n->a, &a, depth) && know_operand(j, &n->b, &b, depth);
}

static bool know_is_compare(uint32_t op)
{
    return (op >= WRT__OP_I32_EQ && op <= WRT__OP_I32_GE_U)
        || (op >= WRT__OP_I64_EQ && op <= WRT__OP_I64_GE_U);
}

/* Bits of an operand of `and` with a constant. */
static bool know_masked(const struct know_job *j, const struct wrt__wv *a, uint64_t constant,
    const struct wrt__wv *v, int depth)
{
    struct wrt__wv w = wrt__wv_any(a->wide);
    w.mask = (w.mask & ~constant) | v->mask;
    w.bits = v->bits & constant & ~w.mask;
    if (!wrt__wv_reduce(&w) || !know_operand(j, a, &w, depth)) return false;
    return wrt__wv_umax(a) > constant || (constant & (constant + 1)) || know_operand(j, a, v, depth);
}

/* What v, the answer of n, says of the operands of n: operators that can be turned round. */
static bool know_backwards(
    const struct know_job *j, const struct wrt__ax_node *n, const struct wrt__wv *v, int depth)
{
    const struct wrt__wv *a = &n->a, *b = &n->b;
    const uint32_t wide = a->wide ? WRT__OP_I64_CLZ - WRT__OP_I32_CLZ : 0;
    struct wrt__wv w;
    switch (n->op) {
    case WRT__OP_I32_ADD: case WRT__OP_I64_ADD:
        return know_through(j, a, WRT__OP_I32_SUB + wide, v, b, depth) &&
               know_through(j, b, WRT__OP_I32_SUB + wide, v, a, depth);
    case WRT__OP_I32_SUB: case WRT__OP_I64_SUB:
        return know_through(j, a, WRT__OP_I32_ADD + wide, v, b, depth) &&
               know_through(j, b, WRT__OP_I32_SUB + wide, a, v, depth);
    case WRT__OP_I32_XOR: case WRT__OP_I64_XOR:
        return know_through(j, a, n->op, v, b, depth) && know_through(j, b, n->op, v, a, depth);
    case WRT__OP_I32_AND: case WRT__OP_I64_AND:
        if (wrt__wv_known(b)) return know_masked(j, a, b->lo, v, depth);
        if (wrt__wv_known(a)) return know_masked(j, b, a->lo, v, depth);
        return true;
    case WRT__OP_I32_OR: case WRT__OP_I64_OR:
        if (!wrt__wv_known(v) || v->lo != 0) return true;
        return know_operand(j, a, v, depth) && know_operand(j, b, v, depth);
    case WRT__OP_I32_MUL: case WRT__OP_I64_MUL:
        if (!wrt__wv_known(b) || b->lo == 0 || wrt__wv_umax(a) > wrt__wv_all(a->wide) / b->lo) return true;
        w = wrt__wv_range((wrt__wv_umin(v) + b->lo - 1) / b->lo, wrt__wv_umax(v) / b->lo, a->wide);
        return wrt__wv_umin(v) > UINT64_MAX - b->lo || know_operand(j, a, &w, depth);
    case WRT__OP_I32_SHL: case WRT__OP_I64_SHL: {
        const uint64_t s = b->lo & (a->wide ? 63 : 31);
        if (!wrt__wv_known(b) || wrt__wv_umax(a) > wrt__wv_all(a->wide) >> s) return true;
        w = wrt__wv_range(wrt__wv_umin(v) >> s, wrt__wv_umax(v) >> s, a->wide);
        return know_operand(j, a, &w, depth);
    }
    case WRT__OP_I32_SHR_U: case WRT__OP_I64_SHR_U: {
        const uint64_t s = b->lo & (a->wide ? 63 : 31), m = wrt__wv_all(a->wide);
        if (!wrt__wv_known(b) || wrt__wv_umax(v) > m >> s) return true;
        w = wrt__wv_range(
            wrt__wv_umin(v) << s, (wrt__wv_umax(v) << s | (((uint64_t)1 << s) - 1)) & m, a->wide);
        return know_operand(j, a, &w, depth);
    }
    case WRT__OP_I64_EXTEND_I32_U: case WRT__OP_I64_EXTEND_I32_S:
        return know_through(j, a, WRT__OP_I32_WRAP_I64, v, v, depth);
    case WRT__OP_I32_WRAP_I64:
        if (wrt__wv_umax(a) <= UINT32_MAX) return know_through(j, a, WRT__OP_I64_EXTEND_I32_U, v, v, depth);
        if (wrt__wv_smin(a) >= INT32_MIN && wrt__wv_smax(a) <= INT32_MAX) {
            return know_through(j, a, WRT__OP_I64_EXTEND_I32_S, v, v, depth);
        }
        return true;
    default: return true;
    }
}

static bool know_learn(const struct know_job *j, const struct wrt__wv *v, int depth)
{
    if (v->id == 0) return true;
    if (!know_apply(j, v)) return false;
    const struct wrt__ax_node *n = know_node(j->x, v->id);
    if (!n || n->op == 0 || depth >= KNOW_DEPTH) return true;
    const struct wrt__ax_node copy = *n;
    if (know_is_compare(copy.op)) {
        return !wrt__wv_known(v) || know_compare(j, &copy, v->lo != 0, depth + 1);
    }
    if (copy.op == WRT__OP_I32_EQZ || copy.op == WRT__OP_I64_EQZ) {
        if (!wrt__wv_known(v)) return true;
        struct wrt__wv zero = wrt__wv_const(0, copy.a.wide), a = copy.a;
        if (j->s && v->lo == 0) wrt__ax_note_unequal(j->x, j->s, &a, 0);
        if (!wrt__wv_assume(&a, copy.a.wide ? WRT__OP_I64_EQ : WRT__OP_I32_EQ, &zero, v->lo != 0))
            return false;
        return know_operand(j, &copy.a, &a, depth + 1);
    }
    return know_backwards(j, &copy, v, depth + 1);
}

static bool know_nonzero(struct wrt__wv *v, bool nonzero)
{
    struct wrt__wv zero = wrt__wv_const(0, v->wide);
    return wrt__wv_assume(v, v->wide ? WRT__OP_I64_NE : WRT__OP_I32_NE, &zero, nonzero);
}

bool wrt__ax_assume(
    struct wrt__ax *x, const struct wrt__ax_body *b, struct wrt__as *s, const struct wrt__wv *v, bool nonzero)
{
    struct know_job j = { x, b, s, NULL };
    struct wrt__wv w = *v;
    if (nonzero) wrt__ax_note_unequal(x, s, v, 0);
    return know_nonzero(&w, nonzero) && know_learn(&j, &w, 0);
}

bool wrt__ax_learn(
    struct wrt__ax *x, const struct wrt__ax_body *b, struct wrt__as *s, const struct wrt__wv *v)
{
    struct know_job j = { x, b, s, NULL };
    return know_learn(&j, v, 0);
}

bool wrt__ax_under(struct wrt__ax *x, const struct wrt__wv *cond, bool nonzero, struct wrt__wv *v)
{
    struct know_job j = { x, NULL, NULL, v };
    struct wrt__wv w = *cond;
    return know_nonzero(&w, nonzero) && know_learn(&j, &w, 0);
}
