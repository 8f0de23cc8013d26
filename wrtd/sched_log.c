/* sched_log: what a schedule said while it ran: samples, mode changes, records for trace and pictures. One
 * log a core, so that cores write without waiting for each other. */
#include "sched_system.h"
#include "schedule.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- samples --------------------------------------------------------------------------------------------
 */

void wd_samples_add(struct wd_samples *s, uint64_t v)
{
    if (s->step == 0) s->step = 1;
    if (s->seen++ % s->step != 0) return;
    if (s->n == s->cap && s->cap < SAMPLES_MOST) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->v = wd_resize(s->v, s->cap * sizeof *s->v);
    }
    if (s->n == SAMPLES_MOST) {
        for (size_t k = 0; k < s->n / 2; k++) s->v[k] = s->v[2 * k];
        s->n /= 2;
        s->step *= 2;
        if ((s->seen - 1) % s->step != 0) return;
    }
    s->v[s->n++] = v;
}

static int samples_order(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

uint64_t wd_samples_at(struct wd_samples *s, unsigned permille)
{
    if (s->n == 0) return 0;
    qsort(s->v, s->n, sizeof *s->v, samples_order);
    size_t rank = (s->n * permille + 999) / 1000;
    return s->v[rank ? rank - 1 : 0];
}

/* ---- the text picture ------------------------------------------------------------------------------------
 */

/* Columns that [from, to) touches get `mark`, unless a stronger one is there: '!' over '#' over '.'. */
static void gantt_mark(struct wd_system *s, struct wd_job_row *r, uint64_t from, uint64_t to, char mark)
{
    if (from >= s->until_ns) return;
    if (to > s->until_ns) to = s->until_ns;
    double scale = (double)s->columns / (double)s->until_ns;
    size_t a = (size_t)((double)from * scale), b = to > from ? (size_t)((double)(to - 1) * scale) : a;
    for (size_t k = a; k <= b && k < s->columns; k++) {
        char old = r->gantt[k];
        bool weaker = old == 0 || (old == '.' && mark != '.') || mark == '!';
        if (weaker) r->gantt[k] = mark;
    }
}

static void gantt_event(struct wd_system *s, struct wd_job_row *r, const wrt_sched_event *e)
{
    switch (e->kind) {
    case WRT_TRACE_RELEASE: case WRT_TRACE_CONTINUE:
        if (!r->pending) r->pending_ns = e->at_ns;
        r->pending = true;
        break;
    case WRT_TRACE_SLICE_BEGIN:
        if (r->pending)
            gantt_mark(s, r, r->pending_ns, e->at_ns > r->pending_ns ? e->at_ns : r->pending_ns + 1, '.');
        r->running = true;
        r->running_ns = e->at_ns;
        break;
    case WRT_TRACE_SLICE_END:
        if (r->running) gantt_mark(s, r, r->running_ns, e->at_ns, '#');
        r->running = false;
        r->pending_ns = e->at_ns;
        break;
    case WRT_TRACE_MISS: gantt_mark(s, r, e->at_ns ? e->at_ns - 1 : 0, e->at_ns, '!'); break;
    case WRT_TRACE_DONE: case WRT_TRACE_FAILED: case WRT_TRACE_ABORT:
        if (!r->running && r->pending && e->at_ns > r->pending_ns)
            gantt_mark(s, r, r->pending_ns, e->at_ns, '.');
        r->pending = false;
        break;
    default: break;
    }
}

void wd_gantt_text(struct wd_system *s, FILE *out)
{
    char a[32], b[32];
    size_t width = 4;
    for (uint32_t k = 0; k < s->rows_count; k++) {
        size_t n = strlen(s->rows[k].name);
        width = n > width ? n : width;
    }
    fprintf(out, "\none column = %s  (# running, . ready, ! deadline missed)\n",
        wd_time_text(s->until_ns / s->columns, a));
    for (uint32_t k = 0; k < s->rows_count; k++) {
        struct wd_job_row *r = &s->rows[k];
        if (r->running) gantt_mark(s, r, r->running_ns, s->until_ns, '#');
        if (!r->running && r->pending) gantt_mark(s, r, r->pending_ns, s->until_ns, '.');
        fprintf(out, "%-*s |", (int)width, r->name);
        for (size_t c = 0; c < s->columns; c++) fputc(r->gantt[c] ? r->gantt[c] : ' ', out);
        fputs("|\n", out);
    }
    fprintf(out, "%-*s 0%*s\n", (int)width, "", (int)s->columns, wd_time_text(s->until_ns, b));
}

/* ---- records --------------------------------------------------------------------------------------------
 */

static wrt_trace_rec log_record(const wrt_sched_event *e)
{
    wrt_trace_rec r = { .t_ns = e->at_ns, .fuel = e->fuel, .kind = (uint32_t)e->kind, .core = e->core };
    r.task = WRT_TRACE_JOB | (e->job & 0x7fffffffu) << 32 | e->task;
    switch (e->kind) {
    case WRT_TRACE_RELEASE: case WRT_TRACE_CONTINUE:
        r.a = (uint32_t)e->deadline_ns;
        r.b = (uint32_t)(e->deadline_ns >> 32);
        break;
    case WRT_TRACE_SKIP: r.a = e->dropped; break;
    case WRT_TRACE_SERVER_EMPTY: case WRT_TRACE_SERVER_FULL: r.task = WRT_TRACE_JOB | e->task; break;
    case WRT_TRACE_MODE:
        r.task = WRT_TRACE_JOB | e->task;
        r.fuel = 0;
        r.a = (uint32_t)e->from << 16 | e->to;
        r.b = (uint32_t)e->cause << 24 | (e->dropped & 0xffffff);
        break;
    case WRT_TRACE_DONE:
    case WRT_TRACE_FAILED:
    case WRT_TRACE_ABORT:
    case WRT_TRACE_MISS:
    case WRT_TRACE_OVERRUN:
    case WRT_TRACE_SUSPEND:
    case WRT_TRACE_SLICE_END:
        r.a = e->func;
        r.b = e->offset;
        break;
    default: break;
    }
    return r;
}

static uint64_t log_hash(uint64_t h, uint64_t v, int bytes)
{
    for (int k = 0; k < bytes; k++) h = (h ^ (v >> (8 * k) & 0xff)) * 0x100000001b3u;
    return h;
}

static void log_keep(struct wd_core_log *c, const wrt_trace_rec *r)
{
    c->hash = log_hash(c->hash, r->kind, 4);
    c->hash = log_hash(c->hash, r->task, 8);
    c->hash = log_hash(c->hash, r->fuel, 8);
    c->hash = log_hash(c->hash, r->a, 4);
    c->hash = log_hash(c->hash, r->b, 4);
}

static void log_push(struct wd_core_log *c, const wrt_trace_rec *r)
{
    if (c->count == LOG_RECORDS_MOST) {
        c->lost++;
        return;
    }
    if (c->count == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 1024;
        c->records = wd_resize(c->records, c->cap * sizeof *c->records);
    }
    c->records[c->count++] = *r;
}

/* ---- places ---------------------------------------------------------------------------------------------
 */

const char *wd_system_func(const struct wd_system *s, uint32_t task, uint32_t func, char buf[WD_PLACE_TEXT])
{
    if (!s->manifest || func == UINT32_MAX || task >= s->manifest->tasks_count) return NULL;
    const struct wd_mf_component *c = &s->manifest->components[s->manifest->tasks[task].component];
    if (!c->module) return NULL;
    wrt_str name = wrt_code_func_name(c->module->code, func);
    if (!name.n) return NULL;
    snprintf(buf, WD_PLACE_TEXT, "%.*s", (int)(name.n < 71 ? name.n : 71), name.p);
    return buf;
}

enum { LOG_PLACES_MOST = 64 };

/* The function of this place gets a name in the trace, once a task. */
static void log_place(struct wd_system *s, struct wd_core_log *c, const wrt_sched_event *e)
{
    struct wd_job_row *r = &s->rows[e->task];
    char text[WD_PLACE_TEXT];
    for (uint32_t k = 0; k < r->places_count; k++) {
        if (r->places[k] == e->func) return;
    }
    if (r->places_count == LOG_PLACES_MOST) return;
    if (!r->places) r->places = wd_alloc(LOG_PLACES_MOST * sizeof *r->places);
    r->places[r->places_count++] = e->func;
    const char *name = wd_system_func(s, e->task, e->func, text);
    for (uint32_t part = 0; name && part * 24 < strlen(name); part++) {
        if (c->names_count == c->names_cap) {
            c->names_cap = c->names_cap ? c->names_cap * 2 : 16;
            c->names = wd_resize(c->names, c->names_cap * sizeof *c->names);
        }
        c->names[c->names_count++] =
            wd_trace_name_record(WD_TRACE_PLACE, wd_place_id(e->task, e->func), part, name);
    }
}

static void log_first(struct wd_row_place *p, const wrt_sched_event *e)
{
    if (!p->is) *p = (struct wd_row_place){ true, e->job, e->at_ns, e->func, e->offset };
}

void wd_system_event(void *system, const wrt_sched_event *e)
{
    struct wd_system *s = system;
    struct wd_core_log *c = &s->cores[e->core < s->o.cores ? e->core : 0];
    wrt_trace_rec r = log_record(e);
    log_keep(c, &r);
    if (s->keep_records) log_push(c, &r);
    if (s->heard) s->heard(s->heard_ctx, e);
    if (e->kind == WRT_TRACE_MODE) {
        if (c->modes_count < MODES_KEPT) {
            c->modes[c->modes_count] = (struct wd_mode_change){ e->at_ns, e->core, e->task, e->dropped,
                e->from, e->to, e->cause };
        }
        c->modes_count++;
        return;
    }
    bool server = e->kind == WRT_TRACE_SERVER_EMPTY || e->kind == WRT_TRACE_SERVER_FULL;
    if (server || e->task >= s->rows_count) return;
    struct wd_job_row *row = &s->rows[e->task];
    if (e->kind == WRT_TRACE_MISS) log_first(&row->missed, e);
    if (e->kind == WRT_TRACE_OVERRUN) log_first(&row->overran, e);
    if (s->keep_records && wd_place_kind(e->kind) && e->func != UINT32_MAX) log_place(s, c, e);
    if (e->kind == WRT_TRACE_DONE) wd_samples_add(&row->response, e->at_ns - e->release_ns);
    if (e->kind == WRT_TRACE_START) wd_samples_add(&row->start, e->at_ns - e->release_ns);
    gantt_event(s, row, e);
}

void wd_system_drain(struct wd_system *s)
{
    size_t at[WRT_SCHED_CORES] = { 0 };
    for (uint32_t k = 0; k < s->o.cores; k++) {
        struct wd_core_log *c = &s->cores[k];
        for (size_t n = 0; n < c->names_count; n++) {
            if (s->trace) wd_trace_out_put(s->trace, &c->names[n]);
            if (s->schedule) wd_schedule_add(s->schedule, &c->names[n]);
        }
        c->names_count = 0;
    }
    for (;;) {
        uint32_t first = UINT32_MAX;
        for (uint32_t k = 0; k < s->o.cores; k++) {
            if (at[k] == s->cores[k].count) continue;
            if (first == UINT32_MAX
                || s->cores[k].records[at[k]].t_ns < s->cores[first].records[at[first]].t_ns)
                first = k;
        }
        if (first == UINT32_MAX) break;
        if (s->trace) wd_trace_out_put(s->trace, &s->cores[first].records[at[first]]);
        if (s->schedule) wd_schedule_add(s->schedule, &s->cores[first].records[at[first]]);
        at[first]++;
    }
    for (uint32_t k = 0; k < s->o.cores; k++) s->cores[k].count = 0;
}

uint64_t wd_system_hash(const struct wd_system *s)
{
    if (s->o.cores == 1) return s->cores[0].hash;
    uint64_t h = 0xcbf29ce484222325u;
    for (uint32_t k = 0; k < s->o.cores; k++) h = log_hash(h, s->cores[k].hash, 8);
    return h;
}

void wd_system_collect(struct wd_system *s)
{
    for (uint32_t k = 0; k < s->rows_count; k++) wrt_sched_task_stats_get(s->sched, k, &s->rows[k].stats);
}

/* ---- trace and picture ------------------------------------------------------------------------------------
 */

int wd_system_trace(struct wd_system *s, const char *path)
{
    struct wd_trace_head h = { .version = WD_TRACE_VERSION,
        .flags = s->o.virtual_time ? WD_TRACE_VIRTUAL : 0 };
    const wrt_fuel_table *table = wrt_engine_fuel_table(s->engine);
    if (!path) return 0;
    h.fuel_hash = wrt_fuel_table_hash(table);
    h.code_hash = s->manifest ? s->manifest->hash : 0;
    memcpy(h.fuel_name, table->name, sizeof h.fuel_name);
    snprintf(h.program, sizeof h.program, "%s", s->name);
    int code = wd_trace_out_open(s->w, path, &h, &s->trace);
    for (uint32_t k = 0; k < s->rows_count && !code; k++) {
        const struct wd_job_row *r = &s->rows[k];
        wrt_trace_rec task = { .t_ns = r->period_ns,
            .fuel = r->budget[0],
            .task = WRT_TRACE_JOB | k,
            .kind = WD_TRACE_TASK,
            .core = r->core,
            .a = r->level };
        wd_trace_out_name(s->trace, WRT_TRACE_JOB | k, r->name);
        wd_trace_out_put(s->trace, &task);
    }
    s->keep_records = true;
    return code;
}

int wd_system_trace_end(struct wd_system *s)
{
    uint64_t lost = 0;
    if (!s->trace) return 0;
    wd_system_drain(s);
    for (uint32_t k = 0; k < s->o.cores; k++) lost += s->cores[k].lost;
    int code = wd_trace_out_close(s->w, s->trace, wd_system_hash(s), lost);
    s->trace = NULL;
    return code;
}

void wd_system_picture(struct wd_system *s, uint64_t until_ns)
{
    struct winsize size;
    const char *given = getenv("COLUMNS");
    uint64_t wide = 80;
    size_t names = 4;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        wide = size.ws_col;
    if (given) wd_parse_count(wd_str(given), &wide);
    for (uint32_t k = 0; k < s->rows_count; k++) {
        size_t n = strlen(s->rows[k].name);
        names = n > names ? n : names;
    }
    uint64_t room = wide > names + 4 ? wide - names - 4 : 0;
    s->columns = room < 20 ? 20 : room > GANTT_MOST ? GANTT_MOST : (unsigned)room;
    s->until_ns = until_ns ? until_ns : 1;
}
