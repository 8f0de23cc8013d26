/* objects: what the public opaque types are made of. Shared by the files of api, by nothing below. */
#ifndef WRT_SRC_API_OBJECTS_H
#define WRT_SRC_API_OBJECTS_H

#include <stdatomic.h>
#include <wrt/wrt.h>
#include "base/base.h"
#include "engine/engine.h"

struct wrt__executor;

/* Catalogue numbers of this room (the executor has more of them). */
enum {
    WRT__W_UNKNOWN_IMPORT = 201, WRT__W_IMPORT_TYPE, WRT__W_FOREIGN_STORE, WRT__W_NO_EXPORT,
    WRT__W_EXPORT_KIND, WRT__W_SIGNATURE, WRT__W_ARG, WRT__W_NOT_BUILT, WRT__W_UNIT_TABLE,
    WRT__W_VALUE = 230, WRT__W_IMMUTABLE, WRT__W_RANGE, WRT__W_BUSY,
    WRT__W_FULL = 401, WRT__W_NO_ROOM = 402, WRT__W_SEALED = 403
};

/* Immutable but for the two counters. It lives until the last code, linker and store of it is gone. */
struct wrt_engine {
    wrt_alloc alloc;                    /* what everything below asks; sealed: a gate that only frees */
    wrt_alloc host_alloc;               /* the one that was given */
    _Atomic uint32_t lock;              /* of `stores`; held for a few instructions */
    struct wrt_store *stores;
    wrt_host host;                      /* every member is set, except log and panic */
    wrt_limits limits;                  /* filled */
    const wrt_fuel_table *fuel;
    uint64_t features;
    wrt_asil profile;
    bool no_memory_grow, no_float;
    _Atomic uint32_t refs;              /* the owner, and each code, linker and store */
    _Atomic uint32_t sealed;
    _Atomic uint32_t serial;            /* numbers stores, so that an address used twice is not mistaken */
};
void wrt__engine_keep(wrt_engine *e);
void wrt__engine_list(wrt_engine *e, wrt_store *s, bool add);      /* a store comes or goes */
void wrt__engine_drop(wrt_engine *e);
/* The first line of every [load] call: WRT_OK or WRT_E_SEALED. */
wrt_status wrt__engine_open(const wrt_engine *e, wrt_error *err);
/* Copies an option struct of any version into the present one: what the caller's lacks is zero. NULL is all
 * zero. `name` is for the message. */
wrt_status wrt__opts_read(void *to, size_t to_bytes, const void *from, const char *name, wrt_error *err);

struct wrt_code {
    wrt_engine *engine;                 /* kept */
    struct wrt__module *module;
    wrt_str name;                       /* given to wrt_load, else the module's own; may be empty */
    size_t name_bytes;                  /* of the copy behind this struct */
    bool portable;                      /* loaded with handler numbers */
    const uint8_t *kinds;               /* public kinds of all types of the module, one after the other */
    uint32_t *kinds_at;                 /* type index -> place in kinds */
    uint32_t kinds_bytes;
    _Atomic uint32_t refs;
};
/* Where a code comes from. */
struct wrt__code_source {
    wrt_bytes bytes;
    bool take;                          /* they become the code's, or are freed */
    struct wrt__load_errors *errors;    /* set: it is only checked, nothing is made */
};
wrt_status wrt__code_options(
    const wrt_engine *e, wrt_bytes bytes, const wrt_load_opts *o, wrt_load_opts *opts, wrt_error *err);
wrt_status wrt__code_load(
    wrt_engine *e, struct wrt__code_source from, const wrt_load_opts *opts, wrt_code **out, wrt_error *err);
void wrt__code_keep(const wrt_code *c);
void wrt__code_drop(const wrt_code *c);

struct wrt_store {
    struct wrt__store core;             /* core.owner is this */
    struct wrt__executor *exec;
    wrt_engine *engine;                 /* kept */
    void *user;
    uint32_t serial;
    wrt_store *prev, *next;             /* engine->stores */
    uint64_t *values;                   /* sealed: for calls with more values than fit the C stack */
    uint32_t values_cap;
};
/* Takes what the store may need until it is freed (wrt_engine_seal). */
wrt_status wrt__store_prepare(wrt_store *s, wrt_error *err);
static inline wrt_store *wrt__store_of(const struct wrt__store *core) { return core->owner; }

/* What a name in a linker stands for. */
struct wrt__linked {
    uint8_t kind;                       /* WRT__KIND_*; WRT__LINKED_NONE: reserved, not defined */
    wrt_str module, name;               /* in the linker's arena */
    uint32_t serial;                    /* of the store that it lives in; 0: host function, fits everywhere */
    struct wrt__store *store;
    struct wrt__host_func *host;        /* kept */
    uint32_t func;                      /* without host: index in store->funcs */
    struct wrt_memory *memory;
    struct wrt_table *table;
    struct wrt_global *global;
};
enum { WRT__LINKED_NONE = 0xff };
struct wrt__link_module { wrt_str name; struct wrt__map names; };     /* name -> index in defs */
struct wrt_linker {
    wrt_engine *engine;                 /* kept */
    struct wrt__arena text;             /* all names */
    struct wrt__map module_map;         /* name -> index in modules */
    struct wrt__link_module *modules;
    uint32_t modules_count, modules_cap;
    struct wrt__linked *defs;
    uint32_t defs_count, defs_cap;
};
/* Defines one host function for a host interface with state of its own. `drop(ctx)` is called when nothing
 * can call it any more (NULL: never); on failure it is not called. */
wrt_status wrt__linker_define(
    wrt_linker *l, wrt_str module, const wrt_fn_def *def, void (*drop)(void *ctx), wrt_error *err);
const struct wrt__linked *wrt__linker_find(const wrt_linker *l, wrt_str module, wrt_str name);
/* The first import that is missing or does not fit is the failure; found[] has one entry an import. */
wrt_status wrt__link_bind(
    wrt_store *s, const wrt_linker *l, const wrt_code *c, struct wrt__bound *found, wrt_error *err);

/* May f be called with these arguments, as a task of s?  errors  WRT_E_ARG another store's; WRT_E_TYPE */
wrt_status wrt__task_check_call(
    const wrt_store *s, const wrt_func *f, const wrt_val *args, size_t n, wrt_error *err);

/* "(i32 i64) -> (f32)" to value types (binary codes), parameters first. At most `cap` of them. */
wrt_status wrt__sig_parse(
    wrt_str text, uint8_t *types, size_t cap, struct wrt__functype *out, wrt_error *err);
/* The same backwards; cut with "..." where it does not fit. Always terminates. */
void wrt__sig_print(const struct wrt__functype *t, char *buf, size_t cap);
enum { WRT__SIG_MAX = 1000 };           /* parameters or results, as most engines bound them */
const char *wrt__type_name(uint8_t type);
const char *wrt__kind_name(uint8_t kind);       /* WRT__KIND_FUNC -> "function" */

#endif
