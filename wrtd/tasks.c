/* tasks: several programs as concurrent tasks of one store, and what became of each: output, exact fuel,
 * slices, peaks, and a timeline. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tasks.h"

enum { TASK_OUTPUT_MOST = 1 << 20 };

struct tasks {
    struct wd *w;
    struct wd_session s;
    struct tasks_spec *specs;
    size_t count;
    struct timeline timeline;
    enum wd_end end;
};

/* ---- output ------------------------------------------------------------------------------------------- */

/* Whole lines from *shown on, each with its label; with `all` the unfinished last one too. */
static void show_lines(
    const struct tasks_spec *s, const struct wd_buf *b, size_t *shown, char mark, size_t width, bool all)
{
    while (*shown < b->n) {
        const char *p = b->p + *shown, *end = memchr(p, '\n', b->n - *shown);
        if (!end && !all) return;
        size_t n = end ? (size_t)(end - p) : b->n - *shown;
        printf("%-*s %c ", (int)width, s->name, mark);
        wd_print_name(stdout, (wrt_str){ p, n });
        putchar('\n');
        *shown += n + (end != NULL);
    }
}

static wrt_status task_output(struct tasks_spec *s, struct wd_buf *b, const uint8_t *p, size_t n)
{
    size_t room = TASK_OUTPUT_MOST - b->n;
    if (n > room) s->cut = true;
    wd_buf_add(b, p, n < room ? n : room);
    return WRT_OK;
}

static wrt_status task_out(void *ctx, const uint8_t *p, size_t n)
{
    struct tasks_spec *s = ctx;
    wrt_status status = task_output(s, &s->out, p, n);
    if (s->live) show_lines(s, &s->out, &s->shown_out, '|', 12, false);
    return status;
}

static wrt_status task_err(void *ctx, const uint8_t *p, size_t n)
{
    struct tasks_spec *s = ctx;
    wrt_status status = task_output(s, &s->err, p, n);
    if (s->live) show_lines(s, &s->err, &s->shown_err, '!', 12, false);
    return status;
}

/* ---- starting ----------------------------------------------------------------------------------------- */

static uint64_t task_refuel(void *ctx, wrt_store *store, wrt_task t)
{
    struct tasks_spec *s = ctx;
    (void)store;
    (void)t;
    if (s->refuel_times == UINT64_MAX) return 0;
    if (s->refuel_times == 1) {
        s->refuel_times = UINT64_MAX;
    } else if (s->refuel_times > 1) {
        s->refuel_times--;
    }
    return s->refuel;
}

static int task_prepare(struct tasks *x, struct tasks_spec *s)
{
    wrt_error e;
    const char *in = s->stdin_file ? s->stdin_file : "/dev/null";
    int code = wd_session_load(&x->s, s->file, false, &s->module);
    if (code) return code;
    s->fd_in = open(in, O_RDONLY | O_CLOEXEC);
    if (s->fd_in < 0) {
        wd_error_init(&e, WRT_E_IO, errno == ENOENT ? WD_W_NO_FILE : WD_W_READ,
            "cannot open the standard input of %s", s->name);
        return wd_report(x->w, &e, in, errno == ENOENT ? WD_EXIT_NO_FILE : WD_EXIT_IO);
    }
    s->live = wd_has(x->w, WD_OPT_live) && x->w->json == WD_JSON_OFF;
    s->sink_out = (wrt_sink){ s, task_out };
    s->sink_err = (wrt_sink){ s, task_err };
    struct wd_program p = { .name = wd_base_name(s->file),
        .args = s->args,
        .args_count = s->args_count,
        .out = &s->sink_out,
        .err = &s->sink_err,
        .fd_in = s->fd_in,
        .fd_out = -1,
        .fd_err = -1 };
    if (wrt_linker_new(x->s.engine, &s->linker, &e) != WRT_OK) {
        return wd_report(x->w, &e, s->file, wd_exit_of(&e));
    }
    code = wd_link_program(&x->s, s->linker, &p);
    if (!code) code = wd_link_modules(&x->s, s->linker);
    if (code) return code;
    if (wd_instantiate(&x->s, s->linker, s->module, &s->instance, &e) == WRT_OK) return 0;
    return wd_report_instantiate(&x->s, s->linker, s->module, &e);
}

static int task_begin(struct tasks *x, struct tasks_spec *s, size_t row)
{
    wrt_error e;
    wrt_func *f;
    wrt_val args[WD_ARGS_MAX];
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    int code = wd_find_func(&x->s, s->module, s->instance, s->has_call ? &s->call : NULL, &f);
    if (code) return code;
    wrt_func_type type = wrt_func_type_of(f);
    if (s->has_call) code = wd_invoke_values(x->w, &s->call, &type, args);
    if (code) return code;
    s->results_count = type.results;
    o.name = wd_str(s->name);
    o.priority = s->priority;
    o.fuel = s->budget;
    o.slice = s->slice;
    o.on_empty = s->refuel ? WRT_FUEL_CALLBACK : s->trap_on_empty ? WRT_FUEL_TRAP : WRT_FUEL_SUSPEND;
    o.refuel = s->refuel ? task_refuel : NULL;
    o.ctx = s;
    if (wrt_task_start(x->s.store, f, args, s->has_call ? type.params : 0, &o, &s->task, &e) != WRT_OK) {
        return wd_report(x->w, &e, s->file, wd_exit_of(&e));
    }
    wd_trace_name(x->s.trace, s->task, s->name);
    timeline_row(&x->timeline, row, s->task);
    return 0;
}

static void task_collect(struct tasks *x, struct tasks_spec *s)
{
    wrt_error e;
    s->info.size = sizeof s->info;
    wrt_task_info_get(x->s.store, s->task, &s->info);
    enum wd_end end = s->info.state >= WRT_TASK_DONE       ? WD_END_DONE
                      : s->info.state == WRT_TASK_FUEL_OUT ? WD_END_FUEL
                                                           : x->end;
    if (end == WD_END_DONE &&
        wrt_task_result(x->s.store, s->task, s->results, s->results_count, &e) == WRT_OK) {
        e.status = WRT_OK;
    } else {
        s->results_count = 0;
    }
    wd_outcome_of(&x->s, s->task, end, end == WD_END_DONE ? &e : NULL, &s->outcome);
    s->outcome.file = s->file;
}

/* ---- reporting ---------------------------------------------------------------------------------------- */

static size_t names_width(const struct tasks *x)
{
    size_t width = 4;
    for (size_t k = 0; k < x->count; k++) {
        size_t n = strlen(x->specs[k].name);
        if (n > width) width = n;
    }
    return width;
}

static void state_text(const struct tasks_spec *s, char buf[32])
{
    if (s->outcome.guest) {
        snprintf(buf, 32, "exit %d", (int)s->outcome.guest_code);
    } else {
        snprintf(buf, 32, "%s", strcmp(s->outcome.status, "ok") == 0 ? "done" : s->outcome.status);
    }
}

static void report_outputs(struct tasks *x, size_t width)
{
    char text[64];
    for (size_t k = 0; k < x->count; k++) {
        struct tasks_spec *s = &x->specs[k];
        show_lines(s, &s->out, &s->shown_out, '|', s->live ? 12 : width, true);
        show_lines(s, &s->err, &s->shown_err, '!', s->live ? 12 : width, true);
        for (uint32_t r = 0; r < s->results_count; r++) {
            wd_value_text(&s->results[r], text);
            printf("%-*s = %s\n", (int)width, s->name, text);
        }
        if (s->cut) {
            wd_warn(x->w, "%s: output beyond %s was dropped", s->name, wd_bytes_text(TASK_OUTPUT_MOST, text));
        }
    }
}

static void report_table(struct tasks *x, size_t width)
{
    printf("\n%-*s  %-12s %16s %14s %9s %11s %11s\n", (int)width, "task", "state",
        "guest fuel =", "host fuel =", "slices =", "stack peak", "memory peak");
    for (size_t k = 0; k < x->count; k++) {
        char state[32], a[32], b[32], c[32], d[32], e[32];
        const struct tasks_spec *s = &x->specs[k];
        state_text(s, state);
        printf("%-*s  %-12s %16s %14s %9s %11s %11s\n", (int)width, s->name, state,
            wd_group(s->info.guest_fuel, a), wd_group(s->info.host_fuel, b), wd_group(s->info.slices, c),
            wd_bytes_text(s->info.stack_peak_bytes, d), wd_bytes_text(s->info.memory_peak_bytes, e));
    }
}

static void report_timeline(struct tasks *x, size_t width)
{
    char buf[TIMELINE_COLUMNS + 1], fuel[32];
    printf("\ntimeline over fuel, one column = %s fuel  (# + - running all, half, some of it; . ready; ~ "
           "waiting)\n",
        wd_group(x->timeline.width, fuel));
    for (size_t k = 0; k < x->count; k++) {
        timeline_text(&x->timeline, k, buf);
        printf("%-*s  %s\n", (int)width, x->specs[k].name, buf);
    }
}

static const char *policy_name(const struct tasks *x)
{
    const char *name = wd_option(x->w, WD_OPT_policy);
    return name ? name : "rr";
}

static void report_text(struct tasks *x)
{
    size_t width = names_width(x);
    wrt_stats stats;
    char a[32], b[32], c[32];
    report_outputs(x, width);
    report_table(x, width);
    report_timeline(x, width);
    wrt_stats_get(x->s.store, &stats);
    printf("\n%zu tasks, policy %s, fuel %s guest + %s host, %s switches, table %s, trace hash %016llx\n",
        x->count, policy_name(x), wd_group(stats.guest_fuel, a), wd_group(stats.host_fuel, b),
        wd_group(stats.switches, c), wrt_engine_fuel_table(x->s.engine)->name,
        (unsigned long long)wrt_trace_hash(x->s.store));
    for (size_t k = 0; k < x->count; k++) wd_outcome_say(&x->s, &x->specs[k].outcome);
}

static void json_task(struct tasks *x, struct wd_json *j, size_t k)
{
    char buf[TIMELINE_COLUMNS + 1];
    const struct tasks_spec *s = &x->specs[k];
    wd_json_open(j, NULL, '{');
    wd_json_text(j, "name", s->name);
    wd_json_text(j, "file", s->file);
    wd_outcome_json(&x->s, j, &s->outcome);
    wd_json_open(j, "results", '[');
    for (uint32_t r = 0; r < s->results_count; r++) wd_json_value(j, NULL, &s->results[r]);
    wd_json_close(j);
    wd_json_open(j, "fuel", '{');
    wd_json_u64(j, "used", s->info.guest_fuel + s->info.host_fuel);
    wd_json_u64(j, "guest", s->info.guest_fuel);
    wd_json_u64(j, "host", s->info.host_fuel);
    if (s->budget) wd_json_u64(j, "budget", s->budget);
    wd_json_close(j);
    wd_json_u64(j, "slice", s->info.slice);
    wd_json_u64(j, "priority", s->info.priority);
    wd_json_u64(j, "slices", s->info.slices);
    wd_json_u64(j, "stack_peak_bytes", s->info.stack_peak_bytes);
    wd_json_u64(j, "memory_peak_bytes", s->info.memory_peak_bytes);
    wd_json_bytes(j, "stdout", s->out.p ? s->out.p : "", s->out.n);
    wd_json_bytes(j, "stderr", s->err.p ? s->err.p : "", s->err.n);
    if (s->cut) wd_json_bool(j, "output_cut", true);
    timeline_text(&x->timeline, k, buf);
    wd_json_text(j, "timeline", buf);
    wd_json_close(j);
}

static void report_json(struct tasks *x, int code)
{
    struct wd_json j;
    wrt_stats stats;
    const wrt_fuel_table *table = wrt_engine_fuel_table(x->s.engine);
    wrt_stats_get(x->s.store, &stats);
    wd_json_begin(x->w, &j, "tasks");
    wd_json_text(&j, "policy", policy_name(x));
    wd_json_i64(&j, "exit_code", code);
    wd_json_open(&j, "fuel", '{');
    wd_json_u64(&j, "used", stats.guest_fuel + stats.host_fuel);
    wd_json_u64(&j, "guest", stats.guest_fuel);
    wd_json_u64(&j, "host", stats.host_fuel);
    wd_json_text(&j, "table", table->name);
    wd_json_hex(&j, "table_hash", wrt_fuel_table_hash(table));
    wd_json_close(&j);
    wd_json_u64(&j, "switches", stats.switches);
    wd_json_u64(&j, "slices", stats.slices);
    wd_json_hex(&j, "trace_hash", wrt_trace_hash(x->s.store));
    wd_json_u64(&j, "timeline_fuel_per_column", x->timeline.width);
    wd_json_open(&j, "tasks", '[');
    for (size_t k = 0; k < x->count; k++) json_task(x, &j, k);
    wd_json_end(&j);
}

/* ---- the command -------------------------------------------------------------------------------------- */

static wrt_policy tasks_policy(const struct wd *w)
{
    const char *name = wd_option(w, WD_OPT_policy);
    if (name && strcmp(name, "fp") == 0) return WRT_FIXED_PRIORITY;
    return name && strcmp(name, "coop") == 0 ? WRT_COOPERATIVE : WRT_ROUND_ROBIN;
}

static int tasks_prepare(struct tasks *x)
{
    wrt_store_opts opts = WRT_INIT(wrt_store_opts);
    opts.policy = tasks_policy(x->w);
    int code = wd_session_store(&x->s, &opts);
    for (size_t k = 0; k < x->count && !code; k++) code = task_prepare(x, &x->specs[k]);
    if (!code) code = wd_trace_start(&x->s, wd_option(x->w, WD_OPT_trace), 0, "wrtd tasks");
    if (code) return code;
    wd_trace_see(x->s.trace, timeline_see, &x->timeline);
    for (size_t k = 0; k < x->count && !code; k++) code = task_begin(x, &x->specs[k], k);
    return code;
}

static int tasks_whole(struct tasks *x)
{
    wrt_error e;
    int code = wd_session_open(x->w, &x->s);
    if (code >= 0) return code;
    code = wd_operands(x->w, 1, -1, "a SPEC");
    if (code) return code;
    x->specs = wd_alloc((size_t)x->w->rest_count * sizeof *x->specs);
    for (int k = 0; k < x->w->rest_count && !code; k++) {
        x->count++;
        code = tasks_spec_parse(x->w, x->w->rest[k], (size_t)k + 1, &x->specs[k]);
    }
    timeline_init(&x->timeline, x->count);
    if (!code) code = tasks_prepare(x);
    if (code) return code;
    x->end = wd_drive(&x->s, (wrt_task){ 0 }, &e);
    if (x->end == WD_END_ERROR) return wd_report(x->w, &e, NULL, wd_exit_of(&e));
    for (size_t k = 0; k < x->count; k++) {
        task_collect(x, &x->specs[k]);
        if (code == 0) code = x->specs[k].outcome.exit_code;
    }
    if (x->w->json != WD_JSON_OFF) {
        report_json(x, code);
    } else {
        report_text(x);
    }
    if (wd_trace_lost(x->s.trace)) {
        wd_warn(x->w, "the timeline misses %llu records", (unsigned long long)wd_trace_lost(x->s.trace));
    }
    return code;
}

int wd_cmd_tasks(struct wd *w)
{
    struct tasks x = { .w = w };
    int code = tasks_whole(&x);
    if (x.s.store) {
        int trace = wd_trace_stop(&x.s);
        if (trace && !code) code = trace;
    }
    for (size_t k = 0; k < x.count; k++) {
        if (x.specs[k].fd_in >= 0) close(x.specs[k].fd_in);
        if (x.specs[k].linker) wrt_linker_free(x.specs[k].linker);
    }
    wd_session_close(&x.s);
    for (size_t k = 0; k < x.count; k++) tasks_spec_free(&x.specs[k]);
    free(x.specs);
    timeline_free(&x.timeline);
    return code;
}
