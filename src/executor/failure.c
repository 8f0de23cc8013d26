/* failure: how a task that ended badly is told. Turns status, trap and the place where the strand stands into
 * the caller's error record; costs nothing before somebody asks. */
#include "executor/executor.h"

#if WRT_MESSAGES

static const char *const failure_traps[] = {
#define X(name, value, text) [value] = text,
    WRT_TRAP_MAP(X)
#undef X
};

wrt_str wrt_trap_text(uint32_t code)
{
    const char *text = code < WRT_COUNT(failure_traps) ? failure_traps[code] : "unknown trap";
    return (wrt_str){ text, wrt__str_len(text) };
}

#else

/* The names of the list, which is in the order of the numbers: "OUT_OF_BOUNDS". */
wrt_str wrt_trap_text(uint32_t code)
{
    static const char names[] =
#define X(name, value, text) #name "\0"
        WRT_TRAP_MAP(X)
#undef X
        "?";
    const char *name = names;
    for (uint32_t i = 0; i < code && *name != '?'; i++) {
        name += wrt__str_len(name) + 1;
    }
    return (wrt_str){ name, wrt__str_len(name) };
}

#endif

static void task_failure_where(const struct wrt__task *t, wrt_error *err)
{
    wrt_frame f;
    if (!err || wrt__strand_frames(&t->strand, &f, 1) == 0) return;
    err->offset = f.offset;
    if (f.func_name.n) {
        wrt__error_where(err, "%S", &f.func_name);
    } else {
        wrt__error_where(err, "function %u", f.func);
    }
}

wrt_status wrt__task_failure(const struct wrt__task *t, wrt_error *err)
{
    const struct wrt__strand *s = &t->strand;
    wrt_str text = wrt_status_text(t->status);
    switch (t->status) {
    case WRT_OK: return WRT_OK;
    case WRT_E_TRAP:
        text = wrt_trap_text(s->trap);
        if (s->message[0]) text = (wrt_str){ s->message, wrt__str_len(s->message) };
        wrt__fail(err, t->status, WRT__W_TRAP + s->trap, WRT__NO_OFFSET, "%S", &text);
        break;
    case WRT_E_FUEL: {
        const char *name = !t->starved_of ? "task" : t->starved_of->name;
        wrt__fail_table(err, t->status, WRT__W_TRAP + WRT_TRAP_FUEL, name,
            "out of fuel: the budget of %s \"%s\" is spent",
            !t->starved_of              ? "the task"
                : t->starved_of->parent ? "the group"
                                        : "the store",
            t->starved_of ? name : t->name);
        break;
    }
    case WRT_E_DEADLOCK:
        wrt__fail(err, t->status, WRT__W_TRAP + WRT_TRAP_DEADLOCK, WRT__NO_OFFSET, "%S", &text);
        break;
    case WRT_E_EXIT:
        wrt__fail(
            err, t->status, WRT__W_EXIT, WRT__NO_OFFSET, "the guest ended with exit code %d", s->exit_code);
        break;
    case WRT_E_CANCELLED:
        wrt__fail(err, t->status, WRT__W_CANCELLED, WRT__NO_OFFSET, "the task was cancelled");
        break;
    case WRT_E_POISONED:
        wrt__fail(err, t->status, WRT__W_POISONED, WRT__NO_OFFSET,
            "the instance is poisoned: a task ended in the middle of it");
        break;
    default:
        if (s->message[0]) text = (wrt_str){ s->message, wrt__str_len(s->message) };
        wrt__fail(err, t->status, WRT__W_HOST_STATUS, WRT__NO_OFFSET, "%S", &text);
        break;
    }
    if (err) {
        if (!WRT_MESSAGES && s->message[0]) memcpy(err->message, s->message, sizeof s->message);
        err->trap = s->trap;
        err->exit_code = s->exit_code;
    }
    task_failure_where(t, err);
    return t->status;
}
