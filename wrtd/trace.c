/* trace: a .wtr file as JSON for trace viewers ("Trace Event Format", which Perfetto and Chrome both read),
 * text, or a picture. One thread per task; a slice is an X event, everything else an instant, fuel a counter.
 */
#include "schedule.h"
#include "trace_read.h"
#include <string.h>

/* ---- JSON --------------------------------------------------------------------------------------------- */

static void event_start(struct wd_trace_reader *r, const char *phase, const char *name,
    const struct wd_trace_task *t, uint64_t t_ns)
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

static void event_slice(struct wd_trace_reader *r, struct wd_trace_task *t, const wrt_trace_rec *rec)
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

/* Where it was, for records that carry a place whose function has a name in the trace. */
static const char *trace_place(struct wd_trace_reader *r, const wrt_trace_rec *rec)
{
    bool carries = wd_place_kind(rec->kind) && rec->task & WRT_TRACE_JOB && rec->a != UINT32_MAX;
    return carries ? wd_places_find(&r->places, rec->task, rec->a) : NULL;
}

static void event_place(struct wd_trace_reader *r, const wrt_trace_rec *rec)
{
    const char *name = trace_place(r, rec);
    char text[WD_PLACE_TEXT];
    struct wd_json j = { .out = r->out, .depth = 1 };
    if (!name) return;
    fputc(',', r->out);
    wd_json_text(&j, "place", wd_place_text(name, rec->a, rec->b, text));
}

static void event_of(struct wd_trace_reader *r, const wrt_trace_rec *rec)
{
    struct wd_trace_task *t = wd_trace_task(r, rec->task);
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
        fprintf(r->out, ",\"s\":\"t\",\"args\":{\"fuel\":%llu,\"a\":%u,\"b\":%u",
            (unsigned long long)rec->fuel, rec->a, rec->b);
        event_place(r, rec);
        fputs("}}", r->out);
    }
}

static void meta_of(struct wd_trace_reader *r, const char *what, uint64_t tid, const char *name)
{
    struct wd_json j = { .out = r->out, .depth = 1 };
    fputs(r->any ? ",\n{" : "\n{", r->out);
    r->any = true;
    fprintf(r->out, "\"ph\":\"M\",\"pid\":1,\"tid\":%llu,\"name\":\"%s\",\"args\":{", (unsigned long long)tid,
        what);
    wd_json_text(&j, "name", name);
    fputs("}}", r->out);
}

static void convert_json(struct wd_trace_reader *r)
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
        wrt_trace_rec rec = wd_trace_record(r, k);
        if (wd_trace_happened(&rec)) event_of(r, &rec);
        if ((k & 0xfff) == 0) wd_progress(r->w, "convert", k, r->head.records);
    }
    fputs("\n]}\n", r->out);
}

static void convert_text(struct wd_trace_reader *r)
{
    for (uint64_t k = 0; k < r->head.records; k++) {
        wrt_trace_rec rec = wd_trace_record(r, k);
        if (!wd_trace_happened(&rec)) continue;
        const char *kind = wd_trace_kind(rec.kind);
        fprintf(r->out, "%14llu %-12s %12llu  %u+0x%x  ", (unsigned long long)(rec.t_ns - r->first_ns),
            kind ? kind : "?", (unsigned long long)rec.fuel, rec.a, rec.b);
        wd_print_name(r->out, wd_str(wd_trace_task(r, rec.task)->name));
        if (trace_place(r, &rec)) {
            fputs("  in ", r->out);
            wd_print_name(r->out, wd_str(trace_place(r, &rec)));
        }
        fputc('\n', r->out);
    }
}

/* ---- pictures -------------------------------------------------------------------------------------------
 */

/* "A..B"; either may be left out. */
static bool trace_span(const char *text, struct wd_schedule *s)
{
    const char *dots = strstr(text, "..");
    if (!dots) return false;
    if (dots != text && !wd_parse_ns((wrt_str){ text, (size_t)(dots - text) }, &s->from_ns)) return false;
    return !dots[2] || wd_parse_ns(wd_str(dots + 2), &s->to_ns);
}

static int convert_picture(struct wd_trace_reader *r, bool html)
{
    struct wd_schedule s;
    const char *span = wd_option(r->w, WD_OPT_span);
    wd_schedule_init(&s);
    s.only = wd_option(r->w, WD_OPT_rows);
    s.base_ns = r->first_ns == UINT64_MAX ? 0 : r->first_ns;
    s.virtual_time = r->head.flags & WD_TRACE_VIRTUAL;
    snprintf(s.title, sizeof s.title, "%s", r->head.program);
    if (span && !trace_span(span, &s)) {
        return wd_fail(
            r->w, WD_EXIT_USAGE, WD_W_OPTION_VALUE, "--span 1s..1.5s", "`%s` is no span of time", span);
    }
    for (uint64_t k = 0; k < r->head.records; k++) {
        wrt_trace_rec rec = wd_trace_record(r, k);
        wd_schedule_add(&s, &rec);
        if ((k & 0xfff) == 0) wd_progress(r->w, "draw", k, r->head.records);
    }
    wd_schedule_end(&s);
    wd_progress_end();
    if (s.dropped) wd_warn(r->w, "%zu details are left out: draw less with --span", s.dropped);
    if (html) {
        wd_chart_html(&s, NULL, r->out);
    } else {
        wd_chart_svg(&s, r->out);
    }
    wd_schedule_free(&s);
    return 0;
}

/* What was written where; the document of the command when the trace itself goes to a file. */
static void convert_report(struct wd *w, const struct wd_trace_reader *r, const char *to, const char *path)
{
    struct wd_json j;
    char hash[20];
    snprintf(hash, sizeof hash, "0x%016llx", (unsigned long long)r->head.trace_hash);
    wd_json_begin(w, &j, "trace-convert");
    wd_json_text(&j, "file", w->rest[1]);
    wd_json_text(&j, "program", r->head.program);
    wd_json_text(&j, "output", path);
    wd_json_text(&j, "format", to);
    wd_json_u64(&j, "records", r->head.records);
    wd_json_u64(&j, "lost", r->head.lost);
    wd_json_text(&j, "trace_hash", hash);
    wd_json_i64(&j, "exit_code", 0);
    wd_json_end(&j);
}

static int trace_convert(struct wd *w)
{
    struct wd_trace_reader r;
    const char *to = wd_option(w, WD_OPT_to), *path = wd_option(w, WD_OPT_output);
    int code = wd_operands(w, 2, 2, "a FILE");
    if (code) return code;
    if (!to) to = "perfetto";
    if (w->json != WD_JSON_OFF && !path) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_OPTION_VALUE, "add -o FILE",
            "with --json the converted trace cannot go to standard output as well");
    }
    code = wd_trace_reader_open(&r, w, w->rest[1]);
    if (!code) {
        r.out = wd_open_out(w, path);
        code = r.out ? 0 : WD_EXIT_IO;
    }
    if (!code) {
        int closed;
        if (strcmp(to, "text") == 0) {
            convert_text(&r);
        } else if (strcmp(to, "svg") == 0 || strcmp(to, "html") == 0) {
            code = convert_picture(&r, to[0] == 'h');
        } else {
            convert_json(&r);
        }
        closed = wd_close_out(w, r.out, path);
        if (!code) code = closed;
    }
    if (!code && w->json != WD_JSON_OFF) convert_report(w, &r, to, path);
    wd_trace_reader_close(&r);
    return code;
}

int wd_cmd_trace(struct wd *w)
{
    int code = wd_operands(w, 1, 3, "`convert` or `diff` and files");
    if (code) return code;
    if (strcmp(w->rest[0], "convert") == 0) return trace_convert(w);
    if (strcmp(w->rest[0], "diff") == 0) {
        code = wd_operands(w, 3, 3, "two files");
        return code ? code : wd_trace_diff(w, w->rest[1], w->rest[2]);
    }
    return wd_fail(w, WD_EXIT_USAGE, WD_W_TOPIC, "wrtd trace convert FILE.wtr, wrtd trace diff A.wtr B.wtr",
        "`trace` cannot `%s`", w->rest[0]);
}
