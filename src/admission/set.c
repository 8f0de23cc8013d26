/* set: checks a set of tasks, lays out the memory of a call, and loads the tasks as items in the order of a
 * test, with scaled execution times and with the blocking by lower tasks. Must not know how tests work. */
#include "admission/admission.h"

/* ---- memory --------------------------------------------------------------------------------------- */

enum { ADM_ALIGN = 16 };

static bool adm_part(size_t *at, size_t element, size_t count)
{
    if (count > 0 && element > (SIZE_MAX - *at - ADM_ALIGN) / count) return false;
    *at = (*at + element * count + ADM_ALIGN - 1) / ADM_ALIGN * ADM_ALIGN;
    return true;
}

/* The one list of what lies in the memory of a call. */
#define ADM_PARTS(X) \
    X(items, tasks) \
    X(keys, tasks) X(copy, tasks) X(spare, tasks) X(virtual_deadline, tasks) X(order, tasks) \
        X(by_load, tasks) X(loads, tasks) X(holds, sections) X(hold_keys, sections) X(wide, WRT__ADM_WIDES)

size_t wrt__adm_bytes(uint32_t tasks, uint32_t sections)
{
    struct wrt__adm *a = NULL;
    size_t at = ADM_ALIGN;
    bool fits = true;
#define X(part, count) fits = fits && adm_part(&at, sizeof *a->part, count);
    ADM_PARTS(X)
#undef X
    return fits ? at : 0;
}

static void *adm_take(uint8_t **at, size_t element, size_t count)
{
    uint8_t *p = *at;
    *at += (element * count + ADM_ALIGN - 1) / ADM_ALIGN * ADM_ALIGN;
    return p;
}

static void adm_lay_out(struct wrt__adm *a, void *mem, uint32_t tasks, uint32_t sections)
{
    uint8_t *at = mem;
    at += (ADM_ALIGN - (uintptr_t)at % ADM_ALIGN) % ADM_ALIGN;
#define X(part, count) a->part = adm_take(&at, sizeof *a->part, count);
    ADM_PARTS(X)
#undef X
}

/* ---- checks --------------------------------------------------------------------------------------- */

enum { ADM_W_NUMBER = 602, ADM_W_MEMORY = 603, ADM_W_TEST = 604, ADM_W_OPTION = 605 };

static wrt_status adm_range(wrt_error *err, uint32_t task, const char *what, uint64_t v, uint64_t least)
{
    return wrt__fail(err, WRT_E_ARG, ADM_W_NUMBER, WRT__NO_OFFSET, "task %u: %s %lu is not in %lu..2^60",
        task, what, v, least);
}

static wrt_status adm_check_task(const wrt_adm_task *t, uint32_t k, wrt_error *err)
{
    if (t->period == 0 || t->period > WRT_TICKS_MAX) return adm_range(err, k, "period", t->period, 1);
    if (t->deadline == 0 || t->deadline > WRT_TICKS_MAX) return adm_range(err, k, "deadline", t->deadline, 1);
    if (t->jitter > WRT_TICKS_MAX) return adm_range(err, k, "jitter", t->jitter, 0);
    uint64_t before = 1;
    for (uint32_t m = 0; m < WRT_ADM_LEVELS; m++) {
        uint64_t c = t->wcet[m];
        if (m > 0 && c == 0) continue;
        if (c < before || c > WRT_TICKS_MAX) return adm_range(err, k, "wcet", c, before);
        before = c;
    }
    if (t->level < WRT_ADM_LEVELS) return WRT_OK;
    return wrt__fail(err, WRT_E_ARG, ADM_W_NUMBER, WRT__NO_OFFSET, "task %u: there is no level %u", k,
        (uint32_t)t->level);
}

/* Several levels need D <= T: what is known of them is about one job at a time. */
static wrt_status adm_check_test(const struct wrt__adm *a, wrt_error *err)
{
    wrt_adm_test test = a->o.test;
    for (uint32_t k = 0; test >= WRT_ADM_VESTAL && k < a->n; k++) {
        const wrt_adm_task *t = &a->tasks[k];
        const char *why = NULL;
        if (t->deadline > t->period) why = "deadline beyond the period";
        if (test == WRT_ADM_EDF_VD && t->deadline != t->period) why = "deadline other than the period";
        if ((test == WRT_ADM_EDF_VD || test == WRT_ADM_AMC_MAX) && t->jitter > 0) why = "jitter";
        if ((test == WRT_ADM_EDF_VD || test == WRT_ADM_AMC_MAX) && t->level > 1) why = "third level";
        if (test == WRT_ADM_EDF_VD && t->np && a->o.np == WRT_ADM_NP_FLAG) why = "job that is not preempted";
        if (why) {
            return wrt__fail(err, WRT_E_UNSUPPORTED, ADM_W_TEST, WRT__NO_OFFSET,
                "task %u: %s is not defined with a %s", k, wrt__adm_test_name(test), why);
        }
    }
    if (test != WRT_ADM_EDF_VD || (a->sections_count == 0 && a->o.np != WRT_ADM_NP_ALL)) return WRT_OK;
    return wrt__fail(
        err, WRT_E_UNSUPPORTED, ADM_W_TEST, WRT__NO_OFFSET, "edf-vd is not defined with blocking");
}

/* What a task says that is only for some tests. */
static wrt_status adm_check_kind(const struct wrt__adm *a, uint32_t k, wrt_error *err)
{
    const wrt_adm_task *t = &a->tasks[k];
    if (t->stolen && a->o.test == WRT_ADM_EDF_VD) {
        return wrt__fail(err, WRT_E_UNSUPPORTED, ADM_W_TEST, WRT__NO_OFFSET,
            "task %u: edf-vd is not defined with stolen time", k);
    }
    if (a->o.test != WRT_ADM_ROUND_ROBIN || t->stolen) return WRT_OK;
    if (t->slice == 0 || t->slice > WRT_TICKS_MAX) return adm_range(err, k, "slice", t->slice, 1);
    if (t->over > WRT_TICKS_MAX) return adm_range(err, k, "over", t->over, 0);
    return WRT_OK;
}

static wrt_status adm_check_opts(const wrt_adm_opts *o, wrt_error *err)
{
    const char *what = NULL;
    if (o->test > WRT_ADM_EDF_VD) what = "test";
    if (o->np > WRT_ADM_NP_ALL) what = "np";
    if (o->lock > WRT_ADM_NO_LOCKS) what = "lock";
    if (o->mode >= WRT_ADM_LEVELS) what = "mode";
    if (o->switch_ticks > WRT_TICKS_MAX) what = "switch_ticks";
    if (o->release_ticks > WRT_TICKS_MAX) what = "release_ticks";
    if (o->overhead.den > 0 && o->overhead.num < o->overhead.den) what = "overhead";
    if (!what) return WRT_OK;
    return wrt__fail(err, WRT_E_ARG, ADM_W_OPTION, WRT__NO_OFFSET, "option %s is out of range", what);
}

wrt_status wrt__adm_open(struct wrt__adm *a, const wrt_adm_set *set, const wrt_adm_opts *o, void *mem,
    size_t mem_bytes, wrt_error *err)
{
    size_t need = wrt__adm_bytes(set->tasks_count, set->sections_count);
    *a = (struct wrt__adm){ .tasks = set->tasks, .n = set->tasks_count, .o = *o, .sections = set->sections };
    a->sections_count = o->lock == WRT_ADM_NO_LOCKS ? 0 : set->sections_count;
    a->steps_max = o->iterations_max > 0 ? o->iterations_max : (uint64_t)1 << 32;
    wrt_status status = adm_check_opts(o, err);
    if (status != WRT_OK) return status;
    if (need == 0 || mem_bytes < need || !mem) {
        return wrt__fail(err, WRT_E_NOMEM, ADM_W_MEMORY, WRT__NO_OFFSET,
            "the analysis of %u tasks needs %lu bytes, given are %lu", a->n, (uint64_t)need,
            (uint64_t)mem_bytes);
    }
    for (uint32_t k = 0; k < a->n; k++) {
        status = adm_check_task(&a->tasks[k], k, err);
        if (status == WRT_OK) status = adm_check_kind(a, k, err);
        if (status != WRT_OK) return status;
    }
    for (uint32_t k = 0; k < a->sections_count; k++) {
        const wrt_adm_section *s = &a->sections[k];
        if (s->task < a->n && s->length <= WRT_TICKS_MAX) continue;
        return wrt__fail(err, WRT_E_ARG, ADM_W_NUMBER, WRT__NO_OFFSET,
            "section %u: its task or length is out of range", k);
    }
    adm_lay_out(a, mem, set->tasks_count, set->sections_count);
    return adm_check_test(a, err);
}

/* ---- small things that every test uses ------------------------------------------------------------ */

bool wrt__adm_spent(struct wrt__adm *a, uint64_t steps)
{
    a->steps += steps;
    if (WRT_LIKELY(a->steps <= a->steps_max)) return false;
    if (!a->limit) a->limit = "iterations";
    return true;
}

void wrt__adm_begin(wrt_adm_verdict *v, const char *decided_by)
{
    *v = (wrt_adm_verdict){ .ok = true,
        .exact = true,
        .decided_by = decided_by,
        .task = WRT_ADM_NOBODY,
        .time = WRT_TICKS_NONE,
        .horizon = WRT_TICKS_NONE };
}

void wrt__adm_fail(wrt_adm_verdict *v, wrt_adm_reason reason, uint32_t task, uint64_t time)
{
    if (!v->ok) return;
    v->ok = false;
    v->reason = reason;
    v->task = task;
    v->time = time;
}

void wrt__adm_finish(const struct wrt__adm *a, wrt_adm_verdict *v)
{
    v->iterations = a->steps;
    if (!a->limit || !v->ok) return;
    v->exact = false;
    v->limit = a->limit;
    wrt__adm_fail(v, WRT_ADM_LIMIT, v->task, WRT_TICKS_NONE);
}

static bool adm_after(const struct wrt__adm_key *x, const struct wrt__adm_key *y)
{
    if (x->band != y->band) return x->band > y->band;
    return x->key != y->key ? x->key > y->key : x->task > y->task;
}

static void adm_sift(struct wrt__adm_key *keys, uint32_t at, uint32_t n)
{
    struct wrt__adm_key k = keys[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= n) break;
        if (child + 1 < n && adm_after(&keys[child + 1], &keys[child])) child++;
        if (!adm_after(&keys[child], &k)) break;
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = k;
}

/* Insertion for the usual few, else a heap: no recursion, no memory, n log n. */
void wrt__adm_sort(struct wrt__adm_key *keys, uint32_t n)
{
    if (n > 48) {
        for (uint32_t k = n / 2; k-- > 0;) adm_sift(keys, k, n);
        for (uint32_t k = n; k-- > 1;) {
            struct wrt__adm_key last = keys[k];
            keys[k] = keys[0];
            keys[0] = last;
            adm_sift(keys, 0, k);
        }
        return;
    }
    for (uint32_t k = 1; k < n; k++) {
        struct wrt__adm_key key = keys[k];
        uint32_t at = k;
        for (; at > 0 && adm_after(&keys[at - 1], &key); at--) keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* ---- blocking ------------------------------------------------------------------------------------- */

/* A lower job that is not preempted has run for at least one tick. From the lowest position up, whole groups
 * of equal rank at once. */
void wrt__adm_np_blocking(struct wrt__adm *a)
{
    uint64_t most = 0, inside = 0;
    uint32_t who = WRT_ADM_NOBODY, who_inside = WRT_ADM_NOBODY;
    if (a->o.np == WRT_ADM_NP_NONE) return;
    for (uint32_t k = a->n; k-- > 0;) {
        struct wrt__adm_item *i = &a->items[k];
        if (k + 1 < a->n && a->items[k + 1].rank != i->rank && inside > most) {
            most = inside;
            who = who_inside;
        }
        bool both = a->o.lock == WRT_ADM_INHERITANCE && a->sections_count > 0;
        if (most > i->blocking) i->blocker = who;
        i->blocking = both ? i->blocking + most : wrt__max_u64(i->blocking, most);
        if (most > 0) a->blocked = true;
        if (i->np && i->cost > 0 && i->cost - 1 > inside) {
            inside = i->cost - 1;
            who_inside = i->task;
        }
    }
}

/* Largest sections of one group (task or resource) that can block position k; the holds are sorted by it. */
static uint64_t adm_sum_of_largest(
    struct wrt__adm *a, const struct wrt__adm_item *i, bool by_task, uint32_t *who, uint64_t *whose)
{
    uint64_t sum = 0, largest = 0;
    for (uint32_t s = 0; s < a->sections_count; s++) {
        const struct wrt__adm_hold *h = &a->holds[a->hold_keys[s].task];
        const struct wrt__adm_hold *next = s + 1 < a->sections_count ? &a->holds[a->hold_keys[s + 1].task]
                                                                     : NULL;
        bool relevant = a->items[h->position].rank > i->rank && a->items[h->ceiling].rank <= i->rank;
        if (relevant && h->length > largest) largest = h->length;
        if (relevant && h->length > *whose) {
            *whose = h->length;
            *who = h->task;
        }
        if (next && (by_task ? next->position == h->position : next->resource == h->resource)) continue;
        sum = wrt__min_u64(sum + largest, WRT__ADM_TIME_MAX);
        largest = 0;
    }
    return sum;
}

static void adm_sort_holds(struct wrt__adm *a, bool by_task)
{
    for (uint32_t s = 0; s < a->sections_count; s++) {
        const struct wrt__adm_hold *h = &a->holds[s];
        a->hold_keys[s] = (struct wrt__adm_key){ by_task ? h->position : h->resource, 0, s };
    }
    wrt__adm_sort(a->hold_keys, a->sections_count);
}

/* Inheritance: at most one section of each lower task, and at most one on each resource. */
static bool adm_inheritance(struct wrt__adm *a)
{
    for (uint32_t pass = 0; pass < 2; pass++) {
        adm_sort_holds(a, pass == 0);
        for (uint32_t k = 0; k < a->n; k++) {
            struct wrt__adm_item *i = &a->items[k];
            uint32_t who = WRT_ADM_NOBODY;
            uint64_t whose = 0;
            if (wrt__adm_spent(a, a->sections_count)) return false;
            uint64_t sum = adm_sum_of_largest(a, i, pass == 0, &who, &whose);
            if (pass == 0 || sum < i->blocking) i->blocking = sum;
            if (sum > 0) i->blocker = who;
        }
    }
    return true;
}

/* Ceiling protocols: one section, once a job. */
static bool adm_ceiling(struct wrt__adm *a)
{
    for (uint32_t k = 0; k < a->n; k++) {
        struct wrt__adm_item *i = &a->items[k];
        if (wrt__adm_spent(a, a->sections_count)) return false;
        for (uint32_t s = 0; s < a->sections_count; s++) {
            const struct wrt__adm_hold *h = &a->holds[s];
            bool relevant = a->items[h->position].rank > i->rank && a->items[h->ceiling].rank <= i->rank;
            if (!relevant || h->length <= i->blocking) continue;
            i->blocking = h->length;
            i->blocker = h->task;
        }
    }
    return true;
}

static bool adm_section_blocking(struct wrt__adm *a)
{
    /* the order is in the items now: the keys tell where each task stands */
    for (uint32_t k = 0; k < a->n; k++) a->keys[a->items[k].task].key = k;
    for (uint32_t s = 0; s < a->sections_count; s++) {
        const wrt_adm_section *given = &a->sections[s];
        uint32_t position = (uint32_t)a->keys[given->task].key;
        a->holds[s] =
            (struct wrt__adm_hold){ given->task, position, position, given->resource, given->length };
    }
    adm_sort_holds(a, false);
    for (uint32_t s = 0, first = 0; s < a->sections_count; s++) {
        struct wrt__adm_hold *h = &a->holds[a->hold_keys[s].task];
        struct wrt__adm_hold *head = &a->holds[a->hold_keys[first].task];
        if (h->resource != head->resource) first = s;
        head = &a->holds[a->hold_keys[first].task];
        if (h->position < head->ceiling) head->ceiling = h->position;
    }
    for (uint32_t s = 0, first = 0; s < a->sections_count; s++) {
        struct wrt__adm_hold *h = &a->holds[a->hold_keys[s].task];
        if (h->resource != a->holds[a->hold_keys[first].task].resource) first = s;
        h->ceiling = a->holds[a->hold_keys[first].task].ceiling;
    }
    bool done = a->o.lock == WRT_ADM_INHERITANCE ? adm_inheritance(a) : adm_ceiling(a);
    for (uint32_t k = 0; k < a->n; k++) a->blocked |= a->items[k].blocking > 0;
    return done;
}

/* ---- loading -------------------------------------------------------------------------------------- */

/* ceil(c * num / den); more than WRT__ADM_TIME_MAX is made that. */
static uint64_t adm_times(uint64_t c, uint64_t num, uint64_t den)
{
    bool exact = true;
    uint64_t out;
    if (((c | num) >> 31) == 0) {
        out = (c * num + den - 1) / den;
    } else {
        out = wrt__div_128(wrt__mul_64(c, num), den, &exact);
        if (out < WRT__ADM_TIME_MAX) out += !exact;
    }
    return wrt__min_u64(out, WRT__ADM_TIME_MAX);
}

static uint64_t adm_cost(const struct wrt__adm *a, uint64_t c)
{
    uint64_t plain = a->per > 0 ? adm_times(c, a->scale, a->per) : c;
    uint64_t padded = plain + 2 * a->o.switch_ticks + a->o.release_ticks;
    uint64_t scaled = plain;
    if (a->o.overhead.den > 0) scaled = adm_times(plain, a->o.overhead.num, a->o.overhead.den);
    return wrt__max_u64(scaled, padded);
}

/* C of a task in a mode, with the overhead. */
uint64_t wrt__adm_own_cost(const struct wrt__adm *a, const wrt_adm_task *t, uint32_t mode)
{
    if (t->stolen) return t->wcet[0];
    while (mode > 0 && t->wcet[mode] == 0) mode--;
    return adm_cost(a, t->wcet[mode]);
}

static uint64_t adm_key(const wrt_adm_task *t, enum wrt__adm_order order)
{
    if (order == WRT__ADM_BY_PRIORITY) return t->priority;
    return t->deadline > t->jitter ? t->deadline - t->jitter : 0;
}

/* The longest that a job of the item may run: budgets end it, but not under Vestal's test. */
uint64_t wrt__adm_longest(const struct wrt__adm *a, const struct wrt__adm_item *i)
{
    if (a->o.test < WRT_ADM_VESTAL) return i->C;
    return i->c[a->o.test == WRT_ADM_VESTAL ? WRT_ADM_LEVELS - 1 : i->level];
}

static void adm_fill(struct wrt__adm *a, struct wrt__adm_item *i, uint32_t task)
{
    const wrt_adm_task *t = &a->tasks[task];
    bool levels = a->o.test >= WRT_ADM_VESTAL;
    i->T = t->period;
    i->J = t->jitter;
    i->D = t->deadline;
    i->stolen = t->stolen;
    i->C = wrt__adm_own_cost(a, t, a->o.mode);
    for (uint32_t m = 0; levels && m < WRT_ADM_LEVELS; m++) {
        i->c[m] = t->stolen ? t->wcet[0] : t->wcet[m] > 0 ? adm_cost(a, t->wcet[m]) : m > 0 ? i->c[m - 1] : 0;
    }
    i->blocking = 0;
    i->blocker = WRT_ADM_NOBODY;
    i->task = task;
    i->level = t->stolen ? WRT_ADM_LEVELS - 1 : t->level;      /* no mode ends it */
    i->band = t->band;
    i->cost = wrt__adm_longest(a, i);
    i->np = !t->stolen && (a->o.np == WRT_ADM_NP_ALL || (a->o.np == WRT_ADM_NP_FLAG && t->np));
    a->jittered |= t->jitter > 0;
}

bool wrt__adm_load(struct wrt__adm *a, enum wrt__adm_order order)
{
    bool np = false;
    a->blocked = a->jittered = false;
    a->stolen = 0;
    if (wrt__adm_spent(a, a->n)) return false;
    for (uint32_t k = 0; k < a->n; k++) {
        uint32_t band = 1u + (order == WRT__ADM_BY_BAND ? a->tasks[k].band : 0);
        if (a->tasks[k].stolen) {
            a->stolen++;
            band = 0;
        }
        a->keys[k] = (struct wrt__adm_key){ adm_key(&a->tasks[k], order), band, k };
    }
    wrt__adm_sort(a->keys, a->n);
    for (uint32_t k = 0; k < a->n; k++) {
        struct wrt__adm_item *i = &a->items[k];
        adm_fill(a, i, a->keys[k].task);
        const struct wrt__adm_key *key = &a->keys[k], *last = k > 0 ? key - 1 : NULL;
        i->rank = last && last->key == key->key && last->band == key->band ? i[-1].rank : k;
        np |= i->np;
        if (i->C < WRT__ADM_TIME_MAX) continue;
        a->limit = "ticks";
        return false;
    }
    if (a->o.test == WRT_ADM_FIFO || a->o.test == WRT_ADM_ROUND_ROBIN) return true;
    if (a->sections_count > 0 && !adm_section_blocking(a)) return false;
    if (np) wrt__adm_np_blocking(a);
    return true;
}
