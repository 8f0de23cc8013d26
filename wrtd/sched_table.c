/* sched_table: what is said about a task set: admission beside what happened, as tables and documents. */
#include "sched_system.h"
#include <stdlib.h>
#include <string.h>

/* A time with at most three digits behind the point, rounded up where they do not hold it. */
const char *wd_time_text(uint64_t ns, char buf[32])
{
    static const struct { const char *name; uint64_t ns; } units[] = { { "s", 1000000000 }, { "ms", 1000000 },
        { "us", 1000 }, { "ns", 1 } };
    size_t u = 0;
    while (u + 1 < WD_COUNT(units) && ns < units[u].ns) u++;
    uint64_t one = units[u].ns, step = one / 1000 ? one / 1000 : 1;
    if (ns <= UINT64_MAX - step) ns = (ns + step - 1) / step * step;
    if (u > 0 && ns == units[u - 1].ns) one = units[--u].ns;
    step = one / 1000 ? one / 1000 : 1;
    unsigned digits = (unsigned)(ns % one / step);
    int n = snprintf(buf, 24, "%llu", (unsigned long long)(ns / one));
    if (digits && one > 1) {
        n += snprintf(buf + n, 8, ".%03u", digits);
        while (buf[n - 1] == '0') n--;
    }
    snprintf(buf + n, (size_t)(32 - n), " %s", units[u].name);
    return buf;
}

/* The same of what is left: rounded down, so that nobody counts on more. */
static const char *slack_text(uint64_t ns, char buf[32])
{
    uint64_t step = 1;
    while (step < 1000000 && ns / 1000 >= step * 1000) step *= 1000;
    return wd_time_text(ns / step * step, buf);
}

static const char *time_or(uint64_t ns, uint64_t none, char buf[32])
{
    return ns == none ? "-" : wd_time_text(ns, buf);
}

/* Time of fuel at the rate of the set, rounded up. */
static uint64_t fuel_ns(const struct wd_system *s, uint64_t fuel)
{
    uint64_t rate = s->o.ns_per_kfuel ? s->o.ns_per_kfuel : 1000000000;
    uint64_t kilo = fuel / 1000;
    if (kilo > (UINT64_MAX >> 1) / rate) return UINT64_MAX;
    return kilo * rate + (fuel % 1000 * (rate % 1000) + 999) / 1000 + fuel % 1000 * (rate / 1000);
}

static size_t table_width(const struct wd_system *s)
{
    size_t width = 4;
    for (uint32_t k = 0; k < s->rows_count; k++) {
        size_t n = strlen(s->rows[k].name);
        width = n > width ? n : width;
    }
    return width;
}

/* Share of a core that its tasks need with their budgets in normal mode; for show, never for a verdict. */
static double table_load(const struct wd_system *s, uint32_t core)
{
    double sum = 0;
    for (uint32_t k = 0; k < s->rows_count; k++) {
        const struct wd_job_row *r = &s->rows[k];
        if (r->core == core && r->period_ns) sum += (double)fuel_ns(s, r->budget[0]) / (double)r->period_ns;
    }
    return sum;
}

/* A core behind the first one that is refused is not tested. */
enum { TASK_OK, TASK_MISSES, TASK_NOT_TESTED, TASK_REFUSED };
static int table_task(const struct wd_system *s, uint32_t k)
{
    if (s->adm_status == WRT_OK) return TASK_OK;
    if (s->adm_status != WRT_E_REJECTED) return TASK_NOT_TESTED;
    if (s->adm[k].ok || s->adm[k].response == 0) return s->adm[k].ok ? TASK_OK : TASK_NOT_TESTED;
    bool missed = s->verdict.reason == WRT_ADM_RESPONSE || s->verdict.reason == WRT_ADM_DEMAND;
    return missed || s->verdict.reason == WRT_ADM_UTILISATION ? TASK_MISSES : TASK_REFUSED;
}

static void table_rate(const struct wd_system *s, FILE *out)
{
    uint64_t rate = s->o.ns_per_kfuel ? s->o.ns_per_kfuel : 1000000000;
    char a[32];
    fprintf(out, "rate %llu ns per 1000 fuel (1 ms is %s fuel)", (unsigned long long)rate,
        wd_group(1000000000 / rate, a));
    if (s->manifest && s->manifest->board.given) fprintf(out, ", board %.60s", s->manifest->board.cpu);
    fprintf(out, "; policy %s, clock %s\n", wd_policy_name(s->o.policy),
        s->o.virtual_time ? "fuel" : "monotonic");
}

static void table_verdict(const struct wd_system *s, FILE *out)
{
    for (uint32_t k = 0; k < s->o.cores; k++) {
        fprintf(out, "%score %u utilization %.2f", k ? ", " : "", s->core_numbers[k], table_load(s, k));
    }
    wrt_adm_ratio cap = s->o.max_utilization.den ? s->o.max_utilization : (wrt_adm_ratio){ 1, 2 };
    fprintf(out, " (limit %.2f)", (double)cap.num / (double)cap.den);
    if (s->adm_status == WRT_E_UNSUPPORTED) {
        fprintf(out, "; no test is defined for policy %s\n", wd_policy_name(s->o.policy));
        return;
    }
    fprintf(out, "; test: %s%s; mode high keeps:", s->verdict.decided_by ? s->verdict.decided_by : "none",
        s->verdict.exact ? ", exact" : "");
    bool any = false;
    for (uint32_t k = 0; k < s->rows_count; k++) {
        if (s->rows[k].level < WRT_ASIL_B) continue;
        fprintf(out, "%s %s", any ? "," : "", s->rows[k].name);
        any = true;
    }
    fprintf(out, "%s\n%s\n", any ? "" : " none", s->adm_status == WRT_OK ? "schedulable" : "NOT schedulable");
}

void wd_admission_text(const struct wd_system *s, FILE *out)
{
    int width = (int)table_width(s);
    table_rate(s, out);
    fprintf(out, "%-*s  %-4s %4s  %-10s %-10s %-11s %-11s %-10s %s\n", width, "task", "asil", "core",
        "period", "deadline", "wcet<=", "response<=", "slack", "verdict");
    for (uint32_t k = 0; k < s->rows_count; k++) {
        char a[32], b[32], c[32], d[32], e[32];
        const struct wd_job_row *r = &s->rows[k];
        static const char *const words[] = { "ok", "MISSES", "-", "refused" };
        int verdict = table_task(s, k);
        uint64_t response = verdict == TASK_NOT_TESTED ? WRT_TICKS_NONE : s->adm[k].response;
        bool slack = response != WRT_TICKS_NONE && r->deadline_ns != UINT64_MAX && response <= r->deadline_ns;
        fprintf(out, "%-*s  %-4s %4u  %-10s %-10s %-11s %-11s %-10s %s\n", width, r->name,
            wd_asil_name(r->level), s->core_numbers[r->core],
            r->period_ns ? wd_time_text(r->period_ns, a) : "-", time_or(r->deadline_ns, UINT64_MAX, b),
            wd_time_text(fuel_ns(s, r->budget[0]), c), time_or(response, WRT_TICKS_NONE, d),
            slack ? slack_text(r->deadline_ns - response, e) : "-", words[verdict]);
    }
    table_verdict(s, out);
}

static void json_ratio(struct wd_json *j, const char *key, wrt_adm_ratio r)
{
    char text[32];
    snprintf(text, sizeof text, "%u/%u", r.num, r.den);
    wd_json_text(j, key, text);
}

static wrt_adm_ratio ratio_or(wrt_adm_ratio r, uint32_t num, uint32_t den)
{
    return r.den ? r : (wrt_adm_ratio){ num, den };
}

void wd_admission_json(const struct wd_system *s, struct wd_json *j)
{
    wd_json_open(j, "admission", '{');
    if (s->adm_status == WRT_E_UNSUPPORTED) {
        wd_json_text(j, "verdict", "no-test");
    } else {
        wd_json_text(j, "verdict", s->adm_status == WRT_OK ? "schedulable" : "refused");
        wd_json_text(j, "test", s->verdict.decided_by ? s->verdict.decided_by : "none");
        wd_json_bool(j, "exact", s->verdict.exact);
    }
    if (s->adm_status == WRT_E_REJECTED) {
        wd_json_error(j, "error", &s->adm_error);
        if (s->verdict.task < s->rows_count) wd_json_text(j, "first", s->rows[s->verdict.task].name);
    }
    json_ratio(j, "overhead_factor", ratio_or(s->o.overhead, 23, 20));
    json_ratio(j, "max_utilization", ratio_or(s->o.max_utilization, 1, 2));
    json_ratio(j, "max_utilization_per_level", ratio_or(s->o.level_utilization, 3, 5));
    wd_json_open(j, "tasks", '[');
    for (uint32_t k = 0; k < s->rows_count; k++) {
        const struct wd_job_row *r = &s->rows[k];
        int verdict = table_task(s, k);
        bool known = verdict != TASK_NOT_TESTED;
        wd_json_open(j, NULL, '{');
        wd_json_text(j, "name", r->name);
        wd_json_text(j, "asil", wd_asil_name(r->level));
        wd_json_u64(j, "core", s->core_numbers[r->core]);
        wd_json_u64(j, "period_ns", r->period_ns);
        if (r->deadline_ns != UINT64_MAX) wd_json_u64(j, "deadline_ns", r->deadline_ns);
        wd_json_u64(j, "wcet_fuel", r->budget[0]);
        wd_json_u64(j, "wcet_ns", fuel_ns(s, r->budget[0]));
        if (known && s->adm[k].response != WRT_TICKS_NONE) wd_json_u64(j, "response_ns", s->adm[k].response);
        if (known) wd_json_bool(j, "ok", verdict == TASK_OK);
        wd_json_close(j);
    }
    wd_json_close(j);
    wd_json_close(j);
}

/* ---- what happened ----------------------------------------------------------------------------------------
 */

static const char *mode_name(uint8_t mode)
{
    static const char *const names[] = { "normal", "high", "critical" };
    return mode < WD_COUNT(names) ? names[mode] : "?";
}

static const char *cause_name(uint8_t cause)
{
    static const char *const names[] = { "overrun", "misses", "host", "return" };
    return cause < WD_COUNT(names) ? names[cause] : "?";
}

static void jobs_modes(const struct wd_system *s, FILE *out)
{
    enum { MODES_SHOWN = 10 };
    for (uint32_t c = 0; c < s->o.cores; c++) {
        const struct wd_core_log *l = &s->cores[c];
        uint64_t shown = l->modes_count < MODES_SHOWN ? l->modes_count : MODES_SHOWN;
        for (uint64_t k = 0; k < shown; k++) {
            const struct wd_mode_change *m = &l->modes[k];
            char a[32];
            fprintf(out, "mode %s -> %s at %s, core %u: %s", mode_name(m->from), mode_name(m->to),
                wd_time_text(m->at_ns, a), s->core_numbers[c], cause_name(m->cause));
            if (m->task < s->rows_count) fprintf(out, " of %s", s->rows[m->task].name);
            fprintf(out, m->dropped ? ", %u dropped\n" : "\n", m->dropped);
        }
        if (l->modes_count > shown)
            fprintf(out, "... %llu more mode changes on core %u\n",
                (unsigned long long)(l->modes_count - shown), s->core_numbers[c]);
    }
}

/* The budget that held the dearest job: of the lowest mode that allows it. */
static uint64_t jobs_bound(const struct wd_job_row *r)
{
    uint64_t bound = r->budget[0];
    for (int k = 1; k < WRT_MODES && bound < r->stats.fuel_max; k++) bound = r->budget[k];
    return bound;
}

/* Where it went wrong for the first time; the trace and the report have all of them. */
static void jobs_place(
    const struct wd_system *s, uint32_t task, const char *what, const struct wd_row_place *p, FILE *out)
{
    char at[32], name[WD_PLACE_TEXT], text[WD_PLACE_TEXT];
    if (!p->is) return;
    wd_print_name(out, wd_str(s->rows[task].name));
    fprintf(out, ": job %llu %s at %s", (unsigned long long)p->job, what, wd_time_text(p->at_ns, at));
    if (p->func != UINT32_MAX) {
        fputs(", in ", out);
        wd_print_name(out,
            wd_str(wd_place_text(wd_system_func(s, task, p->func, name), p->func, p->offset, text)));
    }
    fputc('\n', out);
}

void wd_jobs_text(struct wd_system *s, FILE *out)
{
    int width = (int)table_width(s);
    fprintf(out, "\n%-*s %10s %9s %8s %9s %9s %8s %9s  %-10s %-10s %-10s %-10s %s\n", width, "task",
        "released =", "done =", "missed =", "overrun =", "aborted =", "failed =", "skipped =", "median ~",
        "p99 ~", "max =", "jitter =", "fuel/bound =");
    for (uint32_t k = 0; k < s->rows_count; k++) {
        struct wd_job_row *r = &s->rows[k];
        const wrt_sched_task_stats *t = &r->stats;
        char a[32], b[32], c[32], d[32], fuel[48];
        bool started = t->start_max_ns >= t->start_min_ns && r->start.seen > 0, done = r->response.n > 0;
        snprintf(fuel, sizeof fuel, "%llu/%llu", (unsigned long long)t->fuel_max,
            (unsigned long long)jobs_bound(r));
        fprintf(out, "%-*s %10llu %9llu %8llu %9llu %9llu %8llu %9llu  %-10s %-10s %-10s %-10s %12s\n", width,
            r->name, (unsigned long long)t->releases, (unsigned long long)t->done,
            (unsigned long long)t->misses, (unsigned long long)t->overruns, (unsigned long long)t->aborted,
            (unsigned long long)t->failed, (unsigned long long)t->skipped,
            done ? wd_time_text(wd_samples_at(&r->response, 500), a) : "-",
            done ? wd_time_text(wd_samples_at(&r->response, 990), b) : "-",
            done ? wd_time_text(t->response_max_ns, c) : "-",
            started ? wd_time_text(t->start_max_ns - t->start_min_ns, d) : "-", fuel);
    }
    for (uint32_t k = 0; k < s->rows_count; k++) {
        jobs_place(s, k, "missed its deadline", &s->rows[k].missed, out);
        jobs_place(s, k, "overran its budget", &s->rows[k].overran, out);
    }
    jobs_modes(s, out);
}

static void json_place(struct wd_json *j, const char *key, const struct wd_system *s, uint32_t task,
    const struct wd_row_place *p)
{
    char name[WD_PLACE_TEXT];
    if (!p->is) return;
    wd_json_open(j, key, '{');
    wd_json_u64(j, "job", p->job);
    wd_json_u64(j, "at_ns", p->at_ns);
    if (p->func != UINT32_MAX) {
        wd_json_u64(j, "function", p->func);
        if (wd_system_func(s, task, p->func, name)) wd_json_text(j, "name", name);
        wd_json_u64(j, "offset", p->offset);
    }
    wd_json_close(j);
}

static void json_row(struct wd_json *j, struct wd_system *s, struct wd_job_row *r)
{
    const wrt_sched_task_stats *t = &r->stats;
    wd_json_open(j, NULL, '{');
    wd_json_text(j, "name", r->name);
    wd_json_text(j, "asil", wd_asil_name(r->level));
    wd_json_u64(j, "core", s->core_numbers[r->core]);
    wd_json_u64(j, "releases", t->releases);
    wd_json_u64(j, "done", t->done);
    wd_json_u64(j, "failed", t->failed);
    wd_json_u64(j, "aborted", t->aborted);
    wd_json_u64(j, "skipped", t->skipped);
    wd_json_u64(j, "continued", t->continued);
    wd_json_u64(j, "misses", t->misses);
    wd_json_u64(j, "overruns", t->overruns);
    wd_json_u64(j, "refused", t->refused);
    wd_json_u64(j, "fuel", t->fuel);
    wd_json_u64(j, "fuel_max", t->fuel_max);
    wd_json_u64(j, "wcet_fuel", r->budget[0]);
    if (r->response.n > 0) {
        wd_json_open(j, "response_ns", '{');
        wd_json_u64(j, "min", t->response_min_ns);
        wd_json_u64(j, "p50", wd_samples_at(&r->response, 500));
        wd_json_u64(j, "p90", wd_samples_at(&r->response, 900));
        wd_json_u64(j, "p99", wd_samples_at(&r->response, 990));
        wd_json_u64(j, "p999", wd_samples_at(&r->response, 999));
        wd_json_u64(j, "max", t->response_max_ns);
        wd_json_close(j);
    }
    if (r->start.seen > 0) {
        wd_json_open(j, "start_ns", '{');
        wd_json_u64(j, "min", t->start_min_ns);
        wd_json_u64(j, "p999", wd_samples_at(&r->start, 999));
        wd_json_u64(j, "max", t->start_max_ns);
        wd_json_close(j);
    }
    json_place(j, "first_miss", s, (uint32_t)(r - s->rows), &r->missed);
    json_place(j, "first_overrun", s, (uint32_t)(r - s->rows), &r->overran);
    wd_json_close(j);
}

static void json_modes(struct wd_json *j, const struct wd_system *s)
{
    wd_json_open(j, "modes", '[');
    for (uint32_t c = 0; c < s->o.cores; c++) {
        const struct wd_core_log *l = &s->cores[c];
        for (uint64_t k = 0; k < l->modes_count && k < MODES_KEPT; k++) {
            const struct wd_mode_change *m = &l->modes[k];
            wd_json_open(j, NULL, '{');
            wd_json_u64(j, "at_ns", m->at_ns);
            wd_json_u64(j, "core", s->core_numbers[c]);
            wd_json_text(j, "from", mode_name(m->from));
            wd_json_text(j, "to", mode_name(m->to));
            wd_json_text(j, "cause", cause_name(m->cause));
            if (m->task < s->rows_count) wd_json_text(j, "task", s->rows[m->task].name);
            wd_json_u64(j, "dropped", m->dropped);
            wd_json_close(j);
        }
    }
    wd_json_close(j);
}

static void json_total(struct wd_json *j, const struct wd_system *s)
{
    wrt_sched_stats t;
    if (wrt_sched_stats_get(s->sched, WRT_SCHED_NOBODY, &t) != WRT_OK) return;
    wd_json_open(j, "total", '{');
    wd_json_u64(j, "now_ns", t.now_ns);
    wd_json_text(j, "mode", mode_name((uint8_t)t.mode));
    wd_json_u64(j, "raises", t.raises);
    wd_json_u64(j, "returns", t.returns);
    wd_json_u64(j, "releases", t.releases);
    wd_json_u64(j, "done", t.done);
    wd_json_u64(j, "misses", t.misses);
    wd_json_u64(j, "overruns", t.overruns);
    wd_json_u64(j, "fuel", t.fuel);
    wd_json_u64(j, "idle_ns", t.idle_ns);
    wd_json_u64(j, "switches", t.switches);
    wd_json_u64(j, "preemptions", t.preemptions);
    wd_json_close(j);
}

void wd_jobs_json(struct wd_system *s, struct wd_json *j)
{
    wd_json_text(j, "name", s->name);
    wd_json_text(j, "policy", wd_policy_name(s->o.policy));
    wd_json_text(j, "clock", s->o.virtual_time ? "fuel" : "monotonic");
    wd_json_u64(j, "ns_per_kfuel", s->o.ns_per_kfuel ? s->o.ns_per_kfuel : 1000000000);
    wd_json_hex(j, "schedule_hash", wd_system_hash(s));
    json_total(j, s);
    wd_json_open(j, "tasks", '[');
    for (uint32_t k = 0; k < s->rows_count; k++) json_row(j, s, &s->rows[k]);
    wd_json_close(j);
    json_modes(j, s);
}
