/* How long an outside event waits while a task works, in fuel: what is posted at most poll_fuel and one
 * block, timers and descriptors eight times poll_fuel and one block. */
#define _GNU_SOURCE
#include <unistd.h>
#include "fixture.h"

enum late_by { LATE_POST, LATE_STOP, LATE_DESCRIPTOR, LATE_TIMER };

static struct {
    enum late_by by;
    int pipe[2];
    wrt_inbox *inbox;
    wrt_completion k;
    wrt_task busy;
    uint64_t clock, told_at, heard_at;
} late;

static uint64_t late_fuel(wrt_store *s)
{
    wrt_task_info i = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_task_info_get(s, late.busy, &i), WRT_OK);
    return i.guest_fuel + i.host_fuel;
}

static uint64_t late_clock(void *ctx)
{
    (void)ctx;
    return late.clock;
}

static wrt_status late_park(void *ctx, wrt_call *c)
{
    (void)ctx;
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &late.k);
    if (status == WRT_OK && late.by == LATE_DESCRIPTOR) {
        status = wrt_complete_on_fd(wrt_call_store(c), late.k, late.pipe[0], 1);
    }
    if (status == WRT_OK && late.by == LATE_TIMER) {
        status = wrt_complete_at(wrt_call_store(c), late.k, 1000);
    }
    return status == WRT_OK ? WRT_PENDING : status;
}

/* The event happens now. */
static wrt_status late_say(void *ctx, wrt_call *c)
{
    (void)ctx;
    late.told_at = late_fuel(wrt_call_store(c));
    switch (late.by) {
    case LATE_POST: CHECK_EQ(wrt_complete_post(late.inbox, late.k, WRT_OK, 0), WRT_OK); break;
    case LATE_STOP: wrt_stop(late.inbox); break;
    case LATE_DESCRIPTOR: CHECK_EQ(write(late.pipe[1], "x", 1), 1); break;
    case LATE_TIMER: late.clock = 1000; break;
    }
    return WRT_OK;
}

static void late_done(void *ctx, wrt_store *s, wrt_task t, wrt_status status)
{
    (void)ctx, (void)t;
    if (status == WRT_E_CANCELLED) return; /* the store goes */
    CHECK_EQ(status, WRT_OK);
    late.heard_at = late_fuel(s);
    wrt_stop(late.inbox);
}

static wrt_task late_start(struct world *w, const char *name, uint8_t priority)
{
    wrt_instance *i;
    wrt_func *f = NULL;
    wrt_task t = { 0 };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.priority = priority;
    o.done = late_done;
    CHECK_EQ(wrt_instantiate(w->s, w->l, w->codes[0], &i, &w->err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, (wrt_str){ name, strlen(name) }, &f, &w->err), WRT_OK);
    CHECK_EQ(wrt_task_start(w->s, f, NULL, 0, &o, &t, &w->err), WRT_OK);
    return t;
}

/* Fuel that the busy task spent between event and reaction. */
static uint64_t late_measure(enum late_by by, uint64_t poll_fuel)
{
    static const wrt_fn_def defs[] = {
        { sizeof(wrt_fn_def), { "say", 3 }, { "()", 2 }, late_say, NULL, 0 },
        { sizeof(wrt_fn_def), { "park", 4 }, { "()", 2 }, late_park, NULL, 0 },
    };
    struct world w;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_config c = WRT_INIT(wrt_config);
    wrt_host h = WRT_INIT(wrt_host);
    h.mono_ns = late_clock;
    c.host = &h;
    memset(&late, 0, sizeof late);
    late.by = by;
    CHECK_EQ(pipe(late.pipe), 0);
    world_open_with(&w, c);
    wrt_store_free(w.s);
    o.policy = WRT_FIXED_PRIORITY;
    o.poll_fuel = poll_fuel;
    o.quantum_fuel = 1000000; /* the slice is not what ends it */
    CHECK_EQ(wrt_store_new(w.e, &o, &w.s, &w.err), WRT_OK);
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("host"), defs, 2, &w.err), WRT_OK);
    world_code(&w, "latency");
    late.inbox = wrt_inbox_of(w.s);
    late_start(&w, "wait", 200);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
    late.busy = late_start(&w, "busy", 100);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_PENDING);
    if (by == LATE_STOP) late.heard_at = late_fuel(w.s);
    uint64_t spent = late.heard_at - late.told_at;
    wrt_inbox_drop(late.inbox);
    world_close(&w);
    close(late.pipe[0]);
    close(late.pipe[1]);
    return spent;
}

TEST(an_outside_event_waits_no_longer_than_promised)
{
    static const uint64_t polls[] = { 1, 50, 1000, 10000, 0 };
    for (size_t k = 0; k < sizeof polls / sizeof *polls; k++) {
        uint64_t poll = polls[k] ? polls[k] : 10000;
        for (int by = LATE_POST; by <= LATE_TIMER; by++) {
            CONTEXT("poll_fuel %d, event %d", (int)polls[k], by);
            uint64_t most = (by <= LATE_STOP ? poll : 8 * poll) + 256;
            uint64_t spent = late_measure((enum late_by)by, polls[k]);
            if (spent > most) CHECK_EQ(spent, most);
            /* a post is seen at the end of the host function; the others at the next look */
            if (by >= LATE_DESCRIPTOR && poll >= 1000) CHECK(spent >= 4 * poll);
        }
    }
}
