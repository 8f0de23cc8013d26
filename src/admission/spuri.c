/* spuri: response times under EDF, and under EDF inside bands of fixed priority (Spuri 1996; not preempted:
 * George, Rivierre, Spuri 1996; bands: Gonzalez Harbour, Palencia 2003). The worst job of a task need not be
 * the first: every offset x at which its deadline can meet that of another task, in a busy period in which
 * all others are released at once and as late as they may be, is looked at. Jobs of one deadline count as
 * ahead of each other. Must not know how the verdict comes about. */
#include "admission/admission.h"

struct spuri {
    struct wrt__adm *a;
    uint32_t first, end;        /* the band; items before it come first always */
    uint64_t busy;              /* no offset from here on is worse */
    uint64_t *steps;
};

static bool spuri_spent(struct spuri *s, uint64_t steps)
{
    if (*s->steps < steps) {
        *s->steps = 0;
        return true;
    }
    *s->steps -= steps;
    return false;
}

/* What those that are due after t can take first. */
static uint64_t spuri_blocking(const struct spuri *s, uint64_t t)
{
    const struct wrt__adm_item *items = s->a->items;
    uint64_t blocking = 0;
    for (uint32_t k = s->first; k < s->end && items[k].due <= t; k++) blocking = items[k].blocking;
    return blocking;
}

/* Jobs that have arrived by w; one that is not preempted (`start`) waits for those that come at w too. */
static uint64_t spuri_arrived(const struct wrt__adm_item *i, uint64_t w, bool start)
{
    return (w + i->J + start - 1) / i->T + 1;
}

/* Work that comes before the job that is due at t, by w. False: too much. */
static bool spuri_work(const struct spuri *s, uint32_t k, uint64_t t, uint64_t w, uint64_t *sum)
{
    const struct wrt__adm_item *items = s->a->items;
    bool start = items[k].np;
    for (uint32_t j = 0; j < s->end; j++) {
        const struct wrt__adm_item *i = &items[j];
        if (j == k) continue;
        uint64_t jobs = w + i->J + start > 0 ? spuri_arrived(i, w, start) : 0;
        if (j >= s->first) {
            if (i->due > t) break;
            jobs = wrt__min_u64(jobs, (t - i->due) / i->T + 1);
        }
        if (!wrt__adm_add(sum, jobs, i->C)) return false;
    }
    return true;
}

/* The response of the job of item k that is meant x after the busy period began, less the jitter. */
static bool spuri_at(struct spuri *s, uint32_t k, uint64_t x, uint64_t *response)
{
    const struct wrt__adm_item *own = &s->a->items[k];
    uint64_t t = x + own->due, base = spuri_blocking(s, t);
    uint64_t w;
    if (!wrt__adm_add(&base, x / own->T + !own->np, own->C)) return false;
    w = base;
    for (;;) {
        uint64_t next = base;
        if (spuri_spent(s, s->end) || !spuri_work(s, k, t, w, &next)) return false;
        if (next == w) break;
        w = next;
    }
    if (own->np) w += own->C;
    *response = w > x ? w - x : 0;
    return true;
}

static bool spuri_item(struct spuri *s, uint32_t k, uint64_t *response)
{
    const struct wrt__adm_item *items = s->a->items, *own = &items[k];
    uint64_t worst = 0;
    for (uint32_t j = s->first; j < s->end; j++) {
        const struct wrt__adm_item *i = &items[j];
        uint64_t x = 0;
        if (i->due >= own->due) {
            x = i->due - own->due;
        } else {
            x = (i->T - (own->due - i->due) % i->T) % i->T;
        }
        for (; x < s->busy; x += i->T) {
            uint64_t r;
            if (!spuri_at(s, k, x, &r)) return false;
            worst = wrt__max_u64(worst, r);
        }
    }
    *response = worst + own->J;
    return true;
}

void wrt__adm_band_responses(
    struct wrt__adm *a, uint32_t first, uint32_t end, uint64_t *steps, wrt_adm_row *rows)
{
    struct spuri s = { .a = a, .first = first, .end = end, .steps = steps, .busy = 1 };
    uint64_t blocking = 0, spent = a->steps, most = a->steps_max;
    const char *limit = a->limit;
    for (uint32_t k = first; k < end; k++) {
        blocking = wrt__max_u64(blocking, a->items[k].blocking);
        if (a->items[k].J > a->items[k].D) return;      /* a deadline before the release: it has no order */
    }
    /* the busy period is looked for with the steps that are left for this, and says nothing of the verdict */
    a->steps_max = spent + wrt__min_u64(*steps, UINT64_MAX - spent);
    enum wrt__adm_end found = wrt__adm_wave(a, end, blocking, WRT__ADM_TIME_MAX, &s.busy);
    *steps -= wrt__min_u64(*steps, a->steps - spent);
    a->steps = spent;
    a->steps_max = most;
    a->limit = limit;
    for (uint32_t k = first; found == WRT__ADM_FOUND && k < end; k++) {
        wrt_adm_row *row = &rows[a->items[k].task];
        if (!spuri_item(&s, k, &row->response)) row->response = WRT_TICKS_NONE;
        row->mode_response[a->o.mode] = row->response;
    }
}
