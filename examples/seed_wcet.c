/* seed_wcet: the analyzer of a level C task: configuration, a registered path, hybrid analysis, then jobs
 * that are validated and sampled. The bound is from the code; what is observed ranks it and checks it.
 *
 *     cc seed_wcet.c $(pkg-config --cflags --libs wrt) && ./a.out
 *
 * prints:
 *
 *     hybrid, confidence 0.999, margin 1.3, online sampling, paths, at least 20 samples
 *     path 1: blocks 1 2 3 4, at most 11 fuel
 *     path 2 (1 3): this is no path of the code: block 3 does not follow block 1
 *     path 3 (1 2 3 4, said to be 10): path 3 costs up to 11 fuel, more than the estimate of 10
 *     wcet 16 fuel, bcet 12 fuel, budget 19 fuel, no statistics yet
 *     deadline task: period 50 ms, deadline 40 ms, 16 ms: admitted
 *     40 jobs: 40 within, 0 above
 *     observed 12 .. 16 fuel, with margin 21 (not a bound)
 *     bound to observed: 1.000
 *     confidence 0.999 takes 2995 samples, there are 40
 *     17 fuel: above the bound
 *     path 1 in 10 fuel: contradicted
 *     1 critical finding, 1 path finding
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wrt/wrt.h>
#include "guests/limit.h"

#define MS UINT64_C(1000000)
enum { TASK = 1, COMPONENT = 1, CRITICAL_PATH = 1, JOBS = 40 };

static void check(wrt_status st, const char *what, const wrt_error *err)
{
    if (st >= 0) return;
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

/* Paths are checked against the blocks of the code (`wrtd wcet --blocks`). */
static void register_paths(wrt_wcet_analyzer *analyzer)
{
    static const uint32_t blocks[] = { 1, 2, 3, 4 }, wrong[] = { 1, 3 };
    wrt_error err;
    check(wrt_wcet_path_add(analyzer, TASK, CRITICAL_PATH, blocks, 4, 11, &err), "path 1", &err);
    printf("path 1: blocks 1 2 3 4, at most 11 fuel\n");
    if (wrt_wcet_path_add(analyzer, TASK, 2, wrong, 2, 100, &err) < 0) {
        printf("path 2 (1 3): %s\n", err.message);
    }
    if (wrt_wcet_path_add(analyzer, TASK, 3, blocks, 4, 10, &err) < 0) {
        printf("path 3 (1 2 3 4, said to be 10): %s\n", err.message);
    }
}

/* The bound is the C of the deadline task: nobody types it again. */
static void schedule(wrt_engine *engine, wrt_func *step, const wrt_wcet_result *wcet)
{
    static const wrt_val args[] = { { .kind = WRT_I32, .of.i32 = 120 }, { .kind = WRT_I32, .of.i32 = 1 } };
    wrt_error err;
    wrt_sched *sched;
    wrt_adm_verdict verdict;
    wrt_sched_opts o = WRT_INIT(wrt_sched_opts);
    o.policy = WRT_RM_EDF;
    o.virtual_time = true;
    o.level_utilization = (wrt_adm_ratio){ 6, 10 };
    o.max_utilization = (wrt_adm_ratio){ 5, 10 };
    o.miss_threshold = 1;
    o.overhead = (wrt_adm_ratio){ 23, 20 };
    check(wrt_sched_new(engine, &o, &sched, &err), "sched", &err);
    wrt_sched_task t = WRT_INIT(wrt_sched_task);
    t.name = WRT_STR("step");
    t.level = WRT_ASIL_C;
    t.period_ns = 50 * MS;
    t.deadline_ns = 40 * MS;
    t.fuel[0] = wcet->wcet_fuel;
    t.bcet_fuel = wcet->bcet_fuel;
    t.func = step;
    t.args = args;
    t.args_count = 2;
    check(wrt_sched_add(sched, &t, NULL, &err), "add", &err);
    check(wrt_sched_admit(sched, NULL, &verdict, &err), "admit", &err);
    printf("deadline task: period 50 ms, deadline 40 ms, %" PRIu64 " ms: admitted\n", t.fuel[0]);
    wrt_sched_free(sched);
}

/* One job: what it used, and whether it was on the critical path. */
static uint64_t execute(wrt_store *store, wrt_func *step, int32_t demand, int32_t speed)
{
    wrt_error err;
    wrt_task task;
    wrt_val args[] = { wrt_i32(demand), wrt_i32(speed) };
    wrt_task_info info = WRT_INIT(wrt_task_info);
    check(wrt_task_start(store, step, args, 2, NULL, &task, &err), "start", &err);
    wrt_run(store, NULL);
    wrt_task_info_get(store, task, &info);
    wrt_task_close(store, task);
    return info.guest_fuel;
}

static void run_jobs(wrt_wcet_analyzer *analyzer, wrt_store *store, wrt_func *step)
{
    wrt_error err;
    int within = 0, above = 0;
    for (int32_t job = 0; job < JOBS; job++) {
        const int32_t demand = 80 + job, speed = job % 3;
        wrt_wcet_verdict verdict;
        wrt_wcet_sample sample = { .path = WRT_WCET_NO_PATH };
        sample.fuel = execute(store, step, demand, speed);
        sample.input = (uint64_t)demand << 32 | (uint32_t)speed;
        if (demand > 100 && speed != 0) sample.path = CRITICAL_PATH;
        check(wrt_wcet_validate(analyzer, TASK, sample.fuel, &verdict, &err), "validate", &err);
        if (verdict == WRT_WCET_WITHIN) within++;
        else above++;
        check(wrt_wcet_collect(analyzer, TASK, &sample, &err), "collect", &err);
    }
    printf("%d jobs: %d within, %d above\n", JOBS, within, above);
}

/* What cannot be: a job above the bound, and one that cannot have gone the way that it names. */
static void show_findings(wrt_wcet_analyzer *analyzer)
{
    wrt_error err;
    wrt_wcet_verdict verdict;
    const wrt_wcet_sample wrong = { .fuel = 10, .path = CRITICAL_PATH };
    wrt_wcet_finding found[8];
    int critical = 0, paths = 0;
    if (wrt_wcet_validate(analyzer, TASK, 17, &verdict, &err) == WRT_E_INTEGRITY
        && verdict == WRT_WCET_ABOVE_BOUND) {
        printf("17 fuel: above the bound\n");
    }
    if (wrt_wcet_collect(analyzer, TASK, &wrong, &err) == WRT_E_INTEGRITY) {
        printf("path 1 in 10 fuel: contradicted\n");
    }
    uint64_t n = wrt_wcet_findings(analyzer, found, 8);
    for (uint64_t i = 0; i < n && i < 8; i++) {
        critical += found[i].kind == WRT_WCET_FOUND_ABOVE_BOUND;
        paths += found[i].kind == WRT_WCET_FOUND_PATH;
    }
    printf("%d critical finding, %d path finding\n", critical, paths);
}

int main(void)
{
    wrt_engine *engine;
    wrt_code *code;
    wrt_linker *linker;
    wrt_store *store;
    wrt_instance *instance;
    wrt_func *step;
    wrt_wcet_analyzer *analyzer;
    wrt_error err = { 0 };
    wrt_wcet_result result = WRT_INIT(wrt_wcet_result);
    check(wrt_engine_new(NULL, &engine, &err), "engine", &err);
    const wrt_load_opts load = { .size = sizeof load,
        .keep_source = true }; /* blocks are those of the source */
    check(wrt_load(engine, (wrt_bytes){ limit_wasm, sizeof limit_wasm }, &load, &code, &err), "load", &err);
    check(wrt_linker_new(engine, &linker, &err), "linker", &err);
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    so.virtual_time = true; /* 1 fuel = 1 ms, the default rate */
    check(wrt_store_new(engine, &so, &store, &err), "store", &err);
    check(wrt_instantiate(store, linker, code, &instance, &err), "instantiate", &err);
    check(wrt_export_func(instance, WRT_STR("step"), &step, &err), "step", &err);

    wrt_wcet_config config = WRT_INIT(wrt_wcet_config); /* online sampling and paths: on */
    config.method = WRT_WCET_HYBRID;
    config.confidence = (wrt_adm_ratio){ 999, 1000 };
    config.margin = (wrt_adm_ratio){ 13, 10 };
    config.min_samples = 20;
    check(wrt_wcet_analyzer_new(engine, &config, WRT_VERIFY_FULL, &analyzer, &err), "analyzer", &err);
    printf("hybrid, confidence 0.999, margin 1.3, online sampling, paths, at least 20 samples\n");
    check(wrt_wcet_task_add(analyzer, TASK, COMPONENT, code, WRT_STR("step"), NULL, &err), "task", &err);
    register_paths(analyzer);

    check(wrt_wcet_analyze_task(analyzer, TASK, COMPONENT, WRT_WCET_HYBRID, &result, &err), "analyze", &err);
    printf("wcet %" PRIu64 " fuel, bcet %" PRIu64 " fuel, budget %" PRIu64 " fuel, %s\n", result.wcet_fuel,
        result.bcet_fuel, result.budget_fuel, result.observed.enough ? "?" : "no statistics yet");
    schedule(engine, step, &result);
    run_jobs(analyzer, store, step);

    check(wrt_wcet_analyze_task(analyzer, TASK, COMPONENT, WRT_WCET_HYBRID, &result, &err), "analyze", &err);
    const wrt_wcet_observed *seen = &result.observed;
    printf("observed %" PRIu64 " .. %" PRIu64 " fuel, with margin %" PRIu64 " (not a bound)\n", seen->min,
        seen->max, seen->with_margin);
    printf("bound to observed: %" PRIu64 ".%03" PRIu64 "\n", result.pessimism_permille / 1000,
        result.pessimism_permille % 1000);
    printf("confidence 0.999 takes %" PRIu64 " samples, there are %" PRIu64 "\n", seen->needed, seen->count);
    show_findings(analyzer);

    wrt_wcet_analyzer_free(analyzer);
    wrt_store_free(store);
    wrt_linker_free(linker);
    wrt_code_free(code);
    wrt_engine_free(engine);
    return 0;
}
