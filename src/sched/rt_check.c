/* rt_check: the audit of a schedule, for tests: what must hold between any two calls. */
#include "sched/rt.h"

static void check_heap(const struct rt_heap *h, uint32_t n)
{
    uint32_t inside = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (h->pos[i] == WRT__RT_NONE) continue;
        inside++;
        WRT_ASSERT(h->pos[i] < h->count && h->items[h->pos[i]].who == i);
    }
    WRT_ASSERT(inside == h->count);
    for (uint32_t i = 1; i < h->count; i++) {
        WRT_ASSERT(!rt_rank_before(&h->items[i].rank, &h->items[(i - 1) / 4].rank));
    }
}

static bool check_same(const struct rt_rank *x, const struct rt_rank *y)
{
    return x->a == y->a && x->b == y->b && x->c == y->c;
}

static void check_waits(const struct wrt__rt *rt, const struct rt_task *t)
{
    uint32_t me = rt_number(rt, t), prev = WRT__RT_NONE, steps = 0;
    bool pulled = false;
    for (uint32_t i = t->first_waiter; i != WRT__RT_NONE; prev = i, i = rt->tasks[i].next_waiter) {
        const struct rt_task *w = &rt->tasks[i];
        WRT_ASSERT(w->waits_for == me && w->prev_waiter == prev && w->wait != RT_WAIT_NOT);
        WRT_ASSERT(steps++ < rt->tasks_count);
        pulled |= w->calls;
        if (rt->lends && w->calls) WRT_ASSERT(!rt_rank_before(&w->rank, &t->rank));
    }
    WRT_ASSERT(pulled == t->pulled);
    if (t->waits_for != WRT__RT_NONE) WRT_ASSERT(t->has_job && !wrt__rt_wait_cycle(rt, t, t->waits_for));
    if (t->wait == RT_WAIT_ENTRY) WRT_ASSERT(rt->instances[t->wait_instance].owner == t->waits_for);
    for (uint32_t i = t->instances; i != WRT__RT_NONE; i = rt->instances[i].next) {
        WRT_ASSERT(rt->instances[i].owner == me && t->has_job);
    }
}

static void check_task(const struct wrt__rt *rt, const struct rt_task *t)
{
    const struct rt_server *server = rt_server_of(rt, t);
    uint32_t me = rt_number(rt, t);
    bool able = t->has_job && t->wait == RT_WAIT_NOT && !t->suspended && (!t->dropped || t->pulled);
    bool ready = able && !(server && server->exhausted);
    if (rt->o.policy == WRT__RT_TABLE && t->has_slot && rt->slot_task != me) ready = false;
    WRT_ASSERT(able == t->able && ready == rt_ready(rt, t));
    if (ready) WRT_ASSERT(check_same(&rt->ready.items[rt->ready.pos[me]].rank, &t->rank));
    if (t->has_queued) WRT_ASSERT(t->has_job && t->o.on_late == WRT__RT_LATE_QUEUE);
    if (t->dropped) WRT_ASSERT(t->has_job && t->o.on_drop == WRT__RT_DROP_SUSPEND);
    if (t->linger) WRT_ASSERT(rt->running == me && rt->holds);
    if (!t->has_job) WRT_ASSERT(t->instances == WRT__RT_NONE && t->wait == RT_WAIT_NOT);
    if (rt->deadlines.pos[me] != WRT__RT_NONE) WRT_ASSERT(t->has_job && t->o.monitor);
    WRT_ASSERT(t->stats.releases >= t->stats.done + t->stats.failed + t->stats.aborted);
    check_waits(rt, t);
}

static void check_server(const struct wrt__rt *rt, const struct rt_server *s)
{
    uint32_t able = 0;
    uint64_t held = s->fuel + s->span_fuel;
    for (uint32_t i = s->members; i != WRT__RT_NONE; i = rt->tasks[i].next_member) able += rt->tasks[i].able;
    WRT_ASSERT(able == s->able && s->fuel <= s->o.fuel);
    if (s->o.kind == WRT__RT_CBS) return;
    for (uint32_t i = 0; i < s->pending_count; i++) {
        held += s->pending[i].fuel;
        WRT_ASSERT(i == 0 || s->pending[i].at >= s->pending[i - 1].at);
    }
    WRT_ASSERT(held == s->o.fuel && s->pending_count <= WRT__RT_REPLENISHMENTS);
    WRT_ASSERT(!s->exhausted || s->pending_count);
}

void wrt__rt_check(const struct wrt__rt *rt)
{
    uint32_t busy[WRT__RT_LEVELS] = { 0 }, degraded = 0;
    check_heap(&rt->ready, rt->o.tasks_max);
    check_heap(&rt->releases, rt->o.tasks_max);
    check_heap(&rt->deadlines, rt->o.tasks_max);
    check_heap(&rt->refills, rt->o.servers_max);
    for (uint32_t i = 0; i < rt->tasks_count; i++) {
        const struct rt_task *t = &rt->tasks[i];
        bool counts = (t->has_job && !t->suspended && !t->dropped) || t->has_queued;
        if (!t->used) continue;
        check_task(rt, t);
        WRT_ASSERT(counts == t->busy);
        if (counts && t->o.on_drop == WRT__RT_DROP_DEGRADE) degraded++;
        if (counts && t->o.on_drop != WRT__RT_DROP_DEGRADE) busy[t->o.level]++;
    }
    for (uint32_t i = 0; i < WRT__RT_LEVELS; i++) WRT_ASSERT(busy[i] == rt->busy[i]);
    WRT_ASSERT(degraded == rt->busy_degraded);
    for (uint32_t i = 0; i < rt->servers_count; i++) check_server(rt, &rt->servers[i]);
    if (rt->running != WRT__RT_NONE)
        WRT_ASSERT(rt->tasks[rt->running].has_job && rt->tasks[rt->running].entered);
}
