/* wasi: preview 1 for core modules, as host functions over the public API. Owns the program that a linker
 * stands for: its arguments, its descriptors and the calls that are parked. Hosted builds only. Must not know
 * wrtd or the engine: everything about the caller comes through wrt_call. docs/wasi.md. */
#ifndef WRT_SRC_WASI_H
#define WRT_SRC_WASI_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>
#include <wrt/code.h>
#include <wrt/wasi.h>
#include "base/base.h"
#include "wasi/abi.h"
#include "wasi/path.h"

enum {
    WRT__WASI_FILES_MAX = 1024,             /* descriptors of a program */
    WRT__WASI_IOVECS_MAX = 1024,            /* in one call */
    WRT__WASI_IOVECS_HOST = 64,             /* handed to the system at once: the rest is a short count */
    WRT__WASI_SUBS_MAX = 2048,              /* subscriptions of a poll_oneoff */
    WRT__WASI_STEP_BYTES = 1 << 16,         /* moved through streams, made of random: at once */
    WRT__WASI_CALL_BYTES = 1 << 20,         /* moved through a regular file in one call */
    WRT__WASI_SKIP = 4096,                  /* directory entries passed over at once */
    WRT__WASI_BYTES_PER_FUEL = 16,
    WRT__WASI_FUEL_PER_SUB = 100,
    WRT__WASI_FUEL_PER_ENTRY = 200,
    WRT__WASI_FUEL_PER_RANDOM = 2,
    WRT__WASI_COUNT = 46,
};

struct wrt__wasi;
struct wrt__wasi_op;

/* An open file, directory, stream or sink. Counted: the descriptor table and every parked call that uses it
 * keep it, so a descriptor can be closed or renumbered while a task waits on it. */
struct wrt__wasi_file {
    uint32_t refs;
    int fd;                                 /* -1: a sink */
    bool owned;                             /* close fd at the end */
    bool stream;                            /* may make its reader or writer wait */
    bool socket;
    bool waits; /* a stream whose own O_NONBLOCK is off: it is asked before it is used */
    bool locked;                            /* under a directory that was granted for reading only */
    bool preopen;
    uint8_t filetype;
    uint16_t flags;                         /* WRT__FDF_*, as the guest set them */
    uint64_t rights, inheriting;
    wrt_str name;                           /* of a pre-opened directory, in w->text */
    const wrt_sink *sink;
    struct wrt__wasi_dir *dir;              /* while it is being listed */
};

/* What the function body sees of one call. `op` is NULL in the first attempt. */
struct wrt__wasi_call {
    struct wrt__wasi *w;
    wrt_call *call;
    const struct wrt__wasi_fn *fn;
    struct wrt__wasi_op *op;
};
/* A body answers an error number of the guest (>= 0), WRT__WASI_PARKED, WRT__WASI_YIELDED (success, and the
 * turn ends), or a wrt_status < 0 that ends the task. */
typedef int (*wrt__wasi_body)(struct wrt__wasi_call *c);
enum { WRT__WASI_PARKED = 1 << 20, WRT__WASI_YIELDED };

struct wrt__wasi_fn { struct wrt__wasi *w; wrt__wasi_body body; };

/* One subscription of a poll_oneoff, read once from guest memory. */
struct wrt__wasi_sub {
    uint64_t userdata, deadline;            /* deadline: of the store's clock */
    struct wrt__wasi_file *file;            /* kept; NULL: a clock, or an error */
    uint16_t error;
    uint8_t type;
};

/* A parked call: what it must remember until it is tried again. Listed in w->ops: a task that is cancelled
 * between the arrival and its delivery is told neither of the two, so what it leaves behind goes with the
 * program. */
struct wrt__wasi_op {
    struct wrt__node node;
    const struct wrt__wasi_fn *fn;
    struct wrt__wasi_file *file;            /* kept; may be NULL */
    uint64_t done;                          /* bytes so far */
    uint32_t subs_count;
    struct wrt__wasi_sub subs[];
};

/* One program. Counted: one for each host function of it that somebody can still call; a store lets go of
 * those after its tasks have ended. A linker may feed stores of several threads, hence the lock; it is held
 * during a call, never while a task is parked. */
struct wrt__wasi {
    _Atomic uint32_t refs;
    pthread_mutex_t lock;
    wrt_alloc alloc;                        /* of the engine, which outlives every linker and store of it */
    wrt_host host;
    bool deterministic, beneath;            /* beneath: the platform resolves paths itself */
    uint64_t rng[4];
    char *text; /* arguments, environment and names of directories, each with a final 0 */
    size_t text_bytes;
    uint32_t args_count, args_bytes, env_count, env_bytes; /* arguments first in text, then the environment */
    wrt_sink out, err;
    struct wrt__wasi_file **files;          /* by descriptor; NULL: free */
    uint32_t files_count, files_cap;
    struct wrt__list ops;
    struct wrt__wasi_fn fns[WRT__WASI_COUNT];
};

/* ---- program.c ----------------------------------------------------------------------------------- */

/* Everything of `o` is copied. refs is 1: the caller's. */
wrt_status wrt__wasi_new(
    const wrt_alloc *alloc, const wrt_host *host, const wrt_wasi *o, struct wrt__wasi **out, wrt_error *err);
void wrt__wasi_keep(struct wrt__wasi *w);
void wrt__wasi_drop(struct wrt__wasi *w);   /* any thread */
void wrt__wasi_drop_fn(void *fn);           /* the same from a function's context */
/* The definitions, WRT__WASI_COUNT of them, with ctx bound to `w`. */
void wrt__wasi_defs(struct wrt__wasi *w, wrt_fn_def *out);

/* ---- call.c: arguments, guest memory, parking ---------------------------------------------------- */

static inline uint32_t wrt__wasi_u32(const struct wrt__wasi_call *c, size_t i)
{
    return (uint32_t)wrt_arg(c->call, i).of.u;
}
static inline uint64_t wrt__wasi_u64(const struct wrt__wasi_call *c, size_t i)
{
    return wrt_arg(c->call, i).of.u;
}
/* NULL when the bytes are not all inside the memory. Valid until the call returns; n may be 0. */
uint8_t *wrt__wasi_mem(const struct wrt__wasi_call *c, uint32_t at, uint64_t n);
/* Charges for `units` at `per_fuel` units each, rounded up; only in the first attempt. WRT_OK or a status to
 * return. */
wrt_status wrt__wasi_charge(const struct wrt__wasi_call *c, uint64_t units, uint32_t per_fuel);

/* The pieces of guest memory that a read or write names. */
struct wrt__wasi_span { struct iovec v[WRT__WASI_IOVECS_HOST]; int count; size_t bytes; };
/* Checks every piece; keeps the first `limit` bytes of the first WRT__WASI_IOVECS_HOST that are not empty. */
int wrt__wasi_gather(
    const struct wrt__wasi_call *c, uint32_t at, uint32_t n, size_t limit, struct wrt__wasi_span *out);

/* Parks the task until `fd` is ready for `events` (0: none) or the store's clock reaches at_ns (UINT64_MAX:
 * never); then the body runs again with c->op. `file` is kept meanwhile. */
int wrt__wasi_park(struct wrt__wasi_call *c, struct wrt__wasi_file *file, uint32_t events, uint64_t at_ns);
/* Lets the other tasks run, then the body again. */
int wrt__wasi_pause(struct wrt__wasi_call *c, uint64_t done);
/* The same for poll_oneoff: takes an operation of wrt__wasi_op_new. */
int wrt__wasi_park_op(struct wrt__wasi_call *c, struct wrt__wasi_op *op);
struct wrt__wasi_op *wrt__wasi_op_new(struct wrt__wasi_call *c, uint32_t subs);
void wrt__wasi_op_free(struct wrt__wasi *w, struct wrt__wasi_op *op);
uint64_t wrt__wasi_now(const struct wrt__wasi_call *c);

/* ---- errno.c ------------------------------------------------------------------------------------- */

int wrt__wasi_errno(int host_errno);        /* never SUCCESS */
int wrt__wasi_error(void);                  /* of the present errno */
int wrt__wasi_status(wrt_status s);         /* of a park that could not be arranged */
const char *wrt__wasi_errno_name(int e);

/* ---- files.c: the descriptor table --------------------------------------------------------------- */

/* The open descriptor `at`, or NULL. Borrowed until the call returns. */
struct wrt__wasi_file *wrt__wasi_file_at(const struct wrt__wasi *w, uint32_t at);
/* The same with rights: 0, BADF, NOTCAPABLE, or what fits where such a file never has that right (ISDIR,
 * SPIPE, ...). */
int wrt__wasi_use(const struct wrt__wasi *w, uint32_t at, uint64_t rights, struct wrt__wasi_file **out);
/* A file over `fd`, which it closes at its end if owned; in no table. Looks at the descriptor and fills in
 * all but rights. NULL: out of memory, fd is untouched. */
struct wrt__wasi_file *wrt__wasi_file_new(struct wrt__wasi *w, int fd, bool owned);
void wrt__wasi_file_keep(struct wrt__wasi_file *f);
void wrt__wasi_file_drop(struct wrt__wasi *w, struct wrt__wasi_file *f);
/* The rights that mean something for this kind of file. */
uint64_t wrt__wasi_rights_of(const struct wrt__wasi_file *f);
/* Room for descriptor `at`; false: no memory or beyond WRT__WASI_FILES_MAX. */
bool wrt__wasi_files_room(struct wrt__wasi *w, uint32_t at);
/* The lowest free descriptor with room for it: 0, MFILE or NOMEM. */
int wrt__wasi_files_free(struct wrt__wasi *w, uint32_t *at);
uint8_t wrt__wasi_filetype(unsigned mode);  /* of a st_mode; sockets: stream */
struct stat;
void wrt__wasi_filestat_put(uint8_t *to, const struct stat *st, uint8_t filetype);
/* The two times of a set_times call: 0 or an error number. */
struct timespec;
int wrt__wasi_times(uint64_t atim, uint64_t mtim, uint32_t flags, struct timespec out[2]);

/* ---- dir.c --------------------------------------------------------------------------------------- */

void wrt__wasi_dir_close(struct wrt__wasi *w, struct wrt__wasi_dir *d);

/* ---- stream.c: reading and writing without waiting ----------------------------------------------- */

/* 0, or an error number of the guest; AGAIN: it would have waited. */
int wrt__wasi_stream_read(struct wrt__wasi_file *f, struct wrt__wasi_span *s, size_t *done);
int wrt__wasi_stream_write(struct wrt__wasi_file *f, struct wrt__wasi_span *s, size_t *done);
/* Readiness now: WRT__POLL_*. */
enum { WRT__WASI_READ = 1, WRT__WASI_WRITE = 2, WRT__WASI_HANGUP = 4, WRT__WASI_BROKEN = 8 };
uint32_t wrt__wasi_ready(const struct wrt__wasi_file *f, uint32_t events);

/* ---- the functions ------------------------------------------------------------------------------- */

#define WASI(name, sig, fuel) int wrt__wasi_##name(struct wrt__wasi_call *c);
#include "wasi/functions.def"
#undef WASI

#endif
