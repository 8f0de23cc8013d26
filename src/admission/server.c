/* server: tasks inside a periodic server. What a server surely supplies is a staircase; its inverse, the time
 * after which so much has surely come, takes the place of w = work in the fixed points (periodic resource
 * model: Shin, Lee 2003). Must not know how a server is run. */
#include "admission/admission.h"

/* The longest time without supply: the budget came at once, then at the last moment. */
static uint64_t server_gap(const wrt_adm_server *s)
{
    uint64_t last = s->deadline > 0 ? s->deadline : s->period;
    return (s->period - s->budget) + (last - s->budget);
}

uint64_t wrt__adm_supply(const wrt_adm_server *s, uint64_t t)
{
    if (s->budget == 0 || t <= server_gap(s)) return 0;
    uint64_t since = t - server_gap(s), rounds = since / s->period, rest = since % s->period;
    return rounds * s->budget + wrt__min_u64(rest, s->budget);
}

/* The least time after which `work` has come for certain; above WRT__ADM_TIME_MAX: not within all numbers. */
static uint64_t server_time(const wrt_adm_server *s, uint64_t work)
{
    if (work == 0) return 0;
    uint64_t rounds = (work - 1) / s->budget, sum = server_gap(s) + (work - rounds * s->budget);
    return wrt__adm_add(&sum, rounds, s->period) ? sum : UINT64_MAX;
}

/* Fixed priority: w = time(own work + what has arrived by w), one job, D <= T. */
static void server_fp(struct wrt__adm *a, const wrt_adm_server *s, wrt_adm_verdict *v)
{
    if (!wrt__adm_load(a, WRT__ADM_BY_PRIORITY)) return;
    for (uint32_t k = 0; k < a->n; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        uint64_t w = 1;
        while (i->J <= i->D && w <= i->D - i->J) {
            uint64_t work = i->cost;
            if (wrt__adm_spent(a, a->n)) return;
            for (uint32_t j = 0; j < a->n && a->items[j].rank <= i->rank; j++) {
                const struct wrt__adm_item *other = &a->items[j];
                if (j != k && !wrt__adm_add(&work, (w + other->J - 1) / other->T + 1, other->cost)) break;
            }
            uint64_t next = server_time(s, work);
            if (next <= w) break;
            w = next;
        }
        if (i->J <= i->D && w <= i->D - i->J) continue;
        wrt__adm_fail(v, WRT_ADM_RESPONSE, i->task, w > WRT__ADM_TIME_MAX ? WRT_TICKS_NONE : w + i->J);
        return;
    }
}

/* EDF: time(h(t)) <= t at every t up to where the line of the supply stays above that of the demand. */
static void server_edf(struct wrt__adm *a, const wrt_adm_server *s, wrt_adm_verdict *v)
{
    struct wrt__adm_sum sum = { 0, 0 };
    uint64_t work = s->budget, most = 0;
    if (!wrt__adm_load(a, WRT__ADM_BY_DEADLINE)) return;
    /* U P / Q as the load of a processor that is Q / P as fast */
    for (uint32_t k = 0; k < a->n; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        struct wrt__u128 c = wrt__mul_64(i->C, s->period), t = wrt__mul_64(i->T, s->budget);
        while (c.hi > 0 || t.hi > 0 || (c.lo | t.lo) >> 61) {
            c = (struct wrt__u128){ c.hi >> 1, c.lo >> 1 | c.hi << 63 };
            t = (struct wrt__u128){ t.hi >> 1, t.lo >> 1 | t.hi << 63 };
            c.lo++;                     /* rounded up, against the set */
        }
        wrt__adm_sum_add(&sum, c.lo, t.lo > 0 ? t.lo : 1);
        most = wrt__max_u64(most, i->D);
        work += i->C;
        if (work > WRT__ADM_TIME_MAX) a->limit = "ticks";
        if (i->J > i->D) wrt__adm_fail(v, WRT_ADM_DEMAND, i->task, 0);
        if (a->limit || !v->ok) return;
    }
    /* h(t) <= U t + sum of C, and supply(t) >= (t - gap) Q / P - Q */
    uint64_t scaled = server_time(s, work), line = UINT64_MAX;
    if (scaled <= WRT__ADM_TIME_MAX) line = wrt__adm_over_rest(scaled, &sum);
    if (line == UINT64_MAX) {
        wrt__adm_fail(v, WRT_ADM_UTILISATION, WRT_ADM_NOBODY, WRT_TICKS_NONE);
        return;
    }
    for (uint64_t t = wrt__max_u64(most, line); t > 0;) {
        uint64_t h = 0;
        if (wrt__adm_spent(a, a->n)) return;
        for (uint32_t k = 0; k < a->n; k++) {
            const struct wrt__adm_item *i = &a->items[k];
            if (t + i->J >= i->D && !wrt__adm_add(&h, (t + i->J - i->D) / i->T + 1, i->C)) break;
        }
        uint64_t f = server_time(s, h);
        if (f > t) {
            wrt__adm_fail(v, WRT_ADM_DEMAND, WRT_ADM_NOBODY, t);
            return;
        }
        t = f < t ? f : t - 1;
    }
}

void wrt__adm_inside(struct wrt__adm *a, const wrt_adm_server *s, wrt_adm_verdict *v)
{
    wrt__adm_begin(v, "periodic supply");
    v->exact = false;
    if (a->o.test == WRT_ADM_FP) {
        server_fp(a, s, v);
    } else {
        server_edf(a, s, v);
    }
}
