/* program: what one linker stands for, made once from a description. Owns the copies of arguments and
 * environment, the first descriptors and the seed of a deterministic run. Must not know what functions do
 * with them. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAM_W_OPTION = 501, PROGRAM_W_DIR, PROGRAM_W_NOMEM, PROGRAM_W_LIMIT };

/* ---- texts --------------------------------------------------------------------------------------- */

static bool program_add(uint64_t *total, wrt_str s)
{
    return wrt__add_u64(*total, s.n, total) && wrt__add_u64(*total, 1, total) && *total <= UINT32_MAX;
}

static wrt_status program_measure(const wrt_wasi *o, uint64_t *total, wrt_error *err)
{
    bool fits = o->nargs < UINT32_MAX / 4 && o->nenv < UINT32_MAX / 4;
    for (size_t i = 0; fits && i < o->nargs; i++) fits = program_add(total, o->args[i]);
    for (size_t i = 0; fits && i < o->nenv; i++) fits = program_add(total, o->env[i]);
    for (size_t i = 0; fits && i < o->ndirs; i++) fits = program_add(total, o->dirs[i].guest);
    if (fits) return WRT_OK;
    return wrt__fail_table(
        err, WRT_E_LIMIT, PROGRAM_W_LIMIT, "wasi texts", "arguments and environment exceed 4 GiB");
}

static char *program_put(char *to, wrt_str s)
{
    if (s.n) memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return to + s.n + 1;
}

/* A 0 byte would make the guest see another list than the host gave. */
static wrt_status program_check(const wrt_str *list, size_t n, const char *what, wrt_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].n == 0 || !memchr(list[i].p, 0, list[i].n)) continue;
        return wrt__fail(
            err, WRT_E_ARG, PROGRAM_W_OPTION, WRT__NO_OFFSET, "%s %lu contains a 0 byte", what, (uint64_t)i);
    }
    return WRT_OK;
}

static wrt_status program_no_memory(wrt_error *err)
{
    return wrt__fail_table(err, WRT_E_NOMEM, PROGRAM_W_NOMEM, "wasi", "no room for a WASI program");
}

static wrt_status program_texts(struct wrt__wasi *w, const wrt_wasi *o, char **dirs, wrt_error *err)
{
    uint64_t total = 0;
    wrt_status status = program_check(o->args, o->nargs, "argument", err);
    if (status == WRT_OK) status = program_check(o->env, o->nenv, "environment entry", err);
    if (status == WRT_OK) status = program_measure(o, &total, err);
    if (status != WRT_OK) return status;
    w->text = wrt__alloc(&w->alloc, (size_t)total, WRT_TAG_OTHER);
    if (!w->text) return program_no_memory(err);
    w->text_bytes = (size_t)total;
    char *p = w->text;
    for (size_t i = 0; i < o->nargs; i++) p = program_put(p, o->args[i]);
    w->args_count = (uint32_t)o->nargs;
    w->args_bytes = (uint32_t)(p - w->text);
    for (size_t i = 0; i < o->nenv; i++) p = program_put(p, o->env[i]);
    w->env_count = (uint32_t)o->nenv;
    w->env_bytes = (uint32_t)(p - w->text) - w->args_bytes;
    *dirs = p;
    return WRT_OK;
}

/* ---- descriptors --------------------------------------------------------------------------------- */

static wrt_status program_install(struct wrt__wasi *w, uint32_t at, struct wrt__wasi_file *f, wrt_error *err)
{
    if (f && wrt__wasi_files_room(w, at)) {
        w->files[at] = f;
        return WRT_OK;
    }
    wrt__wasi_file_drop(w, f);
    if (at < WRT__WASI_FILES_MAX) return program_no_memory(err);
    return wrt__fail_table(err, WRT_E_LIMIT, PROGRAM_W_LIMIT, "wasi descriptors", "more than %u descriptors",
        WRT__WASI_FILES_MAX);
}

/* Standard input grants reading and the others writing, even where the host's descriptor could do both: a
 * terminal usually can. A socket is for both. */
static void program_stdio_rights(struct wrt__wasi_file *f, uint32_t at)
{
    uint64_t reads = WRT__RIGHT_FD_READ;
    uint64_t writes = WRT__RIGHT_FD_WRITE | WRT__RIGHT_FD_ALLOCATE | WRT__RIGHT_FD_FILESTAT_SET_SIZE;
    int mode = f->fd >= 0 ? fcntl(f->fd, F_GETFL) & O_ACCMODE : O_WRONLY;
    f->rights = wrt__wasi_rights_of(f);
    if (f->filetype == WRT__FT_DIRECTORY) f->locked = true;
    if (!f->socket) f->rights &= ~(at == 0 ? writes : reads);
    if (mode == O_RDONLY) f->rights &= ~writes;
    if (mode == O_WRONLY) f->rights &= ~reads;
}

/* A number that the host has not open stays closed for the guest: whatever is opened next in this process, by
 * another program perhaps, may get it. */
static wrt_status program_stdio(
    struct wrt__wasi *w, uint32_t at, int fd, const wrt_sink *sink, wrt_error *err)
{
    if (!sink && (fd < 0 || fcntl(fd, F_GETFD) < 0)) return WRT_OK;
    struct wrt__wasi_file *f = wrt__wasi_file_new(w, sink ? -1 : fd, false);
    if (!f) return program_no_memory(err);
    f->sink = sink;
    program_stdio_rights(f, at);
    return program_install(w, at, f, err);
}

static wrt_status program_dir_failed(const wrt_dir *d, int e, wrt_error *err)
{
    char reason[80];
    if (strerror_r(e, reason, sizeof reason) != 0) reason[0] = 0;
    (void)wrt__fail(
        err, WRT_E_IO, PROGRAM_W_DIR, WRT__NO_OFFSET, "the directory cannot be opened: %s", reason);
    wrt__error_where(err, "%S", &d->host);
    return WRT_E_IO;
}

/* The host's own name: links in it are the host's business. */
static wrt_status program_dir(struct wrt__wasi *w, uint32_t at, const wrt_dir *d, char *guest, wrt_error *err)
{
    char path[WRT__PATH_BYTES];
    if (d->host.n == 0 || d->host.n >= sizeof path) {
        return program_dir_failed(d, d->host.n ? ENAMETOOLONG : ENOENT, err);
    }
    memcpy(path, d->host.p, d->host.n);
    path[d->host.n] = 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return program_dir_failed(d, errno, err);
    struct wrt__wasi_file *f = wrt__wasi_file_new(w, fd, true);
    if (!f) {
        (void)close(fd);
        return program_no_memory(err);
    }
    f->preopen = true;
    f->locked = !d->write;
    f->name = (wrt_str){ guest, d->guest.n };
    f->rights = wrt__wasi_rights_of(f);
    f->inheriting = WRT__RIGHT_ALL;
    if (at == 3) w->beneath = wrt__path_beneath(fd);
    return program_install(w, at, f, err);
}

static wrt_status program_files(struct wrt__wasi *w, const wrt_wasi *o, char *names, wrt_error *err)
{
    wrt_status status = program_stdio(w, 0, o->fd_in, NULL, err);
    if (status == WRT_OK) status = program_stdio(w, 1, o->fd_out, w->out.write ? &w->out : NULL, err);
    if (status == WRT_OK) status = program_stdio(w, 2, o->fd_err, w->err.write ? &w->err : NULL, err);
    for (size_t i = 0; status == WRT_OK && i < o->ndirs; i++) {
        char *next = program_put(names, o->dirs[i].guest);
        uint32_t at = (uint32_t)wrt__min_u64(3 + (uint64_t)i, WRT__WASI_FILES_MAX);
        status = program_dir(w, at, &o->dirs[i], names, err);
        names = next;
    }
    return status;
}

/* ---- life ---------------------------------------------------------------------------------------- */

/* splitmix64 fills the state of xoshiro256**, as its authors advise: any seed will do. */
static void program_seed(struct wrt__wasi *w, uint64_t seed)
{
    for (size_t i = 0; i < WRT_COUNT(w->rng); i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        w->rng[i] = z ^ (z >> 31);
    }
}

/* Recursive: a sink of the host's own runs under the lock and may cancel tasks that are parked here. */
static bool program_lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    if (pthread_mutexattr_init(&attr) != 0) return false;
    bool ok = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0
        && pthread_mutex_init(lock, &attr) == 0;
    (void)pthread_mutexattr_destroy(&attr);
    return ok;
}

wrt_status wrt__wasi_new(
    const wrt_alloc *alloc, const wrt_host *host, const wrt_wasi *o, struct wrt__wasi **out, wrt_error *err)
{
    char *names = NULL;
    struct wrt__wasi *w = wrt__alloc_zero(alloc, sizeof *w, WRT_TAG_OTHER);
    if (!w) return program_no_memory(err);
    w->alloc = *alloc;
    w->host = *host;
    w->deterministic = o->deterministic;
    w->out = o->out;
    w->err = o->err;
    atomic_init(&w->refs, 1);
    wrt__list_init(&w->ops);
    program_seed(w, o->random_seed);
    if (!program_lock_init(&w->lock)) {
        wrt__free(alloc, w, sizeof *w, WRT_TAG_OTHER);
        return program_no_memory(err);
    }
    wrt_status status = program_texts(w, o, &names, err);
    if (status == WRT_OK) status = program_files(w, o, names, err);
    if (status != WRT_OK) {
        wrt__wasi_drop(w);
        return status;
    }
    *out = w;
    return WRT_OK;
}

void wrt__wasi_keep(struct wrt__wasi *w)
{
    (void)atomic_fetch_add_explicit(&w->refs, 1, memory_order_relaxed);
}

static void program_free(struct wrt__wasi *w)
{
    wrt_alloc alloc = w->alloc;
    struct wrt__node *n;
    while ((n = wrt__list_first(&w->ops)) != NULL) {
        wrt__wasi_op_free(w, WRT_CONTAINER(n, struct wrt__wasi_op, node));
    }
    for (uint32_t i = 0; i < w->files_count; i++) wrt__wasi_file_drop(w, w->files[i]);
    wrt__free(&alloc, w->files, w->files_cap * sizeof *w->files, WRT_TAG_TABLE);
    wrt__free(&alloc, w->text, w->text_bytes, WRT_TAG_OTHER);
    (void)pthread_mutex_destroy(&w->lock);
    wrt__free(&alloc, w, sizeof *w, WRT_TAG_OTHER);
}

void wrt__wasi_drop(struct wrt__wasi *w)
{
    if (atomic_fetch_sub_explicit(&w->refs, 1, memory_order_acq_rel) == 1) program_free(w);
}

void wrt__wasi_drop_fn(void *fn) { wrt__wasi_drop(((struct wrt__wasi_fn *)fn)->w); }
