/* Ready queues: order under each policy, preemption, change of priority; the priority policy against a scan.
 */
#include "sched/sched.h"
#include "test.h"

enum { N = 300 };
static struct wrt__node queues[WRT__SCHED_LEVELS];
static struct wrt__entity es[N];

static void set_up(struct wrt__sched *s, enum wrt__sched_policy policy)
{
    memset(es, 0, sizeof es);
    wrt__sched_init(s, policy, queues);
}

TEST(one_queue_keeps_the_order_of_becoming_ready)
{
    struct wrt__sched s;
    set_up(&s, WRT__SCHED_ROUND_ROBIN);
    for (int i = 0; i < 5; i++) {
        es[i].priority = (uint8_t)(i * 50);
        wrt__sched_push(&s, &es[i]);
    }
    wrt__sched_remove(&s, &es[2]);
    wrt__sched_push_front(&s, &es[2]);
    CHECK(wrt__sched_pop(&s) == &es[2]);
    CHECK(wrt__sched_pop(&s) == &es[0]);
    CHECK(!wrt__sched_outranks(&s, 0));
    CHECK(wrt__sched_pop(&s) == &es[1]);
    CHECK(wrt__sched_pop(&s) == &es[3]);
    CHECK(wrt__sched_pop(&s) == &es[4]);
    CHECK(wrt__sched_pop(&s) == NULL);
}

TEST(the_highest_level_comes_first_and_its_order_is_kept)
{
    struct wrt__sched s;
    set_up(&s, WRT__SCHED_PRIORITY);
    static const uint8_t priorities[] = { 0, 255, 31, 32, 255, 31 };
    static const int order[] = { 1, 4, 3, 2, 5, 0 };
    for (int i = 0; i < 6; i++) {
        es[i].priority = priorities[i];
        wrt__sched_push(&s, &es[i]);
    }
    CHECK(wrt__sched_outranks(&s, 254));
    CHECK(!wrt__sched_outranks(&s, 255));
    for (int i = 0; i < 6; i++) CHECK(wrt__sched_pop(&s) == &es[order[i]]);
    CHECK(s.ready_count == 0 && s.groups == 0);
}

TEST(a_new_priority_takes_effect_at_once)
{
    struct wrt__sched s;
    set_up(&s, WRT__SCHED_PRIORITY);
    for (int i = 0; i < 3; i++) {
        es[i].priority = (uint8_t)(10 + i);
        wrt__sched_push(&s, &es[i]);
    }
    wrt__sched_priority(&s, &es[0], 200);
    CHECK(wrt__sched_pop(&s) == &es[0]);
    wrt__sched_priority(&s, &es[0], 1); /* not ready: only the number changes */
    CHECK(!es[0].ready && es[0].priority == 1);
    CHECK(wrt__sched_pop(&s) == &es[2]);
}

/* Random operations against the simplest reference: serial numbers and a scan. */
TEST(random_operations_agree_with_a_scan)
{
    struct wrt__sched s;
    static uint64_t serial[N];
    uint64_t tail = 1u << 30, head = 1u << 30, rng = 12345;
    set_up(&s, WRT__SCHED_PRIORITY);
    for (int i = 0; i < N; i++) es[i].priority = (uint8_t)(i * 7);
    for (int step = 0; step < 200000; step++) {
        rng = rng * 6364136223846793005u + 1442695040888963407u;
        int i = (int)((rng >> 33) % N);
        switch (rng >> 60) {
        case 0: case 1: case 2: case 3: case 4:
            if (es[i].ready) break;
            wrt__sched_push(&s, &es[i]);
            serial[i] = tail++;
            break;
        case 5:
            if (es[i].ready) break;
            wrt__sched_push_front(&s, &es[i]);
            serial[i] = --head;
            break;
        case 6: case 7:
            if (es[i].ready) wrt__sched_remove(&s, &es[i]);
            break;
        case 8: {
            uint8_t priority = (uint8_t)(rng >> 8);
            if (es[i].priority != priority && es[i].ready) serial[i] = tail++;
            wrt__sched_priority(&s, &es[i], priority);
            break;
        }
        default: {
            int best = -1;
            for (int k = 0; k < N; k++) {
                if (!es[k].ready) continue;
                if (best < 0 || es[k].priority > es[best].priority
                    || (es[k].priority == es[best].priority && serial[k] < serial[best]))
                    best = k;
            }
            struct wrt__entity *e = wrt__sched_pop(&s);
            CHECK(best < 0 ? e == NULL : e == &es[best]);
        }
        }
    }
}
