/* bound: prices, loops and calls of all bodies put together, and the bound of the entry by loop collapse. */
#ifndef WRT_SRC_WCET_BOUND_H
#define WRT_SRC_WCET_BOUND_H

#include "wcet/path.h"

/* Blocks of unit of which one round of the loop that begins at block `scope` (0: one invocation) runs one at
 * most. */
struct wrt__wcet_pair { uint32_t unit, a, b, scope; };

/* Declared price of an imported function; figures of the whole call. */
struct wrt__wcet_host { wrt_str module, name; uint64_t fuel_high, fuel_low; };

/* One function that a call may run: a body, or (body NONE) an import of known or unknown price. */
struct wrt__wcet_target { uint32_t body, func; uint64_t high, low; };
/* One call of a block that is reached. */
/* spare: a run may end at the call, which is paid for then, and calls nobody. */
struct wrt__wcet_call { uint32_t block, site, target_first, targets_count; bool foreign, spare; };

/* A body with everything that the bound needs. Arrays live in the program's arena. */
struct wrt__wcet_unit {
    struct wrt__wcet_graph g;
    int64_t *high, *low;            /* per block: prices without calls */
    uint64_t *most, *least, *total; /* per natural loop; most is never above total */
    uint8_t *reached;               /* per block */
    struct wrt__wcet_call *calls;
    uint32_t calls_count;
    uint32_t group; /* functions that call each other have the same one; callees have lower ones */
    bool recursive;
    bool open;                      /* something inside has no bound */
    bool opaque;                    /* fuel_high was given, and is less than what paths say */
    bool sealed;                    /* it was given, and paths say nothing: no look inside */
    bool no_return;
    uint64_t fuel_high, fuel_low;   /* of one invocation; INF: open */
    uint64_t stack_slots;           /* deepest stack below and with it; INF */
};

enum wrt__wcet_why_kind {
    WRT__WCET_WHY_LOOP,
    WRT__WCET_WHY_RECURSION,
    WRT__WCET_WHY_INDIRECT,         /* functions of others may be called */
    WRT__WCET_WHY_HOST,             /* an import without a declared price */
    WRT__WCET_WHY_SIZE,             /* bulk operator or grow of unknown size */
    WRT__WCET_WHY_NO_RETURN,        /* no path leaves the function */
    WRT__WCET_WHY_LARGE             /* the figure has no room in 64 bits */
};
struct wrt__wcet_why {
    uint8_t kind;
    uint32_t func, offset, ordinal; /* ordinal: of a loop */
    uint32_t callee;                /* of a host call or recursion; NONE */
    const char *reason;             /* static text, or NULL */
};

struct wrt__wcet_bound {
    struct wrt__wcet_program *p;
    struct wrt__wcet_bounds *b;
    const struct wrt__wcet_host *hosts;
    uint32_t hosts_count;
    struct wrt__wcet_unit *units;   /* as p->bodies */
    struct wrt__wcet_target *targets;
    uint32_t targets_count, targets_cap;
    const struct wrt__wcet_pair *pairs;     /* stated; only the whole-program maximum knows them */
    uint32_t pairs_count;
    struct wrt__wcet_call ***shared;        /* per table and type: the targets that calls share; NULL */
    uint32_t *order;                /* units, callees before callers */
    struct wrt__wcet_why *why;      /* in the order in which they are met from the entry */
    uint32_t why_count, why_cap;
    bool bounded;
    uint64_t fuel_high, fuel_low;   /* by paths; without what was given for the whole run */
};

/* Puts together and bounds. `b` is complete.  errors  WRT_E_NOMEM; having no bound is none. */
wrt_status wrt__wcet_bound_make(struct wrt__wcet_bound *x, struct wrt__wcet_bounds *b,
    const struct wrt__wcet_host *hosts, uint32_t hosts_count, wrt_error *err);
void wrt__wcet_bound_free(struct wrt__wcet_bound *x);

/* Price of each block with the calls in it, into cost[blocks_count] (from wrt__path's point of view); `sign`
 * 1: the most, -1: the least, negated. */
void wrt__wcet_block_costs(
    const struct wrt__wcet_bound *x, const struct wrt__wcet_unit *u, int sign, int64_t *cost);

/* May the whole-program maximum look inside u? */
bool wrt__wcet_is_countable(const struct wrt__wcet_bound *x, const struct wrt__wcet_unit *u);

/* The dearest path of a bound that was found by loop collapse: runs[unit][block] and calls[unit], in the
 * arena. errors  WRT_E_NOMEM, WRT_E_LIMIT a count is too large */
wrt_status wrt__wcet_worst(
    struct wrt__wcet_bound *x, uint64_t ***runs, uint64_t **calls, wrt_error *err);

#endif
