/* ilp_walk: the proof. All in integers; must not know how multipliers were found. */
#include "wcet/ilp_walk.h"

wrt_status wrt__ilp_walk_init(struct wrt__ilp_walk *w, struct wrt__ilp *ilp, wrt_error *err)
{
    struct wrt__wcet_bound *x = ilp->x;
    const uint32_t n = x->p->bodies_count;
    uint32_t blocks = 0, edges = 0, loops = 0;
    *w = (struct wrt__ilp_walk){ .ilp = ilp };
    wrt__path_init(&w->path, x->p->alloc);
    w->row_invoked = wrt__arena_take(&ilp->arena, (n + 1) * sizeof *w->row_invoked, 16);
    w->row_calls = wrt__arena_take(&ilp->arena, (n + 1) * sizeof *w->row_calls, 16);
    w->row_total = wrt__arena_take(&ilp->arena, (n + 1) * sizeof *w->row_total, 16);
    bool ok = w->row_invoked && w->row_calls && w->row_total;
    for (uint32_t i = 0; i < n && ok; i++) {
        const struct wrt__wcet_graph *g = &x->units[i].g;
        blocks = g->blocks_count > blocks ? g->blocks_count : blocks;
        edges = g->edges_count > edges ? g->edges_count : edges;
        loops = g->loops_count > loops ? g->loops_count : loops;
        w->row_invoked[i] = w->row_calls[i] = WRT__WCET_NONE;
        w->row_total[i] = wrt__arena_take(
            &ilp->arena, ((size_t)g->loops_count + 1) * sizeof **w->row_total, 16);
        ok = w->row_total[i] != NULL;
        for (uint32_t l = 0; ok && l < g->loops_count; l++) w->row_total[i][l] = WRT__WCET_NONE;
    }
    for (uint32_t i = 0; i < ilp->rows_count && ok; i++) {
        const struct wrt__ilp_row *r = &ilp->rows[i];
        if (r->kind == WRT__ILP_INVOKED) w->row_invoked[r->unit] = i;
        else if (r->kind == WRT__ILP_CALLS) w->row_calls[r->unit] = i;
        else if (r->kind == WRT__ILP_TOTAL) w->row_total[r->unit][r->loop] = i;
    }
    w->cost = wrt__arena_take(&ilp->arena, ((size_t)blocks + 2) * sizeof *w->cost, 16);
    w->block_runs = wrt__arena_take(&ilp->arena, ((size_t)blocks + 2) * sizeof *w->block_runs, 16);
    w->edge_cost = wrt__arena_take(&ilp->arena, ((size_t)edges + 2) * sizeof *w->edge_cost, 16);
    w->edge_runs = wrt__arena_take(&ilp->arena, ((size_t)edges + 2) * sizeof *w->edge_runs, 16);
    w->ones = wrt__arena_take(&ilp->arena, ((size_t)loops + 1) * sizeof *w->ones, 16);
    for (uint32_t l = 0; w->ones && l < loops; l++) w->ones[l] = 1;
    if (ok && w->ones && w->cost && w->block_runs && w->edge_cost && w->edge_runs) return WRT_OK;
    return wrt__fail(err, WRT_E_NOMEM, 151, WRT__NO_OFFSET, "no memory for the analysis");
}

void wrt__ilp_walk_fini(struct wrt__ilp_walk *w)
{
    wrt__path_fini(&w->path);
}

/* ---- arithmetic that tells when it has no room -----------------------------------------------------------
 */

static int64_t walk_clamp(int64_t v)
{
    return v > WRT__PATH_MAX ? WRT__PATH_MAX : v < -WRT__PATH_MAX ? -WRT__PATH_MAX : v;
}

/* a + b * n; false: no room */
static bool walk_add_product(int64_t *a, int64_t b, uint64_t n)
{
    uint64_t size = (uint64_t)(b < 0 ? -b : b), product;
    if (!wrt__mul_u64(size, n, &product) || product > (uint64_t)WRT__PATH_MAX) return false;
    int64_t sum = *a + (b < 0 ? -(int64_t)product : (int64_t)product);
    if (sum > WRT__PATH_MAX || sum < -WRT__PATH_MAX) return false;
    *a = sum;
    return true;
}

static bool walk_scaled(const struct wrt__ilp_walk *w, int64_t price, int64_t *out)
{
    *out = 0;
    return !w->prices || walk_add_product(out, w->scale, (uint64_t)price);
}

/* ---- one unit --------------------------------------------------------------------------------------------
 */

/* True: the price of target t at these multipliers. */
static bool walk_target_price(const struct wrt__ilp_walk *w, const struct wrt__wcet_target *t, int64_t *price)
{
    if (t->body == WRT__WCET_NONE) {
        return t->high <= (uint64_t)WRT__PATH_MAX && walk_scaled(w, (int64_t)t->high, price);
    }
    uint32_t row = w->row_invoked[t->body];
    *price = row == WRT__WCET_NONE ? 0 : w->duals[row];
    return row != WRT__WCET_NONE;
}

uint32_t wrt__ilp_target(const struct wrt__ilp_walk *w, const struct wrt__wcet_call *c, int64_t *price)
{
    uint32_t best = WRT__WCET_NONE;
    *price = 0;
    for (uint32_t i = c->target_first; i < c->target_first + c->targets_count; i++) {
        int64_t each;
        if (!walk_target_price(w, &w->ilp->x->targets[i], &each)) continue;
        if (best != WRT__WCET_NONE && each <= *price) continue;
        if (c->spare && each <= 0) continue;
        best = i;
        *price = each;
    }
    return best;
}

bool wrt__ilp_edge_costs(struct wrt__ilp_walk *w, uint32_t unit)
{
    const struct wrt__ilp *ilp = w->ilp;
    const struct wrt__wcet_graph *g = &ilp->x->units[unit].g;
    bool any = false;
    uint32_t k = ilp->rows_count;
    for (uint32_t c = w->at; c != 0; c = ilp->cases[c].parent, k++) {
        const struct wrt__ilp_case *branch = &ilp->cases[c];
        if (branch->unit != unit) continue;
        if (!any) memset(w->edge_cost, 0, g->edges_count * sizeof *w->edge_cost);
        any = true;
        w->edge_cost[branch->edge] =
            walk_clamp(w->edge_cost[branch->edge] + (branch->up ? w->duals[k] : -w->duals[k]));
    }
    return any;
}

static bool walk_costs(struct wrt__ilp_walk *w, uint32_t unit)
{
    const struct wrt__ilp *ilp = w->ilp;
    const struct wrt__wcet_unit *u = &ilp->x->units[unit];
    for (uint32_t i = 0; i < u->g.blocks_count; i++) {
        if (!walk_scaled(w, u->high[i], &w->cost[i])) return false;
    }
    for (uint32_t k = 0; k < u->calls_count; k++) {
        int64_t price, known;
        const uint64_t given = w->sites ? ilp->x->b->sites[u->calls[k].site].fuel_high : WRT__WCET_INF;
        uint32_t target = wrt__ilp_target(w, &u->calls[k], &price);
        if (given <= (uint64_t)WRT__PATH_MAX && walk_scaled(w, (int64_t)given, &known)) price = known;
        else if (target == WRT__WCET_NONE) continue;
        if (!walk_add_product(&w->cost[u->calls[k].block], price, 1)) return false;
    }
    for (uint32_t l = 0; l < u->g.loops_count; l++) {
        uint32_t row = w->row_total[unit][l];
        if (row == WRT__WCET_NONE) continue;
        if (!walk_add_product(&w->cost[u->g.loops[l].header], -w->duals[row], 1)) return false;
    }
    for (uint32_t i = ilp->pair_first; i < ilp->rows_count; i++) {
        const struct wrt__wcet_pair *p = ilp->rows[i].unit == unit ? &ilp->x->pairs[ilp->rows[i].loop] : NULL;
        if (!p) continue;
        if (!walk_add_product(&w->cost[p->a], -w->duals[i], 1)
            || !walk_add_product(&w->cost[p->b], -w->duals[i], 1)
            || !walk_add_product(&w->cost[p->scope], w->duals[i], 1)) {
            return false;
        }
    }
    w->path.edge_cost = wrt__ilp_edge_costs(w, unit) ? w->edge_cost : NULL;
    return true;
}

int64_t wrt__ilp_dearest(struct wrt__ilp_walk *w, uint32_t unit)
{
    const struct wrt__wcet_unit *u = &w->ilp->x->units[unit];
    if (u->sealed) {
        int64_t value;
        return walk_scaled(w, (int64_t)u->fuel_high, &value) ? value : WRT__PATH_NONE;
    }
    if (!walk_costs(w, unit)) return WRT__PATH_NONE;
    wrt__path_walk(&w->path, &u->g, w->cost, u->most, w->ones);
    w->path.edge_cost = NULL;
    if (w->path.nomem || w->path.overflow) return WRT__PATH_NONE;
    int64_t a = w->path.in[u->g.blocks_count], b = w->path.in[u->g.blocks_count + 1];
    return a > b ? a : b;
}

bool wrt__ilp_runs(struct wrt__ilp_walk *w, uint32_t unit)
{
    const struct wrt__wcet_unit *u = &w->ilp->x->units[unit];
    uint32_t sink = u->g.blocks_count;
    memset(w->block_runs, 0, u->g.blocks_count * sizeof *w->block_runs);
    memset(w->edge_runs, 0, u->g.edges_count * sizeof *w->edge_runs);
    if (u->sealed) return true;
    if (w->path.in[sink + 1] > w->path.in[sink]) sink++;
    return wrt__path_counts(&w->path, sink, 1, w->block_runs, w->edge_runs);
}

/* ---- the whole -------------------------------------------------------------------------------------------
 */

/* An invocation costs at least the dearest path, less what the fact about invocations takes back. Units come
 * with callees first, so a price that is raised here has not been used yet, except inside recursion: there
 * the fact has to make up for the difference. */
static bool walk_invocations(struct wrt__ilp_walk *w, int64_t *duals)
{
    struct wrt__wcet_bound *x = w->ilp->x;
    for (uint32_t i = 0; i < x->p->bodies_count; i++) {
        uint32_t unit = x->order[i], row = w->row_invoked[unit], calls = w->row_calls[unit];
        if (row == WRT__WCET_NONE) continue;
        int64_t value = wrt__ilp_dearest(w, unit);
        if (value == WRT__PATH_NONE) return false;
        if (!x->units[unit].recursive || x->units[unit].sealed) {
            duals[row] = walk_clamp(value - (calls == WRT__WCET_NONE ? 0 : duals[calls]));
        } else if (value > duals[row]) {
            if (calls == WRT__WCET_NONE) return false;
            duals[calls] = walk_clamp(value - duals[row]);
        } else if (calls != WRT__WCET_NONE) {
            duals[calls] = 0;
        }
    }
    return true;
}

int64_t wrt__ilp_prove(struct wrt__ilp_walk *w, int64_t *duals)
{
    const struct wrt__ilp *ilp = w->ilp;
    w->duals = duals;
    if (!walk_invocations(w, duals)) return INT64_MAX;
    int64_t bound = 0;
    for (uint32_t i = 0; i < ilp->rows_count; i++) {
        const struct wrt__ilp_row *r = &ilp->rows[i];
        if (r->kind != WRT__ILP_INVOKED && duals[i] < 0) return INT64_MAX;
        if (!walk_add_product(&bound, duals[i], r->rhs)) return INT64_MAX;
    }
    uint32_t k = ilp->rows_count;
    for (uint32_t c = w->at; c != 0; c = ilp->cases[c].parent, k++) {
        const struct wrt__ilp_case *branch = &ilp->cases[c];
        if (duals[k] < 0) return INT64_MAX;
        if (!walk_add_product(&bound, branch->up ? -duals[k] : duals[k], branch->value)) return INT64_MAX;
    }
    return bound;
}
