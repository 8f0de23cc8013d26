/* A task set on a board: the guests of board.c as tasks with periods, deadlines and levels of criticality,
 * under the fuel clock, in a block of memory that is given once. Prints what became of each, the changes of
 * mode, and the hash of the whole schedule. The same file runs on a host; tests/board compares the two texts.
 */
#include <wrt/wrt.h>
#include "board.h"
#include "guest_wasm.h"

static _Alignas(16) uint8_t block[1792 * 1024];
static wrt_trace_rec ring[16];

static void print(const char *text)
{
    size_t n = 0;
    while (text[n]) n++;
    board_write(text, n);
}
static void print_number(const char *before, uint64_t value, unsigned base, int width)
{
    char digits[24];
    int n = 0;
    print(before);
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
    print(err->message[0] ? err->message : err->table);
    print("\n");
    return 1;
}

/* Budgets in fuel, times in microseconds of the fuel clock: 1 fuel = 50 ns. The crc overruns its first
 * budget. */
struct row { const char *name; wrt_asil level; uint32_t period_us, fuel, fuel_high; int32_t n; };
static const struct row rows[] = {
    { "crc", WRT_ASIL_C, 50000, 100000, 400000, 1 },
    { "matrix", WRT_ASIL_D, 100000, 500000, 500000, 12 },
    { "sort", WRT_ASIL_B, 200000, 700000, 700000, 1 },
    { "collatz", WRT_QM, 100000, 300000, 300000, 100 },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void heard(void *ctx, const wrt_sched_event *e)
{
    (void)ctx;
    print_number("mode      ", e->from, 10, 1);
    print_number(" to ", e->to, 10, 1);
    print_number("  at ", e->at_ns, 10, 10);
    print_number("  dropped ", e->dropped, 10, 1);
    print("\n");
}

static int add(wrt_sched *q, wrt_store *s, wrt_linker *l, wrt_code *code, const struct row *r, wrt_error *err)
{
    wrt_instance *instance;
    wrt_func *f;
    wrt_val n = wrt_i32(r->n);
    wrt_sched_task t = WRT_INIT(wrt_sched_task);
    size_t length = 0;
    while (r->name[length]) length++;
    t.name = (wrt_str){ r->name, length };
    t.level = r->level;
    t.period_ns = r->period_us * UINT64_C(1000);
    t.fuel[0] = r->fuel;
    t.fuel[1] = r->fuel_high;
    if (r->level == WRT_ASIL_D) t.np_max_fuel = r->fuel_high;
    t.args = &n;
    t.args_count = 1;
    t.stack_bytes = 8192;
    if (r->level == WRT_ASIL_B) t.on_overrun = WRT_OVERRUN_SUSPEND;
    if (wrt_instantiate(s, l, code, &instance, err) || wrt_export_func(instance, t.name, &f, err)) return 1;
    t.func = f;
    return wrt_sched_add(q, &t, NULL, err) != WRT_OK;
}

static int run(wrt_sched *q, wrt_store *s, wrt_error *err)
{
    if (wrt_sched_run(q, UINT64_C(2000000000), err)) return fail(err);
    for (uint32_t i = 0; i < ROWS; i++) {
        wrt_sched_task_stats st;
        if (wrt_sched_task_stats_get(q, i, &st)) return fail(err);
        print(rows[i].name);
        print_number("  done ", st.done, 10, 4);
        print_number("  aborted ", st.aborted, 10, 4);
        print_number("  continued ", st.continued, 10, 4);
        print_number("  skipped ", st.skipped, 10, 4);
        print_number("  misses ", st.misses, 10, 4);
        print_number("  response ", st.response_max_ns, 10, 9);
        print_number("  fuel ", st.fuel, 10, 9);
        print("\n");
    }
    print_number("schedule  0x", wrt_trace_hash(s), 16, 16);
    print("\n");
    return 0;
}

int main(void)
{
    wrt_alloc alloc;
    wrt_error err = { 0 };
    wrt_engine *e;
    wrt_code *code;
    wrt_linker *l;
    wrt_store *s;
    wrt_sched *q;
    wrt_load_opts load = WRT_INIT(wrt_load_opts);
    wrt_config cfg = WRT_INIT(wrt_config);
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    wrt_sched_opts qo = WRT_INIT(wrt_sched_opts);
    if (!wrt_alloc_static(block, sizeof block, &alloc)) return 2;
    cfg.alloc = &alloc;
    cfg.limits.tasks = 16;
    cfg.limits.completions = 4;
    cfg.limits.timers = 4;
    cfg.limits.watches = 1;
    cfg.limits.stack_bytes = 16384;
    so.virtual_time = qo.virtual_time = true;
    so.ns_per_kfuel = qo.ns_per_kfuel = 50000;
    qo.policy = WRT_RM_EDF;
    qo.return_after = 1;
    qo.event = heard;
    qo.events = WRT_SCHED_EVENT(MODE);
    load.keep_source = true; /* the binary stays where it is: in flash */
    if (wrt_engine_new(&cfg, &e, &err)
        || wrt_load(e, (wrt_bytes){ guest_wasm, sizeof guest_wasm }, &load, &code, &err)
        || wrt_linker_new(e, &l, &err) || wrt_store_new(e, &so, &s, &err) || wrt_sched_new(e, &qo, &q, &err))
        return fail(&err);
    wrt_trace_ring(s, ring, sizeof ring);
    for (int i = 0; i < ROWS; i++) {
        if (add(q, s, l, code, &rows[i], &err)) return fail(&err);
    }
    int status = run(q, s, &err);
    wrt_sched_free(q);
    wrt_store_free(s);
    wrt_linker_free(l);
    wrt_code_free(code);
    wrt_engine_free(e);
    return status;
}
