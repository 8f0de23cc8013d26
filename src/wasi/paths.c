/* paths: what is done to names below a directory that the guest holds. Owns the order of the questions: may
 * this descriptor do it, is the name lawful, is the tree writable, where does it lead; only then the one
 * system call, which never follows a link. Text: the functions path_* of preview 1. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Directory (argument `fd`), right, and name (argument `at` and the one after it). Every byte of a name is
 * one fuel. */
static int paths_begin(struct wrt__wasi_call *c, size_t fd, uint64_t right, size_t at,
    struct wrt__wasi_file **dir, char name[WRT__PATH_BYTES])
{
    uint32_t n = wrt__wasi_u32(c, at + 1);
    int e = wrt__wasi_use(c->w, wrt__wasi_u32(c, fd), right, dir);
    if (e) return e;
    const uint8_t *p = wrt__wasi_mem(c, wrt__wasi_u32(c, at), n);
    if (!p) return WRT__WASI_FAULT;
    e = wrt__path_copy(p, n, name);
    if (e) return wrt__wasi_errno(e);
    return wrt__wasi_charge(c, n, 1);
}

static int paths_find(const struct wrt__wasi_call *c, const struct wrt__wasi_file *dir, const char *name,
    bool follow, struct wrt__place *out)
{
    int e = wrt__path_place(dir->fd, c->w->beneath, name, follow, out);
    return e ? wrt__wasi_errno(e) : 0;
}

/* The answer for a name that ended in a slash when what it names is `missing` or no directory. */
static int paths_slash(const struct wrt__place *at, int missing)
{
    struct stat st;
    if (!at->slash) return 0;
    if (fstatat(at->dir, at->leaf, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? missing : wrt__wasi_error();
    }
    return S_ISDIR(st.st_mode) ? 0 : WRT__WASI_NOTDIR;
}

static int paths_end(struct wrt__place *at, int result)
{
    int e = result == 0 ? 0 : wrt__wasi_error();
    wrt__place_close(at);
    return e;
}

/* ---- making and removing ------------------------------------------------------------------------- */

/* A name in a tree that may be changed. What is made, removed or renamed is the name itself: a slash behind
 * it asks for a directory, but leads through no link, or the target could be removed by the link's name. */
static int paths_change(
    struct wrt__wasi_call *c, size_t fd, uint64_t right, size_t at, struct wrt__place *out)
{
    char name[WRT__PATH_BYTES];
    struct wrt__wasi_file *dir;
    int e = paths_begin(c, fd, right, at, &dir, name);
    if (e) return e;
    if (dir->locked) return WRT__WASI_ROFS;
    size_t n = strlen(name), all = n;
    while (name[n - 1] == '/') name[--n] = 0; /* the first byte is none */
    e = paths_find(c, dir, name, false, out);
    out->slash = n < all;
    return e;
}

int wrt__wasi_path_create_directory(struct wrt__wasi_call *c)
{
    struct wrt__place at;
    int e = paths_change(c, 0, WRT__RIGHT_PATH_CREATE_DIRECTORY, 1, &at);
    return e ? e : paths_end(&at, mkdirat(at.dir, at.leaf, 0777));
}

int wrt__wasi_path_remove_directory(struct wrt__wasi_call *c)
{
    struct wrt__place at;
    int e = paths_change(c, 0, WRT__RIGHT_PATH_REMOVE_DIRECTORY, 1, &at);
    return e ? e : paths_end(&at, unlinkat(at.dir, at.leaf, AT_REMOVEDIR));
}

int wrt__wasi_path_unlink_file(struct wrt__wasi_call *c)
{
    struct wrt__place at;
    int e = paths_change(c, 0, WRT__RIGHT_PATH_UNLINK_FILE, 1, &at);
    if (e) return e;
    e = paths_slash(&at, WRT__WASI_NOENT);
    if (e == 0) return paths_end(&at, unlinkat(at.dir, at.leaf, 0));
    wrt__place_close(&at);
    return e;
}

/* A link that could only lead outside is refused; where a relative one leads is settled
 * when it is followed. */
int wrt__wasi_path_symlink(struct wrt__wasi_call *c)
{
    char target[WRT__PATH_BYTES];
    struct wrt__place at;
    uint32_t n = wrt__wasi_u32(c, 1);
    const uint8_t *p = wrt__wasi_mem(c, wrt__wasi_u32(c, 0), n);
    if (!p) return WRT__WASI_FAULT;
    int e = wrt__path_copy(p, n, target);
    if (e) return wrt__wasi_errno(e);
    wrt_status status = wrt__wasi_charge(c, n, 1);
    if (status != WRT_OK) return status;
    e = paths_change(c, 2, WRT__RIGHT_PATH_SYMLINK, 3, &at);
    if (e) return e;
    e = paths_slash(&at, WRT__WASI_NOENT);
    if (e == 0 && at.slash) e = WRT__WASI_EXIST;
    if (e == 0) return paths_end(&at, symlinkat(target, at.dir, at.leaf));
    wrt__place_close(&at);
    return e;
}

/* Both ends must be writable: through a second name in a writable tree a file of a locked one could be
 * changed. */
int wrt__wasi_path_link(struct wrt__wasi_call *c)
{
    char name[WRT__PATH_BYTES];
    struct wrt__wasi_file *dir;
    struct wrt__place from, to;
    uint32_t flags = wrt__wasi_u32(c, 1);
    int e = paths_begin(c, 0, WRT__RIGHT_PATH_LINK_SOURCE, 2, &dir, name);
    if (e) return e;
    if (flags & ~(uint32_t)WRT__LOOKUP_FOLLOW) return WRT__WASI_INVAL;
    if (dir->locked) return WRT__WASI_ROFS;
    e = paths_find(c, dir, name, flags & WRT__LOOKUP_FOLLOW, &from);
    if (e) return e;
    e = paths_change(c, 4, WRT__RIGHT_PATH_LINK_TARGET, 5, &to);
    if (e == 0) {
        e = paths_slash(&from, WRT__WASI_NOENT);
        if (e == 0) e = paths_slash(&to, WRT__WASI_NOENT);
        if (e == 0 && linkat(from.dir, from.leaf, to.dir, to.leaf, 0) != 0) e = wrt__wasi_error();
        wrt__place_close(&to);
    }
    wrt__place_close(&from);
    return e;
}

/* A slash after the new name asks for a directory, also when nothing has that name yet. */
static int paths_rename(struct wrt__place *from, struct wrt__place *to)
{
    struct stat st;
    int e = paths_slash(from, WRT__WASI_NOENT);
    if (e == 0 && to->slash) {
        if (fstatat(from->dir, from->leaf, &st, AT_SYMLINK_NOFOLLOW) != 0) return wrt__wasi_error();
        if (!S_ISDIR(st.st_mode)) return WRT__WASI_NOTDIR;
    }
    if (e) return e;
    return renameat(from->dir, from->leaf, to->dir, to->leaf) == 0 ? 0 : wrt__wasi_error();
}

int wrt__wasi_path_rename(struct wrt__wasi_call *c)
{
    struct wrt__place from, to;
    int e = paths_change(c, 0, WRT__RIGHT_PATH_RENAME_SOURCE, 1, &from);
    if (e) return e;
    e = paths_change(c, 3, WRT__RIGHT_PATH_RENAME_TARGET, 4, &to);
    if (e == 0) {
        e = paths_rename(&from, &to);
        wrt__place_close(&to);
    }
    wrt__place_close(&from);
    return e;
}

/* ---- looking ------------------------------------------------------------------------------------- */

int wrt__wasi_path_filestat_get(struct wrt__wasi_call *c)
{
    char name[WRT__PATH_BYTES];
    struct wrt__wasi_file *dir;
    struct wrt__place at;
    struct stat st;
    uint32_t flags = wrt__wasi_u32(c, 1);
    int e = paths_begin(c, 0, WRT__RIGHT_PATH_FILESTAT_GET, 2, &dir, name);
    if (e) return e;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 4), WRT__FILESTAT_BYTES);
    if (!to) return WRT__WASI_FAULT;
    if (flags & ~(uint32_t)WRT__LOOKUP_FOLLOW) return WRT__WASI_INVAL;
    e = paths_find(c, dir, name, flags & WRT__LOOKUP_FOLLOW, &at);
    if (e) return e;
    e = paths_end(&at, fstatat(at.dir, at.leaf, &st, AT_SYMLINK_NOFOLLOW));
    if (e) return e;
    if (at.slash && !S_ISDIR(st.st_mode)) return WRT__WASI_NOTDIR;
    wrt__wasi_filestat_put(to, &st, wrt__wasi_filetype((unsigned)st.st_mode));
    return 0;
}

int wrt__wasi_path_filestat_set_times(struct wrt__wasi_call *c)
{
    char name[WRT__PATH_BYTES];
    struct wrt__wasi_file *dir;
    struct wrt__place at;
    struct timespec times[2];
    uint32_t flags = wrt__wasi_u32(c, 1);
    int e = paths_begin(c, 0, WRT__RIGHT_PATH_FILESTAT_SET_TIMES, 2, &dir, name);
    if (e == 0 && (flags & ~(uint32_t)WRT__LOOKUP_FOLLOW)) e = WRT__WASI_INVAL;
    if (e == 0) e = wrt__wasi_times(wrt__wasi_u64(c, 4), wrt__wasi_u64(c, 5), wrt__wasi_u32(c, 6), times);
    if (e) return e;
    if (dir->locked) return WRT__WASI_ROFS;
    e = paths_find(c, dir, name, flags & WRT__LOOKUP_FOLLOW, &at);
    if (e) return e;
    e = paths_slash(&at, WRT__WASI_NOENT);
    if (e == 0) return paths_end(&at, utimensat(at.dir, at.leaf, times, AT_SYMLINK_NOFOLLOW));
    wrt__place_close(&at);
    return e;
}

/* A target that is longer than the buffer is cut off: the count says how much of the buffer was used. */
int wrt__wasi_path_readlink(struct wrt__wasi_call *c)
{
    char name[WRT__PATH_BYTES];
    struct wrt__wasi_file *dir;
    struct wrt__place at;
    uint32_t n = wrt__wasi_u32(c, 4);
    int e = paths_begin(c, 0, WRT__RIGHT_PATH_READLINK, 1, &dir, name);
    if (e) return e;
    uint8_t *buf = wrt__wasi_mem(c, wrt__wasi_u32(c, 3), n);
    uint8_t *used = wrt__wasi_mem(c, wrt__wasi_u32(c, 5), 4);
    if (!buf || !used) return WRT__WASI_FAULT;
    e = paths_find(c, dir, name, false, &at);
    if (e) return e;
    e = paths_slash(&at, WRT__WASI_NOENT);
    if (e) {
        wrt__place_close(&at);
        return e;
    }
    char target[WRT__PATH_BYTES];
    ssize_t got = readlinkat(at.dir, at.leaf, target, sizeof target);
    e = paths_end(&at, got < 0 ? -1 : 0);
    if (e) return e;
    uint32_t count = (uint32_t)wrt__min_u64((uint64_t)got, n);
    if (count) memcpy(buf, target, count);
    wrt__put32(used, count);
    return 0;
}

/* ---- opening ------------------------------------------------------------------------------------- */

struct paths_wish { uint32_t oflags, fdflags; uint64_t rights, inheriting; bool follow; };

static int paths_wish(const struct wrt__wasi_call *c, struct paths_wish *o)
{
    uint32_t lookup = wrt__wasi_u32(c, 1);
    o->oflags = wrt__wasi_u32(c, 4);
    o->rights = wrt__wasi_u64(c, 5) & WRT__RIGHT_ALL;
    o->inheriting = wrt__wasi_u64(c, 6) & WRT__RIGHT_ALL;
    o->fdflags = wrt__wasi_u32(c, 7);
    o->follow = lookup & WRT__LOOKUP_FOLLOW;
    if (lookup & ~(uint32_t)WRT__LOOKUP_FOLLOW) return WRT__WASI_INVAL;
    if ((o->oflags & ~(uint32_t)WRT__OF_ALL) || (o->fdflags & ~(uint32_t)WRT__FDF_ALL)) {
        return WRT__WASI_INVAL;
    }
    return (o->oflags & WRT__OF_CREAT) && (o->oflags & WRT__OF_DIRECTORY) ? WRT__WASI_INVAL : 0;
}

/* What the directory must be allowed itself, and what it may hand on. */
static int paths_may_open(const struct wrt__wasi_file *dir, const struct paths_wish *o)
{
    uint64_t need = 0;
    if (o->oflags & WRT__OF_CREAT) need |= WRT__RIGHT_PATH_CREATE_FILE;
    if (o->oflags & WRT__OF_TRUNC) need |= WRT__RIGHT_PATH_FILESTAT_SET_SIZE;
    if (need & ~dir->rights) return WRT__WASI_NOTCAPABLE;
    if ((o->rights | o->inheriting) & ~dir->inheriting) return WRT__WASI_NOTCAPABLE;
    return 0;
}

/* Never waits: a pipe or a device is opened without blocking, and read and written that way. */
static int paths_flags(const struct paths_wish *o)
{
    bool writes = o->rights & WRT__RIGHT_FD_WRITE,
         reads = o->rights & (WRT__RIGHT_FD_READ | WRT__RIGHT_FD_READDIR);
    int flags = O_NONBLOCK | (!writes ? O_RDONLY : reads ? O_RDWR : O_WRONLY);
    if (o->oflags & WRT__OF_CREAT) flags |= O_CREAT;
    if (o->oflags & WRT__OF_DIRECTORY) flags |= O_DIRECTORY;
    if ((o->oflags & WRT__OF_EXCL) && (o->oflags & WRT__OF_CREAT)) flags |= O_EXCL;
    if (o->oflags & WRT__OF_TRUNC) flags |= O_TRUNC;
    if (o->fdflags & WRT__FDF_APPEND) flags |= O_APPEND;
    if (o->fdflags & WRT__FDF_DSYNC) flags |= O_DSYNC;
    if (o->fdflags & (WRT__FDF_SYNC | WRT__FDF_RSYNC)) flags |= O_SYNC;
    return flags;
}

/* As on a file system that is mounted read-only: what exists can be opened, even with O_CREAT. */
static int paths_open_locked(const struct wrt__wasi_call *c, const struct wrt__wasi_file *dir,
    const char *name, const struct paths_wish *o, int *fd)
{
    int flags = paths_flags(o) & ~(O_CREAT | O_EXCL);
    if ((o->rights & WRT__RIGHT_FD_WRITE) || (o->oflags & WRT__OF_TRUNC)) return WRT__WASI_ROFS;
    int e = wrt__path_open(dir->fd, c->w->beneath, name, o->follow, flags, 0, fd);
    if (e == ENOENT && (o->oflags & WRT__OF_CREAT)) return WRT__WASI_ROFS;
    if (e || !(o->oflags & WRT__OF_CREAT) || !(o->oflags & WRT__OF_EXCL)) return e ? wrt__wasi_errno(e) : 0;
    (void)close(*fd);
    return WRT__WASI_EXIST;
}

static int paths_open_host(const struct wrt__wasi_call *c, const struct wrt__wasi_file *dir, const char *name,
    const struct paths_wish *o, int *fd)
{
    if (dir->locked) return paths_open_locked(c, dir, name, o, fd);
    int e = wrt__path_open(dir->fd, c->w->beneath, name, o->follow, paths_flags(o), 0666, fd);
    return e ? wrt__wasi_errno(e) : 0;
}

/* Rights that mean nothing for this file are left out. A directory may hand on what it was given for itself
 * as well: programs ask for the rights of directories and those of files, and open directories below. */
static void paths_rights(
    struct wrt__wasi_file *f, const struct wrt__wasi_file *dir, const struct paths_wish *o)
{
    uint64_t without_write = WRT__RIGHT_FD_ALLOCATE | WRT__RIGHT_FD_FILESTAT_SET_SIZE;
    f->rights = o->rights & wrt__wasi_rights_of(f);
    if (!(f->rights & WRT__RIGHT_FD_WRITE)) f->rights &= ~without_write;
    if (f->rights & WRT__RIGHT_FD_SEEK) f->rights |= WRT__RIGHT_FD_TELL;
    if (f->filetype == WRT__FT_DIRECTORY) f->inheriting = (o->rights | o->inheriting) & dir->inheriting;
    f->flags = (uint16_t)o->fdflags;
    f->locked = dir->locked;
}

int wrt__wasi_path_open(struct wrt__wasi_call *c)
{
    char name[WRT__PATH_BYTES];
    struct wrt__wasi_file *dir, *f;
    struct paths_wish o;
    uint32_t at;
    int fd;
    int e = paths_begin(c, 0, WRT__RIGHT_PATH_OPEN, 2, &dir, name);
    if (e == 0) e = paths_wish(c, &o);
    if (e == 0) e = paths_may_open(dir, &o);
    if (e) return e;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 8), 4);
    if (!to) return WRT__WASI_FAULT;
    e = wrt__wasi_files_free(c->w, &at);
    if (e == 0) e = paths_open_host(c, dir, name, &o, &fd);
    if (e) return e;
    f = wrt__wasi_file_new(c->w, fd, true);
    if (!f) {
        (void)close(fd);
        return WRT__WASI_NOMEM;
    }
    paths_rights(f, dir, &o);
    c->w->files[at] = f;
    wrt__put32(to, at);
    return 0;
}
