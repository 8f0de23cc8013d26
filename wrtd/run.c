/* run: one program, or one call of an export. */
#include "wd.h"
#include <stdlib.h>
#include <string.h>

enum { CAPTURE_MOST = 64 << 20 };

struct run {
    struct wd *w;
    struct wd_session s;
    struct wd_module *module;
    wrt_instance *instance;
    struct wd_invoke call;
    bool has_call;
    struct wd_buf captured;         /* --json: what the program wrote */
    bool cut;
    struct wd_outcome outcome;
    wrt_func_type type;
    wrt_val results[WD_ARGS_MAX];
    uint32_t results_count;
    uint64_t start_ns;
};

static wrt_status run_capture(void *ctx, const uint8_t *p, size_t n)
{
    struct run *r = ctx;
    size_t room = CAPTURE_MOST - r->captured.n;
    if (n > room) r->cut = true;
    wd_buf_add(&r->captured, p, n < room ? n : room);
    return WRT_OK;
}

static int run_prepare(struct run *r)
{
    struct wd *w = r->w;
    struct wd_session *s = &r->s;
    wrt_store_opts opts = WRT_INIT(wrt_store_opts);
    int code = wd_session_load(s, w->rest[0], false, &r->module);
    if (!code) code = wd_session_store(s, &opts);
    if (code) return code;
    wrt_code_info info;
    const char *trace = wd_option(w, WD_OPT_trace);
    wrt_code_info_get(r->module->code, &info);
    code = trace ? wd_trace_start(s, trace, info.sha_low, wd_base_name(w->rest[0])) : 0;
    if (code) return code;
    wrt_sink sink = { r, run_capture };
    struct wd_program p = { .name = wd_base_name(w->rest[0]),
        .args = w->rest + 1,
        .args_count = (size_t)w->rest_count - 1,
        .out = w->json != WD_JSON_OFF ? &sink : NULL,
        .fd_in = 0,
        .fd_out = 1,
        .fd_err = 2 };
    code = wd_link_program(s, s->linker, &p);
    return code ? code : wd_link_modules(s, s->linker);
}

/* A library of WASI wants `_initialize` before its first call. */
static bool run_wants_init(const struct run *r)
{
    wrt_extern_desc d;
    if (!r->has_call) return false;
    for (size_t k = 0; k < wrt_code_exports_count(r->module->code); k++) {
        if (!wrt_code_export(r->module->code, k, &d) || !wd_equal(d.name, "_initialize")) continue;
        return d.kind == WRT_EXTERN_FUNC && d.func.params == 0 && d.func.results == 0;
    }
    return false;
}

/* Nothing to call at all: then the start function was the program. */
static bool run_has_exports(const struct run *r)
{
    wrt_extern_desc d;
    for (size_t k = 0; k < wrt_code_exports_count(r->module->code); k++) {
        if (wrt_code_export(r->module->code, k, &d) && d.kind == WRT_EXTERN_FUNC) return true;
    }
    return false;
}

static int run_task(struct run *r, wrt_func *f, const char *name, const wrt_val *args)
{
    struct wd_session *s = &r->s;
    wrt_error e;
    wrt_task task;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_func_type type = wrt_func_type_of(f);
    o.name = wd_str(name);
    wrt_status status = wrt_task_start(s->store, f, args, type.params, &o, &task, &e);
    if (status != WRT_OK) {
        wd_outcome_of(s, (wrt_task){ 0 }, WD_END_DONE, &e, &r->outcome);
        return -1;
    }
    if (s->trace) wd_trace_name(s->trace, task, name);
    enum wd_end end = wd_drive(s, task, &e);
    if (end == WD_END_DONE || end == WD_END_FUEL) {
        status = wrt_task_result(s->store, task, r->results, type.results, &e);
        if (status >= 0 && end == WD_END_DONE) e.status = WRT_OK;
    }
    r->type = type;
    r->results_count = end == WD_END_DONE && status == WRT_OK ? type.results : 0;
    wd_outcome_of(s, task, end, end == WD_END_DONE ? &e : NULL, &r->outcome);
    return -1;
}

/* An exit code when there is nothing to run; else -1 and r->outcome. */
static int run_call(struct run *r)
{
    struct wd_session *s = &r->s;
    wrt_func *f;
    wrt_val args[WD_ARGS_MAX];
    if (!r->has_call && !run_has_exports(r)) {
        wd_outcome_of(s, (wrt_task){ 0 }, WD_END_DONE, NULL, &r->outcome);
        return -1;
    }
    if (run_wants_init(r)) {
        wrt_error e;
        if (wrt_export_func(r->instance, WRT_STR("_initialize"), &f, &e) == WRT_OK) {
            run_task(r, f, "_initialize", args);
        }
        if (r->outcome.exit_code != WD_EXIT_OK) return -1;
    }
    int code = wd_find_func(s, r->module, r->instance, r->has_call ? &r->call : NULL, &f);
    if (code) return code;
    wrt_func_type type = wrt_func_type_of(f);
    if (r->has_call) {
        code = wd_invoke_values(r->w, &r->call, &type, args);
        if (code) return code;
    }
    if (type.results > WD_ARGS_MAX || (!r->has_call && type.params > 0)) {
        return wd_fail(
            r->w, WD_EXIT_USAGE, WD_W_INVOKE_COUNT, NULL, "this function cannot be called from here");
    }
    return run_task(r, f, r->has_call ? r->call.name : wd_base_name(r->w->rest[0]), args);
}

/* ---- saying -------------------------------------------------------------------------------------------- */

static void run_json_fuel(struct run *r, struct wd_json *j)
{
    wrt_fuel_state fuel = { 0, 0, 0 };
    const wrt_fuel_table *table = wrt_engine_fuel_table(r->s.engine);
    wrt_fuel_get(r->s.store, (wrt_task){ 0 }, &fuel);
    wd_json_open(j, "fuel", '{');
    wd_json_u64(j, "used", fuel.guest + fuel.host);
    wd_json_u64(j, "guest", fuel.guest);
    wd_json_u64(j, "host", fuel.host);
    if (r->s.settings.fuel) wd_json_u64(j, "budget", r->s.settings.fuel);
    wd_json_text(j, "table", table->name);
    wd_json_hex(j, "table_hash", wrt_fuel_table_hash(table));
    wd_json_close(j);
}

static void run_json(struct run *r)
{
    struct wd_json j;
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wd_json_begin(r->w, &j, "run");
    wd_json_text(&j, "file", r->w->rest[0]);
    if (r->has_call) wd_json_text(&j, "function", r->call.name);
    wd_outcome_json(&r->s, &j, &r->outcome);
    wd_json_open(&j, "results", '[');
    for (uint32_t k = 0; k < r->results_count; k++) wd_json_value(&j, NULL, &r->results[k]);
    wd_json_close(&j);
    run_json_fuel(r, &j);
    if (r->outcome.task.v && wrt_task_info_get(r->s.store, r->outcome.task, &info) == WRT_OK) {
        wd_json_u64(&j, "slices", info.slices);
        wd_json_u64(&j, "stack_peak_bytes", info.stack_peak_bytes);
        wd_json_u64(&j, "memory_peak_bytes", info.memory_peak_bytes);
    }
    wd_json_u64(&j, "wall_ns", wd_now_ns() - r->start_ns);
    wd_json_bytes(&j, "stdout", r->captured.p ? r->captured.p : "", r->captured.n);
    if (r->cut) wd_json_bool(&j, "stdout_cut", true);
    wd_json_end(&j);
}

static void run_say(struct run *r)
{
    wrt_fuel_state fuel = { 0, 0, 0 };
    char text[64], buf[32];
    if (r->w->json != WD_JSON_OFF) {
        run_json(r);
    } else {
        for (uint32_t k = 0; k < r->results_count; k++) {
            wd_value_text(&r->results[k], text);
            puts(text);
        }
    }
    wd_outcome_say(&r->s, &r->outcome);
    if (wrt_fuel_get(r->s.store, (wrt_task){ 0 }, &fuel) == WRT_OK) {
        wd_note(r->w, "fuel %s, table %s", wd_group(fuel.guest + fuel.host, buf),
            wrt_engine_fuel_table(r->s.engine)->name);
    }
}

static int run_whole(struct run *r)
{
    struct wd *w = r->w;
    wrt_error e;
    int code = wd_session_open(w, &r->s);
    if (code >= 0) return code;
    code = wd_operands(w, 1, -1, "a FILE");
    const char *call = wd_option(w, WD_OPT_invoke);
    if (!code && call) {
        code = wd_invoke_parse(w, call, &r->call);
        r->has_call = true;
    }
    if (!code) code = run_prepare(r);
    if (code) return code;
    wrt_status status = wd_instantiate(&r->s, r->s.linker, r->module, &r->instance, &e);
    if (status == WRT_E_LINK) return wd_report_instantiate(&r->s, r->s.linker, r->module, &e);
    if (status == WRT_OK) {
        code = run_call(r);
        if (code >= 0) return code;
    } else {
        wd_outcome_of(&r->s, (wrt_task){ 0 }, WD_END_DONE, &e, &r->outcome);
    }
    r->outcome.file = w->rest[0];
    run_say(r);
    w->guest = r->outcome.guest;
    return r->outcome.exit_code;
}

int wd_cmd_run(struct wd *w)
{
    struct run *r = wd_alloc(sizeof *r);
    r->w = w;
    r->start_ns = wd_now_ns();
    int code = run_whole(r);
    if (r->s.store) {
        int trace = wd_trace_stop(&r->s);
        if (trace && code == WD_EXIT_OK) code = trace;
    }
    wd_session_close(&r->s);
    wd_invoke_free(&r->call);
    wd_buf_free(&r->captured);
    free(r);
    return code;
}
