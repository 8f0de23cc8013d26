/* trace: a .wtr file as JSON for trace viewers ("Trace Event Format", which Perfetto and Chrome both read) or
 * text. One thread per task; a slice is an X event, everything else an instant, fuel a counter. */
#include "wd.h"
#include <stdlib.h>
#include <string.h>

struct trace_task { uint64_t id; char name[96]; uint64_t slice_start_ns, slice_fuel; bool running, used; };
struct trace_reader {
    struct wd *w;
    const char *file;
    uint8_t *bytes;
    size_t n;
    struct wd_trace_head head;
    struct trace_task *tasks;
    size_t tasks_count;
    uint64_t first_ns;
    FILE *out;
    bool any;
};

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get_u64(const uint8_t *p)
{
    return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static int trace_bad(struct trace_reader *r, const char *what)
{
    wrt_error e;
    wd_error_init(&e, WRT_E_MALFORMED, WD_W_TRACE, "%s", what);
    wd_error_hint(&e, "a trace is written by: wrtd run --trace FILE.wtr ...");
    return wd_report(r->w, &e, r->file, WD_EXIT_DATA);
}

static int trace_head(struct trace_reader *r)
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

static wrt_trace_rec trace_record(const struct trace_reader *r, uint64_t k)
{
    const uint8_t *p = r->bytes + WD_TRACE_HEADER + k * WD_TRACE_RECORD;
    return (wrt_trace_rec){ get_u64(p), get_u64(p + 8), get_u64(p + 16), get_u32(p + 24), get_u32(p + 28),
        get_u32(p + 32), get_u32(p + 36) };
}

/* Open addressing; the table is at least twice as large as the number of records that could name a task. */
static struct trace_task *trace_task(struct trace_reader *r, uint64_t id)
{
    size_t mask = r->tasks_count - 1, at = (size_t)(id * 0x9e3779b97f4a7c15ull >> 20) & mask;
    while (r->tasks[at].used && r->tasks[at].id != id) at = (at + 1) & mask;
    if (!r->tasks[at].used) {
        r->tasks[at] = (struct trace_task){ .id = id, .used = true };
        snprintf(
            r->tasks[at].name, sizeof r->tasks[at].name, "task %llu", (unsigned long long)(id & UINT32_MAX));
    }
    return &r->tasks[at];
}

static void trace_name_part(struct trace_reader *r, const wrt_trace_rec *rec, const uint8_t *p)
{
    struct trace_task *t = trace_task(r, rec->task);
    if (rec->core >= 3) return;
    char *to = t->name + rec->core * 24;
    memcpy(to, p, 16);
    memcpy(to + 16, p + 32, 8);
    to[24] = 0;
}

static void trace_names(struct trace_reader *r)
{
    size_t cap = 64;
    while (cap < r->head.records * 2) cap *= 2;
    r->tasks = wd_alloc(cap * sizeof *r->tasks);
    r->tasks_count = cap;
    r->first_ns = UINT64_MAX;
    for (uint64_t k = 0; k < r->head.records; k++) {
        wrt_trace_rec rec = trace_record(r, k);
        if (rec.kind == WD_TRACE_NAME) {
            trace_name_part(r, &rec, r->bytes + WD_TRACE_HEADER + k * WD_TRACE_RECORD);
        } else if (rec.t_ns < r->first_ns) {
            r->first_ns = rec.t_ns;
        }
    }
}

/* ---- JSON --------------------------------------------------------------------------------------------- */

static void event_start(
    struct trace_reader *r, const char *phase, const char *name, const struct trace_task *t, uint64_t t_ns)
{
    struct wd_json j = { .out = r->out };
    fputs(r->any ? ",\n{" : "\n{", r->out);
    r->any = true;
    j.depth = 1;
    wd_json_text(&j, "ph", phase);
    wd_json_text(&j, "name", name);
    uint64_t ns = t_ns - r->first_ns;
    fprintf(r->out, ",\"pid\":1,\"tid\":%llu,\"ts\":%llu.%03u", (unsigned long long)(t->id & UINT32_MAX),
        (unsigned long long)(ns / 1000), (unsigned)(ns % 1000));
}

static void event_slice(struct trace_reader *r, struct trace_task *t, const wrt_trace_rec *rec)
{
    uint64_t ns = rec->t_ns - t->slice_start_ns;
    event_start(r, "X", t->name, t, t->slice_start_ns);
    fprintf(r->out,
        ",\"dur\":%llu.%03u,\"args\":{\"fuel\":%llu,\"fuel_total\":%llu,\"function\":%u,\"offset\":%u,"
        "\"core\":%u}}",
        (unsigned long long)(ns / 1000), (unsigned)(ns % 1000),
        (unsigned long long)(rec->fuel - t->slice_fuel), (unsigned long long)rec->fuel, rec->a, rec->b,
        rec->core);
    event_start(r, "C", "fuel", t, rec->t_ns);
    fprintf(r->out, ",\"id\":%llu,\"args\":{", (unsigned long long)(t->id & UINT32_MAX));
    struct wd_json j = { .out = r->out, .depth = 1 };
    wd_json_u64(&j, t->name, rec->fuel);
    fputs("}}", r->out);
    t->running = false;
}

static void event_of(struct trace_reader *r, const wrt_trace_rec *rec)
{
    struct trace_task *t = trace_task(r, rec->task);
    const char *kind = wd_trace_kind(rec->kind);
    char number[32];
    if (rec->kind == WRT_TRACE_SLICE_BEGIN) {
        t->running = true;
        t->slice_start_ns = rec->t_ns;
        t->slice_fuel = rec->fuel;
    } else if (rec->kind == WRT_TRACE_SLICE_END) {
        if (t->running) event_slice(r, t, rec);
    } else {
        snprintf(number, sizeof number, "kind %u", rec->kind);
        event_start(r, "i", kind ? kind : number, t, rec->t_ns);
        fprintf(r->out, ",\"s\":\"t\",\"args\":{\"fuel\":%llu,\"a\":%u,\"b\":%u}}",
            (unsigned long long)rec->fuel, rec->a, rec->b);
    }
}

static void meta_of(struct trace_reader *r, const char *what, uint64_t tid, const char *name)
{
    struct wd_json j = { .out = r->out, .depth = 1 };
    fputs(r->any ? ",\n{" : "\n{", r->out);
    r->any = true;
    fprintf(r->out, "\"ph\":\"M\",\"pid\":1,\"tid\":%llu,\"name\":\"%s\",\"args\":{", (unsigned long long)tid,
        what);
    wd_json_text(&j, "name", name);
    fputs("}}", r->out);
}

static void convert_json(struct trace_reader *r)
{
    fprintf(r->out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"fuel_table\":");
    struct wd_json j = { .out = r->out };
    wd_json_text(&j, NULL, r->head.fuel_name);
    fprintf(r->out,
        ",\"fuel_table_hash\":\"0x%016llx\",\"code_hash\":\"0x%016llx\",\"trace_hash\":\"0x%016llx\","
        "\"lost\":%llu,\"clock\":\"%s\"},\"traceEvents\":[",
        (unsigned long long)r->head.fuel_hash, (unsigned long long)r->head.code_hash,
        (unsigned long long)r->head.trace_hash, (unsigned long long)r->head.lost,
        r->head.flags & WD_TRACE_VIRTUAL ? "virtual" : "real");
    meta_of(r, "process_name", 0, r->head.program);
    for (size_t k = 0; k < r->tasks_count; k++) {
        if (r->tasks[k].used) meta_of(r, "thread_name", r->tasks[k].id & UINT32_MAX, r->tasks[k].name);
    }
    for (uint64_t k = 0; k < r->head.records; k++) {
        wrt_trace_rec rec = trace_record(r, k);
        if (rec.kind != WD_TRACE_NAME) event_of(r, &rec);
        if ((k & 0xfff) == 0) wd_progress(r->w, "convert", k, r->head.records);
    }
    fputs("\n]}\n", r->out);
}

static void convert_text(struct trace_reader *r)
{
    for (uint64_t k = 0; k < r->head.records; k++) {
        wrt_trace_rec rec = trace_record(r, k);
        if (rec.kind == WD_TRACE_NAME) continue;
        const char *kind = wd_trace_kind(rec.kind);
        fprintf(r->out, "%14llu %-12s %12llu  %u+0x%x  ", (unsigned long long)(rec.t_ns - r->first_ns),
            kind ? kind : "?", (unsigned long long)rec.fuel, rec.a, rec.b);
        wd_print_name(r->out, wd_str(trace_task(r, rec.task)->name));
        fputc('\n', r->out);
    }
}

int wd_cmd_trace(struct wd *w)
{
    struct trace_reader r = { .w = w };
    const char *to = wd_option(w, WD_OPT_to), *path = wd_option(w, WD_OPT_output);
    int code = wd_operands(w, 1, 2, "`convert` and a FILE");
    if (code) return code;
    if (strcmp(w->rest[0], "convert") != 0) {
        return wd_fail(
            w, WD_EXIT_USAGE, WD_W_TOPIC, "wrtd trace convert FILE.wtr", "`trace` cannot `%s`", w->rest[0]);
    }
    code = wd_operands(w, 2, 2, "a FILE");
    if (code) return code;
    r.file = w->rest[1];
    code = wd_read_file(w, r.file, &r.bytes, &r.n);
    if (!code) code = trace_head(&r);
    if (!code) {
        trace_names(&r);
        r.out = wd_open_out(w, path);
        code = r.out ? 0 : WD_EXIT_IO;
    }
    if (!code) {
        if (to && strcmp(to, "text") == 0) {
            convert_text(&r);
        } else {
            convert_json(&r);
        }
        code = wd_close_out(w, r.out, path);
    }
    free(r.tasks);
    free(r.bytes);
    return code;
}
