/* The handlers: what each register operator does. Written once; loop_tail.c and loop_switch.c give the spelling
 * by defining HDL, DISPATCH, STOP, TRAP, LEAVE and LEAVE_REF before they include this file.
 *
 * The registers of the machine: ip instruction, fp slot 0 of the frame, mem memory 0, inst the instance, fuel what
 * is left (below zero: the block at ip is not paid for), accumulators A (integers, references), D (f64), F (f32),
 * D1 what D held before the last load of an f64 (full list only; nobody reads it over a checkpoint).
 * No handler calls anything: what is long or rare leaves the loop and is done by run.c. */

/* COMPACT: loop_switch.c with the short list reads the operands once, before the switch, brings all forms of an
 * operator to one, and shares the ends of handlers; it defines its own RD RA RB, NEXT, PAY, TAKE, SKIP and FORM, and
 * does the accesses to memory itself. */
#ifndef COMPACT
#define COMPACT 0
#endif
#if !COMPACT
#define FORM(m, ...) __VA_ARGS__
#define NEXT(w) do { ip += (w); DISPATCH; } while (0)
/* The price of an edge is charged and tested here, before the target runs: a checkpoint (docs/fuel.md). */
#if defined(WRT_NO_FUEL) && WRT_NO_FUEL
#define PAY(c) ((void)(c)) /* only to measure what metering costs */
#else
#define PAY(c) do { int64_t price_ = (int64_t)(c); fuel -= price_; if (WRT_UNLIKELY(fuel < 0)) STOP(price_); } while (0)
#endif
#endif

/* Operand fields, see wasm/regcode.h. */
#if !COMPACT
#define RD ((const uint16_t *)ip)[4]
#define RA ((const uint16_t *)ip)[5]
#define RB ((const uint16_t *)ip)[6]
#endif
#define RC ((const uint16_t *)ip)[7]
#define IMM ((const int32_t *)ip)[3]
#define WORD_LO(w) ((const uint32_t *)ip)[2 * (w)]
#define WORD_HI(w) ((const int32_t *)ip)[2 * (w) + 1]

/* Slots and accumulators by class. */
#define GET_I(i) fp[i]
#define GET_D(i) get_d(&fp[i])
#define GET_F(i) get_f(&fp[i])
#define ACC_I A
#define ACC_D D
#define ACC_F F
#define PUT_I(i) fp[i] = A
#define PUT_D(i) put_d(&fp[i], D)
#define PUT_F(i) fp[i] = bits_f(F)
#define KON_I(w) ip[w]
#define KON_D(w) get_d(&ip[w])
#define KON_F(w) get_f(&ip[w])
#define TYPE_I u64
#define TYPE_D double
#define TYPE_F float

/* A producing operation has two handlers: accumulator only, and accumulator and slot d. */
#if WRT_FUSE_FULL
#define DEF2(n, K, W, ...) HDL(n, __VA_ARGS__; NEXT(W);) HDL(n##_D, __VA_ARGS__; PUT_##K(RD); NEXT(W);)
#else
#define DEF2(n, K, W, ...) HDL(n, __VA_ARGS__; PUT_##K(RD); NEXT(W);)
#endif

/* ---- integers ---- */
#define OK
#define DIVZ if (WRT_UNLIKELY(b == 0)) TRAP(WRT_TRAP_DIVIDE_BY_ZERO)
#define DIV32 DIVZ; if (WRT_UNLIKELY(b == ~0u && a == 0x80000000u)) TRAP(WRT_TRAP_INTEGER_OVERFLOW)
#define DIV64 DIVZ; if (WRT_UNLIKELY(b == ~0ull && a == 1ull << 63)) TRAP(WRT_TRAP_INTEGER_OVERFLOW)
#define IA_SS fp[RA]
#define IB_SS fp[RB]
#define IA_AS A
#define IB_AS fp[RB]
#define IA_SA fp[RA]
#define IB_SA A
#define IA_SI fp[RA]
#define IB_SI (i64)IMM
#define IA_AI A
#define IB_AI (i64)IMM
#define IA_IS (i64)IMM
#define IB_IS fp[RA]
#define IA_IA (i64)IMM
#define IB_IA A
#define Y(m, n, T, CHK, E) FORM(m, DEF2(n##_##m, I, 2, T a = (T)(IA_##m); T b = (T)(IB_##m); CHK; A = (u64)(T)(E)))
#define X(n, T, CHK, E, modes) WRT__MODES_OF(modes, Y, n, T, CHK, E)
WRT__IBIN(X)
#undef X
#undef Y

/* ---- floats: constants are in word 2 ---- */
#define FW_SS 2
#define FW_AS 2
#define FW_SA 2
#define FW_SI 3
#define FW_AI 3
#define FW_IS 3
#define FW_IA 3
#define FA_SS(K) GET_##K(RA)
#define FB_SS(K) GET_##K(RB)
#define FA_AS(K) ACC_##K
#define FB_AS(K) GET_##K(RB)
#define FA_SA(K) GET_##K(RA)
#define FB_SA(K) ACC_##K
#define FA_SI(K) GET_##K(RA)
#define FB_SI(K) KON_##K(2)
#define FA_AI(K) ACC_##K
#define FB_AI(K) KON_##K(2)
#define FA_IS(K) KON_##K(2)
#define FB_IS(K) GET_##K(RA)
#define FA_IA(K) KON_##K(2)
#define FB_IA(K) ACC_##K
#define Y(m, n, K, E) FORM(m, DEF2(n##_##m, I, FW_##m, TYPE_##K a = FA_##m(K); TYPE_##K b = FB_##m(K); A = (E)))
#define X(n, K, E, modes) WRT__MODES_OF(modes, Y, n, K, E)
WRT__FCMP(X)
#undef Y
#define Y(m, n, K, E) FORM(m, DEF2(n##_##m, K, FW_##m, TYPE_##K a = FA_##m(K); TYPE_##K b = FB_##m(K); ACC_##K = (E)))
WRT__FBIN(X)
#undef X
#undef Y

/* ---- one operand ---- */
#define TRUNC(lo, hi) if (WRT_UNLIKELY(!(x > (lo) && x < (hi)))) TRAP(x != x ? WRT_TRAP_BAD_CONVERSION : WRT_TRAP_INTEGER_OVERFLOW)
#define UN_S(K) GET_##K(RA)
#define UN_A(K) ACC_##K
#define Y(m, n, from, to, CHK, E) DEF2(n##_##m, to, 2, TYPE_##from x = UN_##m(from); CHK; ACC_##to = (E))
#define X(n, from, to, CHK, E) WRT__MODES_UN(Y, n, from, to, CHK, E)
WRT__UN(X)
#undef X
#undef Y

/* ---- constants, moves, charges ---- */
HDL(MOVI, fp[RD] = ip[2]; NEXT(3);)
HDL(MOV, fp[RD] = fp[RA]; NEXT(2);)
HDL(MOV2, fp[RD] = fp[RA]; fp[RB] = fp[RC]; NEXT(2);)
HDL(MOV4, const u16 *o = (const u16 *)ip + 8; fp[RD] = fp[RA]; fp[RB] = fp[RC]; fp[o[0]] = fp[o[1]]; fp[o[2]] = fp[o[3]]; NEXT(3);)
HDL(CHARGE, u32 c = WORD_LO(1); ip += 2; PAY(c); DISPATCH;)
#if WRT_FUSE_FULL
HDL(STA_I, PUT_I(RD); NEXT(2);)
HDL(STA_D, PUT_D(RD); NEXT(2);)
HDL(STA_F, PUT_F(RD); NEXT(2);)
#endif

/* ---- memory: the address is checked explicitly, e is offset + size until it passes ---- */
#define EA(size, address, lim) u64 e = (u64)(u32)(address) + (lim); if (WRT_UNLIKELY(e > inst->mem_bytes)) TRAP(WRT_TRAP_OUT_OF_BOUNDS); e -= (size)
#define LW_S 2
#define LW_A 2
#define LW_I 2
#define LW_SS 2
#define LW_AS 2
#define LW_X 3
#define LW_PS 3
#define LW_PA 3
#define LE_S(T) EA(sizeof(T), fp[RA], (u32)IMM)
#define LE_A(T) EA(sizeof(T), A, (u32)IMM)
#define LE_I(T) EA(sizeof(T), 0, (u32)IMM)
#define LE_SS(T) EA(sizeof(T), (u32)fp[RA] + (u32)fp[RB], RC)
#define LE_AS(T) EA(sizeof(T), (u32)A + (u32)fp[RB], RC)
#define LE_X(T) EA(sizeof(T), (u32)fp[RA] + ((u32)fp[RB] << RC), ip[2])
#define LE_PS(T) EA(sizeof(T), (u32)fp[RA] + (u32)IMM, ip[2])
#define LE_PA(T) EA(sizeof(T), (u32)A + (u32)IMM, ip[2])
#if WRT_FUSE_FULL
#define SHIFT_I
#define SHIFT_F
#define SHIFT_D D1 = D; /* what the accumulator held before a load can still be an operand */
#else
#define SHIFT_I
#define SHIFT_F
#define SHIFT_D
#endif
#if !COMPACT
#define Y(m, n, K, T, cast) DEF2(n##_##m, K, LW_##m, LE_##m(T); SHIFT_##K ACC_##K = cast load_##T(mem + e))
#define X(n, K, T, cast) WRT__MODES_LOAD(Y, n, K, T, cast)
WRT__LOAD(X)
#undef X
#undef Y
#endif

#define SW_SS 2
#define SW_SA 2
#define SW_AS 2
#define SW_SI 3
#define SW_AI 3
#define SW_IS 2
#define SW_IA 2
#define SW_XS 3
#define SW_XA 3
#define SW_PS 3
#define SW_PA 3
#define SW_PI 3
#define SE_SS(T) EA(sizeof(T), fp[RD], (u32)IMM)
#define SE_SA(T) SE_SS(T)
#define SE_SI(T) SE_SS(T)
#define SE_AS(T) EA(sizeof(T), A, (u32)IMM)
#define SE_AI(T) SE_AS(T)
#define SE_IS(T) EA(sizeof(T), 0, (u32)IMM)
#define SE_IA(T) SE_IS(T)
#define SE_XS(T) EA(sizeof(T), (u32)fp[RD] + ((u32)fp[RA] << RC), ip[2])
#define SE_XA(T) SE_XS(T)
#define SE_PS(T) EA(sizeof(T), (u32)fp[RD] + (u32)IMM, ip[2])
#define SE_PA(T) SE_PS(T)
#define SE_PI(T) EA(sizeof(T), (u32)fp[RD] + (u32)IMM, WORD_LO(2))
#define SV_SS(K) GET_##K(RA)
#define SV_SA(K) ACC_##K
#define SV_AS(K) GET_##K(RA)
#define SV_SI(K) KON_##K(2)
#define SV_AI(K) KON_##K(2)
#define SV_IS(K) GET_##K(RA)
#define SV_IA(K) ACC_##K
#define SV_XS(K) GET_##K(RB)
#define SV_XA(K) ACC_##K
#define SV_PS(K) GET_##K(RA)
#define SV_PA(K) ACC_##K
#define SV_PI(K) (i64)WORD_HI(2)
#if !COMPACT
#define Y(m, n, K, T) HDL(n##_##m, SE_##m(T); store_##T(mem + e, (T)(SV_##m(K))); NEXT(SW_##m);)
#define X(n, K, T) WRT__MODES_STORE(Y, n, K, T)
WRT__STORE(X)
#undef X
#undef Y
#endif

/* ---- globals, select, sizes ---- */
DEF2(GGET_I, I, 2, A = inst->globals[(u32)IMM])
DEF2(GGET_D, D, 2, D = get_d(&inst->globals[(u32)IMM]))
DEF2(GGET_F, F, 2, F = get_f(&inst->globals[(u32)IMM]))
DEF2(XGET_I, I, 2, A = *inst->cells[(u32)IMM])
DEF2(XGET_D, D, 2, D = get_d(inst->cells[(u32)IMM]))
DEF2(XGET_F, F, 2, F = get_f(inst->cells[(u32)IMM]))
HDL(GSET_S, inst->globals[(u32)IMM] = fp[RA]; NEXT(2);)
HDL(XSET_S, *inst->cells[(u32)IMM] = fp[RA]; NEXT(2);)
DEF2(SEL_I_S, I, 2, A = (u32)fp[RC] ? fp[RA] : fp[RB])
DEF2(SEL_D_S, D, 2, D = (u32)fp[RC] ? GET_D(RA) : GET_D(RB))
DEF2(SEL_F_S, F, 2, F = (u32)fp[RC] ? GET_F(RA) : GET_F(RB))
DEF2(MEMSIZE, I, 2, A = inst->mem_bytes >> 16)
#if WRT_FUSE_FULL
HDL(GSET_A, inst->globals[(u32)IMM] = A; NEXT(2);)
DEF2(SEL_I_A, I, 2, A = (u32)A ? fp[RA] : fp[RB])
DEF2(SEL_D_A, D, 2, D = (u32)A ? GET_D(RA) : GET_D(RB))
DEF2(SEL_F_A, F, 2, F = (u32)A ? GET_F(RA) : GET_F(RB))
#endif

/* ---- branches. A branch word: distance in bytes from this instruction, price if taken, price if not. ---- */
#if !COMPACT
#define TAKE(w) do { u32 c_ = ((const u16 *)ip)[4 * (w) + 2]; ip = (const u64 *)(const void *)((const char *)ip + (i32)WORD_LO(w)); PAY(c_); DISPATCH; } while (0)
#define SKIP(w, n) do { u32 c_ = ((const u16 *)ip)[4 * (w) + 3]; ip += (n); PAY(c_); DISPATCH; } while (0)
#endif
HDL(JMP, TAKE(1);)
HDL(GOTO, ip = (const u64 *)(const void *)((const char *)ip + (i32)WORD_LO(1)); DISPATCH;) /* out-of-line moves: the edge into them has paid */
#define Y(m, n, T, E) FORM(m, HDL(n##_##m, T a = (T)(IA_##m); T b = (T)(IB_##m); if (E) TAKE(2); SKIP(2, 3);))
#define X(n, T, E) WRT__MODES_BR(Y, n, T, E)
WRT__ICBR(X)
WRT__TCBR(X)
#undef X
#undef Y
#define BW_SS 2
#define BW_AS 2
#define BW_SI 3
#define BW_AI 3
#define Y(m, n, K, E) HDL(n##_##m, TYPE_##K a = FA_##m(K); TYPE_##K b = FB_##m(K); if (E) TAKE(BW_##m); SKIP(BW_##m, BW_##m + 1);)
#define X(n, K, E) WRT__MODES_BR(Y, n, K, E)
WRT__FCBR(X)
#undef X
#undef Y
#define BRANCH_TABLE(x) u32 i = (u32)(x); u32 k = (u32)IMM; const u32 *t = (const u32 *)(const void *)(ip + 2 + (i < k ? i : k)); u32 c = t[1]; \
    ip = (const u64 *)(const void *)((const char *)ip + (i32)t[0]); PAY(c); DISPATCH;
HDL(BRTABLE_S, BRANCH_TABLE(fp[RA]))
HDL(UNREACHABLE, TRAP(WRT_TRAP_UNREACHABLE);)
HDL(HALT, LEAVE(WRT__EXIT_DONE);)
HDL(XRET, LEAVE(WRT__EXIT_XRET);)
HDL(SLOW, LEAVE(WRT__EXIT_SLOW);)

/* ---- calls: the frames of caller and callee overlap, the link is the byte offset of the call ---- */
#define ENTER(target, frame_, link_, zero_, cost_) do { \
    fp += ((const u16 *)ip)[WRT__F_DELTA]; OPAQUE(fp); \
    if (WRT_UNLIKELY(fp + (frame_) > inst->stack_limit)) { fp -= ((const u16 *)ip)[WRT__F_DELTA]; LEAVE(WRT__EXIT_STACK); } \
    { u64 *z_ = fp + (link_); u64 *e_ = z_ + (zero_); \
      *z_ = (u64)((const char *)ip - (const char *)inst->code); \
      while (z_ != e_) { *++z_ = 0; OPAQUE(z_); } } \
    { u32 p_ = (cost_); ip = (target); PAY(p_); } DISPATCH; } while (0)
HDL(CALL, const u16 *w = (const u16 *)(ip + 2); ENTER((const u64 *)(const void *)((const char *)ip + (i32)WORD_LO(1)), w[0], w[1], w[2], w[3]);)
#define CALL_INDIRECT(x) u64 i = (u32)(x); u64 ref; const struct wrt__funcrec *f; \
    if (WRT_UNLIKELY(i >= inst->table0_size)) TRAP(WRT_TRAP_UNDEFINED_ELEMENT); \
    ref = inst->table0[i]; if (WRT_UNLIKELY(!ref)) TRAP(WRT_TRAP_NULL_ELEMENT); \
    f = &inst->funcs[ref - 1]; if (WRT_UNLIKELY(f->type != inst->type_ids[WORD_LO(2)])) TRAP(WRT_TRAP_SIGNATURE); \
    if (WRT_UNLIKELY(f->instance != inst)) LEAVE_REF(ref); \
    ENTER(inst->code + f->code, f->frame, f->link, f->zero, f->cost);
HDL(CALLI_S, CALL_INDIRECT(fp[((const u16 *)ip)[4]]))
/* The link is read before results are written: without parameters it may lie where a result goes. */
#define LINK const u64 *l_ = (const u64 *)(const void *)((const char *)inst->code + (u32)fp[RB])
#define RETURN do { u32 c_ = ((const u16 *)l_)[WRT__F_PRICE]; fp -= ((const u16 *)l_)[WRT__F_DELTA]; ip = l_ + WRT__CALL_WORDS; PAY(c_); DISPATCH; } while (0)
HDL(RET, LINK; RETURN;)
HDL(RET_I_S, LINK; A = fp[RA]; PUT_I(0); RETURN;)
HDL(RET_I_I, LINK; A = ip[2]; PUT_I(0); RETURN;)
HDL(RET_D_S, LINK; D = GET_D(RA); PUT_D(0); RETURN;)
HDL(RET_F_S, LINK; F = GET_F(RA); PUT_F(0); RETURN;)
#if WRT_FUSE_FULL
HDL(BRTABLE_A, BRANCH_TABLE(A))
HDL(CALLI_A, CALL_INDIRECT(A))
HDL(RET_I_A, LINK; PUT_I(0); RETURN;)
HDL(RET_D_A, LINK; PUT_D(0); RETURN;)
HDL(RET_F_A, LINK; PUT_F(0); RETURN;)

/* ---- fusions of the full list ---- */
#define X(n, T, E) \
    HDL(n##_S, u32 a; u32 b; EA(sizeof(T), fp[RA], (u32)IMM); a = load_##T(mem + e); A = a; b = (u32)fp[RD]; if (E) TAKE(2); SKIP(2, 4);) \
    HDL(n##_I, u32 a; u32 b; EA(sizeof(T), fp[RA], (u32)IMM); a = load_##T(mem + e); A = a; b = (u32)ip[3]; if (E) TAKE(2); SKIP(2, 4);)
WRT__LDBR(X)
#undef X
#define X(n, E) \
    HDL(n##_S, u32 a = (u32)fp[RA] + (u32)IMM; u32 b; A = a; fp[RD] = A; b = (u32)fp[((const u16 *)ip)[12]]; if (E) TAKE(2); SKIP(2, 4);) \
    HDL(n##_I, u32 a = (u32)fp[RA] + (u32)IMM; u32 b; A = a; fp[RD] = A; b = ((const u32 *)ip)[6]; if (E) TAKE(2); SKIP(2, 4);)
WRT__INC(X)
#undef X
#define X(n, E, S) DEF2(n, I, 2, u32 x = (u32)fp[RA]; u32 b = (u32)fp[RB]; u32 y = (S); A = (u32)(E))
WRT__SHOP(X)
#undef X
#define X(n, K, T, E) DEF2(n, K, 3, T m; EA(sizeof(T), (u32)fp[RA] + (u32)WORD_HI(2), WORD_LO(2)); m = load_##T(mem + e); ACC_##K = (E))
WRT__MEMOP(X)
#undef X
#define SA_SS fp[((const u16 *)ip)[10]]
#define SB_SS fp[RC]
#define SA_AS A
#define SB_AS fp[RC]
#define SA_SI fp[((const u16 *)ip)[10]]
#define SB_SI ip[2]
#define SA_AI A
#define SB_AI ip[2]
#define Y(m, n, E) DEF2(n##_##m, I, 3, u32 a = (u32)(SA_##m); u32 b = (u32)(SB_##m); u64 p_ = fp[RA]; u64 q_ = fp[RB]; A = (E) ? p_ : q_)
#define X(n, E) WRT__MODES_SEL(Y, n, E)
WRT__SELC(X)
#undef X
#undef Y
#define MULADD(n, K, canon, T) \
    DEF2(n##_MULADD_SS, K, 2, T p_ = GET_##K(RA) * GET_##K(RB); ACC_##K = canon(GET_##K(RC) + p_)) \
    DEF2(n##_MULADD_AS, K, 2, T p_ = ACC_##K * GET_##K(RB); ACC_##K = canon(GET_##K(RC) + p_)) \
    DEF2(n##_MULSUB_SS, K, 2, T p_ = GET_##K(RA) * GET_##K(RB); ACC_##K = canon(GET_##K(RC) - p_)) \
    DEF2(n##_MULSUB_AS, K, 2, T p_ = ACC_##K * GET_##K(RB); ACC_##K = canon(GET_##K(RC) - p_))
MULADD(F64, D, canon_d, double)
MULADD(F32, F, canon_f, float)
DEF2(F64_MULADD_SC, D, 2, double p_ = GET_D(RA) * GET_D(RB); D = canon_d(D + p_))
DEF2(F64_MULADD_PA, D, 2, double p_ = D * GET_D(RB); D = canon_d(D1 + p_))
DEF2(F64_MULADD_CP, D, 2, double p_ = D * D1; D = canon_d(GET_D(RC) + p_))
DEF2(F64_MULSUB_SC, D, 2, double p_ = GET_D(RA) * GET_D(RB); D = canon_d(D - p_))
DEF2(F64_MULSUB_PA, D, 2, double p_ = D * GET_D(RB); D = canon_d(D1 - p_))
DEF2(F64_MULSUB_CP, D, 2, double p_ = D * D1; D = canon_d(GET_D(RC) - p_))
DEF2(F64_ADD_PA, D, 2, D = canon_d(D1 + D))
DEF2(F64_MUL_PA, D, 2, D = canon_d(D1 * D))
DEF2(F64_SUB_PA, D, 2, D = canon_d(D1 - D))
DEF2(F64_SUB_AP, D, 2, D = canon_d(D - D1))
DEF2(F64_ADD_AA, D, 2, D = canon_d(D + D))
DEF2(F64_MUL_AA, D, 2, D = canon_d(D * D))
DEF2(SHLADD_SS, I, 2, A = (u32)((u32)fp[RA] + ((u32)fp[RB] << RC)))
DEF2(SHLADD_AS, I, 2, A = (u32)((u32)A + ((u32)fp[RB] << RC)))
DEF2(SHLADD_SA, I, 2, A = (u32)((u32)fp[RA] + ((u32)A << RC)))
#endif
