/* abstract: execution of a program on sets of values (rule "execution" of docs/wcet.md). This is what its
 * files share: abstract.c runs, abstract_ops.c has the operators that touch more than operands,
 * abstract_know.c remembers what values came from, state.c keeps and merges states, induct.c ends loops that
 * do not end by themselves, instance.c is what a run begins with, repeat.c what calls leave to each other. */
#ifndef WRT_SRC_WCET_ABSTRACT_H
#define WRT_SRC_WCET_ABSTRACT_H

#include "wcet/memory.h"
#include "wcet/wcet.h"

/* While a loop is being closed: the value `id` is not `x`. */
struct wrt__ax_unequal { uint32_t id; uint64_t x; };
enum { WRT__AX_UNEQUAL = 4 };

/* A state at a place of a body. `slots` holds the globals of the module, then locals, then operands; behind
 * them `turns` counts, per depth of loop, arrivals since the loop was entered. */
struct wrt__as {
    struct wrt__as *next;           /* in a list of what is pending */
    uint64_t key;                   /* order of work, see wrt__ax_key */
    uint32_t pc, sp;                /* operator; operands */
    uint32_t forced;                /* function + 1 that the indirect call here calls */
    uint32_t run;                   /* states from here on that wait for the same place */
    bool apart;                     /* is not merged with others here */
    bool endless;                   /* fuel_high means nothing: a loop before here has no bound */
    uint64_t fuel_high, fuel_low;
    uint64_t pages_low, pages_high; /* size of the memory */
    uint64_t tables_changed;        /* bit per table, the last for all from 63 on */
    struct wrt__ax_unequal unequal[WRT__AX_UNEQUAL];        /* id 0: none */
    struct wrt__wm mem;
    struct wrt__wv *slots;
    uint32_t *turns;
    size_t bytes;                   /* of the block that all this is in */
};

/* What is precomputed of a body. */
struct wrt__ax_body {
    const struct wrt__wcet_body *body;
    uint32_t *rest;                 /* per operator: price of what follows it in its charge block, at least */
    uint32_t *depth;                /* per loop: loops around it */
    uint32_t depth_max;
    uint32_t locals, slots;         /* index of local 0; slots in all */
    uint8_t *apart;                 /* per operator: in a loop of `split`; NULL: none is */
};

/* A loop of one invocation. */
struct wrt__ax_loop {
    uint32_t save_at;               /* turn whose state is kept next */
    struct wrt__as *saved;          /* state at an earlier arrival */
    uint64_t steps, forks;          /* when it was entered */
    bool tried, trusted;            /* closed on trial; with a bound */
};

/* A place in memory whose value a loop changes. */
struct wrt__ax_cell { uint64_t addr; uint32_t size, id; bool wide; };
enum { WRT__AX_CELLS = 64 };

/* A loop that is being closed: its body is run from a state that holds every arrival, until it does. Those
 * that are open form a stack over all frames. */
struct wrt__ax_closing {
    struct wrt__ax_closing *outer, *in_frame;       /* of all; of this frame */
    uint32_t loop, passes;
    bool trial;                     /* only to see whether there is a bound */
    bool narrowed;                  /* what widening added for nothing was taken back, once */
    struct wrt__as *first, *head;   /* state at the arrival where closing began; state that holds all */
    struct wrt__as *arrivals;       /* of this pass */
    struct wrt__as *aside;          /* what was pending before */
    uint32_t id_first;              /* of the ids that this pass has given */
    struct wrt__ax_cell cells[WRT__AX_CELLS];
    uint32_t cells_count;
    uint64_t *counts;               /* of the analysis, before this pass */
    uint64_t trap_high;
};

/* What an invocation answered, cost and counted, and from what. */
struct wrt__ax_memo {
    struct wrt__ax_memo *next;
    struct wrt__as *in, *out;
    uint64_t high, low;
    bool endless;
    uint32_t id_first;              /* ids from here on were given inside */
    uint64_t *counts;
};

/* One invocation. */
struct wrt__ax_frame {
    struct wrt__ax_frame *below;
    const struct wrt__ax_body *b;
    struct wrt__as *pending;        /* by key */
    struct wrt__as *caller;         /* state that made the call; NULL: the entry */
    uint32_t call_pc;               /* the operator that made it, in the frame below */
    uint64_t fuel_high, fuel_low;   /* at the entry, entry price not included */
    bool endless;
    uint64_t depth;                 /* frames below */
    struct wrt__ax_closing *closing;
    struct wrt__ax_memo *memo;      /* to be filled when it returns */
    uint64_t steps, forks, traps;   /* of the analysis when it began */
    struct wrt__ax_loop loops[];
};

/* Where a value came from. */
struct wrt__ax_node {
    uint32_t id, op;                /* op 0: nothing is known */
    struct wrt__wv a, b;
    uint64_t home;                  /* address that it was last loaded from */
    uint32_t home_size;             /* 0: none */
};
enum { WRT__AX_NODES = 1024, WRT__AX_TABLES = 64 };

/* Why the whole analysis ended early. */
enum wrt__ax_end {
    WRT__AX_DONE, WRT__AX_STEPS, WRT__AX_MEMORY, WRT__AX_PATHS, WRT__AX_DEPTH, WRT__AX_NOMEM, WRT__AX_UNFIT
};

/* Memory, globals and tables between calls. */
struct wrt__ax_instance {
    struct wrt__wm mem;
    struct wrt__wv *globals;        /* `count` of them */
    uint32_t count;
    uint64_t pages_low, pages_high, pages_most;
    uint64_t tables_changed;        /* as in struct wrt__as */
    bool never;                     /* no instance is ever like that */
};

/* Numbers with which argument 0 is compared: where cases may be told apart. */
enum { WRT__AX_CUTS = 24 };

struct wrt__ax_options {
    uint64_t steps;                 /* operators that may be executed */
    uint64_t bytes;                 /* memory for states */
    uint64_t loop_steps;            /* of one entry of a loop, then it is closed */
    uint32_t paths;                 /* states that are kept apart in a loop of `split` */
    uint32_t width;                 /* states that are kept apart at other joins */
    bool eager;                     /* close loops after few turns */
    const uint8_t *split;           /* per loop of the program, may be NULL */
    const struct wrt__wv *args;     /* of the entry, its first WRT__WCET_ARGS; NULL: anything */
    const struct wrt__ax_instance *from;
    struct wrt__ax_instance *left;  /* what calls that return leave behind goes there; NULL */
};

/* What an analysis found; arrays are the caller's, per loop and function of the program. */
struct wrt__ax_result {
    enum wrt__ax_end end;
    uint64_t steps;
    bool bounded, may_trap;
    uint64_t fuel_high, fuel_low;   /* high: of every run, low: of those that end without a trap */
    uint64_t pages_high;
    uint64_t *loop_max, *loop_total, *loop_entries;  /* loops_count each; INF: no bound */
    uint8_t *loop_rule;             /* enum wrt__wcet_rule of loop_max; NONE: not reached, or no bound */
    const char **loop_reason;
    uint64_t *calls, *call_high, *call_low;     /* bodies_count each */
    uint64_t *site_size_max, *site_size_min, *site_high, *site_low;     /* sites_count each */
    uint64_t cuts[WRT__AX_CUTS];    /* a case begins here; as they were met */
    uint32_t cuts_count;
    struct wrt__wv results[4];
    uint32_t results_count;
};

/* Scratch for branch tables, per operator of a body: indices low .. high - 1 lead to it. */
struct wrt__ax_target { uint32_t low, target; uint64_t high; };

struct wrt__ax {
    struct wrt__wcet_bounds *bounds;
    struct wrt__wcet_program *p;
    const struct wrt__ax_options *o;
    struct wrt__ax_result *r;
    struct wrt__wm_pool pool;
    struct wrt__ax_body *bodies;    /* per body of the program */
    struct wrt__ax_frame *frame;
    struct wrt__ax_node nodes[WRT__AX_NODES];
    uint32_t next_id;
    uint32_t globals, arg_id;       /* arg_id: of argument 0 when it is unknown */
    struct wrt__ax_closing *closing;        /* innermost */
    uint64_t steps, forks, traps;
    struct wrt__ax_memo **memos;    /* per body */
    uint8_t *heavy;                 /* per body: worth it */
    uint64_t trap_high;             /* dearest path that ended in a trap */
    bool trap_endless, returned;
    struct wrt__ax_target *targets;
    uint8_t *eager;                 /* per loop: it was closed once because it is long */
    uint32_t *table_funcs[WRT__AX_TABLES];      /* contents at the start; NONE: null; NULL: not known */
    uint64_t table_sizes[WRT__AX_TABLES];
    enum wrt__ax_end end;
};

/* Runs the entry of b->p. errors  WRT_E_NOMEM; every other end is in r->end */
wrt_status wrt__ax_execute(
    struct wrt__wcet_bounds *b, const struct wrt__ax_options *o, struct wrt__ax_result *r, wrt_error *err);

/* Arrays for the results of a program; NULL in one of them: no memory. As before any run. */
bool wrt__ax_result_init(
    struct wrt__ax_result *r, struct wrt__arena *arena, const struct wrt__wcet_program *p);
void wrt__ax_result_clear(struct wrt__ax_result *r, const struct wrt__wcet_program *p);

/* ---- states (state.c)
 * -------------------------------------------------------------------------------------- */

/* NULL: the pool has failed. */
struct wrt__as *wrt__as_new(struct wrt__ax *x, const struct wrt__ax_body *b);
struct wrt__as *wrt__as_clone(struct wrt__ax *x, struct wrt__as *s);
void wrt__as_free(struct wrt__ax *x, struct wrt__as *s);
void wrt__as_free_list(struct wrt__ax *x, struct wrt__as *list);
/* a holds both, the dearer fuel above and the cheaper below; b is freed. */
void wrt__as_merge(struct wrt__ax *x, const struct wrt__ax_body *body, struct wrt__as *a, struct wrt__as *b);
/* The same without fuel; b stays. */
void wrt__as_widen(const struct wrt__ax_body *body, struct wrt__as *a, struct wrt__as *b, bool widen);
/* Is every state of a one of b? False when it cannot be told. Two places of b with one id below `relations`
 * hold the same value, hence must in a as well. */
bool wrt__as_within(
    const struct wrt__ax_body *body, struct wrt__as *a, struct wrt__as *b, uint32_t relations);
static inline struct wrt__wv *wrt__as_local(const struct wrt__ax_body *b, struct wrt__as *s, uint32_t n)
{
    return &s->slots[b->locals + n];
}
static inline struct wrt__wv *wrt__as_operands(const struct wrt__ax_body *b, struct wrt__as *s)
{
    return &s->slots[b->locals + b->body->locals_count];
}

/* ---- provenance (abstract_know.c)
 * --------------------------------------------------------------------------- */

uint32_t wrt__ax_new_id(struct wrt__ax *x);
/* Gives `v`, which is unknown, an id if it has none. */
void wrt__ax_identify(struct wrt__ax *x, struct wrt__wv *v);
/* `out` is what `op` answers for a and b: remembers that, sharpens it by what a and b are. */
void wrt__ax_note(struct wrt__ax *x, uint32_t op, const struct wrt__wv *a, const struct wrt__wv *b,
    struct wrt__wv *out);
/* A branch by table, of `count` entries, on this value. */
void wrt__ax_note_table(struct wrt__ax *x, const struct wrt__wv *index, uint32_t count);
/* The state, in which a loop is being closed, has v != x. */
void wrt__ax_note_unequal(struct wrt__ax *x, struct wrt__as *s, const struct wrt__wv *v, uint64_t other);
void wrt__ax_note_home(struct wrt__ax *x, const struct wrt__wv *v, uint64_t addr, uint32_t size);
/* The state with `v` nonzero (zero). False: it cannot be. */
bool wrt__ax_assume(struct wrt__ax *x, const struct wrt__ax_body *b, struct wrt__as *s,
    const struct wrt__wv *v, bool nonzero);
/* The value with the id of `v` is one of `v` now. */
bool wrt__ax_learn(
    struct wrt__ax *x, const struct wrt__ax_body *b, struct wrt__as *s, const struct wrt__wv *v);
/* `v` where `cond` is nonzero (zero). False: never. */
bool wrt__ax_under(struct wrt__ax *x, const struct wrt__wv *cond, bool nonzero, struct wrt__wv *v);
/* v = the value `base` + a number from *low to *high. */
bool wrt__ax_offset(
    const struct wrt__ax *x, const struct wrt__wv *v, uint32_t *base, int64_t *low, int64_t *high);
/* A value that is `base` + low..high. */
void wrt__ax_note_offset(
    struct wrt__ax *x, struct wrt__wv *v, uint32_t base, int64_t low, int64_t high);

/* ---- invocations that were seen before (state_memo.c)
 * ----------------------------------------------------------- */

/* The state after an invocation that begins with `in`; NULL: not known. */
struct wrt__as *wrt__ax_memo_find(struct wrt__ax *x, const struct wrt__ax_body *b, struct wrt__as *in);
void wrt__ax_memo_begin(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *in);
void wrt__ax_memo_end(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s); /* s NULL: none returned */
void wrt__ax_memo_drop(struct wrt__ax *x, struct wrt__ax_frame *f);
void wrt__ax_memo_fini(struct wrt__ax *x);

/* ---- work (abstract.c)
 * ------------------------------------------------------------------------------------- */

/* States wait by place, so that all of a loop's body is done before it turns, and all its turns before what
 * is behind it. A turn of a loop that ends at operator `end` has the key 2 * end. */
static inline uint64_t wrt__ax_key(uint32_t pc) { return 2 * (uint64_t)pc + 1; }
void wrt__ax_insert(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s);
void wrt__ax_trap(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s); /* the path ends; frees s */
void wrt__ax_may_trap(struct wrt__ax *x, const struct wrt__as *s);
static inline void wrt__ax_pay(struct wrt__as *s, uint64_t high, uint64_t low)
{
    s->fuel_high += high;
    s->fuel_low += low;
    if (s->fuel_high > WRT__WCET_INF / 4) s->endless = true;
    if (s->fuel_high > WRT__WCET_INF / 4) s->fuel_high = WRT__WCET_INF / 4;
    if (s->fuel_low > WRT__WCET_INF / 4) s->fuel_low = WRT__WCET_INF / 4;
}

/* ---- operators (abstract_ops.c)
 * ---------------------------------------------------------------------------- */

/* What became of the state: goes on behind the operator; ended (and freed) or waits; a frame was pushed. */
enum wrt__ax_step { WRT__AX_NEXT, WRT__AX_GONE, WRT__AX_PUSHED };
enum wrt__ax_step wrt__ax_operator(
    struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, const struct wrt__wcet_op *op);
enum wrt__ax_step wrt__ax_call(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s,
    const struct wrt__wcet_op *op, uint32_t func);
static inline uint64_t wrt__ax_table_bit(uint32_t table) { return (uint64_t)1 << (table < 63 ? table : 63); }

/* ---- instances (instance.c)
 * -------------------------------------------------------------------------------- */

/* False: the pool has failed; fini in both cases, before the pool. */
bool wrt__ax_instance_init(
    struct wrt__ax_instance *i, struct wrt__wm_pool *pool, const struct wrt__module *m);
void wrt__ax_instance_fini(struct wrt__ax_instance *i);
/* As the module makes it, start function included; what others can have put into it is unknown. */
void wrt__ax_instance_fresh(struct wrt__ax_instance *i, const struct wrt__module *m);
/* `to` becomes like `from`, in its own pool. */
void wrt__ax_instance_put(struct wrt__ax_instance *to, const struct wrt__ax_instance *from);
/* Both of the same pool. Is all that a can be in b? False when it cannot be told. */
bool wrt__ax_instance_within(struct wrt__ax_instance *a, struct wrt__ax_instance *b);
/* a holds both; widened with `stops`, unless NULL. */
void wrt__ax_instance_join(
    struct wrt__ax_instance *a, struct wrt__ax_instance *b, const struct wrt__wv_stops *stops);
/* Of a is kept what b holds, too. */
void wrt__ax_instance_meet(struct wrt__ax_instance *a, struct wrt__ax_instance *b);
/* A fresh one becomes what anybody can have made of it, but for mutable globals that only this module's code
 * can write; those, too; those that are not in it as they are in `left` (false: all are). */
void wrt__ax_instance_forget(struct wrt__ax_instance *i, const struct wrt__wcet_program *p);
void wrt__ax_instance_forget_globals(struct wrt__ax_instance *i, const struct wrt__module *m);
bool wrt__ax_instance_forget_changed(
    struct wrt__ax_instance *i, const struct wrt__ax_instance *left, const struct wrt__module *m);
/* Can nobody but this module's code write this global? */
bool wrt__ax_instance_keeps(const struct wrt__module *m, uint32_t global);
/* s, of an entry, begins with x->o->from; the entry returned with s. */
bool wrt__ax_begin(struct wrt__ax *x, struct wrt__as *s);
void wrt__ax_left(struct wrt__ax *x, const struct wrt__as *s);

/* ---- calls one after the other (repeat.c)
 * ------------------------------------------------------------------ */

/* What a run of b->p may begin with, by b->state. `now` is fresh, and becomes that. *taken is the state that
 * it stands for: ANY where no fixpoint was found.  errors  WRT_E_NOMEM */
wrt_status wrt__ax_repeat(struct wrt__wcet_bounds *b, const struct wrt__wv *args, uint64_t steps,
    uint64_t bytes, struct wrt__ax_instance *now, enum wrt__wcet_state *taken, wrt_error *err);

/* ---- loops (induct.c)
 * -------------------------------------------------------------------------------------- */

/* From here on loop `loop` is closed instead of unrolled; s is at its label, a turn begins. On trial: to see
 * whether that would give a bound; afterwards s goes on as if nothing had happened. */
void wrt__ax_close(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s, uint32_t loop, bool trial);
/* All states of a pass have left or turned. */
void wrt__ax_close_pass(struct wrt__ax *x, struct wrt__ax_frame *f);
void wrt__ax_close_drop(struct wrt__ax *x, struct wrt__ax_frame *f);    /* after a failure */
/* An unknown value was loaded from here: a loop that is being closed may depend on it. */
void wrt__ax_close_note(struct wrt__ax *x, uint64_t addr, uint32_t size);

#endif
