/* Every request for memory fails in turn, in the life of a task that takes memory in every way: it grows its
 * stack, memory and table, parks and is completed, writes through WASI, is profiled and traced. Each time the
 * answer is a clean one and nothing is left; and what failed goes well right afterwards, in the same engine
 * and store. */
#include "fixture.h"

enum { TASK_ALL = 63, TASK_REQUESTS = 3000 };

struct task_life {
    struct test_heap heap;
    wrt_bytes binary;
    wrt_engine *e;
    wrt_linker *l;
    wrt_store *s;
    wrt_code *code;
    wrt_instance *i;
    wrt_group group;
    wrt_task t;
    wrt_completion parked;
    uint64_t trace[64];
    char written[16];
    size_t written_n;
    wrt_val out;
    uint32_t step;
    wrt_error err;
};

static wrt_status task_life_park(void *ctx, wrt_call *c)
{
    struct task_life *x = ctx;
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &x->parked);
    return status == WRT_OK ? WRT_PENDING : status;
}

static wrt_status task_life_write(void *ctx, const uint8_t *p, size_t n)
{
    struct task_life *x = ctx;
    if (n > sizeof x->written - x->written_n) return WRT_E_LIMIT;
    memcpy(x->written + x->written_n, p, n);
    x->written_n += n;
    return WRT_OK;
}

static wrt_status task_life_link(struct task_life *x)
{
    static const wrt_str args[] = { { "life", 4 }, { "-v", 2 } }, env[] = { { "A=b", 3 } };
    wrt_dir dir = { WRT_STR("."), WRT_STR("/"), false };
    wrt_fn_def def = {
        .size = sizeof def, .name = WRT_STR("park"), .sig = WRT_STR("(i32) -> (i64)"), .fn = task_life_park
    };
    wrt_wasi w = wrt_wasi_default();
    def.ctx = x;
    w.args = args;
    w.nargs = 2;
    w.env = env;
    w.nenv = 1;
    w.dirs = &dir;
    w.ndirs = 1;
    w.fd_in = w.fd_out = w.fd_err = -1;
    w.out = (wrt_sink){ x, task_life_write };
    wrt_status status = wrt_link_funcs(x->l, WRT_STR("host"), &def, 1, &x->err);
    return status == WRT_OK ? wrt_link_wasi(x->l, &w, &x->err) : status;
}

static wrt_status task_life_start(struct task_life *x)
{
    wrt_func *f;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.group = x->group;
    o.fuel = 1000000;
    x->written_n = 0;
    wrt_status status = wrt_instantiate(x->s, x->l, x->code, &x->i, &x->err);
    if (status == WRT_OK) status = wrt_export_func(x->i, WRT_STR("go"), &f, &x->err);
    return status == WRT_OK ? wrt_task_start(x->s, f, NULL, 0, &o, &x->t, &x->err) : status;
}

/* Runs it; parks are completed. What the guest was refused shows in its result: it is told, not stopped. */
static wrt_status task_life_run(struct task_life *x)
{
    wrt_task t = x->t;
    for (;;) {
        wrt_turn turn = { .fuel = 500 };
        wrt_status ran = wrt_run(x->s, &turn);
        if (ran == WRT_IDLE) (void)wrt_complete(x->s, x->parked, WRT_OK, 77);
        wrt_status status = wrt_task_result(x->s, t, &x->out, 1, &x->err);
        if (status == WRT_PENDING && (ran == WRT_IDLE || ran == WRT_PENDING)) continue;
        CHECK_EQ(wrt_task_close(x->s, t), WRT_OK);
        return status == WRT_OK && x->out.of.i != TASK_ALL ? WRT_E_NOMEM : status;
    }
}

static wrt_status task_life_step(struct task_life *x)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_group none = { 0 };
    c.alloc = &x->heap.alloc;
    switch (x->step) {
    case 0: return wrt_engine_new(&c, &x->e, &x->err);
    case 1: return wrt_linker_new(x->e, &x->l, &x->err);
    case 2: return task_life_link(x);
    case 3: return wrt_load(x->e, x->binary, NULL, &x->code, &x->err);
    case 4: return wrt_store_new(x->e, &o, &x->s, &x->err);
    case 5: return wrt_trace_ring(x->s, x->trace, sizeof x->trace);
    case 6: return wrt_profile_start(x->s, &x->err);
    case 7: return wrt_group_new(x->s, none, WRT_STR("all"), WRT_FUEL_UNLIMITED, &x->group, &x->err);
    case 8: return task_life_start(x);
    case 9: return task_life_run(x);
    default: return WRT_END;
    }
}

static wrt_status task_life_go(struct task_life *x)
{
    wrt_status status;
    while ((status = task_life_step(x)) == WRT_OK) x->step++;
    return status;
}

static void task_life_end(struct task_life *x)
{
    if (x->s) wrt_store_free(x->s);
    if (x->l) wrt_linker_free(x->l);
    wrt_code_free(x->code);
    if (x->e) wrt_engine_free(x->e);
    CHECK_EQ(x->heap.live, 0);
    CHECK(!x->heap.broken);
}

/* False: there were fewer requests than n. */
static bool task_life_fail_at(struct task_life *x, wrt_bytes binary, uint64_t n, bool later_too)
{
    memset(x, 0, sizeof *x);
    test_heap_init(&x->heap);
    x->binary = binary;
    x->heap.fail_at = n;
    x->heap.fail_later_too = later_too;
    wrt_status status = task_life_go(x);
    bool reached = x->heap.asked >= n;
    /* A profile that cannot grow is cut, which is no failure. */
    CHECK(status == WRT_E_NOMEM || status == WRT_END);
    if (!reached || status == WRT_E_NOMEM) CHECK_EQ(status, reached ? WRT_E_NOMEM : WRT_END);
    x->heap.fail_at = 0;
    if (status == WRT_E_NOMEM) {
        if (x->step == 9) x->step = 8;      /* the task has ended: another one, in an instance of its own */
        CHECK_EQ(task_life_go(x), WRT_END);
    }
    CHECK_EQ(x->out.of.i, TASK_ALL);
    CHECK(x->written_n == 5 && memcmp(x->written, "life\n", 5) == 0);
    task_life_end(x);
    return reached;
}

static void task_life_fail_each(bool later_too)
{
    static struct task_life x;
    uint64_t n = 1;
    wrt_bytes binary = fixture_read("life");
    for (; n < TASK_REQUESTS; n++) {
        CONTEXT("request %u, step %u", (unsigned)n, (unsigned)x.step);
        bool reached = task_life_fail_at(&x, binary, n, later_too);
        if (!reached || test_failures() > 0) break;
    }
    CHECK(n > 80 && n < TASK_REQUESTS);
    fixture_free(binary);
}

TEST(one_request_fails_in_the_life_of_a_task)
{
    task_life_fail_each(false);
}

TEST(one_request_and_all_later_ones_fail_in_the_life_of_a_task)
{
    task_life_fail_each(true);
}
