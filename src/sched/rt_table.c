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

/* By the clock: whole rounds that are too late are skipped at once, and told when their slots begin again. */
static bool table_skips(struct wrt__rt *rt, struct rt_slot *slot)
{
    uint64_t late = rt->slot_next ? 0 : wrt__rt_too_late(rt, rt->cycle), missing;
    rt->rounds += late;
    missing = rt->rounds - slot->rounds;
    if (missing == 0) return false;
    slot->rounds = rt->rounds;
    wrt__rt_skip_many(rt, &rt->tasks[slot->task], missing);
    rt->slot_base += late * rt->cycle;
    return true;
}

void wrt__rt_table_step(struct wrt__rt *rt)
{
    uint32_t task = rt->slot_task;
    struct rt_slot *slot;
    struct rt_task *t;
    if (task != WRT__RT_NONE && rt->slot_end <= rt->at) {
        rt->slot_task = WRT__RT_NONE;
        wrt__rt_settle(rt, &rt->tasks[task]);
        return;
    }
    slot = &rt->slots[rt->slot_next];
    if (table_skips(rt, slot)) return;
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
