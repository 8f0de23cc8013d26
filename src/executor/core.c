/* core: the loop of one core of a task set. Asks the schedule who runs, lets the executor of the store run it
 * up to the next event, tells the schedule what came of it. Background tasks of the store run while no job is
 * ready. docs/scheduling.md; docs/architecture.md, "Task sets". */
#include "executor/core.h"

/* ---- life ------------------------------------------------------------------------------------------- */

void wrt__core_init(struct wrt__core *c, uint32_t number, const wrt_sched_opts *o, const wrt_alloc *alloc,
    const wrt_host *host)
{
    memset(c, 0, sizeof *c);
    c->number = number;
    c->opts = o;
    c->alloc = alloc;
    c->host = host;
    c->last = WRT__RT_NONE;
}

void wrt__core_release(struct wrt__core *c)
{
    struct wrt__executor *x = c->x;
    if (!x) return;
    for (uint32_t i = 0; i < c->jobs_count && c->jobs; i++) {
        struct wrt__job *j = &c->jobs[i];
        struct wrt__task *t = j->task;
        if (!t) continue;
        if (!wrt__task_ended(t)) wrt__job_end(j, WRT_TASK_CANCELLED, WRT_E_CANCELLED);
        t->job = NULL;
        j->task = NULL;
        wrt__task_close(x, (wrt_task){ t->id });
    }
    x->core_loop = NULL;
    x->event_ns = UINT64_MAX;
    x->undisturbed = false;
    c->x = NULL;
    c->lost = true;
}

void wrt__core_fini(struct wrt__core *c)
{
    WRT_ASSERT(!c->x);
    wrt__free(c->alloc, c->memory, c->memory_bytes, WRT_TAG_TASK);
    c->memory = NULL;
    c->rt = NULL;
}

wrt_status wrt__core_start(struct wrt__core *c, uint64_t epoch, wrt_error *err)
{
    struct wrt__executor *x = c->x;
    wrt_status status = wrt__rt_start(c->rt, 0, err);
    if (status != WRT_OK) return status;
    if (x && x->virtual_time) { /* so that the schedule counts its own fuel, from 0 and without rounding */
        x->idle_ns = wrt__clock_now(x);
        x->clock_fuel = wrt__account_spent(&x->account);
    }
    c->epoch = x && x->virtual_time ? wrt__clock_now(x) : epoch;
    c->started = true;
    return WRT_OK;
}

uint64_t wrt__core_now(const struct wrt__core *c)
{
    uint64_t ns;
    if (c->x) return wrt__clock_now(c->x) - c->epoch;
    if (!c->opts->virtual_time) return c->now;
    return wrt__add_u64(c->busy, c->idle, &ns) ? ns : UINT64_MAX;
}

void wrt__core_ask(struct wrt__core *c, uint32_t what)
{
    atomic_fetch_or(&c->asked, what);
    if (c->x) wrt__inbox_ring(c->x->inbox);
}

bool wrt__core_enter(struct wrt__core *c)
{
    if (!c->x) return true;
    if (c->x->inside) return false;
    wrt__loop_enter(c->x);
    return true;
}

void wrt__core_leave(struct wrt__core *c)
{
    if (!c->x) return;
    c->x->event_ns = UINT64_MAX;
    c->x->undisturbed = false;
    wrt__loop_leave(c->x);
}

/* ---- what tasks tell --------------------------------------------------------------------------------- */

/* Whoever runs here looks up at its next checkpoint. */
static void core_look_up(struct wrt__executor *x)
{
    if (!x->running) return;
    atomic_fetch_or_explicit(&x->inbox->attention, WRT__ATTN_RESCHED, memory_order_relaxed);
    wrt__strand_attend(&x->running->strand);
}

static void core_job_ready(struct wrt__job *j)
{
    struct wrt__core *c = j->core;
    (void)wrt__rt_wake(c->rt, j->place, wrt__core_now(c));
    core_look_up(c->x);
}

static bool core_job_before(const struct wrt__job *a, const struct wrt__job *b)
{
    return wrt__rt_before(a->core->rt, a->place, b->place);
}

/* Ceilings: who stands where. Its own instance the schedule knows by itself. */
static void core_crossed(
    struct wrt__store *s, struct wrt_instance *i, struct wrt__strand *strand, bool entered)
{
    struct wrt__task *t = strand->task;
    struct wrt__job *j = t ? t->job : NULL;
    (void)s;
    if (!j || wrt__rt_task(j->core->rt, j->place)->instance == i->number) return;
    if (entered) {
        (void)wrt__rt_enter(j->core->rt, j->place, i->number);
    } else if (wrt__rt_leave(j->core->rt, j->place, i->number) == WRT_OK) {
        core_look_up(t->x);
    }
}

void wrt__core_watch(struct wrt__core *c, struct wrt_instance *i)
{
    i->watched = true;
    c->x->core->crossed = core_crossed;
}

wrt_status wrt__job_prepare(
    struct wrt__job *j, struct wrt__executor *x, wrt_str name, uint64_t stack_bytes, wrt_error *err)
{
    const struct wrt__funcrec *f = &x->core->funcs[j->func];
    uint32_t need = f->params > f->results ? f->params : f->results;
    wrt_status status = wrt__task_for_job(x, j, name, stack_bytes, &j->task, err);
    if (status != WRT_OK) return status;
    if (need <= j->task->strand.slots) return WRT_OK;
    return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_TABLE_FULL, "stack_bytes",
        "the stack does not hold the %u values of the function", need);
}

/* Whom do the jobs behind ordinary tasks wait for now? */
static void core_resolve(struct wrt__core *c)
{
    uint32_t behind = 0;
    for (uint32_t i = 0; i < c->jobs_count; i++) {
        struct wrt__task *t = c->jobs[i].task, *owner;
        if (!t || t->state != WRT_TASK_LOCKED) continue;
        owner = wrt__task_lock_owner(t);
        behind += !owner->job;
        while (owner && !owner->job && owner->state == WRT_TASK_LOCKED) owner = wrt__task_lock_owner(owner);
        (void)wrt__rt_wait_for(c->rt, i, owner && owner->job ? owner->job->place : WRT__RT_NONE);
    }
    c->behind = behind;
}

/* ---- what comes from outside -------------------------------------------------------------------------- */

static void core_mode(struct wrt__core *c)
{
    uint32_t want = atomic_exchange(&c->mode_asked, 0);
    if (want) c->lower = want;
}

static void core_releases(struct wrt__core *c, uint64_t now)
{
    for (uint32_t i = 0; i < c->jobs_count; i++) {
        struct wrt__job *j = &c->jobs[i];
        if (!atomic_load_explicit(&j->asked, memory_order_relaxed)) continue;
        atomic_store_explicit(&j->asked, 0, memory_order_relaxed);
        if (wrt__rt_release(c->rt, i, now) == WRT_OK) continue;
        j->refused++;
        c->sum.refused++;
        wrt__job_publish(j);
    }
}

/* false: to be stopped */
static bool core_requests(struct wrt__core *c)
{
    uint32_t asked = atomic_load_explicit(&c->asked, memory_order_relaxed);
    if (!asked) return true;
    asked = atomic_exchange(&c->asked, 0);
    if (asked & WRT__ASK_MODE) core_mode(c);
    if (asked & WRT__ASK_RELEASE) core_releases(c, wrt__core_now(c));
    return !(asked & WRT__ASK_STOP);
}

/* Everything that is due; then the mode that the host asked for: a lower one waits for an idle instant.
 * false: there is more than could be told. */
static bool core_due(struct wrt__core *c, uint64_t now)
{
    if (!wrt__core_poll(c, now)) return false;
    if (!c->lower || wrt__rt_mode(c->rt, (enum wrt__rt_mode)(c->lower - 1), now) == WRT_E_STATE) return true;
    c->lower = 0;
    return wrt__core_poll(c, now);
}

/* ---- time ------------------------------------------------------------------------------------------------
 */

static uint64_t core_next(const struct wrt__core *c)
{
    uint64_t at = wrt__rt_next_event(c->rt), timer;
    if (!c->x || !c->x->timers.count) return at;
    timer = c->x->timers.items[0].key;
    return wrt__min_u64(at, timer > c->epoch ? timer - c->epoch : 0);
}

/* On the clock of the store, where the horizon is looked for. */
static void core_horizon(struct wrt__core *c, uint64_t at, bool alone)
{
    c->x->undisturbed = alone;
    if (!wrt__add_u64(at, c->epoch, &c->x->event_ns)) c->x->event_ns = UINT64_MAX;
}

bool wrt__core_idle(struct wrt__core *c)
{
    uint64_t now = wrt__core_now(c), at = wrt__min_u64(core_next(c), c->until), left;
    left = at > now ? at - now : 0;
    if (c->opts->virtual_time) {
        if (at == UINT64_MAX) return false;
        if (c->x) c->x->idle_ns += left;
    } else {
        wrt__core_publish(c);
        wrt__events_sleep(c->x, at == UINT64_MAX ? UINT64_MAX : left);
        left = wrt__core_now(c) - now;
    }
    c->idle += left;
    return true;
}

/* How much fuel until the loop has to look up, at least 1: softly, so that it changes no schedule. A job that
 * nobody can interrupt looks up behind its first block, so that its start is told in time, and behind the
 * first one that reaches an event. */
static int64_t core_cut(const struct wrt__core *c, bool first)
{
    const struct wrt__executor *x = c->x;
    uint64_t at = c->until, left, past;
    int64_t cut = c->bound;
    if (!x->virtual_time) return cut < (int64_t)x->poll_fuel ? cut : (int64_t)x->poll_fuel;
    if (first) return 1;
    if (x->undisturbed) {
        uint64_t event = core_next(c); /* the fuel whose time is below it, and one more */
        past = event && event < UINT64_MAX - c->epoch ? wrt__clock_fuel_to(x, event + c->epoch - 1)
                                                      : UINT64_MAX;
        if (past < (uint64_t)cut) cut = (int64_t)past + 1;
    }
    if (at == UINT64_MAX) return cut;
    left = at > wrt__core_now(c) ? wrt__clock_fuel_to(x, at + c->epoch) : 0;
    if (left < 1) left = 1;
    return left < (uint64_t)cut ? (int64_t)left : cut;
}

/* ---- a host that runs the jobs ------------------------------------------------------------------------- */

/* The most fuel of the job under way that does not take the time beyond `at`. */
static uint64_t core_host_fuel_to(const struct wrt__core *c, uint64_t at)
{
    uint64_t now = wrt__core_now(c), taken = wrt__clock_scale(c->job_fuel, c->opts->ns_per_kfuel), most;
    if (!c->opts->virtual_time || at == UINT64_MAX) return UINT64_MAX;
    if (at < now || !wrt__add_u64(at - now, taken, &taken)) return at < now ? 0 : UINT64_MAX;
    most = wrt__clock_most(taken, c->opts->ns_per_kfuel);
    return most > c->job_fuel ? most - c->job_fuel : 0;
}

/* The fuel up to the horizon; up to where a job that nobody can interrupt is looked at again. */
static void core_host_limits(struct wrt__core *c)
{
    struct wrt__rt_job job = { 0 };
    uint64_t event = wrt__rt_next_event(c->rt);
    c->job_fuel = wrt__rt_job(c->rt, c->pick.task, &job) ? job.fuel : 0;
    c->horizon = core_host_fuel_to(c, wrt__rt_horizon(c->rt));
    c->look = UINT64_MAX;
    if (!c->opts->virtual_time || !wrt__rt_alone(c->rt) || event == 0 || event == UINT64_MAX) return;
    c->look = core_host_fuel_to(c, event - 1);
    if (c->look != UINT64_MAX) c->look++;
}

bool wrt__core_grant(struct wrt__core *c, uint64_t at_ns)
{
    if (c->granted) return true;
    if (!c->opts->virtual_time) c->now = wrt__max_u64(c->now, at_ns);
    c->until = at_ns;
    (void)core_requests(c);
    while (!wrt__core_choose(c)) {
        uint64_t now = wrt__core_now(c);
        if (!c->opts->virtual_time || now >= at_ns) return false;
        (void)wrt__core_idle(c);
        if (wrt__core_now(c) >= at_ns) return false;
    }
    core_host_limits(c);
    c->granted = true;
    return true;
}

/* What the host did with it: all of it and not finished is as if the next piece did not fit. */
wrt_status wrt__core_report(
    struct wrt__core *c, enum wrt__rt_how how, uint64_t fuel, bool no_fit, uint64_t now)
{
    uint64_t most = wrt__min_u64(c->pick.hard_fuel, c->horizon), spent;
    if (!c->granted) return WRT_E_STATE;
    if (fuel > most) return WRT_E_ARG;
    c->granted = false;
    c->sum.fuel += fuel;
    if (!wrt__add_u64(c->job_fuel, fuel, &spent)) spent = UINT64_MAX;
    c->busy += wrt__clock_scale(spent, c->opts->ns_per_kfuel)
        - wrt__clock_scale(c->job_fuel, c->opts->ns_per_kfuel);
    if (!c->opts->virtual_time) c->now = wrt__max_u64(c->now, now);
    if (how == WRT__RT_STILL && (no_fit || fuel == most)) {
        if (c->pick.hard_fuel <= c->horizon) {
            how = WRT__RT_BUDGET;
        } else if ((int64_t)fuel >= c->pick.soft_fuel) {
            how = WRT__RT_SLICE;
        } else {
            now = wrt__core_now(c);
            if (wrt__rt_horizon(c->rt) > now) c->idle += wrt__rt_horizon(c->rt) - now;
        }
    } else if (how == WRT__RT_STILL && (int64_t)fuel >= c->pick.soft_fuel) {
        how = WRT__RT_SLICE;
    }
    return wrt__rt_report(c->rt, how, fuel, wrt__core_now(c));
}

/* ---- one job ---------------------------------------------------------------------------------------------
 */

static uint64_t job_fuel(const struct wrt__task *t)
{
    return t->strand.guest_fuel + t->strand.host_fuel;
}

/* What the job calls next: whatever its instance needs that was reset before it, then its own function. */
static uint32_t job_next_func(struct wrt__job *j, struct wrt_instance *i)
{
    if (j->mends == WRT__MENDS_START && i->module->start != UINT32_MAX) return i->func_refs[i->module->start];
    if (j->mends == WRT__MENDS_START) j->mends = WRT__MENDS_INIT;
    if (j->mends == WRT__MENDS_INIT && i->init) return i->init - 1;
    j->mends = WRT__MENDS_NOT;
    return j->func;
}

/* A fresh job: the strand begins anew on the stack that it has. */
static wrt_status job_begin(struct wrt__job *j, uint64_t job)
{
    struct wrt__task *t = j->task;
    struct wrt_instance *i = t->x->core->funcs[j->func].instance;
    uint32_t func = j->func;
    wrt_status status;
    j->begun = job + 1;
    j->mends = WRT__MENDS_NOT;
    /* Somebody was cancelled in it, or it could not be reset when it was left. */
    if (i && i->poisoned && !i->owner && wrt__instance_reset(i, NULL) == WRT_OK && wrt__instance_runs(i)) {
        i->poisoned = true; /* for all others, until it has been made anew */
        j->mends = WRT__MENDS_START;
        func = job_next_func(j, i);
    }
    status = wrt__task_restart(t, func, func == j->func ? j->args : NULL);
    t->strand.mends = j->mends ? i : NULL;
    return status;
}

/* A function that its instance needs has come to its end: on with the next one. */
static wrt_status job_mended(struct wrt__job *j)
{
    struct wrt_instance *i = j->task->strand.mends;
    uint32_t func;
    j->mends++;
    func = job_next_func(j, i);
    if (!j->mends) i->poisoned = false;
    return wrt__task_next_call(j->task, func, j->mends ? NULL : j->args, j->mends ? i : NULL);
}

/* May it go on without asking the schedule? */
static bool core_undisturbed(struct wrt__core *c, struct wrt__task *t)
{
    uint64_t now;
    wrt__loop_look(c->x);
    if (atomic_load_explicit(&c->x->inbox->attention, memory_order_relaxed)) return false;
    if (atomic_load_explicit(&c->asked, memory_order_relaxed)) return false;
    now = wrt__core_now(c);
    return now < c->until && c->bound > 0 && t->strand.slice > 0 && !wrt__rt_pending(c->rt, now);
}

/* What the schedule is told of an outcome. The task has left the processor where it does. */
static enum wrt__rt_how core_outcome(struct wrt__core *c, struct wrt__task *t, enum wrt__outcome outcome)
{
    struct wrt__executor *x = c->x;
    switch (outcome) {
    case WRT__RUN_SLICE: return t->strand.slice <= 0 ? WRT__RT_SLICE : WRT__RT_STILL;
    case WRT__RUN_POLL: return WRT__RT_STILL;
    case WRT__RUN_DONE:
        if (t->job->mends && job_mended(t->job) == WRT_OK) return WRT__RT_STILL;
        wrt__job_end(t->job, WRT_TASK_DONE, WRT_OK); return WRT__RT_DONE;
    case WRT__RUN_TRAP: wrt__job_end(t->job, WRT_TASK_FAILED, t->strand.status); return WRT__RT_FAILED;
    case WRT__RUN_BLOCKED:
        if (wrt__task_park(t)) return WRT__RT_WAITING;
        wrt__job_end(t->job, WRT_TASK_FAILED, WRT_E_STATE);
        return WRT__RT_FAILED;
    case WRT__RUN_LOCKED: break;
    case WRT__RUN_BUDGET:
        if (wrt__loop_at_horizon(t)) {
            uint64_t now = wrt__core_now(c);
            if (t->strand.slice <= 0) return WRT__RT_SLICE; /* another one may fit before the event */
            wrt__clock_jump(x);
            c->idle += wrt__core_now(c) - now;
            return WRT__RT_STILL;
        }
        if (wrt__loop_charge_failed(t)) { /* in a host function, which is called again */
            if (!x->short_of) return WRT__RT_BUDGET;
            wrt__account_starve(t, x->short_of);
            return WRT__RT_WAITING;
        }
        if (x->cause != WRT__CAUSE_ACCOUNT) {
            wrt__job_end(t->job, WRT_TASK_FAILED, WRT_E_FUEL);
            return WRT__RT_FAILED;
        }
        if (!x->cause_account) return WRT__RT_BUDGET;
        wrt__account_starve(t, x->cause_account);
        return WRT__RT_WAITING;
    }
    WRT_ASSERT(outcome == WRT__RUN_LOCKED);
    return WRT__RT_WAITING;
}

/* It needs an instance in which another task stands. */
static void core_locked(struct wrt__core *c, struct wrt__job *j, uint64_t spent, uint64_t now)
{
    struct wrt__task *t = j->task, *owner = wrt__task_lock_owner(t);
    bool job = owner && owner->job;
    wrt_status status = wrt__task_lock_wait_job(t);
    if (status == WRT_OK) {
        status = wrt__rt_report_locked(c->rt, job ? owner->job->place : WRT__RT_NONE, spent, now);
        if (status == WRT_OK) {
            core_resolve(c);
            return;
        }
    }
    t->strand.trap = WRT_TRAP_DEADLOCK;
    wrt__job_end(j, WRT_TASK_FAILED, WRT_E_DEADLOCK);
    wrt__rt_report(c->rt, WRT__RT_FAILED, spent, now);
}

static void core_switch(struct wrt__core *c, struct wrt__task *t)
{
    struct wrt__executor *x = c->x;
    t->slices++;
    x->slices++;
    if (x->last_task == t->id) return;
    x->switches++;
    x->last_task = t->id;
    c->switches++;
}

static void core_run(struct wrt__core *c)
{
    struct wrt__job *j = &c->jobs[c->pick.task];
    struct wrt__task *t = j->task;
    enum wrt__outcome outcome;
    enum wrt__rt_how how;
    uint64_t before, spent;
    bool first;
    if (j->begun != c->pick.job + 1) {
        wrt_status status = job_begin(j, c->pick.job);
        if (status != WRT_OK) {
            wrt__job_end(j, WRT_TASK_FAILED, status);
            wrt__rt_report(c->rt, WRT__RT_FAILED, 0, wrt__core_now(c));
            return;
        }
    }
    before = job_fuel(t);
    if (!wrt__add_u64(before, c->pick.hard_fuel, &t->budget)) t->budget = WRT_FUEL_UNLIMITED;
    t->strand.slice = c->pick.soft_fuel;
    t->state = WRT_TASK_RUNNING;
    core_switch(c, t);
    core_horizon(c, wrt__rt_horizon(c->rt), wrt__rt_alone(c->rt));
    wrt__clock_rebase(c->x, before);
    first = c->x->undisturbed && before == 0 && c->x->virtual_time;
    do {
        uint64_t fuel = job_fuel(t);
        outcome = wrt__loop_engine(t, core_cut(c, first));
        /* What costs nothing is done at once: before events of the very time at which the first block ends.
         */
        if (outcome == WRT__RUN_SLICE && first && job_fuel(t) > fuel && core_next(c) == wrt__core_now(c))
            outcome = wrt__loop_engine(t, 0);
        fuel = job_fuel(t) - fuel;
        if (c->bound != INT64_MAX) c->bound = fuel < (uint64_t)c->bound ? c->bound - (int64_t)fuel : 0;
        how = core_outcome(c, t, outcome);
        if (how == WRT__RT_STILL) t->preempted = true;
    } while (how == WRT__RT_STILL && !(first && job_fuel(t) > 0) && core_undisturbed(c, t));
    spent = job_fuel(t) - before;
    c->sum.fuel += spent;
    if (outcome == WRT__RUN_LOCKED) {
        core_locked(c, j, spent, wrt__core_now(c));
        return;
    }
    if (t->state == WRT_TASK_RUNNING) {
        t->state = WRT_TASK_READY;
        t->preempted = true;
    }
    wrt__rt_report(c->rt, how, spent, wrt__core_now(c));
}

/* ---- ordinary tasks
 * ---------------------------------------------------------------------------------------- */

static void core_background(struct wrt__core *c, struct wrt__task *only)
{
    struct wrt__executor *x = c->x;
    uint64_t before = wrt__account_spent(&x->account), spent;
    core_horizon(c, wrt__rt_next_event(c->rt), false);
    wrt__clock_rebase(x, c->background);
    wrt__loop_background(x, only, core_cut(c, false));
    spent = wrt__account_spent(&x->account) - before;
    c->background += spent;
    if (c->bound != INT64_MAX) c->bound = spent < (uint64_t)c->bound ? c->bound - (int64_t)spent : 0;
}

static bool core_disturbs(struct wrt__core *c)
{
    return atomic_load_explicit(&c->asked, memory_order_relaxed) || wrt__rt_pending(c->rt, wrt__core_now(c));
}

/* The first of the jobs that wait for an instance of an ordinary task, and the task that has to run for it.
 */
static struct wrt__task *core_behind(struct wrt__core *c, struct wrt__job **first)
{
    struct wrt__task *owner = NULL;
    *first = NULL;
    for (uint32_t i = 0; i < c->jobs_count; i++) {
        struct wrt__job *j = &c->jobs[i];
        struct wrt__task *end = j->task->state == WRT_TASK_LOCKED ? wrt__task_lock_end(j->task) : NULL;
        if (!end || end->job || end->state != WRT_TASK_READY) continue;
        if (*first && !core_job_before(j, *first)) continue;
        *first = j;
        owner = end;
    }
    return owner;
}

/* An ordinary task runs in place of a job that waits for it, with the rank of that job. */
static bool core_lend(struct wrt__core *c, bool picked)
{
    struct wrt__job *waits;
    struct wrt__task *t;
    if (!c->behind || c->opts->no_inheritance) return false;
    t = core_behind(c, &waits);
    if (!t || (picked && !core_job_before(waits, &c->jobs[c->pick.task]))) return false;
    if (picked) wrt__rt_report(c->rt, WRT__RT_STILL, 0, wrt__core_now(c));
    core_background(c, t);
    return true;
}

/* ---- the turn
 * ------------------------------------------------------------------------------------------------ */

bool wrt__core_choose(struct wrt__core *c)
{
    uint64_t now = wrt__core_now(c);
    bool whole = core_due(c, now);
    c->next = core_next(c);
    c->decisions++;
    return whole && wrt__rt_pick(c->rt, &c->pick);
}

enum wrt__core_turn wrt__core_turn(struct wrt__core *c)
{
    struct wrt__executor *x = c->x;
    bool picked;
    wrt__loop_look(x);
    if (!wrt__loop_arrivals(x) || !core_requests(c)) return WRT__CORE_STOPPED;
    if (wrt__core_now(c) >= c->until) return WRT__CORE_UNTIL;
    if (c->bound <= 0) return WRT__CORE_BOUND;
    picked = wrt__core_choose(c);
    if (core_lend(c, picked)) return WRT__CORE_ON;
    if (picked) {
        core_run(c);
        return WRT__CORE_ON;
    }
    if (!x->sched.ready_count) return WRT__CORE_SLEEP;
    core_background(c, NULL);
    return WRT__CORE_ON;
}

static const struct wrt__core_ops core_ops = { .ready = core_job_ready,
    .before = core_job_before,
    .resolve = core_resolve,
    .disturbs = core_disturbs,
    .release = wrt__core_release,
    .trace_id = wrt__job_trace_id };

void wrt__core_claim(struct wrt__core *c, struct wrt__executor *x)
{
    c->x = x;
    x->core_loop = c;
    x->core_ops = &core_ops;
}
