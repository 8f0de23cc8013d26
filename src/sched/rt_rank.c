/* rt_rank: the policies. What rank a job has of itself, and which rank takes the processor from which;
 * nothing else of the schedule depends on the policy but the table and the slices of round robin.
 * docs/scheduling.md, "Who runs". */
#include "sched/rt.h"

#define RANK_MS UINT64_C(1000000)
#define RANK_SERVER (UINT64_C(1) << 40)         /* behind every task with the same deadline or period */
#define RANK_LAST (UINT64_C(1) << 48)           /* no deadline */

static uint64_t rank_period(const struct wrt__rt_task_opts *o)
{
    uint64_t period = o->period_ns ? o->period_ns : o->separation_ns;
    return period ? period : RT_NEVER;
}

uint8_t wrt__rt_band(const struct wrt__rt *rt, const struct wrt__rt_task_opts *o)
{
    uint64_t period = rank_period(o);
    if (rt->o.hybrid && o->band != WRT__RT_DERIVE) return o->band;
    if (o->level <= WRT__RT_A) return o->level == WRT__RT_QM ? 5 : 4;
    if (!rt->o.hybrid || period <= 10 * RANK_MS) return 0;
    if (period <= 50 * RANK_MS) return 1;
    return period <= 200 * RANK_MS ? 2 : 3;
}

static struct rt_rank rank_deadline(const struct wrt__rt *rt, const struct rt_task *t)
{
    const struct rt_server *server = rt_server_of(rt, t);
    uint64_t deadline = server ? server->deadline : t->job.deadline;
    uint64_t band = rt->o.policy == WRT__RT_RM_EDF ? t->band : 0, tie, c = 0;
    if (server) {
        tie = RANK_SERVER + t->o.server;
        c = t->order;
    } else if (deadline == RT_NEVER) {
        tie = RANK_LAST;
        c = t->order;
    } else {
        tie = (uint64_t)(WRT__RT_D - t->o.level) << 32 | rt_number(rt, t);
    }
    return (struct rt_rank){ band << 56 | deadline >> 8, deadline << 56 | tie, c };
}

struct rt_rank wrt__rt_rank(const struct wrt__rt *rt, const struct rt_task *t)
{
    const struct rt_server *server = rt_server_of(rt, t);
    switch ((enum wrt__rt_policy)rt->o.policy) {
    case WRT__RT_PRIORITY:
        return (struct rt_rank){ 255u - (server ? server->o.priority : t->o.priority), t->order, 0 };
    case WRT__RT_RM:
        if (server) return (struct rt_rank){ server->o.period_ns, RANK_SERVER + t->o.server, t->order };
        /* 1: behind who stands in an instance with a ceiling of this rank. */
        return (struct rt_rank){ rank_period(&t->o), rt_number(rt, t), 1 };
    case WRT__RT_EDF:
    case WRT__RT_RM_EDF: return rank_deadline(rt, t);
    case WRT__RT_TABLE: return (struct rt_rank){ t->has_slot ? 0 : 1, t->order, 0 };
    case WRT__RT_COOPERATIVE:
    case WRT__RT_ROUND_ROBIN:
    case WRT__RT_POLICIES: break;
    }
    return (struct rt_rank){ 0, t->order, 0 };
}

bool wrt__rt_preempts(const struct wrt__rt *rt, const struct rt_task *t, const struct rt_task *running)
{
    switch ((enum wrt__rt_policy)rt->o.policy) {
    case WRT__RT_COOPERATIVE:
    case WRT__RT_ROUND_ROBIN: return false;
    case WRT__RT_PRIORITY:
    case WRT__RT_TABLE: return t->rank.a < running->rank.a;
    case WRT__RT_RM:
    case WRT__RT_EDF:
    case WRT__RT_RM_EDF:
    case WRT__RT_POLICIES: break;
    }
    return rt_rank_before(&t->rank, &running->rank);
}

struct rt_rank wrt__rt_ceiling_of(const struct wrt__rt *rt, const struct rt_task *t)
{
    const struct rt_server *server = rt_server_of(rt, t);
    struct rt_rank rank = wrt__rt_rank(rt, t);
    uint64_t deadline = server ? server->o.period_ns : t->o.deadline_ns ? t->o.deadline_ns : RT_NEVER;
    if (rt->o.policy == WRT__RT_EDF) rank = (struct rt_rank){ 0, deadline, 0 };
    if (rt->o.policy == WRT__RT_RM_EDF) rank = (struct rt_rank){ t->band, deadline, 0 };
    return rank;
}
