/* A sealed engine: what its stores were given when it was sealed is enough for everything that the limits
 * allow, and nothing is asked for any more. The allocator counts, and would refuse. */
#define _GNU_SOURCE
#include <unistd.h>
#include "fixture.h"

enum { SEAL_TASKS = 6, SEAL_STACK = 4096, SEAL_FEW = 3, SEAL_WIDE = 40 };

static struct {
    wrt_completion k;
    int pipe[2];
    bool timer, watch;
    wrt_engine *seal_inside;
    uint64_t clock;
} seal_host;

static uint64_t seal_clock(void *ctx)
{
    (void)ctx;
    return seal_host.clock;
}

static wrt_status seal_park(void *ctx, wrt_call *c)
{
    wrt_store *s = wrt_call_store(c);
    (void)ctx;
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &seal_host.k);
    if (status == WRT_OK && seal_host.timer) status = wrt_complete_at(s, seal_host.k, wrt_now_ns(s) + 1000);
    if (status == WRT_OK && seal_host.watch) {
        status = wrt_complete_on_fd(s, seal_host.k, seal_host.pipe[0], 1);
    }
    if (seal_host.seal_inside) CHECK_EQ(wrt_engine_seal(seal_host.seal_inside, NULL), WRT_E_STATE);
    return status == WRT_OK ? WRT_PENDING : status;
}

struct seal_world {
    struct world w;
    wrt_instance *i;
    wrt_task old;               /* was there before; stands deep in its stack */
    wrt_func *deep;
};

static wrt_config seal_config(void)
{
    static wrt_host h = { .size = sizeof h, .mono_ns = seal_clock };
    wrt_config c = WRT_INIT(wrt_config);
    c.host = &h;
    c.limits.tasks = SEAL_TASKS;
    c.limits.stack_bytes = SEAL_STACK;
    c.limits.completions = c.limits.timers = c.limits.watches = c.limits.groups = SEAL_FEW;
    return c;
}

static void seal_open(struct seal_world *x)
{
    static const wrt_fn_def def = { sizeof(wrt_fn_def), { "park", 4 }, { "(i32) -> (i64)", 14 }, seal_park,
        NULL, 0 };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_val arg = wrt_i32(30);
    memset(&seal_host, 0, sizeof seal_host);
    CHECK_EQ(pipe(seal_host.pipe), 0);
    world_open_with(&x->w, seal_config());
    CHECK_EQ(wrt_link_funcs(x->w.l, WRT_STR("host"), &def, 1, &x->w.err), WRT_OK);
    x->i = world_instance(&x->w, "sealed");
    CHECK_EQ(wrt_export_func(x->i, WRT_STR("deep"), &x->deep, &x->w.err), WRT_OK);
    o.slice = 20;
    CHECK_EQ(wrt_task_start(x->w.s, x->deep, &arg, 1, &o, &x->old, &x->w.err), WRT_OK);
    CHECK_EQ(wrt_task_step(x->w.s, x->old, 0, &x->w.err), WRT_YIELDED);
}

static void seal_close(struct seal_world *x)
{
    world_close(&x->w);
    close(seal_host.pipe[0]);
    close(seal_host.pipe[1]);
}

/* Sealed, with every later request refused and counted. */
static uint64_t seal_now(struct seal_world *x)
{
    CHECK_EQ(wrt_engine_seal(x->w.e, &x->w.err), WRT_OK);
    x->w.heap.fail_at = x->w.heap.asked + 1;
    x->w.heap.fail_later_too = true;
    return x->w.heap.asked;
}

static wrt_task seal_start(struct seal_world *x, const char *name, int32_t arg, wrt_status want)
{
    wrt_func *f = NULL;
    wrt_task t = { 0 };
    wrt_val v = wrt_i32(arg);
    CHECK_EQ(wrt_export_func(x->i, (wrt_str){ name, strlen(name) }, &f, &x->w.err), WRT_OK);
    CHECK_EQ(wrt_task_start(x->w.s, f, &v, wrt_func_type_of(f).params, NULL, &t, &x->w.err), want);
    return t;
}

static wrt_task_state seal_state(struct seal_world *x, wrt_task t)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_task_info_get(x->w.s, t, &info), WRT_OK);
    return info.state;
}

/* ---- tasks ------------------------------------------------------------------------------------------- */

/* As many tasks as may be, each to the end of its stack, some cancelled at once, some never run. */
static void seal_cycle(struct seal_world *x, uint32_t round)
{
    static const char *const what[] = { "deep", "endless", "fail", "deep", "at", "deep" };
    wrt_task t[SEAL_TASKS], extra;
    for (uint32_t k = 0; k < SEAL_TASKS; k++) {
        t[k] = seal_start(x, what[(k + round) % SEAL_TASKS], (int32_t)(round % 90), WRT_OK);
    }
    extra = seal_start(x, "deep", 1, WRT_E_LIMIT);
    CHECK(extra.v == 0 && has_text(x->w.err.table, "tasks"));
    for (uint32_t k = 0; k < round % SEAL_TASKS; k++) CHECK_EQ(wrt_task_cancel(x->w.s, t[k]), WRT_OK);
    CHECK_EQ(wrt_run(x->w.s, NULL), WRT_OK);
    for (uint32_t k = 0; k < SEAL_TASKS; k++) {
        wrt_status status = wrt_task_result(x->w.s, t[k], NULL, 0, &x->w.err);
        bool endless = strcmp(what[(k + round) % SEAL_TASKS], "endless") == 0;
        if (status == WRT_E_TRAP && endless) CHECK_EQ(x->w.err.trap, WRT_TRAP_STACK_EXHAUSTED);
        CHECK(status == WRT_OK || status == WRT_E_TRAP || status == WRT_E_CANCELLED);
        CHECK_EQ(wrt_task_close(x->w.s, t[k]), WRT_OK);
    }
}

TEST(tasks_of_a_sealed_engine_ask_for_nothing)
{
    struct seal_world x;
    wrt_val out;
    seal_open(&x);
    uint64_t asked = seal_now(&x);
    CHECK_EQ(wrt_run(x.w.s, NULL), WRT_OK); /* the one that was there goes on, deeper than its stack was */
    CHECK_EQ(wrt_task_result(x.w.s, x.old, &out, 1, &x.w.err), WRT_OK);
    CHECK_EQ(out.of.i32, 30);
    CHECK_EQ(wrt_task_close(x.w.s, x.old), WRT_OK);
    for (uint32_t round = 0; round < 1000 && !test_failures(); round++) seal_cycle(&x, round);
    CHECK_EQ(x.w.heap.asked, asked);
    seal_close(&x);
}

/* ---- waiting ----------------------------------------------------------------------------------------- */

/* One task at a time parks in the instance; so parked tasks need an instance each. */
TEST(waiting_in_a_sealed_engine_asks_for_nothing)
{
    struct seal_world x;
    wrt_instance *i[SEAL_FEW + 1];
    wrt_task t[SEAL_FEW + 1];
    wrt_inbox *b;
    seal_open(&x);
    for (uint32_t k = 0; k <= SEAL_FEW; k++) i[k] = world_instance(&x.w, "sealed");
    CHECK_EQ(wrt_task_close(x.w.s, x.old), WRT_OK);
    uint64_t asked = seal_now(&x);
    b = wrt_inbox_of(x.w.s);
    for (uint32_t round = 0; round < 300 && !test_failures(); round++) {
        seal_host.timer = round % 3 == 1;
        seal_host.watch = round % 3 == 2;
        for (uint32_t k = 0; k <= SEAL_FEW; k++) {
            x.i = i[k];
            t[k] = seal_start(&x, "park", 0, WRT_OK);
        }
        /* One more than there are completions: it is refused, the others wait. */
        CHECK_EQ(wrt_run(x.w.s, NULL), WRT_IDLE);
        CHECK_EQ(seal_state(&x, t[SEAL_FEW]), WRT_TASK_FAILED);
        CHECK_EQ(wrt_task_result(x.w.s, t[SEAL_FEW], NULL, 0, &x.w.err), WRT_E_LIMIT);
        if (seal_host.watch) CHECK_EQ(write(seal_host.pipe[1], "x", 1), 1);
        if (!seal_host.watch && !seal_host.timer)
            CHECK_EQ(wrt_complete_post(b, seal_host.k, WRT_OK, 1), WRT_OK);
        CHECK_EQ(wrt_task_cancel(x.w.s, t[0]), WRT_OK);
        seal_host.clock += 1000;
        while (seal_host.watch || seal_host.timer ? wrt_wait(x.w.s, UINT64_MAX) == WRT_IDLE : false) {}
        if (!seal_host.watch && !seal_host.timer) CHECK_EQ(wrt_run(x.w.s, NULL), WRT_IDLE);
        CHECK_EQ(seal_state(&x, t[SEAL_FEW - 1]), WRT_TASK_DONE);
        for (uint32_t k = 0; k <= SEAL_FEW; k++) CHECK_EQ(wrt_task_close(x.w.s, t[k]), WRT_OK);
        char c;
        if (seal_host.watch) CHECK_EQ(read(seal_host.pipe[0], &c, 1), 1);
    }
    CHECK(wrt_poll_fd(x.w.s) >= 0);
    CHECK_EQ(x.w.heap.asked, asked);
    wrt_inbox_drop(b);
    seal_close(&x);
}

/* ---- memories, tables, handles, values --------------------------------------------------------------- */

static int32_t seal_call(struct seal_world *x, const char *name, int32_t arg)
{
    wrt_val v = wrt_i32(arg), out = wrt_i32(-77);
    CHECK_EQ(world_call(&x->w, x->i, name, &v, 1, &out, 1), WRT_OK);
    return out.of.i32;
}

TEST(a_sealed_engine_grows_into_what_was_reserved)
{
    struct seal_world x;
    wrt_memory *m;
    wrt_table *t;
    wrt_span span;
    wrt_val null = { .kind = WRT_FUNCREF };
    uint64_t old;
    seal_open(&x);
    CHECK_EQ(wrt_task_close(x.w.s, x.old), WRT_OK); /* cancelled inside the instance: that one is poisoned */
    x.i = world_instance(&x.w, "sealed");
    CHECK_EQ(wrt_export_memory(x.i, WRT_STR("memory"), &m, &x.w.err), WRT_OK);
    CHECK_EQ(wrt_export_table(x.i, WRT_STR("table"), &t, &x.w.err), WRT_OK);
    CHECK_EQ(wrt_memory_reserve(m, 9, &x.w.err), WRT_E_LIMIT);
    CHECK(has_text(x.w.err.table, "memory_bytes"));
    CHECK_EQ(wrt_memory_reserve(NULL, 1, &x.w.err), WRT_E_ARG);
    CHECK_EQ(wrt_table_reserve(t, 101, &x.w.err), WRT_E_LIMIT);
    CHECK(has_text(x.w.err.table, "table_elems"));
    CHECK_EQ(wrt_memory_reserve(m, 4, &x.w.err), WRT_OK);
    CHECK_EQ(wrt_table_reserve(t, 20, &x.w.err), WRT_OK);
    CHECK_EQ(wrt_memory_pages(m), 1);
    CHECK_EQ(seal_call(&x, "at", 16), 0x67616d69); /* "imag": the content has moved along */
    uint64_t asked = seal_now(&x);
    CHECK_EQ(wrt_memory_reserve(m, 5, &x.w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_table_reserve(t, 25, &x.w.err), WRT_E_SEALED);
    CHECK_EQ(seal_call(&x, "grow", 2), 1);
    CHECK_EQ(wrt_memory_view(m, 65536, 2 * 65536, &span), WRT_OK);
    for (size_t k = 0; k < span.n; k++) REQUIRE(span.p[k] == 0);
    CHECK_EQ(seal_call(&x, "at", 3 * 65536 - 4), 0);
    CHECK_EQ(seal_call(&x, "grow", 2), -1);
    CHECK_EQ(wrt_memory_grow(m, 1, &old), WRT_OK);
    CHECK_EQ(old, 3);
    CHECK_EQ(wrt_memory_grow(m, 1, NULL), WRT_E_LIMIT);
    CHECK_EQ(seal_call(&x, "grow", 0), 4);
    CHECK_EQ(seal_call(&x, "grow_table", 16), 4);
    CHECK_EQ(seal_call(&x, "grow_table", 1), -1);
    CHECK_EQ(wrt_table_grow(t, 1, null, NULL), WRT_E_LIMIT);
    CHECK_EQ(x.w.heap.asked, asked);
    seal_close(&x);
}

TEST(names_and_values_are_there_in_a_sealed_engine)
{
    struct seal_world x;
    wrt_val in[SEAL_WIDE], out[SEAL_WIDE], ref;
    wrt_func *f = NULL;
    wrt_table *t;
    wrt_task wide[2];
    seal_open(&x);
    CHECK_EQ(wrt_export_table(x.i, WRT_STR("table"), &t, &x.w.err), WRT_OK);
    CHECK_EQ(wrt_task_close(x.w.s, x.old), WRT_OK);
    x.i = world_instance(&x.w, "sealed");
    uint64_t asked = seal_now(&x);
    CHECK_EQ(world_global(&x.w, x.i, "count"), 7);
    CHECK_EQ(wrt_table_get(t, 2, &ref), WRT_OK);
    f = wrt_func_from_ref(x.w.s, ref);
    REQUIRE(f != NULL);
    CHECK_EQ(wrt_func_type_of(f).results, 1);
    for (int k = 0; k < SEAL_WIDE; k++) in[k] = wrt_i64(k);
    CHECK_EQ(world_call(&x.w, x.i, "wide", in, SEAL_WIDE, out, SEAL_WIDE), WRT_OK);
    for (int k = 0; k < SEAL_WIDE; k++) CHECK_EQ(out[k].of.u, SEAL_WIDE - 1 - k);
    CHECK_EQ(wrt_export_func(x.i, WRT_STR("wide"), &f, &x.w.err), WRT_OK);
    for (int n = 0; n < 2; n++) {
        in[0] = wrt_i64(1000 + n);
        CHECK_EQ(wrt_task_start(x.w.s, f, in, SEAL_WIDE, NULL, &wide[n], &x.w.err), WRT_OK);
    }
    CHECK_EQ(wrt_run(x.w.s, NULL), WRT_OK);
    for (uint64_t n = 0; n < 2; n++) {
        CHECK_EQ(wrt_task_result(x.w.s, wide[n], out, SEAL_WIDE, &x.w.err), WRT_OK);
        CHECK_EQ(out[SEAL_WIDE - 1].of.u, 1000 + n);
    }
    CHECK_EQ(x.w.heap.asked, asked);
    seal_close(&x);
}

TEST(groups_of_a_sealed_engine_fill_their_table)
{
    struct seal_world x;
    wrt_group g[SEAL_FEW + 1];
    seal_open(&x);
    uint64_t asked = seal_now(&x);
    for (int k = 0; k < SEAL_FEW; k++) {
        CHECK_EQ(wrt_group_new(x.w.s, (wrt_group){ 0 }, WRT_STR("g"), 10, &g[k], &x.w.err), WRT_OK);
    }
    CHECK_EQ(wrt_group_new(x.w.s, (wrt_group){ 0 }, WRT_STR("g"), 10, &g[SEAL_FEW], &x.w.err), WRT_E_LIMIT);
    CHECK_EQ(x.w.heap.asked, asked);
    seal_close(&x);
}

/* ---- sealing itself ---------------------------------------------------------------------------------- */

/* Every request of sealing fails in turn: the engine stays open and whole, and sealing goes well afterwards.
 */
TEST(sealing_without_memory_leaves_the_engine_open)
{
    struct seal_world x;
    uint64_t failed = 0;
    wrt_status status;
    do {
        wrt_code *c = NULL;
        wrt_store *second = NULL;
        seal_open(&x);
        CHECK_EQ(wrt_store_new(x.w.e, NULL, &second, &x.w.err), WRT_OK);
        uint64_t before = x.w.heap.asked;
        x.w.heap.fail_at = before + ++failed;
        status = wrt_engine_seal(x.w.e, &x.w.err);
        bool hit = x.w.heap.asked >= x.w.heap.fail_at;
        x.w.heap.fail_at = 0;
        CHECK_EQ(status, hit ? WRT_E_NOMEM : WRT_OK);
        if (hit) {
            CHECK(x.w.err.table[0] != 0);
            CHECK_EQ(fixture_load(x.w.e, "tiny", &c, &x.w.err), WRT_OK);
            wrt_code_free(c);
            CHECK_EQ(wrt_engine_seal(x.w.e, &x.w.err), WRT_OK);
        }
        CHECK_EQ(wrt_run(x.w.s, NULL), WRT_OK);
        wrt_store_free(second);
        seal_close(&x);
    } while (status == WRT_E_NOMEM && failed < 1000 && !test_failures());
    CHECK(failed > 10);
}

TEST(a_store_that_runs_cannot_be_sealed)
{
    struct seal_world x;
    seal_open(&x);
    CHECK_EQ(wrt_task_close(x.w.s, x.old), WRT_OK);
    x.i = world_instance(&x.w, "sealed");
    seal_host.seal_inside = x.w.e;
    (void)seal_start(&x, "park", 0, WRT_OK);
    CHECK_EQ(wrt_run(x.w.s, NULL), WRT_IDLE);
    seal_host.seal_inside = NULL;
    (void)seal_now(&x);
    wrt_code *c;
    CHECK_EQ(fixture_load(x.w.e, "tiny", &c, &x.w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_profile_start(x.w.s, &x.w.err), WRT_E_SEALED);
    seal_close(&x);
}
