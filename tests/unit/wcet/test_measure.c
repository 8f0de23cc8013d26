/* Samples: how many a confidence takes, statistics, and the gates before extreme values, on made-up series.
 */
#include "test.h"
#include <math.h>
#include <stdlib.h>
#include <wrt/wrt.h>
#include "wcet/gates.h"
#include "wcet/measure.h"

enum { MEASURE_MOST = 20000 };

/* ---- functions ---------------------------------------------------------------------------------------- */

static bool measure_near(double a, double b, double relative)
{
    return fabs(a - b) <= relative * (fabs(b) > 1e-300 ? fabs(b) : 1);
}

TEST(functions_agree_with_libm)
{
    for (double x = 1e-12; x < 1e15; x *= 1.37) {
        CONTEXT("x = %g", x);
        CHECK(measure_near(wrt__real_sqrt(x), sqrt(x), 1e-15));
        CHECK(fabs(wrt__real_log(x) - log(x)) <= 1e-14 * (1 + fabs(log(x))));
        CHECK(measure_near(wrt__real_pow(x, 0.37), pow(x, 0.37), 1e-13));
        CHECK(measure_near(wrt__real_pow(x, -1.8), pow(x, -1.8), 1e-13));
        CHECK(fabs(wrt__real_normal_two(x) - erfc(x / sqrt(2))) <= 1e-13);
        if (x < 20) CHECK(measure_near(wrt__real_gamma(x), tgamma(x), 1e-12));
    }
    for (double x = -690; x < 690; x += 3.17) CHECK(measure_near(wrt__real_exp(x), exp(x), 1e-13));
    CHECK(measure_near(wrt__real_chi2_even(31.410432844230918, 10), 0.05, 1e-9));     /* 95 % of 20 degrees */
    CHECK(measure_near(wrt__real_chi2_even(10.850811394182585, 10), 0.95, 1e-9));
    CHECK(measure_near(wrt__real_ks(1.3580986393225505), 0.05, 1e-6));
    CHECK(measure_near(wrt__real_normal_two(1.959963984540054), 0.05, 1e-12));
}

TEST(a_sort_sorts)
{
    double a[1000];
    uint64_t seed = 5;
    for (uint32_t n = 0; n < 1000; n += 37) {
        for (uint32_t i = 0; i < n; i++) a[i] = (double)(test_random(&seed) % 64);
        wrt__real_sort(a, n);
        for (uint32_t i = 1; i < n; i++) CHECK(a[i - 1] <= a[i]);
    }
}

/* ---- confidence --------------------------------------------------------------------------------------- */

TEST(a_confidence_takes_so_many_samples)
{
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 999, 1000 }), 2995);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 99, 100 }), 299);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 95, 100 }), 59);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 9, 10 }), 29);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 1, 2 }), 5);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 1, 20 }), 1);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 999999, 1000000 }), 2995731);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 999999999, 1000000000 }), 2995732273);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 0, 5 }), 0);
    CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ 1, 1 }), WRT_WCET_NONE);
    for (uint32_t num = 1; num < 1000; num++) {
        double q = num / 1000.0;
        CONTEXT("%u / 1000", num);
        CHECK_EQ(wrt_wcet_samples_needed((wrt_adm_ratio){ num, 1000 }), (uint64_t)ceil(log(0.05) / log(q)));
    }
}

/* ---- statistics --------------------------------------------------------------------------------------- */

static wrt_wcet_sample measure_samples[MEASURE_MOST];

TEST(statistics_of_a_small_series)
{
    static const uint64_t fuel[] = { 10, 12, 9, 40, 12, 13, 11, 10, 9, 9, 14, 40, 12, 12, 12, 10, 11, 12, 13,
        30 };
    wrt_wcet_observed o = WRT_INIT(wrt_wcet_observed);
    wrt_error err;
    for (size_t i = 0; i < 20; i++) {
        measure_samples[i] = (wrt_wcet_sample){ .fuel = fuel[i], .input = 100 + i, .path = (uint32_t)i % 3 };
    }
    REQUIRE(wrt_wcet_observe(measure_samples, 19, NULL, &o, &err) == WRT_OK);
    CHECK(!o.enough);
    CHECK_EQ(o.count, 19);
    CHECK_EQ(o.max, 0);
    CHECK_EQ(o.with_margin, 0);
    REQUIRE(wrt_wcet_observe(measure_samples, 20, NULL, &o, &err) == WRT_OK);
    CHECK(o.enough && !o.confident);
    CHECK_EQ(o.needed, 2995);
    CHECK_EQ(o.min, 9);
    CHECK_EQ(o.max, 40);
    CHECK_EQ(o.max_input, 103);
    CHECK_EQ(o.max_path, 0);
    CHECK_EQ(o.paths, 3);
    CHECK_EQ(o.with_margin, 52);
    CHECK(measure_near(o.mean, 15.05, 1e-12));
    CHECK(measure_near(o.deviation, 9.605234318630, 1e-9));
    CHECK_EQ(o.bin_width, 2);
    CHECK_EQ(o.bins[0], 6);                     /* 9, 9, 9, 10, 10, 10 */
    CHECK_EQ(o.bins[15], 2);
    wrt_wcet_measure_opts opts = WRT_INIT(wrt_wcet_measure_opts);
    opts.margin = (wrt_adm_ratio){ 9, 10 };
    CHECK(wrt_wcet_observe(measure_samples, 20, &opts, &o, &err) == WRT_E_ARG);
    opts.margin = (wrt_adm_ratio){ 1, 1 };
    opts.confidence = (wrt_adm_ratio){ 1, 1 };
    CHECK(wrt_wcet_observe(measure_samples, 20, &opts, &o, &err) == WRT_E_ARG);
}

TEST(largest_figures_do_not_overflow)
{
    CHECK_EQ(wrt__measure_scale(UINT64_MAX, (wrt_adm_ratio){ 13, 10 }), UINT64_MAX);
    CHECK_EQ(wrt__measure_scale(UINT64_MAX, (wrt_adm_ratio){ 1, 1 }), UINT64_MAX);
    CHECK_EQ(wrt__measure_scale(7, (wrt_adm_ratio){ 13, 10 }), 10);
    CHECK_EQ(wrt__measure_scale(10, (wrt_adm_ratio){ 13, 10 }), 13);
    wrt_wcet_observed o = WRT_INIT(wrt_wcet_observed);
    for (int i = 0; i < 20; i++) measure_samples[i].fuel = i % 2 ? UINT64_MAX : 0;
    CHECK(wrt_wcet_observe(measure_samples, 20, NULL, &o, NULL) == WRT_OK);
    CHECK_EQ(o.bins[0], 10);
    CHECK_EQ(o.bins[15], 10);
}

TEST(a_bound_beside_samples)
{
    wrt_wcet st = WRT_INIT(wrt_wcet);
    wrt_wcet_combined c = WRT_INIT(wrt_wcet_combined);
    wrt_error err;
    st.bounded = true;
    st.fuel_low = 5;
    st.fuel_high = 150;
    st.stated = 1;
    for (int i = 0; i < 30; i++) measure_samples[i] = (wrt_wcet_sample){ .fuel = 70 + (uint64_t)i };
    CHECK(wrt_wcet_combine(&st, measure_samples, 30, NULL, &c, &err) == WRT_OK);
    CHECK_EQ(c.fuel_high, 150);
    CHECK_EQ(c.pessimism_permille, 1516);
    CHECK(wrt_wcet_combine(&st, measure_samples, 3, NULL, &c, &err) == WRT_OK);
    CHECK_EQ(c.pessimism_permille, WRT_WCET_NONE);
    measure_samples[1].fuel = 150;
    CHECK(wrt_wcet_combine(&st, measure_samples, 2, NULL, &c, &err) == WRT_OK);
    measure_samples[1].fuel = 151;
    CHECK(wrt_wcet_combine(&st, measure_samples, 2, NULL, &c, &err) == WRT_E_INTEGRITY);
    measure_samples[1].fuel = 4;
    CHECK(wrt_wcet_combine(&st, measure_samples, 2, NULL, &c, &err) == WRT_E_INTEGRITY);
    st.bounded = false;
    st.fuel_low = 0;
    measure_samples[1].fuel = 151;
    CHECK(wrt_wcet_combine(&st, measure_samples, 2, NULL, &c, &err) == WRT_OK);
    CHECK_EQ(c.fuel_high, WRT_WCET_NONE);
}

/* ---- extreme values ----------------------------------------------------------------------------------- */

static double measure_unit(uint64_t *seed)
{
    return ((double)(test_random(seed) >> 11) + 0.5) / 9007199254740992.0;
}

enum measure_shape {
    SHAPE_EXP,
    SHAPE_GUMBEL,
    SHAPE_UNIFORM,
    SHAPE_PARETO,
    SHAPE_AR,
    SHAPE_DRIFT,
    SHAPE_DISCRETE,
    SHAPE_CONST,
    SHAPE_PERIODIC
};

static void measure_make(enum measure_shape shape, uint32_t n, uint64_t seed)
{
    double last = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double u = measure_unit(&seed);
        double x = 0;
        switch (shape) {
        case SHAPE_EXP: x = 50000 - 3000 * log(u); break;
        case SHAPE_GUMBEL: x = 50000 - 3000 * log(-log(u)); break;
        case SHAPE_UNIFORM: x = 50000 + 30000 * u; break;
        case SHAPE_PARETO: x = 50000 * pow(u, -0.4); break;
        case SHAPE_AR: x = last = 0.6 * last + 5000 * u + 20000; break;
        case SHAPE_DRIFT: x = 50000 + 30000 * u + (i >= n / 2 ? 4000 : 0); break;
        case SHAPE_DISCRETE: x = 50000 + 1000 * floor(u * 40); break;
        case SHAPE_CONST: x = 50000; break;
        case SHAPE_PERIODIC: x = 50000 + 1000 * (i % 7) + 500 * u; break;
        }
        measure_samples[i] = (wrt_wcet_sample){ .fuel = (uint64_t)x, .path = WRT_WCET_NO_PATH };
    }
}

static wrt_wcet_gate measure_gate(wrt_engine *e, uint32_t n, wrt_wcet_prob *p)
{
    wrt_error err;
    p->size = sizeof *p;
    CHECK_EQ(wrt_wcet_probable(e, measure_samples, n, NULL, p, &err), WRT_OK);
    return p->gate;
}

TEST(series_that_are_refused)
{
    static const struct { enum measure_shape shape; uint32_t n; wrt_wcet_gate a, b; } cases[] = {
        { SHAPE_EXP, 999, WRT_WCET_GATE_SAMPLES, WRT_WCET_GATE_SAMPLES },
        { SHAPE_AR, 2000, WRT_WCET_GATE_RUNS, WRT_WCET_GATE_RUNS },
        { SHAPE_PERIODIC, 2000, WRT_WCET_GATE_RUNS, WRT_WCET_GATE_LJUNG_BOX },
        { SHAPE_DRIFT, 3000, WRT_WCET_GATE_RUNS, WRT_WCET_GATE_LJUNG_BOX },
        { SHAPE_DISCRETE, 4000, WRT_WCET_GATE_DISTINCT, WRT_WCET_GATE_DISTINCT },
        { SHAPE_CONST, 4000, WRT_WCET_GATE_DISTINCT, WRT_WCET_GATE_DISTINCT },
        { SHAPE_PARETO, 20000, WRT_WCET_GATE_SHAPE, WRT_WCET_GATE_SHAPE },
    };
    wrt_engine *e;
    wrt_error err;
    REQUIRE(wrt_engine_new(NULL, &e, &err) == WRT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int expected = 0, chance = 0;
        for (uint64_t seed = 1; seed <= 10; seed++) {
            wrt_wcet_prob p;
            measure_make(cases[i].shape, cases[i].n, seed * 7919);
            const wrt_wcet_gate gate = measure_gate(e, cases[i].n, &p);
            expected += gate == cases[i].a || gate == cases[i].b;
            chance += gate != WRT_WCET_GATE_PASSED
                && gate < cases[i].a; /* an earlier gate, as 1 in 20 does */
            CONTEXT("case %zu, seed %d: gate %d", i, (int)seed, (int)gate);
            CHECK(gate != WRT_WCET_GATE_PASSED);
            CHECK(p.at[0].fuel == 0);
        }
        CHECK(expected >= 6);
        CHECK_EQ(expected + chance, 10);
    }
    wrt_engine_free(e);
}

/* Two halves that differ in their tails alone pass the tests of independence, and not that of one
 * distribution. */
TEST(a_change_of_spread_is_seen)
{
    wrt_engine *e;
    wrt_error err;
    wrt_wcet_prob p;
    uint64_t seed = 77;
    int seen = 0;
    REQUIRE(wrt_engine_new(NULL, &e, &err) == WRT_OK);
    for (int r = 0; r < 10; r++) {
        for (uint32_t i = 0; i < 4000; i++) {
            const double u = measure_unit(&seed) - 0.5;
            measure_samples[i] = (wrt_wcet_sample){
                .fuel = (uint64_t)(50000 + u * (i < 2000 ? 10000 : 20000)), .path = WRT_WCET_NO_PATH
            };
        }
        seen += measure_gate(e, 4000, &p) == WRT_WCET_GATE_KS;
        CHECK(p.gate != WRT_WCET_GATE_PASSED);
    }
    CHECK(seen >= 7);
    wrt_engine_free(e);
}

/* What passes is answered with at least the true quantile, mostly; with an interval; the same twice. */
TEST(series_that_pass)
{
    static const enum measure_shape shapes[] = { SHAPE_EXP, SHAPE_GUMBEL, SHAPE_UNIFORM };
    wrt_engine *e;
    wrt_error err;
    REQUIRE(wrt_engine_new(NULL, &e, &err) == WRT_OK);
    for (int k = 0; k < 3; k++) {
        int passed = 0, covered = 0;
        for (uint64_t seed = 1; seed <= 16; seed++) {
            wrt_wcet_prob p, again;
            measure_make(shapes[k], 2000, seed * 104729);
            if (measure_gate(e, 2000, &p) != WRT_WCET_GATE_PASSED) continue;
            again = p;
            if (passed == 0) CHECK_EQ(measure_gate(e, 2000, &again), WRT_WCET_GATE_PASSED);
            CHECK(again.at[2].fuel == p.at[2].fuel && again.at[2].low == p.at[2].low);
            const double true_9 = k == 2 ? 80000 : 50000 + 3000 * 20.7232658;
            passed++;
            covered += p.at[1].high >= true_9;
            CHECK(p.at[0].fuel <= p.at[1].fuel && p.at[1].fuel <= p.at[2].fuel);
            CHECK(p.at[1].low <= p.at[1].high);
            CHECK(p.at[0].extrapolated && p.at[2].extrapolated);
            CHECK(p.gev_shape <= 0);
            CHECK(p.runs_p >= 0.05 && p.ljung_box_p >= 0.05 && p.ks_p >= 0.05 && p.maxima_ad_p >= 0.05);
        }
        CONTEXT("shape %d: %d passed, %d covered", k, passed, covered);
        CHECK(passed >= 3);             /* the gates refuse more than half even of what is well behaved */
        CHECK(covered * 10 >= passed * 7);
    }
    wrt_engine_free(e);
}

/* A rare path that is far dearer: all samples may pass, its stratum alone has too few. */
TEST(the_worst_path_is_looked_at_alone)
{
    wrt_engine *e;
    wrt_error err;
    wrt_wcet_prob p;
    int strata = 0;
    REQUIRE(wrt_engine_new(NULL, &e, &err) == WRT_OK);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        measure_make(SHAPE_UNIFORM, 4000, seed * 6007);
        size_t largest = 0;
        for (size_t i = 0; i < 4000; i++) {
            measure_samples[i].path = i % 5 == 0;
            if (measure_samples[i].fuel > measure_samples[largest].fuel) largest = i;
        }
        const wrt_wcet_gate gate = measure_gate(e, 4000, &p);
        if (p.path == WRT_WCET_NO_PATH) continue;
        strata++;
        CHECK_EQ(p.path, measure_samples[largest].path);
        if (p.path == 1) CHECK_EQ(gate, WRT_WCET_GATE_SAMPLES);         /* 800 of them */
        CHECK_EQ(p.count, p.path == 1 ? 800 : 3200);
    }
    CHECK(strata > 0);
    wrt_engine_free(e);
}
