/* profile: exact fuel per function. The numbers are counted, not sampled: two machines give the same. */
#include "wd.h"
#include <stdlib.h>
#include <string.h>

struct profile {
    struct wd *w;
    struct wd_session s;
    struct wd_module *module;
    struct wd_invoke call;
    bool has_call;
    struct wd_outcome outcome;
    FILE *out;
};

/* ---- running ------------------------------------------------------------------------------------------ */

static int profile_prepare(struct profile *p, wrt_func **f)
{
    wrt_error e;
    wrt_instance *i;
    struct wd_session *s = &p->s;
    wrt_store_opts opts = WRT_INIT(wrt_store_opts);
    struct wd_program program = { .name = wd_base_name(p->w->rest[0]),
        .args = p->w->rest + 1,
        .args_count = (size_t)p->w->rest_count - 1,
        .fd_in = 0,
        .fd_out = 2,
        .fd_err = 2 };
    int code = wd_session_load(s, p->w->rest[0], false, &p->module);
    if (!code) code = wd_session_store(s, &opts);
    if (code) return code;
    if (wrt_profile_start(s->store, &e) != WRT_OK) return wd_report(p->w, &e, NULL, wd_exit_of(&e));
    code = wd_link_program(s, s->linker, &program);
    if (!code) code = wd_link_modules(s, s->linker);
    if (code) return code;
    if (wd_instantiate(s, s->linker, p->module, &i, &e) != WRT_OK) {
        return wd_report_instantiate(s, s->linker, p->module, &e);
    }
    return wd_find_func(s, p->module, i, p->has_call ? &p->call : NULL, f);
}

static int profile_run(struct profile *p, wrt_func *f)
{
    wrt_error e;
    wrt_task task;
    wrt_val args[WD_ARGS_MAX];
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_func_type type = wrt_func_type_of(f);
    if (p->has_call) {
        int code = wd_invoke_values(p->w, &p->call, &type, args);
        if (code) return code;
    }
    o.name = wd_str(wd_base_name(p->w->rest[0]));
    if (wrt_task_start(p->s.store, f, args, p->has_call ? type.params : 0, &o, &task, &e) != WRT_OK) {
        return wd_report(p->w, &e, p->module->path, wd_exit_of(&e));
    }
    enum wd_end end = wd_drive(&p->s, task, &e);
    if (end == WD_END_DONE) {
        wrt_val results[WD_ARGS_MAX];
        if (wrt_task_result(p->s.store, task, results, type.results, &e) == WRT_OK) e.status = WRT_OK;
    }
    wd_outcome_of(&p->s, task, end, end == WD_END_DONE || end == WD_END_ERROR ? &e : NULL, &p->outcome);
    p->outcome.file = p->module->path;
    return -1;
}

/* ---- printing ----------------------------------------------------------------------------------------- */

static int row_order(const void *a, const void *b)
{
    const wrt_profile_row *x = a, *y = b;
    if (x->self_fuel != y->self_fuel) return x->self_fuel < y->self_fuel ? 1 : -1;
    if (x->calls != y->calls) return x->calls < y->calls ? 1 : -1;
    return x->func < y->func ? -1 : x->func > y->func;
}

/* How many there are shows when some places stay empty. */
static wrt_profile_row *profile_rows(struct profile *p, size_t *n)
{
    size_t cap = 256;
    wrt_profile_row *rows = wd_alloc(cap * sizeof *rows);
    while ((*n = wrt_profile_rows(p->s.store, rows, cap)) >= cap) {
        cap *= 2;
        rows = wd_resize(rows, cap * sizeof *rows);
    }
    qsort(rows, *n, sizeof *rows, row_order);
    return rows;
}

static void row_name(const wrt_profile_row *r, char buf[160])
{
    wrt_str name = wrt_code_func_name(r->code, r->func);
    if (name.n) {
        snprintf(buf, 160, "%.*s", (int)(name.n < 150 ? name.n : 150), name.p);
    } else {
        snprintf(buf, 160, "func[%u]", r->func);
    }
}

static void profile_table(struct profile *p, const wrt_profile_row *rows, size_t n, uint64_t top)
{
    wrt_fuel_state fuel = { 0, 0, 0 };
    uint64_t guest = 0, hidden = 0;
    char a[32], b[32], name[160];
    wrt_fuel_get(p->s.store, (wrt_task){ 0 }, &fuel);
    for (size_t k = 0; k < n; k++) guest += rows[k].self_fuel;
    fprintf(p->out, "%18s %6s %14s  function\n", "fuel", "%", "calls");
    for (size_t k = 0; k < n; k++) {
        if (rows[k].self_fuel == 0 && rows[k].calls == 0) continue;
        if (top && k >= top) {
            hidden++;
            continue;
        }
        row_name(&rows[k], name);
        fprintf(p->out, "%18s %6.2f %14s  ", wd_group(rows[k].self_fuel, a),
            guest ? 100.0 * (double)rows[k].self_fuel / (double)guest : 0.0, wd_group(rows[k].calls, b));
        wd_print_name(p->out, wd_str(name));
        fputc('\n', p->out);
    }
    if (hidden) {
        fprintf(
            p->out, "%18s        %14s  (%llu more; --top 0 shows all)\n", "", "", (unsigned long long)hidden);
    }
    fprintf(p->out, "guest = %s fuel in functions, %s counted; host = %s; table %s\n", wd_group(guest, a),
        wd_group(fuel.guest, b), wd_group(fuel.host, name), wrt_engine_fuel_table(p->s.engine)->name);
}

static void profile_json(struct profile *p, const wrt_profile_row *rows, size_t n)
{
    struct wd_json j;
    wrt_fuel_state fuel = { 0, 0, 0 };
    char name[160];
    wrt_fuel_get(p->s.store, (wrt_task){ 0 }, &fuel);
    wd_json_begin(p->w, &j, "profile");
    wd_json_text(&j, "file", p->module->path);
    wd_outcome_json(&p->s, &j, &p->outcome);
    wd_json_open(&j, "fuel", '{');
    wd_json_u64(&j, "used", fuel.guest + fuel.host);
    wd_json_u64(&j, "guest", fuel.guest);
    wd_json_u64(&j, "host", fuel.host);
    wd_json_text(&j, "table", wrt_engine_fuel_table(p->s.engine)->name);
    wd_json_close(&j);
    wd_json_open(&j, "functions", '[');
    for (size_t k = 0; k < n; k++) {
        if (rows[k].self_fuel == 0 && rows[k].calls == 0) continue;
        row_name(&rows[k], name);
        wd_json_open(&j, NULL, '{');
        wd_json_text(&j, "name", name);
        wd_json_u64(&j, "function", rows[k].func);
        wd_json_u64(&j, "self_fuel", rows[k].self_fuel);
        wd_json_u64(&j, "calls", rows[k].calls);
        wd_json_close(&j);
    }
    wd_json_end(&j);
}

static void folded_line(void *ctx, wrt_str line)
{
    wd_print_name(ctx, line);
    if (line.n == 0 || line.p[line.n - 1] != '\n') fputc('\n', ctx);
}

static int profile_print(struct profile *p, uint64_t top)
{
    const char *format = wd_option(p->w, WD_OPT_format), *path = wd_option(p->w, WD_OPT_output);
    size_t n;
    p->out = wd_open_out(p->w, path);
    if (!p->out) return WD_EXIT_IO;
    wrt_profile_row *rows = profile_rows(p, &n);
    if (p->w->json != WD_JSON_OFF) {
        profile_json(p, rows, n);
    } else if (format && strcmp(format, "folded") == 0) {
        wrt_profile_folded(p->s.store, folded_line, p->out);
    } else {
        profile_table(p, rows, n, top);
    }
    free(rows);
    return wd_close_out(p->w, p->out, path);
}

static int profile_whole(struct profile *p)
{
    wrt_func *f;
    uint64_t top;
    const char *call = wd_option(p->w, WD_OPT_invoke);
    int code = wd_session_open(p->w, &p->s);
    if (code >= 0) return code;
    if (!wd_option_count(p->w, WD_OPT_top, 0, UINT32_MAX, 40, &top)) return WD_EXIT_USAGE;
    code = wd_operands(p->w, 1, -1, "a FILE");
    if (!code && call) {
        code = wd_invoke_parse(p->w, call, &p->call);
        p->has_call = true;
    }
    if (!code) code = profile_prepare(p, &f);
    if (code) return code;
    code = profile_run(p, f);
    if (code >= 0) return code;
    wd_outcome_say(&p->s, &p->outcome);
    code = profile_print(p, top);
    if (code) return code;
    p->w->guest = p->outcome.guest;
    return p->outcome.exit_code;
}

int wd_cmd_profile(struct wd *w)
{
    struct profile p = { .w = w };
    int code = profile_whole(&p);
    wd_session_close(&p.s);
    wd_invoke_free(&p.call);
    return code;
}
