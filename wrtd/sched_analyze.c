/* sched analyze: may these tasks run together? Prints a table with the response times of the test that
 * decides, who is in whose way and how much is left; with --json also the answers of every other test that
 * applies. */
#include "analyze.h"
#include <stdlib.h>
#include <string.h>

enum { DETAILS_MAX = 64, SCALE_PER = 10000, SHORT_FUEL = 1000, STEPS_DEFAULT = 1000000000 };

/* ---- the set in the form of the library ----------------------------------------------------------- */

static const struct wd_set_task *analyze_sorted;        /* for qsort, which hands nothing through */

static int by_name(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return strcmp(analyze_sorted[*a].name, analyze_sorted[*b].name);
}

static void analysis_open(struct wd_analysis *a, struct wd *w, const struct wd_set *s)
{
    uint32_t n = s->tasks_count;
    *a = (struct wd_analysis){ .w = w, .from = s, .opts = s->opts };
    a->opts.size = sizeof a->opts;
    a->tasks = wd_alloc((n + 1) * sizeof *a->tasks);
    a->sections = wd_alloc((s->sections_count + 1) * sizeof *a->sections);
    a->order = wd_alloc((n + 1) * sizeof *a->order);
    a->place = wd_alloc((n + 1) * sizeof *a->place);
    a->numbers = wd_alloc((n + 1) * sizeof *a->numbers);
    a->rows = wd_alloc((n + 1) * sizeof *a->rows);
    a->mem_bytes = wrt_adm_mem_bytes(n, s->sections_count);
    a->mem = wd_alloc(a->mem_bytes);
    for (uint32_t k = 0; k < n; k++) a->order[k] = k;
    analyze_sorted = s->tasks;
    qsort(a->order, n, sizeof *a->order, by_name);
    for (uint32_t k = 0; k < n; k++) {
        a->place[a->order[k]] = k;
        a->tasks[k] = s->tasks[a->order[k]].rt;
    }
    for (uint32_t k = 0; k < s->sections_count; k++) {
        a->sections[k] = s->sections[k];
        a->sections[k].task = a->place[s->sections[k].task];
    }
    a->set = (wrt_adm_set){ a->tasks, n, a->sections, s->sections_count };
    if (!(s->says & WD_SET_PRIORITIES) &&
        wrt_adm_monotonic(&a->set, false, a->mem, a->mem_bytes, a->numbers, NULL) == WRT_OK) {
        for (uint32_t k = 0; k < n; k++) a->tasks[k].priority = a->numbers[k];
    }
    if (s->says & WD_SET_TEST) return;
    a->opts.test = s->says & (WD_SET_LEVELS | WD_SET_DUAL) ? WRT_ADM_AMC_RTB : WRT_ADM_FP;
    if (s->says & WD_SET_CORES) a->fit_cores = s->cores;
}

static void analysis_close(struct wd_analysis *a)
{
    free(a->tasks);
    free(a->sections);
    free(a->order);
    free(a->place);
    free(a->numbers);
    free(a->rows);
    free(a->mem);
}

const char *wd_analysis_name(const struct wd_analysis *a, uint32_t k)
{
    return a->from->tasks[a->order[k]].name;
}

bool wd_analysis_run(struct wd_analysis *a, const wrt_adm_opts *o, wrt_adm_verdict *v)
{
    wrt_error e;
    return wrt_adm_run(&a->set, o, a->mem, a->mem_bytes, a->rows, v, &e) == WRT_OK;
}

void wd_json_ticks(struct wd_json *j, const char *key, uint64_t ticks)
{
    if (ticks == WRT_TICKS_NONE) {
        wd_json_null(j, key);
    } else {
        wd_json_u64(j, key, ticks);
    }
}

/* ---- the decision --------------------------------------------------------------------------------- */

/* 0, or an exit code, reported. With cores, the tasks are spread by first fit before the rows are worked out.
 */
static int analyze_decide(struct wd_analysis *a, wrt_adm_verdict *v)
{
    wrt_error e;
    wrt_status status;
    if (a->fit_cores > 0) {
        status = wrt_adm_partition(
            &a->set, &a->opts, WRT_ADM_FIRST_FIT, a->fit_cores, a->mem, a->mem_bytes, a->numbers, v, &e);
    } else {
        status = wrt_adm_run(&a->set, &a->opts, a->mem, a->mem_bytes, a->rows, v, &e);
    }
    return status == WRT_OK ? 0 : wd_report(a->w, &e, a->from->file, WD_EXIT_DATA);
}

static const char *test_sentence(const wrt_adm_verdict *v, char buf[96])
{
    snprintf(buf, 96, "%s, %s", v->decided_by, v->exact ? "exact" : "sufficient");
    return buf;
}

/* Why not, in one line. */
static void verdict_text(const struct wd_analysis *a, const wrt_adm_verdict *v, char *buf, size_t n)
{
    const char *task = v->task == WRT_ADM_NOBODY ? "?" : wd_analysis_name(a, v->task);
    unsigned long long time = v->time;
    switch (v->reason) {
    case WRT_ADM_FITS: snprintf(buf, n, "every task meets its deadlines"); break;
    case WRT_ADM_UTILISATION: snprintf(buf, n, "the tasks need more than the processor has"); break;
    case WRT_ADM_DEMAND:
        snprintf(buf, n, "more is due at %llu than fits before it: \"%s\" misses", time, task);
        break;
    case WRT_ADM_CAP: snprintf(buf, n, "a cap on utilisation is exceeded"); break;
    case WRT_ADM_LIMIT:
        snprintf(buf, n, "refused: analysis-limit, stopped by its limit on %s", v->limit);
        break;
    case WRT_ADM_NO_CORE: snprintf(buf, n, "\"%s\" fits on no core", task); break;
    case WRT_ADM_RESPONSE:
        if (v->time == WRT_TICKS_NONE) {
            snprintf(buf, n, "\"%s\" misses its deadline; its response has no bound within it", task);
        } else {
            snprintf(buf, n, "\"%s\" responds after %llu, beyond its deadline of %llu", task, time,
                (unsigned long long)a->tasks[v->task].deadline);
        }
        break;
    }
}

/* Does the row say a response time? */
static bool says_response(const struct wd_analysis *a)
{
    return a->fit_cores == 0 && a->opts.test != WRT_ADM_EDF && a->opts.test != WRT_ADM_BANDS &&
           a->opts.test != WRT_ADM_EDF_VD;
}

/* ---- the table ------------------------------------------------------------------------------------ */

static const char *ticks_text(const struct wd_analysis *a, uint64_t ticks, char buf[32])
{
    if (ticks == WRT_TICKS_NONE) return "-";
    if (a->from->ns_per_tick > 0) return wd_ns_text((double)ticks * (double)a->from->ns_per_tick, buf);
    return wd_group(ticks, buf);
}

static const char *level_text(const struct wd_analysis *a, uint32_t k)
{
    static const char *const five[] = { "QM", "A", "B", "C", "D" };
    if (a->from->says & WD_SET_LEVELS) return five[a->tasks[k].level];
    if (a->from->says & WD_SET_DUAL) return a->tasks[k].level ? "HI" : "LO";
    return "-";
}

static void print_row(const struct wd_analysis *a, uint32_t k, int width)
{
    const wrt_adm_task *t = &a->tasks[k];
    const wrt_adm_row *row = &a->rows[k];
    char period[32], deadline[32], wcet[32], response[32], slack[32], core[16];
    bool known = says_response(a) && row->response != WRT_TICKS_NONE;
    bool placed = a->fit_cores == 0 || a->numbers[k] != WRT_ADM_NOBODY;
    uint32_t m = t->level;
    while (m > 0 && t->wcet[m] == 0) m--;
    snprintf(core, sizeof core, "%u", a->fit_cores > 0 ? a->numbers[k] : t->core);
    printf("%-*s  %-4s  %-4s  %11s  %11s  %11s  %11s  %11s  %s\n", width, wd_analysis_name(a, k),
        level_text(a, k), placed ? core : "-", ticks_text(a, t->period, period),
        ticks_text(a, t->deadline, deadline), ticks_text(a, t->wcet[m], wcet),
        known ? ticks_text(a, row->response, response) : "-",
        known && row->response <= t->deadline ? ticks_text(a, t->deadline - row->response, slack) : "-",
        (a->fit_cores > 0 ? placed : row->ok) ? "ok" : "MISS");
}

static void print_table(const struct wd_analysis *a)
{
    int width = 4;
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        int n = (int)strlen(wd_analysis_name(a, k));
        if (n > width) width = n < 32 ? n : 32;
    }
    printf("%-*s  %-4s  %-4s  %11s  %11s  %11s  %11s  %11s  %s\n", width, "task", "asil", "core", "period",
        "deadline", "wcet<=", "response<=", "slack", "verdict");
    for (uint32_t k = 0; k < a->set.tasks_count; k++) print_row(a, a->place[k], width);
}

/* Who is in whose way: the response of the task that fails. */
static void print_reason(struct wd_analysis *a, const wrt_adm_verdict *v)
{
    const wrt_adm_row *row = &a->rows[v->task];
    uint64_t *ticks = wd_alloc((a->set.tasks_count + 1) * sizeof *ticks);
    bool first = true;
    if (row->blocking > 0 && row->blocker != WRT_ADM_NOBODY) {
        printf("  blocking: %llu by \"%s\"\n", (unsigned long long)row->blocking,
            wd_analysis_name(a, row->blocker));
    }
    (void)wrt_adm_interference(&a->set, &a->opts, v->task, row, ticks, NULL);
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        if (ticks[k] == 0) continue;
        printf("%s\"%s\" %llu", first ? "  interference: " : ", ", wd_analysis_name(a, k),
            (unsigned long long)ticks[k]);
        first = false;
    }
    if (!first) putchar('\n');
    free(ticks);
}

static void print_left(struct wd_analysis *a)
{
    uint64_t k;
    wrt_error e;
    if (a->fit_cores > 0 || a->set.tasks_count > DETAILS_MAX) return;
    if (wrt_adm_scale(&a->set, &a->opts, SCALE_PER, a->mem, a->mem_bytes, &k, &e) != WRT_OK) return;
    printf("every wcet could be multiplied by %llu.%04llu and not by %llu.%04llu\n",
        (unsigned long long)(k / SCALE_PER), (unsigned long long)(k % SCALE_PER),
        (unsigned long long)((k + 1) / SCALE_PER), (unsigned long long)((k + 1) % SCALE_PER));
}

static void print_all(struct wd_analysis *a, const wrt_adm_verdict *v)
{
    char sentence[96], why[256];
    wrt_adm_load load;
    wrt_error e;
    print_table(a);
    if (wrt_adm_utilisation(&a->set, &a->opts, a->mem, a->mem_bytes, &load, &e) == WRT_OK) {
        unsigned long long thousandths = (load.ppb + 999999) / 1000000;
        printf("utilization %llu.%03llu; ", thousandths / 1000, thousandths % 1000);
    }
    printf("test: %s\n", test_sentence(v, sentence));
    verdict_text(a, v, why, sizeof why);
    printf("%s\n", why);
    if (v->reason == WRT_ADM_RESPONSE && a->opts.test == WRT_ADM_FP) print_reason(a, v);
    print_left(a);
    if (a->from->ns_per_kfuel > 0) {
        printf("rate: %llu ns per 1000 fuel\n", (unsigned long long)a->from->ns_per_kfuel);
    }
}

/* ---- the document --------------------------------------------------------------------------------- */

static void document_task(struct wd_analysis *a, struct wd_json *j, uint32_t k, uint64_t *ticks)
{
    const wrt_adm_row *row = &a->rows[k];
    const wrt_adm_task *t = &a->tasks[k];
    bool known = says_response(a) && row->response != WRT_TICKS_NONE;
    wd_json_open(j, NULL, '{');
    wd_json_text(j, "id", wd_analysis_name(a, k));
    wd_json_bool(j, "ok", row->ok);
    wd_json_u64(j, "period", t->period);
    wd_json_u64(j, "deadline", t->deadline);
    wd_json_ticks(j, "response", known ? row->response : WRT_TICKS_NONE);
    wd_json_ticks(
        j, "slack", known && row->response <= t->deadline ? t->deadline - row->response : WRT_TICKS_NONE);
    wd_json_u64(j, "blocking", row->blocking);
    if (row->blocker != WRT_ADM_NOBODY) wd_json_text(j, "blocked_by", wd_analysis_name(a, row->blocker));
    if (ticks) {
        uint64_t largest;
        wrt_error e;
        if (a->opts.test == WRT_ADM_FP
            && wrt_adm_interference(&a->set, &a->opts, k, row, ticks, &e) == WRT_OK) {
            wd_json_open(j, "interference", '{');
            for (uint32_t i = 0; i < a->set.tasks_count; i++) {
                if (ticks[i] > 0) wd_json_u64(j, wd_analysis_name(a, i), ticks[i]);
            }
            wd_json_close(j);
        }
        if (wrt_adm_largest(&a->set, &a->opts, k, a->mem, a->mem_bytes, &largest, &e) == WRT_OK) {
            wd_json_u64(j, "largest_wcet", largest);
        }
    }
    wd_json_close(j);
}

static void document_decision(struct wd_analysis *a, struct wd_json *j, const wrt_adm_verdict *v)
{
    char why[256];
    wrt_error e;
    uint64_t k;
    bool details = a->set.tasks_count <= DETAILS_MAX && a->fit_cores == 0;
    verdict_text(a, v, why, sizeof why);
    wd_json_bool(j, "schedulable", v->ok);
    wd_json_text(j, "test", v->decided_by);
    wd_json_bool(j, "test_exact", v->exact);
    wd_json_text(j, "reason", wrt_adm_reason_name(v->reason));
    wd_json_text(j, "message", why);
    if (v->reason == WRT_ADM_LIMIT) wd_json_text(j, "limited_by", v->limit);
    if (!v->ok && v->task != WRT_ADM_NOBODY) wd_json_text(j, "first_failing", wd_analysis_name(a, v->task));
    if (!v->ok) wd_json_ticks(j, "first_failing_time", v->time);
    if (a->from->ns_per_kfuel > 0) wd_json_u64(j, "ns_per_kfuel", a->from->ns_per_kfuel);
    if (details && wrt_adm_scale(&a->set, &a->opts, SCALE_PER, a->mem, a->mem_bytes, &k, &e) == WRT_OK) {
        char text[48];
        snprintf(text, sizeof text, "%llu/%u", (unsigned long long)k, SCALE_PER);
        wd_json_text(j, "largest_factor", text);
    }
    if (a->fit_cores > 0) return;
    uint64_t *ticks = details ? wd_alloc((a->set.tasks_count + 1) * sizeof *ticks) : NULL;
    wd_json_open(j, "tasks", '[');
    for (uint32_t i = 0; i < a->set.tasks_count; i++) document_task(a, j, a->place[i], ticks);
    wd_json_close(j);
    free(ticks);
}

/* The keys stand in the document itself and, as in a file with answers, under "expected". */
static void document(struct wd_analysis *a, const wrt_adm_verdict *v, int code)
{
    struct wd_json j, keys = { .pretty = false };
    char *text = NULL;
    size_t n = 0;
    wd_json_begin(a->w, &j, "sched");
    wd_json_text(&j, "file", a->from->file);
    if (a->from->name) wd_json_text(&j, "id", a->from->name);
    document_decision(a, &j, v);
    keys.out = open_memstream(&text, &n);
    if (keys.out) {
        wd_json_open(&keys, NULL, '{');
        wd_analysis_keys(a, &keys);
        wd_json_close(&keys);
        fclose(keys.out);
        wd_json_raw(&j, "expected", text);
        if (n > 2) fprintf(j.out, ",%.*s", (int)(n - 2), text + 1);
        free(text);
    }
    if (a->set.tasks_count <= DETAILS_MAX) wd_analysis_responses(a, &j);
    wd_json_i64(&j, "exit_code", code);
    wd_json_end(&j);
}

/* ---- the command ---------------------------------------------------------------------------------- */

static void warn_short(const struct wd_analysis *a)
{
    if (a->from->ns_per_kfuel == 0 || a->from->ns_per_tick == 0) return;
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        double fuel = (double)a->tasks[k].deadline * (double)a->from->ns_per_tick * 1000
            / (double)a->from->ns_per_kfuel;
        if (fuel >= (double)SHORT_FUEL) continue;
        wd_warn(a->w, "the deadline of \"%s\" is below %d fuel: one charge block is a good part of it",
            wd_analysis_name(a, k), SHORT_FUEL);
    }
}

int wd_sched_analyze(struct wd *w, const struct wd_set *s)
{
    struct wd_analysis a;
    wrt_adm_verdict v;
    uint64_t steps;
    if (!wd_option_count(w, WD_OPT_iterations, 1, UINT64_MAX, STEPS_DEFAULT, &steps)) return WD_EXIT_USAGE;
    analysis_open(&a, w, s);
    if (a.opts.iterations_max == 0) a.opts.iterations_max = steps;
    warn_short(&a);
    int code = analyze_decide(&a, &v);
    if (!code) {
        code = v.ok ? WD_EXIT_OK : WD_EXIT_NO_FIT;
        if (w->json == WD_JSON_OFF) {
            print_all(&a, &v);
        } else {
            document(&a, &v, code);
        }
    }
    analysis_close(&a);
    return code;
}

int wd_sched_cmd_analyze(struct wd *w)
{
    uint8_t *bytes;
    size_t n;
    struct wd_set set;
    int code = wd_operands(w, 1, 1, "a FILE");
    if (!code) code = wd_read_file(w, w->rest[0], &bytes, &n);
    if (code) return code;
    code = wd_set_read_json(w, w->rest[0], (const char *)bytes, n, &set);
    free(bytes);
    if (code) return code;
    code = wd_sched_analyze(w, &set);
    wd_set_free(&set);
    return code;
}
