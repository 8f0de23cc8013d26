/* The schedule as a host sees it: the calls and their errors, events that are noticed late, figures, and a
 * long random life with an audit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sched/realtime.h"
#include "test.h"

static struct wrt__rt *rt;
static void *memory;
static wrt_error err;

static void begin(struct wrt__rt_opts *o)
{
    size_t bytes = wrt__rt_size(o);
    free(memory);
    memory = malloc(bytes);
    memset(memory, 0xa5, bytes);
    CHECK_EQ(wrt__rt_init(&rt, o, memory, bytes, &err), WRT_OK);
}

static struct wrt__rt_opts room(enum wrt__rt_policy policy)
{
    struct wrt__rt_opts o;
    wrt__rt_opts_init(&o);
    o.policy = (uint8_t)policy;
    o.tasks_max = 8;
    o.servers_max = o.slots_max = o.instances_max = 4;
    return o;
}

static uint32_t add(uint64_t period, uint64_t deadline, uint64_t fuel)
{
    struct wrt__rt_task_opts t;
    uint32_t n = WRT__RT_NONE;
    wrt__rt_task_opts_init(&t);
    t.period_ns = period;
    t.deadline_ns = deadline;
    t.fuel[0] = t.fuel[1] = t.fuel[2] = fuel;
    CHECK_EQ(wrt__rt_add(rt, &t, &n, &err), WRT_OK);
    return n;
}

/* The kinds and times that poll tells, as text. */
static const char *told(uint64_t now)
{
    static char text[1000];
    struct wrt__rt_news n;
    size_t used = 0;
    text[0] = 0;
    while (wrt__rt_poll(rt, now, &n)) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %u/%u@%u", used ? ", " : "",
            wrt__rt_kind_name(n.kind), (unsigned)(n.task + 1), (unsigned)n.job, (unsigned)n.at);
    }
    wrt__rt_check(rt);
    return text;
}

TEST(options_out_of_range_are_named)
{
    struct wrt__rt_opts o = room(WRT__RT_EDF);
    struct wrt__rt_task_opts t;
    struct wrt__rt_server_opts s = { WRT__RT_SPORADIC, 1, 1, 1 };
    uint32_t n;
    o.quantum_fuel = 0;
    CHECK_EQ(wrt__rt_size(&o), 0);
    CHECK_EQ(wrt__rt_init(&rt, &o, NULL, 0, &err), WRT_E_ARG);
    CHECK_STR(err.message, "quantum is out of range");
    o.quantum_fuel = 1;
    o.tasks_max = WRT__RT_TASKS_MAX + 1;
    CHECK_EQ(wrt__rt_size(&o), 0);
    o = room(WRT__RT_EDF);
    begin(&o);
    CHECK_EQ(wrt__rt_init(&rt, &o, memory, wrt__rt_size(&o) - 1, &err), WRT_E_NOMEM);
    begin(&o);
    wrt__rt_task_opts_init(&t);
    t.fuel[0] = 2;
    t.fuel[1] = 1;
    CHECK_EQ(wrt__rt_add(rt, &t, &n, &err), WRT_E_ARG);
    CHECK_STR(err.message, "fuel is out of range");
    wrt__rt_task_opts_init(&t);
    t.level = WRT__RT_C;
    t.period_ns = 10;
    t.deadline_ns = 11;
    CHECK_EQ(wrt__rt_add(rt, &t, &n, &err), WRT_E_ARG);
    CHECK_STR(err.message, "deadline is out of range");
    t.level = WRT__RT_B;
    t.server = 0;
    CHECK_EQ(wrt__rt_add(rt, &t, &n, &err), WRT_E_ARG);
    CHECK_STR(err.message, "server is out of range");
    CHECK_EQ(wrt__rt_server(rt, &s, &n, &err), WRT_E_UNSUPPORTED);
    s.kind = WRT__RT_CBS;
    s.fuel = 0;
    CHECK_EQ(wrt__rt_server(rt, &s, &n, &err), WRT_E_ARG);
    CHECK_EQ(wrt__rt_slot(rt, 0, 5, 0, &err), WRT_E_ARG);
    for (int i = 0; i < 8; i++) CHECK_EQ(add(10, 10, 1), i);
    t.server = WRT__RT_NONE;
    CHECK_EQ(wrt__rt_add(rt, &t, &n, &err), WRT_E_LIMIT);
}

TEST(slots_are_checked)
{
    struct wrt__rt_opts o = room(WRT__RT_TABLE);
    struct wrt__rt_task_opts t;
    uint32_t n;
    begin(&o);
    add(0, 0, 5);
    CHECK_EQ(wrt__rt_slot(rt, 0, 0, 0, &err), WRT_E_ARG);
    CHECK_EQ(wrt__rt_slot(rt, 0, 5, 1, &err), WRT_E_ARG);
    CHECK_EQ(wrt__rt_slot(rt, 0, 5, 0, &err), WRT_OK);
    CHECK_EQ(wrt__rt_slot(rt, 4, 5, 0, &err), WRT_E_ARG);
    CHECK_EQ(wrt__rt_slot(rt, 5, 5, 0, &err), WRT_OK);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_E_ARG);
    CHECK_EQ(wrt__rt_cycle(rt, 9, &err), WRT_E_ARG);
    CHECK_EQ(wrt__rt_cycle(rt, 10, &err), WRT_OK);
    wrt__rt_task_opts_init(&t);
    t.level = WRT__RT_A;
    CHECK_EQ(wrt__rt_add(rt, &t, &n, &err), WRT_OK);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_E_ARG);
    CHECK_STR(err.message, "level of a task without slots is out of range");
    CHECK_EQ(wrt__rt_remove(rt, 0, 0), WRT_E_STATE);
    CHECK_EQ(wrt__rt_remove(rt, n, 0), WRT_OK);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_OK);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_E_STATE);
}

TEST(calls_at_the_wrong_time_change_nothing)
{
    struct wrt__rt_opts o = room(WRT__RT_EDF);
    struct wrt__rt_pick pick;
    begin(&o);
    add(10, 10, 5);
    add(0, 0, 5);
    CHECK_EQ(wrt__rt_release(rt, 1, 0), WRT_E_STATE);
    CHECK_STR(told(5), "");
    CHECK_EQ(wrt__rt_start(rt, 100, &err), WRT_OK);
    CHECK_EQ(wrt__rt_report(rt, WRT__RT_DONE, 0, 100), WRT_E_STATE);
    CHECK_EQ(wrt__rt_report_locked(rt, 0, 0, 100), WRT_E_STATE);
    CHECK(!wrt__rt_pick(rt, &pick));
    CHECK_EQ(wrt__rt_release(rt, 0, 100), WRT_E_STATE);     /* periodic */
    CHECK_EQ(wrt__rt_release(rt, 9, 100), WRT_E_ARG);
    CHECK_EQ(wrt__rt_wake(rt, 0, 100), WRT_E_STATE);
    CHECK_EQ(wrt__rt_wait_for(rt, 0, 1), WRT_E_STATE);
    CHECK_EQ(wrt__rt_enter(rt, 0, 0), WRT_E_STATE);
    CHECK_EQ(wrt__rt_leave(rt, 0, 0), WRT_E_STATE);
    CHECK_EQ(wrt__rt_begin(rt, 0, 100), WRT_E_STATE);
    CHECK_STR(told(100), "release 1/0@100, slice-begin 1/0@100");
    CHECK(wrt__rt_pick(rt, &pick));
    CHECK_EQ(wrt__rt_report_locked(rt, 1, 0, 100), WRT_E_STATE);    /* task 1 has no job */
    CHECK_EQ(wrt__rt_mode(rt, WRT__RT_HIGH, 100), WRT_OK);
    CHECK_EQ(wrt__rt_report(rt, WRT__RT_DONE, 2, 102), WRT_OK);
    CHECK_STR(told(102), "start 1/0@100, slice-end 1/0@102, done 1/0@102, mode 0/0@100");
    CHECK_EQ(wrt__rt_mode(rt, WRT__RT_MODES, 102), WRT_E_ARG);
}

TEST(what_is_noticed_late_keeps_its_time_and_comes_after_the_report)
{
    struct wrt__rt_opts o = room(WRT__RT_EDF);
    struct wrt__rt_pick pick;
    struct wrt__rt_totals totals;
    begin(&o);
    add(10, 6, 100);
    add(40, 40, 100);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_OK);
    CHECK_EQ(wrt__rt_next_event(rt), 0);
    CHECK(wrt__rt_pending(rt, 0));
    CHECK_STR(told(1), "release 1/0@0, release 2/0@0, slice-begin 1/0@1");
    CHECK(!wrt__rt_pending(rt, 5));
    CHECK(wrt__rt_pending(rt, 6));
    CHECK(wrt__rt_pick(rt, &pick));
    CHECK(pick.fresh && pick.task == 0 && pick.hard_fuel == 100 && pick.soft_fuel == INT64_MAX);
    /* Done at 23 and not looked at in between: its own miss, its end, then the releases of 10 and 20. */
    CHECK_EQ(wrt__rt_report(rt, WRT__RT_DONE, 7, 23), WRT_OK);
    CHECK_STR(told(23),
        "start 1/0@1, miss 1/0@6, slice-end 1/0@23, done 1/0@23, release 1/1@10, miss 1/1@16, "
        "abort 1/1@20, release 1/2@20, slice-begin 1/2@23");
    CHECK_EQ(wrt__rt_stats(rt, 0)->response_max_ns, 23);
    CHECK_EQ(wrt__rt_stats(rt, 0)->start_max_ns, 1);
    CHECK_EQ(wrt__rt_stats(rt, 0)->releases, 3);
    CHECK_EQ(wrt__rt_stats(rt, 0)->missed, 2);
    CHECK_EQ(wrt__rt_stats(rt, 0)->fuel_max, 7);
    CHECK(wrt__rt_stats(rt, 2) == NULL);
    wrt__rt_totals(rt, &totals);
    CHECK_EQ(totals.hyperperiod_ns, 40);
    CHECK_EQ(wrt__rt_unfinished(rt), 2);
    CHECK_EQ(totals.slices, 2);
}

TEST(tasks_come_and_go_while_it_runs)
{
    struct wrt__rt_opts o = room(WRT__RT_EDF);
    struct wrt__rt_pick pick;
    struct wrt__rt_job job;
    struct wrt__rt_totals totals;
    begin(&o);
    add(10, 10, 5);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_OK);
    CHECK_STR(told(0), "release 1/0@0, slice-begin 1/0@0");
    CHECK_EQ(add(15, 5, 5), 1);
    CHECK_STR(told(2), "");
    CHECK_EQ(wrt__rt_begin(rt, 1, 3), WRT_OK);
    CHECK_STR(told(3), "release 2/0@3, slice-end 1/0@3, slice-begin 2/0@3");
    wrt__rt_totals(rt, &totals);
    CHECK_EQ(totals.hyperperiod_ns, 30);
    CHECK(wrt__rt_pick(rt, &pick));
    CHECK_EQ(wrt__rt_remove(rt, 1, 4), WRT_OK);
    CHECK_EQ(wrt__rt_report(rt, WRT__RT_DONE, 1, 4), WRT_E_STATE);
    CHECK(!wrt__rt_job(rt, 1, &job));
    CHECK_STR(told(4), "slice-begin 1/0@4");
    CHECK_EQ(add(20, 5, 5), 1); /* the number is free */
    CHECK_EQ(wrt__rt_begin(rt, 1, 4), WRT_OK);
    CHECK_STR(told(4), "release 2/0@4, slice-end 1/0@4, slice-begin 2/0@4");
    CHECK(wrt__rt_job(rt, 1, &job));
    CHECK(job.state == WRT__RT_RUNNING && job.deadline == 9 && job.fuel_left == 5);
}

TEST(a_job_starts_where_it_was_picked_whatever_arrives_meanwhile)
{
    struct wrt__rt_opts o = room(WRT__RT_PRIORITY);
    struct wrt__rt_pick pick;
    begin(&o);
    add(100, 0, 50);
    add(100, 0, 50);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_OK);
    CHECK_STR(told(0), "release 1/0@0, release 2/0@0, slice-begin 1/0@0");
    CHECK(wrt__rt_pick(rt, &pick));
    CHECK_EQ(wrt__rt_report(rt, WRT__RT_WAITING, 1, 1), WRT_OK);
    CHECK_STR(told(1), "start 1/0@0, slice-end 1/0@1, slice-begin 2/0@1");
    CHECK(wrt__rt_pick(rt, &pick));
    CHECK_EQ(wrt__rt_wake(rt, 0, 3), WRT_OK);
    CHECK_EQ(wrt__rt_report(rt, WRT__RT_DONE, 4, 5), WRT_OK);
    CHECK_STR(told(5), "start 2/0@1, slice-end 2/0@5, done 2/0@5, slice-begin 1/0@5");
}

TEST(a_turn_given_up_goes_to_the_next)
{
    struct wrt__rt_opts o = room(WRT__RT_PRIORITY);
    struct wrt__rt_pick pick;
    begin(&o);
    add(100, 0, 50);
    add(100, 0, 50);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_OK);
    CHECK_STR(told(0), "release 1/0@0, release 2/0@0, slice-begin 1/0@0");
    CHECK(wrt__rt_pick(rt, &pick));
    CHECK_EQ(wrt__rt_report(rt, WRT__RT_STILL, 3, 3), WRT_OK);
    CHECK_STR(told(3), "start 1/0@0");
    CHECK(wrt__rt_pick(rt, &pick));
    CHECK(!pick.fresh && pick.hard_fuel == 47);
    CHECK_EQ(wrt__rt_report(rt, WRT__RT_SLICE, 1, 4), WRT_OK);
    CHECK_STR(told(4), "slice-end 1/0@4, slice-begin 2/0@4");
}

TEST(times_near_the_end_of_time_do_not_wrap)
{
    struct wrt__rt_opts o = room(WRT__RT_EDF);
    uint64_t late = UINT64_MAX - 5;
    begin(&o);
    add(10, 10, 5);
    add(UINT64_MAX, UINT64_MAX, 5);
    CHECK_EQ(wrt__rt_start(rt, late, &err), WRT_OK);
    CHECK_STR(told(late), "release 1/0@4294967290, release 2/0@4294967290, slice-begin 1/0@4294967290");
    CHECK_EQ(wrt__rt_next_event(rt), UINT64_MAX);
}

/* ---- modes, again and again ---------------------------------------------------------------------------- */

/* Jobs of so many units, one unit at a time; where a budget ends the job overruns. */
static uint64_t cycle_run(uint64_t now, uint64_t *done)
{
    struct wrt__rt_pick pick;
    if (!wrt__rt_pick(rt, &pick)) return wrt__rt_next_event(rt);
    if (pick.hard_fuel == 0) {
        CHECK_EQ(wrt__rt_report(rt, WRT__RT_BUDGET, 0, now), WRT_OK);
        return now;
    }
    done[pick.task]++;
    if (done[pick.task] == 6) {
        done[pick.task] = 0;
        CHECK_EQ(wrt__rt_report(rt, WRT__RT_DONE, 1, now + 1), WRT_OK);
    } else {
        CHECK_EQ(wrt__rt_report(rt, WRT__RT_STILL, 1, now + 1), WRT_OK);
    }
    return now + 1;
}

/* 10^4 overloads: what is dropped each time goes on each time, in the same memory. */
TEST(ten_thousand_overloads_leave_nothing_behind)
{
    struct wrt__rt_opts o = room(WRT__RT_EDF);
    uint64_t now = 0, done[8] = { 0 }, seen[WRT__RT_KINDS] = { 0 };
    struct wrt__rt_task_opts t;
    struct wrt__rt_totals totals;
    struct wrt__rt_news n;
    uint32_t id;
    o.return_after = 1;
    begin(&o);
    for (uint32_t i = 0; i < 4; i++) {
        wrt__rt_task_opts_init(&t);
        t.period_ns = 40;
        t.deadline_ns = i ? 40 : 20;
        t.level = i ? WRT__RT_QM : WRT__RT_C;
        t.fuel[0] = i ? 6 : 5;
        t.fuel[1] = t.fuel[2] = 6;
        t.on_drop = i == 3 ? WRT__RT_DROP_ABORT : WRT__RT_DROP_SUSPEND;
        CHECK_EQ(wrt__rt_add(rt, &t, &id, &err), WRT_OK);
    }
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_OK);
    do {
        while (wrt__rt_poll(rt, now, &n)) {
            seen[n.kind]++;
            if (n.kind == WRT__RT_ABORT) done[n.task] = 0;
        }
        wrt__rt_totals(rt, &totals);
        if (totals.mode_returns % 500 == 0) wrt__rt_check(rt);
        now = cycle_run(now, done);
    } while (totals.mode_returns < 10000);
    wrt__rt_check(rt);
    CHECK_EQ(totals.mode_raises, 10000);
    CHECK_EQ(seen[WRT__RT_MISS], 0);
    CHECK_EQ(seen[WRT__RT_OVERRUN], 10000);
    CHECK_EQ(seen[WRT__RT_ABORT], 10000);
    CHECK_EQ(seen[WRT__RT_SUSPEND], 20000);
    CHECK_EQ(seen[WRT__RT_CONTINUE], 20000 - 2); /* the last two are still to come */
}

/* ---- a long random life ------------------------------------------------------------------------------ */

enum { LIFE_TASKS = 24, LIFE_INSTANCES = 6 };
struct life {
    uint32_t tasks;
    uint64_t now, seen[WRT__RT_KINDS], of_task[LIFE_TASKS][WRT__RT_KINDS], random, raises, returns;
    bool waits[LIFE_TASKS], locked[LIFE_TASKS];
};

static uint64_t life_below(struct life *l, uint64_t n) { return test_random(&l->random) % n; }

static void life_make(struct life *l, uint32_t policy)
{
    struct wrt__rt_opts o;
    uint32_t servers = policy == WRT__RT_COOPERATIVE || policy == WRT__RT_ROUND_ROBIN
            || policy == WRT__RT_TABLE
        ? 0
        : 3;
    bool deadlines = policy == WRT__RT_EDF || policy == WRT__RT_RM_EDF;
    wrt__rt_opts_init(&o);
    o.policy = (uint8_t)policy;
    o.protocol = (uint8_t)life_below(l, 3);
    o.tasks_max = l->tasks;
    o.servers_max = servers;
    o.slots_max = 8;
    o.instances_max = LIFE_INSTANCES;
    o.quantum_fuel = 1 + life_below(l, 20);
    o.miss_threshold = (uint32_t)life_below(l, 4);
    o.return_after = 0;
    begin(&o);
    for (uint32_t i = 0; i < servers; i++) {
        struct wrt__rt_server_opts s = { deadlines ? WRT__RT_CBS : WRT__RT_SPORADIC,
            (uint8_t)life_below(l, 9), 1 + life_below(l, 30), 1 + life_below(l, 60) };
        uint32_t n;
        CHECK_EQ(wrt__rt_server(rt, &s, &n, &err), WRT_OK);
    }
    for (uint32_t i = 0; i < l->tasks; i++) {
        struct wrt__rt_task_opts t;
        uint32_t n;
        wrt__rt_task_opts_init(&t);
        t.level = (uint8_t)life_below(l, policy == WRT__RT_TABLE && i >= 4 ? 1 : WRT__RT_LEVELS);
        t.period_ns = i % 4 ? 20 * (1 + life_below(l, 6)) : 0;
        t.separation_ns = life_below(l, 10);
        t.deadline_ns = 1 + life_below(l, t.period_ns ? t.period_ns : 50);
        t.offset_ns = life_below(l, 30);
        t.fuel[0] = 1 + life_below(l, 9);
        t.fuel[1] = t.fuel[0] + life_below(l, 6);
        t.fuel[2] = t.fuel[1] + life_below(l, 6);
        t.server = servers && life_below(l, 2) ? (uint32_t)life_below(l, servers) : WRT__RT_NONE;
        t.instance = life_below(l, 2) ? (uint32_t)life_below(l, LIFE_INSTANCES / 2) : WRT__RT_NONE;
        t.weight = 1 + (uint32_t)life_below(l, 3);
        t.priority = (uint8_t)life_below(l, 5);
        t.on_overrun = (uint8_t)life_below(l, t.level >= WRT__RT_C ? 2 : 4);
        t.extend_percent = 50;
        t.on_late = (uint8_t)life_below(l, 3);
        t.on_drop = (uint8_t)life_below(l, 3);
        t.degrade = 1 + life_below(l, 3);
        t.np = life_below(l, 6) == 0;
        t.enforce = life_below(l, 5) != 0;
        CHECK_EQ(wrt__rt_add(rt, &t, &n, &err), WRT_OK);
        CHECK_EQ(
            wrt__rt_uses(rt, n, LIFE_INSTANCES / 2 + (uint32_t)life_below(l, LIFE_INSTANCES / 2)), WRT_OK);
    }
    for (uint32_t i = 0; policy == WRT__RT_TABLE && i < 4; i++) {
        CHECK_EQ(wrt__rt_slot(rt, 10 * i, 5 + life_below(l, 6), i, &err), WRT_OK);
    }
    if (policy == WRT__RT_TABLE) CHECK_EQ(wrt__rt_cycle(rt, 40 + life_below(l, 9), &err), WRT_OK);
    CHECK_EQ(wrt__rt_start(rt, l->now, &err), WRT_OK);
}

/* Whoever waited for the job of `owner` by our word waits for somebody else, or no longer. */
static void life_ended(struct life *l, uint32_t owner)
{
    l->waits[owner] = l->locked[owner] = false;
    for (uint32_t i = 0; i < l->tasks; i++) {
        struct wrt__rt_job job;
        if (!l->locked[i] || !wrt__rt_job(rt, i, &job) || job.blocker != owner) continue;
        if (life_below(l, 2) && wrt__rt_wait_for(rt, i, (uint32_t)life_below(l, l->tasks)) == WRT_OK)
            continue;
        CHECK_EQ(wrt__rt_wake(rt, i, l->now), WRT_OK);
        l->locked[i] = false;
    }
}

static void life_hear(struct life *l)
{
    struct wrt__rt_news n;
    while (wrt__rt_poll(rt, l->now, &n)) {
        l->seen[n.kind]++;
        CHECK(n.at <= l->now);
        if (n.task != WRT__RT_NONE && n.task < l->tasks) l->of_task[n.task][n.kind]++;
        if (n.kind == WRT__RT_END_DONE || n.kind == WRT__RT_END_FAILED || n.kind == WRT__RT_ABORT) {
            life_ended(l, n.task);
        } else if (n.kind == WRT__RT_MODE_CHANGE) {
            if (n.to > n.from) l->raises++;
            if (n.to < n.from) l->returns++;
        }
    }
}

static void life_run(struct life *l)
{
    struct wrt__rt_pick pick;
    uint64_t fuel, room_left, choice;
    uint32_t owner;
    if (!wrt__rt_pick(rt, &pick)) {
        l->now = wrt__min_u64(wrt__rt_next_event(rt), l->now + life_below(l, 30));
        return;
    }
    room_left = wrt__rt_next_event(rt) - l->now;
    fuel = wrt__min_u64(life_below(l, 8), wrt__min_u64(pick.hard_fuel, room_left));
    if (life_below(l, 50) == 0) l->now += life_below(l, 40); /* noticed late */
    l->now += fuel;
    choice = life_below(l, 16);
    if (choice < 5) {
        CHECK_EQ(wrt__rt_report(rt, WRT__RT_STILL, fuel, l->now), WRT_OK);
    } else if (choice < 8) {
        CHECK_EQ(wrt__rt_report(rt, WRT__RT_DONE, fuel, l->now), WRT_OK);
    } else if (choice == 8) {
        CHECK_EQ(wrt__rt_report(rt, WRT__RT_FAILED, fuel, l->now), WRT_OK);
    } else if (choice == 9) {
        CHECK_EQ(wrt__rt_report(rt, WRT__RT_SLICE, fuel, l->now), WRT_OK);
    } else if (choice == 10) {
        CHECK_EQ(wrt__rt_report(rt, WRT__RT_WAITING, fuel, l->now), WRT_OK);
        l->waits[pick.task] = true;
    } else if (choice == 11) {
        owner = (uint32_t)life_below(l, l->tasks);
        switch (wrt__rt_report_locked(rt, owner, fuel, l->now)) {
        case WRT_OK: l->locked[pick.task] = true; break;
        case WRT_E_DEADLOCK: CHECK_EQ(wrt__rt_report(rt, WRT__RT_FAILED, 0, l->now), WRT_OK); break;
        default: CHECK_EQ(wrt__rt_report(rt, WRT__RT_STILL, fuel, l->now), WRT_OK); break;
        }
    } else {
        fuel = pick.hard_fuel == WRT__RT_NO_LIMIT ? fuel : wrt__min_u64(pick.hard_fuel, 3 + fuel);
        CHECK_EQ(wrt__rt_report(
                     rt, pick.hard_fuel == WRT__RT_NO_LIMIT ? WRT__RT_STILL : WRT__RT_BUDGET, fuel, l->now),
            WRT_OK);
    }
}

static void life_outside(struct life *l)
{
    uint32_t i = (uint32_t)life_below(l, l->tasks), instance = LIFE_INSTANCES / 2 + i % (LIFE_INSTANCES / 2);
    switch (life_below(l, 8)) {
    case 0:
    case 1:
    case 2:
        if (l->waits[i] || l->locked[i]) CHECK_EQ(wrt__rt_wake(rt, i, l->now), WRT_OK);
        l->waits[i] = l->locked[i] = false;
        break;
    case 3: wrt__rt_release(rt, i, l->now); break;
    case 4: wrt__rt_mode(rt, (enum wrt__rt_mode)life_below(l, WRT__RT_MODES), l->now); break;
    case 5: wrt__rt_enter(rt, i, instance); break;
    case 6: wrt__rt_leave(rt, i, instance); break;
    default: break;
    }
}

TEST(a_long_random_life_keeps_every_promise)
{
    static struct life l;
    uint64_t steps = 0, raises = 0, returns = 0, kinds[WRT__RT_KINDS] = { 0 };
    for (uint64_t seed = 0; seed < 140; seed++) {
        struct wrt__rt_totals totals;
        memset(&l, 0, sizeof l);
        l.random = seed * 7919 + 1;
        l.now = life_below(&l, 100);
        l.tasks = 4 + (uint32_t)life_below(&l, LIFE_TASKS - 3);
        life_make(&l, (uint32_t)(seed % WRT__RT_POLICIES));
        CONTEXT("seed %u", (unsigned)seed);
        for (uint32_t i = 0; i < 7200; i++, steps++) {
            life_hear(&l);
            if (i % 16 == 0) wrt__rt_check(rt);
            if (life_below(&l, 3) == 0) life_outside(&l);
            life_hear(&l);
            life_run(&l);
        }
        life_hear(&l);
        wrt__rt_check(rt);
        wrt__rt_totals(rt, &totals);
        CHECK_EQ(totals.mode_raises, l.raises);
        CHECK_EQ(totals.mode_returns, l.returns);
        CHECK_EQ(totals.exhausted, l.seen[WRT__RT_EXHAUSTED]);
        CHECK_EQ(totals.replenished, l.seen[WRT__RT_REPLENISHED]);
        CHECK_EQ(totals.slices, l.seen[WRT__RT_SLICE_BEGIN]);
        for (uint32_t i = 0; i < l.tasks; i++) {
            const struct wrt__rt_stats *s = wrt__rt_stats(rt, i);
            const uint64_t *n = l.of_task[i];
            struct wrt__rt_job job;
            CHECK(wrt__rt_job(rt, i, &job));
            CHECK_EQ(s->releases, n[WRT__RT_RELEASE]);
            CHECK_EQ(s->starts, n[WRT__RT_START]);
            CHECK_EQ(s->done, n[WRT__RT_END_DONE]);
            CHECK_EQ(s->failed, n[WRT__RT_END_FAILED]);
            CHECK_EQ(s->aborted, n[WRT__RT_ABORT]);
            CHECK_EQ(s->skipped, n[WRT__RT_SKIP]);
            CHECK_EQ(s->continued, n[WRT__RT_CONTINUE]);
            CHECK_EQ(s->missed, n[WRT__RT_MISS]);
            CHECK_EQ(s->overruns, n[WRT__RT_OVERRUN]);
            CHECK_EQ(s->suspended, n[WRT__RT_SUSPEND]);
            CHECK_EQ(s->slices, n[WRT__RT_SLICE_BEGIN]);
        }
        raises += l.raises;
        returns += l.returns;
        for (uint32_t k = 0; k < WRT__RT_KINDS; k++) kinds[k] += l.seen[k];
    }
    CHECK(steps > 1000000);
    CHECK(raises > 10000 && returns > 10000); /* in the same memory: there is nothing to leak */
    for (uint32_t k = 0; k < WRT__RT_KINDS; k++) {
        CONTEXT("%s", wrt__rt_kind_name((enum wrt__rt_kind)k));
        CHECK(kinds[k] > 1000);
    }
}

/* By the clock, who comes late by a thousand million releases has not so much to tell: all but some are
 * skipped at once, the grid stays, and nothing is lost in the figures. */
TEST(what_is_far_too_late_is_skipped_at_once)
{
    struct wrt__rt_opts o = room(WRT__RT_EDF);
    struct wrt__rt_news n;
    uint64_t skipped = 0, told_in_all = 0;
    uint32_t t;
    o.catch_up = 4;
    o.mode_switching = false;
    begin(&o);
    t = add(1, 1, 10);
    add(1000, 1000, 10);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_OK);
    while (wrt__rt_poll(rt, 1000000, &n)) {
        told_in_all++;
        if (n.kind == WRT__RT_SKIP && n.task == t) skipped += n.more + 1;
    }
    CHECK(told_in_all < 60);
    CHECK_EQ(skipped, 1000000 - 4);
    CHECK_EQ(wrt__rt_stats(rt, t)->skipped, skipped);
    CHECK_EQ(wrt__rt_stats(rt, t)->releases, 5);
    CHECK_EQ(wrt__rt_stats(rt, 1)->releases, 5);
    wrt__rt_check(rt);
    while (wrt__rt_poll(rt, 1000001, &n)) {
        if (n.kind == WRT__RT_RELEASE) CHECK_EQ(n.job, 1000001);
    }
    CHECK_EQ(wrt__rt_stats(rt, t)->releases, 6);
}

TEST(rounds_of_a_table_that_are_far_too_late_are_skipped_at_once)
{
    struct wrt__rt_opts o = room(WRT__RT_TABLE);
    struct wrt__rt_news n;
    uint64_t skipped[2] = { 0 }, told_in_all = 0;
    o.catch_up = 3;
    begin(&o);
    add(0, 0, 10);
    add(0, 0, 10);
    CHECK_EQ(wrt__rt_slot(rt, 0, 1, 0, &err), WRT_OK);
    CHECK_EQ(wrt__rt_slot(rt, 1, 1, 1, &err), WRT_OK);
    CHECK_EQ(wrt__rt_slot(rt, 2, 1, 0, &err), WRT_OK);
    CHECK_EQ(wrt__rt_cycle(rt, 5, &err), WRT_OK);
    CHECK_EQ(wrt__rt_start(rt, 0, &err), WRT_OK);
    while (wrt__rt_poll(rt, 5000004, &n)) {
        told_in_all++;
        if (n.kind == WRT__RT_SKIP) skipped[n.task] += n.more + 1;
    }
    CHECK(told_in_all < 100);
    CHECK_EQ(skipped[0], 2 * (1000000 - 3));
    CHECK_EQ(skipped[1], 1000000 - 3);
    CHECK_EQ(wrt__rt_stats(rt, 0)->releases, 8);
    CHECK_EQ(wrt__rt_stats(rt, 1)->releases, 4);
    while (wrt__rt_poll(rt, 5000005, &n)) {
        if (n.kind == WRT__RT_RELEASE) CHECK_EQ(n.job, 2 * 1000001);
    }
    wrt__rt_check(rt);
}
