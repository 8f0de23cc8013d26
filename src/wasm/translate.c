/* translate.c: the operand stack of a body as the translator sees it, and control flow. Values stay lazy (a
 * local, a constant) or in an accumulator until something needs them in a slot. At every checkpoint each
 * value is in its slot or is lazy, so a stopped frame looks the same in every build. Operators and fusions:
 * fuse.c. */
#include "wasm/translator.h"

/* ---- growing arrays; a failure is remembered and ends the body --------------------------------- */

static void fail_body(struct wrt__translator *t, wrt_status status, const char *what)
{
    if (t->failed == WRT_OK) {
        t->failed = status;
        t->failed_what = what;
    }
}
bool wrt__room(struct wrt__translator *t, void *array, uint32_t *cap, uint32_t need, size_t element)
{
    if (WRT_LIKELY(need <= *cap)) return true;
    if (wrt__grow(t->module->alloc, array, cap, need, element, WRT_TAG_CODE)) return true;
    fail_body(t, WRT_E_NOMEM, "translation");
    return false;
}
/* Before each operator there is room for all that one operator can emit or push: instructions and values
 * before every one, what only control needs before those that end a block or open one. */
static inline uint32_t room_of_ins(const struct wrt__translator *t)
{
    return t->ins_count + 2 * (t->sp - t->clean) + 64;
}
static inline uint32_t room_of_values(const struct wrt__translator *t) { return t->sp + 1100; }
static inline bool has_room(const struct wrt__translator *t)
{
    return room_of_ins(t) <= t->ins_cap && room_of_values(t) <= t->stack_cap;
}
static inline bool reserve(struct wrt__translator *t)
{
    return wrt__room(t, &t->ins, &t->ins_cap, room_of_ins(t), sizeof *t->ins)
        && wrt__room(t, &t->stack, &t->stack_cap, room_of_values(t), sizeof *t->stack);
}
static bool reserve_control(struct wrt__translator *t)
{
    return wrt__room(t, &t->labels, &t->labels_cap, t->labels_count + 8, sizeof *t->labels) &&
           wrt__room(t, &t->segs, &t->segs_cap, t->segs_count + 8, sizeof *t->segs) &&
           wrt__room(t, &t->places, &t->places_cap, t->places_count + 8, sizeof *t->places) &&
           wrt__room(t, &t->stubs, &t->stubs_cap, t->stubs_count + 2, sizeof *t->stubs) &&
           wrt__room(t, &t->ctl, &t->ctl_cap, t->ctl_count + 1, sizeof *t->ctl);
}
static bool is_control(uint32_t op) { return op <= 0x13 || op == 0x40 || op >= 256; }

/* ---- instructions, segments, labels ------------------------------------------------------------ */

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
void wrt__forget_mirrors(struct wrt__translator *t)
{
    for (int c = 0; c < WRT__ACCS; c++) t->acc_slot[c] = -1;
}
void wrt__bind_label(struct wrt__translator *t, uint32_t label)
{
    struct wrt__label *l = &t->labels[label];
    l->seg = t->seg;
    l->off = t->cost;
    l->at = t->ins_count;
    wrt__place_here(t);
    l->place = t->places_count - 1;
    t->barrier = t->ins_count;
    wrt__forget_mirrors(t);
}

/* ---- accumulators and slots -------------------------------------------------------------------- */

void wrt__wrote_slot(struct wrt__translator *t, uint32_t slot)
{
    for (int c = 0; c < WRT__ACCS; c++) {
        if (t->acc_slot[c] == (int32_t)slot) t->acc_slot[c] = -1;
    }
    if (t->d_before == (int32_t)slot) t->d_before = -1;
    if (t->d1_before == (int32_t)slot) t->d1_before = -1;
    if (t->i_before == (int32_t)slot) t->i_before = -1;
}
void wrt__retarget(struct wrt__translator *t, uint32_t ins, uint16_t slot)
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
    wrt__retarget(t, v->prod, slot);
    v->kind = WRT__V_SLOT;
    v->slot = slot;
    t->acc_val[c] = -1;
    wrt__wrote_slot(t, slot);
    t->acc_slot[c] = slot;
}
void wrt__spill_all(struct wrt__translator *t)
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
void wrt__push_slot(struct wrt__translator *t, uint8_t type)
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
void wrt__pop_to(struct wrt__translator *t, uint32_t height)
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
void wrt__move_const(struct wrt__translator *t, uint32_t to, uint64_t k)
{
    struct wrt__ins *x = wrt__emit(t, WRT__R_MOVI, WRT__F_IK);
    x->d = (uint16_t)to;
    x->k = k;
    wrt__wrote_slot(t, to);
}
/* Slot `to` gets the value of slot `from`, from the accumulator when that mirrors it. */
void wrt__copy_slot(struct wrt__translator *t, uint32_t to, uint32_t from, int c)
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
        wrt__move_const(t, slot, v->k);
    } else {
        if (v->kind == WRT__V_LOCAL) t->pending[v->k]--;
        wrt__copy_slot(t, slot, v->slot, wrt__class_of(v->type));
    }
    v->kind = WRT__V_SLOT;
    v->slot = (uint16_t)slot;
}
void wrt__materialise_from(struct wrt__translator *t, uint32_t first)
{
    for (uint32_t i = first; i < t->sp; i++) wrt__materialise(t, i);
}
/* Every stack entry into its own slot. */
void wrt__flush(struct wrt__translator *t)
{
    wrt__spill_all(t);
    wrt__materialise_from(t, t->clean);
    t->clean = t->sp;
}
void wrt__to_slot(struct wrt__translator *t, struct wrt__val *v, uint32_t i)
{
    uint16_t slot = wrt__temp_slot(t, i);
    if (v->kind == WRT__V_ACC || v->kind == WRT__V_PREV) {
        wrt__retarget(t, v->prod, slot);
        wrt__wrote_slot(t, slot);
        t->acc_slot[v->kind == WRT__V_PREV ? WRT__D1 : wrt__class_of(v->type)] = slot;
    } else if (v->kind == WRT__V_CONST) {
        wrt__move_const(t, slot, v->k);
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

/* ---- definite assignment: which declared locals need clearing ---------------------------------- */

static bool is_assigned(const struct wrt__translator *t, uint32_t local)
{
    return local < 64 * WRT__ASSIGNED_WORDS && (t->assigned[local / 64] >> (local % 64) & 1);
}
static void set_assigned(struct wrt__translator *t, uint32_t local)
{
    if (local < 64 * WRT__ASSIGNED_WORDS) t->assigned[local / 64] |= 1ull << (local % 64);
}
/* A path with the present state reaches the end of block c. */
void wrt__meet(struct wrt__translator *t, struct wrt__ctl *c)
{
    if (c->kind == WRT__LOOP) return;
    for (int i = 0; i < WRT__ASSIGNED_WORDS; i++)
        c->out[i] = c->out_set ? c->out[i] & t->assigned[i] : t->assigned[i];
    c->out_set = true;
}

/* ---- bodies ------------------------------------------------------------------------------------ */

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

struct wrt__ctl *wrt__ctl_push(struct wrt__translator *t, enum wrt__block kind)
{
    struct wrt__ctl *c = &t->ctl[t->ctl_count++];
    c->kind = (uint8_t)kind;
    c->has_else = c->out_set = false;
    c->stub_of = WRT__NO_INS;
    c->label = wrt__label_new(t);
    c->else_label = kind == WRT__IF ? wrt__label_new(t) : 0;
    return c;
}
void wrt__keep_entry_state(struct wrt__translator *t, struct wrt__ctl *c)
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
        || !wrt__room(t, &t->pending, &t->pending_cap, locals_count + 1, sizeof *t->pending))
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
    if (entry > WRT__PRICE_MAX) {
        fail_body(t, WRT_E_LIMIT, "price of entering a function");
        return;
    }
    t->cost = (uint32_t)entry;
    wrt__place_here(t);
    struct wrt__ctl *c = wrt__ctl_push(t, WRT__BLOCK);
    c->height = 0;
    c->params_count = 0;
    c->params = NULL;
    c->results = t->type->types + t->params;
    c->results_count = t->type->results;
    wrt__keep_entry_state(t, c);
}

/* Straight code that would come above the cap gets a checkpoint of its own, before the operator. */
static void cut_block(struct wrt__translator *t)
{
    if (!reserve_control(t)) return;
    wrt__spill_all(t);
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
WRT_NOINLINE static void operator_rare(struct wrt__translator *t, uint32_t offset, uint32_t op)
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
/* Once for each operator of a binary: most of them ask for nothing, and take the way without calls. */
void wrt__tr_op(struct wrt__translator *t, uint32_t offset, uint32_t op)
{
    uint32_t cost = t->cost + wrt__op_cost(t->fuel, op);
    if (WRT_LIKELY(!t->failed && !t->dead && t->places_open == t->places_count && !is_control(op)
            && t->acc_val[WRT__D1] < 0 && has_room(t) && t->base + t->sp <= WRT__SLOTS_PER_FRAME
            && cost <= WRT__BLOCK_FUEL)) {
        t->offset = offset;
        t->cost = cost;
        return;
    }
    operator_rare(t, offset, op);
}

/* ---- parametric and variable operators --------------------------------------------------------- */

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
        wrt__retarget(t, v.prod, slot);
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
        wrt__move_const(t, slot, v.k);
    } else if (v.kind == WRT__V_SLOT && last && last->dst && v.prod == t->ins_count - 1
        && last->d == v.slot) {
        last->d = slot; /* the short list: producers always write a slot */
        wrt__wrote_slot(t, slot);
        if (WRT_FUSE_FULL) t->acc_slot[c] = slot;
    } else if (v.slot != slot) {
        bool mirrored = WRT_FUSE_FULL && t->acc_slot[c] == v.slot;
        wrt__copy_slot(t, slot, v.slot, c);
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

/* ---- operators that leave the loop ------------------------------------------------------------- */

/* Operands into consecutive slots; returns the first. */
static uint32_t slow_operands(struct wrt__translator *t, uint32_t n)
{
    uint32_t first = t->sp - n;
    wrt__spill_all(t);
    wrt__materialise_from(t, first < t->clean ? t->clean : first);
    wrt__pop_to(t, first);
    return wrt__temp_slot(t, first);
}
static void slow_result(struct wrt__translator *t, uint8_t type)
{
    t->barrier = t->ins_count;
    wrt__forget_mirrors(t);
    uint32_t height = t->sp;
    wrt__push_slot(t, type);
    if (height == t->clean) t->clean = t->sp;
}
/* Its block ends with it: the rest is charged after it. */
static void end_block(struct wrt__translator *t, struct wrt__ins *x)
{
    uint32_t ins = (uint32_t)(x - t->ins);
    wrt__seg_new(t);
    t->ins[ins].seg = t->seg;
    t->barrier = t->ins_count;
    wrt__forget_mirrors(t);
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
    t->module->funcs[t->func].does |= WRT__DOES_GROW;
    end_block(t, wrt__emit_slow(t, WRT__SLOW_GROW, 0, first, 0, 0));
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
    t->module->funcs[t->func].does |= WRT__DOES_BULK;
    struct wrt__ins *x = wrt__emit_slow(t, (enum wrt__slowop)slow[k], 0, first, a, b);
    if (!drops) end_block(t, x);
    t->barrier = t->ins_count;
}
void wrt__tr_table_get(struct wrt__translator *t, uint32_t table)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 1);
    wrt__emit_slow(t, WRT__SLOW_TABLE_GET, 0, first, table, 0);
    slow_result(t, t->module->tables[table].elem);
}
void wrt__tr_table_set(struct wrt__translator *t, uint32_t table)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 2);
    wrt__emit_slow(t, WRT__SLOW_TABLE_SET, 0, first, table, 0);
    t->barrier = t->ins_count;
}
void wrt__tr_table_size(struct wrt__translator *t, uint32_t table)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 0);
    wrt__emit_slow(t, WRT__SLOW_TABLE_SIZE, 0, first, table, 0);
    slow_result(t, WRT__I32);
}
void wrt__tr_table_grow(struct wrt__translator *t, uint32_t table)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 2);
    t->module->funcs[t->func].does |= WRT__DOES_BULK;
    end_block(t, wrt__emit_slow(t, WRT__SLOW_TABLE_GROW, 0, first, table, 0));
    slow_result(t, WRT__I32);
}
void wrt__tr_ref_func(struct wrt__translator *t, uint32_t func)
{
    if (t->failed) return;
    uint32_t first = slow_operands(t, 0);
    wrt__emit_slow(t, WRT__SLOW_REF_FUNC, 0, first, func, 0);
    slow_result(t, WRT__FUNCREF);
}

/* ---- the end of a body ------------------------------------------------------------------------- */

wrt_status wrt__tr_finish(struct wrt__translator *t, uint32_t end_offset, wrt_error *err)
{
    if (!t->failed) {
        t->segs[t->seg] = t->cost;
        t->offset = end_offset;
        for (; t->places_open < t->places_count; t->places_open++)
            t->places[t->places_open].offset = end_offset;
        wrt__emit_stubs(t, end_offset);
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
