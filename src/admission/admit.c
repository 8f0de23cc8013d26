/* admit: which test is whose, and the ladder that a set climbs which wants to run: the caps, bounds that
 * decide at once, and only then the test. */
#include "admission/admission.h"

void wrt__adm_blank(struct wrt__adm *a, wrt_adm_row *rows)
{
    for (uint32_t k = 0; rows && k < a->n; k++) {
        rows[k] = (wrt_adm_row){ .response = WRT_TICKS_NONE,
            .window = WRT_TICKS_NONE,
            .blocker = WRT_ADM_NOBODY,
            .violation = WRT_TICKS_NONE,
            .deadline = a->tasks[k].deadline };
        for (uint32_t m = 0; m < WRT_ADM_LEVELS; m++) rows[k].mode_response[m] = WRT_TICKS_NONE;
    }
}

void wrt__adm_test(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    wrt__adm_blank(a, rows);
    switch (a->o.test) {
    case WRT_ADM_FP: wrt__adm_fp(a, rows, v); break;
    case WRT_ADM_EDF:
    case WRT_ADM_BANDS: wrt__adm_bands(a, rows, v); break;
    case WRT_ADM_FIFO: wrt__adm_fifo(a, rows, v); break;
    case WRT_ADM_ROUND_ROBIN: wrt__adm_round_robin(a, rows, v); break;
    case WRT_ADM_EDF_VD: wrt__adm_edf_vd(a, rows, v); break;
    default: wrt__adm_critical(a, rows, v); break;
    }
    wrt__adm_finish(a, v);
}

/* The caps refuse; they never accept. True: decided. */
static bool ladder_caps(struct wrt__adm *a, wrt_adm_verdict *v)
{
    wrt_adm_load load = { 0 };
    if (a->o.cap_level.den == 0 && a->o.cap_total.den == 0) return false;
    wrt__adm_begin(v, "cap on utilisation");
    wrt__adm_caps(a, &load);
    if (!load.total_ok || !load.levels_ok) wrt__adm_fail(v, WRT_ADM_CAP, WRT_ADM_NOBODY, WRT_TICKS_NONE);
    v->level = 0;
    while (v->level < WRT_ADM_LEVELS && !(load.total_ok && load.levels_over >> v->level & 1)) v->level++;
    return !v->ok || a->limit != NULL;
}

/* Rate monotonic, implicit deadlines, nothing blocks: the product of (U + 1) up to 2 is enough. */
static bool ladder_hyperbolic(struct wrt__adm *a, wrt_adm_verdict *v)
{
    if (!wrt__adm_load(a, WRT__ADM_BY_PRIORITY) || a->stolen > 0) return false;
    for (uint32_t k = 0; k < a->n; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        if (i->D < i->T || i->J > 0 || i->blocking > 0 || i->np) return false;
        if (i->rank != k || (k > 0 && i->T < i[-1].T)) return false;
    }
    if (!wrt__adm_hyperbolic(a)) {
        a->limit = NULL;
        return false;
    }
    wrt__adm_begin(v, "hyperbolic bound");
    return true;
}

/* EDF, nothing blocks: a density up to 1 is enough. */
static bool ladder_density(struct wrt__adm *a, wrt_adm_verdict *v)
{
    struct wrt__adm_sum s = { 0, 0 };
    if (a->sections_count > 0 || a->o.np == WRT_ADM_NP_ALL) return false;
    for (uint32_t k = 0; k < a->n; k++) {
        const wrt_adm_task *t = &a->tasks[k];
        if (t->stolen || (t->np && a->o.np == WRT_ADM_NP_FLAG) || t->jitter >= t->deadline) return false;
        uint64_t window = wrt__min_u64(t->deadline - t->jitter, t->period);
        wrt__adm_sum_add(&s, wrt__adm_own_cost(a, t, a->o.mode), window);
    }
    if (s.high > (uint64_t)1 << 62) return false;
    wrt__adm_begin(v, "density");
    return true;
}

void wrt__adm_ladder(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    wrt__adm_blank(a, rows);
    bool decided = ladder_caps(a, v);
    if (!decided && !rows && a->o.test == WRT_ADM_FP) decided = ladder_hyperbolic(a, v);
    if (!decided && !rows && a->o.test == WRT_ADM_EDF) decided = ladder_density(a, v);
    if (!decided) {
        wrt__adm_test(a, rows, v);
        return;
    }
    wrt__adm_finish(a, v);
}

const char *wrt__adm_test_name(wrt_adm_test test)
{
    static const char *const names[] = { "fp", "edf", "bands", "fifo", "round-robin", "vestal", "smc",
        "amc-rtb", "amc-max", "edf-vd" };
    return (size_t)test < WRT_COUNT(names) ? names[test] : "?";
}
