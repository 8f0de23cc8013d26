/* path: the dearest path of one body by loop collapse, innermost loops first, and how often it runs each
 * block. */
#ifndef WRT_SRC_WCET_PATH_H
#define WRT_SRC_WCET_PATH_H

#include "wcet/graph.h"

/* Values are signed, so that the least path is the dearest one of negated prices, and prices may carry
 * penalties. NONE: no path; beyond MAX nothing is exact any more, and the walk says so. */
#define WRT__PATH_NONE INT64_MIN
#define WRT__PATH_MAX (INT64_MAX / 4)

/* An exit of a collapsed loop: the dearest way from its label to an edge that leaves it for `to`, with all
 * rounds. */
struct wrt__path_exit { uint32_t loop, to, via, next; int64_t value; };

/* Work space for one graph; grows and serves any number of walks. */
struct wrt__path {
    const wrt_alloc *alloc;
    const struct wrt__wcet_graph *g;
    const int64_t *cost;            /* per block */
    const int64_t *edge_cost;       /* per edge, set by the caller before a walk; NULL: all 0 */
    const uint64_t *most, *least;   /* per natural loop: arrivals per entry, as in struct wrt__wcet_loop */
    int64_t *in;                    /* per block, return, unreachable: dearest way to it in its region */
    uint32_t *via;                  /* the edge, or 1 << 31 | exit, that it comes by */
    uint32_t *exit_at;              /* per target: exit of the loop at hand */
    uint32_t *exits_of;             /* per loop: list of its exits */
    int64_t *round;                 /* per loop: dearest way from its label back to it; NONE */
    uint32_t *round_via;
    uint64_t *flow, *entries, *exit_flow;   /* of wrt__path_counts */
    uint32_t blocks_cap, loops_cap;
    struct wrt__path_exit *exits;
    uint32_t exits_count, exits_cap, exit_flow_cap;
    bool nomem, overflow;
};
void wrt__path_init(struct wrt__path *p, const wrt_alloc *alloc);
void wrt__path_fini(struct wrt__path *p);

/* Walks g. A loop of at most `most` arrivals (0: none, INF: taken as 1) contributes its dearest round most -
 * 1 times when that is above 0, else least - 1 times. Results: p->in[blocks_count] to the return,
 * [blocks_count + 1] to `unreachable`; p->nomem, p->overflow.  cost  linear in the edges, times the depth of
 * loops for edges that leave several */
void wrt__path_walk(struct wrt__path *p, const struct wrt__wcet_graph *g, const int64_t *cost,
    const uint64_t *most, const uint64_t *least);

/* After a walk: how often the path to `sink` (returns or unreachable) that is taken `times` times runs each
 * block (count[blocks_count], added to) and, where `edges` is not NULL, each edge. False: a count is above
 * 2^63. */
bool wrt__path_counts(struct wrt__path *p, uint32_t sink, uint64_t times, uint64_t *count, uint64_t *edges);

/* Blocks that some path of the body reaches when loops with most = 0 are not entered. `reached` has a byte
 * per block. */
void wrt__path_reach(const struct wrt__wcet_graph *g, const uint64_t *most, uint8_t *reached);

#endif
