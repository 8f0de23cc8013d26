/* dir: listing a directory. Owns the position of a listing and the meaning of cookies: the number of entries
 * that came before, "." and ".." included. A listing goes on where it stands as long as cookies come in
 * order, also over an entry that did not fit, so files may be removed while it is under way; any other cookie
 * is found by counting from the start, in steps. Text: fd_readdir of preview 1. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include "wasi/wasi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wrt__wasi_dir {
    DIR *stream;
    uint64_t at;                    /* entries passed */
    uint64_t inode;                 /* of the directory */
    bool held;                      /* `entry` has been read but was not taken yet */
    struct { uint64_t inode; uint8_t type; uint32_t n; char name[256]; } entry;
};

enum { DIR_BUFFER_MAX = 1 << 20 };

void wrt__wasi_dir_close(struct wrt__wasi *w, struct wrt__wasi_dir *d)
{
    (void)closedir(d->stream);
    wrt__free(&w->alloc, d, sizeof *d, WRT_TAG_OTHER);
}

/* A descriptor of its own: the guest's may be used for other things. */
static int dir_open(struct wrt__wasi *w, struct wrt__wasi_file *f)
{
    struct stat st;
    if (f->dir) return 0;
    if (fstat(f->fd, &st) != 0) return wrt__wasi_error();
    struct wrt__wasi_dir *d = wrt__alloc_zero(&w->alloc, sizeof *d, WRT_TAG_OTHER);
    if (!d) return WRT__WASI_NOMEM;
    int e = 0, fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) d->stream = fdopendir(fd);
    if (!d->stream) {
        e = wrt__wasi_error();
        if (fd >= 0) (void)close(fd);
        wrt__free(&w->alloc, d, sizeof *d, WRT_TAG_OTHER);
        return e;
    }
    d->inode = (uint64_t)st.st_ino;
    f->dir = d;
    return 0;
}

static uint8_t dir_type(const struct wrt__wasi_dir *d, const struct dirent *x)
{
    struct stat st;
#ifdef DT_UNKNOWN
    switch (x->d_type) {
    case DT_REG: return WRT__FT_REGULAR;
    case DT_DIR: return WRT__FT_DIRECTORY;
    case DT_LNK: return WRT__FT_SYMLINK;
    case DT_CHR: return WRT__FT_CHARACTER;
    case DT_BLK: return WRT__FT_BLOCK;
    case DT_SOCK: return WRT__FT_STREAM;
    case DT_FIFO: return WRT__FT_UNKNOWN;
    default: break;
    }
#endif
    if (fstatat(dirfd(d->stream), x->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) return WRT__FT_UNKNOWN;
    return wrt__wasi_filetype((unsigned)st.st_mode);
}

/* "." and ".." come first and are made here: the directory above may be outside, so its inode is nobody's
 * business. */
static bool dir_dots(struct wrt__wasi_dir *d)
{
    if (d->at >= 2) return false;
    d->entry.inode = d->inode;
    d->entry.type = WRT__FT_DIRECTORY;
    d->entry.n = (uint32_t)d->at + 1;
    memcpy(d->entry.name, "..", 2);
    return true;
}

/* Reads the entry at d->at unless it is held already. 0 and d->held is false: the end. */
static int dir_peek(struct wrt__wasi_dir *d)
{
    const struct dirent *x;
    if (d->held) return 0;
    d->held = dir_dots(d);
    if (d->held) return 0;
    do {
        errno = 0;
        x = readdir(d->stream);
        if (!x) return errno ? wrt__wasi_error() : 0;
    } while (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0
        || strlen(x->d_name) >= sizeof d->entry.name);
    d->entry.inode = (uint64_t)x->d_ino;
    d->entry.type = dir_type(d, x);
    d->entry.n = (uint32_t)strlen(x->d_name);
    memcpy(d->entry.name, x->d_name, d->entry.n);
    d->held = true;
    return 0;
}

static void dir_take(struct wrt__wasi_dir *d)
{
    d->held = false;
    d->at++;
}

/* Moves to `cookie`, at most WRT__WASI_SKIP entries on; the caller looks whether it is there. */
static int dir_seek(struct wrt__wasi_dir *d, uint64_t cookie, uint32_t *passed, bool *end)
{
    *passed = 0;
    *end = false;
    if (cookie < d->at || cookie == 0) { /* from the start, and what is there now */
        rewinddir(d->stream);
        d->at = 0;
        d->held = false;
    }
    while (d->at < cookie && *passed < WRT__WASI_SKIP) {
        int e = dir_peek(d);
        if (e) return e;
        if (!d->held) {
            *end = true;
            return 0;
        }
        dir_take(d);
        ++*passed;
    }
    return 0;
}

static void dir_head(uint8_t *to, const struct wrt__wasi_dir *d)
{
    memset(to, 0, WRT__DIRENT_BYTES);
    wrt__put64(to, d->at + 1);
    wrt__put64(to + 8, d->entry.inode);
    wrt__put32(to + 16, d->entry.n);
    to[20] = d->entry.type;
}

/* Fills `buf`; the last entry may be cut off, which tells the guest to come again with its cookie. */
static int dir_fill(struct wrt__wasi_dir *d, uint8_t *buf, size_t n, size_t *used, uint32_t *entries)
{
    uint8_t head[WRT__DIRENT_BYTES];
    *used = 0;
    while (*used < n) {
        int e = dir_peek(d);
        if (e || !d->held) return *used > 0 ? 0 : e;
        dir_head(head, d);
        size_t left = n - *used, whole = sizeof head + d->entry.n;
        memcpy(buf + *used, head, left < sizeof head ? left : sizeof head);
        if (left > sizeof head) {
            memcpy(buf + *used + sizeof head, d->entry.name, left < whole ? left - sizeof head : d->entry.n);
        }
        ++*entries;
        if (left < whole) {
            *used = n;
            return 0;
        }
        *used += whole;
        dir_take(d);
    }
    return 0;
}

static int dir_list(
    struct wrt__wasi_call *c, struct wrt__wasi_file *f, uint8_t *buf, uint32_t n, uint8_t *ret)
{
    uint64_t cookie = wrt__wasi_u64(c, 3);
    uint32_t entries;
    size_t used = 0;
    bool end;
    int e = dir_open(c->w, f);
    if (e == 0) e = dir_seek(f->dir, cookie, &entries, &end);
    if (e) return e;
    if (f->dir->at < cookie && !end) {
        /* Paid as it goes: a charge that fails keeps the progress, the next attempt goes on from here. */
        wrt_status status = wrt_charge(c->call, (uint64_t)entries * WRT__WASI_FUEL_PER_ENTRY);
        return status != WRT_OK ? status : wrt__wasi_park(c, f, 0, wrt__wasi_now(c));
    }
    size_t cap = (size_t)wrt__min_u64(n, DIR_BUFFER_MAX);
    if (!end) e = dir_fill(f->dir, buf, cap, &used, &entries);
    if (e) return e;
    if (used == cap && cap < n) return WRT__WASI_2BIG; /* less than the buffer would mean: that was all */
    wrt_status status = entries ? wrt_charge(c->call, (uint64_t)entries * WRT__WASI_FUEL_PER_ENTRY) : WRT_OK;
    wrt__put32(ret, (uint32_t)used);
    return status;
}

int wrt__wasi_fd_readdir(struct wrt__wasi_call *c)
{
    struct wrt__wasi_file *f = c->op ? c->op->file : NULL;
    uint32_t n = wrt__wasi_u32(c, 2);
    int e = f ? 0 : wrt__wasi_use(c->w, wrt__wasi_u32(c, 0), WRT__RIGHT_FD_READDIR, &f);
    if (e) return e;
    uint8_t *buf = wrt__wasi_mem(c, wrt__wasi_u32(c, 1), n);
    uint8_t *ret = wrt__wasi_mem(c, wrt__wasi_u32(c, 4), 4);
    if (!buf || !ret) return WRT__WASI_FAULT;
    return dir_list(c, f, buf, n, ret);
}
