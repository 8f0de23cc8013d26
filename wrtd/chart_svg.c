/* chart_svg: a schedule as a picture that needs no script. One row per task, time from left to right. Levels
 * differ by lightness and pattern, so that grey paper and colour-blind eyes keep them apart. What is narrower
 * than a fraction of a unit is drawn together, so the size of the picture is bounded by rows, not by records.
 */
#include "schedule.h"
#include <stdlib.h>
#include <string.h>

enum { LEFT = 190, RIGHT = 30, WIDTH = 1300, ROW = 34, TOP = 64, BAND = 14, LEGEND = 92 };

struct svg {
    const struct wd_schedule *s;
    FILE *out;
    double scale;               /* units per nanosecond */
    int rows, height, bands;
    int *y;                     /* by row; -1: not drawn */
};

static double svg_x(const struct svg *g, uint64_t ns)
{
    uint64_t from = g->s->from_ns;
    return (double)LEFT + (ns > from ? (double)(ns - from) * g->scale : 0);
}

static void svg_text(FILE *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default:
            if ((unsigned char)*s >= 0x20) fputc(*s, out);
        }
    }
}

static void svg_defs(struct svg *g)
{
    fputs(
        "<defs>\n"
        "<pattern id=\"lD\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"4\" height=\"4\" fill=\"#10243e\"/></pattern>\n"
        "<pattern id=\"lC\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"6\" height=\"6\" fill=\"#2b6ca3\"/><path d=\"M0 6L6 0\" stroke=\"#9cc4e4\"/>"
        "</pattern>\n"
        "<pattern id=\"lB\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"5\" height=\"5\" fill=\"#3f9a7a\"/><path d=\"M0 1.5H5\" stroke=\"#c9eadd\"/>"
        "</pattern>\n"
        "<pattern id=\"lA\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"5\" height=\"5\" fill=\"#e3b04b\"/><circle cx=\"2.5\" cy=\"2.5\" r=\"1\" "
        "fill=\"#6b4e12\"/></pattern>\n"
        "<pattern id=\"lQM\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"5\" height=\"5\" fill=\"#e9e9e9\"/><path d=\"M1.5 0V5\" stroke=\"#a9a9a9\"/>"
        "</pattern>\n"
        "<pattern id=\"m1\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"8\" height=\"8\" fill=\"#f6d9a8\"/><path d=\"M0 8L8 0\" stroke=\"#b98a35\"/>"
        "</pattern>\n"
        "<pattern id=\"m2\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"8\" height=\"8\" fill=\"#eab0a6\"/><path d=\"M0 0L8 8M0 8L8 0\" "
        "stroke=\"#8e2f1e\"/></pattern>\n"
        "</defs>\n",
        g->out);
}

/* A step of 1, 2 or 5 times a power of ten that gives about ten ticks. */
static uint64_t svg_step(uint64_t span)
{
    uint64_t step = 1;
    while (span / step > 10) {
        uint64_t lead = step;
        while (lead >= 10) lead /= 10;
        step = lead == 2 ? step / 2 * 5 : step * 2;
    }
    return step;
}

/* A tick's label: whole units of the axis, without zeroes behind the point. */
static const char *svg_time(uint64_t ns, char text[32])
{
    static const struct { uint64_t ns; const char *unit; } units[] = { { 1000000000, "s" }, { 1000000, "ms" },
        { 1000, "us" }, { 1, "ns" } };
    size_t k = 0;
    while (k < WD_COUNT(units) - 1 && ns < units[k].ns) k++;
    int n = snprintf(text, 24, "%llu.%09llu", (unsigned long long)(ns / units[k].ns),
        (unsigned long long)(ns % units[k].ns * (1000000000 / units[k].ns)));
    while (text[n - 1] == '0') n--;
    if (text[n - 1] == '.') n--;
    snprintf(text + n, 32 - (size_t)n, " %s", ns ? units[k].unit : "s");
    return text;
}

static void svg_axis(struct svg *g)
{
    const struct wd_schedule *s = g->s;
    uint64_t step = svg_step(s->to_ns - s->from_ns);
    int bottom = g->height - LEGEND;
    for (uint64_t t = (s->from_ns + step - 1) / step * step; t <= s->to_ns; t += step) {
        char text[32];
        double x = svg_x(g, t);
        fprintf(g->out,
            "<path class=\"grid\" d=\"M%.2f %dV%d\"/><text class=\"tick\" x=\"%.2f\" y=\"%d\">%s</text>\n", x,
            TOP - 6, bottom, x, TOP - 12, svg_time(t, text));
        if (t > UINT64_MAX - step) break;
    }
}

static void svg_modes(struct svg *g)
{
    for (size_t k = 0; k < g->s->modes_count; k++) {
        const struct wd_mode_band *m = &g->s->modes[k];
        if (m->mode == 0 || m->to_ns < g->s->from_ns || m->from_ns > g->s->to_ns) continue;
        double x = svg_x(g, m->from_ns), end = svg_x(g, m->to_ns);
        int top = TOP, bottom = g->height - LEGEND;
        for (size_t r = 0; r < g->s->rows_count; r++) {
            if (g->y[r] < 0 || g->s->rows[r].core != m->core || !g->s->rows[r].job) continue;
            fprintf(g->out,
                "<rect class=\"mode\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" "
                "fill=\"url(#m%u)\"/>\n",
                x, g->y[r], end - x > 0.5 ? end - x : 0.5, ROW, m->mode);
        }
        fprintf(g->out, "<path class=\"edge\" d=\"M%.2f %dV%d\"><title>core %u: ", x, top, bottom, m->core);
        fprintf(g->out, "mode %s</title></path>\n", wd_mode_name(m->mode));
    }
}

static void svg_rows(struct svg *g)
{
    static const char *const core_colour[] = { "#444", "#9a4f96", "#b0762b", "#3d7d9a" };
    for (size_t k = 0; k < g->s->rows_count; k++) {
        const struct wd_row *r = &g->s->rows[k];
        int y = g->y[k];
        if (y < 0) continue;
        fprintf(g->out, "<path class=\"line\" d=\"M%d %dH%d\"/>", LEFT, y + ROW - 5, WIDTH - RIGHT);
        fprintf(g->out, "<rect x=\"6\" y=\"%d\" width=\"5\" height=\"%d\" fill=\"%s\"/>", y + 4, ROW - 9,
            core_colour[r->core % WD_COUNT(core_colour)]);
        fprintf(g->out, "<text class=\"name\" x=\"17\" y=\"%d\">", y + 16);
        svg_text(g->out, r->name);
        fputs("</text>", g->out);
        fprintf(g->out, "<text class=\"sub\" x=\"17\" y=\"%d\">core %u", y + 28, r->core);
        if (r->known) fprintf(g->out, ", %s", r->level ? "ASIL " : "");
        if (r->known) fputs(wd_level_name(r->level), g->out);
        fputs("</text>\n", g->out);
    }
}

static void svg_rect(struct svg *g, size_t row, double from, double to)
{
    const struct wd_row *r = &g->s->rows[row];
    double width = to - from;
    if (width < 0.4) width = 0.4;
    fprintf(g->out,
        "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"url(#l%s)\" stroke=\"#222\""
        " stroke-width=\"%s\"/>\n",
        from, g->y[row] + 9, width, ROW - 14, r->known ? wd_level_name(r->level) : "C",
        width > 3 ? "0.6" : "0");
}

/* Neighbours that touch on the picture become one. */
static void svg_spans(struct svg *g)
{
    struct { double from, to; bool open; } *last = wd_alloc((g->s->rows_count + 1) * sizeof *last);
    for (size_t k = 0; k < g->s->spans_count; k++) {
        const struct wd_span *p = &g->s->spans[k];
        double from = svg_x(g, p->from_ns), to = svg_x(g, p->to_ns);
        if (g->y[p->row] < 0) continue;
        if (last[p->row].open && from - last[p->row].to < 0.3) {
            if (to > last[p->row].to) last[p->row].to = to;
            continue;
        }
        if (last[p->row].open) svg_rect(g, p->row, last[p->row].from, last[p->row].to);
        last[p->row].from = from;
        last[p->row].to = to;
        last[p->row].open = true;
    }
    for (size_t r = 0; r < g->s->rows_count; r++) {
        if (last[r].open) svg_rect(g, r, last[r].from, last[r].to);
    }
    free(last);
}

static void svg_symbol(struct svg *g, uint32_t kind, double x, int y)
{
    int base = y + ROW - 5;
    switch (kind) {
    case WRT_TRACE_RELEASE:
    case WRT_TRACE_CONTINUE:
        fprintf(g->out, "<path class=\"up\" d=\"M%.2f %dV%dM%.2f %dl3 -4l3 4\"/>\n", x, base, y + 4, x - 3,
            y + 8);
        break;
    case WD_MARK_DEADLINE:
        fprintf(g->out, "<path class=\"down\" d=\"M%.2f %dV%dM%.2f %dl3 4l3 -4\"/>\n", x, y + 4, base, x - 3,
            base - 4);
        break;
    case WRT_TRACE_MISS:
        fprintf(g->out,
            "<g class=\"miss\"><circle cx=\"%.2f\" cy=\"%d\" r=\"6\"/><text x=\"%.2f\" y=\"%d\">!</text>"
            "</g>\n",
            x, y + 5, x, y + 9);
        break;
    case WRT_TRACE_OVERRUN:
        fprintf(g->out, "<path class=\"over\" d=\"M%.2f %dl5 5l-5 5l-5 -5z\"/>\n", x, y + ROW / 2 - 4);
        break;
    case WRT_TRACE_ABORT:
    case WRT_TRACE_FAILED:
        fprintf(g->out, "<path class=\"abort\" d=\"M%.2f %dl8 8m0 -8l-8 8\"/>\n", x - 4, base - 12);
        break;
    case WRT_TRACE_SKIP:
        fprintf(g->out, "<path class=\"skip\" d=\"M%.2f %dV%d\"/>\n", x, base, base - 8);
        break;
    default: break;
    }
}

/* Arrows that stand too close would hide what their row does. */
static void svg_crowded(const struct svg *g, bool *crowded)
{
    size_t *releases = wd_alloc((g->s->rows_count + 1) * sizeof *releases);
    for (size_t k = 0; k < g->s->marks_count; k++) {
        if (g->s->marks[k].kind == WRT_TRACE_RELEASE) releases[g->s->marks[k].row]++;
    }
    for (size_t r = 0; r < g->s->rows_count; r++) crowded[r] = releases[r] > (WIDTH - LEFT - RIGHT) / 18;
    free(releases);
}

/* At most one of a kind per unit and row. */
static void svg_marks(struct svg *g)
{
    static const uint32_t order[] = { WRT_TRACE_SKIP, WRT_TRACE_RELEASE, WRT_TRACE_CONTINUE, WD_MARK_DEADLINE,
        WRT_TRACE_ABORT, WRT_TRACE_FAILED, WRT_TRACE_OVERRUN, WRT_TRACE_MISS };
    double *last = wd_alloc((g->s->rows_count + 1) * sizeof *last);
    bool *crowded = wd_alloc(g->s->rows_count + 1);
    svg_crowded(g, crowded);
    for (size_t pass = 0; pass < WD_COUNT(order); pass++) {
        for (size_t r = 0; r < g->s->rows_count; r++) last[r] = -10;
        for (size_t k = 0; k < g->s->marks_count; k++) {
            const struct wd_mark *m = &g->s->marks[k];
            double x = svg_x(g, m->t_ns);
            bool arrow = m->kind == WRT_TRACE_RELEASE || m->kind == WRT_TRACE_CONTINUE
                || m->kind == WD_MARK_DEADLINE;
            if (m->kind != order[pass] || g->y[m->row] < 0 || x - last[m->row] < 1.0) continue;
            if (arrow && crowded[m->row]) continue;
            svg_symbol(g, m->kind, x, g->y[m->row]);
            last[m->row] = x;
        }
    }
    free(crowded);
    free(last);
}

static void svg_legend(struct svg *g)
{
    static const char *const levels[] = { "D", "C", "B", "A", "QM" };
    static const struct { uint32_t kind; const char *text;
    } marks[] = { { WRT_TRACE_RELEASE, "release" }, { WD_MARK_DEADLINE, "deadline" },
        { WRT_TRACE_MISS, "deadline missed" }, { WRT_TRACE_OVERRUN, "budget overrun" },
        { WRT_TRACE_ABORT, "aborted or failed" }, { WRT_TRACE_SKIP, "release skipped" } };
    int y = g->height - LEGEND + 22;
    for (size_t k = 0; k < WD_COUNT(levels); k++) {
        int x = LEFT + (int)k * 110;
        fprintf(g->out,
            "<rect x=\"%d\" y=\"%d\" width=\"24\" height=\"14\" fill=\"url(#l%s)\" stroke=\"#222\" "
            "stroke-width=\"0.6\"/>"
            "<text class=\"sub\" x=\"%d\" y=\"%d\">%s%s</text>\n",
            x, y, levels[k], x + 30, y + 11, k < 4 ? "ASIL " : "", levels[k]);
    }
    for (uint32_t m = 1; m <= 2; m++) {
        int x = LEFT + 590 + (int)m * 130 - 130;
        fprintf(g->out,
            "<rect x=\"%d\" y=\"%d\" width=\"24\" height=\"14\" fill=\"url(#m%u)\"/>"
            "<text class=\"sub\" x=\"%d\" y=\"%d\">mode %s</text>\n",
            x, y, m, x + 30, y + 11, wd_mode_name((uint8_t)m));
    }
    for (size_t k = 0; k < WD_COUNT(marks); k++) {
        int x = LEFT + (int)k * 160;
        svg_symbol(g, marks[k].kind, x + 8, marks[k].kind == WRT_TRACE_MISS ? y + 34 : y + 22);
        fprintf(g->out, "<text class=\"sub\" x=\"%d\" y=\"%d\">%s</text>\n", x + 22, y + 43, marks[k].text);
    }
}

void wd_chart_svg(const struct wd_schedule *s, FILE *out)
{
    struct svg g = { .s = s, .out = out };
    g.y = wd_alloc((s->rows_count + 1) * sizeof *g.y);
    for (size_t k = 0; k < s->rows_count; k++) {
        g.y[k] = s->rows[k].seen ? TOP + g.rows * ROW : -1;
        if (s->rows[k].seen) g.rows++;
    }
    g.height = TOP + g.rows * ROW + LEGEND;
    g.scale = (double)(WIDTH - LEFT - RIGHT) / (double)(s->to_ns - s->from_ns);
    fprintf(out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
        "role=\"img\""
        " aria-label=\"schedule\">\n<style>"
        "svg{background:#fff;font-family:system-ui,sans-serif;font-size:12px}"
        ".title{font-size:15px;font-weight:600}.name{font-weight:600}.sub,.tick{font-size:10px;fill:#444}"
        ".tick{text-anchor:middle}.grid{stroke:#ddd;stroke-width:.7}.line{stroke:#888;stroke-width:.7}"
        ".up,.down{stroke:#000;fill:none;stroke-width:1}.down{stroke-dasharray:2 "
        "1.5}.edge{stroke:#8e2f1e;stroke-width:1}"
        ".miss circle{fill:#c5161d;stroke:#fff}.miss "
        "text{fill:#fff;font-weight:700;font-size:10px;text-anchor:middle}"
        ".over{fill:#f4a300;stroke:#000;stroke-width:.8}.abort{stroke:#c5161d;stroke-width:2.2;fill:none}"
        ".skip{stroke:#888;stroke-width:2;stroke-dasharray:1.5 1.5}.mode{opacity:.55}</style>\n",
        WIDTH, g.height, WIDTH, g.height);
    svg_defs(&g);
    fputs("<text class=\"title\" x=\"8\" y=\"22\">", out);
    svg_text(out, s->title);
    fprintf(out, "</text><text class=\"sub\" x=\"8\" y=\"38\">%s clock</text>\n",
        s->virtual_time ? "fuel" : "monotonic");
    svg_modes(&g);
    svg_axis(&g);
    svg_rows(&g);
    svg_spans(&g);
    svg_marks(&g);
    svg_legend(&g);
    fputs("</svg>\n", out);
    free(g.y);
}
