/* The loop, spelled as a switch: for debug, sanitizer, 32-bit and freestanding builds. Same register code,
 * same results, same fuel as loop_tail.c. */
#include "engine/loop.h"

#if !WRT_DISPATCH_TAIL

#define DISPATCH goto dispatch
#define STOP(c) do { price = (u32)(c); goto stop; } while (0)
#define TRAP(t) do { s->trap = (u32)(t); s->exit = WRT__EXIT_TRAP; goto save; } while (0)
#define LEAVE(e) do { s->exit = (e); goto save; } while (0)
/* The accumulators stay: the call may be made again. */
#define LEAVE_REF(r) do { s->target = (u32)(r) - 1; LEAVE(WRT__EXIT_CALL_REF); } while (0)
#define OPAQUE(p) (void)(p)
#define HDL(n, ...) case WRT__R_##n: { __VA_ARGS__ }

/* The short list: small code comes first. The pointers to the operands pd pa pb are made before the switch
 * (of instructions without such operands they point nowhere and are not used), a form with a constant becomes
 * the form with slots by pointing pb to the constant, and what handlers end with exists once. */
#define COMPACT !WRT_FUSE_FULL
#if COMPACT
#define RD (pd - fp)
#define RA (pa - fp)
#define RB (pb - fp)
#define FORM(m, ...) FORM_##m(__VA_ARGS__)
#define FORM_SS(...) __VA_ARGS__
#define FORM_SI(...)
#define NEXT(w) NEXT_(w)
#define NEXT_(w) goto next##w
#define GO(p, to) do { price = *(p); ip = (to); goto pay; } while (0)
#define TAKE(w) goto take##w
#define SKIP(w, n) goto skip##w
#endif

const uintptr_t *wrt__engine_handlers(void)
{
    return NULL;
}

void wrt__loop(struct wrt__strand *s)
{
    struct wrt_instance *inst = s->instance;
    const u64 *ip = inst->code + s->ip;
    u64 *fp = s->stack + s->fp;
    u8 *mem = inst->mem;
    i64 fuel = s->fuel;
#if WRT_FUSE_FULL
    u64 A = s->acc_i;
    double D = s->acc_d;
    float F = s->acc_f;
    double D1 = 0;
#else
    u64 A; /* a name for a result on its way to its slot: the short list never reads an accumulator */
    double D;
    float F;
#endif
    u32 price;

#if COMPACT
    u32 op, wide;
    u64 *pd, *pa, *pb, constant, e;
    goto dispatch;
next3:
    ip++;
next2:
    ip += 2 + wide;
dispatch:
    op = (u32)ip[0];
    wide = 0;
    pd = fp + ((const u16 *)ip)[4];
    pa = fp + ((const u16 *)ip)[5];
    pb = fp + ((const u16 *)ip)[6];
again:
    switch ((enum wrt__regop)op) {
#include "engine/handlers.def"
#define FORM_CASE_SS(n)
#define FORM_CASE_SI(n) case WRT__R_##n##_SI:
#define Y(m, n) FORM_CASE_##m(n)
#define X(n, T, CHK, E, modes) WRT__MODES_OF(modes, Y, n)
        WRT__IBIN(X)
#undef X
#define X(n, T, E) WRT__MODES_BR(Y, n)
        WRT__ICBR(X)
#undef X
        constant = (u64)(i64)IMM;
        pb = &constant;
        op--;
        goto again;
#define X(n, K, E, modes) WRT__MODES_OF(modes, Y, n)
        WRT__FCMP(X) WRT__FBIN(X)
#undef X
        constant = ip[2];
        pb = &constant;
        wide = 1;
        op--;
        goto again;
#undef Y
#define X(n, ...) case WRT__R_##n##_S:
        WRT__LOAD(X)
#undef X
        e = (u64)(u32)*pa + (u32)IMM;
        goto load;
#define X(n, ...) case WRT__R_##n##_PS:
        WRT__LOAD(X)
#undef X
        e = (u64)((u32)*pa + (u32)IMM) + ip[2];
        wide = 1;
        op--;
        goto load;
#define X(n, ...) case WRT__R_##n##_SS:
        WRT__STORE(X)
#undef X
        e = (u64)(u32)*pd + (u32)IMM;
        goto store;
#define X(n, ...) case WRT__R_##n##_PS:
        WRT__STORE(X)
#undef X
        e = (u64)((u32)*pd + (u32)IMM) + ip[2];
        wide = 1;
        op--;
        goto store;
#else
dispatch:
    switch ((enum wrt__regop)ip[0]) {
#include "engine/handlers.def"
#endif
    case WRT__R_NONE:
    case WRT__R_COUNT:
    default:
        WRT_ASSERT(!"a register operator that exists");
        return;
    }
#if COMPACT
load:
    if (WRT_UNLIKELY(e > inst->mem_bytes)) TRAP(WRT_TRAP_OUT_OF_BOUNDS);
    switch (op) {
#define X(n, K, T, cast) HDL(n##_S, ACC_##K = cast load_##T(mem + e - sizeof(T)); PUT_##K(RD); NEXT(2);)
        WRT__LOAD(X)
#undef X
    default: break;
    }
store:
    if (WRT_UNLIKELY(e > inst->mem_bytes)) TRAP(WRT_TRAP_OUT_OF_BOUNDS);
    switch (op) {
#define X(n, K, T) HDL(n##_SS, store_##T(mem + e - sizeof(T), (T)(GET_##K(RA))); NEXT(2);)
        WRT__STORE(X)
#undef X
    default: NEXT(2);
    }
take1:
    pb = (u64 *)(uintptr_t)(ip + 1);
    goto take;
take2:
    pb = (u64 *)(uintptr_t)(ip + 2);
take: /* a branch word: see TAKE in handlers.def */
    price = ((const u16 *)pb)[2];
    ip = (const u64 *)(const void *)((const char *)ip + *(const i32 *)(const void *)pb);
    goto pay;
skip2:
    price = ((const u16 *)ip)[11];
    ip += 3;
pay:
    fuel -= (i64)price;
    if (fuel >= 0) DISPATCH;
#else
stop:
#endif
    if (ip - inst->code < WRT__CODE_HEAD)
        DISPATCH; /* a return out of the module: the caller's edge is the checkpoint */
    fuel += wrt__next_poll(s);
    if (fuel >= 0) DISPATCH;
    if (wrt__refill(s, fuel + (i64)price, price)) {
        fuel = s->fuel;
        DISPATCH;
    }
    fuel = s->fuel;
save:
    s->ip = (u32)(ip - inst->code);
    s->fp = (u32)(fp - s->stack);
    s->fuel = fuel;
#if WRT_FUSE_FULL
    s->acc_i = A;
    s->acc_d = D;
    s->acc_f = F;
#endif
}

#else
typedef int wrt__loop_switch_is_off;
#endif
