/* The loop, spelled as tail calls: each handler is a function that ends by jumping to the next one, and the
 * registers of the machine stay in registers of the processor. For 64-bit gcc and clang with optimisation. */
#include "engine/loop.h"

#if WRT_DISPATCH_TAIL

#ifndef __has_attribute
#define __has_attribute(x) 0
#endif
#if __has_attribute(musttail)
#define TAIL __attribute__((musttail)) return
#else
#define TAIL return /* gcc makes a jump of it at -O2; ./dev tidy counts the jumps */
#endif
#if __has_attribute(preserve_none) && !defined(WRT_NO_PRESERVE_NONE)
#define CC __attribute__((preserve_none))
#else
#define CC
#endif

/* The machine of x86-64 under preserve_none: ip and fp lie where operands are reached with the shortest
 * instructions, and there is a register more, `via`: how far the branch that comes here went. Only h_far2 and
 * h_far3 read it; everybody else passes on what happens to be in the register. */
#if defined(__x86_64__) && __has_attribute(preserve_none) && !defined(WRT_NO_PRESERVE_NONE)
#define VIA 1
#define ARGS \
    u64 A, i64 fuel, u8 *mem, struct wrt_instance *inst, const u64 *ip, u64 *fp, \
    __attribute__((unused)) u64 via, double D, float F, double D1
#define PASS A, fuel, mem, inst, ip, fp, any_register(), D, F, D1
#define PASS_VIA(via) A, fuel, mem, inst, ip, fp, via, D, F, D1
static inline __attribute__((always_inline)) u64 any_register(void)
{
    u64 x;
    __asm__("" : "=r"(x));
    return x;
}
#else
#define VIA 0
#define ARGS \
    const u64 *ip, u64 *fp, u8 *mem, struct wrt_instance *inst, i64 fuel, u64 A, double D, float F, double D1
#define PASS ip, fp, mem, inst, fuel, A, D, F, D1
#define PASS_VIA(via) PASS
#endif
typedef void (CC *handler)(ARGS);

/* x86-64: the counter is the low 16 bits of its register, because a price has 16 bits and the processor can
 * take from a register what is in memory: one instruction where a price that is loaded first needs two. run.c
 * grants pieces that fit, and the translator makes no edge dearer than WRT__PRICE_MAX. */
#if defined(__x86_64__) && defined(__GCC_ASM_FLAG_OUTPUTS__) && !NO_FUEL
static inline __attribute__((always_inline)) bool charge16(i64 *fuel, const u16 *price)
{
    bool below;
    __asm__("subw %2, %w0" : "+r"(*fuel), "=@ccs"(below) : "m"(*price));
    return below;
}
#define CHARGE(p) charge16(&fuel, p)
#define COUNTER (i64)(i16)fuel
/* A taken branch has no second jump for the test: it would stand right behind the first one, which cost 20 %
 * in a loop of few operators (docs/interpreter.md). Where the counter is below zero, h_far takes the place of
 * the target's handler. */
#if VIA
#define CHARGE_FAR(p, to, w, far) do { \
    const u16 *p_ = (p); ip = (to); uintptr_t h_ = ip[0]; \
    __asm__("subw %2, %w0\n\tcmovs %3, %1" : "+&r"(fuel), "+&r"(h_) : "m"(*p_), "m"(far_stops[w])); \
    TAIL ((handler)h_)(PASS_VIA((u64)(far))); \
} while (0)
#endif
#else
#define COUNTER fuel
#endif

/* So that a handler can be the end of a sequence; all are in the table too. */
#define INLINE __attribute__((always_inline)) inline
#define DISPATCH TAIL ((handler)(uintptr_t)ip[0])(PASS)
/* The price travels in the register of mem, which the instance can restore. */
#define STOP(c) do { mem = (u8 *)(uintptr_t)(u64)(c); TAIL h_stop(PASS); } while (0)
#define TRAP(t) do { A = (u64)(t); TAIL h_trap(PASS); } while (0)
#define LEAVE(e) do { inst->strand->exit = (e); TAIL h_save(PASS); } while (0)
/* The accumulators stay: the call may be made again. */
#define LEAVE_REF(r) do { inst->strand->target = (u32)(r) - 1; LEAVE(WRT__EXIT_CALL_REF); } while (0)
/* The compiler forgets what it knows of p: a loop stays one (a call of memset would spill every register),
 * and no copy of an old value is kept in a register for a cold path. */
#define OPAQUE(p) __asm__ volatile("" : "+r"(p))
#define HDL(n, ...) static INLINE void CC h_##n(ARGS) { __VA_ARGS__ }
/* Cold ends keep the handlers' own signature: gcc would drop parameters, and shift registers in every handler
 * for it. */
#if defined(__GNUC__) && !defined(__clang__)
#define COLD __attribute__((noipa, cold))
#else
#define COLD WRT_NOINLINE __attribute__((cold))
#endif

static COLD void CC h_save(ARGS)
{
    struct wrt__strand *s = inst->strand;
    (void)mem;
    (void)D1;
    s->ip = (u32)(ip - inst->code);
    s->fp = (u32)(fp - s->stack);
    s->fuel = COUNTER;
    s->acc_i = A;
    s->acc_d = D;
    s->acc_f = F;
}
static COLD void CC h_trap(ARGS)
{
    inst->strand->trap = (u32)A;
    inst->strand->exit = WRT__EXIT_TRAP;
    TAIL h_save(PASS);
}
#if !NO_FUEL
/* A block that the counter did not hold. Most often only the distance of a poll is over. */
static COLD void CC h_stop(ARGS)
{
    struct wrt__strand *s = inst->strand;
    u32 c = (u32)(uintptr_t)mem;
    mem = inst->mem;
    fuel = COUNTER;
    /* A return out of the module: the caller's edge is the checkpoint. */
    if (ip - inst->code < WRT__CODE_HEAD) DISPATCH;
    i64 piece = wrt__next_poll(s);
    fuel += piece;
    if (WRT_LIKELY(piece > 0 && fuel >= 0)) DISPATCH;
    if (wrt__refill(s, fuel + (i64)c, c)) {
        fuel = s->fuel;
        DISPATCH;
    }
    fuel = s->fuel;
    TAIL h_save(PASS);
}
#endif

#ifdef CHARGE_FAR
/* A taken branch whose word was the w-th of its instruction and whose target is not paid for. */
#define FAR(w) \
    static COLD void CC h_far##w(ARGS) \
    { \
        const char *branch = (const char *)((uintptr_t)ip - (uintptr_t)via); \
        STOP(((const u16 *)(const void *)branch)[4 * (w) + 2]); \
    }
FAR(2)
FAR(3)
static const uintptr_t far_stops[] = { 0, 0, (uintptr_t)h_far2, (uintptr_t)h_far3 };
#endif

#include "engine/handlers.def"
#if WRT_FUSE_FULL
#include "engine/sequences.h"
#endif

#define E(n) [WRT__R_##n] = (uintptr_t)h_##n,
#if WRT_FUSE_FULL
#define E2(n) E(n) E(n##_D)
#else
#define E2(n) E(n)
#endif
static const uintptr_t handlers[WRT__R_HANDLERS] = {
#define Y(m, n) E2(n##_##m)
#define X(n, T, CHK, e, modes) WRT__MODES_OF(modes, Y, n)
    WRT__IBIN(X)
#undef X
#define X(n, K, e, modes) WRT__MODES_OF(modes, Y, n)
    WRT__FCMP(X) WRT__FBIN(X)
#undef X
#define X(n, from, to, CHK, e) WRT__MODES_UN(Y, n)
    WRT__UN(X)
#undef X
#define X(n, K, T, cast) WRT__MODES_LOAD(Y, n)
    WRT__LOAD(X)
#undef X
#define X(n, e) WRT__MODES_SEL(Y, n)
    WRT__SELC(X)
#undef X
#undef Y
#define X(n, ...) E2(n)
    WRT__SHOP(X) WRT__MEMOP(X) WRT__PAIR(X) WRT__MISC2(X)
#undef X
#define Y(m, n) E(n##_##m)
#define X(n, K, T) WRT__MODES_STORE(Y, n)
    WRT__STORE(X)
#undef X
#define X(n, T, e) WRT__MODES_BR(Y, n)
    WRT__ICBR(X) WRT__TCBR(X) WRT__FCBR(X)
#undef X
#undef Y
#define X(n, ...) E(n##_S) E(n##_I)
    WRT__INC(X) WRT__LDBR(X)
#undef X
#define X(n) E(n)
    WRT__MISC(X)
#undef X
#if WRT_FUSE_FULL
#define X(x, y) E(x##__##y)
#include "wasm/sequences.def"
#undef X
#endif
};

const uintptr_t *wrt__engine_handlers(void)
{
    return handlers;
}

void wrt__loop(struct wrt__strand *s)
{
    struct wrt_instance *inst = s->instance;
    const u64 *ip = inst->code + s->ip;
    u64 *fp = s->stack + s->fp;
    u8 *mem = inst->mem;
    i64 fuel = s->fuel;
    u64 A = s->acc_i;
    double D = s->acc_d, D1 = 0;
    float F = s->acc_f;
    ((handler)(uintptr_t)ip[0])(PASS);
}

#else
typedef int wrt__loop_tail_is_off;
#endif
