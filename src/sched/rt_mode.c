/* rt_mode: criticality modes. When the mode is raised and returns, and what becomes of the jobs that the new
 * one does not keep; they are looked at one after the other, so that a change tells any number of tasks
 * without memory. Must not know ranks or the processor. docs/scheduling.md, "Modes". */
#include "sched/rt.h"

#define MODE_TIME_MAX (UINT64_C(1) << 63)

static void mode_say(struct wrt__rt *rt, uint8_t to, uint8_t cause, const struct rt_task *t)
{
    struct wrt__rt_news *news = wrt__rt_say(rt, t, WRT__RT_MODE_CHANGE, cause);
    news->from = rt->mode;
    news->to = to;
    rt->from_mode = rt->mode;
    rt->mode = to;
    rt->totals.mode = to;
    rt->fault_at = rt->at;
    rt->sweep = 0;
    rt->unsettled = true;
}

void wrt__rt_raise(struct wrt__rt *rt, uint8_t mode, uint8_t cause, const struct rt_task *t)
{
    WRT_ASSERT(mode > rt->mode && mode < WRT__RT_MODES);
    rt->totals.mode_raises++;
    mode_say(rt, mode, cause, t);
}

void wrt__rt_lower(struct wrt__rt *rt, uint8_t mode, uint8_t cause)
{
    WRT_ASSERT(mode < rt->mode);
    rt->totals.mode_returns++;
    mode_say(rt, mode, cause, NULL);
}

void wrt__rt_drop_now(struct wrt__rt *rt, struct rt_task *t)
{
    t->linger = false;
    if (t->o.on_drop == WRT__RT_DROP_ABORT) {
        wrt__rt_end(rt, t, WRT__RT_ABORT, WRT__RT_BY_MODE);
        return;
    }
    t->dropped = true;
    t->stats.suspended++;
    wrt__rt_settle(rt, t);
    if (!t->entered) wrt__rt_ask_later(rt, t);
    wrt__rt_arm_deadline(rt, t);
    if (!rt_ready(rt, t)) wrt__rt_leave_processor(rt, t);
    wrt__rt_say(rt, t, WRT__RT_SUSPEND, WRT__RT_BY_MODE);
}

void wrt__rt_sweep_one(struct wrt__rt *rt)
{
    struct rt_task *t = &rt->tasks[rt->sweep++];
    if (!t->used) return;
    if (rt_kept(rt, t)) {
        if (t->linger) {
            t->linger = false;
            wrt__rt_arm_deadline(rt, t);
        }
        return;
    }
    wrt__rt_drop_queued(rt, t);
    if (!t->has_job || t->dropped || t->linger) return;
    t->drop_mode = rt->from_mode;
    if (rt->holds && rt->running == rt_number(rt, t)) {
        t->linger = true;
        wrt__rt_arm_deadline(rt, t);
    } else {
        wrt__rt_drop_now(rt, t);
    }
}

/* ---- misses ----------------------------------------------------------------------------------------- */

/* Has the count-th latest miss been inside the window? */
static bool mode_misses_reach(const struct wrt__rt *rt, uint32_t count)
{
    uint32_t size = 2 * rt->o.miss_threshold + 1;
    uint64_t at;
    if (rt->misses_count < count) return false;
    at = rt->misses[(rt->misses_next + size - count) % size];
    return rt->at - at < rt->miss_window;
}

void wrt__rt_count_miss(struct wrt__rt *rt, const struct rt_task *t)
{
    uint32_t threshold = rt->o.miss_threshold, size = 2 * threshold + 1;
    uint8_t mode = WRT__RT_NORMAL;
    if (rt_kept(rt, t)) rt->fault_at = rt->at;
    if (t->o.level < WRT__RT_B || !rt->o.mode_switching) return;
    rt->misses[rt->misses_next] = rt->at;
    rt->misses_next = (rt->misses_next + 1) % size;
    if (rt->misses_count < size) rt->misses_count++;
    if (mode_misses_reach(rt, threshold + 1)) mode = WRT__RT_HIGH;
    if (mode_misses_reach(rt, 2 * threshold + 1)) mode = WRT__RT_CRITICAL;
    if (mode <= rt->mode) return;
    rt->misses_count = 0;
    wrt__rt_raise(rt, mode, WRT__RT_BY_MISS, t);
}

/* ---- the return ------------------------------------------------------------------------------------- */

bool wrt__rt_kept_idle(const struct wrt__rt *rt)
{
    uint32_t busy = rt->busy_degraded;
    for (uint8_t level = 0; level < WRT__RT_LEVELS; level++) {
        if (rt_level_kept(level, rt->mode)) busy += rt->busy[level];
    }
    return busy == 0;
}

uint64_t wrt__rt_return_at(const struct wrt__rt *rt)
{
    if (rt->mode == WRT__RT_NORMAL || !rt->o.mode_switching) return RT_NEVER;
    return rt_add(rt->fault_at, rt->return_wait);
}

bool wrt__rt_try_return(struct wrt__rt *rt)
{
    uint64_t at = wrt__rt_return_at(rt);
    if (at == RT_NEVER || rt->at < at || !wrt__rt_kept_idle(rt)) return false;
    wrt__rt_lower(rt, (uint8_t)(rt->mode - 1), WRT__RT_BY_QUIET);
    return true;
}

/* ---- hyperperiod ------------------------------------------------------------------------------------ */

static uint64_t mode_lcm(uint64_t a, uint64_t b)
{
    uint64_t x = a, y = b, m;
    if (a == RT_NEVER) return a;
    while (y) {
        uint64_t r = x % y;
        x = y;
        y = r;
    }
    m = rt_mul(a / x, b);
    return m > MODE_TIME_MAX ? RT_NEVER : m;
}

void wrt__rt_hyperperiod(struct wrt__rt *rt)
{
    uint64_t h = rt->cycle ? rt->cycle : 1;
    bool any = rt->cycle != 0;
    for (uint32_t i = 0; i < rt->tasks_count; i++) {
        const struct rt_task *t = &rt->tasks[i];
        if (!t->used || !t->o.period_ns || t->has_slot) continue;
        h = mode_lcm(h, t->o.period_ns);
        any = true;
    }
    rt->hyperperiod = any ? h : RT_NEVER;
    rt->return_wait = rt->miss_window = RT_NEVER;
    if (rt->hyperperiod != RT_NEVER) {
        rt->return_wait = rt_mul(rt->hyperperiod, rt->o.return_after);
        rt->miss_window = rt_mul(rt->hyperperiod, WRT__RT_WINDOW);
    }
    rt->totals.hyperperiod_ns = rt->hyperperiod;
}
