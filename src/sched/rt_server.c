/* rt_server: what several tasks may spend together. Hard constant bandwidth (Abeni and Buttazzo 1998) for the
 * policies by deadline, sporadic servers for those by priority; a member of an exhausted server is not ready.
 * Must not know who runs. docs/scheduling.md, "Servers". */
#include "sched/rt.h"

/* a * b >= c * d, exactly. */
static bool server_product_reaches(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t x[2], y[2], p[4] = { a, b, c, d };
    for (int i = 0; i < 2; i++) {
        uint64_t al = (uint32_t)p[2 * i], ah = p[2 * i] >> 32;
        uint64_t bl = (uint32_t)p[2 * i + 1], bh = p[2 * i + 1] >> 32;
        uint64_t low = al * bl, m1 = ah * bl, m2 = al * bh;
        uint64_t mid = (low >> 32) + (uint32_t)m1 + (uint32_t)m2;
        x[i] = ah * bh + (m1 >> 32) + (m2 >> 32) + (mid >> 32);
        y[i] = mid << 32 | (uint32_t)low;
    }
    return x[0] != x[1] ? x[0] > x[1] : y[0] >= y[1];
}

static void server_arm(struct wrt__rt *rt, struct rt_server *s)
{
    uint64_t at = RT_NEVER;
    if (s->o.kind == WRT__RT_SPORADIC) {
        if (s->pending_count) at = s->pending[0].at;
    } else if (s->exhausted) {
        at = wrt__max_u64(s->deadline, rt->at);
    }
    wrt__rt_heap_time(&rt->refills, (uint32_t)(s - rt->servers), at);
}

/* `fuel` comes back `after` the time `since`, or at once when that has passed. */
static void server_plan(struct wrt__rt *rt, struct rt_server *s, uint64_t since, uint64_t fuel)
{
    uint64_t at = wrt__max_u64(rt_add(since, s->o.period_ns), rt->at);
    if (s->pending_count == WRT__RT_REPLENISHMENTS) {
        struct rt_refill *last = &s->pending[WRT__RT_REPLENISHMENTS - 1];
        last->at = at;
        last->fuel += fuel;
    } else {
        s->pending[s->pending_count++] = (struct rt_refill){ at, fuel };
    }
    server_arm(rt, s);
}

static void server_span_begin(struct wrt__rt *rt, struct rt_server *s)
{
    s->span = true;
    s->span_at = rt->at;
    s->span_fuel = 0;
}

static void server_span_end(struct wrt__rt *rt, struct rt_server *s)
{
    if (s->span && s->span_fuel) server_plan(rt, s, s->span_at, s->span_fuel);
    s->span = false;
    s->span_fuel = 0;
}

/* The first member became ready. */
static void server_arrival(struct wrt__rt *rt, struct rt_server *s)
{
    if (s->exhausted) return;
    if (s->o.kind == WRT__RT_SPORADIC) {
        server_span_begin(rt, s);
        return;
    }
    if (s->deadline > rt->at
        && !server_product_reaches(s->fuel, s->o.period_ns, s->deadline - rt->at, s->o.fuel))
        return;
    s->fuel = s->o.fuel;
    s->deadline = rt_add(rt->at, s->o.period_ns);
    s->moved = rt->servers_moved = true;
}

void wrt__rt_server_able(struct wrt__rt *rt, struct rt_task *t, bool able)
{
    struct rt_server *s = rt_server_of(rt, t);
    if (able) {
        if (s->able++ == 0) server_arrival(rt, s);
        return;
    }
    WRT_ASSERT(s->able > 0);
    if (--s->able == 0 && s->o.kind == WRT__RT_SPORADIC) server_span_end(rt, s);
}

void wrt__rt_server_spend(struct wrt__rt *rt, struct rt_task *t, uint64_t fuel)
{
    struct rt_server *s = rt_server_of(rt, t);
    fuel = wrt__min_u64(fuel, s->fuel);
    s->fuel -= fuel;
    if (s->o.kind == WRT__RT_SPORADIC) s->span_fuel += fuel;
}

static void server_settle_members(struct wrt__rt *rt, const struct rt_server *s)
{
    for (uint32_t i = s->members; i != WRT__RT_NONE; i = rt->tasks[i].next_member) {
        if (rt->tasks[i].has_job) wrt__rt_settle(rt, &rt->tasks[i]);
    }
}

void wrt__rt_server_exhausted(struct wrt__rt *rt, struct rt_task *t)
{
    struct rt_server *s = rt_server_of(rt, t);
    WRT_ASSERT(!s->exhausted);
    s->exhausted = true;
    rt->totals.exhausted++;
    wrt__rt_say(rt, t, WRT__RT_EXHAUSTED, WRT__RT_BY_REPORT);
    if (s->o.kind == WRT__RT_SPORADIC) {
        server_span_end(rt, s);
        /* A block that is larger than all that the server may ever hold: it is tried once in a period. */
        if (!s->pending_count) server_plan(rt, s, rt->at, 0);
    }
    server_arm(rt, s);
    server_settle_members(rt, s);
}

static void server_take_due(struct wrt__rt *rt, struct rt_server *s)
{
    uint32_t due = 0;
    while (due < s->pending_count && s->pending[due].at <= rt->at) {
        s->fuel = wrt__min_u64(s->o.fuel, rt_add(s->fuel, s->pending[due++].fuel));
    }
    s->pending_count -= due;
    memmove(s->pending, s->pending + due, s->pending_count * sizeof s->pending[0]);
    server_span_end(rt, s); /* what is spent from now on comes back a period from now */
    if (s->able) server_span_begin(rt, s);
}

void wrt__rt_server_refill(struct wrt__rt *rt, uint32_t server)
{
    struct rt_server *s = &rt->servers[server];
    struct wrt__rt_news *news;
    if (s->o.kind == WRT__RT_SPORADIC) {
        server_take_due(rt, s);
    } else {
        s->fuel = s->o.fuel;
        s->deadline = rt_add(s->deadline, s->o.period_ns);
    }
    s->exhausted = false;
    rt->totals.replenished++;
    news = wrt__rt_say(rt, NULL, WRT__RT_REPLENISHED, WRT__RT_BY_REPORT);
    news->server = server;
    news->fuel = s->fuel;
    server_arm(rt, s);
    server_settle_members(rt, s);
}

void wrt__rt_servers_settle(struct wrt__rt *rt)
{
    rt->servers_moved = false;
    for (uint32_t i = 0; i < rt->servers_count; i++) {
        if (!rt->servers[i].moved) continue;
        rt->servers[i].moved = false;
        server_settle_members(rt, &rt->servers[i]);
    }
}
