/* Instances that begin anew: after wrt_instance_reset every kind of state is as instantiation left it; the
 * rule for tasks that end badly keeps, poisons or resets. */
#include "fixture.h"

static struct { wrt_completion k; wrt_instance *reset_inside; } reset_host;

static wrt_status reset_park(void *ctx, wrt_call *c)
{
    (void)ctx;
    if (reset_host.reset_inside) {
        CHECK_EQ(wrt_instance_reset(reset_host.reset_inside, NULL), WRT_E_STATE);
        return WRT_E_IO;
    }
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &reset_host.k);
    return status == WRT_OK ? WRT_PENDING : status;
}

static wrt_instance *reset_open(struct world *w)
{
    static const wrt_fn_def def = { sizeof(wrt_fn_def), { "park", 4 }, { "(i32) -> (i64)", 14 }, reset_park,
        NULL, 0 };
    memset(&reset_host, 0, sizeof reset_host);
    world_open(w);
    CHECK_EQ(wrt_link_funcs(w->l, WRT_STR("host"), &def, 1, &w->err), WRT_OK);
    return world_instance(w, "sealed");
}

static int32_t reset_call(struct world *w, wrt_instance *i, const char *name, int32_t arg)
{
    wrt_val v = wrt_i32(arg), out = wrt_i32(-77);
    CHECK_EQ(world_call(w, i, name, &v, 1, &out, 1), WRT_OK);
    return out.of.i32;
}

static void reset_dirty(struct world *w, wrt_instance *i)
{
    wrt_val at = wrt_i32(16);
    CHECK_EQ(world_call(w, i, "dirty", &at, 1, NULL, 0), WRT_OK);
    CHECK_EQ(reset_call(w, i, "grow", 2), 1);
    CHECK_EQ(reset_call(w, i, "grow_table", 3), 4);
    CHECK_EQ(reset_call(w, i, "at", 16), -1);
    CHECK_EQ(reset_call(w, i, "through", 0), 41);
    CHECK_EQ(world_global(w, i, "count"), 99);
    at = wrt_i32(3 * 65536 - 8);
    CHECK_EQ(world_call(w, i, "dirty", &at, 1, NULL, 0), WRT_E_TRAP); /* the segment is gone */
    CHECK_EQ(reset_call(w, i, "at", 3 * 65536 - 8), -1);
}

static void reset_check_fresh(struct world *w, wrt_instance *i)
{
    wrt_memory *m;
    wrt_table *t;
    wrt_span span;
    CHECK_EQ(wrt_export_memory(i, WRT_STR("memory"), &m, &w->err), WRT_OK);
    CHECK_EQ(wrt_export_table(i, WRT_STR("table"), &t, &w->err), WRT_OK);
    CHECK_EQ(wrt_memory_pages(m), 1);
    CHECK_EQ(wrt_table_size(t), 4);
    CHECK_EQ(wrt_memory_view(m, 0, 65536, &span), WRT_OK);
    for (size_t k = 0; k < span.n; k++) {
        uint8_t want = k >= 16 && k < 21 ? (uint8_t)"image"[k - 16] : 0;
        if (span.p[k] != want) CHECK_EQ(k, 65536);
    }
    CHECK_EQ(reset_call(w, i, "through", 1), 41);
    CHECK_EQ(reset_call(w, i, "through", 2), 43);
    CHECK_EQ(world_global(w, i, "count"), 7);
}

TEST(a_reset_instance_is_as_instantiation_left_it)
{
    struct world w;
    wrt_instance *i = reset_open(&w);
    for (int round = 0; round < 3; round++) {
        reset_check_fresh(&w, i);
        wrt_val none = wrt_i32(0), out;
        CHECK_EQ(world_call(&w, i, "through", &none, 1, &out, 1), WRT_E_TRAP); /* element 0 is null again */
        reset_dirty(&w, i);
        CHECK_EQ(wrt_instance_reset(i, &w.err), WRT_OK);
    }
    reset_check_fresh(&w, i);
    CHECK_EQ(wrt_instance_reset(NULL, &w.err), WRT_E_ARG);
    CHECK_EQ(reset_call(&w, i, "grow", 7), 1); /* and it can grow to its maximum again, all of it zero */
    for (int32_t at = 65536; at < 8 * 65536; at += 4096) CHECK_EQ(reset_call(&w, i, "at", at), 0);
    world_close(&w);
}

TEST(a_reset_instance_in_a_sealed_engine_keeps_its_room)
{
    struct world w;
    wrt_config c = WRT_INIT(wrt_config);
    wrt_memory *m;
    static const wrt_fn_def def = { sizeof(wrt_fn_def), { "park", 4 }, { "(i32) -> (i64)", 14 }, reset_park,
        NULL, 0 };
    memset(&reset_host, 0, sizeof reset_host);
    c.limits.tasks = 2;
    c.limits.stack_bytes = 4096;
    world_open_with(&w, c);
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("host"), &def, 1, &w.err), WRT_OK);
    wrt_instance *i = world_instance(&w, "sealed");
    wrt_table *t;
    CHECK_EQ(wrt_export_memory(i, WRT_STR("memory"), &m, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_table(i, WRT_STR("table"), &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_memory_reserve(m, 4, &w.err), WRT_OK);
    CHECK_EQ(wrt_table_reserve(t, 8, &w.err), WRT_OK);
    CHECK_EQ(wrt_engine_seal(w.e, &w.err), WRT_OK);
    uint64_t asked = w.heap.asked;
    for (int round = 0; round < 20; round++) {
        reset_dirty(&w, i);
        if (round % 2) CHECK_EQ(reset_call(&w, i, "grow", 1), 3); /* to all of its room */
        CHECK_EQ(wrt_instance_reset(i, &w.err), WRT_OK);
        reset_check_fresh(&w, i);
    }
    CHECK_EQ(w.heap.asked, asked);
    world_close(&w);
}

TEST(an_instance_in_use_is_not_reset)
{
    struct world w;
    wrt_instance *i = reset_open(&w);
    wrt_func *f;
    wrt_val v = wrt_i32(0);
    wrt_task t;
    CHECK_EQ(wrt_export_func(i, WRT_STR("park"), &f, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_start(w.s, f, &v, 1, NULL, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_instance_reset(i, &w.err), WRT_OK); /* it has not begun: nothing of it is there */
    CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
    CHECK_EQ(wrt_instance_reset(i, &w.err), WRT_E_STATE);
    CHECK_EQ(w.err.code, 233);
    CHECK_EQ(wrt_task_cancel(w.s, t), WRT_OK);
    CHECK_EQ(wrt_instance_reset(i, &w.err), WRT_OK);
    reset_host.reset_inside = i;
    CHECK_EQ(wrt_task_start(w.s, f, &v, 1, NULL, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    world_close(&w);
}

/* The memory of one belongs to another: it may not shrink under who copies in it. */
TEST(a_shared_memory_is_not_reset_under_its_user)
{
    struct world w;
    wrt_func *f;
    wrt_task t;
    wrt_val arg = wrt_i32(4 * 65536);
    world_open(&w);
    wrt_instance *owner = world_instance(&w, "lends");
    CHECK_EQ(wrt_link_instance(w.l, WRT_STR("lends"), owner, &w.err), WRT_OK);
    wrt_instance *user = world_instance(&w, "borrows");
    CHECK_EQ(reset_call(&w, owner, "grow", 7), 1);
    CHECK_EQ(wrt_export_func(user, WRT_STR("fill"), &f, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_start(w.s, f, &arg, 1, NULL, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_step(w.s, t, 10, &w.err), WRT_YIELDED); /* in the middle of the fill */
    CHECK_EQ(wrt_instance_reset(owner, &w.err), WRT_E_STATE);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(wrt_instance_reset(owner, &w.err), WRT_OK);
    CHECK_EQ(reset_call(&w, user, "size", 0), 1); /* both see it */
    CHECK_EQ(reset_call(&w, owner, "grow", 0), 1);
    CHECK_EQ(world_call(&w, user, "fill", &arg, 1, NULL, 0), WRT_E_TRAP);
    world_close(&w);
}

TEST(a_start_function_runs_again)
{
    struct world w;
    world_open(&w);
    wrt_instance *owner = world_instance(&w, "lends");
    CHECK_EQ(world_global(&w, owner, "starts"), 1);
    wrt_val two = wrt_i32(2);
    CHECK_EQ(world_call(&w, owner, "set", &two, 1, NULL, 0), WRT_OK);
    CHECK_EQ(wrt_instance_reset(owner, &w.err), WRT_OK);
    CHECK_EQ(world_global(&w, owner, "starts"), 1);
    CHECK_EQ(wrt_instance_on_trap(owner, WRT_ON_TRAP_RESET, 1, 0, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_instance_on_trap(owner, WRT_ON_TRAP_POISON, 0, 0, &w.err), WRT_OK);
    CHECK_EQ(wrt_instance_on_trap(owner, (wrt_on_trap)9, 0, 0, &w.err), WRT_E_ARG);
    world_close(&w);
}

/* ---- the rule ---------------------------------------------------------------------------------------- */

static wrt_status reset_fail(struct world *w, wrt_instance *i)
{
    return world_call(w, i, "fail", NULL, 0, NULL, 0);
}

TEST(an_instance_is_kept_poisoned_or_reset_by_its_rule)
{
    struct world w;
    wrt_instance *i = reset_open(&w);
    reset_dirty(&w, i);
    CHECK_EQ(reset_fail(&w, i), WRT_E_TRAP);
    CHECK_EQ(world_global(&w, i, "count"), 99); /* kept */
    CHECK_EQ(wrt_instance_on_trap(i, WRT_ON_TRAP_POISON, 0, 0, &w.err), WRT_OK);
    CHECK_EQ(reset_fail(&w, i), WRT_E_TRAP);
    CHECK_EQ(reset_fail(&w, i), WRT_E_POISONED);
    CHECK_EQ(wrt_instance_reset(i, &w.err), WRT_OK);
    reset_check_fresh(&w, i);
    CHECK_EQ(wrt_instance_on_trap(i, WRT_ON_TRAP_RESET, 2, 0, &w.err), WRT_OK);
    for (int k = 0; k < 2; k++) {
        wrt_val at = wrt_i32(16);
        CHECK_EQ(world_call(&w, i, "dirty", &at, 1, NULL, 0), WRT_OK);
        CHECK_EQ(reset_fail(&w, i), WRT_E_TRAP);
        CHECK(has_text(w.err.where, "fail"));
        reset_check_fresh(&w, i);
    }
    CHECK_EQ(reset_fail(&w, i), WRT_E_TRAP); /* the third */
    CHECK_EQ(reset_fail(&w, i), WRT_E_POISONED);
    world_close(&w);
}

/* Under the fuel clock: two in a window, and the window moves on. */
TEST(resets_are_counted_in_a_window)
{
    struct world w;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_val n = wrt_i32(20), out;
    o.virtual_time = true;
    o.ns_per_kfuel = 1000; /* 1 fuel = 1 ns */
    wrt_instance *i = reset_open(&w);
    wrt_store_free(w.s);
    CHECK_EQ(wrt_store_new(w.e, &o, &w.s, &w.err), WRT_OK);
    CHECK_EQ(wrt_instantiate(w.s, w.l, w.codes[0], &i, &w.err), WRT_OK);
    CHECK_EQ(wrt_instance_on_trap(i, WRT_ON_TRAP_RESET, 2, 500, &w.err), WRT_OK);
    for (int k = 0; k < 6; k++) {
        CHECK_EQ(reset_fail(&w, i), WRT_E_TRAP);
        if (k % 2 == 0) continue;
        for (int d = 0; d < 3; d++) CHECK_EQ(world_call(&w, i, "deep", &n, 1, &out, 1), WRT_OK);
    }
    for (int k = 0; k < 3; k++) CHECK_EQ(reset_fail(&w, i), WRT_E_TRAP);
    CHECK_EQ(reset_fail(&w, i), WRT_E_POISONED);
    world_close(&w);
}

/* A task that stood in two instances leaves each by its own rule; who waited gets a fresh one. */
TEST(every_instance_that_the_task_was_in_has_its_rule)
{
    struct world w;
    wrt_func *through, *bump;
    wrt_task t, next;
    wrt_val out, n = wrt_i32(0);
    world_open(&w);
    wrt_instance *inner = world_instance(&w, "inner");
    CHECK_EQ(wrt_link_instance(w.l, WRT_STR("inner"), inner, &w.err), WRT_OK);
    wrt_instance *outer = world_instance(&w, "outer");
    CHECK_EQ(wrt_instance_on_trap(inner, WRT_ON_TRAP_RESET, 5, 0, &w.err), WRT_OK);
    CHECK_EQ(wrt_instance_on_trap(outer, WRT_ON_TRAP_POISON, 0, 0, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(outer, WRT_STR("spin_inside"), &through, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(inner, WRT_STR("bump"), &bump, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_start(w.s, through, &n, 1, NULL, &t, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_step(w.s, t, 100, &w.err), WRT_YIELDED);
    CHECK_EQ(wrt_task_start(w.s, bump, NULL, 0, NULL, &next, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_step(w.s, next, 100, &w.err), WRT_PENDING); /* waits for the instance */
    CHECK_EQ(wrt_task_cancel(w.s, t), WRT_OK);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(wrt_task_result(w.s, next, &out, 1, &w.err), WRT_OK);
    CHECK_EQ(out.of.i32, 1); /* the spinning task had counted far beyond */
    CHECK_EQ(world_call(&w, outer, "spin_inside", &n, 1, NULL, 0), WRT_E_POISONED);
    world_close(&w);
}
