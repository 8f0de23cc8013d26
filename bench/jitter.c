/* jitter: how late a task of a set runs on this machine, in real time.
 *
 *   jitter release N     a task of 1 kHz, SCHED_FIFO, one processor, memory locked: N releases; from the time
 *                        of the release to the moment at which its job is given the processor
 *   jitter event N       a job that never ends, and N releases of a higher task by another thread: from the
 *                        call to the moment at which the higher job is given the processor
 *
 * Run it bound to the processors that it may use. Prints names and numbers, and the samples in nanoseconds;
 * `permitted 0` when SCHED_FIFO is not.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wrt/wrt.h>
#include "../examples/guests/control.h"

enum { JITTER_MOST = 1 << 20, JITTER_FIRST = 100, JITTER_GAP_NS = 200000 };
#define JITTER_SECOND UINT64_C(1000000000)

static struct {
    wrt_engine *e;
    wrt_code *code;
    wrt_linker *l;
    wrt_store *s;
    wrt_instance *instances[2];
    wrt_sched *q;
    uint64_t *late;
    uint32_t wanted, count;
    uint32_t task;                  /* that is looked at */
    bool from_call;
    _Atomic uint64_t called;        /* when the release was asked for; 0: it has been seen */
} jitter;

static void check(wrt_status status, const wrt_error *e)
{
    if (status >= 0) return;
    fprintf(stderr, "jitter: %s %s\n", e->message, e->hint);
    exit(1);
}

static uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * JITTER_SECOND + (uint64_t)t.tv_nsec;
}

static void heard(void *ctx, const wrt_sched_event *e)
{
    uint64_t from = e->release_ns, now = clock_ns();
    (void)ctx;
    if (e->task != jitter.task) return;
    if (jitter.from_call) {
        from = atomic_exchange(&jitter.called, 0);
        if (from == 0) return;
    } else {
        wrt_sched_info info;
        check(wrt_sched_info_get(jitter.q, 0, &info), &(wrt_error){ .message = "no figures" });
        now -= info.epoch_ns;
    }
    if (jitter.count < jitter.wanted) jitter.late[jitter.count++] = now - from;
    if (jitter.count == jitter.wanted) wrt_sched_stop(jitter.q);
}

static wrt_func *export_of(int instance, const char *name)
{
    wrt_error err;
    wrt_func *f;
    check(wrt_export_func(jitter.instances[instance], (wrt_str){ name, strlen(name) }, &f, &err), &err);
    return f;
}

static void jitter_open(void)
{
    wrt_error err;
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    wrt_config cfg = WRT_INIT(wrt_config);
    wrt_sched_opts o = WRT_INIT(wrt_sched_opts);
    so.ns_per_kfuel = o.ns_per_kfuel = 1000;
    o.policy = WRT_FIXED_PRIORITY;
    o.no_mode_switching = true;
    o.pin = o.lock_memory = true;
    o.os_policy = WRT_OS_FIFO;
    o.os_priority = 80;
    o.event = heard;
    o.events = WRT_SCHED_EVENT(SLICE_BEGIN);
    check(wrt_engine_new(&cfg, &jitter.e, &err), &err);
    check(
        wrt_load(jitter.e, (wrt_bytes){ control_wasm, sizeof control_wasm }, NULL, &jitter.code, &err), &err);
    check(wrt_linker_new(jitter.e, &jitter.l, &err), &err);
    check(wrt_store_new(jitter.e, &so, &jitter.s, &err), &err);
    for (int k = 0; k < 2; k++)
        check(wrt_instantiate(jitter.s, jitter.l, jitter.code, &jitter.instances[k], &err), &err);
    check(wrt_sched_new(jitter.e, &o, &jitter.q, &err), &err);
}

static void tell(void)
{
    wrt_sched_info info;
    if (wrt_sched_info_get(jitter.q, 0, &info) != WRT_OK) exit(1);
    printf("permitted %d\n", info.os_policy == WRT_OK && info.pinned == WRT_OK && info.locked == WRT_OK);
    for (uint32_t k = JITTER_FIRST; k < jitter.count; k++) /* the first ones warm caches up */
        printf("late_ns %llu\n", (unsigned long long)jitter.late[k]);
}

static void releases(void)
{
    wrt_error err;
    wrt_sched_task t = WRT_INIT(wrt_sched_task);
    jitter_open();
    t.level = WRT_ASIL_B;
    t.period_ns = JITTER_SECOND / 1000;
    t.fuel[0] = 1000;
    t.func = export_of(0, "step");
    check(wrt_sched_add(jitter.q, &t, &jitter.task, &err), &err);
    check(wrt_sched_run(jitter.q, UINT64_MAX, &err), &err);
    tell();
}

static void *outside(void *arg)
{
    (void)arg;
    for (;;) {
        struct timespec gap = { 0, JITTER_GAP_NS };
        nanosleep(&gap, NULL);
        if (atomic_load(&jitter.called)) continue;
        atomic_store(&jitter.called, clock_ns());
        if (wrt_sched_release(jitter.q, jitter.task) != WRT_OK) atomic_store(&jitter.called, 0);
    }
    return NULL;
}

static void events(void)
{
    wrt_error err;
    wrt_sched_task t = WRT_INIT(wrt_sched_task);
    wrt_val endless = wrt_i32(0);       /* 2^32 turns */
    wrt_sched_info info;
    wrt_sched_stats st;
    pthread_t thread;
    jitter_open();
    t.level = WRT_ASIL_B;
    t.period_ns = 1000 * JITTER_SECOND;
    t.fuel[0] = UINT64_C(1) << 50;
    t.priority = 10;
    t.func = export_of(0, "work");
    t.args = &endless;
    t.args_count = 1;
    check(wrt_sched_add(jitter.q, &t, NULL, &err), &err);
    t = WRT_INIT(wrt_sched_task);
    t.level = WRT_ASIL_B;
    t.separation_ns = 1000;
    t.fuel[0] = 1000;
    t.priority = 200;
    t.func = export_of(1, "step");
    check(wrt_sched_add(jitter.q, &t, &jitter.task, &err), &err);
    jitter.from_call = true;
    check(wrt_sched_prepare(jitter.q, &err), &err);
    if (pthread_create(&thread, NULL, outside, NULL) != 0) exit(1);
    uint64_t from = clock_ns();
    check(wrt_sched_run(jitter.q, UINT64_MAX, &err), &err);
    uint64_t took = clock_ns() - from;
    tell();
    check(wrt_sched_stats_get(jitter.q, 0, &st), &(wrt_error){ .message = "no figures" });
    check(wrt_sched_info_get(jitter.q, 0, &info), &(wrt_error){ .message = "no figures" });
    printf("ns_per_kfuel %.1f\nbound_fuel %llu\n", (double)took * 1000 / (double)st.fuel,
        (unsigned long long)info.latency_fuel);
    printf("bound_us %.2f\n", (double)info.latency_fuel * (double)took / (double)st.fuel / 1000 + 2);
    fflush(stdout);
    _Exit(0); /* the other thread goes on asking */
}

int main(int argc, char **argv)
{
    long n = argc == 3 ? atol(argv[2]) : 0;
    if (n <= JITTER_FIRST || n > JITTER_MOST) return 64;
    jitter.wanted = (uint32_t)n;
    jitter.late = calloc(jitter.wanted, sizeof *jitter.late);
    if (!jitter.late) return 70;
    memset(jitter.late, 1, jitter.wanted * sizeof *jitter.late);    /* is there before it is needed */
    if (strcmp(argv[1], "release") == 0) releases();
    else if (strcmp(argv[1], "event") == 0) events();
    else return 64;
    wrt_sched_free(jitter.q);
    wrt_store_free(jitter.s);
    wrt_linker_free(jitter.l);
    wrt_code_free(jitter.code);
    wrt_engine_free(jitter.e);
    free(jitter.late);
    return 0;
}
