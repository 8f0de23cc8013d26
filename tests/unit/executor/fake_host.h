/* Guests, host functions and short forms that the tests of the executor share. Included once by each of them.
 */
#ifndef WRT_TESTS_FAKE_HOST_H
#define WRT_TESTS_FAKE_HOST_H

#include <string.h>
#include "test.h"
#include "fake_engine.h"

static wrt_store *const st = &fake_store;
static const struct fake_step endless[] = { { F_BURN, UINT32_MAX, 3 }, { F_END, 0, 0 } };
static const struct fake_step work300[] = { { F_BURN, 100, 3 }, { F_END, 0, 0 } };

static const struct fake_step park_once[] = { { F_CALL, 0, 0 }, { F_END, 0, 0 } };
static uint64_t wake_at;
static inline wrt_status host_sleep(void *ctx, wrt_call *call)
{
    wrt_store *s = wrt_call_store(call);
    wrt_completion k;
    (void)ctx;
    CHECK(wrt_defer(call, NULL, NULL, NULL, &k) == WRT_OK);
    CHECK(wrt_complete_at(s, k, UINT64_MAX) == WRT_OK);
    CHECK(wrt_complete_at(s, k, wake_at) == WRT_OK); /* replaces */
    return WRT_PENDING;
}

static inline struct wrt__executor *open_with(wrt_policy policy, uint64_t quantum)
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    o.policy = policy;
    o.quantum_fuel = quantum;
    return fake_open(wrt__port_alloc(), &o, NULL);
}

static inline wrt_task start(uint32_t guest, const wrt_task_opts *o)
{
    wrt_func f = fake_func(guest);
    wrt_task t = { 0 };
    wrt_error err;
    CHECK(wrt_task_start(st, &f, NULL, 0, o, &t, &err) == WRT_OK);
    return t;
}

static inline wrt_task_info info(wrt_task t)
{
    wrt_task_info i = WRT_INIT(wrt_task_info);
    CHECK(wrt_task_info_get(st, t, &i) == WRT_OK);
    return i;
}

static inline wrt_status run_fuel(uint64_t fuel)
{
    wrt_turn turn = { fuel, 0 };
    return wrt_run(st, &turn);
}

static wrt_completion deferred[4];
static inline wrt_status host_park(void *ctx, wrt_call *call)
{
    return wrt_defer(call, NULL, NULL, NULL, ctx) == WRT_OK ? WRT_PENDING : WRT_E_LIMIT;
}
static int refuels;
static inline uint64_t refuel_7(void *ctx, wrt_store *s, wrt_task t)
{
    (void)ctx;
    CHECK(wrt_task_cancel(s, t) == WRT_E_STATE);
    return ++refuels <= 10 ? 7 : 0;
}
static int charge_calls;
static inline struct wrt__executor *open_parking(void)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 100);
    fake_guests[0].steps = park_once;
    fake_guests[1].steps = work300;
    fake_hosts[0] = host_park;
    fake_host_ctx[0] = &deferred[0];
    return x;
}

#endif
