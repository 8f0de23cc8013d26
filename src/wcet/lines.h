/* lines: which line of the source an operator comes from, from the module's own DWARF line table. */
#ifndef WRT_SRC_WCET_LINES_H
#define WRT_SRC_WCET_LINES_H

#include "wasm/module.h"

/* A file as the table names it: relative to the folder of the compilation unless the compiler wrote more. */
struct wrt__lines_file { wrt_str path; bool has_md5; uint8_t md5[16]; };
struct wrt__lines_row { uint32_t offset, line; uint32_t file; uint16_t column; bool end; };
struct wrt__lines_run { uint32_t low, high, row_first, rows_count; };  /* offsets low .. high - 1 */

struct wrt__lines {
    const wrt_alloc *alloc;
    struct wrt__arena arena;            /* paths */
    struct wrt__lines_file *files;
    uint32_t files_count, files_cap;
    struct wrt__lines_row *rows;
    uint32_t rows_count, rows_cap;
    struct wrt__lines_run *runs;        /* by `low`; they do not overlap */
    uint32_t runs_count, runs_cap;
    const char *ignored;                /* why there is no table though there is a section; NULL */
    uint64_t ignored_at;                /* offset in the binary */
};

/* Reads the sections ".debug_line", ".debug_line_str" and ".debug_str". A table that is malformed, of an
 * unknown version or larger than the limits is ignored as a whole: no rows, and `ignored` says why.
 * errors  WRT_E_NOMEM      cost  linear in the sections */
wrt_status wrt__lines_read(
    struct wrt__lines *l, const struct wrt__module *m, const wrt_alloc *alloc, wrt_error *err);
void wrt__lines_free(struct wrt__lines *l);
/* The row of the operator at `offset` in the binary; NULL: the table says nothing of it. Operators that the
 * compiler gives no line belong to the line before them.  cost O(log n) and the rows without a line */
const struct wrt__lines_row *wrt__lines_find(const struct wrt__lines *l, uint32_t offset);
/* The same, NULL too where the compiler gives no line. */
const struct wrt__lines_row *wrt__lines_exact(const struct wrt__lines *l, uint32_t offset);

#endif
