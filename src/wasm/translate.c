/* translate.c: the operand stack of a body as the translator sees it, and control flow. Values stay lazy (a
 * local, a constant) or in an accumulator until something needs them in a slot. At every checkpoint each
 * value is in its slot or is lazy, so a stopped frame looks the same in every build. Operators and fusions:
 * fuse.c. */
#include "wasm/translator.h"

/* ---- growing arrays; a failure is remembered and ends the body -------------------------------------------
 */

static void fail_body(struct wrt__translator *t, wrt_status status, const char *what)
{
    if (t->failed == WRT_OK) {
        t->failed = status;
        t->failed_what = what;
    }
}
static bool room(struct wrt__translator *t, void *array, uint32_t *cap, uint32_t need, size_t element)
{
    if (WRT_LIKELY(need <= *cap)) return true;
    if (wrt__grow(t->module->alloc, array, cap, need, element, WRT_TAG_CODE)) return true;
    fail_body(t, WRT_E_NOMEM, "translation");
    return false;
}
/* Before each operator there is room for all that one operator can emit or push: instructions and values
 * before every one, what only control needs before those that end a block or open one. */
static inline bool reserve(struct wrt__translator *t)
{
    uint32_t ins = t->ins_count + 2 * (t->sp - t->clean) + 64, values = t->sp + 1100;
    if (WRT_LIKELY(ins <= t->ins_cap && values <= t->stack_cap)) return true;
    return room(t, &t->ins, &t->ins_cap, ins, sizeof *t->ins)
        && room(t, &t->stack, &t->stack_cap, values, sizeof *t->stack);
}
static bool reserve_control(struct wrt__translator *t)
{
    return room(t, &t->labels, &t->labels_cap, t->labels_count + 8, sizeof *t->labels) &&
           room(t, &t->segs, &t->segs_cap, t->segs_count + 8, sizeof *t->segs) &&
           room(t, &t->places, &t->places_cap, t->places_count + 8, sizeof *t->places) &&
           room(t, &t->stubs, &t->stubs_cap, t->stubs_count + 2, sizeof *t->stubs) &&
           room(t, &t->ctl, &t->ctl_cap, t->ctl_count + 1, sizeof *t->ctl);
}
static bool is_control(uint32_t op) { return op <= 0x13 || op == 0x40 || op >= 256; }

/* ---- instructions, segments, labels ---------------------------------------------------------------------- */

struct wrt__ins *wrt__emit(struct wrt__translator *t, uint32_t op, enum wrt__shape shape)
{
    WRT_ASSERT(t->ins_count < t->ins_cap);
    struct wrt__ins *x = &t->ins[t->ins_count++];
    *x = (struct wrt__ins){ .op = (uint16_t)op,
        .shape = (uint8_t)shape,
        .cls = WRT__NO_CLASS,
        .offset = t->offset,
        .at = t->cost,
        .at_seg = t->seg };
    return x;
}
uint32_t wrt__label_new(struct wrt__translator *t)
{
    WRT_ASSERT(t->labels_count < t->labels_cap);
    t->labels[t->labels_count] = (struct wrt__label){ .price = t->labels_count };
    return t->labels_count++;
}
void wrt__seg_new(struct wrt__translator *t)
{
    WRT_ASSERT(t->segs_count < t->segs_cap);
    WRT_ASSERT(t->acc_val[WRT__D1] < 0);
    t->acc_slot[WRT__D1] = -1; /* a stop does not keep D1 */
    t->d_ins = t->i_ins = WRT__NO_INS;
    t->segs[t->seg] = t->cost;
    t->cost = 0;
    t->seg = t->segs_count++;
    t->segs[t->seg] = 0;
}
/* The next instruction is the target of a checkpoint; its block begins with the next operator. */
void wrt__place_here(struct wrt__translator *t)
{
    if (t->places_count && t->places[t->places_count - 1].ins == t->ins_count) return;
    WRT_ASSERT(t->places_count < t->places_cap);
    t->places[t->places_count++] = (struct wrt__place){ t->ins_count, UINT32_MAX };
}
static void forget_mirrors(struct wrt__translator *t)
{
    for (int c = 0; c < WRT__ACCS; c++) t->acc_slot[c] = -1;
}
static void bind_label(struct wrt__translator *t, uint32_t label)
{
    struct wrt__label *l = &t->labels[label];
    l->seg = t->seg;
    l->off = t->cost;
    l->at = t->ins_count;
    wrt__place_here(t);
    l->place = t->places_count - 1;
    t->barrier = t->ins_count;
    forget_mirrors(t);
}

/* ---- accumulators and slots ------------------------------------------------------------------------------ */

void wrt__wrote_slot(struct wrt__translator *t, uint32_t slot)
{
    for (int c = 0; c < WRT__ACCS; c++) {
        if (t->acc_slot[c] == (int32_t)slot) t->acc_slot[c] = -1;
    }
    if (t->d_before == (int32_t)slot) t->d_before = -1;
    if (t->d1_before == (int32_t)slot) t->d1_before = -1;
    if (t->i_before == (int32_t)slot) t->i_before = -1;
}
static void retarget(struct wrt__translator *t, uint32_t ins, uint16_t slot)
{
    struct wrt__ins *x = &t->ins[ins];
    WRT_ASSERT(!x->dst && x->cls != WRT__NO_CLASS);
    x->op = (uint16_t)(x->op
        + WRT_FUSE_FULL); /* the form that writes the slot as well; the short list has no other */
    x->dst = true;
    x->d = slot;
}
/* The value that lives only in accumulator c also goes to its own slot: its producer writes both. */
void wrt__spill(struct wrt__translator *t, int c)
{
    if (t->acc_val[c] < 0) return;
    uint32_t i = (uint32_t)t->acc_val[c];
    struct wrt__val *v = &t->stack[i];
    uint16_t slot = wrt__temp_slot(t, i);
    retarget(t, v->prod, slot);
    v->kind = WRT__V_SLOT;
    v->slot = slot;
    t->acc_val[c] = -1;
    wrt__wrote_slot(t, slot);
    t->acc_slot[c] = slot;
}
static void spill_all(struct wrt__translator *t)
{
    wrt__spill(t, 0);
    wrt__spill(t, 1);
    wrt__spill(t, 2);
    wrt__spill(t, WRT__D1);
}
static void before_d(struct wrt__translator *t)
{
    t->d_ins = t->ins_count;
    t->d_before = t->acc_slot[1];
    t->d1_before = t->acc_slot[WRT__D1];
}
void wrt__clobber(struct wrt__translator *t, int cls)
{
    wrt__spill(t, cls);
    if (cls == 1) before_d(t);
    if (cls == 0) {
        t->i_ins = t->ins_count;
        t->i_before = t->acc_slot[0];
    }
    t->acc_slot[cls] = -1;
}
void wrt__shift(struct wrt__translator *t)
{
    wrt__spill(t, WRT__D1);
    before_d(t);
    t->acc_val[WRT__D1] = t->acc_val[1];
    if (t->acc_val[1] >= 0) t->stack[t->acc_val[1]].kind = WRT__V_PREV;
    t->acc_slot[WRT__D1] = t->acc_slot[1];
    t->acc_val[1] = t->acc_slot[1] = -1;
}
struct wrt__val *wrt__push(struct wrt__translator *t, uint8_t kind, uint8_t type)
{
    WRT_ASSERT(t->sp < t->stack_cap);
    struct wrt__val *v = &t->stack[t->sp++];
    if (t->sp > t->height_max) t->height_max = t->sp;
    *v = (struct wrt__val){ .kind = kind, .type = type, .prod = WRT__NO_INS };
    return v;
}
void wrt__push_acc(struct wrt__translator *t, uint8_t type)
{
    int c = wrt__class_of(type);
    struct wrt__val *v = wrt__push(t, WRT__V_ACC, type);
    v->prod = t->ins_count - 1;
    t->ins[v->prod].cls = (uint8_t)c;
    t->acc_val[c] = (int32_t)t->sp - 1;
    t->acc_slot[c] = -1;
    if (!WRT_FUSE_FULL) wrt__spill(t, c);
}
static void push_slot(struct wrt__translator *t, uint8_t type)
{
    struct wrt__val *v = wrt__push(t, WRT__V_SLOT, type);
    v->slot = wrt__temp_slot(t, t->sp - 1);
}
static void push_local(struct wrt__translator *t, uint32_t local)
{
    struct wrt__val *v = wrt__push(t, WRT__V_LOCAL, t->local_types[local]);
    v->slot = wrt__local_slot(t, local);
    v->k = local;
    t->pending[local]++;
}
struct wrt__val wrt__pop(struct wrt__translator *t)
{
    WRT_ASSERT(t->sp > 0);
    struct wrt__val v = t->stack[--t->sp];
    if (v.kind == WRT__V_ACC) t->acc_val[wrt__class_of(v.type)] = -1;
    if (v.kind == WRT__V_PREV) t->acc_val[WRT__D1] = -1;
    if (v.kind == WRT__V_LOCAL) t->pending[v.k]--;
    if (t->clean > t->sp) t->clean = t->sp;
    return v;
}
static void pop_to(struct wrt__translator *t, uint32_t height)
{
    while (t->sp > height) (void)wrt__pop(t);
}
/* Copies a slot; neighbours merge: two or four moves in one instruction. */
void wrt__move(struct wrt__translator *t, uint32_t to, uint32_t from)
{
    if (to == from) return;
    struct wrt__ins *last = t->ins_count > t->barrier ? &t->ins[t->ins_count - 1] : NULL;
    if (last && last->op == WRT__R_MOV) {
        last->op = WRT__R_MOV2;
        last->b = (uint16_t)to;
        last->c = (uint16_t)from;
        if (t->ins_count - 1 > t->barrier && last[-1].op == WRT__R_MOV2) {
            last[-1].op = WRT__R_MOV4;
            last[-1].shape = WRT__F_RK;
            last[-1].k = last->d | (uint64_t)last->a << 16 | (uint64_t)last->b << 32
                | (uint64_t)last->c << 48;
            t->ins_count--;
        }
    } else {
        struct wrt__ins *x = wrt__emit(t, WRT__R_MOV, WRT__F_R);
        x->d = (uint16_t)to;
        x->a = (uint16_t)from;
    }
    wrt__wrote_slot(t, to);
}
static void move_const(struct wrt__translator *t, uint32_t to, uint64_t k)
{
    struct wrt__ins *x = wrt__emit(t, WRT__R_MOVI, WRT__F_IK);
    x->d = (uint16_t)to;
    x->k = k;
    wrt__wrote_slot(t, to);
}
/* Slot `to` gets the value of slot `from`, from the accumulator when that mirrors it. */
static void copy_slot(struct wrt__translator *t, uint32_t to, uint32_t from, int c)
{
#if WRT_FUSE_FULL
    if (to != from && t->acc_slot[c] == (int32_t)from) {
        struct wrt__ins *x = wrt__emit(t,
            (uint32_t)(c == 0 ? WRT__R_STA_I
                    : c == 1  ? WRT__R_STA_D
                              : WRT__R_STA_F),
            WRT__F_R);
        x->d = (uint16_t)to;
        wrt__wrote_slot(t, to);
        return;
    }
#else
    (void)c;
#endif
    wrt__move(t, to, from);
}
void wrt__materialise(struct wrt__translator *t, uint32_t i)
{
    struct wrt__val *v = &t->stack[i];
    uint32_t slot = wrt__temp_slot(t, i);
    if (v->kind == WRT__V_ACC || v->kind == WRT__V_PREV) {
        wrt__spill(t, v->kind == WRT__V_PREV ? WRT__D1 : wrt__class_of(v->type));
        return;
    }
    if (v->kind == WRT__V_CONST) {
        move_const(t, slot, v->k);
    } else {
        if (v->kind == WRT__V_LOCAL) t->pending[v->k]--;
        copy_slot(t, slot, v->slot, wrt__class_of(v->type));
    }
    v->kind = WRT__V_SLOT;
    v->slot = (uint16_t)slot;
}
static void materialise_from(struct wrt__translator *t, uint32_t first)
{
    for (uint32_t i = first; i < t->sp; i++) wrt__materialise(t, i);
}
/* Every stack entry into its own slot. */
static void flush(struct wrt__translator *t)
{
    spill_all(t);
    materialise_from(t, t->clean);
    t->clean = t->sp;
}
void wrt__to_slot(struct wrt__translator *t, struct wrt__val *v, uint32_t i)
{
    uint16_t slot = wrt__temp_slot(t, i);
    if (v->kind == WRT__V_ACC || v->kind == WRT__V_PREV) {
        retarget(t, v->prod, slot);
        wrt__wrote_slot(t, slot);
        t->acc_slot[v->kind == WRT__V_PREV ? WRT__D1 : wrt__class_of(v->type)] = slot;
    } else if (v->kind == WRT__V_CONST) {
        move_const(t, slot, v->k);
    } else {
        return;
    }
    v->kind = WRT__V_SLOT;
    v->slot = slot;
}
char wrt__mode(const struct wrt__translator *t, const struct wrt__val *v)
{
    if (v->kind == WRT__V_ACC) return 'A';
    if (v->kind == WRT__V_CONST) return 'I';
    if (v->kind == WRT__V_PREV) return 'P';
    return WRT_FUSE_FULL && t->acc_slot[wrt__class_of(v->type)] == v->slot ? 'A' : 'S';
}
bool wrt__is_last(const struct wrt__translator *t, const struct wrt__val *v)
{
    return v->kind == WRT__V_ACC && v->prod == t->ins_count - 1 && t->ins_count > t->barrier;
}

/* ---- definite assignment: which declared locals need clearing -------------------------------------------- */

static bool is_assigned(const struct wrt__translator *t, uint32_t local)
{
    return local < 64 * WRT__ASSIGNED_WORDS && (t->assigned[local / 64] >> (local % 64) & 1);
}
static void set_assigned(struct wrt__translator *t, uint32_t local)
{
    if (local < 64 * WRT__ASSIGNED_WORDS) t->assigned[local / 64] |= 1ull << (local % 64);
}
/* A path with the present state reaches the end of block c. */
static void meet(struct wrt__translator *t, struct wrt__ctl *c)
{
    if (c->kind == WRT__LOOP) return;
    for (int i = 0; i < WRT__ASSIGNED_WORDS; i++)
        c->out[i] = c->out_set ? c->out[i] & t->assigned[i] : t->assigned[i];
    c->out_set = true;
}

/* ---- bodies ---------------------------------------------------------------------------------------------- */

struct wrt__translator *wrt__translator_new(struct wrt__module *m)
{
    struct wrt__translator *t = wrt__alloc_zero(m->alloc, sizeof *t, WRT_TAG_CODE);
    if (!t) return NULL;
    t->module = m;
    t->fuel = m->fuel;
#if WRT_FUSE_FULL
    if (m->handlers) wrt__sequences_fill(t);
#endif
    return t;
}
void wrt__translator_free(struct wrt__translator *t)
{
    if (!t) return;
    const wrt_alloc *a = t->module->alloc;
    wrt__free(a, t->ins, t->ins_cap * sizeof *t->ins, WRT_TAG_CODE);
    wrt__free(a, t->stack, t->stack_cap * sizeof *t->stack, WRT_TAG_CODE);
    wrt__free(a, t->ctl, t->ctl_cap * sizeof *t->ctl, WRT_TAG_CODE);
    wrt__free(a, t->labels, t->labels_cap * sizeof *t->labels, WRT_TAG_CODE);
    wrt__free(a, t->segs, t->segs_cap * sizeof *t->segs, WRT_TAG_CODE);
    wrt__free(a, t->places, t->places_cap * sizeof *t->places, WRT_TAG_CODE);
    wrt__free(a, t->targets, t->targets_cap * sizeof *t->targets, WRT_TAG_CODE);
    wrt__free(a, t->stubs, t->stubs_cap * sizeof *t->stubs, WRT_TAG_CODE);
    wrt__free(a, t->at, t->at_cap * sizeof *t->at, WRT_TAG_CODE);
    wrt__free(a, t->calls, t->calls_cap * sizeof *t->calls, WRT_TAG_CODE);
    wrt__free(a, t->pending, t->pending_cap * sizeof *t->pending, WRT_TAG_CODE);
    wrt__free(a, t, sizeof *t, WRT_TAG_CODE);
}

static struct wrt__ctl *ctl_push(struct wrt__translator *t, enum wrt__block kind)
{
    struct wrt__ctl *c = &t->ctl[t->ctl_count++];
    c->kind = (uint8_t)kind;
    c->has_else = c->out_set = false;
    c->stub_of = WRT__NO_INS;
    c->label = wrt__label_new(t);
    c->else_label = kind == WRT__IF ? wrt__label_new(t) : 0;
    return c;
}
static void keep_entry_state(struct wrt__translator *t, struct wrt__ctl *c)
{
    for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) c->entry[i] = t->assigned[i];
}

void wrt__tr_begin(
    struct wrt__translator *t, uint32_t func, const uint8_t *local_types, uint32_t locals_count)
{
    struct wrt__module *m = t->module;
    t->failed = WRT_OK;
    t->func = func;
    t->type = &m->types[m->funcs[func].type];
    t->local_types = local_types;
    t->locals = locals_count;
    t->params = t->type->params;
    t->link = t->params > t->type->results ? t->params : t->type->results;
    t->base = t->link + 1 + (locals_count - t->params);
    t->height_max = t->sp = t->clean = 0;
    t->ins_count = t->labels_count = t->segs_count = t->places_count = t->places_open = 0;
    t->targets_count = t->stubs_count = t->ctl_count = 0;
    t->barrier = 0;
    t->dead = false;
    t->zero_end = t->params;
    t->offset = m->funcs[func].first_op_offset;
    if (!reserve(t) || !reserve_control(t)
        || !room(t, &t->pending, &t->pending_cap, locals_count + 1, sizeof *t->pending))
        return;
    memset(t->pending, 0, (locals_count + 1) * sizeof *t->pending);
    if (t->base > WRT__SLOTS_PER_FRAME) {
        fail_body(t, WRT_E_LIMIT, "function_locals");
        return;
    }
    for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = 0;
    for (uint32_t i = 0; i < t->params; i++) set_assigned(t, i);
    for (int i = 0; i < WRT__ACCS; i++) t->acc_val[i] = t->acc_slot[i] = -1;
    t->d_ins = t->i_ins = WRT__NO_INS;
    t->seg = t->segs_count++;
    t->segs[0] = 0;
    uint64_t entry = t->fuel->entry + wrt__fuel_bulk_price(t->fuel->locals, locals_count - t->params);
    if (entry > 60000) {
        fail_body(t, WRT_E_LIMIT, "price of entering a function");
        return;
    }
    t->cost = (uint32_t)entry;
    wrt__place_here(t);
    struct wrt__ctl *c = ctl_push(t, WRT__BLOCK);
    c->height = 0;
    c->params_count = 0;
    c->params = NULL;
    c->results = t->type->types + t->params;
    c->results_count = t->type->results;
    keep_entry_state(t, c);
}

/* Straight code that would come above the cap gets a checkpoint of its own, before the operator. */
static void cut_block(struct wrt__translator *t)
{
    if (!reserve_control(t)) return;
    spill_all(t);
    wrt__seg_new(t);
    wrt__emit(t, WRT__R_CHARGE, WRT__F_CHARGE)->seg = t->seg;
    t->barrier = t->ins_count;
    wrt__place_here(t);
}
/* Operators under which a value may stay in D1: they do not look at it, or know it. */
static bool knows_prev(uint32_t op)
{
    bool arithmetic = op >= 0xa0 && op <= 0xa2,
         integer = op >= 0x46 && op <= 0x8a && !(op >= 0x5b && op <= 0x66);
    return op == 0x20 || op == 0x22 || (op >= 0x28 && op <= 0x35) || op == 0x41 || op == 0x42 || integer
        || arithmetic;
}
void wrt__tr_op(struct wrt__translator *t, uint32_t offset, uint32_t op)
{
    if (t->failed) return;
    t->offset = offset;
    for (; t->places_open < t->places_count; t->places_open++) t->places[t->places_open].offset = offset;
    if (!reserve(t) || (is_control(op) && !reserve_control(t))) return;
    if (t->base + t->sp > WRT__SLOTS_PER_FRAME) {
        fail_body(t, WRT_E_LIMIT, "frame");
        return;
    }
    if (t->dead) return;
    if (t->acc_val[WRT__D1] >= 0 && !knows_prev(op)) wrt__spill(t, WRT__D1);
    uint32_t cost = wrt__op_cost(t->fuel, op);
    if (WRT_UNLIKELY(t->cost + cost > WRT__BLOCK_FUEL && t->cost > 0)) {
        cut_block(t);
        if (t->failed) return;
        t->places[t->places_count - 1].offset = offset;
        t->places_open = t->places_count;
    }
    t->cost += cost;
}

/* ---- moving block results to where the target expects them ----------------------------------------------- */

static uint32_t arity_of(const struct wrt__ctl *c)
{
    return c->kind == WRT__LOOP ? c->params_count : c->results_count;
}
static void move_many(struct wrt__translator *t, uint32_t to, uint32_t from, uint32_t n)
{
    if (to == from || n == 0) return;
    if (n <= 8) {
        for (uint32_t i = 0; i < n; i++) wrt__move(t, to + i, from + i);
        return;
    }
    struct wrt__ins *x = wrt__emit(
        t, WRT__R_SLOW, WRT__F_SLOW); /* one instruction: the size of code stays in proportion to the input */
    x->d = WRT__SLOW_MOVN;
    x->a = (uint16_t)n;
    x->k = to | (uint64_t)from << 32;
    x->seg = WRT__NO_INS;
    t->barrier = t->ins_count;
    forget_mirrors(t);
}
/* The top n values go to the slots of block c; they stay on the stack. */
static void carry(struct wrt__translator *t, const struct wrt__ctl *c, uint32_t n)
{
    if (n == 0) return;
    if (n == 1) {
        uint32_t to = wrt__temp_slot(t, c->height), i = t->sp - 1;
        struct wrt__val *v = &t->stack[i];
        int cls = wrt__class_of(v->type);
        if (v->kind == WRT__V_ACC && v->prod == t->ins_count - 1 && t->ins_count > t->barrier) {
            retarget(t, v->prod, (uint16_t)to);
            t->acc_val[cls] = -1;
            wrt__wrote_slot(t, to);
            t->acc_slot[cls] = (int32_t)to;
            v->kind = WRT__V_SLOT;
            v->slot = (uint16_t)to;
        } else if (v->kind == WRT__V_CONST) {
            move_const(t, to, v->k);
        } else {
            if (v->kind == WRT__V_ACC) wrt__spill(t, cls);
            copy_slot(t, to, v->slot, cls);
        }
        return;
    }
    spill_all(t);
    materialise_from(t, t->sp - n);
    move_many(t, wrt__temp_slot(t, c->height), wrt__temp_slot(t, t->sp - n), n);
}
/* Are the top values where block c wants them already? */
static bool in_place(const struct wrt__translator *t, const struct wrt__ctl *c)
{
    uint32_t n = arity_of(c);
    for (uint32_t i = 0; i < n; i++) {
        const struct wrt__val *v = &t->stack[t->sp - n + i];
        if (v->kind != WRT__V_SLOT || v->slot != wrt__temp_slot(t, c->height + i)) return false;
    }
    return true;
}
static void emit_jump(struct wrt__translator *t, uint32_t label)
{
    wrt__emit(t, WRT__R_JMP, WRT__F_JMP)->label = label;
    wrt__seg_new(t);
    t->barrier = t->ins_count;
}
static void kill_path(struct wrt__translator *t)
{
    t->dead = true;
    t->cost = 0;
    for (int i = 0; i < WRT__ACCS; i++) t->acc_val[i] = t->acc_slot[i] = -1;
}
static void emit_return(struct wrt__translator *t)
{
    uint32_t n = t->type->results;
    struct wrt__ins *x;
    if (n == 1) {
        struct wrt__val *v = &t->stack[t->sp - 1];
        int c = wrt__class_of(v->type);
        if (v->kind == WRT__V_CONST && c == 0) {
            x = wrt__emit(t, WRT__R_RET_I_I, WRT__F_RK);
            x->k = v->k;
        } else {
            if (v->kind == WRT__V_CONST) wrt__materialise(t, t->sp - 1);
            v = &t->stack[t->sp - 1];
            uint32_t op = c == 0 ? WRT__R_RET_I_S : c == 1 ? WRT__R_RET_D_S : WRT__R_RET_F_S;
#if WRT_FUSE_FULL
            if (wrt__mode(t, v) == 'A')
                op = c == 0 ? WRT__R_RET_I_A : c == 1 ? WRT__R_RET_D_A : WRT__R_RET_F_A;
#endif
            x = wrt__emit(t, op, WRT__F_R);
            x->a = v->slot;
        }
    } else {
        if (n > 1) {
            spill_all(t);
            materialise_from(t, t->sp - n);
            move_many(t, 0, wrt__temp_slot(t, t->sp - n), n);
        }
        x = wrt__emit(t, WRT__R_RET, WRT__F_R);
    }
    x->b = (uint16_t)t->link;
    x->site = true;
    wrt__seg_new(t);
    t->barrier = t->ins_count;
}

/* ---- control --------------------------------------------------------------------------------------------- */

void wrt__tr_block(struct wrt__translator *t, enum wrt__block kind, const uint8_t *params,
    uint32_t params_count, const uint8_t *results, uint32_t results_count)
{
    if (t->failed) return;
    if (kind == WRT__IF) { /* what lies below the condition into its slots; the condition may stay in an
                              accumulator */
        struct wrt__val top = t->stack[t->sp - 1];
        int c = wrt__class_of(top.type);
        t->sp--;
        if (top.kind == WRT__V_ACC) t->acc_val[c] = -1;
        spill_all(t);
        materialise_from(t, t->clean < t->sp ? t->clean : t->sp);
        t->clean = t->sp;
        if (top.kind == WRT__V_ACC) t->acc_val[c] = (int32_t)t->sp;
        t->stack[t->sp++] = top;
    } else {
        flush(t);
    }
    struct wrt__ctl *c = ctl_push(t, kind);
    c->params = params;
    c->params_count = params_count;
    c->results = results;
    c->results_count = results_count;
    if (kind == WRT__IF) wrt__branch_on_top(t, true, c->else_label);
    c->height = t->sp - params_count;
    keep_entry_state(t, c);
    if (kind == WRT__LOOP) bind_label(t, c->label);
}

static void push_types(struct wrt__translator *t, const uint8_t *types, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) push_slot(t, types[i]);
    t->clean = t->sp;
}
void wrt__tr_else(struct wrt__translator *t, bool live)
{
    if (t->failed) return;
    struct wrt__ctl *c = &t->ctl[t->ctl_count - 1];
    if (live) {
        carry(t, c, c->results_count);
        meet(t, c);
        spill_all(t);
        emit_jump(t, c->label);
    }
    pop_to(t, c->height);
    kill_path(t);
    t->dead = false;
    c->has_else = true;
    for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = c->entry[i];
    bind_label(t, c->else_label);
    push_types(t, c->params, c->params_count);
}
void wrt__tr_end(struct wrt__translator *t, bool live)
{
    if (t->failed) return;
    struct wrt__ctl *c = &t->ctl[t->ctl_count - 1];
    if (t->ctl_count == 1) {
        if (live) emit_return(t);
        t->ctl_count = 0;
        return;
    }
    if (live) {
        carry(t, c, c->results_count);
        meet(t, c);
    }
    if (c->kind == WRT__IF && !c->has_else) {
        for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = c->entry[i];
        meet(t, c);
    }
    if (c->kind != WRT__LOOP) {
        for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = c->out_set ? c->out[i] : UINT64_MAX;
    } else if (!live) {
        for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = UINT64_MAX;
    }
    spill_all(t);
    pop_to(t, c->height);
    if (!live) kill_path(t);
    t->dead = false;
    if (c->kind == WRT__IF && !c->has_else) bind_label(t, c->else_label);
    if (c->kind != WRT__LOOP) bind_label(t, c->label);
    push_types(t, c->results, c->results_count);
    t->ctl_count--;
}

static struct wrt__ctl *target_of(struct wrt__translator *t, uint32_t depth)
{
    return &t->ctl[t->ctl_count - 1 - depth];
}
void wrt__tr_br(struct wrt__translator *t, uint32_t depth)
{
    if (t->failed) return;
    struct wrt__ctl *c = target_of(t, depth);
    if (c == t->ctl) {
        emit_return(t);
    } else {
        meet(t, c);
        carry(t, c, arity_of(c));
        spill_all(t);
        emit_jump(t, c->label);
    }
    kill_path(t);
}
void wrt__tr_return(struct wrt__translator *t)
{
    if (t->failed) return;
    emit_return(t);
    kill_path(t);
}
void wrt__tr_unreachable(struct wrt__translator *t)
{
    if (t->failed) return;
    wrt__emit(t, WRT__R_UNREACHABLE, WRT__F_R)->site = true;
    wrt__seg_new(t);
    t->barrier = t->ins_count;
    kill_path(t);
}
/* A label for out-of-line moves on the edge to c. Values have been materialised. */
static uint32_t stub_for(struct wrt__translator *t, const struct wrt__ctl *c)
{
    uint32_t n = arity_of(c);
    bool is_return = c == t->ctl;
    uint32_t label = wrt__label_new(t);
    t->labels[label].price = is_return ? label : c->label;
    t->labels[label].free_edge = is_return;
    t->stubs[t->stubs_count++] = (struct wrt__stub){ .label = label,
        .target = c->label,
        .from = wrt__temp_slot(t, t->sp - n),
        .to = is_return ? 0 : wrt__temp_slot(t, c->height),
        .n = n,
        .is_return = is_return };
    return label;
}
void wrt__tr_br_if(struct wrt__translator *t, uint32_t depth)
{
    if (t->failed) return;
    struct wrt__ctl *c = target_of(t, depth);
    struct wrt__val top = t->stack[t->sp - 1];
    uint32_t label = c->label, n = arity_of(c);
    meet(t, c);
    t->sp--; /* look below the condition */
    bool direct = c != t->ctl && in_place(t, c);
    if (!direct) {
        int cls = wrt__class_of(top.type);
        if (n > 0) {
            if (top.kind == WRT__V_ACC) { /* moves may come between: the condition goes to a slot */
                t->acc_val[cls] = -1;
                wrt__to_slot(t, &top, t->sp);
            }
            spill_all(t);
            materialise_from(t, t->sp - n);
        }
        direct = c != t->ctl && in_place(t, c);
        if (!direct) label = stub_for(t, c);
    }
    t->stack[t->sp++] = top;
    wrt__branch_on_top(t, false, label);
}
void wrt__tr_br_table(struct wrt__translator *t, const uint32_t *depths, uint32_t count)
{
    if (t->failed) return;
    struct wrt__val index = t->stack[t->sp - 1];
    uint32_t at = t->sp - 1;
    if (index.kind == WRT__V_LOCAL) t->pending[index.k]--;
    t->sp--;
    if (index.kind == WRT__V_ACC) t->acc_val[0] = -1;
    if (index.kind == WRT__V_CONST || (index.kind == WRT__V_ACC && t->clean < t->sp))
        wrt__to_slot(t, &index, at);
    flush(t); /* moves do not write locals: an index that is a local can still be read from there */
    if (!room(t, &t->targets, &t->targets_cap, t->targets_count + count, sizeof *t->targets) ||
        !room(t, &t->stubs, &t->stubs_cap, t->stubs_count + count, sizeof *t->stubs) ||
        !room(t, &t->labels, &t->labels_cap, t->labels_count + count + 8, sizeof *t->labels)) return;
    uint32_t op = WRT__R_BRTABLE_S;
#if WRT_FUSE_FULL
    if (wrt__mode(t, &index) == 'A') op = WRT__R_BRTABLE_A;
#endif
    struct wrt__ins *x = wrt__emit(t, op, WRT__F_TABLE);
    x->a = index.slot;
    x->imm = count - 1;
    x->k = t->targets_count;
    for (uint32_t i = 0; i < count; i++) {
        struct wrt__ctl *c = target_of(t, depths[i]);
        uint32_t label = c->label;
        if (c->stub_of == t->ins_count) {
            label = c->stub;
        } else {
            meet(t, c);
            if (c == t->ctl || !in_place(t, c)) label = stub_for(t, c);
            c->stub_of = t->ins_count;
            c->stub = label;
        }
        t->targets[t->targets_count++] = label;
    }
    wrt__seg_new(t);
    t->barrier = t->ins_count;
    kill_path(t);
}

/* ---- calls
 * ---------------------------------------------------------------------------------------------------------
 */

/* The arguments go to consecutive slots; the callee's frame begins there. Returns the first. */
static uint32_t prepare_call(struct wrt__translator *t, const struct wrt__functype *f)
{
    uint32_t n = t->sp - f->params;
    spill_all(t);
    materialise_from(t, n < t->clean ? t->clean : n);
    pop_to(t, n);
    return wrt__temp_slot(t, n);
}
static void finish_call(
    struct wrt__translator *t, const struct wrt__functype *f, struct wrt__ins *x, uint32_t first)
{
    uint32_t ins = (uint32_t)(x - t->ins);
    x->site = true;
    wrt__seg_new(t);
    t->ins[ins].seg = t->seg;
    t->barrier = t->ins_count;
    wrt__place_here(t);
    forget_mirrors(t);
    uint32_t height = t->sp;
    for (uint32_t i = 0; i < f->results; i++) push_slot(t, f->types[f->params + i]);
    if (height == t->clean) t->clean = t->sp;
    if (f->results == 1) t->acc_slot[wrt__class_of(f->types[f->params])] = (int32_t)first;
}
static struct wrt__ins *emit_slow(
    struct wrt__translator *t, enum wrt__slowop op, uint32_t a, uint32_t delta, uint32_t lo, uint32_t hi)
{
    struct wrt__ins *x = wrt__emit(t, WRT__R_SLOW, WRT__F_SLOW);
    x->d = (uint16_t)op;
    x->a = (uint16_t)a;
    x->b = (uint16_t)delta;
    x->k = lo | (uint64_t)hi << 32;
    x->seg = WRT__NO_INS; /* no price unless the operator ends its block */
    x->site = true;
    return x;
}
/* After a tail call that could not reuse the frame (another instance, a host function): return its results.
 */
static void return_results(struct wrt__translator *t)
{
    emit_return(t);
    kill_path(t);
}
void wrt__tr_call(struct wrt__translator *t, uint32_t func, bool tail)
{
    if (t->failed) return;
    const struct wrt__module *m = t->module;
    const struct wrt__functype *f = &m->types[m->funcs[func].type];
    bool imported = func < m->funcs_imported;
    uint32_t first = prepare_call(t, f);
    struct wrt__ins *x;
    if (imported) {
        x = emit_slow(
            t, WRT__SLOW_CALL_IMPORT, f->params > f->results ? f->params : f->results, first, func, 0);
    } else if (tail) {
        x = emit_slow(t, WRT__SLOW_RETURN_CALL, t->link, first, func, 0);
    } else {
        x = wrt__emit(t, WRT__R_CALL, WRT__F_CALL);
        x->k = func;
        x->b = (uint16_t)first;
    }
    finish_call(t, f, x, first);
    if (tail) return_results(t);
}
void wrt__tr_call_indirect(struct wrt__translator *t, uint32_t type, uint32_t table, bool tail)
{
    if (t->failed) return;
    const struct wrt__functype *f = &t->module->types[type];
    uint32_t at = t->sp - 1;
    if (t->stack[at].kind == WRT__V_CONST || t->stack[at].kind == WRT__V_ACC) wrt__materialise(t, at);
    struct wrt__val index = wrt__pop(t);
    uint32_t first = prepare_call(t, f);
    struct wrt__ins *x;
    if (tail || table != 0) {
        enum wrt__slowop op = tail ? WRT__SLOW_RETURN_CALL_INDIRECT : WRT__SLOW_CALL_OTHER;
        x = emit_slow(t, op, index.slot, first, f->canon, table | (tail ? t->link << 16 : 0));
    } else {
        uint32_t op = WRT__R_CALLI_S;
#if WRT_FUSE_FULL
        if (t->acc_slot[0] == index.slot) op = WRT__R_CALLI_A;
#endif
        x = wrt__emit(t, op, WRT__F_CALLI);
        x->a = index.slot;
        x->b = (uint16_t)first;
        x->k = f->canon;
    }
    finish_call(t, f, x, first);
    if (tail) return_results(t);
}

/* ---- parametric and variable operators ------------------------------------------------------------------- */

void wrt__tr_drop(struct wrt__translator *t)
{
    if (t->failed) return;
    (void)wrt__pop(t);
}
void wrt__tr_local_get(struct wrt__translator *t, uint32_t i)
{
    if (t->failed) return;
    if (!is_assigned(t, i) && i >= t->zero_end) t->zero_end = i + 1;
    push_local(t, i);
}
/* Lazy reads of local i below the top get their own copy before the local changes. */
static void save_readers(struct wrt__translator *t, uint32_t i)
{
    uint16_t slot = wrt__local_slot(t, i);
    uint32_t first = t->ins_count, barrier = t->barrier;
    struct wrt__val *top = &t->stack[t->sp - 1];
    bool top_reads = top->kind == WRT__V_LOCAL && top->slot == slot;
    uint32_t left = t->pending[i] - (top_reads ? 1u : 0u);
    if (left == 0) return;
    bool rotate = top->kind == WRT__V_ACC && top->prod == first - 1 && first > barrier;
    t->barrier = first; /* no merging with earlier moves */
    for (uint32_t k = t->sp - 1; left > 0; k--) {
        struct wrt__val *v = &t->stack[k - 1];
        if (v->kind != WRT__V_LOCAL || v->slot != slot) continue;
        uint32_t own = wrt__temp_slot(t, k - 1);
        wrt__move(t, own, slot);
        v->kind = WRT__V_SLOT;
        v->slot = (uint16_t)own;
        t->pending[i]--;
        left--;
    }
    t->barrier = barrier;
    if (rotate) { /* moves first, the producer last, so that it can still write the local itself */
        struct wrt__ins producer = t->ins[first - 1];
        memmove(&t->ins[first - 1], &t->ins[first], (t->ins_count - first) * sizeof *t->ins);
        t->ins[t->ins_count - 1] = producer;
        t->stack[t->sp - 1].prod = t->ins_count - 1;
    }
}
static void set_local(struct wrt__translator *t, uint32_t i, bool tee)
{
    uint16_t slot = wrt__local_slot(t, i);
    set_assigned(t, i);
    if (t->pending[i] > 0) save_readers(t, i);
    struct wrt__val v = wrt__pop(t);
    int c = wrt__class_of(v.type);
    struct wrt__ins *last = t->ins_count > t->barrier ? &t->ins[t->ins_count - 1] : NULL;
    if (v.kind == WRT__V_ACC && wrt__is_last(t, &v)) {
        retarget(t, v.prod, slot);
        wrt__wrote_slot(t, slot);
        t->acc_slot[c] = slot;
#if WRT_FUSE_FULL
    } else if (v.kind == WRT__V_ACC) {
        wrt__emit(t,
            (uint32_t)(c == 0 ? WRT__R_STA_I
                    : c == 1  ? WRT__R_STA_D
                              : WRT__R_STA_F),
            WRT__F_R)
            ->d = slot;
        wrt__wrote_slot(t, slot);
        t->acc_slot[c] = slot;
#endif
    } else if (v.kind == WRT__V_CONST) {
        move_const(t, slot, v.k);
    } else if (v.kind == WRT__V_SLOT && last && last->dst && v.prod == t->ins_count - 1
        && last->d == v.slot) {
        last->d = slot; /* the short list: producers always write a slot */
        wrt__wrote_slot(t, slot);
        if (WRT_FUSE_FULL) t->acc_slot[c] = slot;
    } else if (v.slot != slot) {
        bool mirrored = WRT_FUSE_FULL && t->acc_slot[c] == v.slot;
        copy_slot(t, slot, v.slot, c);
        if (mirrored) t->acc_slot[c] = slot;
    }
    if (!tee) return;
    if (v.kind == WRT__V_CONST) wrt__push(t, WRT__V_CONST, v.type)->k = v.k;
    else push_local(t, i);
}
void wrt__tr_local_set(struct wrt__translator *t, uint32_t i)
{
    if (!t->failed) set_local(t, i, false);
}
void wrt__tr_local_tee(struct wrt__translator *t, uint32_t i)
{
    if (!t->failed) set_local(t, i, true);
}
static bool is_own_global(const struct wrt__translator *t, uint32_t i)
{
    return i >= t->module->globals_imported;
}
void wrt__tr_global_get(struct wrt__translator *t, uint32_t i)
{
    if (t->failed) return;
    uint8_t type = t->module->globals[i].type;
    int c = wrt__class_of(type);
    static const uint16_t own[3] = { WRT__R_GGET_I, WRT__R_GGET_D, WRT__R_GGET_F },
                          cell[3] = { WRT__R_XGET_I, WRT__R_XGET_D, WRT__R_XGET_F };
    wrt__clobber(t, c);
    struct wrt__ins *x = wrt__emit(t, is_own_global(t, i) ? own[c] : cell[c], WRT__F_I);
    x->imm = is_own_global(t, i) ? i - t->module->globals_imported : i;
    wrt__push_acc(t, type);
}
void wrt__tr_global_set(struct wrt__translator *t, uint32_t i)
{
    if (t->failed) return;
    uint32_t at = t->sp - 1;
    struct wrt__val *top = &t->stack[at];
    bool own = is_own_global(t, i);
    if (top->kind == WRT__V_CONST || (top->kind == WRT__V_ACC && (!own || wrt__class_of(top->type) != 0)))
        wrt__materialise(t, at);
    struct wrt__val v = wrt__pop(t);
    uint32_t op = own ? WRT__R_GSET_S : WRT__R_XSET_S;
#if WRT_FUSE_FULL
    if (own && wrt__class_of(v.type) == 0 && wrt__mode(t, &v) == 'A') op = WRT__R_GSET_A;
#endif
    struct wrt__ins *x = wrt__emit(t, op, WRT__F_I);
    x->a = v.slot;
    x->imm = own ? i - t->module->globals_imported : i;
}
void wrt__tr_const(struct wrt__translator *t, uint8_t type, uint64_t bits)
{
    if (t->failed) return;
    wrt__push(t, WRT__V_CONST, type)->k = bits;
}
void wrt__tr_ref_null(struct wrt__translator *t, uint8_t type)
{
    wrt__tr_const(t, type, 0);
}

/* ---- operators that leave the loop ----------------------------------------------------------------------- */

/* Operands into consecutive slots; returns the first. */
static uint32_t slow_operands(struct wrt__translator *t, uint32_t n)
{
    uint32_t first = t->sp - n;
    spill_all(t);
    materialise_from(t, first < t->clean ? t->clean : first);
    pop_to(t, first);
    return wrt__temp_slot(t, first);
}
static void slow_result(struct wrt__translator *t, uint8_t type)
{
    t->barrier = t->ins_count;
    forget_mirrors(t);
    uint32_t height = t->sp;
    push_slot(t, type);
    if (height == t->clean) t->clean = t->sp;
}
/* Its block ends with it: the rest is charged after it. */
static void end_block(struct wrt__translator *t, struct wrt__ins *x)
{
    uint32_t ins = (uint32_t)(x - t->ins);
    wrt__seg_new(t);
    t->ins[ins].seg = t->seg;
    t->barrier = t->ins_count;
    forget_mirrors(t);
    wrt__place_here(t);
}
void wrt__tr_memory_size(struct wrt__translator *t)
{
    if (t->failed) return;
    wrt__clobber(t, 0);
    wrt__emit(t, WRT__R_MEMSIZE, WRT__F_R);
    wrt__push_acc(t, WRT__I32);
}
void wrt__tr_memory_grow(struct wrt__translator *t)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 1);
    end_block(t, emit_slow(t, WRT__SLOW_GROW, 0, first, 0, 0));
    slow_result(t, WRT__I32);
}
void wrt__tr_bulk(struct wrt__translator *t, uint32_t op, uint32_t a, uint32_t b)
{
    if (t->failed) return;
    static const uint8_t slow[] = { WRT__SLOW_MEMORY_INIT, WRT__SLOW_DATA_DROP, WRT__SLOW_MEMORY_COPY,
        WRT__SLOW_MEMORY_FILL, WRT__SLOW_TABLE_INIT, WRT__SLOW_ELEM_DROP, WRT__SLOW_TABLE_COPY, 0, 0,
        WRT__SLOW_TABLE_FILL };
    uint32_t k = op - 256 - 8;
    bool drops = k == 1 || k == 5;
    uint32_t first = slow_operands(t, drops ? 0 : 3);
    struct wrt__ins *x = emit_slow(t, (enum wrt__slowop)slow[k], 0, first, a, b);
    if (!drops) end_block(t, x);
    t->barrier = t->ins_count;
}
void wrt__tr_table_get(struct wrt__translator *t, uint32_t table)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 1);
    emit_slow(t, WRT__SLOW_TABLE_GET, 0, first, table, 0);
    slow_result(t, t->module->tables[table].elem);
}
void wrt__tr_table_set(struct wrt__translator *t, uint32_t table)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 2);
    emit_slow(t, WRT__SLOW_TABLE_SET, 0, first, table, 0);
    t->barrier = t->ins_count;
}
void wrt__tr_table_size(struct wrt__translator *t, uint32_t table)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 0);
    emit_slow(t, WRT__SLOW_TABLE_SIZE, 0, first, table, 0);
    slow_result(t, WRT__I32);
}
void wrt__tr_table_grow(struct wrt__translator *t, uint32_t table)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 2);
    end_block(t, emit_slow(t, WRT__SLOW_TABLE_GROW, 0, first, table, 0));
    slow_result(t, WRT__I32);
}
void wrt__tr_ref_func(struct wrt__translator *t, uint32_t func)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 0);
    emit_slow(t, WRT__SLOW_REF_FUNC, 0, first, func, 0);
    slow_result(t, WRT__FUNCREF);
}

/* ---- the end of a body ----------------------------------------------------------------------------------- */

static void emit_stubs(struct wrt__translator *t, uint32_t end_offset)
{
    for (uint32_t i = 0; i < t->stubs_count; i++) {
        const struct wrt__stub s = t->stubs[i];
        if (!room(t, &t->ins, &t->ins_cap, t->ins_count + 24, sizeof *t->ins) ||
            !room(t, &t->places, &t->places_cap, t->places_count + 4, sizeof *t->places) ||
            !room(t, &t->segs, &t->segs_cap, t->segs_count + 4, sizeof *t->segs)) return;
        bind_label(t, s.label);
        t->places[t->places_count - 1].offset = s.is_return ? end_offset
                                                            : t->places[t->labels[s.target].place].offset;
        t->places_open = t->places_count;
        move_many(t, s.to, s.from, s.is_return && s.n == 1 ? 0 : s.n);
        if (!s.is_return) {
            wrt__emit(t, WRT__R_GOTO, WRT__F_GOTO)->label = s.target;
        } else {
            uint32_t op = WRT__R_RET;
            int c = s.n == 1 ? wrt__class_of(t->type->types[t->params]) : 0;
            if (s.n == 1) op = c == 0 ? WRT__R_RET_I_S : c == 1 ? WRT__R_RET_D_S : WRT__R_RET_F_S;
            struct wrt__ins *x = wrt__emit(t, op, WRT__F_R);
            x->a = (uint16_t)s.from;
            x->b = (uint16_t)t->link;
            x->site = true;
        }
        t->barrier = t->ins_count;
    }
}
wrt_status wrt__tr_finish(struct wrt__translator *t, uint32_t end_offset, wrt_error *err)
{
    if (!t->failed) {
        t->segs[t->seg] = t->cost;
        t->offset = end_offset;
        for (; t->places_open < t->places_count; t->places_open++)
            t->places[t->places_open].offset = end_offset;
        emit_stubs(t, end_offset);
    }
    if (!t->failed && t->base + t->height_max > WRT__SLOTS_PER_FRAME) fail_body(t, WRT_E_LIMIT, "frame");
    if (t->failed == WRT_E_LIMIT) {
        return wrt__fail_table(err, WRT_E_LIMIT, 401, t->failed_what,
            "function %u: %s above what a frame can hold", t->func, t->failed_what);
    }
    if (t->failed)
        return wrt__fail(
            err, WRT_E_NOMEM, 402, t->offset, "no memory for the translation of function %u", t->func);
    return wrt__encode(t, end_offset, err);
}
