/* wcet_report: one page about a bound, for a reader who must answer for it: what it is, what it rests on,
 * which path costs it, where the fuel goes, and what was observed. Self-contained, without scripts. */
#include "wcet_report.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_ROWS = 2000 };

static const char page_style[] =
    "body{margin:1.2rem auto;max-width:1340px;padding:0 1rem;font:14px/1.45 system-ui,sans-serif;color:#111;"
    "background:#fff}\nh1{font-size:1.25rem;margin:0 0 .6rem}h2{font-size:1.05rem;margin:1.4rem 0 .4rem}\n"
    "table{border-collapse:collapse;margin:.4rem 0}th,td{padding:.2rem .7rem .2rem 0;text-align:right;"
    "font-variant-numeric:tabular-nums;vertical-align:top}\n"
    "th{border-bottom:1px solid #888;font-weight:600}td:first-child,th:first-child,.left{text-align:left}\n"
    ".bad{color:#a1121a;font-weight:600}.quiet{color:#555}.big{font-size:1.6rem;font-weight:600}\n"
    "svg rect{stroke:#fff;stroke-width:.6}code{font:12.5px/1.4 "
        "ui-monospace,monospace}svg{max-width:100%;height:auto;display:block}\n"
    "svg text{font:11px system-ui,sans-serif;fill:#111}\n";

void wd_page(FILE *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
}

void wd_page_text(FILE *out, wrt_str s)
{
    const bool readable = wd_utf8_valid(s.p, s.n);
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'') fprintf(out, "&#%d;", c);
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !readable)) fputc('?', out);
        else fputc(c, out);
    }
}

void wd_page_func(FILE *out, const wrt_wcet_report *r, uint32_t func)
{
    wrt_wcet_func f;
    for (size_t i = 0; wrt_wcet_func_at(r, i, &f); i++) {
        if (f.func != func) continue;
        if (f.name.n == 0) break;
        wd_page_text(out, f.name);
        return;
    }
    if (func == UINT32_MAX) fputs("another module", out);
    else fprintf(out, "function %u", func);
}

static void page_count(FILE *out, uint64_t v)
{
    char text[32];
    wd_page(out, "<td>%s</td>", v == WRT_WCET_NONE ? "&ndash;" : wd_group(v, text));
}

static void page_place(FILE *out, uint64_t offset)
{
    if (offset == UINT64_MAX) wd_page(out, "<td class=\"left\"></td>");
    else wd_page(out, "<td class=\"left\"><code>0x%llx</code></td>", (unsigned long long)offset);
}

static void page_line(FILE *out, bool known, const wrt_wcet_line *l)
{
    wd_page(out, "<td class=\"left\">");
    if (known) {
        wd_page_text(out, l->file);
        wd_page(out, ":%u", l->line);
    }
    wd_page(out, "</td>");
}

static void page_loop_line(FILE *out, const wrt_wcet_report *r, uint32_t func, uint32_t loop)
{
    wrt_wcet_line l;
    page_line(out, wrt_wcet_loop_line(r, func, loop, &l), &l);
}

static void page_offset_line(FILE *out, const wrt_wcet_report *r, uint64_t offset)
{
    wrt_wcet_line l;
    page_line(out, wrt_wcet_line_at(r, offset, &l), &l);
}

static void page_named(FILE *out, const wrt_wcet_report *r, uint32_t func)
{
    wd_page(out, "<td class=\"left\">");
    if (func != UINT32_MAX) wd_page_func(out, r, func);
    wd_page(out, "</td>");
}

/* ---- the bound ---------------------------------------------------------------------------------------- */

static void page_figure(FILE *out, const char *name, uint64_t v, const char *unit)
{
    char text[32];
    if (v == WRT_WCET_NONE) return;
    wd_page(out, "<tr><td>%s</td><td>%s%s</td></tr>\n", name, wd_group(v, text), unit);
}

static void page_bound(FILE *out, const struct wd_measure_of *of)
{
    static const char *const methods[] = { "none", "paths (loop collapse)", "whole-program maximum",
        "abstract execution" };
    const wrt_wcet *s = of->sum;
    const wrt_fuel_table *table = wrt_engine_fuel_table(of->engine);
    char text[32];
    if (s->bounded) wd_page(out, "<p class=\"big\">&le; %s fuel</p>\n", wd_group(s->fuel_high, text));
    else wd_page(out, "<p class=\"big bad\">no bound</p>\n");
    wd_page(out, "<table>\n");
    page_figure(out, "no run that returns uses less than", s->fuel_low, " fuel");
    page_figure(out, "stack", s->stack_bytes, " bytes");
    page_figure(out, "memory", s->memory_pages, " pages");
    page_figure(out, "calls of the host", s->host_calls, "");
    if (s->start_fuel_high != 0) page_figure(out, "start function, before it", s->start_fuel_high, " fuel");
    wd_page(out, "<tr><td>found by</td><td>%s</td></tr>\n", methods[s->method]);
    wd_page(
        out, "<tr><td>module</td><td><code>%016llx</code></td></tr>\n", (unsigned long long)s->module_hash);
    wd_page(out, "<tr><td>fuel table</td><td>");
    wd_page_text(out, (wrt_str){ table->name, strnlen(table->name, sizeof table->name) });
    wd_page(out, " <code>%016llx</code></td></tr>\n", (unsigned long long)s->table_hash);
    const uint32_t version = wrt_version();
    wd_page(out, "<tr><td>tool</td><td>wrtd %u.%u.%u</td></tr>\n</table>\n", version >> 16,
        version >> 8 & 0xff, version & 0xff);
    if (s->limit.n > 0) {
        wd_page(out, "<p>The limit <code>");
        wd_page_text(out, s->limit);
        wd_page(out,
            "</code> ended a part of the analysis early: the bound holds, and may be larger than it "
                "could be.</p>\n");
    }
}

static void page_why(FILE *out, const wrt_wcet_report *r)
{
    wrt_wcet_why why;
    if (wrt_wcet_why_count(r) == 0) return;
    wd_page(out,
        "<h2>What has no bound</h2>\n<table><tr><th>function</th><th>loop</th><th class=\"left\">at</th>"
        "<th class=\"left\">source</th>"
        "<th class=\"left\">why</th></tr>\n");
    for (size_t i = 0; wrt_wcet_why_at(r, i, &why); i++) {
        wd_page(out, "<tr>");
        page_named(out, r, why.func);
        page_count(out, why.loop == UINT32_MAX ? WRT_WCET_NONE : why.loop);
        page_place(out, why.offset);
        if (why.loop != UINT32_MAX) page_loop_line(out, r, why.func, why.loop);
        else page_offset_line(out, r, why.offset);
        wd_page(out, "<td class=\"left\">");
        wd_page_text(out, why.text);
        wd_page(out, "</td></tr>\n");
    }
    wd_page(out, "</table>\n");
}

/* What could not be taken from the source. */
static void page_source(FILE *out, const struct wd_measure_of *of)
{
    wrt_wcet_pragma p;
    uint64_t at = 0;
    const wrt_str ignored = wrt_wcet_lines_ignored(of->report, &at);
    if (ignored.n > 0) {
        wd_page(out, "<p>The line table is ignored: %.*s (offset <code>0x%llx</code>).</p>\n", (int)ignored.n,
            ignored.p, (unsigned long long)at);
    }
    for (size_t i = 0; wrt_wcet_pragma_at(of->report, i, &p); i++) {
        const wrt_str text = wrt_wcet_pragma_text(p.state);
        if (p.state == WRT_WCET_PRAGMA_USED) continue;
        wd_page(out, "<p>The pragma at ");
        wd_page_text(out, wd_str(wd_base_name(of->opts->sources[p.source].name.p)));
        wd_page(out, ":%u is not used: %.*s.</p>\n", p.line, (int)text.n, text.p);
    }
}

/* ---- what was observed -------------------------------------------------------------------------------- */

static void page_histogram(FILE *out, const wrt_wcet_observed *o, uint64_t bound)
{
    const double most = (double)(bound != WRT_WCET_NONE && bound > o->max ? bound : o->max), width = 900;
    uint64_t tallest = 1;
    for (int k = 0; k < WRT_WCET_BINS; k++) tallest = o->bins[k] > tallest ? o->bins[k] : tallest;
    wd_page(out,
        "<svg viewBox=\"0 0 960 150\" style=\"max-width:960px\" role=\"img\" aria-label=\"observed "
            "fuel and bound\">\n");
    wd_page(out, "<line x1=\"10\" y1=\"120\" x2=\"940\" y2=\"120\" stroke=\"#888\"/>\n");
    for (int k = 0; k < WRT_WCET_BINS && most > 0; k++) {
        const double low = (double)o->min + (double)k * (double)o->bin_width;
        const double height = (double)o->bins[k] * 100 / (double)tallest,
                     wide = (double)o->bin_width * width / most;
        if (o->bins[k] == 0) continue;
        wd_page(out,
            "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"#2b6ca3\"><title>from "
                "%.0f: %llu "
            "runs</title></rect>\n",
            10 + low * width / most, 120 - height, wide > 1 ? wide : 1, height, low,
            (unsigned long long)o->bins[k]);
    }
    if (bound != WRT_WCET_NONE && most > 0) {
        const double x = 10 + (double)bound * width / most;
        wd_page(out,
            "<line x1=\"%.2f\" y1=\"10\" x2=\"%.2f\" y2=\"126\" stroke=\"#a1121a\" stroke-width=\"2\"/>\n"
            "<text x=\"%.2f\" y=\"140\" text-anchor=\"middle\">bound</text>\n",
            x, x, x);
    }
    wd_page(out, "<text x=\"10\" y=\"140\">0</text>\n</svg>\n");
}

static void page_prob(FILE *out, const wrt_wcet_prob *p)
{
    const wrt_str gate = wrt_wcet_gate_text(p->gate);
    if (p->gate != WRT_WCET_GATE_PASSED) {
        wd_page(out, "<p>Probabilistic: <b>refused</b>: %.*s.</p>\n", (int)gate.n, gate.p);
        return;
    }
    wd_page(out,
        "<table><tr><th>exceeded per run</th><th>fuel</th><th>95&nbsp;%% from</th><th>to</th><th "
            "class=\"left\">"
        "</th></tr>\n");
    for (int k = 0; k < WRT_WCET_LEVELS; k++) {
        wd_page(out,
            "<tr><td>%.0e</td><td>%.0f</td><td>%.0f</td><td>%.0f</td><td class=\"left\">%s</td></tr>\n",
            p->at[k].probability, p->at[k].fuel, p->at[k].low, p->at[k].high,
            p->at[k].extrapolated ? "extrapolation" : "");
    }
    wd_page(out,
        "</table><p class=\"quiet\">For the inputs that the samples come from, and never for "
            "admission.</p>\n");
}

static void page_observed(FILE *out, const struct wd_measure_of *of, const struct wd_measured *m)
{
    const wrt_wcet_observed *o = &m->observed;
    const bool above = of->sum->bounded && o->max > of->sum->fuel_high;
    char a[32], b[32], c[32];
    if (!m->asked) return;
    wd_page(out, "<h2>Observed</h2>\n");
    if (!o->enough) {
        wd_page(out, "<p>%s runs: too few for statistics.</p>\n", wd_group(o->count, a));
        return;
    }
    wd_page(out, "<p>%s runs used %s to <b%s>%s</b> fuel, %.1f in the mean.", wd_group(o->count, a),
        wd_group(o->min, b), above ? " class=\"bad\"" : "", wd_group(o->max, c), o->mean);
    if (above)
        wd_page(out, " <b class=\"bad\">That is above the bound: something that it rests on is false.</b>");
    else if (m->pessimism_permille != WRT_WCET_NONE)
        wd_page(out, " The bound is %llu.%03llu times the largest.",
            (unsigned long long)(m->pessimism_permille / 1000),
            (unsigned long long)(m->pessimism_permille % 1000));
    wd_page(out, " With its margin the largest is %s fuel: an engineering figure, no bound.",
        wd_group(o->with_margin, a));
    if (!o->confident)
        wd_page(out, " The confidence that is asked takes %s independent runs.", wd_group(o->needed, a));
    wd_page(out, "</p>\n");
    page_histogram(out, o, of->sum->bounded ? of->sum->fuel_high : WRT_WCET_NONE);
    if (m->has_prob) page_prob(out, &m->prob);
}

/* ---- what it rests on --------------------------------------------------------------------------------- */

static const char *page_kind(char kind)
{
    switch (kind) {
    case 'l': return "arrivals at a loop";
    case 'f': return "invocations of a function";
    case 't': return "targets of an indirect call";
    case 's': return "size of an operator";
    case 'h': return "price of an import";
    case 'a': return "range of an argument";
    case 'p': return "one of two places a round";
    case 'i': return "state that calls begin in";
    default: return "other";
    }
}

static const struct wd_fact_check *page_check(const struct wd_measured *m, const wrt_wcet_assumption *a)
{
    for (size_t i = 0; i < m->checks_count; i++) {
        const wrt_wcet_assumption *f = &m->checks[i].fact;
        if (f->kind == a->kind && f->func == a->func && f->loop == a->loop && f->offset == a->offset)
            return &m->checks[i];
    }
    return NULL;
}

static void page_assumption(
    FILE *out, const wrt_wcet_report *r, const struct wd_measured *m, const wrt_wcet_assumption *a)
{
    const struct wd_fact_check *c = page_check(m, a);
    char text[32];
    wd_page(out, "<tr><td>%s</td>", page_kind(a->kind));
    page_named(out, r, a->func);
    page_count(out, a->kind == 'a' ? a->argument : a->loop == UINT32_MAX ? WRT_WCET_NONE : a->loop);
    page_place(out, a->offset);
    if (a->kind == 'a') wd_page(out, "<td>%lld &hellip; %lld</td>", (long long)a->min, (long long)a->max);
    else page_count(out, a->max);
    page_count(out, a->total);
    wd_page(out, "<td class=\"left\">");
    wd_page_text(out, a->author);
    wd_page(out, "</td><td class=\"left\">");
    if (a->module.n > 0 || a->name.n > 0) {
        wd_page_text(out, a->module);
        wd_page(out, ".");
        wd_page_text(out, a->name);
        wd_page(out, " ");
    }
    wd_page_text(out, a->rationale);
    wd_page(out, "</td><td class=\"left\">%s", a->checked ? "--check-facts" : "no");
    if (c && c->seen != WRT_WCET_NONE) {
        wd_page(out, c->contradicted ? ": <b class=\"bad\">a run made %s</b>" : ": a run made %s",
            wd_group(c->seen, text));
    }
    wd_page(out, "</td></tr>\n");
}

static void page_assumptions(FILE *out, const wrt_wcet_report *r, const struct wd_measured *m)
{
    wrt_wcet_assumption a;
    wd_page(out, "<h2>Assumptions</h2>\n");
    if (wrt_wcet_assumptions_count(r) == 0) {
        wd_page(out, "<p>None: the bound follows from the code.</p>\n");
        return;
    }
    wd_page(out,
        "<table><tr><th>of</th><th class=\"left\">function</th><th>loop</th><th class=\"left\">at"
            "</th><th>at most</th>"
        "<th>in a run</th><th class=\"left\">author</th><th class=\"left\">rationale</th>"
        "<th class=\"left\">checked by runs</th></tr>\n");
    for (size_t i = 0; wrt_wcet_assumption_at(r, i, &a); i++) page_assumption(out, r, m, &a);
    wd_page(out, "</table>\n");
}

static void page_loops(FILE *out, const wrt_wcet_report *r)
{
    static const char *const rules[] = { "", "1 induction", "2 interval", "3 triangular", "4 execution",
        "5 stated", "6 context" };
    wrt_wcet_loop l;
    if (wrt_wcet_loops_count(r) == 0) return;
    wd_page(out,
        "<h2>Loops</h2>\n<table><tr><th>function</th><th>loop</th><th class=\"left\">at</th>"
            "<th class=\"left\">source</th><th>depth</th><th>least</th>"
        "<th>most per entry</th><th class=\"left\">rule</th><th>most in a run</th><th>on the path"
            "</th></tr>\n");
    for (size_t i = 0; i < PAGE_ROWS && wrt_wcet_loop_at(r, i, &l); i++) {
        wd_page(out, "<tr>");
        page_named(out, r, l.func);
        page_count(out, l.loop);
        page_place(out, l.offset);
        page_loop_line(out, r, l.func, l.loop);
        page_count(out, l.depth);
        page_count(out, l.min);
        page_count(out, l.max);
        wd_page(out, "<td class=\"left\">%s", rules[l.rule < WD_COUNT(rules) ? l.rule : 0]);
        if (l.max == WRT_WCET_NONE) {
            wd_page(out, "<span class=\"bad\">");
            wd_page_text(out, l.reason);
            wd_page(out, "</span>");
        }
        wd_page(out, "</td>");
        page_count(out, l.total);
        page_count(out, l.runs);
        wd_page(out, "</tr>\n");
    }
    if (wrt_wcet_loops_count(r) > PAGE_ROWS) wd_page(out, "<tr><td>&hellip; more: --json</td></tr>\n");
    wd_page(out, "</table>\n");
}

/* ---- the dearest path --------------------------------------------------------------------------------- */

static int page_dearer(const void *a, const void *b)
{
    const wrt_wcet_func *x = a, *y = b;
    if (x->self != y->self) return x->self < y->self ? 1 : -1;
    return x->func < y->func ? -1 : x->func > y->func;
}

static void page_functions(FILE *out, const wrt_wcet_report *r)
{
    const size_t n = wrt_wcet_funcs_count(r);
    size_t kept = 0;
    double all = 0;
    wrt_wcet_func *funcs = wd_alloc((n + 1) * sizeof *funcs);
    for (size_t i = 0; i < n && wrt_wcet_func_at(r, i, &funcs[kept]); i++) {
        if (funcs[kept].self == WRT_WCET_NONE || funcs[kept].calls == 0) continue;
        all += (double)funcs[kept++].self;
    }
    if (kept > 0) qsort(funcs, kept, sizeof *funcs, page_dearer);
    if (kept > 0) {
        wd_page(out,
            "<table><tr><th>function</th><th>calls</th><th>own fuel</th><th>share</th><th>one call "
                "at most</th>"
            "<th>stack bytes</th></tr>\n");
    }
    for (size_t i = 0; i < kept && i < PAGE_ROWS; i++) {
        wd_page(out, "<tr>");
        page_named(out, r, funcs[i].func);
        page_count(out, funcs[i].calls);
        page_count(out, funcs[i].self);
        wd_page(out, "<td>%.1f&nbsp;%%</td>", all > 0 ? (double)funcs[i].self * 100 / all : 0);
        page_count(out, funcs[i].fuel_high);
        page_count(out, funcs[i].stack_bytes);
        wd_page(out, "</tr>\n");
    }
    if (kept > 0) wd_page(out, "</table>\n");
    free(funcs);
}

static void page_path(FILE *out, const wrt_wcet_report *r)
{
    wrt_wcet_block b;
    uint64_t sum = 0;
    size_t rows = 0, left = 0;
    char text[32];
    wd_page(out,
        "<h2>The dearest path, by blocks</h2>\n<table><tr><th>function</th><th>block</th><th "
        "class=\"left\">from</th>"
        "<th class=\"left\">to</th><th class=\"left\">source</th><th>price</th><th>runs</th><th>fuel</th>"
        "</tr>\n");
    for (size_t i = 0; wrt_wcet_block_at(r, i, &b); i++) {
        if (b.runs == WRT_WCET_NONE || b.runs == 0) continue;
        sum += b.runs * b.price;
        if (rows == PAGE_ROWS) {
            left++;
            continue;
        }
        rows++;
        wd_page(out, "<tr>");
        page_named(out, r, b.func);
        page_count(out, b.block);
        page_place(out, b.offset);
        page_place(out, b.last);
        page_offset_line(out, r, b.offset);
        page_count(out, b.price);
        page_count(out, b.runs);
        page_count(out, b.runs * b.price);
        wd_page(out, "</tr>\n");
    }
    if (left > 0) wd_page(out, "<tr><td>&hellip; %zu more: --json --blocks</td></tr>\n", left);
    wd_page(out,
        "<tr><td><b>sum</b></td><td></td><td></td><td></td><td></td><td></td><td></td><td><b>%s</b></td>"
            "</tr>\n</table>\n",
        wd_group(sum, text));
    wd_page(out,
        "<p class=\"quiet\">Prices are without what is called. The sum is less than the bound where "
            "calls stand for "
        "themselves (imports, functions that were bounded as a whole), and more where abstract "
            "execution knows that "
        "not all of this happens in one run.</p>\n");
}

/* ---- all ---------------------------------------------------------------------------------------------- */

static void page_whole(FILE *out, const struct wd_measure_of *of, const struct wd_measured *m)
{
    const wrt_str name = wd_str(of->function), file = wd_str(wd_base_name(of->file));
    wd_page(out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width\">\n<title>");
    wd_page_text(out, name);
    wd_page(out, ": bound in fuel</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", page_style);
    wd_page_text(out, name);
    wd_page(out, " <span class=\"quiet\">of ");
    wd_page_text(out, file);
    wd_page(out, "</span></h1>\n");
    page_bound(out, of);
    page_why(out, of->report);
    page_source(out, of);
    page_observed(out, of, m);
    page_assumptions(out, of->report, m);
    page_loops(out, of->report);
    wd_page(out, "<h2>Where the fuel goes</h2>\n");
    wd_wcet_flame(out, of->report);
    page_functions(out, of->report);
    if (of->sum->bounded) page_path(out, of->report);
    wd_page(out, "</body>\n</html>\n");
}

int wd_wcet_page(struct wd *w, const struct wd_measure_of *of, const struct wd_measured *m, const char *path)
{
    FILE *out = wd_open_out(w, path);
    if (!out) return WD_EXIT_IO;
    page_whole(out, of, m);
    return wd_close_out(w, out, path);
}
