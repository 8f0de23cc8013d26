/* The contracts of admission.h: what is refused, how a limit ends an analysis, what a verdict names. */
#include <string.h>
#include <wrt/admission.h>
#include "test.h"

enum { MEM = 64 << 10 };
static _Alignas(16) uint8_t mem[MEM];
static wrt_error err;

static wrt_adm_task task(uint64_t period, uint64_t c, uint32_t priority)
{
    wrt_adm_task t = { .period = period, .deadline = period, .priority = priority };
    t.wcet[0] = c;
    t.slice = 1000;
    return t;
}

static wrt_adm_opts opts(wrt_adm_test test)
{
    wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
    o.test = test;
    return o;
}

static wrt_status run(
    const wrt_adm_task *t, uint32_t n, wrt_adm_opts o, wrt_adm_verdict *v, wrt_adm_row *rows)
{
    wrt_adm_set set = { t, n, NULL, 0 };
    return wrt_adm_run(&set, &o, mem, MEM, rows, v, &err);
}

TEST(a_verdict_names_the_task_and_the_time)
{
    wrt_adm_task t[] = { task(50, 12, 2), task(40, 10, 1), task(30, 10, 0) };
    wrt_adm_verdict v;
    wrt_adm_row rows[3];
    CHECK_EQ(run(t, 3, opts(WRT_ADM_FP), &v, rows), WRT_OK);
    CHECK(!v.ok && v.exact);
    CHECK_EQ(v.reason, WRT_ADM_RESPONSE);
    CHECK_EQ(v.task, 0);
    CHECK_EQ(v.time, 52);
    CHECK_EQ(rows[0].response, 52);
    CHECK(!rows[0].ok && rows[1].ok && rows[2].ok);
    t[0].deadline = 20;
    CHECK_EQ(run(t, 3, opts(WRT_ADM_EDF), &v, rows), WRT_OK);
    CHECK(v.ok);
    t[0].deadline = 11;
    CHECK_EQ(run(t, 3, opts(WRT_ADM_EDF), &v, rows), WRT_OK);
    CHECK_EQ(v.reason, WRT_ADM_DEMAND);
    CHECK_EQ(v.task, 0);
    CHECK_EQ(v.time, 11);
}

TEST(no_tasks_fit)
{
    static const wrt_adm_test tests[] = { WRT_ADM_FP, WRT_ADM_EDF, WRT_ADM_BANDS, WRT_ADM_VESTAL,
        WRT_ADM_EDF_VD };
    wrt_adm_verdict v;
    for (size_t k = 0; k < sizeof tests / sizeof tests[0]; k++) {
        CHECK_EQ(run(NULL, 0, opts(tests[k]), &v, NULL), WRT_OK);
        CHECK(v.ok);
    }
}

TEST(numbers_out_of_range)
{
    static const struct { size_t at; uint64_t v; const char *says; } cases[] = {
        { offsetof(wrt_adm_task, period), 0, "period 0" },
        { offsetof(wrt_adm_task, period), WRT_TICKS_MAX + 1, "period 1152921504606846977" },
        { offsetof(wrt_adm_task, deadline), 0, "deadline 0" },
        { offsetof(wrt_adm_task, deadline), UINT64_MAX, "deadline 18446744073709551615" },
        { offsetof(wrt_adm_task, jitter), UINT64_MAX, "jitter" },
        { offsetof(wrt_adm_task, wcet), 0, "wcet 0" },
        { offsetof(wrt_adm_task, wcet) + 8, 1, "wcet 1 is not in 2" },
        { offsetof(wrt_adm_task, wcet) + 32, UINT64_MAX, "wcet" },
    };
    wrt_adm_verdict v;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        wrt_adm_task t[] = { task(10, 1, 0), task(10, 2, 1) };
        memcpy((char *)&t[1] + cases[k].at, &cases[k].v, sizeof cases[k].v);
        CONTEXT("case %zu", k);
        CHECK_EQ(run(t, 2, opts(WRT_ADM_FP), &v, NULL), WRT_E_ARG);
        CHECK_EQ(err.code, 602);
        CHECK(memcmp(err.message, "task 1: ", 8) == 0);
    }
    wrt_adm_task t = task(10, 1, 0);
    t.level = WRT_ADM_LEVELS;
    CHECK_EQ(run(&t, 1, opts(WRT_ADM_FP), &v, NULL), WRT_E_ARG);
}

TEST(arguments)
{
    wrt_adm_task t = task(10, 1, 0);
    wrt_adm_set set = { &t, 1, NULL, 0 };
    wrt_adm_section s = { 1, 0, 1 };
    wrt_adm_opts o = opts(WRT_ADM_FP);
    wrt_adm_verdict v;
    uint64_t k;
    size_t need = wrt_adm_mem_bytes(1, 0);
    CHECK(need > 0 && need <= MEM);
    CHECK_EQ(wrt_adm_run(&set, &o, mem, need - 1, NULL, &v, &err), WRT_E_NOMEM);
    CHECK_EQ(wrt_adm_run(&set, &o, mem, need, NULL, &v, &err), WRT_OK);
    CHECK_EQ(wrt_adm_run(NULL, &o, mem, need, NULL, &v, &err), WRT_E_ARG);
    o.size = 4;
    CHECK_EQ(wrt_adm_run(&set, &o, mem, need, NULL, &v, &err), WRT_E_ARG);
    o = opts((wrt_adm_test)99);
    CHECK_EQ(wrt_adm_run(&set, &o, mem, need, NULL, &v, &err), WRT_E_ARG);
    o = opts(WRT_ADM_FP);
    o.overhead = (wrt_adm_ratio){ 19, 20 };
    CHECK_EQ(wrt_adm_run(&set, &o, mem, need, NULL, &v, &err), WRT_E_ARG);
    o = opts(WRT_ADM_FP);
    set.sections = &s;
    set.sections_count = 1;
    CHECK_EQ(wrt_adm_run(&set, &o, mem, MEM, NULL, &v, &err), WRT_E_ARG);
    set.sections_count = 0;
    CHECK_EQ(wrt_adm_scale(&set, &o, 0, mem, MEM, &k, &err), WRT_E_ARG);
    CHECK_EQ(wrt_adm_largest(&set, &o, 1, mem, MEM, &k, &err), WRT_E_ARG);
    o = opts(WRT_ADM_EDF);
    CHECK_EQ(wrt_adm_assign(&set, &o, mem, MEM, (uint32_t[1]){ 0 }, &v, &err), WRT_E_UNSUPPORTED);
    t.deadline = 11;
    for (int test = WRT_ADM_VESTAL; test <= WRT_ADM_EDF_VD; test++) {
        CHECK_EQ(run(&t, 1, opts((wrt_adm_test)test), &v, NULL), WRT_E_UNSUPPORTED);
        CHECK_EQ(err.code, 604);
    }
}

TEST(memory_may_begin_anywhere)
{
    wrt_adm_task t[] = { task(50, 12, 2), task(40, 10, 1), task(30, 10, 0) };
    wrt_adm_set set = { t, 3, NULL, 0 };
    wrt_adm_opts o = opts(WRT_ADM_FP);
    size_t need = wrt_adm_mem_bytes(3, 0);
    for (size_t shift = 0; shift < 17; shift++) {
        wrt_adm_verdict v;
        memset(mem, 0xa5, sizeof mem);
        CHECK_EQ(wrt_adm_run(&set, &o, mem + shift, need, NULL, &v, &err), WRT_OK);
        CHECK_EQ(v.time, 52);
        CHECK_EQ(mem[shift + need], 0xa5);
    }
}

TEST(a_limit_refuses_and_is_named)
{
    wrt_adm_task t[20];
    wrt_adm_row rows[20];
    for (uint32_t k = 0; k < 20; k++) t[k] = task(1000 + 7 * k, 30, k);
    for (int test = WRT_ADM_FP; test <= WRT_ADM_AMC_MAX; test++) {
        wrt_adm_verdict whole, v;
        wrt_adm_opts o = opts((wrt_adm_test)test);
        CHECK_EQ(run(t, 20, o, &whole, rows), WRT_OK);
        CHECK(whole.ok && whole.iterations > 0);
        for (uint64_t most = 1; most < whole.iterations; most += 1 + most / 8) {
            o.iterations_max = most;
            CHECK_EQ(run(t, 20, o, &v, most % 2 ? rows : NULL), WRT_OK);
            CONTEXT("%s, at most %llu", wrt_adm_test_name(o.test), (unsigned long long)most);
            if (v.ok) continue;                     /* without rows less is needed */
            CHECK_EQ(v.reason, WRT_ADM_LIMIT);
            CHECK_STR(v.limit, "iterations");
            CHECK_STR(wrt_adm_reason_name(v.reason), "analysis-limit");
        }
        o.iterations_max = whole.iterations;
        CHECK_EQ(run(t, 20, o, &v, rows), WRT_OK);
        CHECK(v.ok);
        o.iterations_max = 10;
        wrt_adm_set set = { t, 20, NULL, 0 };
        CHECK_EQ(wrt_adm_admit(&set, &o, mem, MEM, rows, &v, &err), WRT_E_REJECTED);
        CHECK_EQ(err.code, 607);
        CHECK_STR(err.table, "iterations");
    }
}

TEST(a_line_is_as_long_as_what_is_in_front)
{
    wrt_adm_task t[] = { task(50, 12, 2), task(40, 10, 1), task(33, 10, 0) };
    wrt_adm_verdict v;
    wrt_adm_row rows[3];
    CHECK_EQ(run(t, 3, opts(WRT_ADM_FIFO), &v, rows), WRT_OK);
    CHECK(v.ok && !v.exact);
    for (int k = 0; k < 3; k++) CHECK_EQ(rows[k].response, 32);
    t[2].period = t[2].deadline = 31;
    CHECK_EQ(run(t, 3, opts(WRT_ADM_FIFO), &v, rows), WRT_OK);
    CHECK(!v.ok);
    CHECK_EQ(v.task, 2);
    CHECK_EQ(v.time, 32);
    t[1].jitter = 8;                    /* two of its jobs can be 32 apart: none comes in between */
    CHECK_EQ(run(t, 3, opts(WRT_ADM_FIFO), &v, rows), WRT_OK);
    CHECK_EQ(rows[1].response, 40);
    t[1].jitter = 40;                   /* and now two come at once */
    CHECK_EQ(run(t, 3, opts(WRT_ADM_FIFO), &v, rows), WRT_OK);
    CHECK_EQ(rows[0].response, 42);
    t[0].wcet[0] = 30;
    CHECK_EQ(run(t, 3, opts(WRT_ADM_FIFO), &v, rows), WRT_OK);
    CHECK_EQ(v.reason, WRT_ADM_UTILISATION);
}

TEST(turns_of_others_are_counted)
{
    wrt_adm_task t[] = { task(100, 12, 0), task(200, 40, 0), task(200, 30, 0) };
    wrt_adm_verdict v;
    wrt_adm_row rows[3];
    for (int k = 0; k < 3; k++) t[k].slice = 5;
    t[2].over = 1;
    CHECK_EQ(run(t, 3, opts(WRT_ADM_ROUND_ROBIN), &v, rows), WRT_OK);
    CHECK(v.ok);
    CHECK_EQ(rows[0].response, 12 + 3 * 5 + 3 * 6);     /* three turns */
    CHECK_EQ(rows[1].response, 82);     /* no more than there is */
    t[1].np = true;
    CHECK_EQ(run(t, 3, opts(WRT_ADM_ROUND_ROBIN), &v, rows), WRT_OK);
    CHECK_EQ(rows[0].response, 82);     /* one of t[1] may be left from before, and one new */
    CHECK_EQ(rows[1].response, 40 + 5 + 6);
    t[0].deadline = 50;                 /* late: whoever counts on it has the busy period only */
    CHECK_EQ(run(t, 3, opts(WRT_ADM_ROUND_ROBIN), &v, rows), WRT_OK);
    CHECK(!v.ok && !rows[0].ok);
    CHECK_EQ(rows[1].response, 82);
    t[0].slice = 0;
    CHECK_EQ(run(t, 3, opts(WRT_ADM_ROUND_ROBIN), &v, rows), WRT_E_ARG);
}

TEST(stolen_time_delays_everybody)
{
    wrt_adm_task t[] = { task(100, 50, 0), task(100, 20, 1), task(10, 1, 7) };
    wrt_adm_verdict v;
    wrt_adm_row rows[3];
    t[2].stolen = true;
    t[1].band = 1;
    CHECK_EQ(run(t, 3, opts(WRT_ADM_FP), &v, rows), WRT_OK);
    CHECK(v.ok && !v.exact);
    CHECK_EQ(rows[0].response, 56);
    CHECK_EQ(rows[1].response, 78);
    CHECK_EQ(rows[2].response, WRT_TICKS_NONE);
    for (int test = WRT_ADM_EDF; test <= WRT_ADM_BANDS; test++) {
        wrt_adm_opts o = opts((wrt_adm_test)test);
        o.response_steps = 1000;
        CHECK_EQ(run(t, 3, o, &v, rows), WRT_OK);
        CHECK(v.ok && !v.exact);
        CHECK_EQ(rows[0].response, test == WRT_ADM_EDF ? 78 : 56);
        CHECK_EQ(rows[1].response, 78);
        o.response_steps = 3;
        CHECK_EQ(run(t, 3, o, &v, rows), WRT_OK);
        CHECK_EQ(rows[1].response, WRT_TICKS_NONE);
        t[1].deadline = t[0].deadline = 77;
        CHECK_EQ(run(t, 3, o, &v, rows), WRT_OK);
        CHECK(!v.ok);
        t[1].deadline = t[0].deadline = 100;
    }
    CHECK_EQ(run(t, 3, opts(WRT_ADM_FIFO), &v, rows), WRT_OK);
    CHECK_EQ(rows[0].response, 78);
    CHECK_EQ(run(t, 3, opts(WRT_ADM_ROUND_ROBIN), &v, rows), WRT_OK);
    CHECK_EQ(rows[0].response, 78);
    for (int test = WRT_ADM_VESTAL; test <= WRT_ADM_AMC_MAX; test++) {
        CHECK_EQ(run(t, 3, opts((wrt_adm_test)test), &v, rows), WRT_OK);
        CHECK_EQ(rows[1].response, 78);
    }
    CHECK_EQ(run(t, 3, opts(WRT_ADM_EDF_VD), &v, rows), WRT_E_UNSUPPORTED);
    wrt_adm_set set = { t, 3, NULL, 0 };
    wrt_adm_opts o = opts(WRT_ADM_FP);
    uint32_t where[3];
    CHECK_EQ(wrt_adm_assign(&set, &o, mem, MEM, where, &v, &err), WRT_E_UNSUPPORTED);
    CHECK_EQ(
        wrt_adm_partition(&set, &o, WRT_ADM_FIRST_FIT, 2, mem, MEM, where, &v, &err), WRT_E_UNSUPPORTED);
}

TEST(a_table_is_checked_slot_by_slot)
{
    wrt_adm_task t[] = { task(100, 20, 0), task(100, 10, 0), task(200, 15, 0) };
    wrt_adm_slot slots[] = { { 0, 25, 0, 0 }, { 30, 10, 0, 1 }, { 60, 20, 0, 0 } };
    wrt_adm_set set = { t, 3, NULL, 0 };
    wrt_adm_opts o = opts(WRT_ADM_FP);
    wrt_adm_verdict v;
    wrt_adm_row rows[3];
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK(v.ok);
    CHECK_EQ(rows[0].response, 20);
    CHECK_EQ(rows[1].response, 10);
    CHECK_EQ(rows[2].response, 45);     /* from 0 or from 60 on: two jobs are in the way, the third is not */
    set.tasks_count = 2;
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK(v.ok && v.exact);
    set.tasks_count = 3;
    slots[2].length = 19;
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK(!v.ok && !rows[0].ok && rows[1].ok);
    CHECK_EQ(v.task, 0);
    slots[2].length = 20;
    t[1].deadline = 9;
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, NULL, &v, &err), WRT_OK);
    CHECK_EQ(v.task, 1);
    t[1].deadline = 10;
    t[2].deadline = 44;
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, NULL, &v, &err), WRT_OK);
    CHECK_EQ(v.task, 2);
    t[2].deadline = 200;
    slots[0].lost = 1;
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK_EQ(rows[2].response, 46);
    t[2].wcet[0] = 199;
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK_EQ(v.reason, WRT_ADM_UTILISATION);
    slots[1].at = 24;
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, rows, &v, &err), WRT_E_ARG);
    slots[1].at = 30;
    slots[1].task = 3;
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 100, mem, MEM, rows, &v, &err), WRT_E_ARG);
    CHECK_EQ(wrt_adm_table(&set, &o, slots, 3, 79, mem, MEM, rows, &v, &err), WRT_E_ARG);
    CHECK_EQ(wrt_adm_table(&set, &o, NULL, 0, 100, mem, MEM, rows, &v, &err), WRT_OK);
}

TEST(full_load_to_the_last_tick)
{
    /* 1/2 + 1/3 + 1/6, with periods that no power of two divides */
    uint64_t unit = UINT64_C(100000000000000003);
    wrt_adm_task t[] = { task(2 * unit, unit, 0), task(3 * unit, unit, 1), task(6 * unit, unit, 2) };
    wrt_adm_verdict v;
    wrt_adm_load load;
    wrt_adm_opts o = opts(WRT_ADM_EDF);
    wrt_adm_set set = { t, 3, NULL, 0 };
    char text[64];
    CHECK_EQ(run(t, 3, o, &v, NULL), WRT_OK);
    CHECK(v.ok);
    CHECK_EQ(wrt_adm_utilisation(&set, &o, mem, MEM, &load, &err), WRT_OK);
    CHECK(!load.above_one && load.implicit && !load.hyperbolic && !load.liu_layland);
    CHECK_EQ(wrt_adm_text(&set, &o, WRT_ADM_U, mem, MEM, text, sizeof text), 3);
    CHECK_STR(text, "1/1");
    t[1].wcet[0]++;
    CHECK_EQ(run(t, 3, o, &v, NULL), WRT_OK);
    CHECK_EQ(v.reason, WRT_ADM_UTILISATION);
    CHECK_EQ(wrt_adm_utilisation(&set, &o, mem, MEM, &load, &err), WRT_OK);
    CHECK(load.above_one);
}

TEST(bounds_at_their_edge)
{
    /* (1 + 1/2) (1 + 1/3) = 2: the hyperbolic bound holds with equality, Liu and Layland's does not */
    wrt_adm_task t[] = { task(2, 1, 0), task(3, 1, 1) };
    wrt_adm_set set = { t, 2, NULL, 0 };
    wrt_adm_opts o = opts(WRT_ADM_FP);
    wrt_adm_load load;
    wrt_adm_verdict v;
    CHECK_EQ(wrt_adm_utilisation(&set, &o, mem, MEM, &load, &err), WRT_OK);
    CHECK(load.hyperbolic && !load.liu_layland);
    CHECK_EQ(wrt_adm_admit(&set, &o, mem, MEM, NULL, &v, &err), WRT_OK);
    CHECK_STR(v.decided_by, "hyperbolic bound");
    /* 0.828 is below 2 (sqrt 2 - 1) = 0.8284.., 0.829 above */
    t[0] = task(1000, 414, 0);
    t[1] = task(1000, 414, 1);
    CHECK_EQ(wrt_adm_utilisation(&set, &o, mem, MEM, &load, &err), WRT_OK);
    CHECK(load.liu_layland);
    CHECK_EQ(load.ppb, 828000000);
    t[1].wcet[0] = 415;
    CHECK_EQ(wrt_adm_utilisation(&set, &o, mem, MEM, &load, &err), WRT_OK);
    CHECK(!load.liu_layland);
}

TEST(quick_bounds_do_not_run_over)
{
    wrt_adm_task t[40];
    wrt_adm_verdict v;
    for (uint32_t n = 1; n <= 40; n++) {
        for (uint32_t k = 0; k < n; k++) t[k] = task(1 + n % 3, 1 + n % 3, k);
        wrt_adm_set set = { t, n, NULL, 0 };
        wrt_adm_opts fp = opts(WRT_ADM_FP), edf = opts(WRT_ADM_EDF);
        CONTEXT("%u tasks of U = 1", n);
        CHECK_EQ(wrt_adm_admit(&set, &fp, mem, MEM, NULL, &v, &err), n == 1 ? WRT_OK : WRT_E_REJECTED);
        CHECK_EQ(wrt_adm_admit(&set, &edf, mem, MEM, NULL, &v, &err), n == 1 ? WRT_OK : WRT_E_REJECTED);
    }
}

TEST(caps_refuse_and_say_which)
{
    /* 2/5 + 1/10 = 1/2; 23/20 makes 0.575 */
    wrt_adm_task t[] = { task(10, 4, 0), task(10, 1, 1) };
    wrt_adm_set set = { t, 2, NULL, 0 };
    wrt_adm_opts o = opts(WRT_ADM_EDF);
    wrt_adm_verdict v;
    t[0].level = 3;
    o.cap_total = (wrt_adm_ratio){ 5, 10 };
    CHECK_EQ(wrt_adm_admit(&set, &o, mem, MEM, NULL, &v, &err), WRT_OK);
    o.overhead = (wrt_adm_ratio){ 23, 20 };
    CHECK_EQ(wrt_adm_admit(&set, &o, mem, MEM, NULL, &v, &err), WRT_E_REJECTED);
    CHECK_EQ(v.reason, WRT_ADM_CAP);
    CHECK_EQ(v.level, WRT_ADM_LEVELS);
    CHECK_STR(err.message, "the total utilisation exceeds its cap");
    o.cap_total = (wrt_adm_ratio){ 575, 1000 };
    CHECK_EQ(wrt_adm_admit(&set, &o, mem, MEM, NULL, &v, &err), WRT_OK);
    o.cap_level = (wrt_adm_ratio){ 46, 100 };
    CHECK_EQ(wrt_adm_admit(&set, &o, mem, MEM, NULL, &v, &err), WRT_OK);
    o.cap_level = (wrt_adm_ratio){ 459, 1000 };
    CHECK_EQ(wrt_adm_admit(&set, &o, mem, MEM, NULL, &v, &err), WRT_E_REJECTED);
    CHECK_EQ(v.level, 3);
    CHECK_STR(err.message, "the utilisation of level C exceeds its cap");
    CHECK_EQ(err.code, 606);
}

TEST(overhead_and_switching_the_larger_counts)
{
    wrt_adm_task t[] = { task(1000, 100, 0) };
    wrt_adm_row row;
    wrt_adm_verdict v;
    wrt_adm_opts o = opts(WRT_ADM_FP);
    o.overhead = (wrt_adm_ratio){ 23, 20 };
    CHECK_EQ(run(t, 1, o, &v, &row), WRT_OK);
    CHECK_EQ(row.response, 115);
    o.switch_ticks = 7;
    CHECK_EQ(run(t, 1, o, &v, &row), WRT_OK);
    CHECK_EQ(row.response, 115);
    o.release_ticks = 2;
    CHECK_EQ(run(t, 1, o, &v, &row), WRT_OK);
    CHECK_EQ(row.response, 116);
}

TEST(equal_priorities_delay_each_other)
{
    wrt_adm_task t[] = { task(20, 3, 1), task(30, 4, 1), task(40, 5, 0), task(50, 6, 2) };
    wrt_adm_row rows[4];
    wrt_adm_verdict v;
    CHECK_EQ(run(t, 4, opts(WRT_ADM_FP), &v, rows), WRT_OK);
    CHECK_EQ(rows[0].response, 12);
    CHECK_EQ(rows[1].response, 12);
    CHECK_EQ(rows[2].response, 5);
    CHECK_EQ(rows[3].response, 18);
}

TEST(what_a_lower_task_holds_up)
{
    wrt_adm_task t[] = { task(100, 5, 0), task(200, 5, 1), task(300, 50, 2), task(400, 60, 3) };
    wrt_adm_section s[] = { { 0, 1, 1 }, { 2, 1, 10 }, { 3, 1, 8 }, { 1, 2, 1 }, { 3, 2, 9 } };
    wrt_adm_set set = { t, 4, s, 5 };
    wrt_adm_row rows[4];
    wrt_adm_verdict v;
    wrt_adm_opts o = opts(WRT_ADM_FP);
    CHECK_EQ(wrt_adm_run(&set, &o, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK_EQ(rows[0].blocking, 10);
    CHECK_EQ(rows[0].blocker, 2);
    CHECK_EQ(rows[1].blocking, 10);
    CHECK_EQ(rows[2].blocking, 9);
    CHECK_EQ(rows[2].blocker, 3);
    CHECK_EQ(rows[3].blocking, 0);
    CHECK_EQ(rows[3].blocker, WRT_ADM_NOBODY);
    o.lock = WRT_ADM_INHERITANCE;
    CHECK_EQ(wrt_adm_run(&set, &o, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK_EQ(rows[0].blocking, 10);     /* one resource */
    CHECK_EQ(rows[1].blocking, 19);     /* two of them, two tasks */
    CHECK_EQ(rows[2].blocking, 9);      /* one task */
    o.lock = WRT_ADM_NO_LOCKS;
    CHECK_EQ(wrt_adm_run(&set, &o, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK_EQ(rows[0].blocking, 0);
    /* under EDF a section of a later deadline counts before that deadline only */
    o = opts(WRT_ADM_EDF);
    t[0].deadline = 14;
    CHECK_EQ(wrt_adm_run(&set, &o, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK_EQ(v.time, 14);
    CHECK(!v.ok);
    t[0].deadline = 15;
    CHECK_EQ(wrt_adm_run(&set, &o, mem, MEM, rows, &v, &err), WRT_OK);
    CHECK(v.ok);
}

TEST(a_job_that_is_not_preempted_holds_up_too)
{
    wrt_adm_task t[] = { task(100, 5, 0), task(200, 20, 1) };
    wrt_adm_row rows[2];
    wrt_adm_verdict v;
    wrt_adm_opts o = opts(WRT_ADM_FP);
    t[1].np = true;
    CHECK_EQ(run(t, 2, o, &v, rows), WRT_OK);
    CHECK_EQ(rows[0].blocking, 19);
    CHECK_EQ(rows[0].response, 24);
    CHECK_EQ(rows[1].response, 25);
    o.np = WRT_ADM_NP_NONE;
    CHECK_EQ(run(t, 2, o, &v, rows), WRT_OK);
    CHECK_EQ(rows[0].response, 5);
}

TEST(cores_are_filled_from_the_densest)
{
    wrt_adm_task t[] = { task(10, 6, 0), task(10, 5, 1), task(10, 4, 2), task(10, 5, 3) };
    wrt_adm_set set = { t, 4, NULL, 0 };
    wrt_adm_opts o = opts(WRT_ADM_EDF);
    wrt_adm_verdict v;
    uint32_t core[4];
    CHECK_EQ(wrt_adm_partition(&set, &o, WRT_ADM_FIRST_FIT, 2, mem, MEM, core, &v, &err), WRT_OK);
    CHECK(v.ok);
    CHECK(core[0] == 0 && core[1] == 1 && core[3] == 1 && core[2] == 0);
    t[2].wcet[0] = 5;
    CHECK_EQ(wrt_adm_partition(&set, &o, WRT_ADM_FIRST_FIT, 2, mem, MEM, core, &v, &err), WRT_OK);
    CHECK_EQ(v.reason, WRT_ADM_NO_CORE);
    CHECK_EQ(v.task, 3);
    CHECK(core[3] == WRT_ADM_NOBODY && core[2] == 1);
    CHECK_EQ(wrt_adm_partition(&set, &o, WRT_ADM_WORST_FIT, 4, mem, MEM, core, &v, &err), WRT_OK);
    CHECK(core[0] == 0 && core[1] == 1 && core[2] == 2 && core[3] == 3);
    CHECK_EQ(wrt_adm_partition(&set, &o, WRT_ADM_WORST_FIT, UINT32_MAX, mem, MEM, core, &v, &err), WRT_OK);
    CHECK(v.ok);
}

TEST(servers)
{
    wrt_adm_server s = { 3, 10, 0 };
    wrt_adm_task t = wrt_adm_server_task(&s, false);
    CHECK(t.wcet[0] == 3 && t.period == 10 && t.deadline == 10 && t.jitter == 0);
    t = wrt_adm_server_task(&s, true);
    CHECK_EQ(t.jitter, 7);
    wrt_adm_set set = { &t, 1, NULL, 0 };
    wrt_adm_opts o = opts(WRT_ADM_FP);
    wrt_adm_verdict v;
    t = task(100, 4, 0);
    t.deadline = 25;                    /* a gap of 14, 3 ticks, a gap of 7, 1 tick */
    for (int test = WRT_ADM_FP; test <= WRT_ADM_EDF; test++) {
        o.test = (wrt_adm_test)test;
        t.deadline = 25;
        CHECK_EQ(wrt_adm_inside(&set, &o, &s, mem, MEM, &v, &err), WRT_OK);
        CHECK(v.ok);
        t.deadline = 24;
        CHECK_EQ(wrt_adm_inside(&set, &o, &s, mem, MEM, &v, &err), WRT_OK);
        CHECK(!v.ok);
    }
    s.budget = 0;
    CHECK_EQ(wrt_adm_inside(&set, &o, &s, mem, MEM, &v, &err), WRT_E_ARG);
    CHECK_EQ(wrt_adm_supply(&s, 100), 0);
}

TEST(virtual_deadlines_are_tested_in_ticks)
{
    /* x = 2/7: D' = 2 of 7 holds for the fractions and for the integers */
    wrt_adm_task t[] = { task(4, 2, 0), task(7, 1, 1) };
    wrt_adm_row rows[2];
    wrt_adm_verdict v;
    t[1].level = 1;
    t[1].wcet[1] = 5;
    CHECK_EQ(run(t, 2, opts(WRT_ADM_EDF_VD), &v, rows), WRT_OK);
    CHECK_EQ(rows[1].deadline, 2);
    /* x = (1/3) / (2/3) = 1/2 of 3 leaves 1 tick for 1 tick, but LO jobs of 1 in 3 want to be first too */
    t[0] = task(3, 1, 0);
    t[1] = task(3, 1, 1);
    t[1].level = 1;
    t[1].wcet[1] = 2;
    CHECK_EQ(run(t, 2, opts(WRT_ADM_EDF_VD), &v, rows), WRT_OK);
    CHECK(v.ok);
    CHECK_EQ(rows[1].deadline, 3);      /* plain EDF does: 1/3 + 2/3 = 1 */
}
