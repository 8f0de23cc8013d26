/* The analyzer: its tables at N and N + 1, paths that are none, what samples may and may not change. */
#include "test.h"
#include <stdio.h>
#include <string.h>
#include <wrt/wrt.h>

/* step(x, n): 0 compares and may jump over the call of `help` in 2, 3 enters the loop, 4 turns five times, 5
 * returns. help: one block. spin: a loop without bound. */
static const uint8_t analyzer_wasm[] = { 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0a, 0x02,
    0x60, 0x02, 0x7f, 0x7f, 0x00, 0x60, 0x01, 0x7f, 0x00, 0x03, 0x04, 0x03, 0x00, 0x01, 0x01, 0x07, 0x0f,
    0x02, 0x04, 0x73, 0x74, 0x65, 0x70, 0x00, 0x00, 0x04, 0x73, 0x70, 0x69, 0x6e, 0x00, 0x02, 0x0a, 0x35,
    0x03, 0x1d, 0x00, 0x02, 0x40, 0x20, 0x00, 0x0d, 0x00, 0x20, 0x00, 0x10, 0x01, 0x0b, 0x41, 0x05, 0x21,
    0x01, 0x03, 0x40, 0x20, 0x01, 0x41, 0x01, 0x6b, 0x22, 0x01, 0x0d, 0x00, 0x0b, 0x0b, 0x09, 0x00, 0x20,
    0x00, 0x41, 0x03, 0x6c, 0x21, 0x00, 0x0b, 0x0b, 0x00, 0x03, 0x40, 0x20, 0x00, 0x10, 0x01, 0x0c, 0x00,
    0x0b, 0x0b };

static wrt_engine *analyzer_engine;
static wrt_code *analyzer_code;
static wrt_wcet_analyzer *analyzer_made;
static wrt_error analyzer_error;

static bool analyzer_open(const wrt_wcet_config *config, wrt_verification level)
{
    wrt_load_opts o = WRT_INIT(wrt_load_opts);
    o.keep_source = true;
    return CHECK_EQ(wrt_engine_new(NULL, &analyzer_engine, &analyzer_error), WRT_OK)
        && CHECK_EQ(wrt_load(analyzer_engine, (wrt_bytes){ analyzer_wasm, sizeof analyzer_wasm }, &o,
                        &analyzer_code, &analyzer_error),
            WRT_OK)
        && CHECK_EQ(wrt_wcet_analyzer_new(analyzer_engine, config, level, &analyzer_made, &analyzer_error),
            WRT_OK);
}

static void analyzer_close(void)
{
    wrt_wcet_analyzer_free(analyzer_made);
    wrt_code_free(analyzer_code);
    wrt_engine_free(analyzer_engine);
    analyzer_made = NULL;
    analyzer_code = NULL;
    analyzer_engine = NULL;
}

static wrt_status analyzer_add(uint32_t task, uint32_t component, const char *name)
{
    const wrt_str func = { name, strlen(name) };
    return wrt_wcet_task_add(analyzer_made, task, component, analyzer_code, func, NULL, &analyzer_error);
}

static wrt_status analyzer_path(uint32_t path, const uint32_t *blocks, size_t n, uint64_t estimate)
{
    return wrt_wcet_path_add(analyzer_made, 1, path, blocks, n, estimate, &analyzer_error);
}

static wrt_status analyzer_collect(uint64_t fuel, uint32_t path)
{
    const wrt_wcet_sample s = { .fuel = fuel, .path = path, .input = 9 };
    return wrt_wcet_collect(analyzer_made, 1, &s, &analyzer_error);
}

TEST(tables_hold_what_they_say)
{
    if (!analyzer_open(NULL, WRT_VERIFY_STANDARD)) return;
    for (uint32_t i = 0; i < WRT_WCET_COMPONENTS; i++) CHECK_EQ(analyzer_add(i, 1000 + i, "step"), WRT_OK);
    CHECK_EQ(analyzer_add(999, 1, "step"), WRT_E_LIMIT);
    CHECK_STR(analyzer_error.table, "wcet_components");
    for (uint32_t i = WRT_WCET_COMPONENTS; i < WRT_WCET_TASKS; i++) {
        CHECK_EQ(analyzer_add(i, 1000, "step"), WRT_OK);
    }
    CHECK_EQ(analyzer_add(999, 1000, "step"), WRT_E_LIMIT);
    CHECK_STR(analyzer_error.table, "wcet_tasks");
    CHECK_EQ(analyzer_add(5, 1000, "step"), WRT_E_STATE);
    CHECK_EQ(WRT_WCET_TASKS, 128);
    CHECK_EQ(WRT_WCET_COMPONENTS, 64);
    CHECK_EQ(WRT_WCET_OPERATIONS, 64);

    static const struct { wrt_wcet_scope scope; uint32_t most; const char *table; } tables[] = {
        { WRT_WCET_OPERATION, 64, "wcet_operations" },
        { WRT_WCET_TASK, 128, "wcet_tasks" },
        { WRT_WCET_COMPONENT, 64, "wcet_components" },
    };
    for (size_t k = 0; k < 3; k++) {
        CONTEXT("%s", tables[k].table);
        for (uint32_t i = 0; i < tables[k].most; i++) {
            CHECK_EQ(wrt_wcet_limit_set(analyzer_made, tables[k].scope, i, 100 + i, &analyzer_error), WRT_OK);
        }
        CHECK_EQ(wrt_wcet_limit_set(analyzer_made, tables[k].scope, tables[k].most, 1, &analyzer_error),
            WRT_E_LIMIT);
        CHECK_STR(analyzer_error.table, tables[k].table);
        CHECK_EQ(wrt_wcet_limit_set(analyzer_made, tables[k].scope, 7, 5, &analyzer_error), WRT_OK);
        CHECK_EQ(wrt_wcet_limit(analyzer_made, tables[k].scope, 7), 5);
        CHECK_EQ(wrt_wcet_limit(analyzer_made, tables[k].scope, tables[k].most), WRT_WCET_NONE);
        CHECK_EQ(wrt_wcet_limit_check(analyzer_made, tables[k].scope, 7, 5, &analyzer_error), WRT_OK);
        CHECK_EQ(wrt_wcet_limit_check(analyzer_made, tables[k].scope, 7, 6, &analyzer_error), WRT_E_FUEL);
    }
    analyzer_close();
}

TEST(limits_are_held_against_bounds)
{
    wrt_wcet_result r = WRT_INIT(wrt_wcet_result);
    if (!analyzer_open(NULL, WRT_VERIFY_STANDARD)) return;
    CHECK_EQ(analyzer_add(1, 10, "step"), WRT_OK);
    CHECK_EQ(analyzer_add(2, 10, "step"), WRT_OK);
    CHECK_EQ(analyzer_add(3, 11, "step"), WRT_OK);
    CHECK_EQ(wrt_wcet_limits_fit(analyzer_made, &analyzer_error), WRT_OK);
    CHECK_EQ(
        wrt_wcet_analyze_task(analyzer_made, 1, 10, WRT_WCET_STATIC, &r, &analyzer_error), WRT_OK);
    const uint64_t c = r.wcet_fuel;
    CHECK_EQ(r.budget_fuel, (c * 13 + 9) / 10);
    static const struct { wrt_wcet_scope scope; uint32_t id, times; } limits[] = {
        { WRT_WCET_TASK, 1, 1 }, { WRT_WCET_COMPONENT, 10, 2 }, { WRT_WCET_SYSTEM, 0, 3 }
    };
    for (size_t i = 0; i < 3; i++) {
        const uint64_t exact = c * limits[i].times;
        wrt_wcet_limit_set(analyzer_made, limits[i].scope, limits[i].id, exact - 1, &analyzer_error);
        CHECK_EQ(wrt_wcet_limits_fit(analyzer_made, &analyzer_error), WRT_E_REJECTED);
        wrt_wcet_limit_set(analyzer_made, limits[i].scope, limits[i].id, exact, &analyzer_error);
        CHECK_EQ(wrt_wcet_limits_fit(analyzer_made, &analyzer_error), WRT_OK);
    }
    CHECK_EQ(analyzer_add(4, 10, "spin"), WRT_OK);
    CHECK_EQ(wrt_wcet_limits_fit(analyzer_made, &analyzer_error), WRT_E_UNBOUNDED);
    analyzer_close();
}

TEST(paths_are_those_of_the_code)
{
    static const uint32_t whole[] = { 0, 1, 2, 3, 4, 4, 4, 4, 4, 5 }, part[] = { 3, 4, 5 }, gap[] = { 0, 2 },
                          back[] = { 3, 2 }, none[] = { 99 };
    static uint32_t turns[WRT_WCET_PATH_BLOCKS + 1];
    wrt_wcet_block b;
    uint64_t cost = 0;
    if (!analyzer_open(NULL, WRT_VERIFY_FULL)) return;
    CHECK_EQ(analyzer_add(1, 1, "step"), WRT_OK);
    for (size_t i = 0; i < 10; i++) {
        CHECK(wrt_wcet_block_at(wrt_wcet_task_report(analyzer_made, 1), whole[i], &b));
        CHECK_EQ(b.block, whole[i]);
        CHECK(whole[i] == 2 ? b.fuel_high > b.price : b.fuel_high == b.price);
        cost += b.fuel_high;
    }
    wrt_wcet_result r = WRT_INIT(wrt_wcet_result);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_DEFAULT, &r, &analyzer_error), WRT_OK);
    CHECK_EQ(cost, r.wcet_fuel);                /* the dearest way through the function */
    CHECK_EQ(r.budget_fuel, (cost * 23 + 19) / 20);
    CHECK_EQ(analyzer_path(1, whole, 10, cost - 1), WRT_E_INVALID);
    CHECK_EQ(analyzer_path(1, gap, 2, 1000), WRT_E_INVALID);
    CHECK_EQ(analyzer_path(1, back, 2, 1000), WRT_E_INVALID);
    CHECK_EQ(analyzer_path(1, none, 1, 1000), WRT_E_INVALID);
    CHECK_EQ(analyzer_path(1, whole, 0, 1000), WRT_E_ARG);
    CHECK_EQ(analyzer_path(WRT_WCET_NO_PATH, whole, 10, 1000), WRT_E_ARG);
    CHECK_EQ(analyzer_path(1, whole, 10, cost), WRT_OK);
    CHECK_EQ(analyzer_path(1, whole, 10, cost), WRT_E_STATE);
    CHECK_EQ(analyzer_path(2, part, 3, 1000), WRT_OK);
    for (size_t i = 0; i <= WRT_WCET_PATH_BLOCKS; i++) turns[i] = 4;
    CHECK_EQ(analyzer_path(3, turns, WRT_WCET_PATH_BLOCKS, UINT64_MAX), WRT_OK);
    CHECK_EQ(analyzer_path(4, turns, WRT_WCET_PATH_BLOCKS + 1, UINT64_MAX), WRT_E_LIMIT);
    for (uint32_t i = 4; i <= WRT_WCET_PATHS; i++) CHECK_EQ(analyzer_path(i, part, 3, 1000), WRT_OK);
    CHECK_EQ(analyzer_path(1000, part, 3, 1000), WRT_E_LIMIT);
    CHECK_STR(analyzer_error.table, "wcet_paths");
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_DEFAULT, &r, &analyzer_error), WRT_OK);
    CHECK_EQ(r.critical_path, 1);
    CHECK_EQ(r.paths, WRT_WCET_PATHS);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 2, WRT_WCET_DEFAULT, &r, &analyzer_error), WRT_E_ARG);
    analyzer_close();
}

TEST(runs_that_contradict_a_path)
{
    static const uint32_t whole[] = { 0, 1, 2, 3, 4, 4, 4, 4, 4, 5 }, part[] = { 2, 3, 4 };
    for (int level = WRT_VERIFY_STANDARD; level <= WRT_VERIFY_FULL; level++) {
        wrt_wcet_finding found[4];
        if (!analyzer_open(NULL, (wrt_verification)level)) return;
        CHECK_EQ(analyzer_add(1, 1, "step"), WRT_OK);
        wrt_wcet_result r = WRT_INIT(wrt_wcet_result);
        CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_STATIC, &r, &analyzer_error), WRT_OK);
        CHECK_EQ(analyzer_path(1, whole, 10, 1000), WRT_OK);
        CHECK_EQ(analyzer_path(2, part, 3, 1000), WRT_OK);
        CHECK_EQ(analyzer_collect(r.wcet_fuel, 1), WRT_OK);
        CHECK_EQ(analyzer_collect(r.wcet_fuel, 2), WRT_OK);
        CHECK_EQ(wrt_wcet_findings(analyzer_made, found, 4), 0);
        CHECK_EQ(analyzer_collect(r.bcet_fuel, 1), WRT_OK);     /* a run of that way costs more */
        CHECK_EQ(analyzer_collect(r.bcet_fuel, 77), WRT_E_ARG);
        const uint64_t n = wrt_wcet_findings(analyzer_made, found, 4);
        CHECK_EQ(n, level == WRT_VERIFY_FULL ? 1 : 0);
        if (n == 1) {
            CHECK_EQ(found[0].kind, WRT_WCET_FOUND_PATH);
            CHECK_EQ(found[0].path, 1);
            CHECK_EQ(found[0].limit, r.wcet_fuel);
            CHECK_EQ(found[0].input, 9);
        }
        analyzer_close();
    }
}

TEST(samples_rank_and_check_and_change_no_bound)
{
    wrt_wcet_result before = WRT_INIT(wrt_wcet_result), r = WRT_INIT(wrt_wcet_result);
    wrt_wcet_verdict v;
    wrt_wcet_config config = WRT_INIT(wrt_wcet_config);
    config.samples = 20;
    if (!analyzer_open(&config, WRT_VERIFY_FULL)) return;
    CHECK_EQ(analyzer_add(1, 1, "step"), WRT_OK);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_HYBRID, &before, &analyzer_error), WRT_OK);
    CHECK_EQ(before.estimate_fuel, before.wcet_fuel);
    const uint64_t low = before.bcet_fuel, high = before.wcet_fuel;
    for (int i = 0; i < 19; i++) CHECK_EQ(analyzer_collect(low, WRT_WCET_NO_PATH), WRT_OK);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_MEASURED, &r, &analyzer_error), WRT_OK);
    CHECK(!r.observed.enough && !r.bounded);
    CHECK_EQ(r.wcet_fuel, WRT_WCET_NONE);
    CHECK_EQ(r.budget_fuel, WRT_WCET_NONE);
    CHECK_EQ(analyzer_collect(low, WRT_WCET_NO_PATH), WRT_OK);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_HYBRID, &r, &analyzer_error), WRT_OK);
    CHECK(r.observed.enough);
    CHECK_EQ(r.wcet_fuel, high);
    CHECK_EQ(r.bcet_fuel, low);
    CHECK_EQ(r.budget_fuel, before.budget_fuel);
    CHECK_EQ(r.pessimism_permille, (high * 1000 + low - 1) / low);
    const uint64_t margin = (low * 13 + 9) / 10, estimate = margin < high ? margin : high;
    CHECK_EQ(r.estimate_fuel, estimate);
    CHECK_EQ(wrt_wcet_validate(analyzer_made, 1, estimate, &v, &analyzer_error), WRT_OK);
    CHECK_EQ(v, WRT_WCET_WITHIN);
    if (estimate < high) {
        CHECK_EQ(wrt_wcet_validate(analyzer_made, 1, estimate + 1, &v, &analyzer_error), WRT_OK);
        CHECK_EQ(v, WRT_WCET_ABOVE_ESTIMATE);
    }
    CHECK_EQ(wrt_wcet_validate(analyzer_made, 1, high + 1, &v, &analyzer_error), WRT_E_INTEGRITY);
    CHECK_EQ(v, WRT_WCET_ABOVE_BOUND);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_PROBABILISTIC, &r, &analyzer_error), WRT_OK);
    CHECK_EQ(r.prob.gate, WRT_WCET_GATE_SAMPLES);
    CHECK_EQ(r.wcet_fuel, high);
    CHECK_EQ(analyzer_collect(high + 1, WRT_WCET_NO_PATH), WRT_E_INTEGRITY);
    CHECK_EQ(
        wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_HYBRID, &r, &analyzer_error), WRT_E_INTEGRITY);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_STATIC, &r, &analyzer_error), WRT_OK);
    CHECK_EQ(r.wcet_fuel, high);
    for (int i = 0; i < 20; i++) CHECK_EQ(analyzer_collect(low, WRT_WCET_NO_PATH), WRT_OK);
    /* the latest samples; a contradiction is not forgotten with its sample */
    CHECK_EQ(
        wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_HYBRID, &r, &analyzer_error), WRT_E_INTEGRITY);
    CHECK_EQ(r.observed.count, 20);
    CHECK_EQ(r.observed.max, low);
    CHECK_EQ(analyzer_collect(low - 1, WRT_WCET_NO_PATH), WRT_E_INTEGRITY);
    analyzer_close();
}

TEST(what_is_off_is_refused)
{
    static const uint32_t part[] = { 3, 4, 5 };
    wrt_wcet_config config = WRT_INIT(wrt_wcet_config);
    wrt_wcet_result r = WRT_INIT(wrt_wcet_result);
    wrt_wcet_verdict v;
    config.no_paths = config.no_sampling = true;
    config.budget = (wrt_adm_ratio){ 2, 1 };
    if (!analyzer_open(&config, WRT_VERIFY_FULL)) return;
    CHECK_EQ(analyzer_add(1, 1, "step"), WRT_OK);
    CHECK_EQ(analyzer_path(1, part, 3, 1000), WRT_E_STATE);
    CHECK_EQ(analyzer_collect(10, WRT_WCET_NO_PATH), WRT_E_STATE);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 1, 1, WRT_WCET_STATIC, &r, &analyzer_error), WRT_OK);
    CHECK_EQ(r.budget_fuel, 2 * r.wcet_fuel);
    CHECK_EQ(analyzer_add(2, 1, "spin"), WRT_OK);
    CHECK_EQ(
        wrt_wcet_analyze_task(analyzer_made, 2, 1, WRT_WCET_HYBRID, &r, &analyzer_error), WRT_E_UNBOUNDED);
    CHECK_EQ(r.wcet_fuel, WRT_WCET_NONE);
    CHECK_EQ(r.budget_fuel, WRT_WCET_NONE);
    CHECK_EQ(wrt_wcet_analyze_task(analyzer_made, 2, 1, WRT_WCET_MEASURED, &r, &analyzer_error), WRT_OK);
    CHECK_EQ(wrt_wcet_validate(analyzer_made, 3, 1, &v, &analyzer_error), WRT_E_ARG);
    CHECK_EQ(analyzer_add(3, 1, "nothing"), WRT_E_LINK);
    analyzer_close();
    wrt_wcet_analyzer *none = NULL;
    wrt_engine *e;
    if (!CHECK_EQ(wrt_engine_new(NULL, &e, &analyzer_error), WRT_OK)) return;
    config.margin = (wrt_adm_ratio){ 1, 2 };
    CHECK_EQ(wrt_wcet_analyzer_new(e, &config, WRT_VERIFY_FULL, &none, &analyzer_error), WRT_E_ARG);
    config.margin = (wrt_adm_ratio){ 0 };
    config.samples = 19;
    CHECK_EQ(wrt_wcet_analyzer_new(e, &config, WRT_VERIFY_FULL, &none, &analyzer_error), WRT_E_ARG);
    CHECK(none == NULL);
    wrt_engine_free(e);
}
