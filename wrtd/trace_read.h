/* trace_read: a .wtr file in memory. Format: wd.h. */
#ifndef WRTD_TRACE_READ_H
#define WRTD_TRACE_READ_H

#include "wd.h"

struct wd_trace_task { uint64_t id; char name[96]; uint64_t slice_start_ns, slice_fuel; bool running, used; };
struct wd_trace_reader {
    struct wd *w;
    const char *file;
    uint8_t *bytes;
    size_t n;
    struct wd_trace_head head;
    struct wd_trace_task *tasks;
    size_t tasks_count;
    struct wd_places places;
    uint64_t first_ns;
    FILE *out;
    bool any;
};
/* Reads the file, its header and the names in it. 0, or an exit code, reported. Then wd_trace_reader_close.
 */
int wd_trace_reader_open(struct wd_trace_reader *r, struct wd *w, const char *file);
void wd_trace_reader_close(struct wd_trace_reader *r);
wrt_trace_rec wd_trace_record(const struct wd_trace_reader *r, uint64_t k);
/* A record that happened, not one that names or describes. */
bool wd_trace_happened(const wrt_trace_rec *rec);
/* All jobs of a task of a set share one. */
struct wd_trace_task *wd_trace_task(struct wd_trace_reader *r, uint64_t id);

/* `trace diff A B` (trace_diff.c). An exit code. */
int wd_trace_diff(struct wd *w, const char *a, const char *b);

#endif
