/* wcet: bounds in fuel, straight from the binary. This is the room's face and the form that its parts share:
 * decoded bodies (body.c), what is known about loops, calls and sizes (struct wrt__wcet_bounds, filled by
 * facts.c and by inference), the bound itself (path.c, ilp.c). Must not know instances, tasks or files.
 * Text: docs/wcet.md; prices: docs/fuel.md. Hosted only, not part of the freestanding core. */
#ifndef WRT_SRC_WCET_H
#define WRT_SRC_WCET_H

#include "wasm/module.h"

#define WRT__WCET_NONE UINT32_MAX
#define WRT__WCET_ARGS 8                /* arguments whose range can be stated */
#define WRT__WCET_INF UINT64_MAX        /* of figures: no bound */

/* Catalogue numbers of this room. */
enum {
    WRT__W_WCET_FACTS = 701, WRT__W_WCET_UNBOUNDED, WRT__W_WCET_HASH, WRT__W_WCET_NOTHING,
    WRT__W_WCET_CONTRADICTION, WRT__W_WCET_LIMIT
};

/* ---- bodies -------------------------------------------------------------------------------------------- */

/* One live operator of a body. Operators that validation finds unreachable are left out, so that neighbours
 * in the array follow each other in the run; but for these: `else` and `end` of a live block are always
 * there, with WRT__WCET_NO_FALL when the operator before them does not lead to them. Meaning of a, b:
 *   block, if       a = index of the matching end; of an if with an arm for false: of its else
 *   loop            a = index of the matching end, b = its ordinal (also in wrt__wcet_body.loops)
 *   else            a = index of the matching end
 *   end             a = index of its block, loop, if or else (NONE: the function's); b = ordinal of a loop
 *   br, br_if       a = index of the target: the loop operator itself, else the matching end; the function's
 *                   own label is its last operator
 *   br_table        targets[a .. a + b): indices of targets as above, the last is the default
 *   call, ref.func  a = function            call_indirect  a = type, b = table; tail calls alike
 *   local, global, table operators, memory.init, elem.drop, data.drop   a = index
 *   table.init      a = segment, b = table   table.copy  a = to, b = from
 *   loads, stores   a = the constant offset
 *   constants       a = low, b = high 32 bits
 *   ref.null, select t   a = type
 * A taken branch leaves ops[target].height operands on the stack: the upper `arity` of those that were there,
 * on top of what lay below the block. */
struct wrt__wcet_op {
    uint32_t offset;                /* in the binary */
    uint16_t code;                  /* as in the fuel table: 256 + k for 0xfc k */
    uint16_t height;                /* operands on the stack before it; of `end` and a loop's label: there */
    uint32_t a, b;
    uint16_t arity;                 /* values that a branch takes along; results of a call; of a block */
    uint16_t flags;
};
enum { WRT__WCET_NO_FALL = 1 };

/* One function with code. Everything lives in the program's arena. */
struct wrt__wcet_body {
    uint32_t func;                  /* index space with imports */
    uint32_t count;
    const struct wrt__wcet_op *ops;
    const uint32_t *targets;
    uint32_t targets_count;
    uint32_t loops_count;           /* ordinals: every loop operator of the body in the order of the binary */
    const uint32_t *loops;          /* ordinal -> index of the operator, NONE: it is unreachable code */
    const uint32_t *loop_offsets;   /* ordinal -> offset in the binary, dead ones too */
    uint32_t loop_first;            /* number of its loop 0 in wrt__wcet_bounds.loops */
    uint32_t site_first, sites_count;       /* in wrt__wcet_bounds.sites */
    const uint8_t *locals;          /* types, parameters first */
    uint32_t locals_count, params, results;
    uint32_t height_max;
    uint32_t entry_price;           /* function entry and clearing of locals */
};

/* Reachable from `entry` by calls; indirect calls reach every function that the table may hold with an equal
 * type. The entry is bodies[0]; the others follow in the order in which they are found. */
struct wrt__wcet_program {
    const struct wrt__module *m;    /* borrowed, with its fuel table */
    const wrt_alloc *alloc;
    struct wrt__arena arena;
    uint32_t entry;
    struct wrt__wcet_body *bodies;
    uint32_t bodies_count, bodies_cap;
    uint32_t *body_of;              /* function -> index in bodies; NONE: an import, or not reachable */
    uint32_t loops_count, sites_count;      /* over all bodies */
    uint64_t ops_count;
    /* Per table: no function can be in it but those of active segments that are constant (`funcs`), because
     * nothing imports, exports or writes it. Otherwise `funcs` is every function that a reference may name,
     * and `foreign` says that functions of others may be there too. */
    struct wrt__wcet_table { bool closed, foreign; uint32_t count; const uint32_t *funcs; } *tables;
    /* Per function that is not reached and was asked for: its loops. NULL: none was. */
    struct wrt__wcet_dead { bool known; uint32_t count; const uint32_t *offsets; } *dead;
};

/* Decodes what is reachable from function `entry` (which must have code) of a loaded, hence valid, module.
 * errors  WRT_E_LIMIT "wcet_operators"; WRT_E_NOMEM      cost  linear in the bytes of the code section */
wrt_status wrt__wcet_open(
    struct wrt__wcet_program *p, const struct wrt__module *m, uint32_t entry, wrt_error *err);
void wrt__wcet_close(struct wrt__wcet_program *p);

/* Loop `*ordinal` of any function with code, or (NONE) the one at `offset`; when both are given they must
 * agree. *count is how many it has. errors  WRT_E_INVALID there is no such loop; WRT_E_NOMEM */
wrt_status wrt__wcet_find_loop(struct wrt__wcet_program *p, uint32_t func, uint32_t *ordinal, uint32_t offset,
    uint32_t *count, uint32_t *offset_out);

static inline const struct wrt__wcet_body *wrt__wcet_body_of(const struct wrt__wcet_program *p, uint32_t func)
{
    return p->body_of[func] == WRT__WCET_NONE ? NULL : &p->bodies[p->body_of[func]];
}
static inline uint64_t wrt__wcet_bits(const struct wrt__wcet_op *op) { return (uint64_t)op->b << 32 | op->a; }
/* Fixed price of an operator; parts that depend on size come on top. */
static inline uint32_t wrt__wcet_price(const struct wrt__wcet_program *p, const struct wrt__wcet_op *op)
{
    return wrt__op_cost(p->m->fuel, op->code);
}

/* ---- what is known ------------------------------------------------------------------------------------- */

/* Which rule of docs/wcet.md gave a figure; 0: none did. */
enum wrt__wcet_rule {
    WRT__WCET_RULE_NONE,
    WRT__WCET_RULE_INDUCTION,       /* one counter against an invariant */
    WRT__WCET_RULE_INTERVAL,        /* ranges of values */
    WRT__WCET_RULE_TRIANGULAR,      /* a total over nested counters */
    WRT__WCET_RULE_EXECUTION,       /* abstract execution */
    WRT__WCET_RULE_ANNOTATION,      /* a fact that somebody stated */
    WRT__WCET_RULE_CONTEXT          /* by call site */
};

/* What an entry may find. After a call that does not return the instance is reset or not used any more. */
enum wrt__wcet_state {
    WRT__WCET_FRESH, /* a new instance: this is its first call */
    WRT__WCET_REPEATED, /* any number of calls of this entry, and of others that are named, before */
    WRT__WCET_ANY /* memory, tables and globals as anybody may have left them */
};

/* One loop operator. An arrival is one execution of its label: the first from outside counts 1, each branch
 * back to it one more. */
struct wrt__wcet_loop {
    uint32_t func, ordinal, offset;
    bool live;                      /* not unreachable code */
    uint8_t rule;                   /* that gave `max` */
    uint8_t total_rule;
    uint64_t min, max;              /* arrivals per entry from outside; max INF: unknown; min at least 1 */
    uint64_t total;                 /* arrivals in one run of the entry; INF: unknown */
    uint64_t entries;               /* entries from outside in one run; INF: unknown */
    const char *reason;             /* why it has no bound; static text or NULL */
};

/* One call, indirect call, bulk operator or grow of a body (indirect tail calls too). */
struct wrt__wcet_site {
    uint32_t func, op, offset;      /* op: index in the body */
    uint64_t size_max;              /* bulk and grow: largest operand of size; INF: unknown */
    uint64_t size_min;
    uint64_t fuel_high; /* calls: the callee from its entry to its return, called from here; INF */
    uint64_t fuel_low;
    const uint32_t *targets;        /* indirect calls: the only functions it can call; NULL: by type */
    uint32_t targets_count;
    uint8_t rule;
};

/* One function that is reachable, in the order of bodies. */
struct wrt__wcet_func {
    uint64_t calls;                 /* invocations in one run of the entry; INF: unknown */
    uint64_t fuel_high, fuel_low;   /* of any one invocation, callees included; INF and 0: unknown */
    uint8_t calls_rule, fuel_rule;
};

/* Facts and inferences of one program; everything in it may only be true. All figures start as unknown.
 * The bound is the least of what the parts allow, so that each may fill in what it proves. */
struct wrt__wcet_bounds {
    struct wrt__wcet_program *p;
    bool traps; /* paths may end in every block, and blocks with calls; set before graphs are made */
    struct wrt__wcet_loop *loops;   /* p->loops_count: body by body, by ordinal, dead ones too */
    struct wrt__wcet_site *sites;   /* p->sites_count: body by body, in the order of the operators */
    struct wrt__wcet_func *funcs;   /* p->bodies_count */
    uint64_t fuel_high, fuel_low;   /* of the whole run of the entry, start function not included */
    uint8_t fuel_rule;
    uint64_t memory_pages;          /* largest size of the memory that the entry can make; INF: unknown */
    /* Assumptions of inference, set before it. Argument k is one of low .. high (as a circle: low may be
     * above). */
    struct wrt__wcet_arg { bool given; uint64_t low, high; } args[WRT__WCET_ARGS];
    enum wrt__wcet_state state;     /* that the entry begins in */
    const uint32_t *others;         /* REPEATED: functions that are called between its calls, imports too */
    uint32_t others_count;
    enum wrt__wcet_state taken;     /* by inference, set by it: ANY where it found nothing better */
    const char *limit;              /* that ended inference early, "wcet_steps"; NULL: none did */
    /* NULL, or told now and then how many operators were executed, all attempts together. */
    void (*progress)(void *ctx, uint64_t done);
    void *progress_ctx;
    uint64_t progress_done;
};
enum { WRT__WCET_PROGRESS = 1 << 16 };  /* operators from one call of `progress` to the next */
wrt_status wrt__wcet_bounds_init(
    struct wrt__wcet_bounds *b, struct wrt__wcet_program *p, wrt_error *err);   /* in p->arena */
static inline struct wrt__wcet_loop *wrt__wcet_loop_of(
    const struct wrt__wcet_bounds *b, const struct wrt__wcet_body *body, uint32_t ordinal)
{
    return &b->loops[body->loop_first + ordinal];
}
/* The site of operator `op`, NULL when it is none.  cost O(log n) */
struct wrt__wcet_site *wrt__wcet_site_of(
    const struct wrt__wcet_bounds *b, const struct wrt__wcet_body *body, uint32_t op);

/* Every function that the indirect call `op` of `body` may call: (*f)(ctx, function) for each. False:
 * functions that are not of this module may be called too. */
bool wrt__wcet_targets(const struct wrt__wcet_bounds *b, const struct wrt__wcet_body *body, uint32_t op,
    void (*f)(void *ctx, uint32_t func), void *ctx);

/* Inference without annotations fills what is still unknown in `b` and may lower what is known; work is
 * bounded by `steps` (0: the default).  errors  WRT_E_NOMEM; a limit that was hit is no error but leaves
 * figures unknown */
wrt_status wrt__wcet_infer(struct wrt__wcet_bounds *b, uint64_t steps, wrt_error *err);

#endif
