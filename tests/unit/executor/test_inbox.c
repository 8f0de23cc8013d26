/* The inbox with real threads: nothing is lost, nothing arrives twice, whoever is late is told so. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include "test.h"
#include "executor/executor.h"

enum { POSTERS = 2, SLOTS = 64, POSTS = 1000000 };

/* Each slot is handed to one poster at a time through a cell: 0 is empty. */
static _Atomic uint64_t cells[POSTERS][SLOTS];
static _Atomic uint32_t stop, twice, refused;
static struct wrt_inbox *inbox;

static void *poster(void *arg)
{
    uint32_t me = (uint32_t)(uintptr_t)arg;
    uint64_t serial = 0;
    while (!atomic_load(&stop)) {
        bool any = false;
        for (uint32_t i = 0; i < SLOTS; i++) {
            uint64_t id = atomic_exchange(&cells[me][i], 0);
            if (!id) continue;
            any = true;
            if (wrt_complete_post(inbox, (wrt_completion){ id }, (wrt_status)me, serial++) != WRT_OK)
                atomic_fetch_add(&refused, 1);
            if (wrt_complete_post(inbox, (wrt_completion){ id }, WRT_OK, 0) == WRT_OK)
                atomic_fetch_add(&twice, 1);
        }
        if (!any) sched_yield();
    }
    return NULL;
}

static void million(bool with_poll)
{
    static const wrt_host host = { .size = sizeof host };
    struct wrt__completion *slots[POSTERS][SLOTS];
    pthread_t threads[POSTERS];
    uint64_t arrived[POSTERS] = { 0 }, given = 0, got = 0;
    struct wrt__poll_event events[4];
    atomic_store(&stop, 0);
    REQUIRE(wrt__inbox_new(wrt__port_alloc(), &host, POSTERS * SLOTS, &inbox) == WRT_OK);
    if (with_poll) CHECK(wrt__inbox_poll(inbox));
    for (uint32_t p = 0; p < POSTERS; p++) {
        for (uint32_t i = 0; i < SLOTS; i++) {
            REQUIRE(wrt__inbox_take(inbox, &slots[p][i]) == WRT_OK);
            slots[p][i]->ctx = &cells[p][i];
            given++;
            atomic_store(&cells[p][i], wrt__completion_arm(slots[p][i]).v);
        }
        pthread_create(&threads[p], NULL, poster, (void *)(uintptr_t)p);
    }
    atomic_store(&inbox->awake, 1);
    while (got < POSTS) {
        size_t n;
        if (!atomic_load(&inbox->attention))
            wrt__inbox_sleep(inbox, UINT64_MAX, events, 4, &n); /* a lost wake-up hangs here */
        (void)atomic_exchange(&inbox->attention, 0);
        for (struct wrt__completion *c = wrt__inbox_take_posted(inbox), *next; c; c = next) {
            next = c->next ? wrt__inbox_at(inbox, c->next - 1) : NULL;
            uint32_t p = (uint32_t)c->status;
            if (!CHECK(p < POSTERS)) break;
            CHECK((atomic_load(&c->generation) & 1) == 0);
            CHECK(c->scalar < given);
            arrived[p]++;
            got++;
            given++;
            atomic_store((_Atomic uint64_t *)c->ctx, wrt__completion_arm(c).v);
        }
    }
    atomic_store(&stop, 1);
    for (uint32_t p = 0; p < POSTERS; p++) pthread_join(threads[p], NULL);
    for (struct wrt__completion *c = wrt__inbox_take_posted(inbox); c;
        c = c->next ? wrt__inbox_at(inbox, c->next - 1) : NULL)
        got++;
    uint64_t left = 0;
    for (uint32_t p = 0; p < POSTERS; p++) {
        for (uint32_t i = 0; i < SLOTS; i++) left += atomic_load(&cells[p][i]) != 0;
    }
    CHECK_EQ(got + left, given);
    CHECK_EQ(atomic_load(&twice), 0);
    CHECK_EQ(atomic_load(&refused), 0);
    CHECK(arrived[0] > 0 && arrived[1] > 0);
    wrt_inbox_drop(inbox);
}

TEST(a_million_posts_from_two_threads_arrive_once_each)
{
    million(false);
}

TEST(the_same_with_a_poll_set)
{
    million(true);
}

/* A poster and the store race for each slot: exactly one of them wins. */
static _Atomic uint64_t race_id;
static _Atomic uint32_t race_won;
static void *racer(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        uint64_t id = atomic_exchange(&race_id, 0);
        if (id && wrt_complete_post(inbox, (wrt_completion){ id }, WRT_OK, id) == WRT_OK)
            atomic_fetch_add(&race_won, 1);
    }
    return NULL;
}

TEST(a_cancelled_completion_is_won_by_one_side)
{
    static const wrt_host host = { .size = sizeof host };
    pthread_t thread;
    uint32_t cancelled = 0, arrived = 0;
    atomic_store(&stop, 0);
    REQUIRE(wrt__inbox_new(wrt__port_alloc(), &host, 64, &inbox) == WRT_OK);
    atomic_store(&inbox->awake, 1);
    pthread_create(&thread, NULL, racer, NULL);
    for (uint32_t round = 0; round < 200000; round++) {
        struct wrt__completion *c;
        REQUIRE(wrt__inbox_take(inbox, &c) == WRT_OK);
        wrt_completion id = wrt__completion_arm(c);
        atomic_store(&race_id, id.v);
        for (volatile uint32_t spin = 0; spin < round % 200; spin++) {}
        if (wrt__completion_win(c, (uint32_t)(id.v >> 32))) {
            cancelled++;
        } else {
            struct wrt__completion *posted;
            while (!(posted = wrt__inbox_take_posted(inbox))) {}
            CHECK(posted == c && c->next == 0 && c->scalar == id.v);
            arrived++;
        }
        wrt__inbox_put(inbox, c);
    }
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
    CHECK_EQ(atomic_load(&race_won), arrived);
    CHECK_EQ(cancelled + arrived, 200000);
    CHECK(inbox->count == 0);
    wrt_inbox_drop(inbox);
}

TEST(slots_come_in_chunks_up_to_the_limit)
{
    static const wrt_host host = { .size = sizeof host };
    static const uint32_t sizes[] = { 1, 15, 16, 17, 47, 48, 49, 1000, 1 << 20 };
    for (size_t k = 0; k < WRT_COUNT(sizes); k++) {
        struct test_heap h;
        struct wrt__completion *c = NULL, *first = NULL;
        CONTEXT("%u slots", sizes[k]);
        test_heap_init(&h);
        REQUIRE(wrt__inbox_new(&h.alloc, &host, sizes[k], &inbox) == WRT_OK);
        for (uint32_t i = 0; i < sizes[k]; i++) {
            if (!CHECK(wrt__inbox_take(inbox, &c) == WRT_OK && c->index == i && wrt__inbox_at(inbox, i) == c))
                break;
            if (i == 0) first = c;
        }
        CHECK(wrt__inbox_take(inbox, &c) == WRT_E_LIMIT);
        wrt__inbox_put(inbox, first);
        CHECK(wrt__inbox_take(inbox, &c) == WRT_OK && c == first);
        wrt_inbox_drop(inbox);
        CHECK(h.live == 0 && !h.broken);
    }
}

/* Who posts while the loop is awake wakes nobody; the loop must notice before it sleeps. */
TEST(what_was_posted_while_awake_is_seen_before_sleeping)
{
    static const wrt_host host = { .size = sizeof host };
    for (int with_poll = 0; with_poll < 2; with_poll++) {
        struct wrt__completion *c;
        struct wrt__poll_event events[1];
        size_t n;
        REQUIRE(wrt__inbox_new(wrt__port_alloc(), &host, 1, &inbox) == WRT_OK);
        if (with_poll) CHECK(wrt__inbox_poll(inbox));
        atomic_store(&inbox->awake, 1);
        REQUIRE(wrt__inbox_take(inbox, &c) == WRT_OK);
        CHECK(wrt_complete_post(inbox, wrt__completion_arm(c), WRT_OK, 0) == WRT_OK);
        uint64_t before = wrt__port_mono_ns();
        wrt__inbox_sleep(inbox, before + 3000000000u, events, 1, &n);
        CHECK(wrt__port_mono_ns() - before < 1000000000u);
        wrt_inbox_drop(inbox);
    }
}
