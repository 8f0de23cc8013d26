/* Definitions by name, and what a miss says. */
#include "fixture.h"
#include "api/objects.h"

static wrt_status nothing(void *ctx, wrt_call *call)
{
    (void)ctx;
    (void)call;
    return WRT_OK;
}

static wrt_fn_def host_def(const char *name, const char *sig)
{
    return (wrt_fn_def){
        .size = sizeof(wrt_fn_def), .name = { name, strlen(name) }, .sig = { sig, strlen(sig) }, .fn = nothing
    };
}

static void define(struct world *w, const char *module, const char *name, const char *sig)
{
    wrt_fn_def d = host_def(name, sig);
    CHECK_EQ(wrt_link_funcs(w->l, (wrt_str){ module, strlen(module) }, &d, 1, &w->err), WRT_OK);
}

/* Everything that wants.wat imports, correctly. */
static void define_all(struct world *w)
{
    wrt_memory *m;
    wrt_table *t;
    wrt_global *limit, *state;
    define(w, "env", "log", "(i32 i64) -> (f32)");
    define(w, "clock", "now", "() -> (i64)");
    CHECK_EQ(wrt_memory_new(w->s, 2, 3, true, &m, &w->err), WRT_OK);
    CHECK_EQ(wrt_table_new(w->s, WRT_EXTERNREF, 1, 10, true, &t, &w->err), WRT_OK);
    CHECK_EQ(wrt_global_new(w->s, wrt_i32(5), false, &limit, &w->err), WRT_OK);
    CHECK_EQ(wrt_global_new(w->s, wrt_f64(5), true, &state, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_memory(w->l, WRT_STR("env"), WRT_STR("memory"), m, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_table(w->l, WRT_STR("env"), WRT_STR("table"), t, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_global(w->l, WRT_STR("env"), WRT_STR("limit"), limit, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_global(w->l, WRT_STR("env"), WRT_STR("state"), state, &w->err), WRT_OK);
}

static size_t misses(struct world *w, const wrt_code *c, wrt_error *errs, size_t cap)
{
    size_t n = 99;
    wrt_status status = wrt_link_check(w->l, c, errs, cap, &n);
    CHECK_EQ(status, n == 0 ? WRT_OK : WRT_E_LINK);
    return n;
}

TEST(all_imports_are_found)
{
    struct world w;
    wrt_instance *i;
    wrt_error errs[8];
    world_open(&w);
    wrt_code *c = world_code(&w, "wants");
    define_all(&w);
    CHECK_EQ(misses(&w, c, errs, 8), 0);
    CHECK_EQ(wrt_instantiate(w.s, w.l, c, &i, &w.err), WRT_OK);
    CHECK(wrt_instance_code(i) == c && wrt_instance_store(i) == w.s);
    world_close(&w);
}

TEST(every_miss_is_told)
{
    struct world w;
    wrt_error errs[8];
    wrt_instance *i;
    size_t n = 0;
    world_open(&w);
    wrt_code *c = world_code(&w, "wants");
    CHECK_EQ(misses(&w, c, errs, 8), 6);
    CHECK_STR(errs[0].where, "env.log");
    CHECK_STR(errs[0].message, "unknown import: wanted function (i32 i64) -> (f32), found nothing");
    CHECK_STR(errs[0].hint, "nothing is defined under the module name \"env\"");
    CHECK_STR(errs[1].message, "unknown import: wanted memory (min 2, max 3 pages), found nothing");
    CHECK_STR(errs[2].message, "unknown import: wanted table (min 1, max 10 externref), found nothing");
    CHECK_STR(errs[3].message, "unknown import: wanted immutable global i32, found nothing");
    CHECK_STR(errs[4].message, "unknown import: wanted mutable global f64, found nothing");
    CHECK_STR(errs[5].where, "clock.now");
    CHECK(errs[0].offset > 8 && errs[1].offset > errs[0].offset && errs[1].offset < 200);
    CHECK_EQ(misses(&w, c, errs, 2), 6);
    CHECK_EQ(wrt_link_check(NULL, c, NULL, 0, &n), WRT_E_LINK);
    CHECK_EQ(n, 6);
    CHECK_EQ(wrt_link_check(w.l, NULL, NULL, 0, &n), WRT_E_ARG);
    CHECK_EQ(wrt_link_check(w.l, c, NULL, 1, NULL), WRT_E_ARG);
    CHECK_EQ(wrt_instantiate(w.s, NULL, c, &i, &w.err), WRT_E_LINK);
    CHECK_STR(w.err.where, "env.log");
    CHECK(!i);
    world_close(&w);
}

TEST(near_names_are_offered)
{
    struct world w;
    wrt_error errs[8];
    wrt_instance *i;
    world_open(&w);
    wrt_code *c = world_code(&w, "wants");
    define(&w, "env", "logs", "");
    define(&w, "env", "lodge", "");
    define(&w, "envs", "log", "");
    define(&w, "clocks", "now", "");
    CHECK_EQ(misses(&w, c, errs, 8), 6);
    CHECK_STR(errs[0].hint, "did you mean \"logs\"?");
    CHECK_STR(errs[1].hint, "");
    CHECK_STR(errs[5].hint, "no module \"clock\" is defined; did you mean \"clocks\"?");
    CHECK_EQ(wrt_instantiate(w.s, w.l, c, &i, &w.err), WRT_E_LINK);
    CHECK_STR(w.err.hint, "did you mean \"logs\"?");
    world_close(&w);
}

/* One wrong definition after the other, each put right again. */
TEST(types_must_match)
{
    struct world w;
    wrt_error errs[8];
    wrt_memory *m;
    wrt_table *t;
    wrt_global *g;
    world_open(&w);
    wrt_code *c = world_code(&w, "wants");
    define_all(&w);
    define(&w, "env", "log", "(i32 i64) -> (f64)");
    CHECK_EQ(misses(&w, c, errs, 8), 1);
    CHECK_EQ(errs[0].code, 202);
    CHECK_STR(errs[0].message,
        "incompatible import type: wanted function (i32 i64) -> (f32), found function (i32 i64) -> (f64)");
    define(&w, "env", "log", "(i32) -> (i64 f32)");
    CHECK_EQ(misses(&w, c, errs, 8), 1);

    static const struct {
        uint64_t min, max;
        bool has_max, fits;
    } memories[] = {
        { 2, 3, true, true },
        { 3, 3, true, true },
        { 2, 2, true, true },
        { 1, 3, true, false },
        { 2, 4, true, false },
        { 2, 0, false, false },
    };
    define(&w, "env", "log", "(i32 i64) -> (f32)");
    for (size_t k = 0; k < WRT_COUNT(memories); k++) {
        CONTEXT("memory %zu", k);
        CHECK_EQ(
            wrt_memory_new(w.s, memories[k].min, memories[k].max, memories[k].has_max, &m, &w.err), WRT_OK);
        CHECK_EQ(wrt_link_memory(w.l, WRT_STR("env"), WRT_STR("memory"), m, &w.err), WRT_OK);
        CHECK_EQ(misses(&w, c, errs, 8), memories[k].fits ? 0 : 1);
    }
    CHECK_STR(errs[0].message,
        "incompatible import type: wanted memory (min 2, max 3 pages), found memory (min 2, no max pages)");
    CONTEXT("grown memory");
    CHECK_EQ(wrt_memory_new(w.s, 1, 3, true, &m, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_memory(w.l, WRT_STR("env"), WRT_STR("memory"), m, &w.err), WRT_OK);
    CHECK_EQ(misses(&w, c, errs, 8), 1);
    CHECK_EQ(wrt_memory_grow(m, 1, NULL), WRT_OK);
    CHECK_EQ(misses(&w, c, errs, 8), 0);

    CONTEXT("tables");
    CHECK_EQ(wrt_table_new(w.s, WRT_FUNCREF, 1, 10, true, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_table(w.l, WRT_STR("env"), WRT_STR("table"), t, &w.err), WRT_OK);
    CHECK_EQ(misses(&w, c, errs, 8), 1);
    CHECK_EQ(wrt_table_new(w.s, WRT_EXTERNREF, 1, 11, true, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_table(w.l, WRT_STR("env"), WRT_STR("table"), t, &w.err), WRT_OK);
    CHECK_EQ(misses(&w, c, errs, 8), 1);
    CHECK_EQ(wrt_table_new(w.s, WRT_EXTERNREF, 0, 10, true, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_table(w.l, WRT_STR("env"), WRT_STR("table"), t, &w.err), WRT_OK);
    CHECK_EQ(misses(&w, c, errs, 8), 1);
    CHECK_EQ(wrt_table_grow(t, 1, wrt_null(WRT_EXTERNREF), NULL), WRT_OK);
    CHECK_EQ(misses(&w, c, errs, 8), 0);

    CONTEXT("globals");
    CHECK_EQ(wrt_global_new(w.s, wrt_i32(1), true, &g, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_global(w.l, WRT_STR("env"), WRT_STR("limit"), g, &w.err), WRT_OK);
    CHECK_EQ(misses(&w, c, errs, 8), 1);
    CHECK_STR(
        errs[0].message, "incompatible import type: wanted immutable global i32, found mutable global i32");
    CHECK_EQ(wrt_global_new(w.s, wrt_i64(1), false, &g, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_global(w.l, WRT_STR("env"), WRT_STR("limit"), g, &w.err), WRT_OK);
    CHECK_EQ(misses(&w, c, errs, 8), 1);
    CONTEXT("kinds");
    define(&w, "env", "limit", "");
    CHECK_EQ(misses(&w, c, errs, 8), 1);
    CHECK_STR(
        errs[0].message, "incompatible import type: wanted immutable global i32, found function () -> ()");
    world_close(&w);
}

TEST(a_batch_is_defined_as_a_whole)
{
    struct world w;
    world_open(&w);
    wrt_fn_def defs[3] = { host_def("a", ""), host_def("b", "(i32"), host_def("c", "") };
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("m"), defs, 3, &w.err), WRT_E_ARG);
    CHECK_STR(w.err.where, "m.b");
    CHECK(!wrt__linker_find(w.l, WRT_STR("m"), WRT_STR("a")));
    defs[1].sig = WRT_STR("(i32)");
    defs[2].fn = NULL;
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("m"), defs, 3, &w.err), WRT_E_ARG);
    CHECK(has_text(w.err.message, "m.c"));
    defs[2].fn = nothing;
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("m"), defs, 3, &w.err), WRT_OK);
    CHECK(wrt__linker_find(w.l, WRT_STR("m"), WRT_STR("a")) != NULL);
    CHECK(!wrt__linker_find(w.l, WRT_STR("n"), WRT_STR("a")));
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("m"), NULL, 0, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("m"), NULL, 1, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_link_funcs(NULL, WRT_STR("m"), defs, 1, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_link_memory(w.l, WRT_STR("m"), WRT_STR("x"), NULL, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_link_instance(w.l, WRT_STR("m"), NULL, &w.err), WRT_E_ARG);
    world_close(&w);
}

/* (module "a", name "bc") is not (module "ab", name "c"); names may hold any bytes and be long. */
TEST(names_do_not_run_together)
{
    struct world w;
    char longer[2000];
    world_open(&w);
    memset(longer, 'x', sizeof longer);
    define(&w, "a", "bc", "");
    CHECK(wrt__linker_find(w.l, WRT_STR("a"), WRT_STR("bc")) != NULL);
    CHECK(!wrt__linker_find(w.l, WRT_STR("ab"), WRT_STR("c")));
    CHECK(!wrt__linker_find(w.l, WRT_STR(""), WRT_STR("abc")));
    define(&w, "", "", "");
    CHECK(wrt__linker_find(w.l, WRT_STR(""), WRT_STR("")) != NULL);
    for (size_t n = 1; n < sizeof longer; n += 333) {
        wrt_fn_def d = host_def("", "");
        d.name = (wrt_str){ longer, n };
        CHECK_EQ(wrt_link_funcs(w.l, (wrt_str){ longer, n }, &d, 1, &w.err), WRT_OK);
        CHECK(wrt__linker_find(w.l, (wrt_str){ longer, n }, (wrt_str){ longer, n }) != NULL);
        CHECK(!wrt__linker_find(w.l, (wrt_str){ longer, n }, (wrt_str){ longer, n + 1 }));
    }
    world_close(&w);
}

static void count_drop(void *ctx)
{
    ++*(int *)ctx;
}

TEST(host_functions_outlive_their_linker)
{
    struct world w;
    wrt_instance *i;
    int drops = 0;
    world_open(&w);
    wrt_code *c = world_code(&w, "wants");
    define_all(&w);
    wrt_fn_def d = host_def("log", "(i32 i64) -> (f32)");
    d.ctx = &drops;
    CHECK_EQ(wrt__linker_define(w.l, WRT_STR("env"), &d, count_drop, &w.err), WRT_OK);
    CHECK_EQ(wrt__linker_define(w.l, WRT_STR("env"), &d, count_drop, &w.err), WRT_OK);
    CHECK_EQ(drops, 1);
    d.sig = WRT_STR("?");
    CHECK_EQ(wrt__linker_define(w.l, WRT_STR("env"), &d, count_drop, &w.err), WRT_E_ARG);
    CHECK_EQ(drops, 1);
    CHECK_EQ(wrt_instantiate(w.s, w.l, c, &i, &w.err), WRT_OK);
    wrt_linker_free(w.l);
    w.l = NULL;
    CHECK_EQ(drops, 1);
    world_close(&w);
    CHECK_EQ(drops, 2);
}

TEST(things_stay_in_their_store)
{
    struct world w;
    wrt_store *other;
    wrt_instance *i;
    wrt_engine *engine;
    wrt_linker *foreign;
    wrt_memory *m;
    world_open(&w);
    wrt_code *c = world_code(&w, "wants");
    define_all(&w);
    CHECK_EQ(wrt_store_new(w.e, NULL, &other, &w.err), WRT_OK);
    CHECK_EQ(wrt_instantiate(other, w.l, c, &i, &w.err), WRT_E_LINK);
    CHECK_EQ(w.err.code, 203);
    CHECK_STR(w.err.where, "env.memory");
    wrt_store_free(other);

    CHECK_EQ(wrt_engine_new(NULL, &engine, &w.err), WRT_OK);
    CHECK_EQ(wrt_linker_new(engine, &foreign, &w.err), WRT_OK);
    CHECK_EQ(wrt_instantiate(w.s, foreign, c, &i, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_memory_new(w.s, 1, 1, true, &m, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_memory(foreign, WRT_STR("a"), WRT_STR("b"), m, &w.err), WRT_E_ARG);
    wrt_linker_free(foreign);
    wrt_engine_free(engine);
    world_close(&w);
}
