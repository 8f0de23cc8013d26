/* api/sched_admit: may this task set run? (include/wrt/sched.h, wrt_sched_admit). Turns each core into what
 * admission.h asks about: budgets into nanoseconds, rounded up; servers into tasks, and what is in them into
 * a question of its own; instances that several tasks use into sections; what blocks of a size cost into
 * longer budgets, or stolen time. docs/admission.md. */
#include "api/set.h"

enum { ADMIT_RESPONSE_STEPS = 1 << 26, ADMIT_REPLENISHMENTS = 9 };

/* One core as the analysis sees it. */
struct admit_core {
    wrt_sched *s;
    uint32_t core;
    wrt_adm_task *tasks;        /* those outside of servers, then the servers */
    uint32_t *who;              /* their number in the set; WRT_ADM_NOBODY: a server */
    uint32_t *priority;
    uint64_t *waits;            /* one a task: what its release can cost beside its budget */
    wrt_adm_section *sections;
    wrt_adm_row *rows;
    wrt_adm_slot *slots;
    uint32_t *slots_of;         /* one a task of the set: how many it has */
    uint32_t count, sections_count, slots_count;
    uint32_t own;               /* so many of `tasks` are not stolen time */
    uint32_t dearest;           /* whose piece is the dearest */
    uint64_t piece, piece_of_others;
    wrt_adm_opts o;
    void *mem;
    size_t mem_bytes;
};

static wrt_status admit_no_room(wrt_error *err)
{
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "admission", "no room for the admission test");
}

/* ceil(fuel * rate / 1000); false: beyond what the analysis counts. */
static bool admit_ticks(const wrt_sched *s, uint64_t fuel, uint64_t *out)
{
    uint64_t rate = s->opts.ns_per_kfuel, whole, part;
    if (!wrt__mul_u64(fuel / 1000, rate, &whole) || !wrt__mul_u64(fuel % 1000, rate, &part)) return false;
    part = part / 1000 + (part % 1000 != 0);
    return wrt__add_u64(whole, part, out) && *out <= WRT_TICKS_MAX;
}

static wrt_status admit_range(wrt_error *err, const char *field, uint32_t task)
{
    return wrt__fail_table(err, WRT_E_ARG, WRT__W_SET_FIELD, field,
        "task %u: %s is beyond what the analysis counts (2^60 ns)", task, field);
}

/* The highest mode that keeps a level; the analysis' mode l is the one that keeps level l and above. */
static uint32_t admit_mode(uint32_t level)
{
    return level >= WRT_ASIL_C ? WRT_MODE_CRITICAL : level == WRT_ASIL_B ? WRT_MODE_HIGH : WRT_MODE_NORMAL;
}

/* What a job may spend in a mode; an extension may be used up by whoever is lent it. Saturates. */
static uint64_t admit_fuel(const wrt_sched_task *t, uint32_t mode)
{
    uint64_t c = t->fuel[mode], more = 0, sum;
    if (t->on_overrun != WRT_OVERRUN_EXTEND) return c;
    if (!wrt__mul_u64(c / 100, t->extend_percent, &more)) return UINT64_MAX;
    more += c % 100 * t->extend_percent / 100;
    return wrt__add_u64(c, more, &sum) ? sum : UINT64_MAX;
}

/* With modes, under fixed priority: C by mode. Else the C of its highest mode, which it never exceeds. */
static bool admit_budgets(const wrt_sched *s, const wrt_sched_task *t, bool by_mode, wrt_adm_task *out)
{
    for (uint32_t l = 0; l < WRT_ADM_LEVELS; l++) {
        uint32_t mode = by_mode ? admit_mode(l < (uint32_t)t->level ? l : (uint32_t)t->level)
                                : admit_mode((uint32_t)t->level);
        if (!admit_ticks(s, admit_fuel(t, mode), &out->wcet[l])) return false;
    }
    return true;
}

static uint8_t admit_band(const wrt_sched *s, const wrt_sched_task *t)
{
    uint64_t period = t->period_ns ? t->period_ns : t->separation_ns;
    if (s->opts.policy != WRT_RM_EDF) return 0;
    if (t->band_set) return t->band;
    if (t->level <= WRT_ASIL_A) return t->level == WRT_QM ? 5 : 4;
    if (s->opts.no_hybrid) return 0;
    return period <= 10000000u ? 0 : period <= 50000000u ? 1 : period <= 200000000u ? 2 : 3;
}

/* The most fuel that is due at one checkpoint of a task: of its function, or, when that calls others, of any
 * code and host function of its store. No block is above the budget. */
static uint64_t admit_piece(const struct wrt__set_task *t)
{
    uint64_t most = t->o.piece_fuel;
    if (t->o.func) {
        const struct wrt__store *store = t->o.func->store;
        const struct wrt__funcrec *f = &store->funcs[t->o.func->index];
        bool leaf = f->instance && !(f->instance->module->funcs[f->index].does & WRT__DOES_CALL);
        if (leaf) most = wrt__max_u64(most, wrt__func_piece(f->instance->module, f->index));
        for (const struct wrt_instance *i = leaf ? NULL : store->instances; i; i = i->next) {
            most = wrt__max_u64(most, wrt__func_piece(i->module, UINT32_MAX));
        }
        for (uint32_t i = 0; !leaf && i < store->funcs_count; i++) {
            if (store->funcs[i].host) most = wrt__max_u64(most, store->funcs[i].host->fuel);
        }
    }
    return wrt__min_u64(most, t->o.fuel[WRT_MODE_CRITICAL]);
}

/* Fuel clock: no event of others comes before the next block of such a job. */
static bool admit_patient(const struct admit_core *a, uint32_t task)
{
    const wrt_sched_task *t = &a->s->tasks[task].o;
    return a->s->opts.virtual_time && (t->np || t->level == WRT_ASIL_D || a->slots_of[task] > 0);
}

/* A release can find somebody else on the processor. Under the monotonic clock that one runs up to poll_fuel
 * and a block behind it: once a release, so it is charged to the job that is released, where it would have
 * preempted. Under the fuel clock the core is idle for up to a block less one before it, unless nothing can
 * interrupt who runs, and so everybody is delayed, also whoever comes before the one that is released: that
 * is stolen time. */
static void admit_pieces(struct admit_core *a)
{
    const wrt_sched *s = a->s;
    uint64_t first = 0, second = 0; /* the two dearest */
    uint32_t dearest = UINT32_MAX;
    for (uint32_t i = 0; i < s->tasks_count; i++) {
        if (s->tasks[i].o.core != a->core || admit_patient(a, i)) continue;
        uint64_t piece = admit_piece(&s->tasks[i]);
        if (piece > first) {
            second = first;
            first = piece;
            dearest = i;
        } else {
            second = wrt__max_u64(second, piece);
        }
    }
    a->dearest = dearest;
    a->piece = first;
    a->piece_of_others = second;
}

static uint64_t admit_wait(const struct admit_core *a, uint32_t task)
{
    uint64_t piece = task == a->dearest ? a->piece_of_others : a->piece, poll = WRT__POLL_FUEL;
    const wrt_func *func = a->s->tasks[task].o.func;
    wrt_policy policy = a->s->opts.policy;
    bool preempts = policy != WRT_COOPERATIVE && policy != WRT_ROUND_ROBIN;
    if (policy == WRT_TIME_TRIGGERED) preempts = a->slots_of[task] > 0;
    if (piece == 0 || a->s->opts.virtual_time || !preempts) return 0;
    if (func) poll = wrt__store_of(func->store)->exec->poll_fuel;
    return piece + poll;
}

/* Fuel that is lost before one event. */
static uint64_t admit_lost(const struct admit_core *a, uint32_t task)
{
    const wrt_sched_task *t = task == WRT_ADM_NOBODY ? NULL : &a->s->tasks[task].o;
    uint64_t period = t ? t->period_ns ? t->period_ns : t->separation_ns : 0, piece = a->piece;
    /* with a deadline within the period nothing of its own is unfinished when it is released */
    if (t && task == a->dearest && (t->deadline_ns ? t->deadline_ns : period) <= period)
        piece = a->piece_of_others;
    return a->s->opts.virtual_time && piece > 0 ? piece - 1 : 0;
}

/* Turns of round robin. A slice is soft: the last block of it may overdraw it. */
static wrt_status admit_slice(const wrt_sched *s, uint32_t number, wrt_adm_task *out, wrt_error *err)
{
    const wrt_sched_task *t = &s->tasks[number].o;
    uint64_t slice, most, piece = admit_piece(&s->tasks[number]), rate = s->opts.ns_per_kfuel;
    out->slice = WRT_TICKS_MAX;
    if (!wrt__mul_u64(s->opts.quantum_fuel, t->weight, &slice)) return WRT_OK;
    if (slice >= admit_fuel(t, WRT_MODE_CRITICAL) || !wrt__mul_u64(slice, rate, &most)) return WRT_OK;
    out->slice = most / 1000;
    if (out->slice == 0) {
        return wrt__fail_table(err, WRT_E_UNSUPPORTED, WRT__W_SET_FIELD, "quantum_fuel",
            "task %u: a slice below 1 ns is not analysed", number);
    }
    if (!admit_ticks(s, slice + (piece > 0 ? piece - 1 : 0), &most))
        return admit_range(err, "quantum_fuel", number);
    out->over = most - out->slice;
    return WRT_OK;
}

static wrt_status admit_task(struct admit_core *a, uint32_t number, wrt_adm_task *out, wrt_error *err)
{
    const wrt_sched_task *t = &a->s->tasks[number].o;
    memset(out, 0, sizeof *out);
    out->period = t->period_ns ? t->period_ns : t->separation_ns;
    if (a->slots_of[number] > 0) out->period = a->s->opts.cycle_ns;
    out->deadline = t->deadline_ns ? t->deadline_ns : out->period;
    out->jitter = t->jitter_ns;
    if (out->period > WRT_TICKS_MAX) return admit_range(err, "period_ns", number);
    if (out->deadline > WRT_TICKS_MAX) return admit_range(err, "deadline_ns", number);
    if (out->jitter > WRT_TICKS_MAX) return admit_range(err, "jitter_ns", number);
    bool by_mode = a->o.test == WRT_ADM_AMC_RTB;
    if (!admit_budgets(a->s, t, by_mode, out)) return admit_range(err, "fuel", number);
    out->priority = 255u - t->priority;
    out->level = (uint8_t)t->level;
    out->band = admit_band(a->s, t);
    out->np = t->np;
    return a->o.test == WRT_ADM_ROUND_ROBIN ? admit_slice(a->s, number, out, err) : WRT_OK;
}

/* ---- what there is --------------------------------------------------------------------------------- */

static wrt_status admit_tasks(struct admit_core *a, wrt_error *err)
{
    wrt_sched *s = a->s;
    for (uint32_t i = 0; i < s->tasks_count; i++) {
        wrt_status status;
        if (s->tasks[i].o.core != a->core || s->tasks[i].o.in_server) continue;
        status = admit_task(a, i, &a->tasks[a->count], err);
        if (status == WRT_OK && !admit_ticks(s, admit_wait(a, i), &a->waits[a->count]))
            status = admit_range(err, "fuel", i);
        if (status != WRT_OK) return status;
        a->who[a->count++] = i;
    }
    return WRT_OK;
}

/* In one period of a server its members are released. Saturates. */
static uint64_t admit_server_waits(const struct admit_core *a, uint32_t server)
{
    const wrt_sched *s = a->s;
    uint64_t sum = 0, part;
    for (uint32_t k = 0; k < s->tasks_count; k++) {
        const wrt_sched_task *t = &s->tasks[k].o;
        uint64_t period = t->period_ns ? t->period_ns : t->separation_ns;
        if (!t->in_server || t->server != server) continue;
        if (!period || !wrt__mul_u64(s->servers[server].o.period_ns / period + 2, admit_wait(a, k), &part)
            || !wrt__add_u64(sum, part, &sum)) return UINT64_MAX;
    }
    return sum;
}

/* A server is the task (Q, P), of the highest level that is in it. */
static wrt_status admit_servers(struct admit_core *a, wrt_error *err)
{
    wrt_sched *s = a->s;
    for (uint32_t i = 0; i < s->servers_count; i++) {
        const wrt_sched_server_opts *o = &s->servers[i].o;
        wrt_adm_server v = { 0, o->period_ns, 0 };
        wrt_adm_task *t = &a->tasks[a->count];
        if (o->core != a->core) continue;
        if (o->period_ns > WRT_TICKS_MAX || !admit_ticks(s, o->fuel, &v.budget)
            || !admit_ticks(s, admit_server_waits(a, i), &a->waits[a->count]))
            return admit_range(err, "server", i);
        *t = wrt_adm_server_task(&v, false);
        t->priority = 255u - o->priority;
        t->band = o->band_set ? o->band : 0;
        for (uint32_t k = 0; k < s->tasks_count; k++) {
            if (!s->tasks[k].o.in_server || s->tasks[k].o.server != i) continue;
            if (s->tasks[k].o.level > t->level) t->level = (uint8_t)s->tasks[k].o.level;
            if (!o->band_set) t->band = admit_band(s, &s->tasks[k].o);
        }
        a->who[a->count++] = WRT_ADM_NOBODY;
    }
    return WRT_OK;
}

static const struct wrt_instance *admit_instance(const wrt_sched *s, uint32_t task)
{
    const wrt_func *f = s->tasks[task].o.func;
    return f ? f->store->funcs[f->index].instance : NULL;
}

/* A job stands in its instance from its start to its end. */
static void admit_sections(struct admit_core *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct wrt_instance *own = a->who[i] == WRT_ADM_NOBODY ? NULL : admit_instance(a->s, a->who[i]);
        bool shared = false;
        for (uint32_t k = 0; own && k < a->count && !shared; k++) {
            shared = k != i && a->who[k] != WRT_ADM_NOBODY && admit_instance(a->s, a->who[k]) == own;
        }
        if (!shared) continue;
        a->sections[a->sections_count++] =
            (wrt_adm_section){ i, own->number, a->tasks[i].wcet[WRT_ADM_LEVELS - 1] };
    }
}

static bool admit_differ(const wrt_sched *s, uint32_t core)
{
    for (uint32_t i = 0; i < s->tasks_count; i++) {
        const wrt_sched_task *t = &s->tasks[i].o;
        if (t->core == core && t->fuel[admit_mode((uint32_t)t->level)] != t->fuel[0]) return true;
    }
    return false;
}

static wrt_status admit_steal(struct admit_core *a, uint64_t fuel, uint64_t period, wrt_error *err)
{
    wrt_adm_task *t = &a->tasks[a->count];
    if (fuel == 0) return WRT_OK;
    memset(t, 0, sizeof *t);
    t->stolen = true;
    t->period = t->deadline = period;
    if (!admit_ticks(a->s, fuel, &t->wcet[0])) return admit_range(err, "fuel", a->count);
    a->who[a->count++] = WRT_ADM_NOBODY;
    return WRT_OK;
}

/* What is lost before events, whoever runs: releases, replenishments, the two returns of a mode. */
static wrt_status admit_stolen(struct admit_core *a, wrt_error *err)
{
    const wrt_sched *s = a->s;
    wrt_status status = WRT_OK;
    for (uint32_t i = 0; i < s->tasks_count && status == WRT_OK; i++) {
        const wrt_sched_task *t = &s->tasks[i].o;
        uint64_t period = t->period_ns ? t->period_ns : t->separation_ns;
        if (t->core != a->core || period == 0 || a->slots_of[i] > 0) continue;
        /* in a table a job of the gaps may also be late, which is an event, and harms nobody */
        uint64_t times = s->opts.policy == WRT_TIME_TRIGGERED ? 2 : 1;
        status = admit_steal(a, times * admit_lost(a, i), period, err);
    }
    for (uint32_t i = 0; i < s->servers_count && status == WRT_OK; i++) {
        const wrt_sched_server_opts *o = &s->servers[i].o;
        uint64_t times = o->kind == WRT_SERVER_CBS ? 1 : ADMIT_REPLENISHMENTS;
        if (o->core == a->core)
            status = admit_steal(a, times * admit_lost(a, WRT_ADM_NOBODY), o->period_ns, err);
    }
    if (status == WRT_OK && !s->opts.no_mode_switching && admit_differ(s, a->core))
        status = admit_steal(a, 2 * admit_lost(a, WRT_ADM_NOBODY), WRT_TICKS_MAX, err);
    return status;
}

/* ---- the questions ----------------------------------------------------------------------------------- */

static wrt_status admit_options(struct admit_core *a, wrt_error *err)
{
    const wrt_sched_opts *o = &a->s->opts;
    a->o = (wrt_adm_opts){ .size = sizeof a->o,
        .overhead = o->overhead,
        .cap_level = o->level_utilization,
        .cap_total = o->max_utilization,
        .lock = o->ceiling ? WRT_ADM_CEILING : WRT_ADM_INHERITANCE,
        .modes = 1u << 0 | 1u << 2 | 1u << 3,
        .response_steps = ADMIT_RESPONSE_STEPS };
    switch (o->policy) {
    case WRT_FIXED_PRIORITY:
    case WRT_RATE_MONOTONIC: a->o.test = admit_differ(a->s, a->core) ? WRT_ADM_AMC_RTB : WRT_ADM_FP; break;
    case WRT_EDF: a->o.test = WRT_ADM_EDF; break;
    case WRT_RM_EDF: a->o.test = WRT_ADM_BANDS; break;
    case WRT_ROUND_ROBIN: a->o.test = WRT_ADM_ROUND_ROBIN; break;
    case WRT_COOPERATIVE:
    case WRT_TIME_TRIGGERED: a->o.test = WRT_ADM_FIFO; break;
    default:
        return wrt__fail_table(err, WRT_E_UNSUPPORTED, WRT__W_SET_FIELD, "policy",
            "no admission test is defined for this policy");
    }
    /* a line is looked at from every arrival: thousands of tasks are refused in seconds, not in minutes */
    bool line = a->o.test == WRT_ADM_FIFO || a->o.test == WRT_ADM_ROUND_ROBIN;
    if (line) a->o.iterations_max = UINT32_C(1) << 30;
    return WRT_OK;
}

/* What a server surely gives. It is exhausted when the next block does not fit, so up to a block less one of
 * every budget is left. A sporadic one keeps few replenishments: where its members are released more often
 * than that in a period, what was spent can come back a period later. Rounded down. */
static bool admit_supply(const struct admit_core *a, uint32_t server, wrt_adm_server *out)
{
    const wrt_sched *s = a->s;
    const wrt_sched_server_opts *o = &s->servers[server].o;
    uint64_t piece = 0, releases = 0, whole, part;
    for (uint32_t i = 0; i < s->tasks_count; i++) {
        const wrt_sched_task *t = &s->tasks[i].o;
        uint64_t period = t->period_ns ? t->period_ns : t->separation_ns;
        if (!t->in_server || t->server != server) continue;
        piece = wrt__max_u64(piece, admit_piece(&s->tasks[i]));
        releases += period > 0 ? wrt__min_u64(o->period_ns / period, UINT32_MAX) + 1 : UINT32_MAX;
    }
    if (o->kind == WRT_SERVER_SPORADIC && releases >= ADMIT_REPLENISHMENTS) out->period *= 2;
    if (out->period > WRT_TICKS_MAX || (piece > 0 && o->fuel < piece)) return false;
    uint64_t fuel = o->fuel - (piece > 0 ? piece - 1 : 0);
    if (!wrt__mul_u64(fuel / 1000, s->opts.ns_per_kfuel, &whole)
        || !wrt__mul_u64(fuel % 1000, s->opts.ns_per_kfuel, &part)
        || !wrt__add_u64(whole, part / 1000, &out->budget)) return false;
    return out->budget > 0 && out->budget <= out->period;
}

static wrt_status admit_inside(
    struct admit_core *a, uint32_t server, wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err)
{
    wrt_sched *s = a->s;
    wrt_adm_opts o = a->o;
    wrt_adm_server v = { 0, s->servers[server].o.period_ns, 0 };
    uint64_t least = UINT64_MAX;
    uint32_t n = 0, first = WRT_ADM_NOBODY;
    wrt_status status;
    for (uint32_t i = 0; i < s->tasks_count; i++) {
        if (!s->tasks[i].o.in_server || s->tasks[i].o.server != server) continue;
        if (first == WRT_ADM_NOBODY) first = i;
        status = admit_task(a, i, &a->tasks[n], err);
        if (status != WRT_OK) return status;
        a->tasks[n].np = false;
        least = wrt__min_u64(least, a->tasks[n++].deadline);
    }
    if (n == 0) return WRT_OK;
    /* Inside it is first come, first served, which is earliest deadline first with one deadline for all. */
    for (uint32_t i = 0; i < n; i++) a->tasks[i].deadline = least;
    if (!admit_supply(a, server, &v)) {
        *out = (wrt_adm_verdict){ .reason = WRT_ADM_UTILISATION,
            .decided_by = "periodic supply",
            .task = first,
            .time = WRT_TICKS_NONE };
        return wrt__fail(err, WRT_E_REJECTED, WRT__W_SET_REJECTED, WRT__NO_OFFSET,
            "server %u: its budget is less than a block of its tasks", server);
    }
    o.test = WRT_ADM_EDF;
    o.cap_level = o.cap_total = (wrt_adm_ratio){ 0, 0 };
    status = wrt_adm_inside(&(wrt_adm_set){ a->tasks, n, NULL, 0 }, &o, &v, a->mem, a->mem_bytes, out, err);
    if (status != WRT_OK) return status;
    out->task = out->ok ? WRT_ADM_NOBODY : first;
    for (uint32_t i = 0; rows && i < s->tasks_count; i++) {
        if (!s->tasks[i].o.in_server || s->tasks[i].o.server != server) continue;
        rows[i] = (wrt_adm_row){ .ok = out->ok,
            .response = WRT_TICKS_NONE,
            .blocker = WRT_ADM_NOBODY,
            .violation = WRT_TICKS_NONE };
    }
    if (out->ok) return WRT_OK;
    return wrt__fail(err, WRT_E_REJECTED, WRT__W_SET_REJECTED, WRT__NO_OFFSET,
        "server %u does not give its tasks what they need in time", server);
}

/* The caps are about budgets; what releases can cost beside them counts in the test alone. */
static wrt_status admit_behind_caps(struct admit_core *a, const wrt_adm_set *set, wrt_error *err)
{
    wrt_adm_load load;
    wrt_status status = wrt_adm_utilisation(set, &a->o, a->mem, a->mem_bytes, &load, err);
    if (status != WRT_OK || !load.total_ok || !load.levels_ok) return status; /* the caps will refuse it */
    a->o.cap_level = a->o.cap_total = (wrt_adm_ratio){ 0, 0 };
    for (uint32_t i = 0; i < a->count; i++) {
        for (uint32_t l = 0; l < WRT_ADM_LEVELS; l++) {
            uint64_t *c = &a->tasks[i].wcet[l];
            if (l == 0 || *c) *c = wrt__min_u64(*c + a->waits[i], WRT_TICKS_MAX);
        }
    }
    return admit_stolen(a, err);
}

static void admit_tell(const struct admit_core *a, wrt_adm_row *rows, wrt_adm_verdict *out)
{
    if (out->task != WRT_ADM_NOBODY && out->task < a->count) out->task = a->who[out->task];
    for (uint32_t i = 0; rows && i < a->own; i++) {
        if (a->who[i] == WRT_ADM_NOBODY) continue;
        rows[a->who[i]] = a->rows[i];
        if (a->rows[i].blocker < a->count) rows[a->who[i]].blocker = a->who[a->rows[i].blocker];
    }
}

static wrt_status admit_ask(struct admit_core *a, wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err)
{
    wrt_adm_set set = { a->tasks, a->count, a->sections, a->sections_count };
    wrt_status status = WRT_OK;
    a->own = a->count;
    if (a->s->opts.policy == WRT_RATE_MONOTONIC) {
        status = wrt_adm_monotonic(&set, true, a->mem, a->mem_bytes, a->priority, err);
        for (uint32_t i = 0; i < a->count && status == WRT_OK; i++) a->tasks[i].priority = a->priority[i];
    }
    if (status == WRT_OK && a->own) status = admit_behind_caps(a, &set, err);
    set.tasks_count = a->count;
    if (status == WRT_OK && a->own)
        status = wrt_adm_admit(&set, &a->o, a->mem, a->mem_bytes, rows ? a->rows : NULL, out, err);
    if (status != WRT_OK && status != WRT_E_REJECTED) return status;
    admit_tell(a, rows, out);
    for (uint32_t i = 0; i < a->s->servers_count && status == WRT_OK; i++) {
        if (a->s->servers[i].o.core == a->core) status = admit_inside(a, i, rows, out, err);
    }
    return status;
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static wrt_status admit_slots(struct admit_core *a, wrt_error *err)
{
    const wrt_sched *s = a->s;
    uint64_t lost;
    if (!admit_ticks(s, 2 * admit_lost(a, WRT_ADM_NOBODY), &lost)) return admit_range(err, "fuel", 0);
    uint32_t *local = a->priority;      /* nobody has a priority here */
    for (uint32_t i = 0; i < a->count; i++) local[a->who[i]] = i;
    for (uint32_t i = 0; i < s->slots_count; i++) {
        const struct wrt__set_slot *slot = &s->slots[i];
        if (slot->core != a->core) continue;
        a->slots[a->slots_count++] = (wrt_adm_slot){ slot->at, slot->length, lost, local[slot->task] };
    }
    return WRT_OK;
}

/* The caps: a task with slots has so many jobs in a cycle. Refused: *out and err say by which. */
static wrt_status admit_table_caps(struct admit_core *a, wrt_adm_verdict *out, wrt_error *err)
{
    wrt_adm_set set = { a->tasks, a->count, NULL, 0 };
    wrt_adm_load load;
    for (uint32_t i = 0; i < a->count; i++) {
        uint64_t times = a->slots_of[a->who[i]] > 0 ? a->slots_of[a->who[i]] : 1;
        for (uint32_t l = 0; l < WRT_ADM_LEVELS; l++) {
            uint64_t *c = &a->tasks[i].wcet[l];
            if (!wrt__mul_u64(*c, times, c) || *c > WRT_TICKS_MAX) return admit_range(err, "fuel", a->who[i]);
        }
    }
    wrt_status status = wrt_adm_utilisation(&set, &a->o, a->mem, a->mem_bytes, &load, err);
    if (status == WRT_OK && !(load.total_ok && load.levels_ok))
        status = wrt_adm_admit(&set, &a->o, a->mem, a->mem_bytes, NULL, out, err);
    for (uint32_t i = 0; i < a->count; i++) {
        uint64_t times = a->slots_of[a->who[i]] > 0 ? a->slots_of[a->who[i]] : 1;
        for (uint32_t l = 0; l < WRT_ADM_LEVELS; l++) a->tasks[i].wcet[l] /= times;
    }
    return status;
}

/* A job in the gaps is left standing in its instance when a slot begins. */
static bool admit_table_mixes(const struct admit_core *a)
{
    for (uint32_t i = 0; i < a->sections_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            const wrt_adm_section *x = &a->sections[i], *y = &a->sections[k];
            bool slots = a->slots_of[a->who[x->task]] > 0, others = a->slots_of[a->who[y->task]] > 0;
            if (x->resource == y->resource && slots != others) return true;
        }
    }
    return false;
}

static wrt_status admit_table_refuse(const struct admit_core *a, const wrt_adm_verdict *v, wrt_error *err)
{
    if (v->reason == WRT_ADM_LIMIT) {
        return wrt__fail(err, WRT_E_REJECTED, WRT__W_SET_REJECTED, WRT__NO_OFFSET,
            "refused because the analysis was stopped by its limit on %s", v->limit);
    }
    if (v->task == WRT_ADM_NOBODY) {
        return wrt__fail(err, WRT_E_REJECTED, WRT__W_SET_REJECTED, WRT__NO_OFFSET,
            "core %u: the slots leave too little for the tasks in the gaps", a->core);
    }
    return wrt__fail(err, WRT_E_REJECTED, WRT__W_SET_REJECTED, WRT__NO_OFFSET, "task %u %s", v->task,
        a->slots_of[v->task] > 0 ? "does not fit into its shortest slot, or before its deadline there"
                                 : "can be late in the gaps that the slots leave");
}

static wrt_status admit_table(struct admit_core *a, wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err)
{
    wrt_status status;
    a->own = a->count;
    if (admit_table_mixes(a)) {
        return wrt__fail_table(err, WRT_E_UNSUPPORTED, WRT__W_SET_FIELD, "slots",
            "no admission test is defined where tasks with and without slots share an instance");
    }
    status = admit_table_caps(a, out, err);
    if (status == WRT_OK) status = admit_slots(a, err);
    for (uint32_t i = 0; i < a->count; i++)
        a->tasks[i].wcet[0] = wrt__min_u64(a->tasks[i].wcet[0] + a->waits[i], WRT_TICKS_MAX);
    for (uint32_t i = 0; i < a->count; i++)
        memset(&a->tasks[i].wcet[1], 0, sizeof a->tasks[i].wcet - sizeof a->tasks[i].wcet[0]);
    if (status == WRT_OK) status = admit_stolen(a, err);
    if (status != WRT_OK) return status;
    wrt_adm_set set = { a->tasks, a->count, NULL, 0 };
    status = wrt_adm_table(&set, &a->o, a->slots, a->slots_count, a->s->opts.cycle_ns, a->mem, a->mem_bytes,
        rows ? a->rows : NULL, out, err);
    if (status != WRT_OK) return status;
    admit_tell(a, rows, out);
    return out->ok ? WRT_OK : admit_table_refuse(a, out, err);
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static void admit_close(struct admit_core *a, size_t most)
{
    const wrt_alloc *m = &a->s->engine->alloc;
    wrt__free(m, a->tasks, most * sizeof *a->tasks, WRT_TAG_OTHER);
    wrt__free(m, a->who, most * sizeof *a->who, WRT_TAG_OTHER);
    wrt__free(m, a->priority, most * sizeof *a->priority, WRT_TAG_OTHER);
    wrt__free(m, a->waits, most * sizeof *a->waits, WRT_TAG_OTHER);
    wrt__free(m, a->sections, most * sizeof *a->sections, WRT_TAG_OTHER);
    wrt__free(m, a->slots, ((size_t)a->s->slots_count + 1) * sizeof *a->slots, WRT_TAG_OTHER);
    wrt__free(m, a->slots_of, most * sizeof *a->slots_of, WRT_TAG_OTHER);
    wrt__free(m, a->rows, most * sizeof *a->rows, WRT_TAG_OTHER);
    wrt__free(m, a->mem, a->mem_bytes, WRT_TAG_OTHER);
}

static bool admit_open(struct admit_core *a, size_t most)
{
    const wrt_alloc *m = &a->s->engine->alloc;
    a->tasks = wrt__alloc(m, most * sizeof *a->tasks, WRT_TAG_OTHER);
    a->who = wrt__alloc(m, most * sizeof *a->who, WRT_TAG_OTHER);
    a->priority = wrt__alloc(m, most * sizeof *a->priority, WRT_TAG_OTHER);
    a->waits = wrt__alloc(m, most * sizeof *a->waits, WRT_TAG_OTHER);
    a->sections = wrt__alloc(m, most * sizeof *a->sections, WRT_TAG_OTHER);
    a->slots = wrt__alloc(m, ((size_t)a->s->slots_count + 1) * sizeof *a->slots, WRT_TAG_OTHER);
    a->slots_of = wrt__alloc_zero(m, most * sizeof *a->slots_of, WRT_TAG_OTHER);
    a->rows = wrt__alloc_zero(m, most * sizeof *a->rows, WRT_TAG_OTHER);
    a->mem_bytes = wrt_adm_mem_bytes((uint32_t)most, (uint32_t)most);
    a->mem = a->mem_bytes ? wrt__alloc(m, a->mem_bytes, WRT_TAG_OTHER) : NULL;
    if (!a->mem) a->mem_bytes = 0;
    return a->tasks && a->who && a->priority && a->waits && a->sections && a->slots && a->slots_of && a->rows
        && a->mem;
}

static wrt_status admit_one(
    wrt_sched *s, uint32_t core, wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err)
{
    struct admit_core a = { .s = s, .core = core };
    /* what is stolen: once a task and a server, and for the mode */
    size_t most = 2 * ((size_t)s->tasks_count + s->servers_count) + 1;
    wrt_status status = admit_options(&a, err);
    if (status != WRT_OK) return status;
    status = admit_open(&a, most) ? WRT_OK : admit_no_room(err);
    for (uint32_t i = 0; i < s->slots_count && status == WRT_OK; i++) a.slots_of[s->slots[i].task]++;
    if (status == WRT_OK) admit_pieces(&a);
    if (status == WRT_OK) status = admit_tasks(&a, err);
    if (status == WRT_OK) status = admit_servers(&a, err);
    if (status == WRT_OK) {
        admit_sections(&a);
        bool table = s->opts.policy == WRT_TIME_TRIGGERED;
        status = table ? admit_table(&a, rows, out, err) : admit_ask(&a, rows, out, err);
    }
    admit_close(&a, most);
    return status;
}

wrt_status wrt_sched_admit(wrt_sched *s, wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err)
{
    wrt_adm_verdict verdict = { .task = WRT_ADM_NOBODY };
    wrt_status status = WRT_OK;
    wrt__error_clear(err);
    if (s->tasks_count == 0)
        return wrt__fail_table(err, WRT_E_ARG, WRT__W_SET_FIELD, "tasks", "the task set is empty");
    for (uint32_t i = 0; i < s->opts.cores && status == WRT_OK; i++) {
        if (s->cores[i].jobs_count == 0) continue;
        verdict = (wrt_adm_verdict){ .task = WRT_ADM_NOBODY };
        status = admit_one(s, i, rows, &verdict, err);
    }
    if (out) *out = verdict;
    return status;
}
