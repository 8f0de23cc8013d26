/* account: who pays. Owns budgets and what is booked in the tree store > group > group > task, and decides
 * what happens when one of them is empty. One writer: the store's thread. docs/fuel.md, "Accounts". */
#include "executor/executor.h"

void wrt__account_init(struct wrt__account *a, struct wrt__account *parent, uint64_t budget, wrt_str name)
{
    size_t n = name.n < sizeof a->name - 1 ? name.n : sizeof a->name - 1;
    memset(a, 0, sizeof *a);
    a->parent = parent;
    a->budget = budget;
    if (n) memcpy(a->name, name.p, n);
    wrt__list_init(&a->starved);
}

struct wrt__account *wrt__account_find(struct wrt__executor *x, wrt_group g)
{
    return g.v == 0 ? &x->account : wrt__slots_get(&x->groups, g.v);
}

void wrt__account_book(struct wrt__task *t)
{
    uint64_t guest = t->strand.guest_fuel - t->booked_guest;
    uint64_t host = t->strand.host_fuel - t->booked_host;
    if (!(guest | host)) return;
    t->booked_guest = t->strand.guest_fuel;
    t->booked_host = t->strand.host_fuel;
    for (struct wrt__account *a = t->account; a; a = a->parent) {
        a->guest += guest;
        a->host += host;
    }
}

static uint64_t account_left(uint64_t budget, uint64_t spent)
{
    if (budget == WRT_FUEL_UNLIMITED) return UINT64_MAX;
    return budget > spent ? budget - spent : 0;
}

static uint64_t account_task_left(const struct wrt__task *t)
{
    return account_left(t->budget, t->strand.guest_fuel + t->strand.host_fuel);
}

/* What was spent is booked. Of equally empty accounts the innermost is named. */
void wrt__account_grant(struct wrt__task *t)
{
    struct wrt__executor *x = t->x;
    uint64_t least = account_task_left(t);
    x->cause = least == UINT64_MAX ? WRT__CAUSE_NONE : WRT__CAUSE_ACCOUNT;
    x->cause_account = NULL;
    for (struct wrt__account *a = t->account; a; a = a->parent) {
        uint64_t left = account_left(a->budget, wrt__account_spent(a));
        if (left >= least) continue;
        least = left;
        x->cause = WRT__CAUSE_ACCOUNT;
        x->cause_account = a;
    }
    if (x->virtual_time) {
        uint64_t horizon = wrt__clock_horizon(x);
        if (horizon < least) {
            least = horizon;
            x->cause = WRT__CAUSE_HORIZON;
        }
    }
    t->strand.hard = least < (uint64_t)INT64_MAX ? (int64_t)least : INT64_MAX;
}

bool wrt__account_holds(const struct wrt__task *t, uint64_t fuel, struct wrt__account **lacks)
{
    *lacks = NULL;
    if (account_task_left(t) < fuel) return false;
    for (struct wrt__account *a = t->account; a; a = a->parent) {
        *lacks = a;
        if (account_left(a->budget, wrt__account_spent(a)) < fuel) return false;
    }
    return true;
}

wrt_status wrt__account_charge(struct wrt__task *t, uint64_t fuel)
{
    wrt__account_book(t);
    if (!wrt__account_holds(t, fuel, &t->x->short_of)) {
        t->x->short_set = true;
        t->x->short_fuel = fuel;
        return WRT_E_FUEL;
    }
    /* The slice is soft here: it may go below zero. Beyond the range of the counters the amount is cut: such
     * a debt is never paid back anyway. The horizon is as hard as for a block in a task set, whose releases
     * nobody may delay; elsewhere it is soft. */
    int64_t step = fuel < (uint64_t)(INT64_MAX / 4) ? (int64_t)fuel : INT64_MAX / 4;
    if (t->x->running == t && t->x->core_loop && t->x->cause == WRT__CAUSE_HORIZON && t->strand.hard < step) {
        t->x->short_set = t->x->short_time = true;
        return WRT_E_FUEL;
    }
    t->strand.host_fuel += fuel;
    t->strand.slice = t->strand.slice > INT64_MIN / 2 ? t->strand.slice - step : t->strand.slice;
    if (t->strand.hard != INT64_MAX && t->strand.hard > INT64_MIN / 2) t->strand.hard -= step;
    wrt__account_book(t);
    return WRT_OK;
}

void wrt__account_starve(struct wrt__task *t, struct wrt__account *a)
{
    t->state = WRT_TASK_FUEL_OUT;
    t->starved_of = a;
    t->x->starving++;
    if (a) wrt__list_push(&a->starved, &t->entity.link);
}

void wrt__account_empty(struct wrt__task *t, struct wrt__account *a)
{
    struct wrt__executor *x = t->x;
    wrt__task_trace(t, WRT_TRACE_FUEL_OUT, t->on_empty, 0);
    if (t->on_empty == WRT_FUEL_TRAP) {
        t->starved_of = a;
        t->strand.trap = WRT_TRAP_FUEL;
        wrt__task_end(t, WRT_TASK_FAILED, WRT_E_FUEL);
        return;
    }
    if (t->on_empty == WRT_FUEL_CALLBACK && t->refuel) {
        uint64_t more = t->refuel(t->ctx, wrt__task_store(x), (wrt_task){ t->id });
        if (more) {
            /* It waits while the account is filled, so that filling wakes it as it wakes every other. */
            wrt__account_starve(t, a);
            if (a) {
                wrt__account_add(x, a, more);
            } else {
                wrt__account_add_task(t, more);
            }
            return;
        }
    }
    wrt__account_starve(t, a);
}

/* It may have what it needs now: it is asked again, and if not it comes back here. */
static void account_wake(struct wrt__task *t)
{
    WRT_ASSERT(t->state == WRT_TASK_FUEL_OUT && t->x->starving > 0);
    t->x->starving--;
    t->starved_of = NULL;
    t->slice_open = false;
    wrt__task_trace(t, WRT_TRACE_REFUEL, 0, 0);
    if (t->finish_again) { /* it arrives a second time, with the next round */
        t->finish_again = false;
        t->state = WRT_TASK_WAITING;
        t->x->waiting++;
        wrt__inbox_push(t->x->inbox, t->completion);
        return;
    }
    wrt__task_ready(t);
}

/* A running strand sees the new limit at once: it may stand inside the host function that refuels it. */
static void account_regrant(struct wrt__executor *x)
{
    if (!x->running) return;
    wrt__account_book(x->running);
    wrt__account_grant(x->running);
}

static uint64_t account_sum(uint64_t budget, uint64_t n)
{
    return budget == WRT_FUEL_UNLIMITED || n >= WRT_FUEL_UNLIMITED - budget ? WRT_FUEL_UNLIMITED : budget + n;
}

void wrt__account_add(struct wrt__executor *x, struct wrt__account *a, uint64_t n)
{
    struct wrt__node *node;
    a->budget = account_sum(a->budget, n);
    account_regrant(x);
    while ((node = wrt__list_first(&a->starved)) != NULL) {
        wrt__list_remove(&a->starved, node);
        account_wake(WRT_CONTAINER(node, struct wrt__task, entity.link));
    }
}

void wrt__account_add_task(struct wrt__task *t, uint64_t n)
{
    t->budget = account_sum(t->budget, n);
    account_regrant(t->x);
    if (t->state == WRT_TASK_FUEL_OUT && !t->starved_of) account_wake(t);
}
