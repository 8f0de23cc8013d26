/* Memories, tables and globals in the hands of the host. */
#include "fixture.h"

TEST(a_memory_is_viewed_inside_its_bounds)
{
    struct world w;
    wrt_memory *m;
    wrt_span v;
    uint64_t old = 77;
    world_open(&w);
    CHECK_EQ(wrt_memory_new(w.s, 1, 2, true, &m, &w.err), WRT_OK);
    CHECK_EQ(wrt_memory_view(m, 0, 65536, &v), WRT_OK);
    CHECK_EQ(v.n, 65536);
    v.p[65535] = 3;
    CHECK_EQ(wrt_memory_view(m, 65536, 0, &v), WRT_OK);
    CHECK_EQ(v.n, 0);
    CHECK_EQ(wrt_memory_view(m, 65536, 1, &v), WRT_E_ARG);
    CHECK(!v.p && v.n == 0);
    CHECK_EQ(wrt_memory_view(m, 65537, 0, &v), WRT_E_ARG);
    CHECK_EQ(wrt_memory_view(m, 1, UINT64_MAX, &v), WRT_E_ARG);
    CHECK_EQ(wrt_memory_view(m, UINT64_MAX, 1, &v), WRT_E_ARG);
    CHECK_EQ(wrt_memory_grow(m, 1, &old), WRT_OK);
    CHECK_EQ(old, 1);
    CHECK_EQ(wrt_memory_pages(m), 2);
    CHECK_EQ(wrt_memory_view(m, 65535, 2, &v), WRT_OK);
    CHECK(v.p[0] == 3 && v.p[1] == 0);
    CHECK_EQ(wrt_memory_grow(m, 1, &old), WRT_E_LIMIT);
    CHECK_EQ(old, 1);
    w.heap.fail_at = w.heap.asked + 1;
    CHECK_EQ(wrt_memory_new(w.s, 0, 0, false, &m, &w.err), WRT_E_NOMEM);
    CHECK(!m);
    CHECK_EQ(wrt_memory_new(w.s, 0, 0, false, &m, &w.err), WRT_OK);
    w.heap.fail_at = w.heap.asked + 1;
    CHECK_EQ(wrt_memory_grow(m, 1, NULL), WRT_E_NOMEM);
    CHECK_EQ(wrt_memory_view(m, 0, 0, &v), WRT_OK);
    world_close(&w);
}

TEST(sizes_are_checked)
{
    struct world w;
    wrt_memory *m;
    wrt_table *t;
    world_open(&w);
    CHECK_EQ(wrt_memory_new(w.s, 2, 1, true, &m, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_memory_new(w.s, 65537, 0, false, &m, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_memory_new(w.s, 0, 65537, true, &m, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_memory_new(NULL, 0, 0, false, &m, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_memory_new(w.s, 0, 0, false, NULL, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_table_new(w.s, WRT_FUNCREF, 2, 1, true, &t, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_table_new(w.s, WRT_FUNCREF, 4294967296, 0, false, &t, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_table_new(w.s, WRT_I32, 0, 0, false, &t, &w.err), WRT_E_TYPE);
    CHECK_EQ(wrt_table_new(w.s, WRT_FUNCREF, 10000001, 0, false, &t, &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "table_elems");
    world_close(&w);
}

TEST(a_table_takes_its_kind)
{
    struct world w;
    wrt_table *t;
    wrt_val v;
    uint64_t old = 0;
    world_open(&w);
    CHECK_EQ(wrt_table_new(w.s, WRT_EXTERNREF, 2, 3, true, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_table_size(t), 2);
    CHECK_EQ(wrt_table_get(t, 1, &v), WRT_OK);
    CHECK(v.kind == WRT_EXTERNREF && v.n == 0);
    CHECK_EQ(wrt_table_set(t, 1, wrt_externref(0)), WRT_OK);
    CHECK_EQ(wrt_table_get(t, 1, &v), WRT_OK);
    CHECK(v.n == 1 && v.of.u == 0);
    CHECK_EQ(wrt_table_set(t, 1, wrt_externref(UINT64_MAX)), WRT_E_TYPE);
    CHECK_EQ(wrt_table_set(t, 1, wrt_null(WRT_FUNCREF)), WRT_E_TYPE);
    CHECK_EQ(wrt_table_set(t, 2, wrt_externref(1)), WRT_E_ARG);
    CHECK_EQ(wrt_table_get(t, 2, &v), WRT_E_ARG);
    CHECK_EQ(wrt_table_grow(t, 1, wrt_i32(1), &old), WRT_E_TYPE);
    CHECK_EQ(wrt_table_grow(t, 1, wrt_externref(9), &old), WRT_OK);
    CHECK_EQ(old, 2);
    CHECK_EQ(wrt_table_get(t, 2, &v), WRT_OK);
    CHECK_EQ(v.of.u, 9);
    CHECK_EQ(wrt_table_grow(t, 1, wrt_externref(9), &old), WRT_E_LIMIT);
    world_close(&w);
}

TEST(globals_keep_kind_and_mutability)
{
    struct world w;
    wrt_global *g;
    wrt_val v, bad = { .kind = 99 };
    world_open(&w);
    CHECK_EQ(wrt_global_new(w.s, wrt_f32(1.5f), true, &g, &w.err), WRT_OK);
    CHECK_EQ(wrt_global_get(g, &v), WRT_OK);
    CHECK(v.kind == WRT_F32 && v.of.f32 == 1.5f);
    CHECK_EQ(wrt_global_set(g, wrt_f32(-2)), WRT_OK);
    CHECK_EQ(wrt_global_get(g, &v), WRT_OK);
    CHECK(v.of.f32 == -2);
    CHECK_EQ(wrt_global_set(g, wrt_f64(-2)), WRT_E_TYPE);
    CHECK_EQ(wrt_global_new(w.s, wrt_i32(1), false, &g, &w.err), WRT_OK);
    CHECK_EQ(wrt_global_set(g, wrt_i32(2)), WRT_E_STATE);
    CHECK_EQ(wrt_global_new(w.s, bad, false, &g, &w.err), WRT_E_TYPE);
    bad.kind = WRT_V128;
    CHECK_EQ(wrt_global_new(w.s, bad, false, &g, &w.err), WRT_E_TYPE);
    CHECK(!g);
    world_close(&w);
}

TEST(functions_go_round_as_references)
{
    struct world w;
    wrt_func *f, *again;
    wrt_table *t;
    wrt_val v;
    world_open(&w);
    wrt_instance *i = world_instance(&w, "provider");
    CHECK_EQ(wrt_export_func(i, WRT_STR("twice"), &f, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("twice"), &again, &w.err), WRT_OK);
    CHECK(f == again);
    CHECK(wrt_func_from_ref(w.s, wrt_func_ref(f)) == f);
    CHECK(!wrt_func_from_ref(w.s, wrt_null(WRT_FUNCREF)));
    CHECK(!wrt_func_from_ref(w.s, wrt_externref(0)));
    v = wrt_func_ref(f);
    v.of.u = 1000;
    CHECK(!wrt_func_from_ref(w.s, v));
    CHECK_EQ(wrt_func_ref(NULL).n, 0);
    CHECK_EQ(wrt_export_table(i, WRT_STR("table"), &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_table_get(t, 0, &v), WRT_OK);
    CHECK(wrt_func_from_ref(w.s, v) == f);
    CHECK_EQ(wrt_table_set(t, 3, v), WRT_OK);
    wrt_func_type type = wrt_func_type_of(f);
    CHECK(type.params == 1 && type.results == 1 && type.kinds[0] == WRT_I32 && type.kinds[1] == WRT_I32);
    world_close(&w);
}

TEST(exports_are_found_by_name_and_kind)
{
    struct world w;
    wrt_func *f;
    wrt_memory *m, *same;
    wrt_table *t;
    wrt_global *g, *again;
    world_open(&w);
    wrt_instance *i = world_instance(&w, "provider");
    CHECK_EQ(wrt_export_memory(i, WRT_STR("memory"), &m, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_memory(i, WRT_STR("memory"), &same, &w.err), WRT_OK);
    CHECK(m == same);
    CHECK_EQ(wrt_export_table(i, WRT_STR("table"), &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_global(i, WRT_STR("counter"), &g, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_global(i, WRT_STR("counter"), &again, &w.err), WRT_OK);
    CHECK(g == again);
    CHECK_EQ(wrt_global_set(g, wrt_i64(5)), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("memory"), &f, &w.err), WRT_E_TYPE);
    CHECK_STR(w.err.message, "the export \"memory\" is a memory, not a function");
    CHECK(!f);
    CHECK_EQ(wrt_export_global(i, WRT_STR("conter"), &g, &w.err), WRT_E_LINK);
    CHECK_STR(w.err.hint, "did you mean \"counter\"?");
    CHECK_EQ(wrt_export_table(i, WRT_STR("memory"), &t, &w.err), WRT_E_TYPE);
    CHECK_EQ(wrt_export_memory(i, WRT_STR(""), &m, &w.err), WRT_E_LINK);
    CHECK_EQ(wrt_export_memory(NULL, WRT_STR("memory"), &m, &w.err), WRT_E_ARG);
    w.heap.fail_at = w.heap.asked + 1;
    CHECK_EQ(wrt_export_func(i, WRT_STR("twice"), &f, &w.err), WRT_E_NOMEM);
    w.heap.fail_at = w.heap.asked + 1;
    CHECK_EQ(wrt_export_global(i, WRT_STR("fixed"), &g, &w.err), WRT_E_NOMEM);
    CHECK_EQ(w.err.status, WRT_E_NOMEM);
    world_close(&w);
}
