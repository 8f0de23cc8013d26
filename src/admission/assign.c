/* assign: which priorities, and which cores. Deadline- and rate-monotonic orders; Audsley's assignment, which
 * finds an order if any passes the test; first fit and worst fit by density. Must not know how tests work. */
#include "admission/admission.h"

void wrt__adm_monotonic(struct wrt__adm *a, bool by_period, uint32_t *priority)
{
    /* twice: a stable order by deadline of an order by period */
    for (uint32_t k = 0; k < a->n; k++) a->keys[k] = (struct wrt__adm_key){ a->tasks[k].period, 0, k };
    wrt__adm_sort(a->keys, a->n);
    for (uint32_t k = 0; k < a->n; k++) priority[a->keys[k].task] = k;
    if (by_period) return;
    for (uint32_t k = 0; k < a->n; k++) a->order[k] = a->keys[k].task;
    for (uint32_t k = 0; k < a->n; k++) {
        a->keys[k] = (struct wrt__adm_key){ a->tasks[a->order[k]].deadline, 0, k };
    }
    wrt__adm_sort(a->keys, a->n);
    for (uint32_t k = 0; k < a->n; k++) priority[a->order[a->keys[k].task]] = k;
}

/* ---- Audsley -------------------------------------------------------------------------------------- */

static void assign_swap(struct wrt__adm *a, uint32_t x, uint32_t y)
{
    struct wrt__adm_item keep = a->items[x];
    a->items[x] = a->items[y];
    a->items[y] = keep;
}

/* Puts the task that passes at position k, below items 0..k-1, there; the latest deadline is tried first. The
 * items come sorted by deadline and stay so. */
static bool assign_one(struct wrt__adm *a, uint32_t k, uint64_t lower)
{
    wrt_adm_row row;
    for (uint32_t end = k + 1; end > 0;) {
        /* of equal deadlines the first task */
        uint32_t first = end - 1;
        while (first > 0 && a->items[first - 1].D == a->items[end - 1].D) first--;
        for (uint32_t c = first; c < end; c++) {
            assign_swap(a, c, k);
            a->items[k].blocking = lower;
            bool passes = a->o.test == WRT_ADM_FP ? wrt__adm_fp_at(a, k, &row)
                                                  : wrt__adm_critical_at(a, k, &row);
            struct wrt__adm_item chosen = a->items[k];
            if (!passes) {
                assign_swap(a, c, k);
                if (a->limit) return false;
                continue;
            }
            /* the one that stood at k goes back among the later deadlines */
            struct wrt__adm_item last = a->items[c];
            if (c == k) return true;
            for (uint32_t j = c; j + 1 < k; j++) a->items[j] = a->items[j + 1];
            a->items[k - 1] = last;
            a->items[k] = chosen;
            return true;
        }
        end = first;
    }
    return false;
}

void wrt__adm_assign(struct wrt__adm *a, uint32_t *priority, wrt_adm_verdict *v)
{
    uint64_t lower = 0;
    wrt__adm_begin(v, "audsley");
    a->o.stop_at_deadline = true;
    for (uint32_t k = 0; k < a->n; k++) {
        a->copy[k] = a->tasks[k];
        a->copy[k].jitter = 0;      /* orders by deadline alone; put back below */
    }
    const wrt_adm_task *tasks = a->tasks;
    a->tasks = a->copy;
    bool loaded = wrt__adm_load(a, WRT__ADM_BY_DEADLINE);
    a->tasks = tasks;
    if (!loaded) return;
    for (uint32_t k = 0; k < a->n; k++) a->items[k].J = tasks[a->items[k].task].jitter;
    for (uint32_t k = a->n; k-- > 0;) {
        if (!assign_one(a, k, lower)) {
            if (!a->limit) wrt__adm_fail(v, WRT_ADM_RESPONSE, a->items[k].task, WRT_TICKS_NONE);
            return;
        }
        const struct wrt__adm_item *i = &a->items[k];
        uint64_t most = wrt__adm_longest(a, i);
        if (i->np) lower = wrt__max_u64(lower, most - 1);
        priority[i->task] = k;
    }
}

/* ---- cores ---------------------------------------------------------------------------------------- */

/* Denser first: C / min(D, T), ties by number. */
static bool denser(const struct wrt__adm *a, const wrt_adm_task *x, const wrt_adm_task *y)
{
    uint64_t cx = wrt__adm_own_cost(a, x, a->o.mode), cy = wrt__adm_own_cost(a, y, a->o.mode);
    uint64_t dx = wrt__min_u64(x->deadline, x->period), dy = wrt__min_u64(y->deadline, y->period);
    return wrt__cmp_128(wrt__mul_64(cx, dy), wrt__mul_64(cy, dx)) > 0;
}

/* Heap sort of task numbers in keys[].task by density; the root is the least dense. */
static bool sparse_before(const struct wrt__adm *a, uint32_t x, uint32_t y)
{
    if (denser(a, &a->tasks[x], &a->tasks[y])) return false;
    if (denser(a, &a->tasks[y], &a->tasks[x])) return true;
    return x > y;
}

static void partition_sift(struct wrt__adm *a, uint32_t *order, uint32_t at, uint32_t n)
{
    uint32_t v = order[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= n) break;
        if (child + 1 < n && sparse_before(a, order[child + 1], order[child])) child++;
        if (!sparse_before(a, order[child], v)) break;
        order[at] = order[child];
        at = child;
    }
    order[at] = v;
}

static void partition_order(struct wrt__adm *a, uint32_t *order)
{
    for (uint32_t k = 0; k < a->n; k++) order[k] = k;
    for (uint32_t k = a->n / 2; k-- > 0;) partition_sift(a, order, k, a->n);
    for (uint32_t k = a->n; k-- > 1;) {
        uint32_t last = order[k];
        order[k] = order[0];
        order[0] = last;
        partition_sift(a, order, 0, k);
    }
}

/* Does the core take the task? */
static bool partition_passes(struct wrt__adm *a, uint32_t *core, uint32_t task, uint32_t which)
{
    const wrt_adm_task *tasks = a->tasks;
    uint32_t n = a->n, count = 0;
    wrt_adm_verdict v;
    core[task] = which;
    for (uint32_t k = 0; k < n; k++) {
        if (core[k] == which) a->copy[count++] = tasks[k];
    }
    a->tasks = a->copy;
    a->n = count;
    bool passes = !wrt__adm_spent(a, n);
    if (passes) {
        wrt__adm_test(a, NULL, &v);
        passes = v.ok && !a->limit;
    }
    a->tasks = tasks;
    a->n = n;
    core[task] = WRT_ADM_NOBODY;
    return passes;
}

/* Is core x less loaded than y, or as much and of the lower number? */
static bool partition_lighter(struct wrt__adm *a, const uint32_t *core, uint32_t x, uint32_t y)
{
    const struct wrt__adm_sum *sx = &a->loads[x], *sy = &a->loads[y];
    if (sx->high < sy->low) return true;
    if (sx->low > sy->high) return false;
    int sign = 0;
    if (sx->low != sx->high || sy->low != sy->high) sign = wrt__adm_compare_cores(a, core, x, y);
    return sign != 0 ? sign < 0 : x < y;
}

/* The load of core by_load[at] has grown: it moves back. */
static void partition_settle(
    struct wrt__adm *a, const uint32_t *core, uint32_t *by_load, uint32_t at, uint32_t cores)
{
    for (; at + 1 < cores && partition_lighter(a, core, by_load[at + 1], by_load[at]); at++) {
        uint32_t keep = by_load[at];
        by_load[at] = by_load[at + 1];
        by_load[at + 1] = keep;
    }
}

void wrt__adm_partition(
    struct wrt__adm *a, wrt_adm_fit fit, uint32_t cores, uint32_t *core, wrt_adm_verdict *v)
{
    uint32_t *by_load = a->by_load;
    wrt__adm_begin(v, fit == WRT_ADM_FIRST_FIT ? "first fit" : "worst fit");
    v->exact = false;
    a->o.stop_at_deadline = true;
    if (cores > a->n) cores = a->n;     /* a task that an empty core refuses, every core refuses */
    for (uint32_t k = 0; k < a->n; k++) {
        core[k] = WRT_ADM_NOBODY;
        by_load[k] = k;
        a->loads[k] = (struct wrt__adm_sum){ 0, 0 };
    }
    partition_order(a, a->order);
    for (uint32_t k = 0; k < a->n; k++) {
        uint32_t task = a->order[k], tried = 0;
        while (tried < cores && !partition_passes(a, core, task, by_load[tried])) tried++;
        if (tried == cores) {
            if (!a->limit) wrt__adm_fail(v, WRT_ADM_NO_CORE, task, WRT_TICKS_NONE);
            return;
        }
        uint32_t which = by_load[tried];
        core[task] = which;
        uint64_t cost = wrt__adm_own_cost(a, &a->tasks[task], a->o.mode);
        wrt__adm_sum_add(&a->loads[which], cost, a->tasks[task].period);
        if (fit == WRT_ADM_WORST_FIT) partition_settle(a, core, by_load, tried, cores);
    }
}
