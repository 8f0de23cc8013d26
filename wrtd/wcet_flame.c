/* wcet_flame: the fuel of the dearest path as a flame graph. A function that several call stands above each
 * of them with its part by calls; what lies above a function is what it calls, the rest of its width is its
 * own. */
#include "wcet_report.h"
#include <stdlib.h>
#include <string.h>

enum { FLAME_WIDTH = 1280, FLAME_ROW = 18, FLAME_DEPTH = 40, FLAME_BOXES = 4000 };

struct flame_func { uint32_t func; double self, calls; size_t first, count; wrt_str name; };
struct flame_edge { uint32_t caller, callee; double runs, fuel; };
struct flame_box { double x, width, fuel; unsigned depth; uint32_t func; };
struct flame {
    const wrt_wcet_report *r;
    struct flame_func *funcs;
    struct flame_edge *edges;
    struct flame_box *boxes;
    size_t funcs_count, edges_count, boxes_count;
    unsigned deepest;
    double total;
    uint32_t stack[FLAME_DEPTH];
};

static int flame_order(const void *a, const void *b)
{
    const struct flame_edge *x = a, *y = b;
    if (x->caller != y->caller) return x->caller < y->caller ? -1 : 1;
    return x->callee < y->callee ? -1 : x->callee > y->callee;
}

static struct flame_func *flame_find(struct flame *f, uint32_t func)
{
    for (size_t i = 0; i < f->funcs_count; i++) {
        if (f->funcs[i].func == func) return &f->funcs[i];
    }
    return NULL;
}

/* Calls on the path, those of one caller and callee together. */
static void flame_edges(struct flame *f)
{
    const size_t n = wrt_wcet_callees_count(f->r);
    wrt_wcet_callee c;
    f->edges = wd_alloc((n + 1) * sizeof *f->edges);
    for (size_t i = 0; i < n && wrt_wcet_callee_at(f->r, i, &c); i++) {
        if (c.runs == WRT_WCET_NONE || c.runs == 0) continue;
        const double fuel = c.fuel_high == WRT_WCET_NONE ? 0 : (double)c.fuel_high;
        f->edges[f->edges_count++] = (struct flame_edge){ c.func, c.callee, (double)c.runs, fuel };
    }
    if (f->edges_count > 0) qsort(f->edges, f->edges_count, sizeof *f->edges, flame_order);
    size_t kept = 0;
    for (size_t i = 0; i < f->edges_count; i++) {
        struct flame_edge *e = &f->edges[i], *last = kept ? &f->edges[kept - 1] : NULL;
        if (last && last->caller == e->caller && last->callee == e->callee) {
            last->runs += e->runs;
            if (e->fuel > last->fuel) last->fuel = e->fuel;
        } else {
            f->edges[kept++] = *e;
        }
    }
    f->edges_count = kept;
    for (size_t i = 0; i < kept; i++) {
        struct flame_func *caller = flame_find(f, f->edges[i].caller);
        if (caller && caller->count++ == 0) caller->first = i;
    }
}

/* Stacks are walked with an explicit one: each entry is a function with the share of its invocations and the
 * edge that comes next. */
struct flame_step { struct flame_func *func; double share, x, own; size_t next, box; };

static bool flame_inside(const struct flame_step *stack, unsigned depth, const struct flame_func *func)
{
    for (unsigned i = 0; i < depth; i++) {
        if (stack[i].func == func) return true;
    }
    return false;
}

static size_t flame_box(struct flame *f, double x, double fuel, unsigned depth, uint32_t func)
{
    if (f->boxes_count == FLAME_BOXES) return FLAME_BOXES;
    if (depth > f->deepest) f->deepest = depth;
    f->boxes[f->boxes_count] = (struct flame_box){ x, 0, fuel, depth, func };
    return f->boxes_count++;
}

/* One call edge of the function on top: a callee without a look inside is a box of its own. True: it was
 * entered. */
static bool flame_enter(struct flame *f, struct flame_step *stack, unsigned depth, const struct flame_edge *e)
{
    struct flame_step *s = &stack[depth - 1];
    struct flame_func *callee = flame_find(f, e->callee);
    const double runs = e->runs * s->share;
    const bool known = callee && callee->calls > 0 && depth < FLAME_DEPTH
        && !flame_inside(stack, depth, callee);
    const double fuel = known ? callee->self * runs / callee->calls : e->fuel * runs;
    const size_t box = flame_box(f, s->x, fuel, depth, e->callee);
    if (box == FLAME_BOXES) return false;
    if (known) {
        stack[depth] = (struct flame_step){ callee, runs / callee->calls, s->x, fuel, callee->first, box };
        return true;
    }
    f->boxes[box].width = fuel;
    s->x += fuel;
    return false;
}

static void flame_walk(struct flame *f)
{
    struct flame_step stack[FLAME_DEPTH + 1];
    unsigned depth = 1;
    stack[0] = (struct flame_step){ &f->funcs[0], 1, 0, f->funcs[0].self, f->funcs[0].first, 0 };
    (void)flame_box(f, 0, f->funcs[0].self, 0, f->funcs[0].func);
    while (depth > 0) {
        struct flame_step *s = &stack[depth - 1];
        if (s->next < s->func->first + s->func->count) {
            if (flame_enter(f, stack, depth, &f->edges[s->next++])) depth++;
            continue;
        }
        s->x += s->own; /* its own part stands to the right of what it calls */
        f->boxes[s->box].width = s->x - f->boxes[s->box].x;
        depth--;
        if (depth > 0) stack[depth - 1].x = s->x;
        else f->total = s->x;
    }
}

static void flame_draw(FILE *out, const struct flame *f)
{
    const unsigned height = (f->deepest + 1) * FLAME_ROW + 2;
    wd_page(out, "<svg viewBox=\"0 0 %d %u\" role=\"img\" aria-label=\"fuel by function and caller\">\n",
        FLAME_WIDTH, height);
    for (size_t i = 0; i < f->boxes_count; i++) {
        const struct flame_box *b = &f->boxes[i];
        const double scale = (double)FLAME_WIDTH / f->total, x = b->x * scale, width = b->width * scale;
        const unsigned y = height - (b->depth + 1) * FLAME_ROW - 1, hue = 12 + b->func * 37 % 40;
        if (width < 0.4) continue;
        wd_page(out, "<g><title>");
        wd_page_func(out, f->r, b->func);
        wd_page(out, ": %.0f fuel with what it calls (%.1f %%), %.0f of its own</title>", b->width,
            b->width * 100 / f->total, b->fuel);
        wd_page(out, "<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\" fill=\"hsl(%u 75%% 68%%)\"/>", x,
            y, width, FLAME_ROW - 1, hue);
        if (width > 40) {
            wd_page(out, "<svg x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\"><text x=\"4\" y=\"13\">", x,
                y, width - 2, FLAME_ROW);
            wd_page_func(out, f->r, b->func);
            wd_page(out, "</text></svg>");
        }
        wd_page(out, "</g>\n");
    }
    wd_page(out, "</svg>\n");
}

void wd_wcet_flame(FILE *out, const wrt_wcet_report *r)
{
    struct flame f = { .r = r };
    const size_t n = wrt_wcet_funcs_count(r);
    wrt_wcet_func func;
    f.funcs = wd_alloc((n + 1) * sizeof *f.funcs);
    for (size_t i = 0; i < n && wrt_wcet_func_at(r, i, &func); i++) {
        const bool known = func.calls != WRT_WCET_NONE && func.self != WRT_WCET_NONE;
        f.funcs[f.funcs_count++] = (struct flame_func){
            .func = func.func, .self = known ? (double)func.self : 0, .calls = known ? (double)func.calls : 0
        };
    }
    if (f.funcs_count > 0 && f.funcs[0].calls > 0) {
        f.boxes = wd_alloc(FLAME_BOXES * sizeof *f.boxes);
        flame_edges(&f);
        flame_walk(&f);
        if (f.total > 0) flame_draw(out, &f);
    }
    if (!(f.total > 0)) wd_page(out, "<p class=\"quiet\">There is no path to draw.</p>\n");
    free(f.funcs);
    free(f.edges);
    free(f.boxes);
}
