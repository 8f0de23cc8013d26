/* sched_system: a task set that is admitted, simulated or run, and what became of it. Made from a manifest or
 * from the JSON form of a set; the parts of `wrtd sched` differ only in who runs the jobs. */
#ifndef WRTD_SCHED_SYSTEM_H
#define WRTD_SCHED_SYSTEM_H

#include "manifest.h"
#include "taskset.h"

/* Times that were seen. All are kept up to SAMPLES_MOST; beyond that every second, every fourth, ... */
enum { SAMPLES_MOST = 1 << 16 };
struct wd_samples { uint64_t *v; size_t n, cap; uint64_t seen, step; };
void wd_samples_add(struct wd_samples *s, uint64_t v);
/* The value that `permille` of them do not exceed; sorts. 0 without samples. */
uint64_t wd_samples_at(struct wd_samples *s, unsigned permille);

enum { GANTT_MOST = 200 };
/* One task: what was planned, and what happened. */
struct wd_job_row {
    const char *name;
    wrt_asil level;
    uint32_t core;                  /* index into wd_system.core_numbers */
    uint64_t period_ns, deadline_ns;    /* sporadic: least separation; deadline UINT64_MAX: none */
    uint64_t budget[WRT_MODES], bcet_fuel;
    bool sporadic;
    wrt_sched_task_stats stats;
    struct wd_samples response, start;
    struct wd_row_place { bool is; uint64_t job, at_ns; uint32_t func, offset; } missed, overran; /* first */
    uint32_t *places, places_count;     /* functions that the trace has a name of */
    /* for the text picture */
    char gantt[GANTT_MOST];
    bool pending, running;
    uint64_t pending_ns, running_ns;
};

struct wd_mode_change { uint64_t at_ns; uint32_t core, task, dropped; uint8_t from, to, cause; };
enum { MODES_KEPT = 256 };

/* What one core said; each is written by its own thread. */
struct wd_core_log {
    wrt_trace_rec *records;         /* that are not in the file yet; only with a trace or a picture */
    size_t count, cap;
    wrt_trace_rec *names;           /* of places, that are not in the file yet */
    size_t names_count, names_cap;
    struct wd_mode_change modes[MODES_KEPT];
    uint64_t modes_count;
    uint64_t hash;                  /* FNV-1a over kind, task, fuel, a, b, as wrt_trace_hash */
    uint64_t lost;
};
enum { LOG_RECORDS_MOST = 1 << 24 };

struct wd_system {
    struct wd *w;
    const char *file, *name;
    struct wd_manifest *manifest;   /* or NULL */
    wrt_engine *engine;             /* of the session, or its own */
    wrt_engine *own_engine;
    wrt_sched_opts o;
    wrt_sched *sched;
    struct wd_job_row *rows;
    uint32_t rows_count;
    uint32_t core_numbers[WRT_SCHED_CORES];
    struct wd_core_log *cores;
    uint64_t until_ns;              /* of the text picture */
    unsigned columns;
    bool keep_records;
    /* admission */
    wrt_adm_row *adm;
    wrt_adm_verdict verdict;
    wrt_status adm_status;          /* WRT_OK, WRT_E_REJECTED, WRT_E_UNSUPPORTED no test for this policy */
    wrt_error adm_error;
    struct wd_trace_out *trace;
    const char *report;             /* --report */
    struct wd_schedule *schedule;
    void (*heard)(
        void *ctx, const wrt_sched_event *e); /* after each event, on its core's thread; may be NULL */
    void *heard_ctx;
};

/* Opens the operand: a manifest or a JSON set, options --policy and --virtual on top. With `modules` the
 * components of the manifest are loaded into the session. 0 or an exit code. wd_system_close in both cases.
 */
struct wd_sched_input {
    struct wd_manifest manifest;
    struct wd_set set;
    bool is_manifest, loaded;
    struct wd_session session;
    char *path;
};
int wd_sched_input_open(struct wd *w, struct wd_sched_input *in);
void wd_sched_input_close(struct wd_sched_input *in);
/* Makes the schedule. funcs: one a task, from instances, or NULL: the host runs the jobs. simulated: under
 * the fuel clock, whatever the manifest says. */
int wd_system_open(
    struct wd *w, struct wd_sched_input *in, wrt_func *const *funcs, bool simulated, struct wd_system *s);
void wd_system_close(struct wd_system *s);
/* A server as the library takes it. */
wrt_sched_server_opts wd_system_server(const struct wd_mf_server *v);
/* Runs the admission test; fills adm_*. 0, or an exit code when it could not be done. */
int wd_system_admit(struct wd_system *s);
/* Names what fails first, with the place in the manifest. */
void wd_system_say_refused(struct wd_system *s, const char *level);
/* Warns of deadlines that are too short for the rate, and of a hyperperiod that has no number. */
void wd_system_warn(struct wd_system *s);

/* sched_log.c */
void wd_system_event(void *system, const wrt_sched_event *e);
/* The name of a function of a task's component; NULL: it has none. */
const char *wd_system_func(const struct wd_system *s, uint32_t task, uint32_t func, char buf[WD_PLACE_TEXT]);
/* After every stretch of running: the records of all cores go to the file, in the order of time. */
void wd_system_drain(struct wd_system *s);
void wd_system_collect(struct wd_system *s);    /* reads the figures of all tasks */
uint64_t wd_system_hash(const struct wd_system *s);
/* Begins a trace file (NULL: none): names and descriptions of the tasks. 0 or an exit code. */
int wd_system_trace(struct wd_system *s, const char *path);
int wd_system_trace_end(struct wd_system *s);
/* sched_report.c: the page of --report (NULL: none), written by the end. 0 or an exit code. */
int wd_system_report(struct wd_system *s, const char *path);
int wd_system_report_end(struct wd_system *s);
/* The text picture shows [0, until) in as many columns as the terminal has room for. */
void wd_system_picture(struct wd_system *s, uint64_t until_ns);
void wd_gantt_text(struct wd_system *s, FILE *out);

/* sched_table.c: reports */
void wd_admission_text(const struct wd_system *s, FILE *out);
void wd_admission_json(const struct wd_system *s, struct wd_json *j);
void wd_jobs_text(struct wd_system *s, FILE *out);
void wd_jobs_json(struct wd_system *s, struct wd_json *j);
const char *wd_time_text(uint64_t ns, char buf[32]);    /* "5 ms", "1.34 ms", rounded up at the third digit */

/* --inject KIND:TASK@TIME */
enum wd_inject_kind { WD_INJECT_OVERRUN, WD_INJECT_RELEASE };
struct wd_inject {
    enum wd_inject_kind kind;
    uint32_t task;
    uint64_t at_ns;
    bool done;
    wrt_global *flag;               /* of an overrun: what becomes 1, */
    wrt_memory *memory;             /* or, where this is not NULL, its byte at `address` */
    uint32_t address;
};
int wd_inject_read(struct wd_system *s, struct wd_inject **out, size_t *n);
/* --until; 0 or an exit code. */
int wd_until_read(struct wd *w, uint64_t dflt, uint64_t *out);

/* drive.c: the first signal stops this schedule; NULL: none. */
void wd_signals_arm_sched(wrt_sched *s);

int wd_sched_cmd_simulate(struct wd *w);
int wd_sched_cmd_run(struct wd *w);
int wd_sched_manifest_analyze(struct wd *w);

#endif
