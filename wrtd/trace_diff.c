/* trace_diff: where do two runs part? Compares what happened, record by record; times count only when both
 * runs were under the fuel clock. */
#include "trace_read.h"
#include <string.h>

/* The next record at or behind *k that happened. */
static bool diff_next(const struct wd_trace_reader *r, uint64_t *k, wrt_trace_rec *out)
{
    for (; *k < r->head.records; ++*k) {
        *out = wd_trace_record(r, *k);
        if (wd_trace_happened(out)) {
            ++*k;
            return true;
        }
    }
    return false;
}

static bool diff_same(const wrt_trace_rec *a, const wrt_trace_rec *b, bool times)
{
    return a->kind == b->kind && a->task == b->task && a->fuel == b->fuel && a->a == b->a && a->b == b->b
        && a->core == b->core && (!times || a->t_ns == b->t_ns);
}

static void diff_text(struct wd_trace_reader *r, const wrt_trace_rec *rec, bool there)
{
    char time[32], fuel[32];
    if (!there) {
        printf("  %s: ends here\n", r->file);
        return;
    }
    const char *kind = wd_trace_kind(rec->kind);
    printf("  %s: %s  %s  ", r->file, wd_ns_text((double)(rec->t_ns - r->first_ns), time), kind ? kind : "?");
    wd_print_name(stdout, wd_str(wd_trace_task(r, rec->task)->name));
    if (rec->task & WRT_TRACE_JOB) printf(", job %llu", (unsigned long long)(rec->task >> 32 & 0x7fffffffu));
    printf(", fuel %s, a %u, b %u\n", wd_group(rec->fuel, fuel), rec->a, rec->b);
}

static void diff_json_side(
    struct wd_json *j, const char *key, struct wd_trace_reader *r, const wrt_trace_rec *rec, bool there)
{
    if (!there) {
        wd_json_null(j, key);
        return;
    }
    wd_json_open(j, key, '{');
    wd_json_u64(j, "t_ns", rec->t_ns - r->first_ns);
    wd_json_text(j, "kind", wd_trace_kind(rec->kind) ? wd_trace_kind(rec->kind) : "?");
    wd_json_text(j, "task", wd_trace_task(r, rec->task)->name);
    wd_json_u64(j, "job", rec->task & WRT_TRACE_JOB ? rec->task >> 32 & 0x7fffffffu : 0);
    wd_json_u64(j, "fuel", rec->fuel);
    wd_json_u64(j, "a", rec->a);
    wd_json_u64(j, "b", rec->b);
    wd_json_close(j);
}

static int diff_files(struct wd *w, struct wd_trace_reader *r)
{
    uint64_t k[2] = { 0, 0 }, count = 0;
    bool times = (r[0].head.flags & r[1].head.flags & WD_TRACE_VIRTUAL) != 0, there[2];
    wrt_trace_rec rec[2];
    if (r[0].head.fuel_hash != r[1].head.fuel_hash) wd_warn(w, "the runs used different fuel tables");
    if (r[0].head.code_hash != r[1].head.code_hash) wd_warn(w, "the runs executed different binaries");
    for (;; count++) {
        there[0] = diff_next(&r[0], &k[0], &rec[0]);
        there[1] = diff_next(&r[1], &k[1], &rec[1]);
        if (!there[0] || !there[1] || !diff_same(&rec[0], &rec[1], times)) break;
        if ((count & 0xffff) == 0) wd_progress(w, "compare", k[0], r[0].head.records);
    }
    wd_progress_end();
    bool equal = !there[0] && !there[1];
    if (w->json) {
        struct wd_json j;
        wd_json_begin(w, &j, "trace-diff");
        wd_json_bool(&j, "equal", equal);
        wd_json_u64(&j, "records_equal", count);
        if (!equal) {
            diff_json_side(&j, "first", &r[0], &rec[0], there[0]);
            diff_json_side(&j, "second", &r[1], &rec[1], there[1]);
        }
        wd_json_i64(&j, "exit_code", equal ? 0 : WD_EXIT_FAILED);
        wd_json_end(&j);
    } else if (equal) {
        printf("equal: %llu records\n", (unsigned long long)count);
    } else {
        printf("the runs part at record %llu:\n", (unsigned long long)count);
        diff_text(&r[0], &rec[0], there[0]);
        diff_text(&r[1], &rec[1], there[1]);
    }
    return equal ? 0 : WD_EXIT_FAILED;
}

int wd_trace_diff(struct wd *w, const char *a, const char *b)
{
    struct wd_trace_reader r[2] = { { .w = w }, { .w = w } };
    int code = wd_trace_reader_open(&r[0], w, a);
    if (!code) code = wd_trace_reader_open(&r[1], w, b);
    if (!code) code = diff_files(w, r);
    wd_trace_reader_close(&r[0]);
    wd_trace_reader_close(&r[1]);
    return code;
}
