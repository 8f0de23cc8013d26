/* rt_heap: a heap of numbers by rank, four children to a place, in memory that is given. Knows where each
 * number stands, so any of them can be moved or taken out. Must not know what the numbers stand for. */
#include "sched/rt.h"

enum { HEAP_WIDTH = 4 }; /* half the depth of a binary one; the four lie in two cache lines */

static void rt_heap_put(struct rt_heap *h, uint32_t at, const struct rt_item *item)
{
    h->items[at] = *item;
    h->pos[item->who] = at;
}

static void rt_heap_rise(struct rt_heap *h, uint32_t at, const struct rt_item *item)
{
    while (at) {
        uint32_t parent = (at - 1) / HEAP_WIDTH;
        if (!rt_rank_before(&item->rank, &h->items[parent].rank)) break;
        rt_heap_put(h, at, &h->items[parent]);
        at = parent;
    }
    rt_heap_put(h, at, item);
}

static void rt_heap_sink(struct rt_heap *h, uint32_t at, const struct rt_item *item)
{
    for (;;) {
        uint32_t child = at * HEAP_WIDTH + 1, end = child + HEAP_WIDTH, least = child;
        if (child >= h->count) break;
        if (end > h->count) end = h->count;
        while (++child < end) {
            if (rt_rank_before(&h->items[child].rank, &h->items[least].rank)) least = child;
        }
        if (!rt_rank_before(&h->items[least].rank, &item->rank)) break;
        rt_heap_put(h, at, &h->items[least]);
        at = least;
    }
    rt_heap_put(h, at, item);
}

static void rt_heap_place(struct rt_heap *h, uint32_t at, const struct rt_item *item)
{
    if (at && rt_rank_before(&item->rank, &h->items[(at - 1) / HEAP_WIDTH].rank)) {
        rt_heap_rise(h, at, item);
    } else {
        rt_heap_sink(h, at, item);
    }
}

void wrt__rt_heap_set(struct rt_heap *h, uint32_t who, const struct rt_rank *rank)
{
    struct rt_item item = { *rank, who };
    if (h->pos[who] == WRT__RT_NONE) {
        rt_heap_rise(h, h->count++, &item);
    } else {
        rt_heap_place(h, h->pos[who], &item);
    }
}

void wrt__rt_heap_remove(struct rt_heap *h, uint32_t who)
{
    uint32_t at = h->pos[who];
    struct rt_item last;
    if (at == WRT__RT_NONE) return;
    WRT_ASSERT(h->count > 0 && h->items[at].who == who);
    last = h->items[--h->count];
    h->pos[who] = WRT__RT_NONE;
    if (at != h->count) rt_heap_place(h, at, &last);
}

void wrt__rt_heap_time(struct rt_heap *h, uint32_t who, uint64_t at)
{
    struct rt_rank rank = { at, who, 0 };
    if (at == RT_NEVER) {
        wrt__rt_heap_remove(h, who);
    } else if (h->pos[who] == WRT__RT_NONE || h->items[h->pos[who]].rank.a != at) {
        wrt__rt_heap_set(h, who, &rank);
    }
}
