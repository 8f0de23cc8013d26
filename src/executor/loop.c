/* loop: the turn of a store. Drains the inbox, looks at timers and descriptors, picks, lets the engine run
 * one strand until something happens, books it, moves the task. The only caller of wrt__engine_run.
 *
 * Slices are soft, budgets and the horizon hard (docs/fuel.md). A turn's bound and the distance to the next
 * look at the clock are soft as well and cut the slice without ending it: the rest stays with the task, so
 * where a slice ends does not depend on them. */
#include "executor/core.h"

enum {
    LOOP_LOOK_POLLS =
        8, /* clock and descriptors are looked at once in so many poll_fuel, while tasks are busy */
    LOOP_LOOK_RUN = 256 /* what a run counts for beside its fuel, so that short slices look as well */
};

/* What bounds a turn, and what became of it. */
struct loop_turn {
    int64_t fuel_left;
    uint32_t picks_left;
    bool alone;                 /* wrt_task_step: nobody else is run, whatever becomes ready */
    bool stop;                  /* wrt_stop was seen */
    const struct wrt__task *target;     /* ends with this task */
    struct wrt__core *core;             /* in the background of a task set: what is due there goes first */
};

/* How a run of one task ended, as far as the loop cares. */
enum loop_after { LOOP_SLICE_OVER, LOOP_INTERRUPTED, LOOP_LEFT };

static struct loop_turn loop_turn_of(const wrt_turn *turn)
{
    struct loop_turn lt = { .fuel_left = INT64_MAX, .picks_left = UINT32_MAX };
    if (turn && turn->fuel && turn->fuel < (uint64_t)INT64_MAX) lt.fuel_left = (int64_t)turn->fuel;
    if (turn && turn->max_switches) lt.picks_left = turn->max_switches;
    return lt;
}

/* ---- one task -------------------------------------------------------------------------------------- */

static void loop_trace_end(struct wrt__task *t)
{
    uint32_t func = UINT32_MAX, offset = 0;
    if (!wrt__trace_on(&t->x->trace)) return;
    if (!wrt__strand_place(&t->strand, &func, &offset)) func = UINT32_MAX;
    wrt__task_trace(t, WRT_TRACE_SLICE_END, func, offset);
}

/* Takes notice of the outside. Returns true when somebody else should run now. */
static bool loop_attend(struct wrt__executor *x, const struct wrt__task *t, struct loop_turn *turn)
{
    uint32_t seen = atomic_load_explicit(&x->inbox->attention, memory_order_relaxed);
    if (seen) {
        seen = atomic_exchange(&x->inbox->attention, 0);
        if (seen & WRT__ATTN_POSTED) wrt__executor_drain(x);
        if (seen & WRT__ATTN_STOP) turn->stop = true;
    }
    if (turn->stop || (turn->core && x->core_ops->disturbs(turn->core))) return true;
    return t && !turn->alone && wrt__sched_outranks(&x->sched, t->entity.priority);
}

static bool loop_watching(const struct wrt__executor *x)
{
    return x->timers.count != 0 || x->watches.count != 0;
}

static void loop_look(struct wrt__executor *x)
{
    x->look_left = (int64_t)x->poll_fuel * LOOP_LOOK_POLLS;
    wrt__events_look(x, x->watches.count != 0);
}

/* While tasks are busy. Virtual time is exact: its timers cost no look at a clock. */
void wrt__loop_look(struct wrt__executor *x)
{
    if (!loop_watching(x)) return;
    if (x->look_left <= 0) {
        loop_look(x);
    } else if (x->virtual_time) {
        wrt__events_look(x, false);
    }
}

/* Lets the engine run, once; the strand's three numbers are set from slice, cut, clock and accounts. */
enum wrt__outcome wrt__loop_engine(struct wrt__task *t, int64_t cut)
{
    struct wrt__executor *x = t->x;
    struct wrt__strand *s = &t->strand;
    uint64_t spent = s->guest_fuel + s->host_fuel;
    int64_t held, grant = s->slice < cut ? s->slice : cut;
    enum wrt__outcome outcome;
    if (loop_watching(x) && grant > x->look_left) grant = x->look_left > 0 ? x->look_left : 1;
    held = s->slice - grant;
    s->slice = grant;
    s->poll = (int64_t)x->poll_fuel;
    wrt__account_grant(t);
    x->short_set = x->short_time = false;
    x->running = t;
    outcome = wrt__engine_run(s);
    x->running = NULL;
    wrt__account_book(t);
    spent = s->guest_fuel + s->host_fuel - spent;
    /* A host function that yields ends the slice early; else what was cut off is still there. */
    if (!s->yielded) s->slice += held;
    x->look_left -= (int64_t)wrt__min_u64(spent, (uint64_t)INT32_MAX) + LOOP_LOOK_RUN;
    return outcome;
}

/* A block that does not fit is not paid. */
bool wrt__loop_charge_failed(const struct wrt__task *t)
{
    return t->x->short_set && !t->strand.unpaid;
}

/* Does its next block, or a charge inside a host function that is called again, not fit before the horizon?
 */
bool wrt__loop_at_horizon(const struct wrt__task *t)
{
    return t->x->cause == WRT__CAUSE_HORIZON && (t->x->short_time || !wrt__loop_charge_failed(t));
}

bool wrt__task_park(struct wrt__task *t)
{
    if (!t->completion) { /* pending without wrt_defer: nothing could ever wake it */
        t->strand.trap = WRT_TRAP_HOST;
        return false;
    }
    t->state = WRT_TASK_WAITING;
    t->x->waiting++;
    wrt__task_trace(t, WRT_TRACE_PARK, 0, 0);
    return true;
}

/* Outcomes after which the task no longer runs; it may be gone afterwards. */
static void loop_leave(struct wrt__task *t, enum wrt__outcome outcome)
{
    struct wrt__executor *x = t->x;
    t->slice_open = false;
    t->preempted = false;
    loop_trace_end(t);
    switch (outcome) {
    case WRT__RUN_DONE: wrt__task_end(t, WRT_TASK_DONE, WRT_OK); break;
    case WRT__RUN_TRAP: wrt__task_end(t, WRT_TASK_FAILED, t->strand.status); break;
    case WRT__RUN_LOCKED: wrt__task_lock_wait(t); break;
    case WRT__RUN_BUDGET:
        if (wrt__loop_charge_failed(t)) { /* inside a host function: the call is made again */
            if (wrt__account_holds(t, x->short_fuel, &x->short_of)) {
                wrt__task_ready(t); /* the host has refuelled it by itself */
            } else {
                wrt__account_empty(t, x->short_of);
            }
        } else if (x->cause == WRT__CAUSE_ACCOUNT) {
            t->preempted = true;
            wrt__account_empty(t, x->cause_account);
        } else { /* a host function gave up for want of fuel without having asked for any */
            wrt__task_end(t, WRT_TASK_FAILED, WRT_E_FUEL);
        }
        break;
    case WRT__RUN_BLOCKED:
        if (!wrt__task_park(t)) wrt__task_end(t, WRT_TASK_FAILED, WRT_E_STATE);
        break;
    case WRT__RUN_SLICE:
    case WRT__RUN_POLL: WRT_ASSERT(outcome != WRT__RUN_SLICE && outcome != WRT__RUN_POLL); break;
    }
}

static enum wrt__outcome loop_engine(struct wrt__task *t, struct loop_turn *turn)
{
    uint64_t spent = t->strand.guest_fuel + t->strand.host_fuel;
    enum wrt__outcome outcome = wrt__loop_engine(t, turn->fuel_left);
    spent = t->strand.guest_fuel + t->strand.host_fuel - spent;
    if (turn->fuel_left != INT64_MAX) {
        turn->fuel_left = spent < (uint64_t)turn->fuel_left ? turn->fuel_left - (int64_t)spent : 0;
    }
    return outcome;
}

/* Runs t, which is in no queue and has a positive slice, until its slice is over, it is interrupted, or it
 * leaves. */
static enum loop_after loop_task(struct wrt__task *t, struct loop_turn *turn)
{
    struct wrt__executor *x = t->x;
    t->state = WRT_TASK_RUNNING;
    t->slices++;
    x->slices++;
    if (x->last_task != t->id) x->switches++;
    x->last_task = t->id;
    wrt__task_trace(t, WRT_TRACE_SLICE_BEGIN, 0, 0);
    for (;;) {
        enum wrt__outcome outcome = loop_engine(t, turn);
        if (outcome == WRT__RUN_BUDGET && wrt__loop_at_horizon(t)) {
            wrt__clock_jump(x); /* the rest up to the timer passes as idle */
            wrt__events_look(x, false);
        } else if (outcome != WRT__RUN_SLICE && outcome != WRT__RUN_POLL) {
            loop_leave(t, outcome);
            return LOOP_LEFT;
        }
        t->preempted = true;
        if (t->strand.slice <= 0) {
            loop_trace_end(t);
            return LOOP_SLICE_OVER;
        }
        wrt__loop_look(x);
        if (loop_attend(x, t, turn) || turn->fuel_left <= 0) {
            t->slice_open = true;
            loop_trace_end(t);
            return LOOP_INTERRUPTED;
        }
    }
}

/* A new slice; what was overdrawn comes off it. Returns false when that leaves nothing: the turn is lost. */
static bool loop_refill(struct wrt__task *t)
{
    struct wrt__executor *x = t->x;
    uint64_t quantum = t->slice_fuel ? t->slice_fuel : x->quantum_fuel;
    int64_t grant = quantum < (uint64_t)INT64_MAX ? (int64_t)quantum : INT64_MAX;
    int64_t *slice = &t->strand.slice;
    if (x->sched.policy == WRT__SCHED_COOPERATIVE) {
        *slice = INT64_MAX;
        return true;
    }
    if (t->slice_open) return true;
    if (*slice >= 0) {
        *slice = grant;
        return true;
    }
    *slice += grant;
    /* With nobody to lose turns to, all that are needed pass at once. */
    if (*slice <= 0 && x->sched.ready_count == 0) *slice += (-*slice / grant + 1) * grant;
    return *slice > 0;
}

static void loop_place(struct wrt__task *t, enum loop_after after)
{
    struct wrt__executor *x = t->x;
    t->state = WRT_TASK_READY;
    if (after == LOOP_INTERRUPTED) {
        wrt__sched_push_front(&x->sched, &t->entity);
    } else {
        t->slice_open = false;
        wrt__sched_push(&x->sched, &t->entity);
    }
}

/* ---- the turn -------------------------------------------------------------------------------------- */

/* Nothing is ready: why? */
static wrt_status loop_idle_status(const struct wrt__executor *x)
{
    if (x->live == 0) return WRT_OK;
    if (x->waiting != 0) return WRT_IDLE;
    if (x->starving != 0) return WRT_FUEL_OUT;
    return WRT_E_DEADLOCK;
}

static wrt_status loop_turn_run(struct wrt__executor *x, struct loop_turn *turn)
{
    for (;;) {
        struct wrt__entity *e;
        struct wrt__task *t;
        enum loop_after after;
        wrt__loop_look(x);
        loop_attend(x, NULL, turn);
        if (turn->stop) return WRT_PENDING;
        if (turn->target && wrt__task_ended(turn->target)) return WRT_OK;
        if (x->sched.ready_count && (turn->fuel_left <= 0 || turn->picks_left == 0)) return WRT_PENDING;
        e = wrt__sched_pop(&x->sched);
        if (!e) {
            if (wrt__clock_jump(x)) continue;
            return loop_idle_status(x);
        }
        t = WRT_CONTAINER(e, struct wrt__task, entity);
        if (turn->picks_left != UINT32_MAX) turn->picks_left--;
        after = loop_refill(t) ? loop_task(t, turn) : LOOP_SLICE_OVER;
        if (after != LOOP_LEFT) loop_place(t, after);
    }
}

bool wrt__loop_arrivals(struct wrt__executor *x)
{
    struct loop_turn turn = loop_turn_of(NULL);
    loop_attend(x, NULL, &turn);
    return !turn.stop;
}

bool wrt__loop_background(struct wrt__executor *x, struct wrt__task *only, int64_t cut)
{
    struct loop_turn turn = loop_turn_of(NULL);
    struct wrt__entity *e = only ? &only->entity : wrt__sched_pop(&x->sched);
    enum loop_after after = LOOP_SLICE_OVER;
    struct wrt__task *t;
    if (!e) return true;
    if (only) wrt__sched_remove(&x->sched, e);
    t = WRT_CONTAINER(e, struct wrt__task, entity);
    turn.fuel_left = cut;
    turn.core = x->core_loop;
    turn.alone = only != NULL;
    if (loop_refill(t)) after = loop_task(t, &turn);
    if (after != LOOP_LEFT) loop_place(t, after);
    return !turn.stop;
}

/* Between these the store's loop is awake: who posts need not wake anybody. */
void wrt__loop_enter(struct wrt__executor *x)
{
    x->inside = true;
    atomic_store(&x->inbox->awake, 1);
}

void wrt__loop_leave(struct wrt__executor *x)
{
    atomic_store(&x->inbox->awake, 0);
    x->inside = false;
}

static wrt_status loop_drive(struct wrt__executor *x, struct loop_turn *turn)
{
    wrt_status status;
    wrt__loop_enter(x);
    wrt__events_look(x, true);
    for (;;) {
        status = loop_turn_run(x, turn);
        wrt__loop_leave(x);
        /* Who posted after the last look, and saw the loop awake, has woken nobody. */
        if (status == WRT_PENDING || !atomic_load(&x->inbox->attention)) return status;
        wrt__loop_enter(x);
    }
}

wrt_status wrt__executor_run(struct wrt__executor *x, const wrt_turn *turn)
{
    struct loop_turn lt = loop_turn_of(turn);
    if (x->inside) return WRT_E_STATE;
    return loop_drive(x, &lt);
}

/* Could anything outside ever make a task ready again? Without armed events only who holds the inbox can. */
static bool loop_wakeable(const struct wrt__executor *x)
{
    return loop_watching(x) || atomic_load(&x->inbox->refs) > 1;
}

static wrt_status loop_wait(struct wrt__executor *x, uint64_t max_ns, struct loop_turn *turn)
{
    bool busy = x->sched.ready_count || atomic_load(&x->inbox->attention)
        || (x->virtual_time && x->timers.count);
    if (x->inside) return WRT_E_STATE;
    if (!busy) {
        wrt_status status = loop_idle_status(x);
        if (status != WRT_IDLE) return status;
        if (!loop_wakeable(x)) return WRT_E_DEADLOCK;
        wrt__loop_enter(x);
        wrt__events_sleep(x, max_ns);
        wrt__loop_leave(x);
    }
    return loop_drive(x, turn);
}

wrt_status wrt__executor_wait(struct wrt__executor *x, uint64_t max_ns)
{
    struct loop_turn lt = loop_turn_of(NULL);
    return loop_wait(x, max_ns, &lt);
}

int64_t wrt__executor_timeout(struct wrt__executor *x)
{
    uint64_t now, left;
    if (x->sched.ready_count || atomic_load(&x->inbox->attention)) return 0;
    if (!x->timers.count) return -1;
    if (x->virtual_time) return 0;
    now = wrt__clock_now(x);
    left = x->timers.items[0].key > now ? x->timers.items[0].key - now : 0;
    return left < (uint64_t)INT64_MAX ? (int64_t)left : INT64_MAX;
}

/* What wrt_task_step answers about a task that did not end in it. */
static wrt_status loop_step_status(const struct wrt__task *t)
{
    switch ((enum wrt_task_state)t->state) {
    case WRT_TASK_READY:
    case WRT_TASK_RUNNING: return WRT_YIELDED;
    case WRT_TASK_FUEL_OUT: return WRT_FUEL_OUT;
    case WRT_TASK_WAITING:
    case WRT_TASK_LOCKED: return WRT_PENDING;
    case WRT_TASK_DONE:
    case WRT_TASK_FAILED:
    case WRT_TASK_CANCELLED: break;
    }
    return t->status;
}

wrt_status wrt__executor_step(struct wrt__executor *x, struct wrt__task *t, uint64_t fuel)
{
    struct loop_turn turn = loop_turn_of(NULL);
    wrt_task id = { t->id };
    wrt_status status;
    if (x->inside || t->job) return WRT_E_STATE;
    turn.alone = true;
    wrt__loop_enter(x);
    wrt__events_look(x, true);
    loop_attend(x, NULL, &turn);
    t = wrt__task_find(x, id); /* what arrived may have closed it */
    if (t && t->state == WRT_TASK_READY && !turn.stop) {
        uint64_t own = t->slice_fuel;
        enum loop_after after = LOOP_SLICE_OVER;
        x->stepped = id.v;
        x->stepped_status = WRT_E_CANCELLED;
        wrt__sched_remove(&x->sched, &t->entity);
        t->slice_open = false;
        if (fuel) t->slice_fuel = fuel;
        if (loop_refill(t)) after = loop_task(t, &turn);
        t = wrt__task_find(x, id);
        if (t) t->slice_fuel = own;
        if (t && after != LOOP_LEFT) loop_place(t, after);
    }
    status = t ? loop_step_status(t) : x->stepped_status;
    wrt__loop_leave(x);
    return status;
}

wrt_status wrt__executor_call(
    struct wrt__executor *x, uint32_t func, const uint64_t *args, uint64_t *results, wrt_error *err)
{
    struct loop_turn turn = loop_turn_of(NULL);
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    struct wrt__task *t;
    wrt_status status;
    if (x->inside)
        return wrt__fail(err, WRT_E_STATE, WRT__W_INSIDE, WRT__NO_OFFSET, "the store is running already");
    o.on_empty = WRT_FUEL_TRAP;
    status = wrt__task_start(x, func, args, &o, &t, err);
    if (status != WRT_OK) return status;
    turn.target = t;
    do {
        status = loop_wait(x, UINT64_MAX, &turn);
    } while (!wrt__task_ended(t) && status == WRT_IDLE);
    if (!wrt__task_ended(t)) { /* stopped; or nothing can go on */
        wrt__task_cancel(t);
        if (status != WRT_PENDING) t->status = WRT_E_DEADLOCK;
    }
    status = wrt__task_failure(t, err);
    if (status == WRT_OK) {
        const struct wrt__functype *type = &x->core->types[x->core->funcs[func].type];
        if (type->results) memcpy(results, t->strand.stack, type->results * sizeof *results);
    }
    wrt__task_close(x, (wrt_task){ t->id });
    return status;
}
