/* Each setting of a task set alone changes a schedule that was recorded. burn_5(n) costs 5 n + 1. */
#include "set_fixture.h"

enum setting { NONE, HYBRID, SWITCHING, ENFORCEMENT, MONITORING, THRESHOLD, PREEMPTION_QUANTUM };

static wrt_sched_opts changed(struct set_world *w, wrt_policy policy, enum setting s)
{
    wrt_sched_opts o = set_opts(w, policy);
    o.no_hybrid = s == HYBRID;
    o.no_mode_switching = s == SWITCHING;
    o.no_enforcement = s == ENFORCEMENT;
    o.no_monitoring = s == MONITORING;
    if (s == THRESHOLD) o.miss_threshold = 3;
    if (s == PREEMPTION_QUANTUM) o.quantum_fuel = 50;
    return o;
}

static wrt_sched_task burning(
    struct set_world *w, wrt_code *c, wrt_asil level, uint64_t period, uint64_t fuel)
{
    wrt_sched_task t = set_task(set_func(w, set_instance(w, w->s, c), "burn_5"), period, fuel);
    t.level = level;
    return t;
}

TEST(hybrid_puts_short_periods_first)
{
    /* Period 8 ms is band 0, 30 ms is band 1, whatever the deadlines; without bands the earlier deadline
     * wins. */
    for (int off = 0; off < 2; off++) {
        struct set_world w;
        set_open(&w);
        set_begin(&w, changed(&w, WRT_RM_EDF, off ? HYBRID : NONE));
        wrt_code *c = set_code(&w, "jobs");
        uint32_t a = set_add(&w, burning(&w, c, WRT_ASIL_B, 8000000, 500), 40);
        wrt_sched_task t = burning(&w, c, WRT_ASIL_B, 30000000, 500);
        t.deadline_ns = 5000000;
        uint32_t b = set_add(&w, t, 40);
        CHECK_EQ(wrt_sched_run(w.q, 1000, &w.err), WRT_OK);
        CHECK_EQ(set_find(&w, WRT_TRACE_START, a, 0)->at_ns, off ? 201 : 0);
        CHECK_EQ(set_find(&w, WRT_TRACE_START, b, 0)->at_ns, off ? 0 : 201);
        set_close(&w);
    }
}

TEST(mode_switching_gives_the_larger_budget)
{
    for (int off = 0; off < 2; off++) {
        struct set_world w;
        set_open(&w);
        set_begin(&w, changed(&w, WRT_EDF, off ? SWITCHING : NONE));
        wrt_code *c = set_code(&w, "jobs");
        wrt_sched_task t = burning(&w, c, WRT_ASIL_C, 2000, 100);
        t.fuel[1] = 400;
        uint32_t high = set_add(&w, t, 60); /* 301 */
        uint32_t low = set_add(&w, burning(&w, c, WRT_QM, 3000, 600), 100);
        CHECK_EQ(wrt_sched_run(w.q, 1500, &w.err), WRT_OK);
        CHECK_EQ(set_count(&w, WRT_TRACE_OVERRUN, high), 1);
        CHECK_EQ(set_count(&w, WRT_TRACE_DONE, high), off ? 0 : 1);
        CHECK_EQ(set_count(&w, WRT_TRACE_ABORT, high), off ? 1 : 0);
        CHECK_EQ(set_count(&w, WRT_TRACE_MODE, UINT32_MAX), off ? 0 : 1);
        CHECK_EQ(set_count(&w, WRT_TRACE_SUSPEND, low), off ? 0 : 1);
        const wrt_sched_event *mode = set_find(&w, WRT_TRACE_MODE, high, UINT64_MAX);
        if (mode) CHECK(mode->cause == WRT_CAUSE_OVERRUN && mode->dropped == 1 && mode->func != UINT32_MAX);
        const wrt_sched_event *e = set_find(&w, WRT_TRACE_OVERRUN, high, 0);
        REQUIRE(e);
        CHECK(e->func != UINT32_MAX && e->offset > 0);
        CHECK_EQ(e->fuel, 96); /* 6 + 18 * 5: the next block would be beyond 100 */
        set_close(&w);
    }
}

TEST(enforcement_stops_a_job_at_its_budget)
{
    for (int off = 0; off < 2; off++) {
        for (int level = WRT_ASIL_B; level <= WRT_ASIL_C; level++) {
            struct set_world w;
            bool stopped = !off || level == WRT_ASIL_C;
            set_open(&w);
            set_begin(&w, changed(&w, WRT_EDF, off ? ENFORCEMENT : NONE));
            uint32_t t = set_add(&w, burning(&w, set_code(&w, "jobs"), (wrt_asil)level, 2000, 100), 60);
            CHECK_EQ(wrt_sched_run(w.q, 1500, &w.err), WRT_OK);
            CONTEXT("off %d level %d", off, level);
            CHECK_EQ(set_count(&w, WRT_TRACE_OVERRUN, t), 1);
            CHECK_EQ(set_count(&w, WRT_TRACE_ABORT, t), stopped ? 1 : 0);
            CHECK_EQ(set_count(&w, WRT_TRACE_DONE, t), stopped ? 0 : 1);
            set_close(&w);
        }
    }
}

TEST(monitoring_tells_misses)
{
    for (int off = 0; off < 2; off++) {
        for (int level = WRT_ASIL_B; level <= WRT_ASIL_C; level++) {
            struct set_world w;
            set_open(&w);
            set_begin(&w, changed(&w, WRT_EDF, off ? MONITORING : NONE));
            wrt_sched_task o = burning(&w, set_code(&w, "jobs"), (wrt_asil)level, 2000, 1000);
            o.deadline_ns = 200;
            uint32_t t = set_add(&w, o, 60);
            CHECK_EQ(wrt_sched_run(w.q, 1500, &w.err), WRT_OK);
            CONTEXT("off %d level %d", off, level);
            const wrt_sched_event *e = set_find(&w, WRT_TRACE_MISS, t, 0);
            CHECK_EQ(e != NULL, !off || level == WRT_ASIL_C);
            if (e) {
                CHECK_EQ(e->at_ns, 200);
                CHECK(e->func != UINT32_MAX);
            }
            CHECK_EQ(set_count(&w, WRT_TRACE_DONE, t), 1);
            set_close(&w);
        }
    }
}

TEST(misses_above_the_threshold_raise_the_mode)
{
    static const uint64_t raised[2] = { 1200, 3200 };      /* the second miss, the fourth */
    for (int off = 0; off < 2; off++) {
        struct set_world w;
        set_open(&w);
        set_begin(&w, changed(&w, WRT_EDF, off ? THRESHOLD : NONE));
        wrt_sched_task o = burning(&w, set_code(&w, "jobs"), WRT_ASIL_B, 1000, 900);
        o.deadline_ns = 200;
        set_add(&w, o, 60);
        CHECK_EQ(wrt_sched_run(w.q, 3900, &w.err), WRT_OK);
        const wrt_sched_event *e = set_find(&w, WRT_TRACE_MODE, 0, UINT64_MAX);
        REQUIRE(e);
        CHECK_EQ(e->at_ns, raised[off]);
        CHECK_EQ(e->cause, WRT_CAUSE_MISSES);
        CHECK_EQ(e->to, WRT_MODE_HIGH);
        set_close(&w);
    }
}

TEST(a_quantum_changes_who_is_first)
{
    uint64_t hash[2];
    for (int off = 0; off < 2; off++) {
        struct set_world w;
        set_open(&w);
        set_begin(&w, changed(&w, WRT_ROUND_ROBIN, off ? PREEMPTION_QUANTUM : NONE));
        wrt_code *c = set_code(&w, "jobs");
        set_add(&w, burning(&w, c, WRT_ASIL_B, 3000, 900), 100);
        set_add(&w, burning(&w, c, WRT_ASIL_B, 3000, 900), 100);
        CHECK_EQ(wrt_sched_run(w.q, 3000, &w.err), WRT_OK);
        hash[off] = set_hash(&w, UINT32_MAX);
        set_close(&w);
    }
    CHECK(hash[0] != hash[1]);
}

/* ---- what is refused
 * ---------------------------------------------------------------------------------------- */

static void refused(struct set_world *w, wrt_sched_task t, const char *field)
{
    wrt_val arg = wrt_i32(1);
    t.args = &arg;
    t.args_count = 1;
    memset(&w->err, 0, sizeof w->err);
    CONTEXT("%s", field);
    CHECK_EQ(wrt_sched_add(w->q, &t, NULL, &w->err), WRT_E_ARG);
    CHECK_STR(w->err.table, field);
    CHECK(w->err.message[0]);
}

TEST(wrong_tasks_are_refused_by_field)
{
    struct set_world w;
    set_open(&w);
    set_begin(&w, set_opts(&w, WRT_EDF));
    wrt_sched_task good = burning(&w, set_code(&w, "jobs"), WRT_ASIL_C, 1000, 100), t;
    refused(&w, (t = good, t.period_ns = 0, t), "period_ns");
    refused(&w, (t = good, t.period_ns = UINT64_MAX, t), "period_ns");
    refused(&w, (t = good, t.separation_ns = 5, t), "separation_ns");
    refused(&w, (t = good, t.deadline_ns = 1001, t), "deadline_ns");
    refused(&w, (t = good, t.offset_ns = UINT64_MAX, t), "offset_ns");
    refused(&w, (t = good, t.jitter_ns = UINT64_MAX, t), "jitter_ns");
    refused(&w, (t = good, t.fuel[0] = 0, t), "fuel");
    refused(&w, (t = good, t.fuel[1] = 50, t), "fuel");
    refused(&w, (t = good, t.bcet_fuel = 101, t), "bcet_fuel");
    refused(&w, (t = good, t.level = WRT_ASIL_D, t), "np_max_fuel");
    refused(&w, (t = good, t.level = WRT_ASIL_D, t.np_max_fuel = 99, t), "np_max_fuel");
    refused(&w, (t = good, t.np = true, t), "np_max_fuel");
    refused(&w, (t = good, t.level = (wrt_asil)5, t), "level");
    refused(&w, (t = good, t.core = 1, t), "core");
    refused(&w, (t = good, t.on_overrun = WRT_OVERRUN_EXTEND, t.extend_percent = 10, t), "on_overrun");
    refused(&w, (t = good, t.extend_percent = 10, t), "extend_percent");
    refused(&w, (t = good, t.on_late = (wrt_on_late)9, t), "on_late");
    refused(&w, (t = good, t.on_drop = WRT_DROP_DEGRADE, t), "degrade");
    refused(&w, (t = good, t.band_set = true, t), "band");
    refused(&w, (t = good, t.in_server = true, t), "server");
    refused(&w, (t = good, t.stack_bytes = UINT64_MAX, t), "stack_bytes");
    CHECK_EQ(wrt_sched_run(w.q, 10, &w.err), WRT_E_ARG); /* empty */
    set_add(&w, good, 3);
    CHECK_EQ(wrt_sched_run(w.q, 10, &w.err), WRT_OK);
    CHECK_EQ(wrt_sched_add(w.q, &good, NULL, &w.err), WRT_E_STATE);
    CHECK_EQ(wrt_sched_next(w.q, 0, 0, &(wrt_sched_grant){ 0 }, &w.err), WRT_E_STATE);
    set_close(&w);
}

TEST(wrong_options_are_refused_by_field)
{
    struct set_world w;
    wrt_sched_opts o;
    wrt_sched *q = NULL;
    set_open(&w);
    struct { wrt_sched_opts o; const char *field; } bad[10];
    static const char *const fields[] = { "policy", "cores", "ns_per_kfuel", "cycle_ns", "cycle_ns",
        "overhead", "max_utilization", "level_utilization", "os_priority", "miss_threshold" };
    for (size_t i = 0; i < 10; i++) {
        bad[i].o = set_opts(&w, WRT_EDF);
        bad[i].field = fields[i];
    }
    bad[0].o.policy = (wrt_policy)99;
    bad[1].o.cores = 65;
    bad[2].o.ns_per_kfuel = UINT64_MAX;
    bad[3].o.cycle_ns = 5;
    bad[4].o.policy = WRT_TIME_TRIGGERED;
    bad[5].o.overhead = (wrt_adm_ratio){ 1, 2 };
    bad[6].o.max_utilization = (wrt_adm_ratio){ 0, 2 };
    bad[7].o.level_utilization = (wrt_adm_ratio){ 0, 2 };
    bad[8].o.os_priority = 100;
    bad[9].o.miss_threshold = 100000;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CONTEXT("%s", bad[i].field);
        CHECK_EQ(wrt_sched_new(w.e, &bad[i].o, &q, &w.err), WRT_E_ARG);
        CHECK_STR(w.err.table, bad[i].field);
    }
    /* a store with another clock */
    set_begin(&w, (o = set_opts(&w, WRT_EDF), o.ns_per_kfuel = 2000, o));
    wrt_sched_task t = burning(&w, set_code(&w, "jobs"), WRT_ASIL_B, 1000, 100);
    refused(&w, t, "ns_per_kfuel");
    set_close(&w);
}

TEST(admission_reads_the_set)
{
    struct set_world w;
    wrt_adm_row rows[2];
    wrt_adm_verdict v;
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_EDF);
    set_begin(&w, o);
    wrt_code *c = set_code(&w, "jobs");
    set_add(&w, burning(&w, c, WRT_ASIL_C, 1000, 200), 1);
    set_add(&w, burning(&w, c, WRT_ASIL_B, 2000, 200), 1);
    CHECK_EQ(wrt_sched_admit(w.q, rows, &v, &w.err), WRT_OK);
    CHECK(v.ok && rows[0].ok && rows[1].ok);
    set_add(&w, burning(&w, c, WRT_ASIL_B, 1000, 300), 1); /* above 0.5 in all with the factor */
    CHECK_EQ(wrt_sched_admit(w.q, NULL, &v, &w.err), WRT_E_REJECTED);
    CHECK_EQ(v.reason, WRT_ADM_CAP);
    set_close(&w);
}
