/* api/wcet: bounds in fuel (include/wrt/wcet.h). A report is one analysis with the start function's beside
 * it. */
#include "api/objects.h"
#include "api/wcet_report.h"
#include "wcet/certificate.h"

enum { WCET_TEXT = 256, WCET_SLOTS_STEP = 32, WCET_OTHERS = 64, WCET_SOURCES = 256 };

/* ---- the function to bound ---------------------------------------------------------------------------- */

static bool wcet_number(wrt_str text, uint32_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || n > UINT32_MAX) return false;
        n = n * 10 + (uint64_t)(text.p[i] - '0');
    }
    *out = (uint32_t)n;
    return text.n > 0 && n < UINT32_MAX;
}

static wrt_status wcet_find(const struct wrt__module *m, wrt_str name, uint32_t *func, wrt_error *err)
{
    uint32_t number;
    bool found = wrt__export_find(m, name, &number) && m->exports[number].kind == WRT__KIND_FUNC;
    if (found) *func = m->exports[number].index;
    for (uint32_t i = 0; !found && name.n > 0 && m->names.count > 0 && i < m->funcs_count; i++) {
        found = wrt__str_equal(wrt__func_name(m, i), name);
        if (found) *func = i;
    }
    if (!found) found = wcet_number(name, func) && *func < m->funcs_count;
    if (!found) {
        wrt_status status = wrt__fail(
            err, WRT_E_LINK, WRT__W_NO_EXPORT, WRT__NO_OFFSET, "there is no function \"%S\"", &name);
        wrt_str near = wrt__nearest_export(m, name);
        if (near.n > 0) wrt__error_hint(err, "did you mean \"%S\"?", &near);
        return status;
    }
    if (*func >= m->funcs_imported) return WRT_OK;
    return wrt__fail(err, WRT_E_LINK, WRT__W_NO_EXPORT, WRT__NO_OFFSET,
        "function %u is imported: it has no code here", *func);
}

/* ---- analysis ----------------------------------------------------------------------------------------- */

static wrt_status wcet_nomem(wrt_error *err)
{
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "wcet", "no memory for the analysis");
}

static wrt_status wcet_start(wrt_wcet_report *r, const struct wrt__wcet_options *o, wrt_error *err)
{
    const struct wrt__module *m = r->code->module;
    struct wrt__wcet_analysis start;
    if (m->start == UINT32_MAX || m->start < m->funcs_imported) {
        r->start_bounded = m->start == UINT32_MAX;
        r->has_start = !r->start_bounded;
        r->start_fuel_high = r->start_bounded ? 0 : WRT_WCET_NONE;
        return WRT_OK;
    }
    struct wrt__wcet_options own = *o;
    own.use = WRT__FACTS_ALL;
    own.state = WRT__WCET_FRESH;
    own.lines = false;
    own.sources_count = 0;
    wrt_status status = wrt__wcet_analyse(&start, m, m->start, &own, err);
    if (status != WRT_OK) return status;
    r->has_start = true;
    r->start_bounded = start.bounded;
    r->start_fuel_high = start.fuel_high;
    wrt__wcet_analysis_free(&start);
    return WRT_OK;
}

static bool wcet_is_open(const struct wrt__wcet_bound *x, const struct wrt__wcet_call *c)
{
    bool open = c->foreign;
    for (uint32_t i = c->target_first; i < c->target_first + c->targets_count; i++) {
        const struct wrt__wcet_target *t = &x->targets[i];
        const uint64_t high = t->body == WRT__WCET_NONE ? t->high : x->units[t->body].fuel_high;
        open |= high == WRT__WCET_INF;
    }
    return open && x->b->sites[c->site].fuel_high == WRT__WCET_INF;
}

/* Blocks of unit i with what they call, behind those of the units before. */
static void wcet_index_costs(wrt_wcet_report *r, uint32_t i, uint32_t first)
{
    const struct wrt__wcet_bound *x = &r->a.x;
    const struct wrt__wcet_unit *u = &x->units[i];
    wrt__wcet_block_costs(x, u, 1, r->block_high + first);
    wrt__wcet_block_costs(x, u, -1, r->block_low + first);
    for (uint32_t k = 0; k < u->calls_count; k++) {
        if (wcet_is_open(x, &u->calls[k])) r->block_high[first + u->calls[k].block] = WRT__PATH_NONE;
    }
}

static bool wcet_index(wrt_wcet_report *r)
{
    struct wrt__wcet_analysis *a = &r->a;
    uint32_t blocks = 0, loops = 0;
    for (uint32_t i = 0; i < a->p.bodies_count; i++) {
        blocks += a->x.units[i].g.blocks_count;
        loops += a->x.units[i].g.loops_count;
    }
    r->blocks = wrt__arena_take(&a->p.arena, ((size_t)blocks + 1) * sizeof *r->blocks, 8);
    r->loops = wrt__arena_take(&a->p.arena, ((size_t)loops + 1) * sizeof *r->loops, 8);
    r->block_high = wrt__arena_take(&a->p.arena, ((size_t)blocks + 1) * sizeof *r->block_high, 8);
    r->block_low = wrt__arena_take(&a->p.arena, ((size_t)blocks + 1) * sizeof *r->block_low, 8);
    r->why_text = wrt__arena_take(&a->p.arena, ((size_t)a->x.why_count + 1) * sizeof *r->why_text, 8);
    if (!r->blocks || !r->loops || !r->why_text || !r->block_high || !r->block_low) return false;
    for (uint32_t i = 0; i < a->p.bodies_count; i++) {
        wcet_index_costs(r, i, r->blocks_count);
        for (uint32_t k = 0; k < a->x.units[i].g.blocks_count; k++) {
            r->blocks[r->blocks_count++] = (struct wcet_block_of){ i, k };
        }
        for (uint32_t k = 0; k < a->x.units[i].g.loops_count; k++) {
            r->loops[r->loops_count++] = (struct wcet_loop_of){ i, k };
        }
    }
    return true;
}

static const char *wcet_why_start(uint8_t kind)
{
    switch (kind) {
    case WRT__WCET_WHY_LOOP: return "no bound is known for the arrivals at this loop";
    case WRT__WCET_WHY_RECURSION: return "recursion: no bound is known for the invocations of";
    case WRT__WCET_WHY_INDIRECT: return "functions of other modules may be called here";
    case WRT__WCET_WHY_HOST: return "no price is declared for the imported function";
    case WRT__WCET_WHY_SIZE: return "the size that this operator works on has no bound";
    case WRT__WCET_WHY_NO_RETURN: return "no path leaves this function";
    default: return "the figure has no room in 64 bits";
    }
}

static bool wcet_texts(wrt_wcet_report *r)
{
    struct wrt__wcet_analysis *a = &r->a;
    const struct wrt__module *m = a->p.m;
    for (uint32_t i = 0; i < a->x.why_count; i++) {
        const struct wrt__wcet_why *why = &a->x.why[i];
        char text[WCET_TEXT];
        const char *start = wcet_why_start(why->kind);
        size_t n = 0;
        if (why->callee != UINT32_MAX) {
            wrt_str name = wrt__func_name(m, why->callee);
            n = wrt__format(text, sizeof text, "%s %u %S", start, why->callee, &name);
        } else {
            n = wrt__format(text, sizeof text, why->reason ? "%s: %s" : "%s", start, why->reason);
        }
        if (n >= sizeof text) n = sizeof text - 1;
        char *kept = wrt__arena_copy(&a->p.arena, text, n);
        if (!kept) return false;
        r->why_text[i] = (wrt_str){ kept, n };
    }
    return true;
}

static wrt_str wcet_keep(struct wrt__arena *a, wrt_str s, bool *ok)
{
    const char *kept = wrt__arena_copy(a, s.p, s.n);
    *ok = *ok && kept;
    return (wrt_str){ kept, s.n };
}

/* What was declared, for the list of assumptions. */
static bool wcet_declared(wrt_wcet_report *r, const struct wrt__wcet_options *o)
{
    struct wrt__arena *a = &r->a.p.arena;
    bool ok = true;
    for (uint32_t i = 0; i < o->args_count; i++) r->args[i] = o->args[i];
    r->hosts = wrt__arena_take(a, ((size_t)o->hosts_count + 1) * sizeof *r->hosts, 8);
    if (!r->hosts) return false;
    for (uint32_t i = 0; i < o->hosts_count && ok; i++) {
        r->hosts[i] = o->hosts[i];
        r->hosts[i].module = wcet_keep(a, o->hosts[i].module, &ok);
        r->hosts[i].name = wcet_keep(a, o->hosts[i].name, &ok);
    }
    r->hosts_count = o->hosts_count;
    return ok;
}

static wrt_status wcet_run(wrt_wcet_report *r, uint32_t func, const wrt_wcet_opts *opts, wrt_error *err)
{
    const struct wrt__module *m = r->code->module;
    struct wrt__wcet_options o = { .facts = opts->facts,
        .use = opts->use == WRT_WCET_PER_ENTRY ? WRT__FACTS_PER_ENTRY
               : opts->use == WRT_WCET_FULL    ? WRT__FACTS_FULL
                                               : WRT__FACTS_ALL,
        .no_inference = opts->no_inference,
        .hosts_count = (uint32_t)opts->nhosts,
        .steps = opts->steps,
        .state = (enum wrt__wcet_state)opts->state };
    uint32_t others[WCET_OTHERS];
    for (; o.others_count < opts->nothers; o.others_count++) {
        wrt_status found = wcet_find(m, opts->others[o.others_count], &others[o.others_count], err);
        if (found != WRT_OK) return found;
    }
    o.others = others;
    if (!opts->no_section) o.section = wrt__wcet_section(m, WRT_STR("wrt.flowfacts"));
    size_t bytes = (opts->nhosts + 1) * sizeof(struct wrt__wcet_host);
    struct wrt__wcet_host *hosts = wrt__alloc(m->alloc, bytes, WRT_TAG_OTHER);
    if (!hosts) return wcet_nomem(err);
    for (size_t i = 0; i < opts->nhosts; i++) {
        hosts[i] = (struct wrt__wcet_host){ opts->hosts[i].module, opts->hosts[i].name, opts->hosts[i].fuel,
            0 };
    }
    o.hosts = hosts;
    struct wrt__wcet_arg args[WRT__WCET_ARGS];
    for (; o.args_count < opts->nargs && o.args_count < WRT__WCET_ARGS; o.args_count++) {
        const wrt_wcet_arg *arg = &opts->args[o.args_count];
        args[o.args_count] = (struct wrt__wcet_arg){ arg->given, arg->low, arg->high };
    }
    o.args = args;
    struct wrt__source sources[WCET_SOURCES];
    for (; o.sources_count < opts->nsources; o.sources_count++) {
        const wrt_wcet_source *source = &opts->sources[o.sources_count];
        sources[o.sources_count] = (struct wrt__source){ source->name, source->text };
    }
    o.sources = sources;
    o.progress = opts->progress;
    o.progress_ctx = opts->progress_ctx;
    o.lines = true;
    wrt_status status = wrt__wcet_analyse(&r->a, m, func, &o, err);
    if (status == WRT_OK) {
        status = wcet_start(r, &o, err);
        if (status == WRT_OK && (!wcet_index(r) || !wcet_texts(r) || !wcet_declared(r, &o)))
            status = wcet_nomem(err);
        if (status != WRT_OK) wrt__wcet_analysis_free(&r->a);
    }
    wrt__free(m->alloc, hosts, bytes, WRT_TAG_OTHER);
    return status;
}

wrt_status wrt_wcet_analyse(
    const wrt_code *c, wrt_str func, const wrt_wcet_opts *o, wrt_wcet_report **out, wrt_error *err)
{
    wrt_wcet_opts opts;
    uint32_t index = 0;
    wrt__error_clear(err);
    if (!c || !out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    *out = NULL;
    wrt_status status = wrt__opts_read(&opts, sizeof opts, o, "wrt_wcet_opts", err);
    if (status == WRT_OK && opts.nhosts > UINT16_MAX) {
        status = wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "more than 65535 prices of imports");
    }
    if (status == WRT_OK && (opts.nothers > WCET_OTHERS || (unsigned)opts.state > WRT_WCET_ANY)) {
        status = wrt__fail(
            err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an unknown state, or more than 64 other functions");
    }
    if (status == WRT_OK && opts.nsources > WCET_SOURCES) {
        status = wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "more than 256 sources");
    }
    if (status == WRT_OK) status = wcet_find(c->module, func, &index, err);
    for (size_t i = 0; status == WRT_OK && i < opts.nargs; i++) {
        const struct wrt__functype *type = &c->module->types[c->module->funcs[index].type];
        if (!opts.args[i].given || i < type->params) continue;
        status = wrt__fail(err, WRT_E_INVALID, WRT__W_WCET_NOTHING, WRT__NO_OFFSET,
            "a range is declared for argument %lu, function %u has %u", (uint64_t)i, index, type->params);
    }
    if (status != WRT_OK) return status;
    wrt_wcet_report *r = wrt__alloc_zero(&c->engine->alloc, sizeof *r, WRT_TAG_OTHER);
    if (!r) return wcet_nomem(err);
    r->code = c;
    wrt__code_keep(c);
    status = wcet_run(r, index, &opts, err);
    if (status == WRT_OK) {
        *out = r;
        return WRT_OK;
    }
    wrt__free(&c->engine->alloc, r, sizeof *r, WRT_TAG_OTHER);
    wrt__code_drop(c);
    return status;
}

void wrt_wcet_report_free(wrt_wcet_report *r)
{
    if (!r) return;
    const wrt_code *c = r->code;
    wrt__wcet_analysis_free(&r->a);
    wrt__free(&c->engine->alloc, r, sizeof *r, WRT_TAG_OTHER);
    wrt__code_drop(c);
}

wrt_status wrt_wcet_static(
    const wrt_code *c, wrt_str func, const wrt_wcet_opts *o, wrt_wcet *out, wrt_error *err)
{
    wrt_wcet_report *r;
    if (!out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    wrt_status status = wrt_wcet_analyse(c, func, o, &r, err);
    if (status != WRT_OK) return status;
    wrt_wcet_summary(r, out);
    for (size_t i = 0; i < WRT_COUNT(out->why); i++) out->why[i].name = out->why[i].text = (wrt_str){ "", 0 };
    wrt_wcet_report_free(r);
    return WRT_OK;
}

/* ---- figures ------------------------------------------------------------------------------------------ */

/* The engine's high-water mark of stacks moves in steps. */
static uint64_t wcet_stack_bytes(uint64_t slots)
{
    if (slots > UINT32_MAX) return WRT_WCET_NONE;
    if (slots == 0) slots = 1;
    return (slots + WCET_SLOTS_STEP - 1) / WCET_SLOTS_STEP * WCET_SLOTS_STEP * sizeof(uint64_t);
}

static uint64_t wcet_host_calls(const struct wrt__wcet_analysis *a)
{
    uint64_t sum = 0;
    if (!a->runs) return WRT_WCET_NONE;
    for (uint32_t i = 0; i < a->p.bodies_count; i++) {
        const struct wrt__wcet_unit *u = &a->x.units[i];
        for (uint32_t k = 0; k < u->calls_count; k++) {
            const struct wrt__wcet_call *c = &u->calls[k];
            bool host = c->targets_count > 0;
            for (uint32_t t = 0; t < c->targets_count; t++) {
                host = host && a->x.targets[c->target_first + t].body == WRT__WCET_NONE;
            }
            if (host) sum += a->runs[i][c->block];
        }
    }
    return sum;
}

static uint32_t wcet_indirect(const struct wrt__wcet_analysis *a)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->p.bodies_count; i++) {
        const struct wrt__wcet_unit *u = &a->x.units[i];
        for (uint32_t k = 0; k < u->calls_count; k++) {
            uint16_t code = u->g.body->ops[a->b.sites[u->calls[k].site].op].code;
            n += code == 0x11 || code == 0x13;      /* call_indirect, return_call_indirect */
        }
    }
    return n;
}

void wrt_wcet_summary(const wrt_wcet_report *r, wrt_wcet *out)
{
    const struct wrt__wcet_analysis *a = &r->a;
    wrt_wcet s = { .size = out->size,
        .bounded = a->bounded,
        .start_bounded = r->start_bounded,
        .method = (wrt_wcet_method)a->method,
        .fuel_low = a->fuel_low,
        .fuel_high = a->fuel_high,
        .start_fuel_high = r->start_fuel_high,
        .host_calls = wcet_host_calls(a),
        .stack_bytes = wcet_stack_bytes(a->stack_slots),
        .memory_pages = a->memory_pages,
        .functions = a->p.bodies_count,
        .loops = r->loops_count,
        .indirect_calls = wcet_indirect(a),
        .unbounded = a->bounded ? 0 : a->x.why_count,
        .table_hash = wrt_fuel_table_hash(a->p.m->fuel),
        .module_hash = wrt__module_hash(a->p.m),
        .limit = { a->limit ? a->limit : "", a->limit ? wrt__str_len(a->limit) : 0 } };
    s.state = (wrt_wcet_state)a->state;
    s.taken = (wrt_wcet_state)a->taken;
    for (uint32_t i = 0; i < r->loops_count; i++) {
        wrt_wcet_loop loop;
        (void)wrt_wcet_loop_at(r, i, &loop);
        s.stated += loop.rule == WRT__WCET_RULE_ANNOTATION;
        s.inferred += loop.rule != 0 && loop.rule != WRT__WCET_RULE_ANNOTATION;
    }
    for (size_t i = 0; i < WRT_COUNT(s.why); i++) (void)wrt_wcet_why_at(r, i, &s.why[i]);
    size_t n = out->size < sizeof s ? out->size : sizeof s;
    if (n > 0) memcpy(out, &s, n);
}

size_t wrt_wcet_why_count(const wrt_wcet_report *r)
{
    return r->a.bounded ? 0 : r->a.x.why_count;
}

bool wrt_wcet_why_at(const wrt_wcet_report *r, size_t i, wrt_wcet_why *out)
{
    if (i >= wrt_wcet_why_count(r)) return false;
    const struct wrt__wcet_why *why = &r->a.x.why[i];
    *out = (wrt_wcet_why){ .kind = (wrt_wcet_why_kind)why->kind,
        .func = why->func,
        .loop = why->kind == WRT__WCET_WHY_LOOP ? why->ordinal : UINT32_MAX,
        .callee = why->callee,
        .offset = why->offset,
        .name = wrt__func_name(r->a.p.m, why->func),
        .text = r->why_text[i] };
    return true;
}

size_t wrt_wcet_loops_count(const wrt_wcet_report *r) { return r->loops_count; }

bool wrt_wcet_loop_at(const wrt_wcet_report *r, size_t i, wrt_wcet_loop *out)
{
    if (i >= r->loops_count) return false;
    const struct wcet_loop_of of = r->loops[i];
    const struct wrt__wcet_unit *u = &r->a.x.units[of.unit];
    const struct wrt__wcet_natural *l = &u->g.loops[of.natural];
    const struct wrt__wcet_loop *known = wrt__wcet_loop_of(&r->a.b, u->g.body, l->ordinal);
    uint32_t depth = 0;
    for (uint32_t at = l->parent; at != WRT__WCET_NONE; at = u->g.loops[at].parent) depth++;
    *out = (wrt_wcet_loop){ .func = u->g.body->func,
        .loop = l->ordinal,
        .depth = depth,
        .offset = known->offset,
        .min = known->min,
        .max = known->max,
        .total = known->total,
        .rule = known->rule,
        .total_rule = known->total_rule,
        .runs = r->a.runs ? r->a.runs[of.unit][l->header] : WRT_WCET_NONE,
        .reason = { known->reason ? known->reason : "", known->reason ? wrt__str_len(known->reason) : 0 } };
    return true;
}

size_t wrt_wcet_funcs_count(const wrt_wcet_report *r) { return r->a.p.bodies_count; }

bool wrt_wcet_func_at(const wrt_wcet_report *r, size_t i, wrt_wcet_func *out)
{
    const struct wrt__wcet_analysis *a = &r->a;
    if (i >= a->p.bodies_count) return false;
    const struct wrt__wcet_unit *u = &a->x.units[i];
    *out = (wrt_wcet_func){ .func = u->g.body->func,
        .name = wrt__func_name(a->p.m, u->g.body->func),
        .fuel_high = u->fuel_high,
        .fuel_low = u->fuel_low,
        .calls = a->calls ? a->calls[i] : WRT_WCET_NONE,
        .self = a->runs ? 0 : WRT_WCET_NONE,
        .stack_bytes = wcet_stack_bytes(u->stack_slots) };
    for (uint32_t k = 0; a->runs && k < u->g.blocks_count; k++)
        out->self += a->runs[i][k] * (uint64_t)u->high[k];
    return true;
}

size_t wrt_wcet_blocks_count(const wrt_wcet_report *r) { return r->blocks_count; }

bool wrt_wcet_block_at(const wrt_wcet_report *r, size_t i, wrt_wcet_block *out)
{
    if (i >= r->blocks_count) return false;
    const struct wcet_block_of of = r->blocks[i];
    const struct wrt__wcet_unit *u = &r->a.x.units[of.unit];
    const struct wrt__wcet_block *b = &u->g.blocks[of.block];
    *out = (wrt_wcet_block){ .func = u->g.body->func,
        .block = of.block,
        .offset = u->g.body->ops[b->first].offset,
        .last = u->g.body->ops[b->first + b->count - 1].offset,
        .price = (uint64_t)u->high[of.block],
        .runs = r->a.runs ? r->a.runs[of.unit][of.block] : WRT_WCET_NONE,
        .next_count = b->edges_count,
        .fuel_high = r->block_high[i] == WRT__PATH_NONE ? WRT_WCET_NONE : (uint64_t)r->block_high[i],
        .fuel_low = (uint64_t)-r->block_low[i] };
    return true;
}

uint32_t wrt_wcet_block_next(const wrt_wcet_report *r, size_t i, uint32_t k)
{
    const struct wcet_block_of of = r->blocks[i];
    const struct wrt__wcet_graph *g = &r->a.x.units[of.unit].g;
    uint32_t to = g->edges[g->blocks[of.block].edge_first + k].to;
    return to < g->blocks_count ? to : to == g->blocks_count ? WRT_WCET_RETURNS : WRT_WCET_TRAPS;
}

/* ---- calls -------------------------------------------------------------------------------------------- */

size_t wrt_wcet_callees_count(const wrt_wcet_report *r)
{
    size_t n = 0;
    for (uint32_t i = 0; i < r->a.p.bodies_count; i++) n += r->a.x.units[i].calls_count;
    return n;
}

/* The target that costs most, and what it costs. */
static void wcet_dearest(
    const struct wrt__wcet_bound *x, const struct wrt__wcet_call *c, wrt_wcet_callee *out)
{
    out->callee = UINT32_MAX;
    out->fuel_high = c->foreign ? WRT_WCET_NONE : 0;
    for (uint32_t i = c->target_first; i < c->target_first + c->targets_count && !c->foreign; i++) {
        const struct wrt__wcet_target *t = &x->targets[i];
        const uint64_t high = t->body == WRT__WCET_NONE ? t->high : x->units[t->body].fuel_high;
        if (out->callee != UINT32_MAX && high <= out->fuel_high) continue;
        out->callee = t->func;
        out->fuel_high = high;
    }
    out->fuel_high = wrt__min_u64(out->fuel_high, x->b->sites[c->site].fuel_high);
}

bool wrt_wcet_callee_at(const wrt_wcet_report *r, size_t i, wrt_wcet_callee *out)
{
    uint32_t unit = 0;
    while (unit < r->a.p.bodies_count && i >= r->a.x.units[unit].calls_count) {
        i -= r->a.x.units[unit++].calls_count;
    }
    if (unit == r->a.p.bodies_count) return false;
    const struct wrt__wcet_unit *u = &r->a.x.units[unit];
    const struct wrt__wcet_call *c = &u->calls[i];
    *out = (wrt_wcet_callee){ .func = u->g.body->func,
        .block = c->block,
        .offset = r->a.b.sites[c->site].offset,
        .runs = r->a.runs ? r->a.runs[unit][c->block] : WRT_WCET_NONE };
    wcet_dearest(&r->a.x, c, out);
    return true;
}

wrt_status wrt_wcet_certificate(
    const wrt_wcet_report *r, void (*write)(void *ctx, wrt_str part), void *ctx, wrt_error *err)
{
    if (!r || !write) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    return wrt__wcet_certificate(&r->a, write, ctx, err);
}
