/* api/diag: where a task stands, and what it did (include/wrt/diag.h). */
#include "api/objects.h"
#include "executor/executor.h"

_Static_assert(sizeof(wrt_trace_rec) == sizeof(struct wrt__trace_rec)
        && offsetof(wrt_trace_rec, kind) == offsetof(struct wrt__trace_rec, kind)
        && offsetof(wrt_trace_rec, b) == offsetof(struct wrt__trace_rec, b),
    "one layout of a trace record");

size_t wrt_task_frames(wrt_store *s, wrt_task t, wrt_frame *out, size_t cap)
{
    const struct wrt__task *task = wrt__task_find(s->exec, t);
    if (!task || task->state == WRT_TASK_DONE) return 0;
    return wrt__strand_frames(&task->strand, out, cap);
}

wrt_status wrt_trace_ring(wrt_store *s, void *buf, size_t n)
{
    if (buf && n < sizeof(wrt_trace_rec)) return WRT_E_ARG;
    wrt__trace_ring(&s->exec->trace, buf, n);
    return WRT_OK;
}

size_t wrt_trace_drain(wrt_store *s, wrt_trace_rec *out, size_t cap, uint64_t *lost)
{
    struct wrt__trace *trace = &s->exec->trace;
    struct wrt__trace_rec r;
    size_t n = 0;
    wrt__trace_take(trace, NULL, 0, lost);
    while (n < cap && wrt__trace_take(trace, &r, 1, NULL) == 1) {
        out[n++] = (wrt_trace_rec){ r.t_ns, r.fuel, r.task, r.kind, r.core, r.a, r.b };
    }
    return n;
}

uint64_t wrt_trace_hash(const wrt_store *s)
{
    return s->exec->trace.hash;
}
