/* api/sched: task sets that run (include/wrt/sched.h, "running" and below). Drives the cores, one after the
 * other or on threads of their own, and hands out their figures. */
#include "api/set.h"

static wrt_status sched_state(wrt_error *err, const char *what)
{
    return wrt__fail(err, WRT_E_STATE, WRT__W_SET_STATE, WRT__NO_OFFSET, "%s", what);
}

/* ---- running ---------------------------------------------------------------------------------------- */

/* The executors of all cores are this call's; false: one of them runs already. */
static bool sched_enter(wrt_sched *s, uint64_t until, int64_t bound)
{
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        if (!wrt__core_enter(&s->cores[i])) {
            while (i-- > 0) wrt__core_leave(&s->cores[i]);
            return false;
        }
        s->cores[i].until = until;
        s->cores[i].bound = bound;
    }
    return true;
}

static void sched_leave(wrt_sched *s)
{
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        if (s->cores[i].rt) wrt__core_publish(&s->cores[i]);
        wrt__core_leave(&s->cores[i]);
    }
}

/* The core that lags behind most; NULL: none goes on. */
static struct wrt__core *sched_last(const wrt_sched *s, uint64_t over)
{
    struct wrt__core *last = NULL;
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        struct wrt__core *c = &s->cores[i];
        if (!c->rt || (over >> i & 1)) continue;
        if (!last || wrt__core_now(c) < wrt__core_now(last)) last = c;
    }
    return last;
}

static wrt_status sched_simulate(wrt_sched *s)
{
    struct wrt__core *c;
    uint64_t over = 0;
    wrt_status status = WRT_IDLE;
    while ((c = sched_last(s, over)) != NULL) {
        enum wrt__core_turn turn = wrt__core_turn(c);
        if (turn == WRT__CORE_STOPPED) return WRT_PENDING;
        if (turn == WRT__CORE_UNTIL) status = WRT_OK;
        if (turn == WRT__CORE_UNTIL || (turn == WRT__CORE_SLEEP && !wrt__core_idle(c)))
            over |= (uint64_t)1 << c->number;
    }
    return status;
}

/* ---- with the clock --------------------------------------------------------------------------------- */

#if WRT__FORMAT
static const char *sched_os_word(wrt_status status)
{
    return status == WRT_OK ? "yes" : status == WRT_E_DENIED ? "not permitted" : "not on this platform";
}

static void sched_os_name(const struct wrt__core *c)
{
    char name[16];
    wrt__format(name, sizeof name, "wrt-core%u", c->number);
    wrt__port_thread_name(name);
}

static void sched_os_say(struct wrt__core *c)
{
    const wrt_sched_opts *o = c->opts;
    const char *policy = o->os_policy != WRT_OS_NORMAL ? sched_os_word(c->os_policy) : "not asked for";
    /* Linux grants this class only to who may use every processor of its set. */
    if (o->os_policy == WRT_OS_DEADLINE && c->os_policy == WRT_E_DENIED && o->pin && c->pinned == WRT_OK)
        policy = "not with a processor of its own";
    wrt__format(c->os_text, sizeof c->os_text, "processor of its own: %s; %s: %s; memory locked: %s",
        o->pin ? sched_os_word(c->pinned) : "not asked for",
        o->os_policy == WRT_OS_DEADLINE ? "SCHED_DEADLINE" : "SCHED_FIFO",
        policy,
        o->lock_memory ? sched_os_word(c->locked) : "not asked for");
}
#else /* the statuses say it all */
static void sched_os_name(const struct wrt__core *c)
{
    (void)c;
}

static void sched_os_say(struct wrt__core *c)
{
    c->os_text[0] = 0;
}
#endif

/* What was asked of the operating system for this thread, and what came of it. */
static void sched_os_ask(struct wrt__core *c, struct wrt__thread_was *was)
{
    const wrt_sched_opts *o = c->opts;
    uint64_t period = UINT64_MAX;
    memset(was, 0, sizeof *was);
    if (c->number != 0 || o->pin || o->os_policy != WRT_OS_NORMAL) sched_os_name(c);
    for (uint32_t i = 0; i < c->jobs_count; i++) {
        const struct wrt__rt_task_opts *t = wrt__rt_task(c->rt, i);
        if (t->period_ns) period = wrt__min_u64(period, t->period_ns);
    }
    period = wrt__max_u64(wrt__min_u64(period, 1000000000u), 100000u);
    c->pinned = c->os_policy = WRT_OK;
    if (o->pin) c->pinned = wrt__port_thread_pin(was, c->number);
    if (o->os_policy == WRT_OS_FIFO) c->os_policy = wrt__port_thread_fifo(was, o->os_priority);
    if (o->os_policy == WRT_OS_DEADLINE)
        c->os_policy = wrt__port_thread_deadline(was, period / 10 * 9, period);
    sched_os_say(c);
}

struct sched_thread { wrt_sched *s; struct wrt__core *core; struct wrt__thread *thread; };

static void sched_gate_open(wrt_sched *s)
{
    atomic_store(&s->open, 1);
    wrt__port_wake((const volatile uint32_t *)&s->open);
}

/* Time begins when every core has its thread and what it asked for: to get there takes milliseconds, and who
 * is released at 0 would pay them. The last one to come opens. */
static void sched_gate(wrt_sched *s, const struct wrt__core *c)
{
    uint32_t wanted = 0;
    if (s->gated) return;
    for (uint32_t i = 0; i < s->opts.cores; i++) wanted += s->cores[i].rt != NULL;
    if (atomic_fetch_add(&s->arrived, 1) + 1 == wanted) {
        uint64_t epoch = wrt__clock_now(c->x);
        for (uint32_t i = 0; i < s->opts.cores; i++) s->cores[i].epoch = epoch;
        sched_gate_open(s);
    }
    while (!atomic_load(&s->open)) wrt__port_wait((const volatile uint32_t *)&s->open, 0, UINT64_MAX);
}

static void sched_core_main(void *arg)
{
    const struct sched_thread *t = arg;
    struct wrt__core *c = t->core;
    struct wrt__thread_was was;
    enum wrt__core_turn turn;
    sched_os_ask(c, &was);
    sched_gate(t->s, c);
    do {
        turn = wrt__core_turn(c);
        if (turn == WRT__CORE_SLEEP) (void)wrt__core_idle(c);
    } while (turn == WRT__CORE_ON || turn == WRT__CORE_SLEEP);
    c->stopped = turn == WRT__CORE_STOPPED;
    wrt__port_thread_restore(&was);
}

static wrt_status sched_threads(wrt_sched *s, wrt_error *err)
{
    struct sched_thread threads[WRT_SCHED_CORES] = { { .s = NULL } };
    bool stopped = false;
    wrt_status status = WRT_OK;
    for (uint32_t i = 0; i < s->opts.cores && status == WRT_OK; i++) {
        threads[i] = (struct sched_thread){ .s = s, .core = &s->cores[i] };
        if (i == 0 || !s->cores[i].rt) continue;
        status = wrt__port_thread_start(
            &s->engine->host_alloc, sched_core_main, &threads[i], &threads[i].thread);
    }
    if (status != WRT_OK) {
        wrt_sched_stop(s);
        sched_gate_open(s);
    } else if (s->cores[0].rt) {
        sched_core_main(&threads[0]);
    }
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        if (threads[i].thread) wrt__port_thread_join(threads[i].thread);
        stopped |= s->cores[i].stopped;
    }
    if (status != WRT_OK)
        return wrt__fail(
            err, status, WRT__W_SET_STATE, WRT__NO_OFFSET, "a thread for a core could not be started");
    s->gated = true;
    return stopped ? WRT_PENDING : WRT_OK;
}

/* One call at a time, and not from inside a store. */
static wrt_status sched_begin(wrt_sched *s, uint64_t until, int64_t bound, wrt_error *err)
{
    wrt_status status;
    if (atomic_exchange(&s->running, 1)) return sched_state(err, "the task set runs already");
    status = wrt__set_ready(s, err);
    if (status == WRT_OK && !s->guest) status = sched_state(err, "the host runs the jobs: wrt_sched_next");
    if (status == WRT_OK && !sched_enter(s, until, bound))
        status = sched_state(err, "a store of the set runs already");
    if (status != WRT_OK) atomic_store(&s->running, 0);
    return status;
}

static void sched_end(wrt_sched *s)
{
    sched_leave(s);
    atomic_store(&s->running, 0);
}

wrt_status wrt_sched_run(wrt_sched *s, uint64_t until_ns, wrt_error *err)
{
    wrt_status status = sched_begin(s, until_ns, INT64_MAX, err);
    if (status != WRT_OK) return status;
    status = s->opts.virtual_time ? sched_simulate(s) : sched_threads(s, err);
    for (uint32_t i = 0; i < s->opts.cores && status == WRT_PENDING; i++) {
        atomic_fetch_and(&s->cores[i].asked, ~(uint32_t)WRT__ASK_STOP);
    }
    sched_end(s);
    return status;
}

wrt_status wrt_sched_step(wrt_sched *s, uint64_t fuel, uint64_t *next_ns, wrt_error *err)
{
    struct wrt__core *c = &s->cores[0];
    enum wrt__core_turn turn;
    bool jumped = !s->opts.virtual_time;
    int64_t bound = fuel && fuel < (uint64_t)INT64_MAX ? (int64_t)fuel : INT64_MAX;
    wrt_status status;
    if (s->opts.cores != 1) return sched_state(err, "wrt_sched_step is for one core");
    status = sched_begin(s, UINT64_MAX, bound, err);
    if (status != WRT_OK) return status;
    for (;;) {
        turn = wrt__core_turn(c);
        if (turn == WRT__CORE_ON) continue;
        if (turn != WRT__CORE_SLEEP || jumped || !wrt__core_idle(c)) break;
        jumped = true;
    }
    if (next_ns) *next_ns = c->next;
    sched_end(s);
    return turn == WRT__CORE_SLEEP ? WRT_OK : WRT_PENDING;
}

/* ---- from any thread ---------------------------------------------------------------------------------- */

void wrt_sched_stop(wrt_sched *s)
{
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        if (s->cores[i].jobs_count) wrt__core_ask(&s->cores[i], WRT__ASK_STOP);
    }
}

wrt_status wrt_sched_mode(wrt_sched *s, wrt_sched_mode_name mode)
{
    if ((uint32_t)mode > WRT_MODE_CRITICAL) return WRT_E_ARG;
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        atomic_store(&s->cores[i].mode_asked, (uint32_t)mode + 1);
        wrt__core_ask(&s->cores[i], WRT__ASK_MODE);
    }
    return WRT_OK;
}

wrt_status wrt_sched_release(wrt_sched *s, uint32_t task)
{
    struct wrt__job *j;
    uint32_t none = 0;
    if (task >= s->tasks_count || s->tasks[task].o.period_ns != 0) return WRT_E_ARG;
    if (s->phase != WRT__SET_READY) return WRT_E_STATE;
    j = wrt__set_job(s, task);
    if (!atomic_compare_exchange_strong(&j->asked, &none, 1)) return WRT_E_STATE;
    wrt__core_ask(j->core, WRT__ASK_RELEASE);
    return WRT_OK;
}

/* ---- hosts that run the jobs ----------------------------------------------------------------------------
 */

static wrt_status sched_host(wrt_sched *s, uint32_t core, struct wrt__core **out, wrt_error *err)
{
    wrt_status status = wrt__set_ready(s, err);
    if (status != WRT_OK) return status;
    if (s->guest) return sched_state(err, "the tasks have functions: wrt_sched_run");
    if (core >= s->opts.cores || !s->cores[core].rt)
        return wrt__fail_table(err, WRT_E_ARG, WRT__W_SET_FIELD, "core", "core %u has no task", core);
    *out = &s->cores[core];
    return WRT_OK;
}

wrt_status wrt_sched_next(wrt_sched *s, uint32_t core, uint64_t at_ns, wrt_sched_grant *out, wrt_error *err)
{
    struct wrt__core *c;
    struct wrt__job *j;
    bool old;
    wrt_status status = sched_host(s, core, &c, err);
    if (status != WRT_OK) return status;
    old = c->granted;
    if (!wrt__core_grant(c, at_ns)) {
        *out = (wrt_sched_grant){ .task = WRT_SCHED_NOBODY, .slice = UINT64_MAX };
    } else {
        j = &c->jobs[c->pick.task];
        *out = (wrt_sched_grant){ .task = j->number,
            .job = c->pick.job,
            .fuel = wrt__min_u64(c->pick.hard_fuel, c->horizon),
            .slice = c->pick.soft_fuel == INT64_MAX ? c->look : (uint64_t)c->pick.soft_fuel,
            .fresh = old ? c->fresh : j->begun != c->pick.job + 1 };
        c->fresh = out->fresh;
        j->begun = c->pick.job + 1;
    }
    out->now_ns = wrt__core_now(c);
    out->next_ns = c->next;
    return WRT_OK;
}

wrt_status wrt_sched_report(wrt_sched *s, uint32_t core, const wrt_sched_spent *r, wrt_error *err)
{
    static const uint8_t hows[] = { [WRT_JOB_STOPPED] = WRT__RT_STILL,
        [WRT_JOB_NO_FIT] = WRT__RT_STILL,
        [WRT_JOB_DONE] = WRT__RT_DONE,
        [WRT_JOB_FAILED] = WRT__RT_FAILED,
        [WRT_JOB_WAITS] = WRT__RT_WAITING };
    struct wrt__core *c;
    struct wrt__job *j;
    wrt_status status = sched_host(s, core, &c, err);
    if (status != WRT_OK) return status;
    if ((uint32_t)r->end > WRT_JOB_WAITS)
        return wrt__fail_table(err, WRT_E_ARG, WRT__W_SET_FIELD, "end", "end is none");
    if (!c->granted) return sched_state(err, "no grant is open");
    j = &c->jobs[c->pick.task];
    j->func = r->func;
    j->offset = r->offset;
    j->status = r->status;
    status = wrt__core_report(
        c, (enum wrt__rt_how)hows[r->end], r->fuel, r->end == WRT_JOB_NO_FIT, r->now_ns);
    if (status == WRT_E_ARG)
        return wrt__fail_table(err, status, WRT__W_SET_FIELD, "fuel", "fuel is more than was granted");
    return status;
}

wrt_status wrt_sched_wake(wrt_sched *s, uint32_t task)
{
    struct wrt__job *j;
    if (task >= s->tasks_count) return WRT_E_ARG;
    if (s->phase != WRT__SET_READY || s->guest) return WRT_E_STATE;
    j = wrt__set_job(s, task);
    return wrt__rt_wake(j->core->rt, j->place, wrt__core_now(j->core));
}

/* ---- figures ------------------------------------------------------------------------------------------ */

static void sched_stats_add(wrt_sched_stats *sum, const wrt_sched_stats *c)
{
    uint64_t *to = &sum->raises;
    const uint64_t *from = &c->raises;
    sum->now_ns = wrt__min_u64(sum->now_ns, c->now_ns);
    if (c->mode > sum->mode) sum->mode = c->mode;
    for (size_t i = 0; i < (sizeof *sum - offsetof(wrt_sched_stats, raises)) / sizeof *to; i++)
        to[i] += from[i];
}

wrt_status wrt_sched_stats_get(const wrt_sched *s, uint32_t core, wrt_sched_stats *out)
{
    wrt_sched_stats one;
    if (!out || (core != WRT_SCHED_NOBODY && core >= s->opts.cores)) return WRT_E_ARG;
    if (s->phase != WRT__SET_READY) return WRT_E_STATE;
    memset(out, 0, sizeof *out);
    out->now_ns = UINT64_MAX;
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        if (!s->cores[i].rt || (core != WRT_SCHED_NOBODY && core != i)) continue;
        wrt__box_get(&s->cores[i].box, &one, sizeof one);
        sched_stats_add(out, &one);
    }
    return WRT_OK;
}

wrt_status wrt_sched_task_stats_get(const wrt_sched *s, uint32_t task, wrt_sched_task_stats *out)
{
    if (!out || task >= s->tasks_count) return WRT_E_ARG;
    if (s->phase != WRT__SET_READY) return WRT_E_STATE;
    wrt__box_get(&wrt__set_job(s, task)->box, out, sizeof *out);
    return WRT_OK;
}

/* The dearest block that is not an operator whose price depends on a size. */
static uint64_t sched_dearest(const wrt_fuel_table *t)
{
    uint64_t most = 256;
    for (size_t i = 0; i < WRT_COUNT(t->op); i++) most = wrt__max_u64(most, t->op[i]);
    return most;
}

wrt_status wrt_sched_info_get(const wrt_sched *s, uint32_t core, wrt_sched_info *out)
{
    const struct wrt__core *c;
    struct wrt__rt_totals totals;
    if (!out || core >= s->opts.cores) return WRT_E_ARG;
    if (s->phase != WRT__SET_READY) return WRT_E_STATE;
    c = &s->cores[core];
    *out = (wrt_sched_info){ .tasks = c->jobs_count,
        .cores = s->opts.cores,
        .epoch_ns = c->epoch,
        .pinned = c->pinned,
        .os_policy = c->os_policy,
        .locked = c->locked };
    if (c->rt && s->started) {
        wrt__rt_totals(c->rt, &totals);
        out->hyperperiod_ns = totals.hyperperiod_ns;
    }
    if (c->x) {
        out->latency_fuel = c->x->poll_fuel + sched_dearest(s->engine->fuel);
        out->latency_ns = wrt__clock_scale(out->latency_fuel, s->opts.ns_per_kfuel);
    }
    memcpy(out->os_text, c->os_text, sizeof out->os_text);
    return WRT_OK;
}

wrt_task wrt_sched_task_of(const wrt_sched *s, uint32_t task)
{
    struct wrt__job *j;
    if (task >= s->tasks_count || s->phase != WRT__SET_READY) return (wrt_task){ 0 };
    j = wrt__set_job(s, task);
    return (wrt_task){ j->task ? j->task->id : 0 };
}
