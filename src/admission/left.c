/* left: how much is left before a verdict turns: the largest common factor on all C, the largest C of one
 * task. Every test is sustainable in C (less of it never hurts), so halving an interval finds the edge. */
#include "admission/admission.h"

static bool left_passes(struct wrt__adm *a)
{
    wrt_adm_verdict v;
    wrt__adm_test(a, NULL, &v);
    return v.ok && !a->limit;
}

uint64_t wrt__adm_scale(struct wrt__adm *a, uint32_t per)
{
    uint64_t low = 0, high = (uint64_t)per * 64 + 1;    /* low passes, high does not */
    a->o.stop_at_deadline = true;
    a->per = per;
    while (high - low > 1 && !a->limit) {
        uint64_t k = low + (high - low) / 2;
        a->scale = k;
        if (left_passes(a)) {
            low = k;
        } else if (!a->limit) {
            high = k;
        }
    }
    a->per = 0;
    return low;
}

uint64_t wrt__adm_largest(struct wrt__adm *a, uint32_t task)
{
    const wrt_adm_task *tasks = a->tasks;
    /* beyond its deadline no C passes any test */
    uint64_t low = 0, high = wrt__min_u64(tasks[task].deadline, WRT_TICKS_MAX) + 1;
    wrt_adm_task *changed = &a->spare[task];
    a->o.stop_at_deadline = true;
    memcpy(a->spare, tasks, a->n * sizeof *tasks);
    a->tasks = a->spare;
    while (high - low > 1 && !a->limit) {
        uint64_t c = low + (high - low) / 2;
        for (uint32_t m = 0; m < WRT_ADM_LEVELS; m++) {
            uint64_t own = tasks[task].wcet[m];
            bool read = m == a->o.mode || a->o.test >= WRT_ADM_VESTAL;
            changed->wcet[m] = own > 0 && read ? c : own;
        }
        if (left_passes(a)) {
            low = c;
        } else if (!a->limit) {
            high = c;
        }
    }
    a->tasks = tasks;
    return low;
}
