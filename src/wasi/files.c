/* files: what the guest holds open. Owns the descriptor table (bounded, lowest number first), what a file is,
 * and its rights. Files are counted: the table and parked calls keep them. Must not know functions, paths or
 * tasks. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    RIGHTS_EVERY = WRT__RIGHT_FD_FDSTAT_SET_FLAGS | WRT__RIGHT_FD_FILESTAT_GET | WRT__RIGHT_POLL_FD_READWRITE,
    RIGHTS_SEEK = WRT__RIGHT_FD_SEEK | WRT__RIGHT_FD_TELL,
    RIGHTS_REGULAR = RIGHTS_EVERY | RIGHTS_SEEK | WRT__RIGHT_FD_DATASYNC | WRT__RIGHT_FD_SYNC
        | WRT__RIGHT_FD_READ | WRT__RIGHT_FD_WRITE | WRT__RIGHT_FD_ADVISE | WRT__RIGHT_FD_ALLOCATE
        | WRT__RIGHT_FD_FILESTAT_SET_SIZE | WRT__RIGHT_FD_FILESTAT_SET_TIMES,
    RIGHTS_DIRECTORY = RIGHTS_EVERY | WRT__RIGHT_FD_DATASYNC | WRT__RIGHT_FD_SYNC | WRT__RIGHT_FD_READDIR
        | WRT__RIGHT_FD_FILESTAT_SET_TIMES | WRT__RIGHT_PATH_CREATE_DIRECTORY | WRT__RIGHT_PATH_CREATE_FILE
        | WRT__RIGHT_PATH_LINK_SOURCE | WRT__RIGHT_PATH_LINK_TARGET | WRT__RIGHT_PATH_OPEN
        | WRT__RIGHT_PATH_READLINK | WRT__RIGHT_PATH_RENAME_SOURCE | WRT__RIGHT_PATH_RENAME_TARGET
        | WRT__RIGHT_PATH_FILESTAT_GET | WRT__RIGHT_PATH_FILESTAT_SET_SIZE
        | WRT__RIGHT_PATH_FILESTAT_SET_TIMES | WRT__RIGHT_PATH_SYMLINK | WRT__RIGHT_PATH_REMOVE_DIRECTORY
        | WRT__RIGHT_PATH_UNLINK_FILE,
    RIGHTS_STREAM = RIGHTS_EVERY | WRT__RIGHT_FD_READ | WRT__RIGHT_FD_WRITE,
    RIGHTS_SOCKET = RIGHTS_STREAM | WRT__RIGHT_SOCK_SHUTDOWN | WRT__RIGHT_SOCK_ACCEPT,
};

uint8_t wrt__wasi_filetype(unsigned mode)
{
    switch (mode & (unsigned)S_IFMT) {
    case S_IFBLK: return WRT__FT_BLOCK;
    case S_IFCHR: return WRT__FT_CHARACTER;
    case S_IFDIR: return WRT__FT_DIRECTORY;
    case S_IFREG: return WRT__FT_REGULAR;
    case S_IFLNK: return WRT__FT_SYMLINK;
    case S_IFSOCK: return WRT__FT_STREAM;
    default: return WRT__FT_UNKNOWN; /* a pipe: preview 1 has no word for it */
    }
}

/* Guests take a character device that cannot seek for a terminal, so only terminals look like that. */
uint64_t wrt__wasi_rights_of(const struct wrt__wasi_file *f)
{
    switch (f->filetype) {
    case WRT__FT_REGULAR:
    case WRT__FT_BLOCK: return RIGHTS_REGULAR;
    case WRT__FT_DIRECTORY: return RIGHTS_DIRECTORY;
    case WRT__FT_CHARACTER: return RIGHTS_STREAM | (f->fd >= 0 && isatty(f->fd) ? 0 : RIGHTS_SEEK);
    case WRT__FT_DGRAM:
    case WRT__FT_STREAM: return RIGHTS_SOCKET;
    default: return RIGHTS_STREAM;
    }
}

/* ---- files --------------------------------------------------------------------------------------- */

static uint8_t file_socket_type(int fd)
{
    int type = 0;
    socklen_t n = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_DGRAM) return WRT__FT_DGRAM;
    return WRT__FT_STREAM;
}

static void file_look(struct wrt__wasi_file *f)
{
    struct stat st;
    int flags = fcntl(f->fd, F_GETFL);
    if (fstat(f->fd, &st) != 0) return;
    f->filetype = wrt__wasi_filetype((unsigned)st.st_mode);
    f->socket = S_ISSOCK(st.st_mode);
    if (f->socket) f->filetype = file_socket_type(f->fd);
    f->stream = S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode) || f->socket;
    f->waits = f->stream && flags >= 0 && !(flags & O_NONBLOCK);
    if (flags >= 0 && (flags & O_APPEND)) f->flags |= WRT__FDF_APPEND;
}

struct wrt__wasi_file *wrt__wasi_file_new(struct wrt__wasi *w, int fd, bool owned)
{
    struct wrt__wasi_file *f = wrt__alloc_zero(&w->alloc, sizeof *f, WRT_TAG_OTHER);
    if (!f) return NULL;
    f->refs = 1;
    f->fd = fd;
    f->owned = owned;
    if (fd >= 0) file_look(f);
    return f;
}

void wrt__wasi_file_keep(struct wrt__wasi_file *f)
{
    WRT_ASSERT(f->refs > 0);
    f->refs++;
}

void wrt__wasi_file_drop(struct wrt__wasi *w, struct wrt__wasi_file *f)
{
    if (!f || --f->refs > 0) return;
    if (f->dir) wrt__wasi_dir_close(w, f->dir);
    if (f->owned) (void)close(f->fd);
    wrt__free(&w->alloc, f, sizeof *f, WRT_TAG_OTHER);
}

/* ---- the table ----------------------------------------------------------------------------------- */

struct wrt__wasi_file *wrt__wasi_file_at(const struct wrt__wasi *w, uint32_t at)
{
    return at < w->files_count ? w->files[at] : NULL;
}

/* The answer where rights lack. What the kind of file could never do gets the word that POSIX has for it, so
 * that a program sees the same as on its native system; NOTCAPABLE is for rights that were given up. */
static int files_refusal(const struct wrt__wasi_file *f, uint64_t lack)
{
    uint64_t never = lack & ~wrt__wasi_rights_of(f);
    bool directory = f->filetype == WRT__FT_DIRECTORY;
    if (never & RIGHTS_DIRECTORY & ~(uint64_t)RIGHTS_REGULAR) return WRT__WASI_NOTDIR;
    if (never & (WRT__RIGHT_SOCK_ACCEPT | WRT__RIGHT_SOCK_SHUTDOWN)) return WRT__WASI_NOTSOCK;
    if (never & RIGHTS_SEEK) return directory ? WRT__WASI_BADF : WRT__WASI_SPIPE;
    if (never & (WRT__RIGHT_FD_READ | WRT__RIGHT_FD_WRITE) && directory) return WRT__WASI_ISDIR;
    if (never) return directory ? WRT__WASI_BADF : WRT__WASI_INVAL;
    return lack & (WRT__RIGHT_FD_READ | WRT__RIGHT_FD_WRITE) ? WRT__WASI_BADF : WRT__WASI_NOTCAPABLE;
}

int wrt__wasi_use(const struct wrt__wasi *w, uint32_t at, uint64_t rights, struct wrt__wasi_file **out)
{
    struct wrt__wasi_file *f = wrt__wasi_file_at(w, at);
    if (!f) return WRT__WASI_BADF;
    uint64_t lack = rights & ~f->rights;
    if (lack) return files_refusal(f, lack);
    *out = f;
    return 0;
}

bool wrt__wasi_files_room(struct wrt__wasi *w, uint32_t at)
{
    if (at >= WRT__WASI_FILES_MAX) return false;
    uint32_t cap = w->files_cap;
    if (!wrt__grow(&w->alloc, &w->files, &w->files_cap, at + 1, sizeof *w->files, WRT_TAG_TABLE)) {
        return false;
    }
    if (cap < w->files_cap) memset(w->files + cap, 0, (w->files_cap - cap) * sizeof *w->files);
    if (w->files_count <= at) w->files_count = at + 1;
    return true;
}

int wrt__wasi_files_free(struct wrt__wasi *w, uint32_t *at)
{
    uint32_t k = 0;
    while (k < w->files_count && w->files[k]) k++;
    if (k >= WRT__WASI_FILES_MAX) return WRT__WASI_MFILE;
    *at = k;
    return wrt__wasi_files_room(w, k) ? 0 : WRT__WASI_NOMEM;
}

/* ---- layouts ------------------------------------------------------------------------------------- */

static uint64_t file_ns(struct timespec t)
{
    if (t.tv_sec < 0) return 0;
    uint64_t ns;
    if (!wrt__mul_u64((uint64_t)t.tv_sec, 1000000000u, &ns)) return UINT64_MAX;
    return wrt__add_u64(ns, (uint64_t)t.tv_nsec, &ns) ? ns : UINT64_MAX;
}

void wrt__wasi_filestat_put(uint8_t *to, const struct stat *st, uint8_t filetype)
{
    memset(to, 0, WRT__FILESTAT_BYTES);
    wrt__put64(to, (uint64_t)st->st_dev);
    wrt__put64(to + 8, (uint64_t)st->st_ino);
    to[16] = filetype;
    wrt__put64(to + 24, (uint64_t)st->st_nlink);
    wrt__put64(to + 32, (uint64_t)st->st_size);
    wrt__put64(to + 40, file_ns(st->st_atim));
    wrt__put64(to + 48, file_ns(st->st_mtim));
    wrt__put64(to + 56, file_ns(st->st_ctim));
}

static int file_time(uint64_t ns, bool set, bool now, struct timespec *out)
{
    if (set && now) return WRT__WASI_INVAL;
    out->tv_sec = (time_t)(ns / 1000000000u);
    out->tv_nsec = now ? UTIME_NOW : set ? (long)(ns % 1000000000u) : UTIME_OMIT;
    return 0;
}

int wrt__wasi_times(uint64_t atim, uint64_t mtim, uint32_t flags, struct timespec out[2])
{
    if (flags & ~(uint32_t)WRT__FST_ALL) return WRT__WASI_INVAL;
    int e = file_time(atim, flags & WRT__FST_ATIM, flags & WRT__FST_ATIM_NOW, &out[0]);
    return e ? e : file_time(mtim, flags & WRT__FST_MTIM, flags & WRT__FST_MTIM_NOW, &out[1]);
}
