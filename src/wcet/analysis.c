/* analysis: facts, inference, paths and the whole-program maximum, each used where it says more than the
 * others. */
#include "wasm/front.h"
#include "wcet/analysis.h"
#include "wcet/json.h"

enum { ANALYSIS_ILP_EDGES = 20000, ANALYSIS_PAIRS = 1200 };

/* ---- what is known ---------------------------------------------------------------------------------------
 */

static bool analysis_lower(uint64_t *known, uint64_t other)
{
    if (other >= *known) return false;
    *known = other;
    return true;
}

/* What inference found without facts: `all`, and it stands beside them and may be less; else facts decide
 * what they speak of, and inference fills the rest. */
static void analysis_loop(struct wrt__wcet_loop *loop, const struct wrt__wcet_loop *other, bool all)
{
    bool stated = loop->max != WRT__WCET_INF || loop->total != WRT__WCET_INF;
    if (all || !stated) {
        if (analysis_lower(&loop->max, other->max)) loop->rule = other->rule;
        loop->reason = other->reason;
    }
    if (all) {
        if (analysis_lower(&loop->total, other->total)) loop->total_rule = other->total_rule;
        loop->entries = wrt__min_u64(loop->entries, other->entries);
    }
    loop->min = wrt__max_u64(loop->min, wrt__min_u64(other->min, loop->max));
}

static void analysis_site(struct wrt__wcet_site *site, const struct wrt__wcet_site *other, bool all)
{
    site->size_max = wrt__min_u64(site->size_max, other->size_max);
    site->size_min = wrt__max_u64(site->size_min, other->size_min);
    site->fuel_low = wrt__max_u64(site->fuel_low, other->fuel_low);
    if (!all) return;
    if (analysis_lower(&site->fuel_high, other->fuel_high)) site->rule = other->rule;
    if (!site->targets) {
        site->targets = other->targets;
        site->targets_count = other->targets_count;
    }
}

static wrt_status analysis_merge(
    struct wrt__wcet_bounds *b, const struct wrt__wcet_bounds *inferred, bool all, wrt_error *err)
{
    const struct wrt__wcet_program *p = b->p;
    for (uint32_t i = 0; i < p->loops_count; i++) {
        const struct wrt__wcet_loop *loop = &b->loops[i], *other = &inferred->loops[i];
        if (all && loop->rule == WRT__WCET_RULE_ANNOTATION && other->min > loop->max) {
            return wrt__fail(err, WRT_E_INVALID, WRT__W_WCET_CONTRADICTION, loop->offset,
                "a fact is false: every entry of loop %u of function %u makes at least %lu arrivals",
                loop->ordinal, loop->func, other->min);
        }
        analysis_loop(&b->loops[i], other, all);
    }
    for (uint32_t i = 0; i < p->sites_count; i++) analysis_site(&b->sites[i], &inferred->sites[i], all);
    for (uint32_t i = 0; i < p->bodies_count; i++) {
        struct wrt__wcet_func *f = &b->funcs[i];
        const struct wrt__wcet_func *other = &inferred->funcs[i];
        f->fuel_low = wrt__max_u64(f->fuel_low, other->fuel_low);
        if (all && analysis_lower(&f->fuel_high, other->fuel_high)) f->fuel_rule = other->fuel_rule;
        if (all && analysis_lower(&f->calls, other->calls)) f->calls_rule = other->calls_rule;
    }
    if (all && analysis_lower(&b->fuel_high, inferred->fuel_high)) b->fuel_rule = inferred->fuel_rule;
    b->fuel_low = wrt__max_u64(b->fuel_low, inferred->fuel_low);
    b->memory_pages = wrt__min_u64(b->memory_pages, inferred->memory_pages);
    b->taken = inferred->taken;
    b->limit = inferred->limit;
    return WRT_OK;
}

/* What inference assumes. */
static void analysis_args(struct wrt__wcet_bounds *b, const struct wrt__wcet_options *o)
{
    for (uint32_t i = 0; i < o->args_count && i < WRT__WCET_ARGS; i++) b->args[i] = o->args[i];
    b->state = b->taken = o->state;
    b->others = o->others;
    b->others_count = o->others_count;
    b->progress = o->progress;
    b->progress_ctx = o->progress_ctx;
}

/* Inference looks at the code first without facts, since a false one would spoil what is certain; only when
 * that leaves the entry open does it try again with what is stated. */
static wrt_status analysis_infer(
    struct wrt__wcet_analysis *a, const struct wrt__wcet_options *o, wrt_error *err)
{
    const bool all = o->use == WRT__FACTS_ALL;
    analysis_args(&a->b, o);
    if (o->no_inference) return WRT_OK;
    wrt_status status = wrt__wcet_bounds_init(&a->alone, &a->p, err);
    if (status != WRT_OK) return status;
    analysis_args(&a->alone, o);
    status = wrt__wcet_infer(&a->alone, o->steps, err);
    if (status == WRT_OK) status = analysis_merge(&a->b, &a->alone, all, err);
    if (status != WRT_OK || !all || a->facts.count == 0 || a->alone.fuel_high != WRT__WCET_INF) return status;
    return wrt__wcet_infer(&a->b, o->steps, err);
}

static wrt_status analysis_known(
    struct wrt__wcet_analysis *a, const struct wrt__wcet_options *o, wrt_error *err)
{
    const wrt_bytes texts[] = { o->section, o->facts };
    wrt_status status = wrt__wcet_bounds_init(&a->b, &a->p, err);
    /* What inference finds may hold only because a run traps: then runs that trap must be paths too. */
    a->b.traps = o->use == WRT__FACTS_ALL;
    for (size_t i = 0; i < WRT_COUNT(texts) && status == WRT_OK; i++) {
        if (texts[i].n == 0) continue;
        wrt_bytes own = { wrt__arena_copy(&a->p.arena, texts[i].p, texts[i].n), texts[i].n };
        if (own.p) status = wrt__facts_read(&a->facts, own, &a->b, o->use, err);
        else status = wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the facts");
    }
    if (status == WRT_OK && o->lines) status = wrt__lines_read(&a->lines, a->p.m, a->p.alloc, err);
    if (status == WRT_OK && o->sources_count > 0) {
        status = wrt__pragmas_read(
            &a->pragmas, o->sources, o->sources_count, &a->lines, &a->facts, &a->b, err);
    }
    if (status == WRT_OK) status = analysis_infer(a, o, err);
    return status;
}

/* In recursive functions invocations interrupt each other, and a counter of arrivals per entry mixes them up.
 * What is stated per entry there is used only where inference has no bound. True: something changed. */
static bool analysis_distrust(struct wrt__wcet_analysis *a)
{
    bool any = false;
    for (uint32_t i = 0; a->alone.loops && i < a->p.bodies_count; i++) {
        const struct wrt__wcet_body *body = &a->p.bodies[i];
        for (uint32_t l = 0; a->x.units[i].recursive && l < body->loops_count; l++) {
            struct wrt__wcet_loop *loop = wrt__wcet_loop_of(&a->b, body, l);
            const struct wrt__wcet_loop *own = wrt__wcet_loop_of(&a->alone, body, l);
            if (loop->rule != WRT__WCET_RULE_ANNOTATION || own->max == WRT__WCET_INF) continue;
            loop->max = own->max;
            loop->rule = own->rule;
            any = true;
        }
    }
    return any;
}

static wrt_status analysis_paths(struct wrt__wcet_analysis *a, const struct wrt__wcet_options *o,
    const struct wrt__wcet_host *hosts, uint32_t hosts_count, wrt_error *err)
{
    wrt_status status = wrt__wcet_bound_make(&a->x, &a->b, hosts, hosts_count, err);
    if (status != WRT_OK || o->use != WRT__FACTS_ALL || !analysis_distrust(a)) return status;
    wrt__wcet_bound_free(&a->x);
    return wrt__wcet_bound_make(&a->x, &a->b, hosts, hosts_count, err);
}

/* ---- the bound -------------------------------------------------------------------------------------------
 */

static bool analysis_has_totals(const struct wrt__wcet_bounds *b)
{
    for (uint32_t i = 0; i < b->p->loops_count; i++) {
        if (b->loops[i].total != WRT__WCET_INF) return true;
    }
    for (uint32_t i = 0; i < b->p->bodies_count; i++) {
        if (b->funcs[i].calls != WRT__WCET_INF) return true;
    }
    return false;
}

/* The block of operator `offset`; NONE: there is none, or no path reaches it. */
static uint32_t analysis_block_at(const struct wrt__wcet_unit *u, uint32_t offset)
{
    const struct wrt__wcet_graph *g = &u->g;
    uint32_t low = 0, high = g->blocks_count;
    while (low < high) {        /* blocks and operators are in the order of the binary */
        const uint32_t middle = low + (high - low) / 2;
        if (g->body->ops[g->blocks[middle].first].offset <= offset) low = middle + 1;
        else high = middle;
    }
    if (low == 0 || !u->reached[low - 1]) return WRT__WCET_NONE;
    const struct wrt__wcet_block *block = &g->blocks[low - 1];
    for (uint32_t first = block->first, end = first + block->count; first < end;) {
        const uint32_t middle = first + (end - first) / 2;
        if (g->body->ops[middle].offset == offset) return low - 1;
        if (g->body->ops[middle].offset < offset) first = middle + 1;
        else end = middle;
    }
    return WRT__WCET_NONE;
}

static wrt_status analysis_pair(const struct wrt__wcet_analysis *a, const struct wrt__fact *f,
    struct wrt__wcet_pair *out, wrt_error *err)
{
    const struct wrt__wcet_unit *u = &a->x.units[out->unit];
    wrt_status status = WRT_OK;
    out->a = analysis_block_at(u, f->offset);
    out->b = analysis_block_at(u, f->other);
    if (out->a == WRT__WCET_NONE || out->b == WRT__WCET_NONE) {
        status = wrt__fail(err, WRT_E_INVALID, WRT__W_WCET_NOTHING, WRT__NO_OFFSET,
            "no path of function %u reaches an operator at offset %lu", f->func,
            (uint64_t)(out->a == WRT__WCET_NONE ? f->offset : f->other));
    } else if (out->a == out->b) {
        status = wrt__fail(err, WRT_E_INVALID, WRT__W_WCET_CONTRADICTION, WRT__NO_OFFSET,
            "the operators at offsets %lu and %lu are always executed together", (uint64_t)f->offset,
            (uint64_t)f->other);
    } else if (u->g.blocks[out->a].loop != u->g.blocks[out->b].loop) {
        status = wrt__fail(err, WRT_E_INVALID, WRT__W_WCET_NOTHING, WRT__NO_OFFSET,
            "the operators at offsets %lu and %lu do not stand in the same loop", (uint64_t)f->offset,
            (uint64_t)f->other);
    }
    if (status != WRT_OK && err) {
        const struct wrt__json j = { .start = f->text, .p = f->at };
        wrt__json_place(&j, &err->line, &err->column);
    }
    if (status != WRT_OK) return status;
    const uint32_t loop = u->g.blocks[out->a].loop;
    out->scope = loop == WRT__WCET_NONE ? 0 : u->g.loops[loop].header;
    return WRT_OK;
}

/* Stated pairs as blocks. */
static wrt_status analysis_pairs(struct wrt__wcet_analysis *a, enum wrt__facts_use use, wrt_error *err)
{
    struct wrt__wcet_pair *pairs = wrt__arena_take(
        &a->p.arena, ((size_t)a->facts.count + 1) * sizeof *pairs, 16);
    if (!pairs)
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->facts.count; i++) {
        const struct wrt__fact *f = &a->facts.facts[i];
        if (f->kind != 'p' || a->p.body_of[f->func] == WRT__WCET_NONE) continue;
        if (n == ANALYSIS_PAIRS) {
            a->limit = "wcet_ilp_rows";     /* the maximum is not asked */
            return WRT_OK;
        }
        pairs[n].unit = a->p.body_of[f->func];
        const wrt_status status = analysis_pair(a, f, &pairs[n], err);
        if (status != WRT_OK) return status;
        n++;
    }
    a->x.pairs = pairs;
    a->x.pairs_count = use == WRT__FACTS_PER_ENTRY ? 0 : n;
    return WRT_OK;
}

static bool analysis_is_small(const struct wrt__wcet_bound *x)
{
    uint64_t edges = 0;
    for (uint32_t i = 0; i < x->p->bodies_count; i++) edges += x->units[i].g.edges_count;
    return edges <= ANALYSIS_ILP_EDGES;
}

static wrt_status analysis_ilp(struct wrt__wcet_analysis *a, enum wrt__facts_use use, wrt_error *err)
{
    wrt_error own;
    if (use == WRT__FACTS_PER_ENTRY || (!analysis_has_totals(&a->b) && a->x.pairs_count == 0)) return WRT_OK;
    if (!analysis_is_small(&a->x)) {
        a->limit = "wcet_ilp_edges";
        return WRT_OK;
    }
    wrt__error_clear(&own);
    wrt_status status = wrt__ilp_solve(&a->ilp, &a->x, &own);
    if (status == WRT_E_UNBOUNDED || (status == WRT_E_INVALID && a->facts.count == 0)) return WRT_OK;
    if (status == WRT_E_LIMIT) {
        a->limit = a->ilp.limit ? a->ilp.limit : "wcet_ilp";
        return WRT_OK;
    }
    if (status != WRT_OK) {
        if (err) *err = own;
        return status;
    }
    a->has_ilp = true;
    if (a->ilp.limit) a->limit = a->ilp.limit;
    return WRT_OK;
}

static void analysis_take(struct wrt__wcet_analysis *a, uint64_t fuel, enum wrt__wcet_method method)
{
    if (fuel >= a->fuel_high) return;
    a->fuel_high = fuel;
    a->method = method;
}

/* The dearest path; of an ILP that ended early there may be none that attains the bound. */
static wrt_status analysis_worst(struct wrt__wcet_analysis *a, wrt_error *err)
{
    if (a->method == WRT__WCET_BY_ILP && a->ilp.has_solution) {
        a->runs = a->ilp.runs;
        a->calls = a->ilp.calls;
        return WRT_OK;
    }
    if (!a->x.bounded) return WRT_OK;
    return wrt__wcet_worst(&a->x, &a->runs, &a->calls, err);
}

static wrt_status analysis_bound(
    struct wrt__wcet_analysis *a, const struct wrt__wcet_options *o, wrt_error *err)
{
    wrt_status status = analysis_pairs(a, o->use, err);
    if (status == WRT_OK) status = analysis_ilp(a, o->use, err);
    if (status != WRT_OK) return status;
    a->fuel_high = WRT__WCET_INF;
    if (o->use == WRT__FACTS_ALL) analysis_take(a, a->b.fuel_high, WRT__WCET_BY_EXECUTION);
    if (a->x.bounded) analysis_take(a, a->x.fuel_high, WRT__WCET_BY_PATHS);
    if (a->has_ilp) analysis_take(a, a->ilp.bound, WRT__WCET_BY_ILP);
    a->bounded = a->fuel_high != WRT__WCET_INF;
    if (!a->bounded && !a->limit) a->limit = a->b.limit;
    a->fuel_low = wrt__max_u64(a->x.fuel_low, a->b.fuel_low);
    /* without facts: no run returns at all */
    if (a->facts.count == 0) a->fuel_low = wrt__min_u64(a->fuel_low, a->fuel_high);
    if (a->fuel_low > a->fuel_high) {
        return wrt__fail(err, WRT_E_INVALID, WRT__W_WCET_CONTRADICTION, WRT__NO_OFFSET,
            "a fact is false: no run uses less than %lu fuel, and the facts allow no more than %lu",
            a->fuel_low, a->fuel_high);
    }
    return a->bounded ? analysis_worst(a, err) : WRT_OK;
}

/* ---- stack and memory ------------------------------------------------------------------------------------
 */

static void analysis_stack_unit(struct wrt__wcet_analysis *a, struct wrt__wcet_unit *u)
{
    const struct wrt__module *m = a->p.m;
    const struct wrt__wcet_body *body = u->g.body;
    const uint64_t frame = m->funcs[body->func].frame;
    u->stack_slots = frame;
    for (uint32_t k = 0; k < u->calls_count; k++) {
        const struct wrt__wcet_call *c = &u->calls[k];
        const struct wrt__wcet_op *op = &body->ops[a->b.sites[c->site].op];
        bool tail = op->code == WRT__OP_RETURN_CALL || op->code == WRT__OP_RETURN_CALL_INDIRECT;
        uint64_t used = tail ? 0
                             : frame - body->height_max + op->height; /* its operands become the callee's */
        if (c->foreign) u->stack_slots = WRT__WCET_INF;
        for (uint32_t t = c->target_first; t < c->target_first + c->targets_count; t++) {
            uint32_t callee = a->x.targets[t].body;
            if (callee == WRT__WCET_NONE) continue;
            const struct wrt__wcet_unit *other = &a->x.units[callee];
            bool later = other->group == u->group && u->recursive;
            uint64_t below = later || other->stack_slots == WRT__WCET_INF ? WRT__WCET_INF
                                                                          : other->stack_slots + used;
            u->stack_slots = wrt__max_u64(u->stack_slots, below);
        }
    }
}

/* Frames of callees begin inside those of callers; recursion of known depth adds up all invocations, where no
 * function of another module can come back. */
static void analysis_stack(struct wrt__wcet_analysis *a)
{
    uint64_t all = 0;
    bool counted = true;
    for (uint32_t i = 0; i < a->p.bodies_count; i++) analysis_stack_unit(a, &a->x.units[a->x.order[i]]);
    a->stack_slots = a->x.units[0].stack_slots;
    for (uint32_t i = 0; i < a->p.bodies_count; i++) {
        const struct wrt__wcet_unit *u = &a->x.units[i];
        for (uint32_t k = 0; k < u->calls_count; k++) counted = counted && !u->calls[k].foreign;
        uint64_t calls = u->recursive ? a->b.funcs[i].calls : 1, part;
        counted = counted && calls != WRT__WCET_INF
            && wrt__mul_u64(a->p.m->funcs[u->g.body->func].frame, calls, &part)
            && wrt__add_u64(all, part, &all);
    }
    if (counted) a->stack_slots = wrt__min_u64(a->stack_slots, all);
}

static bool analysis_grows(const struct wrt__wcet_analysis *a)
{
    for (uint32_t i = 0; i < a->p.bodies_count; i++) {
        const struct wrt__wcet_body *body = &a->p.bodies[i];
        for (uint32_t k = 0; k < body->sites_count; k++) {
            if (body->ops[a->b.sites[body->site_first + k].op].code == WRT__OP_MEMORY_GROW) return true;
        }
    }
    return false;
}

/* Does nobody but the entry run on the instance? Others may make its memory grow. */
static bool analysis_is_alone(const struct wrt__wcet_analysis *a)
{
    uint32_t n;
    if (a->p.m->start != UINT32_MAX) return false;
    if (a->state == WRT__WCET_FRESH) return true;
    return a->state == WRT__WCET_REPEATED && a->b.others_count == 0
        && !wrt__export_find(a->p.m, WRT_STR("_initialize"), &n);
}

static void analysis_memory(struct wrt__wcet_analysis *a)
{
    const struct wrt__module *m = a->p.m;
    a->memory_pages = 0;
    if (m->memories_count == 0) return;
    const struct wrt__limits *l = &m->memories[0].limits;
    uint64_t most = l->has_max ? l->max : m->limits->memory_bytes >> 16;
    bool fixed = m->memories_imported == 0 && analysis_is_alone(a) && !analysis_grows(a);
    a->memory_pages = wrt__min_u64(fixed ? l->min : most, a->b.memory_pages);
}

/* ---- all -------------------------------------------------------------------------------------------------
 */

/* Prices of facts stand before those of the caller, so that they are found first. */
static wrt_status analysis_hosts(struct wrt__wcet_analysis *a, const struct wrt__wcet_options *o,
    struct wrt__wcet_host **out, uint32_t *count, wrt_error *err)
{
    *count = a->facts.hosts_count + o->hosts_count;
    *out = wrt__arena_take(&a->p.arena, ((size_t)*count + 1) * sizeof **out, 16);
    if (!*out)
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
    for (uint32_t i = 0; i < *count; i++) {
        (*out)[i] = i < a->facts.hosts_count ? a->facts.hosts[i] : o->hosts[i - a->facts.hosts_count];
    }
    return WRT_OK;
}

wrt_status wrt__wcet_analyse(struct wrt__wcet_analysis *a, const struct wrt__module *m, uint32_t entry,
    const struct wrt__wcet_options *o, wrt_error *err)
{
    struct wrt__wcet_host *hosts = NULL;
    uint32_t hosts_count = 0;
    memset(a, 0, sizeof *a);
    a->state = a->taken = o->state;
    wrt_status status = wrt__wcet_open(&a->p, m, entry, err);
    if (status != WRT_OK) return status;
    status = analysis_known(a, o, err);
    if (status == WRT_OK) status = analysis_hosts(a, o, &hosts, &hosts_count, err);
    if (status == WRT_OK) status = analysis_paths(a, o, hosts, hosts_count, err);
    if (status == WRT_OK) status = analysis_bound(a, o, err);
    if (status != WRT_OK) {
        wrt__wcet_analysis_free(a);
        return status;
    }
    analysis_stack(a);
    analysis_memory(a);
    a->taken = a->b.taken;
    return WRT_OK;
}

void wrt__wcet_analysis_free(struct wrt__wcet_analysis *a)
{
    if (a->has_ilp) wrt__ilp_free(&a->ilp);
    if (a->x.p) wrt__wcet_bound_free(&a->x);
    wrt__pragmas_free(&a->pragmas);
    wrt__lines_free(&a->lines);
    wrt__facts_free(&a->facts);
    wrt__wcet_close(&a->p);
    a->has_ilp = false;
    a->x.p = NULL;
}
