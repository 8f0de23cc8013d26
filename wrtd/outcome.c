/* outcome: how a task ended, in the three forms that a person, a script and a shell want. */
#include "wd.h"
#include <signal.h>
#include <string.h>

enum { FRAMES_MOST = 128, LINES_MOST = 24 };

int wd_exit_code(const struct wd *w, int code, bool guest)
{
    if (!w->wasmtime_codes || guest || code == WD_EXIT_OK) return code;
    if (code == WD_EXIT_USAGE) return 2;
    bool trap = code == WD_EXIT_TRAP || code == WD_EXIT_FUEL || code == WD_EXIT_TIMEOUT;
    return trap ? 134 : 1;
}

/* A process has 8 bits; a failure must not turn into 0. */
static int guest_exit(int32_t code)
{
    int low = (int)((uint32_t)code & 255);
    return low == 0 && code != 0 ? 255 : low;
}

static void outcome_signal(struct wd_outcome *o)
{
    int number = wd_signal_seen();
    if (o->end == WD_END_TIMEOUT || number == SIGALRM) {
        o->status = "timeout";
        o->exit_code = WD_EXIT_TIMEOUT;
        wd_error_init(&o->error, WRT_E_TIMEOUT, WD_W_TIMEOUT, "the time limit was reached");
        wd_error_hint(&o->error, "a longer one: -W timeout=10s");
    } else {
        o->status = "interrupted";
        o->exit_code = 128 + number;
        wd_error_init(
            &o->error, WRT_E_CANCELLED, WD_W_SIGNAL, "ended by %s", number == SIGINT ? "SIGINT" : "SIGTERM");
    }
}

static void outcome_fuel(struct wd_session *s, struct wd_outcome *o)
{
    char budget[32];
    o->status = "out-of-fuel";
    o->exit_code = WD_EXIT_FUEL;
    if (o->error.status != WRT_E_FUEL || !o->error.message[0]) {
        wd_error_init(&o->error, WRT_FUEL_OUT, WD_W_FUEL, "out of fuel");
    }
    if (s->settings.fuel && !o->error.hint[0]) {
        wd_error_hint(&o->error, "the budget is %s; more: -W fuel=N", wd_group(s->settings.fuel, budget));
    }
}

static void outcome_error(struct wd_session *s, struct wd_outcome *o)
{
    switch (o->error.status) {
    case WRT_OK: o->status = "ok"; break;
    case WRT_E_EXIT:
        o->status = "exit";
        o->guest = true;
        o->guest_code = o->error.exit_code;
        o->exit_code = guest_exit(o->error.exit_code);
        return;
    case WRT_E_FUEL: outcome_fuel(s, o); return;
    case WRT_E_TRAP: case WRT_E_POISONED: o->status = "trap"; break;
    case WRT_E_LIMIT: case WRT_E_NOMEM: o->status = "limit"; break;
    case WRT_E_CANCELLED:
        if (wd_signal_seen()) {
            outcome_signal(o);
            return;
        }
        o->status = "error";
        break;
    default: o->status = "error"; break;
    }
    o->exit_code = wd_exit_of(&o->error);
    if (o->error.status == WRT_E_TRAP && o->error.trap == WRT_TRAP_FUEL) outcome_fuel(s, o);
}

void wd_outcome_of(
    struct wd_session *s, wrt_task t, enum wd_end end, const wrt_error *e, struct wd_outcome *out)
{
    wrt_error zero;
    memset(&zero, 0, sizeof zero);
    zero.offset = UINT64_MAX;
    *out = (struct wd_outcome){ .end = end, .task = t, .error = e ? *e : zero };
    switch (end) {
    case WD_END_TIMEOUT: case WD_END_SIGNAL: outcome_signal(out); break;
    case WD_END_FUEL: outcome_fuel(s, out); break;
    case WD_END_DEADLOCK:
        wd_error_init(&out->error, WRT_E_DEADLOCK, WD_W_DEADLOCK,
            "the program waits for something that nothing can bring");
        out->status = "trap";
        out->exit_code = WD_EXIT_TRAP;
        break;
    default: outcome_error(s, out); break;
    }
}

/* ---- for people --------------------------------------------------------------------------------------- */

static void say_frame(size_t number, const wrt_frame *f, size_t times)
{
    fprintf(stderr, "%4zu: ", number);
    wd_print_name(stderr, f->module_name.n ? f->module_name : WRT_STR("?"));
    fputs("  ", stderr);
    if (f->func_name.n) {
        wd_print_name(stderr, f->func_name);
    } else {
        fprintf(stderr, "func[%u]", f->func);
    }
    fprintf(stderr, "  +0x%x  (0x%llx)", f->func_offset, (unsigned long long)f->offset);
    if (times > 1) fprintf(stderr, "  %zu times", times);
    fputc('\n', stderr);
}

/* A recursion is one line. */
static void say_frames(struct wd_session *s, wrt_task t)
{
    wrt_frame frames[FRAMES_MOST];
    if (t.v == 0) return;
    size_t depth = wrt_task_frames(s->store, t, frames, FRAMES_MOST),
           have = depth < FRAMES_MOST ? depth : FRAMES_MOST;
    size_t lines = 0, at = 0;
    while (at < have && lines < LINES_MOST) {
        size_t n = 1;
        while (at + n < have && frames[at + n].offset == frames[at].offset &&
               frames[at + n].module_name.p == frames[at].module_name.p) {
            n++;
        }
        say_frame(at, &frames[at], n);
        at += n;
        lines++;
    }
    if (depth > at) fprintf(stderr, "      ... %zu more frames\n", depth - at);
}

void wd_outcome_say(struct wd_session *s, const struct wd_outcome *o)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    if (o->error.status == WRT_OK || o->error.status == WRT_E_EXIT) return;
    bool trap = o->exit_code == WD_EXIT_TRAP;
    wd_say_error(s->w, trap ? "trap" : "error", &o->error, o->file, NULL);
    if (o->task.v != 0 && wrt_task_info_get(s->store, o->task, &info) == WRT_OK) {
        char fuel[32];
        fprintf(stderr, "  = task \"%s\", fuel %s\n", info.name,
            wd_group(info.guest_fuel + info.host_fuel, fuel));
    }
    say_frames(s, o->task);     /* of a suspended task too: where it stands */
}

/* ---- for scripts -------------------------------------------------------------------------------------- */

static void json_frames(struct wd_session *s, struct wd_json *j, wrt_task t)
{
    wrt_frame frames[FRAMES_MOST];
    size_t depth = t.v ? wrt_task_frames(s->store, t, frames, FRAMES_MOST) : 0;
    wd_json_u64(j, "depth", depth);
    wd_json_open(j, "frames", '[');
    for (size_t k = 0; k < depth && k < FRAMES_MOST; k++) {
        wd_json_open(j, NULL, '{');
        wd_json_string(j, "module", frames[k].module_name);
        wd_json_u64(j, "function", frames[k].func);
        if (frames[k].func_name.n) wd_json_string(j, "name", frames[k].func_name);
        wd_json_u64(j, "function_offset", frames[k].func_offset);
        wd_json_u64(j, "offset", frames[k].offset);
        wd_json_close(j);
    }
    wd_json_close(j);
}

void wd_outcome_json(struct wd_session *s, struct wd_json *j, const struct wd_outcome *o)
{
    wd_json_text(j, "status", o->status);
    wd_json_i64(j, "exit_code", o->guest ? o->guest_code : wd_exit_code(s->w, o->exit_code, false));
    wd_json_bool(j, "guest", o->guest);
    if (o->error.status == WRT_OK || o->error.status == WRT_E_EXIT) return;
    if (strcmp(o->status, "trap") == 0) {
        wd_json_open(j, "trap", '{');
        wd_json_u64(j, "number", o->error.trap);
        wd_json_text(j, "text", o->error.message);
        json_frames(s, j, o->task);
        wd_json_close(j);
    } else if (o->task.v != 0) {
        wd_json_open(j, "stopped", '{');
        json_frames(s, j, o->task);
        wd_json_close(j);
    }
    wd_json_error(j, "error", &o->error);
}
