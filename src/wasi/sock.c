/* sock: what preview 1 can do with sockets that the host has opened. Nothing here makes an address reachable
 * that was not granted. Text: the functions sock_* of preview 1. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include "wasi/wasi.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The socket of a call, before any right: another kind of file is NOTSOCK whatever it may do. */
static int sock_use(const struct wrt__wasi_call *c, uint64_t right, struct wrt__wasi_file **f)
{
    if (c->op && c->op->file) {
        *f = c->op->file;
        return 0;
    }
    int e = wrt__wasi_use(c->w, wrt__wasi_u32(c, 0), 0, f);
    if (e == 0 && !(*f)->socket) return WRT__WASI_NOTSOCK;
    return e ? e : wrt__wasi_use(c->w, wrt__wasi_u32(c, 0), right, f);
}

static int sock_park(struct wrt__wasi_call *c, struct wrt__wasi_file *f, uint32_t events)
{
    if (f->flags & WRT__FDF_NONBLOCK) return WRT__WASI_AGAIN;
    return wrt__wasi_park(c, f, events, UINT64_MAX);
}

/* The host's listening socket may be one that would wait. */
static int sock_accept_now(const struct wrt__wasi_file *f, int *fd)
{
    if (f->waits && !(wrt__wasi_ready(f, WRT__WASI_READ) & WRT__WASI_READ)) return WRT__WASI_AGAIN;
    do {
        *fd = accept(f->fd, NULL, NULL);
    } while (*fd < 0 && errno == EINTR);
    if (*fd < 0) return wrt__wasi_error();
    if (fcntl(*fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) | O_NONBLOCK) == 0) {
        return 0;
    }
    int e = wrt__wasi_error();
    (void)close(*fd);
    return e;
}

int wrt__wasi_sock_accept(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f, *got;
    uint32_t flags = wrt__wasi_u32(c, 1), at;
    int fd, e = sock_use(c, WRT__RIGHT_SOCK_ACCEPT, &f);
    if (e) return e;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 2), 4);
    if (!to) return WRT__WASI_FAULT;
    if (flags & ~(uint32_t)WRT__FDF_NONBLOCK) return WRT__WASI_INVAL;
    e = wrt__wasi_files_free(c->w, &at);
    if (e == 0) e = sock_accept_now(f, &fd);
    if (e == WRT__WASI_AGAIN) return sock_park(c, f, WRT__WASI_READ);
    if (e) return e;
    got = wrt__wasi_file_new(c->w, fd, true);
    if (!got) {
        (void)close(fd);
        return WRT__WASI_NOMEM;
    }
    got->rights = wrt__wasi_rights_of(got);
    got->flags = (uint16_t)flags;
    c->w->files[at] = got;
    wrt__put32(to, at);
    return 0;
}

static struct msghdr sock_message(struct wrt__wasi_span *s)
{
    struct msghdr m;
    memset(&m, 0, sizeof m);
    m.msg_iov = s->v;
    m.msg_iovlen = (size_t)s->count;
    return m;
}

/* The pieces without the first `done` bytes. */
static void sock_skip(struct wrt__wasi_span *s, size_t done)
{
    s->bytes -= done;
    for (int i = 0; i < s->count; i++) {
        size_t take = done < s->v[i].iov_len ? done : s->v[i].iov_len;
        s->v[i].iov_base = (uint8_t *)s->v[i].iov_base + take;
        s->v[i].iov_len -= take;
        done -= take;
    }
}

/* WAITALL: what has come is kept in the guest's memory, and the task goes on waiting for the rest. */
int wrt__wasi_sock_recv(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    struct wrt__wasi_span s;
    uint32_t flags = wrt__wasi_u32(c, 3);
    size_t done = c->op ? (size_t)c->op->done : 0;
    int e = sock_use(c, WRT__RIGHT_FD_READ, &f);
    if (e == 0) e = wrt__wasi_gather(c, wrt__wasi_u32(c, 1), wrt__wasi_u32(c, 2), WRT__WASI_STEP_BYTES, &s);
    if (e) return e;
    uint8_t *count = wrt__wasi_mem(c, wrt__wasi_u32(c, 4), 4),
            *out = wrt__wasi_mem(c, wrt__wasi_u32(c, 5), 2);
    if (!count || !out) return WRT__WASI_FAULT;
    if (flags & ~(uint32_t)WRT__RI_ALL) return WRT__WASI_INVAL;
    wrt_status status = wrt__wasi_charge(c, s.bytes, WRT__WASI_BYTES_PER_FUEL);
    if (status != WRT_OK) return status;
    if (done > s.bytes) return WRT__WASI_INVAL;
    sock_skip(&s, done);
    struct msghdr m = sock_message(&s);
    ssize_t got = recvmsg(f->fd, &m, MSG_DONTWAIT | (flags & WRT__RI_PEEK ? MSG_PEEK : 0));
    bool none = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    if (got < 0 && !none && done == 0) return wrt__wasi_error();
    done += got > 0 ? (size_t)got : 0;
    bool all = (flags & WRT__RI_WAITALL) && !(flags & WRT__RI_PEEK) && f->filetype == WRT__FT_STREAM;
    bool more = none ? (all || done == 0) : got > 0 && all && (size_t)got < s.bytes;
    if (more && !(done > 0 && (f->flags & WRT__FDF_NONBLOCK))) {
        e = sock_park(c, f, WRT__WASI_READ);
        if (e == WRT__WASI_PARKED) c->op->done = done;
        return e;
    }
    wrt__put32(count, (uint32_t)done);
    wrt__put16(out, got >= 0 && (m.msg_flags & MSG_TRUNC) ? WRT__RO_TRUNCATED : 0);
    return 0;
}

int wrt__wasi_sock_send(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    struct wrt__wasi_span s;
    size_t done = 0;
    int e = sock_use(c, WRT__RIGHT_FD_WRITE, &f);
    if (e == 0) e = wrt__wasi_gather(c, wrt__wasi_u32(c, 1), wrt__wasi_u32(c, 2), WRT__WASI_STEP_BYTES, &s);
    if (e) return e;
    uint8_t *count = wrt__wasi_mem(c, wrt__wasi_u32(c, 4), 4);
    if (!count) return WRT__WASI_FAULT;
    if (wrt__wasi_u32(c, 3) != 0) return WRT__WASI_INVAL;
    wrt_status status = wrt__wasi_charge(c, s.bytes, WRT__WASI_BYTES_PER_FUEL);
    if (status != WRT_OK) return status;
    e = wrt__wasi_stream_write(f, &s, &done);
    if (e == WRT__WASI_AGAIN) return sock_park(c, f, WRT__WASI_WRITE);
    if (e == 0) wrt__put32(count, (uint32_t)done);
    return e;
}

int wrt__wasi_sock_shutdown(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    uint32_t how = wrt__wasi_u32(c, 1);
    int e = sock_use(c, WRT__RIGHT_SOCK_SHUTDOWN, &f);
    if (e) return e;
    if (how == 0 || (how & ~(uint32_t)(WRT__SD_RD | WRT__SD_WR))) return WRT__WASI_INVAL;
    int host = how == WRT__SD_RD ? SHUT_RD : how == WRT__SD_WR ? SHUT_WR : SHUT_RDWR;
    return shutdown(f->fd, host) == 0 ? 0 : wrt__wasi_error();
}
