/* api/wcet_analyzer: tasks with their bounds, registered paths, samples, findings and limits
 * (include/wrt/wcet_analyzer.h). Bounds come from reports alone; nothing here changes one. */
#include "api/objects.h"
#include "wcet/measure.h"

enum {
    ANALYZER_W_PATH = 709, ANALYZER_W_INTEGRITY = 708, ANALYZER_W_UNBOUNDED = 702, ANALYZER_W_OPTION = 707,
    ANALYZER_W_LIMIT = 711, ANALYZER_SAMPLES = 4096
};

struct analyzer_path { uint32_t number; bool complete; uint64_t estimate, high, low; };
struct analyzer_task {
    uint32_t number, component;
    wrt_wcet_report *report;
    wrt_wcet sum;
    wrt_wcet_sample *samples;           /* a ring of a->samples_cap, taken with the first */
    uint64_t collected, high_water, low_water;      /* of all samples, those that the ring has lost too */
    uint32_t paths_count;
    struct analyzer_path paths[WRT_WCET_PATHS];
};
struct analyzer_limit { uint32_t id; uint64_t fuel; };

struct wrt_wcet_analyzer {
    const wrt_alloc *alloc;
    wrt_engine *engine;
    wrt_wcet_config config;             /* with every default filled in */
    wrt_wcet_measure_opts measure;
    wrt_verification level;
    struct analyzer_task *tasks[WRT_WCET_TASKS];
    uint32_t tasks_count, components_count;
    uint32_t components[WRT_WCET_COMPONENTS];
    wrt_wcet_finding findings[WRT_WCET_FINDINGS];
    uint64_t findings_count;
    struct analyzer_limit operations[WRT_WCET_OPERATIONS], task_limits[WRT_WCET_TASKS],
        component_limits[WRT_WCET_COMPONENTS];
    uint32_t limits_count[3];
    uint64_t system_limit;
};

/* ---- making ------------------------------------------------------------------------------------------- */

static wrt_status analyzer_configure(wrt_wcet_analyzer *a, const wrt_wcet_config *config, wrt_error *err)
{
    wrt_wcet_config *c = &a->config;
    wrt_status status = wrt__opts_read(c, sizeof *c, config, "wrt_wcet_config", err);
    if (status != WRT_OK) return status;
    if (c->method == WRT_WCET_DEFAULT) c->method = WRT_WCET_HYBRID;
    if (c->samples == 0) c->samples = ANALYZER_SAMPLES;
    if (c->budget.den == 0) {
        c->budget = a->level >= WRT_VERIFY_FULL ? (wrt_adm_ratio){ 23, 20 } : (wrt_adm_ratio){ 13, 10 };
    }
    const wrt_wcet_measure_opts given = { .size = sizeof given,
        .min_samples = c->min_samples, .margin = c->margin, .confidence = c->confidence, .seed = c->seed
    };
    bool good = wrt__measure_options(&given, &a->measure) && c->budget.num >= c->budget.den
        && c->samples >= a->measure.min_samples && c->samples <= UINT32_C(1) << 20
        && c->method <= WRT_WCET_PROBABILISTIC && a->level <= WRT_VERIFY_REDUNDANT;
    if (good) return WRT_OK;
    return wrt__fail(err, WRT_E_ARG, ANALYZER_W_OPTION, WRT__NO_OFFSET,
        "margin and budget are at least 1, confidence is between 0 and 1, samples from min_samples to 2^20");
}

wrt_status wrt_wcet_analyzer_new(wrt_engine *e, const wrt_wcet_config *config, wrt_verification level,
    wrt_wcet_analyzer **out, wrt_error *err)
{
    wrt__error_clear(err);
    if (!e || !out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    *out = NULL;
    wrt_wcet_analyzer *a = wrt__alloc_zero(&e->alloc, sizeof *a, WRT_TAG_OTHER);
    if (!a) return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "wcet", "no memory for an analyzer");
    a->alloc = &e->alloc;
    a->engine = e;
    a->level = level;
    a->system_limit = WRT_WCET_NONE;
    wrt_status status = analyzer_configure(a, config, err);
    if (status == WRT_OK) *out = a;
    else wrt__free(a->alloc, a, sizeof *a, WRT_TAG_OTHER);
    return status;
}

static void analyzer_task_free(wrt_wcet_analyzer *a, struct analyzer_task *t)
{
    wrt_wcet_report_free(t->report);
    wrt__free(a->alloc, t->samples, a->config.samples * sizeof *t->samples, WRT_TAG_OTHER);
    wrt__free(a->alloc, t, sizeof *t, WRT_TAG_OTHER);
}

void wrt_wcet_analyzer_free(wrt_wcet_analyzer *a)
{
    if (!a) return;
    for (uint32_t i = 0; i < a->tasks_count; i++) analyzer_task_free(a, a->tasks[i]);
    wrt__free(a->alloc, a, sizeof *a, WRT_TAG_OTHER);
}

/* ---- tasks and paths ---------------------------------------------------------------------------------- */

static struct analyzer_task *analyzer_find(const wrt_wcet_analyzer *a, uint32_t task)
{
    for (uint32_t i = 0; i < a->tasks_count; i++) {
        if (a->tasks[i]->number == task) return a->tasks[i];
    }
    return NULL;
}

static wrt_status analyzer_unknown(uint32_t task, wrt_error *err)
{
    return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "there is no task %u", task);
}

static wrt_status analyzer_full(const char *table, uint32_t most, wrt_error *err)
{
    return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_FULL, table, "there is room for %u", most);
}

/* The component has a place, or there is one for it. */
static bool analyzer_component(wrt_wcet_analyzer *a, uint32_t component, bool *is_new)
{
    *is_new = false;
    for (uint32_t i = 0; i < a->components_count; i++) {
        if (a->components[i] == component) return true;
    }
    *is_new = true;
    return a->components_count < WRT_WCET_COMPONENTS;
}

wrt_status wrt_wcet_task_add(wrt_wcet_analyzer *a, uint32_t task, uint32_t component, const wrt_code *code,
    wrt_str func, const wrt_wcet_opts *o, wrt_error *err)
{
    bool new_component;
    wrt__error_clear(err);
    if (!a || !code) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    if (analyzer_find(a, task)) {
        return wrt__fail(
            err, WRT_E_STATE, WRT__W_ARG, WRT__NO_OFFSET, "task %u has been added already", task);
    }
    if (a->tasks_count == WRT_WCET_TASKS) return analyzer_full("wcet_tasks", WRT_WCET_TASKS, err);
    if (!analyzer_component(a, component, &new_component)) {
        return analyzer_full("wcet_components", WRT_WCET_COMPONENTS, err);
    }
    struct analyzer_task *t = wrt__alloc_zero(a->alloc, sizeof *t, WRT_TAG_OTHER);
    if (!t) return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "wcet", "no memory for a task");
    t->number = task;
    t->component = component;
    wrt_wcet_opts own;
    wrt_status status = wrt__opts_read(&own, sizeof own, o, "wrt_wcet_opts", err);
    own.size = sizeof own;
    if (own.state == WRT_WCET_FRESH) own.state = WRT_WCET_REPEATED; /* a task has many jobs */
    if (status == WRT_OK) status = wrt_wcet_analyse(code, func, &own, &t->report, err);
    if (status != WRT_OK) {
        analyzer_task_free(a, t);
        return status;
    }
    t->sum.size = sizeof t->sum;
    wrt_wcet_summary(t->report, &t->sum);
    a->tasks[a->tasks_count++] = t;
    if (new_component) a->components[a->components_count++] = component;
    return WRT_OK;
}

const wrt_wcet_report *wrt_wcet_task_report(const wrt_wcet_analyzer *a, uint32_t task)
{
    const struct analyzer_task *t = analyzer_find(a, task);
    return t ? t->report : NULL;
}

/* Blocks of the entry come first in the list of a report, in the order of their numbers. */
static bool analyzer_block(const struct analyzer_task *t, uint32_t number, wrt_wcet_block *out)
{
    wrt_wcet_block first;
    return wrt_wcet_block_at(t->report, 0, &first) && wrt_wcet_block_at(t->report, number, out)
        && out->func == first.func && out->block == number;
}

static bool analyzer_follows(const struct analyzer_task *t, const wrt_wcet_block *b, uint32_t to)
{
    for (uint32_t k = 0; k < b->next_count; k++) {
        if (wrt_wcet_block_next(t->report, b->block, k) == to) return true;
    }
    return false;
}

/* Walks the path; *p has what it costs. */
static wrt_status analyzer_walk(const struct analyzer_task *t, const uint32_t *blocks, size_t n,
    struct analyzer_path *p, wrt_error *err)
{
    wrt_wcet_block b = { 0 };
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && !analyzer_follows(t, &b, blocks[i])) {
            return wrt__fail(err, WRT_E_INVALID, ANALYZER_W_PATH, b.last,
                "this is no path of the code: block %u does not follow block %u", blocks[i], blocks[i - 1]);
        }
        if (!analyzer_block(t, blocks[i], &b)) {
            return wrt__fail(err, WRT_E_INVALID, ANALYZER_W_PATH, WRT__NO_OFFSET,
                "the function has no block %u", blocks[i]);
        }
        if (b.fuel_high == WRT_WCET_NONE) {
            return wrt__fail(err, WRT_E_UNBOUNDED, ANALYZER_W_UNBOUNDED, b.offset,
                "what block %u calls has no bound", blocks[i]);
        }
        if (!wrt__add_u64(p->high, b.fuel_high, &p->high)) p->high = UINT64_MAX;
        if (!wrt__add_u64(p->low, b.fuel_low, &p->low)) p->low = UINT64_MAX;
    }
    p->complete = blocks[0] == 0 && analyzer_follows(t, &b, WRT_WCET_RETURNS);
    return WRT_OK;
}

static const struct analyzer_path *analyzer_path(const struct analyzer_task *t, uint32_t path)
{
    for (uint32_t i = 0; i < t->paths_count; i++) {
        if (t->paths[i].number == path) return &t->paths[i];
    }
    return NULL;
}

wrt_status wrt_wcet_path_add(wrt_wcet_analyzer *a, uint32_t task, uint32_t path, const uint32_t *blocks,
    size_t n, uint64_t estimate, wrt_error *err)
{
    wrt__error_clear(err);
    struct analyzer_task *t = a ? analyzer_find(a, task) : NULL;
    if (!t) return analyzer_unknown(task, err);
    if (a->config.no_paths || analyzer_path(t, path)) {
        return wrt__fail(err, WRT_E_STATE, WRT__W_ARG, WRT__NO_OFFSET,
            a->config.no_paths ? "paths are off" : "path %u has been registered already", path);
    }
    if (n > WRT_WCET_PATH_BLOCKS) return analyzer_full("wcet_path_blocks", WRT_WCET_PATH_BLOCKS, err);
    if (!blocks || n == 0 || path == WRT_WCET_NO_PATH) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "a path has a number and blocks");
    }
    if (t->paths_count == WRT_WCET_PATHS) return analyzer_full("wcet_paths", WRT_WCET_PATHS, err);
    struct analyzer_path p = { .number = path, .estimate = estimate };
    wrt_status status = analyzer_walk(t, blocks, n, &p, err);
    if (status != WRT_OK) return status;
    if (estimate < p.high) {
        return wrt__fail(err, WRT_E_INVALID, ANALYZER_W_PATH, WRT__NO_OFFSET,
            "path %u costs up to %lu fuel, more than the estimate of %lu", path, p.high, estimate);
    }
    t->paths[t->paths_count++] = p;
    return WRT_OK;
}

/* ---- analysis ----------------------------------------------------------------------------------------- */

/* Samples in the order in which they came, given (wrt__free, *n * sizeof); NULL with *n 0: there are none. */
static bool analyzer_samples(
    const wrt_wcet_analyzer *a, const struct analyzer_task *t, wrt_wcet_sample **out, size_t *n)
{
    const uint32_t cap = a->config.samples;
    *out = NULL;
    *n = (size_t)wrt__min_u64(t->collected, cap);
    if (*n == 0) return true;
    *out = wrt__alloc(a->alloc, *n * sizeof **out, WRT_TAG_OTHER);
    if (!*out) return false;
    const size_t first = t->collected > cap ? (size_t)(t->collected % cap) : 0;
    memcpy(*out, t->samples + first, (*n - first) * sizeof **out);
    memcpy(*out + (*n - first), t->samples, first * sizeof **out);
    return true;
}

static uint32_t analyzer_critical(const struct analyzer_task *t)
{
    uint64_t most = 0;
    uint32_t path = WRT_WCET_NO_PATH;
    for (uint32_t i = 0; i < t->paths_count; i++) {
        if (!t->paths[i].complete || (path != WRT_WCET_NO_PATH && t->paths[i].estimate <= most)) continue;
        most = t->paths[i].estimate;
        path = t->paths[i].number;
    }
    return path;
}

static uint64_t analyzer_estimate(const wrt_wcet_analyzer *a, const struct analyzer_task *t)
{
    const struct analyzer_path *critical = analyzer_path(t, analyzer_critical(t));
    const uint64_t bound = t->sum.bounded ? t->sum.fuel_high : WRT_WCET_NONE;
    uint64_t estimate = bound;
    if (critical) estimate = critical->estimate;
    else if (t->collected >= a->measure.min_samples)
        estimate = wrt__measure_scale(t->high_water, a->measure.margin);
    return wrt__min_u64(estimate, bound);
}

static wrt_status analyzer_measured(wrt_wcet_analyzer *a, const struct analyzer_task *t,
    wrt_wcet_analysis method, wrt_wcet_result *out, wrt_error *err)
{
    wrt_wcet_sample *samples;
    size_t n;
    wrt_status status = WRT_OK;
    if (!analyzer_samples(a, t, &samples, &n)) {
        return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "wcet", "no memory for samples");
    }
    wrt__measure(samples, n, &a->measure, &out->observed);
    if (method == WRT_WCET_HYBRID || method == WRT_WCET_PROBABILISTIC) {
        wrt_wcet_combined both = WRT_INIT(wrt_wcet_combined);
        status = wrt_wcet_combine(&t->sum, samples, n, &a->measure, &both, err);
        out->pessimism_permille = both.pessimism_permille;
    }
    if (status == WRT_OK && method == WRT_WCET_PROBABILISTIC) {
        status = wrt_wcet_probable(a->engine, samples, n, &a->measure, &out->prob, err);
    }
    if (samples) wrt__free(a->alloc, samples, n * sizeof *samples, WRT_TAG_OTHER);
    return status;
}

static wrt_status analyzer_integrity(
    const struct analyzer_task *t, uint64_t fuel, bool above, wrt_error *err)
{
    wrt_status status = wrt__fail(err, WRT_E_INTEGRITY, ANALYZER_W_INTEGRITY, WRT__NO_OFFSET,
        above ? "task %u used %lu fuel, above its bound of %lu: something that the bound rests on is false"
              : "task %u used %lu fuel, below its least of %lu: something that it rests on is false",
        t->number, fuel, above ? t->sum.fuel_high : t->sum.fuel_low);
    wrt_wcet_assumption fact, last = { 0 };
    uint64_t facts = 0;
    for (size_t i = 0; wrt_wcet_assumption_at(t->report, i, &fact); i++) {
        if (fact.kind == 'i') continue;
        last = fact;
        facts++;
    }
    if (facts == 1 && last.kind == 'l') {
        wrt__error_hint(err, "the only fact that was stated: loop %u of function %u", last.loop, last.func);
    } else if (facts > 0) {
        wrt__error_hint(err, "one of %lu facts that were stated", facts);
    }
    return status;
}

wrt_status wrt_wcet_analyze_task(wrt_wcet_analyzer *a, uint32_t task, uint32_t component,
    wrt_wcet_analysis method, wrt_wcet_result *out, wrt_error *err)
{
    wrt__error_clear(err);
    const struct analyzer_task *t = a ? analyzer_find(a, task) : NULL;
    if (!t || t->component != component || !out || method > WRT_WCET_PROBABILISTIC) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "there is no task %u in component %u",
            task, component);
    }
    if (method == WRT_WCET_DEFAULT) method = a->config.method;
    const bool bound = method != WRT_WCET_MEASURED && t->sum.bounded;
    *out = (wrt_wcet_result){ .size = out->size,
        .method = method,
        .bounded = bound,
        .wcet_fuel = bound ? t->sum.fuel_high : WRT_WCET_NONE,
        .bcet_fuel = bound ? t->sum.fuel_low : 0,
        .budget_fuel = bound ? wrt__measure_scale(t->sum.fuel_high, a->config.budget) : WRT_WCET_NONE,
        .estimate_fuel = analyzer_estimate(a, t),
        .pessimism_permille = WRT_WCET_NONE,
        .paths = t->paths_count,
        .critical_path = analyzer_critical(t),
        .observed = WRT_INIT(wrt_wcet_observed),
        .prob = WRT_INIT(wrt_wcet_prob) };
    wrt_status status = method == WRT_WCET_STATIC ? WRT_OK : analyzer_measured(a, t, method, out, err);
    const bool against = bound && method != WRT_WCET_STATIC && t->collected > 0;
    if (status == WRT_OK && against && (t->high_water > t->sum.fuel_high || t->low_water < t->sum.fuel_low)) {
        const bool above = t->high_water > t->sum.fuel_high;
        status = analyzer_integrity(t, above ? t->high_water : t->low_water, above, err);
    }
    if (status != WRT_OK || method == WRT_WCET_MEASURED || bound) return status;
    status = wrt__fail(err, WRT_E_UNBOUNDED, ANALYZER_W_UNBOUNDED,
        t->sum.unbounded ? t->sum.why[0].offset : WRT__NO_OFFSET, "task %u has no bound: %u places", task,
        t->sum.unbounded);
    return status;
}

/* ---- runs --------------------------------------------------------------------------------------------- */

static void analyzer_note(
    wrt_wcet_analyzer *a, wrt_wcet_finding_kind kind, uint32_t task, const wrt_wcet_sample *s, uint64_t limit)
{
    const uint64_t at = a->findings_count++;
    if (at >= WRT_WCET_FINDINGS) return;
    a->findings[at] = (wrt_wcet_finding){
        .kind = kind, .task = task, .path = s->path, .fuel = s->fuel, .limit = limit, .input = s->input
    };
}

wrt_status wrt_wcet_validate(
    wrt_wcet_analyzer *a, uint32_t task, uint64_t fuel, wrt_wcet_verdict *out, wrt_error *err)
{
    const wrt_wcet_sample run = { .fuel = fuel, .path = WRT_WCET_NO_PATH };
    wrt__error_clear(err);
    const struct analyzer_task *t = a ? analyzer_find(a, task) : NULL;
    if (!t || !out) return analyzer_unknown(task, err);
    const uint64_t estimate = analyzer_estimate(a, t);
    *out = WRT_WCET_WITHIN;
    if (t->sum.bounded && fuel > t->sum.fuel_high) {
        *out = WRT_WCET_ABOVE_BOUND;
        analyzer_note(a, WRT_WCET_FOUND_ABOVE_BOUND, task, &run, t->sum.fuel_high);
        return analyzer_integrity(t, fuel, true, err);
    }
    if (fuel > estimate) {
        *out = WRT_WCET_ABOVE_ESTIMATE;
        analyzer_note(a, WRT_WCET_FOUND_ABOVE_ESTIMATE, task, &run, estimate);
    }
    return WRT_OK;
}

/* A run of a complete path costs what the path costs; one that passes a part, at least that. */
static void analyzer_check_path(wrt_wcet_analyzer *a, uint32_t task, const struct analyzer_path *p,
    const wrt_wcet_sample *s)
{
    if (!p || a->level < WRT_VERIFY_FULL) return;
    if (s->fuel < p->low) analyzer_note(a, WRT_WCET_FOUND_PATH, task, s, p->low);
    else if (p->complete && s->fuel > p->high) analyzer_note(a, WRT_WCET_FOUND_PATH, task, s, p->high);
}

wrt_status wrt_wcet_collect(wrt_wcet_analyzer *a, uint32_t task, const wrt_wcet_sample *s, wrt_error *err)
{
    wrt__error_clear(err);
    struct analyzer_task *t = a ? analyzer_find(a, task) : NULL;
    if (!t || !s) return analyzer_unknown(task, err);
    if (a->config.no_sampling) {
        return wrt__fail(err, WRT_E_STATE, WRT__W_ARG, WRT__NO_OFFSET, "sampling is off");
    }
    const struct analyzer_path *p = analyzer_path(t, s->path);
    if (!p && s->path != WRT_WCET_NO_PATH) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "task %u has no path %u", task, s->path);
    }
    if (!t->samples) {
        t->samples = wrt__alloc(a->alloc, a->config.samples * sizeof *t->samples, WRT_TAG_OTHER);
        if (!t->samples) {
            return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "wcet", "no memory for samples");
        }
    }
    t->samples[t->collected++ % a->config.samples] = *s;
    t->high_water = wrt__max_u64(t->high_water, s->fuel);
    t->low_water = t->collected == 1 ? s->fuel : wrt__min_u64(t->low_water, s->fuel);
    analyzer_check_path(a, task, p, s);
    const bool above = t->sum.bounded && s->fuel > t->sum.fuel_high;
    if (!above && s->fuel >= t->sum.fuel_low) return WRT_OK;
    analyzer_note(a, above ? WRT_WCET_FOUND_ABOVE_BOUND : WRT_WCET_FOUND_BELOW_LEAST, task, s,
        above ? t->sum.fuel_high : t->sum.fuel_low);
    return analyzer_integrity(t, s->fuel, above, err);
}

uint64_t wrt_wcet_findings(const wrt_wcet_analyzer *a, wrt_wcet_finding *out, size_t cap)
{
    const uint64_t kept = wrt__min_u64(a->findings_count, WRT_WCET_FINDINGS);
    if (out) memcpy(out, a->findings, (size_t)wrt__min_u64(kept, cap) * sizeof *out);
    return a->findings_count;
}

/* ---- limits ------------------------------------------------------------------------------------------- */

static struct analyzer_limit *analyzer_table(
    const wrt_wcet_analyzer *a, wrt_wcet_scope scope, uint32_t *cap, const char **name)
{
    wrt_wcet_analyzer *w = (wrt_wcet_analyzer *)(uintptr_t)a;
    switch (scope) {
    case WRT_WCET_OPERATION:
        *cap = WRT_WCET_OPERATIONS;
        *name = "wcet_operations";
        return w->operations;
    case WRT_WCET_TASK:
        *cap = WRT_WCET_TASKS;
        *name = "wcet_tasks";
        return w->task_limits;
    case WRT_WCET_COMPONENT:
        *cap = WRT_WCET_COMPONENTS;
        *name = "wcet_components";
        return w->component_limits;
    default: return NULL;
    }
}

wrt_status wrt_wcet_limit_set(
    wrt_wcet_analyzer *a, wrt_wcet_scope scope, uint32_t id, uint64_t fuel, wrt_error *err)
{
    uint32_t cap = 0, i = 0;
    const char *name = NULL;
    wrt__error_clear(err);
    if (!a || (uint32_t)scope > WRT_WCET_SYSTEM) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "there is no such scope");
    }
    if (scope == WRT_WCET_SYSTEM) {
        a->system_limit = fuel;
        return WRT_OK;
    }
    struct analyzer_limit *table = analyzer_table(a, scope, &cap, &name);
    uint32_t *count = &a->limits_count[scope];
    while (i < *count && table[i].id != id) i++;
    if (i == cap) return analyzer_full(name, cap, err);
    table[i] = (struct analyzer_limit){ id, fuel };
    if (i == *count) (*count)++;
    return WRT_OK;
}

uint64_t wrt_wcet_limit(const wrt_wcet_analyzer *a, wrt_wcet_scope scope, uint32_t id)
{
    uint32_t cap;
    const char *name;
    if (scope == WRT_WCET_SYSTEM) return a->system_limit;
    const struct analyzer_limit *table = analyzer_table(a, scope, &cap, &name);
    for (uint32_t i = 0; table && i < a->limits_count[scope]; i++) {
        if (table[i].id == id) return table[i].fuel;
    }
    return WRT_WCET_NONE;
}

static const char *analyzer_scope(wrt_wcet_scope scope)
{
    static const char *const names[] = { "operation", "task", "component", "system" };
    return names[scope <= WRT_WCET_SYSTEM ? scope : WRT_WCET_SYSTEM];
}

wrt_status wrt_wcet_limit_check(
    const wrt_wcet_analyzer *a, wrt_wcet_scope scope, uint32_t id, uint64_t fuel, wrt_error *err)
{
    wrt__error_clear(err);
    const uint64_t limit = wrt_wcet_limit(a, scope, id);
    if (fuel <= limit) return WRT_OK;
    return wrt__fail(err, WRT_E_FUEL, ANALYZER_W_LIMIT, WRT__NO_OFFSET,
        "%s %u used %lu fuel, its limit is %lu", analyzer_scope(scope), id, fuel, limit);
}

/* Bounds of all tasks of a component (ALL: of every one) beside `limit`. */
static wrt_status analyzer_fits(const wrt_wcet_analyzer *a, wrt_wcet_scope scope, uint32_t id, uint64_t limit,
    wrt_error *err)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < a->tasks_count && limit != WRT_WCET_NONE; i++) {
        const struct analyzer_task *t = a->tasks[i];
        if (scope == WRT_WCET_TASK && t->number != id) continue;
        if (scope == WRT_WCET_COMPONENT && t->component != id) continue;
        if (!t->sum.bounded) {
            return wrt__fail(err, WRT_E_UNBOUNDED, ANALYZER_W_UNBOUNDED, WRT__NO_OFFSET,
                "task %u has no bound, and %s %u has a limit", t->number, analyzer_scope(scope), id);
        }
        if (!wrt__add_u64(sum, t->sum.fuel_high, &sum)) sum = UINT64_MAX;
    }
    if (sum <= limit) return WRT_OK;
    return wrt__fail(err, WRT_E_REJECTED, ANALYZER_W_LIMIT, WRT__NO_OFFSET,
        "%s %u may need %lu fuel, its limit is %lu", analyzer_scope(scope), id, sum, limit);
}

wrt_status wrt_wcet_limits_fit(const wrt_wcet_analyzer *a, wrt_error *err)
{
    wrt_status status = WRT_OK;
    wrt__error_clear(err);
    for (uint32_t i = 0; i < a->limits_count[WRT_WCET_TASK] && status == WRT_OK; i++) {
        status = analyzer_fits(a, WRT_WCET_TASK, a->task_limits[i].id, a->task_limits[i].fuel, err);
    }
    for (uint32_t i = 0; i < a->limits_count[WRT_WCET_COMPONENT] && status == WRT_OK; i++) {
        status = analyzer_fits(
            a, WRT_WCET_COMPONENT, a->component_limits[i].id, a->component_limits[i].fuel, err);
    }
    return status == WRT_OK ? analyzer_fits(a, WRT_WCET_SYSTEM, 0, a->system_limit, err) : status;
}
