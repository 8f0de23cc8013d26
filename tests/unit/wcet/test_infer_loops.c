/* Inference against loops that tempt an analyser (tests/wcet/loops): the verdict that loops.list expects, and
 * no run in the engine above the bound or below the least, whatever the argument. */
#include "infer_fixture.h"

#define LOOPS WRT_TEST_SOURCE "/tests/wcet/loops/"
#define PROGRAMS WRT_TEST_SOURCE "/tests/wcet/programs/"
enum { LOOPS_RUNS = 60, LOOPS_FUEL = 400000 };

static uint64_t loops_seed = 7;

static void loops_runs(struct subject *s, const char *name, int runs)
{
    for (int k = 0; k < runs; k++) {
        const uint64_t arg = k < 8 ? (uint64_t)k : subject_argument(&loops_seed);
        uint64_t fuel = 0;
        wrt_status status = subject_run(s, name, arg, LOOPS_FUEL, &fuel);
        if (fuel > s->b.fuel_high || (status == WRT_OK && fuel < s->b.fuel_low)) {
            printf("%s(%llu): %llu fuel, bound %llu to %llu\n", name, (unsigned long long)arg,
                (unsigned long long)fuel, (unsigned long long)s->b.fuel_low,
                (unsigned long long)s->b.fuel_high);
            CHECK(false);
        }
    }
}

/* "open 4:0": loop 0 of function 4 has no bound. "open wcet_call_depth": that limit. */
static bool loops_is_open(const struct subject *s, const char *where)
{
    unsigned func, ordinal;
    if (s->b.fuel_high != WRT__WCET_INF) return false;
    if (sscanf(where, "%u:%u", &func, &ordinal) != 2)
        return s->b.limit ? strcmp(s->b.limit, where) == 0 : *where == '-';
    const struct wrt__wcet_body *body = wrt__wcet_body_of(&s->p, func);
    const struct wrt__wcet_loop *l = body ? wrt__wcet_loop_of(&s->b, body, ordinal) : NULL;
    return l && l->max == WRT__WCET_INF && l->reason;
}

static void loops_line(struct subject *s, const char *name, const char *verdict, const char *figure)
{
    const uint64_t n = strtoull(figure, NULL, 10);
    CHECK_EQ(subject_open(s, name), WRT_OK);
    CHECK_EQ(wrt__wcet_infer(&s->b, 0, &s->err), WRT_OK);
    if (strcmp(verdict, "exact") == 0) {
        CHECK_EQ(s->b.fuel_high, n);
        CHECK_EQ(s->b.fuel_low, n);
    } else if (strcmp(verdict, "bound") == 0) {
        CHECK_EQ(s->b.fuel_high, n);
    } else if (strcmp(verdict, "most") == 0) {
        if (!CHECK(s->b.fuel_high <= n)) printf("bound %llu\n", (unsigned long long)s->b.fuel_high);
    } else if (strcmp(verdict, "paths") == 0) {
        CHECK_EQ(s->b.fuel_high, WRT__WCET_INF);        /* else it is `most` by now */
    } else {
        CHECK_STR(verdict, "open");
        CHECK(loops_is_open(s, figure));
    }
    loops_runs(s, name, LOOPS_RUNS);
    subject_close(s);
}

TEST(loops_are_bounded_or_named)
{
    struct subject s;
    char line[200], name[64], verdict[16], figure[64];
    unsigned lines = 0;
    REQUIRE(subject_read(&s, LOOPS "loops.wasm"));
    FILE *list = fopen(LOOPS "loops.list", "r");
    REQUIRE(list != NULL);
    while (fgets(line, sizeof line, list)) {
        if (line[0] == '#' || sscanf(line, "%63s %15s %63s", name, verdict, figure) != 3) continue;
        CONTEXT("%s", name);
        loops_line(&s, name, verdict, figure);
        lines++;
    }
    fclose(list);
    CHECK(lines >= 50);
    subject_done(&s);
}

/* The dearest run that is known: it costs what it did, so that a bound says how near it is. */
static void programs_seen(struct subject *s, uint64_t fuel, uint64_t arg)
{
    enum { PROGRAMS_CUT = 100000 };
    const bool bounded = s->b.fuel_high != WRT__WCET_INF;
    uint64_t used = 0;
    (void)subject_run(s, "run", arg, bounded ? s->b.fuel_high + 1000 : PROGRAMS_CUT, &used);
    CHECK_EQ(used, fuel);
    CHECK(used <= s->b.fuel_high);
}

static void programs_line(struct subject *s, const char *verdict, const char *figure, const char *seen)
{
    unsigned long long fuel = 0, arg = 0;
    loops_line(s, "run", verdict, figure);
    if (!CHECK(sscanf(seen, " seen %llu by %llu", &fuel, &arg) == 2)) return;
    CHECK_EQ(subject_open(s, "run"), WRT_OK);
    CHECK_EQ(wrt__wcet_infer(&s->b, 0, &s->err), WRT_OK);
    programs_seen(s, fuel, arg);
    subject_close(s);
}

/* Programs in C, at three levels of optimisation. Builds that are told to take few generated programs take
 * every fifth of these. */
TEST(programs_are_bounded_or_named)
{
    struct subject s;
    char line[200], name[64], verdict[16], figure[64], path[512];
    const char *first = getenv("WRT_GENERATED_PROGRAMS") ? getenv("WRT_GENERATED_SEED") : NULL;
    const unsigned long from = first ? strtoul(first, NULL, 10) / 10000 : 0;
    unsigned lines = 0;
    int end = 0;
    FILE *list = fopen(PROGRAMS "programs.list", "r");
    REQUIRE(list != NULL);
    while (fgets(line, sizeof line, list)) {
        if (line[0] == '#' || sscanf(line, "%63s %15s %63s%n", name, verdict, figure, &end) != 3) continue;
        if (lines++ % 5 != from % 5 && first) continue;
        snprintf(path, sizeof path, "%s%s.wasm", PROGRAMS, name);
        CONTEXT("%s", name);
        if (!CHECK(subject_read(&s, path))) continue;
        programs_line(&s, verdict, figure, line + end);
        subject_done(&s);
    }
    fclose(list);
    CHECK(lines >= 3 * 80);
}

/* The less work is allowed, the more loops are closed early or left open: what is said must hold all the
 * same. */
TEST(bounds_hold_with_any_amount_of_work)
{
    static const uint64_t steps[] = { 100, 1000, 6000, 40000, 250000 };
    struct subject s;
    char line[200], name[64];
    REQUIRE(subject_read(&s, LOOPS "loops.wasm"));
    FILE *list = fopen(LOOPS "loops.list", "r");
    REQUIRE(list != NULL);
    while (fgets(line, sizeof line, list)) {
        if (line[0] == '#' || sscanf(line, "%63s", name) != 1) continue;
        for (size_t k = 0; k < WRT_COUNT(steps); k++) {
            CONTEXT("%s, %u steps", name, (unsigned)steps[k]);
            CHECK_EQ(subject_open(&s, name), WRT_OK);
            CHECK_EQ(wrt__wcet_infer(&s.b, steps[k], &s.err), WRT_OK);
            loops_runs(&s, name, 10);
            subject_close(&s);
        }
    }
    fclose(list);
    subject_done(&s);
}

TEST(stated_ranges_are_used)
{
    struct subject s;
    REQUIRE(subject_read(&s, LOOPS "loops.wasm"));
    CHECK_EQ(subject_open(&s, "recursion_open"), WRT_OK);
    s.b.args[0] = (struct wrt__wcet_arg){ .given = true, .low = 0, .high = 40 };
    CHECK_EQ(wrt__wcet_infer(&s.b, 0, &s.err), WRT_OK);
    uint64_t fuel;
    CHECK_EQ(subject_run(&s, "recursion_open", 40, 100000, &fuel), WRT_OK);
    CHECK_EQ(s.b.fuel_high, fuel);
    CHECK_EQ(subject_run(&s, "recursion_open", 0, 100000, &fuel), WRT_OK);
    CHECK_EQ(s.b.fuel_low, fuel);
    subject_close(&s);
    subject_done(&s);
}

TEST(work_is_limited)
{
    struct subject s;
    REQUIRE(subject_read(&s, LOOPS "loops.wasm"));
    CHECK_EQ(subject_open(&s, "step_unknown"), WRT_OK);
    CHECK_EQ(wrt__wcet_infer(&s.b, 50, &s.err), WRT_OK);
    CHECK_EQ(s.b.fuel_high, WRT__WCET_INF);
    REQUIRE(s.b.limit != NULL);
    CHECK_STR(s.b.limit, "wcet_steps");
    subject_close(&s);
    subject_done(&s);
}

TEST(memory_may_be_refused_at_any_time)
{
    static const char *const names[] = { "two_counters", "long_memory", "calls_by_index", "search" };
    struct subject s;
    REQUIRE(subject_read(&s, LOOPS "loops.wasm"));
    for (size_t i = 0; i < WRT_COUNT(names); i++) {
        for (uint64_t k = 1; k < 400; k += k < 60 ? 1 : 13) {
            CHECK_EQ(subject_open(&s, names[i]), WRT_OK);
            s.heap.fail_at = k;
            s.heap.asked = 0;
            wrt_status status = wrt__wcet_infer(&s.b, 200000, &s.err);
            s.heap.fail_at = 0;
            CHECK(status == WRT_OK || status == WRT_E_NOMEM);
            subject_close(&s);
        }
    }
    subject_done(&s);
}
