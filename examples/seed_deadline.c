/* seed_deadline: a task of level C under RM bands with EDF inside, one fuel is one millisecond: the settings,
 * the constrained deadline, the admission test, and what happened in two seconds.
 *
 *     cc seed_deadline.c $(pkg-config --cflags --libs wrt) && ./a.out
 *
 * prints:
 *
 *     task 0: level C, period 50 ms, deadline 40 ms, 14 fuel
 *     deadline 60 ms: deadline_ns is beyond the period, which levels C and D do not allow
 *     admitted, utilisation capped at 6/10 a level and 5/10 in all
 *     decided by: band test
 *     wcet 25: refused
 *     40 jobs, response at most 14 ms, 0 misses, 0 overruns
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wrt/wrt.h>
#include "guests/control.h"

#define MS UINT64_C(1000000)

static void check(wrt_status st, const char *what, const wrt_error *err)
{
    if (st >= 0) return;
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

int main(void)
{
    wrt_engine *engine;
    wrt_code *code;
    wrt_linker *linker;
    wrt_store *store;
    wrt_instance *instance;
    wrt_func *step;
    wrt_sched *sched, *larger;
    wrt_error err = { 0 };
    wrt_adm_verdict verdict;
    wrt_sched_task_stats stats;
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    so.virtual_time = true; /* 1 fuel = 1 ms, the default rate */
    check(wrt_engine_new(NULL, &engine, &err), "engine", &err);
    check(
        wrt_load(engine, (wrt_bytes){ control_wasm, sizeof control_wasm }, NULL, &code, &err), "load", &err);
    check(wrt_linker_new(engine, &linker, &err), "linker", &err);
    check(wrt_store_new(engine, &so, &store, &err), "store", &err);
    check(wrt_instantiate(store, linker, code, &instance, &err), "instantiate", &err);
    check(wrt_export_func(instance, WRT_STR("step"), &step, &err), "step", &err);

    wrt_sched_opts o = WRT_INIT(wrt_sched_opts); /* hybrid, mode switching, enforcement, monitoring: on */
    o.policy = WRT_RM_EDF;
    o.virtual_time = true;
    o.level_utilization = (wrt_adm_ratio){ 6, 10 };
    o.max_utilization = (wrt_adm_ratio){ 5, 10 };
    o.miss_threshold = 1;
    o.overhead = (wrt_adm_ratio){ 23, 20 }; /* 1.15 */
    check(wrt_sched_new(engine, &o, &sched, &err), "sched", &err);

    wrt_sched_task t = WRT_INIT(wrt_sched_task);
    uint32_t number;
    t.name = WRT_STR("step");
    t.level = WRT_ASIL_C;
    t.period_ns = 50 * MS;
    t.deadline_ns = 40 * MS;
    t.fuel[0] = 14;
    t.bcet_fuel = 14;
    t.func = step;
    check(wrt_sched_add(sched, &t, &number, &err), "add", &err);
    printf("task %" PRIu32 ": level C, period 50 ms, deadline 40 ms, %" PRIu64 " fuel\n", number, t.fuel[0]);
    t.deadline_ns = 60 * MS;
    if (wrt_sched_add(sched, &t, &number, &err) < 0) printf("deadline 60 ms: %s\n", err.message);

    check(wrt_sched_admit(sched, NULL, &verdict, &err), "admit", &err);
    printf("admitted, utilisation capped at 6/10 a level and 5/10 in all\n");
    printf("decided by: %s\n", verdict.decided_by);
    check(wrt_sched_new(engine, &o, &larger, &err), "sched", &err);
    t.deadline_ns = 40 * MS;
    t.fuel[0] = 25; /* 29 ms of 50 with the factor: above 5/10 */
    t.func = NULL;
    check(wrt_sched_add(larger, &t, NULL, &err), "add", &err);
    if (wrt_sched_admit(larger, NULL, &verdict, &err) == WRT_E_REJECTED) printf("wcet 25: refused\n");
    wrt_sched_free(larger);

    check(wrt_sched_run(sched, 2000 * MS, &err), "run", &err);
    check(wrt_sched_task_stats_get(sched, 0, &stats), "stats", &err);
    printf("%" PRIu64 " jobs, response at most %" PRIu64 " ms, %" PRIu64 " misses, %" PRIu64 " overruns\n",
        stats.done, stats.response_max_ns / MS, stats.misses, stats.overruns);
    wrt_sched_free(sched);
    wrt_store_free(store);
    wrt_linker_free(linker);
    wrt_code_free(code);
    wrt_engine_free(engine);
    return 0;
}
