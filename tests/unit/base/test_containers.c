/* Slots, heap, list, map: each against a plain model, at its limit, and with every allocation failing in
 * turn. */
#include "test.h"
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- slots ---- */

TEST(slots_ids_go_stale)
{
    struct test_heap h;
    struct wrt__slots s;
    test_heap_init(&h);
    wrt__slots_init(&s, &h.alloc, 20, 1000, WRT_TAG_TASK);
    uint64_t id, again;
    uint32_t *p, *q;
    CHECK(wrt__slots_get(&s, 0) == NULL);
    CHECK(wrt__slots_get(&s, 1) == NULL);
    REQUIRE(wrt__slots_take(&s, &id, (void **)&p) == WRT_OK);
    CHECK(id != 0 && wrt__slots_get(&s, id) == p && p[0] == 0 && p[4] == 0);
    p[0] = 7;
    wrt__slots_put(&s, id);
    CHECK(wrt__slots_get(&s, id) == NULL);
    CHECK(wrt__slots_get(&s, id + ((uint64_t)1 << 32)) == NULL);     /* the next id, not given out yet */
    REQUIRE(wrt__slots_take(&s, &again, (void **)&q) == WRT_OK);
    CHECK(q == p && again != id && q[0] == 0);
    CHECK_EQ((uint32_t)again, (uint32_t)id);
    CHECK(wrt__slots_get(&s, id) == NULL && wrt__slots_get(&s, again) == q);
    CHECK(wrt__slots_get(&s, again + 1) == NULL && wrt__slots_get(&s, again | 0xffffffff) == NULL);
    CHECK(wrt__slots_get(&s, again & ~(uint64_t)0xffffffff) == NULL);
    wrt__slots_fini(&s);
    CHECK(h.live == 0 && !h.broken);
}

static const uint32_t slot_limits[] = { 1, 3, 4, 5, 127, 128, 129, 1000 };

TEST(slots_to_the_limit_and_no_further)
{
    for (size_t k = 0; k < WRT_COUNT(slot_limits); k++) {
        uint32_t max = slot_limits[k];
        CONTEXT("max %u", max);
        struct test_heap h;
        struct wrt__slots s;
        test_heap_init(&h);
        wrt__slots_init(&s, &h.alloc, sizeof(uint64_t), max, WRT_TAG_OTHER);
        static uint64_t ids[1000], *at[1000];
        uint64_t id;
        void *p;
        for (uint32_t i = 0; i < max; i++) {
            REQUIRE(wrt__slots_take(&s, &ids[i], &p) == WRT_OK);
            at[i] = p;
            *at[i] = i;
        }
        uint64_t bytes = h.live_bytes;
        CHECK_EQ(wrt__slots_take(&s, &id, &p), WRT_E_LIMIT);
        CHECK_EQ(h.live_bytes, bytes);
        CHECK(s.count == max && s.peak == max && s.used == max);
        for (uint32_t i = 0; i < max; i++) {
            CHECK(wrt__slots_get(&s, ids[i]) == at[i] && *at[i] == i);
            CHECK(wrt__slots_at(&s, i, &id) == at[i] && id == ids[i]);
        }
        CHECK(wrt__slots_at(&s, max, NULL) == NULL);
        wrt__slots_put(&s, ids[max / 2]);
        CHECK(wrt__slots_at(&s, max / 2, &id) == NULL);
        CHECK_EQ(wrt__slots_take(&s, &id, &p), WRT_OK);
        CHECK_EQ(s.peak, max);
        wrt__slots_fini(&s);
        CHECK(h.live == 0 && !h.broken);
    }
}

TEST(slots_memory_failures_change_nothing)
{
    for (uint64_t fail = 1;; fail++) {
        struct test_heap h;
        struct wrt__slots s;
        test_heap_init(&h);
        h.fail_at = fail;
        wrt__slots_init(&s, &h.alloc, 100, 2000, WRT_TAG_OTHER);
        uint64_t id;
        void *p;
        uint32_t taken = 0, refused = 0;
        while (taken < 2000) {
            wrt_status status = wrt__slots_take(&s, &id, &p);
            if (status == WRT_OK) taken++;
            else if (CHECK_EQ(status, WRT_E_NOMEM)) refused++;
            if (refused > 1) break;
            CHECK_EQ(s.count, taken);
        }
        CHECK_EQ(taken, 2000);
        wrt__slots_fini(&s);
        CHECK(h.live == 0 && !h.broken);
        if (refused == 0) break;
    }
}

/* ---- heap ---- */

struct timer { uint64_t key; uint32_t pos; bool in; uint32_t order; };

static void timer_moved(void *value, uint32_t pos)
{
    ((struct timer *)value)->pos = pos;
}

TEST(heap_random_against_a_scan)
{
    enum { N = 200 };
    static struct timer timers[N];
    struct test_heap h;
    struct wrt__heap heap;
    test_heap_init(&h);
    wrt__heap_init(&heap, &h.alloc, N - 50, timer_moved);
    uint64_t seed = 3;
    uint32_t count = 0, order = 0;
    for (int step = 0; step < 40000; step++) {
        struct timer *t = &timers[test_random(&seed) % N];
        if (!t->in) {
            t->key = test_random(&seed) % 50;
            wrt_status status = wrt__heap_push(&heap, t->key, t);
            if (!CHECK_EQ(status, count < N - 50 ? WRT_OK : WRT_E_LIMIT)) return;
            t->in = status == WRT_OK;
            t->order = order;
            if (t->in) count++, order++;
        } else if (test_random(&seed) % 3 == 0) {
            if (!CHECK(heap.items[t->pos].value == t)) return;
            wrt__heap_remove(&heap, t->pos);
            CHECK_EQ(t->pos, UINT32_MAX);
            t->in = false;
            count--;
        } else {
            struct timer *least = NULL;
            for (size_t i = 0; i < N; i++) {
                struct timer *o = &timers[i];
                if (!o->in) continue;
                bool first = !least || o->key < least->key;
                if (first || (o->key == least->key && o->order < least->order)) least = o;
            }
            if (!CHECK(heap.items[0].value == least)) return;
            wrt__heap_remove(&heap, 0);
            least->in = false;
            count--;
        }
        if (!CHECK_EQ(heap.count, count)) return;
    }
    wrt__heap_fini(&heap);
    CHECK(h.live == 0 && !h.broken);
}

TEST(heap_to_the_limit)
{
    struct test_heap h;
    struct wrt__heap heap;
    test_heap_init(&h);
    wrt__heap_init(&heap, &h.alloc, 5, NULL);
    for (uint64_t i = 0; i < 5; i++) {
        CHECK_EQ(wrt__heap_push(&heap, 9 - i, &h), WRT_OK);
    }
    CHECK_EQ(wrt__heap_push(&heap, 1, &h), WRT_E_LIMIT);
    CHECK_EQ(heap.count, 5);
    CHECK_EQ(heap.items[0].key, 5);
    wrt__heap_fini(&heap);
    CHECK_EQ(h.live, 0);
}

TEST(heap_without_memory)
{
    struct test_heap h;
    struct wrt__heap heap;
    test_heap_init(&h);
    wrt__heap_init(&heap, &h.alloc, 100, NULL);
    h.fail_at = 1;
    CHECK_EQ(wrt__heap_push(&heap, 1, &h), WRT_E_NOMEM);
    CHECK_EQ(heap.count, 0);
    CHECK_EQ(wrt__heap_push(&heap, 1, &h), WRT_OK);
    wrt__heap_remove(&heap, 0);
    wrt__heap_fini(&heap);
    CHECK_EQ(h.live, 0);
}

/* ---- list ---- */

TEST(list_keeps_order_and_knows_its_nodes)
{
    struct wrt__list l;
    struct wrt__node n[4] = { { NULL, NULL } };
    wrt__list_init(&l);
    CHECK(wrt__list_first(&l) == NULL);
    for (int i = 0; i < 4; i++) {
        CHECK(!wrt__node_linked(&n[i]));
        wrt__list_push(&l, &n[i]);
        CHECK(wrt__node_linked(&n[i]));
    }
    CHECK(l.count == 4 && wrt__list_first(&l) == &n[0]);
    wrt__list_remove(&l, &n[0]);
    wrt__list_remove(&l, &n[2]);
    wrt__list_push(&l, &n[0]);
    static const int order[] = { 1, 3, 0 };
    for (size_t i = 0; i < WRT_COUNT(order); i++) {
        struct wrt__node *first = wrt__list_first(&l);
        CHECK(first == &n[order[i]]);
        wrt__list_remove(&l, first);
        CHECK(!wrt__node_linked(first));
    }
    CHECK(l.count == 0 && wrt__list_first(&l) == NULL);
}

/* ---- map ---- */

static wrt_bytes key_of(const char *text)
{
    return (wrt_bytes){ (const uint8_t *)text, strlen(text) };
}

TEST(map_keeps_the_first_value)
{
    struct test_heap h;
    struct wrt__map m;
    test_heap_init(&h);
    wrt__map_init(&m, &h.alloc);
    uint32_t v = 9;
    bool existed = true;
    CHECK(!wrt__map_get(&m, key_of("a"), &v) && v == 9);
    CHECK_EQ(wrt__map_put(&m, key_of("a"), 1, &existed), WRT_OK);
    CHECK(!existed);
    CHECK_EQ(wrt__map_put(&m, key_of("a"), 2, &existed), WRT_OK);
    CHECK(existed && wrt__map_get(&m, key_of("a"), &v) && v == 1);
    CHECK_EQ(wrt__map_put(&m, (wrt_bytes){ NULL, 0 }, 3, &existed), WRT_OK);
    CHECK(!existed && wrt__map_get(&m, key_of(""), &v) && v == 3);
    CHECK(!wrt__map_get(&m, (wrt_bytes){ (const uint8_t *)"a\0", 2 }, &v));
    CHECK_EQ(m.count, 2);
    wrt__map_fini(&m);
    CHECK(h.live == 0 && !h.broken);
}

TEST(map_finds_what_it_has_without_memory)
{
    struct test_heap h;
    struct wrt__map m;
    test_heap_init(&h);
    wrt__map_init(&m, &h.alloc);
    bool existed;
    static const char *const four[] = { "a", "b", "c", "d" };
    for (uint32_t i = 0; i < 4; i++) {
        CHECK_EQ(wrt__map_put(&m, key_of(four[i]), i, &existed), WRT_OK);
    }
    h.fail_at = h.asked + 1;
    h.fail_later_too = true;
    CHECK_EQ(wrt__map_put(&m, key_of("c"), 9, &existed), WRT_OK);
    CHECK(existed);
    CHECK_EQ(wrt__map_put(&m, key_of("e"), 9, &existed), WRT_E_NOMEM);
    CHECK(!existed && m.count == 4);
    wrt__map_fini(&m);
    CHECK(h.live == 0 && !h.broken);
}

TEST(map_with_many_keys_and_failing_memory)
{
    enum { N = 5000 };
    static char keys[N][12];
    for (int i = 0; i < N; i++) {
        snprintf(keys[i], sizeof keys[i], "f%d", i * 7919);
    }
    for (uint64_t fail = 0; fail < 14; fail++) {
        struct test_heap h;
        struct wrt__map m;
        test_heap_init(&h);
        h.fail_at = fail;
        wrt__map_init(&m, &h.alloc);
        uint32_t refused = 0, v;
        bool existed;
        for (uint32_t i = 0; i < N; i++) {
            wrt_status status = wrt__map_put(&m, key_of(keys[i]), i, &existed);
            if (status == WRT_E_NOMEM) {
                refused++;
                CHECK(m.count == i && !wrt__map_get(&m, key_of(keys[i]), &v));
                status = wrt__map_put(&m, key_of(keys[i]), i, &existed);
            }
            if (!CHECK(status == WRT_OK && !existed)) return;
        }
        CHECK_EQ(refused, fail != 0 && fail <= h.asked - refused ? 1 : 0);
        for (uint32_t i = 0; i < N; i++) {
            if (!CHECK(wrt__map_get(&m, key_of(keys[i]), &v) && v == i)) return;
        }
        CHECK(!wrt__map_get(&m, key_of("nobody"), &v));
        wrt__map_fini(&m);
        CHECK(h.live == 0 && !h.broken);
    }
}

/* Somebody who knows the hash can make keys that all want one place of the table. Then the table changes its
 * key: the time stays in proportion. The search for such keys uses the map's own source. */
#define wrt__map_init other_map_init
#define wrt__map_fini other_map_fini
#define wrt__map_get other_map_get
#define wrt__map_put other_map_put
#include "../../../src/base/map.c"
#undef wrt__map_init
#undef wrt__map_fini
#undef wrt__map_get
#undef wrt__map_put

TEST(map_with_hostile_keys)
{
    enum { N = 300, BITS = 10 };
    static uint64_t keys[N];
    uint32_t found = 0;
    for (uint64_t k = 0; found < N; k++) {
        if ((map_hash(0, (const uint8_t *)&k, sizeof k) & ((1u << BITS) - 1)) == 0) keys[found++] = k;
    }
    struct test_heap h;
    struct wrt__map m;
    test_heap_init(&h);
    wrt__map_init(&m, &h.alloc);
    bool existed;
    uint32_t v, run, longest = 0;
    for (uint32_t i = 0; i < N; i++) {
        CHECK_EQ(wrt__map_put(&m, (wrt_bytes){ (const uint8_t *)&keys[i], 8 }, i, &existed), WRT_OK);
    }
    CHECK(m.seed > 0);
    for (uint32_t i = 0; i < N; i++) {
        wrt_bytes key = { (const uint8_t *)&keys[i], 8 };
        CHECK(wrt__map_get(&m, key, &v) && v == i);
        map_find(&m, map_hash(m.seed, key.p, key.n), key, &run);
        if (run > longest) longest = run;
    }
    CHECK(longest < MAP_RUN_MAX);
    wrt__map_fini(&m);
    CHECK(h.live == 0 && !h.broken);
}

/* From an independent SipHash-1-3 (its two halves xored), under the keys that the seeds stand for. */
struct hash_case { uint32_t seed; const char *text; uint32_t hash; };
static const struct hash_case hash_cases[] = {
    { 0, "", 0x5398108cu },
    { 0, "abc", 0xf5a73974u },
    { 0, "memory", 0x5b16a13du },
    { 0, "12345678", 0x31ec2373u },
    { 1, "12345678", 0x32c1dd0eu },
    { 3, "wasi_snapshot_preview1", 0x4bd50565u },
};

TEST(map_hash_is_siphash)
{
    for (size_t i = 0; i < WRT_COUNT(hash_cases); i++) {
        const struct hash_case *c = &hash_cases[i];
        CHECK_EQ(map_hash(c->seed, (const uint8_t *)c->text, strlen(c->text)), c->hash);
    }
}
