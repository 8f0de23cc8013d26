/* infer: bounds without annotations. Abstract execution with the arguments unknown comes first; where that
 * leaves a loop open or the bound wide, again with states kept apart in the open loops, and again in cases:
 * by the numbers that an argument is compared with, then by its low bits. Every case is proven, and the
 * dearest counts; so each of the results holds, and the least of them is the bound. Text: docs/wcet.md,
 * "Without annotations". */
#include "wcet/abstract.h"

enum {
    INFER_STEPS = 14000000,         /* operators, all attempts together */
    INFER_POLISH = 1500000,         /* of these, on what is bounded already */
    INFER_BYTES_LEAST = 24 << 20,   /* for states; else 16 times the binary */
    INFER_PATHS = 4096, INFER_WIDTH = 4,
    INFER_LOW_BITS = 7,
    INFER_PART = 32                 /* of what is left, for keeping states apart in one case */
};

struct infer {
    struct wrt__wcet_bounds *b;
    struct wrt__arena arena;
    wrt_error *err;
    wrt_status status;
    uint64_t left;                  /* operators that may still be executed */
    uint64_t bytes;
    uint8_t *split;
    struct wrt__wm_pool pool;       /* of what follows */
    struct wrt__ax_instance now;    /* that the entry begins with */
    struct wrt__wv args[WRT__WCET_ARGS];
    uint32_t args_count;
    struct wrt__ax_result last, spare;      /* arrays for results */
};

/* ---- results
 * ------------------------------------------------------------------------------------------------- */

bool wrt__ax_result_init(
    struct wrt__ax_result *r, struct wrt__arena *arena, const struct wrt__wcet_program *p)
{
    const size_t loops = (size_t)p->loops_count + 1, funcs = p->bodies_count,
                 sites = (size_t)p->sites_count + 1;
    uint64_t *figures = wrt__arena_take(arena, (3 * loops + 3 * funcs + 4 * sites) * sizeof *figures, 8);
    r->loop_rule = wrt__arena_take(arena, loops, 1);
    r->loop_reason = wrt__arena_take(arena, loops * sizeof *r->loop_reason, 8);
    if (!figures || !r->loop_rule || !r->loop_reason) return false;
    r->loop_max = figures;
    r->loop_total = r->loop_max + loops;
    r->loop_entries = r->loop_total + loops;
    r->calls = r->loop_entries + loops;
    r->call_high = r->calls + funcs;
    r->call_low = r->call_high + funcs;
    r->site_size_max = r->call_low + funcs;
    r->site_size_min = r->site_size_max + sites;
    r->site_high = r->site_size_min + sites;
    r->site_low = r->site_high + sites;
    return true;
}

void wrt__ax_result_clear(struct wrt__ax_result *r, const struct wrt__wcet_program *p)
{
    const size_t loops = (size_t)p->loops_count + 1, funcs = p->bodies_count,
                 sites = (size_t)p->sites_count + 1;
    memset(r->loop_max, 0, (3 * loops + 3 * funcs + 4 * sites) * sizeof(uint64_t));
    memset(r->call_low, 0xff, funcs * sizeof(uint64_t));
    memset(r->site_size_min, 0xff, sites * sizeof(uint64_t));
    memset(r->site_low, 0xff, sites * sizeof(uint64_t));
    memset(r->loop_rule, 0, loops);
    memset(r->loop_reason, 0, loops * sizeof *r->loop_reason);
    r->end = WRT__AX_DONE;
    r->bounded = true;
    r->may_trap = false;
    r->fuel_high = r->steps = r->pages_high = 0;
    r->fuel_low = WRT__WCET_INF;
    r->cuts_count = r->results_count = 0;
}

static void infer_max(uint64_t *into, const uint64_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (from[i] > into[i]) into[i] = from[i];
    }
}

static void infer_min(uint64_t *into, const uint64_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (from[i] < into[i]) into[i] = from[i];
    }
}

/* `into` holds for the cases of both. */
static void infer_unite(const struct infer *k, struct wrt__ax_result *into, const struct wrt__ax_result *from)
{
    const struct wrt__wcet_program *p = k->b->p;
    const size_t loops = p->loops_count, funcs = p->bodies_count, sites = p->sites_count;
    infer_max(into->loop_max, from->loop_max, loops);
    infer_max(into->loop_total, from->loop_total, loops);
    infer_max(into->loop_entries, from->loop_entries, loops);
    infer_max(into->calls, from->calls, funcs);
    infer_max(into->call_high, from->call_high, funcs);
    infer_min(into->call_low, from->call_low, funcs);
    infer_max(into->site_size_max, from->site_size_max, sites);
    infer_min(into->site_size_min, from->site_size_min, sites);
    infer_max(into->site_high, from->site_high, sites);
    infer_min(into->site_low, from->site_low, sites);
    for (size_t i = 0; i < loops; i++) {
        if (from->loop_rule[i] > into->loop_rule[i]) into->loop_rule[i] = from->loop_rule[i];
        if (from->loop_reason[i]) into->loop_reason[i] = from->loop_reason[i];
    }
    if (from->end != WRT__AX_DONE) into->end = from->end;
    into->bounded &= from->bounded;
    into->may_trap |= from->may_trap;
    if (from->fuel_high > into->fuel_high) into->fuel_high = from->fuel_high;
    if (from->fuel_low < into->fuel_low) into->fuel_low = from->fuel_low;
    if (from->pages_high > into->pages_high) into->pages_high = from->pages_high;
}

static void infer_absorb_loop(struct wrt__wcet_loop *l, const struct wrt__ax_result *r, uint32_t i)
{
    const uint64_t max = r->loop_entries[i] == 0 ? 1 : r->loop_max[i]; /* never entered: anything holds */
    const uint8_t rule = r->loop_rule[i] ? r->loop_rule[i] : WRT__WCET_RULE_EXECUTION;
    if (max < l->max) {
        l->max = max;
        l->rule = rule;
        l->reason = NULL;
    }
    if (l->max == WRT__WCET_INF && r->loop_reason[i]) l->reason = r->loop_reason[i];
    if (r->loop_total[i] < l->total) {
        l->total = r->loop_total[i];
        l->total_rule = rule == WRT__WCET_RULE_EXECUTION ? rule : WRT__WCET_RULE_TRIANGULAR;
    }
    if (r->loop_entries[i] < l->entries) l->entries = r->loop_entries[i];
}

/* What holds of all runs goes into the bounds. */
static void infer_absorb(const struct infer *k, const struct wrt__ax_result *r)
{
    struct wrt__wcet_bounds *b = k->b;
    const struct wrt__wcet_program *p = b->p;
    const bool whole = r->bounded && !r->may_trap;
    if (r->end != WRT__AX_DONE) return;
    for (uint32_t i = 0; i < p->loops_count; i++) {
        if (b->loops[i].live) infer_absorb_loop(&b->loops[i], r, i);
    }
    for (uint32_t i = 0; i < p->bodies_count; i++) {
        struct wrt__wcet_func *f = &b->funcs[i];
        if (r->calls[i] < f->calls) {
            f->calls = r->calls[i];
            f->calls_rule = WRT__WCET_RULE_EXECUTION;
        }
        if (r->calls[i] == 0) continue;
        /* figures of calls are of those that return: they say nothing of those that trap inside, or never end
         */
        if (whole && r->call_low[i] != WRT__WCET_INF && r->call_high[i] < f->fuel_high) {
            f->fuel_high = r->call_high[i];
            f->fuel_rule = WRT__WCET_RULE_EXECUTION;
        }
        if (r->call_low[i] != WRT__WCET_INF && r->call_low[i] > f->fuel_low) f->fuel_low = r->call_low[i];
    }
    for (uint32_t i = 0; i < p->sites_count; i++) {
        struct wrt__wcet_site *s = &b->sites[i];
        if (r->site_size_min[i] != WRT__WCET_INF && r->site_size_max[i] < s->size_max) {
            s->size_max = r->site_size_max[i];
            s->rule = WRT__WCET_RULE_INTERVAL;
        }
        if (r->site_low[i] == WRT__WCET_INF) continue;
        if (whole && r->site_high[i] < s->fuel_high) {
            s->fuel_high = r->site_high[i];
            s->rule = WRT__WCET_RULE_EXECUTION;
        }
        if (r->site_low[i] > s->fuel_low) s->fuel_low = r->site_low[i];
    }
    if (r->pages_high < b->memory_pages) b->memory_pages = r->pages_high;
    if (r->fuel_low != WRT__WCET_INF && r->fuel_low > b->fuel_low) b->fuel_low = r->fuel_low;
    if (r->bounded && r->fuel_high < b->fuel_high) {
        b->fuel_high = r->fuel_high;
        b->fuel_rule = WRT__WCET_RULE_EXECUTION;
    }
}

/* ---- attempts
 * ------------------------------------------------------------------------------------------------ */

struct infer_how { bool eager, apart; uint32_t width; uint64_t steps; };

static void infer_run(struct infer *k, const struct infer_how *how, struct wrt__ax_result *r)
{
    wrt__ax_result_clear(r, k->b->p);
    const uint64_t steps = wrt__min_u64(how->steps, k->left);
    const struct wrt__ax_options o = { .steps = steps,
        .bytes = k->bytes,
        .loop_steps = steps - steps / 8,
        .paths = INFER_PATHS,
        .width = how->width ? how->width : 1,
        .eager = how->eager,
        .split = how->apart ? k->split : NULL,
        .args = k->args,
        .from = &k->now };
    if (k->status == WRT_OK) k->status = wrt__ax_execute(k->b, &o, r, k->err);
    if (k->status != WRT_OK) r->end = WRT__AX_NOMEM;
    k->left -= wrt__min_u64(r->steps, k->left);
}

static bool infer_exact(const struct wrt__ax_result *r) { return r->bounded && r->fuel_high == r->fuel_low; }

/* The loops that r left open are those to keep states apart in. False: there are none. */
static bool infer_open_loops(struct infer *k, const struct wrt__ax_result *r)
{
    const struct wrt__wcet_program *p = k->b->p;
    bool any = false;
    for (uint32_t i = 0; i < p->loops_count; i++) {
        k->split[i] = r->loop_max[i] == WRT__WCET_INF;
        any |= k->split[i];
    }
    return any;
}

/* The arguments at hand: plainly, and if a loop stays open with its states apart. The result is in k->last;
 * its loops that stay open are in k->split. */
static void infer_case(struct infer *k, uint64_t steps, uint64_t apart_steps)
{
    const struct infer_how plain = { .steps = steps };
    infer_run(k, &plain, &k->last);
    if (k->last.end != WRT__AX_DONE || k->last.bounded || !infer_open_loops(k, &k->last)) return;
    const struct infer_how apart = { .steps = wrt__min_u64(apart_steps, k->left), .apart = true };
    infer_run(k, &apart, &k->spare);
    if (k->spare.end != WRT__AX_DONE || !k->spare.bounded) return;
    const struct wrt__ax_result other = k->last;
    k->last = k->spare;
    k->spare = other;
}

/* ---- cases
 * --------------------------------------------------------------------------------------------------- */

/* Adds the case at hand to `sum`. False: it has no bound, or there is no work left for it. */
static bool infer_add_case(struct infer *k, struct wrt__ax_result *sum, uint64_t steps)
{
    infer_case(k, steps, steps / INFER_PART);
    if (k->last.end == WRT__AX_DONE) infer_unite(k, sum, &k->last);
    return k->last.end == WRT__AX_DONE && k->last.bounded;
}

/* Argument 0 is in `all`, its low bits are `low`. False: it cannot be. */
static bool infer_set_low_bits(struct infer *k, const struct wrt__wv *all, uint32_t bits, uint64_t low)
{
    struct wrt__wv v = wrt__wv_any(false);
    v.mask &= ~(((uint64_t)1 << bits) - 1);
    v.bits = low;
    k->args[0] = *all;
    return wrt__wv_reduce(&v) && wrt__wv_meet(&k->args[0], &v);
}

/* A case that stays open, by the low bits of the argument: as many as make the first of them end. */
static bool infer_low_bits_of(struct infer *k, const struct wrt__wv *all, struct wrt__ax_result *sum)
{
    bool closed = false;
    uint32_t bits = 3;
    for (; bits <= INFER_LOW_BITS && !closed; bits += closed ? 0 : 2) {
        if (!infer_set_low_bits(k, all, bits, all->lo & (((uint64_t)1 << bits) - 1))) return false;
        infer_case(k, k->left / 8, k->left / INFER_PART);
        closed = k->last.end == WRT__AX_DONE && k->last.bounded;
        if (closed && k->last.steps > k->left >> bits) return false; /* there will not be time for all */
    }
    for (uint64_t low = 0; closed && low < (uint64_t)1 << bits; low++) {
        if (infer_set_low_bits(k, all, bits, low)) closed = infer_add_case(k, sum, k->left);
    }
    return closed;
}

/* What comes after must see the whole argument again, whatever came of this. */
static bool infer_low_bits(struct infer *k, struct wrt__ax_result *sum)
{
    const struct wrt__wv all = k->args[0];
    const bool closed = infer_low_bits_of(k, &all, sum);
    k->args[0] = all;
    return closed;
}

static void infer_sort(uint64_t *a, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        for (uint32_t j = i; j > 0 && a[j] < a[j - 1]; j--) {
            const uint64_t x = a[j];
            a[j] = a[j - 1];
            a[j - 1] = x;
        }
    }
}

/* By the numbers that argument 0 is compared with, `cuts` in order. */
static bool infer_by_cuts(
    struct infer *k, const uint64_t *cuts, uint32_t n, struct wrt__ax_result *sum, bool polish)
{
    const struct wrt__wv all = k->args[0];
    bool closed = true;
    for (uint32_t i = 0; i < n && closed; i++) {
        const struct wrt__wv piece = wrt__wv_range(cuts[i], cuts[i + 1 < n ? i + 1 : 0] - 1, false);
        k->args[0] = all;
        if (!wrt__wv_meet(&k->args[0], &piece)) continue;
        infer_case(k, polish ? k->left : k->left / 2, k->left / INFER_PART);
        closed = k->last.end == WRT__AX_DONE && k->last.bounded;
        if (closed) infer_unite(k, sum, &k->last);
        else if (!polish && !wrt__wv_known(&k->args[0])) closed = infer_low_bits(k, sum);
    }
    k->args[0] = all;
    return closed;
}

/* Cases, on what is open or not exact. */
static void infer_cases(struct infer *k, const struct wrt__ax_result *first, struct wrt__ax_result *sum)
{
    const bool polish = first->end == WRT__AX_DONE && first->bounded;
    uint64_t cuts[WRT__AX_CUTS];
    const uint32_t n = first->cuts_count;
    memcpy(cuts, first->cuts, sizeof cuts);
    if (k->args_count == 0 || k->b->p->bodies[0].locals[0] != WRT__I32 || wrt__wv_known(&k->args[0])) return;
    wrt__ax_result_clear(sum, k->b->p);
    infer_sort(cuts, n);
    bool closed = false;
    if (n > 1) closed = infer_by_cuts(k, cuts, n, sum, polish);
    else if (!polish) closed = infer_low_bits(k, sum);
    if (closed) infer_absorb(k, sum);
}

static const char *infer_limit(const struct wrt__ax_result *r)
{
    switch (r->end) {
    case WRT__AX_DONE: return NULL;
    case WRT__AX_STEPS: return "wcet_steps";
    case WRT__AX_MEMORY: return "wcet_state_bytes";
    case WRT__AX_DEPTH: return "wcet_call_depth";
    default: return "wcet_operators";
    }
}

static void infer_all(struct infer *k, struct wrt__ax_result *sum)
{
    struct wrt__wcet_bounds *b = k->b;
    infer_case(k, k->left / 2, k->left / 5 * 2);
    const struct wrt__ax_result first = k->last; /* the arrays are used again: only its figures are */
    infer_absorb(k, &first);
    b->limit = infer_limit(&first);
    const bool bounded = first.end == WRT__AX_DONE && first.bounded;
    const bool wide_open = first.fuel_high / 4 > first.fuel_low; /* worth more work */
    if (bounded && (infer_exact(&first) || (!wide_open && first.steps > INFER_POLISH / 3))) return;
    if (bounded && !wide_open) k->left = wrt__min_u64(k->left, INFER_POLISH);
    infer_cases(k, &first, sum);
    if (bounded && b->fuel_low < b->fuel_high) {
        const struct infer_how wide = { .steps = k->left, .width = INFER_WIDTH };
        infer_run(k, &wide, &k->spare);
        infer_absorb(k, &k->spare);
    }
    if (b->fuel_high == WRT__WCET_INF
        && first.end == WRT__AX_STEPS) { /* long loops without turning them all */
        const struct infer_how eager = { .steps = k->left, .eager = true };
        infer_run(k, &eager, &k->last);
        infer_absorb(k, &k->last);
        b->limit = infer_limit(&k->last);
    }
    if (b->fuel_high != WRT__WCET_INF) b->limit = NULL;
}

static wrt_status infer_nomem(wrt_error *err)
{
    return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
}

/* The state that the entry begins in. A failed pool: memory too large for the analysis, or no memory. */
static void infer_begin(struct infer *k)
{
    struct wrt__wcet_bounds *b = k->b;
    const struct wrt__module *m = b->p->m;
    if (wrt__ax_instance_init(&k->now, &k->pool, m)) wrt__ax_instance_fresh(&k->now, m);
    b->taken = b->state;
    if (!k->pool.failed && b->state != WRT__WCET_FRESH) {
        k->status = wrt__ax_repeat(b, k->args, k->left, k->bytes, &k->now, &b->taken, k->err);
    }
    if (k->status != WRT_OK || !k->pool.failed) return;
    if (k->pool.full) b->limit = "wcet_state_bytes";
    else k->status = infer_nomem(k->err);
}

wrt_status wrt__wcet_infer(struct wrt__wcet_bounds *b, uint64_t steps, wrt_error *err)
{
    enum { ARENA_BLOCK = 16384, BYTES_PER_BYTE = 16 };
    struct infer k = { .b = b, .err = err, .left = steps ? steps : INFER_STEPS };
    struct wrt__wcet_program *p = b->p;
    struct wrt__ax_result sum = { .end = WRT__AX_DONE };
    k.bytes = (uint64_t)p->m->source.n * BYTES_PER_BYTE;
    if (k.bytes < INFER_BYTES_LEAST) k.bytes = INFER_BYTES_LEAST;
    const struct wrt__wcet_body *entry = &p->bodies[0];
    for (; k.args_count < entry->params && k.args_count < WRT__WCET_ARGS; k.args_count++) {
        const uint8_t type = entry->locals[k.args_count];
        const struct wrt__wcet_arg *given = &b->args[k.args_count];
        const bool wide = type != WRT__I32 && type != WRT__F32;
        k.args[k.args_count] = given->given ? wrt__wv_range(given->low, given->high, wide)
                                            : wrt__wv_any(wide);
    }
    wrt__arena_init(&k.arena, p->alloc, ARENA_BLOCK, WRT_TAG_OTHER);
    k.split = wrt__arena_take(&k.arena, (size_t)p->loops_count + 1, 1);
    if (!k.split || !wrt__ax_result_init(&k.last, &k.arena, p) || !wrt__ax_result_init(&k.spare, &k.arena, p)
        || !wrt__ax_result_init(&sum, &k.arena, p)) {
        k.status = infer_nomem(err);
    }
    wrt__wm_pool_init(&k.pool, p->alloc, k.bytes);
    if (k.status == WRT_OK) infer_begin(&k);
    if (k.status == WRT_OK && !k.pool.failed) infer_all(&k, &sum);
    wrt__ax_instance_fini(&k.now);
    wrt__wm_pool_fini(&k.pool);
    wrt__arena_fini(&k.arena);
    return k.status;
}
