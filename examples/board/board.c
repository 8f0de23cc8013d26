/* A system without an operating system: four guests share one core, each in slices of its own, in a block of
 * memory that is given once. Prints what each returned, its exact fuel, and the hash of the whole schedule.
 * The same file runs on a host; tests/board compares the two texts, which must be equal byte for byte.
 *
 * On the board: start.c (entry, output, exit), memcpy and friends below. Output, wherever it runs:
 *
 *     sort       result 0x........  fuel ........  slices ..... stack ....
 *     ...
 *     schedule   0x................ */
#include <wrt/wrt.h>
#include "board.h"
#include "guest_wasm.h"

static _Alignas(16) uint8_t block[1536 * 1024];

static void print(const char *text)
{
    size_t n = 0;
    while (text[n]) n++;
    board_write(text, n);
}
static void print_number(uint64_t value, unsigned base, int width)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n < width) digits[n++] = base == 16 ? '0' : ' ';
    while (n > 0) board_write(&digits[--n], 1);
}
static int fail(const wrt_error *err)
{
    print("error: ");
    print(err->message);
    print("\n");
    return 1;
}

struct job { const char *name; int32_t n; uint64_t slice; uint8_t priority; };
static const struct job jobs[] = {
    { "sort", 6, 100, 128 }, { "matrix", 12, 7, 128 }, { "crc", 9, 1000, 128 }, { "collatz", 700, 1, 128 },
};
enum { JOBS = sizeof jobs / sizeof jobs[0] };

static wrt_str str_of(const char *s)
{
    size_t n = 0;
    while (s[n]) n++;
    return (wrt_str){ s, n };
}
static void report(wrt_store *s, const struct job *j, wrt_task t, wrt_status status, wrt_val result)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_task_info_get(s, t, &info);
    print(j->name);
    print(status == WRT_OK ? "  result 0x" : "  failed 0x");
    print_number(result.of.u, 16, 16);
    print("  fuel ");
    print_number(info.guest_fuel, 10, 9);
    print("  slices ");
    print_number(info.slices, 10, 7);
    print("  stack ");
    print_number(info.stack_peak_bytes, 10, 5);
    print("\n");
}
static int run(wrt_store *s, wrt_linker *l, wrt_code *code, wrt_error *err)
{
    wrt_task tasks[JOBS];
    for (int i = 0; i < JOBS; i++) {
        wrt_instance *instance;
        wrt_func *f;
        wrt_val n = wrt_i32(jobs[i].n);
        wrt_task_opts o = WRT_INIT(wrt_task_opts);
        o.name = str_of(jobs[i].name);
        o.slice = jobs[i].slice;
        o.priority = jobs[i].priority;
        if (wrt_instantiate(s, l, code, &instance, err) || wrt_export_func(instance, o.name, &f, err) ||
            wrt_task_start(s, f, &n, 1, &o, &tasks[i], err)) return fail(err);
    }
    wrt_turn turn = { .fuel = 100000 };
    while (wrt_run(s, &turn) == WRT_PENDING) {}
    for (int i = 0; i < JOBS; i++) {
        wrt_val result = wrt_i64(0);
        wrt_status status = wrt_task_result(s, tasks[i], &result, 1, err);
        report(s, &jobs[i], tasks[i], status, result);
    }
    print("schedule 0x");
    print_number(wrt_trace_hash(s), 16, 16);
    print("\n");
    return 0;
}

static wrt_trace_rec ring[64];
int main(void)
{
    wrt_alloc alloc;
    wrt_error err = { 0 };
    wrt_engine *e;
    wrt_code *code;
    wrt_linker *l;
    wrt_store *s;
    wrt_load_opts load = WRT_INIT(wrt_load_opts);
    wrt_config cfg = WRT_INIT(wrt_config);
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    if (!wrt_alloc_static(block, sizeof block, &alloc)) return 2;
    cfg.alloc = &alloc;
    cfg.limits.tasks = 16;
    cfg.limits.stack_bytes = 16384;
    so.virtual_time = true;
    so.ns_per_kfuel = 50000;
    load.keep_source = true; /* the binary stays where it is: in flash */
    if (wrt_engine_new(&cfg, &e, &err)
        || wrt_load(e, (wrt_bytes){ guest_wasm, sizeof guest_wasm }, &load, &code, &err)
        || wrt_linker_new(e, &l, &err) || wrt_store_new(e, &so, &s, &err))
        return fail(&err);
    wrt_trace_ring(s, ring, sizeof ring);
    int status = run(s, l, code, &err);
    wrt_store_free(s);
    wrt_linker_free(l);
    wrt_code_free(code);
    wrt_engine_free(e);
    return status;
}
