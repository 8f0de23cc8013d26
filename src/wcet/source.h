/* source: where the loops of a C source stand, and the bounds that pragmas give them. No compiler: comments,
 * texts and directives are left out, and the nesting of statements is followed. */
#ifndef WRT_SRC_WCET_SOURCE_H
#define WRT_SRC_WCET_SOURCE_H

#include "base/base.h"

#define WRT__SOURCE_NONE UINT32_MAX

/* A statement for, while or do, from its keyword to its last character. Lines and columns count from 1. */
struct wrt__source_loop { uint32_t line, column, last_line, last_column, parent; };
struct wrt__source_pragma { uint32_t line; uint64_t min, max; uint32_t loop; };

struct wrt__source_loops {
    const wrt_alloc *alloc;
    struct wrt__source_loop *loops;
    uint32_t loops_count, loops_cap;
    struct wrt__source_pragma *pragmas;
    uint32_t pragmas_count, pragmas_cap;
};
/* errors  WRT_E_MALFORMED a pragma that cannot be read (err->line, column); WRT_E_INVALID its min is above
 * its max; WRT_E_LIMIT statements inside each other too deep; WRT_E_NOMEM      cost  linear */
wrt_status wrt__source_read(
    struct wrt__source_loops *s, wrt_bytes text, const wrt_alloc *alloc, wrt_error *err);
void wrt__source_free(struct wrt__source_loops *s);
/* The innermost loop around a place; column 0: that is not known. NONE: there is none, or (column 0) it
 * cannot be told. cost O(n) */
uint32_t wrt__source_at(const struct wrt__source_loops *s, uint32_t line, uint32_t column);

/* RFC 1321: the hash that line tables carry of a source. */
void wrt__md5(wrt_bytes bytes, uint8_t out[16]);

#endif
