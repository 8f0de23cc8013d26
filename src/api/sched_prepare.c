/* api/sched_prepare: the end of a task set's making (include/wrt/sched.h, wrt_sched_prepare). Builds the
 * schedule of every core and the tasks that run the jobs, and reserves what running will need. */
#include "api/set.h"

enum { PREPARE_MISSES_MOST = WRT__RT_MISS_THRESHOLD_MAX };

static wrt_status prepare_no_room(wrt_error *err, const char *table)
{
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, table, "no room for the task set: %s", table);
}

/* ---- options of the schedule ------------------------------------------------------------------------ */

static uint8_t prepare_policy(wrt_policy p)
{
    static const uint8_t policies[] = { [WRT_ROUND_ROBIN] = WRT__RT_ROUND_ROBIN,
        [WRT_COOPERATIVE] = WRT__RT_COOPERATIVE,
        [WRT_FIXED_PRIORITY] = WRT__RT_PRIORITY,
        [WRT_RATE_MONOTONIC] = WRT__RT_RM,
        [WRT_EDF] = WRT__RT_EDF,
        [WRT_RM_EDF] = WRT__RT_RM_EDF,
        [WRT_TIME_TRIGGERED] = WRT__RT_TABLE };
    return policies[p];
}

static void prepare_opts(const wrt_sched *s, const struct wrt__core *c, struct wrt__rt_opts *o)
{
    wrt__rt_opts_init(o);
    o->tasks_max = c->jobs_count;
    for (uint32_t i = 0; i < s->servers_count; i++) o->servers_max += s->servers[i].o.core == c->number;
    for (uint32_t i = 0; i < s->slots_count; i++) o->slots_max += s->slots[i].core == c->number;
    if (c->x) o->instances_max = c->x->core->instances_count;
    o->policy = prepare_policy(s->opts.policy);
    o->protocol = WRT__RT_INHERITANCE;
    if (s->opts.no_inheritance) o->protocol = WRT__RT_NO_PROTOCOL;
    if (s->opts.ceiling) o->protocol = WRT__RT_CEILING;
    o->hybrid = !s->opts.no_hybrid;
    o->mode_switching = !s->opts.no_mode_switching;
    o->quantum_fuel = s->opts.quantum_fuel;
    o->miss_threshold = s->opts.miss_threshold;
    o->catch_up = s->opts.virtual_time ? 0 : WRT__RT_CATCH_UP;
    o->return_after = s->opts.return_after;
}

/* The instance that a job stands in from its start to its end. */
static struct wrt_instance *prepare_instance(const struct wrt__set_task *t)
{
    return t->o.func ? t->o.func->store->funcs[t->o.func->index].instance : NULL;
}

static bool prepare_has_slot(const wrt_sched *s, uint32_t task)
{
    for (uint32_t i = 0; i < s->slots_count; i++) {
        if (s->slots[i].task == task) return true;
    }
    return false;
}

static void prepare_task_opts(
    const wrt_sched *s, uint32_t number, const uint32_t *server_numbers, struct wrt__rt_task_opts *o)
{
    const struct wrt__set_task *t = &s->tasks[number];
    const struct wrt_instance *i = prepare_instance(t);
    bool slotted = s->opts.policy == WRT_TIME_TRIGGERED && prepare_has_slot(s, number);
    wrt__rt_task_opts_init(o);
    o->period_ns = slotted ? 0 : t->o.period_ns;
    o->separation_ns = t->o.separation_ns;
    o->deadline_ns = t->o.deadline_ns;
    if (s->opts.policy == WRT_TIME_TRIGGERED && !slotted && o->deadline_ns == 0)
        o->deadline_ns = t->o.period_ns;
    o->offset_ns = slotted ? 0 : t->o.offset_ns;
    for (uint32_t m = 0; m < WRT_MODES; m++) o->fuel[m] = t->o.fuel[m];
    o->extend_percent = t->o.extend_percent;
    o->degrade = t->o.degrade ? t->o.degrade : 1;
    o->server = t->o.in_server ? server_numbers[t->o.server] : WRT__RT_NONE;
    o->instance = i ? i->number : WRT__RT_NONE;
    o->weight = t->o.weight;
    o->level = (uint8_t)t->o.level;
    o->priority = t->o.priority;
    o->band = t->o.band_set ? t->o.band : WRT__RT_DERIVE;
    o->on_overrun = (uint8_t)t->o.on_overrun;
    o->on_late = (uint8_t)t->o.on_late;
    o->on_drop = (uint8_t)t->o.on_drop;
    o->np = t->o.np;
    o->enforce = !s->opts.no_enforcement;
    o->monitor = !s->opts.no_monitoring;
}

/* ---- one core ----------------------------------------------------------------------------------------- */

/* Number on the core of each server of the set; scratch[] has servers_count entries. c->servers: backwards.
 */
static wrt_status prepare_servers(
    wrt_sched *s, struct wrt__core *c, uint32_t *scratch, uint32_t *back, wrt_error *err)
{
    for (uint32_t i = 0; i < s->servers_count; i++) {
        const wrt_sched_server_opts *o = &s->servers[i].o;
        struct wrt__rt_server_opts r = { .kind = o->kind == WRT_SERVER_CBS ? WRT__RT_CBS : WRT__RT_SPORADIC,
            .priority = o->priority,
            .fuel = o->fuel,
            .period_ns = o->period_ns };
        wrt_status status;
        scratch[i] = WRT__RT_NONE;
        if (o->core != c->number) continue;
        status = wrt__rt_server(c->rt, &r, &scratch[i], err);
        if (status != WRT_OK) return status;
        back[scratch[i]] = i;
    }
    c->servers = back;
    return WRT_OK;
}

static wrt_status prepare_tasks(wrt_sched *s, struct wrt__core *c, const uint32_t *servers, wrt_error *err)
{
    for (uint32_t i = 0; i < s->tasks_count; i++) {
        struct wrt__set_task *t = &s->tasks[i];
        struct wrt__rt_task_opts o;
        struct wrt__job *j;
        uint32_t place;
        wrt_status status;
        if (t->o.core != c->number) continue;
        prepare_task_opts(s, i, servers, &o);
        status = wrt__rt_add(c->rt, &o, &place, err);
        if (status != WRT_OK) {
            wrt__error_where(err, "task %u \"%s\"", i, t->name);
            return status;
        }
        WRT_ASSERT(place == t->place);
        j = &c->jobs[place];
        j->core = c;
        j->place = place;
        j->number = i;
        j->args = t->args;
        j->response_min = UINT64_MAX;
        j->func = t->o.func ? t->o.func->index : UINT32_MAX;
        if (!c->x) continue;
        status = wrt__job_prepare(
            j, c->x, (wrt_str){ t->name, wrt__str_len(t->name) }, t->o.stack_bytes, err);
        if (status != WRT_OK) return status;
    }
    return WRT_OK;
}

static wrt_status prepare_slots(wrt_sched *s, struct wrt__core *c, wrt_error *err)
{
    bool any = false;
    for (uint32_t i = 0; i < s->slots_count; i++) {
        const struct wrt__set_slot *slot = &s->slots[i];
        wrt_status status;
        if (slot->core != c->number) continue;
        status = wrt__rt_slot(c->rt, slot->at, slot->length, s->tasks[slot->task].place, err);
        if (status != WRT_OK) return status;
        any = true;
    }
    return any ? wrt__rt_cycle(c->rt, s->opts.cycle_ns, err) : WRT_OK;
}

static wrt_status prepare_core(
    wrt_sched *s, struct wrt__core *c, uint32_t *scratch, uint32_t *back, wrt_error *err)
{
    struct wrt__rt_opts o;
    wrt_status status;
    prepare_opts(s, c, &o);
    c->memory_bytes = wrt__rt_size(&o);
    if (c->memory_bytes == 0) {
        return wrt__fail_table(
            err, WRT_E_ARG, WRT__W_SET_FIELD, "tasks", "core %u: the schedule is too large", c->number);
    }
    c->memory = wrt__alloc(c->alloc, c->memory_bytes, WRT_TAG_TASK);
    if (!c->memory) return prepare_no_room(err, "schedule");
    status = wrt__rt_init(&c->rt, &o, c->memory, c->memory_bytes, err);
    if (status == WRT_OK) status = prepare_servers(s, c, scratch, back, err);
    if (status == WRT_OK) status = prepare_tasks(s, c, scratch, err);
    if (status == WRT_OK) status = prepare_slots(s, c, err);
    return status;
}

/* ---- ceilings -------------------------------------------------------------------------------------------
 */

/* Which instances can a call out of `i` lead into directly? Those of imported functions, and those with which
 * it shares a table. */
static bool prepare_reaches(const struct wrt_instance *i, const struct wrt_instance *other)
{
    for (uint32_t k = 0; k < i->module->funcs_imported; k++) {
        if (i->store->funcs[i->func_refs[k]].instance == other) return true;
    }
    for (uint32_t k = 0; k < i->module->tables_count; k++) {
        for (uint32_t n = 0; n < other->module->tables_count; n++) {
            if (i->tables[k] == other->tables[n]) return true;
        }
    }
    return false;
}

/* Marks everything that jobs of `from` can stand in: mark[n] for instance number n. */
static void prepare_closure(struct wrt__store *store, const struct wrt_instance *from, uint8_t *mark)
{
    bool more = true;
    memset(mark, 0, store->instances_count);
    mark[from->number] = 1;
    while (more) {
        more = false;
        for (const struct wrt_instance *i = store->instances; i; i = i->next) {
            for (const struct wrt_instance *o = store->instances; mark[i->number] && o; o = o->next) {
                if (mark[o->number] || !prepare_reaches(i, o)) continue;
                mark[o->number] = 1;
                more = true;
            }
        }
    }
}

static wrt_status prepare_ceilings(wrt_sched *s, struct wrt__core *c, wrt_error *err)
{
    struct wrt__store *store = c->x->core;
    uint8_t *mark = wrt__alloc(c->alloc, store->instances_count, WRT_TAG_TASK);
    wrt_status status = WRT_OK;
    if (!mark) return prepare_no_room(err, "ceilings");
    for (uint32_t t = 0; t < s->tasks_count && status == WRT_OK; t++) {
        const struct wrt_instance *from = prepare_instance(&s->tasks[t]);
        if (!from || s->tasks[t].o.core != c->number) continue;
        prepare_closure(store, from, mark);
        for (struct wrt_instance *i = store->instances; i && status == WRT_OK; i = i->next) {
            if (i == from || !mark[i->number]) continue;
            status = wrt__rt_uses(c->rt, s->tasks[t].place, i->number);
            wrt__core_watch(c, i);
        }
    }
    wrt__free(c->alloc, mark, store->instances_count, WRT_TAG_TASK);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------------------
 */

static wrt_status prepare_reserve(struct wrt__executor *x, wrt_error *err)
{
    if (wrt__inbox_reserve(x->inbox) != WRT_OK) return prepare_no_room(err, "completions");
    if (!wrt__heap_reserve(&x->timers)) return prepare_no_room(err, "timers");
    if (!wrt__slots_reserve(&x->watches)) return prepare_no_room(err, "watches");
    return WRT_OK;
}

static wrt_status prepare_check(const wrt_sched *s, wrt_error *err)
{
    if (s->tasks_count == 0)
        return wrt__fail_table(err, WRT_E_ARG, WRT__W_SET_FIELD, "tasks", "the task set is empty");
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        if (!s->cores[i].lost) continue;
        return wrt__fail(
            err, WRT_E_STATE, WRT__W_SET_STATE, WRT__NO_OFFSET, "the store of core %u was freed", i);
    }
    return WRT_OK;
}

static wrt_status prepare_all(wrt_sched *s, uint32_t *scratch, wrt_error *err)
{
    uint32_t jobs = 0, servers = 0;
    wrt_status status = WRT_OK;
    for (uint32_t i = 0; i < s->opts.cores && status == WRT_OK; i++) {
        struct wrt__core *c = &s->cores[i];
        c->jobs = &s->jobs[jobs];
        if (c->jobs_count == 0) continue;
        status = prepare_core(s, c, scratch, s->server_numbers ? &s->server_numbers[servers] : NULL, err);
        if (status == WRT_OK && c->x && s->opts.ceiling) status = prepare_ceilings(s, c, err);
        if (status == WRT_OK && c->x) status = prepare_reserve(c->x, err);
        jobs += c->jobs_count;
        for (uint32_t k = 0; k < s->servers_count; k++) servers += s->servers[k].o.core == i;
    }
    return status;
}

/* Back to a set that is being made. */
static void prepare_undo(wrt_sched *s)
{
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        struct wrt__core *c = &s->cores[i];
        struct wrt__executor *x = c->x;
        wrt__core_release(c);
        wrt__core_fini(c);
        c->jobs = NULL;
        if (!x) continue;
        c->lost = false;
        wrt__core_claim(c, x);
    }
    wrt__free(&s->engine->alloc, s->jobs, s->tasks_count * sizeof *s->jobs, WRT_TAG_TASK);
    wrt__free(
        &s->engine->alloc, s->server_numbers, s->servers_count * sizeof *s->server_numbers, WRT_TAG_TASK);
    s->jobs = NULL;
    s->server_numbers = NULL;
}

/* Now, because it takes milliseconds. */
static void prepare_lock(wrt_sched *s)
{
    wrt_status status;
    if (!s->opts.lock_memory || s->opts.virtual_time) return;
    status = wrt__port_lock_memory();
    for (uint32_t i = 0; i < s->opts.cores; i++) s->cores[i].locked = status;
}

wrt_status wrt_sched_prepare(wrt_sched *s, wrt_error *err)
{
    const wrt_alloc *a = &s->engine->alloc;
    size_t server_bytes = s->servers_count * sizeof *s->server_numbers;
    uint32_t *scratch = NULL;
    wrt_status status = wrt__engine_open(s->engine, err);
    if (status != WRT_OK || s->phase == WRT__SET_READY) return status;
    status = prepare_check(s, err);
    if (status != WRT_OK) return status;
    s->jobs = wrt__alloc_zero(a, s->tasks_count * sizeof *s->jobs, WRT_TAG_TASK);
    if (server_bytes) {
        s->server_numbers = wrt__alloc_zero(a, server_bytes, WRT_TAG_TASK);
        scratch = wrt__alloc_zero(a, server_bytes, WRT_TAG_TASK);
    }
    status = !s->jobs || (server_bytes && (!s->server_numbers || !scratch)) ? prepare_no_room(err, "tasks")
                                                                           : prepare_all(s, scratch, err);
    wrt__free(a, scratch, server_bytes, WRT_TAG_TASK);
    if (status != WRT_OK) {
        prepare_undo(s);
        return status;
    }
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        if (s->cores[i].rt) wrt__core_publish(&s->cores[i]);
    }
    for (uint32_t i = 0; i < s->tasks_count; i++) wrt__job_publish(wrt__set_job(s, i));
    prepare_lock(s);
    s->phase = WRT__SET_READY;
    return WRT_OK;
}

/* Time 0 is the same moment on all cores. */
wrt_status wrt__set_ready(wrt_sched *s, wrt_error *err)
{
    uint64_t epoch = 0;
    wrt_status status;
    if (s->phase != WRT__SET_READY) {
        status = wrt_sched_prepare(s, err);
        if (status != WRT_OK) return status;
    }
    status = prepare_check(s, err);
    if (status != WRT_OK || s->started) return status;
    for (uint32_t i = 0; i < s->opts.cores && epoch == 0; i++) {
        if (s->cores[i].x) epoch = wrt__clock_now(s->cores[i].x);
    }
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        if (!s->cores[i].rt) continue;
        status = wrt__core_start(&s->cores[i], epoch, err);
        if (status != WRT_OK) return status;
    }
    s->started = true;
    return WRT_OK;
}

void wrt_sched_free(wrt_sched *s)
{
    if (!s) return;
    wrt_engine *e = s->engine;
    WRT_ASSERT(!atomic_load(&s->running));
    for (uint32_t i = 0; i < s->opts.cores; i++) {
        wrt__core_release(&s->cores[i]);
        wrt__core_fini(&s->cores[i]);
    }
    for (uint32_t i = 0; i < s->tasks_count; i++) {
        wrt__free(&e->alloc, s->tasks[i].args, s->tasks[i].o.args_count * sizeof(uint64_t), WRT_TAG_VALUES);
    }
    if (s->jobs) wrt__free(&e->alloc, s->jobs, s->tasks_count * sizeof *s->jobs, WRT_TAG_TASK);
    if (s->server_numbers)
        wrt__free(&e->alloc, s->server_numbers, s->servers_count * sizeof *s->server_numbers, WRT_TAG_TASK);
    wrt__free(&e->alloc, s->tasks, s->tasks_cap * sizeof *s->tasks, WRT_TAG_TASK);
    wrt__free(&e->alloc, s->servers, s->servers_cap * sizeof *s->servers, WRT_TAG_TASK);
    wrt__free(&e->alloc, s->slots, s->slots_cap * sizeof *s->slots, WRT_TAG_TASK);
    wrt__free(&e->alloc, s->cores, s->opts.cores * sizeof *s->cores, WRT_TAG_TASK);
    wrt__free(&e->alloc, s, sizeof *s, WRT_TAG_TASK);
    wrt__engine_drop(e);
}
