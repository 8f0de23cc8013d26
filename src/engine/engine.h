/* engine: what runs. Store, instances, memories, tables, strands and the loop. Knows no tasks and no policy:
 * a strand is run until it is done, out of slice, blocked or trapped, and is asked again. */
#ifndef WRT_SRC_ENGINE_H
#define WRT_SRC_ENGINE_H

#include "base/base.h"
#include "wasm/module.h"
#include <stdatomic.h>
#include <wrt/code.h>
#include <wrt/diag.h>

/* ---- slots --------------------------------------------------------------------------------------
 * A slot is 64 bits: i32 zero-extended, f32 in the low half (high half zero), references as below, never a
 * native pointer.  funcref: store function number + 1, null is 0.  externref: host value + 1, null is 0. */

struct wrt__store;
struct wrt__strand;

/* A linear memory. Instances that use it keep copies of base and bytes; wrt__memory_grow renews them. */
struct wrt_memory {
    struct wrt__store *store;
    uint8_t *base;
    uint64_t bytes;                     /* pages << 16 */
    uint64_t cap;                       /* bytes that `base` has room for; behind `bytes` they are zero */
    struct wrt__limits type;            /* as declared, min = present size at link time */
    uint64_t max_pages;                 /* least of type.max, 65536 and the limit memory_bytes */
    struct wrt_instance *user;          /* an instance that uses it; the only one when users == 1 */
    uint32_t users;
    bool in_instance;                   /* lives in the block of the instance that defines it */
    struct wrt_memory *next;            /* in store->memories */
};
struct wrt_table {
    struct wrt__store *store;
    uint64_t *elems;
    uint32_t size, cap;
    uint8_t type;                       /* WRT__FUNCREF, WRT__EXTERNREF */
    bool in_instance;                   /* lives in the block of the instance that defines it */
    uint32_t users;
    struct wrt_instance *user;          /* an instance that uses it; the only one when users == 1 */
    struct wrt__limits limits;          /* as declared */
    uint64_t max_elems;                 /* least of limits.max, 2^32 - 1 and the limit table_elems */
    struct wrt_table *next;
};
/* A global as seen from outside. The value lives in the defining instance (or in `own` for host globals). */
struct wrt_global {
    struct wrt__store *store;
    uint64_t *cell;
    uint64_t own;
    uint8_t type;
    bool is_mutable;
    struct wrt_global *next;
};
/* Public handle of a function: stable while store->funcs may move. */
struct wrt_func { struct wrt__store *store; uint32_t index; struct wrt_func *next; };

struct wrt__host_func {                 /* shared by linker and stores, counted */
    _Atomic uint32_t refs;
    wrt_host_fn fn;
    void *ctx;
    void (*drop)(void *ctx);            /* may be NULL; when the last reference goes */
    uint32_t fuel;
    struct wrt__functype type;          /* types points behind this struct */
    wrt_str module, name;               /* point behind this struct */
};

/* A function of the store: 'ref' numbers index this array. */
struct wrt__funcrec {
    uint32_t type;                      /* store type number: equal types, equal numbers */
    uint32_t code;                      /* word offset of the entry in instance->code */
    uint32_t frame;
    uint16_t link, zero, cost;
    uint16_t params, results;
    uint32_t index;                     /* in its module, imports included */
    struct wrt_instance *instance;      /* NULL: host function */
    struct wrt__host_func *host;
};

/* An instance. The first lines are read by the loop through one pinned register. */
struct wrt_instance {
    uint8_t *mem; /* copies of memory 0 (see wrt__memory_grow); NULL and 0 without one */
    uint64_t mem_bytes;
    uint64_t *stack_limit;              /* of the strand that runs here now */
    const uint64_t *code;               /* module->code */
    struct wrt__strand *strand;         /* the strand that runs here now */
    struct wrt__funcrec *funcs;         /* copy of store->funcs */
    uint64_t *table0;                   /* copies of table 0 */
    uint64_t table0_size;
    const uint32_t *type_ids;           /* module type index -> store type number */
    uint64_t **cells;                   /* imported globals */
    uint32_t *func_refs;                /* module function index -> store function number */

    struct wrt__store *store;
    struct wrt__module *module;         /* kept */
    const struct wrt_code *code_handle; /* kept: back to the public object */
    struct wrt_memory **memories;       /* module index space */
    struct wrt_table **tables;
    /* module index space; imported ones are set, others NULL until asked for */
    struct wrt_global **global_handles;
    bool *dropped_elem, *dropped_data;
    /* running lock: the strand that has frames here; others wait in `waiters` */
    struct wrt__strand *owner;
    uint32_t owner_depth;               /* boundary frames of the owner in this instance */
    struct wrt__list waiters;           /* strands, by strand.lock_node */
    bool poisoned, started;
    uint32_t init;                      /* in the store, + 1: runs behind the start function; 0: none */
    bool watched;                       /* store->crossed is told of strands that come and go */
    uint8_t on_trap;                    /* wrt_on_trap */
    uint32_t number;                    /* in the store */
    uint32_t resets, resets_max;        /* WRT_ON_TRAP_RESET: in the present window, and how many may be */
    uint64_t window_ns, window_start;
    struct wrt_instance *next;
    uint64_t globals[]; /* one block with the arrays above; defined globals, index - globals_imported */
};

struct wrt__store {
    const wrt_alloc *alloc;
    wrt_engine *engine;
    struct wrt_limits limits;
    const wrt_fuel_table *fuel;
    struct wrt__funcrec *funcs;         uint32_t funcs_count, funcs_cap;
    struct wrt__functype *types;        uint32_t types_count, types_cap;    /* canonical; deep copies */
    struct wrt__map type_map;
    struct wrt_instance *instances;     uint32_t instances_count;
    struct wrt_memory *memories;
    struct wrt_table *tables;
    struct wrt_global *globals;
    struct wrt_func *func_handles;
    struct wrt_func **handle_map;       uint32_t handle_map_cap, handles_count;     /* hash by index */
    uint32_t *host_map;
    uint32_t host_map_cap, hosts_count; /* hash by host pointer: funcs index + 1 */
    bool no_memory_grow;                /* memory.grow by more than 0 always answers -1 */
    uint64_t memory_bytes, memory_peak;
    /* executor's: non-zero makes a running strand come back at its next poll */
    const _Atomic uint32_t *attention;
    /* executor's: an instance lost its owner and has waiters */
    void (*lock_free)(struct wrt__store *s, struct wrt_instance *i);
    /* executor's: a strand stands in a watched instance, or has left it */
    void (*crossed)(struct wrt__store *s, struct wrt_instance *i, struct wrt__strand *strand, bool entered);
    /* executor's: the strand's memory.grow has got more; its fuel is exact */
    void (*grown)(struct wrt__strand *strand, uint32_t pages);
    /* api's: set with the first rule that needs it, so that programs without one do not carry it */
    void (*reset)(struct wrt_instance *i, uint64_t now);
    /* api's: an instance of it is gone; NULL: nothing is counted */
    void (*release)(const struct wrt_code *c);
    struct wrt__profile *profile;       /* NULL: off */
    void *owner;                        /* the public wrt_store */
};

/* ---- strands ------------------------------------------------------------------------------------- */

enum wrt__outcome {
    WRT__RUN_DONE,          /* results are in slots 0.. of the stack */
    WRT__RUN_SLICE,         /* soft limit reached; stands at a checkpoint */
    WRT__RUN_BUDGET,        /* the next block does not fit the hard limit; stands at a checkpoint */
    WRT__RUN_POLL,          /* attention was raised; stands at a checkpoint */
    WRT__RUN_BLOCKED,       /* a host function answered WRT_PENDING */
    WRT__RUN_LOCKED,        /* the instance in strand->wanted runs somebody else */
    WRT__RUN_TRAP,          /* strand->trap, ->status */
};

/* One wasm stack. */
struct wrt__strand {
    struct wrt__store *store;
    uint64_t *stack;
    uint32_t slots, slots_max, slots_peak;      /* capacity, limit, high-water mark */
    uint32_t fp, ip;                            /* slot and word offset while it does not run */
    struct wrt_instance *instance;              /* of the innermost frame */
    uint64_t acc_i; double acc_d; float acc_f;  /* accumulators at a stop */
    /* the three numbers, see docs/fuel.md */
    int64_t slice, hard;                        /* left; hard already is the least of budget and horizon */
    int64_t poll;                               /* distance of polls */
    int64_t granted, fuel, far; /* the loop's own counter, and what it may be given at polls */
    const _Atomic uint32_t *attention;
    uint32_t pending;                           /* price of the block at ip, not yet paid */
    bool unpaid;                                /* ip stands before a block that is not yet paid */
    bool at_entry;                              /* nothing has run yet */
    struct wrt_instance *mends;                 /* may be entered though it is poisoned: to make it anew */
    bool released;                              /* it holds no instance any more */
    uint64_t guest_fuel, host_fuel;             /* spent */
    /* how it ended or why it waits */
    uint8_t exit, stop; /* loop -> driver; the outcome when it stopped at a checkpoint */
    uint32_t trap;                              /* wrt_trap_code */
    wrt_status status;                          /* of a host function or of the engine */
    uint32_t target;                            /* funcs index of the host function that is being called */
    struct wrt_instance *wanted;                /* with WRT__RUN_LOCKED */
    struct wrt__node lock_node;
    uint64_t progress[3];                       /* of a long operator that was cut */
    bool host_called;                           /* the pending host call has been made: results come next */
    bool yielded; /* in the present run a host function gave up the rest of the slice */
    uint32_t func;                              /* entry function (funcs index) */
    char message[64];                           /* of wrt_raise */
    int32_t exit_code;
    void *task;                                 /* executor's */
};

wrt_status wrt__strand_init(struct wrt__strand *s, struct wrt__store *store);     /* allocates nothing */
void wrt__strand_fini(struct wrt__strand *s); /* frees the stack; leaves every instance (locks pass on) */
/* It ended: leaves every instance (locks pass on); the stack stays, for results and frames. Harmless a second
 * time. */
void wrt__strand_release(struct wrt__strand *s);
/* The same for one that ended badly, at `now` of the store's clock: each instance that it had frames in is
 * kept, poisoned or reset, by its rule; `preempted`: in the middle of guest code, so it cannot be kept. Cost:
 * its frames, and the memories of what is reset. */
void wrt__strand_abandon(struct wrt__strand *s, bool preempted, uint64_t now);
/* The same, and every instance that it had frames in is reset, whatever its rule; one that cannot be (it has
 * a start function, or somebody works in one that shares its memory) is poisoned. */
void wrt__strand_reset(struct wrt__strand *s);
/* While it runs, outside of the loop: it looks at `attention` at its next checkpoint that has a price. */
void wrt__strand_attend(struct wrt__strand *s);
/* Sets up a call: args are slots. E_NOMEM; a trap on entry shows in the first run. The executor may have put
 * a used stack into s->stack and s->slots (WRT_TAG_STACK): it is taken over, as if allocated here. */
wrt_status wrt__strand_call(struct wrt__strand *s, uint32_t func, const uint64_t *args);
/* Runs. Called from one place only: executor. */
enum wrt__outcome wrt__engine_run(struct wrt__strand *s);
/* Where it stands (innermost first); also after a trap. Native frames of host functions are skipped. */
size_t wrt__strand_frames(const struct wrt__strand *s, wrt_frame *out, size_t cap);
/* Where a suspended strand stands: module function index, byte offset in the body. false: inside nothing. */
bool wrt__strand_place(const struct wrt__strand *s, uint32_t *func, uint32_t *offset);

/* A host call in progress: what wrt_call is. Arguments and results share `slots`. */
struct wrt_call {
    struct wrt__strand *strand;
    const struct wrt__host_func *host;  /* stays where it is; function records move when instances are made */
    uint64_t *slots;
    struct wrt_instance *instance;      /* the caller */
    bool returned;                      /* wrt_return was called */
    wrt_completion completion;          /* after wrt_defer */
};
/* The call that a blocked strand waits in, to set its results; then wrt__strand_host_done and run again. */
void wrt__strand_pending_call(struct wrt__strand *s, struct wrt_call *out);
void wrt__strand_host_done(struct wrt__strand *s, wrt_status status);   /* < 0: the next run ends with it */

uint64_t wrt__slot_of(wrt_val v);
wrt_val wrt__val_of(uint64_t slot, uint8_t type);
uint8_t wrt__kind_of(uint8_t type);         /* WRT__I32 -> WRT_I32 */
uint8_t wrt__type_of(uint8_t kind);
/* May this value be put where `type` is wanted? Kind, and for references that they name something of this
 * store. */
bool wrt__val_fits(const struct wrt__store *s, wrt_val v, uint8_t type);

/* ---- instance.c, memory.c, table.c ------------------------------------------------------------------ */

wrt_status wrt__store_init(struct wrt__store *s, const wrt_alloc *alloc, const struct wrt_limits *limits,
    const wrt_fuel_table *fuel);
void wrt__store_fini(struct wrt__store *s);
uint32_t wrt__store_type(
    struct wrt__store *s, const struct wrt__functype *t); /* canonical number; UINT32_MAX: no memory */
/* funcs index, the same for the same h; the store keeps a reference. UINT32_MAX: no memory. */
uint32_t wrt__store_add_host(struct wrt__store *s, struct wrt__host_func *h);
/* The public kinds of a canonical type (as in wrt_func_type.kinds): they lie behind its value types. */
static inline const uint8_t *wrt__store_type_kinds(const struct wrt__functype *t)
{
    return t->types + t->params + t->results;
}

/* What a host function is made of; strings and types are copied. refs starts at 1. NULL: no memory. */
struct wrt__host_func *wrt__host_func_new(
    const wrt_alloc *a, wrt_str module, wrt_str name, const struct wrt__functype *t);
void wrt__host_func_keep(struct wrt__host_func *h);
void wrt__host_func_drop(const wrt_alloc *a, struct wrt__host_func *h);     /* any thread */

/* What a linker found for one import, in import order. Exactly one member is set. */
struct wrt__bound {
    uint32_t func;
    struct wrt_memory *memory;
    struct wrt_table *table;
    struct wrt_global *global;
};
/* Allocates and fills an instance; does not write segments and does not run anything. Types of the imports
 * have been checked by the caller. On failure nothing is left. */
wrt_status wrt__instance_new(struct wrt__store *s, struct wrt__module *m, const struct wrt__bound *bound,
    struct wrt_instance **out, wrt_error *err);
/* Only for wrt__store_fini: memories and tables of the instance have been freed before. */
void wrt__instance_free(struct wrt_instance *i);
/* Active segments in order; a failing one leaves a trap code in err->trap and status WRT_E_TRAP. */
wrt_status wrt__instance_segments(struct wrt_instance *i, wrt_error *err);
void wrt__instance_refresh(struct wrt_instance *i);     /* copies of memory 0, table 0, funcs */
/* reset.c: back to what it was before its start function: its own memories, tables and globals, its segments.
 * Nobody may have frames in it. errors: WRT_E_STATE somebody works in an instance that shares a memory or
 * table of its; WRT_E_TRAP a segment does not fit any more, WRT_E_NOMEM: half done, the instance is poisoned.
 */
wrt_status wrt__instance_reset(struct wrt_instance *i, wrt_error *err);
/* Does making it anew call functions of it: a start function, an `init`? */
static inline bool wrt__instance_runs(const struct wrt_instance *i)
{
    return i->module->start != UINT32_MAX || i->init != 0;
}
/* What store->reset is when an instance has the rule to be reset: while it may still be, it is; else it stays
 * poisoned. */
void wrt__instance_reset_by_rule(struct wrt_instance *i, uint64_t now);
wrt_status wrt__instance_globals(struct wrt_instance *i);   /* initial values of its own globals */
/* Validated expression -> slot. WRT_E_NOMEM only when more than 16 operands wait at once. */
wrt_status wrt__const_eval(const struct wrt_instance *i, const struct wrt__expr *e, uint64_t *out);
/* Item n of an element segment, whether dropped or not. Such an expression is one operator: it cannot fail.
 */
uint64_t wrt__elem_item(const struct wrt_instance *i, const struct wrt__elem *e, uint32_t n);
/* Room for `more` function records; every instance is refreshed when the records move. false: no memory. */
bool wrt__store_reserve_funcs(struct wrt__store *s, uint32_t more);
struct wrt_func *wrt__func_handle(struct wrt__store *s, uint32_t index); /* NULL: no memory; one per index */
struct wrt_global *wrt__instance_global(struct wrt_instance *i, uint32_t index);

/* init and fini work in the caller's struct, which is in no list; new also lists it in the store. */
wrt_status wrt__memory_init(
    struct wrt_memory *m, struct wrt__store *s, const struct wrt__memtype *t, wrt_error *err);
void wrt__memory_fini(struct wrt_memory *m);
wrt_status wrt__table_init(struct wrt_table *t, struct wrt__store *s, const struct wrt__tabletype *type,
    uint64_t init, wrt_error *err);
void wrt__table_fini(struct wrt_table *t);
/* A global of the host's own; `init` is a slot. NULL: no memory. */
struct wrt_global *wrt__global_new(struct wrt__store *s, struct wrt__globaltype t, uint64_t init);
wrt_status wrt__memory_new(
    struct wrt__store *s, const struct wrt__memtype *t, struct wrt_memory **out, wrt_error *err);
enum { WRT__GROW_REFUSED = 1 };
/* Grows by `pages`: WRT_OK; WRT__GROW_REFUSED beyond a limit (nothing changed); WRT_E_NOMEM. All instances of
 * the store that use the memory are refreshed. */
wrt_status wrt__memory_grow(struct wrt_memory *m, uint64_t pages);
wrt_status wrt__table_new(struct wrt__store *s, const struct wrt__tabletype *t, uint64_t init,
    struct wrt_table **out, wrt_error *err);
wrt_status wrt__table_grow(struct wrt_table *t, uint64_t by, uint64_t init);
/* Room to grow to so much (in pages, elements; no more than the limits) without asking for memory. false: no
 * memory. */
bool wrt__memory_reserve(struct wrt_memory *m, uint64_t pages);
/* All zero, as large as declared: `pages`, `elems`, never more than now. What it had is given back if it can
 * be. */
void wrt__memory_reset(struct wrt_memory *m, uint64_t pages);
void wrt__table_reset(struct wrt_table *t, uint64_t elems);
bool wrt__table_reserve(struct wrt_table *t, uint64_t elems);
/* Sets up what a sealed store may still be asked for: a handle for every function that an export or a table
 * names and for every exported global. false: no memory. */
bool wrt__store_reserve(struct wrt__store *s);
/* From here on memories and tables grow into what they have room for, and no further. */
void wrt__store_seal(struct wrt__store *s);

/* The loop's handlers, by register-operator number: what wrt__module_load wants; NULL in builds that dispatch
 * on numbers. */
const uintptr_t *wrt__engine_handlers(void);

/* Running lock. Returns true when the strand holds it now; else the strand has been queued. */
bool wrt__instance_enter(struct wrt_instance *i, struct wrt__strand *s);
void wrt__instance_leave(struct wrt_instance *i, struct wrt__strand *s);

#endif
