/* wasi.h: WASI preview 1 for core modules. Everything that is not granted is denied. */
#ifndef WRT_WASI_H
#define WRT_WASI_H
#include <wrt/code.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct wrt_dir { wrt_str host, guest; bool write; } wrt_dir;
/* Output sink of the host's own: takes all n bytes or returns < 0. Runs inside the call of the guest: it must
 * not block, nor free the store. */
typedef struct wrt_sink { void *ctx; wrt_status (*write)(void *ctx, const uint8_t *p, size_t n); } wrt_sink;

typedef struct wrt_wasi {
    uint32_t size;
    const wrt_str *args, *env;          /* env entries are "KEY=value"; all copied */
    size_t nargs, nenv;
    const wrt_dir *dirs;                /* opened at link time; copied */
    size_t ndirs;
    int fd_in, fd_out, fd_err;          /* -1 closed; not owned: kept open by the caller while tasks live */
    wrt_sink out, err;                  /* used instead of fd_out / fd_err when .write is set */
    bool deterministic;                 /* seeded random, clocks from the store's clock */
    uint64_t random_seed;
} wrt_wasi;
/* Stdio 0, 1, 2; no arguments, no environment, no directories. */
WRT_API wrt_wasi wrt_wasi_default(void);
/* Defines `wasi_snapshot_preview1` in the linker, all functions or none. One linker is one program: it has
 * its own descriptors, shared by every instance that is made with it, also in stores on other threads.
 * NULL: the default.
 *
 * errors  WRT_E_IO a directory cannot be opened (err->where names it); WRT_E_ARG a text with a 0 byte in it;
 *         WRT_E_LIMIT more than 1021 directories; WRT_E_NOMEM; WRT_E_SEALED
 * cost    [load]    spec  wasi_snapshot_preview1.witx; docs/wasi.md
 *
 * Freestanding libraries do not have this function. */
WRT_API wrt_status wrt_link_wasi(wrt_linker *l, const wrt_wasi *w, wrt_error *err);

#ifdef __cplusplus
}
#endif
#endif
