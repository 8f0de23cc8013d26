/* poll: waiting for several things at once. Owns the subscriptions of one call: they are read from guest
 * memory once, asked whether they are due, and if none is, the task is parked until the first of them comes.
 * Files are always ready. Text: poll_oneoff of preview 1. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading subscriptions ----------------------------------------------------------------------- */

static void sub_clock(const struct wrt__wasi_call *c, const uint8_t *p, uint64_t now, struct wrt__wasi_sub *s)
{
    uint32_t id = wrt__get32(p + 16);
    uint32_t flags = wrt__get16(p + 40);
    uint64_t at = wrt__get64(p + 24);
    uint64_t clock = now;
    if (id >= WRT__CLOCKS || (flags & ~(uint32_t)WRT__SUB_ABSTIME)) {
        s->error = WRT__WASI_INVAL;
        return;
    }
    if (id > WRT__CLOCK_MONOTONIC) {
        s->error = WRT__WASI_NOTSUP; /* processor time does not pass while one waits for it */
        return;
    }
    if (!(flags & WRT__SUB_ABSTIME)) {
        s->deadline = wrt__add_u64(now, at, &at) ? at : UINT64_MAX;
        return;
    }
    if (id == WRT__CLOCK_REALTIME && !c->w->deterministic && c->w->host.wall_ns) {
        clock = c->w->host.wall_ns(c->w->host.ctx);
    }
    if (at <= clock) {
        s->deadline = now;
    } else {
        s->deadline = wrt__add_u64(now, at - clock, &at) ? at : UINT64_MAX;
    }
}

static void sub_fd(const struct wrt__wasi_call *c, const uint8_t *p, struct wrt__wasi_sub *s)
{
    struct wrt__wasi_file *f;
    uint64_t right = s->type == WRT__EV_READ ? WRT__RIGHT_FD_READ : WRT__RIGHT_FD_WRITE;
    int e = wrt__wasi_use(c->w, wrt__get32(p + 16), right | WRT__RIGHT_POLL_FD_READWRITE, &f);
    s->error = (uint16_t)e;
    if (e) return;
    wrt__wasi_file_keep(f);
    s->file = f;
}

static int sub_read(const struct wrt__wasi_call *c, const uint8_t *p, uint64_t now, struct wrt__wasi_sub *s)
{
    s->userdata = wrt__get64(p);
    s->type = p[8];
    if (s->type >= WRT__EVS) return WRT__WASI_INVAL;
    if (s->type == WRT__EV_CLOCK) {
        sub_clock(c, p, now, s);
    } else {
        sub_fd(c, p, s);
    }
    return 0;
}

/* ---- asking -------------------------------------------------------------------------------------- */

/* How much a regular file has left; what is there of a stream is not known without taking it: 1 means
 * some. */
static uint64_t poll_bytes(const struct wrt__wasi_sub *s)
{
    struct stat st;
    if (s->file->sink || s->type == WRT__EV_WRITE) return WRT__WASI_STEP_BYTES;
    if (s->file->stream) return 1;
    off_t at = lseek(s->file->fd, 0, SEEK_CUR);
    if (at < 0 || fstat(s->file->fd, &st) != 0 || st.st_size <= at) return 0;
    return (uint64_t)(st.st_size - at);
}

/* Writes the event if the subscription is due. */
static bool poll_due(const struct wrt__wasi_sub *s, uint64_t now, uint8_t *to)
{
    uint32_t want = s->type == WRT__EV_READ ? WRT__WASI_READ : WRT__WASI_WRITE, got = want;
    uint64_t bytes = 0;
    if (s->error == 0 && s->type == WRT__EV_CLOCK) {
        if (s->deadline > now) return false;
    } else if (s->error == 0) {
        if (s->file->stream) got = wrt__wasi_ready(s->file, want);
        if (got == 0) return false;
        bytes = got & want ? poll_bytes(s) : 0;
    }
    memset(to, 0, WRT__EVENT_BYTES);
    wrt__put64(to, s->userdata);
    wrt__put16(to + 8, s->error);
    to[10] = s->type;
    wrt__put64(to + 16, bytes);
    if (s->type != WRT__EV_CLOCK && got & (WRT__WASI_HANGUP | WRT__WASI_BROKEN)) {
        wrt__put16(to + 24, WRT__EV_HANGUP);
    }
    return true;
}

static uint32_t poll_events(const struct wrt__wasi_call *c, const struct wrt__wasi_op *op, uint8_t *to)
{
    uint64_t now = wrt__wasi_now(c);
    uint32_t n = 0;
    for (uint32_t i = 0; i < op->subs_count; i++) {
        if (poll_due(&op->subs[i], now, to + (size_t)n * WRT__EVENT_BYTES)) n++;
    }
    return n;
}

static int poll_op(struct wrt__wasi_call *c, uint32_t n, struct wrt__wasi_op **out)
{
    uint64_t now = wrt__wasi_now(c);
    const uint8_t *in = wrt__wasi_mem(c, wrt__wasi_u32(c, 0), (uint64_t)n * WRT__SUBSCRIPTION_BYTES);
    if (!in) return WRT__WASI_FAULT;
    struct wrt__wasi_op *op = wrt__wasi_op_new(c, n);
    if (!op) return WRT__WASI_NOMEM;
    for (uint32_t i = 0; i < n; i++, in += WRT__SUBSCRIPTION_BYTES) {
        int e = sub_read(c, in, now, &op->subs[i]);
        if (e == 0) continue;
        c->op = op; /* the entry takes it away */
        return e;
    }
    *out = op;
    return 0;
}

int wrt__wasi_poll_oneoff(struct wrt__wasi_call *c)
{
    uint32_t n = wrt__wasi_u32(c, 2);
    struct wrt__wasi_op *op = c->op;
    if (n == 0 || n > WRT__WASI_SUBS_MAX) return WRT__WASI_INVAL;
    uint8_t *events = wrt__wasi_mem(c, wrt__wasi_u32(c, 1), (uint64_t)n * WRT__EVENT_BYTES);
    uint8_t *count = wrt__wasi_mem(c, wrt__wasi_u32(c, 3), 4);
    if (!events || !count) return WRT__WASI_FAULT;
    wrt_status status = wrt__wasi_charge(c, (uint64_t)n * WRT__WASI_FUEL_PER_SUB, 1);
    if (status != WRT_OK) return status;
    int e = op ? 0 : poll_op(c, n, &op);
    if (e) return e;
    uint32_t due = poll_events(c, op, events);
    if (due == 0) return wrt__wasi_park_op(c, op);
    c->op = op;
    wrt__put32(count, due);
    return 0;
}
