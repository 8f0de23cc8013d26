/* bands: fixed priority between bands, earliest deadline first inside; EDF is one band, with nothing above.
 * For an instant t, f(t) is the least w with w = h(t) + B(t) + the work of higher bands that arrives by w,
 * where h(t) is what the band owes by t (Baruah, Rosier, Howell 1990) and B(t) what a lower job, or one that
 * is due after t, can take first. The band is schedulable when f(t) <= t for every deadline t up to a
 * horizon. f never falls where B is constant, so after f(t) < t nothing between f(t) and t needs to be looked
 * at: QPA (Zhang, Burns 2009), piece by piece. Between bands the idea is that of Gonzalez Harbour and
 * Palencia 2003. */
#include "admission/admission.h"

enum { BAND_CLIMB = 512 };      /* instants that are looked at from below before the descent */

struct band {
    uint32_t first, end;        /* its items, by deadline; those before belong to higher bands */
    uint64_t least, most;       /* of `due` */
    uint64_t blocking;          /* the largest */
};

/* Jobs of an item due in a window that reaches `since` ticks beyond its first deadline. */
static uint64_t band_jobs(const struct wrt__adm_item *i, uint64_t since)
{
#if defined(__SIZEOF_INT128__)
    if (WRT_LIKELY(i->magic > 0 && since >> 32 == 0)) {
        return (uint64_t)((__extension__(unsigned __int128) i->magic * since) >> 64) + 1;
    }
#endif
    return since / i->T + 1;
}

/* h(t), t >= b->least. Returns the last item that has a deadline by then. */
static const struct wrt__adm_item *band_demand(
    struct wrt__adm *a, const struct band *b, uint64_t t, uint64_t *h)
{
    const struct wrt__adm_item *i = &a->items[b->first], *end = &a->items[b->end];
    uint64_t sum = 0;
    for (; i < end && i->due <= t; i++) {
        if (WRT_LIKELY(wrt__adm_add(&sum, band_jobs(i, t - i->due), i->C))) continue;
        sum = WRT__ADM_TIME_MAX;
        i++;
        break;
    }
    *h = sum;
    return i - 1;
}

/* f(t), or anything above t when it exceeds t. *piece: B is the same from there to t. False: stopped. */
static bool band_finish(struct wrt__adm *a, const struct band *b, uint64_t t, uint64_t *f, uint64_t *piece)
{
    const struct wrt__adm_item *last = band_demand(a, b, t, f);
    *f += last->blocking;
    *piece = last->piece;
    if (wrt__adm_spent(a, b->end - b->first)) return false;
    if (b->first == 0 || *f > t) return true;
    enum wrt__adm_end end = wrt__adm_wave(a, b->first, *f, t, f);
    if (end == WRT__ADM_BEYOND && *f <= t) *f = t + 1;  /* the sum left all numbers behind */
    return end != WRT__ADM_STOPPED;
}

/* The latest deadline of the band up to t >= b->least. */
static uint64_t band_before(const struct wrt__adm *a, const struct band *b, uint64_t t)
{
    uint64_t best = 0;
    for (uint32_t k = b->first; k < b->end && a->items[k].due <= t; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        uint64_t at = (band_jobs(i, t - i->due) - 1) * i->T + i->due;
        if (at > best) best = at;
    }
    return best;
}

/* The first deadline after t. */
static uint64_t band_after(const struct wrt__adm *a, const struct band *b, uint64_t t)
{
    uint64_t best = UINT64_MAX;
    for (uint32_t k = b->first; k < b->end; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        uint64_t at = i->due > t ? i->due : i->due + band_jobs(i, t - i->due) * i->T;
        if (at < best) best = at;
    }
    return best;
}

/* ---- how far to look ------------------------------------------------------------------------------ */

/* ceil(c * x / t) */
static uint64_t band_share(uint64_t c, uint64_t x, uint64_t t)
{
    bool exact;
    if ((c | x) >> 31 == 0) return (c * x + t - 1) / t;
    uint64_t out = wrt__div_128(wrt__mul_64(c, x), t, &exact);
    return out == UINT64_MAX ? out : out + !exact;
}

/* What the straight line through the load begins with: the demand never exceeds U t + this. */
static uint64_t band_offset(const struct wrt__adm *a, const struct band *b)
{
    uint64_t work = b->blocking;
    for (uint32_t k = 0; k < b->end; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        uint64_t more = 0;
        if (k < b->first) {
            more = i->C + (i->J > 0 ? band_share(i->C, i->J, i->T) : 0);
        } else if (i->T + i->J > i->D) {
            more = band_share(i->C, i->T + i->J - i->D, i->T);
        }
        if (more > WRT__ADM_TIME_MAX - work) return UINT64_MAX;
        work += more;
    }
    return work;
}

/* Instants up to *horizon decide. False: there is no such bound (`sign`: how U compares with 1). */
static bool band_horizon(struct wrt__adm *a, const struct band *b, const struct wrt__adm_sum *s, int sign,
    bool report, uint64_t *horizon)
{
    uint64_t work = band_offset(a, b), line = UINT64_MAX, busy = 1;
    if (sign < 0 && work < UINT64_MAX) line = wrt__max_u64(b->most, wrt__adm_over_rest(work, s));
    *horizon = line;
    if (work == 0 && sign == 0 && wrt__adm_lcm(a, b->end) - 1 >= b->most << 16) {
        *horizon = 0;               /* the demand never exceeds U t, and the hyperperiod is long */
        return true;
    }
    if (sign == 0 && (b->blocking > 0 || a->jittered)) {
        /* the demand repeats with the hyperperiod once every task has a deadline behind it */
        uint64_t period = wrt__adm_lcm(a, b->end);
        *horizon = period + b->most;
        if (period == 0) a->limit = "hyperperiod";
        return period > 0;
    }
    if (!report && line <= b->most * 8) return true;
    uint64_t stop = wrt__min_u64(line, WRT__ADM_TIME_MAX);
    enum wrt__adm_end end = wrt__adm_wave(a, b->end, b->blocking, stop, &busy);
    if (end == WRT__ADM_FOUND) *horizon = wrt__min_u64(line, busy);
    if (end == WRT__ADM_STOPPED) return false;
    if (*horizon > WRT__ADM_TIME_MAX && !a->limit) a->limit = "ticks";
    return *horizon <= WRT__ADM_TIME_MAX;
}

/* ---- looking -------------------------------------------------------------------------------------- */

/* From t down: the first instant that is found, or with `all` the least, at which f(t) > t. False: stopped.
 */
static bool band_descend(struct wrt__adm *a, const struct band *b, uint64_t t, bool all, uint64_t *found,
    uint64_t *points)
{
    for (;;) {
        uint64_t f, piece, next;
        if (!band_finish(a, b, t, &f, &piece)) return false;
        ++*points;
        if (f > t) {
            *found = band_before(a, b, t);
            if (!all || *found == b->least) return true;
            next = band_before(a, b, *found - 1);
        } else if (f > piece && f < t) {
            next = f;
        } else {
            uint64_t edge = f > piece ? t : piece;      /* f = t, or the whole piece is done */
            if (edge <= b->least) return true;
            next = band_before(a, b, edge - 1);
        }
        t = next;
    }
}

/* The least violated instant up to `top`, which is violated. */
static bool band_first(struct wrt__adm *a, const struct band *b, uint64_t top, uint64_t *found)
{
    uint64_t t = b->least, points = 0;
    *found = top;
    for (int k = 0; k < BAND_CLIMB && t < top; k++) {
        uint64_t f, piece;
        if (!band_finish(a, b, t, &f, &piece)) return false;
        if (f > t) {
            *found = t;
            return true;
        }
        t = band_after(a, b, t);
    }
    return t >= top || band_descend(a, b, top, true, found, &points);
}

/* ---- a band, all bands ---------------------------------------------------------------------------- */

static void band_prepare(struct wrt__adm *a, struct band *b)
{
    struct wrt__adm_item *items = a->items;
    uint64_t most = 0, all = 0;
    bool vague = a->jittered && a->blocked;     /* which deadlines are later is not clear then */
    for (uint32_t k = b->first; k < b->end; k++) {
        struct wrt__adm_item *i = &items[k];
        i->due = i->D > i->J ? i->D - i->J : 0;
        i->magic = i->T > 1 && i->T >> 32 == 0 ? UINT64_MAX / i->T + 1 : 0;
        most = wrt__max_u64(most, i->blocking);
    }
    for (uint32_t k = b->first; k < b->end; k++) {
        struct wrt__adm_item *i = &items[k];
        if (vague) i->blocking = most;
        i->piece = k > b->first && i[-1].blocking == i->blocking ? i[-1].piece : i->due;
        all = wrt__max_u64(all, i->due);
    }
    b->blocking = most;
    b->least = items[b->first].due;
    b->most = all;
}

static uint32_t band_task_due(const struct wrt__adm *a, const struct band *b, uint64_t t)
{
    for (uint32_t k = b->first; k < b->end && a->items[k].due <= t; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        if ((t - i->due) % i->T == 0) return i->task;
    }
    return a->items[b->first].task;
}

/* The verdict on one band: *found is the violated instant, if any. False: stopped. */
static bool band_test(struct wrt__adm *a, struct band *b, int sign, const struct wrt__adm_sum *s, bool report,
    wrt_adm_verdict *v, uint64_t *found)
{
    uint64_t horizon;
    *found = WRT_TICKS_NONE;
    if (!band_horizon(a, b, s, sign, report, &horizon)) return false;
    v->horizon = horizon;
    if (horizon < b->least) return true;
    if (!band_descend(a, b, band_before(a, b, horizon), false, found, &v->points)) return false;
    if (*found == WRT_TICKS_NONE || a->o.stop_at_deadline) return true;
    uint64_t top = *found;
    (void)band_first(a, b, top, found);         /* stopped: what was found still is a violation */
    return true;
}

static void band_report(
    const struct wrt__adm *a, const struct band *b, bool ok, uint64_t found, wrt_adm_row *rows)
{
    for (uint32_t k = b->first; rows && k < b->end; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        wrt_adm_row *row = &rows[i->task];
        row->ok = ok;
        row->blocking = i->blocking;
        row->blocker = i->blocker;
        row->violation = found;
        row->deadline = i->D;
    }
}

void wrt__adm_bands(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    bool bands = a->o.test == WRT_ADM_BANDS;
    struct wrt__adm_sum s = { 0, 0 };
    wrt__adm_begin(v, bands ? "band test" : "processor demand");
    if (!wrt__adm_load(a, bands ? WRT__ADM_BY_BAND : WRT__ADM_BY_DEADLINE)) return;
    if (bands ? a->blocked || a->jittered : a->blocked && a->sections_count + (uint32_t)a->jittered > 0) {
        v->exact = false;
    }
    uint64_t left = a->o.response_steps;
    for (uint32_t k = 0; k < a->stolen; k++) wrt__adm_sum_add(&s, a->items[k].C, a->items[k].T);
    if (a->stolen > 0) v->exact = false;
    for (struct band b = { .first = a->stolen }; b.first < a->n; b.first = b.end) {
        b.end = b.first;
        while (b.end < a->n && (!bands || a->items[b.end].band == a->items[b.first].band)) {
            const struct wrt__adm_item *i = &a->items[b.end++];
            wrt__adm_sum_add(&s, i->C, i->T);
        }
        uint64_t found = WRT_TICKS_NONE;
        int sign = wrt__adm_against_one(a, &s, b.end);
        bool fits = sign <= 0 && !a->limit;
        band_prepare(a, &b);
        if (sign > 0 && !a->limit) {
            wrt__adm_fail(v, WRT_ADM_UTILISATION, a->items[b.end - 1].task, WRT_TICKS_NONE);
        }
        if (fits) fits = band_test(a, &b, sign, &s, rows != NULL, v, &found);
        if (found != WRT_TICKS_NONE) wrt__adm_fail(v, WRT_ADM_DEMAND, band_task_due(a, &b, found), found);
        band_report(a, &b, fits && found == WRT_TICKS_NONE, found, rows);
        if (rows && left > 0 && sign <= 0) wrt__adm_band_responses(a, b.first, b.end, &left, rows);
        if (!v->ok && !rows) return;
    }
}
