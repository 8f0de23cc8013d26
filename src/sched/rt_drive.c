/* rt_drive: the order in which things happen at a time, who has the processor, and what a job reports. All
 * other files say what an event does; this one says when. docs/scheduling.md, "Several things at the same
 * time", "Who runs". */
#include "sched/rt.h"

/* ---- news ------------------------------------------------------------------------------------------- */

/* The next piece of news, about the job of t (NULL: about none). The caller may change what differs. */
struct wrt__rt_news *wrt__rt_say(struct wrt__rt *rt, const struct rt_task *t, uint8_t kind, uint8_t cause)
{
    struct wrt__rt_news *n = &rt->news[(rt->news_first + rt->news_count) % RT_NEWS_MAX];
    WRT_ASSERT(rt->news_count < RT_NEWS_MAX);
    rt->news_count++;
    *n = (struct wrt__rt_news){ .at = rt->at, .kind = kind, .cause = cause, .task = WRT__RT_NONE,
        .server = WRT__RT_NONE, .release = RT_NEVER, .deadline = RT_NEVER };
    if (t) {
        n->task = rt_number(rt, t);
        n->server = t->o.server;
        n->job = n->number = t->job.number;
        n->fuel = t->fuel;
        n->release = t->job.release;
        n->deadline = t->job.deadline;
    }
    return n;
}

/* ---- events ----------------------------------------------------------------------------------------- */

static uint64_t drive_look_return(const struct wrt__rt *rt)
{
    uint64_t at = wrt__rt_return_at(rt);
    return at > rt->return_looked ? at : RT_NEVER;
}

uint64_t wrt__rt_next_event(const struct wrt__rt *rt)
{
    uint64_t at = wrt__min_u64(rt_heap_time(&rt->releases), rt_heap_time(&rt->deadlines));
    at = wrt__min_u64(at, rt_heap_time(&rt->refills));
    at = wrt__min_u64(at, wrt__rt_table_next(rt));
    return wrt__min_u64(at, drive_look_return(rt));
}

static void drive_release(struct wrt__rt *rt, struct rt_task *t)
{
    uint64_t next = RT_NEVER, late = wrt__rt_too_late(rt, t->o.period_ns);
    if (late) {
        wrt__rt_heap_time(&rt->releases, rt_number(rt, t), rt->at + late * t->o.period_ns);
        wrt__rt_skip_many(rt, t, late);
        return;
    }
    if (t->o.period_ns) next = rt_add(rt->at, t->o.period_ns);
    wrt__rt_heap_time(&rt->releases, rt_number(rt, t), next);
    wrt__rt_release_at(rt, t, t->o.deadline_ns ? rt_add(rt->at, t->o.deadline_ns) : RT_NEVER);
}

/* Does the first of what is due at rt->at, in the order of the rules. */
static void drive_event(struct wrt__rt *rt)
{
    if (rt_heap_time(&rt->deadlines) == rt->at) {
        wrt__rt_miss(rt, &rt->tasks[rt->deadlines.items[0].who]);
    } else if (rt_heap_time(&rt->refills) == rt->at) {
        wrt__rt_server_refill(rt, rt->refills.items[0].who);
    } else if (rt_heap_time(&rt->releases) == rt->at) {
        drive_release(rt, &rt->tasks[rt->releases.items[0].who]);
    } else if (wrt__rt_table_next(rt) == rt->at) {
        wrt__rt_table_step(rt);
    } else {
        rt->return_looked = rt->at; /* the wait is over; poll looks whether the core is idle */
    }
}

static void drive_host_mode(struct wrt__rt *rt)
{
    uint8_t mode = rt->wanted_mode;
    rt->wanted_mode = WRT__RT_MODES;
    rt->at = rt->wanted_at;
    if (mode > rt->mode) {
        wrt__rt_raise(rt, mode, WRT__RT_BY_HOST, NULL);
    } else if (mode < rt->mode && wrt__rt_kept_idle(rt)) {
        wrt__rt_lower(rt, mode, WRT__RT_BY_HOST);
    }
}

/* ---- who runs --------------------------------------------------------------------------------------- */

static bool drive_is_np(const struct wrt__rt *rt, const struct rt_task *t)
{
    return rt->o.policy != WRT__RT_TABLE && (t->o.np || t->o.level == WRT__RT_D);
}

static bool drive_has_slice(const struct wrt__rt *rt, const struct rt_task *t)
{
    return rt->o.policy == WRT__RT_ROUND_ROBIN && !drive_is_np(rt, t);
}

/* Events of others change nothing for a job that nobody can interrupt, so they cost it no time either: that
 * is what makes a job of level D independent of how often others are released. */
bool wrt__rt_alone(const struct wrt__rt *rt)
{
    if (rt->running == WRT__RT_NONE) return false;
    if (rt->o.policy == WRT__RT_TABLE) return rt->slot_task == rt->running;
    return drive_is_np(rt, &rt->tasks[rt->running]);
}

uint64_t wrt__rt_horizon(const struct wrt__rt *rt)
{
    uint32_t me = rt->running, server;
    uint64_t at;
    if (!wrt__rt_alone(rt)) return wrt__rt_next_event(rt);
    at = wrt__min_u64(rt_heap_time_of(&rt->releases, me), rt_heap_time_of(&rt->deadlines, me));
    server = rt->tasks[me].o.server;
    if (server != WRT__RT_NONE) at = wrt__min_u64(at, rt_heap_time_of(&rt->refills, server));
    return rt->o.policy == WRT__RT_TABLE ? wrt__min_u64(at, rt->slot_end) : at;
}

void wrt__rt_leave_processor(struct wrt__rt *rt, const struct rt_task *t)
{
    if (rt->running != rt_number(rt, t)) return;
    wrt__rt_say(rt, t, WRT__RT_SLICE_END, WRT__RT_BY_REPORT);
    rt->running = WRT__RT_NONE;
    rt->holds = rt->picked = false;
    rt->unsettled = true;
}

/* Every ready job is in debt: as many rounds as all of them lose pass at once. */
static void drive_skip_rounds(struct wrt__rt *rt)
{
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < rt->ready.count; i++) {
        const struct rt_task *t = &rt->tasks[rt->ready.items[i].who];
        uint64_t rounds;
        if (!drive_has_slice(rt, t) || t->slice > 0) return;
        rounds = (uint64_t)-t->slice / (uint64_t)wrt__rt_quantum(rt, t);
        if (rounds < least) least = rounds;
    }
    for (uint32_t i = 0; i < rt->ready.count; i++) {
        struct rt_task *t = &rt->tasks[rt->ready.items[i].who];
        t->slice += (int64_t)least * wrt__rt_quantum(rt, t);
    }
}

/* Who is to have the processor; jobs that may not begin yet are set aside on the way. */
static uint32_t drive_first(struct wrt__rt *rt)
{
    uint32_t lost = 0;
    while (rt->ready.count) {
        uint32_t first = rt->ready.items[0].who;
        struct rt_task *t = &rt->tasks[first];
        if (rt->running != WRT__RT_NONE && first != rt->running) {
            if (rt->holds || !wrt__rt_preempts(rt, t, &rt->tasks[rt->running])) return rt->running;
        }
        if (first == rt->running) return first;
        if (!t->entered && !wrt__rt_may_enter(rt, t)) continue;
        if (drive_has_slice(rt, t) && t->slice <= 0) { /* the debt takes this turn */
            if (lost++ == rt->ready.count) {
                lost = 0;
                drive_skip_rounds(rt);
            }
            wrt__rt_take_order(rt, t);
            wrt__rt_settle(rt, t);
            continue;
        }
        return first;
    }
    return WRT__RT_NONE;
}

/* Settles who runs; true when there is something to tell. */
static bool drive_choose(struct wrt__rt *rt)
{
    uint32_t next;
    struct rt_task *t;
    if (!rt->unsettled) return false;
    if (rt->servers_moved) wrt__rt_servers_settle(rt);
    if (rt->running != WRT__RT_NONE && !rt_ready(rt, &rt->tasks[rt->running])) {
        t = &rt->tasks[rt->running];
        wrt__rt_leave_processor(rt, t);
        if (t->linger) wrt__rt_drop_now(rt, t);
        return true;
    }
    next = drive_first(rt);
    rt->unsettled = false;
    if (next == rt->running) return false;
    if (rt->running != WRT__RT_NONE) {
        wrt__rt_leave_processor(rt, &rt->tasks[rt->running]);
        rt->unsettled = false;
    }
    if (next != WRT__RT_NONE) {
        t = &rt->tasks[next];
        t->entered = true;
        rt->running = next;
        wrt__rt_say(rt, t, WRT__RT_SLICE_BEGIN, WRT__RT_BY_REPORT);
        t->stats.slices++;
        rt->totals.slices++;
    }
    return true;
}

/* ---- poll and pick ---------------------------------------------------------------------------------- */

/* The next thing that has to be done at or before rt->now; false: none. */
static bool drive_step(struct wrt__rt *rt)
{
    uint64_t at;
    if (rt->sweep < rt->tasks_count) {
        wrt__rt_sweep_one(rt);
        return true;
    }
    if (rt->wanted_mode != WRT__RT_MODES) {
        drive_host_mode(rt);
        return true;
    }
    at = wrt__rt_next_event(rt);
    if (at <= rt->now) {
        if (at > rt->at && wrt__rt_try_return(rt)) return true; /* the last thing of the time before */
        rt->at = at;
        drive_event(rt);
        return true;
    }
    if (rt->now > rt->at && wrt__rt_try_return(rt)) return true; /* of an event inside a block */
    rt->at = rt->now;
    return wrt__rt_try_return(rt) || drive_choose(rt);
}

static void drive_time(struct wrt__rt *rt, uint64_t now)
{
    rt->now = wrt__max_u64(rt->now, now);
}

bool wrt__rt_poll(struct wrt__rt *rt, uint64_t now, struct wrt__rt_news *out)
{
    if (!rt->is_started) return false;
    drive_time(rt, now);
    while (rt->news_count == 0) {
        if (!drive_step(rt)) return false;
    }
    *out = rt->news[rt->news_first];
    rt->news_first = (rt->news_first + 1) % RT_NEWS_MAX;
    rt->news_count--;
    return true;
}

bool wrt__rt_pending(const struct wrt__rt *rt, uint64_t now)
{
    return rt->unsettled || rt->news_count || rt->sweep < rt->tasks_count || rt->wanted_mode != WRT__RT_MODES
        || wrt__rt_next_event(rt) <= now;
}

bool wrt__rt_pick(struct wrt__rt *rt, struct wrt__rt_pick *out)
{
    const struct rt_task *t;
    const struct rt_server *server;
    if (rt->running == WRT__RT_NONE) {
        rt->totals.idle_picks++;
        return false;
    }
    t = &rt->tasks[rt->running];
    server = rt_server_of(rt, t);
    out->task = rt->running;
    out->job = t->job.number;
    out->fresh = !t->told;
    out->hard_fuel = wrt__rt_fuel_left(rt, t);
    if (server) out->hard_fuel = wrt__min_u64(out->hard_fuel, server->fuel);
    out->soft_fuel = drive_has_slice(rt, t) ? t->slice : INT64_MAX;
    rt->picked = true;
    rt->picked_at = rt->now;
    return true;
}

/* ---- reports ---------------------------------------------------------------------------------------- */

static void drive_book(struct wrt__rt *rt, struct rt_task *t, uint64_t fuel)
{
    t->fuel = rt_add(t->fuel, fuel);
    t->stats.fuel_sum = rt_add(t->stats.fuel_sum, fuel);
    if (rt_server_of(rt, t)) wrt__rt_server_spend(rt, t, fuel);
    if (drive_has_slice(rt, t)) {
        int64_t f = fuel < (uint64_t)INT64_MAX / 2 ? (int64_t)fuel : INT64_MAX / 2;
        t->slice = t->slice < f - INT64_MAX / 2 ? -(INT64_MAX / 2) : t->slice - f;
    }
    if (fuel && drive_is_np(rt, t)) rt->holds = true;
}

static void drive_started(struct wrt__rt *rt, struct rt_task *t)
{
    uint64_t after = rt->picked_at - t->job.release;
    struct wrt__rt_news *news = wrt__rt_say(rt, t, WRT__RT_START, WRT__RT_BY_REPORT);
    news->at = rt->picked_at;
    news->fuel = 0;
    t->started = true;
    t->stats.starts++;
    t->stats.start_min_ns = wrt__min_u64(t->stats.start_min_ns, after);
    t->stats.start_max_ns = wrt__max_u64(t->stats.start_max_ns, after);
}

/* Books what the picked job did, up to `now`; NULL: nobody was picked. */
static struct rt_task *drive_reported(struct wrt__rt *rt, uint64_t fuel, uint64_t now, bool left)
{
    struct rt_task *t;
    if (!rt->picked) return NULL;
    WRT_ASSERT(rt->running != WRT__RT_NONE);
    t = &rt->tasks[rt->running];
    rt->picked = false;
    t->told = true;
    drive_time(rt, now);
    drive_book(rt, t, fuel);
    if (!t->started && (fuel || left)) drive_started(rt, t);
    if (wrt__rt_late(t, now)) { /* noticed with the report: the deadline comes before it */
        rt->at = t->job.deadline;
        wrt__rt_miss(rt, t);
    }
    rt->at = rt->now;
    return t;
}

static void drive_no_fuel(struct wrt__rt *rt, struct rt_task *t)
{
    const struct rt_server *server = rt_server_of(rt, t);
    if (!server || server->fuel >= wrt__rt_fuel_left(rt, t)) {
        wrt__rt_overrun(rt, t);
        return;
    }
    wrt__rt_leave_processor(rt, t);
    wrt__rt_server_exhausted(rt, t);
    if (t->linger) wrt__rt_drop_now(rt, t);
}

static void drive_yield(struct wrt__rt *rt, struct rt_task *t)
{
    if (rt->holds) return;
    wrt__rt_leave_processor(rt, t);
    wrt__rt_take_order(rt, t);
    wrt__rt_settle(rt, t);
}

static void drive_wait(struct wrt__rt *rt, struct rt_task *t, uint8_t why, uint32_t owner)
{
    wrt__rt_leave_processor(rt, t);
    wrt__rt_wait_link(rt, t, why, owner, WRT__RT_NONE);
    if (t->linger) wrt__rt_drop_now(rt, t);
}

wrt_status wrt__rt_report(struct wrt__rt *rt, enum wrt__rt_how how, uint64_t fuel, uint64_t now)
{
    bool left = how == WRT__RT_DONE || how == WRT__RT_FAILED || how == WRT__RT_WAITING;
    struct rt_task *t = drive_reported(rt, fuel, now, left);
    if (!t) return WRT_E_STATE;
    switch (how) {
    case WRT__RT_STILL:
        if (drive_has_slice(rt, t) && t->slice <= 0) drive_yield(rt, t);
        break;
    case WRT__RT_SLICE: drive_yield(rt, t); break;
    case WRT__RT_BUDGET: drive_no_fuel(rt, t); break;
    case WRT__RT_DONE: wrt__rt_end(rt, t, WRT__RT_END_DONE, WRT__RT_BY_REPORT); break;
    case WRT__RT_FAILED: wrt__rt_end(rt, t, WRT__RT_END_FAILED, WRT__RT_BY_REPORT); break;
    case WRT__RT_WAITING: drive_wait(rt, t, RT_WAIT_HOST, WRT__RT_NONE); break;
    }
    return WRT_OK;
}

/* Can a job wait for the one of `owner`? */
static wrt_status drive_owner(const struct wrt__rt *rt, const struct rt_task *t, uint32_t owner)
{
    const struct rt_task *o;
    if (owner == WRT__RT_NONE) return WRT_OK;
    if (owner >= rt->tasks_count) return WRT_E_STATE;
    o = &rt->tasks[owner];
    if (!o->has_job || (!o->entered && o->instances == WRT__RT_NONE)) return WRT_E_STATE; /* stands nowhere */
    return wrt__rt_wait_cycle(rt, t, owner) ? WRT_E_DEADLOCK : WRT_OK;
}

wrt_status wrt__rt_report_locked(struct wrt__rt *rt, uint32_t owner, uint64_t fuel, uint64_t now)
{
    wrt_status status;
    struct rt_task *t;
    if (!rt->picked) return WRT_E_STATE;
    status = drive_owner(rt, &rt->tasks[rt->running], owner);
    if (status == WRT_E_STATE) return status;
    t = drive_reported(rt, fuel, now, true);
    if (status == WRT_OK) {
        drive_wait(rt, t, RT_WAIT_LOCK, owner);
    } else {
        rt->picked = true; /* FAILED is still to come */
    }
    return status;
}

/* ---- arrivals --------------------------------------------------------------------------------------- */

wrt_status wrt__rt_wake(struct wrt__rt *rt, uint32_t task, uint64_t now)
{
    struct rt_task *t;
    if (task >= rt->tasks_count) return WRT_E_ARG;
    t = &rt->tasks[task];
    if (!t->has_job || (t->wait != RT_WAIT_HOST && t->wait != RT_WAIT_LOCK)) return WRT_E_STATE;
    drive_time(rt, now);
    rt->at = rt->now;
    wrt__rt_wait_end(rt, t);
    return WRT_OK;
}

wrt_status wrt__rt_wait_for(struct wrt__rt *rt, uint32_t task, uint32_t owner)
{
    wrt_status status;
    struct rt_task *t;
    if (task >= rt->tasks_count) return WRT_E_ARG;
    t = &rt->tasks[task];
    if (!t->has_job || t->wait != RT_WAIT_LOCK) return WRT_E_STATE;
    status = drive_owner(rt, t, owner);
    if (status == WRT_OK) wrt__rt_wait_link(rt, t, RT_WAIT_LOCK, owner, WRT__RT_NONE);
    return status;
}

wrt_status wrt__rt_release(struct wrt__rt *rt, uint32_t task, uint64_t now)
{
    struct rt_task *t;
    uint64_t next;
    if (task >= rt->tasks_count) return WRT_E_ARG;
    t = &rt->tasks[task];
    if (!t->used || !t->begun || t->o.period_ns || t->has_slot) return WRT_E_STATE;
    next = t->next_number || rt->releases.pos[task] != WRT__RT_NONE
        ? rt_add(t->last_release, t->o.separation_ns)
        : t->last_release;
    if (rt->releases.pos[task] != WRT__RT_NONE || now < next) return WRT_E_STATE;
    drive_time(rt, now);
    t->last_release = rt->now;
    wrt__rt_heap_time(&rt->releases, task, rt->now);
    return WRT_OK;
}

wrt_status wrt__rt_mode(struct wrt__rt *rt, enum wrt__rt_mode mode, uint64_t now)
{
    if (mode >= WRT__RT_MODES) return WRT_E_ARG;
    if ((uint8_t)mode < rt->mode && !wrt__rt_kept_idle(rt)) return WRT_E_STATE;
    drive_time(rt, now);
    rt->wanted_mode = (uint8_t)mode;
    rt->wanted_at = rt->now;
    return WRT_OK;
}
