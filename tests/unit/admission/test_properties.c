/* What must hold for every set of tasks, on random ones (fixed seed): less work never hurts, more never
 * helps, a weaker test never accepts more, and times have no unit. No expected number stands here. */
#include <string.h>
#include <wrt/admission.h>
#include "test.h"

enum { SETS = 1500, TASKS = 8, MEM = 64 << 10 };
static uint64_t state = 1;
static _Alignas(16) uint8_t mem[MEM];

static uint64_t below(uint64_t n)
{
    return test_random(&state) % n;
}

/* Utilisation about `percent` in all. */
static wrt_adm_set random_set(wrt_adm_task *t, uint32_t percent)
{
    uint32_t n = 2 + (uint32_t)below(TASKS - 1);
    for (uint32_t k = 0; k < n; k++) {
        uint64_t period = 10 + below(10) * (1 + below(20));
        uint64_t c = period * percent * (50 + below(100)) / 10000 / n;
        t[k] = (wrt_adm_task){ .period = period, .band = (uint8_t)(period / 60), .level = (uint8_t)below(2) };
        t[k].wcet[0] = c > 0 ? c : 1;
        t[k].wcet[1] = t[k].wcet[0] + below(t[k].wcet[0] + 1);
        t[k].deadline = period - below(period / 3 + 1);
    }
    wrt_adm_set set = { t, n, NULL, 0 };
    uint32_t priority[TASKS];
    CHECK(wrt_adm_monotonic(&set, false, mem, MEM, priority, NULL) == WRT_OK);
    for (uint32_t k = 0; k < n; k++) t[k].priority = priority[k];
    return set;
}

static bool accepts(const wrt_adm_set *set, wrt_adm_opts o, wrt_adm_row *rows)
{
    wrt_adm_verdict v;
    wrt_error e;
    if (!CHECK(wrt_adm_run(set, &o, mem, MEM, rows, &v, &e) == WRT_OK)) return false;
    CHECK(v.ok == (v.reason == WRT_ADM_FITS));
    CHECK(v.reason != WRT_ADM_LIMIT);
    return v.ok;
}

static bool accepts_by(const wrt_adm_set *set, wrt_adm_test test)
{
    wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
    o.test = test;
    return accepts(set, o, NULL);
}

static const wrt_adm_test all_tests[] = { WRT_ADM_FP, WRT_ADM_EDF, WRT_ADM_BANDS, WRT_ADM_VESTAL, WRT_ADM_SMC,
    WRT_ADM_AMC_RTB, WRT_ADM_AMC_MAX };

TEST(response_grows_with_c_jitter_and_blocking)
{
    wrt_adm_task t[TASKS];
    wrt_adm_row before[TASKS], after[TASKS];
    for (int k = 0; k < SETS; k++) {
        wrt_adm_set set = random_set(t, 75);
        wrt_adm_section s[2] = { { 0, 0, 1 }, { set.tasks_count - 1, 0, 1 + below(3) } };
        wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
        set.sections = s;
        set.sections_count = 2;
        uint32_t which = (uint32_t)below(set.tasks_count);
        t[which].np = below(3) == 0;
        (void)accepts(&set, o, before);
        switch (below(4)) {
        case 0:
            t[which].wcet[0]++;
            t[which].wcet[1]++;
            break;
        case 1: t[which].jitter += 1 + below(5); break;
        case 2: s[1].length += below(4); break;
        default: t[which].period -= t[which].period > t[which].deadline; break;
        }
        (void)accepts(&set, o, after);
        for (uint32_t i = 0; i < set.tasks_count; i++) {
            CONTEXT("set %d, task %u", k, i);
            CHECK(after[i].response >= before[i].response);
        }
    }
}

TEST(less_work_never_hurts)
{
    wrt_adm_task t[TASKS];
    uint32_t kept = 0;
    for (int k = 0; k < SETS; k++) {
        wrt_adm_set set = random_set(t, 85);
        wrt_adm_test test = all_tests[below(sizeof all_tests / sizeof all_tests[0])];
        if (!accepts_by(&set, test)) continue;
        wrt_adm_task *x = &t[below(set.tasks_count)];
        if (below(2) == 0) {
            x->wcet[0] -= x->wcet[0] > 1;
            x->wcet[1] -= x->wcet[1] > x->wcet[0];
        } else {
            x->period += 1 + below(9);      /* deadline and priority stay */
        }
        CONTEXT("set %d, test %s", k, wrt_adm_test_name(test));
        CHECK(accepts_by(&set, test));
        kept++;
    }
    CHECK(kept > SETS / 4);
}

TEST(another_task_never_helps)
{
    wrt_adm_task t[TASKS];
    for (int k = 0; k < SETS; k++) {
        wrt_adm_set set = random_set(t, 95), fewer = set;
        wrt_adm_test test = all_tests[below(sizeof all_tests / sizeof all_tests[0])];
        fewer.tasks_count--;
        CONTEXT("set %d, test %s", k, wrt_adm_test_name(test));
        if (accepts_by(&set, test)) CHECK(accepts_by(&fewer, test));
    }
}

TEST(what_fixed_priority_meets_edf_meets)
{
    wrt_adm_task t[TASKS];
    uint32_t fp = 0, edf = 0, bands = 0;
    for (int k = 0; k < SETS; k++) {
        wrt_adm_set set = random_set(t, 90);
        bool by_fp = accepts_by(&set, WRT_ADM_FP), by_edf = accepts_by(&set, WRT_ADM_EDF);
        CONTEXT("set %d", k);
        CHECK(!by_fp || by_edf);
        /* a band for each task is fixed priority; one band is EDF */
        for (uint32_t i = 0; i < set.tasks_count; i++) t[i].band = (uint8_t)t[i].priority;
        CHECK_EQ(accepts_by(&set, WRT_ADM_BANDS), by_fp);
        for (uint32_t i = 0; i < set.tasks_count; i++) t[i].band = 3;
        CHECK_EQ(accepts_by(&set, WRT_ADM_BANDS), by_edf);
        fp += by_fp;
        edf += by_edf;
        bands += by_fp != by_edf;
    }
    CHECK(fp > 100 && edf > fp && bands > 10);
}

TEST(a_weaker_test_accepts_no_more)
{
    static const wrt_adm_test chain[] = { WRT_ADM_VESTAL, WRT_ADM_SMC, WRT_ADM_AMC_RTB, WRT_ADM_AMC_MAX };
    wrt_adm_task t[TASKS];
    uint32_t accepted[4] = { 0 }, assigned[4] = { 0 }, priority[TASKS];
    for (int k = 0; k < SETS; k++) {
        wrt_adm_set set = random_set(t, 60);
        bool before = false, before_any = false;
        for (int i = 0; i < 4; i++) {
            wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
            wrt_adm_verdict v;
            o.test = chain[i];
            bool now = accepts(&set, o, NULL);
            CHECK(wrt_adm_assign(&set, &o, mem, MEM, priority, &v, NULL) == WRT_OK);
            CONTEXT("set %d, test %s", k, wrt_adm_test_name(chain[i]));
            CHECK(!before || now);
            CHECK(!before_any || v.ok);
            CHECK(!now || v.ok);            /* an order that passes is one that can be found */
            accepted[i] += now;
            assigned[i] += v.ok;
            before = now;
            before_any = v.ok;
        }
    }
    for (int i = 1; i < 4; i++) CHECK(accepted[i] > accepted[i - 1] && assigned[i] >= accepted[i]);
    CHECK(assigned[2] > accepted[2]);
}

TEST(an_order_that_is_found_passes)
{
    static const wrt_adm_test tests[] = { WRT_ADM_FP, WRT_ADM_VESTAL, WRT_ADM_SMC, WRT_ADM_AMC_RTB,
        WRT_ADM_AMC_MAX };
    wrt_adm_task t[TASKS];
    uint32_t priority[TASKS], found = 0;
    for (int k = 0; k < SETS; k++) {
        wrt_adm_set set = random_set(t, 70);
        wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
        wrt_adm_verdict v;
        o.test = tests[below(5)];
        for (uint32_t i = 0; i < set.tasks_count; i++) {
            t[i].np = below(4) == 0;
            t[i].jitter = o.test == WRT_ADM_AMC_MAX ? 0 : below(4);
        }
        CONTEXT("set %d, test %s", k, wrt_adm_test_name(o.test));
        CHECK(wrt_adm_assign(&set, &o, mem, MEM, priority, &v, NULL) == WRT_OK);
        if (!v.ok) {
            CHECK(!accepts(&set, o, NULL));
            continue;
        }
        found++;
        for (uint32_t i = 0; i < set.tasks_count; i++) t[i].priority = priority[i];
        CHECK(accepts(&set, o, NULL));
    }
    CHECK(found > SETS / 4);
}

TEST(five_levels_of_which_two_are_used_are_two)
{
    wrt_adm_task t[TASKS];
    wrt_adm_row two[TASKS], five[TASKS];
    for (int k = 0; k < SETS / 3; k++) {
        wrt_adm_set set = random_set(t, 60);
        wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
        o.test = WRT_ADM_AMC_RTB;
        bool ok = accepts(&set, o, two);
        for (uint32_t i = 0; i < set.tasks_count; i++) {
            if (t[i].level == 0) continue;
            t[i].level = 3;
            t[i].wcet[3] = t[i].wcet[2] = t[i].wcet[1];
            t[i].wcet[1] = t[i].wcet[0];
        }
        o.modes = 1 | 8;                    /* QM .. B run in mode 0 only */
        CONTEXT("set %d", k);
        CHECK_EQ(accepts(&set, o, five), ok);
        for (uint32_t i = 0; i < set.tasks_count; i++) {
            CHECK_EQ(five[i].mode_response[0], two[i].mode_response[0]);
            CHECK_EQ(five[i].mode_response[3], two[i].mode_response[1]);
        }
    }
}

TEST(times_have_no_unit)
{
    wrt_adm_task t[TASKS];
    wrt_adm_row one[TASKS], many[TASKS];
    for (int k = 0; k < SETS; k++) {
        wrt_adm_set set = random_set(t, 90);
        wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
        uint64_t factor = 1 + below(UINT64_C(1) << (k % 48));
        bool ok = accepts(&set, o, one), edf = accepts_by(&set, WRT_ADM_EDF),
             bands = accepts_by(&set, WRT_ADM_BANDS);
        for (uint32_t i = 0; i < set.tasks_count; i++) {
            t[i].period *= factor;
            t[i].deadline *= factor;
            t[i].wcet[0] *= factor;
            t[i].wcet[1] *= factor;
        }
        CONTEXT("set %d, factor %llu", k, (unsigned long long)factor);
        CHECK_EQ(accepts(&set, o, many), ok);
        CHECK_EQ(accepts_by(&set, WRT_ADM_EDF), edf);
        CHECK_EQ(accepts_by(&set, WRT_ADM_BANDS), bands);
        for (uint32_t i = 0; i < set.tasks_count; i++) {
            if (one[i].response != WRT_TICKS_NONE) CHECK_EQ(many[i].response, one[i].response * factor);
        }
    }
}

TEST(the_ladder_decides_as_the_test_does)
{
    wrt_adm_task t[TASKS];
    uint32_t quick = 0;
    for (int k = 0; k < SETS; k++) {
        wrt_adm_set set = random_set(t, 85);
        wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
        wrt_adm_verdict v, tested;
        o.test = below(2) ? WRT_ADM_FP : WRT_ADM_EDF;
        if (k % 3 == 0) {
            for (uint32_t i = 0; i < set.tasks_count; i++) t[i].deadline = t[i].period;
        }
        if (k % 7 == 0) t[0].jitter = below(5);
        if (k % 5 == 0) t[set.tasks_count - 1].np = true;
        wrt_status status = wrt_adm_admit(&set, &o, mem, MEM, NULL, &v, NULL);
        CHECK(wrt_adm_run(&set, &o, mem, MEM, NULL, &tested, NULL) == WRT_OK);
        CONTEXT("set %d: %s", k, v.decided_by);
        CHECK_EQ(status == WRT_OK, tested.ok);
        CHECK_EQ(v.ok, tested.ok);
        quick += strcmp(v.decided_by, tested.decided_by) != 0;
    }
    CHECK(quick > 50);
}

TEST(how_much_is_left_is_the_edge)
{
    wrt_adm_task t[TASKS];
    for (int k = 0; k < SETS / 10; k++) {
        wrt_adm_set set = random_set(t, 70);
        wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
        uint64_t factor, largest;
        uint32_t which = (uint32_t)below(set.tasks_count);
        wrt_adm_task keep[TASKS];
        o.test = all_tests[below(WRT_ADM_BANDS + 1)];
        CHECK(wrt_adm_scale(&set, &o, 100, mem, MEM, &factor, NULL) == WRT_OK);
        CHECK(wrt_adm_largest(&set, &o, which, mem, MEM, &largest, NULL) == WRT_OK);
        memcpy(keep, t, sizeof t);
        CONTEXT("set %d, test %s", k, wrt_adm_test_name(o.test));
        for (uint64_t more = 0; more < 2; more++) {
            for (uint32_t i = 0; i < set.tasks_count; i++) {
                for (int m = 0; m < 2; m++) t[i].wcet[m] = (keep[i].wcet[m] * (factor + more) + 99) / 100;
            }
            if (factor + more > 0) CHECK_EQ(accepts(&set, o, NULL), more == 0);
        }
        memcpy(t, keep, sizeof t);
        for (uint64_t more = 0; more < 2; more++) {
            t[which].wcet[0] = largest + more;
            t[which].wcet[1] = 0;
            if (largest + more > 0) CHECK_EQ(accepts(&set, o, NULL), more == 0);
        }
    }
}

TEST(interference_and_blocking_make_the_window)
{
    wrt_adm_task t[TASKS];
    wrt_adm_row rows[TASKS];
    for (int k = 0; k < SETS / 3; k++) {
        wrt_adm_set set = random_set(t, 85);
        wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
        for (uint32_t i = 0; i < set.tasks_count; i++) {
            t[i].jitter = below(4);
            t[i].np = below(4) == 0;
        }
        (void)accepts(&set, o, rows);
        for (uint32_t i = 0; i < set.tasks_count; i++) {
            uint64_t ticks[TASKS],
                sum = rows[i].blocking + (rows[i].job + (t[i].np ? 0u : 1u)) * t[i].wcet[0];
            if (rows[i].response == WRT_TICKS_NONE) continue;
            CHECK(wrt_adm_interference(&set, &o, i, &rows[i], ticks, NULL) == WRT_OK);
            for (uint32_t j = 0; j < set.tasks_count; j++) sum += ticks[j];
            CONTEXT("set %d, task %u", k, i);
            CHECK_EQ(sum, rows[i].window);
        }
    }
}

TEST(a_full_server_is_a_processor)
{
    wrt_adm_task t[TASKS];
    uint32_t fits = 0, smaller_fits = 0;
    for (int k = 0; k < SETS / 3; k++) {
        wrt_adm_set set = random_set(t, 80);
        wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
        wrt_adm_server whole = { 7, 7, 0 }, most = { 4, 5, 0 };
        wrt_adm_verdict in, by;
        o.test = below(2) ? WRT_ADM_FP : WRT_ADM_EDF;
        CHECK(wrt_adm_run(&set, &o, mem, MEM, NULL, &by, NULL) == WRT_OK);
        CHECK(wrt_adm_inside(&set, &o, &whole, mem, MEM, &in, NULL) == WRT_OK);
        CONTEXT("set %d, test %s", k, wrt_adm_test_name(o.test));
        CHECK_EQ(in.ok, by.ok);
        fits += in.ok;
        CHECK(wrt_adm_inside(&set, &o, &most, mem, MEM, &in, NULL) == WRT_OK);
        CHECK(!in.ok || by.ok);
        smaller_fits += in.ok;
    }
    CHECK(fits > smaller_fits && smaller_fits > 0);
}

TEST(supply_is_what_the_worst_pattern_gives)
{
    for (uint64_t p = 1; p <= 12; p++) {
        for (uint64_t q = 1; q <= p; q++) {
            for (uint64_t d = q; d <= p; d++) {
                /* budget at once in the first period, at its latest in all that follow; the window opens
                 * behind */
                uint64_t given = 0;
                wrt_adm_server s = { q, p, d };
                for (uint64_t t = 0; t < 5 * p; t++) {
                    CONTEXT("Q %llu P %llu D %llu t %llu", (unsigned long long)q, (unsigned long long)p,
                        (unsigned long long)d, (unsigned long long)t);
                    CHECK_EQ(wrt_adm_supply(&s, t), given);
                    uint64_t at = t + q, in = at % p;
                    given += at >= p && in >= d - q && in < d;
                }
            }
        }
    }
}
