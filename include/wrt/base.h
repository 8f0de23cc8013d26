/* base.h: statuses, errors, memory and host services. Everything else builds on this part. */
#ifndef WRT_BASE_H
#define WRT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(WRT_STATIC_FILE)
#define WRT_API __attribute__((visibility("default")))
#else
#define WRT_API
#endif

#define WRT_VERSION_MAJOR 0
#define WRT_VERSION_MINOR 1
#define WRT_VERSION_PATCH 0

/* One list gives number, name and text of every status. Numbers are appended, never reused.
 * 0 is done, above 0 is *not finished* (not an error), below 0 is an error. */
#define WRT_STATUS_MAP(X)                                                       \
    X(OK,             0, "done")                                                \
    X(PENDING,        1, "a result will come")                                  \
    X(YIELDED,        2, "the guest gave up its turn")                          \
    X(FUEL_OUT,       3, "out of fuel, can be resumed after refuelling")        \
    X(IDLE,           4, "nothing can run until an outside event")              \
    X(MORE,           5, "more results are waiting")                            \
    X(END,            6, "the other side has ended")                            \
    X(E_ARG,         -1, "an argument is wrong")                                \
    X(E_STATE,       -2, "not possible in the present state")                   \
    X(E_NOMEM,       -3, "the memory given to the runtime is used up")          \
    X(E_LIMIT,       -4, "a limit is reached")                                  \
    X(E_MALFORMED,   -5, "the binary does not decode")                          \
    X(E_INVALID,     -6, "the binary does not validate")                        \
    X(E_LINK,        -7, "an import is missing or of the wrong type")           \
    X(E_TYPE,        -8, "a value has the wrong type")                          \
    X(E_TRAP,        -9, "the guest trapped")                                   \
    X(E_CANCELLED,  -10, "cancelled")                                           \
    X(E_DEADLINE,   -11, "the deadline was missed")                             \
    X(E_FUEL,       -12, "out of fuel, final")                                  \
    X(E_DENIED,     -13, "not permitted")                                       \
    X(E_POISONED,   -14, "the instance has trapped before")                     \
    X(E_IO,         -15, "input or output failed")                              \
    X(E_UNSUPPORTED,-16, "not supported by this build or platform")             \
    X(E_SEALED,     -17, "set-up is over")                                      \
    X(E_REJECTED,   -18, "refused by the admission test")                       \
    X(E_EXIT,       -19, "the guest ended with an exit code")                   \
    X(E_PEER,       -20, "the process at the other end died")                   \
    X(E_DEADLOCK,   -21, "every party waits for another")                       \
    X(E_INTEGRITY,  -22, "an internal check failed")                            \
    X(E_UNBOUNDED,  -23, "no bound exists")                                     \
    X(E_ISOLATION,  -24, "the isolation level cannot be given")                 \
    X(E_TIMEOUT,    -25, "the time limit was reached")

typedef int32_t wrt_status;
enum {
#define X(name, value, text) WRT_##name = (value),
    WRT_STATUS_MAP(X)
#undef X
};

typedef struct { const char *p; size_t n; } wrt_str;      /* not zero-terminated */
typedef struct { const uint8_t *p; size_t n; } wrt_bytes;
#define WRT_STR(literal) ((wrt_str){ (literal), sizeof(literal) - 1u })
#define WRT_INIT(T) ((T){ .size = (uint32_t)sizeof(T) })  /* option structs: zero means default */

/* What went wrong and where. Caller-owned, no pointers into the library, safe to copy and log raw.
 * `table` names the account or table that was full or empty (WRT_E_LIMIT, WRT_E_NOMEM, fuel). */
typedef struct wrt_error {
    wrt_status status;
    uint32_t code;              /* catalogue number, printed as W0412; `wrtd explain W0412` */
    int32_t exit_code;          /* with WRT_E_EXIT: the guest's exit code */
    uint32_t line, column;      /* text inputs, 1-based, 0 = none */
    uint32_t trap;              /* with WRT_E_TRAP: a wrt_trap_code (diag.h) */
    uint64_t offset;            /* byte offset in the binary, or UINT64_MAX */
    char table[32];
    char where[96];
    char message[192];
    char hint[192];
} wrt_error;

/* Name ("WRT_E_ARG") and text of a status; "WRT_?" for an unknown number.
 * cost [O1]   thread any, signal and interrupt safe */
WRT_API wrt_str wrt_status_name(wrt_status s);
WRT_API wrt_str wrt_status_text(wrt_status s);

/* Version of the library as 0x00MMmmpp. */
WRT_API uint32_t wrt_version(void);

/* What an allocation is for; only a hint. WRT_TAG_MEMORY blocks (linear memories) must come zeroed
 * from `resize` when p is NULL, and their new part zeroed when they grow. */
enum {
    WRT_TAG_OTHER,
    WRT_TAG_CODE,
    WRT_TAG_MEMORY,
    WRT_TAG_STACK,
    WRT_TAG_TASK,
    WRT_TAG_TABLE,
    WRT_TAG_VALUES
};

/* All memory of an engine comes through this one function.
 * p == NULL allocates new_n bytes; new_n == 0 frees p (old_n bytes); otherwise resizes.
 * Returns NULL when it cannot (the old block then stays valid). `align` is a power of two up to 64. */
typedef struct wrt_alloc {
    void *ctx;
    void *(*resize)(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag);
} wrt_alloc;

/* An allocator over a block that the caller owns (kept until the last free). First fit with merging; the
 * bookkeeping lives in the block. `out` is filled; returns false when the block is too small. Its calls must
 * not overlap: one engine, one thread at a time.
 * cost    [On] in the free pieces */
WRT_API bool wrt_alloc_static(void *block, size_t n, wrt_alloc *out);

/* All that is not deterministic enters here. NULL members: the platform's own, or denied. */
typedef struct wrt_host {
    uint32_t size;
    void *ctx;
    uint64_t (*mono_ns)(void *ctx);
    uint64_t (*wall_ns)(void *ctx);
    bool (*random)(void *ctx, void *p, size_t n);
    void (*wake)(void *ctx);                           /* any thread: a store gained work */
    void (*log)(void *ctx, int level, wrt_str message);
    void (*panic)(void *ctx, const wrt_error *e);      /* internal invariant broken; must not return */
} wrt_host;

#ifdef __cplusplus
}
#endif
#endif
