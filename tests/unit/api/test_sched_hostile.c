/* A victim of level D beside guests that do harm: what it computes, spends and tells is as if it were alone.
 * And overload: no miss at C and D, the others stop and come back. attack.wat, jobs.wat. */
#include "set_fixture.h"

static const char *const attacks[] = { "endless", "grow", "deep", "trap", "storm", "bulk" };
enum { ATTACKS = sizeof attacks / sizeof attacks[0] };

/* What the victim answers and what is told of it, byte by byte. */
enum { VICTIM_BYTES = 1 << 20, VICTIM_RECORDS = 1 << 14 };
struct victim {
    uint8_t *bytes;
    size_t used;
    uint64_t done, missed, attacked;
};
static struct victim *victim_now;

static void victim_put(struct victim *v, const void *bytes, size_t n)
{
    CHECK(v->used + n <= VICTIM_BYTES);
    if (v->used + n > VICTIM_BYTES) return;
    memcpy(v->bytes + v->used, bytes, n);
    v->used += n;
}

static void victim_event(void *ctx, const wrt_sched_event *e)
{
    struct set_world *w = ctx;
    struct victim *v = victim_now;
    wrt_val answer = { 0 };
    if (e->kind == WRT_TRACE_OVERRUN || e->kind == WRT_TRACE_FAILED) v->attacked++;
    if (e->task != 0 || e->kind == WRT_TRACE_MODE) return;
    uint64_t words[] = { e->kind, e->job, e->at_ns, e->seen_ns, e->release_ns, e->deadline_ns, e->fuel,
        (uint64_t)(int64_t)e->status, e->trap, e->func, e->offset };
    victim_put(v, words, sizeof words);
    v->missed += e->kind == WRT_TRACE_MISS;
    if (e->kind != WRT_TRACE_DONE) return;
    v->done++;
    CHECK_EQ(wrt_task_result(w->s, wrt_sched_task_of(w->q, 0), &answer, 1, &w->err), WRT_OK);
    victim_put(v, &answer.of.u, sizeof answer.of.u);
}

/* Its records in the trace of the store. */
static void victim_trace(struct set_world *w, struct victim *v)
{
    static wrt_trace_rec records[256];
    uint64_t lost = 0;
    size_t n;
    while ((n = wrt_trace_drain(w->s, records, 256, &lost)) > 0) {
        for (size_t k = 0; k < n; k++) {
            bool own = (records[k].task & (WRT_TRACE_JOB | UINT32_MAX)) == WRT_TRACE_JOB;
            if (own && records[k].kind != WRT_TRACE_MODE) victim_put(v, &records[k], sizeof records[k]);
        }
    }
    CHECK_EQ(lost, 0);
}

static uint64_t victim_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* An attacker may be released at any time and as often as it likes; only the victim goes first. */
static void victim_attacker(
    struct set_world *w, wrt_code *c, wrt_policy policy, uint32_t kind, uint64_t *state)
{
    static const wrt_on_overrun ends[] = { WRT_OVERRUN_ABORT, WRT_OVERRUN_SUSPEND, WRT_OVERRUN_TRAP };
    static const wrt_on_late lates[] = { WRT_LATE_ABORT, WRT_LATE_SKIP, WRT_LATE_QUEUE };
    uint64_t period = 30 + (victim_random(state) % 60000 >> victim_random(state) % 11);
    if (policy == WRT_RATE_MONOTONIC) period += 10000;
    wrt_sched_task t = set_task(set_func(w, set_instance(w, w->s, c), attacks[kind]), period,
        20 + (victim_random(state) % 30000 >> victim_random(state) % 9));
    t.level = (wrt_asil)(victim_random(state) % 3);
    t.offset_ns = victim_random(state) % 20000;
    t.deadline_ns = 2000000;
    if (policy == WRT_FIXED_PRIORITY || policy == WRT_RATE_MONOTONIC) { /* misses raise the mode */
        t.deadline_ns = 1 + victim_random(state) % (2 * period);
    }
    t.on_overrun = ends[victim_random(state) % 3];
    t.on_late = lates[victim_random(state) % 3];
    t.on_drop = victim_random(state) % 2 ? WRT_DROP_SUSPEND : WRT_DROP_ABORT;
    t.band_set = policy == WRT_RM_EDF;
    if (t.band_set) t.band = (uint8_t)(1 + victim_random(state) % 4);
    set_add(w, t, 0);
}

/* Charges, or waits for a time near by: also when the victim is released or in the middle of it. */
static wrt_status ping_more(void *ctx, wrt_call *c)
{
    uint64_t *state = ctx, now = wrt_now_ns(wrt_call_store(c));
    wrt_completion k = { 0 };
    if (victim_random(state) % 4) return wrt_charge(c, victim_random(state) % 40);
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &k);
    if (status == WRT_OK)
        status = wrt_complete_at(wrt_call_store(c), k, now + 1 + victim_random(state) % 12000);
    return status == WRT_OK ? WRT_PENDING : status;
}

/* seed 0: it is alone. */
static void victim_beside(
    struct victim *v, uint64_t seed, uint32_t attackers, wrt_policy policy, uint64_t rate)
{
    struct set_world w;
    wrt_fn_def def = WRT_INIT(wrt_fn_def);
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    uint64_t state = seed * 77 + attackers, noise = seed;
    static uint8_t ring[VICTIM_RECORDS * sizeof(wrt_trace_rec)];
    victim_now = v;
    v->used = v->done = v->missed = v->attacked = 0;
    set_open(&w);
    wrt_store_free(w.s);
    so.virtual_time = true;
    so.ns_per_kfuel = rate;
    CHECK_EQ(wrt_store_new(w.e, &so, &w.s, &w.err), WRT_OK);
    CHECK_EQ(wrt_trace_ring(w.s, ring, sizeof ring), WRT_OK);
    def.name = WRT_STR("ping");
    def.fn = ping_more;
    def.ctx = &noise;
    def.fuel = 2;
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("env"), &def, 1, &w.err), WRT_OK);
    wrt_code *c = set_code(&w, "attack");
    wrt_sched_opts o = set_opts(&w, policy);
    o.event = victim_event;
    o.ns_per_kfuel = rate;
    set_begin(&w, o);
    wrt_sched_task t = set_task(set_func(&w, set_instance(&w, w.s, c), "growing"), 10000, 1000);
    t.level = WRT_ASIL_D;
    t.np_max_fuel = 1000;
    t.priority = 250;
    t.band_set = policy == WRT_RM_EDF;
    set_add(&w, t, 0);
    for (uint32_t k = 0; seed && k < ATTACKS; k++) {
        if (attackers >> k & 1) victim_attacker(&w, c, policy, k, &state);
    }
    for (uint64_t until = 0; until < 1000000; until += 20000) {
        CHECK_EQ(wrt_sched_run(w.q, until + 20000, &w.err), WRT_OK);
        victim_trace(&w, v);
    }
    set_close(&w);
}

/* Results, fuel, trace and times, whatever the others do and whenever they are released. */
TEST(a_victim_is_as_if_alone)
{
    static const wrt_policy policies[] = { WRT_EDF, WRT_RATE_MONOTONIC, WRT_FIXED_PRIORITY, WRT_RM_EDF };
    static const uint64_t rates[] = { 1000, 333, 812, 2717 };
    struct victim alone = { .bytes = malloc(VICTIM_BYTES) }, beside = { .bytes = malloc(VICTIM_BYTES) };
    for (size_t p = 0; p < 4; p++) {
        uint64_t rate = rates[p], attacked = 0;
        victim_beside(&alone, 0, 0, policies[p], rate);
        CHECK_EQ(alone.done, 100);
        for (uint64_t seed = 1; seed <= (TEST_SANITIZED ? 5 : 16); seed++) {
            uint32_t who = seed % 2 ? (1u << ATTACKS) - 1 : 1u << seed / 2 % ATTACKS;
            CONTEXT("policy %d, seed %u, attackers %x", (int)policies[p], (unsigned)seed, who);
            victim_beside(&beside, seed, who, policies[p], rate);
            CHECK_EQ(beside.done, 100);
            CHECK_EQ(beside.used, alone.used);
            CHECK(memcmp(beside.bytes, alone.bytes, alone.used) == 0);
            attacked += beside.attacked;
        }
        CHECK(attacked > (TEST_SANITIZED ? 200 : 1000));
    }
    free(alone.bytes);
    free(beside.bytes);
}

/* Declares 100, burns for ever, in every way of ending. */
TEST(a_liar_harms_nobody_else)
{
    static const wrt_on_overrun ends[] = { WRT_OVERRUN_ABORT, WRT_OVERRUN_SUSPEND, WRT_OVERRUN_EXTEND,
        WRT_OVERRUN_TRAP };
    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
        struct set_world w;
        set_open(&w);
        wrt_sched_opts o = set_opts(&w, WRT_EDF);
        o.no_mode_switching = true;
        set_begin(&w, o);
        wrt_code *c = set_code(&w, "jobs");
        wrt_sched_task liar = set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 1000, 100);
        liar.on_overrun = ends[k];
        if (ends[k] == WRT_OVERRUN_EXTEND) liar.extend_percent = 50;
        set_add(&w, liar, 1 << 30);
        uint32_t honest = set_add(
            &w, set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 1500, 800), 150);
        CHECK_EQ(wrt_sched_run(w.q, 30000, &w.err), WRT_OK);
        CONTEXT("end %d", (int)ends[k]);
        CHECK_EQ(set_count(&w, WRT_TRACE_DONE, honest), 20);
        CHECK_EQ(set_count(&w, WRT_TRACE_MISS, honest), 0);
        CHECK(set_count(&w, WRT_TRACE_OVERRUN, 0) >= 20);
        set_close(&w);
    }
}


/* ---- overload ---------------------------------------------------------------------------------------------
 */

/* A C task that at times needs what it has only in mode high; D, C, B, QM beside it. */
static void overload(wrt_on_drop on_drop)
{
    struct set_world w;
    uint32_t number[5];
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_FIXED_PRIORITY);
    o.return_after = 1;
    set_begin(&w, o);
    wrt_code *c = set_code(&w, "jobs");
    wrt_val args[3] = { wrt_i32(20), wrt_i32(7), wrt_i32(80) }; /* every seventh: 400 instead of 100 */
    wrt_sched_task t = set_task(set_func(&w, set_instance(&w, w.s, c), "vary_5"), 2000, 150);
    t.level = WRT_ASIL_C;
    t.fuel[1] = 500;
    t.priority = 200;
    t.args = args;
    t.args_count = 3;
    CHECK_EQ(wrt_sched_add(w.q, &t, &number[0], &w.err), WRT_OK);
    for (uint32_t k = 1; k < 5; k++) {
        static const wrt_asil levels[] = { WRT_ASIL_C, WRT_ASIL_D, WRT_ASIL_C, WRT_ASIL_B, WRT_QM };
        t = set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 2000, 420);
        t.level = levels[k];
        t.priority = (uint8_t)(200 - 10 * k);
        t.on_drop = on_drop;
        if (on_drop == WRT_DROP_DEGRADE) t.degrade = 4;
        if (t.level == WRT_ASIL_D) t.np_max_fuel = 420;
        number[k] = set_add(&w, t, 80); /* 401 */
    }
    CHECK_EQ(wrt_sched_run(w.q, 400000, &w.err), WRT_OK);
    CONTEXT("on_drop %d", (int)on_drop);
    CHECK(set_count(&w, WRT_TRACE_MODE, UINT32_MAX) > 20);
    for (uint32_t k = 0; k < 3; k++) CHECK_EQ(set_count(&w, WRT_TRACE_MISS, number[k]), 0);
    for (uint32_t k = 1; k < 5; k++) {
        const wrt_sched_event *last = NULL;
        for (uint32_t n = 0; n < w.count; n++) {
            if (w.events[n].kind == WRT_TRACE_DONE && w.events[n].task == number[k]) last = &w.events[n];
        }
        CHECK(last && last->at_ns > 380000);
    }
    /* a mode that drops QM: no fuel of it from that instant to the return */
    bool high = false;
    for (uint32_t n = 0; n < w.count; n++) {
        const wrt_sched_event *e = &w.events[n];
        if (e->kind == WRT_TRACE_MODE) high = e->to != WRT_MODE_NORMAL;
        if (e->kind == WRT_TRACE_SLICE_BEGIN && on_drop != WRT_DROP_DEGRADE)
            CHECK(!high || e->task != number[4]);
    }
    set_close(&w);
}

TEST(overload_stops_the_lower_levels_and_they_come_back)
{
    overload(WRT_DROP_SUSPEND);
    overload(WRT_DROP_ABORT);
    overload(WRT_DROP_DEGRADE);
}

/* The host changes the mode to and fro: nothing is left over. */
TEST(ten_thousand_modes_leave_nothing)
{
    struct set_world w;
    uint64_t live, t = 0;
    set_open(&w);
    wrt_sched_opts o = set_opts(&w, WRT_EDF);
    o.events = WRT_SCHED_EVENT(MODE);
    set_begin(&w, o);
    wrt_code *c = set_code(&w, "jobs");
    for (int k = 0; k < 4; k++) {
        wrt_sched_task task = set_task(set_func(&w, set_instance(&w, w.s, c), "burn_5"), 1000, 300);
        task.level = (wrt_asil)k;
        task.on_drop = k == 1 ? WRT_DROP_ABORT : WRT_DROP_SUSPEND;
        set_add(&w, task, 30);
    }
    CHECK_EQ(wrt_sched_run(w.q, t, &w.err), WRT_OK);
    live = w.heap.live_bytes;
    wrt_sched_stats st = { 0 };
    for (int k = 0; k < 40000 && st.returns < 10000; k++) { /* at all points of a period */
        CHECK_EQ(wrt_sched_mode(w.q, k % 3 ? WRT_MODE_CRITICAL : WRT_MODE_HIGH), WRT_OK);
        CHECK_EQ(wrt_sched_run(w.q, t += 333, &w.err), WRT_OK);
        CHECK_EQ(wrt_sched_mode(w.q, WRT_MODE_NORMAL), WRT_OK);
        CHECK_EQ(wrt_sched_run(w.q, t += 1004, &w.err), WRT_OK);
        CHECK_EQ(wrt_sched_stats_get(w.q, WRT_SCHED_NOBODY, &st), WRT_OK);
        if (w.count > 60000) w.count = 0;
    }
    CHECK_EQ(wrt_sched_run(w.q, t += 5000, &w.err), WRT_OK);
    CHECK_EQ(w.heap.live_bytes, live);
    CHECK_EQ(wrt_sched_stats_get(w.q, WRT_SCHED_NOBODY, &st), WRT_OK);
    CHECK(st.raises >= 10000 && st.returns >= 10000);
    CHECK_EQ(st.mode, WRT_MODE_NORMAL);
    set_close(&w);
}
