/* Prices at their limits: what is spent does not depend on how it is cut, and the loop's counter, which is
 * narrow in some builds, does not wrap. */
#include "fixture.h"

/* (func $f (export "fib") (param i32) (result i32) (local i64 i64 i64 i64 i64)
 *   local.get 0 i32.const 2 i32.lt_u
 *   if (result i32) local.get 0
 *   else local.get 0 i32.const 1 i32.sub call $f local.get 0 i32.const 2 i32.sub call $f i32.add end) */
static const uint8_t dear_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f,
    0x03, 0x02, 0x01, 0x00, 0x07, 0x07, 0x01, 0x03, 0x66, 0x69, 0x62, 0x00, 0x00, 0x0a, 0x20, 0x01,
    0x1e, 0x01, 0x05, 0x7e, 0x20, 0x00, 0x41, 0x02, 0x49, 0x04, 0x7f, 0x20, 0x00, 0x05, 0x20, 0x00,
    0x41, 0x01, 0x6b, 0x10, 0x00, 0x20, 0x00, 0x41, 0x02, 0x6b, 0x10, 0x00, 0x6a, 0x0b, 0x0b, 0x00,
    0x0b, 0x04, 0x6e, 0x61, 0x6d, 0x65, 0x01, 0x04, 0x01, 0x00, 0x01, 0x66
};

enum { DEAR_LOCALS = 5, DEAR_ENTRY_MAX = 16000 };

/* Every operator that the table unit counts costs op, entering the function costs entry. */
static wrt_fuel_table dear_table(uint16_t op, uint32_t entry)
{
    wrt_fuel_table t = *wrt_fuel_table_named(WRT_STR("unit"));
    for (size_t i = 0; i < sizeof t.op / sizeof *t.op; i++) {
        t.op[i] = (uint16_t)(t.op[i] * op);
    }
    t.locals.num = (uint16_t)(entry / DEAR_LOCALS);
    t.locals.shift = 0;
    t.entry = (uint16_t)(entry % DEAR_LOCALS);
    return t;
}

static wrt_status dear_load(struct world *w, const wrt_fuel_table *t, uint64_t quantum, uint64_t poll)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    wrt_bytes b = { dear_wasm, sizeof dear_wasm };
    c.fuel = t;
    world_open_with(w, c);
    wrt_store_free(w->s);
    o.quantum_fuel = quantum;
    o.poll_fuel = poll;
    CHECK_EQ(wrt_store_new(w->e, &o, &w->s, &w->err), WRT_OK);
    wrt_status status = wrt_load(w->e, b, NULL, &w->codes[0], &w->err);
    w->codes_count = status == WRT_OK;
    return status;
}

/* Fuel of fib(12) in slices of `quantum`. */
static uint64_t dear_run(const wrt_fuel_table *t, uint64_t quantum, uint64_t poll)
{
    struct world w;
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_instance *i = NULL;
    wrt_func *f = NULL;
    wrt_task task = { 0 };
    wrt_val n = wrt_i32(12), r = { 0 };
    CHECK_EQ(dear_load(&w, t, quantum, poll), WRT_OK);
    CHECK_EQ(wrt_instantiate(w.s, w.l, w.codes[0], &i, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("fib"), &f, &w.err), WRT_OK);
    CHECK_EQ(wrt_task_start(w.s, f, &n, 1, NULL, &task, &w.err), WRT_OK);
    CHECK_EQ(wrt_run(w.s, NULL), WRT_OK);
    CHECK_EQ(wrt_task_info_get(w.s, task, &info), WRT_OK);
    CHECK_EQ(wrt_task_result(w.s, task, &r, 1, &w.err), WRT_OK);
    CHECK_EQ(r.of.i32, 144);
    world_close(&w);
    return info.guest_fuel;
}

TEST(the_dearest_edges_cost_the_same_however_they_are_cut)
{
    static const struct { uint64_t quantum, poll; } cuts[] = {
        { 1, 0 }, { 999, 0 }, { 16000, 1 }, { 32768, 0 }, { 65536, 65536 }, { 1000000, 1 << 20 },
        { (uint64_t)1 << 40, UINT32_MAX },
    };
    enum { CALLS = 465, INNER = 232 }; /* of fib(12); those that call again */
    wrt_fuel_table t = dear_table(WRT_FUEL_OP_MAX, DEAR_ENTRY_MAX);
    uint64_t want = (uint64_t)CALLS * DEAR_ENTRY_MAX
        + (uint64_t)WRT_FUEL_OP_MAX * (CALLS * 4 + (CALLS - INNER) + INNER * 9);
    for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
        CONTEXT("quantum %d, poll %d", (int)cuts[k].quantum, (int)cuts[k].poll);
        CHECK_EQ(dear_run(&t, cuts[k].quantum, cuts[k].poll), want);
    }
}

TEST(a_dearer_entry_is_refused)
{
    struct world w;
    wrt_fuel_table t = dear_table(1, DEAR_ENTRY_MAX + 1);
    CHECK_EQ(dear_load(&w, &t, 0, 0), WRT_E_LIMIT);
    world_close(&w);
}
