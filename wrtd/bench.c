/* bench: how long a call takes. CPU time of this process; the median, because a few runs are always
 * disturbed. */
#include "manifest.h"
#include <stdlib.h>
#include <string.h>

struct bench {
    struct wd *w;
    struct wd_session s;
    struct wd_module *module;
    struct wd_invoke call;
    bool has_call, fresh;
    uint64_t runs, warmup;
    wrt_instance *instance;         /* not fresh: the only one */
    wrt_func *func;
    struct { uint64_t cpu_ns, wall_ns, guest, host; } *runs_of;
    wrt_val results[WD_ARGS_MAX];
    uint32_t results_count;
};

static wrt_status bench_sink(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    (void)p;
    (void)n;
    return WRT_OK;
}

/* A store with an instance: once, or before every run. */
static int bench_open(struct bench *b)
{
    wrt_error e;
    wrt_sink sink = { NULL, bench_sink };
    wrt_store_opts opts = WRT_INIT(wrt_store_opts);
    struct wd_program program = { .name = wd_base_name(b->w->rest[0]),
        .out = &sink,
        .err = &sink,
        .fd_in = -1,
        .fd_out = -1,
        .fd_err = -1 };
    int code = wd_session_store(&b->s, &opts);
    if (!code) code = wd_link_program(&b->s, b->s.linker, &program);
    if (!code) code = wd_link_modules(&b->s, b->s.linker);
    if (code) return code;
    if (wd_instantiate(&b->s, b->s.linker, b->module, &b->instance, &e) != WRT_OK) {
        return wd_report_instantiate(&b->s, b->s.linker, b->module, &e);
    }
    return wd_find_func(&b->s, b->module, b->instance, b->has_call ? &b->call : NULL, &b->func);
}

static void bench_close_store(struct bench *b)
{
    wd_signals_arm(NULL);
    wrt_inbox_drop(b->s.inbox);
    wrt_store_free(b->s.store);
    wrt_linker_free(b->s.linker);
    b->s.inbox = NULL;
    b->s.store = NULL;
    b->s.linker = NULL;
}

/* One call; the exit code 0 of a program counts as success. */
static int bench_call(struct bench *b, uint64_t *cpu_ns, uint64_t *wall_ns, wrt_fuel_state *spent)
{
    wrt_error e;
    wrt_task task;
    wrt_fuel_state before, after;
    wrt_val args[WD_ARGS_MAX];
    struct wd_outcome o;
    wrt_task_opts opts = WRT_INIT(wrt_task_opts);
    wrt_func_type type = wrt_func_type_of(b->func);
    if (b->has_call) {
        int code = wd_invoke_values(b->w, &b->call, &type, args);
        if (code) return code;
    }
    wrt_fuel_get(b->s.store, (wrt_task){ 0 }, &before);
    uint64_t cpu = wd_cpu_ns(), wall = wd_now_ns();
    enum wd_end end = WD_END_DONE;
    wrt_status status =
        wrt_task_start(b->s.store, b->func, args, b->has_call ? type.params : 0, &opts, &task, &e);
    if (status == WRT_OK) end = wd_drive(&b->s, task, &e);
    *cpu_ns = wd_cpu_ns() - cpu;
    *wall_ns = wd_now_ns() - wall;
    wrt_fuel_get(b->s.store, (wrt_task){ 0 }, &after);
    *spent = (wrt_fuel_state){ 0, after.guest - before.guest, after.host - before.host };
    if (status == WRT_OK && end == WD_END_DONE) {
        status = wrt_task_result(b->s.store, task, b->results, type.results, &e);
        b->results_count = status == WRT_OK ? type.results : 0;
    }
    if (status == WRT_OK && end == WD_END_DONE) {
        wrt_task_close(b->s.store, task);
        return 0;
    }
    wd_outcome_of(&b->s, status == WRT_OK || end != WD_END_DONE ? task : (wrt_task){ 0 }, end,
        end == WD_END_DONE || end == WD_END_ERROR ? &e : NULL, &o);
    if (o.guest && o.exit_code == 0) return 0;
    o.file = b->module->path;
    if (o.guest) {
        return wd_fail(b->w, o.exit_code, WD_W_LOST, NULL,
            "the program ended with exit code %d: nothing was measured", (int)o.guest_code);
    }
    wd_outcome_say(&b->s, &o);
    return o.exit_code;
}

static int bench_measure(struct bench *b)
{
    for (uint64_t k = 0; k < b->warmup + b->runs; k++) {
        uint64_t cpu, wall;
        wrt_fuel_state fuel;
        int code = b->fresh || k == 0 ? bench_open(b) : 0;
        if (!code) code = bench_call(b, &cpu, &wall, &fuel);
        if (code) return code;
        if (b->fresh && k + 1 < b->warmup + b->runs) bench_close_store(b);
        wd_progress(b->w, "bench", k + 1, b->warmup + b->runs);
        if (k < b->warmup) continue;
        uint64_t at = k - b->warmup;
        b->runs_of[at].cpu_ns = cpu;
        b->runs_of[at].wall_ns = wall;
        b->runs_of[at].guest = fuel.guest;
        b->runs_of[at].host = fuel.host;
    }
    return 0;
}

static int order_u64(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

struct bench_figures {
    double median, q1, q3, least, most, wall_median;
    uint64_t guest, host;
    bool fuel_varies;
};

static double sorted_at(const uint64_t *v, uint64_t n, double share)
{
    double at = share * (double)(n - 1);
    uint64_t low = (uint64_t)at;
    uint64_t high = low + 1 < n ? low + 1 : low;
    return (double)v[low] + (at - (double)low) * ((double)v[high] - (double)v[low]);
}

static struct bench_figures bench_figures(const struct bench *b)
{
    struct bench_figures f = { .guest = b->runs_of[0].guest, .host = b->runs_of[0].host };
    uint64_t *v = wd_alloc(b->runs * sizeof *v);
    for (uint64_t k = 0; k < b->runs; k++) {
        v[k] = b->runs_of[k].wall_ns;
        if (b->runs_of[k].guest != f.guest || b->runs_of[k].host != f.host) f.fuel_varies = true;
    }
    qsort(v, b->runs, sizeof *v, order_u64);
    f.wall_median = sorted_at(v, b->runs, 0.5);
    for (uint64_t k = 0; k < b->runs; k++) v[k] = b->runs_of[k].cpu_ns;
    qsort(v, b->runs, sizeof *v, order_u64);
    f.median = sorted_at(v, b->runs, 0.5);
    f.q1 = sorted_at(v, b->runs, 0.25);
    f.q3 = sorted_at(v, b->runs, 0.75);
    f.least = (double)v[0];
    f.most = (double)v[b->runs - 1];
    free(v);
    return f;
}

static void bench_json(const struct bench *b, const struct bench_figures *f)
{
    struct wd_json j;
    double fuel = (double)(f->guest + f->host);
    wd_json_begin(b->w, &j, "bench");
    wd_json_text(&j, "file", b->module->path);
    wd_json_text(&j, "function", b->has_call ? b->call.name : "_start");
    wd_json_u64(&j, "runs", b->runs);
    wd_json_u64(&j, "warmup", b->warmup);
    wd_json_open(&j, "cpu_ns", '{');
    wd_json_f64(&j, "median", f->median);
    wd_json_f64(&j, "q1", f->q1);
    wd_json_f64(&j, "q3", f->q3);
    wd_json_f64(&j, "min", f->least);
    wd_json_f64(&j, "max", f->most);
    wd_json_close(&j);
    wd_json_f64(&j, "wall_ns_median", f->wall_median);
    wd_json_open(&j, "fuel", '{');
    wd_json_u64(&j, "used", f->guest + f->host);
    wd_json_u64(&j, "guest", f->guest);
    wd_json_u64(&j, "host", f->host);
    wd_json_bool(&j, "varies", f->fuel_varies);
    wd_json_text(&j, "table", wrt_engine_fuel_table(b->s.engine)->name);
    wd_json_close(&j);
    wd_json_f64(&j, "fuel_per_second", f->median > 0 ? fuel * 1e9 / f->median : 0);
    wd_json_f64(&j, "ns_per_kfuel", fuel > 0 ? f->median * 1000 / fuel : 0);
    wd_json_open(&j, "results", '[');
    for (uint32_t k = 0; k < b->results_count; k++) wd_json_value(&j, NULL, &b->results[k]);
    wd_json_end(&j);
}

static void bench_text(const struct bench *b, const struct bench_figures *f)
{
    char a[32], c[32], d[32];
    double fuel = (double)(f->guest + f->host);
    printf("%s  %s  %llu runs after %llu\n", b->module->path, b->has_call ? b->call.source.p : "_start",
        (unsigned long long)b->runs, (unsigned long long)b->warmup);
    printf("cpu     ~ %s median, %s .. %s in the middle half", wd_ns_text(f->median, a), wd_ns_text(f->q1, c),
        wd_ns_text(f->q3, d));
    printf(", %s .. %s in all\n", wd_ns_text(f->least, a), wd_ns_text(f->most, c));
    printf("wall    ~ %s median\n", wd_ns_text(f->wall_median, a));
    printf("fuel    %s %s guest + %s host, table %s%s\n", f->fuel_varies ? "~" : "=", wd_group(f->guest, a),
        wd_group(f->host, c), wrt_engine_fuel_table(b->s.engine)->name,
        f->fuel_varies ? " (first run; it varies: the runs are not equal)" : "");
    if (fuel > 0 && f->median > 0) {
        printf("speed   ~ %.1f M fuel/s, %.1f ns per 1000 fuel\n", fuel * 1e3 / f->median,
            f->median * 1000 / fuel);
    }
}

static int bench_whole(struct bench *b)
{
    int code = wd_session_open(b->w, &b->s);
    if (code >= 0) return code;
    bool good = wd_option_count(b->w, WD_OPT_runs, 1, 1000000, 10, &b->runs) &&
                wd_option_count(b->w, WD_OPT_warmup, 0, 1000000, 2, &b->warmup);
    if (!good) return WD_EXIT_USAGE;
    code = wd_operands(b->w, 1, 2, "a FILE");
    if (!code && wd_has(b->w, WD_OPT_output)) {
        code = wd_fail(b->w, WD_EXIT_USAGE, WD_W_SURPLUS, "wrtd bench --calibrate -o FILE",
            "--output goes with --calibrate");
    }
    if (!code && b->w->rest_count == 2) {
        code = wd_invoke_parse(b->w, b->w->rest[1], &b->call);
        b->has_call = true;
    }
    b->fresh = wd_has(b->w, WD_OPT_fresh) || !b->has_call;
    b->runs_of = wd_alloc(b->runs * sizeof *b->runs_of);
    if (!code) code = wd_session_load(&b->s, b->w->rest[0], false, &b->module);
    if (!code) code = bench_measure(b);
    wd_progress_end();
    if (code) return code;
    struct bench_figures f = bench_figures(b);
    if (b->w->json != WD_JSON_OFF) {
        bench_json(b, &f);
    } else {
        bench_text(b, &f);
    }
    return WD_EXIT_OK;
}

int wd_cmd_bench(struct wd *w)
{
    struct bench b = { .w = w };
    if (wd_has(w, WD_OPT_calibrate)) return wd_calibrate(w);
    int code = bench_whole(&b);
    wd_session_close(&b.s);
    wd_invoke_free(&b.call);
    free(b.runs_of);
    return code;
}
