/* The register code: what a body is translated to and what the loop runs. One list per family of operators;
 * the translator (wasm), the handlers (engine) and the disassembler all come from these lists.
 *
 * An instruction is two to four 64-bit words (a branch table has more). Word 0 is the handler: its number, or
 * its address where the loader resolved it. Word 1 holds four 16-bit operands d a b c, or d a and a 32-bit
 * constant. Operands name slots of the frame:
 *
 *     0 .. link-1   parameters, later the results          link   where to go back to (word offset of the
 * call) link+1 ..     declared locals, then the operand stack
 *
 * Three accumulators (integers and references, f64, f32) mirror the slot written last. Modes name the places
 * of operands: S slot, A accumulator, I constant. A handler x writes its accumulator; x + 1 the slot d as
 * well.
 *
 * What the columns mean: T the type of the operands, CHK a trap test, E the result from a and b (or x). */
#ifndef WRT_SRC_WASM_REGCODE_H
#define WRT_SRC_WASM_REGCODE_H

#include <stdint.h>

#ifndef WRT_FUSE_FULL
#define WRT_FUSE_FULL 1         /* 0: the short list, for small machines: operands are slots or constants */
#endif

#include "wasm/regcode.def"

/* ---- numbers
 * ------------------------------------------------------------------------------------------------- */
#if WRT_FUSE_FULL
#define WRT__N2(n) WRT__R_##n, WRT__R_##n##_D,
#else
#define WRT__N2(n) \
    WRT__R_##n, WRT__R_##n##_D = WRT__R_##n, /* every result goes to a slot: one form is enough */
#endif
enum wrt__regop {
    WRT__R_NONE,
#define Y(m, n) WRT__N2(n##_##m)
#define X(n, T, CHK, E, modes) WRT__MODES_OF(modes, Y, n)
    WRT__IBIN(X)
#undef X
#define X(n, K, E, modes) WRT__MODES_OF(modes, Y, n)
        WRT__FCMP(X) WRT__FBIN(X)
#undef X
#define X(n, from, to, CHK, E) WRT__MODES_UN(Y, n)
            WRT__UN(X)
#undef X
#define X(n, K, T, cast) WRT__MODES_LOAD(Y, n)
                WRT__LOAD(X)
#undef X
#define X(n, E) WRT__MODES_SEL(Y, n)
                    WRT__SELC(X)
#undef X
#undef Y
#define X(n, ...) WRT__N2(n)
                        WRT__SHOP(X) WRT__MEMOP(X) WRT__PAIR(X) WRT__MISC2(X)
#undef X
#define Y(m, n) WRT__R_##n##_##m,
#define X(n, K, T) WRT__MODES_STORE(Y, n)
                            WRT__STORE(X)
#undef X
#define X(n, T, E) WRT__MODES_BR(Y, n)
                                WRT__ICBR(X) WRT__TCBR(X) WRT__FCBR(X)
#undef X
#undef Y
#define X(n, ...) WRT__R_##n##_S, WRT__R_##n##_I,
                                    WRT__INC(X) WRT__LDBR(X)
#undef X
#define X(n) WRT__R_##n,
                                        WRT__MISC(X)
#undef X
                                            WRT__R_COUNT,
    /* handlers that no register code names: where the loader resolves handlers, it puts them at the start of
       a sequence */
    WRT__R_BEFORE_SEQ = WRT__R_COUNT - 1,
#if WRT_FUSE_FULL
#define X(x, y) WRT__R_##x##__##y,
#include "wasm/sequences.def"
#undef X
#endif
    WRT__R_HANDLERS
};

/* Long or rare operators: the handler SLOW leaves the loop and the driver executes them in plain C.
 * Word 1: number, a, delta or d, price of the block after it; word 2: two 32-bit constants. */
#define WRT__SLOWOPS(X) \
    X(CALL_IMPORT) \
    X(CALL_OTHER) X(RETURN_CALL) X(RETURN_CALL_INDIRECT) X(GROW) X(MEMORY_INIT) X(MEMORY_COPY) \
        X(MEMORY_FILL) X(DATA_DROP) X(TABLE_INIT) X(TABLE_COPY) X(TABLE_FILL) X(ELEM_DROP) X(TABLE_GET) \
            X(TABLE_SET) X(TABLE_SIZE) X(TABLE_GROW) X(REF_FUNC) X(MOVN)
enum wrt__slowop {
#define X(n) WRT__SLOW_##n,
    WRT__SLOWOPS(X)
#undef X
    WRT__SLOW_COUNT
};

/* Each module's code begins with two pseudo calls that returns go to: the first leaves the strand, the second
 * crosses a border between instances. A link is the byte offset of the call in module->code. */
enum { WRT__LINK_HALT = 0, WRT__LINK_BORDER = 32, WRT__CODE_HEAD = 8 /* words */, WRT__CALL_WORDS = 3 };

/* No edge is dearer, and the loop's counter never holds more than WRT__COUNTER_MAX: so 16 bits with a sign
 * hold it, also when an edge that overdraws a slice is followed by one that does not fit any more. */
enum { WRT__PRICE_MAX = 16000, WRT__COUNTER_MAX = 32767 };

/* Fields of an instruction, by 16-bit and 32-bit position (words are in host order on both sides). */
enum { WRT__F_D = 4, WRT__F_A = 5, WRT__F_B = 6, WRT__F_C = 7, WRT__F_DELTA = 6, WRT__F_PRICE = 7 };

/* Words that an instruction at `code` takes when its number is `op`. */
uint32_t wrt__regop_words(uint32_t op, const uint64_t *code);
const char *wrt__regop_name(uint32_t op);
const char *wrt__slowop_name(uint32_t op);

#endif
