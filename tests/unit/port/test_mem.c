/* The platform's allocator: contract of wrt_alloc, and what linear memories need on top of it: zeroed, free
 * until touched, growing without copying. */
#include "test.h"
#include "port/port.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t resident_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long size = 0, resident = 0;
    if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2) resident = 0;
    if (f) fclose(f);
    return resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static void *resize(void *p, size_t old_n, size_t new_n, uint32_t tag)
{
    return wrt__resize(wrt__port_alloc(), p, old_n, new_n, tag);
}

static bool is_zero(const uint8_t *p, size_t n)
{
    return n == 0 || (*p == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static bool is_marked(const uint8_t *p, size_t n, uint8_t mark)
{
    return n == 0 || (*p == mark && memcmp(p, p + 1, n - 1) == 0);
}

static const size_t sizes[] = { 1, 100, 32768, 32769, 65535, 65536, 65537, 131072, 196608, 196609, 300000,
    1 << 20, 5000000 };

TEST(memories_are_zeroed_and_keep_their_bytes)
{
    for (size_t a = 0; a < WRT_COUNT(sizes); a++) {
        for (size_t b = 0; b < WRT_COUNT(sizes); b++) {
            size_t n = sizes[a], m = sizes[b], kept = n < m ? n : m;
            CONTEXT("%zu -> %zu", n, m);
            uint8_t *p = resize(NULL, 0, n, WRT_TAG_MEMORY);
            REQUIRE(p && is_zero(p, n));
            CHECK_EQ((uintptr_t)p % 16, 0);
            memset(p, 0x5a, n);
            p = resize(p, n, m, WRT_TAG_MEMORY);
            REQUIRE(p && is_marked(p, kept, 0x5a) && is_zero(p + kept, m - kept));
            memset(p, 0xa5, m);
            p = resize(p, m, m + 70000, WRT_TAG_MEMORY);
            REQUIRE(p && is_marked(p, m, 0xa5) && is_zero(p + m, 70000));
            resize(p, m + 70000, 0, WRT_TAG_MEMORY);
        }
    }
}

TEST(memory_given_back_comes_zeroed_again)
{
    for (int round = 0; round < 3; round++) {
        uint8_t *p[20];
        for (size_t i = 0; i < WRT_COUNT(p); i++) {
            p[i] = resize(NULL, 0, 65536 * (1 + i % 3), WRT_TAG_MEMORY);
            REQUIRE(p[i] && is_zero(p[i], 65536 * (1 + i % 3)));
            memset(p[i], 0xff, 65536 * (1 + i % 3));
        }
        for (size_t i = 0; i < WRT_COUNT(p); i++) {
            resize(p[i], 65536 * (1 + i % 3), 0, WRT_TAG_MEMORY);
        }
    }
}

TEST(untouched_memories_cost_nothing)
{
    enum { N = 20000 };
    if (TEST_SANITIZED) SKIP("a sanitizer has its own allocator");
    uint8_t **p = calloc(N, sizeof *p);
    uint8_t *big = resize(NULL, 0, (size_t)2 << 30, WRT_TAG_MEMORY);
    uint64_t before = resident_kib();
    for (size_t i = 0; i < N; i++) {
        p[i] = resize(NULL, 0, 65536, WRT_TAG_MEMORY);
        REQUIRE(p[i]);
    }
    REQUIRE(big && big[12345] == 0);
    CHECK(resident_kib() - before < 4096);
    for (size_t i = 0; i < N; i++) {
        p[i][100] = 1;
    }
    uint64_t touched = resident_kib() - before;
    CHECK(touched < N * 4 + 8192);      /* one page each, not a huge page */
    for (size_t i = 0; i < N; i += 2) {
        p[i] = resize(p[i], 65536, 131072, WRT_TAG_MEMORY);
        REQUIRE(p[i] && p[i][100] == 1 && p[i][70000] == 0);
    }
    CHECK(resident_kib() - before < N * 6 + 8192);      /* zero pages are not copied */
    for (size_t i = 0; i < N; i++) {
        resize(p[i], i % 2 ? 65536 : 131072, 0, WRT_TAG_MEMORY);
    }
    resize(big, (size_t)2 << 30, 0, WRT_TAG_MEMORY);
    CHECK(resident_kib() < before + 8192);
    free(p);
}

TEST(a_big_memory_grows_without_copying)
{
    if (TEST_SANITIZED) SKIP("a sanitizer has its own allocator");
    size_t n = (size_t)1 << 30;
    uint8_t *p = resize(NULL, 0, n, WRT_TAG_MEMORY);
    REQUIRE(p);
    for (size_t i = 0; i < n; i += 1 << 20) {
        p[i] = (uint8_t)(i >> 20);
    }
    uint64_t before = resident_kib(), start = wrt__port_cpu_ns();
    for (int i = 0; i < 16; i++, n += 65536) {
        p = resize(p, n, n + 65536, WRT_TAG_MEMORY);
        REQUIRE(p && p[n] == 0);
    }
    CHECK(wrt__port_cpu_ns() - start < 500000000);
    CHECK(resident_kib() - before < 1024);
    for (size_t i = 0; i < (size_t)1 << 30; i += 1 << 20) {
        if (!CHECK_EQ(p[i], (uint8_t)(i >> 20))) break;
    }
    resize(p, n, 0, WRT_TAG_MEMORY);
}

TEST(other_tags_and_alignments)
{
    const wrt_alloc *a = wrt__port_alloc();
    for (size_t align = 1; align <= 64; align *= 2) {
        uint8_t *p = a->resize(a->ctx, NULL, 0, 100, align, WRT_TAG_CODE);
        REQUIRE(p);
        CHECK_EQ((uintptr_t)p % align, 0);
        memset(p, 7, 100);
        p = a->resize(a->ctx, p, 100, 100000, align, WRT_TAG_CODE);
        REQUIRE(p && is_marked(p, 100, 7));
        CHECK_EQ((uintptr_t)p % align, 0);
        CHECK(a->resize(a->ctx, p, 100000, 0, align, WRT_TAG_CODE) == NULL);
    }
}

TEST(too_much_is_refused_and_the_old_block_stays)
{
    uint8_t *p = resize(NULL, 0, 1 << 20, WRT_TAG_MEMORY), *q = resize(NULL, 0, 100, WRT_TAG_OTHER);
    REQUIRE(p && q);
    p[5] = 9;
    CHECK(resize(NULL, 0, (size_t)1 << 62, WRT_TAG_MEMORY) == NULL);
    CHECK(resize(p, 1 << 20, (size_t)1 << 62, WRT_TAG_MEMORY) == NULL);
    CHECK(resize(NULL, 0, SIZE_MAX, WRT_TAG_MEMORY) == NULL);
    CHECK_EQ(p[5], 9);
    resize(p, 1 << 20, 0, WRT_TAG_MEMORY);
    resize(q, 100, 0, WRT_TAG_OTHER);
}

static void *hammer(void *seed_of)
{
    uint64_t seed = *(uint64_t *)seed_of;
    struct { uint8_t *p; size_t n; } held[16] = { { NULL, 0 } };
    uintptr_t bad = 0;
    for (int i = 0; i < 4000; i++) {
        size_t k = test_random(&seed) % WRT_COUNT(held), n = 40000 + test_random(&seed) % 200000;
        if (held[k].p) {
            if (held[k].p[held[k].n - 1] != (uint8_t)k) bad++;
            resize(held[k].p, held[k].n, 0, WRT_TAG_MEMORY);
        }
        held[k].p = resize(NULL, 0, n, WRT_TAG_MEMORY);
        held[k].n = n;
        if (!held[k].p || held[k].p[0] != 0 || held[k].p[n - 1] != 0) bad++;
        if (held[k].p) held[k].p[0] = held[k].p[n - 1] = (uint8_t)k;
    }
    for (size_t k = 0; k < WRT_COUNT(held); k++) {
        if (held[k].p) resize(held[k].p, held[k].n, 0, WRT_TAG_MEMORY);
    }
    return (void *)bad;
}

TEST(several_threads)
{
    pthread_t threads[4];
    uint64_t seeds[4] = { 1, 2, 3, 4 };
    for (int i = 0; i < 4; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, hammer, &seeds[i]) == 0);
    }
    for (int i = 0; i < 4; i++) {
        void *bad;
        pthread_join(threads[i], &bad);
        CHECK(bad == NULL);
    }
}
