/* api/sched_setup: task sets until they start (include/wrt/sched.h, "making"). Takes options, checks each
 * field alone and against the others, and keeps them; what depends on all of them is checked by
 * sched_prepare.c. docs/scheduling.md. */
#include "api/set.h"
#include "executor/executor.h"

enum { SETUP_PERCENT_MOST = 1000, SETUP_BANDS = 6, SETUP_PRIORITY = 128, SETUP_FIRST = 8 };
#define SETUP_TIME_MOST ((uint64_t)1 << 62)

static wrt_status setup_field(wrt_error *err, const char *field, const char *what)
{
    return wrt__fail_table(err, WRT_E_ARG, WRT__W_SET_FIELD, field, "%s %s", field, what);
}

static wrt_status setup_no_room(wrt_error *err, const char *table)
{
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, table, "no room for the task set: %s", table);
}

/* ---- the set --------------------------------------------------------------------------------------- */

static void setup_ratio(wrt_adm_ratio *r, uint32_t num, uint32_t den)
{
    if (r->den == 0) *r = (wrt_adm_ratio){ num, den };
}

static void setup_defaults(wrt_sched_opts *o)
{
    if (o->cores == 0) o->cores = 1;
    if (o->ns_per_kfuel == 0) o->ns_per_kfuel = 1000000000u;
    if (o->quantum_fuel == 0) o->quantum_fuel = 1000;
    if (o->miss_threshold == 0) o->miss_threshold = 1;
    else if (o->miss_threshold == WRT_SCHED_NO_MISS) o->miss_threshold = 0;
    if (o->return_after == 0) o->return_after = 10;
    if (o->os_priority == 0) o->os_priority = 80;
    if (o->events == 0) o->events = UINT64_MAX;
    setup_ratio(&o->level_utilization, 6, 10);
    setup_ratio(&o->max_utilization, 5, 10);
    setup_ratio(&o->overhead, 23, 20);
}

static wrt_status setup_check(const wrt_sched_opts *o, wrt_error *err)
{
    if ((uint32_t)o->policy > WRT_TIME_TRIGGERED) return setup_field(err, "policy", "is none");
    if (o->cores > WRT_SCHED_CORES) return setup_field(err, "cores", "is more than 64");
    if (o->cores > 1 && !o->virtual_time && !wrt__port_threads()) {
        return wrt__fail_table(err, WRT_E_UNSUPPORTED, WRT__W_SET_FIELD, "cores",
            "this platform has no threads: one core, or the fuel clock");
    }
    if (o->ns_per_kfuel > UINT64_MAX / 1000) return setup_field(err, "ns_per_kfuel", "is too large");
    if (o->quantum_fuel > SETUP_TIME_MOST) return setup_field(err, "quantum_fuel", "is above 2^62");
    if (o->policy == WRT_TIME_TRIGGERED && (o->cycle_ns == 0 || o->cycle_ns > SETUP_TIME_MOST))
        return setup_field(err, "cycle_ns", "is mandatory with a table, at most 2^62");
    if (o->policy != WRT_TIME_TRIGGERED && o->cycle_ns != 0)
        return setup_field(err, "cycle_ns", "belongs to the time-triggered policy");
    if (o->miss_threshold > WRT__RT_MISS_THRESHOLD_MAX)
        return setup_field(err, "miss_threshold", "is above 1000");
    if (o->overhead.num < o->overhead.den) return setup_field(err, "overhead", "is a factor of at least 1");
    if (o->level_utilization.num == 0) return setup_field(err, "level_utilization", "is 0");
    if (o->max_utilization.num == 0) return setup_field(err, "max_utilization", "is 0");
    if ((uint32_t)o->os_policy > WRT_OS_DEADLINE) return setup_field(err, "os_policy", "is none");
    if (o->os_priority > 99) return setup_field(err, "os_priority", "is above 99");
    return WRT_OK;
}

wrt_status wrt_sched_new(wrt_engine *e, const wrt_sched_opts *o, wrt_sched **out, wrt_error *err)
{
    wrt_sched_opts opts;
    wrt_status status = wrt__engine_open(e, err);
    if (status != WRT_OK) return status;
    if (!out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "out is NULL");
    *out = NULL;
    status = wrt__opts_read(&opts, sizeof opts, o, "wrt_sched_opts", err);
    if (status != WRT_OK) return status;
    setup_defaults(&opts);
    status = setup_check(&opts, err);
    if (status != WRT_OK) return status;
    wrt_sched *s = wrt__alloc_zero(&e->alloc, sizeof *s, WRT_TAG_TASK);
    if (!s) return setup_no_room(err, "set");
    s->engine = e;
    s->opts = opts;
    s->cores = wrt__alloc_zero(&e->alloc, opts.cores * sizeof *s->cores, WRT_TAG_TASK);
    if (!s->cores) {
        wrt__free(&e->alloc, s, sizeof *s, WRT_TAG_TASK);
        return setup_no_room(err, "cores");
    }
    for (uint32_t i = 0; i < opts.cores; i++) wrt__core_init(&s->cores[i], i, &s->opts, &e->alloc, &e->host);
    wrt__engine_keep(e);
    *out = s;
    return WRT_OK;
}

/* What every addition asks first. */
static wrt_status setup_open(wrt_sched *s, wrt_error *err)
{
    wrt_status status = wrt__engine_open(s->engine, err);
    if (status != WRT_OK) return status;
    if (s->phase != WRT__SET_OPEN)
        return wrt__fail(err, WRT_E_STATE, WRT__W_SET_STATE, WRT__NO_OFFSET, "the task set has started");
    return WRT_OK;
}

/* ---- servers --------------------------------------------------------------------------------------- */

static wrt_status setup_server_check(
    const wrt_sched *s, const wrt_sched_server_opts *o, wrt_error *err)
{
    wrt_policy p = s->opts.policy;
    bool cbs = p == WRT_EDF || p == WRT_RM_EDF, sporadic = p == WRT_FIXED_PRIORITY || p == WRT_RATE_MONOTONIC;
    if ((uint32_t)o->kind > WRT_SERVER_SPORADIC) return setup_field(err, "kind", "is none");
    if (o->kind == WRT_SERVER_CBS ? !cbs : !sporadic)
        return setup_field(err, "kind", "is not a server of this policy");
    if (o->core >= s->opts.cores) return setup_field(err, "core", "is not one of the set");
    if (o->fuel == 0 || o->fuel > SETUP_TIME_MOST) return setup_field(err, "fuel", "is 0 or above 2^62");
    if (o->period_ns == 0 || o->period_ns > SETUP_TIME_MOST)
        return setup_field(err, "period_ns", "is 0 or above 2^62");
    if (o->band_set && (o->band >= SETUP_BANDS || p != WRT_RM_EDF))
        return setup_field(err, "band", "is above 5, or the policy has no bands");
    if (s->servers_count >= WRT_SCHED_SERVERS) {
        return wrt__fail_table(
            err, WRT_E_LIMIT, WRT__W_FULL, "servers", "a task set has at most %u servers", WRT_SCHED_SERVERS);
    }
    return WRT_OK;
}

wrt_status wrt_sched_server(wrt_sched *s, const wrt_sched_server_opts *o, uint32_t *number, wrt_error *err)
{
    wrt_sched_server_opts opts;
    wrt_status status = setup_open(s, err);
    if (status == WRT_OK) status = wrt__opts_read(&opts, sizeof opts, o, "wrt_sched_server_opts", err);
    if (status == WRT_OK) status = setup_server_check(s, &opts, err);
    if (status != WRT_OK) return status;
    if (!wrt__grow(&s->engine->alloc, &s->servers, &s->servers_cap, s->servers_count + 1, sizeof *s->servers,
            WRT_TAG_TASK))
        return setup_no_room(err, "servers");
    if (opts.priority == 0) opts.priority = SETUP_PRIORITY;
    opts.name = (wrt_str){ NULL, 0 };
    s->servers[s->servers_count] = (struct wrt__set_server){ opts };
    if (number) *number = s->servers_count;
    s->servers_count++;
    return WRT_OK;
}

/* ---- tasks ------------------------------------------------------------------------------------------ */

static void setup_task_defaults(wrt_sched_task *t, bool table)
{
    for (uint32_t m = 1; m < WRT_MODES; m++) {
        if (t->fuel[m] == 0) t->fuel[m] = t->fuel[m - 1];
    }
    if (t->deadline_ns == 0 && !table) t->deadline_ns = t->period_ns;
    if (t->priority == 0) t->priority = SETUP_PRIORITY;
    if (t->weight == 0) t->weight = 1;
    t->np |= t->level == WRT_ASIL_D;
}

static wrt_status setup_task_times(const wrt_sched *s, const wrt_sched_task *t, wrt_error *err)
{
    bool table = s->opts.policy == WRT_TIME_TRIGGERED;
    bool hard = t->level >= WRT_ASIL_C;
    uint64_t between = t->period_ns ? t->period_ns : t->separation_ns;
    if (t->period_ns > SETUP_TIME_MOST) return setup_field(err, "period_ns", "is above 2^62");
    if (t->separation_ns > SETUP_TIME_MOST) return setup_field(err, "separation_ns", "is above 2^62");
    if (t->period_ns != 0 && t->separation_ns != 0)
        return setup_field(err, "separation_ns", "belongs to tasks without a period");
    if (!table && between == 0)
        return setup_field(err, "period_ns", "is 0: name a period, or a separation of sporadic releases");
    if (t->deadline_ns > SETUP_TIME_MOST) return setup_field(err, "deadline_ns", "is above 2^62");
    if (hard && !table && t->deadline_ns == 0)
        return setup_field(err, "deadline_ns", "is mandatory at levels C and D");
    if (hard && !table && t->deadline_ns > between)
        return setup_field(err, "deadline_ns", "is beyond the period, which levels C and D do not allow");
    if (t->offset_ns > SETUP_TIME_MOST) return setup_field(err, "offset_ns", "is above 2^62");
    if (t->jitter_ns > SETUP_TIME_MOST) return setup_field(err, "jitter_ns", "is above 2^62");
    return WRT_OK;
}

static wrt_status setup_task_budgets(const wrt_sched_task *t, wrt_error *err)
{
    if (t->fuel[0] == 0) return setup_field(err, "fuel", "is 0: a job needs a budget");
    for (uint32_t m = 1; m < WRT_MODES; m++) {
        if (t->fuel[m] < t->fuel[m - 1]) return setup_field(err, "fuel", "falls from one mode to the next");
    }
    if (t->fuel[WRT_MODES - 1] > SETUP_TIME_MOST) return setup_field(err, "fuel", "is above 2^62");
    if (t->bcet_fuel > t->fuel[0]) return setup_field(err, "bcet_fuel", "is above the budget");
    if (t->np && t->np_max_fuel == 0)
        return setup_field(err, "np_max_fuel", "is mandatory where a job is not preempted (level D, np)");
    if (t->np && t->np_max_fuel < t->fuel[WRT_MODES - 1])
        return setup_field(err, "np_max_fuel", "is below the largest budget");
    return WRT_OK;
}

static wrt_status setup_task_policies(const wrt_sched *s, const wrt_sched_task *t, wrt_error *err)
{
    bool extend = t->on_overrun == WRT_OVERRUN_EXTEND, degrade = t->on_drop == WRT_DROP_DEGRADE;
    if ((uint32_t)t->on_overrun > WRT_OVERRUN_TRAP) return setup_field(err, "on_overrun", "is none");
    if (extend && t->level >= WRT_ASIL_C)
        return setup_field(err, "on_overrun", "may not extend a budget at levels C and D");
    if (extend ? t->extend_percent == 0 || t->extend_percent > SETUP_PERCENT_MOST : t->extend_percent != 0)
        return setup_field(err, "extend_percent", "is 1 to 1000 with extend, and nowhere else");
    if ((uint32_t)t->on_late > WRT_LATE_QUEUE) return setup_field(err, "on_late", "is none");
    if ((uint32_t)t->on_drop > WRT_DROP_DEGRADE) return setup_field(err, "on_drop", "is none");
    if (degrade ? t->degrade < 2 || t->degrade > (uint32_t)1 << 31 : t->degrade != 0)
        return setup_field(err, "degrade", "is 2 to 2^31 with degrade, and nowhere else");
    if (t->band_set && (t->band >= SETUP_BANDS || s->opts.policy != WRT_RM_EDF))
        return setup_field(err, "band", "is above 5, or the policy has no bands");
    if (t->in_server && t->server >= s->servers_count) return setup_field(err, "server", "does not exist");
    if (t->in_server && s->servers[t->server].o.core != t->core)
        return setup_field(err, "server", "is of another core");
    return WRT_OK;
}

static wrt_status setup_task_check(const wrt_sched *s, const wrt_sched_task *t, wrt_error *err)
{
    wrt_status status;
    if ((uint32_t)t->level > WRT_ASIL_D) return setup_field(err, "level", "is none");
    if (t->core >= s->opts.cores) return setup_field(err, "core", "is not one of the set");
    status = setup_task_times(s, t, err);
    if (status == WRT_OK) status = setup_task_budgets(t, err);
    if (status == WRT_OK) status = setup_task_policies(s, t, err);
    if (status == WRT_OK && s->tasks_count >= WRT_SCHED_TASKS) {
        return wrt__fail_table(
            err, WRT_E_LIMIT, WRT__W_FULL, "tasks", "a task set has at most %u tasks", WRT_SCHED_TASKS);
    }
    return status;
}

/* All tasks of a core call functions of one store, which belongs to this core; or the host runs all jobs. */
static wrt_status setup_task_func(const wrt_sched *s, const wrt_sched_task *t, wrt_error *err)
{
    const struct wrt__core *core = &s->cores[t->core];
    wrt_status status;
    if (s->tasks_count != 0 && (t->func != NULL) != s->guest)
        return setup_field(err, "func", "is set for some tasks and not for others");
    if (!t->func) {
        return t->args_count ? setup_field(err, "args_count", "is not 0, but there is no function") : WRT_OK;
    }
    struct wrt__executor *x = wrt__store_of(t->func->store)->exec;
    if (wrt__store_of(t->func->store)->engine != s->engine)
        return setup_field(err, "func", "is of another engine");
    if ((core->x && core->x != x) || (x->core_loop && x->core_loop != core))
        return setup_field(
            err, "func", "is of another store than the core has, or the store has another core");
    if (x->virtual_time != s->opts.virtual_time)
        return setup_field(err, "virtual_time", "of the store is not that of the task set");
    if (s->opts.virtual_time && x->ns_per_kfuel != s->opts.ns_per_kfuel)
        return setup_field(err, "ns_per_kfuel", "of the store is not that of the task set");
    status = wrt__task_check_call(wrt__store_of(t->func->store), t->func, t->args, t->args_count, err);
    if (status != WRT_OK) return status;
    if (t->stack_bytes > x->core->limits.stack_bytes)
        return setup_field(err, "stack_bytes", "is above the limit of the store");
    return WRT_OK;
}

static wrt_status setup_task_keep(wrt_sched *s, const wrt_sched_task *t, wrt_error *err)
{
    struct wrt__set_task *k;
    uint64_t *args = NULL;
    const wrt_alloc *a = &s->engine->alloc;
    if (!wrt__grow(a, &s->tasks, &s->tasks_cap, s->tasks_count + 1, sizeof *s->tasks, WRT_TAG_TASK))
        return setup_no_room(err, "tasks");
    if (t->args_count) {
        args = wrt__alloc(a, t->args_count * sizeof *args, WRT_TAG_VALUES);
        if (!args) return setup_no_room(err, "arguments");
        for (uint32_t i = 0; i < t->args_count; i++) args[i] = wrt__slot_of(t->args[i]);
    }
    k = &s->tasks[s->tasks_count];
    memset(k, 0, sizeof *k);
    k->o = *t;
    k->args = args;
    size_t named = t->name.n < sizeof k->name - 1 ? t->name.n : sizeof k->name - 1;
    if (named) memcpy(k->name, t->name.p, named);
    k->o.name = (wrt_str){ NULL, 0 };
    k->o.args = NULL;
    k->place = s->cores[t->core].jobs_count++;
    return WRT_OK;
}

wrt_status wrt_sched_add(wrt_sched *s, const wrt_sched_task *t, uint32_t *number, wrt_error *err)
{
    wrt_sched_task task;
    wrt_status status = setup_open(s, err);
    if (status == WRT_OK) status = wrt__opts_read(&task, sizeof task, t, "wrt_sched_task", err);
    if (status != WRT_OK) return status;
    setup_task_defaults(&task, s->opts.policy == WRT_TIME_TRIGGERED);
    status = setup_task_check(s, &task, err);
    if (status == WRT_OK) status = setup_task_func(s, &task, err);
    if (status == WRT_OK) status = setup_task_keep(s, &task, err);
    if (status != WRT_OK) return status;
    if (task.func) wrt__core_claim(&s->cores[task.core], wrt__store_of(task.func->store)->exec);
    s->guest = task.func != NULL;
    if (number) *number = s->tasks_count;
    s->tasks_count++;
    return WRT_OK;
}

/* ---- the table -------------------------------------------------------------------------------------- */

/* Slots are kept in the order of core and time, so that neighbours show whether they overlap. */
wrt_status wrt_sched_slot(wrt_sched *s, uint64_t at_ns, uint64_t length_ns, uint32_t task, wrt_error *err)
{
    struct wrt__set_slot slot = { at_ns, length_ns, task, 0 };
    uint32_t at = s->slots_count;
    wrt_status status = setup_open(s, err);
    if (status != WRT_OK) return status;
    if (s->opts.policy != WRT_TIME_TRIGGERED)
        return setup_field(err, "slots", "belong to the time-triggered policy");
    if (task >= s->tasks_count) return setup_field(err, "task", "does not exist");
    if (length_ns == 0 || at_ns >= s->opts.cycle_ns || length_ns > s->opts.cycle_ns - at_ns)
        return setup_field(err, "slot", "is empty or not inside the cycle");
    if (s->slots_count >= WRT_SCHED_SLOTS) {
        return wrt__fail_table(
            err, WRT_E_LIMIT, WRT__W_FULL, "slots", "a task set has at most %u slots", WRT_SCHED_SLOTS);
    }
    slot.core = s->tasks[task].o.core;
    while (at > 0 && (s->slots[at - 1].core > slot.core
                         || (s->slots[at - 1].core == slot.core && s->slots[at - 1].at > at_ns)))
        at--;
    const struct wrt__set_slot *before = at > 0 ? &s->slots[at - 1] : NULL;
    const struct wrt__set_slot *behind = at < s->slots_count ? &s->slots[at] : NULL;
    if ((before && before->core == slot.core && before->at + before->length > at_ns)
        || (behind && behind->core == slot.core && at_ns + length_ns > behind->at))
        return setup_field(err, "slot", "overlaps another one of its core");
    if (!wrt__grow(
            &s->engine->alloc, &s->slots, &s->slots_cap, s->slots_count + 1, sizeof *s->slots, WRT_TAG_TASK))
        return setup_no_room(err, "slots");
    memmove(&s->slots[at + 1], &s->slots[at], (s->slots_count - at) * sizeof *s->slots);
    s->slots[at] = slot;
    s->slots_count++;
    return WRT_OK;
}
