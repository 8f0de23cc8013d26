/* schedule: what a recorded run of a task set looked like, ready to be drawn: rows, spans of execution,
 * marks, modes. Made from trace records, live or from a file; pictures (chart_*.c) know nothing else. */
#ifndef WRTD_SCHEDULE_H
#define WRTD_SCHEDULE_H

#include "wd.h"
#include <wrt/sched.h>

/* One row of the picture: a task of a set, or a plain task of a store. */
struct wd_row {
    char name[96];
    uint64_t id;                /* WRT_TRACE_JOB | number, or the id of a plain task */
    uint32_t core;
    bool job;                   /* of a set; below: known from a WD_TRACE_TASK record, else 0 */
    bool known;
    uint8_t level;              /* wrt_asil */
    uint64_t period_ns, budget_fuel;
    bool seen;                  /* there is something to draw */
    /* while records come */
    bool running;
    uint64_t begin_ns, begin_fuel;
};
struct wd_span { uint32_t row, core, job; uint64_t from_ns, to_ns, fuel; };
/* kind: wrt_trace_kind, or WD_MARK_DEADLINE */
enum { WD_MARK_DEADLINE = 1000 };
struct wd_mark { uint32_t row, kind, job, a, b; uint64_t t_ns, fuel; };
struct wd_mode_band { uint32_t core; uint64_t from_ns, to_ns; uint8_t mode, cause; uint32_t row; };

struct wd_schedule {
    struct wd_row *rows;
    size_t rows_count, rows_cap;
    struct wd_span *spans;
    size_t spans_count, spans_cap;
    struct wd_mark *marks;
    size_t marks_count, marks_cap;
    struct wd_mode_band *modes;
    size_t modes_count, modes_cap;
    struct wd_places places;
    uint32_t cores;
    uint64_t base_ns;           /* taken off every time of a record; set before the first one */
    uint64_t first_ns, last_ns;
    uint64_t from_ns, to_ns;    /* what is kept: set before the first record; to_ns UINT64_MAX: all */
    const char *only;           /* "a,b": rows to keep; NULL: all */
    size_t dropped;             /* spans and marks beyond WD_SCHEDULE_MAX */
    char title[96];
    bool virtual_time;
};
enum { WD_SCHEDULE_MAX = 2000000 };     /* spans, marks; more are counted in `dropped` */

void wd_schedule_init(struct wd_schedule *s);
void wd_schedule_free(struct wd_schedule *s);
/* Describes a task of a set. */
void wd_schedule_task(struct wd_schedule *s, uint32_t number, const char *name, uint32_t core, uint8_t level,
    uint64_t period_ns, uint64_t budget_fuel);
/* Any record of a trace, names and task descriptions too, in the order of the file. */
void wd_schedule_add(struct wd_schedule *s, const wrt_trace_rec *r);
/* Behind the last record: closes what is open, orders rows by core, then number. */
void wd_schedule_end(struct wd_schedule *s);
const char *wd_level_name(uint8_t level);
const char *wd_mode_name(uint8_t mode);
/* Name of a mark in a sentence: "deadline missed". */
const char *wd_mark_text(uint32_t kind);

/* ---- pictures ------------------------------------------------------------------------------------- */

/* A picture that needs no script. Rows with patterns and hues that can be told apart in grey. */
void wd_chart_svg(const struct wd_schedule *s, FILE *out);
/* One self-contained page: the picture with zoom, hover and a filter. `report`: HTML to put above it, or
 * NULL. */
void wd_chart_html(struct wd_schedule *s, const char *report, FILE *out);

#endif
