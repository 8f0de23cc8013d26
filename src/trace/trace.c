/* trace: the ring writer, the hash and the drain. Owns nothing but counters; the bytes are the caller's. */
#include "trace/trace.h"

void wrt__trace_init(struct wrt__trace *t)
{
    memset(t, 0, sizeof *t);
    t->hash = WRT__FNV64_SEED;
}

void wrt__trace_ring(struct wrt__trace *t, void *buf, size_t n)
{
    t->lost += t->count;
    t->ring = buf;
    t->cap = buf ? n / sizeof(struct wrt__trace_rec) : 0;
    t->head = t->count = 0;
}

static void trace_bytes(uint8_t *p, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) p[i] = (uint8_t)(v >> (8 * i));
}

/* The hash reads (kind, task, fuel, a, b) as little-endian bytes, so that it is equal on every platform. The
 * clock and the core are left out: they are not a property of the run. */
static uint64_t trace_hash(uint64_t hash, const struct wrt__trace_rec *r)
{
    uint8_t bytes[28];
    trace_bytes(bytes, r->kind, 4);
    trace_bytes(bytes + 4, r->task, 8);
    trace_bytes(bytes + 12, r->fuel, 8);
    trace_bytes(bytes + 20, r->a, 4);
    trace_bytes(bytes + 24, r->b, 4);
    return wrt__fnv64(hash, bytes, sizeof bytes);
}

void wrt__trace_put(struct wrt__trace *t, const struct wrt__trace_rec *r)
{
    WRT_ASSERT(t->cap > 0);
    t->hash = trace_hash(t->hash, r);
    memcpy(t->ring + t->head * sizeof *r, r, sizeof *r);
    if (++t->head == t->cap) t->head = 0;
    if (t->count < t->cap) {
        t->count++;
    } else {
        t->lost++;
    }
}

size_t wrt__trace_take(struct wrt__trace *t, struct wrt__trace_rec *out, size_t cap, uint64_t *lost)
{
    size_t n = t->count < cap ? t->count : cap;
    size_t at = t->head >= t->count ? t->head - t->count : t->head + t->cap - t->count;
    for (size_t i = 0; i < n; i++) {
        memcpy(&out[i], t->ring + at * sizeof *out, sizeof *out);
        if (++at == t->cap) at = 0;
    }
    t->count -= n;
    if (lost) {
        *lost = t->lost;
        t->lost = 0;
    }
    return n;
}
