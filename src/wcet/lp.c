/* lp: see lp.h. Dense inverse of the basis; the steepest column enters, and after a while without progress
 * the first one (Bland), so that it ends. */
#include "wcet/lp.h"

enum { LP_OWN = 0x40000000, LP_REFACTOR = 64, LP_STALL = 40 };  /* LP_OWN + 2 row: slack, + 1: artificial */
#define LP_EPS 1e-9
#define LP_PRICE_EPS 1e-7

static double lp_abs(double x) { return x < 0 ? -x : x; }

bool wrt__lp_init(struct wrt__lp *lp, const wrt_alloc *alloc, uint32_t rows)
{
    *lp = (struct wrt__lp){ .alloc = alloc, .rows = rows, .pivots_max = UINT64_MAX,
        .work_max = UINT64_MAX };
    lp->rhs = wrt__alloc_zero(alloc, rows * sizeof *lp->rhs, WRT_TAG_OTHER);
    lp->sign = wrt__alloc_zero(alloc, rows, WRT_TAG_OTHER);
    lp->equal = wrt__alloc_zero(alloc, rows * sizeof *lp->equal, WRT_TAG_OTHER);
    lp->basis = wrt__alloc_zero(alloc, rows * sizeof *lp->basis, WRT_TAG_OTHER);
    lp->inverse = wrt__alloc_zero(alloc, (size_t)rows * rows * sizeof *lp->inverse, WRT_TAG_OTHER);
    lp->x = wrt__alloc_zero(alloc, rows * sizeof *lp->x, WRT_TAG_OTHER);
    lp->y = wrt__alloc_zero(alloc, rows * sizeof *lp->y, WRT_TAG_OTHER);
    lp->u = wrt__alloc_zero(alloc, rows * sizeof *lp->u, WRT_TAG_OTHER);
    return lp->rhs && lp->sign && lp->equal && lp->basis && lp->inverse && lp->x && lp->y && lp->u;
}

void wrt__lp_fini(struct wrt__lp *lp)
{
    const wrt_alloc *a = lp->alloc;
    size_t rows = lp->rows;
    wrt__free(a, lp->rhs, rows * sizeof *lp->rhs, WRT_TAG_OTHER);
    wrt__free(a, lp->sign, rows, WRT_TAG_OTHER);
    wrt__free(a, lp->equal, rows * sizeof *lp->equal, WRT_TAG_OTHER);
    wrt__free(a, lp->basis, rows * sizeof *lp->basis, WRT_TAG_OTHER);
    wrt__free(a, lp->inverse, rows * rows * sizeof *lp->inverse, WRT_TAG_OTHER);
    wrt__free(a, lp->x, rows * sizeof *lp->x, WRT_TAG_OTHER);
    wrt__free(a, lp->y, rows * sizeof *lp->y, WRT_TAG_OTHER);
    wrt__free(a, lp->u, rows * sizeof *lp->u, WRT_TAG_OTHER);
    wrt__free(a, lp->column, lp->columns_cap * sizeof *lp->column, WRT_TAG_OTHER);
    wrt__free(a, lp->entry, lp->entries_cap * sizeof *lp->entry, WRT_TAG_OTHER);
    wrt__free(a, lp->in_basis, lp->in_basis_cap, WRT_TAG_OTHER);
    *lp = (struct wrt__lp){ .alloc = a };
}

void wrt__lp_row(struct wrt__lp *lp, uint32_t row, double rhs, bool equal)
{
    lp->sign[row] = rhs < 0 ? -1 : 1;
    lp->rhs[row] = rhs < 0 ? -rhs : rhs;
    lp->equal[row] = equal;
}

bool wrt__lp_column(struct wrt__lp *lp, double cost, const struct wrt__lp_entry *entries, uint32_t count)
{
    if (!wrt__grow(lp->alloc, &lp->column, &lp->columns_cap, lp->columns + 1, sizeof *lp->column,
            WRT_TAG_OTHER) ||
        !wrt__grow(lp->alloc, &lp->entry, &lp->entries_cap, lp->entries + count, sizeof *lp->entry,
            WRT_TAG_OTHER) ||
        !wrt__grow(lp->alloc, &lp->in_basis, &lp->in_basis_cap, lp->columns + 1, 1, WRT_TAG_OTHER)) {
        return false;
    }
    lp->column[lp->columns] = (struct wrt__lp_column){ lp->entries, count, cost };
    for (uint32_t i = 0; i < count; i++) {
        struct wrt__lp_entry e = entries[i];
        lp->entry[lp->entries++] = (struct wrt__lp_entry){ e.row, e.coef * lp->sign[e.row] };
    }
    lp->in_basis[lp->columns++] = 0;
    return true;
}

/* ---- basis --------------------------------------------------------------------------------------------- */

static bool lp_is_artificial(uint32_t c) { return c >= LP_OWN && (c & 1); }

static double lp_cost(const struct wrt__lp *lp, uint32_t c, int phase)
{
    if (c >= LP_OWN) return phase == 1 && (c & 1) ? -1 : 0;
    return phase == 1 ? 0 : lp->column[c].cost;
}

/* u = inverse * column c */
static void lp_direction(struct wrt__lp *lp, uint32_t c)
{
    const uint32_t m = lp->rows;
    lp->work += 2 * (uint64_t)m;
    for (uint32_t i = 0; i < m; i++) lp->u[i] = 0;
    if (c >= LP_OWN) {
        uint32_t row = (c - LP_OWN) / 2;
        double coef = c & 1 ? 1 : lp->sign[row];
        for (uint32_t i = 0; i < m; i++) lp->u[i] = lp->inverse[(size_t)i * m + row] * coef;
        return;
    }
    const struct wrt__lp_column *x = &lp->column[c];
    lp->work += (uint64_t)x->count * m;
    for (uint32_t k = x->first; k < x->first + x->count; k++) {
        const double coef = lp->entry[k].coef;
        const double *column = lp->inverse + lp->entry[k].row;
        for (uint32_t i = 0; i < m; i++) lp->u[i] += column[(size_t)i * m] * coef;
    }
}

static void lp_start(struct wrt__lp *lp)
{
    const uint32_t m = lp->rows;
    for (uint32_t i = 0; i < m; i++) {
        /* the slack of a row that was turned round has the coefficient -1 and cannot start */
        bool slack = !lp->equal[i] && lp->sign[i] > 0;
        lp->basis[i] = LP_OWN + 2 * i + (slack ? 0 : 1);
        lp->inverse[(size_t)i * m + i] = 1;
        lp->x[i] = lp->rhs[i];
    }
    lp->started = true;
}

/* Row `r` of the inverse takes the place of direction u. */
static void lp_pivot(struct wrt__lp *lp, uint32_t r)
{
    const uint32_t m = lp->rows;
    double *pivot = lp->inverse + (size_t)r * m, scale = 1 / lp->u[r];
    for (uint32_t k = 0; k < m; k++) pivot[k] *= scale;
    lp->x[r] *= scale;
    for (uint32_t i = 0; i < m; i++) {
        double f = lp->u[i];
        if (i == r || f == 0) continue;
        double *row = lp->inverse + (size_t)i * m;
        lp->work += m;
        for (uint32_t k = 0; k < m; k++) row[k] -= f * pivot[k];
        lp->x[i] -= f * lp->x[r];
    }
}

/* The inverse anew, column by column, against errors that pile up. */
static void lp_refactor(struct wrt__lp *lp)
{
    const uint32_t m = lp->rows;
    uint32_t *old = wrt__alloc(lp->alloc, m * sizeof *old, WRT_TAG_OTHER);
    if (!old) return;                       /* it stays less exact */
    memcpy(old, lp->basis, m * sizeof *old);
    memset(lp->inverse, 0, (size_t)m * m * sizeof *lp->inverse);
    for (uint32_t i = 0; i < m; i++) {
        lp->inverse[(size_t)i * m + i] = 1;
        lp->x[i] = lp->rhs[i];
        lp->basis[i] = UINT32_MAX;          /* the row is free */
    }
    for (uint32_t k = 0; k < m; k++) {
        lp_direction(lp, old[k]);
        uint32_t best = UINT32_MAX;
        for (uint32_t i = 0; i < m; i++) {
            if (lp->basis[i] != UINT32_MAX) continue;
            if (best == UINT32_MAX || lp_abs(lp->u[i]) > lp_abs(lp->u[best])) best = i;
        }
        if (lp_abs(lp->u[best]) < 1e-11) continue; /* depends on the others: its row gets an artificial */
        lp_pivot(lp, best);
        lp->basis[best] = old[k];
    }
    for (uint32_t i = 0; i < lp->columns; i++) lp->in_basis[i] = 0;
    for (uint32_t i = 0; i < m; i++) {
        if (lp->basis[i] == UINT32_MAX) lp->basis[i] = LP_OWN + 2 * i + 1;
        if (lp->basis[i] < LP_OWN) lp->in_basis[lp->basis[i]] = 1;
    }
    wrt__free(lp->alloc, old, m * sizeof *old, WRT_TAG_OTHER);
}

static void lp_duals(struct wrt__lp *lp, int phase)
{
    const uint32_t m = lp->rows;
    for (uint32_t k = 0; k < m; k++) lp->y[k] = 0;
    for (uint32_t i = 0; i < m; i++) {
        double c = lp_cost(lp, lp->basis[i], phase);
        if (c == 0) continue;
        lp->work += m;
        const double *row = lp->inverse + (size_t)i * m;
        for (uint32_t k = 0; k < m; k++) lp->y[k] += c * row[k];
    }
}

/* ---- steps --------------------------------------------------------------------------------------------- */

/* Column with the best price, or the first with any (`first`); NONE. */
static uint32_t lp_entering(const struct wrt__lp *lp, int phase, bool first)
{
    uint32_t best = UINT32_MAX;
    double most = LP_PRICE_EPS;
    for (uint32_t c = 0; c < lp->columns; c++) {
        if (lp->in_basis[c]) continue;
        const struct wrt__lp_column *x = &lp->column[c];
        double cost = phase == 1 ? 0 : x->cost, d = cost, size = lp_abs(cost);
        for (uint32_t k = x->first; k < x->first + x->count; k++) {
            double part = lp->y[lp->entry[k].row] * lp->entry[k].coef;
            d -= part;
            size += lp_abs(part);
        }
        if (d > most && d > size * 1e-12) {
            best = c;
            most = d;
            if (first) return best;
        }
    }
    for (uint32_t i = 0; i < lp->rows; i++) {
        if (lp->equal[i]) continue;
        double d = -lp->y[i] * lp->sign[i];
        if (d > most) {
            best = LP_OWN + 2 * i;
            most = d;
            if (first) return best;
        }
    }
    return best;
}

/* Row that limits the entering column; UINT32_MAX: none does. */
static uint32_t lp_leaving(const struct wrt__lp *lp, int phase, double *step)
{
    uint32_t best = UINT32_MAX;
    *step = 0;
    for (uint32_t i = 0; i < lp->rows; i++) {
        double u = lp->u[i], x = lp->x[i] > 0 ? lp->x[i] : 0;
        bool stuck = phase == 2 && lp_is_artificial(lp->basis[i]) && lp_abs(u) > LP_EPS;
        if (u <= LP_EPS && !stuck) continue;
        double ratio = stuck ? 0 : x / u;
        if (best == UINT32_MAX || ratio < *step ||
            (ratio == *step && (lp_abs(u) > lp_abs(lp->u[best]) + LP_EPS ||
                                   (lp_abs(u) >= lp_abs(lp->u[best]) && lp->basis[i] < lp->basis[best])))) {
            best = i;
            *step = ratio;
        }
    }
    return best;
}

static double lp_infeasible(const struct wrt__lp *lp)
{
    double sum = 0;
    for (uint32_t i = 0; i < lp->rows; i++) {
        if (lp_is_artificial(lp->basis[i])) sum += lp_abs(lp->x[i]);
    }
    return sum;
}

enum wrt__lp_result wrt__lp_solve(struct wrt__lp *lp, int phase)
{
    uint32_t since = 0, stall = 0;
    if (!lp->started) lp_start(lp);
    else lp_refactor(lp);
    for (;;) {
        lp_duals(lp, phase);
        if (phase == 1 && lp_infeasible(lp) < 1e-7) return WRT__LP_OPTIMAL;
        lp->work += lp->entries + 2 * (uint64_t)lp->rows;
        uint32_t c = lp_entering(lp, phase, stall > LP_STALL);
        if (c == UINT32_MAX) break;
        lp_direction(lp, c);
        double step;
        uint32_t r = lp_leaving(lp, phase, &step);
        if (r == UINT32_MAX) return phase == 1 ? WRT__LP_LIMIT : WRT__LP_UNBOUNDED;
        stall = step > 1e-10 ? 0 : stall + 1;
        if (lp->basis[r] < LP_OWN) lp->in_basis[lp->basis[r]] = 0;
        if (c < LP_OWN) lp->in_basis[c] = 1;
        lp->basis[r] = c;
        lp_pivot(lp, r);
        if (++lp->pivots > lp->pivots_max || lp->work > lp->work_max) return WRT__LP_LIMIT;
        if (++since == LP_REFACTOR) {
            lp_refactor(lp);
            since = 0;
        }
    }
    return phase == 1 && lp_infeasible(lp) >= 1e-7 ? WRT__LP_INFEASIBLE : WRT__LP_OPTIMAL;
}

double wrt__lp_dual(const struct wrt__lp *lp, uint32_t row)
{
    return lp->y[row] * lp->sign[row];
}

double wrt__lp_value(const struct wrt__lp *lp, uint32_t column)
{
    for (uint32_t i = 0; i < lp->rows; i++) {
        if (lp->basis[i] == column) return lp->x[i];
    }
    return 0;
}
