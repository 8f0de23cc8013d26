/* ilp_walk: what the two halves of ilp share: search (ilp.c) and proof (ilp_walk.c). */
#ifndef WRT_SRC_WCET_ILP_WALK_H
#define WRT_SRC_WCET_ILP_WALK_H

#include "wcet/ilp.h"
#include "wcet/lp.h"

/* One path of one unit, as the rows see it. */
struct wrt__ilp_part { uint32_t index; uint64_t count; };
struct wrt__ilp_column {
    uint32_t unit;
    double price;
    uint32_t row_first, rows_count;         /* rows with its coefficients */
    uint32_t edge_first, edges_count;       /* edges with their runs */
};

/* Multipliers in integers over `scale`: one per row, then one per branch of the case. */
struct wrt__ilp_walk {
    struct wrt__ilp *ilp;
    struct wrt__path path;
    int64_t *cost, *edge_cost;              /* of the unit at hand */
    uint64_t *block_runs, *edge_runs, *ones;
    uint32_t *row_invoked, *row_calls;      /* per unit; NONE: it is not called, has no such fact */
    uint32_t **row_total;                   /* per unit and loop */
    int64_t scale;
    bool prices;
    bool sites;                             /* calls cost no more than is known of their site */
    uint32_t at;                            /* case */
    const int64_t *duals;
};
wrt_status wrt__ilp_walk_init(struct wrt__ilp_walk *w, struct wrt__ilp *ilp, wrt_error *err);
void wrt__ilp_walk_fini(struct wrt__ilp_walk *w);
/* The dearest path of a unit at these multipliers, times scale; PATH_NONE: none, or no room in 64 bits. */
int64_t wrt__ilp_dearest(struct wrt__ilp_walk *w, uint32_t unit);
/* Penalties of the branches on the edges of a unit, into edge_cost; false: there are none. */
bool wrt__ilp_edge_costs(struct wrt__ilp_walk *w, uint32_t unit);
/* After wrt__ilp_dearest: runs of its blocks and edges into block_runs, edge_runs. */
bool wrt__ilp_runs(struct wrt__ilp_walk *w, uint32_t unit);
/* The target that a call takes at these multipliers. */
uint32_t wrt__ilp_target(const struct wrt__ilp_walk *w, const struct wrt__wcet_call *c, int64_t *price);
/* The bound that multipliers prove, times scale. Prices of invocations (INVOKED) and multipliers of CALLS are
 * made consistent first, in `duals`. INT64_MAX: none, or it has no room. */
int64_t wrt__ilp_prove(struct wrt__ilp_walk *w, int64_t *duals);

#endif
