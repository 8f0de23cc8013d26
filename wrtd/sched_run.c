/* sched run: the programs of a manifest as tasks with deadlines, under the fuel clock or in real time, one
 * store a core. Nothing runs that the admission test refuses, unless --force. */
#include "sched_follow.h"
#include <stdlib.h>
#include <string.h>

#define RUN_PART_NS UINT64_C(300000000000)

struct sched_run {
    struct wd *w;
    struct wd_sched_input in;
    struct wd_system s;
    wrt_store *stores[WRT_SCHED_CORES];
    wrt_linker **linkers;           /* one a component */
    wrt_func **funcs;               /* one a task */
    struct wd_inject *inject;
    size_t inject_count;
    uint64_t until_ns;
    bool ran;
    char trace_path[2048];
};

/* ---- stores and instances -------------------------------------------------------------------------------
 */

static int run_store(struct sched_run *x, uint32_t core)
{
    const struct wd_manifest *m = &x->in.manifest;
    wrt_error e;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    uint64_t most = 0;
    bool virtual_time = m->o.virtual_time || wd_has(x->w, WD_OPT_virtual);
    for (uint32_t k = 0; k < m->components_count; k++) {
        const struct wd_mf_component *c = &m->components[k];
        if (c->core != core) continue;
        uint64_t limit = c->has_memory ? c->memory_bytes : UINT64_MAX;
        most = limit > most ? limit : most;
    }
    if (most != UINT64_MAX) o.limits.memory_bytes = most;
    o.virtual_time = virtual_time;
    o.ns_per_kfuel = m->o.ns_per_kfuel;
    if (wrt_store_new(x->in.session.engine, &o, &x->stores[core], &e) == WRT_OK) return 0;
    return wd_report(x->w, &e, x->in.path, wd_exit_of(&e));
}

static size_t run_texts(const struct toml_value *list, wrt_str *out, size_t n)
{
    for (const struct toml_value *v = list ? list->first : NULL; v; v = v->next) out[n++] = v->text;
    return n;
}

static size_t run_dirs(struct wd_manifest *m, const struct toml_value *list, wrt_dir *out)
{
    size_t n = 0;
    for (const struct toml_value *v = list ? list->first : NULL; v; v = v->next) {
        mf_read(&m->mf, MF_DIR, v);
        const struct mf_field *host = &m->mf.fields[MF_DIR_host], *guest = &m->mf.fields[MF_DIR_guest];
        out[n++] = (wrt_dir){ host->s, guest->v ? guest->s : host->s, m->mf.fields[MF_DIR_write].n };
    }
    return n;
}

static int run_wasi(struct sched_run *x, wrt_linker *l, const struct wd_mf_component *c)
{
    wrt_error e;
    wrt_wasi wasi = wrt_wasi_default();
    wrt_str *args = wd_alloc(((c->args ? c->args->count : 0) + 1) * sizeof *args);
    wrt_str *env = wd_alloc(((c->env ? c->env->count : 0) + 1) * sizeof *env);
    wrt_dir *dirs = wd_alloc(((c->dirs ? c->dirs->count : 0) + 1) * sizeof *dirs);
    args[0] = wd_str(c->name);
    wasi.args = args;
    wasi.nargs = run_texts(c->args, args, 1);
    wasi.env = env;
    wasi.nenv = run_texts(c->env, env, 0);
    wasi.dirs = dirs;
    wasi.ndirs = run_dirs(&x->in.manifest, c->dirs, dirs);
    wasi.fd_in = -1;
    wasi.fd_out = x->w->json == WD_JSON_OFF ? 1 : 2;
    wasi.fd_err = 2;
    wasi.deterministic = x->in.manifest.o.virtual_time || wd_has(x->w, WD_OPT_virtual);
    wrt_status status = wrt_link_wasi(l, &wasi, &e);
    free(args);
    free(env);
    free(dirs);
    return status == WRT_OK ? 0 : wd_report(x->w, &e, c->file, wd_exit_of(&e));
}

static int run_instance(struct sched_run *x, uint32_t k)
{
    struct wd_mf_component *c = &x->in.manifest.components[k];
    wrt_error e;
    wrt_func *start;
    if (wrt_linker_new(x->in.session.engine, &x->linkers[k], &e) != WRT_OK)
        return wd_report(x->w, &e, c->file, wd_exit_of(&e));
    int code = wd_code_imports(c->module->code, "wasi_snapshot_preview1") ? run_wasi(x, x->linkers[k], c) : 0;
    if (code) return code;
    if (wrt_instantiate(x->stores[c->core], x->linkers[k], c->module->code, &c->instance, &e) != WRT_OK) {
        return wd_report_instantiate(&x->in.session, x->linkers[k], c->module, &e);
    }
    if (wrt_export_func(c->instance, WRT_STR("_initialize"), &start, &e) != WRT_OK) return 0;
    if (wrt_call_sync(x->stores[c->core], start, NULL, 0, NULL, 0, &e) == WRT_OK
        && wrt_instance_init(c->instance, start, &e) == WRT_OK)
        return 0;
    wd_error_where(&e, "_initialize of component \"%s\"", c->name);
    return wd_report(x->w, &e, c->file, wd_exit_of(&e));
}

static int run_instances(struct sched_run *x)
{
    struct wd_manifest *m = &x->in.manifest;
    wrt_error e;
    int code = 0;
    x->linkers = wd_alloc((m->components_count + 1) * sizeof(wrt_linker *));
    x->funcs = wd_alloc((m->tasks_count + 1) * sizeof(wrt_func *));
    for (uint32_t k = 0; k < m->o.cores && !code; k++) code = run_store(x, k);
    for (uint32_t k = 0; k < m->components_count && !code; k++) {
        if (m->components[k].core != UINT32_MAX) code = run_instance(x, k);
    }
    for (uint32_t k = 0; k < m->tasks_count && !code; k++) {
        const struct wd_mf_component *c = &m->components[m->tasks[k].component];
        if (wrt_export_func(c->instance, wd_str(m->tasks[k].call.name), &x->funcs[k], &e) != WRT_OK) {
            code = wd_report(x->w, &e, c->file, wd_exit_of(&e));
        }
    }
    return code;
}

/* ---- injection ------------------------------------------------------------------------------------------
 */

/* The global that the key `fault` names becomes 1; an immutable one is an address in the memory of the
 * module. Both are looked up before anything runs. */
static bool run_aim(const struct wd_mf_component *c, const char *name, struct wd_inject *i, wrt_error *e)
{
    wrt_val v;
    wrt_span span;
    if (wrt_export_global(c->instance, wd_str(name), &i->flag, e) != WRT_OK) return false;
    if (wrt_global_get(i->flag, &v) != WRT_OK) return false;
    if (wrt_global_set(i->flag, v) == WRT_OK) return true;
    if (wrt_export_memory(c->instance, WRT_STR("memory"), &i->memory, e) != WRT_OK) return false;
    i->address = v.of.u32;
    if (wrt_memory_view(i->memory, i->address, 1, &span) == WRT_OK) return true;
    wd_error_init(e, WRT_E_ARG, WD_W_INJECT, "`%s` points outside of the memory", name);
    return false;
}

static void run_inject(struct sched_run *x, struct wd_inject *i)
{
    wrt_val one = { .kind = WRT_I32, .of.u = 1 };
    wrt_span span;
    i->done = true;
    if (i->kind == WD_INJECT_RELEASE) {
        wrt_sched_release(x->s.sched, i->task);
    } else if (!i->memory) {
        wrt_global_set(i->flag, one);
    } else if (wrt_memory_view(i->memory, i->address, 1, &span) == WRT_OK) {
        span.p[0] = 1;
    }
}

static void run_injections(struct sched_run *x, uint64_t now)
{
    for (size_t k = 0; k < x->inject_count; k++) {
        struct wd_inject *i = &x->inject[k];
        if (!i->done && i->at_ns <= now) run_inject(x, i);
    }
}

/* Real time is not stopped for a fault: it comes with the first event of its core. */
static void run_heard(void *ctx, const wrt_sched_event *e)
{
    struct sched_run *x = ctx;
    if (x->in.manifest.follow) wd_follow_event(x->in.manifest.follow, e);
    for (size_t k = 0; k < x->inject_count && !x->s.o.virtual_time; k++) {
        struct wd_inject *i = &x->inject[k];
        bool here = i->kind == WD_INJECT_OVERRUN && x->s.rows[i->task].core == e->core;
        if (here && !i->done && i->at_ns <= e->seen_ns) run_inject(x, i);
    }
}

static int run_check_injections(struct sched_run *x)
{
    int code = wd_inject_read(&x->s, &x->inject, &x->inject_count);
    for (size_t k = 0; k < x->inject_count && !code; k++) {
        const struct wd_mf_task *t = &x->in.manifest.tasks[x->inject[k].task];
        wrt_error e;
        if (x->inject[k].kind != WD_INJECT_OVERRUN) continue;
        if (!t->fault) {
            code = wd_fail(x->w, WD_EXIT_USAGE, WD_W_INJECT,
                "fault = \"NAME\" of an exported global that makes its program wrong",
                "task `%s` names no fault", t->name);
        } else if (!run_aim(&x->in.manifest.components[t->component], t->fault, &x->inject[k], &e)) {
            code = wd_report(x->w, &e, x->in.path, WD_EXIT_USAGE);
        }
    }
    return code;
}

/* ---- running --------------------------------------------------------------------------------------------
 */

/* Where the next stretch ends: an injection, the end, or where records go to the file. Between two stretches
 * real time goes on and nobody runs, for some milliseconds. */
static uint64_t run_stretch(const struct sched_run *x, uint64_t now)
{
    uint64_t next = x->until_ns, part = x->s.o.virtual_time ? 100000000 : RUN_PART_NS;
    for (size_t k = 0; k < x->inject_count; k++) {
        const struct wd_inject *i = &x->inject[k];
        if (!x->s.o.virtual_time && i->kind == WD_INJECT_OVERRUN) continue;
        if (!i->done && i->at_ns < next) next = i->at_ns;
    }
    if (x->s.keep_records && next - now > part) next = now + part;
    return next;
}

static int run_loop(struct sched_run *x)
{
    uint64_t now = 0;
    wrt_error e;
    for (;;) {
        run_injections(x, now);
        if (now >= x->until_ns || wd_signal_seen()) return 0;
        uint64_t next = run_stretch(x, now);
        wrt_status status = wrt_sched_run(x->s.sched, next, &e);
        if (status < 0) return wd_report(x->w, &e, x->in.path, wd_exit_of(&e));
        wd_system_drain(&x->s);
        if (x->in.manifest.follow) wd_follow_drain(x->in.manifest.follow);
        if (status == WRT_IDLE && next == x->until_ns) return 0;
        if (status == WRT_PENDING && wd_signal_seen()) return 0;
        now = next;
    }
}

static uint64_t run_misses(const struct wd_system *s)
{
    uint64_t misses = 0;
    for (uint32_t k = 0; k < s->rows_count; k++) misses += s->rows[k].stats.misses;
    return misses;
}

static void run_say_cores(const struct sched_run *x)
{
    wrt_sched_info info;
    for (uint32_t k = 0; k < x->s.o.cores; k++) {
        char a[32];
        if (wrt_sched_info_get(x->s.sched, k, &info) != WRT_OK) continue;
        printf("core %u: outside event to running higher task <= %llu fuel, %s", x->s.core_numbers[k],
            (unsigned long long)info.latency_fuel, wd_time_text(info.latency_ns, a));
        if (!x->s.o.virtual_time && info.os_text[0]) printf("; %s", info.os_text);
        putchar('\n');
    }
}

static void run_json_cores(const struct sched_run *x, struct wd_json *j)
{
    wrt_sched_info info;
    wd_json_open(j, "cores", '[');
    for (uint32_t k = 0; k < x->s.o.cores; k++) {
        if (wrt_sched_info_get(x->s.sched, k, &info) != WRT_OK) continue;
        wd_json_open(j, NULL, '{');
        wd_json_u64(j, "core", x->s.core_numbers[k]);
        wd_json_u64(j, "latency_fuel", info.latency_fuel);
        wd_json_u64(j, "latency_ns", info.latency_ns);
        wd_json_text(j, "os", info.os_text);
        wd_json_close(j);
    }
    wd_json_close(j);
}

static void run_say_findings(const struct sched_run *x)
{
    const struct wd_finding *f;
    const uint64_t n = wd_follow_findings(x->in.manifest.follow, &f);
    for (uint64_t k = 0; k < n && k < WD_FINDINGS_KEPT; k++) {
        char text[256];
        wd_finding_text(&x->in.manifest, &f[k], text, sizeof text);
        printf("finding: %s\n", text);
    }
    if (n > WD_FINDINGS_KEPT) printf("... %llu more findings\n", (unsigned long long)(n - WD_FINDINGS_KEPT));
}

static void run_json_findings(const struct sched_run *x, struct wd_json *j)
{
    static const char *const kinds[] = { "above-bound", "below-least", "fact" };
    const struct wd_finding *f;
    const uint64_t n = wd_follow_findings(x->in.manifest.follow, &f);
    wd_json_open(j, "findings", '[');
    for (uint64_t k = 0; k < n && k < WD_FINDINGS_KEPT; k++) {
        char text[256];
        wd_finding_text(&x->in.manifest, &f[k], text, sizeof text);
        wd_json_open(j, NULL, '{');
        wd_json_text(j, "kind", kinds[f[k].what]);
        wd_json_text(j, "task", x->in.manifest.tasks[f[k].task].name);
        wd_json_u64(j, "job", f[k].job);
        wd_json_u64(j, "seen", f[k].seen);
        wd_json_u64(j, "limit", f[k].limit);
        wd_json_text(j, "text", text);
        wd_json_close(j);
    }
    wd_json_close(j);
    wd_json_u64(j, "findings_count", n);
}

static uint64_t run_permille(uint64_t of, uint64_t by)
{
    return of < UINT64_MAX / 1001 ? (of * 1000 + by - 1) / by : of / (by / 1000 + 1);
}

/* The largest job beside the bound, for tasks that have one. */
static void run_json_bounds(const struct sched_run *x, struct wd_json *j)
{
    const struct wd_manifest *m = &x->in.manifest;
    wd_json_open(j, "bounds", '[');
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        const struct wd_mf_task *t = &m->tasks[k];
        const uint64_t most = x->s.rows[k].stats.fuel_max;
        uint64_t held, not_held;
        if (t->bound_high == 0 || t->bound_high == UINT64_MAX) continue;
        wd_follow_jobs(m->follow, k, &held, &not_held);
        wd_json_open(j, NULL, '{');
        wd_json_text(j, "task", t->name);
        wd_json_u64(j, "fuel_low", t->bound_low);
        wd_json_u64(j, "fuel_high", t->bound_high);
        wd_json_u64(j, "observed", most);
        if (most) wd_json_u64(j, "pessimism_permille", run_permille(t->bound_high, most));
        wd_json_u64(j, "facts", t->facts_count);
        wd_json_u64(j, "jobs_held", held);
        wd_json_u64(j, "jobs_not_held", not_held);
        wd_json_close(j);
    }
    wd_json_close(j);
    run_json_findings(x, j);
}

static void run_report(struct sched_run *x, int code)
{
    struct wd_system *s = &x->s;
    if (x->w->json == WD_JSON_OFF) {
        wd_admission_text(s, stdout);
        if (!x->ran) return;
        wd_jobs_text(s, stdout);
        run_say_findings(x);
        if (x->until_ns != UINT64_MAX) wd_gantt_text(s, stdout);
        putchar('\n');
        run_say_cores(x);
        printf("schedule hash %016llx\n", (unsigned long long)wd_system_hash(s));
        return;
    }
    struct wd_json j;
    wd_json_begin(x->w, &j, "sched-run");
    wd_json_text(&j, "file", s->file);
    if (x->until_ns != UINT64_MAX) wd_json_u64(&j, "until_ns", x->until_ns);
    wd_json_bool(&j, "ran", x->ran);
    if (x->ran) {
        wd_jobs_json(s, &j);
        run_json_cores(x, &j);
        run_json_bounds(x, &j);
    }
    wd_admission_json(s, &j);
    wd_json_i64(&j, "exit_code", code);
    wd_json_end(&j);
}

static int run_admit(struct sched_run *x)
{
    bool force = wd_has(x->w, WD_OPT_force);
    int code = wd_system_admit(&x->s);
    if (code) return code;
    wd_system_warn(&x->s);
    if (!x->s.o.virtual_time) wd_board_warn(&x->in.manifest);
    if (x->s.adm_status == WRT_OK) return 0;
    if (x->s.adm_status == WRT_E_UNSUPPORTED) {
        wd_warn(x->w, "no admission test is defined for policy %s: it runs without one",
            wd_policy_name(x->s.o.policy));
        return 0;
    }
    wd_system_say_refused(&x->s, force ? "warning" : "error");
    return force ? 0 : WD_EXIT_NO_FIT;
}

static int run_prepare(struct sched_run *x)
{
    wrt_error e;
    const char *trace = wd_option(x->w, WD_OPT_trace);
    x->s.heard = run_heard;
    x->s.heard_ctx = x;
    x->in.manifest.follow = wd_follow_new(&x->in.manifest);
    if (wrt_sched_prepare(x->s.sched, &e) != WRT_OK) return wd_report(x->w, &e, x->in.path, wd_exit_of(&e));
    if (x->in.manifest.seal && wrt_engine_seal(x->in.session.engine, &e) != WRT_OK) {
        return wd_report(x->w, &e, x->in.path, wd_exit_of(&e));
    }
    if (!trace && x->in.manifest.trace) {
        snprintf(x->trace_path, sizeof x->trace_path, "%s%s", x->in.manifest.folder, x->in.manifest.trace);
        trace = x->trace_path;
    }
    int code = wd_system_trace(&x->s, trace);
    if (!code) code = wd_system_report(&x->s, wd_option(x->w, WD_OPT_report));
    wd_system_picture(&x->s, x->until_ns);
    return code;
}

/* A budget of this level can be admitted; two executions that are compared cannot be had. */
static int run_redundant(struct sched_run *x)
{
    for (uint32_t k = 0; k < x->in.manifest.tasks_count; k++) {
        if (x->in.manifest.tasks[k].verify != WD_MF_REDUNDANT) continue;
        return wd_fail(x->w, WD_EXIT_CONFIG, WD_W_LATER, "`full` is",
            "task `%s`: jobs at verification redundant are not built yet", x->in.manifest.tasks[k].name);
    }
    return 0;
}

static int run_whole(struct sched_run *x)
{
    struct wd *w = x->w;
    int code = wd_sched_input_open(w, &x->in);
    if (code) return code;
    if (!x->in.is_manifest) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_VALUE, "`wrtd sched simulate` takes it",
            "a set of tasks has no programs to run");
    }
    bool virtual_time = x->in.manifest.o.virtual_time || wd_has(w, WD_OPT_virtual);
    code = wd_until_read(w, virtual_time ? 1000000000 : UINT64_MAX, &x->until_ns);
    if (!code) code = run_redundant(x);
    if (!code) code = run_instances(x);
    if (!code) code = wd_system_open(w, &x->in, x->funcs, false, &x->s);
    if (!code) code = run_check_injections(x);
    if (!code) code = run_admit(x);
    if (code == WD_EXIT_NO_FIT) run_report(x, code);
    if (!code) code = run_prepare(x);
    if (code) return code;
    wd_signals_arm_sched(x->s.sched);
    x->ran = true;
    code = run_loop(x);
    wd_system_collect(&x->s);
    if (!code) code = run_misses(&x->s) ? WD_EXIT_MISS : WD_EXIT_OK;
    run_report(x, code);
    int page = wd_system_report_end(&x->s);
    return code ? code : page;
}

int wd_sched_cmd_run(struct wd *w)
{
    struct sched_run x = { .w = w };
    x.in.manifest.folder_fd = -1;
    int code = run_whole(&x);
    wd_signals_arm_sched(NULL);
    int trace = wd_system_trace_end(&x.s);
    wd_system_close(&x.s);
    for (uint32_t k = 0; k < WRT_SCHED_CORES; k++) {
        if (x.stores[k]) wrt_store_free(x.stores[k]);
    }
    for (uint32_t k = 0; x.linkers && k < x.in.manifest.components_count; k++) {
        if (x.linkers[k]) wrt_linker_free(x.linkers[k]);
    }
    free(x.linkers);
    free(x.funcs);
    free(x.inject);
    wd_follow_free(x.in.manifest.follow);
    wd_sched_input_close(&x.in);
    return code ? code : trace;
}
