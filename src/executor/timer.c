/* timer: the store's clock, its timers and watched descriptors. What happened is posted into the inbox like
 * any other arrival, so user code never runs inside the walk over events. Virtual time is fuel; else the
 * host's clock. */
#include "executor/executor.h"

enum { TIMER_EVENTS = 16 };

/* floor(n * per / 1000), saturating. */
uint64_t wrt__clock_scale(uint64_t n, uint64_t per)
{
    uint64_t whole, part;
    if (!wrt__mul_u64(n / 1000, per, &whole)) return UINT64_MAX;
    if (!wrt__mul_u64(n % 1000, per, &part)) return UINT64_MAX;
    return wrt__add_u64(whole, part / 1000, &whole) ? whole : UINT64_MAX;
}

uint64_t wrt__clock_now(const struct wrt__executor *x)
{
    uint64_t fuel, ns;
    if (!x->virtual_time) return x->host.mono_ns ? x->host.mono_ns(x->host.ctx) : wrt__port_mono_ns();
    fuel = wrt__account_spent(&x->account) - x->clock_fuel;
    if (x->running) { /* not booked yet */
        fuel += x->running->strand.guest_fuel - x->running->booked_guest;
        fuel += x->running->strand.host_fuel - x->running->booked_host;
    }
    return wrt__add_u64(wrt__clock_scale(fuel, x->ns_per_kfuel), x->idle_ns, &ns) ? ns : UINT64_MAX;
}

/* The next timer, or event of the task set that is being run. */
static uint64_t timer_next(const struct wrt__executor *x)
{
    if (!x->timers.count || x->undisturbed) return x->event_ns;
    return wrt__min_u64(x->timers.items[0].key, x->event_ns);
}

/* floor(fuel * rate / 1000) <= t holds up to fuel = ((t + 1) * 1000 - 1) / rate. */
uint64_t wrt__clock_most(uint64_t t, uint64_t rate)
{
    uint64_t most, rest;
    if (!rate || !wrt__add_u64(t, 1, &t) || !wrt__mul_u64(t / rate, 1000, &most)) return UINT64_MAX;
    rest = t % rate * 1000;
    return rest ? most + (rest - 1) / rate : most - 1;
}

void wrt__clock_rebase(struct wrt__executor *x, uint64_t fuel)
{
    uint64_t now, spent = wrt__account_spent(&x->account), taken = wrt__clock_scale(fuel, x->ns_per_kfuel);
    if (!x->virtual_time) return;
    now = wrt__clock_now(x);
    WRT_ASSERT(!x->running);
    if (fuel > spent || taken > now || now == UINT64_MAX) return; /* the clock stands at its end */
    x->idle_ns = now - taken;
    x->clock_fuel = spent - fuel;
}

uint64_t wrt__clock_fuel_to(const struct wrt__executor *x, uint64_t at_ns)
{
    uint64_t spent = wrt__account_spent(&x->account) - x->clock_fuel, most;
    if (at_ns < x->idle_ns) return 0;
    most = wrt__clock_most(at_ns - x->idle_ns, x->ns_per_kfuel);
    if (most == UINT64_MAX) return most;
    if (x->running) { /* not booked yet */
        spent += x->running->strand.guest_fuel - x->running->booked_guest;
        spent += x->running->strand.host_fuel - x->running->booked_host;
    }
    return most > spent ? most - spent : 0;
}

uint64_t wrt__clock_horizon(const struct wrt__executor *x)
{
    uint64_t at = timer_next(x);
    return at == UINT64_MAX ? UINT64_MAX : wrt__clock_fuel_to(x, at);
}

bool wrt__clock_jump(struct wrt__executor *x)
{
    uint64_t now, at = timer_next(x);
    if (!x->virtual_time || at == UINT64_MAX) return false;
    now = wrt__clock_now(x);
    if (at > now) x->idle_ns += at - now;
    return true;
}

wrt_status wrt__timer_arm(struct wrt__executor *x, struct wrt__completion *c, uint64_t at_ns)
{
    wrt_status status;
    if (c->timer != WRT__NO_TIMER) { /* a second time replaces the first: there is room */
        wrt__heap_remove(&x->timers, c->timer);
        c->timer = WRT__NO_TIMER;
    }
    status = wrt__heap_push(&x->timers, at_ns, c);
    if (status == WRT_OK && x->running && x->virtual_time) {
        wrt__account_book(x->running);
        wrt__account_grant(x->running); /* the horizon may be nearer now */
    }
    return status;
}

wrt_status wrt__watch_arm(struct wrt__executor *x, struct wrt__completion *c, int fd, uint32_t events)
{
    struct wrt__watch *w;
    uint64_t id;
    void *slot;
    wrt_status status;
    if (!wrt__inbox_poll(x->inbox)) return WRT_E_UNSUPPORTED;
    status = wrt__slots_take(&x->watches, &id, &slot);
    if (status != WRT_OK) return status;
    w = slot;
    w->completion = c;
    w->id = id;
    w->fd = fd;
    status = wrt__port_poll_add(x->inbox->poll, fd, events, w);
    if (status != WRT_OK) {
        wrt__slots_put(&x->watches, id);
        return status;
    }
    w->next = c->watches;
    c->watches = w;
    return WRT_OK;
}

void wrt__events_disarm(struct wrt__executor *x, struct wrt__completion *c)
{
    if (c->timer != WRT__NO_TIMER) wrt__heap_remove(&x->timers, c->timer);
    c->timer = WRT__NO_TIMER;
    while (c->watches) {
        struct wrt__watch *w = c->watches;
        c->watches = w->next;
        if (!w->fired) wrt__port_poll_del(x->inbox->poll, w);
        wrt__slots_put(&x->watches, w->id);
    }
}

/* As if a thread had posted; when one did in the meantime, its answer counts. */
static void timer_post(struct wrt__executor *x, struct wrt__completion *c, uint64_t scalar)
{
    uint32_t generation = atomic_load_explicit(&c->generation, memory_order_relaxed);
    if (!(generation & 1) || !wrt__completion_win(c, generation)) return;
    c->status = WRT_OK;
    c->scalar = scalar;
    wrt__inbox_push(x->inbox, c);
}

static void timer_fire_due(struct wrt__executor *x)
{
    uint64_t now;
    if (!x->timers.count) return;
    now = wrt__clock_now(x);
    while (x->timers.count && x->timers.items[0].key <= now) {
        struct wrt__completion *c = x->timers.items[0].value;
        wrt__heap_remove(&x->timers, 0);
        c->timer = WRT__NO_TIMER;
        timer_post(x, c, 0);
    }
}

static void timer_fire_events(struct wrt__executor *x, const struct wrt__poll_event *events, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct wrt__watch *w = events[i].tag;
        w->fired = true;
        timer_post(x, w->completion, (uint64_t)(uint32_t)w->fd << 32 | events[i].events);
    }
}

void wrt__events_look(struct wrt__executor *x, bool descriptors)
{
    struct wrt__poll_event events[TIMER_EVENTS];
    timer_fire_due(x);
    if (descriptors && x->inbox->poll) {
        /* Once is enough: what is left over is ready at the next look as well. */
        timer_fire_events(x, events, wrt__port_poll_wait(x->inbox->poll, 0, events, TIMER_EVENTS));
    }
}

/* The port sleeps by its own clock, which need not be the host's. */
static uint64_t timer_port_time(uint64_t left_ns)
{
    uint64_t at;
    return wrt__add_u64(wrt__port_mono_ns(), left_ns, &at) ? at : UINT64_MAX;
}

void wrt__events_sleep(struct wrt__executor *x, uint64_t max_ns)
{
    struct wrt__poll_event events[TIMER_EVENTS];
    uint64_t left = max_ns;
    size_t n;
    if (x->timers.count && !x->virtual_time) {
        uint64_t now = wrt__clock_now(x);
        uint64_t at = x->timers.items[0].key;
        left = wrt__min_u64(left, at > now ? at - now : 0);
    }
    wrt__inbox_sleep(
        x->inbox, left == UINT64_MAX ? UINT64_MAX : timer_port_time(left), events, TIMER_EVENTS, &n);
    timer_fire_events(x, events, n);
    timer_fire_due(x);
}
