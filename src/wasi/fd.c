/* fd: what is asked of and done to an open descriptor apart from moving bytes. Text: fd_advise, fd_allocate,
 * fd_close, fd_datasync, fd_sync, fd_fdstat_*, fd_filestat_*, fd_prestat_*, fd_renumber of preview 1. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "port/port.h"

enum { FD_ALLOCATE_MAX = 1 << 28, FD_ALLOCATE_PER_FUEL = 64 };

static int fd_use(const struct wrt__wasi_call *c, uint64_t rights, struct wrt__wasi_file **f)
{
    return wrt__wasi_use(c->w, wrt__wasi_u32(c, 0), rights, f);
}

/* ---- the descriptor ------------------------------------------------------------------------------ */

int wrt__wasi_fd_close(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    int e = fd_use(c, 0, &f);
    if (e) return e;
    c->w->files[wrt__wasi_u32(c, 0)] = NULL;
    wrt__wasi_file_drop(c->w, f);
    return 0;
}

/* The new number must be open already: nobody else can have been given it meanwhile. */
int wrt__wasi_fd_renumber(struct wrt__wasi_call *c)
{
    uint32_t from = wrt__wasi_u32(c, 0), to = wrt__wasi_u32(c, 1);
    struct wrt__wasi_file *f = wrt__wasi_file_at(c->w, from), *old = wrt__wasi_file_at(c->w, to);
    if (!f || !old) return WRT__WASI_BADF;
    if (from == to) return 0;
    c->w->files[to] = f;
    c->w->files[from] = NULL;
    wrt__wasi_file_drop(c->w, old);
    return 0;
}

int wrt__wasi_fd_fdstat_get(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    int e = fd_use(c, 0, &f);
    if (e) return e;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 1), WRT__FDSTAT_BYTES);
    if (!to) return WRT__WASI_FAULT;
    memset(to, 0, WRT__FDSTAT_BYTES);
    to[0] = f->filetype;
    wrt__put16(to + 2, f->flags);
    wrt__put64(to + 8, f->rights);
    wrt__put64(to + 16, f->inheriting);
    return 0;
}

/* NONBLOCK is between us and the guest. APPEND is a property of the open file, which only what we opened
 * ourselves may be given; how it is synchronized is settled when it is opened. */
int wrt__wasi_fd_fdstat_set_flags(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    uint32_t flags = wrt__wasi_u32(c, 1);
    int e = fd_use(c, WRT__RIGHT_FD_FDSTAT_SET_FLAGS, &f);
    if (e) return e;
    uint32_t change = flags ^ f->flags;
    if (flags & ~(uint32_t)WRT__FDF_ALL) return WRT__WASI_INVAL;
    if (change & (WRT__FDF_DSYNC | WRT__FDF_RSYNC | WRT__FDF_SYNC)) return WRT__WASI_INVAL;
    if ((change & WRT__FDF_APPEND) && !f->stream && !f->sink) {
        int host = f->owned ? fcntl(f->fd, F_GETFL) : -1;
        if (!f->owned) return WRT__WASI_NOTSUP;
        host = flags & WRT__FDF_APPEND ? host | O_APPEND : host & ~O_APPEND;
        if (fcntl(f->fd, F_SETFL, host) < 0) return wrt__wasi_error();
    }
    f->flags = (uint16_t)flags;
    return 0;
}

/* Rights can only be given up. */
int wrt__wasi_fd_fdstat_set_rights(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    uint64_t rights = wrt__wasi_u64(c, 1), inheriting = wrt__wasi_u64(c, 2);
    int e = fd_use(c, 0, &f);
    if (e) return e;
    if ((rights & ~f->rights) || (inheriting & ~f->inheriting)) return WRT__WASI_NOTCAPABLE;
    f->rights = rights;
    f->inheriting = inheriting;
    return 0;
}

/* ---- the file behind it -------------------------------------------------------------------------- */

int wrt__wasi_fd_filestat_get(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    struct stat st;
    int e = fd_use(c, WRT__RIGHT_FD_FILESTAT_GET, &f);
    if (e) return e;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 1), WRT__FILESTAT_BYTES);
    if (!to) return WRT__WASI_FAULT;
    memset(&st, 0, sizeof st);
    if (!f->sink && fstat(f->fd, &st) != 0) return wrt__wasi_error();
    wrt__wasi_filestat_put(to, &st, f->filetype);
    return 0;
}

int wrt__wasi_fd_filestat_set_size(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    uint64_t size = wrt__wasi_u64(c, 1);
    int e = fd_use(c, WRT__RIGHT_FD_FILESTAT_SET_SIZE, &f);
    if (e) return e;
    if (size > INT64_MAX) return WRT__WASI_FBIG;
    return ftruncate(f->fd, (off_t)size) == 0 ? 0 : wrt__wasi_error();
}

int wrt__wasi_fd_filestat_set_times(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    struct timespec times[2];
    int e = fd_use(c, WRT__RIGHT_FD_FILESTAT_SET_TIMES, &f);
    if (e == 0) e = wrt__wasi_times(wrt__wasi_u64(c, 1), wrt__wasi_u64(c, 2), wrt__wasi_u32(c, 3), times);
    if (e) return e;
    if (f->locked) return WRT__WASI_ROFS;
    return futimens(f->fd, times) == 0 ? 0 : wrt__wasi_error();
}

int wrt__wasi_fd_advise(struct wrt__wasi_call *c)
{
    static const int host[] = { POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
        POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE };
    struct wrt__wasi_file *f;
    uint64_t offset = wrt__wasi_u64(c, 1), n = wrt__wasi_u64(c, 2);
    uint32_t advice = wrt__wasi_u32(c, 3);
    int e = fd_use(c, WRT__RIGHT_FD_ADVISE, &f);
    if (e) return e;
    if (advice >= WRT_COUNT(host) || offset > INT64_MAX || n > INT64_MAX) return WRT__WASI_INVAL;
    e = posix_fadvise(f->fd, (off_t)offset, (off_t)n, host[advice]);
    return e ? wrt__wasi_errno(e) : 0;
}

/* There is no short count here either: one call reserves at most FD_ALLOCATE_MAX bytes, about a tenth of a
 * second on a file system that lives in memory. */
int wrt__wasi_fd_allocate(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    uint64_t offset = wrt__wasi_u64(c, 1), n = wrt__wasi_u64(c, 2);
    int e = fd_use(c, WRT__RIGHT_FD_ALLOCATE, &f);
    if (e) return e;
    if (n == 0 || offset > INT64_MAX) return WRT__WASI_INVAL;
    if (n > FD_ALLOCATE_MAX) return WRT__WASI_FBIG;
    wrt_status status = wrt__wasi_charge(c, n, FD_ALLOCATE_PER_FUEL);
    if (status != WRT_OK) return status;
    e = wrt__port_reserve(f->fd, offset, n);
    return e ? wrt__wasi_errno(e) : 0;
}

static int fd_flush(struct wrt__wasi_call *c, uint64_t right, int (*flush)(int fd))
{
    struct wrt__wasi_file *f;
    int e = fd_use(c, right, &f);
    if (e) return e;
    return flush(f->fd) == 0 ? 0 : wrt__wasi_error();
}

int wrt__wasi_fd_sync(struct wrt__wasi_call *c) { return fd_flush(c, WRT__RIGHT_FD_SYNC, fsync); }
int wrt__wasi_fd_datasync(struct wrt__wasi_call *c) { return fd_flush(c, WRT__RIGHT_FD_DATASYNC, fdatasync); }

/* ---- pre-opened directories ---------------------------------------------------------------------- */

static int fd_preopen(const struct wrt__wasi_call *c, struct wrt__wasi_file **f)
{
    int e = fd_use(c, 0, f);
    return e == 0 && !(*f)->preopen ? WRT__WASI_BADF : e;
}

int wrt__wasi_fd_prestat_get(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    int e = fd_preopen(c, &f);
    if (e) return e;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 1), WRT__PRESTAT_BYTES);
    if (!to) return WRT__WASI_FAULT;
    wrt__put32(to, 0); /* the tag of a directory, and padding */
    wrt__put32(to + 4, (uint32_t)f->name.n);
    return 0;
}

int wrt__wasi_fd_prestat_dir_name(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f;
    int e = fd_preopen(c, &f);
    if (e) return e;
    if (wrt__wasi_u32(c, 2) < f->name.n) return WRT__WASI_NAMETOOLONG;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 1), f->name.n);
    if (!to) return WRT__WASI_FAULT;
    wrt_status status = wrt__wasi_charge(c, f->name.n, WRT__WASI_BYTES_PER_FUEL);
    if (status != WRT_OK) return status;
    if (f->name.n) memmove(to, f->name.p, f->name.n);
    return 0;
}
