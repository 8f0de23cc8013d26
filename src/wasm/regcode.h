/* The register code: what a body is translated to and what the loop runs. One list per family of operators; the
 * translator (wasm), the handlers (engine) and the disassembler all come from these lists.
 *
 * An instruction is two to four 64-bit words (a branch table has more). Word 0 is the handler: its number, or its
 * address where the loader resolved it. Word 1 holds four 16-bit operands d a b c, or d a and a 32-bit constant.
 * Operands name slots of the frame:
 *
 *     0 .. link-1   parameters, later the results          link   where to go back to (word offset of the call)
 *     link+1 ..     declared locals, then the operand stack
 *
 * Three accumulators (integers and references, f64, f32) mirror the slot written last. Modes name the places of
 * operands: S slot, A accumulator, I constant. A handler x writes its accumulator; x + 1 the slot d as well.
 *
 * What the columns mean: T the type of the operands, CHK a trap test, E the result from a and b (or x). */
#ifndef WRT_SRC_WASM_REGCODE_H
#define WRT_SRC_WASM_REGCODE_H

#include <stdint.h>

#ifndef WRT_FUSE_FULL
#define WRT_FUSE_FULL 1         /* 0: the short list, for small machines: operands are slots or constants */
#endif

/* ---- modes: which forms of an operator exist ------------------------------------------------------- */
enum { WRT__SS, WRT__AS, WRT__SA, WRT__SI, WRT__AI, WRT__IS, WRT__IA, WRT__MODES };
#if WRT_FUSE_FULL
#define WRT__MODES_COM(Y, ...) Y(SS, __VA_ARGS__) Y(AS, __VA_ARGS__) Y(SI, __VA_ARGS__) Y(AI, __VA_ARGS__)
#define WRT__MODES_SUB(Y, ...) Y(SS, __VA_ARGS__) Y(AS, __VA_ARGS__) Y(SA, __VA_ARGS__) Y(IS, __VA_ARGS__) Y(IA, __VA_ARGS__)
#define WRT__MODES_DIV(Y, ...) Y(SS, __VA_ARGS__) Y(AS, __VA_ARGS__) Y(SA, __VA_ARGS__) Y(SI, __VA_ARGS__) Y(AI, __VA_ARGS__)
#define WRT__MODES_SHF(Y, ...) WRT__MODES_DIV(Y, __VA_ARGS__) Y(IS, __VA_ARGS__)
#define WRT__MODES_ALL(Y, ...) WRT__MODES_SHF(Y, __VA_ARGS__) Y(IA, __VA_ARGS__)
#define WRT__MODES_RARE(Y, ...) Y(SS, __VA_ARGS__) Y(AS, __VA_ARGS__) Y(SA, __VA_ARGS__)
#define WRT__MODES_UN(Y, ...) Y(S, __VA_ARGS__) Y(A, __VA_ARGS__)
#define WRT__MODES_LOAD(Y, ...) Y(S, __VA_ARGS__) Y(A, __VA_ARGS__) Y(I, __VA_ARGS__) Y(SS, __VA_ARGS__) Y(X, __VA_ARGS__) \
    Y(AS, __VA_ARGS__) Y(PS, __VA_ARGS__) Y(PA, __VA_ARGS__)
#define WRT__MODES_STORE(Y, ...) Y(SS, __VA_ARGS__) Y(SA, __VA_ARGS__) Y(AS, __VA_ARGS__) Y(SI, __VA_ARGS__) Y(AI, __VA_ARGS__) \
    Y(IS, __VA_ARGS__) Y(IA, __VA_ARGS__) Y(XS, __VA_ARGS__) Y(XA, __VA_ARGS__) Y(PS, __VA_ARGS__) Y(PA, __VA_ARGS__) Y(PI, __VA_ARGS__)
#define WRT__MODES_BR(Y, ...) WRT__MODES_COM(Y, __VA_ARGS__)
#define WRT__MODES_SEL(Y, ...) WRT__MODES_COM(Y, __VA_ARGS__)
#else
#define WRT__MODES_COM(Y, ...) Y(SS, __VA_ARGS__) Y(SI, __VA_ARGS__)
#define WRT__MODES_SUB(Y, ...) Y(SS, __VA_ARGS__)
#define WRT__MODES_DIV(Y, ...) Y(SS, __VA_ARGS__)
#define WRT__MODES_SHF(Y, ...) Y(SS, __VA_ARGS__) Y(SI, __VA_ARGS__)
#define WRT__MODES_ALL(Y, ...) Y(SS, __VA_ARGS__)
#define WRT__MODES_RARE(Y, ...) Y(SS, __VA_ARGS__)
#define WRT__MODES_UN(Y, ...) Y(S, __VA_ARGS__)
#define WRT__MODES_LOAD(Y, ...) Y(S, __VA_ARGS__) Y(PS, __VA_ARGS__)
#define WRT__MODES_STORE(Y, ...) Y(SS, __VA_ARGS__) Y(PS, __VA_ARGS__)
#define WRT__MODES_BR(Y, ...) Y(SS, __VA_ARGS__) Y(SI, __VA_ARGS__)
#define WRT__MODES_SEL(Y, ...)
#endif
#define WRT__MODES_OF(modes, Y, ...) WRT__MODES_##modes(Y, __VA_ARGS__)

/* ---- two operands, integer result or operands (order: that of the binary's opcodes) ------------------- */
#define WRT__IBIN32(X) \
 X(I32_EQ, u32, OK, a == b, COM) X(I32_NE, u32, OK, a != b, COM) X(I32_LTS, u32, OK, (i32)a < (i32)b, COM) X(I32_LTU, u32, OK, a < b, COM) \
 X(I32_GTS, u32, OK, (i32)a > (i32)b, COM) X(I32_GTU, u32, OK, a > b, COM) X(I32_LES, u32, OK, (i32)a <= (i32)b, COM) X(I32_LEU, u32, OK, a <= b, COM) \
 X(I32_GES, u32, OK, (i32)a >= (i32)b, COM) X(I32_GEU, u32, OK, a >= b, COM)
#define WRT__IBIN64(X) \
 X(I64_EQ, u64, OK, a == b, COM) X(I64_NE, u64, OK, a != b, COM) X(I64_LTS, u64, OK, (i64)a < (i64)b, COM) X(I64_LTU, u64, OK, a < b, COM) \
 X(I64_GTS, u64, OK, (i64)a > (i64)b, COM) X(I64_GTU, u64, OK, a > b, COM) X(I64_LES, u64, OK, (i64)a <= (i64)b, COM) X(I64_LEU, u64, OK, a <= b, COM) \
 X(I64_GES, u64, OK, (i64)a >= (i64)b, COM) X(I64_GEU, u64, OK, a >= b, COM)
#define WRT__IARITH32(X) \
 X(I32_ADD, u32, OK, a + b, COM) X(I32_SUB, u32, OK, a - b, SUB) X(I32_MUL, u32, OK, a * b, COM) \
 X(I32_DIVS, u32, DIV32, (i32)a / (i32)b, DIV) X(I32_DIVU, u32, DIVZ, a / b, DIV) \
 X(I32_REMS, u32, DIVZ, b == ~0u ? 0 : (i32)a % (i32)b, DIV) X(I32_REMU, u32, DIVZ, a % b, DIV) \
 X(I32_AND, u32, OK, a & b, COM) X(I32_OR, u32, OK, a | b, COM) X(I32_XOR, u32, OK, a ^ b, COM) \
 X(I32_SHL, u32, OK, a << (b & 31), SHF) X(I32_SHRS, u32, OK, (i32)a >> (b & 31), SHF) X(I32_SHRU, u32, OK, a >> (b & 31), SHF) \
 X(I32_ROTL, u32, OK, a << (b & 31) | a >> (-b & 31), SHF) X(I32_ROTR, u32, OK, a >> (b & 31) | a << (-b & 31), SHF)
#define WRT__IARITH64(X) \
 X(I64_ADD, u64, OK, a + b, COM) X(I64_SUB, u64, OK, a - b, SUB) X(I64_MUL, u64, OK, a * b, COM) \
 X(I64_DIVS, u64, DIV64, (i64)a / (i64)b, DIV) X(I64_DIVU, u64, DIVZ, a / b, DIV) \
 X(I64_REMS, u64, DIVZ, b == ~0ull ? 0 : (i64)a % (i64)b, DIV) X(I64_REMU, u64, DIVZ, a % b, DIV) \
 X(I64_AND, u64, OK, a & b, COM) X(I64_OR, u64, OK, a | b, COM) X(I64_XOR, u64, OK, a ^ b, COM) \
 X(I64_SHL, u64, OK, a << (b & 63), SHF) X(I64_SHRS, u64, OK, (i64)a >> (b & 63), SHF) X(I64_SHRU, u64, OK, a >> (b & 63), SHF) \
 X(I64_ROTL, u64, OK, a << (b & 63) | a >> (-b & 63), SHF) X(I64_ROTR, u64, OK, a >> (b & 63) | a << (-b & 63), SHF)
#define WRT__IBIN(X) WRT__IBIN32(X) WRT__IBIN64(X) WRT__IARITH32(X) WRT__IARITH64(X)

/* Floats: K the accumulator class (D f64, F f32). Results are canonicalised where they can be NaN. */
#define WRT__FCMP(X) \
 X(F32_EQ, F, a == b, COM) X(F32_NE, F, a != b, COM) X(F32_LT, F, a < b, COM) X(F32_GT, F, a > b, COM) X(F32_LE, F, a <= b, COM) X(F32_GE, F, a >= b, COM) \
 X(F64_EQ, D, a == b, COM) X(F64_NE, D, a != b, COM) X(F64_LT, D, a < b, COM) X(F64_GT, D, a > b, COM) X(F64_LE, D, a <= b, COM) X(F64_GE, D, a >= b, COM)
#define WRT__FBIN(X) \
 X(F32_ADD, F, canon_f(a + b), COM) X(F32_SUB, F, canon_f(a - b), ALL) X(F32_MUL, F, canon_f(a * b), COM) X(F32_DIV, F, canon_f(a / b), ALL) \
 X(F32_MIN, F, min_f(a, b), RARE) X(F32_MAX, F, max_f(a, b), RARE) X(F32_COPYSIGN, F, copysign_f(a, b), RARE) \
 X(F64_ADD, D, canon_d(a + b), COM) X(F64_SUB, D, canon_d(a - b), ALL) X(F64_MUL, D, canon_d(a * b), COM) X(F64_DIV, D, canon_d(a / b), ALL) \
 X(F64_MIN, D, min_d(a, b), RARE) X(F64_MAX, D, max_d(a, b), RARE) X(F64_COPYSIGN, D, copysign_d(a, b), RARE)

/* ---- one operand: FROM and TO are accumulator classes I F D; x is u64, float or double -------------------- */
#define WRT__UN(X) \
 X(I32_CLZ, I, I, OK, clz32((u32)x)) X(I32_CTZ, I, I, OK, ctz32((u32)x)) X(I32_POPCNT, I, I, OK, popcnt64((u32)x)) \
 X(I64_CLZ, I, I, OK, clz64(x)) X(I64_CTZ, I, I, OK, ctz64(x)) X(I64_POPCNT, I, I, OK, popcnt64(x)) \
 X(F32_ABS, F, F, OK, f_of(bits_f(x) & 0x7fffffffu)) X(F32_NEG, F, F, OK, f_of(bits_f(x) ^ 0x80000000u)) X(F32_CEIL, F, F, OK, ceil_f(x)) \
 X(F32_FLOOR, F, F, OK, floor_f(x)) X(F32_TRUNC, F, F, OK, trunc_f(x)) X(F32_NEAREST, F, F, OK, nearest_f(x)) X(F32_SQRT, F, F, OK, sqrt_f(x)) \
 X(F64_ABS, D, D, OK, d_of(bits_d(x) & ~(1ull << 63))) X(F64_NEG, D, D, OK, d_of(bits_d(x) ^ 1ull << 63)) X(F64_CEIL, D, D, OK, ceil_d(x)) \
 X(F64_FLOOR, D, D, OK, floor_d(x)) X(F64_TRUNC, D, D, OK, trunc_d(x)) X(F64_NEAREST, D, D, OK, nearest_d(x)) X(F64_SQRT, D, D, OK, sqrt_d(x)) \
 X(I32_WRAP, I, I, OK, (u32)x) \
 X(I32_TRUNC_F32_S, F, I, TRUNC(-2147483904.0f, 2147483648.0f), (u32)(i32)x) X(I32_TRUNC_F32_U, F, I, TRUNC(-1.0f, 4294967296.0f), (u32)x) \
 X(I32_TRUNC_F64_S, D, I, TRUNC(-2147483649.0, 2147483648.0), (u32)(i32)x) X(I32_TRUNC_F64_U, D, I, TRUNC(-1.0, 4294967296.0), (u32)x) \
 X(I64_EXTEND_S, I, I, OK, (u64)(i64)(i32)x) X(I64_EXTEND_U, I, I, OK, (u32)x) \
 X(I64_TRUNC_F32_S, F, I, TRUNC(-9223373136366403584.0f, 9223372036854775808.0f), (u64)(i64)x) \
 X(I64_TRUNC_F32_U, F, I, TRUNC(-1.0f, 18446744073709551616.0f), (u64)x) \
 X(I64_TRUNC_F64_S, D, I, TRUNC(-9223372036854777856.0, 9223372036854775808.0), (u64)(i64)x) \
 X(I64_TRUNC_F64_U, D, I, TRUNC(-1.0, 18446744073709551616.0), (u64)x) \
 X(F32_CONVERT_I32_S, I, F, OK, (float)(i32)x) X(F32_CONVERT_I32_U, I, F, OK, (float)(u32)x) \
 X(F32_CONVERT_I64_S, I, F, OK, (float)(i64)x) X(F32_CONVERT_I64_U, I, F, OK, (float)x) X(F32_DEMOTE, D, F, OK, canon_f((float)x)) \
 X(F64_CONVERT_I32_S, I, D, OK, (double)(i32)x) X(F64_CONVERT_I32_U, I, D, OK, (double)(u32)x) \
 X(F64_CONVERT_I64_S, I, D, OK, (double)(i64)x) X(F64_CONVERT_I64_U, I, D, OK, (double)x) X(F64_PROMOTE, F, D, OK, canon_d((double)x)) \
 X(I32_REINTERPRET, F, I, OK, bits_f(x)) X(I64_REINTERPRET, D, I, OK, bits_d(x)) X(F32_REINTERPRET, I, F, OK, f_of((u32)x)) X(F64_REINTERPRET, I, D, OK, d_of(x)) \
 X(I32_EXTEND8, I, I, OK, (u64)(u32)(i8)x) X(I32_EXTEND16, I, I, OK, (u64)(u32)(i16)x) \
 X(I64_EXTEND8, I, I, OK, (u64)(i8)x) X(I64_EXTEND16, I, I, OK, (u64)(i16)x) X(I64_EXTEND32, I, I, OK, (u64)(i32)x) \
 X(I32_SAT_F32_S, F, I, OK, sat_i32(x)) X(I32_SAT_F32_U, F, I, OK, sat_u32(x)) X(I32_SAT_F64_S, D, I, OK, sat_i32(x)) X(I32_SAT_F64_U, D, I, OK, sat_u32(x)) \
 X(I64_SAT_F32_S, F, I, OK, sat_i64(x)) X(I64_SAT_F32_U, F, I, OK, sat_u64(x)) X(I64_SAT_F64_S, D, I, OK, sat_i64(x)) X(I64_SAT_F64_U, D, I, OK, sat_u64(x))

/* ---- memory. Address forms: S slot, A accumulator, I constant, SS a + b, AS acc + b, X a + (b << c), P (slot or acc)
 * + wrapping constant; then the offset. "lim" is offset + size of the access. ------------------------------- */
enum { WRT__LS, WRT__LA, WRT__LI, WRT__LSS, WRT__LX, WRT__LAS, WRT__LPS, WRT__LPA, WRT__LOADS };
#define WRT__LOAD(X) \
 X(LD_I32, I, u32, (u64)) X(LD_I64, I, u64, (u64)) X(LD_F32, F, float, ) X(LD_F64, D, double, ) \
 X(LD_I32_8S, I, i8, (u64)(u32)) X(LD_I32_8U, I, u8, (u64)(u32)) X(LD_I32_16S, I, i16, (u64)(u32)) X(LD_I32_16U, I, u16, (u64)(u32)) \
 X(LD_I64_8S, I, i8, (u64)) X(LD_I64_8U, I, u8, (u64)) X(LD_I64_16S, I, i16, (u64)) X(LD_I64_16U, I, u16, (u64)) \
 X(LD_I64_32S, I, i32, (u64)) X(LD_I64_32U, I, u32, (u64))
enum { WRT__WSS, WRT__WSA, WRT__WAS, WRT__WSI, WRT__WAI, WRT__WIS, WRT__WIA, WRT__WXS, WRT__WXA, WRT__WPS, WRT__WPA, WRT__WPI, WRT__STORES };
#define WRT__STORE(X) X(ST_I32, I, u32) X(ST_I64, I, u64) X(ST_F32, F, float) X(ST_F64, D, double) X(ST_8, I, u8) X(ST_16, I, u16)

/* ---- branches: compare and branch ------------------------------------------------------------------------ */
#define WRT__ICBR(X) \
 X(BR_I32_EQ, u32, a == b) X(BR_I32_NE, u32, a != b) X(BR_I32_LTS, u32, (i32)a < (i32)b) X(BR_I32_LTU, u32, a < b) X(BR_I32_GTS, u32, (i32)a > (i32)b) \
 X(BR_I32_GTU, u32, a > b) X(BR_I32_LES, u32, (i32)a <= (i32)b) X(BR_I32_LEU, u32, a <= b) X(BR_I32_GES, u32, (i32)a >= (i32)b) X(BR_I32_GEU, u32, a >= b) \
 X(BR_I64_EQ, u64, a == b) X(BR_I64_NE, u64, a != b) X(BR_I64_LTS, u64, (i64)a < (i64)b) X(BR_I64_LTU, u64, a < b) X(BR_I64_GTS, u64, (i64)a > (i64)b) \
 X(BR_I64_GTU, u64, a > b) X(BR_I64_LES, u64, (i64)a <= (i64)b) X(BR_I64_LEU, u64, a <= b) X(BR_I64_GES, u64, (i64)a >= (i64)b) X(BR_I64_GEU, u64, a >= b)
#if WRT_FUSE_FULL
#define WRT__TCBR(X) X(BR_I32_TZ, u32, !(a & b)) X(BR_I32_TNZ, u32, a & b) X(BR_I64_TZ, u64, !(a & b)) X(BR_I64_TNZ, u64, a & b)
#define WRT__FCBR(X) \
 X(BR_F32_EQ, F, a == b) X(BR_F32_NE, F, a != b) X(BR_F32_LT, F, a < b) X(BR_F32_GT, F, a > b) X(BR_F32_LE, F, a <= b) X(BR_F32_GE, F, a >= b) \
 X(BR_F64_EQ, D, a == b) X(BR_F64_NE, D, a != b) X(BR_F64_LT, D, a < b) X(BR_F64_GT, D, a > b) X(BR_F64_LE, D, a <= b) X(BR_F64_GE, D, a >= b) \
 X(BR_F32_XEQ, F, !(a == b)) X(BR_F32_XNE, F, !(a != b)) X(BR_F32_XLT, F, !(a < b)) X(BR_F32_XGT, F, !(a > b)) X(BR_F32_XLE, F, !(a <= b)) X(BR_F32_XGE, F, !(a >= b)) \
 X(BR_F64_XEQ, D, !(a == b)) X(BR_F64_XNE, D, !(a != b)) X(BR_F64_XLT, D, !(a < b)) X(BR_F64_XGT, D, !(a > b)) X(BR_F64_XLE, D, !(a <= b)) X(BR_F64_XGE, D, !(a >= b))
/* ---- fusions of the full list; each has a measured gain, see docs/architecture.md ------------------------------ */
/* d = a + constant; compare with slot or constant (word 3); branch */
#define WRT__INC(X) X(INC_EQ, a == b) X(INC_NE, a != b) X(INC_LTS, (i32)a < (i32)b) X(INC_LTU, a < b) X(INC_GTS, (i32)a > (i32)b) \
 X(INC_GTU, a > b) X(INC_LES, (i32)a <= (i32)b) X(INC_LEU, a <= b) X(INC_GES, (i32)a >= (i32)b) X(INC_GEU, a >= b)
/* compare a loaded value with slot or constant (word 3); branch */
#define WRT__LDBR(X) WRT__LDBR_1(X, LB32, u32) WRT__LDBR_1(X, LB8, u8)
#define WRT__LDBR_1(X, n, T) X(n##_EQ, T, a == b) X(n##_NE, T, a != b) X(n##_LTS, T, (i32)a < (i32)b) X(n##_LTU, T, a < b) X(n##_GTS, T, (i32)a > (i32)b) \
 X(n##_GTU, T, a > b) X(n##_LES, T, (i32)a <= (i32)b) X(n##_LEU, T, a <= b) X(n##_GES, T, (i32)a >= (i32)b) X(n##_GEU, T, a >= b)
/* b op (a shifted by c) */
#define WRT__SHOP(X) WRT__SHOP_1(X, XOR, b ^ y) WRT__SHOP_1(X, OR, b | y) WRT__SHOP_1(X, AND, b & y) WRT__SHOP_1(X, ADD, b + y)
#define WRT__SHOP_1(X, o, E) X(I32_##o##_SHL, E, x << RC) X(I32_##o##_SHRS, E, (u32)((i32)x >> RC)) X(I32_##o##_SHRU, E, x >> RC) \
 X(I32_##o##_ROTL, E, x << RC | x >> (-RC & 31)) X(I32_##o##_ROTR, E, x >> RC | x << (-RC & 31))
/* b op memory[a + constant + offset] */
#define WRT__MEMOP(X) X(I32_ADDM, I, u32, (u32)fp[RB] + m) X(I32_ANDM, I, u32, (u32)fp[RB] & m) X(F64_ADDM, D, double, canon_d(GET_D(RB) + m)) \
 X(F64_MULM, D, double, canon_d(GET_D(RB) * m)) X(F64_SUBM, D, double, canon_d(GET_D(RB) - m)) \
 X(F64_MADDM, D, double, canon_d(GET_D(RC) + GET_D(RB) * m)) X(F64_MSUBM, D, double, canon_d(GET_D(RC) - GET_D(RB) * m)) \
 X(I32_ADDM_A, I, u32, (u32)A + m) X(I32_ANDM_A, I, u32, (u32)A & m) \
 X(F64_ADDM_A, D, double, canon_d(D + m)) X(F64_MULM_A, D, double, canon_d(D * m)) X(F64_SUBM_A, D, double, canon_d(D - m)) \
 X(F64_MADDM_A, D, double, canon_d(GET_D(RC) + D * m)) X(F64_MSUBM_A, D, double, canon_d(GET_D(RC) - D * m)) \
 X(F64_MADDM_P, D, double, canon_d(D1 + D * m)) X(F64_MSUBM_P, D, double, canon_d(D1 - D * m)) \
 X(F64_MADDM_C, D, double, canon_d(D + GET_D(RB) * m)) X(F64_MSUBM_C, D, double, canon_d(D - GET_D(RB) * m))
/* compare and select */
#define WRT__SELC(X) X(SEL_EQ, a == b) X(SEL_NE, a != b) X(SEL_LTS, (i32)a < (i32)b) X(SEL_LTU, a < b) X(SEL_GTS, (i32)a > (i32)b) \
 X(SEL_GTU, a > b) X(SEL_LES, (i32)a <= (i32)b) X(SEL_LEU, a <= b) X(SEL_GES, (i32)a >= (i32)b) X(SEL_GEU, a >= b)
/* z + x * y and z - x * y, rounded twice; x + (y << c). For f64 z may be the accumulator (C in _SC) or what it held
 * before the last load (P), which one more register keeps: only between checkpoints. */
#define WRT__PAIR(X) X(F64_MULADD_SS) X(F64_MULADD_AS) X(F64_MULSUB_SS) X(F64_MULSUB_AS) X(F32_MULADD_SS) X(F32_MULADD_AS) X(F32_MULSUB_SS) X(F32_MULSUB_AS) \
 X(F64_MULADD_SC) X(F64_MULADD_PA) X(F64_MULADD_CP) X(F64_MULSUB_SC) X(F64_MULSUB_PA) X(F64_MULSUB_CP) \
 X(SHLADD_SS) X(SHLADD_AS) X(SHLADD_SA) X(F64_ADD_PA) X(F64_MUL_PA) X(F64_SUB_PA) X(F64_SUB_AP) X(F64_ADD_AA) X(F64_MUL_AA)
#else
#define WRT__TCBR(X)
#define WRT__FCBR(X)
#define WRT__INC(X)
#define WRT__LDBR(X)
#define WRT__SHOP(X)
#define WRT__MEMOP(X)
#define WRT__SELC(X)
#define WRT__PAIR(X)
#endif

/* Single handlers with an accumulator form and a slot form, and without. */
#define WRT__MISC2(X) X(GGET_I) X(GGET_D) X(GGET_F) X(XGET_I) X(XGET_D) X(XGET_F) X(SEL_I_S) X(SEL_D_S) X(SEL_F_S) X(MEMSIZE) \
 WRT__MISC2_A(X)
#if WRT_FUSE_FULL
#define WRT__MISC2_A(X) X(SEL_I_A) X(SEL_D_A) X(SEL_F_A)
#define WRT__MISC_A(X) X(STA_I) X(STA_D) X(STA_F) X(GSET_A) X(BRTABLE_A) X(CALLI_A) X(RET_I_A) X(RET_D_A) X(RET_F_A)
#else
#define WRT__MISC2_A(X)
#define WRT__MISC_A(X)
#endif
#define WRT__MISC(X) X(MOVI) X(MOV) X(MOV2) X(MOV4) X(CHARGE) X(GSET_S) X(XSET_S) X(JMP) X(GOTO) X(BRTABLE_S) X(UNREACHABLE) X(HALT) X(XRET) \
 X(CALL) X(CALLI_S) X(RET) X(RET_I_S) X(RET_I_I) X(RET_D_S) X(RET_F_S) X(SLOW) WRT__MISC_A(X)

/* ---- numbers ------------------------------------------------------------------------------------------------- */
#if WRT_FUSE_FULL
#define WRT__N2(n) WRT__R_##n, WRT__R_##n##_D,
#else
#define WRT__N2(n) WRT__R_##n, WRT__R_##n##_D = WRT__R_##n, /* every result goes to a slot: one form is enough */
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
    /* handlers that no register code names: where the loader resolves handlers, it puts them at the start of a sequence */
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
#define WRT__SLOWOPS(X) X(CALL_IMPORT) X(CALL_OTHER) X(RETURN_CALL) X(RETURN_CALL_INDIRECT) X(GROW) X(MEMORY_INIT) X(MEMORY_COPY) X(MEMORY_FILL) \
 X(DATA_DROP) X(TABLE_INIT) X(TABLE_COPY) X(TABLE_FILL) X(ELEM_DROP) X(TABLE_GET) X(TABLE_SET) X(TABLE_SIZE) X(TABLE_GROW) X(REF_FUNC) X(MOVN)
enum wrt__slowop {
#define X(n) WRT__SLOW_##n,
    WRT__SLOWOPS(X)
#undef X
    WRT__SLOW_COUNT
};

/* Each module's code begins with two pseudo calls that returns go to: the first leaves the strand, the second
 * crosses a border between instances. A link is the byte offset of the call in module->code. */
enum { WRT__LINK_HALT = 0, WRT__LINK_BORDER = 32, WRT__CODE_HEAD = 8 /* words */, WRT__CALL_WORDS = 3 };

/* Fields of an instruction, by 16-bit and 32-bit position (words are in host order on both sides). */
enum { WRT__F_D = 4, WRT__F_A = 5, WRT__F_B = 6, WRT__F_C = 7, WRT__F_DELTA = 6, WRT__F_PRICE = 7 };

/* Words that an instruction at `code` takes when its number is `op`. */
uint32_t wrt__regop_words(uint32_t op, const uint64_t *code);
const char *wrt__regop_name(uint32_t op);
const char *wrt__slowop_name(uint32_t op);

#endif
