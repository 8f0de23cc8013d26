/* timeline: a picture of a run in text. The axis is fuel, so the picture is the same on every machine. */
#include <stdlib.h>
#include <string.h>
#include "tasks.h"

void timeline_init(struct timeline *t, size_t rows)
{
    *t = (struct timeline){ .rows = wd_alloc((rows + 1) * sizeof *t->rows), .rows_count = rows, .width = 1 };
}

void timeline_free(struct timeline *t)
{
    free(t->rows);
}

void timeline_row(struct timeline *t, size_t row, wrt_task task)
{
    t->rows[row].task = task.v;
}

/* Twice as wide: two columns become one. */
static void timeline_fold(struct timeline *t)
{
    for (size_t r = 0; r < t->rows_count; r++) {
        struct timeline_row *row = &t->rows[r];
        for (size_t c = 0; c < TIMELINE_COLUMNS; c++) {
            bool half = c < TIMELINE_COLUMNS / 2;
            row->run[c] = half ? row->run[2 * c] + row->run[2 * c + 1] : 0;
            row->wait[c] = half ? row->wait[2 * c] + row->wait[2 * c + 1] : 0;
        }
    }
    t->width *= 2;
}

static void timeline_fill(struct timeline *t, uint64_t *columns, uint64_t from, uint64_t to)
{
    while (from < to) {
        size_t c = (size_t)(from / t->width);
        uint64_t stop = (from / t->width + 1) * t->width;
        if (stop > to) stop = to;
        if (c < TIMELINE_COLUMNS) columns[c] += stop - from;
        from = stop;
    }
}

static struct timeline_row *timeline_find(struct timeline *t, uint64_t task)
{
    for (size_t k = 0; k < t->rows_count; k++) {
        if (t->rows[k].task == task) return &t->rows[k];
    }
    return NULL;
}

static void timeline_advance(struct timeline *t, struct timeline_row *row, uint64_t fuel)
{
    uint64_t burned = fuel - row->fuel;
    row->fuel = fuel;
    if (burned > UINT64_MAX / 4 - t->now) return;
    while ((t->now + burned) / t->width >= TIMELINE_COLUMNS) timeline_fold(t);
    timeline_fill(t, row->run, t->now, t->now + burned);
    t->now += burned;
}

void timeline_see(void *timeline, const wrt_trace_rec *r)
{
    struct timeline *t = timeline;
    struct timeline_row *row = timeline_find(t, r->task);
    if (!row) return;
    if (!row->started) {
        row->started = true;
        row->begin = t->now;
    }
    if (r->fuel > row->fuel) timeline_advance(t, row, r->fuel);
    bool waits = r->kind == WRT_TRACE_PARK || r->kind == WRT_TRACE_FUEL_OUT || r->kind == WRT_TRACE_LOCK_WAIT;
    if (row->waiting && !waits) {
        timeline_fill(t, row->wait, row->parked, t->now);
        row->waiting = false;
    }
    if (waits && !row->waiting) {
        row->waiting = true;
        row->parked = t->now;
    }
    if (r->kind == WRT_TRACE_TASK_END) {
        row->ended = true;
        row->end = t->now;
    }
}

static char timeline_glyph(const struct timeline *t, const struct timeline_row *row, size_t c)
{
    uint64_t from = c * t->width, to = (c + 1) * t->width, span;
    if (to > t->now) to = t->now;
    span = to > from ? to - from : 1;
    if (row->run[c] * 8 >= span * 7) return '#';
    if (row->run[c] * 2 >= span) return '+';
    if (row->run[c] > 0) return '-';
    if (row->wait[c] * 2 >= span) return '~';
    bool before = !row->started || to <= row->begin, after = row->ended && from >= row->end;
    if (row->waiting && from >= row->parked) return '~';
    return before || after ? ' ' : '.';
}

size_t timeline_text(const struct timeline *t, size_t row, char buf[TIMELINE_COLUMNS + 1])
{
    size_t columns = t->now ? (size_t)((t->now - 1) / t->width) + 1 : 0;
    for (size_t c = 0; c < columns; c++) buf[c] = timeline_glyph(t, &t->rows[row], c);
    buf[columns] = 0;
    return columns;
}
