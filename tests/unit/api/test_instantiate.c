/* Instantiation: linking of instances, initial values, segments, start functions, limits. */
#include "fixture.h"
#include "api/objects.h"

static uint64_t call1(struct world *w, wrt_instance *i, const char *name, uint32_t n, int32_t a, int32_t b)
{
    wrt_val args[2] = { wrt_i32(a), wrt_i32(b) }, out = { 0 };
    wrt_func *f;
    wrt_str text = { name, strlen(name) };
    CHECK_EQ(wrt_export_func(i, text, &f, &w->err), WRT_OK);
    CHECK_EQ(wrt_call_sync(w->s, f, args, n, &out, wrt_func_type_of(f).results, &w->err), WRT_OK);
    return out.of.u;
}

TEST(instances_share_what_they_import)
{
    struct world w;
    wrt_memory *m, *m2;
    wrt_table *t, *t2;
    wrt_global *g, *g2;
    wrt_func *f, *f2;
    wrt_span v;
    world_open(&w);
    wrt_instance *p = world_instance(&w, "provider");
    CHECK_EQ(wrt_link_instance(w.l, WRT_STR("p"), p, &w.err), WRT_OK);
    wrt_instance *c = world_instance(&w, "consumer");
    CHECK_EQ(wrt_export_memory(p, WRT_STR("memory"), &m, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_memory(c, WRT_STR("memory"), &m2, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_table(p, WRT_STR("table"), &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_table(c, WRT_STR("table"), &t2, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_global(p, WRT_STR("counter"), &g, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_global(c, WRT_STR("counter"), &g2, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(p, WRT_STR("twice"), &f, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(c, WRT_STR("twice"), &f2, &w.err), WRT_OK);
    CHECK(m == m2 && t == t2 && g == g2 && f == f2);
    CHECK_EQ(world_global(&w, c, "derived"), 42);
    CHECK_EQ(wrt_memory_view(m, 16, 8, &v), WRT_OK);
    CHECK_MEM(v.p, "consumer", 8);
    world_close(&w);
}

TEST(calls_and_state_cross_instances)
{
    struct world w;
    world_open(&w);
    wrt_instance *p = world_instance(&w, "provider");
    CHECK_EQ(wrt_link_instance(w.l, WRT_STR("p"), p, &w.err), WRT_OK);
    wrt_instance *c = world_instance(&w, "consumer");
    CHECK_EQ(call1(&w, c, "thrice", 1, 7, 0), 21);
    CHECK_EQ(call1(&w, p, "call", 2, 0, 10), 20);
    CHECK_EQ(call1(&w, p, "call", 2, 1, 10), 30);
    (void)call1(&w, c, "step", 0, 0, 0);
    CHECK_EQ(call1(&w, p, "count", 0, 0, 0), 101);
    CHECK_EQ(call1(&w, p, "peek", 1, 16, 0), 'c');
    CHECK_EQ(call1(&w, c, "grow", 1, 2, 0), 1);
    CHECK_EQ(call1(&w, p, "size", 0, 0, 0), 3);
    CHECK_EQ(call1(&w, p, "peek", 1, 3 * 65536 - 1, 0), 0);
    CHECK_EQ(call1(&w, c, "grow", 1, 2, 0), 0xffffffffu);
    world_close(&w);
}

TEST(one_function_can_be_linked_alone)
{
    struct world w;
    wrt_func *f;
    wrt_memory *m;
    wrt_table *t;
    wrt_global *fixed, *counter;
    world_open(&w);
    wrt_instance *p = world_instance(&w, "provider");
    CHECK_EQ(wrt_export_func(p, WRT_STR("twice"), &f, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_func(w.l, WRT_STR("p"), WRT_STR("twice"), f, &w.err), WRT_OK);
    CHECK_EQ(wrt_memory_new(w.s, 1, 4, true, &m, &w.err), WRT_OK);
    CHECK_EQ(wrt_table_new(w.s, WRT_FUNCREF, 2, 8, true, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_global_new(w.s, wrt_i32(1), false, &fixed, &w.err), WRT_OK);
    CHECK_EQ(wrt_global_new(w.s, wrt_i64(1), true, &counter, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_memory(w.l, WRT_STR("p"), WRT_STR("memory"), m, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_table(w.l, WRT_STR("p"), WRT_STR("table"), t, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_global(w.l, WRT_STR("p"), WRT_STR("fixed"), fixed, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_global(w.l, WRT_STR("p"), WRT_STR("counter"), counter, &w.err), WRT_OK);
    wrt_instance *c = world_instance(&w, "consumer");
    CHECK_EQ(call1(&w, c, "thrice", 1, 5, 0), 15);
    CHECK_EQ(world_global(&w, c, "derived"), 3);
    wrt_val v;
    (void)call1(&w, c, "step", 0, 0, 0);
    CHECK_EQ(wrt_global_get(counter, &v), WRT_OK);
    CHECK_EQ(v.of.i, 2);
    world_close(&w);
}

static void define_segments(struct world *w)
{
    wrt_global *base, *ref;
    CHECK_EQ(wrt_global_new(w->s, wrt_i32(4), false, &base, &w->err), WRT_OK);
    CHECK_EQ(wrt_global_new(w->s, wrt_externref(77), false, &ref, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_global(w->l, WRT_STR("env"), WRT_STR("base"), base, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_global(w->l, WRT_STR("env"), WRT_STR("ref"), ref, &w->err), WRT_OK);
}

TEST(initial_values_are_evaluated)
{
    struct world w;
    wrt_global *g;
    wrt_func *b;
    wrt_val v;
    world_open(&w);
    define_segments(&w);
    wrt_instance *i = world_instance(&w, "segments");
    CHECK_EQ(world_global(&w, i, "i32"), 0xfffffffeu);
    CHECK_EQ(world_global(&w, i, "i64"), 0x123456789abcdef0u);
    CHECK_EQ(world_global(&w, i, "f32"), 0x7fa00001u);
    CHECK_EQ(world_global(&w, i, "f64"), 0xbfe0000000000000u);
    CHECK_EQ(world_global(&w, i, "wrap"), 0xffffffffu);
    CHECK_EQ(world_global(&w, i, "sum"), 21);
    CHECK_EQ(world_global(&w, i, "deep"), 210);
    CHECK_EQ(wrt_export_func(i, WRT_STR("b"), &b, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_global(i, WRT_STR("func"), &g, &w.err), WRT_OK);
    CHECK_EQ(wrt_global_get(g, &v), WRT_OK);
    CHECK(wrt_func_from_ref(w.s, v) == b);
    CHECK_EQ(wrt_export_global(i, WRT_STR("null"), &g, &w.err), WRT_OK);
    CHECK_EQ(wrt_global_get(g, &v), WRT_OK);
    CHECK(v.kind == WRT_FUNCREF && v.n == 0);
    world_close(&w);
}

TEST(segments_are_written_and_dropped)
{
    struct world w;
    wrt_table *t, *x;
    wrt_memory *m;
    wrt_func *a, *b;
    wrt_span s;
    wrt_val v;
    world_open(&w);
    define_segments(&w);
    wrt_instance *i = world_instance(&w, "segments");
    CHECK_EQ(wrt_export_table(i, WRT_STR("t"), &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_table(i, WRT_STR("x"), &x, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("a"), &a, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("b"), &b, &w.err), WRT_OK);
    wrt_func *want[8] = { a, b, NULL, NULL, b, NULL, a, NULL };
    for (uint64_t k = 0; k < 8; k++) {
        CONTEXT("element %u", (unsigned)k);
        CHECK_EQ(wrt_table_get(t, k, &v), WRT_OK);
        CHECK(wrt_func_from_ref(w.s, v) == want[k]);
    }
    CHECK_EQ(wrt_table_get(x, 0, &v), WRT_OK);
    CHECK_EQ(v.n, 0);
    CHECK_EQ(wrt_table_get(x, 1, &v), WRT_OK);
    CHECK(v.n == 1 && v.of.u == 77);
    CHECK_EQ(wrt_export_memory(i, WRT_STR("m"), &m, &w.err), WRT_OK);
    CHECK_EQ(wrt_memory_view(m, 0, 65536, &s), WRT_OK);
    CHECK_MEM(s.p, "zero\0", 5);
    CHECK_MEM(s.p + 100, "hundred\0", 8);
    static const bool elem[5] = { true, true, true, false, true }, data[4] = { true, true, false, true };
    for (size_t k = 0; k < 5; k++) CHECK_EQ(i->dropped_elem[k], elem[k]);
    for (size_t k = 0; k < 4; k++) CHECK_EQ(i->dropped_data[k], data[k]);
    world_close(&w);
}

static void define_env(struct world *w, wrt_memory **m, wrt_table **t)
{
    CHECK_EQ(wrt_memory_new(w->s, 1, 0, false, m, &w->err), WRT_OK);
    CHECK_EQ(wrt_table_new(w->s, WRT_FUNCREF, 2, 0, false, t, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_memory(w->l, WRT_STR("env"), WRT_STR("memory"), *m, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_table(w->l, WRT_STR("env"), WRT_STR("table"), *t, &w->err), WRT_OK);
}

TEST(what_was_written_before_a_trap_stays)
{
    struct world w;
    wrt_memory *m;
    wrt_table *t;
    wrt_instance *i = (wrt_instance *)&w;
    wrt_val v, out;
    wrt_span s;
    world_open(&w);
    define_env(&w, &m, &t);
    CHECK_EQ(wrt_instantiate(w.s, w.l, world_code(&w, "data_trap"), &i, &w.err), WRT_E_TRAP);
    CHECK(!i);
    CHECK_EQ(w.err.trap, WRT_TRAP_OUT_OF_BOUNDS);
    CHECK_EQ(w.err.code, 300 + WRT_TRAP_OUT_OF_BOUNDS);
    CHECK_STR(w.err.message, "data segment 1 does not fit");
    CHECK(w.err.offset > 8 && w.err.offset < 200);
    CHECK_EQ(wrt_memory_view(m, 0, 16, &s), WRT_OK);
    CHECK_MEM(s.p, "one\0\0\0\0\0\0\0\0", 11);
    /* The instance is gone for the host; its function in the table is not. */
    CHECK_EQ(wrt_table_get(t, 1, &v), WRT_OK);
    wrt_func *f = wrt_func_from_ref(w.s, v);
    REQUIRE(f != NULL);
    CHECK_EQ(wrt_call_sync(w.s, f, NULL, 0, &out, 1, &w.err), WRT_OK);
    CHECK_EQ(out.of.i32, 11);
    s.p[0] = 0;
    CHECK_EQ(wrt_instantiate(w.s, w.l, world_code(&w, "elem_trap"), &i, &w.err), WRT_E_TRAP);
    CHECK_EQ(w.err.trap, WRT_TRAP_TABLE_BOUNDS);
    CHECK_STR(w.err.message, "element segment 1 does not fit");
    CHECK_EQ(s.p[0], 0);
    CHECK_EQ(wrt_table_get(t, 0, &v), WRT_OK);
    CHECK(wrt_func_from_ref(w.s, v) != NULL);
    world_close(&w);
}

static wrt_status note(void *ctx, wrt_call *call)
{
    *(int32_t *)ctx = wrt_arg(call, 0).of.i32;
    return WRT_OK;
}

TEST(the_start_function_runs)
{
    struct world w;
    wrt_memory *m;
    wrt_table *t;
    wrt_instance *i;
    wrt_span s;
    int32_t noted = 0;
    world_open(&w);
    define_env(&w, &m, &t);
    wrt_fn_def d = {
        .size = sizeof d, .name = WRT_STR("note"), .sig = WRT_STR("(i32)"), .fn = note, .ctx = &noted
    };
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("env"), &d, 1, &w.err), WRT_OK);
    i = world_instance(&w, "start");
    CHECK_EQ(wrt_memory_view(m, 0, 1, &s), WRT_OK);
    CHECK_EQ(s.p[0], 42);
    CHECK_EQ(noted, 5);
    CHECK(i->started);
    CHECK_EQ(wrt_instantiate(w.s, w.l, world_code(&w, "start_trap"), &i, &w.err), WRT_E_TRAP);
    CHECK(!i);
    CHECK_EQ(w.err.trap, WRT_TRAP_UNREACHABLE);
    CHECK_EQ(s.p[0], 43);
    world_close(&w);
}

struct maker {
    struct world *w;
    wrt_code *code;
};

/* Makes so many instances that the records of all functions move. */
static wrt_status make(void *ctx, wrt_call *call)
{
    struct maker *maker = ctx;
    wrt_instance *i;
    int32_t n = wrt_arg(call, 0).of.i32;
    for (int32_t k = 0; k < n; k++) {
        wrt_status status = wrt_instantiate(wrt_call_store(call), NULL, maker->code, &i, &maker->w->err);
        if (status != WRT_OK) return status;
    }
    wrt_val out = wrt_i32(2 * wrt_arg(call, 0).of.i32);
    return wrt_return(call, &out, 1);
}

TEST(a_host_function_may_make_instances)
{
    struct world w;
    world_open(&w);
    struct maker maker = { &w, world_code(&w, "provider") };
    wrt_fn_def d = {
        .size = sizeof d, .name = WRT_STR("make"), .sig = WRT_STR("(i32) -> (i32)"), .fn = make, .ctx = &maker
    };
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("env"), &d, 1, &w.err), WRT_OK);
    wrt_instance *i = world_instance(&w, "makes");
    CHECK_EQ(call1(&w, i, "run", 1, 100, 0), 200);
    CHECK_EQ(call1(&w, i, "run", 1, 3, 0), 6);
    world_close(&w);
}

TEST(limits_of_a_store_hold)
{
    struct world w;
    wrt_store *s;
    wrt_instance *i;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    world_open(&w);
    wrt_code *big = world_code(&w, "big"), *table = world_code(&w, "big_table"),
             *tiny = world_code(&w, "tiny");
    o.limits.memory_bytes = 2 * 65536;
    o.limits.table_elems = 999;
    o.limits.instances = 2;
    o.user = &w;
    CHECK_EQ(wrt_store_new(w.e, &o, &s, &w.err), WRT_OK);
    CHECK(wrt_store_user(s) == &w && wrt_store_engine(s) == w.e);
    CHECK_EQ(wrt_instantiate(s, NULL, big, &i, &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "memory_bytes");
    CHECK_EQ(wrt_instantiate(s, NULL, table, &i, &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "table_elems");
    CHECK_EQ(wrt_instantiate(s, NULL, tiny, &i, &w.err), WRT_OK);
    CHECK_EQ(wrt_instantiate(s, NULL, tiny, &i, &w.err), WRT_OK);
    uint64_t held = w.heap.live_bytes;
    CHECK_EQ(wrt_instantiate(s, NULL, tiny, &i, &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "instances");
    CHECK_EQ(w.heap.live_bytes, held);
    wrt_store_free(s);
    o.limits.instances = 1025;
    CHECK_EQ(wrt_store_new(w.e, &o, &s, &w.err), WRT_E_ARG);
    CHECK_STR(w.err.table, "instances");
    CHECK(!s);
    world_close(&w);
}

TEST(growth_can_be_switched_off)
{
    struct world w;
    wrt_config c = WRT_INIT(wrt_config);
    c.no_memory_grow = true;
    world_open_with(&w, c);
    wrt_instance *p = world_instance(&w, "provider");
    CHECK_EQ(wrt_link_instance(w.l, WRT_STR("p"), p, &w.err), WRT_OK);
    wrt_instance *i = world_instance(&w, "consumer");
    CHECK_EQ(call1(&w, i, "grow", 1, 1, 0), 0xffffffffu);
    CHECK_EQ(call1(&w, i, "grow", 1, 0, 0), 1);
    world_close(&w);
}

TEST(only_matching_parts_go_together)
{
    struct world w;
    wrt_engine *e;
    wrt_code *c;
    wrt_instance *i;
    wrt_load_opts o = WRT_INIT(wrt_load_opts);
    wrt_bytes tiny = fixture_read("tiny");
    world_open(&w);
    CHECK_EQ(wrt_engine_new(NULL, &e, &w.err), WRT_OK);
    CHECK_EQ(wrt_load(e, tiny, NULL, &c, &w.err), WRT_OK);
    CHECK_EQ(wrt_instantiate(w.s, w.l, c, &i, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_instantiate(NULL, w.l, c, &i, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_instantiate(w.s, w.l, NULL, &i, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_instantiate(w.s, w.l, c, NULL, &w.err), WRT_E_ARG);
    wrt_code_free(c);
    wrt_engine_free(e);
    /* Portable code runs where dispatch goes by number, and only there. */
    o.portable = o.keep_source = true;
    o.name = WRT_STR("shown");
    CHECK_EQ(wrt_load(w.e, tiny, &o, &c, &w.err), WRT_OK);
    CHECK(wrt__str_equal(c->name, WRT_STR("shown")));
    CHECK_EQ(wrt_instantiate(w.s, w.l, c, &i, &w.err),
        wrt_has(w.e, WRT_STR("tail-dispatch")) ? WRT_E_STATE : WRT_OK);
    wrt_code_free(c);
    CHECK_EQ(wrt_load(w.e, (wrt_bytes){ NULL, 4 }, &o, &c, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_load(w.e, tiny, NULL, NULL, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_load(w.e, (wrt_bytes){ NULL, 0 }, NULL, &c, &w.err), WRT_E_MALFORMED);
    CHECK(!c);
    world_close(&w);
    fixture_free(tiny);
}
