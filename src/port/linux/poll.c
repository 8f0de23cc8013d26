/* Descriptors on Linux: one epoll set per store, an eventfd in it for wake-ups.
 *
 * epoll knows a descriptor once; here several waiters may watch one, so a watch is a record of ours, chained
 * by descriptor and by tag, and epoll is told the union of what a descriptor's watches want. What epoll
 * refuses (regular files and the like are always ready) goes to a list that the next wait hands out. */
#define _GNU_SOURCE
#include "port/port.h"
#include <errno.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { POLL_BATCH = 64, POLL_NONE = -1, POLL_WAKE_FD = -1, POLL_FDS_RESERVED = 65536 };

struct watch {
    void *tag;                  /* NULL: unused */
    int fd;
    uint32_t events;            /* 1 read, 2 write */
    int32_t next_fd, next_tag;  /* chains; next_fd also links free watches and the ready list */
    bool ready;                 /* in the ready list, not in a descriptor's chain */
};

struct wrt__poll {
    const wrt_alloc *alloc;
    int epoll, event;
    _Atomic uint32_t woken;     /* the eventfd has been written and not yet been read */
    struct watch *watches;
    uint32_t watches_cap;
    bool reserved;              /* nothing grows any more */
    int32_t unused, ready;
    int32_t *by_fd;             /* first watch of each descriptor */
    uint32_t by_fd_cap;
    int32_t *by_tag;            /* first watch of each bucket; as many buckets as watches */
};

bool wrt__port_has_poll(void)
{
    return true;
}

struct wrt__poll *wrt__port_poll_open(const wrt_alloc *alloc)
{
    struct wrt__poll *p = wrt__alloc_zero(alloc, sizeof *p, WRT_TAG_OTHER);
    if (!p) return NULL;
    p->alloc = alloc;
    p->unused = p->ready = POLL_NONE;
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event e = { .events = EPOLLIN, .data.fd = POLL_WAKE_FD };
    if (p->epoll < 0 || p->event < 0 || epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->event, &e) != 0) {
        wrt__port_poll_close(p);
        return NULL;
    }
    return p;
}

void wrt__port_poll_close(struct wrt__poll *p)
{
    if (!p) return;
    if (p->epoll >= 0) (void)close(p->epoll);
    if (p->event >= 0) (void)close(p->event);
    wrt__free(p->alloc, p->watches, p->watches_cap * sizeof *p->watches, WRT_TAG_OTHER);
    wrt__free(p->alloc, p->by_tag, p->watches_cap * sizeof *p->by_tag, WRT_TAG_OTHER);
    wrt__free(p->alloc, p->by_fd, p->by_fd_cap * sizeof *p->by_fd, WRT_TAG_OTHER);
    wrt__free(p->alloc, p, sizeof *p, WRT_TAG_OTHER);
}

int wrt__port_poll_fd(const struct wrt__poll *p)
{
    return p->epoll;
}

/* ---- the chains ---- */

/* Buckets are a power of two; tags are addresses, so their low bits say little. */
static int32_t *poll_bucket(const struct wrt__poll *p, const void *tag)
{
    uint64_t h = (uint64_t)(uintptr_t)tag * 0x9e3779b97f4a7c15u;
    return &p->by_tag[(uint32_t)(h >> 32) & (p->watches_cap - 1)];
}

/* `cap` is a power of two and more than there are. */
static bool poll_widen(struct wrt__poll *p, uint32_t cap)
{
    uint32_t old = p->watches_cap;
    if (cap > INT32_MAX / 2) return false;
    int32_t *by_tag = wrt__alloc(p->alloc, cap * sizeof *by_tag, WRT_TAG_OTHER);
    if (!by_tag) return false;
    if (!wrt__grow(p->alloc, &p->watches, &(uint32_t){ old }, cap, sizeof *p->watches, WRT_TAG_OTHER)) {
        wrt__free(p->alloc, by_tag, cap * sizeof *by_tag, WRT_TAG_OTHER);
        return false;
    }
    wrt__free(p->alloc, p->by_tag, old * sizeof *p->by_tag, WRT_TAG_OTHER);
    p->by_tag = by_tag;
    p->watches_cap = cap;
    memset(by_tag, 0xff, cap * sizeof *by_tag);
    for (uint32_t i = 0; i < cap; i++) {
        struct watch *w = &p->watches[i];
        if (i >= old) {
            w->tag = NULL;
            w->next_fd = p->unused;
            p->unused = (int32_t)i;
        } else if (w->tag) {
            int32_t *bucket = poll_bucket(p, w->tag);
            w->next_tag = *bucket;
            *bucket = (int32_t)i;
        }
    }
    return true;
}

static bool poll_room(struct wrt__poll *p)
{
    if (p->unused != POLL_NONE) return true;
    return !p->reserved && poll_widen(p, p->watches_cap != 0 ? p->watches_cap * 2 : 8);
}

static bool poll_room_fd(struct wrt__poll *p, int fd)
{
    uint32_t old = p->by_fd_cap;
    if ((uint32_t)fd < old) return true;
    if (p->reserved) return false;
    uint32_t need = (uint32_t)fd + 1;
    bool room = wrt__grow(p->alloc, &p->by_fd, &p->by_fd_cap, need, sizeof *p->by_fd, WRT_TAG_OTHER);
    if (!room) return false;
    memset(p->by_fd + old, 0xff, (p->by_fd_cap - old) * sizeof *p->by_fd);
    return true;
}

bool wrt__port_poll_reserve(struct wrt__poll *p, uint32_t watches)
{
    struct rlimit most;
    uint32_t cap = 8, fds = POLL_FDS_RESERVED;
    while (cap < watches) {
        cap *= 2;
    }
    if (cap > p->watches_cap && !poll_widen(p, cap)) return false;
    if (getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur < fds) fds = (uint32_t)most.rlim_cur;
    if (fds > 0 && !poll_room_fd(p, (int)fds - 1)) return false;
    p->reserved = true;
    return true;
}

static void poll_unlink(struct wrt__poll *p, int32_t *head, int32_t i)
{
    while (*head != i) {
        head = &p->watches[*head].next_fd;
    }
    *head = p->watches[i].next_fd;
}

/* Takes a watch out of both chains; what epoll knows is the caller's. */
static void poll_forget(struct wrt__poll *p, int32_t i)
{
    struct watch *w = &p->watches[i];
    poll_unlink(p, w->ready ? &p->ready : &p->by_fd[w->fd], i);
    int32_t *link = poll_bucket(p, w->tag);
    while (*link != i) {
        link = &p->watches[*link].next_tag;
    }
    *link = w->next_tag;
    w->tag = NULL;
    w->next_fd = p->unused;
    p->unused = i;
}

/* ---- epoll ---- */

/* Tells epoll what the watches of a descriptor want now. Returns 0 or an errno. The set may have lost the
 * descriptor (closed and opened again under the same number), so both ways are tried. */
static int poll_arm(struct wrt__poll *p, int fd)
{
    struct epoll_event e = { .events = 0, .data.fd = fd };
    for (int32_t i = p->by_fd[fd]; i != POLL_NONE; i = p->watches[i].next_fd) {
        if (p->watches[i].events & 1) e.events |= EPOLLIN;
        if (p->watches[i].events & 2) e.events |= EPOLLOUT;
    }
    if (e.events == 0) {
        (void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, fd, &e);
        return 0;
    }
    if (epoll_ctl(p->epoll, EPOLL_CTL_MOD, fd, &e) == 0) return 0;
    if (errno == ENOENT && epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e) == 0) return 0;
    return errno;
}

static wrt_status poll_refused(int error)
{
    switch (error) {
    case EBADF: return WRT_E_ARG;
    case ENOMEM: return WRT_E_NOMEM;
    case ENOSPC: return WRT_E_LIMIT;    /* fs.epoll.max_user_watches */
    default: return WRT_E_IO;
    }
}

wrt_status wrt__port_poll_add(struct wrt__poll *p, int fd, uint32_t events, void *tag)
{
    WRT_ASSERT(events != 0 && (events & ~3u) == 0);
    if (fd < 0) return WRT_E_ARG;
    if (!poll_room(p) || !poll_room_fd(p, fd)) return WRT_E_NOMEM;
    int32_t i = p->unused;
    struct watch *w = &p->watches[i];
    int32_t *bucket = poll_bucket(p, tag);
    p->unused = w->next_fd;
    *w = (struct watch){
        .tag = tag, .fd = fd, .events = events, .next_fd = p->by_fd[fd], .next_tag = *bucket
    };
    p->by_fd[fd] = i;
    *bucket = i;
    int error = poll_arm(p, fd);
    if (error == 0) return WRT_OK;
    if (error != EPERM) {
        poll_forget(p, i);
        return poll_refused(error);
    }
    p->by_fd[fd] = w->next_fd;
    w->ready = true;
    w->next_fd = p->ready;
    p->ready = i;
    wrt__port_poll_wake(p);             /* a foreign loop that waits on our descriptor must see it */
    return WRT_OK;
}

void wrt__port_poll_del(struct wrt__poll *p, void *tag)
{
    if (p->watches_cap == 0) return;
    for (int32_t i = *poll_bucket(p, tag), next; i != POLL_NONE; i = next) {
        struct watch *w = &p->watches[i];
        next = w->next_tag;
        if (w->tag != tag) continue;
        int fd = w->fd;
        bool ready = w->ready;
        poll_forget(p, i);
        if (!ready) (void)poll_arm(p, fd);
    }
}

static int poll_sleep(struct wrt__poll *p, uint64_t until_ns, struct epoll_event *events)
{
    if (until_ns == 0) return epoll_wait(p->epoll, events, POLL_BATCH, 0);
    if (until_ns == UINT64_MAX) return epoll_wait(p->epoll, events, POLL_BATCH, -1);
    uint64_t now = wrt__port_mono_ns(), left = until_ns > now ? until_ns - now : 0;
    struct timespec t = { .tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u) };
    int n = epoll_pwait2(p->epoll, events, POLL_BATCH, &t, NULL);
    if (n >= 0 || errno != ENOSYS) return n;
    uint64_t ms = left / 1000000u + (left % 1000000u != 0);     /* kernels before 5.11; never too early */
    return epoll_wait(p->epoll, events, POLL_BATCH, ms < INT32_MAX ? (int)ms : INT32_MAX);
}

/* Hands out the watches of one descriptor that `got` is for; returns the new count. */
static size_t poll_fire(
    struct wrt__poll *p, int fd, uint32_t got, struct wrt__poll_event *out, size_t n, size_t cap)
{
    uint32_t have = ((got & EPOLLIN) ? 1u : 0u) | ((got & EPOLLOUT) ? 2u : 0u);
    bool broken = (got & (EPOLLERR | EPOLLHUP)) != 0;
    for (int32_t i = p->by_fd[fd], next; i != POLL_NONE && n < cap; i = next) {
        struct watch *w = &p->watches[i];
        next = w->next_fd;
        uint32_t events = broken ? w->events | 4u : w->events & have;
        if (events == 0) continue;
        out[n++] = (struct wrt__poll_event){ w->tag, events };
        poll_forget(p, i);
    }
    (void)poll_arm(p, fd);
    return n;
}

static void poll_unwake(struct wrt__poll *p)
{
    uint64_t count;
    ssize_t got = read(p->event, &count, sizeof count);
    (void)got;
    /* In this order: who finds `woken` set and does not write has published its work before we look at it. */
    (void)atomic_exchange(&p->woken, 0);
}

size_t wrt__port_poll_wait(struct wrt__poll *p, uint64_t until_ns, struct wrt__poll_event *out, size_t cap)
{
    struct epoll_event events[POLL_BATCH];
    size_t n = 0;
    int got = poll_sleep(p, p->ready != POLL_NONE ? 0 : until_ns, events);
    for (int k = 0; k < got; k++) {
        if (events[k].data.fd == POLL_WAKE_FD) poll_unwake(p);
    }
    while (p->ready != POLL_NONE && n < cap) {
        struct watch *w = &p->watches[p->ready];
        out[n++] = (struct wrt__poll_event){ w->tag, w->events };
        poll_forget(p, p->ready);
    }
    if (p->ready != POLL_NONE) wrt__port_poll_wake(p);
    for (int k = 0; k < got && n < cap; k++) {
        int fd = events[k].data.fd;
        if (fd != POLL_WAKE_FD) n = poll_fire(p, fd, events[k].events, out, n, cap);
    }
    return n;
}

void wrt__port_poll_wake(struct wrt__poll *p)
{
    if (atomic_exchange(&p->woken, 1) != 0) return;
    uint64_t one = 1;
    int saved = errno;          /* may run in a signal handler */
    ssize_t written = write(p->event, &one, sizeof one);
    (void)written;
    errno = saved;
}
