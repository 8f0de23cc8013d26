/* front: what the reading half of this room shares: operator facts, error numbers, types, features. Knows the
 * binary format and validity, nothing of register code. */
#ifndef WRT_SRC_WASM_FRONT_H
#define WRT_SRC_WASM_FRONT_H

#include "wasm/module.h"

/* ---- operators ----------------------------------------------------------------------------------- */

enum wrt__imm {
    WRT__IMM_UNKNOWN, WRT__IMM_OFF, WRT__IMM_NONE, WRT__IMM_BLOCK, WRT__IMM_LABEL, WRT__IMM_LABELS,
    WRT__IMM_FUNC, WRT__IMM_TYPE_TABLE, WRT__IMM_TYPES, WRT__IMM_LOCAL, WRT__IMM_GLOBAL, WRT__IMM_TABLE,
    WRT__IMM_MEM0, WRT__IMM_MEM1, WRT__IMM_MEM2, WRT__IMM_MEM3,         /* alignment and offset */
    WRT__IMM_MEMORY, WRT__IMM_I32, WRT__IMM_I64, WRT__IMM_F32, WRT__IMM_F64, WRT__IMM_REFTYPE,
    WRT__IMM_DATA_MEMORY, WRT__IMM_DATA, WRT__IMM_MEMORY_MEMORY, WRT__IMM_ELEM_TABLE, WRT__IMM_ELEM,
    WRT__IMM_TABLE_TABLE
};

enum wrt__op {
#define OP(code, NAME, text, imm, sig, weight, feature) WRT__OP_##NAME = (code),
#include "wasm/opcodes.def"
#undef OP
    WRT__OP_PREFIX_FC = 0xfc, WRT__OPS = 256 + 32
};

/* Facts of one operator; all zero: there is no such operator. Signature of the plain ones: `pops` operands,
 * of which the last (of arithmetic: each) has the type `operand`, and one result (0: none). */
struct wrt__op_info {
    uint8_t feature; /* number of the bit + 1, 0: the language of 2017 */
    uint8_t imm : 5, pops : 2;
    uint8_t operand, result; /* four bytes in all: a small machine has 288 of them in flash */
};
extern const struct wrt__op_info wrt__op_infos[WRT__OPS];
static inline uint64_t wrt__op_feature(uint32_t op)
{
    uint32_t bit = wrt__op_infos[op].feature;
    return bit ? (uint64_t)1 << (bit - 1) : 0;
}
/* "i32.add"; NULL for a number that is no operator. */
const char *wrt__op_text(uint32_t op);

/* ---- errors -------------------------------------------------------------------------------------- */

enum wrt__error_code {
#define ERROR(number, NAME, text) WRT__W_##NAME = (number),
#include "wasm/errors.def"
#undef ERROR
    WRT__W_LAST
};

/* ---- input --------------------------------------------------------------------------------------- */

/* A binary while it is read. The first failure stays: afterwards the reader stands at its end, so that loops
 * stop, and `status` is set. */
struct wrt__input {
    struct wrt__reader r;
    struct wrt__module *m;
    uint64_t features;              /* switched on */
    wrt_error *err;
    wrt_status status;
};

/* Fails unless something failed before; a failed read is told rather than what came of its zeros. */
WRT_COLD void wrt__input_fail(
    struct wrt__input *in, wrt_status status, uint32_t code, uint64_t offset, const char *fmt, ...);
WRT_COLD void wrt__input_limit(
    struct wrt__input *in, const char *table, uint64_t most, uint64_t found, uint64_t offset);
WRT_COLD void wrt__input_nomem(struct wrt__input *in);
/* True while nothing failed; turns a failed read into an error. */
bool wrt__input_ok(struct wrt__input *in);
/* Offset of the byte that was read last. */
static inline uint64_t wrt__input_last(const struct wrt__input *in) { return wrt__reader_offset(&in->r) - 1; }

/* Notes that a proposal is used at `offset` by `what`; fails when it is not built or switched off. */
bool wrt__need_feature(struct wrt__input *in, uint64_t feature, uint64_t offset, const char *what);
/* Checks one byte as a value or reference type. */
bool wrt__check_valtype(struct wrt__input *in, uint8_t type, uint64_t offset);
bool wrt__check_reftype(struct wrt__input *in, uint8_t type, uint64_t offset);
const char *wrt__type_text(uint8_t type);
/* Checks index < count, else INVALID: "unknown local 7, the function has 3". */
bool wrt__check_index(struct wrt__input *in, uint32_t index, uint32_t count, const char *what,
    const char *whose, uint64_t offset);
/* Memory indices: the one memory is number 0. */
void wrt__read_memory_index(struct wrt__input *in);

#include "wasm/terse.h"

/* Stable merge sort of indices; `before` says x < y. False: out of memory. */
bool wrt__sort_indices(const wrt_alloc *alloc, uint32_t *a, uint32_t n,
                       bool (*before)(const void *ctx, uint32_t x, uint32_t y), const void *ctx);

/* constexpr.c: reads one expression and its `end`; its value must have the type `expected`. `types` is a
 * stack that grows and stays with the caller. */
struct wrt__const_stack { uint8_t *types; uint32_t cap; };
void wrt__read_const(
    struct wrt__input *in, struct wrt__const_stack *stack, uint8_t expected, struct wrt__expr *out);

/* segments.c: the contents of the element and data sections. `item` follows the entry for messages. */
void wrt__read_elems(struct wrt__input *in, struct wrt__const_stack *stack, uint32_t *item);
void wrt__read_datas(struct wrt__input *in, struct wrt__const_stack *stack, uint32_t *item);

/* decode.c: a count of entries of at least `min_bytes` each, of which `limit` may exist and `have` do. */
uint32_t wrt__read_count(
    struct wrt__input *in, uint32_t min_bytes, const char *table, uint32_t limit, uint32_t have);
/* Zeroed array of the module's arena; NULL when count is 0 or after a failure. */
void *wrt__input_array(struct wrt__input *in, uint64_t count, size_t element);

/* names.c: what a "name" section holds; whatever is wrong in it is ignored, as for every custom section. */
int wrt__name_compare(wrt_str a, wrt_str b);       /* < 0, 0, > 0: by bytes */
void wrt__names_read(struct wrt__input *in, wrt_bytes section);

#endif
