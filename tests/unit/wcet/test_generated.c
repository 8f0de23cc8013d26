/* Programs made at random, with loops whose counts are known: no run may use more than the bound, or less
 * than the lower bound, whatever facts are used. WRT_GENERATED_PROGRAMS=N: so many by each
 * of two tables of prices instead of 600; WRT_GENERATED_SEED says where to begin. */
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wrt/wrt.h>

enum { MADE_MAX = 1 << 15, MADE_FUNCS = 4, MADE_LOCALS = 12, MADE_LOOPS = 24, MADE_DEPTH = 5, MADE_RUNS = 12,
    MADE_PROGRAMS = 600 };

struct made_loop { uint32_t func, ordinal, max; uint64_t total; };
struct made {
    uint64_t seed;
    uint8_t body[MADE_MAX], module[MADE_MAX];
    size_t n, module_n;
    uint32_t func, locals, ordinal, budget;
    uint64_t entries;               /* how often the statement at hand can run in one run of the entry */
    uint64_t calls[MADE_FUNCS];
    struct made_loop loops[MADE_LOOPS * MADE_FUNCS];
    uint32_t loops_count, blocks;
};

static uint32_t made_pick(struct made *m, uint32_t n) { return (uint32_t)(test_random(&m->seed) >> 20) % n; }

static void made_put(struct made *m, uint32_t byte)
{
    if (m->n < sizeof m->body) m->body[m->n++] = (uint8_t)byte;
}

static void made_ops(struct made *m, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) made_put(m, (uint8_t)bytes[i]);
}
#define OPS(m, text) made_ops(m, text, sizeof(text) - 1)

static void made_const(struct made *m, uint32_t x)     /* below 8192 */
{
    made_put(m, 0x41);
    made_put(m, (x & 0x7f) | 0x80);
    made_put(m, x >> 7);
}

static void made_local(struct made *m, uint32_t op, uint32_t local)
{
    made_put(m, op);
    made_put(m, local);
}

/* A bit of the argument, or of a counter: 0 or 1. */
static void made_bit(struct made *m)
{
    made_local(m, 0x20, made_pick(m, 4) == 0 ? made_pick(m, m->locals) : 0);
    made_const(m, made_pick(m, 6));
    OPS(m, "\x76\x41\x01\x71");
}

static void made_work(struct made *m)
{
    for (uint32_t k = made_pick(m, 4); k > 0; k--) {
        made_local(m, 0x20, 1);
        made_const(m, made_pick(m, 100));
        made_put(m, made_pick(m, 2) ? 0x6a : 0x73);
        made_local(m, 0x21, 1);
    }
}

static void made_list(struct made *m, uint32_t depth);

static void made_if(struct made *m, uint32_t depth)
{
    made_bit(m);
    OPS(m, "\x04\x40");
    made_list(m, depth + 1);
    if (made_pick(m, 2)) {
        made_put(m, 0x05);
        made_list(m, depth + 1);
    }
    made_put(m, 0x0b);
}

static void made_switch(struct made *m, uint32_t depth)
{
    OPS(m, "\x02\x40\x02\x40\x02\x40\x20");
    made_put(m, 0);
    OPS(m, "\x41\x03\x71\x0e\x02\x00\x01\x02\x0b");
    made_list(m, depth + 1);
    OPS(m, "\x0c\x01\x0b");
    made_list(m, depth + 1);
    made_put(m, 0x0b);
}

static void made_call(struct made *m)
{
    if (m->func + 1 >= MADE_FUNCS) return;
    uint32_t callee = m->func + 1 + made_pick(m, MADE_FUNCS - m->func - 1);
    made_local(m, 0x20, 0);
    made_const(m, made_pick(m, 8));
    OPS(m, "\x73\x10");
    made_put(m, callee);
    made_local(m, 0x21, 1);
    m->calls[callee] += m->entries;
}

/* Counts down, test at the end: n arrivals; or up, test at the label: n + 1. Either may be left early. */
static void made_loop(struct made *m, uint32_t depth)
{
    if (m->locals >= MADE_LOCALS || m->ordinal >= MADE_LOOPS) return;
    const bool up = made_pick(m, 2), early = made_pick(m, 3) == 0;
    const uint32_t n = 1 + made_pick(m, depth > 1 ? 4 : 9), counter = m->locals++;
    const uint64_t entries = m->entries;
    struct made_loop *l = &m->loops[m->loops_count++];
    *l = (struct made_loop){ m->func, m->ordinal++, up ? n + 1 : n, 0 };
    made_const(m, up ? 0 : n);
    made_local(m, 0x21, counter);
    OPS(m, "\x02\x40\x03\x40");
    if (up) {
        made_local(m, 0x20, counter);
        made_const(m, n);
        OPS(m, "\x4f\x0d\x01");
    }
    m->entries = entries * n;
    made_list(m, depth + 1);
    if (early) {
        made_bit(m);
        OPS(m, "\x0d\x01");
    }
    made_local(m, 0x20, counter);
    made_const(m, 1);
    made_put(m, up ? 0x6a : 0x6b);
    made_local(m, up ? 0x21 : 0x22, counter);
    if (up) OPS(m, "\x0c\x00");
    else OPS(m, "\x0d\x00");
    OPS(m, "\x0b\x0b");
    l->total = entries * l->max;
    m->entries = entries;
}

static void made_list(struct made *m, uint32_t depth)
{
    for (uint32_t k = 1 + made_pick(m, 3); k > 0; k--) {
        if (depth >= MADE_DEPTH || m->budget == 0) {
            made_work(m);
            continue;
        }
        m->budget--;
        switch (made_pick(m, 6)) {
        case 0: made_if(m, depth); break;
        case 1: made_switch(m, depth); break;
        case 2: made_call(m); break;
        case 3: case 4: made_loop(m, depth); break;
        default: made_work(m); break;
        }
    }
}

static void made_bytes(struct made *m, const void *p, size_t n)
{
    if (m->module_n + n > sizeof m->module) return;
    memcpy(m->module + m->module_n, p, n);
    m->module_n += n;
}

static void made_length(struct made *m, size_t n)
{
    const uint8_t bytes[5] = { (uint8_t)(n | 0x80), (uint8_t)(n >> 7 | 0x80), (uint8_t)(n >> 14 | 0x80),
        (uint8_t)(n >> 21 | 0x80), (uint8_t)(n >> 28) };
    made_bytes(m, bytes, sizeof bytes);
}

/* Functions (i32) -> (i32) of which earlier ones call later ones; the first is exported as "run". */
static void made_module(struct made *m)
{
    static const char head[] = "\0asm\1\0\0\0\1\6\1\x60\1\x7f\1\x7f\3\5\4\0\0\0\0\7\7\1\3run\0\0";
    uint8_t *code = malloc(MADE_FUNCS * sizeof m->body);
    size_t code_n = 0;
    if (!code) abort();
    m->calls[0] = 1;
    for (m->func = 0; m->func < MADE_FUNCS; m->func++) {
        m->n = 0;
        m->locals = 2;
        m->ordinal = 0;
        m->budget = 14;
        m->entries = m->calls[m->func];
        OPS(m, "\x01");
        made_put(m, MADE_LOCALS - 1);
        made_put(m, 0x7f);
        made_list(m, 0);
        made_local(m, 0x20, 1);
        made_put(m, 0x0b);
        const uint8_t size[5] = { (uint8_t)(m->n | 0x80), (uint8_t)(m->n >> 7 | 0x80),
            (uint8_t)(m->n >> 14 | 0x80), (uint8_t)(m->n >> 21 | 0x80), (uint8_t)(m->n >> 28) };
        memcpy(code + code_n, size, sizeof size);
        memcpy(code + code_n + sizeof size, m->body, m->n);
        code_n += sizeof size + m->n;
    }
    made_bytes(m, head, sizeof head - 1);
    made_bytes(m, "\x0a", 1);
    made_length(m, code_n + 1);
    made_bytes(m, "\x04", 1);
    made_bytes(m, code, code_n);
    free(code);
}

static size_t made_facts(const struct made *m, char *text, size_t cap)
{
    size_t n = (size_t)snprintf(text, cap, "{\"loops\":[");
    for (uint32_t i = 0; i < m->loops_count; i++) {
        const struct made_loop *l = &m->loops[i];
        n += (size_t)snprintf(text + n, cap - n, "%s{\"func\":%u,\"loop\":%u,\"max\":%u,\"total\":%llu}",
            i ? "," : "", l->func, l->ordinal, l->max, (unsigned long long)l->total);
    }
    n += (size_t)snprintf(text + n, cap - n, "],\"function_calls\":{");
    for (uint32_t i = 0; i < MADE_FUNCS; i++) {
        n += (size_t)snprintf(
            text + n, cap - n, "%s\"%u\":%llu", i ? "," : "", i, (unsigned long long)m->calls[i]);
    }
    return n + (size_t)snprintf(text + n, cap - n, "}}");
}

struct made_world { wrt_engine *e; wrt_store *s; wrt_linker *l; };

/* Fuel of one run. */
static uint64_t made_run(struct made_world *w, wrt_func *f, uint32_t arg)
{
    wrt_error err = { 0 };
    wrt_val in = wrt_i32((int32_t)arg), out;
    wrt_task t;
    wrt_task_info info = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_task_start(w->s, f, &in, 1, NULL, &t, &err), WRT_OK);
    while (wrt_run(w->s, NULL) == WRT_PENDING) {
    }
    CHECK_EQ(wrt_task_result(w->s, t, &out, 1, &err), WRT_OK);
    CHECK_EQ(wrt_task_info_get(w->s, t, &info), WRT_OK);
    (void)wrt_task_close(w->s, t);
    return info.guest_fuel;
}

static wrt_wcet made_bound(const wrt_code *c, const char *facts, size_t facts_n, wrt_wcet_use use, bool infer)
{
    wrt_error err = { 0 };
    wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
    wrt_wcet out = WRT_INIT(wrt_wcet);
    o.facts = (wrt_bytes){ (const uint8_t *)facts, facts_n };
    o.use = use;
    o.no_inference = !infer;
    CHECK_EQ(wrt_wcet_static(c, WRT_STR("run"), &o, &out, &err), WRT_OK);
    if (err.status != WRT_OK) CHECK_STR(err.message, "");
    return out;
}

static void made_check(struct made_world *w, struct made *m, wrt_code *c, wrt_func *f)
{
    static char facts[MADE_MAX];
    size_t n = made_facts(m, facts, sizeof facts);
    const wrt_wcet per_entry = made_bound(c, facts, n, WRT_WCET_PER_ENTRY, false),
                   full = made_bound(c, facts, n, WRT_WCET_FULL, false),
                   all = made_bound(c, facts, n, WRT_WCET_ALL, true),
                   alone = made_bound(c, NULL, 0, WRT_WCET_ALL, true);
    CHECK(per_entry.bounded && full.bounded && all.bounded);
    /* `all` lets a run end where it can trap, its search may end at a limit: hardly dearer than `full`. */
    CHECK(full.fuel_high <= per_entry.fuel_high && all.fuel_high <= full.fuel_high + full.fuel_high / 50);
    for (uint32_t i = 0; i < MADE_RUNS; i++) {
        uint32_t arg = i < 8 ? i * 5 : (uint32_t)test_random(&m->seed);
        uint64_t used = made_run(w, f, arg);
        CHECK(used <= full.fuel_high && used <= per_entry.fuel_high && used <= all.fuel_high);
        CHECK(!alone.bounded || used <= alone.fuel_high);
        CHECK(used >= full.fuel_low && used >= per_entry.fuel_low && used >= all.fuel_low
            && used >= alone.fuel_low);
    }
}

static void made_one(struct made_world *w, uint64_t seed)
{
    static struct made m;
    wrt_error err = { 0 };
    wrt_code *c = NULL;
    wrt_instance *i = NULL;
    wrt_func *f = NULL;
    memset(&m, 0, sizeof m);
    m.seed = seed * 0x9e3779b97f4a7c15u + 1;
    made_module(&m);
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    REQUIRE(wrt_load(w->e, (wrt_bytes){ m.module, m.module_n }, NULL, &c, &err) == WRT_OK);
    REQUIRE(wrt_store_new(w->e, &so, &w->s, &err) == WRT_OK);
    REQUIRE(wrt_instantiate(w->s, w->l, c, &i, &err) == WRT_OK);
    REQUIRE(wrt_export_func(i, WRT_STR("run"), &f, &err) == WRT_OK);
    made_check(w, &m, c, f);
    wrt_store_free(w->s);
    wrt_code_free(c);
}

static void made_many(const wrt_fuel_table *table, uint64_t programs, uint64_t first)
{
    struct made_world w = { 0 };
    wrt_error err;
    wrt_config cfg = WRT_INIT(wrt_config);
    cfg.fuel = table;
    REQUIRE(wrt_engine_new(&cfg, &w.e, &err) == WRT_OK);
    REQUIRE(wrt_linker_new(w.e, &w.l, &err) == WRT_OK);
    for (uint64_t i = 0; i < programs && test_failures() < 5; i++) {
        CONTEXT("program %llu", (unsigned long long)(first + 2 * i));
        made_one(&w, first + 2 * i);
    }
    wrt_linker_free(w.l);
    wrt_engine_free(w.e);
}

static uint64_t made_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void made_by(const char *table)
{
    const uint64_t n = made_number("WRT_GENERATED_PROGRAMS", MADE_PROGRAMS);
    const uint64_t first = made_number("WRT_GENERATED_SEED", 1);
    made_many(wrt_fuel_table_named((wrt_str){ table, strlen(table) }), n, 2 * first + (*table == 'w'));
    printf("%llu programs, %llu runs, by %s prices\n", (unsigned long long)n,
        (unsigned long long)n * MADE_RUNS, table);
}

TEST(no_run_leaves_the_bounds_by_units)
{
    made_by("unit");
}
TEST(no_run_leaves_the_bounds_by_weights)
{
    made_by("weighted");
}
