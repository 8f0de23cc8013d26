/* realtime: a schedule is made, its figures, its audit. Owns the layout of the memory that is given. The
 * rules are in the files that rt.h lists. docs/scheduling.md. */
#include "sched/rt.h"

/* ---- options ---------------------------------------------------------------------------------------- */

void wrt__rt_opts_init(struct wrt__rt_opts *o)
{
    *o = (struct wrt__rt_opts){ .policy = WRT__RT_RM_EDF, .protocol = WRT__RT_INHERITANCE, .hybrid = true,
        .mode_switching = true, .quantum_fuel = 1000, .miss_threshold = 1, .return_after = 10 };
}

void wrt__rt_task_opts_init(struct wrt__rt_task_opts *o)
{
    *o = (struct wrt__rt_task_opts){ .fuel = { WRT__RT_NO_LIMIT, WRT__RT_NO_LIMIT, WRT__RT_NO_LIMIT },
        .degrade = 1,
        .server = WRT__RT_NONE,
        .instance = WRT__RT_NONE,
        .weight = 1,
        .priority = 128,
        .band = WRT__RT_DERIVE,
        .enforce = true,
        .monitor = true };
}

static wrt_status make_wrong(wrt_error *err, const char *what)
{
    return wrt__fail(err, WRT_E_ARG, WRT__W_RT_OPTION, WRT__NO_OFFSET, "%s is out of range", what);
}

static wrt_status make_full(wrt_error *err, const char *table)
{
    return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_RT_OPTION, table, "no room for more %s", table);
}

/* NULL: all is well. */
static const char *make_check(const struct wrt__rt_opts *o)
{
    if (o->policy >= WRT__RT_POLICIES) return "policy";
    if (o->protocol > WRT__RT_CEILING) return "protocol";
    if (o->tasks_max > WRT__RT_TASKS_MAX) return "tasks";
    if (o->servers_max > WRT__RT_SERVERS_MAX) return "servers";
    if (o->slots_max > WRT__RT_TASKS_MAX) return "slots";
    if (o->instances_max > WRT__RT_TASKS_MAX) return "instances";
    if (o->quantum_fuel == 0) return "quantum";
    if (o->miss_threshold > WRT__RT_MISS_THRESHOLD_MAX) return "miss-threshold";
    return NULL;
}

static const char *make_check_task(const struct wrt__rt *rt, const struct wrt__rt_task_opts *o)
{
    bool strict = o->level >= WRT__RT_C;
    if (o->level >= WRT__RT_LEVELS) return "level";
    if (strict && o->period_ns && o->deadline_ns > o->period_ns) return "deadline";
    if (o->fuel[0] > o->fuel[1] || o->fuel[1] > o->fuel[2]) return "fuel";
    if (o->server != WRT__RT_NONE && o->server >= rt->servers_count) return "server";
    if (o->instance != WRT__RT_NONE && o->instance >= rt->o.instances_max) return "instance";
    if (o->weight == 0) return "weight";
    if (o->band != WRT__RT_DERIVE && o->band >= WRT__RT_BANDS_MAX) return "band";
    if (o->on_overrun > WRT__RT_OVERRUN_TRAP) return "on-overrun";
    if (strict && o->on_overrun == WRT__RT_OVERRUN_EXTEND) return "on-overrun";
    if (o->on_late > WRT__RT_LATE_QUEUE) return "on-late";
    if (o->on_drop > WRT__RT_DROP_DEGRADE) return "on-drop";
    if (o->degrade == 0) return "degrade";
    return NULL;
}

/* ---- memory ----------------------------------------------------------------------------------------- */

/* Walks through the memory; without memory it only counts. */
struct make_layout {
    char *base;
    size_t used;
};

static void *make_take(struct make_layout *l, size_t count, size_t bytes)
{
    void *p = l->base ? l->base + l->used : NULL;
    l->used += (count * bytes + 15) & ~(size_t)15;
    return p;
}

static void make_take_heap(struct make_layout *l, struct rt_heap *h, size_t n)
{
    h->items = make_take(l, n, sizeof *h->items);
    h->pos = make_take(l, n, sizeof *h->pos);
    h->count = 0;
    for (size_t i = 0; l->base && i < n; i++) h->pos[i] = WRT__RT_NONE;
}

static void make_take_all(struct make_layout *l, const struct wrt__rt_opts *o, struct wrt__rt *rt)
{
    rt->tasks = make_take(l, o->tasks_max, sizeof *rt->tasks);
    rt->servers = make_take(l, o->servers_max, sizeof *rt->servers);
    rt->slots = make_take(l, o->slots_max, sizeof *rt->slots);
    rt->instances = make_take(l, o->instances_max, sizeof *rt->instances);
    rt->misses = make_take(l, 2 * (size_t)o->miss_threshold + 1, sizeof *rt->misses);
    make_take_heap(l, &rt->ready, o->tasks_max);
    make_take_heap(l, &rt->releases, o->tasks_max);
    make_take_heap(l, &rt->deadlines, o->tasks_max);
    make_take_heap(l, &rt->refills, o->servers_max);
}

/* The limits keep every sum far below what a size of 32 bits can say, but for the largest of them. */
static size_t make_size(const struct wrt__rt_opts *o)
{
    struct make_layout l = { NULL, 0 };
    struct wrt__rt rt;
    uint64_t rough = (uint64_t)o->tasks_max * (sizeof(struct rt_task) + 4 * sizeof(struct rt_item))
        + (uint64_t)o->servers_max * 512 + ((uint64_t)o->slots_max + o->instances_max) * 128 + 65536;
    if (rough > SIZE_MAX / 2) return 0;
    make_take(&l, 1, sizeof(struct wrt__rt));
    make_take_all(&l, o, &rt);
    return l.used;
}

size_t wrt__rt_size(const struct wrt__rt_opts *o)
{
    return make_check(o) ? 0 : make_size(o);
}

wrt_status wrt__rt_init(
    struct wrt__rt **out, const struct wrt__rt_opts *o, void *memory, size_t bytes, wrt_error *err)
{
    const char *wrong = make_check(o);
    struct make_layout l = { memory, 0 };
    struct wrt__rt *rt;
    size_t size;
    if (wrong) return make_wrong(err, wrong);
    size = make_size(o);
    if (!size || bytes < size) {
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_RT_OPTION, WRT__NO_OFFSET, "a schedule needs %lu bytes",
            (uint64_t)size);
    }
    memset(memory, 0, size);
    rt = make_take(&l, 1, sizeof *rt);
    rt->o = *o;
    make_take_all(&l, o, rt);
    for (uint32_t i = 0; i < o->instances_max; i++) {
        rt->instances[i].owner = rt->instances[i].next = WRT__RT_NONE;
        rt->instances[i].next_used = rt->instances[i].prev_used = WRT__RT_NONE;
    }
    rt->used_instances = rt->running = rt->slot_task = WRT__RT_NONE;
    rt->wanted_mode = WRT__RT_MODES;
    rt->hyperperiod = rt->return_wait = rt->miss_window = RT_NEVER;
    rt->lends = o->protocol != WRT__RT_NO_PROTOCOL
        && (o->policy == WRT__RT_PRIORITY || o->policy == WRT__RT_RM || o->policy == WRT__RT_EDF
            || o->policy == WRT__RT_RM_EDF);
    rt->has_ceilings = rt->lends && o->protocol == WRT__RT_CEILING;
    *out = rt;
    return WRT_OK;
}

/* ---- what it consists of ---------------------------------------------------------------------------- */

wrt_status wrt__rt_server(
    struct wrt__rt *rt, const struct wrt__rt_server_opts *o, uint32_t *server, wrt_error *err)
{
    struct rt_server *s;
    bool deadlines = rt->o.policy == WRT__RT_EDF || rt->o.policy == WRT__RT_RM_EDF;
    bool priorities = rt->o.policy == WRT__RT_PRIORITY || rt->o.policy == WRT__RT_RM;
    if (rt->is_started) return WRT_E_STATE;
    if (o->kind > WRT__RT_SPORADIC) return make_wrong(err, "kind");
    if (!o->fuel) return make_wrong(err, "fuel");
    if (!o->period_ns) return make_wrong(err, "period");
    if (o->kind == WRT__RT_CBS ? !deadlines : !priorities) {
        return wrt__fail(err, WRT_E_UNSUPPORTED, WRT__W_RT_OPTION, WRT__NO_OFFSET,
            "this policy has no servers of this kind");
    }
    if (rt->servers_count == rt->o.servers_max) return make_full(err, "servers");
    *server = rt->servers_count++;
    s = &rt->servers[*server];
    s->o = *o;
    s->members = WRT__RT_NONE;
    if (o->kind == WRT__RT_SPORADIC) s->fuel = o->fuel;
    return WRT_OK;
}

static void make_task(struct wrt__rt *rt, struct rt_task *t, const struct wrt__rt_task_opts *o)
{
    memset(t, 0, sizeof *t);
    t->o = *o;
    if (o->level >= WRT__RT_C) t->o.enforce = t->o.monitor = true;
    t->used = true;
    t->band = wrt__rt_band(rt, o);
    t->stats.start_min_ns = UINT64_MAX;
    t->waits_for = t->first_waiter = t->next_waiter = t->prev_waiter = WRT__RT_NONE;
    t->wait_instance = t->instances = t->next_member = WRT__RT_NONE;
    rt->totals.tasks++;
    if (o->server != WRT__RT_NONE) {
        t->next_member = rt->servers[o->server].members;
        rt->servers[o->server].members = rt_number(rt, t);
    }
    if (o->instance != WRT__RT_NONE) wrt__rt_ceiling_fold(rt, t, o->instance);
}

wrt_status wrt__rt_add(struct wrt__rt *rt, const struct wrt__rt_task_opts *o, uint32_t *task, wrt_error *err)
{
    const char *wrong = make_check_task(rt, o);
    uint32_t i = 0;
    if (wrong) return make_wrong(err, wrong);
    if (rt->totals.tasks == rt->tasks_count) {
        i = rt->tasks_count;
    } else {
        while (rt->tasks[i].used) i++;
    }
    if (i == rt->o.tasks_max) return make_full(err, "tasks");
    if (i == rt->tasks_count) {
        if (rt->sweep == rt->tasks_count) rt->sweep++;
        rt->tasks_count++;
    }
    make_task(rt, &rt->tasks[i], o);
    *task = i;
    return WRT_OK;
}

wrt_status wrt__rt_slot(struct wrt__rt *rt, uint64_t at_ns, uint64_t length_ns, uint32_t task, wrt_error *err)
{
    uint64_t free_from = 0;
    if (rt->is_started) return WRT_E_STATE;
    if (rt->o.policy != WRT__RT_TABLE) return make_wrong(err, "policy");
    if (task >= rt->tasks_count) return make_wrong(err, "task");
    if (rt->slots_count) {
        const struct rt_slot *last = &rt->slots[rt->slots_count - 1];
        free_from = last->at + last->length;
    }
    if (!length_ns || rt_add(at_ns, length_ns) == RT_NEVER) return make_wrong(err, "length");
    if (at_ns < free_from) return make_wrong(err, "at");
    if (rt->slots_count == rt->o.slots_max) return make_full(err, "slots");
    rt->slots[rt->slots_count++] = (struct rt_slot){ at_ns, length_ns, 0, task };
    rt->tasks[task].has_slot = true;
    return WRT_OK;
}

wrt_status wrt__rt_cycle(struct wrt__rt *rt, uint64_t cycle_ns, wrt_error *err)
{
    const struct rt_slot *last;
    if (rt->is_started) return WRT_E_STATE;
    if (!rt->slots_count) return make_wrong(err, "slots");
    last = &rt->slots[rt->slots_count - 1];
    if (cycle_ns < last->at + last->length) return make_wrong(err, "cycle");
    rt->cycle = cycle_ns;
    return WRT_OK;
}

wrt_status wrt__rt_uses(struct wrt__rt *rt, uint32_t task, uint32_t instance)
{
    if (rt->is_started) return WRT_E_STATE;
    if (task >= rt->tasks_count || instance >= rt->o.instances_max) return WRT_E_ARG;
    if (rt->tasks[task].o.instance != instance) wrt__rt_ceiling_fold(rt, &rt->tasks[task], instance);
    return WRT_OK;
}

/* ---- time begins ------------------------------------------------------------------------------------ */

static void make_begin(struct wrt__rt *rt, struct rt_task *t, uint64_t now)
{
    uint64_t at = rt_add(now, t->o.offset_ns);
    t->begun = true;
    t->last_release = at;
    if (t->o.period_ns && !t->has_slot) wrt__rt_heap_time(&rt->releases, rt_number(rt, t), at);
}

wrt_status wrt__rt_start(struct wrt__rt *rt, uint64_t now, wrt_error *err)
{
    if (rt->is_started) return WRT_E_STATE;
    if (rt->slots_count && !rt->cycle) return make_wrong(err, "cycle");
    for (uint32_t i = 0; i < rt->tasks_count; i++) {
        const struct rt_task *t = &rt->tasks[i];
        if (rt->o.policy == WRT__RT_TABLE && t->used && !t->has_slot && t->o.level != WRT__RT_QM) {
            return make_wrong(err, "level of a task without slots");
        }
    }
    rt->is_started = true;
    rt->now = rt->at = rt->origin = rt->slot_base = rt->fault_at = now;
    rt->sweep = rt->tasks_count;
    wrt__rt_hyperperiod(rt);
    for (uint32_t i = 0; i < rt->tasks_count; i++) {
        if (rt->tasks[i].used) make_begin(rt, &rt->tasks[i], now);
    }
    return WRT_OK;
}

wrt_status wrt__rt_begin(struct wrt__rt *rt, uint32_t task, uint64_t now)
{
    struct rt_task *t;
    if (task >= rt->tasks_count) return WRT_E_ARG;
    t = &rt->tasks[task];
    if (!rt->is_started || !t->used || t->begun) return WRT_E_STATE;
    if (rt->o.policy == WRT__RT_TABLE && t->o.level != WRT__RT_QM) return WRT_E_STATE;
    rt->now = wrt__max_u64(rt->now, now);
    make_begin(rt, t, rt->now);
    wrt__rt_hyperperiod(rt);
    return WRT_OK;
}

static void make_leave_server(struct wrt__rt *rt, struct rt_task *t)
{
    uint32_t *link;
    if (t->o.server == WRT__RT_NONE) return;
    link = &rt->servers[t->o.server].members;
    while (*link != rt_number(rt, t)) link = &rt->tasks[*link].next_member;
    *link = t->next_member;
}

wrt_status wrt__rt_remove(struct wrt__rt *rt, uint32_t task, uint64_t now)
{
    struct rt_task *t;
    if (task >= rt->tasks_count || !rt->tasks[task].used) return WRT_E_ARG;
    t = &rt->tasks[task];
    if (t->has_slot) return WRT_E_STATE;
    rt->now = wrt__max_u64(rt->now, now);
    rt->at = rt->now;
    if (rt->running == task) {
        rt->running = WRT__RT_NONE;
        rt->holds = rt->picked = false;
        rt->unsettled = true;
    }
    t->has_queued = false;
    if (t->has_job) wrt__rt_forget_job(rt, t);
    while (
        t->first_waiter != WRT__RT_NONE) { /* their owner has left the schedule: somebody else wakes them */
        struct rt_task *w = &rt->tasks[t->first_waiter];
        wrt__rt_wait_link(rt, w, w->wait, WRT__RT_NONE, w->wait_instance);
    }
    wrt__rt_arm_deadline(rt, t);
    wrt__rt_heap_time(&rt->releases, task, RT_NEVER);
    make_leave_server(rt, t);
    t->used = t->begun = false;
    rt->totals.tasks--;
    wrt__rt_hyperperiod(rt);
    return WRT_OK;
}

/* ---- figures ---------------------------------------------------------------------------------------- */

static const struct rt_task *make_find(const struct wrt__rt *rt, uint32_t task)
{
    return task < rt->tasks_count && rt->tasks[task].used ? &rt->tasks[task] : NULL;
}

const struct wrt__rt_stats *wrt__rt_stats(const struct wrt__rt *rt, uint32_t task)
{
    const struct rt_task *t = make_find(rt, task);
    return t ? &t->stats : NULL;
}

const struct wrt__rt_task_opts *wrt__rt_task(const struct wrt__rt *rt, uint32_t task)
{
    const struct rt_task *t = make_find(rt, task);
    return t ? &t->o : NULL;
}

void wrt__rt_totals(const struct wrt__rt *rt, struct wrt__rt_totals *out)
{
    *out = rt->totals;
}

uint32_t wrt__rt_unfinished(const struct wrt__rt *rt)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < rt->tasks_count; i++) {
        n += rt->tasks[i].has_job;
        n += rt->tasks[i].has_queued;
    }
    return n;
}

static uint8_t make_state(const struct wrt__rt *rt, const struct rt_task *t)
{
    if (!t->has_job) return WRT__RT_NO_JOB;
    if (rt->running == rt_number(rt, t)) return WRT__RT_RUNNING;
    if (t->wait != RT_WAIT_NOT) return t->wait == RT_WAIT_HOST ? WRT__RT_BLOCKED : WRT__RT_LOCKED;
    return t->able ? WRT__RT_READY : WRT__RT_SUSPENDED;
}

bool wrt__rt_job(const struct wrt__rt *rt, uint32_t task, struct wrt__rt_job *out)
{
    const struct rt_task *t = make_find(rt, task);
    const struct rt_server *server;
    if (!t) return false;
    server = rt_server_of(rt, t);
    *out = (struct wrt__rt_job){ .job = t->job.number,
        .release = t->job.release,
        .deadline = t->job.deadline,
        .fuel = t->fuel,
        .fuel_left = wrt__rt_fuel_left(rt, t),
        .blocker = t->waits_for,
        .state = make_state(rt, t),
        .started = t->started,
        .missed = t->job.missed,
        .dropped = t->dropped,
        .queued = t->has_queued,
        .throttled = server && server->exhausted };
    return true;
}

const char *wrt__rt_kind_name(enum wrt__rt_kind kind)
{
    static const char *const names[WRT__RT_KINDS] = { "release", "skip", "continue", "start", "slice-begin",
        "slice-end", "done", "failed", "abort", "miss", "overrun", "suspend", "mode", "exhausted",
        "replenished" };
    return kind < WRT__RT_KINDS ? names[kind] : "?";
}
