/* news: what the schedule of a core tells, told on: to the trace of the store, to the hook of the host, to
 * the figures. Ends of jobs that the schedule decides happen here. */
#include "executor/core.h"

enum { NEWS_LOOK = 64 };

static const uint8_t news_kinds[WRT__RT_KINDS] = {
    [WRT__RT_RELEASE] = WRT_TRACE_RELEASE,
    [WRT__RT_SKIP] = WRT_TRACE_SKIP,
    [WRT__RT_CONTINUE] = WRT_TRACE_CONTINUE,
    [WRT__RT_START] = WRT_TRACE_START,
    [WRT__RT_SLICE_BEGIN] = WRT_TRACE_SLICE_BEGIN,
    [WRT__RT_SLICE_END] = WRT_TRACE_SLICE_END,
    [WRT__RT_END_DONE] = WRT_TRACE_DONE,
    [WRT__RT_END_FAILED] = WRT_TRACE_FAILED,
    [WRT__RT_ABORT] = WRT_TRACE_ABORT,
    [WRT__RT_MISS] = WRT_TRACE_MISS,
    [WRT__RT_OVERRUN] = WRT_TRACE_OVERRUN,
    [WRT__RT_SUSPEND] = WRT_TRACE_SUSPEND,
    [WRT__RT_MODE_CHANGE] = WRT_TRACE_MODE,
    [WRT__RT_EXHAUSTED] = WRT_TRACE_SERVER_EMPTY,
    [WRT__RT_REPLENISHED] = WRT_TRACE_SERVER_FULL,
};

static bool news_of_server(const struct wrt__rt_news *n)
{
    return n->kind == WRT__RT_EXHAUSTED || n->kind == WRT__RT_REPLENISHED;
}

/* Does the strand of the task hold the job that the news is about? */
static bool news_begun(const struct wrt__job *j, const struct wrt__rt_news *n)
{
    return j && j->task && j->begun == n->job + 1;
}

/* ---- the event -------------------------------------------------------------------------------------- */

static uint8_t news_cause(const struct wrt__rt_news *n)
{
    switch (n->cause) {
    case WRT__RT_BY_MISS: return WRT_CAUSE_MISSES;
    case WRT__RT_BY_HOST: return WRT_CAUSE_HOST;
    case WRT__RT_BY_QUIET: return WRT_CAUSE_RETURN;
    default: return WRT_CAUSE_OVERRUN;
    }
}

static uint32_t news_dropped(const struct wrt__core *c, uint8_t mode)
{
    static const uint8_t keeps[WRT__RT_MODES] = { WRT__RT_QM, WRT__RT_B, WRT__RT_C };
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->jobs_count; i++) n += wrt__rt_task(c->rt, i)->level < keeps[mode];
    return n;
}

static void news_place(const struct wrt__job *j, const struct wrt__rt_news *n, wrt_sched_event *e)
{
    bool wanted = n->kind == WRT__RT_SLICE_END || n->kind == WRT__RT_MISS || n->kind == WRT__RT_OVERRUN
        || n->kind == WRT__RT_MODE_CHANGE || n->kind == WRT__RT_END_FAILED || n->kind == WRT__RT_ABORT
        || n->kind == WRT__RT_SUSPEND;
    e->func = UINT32_MAX;
    if (!wanted || !j) return;
    if (!j->task) { /* what the host said in its last report */
        if (j->begun == n->job + 1) e->func = j->func, e->offset = j->offset;
        return;
    }
    if (!news_begun(j, n) || !wrt__strand_place(&j->task->strand, &e->func, &e->offset)) {
        e->func = UINT32_MAX;
        e->offset = 0;
    }
}

static void news_event(
    const struct wrt__core *c, const struct wrt__job *j, const struct wrt__rt_news *n, wrt_sched_event *e)
{
    *e = (wrt_sched_event){ .kind = (wrt_trace_kind)news_kinds[n->kind],
        .core = c->number,
        .task = j ? j->number : WRT_SCHED_NOBODY,
        .job = n->kind == WRT__RT_SKIP ? n->number : n->job,
        .at_ns = n->at,
        .seen_ns = c->opts->virtual_time ? n->at : wrt__core_now(c),
        .release_ns = n->release,
        .deadline_ns = n->deadline,
        .fuel = n->fuel };
    if (n->kind == WRT__RT_SKIP) e->dropped = n->more < UINT32_MAX ? (uint32_t)n->more : UINT32_MAX;
    if (news_of_server(n)) e->task = c->servers[n->server];
    if (n->kind == WRT__RT_MODE_CHANGE) {
        e->from = n->from;
        e->to = n->to;
        e->cause = news_cause(n);
        e->dropped = news_dropped(c, n->to);
    }
    news_place(j, n, e);
    if (n->kind != WRT__RT_END_FAILED) return;
    if (n->cause == WRT__RT_BY_OVERRUN) {
        e->status = WRT_E_FUEL;
        e->trap = WRT_TRAP_FUEL;
    } else {
        e->status = j->task ? j->task->status : j->status;
        e->trap = j->task ? j->task->strand.trap : 0;
    }
}

/* ---- the trace -------------------------------------------------------------------------------------- */

static uint64_t news_id(uint64_t job, uint32_t number)
{
    return WRT_TRACE_JOB | (job & 0x7fffffffu) << 32 | number;
}

uint64_t wrt__job_trace_id(const struct wrt__job *j)
{
    return news_id(j->begun - 1, j->number);
}

static void news_trace(const struct wrt__core *c, const wrt_sched_event *e)
{
    struct wrt__executor *x = c->x;
    struct wrt__trace_rec r;
    if (!x || !wrt__trace_on(&x->trace)) return;
    r = (struct wrt__trace_rec){ .t_ns = e->at_ns + c->epoch,
        .fuel = e->fuel,
        .task = news_id(e->job, e->task),
        .kind = (uint32_t)e->kind,
        .core = c->number };
    switch (e->kind) {
    case WRT_TRACE_RELEASE:
    case WRT_TRACE_CONTINUE:
        r.a = (uint32_t)e->deadline_ns;
        r.b = (uint32_t)(e->deadline_ns >> 32);
        break;
    case WRT_TRACE_MODE:
        r.task = news_id(0, e->task);
        r.a = (uint32_t)e->from << 16 | e->to;
        r.b = (uint32_t)e->cause << 24 | (e->dropped & 0xffffffu);
        break;
    case WRT_TRACE_START:
    case WRT_TRACE_SLICE_BEGIN: break;
    case WRT_TRACE_SKIP: r.a = e->dropped; break;
    case WRT_TRACE_SERVER_EMPTY:
    case WRT_TRACE_SERVER_FULL: r.task = news_id(0, e->task); break;
    default:
        r.a = e->func;
        r.b = e->offset;
        break;
    }
    wrt__trace_put(&x->trace, &r);
}

/* ---- the figures ------------------------------------------------------------------------------------ */

void wrt__job_publish(struct wrt__job *j)
{
    const struct wrt__rt_stats *s = wrt__rt_stats(j->core->rt, j->place);
    wrt_sched_task_stats out = { .releases = s->releases,
        .done = s->done,
        .failed = s->failed,
        .aborted = s->aborted,
        .skipped = s->skipped,
        .continued = s->continued,
        .misses = s->missed,
        .overruns = s->overruns,
        .refused = j->refused,
        .fuel = s->fuel_sum,
        .fuel_max = s->fuel_max,
        .response_min_ns = j->response_min,
        .response_max_ns = s->response_max_ns,
        .response_sum_ns = s->response_sum_ns,
        .start_min_ns = s->start_min_ns,
        .start_max_ns = s->start_max_ns };
    wrt__box_put(&j->box, &out, sizeof out);
}

void wrt__core_publish(struct wrt__core *c)
{
    struct wrt__rt_totals totals;
    wrt__rt_totals(c->rt, &totals);
    c->sum.now_ns = wrt__core_now(c);
    c->sum.mode = (wrt_sched_mode_name)totals.mode;
    c->sum.raises = totals.mode_raises;
    c->sum.returns = totals.mode_returns;
    c->sum.background_fuel = c->background;
    c->sum.idle_ns = c->idle;
    c->sum.decisions = c->decisions;
    c->sum.switches = c->switches;
    c->sum.preemptions = c->preemptions;
    wrt__box_put(&c->box, &c->sum, sizeof c->sum);
}

static void news_preempted(struct wrt__core *c, uint32_t place)
{
    struct wrt__rt_job old;
    if (c->last != WRT__RT_NONE && c->last != place && wrt__rt_job(c->rt, c->last, &old)
        && old.state == WRT__RT_READY && old.started)
        c->preemptions++;
    c->last = place;
}

static void news_count(struct wrt__core *c, struct wrt__job *j, const struct wrt__rt_news *n)
{
    switch (n->kind) {
    case WRT__RT_RELEASE: c->sum.releases++; break;
    case WRT__RT_SKIP: c->sum.skipped += n->more + 1; break;
    case WRT__RT_CONTINUE: c->sum.continued++; break;
    case WRT__RT_END_DONE:
        c->sum.done++;
        j->response_min = wrt__min_u64(j->response_min, n->at - n->release);
        break;
    case WRT__RT_END_FAILED: c->sum.failed++; break;
    case WRT__RT_ABORT: c->sum.aborted++; break;
    case WRT__RT_MISS: c->sum.misses++; break;
    case WRT__RT_OVERRUN: c->sum.overruns++; break;
    case WRT__RT_EXHAUSTED: c->sum.exhausted++; return;
    case WRT__RT_SLICE_BEGIN: news_preempted(c, n->task); return;
    case WRT__RT_START: /* told with the end */
    case WRT__RT_SLICE_END:
    case WRT__RT_REPLENISHED: return;
    default: break;
    }
    if (j) wrt__job_publish(j);
}

/* ---- ends --------------------------------------------------------------------------------------------- */

void wrt__job_end(struct wrt__job *j, enum wrt_task_state state, wrt_status status)
{
    struct wrt__task *t = j->task;
    bool left = t->strand.status == WRT_E_EXIT; /* a guest that left its frames as they were */
    if (wrt__task_ended(t)) return;
    if (t->state == WRT_TASK_LOCKED) {
        wrt__task_lock_forget(t);
        t->state = WRT_TASK_RUNNING;
    }
    if (state != WRT_TASK_DONE || left) wrt__strand_reset(&t->strand);
    wrt__task_end(t, state, status);
}

/* What the schedule has decided about a job happens to its task. */
static void news_obey(struct wrt__job *j, const struct wrt__rt_news *n)
{
    if (!news_begun(j, n)) return;
    if (n->kind == WRT__RT_ABORT) {
        wrt__job_end(j, WRT_TASK_CANCELLED, WRT_E_CANCELLED);
    } else if (n->kind == WRT__RT_END_FAILED && n->cause == WRT__RT_BY_OVERRUN) {
        j->task->strand.trap = WRT_TRAP_FUEL;
        j->task->starved_of = NULL;
        wrt__job_end(j, WRT_TASK_FAILED, WRT_E_FUEL);
    }
}

/* By the clock, what is overdue may be more than can ever be caught up: to stop, and the end of the run, come
 * through nevertheless. What was not told then is told by the next poll. */
static bool news_enough(const struct wrt__core *c, uint32_t told)
{
    if (c->opts->virtual_time || !c->x || told % NEWS_LOOK != 0) return false;
    return (atomic_load_explicit(&c->asked, memory_order_relaxed) & WRT__ASK_STOP) != 0
        || wrt__core_now(c) >= c->until;
}

bool wrt__core_poll(struct wrt__core *c, uint64_t now)
{
    const wrt_sched_opts *o = c->opts;
    struct wrt__rt_news n;
    uint32_t told = 0;
    bool enough = false;
    while (!(enough = news_enough(c, told)) && wrt__rt_poll(c->rt, now, &n)) {
        struct wrt__job *j = n.task == WRT__RT_NONE ? NULL : &c->jobs[n.task];
        wrt_sched_event e;
        news_event(c, j, &n, &e);
        news_obey(j, &n);
        news_count(c, j, &n);
        news_trace(c, &e);
        if (o->event && (o->events >> e.kind & 1)) o->event(o->ctx, &e);
        told++;
    }
    if (told) wrt__core_publish(c);
    return !enough;
}
