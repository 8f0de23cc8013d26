/* sched simulate: the schedule of a set without its programs, exact to the tick. Jobs spend their worst case,
 * or a random number between best and worst, or what a real run spent; the library decides who runs
 * (wrt_sched_next). */
#include "sched_system.h"
#include "trace_read.h"
#include <stdlib.h>
#include <string.h>

enum demand { DEMAND_WORST, DEMAND_RANDOM, DEMAND_MEASURED };
struct sim_task {
    uint64_t job, left;             /* what the job under way has still to do */
    bool started;
    bool faulty;                    /* the next job spends more than any budget */
    uint64_t release_ns;            /* sporadic: the next release */
    uint64_t *samples;
    size_t samples_count;
};
struct sim {
    struct wd_system s;
    enum demand demand;
    uint64_t seed, until_ns;
    struct sim_task *tasks;
    uint32_t *sporadic, sporadic_count; /* tasks that are released from here */
    struct wd_inject *inject;
    size_t inject_count;
};

/* ---- how long a job is ------------------------------------------------------------------------------------
 */

/* A number that depends on seed, task and job only: the same job is as long under every policy. */
static uint64_t sim_random(const struct sim *x, uint32_t task, uint64_t job)
{
    uint64_t z = x->seed * 0x9e3779b97f4a7c15u + ((uint64_t)task << 40) + job * 0xd1342543de82ef95u + 1;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t sim_demand(struct sim *x, uint32_t task, uint64_t job)
{
    const struct wd_job_row *r = &x->s.rows[task];
    struct sim_task *t = &x->tasks[task];
    uint64_t worst = r->budget[WRT_MODE_NORMAL], best = r->bcet_fuel ? r->bcet_fuel : 1;
    if (t->faulty) {
        t->faulty = false;
        return r->budget[WRT_MODE_CRITICAL] < UINT64_MAX / 2 ? r->budget[WRT_MODE_CRITICAL] * 2
                                                             : UINT64_MAX / 2;
    }
    if (x->demand == DEMAND_RANDOM && best < worst)
        return best + sim_random(x, task, job) % (worst - best + 1);
    if (x->demand == DEMAND_MEASURED && t->samples_count) {
        uint64_t v = t->samples[sim_random(x, task, job) % t->samples_count];
        return v ? v : 1;
    }
    return worst;
}

/* ---- the loop
 * ----------------------------------------------------------------------------------------------- */

/* Most fuel that does not take this core from `now` beyond `then`, at the rate of the set; up to the part of
 * a nanosecond that is under way, which is not known here. */
static uint64_t sim_fuel_until(const struct sim *x, uint64_t now, uint64_t then)
{
    uint64_t rate = x->s.o.ns_per_kfuel, ns = then - now;
    if (then <= now) return 0;
    if (ns > UINT64_MAX / 1000) return ns / rate > UINT64_MAX / 1000 ? UINT64_MAX : ns / rate * 1000;
    return ns * 1000 / rate;
}

/* Sporadic tasks of this core are released as often as they may be, unless --inject names their releases. */
static uint64_t sim_outside(struct sim *x, uint32_t core, uint64_t now)
{
    uint64_t next = x->until_ns;
    for (size_t k = 0; k < x->inject_count; k++) {
        struct wd_inject *i = &x->inject[k];
        if (i->done || x->s.rows[i->task].core != core) continue;
        if (i->at_ns > now) {
            next = i->at_ns < next ? i->at_ns : next;
            continue;
        }
        i->done = true;
        if (i->kind == WD_INJECT_OVERRUN) {
            x->tasks[i->task].faulty = true;
        } else {
            wrt_sched_release(x->s.sched, i->task);
        }
    }
    for (uint32_t i = 0; i < x->sporadic_count; i++) {
        uint32_t k = x->sporadic[i];
        struct sim_task *t = &x->tasks[k];
        if (x->s.rows[k].core != core) continue;
        if (t->release_ns <= now) {
            wrt_sched_release(x->s.sched, k);
            t->release_ns += x->s.rows[k].period_ns;
        }
        next = t->release_ns < next ? t->release_ns : next;
    }
    return next;
}

static wrt_status sim_step(struct sim *x, uint32_t core, uint64_t *now, wrt_error *e)
{
    wrt_sched_grant g;
    uint64_t before = *now, stop = sim_outside(x, core, before);
    wrt_status status = wrt_sched_next(x->s.sched, core, stop < x->until_ns ? stop : x->until_ns - 1, &g, e);
    if (status != WRT_OK) return status;
    *now = g.now_ns;
    if (g.task == WRT_SCHED_NOBODY) {
        if (*now >= x->until_ns - 1 && before == *now) *now = x->until_ns;
        return WRT_OK;
    }
    struct sim_task *t = &x->tasks[g.task];
    if (!t->started || t->job != g.job) {
        *t = (struct sim_task){ g.job, sim_demand(x, g.task, g.job), true, t->faulty, t->release_ns,
            t->samples, t->samples_count };
    }
    uint64_t room = g.slice < g.fuel ? g.slice : g.fuel, most = sim_fuel_until(x, g.now_ns, stop);
    uint64_t fuel = t->left < room ? t->left : room;
    bool end = fuel >= most && stop >= x->until_ns; /* what happens at the end is not part of it */
    if (end) most -= most > 0;
    bool cut = end || most < fuel;
    fuel = cut ? most : fuel;
    t->left -= fuel;
    wrt_sched_spent spent = { .end = t->left == 0 ? WRT_JOB_DONE
            : cut || fuel > 0                     ? WRT_JOB_STOPPED
                                                  : WRT_JOB_NO_FIT,
        .fuel = fuel,
        .func = UINT32_MAX };
    if (t->left == 0) t->started = false;
    status = wrt_sched_report(x->s.sched, core, &spent, e);
    if (end || (cut && fuel == 0)) *now = stop;     /* not one more unit fits before it */
    if (end && status == WRT_OK)
        status = wrt_sched_next(x->s.sched, core, 0, &g, e); /* tells what was reported last */
    return status;
}

static wrt_status sim_run(struct sim *x, wrt_error *e)
{
    uint64_t now[WRT_SCHED_CORES];
    uint64_t steps = 0;
    for (uint32_t k = 0; k < WRT_SCHED_CORES; k++) now[k] = UINT64_MAX; /* a core without tasks */
    for (uint32_t k = 0; k < x->s.rows_count; k++) now[x->s.rows[k].core] = 0;
    for (;;) {
        uint32_t core = 0;
        for (uint32_t k = 1; k < x->s.o.cores; k++) core = now[k] < now[core] ? k : core;
        if (now[core] >= x->until_ns || wd_signal_seen()) return WRT_OK;
        wrt_status status = sim_step(x, core, &now[core], e);
        if (status != WRT_OK) return status;
        if ((++steps & 0xffff) == 0) {
            wd_system_drain(&x->s);
            wd_progress(x->s.w, "simulate", now[core] / 1000, x->until_ns / 1000);
        }
    }
}

/* ---- options
 * ------------------------------------------------------------------------------------------------ */

/* What jobs spent in a recorded run, by the names of tasks. */
static int sim_measured(struct sim *x, const char *file)
{
    struct wd_trace_reader r;
    int code = wd_trace_reader_open(&r, x->s.w, file);
    for (uint64_t k = 0; !code && k < r.head.records; k++) {
        wrt_trace_rec rec = wd_trace_record(&r, k);
        if (rec.kind != WRT_TRACE_DONE || !(rec.task & WRT_TRACE_JOB)) continue;
        const char *name = wd_trace_task(&r, rec.task)->name;
        for (uint32_t i = 0; i < x->s.rows_count; i++) {
            struct sim_task *t = &x->tasks[i];
            if (strcmp(name, x->s.rows[i].name) != 0) continue;
            if ((t->samples_count & (t->samples_count - 1)) == 0) {
                t->samples = wd_resize(t->samples, (t->samples_count * 2 + 1) * sizeof *t->samples);
            }
            t->samples[t->samples_count++] = rec.fuel;
        }
    }
    wd_trace_reader_close(&r);
    for (uint32_t i = 0; i < x->s.rows_count && !code; i++) {
        if (x->tasks[i].samples_count == 0)
            wd_warn(x->s.w, "%s has no job of `%s`: its worst case is used", file, x->s.rows[i].name);
    }
    return code;
}

static int sim_options(struct sim *x)
{
    struct wd *w = x->s.w;
    const char *wcet = wd_option(w, WD_OPT_wcet);
    if (wcet && strncmp(wcet, "measured:", 9) == 0) {
        x->demand = DEMAND_MEASURED;
    } else if (wcet && strcmp(wcet, "random") == 0) {
        x->demand = DEMAND_RANDOM;
    } else if (wcet && strcmp(wcet, "worst") != 0) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_VALUE, "worst, random or measured:FILE.wtr",
            "`%s` is no value for --wcet", wcet);
    }
    if (!wd_option_count(w, WD_OPT_seed, 0, UINT64_MAX, 1, &x->seed)) return WD_EXIT_USAGE;
    int code = wd_until_read(w, 1000000000, &x->until_ns);
    if (!code) code = wd_inject_read(&x->s, &x->inject, &x->inject_count);
    if (code) return code;
    for (uint32_t k = 0; k < x->s.rows_count; k++) {
        bool told = !x->s.rows[k].sporadic;
        for (size_t i = 0; i < x->inject_count; i++) {
            told = told || (x->inject[i].task == k && x->inject[i].kind == WD_INJECT_RELEASE);
        }
        if (!told) x->sporadic[x->sporadic_count++] = k;
    }
    return x->demand == DEMAND_MEASURED ? sim_measured(x, wcet + 9) : 0;
}

static void sim_report(struct sim *x, int code)
{
    struct wd_system *s = &x->s;
    wd_system_collect(s);
    if (s->w->json == WD_JSON_OFF) {
        char a[32];
        wd_admission_text(s, stdout);
        wd_jobs_text(s, stdout);
        wd_gantt_text(s, stdout);
        printf("\nsimulated %s, schedule hash %016llx\n", wd_time_text(x->until_ns, a),
            (unsigned long long)wd_system_hash(s));
        return;
    }
    static const char *const demands[] = { "worst", "random", "measured" };
    struct wd_json j;
    wd_json_begin(s->w, &j, "simulate");
    wd_json_text(&j, "file", s->file);
    wd_json_u64(&j, "until_ns", x->until_ns);
    wd_json_text(&j, "wcet", demands[x->demand]);
    wd_json_u64(&j, "seed", x->seed);
    wd_jobs_json(s, &j);
    wd_admission_json(s, &j);
    wd_json_i64(&j, "exit_code", code);
    wd_json_end(&j);
}

static uint64_t sim_misses(const struct wd_system *s)
{
    uint64_t misses = 0;
    for (uint32_t k = 0; k < s->rows_count; k++) {
        wrt_sched_task_stats t;
        if (wrt_sched_task_stats_get(s->sched, k, &t) == WRT_OK) misses += t.misses;
    }
    return misses;
}

static int sim_whole(struct sim *x, struct wd_sched_input *in)
{
    wrt_error e;
    struct wd *w = x->s.w;
    int code = wd_sched_input_open(w, in);
    if (!code) code = wd_system_open(w, in, NULL, true, &x->s);
    if (code) return code;
    x->tasks = wd_alloc((x->s.rows_count + 1) * sizeof *x->tasks);
    x->sporadic = wd_alloc((x->s.rows_count + 1) * sizeof *x->sporadic);
    code = sim_options(x);
    if (!code) code = wd_system_admit(&x->s);
    if (code) return code;
    code = wd_system_trace(&x->s, wd_option(w, WD_OPT_trace));
    if (!code) code = wd_system_report(&x->s, wd_option(w, WD_OPT_report));
    wd_system_picture(&x->s, x->until_ns);
    if (!code && wrt_sched_prepare(x->s.sched, &e) != WRT_OK)
        code = wd_report(w, &e, x->s.file, wd_exit_of(&e));
    if (code) return code;
    wd_system_warn(&x->s);
    if (sim_run(x, &e) != WRT_OK) code = wd_report(w, &e, x->s.file, wd_exit_of(&e));
    wd_progress_end();
    if (code) return code;
    code = wd_signal_seen() ? WD_EXIT_INT : sim_misses(&x->s) ? WD_EXIT_MISS : WD_EXIT_OK;
    sim_report(x, code);
    int page = wd_system_report_end(&x->s);
    return code ? code : page;
}

int wd_sched_cmd_simulate(struct wd *w)
{
    struct sim x = { .s = { .w = w } };
    struct wd_sched_input in;
    memset(&in, 0, sizeof in);
    int code = sim_whole(&x, &in);
    int trace = wd_system_trace_end(&x.s);
    for (uint32_t k = 0; x.tasks && k < x.s.rows_count; k++) free(x.tasks[k].samples);
    free(x.tasks);
    free(x.sporadic);
    free(x.inject);
    wd_system_close(&x.s);
    wd_sched_input_close(&in);
    return code ? code : trace;
}
