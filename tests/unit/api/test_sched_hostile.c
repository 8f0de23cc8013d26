/* A victim of level D beside guests that do harm: what it computes, spends and tells is as if it were alone.
 * And overload: no miss at C and D, the others stop and come back. attack.wat, jobs.wat. */
#include "set_fixture.h"

static const char *const attacks[] = { "endless", "grow", "deep", "trap", "storm", "bulk" };
enum { ATTACKS = sizeof attacks / sizeof attacks[0] };

static wrt_status ping(void *ctx, wrt_call *c)
{
    (void)ctx;
    return wrt_charge(c, 3);
}

/* What the victim answers, job by job. */
static uint64_t answers;
static void victim_event(void *ctx, const wrt_sched_event *e)
{
    struct set_world *w = ctx;
    wrt_val v = { 0 };
    set_event(w, e);
    if (e->kind != WRT_TRACE_DONE || e->task != 0) return;
    CHECK_EQ(wrt_task_result(w->s, wrt_sched_task_of(w->q, 0), &v, 1, &w->err), WRT_OK);
    answers = (answers ^ v.of.u) * 0x100000001b3ull;
}

/* odd: releases of the others fall between the blocks of the victim, which costs it time (the rest up to an
 * event passes), and nothing else; then times are not compared. */
static void victim_beside(
    uint32_t attackers, bool odd, wrt_policy policy, uint64_t *own, uint64_t *results, uint64_t *done)
{
    struct set_world w;
    wrt_fn_def def = WRT_INIT(wrt_fn_def);
    set_open(&w);
    def.name = WRT_STR("ping");
    def.fn = ping;
    def.fuel = 2;
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("env"), &def, 1, &w.err), WRT_OK);
    wrt_code *c = set_code(&w, "attack");
    wrt_sched_opts o = set_opts(&w, policy);
    o.event = victim_event;
    answers = 1;
    set_begin(&w, o);
    wrt_sched_task v = set_task(set_func(&w, set_instance(&w, w.s, c), "victim"), 10000, 1000);
    v.level = WRT_ASIL_D;
    v.np_max_fuel = 1000;
    v.priority = 250;
    set_add(&w, v, 0);
    for (uint32_t k = 0; k < ATTACKS; k++) {
        if (!(attackers >> k & 1)) continue;
        wrt_sched_task t = set_task(
            set_func(&w, set_instance(&w, w.s, c), attacks[k]), odd ? 37000 + k : 40000, 30000);
        t.deadline_ns = 2000000;
        t.level = k % 2 ? WRT_QM : WRT_ASIL_B;
        t.offset_ns = odd ? 100 * k : 10000 * k;
        t.on_overrun = k % 2 ? WRT_OVERRUN_ABORT : WRT_OVERRUN_SUSPEND;
        set_add(&w, t, 0);
    }
    CHECK_EQ(wrt_sched_run(w.q, 1000000, &w.err), WRT_OK);
    for (uint32_t k = 0; odd && k < w.count; k++) w.events[k].at_ns = 0;
    *own = set_hash(&w, 0);
    *results = answers;
    *done = set_count(&w, WRT_TRACE_DONE, 0);
    CHECK_EQ(set_count(&w, WRT_TRACE_MISS, 0), 0);
    set_close(&w);
}

static void victim_check(bool odd)
{
    static const wrt_policy policies[] = { WRT_EDF, WRT_RATE_MONOTONIC, WRT_FIXED_PRIORITY, WRT_RM_EDF };
    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        uint64_t own, results, done, own1, results1, done1;
        victim_beside(0, odd, policies[p], &own, &results, &done);
        CHECK_EQ(done, 100);
        for (uint32_t k = 0; k <= ATTACKS; k++) {
            uint32_t who = k < ATTACKS ? 1u << k : (1u << ATTACKS) - 1;
            CONTEXT("policy %d, %s, odd %d", (int)policies[p], k < ATTACKS ? attacks[k] : "all", odd);
            victim_beside(who, odd, policies[p], &own1, &results1, &done1);
            CHECK_EQ(done1, done);
            CHECK_EQ(own1, own);
            CHECK_EQ(results1, results);
        }
    }
}

TEST(a_victim_is_as_if_alone)
{
    victim_check(false);
}

TEST(a_victim_spends_what_it_would_alone)
{
    victim_check(true);
}

/* Declares 100, burns for ever, in every way of ending. */
TEST(a_liar_harms_nobody_else)
{
    static const wrt_on_overrun ends[] = { WRT_OVERRUN_ABORT, WRT_OVERRUN_SUSPEND, WRT_OVERRUN_EXTEND,
        WRT_OVERRUN_TRAP };
    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
        struct set_world w;
        set_open(&w);
        wrt_sched_opts o = set_opts(&w, WRT_EDF);
        o.no_mode_switching = true;
        set_begin(&w, o);
        wrt_code *c = set_code(&w, "jobs");
        wrt_sched_task liar = set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 1000, 100);
        liar.on_overrun = ends[k];
        if (ends[k] == WRT_OVERRUN_EXTEND) liar.extend_percent = 50;
        set_add(&w, liar, 1 << 30);
        uint32_t honest = set_add(
            &w, set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 1500, 800), 150);
        CHECK_EQ(wrt_sched_run(w.q, 30000, &w.err), WRT_OK);
        CONTEXT("end %d", (int)ends[k]);
        CHECK_EQ(set_count(&w, WRT_TRACE_DONE, honest), 20);
        CHECK_EQ(set_count(&w, WRT_TRACE_MISS, honest), 0);
        CHECK(set_count(&w, WRT_TRACE_OVERRUN, 0) >= 20);
        set_close(&w);
    }
}


/* ---- overload ---------------------------------------------------------------------------------------------
 */

/* A C task that at times needs what it has only in mode high; D, C, B, QM beside it. */
static void overload(wrt_on_drop on_drop)
{
    struct set_world w;
    uint32_t number[5];
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_FIXED_PRIORITY);
    o.return_after = 1;
    set_begin(&w, o);
    wrt_code *c = set_code(&w, "jobs");
    wrt_val args[3] = { wrt_i32(20), wrt_i32(7), wrt_i32(80) }; /* every seventh: 400 instead of 100 */
    wrt_sched_task t = set_task(set_func(&w, set_instance(&w, w.s, c), "vary_5"), 2000, 150);
    t.level = WRT_ASIL_C;
    t.fuel[1] = 500;
    t.priority = 200;
    t.args = args;
    t.args_count = 3;
    CHECK_EQ(wrt_sched_add(w.q, &t, &number[0], &w.err), WRT_OK);
    for (uint32_t k = 1; k < 5; k++) {
        static const wrt_asil levels[] = { WRT_ASIL_C, WRT_ASIL_D, WRT_ASIL_C, WRT_ASIL_B, WRT_QM };
        t = set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 2000, 420);
        t.level = levels[k];
        t.priority = (uint8_t)(200 - 10 * k);
        t.on_drop = on_drop;
        if (on_drop == WRT_DROP_DEGRADE) t.degrade = 4;
        if (t.level == WRT_ASIL_D) t.np_max_fuel = 420;
        number[k] = set_add(&w, t, 80); /* 401 */
    }
    CHECK_EQ(wrt_sched_run(w.q, 400000, &w.err), WRT_OK);
    CONTEXT("on_drop %d", (int)on_drop);
    CHECK(set_count(&w, WRT_TRACE_MODE, UINT32_MAX) > 20);
    for (uint32_t k = 0; k < 3; k++) CHECK_EQ(set_count(&w, WRT_TRACE_MISS, number[k]), 0);
    for (uint32_t k = 1; k < 5; k++) {
        const wrt_sched_event *last = NULL;
        for (uint32_t n = 0; n < w.count; n++) {
            if (w.events[n].kind == WRT_TRACE_DONE && w.events[n].task == number[k]) last = &w.events[n];
        }
        CHECK(last && last->at_ns > 380000);
    }
    /* a mode that drops QM: no fuel of it from that instant to the return */
    bool high = false;
    for (uint32_t n = 0; n < w.count; n++) {
        const wrt_sched_event *e = &w.events[n];
        if (e->kind == WRT_TRACE_MODE) high = e->to != WRT_MODE_NORMAL;
        if (e->kind == WRT_TRACE_SLICE_BEGIN && on_drop != WRT_DROP_DEGRADE)
            CHECK(!high || e->task != number[4]);
    }
    set_close(&w);
}

TEST(overload_stops_the_lower_levels_and_they_come_back)
{
    overload(WRT_DROP_SUSPEND);
    overload(WRT_DROP_ABORT);
    overload(WRT_DROP_DEGRADE);
}

/* The host changes the mode to and fro: nothing is left over. */
TEST(ten_thousand_modes_leave_nothing)
{
    struct set_world w;
    uint64_t live, t = 0;
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_EDF);
    o.events = WRT_SCHED_EVENT(MODE);
    set_begin(&w, o);
    wrt_code *c = set_code(&w, "jobs");
    for (int k = 0; k < 4; k++) {
        wrt_sched_task task = set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 1000, 300);
        task.level = (wrt_asil)k;
        task.on_drop = k == 1 ? WRT_DROP_ABORT : WRT_DROP_SUSPEND;
        set_add(&w, task, 30);
    }
    CHECK_EQ(wrt_sched_run(w.q, t, &w.err), WRT_OK);
    live = w.heap.live_bytes;
    for (int k = 0; k < 10000; k++) {
        CHECK_EQ(wrt_sched_run(w.q, t += 333, &w.err), WRT_OK);
        CHECK_EQ(wrt_sched_mode(w.q, WRT_MODE_CRITICAL), WRT_OK);
        CHECK_EQ(wrt_sched_run(w.q, t += 333, &w.err), WRT_OK);
        CHECK_EQ(wrt_sched_mode(w.q, WRT_MODE_NORMAL), WRT_OK);
        if (w.count > 60000) w.count = 0;
    }
    CHECK_EQ(wrt_sched_run(w.q, t += 5000, &w.err), WRT_OK);
    CHECK_EQ(w.heap.live_bytes, live);
    wrt_sched_stats st;
    CHECK_EQ(wrt_sched_stats_get(w.q, WRT_SCHED_NOBODY, &st), WRT_OK);
    CHECK(st.raises > 2000 && st.returns > 2000);
    CHECK_EQ(st.mode, WRT_MODE_NORMAL);
    set_close(&w);
}
