/* Preemption must not show: each program runs alone without slices, in slices of 1, 7 and 100, stopped at
 * every checkpoint, and interleaved with 15 others; two tasks of a program with a shadow stack share one
 * instance. Results and total fuel are always the same. Prints for each run its fuel, slices and the hash of
 * its schedule, which names every stopping place: run.sh compares these lines between builds.
 *
 *     slices FILE:EXPORT:ARGUMENT... [--shadow FILE] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wrt/wrt.h>

enum { OTHERS = 16, RING = 4096 };
static int passed, failed;
static wrt_engine *engine;

static void check(bool ok, const char *what, const char *program, const char *how)
{
    if (ok) passed++;
    else failed++;
    if (!ok) printf("slices: %s: %s: %s\n", program, how, what);
}
static void must(wrt_status status, const wrt_error *err, const char *what)
{
    if (status == WRT_OK) return;
    printf("slices: %s: %s\n", what, err->message);
    printf("%d passed, %d failed\n", passed, failed + 1);
    exit(1);
}
static wrt_code *load(const char *path)
{
    wrt_error err = { 0 };
    FILE *f = fopen(path, "rb");
    if (!f) must(WRT_E_IO, &(wrt_error){ .message = "cannot be opened" }, path);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(n ? n : 1);
    if (fread(bytes, 1, n, f) != n) exit(1);
    fclose(f);
    wrt_code *code = NULL;
    must(wrt_load(engine, (wrt_bytes){ bytes, n }, NULL, &code, &err), &err, path);
    free(bytes);
    return code;
}

struct outcome { wrt_status status; uint64_t result, fuel, slices; };
struct program { const char *path; char export[64]; int32_t argument; wrt_code *code; struct outcome alone; };

static wrt_store *store_new(void)
{
    static uint8_t ring[OTHERS][RING];
    static int next;
    wrt_error err = { 0 };
    wrt_store *s = NULL;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    o.virtual_time = true;
    must(wrt_store_new(engine, &o, &s, &err), &err, "store");
    must(wrt_trace_ring(s, ring[next++ % OTHERS], RING), &err, "trace");
    return s;
}
static wrt_task start(wrt_store *s, const struct program *p, uint64_t slice, uint64_t fuel)
{
    wrt_error err = { 0 };
    wrt_linker *l = NULL;
    wrt_instance *i = NULL;
    wrt_func *f = NULL;
    wrt_task t = { 0 };
    wrt_val argument = wrt_i32(p->argument);
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.slice = slice;
    o.fuel = fuel;
    must(wrt_linker_new(engine, &l, &err), &err, "linker");
    must(wrt_instantiate(s, l, p->code, &i, &err), &err, p->path);
    wrt_linker_free(l);
    must(wrt_export_func(i, (wrt_str){ p->export, strlen(p->export) }, &f, &err), &err, p->path);
    must(wrt_task_start(s, f, &argument, 1, &o, &t, &err), &err, p->path);
    return t;
}
static struct outcome end(wrt_store *s, wrt_task t)
{
    struct outcome r = { 0 };
    wrt_error err = { 0 };
    wrt_val v = wrt_i64(0);
    wrt_task_info info = WRT_INIT(wrt_task_info);
    r.status = wrt_task_result(s, t, &v, 1, &err);
    wrt_task_info_get(s, t, &info);
    r.result = v.of.u;
    r.fuel = info.guest_fuel;
    r.slices = info.slices;
    return r;
}
static void same(const struct outcome *a, const struct outcome *b, const char *program, const char *how)
{
    check(a->status == b->status && a->result == b->result, "another result", program, how);
    check(a->fuel == b->fuel, "another total of fuel", program, how);
}
static void line(const struct program *p, const char *how, const struct outcome *r, uint64_t hash)
{
    const char *name = strrchr(p->path, '/');
    printf("= %s %s %d %s: result %llx fuel %llu slices %llu schedule %016llx\n", name ? name + 1 : p->path,
        p->export, p->argument, how, (unsigned long long)r->result, (unsigned long long)r->fuel,
        (unsigned long long)r->slices, (unsigned long long)hash);
}

static void run_alone(struct program *p)
{
    static const uint64_t slices[] = { UINT64_C(1) << 60, 1, 7, 100 };
    for (size_t i = 0; i < sizeof slices / sizeof slices[0]; i++) {
        char how[32];
        wrt_store *s = store_new();
        wrt_task t = start(s, p, slices[i], 0);
        while (wrt_run(s, NULL) == WRT_PENDING) {}
        struct outcome r = end(s, t);
        snprintf(how, sizeof how, i ? "slice %llu" : "alone", (unsigned long long)slices[i]);
        if (i == 0) p->alone = r;
        same(&p->alone, &r, p->path, how);
        line(p, how, &r, wrt_trace_hash(s));
        wrt_store_free(s);
    }
}
/* Out of fuel before every block: the budget grows by one unit at a time, so the task stops at every
 * checkpoint. */
static void run_starving(const struct program *p)
{
    enum { MOST = 30000 };
    wrt_store *s = store_new();
    wrt_task t = start(s, p, 0, 1);
    uint64_t given = 1, stops = 0;
    while (given < MOST) {
        wrt_status status = wrt_run(s, NULL);
        if (status != WRT_FUEL_OUT) break;
        wrt_fuel_state fuel;
        wrt_fuel_get(s, t, &fuel);
        if (fuel.guest > given) check(false, "the hard budget was passed", p->path, "starving");
        wrt_fuel_add(s, t, 1);
        given++;
        stops++;
    }
    wrt_fuel_add(s, t, UINT64_C(1) << 60);
    while (wrt_run(s, NULL) == WRT_PENDING) {}
    struct outcome r = end(s, t);
    same(&p->alone, &r, p->path, "starving");
    check(stops > 0, "it never stopped", p->path, "starving");
    wrt_store_free(s);
}
static void run_among_others(struct program *all, int n, int which)
{
    static const uint64_t slices[] = { 1, 7, 100, 1000, 33, 2, 500 };
    wrt_store *s = store_new();
    wrt_task tasks[OTHERS];
    struct program *of[OTHERS];
    for (int i = 0; i < OTHERS; i++) {
        of[i] = &all[(which + i * 3) % n];
        tasks[i] = start(s, of[i], slices[i % 7], 0);
    }
    while (wrt_run(s, NULL) == WRT_PENDING) {}
    for (int i = 0; i < OTHERS; i++) {
        struct outcome r = end(s, tasks[i]);
        same(&of[i]->alone, &r, of[i]->path, "among 15 others");
    }
    struct outcome first = end(s, tasks[0]);
    line(of[0], "among 15 others", &first, wrt_trace_hash(s));
    wrt_store_free(s);
}

/* Two tasks in one instance, 14 others around them. */
static void run_shadow(const char *path)
{
    struct program p = { .path = path, .export = "walk", .code = load(path) };
    struct outcome alone[2] = { { 0 } };
    for (int slice = -1; slice < 3; slice++) {
        static const uint64_t slices[] = { 1, 7, 100 };
        wrt_error err = { 0 };
        wrt_store *s = store_new();
        wrt_linker *l = NULL;
        wrt_instance *i[8] = { NULL };
        wrt_func *f[8] = { NULL };
        wrt_task t[16];
        int pairs = slice < 0 ? 1 : 8;
        must(wrt_linker_new(engine, &l, &err), &err, "linker");
        for (int k = 0; k < pairs; k++) {
            must(wrt_instantiate(s, l, p.code, &i[k], &err), &err, path);
            must(wrt_export_func(i[k], WRT_STR("walk"), &f[k], &err), &err, path);
            for (int n = 0; n < 2; n++) {
                wrt_val args[2] = { wrt_i32(5 + n), wrt_i32(7 + n) };
                wrt_task_opts o = WRT_INIT(wrt_task_opts);
                o.slice = slice < 0 ? UINT64_C(1) << 60 : slices[slice];
                must(wrt_task_start(s, f[k], args, 2, &o, &t[2 * k + n], &err), &err, path);
            }
        }
        wrt_linker_free(l);
        while (wrt_run(s, NULL) == WRT_PENDING) {}
        for (int k = 0; k < 2 * pairs; k++) {
            struct outcome r = end(s, t[k]);
            if (slice < 0) alone[k] = r;
            same(&alone[k % 2], &r, path, "two tasks in one instance");
            check(r.status == WRT_OK, "failed", path, "two tasks in one instance");
        }
        wrt_store_free(s);
    }
    wrt_code_free(p.code);
}

int main(int argc, char **argv)
{
    static struct program programs[64];
    int n = 0;
    const char *shadow = NULL;
    wrt_error err = { 0 };
    must(wrt_engine_new(NULL, &engine, &err), &err, "engine");
    for (int i = 1; i < argc && n < 64; i++) {
        if (strcmp(argv[i], "--shadow") == 0 && i + 1 < argc) {
            shadow = argv[++i];
            continue;
        }
        struct program *p = &programs[n++];
        char *export = strchr(argv[i], ':'), *argument = export ? strchr(export + 1, ':') : NULL;
        if (!argument) return 2;
        *export++ = *argument++ = 0;
        p->path = argv[i];
        snprintf(p->export, sizeof p->export, "%s", export);
        p->argument = (int32_t)strtol(argument, NULL, 10);
        p->code = load(p->path);
    }
    for (int i = 0; i < n; i++) {
        run_alone(&programs[i]);
        run_starving(&programs[i]);
    }
    for (int i = 0; i < n && i < 2; i++) run_among_others(programs, n < 8 ? n : 8, i);
    if (shadow) run_shadow(shadow);
    for (int i = 0; i < n; i++) wrt_code_free(programs[i].code);
    wrt_engine_free(engine);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
