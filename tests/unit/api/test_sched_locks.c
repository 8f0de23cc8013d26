/* Jobs that stand in each other's way: inversion, chains, ceilings, cycles, and the background. link.wat:
 * short(n) costs about 5 n, lock(before, next, inside, after) calls another instance in the middle. */
#include "set_fixture.h"

enum protocol { NOTHING, INHERITANCE, CEILING };

struct lock_world {
    struct set_world w;
    wrt_table *table;
    wrt_instance *i[10];
};

static wrt_status lock_wait(void *ctx, wrt_call *c)
{
    wrt_completion k;
    uint64_t ns = *(uint64_t *)ctx;
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &k);
    if (status == WRT_OK) status = wrt_complete_at(wrt_call_store(c), k, wrt_now_ns(wrt_call_store(c)) + ns);
    return status == WRT_OK ? WRT_PENDING : status;
}

static uint64_t lock_wait_ns = 300;

/* n instances; entry k of the table is `short` of instance k. */
static void lock_open(struct lock_world *l, wrt_policy policy, enum protocol protocol, uint32_t n)
{
    struct set_world *w = &l->w;
    wrt_fn_def wait = WRT_INIT(wrt_fn_def);
    wrt_sched_opts o;
    set_open(w);
    wait.name = WRT_STR("wait");
    wait.fn = lock_wait;
    wait.ctx = &lock_wait_ns;
    o = set_opts(w, policy);
    o.no_inheritance = protocol == NOTHING;
    o.ceiling = protocol == CEILING;
    set_begin(w, o);
    CHECK_EQ(wrt_table_new(w->s, WRT_FUNCREF, 16, 16, true, &l->table, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_table(w->l, WRT_STR("env"), WRT_STR("table"), l->table, &w->err), WRT_OK);
    CHECK_EQ(wrt_link_funcs(w->l, WRT_STR("env"), &wait, 1, &w->err), WRT_OK);
    wrt_code *c = set_code(w, "link");
    for (uint32_t k = 0; k < n; k++) {
        l->i[k] = set_instance(w, w->s, c);
        CHECK_EQ(wrt_table_set(l->table, k, wrt_func_ref(set_func(w, l->i[k], "short"))), WRT_OK);
    }
}

static uint32_t lock_add(struct lock_world *l, wrt_sched_task t, int32_t before, int32_t next, int32_t inside,
    int32_t after)
{
    wrt_val args[4] = { wrt_i32(before), wrt_i32(next), wrt_i32(inside), wrt_i32(after) };
    uint32_t number = UINT32_MAX;
    t.args = args;
    t.args_count = 4;
    CHECK_EQ(wrt_sched_add(l->w.q, &t, &number, &l->w.err), WRT_OK);
    return number;
}

static wrt_sched_task lock_task(
    struct lock_world *l, uint32_t i, const char *name, uint8_t priority, uint64_t offset)
{
    wrt_sched_task t = set_task(set_func(&l->w, l->i[i], name), 1000000, 100000);
    t.priority = priority;
    t.offset_ns = offset;
    return t;
}

static uint64_t response(const struct lock_world *l, uint32_t task)
{
    const wrt_sched_event *e = set_find(&l->w, WRT_TRACE_DONE, task, 0);
    CHECK(e != NULL);
    if (!e) set_print(&l->w);
    return e ? e->at_ns - e->release_ns : 0;
}

/* ---- inversion -------------------------------------------------------------------------------------- */

/* Low stands in instance 0 for some 500 fuel; high wants in at about 80; medium spins for 10000 from 100 on.
 */
static uint64_t inversion(wrt_policy policy, enum protocol protocol)
{
    struct lock_world l;
    uint64_t r;
    lock_open(&l, policy, protocol, 3);
    set_add(&l.w, lock_task(&l, 0, "short", 10, 0), 100);
    wrt_sched_task m = lock_task(&l, 1, "short", 20, 100), h = lock_task(&l, 2, "lock", 30, 50);
    m.deadline_ns = 500000;
    m.period_ns = 900000;
    h.deadline_ns = 100000;
    h.period_ns = 800000;
    set_add(&l.w, m, 2000);
    uint32_t high = lock_add(&l, h, 3, 0, 10, 3);
    CHECK_EQ(wrt_sched_run(l.w.q, 50000, &l.w.err), WRT_OK);
    r = response(&l, high);
    set_close(&l.w);
    return r;
}

TEST(inheritance_bounds_inversion)
{
    static const wrt_policy policies[] = { WRT_FIXED_PRIORITY, WRT_RATE_MONOTONIC, WRT_EDF };
    const uint64_t section = 520, own = 130;
    for (size_t k = 0; k < sizeof policies / sizeof policies[0]; k++) {
        CONTEXT("policy %d", (int)policies[k]);
        CHECK(inversion(policies[k], INHERITANCE) <= section + own);
        CHECK(inversion(policies[k], CEILING) <= section + own);
        CHECK(inversion(policies[k], NOTHING) > 10000);
    }
}

/* Task k (the highest is 0) stands in instance k and needs instance k + 1, in which task k + 1 stands. */
static uint64_t chain(enum protocol protocol)
{
    enum { LENGTH = 8 };
    struct lock_world l;
    uint64_t r;
    lock_open(&l, WRT_FIXED_PRIORITY, protocol, LENGTH + 1);
    for (uint32_t k = 0; k < LENGTH; k++) {
        bool last = k == LENGTH - 1;
        wrt_sched_task t = lock_task(
            &l, k, last ? "short" : "lock", (uint8_t)(100 - 10 * k), (LENGTH - 1 - k) * 200);
        if (last) set_add(&l.w, t, 300);        /* 1500 */
        else lock_add(&l, t, 10, (int32_t)k + 1, 5, 5);
    }
    /* between the highest and all others */
    set_add(&l.w, lock_task(&l, LENGTH, "short", 95, LENGTH * 200), 4000);
    CHECK_EQ(wrt_sched_run(l.w.q, 100000, &l.w.err), WRT_OK);
    CHECK_EQ(set_count(&l.w, WRT_TRACE_DONE, UINT32_MAX), LENGTH + 1);
    r = response(&l, 0);
    set_close(&l.w);
    return r;
}

TEST(inheritance_goes_through_a_chain_of_eight)
{
    /* what is left of the last section, and what each of the others does in its own */
    const uint64_t sections = 1510 + 7 * 130, own = 130;
    CHECK(chain(INHERITANCE) <= sections + own);
    CHECK(chain(CEILING) <= sections + own);
    CHECK(chain(NOTHING) > 20000);
}

/* Low leaves the instance and goes on for long in its own: who waited preempts it at the next checkpoint. */
TEST(a_lock_that_is_handed_on_preempts_at_once)
{
    struct lock_world l;
    lock_open(&l, WRT_FIXED_PRIORITY, INHERITANCE, 3);
    lock_add(&l, lock_task(&l, 1, "lock", 10, 0), 1, 0, 100, 8000);
    uint32_t high = lock_add(&l, lock_task(&l, 2, "lock", 30, 50), 3, 0, 10, 3);
    CHECK_EQ(wrt_sched_run(l.w.q, 50000, &l.w.err), WRT_OK);
    CHECK(response(&l, high) <= 520 + 130);
    set_close(&l.w);
}

/* What a job left half done is as new for the next one: the count of calls begins again. */
TEST(an_aborted_job_leaves_its_instance_as_new)
{
    for (int aborted = 0; aborted < 2; aborted++) {
        struct lock_world l;
        wrt_global *calls;
        wrt_val v = { 0 };
        lock_open(&l, WRT_EDF, INHERITANCE, 2);
        wrt_sched_task t = lock_task(&l, 0, "lock", 10, 0);
        t.period_ns = 2000;
        t.fuel[0] = aborted ? 200 : 2000;
        lock_add(&l, t, 50, 1, 5, 5); /* some 330 */
        CHECK_EQ(wrt_export_global(l.i[0], WRT_STR("calls"), &calls, &l.w.err), WRT_OK);
        CHECK_EQ(wrt_sched_run(l.w.q, 9000, &l.w.err), WRT_OK);
        CHECK_EQ(set_count(&l.w, WRT_TRACE_ABORT, 0), aborted ? 5 : 0);
        CHECK_EQ(wrt_global_get(calls, &v), WRT_OK);
        CHECK_EQ(v.of.u, aborted ? 0 : 5);
        set_close(&l.w);
    }
}

TEST(a_cycle_ends_as_deadlock)
{
    struct lock_world l;
    lock_open(&l, WRT_FIXED_PRIORITY, INHERITANCE, 2);
    uint32_t low = lock_add(&l, lock_task(&l, 1, "lock", 10, 0), 30, 0, 5, 5);
    uint32_t high = lock_add(&l, lock_task(&l, 0, "lock", 20, 50), 5, 1, 5, 5);
    CHECK_EQ(wrt_sched_run(l.w.q, 5000, &l.w.err), WRT_OK);
    const wrt_sched_event *e = set_find(&l.w, WRT_TRACE_FAILED, low, 0);
    REQUIRE(e);
    CHECK_EQ(e->status, WRT_E_DEADLOCK);
    CHECK_EQ(e->trap, WRT_TRAP_DEADLOCK);
    CHECK(e->func != UINT32_MAX);
    CHECK(e->fuel < 200); /* where it asked for the instance */
    CHECK(set_find(&l.w, WRT_TRACE_DONE, high, 0) != NULL);
    /* the instance of the one that failed is as new: its next job counts from one */
    if (test_failures()) set_print(&l.w);
    set_close(&l.w);
}

/* ---- waiting for the host, the background
 * ------------------------------------------------------------------ */

TEST(a_job_that_waits_gives_the_processor)
{
    struct lock_world l;
    lock_open(&l, WRT_FIXED_PRIORITY, INHERITANCE, 2);
    uint32_t high = set_add(&l.w, lock_task(&l, 0, "wait", 20, 0), 10);
    uint32_t low = set_add(&l.w, lock_task(&l, 1, "short", 10, 0), 200);
    CHECK_EQ(wrt_sched_run(l.w.q, 5000, &l.w.err), WRT_OK);
    CHECK(response(&l, low) > 1000);
    uint64_t r = response(&l, high);
    CHECK(r >= 300 + 100 && r <= 300 + 150); /* exactly when its time has come, in the middle of low */
    set_close(&l.w);
}

TEST(ordinary_tasks_run_when_no_job_is_ready)
{
    struct lock_world l;
    wrt_task t;
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_val n = wrt_i32(100);
    lock_open(&l, WRT_EDF, INHERITANCE, 2);
    uint32_t job = set_add(&l.w, lock_task(&l, 0, "short", 20, 0), 100);
    CHECK_EQ(wrt_task_start(l.w.s, set_func(&l.w, l.i[1], "short"), &n, 1, NULL, &t, &l.w.err), WRT_OK);
    CHECK_EQ(wrt_sched_run(l.w.q, 700, &l.w.err), WRT_OK);
    CHECK(response(&l, job) <= 520);
    CHECK_EQ(wrt_task_info_get(l.w.s, t, &info), WRT_OK);
    CHECK(info.guest_fuel > 100 && info.guest_fuel < 260);
    wrt_sched_stats st;
    CHECK_EQ(wrt_sched_stats_get(l.w.q, 0, &st), WRT_OK);
    CHECK_EQ(st.background_fuel, info.guest_fuel);
    CHECK_EQ(wrt_sched_run(l.w.q, 2000, &l.w.err), WRT_OK);
    CHECK_EQ(wrt_task_result(l.w.s, t, NULL, 0, &l.w.err), WRT_OK);
    CHECK_EQ(wrt_task_close(l.w.s, t), WRT_OK);
    CHECK_EQ(wrt_task_close(l.w.s, wrt_sched_task_of(l.w.q, job)), WRT_E_STATE);
    CHECK_EQ(wrt_task_cancel(l.w.s, wrt_sched_task_of(l.w.q, job)), WRT_E_STATE);
    set_close(&l.w);
}

/* An ordinary task stands in what the highest job needs; a lower job must not come between. */
static uint64_t behind_background(bool inherit)
{
    struct lock_world l;
    wrt_task t;
    uint64_t r;
    wrt_val n = wrt_i32(100);
    lock_open(&l, WRT_FIXED_PRIORITY, inherit ? INHERITANCE : NOTHING, 3);
    uint32_t high = lock_add(&l, lock_task(&l, 2, "lock", 30, 100), 3, 0, 10, 3);
    set_add(&l.w, lock_task(&l, 1, "short", 20, 100), 2000);
    CHECK_EQ(wrt_task_start(l.w.s, set_func(&l.w, l.i[0], "short"), &n, 1, NULL, &t, &l.w.err), WRT_OK);
    CHECK_EQ(wrt_sched_run(l.w.q, 50000, &l.w.err), WRT_OK);
    r = response(&l, high);
    CHECK_EQ(wrt_task_close(l.w.s, t), WRT_OK);
    set_close(&l.w);
    return r;
}

TEST(an_ordinary_task_runs_for_the_job_behind_it)
{
    CHECK(behind_background(true) <= 520 + 130);
    CHECK(behind_background(false) > 10000);
}
