/* Configuration, sealing and the life of engines and codes. */
#include "test.h"
#include "fixture.h"

TEST(an_engine_has_defaults)
{
    wrt_engine *e;
    wrt_error err;
    CHECK_EQ(wrt_engine_new(NULL, &e, &err), WRT_OK);
    CHECK_EQ(wrt_engine_limits(e)->instances, 1024);
    CHECK_EQ(wrt_engine_limits(e)->stack_bytes, 1048576);
    CHECK(wrt_engine_fuel_table(e) == wrt_fuel_table_named(WRT_STR("weighted")));
    CHECK(wrt_has(e, WRT_STR("bulk-memory")));
    CHECK(wrt_has(e, WRT_STR("wasi-p1")));
    CHECK(!wrt_has(e, WRT_STR("gc")));
    CHECK(!wrt_has(e, WRT_STR("no such thing")));
    CHECK(!wrt_has(NULL, WRT_STR("bulk-memory")));
    wrt_engine_free(e);
    wrt_engine_free(NULL);
}

TEST(features_can_be_switched_off)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_engine *e;
    wrt_error err;
    c.features = WRT_FEATURE_MUTABLE_GLOBALS;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_OK);
    CHECK(!wrt_has(e, WRT_STR("bulk-memory")));
    CHECK(wrt_has(e, WRT_STR("mutable-global")));
    wrt_engine_free(e);
    c.features = WRT_FEATURE_MEMORY64;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_UNSUPPORTED);
    CHECK(has_text(err.message, "memory64"));
    CHECK(!e);
    c.features = (uint64_t)1 << 63;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
}

TEST(wrong_options_are_refused)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_fuel_table t = *wrt_fuel_table_named(WRT_STR("weighted"));
    wrt_engine *e;
    wrt_error err;
    CHECK_EQ(wrt_engine_new(&c, NULL, &err), WRT_E_ARG);
    c.size = 0;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
    CHECK(has_text(err.hint, "WRT_INIT"));
    c = WRT_INIT(wrt_config);
    c.profile = (wrt_asil)9;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
    c = WRT_INIT(wrt_config);
    c.limits.tasks = 1048577;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
    CHECK(has_text(err.table, "tasks"));
    c = WRT_INIT(wrt_config);
    wrt_alloc none = { 0 };
    c.alloc = &none;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
    c = WRT_INIT(wrt_config);
    c.fuel = &t;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_OK);
    wrt_engine_free(e);
    t.op[3] = WRT_FUEL_OP_MAX + 1;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
    t.op[3] = WRT_FUEL_OP_MAX;
    t.grow.shift = 64;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
    t.grow.shift = 0;
    t.size = 8;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
}

TEST(the_unit_table_is_for_quality_managed_work)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_fuel_table copy = *wrt_fuel_table_named(WRT_STR("unit"));
    wrt_engine *e;
    wrt_error err;
    c.fuel = &copy;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_OK);
    wrt_engine_free(e);
    c.profile = WRT_ASIL_A;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG);
    CHECK(has_text(err.message, "unit"));
    c.fuel = NULL;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_OK);
    wrt_engine_free(e);
}

TEST(an_engine_without_floats_refuses_modules_that_have_them)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_engine *e;
    wrt_code *code = NULL;
    wrt_error err;
    c.no_float = true;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_OK);
    CHECK_EQ(fixture_load(e, "tiny", &code, &err), WRT_OK);
    wrt_code_free(code);
    CHECK_EQ(fixture_load(e, "tasks", &code, &err), WRT_E_UNSUPPORTED);
    CHECK(!code && err.offset != UINT64_MAX && has_text(err.message, "floating point"));
    wrt_engine_free(e);
}

/* A shorter struct of an earlier version: what it lacks is zero. */
TEST(a_short_option_struct_is_filled_up)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_engine *e;
    wrt_error err;
    memset(&c.limits, 0xff, sizeof c - offsetof(wrt_config, limits));
    c.size = offsetof(wrt_config, limits);
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_OK);
    CHECK_EQ(wrt_engine_limits(e)->tasks, 2048);
    wrt_engine_free(e);
}

TEST(a_sealed_engine_makes_nothing_new)
{
    struct world w;
    wrt_code *c;
    wrt_linker *l;
    wrt_store *s;
    wrt_memory *m;
    wrt_table *t;
    wrt_global *g;
    wrt_instance *i;
    wrt_fn_def f = { .size = sizeof f };
    wrt_config small = WRT_INIT(wrt_config);
    small.limits.tasks = 4;
    small.limits.stack_bytes = 4096;
    world_open_with(&w, small);
    wrt_instance *before = world_instance(&w, "tiny");
    CHECK_EQ(wrt_engine_seal(w.e, &w.err), WRT_OK);
    CHECK_EQ(wrt_engine_seal(w.e, &w.err), WRT_OK);
    CHECK_EQ(wrt_engine_seal(NULL, &w.err), WRT_E_ARG);
    CHECK_EQ(fixture_load(w.e, "tiny", &c, &w.err), WRT_E_SEALED);
    CHECK_EQ(w.err.status, WRT_E_SEALED);
    CHECK_EQ(wrt_linker_new(w.e, &l, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("a"), &f, 1, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_link_instance(w.l, WRT_STR("a"), before, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_store_new(w.e, NULL, &s, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_instantiate(w.s, w.l, w.codes[0], &i, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_memory_new(w.s, 1, 1, true, &m, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_table_new(w.s, WRT_FUNCREF, 1, 1, true, &t, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_global_new(w.s, wrt_i32(1), true, &g, &w.err), WRT_E_SEALED);
    world_close(&w);
}

TEST(what_is_in_use_outlives_its_owner)
{
    struct world w;
    wrt_val out;
    world_open(&w);
    wrt_instance *i = world_instance(&w, "tiny");
    wrt_code_free(w.codes[--w.codes_count]);
    wrt_linker_free(w.l);
    w.l = NULL;
    wrt_engine_free(w.e);
    CHECK_EQ(world_call(&w, i, "bump", NULL, 0, &out, 1), WRT_OK);
    CHECK_EQ(out.of.i32, 8);
    wrt_store_free(w.s);
    CHECK_EQ(w.heap.live, 0);
}

TEST(a_code_tells_what_it_is)
{
    struct world w;
    wrt_extern_desc d;
    wrt_code_info info;
    world_open(&w);
    const wrt_code *c = world_code(&w, "consumer");
    CHECK_EQ(wrt_code_imports_count(c), 5);
    CHECK_EQ(wrt_code_exports_count(c), 9);
    CHECK(wrt_code_import(c, 0, &d));
    CHECK(
        d.kind == WRT_EXTERN_FUNC && d.func.params == 1 && d.func.results == 1 && d.func.kinds[1] == WRT_I32);
    CHECK(d.module.n == 1 && d.name.n == 5);
    CHECK(wrt_code_import(c, 1, &d));
    CHECK(d.kind == WRT_EXTERN_TABLE && d.value_kind == WRT_FUNCREF && d.min == 2 && d.max == 8 && d.has_max);
    CHECK(wrt_code_import(c, 2, &d));
    CHECK(d.kind == WRT_EXTERN_MEMORY && d.min == 1 && d.max == 4 && d.has_max);
    CHECK(wrt_code_import(c, 4, &d));
    CHECK(d.kind == WRT_EXTERN_GLOBAL && d.value_kind == WRT_I64 && d.is_mutable);
    CHECK(!wrt_code_import(c, 5, &d));
    CHECK(wrt_code_export(c, 0, &d));
    CHECK(d.kind == WRT_EXTERN_FUNC && d.module.n == 0 && d.func.kinds[0] == WRT_I32);
    CHECK(wrt_code_export(c, 4, &d));
    CHECK(d.kind == WRT_EXTERN_GLOBAL && !d.is_mutable && d.value_kind == WRT_I32);
    CHECK(!wrt_code_export(c, 9, &d));
    wrt_code_info_get(c, &info);
    CHECK_EQ(info.functions, 4);
    CHECK_EQ(info.imported_functions, 1);
    CHECK_EQ(info.data_bytes, 8);
    CHECK(info.wasm_bytes > 100 && info.code_bytes > 0 && info.body_bytes > 0);
    world_close(&w);
}

TEST(functions_and_modules_have_names)
{
    struct world w;
    world_open(&w);
    const wrt_code *c = world_code(&w, "names");
    wrt_str n = wrt_code_func_name(c, 0);
    CHECK(n.n == 3 && memcmp(n.p, "buy", 3) == 0);
    n = wrt_code_func_name(c, 1);
    CHECK(n.n == 4 && memcmp(n.p, "sell", 4) == 0);
    n = wrt_code_func_name(c, 2);
    CHECK(n.n == 4 && memcmp(n.p, "idle", 4) == 0);
    CHECK_EQ(wrt_code_func_name(c, 3).n, 0);
    world_close(&w);
}
