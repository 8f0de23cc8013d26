/* Inference on random programs: nested loops of every kind with branches, stores and calls that depend on the
 * argument. No run in the engine costs more than the bound, or less than the least; with a known argument
 * abstract execution costs exactly what the engine does, and no loop, function or size is beyond what the
 * bound's facts say. WRT_GENERATED_PROGRAMS says how many programs (default some hundreds),
 * WRT_GENERATED_SEED where to begin. */
#include "infer_generate.h"

enum { GEN_PROGRAMS = 300, GEN_ARGS = 6, GEN_FUEL = 150000 };

/* ---- checks ----------------------------------------------------------------------------------------------
 */

struct gen_tally { unsigned programs, bounded, exact, runs, wrong; };

static void gen_complain(
    struct gen_tally *t, uint64_t seed, uint64_t arg, const char *what, uint64_t a, uint64_t b)
{
    t->wrong++;
    printf("program %llu, argument %llu: %s: %llu against %llu\n", (unsigned long long)seed,
        (unsigned long long)arg, what, (unsigned long long)a, (unsigned long long)b);
}

/* Runs abstractly with a known argument: what that found must be within the facts of all arguments. */
static void gen_known(
    struct subject *s, struct gen_tally *t, uint64_t seed, uint64_t arg, uint64_t fuel, bool returned)
{
    struct wrt__wcet_bounds one;
    const struct wrt__wcet_bounds *all = &s->b;
    CHECK_EQ(wrt__wcet_bounds_init(&one, &s->p, &s->err), WRT_OK);
    one.args[0] = (struct wrt__wcet_arg){ .given = true, .low = (uint32_t)arg, .high = (uint32_t)arg };
    CHECK_EQ(wrt__wcet_infer(&one, 0, &s->err), WRT_OK);
    if (one.fuel_high == WRT__WCET_INF) return;
    for (uint32_t i = 0; i < s->p.loops_count;
        i++) { /* a loop that was not turned to its end says too much */
        if (one.loops[i].entries > 0 && one.loops[i].rule != WRT__WCET_RULE_EXECUTION) return;
    }
    if (returned && one.fuel_high != fuel) gen_complain(t, seed, arg, "known argument", one.fuel_high, fuel);
    for (uint32_t i = 0; i < s->p.loops_count; i++) {
        const struct wrt__wcet_loop *a = &one.loops[i], *b = &all->loops[i];
        if (a->entries == 0) continue;
        if (a->max > b->max) gen_complain(t, seed, arg, "turns of a loop", a->max, b->max);
        if (a->total > b->total) gen_complain(t, seed, arg, "turns in all", a->total, b->total);
    }
    for (uint32_t i = 0; i < s->p.bodies_count; i++) {
        const struct wrt__wcet_func *a = &one.funcs[i], *b = &all->funcs[i];
        if (a->calls > b->calls) gen_complain(t, seed, arg, "calls", a->calls, b->calls);
        if (a->calls > 0 && a->fuel_high > b->fuel_high && a->fuel_high != WRT__WCET_INF) {
            gen_complain(t, seed, arg, "a call", a->fuel_high, b->fuel_high);
        }
    }
}

static void gen_program(struct gen_tally *t, uint64_t seed)
{
    static struct gen g;
    struct subject s;
    memset(&s, 0, sizeof s);
    gen_module(&g, seed, 0, seed % 4 != 0);
    if (g.n >= GEN_BYTES) return;
    REQUIRE(subject_take(&s, g.bytes, g.n));
    CHECK_EQ(subject_open(&s, "run"), WRT_OK);
    static const uint64_t steps[] = { 2000000, 2000000, 300000, 40000, 4000 };
    CHECK_EQ(wrt__wcet_infer(&s.b, steps[seed % WRT_COUNT(steps)], &s.err), WRT_OK);
    t->programs++;
    t->bounded += s.b.fuel_high != WRT__WCET_INF;
    t->exact += s.b.fuel_high == s.b.fuel_low;
    for (uint32_t k = 0; k < GEN_ARGS; k++) {
        uint64_t r = seed * 977 + k, arg = k < 3 ? k : subject_argument(&r), fuel = 0;
        wrt_status status = subject_run(&s, "run", arg, GEN_FUEL, &fuel);
        t->runs++;
        if (fuel > s.b.fuel_high) gen_complain(t, seed, arg, "above the bound", fuel, s.b.fuel_high);
        if (status == WRT_OK && fuel < s.b.fuel_low)
            gen_complain(t, seed, arg, "below the least", fuel, s.b.fuel_low);
        /* Whether memory grows is never known: not even to the analysis that knows the argument. */
        if (k == 0 || k == GEN_ARGS - 1) gen_known(&s, t, seed, arg, fuel, status == WRT_OK && !g.grows);
    }
    subject_close(&s);
    subject_done(&s);
}

TEST(no_run_is_above_its_bound)
{
    const char *count = getenv("WRT_GENERATED_PROGRAMS"), *from = getenv("WRT_GENERATED_SEED");
    const uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    const unsigned long n = count ? strtoul(count, NULL, 10) : GEN_PROGRAMS;
    struct gen_tally t = { 0, 0, 0, 0, 0 };
    for (uint64_t k = 0; k < n && t.wrong < 20; k++) gen_program(&t, first + k);
    printf("%u programs, %u bounded, %u exact, %u runs\n", t.programs, t.bounded, t.exact, t.runs);
    CHECK_EQ(t.wrong, 0);
    CHECK(n < 100 || t.bounded * 2 > t.programs);
}
