/* control.c: blocks, branches, calls and returns: where values must lie when paths meet, and out-of-line
 * moves where they do not. Every branch, call and return ends a segment here; what that costs is encode.c's.
 */
#include "wasm/translator.h"

/* ---- moving block results to where the target expects them ------------------------------------- */

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
    wrt__forget_mirrors(t);
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
            wrt__retarget(t, v->prod, (uint16_t)to);
            t->acc_val[cls] = -1;
            wrt__wrote_slot(t, to);
            t->acc_slot[cls] = (int32_t)to;
            v->kind = WRT__V_SLOT;
            v->slot = (uint16_t)to;
        } else if (v->kind == WRT__V_CONST) {
            wrt__move_const(t, to, v->k);
        } else {
            if (v->kind == WRT__V_ACC) wrt__spill(t, cls);
            wrt__copy_slot(t, to, v->slot, cls);
        }
        return;
    }
    wrt__spill_all(t);
    wrt__materialise_from(t, t->sp - n);
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
            wrt__spill_all(t);
            wrt__materialise_from(t, t->sp - n);
            move_many(t, 0, wrt__temp_slot(t, t->sp - n), n);
        }
        x = wrt__emit(t, WRT__R_RET, WRT__F_R);
    }
    x->b = (uint16_t)t->link;
    x->site = true;
    wrt__seg_new(t);
    t->barrier = t->ins_count;
}

/* ---- control ----------------------------------------------------------------------------------- */

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
        wrt__spill_all(t);
        wrt__materialise_from(t, t->clean < t->sp ? t->clean : t->sp);
        t->clean = t->sp;
        if (top.kind == WRT__V_ACC) t->acc_val[c] = (int32_t)t->sp;
        t->stack[t->sp++] = top;
    } else {
        wrt__flush(t);
    }
    struct wrt__ctl *c = wrt__ctl_push(t, kind);
    c->params = params;
    c->params_count = params_count;
    c->results = results;
    c->results_count = results_count;
    if (kind == WRT__IF) wrt__branch_on_top(t, true, c->else_label);
    c->height = t->sp - params_count;
    wrt__keep_entry_state(t, c);
    if (kind == WRT__LOOP) wrt__bind_label(t, c->label);
}

static void push_types(struct wrt__translator *t, const uint8_t *types, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) wrt__push_slot(t, types[i]);
    t->clean = t->sp;
}
void wrt__tr_else(struct wrt__translator *t, bool live)
{
    if (t->failed) return;
    struct wrt__ctl *c = &t->ctl[t->ctl_count - 1];
    if (live) {
        carry(t, c, c->results_count);
        wrt__meet(t, c);
        wrt__spill_all(t);
        emit_jump(t, c->label);
    }
    wrt__pop_to(t, c->height);
    kill_path(t);
    t->dead = false;
    c->has_else = true;
    for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = c->entry[i];
    wrt__bind_label(t, c->else_label);
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
        wrt__meet(t, c);
    }
    if (c->kind == WRT__IF && !c->has_else) {
        for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = c->entry[i];
        wrt__meet(t, c);
    }
    if (c->kind != WRT__LOOP) {
        for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = c->out_set ? c->out[i] : UINT64_MAX;
    } else if (!live) {
        for (int i = 0; i < WRT__ASSIGNED_WORDS; i++) t->assigned[i] = UINT64_MAX;
    }
    wrt__spill_all(t);
    wrt__pop_to(t, c->height);
    if (!live) kill_path(t);
    t->dead = false;
    if (c->kind == WRT__IF && !c->has_else) wrt__bind_label(t, c->else_label);
    if (c->kind != WRT__LOOP) wrt__bind_label(t, c->label);
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
        wrt__meet(t, c);
        carry(t, c, arity_of(c));
        wrt__spill_all(t);
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
    wrt__meet(t, c);
    t->sp--; /* look below the condition */
    bool direct = c != t->ctl && in_place(t, c);
    if (!direct) {
        int cls = wrt__class_of(top.type);
        if (n > 0) {
            if (top.kind == WRT__V_ACC) { /* moves may come between: the condition goes to a slot */
                t->acc_val[cls] = -1;
                wrt__to_slot(t, &top, t->sp);
            }
            wrt__spill_all(t);
            wrt__materialise_from(t, t->sp - n);
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
    wrt__flush(t); /* moves do not write locals: an index that is a local can still be read from there */
    if (!wrt__room(t, &t->targets, &t->targets_cap, t->targets_count + count, sizeof *t->targets) ||
        !wrt__room(t, &t->stubs, &t->stubs_cap, t->stubs_count + count, sizeof *t->stubs) ||
        !wrt__room(t, &t->labels, &t->labels_cap, t->labels_count + count + 8, sizeof *t->labels)) return;
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
            wrt__meet(t, c);
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

/* ---- calls ------------------------------------------------------------------------------------- */

/* The arguments go to consecutive slots; the callee's frame begins there. Returns the first. */
static uint32_t prepare_call(struct wrt__translator *t, const struct wrt__functype *f)
{
    uint32_t n = t->sp - f->params;
    wrt__spill_all(t);
    wrt__materialise_from(t, n < t->clean ? t->clean : n);
    wrt__pop_to(t, n);
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
    wrt__forget_mirrors(t);
    uint32_t height = t->sp;
    for (uint32_t i = 0; i < f->results; i++) wrt__push_slot(t, f->types[f->params + i]);
    if (height == t->clean) t->clean = t->sp;
    if (f->results == 1) t->acc_slot[wrt__class_of(f->types[f->params])] = (int32_t)first;
}
struct wrt__ins *wrt__emit_slow(
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
/* After a tail call that did not give up the frame (to a host function): return its results. */
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
    t->module->funcs[t->func].does |= WRT__DOES_CALL;
    struct wrt__ins *x;
    if (tail) {
        x = wrt__emit_slow(t, WRT__SLOW_RETURN_CALL, t->link, first, func, 0);
    } else if (imported) {
        x = wrt__emit_slow(
            t, WRT__SLOW_CALL_IMPORT, f->params > f->results ? f->params : f->results, first, func, 0);
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
    t->module->funcs[t->func].does |= WRT__DOES_CALL;
    uint32_t first = prepare_call(t, f);
    struct wrt__ins *x;
    if (tail || table != 0) {
        enum wrt__slowop op = tail ? WRT__SLOW_RETURN_CALL_INDIRECT : WRT__SLOW_CALL_OTHER;
        x = wrt__emit_slow(t, op, index.slot, first, f->canon, table | (tail ? t->link << 16 : 0));
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

void wrt__emit_stubs(struct wrt__translator *t, uint32_t end_offset)
{
    for (uint32_t i = 0; i < t->stubs_count; i++) {
        const struct wrt__stub s = t->stubs[i];
        if (!wrt__room(t, &t->ins, &t->ins_cap, t->ins_count + 24, sizeof *t->ins) ||
            !wrt__room(t, &t->places, &t->places_cap, t->places_count + 4, sizeof *t->places) ||
            !wrt__room(t, &t->segs, &t->segs_cap, t->segs_count + 4, sizeof *t->segs)) return;
        wrt__bind_label(t, s.label);
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
