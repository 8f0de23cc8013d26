/* lp: a small linear program, solved by the revised simplex method in floating point. It only proposes: what
 * it answers is rounded and proved in integers by its caller. */
#ifndef WRT_SRC_WCET_LP_H
#define WRT_SRC_WCET_LP_H

#include "base/base.h"

enum wrt__lp_result { WRT__LP_OPTIMAL, WRT__LP_INFEASIBLE, WRT__LP_UNBOUNDED, WRT__LP_LIMIT, WRT__LP_NOMEM };

/* maximise sum cost x,  sum coef x  = or <=  rhs,  x >= 0. Every row has two columns of its own: its slack
 * (rows with <=) and an artificial one. */
struct wrt__lp {
    const wrt_alloc *alloc;
    uint32_t rows;
    double *rhs;                    /* not negative: rows were turned round */
    int8_t *sign;                   /* -1: turned round */
    bool *equal;
    uint32_t columns, columns_cap;
    struct wrt__lp_column { uint32_t first, count; double cost; } *column;
    uint32_t entries, entries_cap;
    struct wrt__lp_entry { uint32_t row; double coef; } *entry;
    uint32_t *basis;                /* per row: column, or rows' own ones behind LP_OWN */
    double *inverse;                /* rows * rows */
    double *x;                      /* per row: value of its basic column */
    double *y, *u;                  /* duals; direction */
    uint8_t *in_basis;              /* per column */
    uint32_t in_basis_cap;
    uint64_t pivots, pivots_max;
    uint64_t work, work_max;        /* numbers looked at, about */
    bool started;
};

/* errors  false: out of memory */
bool wrt__lp_init(struct wrt__lp *lp, const wrt_alloc *alloc, uint32_t rows);
void wrt__lp_fini(struct wrt__lp *lp);
void wrt__lp_row(struct wrt__lp *lp, uint32_t row, double rhs, bool equal);
/* Entries of one row may come in several parts. */
bool wrt__lp_column(
    struct wrt__lp *lp, double cost, const struct wrt__lp_entry *entries, uint32_t count);
/* Phase 1: how far from all rows being kept (INFEASIBLE, y of the sum of artificial columns; OPTIMAL: they
 * can be kept). Phase 2 continues there with the costs. Both continue after columns were added. */
enum wrt__lp_result wrt__lp_solve(struct wrt__lp *lp, int phase);
double wrt__lp_dual(const struct wrt__lp *lp, uint32_t row);
double wrt__lp_value(const struct wrt__lp *lp, uint32_t column);

#endif
