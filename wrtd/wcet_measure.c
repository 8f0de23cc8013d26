/* wcet_measure: runs a function, or reads what runs used, and holds it against the bound and its facts. What
 * is observed is never called a bound. */
#include "wcet_measure.h"
#include <stdlib.h>
#include <string.h>

enum { MEASURE_RUNS = 10000000, MEASURE_STEPS = 400000000 };

/* ---- options ------------------------------------------------------------------------------------------ */

static int measure_bad(struct wd *w, const char *option, const char *value, const char *expected)
{
    return wd_fail(
        w, WD_EXIT_USAGE, WD_W_VALUE, NULL, "%s: expected %s, found \"%s\"", option, expected, value);
}

/* "1.3", "0.999": digits behind the point become the denominator. */
static bool measure_ratio(const char *text, wrt_adm_ratio *out)
{
    uint64_t num = 0, den = 1;
    bool point = false;
    size_t digits = 0;
    for (; *text; text++) {
        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9' || ++digits > 9) return false;
        num = num * 10 + (uint64_t)(*text - '0');
        if (point) den *= 10;
    }
    *out = (wrt_adm_ratio){ (uint32_t)num, (uint32_t)den };
    return digits > 0 && num <= UINT32_MAX;
}

static int measure_options(struct wd *w, struct wd_measured *m)
{
    static const char *const methods[] = { "measured", "hybrid", "probabilistic" };
    const char *method = wd_option(w, WD_OPT_method), *margin = wd_option(w, WD_OPT_margin);
    const char *confidence = wd_option(w, WD_OPT_confidence);
    uint64_t least = 0, seed = 1;
    size_t k = 0;
    m->o = WRT_INIT(wrt_wcet_measure_opts);
    while (method && k < 3 && strcmp(method, methods[k]) != 0) k++;
    if (k == 3) return measure_bad(w, "--method", method, "measured, hybrid or probabilistic");
    m->method = methods[method ? k : 1];
    if (margin && (!measure_ratio(margin, &m->o.margin) || m->o.margin.num < m->o.margin.den)) {
        return measure_bad(w, "--margin", margin, "a number of at least 1");
    }
    if (confidence
        && (!measure_ratio(confidence, &m->o.confidence) || m->o.confidence.num == 0
            || m->o.confidence.num >= m->o.confidence.den)) {
        return measure_bad(w, "--confidence", confidence, "a number between 0 and 1");
    }
    bool good = wd_option_count(w, WD_OPT_min_samples, 1, 1000000, 20, &least)
        && wd_option_count(w, WD_OPT_seed, 1, UINT64_MAX, 1, &seed);
    m->o.min_samples = (uint32_t)least;
    m->o.seed = seed;
    return good ? 0 : WD_EXIT_USAGE;
}

/* ---- samples from a file ------------------------------------------------------------------------------ */

static bool measure_word(const char **at, const char *end, wrt_str *out)
{
    while (*at < end && (**at == ' ' || **at == '\t' || **at == '\r')) (*at)++;
    const char *start = *at;
    while (*at < end && **at != ' ' && **at != '\t' && **at != '\r') (*at)++;
    *out = (wrt_str){ start, (size_t)(*at - start) };
    return out->n > 0;
}

/* "FUEL [PATH|-] [INPUT]". -1: nothing stands there, 0: no. */
static int measure_line(const char *at, const char *end, wrt_wcet_sample *out)
{
    wrt_str word;
    uint64_t path;
    *out = (wrt_wcet_sample){ .path = WRT_WCET_NO_PATH };
    if (!measure_word(&at, end, &word) || word.p[0] == '#') return -1;
    if (!wd_parse_count(word, &out->fuel)) return 0;
    if (!measure_word(&at, end, &word)) return 1;
    if (!wd_equal(word, "-")) {
        if (!wd_parse_count(word, &path) || path >= WRT_WCET_NO_PATH) return 0;
        out->path = (uint32_t)path;
    }
    if (!measure_word(&at, end, &word)) return 1;
    return wd_parse_count(word, &out->input) && !measure_word(&at, end, &word);
}

static int measure_read(struct wd *w, const char *file, struct wd_measured *m)
{
    uint8_t *bytes;
    size_t n, lines = 1;
    int code = wd_read_file(w, file, &bytes, &n);
    if (code) return code;
    for (size_t i = 0; i < n; i++) lines += bytes[i] == '\n';
    m->samples = wd_alloc(lines * sizeof *m->samples);
    const char *at = (const char *)bytes, *end = at + n;
    for (uint32_t line = 1; at < end && !code; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const int kind = measure_line(at, stop ? stop : end, &m->samples[m->count]);
        if (kind == 0) {
            wrt_error e;
            wd_error_init(&e, WRT_E_MALFORMED, 707, "expected FUEL [PATH|-] [INPUT], each a whole number");
            e.line = line;
            code = wd_report(w, &e, file, WD_EXIT_DATA);
        }
        m->count += kind > 0;
        at = stop ? stop + 1 : end;
    }
    free(bytes);
    return code;
}

/* ---- samples from runs -------------------------------------------------------------------------------- */

struct measure_run {
    struct wd *w;
    const struct wd_measure_of *of;
    struct wd_session s;
    struct wd_module *module;
    wrt_instance *instance;
    wrt_func *func;
    uint64_t dice;
    bool open, traps;
};

static uint64_t measure_dice(struct measure_run *r)
{
    r->dice ^= r->dice >> 12;
    r->dice ^= r->dice << 25;
    r->dice ^= r->dice >> 27;
    return r->dice * UINT64_C(0x2545f4914f6cdd1d);
}

static wrt_status measure_sink(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    (void)p;
    (void)n;
    return WRT_OK;
}

static int measure_open(struct measure_run *r)
{
    wrt_error e;
    wrt_sink sink = { NULL, measure_sink };
    wrt_store_opts opts = WRT_INIT(wrt_store_opts);
    struct wd_invoke call = { .name = (char *)(uintptr_t)r->of->function };
    struct wd_program program = { .name = wd_base_name(r->of->file),
        .out = &sink,
        .err = &sink,
        .fd_in = -1,
        .fd_out = -1,
        .fd_err = -1 };
    int code = wd_session_store(&r->s, &opts);
    r->open = true;
    if (!code) code = wd_link_program(&r->s, r->s.linker, &program);
    if (code) return code;
    if (wd_instantiate(&r->s, r->s.linker, r->module, &r->instance, &e) != WRT_OK) {
        return wd_report_instantiate(&r->s, r->s.linker, r->module, &e);
    }
    return wd_find_func(&r->s, r->module, r->instance, &call, &r->func);
}

static void measure_close(struct measure_run *r)
{
    if (!r->open) return;
    r->open = false;
    wd_signals_arm(NULL);
    wrt_inbox_drop(r->s.inbox);
    wrt_store_free(r->s.store);
    wrt_linker_free(r->s.linker);
    r->s.inbox = NULL;
    r->s.store = NULL;
    r->s.linker = NULL;
}

/* A number of the range (a circle), or any. */
static uint64_t measure_pick(struct measure_run *r, const wrt_wcet_arg *arg, uint64_t mask)
{
    const uint64_t dice = measure_dice(r);
    if (!arg || !arg->given) return dice >> (mask == UINT32_MAX ? 32 : 0);
    const uint64_t span = (arg->high - arg->low) & mask;
    return (arg->low + (span == UINT64_MAX ? dice : dice % (span + 1))) & mask;
}

static int measure_args(struct measure_run *r, const wrt_func_type *type, wrt_val *out, uint64_t *hash)
{
    const int given = r->w->rest_count - 2;
    const wrt_wcet_opts *o = r->of->opts;
    *hash = UINT64_C(0xcbf29ce484222325);
    if (given > 0 && (uint32_t)given != type->params) {
        return wd_fail(r->w, WD_EXIT_USAGE, WD_W_INVOKE_COUNT, NULL, "%s takes %u arguments, %d are given",
            r->of->function, (unsigned)type->params, given);
    }
    for (uint32_t k = 0; k < type->params && k < WD_ARGS_MAX; k++) {
        const char *why = "only numbers can be made up", *text = given > 0 ? r->w->rest[2 + k] : "";
        const wrt_wcet_arg *arg = k < o->nargs ? &o->args[k] : NULL;
        const wrt_kind kind = (wrt_kind)type->kinds[k];
        uint64_t bits = 0;
        bool good = true;
        if (given > 0) good = wd_value_parse(wd_str(text), kind, &out[k], &why);
        else if (kind == WRT_I32) out[k] = wrt_i32((int32_t)(uint32_t)measure_pick(r, arg, UINT32_MAX));
        else if (kind == WRT_I64) out[k] = wrt_i64((int64_t)measure_pick(r, arg, UINT64_MAX));
        else good = wd_value_parse(wd_str("0"), kind, &out[k], &why);
        if (!good) {
            return wd_fail(
                r->w, WD_EXIT_USAGE, WD_W_INVOKE_TYPE, NULL, "argument %u \"%s\": %s", k + 1, text, why);
        }
        memcpy(&bits, &out[k].of, sizeof bits);
        if (kind == WRT_I32 || kind == WRT_F32) bits &= UINT32_MAX;
        const uint64_t mask = kind == WRT_I32 ? UINT32_MAX : UINT64_MAX;
        const bool ranged = given > 0 && arg && arg->given && (kind == WRT_I32 || kind == WRT_I64);
        if (ranged && ((bits - arg->low) & mask) > ((arg->high - arg->low) & mask)) {
            return wd_fail(r->w, WD_EXIT_USAGE, WD_W_VALUE,
                "the bound speaks of arguments inside --arg alone",
                "argument %u \"%s\" is outside of its --arg", k + 1, text);
        }
        *hash = (*hash ^ bits) * UINT64_C(0x100000001b3);
    }
    return 0;
}

/* One run. *returned: it did, and *out is what it used. */
static int measure_one(struct measure_run *r, wrt_wcet_sample *out, bool *returned)
{
    wrt_error e;
    wrt_task task;
    wrt_fuel_state before, after;
    wrt_val args[WD_ARGS_MAX], results[WD_ARGS_MAX];
    wrt_func_type type = wrt_func_type_of(r->func);
    if (type.params > WD_ARGS_MAX || type.results > WD_ARGS_MAX) {
        return wd_fail(r->w, WD_EXIT_USAGE, WD_W_INVOKE_COUNT, NULL, "the function has too many arguments");
    }
    *out = (wrt_wcet_sample){ .path = WRT_WCET_NO_PATH };
    int code = measure_args(r, &type, args, &out->input);
    if (code) return code;
    wrt_fuel_get(r->s.store, (wrt_task){ 0 }, &before);
    wrt_status status = wrt_task_start(r->s.store, r->func, args, type.params, NULL, &task, &e);
    if (status != WRT_OK) return wd_report(r->w, &e, r->of->file, wd_exit_of(&e));
    const enum wd_end end = wd_drive(&r->s, task, &e);
    wrt_fuel_get(r->s.store, (wrt_task){ 0 }, &after);
    out->fuel = after.guest + after.host - before.guest - before.host;
    *returned = end == WD_END_DONE && wrt_task_result(r->s.store, task, results, type.results, &e) == WRT_OK;
    wrt_task_close(r->s.store, task);
    if (end != WD_END_SIGNAL && end != WD_END_TIMEOUT) return 0;
    return wd_fail(r->w, WD_EXIT_TIMEOUT, WD_W_TIMEOUT, NULL, "the runs were ended from outside");
}

/* After a run that did not return, and where the bound is of fresh instances, the next begins with a new one.
 */
static int measure_runs(struct measure_run *r, struct wd_measured *m, uint64_t runs)
{
    int code = 0;
    for (uint64_t k = 0; k < runs && !code; k++) {
        bool returned = false;
        if (!r->open) code = measure_open(r);
        if (!code) code = measure_one(r, &m->samples[m->count], &returned);
        if (!code && returned) m->count++;
        else if (!code) m->trapped++;
        if (!returned || r->of->opts->state == WRT_WCET_FRESH) measure_close(r);
        wd_progress(r->w, "measure", k + 1, runs);
    }
    wd_progress_end();
    return code;
}

static int measure_session(struct wd *w, const struct wd_measure_of *of, struct measure_run *r, uint64_t seed)
{
    *r = (struct measure_run){ .w = w, .of = of, .dice = seed };
    int code = wd_session_open(w, &r->s);
    if (code >= 0) return code;
    return wd_session_load(&r->s, of->file, false, &r->module);
}

static int measure_make(struct wd *w, const struct wd_measure_of *of, struct wd_measured *m, uint64_t runs)
{
    struct measure_run r;
    m->samples = wd_alloc((runs + 1) * sizeof *m->samples);
    int code = measure_session(w, of, &r, m->o.seed);
    if (!code) code = measure_runs(&r, m, runs);
    measure_close(&r);
    wd_session_close(&r.s);
    return code;
}

/* ---- facts against one run ---------------------------------------------------------------------------- */

/* The same code bounded for these arguments alone, without facts: where least and most agree with what the
 * run used, its loop counts are those of the run. */
static wrt_wcet_report *measure_follow(
    const struct wd_measure_of *of, const wrt_val *args, uint32_t count, uint64_t fuel)
{
    wrt_error e;
    wrt_wcet_arg exact[8];
    wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
    wrt_wcet sum = WRT_INIT(wrt_wcet);
    wrt_wcet_report *report;
    o.no_section = true;
    o.hosts = of->opts->hosts;
    o.nhosts = of->opts->nhosts;
    o.steps = MEASURE_STEPS;
    o.args = exact;
    for (; o.nargs < count && o.nargs < WD_COUNT(exact); o.nargs++) {
        const wrt_val *v = &args[o.nargs];
        const uint64_t bits = v->kind == WRT_I32 ? v->of.u32 : v->of.u;
        exact[o.nargs] = (wrt_wcet_arg){ v->kind == WRT_I32 || v->kind == WRT_I64, bits, bits };
    }
    if (wrt_wcet_analyse(of->code, wd_str(of->function), &o, &report, &e) != WRT_OK) return NULL;
    wrt_wcet_summary(report, &sum);
    if (sum.bounded && sum.fuel_high == fuel && sum.fuel_low == fuel) return report;
    wrt_wcet_report_free(report);
    return NULL;
}

static void measure_hold(struct wd_fact_check *c, const wrt_wcet_report *seen)
{
    wrt_wcet_loop l;
    c->seen = WRT_WCET_NONE;
    if (c->fact.kind != 'l') return;
    for (size_t i = 0; wrt_wcet_loop_at(seen, i, &l); i++) {
        if (l.func != c->fact.func || l.loop != c->fact.loop) continue;
        c->seen = l.max;
        if (c->fact.max != WRT_WCET_NONE && l.max != WRT_WCET_NONE && l.max > c->fact.max)
            c->contradicted = true;
        if (c->contradicted || c->fact.total == WRT_WCET_NONE || l.total == WRT_WCET_NONE) return;
        if (l.total <= c->fact.total && c->fact.max != WRT_WCET_NONE) return;
        c->seen = l.total;
        c->total = true;
        c->contradicted = l.total > c->fact.total;
    }
}

/* Invocations, as the exact profile of the run counted them. */
static void measure_hold_calls(struct wd_fact_check *c, wrt_store *store)
{
    if (c->fact.kind != 'f') return;
    size_t cap = 64, n;
    wrt_profile_row *rows = wd_alloc(cap * sizeof *rows);
    while ((n = wrt_profile_rows(store, rows, cap)) > cap) {
        cap = n;
        rows = wd_resize(rows, cap * sizeof *rows);
    }
    c->seen = 0;
    c->total = true;
    for (size_t i = 0; i < n; i++) c->seen += rows[i].func == c->fact.func ? rows[i].calls : 0;
    free(rows);
    const uint64_t limit = c->fact.total != WRT_WCET_NONE ? c->fact.total : c->fact.max;
    c->contradicted = limit != WRT_WCET_NONE && c->seen > limit;
}

static void measure_check_all(
    struct measure_run *r, struct wd_measured *m, const wrt_val *args, uint32_t count)
{
    wrt_wcet_report *seen = measure_follow(r->of, args, count, m->run_fuel);
    const size_t n = wrt_wcet_assumptions_count(r->of->report);
    m->counted = seen != NULL;
    m->checks = wd_alloc((n + 1) * sizeof *m->checks);
    for (size_t i = 0; i < n; i++) {
        struct wd_fact_check *c = &m->checks[m->checks_count];
        *c = (struct wd_fact_check){ .seen = WRT_WCET_NONE };
        if (!wrt_wcet_assumption_at(r->of->report, i, &c->fact)) break;
        if (c->fact.kind == 'i' || c->fact.kind == 'a') continue;       /* ranges hold, see measure_args */
        if (seen) measure_hold(c, seen);
        measure_hold_calls(c, r->s.store);
        m->contradicted += c->contradicted;
        m->checks_count++;
    }
    if (seen) wrt_wcet_report_free(seen);
}

static int measure_facts(struct wd *w, const struct wd_measure_of *of, struct wd_measured *m)
{
    struct measure_run r;
    wrt_error e;
    wrt_wcet_sample sample;
    wrt_val args[WD_ARGS_MAX];
    bool returned = false;
    m->checked = true;
    int code = measure_session(w, of, &r, m->o.seed);
    if (!code) code = measure_open(&r);
    if (!code && wrt_profile_start(r.s.store, &e) != WRT_OK)
        code = wd_report(w, &e, of->file, wd_exit_of(&e));
    const uint64_t dice = r.dice;
    if (!code) code = measure_one(&r, &sample, &returned);
    if (!code) {
        uint64_t hash;
        wrt_func_type type = wrt_func_type_of(r.func);
        r.dice = dice; /* the same arguments once more */
        code = measure_args(&r, &type, args, &hash);
        m->run_fuel = sample.fuel;
        if (!code && returned) measure_check_all(&r, m, args, type.params);
        else if (!code) wd_warn(w, "the run did not return: its loops were not counted");
    }
    measure_close(&r);
    wd_session_close(&r.s);
    return code;
}

/* ---- all ---------------------------------------------------------------------------------------------- */

int wd_measure(struct wd *w, const struct wd_measure_of *of, struct wd_measured *m)
{
    wrt_error e;
    uint64_t runs;
    const char *file = wd_option(w, WD_OPT_samples);
    *m = (struct wd_measured){ .asked = file || wd_has(w, WD_OPT_measure),
        .observed = WRT_INIT(wrt_wcet_observed),
        .pessimism_permille = WRT_WCET_NONE,
        .prob = WRT_INIT(wrt_wcet_prob) };
    int code = measure_options(w, m);
    if (!code && !wd_option_count(w, WD_OPT_measure, 1, MEASURE_RUNS, 0, &runs)) code = WD_EXIT_USAGE;
    if (!code && wd_has(w, WD_OPT_check_facts)) code = measure_facts(w, of, m);
    if (code || !m->asked) return code;
    code = file ? measure_read(w, file, m) : measure_make(w, of, m, runs);
    if (code) return code;
    wrt_status status = wrt_wcet_observe(m->samples, m->count, &m->o, &m->observed, &e);
    if (status == WRT_OK && strcmp(m->method, "probabilistic") == 0) {
        status = wrt_wcet_probable(of->engine, m->samples, m->count, &m->o, &m->prob, &e);
        m->has_prob = status == WRT_OK;
    }
    if (status != WRT_OK) return wd_report(w, &e, file ? file : of->file, wd_exit_of(&e));
    if (of->sum->bounded && m->observed.enough && m->observed.max > 0) {
        const uint64_t max = m->observed.max, high = of->sum->fuel_high;
        m->pessimism_permille = high < UINT64_MAX / 1001 ? (high * 1000 + max - 1) / max
                                                         : high / (max / 1000 + 1);
    }
    return 0;
}

int wd_measure_verdict(struct wd *w, const struct wd_measure_of *of, const struct wd_measured *m)
{
    wrt_error e;
    for (size_t i = 0; i < m->checks_count; i++) {
        const struct wd_fact_check *c = &m->checks[i];
        if (!c->contradicted) continue;
        const uint64_t limit = c->total && c->fact.total != WRT_WCET_NONE ? c->fact.total : c->fact.max;
        if (c->fact.kind == 'l') {
            wd_error_init(&e, WRT_E_INTEGRITY, 710,
                "a fact is false: loop %u of function %u made %llu arrivals %s, stated are at most %llu",
                c->fact.loop, c->fact.func, (unsigned long long)c->seen,
                c->total ? "in one run" : "in one entry", (unsigned long long)limit);
        } else {
            wd_error_init(&e, WRT_E_INTEGRITY, 710,
                "a fact is false: function %u was called %llu times, stated are at most %llu", c->fact.func,
                (unsigned long long)c->seen, (unsigned long long)limit);
        }
        e.offset = c->fact.offset;
        wd_say_error(w, "error", &e, of->file, NULL);
    }
    if (m->contradicted > 0) return WD_EXIT_FAILED;
    if (!m->asked || strcmp(m->method, "measured") == 0) return 0;
    wrt_wcet_combined both = WRT_INIT(wrt_wcet_combined);
    if (wrt_wcet_combine(of->sum, m->samples, m->count, &m->o, &both, &e) == WRT_OK) return 0;
    wd_error_hint(&e, "`--check-facts` with the arguments of that run names the fact");
    return wd_report(w, &e, of->file, WD_EXIT_FAILED);
}

void wd_measured_free(struct wd_measured *m)
{
    free(m->samples);
    free(m->checks);
}
