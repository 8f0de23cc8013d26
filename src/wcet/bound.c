/* bound: see bound.h. From callees to callers: prices of blocks, then the dearest and the cheapest path. Must
 * not know where facts come from. */
#include "wasm/front.h"
#include "wcet/bound.h"

static wrt_status bound_nomem(wrt_error *err)
{
    return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
}

static void *bound_take(struct wrt__wcet_bound *x, uint64_t n, size_t element)
{
    return wrt__arena_take(&x->p->arena, ((size_t)n + 1) * element, 16);
}

/* Beyond what paths can add up, a figure is none. */
static int64_t bound_figure(uint64_t n)
{
    return n > (uint64_t)WRT__PATH_MAX ? WRT__PATH_MAX : (int64_t)n;
}

/* ---- prices -------------------------------------------------------------------------------------------- */

static wrt_fuel_bulk bound_bulk(const struct wrt__wcet_bound *x, uint32_t code)
{
    const wrt_fuel_table *t = x->p->m->fuel;
    switch (code) {
    case WRT__OP_MEMORY_GROW: return t->grow;
    case WRT__OP_TABLE_GROW: case WRT__OP_TABLE_INIT: case WRT__OP_TABLE_COPY: case WRT__OP_TABLE_FILL:
        return t->table_bulk;
    default: return t->memory_bulk;
    }
}

static bool bound_is_call(uint32_t code)
{
    return code == WRT__OP_CALL || code == WRT__OP_CALL_INDIRECT || code == WRT__OP_RETURN_CALL ||
           code == WRT__OP_RETURN_CALL_INDIRECT;
}

static bool bound_is_indirect(uint32_t code)
{
    return code == WRT__OP_CALL_INDIRECT || code == WRT__OP_RETURN_CALL_INDIRECT;
}

/* Prices of the blocks without calls. Sizes that are not known are found again by bound_open_sizes. */
static void bound_prices(struct wrt__wcet_bound *x, struct wrt__wcet_unit *u)
{
    for (uint32_t i = 0; i < u->g.blocks_count; i++) {
        const struct wrt__wcet_block *b = &u->g.blocks[i];
        uint64_t high = u->g.price[i], low = high;
        for (uint32_t s = b->site_first; s < b->site_first + b->sites_count; s++) {
            const struct wrt__wcet_site *site = &x->b->sites[s];
            uint32_t code = u->g.body->ops[site->op].code;
            if (bound_is_call(code)) continue;
            wrt_fuel_bulk price = bound_bulk(x, code);
            if (site->size_max != WRT__WCET_INF) {
                uint64_t most = wrt__fuel_bulk_price(price, site->size_max);
                if (!wrt__add_u64(high, most, &high)) high = UINT64_MAX;
            }
            /* a refused growth pays the fixed price only */
            if (code != WRT__OP_MEMORY_GROW && code != WRT__OP_TABLE_GROW) {
                low += (uint64_t)bound_figure(wrt__fuel_bulk_price(price, site->size_min));
            }
        }
        u->high[i] = bound_figure(high);
        u->low[i] = bound_figure(low);
    }
}

/* ---- calls --------------------------------------------------------------------------------------------- */

static const struct wrt__wcet_host *bound_host(const struct wrt__wcet_bound *x, uint32_t func)
{
    const struct wrt__module *m = x->p->m;
    uint32_t k = 0;
    for (uint32_t i = 0; i < m->imports_count; i++) {
        if (m->imports[i].kind != WRT__KIND_FUNC || k++ != func) continue;
        for (uint32_t h = 0; h < x->hosts_count; h++) {
            const struct wrt__wcet_host *host = &x->hosts[h];
            bool module = host->module.n == 0 || wrt__str_equal(host->module, m->imports[i].module);
            bool name = host->name.n == 0 || wrt__str_equal(host->name, m->imports[i].name);
            if (module && name) return host;
        }
        break;
    }
    return NULL;
}

struct bound_targets { struct wrt__wcet_bound *x; bool nomem; };

static void bound_add_target(void *ctx, uint32_t func)
{
    struct bound_targets *t = ctx;
    struct wrt__wcet_bound *x = t->x;
    if (!wrt__grow(x->p->alloc, &x->targets, &x->targets_cap, x->targets_count + 1, sizeof *x->targets,
            WRT_TAG_OTHER)) {
        t->nomem = true;
        return;
    }
    struct wrt__wcet_target *target = &x->targets[x->targets_count++];
    *target = (struct wrt__wcet_target){ .body = x->p->body_of[func], .func = func, .high = WRT__WCET_INF };
    if (func >= x->p->m->funcs_imported) return;
    const struct wrt__wcet_host *host = bound_host(x, func);
    target->body = WRT__WCET_NONE;
    if (host) target->high = host->fuel_high;
    if (host) target->low = host->fuel_low;
}

/* Targets of an indirect call by its type: the calls of one type share a list, since tables are large. */
static struct wrt__wcet_call *bound_shared(struct wrt__wcet_bound *x, uint32_t table, uint32_t type)
{
    const struct wrt__module *m = x->p->m;
    const uint32_t canon = m->types[type].canon;
    if (!x->shared) x->shared = bound_take(x, m->tables_count, sizeof *x->shared);
    if (x->shared && !x->shared[table]) x->shared[table] = bound_take(x, m->types_count, sizeof **x->shared);
    if (!x->shared || !x->shared[table]) return NULL;
    if (!x->shared[table][canon]) {
        x->shared[table][canon] = bound_take(x, 1, sizeof ***x->shared);
        if (x->shared[table][canon]) x->shared[table][canon]->site = WRT__WCET_NONE;
    }
    return x->shared[table][canon];
}

static bool bound_call(struct wrt__wcet_bound *x, const struct wrt__wcet_unit *u, struct wrt__wcet_call *c)
{
    struct bound_targets targets = { x, false };
    const struct wrt__wcet_site *site = &x->b->sites[c->site];
    const struct wrt__wcet_op *op = &u->g.body->ops[site->op];
    c->target_first = x->targets_count;
    if (!bound_is_indirect(op->code)) {
        bound_add_target(&targets, op->a);
        c->targets_count = 1;
        return !targets.nomem;
    }
    struct wrt__wcet_call *shared = site->targets ? NULL : bound_shared(x, op->b, op->a);
    if (!site->targets && !shared) return false;
    if (!shared || shared->site == WRT__WCET_NONE) {
        c->foreign = !wrt__wcet_targets(x->b, u->g.body, site->op, bound_add_target, &targets);
        c->targets_count = x->targets_count - c->target_first;
        if (shared) *shared = *c;       /* but for block, site and spare, which are each call's own */
    } else {
        c->target_first = shared->target_first;
        c->targets_count = shared->targets_count;
        c->foreign = shared->foreign;
    }
    return !targets.nomem;
}

static bool bound_calls(struct wrt__wcet_bound *x, struct wrt__wcet_unit *u)
{
    for (int pass = 0; pass < 2; pass++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < u->g.blocks_count; i++) {
            const struct wrt__wcet_block *b = &u->g.blocks[i];
            for (uint32_t s = b->site_first; u->reached[i] && s < b->site_first + b->sites_count; s++) {
                if (!bound_is_call(u->g.body->ops[x->b->sites[s].op].code)) continue;
                if (pass == 1) {
                    uint32_t code = u->g.body->ops[x->b->sites[s].op].code;
                    bool tail = code == WRT__OP_RETURN_CALL || code == WRT__OP_RETURN_CALL_INDIRECT;
                    u->calls[n] =
                        (struct wrt__wcet_call){ .block = i, .site = s, .spare = tail && x->b->traps };
                    if (!bound_call(x, u, &u->calls[n])) return false;
                }
                n++;
            }
        }
        if (pass == 0) u->calls = bound_take(x, n, sizeof *u->calls);
        if (!u->calls) return false;
        u->calls_count = n;
    }
    return true;
}

/* ---- units --------------------------------------------------------------------------------------------- */

static bool bound_unit(struct wrt__wcet_bound *x, uint32_t i)
{
    struct wrt__wcet_unit *u = &x->units[i];
    const struct wrt__wcet_graph *g = &u->g;
    u->high = bound_take(x, g->blocks_count, sizeof *u->high);
    u->low = bound_take(x, g->blocks_count, sizeof *u->low);
    u->reached = bound_take(x, g->blocks_count, 1);
    u->most = bound_take(x, g->loops_count, sizeof *u->most);
    u->least = bound_take(x, g->loops_count, sizeof *u->least);
    u->total = bound_take(x, g->loops_count, sizeof *u->total);
    if (!u->high || !u->low || !u->reached || !u->most || !u->least || !u->total) return false;
    for (uint32_t l = 0; l < g->loops_count; l++) {
        const struct wrt__wcet_loop *loop = wrt__wcet_loop_of(x->b, g->body, g->loops[l].ordinal);
        u->most[l] = wrt__min_u64(loop->max, loop->total);
        u->least[l] = loop->min;
        u->total[l] = loop->total;
    }
    wrt__path_reach(g, u->most, u->reached);
    bound_prices(x, u);
    return bound_calls(x, u);
}

/* ---- order: strongly connected components of the call graph, callees first (Tarjan, own stack) ------------
 */

struct bound_visit { uint32_t unit, call, target; };
struct bound_order {
    uint32_t *index, *low, *stack, *groups;
    struct bound_visit *visits;
    uint32_t stack_count, visits_count, next, order_count, groups_count;
    uint8_t *on_stack;
};

static void bound_enter(struct bound_order *o, uint32_t unit)
{
    o->index[unit] = o->low[unit] = ++o->next;
    o->stack[o->stack_count++] = unit;
    o->on_stack[unit] = 1;
    o->visits[o->visits_count++] = (struct bound_visit){ unit, 0, 0 };
}

static void bound_leave(struct wrt__wcet_bound *x, struct bound_order *o, uint32_t unit)
{
    o->visits_count--;
    if (o->visits_count > 0) {
        uint32_t above = o->visits[o->visits_count - 1].unit;
        if (o->low[unit] < o->low[above]) o->low[above] = o->low[unit];
    }
    if (o->low[unit] != o->index[unit]) return;
    uint32_t member, count = 0;
    do {
        member = o->stack[--o->stack_count];
        o->on_stack[member] = 0;
        x->units[member].group = o->groups_count;
        x->order[o->order_count++] = member;
        count++;
    } while (member != unit);
    o->groups_count++;
    for (uint32_t i = 0; count > 1 && i < count; i++)
        x->units[x->order[o->order_count - 1 - i]].recursive = true;
}

static void bound_visit_next(struct wrt__wcet_bound *x, struct bound_order *o)
{
    struct bound_visit *v = &o->visits[o->visits_count - 1];
    struct wrt__wcet_unit *u = &x->units[v->unit];
    while (v->call < u->calls_count) {
        const struct wrt__wcet_call *c = &u->calls[v->call];
        if (v->target >= c->targets_count) {
            v->call++;
            v->target = 0;
            continue;
        }
        uint32_t body = x->targets[c->target_first + v->target++].body;
        if (body == WRT__WCET_NONE) continue;
        if (body == v->unit) u->recursive = true;
        if (o->index[body] == 0) {
            bound_enter(o, body);
            return;
        }
        if (o->on_stack[body] && o->index[body] < o->low[v->unit]) o->low[v->unit] = o->index[body];
    }
    bound_leave(x, o, v->unit);
}

static bool bound_sort(struct wrt__wcet_bound *x)
{
    const uint32_t n = x->p->bodies_count;
    struct bound_order o = { 0 };
    o.index = bound_take(x, n, sizeof *o.index);
    o.low = bound_take(x, n, sizeof *o.low);
    o.stack = bound_take(x, n, sizeof *o.stack);
    o.visits = bound_take(x, n, sizeof *o.visits);
    o.on_stack = bound_take(x, n, 1);
    x->order = bound_take(x, n, sizeof *x->order);
    if (!o.index || !o.low || !o.stack || !o.visits || !o.on_stack || !x->order) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (o.index[i] == 0) bound_enter(&o, i);
        while (o.visits_count > 0) bound_visit_next(x, &o);
    }
    return true;
}

/* ---- bounds -------------------------------------------------------------------------------------------- */

/* Most or least of one call; INF: unknown. */
static uint64_t bound_call_price(const struct wrt__wcet_bound *x, const struct wrt__wcet_unit *from,
    const struct wrt__wcet_call *c, bool high)
{
    const struct wrt__wcet_site *site = &x->b->sites[c->site];
    uint64_t best = high ? 0 : WRT__WCET_INF;
    for (uint32_t i = 0; i < c->targets_count; i++) {
        const struct wrt__wcet_target *t = &x->targets[c->target_first + i];
        uint64_t price = high ? t->high : t->low;
        if (t->body != WRT__WCET_NONE) {
            const struct wrt__wcet_unit *u = &x->units[t->body];
            bool later = u->group == from->group && u->recursive && !u->opaque;
            price = high ? (later ? WRT__WCET_INF : u->fuel_high) : later ? 0 : u->fuel_low;
        }
        best = high ? wrt__max_u64(best, price) : wrt__min_u64(best, price);
    }
    if (c->foreign) best = high ? WRT__WCET_INF : 0;
    if (!high && c->targets_count == 0) best = 0;       /* it can only trap */
    return high ? wrt__min_u64(best, site->fuel_high) : wrt__max_u64(best, site->fuel_low);
}

void wrt__wcet_block_costs(
    const struct wrt__wcet_bound *x, const struct wrt__wcet_unit *u, int sign, int64_t *cost)
{
    for (uint32_t i = 0; i < u->g.blocks_count; i++) cost[i] = sign > 0 ? u->high[i] : -u->low[i];
    for (uint32_t i = 0; i < u->calls_count; i++) {
        const struct wrt__wcet_call *c = &u->calls[i];
        uint64_t price = bound_call_price(x, u, c, sign > 0);
        if (sign > 0 && price == WRT__WCET_INF) price = 0;      /* the unit is open anyway */
        int64_t sum = cost[c->block] + sign * bound_figure(price);
        cost[c->block] = sum > WRT__PATH_MAX ? WRT__PATH_MAX : sum < -WRT__PATH_MAX ? -WRT__PATH_MAX : sum;
    }
}

/* Has a loop or a sized operator of u no bound? */
static bool bound_is_open_inside(const struct wrt__wcet_bound *x, const struct wrt__wcet_unit *u)
{
    for (uint32_t l = 0; l < u->g.loops_count; l++) {
        if (u->most[l] == WRT__WCET_INF && u->reached[u->g.loops[l].header]) return true;
    }
    for (uint32_t i = 0; i < u->g.blocks_count; i++) {
        const struct wrt__wcet_block *b = &u->g.blocks[i];
        for (uint32_t s = b->site_first; u->reached[i] && s < b->site_first + b->sites_count; s++) {
            const struct wrt__wcet_site *site = &x->b->sites[s];
            if (!bound_is_call(u->g.body->ops[site->op].code) && site->size_max == WRT__WCET_INF) return true;
        }
    }
    return false;
}

static bool bound_is_open(const struct wrt__wcet_bound *x, const struct wrt__wcet_unit *u)
{
    if (bound_is_open_inside(x, u)) return true;
    for (uint32_t i = 0; i < u->calls_count; i++) {
        if (bound_call_price(x, u, &u->calls[i], true) == WRT__WCET_INF) return true;
    }
    return false;
}

/* May the whole-program maximum look inside u? Its callees answer for themselves. */
bool wrt__wcet_is_countable(const struct wrt__wcet_bound *x, const struct wrt__wcet_unit *u)
{
    if (bound_is_open_inside(x, u)) return false;
    if (u->recursive && x->b->funcs[x->p->body_of[u->g.body->func]].calls == WRT__WCET_INF) return false;
    for (uint32_t k = 0; k < u->calls_count; k++) {
        const struct wrt__wcet_call *c = &u->calls[k];
        if (c->foreign) return false;
        for (uint32_t t = c->target_first; t < c->target_first + c->targets_count; t++) {
            if (x->targets[t].body == WRT__WCET_NONE && x->targets[t].high == WRT__WCET_INF) return false;
        }
    }
    return true;
}

static uint64_t bound_of_path(const struct wrt__path *p, const struct wrt__wcet_graph *g)
{
    int64_t a = p->in[g->blocks_count], b = p->in[g->blocks_count + 1];
    int64_t best = a > b ? a : b;
    return best == WRT__PATH_NONE ? 0 : (uint64_t)best;
}

static bool bound_paths(
    struct wrt__wcet_bound *x, struct wrt__path *path, uint32_t i, int64_t **cost, uint32_t *cap)
{
    struct wrt__wcet_unit *u = &x->units[i];
    const struct wrt__wcet_func *given = &x->b->funcs[i];
    if (!wrt__grow(x->p->alloc, cost, cap, u->g.blocks_count + 1, sizeof **cost, WRT_TAG_OTHER)) return false;
    u->open = bound_is_open(x, u);
    wrt__wcet_block_costs(x, u, -1, *cost);
    wrt__path_walk(path, &u->g, *cost, u->most, u->least);
    if (path->nomem) return false;
    int64_t low = path->in[u->g.blocks_count];
    u->no_return = low == WRT__PATH_NONE;
    u->fuel_low = wrt__max_u64(u->no_return || path->overflow ? 0 : (uint64_t)-low, given->fuel_low);
    u->fuel_high = WRT__WCET_INF;
    if (!u->open) {
        wrt__wcet_block_costs(x, u, 1, *cost);
        wrt__path_walk(path, &u->g, *cost, u->most, u->least);
        if (path->nomem) return false;
        bool ends = path->in[u->g.blocks_count] != WRT__PATH_NONE ||
                    path->in[u->g.blocks_count + 1] != WRT__PATH_NONE;
        if (!path->overflow && ends) u->fuel_high = bound_of_path(path, &u->g);
    }
    u->opaque = given->fuel_high < u->fuel_high;
    u->sealed = u->opaque && !wrt__wcet_is_countable(x, u);
    u->fuel_high = wrt__min_u64(u->fuel_high, given->fuel_high);
    return true;
}

/* ---- why there is none --------------------------------------------------------------------------------- */

struct bound_reasons {
    struct wrt__wcet_bound *x;
    uint8_t *seen;
    uint32_t *queue;
    uint32_t count;
    bool nomem;
};

static void bound_why(struct bound_reasons *r, struct wrt__wcet_why why)
{
    enum { WHY_MOST = 256 };
    struct wrt__wcet_bound *x = r->x;
    if (x->why_count == WHY_MOST) return;
    if (!wrt__grow(x->p->alloc, &x->why, &x->why_cap, x->why_count + 1, sizeof *x->why, WRT_TAG_OTHER)) {
        r->nomem = true;
        return;
    }
    x->why[x->why_count++] = why;
}

static void bound_why_call(
    struct bound_reasons *r, const struct wrt__wcet_unit *u, const struct wrt__wcet_call *c)
{
    struct wrt__wcet_bound *x = r->x;
    const struct wrt__wcet_site *site = &x->b->sites[c->site];
    struct wrt__wcet_why why = { .func = u->g.body->func, .offset = site->offset, .callee = WRT__WCET_NONE };
    if (bound_call_price(x, u, c, true) != WRT__WCET_INF) return;
    if (c->foreign) {
        why.kind = WRT__WCET_WHY_INDIRECT;
        bound_why(r, why);
    }
    for (uint32_t i = 0; i < c->targets_count; i++) {
        const struct wrt__wcet_target *t = &x->targets[c->target_first + i];
        why.callee = t->func;
        if (t->body == WRT__WCET_NONE) {
            why.kind = WRT__WCET_WHY_HOST;
            if (t->high == WRT__WCET_INF) bound_why(r, why);
            continue;
        }
        const struct wrt__wcet_unit *callee = &x->units[t->body];
        if (callee->group == u->group && callee->recursive && !callee->opaque) {
            why.kind = WRT__WCET_WHY_RECURSION;
            bound_why(r, why);
        }
        if (!r->seen[t->body] && callee->fuel_high == WRT__WCET_INF) {
            r->seen[t->body] = 1;
            r->queue[r->count++] = t->body;
        }
    }
}

static void bound_why_unit(struct bound_reasons *r, const struct wrt__wcet_unit *u)
{
    struct wrt__wcet_bound *x = r->x;
    const uint32_t func = u->g.body->func;
    uint32_t before = x->why_count, call = 0;
    for (uint32_t i = 0; i < u->g.blocks_count; i++) {
        const struct wrt__wcet_block *b = &u->g.blocks[i];
        if (!u->reached[i]) continue;
        if (b->header_of != WRT__WCET_NONE && u->most[b->header_of] == WRT__WCET_INF) {
            const struct wrt__wcet_loop *loop =
                wrt__wcet_loop_of(x->b, u->g.body, u->g.loops[b->header_of].ordinal);
            bound_why(r,
                (struct wrt__wcet_why){ .kind = WRT__WCET_WHY_LOOP,
                    .func = func,
                    .offset = loop->offset,
                    .ordinal = loop->ordinal,
                    .callee = WRT__WCET_NONE,
                    .reason = loop->reason });
        }
        for (uint32_t s = b->site_first; s < b->site_first + b->sites_count; s++) {
            const struct wrt__wcet_site *site = &x->b->sites[s];
            if (bound_is_call(u->g.body->ops[site->op].code)) {
                bound_why_call(r, u, &u->calls[call++]);
            } else if (site->size_max == WRT__WCET_INF) {
                bound_why(r, (struct wrt__wcet_why){ .kind = WRT__WCET_WHY_SIZE, .func = func,
                    .offset = site->offset, .callee = WRT__WCET_NONE });
            }
        }
    }
    if (!u->open && u->fuel_high == WRT__WCET_INF && before == x->why_count) {
        bound_why(r,
            (struct wrt__wcet_why){ .kind = u->no_return ? WRT__WCET_WHY_NO_RETURN : WRT__WCET_WHY_LARGE,
                .func = func,
                .offset = u->g.body->ops[0].offset,
                .callee = WRT__WCET_NONE });
    }
}

static bool bound_reasons(struct wrt__wcet_bound *x)
{
    struct bound_reasons r = { .x = x };
    r.seen = bound_take(x, x->p->bodies_count, 1);
    r.queue = bound_take(x, x->p->bodies_count, sizeof *r.queue);
    if (!r.seen || !r.queue) return false;
    r.queue[r.count++] = 0;
    r.seen[0] = 1;
    for (uint32_t i = 0; i < r.count && !r.nomem; i++) bound_why_unit(&r, &x->units[r.queue[i]]);
    return !r.nomem;
}

/* ---- all ----------------------------------------------------------------------------------------------- */

static bool bound_all(struct wrt__wcet_bound *x)
{
    struct wrt__path path;
    int64_t *cost = NULL;
    uint32_t cap = 0;
    wrt__path_init(&path, x->p->alloc);
    bool ok = true;
    for (uint32_t i = 0; ok && i < x->p->bodies_count; i++) {
        ok = bound_paths(x, &path, x->order[i], &cost, &cap);
    }
    wrt__path_fini(&path);
    wrt__free(x->p->alloc, cost, cap * sizeof *cost, WRT_TAG_OTHER);
    return ok;
}

wrt_status wrt__wcet_bound_make(struct wrt__wcet_bound *x, struct wrt__wcet_bounds *b,
    const struct wrt__wcet_host *hosts, uint32_t hosts_count, wrt_error *err)
{
    *x = (struct wrt__wcet_bound){ .p = b->p, .b = b, .hosts = hosts, .hosts_count = hosts_count };
    const uint32_t n = b->p->bodies_count;
    x->units = bound_take(x, n, sizeof *x->units);
    if (!x->units) return bound_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        wrt_status status = wrt__wcet_graph_make(&x->units[i].g, b, &b->p->bodies[i], err);
        if (status != WRT_OK) return status;
        if (!bound_unit(x, i)) return bound_nomem(err);
    }
    if (!bound_sort(x) || !bound_all(x)) return bound_nomem(err);
    x->fuel_high = x->units[0].fuel_high;
    x->fuel_low = x->units[0].fuel_low;
    x->bounded = x->fuel_high != WRT__WCET_INF;
    if (!x->bounded && !bound_reasons(x)) return bound_nomem(err);
    return WRT_OK;
}

void wrt__wcet_bound_free(struct wrt__wcet_bound *x)
{
    wrt__free(x->p->alloc, x->targets, x->targets_cap * sizeof *x->targets, WRT_TAG_OTHER);
    wrt__free(x->p->alloc, x->why, x->why_cap * sizeof *x->why, WRT_TAG_OTHER);
    x->targets = NULL;
    x->why = NULL;
    x->targets_cap = x->why_cap = x->targets_count = x->why_count = 0;
}

/* ---- the dearest path ---------------------------------------------------------------------------------- */

/* Callers of the dearest target of each call run it as often as their block. */
static bool bound_pass_on(struct wrt__wcet_bound *x, uint32_t i, const uint64_t *runs, uint64_t *calls)
{
    const struct wrt__wcet_unit *u = &x->units[i];
    for (uint32_t k = 0; k < u->calls_count; k++) {
        const struct wrt__wcet_call *c = &u->calls[k];
        uint32_t best = WRT__WCET_NONE;
        uint64_t most = 0;
        if (x->b->sites[c->site].fuel_high != WRT__WCET_INF) continue;  /* priced as a whole */
        for (uint32_t t = 0; t < c->targets_count; t++) {
            const struct wrt__wcet_target *target = &x->targets[c->target_first + t];
            uint64_t price = target->body == WRT__WCET_NONE ? target->high : x->units[target->body].fuel_high;
            if (best != WRT__WCET_NONE && price <= most) continue;
            best = target->body;
            most = price;
        }
        if (best == WRT__WCET_NONE) continue;
        calls[best] += runs[c->block];
        if (calls[best] > INT64_MAX) return false;
    }
    return true;
}

static bool bound_worst_unit(struct wrt__wcet_bound *x, struct wrt__path *path, uint32_t i, int64_t *cost,
    uint64_t *runs, uint64_t *calls)
{
    const struct wrt__wcet_unit *u = &x->units[i];
    if (calls[i] == 0 || u->open) return true;
    wrt__wcet_block_costs(x, u, 1, cost);
    wrt__path_walk(path, &u->g, cost, u->most, u->least);
    if (path->nomem) return false;
    uint32_t sink = u->g.blocks_count;
    if (path->in[sink + 1] > path->in[sink]) sink++;
    return wrt__path_counts(path, sink, calls[i], runs, NULL) && bound_pass_on(x, i, runs, calls);
}

wrt_status wrt__wcet_worst(struct wrt__wcet_bound *x, uint64_t ***runs, uint64_t **calls, wrt_error *err)
{
    const uint32_t n = x->p->bodies_count;
    struct wrt__path path;
    uint32_t most = 0;
    *runs = bound_take(x, n, sizeof **runs);
    *calls = bound_take(x, n, sizeof **calls);
    if (!*runs || !*calls) return bound_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        (*runs)[i] = bound_take(x, x->units[i].g.blocks_count, sizeof ***runs);
        if (!(*runs)[i]) return bound_nomem(err);
        if (x->units[i].g.blocks_count > most) most = x->units[i].g.blocks_count;
    }
    int64_t *cost = bound_take(x, most, sizeof *cost);
    if (!cost) return bound_nomem(err);
    wrt__path_init(&path, x->p->alloc);
    (*calls)[0] = 1;
    bool ok = true;
    for (uint32_t i = n; i-- > 0 && ok;) {
        uint32_t unit = x->order[i];
        ok = bound_worst_unit(x, &path, unit, cost, (*runs)[unit], *calls);
    }
    bool nomem = path.nomem;
    wrt__path_fini(&path);
    if (ok) return WRT_OK;
    if (nomem) return bound_nomem(err);
    return wrt__fail(
        err, WRT_E_LIMIT, WRT__W_LIMIT, WRT__NO_OFFSET, "a count of the dearest path has no room in 64 bits");
}
