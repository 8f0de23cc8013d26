/* Sequences (wasm/sequences.def): neighbours whose handlers are one function, without a jump between. Both
 * instructions stay as they are, and each part leaves the machine as its own handler would: traps, stops and
 * branches into the middle find what they always find. Only for the spelling with tail calls.
 *
 * First the handlers once more as steps: functions that are always inlined, do what the handler does and
 * come back instead of going on. A step says whether it came to its end; else it met a trap, number in A. */
#undef HDL
#undef DISPATCH
#undef STOP
#undef TRAP
#undef LEAVE
#undef LEAVE_REF
#undef CHARGE_FAR
#undef GO_FAR

#define STEP_ARGS \
    const u64 **ip_, u64 *fp, u8 *mem, struct wrt_instance *inst, i64 fuel, \
    u64 *A_, double *D_, float *F_, double *D1_
#define STEP_PASS &ip, fp, mem, inst, fuel, &A, &D, &F, &D1
#define STEP_MORE ip_, fp, mem, inst, fuel, A_, D_, F_, D1_
#define STEP_END(r) do { *ip_ = ip; *A_ = A; *D_ = D; *F_ = F; *D1_ = D1; return (r); } while (0)
#define HDL(n, ...) static INLINE bool s_##n(STEP_ARGS) \
    { const u64 *ip = *ip_; u64 A = *A_; double D = *D_; float F = *F_; double D1 = *D1_; \
      (void)fp; (void)mem; (void)inst; (void)fuel; { __VA_ARGS__ } }
#define DISPATCH STEP_END(true)
#define TRAP(t) do { A = (u64)(t); STEP_END(false); } while (0)
/* What only ends a sequence: never a step. */
#define STOP(c) do { (void)(c); STEP_END(false); } while (0)
#define LEAVE(e) STEP_END(false)
#define LEAVE_REF(r) do { (void)(r); STEP_END(false); } while (0)

#include "engine/handlers.def"

#define X(x, y) \
    static INLINE bool s_##x##__##y(STEP_ARGS) { return s_##x(STEP_MORE) && s_##y(STEP_MORE); } \
    static void CC h_##x##__##y(ARGS) \
    { \
        if (WRT_UNLIKELY(!s_##x(STEP_PASS))) TAIL h_trap(PASS); \
        TAIL h_##y(PASS); \
    }
#include "wasm/sequences.def"
#undef X
