/* rt_table: the time-triggered table. Its slots begin and end at their times and nothing else decides who may
 * run. Must not know ranks. docs/scheduling.md, "Time-triggered". */
#include "sched/rt.h"

static uint64_t table_begin(const struct wrt__rt *rt)
{
    if (!rt->slots_count || !rt->is_started) return RT_NEVER;
    return rt_add(rt->slot_base, rt->slots[rt->slot_next].at);
}

uint64_t wrt__rt_table_next(const struct wrt__rt *rt)
{
    uint64_t begin = table_begin(rt);
    return rt->slot_task == WRT__RT_NONE ? begin : wrt__min_u64(begin, rt->slot_end);
}

void wrt__rt_table_step(struct wrt__rt *rt)
{
    uint32_t task = rt->slot_task;
    const struct rt_slot *slot;
    struct rt_task *t;
    if (task != WRT__RT_NONE && rt->slot_end <= rt->at) {
        rt->slot_task = WRT__RT_NONE;
        wrt__rt_settle(rt, &rt->tasks[task]);
        return;
    }
    slot = &rt->slots[rt->slot_next];
    rt->slot_task = slot->task;
    rt->slot_end = rt_add(rt->at, slot->length);
    if (++rt->slot_next == rt->slots_count) {
        rt->slot_next = 0;
        rt->slot_base = rt_add(rt->slot_base, rt->cycle);
    }
    t = &rt->tasks[slot->task];
    wrt__rt_release_at(rt, t, t->o.deadline_ns ? rt_add(rt->at, t->o.deadline_ns) : rt->slot_end);
    wrt__rt_settle(rt, t); /* also when the release came to nothing */
}
