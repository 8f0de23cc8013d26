/* pragma: bounds of loops that stand in the source, `_Pragma("loopbound min A max B")`, found again in the
 * binary through its line table. */
#ifndef WRT_SRC_WCET_PRAGMA_H
#define WRT_SRC_WCET_PRAGMA_H

#include "wcet/facts.h"
#include "wcet/lines.h"

struct wrt__source { wrt_str name; wrt_bytes text; };

/* What became of a pragma. */
enum wrt__pragma_state {
    WRT__PRAGMA_USED, /* a fact about one loop, or about its copy in each of several functions */
    WRT__PRAGMA_NO_LOOP, /* of the code that is reached comes from it */
    WRT__PRAGMA_SEVERAL, /* loops of one function come from it */
    WRT__PRAGMA_MIXED, /* the loop in the code has parts of other loops of the source */
    WRT__PRAGMA_BEFORE_NONE, /* no for, while or do follows */
    WRT__PRAGMA_NO_LINES, /* the module has no line table that could be read */
    WRT__PRAGMA_NO_FILE, /* the line table does not name the file, or names several */
    WRT__PRAGMA_OTHER_SOURCE /* the file is not the one that was compiled */
};
struct wrt__pragma {
    enum wrt__pragma_state state;
    uint32_t source, line;
    uint64_t min, max;              /* rounds of the body, as written */
    uint32_t loop;                  /* in the source; NONE */
    uint32_t func, ordinal, matched;        /* the first loop that comes from it, NONE; how many do */
};
struct wrt__pragmas { struct wrt__pragma *list; uint32_t count, cap; const wrt_alloc *alloc; };

/* Reads the pragmas of all sources and adds what they say of loops to `f` and `b`: at most max + 1 arrivals,
 * since a label above the test is reached once more than the body. `min` says nothing of the binary.
 * errors  WRT_E_MALFORMED  a source that cannot be read, or a pragma (err->line, column; err->where the
 * file); WRT_E_INVALID    min above max; WRT_E_NOMEM; WRT_E_LIMIT */
wrt_status wrt__pragmas_read(struct wrt__pragmas *g, const struct wrt__source *sources, uint32_t n,
    const struct wrt__lines *lines, struct wrt__facts *f, struct wrt__wcet_bounds *b, wrt_error *err);
void wrt__pragmas_free(struct wrt__pragmas *g);

/* The line of a loop operator: that of its last way back where the compiler says one, which is the line of
 * the statement; else that of its label. NULL: none.  cost  at most 4096 operators are looked at */
const struct wrt__lines_row *wrt__loop_row(
    const struct wrt__lines *l, const struct wrt__wcet_body *body, uint32_t ordinal);

#endif
