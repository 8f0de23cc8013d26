/* The loop, spelled as a switch: for debug, sanitizer, 32-bit and freestanding builds. Same register code, same
 * results, same fuel as loop_tail.c. */
#include "engine/loop.h"

#if !WRT_DISPATCH_TAIL

#define DISPATCH goto dispatch
#define STOP(c) do { price = (u32)(c); goto stop; } while (0)
#define TRAP(t) do { s->trap = (u32)(t); s->exit = WRT__EXIT_TRAP; goto save; } while (0)
#define LEAVE(e) do { s->exit = (e); goto save; } while (0)
#if WRT_FUSE_FULL
#define LEAVE_REF(r) do { A = (r); LEAVE(WRT__EXIT_CALL_REF); } while (0)
#else
#define LEAVE_REF(r) do { s->acc_i = (r); LEAVE(WRT__EXIT_CALL_REF); } while (0)
#endif
#define OPAQUE(p) (void)(p)
#define HDL(n, ...) case WRT__R_##n: { __VA_ARGS__ }

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
    u64 A; /* a name for a result on its way to its slot: no operator of the short list reads an accumulator */
    double D;
    float F;
#endif
    u32 price;

dispatch:
    switch ((enum wrt__regop)ip[0]) {
#include "engine/handlers.h"
    case WRT__R_NONE:
    case WRT__R_COUNT:
    default:
        WRT_ASSERT(!"a register operator that exists");
        return;
    }
stop:
    if (ip - inst->code < WRT__CODE_HEAD) DISPATCH; /* a return out of the module: the caller's edge is the checkpoint */
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
