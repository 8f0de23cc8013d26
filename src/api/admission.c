/* api: admission.h. Checks what the caller gave, calls the room, says in words why a set is refused. */
#include <wrt/admission.h>
#include "admission/admission.h"

enum { API_W_REJECTED = 601, API_W_ADM_ARG = 605, API_W_ADM_CAP, API_W_ADM_LIMIT };

static wrt_status adm_api_open(struct wrt__adm *a, const wrt_adm_set *set, const wrt_adm_opts *o, void *mem,
    size_t mem_bytes, wrt_error *err)
{
    const char *what = NULL;
    wrt__error_clear(err);
    if (!set) what = "set";
    if (set && set->tasks_count > 0 && !set->tasks) what = "tasks";
    if (set && set->sections_count > 0 && !set->sections) what = "sections";
    if (!o || o->size < sizeof *o) what = "opts";
    if (what) return wrt__fail(err, WRT_E_ARG, API_W_ADM_ARG, WRT__NO_OFFSET, "argument %s is missing", what);
    return wrt__adm_open(a, set, o, mem, mem_bytes, err);
}

static wrt_status adm_api_limit(const struct wrt__adm *a, wrt_error *err)
{
    return wrt__fail_table(
        err, WRT_E_LIMIT, API_W_ADM_LIMIT, a->limit, "the analysis was stopped by its limit on %s", a->limit);
}

size_t wrt_adm_mem_bytes(uint32_t tasks_count, uint32_t sections_count)
{
    return wrt__adm_bytes(tasks_count, sections_count);
}

wrt_status wrt_adm_run(const wrt_adm_set *set, const wrt_adm_opts *opts, void *mem, size_t mem_bytes,
    wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err)
{
    struct wrt__adm a;
    wrt_status status = adm_api_open(&a, set, opts, mem, mem_bytes, err);
    if (status == WRT_OK) wrt__adm_test(&a, rows, out);
    return status;
}

static wrt_status adm_api_refuse(const wrt_adm_verdict *v, wrt_error *err)
{
    static const char *const levels[] = { "QM", "A", "B", "C", "D" };
    switch (v->reason) {
    case WRT_ADM_CAP:
        if (v->level < WRT_ADM_LEVELS) {
            return wrt__fail(err, WRT_E_REJECTED, API_W_ADM_CAP, WRT__NO_OFFSET,
                "the utilisation of level %s exceeds its cap", levels[v->level]);
        }
        return wrt__fail(
            err, WRT_E_REJECTED, API_W_ADM_CAP, WRT__NO_OFFSET, "the total utilisation exceeds its cap");
    case WRT_ADM_LIMIT:
        return wrt__fail_table(err, WRT_E_REJECTED, API_W_ADM_LIMIT, v->limit,
            "refused because the analysis was stopped by its limit on %s", v->limit);
    case WRT_ADM_UTILISATION:
        return wrt__fail(err, WRT_E_REJECTED, API_W_REJECTED, WRT__NO_OFFSET,
            "%s: the tasks need more than the processor has", v->decided_by);
    case WRT_ADM_DEMAND:
        return wrt__fail(err, WRT_E_REJECTED, API_W_REJECTED, WRT__NO_OFFSET,
            "%s: more is due at %lu than fits before it", v->decided_by, v->time);
    default: break;
    }
    if (v->time == WRT_TICKS_NONE) {
        return wrt__fail(err, WRT_E_REJECTED, API_W_REJECTED, WRT__NO_OFFSET,
            "%s: task %u misses its deadline", v->decided_by, v->task);
    }
    return wrt__fail(err, WRT_E_REJECTED, API_W_REJECTED, WRT__NO_OFFSET,
        "%s: task %u responds after %lu ticks, beyond its deadline", v->decided_by, v->task, v->time);
}

wrt_status wrt_adm_admit(const wrt_adm_set *set, const wrt_adm_opts *opts, void *mem, size_t mem_bytes,
    wrt_adm_row *rows, wrt_adm_verdict *out, wrt_error *err)
{
    struct wrt__adm a;
    wrt_status status = adm_api_open(&a, set, opts, mem, mem_bytes, err);
    if (status != WRT_OK) return status;
    wrt__adm_ladder(&a, rows, out);
    return out->ok ? WRT_OK : adm_api_refuse(out, err);
}

wrt_status wrt_adm_table(const wrt_adm_set *set, const wrt_adm_opts *opts, const wrt_adm_slot *slots,
    uint32_t slots_count, uint64_t cycle, void *mem, size_t mem_bytes, wrt_adm_row *rows,
    wrt_adm_verdict *out, wrt_error *err)
{
    struct wrt__adm a;
    wrt_adm_opts o = { 0 };
    if (opts && opts->size >= sizeof *opts) {
        o = *opts;
        o.test = WRT_ADM_FIFO;
    }
    wrt_status status = adm_api_open(&a, set, &o, mem, mem_bytes, err);
    if (status != WRT_OK) return status;
    if (slots_count > 0 && (!slots || !wrt__adm_table_valid(&a, slots, slots_count, cycle))) {
        return wrt__fail(err, WRT_E_ARG, API_W_ADM_ARG, WRT__NO_OFFSET,
            "slots must be sorted, apart from each other and within the cycle");
    }
    wrt__adm_table(&a, slots, slots_count, cycle, rows, out);
    return WRT_OK;
}

wrt_status wrt_adm_utilisation(const wrt_adm_set *set, const wrt_adm_opts *opts, void *mem, size_t mem_bytes,
    wrt_adm_load *out, wrt_error *err)
{
    struct wrt__adm a;
    wrt_status status = adm_api_open(&a, set, opts, mem, mem_bytes, err);
    if (status != WRT_OK) return status;
    wrt__adm_load_of(&a, out);
    return a.limit ? adm_api_limit(&a, err) : WRT_OK;
}

size_t wrt_adm_text(const wrt_adm_set *set, const wrt_adm_opts *opts, uint32_t number, void *mem,
    size_t mem_bytes, char *buf, size_t cap)
{
    struct wrt__adm a;
    if (adm_api_open(&a, set, opts, mem, mem_bytes, NULL) != WRT_OK) return 0;
    return wrt__adm_number(&a, number, buf, cap);
}

wrt_status wrt_adm_monotonic(const wrt_adm_set *set, bool by_period, void *mem, size_t mem_bytes,
    uint32_t *priority, wrt_error *err)
{
    struct wrt__adm a;
    wrt_adm_opts o = { .size = sizeof o };
    wrt_status status = adm_api_open(&a, set, &o, mem, mem_bytes, err);
    if (status == WRT_OK) wrt__adm_monotonic(&a, by_period, priority);
    return status;
}

/* Orders and cores are looked for among tasks alone. */
static wrt_status adm_api_no_stolen(const struct wrt__adm *a, wrt_error *err)
{
    for (uint32_t k = 0; k < a->n; k++) {
        if (!a->tasks[k].stolen) continue;
        return wrt__fail(
            err, WRT_E_UNSUPPORTED, 604, WRT__NO_OFFSET, "task %u: stolen time has no place to be found", k);
    }
    return WRT_OK;
}

wrt_status wrt_adm_assign(const wrt_adm_set *set, const wrt_adm_opts *opts, void *mem, size_t mem_bytes,
    uint32_t *priority, wrt_adm_verdict *out, wrt_error *err)
{
    struct wrt__adm a;
    wrt_status status = adm_api_open(&a, set, opts, mem, mem_bytes, err);
    if (status != WRT_OK) return status;
    wrt_adm_test test = a.o.test;
    status = adm_api_no_stolen(&a, err);
    if (status != WRT_OK) return status;
    bool ordered = test == WRT_ADM_FP || (test >= WRT_ADM_VESTAL && test != WRT_ADM_EDF_VD);
    if (!ordered || a.sections_count > 0) {
        return wrt__fail(err, WRT_E_UNSUPPORTED, 604, WRT__NO_OFFSET, "priorities are not assigned for %s%s",
            wrt__adm_test_name(test), a.sections_count > 0 ? " with sections" : "");
    }
    wrt__adm_assign(&a, priority, out);
    wrt__adm_finish(&a, out);
    return WRT_OK;
}

wrt_status wrt_adm_partition(const wrt_adm_set *set, const wrt_adm_opts *opts, wrt_adm_fit fit,
    uint32_t cores, void *mem, size_t mem_bytes, uint32_t *core, wrt_adm_verdict *out, wrt_error *err)
{
    struct wrt__adm a;
    wrt_status status = adm_api_open(&a, set, opts, mem, mem_bytes, err);
    if (status != WRT_OK) return status;
    if (a.sections_count > 0) {
        return wrt__fail(err, WRT_E_UNSUPPORTED, 604, WRT__NO_OFFSET,
            "tasks that share resources are not spread over cores");
    }
    status = adm_api_no_stolen(&a, err);
    if (status != WRT_OK) return status;
    wrt__adm_partition(&a, fit, cores, core, out);
    wrt__adm_finish(&a, out);
    return WRT_OK;
}

wrt_status wrt_adm_scale(const wrt_adm_set *set, const wrt_adm_opts *opts, uint32_t per, void *mem,
    size_t mem_bytes, uint64_t *k, wrt_error *err)
{
    struct wrt__adm a;
    wrt_status status = adm_api_open(&a, set, opts, mem, mem_bytes, err);
    if (status != WRT_OK) return status;
    if (per == 0) return wrt__fail(err, WRT_E_ARG, API_W_ADM_ARG, WRT__NO_OFFSET, "per is 0");
    *k = wrt__adm_scale(&a, per);
    return a.limit ? adm_api_limit(&a, err) : WRT_OK;
}

wrt_status wrt_adm_largest(const wrt_adm_set *set, const wrt_adm_opts *opts, uint32_t task, void *mem,
    size_t mem_bytes, uint64_t *wcet, wrt_error *err)
{
    struct wrt__adm a;
    wrt_status status = adm_api_open(&a, set, opts, mem, mem_bytes, err);
    if (status != WRT_OK) return status;
    if (task >= a.n)
        return wrt__fail(err, WRT_E_ARG, API_W_ADM_ARG, WRT__NO_OFFSET, "there is no task %u", task);
    *wcet = wrt__adm_largest(&a, task);
    return a.limit ? adm_api_limit(&a, err) : WRT_OK;
}

wrt_status wrt_adm_interference(const wrt_adm_set *set, const wrt_adm_opts *opts, uint32_t task,
    const wrt_adm_row *row, uint64_t *ticks, wrt_error *err)
{
    wrt__error_clear(err);
    if (!set || !opts || opts->size < sizeof *opts || task >= set->tasks_count) {
        return wrt__fail(err, WRT_E_ARG, API_W_ADM_ARG, WRT__NO_OFFSET, "there is no task %u", task);
    }
    struct wrt__adm a = { .tasks = set->tasks, .n = set->tasks_count, .o = *opts };
    wrt__adm_interference(&a, task, row, ticks);
    return WRT_OK;
}

static bool adm_server_valid(const wrt_adm_server *s)
{
    uint64_t last = s->deadline > 0 ? s->deadline : s->period;
    return s->budget > 0 && s->budget <= last && last <= s->period && s->period <= WRT_TICKS_MAX;
}

uint64_t wrt_adm_supply(const wrt_adm_server *s, uint64_t t)
{
    return adm_server_valid(s) ? wrt__adm_supply(s, t) : 0;
}

wrt_adm_task wrt_adm_server_task(const wrt_adm_server *s, bool deferrable)
{
    wrt_adm_task t = { .period = s->period, .deadline = s->deadline > 0 ? s->deadline : s->period };
    t.wcet[0] = s->budget;
    if (deferrable && s->period > s->budget) t.jitter = s->period - s->budget;
    return t;
}

wrt_status wrt_adm_inside(const wrt_adm_set *set, const wrt_adm_opts *opts, const wrt_adm_server *s,
    void *mem, size_t mem_bytes, wrt_adm_verdict *out, wrt_error *err)
{
    struct wrt__adm a;
    wrt_status status = adm_api_open(&a, set, opts, mem, mem_bytes, err);
    if (status != WRT_OK) return status;
    const char *why = NULL;
    if (!adm_server_valid(s)) why = "a server needs 1 <= budget <= deadline <= period";
    if (a.o.test != WRT_ADM_FP && a.o.test != WRT_ADM_EDF) why = "inside a server, the test is FP or EDF";
    if (a.sections_count > 0 || a.o.np == WRT_ADM_NP_ALL) why = "inside a server, nothing may block";
    for (uint32_t k = 0; k < a.n; k++) {
        if (a.o.np == WRT_ADM_NP_FLAG && a.tasks[k].np) why = "inside a server, nothing may block";
        if (a.o.test == WRT_ADM_FP && a.tasks[k].deadline > a.tasks[k].period)
            why = "inside a server, FP needs D <= T";
    }
    if (why) return wrt__fail(err, WRT_E_ARG, API_W_ADM_ARG, WRT__NO_OFFSET, "%s", why);
    wrt__adm_inside(&a, s, out);
    wrt__adm_finish(&a, out);
    return WRT_OK;
}

const char *wrt_adm_test_name(wrt_adm_test test)
{
    return wrt__adm_test_name(test);
}

const char *wrt_adm_reason_name(wrt_adm_reason reason)
{
    static const char *const names[] = { "fits", "utilisation", "response", "demand", "cap", "analysis-limit",
        "no-core" };
    return (size_t)reason < WRT_COUNT(names) ? names[reason] : "?";
}
