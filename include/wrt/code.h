/* code.h: loading binaries, linking, stores, instances and what they export. */
#ifndef WRT_CODE_H
#define WRT_CODE_H
#include <wrt/engine.h>
#include <wrt/value.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct wrt_code wrt_code;
typedef struct wrt_linker wrt_linker;
typedef struct wrt_store wrt_store;
typedef struct wrt_instance wrt_instance;
typedef struct wrt_func wrt_func;
typedef struct wrt_memory wrt_memory;
typedef struct wrt_table wrt_table;
typedef struct wrt_global wrt_global;
typedef struct wrt_call wrt_call;
typedef struct wrt_inbox wrt_inbox;

/* ---- code ---------------------------------------------------------------------------------------- */

typedef struct wrt_load_opts {
    uint32_t size;
    bool keep_source;       /* `bytes` is kept by the caller until wrt_code_free: nothing is copied */
    bool portable;          /* handler numbers, not addresses: to inspect; a tail build cannot run it */
    wrt_str name;           /* for messages and back-traces; copied */
} wrt_load_opts;

/* Decodes, validates, prices and translates a core module. `bytes` is borrowed unless keep_source.
 * The result is immutable and may be shared by stores of the engine; given: wrt_code_free.
 * errors  WRT_E_MALFORMED, WRT_E_INVALID, WRT_E_UNSUPPORTED (a feature that is off), WRT_E_LIMIT: each with
 *         err->offset; WRT_E_NOMEM; WRT_E_SEALED
 * cost    [load], linear in n      thread  any, engine shared */
WRT_API wrt_status wrt_load(
    wrt_engine *e, wrt_bytes bytes, const wrt_load_opts *o, wrt_code **out, wrt_error *err);
/* The same for a binary that arrives in pieces, over a radio or out of flash; it is decoded when it is
 * complete, because validity is a matter of the whole. `bytes` is how many will come (0: not known; else they
 * are reserved at once); o->name is kept until finish. feed copies, and refuses at once what is no module and
 * what is above module_bytes. finish answers as wrt_load, needs no second copy of the bytes, and frees the
 * loader in any case; wrt_loader_free gives up. errors  those of wrt_load; WRT_E_STATE after an error other
 * than WRT_E_NOMEM; WRT_E_ARG keep_source cost    [load]; feed [On]      thread  one at a time, engine shared
 */
typedef struct wrt_loader wrt_loader;
WRT_API wrt_status wrt_loader_new(
    wrt_engine *e, const wrt_load_opts *o, uint64_t bytes, wrt_loader **out, wrt_error *err);
WRT_API wrt_status wrt_loader_feed(wrt_loader *l, wrt_bytes chunk, wrt_error *err);
WRT_API wrt_status wrt_loader_finish(wrt_loader *l, wrt_code **out, wrt_error *err);
WRT_API void wrt_loader_free(wrt_loader *l);
/* What wrt_load would answer, and keeps nothing; but every function body is looked at: errs[0..cap) is filled
 * with one error for each that has any, in their order, and *n is how many there are. An error in the module
 * outside of the bodies is the only one. errs may be NULL when cap is 0.
 * errors  the first of them   cost [load], linear in bytes.n   thread  any, engine shared */
WRT_API wrt_status wrt_load_check(
    wrt_engine *e, wrt_bytes bytes, const wrt_load_opts *o, wrt_error *errs, size_t cap, size_t *n);
WRT_API void wrt_code_free(wrt_code *c);

typedef enum wrt_extern_kind {
    WRT_EXTERN_FUNC,
    WRT_EXTERN_TABLE,
    WRT_EXTERN_MEMORY,
    WRT_EXTERN_GLOBAL
} wrt_extern_kind;
/* One import or export as declared. Strings and types are borrowed from the code. */
typedef struct wrt_extern_desc {
    wrt_extern_kind kind;
    wrt_str module, name;           /* module is empty for exports */
    wrt_func_type func;
    uint8_t value_kind;             /* table element or global: a wrt_kind */
    bool is_mutable, has_max;
    uint64_t min, max;              /* table elements or memory pages */
} wrt_extern_desc;
WRT_API size_t wrt_code_imports_count(const wrt_code *c);
WRT_API size_t wrt_code_exports_count(const wrt_code *c);
WRT_API bool wrt_code_import(const wrt_code *c, size_t i, wrt_extern_desc *out);
WRT_API bool wrt_code_export(const wrt_code *c, size_t i, wrt_extern_desc *out);

/* Sizes and counts of a loaded module, for reports. */
typedef struct wrt_code_info {
    uint32_t types, functions, imported_functions, tables, memories, globals, elem_segments, data_segments;
    uint64_t wasm_bytes, body_bytes, code_bytes, map_bytes, data_bytes;
    uint64_t features; /* proposals that the binary needs beyond the 2017 language, as far as seen */
    uint64_t sha_low;               /* 64-bit FNV-1a of the binary */
} wrt_code_info;
WRT_API void wrt_code_info_get(const wrt_code *c, wrt_code_info *out);
/* The most fuel that is due at one checkpoint of an exported function: the dearest block, or piece of a bulk
 * operator, of all code that it may call; UINT64_MAX: it may grow a memory, which is one piece. An empty
 * name: of the whole module. Host functions and other modules come on top. 0: no such export.  cost [On] */
WRT_API uint64_t wrt_code_piece_fuel(const wrt_code *c, wrt_str func);
/* Name of a function (index space with imports first): name section, else export name, else empty. */
WRT_API wrt_str wrt_code_func_name(const wrt_code *c, uint32_t func);
/* Disassembles one defined function: the register code with its charge blocks, line by line, into `write`. */
WRT_API wrt_status wrt_code_disasm(
    const wrt_code *c, uint32_t func, void (*write)(void *ctx, wrt_str line), void *ctx);

/* ---- linker -------------------------------------------------------------------------------------- */

/* A host function. It runs on the store's thread, inside the task that called it, and must not block.
 *   WRT_OK       results were set with wrt_return (none needed for functions without results)
 *   WRT_PENDING  after wrt_defer: the task parks until the completion is posted
 *   WRT_YIELDED  as WRT_OK, and the task's turn ends: others that are ready go first
 *   < 0          the task ends with this status (wrt_raise adds a message) */
typedef wrt_status (*wrt_host_fn)(void *ctx, wrt_call *call);
typedef struct wrt_fn_def {
    uint32_t size;
    wrt_str name;
    wrt_str sig;                    /* "(i32 i64) -> (f32)"; "" means () -> () */
    wrt_host_fn fn;
    void *ctx;                      /* kept */
    uint32_t fuel;                  /* declared price of a call, charged before it; reported as host fuel */
} wrt_fn_def;

/* Makes an empty linker; given: wrt_linker_free.  errors  WRT_E_NOMEM, WRT_E_SEALED   cost [load] */
WRT_API wrt_status wrt_linker_new(wrt_engine *e, wrt_linker **out, wrt_error *err);
/* Instances that were made with a linker keep what they use of it: it may be freed at any time. */
WRT_API void wrt_linker_free(wrt_linker *l);
/* Defines host functions under the module name `module`. A later definition of the same name replaces. */
WRT_API wrt_status wrt_link_funcs(
    wrt_linker *l, wrt_str module, const wrt_fn_def *defs, size_t n, wrt_error *err);
/* Makes every export of an instance importable under `module`. The instance must live in the store that is
 * instantiated into later and is kept by what imports from it. */
WRT_API wrt_status wrt_link_instance(wrt_linker *l, wrt_str module, wrt_instance *provider, wrt_error *err);
WRT_API wrt_status wrt_link_memory(
    wrt_linker *l, wrt_str module, wrt_str name, wrt_memory *m, wrt_error *err);
WRT_API wrt_status wrt_link_table(wrt_linker *l, wrt_str module, wrt_str name, wrt_table *t, wrt_error *err);
WRT_API wrt_status wrt_link_global(
    wrt_linker *l, wrt_str module, wrt_str name, wrt_global *g, wrt_error *err);
WRT_API wrt_status wrt_link_func(wrt_linker *l, wrt_str module, wrt_str name, wrt_func *f, wrt_error *err);
/* Every missing or mistyped import of `c`, not the first: fills errs[0..cap), *n is the total; WRT_OK: 0. */
WRT_API wrt_status wrt_link_check(
    const wrt_linker *l, const wrt_code *c, wrt_error *errs, size_t cap, size_t *n);

/* ---- store and instances ------------------------------------------------------------------------- */

/* A store takes the first three; a task set (sched.h) takes all. */
typedef enum wrt_policy {
    WRT_ROUND_ROBIN,
    WRT_COOPERATIVE,
    WRT_FIXED_PRIORITY,
    WRT_RATE_MONOTONIC,
    WRT_EDF,
    WRT_RM_EDF,             /* bands by period, earliest deadline first inside */
    WRT_TIME_TRIGGERED
} wrt_policy;
typedef struct wrt_store_opts {
    uint32_t size;
    wrt_policy policy;
    wrt_limits limits;              /* zero fields: the engine's */
    uint64_t quantum_fuel;          /* slice of tasks that name none; 0: 100000, see docs/fuel.md */
    uint64_t poll_fuel;             /* the inbox is looked at at least this often; 0: 10000 */
    uint64_t fuel;                  /* budget of the whole store; 0: no limit */
    bool virtual_time;              /* fuel clock: time is fuel * ns_per_kfuel / 1000, idle time jumps */
    uint64_t ns_per_kfuel;          /* 0: 1000000000 (1 fuel = 1 ms) */
    void *user;                     /* kept; wrt_store_user, wrt_call_user */
} wrt_store_opts;

/* Makes a store of the engine, with its executor; `o` is borrowed; given: wrt_store_free. It belongs to one
 * thread at a time.  errors  WRT_E_ARG a field is out of range (err->table names it), WRT_E_NOMEM,
 * WRT_E_SEALED   cost [load] */
WRT_API wrt_status wrt_store_new(wrt_engine *e, const wrt_store_opts *o, wrt_store **out, wrt_error *err);
/* Ends every task (their done callbacks see WRT_E_CANCELLED), frees every instance. Ids become stale. */
WRT_API void wrt_store_free(wrt_store *s);
WRT_API void *wrt_store_user(const wrt_store *s);
WRT_API wrt_engine *wrt_store_engine(const wrt_store *s);

/* Links, allocates, runs segments and the start function (as a task of this store, driven to its end).
 * errors  WRT_E_LINK (err->where names the import), WRT_E_TRAP, WRT_E_LIMIT, WRT_E_NOMEM, WRT_E_FUEL;
 *         as the spec demands, segments written before a trap stay written */
WRT_API wrt_status wrt_instantiate(
    wrt_store *s, const wrt_linker *l, wrt_code *c, wrt_instance **out, wrt_error *err);
/* Back to what it was right after wrt_instantiate: its own memories, tables and globals, its segments (those
 * for imported memories and tables are written again), then the start function. Clears the poison. What views
 * of its memory were taken are void. errors  WRT_E_STATE a task has frames in it or in an instance that
 * shares a memory or table of its, or called from inside the store: nothing has changed; as wrt_instantiate
 * for segments and the start function: the instance is poisoned cost    [On] in its memories and tables
 * thread  the store's */
WRT_API wrt_status wrt_instance_reset(wrt_instance *i, wrt_error *err);
/* A function of the instance, without parameters and results, that belongs to making it as its start function
 * does: `_initialize` of a library of WASI. The host calls it the first time; when the instance is reset it
 * is called again, behind the start function. NULL: none. errors  WRT_E_ARG, WRT_E_TYPE, WRT_E_STATE reset by
 * a rule   cost [O1]   thread  the store's */
WRT_API wrt_status wrt_instance_init(wrt_instance *i, wrt_func *f, wrt_error *err);
/* What becomes of an instance when a task ends badly in it: by a trap, a host function that fails, a budget
 * that traps; not by exit. Those that were called on the way are treated alike, each by its own rule. A task
 * that is cancelled in the middle of guest code ends badly too, and then KEEP is POISON. KEEP    it stays as
 * it is, as the specification has it (the default) POISON  later calls answer WRT_E_POISONED, until
 * wrt_instance_reset RESET   it is reset at once, before anybody else enters; at most `max` times in
 * `window_ns` of the store's clock (0: ever), one more and it is poisoned. Not for a module with a start
 * function. errors  WRT_E_ARG   cost [O1]   thread  the store's */
typedef enum wrt_on_trap { WRT_ON_TRAP_KEEP, WRT_ON_TRAP_POISON, WRT_ON_TRAP_RESET } wrt_on_trap;
WRT_API wrt_status wrt_instance_on_trap(
    wrt_instance *i, wrt_on_trap what, uint32_t max, uint64_t window_ns, wrt_error *err);
WRT_API wrt_store *wrt_instance_store(const wrt_instance *i);
WRT_API const wrt_code *wrt_instance_code(const wrt_instance *i);

/* Exports by name; the handles live as long as the store. errors: WRT_E_LINK no such export (nearest name in
 * err->hint), WRT_E_TYPE it is another kind. */
WRT_API wrt_status wrt_export_func(wrt_instance *i, wrt_str name, wrt_func **out, wrt_error *err);
WRT_API wrt_status wrt_export_memory(wrt_instance *i, wrt_str name, wrt_memory **out, wrt_error *err);
WRT_API wrt_status wrt_export_table(wrt_instance *i, wrt_str name, wrt_table **out, wrt_error *err);
WRT_API wrt_status wrt_export_global(wrt_instance *i, wrt_str name, wrt_global **out, wrt_error *err);

/* Parameters and results of a function; borrowed from the store.  cost [O1] */
WRT_API wrt_func_type wrt_func_type_of(const wrt_func *f);
WRT_API wrt_func *wrt_func_from_ref(wrt_store *s, wrt_val ref);     /* NULL for null or a wrong value */
/* The function as a funcref value of its store.  cost [O1] */
WRT_API wrt_val wrt_func_ref(const wrt_func *f);

typedef struct wrt_span { uint8_t *p; size_t n; } wrt_span;
/* `n` bytes at `offset`; valid until the next guest step or growth. WRT_E_ARG when outside. [O1] */
WRT_API wrt_status wrt_memory_view(wrt_memory *m, uint64_t offset, uint64_t n, wrt_span *out);
WRT_API uint64_t wrt_memory_pages(const wrt_memory *m);
WRT_API wrt_status wrt_memory_grow(wrt_memory *m, uint64_t pages, uint64_t *old_pages);
/* Takes the memory that growing to `pages` will need; the size stays. In a sealed engine a memory grows as
 * far as it has room, and no further. errors  WRT_E_LIMIT it may never have so many, WRT_E_NOMEM,
 * WRT_E_SEALED   cost [load]   thread the store's */
WRT_API wrt_status wrt_memory_reserve(wrt_memory *m, uint64_t pages, wrt_error *err);
WRT_API wrt_status wrt_memory_new(
    wrt_store *s, uint64_t min_pages, uint64_t max_pages, bool has_max, wrt_memory **out, wrt_error *err);
WRT_API wrt_status wrt_table_new(
    wrt_store *s, wrt_kind elem, uint64_t min, uint64_t max, bool has_max, wrt_table **out, wrt_error *err);
/* As wrt_memory_reserve, in elements. */
WRT_API wrt_status wrt_table_reserve(wrt_table *t, uint64_t elems, wrt_error *err);
WRT_API uint64_t wrt_table_size(const wrt_table *t);
WRT_API wrt_status wrt_table_get(const wrt_table *t, uint64_t index, wrt_val *out);
WRT_API wrt_status wrt_table_set(wrt_table *t, uint64_t index, wrt_val v);
WRT_API wrt_status wrt_table_grow(wrt_table *t, uint64_t by, wrt_val init, uint64_t *old_size);
WRT_API wrt_status wrt_global_new(
    wrt_store *s, wrt_val init, bool is_mutable, wrt_global **out, wrt_error *err);
WRT_API wrt_status wrt_global_get(const wrt_global *g, wrt_val *out);
WRT_API wrt_status wrt_global_set(wrt_global *g, wrt_val v);        /* WRT_E_STATE when immutable */

/* ---- inside a host function ---------------------------------------------------------------------- */

/* How many arguments the call has: as many as the signature of the definition.  cost [O1] */
WRT_API size_t wrt_arg_count(const wrt_call *c);
/* Argument i, by value; a value of kind 0 beyond the last.  cost [O1] */
WRT_API wrt_val wrt_arg(const wrt_call *c, size_t i);
/* Sets the results, n as in the signature.  errors  WRT_E_TYPE count or a kind; nothing is set   cost [On] */
WRT_API wrt_status wrt_return(wrt_call *c, const wrt_val *results, size_t n);
WRT_API wrt_status wrt_raise(
    wrt_call *c, wrt_str message); /* returns WRT_E_TRAP; the trap is WRT_TRAP_HOST */
WRT_API wrt_status wrt_exit(wrt_call *c, int32_t code);             /* returns WRT_E_EXIT: ends the task */
/* Charges work done for the guest in proportion to its size; booked as host fuel. The charge is taken even
 * when it overdraws the slice; the debt comes off the next one. WRT_E_FUEL when the hard budget does not hold
 * it (nothing is charged): return it, the task ends or suspends by its policy and the call is made again
 * after refuelling. A job of a task set under the fuel clock gets it too where the charge does not fit before
 * the next event; the call is made again behind that. */
WRT_API wrt_status wrt_charge(wrt_call *c, uint64_t fuel);
WRT_API void *wrt_call_user(const wrt_call *c);                     /* the store's user pointer */
WRT_API wrt_store *wrt_call_store(const wrt_call *c);
WRT_API wrt_instance *wrt_call_instance(const wrt_call *c);         /* the calling instance */
/* `n` bytes at `offset` of the calling instance's memory 0. WRT_E_ARG when outside or without memory. */
WRT_API wrt_status wrt_call_memory(wrt_call *c, uint64_t offset, uint64_t n, wrt_span *out);

/* Deferred results. wrt_defer reserves a completion, so that completing cannot run out of anything; then the
 * host function returns WRT_PENDING. `finish` runs on the store's thread when the completion has arrived: it
 * may read status and scalar, set results with wrt_return, or return WRT_PENDING after wrt_defer_again to
 * wait for more. finish == NULL: the scalar becomes the only result (or is dropped). on_cancel tells the host
 * that nobody waits any more; it must not complete afterwards (a completion that is on its way is dropped).
 * Of the two exactly one is the last that sees ctx: finish, unless it answers WRT_PENDING or WRT_E_FUEL, or
 * on_cancel. */
typedef struct { uint64_t v; } wrt_completion;
typedef wrt_status (*wrt_finish_fn)(void *ctx, wrt_call *call, wrt_status status, uint64_t scalar);
typedef void (*wrt_on_cancel)(void *ctx, wrt_completion k);
WRT_API wrt_status wrt_defer(
    wrt_call *c, wrt_finish_fn finish, wrt_on_cancel on_cancel, void *ctx, wrt_completion *out);
WRT_API wrt_status wrt_defer_again(wrt_call *c, wrt_completion *out);   /* inside finish */
/* Helpers that complete by themselves: when the clock reaches `at_ns` (store clock, wrt_now_ns), when fd is
 * ready (events: 1 read, 2 write; the scalar has the events, with 4 for an error, in its low half and fd in
 * its high half). Several may be armed for one completion; the first that happens completes. While tasks are
 * busy, clock and descriptors are looked at once in 8 poll_fuel. errors: WRT_E_STATE stale, WRT_E_LIMIT
 * (timers, watches), WRT_E_NOMEM, WRT_E_UNSUPPORTED no descriptors on this platform */
WRT_API wrt_status wrt_complete_at(wrt_store *s, wrt_completion k, uint64_t at_ns);
WRT_API wrt_status wrt_complete_on_fd(wrt_store *s, wrt_completion k, int fd, uint32_t events);
WRT_API uint64_t wrt_now_ns(const wrt_store *s);

#ifdef __cplusplus
}
#endif
#endif
