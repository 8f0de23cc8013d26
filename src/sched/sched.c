/* sched: the ready queues of the three policies. Owns the links of ready entities and the bitmap of levels
 * that are not empty; must not know what an entity stands for. docs/architecture.md, "Scheduling". */
#include "sched/sched.h"

/* Index of the highest set bit of x != 0; no compiler builtin, so that every target does the same few steps.
 */
static uint32_t sched_top_bit(uint32_t x)
{
    uint32_t n = 0;
    if (x >> 16) { n += 16; x >>= 16; }
    if (x >> 8) { n += 8; x >>= 8; }
    if (x >> 4) { n += 4; x >>= 4; }
    if (x >> 2) { n += 2; x >>= 2; }
    return n + (x >> 1);
}

static uint32_t sched_queue_of(const struct wrt__sched *s, const struct wrt__entity *e)
{
    return s->policy == WRT__SCHED_PRIORITY ? e->priority : 0;
}

static uint32_t sched_top_queue(const struct wrt__sched *s)
{
    uint32_t group = sched_top_bit(s->groups);
    return group * 32 + sched_top_bit(s->level[group]);
}

static void sched_insert(struct wrt__sched *s, struct wrt__entity *e, bool front)
{
    uint32_t q = sched_queue_of(s, e);
    struct wrt__node *head = &s->queues[q];
    struct wrt__node *before = front ? head : head->prev;
    WRT_ASSERT(!e->ready);
    e->link.prev = before;
    e->link.next = before->next;
    before->next->prev = &e->link;
    before->next = &e->link;
    e->ready = true;
    s->ready_count++;
    s->level[q >> 5] |= 1u << (q & 31u);
    s->groups |= 1u << (q >> 5);
}

uint32_t wrt__sched_queues(enum wrt__sched_policy policy)
{
    return policy == WRT__SCHED_PRIORITY ? WRT__SCHED_LEVELS : 1;
}

void wrt__sched_init(struct wrt__sched *s, enum wrt__sched_policy policy, struct wrt__node *queues)
{
    memset(s, 0, sizeof *s);
    s->policy = (uint8_t)policy;
    s->queues = queues;
    s->queues_count = wrt__sched_queues(policy);
    for (uint32_t i = 0; i < s->queues_count; i++) {
        queues[i].prev = queues[i].next = &queues[i];
    }
}

void wrt__sched_push(struct wrt__sched *s, struct wrt__entity *e)
{
    sched_insert(s, e, false);
}

void wrt__sched_push_front(struct wrt__sched *s, struct wrt__entity *e)
{
    sched_insert(s, e, true);
}

void wrt__sched_remove(struct wrt__sched *s, struct wrt__entity *e)
{
    uint32_t q = sched_queue_of(s, e);
    WRT_ASSERT(e->ready && s->ready_count > 0);
    e->link.prev->next = e->link.next;
    e->link.next->prev = e->link.prev;
    e->link.prev = e->link.next = NULL;
    e->ready = false;
    s->ready_count--;
    if (s->queues[q].next == &s->queues[q]) {
        s->level[q >> 5] &= ~(1u << (q & 31u));
        if (!s->level[q >> 5]) s->groups &= ~(1u << (q >> 5));
    }
}

struct wrt__entity *wrt__sched_pop(struct wrt__sched *s)
{
    struct wrt__entity *e;
    if (!s->ready_count) return NULL;
    e = WRT_CONTAINER(s->queues[sched_top_queue(s)].next, struct wrt__entity, link);
    wrt__sched_remove(s, e);
    return e;
}

bool wrt__sched_outranks(const struct wrt__sched *s, uint8_t priority)
{
    if (s->policy != WRT__SCHED_PRIORITY || !s->ready_count) return false;
    return sched_top_queue(s) > priority;
}

void wrt__sched_priority(struct wrt__sched *s, struct wrt__entity *e, uint8_t priority)
{
    bool ready = e->ready;
    if (e->priority == priority) return;
    if (ready) wrt__sched_remove(s, e);
    e->priority = priority;
    if (ready) wrt__sched_push(s, e);
}
