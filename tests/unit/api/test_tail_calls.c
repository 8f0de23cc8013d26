/* Tail calls from one instance into another: they leave no frame, whatever called the function that makes
 * them. */
#include "fixture.h"

enum { TAIL_STEPS = 100000, TAIL_STACK = 1024 };

static wrt_status tail_end(void *ctx, wrt_call *c)
{
    wrt_val out[2] = { wrt_arg(c, 0), wrt_i32(wrt_arg(c, 1).of.i32 + 1) };
    (void)ctx;
    return wrt_return(c, out, 2);
}

struct tail_world {
    struct world w;
    wrt_instance *ping, *pong;
    wrt_func *f[3];             /* ping, pong, inside */
};

static void tail_open(struct tail_world *x)
{
    static const wrt_fn_def def = { sizeof(wrt_fn_def), { "end", 3 }, { "(i32 i32) -> (i32 i32)", 22 },
        tail_end, NULL, 0 };
    wrt_config c = WRT_INIT(wrt_config);
    c.limits.stack_bytes = TAIL_STACK;
    c.fuel = wrt_fuel_table_named(WRT_STR("unit"));
    world_open_with(&x->w, c);
    CHECK_EQ(wrt_link_funcs(x->w.l, WRT_STR("host"), &def, 1, &x->w.err), WRT_OK);
    x->ping = world_instance(&x->w, "ping");
    CHECK_EQ(wrt_link_instance(x->w.l, WRT_STR("ping"), x->ping, &x->w.err), WRT_OK);
    x->pong = world_instance(&x->w, "pong");
    CHECK_EQ(wrt_export_func(x->ping, WRT_STR("ping"), &x->f[0], &x->w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(x->pong, WRT_STR("pong"), &x->f[1], &x->w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(x->ping, WRT_STR("inside"), &x->f[2], &x->w.err), WRT_OK);
}

/* Runs a function to its end in slices; answers its fuel. */
static uint64_t tail_run(struct tail_world *x, uint32_t which, int32_t steps, uint64_t slice, wrt_val out[2])
{
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_val args[2] = { wrt_i32(steps), wrt_i32(0) };
    wrt_task t;
    o.slice = slice;
    CHECK_EQ(wrt_task_start(x->w.s, x->f[which], args, which == 2 ? 1 : 2, &o, &t, &x->w.err), WRT_OK);
    CHECK_EQ(wrt_run(x->w.s, NULL), WRT_OK);
    CHECK_EQ(wrt_task_result(x->w.s, t, out, which == 2 ? 1 : 2, &x->w.err), WRT_OK);
    CHECK_EQ(wrt_task_info_get(x->w.s, t, &info), WRT_OK);
    CHECK_EQ(wrt_task_close(x->w.s, t), WRT_OK);
    return info.guest_fuel;
}

TEST(tail_calls_between_instances_leave_no_frame)
{
    static const uint64_t slices[3] = { 0, 1, 7 };
    struct tail_world x;
    wrt_val out[2];
    tail_open(&x);
    for (uint32_t k = 0; k < 12; k++) {
        uint32_t which = k & 1, steps = TAIL_STEPS + (k >> 1 & 1);
        uint64_t fuel = tail_run(&x, which, (int32_t)steps, slices[k / 4], out);
        CHECK_EQ(out[0].of.u32, steps);
        CHECK_EQ(out[1].of.u32, which == (steps & 1) ? 7u : 9u);    /* pong ends through the host */
        CHECK_EQ(fuel, tail_run(&x, which, (int32_t)steps, 0, out));
        fuel = tail_run(&x, 2, TAIL_STEPS, slices[k / 4], out);
        CHECK_EQ(out[0].of.u32, 1000u + TAIL_STEPS + 1 + 7);
        CHECK_EQ(fuel, tail_run(&x, 2, TAIL_STEPS, 0, out));
    }
    world_close(&x.w);
}

/* Who is half-way is told from both, and what it held is free when it is cancelled. */
TEST(tail_calls_between_instances_are_left)
{
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    struct tail_world x;
    o.slice = 1;
    tail_open(&x);
    for (uint32_t which = 0; which < 3; which++) {
        for (uint32_t steps = 1; steps < 40; steps++) {
            wrt_val args[2] = { wrt_i32(TAIL_STEPS), wrt_i32(0) }, out[2];
            wrt_frame frames[4];
            wrt_task t;
            CHECK_EQ(wrt_task_start(x.w.s, x.f[which], args, which == 2 ? 1 : 2, &o, &t, &x.w.err), WRT_OK);
            for (uint32_t k = 0; k < steps; k++)
                (void)wrt_task_step(x.w.s, t, 1, &x.w.err);
            size_t depth = wrt_task_frames(x.w.s, t, frames, 4);
            CHECK(depth >= 1 && depth <= (which == 2 ? 2u : 1u));
            if (which == 2) CHECK_EQ(frames[depth - 1].func, 1);
            CHECK_EQ(wrt_task_close(x.w.s, t), WRT_OK);
            /* poisoned, because the guest was cut off; nobody holds them any more */
            CHECK_EQ(wrt_instance_reset(x.ping, &x.w.err), WRT_OK);
            CHECK_EQ(wrt_instance_reset(x.pong, &x.w.err), WRT_OK);
            (void)tail_run(&x, 1, 6, 0, out);
            CHECK_EQ(out[0].of.u32, 6);
        }
    }
    world_close(&x.w);
}
