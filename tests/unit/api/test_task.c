/* Tasks end to end: real guests, cut at every place, parked, refuelled, cancelled, locked out of each other.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the host that the guests see --------------------------------------------------------------------- */

enum { PARKED = 4096, SAID = 4096 };
static struct {
    wrt_completion parked[PARKED];
    uint32_t parked_count;
    int32_t said[SAID];
    uint32_t said_count;
    bool say_yields;
    wrt_status inside;          /* what calls into the running store answered */
    wrt_func *inside_func;
} host;

static wrt_status host_park(void *ctx, wrt_call *c)
{
    wrt_completion k;
    (void)ctx;
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &k);
    if (status != WRT_OK) return status;
    host.parked[host.parked_count++ % PARKED] = k;
    int32_t ms = wrt_arg(c, 0).of.i32;
    if (ms > 0) {
        wrt_store *s = wrt_call_store(c);
        status = wrt_complete_at(s, k, wrt_now_ns(s) + (uint64_t)ms * 1000000u);
        if (status != WRT_OK) return status;
    }
    return WRT_PENDING;
}

static wrt_status host_say(void *ctx, wrt_call *c)
{
    (void)ctx;
    host.said[host.said_count++ % SAID] = wrt_arg(c, 0).of.i32;
    if (host.inside_func) {
        wrt_error err;
        wrt_store *s = wrt_call_store(c);
        CHECK_EQ(wrt_run(s, NULL), WRT_E_STATE);
        CHECK_EQ(wrt_wait(s, 0), WRT_E_STATE);
        host.inside = wrt_call_sync(s, host.inside_func, NULL, 0, NULL, 0, &err);
    }
    return host.say_yields ? WRT_YIELDED : WRT_OK;
}

static wrt_status host_charge(void *ctx, wrt_call *c)
{
    (void)ctx;
    return wrt_charge(c, wrt_arg(c, 0).of.u);
}

static wrt_status host_exit(void *ctx, wrt_call *c)
{
    (void)ctx;
    return wrt_exit(c, wrt_arg(c, 0).of.i32);
}

static wrt_status host_many(void *ctx, wrt_call *c)
{
    wrt_val out[4];
    (void)ctx;
    CHECK_EQ(wrt_arg_count(c), 4);
    for (size_t i = 0; i < 4; i++) out[3 - i] = wrt_arg(c, i);
    CHECK_EQ(wrt_arg(c, 4).kind, 0);
    CHECK_EQ(wrt_return(c, out, 3), WRT_E_TYPE);
    wrt_val swapped[4] = { out[1], out[0], out[2], out[3] };
    CHECK_EQ(wrt_return(c, swapped, 4), WRT_E_TYPE);
    return wrt_return(c, out, 4);
}

static const wrt_fn_def host_defs[] = {
    { sizeof(wrt_fn_def), { "park", 4 }, { "(i32) -> (i64)", 14 }, host_park, NULL, 0 },
    { sizeof(wrt_fn_def), { "say", 3 }, { "(i32)", 5 }, host_say, NULL, 3 },
    { sizeof(wrt_fn_def), { "charge", 6 }, { "(i64)", 5 }, host_charge, NULL, 0 },
    { sizeof(wrt_fn_def), { "exit", 4 }, { "(i32)", 5 }, host_exit, NULL, 0 },
    { sizeof(wrt_fn_def), { "many", 4 }, { "(i32 i64 f32 f64) -> (f64 f32 i64 i32)", 38 }, host_many, NULL,
        0 },
};

static void open_store(struct world *w, wrt_store_opts o)
{
    world_open(w);
    memset(&host, 0, sizeof host);
    wrt_store_free(w->s);
    REQUIRE(wrt_store_new(w->e, &o, &w->s, &w->err) == WRT_OK);
    REQUIRE(wrt_link_funcs(w->l, WRT_STR("host"), host_defs, COUNT(host_defs), &w->err) == WRT_OK);
}

static wrt_store_opts store_opts(wrt_policy policy, uint64_t quantum)
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    o.policy = policy;
    o.quantum_fuel = quantum;
    return o;
}

static wrt_func *func(struct world *w, wrt_instance *i, const char *name)
{
    wrt_func *f = NULL;
    CHECK_EQ(wrt_export_func(i, (wrt_str){ name, strlen(name) }, &f, &w->err), WRT_OK);
    return f;
}

static wrt_task start(struct world *w, wrt_func *f, int32_t arg, const wrt_task_opts *o)
{
    wrt_task t = { 0 };
    wrt_val v = wrt_i32(arg);
    size_t n = wrt_func_type_of(f).params;
    CHECK_EQ(wrt_task_start(w->s, f, &v, n, o, &t, &w->err), WRT_OK);
    return t;
}

static wrt_task_info info(struct world *w, wrt_task t)
{
    wrt_task_info i = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_task_info_get(w->s, t, &i), WRT_OK);
    return i;
}

static int64_t result(struct world *w, wrt_task t)
{
    wrt_val v = { 0 };
    CHECK_EQ(wrt_task_result(w->s, t, &v, 1, &w->err), WRT_OK);
    return v.of.i;
}

static wrt_status run_fuel(struct world *w, uint64_t fuel)
{
    wrt_turn turn = { fuel, 0 };
    return wrt_run(w->s, &turn);
}

/* ---- slices -------------------------------------------------------------------------------------------- */

/* Two of sixteen share an instance, and so a shadow stack. */
static void run_sixteen(uint64_t slice, wrt_policy policy, int64_t *sums, uint64_t *fuels)
{
    struct world w;
    wrt_instance *instances[15];
    wrt_task t[16];
    open_store(&w, store_opts(policy, slice));
    wrt_code *code = world_code(&w, "tasks");
    for (int i = 0; i < 15; i++) REQUIRE(wrt_instantiate(w.s, w.l, code, &instances[i], &w.err) == WRT_OK);
    for (int i = 0; i < 16; i++) {
        wrt_task_opts o = WRT_INIT(wrt_task_opts);
        o.priority = (uint8_t)(1 + i % 5);
        t[i] = start(&w, func(&w, instances[i % 15], i % 4 == 3 ? "fib" : "work"),
            i % 4 == 3 ? 9 + i % 3 : 100 + i, &o);
    }
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    for (int i = 0; i < 16; i++) {
        sums[i] = result(&w, t[i]);
        fuels[i] = info(&w, t[i]).guest_fuel;
    }
    world_close(&w);
}

TEST(slices_change_neither_results_nor_fuel)
{
    static const uint64_t slices[] = { UINT64_MAX, 1, 2, 7, 100, 1000 };
    int64_t sums[2][16];
    uint64_t fuels[2][16];
    for (size_t k = 0; k < COUNT(slices); k++) {
        for (int policy = 0; policy < 3; policy++) {
            bool first = k == 0 && policy == 0;
            CONTEXT("slice %llu, policy %d", (unsigned long long)slices[k], policy);
            run_sixteen(slices[k], (wrt_policy)policy, sums[!first], fuels[!first]);
            if (first) continue;
            CHECK_MEM(sums[1], sums[0], sizeof sums[0]);
            CHECK_MEM(fuels[1], fuels[0], sizeof fuels[0]);
        }
    }
    CHECK(fuels[0][0] > 1000 && sums[0][0] != sums[0][1]);
}

TEST(endless_loops_share_the_processor)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 500));
    wrt_task a = start(&w, func(&w, world_instance(&w, "tasks"), "spin"), 0, NULL);
    wrt_instance *second;
    REQUIRE(wrt_instantiate(w.s, w.l, w.codes[0], &second, &w.err) == WRT_OK);
    wrt_task b = start(&w, func(&w, second, "spin"), 0, NULL);
    CHECK_EQ(run_fuel(&w, 100000), WRT_PENDING);
    uint64_t x = info(&w, a).guest_fuel, y = info(&w, b).guest_fuel;
    CHECK(x + y >= 100000 && x + y <= 100256);
    CHECK(x <= y + 500 + 256 && y <= x + 500 + 256);
    wrt_stats stats;
    wrt_stats_get(w.s, &stats);
    CHECK(stats.guest_fuel == x + y && stats.tasks_live == 2 && stats.slices >= 199 && stats.instances == 2);
    world_close(&w);
}

TEST(a_host_function_may_give_up_the_turn)
{
    struct world w;
    open_store(&w, store_opts(WRT_COOPERATIVE, 0));
    wrt_instance *a = world_instance(&w, "tasks"), *b;
    REQUIRE(wrt_instantiate(w.s, w.l, w.codes[0], &b, &w.err) == WRT_OK);
    host.say_yields = true;
    for (int i = 0; i < 2; i++) {
        wrt_val args[2] = { wrt_i32(i), wrt_i32(3) };
        REQUIRE(wrt_task_start(w.s, func(&w, i ? b : a, "say_spin"), args, 2, NULL, NULL, &w.err) == WRT_OK);
    }
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    static const int32_t turns[6] = { 0, 1, 0, 1, 0, 1 };
    CHECK_EQ(host.said_count, 6);
    CHECK_MEM(host.said, turns, sizeof turns);
    wrt_stats stats;
    wrt_stats_get(w.s, &stats);
    CHECK_EQ(stats.host_fuel, 18); /* the declared price */
    world_close(&w);
}

/* The same run gives the same trace on every build: these numbers are compared between builds, too. */
static uint64_t trace_run(uint64_t slice, uint64_t *places)
{
    static uint8_t ring[1 << 18];
    static wrt_trace_rec records[(1 << 18) / 40];
    struct world w;
    uint64_t lost = 0, hash;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, slice));
    CHECK_EQ(wrt_trace_ring(w.s, ring, sizeof ring), WRT_OK);
    wrt_instance *a = world_instance(&w, "tasks");
    wrt_func *work = func(&w, a, "work");
    for (int i = 0; i < 3; i++) start(&w, work, 10 + i, NULL);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    size_t n = wrt_trace_drain(w.s, records, COUNT(records), &lost);
    CHECK(lost == 0 && n > 9 && records[0].kind == WRT_TRACE_TASK_START
        && records[n - 1].kind == WRT_TRACE_TASK_END);
    for (size_t i = 0; i < n; i++)
        *places += records[i].kind == WRT_TRACE_SLICE_END && records[i].a != UINT32_MAX;
    hash = wrt_trace_hash(w.s);
    world_close(&w);
    return hash;
}

TEST(the_same_run_leaves_the_same_trace)
{
    uint64_t places[3] = { 0 };
    uint64_t a = trace_run(50, &places[0]), b = trace_run(50, &places[1]), c = trace_run(51, &places[2]);
    CHECK_EQ(a, b);
    CHECK(a != c && places[0] == places[1] && places[0] > 10);
}

/* ---- fuel ---------------------------------------------------------------------------------------------- */

TEST(a_budget_is_never_overrun_and_refuelling_resumes)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 0));
    wrt_func *work = func(&w, world_instance(&w, "tasks"), "work");
    wrt_task whole = start(&w, work, 100, NULL);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    uint64_t total = info(&w, whole).guest_fuel;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    for (uint64_t step = 1; step < 3000; step = step * 3 + 1) {
        CONTEXT("step %llu", (unsigned long long)step);
        o.fuel = step;
        wrt_task t = start(&w, work, 100, &o);
        wrt_status status;
        while ((status = wrt_run(w.s, NULL)) == WRT_FUEL_OUT) {
            wrt_task_info i = info(&w, t);
            wrt_frame f[2];
            if (!CHECK(i.guest_fuel <= i.budget && i.state == WRT_TASK_FUEL_OUT)) break;
            if (i.guest_fuel > 0) CHECK(wrt_task_frames(w.s, t, f, 2) >= 1 && f[0].offset > 0);
            CHECK_EQ(wrt_fuel_add(w.s, t, step), WRT_OK);
        }
        CHECK_EQ(status, WRT_OK);
        CHECK_EQ(info(&w, t).guest_fuel, total);
        CHECK_EQ(result(&w, t), result(&w, whole));
        CHECK(info(&w, t).budget - info(&w, t).guest_fuel < step + 600);
        CHECK_EQ(wrt_task_close(w.s, t), WRT_OK);
    }
    o.fuel = total - 1;
    o.on_empty = WRT_FUEL_TRAP;
    wrt_task t = start(&w, work, 100, &o);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(wrt_task_result(w.s, t, NULL, 0, &w.err), WRT_E_FUEL);
    CHECK_STR(w.err.table, "task");
    CHECK_EQ(w.err.trap, WRT_TRAP_FUEL);
    o.fuel = total;
    t = start(&w, work, 100, &o); /* and the lock of the one that ran dry is free */
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(result(&w, t), result(&w, whole));
    world_close(&w);
}

TEST(a_charge_waits_for_fuel_and_is_made_once)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 0));
    wrt_func *f = func(&w, world_instance(&w, "tasks"), "charge");
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_val amount = wrt_i64(5000);
    wrt_task t;
    o.fuel = 1000;
    REQUIRE(wrt_task_start(w.s, f, &amount, 1, &o, &t, &w.err) == WRT_OK);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_FUEL_OUT);
    CHECK_EQ(info(&w, t).host_fuel, 0);
    CHECK_EQ(wrt_fuel_add(w.s, t, 4500), WRT_OK);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(info(&w, t).host_fuel, 5000);
    world_close(&w);
}

TEST(a_sync_call_out_of_the_stores_fuel_fails_and_names_it)
{
    struct world w;
    wrt_store_opts o = store_opts(WRT_ROUND_ROBIN, 0);
    o.fuel = 500;
    open_store(&w, o);
    wrt_instance *i = world_instance(&w, "tasks");
    CHECK_EQ(world_call(&w, i, "spin", NULL, 0, NULL, 0), WRT_E_FUEL);
    CHECK_STR(w.err.table, "store");
    wrt_fuel_state fuel;
    CHECK_EQ(wrt_fuel_get(w.s, (wrt_task){ 0 }, &fuel), WRT_OK);
    CHECK(fuel.budget == 500 && fuel.guest <= 500 && fuel.guest > 400);
    world_close(&w);
}

/* ---- ends ---------------------------------------------------------------------------------------------- */

TEST(a_trap_has_a_place_and_does_not_poison)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 0));
    wrt_instance *i = world_instance(&w, "tasks");
    wrt_task t = start(&w, func(&w, i, "trap"), 3, NULL);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(wrt_task_result(w.s, t, NULL, 0, &w.err), WRT_E_TRAP);
    CHECK(w.err.trap == WRT_TRAP_UNREACHABLE && w.err.offset != UINT64_MAX && w.err.code == 301);
    CHECK_STR(w.err.message, "unreachable");
    CHECK(has_text(w.err.where, "trap_below"));
    wrt_frame f[8];
    CHECK_EQ(wrt_task_frames(w.s, t, f, 8), 5);
    CHECK(f[0].offset == w.err.offset && f[0].func == f[3].func && f[4].func != f[0].func);
    wrt_val three = wrt_i32(3), r;
    CHECK_EQ(world_call(&w, i, "fib", &three, 1, &r, 1), WRT_OK);
    CHECK_EQ(r.of.i32, 2);
    CHECK_EQ(world_call(&w, i, "recurse", NULL, 0, NULL, 0), WRT_E_TRAP);
    CHECK_EQ(w.err.trap, WRT_TRAP_STACK_EXHAUSTED);
    wrt_val code = wrt_i32(42);
    CHECK_EQ(world_call(&w, i, "exit", &code, 1, NULL, 0), WRT_E_EXIT);
    CHECK_EQ(w.err.exit_code, 42);
    CHECK_EQ(world_call(&w, i, "fib", &three, 1, &r, 1), WRT_OK);
    world_close(&w);
}

TEST(values_of_every_kind_cross_in_order)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 0));
    wrt_instance *i = world_instance(&w, "tasks");
    wrt_val in[4] = { wrt_i32(-7), wrt_i64(INT64_MIN), wrt_f32(1.5f), wrt_f64(-0.25) }, out[4];
    CHECK_EQ(world_call(&w, i, "many", in, 4, out, 4), WRT_OK);
    CHECK(out[0].of.f64 == -0.25 && out[1].of.f32 == 1.5f && out[2].of.i == INT64_MIN && out[3].of.i32 == -7);
    CHECK_EQ(world_call(&w, i, "many", in, 3, out, 4), WRT_E_TYPE);
    CHECK_EQ(world_call(&w, i, "many", in, 4, out, 3), WRT_E_TYPE);
    in[0] = wrt_i64(1);
    CHECK_EQ(world_call(&w, i, "many", in, 4, out, 4), WRT_E_TYPE);
    CHECK(has_text(w.err.message, "argument 0"));
    wrt_store *other;
    REQUIRE(wrt_store_new(w.e, NULL, &other, &w.err) == WRT_OK);
    CHECK_EQ(wrt_call_sync(other, func(&w, i, "nothing"), NULL, 0, NULL, 0, &w.err), WRT_E_ARG);
    wrt_store_free(other);
    wrt_task t = start(&w, func(&w, i, "work"), 5, NULL);
    CHECK_EQ(wrt_task_result(w.s, t, out, 1, &w.err), WRT_PENDING);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(wrt_task_result(w.s, t, out, 2, &w.err), WRT_E_TYPE);
    CHECK_EQ(wrt_task_result(w.s, t, out, 1, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_close(w.s, t), WRT_OK);
    CHECK_EQ(wrt_task_result(w.s, t, out, 1, &w.err), WRT_E_STATE);
    CHECK_EQ(wrt_task_frames(w.s, t, NULL, 0), 0);
    world_close(&w);
}

TEST(a_running_store_is_not_entered_again)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 0));
    wrt_instance *i = world_instance(&w, "tasks");
    wrt_val args[2] = { wrt_i32(1), wrt_i32(1) };
    host.inside_func = func(&w, i, "nothing");
    CHECK_EQ(world_call(&w, i, "say_spin", args, 2, NULL, 0), WRT_OK);
    CHECK_EQ(host.inside, WRT_E_STATE);
    world_close(&w);
}

TEST(info_is_exact)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 50000));
    wrt_instance *i = world_instance(&w, "tasks");
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.name = WRT_STR("a name that is longer than thirty-one bytes");
    o.priority = 9;
    wrt_task t = start(&w, func(&w, i, "grow"), 2, &o);
    wrt_task_info before = info(&w, t);
    CHECK(before.state == WRT_TASK_READY && before.memory_peak_bytes == 65536 && before.slices == 0);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    wrt_task_info after = info(&w, t);
    CHECK(
        after.state == WRT_TASK_DONE && after.status == WRT_OK && after.slices == 1 && after.guest_fuel > 0);
    CHECK_EQ(after.memory_peak_bytes, 3 * 65536);
    CHECK_STR(after.name, "a name that is longer than thir");
    CHECK(after.priority == 9 && after.slice == 50000 && after.budget == WRT_FUEL_UNLIMITED
        && after.stack_peak_bytes > 0);
    wrt_task deep = start(&w, func(&w, i, "fib"), 15, NULL), flat = start(&w, func(&w, i, "fib"), 1, NULL);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK(info(&w, deep).stack_peak_bytes > info(&w, flat).stack_peak_bytes);
    struct { uint32_t size; wrt_task_state state; } old = { sizeof old, WRT_TASK_READY };
    CHECK_EQ(wrt_task_info_get(w.s, t, (wrt_task_info *)(void *)&old), WRT_OK);
    CHECK(old.state == WRT_TASK_DONE && old.size == 8);
    world_close(&w);
}

/* ---- parking ------------------------------------------------------------------------------------------- */

static void *post_all(void *inbox)
{
    usleep(5000);
    for (uint32_t i = host.parked_count; i-- > 0;)
        CHECK_EQ(wrt_complete_post(inbox, host.parked[i], WRT_OK, i), WRT_OK);
    return NULL;
}

TEST(parked_tasks_wake_from_another_thread)
{
    enum { N = 100 };
    struct world w;
    wrt_task t[N];
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 20));
    wrt_code *code = world_code(&w, "tasks");
    for (int i = 0; i < N; i++) {
        wrt_instance *instance;
        REQUIRE(wrt_instantiate(w.s, w.l, code, &instance, &w.err) == WRT_OK);
        t[i] = start(&w, func(&w, instance, "park"), 0, NULL);
    }
    wrt_instance *spinner;
    REQUIRE(wrt_instantiate(w.s, w.l, code, &spinner, &w.err) == WRT_OK);
    wrt_func *spin = func(&w, spinner, "spin");
    CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
    CHECK_EQ(host.parked_count, N);
    for (int busy = 0; busy < 2; busy++) { /* once asleep, once with somebody running all the time */
        pthread_t thread;
        wrt_inbox *inbox = wrt_inbox_of(w.s);
        wrt_task s = { 0 };
        if (busy) s = start(&w, spin, 0, NULL);
        pthread_create(&thread, NULL, post_all, inbox);
        wrt_stats stats;
        do {
            if (busy) {
                run_fuel(&w, 10000);
            } else {
                wrt_wait(w.s, UINT64_MAX);
            }
            wrt_stats_get(w.s, &stats);
        } while (stats.tasks_live > (busy ? 1u : 0u));
        pthread_join(thread, NULL);
        for (int i = 0; i < N; i++) {
            CHECK_EQ(result(&w, t[i]), i + 1);
            CHECK_EQ(wrt_task_close(w.s, t[i]), WRT_OK);
        }
        if (!busy) {
            host.parked_count = 0;
            wrt_instance *one;
            for (int i = 0; i < N; i++) {
                REQUIRE(wrt_instantiate(w.s, w.l, code, &one, &w.err) == WRT_OK);
                t[i] = start(&w, func(&w, one, "park"), 0, NULL);
            }
            CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
        }
        if (s.v) CHECK_EQ(wrt_task_close(w.s, s), WRT_OK);
        wrt_inbox_drop(inbox);
    }
    world_close(&w);
}

static wrt_inbox *signal_inbox;
static void on_signal(int number)
{
    (void)number;
    (void)wrt_complete_post(signal_inbox, host.parked[0], WRT_OK, 41);
}

TEST(a_signal_handler_completes_a_call)
{
    struct world w;
    wrt_status status;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 0));
    wrt_task t = start(&w, func(&w, world_instance(&w, "tasks"), "park"), 0, NULL);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
    signal_inbox = wrt_inbox_of(w.s);
    signal(SIGALRM, on_signal);
    ualarm(5000, 0);
    while ((status = wrt_wait(w.s, UINT64_MAX)) == WRT_IDLE) {}
    CHECK_EQ(status, WRT_OK);
    CHECK_EQ(result(&w, t), 42);
    wrt_inbox_drop(signal_inbox);
    world_close(&w);
}

TEST(virtual_sleepers_wake_in_order_without_waiting)
{
    struct world w;
    wrt_store_opts o = store_opts(WRT_ROUND_ROBIN, 0);
    wrt_task t[10];
    o.virtual_time = true;
    open_store(&w, o);
    wrt_code *code = world_code(&w, "tasks");
    for (int i = 0; i < 10; i++) {
        wrt_instance *instance;
        REQUIRE(wrt_instantiate(w.s, w.l, code, &instance, &w.err) == WRT_OK);
        t[i] = start(&w, func(&w, instance, "park_twice"), 3600000 - i, NULL); /* an hour */
    }
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK(wrt_now_ns(w.s) >= 7200000u * 1000000ull && wrt_now_ns(w.s) < 7300000u * 1000000ull);
    for (int i = 1; i < 10; i++) CHECK_EQ(result(&w, t[i]), result(&w, t[0]));
    world_close(&w);
}

TEST(a_host_function_can_be_a_task)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 0));
    wrt_task t = start(&w, func(&w, world_instance(&w, "tasks"), "host_park"), 0, NULL);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
    CHECK_EQ(wrt_complete(w.s, host.parked[0], WRT_OK, 7), WRT_OK);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(result(&w, t), 7);
    world_close(&w);
}

/* ---- locks, cancellation ------------------------------------------------------------------------------- */

TEST(one_call_at_a_time_in_an_instance)
{
    struct world w;
    wrt_task t[4];
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 30));
    wrt_instance *tasks = world_instance(&w, "tasks");
    REQUIRE(wrt_link_instance(w.l, WRT_STR("tasks"), tasks, &w.err) == WRT_OK);
    wrt_instance *peer = world_instance(&w, "peer");
    wrt_val n = wrt_i32(40), alone;
    REQUIRE(world_call(&w, tasks, "work", &n, 1, &alone, 1) == WRT_OK);
    for (int i = 0; i < 4; i++) t[i] = start(&w, func(&w, i % 2 ? peer : tasks, "work"), 40, NULL);
    wrt_turn turn = { 0, 6 };
    CHECK_EQ(wrt_run(w.s, &turn), WRT_PENDING);
    CHECK_EQ(info(&w, t[1]).state, WRT_TASK_LOCKED); /* inside peer, at the door of tasks */
    CHECK_EQ(info(&w, t[2]).state, WRT_TASK_LOCKED);
    CHECK_EQ(info(&w, t[3]).state, WRT_TASK_LOCKED); /* at the door of peer */
    wrt_frame f[2];
    CHECK_EQ(wrt_task_frames(w.s, t[1], f, 2), 1);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    for (int i = 0; i < 4; i++) CHECK_EQ(result(&w, t[i]), alone.of.i + (i % 2 ? 1 + i / 2 : 0));
    world_close(&w);
}

TEST(a_cancelled_task_poisons_where_it_was_preempted)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 30));
    wrt_instance *tasks = world_instance(&w, "tasks");
    REQUIRE(wrt_link_instance(w.l, WRT_STR("tasks"), tasks, &w.err) == WRT_OK);
    wrt_instance *peer = world_instance(&w, "peer");
    wrt_val n = wrt_i32(3), r;
    /* parked in a host call, called across the border: nothing is poisoned */
    wrt_task t = start(&w, func(&w, peer, "park"), 0, NULL);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
    CHECK_EQ(info(&w, t).state, WRT_TASK_WAITING);
    wrt_task next = start(&w, func(&w, tasks, "work"), 3, NULL);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
    CHECK_EQ(info(&w, next).state, WRT_TASK_LOCKED);
    CHECK_EQ(wrt_task_cancel(w.s, t), WRT_OK);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(info(&w, next).state, WRT_TASK_DONE);
    CHECK_EQ(wrt_task_result(w.s, t, NULL, 0, &w.err), WRT_E_CANCELLED);
    CHECK_EQ(wrt_complete(w.s, host.parked[0], WRT_OK, 0), WRT_E_STATE);
    /* preempted inside tasks, called from peer: both are, and those at the door hear it */
    t = start(&w, func(&w, peer, "work"), 1000, NULL);
    for (int i = 0; i < 3; i++) CHECK_EQ(wrt_task_step(w.s, t, 100, &w.err), WRT_YIELDED);
    CHECK_EQ(wrt_task_frames(w.s, t, NULL, 0) >= 2, 1);
    wrt_task doors[3];
    for (int i = 0; i < 3; i++) doors[i] = start(&w, func(&w, i == 1 ? peer : tasks, "work"), 3, NULL);
    CHECK_EQ(run_fuel(&w, 200), WRT_PENDING);
    CHECK_EQ(info(&w, doors[0]).state, WRT_TASK_LOCKED);
    CHECK_EQ(wrt_task_close(w.s, t), WRT_OK);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    for (int i = 0; i < 3; i++) CHECK_EQ(wrt_task_result(w.s, doors[i], NULL, 0, &w.err), WRT_E_POISONED);
    CHECK_EQ(world_call(&w, tasks, "work", &n, 1, &r, 1), WRT_E_POISONED);
    CHECK_EQ(world_call(&w, peer, "work", &n, 1, &r, 1), WRT_E_POISONED);
    world_close(&w);
}

TEST(a_task_that_never_ran_poisons_nothing)
{
    struct world w;
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 30));
    wrt_instance *tasks = world_instance(&w, "tasks");
    wrt_task t = start(&w, func(&w, tasks, "spin"), 0, NULL);
    CHECK_EQ(wrt_task_cancel(w.s, t), WRT_OK);
    CHECK_EQ(world_call(&w, tasks, "nothing", NULL, 0, NULL, 0), WRT_OK);
    world_close(&w);
}

/* ---- limits -------------------------------------------------------------------------------------------- */

TEST(two_thousand_and_forty_eight_tasks_and_no_more)
{
    enum { N = 2048 };
    struct world w;
    static wrt_task t[N];
    open_store(&w, store_opts(WRT_ROUND_ROBIN, 7));
    wrt_func *work = func(&w, world_instance(&w, "tasks"), "work");
    for (int i = 0; i < N; i++) t[i] = start(&w, work, 1 + i % 4, NULL);
    uint64_t live = w.heap.live, bytes = w.heap.live_bytes;
    wrt_val n = wrt_i32(1);
    wrt_task none = { 0 };
    CHECK_EQ(wrt_task_start(w.s, work, &n, 1, NULL, &none, &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "tasks");
    CHECK(none.v == 0 && w.heap.live == live && w.heap.live_bytes == bytes);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    for (int i = 4; i < N; i++) CHECK_EQ(result(&w, t[i]), result(&w, t[i % 4]));
    CHECK_EQ(wrt_task_close(w.s, t[5]), WRT_OK);
    wrt_task again = start(&w, work, 1, NULL);
    CHECK(again.v != t[5].v && wrt_task_cancel(w.s, t[5]) == WRT_E_STATE);
    world_close(&w);
}
