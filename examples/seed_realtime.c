/* seed_realtime: the loop in the hands of the host. The schedule says who is next and how much it may spend;
 * the host runs the job, compares what it took with its bound, keeps the sample and reports. Every third job
 * of the second task does more than it declared.
 *
 *     cc seed_realtime.c $(pkg-config --cflags --libs wrt) && ./a.out
 *
 * prints:
 *
 *       0 ms  step  14 fuel: within 14
 *      14 ms  work  13 fuel: within 20
 *      50 ms  step  14 fuel: within 14
 *     100 ms  step  14 fuel: within 14
 *     114 ms  work  13 fuel: within 20
 *     150 ms  step  14 fuel: within 14
 *     200 ms  step  14 fuel: within 14
 *     214 ms  work  18 fuel: beyond 20, stopped
 *     250 ms  step  14 fuel: within 14
 *     300 ms  step  14 fuel: within 14
 *     314 ms  work  13 fuel: within 20
 *     350 ms  step  14 fuel: within 14
 *     step: 8 jobs, at most 14 fuel; work: 3 jobs, 1 overrun
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wrt/wrt.h>
#include "guests/control.h"

#define MS UINT64_C(1000000)
enum { STEP, WORK, TASKS };
static const char *const names[TASKS] = { "step", "work" };
static const uint64_t bounds[TASKS] = { 14, 20 };

struct loop {
    wrt_store *store;
    wrt_func *funcs[TASKS];
    wrt_task running[TASKS];
    uint64_t most[TASKS];
};

static void check(wrt_status st, const char *what, const wrt_error *err)
{
    if (st >= 0) return;
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

/* Runs the job that was granted, as far as it may go. */
static wrt_sched_spent execute(struct loop *l, const wrt_sched_grant *g)
{
    wrt_sched_spent spent = { .func = UINT32_MAX };
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_val turns = wrt_i32(g->job % 3 == 2 ? 9 : 2);
    wrt_error err = { 0 };
    o.fuel = g->fuel; /* hard: it never takes more */
    check(
        wrt_task_start(l->store, l->funcs[g->task], &turns, g->task == WORK, &o, &l->running[g->task], &err),
        "start", &err);
    wrt_status st = wrt_task_step(l->store, l->running[g->task], 0, &err);
    check(wrt_task_info_get(l->store, l->running[g->task], &info), "info", &err);
    spent.fuel = info.guest_fuel;
    spent.end = st == WRT_OK ? WRT_JOB_DONE : st == WRT_FUEL_OUT ? WRT_JOB_NO_FIT : WRT_JOB_FAILED;
    check(wrt_task_close(l->store, l->running[g->task]), "close", &err);
    return spent;
}

static void run(wrt_sched *sched, struct loop *l)
{
    wrt_error err = { 0 };
    wrt_sched_grant g;
    for (;;) {
        check(wrt_sched_next(sched, 0, 400 * MS, &g, &err), "next", &err);
        if (g.task == WRT_SCHED_NOBODY) return;
        wrt_sched_spent spent = execute(l, &g);
        bool within = spent.end == WRT_JOB_DONE && spent.fuel <= bounds[g.task];
        printf("%3" PRIu64 " ms  %s  %" PRIu64 " fuel: %s %" PRIu64 "%s\n", g.now_ns / MS, names[g.task],
            spent.fuel, within ? "within" : "beyond", bounds[g.task], within ? "" : ", stopped");
        if (spent.fuel > l->most[g.task]) l->most[g.task] = spent.fuel;
        check(wrt_sched_report(sched, 0, &spent, &err), "report", &err);
    }
}

int main(void)
{
    wrt_engine *engine;
    wrt_code *code;
    wrt_linker *linker;
    wrt_instance *instance;
    wrt_sched *sched;
    struct loop l = { 0 };
    wrt_error err = { 0 };
    wrt_sched_task_stats stats[TASKS];
    check(wrt_engine_new(NULL, &engine, &err), "engine", &err);
    check(
        wrt_load(engine, (wrt_bytes){ control_wasm, sizeof control_wasm }, NULL, &code, &err), "load", &err);
    check(wrt_linker_new(engine, &linker, &err), "linker", &err);
    check(wrt_store_new(engine, NULL, &l.store, &err), "store", &err);
    check(wrt_instantiate(l.store, linker, code, &instance, &err), "instantiate", &err);
    /* a job that is stopped in the middle leaves the instance as new */
    check(wrt_instance_on_trap(instance, WRT_ON_TRAP_RESET, UINT32_MAX, 0, &err), "rule", &err);
    check(wrt_export_func(instance, WRT_STR("step"), &l.funcs[STEP], &err), "step", &err);
    check(wrt_export_func(instance, WRT_STR("work"), &l.funcs[WORK], &err), "work", &err);

    wrt_sched_opts o = WRT_INIT(wrt_sched_opts);
    o.policy = WRT_RM_EDF;
    o.virtual_time = true;
    check(wrt_sched_new(engine, &o, &sched, &err), "sched", &err);
    for (int i = 0; i < TASKS; i++) {
        wrt_sched_task t = WRT_INIT(wrt_sched_task);
        t.level = i == STEP ? WRT_ASIL_C : WRT_ASIL_B;
        t.period_ns = i == STEP ? 50 * MS : 100 * MS;
        t.deadline_ns = i == STEP ? 40 * MS : 0;
        t.fuel[0] = bounds[i];
        check(wrt_sched_add(sched, &t, NULL, &err), "add", &err);
    }
    run(sched, &l);
    for (uint32_t i = 0; i < TASKS; i++) check(wrt_sched_task_stats_get(sched, i, &stats[i]), "stats", &err);
    printf("step: %" PRIu64 " jobs, at most %" PRIu64 " fuel; work: %" PRIu64 " jobs, %" PRIu64 " overrun\n",
        stats[STEP].done, l.most[STEP], stats[WORK].done, stats[WORK].overruns);
    wrt_sched_free(sched);
    wrt_store_free(l.store);
    wrt_linker_free(linker);
    wrt_code_free(code);
    wrt_engine_free(engine);
    return 0;
}
