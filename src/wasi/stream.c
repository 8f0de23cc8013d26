/* stream: pipes, terminals and sockets, read and written without ever waiting. Owns the question whether a
 * descriptor is ready. The host's own descriptors are shared with other processes, so their O_NONBLOCK is not
 * touched: one that would wait is asked with poll first and then given no more than it surely takes. Must not
 * know tasks. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include "wasi/wasi.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef PIPE_BUF
#define PIPE_BUF 512
#endif

uint32_t wrt__wasi_ready(const struct wrt__wasi_file *f, uint32_t events)
{
    struct pollfd p = { .fd = f->fd };
    uint32_t got = 0;
    if (events & WRT__WASI_READ) p.events |= POLLIN;
    if (events & WRT__WASI_WRITE) p.events |= POLLOUT;
    if (poll(&p, 1, 0) <= 0) return 0;
    if (p.revents & POLLIN) got |= WRT__WASI_READ;
    if (p.revents & POLLOUT) got |= WRT__WASI_WRITE;
    if (p.revents & POLLHUP) got |= WRT__WASI_HANGUP;
    if (p.revents & (POLLERR | POLLNVAL)) got |= WRT__WASI_BROKEN;
    return got;
}

static struct msghdr stream_message(struct wrt__wasi_span *s)
{
    struct msghdr m;
    memset(&m, 0, sizeof m);
    m.msg_iov = s->v;
    m.msg_iovlen = (size_t)s->count;
    return m;
}

int wrt__wasi_stream_read(struct wrt__wasi_file *f, struct wrt__wasi_span *s, size_t *done)
{
    ssize_t got;
    if (f->waits && !f->socket && !wrt__wasi_ready(f, WRT__WASI_READ)) return WRT__WASI_AGAIN;
    do {
        struct msghdr m = stream_message(s);
        got = f->socket ? recvmsg(f->fd, &m, MSG_DONTWAIT) : readv(f->fd, s->v, s->count);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return wrt__wasi_error();
    *done = (size_t)got;
    return 0;
}

/* Writing to a pipe that nobody reads must reach the guest as an error, not the whole process as a signal. */
static ssize_t stream_write_quietly(int fd, const void *p, size_t n)
{
    const struct timespec now = { 0, 0 };
    sigset_t pipes, pending, before;
    (void)sigemptyset(&pipes);
    (void)sigaddset(&pipes, SIGPIPE);
    bool was = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
    if (pthread_sigmask(SIG_BLOCK, &pipes, &before) != 0) return -1;
    ssize_t got = write(fd, p, n);
    int e = errno;
    if (got < 0 && e == EPIPE && !was) (void)sigtimedwait(&pipes, NULL, &now);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = e;
    return got;
}

/* One piece, at most PIPE_BUF at a time where the descriptor would wait for room for the rest: a pipe that
 * poll calls writable takes that much. */
static int stream_write_piece(struct wrt__wasi_file *f, const uint8_t *p, size_t n, size_t *done)
{
    while (n > 0) {
        size_t take = f->waits && n > PIPE_BUF ? PIPE_BUF : n;
        uint32_t ready = f->waits ? wrt__wasi_ready(f, WRT__WASI_WRITE) : WRT__WASI_WRITE;
        if (ready & WRT__WASI_BROKEN) return WRT__WASI_PIPE;
        if (!(ready & WRT__WASI_WRITE)) return WRT__WASI_AGAIN;
        ssize_t got = stream_write_quietly(f->fd, p, take);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return wrt__wasi_error();
        *done += (size_t)got;
        p += got;
        n -= (size_t)got;
        if ((size_t)got < take) return WRT__WASI_AGAIN;
    }
    return 0;
}

static int stream_send(struct wrt__wasi_file *f, struct wrt__wasi_span *s, size_t *done)
{
    ssize_t got;
    do {
        struct msghdr m = stream_message(s);
        got = sendmsg(f->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return wrt__wasi_error();
    *done = (size_t)got;
    return 0;
}

/* What has been written counts, whatever stopped the rest. */
int wrt__wasi_stream_write(struct wrt__wasi_file *f, struct wrt__wasi_span *s, size_t *done)
{
    int e = 0;
    *done = 0;
    if (f->socket) return stream_send(f, s, done);
    for (int i = 0; i < s->count && e == 0; i++) {
        e = stream_write_piece(f, s->v[i].iov_base, s->v[i].iov_len, done);
    }
    return *done > 0 ? 0 : e;
}
