/* Allocation, growing arrays, arenas, and the allocator inside a caller's block. */
#include "test.h"
#include "base/base.h"
#include <stdlib.h>
#include <string.h>

TEST(size_zero_is_not_null_and_costs_nothing)
{
    struct test_heap h;
    test_heap_init(&h);
    void *p = wrt__alloc(&h.alloc, 0, WRT_TAG_OTHER);
    CHECK(p != NULL);
    CHECK_EQ(h.live, 0);
    p = wrt__resize(&h.alloc, p, 0, 10, WRT_TAG_OTHER);
    CHECK(p != NULL);
    CHECK_EQ(h.live, 1);
    p = wrt__resize(&h.alloc, p, 10, 0, WRT_TAG_OTHER);
    CHECK(p != NULL);
    CHECK_EQ(h.live, 0);
    wrt__free(&h.alloc, p, 0, WRT_TAG_OTHER);
    wrt__free(&h.alloc, NULL, 12, WRT_TAG_OTHER);
    CHECK(h.broken == NULL);
}

TEST(sizes_beyond_the_address_space_are_refused)
{
    struct test_heap h;
    test_heap_init(&h);
    CHECK(wrt__alloc(&h.alloc, SIZE_MAX, WRT_TAG_OTHER) == NULL);
    CHECK(wrt__alloc_zero(&h.alloc, SIZE_MAX / 2 + 1, WRT_TAG_OTHER) == NULL);
    void *array = NULL;
    uint32_t cap = 0;
    CHECK(!wrt__grow(&h.alloc, &array, &cap, UINT32_MAX, SIZE_MAX / 1000, WRT_TAG_OTHER));
    CHECK(array == NULL && cap == 0);
    CHECK_EQ(h.asked, 0);
}

TEST(alloc_zero_is_zero)
{
    struct test_heap h;
    test_heap_init(&h);
    static const char zeros[1000];
    char *p = wrt__alloc_zero(&h.alloc, sizeof zeros, WRT_TAG_CODE),
         *m = wrt__alloc_zero(&h.alloc, sizeof zeros, WRT_TAG_MEMORY);
    REQUIRE(p && m);
    CHECK_MEM(p, zeros, sizeof zeros);
    CHECK_MEM(m, zeros, sizeof zeros);
    wrt__free(&h.alloc, p, sizeof zeros, WRT_TAG_CODE);
    wrt__free(&h.alloc, m, sizeof zeros, WRT_TAG_MEMORY);
    CHECK(h.live == 0 && !h.broken);
}

TEST(arrays_grow_by_doubling_and_keep_their_elements)
{
    struct test_heap h;
    test_heap_init(&h);
    uint64_t *a = NULL;
    uint32_t cap = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        REQUIRE(wrt__grow(&h.alloc, &a, &cap, i + 1, sizeof *a, WRT_TAG_OTHER));
        a[i] = i;
    }
    CHECK_EQ(cap, 1024);
    CHECK_EQ(h.asked, 9);
    for (uint32_t i = 0; i < 1000; i++) {
        CHECK_EQ(a[i], i);
    }
    h.fail_at = h.asked + 1;
    uint64_t *same = a;
    CHECK(!wrt__grow(&h.alloc, &a, &cap, 1025, sizeof *a, WRT_TAG_OTHER));
    CHECK(a == same && cap == 1024 && a[999] == 999);
    wrt__free(&h.alloc, a, cap * sizeof *a, WRT_TAG_OTHER);
    CHECK(h.live == 0 && !h.broken);
}

TEST(arena_takes_are_zeroed_aligned_and_apart)
{
    struct test_heap h;
    struct wrt__arena a;
    test_heap_init(&h);
    wrt__arena_init(&a, &h.alloc, 1024, WRT_TAG_CODE);
    uint64_t seed = 5;
    static struct { uint8_t *p; size_t n; uint8_t mark; } taken[500];
    for (size_t i = 0; i < WRT_COUNT(taken); i++) {
        size_t n = test_random(&seed) % (i % 50 == 0 ? 5000 : 60),
               align = (size_t)1 << test_random(&seed) % 5;
        uint8_t *p = wrt__arena_take(&a, n, align);
        REQUIRE(p != NULL);
        CHECK_EQ((uintptr_t)p % align, 0);
        for (size_t k = 0; k < n; k++) {
            CHECK_EQ(p[k], 0);
        }
        taken[i].p = p;
        taken[i].n = n;
        taken[i].mark = (uint8_t)(i + 1);
        memset(p, (int)(i + 1) & 0xff, n);
    }
    for (size_t i = 0; i < WRT_COUNT(taken); i++) {
        for (size_t k = 0; k < taken[i].n; k++) {
            CHECK_EQ(taken[i].p[k], taken[i].mark);
        }
    }
    CHECK_EQ(a.total_bytes, h.live_bytes);
    const char *text = wrt__arena_copy(&a, "hello", 6);
    CHECK_STR(text, "hello");
    CHECK(wrt__arena_copy(&a, NULL, 0) != NULL);
    wrt__arena_fini(&a);
    CHECK(h.live == 0 && !h.broken);
}

TEST(arena_survives_refusal)
{
    struct test_heap h;
    struct wrt__arena a;
    test_heap_init(&h);
    wrt__arena_init(&a, &h.alloc, 256, WRT_TAG_OTHER);
    CHECK(wrt__arena_take(&a, SIZE_MAX - 8, 1) == NULL);
    CHECK(wrt__arena_take(&a, 100, 1) != NULL);
    h.fail_at = h.asked + 1;
    CHECK(wrt__arena_take(&a, 1000, 1) == NULL);
    CHECK(wrt__arena_take(&a, 100, 1) != NULL);
    CHECK(wrt__arena_take(&a, 1000, 1) != NULL);
    wrt__arena_fini(&a);
    CHECK(h.live == 0 && !h.broken);
}

/* ---- wrt_alloc_static ---- */

TEST(static_block_too_small)
{
    static _Alignas(16) char block[256];
    wrt_alloc a;
    CHECK(!wrt_alloc_static(block, 0, &a));
    CHECK(!wrt_alloc_static(NULL, 1000, &a));
    CHECK(!wrt_alloc_static(block, 16, &a));
    CHECK(wrt_alloc_static(block, sizeof block, &a));
    CHECK(wrt_alloc_static(block + 1, sizeof block - 1, &a));
}

struct live { uint8_t *p; size_t n, align; uint32_t tag; uint8_t mark; };

static bool live_is_whole(const struct live *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->p[i] != l->mark) return false;
    }
    return true;
}

/* Random takes, resizes and frees: nothing overlaps, everything is aligned, new memory is zeroed, and at the
 * end all of the block is one piece again. */
TEST(static_block_random)
{
    enum { BYTES = 100000, LIVE = 60 };
    char *block = malloc(BYTES);
    wrt_alloc a;
    REQUIRE(wrt_alloc_static(block, BYTES, &a));
    void *all = a.resize(a.ctx, NULL, 0, BYTES - 200, 16, WRT_TAG_OTHER);
    REQUIRE(all != NULL);
    CHECK(a.resize(a.ctx, NULL, 0, BYTES / 2, 16, WRT_TAG_OTHER) == NULL);
    a.resize(a.ctx, all, BYTES - 200, 0, 16, WRT_TAG_OTHER);
    struct live live[LIVE] = { { NULL, 0, 0, 0, 0 } };
    uint64_t seed = 11;
    unsigned refused = 0;
    for (int step = 0; step < 60000; step++) {
        struct live *l = &live[test_random(&seed) % LIVE];
        if (l->p && !CHECK(live_is_whole(l))) break;
        size_t n = test_random(&seed) % (test_random(&seed) % 8 == 0 ? 20000 : 1500);
        if (l->p && test_random(&seed) % 2) n = 0;
        if (!l->p) {
            l->align = (size_t)1 << test_random(&seed) % 7;
            l->tag = test_random(&seed) % 2 ? WRT_TAG_MEMORY : WRT_TAG_OTHER;
            l->n = 0;
            n++;
        }
        uint8_t *p = a.resize(a.ctx, l->p, l->n, n, l->align, l->tag);
        if (n == 0) {
            CHECK(p == NULL);
            l->p = NULL;
            continue;
        }
        if (!p) {
            refused++;
            continue;
        }
        bool inside = p >= (uint8_t *)block && p + n <= (uint8_t *)block + BYTES;
        if (!CHECK_EQ((uintptr_t)p % l->align, 0) || !CHECK(inside)) break;
        for (size_t i = l->n; i < n && l->tag == WRT_TAG_MEMORY; i++) {
            if (!CHECK_EQ(p[i], 0)) break;
        }
        for (size_t i = 0; i < l->n && i < n; i++) {
            if (!CHECK_EQ(p[i], l->mark)) break;
        }
        l->p = p;
        l->n = n;
        l->mark = (uint8_t)(1 + test_random(&seed) % 255);
        memset(p, l->mark, n);
    }
    CHECK(refused > 100);
    for (size_t i = 0; i < LIVE; i++) {
        if (live[i].p) a.resize(a.ctx, live[i].p, live[i].n, 0, live[i].align, live[i].tag);
    }
    CHECK(a.resize(a.ctx, NULL, 0, BYTES - 200, 16, WRT_TAG_OTHER) == all);
    free(block);
}

TEST(static_block_grows_in_place_into_free_space)
{
    static _Alignas(64) char block[4096];
    wrt_alloc a;
    REQUIRE(wrt_alloc_static(block, sizeof block, &a));
    void *p = a.resize(a.ctx, NULL, 0, 100, 16, WRT_TAG_OTHER);
    CHECK(a.resize(a.ctx, p, 100, 2000, 16, WRT_TAG_OTHER) == p);
    CHECK(a.resize(a.ctx, p, 2000, 50, 16, WRT_TAG_OTHER) == p);
    CHECK(a.resize(a.ctx, NULL, 0, 3500, 16, WRT_TAG_OTHER) != NULL);
    CHECK(a.resize(a.ctx, p, 50, 1000, 16, WRT_TAG_OTHER) == NULL);
}
