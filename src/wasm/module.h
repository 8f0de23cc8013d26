/* wasm: what a core binary means, decided once. Bytes -> decode -> validate + price + translate (one pass per
 * body) -> immutable struct wrt__module, shared by stores and never written again. */
#ifndef WRT_SRC_WASM_MODULE_H
#define WRT_SRC_WASM_MODULE_H

#include "base/base.h"
#include <wrt/engine.h>
#include <wrt/value.h>

/* Value types as in the binary format. */
enum { WRT__I32 = 0x7f, WRT__I64 = 0x7e, WRT__F32 = 0x7d, WRT__F64 = 0x7c, WRT__V128 = 0x7b,
       WRT__FUNCREF = 0x70, WRT__EXTERNREF = 0x6f, WRT__BOTTOM = 0x00 };
enum {
    WRT__KIND_FUNC = 0,
    WRT__KIND_TABLE = 1,
    WRT__KIND_MEMORY = 2,
    WRT__KIND_GLOBAL = 3,
    WRT__KIND_TAG = 4
};

struct wrt__functype {
    uint32_t params, results;
    const uint8_t *types;           /* value types: parameters, then results */
    uint32_t canon;                 /* index of the first equal type of this module */
};
struct wrt__limits { uint64_t min, max; bool has_max; };
struct wrt__tabletype { uint8_t elem; struct wrt__limits limits; };
struct wrt__memtype { struct wrt__limits limits; };     /* pages of 64 KiB */
struct wrt__globaltype { uint8_t type; bool is_mutable; };

/* A constant expression: checked operators (after `end`), evaluated at instantiation by wrt__const_eval. */
struct wrt__expr { const uint8_t *p; uint32_t n; uint32_t offset; };

struct wrt__import {
    wrt_str module, name;
    uint8_t kind;
    uint32_t type;                  /* functions: type index */
    struct wrt__tabletype table;
    struct wrt__memtype memory;
    struct wrt__globaltype global;
    uint32_t offset;                /* of the import in the binary */
};
struct wrt__export { wrt_str name; uint8_t kind; uint32_t index; };
enum { WRT__SEG_ACTIVE, WRT__SEG_PASSIVE, WRT__SEG_DECLARED };
struct wrt__elem {
    uint8_t mode, type;
    uint32_t table;
    struct wrt__expr at;            /* active: the offset */
    uint32_t count;
    const uint32_t *funcs;          /* count function indices, UINT32_MAX is null; or NULL: */
    const struct wrt__expr *exprs;  /* count expressions */
};
struct wrt__data { uint8_t mode; uint32_t memory; struct wrt__expr at; wrt_bytes bytes; };

/* One function of the module's index space (imports first). */
struct wrt__func {
    uint32_t type;
    uint32_t body_offset, body_bytes;   /* in the binary: first byte after the size; 0 for imports */
    uint32_t first_op_offset;           /* of the first operator (after the local declarations) */
    uint32_t code;                      /* word offset of the entry in module->code */
    uint32_t code_words;
    uint32_t frame;                     /* slots: parameters or results, link, locals, operand stack */
    uint32_t map, map_bytes;            /* in module->map: positions, see translate.h */
    uint16_t link;                      /* slot of the link = max(parameters, results) */
    uint16_t zero;                      /* slots to clear after the link */
    uint16_t cost;                      /* price of the entry block, function entry included */
    bool declared_ref;                  /* may be named by ref.func in bodies */
    uint8_t does;                       /* WRT__DOES_* */
    uint16_t dearest;                   /* the highest price of its blocks */
};

/* Operators of a body whose price is not that of a block: a call leads elsewhere, a bulk operator is paid in
 * pieces, a growth is one piece. */
enum { WRT__DOES_CALL = 1, WRT__DOES_BULK = 2, WRT__DOES_GROW = 4 };

/* The function names of the name section, decoded on demand. */
struct wrt__names_mark { uint32_t func, at; };
struct wrt__names {
    const uint8_t *p;                   /* content of the subsection */
    uint32_t bytes, count;              /* count: entries that are names */
    struct wrt__names_mark *marks;
};

struct wrt__module {
    const wrt_alloc *alloc;
    struct wrt__arena arena;            /* everything below except code and map */
    wrt_bytes source;                   /* the binary; owned when owns_source */
    bool owns_source;
    uint64_t features;                  /* proposals that were used */
    struct wrt__functype *types;        uint32_t types_count;
    struct wrt__import *imports;        uint32_t imports_count;
    struct wrt__func *funcs;            uint32_t funcs_count, funcs_imported;
    struct wrt__tabletype *tables;      uint32_t tables_count, tables_imported;
    struct wrt__memtype *memories;      uint32_t memories_count, memories_imported;
    struct wrt__globaltype *globals;    uint32_t globals_count, globals_imported;
    struct wrt__expr *global_inits;     /* globals_count - globals_imported */
    struct wrt__export *exports;        uint32_t exports_count;
    struct wrt__elem *elems;            uint32_t elems_count;
    struct wrt__data *datas;            uint32_t datas_count;   bool has_data_count;   uint32_t data_count;
    uint32_t start;                     /* function index or UINT32_MAX */
    uint32_t code_section, code_section_end; /* file offsets of the first body entry and the end; bodies are
                                                validated in order */
    uint32_t bodies_count;
    uint32_t *export_order;             /* indices of exports, sorted by name: see wrt__export_find */
    wrt_str module_name;
    struct wrt__names names;
    const wrt_fuel_table *fuel;
    const struct wrt_limits *limits;

    uint64_t *code;
    uint32_t code_count, code_cap; /* register code of all functions, after WRT__CODE_HEAD words */
    uint8_t *map; uint32_t map_count, map_cap;      /* positions, see translate.h */
    const uintptr_t *handlers;          /* op number -> handler address; NULL: code keeps numbers */
    uint32_t elem_words;                /* spare */
};

/* ---- decode.c, validate.c ------------------------------------------------------------------------ */

/* One error for each body that has any. `list[0]` is what wrt__module_load was given as err. */
struct wrt__validator;
struct wrt__load_errors {
    wrt_error *list;
    size_t cap, count;                  /* count goes on where the list is full */
    /* wrt__load_other_errors, so that programs that never ask do not carry it; NULL: the first error ends it
     */
    wrt_status (*others)(
        struct wrt__module *m, struct wrt__validator *v, uint32_t func, struct wrt__load_errors *errors);
};
wrt_status wrt__load_other_errors(
    struct wrt__module *m, struct wrt__validator *v, uint32_t func, struct wrt__load_errors *errors);
struct wrt__load_opts {
    bool take_source; /* the bytes are the allocator's and the module's from here on, come what may */
    const wrt_fuel_table *fuel;
    const struct wrt_limits *limits;
    uint64_t features;
    bool no_float;                      /* whatever touches f32 or f64 is refused */
    struct wrt__load_errors
        *errors; /* NULL: the first error ends it */
    const uintptr_t *handlers;
    bool keep_source;
};
/* The whole way down: decode sections, then validate and translate each body. On failure nothing is leaked.
 */
wrt_status wrt__module_load(const wrt_alloc *alloc, wrt_bytes bytes, const struct wrt__load_opts *o,
    struct wrt__module **out, wrt_error *err);
void wrt__module_free(struct wrt__module *m);
/* FNV-1a of the binary. Computed when asked: it takes as long as a fifth of decoding and validation. */
uint64_t wrt__module_hash(const struct wrt__module *m);
/* Bulk operators are paid for and done in pieces of so much. */
enum { WRT__PIECE_BYTES = 65536, WRT__PIECE_ELEMS = 4096 };
/* The most fuel that is due at one checkpoint of a function's own code, or of any function: UINT32_MAX;
 * UINT64_MAX: no bound (growing).  cost [O1]; of all: linear */
uint64_t wrt__func_piece(const struct wrt__module *m, uint32_t func);

/* What the rung of this build contains; options are masked with it, so that no check needs to know both. */
enum {
#define X(name, bit, text, built) WRT__BUILT_##name = (built) ? 1 << (bit) : 0,
    WRT_FEATURE_MAP(X)
#undef X
#define X(name, bit, text, built) | WRT__BUILT_##name
    /* Floating point is a feature beside those of wrt_config.features: on unless wrt_config.no_float. */
    WRT__FLOATS_BIT = 30,
    WRT__FLOATS = 1 << WRT__FLOATS_BIT,
    WRT__FEATURES_BUILT = WRT__FLOATS WRT_FEATURE_MAP(X)
#undef X
};
/* Text of the lowest feature in `mask` ("multi-memory"). */
const char *wrt__feature_text(uint64_t mask);

/* decode.c: sections into the arrays above; checks everything that needs no body, constant expressions
 * included. The declared_ref set is open until wrt__validate_module. */
wrt_status wrt__decode(struct wrt__module *m, uint64_t features, wrt_error *err);
/* validate_module.c: what needs the whole module: counts that must agree, export names, declared references.
 */
wrt_status wrt__validate_module(struct wrt__module *m, wrt_error *err);

/* validate.c: one validator serves all bodies of a module and keeps its stacks between them. NULL: out of
 * memory. */
struct wrt__translator;
struct wrt__validator;
struct wrt__validator *wrt__validator_new(struct wrt__module *m, uint64_t features);
void wrt__validator_free(struct wrt__validator *v);
/* Validates the body of `func` and drives `t` (NULL: nobody) through its live operators, wrt__tr_finish
 * included. */
wrt_status wrt__validate_body(
    struct wrt__validator *v, uint32_t func, struct wrt__translator *t, wrt_error *err);

/* No operand stack is higher: frames name their slots with 16 bits. */
enum { WRT__OPERANDS_MAX = 65535, WRT__TYPE_VALUES_MAX = 1000 };

/* names.c: index of an export by name; false: there is none. O(log n) whatever the names are. */
bool wrt__export_find(const struct wrt__module *m, wrt_str name, uint32_t *index);
/* Function name (name section, else export), empty when there is none. O(log n) in the name section; where it
 * has none, the exports are looked through. */
wrt_str wrt__func_name(const struct wrt__module *m, uint32_t func);
/* Nearest export name for "did you mean"; empty when none is near. */
wrt_str wrt__nearest_export(const struct wrt__module *m, wrt_str name);

/* fuel.c */
extern const wrt_fuel_table wrt__fuel_unit, wrt__fuel_weighted;
/* wrt_fuel_table_hash of "unit": an image that does not ask for that table by name need not hold it. */
#define WRT__FUEL_UNIT_HASH 0x48511bd67516fe4eu
uint64_t wrt__fuel_bulk_price(wrt_fuel_bulk b, uint64_t n);     /* saturates */
static inline uint32_t wrt__op_cost(const wrt_fuel_table *t, uint32_t op)
{
    return t->op[op];
} /* op as in the table: 256 + k for 0xfc k */

#endif
