/* Task sets in every state: each allocation fails once, none happens after the start, everything can be freed
 * at any time; several cores, the host's clock, other threads that look and ask. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include "set_fixture.h"

/* One task of every kind of policy, with a server and the prepared rest. */
static wrt_status build(struct set_world *w, wrt_code *c, wrt_sched **out)
{
    wrt_sched_opts o = set_opts(w, WRT_RM_EDF);
    wrt_sched_server_opts v = WRT_INIT(wrt_sched_server_opts);
    wrt_sched *q = NULL;
    uint32_t server = 0;
    wrt_val arg = wrt_i32(40);
    o.ceiling = true;
    v.fuel = 500;
    v.period_ns = 3000;
    wrt_status status = wrt_sched_new(w->e, &o, &q, &w->err);
    *out = q;
    if (status == WRT_OK) status = wrt_sched_server(q, &v, &server, &w->err);
    for (int k = 0; k < 12 && status == WRT_OK; k++) {
        wrt_instance *i = NULL;
        wrt_func *f = NULL;
        status = wrt_instantiate(w->s, w->l, c, &i, &w->err);
        if (status == WRT_OK) status = wrt_export_func(i, WRT_STR("burn_5"), &f, &w->err);
        if (status != WRT_OK) break;
        wrt_sched_task t = set_task(f, 3000 + 1000 * (uint64_t)k, 400);
        t.name = WRT_STR("some task");
        t.args = &arg;
        t.args_count = 1;
        t.in_server = k == 3;
        t.server = server;
        status = wrt_sched_add(q, &t, NULL, &w->err);
    }
    if (status == WRT_OK) status = wrt_sched_admit(q, NULL, NULL, &w->err);
    if (status == WRT_E_REJECTED) status = WRT_OK;
    return status == WRT_OK ? wrt_sched_prepare(q, &w->err) : status;
}

TEST(each_allocation_can_fail)
{
    struct set_world w;
    uint64_t fail, asked;
    bool done = false;
    set_open(&w);
    wrt_code *c = set_code(&w, "jobs");
    for (fail = 1; !done && fail < 2000; fail++) {
        wrt_sched *q = NULL;
        asked = w.heap.asked;
        w.heap.fail_at = asked + fail;
        wrt_status status = build(&w, c, &q);
        w.heap.fail_at = 0;
        done = w.heap.asked < asked + fail;
        CONTEXT("allocation %u", (unsigned)fail);
        if (!done) CHECK_EQ(status, WRT_E_NOMEM);
        else CHECK_EQ(status, WRT_OK);
        if (q && status != WRT_OK && fail % 2) { /* what failed can be done again */
            wrt_status again = wrt_sched_prepare(q, &w.err);
            CHECK(again == WRT_OK || again == WRT_E_ARG);
            if (again == WRT_OK) CHECK_EQ(wrt_sched_run(q, 5000, &w.err), WRT_OK);
        }
        if (done) CHECK_EQ(wrt_sched_run(q, 20000, &w.err), WRT_OK);
        wrt_sched_free(q);
        wrt_store_free(w.s); /* else its instances add up */
        w.s = set_store(&w, true);
    }
    CHECK(done && fail > 40);
    w.q = NULL;
    set_close(&w);
}

TEST(nothing_is_allocated_after_the_start)
{
    struct set_world w;
    set_open(&w);
    CHECK_EQ(build(&w, set_code(&w, "jobs"), &w.q), WRT_OK);
    CHECK_EQ(wrt_engine_seal(w.e, &w.err), WRT_OK);
    uint64_t asked = w.heap.asked;
    w.heap.fail_at = asked + 1;
    w.heap.fail_later_too = true;
    CHECK_EQ(wrt_sched_run(w.q, 200000, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_mode(w.q, WRT_MODE_CRITICAL), WRT_OK);
    CHECK_EQ(wrt_sched_run(w.q, 400000, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_mode(w.q, WRT_MODE_NORMAL), WRT_OK);
    CHECK_EQ(wrt_sched_run(w.q, 1000000, &w.err), WRT_OK);
    CHECK_EQ(w.heap.asked, asked);
    CHECK(set_count(&w, WRT_TRACE_DONE, 1) > 20);
    CHECK_EQ(set_count(&w, WRT_TRACE_FAILED, UINT32_MAX), 0);
    set_close(&w);
}

/* Freed at every cut of a run, in both orders; the instances can be called afterwards. */
TEST(it_can_be_freed_at_any_time)
{
    for (uint64_t cut = 0; cut < 3000; cut += 61) {
        for (int order = 0; order < 2; order++) {
            struct set_world w;
            wrt_val n = wrt_i32(3);
            set_open(&w);
            set_begin(&w, set_opts(&w, WRT_EDF));
            wrt_code *c = set_code(&w, "jobs");
            wrt_func *f = set_func(&w, set_instance(&w, w.s, c), "burn_5");
            set_add(&w, set_task(f, 1000, 900), 150);
            set_add(&w, set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 1500, 900), 90);
            CHECK_EQ(wrt_sched_run(w.q, cut, &w.err), WRT_OK);
            if (order) {
                wrt_store_free(w.s);
                CHECK_EQ(wrt_sched_run(w.q, cut + 1, &w.err), WRT_E_STATE);
                w.s = NULL;
            } else {
                wrt_sched_free(w.q);
                w.q = NULL;
                CHECK_EQ(wrt_call_sync(w.s, f, &n, 1, NULL, 0, &w.err), WRT_OK);
            }
            set_close(&w);
        }
    }
}

/* ---- from outside
 * ------------------------------------------------------------------------------------------- */

/* The account above it is empty: the job waits until somebody refuels. */
TEST(an_empty_store_stops_a_job)
{
    struct set_world w;
    wrt_fuel_state fuel;
    set_open(&w);
    wrt_store_free(w.s);
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    so.virtual_time = true;
    so.ns_per_kfuel = 1000;
    so.fuel = 300;
    CHECK_EQ(wrt_store_new(w.e, &so, &w.s, &w.err), WRT_OK);
    set_begin(&w, set_opts(&w, WRT_EDF));
    wrt_func *f = set_func(&w, set_instance(&w, w.s, set_code(&w, "jobs")), "burn_5");
    uint32_t t = set_add(&w, set_task(f, 10000, 900), 100);
    CHECK_EQ(wrt_sched_run(w.q, 1000, &w.err), WRT_OK);
    CHECK_EQ(wrt_fuel_get(w.s, (wrt_task){ 0 }, &fuel), WRT_OK);
    CHECK(fuel.guest <= 300 && fuel.guest > 290);
    wrt_task job = wrt_sched_task_of(w.q, t);
    CHECK_EQ(wrt_fuel_add(w.s, job, 1000), WRT_E_STATE);
    CHECK_EQ(wrt_task_step(w.s, job, 10, &w.err), WRT_E_STATE);
    CHECK_EQ(wrt_task_close(w.s, job), WRT_E_STATE);
    CHECK_EQ(wrt_fuel_add(w.s, (wrt_task){ 0 }, 1000), WRT_OK);
    CHECK_EQ(wrt_sched_run(w.q, 3000, &w.err), WRT_OK);
    const wrt_sched_event *e = set_find(&w, WRT_TRACE_DONE, t, 0);
    REQUIRE(e);
    CHECK(e->at_ns >= 1000 + 200 && e->at_ns < 1000 + 230);
    set_close(&w);
}

/* A store can belong to one set after the other; what the first left half done is as new for the second. */
TEST(one_set_after_the_other)
{
    struct set_world w;
    uint64_t hash[2];
    set_open(&w);
    wrt_func *f = set_func(&w, set_instance(&w, w.s, set_code(&w, "jobs")), "burn_5");
    for (int k = 0; k < 2; k++) {
        wrt_sched *other = NULL;
        wrt_sched_opts o = set_opts(&w, WRT_EDF);
        wrt_val n = wrt_i32(150);
        wrt_sched_task t = set_task(f, 1000, 900);
        t.args = &n;
        t.args_count = 1;
        w.count = 0;
        set_begin(&w, o);
        set_add(&w, set_task(f, 1000, 900), 150);
        CHECK_EQ(wrt_sched_new(w.e, &o, &other, &w.err), WRT_OK);
        CHECK_EQ(wrt_sched_add(other, &t, NULL, &w.err), WRT_E_ARG); /* it has a set */
        CHECK_STR(w.err.table, "func");
        wrt_sched_free(other);
        CHECK_EQ(wrt_sched_run(w.q, 5300, &w.err), WRT_OK); /* in the middle of a job */
        wrt_sched_free(w.q);
        w.q = NULL;
        hash[k] = set_hash(&w, UINT32_MAX);
    }
    CHECK_EQ(hash[0], hash[1]);
    CHECK(w.count > 10);
    set_close(&w);
}

/* A preempted job cannot be driven by anything but the set. */
TEST(a_job_belongs_to_the_set)
{
    struct set_world w;
    wrt_frame frames[2];
    set_open(&w);
    set_begin(&w, set_opts(&w, WRT_EDF));
    wrt_func *f = set_func(&w, set_instance(&w, w.s, set_code(&w, "jobs")), "burn_5");
    uint32_t t = set_add(&w, set_task(f, 10000, 900), 100);
    CHECK_EQ(wrt_sched_run(w.q, 100, &w.err), WRT_OK);
    wrt_task job = wrt_sched_task_of(w.q, t);
    CHECK_EQ(wrt_task_frames(w.s, job, frames, 2), 1);
    CHECK_EQ(wrt_task_step(w.s, job, 10, &w.err), WRT_E_STATE);
    CHECK_EQ(wrt_task_cancel(w.s, job), WRT_E_STATE);
    CHECK_EQ(wrt_task_result(w.s, job, NULL, 0, &w.err), WRT_PENDING);
    (void)wrt_run(w.s, NULL); /* there is nothing of its own to do */
    CHECK_EQ(wrt_sched_run(w.q, 1000, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_result(w.s, job, NULL, 0, &w.err), WRT_OK);
    set_close(&w);
}

TEST(sporadic_tasks_are_released_by_the_host)
{
    struct set_world w;
    wrt_sched_task_stats st;
    set_open(&w);
    set_begin(&w, set_opts(&w, WRT_EDF));
    wrt_code *c = set_code(&w, "jobs");
    wrt_sched_task t = set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 0, 300);
    t.separation_ns = 500;
    t.deadline_ns = 400;
    uint32_t s = set_add(&w, t, 20);
    set_add(&w, set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 5000, 3000), 500);
    CHECK_EQ(wrt_sched_release(w.q, s), WRT_E_STATE);
    CHECK_EQ(wrt_sched_run(w.q, 1000, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_release(w.q, s), WRT_OK);
    CHECK_EQ(wrt_sched_release(w.q, s), WRT_E_STATE);
    CHECK_EQ(wrt_sched_run(w.q, 1200, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_release(w.q, s), WRT_OK); /* too early */
    CHECK_EQ(wrt_sched_run(w.q, 2000, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_release(w.q, s), WRT_OK);
    CHECK_EQ(wrt_sched_run(w.q, 3000, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_task_stats_get(w.q, s, &st), WRT_OK);
    CHECK_EQ(st.releases, 2);
    CHECK_EQ(st.done, 2);
    CHECK_EQ(st.refused, 1);
    CHECK(st.response_max_ns <= 101 + 5);
    CHECK_EQ(wrt_sched_release(w.q, 1), WRT_E_ARG);
    set_close(&w);
}

TEST(a_server_bounds_its_tasks)
{
    struct set_world w;
    wrt_sched_server_opts v = WRT_INIT(wrt_sched_server_opts);
    uint32_t server;
    set_open(&w);
    set_begin(&w, set_opts(&w, WRT_EDF));
    wrt_code *c = set_code(&w, "jobs");
    v.fuel = 100;
    v.period_ns = 1000;
    CHECK_EQ(wrt_sched_server(w.q, &v, &server, &w.err), WRT_OK);
    wrt_sched_task t = set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 10000, 5000);
    t.in_server = true;
    t.server = server;
    uint32_t bound = set_add(&w, t, 100); /* 501: six periods */
    uint32_t free_ = set_add(&w, set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 3000, 2900), 400);
    CHECK_EQ(wrt_sched_run(w.q, 10000, &w.err), WRT_OK);
    const wrt_sched_event *e = set_find(&w, WRT_TRACE_DONE, bound, 0);
    REQUIRE(e);
    CHECK(e->at_ns > 5000 && e->at_ns < 6000);
    CHECK(set_count(&w, WRT_TRACE_SERVER_EMPTY, server) >= 5);
    CHECK_EQ(set_count(&w, WRT_TRACE_MISS, free_), 0);
    set_close(&w);
}

TEST(a_table_starts_tasks_in_their_slots)
{
    struct set_world w;
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_TIME_TRIGGERED);
    o.cycle_ns = 2000;
    set_begin(&w, o);
    wrt_code *c = set_code(&w, "jobs");
    uint32_t a = set_add(&w, set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 0, 300), 20);
    uint32_t b = set_add(&w, set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 0, 300), 30);
    CHECK_EQ(wrt_sched_slot(w.q, 1000, 500, a, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_slot(w.q, 100, 500, b, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_slot(w.q, 550, 100, a, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_sched_slot(w.q, 1900, 200, a, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_sched_run(w.q, 6000, &w.err), WRT_OK);
    for (uint64_t k = 0; k < 3; k++) {
        const wrt_sched_event *ea = set_find(&w, WRT_TRACE_DONE, a, k),
                              *eb = set_find(&w, WRT_TRACE_DONE, b, k);
        REQUIRE(ea && eb);
        CHECK_EQ(ea->at_ns, 2000 * k + 1000 + 101);
        CHECK_EQ(eb->at_ns, 2000 * k + 100 + 151);
        CHECK_EQ(ea->deadline_ns, 2000 * k + 1500);
    }
    set_close(&w);
}

/* ---- several cores, the host's clock, other threads
 * ---------------------------------------------------------- */

static void cores_set(struct set_world *w, wrt_sched_opts o, uint32_t cores, wrt_store **stores, bool host)
{
    wrt_code *c = set_code(w, "jobs");
    o.cores = cores;
    set_begin(w, o);
    for (uint32_t k = 0; k < cores; k++) {
        stores[k] = set_store(w, o.virtual_time);
        for (uint32_t n = 0; n < 3; n++) {
            wrt_func *f = host ? NULL : set_func(w, set_instance(w, stores[k], c), "burn_5");
            uint64_t unit = o.virtual_time ? 1000 : 1000000;
            wrt_sched_task t = set_task(f, unit * (n + 2), 900);
            t.core = k;
            t.level = n == 2 ? WRT_ASIL_C : WRT_ASIL_B;
            set_add(w, t, 40 + (int32_t)k);
        }
    }
}

TEST(cores_under_the_fuel_clock_are_what_each_is_alone)
{
    struct set_world w;
    wrt_store *stores[3];
    set_open(&w);
    cores_set(&w, set_opts(&w, WRT_EDF), 3, stores, false);
    CHECK_EQ(wrt_sched_run(w.q, 50000, &w.err), WRT_OK);
    for (uint32_t k = 0; k < 3; k++) {
        wrt_sched_stats st;
        uint64_t fuel = 5 * (40 + k) + 1;
        CHECK_EQ(wrt_sched_stats_get(w.q, k, &st), WRT_OK);
        CHECK_EQ(st.done, 25 + 17 + 13);
        CHECK_EQ(st.fuel, st.done * fuel);
        CHECK_EQ(st.misses, 0);
    }
    for (uint32_t i = 1; i < w.count; i++) { /* the one that lags behind goes first */
        CHECK(w.events[i].seen_ns + 1000 >= w.events[i - 1].seen_ns);
    }
    wrt_sched_free(w.q);
    w.q = NULL;
    for (uint32_t k = 0; k < 3; k++) wrt_store_free(stores[k]);
    set_close(&w);
}

struct looker { wrt_sched *q; _Atomic int go; _Atomic uint64_t looks; int cores; };
static void *look(void *arg)
{
    struct looker *l = arg;
    uint64_t before = 0;
    while (atomic_load(&l->go)) {
        wrt_sched_stats st;
        wrt_sched_task_stats ts;
        CHECK_EQ(wrt_sched_stats_get(l->q, 0, &st), WRT_OK);
        CHECK(st.done >= before);
        before = st.done;
        CHECK_EQ(wrt_sched_task_stats_get(l->q, 0, &ts), WRT_OK);
        /* of one moment: every release has ended or is the last */
        CHECK(ts.done + ts.aborted + ts.failed <= ts.releases);
        CHECK(ts.releases <= ts.done + ts.aborted + ts.failed + 2);
        CHECK(ts.fuel >= ts.done * 201);
        uint64_t looks = atomic_fetch_add(&l->looks, 1) + 1;
        if (looks % 64 == 0) (void)wrt_sched_mode(l->q, (wrt_sched_mode_name)(looks / 64 % 3));
    }
    return NULL;
}

TEST(other_threads_look_and_ask)
{
    struct set_world w;
    wrt_store *store[1];
    struct looker l = { 0 };
    pthread_t thread;
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_EDF);
    o.event = NULL;
    cores_set(&w, o, 1, store, false);
    CHECK_EQ(wrt_sched_prepare(w.q, &w.err), WRT_OK);
    l.q = w.q;
    atomic_store(&l.go, 1);
    REQUIRE(pthread_create(&thread, NULL, look, &l) == 0);
    for (uint64_t t = 0; t < 40000000 && l.looks < 5000; t += 100000) {
        CHECK_EQ(wrt_sched_run(w.q, t, &w.err), WRT_OK);
    }
    atomic_store(&l.go, 0);
    pthread_join(thread, NULL);
    CHECK(l.looks > 0);
    wrt_sched_free(w.q);
    w.q = NULL;
    wrt_store_free(store[0]);
    set_close(&w);
}

static void *stop_later(void *arg)
{
    struct looker *l = arg;
    wrt_sched_stats st = { 0 };
    while (st.done < 40u * (unsigned)l->cores) {
        if (wrt_sched_stats_get(l->q, WRT_SCHED_NOBODY, &st) != WRT_OK) break;
        struct timespec ms = { 0, 1000000 };
        nanosleep(&ms, NULL);
    }
    wrt_sched_stop(l->q);
    return NULL;
}

/* Real threads and clocks: nothing here depends on how long anything takes. */
static void on_the_clock(uint32_t cores, bool os)
{
    struct set_world w;
    wrt_store *stores[2];
    struct looker l = { 0 };
    pthread_t thread;
    wrt_sched_info info;
    wrt_sched_stats st;
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_EDF);
    o.virtual_time = false;
    o.event = NULL;
    o.no_mode_switching = true;
    if (os) {
        o.pin = o.lock_memory = true;
        o.os_policy = WRT_OS_FIFO;
        o.os_priority = 10;
    }
    cores_set(&w, o, cores, stores, false);
    CHECK_EQ(wrt_sched_prepare(w.q, &w.err), WRT_OK);
    l.q = w.q;
    l.cores = (int)cores;
    REQUIRE(pthread_create(&thread, NULL, stop_later, &l) == 0);
    CHECK_EQ(wrt_sched_run(w.q, UINT64_MAX, &w.err), WRT_PENDING);
    pthread_join(thread, NULL);
    CHECK_EQ(wrt_sched_stats_get(w.q, WRT_SCHED_NOBODY, &st), WRT_OK);
    CHECK(st.done >= 40u * cores);
    CHECK_EQ(st.failed, 0);
    for (uint32_t k = 0; k < cores; k++) {
        CHECK_EQ(wrt_sched_info_get(w.q, k, &info), WRT_OK);
        CHECK(info.latency_fuel >= 10000 + 256);
        if (os) CHECK(info.os_text[0] && strstr(info.os_text, "SCHED_FIFO"));
        CHECK(info.pinned == WRT_OK || info.pinned == WRT_E_DENIED);
        CHECK(info.os_policy == WRT_OK || info.os_policy == WRT_E_DENIED);
    }
    /* and a bounded time, on the same set */
    CHECK_EQ(wrt_sched_run(w.q, st.now_ns + 20000000, &w.err), WRT_OK);
    wrt_sched_free(w.q);
    w.q = NULL;
    for (uint32_t k = 0; k < cores; k++) wrt_store_free(stores[k]);
    set_close(&w);
}

TEST(the_clock_and_threads)
{
    on_the_clock(1, false);
    on_the_clock(2, false);
    on_the_clock(1, true);
}

/* A host on which it takes a minute until a second thread is there. */
enum { SLOW_MINUTE = 60, SLOW_THREADS = 2 };     /* this one and the one that stops */
static _Atomic uint64_t slow_late, slow_ready;

static uint64_t slow_clock(void *ctx)
{
    struct timespec t;
    struct stat tasks;
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 2 + (nlink_t)SLOW_THREADS) slow_ready = 1;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec + slow_ready * SLOW_MINUTE * 1000000000u;
}

static void slow_event(void *ctx, const wrt_sched_event *e)
{
    (void)ctx;
    if (e->kind == WRT_TRACE_RELEASE && e->job == 0 && e->seen_ns > SLOW_MINUTE / 2 * UINT64_C(1000000000))
        slow_late++;
}

TEST(time_begins_when_all_threads_are_there)
{
    struct set_world w;
    wrt_store *stores[2];
    struct looker l = { .cores = 2 };
    pthread_t thread;
    wrt_host host = WRT_INIT(wrt_host);
    wrt_config c = WRT_INIT(wrt_config);
    set_open(&w);
    wrt_store_free(w.s);
    wrt_linker_free(w.l);
    wrt_engine_free(w.e);
    host.mono_ns = slow_clock;
    c.alloc = &w.heap.alloc;
    c.host = &host;
    CHECK_EQ(wrt_engine_new(&c, &w.e, &w.err), WRT_OK);
    CHECK_EQ(wrt_linker_new(w.e, &w.l, &w.err), WRT_OK);
    w.s = set_store(&w, true);
    wrt_sched_opts o = set_opts(&w, WRT_EDF);
    o.virtual_time = false;
    o.event = slow_event;
    cores_set(&w, o, 2, stores, false);
    CHECK_EQ(wrt_sched_prepare(w.q, &w.err), WRT_OK);
    l.q = w.q;
    REQUIRE(pthread_create(&thread, NULL, stop_later, &l) == 0);
    CHECK_EQ(wrt_sched_run(w.q, UINT64_MAX, &w.err), WRT_PENDING);
    pthread_join(thread, NULL);
    CHECK_EQ(slow_ready, 1);
    CHECK_EQ(slow_late, 0);
    wrt_sched_free(w.q);
    w.q = NULL;
    for (uint32_t k = 0; k < 2; k++) wrt_store_free(stores[k]);
    set_close(&w);
}

static struct { wrt_sched *q; uint64_t heard, stop_at; } flood;

static void flood_event(void *ctx, const wrt_sched_event *e)
{
    (void)ctx, (void)e;
    if (++flood.heard == flood.stop_at) wrt_sched_stop(flood.q);
}

/* A release every nanosecond is more than can be told: to stop and the end of a run come through. */
TEST(what_can_never_be_caught_up_can_be_stopped)
{
    struct set_world w;
    set_open(&w);
    wrt_store *s = set_store(&w, false);
    wrt_sched_opts o = set_opts(&w, WRT_EDF);
    o.virtual_time = false;
    o.event = flood_event;
    set_begin(&w, o);
    wrt_code *c = set_code(&w, "jobs");
    for (int k = 0; k < 3; k++)
        set_add(&w, set_task(set_func(&w, set_instance(&w, s, c), "burn_5"), 1, 900), 3);
    flood.q = w.q;
    flood.heard = 0;
    flood.stop_at = 10000;
    CHECK_EQ(wrt_sched_run(w.q, UINT64_MAX, &w.err), WRT_PENDING);
    CHECK(flood.heard >= 10000 && flood.heard < 10000 + 300);
    flood.stop_at = UINT64_MAX;
    wrt_sched_stats st;
    CHECK_EQ(wrt_sched_stats_get(w.q, WRT_SCHED_NOBODY, &st), WRT_OK);
    CHECK_EQ(wrt_sched_run(w.q, st.now_ns + 1000000, &w.err), WRT_OK);
    wrt_sched_free(w.q);
    w.q = NULL;
    wrt_store_free(s);
    set_close(&w);
}

/* ---- made anew ---------------------------------------------------------------------------------------- */

static uint32_t mend_answers[64], mend_count;
static void mend_event(void *ctx, const wrt_sched_event *e)
{
    struct set_world *w = ctx;
    wrt_val v = { 0 };
    set_event(w, e);
    if (e->kind == WRT_TRACE_FAILED && mend_count < 64) mend_answers[mend_count++] = 0;
    if (e->kind == WRT_TRACE_ABORT && mend_count < 64) mend_answers[mend_count++] = 1;
    if (e->kind != WRT_TRACE_DONE || mend_count == 64) return;
    CHECK_EQ(wrt_task_result(w->s, wrt_sched_task_of(w->q, 0), &v, 1, &w->err), WRT_OK);
    mend_answers[mend_count++] = v.of.u32;
}

/* After a trap the next job runs start function and `_initialize` again, within its own budget. mend.wat */
static void mend(uint64_t fuel, bool init, uint64_t cut, const uint32_t *expected)
{
    struct set_world w;
    mend_count = 0;
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_EDF);
    o.event = mend_event;
    set_begin(&w, o);
    wrt_instance *i = set_instance(&w, w.s, set_code(&w, "mend"));
    wrt_func *f = set_func(&w, i, "_initialize");
    CHECK_EQ(wrt_instance_init(i, set_func(&w, i, "wrong"), &w.err), WRT_E_TYPE);
    CHECK_EQ(wrt_instance_init(NULL, f, &w.err), WRT_E_ARG);
    if (init) {
        CHECK_EQ(wrt_call_sync(w.s, f, NULL, 0, NULL, 0, &w.err), WRT_OK);
        CHECK_EQ(wrt_instance_init(i, f, &w.err), WRT_OK);
        CHECK_EQ(wrt_instance_on_trap(i, WRT_ON_TRAP_RESET, 1, 0, &w.err), WRT_E_ARG);
    }
    set_add(&w, set_task(set_func(&w, i, "step"), 1000, fuel), 0);
    for (uint64_t t = cut; t < 7000 + cut; t += cut) CHECK_EQ(wrt_sched_run(w.q, t, &w.err), WRT_OK);
    CONTEXT("fuel %u, init %d, cut %u", (unsigned)fuel, init, (unsigned)cut);
    CHECK(mend_count >= 7);
    for (int k = 0; k < 7; k++) CHECK_EQ(mend_answers[k], expected[k]);
    set_close(&w);
}

TEST(an_instance_with_a_start_function_is_made_anew)
{
    static const uint32_t whole[] = { 1142, 2142, 0, 1142, 2142, 0, 1142 };
    static const uint32_t start[] = { 1140, 2140, 0, 1140, 2140, 0, 1140 };
    static const uint32_t poor[] = { 1142, 2142, 0, 1, 1, 1, 1 };
    for (uint64_t cut = 1; cut < 9000; cut = cut * 3 + 1) {
        mend(200, true, cut, whole);
        mend(200, false, cut, start);
        mend(22, true, cut, poor);
    }
}

/* Until a job has made it anew, nobody else gets in. */
TEST(what_waits_to_be_made_anew_is_poisoned)
{
    struct set_world w;
    set_open(&w);
    set_begin(&w, set_opts(&w, WRT_EDF));
    wrt_instance *i = set_instance(&w, w.s, set_code(&w, "mend"));
    set_add(&w, set_task(set_func(&w, i, "step"), 1000, 200), 0);
    CHECK_EQ(wrt_sched_run(w.q, 2900, &w.err), WRT_OK);
    CHECK_EQ(wrt_call_sync(w.s, set_func(&w, i, "peek"), NULL, 0, NULL, 0, &w.err), WRT_E_POISONED);
    wrt_val out = { 0 };
    CHECK_EQ(wrt_sched_run(w.q, 3900, &w.err), WRT_OK);
    CHECK_EQ(wrt_call_sync(w.s, set_func(&w, i, "peek"), NULL, 0, &out, 1, &w.err), WRT_OK);
    CHECK_EQ(out.of.i32, 40);
    set_close(&w);
}
