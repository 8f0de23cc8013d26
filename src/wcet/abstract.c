/* abstract: runs states through bodies. Every invocation has a list of states that wait, by place; the one
 * that is furthest behind goes on until it would pass another. States that meet are merged: the dearer fuel
 * counts above, the cheaper below. Where a condition is unknown a state becomes two. So a loop turns as long
 * as one of its states does, and nothing behind it is begun before. Knows bodies and prices (wcet.h), nothing
 * of facts. */
#include "wcet/abstract.h"

/* A loop that may go on at every turn is closed on trial once, and for good when that shows no bound and it
 * still turns; one that was long, or had no bound, is closed early when it is entered again. */
enum {
    AX_FORK_STEPS = 30,
    AX_DEPTH_MAX = 10000,
    AX_EAGER_TURNS = 24,
    AX_TRIAL_TURNS = 128,
    AX_DOUBT_TURNS = 2048
};

/* ---- counts
 * -------------------------------------------------------------------------------------------------- */

static uint64_t *ax_loop_slot(
    const struct wrt__ax *x, const struct wrt__ax_body *b, uint64_t *array, uint32_t loop)
{
    (void)x;
    return &array[b->body->loop_first + loop];
}

static void ax_count(uint64_t *n)
{
    if (*n != WRT__WCET_INF) ++*n;
}

static void ax_count_turn(struct wrt__ax *x, const struct wrt__ax_body *b, uint32_t loop, uint32_t turn)
{
    uint64_t *most = ax_loop_slot(x, b, x->r->loop_max, loop);
    if (turn > *most) *most = turn;
    ax_count(ax_loop_slot(x, b, x->r->loop_total, loop));
    if (turn == 1) ax_count(ax_loop_slot(x, b, x->r->loop_entries, loop));
}

/* ---- what waits
 * ---------------------------------------------------------------------------------------------- */

/* How many states may wait apart at a place. */
static uint32_t ax_width(const struct wrt__ax *x, const struct wrt__ax_frame *f, const struct wrt__as *s)
{
    const struct wrt__wcet_body *body = f->b->body;
    if (s->pc >= body->count) return 1;
    if (f->b->apart && f->b->apart[s->pc]) return x->o->paths;
    if (s->key % 2 == 0 || body->ops[s->pc].code == WRT__OP_LOOP) return 1;
    return x->o->width;
}

void wrt__ax_insert(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s)
{
    struct wrt__as **at = &f->pending, *other;
    uint64_t passed = 0;            /* looking for the place is work too */
    while (*at && (*at)->key < s->key) {
        passed += (*at)->run < 8 ? 1 : (*at)->run;
        at = &(*at)->next;
    }
    x->steps += passed / 8;
    s->run = 1;
    for (other = *at; !s->apart && other && other->key == s->key && other->apart;) {
        other = other->next;
    }
    if (!s->apart && other && other->key == s->key) {
        const bool crowded = other->run >= ax_width(x, f, s);
        if (crowded || wrt__as_within(f->b, s, other, UINT32_MAX)) {
            wrt__as_merge(x, f->b, other, s);
            return;
        }
        s->run = other->run + 1;
    }
    s->next = *at;
    *at = s;
}

/* Key from which on states of f must wait whatever else does. */
static uint64_t ax_border(const struct wrt__ax_frame *f)
{
    const struct wrt__wcet_body *body = f->b->body;
    return f->closing ? 2 * (uint64_t)body->ops[body->loops[f->closing->loop]].a : UINT64_MAX;
}

/* s goes on at pc. False: it waits there. */
static bool ax_goto(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, uint32_t pc)
{
    s->pc = pc;
    s->key = wrt__ax_key(pc);
    if ((!f->pending || f->pending->key > s->key) && s->key < ax_border(f)) return true;
    wrt__ax_insert(x, f, s);
    return false;
}

/* The path may end here, and what goes on need not end anywhere else: in a loop that is closed it is one turn
 * of many, or it may turn out to be impossible. */
void wrt__ax_may_trap(struct wrt__ax *x, const struct wrt__as *s)
{
    const struct wrt__ax_body *b = x->frame->b;
    const uint64_t high = s->fuel_high + (s->pc < b->body->count ? b->rest[s->pc] : 0);
    x->r->may_trap = true;
    x->traps++;
    x->trap_endless |= s->endless;
    if (high > x->trap_high) x->trap_high = high;
}

void wrt__ax_trap(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s)
{
    const uint32_t rest = s->pc < f->b->body->count ? f->b->rest[s->pc] : 0;
    x->r->may_trap = true;
    x->traps++;
    x->trap_endless |= s->endless;
    if (s->fuel_high + rest > x->trap_high) x->trap_high = s->fuel_high + rest;
    wrt__as_free(x, s);
}

/* ---- loops
 * --------------------------------------------------------------------------------------------------- */

static void ax_forget_saved(struct wrt__ax *x, struct wrt__ax_loop *l)
{
    wrt__as_free(x, l->saved);
    l->saved = NULL;
    l->save_at = 2;
    l->tried = l->trusted = false;
    l->steps = x->steps;
    l->forks = x->forks;
}

static void ax_enter_loop(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, uint32_t loop)
{
    s->turns[f->b->depth[loop]] = 1;
    ax_forget_saved(x, &f->loops[loop]);
    ax_count_turn(x, f->b, loop, 1);
}

/* Nothing new comes of another turn, or there were too many. */
static bool ax_must_close(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, uint32_t loop, uint32_t turn, bool *trial)
{
    struct wrt__ax_loop *l = &f->loops[loop];
    uint8_t *eager = &x->eager[f->b->body->loop_first + loop];
    *trial = false;
    if (x->steps - l->steps > x->o->loop_steps) {
        *eager = 1;
        return true;
    }
    if (x->o->eager && turn > 2) return true;
    if (*eager && turn >= AX_EAGER_TURNS) return true;
    if (x->forks == l->forks) return false;
    if (turn >= AX_TRIAL_TURNS && !l->tried) {
        *trial = l->tried = true;
        return true;
    }
    if (turn >= AX_DOUBT_TURNS && !l->trusted) return true;
    if (l->saved && wrt__as_within(f->b, s, l->saved, 0)) return true;
    if (turn < l->save_at) return false;
    wrt__as_free(x, l->saved);
    l->saved = wrt__as_clone(x, s);
    l->save_at = turn * 2;
    return false;
}

/* A state is back at the label. False: it was taken over. */
static bool ax_turn(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s)
{
    const uint32_t loop = f->b->body->ops[s->pc].b, turn = ++s->turns[f->b->depth[loop]];
    bool trial = false;
    ax_count_turn(x, f->b, loop, turn);
    if (!(f->b->apart && f->b->apart[s->pc]) && ax_must_close(x, f, s, loop, turn, &trial)) {
        wrt__ax_close(x, f, s, loop, trial);
        return false;
    }
    s->pc++;
    return true;
}

/* ---- jumps
 * --------------------------------------------------------------------------------------------------- */

/* The operands that a branch takes along go to where the label wants them. */
static void ax_shuffle(const struct wrt__ax_body *b, struct wrt__as *s, uint32_t height, uint32_t arity)
{
    struct wrt__wv *o = wrt__as_operands(b, s);
    if (s->sp != height) memmove(o + height - arity, o + s->sp - arity, arity * sizeof *o);
    s->sp = height;
}

/* Takes the branch to operator `target`. True: s goes on; not when it is to wait. */
static bool ax_branch(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, uint32_t target, uint32_t arity, bool wait)
{
    const struct wrt__wcet_op *to = &f->b->body->ops[target];
    ax_shuffle(f->b, s, to->height, arity);
    if (to->code != WRT__OP_LOOP && !wait) return ax_goto(x, f, s, target + 1);
    if (to->code != WRT__OP_LOOP) {
        s->pc = target + 1;
        s->key = wrt__ax_key(s->pc);
        wrt__ax_insert(x, f, s);
        return false;
    }
    s->pc = target;
    s->key = 2 * (uint64_t)to->a;
    if (f->closing && s->key == ax_border(f)) {
        s->next = f->closing->arrivals;
        f->closing->arrivals = s;
        return false;
    }
    if (!wait && (!f->pending || f->pending->key > s->key) && s->key < ax_border(f)) return ax_turn(x, f, s);
    wrt__ax_insert(x, f, s);
    return false;
}

/* A condition that is unknown: s where it is nonzero becomes *taken (NULL: it cannot be), s where it is zero
 * stays (false: it cannot be; freed). */
static bool ax_fork(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wv *cond,
    struct wrt__as **taken)
{
    x->forks++;
    x->steps += AX_FORK_STEPS;
    *taken = wrt__as_clone(x, s);
    if (!*taken) return true;
    if (!wrt__ax_assume(x, f->b, *taken, cond, true)) {
        wrt__as_free(x, *taken);
        *taken = NULL;
    }
    if (wrt__ax_assume(x, f->b, s, cond, false)) return true;
    wrt__as_free(x, s);
    return false;
}

/* br_if; false: s is gone or waits. */
static bool ax_br_if(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as **s, const struct wrt__wcet_op *op)
{
    const struct wrt__wv cond = wrt__as_operands(f->b, *s)[--(*s)->sp];
    struct wrt__as *taken = NULL;
    if (wrt__wv_known(&cond)) {
        if (cond.lo) return ax_branch(x, f, *s, op->a, op->arity, false);
        (*s)->pc++;
        return true;
    }
    if (!ax_fork(x, f, *s, &cond, &taken)) {
        if (!taken) return false;
        *s = taken;
        return ax_branch(x, f, taken, op->a, op->arity, false);
    }
    (*s)->pc++;
    if (!taken) return true;
    (*s)->key = wrt__ax_key((*s)->pc);
    wrt__ax_insert(x, f, *s);
    *s = taken;
    return ax_branch(x, f, taken, op->a, op->arity, false); /* a turn goes first when the loop ends here */
}

static bool ax_if(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as **s, const struct wrt__wcet_op *op)
{
    const struct wrt__wv cond = wrt__as_operands(f->b, *s)[--(*s)->sp];
    struct wrt__as *taken = NULL;
    if (wrt__wv_known(&cond)) {
        if (!cond.lo) return ax_goto(x, f, *s, op->a + 1);
        (*s)->pc++;
        return true;
    }
    if (ax_fork(x, f, *s, &cond, &taken)) { /* s: the condition is zero */
        if (!taken) return ax_goto(x, f, *s, op->a + 1);
        (*s)->pc = op->a + 1;
        (*s)->key = wrt__ax_key((*s)->pc);
        wrt__ax_insert(x, f, *s);
    } else if (!taken) {
        return false;
    }
    *s = taken;
    taken->pc++;
    return true;
}

/* Per target the least and largest index that leads to it; the targets, once each, in *distinct. */
static uint32_t ax_table_targets(struct wrt__ax *x, const struct wrt__wcet_body *body,
    const struct wrt__wcet_op *op, const struct wrt__wv *index)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < op->b; k++) {
        const uint32_t target = body->targets[op->a + k], last = op->b - 1;
        struct wrt__ax_target *t = &x->targets[target];
        if (k < last && !wrt__wv_has(index, k)) continue;
        if (t->high == 0) {
            x->targets[count++].target = target;
            t->low = k;
        }
        t->high = k == last ? UINT64_MAX : (uint64_t)k + 1; /* exclusive */
    }
    x->steps += op->b / 4;
    return count;
}

static void ax_br_table(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    const struct wrt__wv index = wrt__as_operands(f->b, s)[s->sp - 1];
    const uint32_t count = ax_table_targets(x, f->b->body, op, &index);
    wrt__ax_note_table(x, &index, op->b);
    x->forks++;
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t target = x->targets[k].target;
        struct wrt__ax_target *t = &x->targets[target];
        struct wrt__wv narrowed = index;
        struct wrt__wv range = wrt__wv_range(t->low, t->high > UINT32_MAX ? UINT32_MAX : t->high - 1, false);
        t->high = 0;
        if (!wrt__wv_meet(&narrowed, &range)) continue;
        struct wrt__as *one = wrt__as_clone(x, s);
        if (!one) continue;
        if (wrt__ax_learn(x, f->b, one, &narrowed)) {
            one->sp--;
            (void)ax_branch(x, f, one, target, op->arity, true);
        } else {
            wrt__as_free(x, one);
        }
    }
    wrt__as_free(x, s);
}

/* ---- operators
 * ----------------------------------------------------------------------------------------------- */

static bool ax_arithmetic(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, uint32_t code)
{
    const bool two = wrt__op_infos[code].pops == 2;
    struct wrt__wv *o = wrt__as_operands(f->b, s) + s->sp, *a = two ? o - 2 : o - 1, *b = o - 1, out;
    if (wrt__wv_known(a) && wrt__wv_known(b)) {
        if (wrt__wv_apply(code, a, b, &out) == WRT__WV_TRAPS) {
            wrt__ax_trap(x, f, s);
            return false;
        }
    } else {
        wrt__ax_identify(x, a);
        wrt__ax_identify(x, b);
        enum wrt__wv_outcome outcome = wrt__wv_apply(code, a, b, &out);
        if (outcome == WRT__WV_MAY_TRAP) wrt__ax_may_trap(x, s);
        if (outcome == WRT__WV_TRAPS) {
            wrt__ax_trap(x, f, s);
            return false;
        }
        wrt__ax_note(x, code, a, b, &out);
    }
    *a = out;
    if (two) s->sp--;
    s->pc++;
    return true;
}

static bool ax_select(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s)
{
    struct wrt__wv *o = wrt__as_operands(f->b, s) + s->sp, *a = o - 3, *b = o - 2, *cond = o - 1;
    const bool apart = f->b->apart && f->b->apart[s->pc];
    s->sp -= 2;
    s->pc++;
    if (wrt__wv_known(cond)) {
        if (!cond->lo) *a = *b;
        return true;
    }
    if (apart && memcmp(a, b, sizeof *a) != 0) { /* both are followed on their own, as after a branch */
        struct wrt__as *other = NULL;
        const struct wrt__wv c = *cond, second = *b;
        if (!ax_fork(x, f, s, &c, &other)) {
            if (!other) return false;
            other->key = wrt__ax_key(other->pc);
            wrt__ax_insert(x, f, other);
            return false;
        }
        *a = second;
        if (!other) return true;
        other->key = wrt__ax_key(other->pc);
        other->apart = true;
        wrt__ax_insert(x, f, other);
        return true;
    }
    bool first = wrt__ax_under(x, cond, true, a), second = wrt__ax_under(x, cond, false, b);
    if (first && second) *a = wrt__wv_join(a, b);
    else if (second) *a = *b;
    return true;
}

/* Operators on locals, globals and operands alone. */
static bool ax_plain(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op)
{
    struct wrt__wv *o = wrt__as_operands(f->b, s) + s->sp, *v;
    switch (op->code) {
    case WRT__OP_LOCAL_GET:
    case WRT__OP_GLOBAL_GET:
        v = op->code == WRT__OP_LOCAL_GET ? wrt__as_local(f->b, s, op->a) : &s->slots[op->a];
        wrt__ax_identify(x, v);
        *o = *v;
        s->sp++;
        break;
    case WRT__OP_LOCAL_SET: *wrt__as_local(f->b, s, op->a) = o[-1]; s->sp--; break;
    case WRT__OP_LOCAL_TEE:
        wrt__ax_identify(x, &o[-1]);
        *wrt__as_local(f->b, s, op->a) = o[-1];
        break;
    case WRT__OP_GLOBAL_SET: s->slots[op->a] = o[-1]; s->sp--; break;
    case WRT__OP_I32_CONST: case WRT__OP_F32_CONST:
        *o = wrt__wv_const(op->a, false);
        s->sp++;
        break;
    case WRT__OP_I64_CONST: case WRT__OP_F64_CONST:
        *o = wrt__wv_const(wrt__wcet_bits(op), true);
        s->sp++;
        break;
    case WRT__OP_DROP: s->sp--; break;

    case WRT__OP_NOP: case WRT__OP_BLOCK: break;
    default: return false;
    }
    s->pc++;
    return true;
}

static bool ax_is_arithmetic(uint32_t code)
{
    return (code >= WRT__OP_I32_EQZ && code <= WRT__OP_I64_EXTEND32_S) ||
           (code >= WRT__OP_I32_TRUNC_SAT_F32_S && code <= WRT__OP_I64_TRUNC_SAT_F64_U);
}

/* Control operators. True: *s goes on (perhaps another one). */
static bool ax_control(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as **state)
{
    struct wrt__as *s = *state;
    const struct wrt__wcet_body *body = f->b->body;
    const struct wrt__wcet_op *op = &body->ops[s->pc];
    switch (op->code) {
    case WRT__OP_LOOP:
        ax_enter_loop(x, f, s, op->b);
        s->pc++;
        return true;
    case WRT__OP_IF: return ax_if(x, f, state, op);
    case WRT__OP_ELSE: return ax_goto(x, f, s, op->a + 1);
    case WRT__OP_END: return ax_goto(x, f, s, s->pc + 1);
    case WRT__OP_BR: return ax_branch(x, f, s, op->a, op->arity, false);
    case WRT__OP_BR_IF: return ax_br_if(x, f, state, op);
    case WRT__OP_BR_TABLE: {
        const struct wrt__wv index = wrt__as_operands(f->b, s)[s->sp - 1];
        if (!wrt__wv_known(&index)) {
            ax_br_table(x, f, s, op);
            return false;
        }
        s->sp--;
        uint32_t k = index.lo < op->b ? (uint32_t)index.lo : op->b - 1;
        return ax_branch(x, f, s, body->targets[op->a + k], op->arity, false);
    }
    case WRT__OP_RETURN:
        ax_shuffle(f->b, s, body->results, body->results);
        return ax_goto(x, f, s, body->count);
    default: /* unreachable */
        wrt__ax_trap(x, f, s);
        return false;
    }
}

static bool ax_is_control(uint32_t code)
{
    return code == WRT__OP_UNREACHABLE || (code >= WRT__OP_LOOP && code <= WRT__OP_ELSE)
        || code == WRT__OP_END || (code >= WRT__OP_BR && code <= WRT__OP_RETURN);
}

/* ---- frames
 * -------------------------------------------------------------------------------------------------- */

static void ax_frame_free(struct wrt__ax *x, struct wrt__ax_frame *f)
{
    wrt__ax_memo_drop(x, f);
    for (uint32_t i = 0; i < f->b->body->loops_count; i++) {
        wrt__as_free(x, f->loops[i].saved);
    }
    wrt__as_free_list(x, f->pending);
    wrt__wm_give(&x->pool, f, sizeof *f + f->b->body->loops_count * sizeof f->loops[0]);
}

/* An invocation of body n by operator call_pc of the frame f has cost this. */
static void ax_note_cost(struct wrt__ax *x, uint32_t n, const struct wrt__ax_frame *f, uint32_t call_pc,
    uint64_t high, uint64_t low)
{
    if (high > x->r->call_high[n]) x->r->call_high[n] = high;
    if (low < x->r->call_low[n]) x->r->call_low[n] = low;
    const struct wrt__wcet_site *site = f ? wrt__wcet_site_of(x->bounds, f->b->body, call_pc) : NULL;
    if (!site) return;
    const size_t k = (size_t)(site - x->bounds->sites);
    if (high > x->r->site_high[k]) x->r->site_high[k] = high;
    if (low < x->r->site_low[k]) x->r->site_low[k] = low;
}

static void ax_note_call(struct wrt__ax *x, const struct wrt__ax_frame *f, const struct wrt__as *s)
{
    const uint64_t high = s->endless || f->endless ? WRT__WCET_INF : s->fuel_high - f->fuel_high;
    ax_note_cost(x, x->p->body_of[f->b->body->func], f->below, f->call_pc, high, s->fuel_low - f->fuel_low);
}

/* The entry has returned. */
static void ax_return(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s)
{
    x->returned = true;
    x->r->fuel_high = s->endless ? WRT__WCET_INF : s->fuel_high;
    x->r->fuel_low = s->fuel_low;
    x->r->results_count = f->b->body->results < 4 ? f->b->body->results : 4;
    for (uint32_t i = 0; i < x->r->results_count; i++) {
        x->r->results[i] = wrt__as_operands(f->b, s)[i];
    }
    wrt__ax_left(x, s);
    wrt__as_free(x, s);
}

/* The call of c, at call_pc in frame f, of body `callee` has come to s, which is freed. */
static void ax_give_back(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *c, uint32_t call_pc,
    const struct wrt__ax_body *callee, struct wrt__as *s)
{
    const struct wrt__ax_body *b = f->b;
    const uint32_t results = callee->body->results, code = b->body->ops[call_pc].code;
    wrt__wm_fini(&c->mem);
    c->mem = s->mem;
    wrt__wm_init(&s->mem, &x->pool);
    c->pages_low = s->pages_low;
    c->pages_high = s->pages_high;
    c->tables_changed = s->tables_changed;
    c->fuel_high = s->fuel_high;
    c->fuel_low = s->fuel_low;
    c->endless = s->endless;
    memcpy(c->slots, s->slots, x->globals * sizeof *c->slots);
    memcpy(wrt__as_operands(b, c) + c->sp, wrt__as_operands(callee, s), results * sizeof *c->slots);
    c->sp += results;
    c->pc = call_pc + 1;
    c->apart = true;
    if (code == WRT__OP_RETURN_CALL || code == WRT__OP_RETURN_CALL_INDIRECT) {
        ax_shuffle(b, c, results, results);
        c->pc = b->body->count;
        c->apart = false;
    }
    c->key = wrt__ax_key(c->pc);
    wrt__ax_insert(x, f, c);
    wrt__as_free(x, s);
}

/* All states of the topmost frame have returned as s, or, when s is NULL, none will. */
static void ax_leave(struct wrt__ax *x, struct wrt__as *s)
{
    struct wrt__ax_frame *f = x->frame;
    struct wrt__as *c = f->caller;
    if (s) ax_note_call(x, f, s);
    wrt__ax_memo_end(x, f, s);
    x->frame = f->below;
    if (s && !c) ax_return(x, f, s);
    else if (s) ax_give_back(x, f->below, c, f->call_pc, f->b, s);
    else wrt__as_free(x, c);
    ax_frame_free(x, f);
}

/* The body has been called with this before. False: it has not. */
static bool ax_call_again(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *c,
    const struct wrt__ax_body *b, struct wrt__as *in)
{
    struct wrt__as *out = wrt__ax_memo_find(x, b, in);
    if (!out) return false;
    const uint64_t high = out->endless ? WRT__WCET_INF : out->fuel_high - in->fuel_high;
    ax_note_cost(x, x->p->body_of[b->body->func], f, c->pc, high, out->fuel_low - in->fuel_low);
    x->steps += b->slots;
    wrt__as_free(x, in);
    ax_give_back(x, f, c, c->pc, b, out);
    return true;
}

enum wrt__ax_step wrt__ax_call(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s,
    const struct wrt__wcet_op *op, uint32_t func)
{
    const uint32_t n = x->p->body_of[func];
    const struct wrt__ax_body *b = &x->bodies[n];
    const size_t bytes = sizeof(struct wrt__ax_frame) + b->body->loops_count * sizeof f->loops[0];
    struct wrt__ax_frame *g = wrt__wm_take(&x->pool, bytes);
    struct wrt__as *in = g ? wrt__as_new(x, b) : NULL;
    if (!in || (f && f->depth >= AX_DEPTH_MAX)) {
        if (in) x->end = WRT__AX_DEPTH;
        if (in) wrt__as_free(x, in);
        wrt__wm_give(&x->pool, g, bytes);
        wrt__as_free(x, s);
        return WRT__AX_GONE;
    }
    memset(g, 0, bytes);
    *g = (struct wrt__ax_frame){ .below = f, .b = b, .caller = s, .depth = f ? f->depth + 1 : 0 };
    memcpy(in->slots, s->slots, x->globals * sizeof *s->slots);
    const uint32_t params = b->body->params;
    if (f) {
        s->sp -= params;
        memcpy(wrt__as_local(b, in, 0), wrt__as_operands(f->b, s) + s->sp, params * sizeof *s->slots);
        in->mem = s->mem;
        wrt__wm_init(&s->mem, &x->pool);
    }
    for (uint32_t i = params; i < b->body->locals_count; i++) {
        const uint8_t type = b->body->locals[i];
        const bool ref = type == WRT__FUNCREF || type == WRT__EXTERNREF;
        *wrt__as_local(b, in, i) = wrt__wv_const(0, ref || type == WRT__I64 || type == WRT__F64);
    }
    in->pages_low = s->pages_low;
    in->pages_high = s->pages_high;
    in->tables_changed = s->tables_changed;
    in->fuel_high = g->fuel_high = s->fuel_high;
    in->fuel_low = g->fuel_low = s->fuel_low;
    in->endless = g->endless = s->endless;
    if (f && ax_call_again(x, f, s, b, in)) {
        wrt__wm_give(&x->pool, g, bytes);
        return WRT__AX_GONE;
    }
    if (f) wrt__ax_memo_begin(x, g, in);
    wrt__ax_pay(in, b->body->entry_price, b->body->entry_price);
    g->call_pc = op ? s->pc : WRT__WCET_NONE;
    g->pending = in;
    in->key = wrt__ax_key(0);
    ax_count(&x->r->calls[n]);
    x->frame = g;
    return WRT__AX_PUSHED;
}

/* ---- running
 * ------------------------------------------------------------------------------------------------- */

static void ax_progress(struct wrt__ax *x)
{
    struct wrt__wcet_bounds *b = x->bounds;
    b->progress_done += WRT__WCET_PROGRESS;
    if (b->progress) b->progress(b->progress_ctx, b->progress_done);
}

/* s goes on until it waits, ends, or calls. */
static void ax_go(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s)
{
    const struct wrt__wcet_body *body = f->b->body;
    const uint16_t *price = x->p->m->fuel->op;
    bool resumed = true;
    while (s->pc < body->count) {
        const struct wrt__wcet_op *op = &body->ops[s->pc];
        if (++x->steps > x->o->steps) x->end = WRT__AX_STEPS;
        if (x->steps % WRT__WCET_PROGRESS == 0) ax_progress(x);
        if (x->end != WRT__AX_DONE || x->pool.failed) {
            wrt__as_free(x, s);
            return;
        }
        if (op->code == WRT__OP_LOOP && !resumed && !ax_goto(x, f, s, s->pc))
            return; /* others may come here */
        if (!s->forced)
            wrt__ax_pay(s, price[op->code], price[op->code]); /* a chosen call has been paid for */
        if (ax_is_arithmetic(op->code)) {
            if (!ax_arithmetic(x, f, s, op->code)) return;
        } else if (ax_is_control(op->code)) {
            if (!ax_control(x, f, &s)) return;
        } else if (op->code == WRT__OP_SELECT || op->code == WRT__OP_SELECT_T) {
            if (!ax_select(x, f, s)) return;
        } else if (!ax_plain(x, f, s, op)) {
            if (wrt__ax_operator(x, f, s, op) != WRT__AX_NEXT) return;
        }
        resumed = false;
    }
    if (ax_border(f) != UINT64_MAX || f->pending) {
        s->key = wrt__ax_key(body->count);
        s->pc = body->count;
        wrt__ax_insert(x, f, s);
    } else {
        ax_leave(x, s);
    }
}

static void ax_run(struct wrt__ax *x)
{
    while (x->frame && x->end == WRT__AX_DONE && !x->pool.failed) {
        struct wrt__ax_frame *f = x->frame;
        struct wrt__as *s = f->pending;
        if (f->closing && (!s || s->key >= ax_border(f))) {
            wrt__ax_close_pass(x, f);
            continue;
        }
        if (!s) {
            ax_leave(x, NULL);
            continue;
        }
        f->pending = s->next;
        s->next = NULL;
        s->apart = false;
        if (s->key % 2 == 0 && !ax_turn(x, f, s)) continue;
        ax_go(x, f, s);
    }
}

/* ---- set-up
 * -------------------------------------------------------------------------------------------------- */

static bool ax_ends_block(uint32_t code)
{
    switch (code) {
    case WRT__OP_BR: case WRT__OP_BR_IF: case WRT__OP_BR_TABLE: case WRT__OP_IF: case WRT__OP_ELSE:
    case WRT__OP_CALL:
    case WRT__OP_CALL_INDIRECT:
    case WRT__OP_RETURN_CALL:
    case WRT__OP_RETURN_CALL_INDIRECT:
    case WRT__OP_RETURN: case WRT__OP_UNREACHABLE: case WRT__OP_MEMORY_GROW: return true;
    default: return code >= WRT__OP_MEMORY_INIT && code <= WRT__OP_TABLE_FILL;
    }
}

static bool ax_prepare_body(struct wrt__ax *x, struct wrt__ax_body *b, const struct wrt__wcet_body *body,
    struct wrt__arena *arena)
{
    *b = (struct wrt__ax_body){ .body = body, .locals = x->globals };
    b->slots = x->globals + body->locals_count + body->height_max + 1;
    b->rest = wrt__arena_take(arena, ((size_t)body->count + 1) * sizeof *b->rest, 8);
    b->depth = wrt__arena_take(arena, ((size_t)body->loops_count + 1) * sizeof *b->depth, 8);
    if (!b->rest || !b->depth) return false;
    for (uint32_t i = body->count - 1; i-- > 0;) {
        if (ax_ends_block(body->ops[i].code)) continue;
        b->rest[i] = b->rest[i + 1] + wrt__wcet_price(x->p, &body->ops[i + 1]);
    }
    uint32_t depth = 0;
    bool split = false;
    for (uint32_t i = 0; i < body->count; i++) {
        const struct wrt__wcet_op *op = &body->ops[i];
        if (op->code == WRT__OP_LOOP) {
            b->depth[op->b] = depth++;
            split |= x->o->split && x->o->split[body->loop_first + op->b];
        }
        if (depth > b->depth_max) b->depth_max = depth;
        if (op->code == WRT__OP_END && op->b != WRT__WCET_NONE) depth--;
    }
    if (!split) return true;
    b->apart = wrt__arena_take(arena, (size_t)body->count + 1, 1);
    for (uint32_t i = 0; b->apart && i < body->loops_count; i++) {
        if (body->loops[i] == WRT__WCET_NONE || !x->o->split[body->loop_first + i]) continue;
        memset(&b->apart[body->loops[i]], 1, body->ops[body->loops[i]].a - body->loops[i]);
    }
    return b->apart != NULL;
}

/* The state that calls the entry: arguments and what an instance begins with. */
static bool ax_start(struct wrt__ax *x)
{
    const struct wrt__ax_body *b = &x->bodies[0];
    struct wrt__as *s = wrt__as_new(x, b);
    if (!s) return false;
    if (!wrt__ax_begin(x, s)) {
        wrt__as_free(x, s);
        return false;
    }
    struct wrt__wm mem = s->mem;
    wrt__wm_init(&s->mem, &x->pool);
    (void)wrt__ax_call(x, NULL, s, NULL, b->body->func);
    if (!x->frame) {
        wrt__wm_fini(&mem);
        return false;
    }
    struct wrt__as *in = x->frame->pending;
    in->mem = mem;
    x->frame->caller = NULL;
    wrt__as_free(x, s);
    for (uint32_t i = 0; i < b->body->params; i++) {
        const uint8_t type = b->body->locals[i];
        const bool narrow = type == WRT__I32 || type == WRT__F32;
        *wrt__as_local(b, in, i) = x->o->args && i < WRT__WCET_ARGS ? x->o->args[i] : wrt__wv_any(!narrow);
        wrt__ax_identify(x, wrt__as_local(b, in, i));
        if (i == 0 && type == WRT__I32) x->arg_id = wrt__as_local(b, in, 0)->id;
    }
    return true;
}

static void ax_clean(struct wrt__ax *x)
{
    while (x->frame) {
        struct wrt__ax_frame *f = x->frame;
        x->frame = f->below;
        while (f->closing) {
            wrt__ax_close_drop(x, f);
        }
        wrt__as_free(x, f->caller);
        ax_frame_free(x, f);
    }
}

static void ax_finish(struct wrt__ax *x)
{
    struct wrt__ax_result *r = x->r;
    r->steps = x->steps;
    if (x->pool.failed && x->end == WRT__AX_DONE) x->end = x->pool.full ? WRT__AX_MEMORY : WRT__AX_NOMEM;
    r->end = x->end;
    if (!x->returned) r->fuel_high = r->fuel_low = 0;
    if (x->trap_high > r->fuel_high) r->fuel_high = x->trap_high;
    if (x->trap_endless) r->fuel_high = WRT__WCET_INF;
    r->bounded = x->end == WRT__AX_DONE && r->fuel_high != WRT__WCET_INF;
}

wrt_status wrt__ax_execute(
    struct wrt__wcet_bounds *b, const struct wrt__ax_options *o, struct wrt__ax_result *r, wrt_error *err)
{
    enum { ARENA_BLOCK = 16384 };
    struct wrt__wcet_program *p = b->p;
    struct wrt__ax *x = wrt__alloc_zero(p->alloc, sizeof *x, WRT_TAG_OTHER);
    struct wrt__arena arena;
    bool ready = x != NULL;
    wrt__arena_init(&arena, p->alloc, ARENA_BLOCK, WRT_TAG_OTHER);
    if (ready) {
        x->bounds = b;
        x->p = p;
        x->o = o;
        x->r = r;
        x->globals = p->m->globals_count;
        wrt__wm_pool_init(&x->pool, p->alloc, o->bytes);
        x->bodies = wrt__arena_take(&arena, p->bodies_count * sizeof *x->bodies, 8);
        x->eager = wrt__arena_take(&arena, (size_t)p->loops_count + 1, 1);
        uint32_t most = 0;
        for (uint32_t i = 0; i < p->bodies_count; i++) {
            if (p->bodies[i].count > most) most = p->bodies[i].count;
        }
        x->targets = wrt__arena_take(&arena, ((size_t)most + 1) * sizeof *x->targets, 8);
        x->memos = wrt__arena_take(&arena, p->bodies_count * sizeof(struct wrt__ax_memo *), 8);
        x->heavy = wrt__arena_take(&arena, p->bodies_count, 1);
        ready = x->bodies && x->eager && x->targets && x->memos && x->heavy;
        for (uint32_t i = 0; ready && i < p->bodies_count; i++) {
            ready = ax_prepare_body(x, &x->bodies[i], &p->bodies[i], &arena);
        }
    }
    if (ready && ax_start(x)) ax_run(x);
    if (x) {
        ax_clean(x);
        wrt__ax_memo_fini(x);
        if (!ready) x->pool.failed = true;
        ax_finish(x);
        for (uint32_t t = 0; t < WRT__AX_TABLES; t++) {
            wrt__wm_give(&x->pool, x->table_funcs[t], (size_t)x->table_sizes[t] * sizeof(uint32_t));
        }
        wrt__wm_pool_fini(&x->pool);
        WRT_ASSERT(x->pool.used == 0);
        wrt__free(p->alloc, x, sizeof *x, WRT_TAG_OTHER);
    }
    wrt__arena_fini(&arena);
    if (x && r->end != WRT__AX_NOMEM) return WRT_OK;
    return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
}
