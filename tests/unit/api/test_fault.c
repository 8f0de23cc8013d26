/* Every request for memory fails in turn, in a whole life from the engine to a call: each time the answer is
 * WRT_E_NOMEM and nothing is left; and what failed once works on the second try. */
#include "fixture.h"

static wrt_status nothing(void *ctx, wrt_call *call)
{
    (void)ctx;
    (void)call;
    return WRT_OK;
}

struct life {
    struct test_heap heap;
    wrt_bytes provider, consumer, segments;
    wrt_engine *e;
    wrt_linker *l;
    wrt_store *s;
    wrt_code *codes[3];
    wrt_instance *i[3];
    wrt_memory *m;
    wrt_table *t;
    wrt_global *base, *ref;
    wrt_func *f;
    uint32_t step; /* done so far */
    wrt_error err;
};

/* One step, the number of which is counted up when it is done. Steps that failed may be tried again. */
static wrt_status life_step(struct life *x)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_fn_def defs[2] = {
        { .size = sizeof *defs, .name = WRT_STR("a"), .sig = WRT_STR("(i32) -> (i64)"), .fn = nothing },
        { .size = sizeof *defs, .name = WRT_STR("b"), .fn = nothing }
    };
    wrt_val arg = wrt_i32(5), out;
    c.alloc = &x->heap.alloc;
    switch (x->step) {
    case 0: return wrt_engine_new(&c, &x->e, &x->err);
    case 1: return wrt_load(x->e, x->provider, NULL, &x->codes[0], &x->err);
    case 2: return wrt_load(x->e, x->consumer, NULL, &x->codes[1], &x->err);
    case 3: return wrt_load(x->e, x->segments, NULL, &x->codes[2], &x->err);
    case 4: return wrt_linker_new(x->e, &x->l, &x->err);
    case 5: return wrt_link_funcs(x->l, WRT_STR("host"), defs, 2, &x->err);
    case 6: return wrt_store_new(x->e, &o, &x->s, &x->err);
    case 7: return wrt_instantiate(x->s, x->l, x->codes[0], &x->i[0], &x->err);
    case 8: return wrt_link_instance(x->l, WRT_STR("p"), x->i[0], &x->err);
    case 9: return wrt_instantiate(x->s, x->l, x->codes[1], &x->i[1], &x->err);
    case 10: return wrt_memory_new(x->s, 1, 2, true, &x->m, &x->err);
    case 11: return wrt_memory_grow(x->m, 1, NULL);
    case 12: return wrt_table_new(x->s, WRT_EXTERNREF, 1, 20, true, &x->t, &x->err);
    case 13: return wrt_table_grow(x->t, 10, wrt_externref(3), NULL);
    case 14: return wrt_global_new(x->s, wrt_i32(4), false, &x->base, &x->err);
    case 15: return wrt_global_new(x->s, wrt_externref(4), false, &x->ref, &x->err);
    case 16: return wrt_link_global(x->l, WRT_STR("env"), WRT_STR("base"), x->base, &x->err);
    case 17: return wrt_link_global(x->l, WRT_STR("env"), WRT_STR("ref"), x->ref, &x->err);
    case 18: return wrt_instantiate(x->s, x->l, x->codes[2], &x->i[2], &x->err);
    case 19: return wrt_export_func(x->i[1], WRT_STR("thrice"), &x->f, &x->err);
    case 20: return wrt_call_sync(x->s, x->f, &arg, 1, &out, 1, &x->err);
    default: return WRT_END;
    }
}

static wrt_status life_go(struct life *x)
{
    wrt_status status = WRT_OK;
    while (status == WRT_OK) {
        status = life_step(x);
        if (status == WRT_OK) x->step++;
    }
    return status;
}

static void life_end(struct life *x)
{
    if (x->s) wrt_store_free(x->s);
    if (x->l) wrt_linker_free(x->l);
    for (size_t k = 0; k < 3; k++) wrt_code_free(x->codes[k]);
    if (x->e) wrt_engine_free(x->e);
    CHECK_EQ(x->heap.live, 0);
    CHECK(!x->heap.broken);
}

/* A load asks ahead for room for its code and its map, and goes on without: two requests for each of three
 * modules, which do no harm when they alone fail. Every other request is needed. */
enum { AHEAD = 6 };

static void fail_each(bool later_too)
{
    static struct life x;
    uint64_t refused = 0;
    wrt_bytes provider = fixture_read("provider"), consumer = fixture_read("consumer"),
              segments = fixture_read("segments");
    for (uint64_t n = 1; n < 5000; n++) {
        CONTEXT("request %u, step %u", (unsigned)n, (unsigned)x.step);
        memset(&x, 0, sizeof x);
        x.provider = provider;
        x.consumer = consumer;
        x.segments = segments;
        test_heap_init(&x.heap);
        x.heap.fail_at = n;
        x.heap.fail_later_too = later_too;
        wrt_status status = life_go(&x);
        bool clean = x.heap.asked < n;
        if (clean) CHECK_EQ(status, WRT_END);
        else if (later_too) CHECK_EQ(status, WRT_E_NOMEM);
        else CHECK(status == WRT_E_NOMEM || status == WRT_END); /* see AHEAD */
        refused += status == WRT_E_NOMEM;
        x.heap.fail_at = 0;
        if (status == WRT_E_NOMEM) CHECK_EQ(life_go(&x), WRT_END);
        life_end(&x);
        if (clean) {
            CHECK_EQ(refused, n - 1 - (later_too ? 0 : AHEAD));
            break;
        }
        if (test_failures() > 0) break;
    }
    fixture_free(provider);
    fixture_free(consumer);
    fixture_free(segments);
}

TEST(one_request_fails)
{
    fail_each(false);
}

TEST(one_request_and_all_later_ones_fail)
{
    fail_each(true);
}
