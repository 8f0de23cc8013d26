/* Types, host functions, records and handles of a store. */
#include <string.h>
#include "test.h"
#include "engine/engine.h"

struct store_fixture {
    struct test_heap heap;
    struct wrt__store s;
};

static void store_open(struct store_fixture *x)
{
    wrt_limits limits = { .memory_bytes = 0 };
    test_heap_init(&x->heap);
    (void)wrt__limits_fill(&limits, NULL, NULL);
    CHECK_EQ(wrt__store_init(&x->s, &x->heap.alloc, &limits, NULL), WRT_OK);
}

static void store_close(struct store_fixture *x)
{
    wrt__store_fini(&x->s);
    CHECK_EQ(x->heap.live, 0);
    CHECK(!x->heap.broken);
}

TEST(equal_types_have_equal_numbers)
{
    static const uint8_t a[] = { WRT__I32, WRT__I64 }, b[] = { WRT__I32, WRT__I64 },
                         c[] = { WRT__I64, WRT__I32 };
    struct wrt__functype ab = { 1, 1, a, 0 }, ab2 = { 1, 1, b, 7 }, ba = { 1, 1, c, 0 },
                         none = { 0, 0, NULL, 0 };
    struct wrt__functype two = { 2, 0, a, 0 }, given = { 0, 2, a, 0 };
    struct store_fixture x;
    store_open(&x);
    CHECK_EQ(wrt__store_type(&x.s, &ab), 0);
    CHECK_EQ(wrt__store_type(&x.s, &ab2), 0);
    CHECK_EQ(wrt__store_type(&x.s, &ba), 1);
    CHECK_EQ(wrt__store_type(&x.s, &none), 2);
    CHECK_EQ(wrt__store_type(&x.s, &two), 3);
    CHECK_EQ(wrt__store_type(&x.s, &given), 4);
    CHECK_EQ(wrt__store_type(&x.s, &none), 2);
    CHECK_EQ(x.s.types_count, 5);
    CHECK_EQ(x.s.types[1].types[0], WRT__I64);
    CHECK_EQ(wrt__store_type_kinds(&x.s.types[1])[1], WRT_I32);
    store_close(&x);
}

TEST(long_types_are_told_apart)
{
    uint8_t types[1000];
    struct wrt__functype t = { 600, 400, types, 0 };
    struct store_fixture x;
    store_open(&x);
    memset(types, WRT__I32, sizeof types);
    CHECK_EQ(wrt__store_type(&x.s, &t), 0);
    types[999] = WRT__F64;
    CHECK_EQ(wrt__store_type(&x.s, &t), 1);
    CHECK_EQ(wrt__store_type(&x.s, &t), 1);
    types[999] = WRT__I32;
    CHECK_EQ(wrt__store_type(&x.s, &t), 0);
    CHECK_EQ(wrt__store_type_kinds(&x.s.types[1])[999], WRT_F64);
    store_close(&x);
}

static void count_drop(void *ctx)
{
    ++*(int *)ctx;
}

TEST(a_host_function_has_one_record)
{
    static const uint8_t a[] = { WRT__I32, WRT__I64, WRT__F32 };
    struct wrt__functype t = { 1, 2, a, 0 };
    struct wrt__host_func *h[100];
    int drops = 0;
    struct store_fixture x;
    store_open(&x);
    for (uint32_t k = 0; k < 100; k++) {
        h[k] = wrt__host_func_new(&x.heap.alloc, WRT_STR("m"), WRT_STR("name"), &t);
        h[k]->drop = count_drop;
        h[k]->ctx = &drops;
        CHECK_EQ(wrt__store_add_host(&x.s, h[k]), k);
        CHECK_EQ(wrt__store_add_host(&x.s, h[k / 2]), k / 2);
    }
    CHECK_EQ(x.s.funcs_count, 100);
    CHECK_EQ(x.s.types_count, 1);
    CHECK_EQ(x.s.funcs[42].params, 1);
    CHECK_EQ(x.s.funcs[42].results, 2);
    CHECK_EQ(x.s.funcs[42].link, 2);
    CHECK(x.s.funcs[42].host == h[42] && !x.s.funcs[42].instance);
    CHECK(wrt__str_equal(h[42]->name, WRT_STR("name")) && wrt__str_equal(h[42]->module, WRT_STR("m")));
    CHECK_EQ(h[42]->type.types[2], WRT__F32);
    for (uint32_t k = 0; k < 100; k++) wrt__host_func_drop(&x.heap.alloc, h[k]);
    CHECK_EQ(drops, 0);
    store_close(&x);
    CHECK_EQ(drops, 100);
}

TEST(a_function_has_one_handle)
{
    struct wrt__functype t = { 0, 0, NULL, 0 };
    struct wrt_func *f[200];
    struct store_fixture x;
    store_open(&x);
    for (uint32_t k = 0; k < 200; k++) {
        struct wrt__host_func *h = wrt__host_func_new(&x.heap.alloc, WRT_STR(""), WRT_STR(""), &t);
        CHECK_EQ(wrt__store_add_host(&x.s, h), k);
        wrt__host_func_drop(&x.heap.alloc, h);
        f[k] = wrt__func_handle(&x.s, k);
    }
    for (uint32_t k = 0; k < 200; k++) {
        CHECK(wrt__func_handle(&x.s, k) == f[k]);
        CHECK_EQ(f[k]->index, k);
    }
    CHECK_EQ(x.s.handles_count, 200);
    store_close(&x);
}

static wrt_status store_scenario(struct store_fixture *x)
{
    uint8_t types[70];
    memset(types, WRT__I32, sizeof types);
    for (uint32_t k = 0; k < 40; k++) {
        struct wrt__functype t = { k, 70 - k, types, 0 };
        struct wrt__host_func *h = wrt__host_func_new(&x->heap.alloc, WRT_STR("a"), WRT_STR("b"), &t);
        if (!h) return WRT_E_NOMEM;
        uint32_t index = wrt__store_add_host(&x->s, h);
        wrt__host_func_drop(&x->heap.alloc, h);
        if (index == UINT32_MAX || !wrt__func_handle(&x->s, index)) return WRT_E_NOMEM;
        struct wrt__globaltype g = { WRT__I64, true };
        if (!wrt__global_new(&x->s, g, k)) return WRT_E_NOMEM;
    }
    return WRT_OK;
}

TEST(every_failed_request_leaves_a_whole_store)
{
    wrt_status status = WRT_E_NOMEM;
    for (uint64_t n = 1; status != WRT_OK; n++) {
        struct store_fixture x;
        store_open(&x);
        x.heap.fail_at = n;
        status = store_scenario(&x);
        CHECK((status == WRT_OK) == (x.heap.asked < n));
        x.heap.fail_at = 0;
        if (status != WRT_OK) CHECK_EQ(store_scenario(&x), WRT_OK);
        store_close(&x);
        if (n > 1000) break;
    }
    CHECK_EQ(status, WRT_OK);
}
