/* A task set on real modules under the fuel clock, 1 fuel = 1 ns, and a record of everything that it tells.
 */
#ifndef WRT_TESTS_API_SET_FIXTURE_H
#define WRT_TESTS_API_SET_FIXTURE_H

#include "fixture.h"

enum { SET_EVENTS = 65536 };
struct set_world {
    struct test_heap heap;
    wrt_engine *e;
    wrt_linker *l;
    wrt_store *s;
    wrt_code *codes[8];
    uint32_t codes_count;
    wrt_sched *q;
    wrt_error err;
    wrt_sched_event *events;
    uint32_t count;
    uint8_t ring[4096];
};

static void set_event(void *ctx, const wrt_sched_event *e)
{
    struct set_world *w = ctx;
    if (w->count < SET_EVENTS) w->events[w->count++] = *e;
}

static inline wrt_store *set_store(struct set_world *w, bool virtual_time)
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_store *s = NULL;
    o.virtual_time = virtual_time;
    o.ns_per_kfuel = 1000;
    CHECK_EQ(wrt_store_new(w->e, &o, &s, &w->err), WRT_OK);
    return s;
}

static inline wrt_sched_opts set_opts(struct set_world *w, wrt_policy policy)
{
    wrt_sched_opts o = WRT_INIT(wrt_sched_opts);
    o.policy = policy;
    o.virtual_time = true;
    o.ns_per_kfuel = 1000;
    o.event = set_event;
    o.ctx = w;
    return o;
}

static inline void set_open(struct set_world *w)
{
    wrt_config c = WRT_INIT(wrt_config);
    memset(w, 0, sizeof *w);
    test_heap_init(&w->heap);
    c.alloc = &w->heap.alloc;
    c.fuel = wrt_fuel_table_named(WRT_STR("unit"));
    c.limits.completions = 32;
    c.limits.timers = 32;
    c.limits.stack_bytes = 65536;
    w->events = malloc(SET_EVENTS * sizeof *w->events);
    CHECK_EQ(wrt_engine_new(&c, &w->e, &w->err), WRT_OK);
    CHECK_EQ(wrt_linker_new(w->e, &w->l, &w->err), WRT_OK);
    w->s = set_store(w, true);
    CHECK_EQ(wrt_trace_ring(w->s, w->ring, sizeof w->ring), WRT_OK);
}

static inline void set_begin(struct set_world *w, wrt_sched_opts o)
{
    CHECK_EQ(wrt_sched_new(w->e, &o, &w->q, &w->err), WRT_OK);
}

static inline void set_close(struct set_world *w)
{
    wrt_sched_free(w->q);
    wrt_store_free(w->s);
    wrt_linker_free(w->l);
    while (w->codes_count > 0) wrt_code_free(w->codes[--w->codes_count]);
    wrt_engine_free(w->e);
    CHECK_EQ(w->heap.live, 0);
    CHECK(!w->heap.broken);
    free(w->events);
}

static inline wrt_code *set_code(struct set_world *w, const char *name)
{
    wrt_code *c = NULL;
    wrt_status status = fixture_load(w->e, name, &c, &w->err);
    if (status != WRT_OK) {
        fprintf(stderr, "%s: %s\n", name, w->err.message);
        abort();
    }
    w->codes[w->codes_count++] = c;
    return c;
}

static inline wrt_instance *set_instance(struct set_world *w, wrt_store *s, wrt_code *c)
{
    wrt_instance *i = NULL;
    if (wrt_instantiate(s, w->l, c, &i, &w->err) != WRT_OK) {
        fprintf(stderr, "%s: %s\n", w->err.where, w->err.message);
        abort();
    }
    return i;
}

static inline wrt_func *set_func(struct set_world *w, wrt_instance *i, const char *name)
{
    wrt_func *f = NULL;
    if (wrt_export_func(i, (wrt_str){ name, strlen(name) }, &f, &w->err) != WRT_OK) abort();
    return f;
}

/* Level B, period and deadline T, budget C, calls f(n) where n is not 0. */
static inline wrt_sched_task set_task(wrt_func *f, uint64_t period, uint64_t fuel)
{
    wrt_sched_task t = WRT_INIT(wrt_sched_task);
    t.level = WRT_ASIL_B;
    t.period_ns = period;
    t.fuel[0] = fuel;
    t.func = f;
    return t;
}

static inline uint32_t set_add(struct set_world *w, wrt_sched_task t, int32_t n)
{
    wrt_val arg = wrt_i32(n);
    uint32_t number = UINT32_MAX;
    if (n) {
        t.args = &arg;
        t.args_count = 1;
    }
    wrt_status status = wrt_sched_add(w->q, &t, &number, &w->err);
    if (status != WRT_OK) fprintf(stderr, "%s\n", w->err.message);
    CHECK_EQ(status, WRT_OK);
    return number;
}

static inline const wrt_sched_event *set_find(
    const struct set_world *w, wrt_trace_kind kind, uint32_t task, uint64_t job)
{
    for (uint32_t i = 0; i < w->count; i++) {
        const wrt_sched_event *e = &w->events[i];
        if (e->kind == kind && e->task == task && (e->job == job || job == UINT64_MAX)) return e;
    }
    return NULL;
}

static inline uint32_t set_count(const struct set_world *w, wrt_trace_kind kind, uint32_t task)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        n += w->events[i].kind == kind && (task == UINT32_MAX || w->events[i].task == task);
    }
    return n;
}

/* The record as text: time, kind, task, job, fuel, place; equal texts are equal schedules. */
static inline uint64_t set_hash(const struct set_world *w, uint32_t task)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    for (uint32_t i = 0; i < w->count; i++) {
        const wrt_sched_event *e = &w->events[i];
        uint64_t words[] = { e->at_ns, e->kind, e->task, e->job, e->fuel, e->func, e->offset,
            (uint64_t)(int64_t)e->status, e->trap };
        if (task != UINT32_MAX && (e->task != task || e->kind == WRT_TRACE_MODE)) continue;
        for (size_t k = 0; k < sizeof words; k++) {
            hash = (hash ^ ((const uint8_t *)words)[k]) * 0x100000001b3ull;
        }
    }
    return hash;
}

static inline void set_print(const struct set_world *w)
{
    static const char *const names[] = { [0] = "?",
#define X(name, value) [value] = #name,
        WRT_TRACE_MAP(X)
#undef X
    };
    for (uint32_t i = 0; i < w->count; i++) {
        const wrt_sched_event *e = &w->events[i];
        fprintf(stderr, "%10llu %-12s task %d job %llu fuel %llu\n", (unsigned long long)e->at_ns,
            names[e->kind], (int)e->task, (unsigned long long)e->job, (unsigned long long)e->fuel);
    }
}

#endif
