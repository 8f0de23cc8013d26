/* critical: fixed priority with criticality levels. Vestal 2007; SMC: the same with enforced budgets; AMC:
 * lower levels stop when a job of a higher level uses up its smaller budget (Baruah, Burns, Davis 2011), as
 * response-time bound for any number of levels (after Fleming, Burns 2013), or over every instant of the
 * change for two. Deadlines are at most periods, so one job decides. Must not know who orders the tasks. */
#include "admission/admission.h"

/* A response within the deadline of items[k], or none. */
static bool crit_response(struct wrt__adm *a, uint32_t k, uint64_t base, uint64_t *response)
{
    const struct wrt__adm_item *i = &a->items[k];
    uint64_t w = base;
    *response = WRT_TICKS_NONE;
    if (i->J > i->D) return true;
    enum wrt__adm_end end = wrt__adm_wave(a, k, base, i->D - i->J, &w);
    if (end == WRT__ADM_FOUND) *response = w + i->J;
    return end != WRT__ADM_STOPPED;
}

/* Not preempted: the response that belongs to a start within the deadline. An earlier job of the same task
 * may have pushed work ahead of this one (Davis and others 2007): it counts as blocking, which is sufficient.
 */
static bool crit_start(struct wrt__adm *a, uint32_t k, uint64_t base, uint64_t cost, uint64_t *response)
{
    const struct wrt__adm_item *i = &a->items[k];
    if (cost > i->blocking) base += cost - i->blocking;
    uint64_t w = base + 1;
    *response = WRT_TICKS_NONE;
    if (i->J > i->D || cost > i->D - i->J) return true;
    enum wrt__adm_end end = wrt__adm_wave(a, k, base + 1, i->D - i->J - cost + 1, &w);
    if (end == WRT__ADM_FOUND) *response = w - 1 + cost + i->J;
    return end != WRT__ADM_STOPPED;
}

static bool crit_solve(struct wrt__adm *a, uint32_t k, uint64_t base, uint64_t cost, uint64_t *response)
{
    if (a->items[k].np) return crit_start(a, k, base, cost, response);
    return crit_response(a, k, base + cost, response);
}

/* Vestal, SMC: one inequality, everybody at a level of its own. */
static bool crit_single(struct wrt__adm *a, uint32_t k, wrt_adm_row *row)
{
    const struct wrt__adm_item *i = &a->items[k];
    bool vestal = a->o.test == WRT_ADM_VESTAL;
    for (uint32_t j = 0; j < k; j++) {
        struct wrt__adm_item *other = &a->items[j];
        other->cost = other->c[vestal || other->level > i->level ? i->level : other->level];
    }
    if (!crit_solve(a, k, i->blocking, i->c[i->level], &row->response)) return false;
    row->mode_response[i->level] = row->response;
    row->ok = row->response != WRT_TICKS_NONE;
    return true;
}

/* The latest analysed mode up to m. */
static uint32_t crit_mode(const struct wrt__adm *a, uint32_t m)
{
    uint32_t modes = a->o.modes | 1u;
    if (a->o.modes == 0) modes = UINT32_MAX;
    while (!(modes >> m & 1)) m--;
    return m;
}

/* AMC: lower levels interfere until their mode has ended, that is no longer than the response in that mode.
 */
static bool crit_amc(struct wrt__adm *a, uint32_t k, wrt_adm_row *row)
{
    const struct wrt__adm_item *i = &a->items[k];
    row->ok = true;
    for (uint32_t m = 0; m <= i->level && row->ok; m++) {
        uint64_t base = i->blocking, *response = &row->mode_response[m];
        if (crit_mode(a, m) != m) continue;
        for (uint32_t j = 0; j < k; j++) {
            struct wrt__adm_item *other = &a->items[j];
            other->cost = other->c[m];
            if (other->level >= m) continue;
            uint32_t last = crit_mode(a, other->level);
            uint64_t until = row->mode_response[last] - i->J + other->J;
            other->cost = 0;
            if (!wrt__adm_add(&base, (until - 1) / other->T + 1, other->c[last])) base = WRT__ADM_TIME_MAX;
        }
        if (!crit_solve(a, k, base, i->c[m], response)) return false;
        row->ok = *response != WRT_TICKS_NONE;
        if (!row->ok) {
            row->response = WRT_TICKS_NONE;
        } else if (row->response == WRT_TICKS_NONE || *response > row->response) {
            row->response = *response;
        }
    }
    return true;
}

/* ---- AMC-max -------------------------------------------------------------------------------------- */

/* Work of higher HI tasks by w when the mode changes at s: M jobs may run at C(HI), those with a deadline
 * after s. */
static bool crit_high_work(const struct wrt__adm *a, uint32_t k, uint64_t s, uint64_t w, uint64_t *sum)
{
    for (uint32_t j = 0; j < k; j++) {
        const struct wrt__adm_item *i = &a->items[j];
        if (i->level == 0) continue;
        uint64_t all = (w - 1) / i->T + 1, before = s + (i->T - i->D), late = 1;
        if (w > before) {
            late = (w - before - 1) / i->T + 2;
        } else if (before - w >= i->T) {
            late = 0;           /* ceil of -1 or less, plus 1 */
        }
        if (late > all) late = all;
        if (!wrt__adm_add(sum, late, i->c[1]) || !wrt__adm_add(sum, all - late, i->c[0])) return false;
    }
    return true;
}

/* The response when the mode changes at s. */
static bool crit_at(struct wrt__adm *a, uint32_t k, uint64_t s, uint64_t *response)
{
    const struct wrt__adm_item *i = &a->items[k];
    uint64_t base = i->c[1] + wrt__max_u64(i->blocking, i->np ? i->c[1] : 0), w;
    *response = WRT_TICKS_NONE;
    for (uint32_t j = 0; j < k; j++) {
        const struct wrt__adm_item *other = &a->items[j];
        if (other->level == 0 && !wrt__adm_add(&base, s / other->T + 1, other->c[0])) return true;
    }
    for (w = base; w <= i->D;) {
        uint64_t next = base;
        if (wrt__adm_spent(a, k + 1)) return false;
        if (!crit_high_work(a, k, s, w, &next)) return true;
        if (next == w) {
            *response = w;
            break;
        }
        w = next;
    }
    return true;
}

/* Every instant at which a higher LO task is released before R(LO). */
static bool crit_amc_max(struct wrt__adm *a, uint32_t k, wrt_adm_row *row)
{
    const struct wrt__adm_item *i = &a->items[k];
    uint64_t *lo = &row->mode_response[0], *hi = &row->mode_response[1];
    for (uint32_t j = 0; j < k; j++) a->items[j].cost = a->items[j].c[0];
    if (!crit_solve(a, k, i->blocking, i->c[0], lo)) return false;
    row->response = *lo;
    row->ok = *lo != WRT_TICKS_NONE;
    if (i->level == 0 || !row->ok) return true;
    if (!crit_at(a, k, 0, hi)) return false;
    for (uint32_t j = 0; j < k && *hi != WRT_TICKS_NONE; j++) {
        const struct wrt__adm_item *other = &a->items[j];
        if (other->level > 0) continue;
        for (uint64_t s = other->T; s < *lo; s += other->T) {
            uint64_t r;
            if (!crit_at(a, k, s, &r)) return false;
            if (r > *hi) *hi = r;
            if (r == WRT_TICKS_NONE) break;
        }
    }
    row->ok = *hi != WRT_TICKS_NONE;
    row->response = *hi == WRT_TICKS_NONE || *hi > *lo ? *hi : *lo;
    return true;
}

/* ---- all ------------------------------------------------------------------------------------------ */

bool wrt__adm_critical_at(struct wrt__adm *a, uint32_t k, wrt_adm_row *row)
{
    const struct wrt__adm_item *i = &a->items[k];
    *row = (wrt_adm_row){ .response = WRT_TICKS_NONE,
        .window = WRT_TICKS_NONE,
        .blocking = i->blocking,
        .blocker = i->blocker,
        .violation = WRT_TICKS_NONE,
        .deadline = i->D };
    for (uint32_t m = 0; m < WRT_ADM_LEVELS; m++) row->mode_response[m] = WRT_TICKS_NONE;
    if (wrt__adm_spent(a, 1)) return false;
    bool done;
    switch (a->o.test) {
    case WRT_ADM_AMC_RTB: done = crit_amc(a, k, row); break;
    case WRT_ADM_AMC_MAX: done = crit_amc_max(a, k, row); break;
    default: done = crit_single(a, k, row); break;
    }
    if (!done) row->ok = false;
    return done && row->ok;
}

static void crit_swap(struct wrt__adm *a, uint32_t x, uint32_t y)
{
    struct wrt__adm_item keep = a->items[x];
    a->items[x] = a->items[y];
    a->items[y] = keep;
}

static uint32_t crit_failing_mode(const struct wrt__adm *a, const wrt_adm_row *row, uint32_t level)
{
    if (a->o.test == WRT_ADM_VESTAL || a->o.test == WRT_ADM_SMC) return level;
    uint32_t m = 0;
    while (m < level && (row->mode_response[m] != WRT_TICKS_NONE || crit_mode(a, m) != m)) m++;
    return m;
}

void wrt__adm_critical(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    wrt_adm_row one;
    wrt__adm_begin(v, wrt__adm_test_name(a->o.test));
    v->exact = false;
    if (!wrt__adm_load(a, WRT__ADM_BY_PRIORITY)) return;
    for (uint32_t k = 0, end = 0; k < a->n; k++) {
        uint32_t task = a->items[k].task, level = a->items[k].level;
        while (end < a->n && (end <= k || a->items[end].rank == a->items[k].rank)) end++;
        if (a->items[k].stolen) continue;
        bool tied = a->items[k].rank != k || end != k + 1;
        wrt_adm_row *row = rows ? &rows[task] : &one;
        if (tied) crit_swap(a, k, end - 1);
        bool passes = wrt__adm_critical_at(a, end - 1, row);
        if (tied) crit_swap(a, k, end - 1);
        if (passes) continue;
        if (v->ok) {
            v->task = task;
            v->level = crit_failing_mode(a, row, level);
        }
        if (!a->limit) wrt__adm_fail(v, WRT_ADM_RESPONSE, task, WRT_TICKS_NONE);
        if (!rows) return;
    }
}
