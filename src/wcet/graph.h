/* graph: control flow of one body as blocks, edges and natural loops. Wasm is structured, so the order of the
 * binary is a topological order of all edges but those back to a loop's label, and the graph is reducible. */
#ifndef WRT_SRC_WCET_GRAPH_H
#define WRT_SRC_WCET_GRAPH_H

#include "wcet/wcet.h"

/* Straight code: ops[first .. first + count), of which all run when the first does. Only blocks that some
 * path reaches exist. */
struct wrt__wcet_block {
    uint32_t first, count;
    uint32_t edge_first, edges_count;       /* leaving it */
    uint32_t site_first, sites_count;       /* in wrt__wcet_bounds.sites; see graph_splits */
    uint32_t loop;                          /* innermost natural loop, NONE: none */
    uint32_t header_of;                     /* natural loop whose label it begins, NONE: none */
};
/* `to` is a block, or blocks_count: the function returns, blocks_count + 1: `unreachable` ends the run. */
struct wrt__wcet_edge { uint32_t from, to; };

/* A loop operator whose label is reached again. Blocks behind which no path leads back are not in it,
 * wherever they are written. */
struct wrt__wcet_natural {
    uint32_t header;                /* block */
    uint32_t ordinal;               /* of the loop operator in the body */
    uint32_t parent;                /* natural loop around it, NONE: none */
    uint32_t item_first, items_count;       /* in items */
};

struct wrt__wcet_graph {
    const struct wrt__wcet_body *body;
    uint32_t blocks_count, edges_count, loops_count, items_count;
    struct wrt__wcet_block *blocks;         /* in the order of the binary; 0 is the entry */
    struct wrt__wcet_edge *edges;           /* by block */
    struct wrt__wcet_natural *loops;        /* in the order of their headers: outer ones first */
    /* Per region (a natural loop, or the whole body behind them all) its blocks in order; a loop inside is
     * its header alone. */
    uint32_t *items;
    uint32_t top_first, top_count;
    uint64_t *price; /* per block: fixed prices; block 0 with the entry of the function */
};

/* In the program's arena; `b` gives the numbers of sites. */
wrt_status wrt__wcet_graph_make(struct wrt__wcet_graph *g, const struct wrt__wcet_bounds *b,
    const struct wrt__wcet_body *body, wrt_error *err);

#endif
