/* trace_file: the file that a traced run leaves. Records leave the store's ring after every turn. The format
 * is in wd.h; it is written front to back, so what a crash leaves can be read. */
#include "wd.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RING_RECORDS = 1 << 18, DRAIN_RECORDS = 1024 };

struct wd_trace {
    FILE *f;                        /* NULL: only `see` */
    const char *path;
    void *ring;
    wrt_trace_rec *drained;
    uint64_t records, lost;
    void (*see)(void *ctx, const wrt_trace_rec *r);
    void *see_ctx;
    uint8_t head[WD_TRACE_HEADER];
};

static void put_u32(uint8_t *p, uint32_t v)
{
    for (int k = 0; k < 4; k++) p[k] = (uint8_t)(v >> (8 * k));
}

static void put_u64(uint8_t *p, uint64_t v)
{
    for (int k = 0; k < 8; k++) p[k] = (uint8_t)(v >> (8 * k));
}

static void write_record(FILE *f, const wrt_trace_rec *r)
{
    uint8_t p[WD_TRACE_RECORD];
    put_u64(p, r->t_ns);
    put_u64(p + 8, r->fuel);
    put_u64(p + 16, r->task);
    put_u32(p + 24, r->kind);
    put_u32(p + 28, r->core);
    put_u32(p + 32, r->a);
    put_u32(p + 36, r->b);
    fwrite(p, 1, sizeof p, f);
}

static void put_record(struct wd_trace *t, const wrt_trace_rec *r)
{
    write_record(t->f, r);
    t->records++;
}

/*  0 magic      8 version   12 header bytes  16 record bytes  20 zero
 * 24 fuel hash 32 code hash 40 trace hash    48 records       56 lost   64 flags  72 fuel table's name  96
 * program */
static void put_head(FILE *f, uint8_t p[WD_TRACE_HEADER], const struct wd_trace_head *h)
{
    memset(p, 0, WD_TRACE_HEADER);
    memcpy(p, WD_TRACE_MAGIC, 8);
    put_u32(p + 8, h->version);
    put_u32(p + 12, WD_TRACE_HEADER);
    put_u32(p + 16, WD_TRACE_RECORD);
    put_u64(p + 24, h->fuel_hash);
    put_u64(p + 32, h->code_hash);
    put_u64(p + 64, h->flags);
    memcpy(p + 72, h->fuel_name, sizeof h->fuel_name);
    memcpy(p + 96, h->program, sizeof h->program);
    fwrite(p, 1, WD_TRACE_HEADER, f);
}

int wd_trace_start(struct wd_session *s, const char *path, uint64_t code_hash, const char *program)
{
    struct wd_trace *t = wd_alloc(sizeof *t);
    s->trace = t;
    if (path) {
        t->f = fopen(path, "wb");
        t->path = path;
        if (!t->f) {
            wrt_error e;
            wd_error_init(&e, WRT_E_IO, WD_W_WRITE, "cannot write: %s", strerror(errno));
            return wd_report(s->w, &e, path, WD_EXIT_IO);
        }
        const wrt_fuel_table *table = wrt_engine_fuel_table(s->engine);
        struct wd_trace_head h = { .version = WD_TRACE_VERSION,
            .fuel_hash = wrt_fuel_table_hash(table),
            .code_hash = code_hash,
            .flags = s->settings.virtual_clock ? WD_TRACE_VIRTUAL : 0 };
        memcpy(h.fuel_name, table->name, sizeof h.fuel_name);
        size_t n = strlen(program);
        memcpy(h.program, program, n < sizeof h.program - 1 ? n : sizeof h.program - 1);
        put_head(t->f, t->head, &h);
    }
    t->ring = malloc((size_t)RING_RECORDS * sizeof(wrt_trace_rec));
    t->drained = wd_alloc(DRAIN_RECORDS * sizeof *t->drained);
    if (t->ring
        && wrt_trace_ring(s->store, t->ring, (size_t)RING_RECORDS * sizeof(wrt_trace_rec)) == WRT_OK) {
        return 0;
    }
    return wd_fail(s->w, WD_EXIT_LIMIT, WD_W_TRACE, NULL, "no memory for a trace");
}

wrt_trace_rec wd_trace_name_record(uint32_t kind, uint64_t task, uint32_t part, const char *name)
{
    uint8_t text[24] = { 0 };
    size_t left = strlen(name) - part * 24;
    memcpy(text, name + part * 24, left < 24 ? left : 24);
    wrt_trace_rec r = { .task = task, .kind = kind, .core = part };
    for (int k = 0; k < 8; k++) {
        r.t_ns |= (uint64_t)text[k] << (8 * k);
        r.fuel |= (uint64_t)text[8 + k] << (8 * k);
    }
    for (int k = 0; k < 4; k++) {
        r.a |= (uint32_t)text[16 + k] << (8 * k);
        r.b |= (uint32_t)text[20 + k] << (8 * k);
    }
    return r;
}

void wd_trace_name(struct wd_trace *t, wrt_task task, const char *name)
{
    size_t n = strlen(name);
    for (uint32_t part = 0; t->f && part * 24 < n; part++) {
        wrt_trace_rec r = wd_trace_name_record(WD_TRACE_NAME, task.v, part, name);
        put_record(t, &r);
    }
}

void wd_trace_see(struct wd_trace *t, void (*see)(void *ctx, const wrt_trace_rec *r), void *ctx)
{
    t->see = see;
    t->see_ctx = ctx;
}

void wd_trace_drain(struct wd_session *s)
{
    struct wd_trace *t = s->trace;
    for (;;) {
        uint64_t lost = 0;
        size_t n = wrt_trace_drain(s->store, t->drained, DRAIN_RECORDS, &lost);
        t->lost += lost;
        for (size_t k = 0; k < n; k++) {
            if (t->f) put_record(t, &t->drained[k]);
            if (t->see) t->see(t->see_ctx, &t->drained[k]);
        }
        if (n < DRAIN_RECORDS) return;
    }
}

uint64_t wd_trace_lost(const struct wd_trace *t)
{
    return t->lost;
}

/* Counts go into the head when all is written. */
static int finish_file(struct wd *w, FILE *f, const char *path, uint8_t head[WD_TRACE_HEADER], uint64_t hash,
    uint64_t records, uint64_t lost)
{
    put_u64(head + 40, hash);
    put_u64(head + 48, records);
    put_u64(head + 56, lost);
    /* A pipe cannot go back: then the counts stay 0, which means "up to the end". What could not be written
     * before is an error that stays. */
    bool bad = fflush(f) != 0 || ferror(f) != 0;
    if (fseek(f, 0, SEEK_SET) == 0) {
        fwrite(head, 1, WD_TRACE_HEADER, f);
    } else if (!bad) {
        clearerr(f);
    }
    int code = wd_close_out(w, f, path);
    if (lost) wd_warn(w, "the trace lost %llu records", (unsigned long long)lost);
    return code;
}

int wd_trace_stop(struct wd_session *s)
{
    struct wd_trace *t = s->trace;
    int code = 0;
    if (!t) return 0;
    if (t->drained) wd_trace_drain(s);
    if (t->f) code = finish_file(s->w, t->f, t->path, t->head, wrt_trace_hash(s->store), t->records, t->lost);
    wrt_trace_ring(s->store, NULL, 0);
    free(t->ring);
    free(t->drained);
    free(t);
    s->trace = NULL;
    return code;
}

/* ---- without a store: whoever makes the records ---------------------------------------------------------
 */

struct wd_trace_out { FILE *f; const char *path; uint64_t records; uint8_t head[WD_TRACE_HEADER]; };

int wd_trace_out_open(
    struct wd *w, const char *path, const struct wd_trace_head *head, struct wd_trace_out **out)
{
    FILE *f = fopen(path, "wb");
    if (!f) {
        wrt_error e;
        wd_error_init(&e, WRT_E_IO, WD_W_WRITE, "cannot write: %s", strerror(errno));
        return wd_report(w, &e, path, WD_EXIT_IO);
    }
    struct wd_trace_out *t = wd_alloc(sizeof *t);
    t->f = f;
    t->path = path;
    put_head(f, t->head, head);
    *out = t;
    return 0;
}

void wd_trace_out_name(struct wd_trace_out *t, uint64_t task, const char *name)
{
    size_t n = strlen(name);
    for (uint32_t part = 0; part * 24 < n; part++) {
        wrt_trace_rec r = wd_trace_name_record(WD_TRACE_NAME, task, part, name);
        wd_trace_out_put(t, &r);
    }
}

void wd_trace_out_put(struct wd_trace_out *t, const wrt_trace_rec *r)
{
    write_record(t->f, r);
    t->records++;
}

int wd_trace_out_close(struct wd *w, struct wd_trace_out *t, uint64_t hash, uint64_t lost)
{
    int code = finish_file(w, t->f, t->path, t->head, hash, t->records, lost);
    free(t);
    return code;
}

const char *wd_trace_kind(uint32_t kind)
{
    switch (kind) {
#define X(name, value) case (value): return #name;
    WRT_TRACE_MAP(X)
#undef X
    default: return NULL;
    }
}
