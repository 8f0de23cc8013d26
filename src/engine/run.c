/* run: drives the loop. Gives it a counter made of slice, budget and poll distance, takes over when it
 * leaves, and says how the strand stands. Knows no task; docs/fuel.md has the rules that are spelled here. */
#include "engine/profile.h"
#include "engine/run.h"
#include "wasm/translate.h"

/* ---- the counter ------------------------------------------------------------------------------- */

static bool profiled(const struct wrt__strand *s)
{
    return WRT_PROFILE && s->store->profile;
}
static void spend(struct wrt__strand *s, int64_t used)
{
    s->slice -= used;
    if (s->hard != INT64_MAX) s->hard -= used;
}
void wrt__settle(struct wrt__strand *s)
{
    int64_t used = s->granted - s->fuel;
    spend(s, used);
    s->guest_fuel += (uint64_t)used;
    s->granted = s->fuel = s->far = 0;
}
void wrt__strand_attend(struct wrt__strand *s)
{
    wrt__settle(s);
}
void wrt__grant(struct wrt__strand *s)
{
    int64_t least = s->slice < s->hard ? s->slice : s->hard;
    if (profiled(s) || least < 0) least = -1; /* a profile sees every edge; so does an overdraw */
    s->granted = least < s->poll ? least : s->poll;
    s->far = least - s->granted;
    s->fuel = s->granted;
}
/* May work of this price begin? Hard: only what fits. Soft: as long as something is left. */
static bool may_begin(struct wrt__strand *s, uint64_t price)
{
    if (s->hard < 0 || price > (uint64_t)s->hard) {
        s->stop = WRT__RUN_BUDGET;
        return false;
    }
    if (s->slice <= 0 && (s->slice < 0 || price > 0)) {
        s->stop = WRT__RUN_SLICE;
        return false;
    }
    return true;
}
static bool may_enter(struct wrt__strand *s, uint32_t c)
{
    if (!may_begin(s, c)) return false;
    if (profiled(s)) s->stop = WRT__STOP_PROFILE;
    else if (wrt__wanted(s)) s->stop = WRT__RUN_POLL;
    else return true;
    return false;
}
bool wrt__refill(struct wrt__strand *s, int64_t before, uint32_t c)
{
    s->fuel = before;
    wrt__settle(s);
    if (!may_enter(s, c)) {
        s->exit = WRT__EXIT_STOP;
        s->pending = c;
        s->unpaid = true;
        return false;
    }
    wrt__grant(s);
    s->fuel -= (int64_t)c;
    return true;
}
enum wrt__step wrt__edge(struct wrt__strand *s, uint32_t price)
{
    s->fuel -= (int64_t)price;
    if (s->fuel >= 0) return WRT__STEP_ON;
    return wrt__refill(s, s->fuel + (int64_t)price, price) ? WRT__STEP_ON : WRT__STEP_STOP;
}
enum wrt__step wrt__pay_here(struct wrt__strand *s, uint64_t price, bool host)
{
    wrt__settle(s);
    if (!may_begin(s, price)) return WRT__STEP_STOP;
    spend(s, price < (uint64_t)INT64_MAX / 4 ? (int64_t)price : INT64_MAX / 4);
    if (host) s->host_fuel += price;
    else s->guest_fuel += price;
    wrt__grant(s);
    return WRT__STEP_ON;
}

/* ---- the strand in its instance ---------------------------------------------------------------- */

void wrt__attach(struct wrt__strand *s)
{
    struct wrt_instance *i = s->instance;
    i->strand = s;
    i->stack_limit = s->stack + s->slots_peak;
    wrt__instance_refresh(i);
}
bool wrt__stack_reserve(struct wrt__strand *s, uint64_t end)
{
    if (end > s->slots_max) {
        s->trap = WRT_TRAP_STACK_EXHAUSTED;
        return false;
    }
    uint64_t peak = (end + WRT__STACK_STEP - 1) / WRT__STACK_STEP * WRT__STACK_STEP;
    if (peak > s->slots_max) peak = s->slots_max;
    if (peak > s->slots) {
        uint64_t want = wrt__min_u64(wrt__max_u64(peak, (uint64_t)s->slots * 2), s->slots_max);
        uint64_t *grown = wrt__resize(
            s->store->alloc, s->stack, (size_t)s->slots * 8, (size_t)want * 8, WRT_TAG_STACK);
        if (!grown) {
            s->trap = WRT_TRAP_NO_MEMORY;
            return false;
        }
        s->stack = grown;
        s->slots = (uint32_t)want;
    }
    if (peak > s->slots_peak) s->slots_peak = (uint32_t)peak;
    if (s->instance) s->instance->stack_limit = s->stack + s->slots_peak;
    return true;
}
/* The loop met the high-water mark: it moves by one step, and the call is made again. */
static enum wrt__step raise_mark(struct wrt__strand *s)
{
    if (s->slots_peak >= s->slots_max) return wrt__trap(s, WRT_TRAP_STACK_EXHAUSTED);
    return wrt__stack_reserve(s, (uint64_t)s->slots_peak + 1) ? WRT__STEP_ON : WRT__STEP_TRAP;
}

/* ---- ends -------------------------------------------------------------------------------------- */

/* The operators of its block after the one that trapped were charged and have not run. */
static void give_back(struct wrt__strand *s)
{
    const struct wrt__module *m = s->instance->module;
    uint32_t func = wrt__func_at(m, s->ip), offset, rest;
    if (func == UINT32_MAX || !wrt__operator_at(m, func, s->ip, &offset, &rest)) return;
    spend(s, -(int64_t)rest);
    s->guest_fuel -= rest;
}
static enum wrt__outcome ended_badly(struct wrt__strand *s, wrt_status status)
{
    wrt__settle(s);
    if (s->instance && !s->unpaid) give_back(s);
    s->status = s->trap == WRT_TRAP_NO_MEMORY ? WRT_E_NOMEM : status;
    return WRT__RUN_TRAP;
}
static enum wrt__outcome outcome_of(struct wrt__strand *s, enum wrt__step step)
{
    switch (step) {
    case WRT__STEP_STOP:
        wrt__settle(s);
        return (enum wrt__outcome)s->stop;
    case WRT__STEP_TRAP: return ended_badly(s, WRT_E_TRAP);
    case WRT__STEP_FAIL:
        if (s->status == WRT_E_TRAP && s->trap == WRT_TRAP_NONE) s->trap = WRT_TRAP_HOST;
        return ended_badly(s, s->status);
    case WRT__STEP_DONE:
    case WRT__STEP_ON: break;
    }
    wrt__settle(s);
    return WRT__RUN_DONE;
}

/* ---- the driver -------------------------------------------------------------------------------- */

static enum wrt__step begin(struct wrt__strand *s)
{
    if (s->at_entry) return wrt__call_enter(s);
    if (s->instance) wrt__attach(s);
    if (s->unpaid) {
        s->unpaid = false;
        return wrt__edge(s, s->pending);
    }
    if (s->host_called) {
        s->host_called = false;
        return s->status < 0 ? WRT__STEP_FAIL : wrt__call_finish_host(s);
    }
    return WRT__STEP_ON;
}
static enum wrt__step after_exit(struct wrt__strand *s)
{
    switch (s->exit) {
    case WRT__EXIT_STOP: return WRT__STEP_STOP;
    case WRT__EXIT_TRAP: return WRT__STEP_TRAP;
    case WRT__EXIT_DONE: return WRT__STEP_DONE;
    case WRT__EXIT_SLOW: return wrt__slow(s);
    case WRT__EXIT_CALL_REF:
        return wrt__call_ref(s, s->target, ((const uint16_t *)wrt__ins_of(s))[WRT__F_DELTA]);
    case WRT__EXIT_STACK: return raise_mark(s);
    case WRT__EXIT_XRET: return wrt__call_border(s);
    default: WRT_ASSERT(s->exit <= WRT__EXIT_XRET); return WRT__STEP_FAIL;
    }
}
enum wrt__outcome wrt__engine_run(struct wrt__strand *s)
{
    static const _Atomic uint32_t nobody = 0;
    s->yielded = false;
    if (s->poll > WRT__COUNTER_MAX) s->poll = WRT__COUNTER_MAX;
    s->attention = s->store->attention ? s->store->attention : &nobody;
    wrt__grant(s);
    enum wrt__step step = begin(s);
    for (;;) {
        while (step == WRT__STEP_ON) {
            wrt__loop(s);
            step = after_exit(s);
        }
        if (step != WRT__STEP_STOP || s->stop != WRT__STOP_PROFILE) return outcome_of(s, step);
#if WRT_PROFILE
        wrt__profile_block(s);  /* counts the block, then it runs with a counter that ends at the next edge */
        s->unpaid = false;
        spend(s, s->pending);
        s->guest_fuel += s->pending;
        wrt__grant(s);
        step = WRT__STEP_ON;
#endif
    }
}
