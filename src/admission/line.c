/* line: policies under which a job waits in a line. First come first served: what has arrived by then is all
 * that is in front. Round robin: between two turns of a job every other task has at most one. Both are
 * bounds; neither needs to know in which order jobs that arrive at once stand. Also the time-triggered table,
 * whose gaps are first come first served. Must not know how fuel becomes time. */
#include "admission/admission.h"

/* ---- first come first served ------------------------------------------------------------------------ */

/* What takes time from everybody: stolen items, and the slots of a table. */
struct line_taken {
    const wrt_adm_slot *slots;
    uint32_t slots_count;
    uint64_t cycle;
};

static uint64_t line_slot_cost(const struct wrt__adm *a, const wrt_adm_slot *s)
{
    return wrt__adm_own_cost(a, &a->tasks[s->task], a->o.mode) + s->lost;
}

/* Work of slots that begin in [begin of slot s, that + w). */
static bool line_slots(struct wrt__adm *a, const struct line_taken *t, uint32_t s, uint64_t w, uint64_t *sum)
{
    uint64_t rounds = w / t->cycle, rest = w % t->cycle;
    if (wrt__adm_spent(a, t->slots_count)) return false;
    for (uint32_t k = 0; k < t->slots_count; k++) {
        uint64_t begin = t->slots[k].at, from = t->slots[s].at;
        uint64_t after = begin >= from ? begin - from : begin + t->cycle - from;
        if (!wrt__adm_add(sum, rounds + (after < rest), line_slot_cost(a, &t->slots[k]))) return false;
    }
    return true;
}

/* The least w in which `base` and all that is taken fit, in a window that begins with slot s. */
static bool line_fits(
    struct wrt__adm *a, const struct line_taken *t, uint32_t s, uint64_t base, uint64_t *out)
{
    uint64_t w = base;
    for (;;) {
        uint64_t need = base;
        if (t->slots_count > 0 && !line_slots(a, t, s, w, &need)) break;
        uint64_t with = w;
        enum wrt__adm_end end = wrt__adm_wave(a, a->stolen, need, WRT__ADM_TIME_MAX, &with);
        if (end != WRT__ADM_FOUND) break;
        if (with == w) {
            *out = w;
            return true;
        }
        w = with;
    }
    if (!a->limit) a->limit = "ticks";
    return false;
}

/* Jobs in front of one that arrives x after the line began to form, itself included. */
static bool line_work(struct wrt__adm *a, uint64_t x, uint64_t *sum)
{
    *sum = 0;
    if (wrt__adm_spent(a, a->n)) return false;
    for (uint32_t k = a->stolen; k < a->n; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        if (!wrt__adm_add(sum, (x + i->J) / i->T + 1, i->C)) return false;
    }
    return true;
}

/* How long the line lasts when all come at once, from slot s on. */
static bool line_busy(struct wrt__adm *a, const struct line_taken *t, uint32_t s, uint64_t *busy)
{
    uint64_t w = 1;
    for (;;) {
        uint64_t work = 0, next;
        if (wrt__adm_spent(a, a->n)) return false;
        for (uint32_t k = a->stolen; k < a->n; k++) {
            const struct wrt__adm_item *i = &a->items[k];
            if (!wrt__adm_add(&work, (w + i->J - 1) / i->T + 1, i->C)) return false;
        }
        if (!line_fits(a, t, s, work, &next)) return false;
        if (next <= w) break;
        w = next;
    }
    *busy = w;
    return true;
}

/* The longest time from an arrival to the end of that job. */
static bool line_longest(struct wrt__adm *a, const struct line_taken *t, uint32_t s, uint64_t *longest)
{
    uint64_t busy;
    if (!line_busy(a, t, s, &busy)) return false;
    for (uint32_t k = a->stolen; k < a->n; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        for (uint64_t x = (i->T - i->J % i->T) % i->T; x < busy; x += i->T) {
            uint64_t work, w;
            if (!line_work(a, x, &work) || !line_fits(a, t, s, work, &w)) return false;
            if (w > x) *longest = wrt__max_u64(*longest, w - x);
            if (a->stolen == 0 && t->slots_count == 0 && !a->jittered)
                return true; /* the first is the worst */
        }
    }
    return true;
}

/* Does the processor have time for it all? Items say what is needed; slots come on top. */
static bool line_has_time(struct wrt__adm *a, const struct line_taken *t, wrt_adm_verdict *v)
{
    struct wrt__adm_sum s = { 0, 0 };
    uint64_t taken = 0;
    for (uint32_t k = 0; k < a->n; k++) wrt__adm_sum_add(&s, a->items[k].cost, a->items[k].T);
    for (uint32_t k = 0; k < t->slots_count; k++) {
        if (!wrt__adm_add(&taken, 1, line_slot_cost(a, &t->slots[k]))) break;
    }
    if (t->slots_count > 0) wrt__adm_sum_add(&s, taken, t->cycle);
    /* a tie is refused where the line might never end: jitter, slots */
    int sign = t->slots_count > 0 ? (s.high < (uint64_t)1 << 62 ? -1 : 1) : wrt__adm_against_one(a, &s, a->n);
    if (sign < 0 || (sign == 0 && !a->jittered)) return true;
    if (!a->limit) wrt__adm_fail(v, WRT_ADM_UTILISATION, WRT_ADM_NOBODY, WRT_TICKS_NONE);
    return false;
}

static void line_judge(struct wrt__adm *a, uint64_t longest, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    for (uint32_t k = a->stolen; k < a->n; k++) {
        const struct wrt__adm_item *i = &a->items[k];
        uint64_t response = longest + i->J;
        if (rows) {
            rows[i->task].response = rows[i->task].mode_response[a->o.mode] = response;
            rows[i->task].ok = response <= i->D;
        }
        if (response > i->D) wrt__adm_fail(v, WRT_ADM_RESPONSE, i->task, response);
    }
}

static void line_all(struct wrt__adm *a, const struct line_taken *t, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    uint64_t longest = 0;
    if (!line_has_time(a, t, v)) return;
    uint32_t s = 0;
    do {
        if (!line_longest(a, t, s, &longest)) {
            if (!a->limit) a->limit = "ticks";
            return;
        }
    } while (++s < t->slots_count);
    line_judge(a, longest, rows, v);
}

void wrt__adm_fifo(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    wrt__adm_begin(v, "first come first served bound");
    v->exact = false;
    if (!wrt__adm_load(a, WRT__ADM_BY_PRIORITY)) return;
    if (a->n > a->stolen) line_all(a, &(struct line_taken){ NULL, 0, 0 }, rows, v);
}

/* ---- round robin ------------------------------------------------------------------------------------- */

enum {
    ROUND_FINE = 1024
}; /* beyond so many tasks turns are counted only where the busy period is too long */

/* Response of item k, when everybody else meets his deadline: in its turns, each of the others has one of his
 * slices before each of them, or all the work that he can have in that time. */
static bool round_item(struct wrt__adm *a, uint32_t k, uint64_t busy, uint64_t *response)
{
    const struct wrt__adm_item *own = &a->items[k];
    uint64_t turns = own->np ? 1 : (own->C - 1) / a->tasks[own->task].slice + 1, w = own->C;
    while (w < busy) {
        uint64_t sum = own->C;
        if (wrt__adm_spent(a, a->n)) return false;
        for (uint32_t j = 0; j < a->n && sum < busy; j++) {
            const struct wrt__adm_item *i = &a->items[j];
            const wrt_adm_task *t = &a->tasks[i->task];
            uint64_t all = 0, some = 0;
            if (j == k) continue;
            if (i->stolen) {
                if (!wrt__adm_add(&sum, (w + i->J - 1) / i->T + 1, i->C)) sum = busy;
                continue;
            }
            /* of jobs meant before the window, those due in it */
            if (!wrt__adm_add(&all, (w + i->D - 2) / i->T + 1, i->C)) all = busy;
            uint64_t slice = i->np ? i->C : wrt__min_u64(i->C, t->slice + t->over);
            if (!wrt__adm_add(&some, turns, slice)) some = busy;
            sum += wrt__min_u64(all, some);
        }
        if (sum <= w) break;
        w = sum;
    }
    *response = wrt__min_u64(w, busy) + own->J;
    return true;
}

/* Every job is done at the end of the busy period, whoever is served first: that holds in any case. */
static bool round_busy(struct wrt__adm *a, wrt_adm_verdict *v, uint64_t *busy)
{
    struct line_taken none = { NULL, 0, 0 };
    *busy = 1;
    if (!line_has_time(a, &none, v)) return false;
    if (wrt__adm_wave(a, a->n, 0, WRT__ADM_TIME_MAX, busy) == WRT__ADM_FOUND) return true;
    if (!a->limit) a->limit = "ticks";
    return false;
}

void wrt__adm_round_robin(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    uint64_t busy;
    bool turns = a->sections_count == 0;        /* who waits for an instance loses turns */
    wrt__adm_begin(v, "round robin bound");
    v->exact = false;
    if (!wrt__adm_load(a, WRT__ADM_BY_PRIORITY)) return;
    if (a->n == a->stolen || !round_busy(a, v, &busy)) return;
    for (;;) {
        bool all = true;
        for (uint32_t k = a->stolen; k < a->n; k++) {
            const struct wrt__adm_item *i = &a->items[k];
            uint64_t response = busy + i->J;
            bool finer = a->n <= ROUND_FINE || response > i->D;
            if (turns && finer && i->D <= i->T && !round_item(a, k, busy, &response)) return;
            bool ok = response <= i->D;
            all = all && ok;
            if (rows) {
                rows[i->task].response = rows[i->task].mode_response[a->o.mode] = response;
                rows[i->task].ok = ok;
            }
            if (!ok) wrt__adm_fail(v, WRT_ADM_RESPONSE, i->task, response);
            if (!ok && !rows) return;
        }
        if (all || !turns) return;
        turns = false;          /* somebody may be late: only the busy period is left to go by */
    }
}

/* ---- time-triggered ---------------------------------------------------------------------------------- */

bool wrt__adm_table_valid(
    const struct wrt__adm *a, const wrt_adm_slot *slots, uint32_t slots_count, uint64_t cycle)
{
    uint64_t end = 0;
    for (uint32_t k = 0; k < slots_count; k++) {
        const wrt_adm_slot *s = &slots[k];
        if (s->task >= a->n || a->tasks[s->task].stolen || s->length == 0 || s->lost > WRT_TICKS_MAX)
            return false;
        if (s->at < end || s->at > cycle || s->length > cycle - s->at) return false;
        end = s->at + s->length;
    }
    return cycle > 0 && cycle <= WRT_TICKS_MAX;
}

/* Tasks with slots: does the job fit into its shortest one? What is stolen is stolen from the gaps. */
static void table_slots(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v)
{
    for (uint32_t k = 0; k < a->n; k++) {
        const wrt_adm_task *t = &a->tasks[k];
        uint64_t length = a->virtual_deadline[k];
        if (t->stolen || length == 0) continue;
        uint64_t response = wrt__adm_own_cost(a, t, a->o.mode) + t->jitter;
        bool ok = response <= wrt__min_u64(length, t->deadline);
        if (rows) {
            rows[k].response = rows[k].mode_response[a->o.mode] = response;
            rows[k].ok = ok;
        }
        if (!ok) wrt__adm_fail(v, WRT_ADM_RESPONSE, k, response);
    }
}

/* Copies the tasks without slots, and what is stolen. */
static uint32_t table_gaps(struct wrt__adm *a)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < a->n; k++) {
        if (!a->tasks[k].stolen && a->virtual_deadline[k] > 0) continue;
        a->copy[count] = a->tasks[k];
        a->order[count++] = k;
    }
    return count;
}

void wrt__adm_table(struct wrt__adm *a, const wrt_adm_slot *slots, uint32_t slots_count, uint64_t cycle,
    wrt_adm_row *rows, wrt_adm_verdict *v)
{
    const wrt_adm_task *tasks = a->tasks;
    uint32_t n = a->n;
    struct line_taken taken = { slots, slots_count, cycle };
    wrt__adm_begin(v, "table");
    wrt__adm_blank(a, rows);
    for (uint32_t k = 0; k < n; k++) a->virtual_deadline[k] = 0;
    for (uint32_t k = 0; k < slots_count; k++) {
        uint64_t *least = &a->virtual_deadline[slots[k].task];
        if (*least == 0 || slots[k].length < *least) *least = slots[k].length;
    }
    table_slots(a, rows, v);
    /* the gaps: items are numbered as in the copy; slots name tasks of the whole set */
    a->n = table_gaps(a);
    a->tasks = a->copy;
    bool loaded = wrt__adm_load(a, WRT__ADM_BY_PRIORITY);
    a->tasks = tasks;
    for (uint32_t k = 0; k < a->n; k++) a->items[k].task = a->order[a->items[k].task];
    if (loaded && a->n > a->stolen) {
        v->exact = false;
        line_all(a, &taken, rows, v);
    }
    a->n = n;
    wrt__adm_finish(a, v);
}
