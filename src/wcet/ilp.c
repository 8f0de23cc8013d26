/* ilp: the search. Columns are paths, made where multipliers of the linear program find a dearer one; a case
 * whose solution runs an edge a broken number of times is split there. See ilp.h for what is proved, and by
 * whom. */
#include "wasm/front.h"
#include "wcet/ilp_walk.h"

enum { ILP_ROWS = 1200, ILP_COLUMNS = 20000, ILP_CASES = 4000, ILP_PIVOTS = 40000, ILP_PIVOTS_ALL = 200000 };
#define ILP_WORK UINT64_C(4000000000) /* numbers looked at: some seconds */

struct ilp_open { uint32_t at; int64_t bound; };        /* a case and what its parent proves for it */
struct ilp_search {
    struct wrt__ilp *ilp;
    struct wrt__wcet_bound *x;
    struct wrt__ilp_walk w;
    struct wrt__ilp_column *columns;    uint32_t columns_count, columns_cap;
    struct wrt__lp_entry *entries;      uint32_t entries_count, entries_cap;    /* of columns: fixed rows */
    struct wrt__ilp_part *edges;        uint32_t edges_count, edges_cap;
    struct wrt__lp_entry *line;         uint32_t line_cap;
    struct ilp_open *open;              uint32_t open_count, open_cap;
    double **edge_runs;                 /* per unit and edge: the solution of the linear program */
    uint64_t **edge_whole;
    int64_t *duals, *best;
    uint32_t duals_cap;
    uint64_t pivots, work;
    uint32_t branches;                  /* of the case at hand */
    bool nomem;
};

static double ilp_abs(double x) { return x < 0 ? -x : x; }

static int64_t ilp_round(double x)
{
    const double most = (double)WRT__PATH_MAX;
    if (!(x > -most)) return -WRT__PATH_MAX;
    if (!(x < most)) return WRT__PATH_MAX;
    return (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
}

static int64_t ilp_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && a < 0);
}

static bool ilp_room(struct ilp_search *s, void *array, uint32_t *cap, uint64_t need, size_t element)
{
    if (need < UINT32_MAX &&
        wrt__grow(s->x->p->alloc, array, cap, (uint32_t)need, element, WRT_TAG_OTHER)) {
        return true;
    }
    s->nomem = true;
    return false;
}

/* ---- rows ------------------------------------------------------------------------------------------------
 */

/* Units that an invocation of the entry can reach. False: one of them has something that is open. */
static bool ilp_units(struct wrt__wcet_bound *x, uint8_t *in, uint32_t *queue)
{
    uint32_t count = 0;
    queue[count++] = 0;
    in[0] = 1;
    for (uint32_t q = 0; q < count; q++) {
        const struct wrt__wcet_unit *u = &x->units[queue[q]];
        if (u->sealed) continue;
        if (!wrt__wcet_is_countable(x, u)) return false;
        for (uint32_t k = 0; k < u->calls_count; k++) {
            const struct wrt__wcet_call *c = &u->calls[k];
            for (uint32_t t = c->target_first; t < c->target_first + c->targets_count; t++) {
                uint32_t body = x->targets[t].body;
                if (body == WRT__WCET_NONE || in[body]) continue;
                in[body] = 1;
                queue[count++] = body;
            }
        }
    }
    return true;
}

static void ilp_add_row(struct wrt__ilp *ilp, uint8_t kind, uint32_t unit, uint32_t loop, uint64_t rhs)
{
    if (ilp->rows) ilp->rows[ilp->rows_count] = (struct wrt__ilp_row){ kind, unit, loop, rhs };
    ilp->rows_count++;
}

/* Totals that say no more than the bound per entry of a loop that can be entered once are left out. */
static void ilp_rows(struct wrt__ilp *ilp, const uint8_t *in)
{
    const struct wrt__wcet_bound *x = ilp->x;
    ilp->rows_count = 0;
    for (uint32_t i = 0; i < x->p->bodies_count; i++) {
        const struct wrt__wcet_unit *u = &x->units[i];
        if (!in[i]) continue;
        ilp_add_row(ilp, WRT__ILP_INVOKED, i, WRT__WCET_NONE, i == 0);
        if (x->b->funcs[i].calls != WRT__WCET_INF) {
            ilp_add_row(ilp, WRT__ILP_CALLS, i, WRT__WCET_NONE, x->b->funcs[i].calls);
        }
        for (uint32_t l = 0; !u->sealed && l < u->g.loops_count; l++) {
            if (u->total[l] == WRT__WCET_INF || !u->reached[u->g.loops[l].header]) continue;
            ilp_add_row(ilp, WRT__ILP_TOTAL, i, l, u->total[l]);
        }
    }
    ilp->pair_first = ilp->rows_count;
    for (uint32_t i = 0; i < x->pairs_count; i++) {
        const struct wrt__wcet_pair *p = &x->pairs[i];
        if (in[p->unit] && !x->units[p->unit].sealed) ilp_add_row(ilp, WRT__ILP_PAIR, p->unit, i, 0);
    }
}

static wrt_status ilp_make_rows(struct wrt__ilp *ilp, wrt_error *err)
{
    const uint32_t n = ilp->x->p->bodies_count;
    uint8_t *in = wrt__arena_take(&ilp->arena, (size_t)n + 1, 1);
    uint32_t *queue = wrt__arena_take(&ilp->arena, ((size_t)n + 1) * sizeof *queue, 16);
    if (!in || !queue)
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
    if (!ilp_units(ilp->x, in, queue)) {
        return wrt__fail(err, WRT_E_UNBOUNDED, WRT__W_WCET_UNBOUNDED, WRT__NO_OFFSET, "no bound");
    }
    ilp_rows(ilp, in);
    if (ilp->rows_count > ILP_ROWS) {
        ilp->limit = "wcet_ilp_rows";
        return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_WCET_LIMIT, "wcet_ilp_rows",
            "the limit wcet_ilp_rows is %u, these facts make %u", (uint32_t)ILP_ROWS, ilp->rows_count);
    }
    ilp->rows = wrt__arena_take(&ilp->arena, ((size_t)ilp->rows_count + 1) * sizeof *ilp->rows, 16);
    if (!ilp->rows)
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
    ilp_rows(ilp, in);
    return WRT_OK;
}

/* ---- columns ---------------------------------------------------------------------------------------------
 */

static void ilp_entry(struct ilp_search *s, struct wrt__ilp_column *c, uint32_t row, double coef)
{
    if (row == WRT__WCET_NONE || coef == 0) return;
    if (!ilp_room(s, &s->entries, &s->entries_cap, (uint64_t)s->entries_count + 1, sizeof *s->entries))
        return;
    s->entries[s->entries_count++] = (struct wrt__lp_entry){ row, coef };
    c->rows_count++;
}

/* The path that the walk found last, as a column. */
static void ilp_column(struct ilp_search *s, uint32_t unit)
{
    struct wrt__ilp_walk *w = &s->w;
    const struct wrt__wcet_unit *u = &s->x->units[unit];
    struct wrt__ilp_column c = { .unit = unit, .row_first = s->entries_count, .edge_first = s->edges_count };
    c.price = u->sealed ? (double)u->fuel_high : 0;
    ilp_entry(s, &c, w->row_invoked[unit], 1);
    ilp_entry(s, &c, w->row_calls[unit], 1);
    for (uint32_t i = 0; !u->sealed && i < u->g.blocks_count; i++)
        c.price += (double)w->block_runs[i] * (double)u->high[i];
    for (uint32_t k = 0; !u->sealed && k < u->calls_count; k++) {
        int64_t price;
        double runs = (double)w->block_runs[u->calls[k].block];
        uint32_t target = wrt__ilp_target(w, &u->calls[k], &price);
        if (runs == 0 || target == WRT__WCET_NONE) continue;
        const struct wrt__wcet_target *t = &s->x->targets[target];
        if (t->body == WRT__WCET_NONE) c.price += runs * (double)t->high;
        else ilp_entry(s, &c, w->row_invoked[t->body], -runs);
    }
    for (uint32_t l = 0; !u->sealed && l < u->g.loops_count; l++) {
        ilp_entry(s, &c, w->row_total[unit][l], (double)w->block_runs[u->g.loops[l].header]);
    }
    for (uint32_t i = s->ilp->pair_first; i < s->ilp->rows_count; i++) {
        const struct wrt__wcet_pair *p = &s->x->pairs[s->ilp->rows[i].loop];
        if (p->unit != unit) continue;
        ilp_entry(s, &c, i,
            (double)w->block_runs[p->a] + (double)w->block_runs[p->b] - (double)w->block_runs[p->scope]);
    }
    for (uint32_t e = 0; !u->sealed && e < u->g.edges_count; e++) {
        if (w->edge_runs[e] == 0) continue;
        if (!ilp_room(s, &s->edges, &s->edges_cap, (uint64_t)s->edges_count + 1, sizeof *s->edges)) return;
        s->edges[s->edges_count++] = (struct wrt__ilp_part){ e, w->edge_runs[e] };
        c.edges_count++;
    }
    if (!ilp_room(s, &s->columns, &s->columns_cap, (uint64_t)s->columns_count + 1, sizeof *s->columns))
        return;
    s->columns[s->columns_count++] = c;
}

/* Column with the rows of the case's branches, for the linear program. */
static void ilp_feed(struct ilp_search *s, struct wrt__lp *lp, const struct wrt__ilp_column *c)
{
    uint32_t n = 0;
    if (!ilp_room(s, &s->line, &s->line_cap, (uint64_t)c->rows_count + s->branches + 1, sizeof *s->line))
        return;
    for (uint32_t k = 0; k < c->rows_count; k++) s->line[n++] = s->entries[c->row_first + k];
    uint32_t row = s->ilp->rows_count;
    for (uint32_t at = s->w.at; at != 0; at = s->ilp->cases[at].parent, row++) {
        const struct wrt__ilp_case *branch = &s->ilp->cases[at];
        if (branch->unit != c->unit) continue;
        s->work += c->edges_count;
        for (uint32_t k = 0; k < c->edges_count; k++) {
            const struct wrt__ilp_part *e = &s->edges[c->edge_first + k];
            if (e->index != branch->edge) continue;
            s->line[n++] = (struct wrt__lp_entry){ row, (branch->up ? -1 : 1) * (double)e->count };
        }
    }
    s->work += c->rows_count + s->branches;
    if (!wrt__lp_column(lp, c->price, s->line, n)) s->nomem = true;
}

/* What the column would gain at the duals of the linear program. */
static double ilp_gain(
    struct ilp_search *s, const struct wrt__lp *lp, const struct wrt__ilp_column *c, int phase)
{
    double gain = phase == 1 ? 0 : c->price;
    for (uint32_t k = 0; k < c->rows_count; k++) {
        const struct wrt__lp_entry *e = &s->entries[c->row_first + k];
        gain -= wrt__lp_dual(lp, e->row) * e->coef;
    }
    uint32_t row = s->ilp->rows_count;
    for (uint32_t at = s->w.at; at != 0; at = s->ilp->cases[at].parent, row++) {
        const struct wrt__ilp_case *branch = &s->ilp->cases[at];
        for (uint32_t k = 0; branch->unit == c->unit && k < c->edges_count; k++) {
            const struct wrt__ilp_part *e = &s->edges[c->edge_first + k];
            double sign = branch->up ? -1 : 1;
            if (e->index == branch->edge) gain -= sign * wrt__lp_dual(lp, row) * (double)e->count;
        }
    }
    return gain;
}

/* New columns at the multipliers in w.duals; false: none gains anything. */
static bool ilp_generate(struct ilp_search *s, struct wrt__lp *lp, int phase)
{
    bool any = false;
    for (uint32_t i = 0; i < s->x->p->bodies_count && !s->nomem; i++) {
        if (s->w.row_invoked[i] == WRT__WCET_NONE) continue;
        s->work += s->x->units[i].g.edges_count + s->branches;
        if (wrt__ilp_dearest(&s->w, i) == WRT__PATH_NONE || !wrt__ilp_runs(&s->w, i)) continue;
        uint32_t entries = s->entries_count, edges = s->edges_count, columns = s->columns_count;
        ilp_column(s, i);
        if (s->nomem || s->columns_count == columns) continue;
        const struct wrt__ilp_column *c = &s->columns[columns];
        double eps = 1e-6 + (phase == 2 ? 1e-11 * ilp_abs(c->price) : 0);
        if (lp && ilp_gain(s, lp, c, phase) <= eps) {
            s->entries_count = entries;
            s->edges_count = edges;
            s->columns_count = columns;
            continue;
        }
        if (lp) ilp_feed(s, lp, c);
        any = true;
    }
    s->nomem |= s->w.path.nomem;
    return any;
}

/* ---- a case ----------------------------------------------------------------------------------------------
 */

static uint32_t ilp_branches(const struct ilp_search *s, uint32_t at)
{
    uint32_t n = 0;
    for (; at != 0; at = s->ilp->cases[at].parent) n++;
    return n;
}

static bool ilp_start_lp(struct ilp_search *s, struct wrt__lp *lp)
{
    const struct wrt__ilp *ilp = s->ilp;
    if (!wrt__lp_init(lp, s->x->p->alloc, ilp->rows_count + s->branches)) return false;
    for (uint32_t i = 0; i < ilp->rows_count; i++) {
        wrt__lp_row(lp, i, (double)ilp->rows[i].rhs, ilp->rows[i].kind == WRT__ILP_INVOKED);
    }
    uint32_t row = ilp->rows_count;
    for (uint32_t at = s->w.at; at != 0; at = ilp->cases[at].parent, row++) {
        double value = (double)ilp->cases[at].value;
        wrt__lp_row(lp, row, ilp->cases[at].up ? -value : value, false);
    }
    for (uint32_t i = 0; i < s->columns_count && !s->nomem; i++) ilp_feed(s, lp, &s->columns[i]);
    lp->pivots_max = ILP_PIVOTS;
    lp->work_max = s->work < ILP_WORK ? ILP_WORK - s->work : 0;
    return !s->nomem;
}

/* Duals of the linear program as integers over w.scale. */
static void ilp_take_duals(struct ilp_search *s, const struct wrt__lp *lp)
{
    for (uint32_t i = 0; i < s->ilp->rows_count + s->branches; i++) {
        s->duals[i] = ilp_round(wrt__lp_dual(lp, i) * (double)s->w.scale);
        bool free_sign = i < s->ilp->rows_count && s->ilp->rows[i].kind == WRT__ILP_INVOKED;
        if (!free_sign && s->duals[i] < 0) s->duals[i] = 0;
    }
    s->w.duals = s->duals;
}

/* Proves with the present duals, and keeps them when they prove more. */
static void ilp_keep_better(struct ilp_search *s, struct wrt__ilp_leaf *leaf, bool prices)
{
    s->w.prices = prices;
    int64_t proved = wrt__ilp_prove(&s->w, s->duals);
    if (proved == INT64_MAX) return;
    int64_t bound = ilp_floor_div(proved, s->w.scale);
    if (!prices) {
        if (bound >= 0) return;
        bound = -1;
    }
    if (bound >= leaf->bound) return;
    leaf->bound = bound;
    leaf->prices = prices;
    leaf->scale = s->w.scale;
    memcpy(s->best, s->duals, (s->ilp->rows_count + s->branches) * sizeof *s->best);
}

enum ilp_outcome { ILP_SOLVED, ILP_EMPTY, ILP_GAVE_UP };

/* Optimum of the linear program of a case, over all paths; what it proves goes to `leaf`. */
static enum ilp_outcome ilp_case(struct ilp_search *s, struct wrt__lp *lp, struct wrt__ilp_leaf *leaf)
{
    int phase = 1;
    while (!s->nomem) {
        enum wrt__lp_result r = wrt__lp_solve(lp, phase);
        if (r == WRT__LP_OPTIMAL && phase == 1) {
            phase = 2;
            continue;
        }
        if (r == WRT__LP_UNBOUNDED || r == WRT__LP_LIMIT || r == WRT__LP_NOMEM) break;
        s->w.prices = phase == 2;
        ilp_take_duals(s, lp);
        bool more = s->columns_count < ILP_COLUMNS && ilp_generate(s, lp, phase);
        if (s->columns_count >= ILP_COLUMNS) break;
        if (more) continue;
        ilp_keep_better(s, leaf, phase == 2);
        return phase == 2 ? ILP_SOLVED : ILP_EMPTY;
    }
    return ILP_GAVE_UP;
}

/* ---- solutions -------------------------------------------------------------------------------------------
 */

static void ilp_solution(struct ilp_search *s, const struct wrt__lp *lp)
{
    for (uint32_t i = 0; i < s->x->p->bodies_count; i++) {
        memset(s->edge_runs[i], 0, s->x->units[i].g.edges_count * sizeof **s->edge_runs);
    }
    for (uint32_t r = 0; r < lp->rows; r++) {
        if (lp->basis[r] >= s->columns_count) continue;
        const struct wrt__ilp_column *c = &s->columns[lp->basis[r]];
        for (uint32_t k = 0; k < c->edges_count; k++) {
            const struct wrt__ilp_part *e = &s->edges[c->edge_first + k];
            s->edge_runs[c->unit][e->index] += lp->x[r] * (double)e->count;
        }
    }
}

/* The edge whose runs are farthest from whole; false: all are whole. */
static bool ilp_broken(const struct ilp_search *s, uint32_t *unit, uint32_t *edge)
{
    double most = 1e-5;
    bool found = false;
    for (uint32_t i = 0; i < s->x->p->bodies_count; i++) {
        for (uint32_t e = 0; e < s->x->units[i].g.edges_count; e++) {
            double runs = s->edge_runs[i][e], away = ilp_abs(runs - (double)ilp_round(runs));
            if (away <= most + 1e-9) continue;
            most = away;
            *unit = i;
            *edge = e;
            found = true;
        }
    }
    return found;
}

/* Block runs of the rounded edges of one unit; false: what enters is not what leaves, or a loop makes too
 * many rounds. */
static bool ilp_check_unit(const struct ilp_search *s, uint32_t unit, uint64_t *runs, uint64_t calls)
{
    const struct wrt__wcet_unit *u = &s->x->units[unit];
    const struct wrt__wcet_graph *g = &u->g;
    const uint64_t *edges = s->edge_whole[unit];
    for (uint32_t i = 0; i < g->blocks_count; i++) runs[i] = i == 0 ? calls : 0;
    for (uint32_t e = 0; e < g->edges_count; e++) {
        if (g->edges[e].to < g->blocks_count) runs[g->edges[e].to] += edges[e];
    }
    for (uint32_t i = 0; i < g->blocks_count; i++) {
        uint64_t out = 0;
        for (uint32_t e = 0; e < g->blocks[i].edges_count; e++) out += edges[g->blocks[i].edge_first + e];
        if (out != runs[i]) return false;
    }
    for (uint32_t l = 0; l < g->loops_count; l++) {
        uint64_t back = 0, most;
        for (uint32_t e = 0; e < g->edges_count; e++) {
            if (g->edges[e].to == g->loops[l].header && g->edges[e].from >= g->loops[l].header)
                back += edges[e];
        }
        uint64_t entries = runs[g->loops[l].header] - back;
        if (u->most[l] == 0 && entries > 0) return false;
        if (!wrt__mul_u64(entries, u->most[l] > 0 ? u->most[l] - 1 : 0, &most) || back > most) return false;
        if (runs[g->loops[l].header] > u->total[l]) return false;
    }
    for (uint32_t i = 0; i < s->x->pairs_count; i++) {
        const struct wrt__wcet_pair *p = &s->x->pairs[i];
        if (p->unit == unit && runs[p->a] + runs[p->b] > runs[p->scope]) return false;
    }
    return true;
}

/* Invocations that a call with several targets leaves open go to where the linear program has them. */
static bool ilp_whole(struct ilp_search *s, const struct wrt__lp *lp, double *invoked)
{
    const uint32_t n = s->x->p->bodies_count;
    for (uint32_t i = 0; i < n; i++) {
        invoked[i] = 0;
        for (uint32_t e = 0; e < s->x->units[i].g.edges_count; e++) {
            s->edge_whole[i][e] = (uint64_t)ilp_round(s->edge_runs[i][e]);
        }
    }
    for (uint32_t r = 0; r < lp->rows; r++) {
        if (lp->basis[r] < s->columns_count) invoked[s->columns[lp->basis[r]].unit] += lp->x[r];
    }
    for (uint32_t i = 0; i < n; i++) {
        if (ilp_abs(invoked[i] - (double)ilp_round(invoked[i])) > 1e-5) return false;
    }
    return true;
}

/* Invocations by direct calls must agree exactly; those of functions that indirect calls share must agree in
 * sum. */
static bool ilp_check_calls(
    const struct ilp_search *s, uint64_t *const *runs, const uint64_t *calls, uint64_t *host)
{
    const struct wrt__wcet_bound *x = s->x;
    uint64_t made = 1, taken = 0;
    *host = 0;
    for (uint32_t i = 0; i < x->p->bodies_count; i++) {
        const struct wrt__wcet_unit *u = &x->units[i];
        if (s->w.row_invoked[i] == WRT__WCET_NONE) continue;
        taken += calls[i];
        if (calls[i] > x->b->funcs[i].calls) return false;
        for (uint32_t k = 0; !u->sealed && k < u->calls_count; k++) {
            const struct wrt__wcet_call *c = &u->calls[k];
            uint64_t n = runs[i][c->block], price;
            if (c->targets_count == 1 && x->targets[c->target_first].body == WRT__WCET_NONE) {
                if (!wrt__mul_u64(n, x->targets[c->target_first].high, &price)) return false;
                *host += price;
            } else if (c->targets_count > 0) {
                made += n;
            }
        }
    }
    return x->b->traps ? made >= taken : made == taken;
}

/* The rounded solution: its value when every constraint holds in integers. */
static bool ilp_value(
    struct ilp_search *s, const struct wrt__lp *lp, uint64_t **runs, uint64_t *calls, uint64_t *value)
{
    const struct wrt__wcet_bound *x = s->x;
    const uint32_t n = x->p->bodies_count;
    double *invoked = wrt__alloc(x->p->alloc, ((size_t)n + 1) * sizeof *invoked, WRT_TAG_OTHER);
    if (!invoked) s->nomem = true;
    bool ok = invoked && ilp_whole(s, lp, invoked);
    *value = 0;
    for (uint32_t i = 0; i < n && ok; i++) {
        const struct wrt__wcet_unit *u = &x->units[i];
        calls[i] = (uint64_t)ilp_round(invoked[i]);
        if (u->sealed) *value += calls[i] * u->fuel_high;
        else ok = ilp_check_unit(s, i, runs[i], calls[i]);
        for (uint32_t k = 0; ok && !u->sealed && k < u->g.blocks_count; k++) {
            uint64_t price;
            ok = wrt__mul_u64(runs[i][k], (uint64_t)u->high[k], &price) && wrt__add_u64(*value, price, value);
        }
    }
    uint64_t host = 0;
    ok = ok && ilp_check_calls(s, runs, calls, &host) && wrt__add_u64(*value, host, value);
    wrt__free(x->p->alloc, invoked, ((size_t)n + 1) * sizeof *invoked, WRT_TAG_OTHER);
    return ok;
}

static bool ilp_arrays(struct ilp_search *s, uint64_t ***runs, uint64_t **calls)
{
    const uint32_t n = s->x->p->bodies_count;
    struct wrt__arena *a = &s->ilp->arena;
    *runs = wrt__arena_take(a, ((size_t)n + 1) * sizeof **runs, 16);
    *calls = wrt__arena_take(a, ((size_t)n + 1) * sizeof **calls, 16);
    if (!*runs || !*calls) return false;
    for (uint32_t i = 0; i < n; i++) {
        (*runs)[i] = wrt__arena_take(a, ((size_t)s->x->units[i].g.blocks_count + 1) * sizeof ***runs, 16);
        if (!(*runs)[i]) return false;
    }
    return true;
}

static void ilp_offer(struct ilp_search *s, const struct wrt__lp *lp)
{
    struct wrt__ilp *ilp = s->ilp;
    uint64_t **runs, *calls, value;
    if (!ilp_arrays(s, &runs, &calls)) {
        s->nomem = true;
        return;
    }
    if (!ilp_value(s, lp, runs, calls, &value)) return;
    if (ilp->has_solution && value <= ilp->solution) return;
    ilp->has_solution = true;
    ilp->solution = value;
    ilp->runs = runs;
    ilp->calls = calls;
}

/* ---- cases -----------------------------------------------------------------------------------------------
 */

static void ilp_open_case(
    struct ilp_search *s, uint32_t parent, uint32_t unit, uint32_t edge, bool up, int64_t bound)
{
    struct wrt__ilp *ilp = s->ilp;
    double runs = s->edge_runs[unit][edge];
    uint64_t value = (uint64_t)runs + (up ? 1 : 0);
    if (!ilp_room(s, &ilp->cases, &ilp->cases_cap, (uint64_t)ilp->cases_count + 1, sizeof *ilp->cases))
        return;
    if (!ilp_room(s, &s->open, &s->open_cap, (uint64_t)s->open_count + 1, sizeof *s->open)) return;
    ilp->cases[ilp->cases_count] = (struct wrt__ilp_case){ parent, unit, edge, up, value };
    s->open[s->open_count++] = (struct ilp_open){ ilp->cases_count++, bound };
}

static struct ilp_open ilp_next(struct ilp_search *s)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < s->open_count; i++) {
        if (s->open[i].bound > s->open[best].bound) best = i;
    }
    struct ilp_open at = s->open[best];
    s->open[best] = s->open[--s->open_count];
    return at;
}

static void ilp_close(struct ilp_search *s, struct wrt__ilp_leaf leaf)
{
    struct wrt__ilp *ilp = s->ilp;
    leaf.duals_count = ilp->rows_count + s->branches;
    leaf.duals = wrt__arena_copy(&ilp->arena, s->best, leaf.duals_count * sizeof *leaf.duals);
    if (!leaf.duals) s->nomem = true;
    if (!ilp_room(s, &ilp->leaves, &ilp->leaves_cap, (uint64_t)ilp->leaves_count + 1, sizeof *ilp->leaves))
        return;
    ilp->leaves[ilp->leaves_count++] = leaf;
}

/* Solves one case; what cannot be closed at what is known is split. Returns false when it could prove
 * nothing. */
static bool ilp_visit(struct ilp_search *s, struct ilp_open at)
{
    struct wrt__ilp *ilp = s->ilp;
    struct wrt__lp lp;
    s->w.at = at.at;
    s->branches = ilp_branches(s, at.at);
    if (!ilp_room(s, &s->duals, &s->duals_cap, (uint64_t)ilp->rows_count + ILP_CASES, sizeof *s->duals))
        return false;
    struct wrt__ilp_leaf leaf = { .at = at.at, .bound = INT64_MAX };
    s->w.scale = (int64_t)1 << 20;
    bool ok = ilp_start_lp(s, &lp);
    enum ilp_outcome out = ok ? ilp_case(s, &lp, &leaf) : ILP_GAVE_UP;
    s->pivots += lp.pivots;
    s->work += lp.work;
    for (int shift = 28; ok && out != ILP_GAVE_UP && shift >= 4; shift -= 8) {
        s->w.scale = (int64_t)1 << shift;
        ilp_take_duals(s, &lp);
        ilp_keep_better(s, &leaf, out == ILP_SOLVED);
    }
    uint32_t unit = 0, edge = 0;
    bool split = false;
    if (out == ILP_SOLVED && !s->nomem) {
        ilp_solution(s, &lp);
        split = ilp_broken(s, &unit, &edge);
        if (!split) ilp_offer(s, &lp);
        split = split && !(ilp->has_solution && leaf.bound <= (int64_t)ilp->solution);
    }
    wrt__lp_fini(&lp);
    if (leaf.bound == INT64_MAX || s->nomem) return false;
    if (split) {
        ilp_open_case(s, at.at, unit, edge, false, leaf.bound);
        ilp_open_case(s, at.at, unit, edge, true, leaf.bound);
    }
    ilp_close(s, leaf);     /* of a case that was split it counts while its parts are open */
    return true;
}

static wrt_status ilp_begin(struct ilp_search *s, wrt_error *err)
{
    struct wrt__ilp *ilp = s->ilp;
    const uint32_t n = s->x->p->bodies_count;
    wrt_status status = ilp_make_rows(ilp, err);
    if (status == WRT_OK) status = wrt__ilp_walk_init(&s->w, ilp, err);
    if (status != WRT_OK) return status;
    s->edge_runs = wrt__arena_take(&ilp->arena, ((size_t)n + 1) * sizeof *s->edge_runs, 16);
    s->edge_whole = wrt__arena_take(&ilp->arena, ((size_t)n + 1) * sizeof *s->edge_whole, 16);
    bool ok = s->edge_runs && s->edge_whole;
    for (uint32_t i = 0; i < n && ok; i++) {
        size_t edges = (size_t)s->x->units[i].g.edges_count + 1;
        s->edge_runs[i] = wrt__arena_take(&ilp->arena, edges * sizeof **s->edge_runs, 16);
        s->edge_whole[i] = wrt__arena_take(&ilp->arena, edges * sizeof **s->edge_whole, 16);
        ok = s->edge_runs[i] && s->edge_whole[i];
    }
    size_t rows = (size_t)ilp->rows_count + ILP_CASES + 1;
    s->best = wrt__arena_take(&ilp->arena, rows * sizeof *s->best, 16);
    ok = ok && s->best && ilp_room(s, &s->duals, &s->duals_cap, rows, sizeof *s->duals) &&
         ilp_room(s, &ilp->cases, &ilp->cases_cap, 1, sizeof *ilp->cases) &&
         ilp_room(s, &s->open, &s->open_cap, 1, sizeof *s->open);
    if (!ok) return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
    ilp->cases[0] = (struct wrt__ilp_case){ 0 };
    ilp->cases_count = 1;
    s->open[s->open_count++] = (struct ilp_open){ 0, INT64_MAX };
    /* first columns: the dearest paths without any multipliers */
    memset(s->duals, 0, rows * sizeof *s->duals);
    s->w.duals = s->duals;
    s->w.scale = 1;
    s->w.prices = true;
    (void)ilp_generate(s, NULL, 2);
    return WRT_OK;
}

/* Cases that were split are proved by their parts, when both were closed: then their own leaves go. What is
 * left proves the bound. False: nothing satisfies any of them. */
static bool ilp_finish(struct ilp_search *s)
{
    struct wrt__ilp *ilp = s->ilp;
    uint8_t *parts = wrt__arena_take(&ilp->arena, (size_t)ilp->cases_count + 1, 1);
    uint32_t kept = 0;
    int64_t bound = -1;
    if (!parts) {
        s->nomem = true;
        return true;
    }
    for (uint32_t i = 0; i < ilp->leaves_count; i++) {
        uint32_t at = ilp->leaves[i].at;
        if (at != 0) parts[ilp->cases[at].parent]++;
    }
    for (uint32_t i = 0; i < ilp->leaves_count; i++) {
        if (parts[ilp->leaves[i].at] == 2) continue;
        ilp->leaves[kept] = ilp->leaves[i];
        bound = ilp->leaves[kept].bound > bound ? ilp->leaves[kept].bound : bound;
        kept++;
    }
    ilp->leaves_count = kept;
    ilp->bound = bound < 0 ? 0 : (uint64_t)bound;
    return bound >= 0;
}

/* What ends the search; NULL: nothing yet. */
static const char *ilp_limit(const struct ilp_search *s)
{
    if (s->ilp->cases_count >= ILP_CASES) return "wcet_ilp_cases";
    if (s->pivots > ILP_PIVOTS_ALL) return "wcet_ilp_pivots";
    return s->work > ILP_WORK ? "wcet_ilp_work" : NULL;
}

static wrt_status ilp_search(struct ilp_search *s, wrt_error *err)
{
    struct wrt__ilp *ilp = s->ilp;
    wrt_status status = ilp_begin(s, err);
    if (status != WRT_OK) return status;
    while (s->open_count > 0 && !s->nomem) {
        struct ilp_open at = ilp_next(s);
        if (ilp->has_solution && at.bound <= (int64_t)ilp->solution && at.at != 0) {
            s->open_count++;        /* the best is good enough: so are all others */
            break;
        }
        ilp->limit = ilp_limit(s);
        if (ilp->limit) break;
        if (!ilp_visit(s, at) && at.at == 0 && !s->nomem) {
            ilp->limit = s->work > ILP_WORK ? "wcet_ilp_work" : "wcet_ilp_pivots";
            return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_WCET_LIMIT, ilp->limit,
                "the whole-program maximum could not be found within the limit %s", ilp->limit);
        }
    }
    ilp->pivots = s->pivots;
    bool any = ilp_finish(s);
    if (s->nomem)
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
    if (!any) {
        return wrt__fail(err, WRT_E_INVALID, WRT__W_WCET_CONTRADICTION, WRT__NO_OFFSET,
            "the facts contradict each other: no run can satisfy all of them");
    }
    if (!ilp->limit && (!ilp->has_solution || ilp->solution < ilp->bound)) ilp->limit = "wcet_ilp_cases";
    return WRT_OK;
}

wrt_status wrt__ilp_solve(struct wrt__ilp *ilp, struct wrt__wcet_bound *x, wrt_error *err)
{
    enum { ARENA_BLOCK = 32768 };
    struct ilp_search s = { .ilp = ilp, .x = x };
    const wrt_alloc *a = x->p->alloc;
    *ilp = (struct wrt__ilp){ .x = x };
    wrt__arena_init(&ilp->arena, a, ARENA_BLOCK, WRT_TAG_OTHER);
    wrt_status status = ilp_search(&s, err);
    wrt__ilp_walk_fini(&s.w);
    wrt__free(a, s.columns, s.columns_cap * sizeof *s.columns, WRT_TAG_OTHER);
    wrt__free(a, s.entries, s.entries_cap * sizeof *s.entries, WRT_TAG_OTHER);
    wrt__free(a, s.edges, s.edges_cap * sizeof *s.edges, WRT_TAG_OTHER);
    wrt__free(a, s.line, s.line_cap * sizeof *s.line, WRT_TAG_OTHER);
    wrt__free(a, s.open, s.open_cap * sizeof *s.open, WRT_TAG_OTHER);
    wrt__free(a, s.duals, s.duals_cap * sizeof *s.duals, WRT_TAG_OTHER);
    if (status != WRT_OK) wrt__ilp_free(ilp);
    return status;
}

void wrt__ilp_free(struct wrt__ilp *ilp)
{
    const wrt_alloc *a = ilp->x->p->alloc;
    wrt__free(a, ilp->cases, ilp->cases_cap * sizeof *ilp->cases, WRT_TAG_OTHER);
    wrt__free(a, ilp->leaves, ilp->leaves_cap * sizeof *ilp->leaves, WRT_TAG_OTHER);
    wrt__arena_fini(&ilp->arena);
    ilp->cases = NULL;
    ilp->leaves = NULL;
    ilp->cases_cap = ilp->leaves_cap = 0;
}
