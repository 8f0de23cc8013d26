/* path: see path.h. A region is a natural loop or the whole body; inside a region every inner loop is one
 * step with an edge for each of its exits, so that the order of the binary is a topological order. Must not
 * know where prices and bounds come from. */
#include "wcet/path.h"

#define PATH_BIT 0x80000000u

void wrt__path_init(struct wrt__path *p, const wrt_alloc *alloc)
{
    *p = (struct wrt__path){ .alloc = alloc };
}

static void path_drop(struct wrt__path *p, void *array, size_t n)
{
    wrt__free(p->alloc, array, n, WRT_TAG_OTHER);
}

static void path_drop_arrays(struct wrt__path *p)
{
    size_t blocks = p->blocks_cap, loops = p->loops_cap;
    path_drop(p, p->in, blocks * sizeof *p->in);
    path_drop(p, p->via, blocks * sizeof *p->via);
    path_drop(p, p->exit_at, blocks * sizeof *p->exit_at);
    path_drop(p, p->flow, blocks * sizeof *p->flow);
    path_drop(p, p->exits_of, loops * sizeof *p->exits_of);
    path_drop(p, p->round, loops * sizeof *p->round);
    path_drop(p, p->round_via, loops * sizeof *p->round_via);
    path_drop(p, p->entries, loops * sizeof *p->entries);
    p->blocks_cap = p->loops_cap = 0;
    p->in = p->round = NULL;
    p->via = p->exit_at = p->exits_of = p->round_via = NULL;
    p->flow = p->entries = NULL;
}

void wrt__path_fini(struct wrt__path *p)
{
    path_drop_arrays(p);
    path_drop(p, p->exits, p->exits_cap * sizeof *p->exits);
    path_drop(p, p->exit_flow, p->exit_flow_cap * sizeof *p->exit_flow);
    *p = (struct wrt__path){ .alloc = p->alloc };
}

static void *path_array(struct wrt__path *p, uint32_t n, size_t element)
{
    void *a = wrt__alloc(p->alloc, (size_t)n * element, WRT_TAG_OTHER);
    if (!a) p->nomem = true;
    return a;
}

static bool path_room(struct wrt__path *p, const struct wrt__wcet_graph *g)
{
    uint32_t blocks = g->blocks_count + 2, loops = g->loops_count + 1;
    if (blocks <= p->blocks_cap && loops <= p->loops_cap) return true;
    path_drop_arrays(p);
    p->blocks_cap = blocks + blocks / 2;
    p->loops_cap = loops + loops / 2;
    p->in = path_array(p, p->blocks_cap, sizeof *p->in);
    p->via = path_array(p, p->blocks_cap, sizeof *p->via);
    p->exit_at = path_array(p, p->blocks_cap, sizeof *p->exit_at);
    p->flow = path_array(p, p->blocks_cap, sizeof *p->flow);
    p->exits_of = path_array(p, p->loops_cap, sizeof *p->exits_of);
    p->round = path_array(p, p->loops_cap, sizeof *p->round);
    p->round_via = path_array(p, p->loops_cap, sizeof *p->round_via);
    p->entries = path_array(p, p->loops_cap, sizeof *p->entries);
    return !p->nomem;
}

/* ---- the walk ------------------------------------------------------------------------------------------ */

static int64_t path_add(struct wrt__path *p, int64_t a, int64_t b)
{
    int64_t sum = a + b;        /* both within a quarter of the range */
    if (sum > WRT__PATH_MAX || sum < -WRT__PATH_MAX) {
        p->overflow = true;
        return sum > 0 ? WRT__PATH_MAX : -WRT__PATH_MAX;
    }
    return sum;
}

static int64_t path_times(struct wrt__path *p, int64_t a, uint64_t n)
{
    uint64_t size = (uint64_t)(a < 0 ? -a : a), product;
    if (!wrt__mul_u64(size, n, &product) || product > (uint64_t)WRT__PATH_MAX) {
        p->overflow = true;
        product = (uint64_t)WRT__PATH_MAX;
    }
    return a < 0 ? -(int64_t)product : (int64_t)product;
}

static void path_exit(struct wrt__path *p, uint32_t loop, uint32_t to, uint32_t via, int64_t value)
{
    uint32_t x = p->exit_at[to];
    if (x != WRT__WCET_NONE && p->exits[x].loop == loop) {
        if (value > p->exits[x].value) {
            p->exits[x].value = value;
            p->exits[x].via = via;
        }
        return;
    }
    if (p->exits_count >= PATH_BIT - 1 || !wrt__grow(p->alloc, &p->exits, &p->exits_cap, p->exits_count + 1,
            sizeof *p->exits, WRT_TAG_OTHER)) {
        p->nomem = true;
        return;
    }
    x = p->exits_count++;
    p->exits[x] = (struct wrt__path_exit){ loop, to, via, p->exits_of[loop], value };
    p->exits_of[loop] = x;
    p->exit_at[to] = x;
}

static bool path_inside(const struct wrt__wcet_graph *g, uint32_t loop, uint32_t block)
{
    uint32_t own = g->blocks[block].loop;
    return own == loop || (g->blocks[block].header_of != WRT__WCET_NONE && g->loops[own].parent == loop);
}

/* One edge of the region of `loop` (NONE: the body), which a way of `value` reaches. */
static void path_relax(struct wrt__path *p, uint32_t loop, uint32_t to, uint32_t via, int64_t value)
{
    const struct wrt__wcet_graph *g = p->g;
    if (loop != WRT__WCET_NONE) {
        if (to == g->loops[loop].header) {
            if (p->round[loop] == WRT__PATH_NONE || value > p->round[loop]) {
                p->round[loop] = value;
                p->round_via[loop] = via;
            }
            return;
        }
        if (to >= g->blocks_count || !path_inside(g, loop, to)) {
            path_exit(p, loop, to, via, value);
            return;
        }
    }
    if (p->in[to] == WRT__PATH_NONE || value > p->in[to]) {
        p->in[to] = value;
        p->via[to] = via;
    }
}

static void path_step(struct wrt__path *p, uint32_t loop, uint32_t block, int64_t value)
{
    const struct wrt__wcet_block *b = &p->g->blocks[block];
    value = path_add(p, value, p->cost[block]);
    for (uint32_t e = b->edge_first; e < b->edge_first + b->edges_count; e++) {
        int64_t extra = p->edge_cost ? p->edge_cost[e] : 0;
        path_relax(p, loop, p->g->edges[e].to, e, extra ? path_add(p, value, extra) : value);
    }
}

static void path_inner(struct wrt__path *p, uint32_t loop, uint32_t inner, int64_t value)
{
    if (p->most[inner] == 0) return;
    for (uint32_t x = p->exits_of[inner]; x != WRT__WCET_NONE; x = p->exits[x].next) {
        path_relax(p, loop, p->exits[x].to, PATH_BIT | x, path_add(p, value, p->exits[x].value));
    }
}

/* How often the dearest round of a loop is made per entry. */
static uint64_t path_rounds(const struct wrt__path *p, uint32_t loop)
{
    if (p->round[loop] == WRT__PATH_NONE || p->most[loop] == 0) return 0;
    uint64_t least = p->least[loop] > 1 ? p->least[loop] - 1 : 0;
    uint64_t most = p->most[loop] == WRT__WCET_INF ? 0 : p->most[loop] - 1;
    return p->round[loop] > 0 ? most : wrt__min_u64(least, most);
}

static void path_region(
    struct wrt__path *p, uint32_t loop, uint32_t root, const uint32_t *items, uint32_t count)
{
    const struct wrt__wcet_graph *g = p->g;
    p->in[root] = 0;
    for (uint32_t i = 0; i < count && !p->nomem; i++) {
        uint32_t b = items[i], inner = g->blocks[b].header_of;
        if (p->in[b] == WRT__PATH_NONE) continue;
        if (inner != WRT__WCET_NONE && inner != loop) path_inner(p, loop, inner, p->in[b]);
        else path_step(p, loop, b, p->in[b]);
    }
}

static void path_loop(struct wrt__path *p, uint32_t loop)
{
    const struct wrt__wcet_natural *l = &p->g->loops[loop];
    path_region(p, loop, l->header, p->g->items + l->item_first, l->items_count);
    p->in[l->header] = WRT__PATH_NONE;      /* from here on: as a step of the region around */
    uint64_t rounds = path_rounds(p, loop);
    int64_t all = rounds > 0 ? path_times(p, p->round[loop], rounds) : 0;
    for (uint32_t x = p->exits_of[loop]; x != WRT__WCET_NONE; x = p->exits[x].next) {
        p->exits[x].value = path_add(p, p->exits[x].value, all);
    }
}

void wrt__path_walk(struct wrt__path *p, const struct wrt__wcet_graph *g, const int64_t *cost,
    const uint64_t *most, const uint64_t *least)
{
    p->nomem = p->overflow = false;
    if (!path_room(p, g)) return;
    p->g = g;
    p->cost = cost;
    p->most = most;
    p->least = least;
    p->exits_count = 0;
    for (uint32_t i = 0; i < g->blocks_count + 2; i++) {
        p->in[i] = WRT__PATH_NONE;
        p->via[i] = p->exit_at[i] = WRT__WCET_NONE;
    }
    for (uint32_t l = 0; l < g->loops_count; l++) {
        p->exits_of[l] = p->round_via[l] = WRT__WCET_NONE;
        p->round[l] = WRT__PATH_NONE;
    }
    for (uint32_t l = g->loops_count; l-- > 0 && !p->nomem;) path_loop(p, l);
    path_region(p, WRT__WCET_NONE, 0, g->items + g->top_first, g->top_count);
}

/* ---- counts -------------------------------------------------------------------------------------------- */

struct path_count {
    struct wrt__path *p;
    uint64_t *count, *edges;
    bool ok;
};

static void path_sum(struct path_count *c, uint64_t *to, uint64_t n)
{
    *to += n;
    if (*to > INT64_MAX || n > INT64_MAX) c->ok = false;
}

/* `n` arrivals by `via`: whoever has that edge ran as often. */
static void path_back(struct path_count *c, uint32_t via, uint64_t n)
{
    struct wrt__path *p = c->p;
    if (n == 0 || via == WRT__WCET_NONE) return;
    if (via & PATH_BIT) {
        uint32_t x = via & ~PATH_BIT, loop = p->exits[x].loop;
        path_sum(c, &p->exit_flow[x], n);
        path_sum(c, &p->entries[loop], n);
        path_sum(c, &p->flow[p->g->loops[loop].header], n);
    } else {
        if (c->edges) path_sum(c, &c->edges[via], n);
        path_sum(c, &p->flow[p->g->edges[via].from], n);
    }
}

/* Flow of a region from its end to its beginning. A loop inside is entered as often as it is left; what it
 * does inside comes later. */
static void path_region_back(struct path_count *c, uint32_t loop, const uint32_t *items, uint32_t count)
{
    struct wrt__path *p = c->p;
    for (uint32_t i = count; i-- > 0;) {
        uint32_t b = items[i], inner = p->g->blocks[b].header_of;
        uint64_t n = p->flow[b];
        p->flow[b] = 0;
        if (inner == WRT__WCET_NONE || inner == loop) path_sum(c, &c->count[b], n);
        if (inner == WRT__WCET_NONE || inner != loop) path_back(c, p->via[b], n);
    }
}

static void path_loop_back(struct path_count *c, uint32_t loop)
{
    struct wrt__path *p = c->p;
    const struct wrt__wcet_natural *l = &p->g->loops[loop];
    uint64_t entries = p->entries[loop], rounds = path_rounds(p, loop), n = 0;
    if (entries == 0) return;
    for (uint32_t x = p->exits_of[loop]; x != WRT__WCET_NONE; x = p->exits[x].next) {
        path_back(c, p->exits[x].via, p->exit_flow[x]);
    }
    if (!wrt__mul_u64(entries, rounds, &n)) c->ok = false;
    path_back(c, p->round_via[loop], n);
    path_region_back(c, loop, p->g->items + l->item_first, l->items_count);
}

bool wrt__path_counts(struct wrt__path *p, uint32_t sink, uint64_t times, uint64_t *count, uint64_t *edges)
{
    const struct wrt__wcet_graph *g = p->g;
    struct path_count c = { p, count, edges, true };
    if (!wrt__grow(p->alloc, &p->exit_flow, &p->exit_flow_cap, p->exits_count + 1, sizeof *p->exit_flow,
            WRT_TAG_OTHER)) {
        p->nomem = true;
        return false;
    }
    memset(p->exit_flow, 0, (p->exits_count + 1) * sizeof *p->exit_flow);
    memset(p->entries, 0, (g->loops_count + 1) * sizeof *p->entries);
    memset(p->flow, 0, (g->blocks_count + 2) * sizeof *p->flow);
    path_back(&c, p->via[sink], times);
    path_region_back(&c, WRT__WCET_NONE, g->items + g->top_first, g->top_count);
    for (uint32_t l = 0; l < g->loops_count; l++) path_loop_back(&c, l);
    return c.ok;
}

void wrt__path_reach(const struct wrt__wcet_graph *g, const uint64_t *most, uint8_t *reached)
{
    memset(reached, 0, g->blocks_count);
    reached[0] = g->blocks_count > 0;
    for (uint32_t i = 0; i < g->blocks_count; i++) {
        const struct wrt__wcet_block *b = &g->blocks[i];
        if (b->header_of != WRT__WCET_NONE && most[b->header_of] == 0) reached[i] = 0;
        for (uint32_t e = 0; reached[i] && e < b->edges_count; e++) {
            uint32_t to = g->edges[b->edge_first + e].to;
            if (to < g->blocks_count) reached[to] = 1;
        }
    }
}
