/* micro: times the public interface from inside one process, beside what the operating system takes for the
 * like. Prints lines `name value`; bench/run.py makes the table of them.
 *
 *   micro load FILE   eager decode + validate + translate of a module, CPU ms; memory per KiB of wasm
 *   micro tasks       task create + finish, switch, slice with accounts, beside pthreads and futexes, CPU ns
 *   micro parked N    N instances of a one-page module, each with a task parked in a host call: bytes
 *   micro quantum     share of switching in CPU time against the quantum
 *   micro latency     from the post of another thread to the end of the task that waited for it, microseconds
 *
 * Time is CPU time of the process (clock_gettime), and every figure the least of several rounds;
 * but latency is by
 * the wall clock, and its figures are median, 99th percentile and worst. */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <wrt/wrt.h>
#include "guests/bench.h"

enum { ROUNDS = 7 };

static wrt_error err;

static void check(wrt_status st, const char *what)
{
    if (st >= 0) return;
    fprintf(stderr, "micro: %s: %s: %s\n", what, wrt_status_text(st).p, err.message);
    exit(1);
}

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static double resident_bytes(void)
{
    long total, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld", &total, &resident) != 2) exit(1);
    fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* ---- an allocator that counts; linear memories are mapped, so that untouched pages cost nothing */

static double live_bytes[8], live_blocks;

static void *count_resize(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag)
{
    (void)ctx;
    tag = tag < 8 ? tag : 0;
    void *q = NULL;
    if (tag == WRT_TAG_MEMORY) {
        if (new_n > 0) {
            q = mmap(NULL, new_n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (q == MAP_FAILED) return NULL;
            if (p != NULL) memcpy(q, p, old_n < new_n ? old_n : new_n);
        }
        if (p != NULL) munmap(p, old_n);
    } else if (new_n == 0) {
        free(p);
    } else if (align <= 16) {
        q = realloc(p, new_n);
        if (q == NULL) return NULL;
    } else {
        if (posix_memalign(&q, align, new_n) != 0) return NULL;
        if (p != NULL) memcpy(q, p, old_n < new_n ? old_n : new_n);
        free(p);
    }
    live_bytes[tag] += (double)new_n - (p == NULL ? 0 : (double)old_n);
    live_blocks += (p == NULL) - (new_n == 0);
    return q;
}

static const wrt_alloc counting = { NULL, count_resize };

static double counted(void)
{
    double sum = 0;
    for (uint32_t tag = 0; tag < 8; tag++) sum += tag == WRT_TAG_MEMORY ? 0 : live_bytes[tag];
    return sum;
}

/* ---- set-up */

static wrt_completion last_wait;

static wrt_status host_wait(void *ctx, wrt_call *call)
{
    (void)ctx;
    wrt_status st = wrt_defer(call, NULL, NULL, NULL, &last_wait);
    return st == WRT_OK ? WRT_PENDING : st;
}

struct setup { wrt_engine *engine; wrt_linker *linker; wrt_code *code; wrt_store *store; };

static void open_setup(struct setup *u, const wrt_alloc *alloc, uint32_t tasks, uint64_t quantum)
{
    wrt_config config = WRT_INIT(wrt_config);
    config.alloc = alloc;
    config.limits.tasks = config.limits.instances = config.limits.completions = tasks;
    wrt_fn_def def = WRT_INIT(wrt_fn_def);
    def.name = WRT_STR("wait");
    def.fn = host_wait;
    wrt_store_opts options = WRT_INIT(wrt_store_opts);
    options.quantum_fuel = quantum;
    check(wrt_engine_new(&config, &u->engine, &err), "engine");
    check(wrt_load(u->engine, (wrt_bytes){ bench_wasm, sizeof bench_wasm }, NULL, &u->code, &err), "load");
    check(wrt_linker_new(u->engine, &u->linker, &err), "linker");
    check(wrt_link_funcs(u->linker, WRT_STR("host"), &def, 1, &err), "link");
    double before = counted();
    check(wrt_store_new(u->engine, &options, &u->store, &err), "store");
    if (alloc != NULL) printf("store_bytes %.0f\n", counted() - before);
}

static void close_setup(struct setup *u)
{
    wrt_store_free(u->store);
    wrt_linker_free(u->linker);
    wrt_code_free(u->code);
    wrt_engine_free(u->engine);
}

static wrt_func *new_func(struct setup *u, wrt_str name)
{
    wrt_instance *instance;
    wrt_func *f;
    check(wrt_instantiate(u->store, u->linker, u->code, &instance, &err), "instantiate");
    check(wrt_export_func(instance, name, &f, &err), "export");
    return f;
}

static wrt_task new_task(
    struct setup *u, wrt_func *f, const wrt_val *args, size_t n, wrt_group group, uint64_t slice)
{
    wrt_task task;
    wrt_task_opts options = WRT_INIT(wrt_task_opts);
    options.group = group;
    options.fuel = group.v != 0 ? 1ull << 40 : 0;
    options.slice = slice;
    check(wrt_task_start(u->store, f, args, n, &options, &task, &err), "task");
    return task;
}

/* ---- load */

static int bench_load(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) return 1;
    size_t n = (size_t)ftell(f);
    uint8_t *bytes = malloc(n);
    rewind(f);
    if (bytes == NULL || fread(bytes, 1, n, f) != n) return 1;
    fclose(f);
    wrt_engine *engine;
    wrt_config config = WRT_INIT(wrt_config);
    wrt_load_opts options = WRT_INIT(wrt_load_opts);
    config.alloc = &counting;
    options.keep_source = true;
    check(wrt_engine_new(&config, &engine, &err), "engine");
    double best = 1e18, memory = 0;
    for (int i = 0; i < ROUNDS; i++) {
        wrt_code *code;
        double before = counted(), t = cpu_ns();
        check(wrt_load(engine, (wrt_bytes){ bytes, n }, &options, &code, &err), "load");
        best = least(best, cpu_ns() - t);
        memory = counted() - before;
        wrt_code_free(code);
    }
    wrt_engine_free(engine);
    free(bytes);
    printf("load_ms %.3f\nload_bytes_per_kib %.0f\n", best / 1e6, memory / ((double)n / 1024));
    return 0;
}

/* ---- tasks */

static double time_create_finish(void)
{
    enum { N = 20000 };
    struct setup u;
    open_setup(&u, NULL, 64, 0);
    wrt_func *f = new_func(&u, WRT_STR("nothing"));
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        double t = cpu_ns();
        for (int i = 0; i < N; i++) {
            wrt_task task = new_task(&u, f, NULL, 0, (wrt_group){ 0 }, 0);
            if (wrt_run(u.store, NULL) != WRT_OK) exit(1);
            wrt_task_close(u.store, task);
        }
        best = least(best, (cpu_ns() - t) / (double)N);
    }
    close_setup(&u);
    return best;
}

/* Two tasks that each run one block of one fuel and are switched. */
static double time_switch(void)
{
    struct setup u;
    open_setup(&u, NULL, 64, 0);
    for (int i = 0; i < 2; i++) new_task(&u, new_func(&u, WRT_STR("spin")), NULL, 0, (wrt_group){ 0 }, 1);
    wrt_turn turn = { 0, 200000 };
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        wrt_stats before, after;
        wrt_stats_get(u.store, &before);
        double t = cpu_ns();
        if (wrt_run(u.store, &turn) != WRT_PENDING) exit(1);
        t = cpu_ns() - t;
        wrt_stats_get(u.store, &after);
        best = least(best, t / (double)(after.switches - before.switches));
    }
    close_setup(&u);
    return best;
}

/* One task, slices of one fuel, paid by task, two groups and store: grant, account, give back. */
static double time_slice(void)
{
    struct setup u;
    wrt_group outer, inner;
    open_setup(&u, NULL, 64, 0);
    check(wrt_group_new(u.store, (wrt_group){ 0 }, WRT_STR("outer"), 1ull << 60, &outer, &err), "group");
    check(wrt_group_new(u.store, outer, WRT_STR("inner"), 1ull << 50, &inner, &err), "group");
    wrt_task task = new_task(&u, new_func(&u, WRT_STR("spin")), NULL, 0, inner, 1);
    wrt_turn turn = { 200000, 0 };
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        wrt_task_info before = WRT_INIT(wrt_task_info), after = WRT_INIT(wrt_task_info);
        wrt_task_info_get(u.store, task, &before);
        double t = cpu_ns();
        if (wrt_run(u.store, &turn) != WRT_PENDING) exit(1);
        t = cpu_ns() - t;
        wrt_task_info_get(u.store, task, &after);
        best = least(best, t / (double)(after.slices - before.slices));
    }
    close_setup(&u);
    return best;
}

/* ---- the operating system's own */

static void *thread_nothing(void *ctx)
{
    return ctx;
}

static double time_pthread(void)
{
    enum { N = 500 };
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        double t = cpu_ns();
        for (int i = 0; i < N; i++) {
            pthread_t thread;
            if (pthread_create(&thread, NULL, thread_nothing, NULL) != 0) exit(1);
            pthread_join(thread, NULL);
        }
        best = least(best, (cpu_ns() - t) / (double)N);
    }
    return best;
}

enum { PINGS = 5000 };
static _Atomic uint32_t turn_of;

static void *ping(void *ctx)
{
    uint32_t mine = (uint32_t)(uintptr_t)ctx;
    for (int i = 0; i < PINGS; i++) {
        while (atomic_load(&turn_of) != mine) {
            syscall(SYS_futex, &turn_of, FUTEX_WAIT_PRIVATE, 1 - mine, NULL, NULL, 0);
        }
        atomic_store(&turn_of, 1 - mine);
        syscall(SYS_futex, &turn_of, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return NULL;
}

/* One way of a ping-pong of two threads on one core. */
static double time_futex(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)sched_getcpu(), &set);
    sched_setaffinity(0, sizeof set, &set);
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t thread;
        double t = cpu_ns();
        if (pthread_create(&thread, NULL, ping, (void *)1) != 0) exit(1);
        ping(NULL);
        pthread_join(thread, NULL);
        best = least(best, (cpu_ns() - t) / (2.0 * (double)PINGS));
    }
    return best;
}

static int bench_tasks(void)
{
    printf("task_create_finish_ns %.1f\n", time_create_finish());
    printf("task_switch_ns %.1f\n", time_switch());
    printf("slice_account_ns %.1f\n", time_slice());
    printf("pthread_create_join_ns %.1f\n", time_pthread());
    printf("futex_switch_ns %.1f\n", time_futex());
    return 0;
}

/* ---- memory of parked tasks */

static int bench_parked(uint32_t n)
{
    struct setup u;
    open_setup(&u, &counting, n, 0);
    wrt_func **parks = malloc(n * sizeof *parks);
    wrt_task *tasks = malloc(n * sizeof *tasks);
    if (parks == NULL || tasks == NULL) return 1;
    memset(parks, 1, n * sizeof *parks);
    memset(tasks, 1, n * sizeof *tasks);
    double bytes = counted(), resident = resident_bytes(), t = cpu_ns();
    for (uint32_t i = 0; i < n; i++) parks[i] = new_func(&u, WRT_STR("park"));
    printf("instance_ns %.0f\n", (cpu_ns() - t) / n);
    printf("instance_bytes %.0f\ninstance_resident %.0f\n", (counted() - bytes) / n,
        (resident_bytes() - resident) / n);
    bytes = counted();
    resident = resident_bytes();
    for (uint32_t i = 0; i < n; i++) tasks[i] = new_task(&u, parks[i], NULL, 0, (wrt_group){ 0 }, 0);
    if (wrt_run(u.store, NULL) != WRT_IDLE) return 1;
    printf("parked_task_bytes %.0f\nparked_task_resident %.0f\n", (counted() - bytes) / n,
        (resident_bytes() - resident) / n);
    wrt_stats stats;
    wrt_stats_get(u.store, &stats);
    printf("parked_tasks %u\n", stats.tasks_live);
    close_setup(&u);
    printf("leaked_bytes %.0f\n", counted());
    free(parks);
    free(tasks);
    return 0;
}

/* ---- quantum */

static double time_quantum(uint64_t quantum)
{
    enum { TASKS = 8, N = 400000 };
    struct setup u;
    open_setup(&u, NULL, 64, quantum);
    for (int i = 0; i < TASKS; i++) { /* other data each: else one trains the predictor for the next */
        wrt_val args[2] = { wrt_i32(N), wrt_i32(i * 7919 + 1) };
        new_task(&u, new_func(&u, WRT_STR("work")), args, 2, (wrt_group){ 0 }, 0);
    }
    double t = cpu_ns();
    while (wrt_run(u.store, NULL) == WRT_PENDING) { }
    t = cpu_ns() - t;
    close_setup(&u);
    return t;
}

static int bench_quantum(void)
{
    static const uint64_t quanta[] = { 100, 300, 1000, 3000, 10000, 30000, 100000, 300000, 1000000,
        1ull << 40 };
    enum { COUNT = (int)(sizeof quanta / sizeof quanta[0]) };
    double best[COUNT];
    for (int i = 0; i < COUNT; i++) best[i] = 1e18;
    for (int round = 0; round < ROUNDS; round++) {      /* interleaved: a slow moment hits all alike */
        for (int i = 0; i < COUNT; i++) best[i] = least(best[i], time_quantum(quanta[i]));
    }
    for (int i = 0; i + 1 < COUNT; i++) {
        printf("quantum_%llu %.3f\n", (unsigned long long)quanta[i],
            100 * (best[i] - best[COUNT - 1]) / best[i]);
    }
    return 0;
}

/* ---- latency of an outside event */

enum { LATENCY_EVENTS = 2000 };
static struct {
    wrt_inbox *inbox;
    wrt_func *park;
    _Atomic uint64_t waits_for;         /* completion of the task that waits now; 0: taken by the poster */
    uint64_t posted_at;
    double us[LATENCY_EVENTS];
    int count;
} latency;

static uint64_t wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *latency_post(void *ctx)
{
    uint64_t state = 88172645463325252u, k;
    (void)ctx;
    for (int i = 0; i < LATENCY_EVENTS; i++) {
        while ((k = atomic_exchange(&latency.waits_for, 0)) == 0) usleep(10);
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        usleep((useconds_t)(100 + state % 200));        /* at any moment of the busy loop */
        latency.posted_at = wall_ns();
        if (wrt_complete_post(latency.inbox, (wrt_completion){ k }, WRT_OK, 0) != WRT_OK) exit(1);
    }
    return NULL;
}

static void latency_next(wrt_store *s);

static void latency_done(void *ctx, wrt_store *s, wrt_task t, wrt_status status)
{
    (void)ctx;
    if (status != WRT_OK) exit(1);
    latency.us[latency.count++] = (double)(wall_ns() - latency.posted_at) / 1000;
    wrt_task_close(s, t);
    if (latency.count < LATENCY_EVENTS) latency_next(s);
    else wrt_stop(latency.inbox);
}

static void latency_next(wrt_store *s)
{
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.priority = 200;
    o.done = latency_done;
    check(wrt_task_start(s, latency.park, NULL, 0, &o, NULL, &err), "task");
}

static wrt_status latency_wait(void *ctx, wrt_call *call)
{
    wrt_completion k;
    (void)ctx;
    if (wrt_defer(call, NULL, NULL, NULL, &k) != WRT_OK) return WRT_E_LIMIT;
    atomic_store(&latency.waits_for, k.v);
    return WRT_PENDING;
}

static int latency_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* poll_fuel 0: nobody else is in the store, it sleeps; else a task of lower priority never ends. */
static void time_latency(uint64_t poll_fuel)
{
    struct setup u;
    pthread_t thread;
    open_setup(&u, NULL, 64, 0);
    wrt_store_free(u.store);
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_fn_def def = WRT_INIT(wrt_fn_def);
    o.policy = WRT_FIXED_PRIORITY;
    o.poll_fuel = poll_fuel;
    def.name = WRT_STR("wait");
    def.fn = latency_wait;
    check(wrt_link_funcs(u.linker, WRT_STR("host"), &def, 1, &err), "link");
    check(wrt_store_new(u.engine, &o, &u.store, &err), "store");
    latency.inbox = wrt_inbox_of(u.store);
    latency.park = new_func(&u, WRT_STR("park"));
    latency.count = 0;
    latency_next(u.store);
    if (poll_fuel) {
        wrt_val args[2] = { wrt_i32(-1), wrt_i32(1) };
        new_task(&u, new_func(&u, WRT_STR("work")), args, 2, (wrt_group){ 0 }, 0);
    }
    if (pthread_create(&thread, NULL, latency_post, NULL) != 0) exit(1);
    while (latency.count < LATENCY_EVENTS) (void)wrt_wait(u.store, UINT64_MAX);
    pthread_join(thread, NULL);
    qsort(latency.us, LATENCY_EVENTS, sizeof latency.us[0], latency_compare);
    printf("latency_%llu_median_us %.1f\nlatency_%llu_p99_us %.1f\nlatency_%llu_worst_us %.1f\n",
        (unsigned long long)poll_fuel, latency.us[LATENCY_EVENTS / 2], (unsigned long long)poll_fuel,
        latency.us[LATENCY_EVENTS * 99 / 100], (unsigned long long)poll_fuel, latency.us[LATENCY_EVENTS - 1]);
    wrt_inbox_drop(latency.inbox);
    close_setup(&u);
}

static int bench_latency(void)
{
    static const uint64_t polls[] = { 0, 100, 1000, 10000, 100000 };
    for (size_t i = 0; i < sizeof polls / sizeof polls[0]; i++) time_latency(polls[i]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "load") == 0) return bench_load(argv[2]);
    if (argc == 2 && strcmp(argv[1], "tasks") == 0) return bench_tasks();
    if (argc == 3 && strcmp(argv[1], "parked") == 0) return bench_parked((uint32_t)atoi(argv[2]));
    if (argc == 2 && strcmp(argv[1], "quantum") == 0) return bench_quantum();
    if (argc == 2 && strcmp(argv[1], "latency") == 0) return bench_latency();
    fprintf(stderr, "usage: micro load FILE | tasks | parked N | quantum | latency\n");
    return 64;
}
