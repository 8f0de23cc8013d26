/* trace: fixed-size records in a ring that the caller owns, and a running hash over them. Knows the layout of
 * a record, not its meaning; files and formats are the reader's. */
#ifndef WRT_SRC_TRACE_H
#define WRT_SRC_TRACE_H

#include "base/base.h"

/* The same 40 bytes as wrt_trace_rec. */
struct wrt__trace_rec { uint64_t t_ns, fuel, task; uint32_t kind, core, a, b; };
_Static_assert(sizeof(struct wrt__trace_rec) == 40, "a trace record is 40 bytes");

struct wrt__trace {
    uint8_t *ring;              /* kept; any alignment; NULL: off */
    size_t cap, head, count;    /* records; head is the next to write */
    uint64_t lost, hash;
};

void wrt__trace_init(struct wrt__trace *t);
/* n bytes; fewer than one record: off. Records that were not drained are dropped and count as lost. */
void wrt__trace_ring(struct wrt__trace *t, void *buf, size_t n);
static inline bool wrt__trace_on(const struct wrt__trace *t) { return t->cap != 0; }
/* Only while on. */
void wrt__trace_put(struct wrt__trace *t, const struct wrt__trace_rec *r);
/* Oldest first; *lost (may be NULL) is taken over and starts again from 0. */
size_t wrt__trace_take(struct wrt__trace *t, struct wrt__trace_rec *out, size_t cap, uint64_t *lost);

#endif
