/* tasks: several programs in one store. What the files of this command share. */
#ifndef WRTD_TASKS_H
#define WRTD_TASKS_H

#include "wd.h"

struct tasks_spec {
    char *text;                     /* own copy that the fields below point into */
    const char *file, *stdin_file;
    char name[32];
    uint64_t budget, slice, refuel, refuel_times;   /* times 0: without end */
    uint8_t priority;
    bool trap_on_empty, has_call;
    char **args;
    size_t args_count;
    struct wd_invoke call;
    /* the run */
    struct wd_module *module;
    wrt_linker *linker;
    wrt_instance *instance;
    wrt_task task;
    int fd_in;
    struct wd_buf out, err;
    size_t shown_out, shown_err;    /* --live: up to here it was printed */
    bool cut, live;
    wrt_sink sink_out, sink_err;
    wrt_val results[WD_ARGS_MAX];
    uint32_t results_count;
    struct wd_outcome outcome;
    wrt_task_info info;
};
/* tasks_spec.c: "FILE,key=value,..." 0 or an exit code. */
int tasks_spec_parse(struct wd *w, const char *text, size_t number, struct tasks_spec *out);
void tasks_spec_free(struct tasks_spec *s);

/* timeline.c: who ran when, over fuel, in a bounded number of columns whose width doubles as the run goes on.
 */
enum { TIMELINE_COLUMNS = 72 };
struct timeline_row {
    uint64_t task, fuel, begin, end, parked;
    bool started, ended, waiting;
    uint64_t run[TIMELINE_COLUMNS], wait[TIMELINE_COLUMNS];
};
struct timeline { struct timeline_row *rows; size_t rows_count; uint64_t width, now; };
void timeline_init(struct timeline *t, size_t rows);
void timeline_row(struct timeline *t, size_t row, wrt_task task);
void timeline_see(void *timeline, const wrt_trace_rec *r);
/* One character a column; returns the columns in use. */
size_t timeline_text(const struct timeline *t, size_t row, char buf[TIMELINE_COLUMNS + 1]);
void timeline_free(struct timeline *t);

#endif
