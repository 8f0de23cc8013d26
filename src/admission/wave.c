/* wave: the fixed point under every response time. A wave is the work that has arrived by w; the least w that
 * it does not exceed is looked for from below. Each item remembers up to where its releases are counted, so a
 * round compares, and divides only for the items that have released since. */
#include "admission/admission.h"

bool wrt__adm_add(uint64_t *sum, uint64_t count, uint64_t cost)
{
    if (WRT_UNLIKELY((count | cost) >> 31)) {
        struct wrt__u128 product = wrt__mul_64(count, cost);
        if (product.hi > 0 || product.lo > WRT__ADM_TIME_MAX) return false;
    }
    *sum += count * cost;
    return *sum <= WRT__ADM_TIME_MAX;
}

enum wrt__adm_end wrt__adm_wave_on(
    struct wrt__adm *a, uint32_t k, uint64_t base, uint64_t stop, uint64_t *w, uint64_t *sum)
{
    struct wrt__adm_item *items = a->items;
    uint64_t total = *sum, now = wrt__max_u64(*w, base + total);
    for (;;) {
        uint64_t before = total;
        for (uint32_t j = 0; j < k; j++) {
            struct wrt__adm_item *i = &items[j];
            uint64_t arrived = now + i->J;
            if (arrived <= i->edge) continue;
            uint64_t beyond = arrived - i->edge, count = 1;
            if (beyond > i->T) count = (beyond - 1) / i->T + 1;
            i->edge += count * i->T;
            if (WRT_UNLIKELY(!wrt__adm_add(&total, count, i->cost))) return WRT__ADM_BEYOND;
            if (base + total > now) now = base + total;
        }
        *w = now;
        *sum = total;
        if (now > stop) return WRT__ADM_BEYOND;
        if (total == before) return WRT__ADM_FOUND;
        if (wrt__adm_spent(a, k)) return WRT__ADM_STOPPED;
    }
}

enum wrt__adm_end wrt__adm_wave(struct wrt__adm *a, uint32_t k, uint64_t base, uint64_t stop, uint64_t *w)
{
    uint64_t sum = 0;
    for (uint32_t j = 0; j < k; j++) a->items[j].edge = 0;
    if (*w < base) *w = base;
    if (wrt__adm_spent(a, k + 1)) return WRT__ADM_STOPPED;
    return wrt__adm_wave_on(a, k, base, stop, w, &sum);
}
