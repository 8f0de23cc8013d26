/* Task sets on real modules, through the public interface: schedules to the tick, policies, hosts that run the
 * jobs. The prices of jobs.wat (table "unit"): burn_5(n) costs 5 n + 1. */
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
