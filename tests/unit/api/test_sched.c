/* Task sets on real modules, through the public interface: schedules to the tick, policies, hosts that run
 * the jobs. The prices of jobs.wat (table "unit"): burn_5(n) costs 5 n + 1. */
#include "set_fixture.h"

TEST(one_task_runs_at_its_releases)
{
    struct set_world w;
    set_open(&w);
    set_begin(&w, set_opts(&w, WRT_EDF));
    wrt_instance *i = set_instance(&w, w.s, set_code(&w, "jobs"));
    uint32_t t = set_add(&w, set_task(set_func(&w, i, "burn_5"), 1000, 300), 50);
    CHECK_EQ(wrt_sched_run(w.q, 3000, &w.err), WRT_OK);
    CHECK_EQ(set_count(&w, WRT_TRACE_DONE, t), 3);
    for (uint64_t k = 0; k < 3; k++) {
        const wrt_sched_event *done = set_find(&w, WRT_TRACE_DONE, t, k);
        REQUIRE(done);
        CHECK_EQ(done->at_ns, k * 1000 + 251);
        CHECK_EQ(done->fuel, 251);
        CHECK_EQ(done->deadline_ns, (k + 1) * 1000);
    }
    wrt_sched_task_stats st;
    CHECK_EQ(wrt_sched_task_stats_get(w.q, t, &st), WRT_OK);
    CHECK_EQ(st.done, 3);
    CHECK_EQ(st.response_max_ns, 251);
    CHECK_EQ(st.response_min_ns, 251);
    if (test_failures()) set_print(&w);
    set_close(&w);
}

/* Two tasks of one module in instances of their own; the second is the shorter one. */
static void two_tasks(struct set_world *w, wrt_policy policy, wrt_sched_task *a, wrt_sched_task *b)
{
    set_begin(w, set_opts(w, policy));
    wrt_code *c = set_code(w, "jobs");
    *a = set_task(set_func(w, set_instance(w, w->s, c), "burn_5"), 2000, 900);
    *b = set_task(set_func(w, set_instance(w, w->s, c), "burn_5"), 1000, 300);
}

static void check_order(struct set_world *w, const char *const *order, size_t n)
{
    char line[64];
    size_t at = 0;
    for (uint32_t i = 0; i < w->count && at < n; i++) {
        const wrt_sched_event *e = &w->events[i];
        char what = e->kind == WRT_TRACE_START ? '+' : e->kind == WRT_TRACE_DONE ? '-' : 0;
        if (!what) continue;
        snprintf(line, sizeof line, "%c%u.%u@%u", what, e->task, (unsigned)e->job, (unsigned)e->at_ns);
        CHECK_STR(line, order[at]);
        at++;
    }
    CHECK_EQ(at, n);
    if (test_failures()) set_print(w);
}

static void policy_order(wrt_policy policy, const char *const *order, size_t n)
{
    struct set_world w;
    wrt_sched_task a, b;
    set_open(&w);
    two_tasks(&w, policy, &a, &b);
    a.priority = 10;
    b.priority = 20;
    b.offset_ns = 100;
    set_add(&w, a, 150); /* 751 */
    set_add(&w, b, 40); /* 201 */
    CHECK_EQ(wrt_sched_run(w.q, 2000, &w.err), WRT_OK);
    CONTEXT("policy %d", (int)policy);
    check_order(&w, order, n);
    set_close(&w);
}

TEST(policies_order_jobs)
{
    /* b comes at 100 and 1100; it interrupts where it ranks before a. Blocks of a end at 6, 11, ..., 96: the
     * next one would end at 101, so the rest up to 100 passes as idle. */
    static const char *const preempts[] = { "+0.0@0", "+1.0@100", "-1.0@301", "-0.0@956", "+1.1@1100",
        "-1.1@1301" };
    static const char *const waits[] = { "+0.0@0", "-0.0@755", "+1.0@755", "-1.0@956", "+1.1@1100",
        "-1.1@1301" };
    static const char *const robin[] = { "+0.0@0", "-0.0@755", "+1.0@755", "-1.0@956", "+1.1@1100",
        "-1.1@1301" };
    policy_order(WRT_EDF, preempts, 6);
    policy_order(WRT_RATE_MONOTONIC, preempts, 6);
    policy_order(WRT_FIXED_PRIORITY, preempts, 6);
    policy_order(WRT_COOPERATIVE, waits, 6);
    policy_order(WRT_ROUND_ROBIN, robin, 6);
}

TEST(where_a_run_is_cut_changes_nothing)
{
    uint64_t hash[2] = { 0, 0 }, trace[2];
    for (int cut = 0; cut < 2; cut++) {
        struct set_world w;
        wrt_sched_task a, b;
        set_open(&w);
        two_tasks(&w, WRT_EDF, &a, &b);
        b.offset_ns = 100;
        set_add(&w, a, 150);
        set_add(&w, b, 40);
        for (uint64_t t = 0; cut && t < 10000; t += 37) CHECK_EQ(wrt_sched_run(w.q, t, &w.err), WRT_OK);
        CHECK_EQ(wrt_sched_run(w.q, 10000, &w.err), WRT_OK);
        hash[cut] = set_hash(&w, UINT32_MAX);
        trace[cut] = wrt_trace_hash(w.s);
        CHECK(w.count > 20);
        set_close(&w);
    }
    CHECK_EQ(hash[0], hash[1]);
    CHECK_EQ(trace[0], trace[1]);
}

TEST(a_step_at_a_time_is_the_same_schedule)
{
    uint64_t hash[2] = { 0, 0 };
    for (int step = 0; step < 2; step++) {
        struct set_world w;
        wrt_sched_task a, b;
        wrt_sched_stats st;
        uint64_t next = 0;
        set_open(&w);
        two_tasks(&w, WRT_EDF, &a, &b);
        b.offset_ns = 100;
        set_add(&w, a, 150);
        set_add(&w, b, 40);
        if (!step) {
            CHECK_EQ(wrt_sched_run(w.q, 12000, &w.err), WRT_OK);
        } else {
            st.now_ns = 0;
            for (int i = 0; i < 10000 && st.now_ns < 9000; i++) {
                wrt_status status = wrt_sched_step(w.q, i % 3 ? 50 : 0, &next, &w.err);
                CHECK(status == WRT_OK || status == WRT_PENDING);
                CHECK_EQ(wrt_sched_stats_get(w.q, 0, &st), WRT_OK);
                CHECK(status != WRT_OK || next > st.now_ns);
            }
        }
        /* events up to 9000 */
        while (w.count && w.events[w.count - 1].at_ns >= 9000) w.count--;
        hash[step] = set_hash(&w, UINT32_MAX);
        CHECK(w.count > 20);
        set_close(&w);
    }
    CHECK_EQ(hash[0], hash[1]);
}

/* ---- hosts that run the jobs ------------------------------------------------------------------------------
 */

/* A job as blocks of 5, the first of 6: what burn_5(n) is. Runs what is granted, as the engine would. */
struct host_job { uint64_t job, left; bool first; };

static void host_run(struct set_world *w, const int32_t *turns, uint64_t until)
{
    struct host_job jobs[4] = { { 0 } };
    for (;;) {
        wrt_sched_grant g;
        wrt_sched_spent r = { .func = UINT32_MAX };
        CHECK_EQ(wrt_sched_next(w->q, 0, until, &g, &w->err), WRT_OK);
        if (g.task == WRT_SCHED_NOBODY || g.now_ns >= until) return;
        struct host_job *j = &jobs[g.task];
        if (g.fresh) *j = (struct host_job){ g.job, (uint64_t)turns[g.task], true };
        CHECK_EQ(j->job, g.job);
        r.end = WRT_JOB_STOPPED;
        while (j->left) {
            uint64_t price = j->first ? 6 : 5;
            if (r.fuel + price > g.fuel) {
                r.end = WRT_JOB_NO_FIT;
                break;
            }
            if (r.fuel >= g.slice) break;
            r.fuel += price;
            j->first = false;
            j->left--;
        }
        if (j->left == 0) r.end = WRT_JOB_DONE;
        CHECK_EQ(wrt_sched_report(w->q, 0, &r, &w->err), WRT_OK);
    }
}

static void host_against_guest(wrt_policy policy, uint64_t until)
{
    static const int32_t turns[3] = { 150, 40, 90 };
    uint64_t hash[2] = { 0, 0 };
    for (int host = 0; host < 2; host++) {
        struct set_world w;
        set_open(&w);
        wrt_sched_opts o = set_opts(&w, policy);
        o.quantum_fuel = 97;
        set_begin(&w, o);
        wrt_code *c = set_code(&w, "jobs");
        for (uint32_t k = 0; k < 3; k++) {
            static const uint64_t periods[3] = { 2000, 700, 1500 }, fuel[3] = { 900, 300, 400 };
            wrt_func *f = host ? NULL : set_func(&w, set_instance(&w, w.s, c), "burn_5");
            wrt_sched_task t = set_task(f, periods[k], fuel[k]);
            t.offset_ns = k * 33;
            t.priority = (uint8_t)(10 + 10 * k);
            set_add(&w, t, host ? 0 : turns[k]);
        }
        if (host) host_run(&w, turns, until);
        else CHECK_EQ(wrt_sched_run(w.q, until, &w.err), WRT_OK);
        for (uint32_t i = 0; i < w.count; i++) { /* the host says no places */
            w.events[i].func = UINT32_MAX;
            w.events[i].offset = 0;
        }
        /* the start of a job that runs beyond the end is told with its first report */
        while (w.count && w.events[w.count - 1].at_ns >= until - 1000) w.count--;
        CHECK(w.count > 60);
        hash[host] = set_hash(&w, UINT32_MAX);
        if (test_failures()) set_print(&w);
        set_close(&w);
    }
    CONTEXT("policy %d", (int)policy);
    CHECK_EQ(hash[0], hash[1]);
}

TEST(next_and_report_give_the_same_schedule)
{
    host_against_guest(WRT_EDF, 20000);
    host_against_guest(WRT_RATE_MONOTONIC, 20000);
    host_against_guest(WRT_FIXED_PRIORITY, 20000);
    host_against_guest(WRT_COOPERATIVE, 20000);
    host_against_guest(WRT_ROUND_ROBIN, 20000);
    host_against_guest(WRT_RM_EDF, 20000);
}
