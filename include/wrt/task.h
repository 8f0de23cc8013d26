/* task.h: tasks, the turn of a store, completions, fuel accounts. */
#ifndef WRT_TASK_H
#define WRT_TASK_H
#include <wrt/code.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct { uint64_t v; } wrt_task;        /* 0 is no task; ids carry a generation and never dangle */
typedef struct { uint64_t v; } wrt_group;       /* 0 is the store itself */

typedef enum wrt_fuel_policy { WRT_FUEL_SUSPEND, WRT_FUEL_TRAP, WRT_FUEL_CALLBACK } wrt_fuel_policy;
#define WRT_FUEL_UNLIMITED UINT64_MAX

typedef struct wrt_task_opts {
    uint32_t size;
    wrt_str name;                           /* copied, cut at 31 bytes */
    uint8_t priority;                       /* WRT_FIXED_PRIORITY: 255 first; 0 means 128 */
    wrt_group group;                        /* account that also pays */
    uint64_t fuel;                          /* hard budget; 0: no limit of its own */
    uint64_t slice;                         /* soft; 0: the store's quantum */
    wrt_fuel_policy on_empty;
    /* WRT_FUEL_CALLBACK: how much to add (0: suspend). Runs on the store's thread. */
    uint64_t (*refuel)(void *ctx, wrt_store *s, wrt_task t);
    /* The task ended (status as in wrt_task_info). It may start and close tasks. */
    void (*done)(void *ctx, wrt_store *s, wrt_task t, wrt_status st);
    void *ctx;
} wrt_task_opts;

/* Makes a task that calls f. Arguments are copied. The task is ready; it runs in wrt_run or wrt_task_step.
 * errors  WRT_E_TYPE (argument count or kinds), WRT_E_LIMIT (table "tasks"), WRT_E_NOMEM
 * cost    [O1]    thread  the store's */
WRT_API wrt_status wrt_task_start(wrt_store *s, wrt_func *f, const wrt_val *args, size_t n,
    const wrt_task_opts *o, wrt_task *out, wrt_error *err);
/* Runs this task alone for one slice of at most `fuel`. OK it is done, PENDING it waits, YIELDED its slice is
 * over, FUEL_OUT its budget is, < 0 it failed. */
WRT_API wrt_status wrt_task_step(wrt_store *s, wrt_task t, uint64_t fuel, wrt_error *err);
/* Results of a finished task, or its failure. PENDING while it lives. */
WRT_API wrt_status wrt_task_result(wrt_store *s, wrt_task t, wrt_val *out, size_t n, wrt_error *err);
/* Forgets the id; a living task is cancelled first. */
WRT_API wrt_status wrt_task_close(wrt_store *s, wrt_task t);
/* Ends a living task: no guest code of it runs any more, everything it held is released. WRT_E_STATE: it had
 * ended. A task inside a core instance leaves that instance poisoned only when it was preempted in guest
 * code. */
WRT_API wrt_status wrt_task_cancel(wrt_store *s, wrt_task t);
/* Starts f, drives the store until the task ends, closes it. Not from inside a host function (WRT_E_STATE).
 * WRT_E_DEADLOCK when nothing can ever run again, WRT_E_FUEL when a budget is empty (it never suspends),
 * WRT_E_CANCELLED after wrt_stop. */
WRT_API wrt_status wrt_call_sync(
    wrt_store *s, wrt_func *f, const wrt_val *args, size_t n, wrt_val *out, size_t m, wrt_error *err);

typedef enum wrt_task_state {
    WRT_TASK_READY,
    WRT_TASK_RUNNING,
    WRT_TASK_WAITING /* host call */,
    WRT_TASK_LOCKED /* instance busy */,
    WRT_TASK_FUEL_OUT,
    WRT_TASK_DONE,
    WRT_TASK_FAILED,
    WRT_TASK_CANCELLED
} wrt_task_state;
typedef struct wrt_task_info {
    uint32_t size;
    wrt_task_state state;
    wrt_status status;                      /* outcome, once ended */
    char name[32];
    uint8_t priority;
    uint64_t guest_fuel, host_fuel;         /* exact at every point where the host can look */
    uint64_t budget, slice;
    uint64_t slices;                        /* how often it was given the processor */
    uint64_t stack_peak_bytes, memory_peak_bytes;
    int32_t exit_code;
} wrt_task_info;
/* State and exact figures of a task; out->size is set by the caller (WRT_INIT).  errors  WRT_E_STATE the id
 * is stale; WRT_E_ARG   cost [O1] */
WRT_API wrt_status wrt_task_info_get(wrt_store *s, wrt_task t, wrt_task_info *out);

/* ---- the turn of a store ------------------------------------------------------------------------- */

/* 0: no bound. fuel is soft like a slice: the turn ends at the first checkpoint at which it is used up.
 * max_switches counts how often a task is picked. Neither changes where slices end. */
typedef struct wrt_turn { uint64_t fuel; uint32_t max_switches; } wrt_turn;
/* Runs ready tasks by the store's policy. Never blocks.
 *   WRT_OK no task is alive; WRT_PENDING the turn's bound was reached, call again; WRT_IDLE all wait for
 * outside events; WRT_FUEL_OUT what is left needs fuel; WRT_E_STATE called from inside the store */
WRT_API wrt_status wrt_run(wrt_store *s, const wrt_turn *t);
/* Sleeps in the port until an event or max_ns (UINT64_MAX: for ever), then runs one turn. WRT_E_DEADLOCK when
 * nothing is armed that could ever wake the store. */
WRT_API wrt_status wrt_wait(wrt_store *s, uint64_t max_ns);
/* One descriptor to watch for reading, level-triggered; -1 where the platform has none. */
WRT_API int wrt_poll_fd(wrt_store *s);
/* Time to the next timer; 0: call wrt_run now; -1: none. */
WRT_API int64_t wrt_poll_timeout_ns(wrt_store *s);
/* Makes wrt_run return WRT_PENDING and wrt_wait return at the next checkpoint. thread any, signal safe */
WRT_API void wrt_stop(wrt_inbox *b);

/* ---- completions --------------------------------------------------------------------------------- */

/* The store's inbox: counted, outlives the store. `wrt_inbox_of` gives a reference: wrt_inbox_drop. */
WRT_API wrt_inbox *wrt_inbox_of(wrt_store *s);
WRT_API void wrt_inbox_drop(wrt_inbox *b);
/* Completes from any OS thread, signal handler or interrupt. Lock-free, never full. Posting twice, or after
 * cancellation, is WRT_E_STATE and harmless. */
WRT_API wrt_status wrt_complete_post(wrt_inbox *b, wrt_completion k, wrt_status st, uint64_t scalar);
/* The same on the store's own thread. */
WRT_API wrt_status wrt_complete(wrt_store *s, wrt_completion k, wrt_status st, uint64_t scalar);

/* ---- fuel ---------------------------------------------------------------------------------------- */

/* Accounts form a tree: store > group > group > task; spending is booked in all of them. */
WRT_API wrt_status wrt_group_new(
    wrt_store *s, wrt_group parent, wrt_str name, uint64_t budget, wrt_group *out, wrt_error *err);
typedef struct wrt_fuel_state { uint64_t budget, guest, host; } wrt_fuel_state;
WRT_API wrt_status wrt_fuel_get(wrt_store *s, wrt_task t, wrt_fuel_state *out); /* t.v == 0: the store */
WRT_API wrt_status wrt_group_fuel(wrt_store *s, wrt_group g, wrt_fuel_state *out);
/* Adds to a budget and wakes what suspended for want of it. */
WRT_API wrt_status wrt_fuel_add(wrt_store *s, wrt_task t, uint64_t n);
WRT_API wrt_status wrt_group_add(wrt_store *s, wrt_group g, uint64_t n);

typedef struct wrt_stats {
    uint64_t guest_fuel, host_fuel, switches, slices;
    uint32_t tasks_live, tasks_peak, instances;
    uint64_t memory_bytes;
} wrt_stats;
/* Sums over the store since it was made.  cost [O1]   thread the store's */
WRT_API void wrt_stats_get(const wrt_store *s, wrt_stats *out);

#ifdef __cplusplus
}
#endif
#endif
