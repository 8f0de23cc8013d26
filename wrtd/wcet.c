/* wcet: the bound of a function, as text or document. What is bounded and why is the library's business. */
#include "wcet_report.h"
#include <stdlib.h>
#include <string.h>

enum { WCET_ARGS = 8, WCET_HOSTS = 256, WCET_OTHERS = 64, WCET_TOP = 5, WCET_ASSUMED = 8, WCET_LISTED = 200,
    WCET_SOURCES = 64 };

struct wcet {
    struct wd *w;
    struct wd_settings settings;
    wrt_engine *engine;
    wrt_code *code;
    uint8_t *bytes, *facts;
    size_t bytes_n, facts_n;
    const char *file, *function;
    wrt_wcet_report *report;
    wrt_wcet sum;
    wrt_wcet_host hosts[WCET_HOSTS];
    wrt_wcet_arg args[WCET_ARGS];
    wrt_str others[WCET_OTHERS];
    uint64_t fail_over;
    struct wd_measured measured;
    wrt_wcet_source sources[WCET_SOURCES];
    uint8_t *source_bytes[WCET_SOURCES];
};

/* ---- options ------------------------------------------------------------------------------------------- */

static int wcet_bad(struct wcet *x, const char *option, const char *value, const char *expected)
{
    return wd_fail(
        x->w, WD_EXIT_USAGE, WD_W_VALUE, NULL, "%s: expected %s, found \"%s\"", option, expected, value);
}

/* "FUEL", "NAME=FUEL", "MODULE.NAME=FUEL" */
static int wcet_read_hosts(struct wcet *x, wrt_wcet_opts *o)
{
    size_t at = 0;
    for (const char *text; (text = wd_option_next(x->w, WD_OPT_host_price, &at)) != NULL;) {
        const char *equal = strrchr(text, '='), *number = equal ? equal + 1 : text;
        wrt_wcet_host *host = &x->hosts[o->nhosts];
        *host = (wrt_wcet_host){ .module = { "", 0 }, .name = { "", 0 } };
        if (o->nhosts == WCET_HOSTS) return wcet_bad(x, "--host", text, "at most 256 of them");
        if (!wd_parse_count(wd_str(number), &host->fuel)) {
            return wcet_bad(x, "--host", text, "[[MODULE.]NAME=]FUEL");
        }
        if (equal) {
            const char *dot = memchr(text, '.', (size_t)(equal - text));
            if (dot) host->module = (wrt_str){ text, (size_t)(dot - text) };
            const char *name = dot ? dot + 1 : text;
            host->name = (wrt_str){ name, (size_t)(equal - name) };
        }
        o->nhosts++;
    }
    o->hosts = x->hosts;
    return -1;
}

static bool wcet_whole(const char *text, const char *end, uint64_t *out)
{
    bool minus = text < end && *text == '-';
    uint64_t n;
    if (!wd_parse_count((wrt_str){ text + minus, (size_t)(end - text) - minus }, &n)) return false;
    *out = minus ? 0 - n : n;
    return true;
}

static int wcet_read_args(struct wcet *x, wrt_wcet_opts *o)
{
    size_t at = 0;
    for (const char *text; (text = wd_option_next(x->w, WD_OPT_arg_range, &at)) != NULL;) {
        const char *dots = strstr(text, "..");
        if (o->nargs == WCET_ARGS) return wcet_bad(x, "--arg", text, "at most 8 of them");
        wrt_wcet_arg *arg = &x->args[o->nargs++];
        if (strcmp(text, "*") == 0) continue;
        arg->given = true;
        const char *end = text + strlen(text);
        bool good = dots ? wcet_whole(text, dots, &arg->low) && wcet_whole(dots + 2, end, &arg->high)
                         : wcet_whole(text, end, &arg->low);
        if (!good) return wcet_bad(x, "--arg", text, "LOW..HIGH, a number, or *");
        if (!dots) arg->high = arg->low;
    }
    o->args = x->args;
    return -1;
}

static const char *const wcet_states[] = { "fresh", "repeated", "any" };

static int wcet_read_state(struct wcet *x, wrt_wcet_opts *o)
{
    const char *state = wd_option(x->w, WD_OPT_state);
    size_t at = 0, n = 0;
    while (state && n < WD_COUNT(wcet_states) && strcmp(state, wcet_states[n]) != 0) n++;
    if (n == WD_COUNT(wcet_states)) return wcet_bad(x, "--state", state, "fresh, repeated or any");
    o->state = (wrt_wcet_state)n;
    for (const char *text; (text = wd_option_next(x->w, WD_OPT_also, &at)) != NULL;) {
        if (o->nothers == WCET_OTHERS) return wcet_bad(x, "--also", text, "at most 64 of them");
        if (o->state != WRT_WCET_REPEATED) return wcet_bad(x, "--also", text, "--state repeated beside it");
        x->others[o->nothers++] = wd_str(text);
    }
    o->others = x->others;
    return -1;
}

static int wcet_read_sources(struct wcet *x, wrt_wcet_opts *o)
{
    size_t at = 0;
    for (const char *path; (path = wd_option_next(x->w, WD_OPT_pragmas, &at)) != NULL;) {
        size_t n = 0;
        if (o->nsources == WCET_SOURCES) return wcet_bad(x, "--pragmas", path, "at most 64 of them");
        int code = wd_read_file(x->w, path, &x->source_bytes[o->nsources], &n);
        if (code) return code;
        x->sources[o->nsources] = (wrt_wcet_source){ wd_str(path), { x->source_bytes[o->nsources], n } };
        o->nsources++;
    }
    o->sources = x->sources;
    return -1;
}

static int wcet_options(struct wcet *x, wrt_wcet_opts *o)
{
    struct wd *w = x->w;
    const char *facts = wd_option(w, WD_OPT_facts);
    int code = wcet_read_hosts(x, o);
    if (code < 0) code = wcet_read_args(x, o);
    if (code < 0) code = wcet_read_state(x, o);
    if (code < 0) code = wcet_read_sources(x, o);
    if (code >= 0) return code;
    if (facts && strcmp(facts, "per-entry") == 0) o->use = WRT_WCET_PER_ENTRY;
    else if (facts && strcmp(facts, "full") == 0) o->use = WRT_WCET_FULL;
    else if (facts && strcmp(facts, "all") != 0)
        return wcet_bad(x, "--facts", facts, "all, per-entry or full");
    o->no_inference = wd_has(w, WD_OPT_no_inference);
    if (!wd_option_count(w, WD_OPT_fail_over, 0, UINT64_MAX, UINT64_MAX, &x->fail_over)) return WD_EXIT_USAGE;
    const char *file = wd_option(w, WD_OPT_annotate);
    if (!file) return -1;
    code = wd_read_file(w, file, &x->facts, &x->facts_n);
    o->facts = (wrt_bytes){ x->facts, x->facts_n };
    return code ? code : -1;
}

/* ---- the document ----------------------------------------------------------------------------------------
 */

static void wcet_figure(struct wd_json *j, const char *key, uint64_t v)
{
    if (v == WRT_WCET_NONE) wd_json_null(j, key);
    else wd_json_u64(j, key, v);
}

static const char *const wcet_kinds[] = { "loop", "recursion", "indirect-call", "host-call", "size",
    "no-return", "overflow" };
static const char *const wcet_methods[] = { "none", "paths", "ilp", "execution" };

/* Members "file" and "line" of a place that the line table knows. */
static void wcet_json_line(struct wd_json *j, bool known, const wrt_wcet_line *l)
{
    if (!known) return;
    wd_json_string(j, "file", l->file);
    wd_json_u64(j, "line", l->line);
}

static void wcet_json_at(struct wcet *x, struct wd_json *j, uint64_t offset)
{
    wrt_wcet_line l;
    wcet_json_line(j, wrt_wcet_line_at(x->report, offset, &l), &l);
}

static void wcet_json_loop_at(struct wcet *x, struct wd_json *j, uint32_t func, uint32_t loop)
{
    wrt_wcet_line l;
    wcet_json_line(j, wrt_wcet_loop_line(x->report, func, loop, &l), &l);
}

static const char *const wcet_pragmas[] = { "used", "no-loop", "several", "mixed", "before-none", "no-lines",
    "no-file", "other-source" };

static void wcet_json_pragmas(struct wcet *x, struct wd_json *j)
{
    wrt_wcet_pragma p;
    if (wrt_wcet_pragmas_count(x->report) == 0) return;
    wd_json_open(j, "pragmas", '[');
    for (size_t i = 0; wrt_wcet_pragma_at(x->report, i, &p); i++) {
        wd_json_open(j, NULL, '{');
        wd_json_string(j, "file", x->sources[p.source].name);
        wd_json_u64(j, "line", p.line);
        wd_json_u64(j, "min", p.min);
        wd_json_u64(j, "max", p.max);
        wd_json_text(j, "state", wcet_pragmas[p.state]);
        wd_json_u64(j, "matched", p.matched);
        if (p.func != UINT32_MAX) wd_json_u64(j, "func", p.func);
        if (p.loop != UINT32_MAX) wd_json_u64(j, "loop", p.loop);
        wd_json_close(j);
    }
    wd_json_close(j);
}

static void wcet_json_why(struct wcet *x, struct wd_json *j)
{
    wd_json_open(j, "unbounded", '[');
    for (size_t i = 0; i < wrt_wcet_why_count(x->report); i++) {
        wrt_wcet_why why;
        if (!wrt_wcet_why_at(x->report, i, &why)) break;
        wd_json_open(j, NULL, '{');
        wd_json_text(j, "kind", wcet_kinds[why.kind]);
        wd_json_u64(j, "func", why.func);
        wd_json_string(j, "name", why.name);
        wd_json_u64(j, "offset", why.offset);
        if (why.loop != UINT32_MAX) wcet_json_loop_at(x, j, why.func, why.loop);
        else wcet_json_at(x, j, why.offset);
        if (why.loop != UINT32_MAX) wd_json_u64(j, "loop", why.loop);
        if (why.callee != UINT32_MAX) wd_json_u64(j, "callee", why.callee);
        wd_json_string(j, "text", why.text);
        wd_json_close(j);
    }
    wd_json_close(j);
}

static void wcet_json_loops(struct wcet *x, struct wd_json *j)
{
    wd_json_open(j, "loops", '[');
    wrt_wcet_loop l;
    for (size_t i = 0; wrt_wcet_loop_at(x->report, i, &l); i++) {
        wd_json_open(j, NULL, '{');
        wd_json_u64(j, "func", l.func);
        wd_json_u64(j, "loop", l.loop);
        wd_json_u64(j, "offset", l.offset);
        wcet_json_loop_at(x, j, l.func, l.loop);
        wd_json_u64(j, "depth", l.depth);
        wd_json_u64(j, "min", l.min);
        wcet_figure(j, "max", l.max);
        wcet_figure(j, "total", l.total);
        wd_json_u64(j, "rule", l.rule);
        wd_json_u64(j, "total_rule", l.total_rule);
        wcet_figure(j, "runs", l.runs);
        if (l.max == WRT_WCET_NONE && l.reason.n > 0) wd_json_string(j, "reason", l.reason);
        wd_json_close(j);
    }
    wd_json_close(j);
}

static int wcet_by_self(const void *a, const void *b)
{
    const wrt_wcet_func *x = a, *y = b;
    if (x->self != y->self) return x->self < y->self ? 1 : -1;
    return x->func < y->func ? -1 : x->func > y->func;
}

/* The functions that cost most on the dearest path, given (free); without one, the first. */
static wrt_wcet_func *wcet_contributors(struct wcet *x, size_t *n)
{
    size_t all = wrt_wcet_funcs_count(x->report), kept = 0;
    wrt_wcet_func *funcs = wd_alloc((all + 1) * sizeof *funcs);
    for (size_t i = 0; i < all; i++) {
        if (wrt_wcet_func_at(x->report, i, &funcs[kept])
            && (x->sum.method == WRT_WCET_BY_NONE || funcs[kept].calls > 0)) {
            kept++;
        }
    }
    if (kept > 0 && funcs[0].self != WRT_WCET_NONE) qsort(funcs, kept, sizeof *funcs, wcet_by_self);
    *n = kept;
    return funcs;
}

static void wcet_json_functions(struct wcet *x, struct wd_json *j)
{
    size_t n;
    wrt_wcet_func *funcs = wcet_contributors(x, &n);
    wd_json_open(j, "functions", '[');
    for (size_t i = 0; i < n && i < WCET_LISTED; i++) {
        const wrt_wcet_func *f = &funcs[i];
        wd_json_open(j, NULL, '{');
        wd_json_u64(j, "func", f->func);
        wd_json_string(j, "name", f->name);
        wd_json_u64(j, "fuel_low", f->fuel_low);
        wcet_figure(j, "fuel_high", f->fuel_high);
        wcet_figure(j, "calls", f->calls);
        wcet_figure(j, "self", f->self);
        wcet_figure(j, "stack_bytes", f->stack_bytes);
        wd_json_close(j);
    }
    wd_json_close(j);
    free(funcs);
}

static void wcet_known(struct wd_json *j, const char *key, uint64_t v)
{
    if (v != WRT_WCET_NONE) wd_json_u64(j, key, v);
}

static const char *wcet_assumed(char kind)
{
    switch (kind) {
    case 'l': return "loop";
    case 'f': return "invocations";
    case 't': return "targets";
    case 's': return "size";
    case 'a': return "argument";
    case 'p': return "infeasible";
    case 'i': return "state";
    default: return "host-price";
    }
}

static void wcet_json_assumptions(struct wcet *x, struct wd_json *j)
{
    wd_json_open(j, "assumptions", '[');
    wrt_wcet_assumption a;
    for (size_t i = 0; wrt_wcet_assumption_at(x->report, i, &a); i++) {
        wd_json_open(j, NULL, '{');
        wd_json_text(j, "kind", wcet_assumed(a.kind));
        if (a.func != UINT32_MAX) wd_json_u64(j, "func", a.func);
        if (a.loop != UINT32_MAX) wd_json_u64(j, "loop", a.loop);
        wcet_known(j, "offset", a.offset);
        wcet_known(j, "other", a.other);
        if (a.kind == 'a') {
            wd_json_u64(j, "argument", a.argument);
            wd_json_i64(j, "min", (int64_t)a.min);
            wd_json_i64(j, "max", (int64_t)a.max);
        } else {
            wcet_known(j, "min", a.min);
            wcet_known(j, "max", a.max);
        }
        wcet_known(j, "total", a.total);
        if (a.kind == 'h') wd_json_string(j, "module", a.module);
        if (a.kind == 'h') wd_json_string(j, "name", a.name);
        if (a.author.n > 0) wd_json_string(j, "author", a.author);
        if (a.rationale.n > 0) wd_json_string(j, "rationale", a.rationale);
        wd_json_bool(j, "checked", a.checked);
        wd_json_close(j);
    }
    wd_json_close(j);
}

static void wcet_json_blocks(struct wcet *x, struct wd_json *j)
{
    wrt_wcet_block b;
    wd_json_open(j, "blocks", '[');
    for (size_t i = 0; wrt_wcet_block_at(x->report, i, &b); i++) {
        wd_json_open(j, NULL, '{');
        wd_json_u64(j, "func", b.func);
        wd_json_u64(j, "block", b.block);
        wd_json_u64(j, "offset", b.offset);
        wd_json_u64(j, "last", b.last);
        wcet_json_at(x, j, b.offset);
        wd_json_u64(j, "price", b.price);
        wcet_figure(j, "runs", b.runs);
        wd_json_open(j, "next", '[');
        for (uint32_t k = 0; k < b.next_count; k++) {
            uint32_t to = wrt_wcet_block_next(x->report, i, k);
            wd_json_i64(j, NULL, to == WRT_WCET_RETURNS ? -1 : to == WRT_WCET_TRAPS ? -2 : (int64_t)to);
        }
        wd_json_close(j);
        wd_json_close(j);
    }
    wd_json_close(j);
}

static void wcet_json(struct wcet *x)
{
    const wrt_wcet *s = &x->sum;
    struct wd_json j;
    wrt_wcet_func entry = { 0 };
    (void)wrt_wcet_func_at(x->report, 0, &entry);
    wd_json_begin(x->w, &j, "wcet");
    wd_json_text(&j, "file", x->file);
    wd_json_text(&j, "function", x->function);
    wd_json_u64(&j, "func", entry.func);
    wd_json_bool(&j, "bounded", s->bounded);
    wd_json_text(&j, "state", wcet_states[s->state]);
    wd_json_text(&j, "state_taken", wcet_states[s->taken]);
    wd_json_u64(&j, "fuel_low", s->fuel_low);
    wcet_figure(&j, "fuel_high", s->fuel_high);
    wd_json_text(&j, "method", wcet_methods[s->method]);
    wcet_figure(&j, "stack_bytes", s->stack_bytes);
    wcet_figure(&j, "memory_pages", s->memory_pages);
    wcet_figure(&j, "host_calls", s->host_calls);
    if (s->start_fuel_high != 0 || !s->start_bounded) {
        wd_json_open(&j, "start", '{');
        wd_json_bool(&j, "bounded", s->start_bounded);
        wcet_figure(&j, "fuel_high", s->start_fuel_high);
        wd_json_close(&j);
    }
    const wrt_fuel_table *table = wrt_engine_fuel_table(x->engine);
    wd_json_string(&j, "fuel_table", (wrt_str){ table->name, strnlen(table->name, sizeof table->name) });
    wd_json_hex(&j, "fuel_table_hash", s->table_hash);
    wd_json_hex(&j, "module_hash", s->module_hash);
    if (s->limit.n > 0) wd_json_string(&j, "limit", s->limit);
    uint64_t lines_at = 0;
    const wrt_str ignored = wrt_wcet_lines_ignored(x->report, &lines_at);
    if (ignored.n > 0) wd_json_string(&j, "lines_ignored", ignored);
    wcet_json_why(x, &j);
    wcet_json_loops(x, &j);
    wcet_json_functions(x, &j);
    wcet_json_assumptions(x, &j);
    wcet_json_pragmas(x, &j);
    if (wd_has(x->w, WD_OPT_blocks)) wcet_json_blocks(x, &j);
    wd_measured_json(&j, &x->measured);
    if (wd_has(x->w, WD_OPT_fail_over)) wd_json_bool(&j, "exceeds", s->fuel_high > x->fail_over);
    wd_json_end(&j);
}

/* ---- text ------------------------------------------------------------------------------------------------
 */

static const char *wcet_count(uint64_t v, char buf[32])
{
    return v == WRT_WCET_NONE ? "?" : wd_group(v, buf);
}

/* "  FILE:LINE" where the line table knows the place. */
static void wcet_text_line(bool known, const wrt_wcet_line *l)
{
    if (!known) return;
    fputs("  ", stdout);
    wd_print_name(stdout, l->file);
    printf(":%u", l->line);
}

static void wcet_text_path(struct wcet *x)
{
    char a[32], b[32];
    size_t n;
    uint64_t rest = 0;
    if (x->sum.host_calls == WRT_WCET_NONE || x->sum.method == WRT_WCET_BY_EXECUTION) return;
    wrt_wcet_func *funcs = wcet_contributors(x, &n);
    fputs("path       ", stdout);
    for (size_t i = 0; i < n; i++) {
        if (i >= WCET_TOP) {
            rest += funcs[i].self;
            continue;
        }
        if (i > 0) fputs(" > ", stdout);
        if (funcs[i].name.n > 0) wd_print_name(stdout, funcs[i].name);
        else printf("func %u", funcs[i].func);
        printf(" (x%s, %s)", wcet_count(funcs[i].calls, a), wd_group(funcs[i].self, b));
    }
    if (n > WCET_TOP) printf(" > rest %s", wd_group(rest, a));
    putchar('\n');
    free(funcs);
}

static void wcet_text_blocks(struct wcet *x)
{
    wrt_wcet_block b;
    char runs[32], price[32];
    for (size_t i = 0; wrt_wcet_block_at(x->report, i, &b); i++) {
        printf("block %u.%u  0x%llx..0x%llx  price %s  runs %s  next", b.func, b.block,
            (unsigned long long)b.offset, (unsigned long long)b.last, wd_group(b.price, price),
            wcet_count(b.runs, runs));
        for (uint32_t k = 0; k < b.next_count; k++) {
            uint32_t to = wrt_wcet_block_next(x->report, i, k);
            if (to == WRT_WCET_RETURNS) fputs(" return", stdout);
            else if (to == WRT_WCET_TRAPS) fputs(" trap", stdout);
            else printf(" %u", to);
        }
        wrt_wcet_line line;
        wcet_text_line(wrt_wcet_line_at(x->report, b.offset, &line), &line);
        putchar('\n');
    }
}

static void wcet_text_loops(struct wcet *x)
{
    static const char *const rules[] = { "?", "induction", "interval", "triangular", "execution", "stated",
        "context" };
    wrt_wcet_loop l;
    char max[32], total[32];
    for (size_t i = 0; wrt_wcet_loop_at(x->report, i, &l); i++) {
        printf("loop       func %u loop %u at 0x%llx  <= %s per entry (%s)", l.func, l.loop,
            (unsigned long long)l.offset, wcet_count(l.max, max),
            rules[l.rule < WD_COUNT(rules) ? l.rule : 0]);
        if (l.total != WRT_WCET_NONE) printf("  <= %s in all", wd_group(l.total, total));
        wrt_wcet_line line;
        wcet_text_line(wrt_wcet_loop_line(x->report, l.func, l.loop, &line), &line);
        putchar('\n');
    }
}

static void wcet_text_number(const char *before, uint64_t v)
{
    char text[32];
    if (v != WRT_WCET_NONE) printf("%s%s", before, wd_group(v, text));
}

/* What the bound rests on beside the code: one line each, the first of them. */
static void wcet_text_assumption(struct wcet *x, const wrt_wcet_assumption *a)
{
    wrt_wcet_line line;
    printf("assumes    %s", wcet_assumed(a->kind));
    if (a->kind == 'h') {
        putchar(' ');
        if (a->module.n > 0) wd_print_name(stdout, a->module);
        if (a->module.n > 0) putchar('.');
        if (a->name.n > 0) wd_print_name(stdout, a->name);
        else fputs("of every import", stdout);
    } else if (a->kind == 'a') {
        printf(" %u in %lld..%lld", a->argument, (long long)a->min, (long long)a->max);
    } else {
        if (a->loop != UINT32_MAX) printf(" %u", a->loop);
        printf(" of func %u", a->func);
        if (a->offset != WRT_WCET_NONE) printf(" at 0x%llx", (unsigned long long)a->offset);
        if (a->other != WRT_WCET_NONE) printf(" and 0x%llx", (unsigned long long)a->other);
        wcet_text_line(a->kind == 'l' && wrt_wcet_loop_line(x->report, a->func, a->loop, &line), &line);
        wcet_text_number("  >= ", a->min);
    }
    if (a->kind != 'a') wcet_text_number("  <= ", a->max);
    wcet_text_number("  in all <= ", a->total);
    if (a->author.n > 0) fputs("  by ", stdout);
    wd_print_name(stdout, a->author);
    if (a->rationale.n > 0) fputs(": ", stdout);
    wd_print_name(stdout, a->rationale);
    putchar('\n');
}

static void wcet_text_assumptions(struct wcet *x)
{
    const size_t n = wrt_wcet_assumptions_count(x->report) - 1;     /* the state has its own line */
    const size_t shown = x->w->verbose || n <= WCET_ASSUMED ? n : WCET_ASSUMED;
    wrt_wcet_assumption a;
    for (size_t i = 0; i < shown && wrt_wcet_assumption_at(x->report, i, &a); i++)
        wcet_text_assumption(x, &a);
    if (shown < n) printf("assumes    %zu more (-v)\n", n - shown);
}

/* Of which calls the bound speaks. */
static void wcet_text_state(struct wcet *x)
{
    wrt_wcet_assumption a;
    const size_t n = wrt_wcet_assumptions_count(x->report);
    if (n == 0 || !wrt_wcet_assumption_at(x->report, n - 1, &a)) return;
    printf("state      %s: %.*s", wcet_states[x->sum.state], (int)a.rationale.n, a.rationale.p);
    if (x->sum.state == WRT_WCET_FRESH) fputs(" (--state repeated: every call)", stdout);
    if (x->sum.taken != x->sum.state) fputs(" (what calls leave was not found: taken as any)", stdout);
    putchar('\n');
}

static void wcet_text(struct wcet *x)
{
    const wrt_wcet *s = &x->sum;
    const wrt_fuel_table *table = wrt_engine_fuel_table(x->engine);
    char fuel[32], low[32], number[32];
    if (!s->bounded) return;
    printf("%-10s fuel <= %s (>= %s)", x->function, wd_group(s->fuel_high, fuel), wd_group(s->fuel_low, low));
    if (s->stack_bytes != WRT_WCET_NONE) printf("   stack <= %s B", wd_group(s->stack_bytes, number));
    if (s->memory_pages != WRT_WCET_NONE) printf("   memory <= %s pages", wd_group(s->memory_pages, number));
    if (s->host_calls != WRT_WCET_NONE) printf("   host calls %s", wd_group(s->host_calls, number));
    putchar('\n');
    wcet_text_path(x);
    printf("bounds     %u loops: %u inferred, %u stated   indirect calls: %u   by %s\n", s->loops,
        s->inferred, s->stated, s->indirect_calls, wcet_methods[s->method]);
    wcet_text_assumptions(x);
    wcet_text_state(x);
    if (x->w->verbose) wcet_text_loops(x);
    if (wd_has(x->w, WD_OPT_blocks)) wcet_text_blocks(x);
    if (!s->start_bounded) puts("start      the start function has no bound of its own");
    else if (s->start_fuel_high != 0) printf("start      fuel <= %s\n", wd_group(s->start_fuel_high, number));
    printf("fuel table %.24s (hash %016llx)\n", table->name, (unsigned long long)s->table_hash);
}

/* ---- all -------------------------------------------------------------------------------------------------
 */

static void wcet_write(void *ctx, wrt_str part)
{
    fwrite(part.p, 1, part.n, ctx);
}

static int wcet_certificate(struct wcet *x)
{
    wrt_error e;
    const char *path = wd_option(x->w, WD_OPT_certificate);
    if (!path || !x->sum.bounded) return 0;
    FILE *out = wd_open_out(x->w, path);
    if (!out) return WD_EXIT_IO;
    wrt_status status = wrt_wcet_certificate(x->report, wcet_write, out, &e);
    int code = wd_close_out(x->w, out, path);
    return status != WRT_OK ? wd_report(x->w, &e, x->file, wd_exit_of(&e)) : code;
}

/* What became of pragmas, and of the line table. */
static void wcet_say_source(struct wcet *x)
{
    wrt_wcet_pragma p;
    uint64_t at = 0;
    const wrt_str ignored = wrt_wcet_lines_ignored(x->report, &at);
    if (ignored.n > 0) {
        wd_warn(x->w, "the line table is ignored: %.*s (offset 0x%llx)", (int)ignored.n, ignored.p,
            (unsigned long long)at);
    }
    for (size_t i = 0; wrt_wcet_pragma_at(x->report, i, &p); i++) {
        const wrt_str text = wrt_wcet_pragma_text(p.state), name = x->sources[p.source].name;
        if (p.state == WRT_WCET_PRAGMA_USED) continue;
        wd_warn(
            x->w, "%.*s:%u: the pragma is not used: %.*s", (int)name.n, name.p, p.line, (int)text.n, text.p);
    }
}

/* What has no bound, for a reader. */
static void wcet_say_why(struct wcet *x)
{
    wrt_wcet_why why;
    for (size_t i = 0; i < 16 && wrt_wcet_why_at(x->report, i, &why); i++) {
        wrt_error e;
        if (why.loop != UINT32_MAX) {
            wd_error_init(&e, WRT_E_UNBOUNDED, 702, "no bound: loop %u of function %u: %.*s", why.loop,
                why.func, (int)why.text.n, why.text.p);
            wd_error_hint(&e, "state one with --annotate: {\"loops\":[{\"func\":%u,\"loop\":%u,\"max\":N}]}",
                why.func, why.loop);
        } else {
            wd_error_init(&e, WRT_E_UNBOUNDED, 702, "no bound: function %u: %.*s", why.func, (int)why.text.n,
                why.text.p);
            if (why.kind == WRT_WCET_WHY_HOST) wd_error_hint(&e, "declare one: --host NAME=FUEL");
        }
        wrt_wcet_line l;
        const bool known = why.loop != UINT32_MAX ? wrt_wcet_loop_line(x->report, why.func, why.loop, &l)
                                                  : wrt_wcet_line_at(x->report, why.offset, &l);
        if (known) {
            wd_error_where(&e, "%.*s, %.*s:%u", (int)why.name.n, why.name.p, (int)l.file.n, l.file.p, l.line);
        } else if (why.name.n > 0) {
            wd_error_where(&e, "%.*s", (int)why.name.n, why.name.p);
        }
        e.offset = why.offset;
        wd_say_error(x->w, "error", &e, x->file, NULL);
    }
    if (wrt_wcet_why_count(x->report) > 16) {
        wd_warn(x->w, "%zu more places have no bound", wrt_wcet_why_count(x->report) - 16);
    }
    if (x->sum.limit.n > 0)
        wd_warn(x->w, "the limit %.*s ended inference early", (int)x->sum.limit.n, x->sum.limit.p);
}

/* The file that an error with a line speaks of: a source of pragmas, or the facts. */
static const char *wcet_at_fault(const struct wcet *x, wrt_error *e)
{
    if (e->code < 701 || e->line == 0) return x->file;
    for (size_t i = 0; i < WCET_SOURCES && x->source_bytes[i]; i++) {
        if (strncmp(e->where, x->sources[i].name.p, sizeof e->where - 1) != 0) continue;
        e->where[0] = '\0';
        return x->sources[i].name.p;
    }
    const char *facts = wd_option(x->w, WD_OPT_annotate);
    return facts ? facts : x->file;
}

static void wcet_progress(void *ctx, uint64_t done)
{
    const uint64_t most = 14000000;         /* "wcet_steps": the work ends there at the latest */
    wd_progress(ctx, "operators analysed", done < most ? done : most, most);
}

static bool wcet_equal(wrt_str a, wrt_str b) { return a.n == b.n && memcmp(a.p, b.p, a.n) == 0; }

/* What was declared about imports that there are not would be a mistake without notice. */
static int wcet_check_declared(struct wcet *x, const wrt_wcet_opts *o)
{
    for (size_t i = 0; i < o->nhosts; i++) {
        const wrt_str name = o->hosts[i].name;
        struct wd_near near;
        wrt_extern_desc d;
        char hint[160];
        bool found = name.n == 0;
        wd_near_init(&near, name);
        for (size_t k = 0; !found && k < wrt_code_imports_count(x->code); k++) {
            if (!wrt_code_import(x->code, k, &d) || d.kind != WRT_EXTERN_FUNC) continue;
            wd_near_offer(&near, d.name);
            found = wcet_equal(name, d.name)
                && (o->hosts[i].module.n == 0 || wcet_equal(o->hosts[i].module, d.module));
        }
        if (found) continue;
        snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
        return wd_fail(x->w, WD_EXIT_USAGE, WD_W_VALUE, wd_near_found(&near) ? hint : NULL,
            "--host: the module imports no function \"%.*s\"", (int)name.n, name.p);
    }
    return 0;
}

static int wcet_load(struct wcet *x)
{
    wrt_error e;
    int code = wd_read_file(x->w, x->file, &x->bytes, &x->bytes_n);
    if (code) return code;
    wrt_load_opts o = {
        .size = sizeof o, .keep_source = true, .portable = true, .name = wd_str(wd_base_name(x->file))
    };
    if (wrt_load(x->engine, (wrt_bytes){ x->bytes, x->bytes_n }, &o, &x->code, &e) == WRT_OK) return 0;
    wd_load_hint(x->bytes, x->bytes_n, &e);
    return wd_report(x->w, &e, x->file, wd_exit_of(&e));
}

static int wcet_whole_run(struct wcet *x)
{
    wrt_error e;
    wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
    int code = wd_settings_read(x->w, &x->settings);
    if (code >= 0) return code;
    bool runs = wd_has(x->w, WD_OPT_measure) || wd_has(x->w, WD_OPT_check_facts);
    code = wd_operands(x->w, 2, runs ? 2 + WD_ARGS_MAX : 2, "a FILE and a FUNC");
    if (code) return code;
    x->file = x->w->rest[0];
    x->function = x->w->rest[1];
    code = wcet_options(x, &o);
    if (code >= 0) return code;
    code = wd_engine_new(x->w, &x->settings, &x->engine);
    if (!code) code = wcet_load(x);
    if (!code) code = wcet_check_declared(x, &o);
    if (code) return code;
    o.progress = wcet_progress;
    o.progress_ctx = x->w;
    const wrt_status status = wrt_wcet_analyse(x->code, wd_str(x->function), &o, &x->report, &e);
    wd_progress_end();
    if (status != WRT_OK) {
        return wd_report(x->w, &e, wcet_at_fault(x, &e), wd_exit_of(&e));
    }
    x->sum.size = sizeof x->sum;
    wrt_wcet_summary(x->report, &x->sum);
    wcet_say_source(x);
    code = wcet_certificate(x);
    if (code) return code;
    const struct wd_measure_of of = { x->file, x->function, x->code, x->engine, x->report, &x->sum, &o };
    const char *page = wd_option(x->w, WD_OPT_report);
    code = wd_measure(x->w, &of, &x->measured);
    if (!code && page) code = wd_wcet_page(x->w, &of, &x->measured, page);
    if (code) return code;
    if (x->w->json != WD_JSON_OFF) {
        wcet_json(x);
    } else {
        wcet_text(x);
        wd_measured_text(&x->measured, &x->sum);
    }
    code = wd_measure_verdict(x->w, &of, &x->measured);
    if (code) return code;
    if (!x->sum.bounded) {
        wcet_say_why(x);
        return WD_EXIT_FAILED;
    }
    if (x->sum.fuel_high <= x->fail_over) return WD_EXIT_OK;
    wd_warn(x->w, "the bound %llu is above %llu", (unsigned long long)x->sum.fuel_high,
        (unsigned long long)x->fail_over);
    return WD_EXIT_NO_FIT;
}

int wd_cmd_wcet(struct wd *w)
{
    struct wcet x = { .w = w };
    int code = wcet_whole_run(&x);
    wd_measured_free(&x.measured);
    wrt_wcet_report_free(x.report);
    wrt_code_free(x.code);
    if (x.engine) wrt_engine_free(x.engine);
    free(x.settings.own_table);
    free(x.facts);
    for (size_t i = 0; i < WCET_SOURCES; i++) free(x.source_bytes[i]);
    free(x.bytes);
    return code;
}
