/* certificate: the proof of a bound, one inequality per edge. For every function it lists blocks with prices,
 * edges and loops; for every case of the proof multipliers of the rows, a price of an invocation of each
 * function, a potential per block (what can still be spent from there to the end) and a price per round of
 * each loop. That no edge gains more than the potentials allow is all that has to be checked (docs/wcet.md,
 * "Certificate"). */
#include "wasm/front.h"
#include "wcet/certificate.h"
#include "wcet/ilp_walk.h"
#include "wcet/sha256.h"

struct cert {
    const struct wrt__wcet_analysis *a;
    void (*write)(void *ctx, wrt_str part);
    void *ctx;
    struct wrt__ilp_walk w;
    int64_t *potential;
    uint32_t *depth;                /* per loop */
    bool nomem;
};

/* ---- text ------------------------------------------------------------------------------------------------
 */

static void cert_put(struct cert *c, const char *fmt, ...)
{
    char line[256];
    va_list args;
    va_start(args, fmt);
    size_t n = wrt__vformat(line, sizeof line, fmt, args);
    va_end(args);
    c->write(c->ctx, (wrt_str){ line, n < sizeof line ? n : sizeof line - 1 });
}

/* Is the bound of this function an assumption of the proof? */
static bool cert_given(const struct cert *c, const struct wrt__wcet_unit *u)
{
    return c->a->method == WRT__WCET_BY_ILP ? u->sealed : u->opaque;
}

static const char *cert_comma(uint32_t i) { return i > 0 ? "," : ""; }

/* ---- potentials ------------------------------------------------------------------------------------------
 */

static int64_t cert_add(int64_t a, int64_t b)
{
    int64_t sum = a + b;
    return sum < -WRT__PATH_MAX ? -WRT__PATH_MAX : sum > WRT__PATH_MAX ? WRT__PATH_MAX : sum;
}

static int64_t cert_round(const struct cert *c, uint32_t loop)
{
    int64_t round = c->w.path.round[loop];
    return round > 0 ? round : 0;       /* NONE is below 0 */
}

/* What edge e adds to the potential of its target; false: it is not taken (`level`: back edges of loops that
 * are at least so deep are left out). */
static bool cert_edge(
    const struct cert *c, const struct wrt__wcet_unit *u, uint32_t e, uint32_t level, int64_t *out)
{
    const struct wrt__wcet_graph *g = &u->g;
    const uint32_t to = g->edges[e].to, from = g->edges[e].from;
    int64_t value = c->w.cost[from];
    if (c->w.path.edge_cost) value = cert_add(value, c->w.path.edge_cost[e]);
    uint32_t loop = to < g->blocks_count ? g->blocks[to].header_of : WRT__WCET_NONE;
    if (loop != WRT__WCET_NONE && from >= to) {
        if (c->depth[loop] >= level) return false;
        value = cert_add(value, -cert_round(c, loop));
    } else if (loop != WRT__WCET_NONE) {
        uint64_t rounds = u->most[loop] - 1, all;
        if (u->most[loop] == 0) return false;
        if (cert_round(c, loop) > 0 && (!wrt__mul_u64(rounds, (uint64_t)cert_round(c, loop), &all) ||
                                           all > (uint64_t)WRT__PATH_MAX)) {
            return false;       /* the walk has told of it before */
        }
        if (cert_round(c, loop) > 0)
            value = cert_add(value, (int64_t)(rounds * (uint64_t)cert_round(c, loop)));
    }
    *out = cert_add(value, to < g->blocks_count ? c->potential[to] : 0);
    return true;
}

/* From the end to the beginning, once per depth of loops: what a block can reach by a back edge of a loop
 * around it needs the potential of that loop's label first, which no back edge of its own can raise. */
static void cert_potentials(struct cert *c, const struct wrt__wcet_unit *u)
{
    const struct wrt__wcet_graph *g = &u->g;
    uint32_t deepest = 0;
    for (uint32_t l = 0; l < g->loops_count; l++) {
        uint32_t parent = g->loops[l].parent;
        c->depth[l] = parent == WRT__WCET_NONE ? 0 : c->depth[parent] + 1;
        deepest = c->depth[l] + 1 > deepest ? c->depth[l] + 1 : deepest;
    }
    for (uint32_t level = 0; level <= deepest; level++) {
        for (uint32_t b = g->blocks_count; b-- > 0;) {
            int64_t best = -WRT__PATH_MAX, value;
            for (uint32_t e = g->blocks[b].edge_first; e < g->blocks[b].edge_first + g->blocks[b].edges_count;
                e++) {
                if (cert_edge(c, u, e, level, &value) && value > best) best = value;
            }
            c->potential[b] = best;
        }
    }
}

/* ---- the program -----------------------------------------------------------------------------------------
 */

static void cert_calls(struct cert *c, const struct wrt__wcet_unit *u)
{
    const struct wrt__wcet_bound *x = &c->a->x;
    cert_put(c, "],\n  \"calls\":[");
    for (uint32_t k = 0; k < u->calls_count; k++) {
        const struct wrt__wcet_call *call = &u->calls[k];
        const struct wrt__wcet_site *site = &x->b->sites[call->site];
        cert_put(c, "%s[%u,[", cert_comma(k), call->block);
        bool whole = c->a->method != WRT__WCET_BY_ILP && site->fuel_high != WRT__WCET_INF;
        if (whole) cert_put(c, "[null,%lu]", site->fuel_high);
        for (uint32_t t = 0; !whole && t < call->targets_count; t++) {
            const struct wrt__wcet_target *target = &x->targets[call->target_first + t];
            if (target->body == WRT__WCET_NONE) cert_put(c, "%s[null,%lu]", cert_comma(t), target->high);
            else cert_put(c, "%s[%u,0]", cert_comma(t), target->func);
        }
        if (!whole && call->spare) cert_put(c, "%s[null,0]", cert_comma(call->targets_count));
        cert_put(c, "]]");
    }
}

static void cert_unit(struct cert *c, uint32_t i)
{
    const struct wrt__wcet_unit *u = &c->a->x.units[i];
    const struct wrt__wcet_graph *g = &u->g;
    const bool given = cert_given(c, u);
    cert_put(c, "%s\n {\"func\":%u,\"given\":", cert_comma(i), g->body->func);
    if (given) cert_put(c, "%lu", u->fuel_high);
    else cert_put(c, "null");
    cert_put(c, ",\"blocks\":[");
    for (uint32_t b = 0; !given && b < g->blocks_count; b++) {
        const struct wrt__wcet_block *block = &g->blocks[b];
        cert_put(c, "%s[%u,%u,%lu,%lu]", cert_comma(b), g->body->ops[block->first].offset,
            g->body->ops[block->first + block->count - 1].offset, (uint64_t)u->high[b], c->a->runs[i][b]);
    }
    cert_put(c, "],\n  \"edges\":[");
    for (uint32_t e = 0; !given && e < g->edges_count; e++) {
        cert_put(c, "%s[%u,%u]", cert_comma(e), g->edges[e].from, g->edges[e].to);
    }
    cert_put(c, "],\n  \"loops\":[");
    for (uint32_t l = 0; !given && l < g->loops_count; l++) {
        cert_put(c, "%s[%u,%lu,%u]", cert_comma(l), g->loops[l].header,
            u->most[l] == WRT__WCET_INF ? 0 : u->most[l], g->loops[l].ordinal);
    }
    cert_calls(c, u);
    cert_put(c, "]}");
}

static void cert_rows(struct cert *c, const struct wrt__ilp *ilp)
{
    uint32_t n = 0;
    cert_put(c, "],\n\"rows\":[");
    for (uint32_t i = 0; i < ilp->rows_count; i++) {
        const struct wrt__ilp_row *r = &ilp->rows[i];
        const struct wrt__wcet_unit *u = &c->a->x.units[r->unit];
        if (r->kind == WRT__ILP_INVOKED) continue;
        if (r->kind == WRT__ILP_CALLS)
            cert_put(c, "%s[\"calls\",%u,0,%lu]", cert_comma(n++), u->g.body->func, r->rhs);
        else if (r->kind == WRT__ILP_PAIR) {
            const struct wrt__wcet_pair *p = &c->a->x.pairs[r->loop];
            cert_put(
                c, "%s[\"pair\",%u,[%u,%u,%u],0]", cert_comma(n++), u->g.body->func, p->a, p->b, p->scope);
        } else {
            cert_put(c, "%s[\"total\",%u,%u,%lu]", cert_comma(n++), u->g.body->func,
                u->g.loops[r->loop].header, r->rhs);
        }
    }
    cert_put(c, "]");
}

/* ---- cases -----------------------------------------------------------------------------------------------
 */

/* Potentials of one unit, whose walk was made last. */
static void cert_unit_proof(struct cert *c, uint32_t i, bool *first)
{
    const struct wrt__wcet_unit *u = &c->a->x.units[i];
    const bool given = cert_given(c, u);
    cert_put(c, "%s\n  \"%u\":{\"invocation\":%ld,\"potentials\":[", *first ? "" : ",", u->g.body->func,
        c->w.duals[c->w.row_invoked[i]]);
    *first = false;
    if (!given) cert_potentials(c, u);
    for (uint32_t b = 0; !given && b < u->g.blocks_count; b++) {
        cert_put(c, "%s%ld", cert_comma(b), c->potential[b]);
    }
    cert_put(c, "],\"rounds\":[");
    for (uint32_t l = 0; !given && l < u->g.loops_count; l++) {
        cert_put(c, "%s%ld", cert_comma(l), cert_round(c, l));
    }
    cert_put(c, "]}");
}

static void cert_case(struct cert *c, const struct wrt__ilp *ilp, const struct wrt__ilp_leaf *leaf)
{
    c->w.at = leaf->at;
    c->w.scale = leaf->scale;
    c->w.prices = leaf->prices;
    c->w.duals = leaf->duals;
    cert_put(c, "{\"scale\":%ld,\"prices\":%s,\"branches\":[", leaf->scale, leaf->prices ? "true" : "false");
    uint32_t k = ilp->rows_count;
    for (uint32_t at = leaf->at; at != 0; at = ilp->cases[at].parent, k++) {
        const struct wrt__ilp_case *b = &ilp->cases[at];
        cert_put(c, "%s[%u,%u,%s,%lu,%ld]", cert_comma(k - ilp->rows_count),
            c->a->x.units[b->unit].g.body->func, b->edge, b->up ? "\">=\"" : "\"<=\"", b->value,
            leaf->duals[k]);
    }
    cert_put(c, "],\n \"rows\":[");
    for (uint32_t i = 0, n = 0; i < ilp->rows_count; i++) {
        if (ilp->rows[i].kind != WRT__ILP_INVOKED) cert_put(c, "%s%ld", cert_comma(n++), leaf->duals[i]);
    }
    cert_put(c, "],\n \"functions\":{");
    bool first = true;
    for (uint32_t i = 0; i < c->a->p.bodies_count; i++) {
        if (c->w.row_invoked[i] == WRT__WCET_NONE) continue;
        (void)wrt__ilp_dearest(&c->w, i);
        c->w.path.edge_cost = wrt__ilp_edge_costs(&c->w, i) ? c->w.edge_cost : NULL;
        cert_unit_proof(c, i, &first);
    }
    cert_put(c, "}}");
}

/* ---- all -------------------------------------------------------------------------------------------------
 */

static void cert_head(struct cert *c, uint64_t bound)
{
    const struct wrt__module *m = c->a->p.m;
    uint8_t hash[32];
    wrt__sha256(m->source, hash);
    cert_put(c, "{\"certificate\":\"wrt.wcet/1\",\n\"sha256\":\"");
    for (int i = 0; i < 32; i++) cert_put(c, "%02x", (uint32_t)hash[i]);
    const wrt_str table = { m->fuel->name, wrt__str_len(m->fuel->name) };
    cert_put(c,
        "\",\n\"fuel_table\":\"%S\",\n\"fuel_table_hash\":\"0x%016lx\",\n\"entry\":%u,\n\"bound\":%lu,\n",
        &table, wrt_fuel_table_hash(m->fuel), c->a->p.entry, bound);
    cert_put(c, "\"functions\":[");
}

/* Loop collapse is the case without rows: the price of an invocation is what it was bounded by. */
static void cert_paths(struct cert *c, struct wrt__ilp *own)
{
    struct wrt__ilp_leaf leaf = { .prices = true, .scale = 1 };
    leaf.duals = wrt__arena_take(&own->arena, ((size_t)own->rows_count + 1) * sizeof *leaf.duals, 16);
    if (!leaf.duals) {
        c->nomem = true;
        return;
    }
    for (uint32_t i = 0; i < own->rows_count; i++) {
        leaf.duals[i] = (int64_t)c->a->x.units[own->rows[i].unit].fuel_high;
    }
    cert_put(c, ",\n\"cases\":[");
    c->w.sites = true;
    cert_case(c, own, &leaf);
    cert_put(c, "]}\n");
}

static bool cert_own_rows(const struct wrt__wcet_analysis *a, struct wrt__ilp *own)
{
    own->rows = wrt__arena_take(&own->arena, ((size_t)a->p.bodies_count + 1) * sizeof *own->rows, 16);
    for (uint32_t i = 0; own->rows && i < a->p.bodies_count; i++) {
        if (a->x.units[i].fuel_high == WRT__WCET_INF) continue;     /* nothing on the path calls it */
        own->rows[own->rows_count++] = (struct wrt__ilp_row){ WRT__ILP_INVOKED, i, WRT__WCET_NONE, i == 0 };
    }
    own->pair_first = own->rows_count;
    return own->rows != NULL;
}

static wrt_status cert_write(struct cert *c, struct wrt__ilp *own, wrt_error *err)
{
    const struct wrt__wcet_analysis *a = c->a;
    const struct wrt__ilp *ilp = a->method == WRT__WCET_BY_ILP ? &a->ilp : own;
    wrt_status status = wrt__ilp_walk_init(&c->w, (struct wrt__ilp *)(uintptr_t)ilp, err);
    if (status != WRT_OK) return status;
    uint32_t blocks = 0, loops = 0;
    for (uint32_t i = 0; i < a->p.bodies_count; i++) {
        blocks = a->x.units[i].g.blocks_count > blocks ? a->x.units[i].g.blocks_count : blocks;
        loops = a->x.units[i].g.loops_count > loops ? a->x.units[i].g.loops_count : loops;
    }
    c->potential = wrt__arena_take(&own->arena, ((size_t)blocks + 2) * sizeof *c->potential, 16);
    c->depth = wrt__arena_take(&own->arena, ((size_t)loops + 1) * sizeof *c->depth, 16);
    if (!c->potential || !c->depth) c->nomem = true;
    if (!c->nomem) {
        cert_head(c, a->method == WRT__WCET_BY_ILP ? a->ilp.bound : a->x.fuel_high);
        for (uint32_t i = 0; i < a->p.bodies_count; i++) cert_unit(c, i);
        cert_rows(c, ilp);
        if (ilp == own) cert_paths(c, own);
        else {
            cert_put(c, ",\n\"cases\":[");
            for (uint32_t i = 0; i < ilp->leaves_count; i++) {
                cert_put(c, "%s", cert_comma(i));
                cert_case(c, ilp, &ilp->leaves[i]);
            }
            cert_put(c, "]}\n");
        }
    }
    wrt__ilp_walk_fini(&c->w);
    return c->nomem
        ? wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the certificate")
        : WRT_OK;
}

wrt_status wrt__wcet_certificate(
    const struct wrt__wcet_analysis *a, void (*write)(void *ctx, wrt_str part), void *ctx, wrt_error *err)
{
    enum { ARENA_BLOCK = 16384 };
    struct cert c = { .a = a, .write = write, .ctx = ctx };
    struct wrt__ilp own = { .x = (struct wrt__wcet_bound *)(uintptr_t)&a->x };
    if (!a->bounded) {
        return wrt__fail(
            err, WRT_E_UNBOUNDED, WRT__W_WCET_UNBOUNDED, WRT__NO_OFFSET, "there is no bound to prove");
    }
    if (!a->runs || (a->method != WRT__WCET_BY_ILP && !a->x.bounded)) {
        return wrt__fail(err, WRT_E_UNSUPPORTED, WRT__W_WCET_UNBOUNDED, WRT__NO_OFFSET,
            "the bound was found by abstract execution of the whole function, which leaves no certificate");
    }
    wrt__arena_init(&own.arena, a->p.alloc, ARENA_BLOCK, WRT_TAG_OTHER);
    wrt_status status = WRT_E_NOMEM;
    if (cert_own_rows(a, &own)) status = cert_write(&c, &own, err);
    wrt__arena_fini(&own.arena);
    return status;
}
