/* io: reading, writing and seeking. Owns the split between what is always ready (files, sinks) and streams,
 * where the task is parked instead of the thread. Text: fd_read, fd_write, fd_pread, fd_pwrite, fd_seek,
 * fd_tell of preview 1. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The file of a call: the one it was parked with, which may have lost its number meanwhile. */
static int io_file(const struct wrt__wasi_call *c, uint64_t rights, struct wrt__wasi_file **f)
{
    if (!c->op) return wrt__wasi_use(c->w, wrt__wasi_u32(c, 0), rights, f);
    *f = c->op->file;
    return 0;
}

static size_t io_limit(const struct wrt__wasi_file *f)
{
    return f->stream || f->sink ? WRT__WASI_STEP_BYTES : WRT__WASI_CALL_BYTES;
}

/* File, pieces, place of the count (argument `ret`) and price: what all four calls have in common. */
static int io_begin(struct wrt__wasi_call *c, uint64_t rights, size_t ret, struct wrt__wasi_file **f,
    struct wrt__wasi_span *s, uint8_t **count)
{
    int e = io_file(c, rights, f);
    if (e) return e;
    e = wrt__wasi_gather(c, wrt__wasi_u32(c, 1), wrt__wasi_u32(c, 2), io_limit(*f), s);
    if (e) return e;
    *count = wrt__wasi_mem(c, wrt__wasi_u32(c, ret), 4);
    if (!*count) return WRT__WASI_FAULT;
    return wrt__wasi_charge(c, s->bytes, WRT__WASI_BYTES_PER_FUEL);
}

static int io_park(struct wrt__wasi_call *c, struct wrt__wasi_file *f, uint32_t events)
{
    if (f->flags & WRT__FDF_NONBLOCK) return WRT__WASI_AGAIN;
    return wrt__wasi_park(c, f, events, UINT64_MAX);
}

static int io_sink(struct wrt__wasi_file *f, const struct wrt__wasi_span *s)
{
    for (int i = 0; i < s->count; i++) {
        if (f->sink->write(f->sink->ctx, s->v[i].iov_base, s->v[i].iov_len) < 0) return WRT__WASI_IO;
    }
    return 0;
}

int wrt__wasi_fd_read(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    struct wrt__wasi_span s;
    uint8_t *count;
    size_t done = 0;
    int e = io_begin(c, WRT__RIGHT_FD_READ, 3, &f, &s, &count);
    if (e == 0 && s.count > 0) e = wrt__wasi_stream_read(f, &s, &done);
    if (e == WRT__WASI_AGAIN) return io_park(c, f, WRT__WASI_READ);
    if (e == 0) wrt__put32(count, (uint32_t)done);
    return e;
}

static int io_write_file(const struct wrt__wasi_file *f, const struct wrt__wasi_span *s, size_t *done)
{
    ssize_t got;
    do {
        got = writev(f->fd, s->v, s->count);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return wrt__wasi_error();
    *done = (size_t)got;
    return 0;
}

int wrt__wasi_fd_write(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    struct wrt__wasi_span s;
    uint8_t *count;
    size_t done = 0;
    int e = io_begin(c, WRT__RIGHT_FD_WRITE, 3, &f, &s, &count);
    if (e) return e;
    if (f->sink) {
        e = io_sink(f, &s);
        done = s.bytes;
    } else if (s.count > 0) {
        e = f->stream ? wrt__wasi_stream_write(f, &s, &done) : io_write_file(f, &s, &done);
    }
    if (e == WRT__WASI_AGAIN) return io_park(c, f, WRT__WASI_WRITE);
    if (e == 0) wrt__put32(count, (uint32_t)done);
    return e;
}

/* ---- with an offset ------------------------------------------------------------------------------ */

/* Piece by piece: the calls that take a list and an offset are not POSIX. */
static int io_at(
    struct wrt__wasi_file *f, const struct wrt__wasi_span *s, uint64_t offset, bool write, size_t *done)
{
    for (int i = 0; i < s->count; i++) {
        const struct iovec *v = &s->v[i];
        off_t at = (off_t)(offset + *done);
        ssize_t got;
        do {
            got = write ? pwrite(f->fd, v->iov_base, v->iov_len, at)
                        : pread(f->fd, v->iov_base, v->iov_len, at);
        } while (got < 0 && errno == EINTR);
        if (got < 0) return *done > 0 ? 0 : wrt__wasi_error();
        *done += (size_t)got;
        if ((size_t)got < v->iov_len) return 0;
    }
    return 0;
}

static int io_positioned(struct wrt__wasi_call *c, bool write)
{
    struct wrt__wasi_file *f;
    struct wrt__wasi_span s;
    uint8_t *count;
    size_t done = 0;
    uint64_t offset = wrt__wasi_u64(c, 3);
    int e = io_begin(c, (write ? WRT__RIGHT_FD_WRITE : WRT__RIGHT_FD_READ), 4, &f, &s, &count);
    if (e) return e;
    if (f->stream || f->sink) return WRT__WASI_SPIPE;
    if (!(f->rights & WRT__RIGHT_FD_SEEK)) return WRT__WASI_NOTCAPABLE;
    if (offset > INT64_MAX - WRT__WASI_CALL_BYTES) return WRT__WASI_INVAL;
    e = io_at(f, &s, offset, write, &done);
    if (e == 0) wrt__put32(count, (uint32_t)done);
    return e;
}

int wrt__wasi_fd_pread(struct wrt__wasi_call *c) { return io_positioned(c, false); }
int wrt__wasi_fd_pwrite(struct wrt__wasi_call *c) { return io_positioned(c, true); }

/* ---- the position -------------------------------------------------------------------------------- */

static int io_seek(struct wrt__wasi_call *c, uint64_t rights, int64_t offset, uint32_t whence, size_t ret)
{
    static const int host[] = { SEEK_SET, SEEK_CUR, SEEK_END };
    struct wrt__wasi_file *f;
    int e = wrt__wasi_use(c->w, wrt__wasi_u32(c, 0), rights, &f);
    if (e) return e;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, ret), 8);
    if (!to) return WRT__WASI_FAULT;
    if (whence > WRT__WHENCE_END) return WRT__WASI_INVAL;
    if (f->sink) return WRT__WASI_SPIPE;
    off_t at = lseek(f->fd, (off_t)offset, host[whence]);
    if (at < 0) return wrt__wasi_error();
    wrt__put64(to, (uint64_t)at);
    return 0;
}

/* Asking for the present place is telling: the lesser right is enough. */
int wrt__wasi_fd_seek(struct wrt__wasi_call *c)
{
    int64_t offset = (int64_t)wrt__wasi_u64(c, 1);
    uint32_t whence = wrt__wasi_u32(c, 2);
    bool tell = offset == 0 && whence == WRT__WHENCE_CUR;
    return io_seek(c, tell ? WRT__RIGHT_FD_TELL : WRT__RIGHT_FD_SEEK, offset, whence, 3);
}

int wrt__wasi_fd_tell(struct wrt__wasi_call *c)
{
    return io_seek(c, WRT__RIGHT_FD_TELL, 0, WRT__WHENCE_CUR, 1);
}
