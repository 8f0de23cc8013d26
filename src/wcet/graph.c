/* graph: blocks, edges and natural loops of one body. A taken branch goes on behind its target operator, so
 * that is where blocks begin; the operator itself belongs to those who fall into it (docs/fuel.md, section
 * 2). Must not know prices of calls or bounds of loops. Natural loops are found from the inside out, each
 * block joining the innermost one that it can reach the label of (the reducible case of Havlak's nesting). */
#include "wasm/front.h"
#include "wcet/graph.h"

struct graph_maker {
    struct wrt__wcet_graph *g;
    const struct wrt__wcet_bounds *b;
    const struct wrt__wcet_body *body;
    struct wrt__arena *arena;               /* of the program: the result */
    struct wrt__arena scratch;
    uint32_t *block_at;                     /* operator -> block that begins there, NONE */
    uint32_t *stamp;                        /* block -> last block that has an edge to it */
    struct wrt__wcet_edge *edges;
    uint32_t edges_cap;
    const wrt_alloc *alloc;
    uint32_t *pred_first, *preds, *join;    /* join: representative of a block in the loops found so far */
    bool nomem;
};

static void *graph_take(struct graph_maker *k, struct wrt__arena *a, uint64_t n, size_t element)
{
    void *p = wrt__arena_take(a, ((size_t)n + 1) * element, 16);
    if (!p) k->nomem = true;
    return p;
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

static bool graph_ends(uint32_t code)
{
    switch (code) {
    case WRT__OP_BR: case WRT__OP_BR_IF: case WRT__OP_BR_TABLE: case WRT__OP_RETURN: case WRT__OP_UNREACHABLE:
    case WRT__OP_IF: case WRT__OP_ELSE: case WRT__OP_LOOP: case WRT__OP_RETURN_CALL:
    case WRT__OP_RETURN_CALL_INDIRECT:
        return true;
    default: return false;
    }
}

/* Does control go on with the next operator? */
static bool graph_falls(uint32_t code)
{
    return code == WRT__OP_BR_IF || code == WRT__OP_IF || code == WRT__OP_LOOP || !graph_ends(code);
}

/* Where runs that trap count, an invocation belongs to the block behind its call: a call that traps has been
 * paid for, and is none. */
static bool graph_splits(const struct graph_maker *k, uint32_t op)
{
    uint32_t code = k->body->ops[op].code;
    return k->b->traps && (code == WRT__OP_CALL || code == WRT__OP_CALL_INDIRECT);
}

static void graph_mark(struct graph_maker *k, uint32_t op)
{
    if (op < k->body->count) k->block_at[op] = 0;
}

/* Marks where blocks begin. */
static void graph_leaders(struct graph_maker *k)
{
    const struct wrt__wcet_body *body = k->body;
    for (uint32_t i = 0; i <= body->count; i++) k->block_at[i] = WRT__WCET_NONE;
    graph_mark(k, 0);
    for (uint32_t i = 0; i < body->count; i++) {
        const struct wrt__wcet_op *op = &body->ops[i];
        if (graph_ends(op->code) || (op->flags & WRT__WCET_NO_FALL)) graph_mark(k, i + 1);
        if (graph_splits(k, i)) graph_mark(k, i + 1);
        switch (op->code) {
        case WRT__OP_BR: case WRT__OP_BR_IF: case WRT__OP_IF: graph_mark(k, op->a + 1); break;
        case WRT__OP_ELSE:
            if (!(op->flags & WRT__WCET_NO_FALL)) graph_mark(k, op->a + 1);
            break;
        case WRT__OP_BR_TABLE:
            for (uint32_t t = 0; t < op->b; t++) graph_mark(k, body->targets[op->a + t] + 1);
            break;
        default: break;
        }
    }
}

/* Block that goes on behind operator `op`, or the return. */
static uint32_t graph_behind(const struct graph_maker *k, uint32_t op)
{
    return op + 1 < k->body->count ? k->block_at[op + 1] : k->g->blocks_count;
}

static void graph_edge(struct graph_maker *k, uint32_t from, uint32_t to)
{
    if (k->stamp[to] == from) return;       /* branch tables name a target many times */
    k->stamp[to] = from;
    struct wrt__wcet_graph *g = k->g;
    if (!wrt__grow(k->alloc, &k->edges, &k->edges_cap, g->edges_count + 1, sizeof *k->edges, WRT_TAG_OTHER)) {
        k->nomem = true;
        return;
    }
    k->edges[g->edges_count++] = (struct wrt__wcet_edge){ from, to };
}

/* Edges of the block whose last operator is ops[last]. */
static void graph_leave(struct graph_maker *k, uint32_t from, uint32_t last)
{
    const struct wrt__wcet_body *body = k->body;
    const struct wrt__wcet_op *op = &body->ops[last];
    uint32_t returns = k->g->blocks_count;
    switch (op->code) {
    case WRT__OP_BR: graph_edge(k, from, graph_behind(k, op->a)); break;
    case WRT__OP_BR_IF: case WRT__OP_IF:
        graph_edge(k, from, graph_behind(k, last));
        graph_edge(k, from, graph_behind(k, op->a));
        break;
    case WRT__OP_ELSE: graph_edge(k, from, graph_behind(k, op->a)); break;
    case WRT__OP_BR_TABLE:
        for (uint32_t t = 0; t < op->b; t++) graph_edge(k, from, graph_behind(k, body->targets[op->a + t]));
        break;
    case WRT__OP_RETURN: case WRT__OP_RETURN_CALL: case WRT__OP_RETURN_CALL_INDIRECT:
        graph_edge(k, from, returns);
        break;
    case WRT__OP_UNREACHABLE: graph_edge(k, from, returns + 1); break;
    default: graph_edge(k, from, graph_behind(k, last)); break;
    }
}

/* Last operator of the code that begins at `first`; operators that nothing falls into begin no block. */
static uint32_t graph_last(const struct graph_maker *k, uint32_t first)
{
    uint32_t i = first;
    while (!graph_ends(k->body->ops[i].code) && i + 1 < k->body->count &&
           k->block_at[i + 1] == WRT__WCET_NONE && !(k->body->ops[i + 1].flags & WRT__WCET_NO_FALL)) {
        i++;
    }
    return i;
}

static bool graph_begins(const struct graph_maker *k, uint32_t op)
{
    return k->block_at[op] != WRT__WCET_NONE && !(k->body->ops[op].flags & WRT__WCET_NO_FALL);
}

/* Marks operators that some path reaches with 1: one pass, since only labels of loops are reached from
 * behind, and those from the front before. */
static void graph_reach(struct graph_maker *k, uint8_t *reached)
{
    const struct wrt__wcet_body *body = k->body;
    reached[0] = 1;
    for (uint32_t i = 0; i < body->count; i++) {
        if (!reached[i] || !graph_begins(k, i)) continue;
        uint32_t last = graph_last(k, i);
        const struct wrt__wcet_op *op = &body->ops[last];
        if (graph_falls(op->code)) reached[last + 1] = 1;
        if (op->code == WRT__OP_BR || op->code == WRT__OP_BR_IF || op->code == WRT__OP_IF ||
            op->code == WRT__OP_ELSE) {
            reached[op->a + 1] = 1;
        } else if (op->code == WRT__OP_BR_TABLE) {
            for (uint32_t t = 0; t < op->b; t++) reached[body->targets[op->a + t] + 1] = 1;
        }
    }
}

static void graph_number(struct graph_maker *k, const uint8_t *reached)
{
    struct wrt__wcet_graph *g = k->g;
    for (uint32_t i = 0; i < k->body->count; i++) {
        if (reached[i] && graph_begins(k, i)) k->block_at[i] = g->blocks_count++;
        else if (!graph_begins(k, i)) continue;
        else k->block_at[i] = WRT__WCET_NONE - 1;       /* begins a block that nothing reaches */
    }
}

static void graph_fill_block(struct graph_maker *k, uint32_t first, uint32_t *site)
{
    struct wrt__wcet_graph *g = k->g;
    const struct wrt__wcet_body *body = k->body;
    uint32_t n = k->block_at[first], last = graph_last(k, first);
    const uint32_t sites_end = body->site_first + body->sites_count;
    const uint32_t from = first > 0 && graph_splits(k, first - 1) ? first - 1 : first;
    const uint32_t to = graph_splits(k, last) ? last : last + 1;
    while (*site < sites_end && k->b->sites[*site].op < from) (*site)++;
    struct wrt__wcet_block *block = &g->blocks[n];
    *block = (struct wrt__wcet_block){ .first = first,
        .count = last - first + 1,
        .edge_first = g->edges_count,
        .site_first = *site,
        .loop = WRT__WCET_NONE,
        .header_of = WRT__WCET_NONE };
    while (*site < sites_end && k->b->sites[*site].op < to) (*site)++;
    block->sites_count = *site - block->site_first;
    g->price[n] = n == 0 ? body->entry_price : 0;
    for (uint32_t i = first; i <= last; i++) g->price[n] += wrt__wcet_price(k->b->p, &body->ops[i]);
    graph_leave(k, n, last);
    if (k->b->traps) graph_edge(k, n, g->blocks_count + 1);
    block->edges_count = g->edges_count - block->edge_first;
}

static void graph_blocks(struct graph_maker *k)
{
    struct wrt__wcet_graph *g = k->g;
    const struct wrt__wcet_body *body = k->body;
    k->block_at = graph_take(k, &k->scratch, body->count, sizeof *k->block_at);
    uint8_t *reached = graph_take(k, &k->scratch, (uint64_t)body->count + 1, 1);
    if (k->nomem) return;
    graph_leaders(k);
    graph_reach(k, reached);
    graph_number(k, reached);
    g->blocks = graph_take(k, k->arena, g->blocks_count, sizeof *g->blocks);
    g->price = graph_take(k, k->arena, g->blocks_count, sizeof *g->price);
    k->stamp = graph_take(k, &k->scratch, (uint64_t)g->blocks_count + 2, sizeof *k->stamp);
    if (k->nomem) return;
    for (uint32_t i = 0; i < g->blocks_count + 2; i++) k->stamp[i] = WRT__WCET_NONE;
    uint32_t site = body->site_first;
    for (uint32_t i = 0; i < body->count && !k->nomem; i++) {
        if (reached[i] && graph_begins(k, i)) graph_fill_block(k, i, &site);
    }
    if (k->nomem) return;
    g->edges = graph_take(k, k->arena, g->edges_count, sizeof *g->edges);
    if (!k->nomem) memcpy(g->edges, k->edges, g->edges_count * sizeof *g->edges);
}

/* ---- natural loops ------------------------------------------------------------------------------------- */

static void graph_preds(struct graph_maker *k)
{
    const struct wrt__wcet_graph *g = k->g;
    k->pred_first = graph_take(k, &k->scratch, (uint64_t)g->blocks_count + 3, sizeof *k->pred_first);
    k->preds = graph_take(k, &k->scratch, g->edges_count, sizeof *k->preds);
    k->join = graph_take(k, &k->scratch, g->blocks_count, sizeof *k->join);
    if (k->nomem) return;
    for (uint32_t e = 0; e < g->edges_count; e++) k->pred_first[g->edges[e].to + 1]++;
    for (uint32_t i = 0; i < g->blocks_count + 2; i++) k->pred_first[i + 1] += k->pred_first[i];
    uint32_t *at = graph_take(k, &k->scratch, (uint64_t)g->blocks_count + 3, sizeof *at);
    if (k->nomem) return;
    memcpy(at, k->pred_first, ((size_t)g->blocks_count + 2) * sizeof *at);
    for (uint32_t e = 0; e < g->edges_count; e++) k->preds[at[g->edges[e].to]++] = g->edges[e].from;
    for (uint32_t i = 0; i < g->blocks_count; i++) k->join[i] = i;
}

static uint32_t graph_find(struct graph_maker *k, uint32_t b)
{
    while (k->join[b] != b) {
        k->join[b] = k->join[k->join[b]];
        b = k->join[b];
    }
    return b;
}

/* Joins what leads back to the label of loop `l`. `list` has room for all blocks. */
static void graph_collect(struct graph_maker *k, uint32_t l, uint32_t *list)
{
    struct wrt__wcet_graph *g = k->g;
    const uint32_t header = g->loops[l].header;
    uint32_t count = 0;
    g->blocks[header].loop = l;
    for (uint32_t i = k->pred_first[header]; i < k->pred_first[header + 1]; i++) {
        if (k->preds[i] >= header) list[count++] = k->preds[i];
    }
    while (count > 0) {
        uint32_t b = graph_find(k, list[--count]);
        if (b == header) continue;
        k->join[b] = header;
        if (g->blocks[b].loop == WRT__WCET_NONE) g->blocks[b].loop = l;
        else g->loops[g->blocks[b].loop].parent = l;        /* b is the label of a loop inside */
        for (uint32_t i = k->pred_first[b]; i < k->pred_first[b + 1]; i++) {
            uint32_t from = graph_find(k, k->preds[i]);
            if (from != header && from != b) list[count++] = from;
        }
    }
}

static void graph_find_loops(struct graph_maker *k)
{
    struct wrt__wcet_graph *g = k->g;
    const struct wrt__wcet_body *body = k->body;
    for (int pass = 0; pass < 2; pass++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < body->loops_count; i++) {
            if (body->loops[i] == WRT__WCET_NONE || body->loops[i] + 1 >= body->count) continue;
            uint32_t header = k->block_at[body->loops[i] + 1];
            if (header >= g->blocks_count) continue;
            bool back = false;
            for (uint32_t e = k->pred_first[header]; e < k->pred_first[header + 1]; e++) {
                back |= k->preds[e] >= header;
            }
            if (!back) continue;
            if (pass == 1) {
                g->loops[n] = (struct wrt__wcet_natural){
                    .header = header, .ordinal = i, .parent = WRT__WCET_NONE
                };
                g->blocks[header].header_of = n;
            }
            n++;
        }
        if (pass == 0) {
            g->loops_count = n;
            g->loops = graph_take(k, k->arena, n, sizeof *g->loops);
            if (k->nomem) return;
        }
    }
    uint32_t *list = graph_take(k, &k->scratch, (uint64_t)g->edges_count + g->blocks_count, sizeof *list);
    if (k->nomem) return;
    for (uint32_t l = g->loops_count; l-- > 0;) graph_collect(k, l, list);
}

/* Blocks by region, each region in order. */
static void graph_items(struct graph_maker *k)
{
    struct wrt__wcet_graph *g = k->g;
    const uint32_t top = g->loops_count;
    g->items_count = g->blocks_count + g->loops_count;
    g->items = graph_take(k, k->arena, g->items_count, sizeof *g->items);
    uint32_t *at = graph_take(k, &k->scratch, (uint64_t)top + 2, sizeof *at);
    if (k->nomem) return;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < g->blocks_count; i++) {
            uint32_t own = g->blocks[i].loop == WRT__WCET_NONE ? top : g->blocks[i].loop;
            if (pass == 1) g->items[at[own]] = i;
            at[own]++;
            if (g->blocks[i].header_of == WRT__WCET_NONE) continue;
            uint32_t around = g->loops[own].parent == WRT__WCET_NONE ? top : g->loops[own].parent;
            if (pass == 1) g->items[at[around]] = i;
            at[around]++;
        }
        if (pass == 1) break;
        uint32_t sum = 0;
        for (uint32_t l = 0; l <= top; l++) {
            uint32_t n = at[l];
            at[l] = sum;
            if (l < top) g->loops[l].item_first = sum;
            if (l < top) g->loops[l].items_count = n;
            else g->top_count = n;
            if (l == top) g->top_first = sum;
            sum += n;
        }
    }
}

wrt_status wrt__wcet_graph_make(struct wrt__wcet_graph *g, const struct wrt__wcet_bounds *b,
    const struct wrt__wcet_body *body, wrt_error *err)
{
    enum { SCRATCH_BLOCK = 32768 };
    *g = (struct wrt__wcet_graph){ .body = body };
    struct graph_maker k = { .g = g, .b = b, .body = body, .alloc = b->p->alloc };
    k.arena = &b->p->arena;
    wrt__arena_init(&k.scratch, k.alloc, SCRATCH_BLOCK, WRT_TAG_OTHER);
    graph_blocks(&k);
    if (!k.nomem) graph_preds(&k);
    if (!k.nomem) graph_find_loops(&k);
    if (!k.nomem) graph_items(&k);
    wrt__arena_fini(&k.scratch);
    wrt__free(k.alloc, k.edges, k.edges_cap * sizeof *k.edges, WRT_TAG_OTHER);
    if (!k.nomem) return WRT_OK;
    return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the analysis");
}
