/* edf_vd: EDF with virtual deadlines for two levels and implicit deadlines (Baruah and others, ECRTS 2012).
 * The condition on exact fractions comes first; because D' = floor(x T) is not x T, the deadlines as they are
 * then are tested again: before the change by processor demand, after it by what HI jobs can still owe
 * (Ekberg, Yi 2012). */
#include "admission/admission.h"

/* Owed by HI tasks within t after the change: the first job may have D - D' left, and has then been served
 * its C(LO), as far as its virtual deadline lies back. */
static bool vd_owed(const struct wrt__adm *a, uint64_t t, uint64_t *sum)
{
    *sum = 0;
    for (uint32_t k = 0; k < a->n; k++) {
        const wrt_adm_task *task = &a->tasks[k];
        if (task->level == 0) continue;
        uint64_t gap = task->deadline - a->virtual_deadline[k];
        if (t < gap) continue;
        uint64_t low = wrt__adm_own_cost(a, task, 0), high = wrt__adm_own_cost(a, task, 1), served = 0;
        uint64_t since = t % task->period;
        if (!wrt__adm_add(sum, (t - gap) / task->period + 1, high)) return false;
        if (since >= gap && since < task->deadline && low + gap > since) served = low + gap - since;
        *sum -= served;
    }
    return true;
}

/* Does the HI mode fit after the change? The demand never falls, so t may jump down to it. */
static void vd_check_high(struct wrt__adm *a, wrt_adm_verdict *v)
{
    struct wrt__adm_sum s = { 0, 0 };
    uint64_t work = 0, most = 0;
    for (uint32_t k = 0; k < a->n; k++) {
        const wrt_adm_task *t = &a->tasks[k];
        if (t->level == 0) continue;
        uint64_t c = wrt__adm_own_cost(a, t, 1);
        wrt__adm_sum_add(&s, c, t->period);
        work += c;                              /* (T - gap) U is at most C */
        most = wrt__max_u64(most, t->deadline);
        if (work <= WRT__ADM_TIME_MAX) continue;
        a->limit = "ticks";
        return;
    }
    uint64_t t = wrt__max_u64(most, wrt__adm_over_rest(work, &s));
    if (t > WRT__ADM_TIME_MAX) {
        a->limit = "ticks";
        return;
    }
    while (t > 0) {
        uint64_t owed;
        if (wrt__adm_spent(a, a->n)) return;
        if (!vd_owed(a, t, &owed) || owed > t) {
            wrt__adm_fail(v, WRT_ADM_DEMAND, WRT_ADM_NOBODY, t);
            v->level = 1;
            return;
        }
        t = owed < t ? owed : t - 1;
    }
}

/* Before the change: EDF with C(LO) and the virtual deadlines. */
static void vd_check_low(struct wrt__adm *a, wrt_adm_verdict *v)
{
    const wrt_adm_task *tasks = a->tasks;
    wrt_adm_opts o = a->o;
    for (uint32_t k = 0; k < a->n; k++) {
        a->copy[k] = tasks[k];
        a->copy[k].deadline = a->virtual_deadline[k];
    }
    a->tasks = a->copy;
    a->o.test = WRT_ADM_EDF;
    a->o.mode = 0;
    wrt__adm_bands(a, NULL, v);
    a->tasks = tasks;
    a->o = o;
}

void wrt__adm_edf_vd(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    wrt__adm_begin(v, "edf-vd");
    v->exact = false;
    enum wrt__adm_vd how = wrt__adm_vd_case(a);
    for (uint32_t k = 0; k < a->n; k++) {
        const wrt_adm_task *t = &a->tasks[k];
        bool shorter = how == WRT__ADM_VD_VIRTUAL && t->level > 0;
        a->virtual_deadline[k] = shorter ? wrt__adm_vd_deadline(a, t->period) : t->deadline;
        if (!rows) continue;
        rows[k].deadline = a->virtual_deadline[k];
        rows[k].ok = how != WRT__ADM_VD_NO;
    }
    if (how == WRT__ADM_VD_NO && !a->limit)
        wrt__adm_fail(v, WRT_ADM_UTILISATION, WRT_ADM_NOBODY, WRT_TICKS_NONE);
    if (how != WRT__ADM_VD_VIRTUAL) return;
    for (uint32_t k = 0; k < a->n; k++) {
        if (a->virtual_deadline[k] > 0) continue;
        wrt__adm_fail(v, WRT_ADM_DEMAND, k, 0);
        return;
    }
    vd_check_low(a, v);
    v->decided_by = "edf-vd";
    v->exact = false;
    if (v->ok && !a->limit) vd_check_high(a, v);
}
