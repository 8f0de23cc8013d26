/* wcet.h: bounds in fuel that no execution of a function can exceed, from the binary alone (docs/wcet.md). */
#ifndef WRT_WCET_H
#define WRT_WCET_H
#include <wrt/code.h>
#ifdef __cplusplus
extern "C" {
#endif

/* A figure that is not known. */
#define WRT_WCET_NONE UINT64_MAX

/* Which of the stated facts are used. ALL takes everything that is stated, and inference for the rest and
 * beside it. PER_ENTRY takes arrivals per entry of loops alone, FULL totals and invocations too: there the
 * bound is exactly what the facts allow, and inference only fills what they do not speak of. */
typedef enum wrt_wcet_use { WRT_WCET_ALL, WRT_WCET_PER_ENTRY, WRT_WCET_FULL } wrt_wcet_use;

/* Declared price of an imported function, host fuel of one call included. Empty names match every import. */
typedef struct wrt_wcet_host { wrt_str module, name; uint64_t fuel; } wrt_wcet_host;

/* Declared range of an argument: one of low .. high as bits, as a circle (low may be above high). */
typedef struct wrt_wcet_arg { bool given; uint64_t low, high; } wrt_wcet_arg;

/* What a call may find on its instance: the bound holds for these calls and no others. Calls come one after
 * the other, nothing else writes meanwhile, and after one that does not return (trap, abort, exit) the
 * instance is reset or not used again. FRESH     the first call on a new instance REPEATED  every call on an
 * instance that only this function and `others` are called on, in any order and number, after `_initialize`
 * if there is one ANY       memory, tables and mutable globals as anybody may have left them; a global that
 * only this module's code can write has its first value where every exported function puts it back */
typedef enum wrt_wcet_state { WRT_WCET_FRESH, WRT_WCET_REPEATED, WRT_WCET_ANY } wrt_wcet_state;

/* A source file whose pragmas `loopbound min A max B` become facts: its name (of which the last part must be
 * that in the module's line table) and its text. */
typedef struct wrt_wcet_source { wrt_str name; wrt_bytes text; } wrt_wcet_source;

typedef struct wrt_wcet_opts {
    uint32_t size;
    wrt_bytes facts;                /* JSON as in docs/wcet.md; empty: none */
    wrt_wcet_use use;
    bool no_section;                /* the module's own section "wrt.flowfacts" is not read */
    bool no_inference;
    const wrt_wcet_host *hosts;
    size_t nhosts;
    const wrt_wcet_arg *args; /* of the first arguments; inference assumes them, facts of use ALL only */
    size_t nargs;
    uint64_t steps;                 /* of abstract execution; 0: the default */
    wrt_wcet_state state;
    const wrt_str *others; /* REPEATED: functions that are called, too, with any arguments; at most 64 */
    size_t nothers;
    const wrt_wcet_source *sources; /* at most 256; used by wrt_wcet_analyse and wrt_wcet_static alike */
    size_t nsources;
    /* NULL, or told now and then how many operators inference has executed (some 65 000 from one call to the
     * next). On the caller's thread; it must not call the library. */
    void (*progress)(void *ctx, uint64_t done);
    void *progress_ctx;
} wrt_wcet_opts;

typedef enum wrt_wcet_why_kind {
    WRT_WCET_WHY_LOOP, WRT_WCET_WHY_RECURSION, WRT_WCET_WHY_INDIRECT, WRT_WCET_WHY_HOST, WRT_WCET_WHY_SIZE,
    WRT_WCET_WHY_NO_RETURN, WRT_WCET_WHY_LARGE
} wrt_wcet_why_kind;
/* A place that has no bound. Strings live as long as the report. */
typedef struct wrt_wcet_why {
    wrt_wcet_why_kind kind;
    uint32_t func, loop;            /* loop: number of the loop in its function, UINT32_MAX: it is none */
    uint32_t callee;                /* UINT32_MAX: none */
    uint64_t offset;                /* in the binary */
    wrt_str name;                   /* of the function, may be empty */
    wrt_str text;                   /* why, in words */
} wrt_wcet_why;

typedef enum wrt_wcet_method {
    WRT_WCET_BY_NONE, WRT_WCET_BY_PATHS, WRT_WCET_BY_ILP, WRT_WCET_BY_EXECUTION
} wrt_wcet_method;

typedef struct wrt_wcet {
    uint32_t size;
    bool bounded;
    bool start_bounded;             /* the start function; true without one */
    wrt_wcet_method method;
    uint64_t fuel_low, fuel_high;   /* no run that returns uses less, no run uses more; NONE: unbounded */
    uint64_t start_fuel_high;       /* of the start function, which runs before; 0: there is none; NONE */
    uint64_t host_calls;            /* on the dearest path; NONE: it is not known */
    uint64_t stack_bytes, memory_pages;
    uint32_t functions, loops, inferred, stated; /* reachable; loops with a bound that was inferred, stated */
    uint32_t indirect_calls, unbounded;
    uint64_t table_hash, module_hash;
    wrt_str limit; /* name of a limit that ended a part of the analysis early; empty: none did */
    wrt_wcet_why why[16];           /* the first of `unbounded`; texts are empty after wrt_wcet_static */
    wrt_wcet_state state;           /* as asked for: of which calls the bound speaks */
    wrt_wcet_state taken; /* what inference began with: ANY where it could not tell what calls leave */
} wrt_wcet;

typedef struct wrt_wcet_report wrt_wcet_report;

/* Bounds one function of a loaded module: by export name, name of the name section, or number.
 * errors  WRT_E_LINK no such function; WRT_E_MALFORMED the facts cannot be read (err->line, column);
 * WRT_E_INVALID they are for another module, name what is not there, or contradict each other or the code;
 * WRT_E_LIMIT, WRT_E_NOMEM.  Having no bound is no error: bounded is false. cost    [load]; bounded by
 * opts.steps      thread  any, code shared */
WRT_API wrt_status wrt_wcet_static(
    const wrt_code *c, wrt_str func, const wrt_wcet_opts *o, wrt_wcet *out, wrt_error *err);
/* The same with everything that led to it; given: wrt_wcet_report_free. The code must outlive it. */
WRT_API wrt_status wrt_wcet_analyse(
    const wrt_code *c, wrt_str func, const wrt_wcet_opts *o, wrt_wcet_report **out, wrt_error *err);
WRT_API void wrt_wcet_report_free(wrt_wcet_report *r);
WRT_API void wrt_wcet_summary(const wrt_wcet_report *r, wrt_wcet *out);     /* out->size set by the caller */

/* Places without a bound; 0 when bounded. At most 256 are kept. The lists below are in the order of functions
 * as found from the entry; each `at` answers false behind the end. */
WRT_API size_t wrt_wcet_why_count(const wrt_wcet_report *r);
WRT_API bool wrt_wcet_why_at(const wrt_wcet_report *r, size_t i, wrt_wcet_why *out);

/* One loop operator in reachable code. Arrivals: executions of its label; the first of an entry from outside
 * counts 1. */
typedef struct wrt_wcet_loop {
    uint32_t func, loop, depth;
    uint64_t offset;
    uint64_t min, max, total;       /* per entry; in one run; NONE */
    uint32_t rule, total_rule;      /* of docs/wcet.md, 1 to 6; 0: none */
    uint64_t runs;                  /* on the dearest path; NONE: it is not known */
    wrt_str reason;                 /* why max is NONE; may be empty */
} wrt_wcet_loop;
WRT_API size_t wrt_wcet_loops_count(const wrt_wcet_report *r);
WRT_API bool wrt_wcet_loop_at(const wrt_wcet_report *r, size_t i, wrt_wcet_loop *out);

/* One reachable function, the entry first. */
typedef struct wrt_wcet_func {
    uint32_t func;
    wrt_str name;
    uint64_t fuel_high, fuel_low;   /* of one invocation with all that it calls; NONE */
    uint64_t calls, self;           /* on the dearest path: invocations, fuel without callees; NONE */
    uint64_t stack_bytes;
} wrt_wcet_func;
WRT_API size_t wrt_wcet_funcs_count(const wrt_wcet_report *r);
WRT_API bool wrt_wcet_func_at(const wrt_wcet_report *r, size_t i, wrt_wcet_func *out);

/* A block: straight code. Numbers count from 0 in each function, in the order of the binary. */
typedef struct wrt_wcet_block {
    uint32_t func, block;
    uint64_t offset, last;          /* of its first and last operator */
    uint64_t price;                 /* without what it calls */
    uint64_t runs;                  /* on the dearest path; NONE */
    uint32_t next_count;            /* blocks that may follow: wrt_wcet_block_next */
    uint64_t fuel_high, fuel_low; /* of one run of it with what it calls; high NONE: a callee has no bound */
} wrt_wcet_block;
#define WRT_WCET_RETURNS UINT32_MAX
#define WRT_WCET_TRAPS (UINT32_MAX - 1)
WRT_API size_t wrt_wcet_blocks_count(const wrt_wcet_report *r);
WRT_API bool wrt_wcet_block_at(const wrt_wcet_report *r, size_t i, wrt_wcet_block *out);
/* Number of the k-th block that may follow block i of the list, in the same function; or RETURNS, TRAPS. */
WRT_API uint32_t wrt_wcet_block_next(const wrt_wcet_report *r, size_t i, uint32_t k);

/* One call in a block that is reached: the dearest function that it may call. */
typedef struct wrt_wcet_callee {
    uint32_t func, block;           /* that calls */
    uint64_t offset;
    uint32_t callee;                /* UINT32_MAX: a function of another module */
    uint64_t runs;                  /* on the dearest path; NONE */
    uint64_t fuel_high;             /* of one such call; NONE */
} wrt_wcet_callee;
WRT_API size_t wrt_wcet_callees_count(const wrt_wcet_report *r);
/* cost [On] in functions */
WRT_API bool wrt_wcet_callee_at(const wrt_wcet_report *r, size_t i, wrt_wcet_callee *out);

/* What the bound rests on beside the code. The last is always the state that calls begin in. */
typedef struct wrt_wcet_assumption {
    /* Stated: l loop, f invocations, t targets, s size, p operators at `offset` and `other` of which one
     * round executes one at most. Stated or declared: h price of an import (max; empty names: of every one).
     * Declared: a range of an argument, min .. max as bits. i: the state, see rationale. */
    char kind;
    uint32_t func, loop, argument;
    uint64_t offset, other, min, max, total;        /* NONE: not stated */
    wrt_str module, name;           /* of an import */
    wrt_str author, rationale;      /* as stated; may be empty */
    bool checked;                   /* observed at run time at verification level Full */
} wrt_wcet_assumption;
WRT_API size_t wrt_wcet_assumptions_count(const wrt_wcet_report *r);
WRT_API bool wrt_wcet_assumption_at(const wrt_wcet_report *r, size_t i, wrt_wcet_assumption *out);

/* ---- the source ----------------------------------------------------------------------------------------
 * Lines are those of the module's DWARF line table (.debug_line, versions 2 to 5), if it has one. */

/* Place in a source file, as the line table names it. Strings live as long as the report. */
typedef struct wrt_wcet_line {
    wrt_str file;
    uint32_t line, column;
} wrt_wcet_line; /* column 0: unknown */
/* Line of the operator at `offset` in the binary; false: nothing is known of it.  cost O(log n) */
WRT_API bool wrt_wcet_line_at(const wrt_wcet_report *r, uint64_t offset, wrt_wcet_line *out);
/* Line of the statement that a loop comes from.  cost O(n) in the operators of the loop */
WRT_API bool wrt_wcet_loop_line(const wrt_wcet_report *r, uint32_t func, uint32_t loop, wrt_wcet_line *out);
/* Why the line table is not used though the module has one; empty: it is used, or there is none. *offset: in
 * the binary. */
WRT_API wrt_str wrt_wcet_lines_ignored(const wrt_wcet_report *r, uint64_t *offset);

typedef enum wrt_wcet_pragma_state {
    WRT_WCET_PRAGMA_USED,           /* a fact about one loop, or its copy in each of several functions */
    WRT_WCET_PRAGMA_NO_LOOP,        /* no loop of the code that is reached comes from it */
    WRT_WCET_PRAGMA_SEVERAL,        /* several loops of one function come from it: it is not used */
    WRT_WCET_PRAGMA_MIXED,          /* a loop of the code is made of several of the source: not used */
    WRT_WCET_PRAGMA_BEFORE_NONE,    /* no for, while or do follows it */
    WRT_WCET_PRAGMA_NO_LINES,       /* the module has no line table that could be read */
    WRT_WCET_PRAGMA_NO_FILE,        /* the line table does not name the file, or names two that may be it */
    WRT_WCET_PRAGMA_OTHER_SOURCE    /* the text is not what was compiled (its hash in the table differs) */
} wrt_wcet_pragma_state;
/* One pragma of the sources. A fact that it becomes allows max + 1 arrivals: a label above the test is
 * reached once more than the body. min is not used: optimisation makes fewer rounds. */
typedef struct wrt_wcet_pragma {
    wrt_wcet_pragma_state state;
    uint32_t source, line;          /* source: number in opts.sources */
    uint64_t min, max;
    uint32_t func, loop, matched;   /* the first loop that comes from it, UINT32_MAX: none; how many do */
} wrt_wcet_pragma;
WRT_API size_t wrt_wcet_pragmas_count(const wrt_wcet_report *r);
WRT_API bool wrt_wcet_pragma_at(const wrt_wcet_report *r, size_t i, wrt_wcet_pragma *out);
/* `state` in words, static. */
WRT_API wrt_str wrt_wcet_pragma_text(wrt_wcet_pragma_state state);

/* Writes what proves the bound, as JSON that tools/wcet_check verifies without this library.
 * WRT_E_UNSUPPORTED: the bound was found by abstract execution of the whole entry, which leaves no such
 * proof. */
WRT_API wrt_status wrt_wcet_certificate(
    const wrt_wcet_report *r, void (*write)(void *ctx, wrt_str part), void *ctx, wrt_error *err);

#ifdef __cplusplus
}
#endif
#endif
