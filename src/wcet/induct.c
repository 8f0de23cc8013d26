/* induct: ends loops that turning does not end. The state at the label is widened until one more turn of the
 * body adds nothing to it: that state holds every arrival, however many there are. Then a value is looked for
 * that every way back to the label moves by at least one in the same direction, and that cannot pass round:
 * what the interval at the label holds is how often it can move. All of this is in numbers modulo 2^32 or
 * 2^64, so wrapping needs no proof of its own: a step that could pass from the end of the interval to its
 * beginning is refused. Text: docs/wcet.md, rules "induction" and "interval". */
#include "wcet/abstract.h"

enum { IN_JOINS = 2, IN_WIDENINGS = 90, IN_PASSES = 140 };

static uint32_t in_used(const struct wrt__ax_body *b, const struct wrt__as *s)
{
    return b->locals + b->body->locals_count + s->sp;
}

/* ---- counts that a pass must not keep
 * ------------------------------------------------------------------------ */

static size_t in_counts(const struct wrt__ax *x)
{
    return 2 * (size_t)x->p->loops_count + x->p->bodies_count;
}

static void in_save_counts(struct wrt__ax *x, struct wrt__ax_closing *c)
{
    const size_t loops = x->p->loops_count;
    memcpy(c->counts, x->r->loop_total, loops * sizeof(uint64_t));
    memcpy(c->counts + loops, x->r->loop_entries, loops * sizeof(uint64_t));
    memcpy(c->counts + 2 * loops, x->r->calls, x->p->bodies_count * sizeof(uint64_t));
    c->trap_high = x->trap_high;
    x->trap_high = 0;
}

static void in_restore_counts(struct wrt__ax *x, const struct wrt__ax_closing *c)
{
    const size_t loops = x->p->loops_count;
    memcpy(x->r->loop_total, c->counts, loops * sizeof(uint64_t));
    memcpy(x->r->loop_entries, c->counts + loops, loops * sizeof(uint64_t));
    memcpy(x->r->calls, c->counts + 2 * loops, x->p->bodies_count * sizeof(uint64_t));
    x->trap_high = c->trap_high;
}

static uint64_t in_times(uint64_t a, uint64_t b)
{
    uint64_t r;
    if (a == 0 || b == 0) return 0;
    return a == WRT__WCET_INF || b == WRT__WCET_INF || !wrt__mul_u64(a, b, &r) ? WRT__WCET_INF : r;
}

static uint64_t in_plus(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

static void in_scale(uint64_t *now, const uint64_t *before, size_t n, uint64_t times)
{
    for (size_t i = 0; i < n; i++) {
        now[i] = in_plus(before[i], in_times(now[i] - before[i], times));
    }
}

/* ---- passes
 * -------------------------------------------------------------------------------------------------- */

static void in_begin_pass(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__ax_closing *c)
{
    struct wrt__as *head = c->head;
    c->id_first = x->next_id + 1;
    for (uint32_t i = 0; i < in_used(f->b, head); i++) {
        wrt__ax_identify(x, &head->slots[i]);
    }
    for (uint32_t i = 0; i < c->cells_count; i++) {
        struct wrt__ax_cell *cell = &c->cells[i];
        struct wrt__wv v = wrt__wm_load(&head->mem, cell->addr, cell->size, cell->size == 8);
        if (!wrt__wv_known(&v) && v.id == 0) {
            wrt__ax_identify(x, &v);
            wrt__wm_store(&head->mem, cell->addr, cell->size, &v);
        }
        cell->id = wrt__wv_known(&v) ? 0 : v.id;
    }
    in_save_counts(x, c);
    struct wrt__as *s = wrt__as_clone(x, head);
    if (!s) return;
    memset(s->unequal, 0, sizeof s->unequal);
    s->pc = f->b->body->loops[c->loop] + 1;
    s->key = wrt__ax_key(s->pc);
    f->pending = s;
}

void wrt__ax_close(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, uint32_t loop, bool trial)
{
    struct wrt__ax_closing *c = wrt__wm_take(&x->pool, sizeof *c);
    uint64_t *counts = c ? wrt__wm_take(&x->pool, in_counts(x) * sizeof *counts) : NULL;
    struct wrt__as *head = counts ? wrt__as_clone(x, s) : NULL;
    if (!head) {
        wrt__wm_give(&x->pool, counts, in_counts(x) * sizeof *counts);
        wrt__wm_give(&x->pool, c, sizeof *c);
        wrt__as_free(x, s);
        return;
    }
    *c = (struct wrt__ax_closing){ .outer = x->closing, .in_frame = f->closing, .loop = loop, .first = s };
    c->head = head;
    c->trial = trial;
    c->counts = counts;
    c->aside = f->pending;
    f->pending = NULL;
    f->closing = x->closing = c;
    in_begin_pass(x, f, c);
}

void wrt__ax_close_note(struct wrt__ax *x, uint64_t addr, uint32_t size)
{
    for (struct wrt__ax_closing *c = x->closing; c; c = c->outer) {
        uint32_t i = 0;
        while (i < c->cells_count && (c->cells[i].addr != addr || c->cells[i].size != size)) {
            i++;
        }
        if (i == c->cells_count && i < WRT__AX_CELLS) {
            c->cells[c->cells_count++] = (struct wrt__ax_cell){ .addr = addr, .size = size };
        }
    }
}

static void in_release(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__ax_closing *c)
{
    f->closing = c->in_frame;
    x->closing = c->outer;
    wrt__as_free(x, c->first);
    wrt__as_free(x, c->head);
    wrt__as_free_list(x, c->arrivals);
    wrt__as_free_list(x, c->aside);
    wrt__wm_give(&x->pool, c->counts, in_counts(x) * sizeof *c->counts);
    wrt__wm_give(&x->pool, c, sizeof *c);
}

void wrt__ax_close_drop(struct wrt__ax *x, struct wrt__ax_frame *f) { in_release(x, f, f->closing); }

/* Number that value `id` is known not to be on the way that led to a; false: none. */
static bool in_unequal(const struct wrt__as *a, uint32_t id, uint64_t *other)
{
    for (uint32_t i = 0; id && i < WRT__AX_UNEQUAL; i++) {
        *other = a->unequal[i].x;
        if (a->unequal[i].id == id) return true;
    }
    return false;
}

/* `wider` need not pass the number at which the loop is left: the interval ends there when that holds all
 * there is. */
static void in_stop(
    struct wrt__wv *wider, const struct wrt__wv *old, const struct wrt__wv *arrived, uint64_t stop)
{
    struct wrt__wv up = *wider, down = *wider;
    const struct wrt__wv up_to = wrt__wv_range(wider->lo, stop, wider->wide);
    const struct wrt__wv down_to = wrt__wv_range(stop, wider->hi, wider->wide);
    if (wrt__wv_meet(&up, &up_to) && wrt__wv_within(old, &up) && wrt__wv_within(arrived, &up)) *wider = up;
    else if (wrt__wv_meet(&down, &down_to) && wrt__wv_within(old, &down) && wrt__wv_within(arrived, &down)) {
        *wider = down;
    }
}

/* Head and arrival joined or widened, as far as the pass allows. */
static void in_widen(struct wrt__ax_frame *f, struct wrt__ax_closing *c, struct wrt__as *a)
{
    const bool widen = c->passes >= IN_JOINS && c->passes <= IN_WIDENINGS;
    struct wrt__wv cells[WRT__AX_CELLS];
    uint64_t stop;
    for (uint32_t i = 0; i < c->cells_count; i++) {
        cells[i] = wrt__wm_load(&c->head->mem, c->cells[i].addr, c->cells[i].size, c->cells[i].size == 8);
    }
    for (uint32_t i = 0; i < in_used(f->b, a); i++) {
        struct wrt__wv *v = &c->head->slots[i], *now = &a->slots[i];
        const struct wrt__wv old = *v;
        if (c->passes < IN_JOINS) *v = wrt__wv_join(v, now);
        else if (widen) *v = wrt__wv_widen(v, now);
        else if (!wrt__wv_within(now, v)) *v = wrt__wv_any(v->wide);
        else if (v->id != now->id) v->id = 0;
        if (widen && in_unequal(a, old.id, &stop)) in_stop(v, &old, now, stop);
    }
    if (c->passes > IN_WIDENINGS) wrt__wm_forget(&c->head->mem, 0, 0);
    wrt__as_widen(f->b, c->head, a, widen);
    for (uint32_t i = 0; widen && i < c->cells_count; i++) {
        const struct wrt__ax_cell *cell = &c->cells[i];
        if (!cell->id || cell->id != cells[i].id || !in_unequal(a, cell->id, &stop)) continue;
        struct wrt__wv v = wrt__wm_load(&c->head->mem, cell->addr, cell->size, cell->size == 8);
        const struct wrt__wv now = wrt__wm_load(&a->mem, cell->addr, cell->size, cell->size == 8);
        in_stop(&v, &cells[i], &now, stop);
        wrt__wm_store(&c->head->mem, cell->addr, cell->size, &v);
    }
}

/* The head holds every arrival of this pass afterwards. False: it did before. */
static bool in_grow_head(struct wrt__ax_frame *f, struct wrt__ax_closing *c)
{
    bool grown = false;
    for (struct wrt__as *a = c->arrivals; a; a = a->next) {
        if (wrt__as_within(f->b, a, c->head, c->id_first)) continue;
        grown = true;
        in_widen(f, c, a);
    }
    return grown;
}

/* ---- how often
 * ----------------------------------------------------------------------------------------------- */

/* One value: at the label where closing began, at the label ever, and of a pass how it comes back. */
struct in_value {
    struct wrt__wv first, head;
    int64_t low, high;
    uint64_t reach, stop;
    bool any, stops;                /* stops: no way back with the value `stop` at the label */
};

/* Takes an arrival in. False: this value proves nothing. */
static bool in_arrive(
    const struct wrt__ax *x, struct in_value *v, const struct wrt__as *state, const struct wrt__wv *a)
{
    uint64_t stop;
    uint32_t base;
    int64_t low, high;
    const uint64_t m = wrt__wv_all(v->head.wide), size = wrt__wv_size(&v->head);
    if (!wrt__ax_offset(x, a, &base, &low, &high) || base != v->head.id) return false;
    if (low <= 0 && high >= 0) return false;
    if (v->any && (low > 0) != (v->low > 0)) return false;
    if (!v->any || low < v->low) v->low = low;
    if (!v->any || high > v->high) v->high = high;
    /* how far it has come from the end of the interval where it began */
    uint64_t from = (low > 0 ? a->lo - v->head.lo : v->head.hi - a->hi) & m;
    uint64_t to = (low > 0 ? a->hi - v->head.lo : v->head.hi - a->lo) & m;
    if (from > to || to > size) to = size;
    if (!v->any || to > v->reach) v->reach = to;
    const bool stops = in_unequal(state, v->head.id, &stop);
    if (!v->any) v->stop = stop;
    v->stops = stops && stop == v->stop && (v->stops || !v->any);
    v->any = true;
    return true;
}

/* Most turns that the value allows after the first arrival; INF: none. */
static uint64_t in_turns(const struct in_value *v)
{
    const uint64_t m = wrt__wv_all(v->head.wide), size = wrt__wv_size(&v->head);
    const bool up = v->low > 0;
    const uint64_t least = (uint64_t)(up ? v->low : -v->high), most = (uint64_t)(up ? v->high : -v->low);
    if (v->any && v->stops && least == most
        && wrt__wv_known(&v->first)) { /* exact, and wrapping is no matter */
        const uint64_t way = (up ? v->stop - v->first.lo : v->first.lo - v->stop) & m;
        if (way % least == 0) return way / least;
    }
    if (!v->any || most > m - size || size == m) return WRT__WCET_INF;
    uint64_t from = (up ? v->first.lo - v->head.lo : v->head.hi - v->first.hi) & m;
    uint64_t to = (up ? v->first.hi - v->head.lo : v->head.hi - v->first.lo) & m;
    if (from > to || to > size) from = 0;
    return v->reach < from ? 0 : (v->reach - from) / least;
}

static uint64_t in_rank(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__ax_closing *c, bool *exact)
{
    uint64_t best = WRT__WCET_INF;
    const uint32_t used = in_used(f->b, c->head);
    for (uint32_t i = 0; i < used + c->cells_count; i++) {
        const struct wrt__ax_cell *cell = i < used ? NULL : &c->cells[i - used];
        struct in_value v = { .any = false };
        if (cell) {
            v.head = wrt__wm_load(&c->head->mem, cell->addr, cell->size, cell->size == 8);
            v.first = wrt__wm_load(&c->first->mem, cell->addr, cell->size, cell->size == 8);
        } else {
            v.head = c->head->slots[i];
            v.first = c->first->slots[i];
        }
        if (wrt__wv_known(&v.head) || v.head.id == 0 || (cell && v.head.id != cell->id)) continue;
        bool moves = true;
        for (struct wrt__as *a = c->arrivals; a && moves; a = a->next) {
            struct wrt__wv w = cell ? wrt__wm_load(&a->mem, cell->addr, cell->size, cell->size == 8)
                                    : a->slots[i];
            moves = in_arrive(x, &v, a, &w);
        }
        if (!moves) continue;
        uint64_t n = in_turns(&v);
        if (n < best) *exact = v.low == v.high && wrt__wv_known(&v.first);
        if (n < best) best = n;
    }
    return best;
}

/* ---- the end
 * ------------------------------------------------------------------------------------------------- */

static void in_note_loop(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__ax_closing *c, uint64_t turns, bool exact)
{
    const uint32_t loop = f->b->body->loop_first + c->loop;
    const uint64_t most = in_plus(c->first->turns[f->b->depth[c->loop]], turns);
    if (most > x->r->loop_max[loop]) x->r->loop_max[loop] = most;
    x->r->loop_total[loop] = in_plus(x->r->loop_total[loop], turns);
    x->r->loop_rule[loop] = exact ? WRT__WCET_RULE_INDUCTION : WRT__WCET_RULE_INTERVAL;
    if (turns == WRT__WCET_INF) x->r->loop_reason[loop] = "no value that moves towards an end on every turn";
}

/* What the passes of a trial did is forgotten; the state goes on where it was. */
static void in_end_trial(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__ax_closing *c, bool bounded)
{
    struct wrt__as *s = c->first;
    in_restore_counts(x, c);
    wrt__as_free_list(x, f->pending);
    f->pending = c->aside;
    f->loops[c->loop].trusted = bounded;
    c->first = c->aside = NULL;
    in_release(x, f, c);
    s->pc++;
    s->key = wrt__ax_key(s->pc);
    wrt__ax_insert(x, f, s);
}

static void in_finish(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__ax_closing *c)
{
    const size_t loops = x->p->loops_count;
    uint64_t turn_high = 0, turns = 0;
    bool endless = false, exact = false;
    for (const struct wrt__as *a = c->arrivals; a; a = a->next) {
        const uint64_t high = a->fuel_high - c->first->fuel_high;
        if (high > turn_high) turn_high = high;
        endless |= a->endless && !c->first->endless;
    }
    if (c->arrivals) turns = in_rank(x, f, c, &exact);
    if (in_times(turns, turn_high) > WRT__WCET_INF / 4) turns = WRT__WCET_INF; /* no fuel counts that far */
    if (c->trial) {
        in_end_trial(x, f, c, turns != WRT__WCET_INF);
        return;
    }
    if (turns == WRT__WCET_INF) x->eager[f->b->body->loop_first + c->loop] = 1;
    const uint64_t times = in_plus(turns, 1), extra = in_times(turns, turn_high);
    in_scale(x->r->loop_total, c->counts, loops, times);
    in_scale(x->r->loop_entries, c->counts + loops, loops, times);
    in_scale(x->r->calls, c->counts + 2 * loops, x->p->bodies_count, times);
    in_note_loop(x, f, c, turns, exact);
    endless |= turns == WRT__WCET_INF || extra == WRT__WCET_INF;
    if (endless) { /* some runs may stay here: what the others cost is not what all cost, as with traps */
        x->trap_endless = x->r->may_trap = true;
        x->traps++;
    }
    if (x->trap_high > 0) x->trap_high = in_plus(x->trap_high, extra);
    if (c->trap_high > x->trap_high) x->trap_high = c->trap_high;
    struct wrt__as *left = f->pending;
    f->pending = c->aside;
    c->aside = NULL;
    in_release(x, f, c);
    while (left) {
        struct wrt__as *s = left;
        left = s->next;
        s->next = NULL;
        s->endless |= endless;
        wrt__ax_pay(s, endless ? 0 : extra, 0);
        wrt__ax_insert(x, f, s);
    }
}

/* The head was large enough: perhaps what it held at first and what came back is, too. */
static void in_narrow(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__ax_closing *c)
{
    struct wrt__as *head = wrt__as_clone(x, c->first);
    c->narrowed = true;
    for (struct wrt__as *a = c->arrivals; head && a; a = a->next) {
        for (uint32_t i = 0; i < in_used(f->b, a); i++) {
            head->slots[i] = wrt__wv_join(&head->slots[i], &a->slots[i]);
        }
        wrt__as_widen(f->b, head, a, false);
    }
    if (!head) return;
    wrt__as_free(x, c->head);
    c->head = head;
}

void wrt__ax_close_pass(struct wrt__ax *x, struct wrt__ax_frame *f)
{
    struct wrt__ax_closing *c = f->closing;
    c->passes++;
    if (c->passes > IN_PASSES) { /* cannot be: everything is unknown long before */
        x->end = WRT__AX_UNFIT;
        return;
    }
    const bool grown = in_grow_head(f, c);
    if (!grown && (c->narrowed || !c->arrivals)) {
        in_finish(x, f, c);
        return;
    }
    if (!grown) in_narrow(x, f, c);
    wrt__as_free_list(x, c->arrivals);
    c->arrivals = NULL;
    wrt__as_free_list(x, f->pending);
    f->pending = NULL;
    in_restore_counts(x, c);
    in_begin_pass(x, f, c);
}
