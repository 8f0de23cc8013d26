/* The executor over scripted guests: fairness, the three numbers, accounts, priorities, locks. */
#include "fake_host.h"

/* ---- slices, turns ---------------------------------------------------------------------------------- */

TEST(round_robin_shares_to_within_a_quantum)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 1000);
    wrt_task t[3];
    fake_guests[0].steps = endless;
    for (int i = 0; i < 3; i++) t[i] = start(0, NULL);
    for (int round = 0; round < 50; round++) {
        CHECK(run_fuel(777) == WRT_PENDING);
        uint64_t least = UINT64_MAX, most = 0;
        for (int i = 0; i < 3; i++) {
            uint64_t fuel = info(t[i]).guest_fuel;
            if (fuel < least) least = fuel;
            if (fuel > most) most = fuel;
        }
        CHECK(most - least <= 1000 + 3);
        wrt__executor_check(x);
    }
    fake_close(x);
}

/* Blocks of 250 in slices of 100: what is overdrawn comes off the next slices, so the shares are still equal.
 */
TEST(long_blocks_gain_nothing)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 100);
    static const struct fake_step coarse[] = { { F_BURN, UINT32_MAX, 250 }, { F_END, 0, 0 } };
    fake_guests[0].steps = coarse;
    fake_guests[1].steps = endless;
    wrt_task a = start(0, NULL), b = start(1, NULL);
    CHECK(run_fuel(200000) == WRT_PENDING);
    CHECK(info(a).guest_fuel >= 99500 && info(a).guest_fuel <= 100500 && info(b).guest_fuel >= 99500);
    fake_close(x);
}

TEST(a_slice_of_one_goes_on_and_pays_its_debt)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 1);
    wrt_task a, b;
    fake_guests[0].steps = work300;
    a = start(0, NULL);
    b = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(info(a).guest_fuel == 300 && info(b).guest_fuel == 300);
    CHECK(info(a).slices == 100); /* a slice runs one block of 3; the next two turns pay for it */
    CHECK(info(a).state == WRT_TASK_DONE);
    fake_close(x);
}

/* Where slices end must not depend on how the turns were cut, nor on looks at the clock. */
TEST(turns_do_not_move_the_ends_of_slices)
{
    static struct fake_step steps[2][402];
    static uint32_t logs[4][FAKE_LOG];
    static const uint64_t cut[4] = { 0, 1, 97, 5 };
    for (int k = 0; k < 4; k++) {
        struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 100);
        wrt_status status;
        for (uint32_t g = 0; g < 2; g++) {
            for (uint32_t i = 0; i < 200; i++) {
                steps[g][2 * i] = (struct fake_step){ F_BURN, i % 5, 7 + g };
                steps[g][2 * i + 1] = (struct fake_step){ F_SAY, g * 1000 + i, 0 };
            }
            fake_guests[g].steps = steps[g];
            start(g, NULL);
        }
        if (k == 3) x->poll_fuel = 1; /* looks at the clock, every 8 fuel, since a timer is armed */
        fake_guests[2].steps = park_once;
        fake_hosts[0] = host_sleep;
        wake_at = UINT64_MAX;
        if (k == 3) start(2, NULL);
        while ((status = run_fuel(cut[k])) == WRT_PENDING) {}
        CHECK(status == (k == 3 ? WRT_IDLE : WRT_OK) && fake_log_count == 400);
        memcpy(logs[k], fake_log, sizeof logs[k]);
        CHECK(memcmp(logs[k], logs[0], sizeof logs[k]) == 0);
        fake_close(x);
    }
    CHECK(logs[0][0] == 0 && logs[0][399] == 1199);
}

TEST(cooperative_tasks_run_until_they_wait)
{
    struct wrt__executor *x = open_with(WRT_COOPERATIVE, 1);
    static const struct fake_step a[] = { { F_SAY, 1, 0 }, { F_BURN, 1000, 3 }, { F_SAY, 2, 0 },
        { F_END, 0, 0 } };
    static const struct fake_step b[] = { { F_SAY, 3, 0 }, { F_END, 0, 0 } };
    fake_guests[0].steps = a;
    fake_guests[1].steps = b;
    start(0, NULL);
    start(1, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(fake_log_count == 3 && fake_log[0] == 1 && fake_log[1] == 2 && fake_log[2] == 3);
    CHECK(x->switches == 2);
    fake_close(x);
}

TEST(a_step_runs_one_task_for_one_slice)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 1000);
    wrt_error err;
    fake_guests[0].steps = work300;
    wrt_task a = start(0, NULL), b = start(0, NULL);
    CHECK(wrt_task_step(st, b, 100, &err) == WRT_YIELDED);
    CHECK(info(b).guest_fuel == 102 && info(a).guest_fuel == 0 && info(b).slice == 1000);
    CHECK(wrt_task_step(st, b, 1000, &err) == WRT_OK);
    CHECK(wrt_task_step(st, b, 1000, &err) == WRT_OK); /* how it ended */
    CHECK(info(a).guest_fuel == 0);
    CHECK(wrt_task_close(st, b) == WRT_OK);
    CHECK(wrt_task_step(st, b, 1, &err) == WRT_E_STATE);
    CHECK(wrt_task_close(st, b) == WRT_E_STATE && wrt_task_cancel(st, b) == WRT_E_STATE);
    fake_close(x);
}

/* ---- priorities -------------------------------------------------------------------------------------- */

/* A host function that completes another task's call: the higher one runs at the next checkpoint. */
static wrt_status host_complete_first(void *ctx, wrt_call *call)
{
    (void)ctx;
    CHECK(wrt_complete(wrt_call_store(call), deferred[0], WRT_OK, 1) == WRT_OK);
    return WRT_OK;
}

TEST(a_higher_priority_interrupts_at_the_next_checkpoint)
{
    struct wrt__executor *x = open_with(WRT_FIXED_PRIORITY, 100000);
    static const struct fake_step high[] = { { F_CALL, 0, 0 }, { F_SAY, 1, 0 }, { F_END, 0, 0 } };
    static const struct fake_step low[] = { { F_CALL, 1, 0 }, { F_SAY, 2, 0 }, { F_BURN, 10000, 3 },
        { F_SAY, 3, 0 }, { F_END, 0, 0 } };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    fake_guests[0].steps = high;
    fake_guests[1].steps = low;
    fake_hosts[0] = host_park;
    fake_host_ctx[0] = &deferred[0];
    fake_hosts[1] = host_complete_first;
    o.priority = 200;
    start(0, &o);
    o.priority = 100;
    wrt_task b = start(1, &o);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(fake_log_count == 3 && fake_log[0] == 2 && fake_log[1] == 1 && fake_log[2] == 3);
    CHECK(info(b).slices == 2);
    fake_close(x);
}

static wrt_status host_start_high(void *ctx, wrt_call *call)
{
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_func f = fake_func(2);
    (void)ctx;
    o.priority = 250;
    return wrt_task_start(wrt_call_store(call), &f, NULL, 0, &o, NULL, NULL);
}

TEST(a_higher_priority_that_is_started_inside_interrupts)
{
    struct wrt__executor *x = open_with(WRT_FIXED_PRIORITY, 100000);
    static const struct fake_step high[] = { { F_SAY, 1, 0 }, { F_END, 0, 0 } };
    static const struct fake_step low[] = { { F_CALL, 1, 0 }, { F_BURN, 10000, 3 }, { F_SAY, 3, 0 },
        { F_END, 0, 0 } };
    fake_guests[1].steps = low;
    fake_guests[2].steps = high;
    fake_hosts[1] = host_start_high;
    wrt_task t = start(1, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(fake_log_count == 2 && fake_log[0] == 1 && fake_log[1] == 3 && info(t).slices == 2);
    fake_close(x);
}

TEST(of_those_who_wait_the_highest_gets_the_lock)
{
    struct wrt__executor *x = open_with(WRT_FIXED_PRIORITY, 300);
    static const struct fake_step low[] = { { F_ENTER, 0, 0 }, { F_BURN, 11, 30 }, { F_LEAVE, 0, 0 },
        { F_END, 0, 0 } };
    static const struct fake_step mid[] = { { F_ENTER, 0, 0 }, { F_SAY, 2, 0 }, { F_LEAVE, 0, 0 },
        { F_END, 0, 0 } };
    static const struct fake_step high[] = { { F_ENTER, 0, 0 }, { F_SAY, 3, 0 }, { F_LEAVE, 0, 0 },
        { F_END, 0, 0 } };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_turn one = { 0, 1 };
    fake_guests[0].steps = low;
    fake_guests[1].steps = mid;
    fake_guests[2].steps = high;
    for (uint8_t i = 0; i < 3; i++) {
        o.priority = (uint8_t)(i + 1);
        start(i, &o);
        CHECK(wrt_run(st, &one) == WRT_PENDING); /* each comes to the door before the next exists */
        wrt__executor_check(x);
    }
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(fake_log_count == 2 && fake_log[0] == 3 && fake_log[1] == 2);
    fake_close(x);
}

/* low holds the lock, mid spins, high waits for low: with inheritance low runs before mid. */
TEST(the_owner_of_a_lock_inherits_priority)
{
    struct wrt__executor *x = open_with(WRT_FIXED_PRIORITY, 300);
    static const struct fake_step low[] = { { F_ENTER, 0, 0 }, { F_BURN, 200, 3 }, { F_LEAVE, 0, 0 },
        { F_BURN, 1, 200 }, { F_BURN, 1, 3 }, { F_SAY, 1, 0 }, { F_END, 0, 0 } };
    static const struct fake_step mid[] = { { F_BURN, 1000, 3 }, { F_SAY, 2, 0 }, { F_END, 0, 0 } };
    static const struct fake_step high[] = { { F_ENTER, 0, 0 }, { F_SAY, 3, 0 }, { F_LEAVE, 0, 0 },
        { F_END, 0, 0 } };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    fake_guests[0].steps = low;
    fake_guests[1].steps = mid;
    fake_guests[2].steps = high;
    o.priority = 1;
    wrt_task a = start(0, &o);
    CHECK(run_fuel(30) == WRT_PENDING);
    o.priority = 2;
    start(1, &o);
    o.priority = 3;
    wrt_task c = start(2, &o);
    wrt_turn one = { 0, 1 };
    CHECK(wrt_run(st, &one) == WRT_PENDING);
    CHECK(info(c).state == WRT_TASK_LOCKED);
    CHECK(wrt__task_find(x, a)->entity.priority == 3);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(fake_log_count == 3 && fake_log[0] == 3 && fake_log[1] == 2 && fake_log[2] == 1);
    CHECK(wrt__task_find(x, a)->entity.priority == 1);
    fake_close(x);
}

/* ---- locks ------------------------------------------------------------------------------------------- */

TEST(waiters_get_a_lock_in_order)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 30);
    static const struct fake_step s[] = { { F_ENTER, 1, 0 }, { F_BURN, 100, 3 }, { F_LEAVE, 1, 0 },
        { F_END, 0, 0 } };
    wrt_task t[5];
    fake_guests[0].steps = s;
    for (int i = 0; i < 5; i++) t[i] = start(0, NULL);
    wrt_turn turn = { 0, 20 };
    CHECK(wrt_run(st, &turn) == WRT_PENDING);
    for (int i = 0; i < 5; i++)
        CHECK(info(t[i]).state == (i == 1 ? WRT_TASK_READY : i == 0 ? WRT_TASK_DONE : WRT_TASK_LOCKED));
    wrt__executor_check(x);
    CHECK(wrt_task_cancel(st, t[2]) == WRT_OK); /* out of the middle of the queue */
    CHECK(!fake_instances[1]->poisoned);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(info(t[4]).guest_fuel == 300 && info(t[2]).guest_fuel == 0);
    CHECK(!fake_instances[1]->owner);
    fake_close(x);
}

TEST(a_task_that_was_handed_a_lock_and_is_cancelled_passes_it_on)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 300);
    static const struct fake_step s[] = { { F_ENTER, 1, 0 }, { F_BURN, 11, 30 }, { F_LEAVE, 1, 0 },
        { F_END, 0, 0 } };
    wrt_task t[3];
    fake_guests[0].steps = s;
    fake_guests[1].steps = endless;
    for (int i = 0; i < 3; i++) t[i] = start(0, NULL);
    start(1, NULL);
    wrt_turn turn = { 0, 5 };
    CHECK(wrt_run(st, &turn)
        == WRT_PENDING); /* t0 stops at its last checkpoint, t1 and t2 wait, the spinner runs, t0 ends */
    CHECK(info(t[0]).state == WRT_TASK_DONE && info(t[1]).state == WRT_TASK_READY
        && info(t[2]).state == WRT_TASK_LOCKED);
    CHECK(wrt_task_cancel(st, t[1]) == WRT_OK);
    CHECK(info(t[2]).state == WRT_TASK_READY && !fake_instances[1]->poisoned);
    CHECK(run_fuel(2000) == WRT_PENDING);
    CHECK(info(t[2]).state == WRT_TASK_DONE);
    fake_close(x);
}

TEST(a_cycle_of_locks_ends_the_task_that_closes_it)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 30);
    static const struct fake_step a[] = { { F_ENTER, 1, 0 }, { F_BURN, 50, 3 }, { F_ENTER, 2, 0 },
        { F_LEAVE, 2, 0 }, { F_LEAVE, 1, 0 }, { F_END, 0, 0 } };
    static const struct fake_step b[] = { { F_ENTER, 2, 0 }, { F_BURN, 50, 3 }, { F_ENTER, 1, 0 },
        { F_LEAVE, 1, 0 }, { F_LEAVE, 2, 0 }, { F_END, 0, 0 } };
    wrt_error err;
    fake_guests[0].steps = a;
    fake_guests[1].steps = b;
    wrt_task ta = start(0, NULL), tb = start(1, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(info(ta).state == WRT_TASK_DONE);
    CHECK(info(tb).state == WRT_TASK_FAILED && info(tb).status == WRT_E_DEADLOCK);
    CHECK(wrt_task_result(st, tb, NULL, 0, &err) == WRT_E_DEADLOCK && err.trap == WRT_TRAP_DEADLOCK);
    fake_close(x);
}

TEST(cancel_poisons_only_what_was_preempted_in_guest_code)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 30);
    static const struct fake_step spin[] = { { F_ENTER, 1, 0 }, { F_BURN, UINT32_MAX, 3 }, { F_END, 0, 0 } };
    static const struct fake_step park[] = { { F_ENTER, 2, 0 }, { F_CALL, 0, 0 }, { F_LEAVE, 2, 0 },
        { F_END, 0, 0 } };
    fake_guests[0].steps = spin;
    fake_guests[1].steps = park;
    fake_hosts[0] = host_park;
    fake_host_ctx[0] = &deferred[0];
    wrt_task a = start(0, NULL), b = start(1, NULL);
    CHECK(run_fuel(100) == WRT_PENDING);
    CHECK(wrt_task_cancel(st, a) == WRT_OK && wrt_task_cancel(st, b) == WRT_OK);
    CHECK(fake_instances[1]->poisoned && !fake_instances[2]->poisoned);
    CHECK(!fake_instances[1]->owner && !fake_instances[2]->owner);
    static const struct fake_step both[] = { { F_ENTER, 3, 0 }, { F_BURN, 50, 3 }, { F_CALL, 0, 0 },
        { F_LEAVE, 3, 0 }, { F_END, 0, 0 } };
    fake_guests[2].steps = both; /* preempted before, but parked now */
    wrt_task c = start(2, NULL);
    CHECK(wrt_run(st, NULL) == WRT_IDLE && info(c).slices > 2);
    CHECK(wrt_task_cancel(st, c) == WRT_OK && !fake_instances[3]->poisoned);
    CHECK(wrt_task_cancel(st, a) == WRT_E_STATE);
    CHECK(wrt_complete(st, deferred[0], WRT_OK, 0) == WRT_E_STATE);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    fake_funcs[3].instance = fake_instances[1];
    wrt_func f = fake_func(3);
    wrt_error err;
    CHECK(wrt_task_start(st, &f, NULL, 0, NULL, NULL, &err) == WRT_E_POISONED);
    fake_close(x);
}

/* ---- fuel ------------------------------------------------------------------------------------------- */

TEST(an_empty_budget_suspends_and_is_never_overrun)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 1000);
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    fake_guests[0].steps = work300;
    o.fuel = 100;
    wrt_task t = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT);
    CHECK(info(t).state == WRT_TASK_FUEL_OUT && info(t).guest_fuel == 99);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT && wrt_wait(st, UINT64_MAX) == WRT_FUEL_OUT);
    CHECK(wrt_fuel_add(st, t, 1) == WRT_OK);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT && info(t).guest_fuel == 99);
    CHECK(wrt_fuel_add(st, t, 200) == WRT_OK && wrt_run(st, NULL) == WRT_OK);
    CHECK(info(t).guest_fuel == 300 && info(t).budget == 301);
    CHECK(wrt_fuel_add(st, t, 200) == WRT_E_STATE);
    wrt__executor_check(x);
    fake_close(x);
}

TEST(a_trap_on_empty_names_the_account)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 1000);
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_group outer, inner;
    wrt_error err;
    fake_guests[0].steps = work300;
    CHECK(wrt_group_new(st, (wrt_group){ 0 }, WRT_STR("outer"), 450, &outer, &err) == WRT_OK);
    CHECK(wrt_group_new(st, outer, WRT_STR("inner"), WRT_FUEL_UNLIMITED, &inner, &err) == WRT_OK);
    o.on_empty = WRT_FUEL_TRAP;
    o.group = inner;
    o.fuel = 30;
    wrt_task c = start(0, &o);
    o.fuel = 0;
    wrt_task a = start(0, &o), b = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_OK);
    CHECK(info(a).state == WRT_TASK_DONE && info(b).status == WRT_E_FUEL && info(c).status == WRT_E_FUEL);
    CHECK(wrt_task_result(st, b, NULL, 0, &err) == WRT_E_FUEL && strcmp(err.table, "outer") == 0
        && err.trap == WRT_TRAP_FUEL);
    CHECK(wrt_task_result(st, c, NULL, 0, &err) == WRT_E_FUEL && strcmp(err.table, "task") == 0);
    wrt_fuel_state fs;
    CHECK(wrt_group_fuel(st, inner, &fs) == WRT_OK && fs.guest == 450);
    CHECK(wrt_group_fuel(st, outer, &fs) == WRT_OK && fs.guest == 450 && fs.budget == 450);
    CHECK(wrt_fuel_get(st, (wrt_task){ 0 }, &fs) == WRT_OK && fs.guest == 450
        && fs.budget == WRT_FUEL_UNLIMITED);
    wrt__executor_check(x);
    o.group = (wrt_group){ 1234567 };
    wrt_func f = fake_func(0);
    CHECK(wrt_task_start(st, &f, NULL, 0, &o, NULL, &err) == WRT_E_ARG);
    fake_close(x);
}

TEST(a_callback_refuels_and_may_give_up)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 1000);
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    fake_guests[0].steps = work300;
    o.on_empty = WRT_FUEL_CALLBACK;
    o.fuel = 100;
    wrt_func f = fake_func(0);
    CHECK(wrt_task_start(st, &f, NULL, 0, &o, NULL, NULL) == WRT_E_ARG); /* no function */
    o.refuel = refuel_7;
    refuels = 0;
    wrt_task t = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT);
    CHECK(refuels == 11 && info(t).guest_fuel == 168 && info(t).budget == 170);
    fake_close(x);
}

TEST(a_group_wakes_everybody_that_waits_for_it)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 10);
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_group g;
    wrt_task t[4];
    fake_guests[0].steps = work300;
    CHECK(wrt_group_new(st, (wrt_group){ 0 }, WRT_STR("g"), 0, &g, NULL) == WRT_OK);
    o.group = g;
    for (int i = 0; i < 4; i++) t[i] = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT);
    CHECK(wrt_task_cancel(st, t[1]) == WRT_OK);
    CHECK(wrt_group_add(st, g, 899) == WRT_OK);
    wrt__executor_check(x);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT);
    wrt__executor_check(x);
    CHECK(wrt_group_add(st, g, 1) == WRT_OK && wrt_run(st, NULL) == WRT_OK);
    CHECK(wrt_group_add(st, (wrt_group){ 99 }, 1) == WRT_E_STATE);
    fake_close(x);
}

/* ---- host charges ------------------------------------------------------------------------------------ */

static uint64_t charge_amount;
static wrt_status host_charge(void *ctx, wrt_call *call)
{
    wrt_fuel_state before, after;
    (void)ctx;
    charge_calls++;
    CHECK(wrt_fuel_get(st, (wrt_task){ 0 }, &before) == WRT_OK);
    wrt_status status = wrt_charge(call, charge_amount);
    CHECK(wrt_fuel_get(st, (wrt_task){ 0 }, &after) == WRT_OK);
    CHECK(after.host - before.host == (status == WRT_OK ? charge_amount : 0));
    return status;
}

TEST(a_charge_that_does_not_fit_is_made_again_after_refuelling)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 100);
    static const struct fake_step s[] = { { F_BURN, 5, 3 }, { F_CALL, 0, 0 }, { F_BURN, 5, 3 },
        { F_END, 0, 0 } };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    fake_guests[0].steps = s;
    fake_hosts[0] = host_charge;
    charge_amount = 1000;
    charge_calls = 0;
    o.fuel = 100;
    wrt_task t = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_FUEL_OUT && charge_calls == 1 && info(t).host_fuel == 0);
    CHECK(wrt_fuel_add(st, t, 930) == WRT_OK && wrt_run(st, NULL) == WRT_OK);
    CHECK(charge_calls == 2 && info(t).host_fuel == 1000 && info(t).guest_fuel == 30);
    o.on_empty = WRT_FUEL_TRAP;
    t = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_OK && info(t).status == WRT_E_FUEL);
    wrt__executor_check(x);
    fake_close(x);
}

TEST(a_charge_is_a_debt_of_slices)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 100);
    static const struct fake_step s[] = { { F_CALL, 0, 0 }, { F_BURN, 1000000, 1 }, { F_END, 0, 0 } };
    fake_guests[0].steps = s;
    fake_guests[1].steps = endless;
    fake_hosts[0] = host_charge;
    charge_amount = 5000;
    wrt_task a = start(0, NULL), b = start(1, NULL);
    CHECK(run_fuel(9000) == WRT_PENDING);
    CHECK(info(a).host_fuel == 5000 && info(a).guest_fuel == 0 && info(b).guest_fuel >= 4000);
    CHECK(run_fuel(10000) == WRT_PENDING);
    CHECK(info(a).guest_fuel > 3900 && info(a).guest_fuel < 5100);
    fake_close(x);
}

static wrt_status host_refuels_itself(void *ctx, wrt_call *call)
{
    charge_calls++;
    if (wrt_charge(call, 1000) == WRT_OK) return WRT_OK;
    CHECK(wrt_fuel_add(st, *(wrt_task *)ctx, 600) == WRT_OK);
    return WRT_E_FUEL;
}

TEST(a_host_function_may_refuel_its_own_task)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 100);
    static const struct fake_step s[] = { { F_BURN, 5, 3 }, { F_CALL, 0, 0 }, { F_BURN, 5, 3 },
        { F_END, 0, 0 } };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    static wrt_task t;
    fake_guests[0].steps = s;
    fake_hosts[0] = host_refuels_itself;
    fake_host_ctx[0] = &t;
    charge_calls = 0;
    o.fuel = 500;
    t = start(0, &o);
    CHECK(wrt_run(st, NULL) == WRT_OK && charge_calls == 2 && info(t).host_fuel == 1000
        && info(t).budget == 1100);
    fake_close(x);
}

static wrt_status host_gives_up(void *ctx, wrt_call *call) { (void)ctx, (void)call; return WRT_E_FUEL; }

TEST(a_host_function_that_gives_up_without_a_charge_ends_the_task)
{
    struct wrt__executor *x = open_with(WRT_ROUND_ROBIN, 100);
    static const struct fake_step s[] = { { F_CALL, 0, 0 }, { F_END, 0, 0 } };
    fake_guests[0].steps = s;
    fake_hosts[0] = host_gives_up;
    wrt_task t = start(0, NULL);
    CHECK(wrt_run(st, NULL) == WRT_OK && info(t).status == WRT_E_FUEL);
    fake_close(x);
}

/* ---- many operations --------------------------------------------------------------------------------- */

static uint64_t rng = 88172645463325252u;
static uint32_t rand_below(uint32_t n)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (uint32_t)((rng >> 11) % n);
}

enum { MANY_TASKS = 64, MANY_PARKED = 64 };
static wrt_completion many_parked[MANY_PARKED];
static wrt_status many_park(void *ctx, wrt_call *call)
{
    wrt_completion k;
    (void)ctx;
    if (rand_below(3) == 0 && wrt_charge(call, rand_below(200)) != WRT_OK) return WRT_E_FUEL;
    if (wrt_defer(call, NULL, NULL, NULL, &k) != WRT_OK) return WRT_E_LIMIT;
    many_parked[rand_below(MANY_PARKED)] = k;
    if (rand_below(2) == 0) CHECK(wrt_complete_at(st, k, wrt_now_ns(st) + rand_below(5000)) == WRT_OK);
    return WRT_PENDING;
}

static void many_step(wrt_task *tasks, wrt_group *groups)
{
    uint32_t i = rand_below(MANY_TASKS), op = rand_below(16);
    wrt_turn turn = { rand_below(500) + 1, rand_below(20) };
    wrt_error err;
    switch (op) {
    case 0: case 1: case 2: {
        wrt_task_opts o = WRT_INIT(wrt_task_opts);
        wrt_func f = fake_func(rand_below(5));
        if (tasks[i].v) (void)wrt_task_close(st, tasks[i]);
        o.fuel = rand_below(2) * rand_below(2000);
        o.slice = rand_below(60);
        o.priority = (uint8_t)rand_below(5);
        o.on_empty = rand_below(4) ? WRT_FUEL_SUSPEND : WRT_FUEL_TRAP;
        o.group = rand_below(2) ? groups[rand_below(4)] : (wrt_group){ 0 };
        CHECK(wrt_task_start(st, &f, NULL, 0, &o, &tasks[i], &err) == WRT_OK);
        break;
    }
    case 3: (void)wrt_task_cancel(st, tasks[i]); break;
    case 4: (void)wrt_task_close(st, tasks[i]); break;
    case 5: (void)wrt_fuel_add(st, tasks[i], rand_below(500)); break;
    case 6: CHECK(wrt_group_add(st, groups[rand_below(4)], rand_below(500)) == WRT_OK); break;
    case 7: case 8: case 9: (void)wrt_complete(st, many_parked[rand_below(MANY_PARKED)], WRT_OK, op); break;
    case 10: (void)wrt_task_step(st, tasks[i], rand_below(100), &err); break;
    default: (void)wrt_run(st, &turn); break;
    }
}

TEST(random_operations_conserve_fuel_and_counts)
{
    static const struct fake_step guests[5][8] = {
        { { F_BURN, 100, 3 }, { F_END, 0, 0 } },
        { { F_ENTER, 1, 0 }, { F_BURN, 20, 5 }, { F_CALL, 0, 0 }, { F_BURN, 20, 5 }, { F_LEAVE, 1, 0 },
            { F_END, 0, 0 } },
        { { F_ENTER, 2, 0 }, { F_BURN, 9, 7 }, { F_ENTER, 1, 0 }, { F_CALL, 0, 0 }, { F_LEAVE, 1, 0 },
            { F_LEAVE, 2, 0 }, { F_END, 0, 0 } },
        { { F_ENTER, 3, 0 }, { F_BURN, 9, 7 }, { F_ENTER, 2, 0 }, { F_BURN, 30, 1 }, { F_LEAVE, 2, 0 },
            { F_LEAVE, 3, 0 }, { F_TRAP, 0, 0 } },
        { { F_ENTER, 1, 0 }, { F_BURN, 9, 7 }, { F_ENTER, 3, 0 }, { F_CALL, 0, 0 }, { F_LEAVE, 3, 0 },
            { F_LEAVE, 1, 0 }, { F_END, 0, 0 } },
    };
    for (int policy = 0; policy < 3; policy++) {
        wrt_store_opts o = WRT_INIT(wrt_store_opts);
        wrt_task tasks[MANY_TASKS] = { { 0 } };
        wrt_group groups[4];
        o.policy = (wrt_policy)policy;
        o.quantum_fuel = 50;
        o.virtual_time = true;
        o.ns_per_kfuel = 10000;
        struct wrt__executor *x = fake_open(wrt__port_alloc(), &o, NULL);
        for (uint32_t g = 0; g < 5; g++) fake_guests[g].steps = guests[g];
        for (uint32_t g = 0; g < FAKE_FUNCS; g++) fake_funcs[g].instance = fake_instances[0];
        fake_hosts[0] = many_park;
        for (uint32_t g = 0; g < 4; g++) {
            CHECK(
                wrt_group_new(st, g ? groups[g / 2] : (wrt_group){ 0 }, WRT_STR("g"), 3000, &groups[g], NULL)
                == WRT_OK);
        }
        for (int step = 0; step < 100000; step++) {
            many_step(tasks, groups);
            if (step % 8 == 0) wrt__executor_check(x);
        }
        fake_close(x);
    }
}
