/* Bounds for calls that are not the first on their instance: random programs with memory and globals that
 * outlive a call, called many times on one instance; no call costs more than the bound, or less than the
 * least. A call that traps resets the instance. WRT_GENERATED_PROGRAMS, WRT_GENERATED_SEED as in
 * test_infer_generated.c. */
#include "infer_generate.h"

enum { REP_PROGRAMS = 250, REP_CALLS = 24, REP_FUEL = 60000 };

struct rep_tally { unsigned programs, bounded, calls, any, wrong, dearer; };
struct rep_bound { uint64_t high, low, first; };

/* One call; fuel in *fuel. */
static wrt_status rep_call(wrt_store *store, wrt_func *f, uint64_t arg, uint64_t *fuel, wrt_error *err)
{
    wrt_task t;
    const wrt_val args[1] = { { .kind = WRT_I32, .of.u32 = (uint32_t)arg } };
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_task_info info = WRT_INIT(wrt_task_info);
    o.fuel = REP_FUEL;
    o.on_empty = WRT_FUEL_TRAP;
    CHECK_EQ(wrt_task_start(store, f, args, 1, &o, &t, err), WRT_OK);
    while (wrt_run(store, NULL) == WRT_PENDING) {
    }
    CHECK_EQ(wrt_task_info_get(store, t, &info), WRT_OK);
    *fuel = info.guest_fuel;
    CHECK_EQ(wrt_task_close(store, t), WRT_OK);
    return info.status;
}

static void rep_calls(
    struct subject *s, struct rep_tally *t, uint64_t seed, const struct rep_bound *b, size_t n)
{
    wrt_store *store;
    wrt_instance *instance;
    wrt_func *f;
    uint64_t random = seed * 977;
    CHECK_EQ(wrt_store_new(s->e, NULL, &store, &s->err), WRT_OK);
    CHECK_EQ(wrt_instantiate(store, NULL, s->code, &instance, &s->err), WRT_OK);
    CHECK_EQ(wrt_export_func(instance, WRT_STR("run"), &f, &s->err), WRT_OK);
    for (uint32_t k = 0; k < REP_CALLS && t->wrong < 20; k++) {
        uint64_t fuel;
        const uint64_t arg = subject_argument(&random);
        wrt_status status = rep_call(store, f, arg, &fuel, &s->err);
        t->calls++;
        for (size_t i = 0; i < n; i++) {
            if (fuel <= b[i].high && (status != WRT_OK || fuel >= b[i].low)) continue;
            t->wrong++;
            printf("program %llu, call %u, state %zu: %llu fuel, bound %llu to %llu\n",
                (unsigned long long)seed, k, i, (unsigned long long)fuel, (unsigned long long)b[i].low,
                (unsigned long long)b[i].high);
        }
        t->dearer += fuel > b[0].first;
        if (status != WRT_OK) CHECK_EQ(wrt_instance_reset(instance, &s->err), WRT_OK);
    }
    wrt_store_free(store);
}

static void rep_program(struct rep_tally *t, uint64_t seed)
{
    static const enum wrt__wcet_state states[] = { WRT__WCET_REPEATED, WRT__WCET_ANY };
    static struct gen g;
    struct subject s;
    struct rep_bound b[WRT_COUNT(states)];
    uint64_t first = WRT__WCET_INF;
    gen_module(&g, seed, 2, seed % 4 != 0);
    if (g.n >= GEN_BYTES) return;
    REQUIRE(subject_take(&s, g.bytes, g.n));
    static const uint64_t steps[] = { 2000000, 300000, 40000, 4000 };
    for (size_t i = 0; i < WRT_COUNT(states); i++) {
        CHECK_EQ(subject_open(&s, "run"), WRT_OK);
        if (i == 0) {
            CHECK_EQ(wrt__wcet_infer(&s.b, 0, &s.err), WRT_OK);
            first = s.b.fuel_high;
            CHECK_EQ(wrt__wcet_bounds_init(&s.b, &s.p, &s.err), WRT_OK);
        }
        s.b.state = states[i];
        CHECK_EQ(wrt__wcet_infer(&s.b, steps[seed % WRT_COUNT(steps)], &s.err), WRT_OK);
        b[i] = (struct rep_bound){ s.b.fuel_high, s.b.fuel_low, first };
        if (i == 0) t->any += s.b.taken == WRT__WCET_ANY;
        if (i == 0) t->bounded += s.b.fuel_high != WRT__WCET_INF;
        subject_close(&s);
    }
    t->programs++;
    rep_calls(&s, t, seed, b, WRT_COUNT(states));
    subject_done(&s);
}

TEST(no_call_is_above_the_bound_of_all_calls)
{
    const char *count = getenv("WRT_GENERATED_PROGRAMS"), *from = getenv("WRT_GENERATED_SEED");
    const uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    const unsigned long n = count ? strtoul(count, NULL, 10) : REP_PROGRAMS;
    struct rep_tally t = { 0 };
    for (uint64_t k = 0; k < n && t.wrong < 20; k++) rep_program(&t, first + k);
    printf("%u programs, %u bounded, %u without a fixpoint, %u calls, %u above the bound of the first\n",
        t.programs, t.bounded, t.any, t.calls, t.dearer);
    CHECK_EQ(t.wrong, 0);
    CHECK(n < 100 || (t.bounded * 3 > t.programs && t.dearer > 0));
}
