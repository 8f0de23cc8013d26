/* seed_criticality: the host watches the misses of a running task set and, above a threshold, switches to the
 * mode in which only levels C and D are active; when the overload is over it goes back.
 *
 *     cc seed_criticality.c $(pkg-config --cflags --libs wrt) && ./a.out
 *
 * prints:
 *
 *     200 ms: 1 misses
 *     400 ms: 2 misses
 *     warning: switched to critical mode, only tasks of C and D are active
 *     D 5, C 10, B 0, QM 0 jobs in the next second
 *     normal again: D 5, C 10, B 4, QM 4 jobs in the next second
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wrt/wrt.h>
#include "guests/control.h"

#define MS UINT64_C(1000000)
enum { TASKS = 4 };

static void check(wrt_status st, const char *what, const wrt_error *err)
{
    if (st >= 0) return;
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

static void add(wrt_sched *sched, wrt_store *store, wrt_linker *linker, wrt_code *code, wrt_asil level,
    uint64_t period_ms, uint64_t deadline_ms, int32_t turns)
{
    wrt_error err = { 0 };
    wrt_instance *instance;
    wrt_val n = wrt_i32(turns);
    wrt_sched_task t = WRT_INIT(wrt_sched_task);
    check(wrt_instantiate(store, linker, code, &instance, &err), "instantiate", &err);
    check(wrt_export_func(instance, WRT_STR("work"), &t.func, &err), "work", &err);
    t.level = level;
    t.period_ns = period_ms * MS;
    t.deadline_ns = deadline_ms * MS;
    t.fuel[0] = (uint64_t)turns * 6 + 10;
    if (level == WRT_ASIL_D) t.np_max_fuel = t.fuel[0];
    t.args = &n;
    t.args_count = 1;
    check(wrt_sched_add(sched, &t, NULL, &err), "add", &err);
}

/* Jobs of each task that were done since the last time. */
static void jobs(wrt_sched *sched, uint64_t done[TASKS])
{
    static uint64_t before[TASKS];
    for (uint32_t i = 0; i < TASKS; i++) {
        wrt_sched_task_stats st;
        if (wrt_sched_task_stats_get(sched, i, &st) < 0) exit(1);
        done[i] = st.done - before[i];
        before[i] = st.done;
    }
}

int main(void)
{
    wrt_engine *engine;
    wrt_code *code;
    wrt_linker *linker;
    wrt_store *store;
    wrt_sched *sched;
    wrt_error err = { 0 };
    wrt_sched_stats stats;
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    uint64_t done[TASKS], now = 0;
    const uint64_t threshold = 1;
    so.virtual_time = true; /* 1 fuel = 1 ms */
    check(wrt_engine_new(NULL, &engine, &err), "engine", &err);
    check(
        wrt_load(engine, (wrt_bytes){ control_wasm, sizeof control_wasm }, NULL, &code, &err), "load", &err);
    check(wrt_linker_new(engine, &linker, &err), "linker", &err);
    check(wrt_store_new(engine, &so, &store, &err), "store", &err);

    wrt_sched_opts o = WRT_INIT(wrt_sched_opts);
    o.policy = WRT_RM_EDF;
    o.virtual_time = true;
    o.no_mode_switching = true; /* the host does it */
    check(wrt_sched_new(engine, &o, &sched, &err), "sched", &err);
    add(sched, store, linker, code, WRT_ASIL_D, 200, 200, 3);
    add(sched, store, linker, code, WRT_ASIL_C, 100, 100, 3);
    add(sched, store, linker, code, WRT_ASIL_B, 200, 50, 9); /* needs 55 ms */
    add(sched, store, linker, code, WRT_QM, 250, 250, 3);
    do {
        now += 200;
        check(wrt_sched_run(sched, now * MS, &err), "run", &err);
        check(wrt_sched_stats_get(sched, WRT_SCHED_NOBODY, &stats), "stats", &err);
        printf("%" PRIu64 " ms: %" PRIu64 " misses\n", now, stats.misses);
    } while (stats.misses <= threshold && now < 2000);
    check(wrt_sched_mode(sched, WRT_MODE_CRITICAL), "mode", &err);
    printf("warning: switched to critical mode, only tasks of C and D are active\n");
    check(wrt_sched_run(sched, (now + 1) * MS, &err), "run", &err);
    jobs(sched, done);
    check(wrt_sched_run(sched, (now + 1001) * MS, &err), "run", &err);
    jobs(sched, done);
    printf("D %" PRIu64 ", C %" PRIu64 ", B %" PRIu64 ", QM %" PRIu64 " jobs in the next second\n", done[0],
        done[1], done[2], done[3]);
    check(wrt_sched_mode(sched, WRT_MODE_NORMAL), "mode", &err);
    check(wrt_sched_run(sched, (now + 2001) * MS, &err), "run", &err);
    jobs(sched, done);
    printf("normal again: D %" PRIu64 ", C %" PRIu64 ", B %" PRIu64 ", QM %" PRIu64
           " jobs in the next second\n",
        done[0], done[1], done[2], done[3]);
    wrt_sched_free(sched);
    wrt_store_free(store);
    wrt_linker_free(linker);
    wrt_code_free(code);
    wrt_engine_free(engine);
    return 0;
}
