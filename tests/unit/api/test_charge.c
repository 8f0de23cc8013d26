/* Charges inside host functions against budgets of every size: the call is made again after refuelling, and
 * only then. */
#include "fixture.h"
#include "../wasm/binary_text.h"

enum { CHARGE_PRICE = 5, CHARGE_MORE = 48, CHARGE_TOTAL_MOST = 200 };
static unsigned charge_calls, charge_done;

static wrt_status charge_host(void *ctx, wrt_call *c)
{
    (void)ctx;
    charge_calls++;
    wrt_status status = wrt_charge(c, CHARGE_MORE);
    charge_done += status == WRT_OK;
    return status;
}

static uint64_t charge_spent(struct world *w, wrt_task t)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_task_info_get(w->s, t, &info), WRT_OK);
    return info.guest_fuel + info.host_fuel;
}

/* Runs with this budget, refuels, and says what it cost; a turn that never ends is cut by its switches. */
static uint64_t charge_with(struct world *w, wrt_func *f, uint64_t budget, bool step)
{
    wrt_task t = { 0 };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_turn turn = { .max_switches = 50 };
    o.fuel = budget;
    charge_calls = charge_done = 0;
    CHECK_EQ(wrt_task_start(w->s, f, NULL, 0, &o, &t, &w->err), WRT_OK);
    wrt_status status = step ? wrt_task_step(w->s, t, 0, &w->err) : wrt_run(w->s, &turn);
    bool dry = budget < CHARGE_TOTAL_MOST && wrt_task_result(w->s, t, NULL, 0, &w->err) == WRT_PENDING;
    CHECK_EQ(status, dry ? WRT_FUEL_OUT : WRT_OK);
    CHECK(charge_spent(w, t) <= budget);
    CHECK_EQ(charge_calls, charge_done + (charge_calls > charge_done));     /* refused at most once */
    if (dry) {
        CHECK_EQ(wrt_fuel_add(w->s, t, CHARGE_TOTAL_MOST), WRT_OK);
        CHECK_EQ(wrt_run(w->s, &turn), WRT_OK);
    }
    CHECK_EQ(wrt_task_result(w->s, t, NULL, 0, &w->err), WRT_OK);
    CHECK_EQ(charge_done, 2);
    uint64_t spent = charge_spent(w, t);
    CHECK_EQ(wrt_task_close(w->s, t), WRT_OK);
    return spent;
}

/* Once a task went round for ever whose budget held the charge, but not the price of the call beside it. */
TEST(a_charge_that_fits_only_without_the_price_suspends)
{
    struct world w;
    wrt_fn_def def = { .size = sizeof def, .name = WRT_STR("f"), .fn = charge_host, .fuel = CHARGE_PRICE };
    wrt_code *code = NULL;
    wrt_instance *i = NULL;
    wrt_func *f = NULL;
    world_open(&w);
    binary_module(
        "s1( 01 60 00 00 ) s2( 01 'h' 'f' 00 00 ) s3( 01 00 ) s7( 01 'g' 00 01 ) "
        "s10( 01 ( 00 10 00 10 00 0b ) )");
    CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("h"), &def, 1, &w.err), WRT_OK);
    CHECK_EQ(wrt_load(w.e, (wrt_bytes){ binary.bytes, binary.n }, NULL, &code, &w.err), WRT_OK);
    w.codes[w.codes_count++] = code;
    CHECK_EQ(wrt_instantiate(w.s, w.l, code, &i, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("g"), &f, &w.err), WRT_OK);
    uint64_t whole = charge_with(&w, f, CHARGE_TOTAL_MOST, false);
    CHECK(whole > 2 * (CHARGE_PRICE + CHARGE_MORE) && whole < CHARGE_TOTAL_MOST);
    for (uint64_t budget = 1; budget < CHARGE_TOTAL_MOST && test_failures() == 0; budget++) {
        CONTEXT("budget %u", (unsigned)budget);
        CHECK_EQ(charge_with(&w, f, budget, false), whole);
        CHECK_EQ(charge_with(&w, f, budget, true), whole);
    }
    world_close(&w);
}

static wrt_status charge_index_host(void *ctx, wrt_call *c)
{
    wrt_val out = wrt_i32(*(const int32_t *)ctx);
    return wrt_return(c, &out, 1);
}

/* Once the function was called whose number lay where the index had been. */
TEST(an_index_outlives_a_call_that_has_to_wait)
{
    static int32_t numbers[3] = { 100, 20, 3 };
    static const wrt_str names[3] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
    struct world w;
    wrt_code *code = NULL;
    wrt_instance *i = NULL;
    wrt_func *f = NULL;
    world_open(&w);
    for (size_t k = 0; k < 3; k++) {
        wrt_fn_def def = {
            .size = sizeof def, .name = names[k], .sig = WRT_STR("() -> (i32)"), .fn = charge_index_host
        };
        def.ctx = &numbers[k];
        def.fuel = 9;
        CHECK_EQ(wrt_link_funcs(w.l, WRT_STR("h"), &def, 1, &w.err), WRT_OK);
    }
    /* the sum of table[x - 1], table[x - 2], table[x - 3] for x = 3: the index comes straight from a
     * subtraction */
    binary_module(
        "s1( 02 60 00 01 7f 60 01 7f 01 7f ) s2( 03 'h' 'a' 00 00 'h' 'b' 00 00 'h' 'c' 00 00 ) s3( 01 01 )"
        "s4( 01 70 00 03 ) s7( 01 'g' 00 03 ) s9( 01 00 41 00 0b 03 00 01 02 )"
        "s10( 01 ( 00 20 00 41 01 6b 11 00 00 20 00 41 02 6b 11 00 00 6a 20 00 41 03 6b 11 00 00 6a 0b ) )");
    CHECK_EQ(wrt_load(w.e, (wrt_bytes){ binary.bytes, binary.n }, NULL, &code, &w.err), WRT_OK);
    w.codes[w.codes_count++] = code;
    CHECK_EQ(wrt_instantiate(w.s, w.l, code, &i, &w.err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("g"), &f, &w.err), WRT_OK);
    for (uint64_t slice = 1; slice < 60; slice++) {
        wrt_val x = wrt_i32(3), out = { 0 };
        wrt_task t = { 0 };
        wrt_status status = WRT_YIELDED;
        CONTEXT("slice %u", (unsigned)slice);
        CHECK_EQ(wrt_task_start(w.s, f, &x, 1, NULL, &t, &w.err), WRT_OK);
        for (int k = 0; k < 200 && status == WRT_YIELDED; k++) status = wrt_task_step(w.s, t, slice, &w.err);
        CHECK_EQ(status, WRT_OK);
        CHECK_EQ(wrt_task_result(w.s, t, &out, 1, &w.err), WRT_OK);
        CHECK_EQ(out.of.i32, 123);
        CHECK_EQ(wrt_task_close(w.s, t), WRT_OK);
    }
    world_close(&w);
}
