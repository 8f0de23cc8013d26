/* The executor over scripted guests: parking and waking, ends, clocks, descriptors, limits, refused memory.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "fake_host.h"

static uint64_t finished_with;

/* ---- completions ------------------------------------------------------------------------------------- */

TEST(a_completion_arrives_once)
{
    struct wrt__executor *x = open_parking();
    wrt_inbox *b = wrt_inbox_of(st);
    wrt_task t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && info(t).state == WRT_TASK_WAITING);
    CHECK(wrt_poll_timeout_ns(st) == -1);
    CHECK(wrt_complete_post(b, (wrt_completion){ deferred[0].v + 1 }, WRT_OK, 1) == WRT_E_STATE);
    CHECK(wrt_complete_post(b, (wrt_completion){ 0 }, WRT_OK, 1) == WRT_E_STATE);
    CHECK(wrt_complete_post(b, deferred[0], WRT_OK, 77) == WRT_OK);
    CHECK(wrt_complete_post(b, deferred[0], WRT_OK, 78) == WRT_E_STATE);
    CHECK(wrt_poll_timeout_ns(st) == 0);
    CHECK(wrt_run(st, NULL) == WRT_OK && info(t).state == WRT_TASK_DONE);
    CHECK(wrt__task_find(x, t)->strand.stack[1] == 77);
    CHECK(wrt_complete_post(b, deferred[0], WRT_OK, 78) == WRT_E_STATE);
    CHECK(x->inbox->count == 0);
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE);
    CHECK(wrt_complete_post(b, deferred[0], WRT_E_IO, 0) == WRT_OK);
    CHECK(wrt_run(st, NULL) == WRT_OK && info(t).status == WRT_E_IO);
    fake_close(x);
    CHECK(wrt_complete_post(b, deferred[0], WRT_OK, 0) == WRT_E_STATE); /* the inbox outlives the store */
    wrt_inbox_drop(b);
}

TEST(completions_are_delivered_in_the_order_of_arrival)
{
    struct wrt__executor *x = open_parking();
    static const struct fake_step s[3][4] = { { { F_CALL, 0, 0 }, { F_SAY, 0, 0 }, { F_END, 0, 0 } },
        { { F_CALL, 1, 0 }, { F_SAY, 1, 0 }, { F_END, 0, 0 } },
        { { F_CALL, 2, 0 }, { F_SAY, 2, 0 }, { F_END, 0, 0 } } };
    static const uint32_t order[3] = { 1, 2, 0 };
    for (uint32_t i = 0; i < 3; i++) {
        fake_guests[i].steps = s[i];
        fake_hosts[i] = host_park;
        fake_host_ctx[i] = &deferred[i];
        start(i, NULL);
    }
    CHECK(wrt_run(st, NULL) == WRT_IDLE);
    for (uint32_t i = 0; i < 3; i++) CHECK(wrt_complete(st, deferred[order[i]], WRT_OK, 0) == WRT_OK);
    CHECK(wrt_run(st, NULL) == WRT_OK && fake_log_count == 3 && memcmp(fake_log, order, sizeof order) == 0);
    fake_close(x);
}

static int finish_left;
static wrt_status finish_again(void *ctx, wrt_call *call, wrt_status status, uint64_t scalar)
{
    wrt_val v = wrt_i64((int64_t)scalar);
    CHECK(wrt_task_cancel(wrt_call_store(call), *(wrt_task *)ctx) == WRT_E_STATE);
    CHECK(status == WRT_OK);
    finished_with = scalar;
    if (finish_left-- > 0) {
        wrt_completion extra;
        CHECK(wrt_defer_again(call, &deferred[1]) == WRT_OK);
        CHECK(wrt_defer_again(call, &extra) == WRT_E_STATE);
        return WRT_PENDING;
    }
    return wrt_return(call, &v, 1);
}
static wrt_status host_park_finish(void *ctx, wrt_call *call)
{
    wrt_completion extra;
    CHECK(wrt_defer_again(call, &extra) == WRT_E_STATE);
    CHECK(wrt_defer(call, finish_again, NULL, ctx, &deferred[1]) == WRT_OK);
    CHECK(wrt_defer(call, finish_again, NULL, ctx, &extra) == WRT_E_STATE);
    return WRT_PENDING;
}

TEST(a_finish_function_may_wait_for_more)
{
    struct wrt__executor *x = open_parking();
    static wrt_task t;
    fake_hosts[0] = host_park_finish;
    fake_host_ctx[0] = &t;
    finish_left = 2;
    t = start(0, NULL);
    for (uint64_t k = 0; k < 3; k++) {
        wrt_completion old = deferred[1];
        CHECK(wrt_run(st, NULL) == WRT_IDLE);
        CHECK(wrt_complete(st, deferred[1], WRT_OK, 100 + k) == WRT_OK);
        if (k) CHECK(deferred[1].v == old.v);
        wrt_status status = wrt_run(st, NULL);
        CHECK(finished_with == 100 + k && status == (k < 2 ? WRT_IDLE : WRT_OK));
        wrt__executor_check(x);
    }
    CHECK(wrt__task_find(x, t)->strand.stack[1] == 102 && x->inbox->count == 0);
    fake_close(x);
}

static wrt_status finish_nothing(void *ctx, wrt_call *call, wrt_status status, uint64_t scalar)
{
    (void)ctx, (void)call, (void)status, (void)scalar;
    return WRT_PENDING; /* without having deferred */
}
static wrt_status finish_charges(void *ctx, wrt_call *call, wrt_status status, uint64_t scalar)
{
    wrt_val v = wrt_i64((int64_t)scalar);
    (void)ctx, (void)status;
    charge_calls++;
    if (wrt_charge(call, 500) != WRT_OK) return WRT_E_FUEL;
    return wrt_return(call, &v, 1);
}
static wrt_status host_park_with(void *ctx, wrt_call *call)
{
    wrt_finish_fn finish = ctx == &charge_calls ? finish_charges : finish_nothing;
    CHECK(wrt_defer(call, finish, NULL, NULL, &deferred[1]) == WRT_OK);
    return WRT_PENDING;
}
static wrt_status host_pending(void *ctx, wrt_call *call) { (void)ctx, (void)call; return WRT_PENDING; }
static wrt_status host_defers_and_returns(void *ctx, wrt_call *call)
{
    CHECK(wrt_defer(call, NULL, NULL, NULL, ctx) == WRT_OK);
    return WRT_OK;
}

TEST(a_host_that_breaks_the_rules_only_fails_its_task)
{
    struct wrt__executor *x = open_parking();
    fake_hosts[0] = host_pending;
    wrt_task t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK && info(t).status == WRT_E_STATE);
    fake_hosts[0] = host_park_with;
    fake_host_ctx[0] = NULL;
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_complete(st, deferred[1], WRT_OK, 5) == WRT_OK);
    CHECK(wrt_run(st, NULL) == WRT_OK && info(t).status == WRT_E_STATE);
    static const struct fake_step twice[] = { { F_CALL, 1, 0 }, { F_CALL, 1, 0 }, { F_CALL, 2, 0 },
        { F_END, 0, 0 } };
    fake_guests[2].steps = twice;
    fake_hosts[1] = host_defers_and_returns;
    fake_host_ctx[1] = &deferred[2];
    fake_hosts[2] = host_park;
    fake_host_ctx[2] = &deferred[3];
    t = start(2, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && x->inbox->count == 1);
    CHECK(wrt_complete(st, deferred[2], WRT_OK, 5) == WRT_E_STATE);
    CHECK(wrt_complete(st, deferred[3], WRT_OK, 5) == WRT_OK && wrt_run(st, NULL) == WRT_OK);
    CHECK(info(t).state == WRT_TASK_DONE && x->inbox->count == 0);
    fake_close(x);
}

TEST(a_finish_function_out_of_fuel_is_asked_again)
{
    struct wrt__executor *x = open_parking();
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    fake_hosts[0] = host_park_with;
    fake_host_ctx[0] = &charge_calls;
    charge_calls = 0;
    o.fuel = 100;
    wrt_task a = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_complete(st, deferred[1], WRT_OK, 5) == WRT_OK);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT && charge_calls == 1 && info(a).state == WRT_TASK_FUEL_OUT);
    wrt__executor_check(x);
    CHECK(wrt_fuel_add(st, a, 1) == WRT_OK && wrt_run(st, NULL) == WRT_FUEL_OUT && charge_calls == 2);
    CHECK(wrt_fuel_add(st, a, 1000) == WRT_OK && wrt_run(st, NULL) == WRT_OK && charge_calls == 3);
    CHECK(info(a).state == WRT_TASK_DONE && info(a).host_fuel == 500
        && wrt__task_find(x, a)->strand.stack[1] == 5);
    wrt_task b = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_complete(st, deferred[1], WRT_OK, 5) == WRT_OK);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT);
    CHECK(wrt_task_cancel(st, b) == WRT_OK && x->inbox->count == 0);
    o.on_empty = WRT_FUEL_CALLBACK;
    o.refuel = refuel_7;
    refuels = -1000;
    b = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_complete(st, deferred[1], WRT_OK, 5) == WRT_OK);
    CHECK(wrt_run(st, NULL) == WRT_OK && info(b).host_fuel == 500);
    wrt__executor_check(x);
    fake_close(x);
}

static int cancels;
static void on_cancel_close(void *ctx, wrt_completion k)
{
    CHECK(k.v == deferred[0].v);
    cancels++;
    if (ctx) CHECK(wrt_task_close(st, *(wrt_task *)ctx) == WRT_OK);
}
static wrt_status host_defers_cancellable_and_returns(void *ctx, wrt_call *call)
{
    CHECK(wrt_defer(call, NULL, on_cancel_close, ctx, &deferred[0]) == WRT_OK);
    return WRT_OK;
}
static void done_never(void *ctx, wrt_store *s, wrt_task t, wrt_status status)
{
    (void)ctx, (void)s, (void)t, (void)status;
    cancels += 1000;
}
static wrt_status host_park_cancellable(void *ctx, wrt_call *call)
{
    return wrt_defer(call, NULL, on_cancel_close, ctx, &deferred[0]) == WRT_OK ? WRT_PENDING : WRT_E_LIMIT;
}

TEST(cancelling_tells_the_host_and_may_close)
{
    struct wrt__executor *x = open_parking();
    static wrt_task t;
    wrt_task_info i = WRT_INIT(wrt_task_info);
    fake_hosts[0] = host_park_cancellable;
    fake_host_ctx[0] = &t;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.done = done_never; /* it is forgotten before it could be told */
    cancels = 0;
    t = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_IDLE);
    CHECK(wrt_task_cancel(st, t) == WRT_OK && cancels == 1);
    CHECK(wrt_task_info_get(st, t, &i) == WRT_E_STATE);
    fake_host_ctx[0] = NULL;
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE);
    CHECK(wrt_complete(st, deferred[0], WRT_OK, 1)
        == WRT_OK); /* arrived, not yet delivered: finish will not be called, so on_cancel is */
    CHECK(wrt_task_close(st, t) == WRT_OK && cancels == 2);
    CHECK(wrt_run(st, NULL) == WRT_OK && x->inbox->count == 0);
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE);
    wrt_completion parked = deferred[0];
    fake_hosts[0] = host_defers_cancellable_and_returns; /* ends by itself: nobody is told */
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && info(t).state == WRT_TASK_DONE && cancels == 2
        && x->inbox->count == 1);
    deferred[0] = parked;
    fake_close(x);
    CHECK(cancels == 3);
}

/* Whoever defers gives away ctx: it comes back in the last call of finish, or in on_cancel, once. */
static int given_back, finish_calls;
static bool finish_starves;
static void given_cancel(void *ctx, wrt_completion k)
{
    (void)k;
    given_back++;
    CHECK(ctx == &given_back);
}
static wrt_status given_finish(void *ctx, wrt_call *call, wrt_status status, uint64_t scalar)
{
    wrt_val v = wrt_i64((int64_t)scalar);
    (void)status;
    CHECK(ctx == &given_back);
    finish_calls++;
    if (finish_starves && wrt_charge(call, 5000) != WRT_OK) return WRT_E_FUEL;
    given_back++;
    return wrt_return(call, &v, 1);
}
static wrt_status host_gives(void *ctx, wrt_call *call)
{
    CHECK(wrt_defer(call, given_finish, given_cancel, &given_back, &deferred[0]) == WRT_OK);
    if (ctx) CHECK(wrt_complete_at(wrt_call_store(call), deferred[0], 0) == WRT_OK);
    return WRT_PENDING;
}
static wrt_status finish_cancels_other(void *ctx, wrt_call *call, wrt_status status, uint64_t scalar)
{
    (void)status, (void)scalar;
    CHECK(wrt_task_cancel(wrt_call_store(call), *(wrt_task *)ctx) == WRT_OK);
    return wrt_return(call, &(wrt_val){ .kind = WRT_I64 }, 1);
}
static wrt_status host_cancels_other(void *ctx, wrt_call *call)
{
    CHECK(wrt_defer(call, finish_cancels_other, NULL, ctx, &deferred[1]) == WRT_OK);
    return WRT_PENDING;
}

TEST(what_was_deferred_is_given_back_exactly_once)
{
    struct wrt__executor *x = open_parking();
    static wrt_task t;
    static const struct fake_step waits_too[] = { { F_CALL, 1, 0 }, { F_END, 0, 0 } };
    fake_hosts[0] = host_gives;
    fake_hosts[1] = host_cancels_other;
    fake_host_ctx[1] = &t;
    fake_guests[1].steps = waits_too;
    /* A timer fires behind an arrival that leads to a cancellation: posted by the store itself, not
     * delivered. */
    fake_host_ctx[0] = &given_back;
    given_back = finish_calls = 0;
    start(1, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE);
    t = start(0, NULL);
    CHECK(wrt_task_step(st, t, 0, NULL) == WRT_PENDING);
    CHECK(wrt_complete(st, deferred[1], WRT_OK, 0) == WRT_OK);
    CHECK(wrt_run(st, NULL) == WRT_OK && given_back == 1 && finish_calls == 0);
    CHECK(info(t).state == WRT_TASK_CANCELLED);
    /* By hand: posted, then cancelled. */
    fake_host_ctx[0] = NULL;
    given_back = finish_calls = 0;
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_complete(st, deferred[0], WRT_OK, 1) == WRT_OK);
    CHECK(wrt_task_cancel(st, t) == WRT_OK && given_back == 1 && finish_calls == 0);
    CHECK(wrt_run(st, NULL) == WRT_OK && given_back == 1);
    /* Delivered, kept for want of fuel, then cancelled; and the same under the policy that traps. */
    for (int policy = WRT_FUEL_SUSPEND; policy <= WRT_FUEL_TRAP; policy++) {
        wrt_task_opts poor = WRT_INIT(wrt_task_opts);
        poor.fuel = 100;
        poor.on_empty = (wrt_fuel_policy)policy;
        finish_starves = true;
        given_back = finish_calls = 0;
        t = start(0, &poor);
        CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_complete(st, deferred[0], WRT_OK, 1) == WRT_OK);
        CHECK(wrt_run(st, NULL) == (policy == WRT_FUEL_SUSPEND ? WRT_FUEL_OUT : WRT_OK) && finish_calls == 1);
        if (policy == WRT_FUEL_SUSPEND) CHECK(given_back == 0 && wrt_task_cancel(st, t) == WRT_OK);
        CHECK(given_back == 1 && finish_calls == 1);
    }
    finish_starves = false;
    CHECK(x->inbox->count == 0);
    wrt__executor_check(x);
    fake_close(x);
}

/* ---- ends ------------------------------------------------------------------------------------------- */

static int done_count;
static void done_restart(void *ctx, wrt_store *s, wrt_task t, wrt_status status)
{
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_func f = fake_func(1);
    wrt_error err;
    (void)ctx;
    CHECK(status == (fake_store.exec->closing ? WRT_E_CANCELLED : WRT_OK));
    CHECK(wrt_task_close(s, t) == WRT_OK);
    CHECK(wrt_run(s, NULL) == WRT_E_STATE && wrt_wait(s, 0) == WRT_E_STATE
        && wrt_task_step(s, t, 1, &err) == WRT_E_STATE);
    CHECK(wrt_call_sync(s, &f, NULL, 0, NULL, 0, &err) == WRT_E_STATE);
    o.done = done_restart;
    status = wrt_task_start(s, &f, NULL, 0, &o, &t, &err);
    CHECK(status == (fake_store.exec->closing ? WRT_E_STATE : WRT_OK));
    done_count++;
}

TEST(a_done_callback_may_close_and_start)
{
    struct wrt__executor *x = open_parking();
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.done = done_restart;
    done_count = 0;
    start(1, &o);
    CHECK(run_fuel(3000) == WRT_PENDING);
    CHECK(done_count == 10 && x->tasks.count == 1);
    wrt__executor_check(x);
    fake_close(x);
    CHECK(done_count == 11);
}

TEST(a_sync_call_ends_with_its_task_while_others_go_on)
{
    struct wrt__executor *x = open_parking();
    static const struct fake_step trap[] = { { F_BURN, 1, 3 }, { F_TRAP, 0, 0 } };
    wrt_func f = fake_func(1);
    wrt_error err;
    fake_guests[2].steps = endless;
    fake_guests[3].steps = trap;
    wrt_task spin = start(2, NULL);
    CHECK(wrt_call_sync(st, &f, NULL, 0, NULL, 0, &err) == WRT_OK);
    CHECK(info(spin).guest_fuel >= 200 && info(spin).guest_fuel <= 500 && x->tasks.count == 1);
    f.index = 3;
    CHECK(wrt_call_sync(st, &f, NULL, 0, NULL, 0, &err) == WRT_E_TRAP && err.trap == WRT_TRAP_UNREACHABLE
        && err.offset == 1);
    CHECK(wrt_task_close(st, spin) == WRT_OK);
    f.index = 0; /* waits for what nobody can post */
    CHECK(wrt_call_sync(st, &f, NULL, 0, NULL, 0, &err) == WRT_E_DEADLOCK);
    wrt_task t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_wait(st, UINT64_MAX) == WRT_E_DEADLOCK);
    CHECK(wrt_task_close(st, t) == WRT_OK && x->tasks.count == 0 && x->inbox->count == 0);
    fake_close(x);
}

TEST(a_stop_ends_a_turn_once)
{
    struct wrt__executor *x = open_parking();
    wrt_inbox *b = wrt_inbox_of(st);
    wrt_error err;
    fake_guests[2].steps = endless;
    wrt_task t = start(2, NULL);
    wrt_stop(b);
    CHECK(wrt_run(st, NULL) == WRT_PENDING && info(t).guest_fuel == 0);
    CHECK(run_fuel(100) == WRT_PENDING && info(t).guest_fuel == 102);
    wrt_stop(b);
    wrt_func f = fake_func(0);
    CHECK(wrt_call_sync(st, &f, NULL, 0, NULL, 0, &err) == WRT_E_CANCELLED);
    wrt_inbox_drop(b);
    fake_close(x);
}

static wrt_status host_stops(void *ctx, wrt_call *call) { (void)call; wrt_stop(ctx); return WRT_OK; }

TEST(a_stop_interrupts_a_long_slice)
{
    struct wrt__executor *x = open_with(WRT_COOPERATIVE, 0);
    static const struct fake_step s[] = { { F_CALL, 0, 0 }, { F_BURN, 1000000, 1 }, { F_END, 0, 0 } };
    wrt_inbox *b = wrt_inbox_of(st);
    fake_guests[0].steps = s;
    fake_hosts[0] = host_stops;
    fake_host_ctx[0] = b;
    wrt_task t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_PENDING && info(t).guest_fuel < 20000 && info(t).state == WRT_TASK_READY);
    CHECK(wrt_run(st, NULL) == WRT_OK && info(t).guest_fuel == 1000000);
    wrt_inbox_drop(b);
    fake_close(x);
}

/* ---- clocks ----------------------------------------------------------------------------------------- */

static int pipe_fds[2];
static wrt_status host_sleep_or_fail(void *ctx, wrt_call *call)
{
    wrt_store *s = wrt_call_store(call);
    wrt_completion k;
    (void)ctx;
    wrt_status status = wrt_defer(call, NULL, NULL, NULL, &k);
    if (status == WRT_OK) status = wrt_complete_at(s, k, UINT64_MAX);
    if (status == WRT_OK) status = wrt_complete_on_fd(s, k, pipe_fds[0], 1);
    return status == WRT_OK || status == WRT_E_UNSUPPORTED ? WRT_PENDING : status;
}
static uint64_t now_seen;
static wrt_status host_now(void *ctx, wrt_call *call)
{
    (void)ctx;
    now_seen = wrt_now_ns(wrt_call_store(call));
    return WRT_OK;
}

TEST(virtual_time_is_fuel_and_idle_time_jumps)
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    static const struct fake_step sleeper[] = { { F_CALL, 0, 0 }, { F_CALL, 1, 0 }, { F_SAY, 1, 0 },
        { F_END, 0, 0 } };
    static const struct fake_step spinner[] = { { F_BURN, 1000, 3 }, { F_SAY, 2, 0 }, { F_END, 0, 0 } };
    o.virtual_time = true;
    o.ns_per_kfuel = 2500;
    struct wrt__executor *x = fake_open(wrt__port_alloc(), &o, NULL);
    fake_guests[0].steps = sleeper;
    fake_guests[1].steps = spinner;
    fake_hosts[0] = host_sleep;
    fake_hosts[1] = host_now;
    wake_at = 1000; /* 400 fuel */
    start(0, NULL);
    start(1, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(fake_log[0] == 2 && fake_log[1] == 1); /* it woke on time but waits for the quantum to end */
    CHECK(wrt_now_ns(st) == 7500 + 3); /* 399 fuel are 997 ns; the 3 ns to the timer passed as idle */
    wake_at = 1000000;
    start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK && now_seen == 1000000);
    static const struct fake_step burns[] = { { F_BURN, 100, 4 }, { F_CALL, 1, 0 }, { F_BURN, 100, 4 },
        { F_END, 0, 0 } };
    fake_guests[2].steps = burns;
    start(2, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK && now_seen == 1001000 && wrt_now_ns(st) == 1002000);
    fake_close(x);
}

TEST(the_horizon_stops_a_slice_for_a_higher_priority)
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_task_opts to = WRT_INIT(wrt_task_opts);
    static const struct fake_step sleeper[] = { { F_CALL, 0, 0 }, { F_CALL, 1, 0 }, { F_SAY, 1, 0 },
        { F_END, 0, 0 } };
    static const struct fake_step spinner[] = { { F_BURN, 1000, 7 }, { F_SAY, 2, 0 }, { F_END, 0, 0 } };
    o.virtual_time = true;
    o.policy = WRT_FIXED_PRIORITY;
    o.ns_per_kfuel = 1000;
    struct wrt__executor *x = fake_open(wrt__port_alloc(), &o, NULL);
    fake_guests[0].steps = sleeper;
    fake_guests[1].steps = spinner;
    fake_hosts[0] = host_sleep;
    fake_hosts[1] = host_now;
    wake_at = 500;
    to.priority = 200;
    start(0, &to);
    to.priority = 100;
    start(1, &to);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(now_seen == 500 && fake_log[0] == 1 && fake_log[1] == 2);
    fake_close(x);
}

TEST(real_timers_fire_while_idle_and_while_busy)
{
    struct wrt__executor *x = open_parking();
    static const struct fake_step sleeper[] = { { F_CALL, 0, 0 }, { F_SAY, 1, 0 }, { F_END, 0, 0 } };
    fake_guests[0].steps = sleeper;
    fake_guests[1].steps = endless;
    fake_hosts[0] = host_sleep;
    uint64_t before = wrt_now_ns(st);
    wake_at = before + 20000000;
    start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE);
    int64_t left = wrt_poll_timeout_ns(st);
    CHECK(left > 0 && left <= 20000000);
    CHECK(wrt_wait(st, UINT64_MAX) == WRT_OK);
    CHECK(wrt_now_ns(st) - before >= 20000000 && fake_log_count == 1);
    before = wrt_now_ns(st);
    wake_at = before + 5000000;
    wrt_task t = start(0, NULL);
    start(1, NULL);
    while (info(t).state != WRT_TASK_DONE) CHECK(run_fuel(100000) == WRT_PENDING);
    CHECK(wrt_now_ns(st) - before >= 5000000);
    static const struct fake_step stopper[] = { { F_CALL, 0, 0 }, { F_CALL, 1, 0 }, { F_END, 0, 0 } };
    wrt_inbox *b = wrt_inbox_of(st);
    fake_guests[2].steps = stopper;
    fake_hosts[1] = host_stops;
    fake_host_ctx[1] = b;
    before = wrt_now_ns(st);
    wake_at = before + 5000000;
    start(2, NULL);
    CHECK(wrt_run(st, NULL) == WRT_PENDING); /* inside one turn */
    CHECK(wrt_now_ns(st) - before >= 5000000 && wrt_now_ns(st) - before < 4000000000u);
    wrt_inbox_drop(b);
    fake_close(x);
}

static wrt_status host_read_fd(void *ctx, wrt_call *call)
{
    wrt_completion k;
    wrt_store *s = wrt_call_store(call);
    CHECK(wrt_defer(call, NULL, NULL, NULL, &k) == WRT_OK);
    if (ctx) CHECK(wrt_complete_at(s, k, wrt_now_ns(s) + 1000000) == WRT_OK);
    CHECK(wrt_complete_on_fd(s, k, -1, 1) == WRT_E_ARG
        && wrt_complete_on_fd(s, k, pipe_fds[0], 0) == WRT_E_ARG
        && wrt_complete_on_fd(s, k, pipe_fds[0], 4) == WRT_E_ARG);
    CHECK(wrt_complete_on_fd(s, k, pipe_fds[0], 1) == WRT_OK);
    return WRT_PENDING;
}

TEST(a_descriptor_wakes_its_task_and_the_first_event_counts)
{
    struct wrt__executor *x = open_parking();
    CHECK(pipe(pipe_fds) == 0);
    fake_hosts[0] = host_read_fd;
    fake_host_ctx[0] = NULL;
    wrt_task t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_run(st, NULL) == WRT_IDLE);
    CHECK(wrt_poll_fd(st) >= 0);
    CHECK(wrt_wait(st, 1000000) == WRT_IDLE);
    CHECK(write(pipe_fds[1], "x", 1) == 1);
    CHECK(wrt_wait(st, UINT64_MAX) == WRT_OK);
    CHECK(wrt__task_find(x, t)->strand.stack[1] == ((uint64_t)pipe_fds[0] << 32 | 1));
    char c;
    CHECK(read(pipe_fds[0], &c, 1) == 1 && x->watches.count == 0);
    fake_host_ctx[0] = &pipe_fds; /* with a timer, which comes first */
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_wait(st, UINT64_MAX) == WRT_OK);
    CHECK(wrt__task_find(x, t)->strand.stack[1] == 0 && x->watches.count == 0 && x->timers.count == 0);
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && wrt_task_cancel(st, t) == WRT_OK);
    CHECK(x->watches.count == 0 && x->timers.count == 0 && x->inbox->count == 0);
    int first[2] = { pipe_fds[0], pipe_fds[1] }; /* what was given up does not wake whoever comes next */
    CHECK(pipe(pipe_fds) == 0);
    fake_host_ctx[0] = NULL;
    t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && write(first[1], "x", 1) == 1);
    CHECK(wrt_wait(st, 20000000) == WRT_IDLE && info(t).state == WRT_TASK_WAITING);
    close(first[0]);
    close(first[1]);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    fake_close(x);
}

/* ---- from outside ------------------------------------------------------------------------------------ */

static wrt_inbox *outside_inbox;
static void *outside_thread(void *arg)
{
    usleep(20000);
    CHECK(wrt_complete_post(outside_inbox, *(wrt_completion *)arg, WRT_OK, 9) == WRT_OK);
    return NULL;
}
static void outside_signal(int number)
{
    (void)number;
    (void)wrt_complete_post(outside_inbox, deferred[0], WRT_OK, 10);
}

TEST(a_thread_and_a_signal_handler_wake_a_sleeping_store)
{
    for (int with_poll = 0; with_poll < 2; with_poll++) {
        struct wrt__executor *x = open_parking();
        pthread_t thread;
        wrt_status status;
        outside_inbox = wrt_inbox_of(st);
        if (with_poll) CHECK(wrt_poll_fd(st) >= 0);
        wrt_task t = start(0, NULL);
        CHECK(wrt_run(st, NULL) == WRT_IDLE);
        CHECK(pthread_create(&thread, NULL, outside_thread, &deferred[0]) == 0);
        while ((status = wrt_wait(st, UINT64_MAX)) == WRT_IDLE) {}
        CHECK(status == WRT_OK && info(t).state == WRT_TASK_DONE);
        pthread_join(thread, NULL);
        signal(SIGALRM, outside_signal);
        t = start(0, NULL);
        CHECK(wrt_run(st, NULL) == WRT_IDLE);
        ualarm(20000, 0);
        while ((status = wrt_wait(st, UINT64_MAX)) == WRT_IDLE) {}
        CHECK(status == WRT_OK && wrt__task_find(x, t)->strand.stack[1] == 10);
        wrt_inbox_drop(outside_inbox);
        fake_close(x);
    }
}

/* ---- limits ------------------------------------------------------------------------------------------ */

static wrt_status limit_status;
static wrt_status host_defer_limit(void *ctx, wrt_call *call)
{
    wrt_completion k;
    (void)ctx;
    limit_status = wrt_defer(call, NULL, NULL, NULL, &k);
    if (limit_status != WRT_OK) return limit_status;
    limit_status = wrt_complete_at(st, k, UINT64_MAX);
    return limit_status == WRT_OK ? WRT_PENDING : limit_status;
}

static wrt_status host_watch_limit(void *ctx, wrt_call *call)
{
    wrt_completion k;
    (void)ctx;
    CHECK(wrt_defer(call, NULL, NULL, NULL, &k) == WRT_OK);
    for (int i = 0; i < 4; i++)
        CHECK(wrt_complete_on_fd(st, k, pipe_fds[0], 1) == (i < 3 ? WRT_OK : WRT_E_LIMIT));
    return WRT_PENDING;
}

TEST(as_many_watches_as_the_limit_says)
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    struct wrt_limits limits = { .watches = 3 };
    struct wrt__executor *x = fake_open(wrt__port_alloc(), &o, &limits);
    fake_guests[0].steps = park_once;
    fake_hosts[0] = host_watch_limit;
    CHECK(pipe(pipe_fds) == 0);
    wrt_task t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && x->watches.count == 3);
    CHECK(write(pipe_fds[1], "x", 1) == 1);
    CHECK(wrt_wait(st, UINT64_MAX) == WRT_OK && x->watches.count == 0 && info(t).state == WRT_TASK_DONE);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    fake_close(x);
}

TEST(each_limit_holds_n_and_refuses_one_more)
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    struct wrt_limits limits = { .tasks = 37, .completions = 21, .timers = 20, .groups = 3 };
    struct wrt__executor *x = fake_open(wrt__port_alloc(), &o, &limits);
    wrt_func f = fake_func(0);
    wrt_error err;
    wrt_task last;
    fake_guests[0].steps = park_once;
    fake_hosts[0] = host_defer_limit;
    for (int i = 0; i < 37; i++) last = start(0, NULL);
    memset(&err, 0, sizeof err);
    CHECK(
        wrt_task_start(st, &f, NULL, 0, NULL, NULL, &err) == WRT_E_LIMIT && strcmp(err.table, "tasks") == 0);
    CHECK(wrt_run(st, NULL) == WRT_IDLE);
    CHECK(
        x->live == 20 && x->timers.count == 20 && x->inbox->count == 20 && info(last).status == WRT_E_LIMIT);
    CHECK(wrt_task_close(st, last) == WRT_OK);
    start(0, NULL);
    CHECK(wrt_task_start(st, &f, NULL, 0, NULL, NULL, &err) == WRT_E_LIMIT);
    wrt_group g;
    for (int i = 0; i < 3; i++)
        CHECK(wrt_group_new(st, (wrt_group){ 0 }, WRT_STR("g"), 1, &g, &err) == WRT_OK);
    CHECK(wrt_group_new(st, g, WRT_STR("g"), 1, &g, &err) == WRT_E_LIMIT && strcmp(err.table, "groups") == 0);
    wrt__executor_check(x);
    fake_close(x);

    limits = (struct wrt_limits){ .completions = 5 };
    x = fake_open(wrt__port_alloc(), &o, &limits);
    fake_guests[0].steps = park_once;
    fake_hosts[0] = host_park;
    fake_host_ctx[0] = &deferred[0];
    for (int i = 0; i < 6; i++) last = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && x->inbox->count == 5 && info(last).status == WRT_E_LIMIT);
    fake_close(x);
}

/* ---- memory that runs out ---------------------------------------------------------------------------- */

/* Everything that allocates, with the n-th request refused, n = 1, 2, ... until none is. */
static bool everything_once(struct test_heap *h)
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_task_opts to = WRT_INIT(wrt_task_opts);
    wrt_func f = fake_func(0);
    wrt_task t[6] = { { 0 } };
    wrt_error err;
    struct wrt__executor *x;
    o.policy = WRT_FIXED_PRIORITY;
    x = fake_open(&h->alloc, &o, NULL);
    if (!x) return false;
    fake_guests[0].steps = park_once;
    fake_hosts[0] = host_sleep_or_fail;
    (void)wrt_group_new(st, (wrt_group){ 0 }, WRT_STR("g"), 100, &to.group, &err);
    (void)wrt_poll_fd(st);
    for (int i = 0; i < 6; i++) {
        wrt_status status = wrt_task_start(st, &f, NULL, 0, &to, &t[i], &err);
        CHECK(status == WRT_OK || (status == WRT_E_NOMEM && t[i].v == 0));
        CHECK(wrt_run(st, NULL) >= 0);
        if (i == 3) (void)wrt_task_close(st, t[1]);
        wrt__executor_check(x);
    }
    bool whole = to.group.v && x->live == 5;
    fake_close(x);
    return whole;
}

TEST(a_refused_allocation_fails_cleanly)
{
    struct test_heap h;
    uint64_t n = 0;
    bool whole = false;
    CHECK(pipe(pipe_fds) == 0);
    while (!whole && n < 1000) {
        test_heap_init(&h);
        h.fail_at = ++n;
        whole = everything_once(&h) && h.asked < n;
        CHECK(h.live == 0 && !h.broken);
    }
    CHECK(n > 10 && n < 1000);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}
