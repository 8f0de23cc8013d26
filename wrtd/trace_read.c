/* trace_read: header, records and names of a .wtr file; what a crash has cut can be read. */
#include "trace_read.h"
#include <stdlib.h>
#include <string.h>

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get_u64(const uint8_t *p)
{
    return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static int trace_bad(struct wd_trace_reader *r, const char *what)
{
    wrt_error e;
    wd_error_init(&e, WRT_E_MALFORMED, WD_W_TRACE, "%s", what);
    wd_error_hint(&e, "a trace is written by: wrtd run --trace FILE.wtr ...");
    return wd_report(r->w, &e, r->file, WD_EXIT_DATA);
}

static int trace_head(struct wd_trace_reader *r)
{
    const uint8_t *p = r->bytes;
    if (r->n < WD_TRACE_HEADER || memcmp(p, WD_TRACE_MAGIC, 8) != 0) {
        return trace_bad(r, "this is not a trace");
    }
    r->head.version = get_u32(p + 8);
    bool known = r->head.version == WD_TRACE_VERSION && get_u32(p + 12) == WD_TRACE_HEADER &&
                 get_u32(p + 16) == WD_TRACE_RECORD;
    if (!known) return trace_bad(r, "the trace has a version that this tool does not read");
    r->head.fuel_hash = get_u64(p + 24);
    r->head.code_hash = get_u64(p + 32);
    r->head.trace_hash = get_u64(p + 40);
    r->head.records = get_u64(p + 48);
    r->head.lost = get_u64(p + 56);
    r->head.flags = get_u64(p + 64);
    memcpy(r->head.fuel_name, p + 72, sizeof r->head.fuel_name);
    memcpy(r->head.program, p + 96, sizeof r->head.program);
    r->head.fuel_name[sizeof r->head.fuel_name - 1] = 0;
    r->head.program[sizeof r->head.program - 1] = 0;
    uint64_t there = (r->n - WD_TRACE_HEADER) / WD_TRACE_RECORD;
    if (r->head.records == 0 || r->head.records > there) {
        if (r->head.records > there) {
            wd_warn(r->w, "the trace is cut: %llu of %llu records", (unsigned long long)there,
                (unsigned long long)r->head.records);
        }
        r->head.records = there;
    }
    return 0;
}

wrt_trace_rec wd_trace_record(const struct wd_trace_reader *r, uint64_t k)
{
    const uint8_t *p = r->bytes + WD_TRACE_HEADER + k * WD_TRACE_RECORD;
    return (wrt_trace_rec){ get_u64(p), get_u64(p + 8), get_u64(p + 16), get_u32(p + 24), get_u32(p + 28),
        get_u32(p + 32), get_u32(p + 36) };
}

bool wd_trace_happened(const wrt_trace_rec *rec)
{
    return rec->kind != WD_TRACE_NAME && rec->kind != WD_TRACE_TASK && rec->kind != WD_TRACE_PLACE;
}

/* Open addressing; the table is at least twice as large as the number of records that could name a task. */
struct wd_trace_task *wd_trace_task(struct wd_trace_reader *r, uint64_t id)
{
    if (id & WRT_TRACE_JOB) id = WRT_TRACE_JOB | (id & UINT32_MAX);
    size_t mask = r->tasks_count - 1, at = (size_t)(id * 0x9e3779b97f4a7c15ull >> 20) & mask;
    while (r->tasks[at].used && r->tasks[at].id != id) at = (at + 1) & mask;
    if (!r->tasks[at].used) {
        r->tasks[at] = (struct wd_trace_task){ .id = id, .used = true };
        snprintf(
            r->tasks[at].name, sizeof r->tasks[at].name, "task %llu", (unsigned long long)(id & UINT32_MAX));
    }
    return &r->tasks[at];
}

static void trace_name_part(struct wd_trace_reader *r, const wrt_trace_rec *rec, const uint8_t *p)
{
    struct wd_trace_task *t = wd_trace_task(r, rec->task);
    if (rec->core >= 3) return;
    char *to = t->name + rec->core * 24;
    memcpy(to, p, 16);
    memcpy(to + 16, p + 32, 8);
    to[24] = 0;
}

static void trace_names(struct wd_trace_reader *r)
{
    size_t cap = 64;
    while (cap < r->head.records * 2) cap *= 2;
    r->tasks = wd_alloc(cap * sizeof *r->tasks);
    r->tasks_count = cap;
    r->first_ns = UINT64_MAX;
    for (uint64_t k = 0; k < r->head.records; k++) {
        wrt_trace_rec rec = wd_trace_record(r, k);
        if (rec.kind == WD_TRACE_NAME) {
            trace_name_part(r, &rec, r->bytes + WD_TRACE_HEADER + k * WD_TRACE_RECORD);
        } else if (rec.kind == WD_TRACE_PLACE) {
            wd_places_add(&r->places, &rec);
        } else if (wd_trace_happened(&rec) && rec.t_ns < r->first_ns) {
            r->first_ns = rec.t_ns;
        }
    }
}

int wd_trace_reader_open(struct wd_trace_reader *r, struct wd *w, const char *file)
{
    *r = (struct wd_trace_reader){ .w = w, .file = file };
    int code = wd_read_file(w, file, &r->bytes, &r->n);
    if (!code) code = trace_head(r);
    if (!code) trace_names(r);
    return code;
}

void wd_trace_reader_close(struct wd_trace_reader *r)
{
    wd_places_free(&r->places);
    free(r->tasks);
    free(r->bytes);
}
