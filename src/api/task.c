/* api/task: tasks, the turn of a store, fuel (include/wrt/task.h). Checks arguments, turns values into slots
 * and ids into tasks; what happens then is the executor's. */
#include "api/objects.h"
#include "executor/executor.h"

enum { TASK_SLOTS = 32 };       /* arguments or results that need no memory of their own */

static wrt_status task_stale(wrt_error *err)
{
    return wrt__fail(err, WRT_E_STATE, WRT__W_STALE_TASK, WRT__NO_OFFSET,
        "the task does not exist in this store (any more)");
}

/* ---- values ---------------------------------------------------------------------------------------- */

wrt_status wrt__task_check_call(
    const wrt_store *s, const wrt_func *f, const wrt_val *args, size_t n, wrt_error *err)
{
    const struct wrt__functype *type;
    if (f->store != &s->core) {
        return wrt__fail(
            err, WRT_E_ARG, WRT__W_OTHER_STORE, WRT__NO_OFFSET, "the function belongs to another store");
    }
    type = &s->core.types[s->core.funcs[f->index].type];
    if (n != type->params) {
        return wrt__fail(err, WRT_E_TYPE, WRT__W_ARG_COUNT, WRT__NO_OFFSET,
            "the function takes %u arguments, %lu were given", type->params, (uint64_t)n);
    }
    for (uint32_t i = 0; i < type->params; i++) {
        if (wrt__val_fits(&s->core, args[i], type->types[i])) continue;
        return wrt__fail(err, WRT_E_TYPE, WRT__W_ARG_TYPE, WRT__NO_OFFSET,
            "argument %u is no %s of this store", i, wrt__type_name(type->types[i]));
    }
    return WRT_OK;
}

/* `n` slots: those in the caller's frame, those reserved when the engine was sealed (nobody needs what is in
 * them while guests run), or taken from the allocator. NULL: no memory. */
static uint64_t *task_slots_take(const wrt_store *s, uint64_t *own, size_t n)
{
    if (n <= TASK_SLOTS) return own;
    return n <= s->values_cap ? s->values : wrt__alloc(s->core.alloc, n * sizeof *own, WRT_TAG_VALUES);
}

static void task_slots_put(const wrt_store *s, uint64_t *own, uint64_t *slots, size_t n)
{
    if (slots && slots != own && slots != s->values)
        wrt__free(s->core.alloc, slots, n * sizeof *own, WRT_TAG_VALUES);
}

static wrt_status task_no_room(wrt_error *err)
{
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_TASK_NO_ROOM, "values", "no room for the values");
}

static void task_values_out(const struct wrt__functype *type, const uint64_t *slots, wrt_val *out)
{
    for (uint32_t i = 0; i < type->results; i++)
        out[i] = wrt__val_of(slots[i], type->types[type->params + i]);
}

/* ---- tasks ----------------------------------------------------------------------------------------- */

wrt_status wrt_task_start(wrt_store *s, wrt_func *f, const wrt_val *args, size_t n, const wrt_task_opts *o,
    wrt_task *out, wrt_error *err)
{
    uint64_t own[TASK_SLOTS], *slots;
    wrt_task_opts opts;
    struct wrt__task *t = NULL;
    wrt_status status = wrt__opts_read(&opts, sizeof opts, o, "wrt_task_opts", err);
    if (status == WRT_OK) status = wrt__task_check_call(s, f, args, n, err);
    if (status != WRT_OK) return status;
    slots = task_slots_take(s, own, n);
    if (!slots) return task_no_room(err);
    for (size_t i = 0; i < n; i++) slots[i] = wrt__slot_of(args[i]);
    status = wrt__task_start(s->exec, f->index, slots, &opts, &t, err);
    task_slots_put(s, own, slots, n);
    if (status == WRT_OK && out) *out = (wrt_task){ t->id };
    return status;
}

wrt_status wrt_task_step(wrt_store *s, wrt_task t, uint64_t fuel, wrt_error *err)
{
    struct wrt__task *task = wrt__task_find(s->exec, t);
    wrt_status status;
    if (!task) return task_stale(err);
    if (wrt__task_ended(task)) return wrt__task_failure(task, err);
    status = wrt__executor_step(s->exec, task, fuel);
    if (status == WRT_E_STATE && s->exec->inside) {
        return wrt__fail(err, status, WRT__W_INSIDE, WRT__NO_OFFSET, "the store is running already");
    }
    task = wrt__task_find(s->exec, t);
    if (status < 0 && task && wrt__task_ended(task)) return wrt__task_failure(task, err);
    return status;
}

wrt_status wrt_task_result(wrt_store *s, wrt_task t, wrt_val *out, size_t n, wrt_error *err)
{
    const struct wrt__task *task = wrt__task_find(s->exec, t);
    const struct wrt__functype *type;
    if (!task) return task_stale(err);
    if (!wrt__task_ended(task)) return WRT_PENDING;
    if (task->state != WRT_TASK_DONE) return wrt__task_failure(task, err);
    type = &s->core.types[s->core.funcs[task->strand.func].type];
    if (!out && n == 0) return WRT_OK;
    if (n != type->results) {
        return wrt__fail(err, WRT_E_TYPE, WRT__W_RESULT_COUNT, WRT__NO_OFFSET,
            "the function has %u results, room is for %lu", type->results, (uint64_t)n);
    }
    task_values_out(type, task->strand.stack, out);
    return WRT_OK;
}

wrt_status wrt_task_close(wrt_store *s, wrt_task t)
{
    return wrt__task_close(s->exec, t);
}

wrt_status wrt_task_cancel(wrt_store *s, wrt_task t)
{
    struct wrt__task *task = wrt__task_find(s->exec, t);
    return task ? wrt__task_cancel(task) : WRT_E_STATE;
}

wrt_status wrt_call_sync(
    wrt_store *s, wrt_func *f, const wrt_val *args, size_t n, wrt_val *out, size_t m, wrt_error *err)
{
    uint64_t own[TASK_SLOTS], *slots;
    const struct wrt__functype *type;
    size_t most;
    wrt_status status = wrt__task_check_call(s, f, args, n, err);
    if (status != WRT_OK) return status;
    type = &s->core.types[s->core.funcs[f->index].type];
    if (m != type->results && (out || m)) {
        return wrt__fail(err, WRT_E_TYPE, WRT__W_RESULT_COUNT, WRT__NO_OFFSET,
            "the function has %u results, room is for %lu", type->results, (uint64_t)m);
    }
    most = n > type->results ? n : type->results;
    slots = task_slots_take(s, own, most);
    if (!slots) return task_no_room(err);
    for (size_t i = 0; i < n; i++) slots[i] = wrt__slot_of(args[i]);
    status = wrt__executor_call(s->exec, f->index, slots, slots, err);
    if (status == WRT_OK && out) {
        type = &s->core.types[s->core.funcs[f->index].type]; /* instantiation in between may have moved it */
        task_values_out(type, slots, out);
    }
    task_slots_put(s, own, slots, most);
    return status;
}

wrt_status wrt_task_info_get(wrt_store *s, wrt_task t, wrt_task_info *out)
{
    const struct wrt__task *task = wrt__task_find(s->exec, t);
    wrt_task_info info;
    uint32_t bytes;
    if (!out || out->size < sizeof out->size) return WRT_E_ARG;
    if (!task) return WRT_E_STATE;
    bytes = out->size < sizeof info ? out->size : (uint32_t)sizeof info;
    memset(&info, 0, sizeof info);
    info.size = out->size;
    info.state = (wrt_task_state)task->state;
    info.status = task->status;
    memcpy(info.name, task->name, sizeof info.name);
    info.priority = task->base_priority;
    info.guest_fuel = task->strand.guest_fuel;
    info.host_fuel = task->strand.host_fuel;
    info.budget = task->budget;
    info.slice = task->slice_fuel ? task->slice_fuel : s->exec->quantum_fuel;
    info.slices = task->slices;
    info.stack_peak_bytes = (uint64_t)task->strand.slots_peak * sizeof(uint64_t);
    info.memory_peak_bytes = wrt__task_memory_peak(task);
    info.exit_code = task->strand.exit_code;
    memcpy(out, &info, bytes);
    return WRT_OK;
}

/* ---- the turn -------------------------------------------------------------------------------------- */

wrt_status wrt_run(wrt_store *s, const wrt_turn *t)
{
    return wrt__executor_run(s->exec, t);
}

wrt_status wrt_wait(wrt_store *s, uint64_t max_ns)
{
    return wrt__executor_wait(s->exec, max_ns);
}

int wrt_poll_fd(wrt_store *s)
{
    return wrt__inbox_poll(s->exec->inbox) ? wrt__port_poll_fd(s->exec->inbox->poll) : -1;
}

int64_t wrt_poll_timeout_ns(wrt_store *s)
{
    return wrt__executor_timeout(s->exec);
}

wrt_inbox *wrt_inbox_of(wrt_store *s)
{
    atomic_fetch_add_explicit(&s->exec->inbox->refs, 1, memory_order_relaxed);
    return s->exec->inbox;
}

/* ---- fuel ------------------------------------------------------------------------------------------ */

wrt_status wrt_group_new(
    wrt_store *s, wrt_group parent, wrt_str name, uint64_t budget, wrt_group *out, wrt_error *err)
{
    struct wrt__account *up = wrt__account_find(s->exec, parent);
    uint64_t id;
    void *slot;
    wrt_status status;
    if (!up)
        return wrt__fail(err, WRT_E_ARG, WRT__W_STALE_GROUP, WRT__NO_OFFSET,
            "the parent group does not exist in this store");
    status = wrt__slots_take(&s->exec->groups, &id, &slot);
    if (status == WRT_E_LIMIT) {
        return wrt__fail_table(err, status, WRT__W_TABLE_FULL, "groups",
            "the store has %u fuel groups, which is the limit", s->exec->groups.count);
    }
    if (status != WRT_OK)
        return wrt__fail_table(err, status, WRT__W_TASK_NO_ROOM, "group", "no room for a fuel group");
    wrt__account_init(slot, up, budget, name);
    *out = (wrt_group){ id };
    return WRT_OK;
}

static void task_account_state(struct wrt__executor *x, const struct wrt__account *a, wrt_fuel_state *out)
{
    if (x->running) wrt__account_book(x->running); /* so that a host function sees an exact count */
    *out = (wrt_fuel_state){ a->budget, a->guest, a->host };
}

wrt_status wrt_fuel_get(wrt_store *s, wrt_task t, wrt_fuel_state *out)
{
    const struct wrt__task *task;
    if (t.v == 0) {
        task_account_state(s->exec, &s->exec->account, out);
        return WRT_OK;
    }
    task = wrt__task_find(s->exec, t);
    if (!task) return WRT_E_STATE;
    *out = (wrt_fuel_state){ task->budget, task->strand.guest_fuel, task->strand.host_fuel };
    return WRT_OK;
}

wrt_status wrt_group_fuel(wrt_store *s, wrt_group g, wrt_fuel_state *out)
{
    const struct wrt__account *a = wrt__account_find(s->exec, g);
    if (!a) return WRT_E_STATE;
    task_account_state(s->exec, a, out);
    return WRT_OK;
}

wrt_status wrt_fuel_add(wrt_store *s, wrt_task t, uint64_t n)
{
    struct wrt__task *task;
    if (t.v == 0) {
        wrt__account_add(s->exec, &s->exec->account, n);
        return WRT_OK;
    }
    task = wrt__task_find(s->exec, t);
    if (!task || wrt__task_ended(task) || task->job) return WRT_E_STATE;
    wrt__account_add_task(task, n);
    return WRT_OK;
}

wrt_status wrt_group_add(wrt_store *s, wrt_group g, uint64_t n)
{
    struct wrt__account *a = wrt__account_find(s->exec, g);
    if (!a) return WRT_E_STATE;
    wrt__account_add(s->exec, a, n);
    return WRT_OK;
}

void wrt_stats_get(const wrt_store *s, wrt_stats *out)
{
    struct wrt__executor *x = s->exec;
    wrt_fuel_state fuel;
    task_account_state(x, &x->account, &fuel);
    *out = (wrt_stats){ fuel.guest, fuel.host, x->switches, x->slices, x->live, x->live_peak,
        s->core.instances_count, s->core.memory_bytes };
}
