/* fp: response times under fixed priority, over the busy period of the level; preemptive, not preemptive and
 * mixed, with jitter and blocking (Joseph and Pandya 1986; Lehoczky 1990; Tindell, Burns, Wellings 1994; jobs
 * that are not preempted: Davis, Burns, Bril, Lukkien 2007). Exact for sporadic tasks in whole ticks. */
#include "admission/admission.h"

/* How far the wave of item k - 1 was: what its first job waits for, item k waits for too. */
struct fp_run { uint64_t w, sum, blocking; bool valid; };

static void fp_record(wrt_adm_row *row, uint64_t response, uint64_t window, uint64_t job)
{
    if (row->response != WRT_TICKS_NONE && response <= row->response) return;
    row->response = response;
    row->window = window;
    row->job = job > UINT32_MAX ? UINT32_MAX : (uint32_t)job;
}

/* Item at position k, preemptive, below items 0..k-1. The busy period ends with the first job that is done
 * before its next release. False: stopped. */
static bool fp_preemptive(
    struct wrt__adm *a, uint32_t k, uint64_t stop, wrt_adm_row *row, struct fp_run *run)
{
    const struct wrt__adm_item *i = &a->items[k];
    uint64_t w, sum = 0, base = i->blocking;
    if (run->valid && i->blocking >= run->blocking) {
        w = run->w + i->cost;
        sum = run->sum;
        if (k > 0) a->items[k - 1].edge = 0;
    } else {
        for (uint32_t j = 0; j < k; j++) a->items[j].edge = 0;
        w = base + i->cost;
    }
    run->valid = false;
    for (uint64_t q = 0;; q++) {
        base += i->cost;
        uint64_t latest = q * i->T + (stop - i->J);     /* of the window, for a response within `stop` */
        enum wrt__adm_end end = wrt__adm_wave_on(
            a, k, base, wrt__min_u64(latest, WRT__ADM_TIME_MAX), &w, &sum);
        if (wrt__adm_spent(a, k + 1) || end == WRT__ADM_STOPPED) return false;
        if (end == WRT__ADM_BEYOND) {
            if (latest >= WRT__ADM_TIME_MAX) {
                a->limit = "ticks";
                return false;
            }
            row->response = WRT_TICKS_NONE;
            row->ok = false;
            return true;
        }
        fp_record(row, w - q * i->T + i->J, w, q);
        if (q == 0) *run = (struct fp_run){ w, sum, i->blocking, true };
        if (w + i->J <= (q + 1) * i->T) break;
        run->valid = false;
        w += i->cost;
    }
    row->ok = row->response <= i->D;
    return true;
}

/* Not preempted once started: the start of every job of the busy period is looked for. */
static bool fp_not_preempted(struct wrt__adm *a, uint32_t k, uint64_t stop, wrt_adm_row *row)
{
    struct wrt__adm_item *i = &a->items[k];
    uint64_t busy = 1, s = 0;
    if (wrt__adm_wave(a, k + 1, i->blocking, WRT__ADM_TIME_MAX, &busy) != WRT__ADM_FOUND) goto limit;
    uint64_t jobs = (busy + i->J - 1) / i->T + 1;
    for (uint64_t q = 0; q < jobs; q++) {
        /* releases at the start itself come first: the wave by s + 1 */
        uint64_t base = i->blocking + q * i->cost + 1, w = s + 1;
        if (wrt__adm_wave(a, k, base, WRT__ADM_TIME_MAX, &w) != WRT__ADM_FOUND) goto limit;
        s = w - 1;
        fp_record(row, s + i->cost - q * i->T + i->J, s, q);
        if (row->response > stop) {
            row->response = WRT_TICKS_NONE;
            row->ok = false;
            return true;
        }
        s += i->cost;
    }
    row->ok = row->response <= i->D;
    return true;
limit:
    if (!a->limit) a->limit = "ticks";
    return false;
}

/* Does the busy period of items 0..k end? */
static bool fp_ends(struct wrt__adm *a, uint32_t k, const struct wrt__adm_sum *s)
{
    int sign = wrt__adm_against_one(a, s, k + 1);
    if (sign < 0 || sign > 0) return sign < 0;
    bool late = a->items[k].blocking > 0;
    for (uint32_t j = 0; j <= k && !late; j++) late = a->items[j].J > 0;
    return !late;
}

static bool fp_item(
    struct wrt__adm *a, uint32_t k, const struct wrt__adm_sum *s, wrt_adm_row *row, struct fp_run *run)
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
    bool ends = fp_ends(a, k, s);
    if (!ends || (a->o.stop_at_deadline && i->J > i->D)) {
        run->valid = false;
        return a->limit == NULL;
    }
    uint64_t stop = a->o.stop_at_deadline ? i->D : WRT__ADM_TIME_MAX + i->J;
    bool done;
    if (i->np) {
        run->valid = false;
        done = fp_not_preempted(a, k, stop, row);
    } else {
        done = fp_preemptive(a, k, stop, row, run);
    }
    if (!done) row->ok = false;
    row->mode_response[a->o.mode] = row->response;
    return done;
}

bool wrt__adm_fp_at(struct wrt__adm *a, uint32_t k, wrt_adm_row *row)
{
    struct wrt__adm_sum s = { 0, 0 };
    struct fp_run run = { .valid = false };
    for (uint32_t j = 0; j <= k; j++) wrt__adm_sum_add(&s, a->items[j].cost, a->items[j].T);
    return !wrt__adm_spent(a, k) && fp_item(a, k, &s, row, &run) && row->ok;
}

static void fp_swap(struct wrt__adm *a, uint32_t x, uint32_t y)
{
    struct wrt__adm_item keep = a->items[x];
    a->items[x] = a->items[y];
    a->items[y] = keep;
}

void wrt__adm_fp(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    struct wrt__adm_sum s = { 0, 0 };
    struct fp_run run = { .valid = false };
    wrt_adm_row one;
    wrt__adm_begin(v, "response time");
    if (!wrt__adm_load(a, WRT__ADM_BY_PRIORITY)) return;
    for (uint32_t k = 0, end = 0; k < a->n; k++) {
        uint32_t task = a->items[k].task;
        if (k == end) {         /* those of equal priority delay each other: each is looked at as the last */
            uint32_t first = end++;
            while (end < a->n && a->items[end].rank == a->items[first].rank) end++;
            for (uint32_t j = first; j < end; j++) wrt__adm_sum_add(&s, a->items[j].cost, a->items[j].T);
            if (end - first > 1) run.valid = false;
        }
        if (a->items[k].stolen) continue;
        bool tied = a->items[k].rank != k || end != k + 1;
        wrt_adm_row *row = rows ? &rows[task] : &one;
        if (tied) fp_swap(a, k, end - 1);
        bool done = fp_item(a, end - 1, &s, row, &run);
        if (tied) {
            fp_swap(a, k, end - 1);
            run.valid = false;
        }
        if (!done) {
            if (v->ok) v->task = task;
            if (!rows) return;
        }
        if (row->ok) continue;
        if (done) wrt__adm_fail(v, WRT_ADM_RESPONSE, task, row->response);
        if (!rows) return;
    }
    if ((a->sections_count > 0 && a->blocked) || a->stolen > 0) v->exact = false;
}

void wrt__adm_interference(const struct wrt__adm *a, uint32_t task, const wrt_adm_row *row, uint64_t *ticks)
{
    const wrt_adm_task *own = &a->tasks[task];
    bool np = a->o.np == WRT_ADM_NP_ALL || (a->o.np == WRT_ADM_NP_FLAG && own->np);
    for (uint32_t j = 0; j < a->n; j++) {
        const wrt_adm_task *t = &a->tasks[j];
        ticks[j] = 0;
        if (j == task || row->window == WRT_TICKS_NONE || (!t->stolen && t->priority > own->priority))
            continue;
        uint64_t reach = row->window + t->jitter + np; /* a start waits for releases at the start itself */
        (void)wrt__adm_add(&ticks[j], (reach - 1) / t->period + 1, wrt__adm_own_cost(a, t, a->o.mode));
    }
}
