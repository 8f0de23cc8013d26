/* fuel_slices: the same call in slices of 1, 7, 100 and without any; then a budget that is too small.
 *
 *     cc fuel_slices.c $(pkg-config --cflags --libs wrt) && ./a.out
 *
 * prints:
 *
 *     slice   1: 111 steps, 3863 fuel, stopped 556 times
 *     slice   7: 111 steps, 3863 fuel, stopped 479 times
 *     slice 100: 111 steps, 3863 fuel, stopped 38 times
 *     no slices: 111 steps, 3863 fuel, stopped 0 times
 *     budget 1000: out of fuel after 999 fuel
 *       0: function 0, byte 58 of the binary
 *       1: function 1, byte 83 of the binary
 *     refilled: 111 steps, 3863 fuel
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wrt/wrt.h>
#include "guests/collatz.h"

static void check(wrt_status st, const char *what, const wrt_error *err)
{
    if (st >= 0) return;
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

static wrt_task start(wrt_store *store, wrt_func *f, uint64_t fuel)
{
    wrt_error err;
    wrt_task task;
    wrt_val n = wrt_i64(27);
    wrt_task_opts options = WRT_INIT(wrt_task_opts);
    options.name = WRT_STR("collatz");
    options.fuel = fuel;                        /* hard: a block that does not fit is not entered */
    options.on_empty = WRT_FUEL_SUSPEND;
    check(wrt_task_start(store, f, &n, 1, &options, &task, &err), "start", &err);
    return task;
}

/* A slice is soft: the block that crosses its end still runs, and the debt comes off the next slice. So even
 * slices of 1 make progress, and the total does not depend on how the run was cut. */
static void run_in_slices(wrt_store *store, wrt_func *f, uint64_t slice)
{
    wrt_error err;
    wrt_val steps;
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_task task = start(store, f, 0);
    wrt_status st;
    do {
        st = wrt_task_step(store, task, slice, &err);
        check(st, "step", &err);
    } while (st != WRT_OK);
    check(wrt_task_result(store, task, &steps, 1, &err), "result", &err);
    wrt_task_info_get(store, task, &info);
    if (slice == WRT_FUEL_UNLIMITED) {
        printf("no slices: ");
    } else {
        printf("slice %3" PRIu64 ": ", slice);
    }
    printf("%d steps, %" PRIu64 " fuel, stopped %" PRIu64 " times\n", steps.of.i32, info.guest_fuel,
        info.slices - 1);
    wrt_task_close(store, task);
}

static void run_out_and_refill(wrt_store *store, wrt_func *f)
{
    wrt_error err;
    wrt_val steps;
    wrt_frame frames[4];
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_task task = start(store, f, 1000);
    wrt_status st = wrt_run(store, NULL);
    wrt_task_info_get(store, task, &info);
    if (st == WRT_FUEL_OUT) {
        printf("budget %" PRIu64 ": out of fuel after %" PRIu64 " fuel\n", info.budget, info.guest_fuel);
    }
    size_t depth = wrt_task_frames(store, task, frames, 4);
    for (size_t i = 0; i < depth && i < 4; i++) {
        printf("  %zu: function %u, byte %" PRIu64 " of the binary\n", i, frames[i].func, frames[i].offset);
    }
    check(wrt_fuel_add(store, task, 1000000), "refill", &err);
    check(wrt_run(store, NULL), "run", &err);
    check(wrt_task_result(store, task, &steps, 1, &err), "result", &err);
    wrt_task_info_get(store, task, &info);
    printf("refilled: %d steps, %" PRIu64 " fuel\n", steps.of.i32, info.guest_fuel);
    wrt_task_close(store, task);
}

int main(void)
{
    wrt_error err;
    wrt_engine *engine;
    wrt_linker *linker;
    wrt_store *store;
    wrt_code *code;
    wrt_instance *instance;
    wrt_func *f;
    wrt_bytes binary = { collatz_wasm, sizeof collatz_wasm };
    wrt_config config = WRT_INIT(wrt_config);
    check(wrt_engine_new(&config, &engine, &err), "engine", &err);
    check(wrt_load(engine, binary, NULL, &code, &err), "load", &err);
    check(wrt_linker_new(engine, &linker, &err), "linker", &err);
    check(wrt_store_new(engine, NULL, &store, &err), "store", &err);
    check(wrt_instantiate(store, linker, code, &instance, &err), "instantiate", &err);
    check(wrt_export_func(instance, WRT_STR("collatz"), &f, &err), "collatz", &err);

    const uint64_t slices[] = { 1, 7, 100, WRT_FUEL_UNLIMITED };
    for (size_t i = 0; i < 4; i++) run_in_slices(store, f, slices[i]);
    run_out_and_refill(store, f);

    wrt_store_free(store);
    wrt_linker_free(linker);
    wrt_code_free(code);
    wrt_engine_free(engine);
    return 0;
}
