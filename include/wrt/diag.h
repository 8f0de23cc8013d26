/* diag.h: traps, back-traces, traces. */
#ifndef WRT_DIAG_H
#define WRT_DIAG_H
#include <wrt/task.h>
#ifdef __cplusplus
extern "C" {
#endif

#define WRT_TRAP_MAP(X)                                                  \
    X(NONE,               0, "no trap")                                  \
    X(UNREACHABLE,        1, "unreachable")                              \
    X(OUT_OF_BOUNDS,      2, "out of bounds memory access")              \
    X(DIVIDE_BY_ZERO,     3, "integer divide by zero")                   \
    X(INTEGER_OVERFLOW,   4, "integer overflow")                         \
    X(BAD_CONVERSION,     5, "invalid conversion to integer")            \
    X(STACK_EXHAUSTED,    6, "call stack exhausted")                     \
    X(TABLE_BOUNDS,       7, "out of bounds table access")               \
    X(UNDEFINED_ELEMENT,  8, "undefined element")                        \
    X(NULL_ELEMENT,       9, "uninitialized element")                    \
    X(SIGNATURE,         10, "indirect call type mismatch")              \
    X(HOST,              11, "host function failed")                     \
    X(FUEL,              12, "out of fuel")                              \
    X(NO_MEMORY,         13, "the host has no memory inside the limit")  \
    X(DEADLOCK,          14, "every party waits for another")
typedef enum wrt_trap_code {
#define X(name, value, text) WRT_TRAP_##name = (value),
    WRT_TRAP_MAP(X)
#undef X
} wrt_trap_code;
/* Text of a wrt_trap_code, as the specification's scripts word it.  cost [O1]   thread any */
WRT_API wrt_str wrt_trap_text(uint32_t code);

typedef struct wrt_frame {
    uint32_t func;              /* index in its module */
    uint32_t func_offset;       /* byte offset inside the body */
    uint64_t offset;            /* byte offset in the binary */
    wrt_str func_name, module_name;     /* borrowed from the code */
} wrt_frame;
/* Innermost first: of a trapped task, and of any suspended one ("where is it now?"). Returns the depth, fills
 * up to cap. Works until the task is closed. */
WRT_API size_t wrt_task_frames(wrt_store *s, wrt_task t, wrt_frame *out, size_t cap);

#define WRT_TRACE_MAP(X)                                                                      \
    X(TASK_START, 1) X(SLICE_BEGIN, 2) X(SLICE_END, 3) X(TASK_END, 4) X(PARK, 5) X(WAKE, 6)   \
    X(FUEL_OUT, 7) X(REFUEL, 8) X(TRAP, 9) X(CANCEL, 10) X(LOCK_WAIT, 11) X(GROW, 12)         \
    X(RELEASE, 13) X(START, 14) X(DONE, 15) X(FAILED, 16) X(ABORT, 17) X(SKIP, 18)            \
    X(CONTINUE, 19) X(MISS, 20) X(OVERRUN, 21) X(SERVER_EMPTY, 22) X(SERVER_FULL, 23)         \
    X(MODE, 24) X(SUSPEND, 25)
typedef enum wrt_trace_kind {
#define X(name, value) WRT_TRACE_##name = (value),
    WRT_TRACE_MAP(X)
#undef X
} wrt_trace_kind;
/* Fixed 40 bytes. SLICE_END: a = function index, b = offset in it, of the stopping place.
 * Records of the jobs of a task set (sched.h), whatever their kind, have bit 63 of `task` set, the job's
 * number (its low 31 bits) from bit 32 on, the task's number in the low half, and the fuel of the job in
 * `fuel`. DONE, FAILED, ABORT, MISS, OVERRUN, SUSPEND (by an overrun or a mode)    a, b = the place, as in
 * SLICE_END RELEASE, CONTINUE                    a, b = low and high half of the absolute deadline; all ones:
 * none START, SKIP                          a = b = 0 SERVER_EMPTY, SERVER_FULL            task =
 * WRT_TRACE_JOB | the server's number, fuel = what is left of Q MODE                                 task =
 * WRT_TRACE_JOB | who caused it (0xffffffff: nobody), fuel = 0, a = from << 16 | to, b = cause << 24 | how
 * many are dropped */
#define WRT_TRACE_JOB (UINT64_C(1) << 63)
typedef struct wrt_trace_rec { uint64_t t_ns, fuel, task; uint32_t kind, core, a, b; } wrt_trace_rec;
/* Gives the store a ring for its records in caller memory (kept until the store is freed; NULL: off).
 * Overwrites the oldest. */
WRT_API wrt_status wrt_trace_ring(wrt_store *s, void *buf, size_t n);
/* Moves up to cap records out, oldest first; *lost counts those overwritten since the last call. */
WRT_API size_t wrt_trace_drain(wrt_store *s, wrt_trace_rec *out, size_t cap, uint64_t *lost);
/* Running 64-bit FNV-1a over every record's (kind, task, fuel, a, b): equal on every platform and build for
 * the same run. Clock values are not part of it. Records are made, and hashed, only while the store has a
 * ring. */
WRT_API uint64_t wrt_trace_hash(const wrt_store *s);

/* Exact profile: fuel per function, also per stack. While it is on every edge leaves the loop, and tasks run
 * several times slower; fuel and results stay the same. rows: fills up to cap, one per function; the answer
 * is their number, or, when cap is too small, a number that is enough.
 * errors  WRT_E_NOMEM; WRT_E_SEALED: it grows with what it sees (sealed while it is on, it tells no new
 * stacks apart)   cost [load] */
WRT_API wrt_status wrt_profile_start(wrt_store *s, wrt_error *err);
typedef struct wrt_profile_row {
    const wrt_code *code;
    uint32_t func;
    uint64_t self_fuel, calls;
} wrt_profile_row;
WRT_API size_t wrt_profile_rows(wrt_store *s, wrt_profile_row *out, size_t cap);
/* Folded stacks ("a;b;c 123"), one line a call. */
WRT_API wrt_status wrt_profile_folded(wrt_store *s, void (*write)(void *ctx, wrt_str line), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
