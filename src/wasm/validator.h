/* validator: state of the validation of a body, and what its operators share (validate.c, validate_rare.c).
 */
#ifndef WRT_SRC_WASM_VALIDATOR_H
#define WRT_SRC_WASM_VALIDATOR_H

#include "wasm/front.h"
#include "wasm/translate.h"

enum wrt__vframe_kind {
    WRT__VFRAME_FUNC,
    WRT__VFRAME_BLOCK,
    WRT__VFRAME_LOOP,
    WRT__VFRAME_IF,
    WRT__VFRAME_ELSE
};

struct wrt__vframe {
    const uint8_t *params, *results;
    uint16_t params_count, results_count;
    uint32_t floor;                 /* operands below the block; it cannot reach them */
    uint32_t stamp;                 /* last br_table that was checked against this label */
    uint8_t kind;
    bool unreachable; /* behind a jump: the stack has as many operands of any type as one asks for */
    bool live;                      /* the block can be entered: the translator knows it */
};

/* Operands are a flat array of type bytes. `floor` and `unreachable` are those of the innermost frame. After
 * a failure nothing is live and the reader stands at its end. */
struct wrt__validator {
    struct wrt__input in;
    const uint8_t *source;          /* first byte of the binary */
    const uint8_t *at;              /* operator */
    uint8_t *sp, *floor, *limit;    /* into operands */
    struct wrt__translator *t;
    const uint8_t *locals;          /* types: parameters, then declared */
    uint32_t locals_count;
    uint32_t frames_count;
    struct wrt__vframe *frames;
    bool live;
    uint32_t stamp;
    uint8_t *operands, *local_types;
    uint32_t *depths;
    uint32_t operands_cap, locals_cap, frames_cap, depths_cap;
};

/* ---- failures: the first one stays, and nothing is live behind it ---------------------------------- */

static inline uint64_t valid_offset(const struct wrt__validator *v) { return (uint64_t)(v->at - v->source); }

/* Name of the operator at hand. Numbers behind the prefix are small, so that one byte tells. */
static inline const char *valid_text(const struct wrt__validator *v)
{
    bool prefixed = *v->at == WRT__OP_PREFIX_FC && v->in.r.end - v->at > 1;
    const char *text = wrt__op_text(prefixed ? 256u + (v->at[1] & 0x7f) : *v->at);
    return text ? text : "this operator";
}

WRT_COLD void wrt__valid_mismatch(struct wrt__validator *v, const char *expected, const char *found);
WRT_COLD void wrt__valid_nomem(struct wrt__validator *v);
WRT_COLD void wrt__valid_limit(struct wrt__validator *v, const char *table, uint64_t most, uint64_t found);
WRT_COLD void wrt__valid_unknown(struct wrt__validator *v, uint32_t index, uint32_t count, const char *what,
                                 const char *whose);
bool wrt__valid_feature(struct wrt__validator *v, uint64_t feature);
#if !WRT_MESSAGES /* see terse.h */
WRT_COLD void wrt__valid_terse(struct wrt__validator *v, uint32_t what);
WRT_COLD void wrt__valid_terse_limit(struct wrt__validator *v, const char *table);
#define wrt__valid_mismatch(v, expected, found)                                                              \
    (0 ? wrt__valid_mismatch(v, expected, found)                                                             \
       : wrt__valid_terse(v, WRT__TERSE(WRT_E_INVALID, WRT__W_TYPE)))
#define wrt__valid_unknown(v, index, count, what, whose)                                                     \
    (0 ? wrt__valid_unknown(v, index, count, what, whose)                                                    \
       : wrt__valid_terse(v, WRT__TERSE(WRT_E_INVALID, WRT__W_INDEX)))
#define wrt__valid_limit(v, table, most, found)                                                              \
    (0 ? wrt__valid_limit(v, table, most, found) : wrt__valid_terse_limit(v, table))
#endif

static inline bool valid_index(
    struct wrt__validator *v, uint32_t index, uint32_t count, const char *what, const char *whose)
{
    if (WRT_LIKELY(index < count)) return true;
    wrt__valid_unknown(v, index, count, what, whose);
    return false;
}

static inline bool valid_table(struct wrt__validator *v, uint32_t table)
{
    return valid_index(v, table, v->in.m->tables_count, "table", "module");
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Two bytes inline: most indices and offsets of real programs. */
static inline uint32_t valid_u32(struct wrt__validator *v)
{
    const uint8_t *p = v->in.r.p;
    if (WRT_LIKELY(v->in.r.end - p >= 2)) {
        uint32_t a = p[0];
        if (a < 0x80) {
            v->in.r.p = p + 1;
            return a;
        }
        uint32_t b = p[1];
        if (b < 0x80) {
            v->in.r.p = p + 2;
            return (a & 0x7f) | b << 7;
        }
    }
    return wrt__read_u32_slow(&v->in.r);
}

/* ---- operand stack ------------------------------------------------------------------------------- */

static inline uint32_t valid_height(const struct wrt__validator *v)
{
    return (uint32_t)(v->sp - v->operands);
}
static inline struct wrt__vframe *valid_top(const struct wrt__validator *v)
{
    return &v->frames[v->frames_count - 1];
}

/* Makes room for n more operands. */
bool wrt__valid_room(struct wrt__validator *v, uint32_t n);
void wrt__valid_pop_slow(struct wrt__validator *v, uint8_t type);

static inline void valid_push(struct wrt__validator *v, uint8_t type)
{
    if (WRT_UNLIKELY(v->sp == v->limit) && !wrt__valid_room(v, 1)) return;
    *v->sp++ = type;
}

static inline void valid_pop(struct wrt__validator *v, uint8_t type)
{
    if (WRT_LIKELY(v->sp > v->floor && v->sp[-1] == type)) v->sp--;
    else wrt__valid_pop_slow(v, type);
}

static inline uint8_t valid_pop_any(struct wrt__validator *v)
{
    if (WRT_LIKELY(v->sp > v->floor)) return *--v->sp;
    if (!valid_top(v)->unreachable) wrt__valid_mismatch(v, "a value", "nothing");
    return WRT__BOTTOM;
}

static inline bool valid_is_ref(uint8_t type) { return type == WRT__FUNCREF || type == WRT__EXTERNREF; }

/* True in live code: the operator at hand is announced to the translator. */
static inline bool valid_live(struct wrt__validator *v, uint32_t op)
{
    if (!v->live) return false;
    wrt__tr_op(v->t, (uint32_t)(v->at - v->source), op);
    return true;
}

/* ---- validate_rare.c ------------------------------------------------------------------------------- */

void wrt__valid_select_typed(struct wrt__validator *v);
void wrt__valid_memory_size(struct wrt__validator *v, uint32_t op);         /* and memory.grow */
void wrt__valid_ref_null(struct wrt__validator *v);
void wrt__valid_ref_is_null(struct wrt__validator *v);
void wrt__valid_ref_func(struct wrt__validator *v);
void wrt__valid_table_access(struct wrt__validator *v, uint32_t op);        /* get, set, size, grow, fill */
void wrt__valid_bulk_operator(
    struct wrt__validator *v, uint32_t op); /* memory and table copy, init, memory.fill */
void wrt__valid_segment_drop(struct wrt__validator *v, uint32_t op);
/* An operator that is unknown or not built; `k` is what follows the prefix 0xfc. */
WRT_COLD void wrt__valid_refuse(struct wrt__validator *v, uint32_t op, uint32_t k);

#endif
