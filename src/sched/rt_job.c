/* rt_job: the life of a job. Releases and what `on-late` makes of them, budgets and overruns, deadlines,
 * ends. Must not know who runs or what a mode keeps beyond asking. docs/scheduling.md, "Tasks, releases,
 * jobs", "Budgets and overruns", "Deadlines". */
#include "sched/rt.h"

int64_t wrt__rt_quantum(const struct wrt__rt *rt, const struct rt_task *t)
{
    uint64_t quantum = rt_mul(rt->o.quantum_fuel, t->o.weight);
    return quantum < (uint64_t)INT64_MAX ? (int64_t)quantum : INT64_MAX;
}

void wrt__rt_take_order(struct wrt__rt *rt, struct rt_task *t)
{
    int64_t debt = t->slice < 0 ? t->slice : 0;
    t->order = ++rt->orders;
    t->slice = debt + wrt__rt_quantum(rt, t);
}

/* ---- deadlines -------------------------------------------------------------------------------------- */

static bool job_counts(const struct rt_task *t)
{
    return t->has_job && t->o.monitor && !t->job.missed && !t->dropped && !t->linger;
}

static bool job_queued_counts(const struct rt_task *t)
{
    return t->has_queued && t->o.monitor && !t->queued.missed;
}

void wrt__rt_arm_deadline(struct wrt__rt *rt, struct rt_task *t)
{
    uint64_t at = job_counts(t) ? t->job.deadline : RT_NEVER;
    if (job_queued_counts(t)) at = wrt__min_u64(at, t->queued.deadline);
    wrt__rt_heap_time(&rt->deadlines, rt_number(rt, t), at);
}

bool wrt__rt_late(const struct rt_task *t, uint64_t now)
{
    return job_counts(t) && t->job.deadline < now;
}

void wrt__rt_miss(struct wrt__rt *rt, struct rt_task *t)
{
    bool first = job_counts(t) && !(job_queued_counts(t) && t->queued.deadline < t->job.deadline);
    struct rt_release *job = first ? &t->job : &t->queued;
    struct wrt__rt_news *news = wrt__rt_say(rt, t, WRT__RT_MISS, WRT__RT_BY_REPORT);
    news->job = news->number = job->number;
    news->release = job->release;
    news->deadline = job->deadline;
    if (!first) news->fuel = 0;
    job->missed = true;
    t->stats.missed++;
    wrt__rt_arm_deadline(rt, t);
    wrt__rt_count_miss(rt, t);
}

/* ---- ends ------------------------------------------------------------------------------------------- */

static void job_arrive(struct wrt__rt *rt, struct rt_task *t, const struct rt_release *release)
{
    WRT_ASSERT(!t->has_job && t->instances == WRT__RT_NONE && t->waits_for == WRT__RT_NONE);
    t->job = *release;
    t->has_job = true;
    t->entered = t->told = t->started = t->extended = t->overran = false;
    t->suspended = t->dropped = t->linger = false;
    t->fuel = t->fuel_base = t->fuel_extra = 0;
    t->slice = 0;
    wrt__rt_take_order(rt, t);
    wrt__rt_arm_deadline(rt, t);
    wrt__rt_settle(rt, t);
}

void wrt__rt_forget_job(struct wrt__rt *rt, struct rt_task *t)
{
    t->has_job = t->suspended = t->dropped = t->linger = false;
    if (t->fuel > t->stats.fuel_max) t->stats.fuel_max = t->fuel;
    wrt__rt_stand_out(rt, t);
    wrt__rt_wait_end(rt, t);
    wrt__rt_arm_deadline(rt, t);
}

void wrt__rt_end(struct wrt__rt *rt, struct rt_task *t, uint8_t kind, uint8_t cause)
{
    wrt__rt_leave_processor(rt, t);
    wrt__rt_say(rt, t, kind, cause);
    if (kind == WRT__RT_END_DONE) {
        uint64_t response = rt->at - t->job.release;
        t->stats.done++;
        t->stats.response_max_ns = wrt__max_u64(t->stats.response_max_ns, response);
        t->stats.response_sum_ns = rt_add(t->stats.response_sum_ns, response);
    } else if (kind == WRT__RT_END_FAILED) {
        t->stats.failed++;
    } else {
        t->stats.aborted++;
    }
    wrt__rt_forget_job(rt, t);
    if (t->has_queued) {
        t->has_queued = false;
        job_arrive(rt, t, &t->queued);
    }
}

/* ---- releases --------------------------------------------------------------------------------------- */

static void job_skip(struct wrt__rt *rt, struct rt_task *t, uint64_t number)
{
    struct wrt__rt_news *news = wrt__rt_say(rt, t, WRT__RT_SKIP, WRT__RT_BY_LATE);
    news->job = news->number = number;
    news->release = rt->at;
    news->deadline = RT_NEVER;
    news->fuel = 0;
    t->stats.skipped++;
}

void wrt__rt_skip_many(struct wrt__rt *rt, struct rt_task *t, uint64_t count)
{
    job_skip(rt, t, t->next_number);
    rt->news[(rt->news_first + rt->news_count - 1) % RT_NEWS_MAX].more = count - 1;
    t->stats.skipped += count - 1;
    t->next_number += count;
}

uint64_t wrt__rt_too_late(const struct wrt__rt *rt, uint64_t step)
{
    uint64_t overdue;
    if (!rt->o.catch_up || !step) return 0;
    overdue = (rt->now - rt->at) / step;
    return overdue > rt->o.catch_up ? overdue - rt->o.catch_up : 0;
}

void wrt__rt_drop_queued(struct wrt__rt *rt, struct rt_task *t)
{
    if (!t->has_queued) return;
    t->has_queued = false;
    job_skip(rt, t, t->queued.number);
    wrt__rt_arm_deadline(rt, t);
    wrt__rt_settle(rt, t);
}

/* The stopped job goes on, with a fresh budget. */
static void job_continue(struct wrt__rt *rt, struct rt_task *t, uint64_t number, uint64_t deadline)
{
    struct wrt__rt_news *news;
    t->suspended = t->dropped = t->extended = t->overran = false;
    t->fuel_base = t->fuel;
    t->fuel_extra = 0;
    t->job.deadline = deadline;
    t->job.missed = false;
    t->stats.continued++;
    news = wrt__rt_say(rt, t, WRT__RT_CONTINUE, WRT__RT_BY_REPORT);
    news->number = number;
    wrt__rt_take_order(rt, t);
    wrt__rt_arm_deadline(rt, t);
    wrt__rt_settle(rt, t);
}

static void job_say_release(struct wrt__rt *rt, struct rt_task *t, const struct rt_release *r)
{
    struct wrt__rt_news *news = wrt__rt_say(rt, t, WRT__RT_RELEASE, WRT__RT_BY_REPORT);
    news->job = news->number = r->number;
    news->release = r->release;
    news->deadline = r->deadline;
    news->fuel = 0;
    t->stats.releases++;
}

static bool job_wanted(const struct wrt__rt *rt, const struct rt_task *t, uint64_t number)
{
    if (rt_level_kept(t->o.level, rt->mode)) return true;
    return t->o.on_drop == WRT__RT_DROP_DEGRADE && number % t->o.degrade == 0;
}

void wrt__rt_release_at(struct wrt__rt *rt, struct rt_task *t, uint64_t deadline)
{
    struct rt_release r = { t->next_number++, rt->at, deadline, false };
    if (!job_wanted(rt, t, r.number)) {
        job_skip(rt, t, r.number);
        return;
    }
    if (t->has_job && (t->suspended || t->dropped)) {
        job_continue(rt, t, r.number, deadline);
        return;
    }
    if (t->has_job && t->o.on_late != WRT__RT_LATE_ABORT) {
        if (t->o.on_late == WRT__RT_LATE_SKIP || t->has_queued) {
            job_skip(rt, t, r.number);
            return;
        }
        job_say_release(rt, t, &r);
        t->queued = r;
        t->has_queued = true;
        wrt__rt_arm_deadline(rt, t);
        wrt__rt_settle(rt, t);
        return;
    }
    if (t->has_job) wrt__rt_end(rt, t, WRT__RT_ABORT, WRT__RT_BY_LATE);
    job_say_release(rt, t, &r);
    job_arrive(rt, t, &r);
}

/* ---- budgets ---------------------------------------------------------------------------------------- */

uint64_t wrt__rt_fuel_left(const struct wrt__rt *rt, const struct rt_task *t)
{
    uint64_t budget = t->o.fuel[t->dropped || t->linger ? t->drop_mode : rt->mode];
    uint64_t used = t->fuel - t->fuel_base;
    if (t->overran || budget == WRT__RT_NO_LIMIT) return WRT__RT_NO_LIMIT;
    budget = rt_add(budget, t->fuel_extra);
    return budget > used ? budget - used : 0;
}

/* floor(fuel * percent / 100) */
static uint64_t job_percent(uint64_t fuel, uint64_t percent)
{
    return rt_add(rt_mul(fuel / 100, percent), rt_mul(fuel % 100, percent) / 100);
}

/* The lowest mode above that keeps the task and gives it more; WRT__RT_MODES: none. */
static uint8_t job_raise_to(const struct wrt__rt *rt, const struct rt_task *t)
{
    uint8_t mode = (uint8_t)(rt->mode + 1);
    if (!rt->o.mode_switching) return WRT__RT_MODES;
    while (mode < WRT__RT_MODES
        && !(rt_level_kept(t->o.level, mode) && t->o.fuel[mode] > t->o.fuel[rt->mode])) {
        mode++;
    }
    return mode;
}

void wrt__rt_overrun(struct wrt__rt *rt, struct rt_task *t)
{
    uint8_t mode;
    bool dropped = t->dropped || t->linger;
    wrt__rt_say(rt, t, WRT__RT_OVERRUN, WRT__RT_BY_REPORT);
    t->stats.overruns++;
    if (rt_kept(rt, t)) rt->fault_at = rt->at;
    if (!t->o.enforce) {
        t->overran = true;
        return;
    }
    mode = dropped ? WRT__RT_MODES : job_raise_to(rt, t);
    if (mode != WRT__RT_MODES) {
        wrt__rt_raise(rt, mode, WRT__RT_BY_OVERRUN, t);
    } else if (dropped) {
        wrt__rt_end(rt, t, WRT__RT_ABORT, WRT__RT_BY_OVERRUN);
    } else if (t->o.on_overrun == WRT__RT_OVERRUN_EXTEND && !t->extended) {
        t->extended = true;
        t->fuel_extra = job_percent(t->o.fuel[rt->mode], t->o.extend_percent);
    } else if (t->o.on_overrun == WRT__RT_OVERRUN_SUSPEND) {
        t->suspended = true;
        t->stats.suspended++;
        wrt__rt_leave_processor(rt, t);
        wrt__rt_say(rt, t, WRT__RT_SUSPEND, WRT__RT_BY_OVERRUN);
        wrt__rt_settle(rt, t);
    } else if (t->o.on_overrun == WRT__RT_OVERRUN_TRAP) {
        wrt__rt_end(rt, t, WRT__RT_END_FAILED, WRT__RT_BY_OVERRUN);
    } else {
        wrt__rt_end(rt, t, WRT__RT_ABORT, WRT__RT_BY_OVERRUN);
    }
}
