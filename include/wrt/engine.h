/* engine.h: configuration, limits, fuel. */
#ifndef WRT_ENGINE_H
#define WRT_ENGINE_H
#include <wrt/base.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct wrt_engine wrt_engine;
typedef enum wrt_asil { WRT_QM, WRT_ASIL_A, WRT_ASIL_B, WRT_ASIL_C, WRT_ASIL_D } wrt_asil;

/* Limits. One list (src/base/limits.def) makes this struct, the defaults, the checks, --help and the manual.
 * Zero means default. A store takes the engine's limits unless wrt_store_opts narrows them. */
typedef struct wrt_limits {
#define LIMIT(name, type, dflt, least, most, unit, text) type name;
#include <wrt/limits.def>
#undef LIMIT
} wrt_limits;

/* Price of a bulk operator of n units: base (in op[]) + num * ceil(n / 2^shift). */
typedef struct wrt_fuel_bulk { uint16_t num, shift; } wrt_fuel_bulk;

/* Cost table, by operator of the input binary: op[0x00..0xff] plain, op[256 + k] for 0xfc k,
 * op[512 + k] for 0xfd k, op[896 + k] for 0xfe k. No entry above WRT_FUEL_OP_MAX. Its name and hash are in
 * every report and trace. */
#define WRT_FUEL_OP_MAX 4095
typedef struct wrt_fuel_table {
    uint32_t size, version;
    char name[24];
    uint16_t op[1024];
    uint16_t entry;                     /* entering a function */
    wrt_fuel_bulk locals;               /* zeroing of declared locals, per local */
    wrt_fuel_bulk grow;                 /* memory.grow, per page */
    wrt_fuel_bulk memory_bulk;          /* memory.copy/fill/init, per byte */
    wrt_fuel_bulk table_bulk;           /* table.copy/fill/init/grow, per element */
} wrt_fuel_table;

/* The built-in tables: "unit" (equal to Wasmtime's counter) and "weighted" (default). NULL: unknown name. */
WRT_API const wrt_fuel_table *wrt_fuel_table_named(wrt_str name);
/* 64-bit FNV-1a over the canonical little-endian form of a table. */
WRT_API uint64_t wrt_fuel_table_hash(const wrt_fuel_table *t);
/* Text of an operator ("i32.add") by its number in wrt_fuel_table.op; empty: there is no such operator.
 * Static. */
WRT_API wrt_str wrt_fuel_op_name(uint32_t op);

/* WebAssembly proposals as bits of wrt_config.features. */
#define WRT_FEATURE_MAP(X)                                                   \
    X(MUTABLE_GLOBALS,   0, "mutable-global",          true)                 \
    X(SIGN_EXTENSION,    1, "sign-extension",          true)                 \
    X(SATURATING,        2, "saturating-float-to-int", true)                 \
    X(MULTI_VALUE,       3, "multi-value",             true)                 \
    X(BULK_MEMORY,       4, "bulk-memory",             true)                 \
    X(REFERENCE_TYPES,   5, "reference-types",         true)                 \
    X(EXTENDED_CONST,    6, "extended-const",          true)                 \
    X(TAIL_CALL,         7, "tail-call",               true)                 \
    X(SIMD,              8, "simd",                    false)                \
    X(EXCEPTIONS,        9, "exceptions",              false)                \
    X(MULTI_MEMORY,     10, "multi-memory",            false)                \
    X(CUSTOM_PAGE_SIZES,11, "custom-page-sizes",       false)                \
    X(MEMORY64,         12, "memory64",                false)                \
    X(THREADS,          13, "threads",                 false)                \
    X(RELAXED_SIMD,     14, "relaxed-simd",            false)                \
    X(WIDE_ARITHMETIC,  15, "wide-arithmetic",         false)                \
    X(FUNCTION_REFERENCES, 16, "function-references",  false)                \
    X(GC,               17, "gc",                      false)
enum {
#define X(name, bit, text, built) WRT_FEATURE_##name = 1 << (bit),
    WRT_FEATURE_MAP(X)
#undef X
};

typedef struct wrt_config {
    uint32_t size;
    wrt_asil profile;                   /* above QM the table "unit" is refused */
    const wrt_alloc *alloc;             /* NULL: malloc on hosts; required on freestanding builds */
    const wrt_host *host;               /* NULL: the platform's */
    const wrt_fuel_table *fuel;         /* NULL: "weighted"; kept */
    wrt_limits limits;
    uint64_t features;                  /* 0: everything that is built */
    bool no_float;                      /* modules that touch f32 or f64 are refused (WRT_E_UNSUPPORTED) */
    bool no_memory_grow;                /* memory.grow by more than 0 always answers -1 */
} wrt_config;

/* Makes an engine. Engines are immutable after creation except for their counters and may be shared by
 * threads; cfg is borrowed, the structs that it points to are copied, except `fuel`, which is kept.
 * errors  WRT_E_ARG a field is out of range; WRT_E_NOMEM; WRT_E_UNSUPPORTED a feature is not built
 * cost    [load] */
WRT_API wrt_status wrt_engine_new(const wrt_config *cfg, wrt_engine **out, wrt_error *err);
/* Frees an engine. Every code, linker and store of it must be freed before. */
WRT_API void wrt_engine_free(wrt_engine *e);
/* Ends set-up. Every store of the engine takes what it could ever need within its limits: tasks with a stack
 * of stack_bytes each, completions, timers, watches, groups, the handles of all exports and of functions in
 * tables. From here on no call asks the allocator for anything: [load] calls fail with WRT_E_SEALED; memories
 * and tables grow only into room that they have (wrt_memory_reserve, wrt_table_reserve), and memory.grow,
 * table.grow beyond it answer -1, wrt_memory_grow and wrt_table_grow WRT_E_LIMIT; wrt_func_from_ref answers
 * NULL for a function that nothing named before. Freeing works as ever. Functions of hosts keep what memory
 * they take of their own; those of wrt_link_wasi take a record for a call that parks and for a file that is
 * opened. A second time changes nothing. errors  WRT_E_NOMEM (err->table; not sealed, what was taken is
 * kept), WRT_E_STATE from inside a store cost    [load]: for each store tasks * (some hundred bytes +
 * stack_bytes) and so on: lower its limits first thread  no other call on the engine and its stores may be
 * under way */
WRT_API wrt_status wrt_engine_seal(wrt_engine *e, wrt_error *err);
/* Is a feature or an optional part built and switched on? Names: proposals, "wasi-p1", "tail-dispatch". */
WRT_API bool wrt_has(const wrt_engine *e, wrt_str name);
/* The effective limits (defaults filled in). */
WRT_API const wrt_limits *wrt_engine_limits(const wrt_engine *e);
WRT_API const wrt_fuel_table *wrt_engine_fuel_table(const wrt_engine *e);

#ifdef __cplusplus
}
#endif
#endif
