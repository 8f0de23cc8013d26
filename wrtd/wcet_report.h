/* wcet_report: the page of `wrtd wcet --report`. */
#ifndef WRTD_WCET_REPORT_H
#define WRTD_WCET_REPORT_H

#include "wcet_measure.h"

/* Text of a page, made without time, path or chance: equal input gives equal bytes. */
void wd_page(FILE *out, const char *format, ...) WD_PRINTF(2, 3);
void wd_page_text(FILE *out, wrt_str s);                /* foreign text, safe inside HTML and attributes */
void wd_page_func(FILE *out, const wrt_wcet_report *r, uint32_t func); /* its name, or "function N" */

/* Where the fuel of the dearest path goes, as an SVG. */
void wd_wcet_flame(FILE *out, const wrt_wcet_report *r);

/* 0 or an exit code, reported. */
int wd_wcet_page(struct wd *w, const struct wd_measure_of *of, const struct wd_measured *m, const char *path);

#endif
