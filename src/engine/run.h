/* run.h: what the driver of the loop (run.c), the operators it executes (slow.c) and strands (strand.c)
 * share. */
#ifndef WRT_SRC_ENGINE_RUN_H
#define WRT_SRC_ENGINE_RUN_H

#include "engine/loop.h"

/* What one step outside the loop led to. */
enum wrt__step {
    WRT__STEP_ON,       /* ip stands at the next instruction; back into the loop */
    WRT__STEP_STOP,     /* at a checkpoint: strand->stop says why */
    WRT__STEP_TRAP,     /* strand->trap is set, ip stands at the operator */
    WRT__STEP_FAIL,     /* strand->status is set */
    WRT__STEP_DONE,
};

enum { WRT__STOP_PROFILE = 100 };  /* strand->stop besides the outcomes: the block at ip is to be counted */
void wrt__profile_block(struct wrt__strand *s);
enum { WRT__STACK_STEP = 32 };  /* the high-water mark of a stack moves in steps of so many slots */

static inline uint64_t *wrt__frame_of(const struct wrt__strand *s) { return s->stack + s->fp; }
static inline const uint64_t *wrt__ins_of(const struct wrt__strand *s) { return s->instance->code + s->ip; }
static inline enum wrt__step wrt__trap(struct wrt__strand *s, uint32_t code)
{
    s->trap = code;
    return WRT__STEP_TRAP;
}
static inline enum wrt__step wrt__fail_step(struct wrt__strand *s, wrt_status status)
{
    s->status = status;
    return WRT__STEP_FAIL;
}

/* Books what was used since the last grant; afterwards slice, hard, poll and guest_fuel are exact. */
void wrt__settle(struct wrt__strand *s);
/* The loop's counter anew: least of slice, budget and poll distance. */
void wrt__grant(struct wrt__strand *s);
/* Pays the edge to the block at ip. */
enum wrt__step wrt__edge(struct wrt__strand *s, uint32_t price);
/* Pays `price` at the operator itself (bulk work, host calls): a checkpoint whose block is that piece of
 * work. */
enum wrt__step wrt__pay_here(struct wrt__strand *s, uint64_t price, bool host);
/* The frame may use slots up to `end`. false: the limit; strand->trap is set. */
bool wrt__stack_reserve(struct wrt__strand *s, uint64_t end);
/* The strand is the one that runs in its instance now. */
void wrt__attach(struct wrt__strand *s);

/* slow.c: executes the instruction SLOW at ip. */
enum wrt__step wrt__slow(struct wrt__strand *s);
/* call.c: a call that the loop does not do itself. delta: first argument, relative to fp. */
enum wrt__step wrt__call_ref(struct wrt__strand *s, uint32_t func, uint32_t delta);
enum wrt__step wrt__tail_call(struct wrt__strand *s, uint32_t func, uint32_t link, uint32_t first);
enum wrt__step wrt__call_enter(struct wrt__strand *s);          /* the strand's first function */
enum wrt__step wrt__call_border(struct wrt__strand *s); /* a return that crosses into another instance */
enum wrt__step wrt__call_finish_host(
    struct wrt__strand *s); /* results of a host function are in their slots */
bool wrt__table_entry(struct wrt__strand *s, uint32_t table, uint32_t index, uint32_t type,
    uint32_t *func); /* false: trap set */

/* A border frame: two slots below the callee's frame. */
struct wrt__border { uint32_t caller_ref, call, caller_fp, results; };
static inline struct wrt__border wrt__border_read(const uint64_t *w)
{
    return (
        struct wrt__border){ (uint32_t)(w[0] >> 32), (uint32_t)w[0], (uint32_t)(w[1] >> 32), (uint32_t)w[1] };
}
/* The frames of a strand, innermost first. */
struct wrt__walk {
    const struct wrt__strand *strand;
    const struct wrt_instance *instance;
    uint32_t fp, ip, func; /* func: in the instance's module */
};
bool wrt__walk_first(const struct wrt__strand *s, struct wrt__walk *w); /* false: it stands in no function */
bool wrt__walk_next(struct wrt__walk *w);

#endif
