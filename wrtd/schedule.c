/* schedule: trace records -> rows, spans, marks, modes. Bounded by WD_SCHEDULE_MAX; what is outside of the
 * time that was asked for is not kept. */
#include "schedule.h"
#include <stdlib.h>
#include <string.h>

void wd_schedule_init(struct wd_schedule *s)
{
    *s = (struct wd_schedule){ .first_ns = UINT64_MAX, .to_ns = UINT64_MAX };
}

void wd_schedule_free(struct wd_schedule *s)
{
    free(s->rows);
    free(s->spans);
    free(s->marks);
    free(s->modes);
    wd_places_free(&s->places);
    wd_schedule_init(s);
}

static void *schedule_room(void *p, size_t count, size_t *cap, size_t item)
{
    if (count < *cap) return p;
    *cap = *cap ? *cap * 2 : 64;
    return wd_resize(p, *cap * item);
}

/* The row of a record: all jobs of a task share one. */
static uint64_t schedule_row_id(uint64_t task)
{
    return task & WRT_TRACE_JOB ? WRT_TRACE_JOB | (task & UINT32_MAX) : task;
}

static uint32_t schedule_job(uint64_t task)
{
    return task & WRT_TRACE_JOB ? (uint32_t)(task >> 32 & 0x7fffffffu) : 0;
}

static size_t schedule_row(struct wd_schedule *s, uint64_t task)
{
    uint64_t id = schedule_row_id(task);
    for (size_t k = s->rows_count; k-- > 0;) {
        if (s->rows[k].id == id) return k;
    }
    s->rows = schedule_room(s->rows, s->rows_count, &s->rows_cap, sizeof *s->rows);
    struct wd_row *row = &s->rows[s->rows_count];
    *row = (struct wd_row){ .id = id, .job = id & WRT_TRACE_JOB };
    snprintf(row->name, sizeof row->name, "task %llu", (unsigned long long)(id & UINT32_MAX));
    return s->rows_count++;
}

/* Is a name in a list "a,b,c"? */
static bool schedule_listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; *p;) {
        const char *end = strchr(p, ',');
        size_t length = end ? (size_t)(end - p) : strlen(p);
        if (length == n && memcmp(p, name, n) == 0) return true;
        p += length + (end ? 1 : 0);
    }
    return false;
}

static bool schedule_kept(const struct wd_schedule *s, size_t row)
{
    return !s->only || schedule_listed(s->only, s->rows[row].name);
}

static void schedule_span(struct wd_schedule *s, size_t row, uint32_t job, uint64_t to, uint64_t fuel)
{
    struct wd_row *r = &s->rows[row];
    uint64_t from = r->begin_ns > s->from_ns ? r->begin_ns : s->from_ns;
    r->running = false;
    if (to > s->to_ns) to = s->to_ns;
    if (to < from || r->begin_ns > s->to_ns || !schedule_kept(s, row)) return;
    if (s->spans_count >= WD_SCHEDULE_MAX) {
        s->dropped++;
        return;
    }
    s->spans = schedule_room(s->spans, s->spans_count, &s->spans_cap, sizeof *s->spans);
    uint64_t spent = fuel > r->begin_fuel ? fuel - r->begin_fuel : 0;
    s->spans[s->spans_count++] = (struct wd_span){ (uint32_t)row, r->core, job, from, to, spent };
    r->seen = true;
}

static void schedule_mark(
    struct wd_schedule *s, size_t row, uint32_t kind, const wrt_trace_rec *r, uint64_t t_ns)
{
    if (t_ns < s->from_ns || t_ns > s->to_ns || !schedule_kept(s, row)) return;
    if (s->marks_count >= WD_SCHEDULE_MAX) {
        s->dropped++;
        return;
    }
    s->marks = schedule_room(s->marks, s->marks_count, &s->marks_cap, sizeof *s->marks);
    s->marks[s->marks_count++] =
        (struct wd_mark){ (uint32_t)row, kind, schedule_job(r->task), r->a, r->b, t_ns, r->fuel };
    s->rows[row].seen = true;
}

static void schedule_name(struct wd_schedule *s, const wrt_trace_rec *r)
{
    size_t at = schedule_row(s, r->task);
    struct wd_row *row = &s->rows[at];
    if (r->core >= 3) return;
    char *to = row->name + r->core * 24;
    for (int k = 0; k < 8; k++) {
        to[k] = (char)(r->t_ns >> (8 * k));
        to[8 + k] = (char)(r->fuel >> (8 * k));
    }
    for (int k = 0; k < 4; k++) {
        to[16 + k] = (char)(r->a >> (8 * k));
        to[20 + k] = (char)(r->b >> (8 * k));
    }
    to[24] = 0;
}

/* A band of modes ends where the next begins; the last one at the end of the record. */
static void schedule_mode(struct wd_schedule *s, const wrt_trace_rec *r)
{
    for (size_t k = s->modes_count; k-- > 0;) {
        if (s->modes[k].core == r->core) {
            if (s->modes[k].to_ns == UINT64_MAX) s->modes[k].to_ns = r->t_ns;
            break;
        }
    }
    if (s->modes_count >= WD_SCHEDULE_MAX) return;
    uint32_t task = (uint32_t)r->task;
    uint32_t row = task == WRT_SCHED_NOBODY ? WRT_SCHED_NOBODY : (uint32_t)schedule_row(s, r->task);
    s->modes = schedule_room(s->modes, s->modes_count, &s->modes_cap, sizeof *s->modes);
    s->modes[s->modes_count++] = (struct wd_mode_band){ r->core, r->t_ns, UINT64_MAX, (uint8_t)(r->a & 0xff),
        (uint8_t)(r->b >> 24), row };
}

static void schedule_record(struct wd_schedule *s, const wrt_trace_rec *r)
{
    if (r->core >= s->cores && r->core < WRT_SCHED_CORES) s->cores = r->core + 1;
    if (r->t_ns < s->first_ns) s->first_ns = r->t_ns;
    if (r->t_ns > s->last_ns) s->last_ns = r->t_ns;
    if (r->kind == WRT_TRACE_MODE) {
        schedule_mode(s, r);
        return;
    }
    if (r->kind == WRT_TRACE_SERVER_EMPTY || r->kind == WRT_TRACE_SERVER_FULL) return;
    size_t at = schedule_row(s, r->task);
    struct wd_row *row = &s->rows[at];
    row->core = r->core;
    switch (r->kind) {
    case WRT_TRACE_SLICE_BEGIN:
        row->running = true;
        row->begin_ns = r->t_ns;
        row->begin_fuel = r->fuel;
        break;
    case WRT_TRACE_SLICE_END:
        if (row->running) schedule_span(s, at, schedule_job(r->task), r->t_ns, r->fuel);
        break;
    case WRT_TRACE_RELEASE:
    case WRT_TRACE_CONTINUE: {
        uint64_t deadline = (uint64_t)r->b << 32 | r->a;
        schedule_mark(s, at, r->kind, r, r->t_ns);
        if (deadline != UINT64_MAX) schedule_mark(s, at, WD_MARK_DEADLINE, r, deadline - s->base_ns);
        break;
    }
    default: schedule_mark(s, at, r->kind, r, r->t_ns); break;
    }
}

void wd_schedule_task(struct wd_schedule *s, uint32_t number, const char *name, uint32_t core, uint8_t level,
    uint64_t period_ns, uint64_t budget_fuel)
{
    size_t at = schedule_row(s, WRT_TRACE_JOB | number);
    struct wd_row *row = &s->rows[at];
    if (name) snprintf(row->name, sizeof row->name, "%s", name);
    row->known = true;
    row->level = level;
    row->core = core;
    row->period_ns = period_ns;
    row->budget_fuel = budget_fuel;
}

void wd_schedule_add(struct wd_schedule *s, const wrt_trace_rec *r)
{
    if (r->kind == WD_TRACE_NAME) {
        schedule_name(s, r);
    } else if (r->kind == WD_TRACE_PLACE) {
        wd_places_add(&s->places, r);
    } else if (r->kind == WD_TRACE_TASK) {
        wd_schedule_task(s, (uint32_t)r->task, NULL, r->core, (uint8_t)r->a, r->t_ns, r->fuel);
    } else {
        wrt_trace_rec shifted = *r;
        shifted.t_ns = r->t_ns > s->base_ns ? r->t_ns - s->base_ns : 0;
        schedule_record(s, &shifted);
    }
}

static int schedule_row_order(const void *a, const void *b)
{
    const struct wd_row *x = a, *y = b;
    if (x->job != y->job) return x->job ? -1 : 1;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

void wd_schedule_end(struct wd_schedule *s)
{
    if (s->first_ns == UINT64_MAX) s->first_ns = 0;
    for (size_t k = 0; k < s->rows_count; k++) {
        struct wd_row *r = &s->rows[k];
        if (r->running) schedule_span(s, k, 0, s->last_ns, r->begin_fuel);
    }
    if (s->from_ns < s->first_ns) s->from_ns = s->first_ns;
    if (s->to_ns > s->last_ns) s->to_ns = s->last_ns;
    if (s->to_ns <= s->from_ns) s->to_ns = s->from_ns + 1;
    size_t marks = 0; /* deadlines behind the end are nobody's business */
    for (size_t k = 0; k < s->marks_count; k++) {
        if (s->marks[k].t_ns <= s->to_ns) s->marks[marks++] = s->marks[k];
    }
    s->marks_count = marks;
    for (size_t k = 0; k < s->modes_count; k++) {
        if (s->modes[k].to_ns > s->to_ns) s->modes[k].to_ns = s->to_ns;
        if (s->modes[k].from_ns < s->from_ns) s->modes[k].from_ns = s->from_ns;
    }
    /* Rows move: everything that names one follows. */
    size_t n = s->rows_count;
    uint64_t *ids = wd_alloc((n + 1) * sizeof *ids);
    uint32_t *place = wd_alloc((n + 1) * sizeof *place);
    for (size_t k = 0; k < n; k++) ids[k] = s->rows[k].id;
    if (n > 1) qsort(s->rows, n, sizeof *s->rows, schedule_row_order);
    for (size_t k = 0; k < n; k++) {
        for (size_t to = 0; to < n; to++) {
            if (s->rows[to].id == ids[k]) place[k] = (uint32_t)to;
        }
    }
    for (size_t k = 0; k < s->spans_count; k++) s->spans[k].row = place[s->spans[k].row];
    for (size_t k = 0; k < s->marks_count; k++) s->marks[k].row = place[s->marks[k].row];
    for (size_t k = 0; k < s->modes_count; k++) {
        if (s->modes[k].row != WRT_SCHED_NOBODY) s->modes[k].row = place[s->modes[k].row];
    }
    free(ids);
    free(place);
}

const char *wd_level_name(uint8_t level)
{
    static const char *const names[] = { "QM", "A", "B", "C", "D" };
    return level < WD_COUNT(names) ? names[level] : "?";
}

const char *wd_mode_name(uint8_t mode)
{
    static const char *const names[] = { "normal", "high", "critical" };
    return mode < WD_COUNT(names) ? names[mode] : "?";
}

const char *wd_mark_text(uint32_t kind)
{
    switch (kind) {
    case WRT_TRACE_RELEASE: return "released";
    case WRT_TRACE_START: return "first fuel";
    case WRT_TRACE_DONE: return "done";
    case WRT_TRACE_FAILED: return "failed";
    case WRT_TRACE_ABORT: return "aborted";
    case WRT_TRACE_SKIP: return "skipped";
    case WRT_TRACE_CONTINUE: return "continued";
    case WRT_TRACE_MISS: return "deadline missed";
    case WRT_TRACE_OVERRUN: return "budget overrun";
    case WD_MARK_DEADLINE: return "deadline";
    default: return wd_trace_kind(kind) ? wd_trace_kind(kind) : "?";
    }
}
