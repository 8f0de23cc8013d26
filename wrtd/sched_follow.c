/* sched_follow: see the header. Fuel is compared as jobs end; facts are counted between stretches by doing
 * the jobs again (wrt_wcet_follow), so that nothing of it takes time from a core. */
#include "sched_follow.h"
#include <stdlib.h>
#include <string.h>
#include <wrt/wcet_measure.h>

enum { FOLLOW_ENDS_MOST = 1 << 20 };
#define FOLLOW_STEPS UINT64_C(400000000)        /* operators that are done again, per component */

struct follow_end { uint32_t task; bool returned; uint64_t job, fuel; };
struct follow_part {                /* a component; lives on one core, so one thread writes it */
    wrt_wcet_follower *follower;    /* NULL: none of its tasks asks for it */
    struct follow_end *ends;
    size_t count, cap;
    uint64_t steps;
    bool lost;                      /* ends are missing: nothing more can be counted */
};
struct follow_task { uint64_t above, below, held, not_held; struct wd_finding first[2]; };

struct wd_follow {
    struct wd_manifest *m;
    struct follow_part *parts;
    struct follow_task *tasks;
    struct wd_finding findings[WD_FINDINGS_KEPT];
    uint64_t count;
};

static bool follow_bounded(const struct wd_mf_task *t)
{
    return t->bound_high != 0 && t->bound_high != UINT64_MAX;
}

static void follow_initialize(struct follow_part *p)
{
    wrt_error e;
    (void)wrt_wcet_follow(p->follower, WRT_STR("_initialize"), NULL, 0, WRT_WCET_NONE, &p->steps, &e);
}

static bool follow_has_initialize(const wrt_code *code)
{
    wrt_extern_desc d;
    for (size_t k = 0; k < wrt_code_exports_count(code); k++) {
        if (wrt_code_export(code, k, &d) && d.kind == WRT_EXTERN_FUNC
            && wd_same(d.name, WRT_STR("_initialize"))) {
            return true;
        }
    }
    return false;
}

struct wd_follow *wd_follow_new(struct wd_manifest *m)
{
    wrt_error e;
    bool any = false;
    struct wd_follow *f = wd_alloc(sizeof *f);
    f->m = m;
    f->parts = wd_alloc((m->components_count + 1) * sizeof *f->parts);
    f->tasks = wd_alloc((m->tasks_count + 1) * sizeof *f->tasks);
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        const struct wd_mf_task *t = &m->tasks[k];
        struct follow_part *p = &f->parts[t->component];
        any |= follow_bounded(t);
        if (t->facts_count == 0 || p->follower) continue;
        const wrt_code *code = m->components[t->component].module->code;
        if (wrt_wcet_follower_new(code, &p->follower, &e) != WRT_OK) p->follower = NULL;
        p->steps = FOLLOW_STEPS;
        if (p->follower && follow_has_initialize(code)) follow_initialize(p);
    }
    if (any) return f;
    wd_follow_free(f);
    return NULL;
}

void wd_follow_free(struct wd_follow *f)
{
    if (!f) return;
    for (uint32_t k = 0; k < f->m->components_count; k++) {
        wrt_wcet_follower_free(f->parts[k].follower);
        free(f->parts[k].ends);
    }
    free(f->parts);
    free(f->tasks);
    free(f);
}

/* ---- as jobs end ----------------------------------------------------------------------------------------
 */

static void follow_keep(struct follow_part *p, const wrt_sched_event *e)
{
    if (!p->follower || p->lost) return;
    if (p->count == FOLLOW_ENDS_MOST) {
        p->lost = true;
        return;
    }
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 256;
        p->ends = wd_resize(p->ends, p->cap * sizeof *p->ends);
    }
    p->ends[p->count++] = (struct follow_end){ e->task, e->kind == WRT_TRACE_DONE, e->job, e->fuel };
}

/* The first of each kind is kept per task, by its own core; wd_follow_drain puts them together. */
void wd_follow_event(struct wd_follow *f, const wrt_sched_event *e)
{
    const bool ends = e->kind == WRT_TRACE_DONE || e->kind == WRT_TRACE_FAILED || e->kind == WRT_TRACE_ABORT;
    if (!ends || e->task >= f->m->tasks_count) return;
    const struct wd_mf_task *t = &f->m->tasks[e->task];
    struct follow_task *own = &f->tasks[e->task];
    follow_keep(&f->parts[t->component], e);
    if (!follow_bounded(t)) return;
    struct wd_finding found = { .task = e->task, .job = e->job, .seen = e->fuel, .limit = t->bound_high };
    if (e->fuel > t->bound_high && own->above++ == 0) own->first[0] = found;
    found.what = WD_FOUND_BELOW;
    found.limit = t->bound_low;
    if (e->kind == WRT_TRACE_DONE && e->fuel < t->bound_low && own->below++ == 0) own->first[1] = found;
}

/* ---- between stretches ----------------------------------------------------------------------------------
 */

static void follow_found(struct wd_follow *f, const struct wd_finding *found)
{
    if (f->count < WD_FINDINGS_KEPT) f->findings[f->count] = *found;
    f->count++;
}

static void follow_loop(
    struct wd_follow *f, const struct follow_part *p, const wrt_wcet_assumption *a, struct wd_finding found)
{
    uint64_t max = 0, total = 0;
    if (!wrt_wcet_followed_loop(p->follower, a->func, a->loop, &max, &total)) return;
    found.fact = 'l';
    found.seen = max;
    found.limit = a->max;
    if (a->max != WRT_WCET_NONE && max > a->max) follow_found(f, &found);
    found.fact = 't';
    found.seen = total;
    found.limit = a->total;
    if (a->total != WRT_WCET_NONE && total > a->total) follow_found(f, &found);
}

static void follow_facts(struct wd_follow *f, const struct follow_part *p, const struct wd_mf_task *t,
    const struct follow_end *end)
{
    for (uint32_t i = 0; i < t->facts_count; i++) {
        const wrt_wcet_assumption a = t->facts[i];
        struct wd_finding found = { .what = WD_FOUND_FACT, .task = end->task, .job = end->job, .func = a.func,
            .loop = a.loop, .offset = a.offset };
        if (a.kind == 'l') follow_loop(f, p, &a, found);
        const uint64_t most = a.total != WRT_WCET_NONE ? a.total : a.max;
        if (a.kind != 'f' || most == WRT_WCET_NONE) continue;
        found.fact = 'f';
        found.seen = wrt_wcet_followed_calls(p->follower, a.func);
        found.limit = most;
        if (found.seen > most) follow_found(f, &found);
    }
}

static size_t follow_bits(const struct wd_mf_task *t, uint64_t *out)
{
    for (uint32_t k = 0; k < t->type.params; k++) {
        const wrt_val *v = &t->args[k];
        out[k] = v->kind == WRT_I32 || v->kind == WRT_F32 ? v->of.u32 : v->of.u;
    }
    return t->type.params;
}

/* An instance is reset after a job that did not return. What `_initialize` did is gone then. */
static void follow_one(struct wd_follow *f, struct follow_part *p, const struct follow_end *end)
{
    const struct wd_mf_task *t = &f->m->tasks[end->task];
    uint64_t bits[WD_ARGS_MAX];
    wrt_error e;
    bool held = false;
    if (!end->returned) {
        wrt_wcet_follower_reset(p->follower);
    } else if (!p->lost) {
        const size_t n = follow_bits(t, bits);
        const wrt_str name = wd_str(t->call.name);
        held = wrt_wcet_follow(p->follower, name, bits, n, end->fuel, &p->steps, &e) == WRT_OK;
    }
    if (t->facts_count == 0) return;
    f->tasks[end->task].held += held;
    f->tasks[end->task].not_held += !held;
    if (held) follow_facts(f, p, t, end);
}

void wd_follow_drain(struct wd_follow *f)
{
    for (uint32_t k = 0; k < f->m->tasks_count; k++) {
        struct follow_task *t = &f->tasks[k];
        if (t->above && t->first[0].limit) follow_found(f, &t->first[0]);
        if (t->below && t->first[1].limit) follow_found(f, &t->first[1]);
        t->first[0].limit = t->first[1].limit = 0; /* told */
    }
    for (uint32_t k = 0; k < f->m->components_count; k++) {
        struct follow_part *p = &f->parts[k];
        for (size_t i = 0; i < p->count; i++) follow_one(f, p, &p->ends[i]);
        p->count = 0;
    }
}

uint64_t wd_follow_findings(const struct wd_follow *f, const struct wd_finding **out)
{
    *out = f ? f->findings : NULL;
    return f ? f->count : 0;
}

void wd_follow_jobs(const struct wd_follow *f, uint32_t task, uint64_t *held, uint64_t *not_held)
{
    *held = f ? f->tasks[task].held : 0;
    *not_held = f ? f->tasks[task].not_held : 0;
}

void wd_finding_text(const struct wd_manifest *m, const struct wd_finding *f, char *out, size_t n)
{
    const char *name = m->tasks[f->task].name;
    const unsigned long long job = f->job, seen = f->seen, limit = f->limit;
    if (f->what == WD_FOUND_ABOVE) {
        snprintf(out, n, "%s, job %llu: %llu fuel, above the proven bound of %llu", name, job, seen, limit);
    } else if (f->what == WD_FOUND_BELOW) {
        snprintf(out, n, "%s, job %llu: %llu fuel, below the proven least of %llu", name, job, seen, limit);
    } else if (f->fact == 'f') {
        snprintf(out, n, "%s, job %llu: function %u was called %llu times, stated are at most %llu", name,
            job, f->func, seen, limit);
    } else {
        snprintf(out, n,
            "%s, job %llu: loop %u of function %u (offset 0x%llx): %llu arrivals%s, stated are at "
            "most %llu",
            name, job, f->loop, f->func, (unsigned long long)f->offset, seen, f->fact == 't' ? " in all" : "",
            limit);
    }
}
