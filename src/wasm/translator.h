/* translator.h: the translator's own state, shared by translate.c (stack, control), fuse.c (operators and
 * their fusions) and encode.c (words, prices, positions). Nobody else includes it. */
#ifndef WRT_SRC_WASM_TRANSLATOR_H
#define WRT_SRC_WASM_TRANSLATOR_H

#include "wasm/regcode.h"
#include "wasm/translate.h"

/* Where a stack entry lives. LOCAL and CONST are lazy: no code yet. ACC: only in an accumulator. PREV: an
 * f64 that only the register D1 holds; it never outlives the few operators that know it (wrt__tr_op). */
enum { WRT__V_SLOT, WRT__V_LOCAL, WRT__V_CONST, WRT__V_ACC, WRT__V_PREV };
enum { WRT__SEQ_BITS = 10, WRT__SEQ_SIZE = 1 << WRT__SEQ_BITS };
enum { WRT__D1 = 3, WRT__ACCS = 4 };    /* accumulators by class, then the former f64 */
enum {
    WRT__NO_INS = UINT32_MAX,
    WRT__NO_CLASS = 3,
    WRT__ASSIGNED_WORDS = 4,
    WRT__SLOTS_PER_FRAME = 64000,
    WRT__BLOCK_FUEL = 256
};
struct wrt__val { uint8_t kind, type; uint16_t slot; uint32_t prod; uint64_t k; };

/* Shapes of an instruction: R operands d a b c; I d a imm32; K constant word; B branch word. */
enum wrt__shape {
    WRT__F_R,
    WRT__F_I,
    WRT__F_RK,
    WRT__F_IK,
    WRT__F_JMP,
    WRT__F_GOTO,
    WRT__F_RB,
    WRT__F_IB,
    WRT__F_RKB,
    WRT__F_IBX,
    WRT__F_CHARGE,
    WRT__F_TABLE,
    WRT__F_CALL,
    WRT__F_CALLI,
    WRT__F_SLOW,
    WRT__F_GONE
};

/* One instruction before encoding. A producer has cls (the accumulator it writes) and dst (it writes slot d
 * too). */
struct wrt__ins {
    uint64_t k;
    uint16_t op, d, a, b, c;
    uint8_t shape, cls;
    bool dst, site;             /* site: may trap or be returned to, so its place is recorded */
    uint32_t imm, label, seg;   /* seg: segment that starts after it (branches, calls, charges) */
    uint32_t offset, at, at_seg;/* operator in the binary; fuel of its segment up to and with it */
};
/* A segment is straight code between two checkpoints; labels may lie inside. */
struct wrt__label {
    uint32_t seg, off, at, place;
    uint32_t price; /* label whose price an edge here pays */
    bool free_edge;
};
struct wrt__ctl {
    uint8_t kind;
    bool has_else, out_set;
    uint32_t height;            /* of the stack below the parameters */
    const uint8_t *params, *results;
    uint32_t params_count, results_count;
    uint32_t label, else_label;
    uint32_t stub_of, stub;     /* branch table that made `stub` for this target */
    uint64_t entry[WRT__ASSIGNED_WORDS], out[WRT__ASSIGNED_WORDS];
};
struct wrt__place { uint32_t ins, offset; };
/* Out-of-line moves of a conditional branch: values [from, from + n) to [to, ...), then to target or return.
 */
struct wrt__stub { uint32_t label, target, from, to, n; bool is_return; };

struct wrt__translator {
    struct wrt__module *module;
    const wrt_fuel_table *fuel;
    wrt_status failed;
    const char *failed_what;
    uint32_t func;
    const struct wrt__functype *type;
    const uint8_t *local_types;
    uint32_t locals, params, link, base, height_max;
    uint32_t offset;            /* of the present operator */
    bool dead;
    uint64_t assigned[WRT__ASSIGNED_WORDS];
    uint32_t zero_end;          /* one past the last local that may be read before it is set */
    int32_t acc_val[WRT__ACCS],
        acc_slot[WRT__ACCS]; /* stack index that lives only in the accumulator; slot that it mirrors */
    uint32_t d_ins, i_ins; /* instruction that wrote D last, A last; what D, D1 and A mirrored before it: */
    int32_t d_before, d1_before, i_before;
    uint32_t barrier;           /* instructions before it are not touched any more */
    uint32_t seg, cost;

    struct wrt__ins *ins;       uint32_t ins_count, ins_cap;
    struct wrt__val *stack;
    uint32_t sp, stack_cap, clean; /* entries below clean sit in their own slots */
    struct wrt__ctl *ctl;       uint32_t ctl_count, ctl_cap;
    struct wrt__label *labels;  uint32_t labels_count, labels_cap;
    uint32_t *segs;             uint32_t segs_count, segs_cap;
    struct wrt__place *places;  uint32_t places_count, places_cap, places_open;
    uint32_t *targets;          uint32_t targets_count, targets_cap;
    struct wrt__stub *stubs;    uint32_t stubs_count, stubs_cap;
    uint32_t *at;               uint32_t at_cap;                    /* word position of each instruction */
    uint32_t *pending;
    uint32_t pending_cap; /* per local: lazy stack entries that read it */
#if WRT_FUSE_FULL
    uint32_t seq_key[WRT__SEQ_SIZE];                                /* see encode.c */
    uint16_t seq_result[WRT__SEQ_SIZE];
#endif
    uint32_t *calls;
    uint32_t calls_count, calls_cap; /* words of module->code that hold a call, not resolved yet */
};

static inline int wrt__class_of(uint8_t type) { return type == WRT__F64 ? 1 : type == WRT__F32 ? 2 : 0; }
static inline uint16_t wrt__local_slot(const struct wrt__translator *t, uint32_t i)
{
    return (uint16_t)(i < t->params ? i : t->link + 1 + (i - t->params));
}
static inline uint16_t wrt__temp_slot(const struct wrt__translator *t, uint32_t i)
{
    return (uint16_t)(t->base + i);
}

/* translate.c */
struct wrt__ins *wrt__emit(struct wrt__translator *t, uint32_t op, enum wrt__shape shape);
uint32_t wrt__label_new(struct wrt__translator *t);
void wrt__seg_new(struct wrt__translator *t);
void wrt__place_here(struct wrt__translator *t);
void wrt__wrote_slot(struct wrt__translator *t, uint32_t slot);
void wrt__clobber(struct wrt__translator *t, int cls); /* the next instruction writes accumulator cls */
void wrt__shift(struct wrt__translator *t); /* the next instruction loads an f64: D goes to D1 */
void wrt__spill(struct wrt__translator *t, int cls);
struct wrt__val *wrt__push(struct wrt__translator *t, uint8_t kind, uint8_t type);
void wrt__push_acc(struct wrt__translator *t, uint8_t type); /* result of the instruction emitted last */
struct wrt__val wrt__pop(struct wrt__translator *t);
void wrt__move(struct wrt__translator *t, uint32_t to, uint32_t from);
void wrt__materialise(struct wrt__translator *t, uint32_t i);       /* stack entry i into its own slot */
void wrt__to_slot(
    struct wrt__translator *t, struct wrt__val *v, uint32_t i); /* popped value that belongs at i */
char wrt__mode(const struct wrt__translator *t, const struct wrt__val *v); /* 'A', 'I', 'S', or 'P': D1 */
bool wrt__is_last(const struct wrt__translator *t,
    const struct wrt__val *v); /* produced by the last instruction, accumulator only */
static inline bool wrt__fits_imm(const struct wrt__val *v)
{
    return v->type == WRT__I32 || (int64_t)v->k == (int64_t)(int32_t)v->k;
}

/* translate.c, control.c: shared by the two; see the definitions */
bool wrt__room(struct wrt__translator *t, void *array, uint32_t *cap, uint32_t need, size_t element);
void wrt__spill_all(struct wrt__translator *t);
void wrt__materialise_from(struct wrt__translator *t, uint32_t first);
void wrt__retarget(struct wrt__translator *t, uint32_t ins, uint16_t slot);
void wrt__copy_slot(struct wrt__translator *t, uint32_t to, uint32_t from, int c);
void wrt__move_const(struct wrt__translator *t, uint32_t to, uint64_t k);
void wrt__flush(struct wrt__translator *t);
void wrt__bind_label(struct wrt__translator *t, uint32_t label);
struct wrt__ctl *wrt__ctl_push(struct wrt__translator *t, enum wrt__block kind);
void wrt__keep_entry_state(struct wrt__translator *t, struct wrt__ctl *c);
void wrt__meet(struct wrt__translator *t, struct wrt__ctl *c);
void wrt__pop_to(struct wrt__translator *t, uint32_t height);
void wrt__push_slot(struct wrt__translator *t, uint8_t type);
void wrt__forget_mirrors(struct wrt__translator *t);
struct wrt__ins *wrt__emit_slow(
    struct wrt__translator *t, enum wrt__slowop op, uint32_t a, uint32_t delta, uint32_t lo, uint32_t hi);
void wrt__emit_stubs(struct wrt__translator *t, uint32_t end_offset);

/* The last instruction, when v is its result and nothing else needs it. */
static inline struct wrt__ins *wrt__last_for(const struct wrt__translator *t, const struct wrt__val *v)
{
    return wrt__is_last(t, v) && !t->ins[t->ins_count - 1].dst ? &t->ins[t->ins_count - 1] : NULL;
}
static inline bool wrt__is_op(const struct wrt__ins *x, uint32_t op) { return x && x->op == op; }

/* fuse.c */
void wrt__branch_on_top(
    struct wrt__translator *t, bool negate, uint32_t label); /* pops the condition, ends the segment */

/* encode.c */
#if WRT_FUSE_FULL
void wrt__sequences_fill(struct wrt__translator *t);
#endif
wrt_status wrt__encode(struct wrt__translator *t, uint32_t end_offset, wrt_error *err);

/* Positions. module->map holds, per function, entries in code order, each LEB128: (words since the last
 * entry) * 2 + kind, zigzag (offset since the last), and for kind 0 the fuel of the block behind the
 * operator. Kind 0: an operator that may trap or is a call; kind 1: a checkpoint's target. */
enum { WRT__AT_OPERATOR, WRT__AT_CHECKPOINT };
#endif
