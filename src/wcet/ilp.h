/* ilp: the whole-program maximum under totals and invocation counts, with a proof.
 *
 * maximise  sum of price * runs over all blocks, where every function's invocations are paths through its
 * blocks with the loop bounds per entry, every call is an invocation of the callee, and the rows hold: TOTAL
 * runs of a loop's label  <=  total         CALLS  invocations of a function  <=  calls
 * PAIR  runs of one block + runs of another  <=  runs of the block that begins what is around them
 *
 * Any multipliers for the rows (and prices for invocations) give an upper bound that loop collapse computes
 * exactly in integers: what is proved rests on that alone. Where the multipliers come from (column generation
 * over lp.c) and how cases are split (branch and bound on edge counts) is a search that may fail without
 * harm. */
#ifndef WRT_SRC_WCET_ILP_H
#define WRT_SRC_WCET_ILP_H

#include "wcet/bound.h"

enum wrt__ilp_kind { WRT__ILP_INVOKED, WRT__ILP_TOTAL, WRT__ILP_CALLS, WRT__ILP_PAIR };
/* INVOKED: invocations of the unit = calls of it (1 more for the entry). PAIR: loop is the number of the
 * pair, rhs 0; they stand behind the others. */
struct wrt__ilp_row { uint8_t kind; uint32_t unit, loop; uint64_t rhs; };
/* Runs of an edge: at most `value`, or (up) at least. */
struct wrt__ilp_case { uint32_t parent; uint32_t unit, edge; bool up; uint64_t value; };

/* A case that is closed: its branches (case `at`, its parent, ..) and multipliers over `scale`, one per row
 * and one per branch (the last branch first). prices = false: prices are taken as 0, and the bound below 0
 * shows that nothing satisfies the case. bound: floor of the proved bound. */
struct wrt__ilp_leaf {
    uint32_t at;
    bool prices;
    int64_t scale, *duals;
    uint32_t duals_count;
    int64_t bound;
};

struct wrt__ilp {
    struct wrt__wcet_bound *x;
    struct wrt__arena arena;
    struct wrt__ilp_row *rows;
    uint32_t rows_count, pair_first;    /* first row that is a PAIR */
    struct wrt__ilp_case *cases;        /* 0: all */
    uint32_t cases_count, cases_cap;
    struct wrt__ilp_leaf *leaves;
    uint32_t leaves_count, leaves_cap;
    uint64_t **runs;                    /* per unit and block: a solution of value `solution` */
    uint64_t *calls;
    uint64_t bound;                     /* proved */
    uint64_t solution;                  /* attained; below `bound` only when `limit` is not NULL */
    bool has_solution;
    const char *limit;                  /* name of the limit that ended the search early, or NULL */
    uint64_t pivots;
};

/* errors  WRT_E_UNBOUNDED  no multipliers give a bound (x->why says what is open);
 *         WRT_E_INVALID    no run satisfies all facts: they contradict each other;
 *         WRT_E_LIMIT      the limit in err->table; WRT_E_NOMEM */
wrt_status wrt__ilp_solve(struct wrt__ilp *ilp, struct wrt__wcet_bound *x, wrt_error *err);
void wrt__ilp_free(struct wrt__ilp *ilp);

#endif
