/* A task whose first frame has no room ends before it has entered anything. */
#include "fixture.h"

static wrt_status frame_run(struct world *w, wrt_func *f, wrt_val *out)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_frame frame;
    wrt_val arg = wrt_i64(41);
    wrt_task t;
    CHECK_EQ(wrt_task_start(w->s, f, &arg, 1, NULL, &t, &w->err), WRT_OK);
    CHECK_EQ(wrt_run(w->s, NULL), WRT_OK);
    wrt_status status = wrt_task_result(w->s, t, out, 1, &w->err);
    CHECK_EQ(wrt_task_info_get(w->s, t, &info), WRT_OK);
    if (status != WRT_OK) {
        CHECK_EQ(wrt_task_frames(w->s, t, &frame, 1), 0);
        CHECK_EQ(info.guest_fuel, 0);
    }
    CHECK_EQ(wrt_task_close(w->s, t), WRT_OK);
    return status;
}

static void frame_functions(struct world *w, wrt_instance *i, wrt_func *f[2])
{
    CHECK_EQ(wrt_export_func(i, WRT_STR("wide"), &f[0], &w->err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("narrow"), &f[1], &w->err), WRT_OK);
    CHECK_EQ(wrt_instance_on_trap(i, WRT_ON_TRAP_POISON, 0, 0, &w->err), WRT_OK);
}

TEST(a_first_frame_beyond_the_limit_traps_outside)
{
    wrt_config c = WRT_INIT(wrt_config);
    struct world w;
    wrt_func *f[2];
    wrt_val out;
    c.limits.stack_bytes = 256;
    world_open_with(&w, c);
    frame_functions(&w, world_instance(&w, "wide"), f);
    for (uint32_t k = 0; k < 3; k++) {
        CHECK_EQ(frame_run(&w, f[0], &out), WRT_E_TRAP);
        CHECK_EQ(w.err.trap, WRT_TRAP_STACK_EXHAUSTED);
        CHECK_EQ(frame_run(&w, f[1], &out), WRT_OK);
        CHECK_EQ(out.of.i, 41);
    }
    world_close(&w);
}

TEST(a_first_frame_without_memory_ends_outside)
{
    struct world w;
    wrt_func *f[2];
    wrt_val out;
    world_open(&w);
    frame_functions(&w, world_instance(&w, "wide"), f);
    CHECK_EQ(frame_run(&w, f[1], &out), WRT_OK);    /* leaves a small stack for the next */
    w.heap.fail_at = w.heap.asked + 1;
    CHECK_EQ(frame_run(&w, f[0], &out), WRT_E_NOMEM);
    w.heap.fail_at = 0;
    CHECK_EQ(frame_run(&w, f[0], &out), WRT_OK);
    CHECK_EQ(out.of.i, 42);
    world_close(&w);
}
