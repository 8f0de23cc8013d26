/* sched_report: one page about a run or a simulation: what admission promised beside what happened, and the
 * picture of the schedule. */
#include "sched_follow.h"
#include "schedule.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int wd_system_report(struct wd_system *s, const char *path)
{
    if (!path) return 0;
    s->report = path;
    s->schedule = wd_alloc(sizeof *s->schedule);
    wd_schedule_init(s->schedule);
    snprintf(s->schedule->title, sizeof s->schedule->title, "%s", s->name ? s->name : s->file);
    s->schedule->virtual_time = s->o.virtual_time;
    for (uint32_t k = 0; k < s->rows_count; k++) {
        const struct wd_job_row *r = &s->rows[k];
        wd_schedule_task(s->schedule, k, r->name, r->core, (uint8_t)r->level, r->period_ns, r->budget[0]);
    }
    s->keep_records = true;
    return 0;
}

static void report_add(struct wd_buf *b, const char *format, ...) WD_PRINTF(2, 3);
static void report_add(struct wd_buf *b, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0) wd_buf_add(b, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void report_name(struct wd_buf *b, const char *name)
{
    for (; *name; name++) {
        if (*name == '<' || *name == '&' || *name == '>') {
            report_add(b, "&#%d;", *name);
        } else {
            wd_buf_add(b, name, 1);
        }
    }
}

static void report_time(struct wd_buf *b, uint64_t ns, bool known, bool bad)
{
    char text[32];
    report_add(b, "<td%s>%s</td>", bad ? " class=\"bad\"" : "", known ? wd_time_text(ns, text) : "&ndash;");
}

/* Into the cell that has just been closed. */
static void report_star(struct wd_buf *b)
{
    b->n -= strlen("</td>");
    report_add(b, "<sup>*</sup></td>");
}

static void report_count(struct wd_buf *b, uint64_t n)
{
    char text[32];
    report_add(b, "<td%s>%s</td>", n ? " class=\"bad\"" : "", wd_group(n, text));
}

static void report_plan(struct wd_buf *b, const struct wd_system *s, uint32_t k)
{
    const struct wd_job_row *r = &s->rows[k];
    bool response = s->adm_status == WRT_OK && s->adm && s->adm[k].response != WRT_TICKS_NONE
        && s->adm[k].response != 0;
    report_add(b, "<tr><td>");
    report_name(b, r->name);
    report_add(b, "</td><td class=\"left\">%s</td><td>%u</td>", wd_level_name((uint8_t)r->level),
        s->core_numbers[r->core]);
    report_time(b, r->period_ns, r->period_ns != 0, false);
    report_time(b, r->deadline_ns, r->deadline_ns != UINT64_MAX, false);
    report_time(b, response ? s->adm[k].response : 0, response, false);
}

/* The bound, for a task that has one; what was observed stands beside it. */
static void report_bound(struct wd_buf *b, const struct wd_system *s, uint32_t k)
{
    char text[32];
    const struct wd_mf_task *t = s->manifest ? &s->manifest->tasks[k] : NULL;
    const bool known = t && t->bound_high != 0 && t->bound_high != UINT64_MAX;
    const bool above = known && s->rows[k].stats.fuel_max > t->bound_high;
    report_add(b, "<td%s>%s</td>", above ? " class=\"bad\"" : "",
        known ? wd_group(t->bound_high, text) : "&ndash;");
}

static void report_findings(struct wd_buf *b, const struct wd_system *s)
{
    const struct wd_finding *f;
    const uint64_t n = wd_follow_findings(s->manifest ? s->manifest->follow : NULL, &f);
    if (n == 0) return;
    report_add(b, "<p class=\"bad\">What bounds rest on was false %llu times:</p>\n<ul>\n",
        (unsigned long long)n);
    for (uint64_t k = 0; k < n && k < WD_FINDINGS_KEPT; k++) {
        char text[256];
        wd_finding_text(s->manifest, &f[k], text, sizeof text);
        report_add(b, "<li>");
        report_name(b, text);
        report_add(b, "</li>\n");
    }
    report_add(b, "</ul>\n");
}

static void report_row(struct wd_buf *b, struct wd_system *s, uint32_t k)
{
    struct wd_job_row *r = &s->rows[k];
    const wrt_sched_task_stats *t = &r->stats;
    bool done = t->done != 0, started = t->start_max_ns >= t->start_min_ns;
    bool bound = s->adm_status == WRT_OK && s->adm && s->adm[k].response != WRT_TICKS_NONE
        && s->adm[k].response != 0;
    /* one that was stopped for a while has a new deadline, and counts from its first release */
    bool continued = t->continued != 0;
    bool late = !continued
        && ((r->deadline_ns != UINT64_MAX && t->response_max_ns > r->deadline_ns)
            || (bound && t->response_max_ns > s->adm[k].response));
    char most[32], of[32];
    report_plan(b, s, k);
    report_time(b, t->response_max_ns, done, late);
    if (continued) report_star(b);
    report_time(b, wd_samples_at(&r->response, 990), r->response.n != 0, false);
    report_time(b, started ? t->start_max_ns - t->start_min_ns : 0, done && started, false);
    static const char *const modes[] = { "", ", high", ", critical" };
    uint32_t mode = 0;                          /* the lowest that allows the dearest job */
    while (mode + 1 < WRT_MODES && r->budget[mode] < t->fuel_max) mode++;
    while (mode > 0 && r->budget[mode] == r->budget[mode - 1]) mode--;
    uint64_t budget = r->budget[mode];
    unsigned share = budget ? (unsigned)(t->fuel_max / 10 < budget ? t->fuel_max * 100 / budget : 999) : 0;
    report_add(b, "<td>%s of %s (%u&nbsp;%%%s)</td>", wd_group(t->fuel_max, most), wd_group(budget, of),
        share, modes[mode]);
    report_bound(b, s, k);
    report_add(b, "<td>%llu</td><td>%llu</td>", (unsigned long long)t->releases, (unsigned long long)t->done);
    report_count(b, t->misses);
    report_count(b, t->overruns);
    report_count(b, t->aborted + t->failed);
    report_count(b, t->skipped);
    report_add(b, "</tr>\n");
}

static void report_verdict(struct wd_buf *b, const struct wd_system *s)
{
    uint64_t rate = s->o.ns_per_kfuel ? s->o.ns_per_kfuel : 1000000000;
    report_add(b, "<p>Policy <b>%s</b>, %s clock, %llu ns per 1000 fuel.<br>", wd_policy_name(s->o.policy),
        s->o.virtual_time ? "fuel" : "monotonic", (unsigned long long)rate);
    if (s->adm_status == WRT_E_UNSUPPORTED) {
        report_add(b, "Admission: no test is defined for this policy.</p>\n");
    } else if (s->adm_status == WRT_OK) {
        report_add(b, "Admission: <b>every deadline is met</b> (%s%s).</p>\n",
            s->verdict.decided_by ? s->verdict.decided_by : "no test", s->verdict.exact ? ", exact" : "");
    } else {
        report_add(b, "Admission: <b class=\"bad\">refused</b>: ");
        report_name(b, s->adm_error.message);
        report_add(b, "</p>\n");
    }
}

static void report_text(struct wd_buf *b, struct wd_system *s)
{
    bool continued = false;
    report_verdict(b, s);
    report_add(b,
        "<div class=\"wide\"><table><tr><th>task</th><th class=\"left\">ASIL</th><th>core</th><th>period</th>"
                  "<th>deadline</th>"
        "<th>response&nbsp;&le;</th><th>response max</th><th>p99</th><th>jitter</th>"
                  "<th>fuel max of budget</th><th>bound&nbsp;&le;</th>");
    report_add(b,
        "<th>released</th><th>done</th><th>missed</th><th>overrun</th><th>aborted</th>"
        "<th>skipped</th></tr>\n");
    for (uint32_t k = 0; k < s->rows_count; k++) {
        report_row(b, s, k);
        continued |= s->rows[k].stats.continued != 0;
    }
    report_add(b,
        "</table></div>\n<p class=\"quiet\">"
        "Left of &ldquo;response max&rdquo;: what was promised before "
        "the start; from there on: "
        "what happened. Schedule hash %016llx.%s</p>\n",
        (unsigned long long)wd_system_hash(s),
        continued
            ? "<br>* Jobs were suspended and continued by a later release, with its deadline; they count "
              "from their own release."
            : "");
    report_findings(b, s);
}

int wd_system_report_end(struct wd_system *s)
{
    struct wd_buf text = { 0 };
    if (!s->report) return 0;
    wd_system_drain(s);
    wd_schedule_end(s->schedule);
    if (s->schedule->dropped) {
        wd_warn(s->w, "%zu details are left out of the report's picture", s->schedule->dropped);
    }
    report_text(&text, s);
    wd_buf_add(&text, "", 1);
    FILE *out = wd_open_out(s->w, s->report);
    int code = out ? 0 : WD_EXIT_IO;
    if (out) {
        wd_chart_html(s->schedule, text.p, out);
        code = wd_close_out(s->w, out, s->report);
    }
    wd_buf_free(&text);
    wd_schedule_free(s->schedule);
    free(s->schedule);
    s->schedule = NULL;
    s->report = NULL;
    return code;
}
