/* sched_system: from a manifest or a JSON set to a schedule of the library, and its admission. */
#include "sched_system.h"
#include "schedule.h"
#include <stdlib.h>
#include <string.h>

/* ---- the input ------------------------------------------------------------------------------------------
 */

int wd_sched_input_open(struct wd *w, struct wd_sched_input *in)
{
    uint8_t *text;
    size_t n;
    memset(in, 0, sizeof *in);
    in->manifest.folder_fd = -1;
    int code = wd_operands(w, 1, 1, "a FILE: a manifest or a set of tasks");
    if (!code) code = wd_read_file(w, w->rest[0], &text, &n);
    if (code) return code;
    in->path = w->rest[0];
    in->is_manifest = wd_manifest_is(in->path, (const char *)text, n);
    if (!in->is_manifest) {
        code = wd_set_read_json(w, in->path, (const char *)text, n, &in->set);
        free(text);
        return code;
    }
    text = wd_resize(text, n + 1);
    text[n] = 0;
    code = wd_manifest_read(w, in->path, (char *)text, n, &in->manifest);
    if (!code) code = wd_manifest_load(&in->manifest, &in->session);
    in->loaded = true;
    return code;
}

void wd_sched_input_close(struct wd_sched_input *in)
{
    if (in->loaded) wd_session_close(&in->session);
    if (in->is_manifest) wd_manifest_free(&in->manifest);
    wd_set_free(&in->set);
}

/* ---- making the schedule --------------------------------------------------------------------------------
 */

static const char *const policy_words[] = { "cooperative", "round-robin", "priority", "rm", "edf", "rm+edf",
    "time-triggered" };
static const wrt_policy policy_values[] = { WRT_COOPERATIVE, WRT_ROUND_ROBIN, WRT_FIXED_PRIORITY,
    WRT_RATE_MONOTONIC, WRT_EDF, WRT_RM_EDF, WRT_TIME_TRIGGERED };

static void system_policy(struct wd_system *s)
{
    const char *word = wd_option(s->w, WD_OPT_sched_policy);
    for (size_t k = 0; word && k < WD_COUNT(policy_words); k++) {
        if (strcmp(word, policy_words[k]) == 0) s->o.policy = policy_values[k];
    }
    if (wd_has(s->w, WD_OPT_virtual)) s->o.virtual_time = true;
}

static int system_failed(struct wd_system *s, const wrt_error *e)
{
    return wd_report(s->w, e, s->file, e->status == WRT_E_ARG ? WD_EXIT_CONFIG : wd_exit_of(e));
}

static int system_add(struct wd_system *s, const wrt_sched_task *t, const char *name)
{
    wrt_error e;
    struct wd_job_row *r = &s->rows[s->rows_count];
    uint32_t number;
    if (wrt_sched_add(s->sched, t, &number, &e) != WRT_OK) {
        if (!e.where[0]) wd_error_where(&e, "task \"%s\"", name);
        return system_failed(s, &e);
    }
    *r = (struct wd_job_row){ .name = name, .level = t->level, .core = t->core, .bcet_fuel = t->bcet_fuel };
    r->sporadic = t->period_ns == 0 && t->separation_ns > 0;
    r->period_ns = r->sporadic ? t->separation_ns : t->period_ns;
    r->deadline_ns = t->deadline_ns ? t->deadline_ns : t->period_ns ? t->period_ns : UINT64_MAX;
    for (int k = 0; k < WRT_MODES; k++) r->budget[k] = t->fuel[k] ? t->fuel[k] : r->budget[k ? k - 1 : 0];
    s->rows_count++;
    return 0;
}

/* ---- from a manifest ------------------------------------------------------------------------------------
 */

wrt_sched_server_opts wd_system_server(const struct wd_mf_server *v)
{
    return (wrt_sched_server_opts){ .size = sizeof(wrt_sched_server_opts),
        .kind = v->kind,
        .name = wd_str(v->name),
        .core = v->core,
        .fuel = v->fuel,
        .period_ns = v->period_ns,
        .priority = v->priority,
        .band_set = v->band_set,
        .band = v->band };
}

/* Slots are checked against each other when they are added: the place is that of the task. */
static int system_slot_failed(
    struct wd_system *s, struct wd_manifest *m, uint32_t task, uint32_t slot, const wrt_error *e)
{
    char a[32];
    const struct wd_mf_task *t = &m->tasks[task];
    if (e->status != WRT_E_ARG) return system_failed(s, e);
    mf_fault(&m->mf, t->at, true, WD_W_MANIFEST_SENSE, NULL,
        "the slot at %s of `%s` overlaps another one of its core", wd_time_text(t->slots[slot].at_ns, a),
        t->name);
    mf_hint(&m->mf, "slots of a core follow each other; `at` counts from the begin of the cycle");
    return mf_report(&m->mf);
}

static int system_of_manifest(struct wd_system *s, struct wd_manifest *m, wrt_func *const *funcs)
{
    wrt_error e;
    uint32_t *servers = wd_alloc((m->servers_count + 1) * sizeof *servers);
    int code = 0;
    for (uint32_t k = 0; k < m->servers_count && !code; k++) {
        wrt_sched_server_opts o = wd_system_server(&m->servers[k]);
        if (wrt_sched_server(s->sched, &o, &servers[k], &e) != WRT_OK) code = system_failed(s, &e);
    }
    for (uint32_t k = 0; k < m->tasks_count && !code; k++) {
        struct wd_mf_task *t = &m->tasks[k];
        wrt_sched_task o = t->o;
        o.name = wd_str(t->name);
        if (o.in_server) o.server = servers[t->server];
        if (funcs) {
            o.func = funcs[k];
            o.args = t->args;
            o.args_count = t->type.params;
        }
        code = system_add(s, &o, t->name);
        for (uint32_t i = 0; i < t->slots_count && !code; i++) {
            if (wrt_sched_slot(s->sched, t->slots[i].at_ns, t->slots[i].length_ns, k, &e) != WRT_OK)
                code = system_slot_failed(s, m, k, i, &e);
        }
    }
    free(servers);
    return code;
}

/* ---- from a JSON set: 1 tick is 1 fuel is 1 ns -----------------------------------------------------------
 */

static void set_budgets(const struct wd_set *set, const wrt_adm_task *rt, wrt_sched_task *o)
{
    o->fuel[0] = rt->wcet[0];
    if (set->says & WD_SET_DUAL) {
        o->level = rt->level ? WRT_ASIL_C : WRT_QM;
        o->fuel[1] = o->level == WRT_ASIL_C ? rt->wcet[1] : 0;
    } else if (set->says & WD_SET_LEVELS) {
        uint64_t below = rt->wcet[1] ? rt->wcet[1] : rt->wcet[0];
        o->level = (wrt_asil)rt->level;
        o->fuel[1] = rt->level >= 2 ? rt->wcet[2] ? rt->wcet[2] : below : 0;
        o->fuel[2] = rt->level >= 3 ? rt->wcet[3] : 0;
    } else {
        o->level = (wrt_asil)(rt->level < WRT_ADM_LEVELS ? rt->level : 0);
    }
    for (int k = 1; k < WRT_MODES; k++) {
        if (o->fuel[k] < o->fuel[k - 1]) o->fuel[k] = 0;
    }
}

static uint8_t set_priority(const struct wd_set *set, uint32_t k)
{
    uint32_t above = 0;
    if (set->says & WD_SET_PRIORITIES) {
        above = set->tasks[k].rt.priority;
    } else {
        for (uint32_t i = 0; i < set->tasks_count; i++) {
            uint64_t a = set->tasks[i].rt.deadline, b = set->tasks[k].rt.deadline;
            above += a < b || (a == b && i < k);
        }
    }
    return (uint8_t)(above < 254 ? 255 - above : 1);
}

static int system_of_set(struct wd_system *s, const struct wd_set *set)
{
    int code = 0;
    if (set->tasks_count > WRT_SCHED_TASKS) {
        return wd_fail(s->w, WD_EXIT_LIMIT, WD_W_TASKSET, "`wrtd sched analyze` takes more",
            "%u tasks; a schedule has at most %u", set->tasks_count, WRT_SCHED_TASKS);
    }
    if (set->tasks_count > 254 && s->o.policy == WRT_FIXED_PRIORITY) {
        return wd_fail(s->w, WD_EXIT_LIMIT, WD_W_TASKSET, "--policy rm or edf",
            "%u tasks, but fixed priority has 254 priorities", set->tasks_count);
    }
    for (uint32_t k = 0; k < set->tasks_count && !code; k++) {
        const struct wd_set_task *t = &set->tasks[k];
        wrt_sched_task o = WRT_INIT(wrt_sched_task);
        o.name = wd_str(t->name);
        o.period_ns = t->rt.period;
        o.deadline_ns = t->rt.deadline;
        o.offset_ns = t->offset;
        o.jitter_ns = t->rt.jitter;
        o.bcet_fuel = t->bcet;
        o.core = t->rt.core;
        if (s->o.policy == WRT_FIXED_PRIORITY) o.priority = set_priority(set, k);
        o.band_set = (set->says & WD_SET_BANDS) && s->o.policy == WRT_RM_EDF;
        o.band = t->rt.band;
        set_budgets(set, &t->rt, &o);
        o.np = t->rt.np || o.level == WRT_ASIL_D;
        for (int i = 0; o.np && i < WRT_MODES; i++)
            o.np_max_fuel = o.fuel[i] > o.np_max_fuel ? o.fuel[i] : o.np_max_fuel;
        code = system_add(s, &o, t->name);
    }
    return code;
}

static void system_set_options(struct wd_system *s, const struct wd_set *set)
{
    s->o = WRT_INIT(wrt_sched_opts);
    s->o.policy = set->says & WD_SET_BANDS ? WRT_RM_EDF : WRT_FIXED_PRIORITY;
    s->o.virtual_time = true;
    s->o.ns_per_kfuel = 1000;
    s->o.cores = 1;
    for (uint32_t k = 0; k < set->tasks_count; k++) {
        if (set->tasks[k].rt.core >= s->o.cores) s->o.cores = set->tasks[k].rt.core + 1;
    }
    for (uint32_t k = 0; k < WRT_SCHED_CORES; k++) s->core_numbers[k] = k;
}

int wd_system_open(
    struct wd *w, struct wd_sched_input *in, wrt_func *const *funcs, bool simulated, struct wd_system *s)
{
    wrt_error e;
    *s = (struct wd_system){ .w = w, .file = in->path, .until_ns = 1, .columns = 64 };
    if (in->is_manifest) {
        s->manifest = &in->manifest;
        s->name = in->manifest.name;
        s->o = in->manifest.o;
        s->engine = in->session.engine;
        memcpy(s->core_numbers, in->manifest.cores, sizeof in->manifest.cores);
    } else {
        s->name = in->set.name;
        system_set_options(s, &in->set);
        wrt_config c = WRT_INIT(wrt_config);
        if (wrt_engine_new(&c, &s->own_engine, &e) != WRT_OK) return system_failed(s, &e);
        s->engine = s->own_engine;
    }
    if (!s->name) s->name = wd_base_name(in->path);
    system_policy(s);
    if (simulated) s->o.virtual_time = true;
    s->o.event = wd_system_event;
    s->o.ctx = s;
    uint32_t tasks = in->is_manifest ? in->manifest.tasks_count : in->set.tasks_count;
    s->rows = wd_alloc((tasks + 1) * sizeof *s->rows);
    s->cores = wd_alloc(s->o.cores * sizeof *s->cores);
    for (uint32_t k = 0; k < s->o.cores; k++) s->cores[k].hash = 0xcbf29ce484222325u;
    if (wrt_sched_new(s->engine, &s->o, &s->sched, &e) != WRT_OK) return system_failed(s, &e);
    return in->is_manifest ? system_of_manifest(s, s->manifest, funcs) : system_of_set(s, &in->set);
}

void wd_system_close(struct wd_system *s)
{
    if (s->sched) wrt_sched_free(s->sched);
    for (uint32_t k = 0; k < s->rows_count; k++) {
        free(s->rows[k].response.v);
        free(s->rows[k].start.v);
        free(s->rows[k].places);
    }
    for (uint32_t k = 0; s->cores && k < s->o.cores; k++) {
        free(s->cores[k].records);
        free(s->cores[k].names);
    }
    free(s->rows);
    free(s->cores);
    free(s->adm);
    if (s->schedule) wd_schedule_free(s->schedule);
    free(s->schedule);
    if (s->own_engine) wrt_engine_free(s->own_engine);
    *s = (struct wd_system){ 0 };
}

/* ---- admission ------------------------------------------------------------------------------------------
 */

int wd_system_admit(struct wd_system *s)
{
    s->adm = wd_alloc((s->rows_count + 1) * sizeof *s->adm);
    s->verdict.task = WRT_ADM_NOBODY;
    s->adm_status = wrt_sched_admit(s->sched, s->adm, &s->verdict, &s->adm_error);
    bool answer = s->adm_status == WRT_OK || s->adm_status == WRT_E_REJECTED
        || s->adm_status == WRT_E_UNSUPPORTED;
    return answer ? 0 : system_failed(s, &s->adm_error);
}

/* By how much, as far as the test says it. */
static void refused_note(const struct wd_system *s, uint32_t k, char note[128])
{
    char a[32], b[32];
    uint64_t response = s->adm[k].response, deadline = s->rows[k].deadline_ns;
    if (response != WRT_TICKS_NONE && response > deadline) {
        snprintf(note, 128, "response time %s > %s", wd_time_text(response, a), wd_time_text(deadline, b));
    } else if (s->verdict.reason == WRT_ADM_DEMAND && s->verdict.time != WRT_TICKS_NONE) {
        snprintf(note, 128, "more work is due within %s than fits", wd_time_text(s->verdict.time, a));
    } else if (s->verdict.reason == WRT_ADM_UTILISATION) {
        snprintf(note, 128, "its core has less time than its tasks need");
    }
}

void wd_system_say_refused(struct wd_system *s, const char *level)
{
    wrt_error e = s->adm_error;
    uint32_t k = s->verdict.task;
    char note[128] = "";
    e.code = WD_W_REJECTED;
    if (!e.hint[0])
        wd_error_hint(&e, "%s",
            s->verdict.reason == WRT_ADM_CAP
                ? "max-utilization and max-utilization-per-level are the caps"
                : "a longer deadline or period, a smaller wcet, or another core for some task");
    if (k < s->rows_count && s->verdict.reason != WRT_ADM_LIMIT) {
        refused_note(s, k, note);
        snprintf(e.message, sizeof e.message, "task \"%.40s\" cannot meet its deadline", s->rows[k].name);
    }
    if (!s->manifest || k >= s->rows_count) {
        if (note[0]) wd_error_where(&e, "%.90s", note);
        wd_say_error(s->w, level, &e, s->file, NULL);
        return;
    }
    struct mf *m = &s->manifest->mf;
    const struct wd_mf_task *t = &s->manifest->tasks[k];
    const struct toml_value *at = t->deadline_at ? t->deadline_at : t->period_at ? t->period_at : t->at;
    mf_fault(m, at, false, WD_W_REJECTED, note, "%s", e.message);
    mf_hint(m, "%s", e.hint);
    wd_say_error(s->w, level, &m->faults[0].error, m->file, &m->faults[0].caret);
    m->faults_count = 0;
}

/* Least common multiple of all periods; UINT64_MAX: 2^63 or more. */
static uint64_t system_hyperperiod(const struct wd_system *s)
{
    uint64_t h = 1;
    for (uint32_t k = 0; k < s->rows_count; k++) {
        uint64_t a = h, b = s->rows[k].period_ns;
        if (b == 0 || s->rows[k].sporadic) continue;
        uint64_t period = b;
        while (b) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        uint64_t by = period / a;
        if (h > ((uint64_t)1 << 63) / by) return UINT64_MAX;
        h *= by;
    }
    return h >> 63 ? UINT64_MAX : h;
}

void wd_system_warn(struct wd_system *s)
{
    uint64_t rate = s->o.ns_per_kfuel;
    uint32_t said = 0;
    for (uint32_t k = 0; s->manifest && k < s->rows_count; k++) {
        uint64_t deadline = s->rows[k].deadline_ns;
        if (deadline == UINT64_MAX || deadline >= rate) continue;
        if (said++ >= 5) continue;
        const struct wd_mf_task *t = &s->manifest->tasks[k];
        const struct toml_value *at = t->deadline_at ? t->deadline_at : t->period_at;
        unsigned long long fuel = (unsigned long long)((double)deadline * 1000 / (double)rate);
        if (!at) continue;
        mf_warn(&s->manifest->mf, at, "the deadline of `%s` is %llu fuel: below 1000 the rate says little",
            s->rows[k].name, fuel);
    }
    if (said > 5) wd_warn(s->w, "%u more deadlines are below 1000 fuel", said - 5);
    if (s->o.policy != WRT_TIME_TRIGGERED && !s->o.no_mode_switching && system_hyperperiod(s) == UINT64_MAX) {
        wd_warn(s->w, "the hyperperiod is beyond 2^63 ns: after a raise the mode never goes back by itself");
    }
}

/* ---- options ---------------------------------------------------------------------------------------------
 */

int wd_until_read(struct wd *w, uint64_t dflt, uint64_t *out)
{
    const char *text = wd_option(w, WD_OPT_until);
    *out = dflt;
    if (!text) return 0;
    if (wd_parse_ns(wd_str(text), out) && *out > 0 && *out >> 62 == 0) return 0;
    return wd_fail(w, WD_EXIT_USAGE, WD_W_VALUE, "--until 1s", "`%s` is no time", text);
}

static int inject_bad(struct wd *w, const char *text, const char *hint)
{
    return wd_fail(w, WD_EXIT_USAGE, WD_W_INJECT, hint, "`%s` is no injection", text);
}

static int inject_one(struct wd_system *s, const char *text, struct wd_inject *out)
{
    static const char *const kinds[] = { "overrun", "release" };
    const char *colon = strchr(text, ':'), *at = colon ? strrchr(colon, '@') : NULL;
    struct wd_near near;
    char hint[96];
    if (!at) return inject_bad(s->w, text, "KIND:TASK@TIME, for example overrun:lidar@3s");
    wrt_str kind = { text, (size_t)(colon - text) }, name = { colon + 1, (size_t)(at - colon - 1) };
    size_t k = 0;
    while (k < WD_COUNT(kinds) && !wd_equal(kind, kinds[k])) k++;
    if (k == WD_COUNT(kinds)) return inject_bad(s->w, text, "KIND is overrun or release");
    *out = (struct wd_inject){ .kind = (enum wd_inject_kind)k };
    if (!wd_parse_ns(wd_str(at + 1), &out->at_ns))
        return inject_bad(s->w, text, "the time looks like 3s or 250ms");
    wd_near_init(&near, name);
    while (out->task < s->rows_count && !wd_equal(name, s->rows[out->task].name)) {
        wd_near_offer(&near, wd_str(s->rows[out->task++].name));
    }
    if (out->task == s->rows_count) {
        snprintf(hint, sizeof hint, "no task has this name");
        if (wd_near_found(&near))
            snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
        return inject_bad(s->w, text, hint);
    }
    if (out->kind == WD_INJECT_RELEASE && !s->rows[out->task].sporadic) {
        return inject_bad(s->w, text, "a task with a period releases itself");
    }
    return 0;
}

static int inject_order(const void *a, const void *b)
{
    const struct wd_inject *x = a, *y = b;
    return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

int wd_inject_read(struct wd_system *s, struct wd_inject **out, size_t *n)
{
    size_t at = 0;
    *out = wd_alloc((s->w->given_count + 1) * sizeof **out);
    *n = 0;
    for (const char *text; (text = wd_option_next(s->w, WD_OPT_inject, &at)) != NULL;) {
        int code = inject_one(s, text, &(*out)[*n]);
        if (code) return code;
        ++*n;
    }
    qsort(*out, *n, sizeof **out, inject_order);
    return 0;
}
