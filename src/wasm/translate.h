/* translate: from validated operators to register code. The validator drives it, operator by operator, and
 * only with live code; the translator never rejects input (it can run out of memory or of a limit). */
#ifndef WRT_SRC_WASM_TRANSLATE_H
#define WRT_SRC_WASM_TRANSLATE_H

#include "wasm/module.h"

struct wrt__translator;
/* One translator serves all bodies of a module. NULL: out of memory. */
struct wrt__translator *wrt__translator_new(struct wrt__module *m);
void wrt__translator_free(struct wrt__translator *t);

/* A body begins. local_types: parameters, then declared locals (valid until wrt__tr_finish). */
void wrt__tr_begin(
    struct wrt__translator *t, uint32_t func, const uint8_t *local_types, uint32_t locals_count);
/* Before each live operator: file offset of its first byte and its number (256 + k for 0xfc k): prices it.
 * Not called for dead operators; `else` and `end` of a live frame are always announced. */
void wrt__tr_op(struct wrt__translator *t, uint32_t offset, uint32_t op);
/* After the final `end`. Appends the code to the module. E_NOMEM, E_LIMIT (frame or code too large). */
wrt_status wrt__tr_finish(struct wrt__translator *t, uint32_t end_offset, wrt_error *err);

/* After the last body: resolves the calls between functions of the module. Then wrt__translator_free. */
void wrt__tr_finish_module(struct wrt__translator *t);

enum wrt__block { WRT__BLOCK, WRT__LOOP, WRT__IF };
/* block, loop, if (pops the condition): parameters are on top of the stack. Types are valid until
 * wrt__tr_finish. */
void wrt__tr_block(struct wrt__translator *t, enum wrt__block kind, const uint8_t *params,
    uint32_t params_count, const uint8_t *results, uint32_t results_count);
void wrt__tr_else(struct wrt__translator *t, bool live); /* live: the end of the then-part can be reached */
void wrt__tr_end(struct wrt__translator *t, bool live);     /* also the function's own end */
void wrt__tr_br(struct wrt__translator *t, uint32_t depth);
void wrt__tr_br_if(struct wrt__translator *t, uint32_t depth);
void wrt__tr_br_table(struct wrt__translator *t, const uint32_t *depths,
    uint32_t count); /* count includes the default, which is last */
void wrt__tr_return(struct wrt__translator *t);
void wrt__tr_unreachable(struct wrt__translator *t);
void wrt__tr_call(struct wrt__translator *t, uint32_t func, bool tail);
void wrt__tr_call_indirect(struct wrt__translator *t, uint32_t type, uint32_t table, bool tail);
void wrt__tr_drop(struct wrt__translator *t);
void wrt__tr_select(struct wrt__translator *t);
void wrt__tr_local_get(struct wrt__translator *t, uint32_t i);
void wrt__tr_local_set(struct wrt__translator *t, uint32_t i);
void wrt__tr_local_tee(struct wrt__translator *t, uint32_t i);
void wrt__tr_global_get(struct wrt__translator *t, uint32_t i);
void wrt__tr_global_set(struct wrt__translator *t, uint32_t i);
void wrt__tr_const(
    struct wrt__translator *t, uint8_t type, uint64_t bits); /* i32 zero-extended, f32 in the low half */
void wrt__tr_unary(struct wrt__translator *t,
    uint32_t op); /* 0x45 0x50 0x67-0x69 0x79-0x7b 0x8b-0x91 0x99-0x9f 0xa7-0xc4, 256+0..7 */
void wrt__tr_binary(
    struct wrt__translator *t, uint32_t op); /* 0x46-0x4f 0x51-0x66 0x6a-0x78 0x7c-0x8a 0x92-0x98 0xa0-0xa6 */
void wrt__tr_load(struct wrt__translator *t, uint32_t op, uint64_t offset);
void wrt__tr_store(struct wrt__translator *t, uint32_t op, uint64_t offset);
void wrt__tr_memory_size(struct wrt__translator *t);
void wrt__tr_memory_grow(struct wrt__translator *t);
/* memory.init (seg), memory.copy, memory.fill, table.init (seg, table), table.copy (to, from), table.fill
 * (table): pop 3; data.drop, elem.drop: pop 0. `op` = 256 + k. */
void wrt__tr_bulk(struct wrt__translator *t, uint32_t op, uint32_t a, uint32_t b);
void wrt__tr_table_get(struct wrt__translator *t, uint32_t table);
void wrt__tr_table_set(struct wrt__translator *t, uint32_t table);
void wrt__tr_table_size(struct wrt__translator *t, uint32_t table);
void wrt__tr_table_grow(struct wrt__translator *t, uint32_t table);
void wrt__tr_ref_null(struct wrt__translator *t, uint8_t type);
void wrt__tr_ref_is_null(struct wrt__translator *t);
void wrt__tr_ref_func(struct wrt__translator *t, uint32_t func);

/* ---- positions: from register code back to the binary ---------------------------------------------- */

/* The function that holds word `at` of module->code; UINT32_MAX: none (the head). */
uint32_t wrt__func_at(const struct wrt__module *m, uint32_t at);
/* Operator at exactly word `at`: its offset in the binary and the fuel of its block that lies behind it. */
bool wrt__operator_at(
    const struct wrt__module *m, uint32_t func, uint32_t at, uint32_t *offset, uint32_t *rest);
/* Checkpoint whose target is word `at`: the offset of the block's first operator. */
bool wrt__checkpoint_at(const struct wrt__module *m, uint32_t func, uint32_t at, uint32_t *offset);

#endif
