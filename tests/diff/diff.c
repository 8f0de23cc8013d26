/* Runs `run` of each module with some arguments and slice lengths and prints how it ended, its fuel and its
 * slices: run.sh compares these lines between builds, oracle.py with another engine.
 *
 *     diff FILE... */
#include <stdio.h>
#include <stdlib.h>
#include <wrt/wrt.h>

static const int32_t arguments[] = { 0, 1, 77, -5 };
static const uint64_t quanta[] = { 0, 1, 13 };

static void stop(const char *what, const wrt_error *err)
{
    printf("diff: %s: %s\n", what, err->message);
    exit(1);
}
static void run(wrt_engine *engine, wrt_code *code, const char *name, int32_t argument, uint64_t quantum)
{
    wrt_error err = { 0 };
    wrt_linker *linker;
    wrt_store *store;
    wrt_instance *instance;
    wrt_func *func;
    wrt_task task;
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    wrt_val a = wrt_i32(argument), r = wrt_i32(0);
    so.quantum_fuel = quantum;
    if (wrt_linker_new(engine, &linker, &err) || wrt_store_new(engine, &so, &store, &err)
        || wrt_instantiate(store, linker, code, &instance, &err)
        || wrt_export_func(instance, (wrt_str){ "run", 3 }, &func, &err))
        stop(name, &err);
    wrt_task_opts to = WRT_INIT(wrt_task_opts);
    to.fuel = 20000000;
    to.on_empty = WRT_FUEL_TRAP;
    if (wrt_task_start(store, func, &a, 1, &to, &task, &err)) stop(name, &err);
    while (wrt_run(store, NULL) == WRT_PENDING) {
    }
    wrt_status status = wrt_task_result(store, task, &r, 1, &err);
    wrt_task_info info = WRT_INIT(wrt_task_info);
    (void)wrt_task_info_get(store, task, &info);
    printf("%s %d %llu: status %d trap %u result %u fuel %llu slices %llu\n", name, (int)argument,
        (unsigned long long)quantum, (int)status, status ? (unsigned)err.trap : 0,
        status ? 0 : (unsigned)r.of.u, (unsigned long long)info.guest_fuel, (unsigned long long)info.slices);
    wrt_task_close(store, task);
    wrt_store_free(store);
    wrt_linker_free(linker);
}
int main(int argc, char **argv)
{
    wrt_error err = { 0 };
    wrt_engine *engine;
    wrt_config config = WRT_INIT(wrt_config);
    config.fuel = wrt_fuel_table_named(WRT_STR("unit"));
    if (wrt_engine_new(&config, &engine, &err)) stop("engine", &err);
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (!f) stop(argv[i], &(wrt_error){ .message = "cannot be opened" });
        static uint8_t bytes[1 << 20];
        size_t n = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        wrt_code *code;
        if (wrt_load(engine, (wrt_bytes){ bytes, n }, NULL, &code, &err)) stop(argv[i], &err);
        for (unsigned k = 0; k < sizeof arguments / sizeof *arguments; k++) {
            for (unsigned q = 0; q < sizeof quanta / sizeof *quanta; q++)
                run(engine, code, argv[i], arguments[k], quanta[q]);
        }
        wrt_code_free(code);
    }
    wrt_engine_free(engine);
    return 0;
}
