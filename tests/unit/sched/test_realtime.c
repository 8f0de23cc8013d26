/* The rules of docs/scheduling.md, one by one: small task sets with known blocks, and what is recorded of
 * them. */
#include "sched/rt_world.h"
#include "test.h"

static const char *next_line(void *ctx)
{
    static char line[1024];
    const char **text = ctx, *end;
    size_t n;
    if (!**text) return NULL;
    end = strchr(*text, '\n');
    n = end ? (size_t)(end - *text) : strlen(*text);
    snprintf(line, sizeof line, "%.*s", (int)n, *text);
    *text += n + (end != NULL);
    return line;
}

/* Runs `set` with an audit at every step, and compares the records of `kinds` (" start done "; NULL: all). */
static void expect_at(int line, const char *set, const char *kinds, const char *expected)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);
    CONTEXT("the set of line %d", line);
    audit = true;
    shown = kinds;
    world_run(file, next_line, &set);
    fclose(file);
    CHECK_STR(text, expected);
    free(text);
    world_forget();
}
#define EXPECT(set, kinds, expected) expect_at(__LINE__, set, kinds, expected)

#define ENDS " start done failed abort "

/* ---- releases --------------------------------------------------------------------------------------- */

TEST(releases_keep_to_the_grid_whatever_happens)
{
    EXPECT(
        "policy edf\n set until=40\n task T=10 D=10 O=3 C=20 on_late=abort\n job 1*2\n job 20*1\n job 1*2\n",
        " release done abort ",
        "3 release 0 0 0 deadline=13\n5 done 0 0 2\n13 release 0 1 0 deadline=23\n23 abort 0 1 10 late\n"
        "23 release 0 2 0 deadline=33\n25 done 0 2 2\n33 release 0 3 0 deadline=43\n");
}

TEST(a_late_job_is_aborted_skipped_or_followed)
{
    EXPECT("policy edf\n set until=26\n task T=10 D=10 C=99 on_late=skip\n job 15*1\n job 2\n",
        " release skip done miss ",
        "0 release 0 0 0 deadline=10\n10 miss 0 0 10\n10 skip 0 1 0\n15 done 0 0 15\n"
        "20 release 0 2 0 deadline=30\n22 done 0 2 2\n");
    EXPECT("policy edf\n set until=45\n task T=10 D=10 C=99 on_late=queue\n job 35*1\n job 2\n",
        " release skip done miss start ",
        "0 release 0 0 0 deadline=10\n0 start 0 0 0\n10 miss 0 0 10\n10 release 0 1 0 deadline=20\n"
        "20 miss 0 1 0\n"
        "20 skip 0 2 0\n30 skip 0 3 0\n35 done 0 0 35\n35 start 0 1 0\n37 done 0 1 2\n"
        "40 release 0 4 0 deadline=50\n"
        "40 start 0 4 0\n");
}

TEST(a_sporadic_task_keeps_its_separation)
{
    EXPECT("policy edf\n set until=40\n task separation=10 D=5 C=9\n job 2\n"
           "at 3 release 0\n at 12 release 0\n at 13 release 0\n at 13 release 0\n at 23 release 0\n",
        " release done ",
        "3 release 0 0 0 deadline=8\n5 done 0 0 2\n12 refused 0 0 0\n13 refused 0 0 0\n"
        "13 release 0 1 0 deadline=18\n"
        "15 done 0 1 2\n23 release 0 2 0 deadline=28\n25 done 0 2 2\n");
}

TEST(a_job_that_ends_at_its_deadline_has_met_it)
{
    EXPECT("policy edf\n set until=10\n task T=10 D=5 C=9\n job 5\n", " miss done ", "5 done 0 0 5\n");
    EXPECT("policy edf\n set until=10\n task T=10 D=5 C=9\n job 5 1\n", " miss done ",
        "5 miss 0 0 5\n6 done 0 0 6\n");
    EXPECT("policy edf\n set until=10\n task T=10 D=5 C=9 level=B monitor=0\n job 6*1\n", " miss done ",
        "6 done 0 0 6\n");
    EXPECT("policy edf\n set until=10\n task T=10 D=5 C=9 level=C monitor=0\n job 6*1\n", " miss done ",
        "5 miss 0 0 5\n6 done 0 0 6\n");
}

TEST(a_block_that_does_not_fit_before_an_event_leaves_the_core_idle)
{
    /* At 4 the block of 3 does not fit before the release at 5; task 0 keeps the processor. */
    EXPECT(
        "policy priority\n set until=20\n task T=100 C=50\n job 4 3*3\n task T=100 O=5 C=9 priority=128\n"
        " job 1\n",
        " start done slice-begin ",
        "0 slice-begin 0 0 0\n0 start 0 0 0\n14 done 0 0 13\n14 slice-begin 1 0 0\n"
        "14 start 1 0 0\n15 done 1 0 1\n");
    EXPECT(
        "policy priority\n set until=20\n task T=100 C=50\n job 4 3*3\n task T=100 O=5 C=9 priority=129\n"
        " job 1\n",
        " start done slice-end ",
        "0 start 0 0 0\n5 slice-end 0 0 4\n5 start 1 0 0\n6 slice-end 1 0 1\n6 done 1 0 1\n"
        "15 slice-end 0 0 13\n15 done 0 0 13\n");
}

TEST(a_job_starts_with_its_first_fuel)
{
    EXPECT("policy edf\n set until=30\n task T=50 D=50 C=9\n job 4\n task T=50 O=2 D=10 C=9\n job 1\n",
        " start slice-begin slice-end ",
        "0 slice-begin 0 0 0\n2 slice-end 0 0 0\n2 slice-begin 1 0 0\n2 start 1 0 0\n3 slice-end 1 0 1\n"
        "3 slice-begin 0 0 0\n3 start 0 0 0\n7 slice-end 0 0 4\n");
}

TEST(time_is_idle_time_and_fuel_at_the_rate)
{
    /* 1 fuel = 2.5 ns: floor; the release at 9 leaves room for 3 fuel. */
    EXPECT("policy priority\n set until=40 ns_per_kfuel=2500\n task T=100 C=50 priority=1\n job 3*1 1*1 5*1\n"
           "task T=100 O=9 C=9 priority=2\n job 2\n",
        " start done slice-end ",
        "0 start 0 0 0\n9 slice-end 0 0 3\n9 start 1 0 0\n14 slice-end 1 0 2\n14 done 1 0 2\n"
        "29 slice-end 0 0 9\n29 done 0 0 9\n");
}

/* ---- who runs ---------------------------------------------------------------------------------------- */

TEST(cooperative_jobs_run_until_they_end_or_wait)
{
    EXPECT(
        "policy cooperative\n set until=60\n task T=60 C=99\n job 5*1 wait:10 1\n task T=60 O=1 D=5 C=99\n"
        " job 20*1\n"
        "task T=60 O=1 C=99\n job 3 yield 3\n task T=60 O=2 C=99\n job 1\n",
        ENDS,
        "0 start 0 0 0\n5 start 1 0 0\n25 done 1 0 20\n25 start 2 0 0\n28 start 3 0 0\n29 done 3 0 1\n"
        "30 done 0 0 6\n"
        "33 done 2 0 6\n");
}

TEST(round_robin_takes_the_overdraft_off_the_next_slice)
{
    /* Slices of 3: task 0 pays blocks of 5 and owes 2, 4 (a lost turn), 1, .. */
    EXPECT(
        "policy round-robin\n set until=60 quantum=3\n task T=99 C=99\n job 4*5\n task T=99 C=99\n"
        " job 12*1\n",
        " slice-end done ",
        "5 slice-end 0 0 5\n8 slice-end 1 0 3\n13 slice-end 0 0 10\n16 slice-end 1 0 6\n19 slice-end 1 0 9\n"
        "24 slice-end 0 0 15\n27 slice-end 1 0 12\n27 done 1 0 12\n32 slice-end 0 0 20\n32 done 0 0 20\n");
    EXPECT(
        "policy round-robin\n set until=60 quantum=3\n task T=99 C=99 weight=2\n job 9*1\n"
        " task T=99 C=99\n job 6*1\n",
        " slice-end ", "6 slice-end 0 0 6\n9 slice-end 1 0 3\n12 slice-end 0 0 9\n15 slice-end 1 0 6\n");
}

TEST(round_robin_passes_lost_turns_at_once)
{
    /* Both owe more than a million slices of 1. */
    EXPECT("policy round-robin\n set until=9000000 quantum=1\n task T=none C=none\n job 4000000 10*1\n"
           "task T=none C=none\n job 2000000 5*1\n",
        " done ", "6000005 done 1 0 2000005\n6000015 done 0 0 4000010\n");
}

TEST(priority_is_first_come_first_served_inside_one)
{
    EXPECT(
        "policy priority\n set until=60\n task T=99 C=99 priority=5\n job 10*1\n"
        " task T=99 O=2 C=99 priority=5\n job 4\n"
        "task T=99 O=3 C=99 priority=6\n job 2\n task T=99 O=1 C=99 priority=5\n job 4\n",
        ENDS,
        "0 start 0 0 0\n3 start 2 0 0\n5 done 2 0 2\n12 done 0 0 10\n12 start 3 0 0\n16 done 3 0 4\n"
        "16 start 1 0 0\n"
        "20 done 1 0 4\n");
}

TEST(rate_monotonic_goes_by_period_then_number)
{
    EXPECT(
        "policy rm\n set until=20\n task T=30 C=99\n job 4*1\n task T=20 O=1 C=99\n job 3*1\n"
        " task T=20 C=99\n job 3*1\n"
        "task separation=10 C=99\n job 1\n at 2 release 3\n",
        ENDS,
        "0 start 2 0 0\n1 start 1 0 0\n2 start 3 0 0\n3 done 3 0 1\n5 done 1 0 3\n7 done 2 0 3\n"
        "7 start 0 0 0\n"
        "11 done 0 0 4\n");
}

TEST(edf_goes_by_deadline_then_level_then_number)
{
    EXPECT(
        "policy edf\n set until=40\n task T=99 C=99\n job 2*1\n task T=99 D=20 C=99\n job 3\n"
        "task T=99 D=20 C=99 level=C\n job 3\n task T=99 D=20 C=99\n job 3\n task T=99 O=4 D=10 C=99\n"
        " job 1\n",
        ENDS,
        "0 start 2 0 0\n3 done 2 0 3\n4 start 4 0 0\n5 done 4 0 1\n5 start 1 0 0\n8 done 1 0 3\n"
        "8 start 3 0 0\n"
        "11 done 3 0 3\n11 start 0 0 0\n13 done 0 0 2\n");
}

TEST(bands_go_by_period_and_hold_edf_inside)
{
    const char *set = "policy rm+edf\n set until=1000 hybrid=%d\n"
                      "task T=60000000 D=50 C=99 level=B\n job 5*1\n"     /* band 2 */
                      "task T=10000000 D=900 C=99 level=B\n job 5*1\n"    /* band 0 */
                      "task T=10000000 D=800 C=99 level=D\n job 5*1\n"    /* band 0 */
                      "task T=10000000 D=9 C=99 level=A\n job 5*1\n"      /* band 4 */
                      "task T=10000000 D=5 C=99 level=QM\n job 5*1\n"     /* band 5 */
                      "task T=10000000 D=6 C=99 level=QM band=1\n job 5*1\n";
    char text[1000];
    snprintf(text, sizeof text, set, 1);
    EXPECT(text, " start ",
        "0 start 2 0 0\n5 start 1 0 0\n10 start 5 0 0\n15 start 0 0 0\n20 start 3 0 0\n25 start 4 0 0\n");
    snprintf(text, sizeof text, set, 0);
    EXPECT(text, " start ",
        "0 start 0 0 0\n5 start 2 0 0\n10 start 1 0 0\n15 start 3 0 0\n20 start 4 0 0\n25 start 5 0 0\n");
}

TEST(level_d_is_not_preempted_once_it_has_paid)
{
    const char *set = "policy edf\n set until=60\n task T=60 D=60 C=20 level=%s np=%d\n job 9*1 wait:4 3*1\n"
                      "task T=30 O=2 D=10 C=9\n job 3*1\n task T=99 O=9 D=99 C=99\n job 8*1\n";
    char text[400];
    snprintf(text, sizeof text, set, "D", 0);
    EXPECT(text, ENDS,
        "0 start 0 0 0\n9 start 1 0 0\n12 done 1 0 3\n12 start 2 0 0\n16 done 0 0 12\n23 done 2 0 8\n"
        "32 start 1 1 0\n35 done 1 1 3\n");
    snprintf(text, sizeof text, set, "QM", 1);
    EXPECT(text, " start ", "0 start 0 0 0\n9 start 1 0 0\n12 start 2 0 0\n32 start 1 1 0\n");
    snprintf(text, sizeof text, set, "C", 0);
    EXPECT(text, " start ", "0 start 0 0 0\n2 start 1 0 0\n12 start 2 0 0\n32 start 1 1 0\n");
    /* Its blocks need not fit before the releases of others, which are told behind the block. */
    set = "policy edf\n set until=20\n task T=60 D=60 C=20 level=%s\n job 3*3\n"
          "task T=30 O=2 D=90 C=9\n job 3\n";
    snprintf(text, sizeof text, set, "D");
    EXPECT(text, " start release done ",
        "0 release 0 0 0 deadline=60\n0 start 0 0 0\n2 release 1 0 0 deadline=92\n9 done 0 0 9\n"
        "9 start 1 0 0\n12 done 1 0 3\n");
    snprintf(text, sizeof text, set, "C");
    EXPECT(text, " done ", "11 done 0 0 9\n14 done 1 0 3\n");
}

/* ---- budgets ----------------------------------------------------------------------------------------- */

TEST(an_overrun_stops_the_job_before_the_block_that_does_not_fit)
{
    EXPECT("policy edf\n set until=30\n task T=20 D=20 C=5\n job 2*2 2*2\n", " overrun abort release miss ",
        "0 release 0 0 0 deadline=20\n4 overrun 0 0 4\n4 abort 0 0 4 overrun\n20 release 0 1 0 deadline=40\n"
        "24 overrun 0 1 4\n24 abort 0 1 4 overrun\n");
    EXPECT("policy edf\n set until=15\n task T=20 D=20 C=5 on_overrun=trap\n job 6*1\n", " overrun failed ",
        "5 overrun 0 0 5\n5 failed 0 0 5 overrun\n");
}

TEST(a_suspended_job_is_continued_by_the_next_release)
{
    EXPECT("policy edf\n set until=60\n task T=20 D=10 C=5 on_overrun=suspend\n job 12*1\n job 1\n",
        " overrun suspend continue release done miss ",
        "0 release 0 0 0 deadline=10\n5 overrun 0 0 5\n5 suspend 0 0 5 overrun\n10 miss 0 0 5\n"
        "20 continue 0 0 5 number=1 deadline=30\n25 overrun 0 0 10\n25 suspend 0 0 10 overrun\n"
        "30 miss 0 0 10\n"
        "40 continue 0 0 10 number=2 deadline=50\n42 done 0 0 12\n");
}

TEST(an_extension_is_granted_once_in_a_job)
{
    EXPECT("policy edf\n set until=60\n task T=30 D=30 C=5 on_overrun=extend:50\n job 7*1\n job 9*1\n",
        " overrun abort done ",
        "5 overrun 0 0 5\n7 done 0 0 7\n35 overrun 0 1 5\n37 overrun 0 1 7\n37 abort 0 1 7 overrun\n");
}

TEST(without_enforcement_an_overrun_is_only_said_once)
{
    EXPECT("policy edf\n set until=60\n task T=30 D=30 C=5,9 level=B enforce=0\n job 20*1\n",
        " overrun mode done ", "5 overrun 0 0 5\n20 done 0 0 20\n35 overrun 0 1 5\n50 done 0 1 20\n");
    EXPECT("policy edf\n set until=20 mode_switching=0\n task T=30 D=30 C=5,9 level=C enforce=0\n job 20*1\n",
        " overrun abort ", "5 overrun 0 0 5\n5 abort 0 0 5 overrun\n");
}

TEST(a_budget_is_asked_before_an_equal_horizon)
{
    EXPECT(
        "policy priority\n set until=9\n task T=9 C=5 priority=1\n job 5 1\n task T=9 O=5 C=9 priority=2\n"
        " job 1\n",
        " overrun release abort ",
        "0 release 0 0 0 deadline=none\n5 overrun 0 0 5\n5 abort 0 0 5 overrun\n"
        "5 release 1 0 0 deadline=none\n");
}

/* ---- modes ------------------------------------------------------------------------------------------- */

TEST(an_overrun_raises_to_the_lowest_mode_with_more)
{
    EXPECT(
        "policy edf\n set until=39\n task T=40 D=40 C=5,5,9 level=C\n job 8*1\n"
        " task T=40 D=30 O=1 C=9 level=B\n job 1 9*1\n"
        "task T=40 D=35 C=9 level=A\n job 4\n",
        " overrun mode suspend abort done ",
        "10 overrun 1 0 9\n10 abort 1 0 9 overrun\n14 done 2 0 4\n19 overrun 0 0 5\n"
        "19 mode 0 0 5 normal critical overrun\n"
        "22 done 0 0 8\n");
}

TEST(misses_of_level_b_and_above_raise_the_mode)
{
    /* Threshold 1: two misses in ten hyperperiods raise to high, the third one after that to critical. */
    EXPECT(
        "policy edf\n set until=200 return_after=1000\n task T=20 D=5 C=99 level=B on_late=skip\n job 6*1\n",
        " miss mode suspend ",
        "5 miss 0 0 5\n25 miss 0 1 5\n25 mode 0 1 5 normal high miss\n45 miss 0 2 5\n65 miss 0 3 5\n"
        "85 miss 0 4 5\n"
        "85 mode 0 4 5 high critical miss\n85 suspend 0 4 5 mode\n");
    EXPECT("policy edf\n set until=100\n task T=20 D=5 C=99 level=A on_late=skip\n job 6*1\n", " mode ", "");
    EXPECT(
        "policy edf\n set until=100 mode_switching=0\n task T=20 D=5 C=99 level=B\n job 6*1\n", " mode ", "");
    EXPECT("policy edf\n set until=10 miss_threshold=0\n task T=20 D=5 C=99 level=C\n job 6*1\n", " mode ",
        "5 mode 0 0 5 normal critical miss\n");
    /* Ten hyperperiods later the first miss is forgotten. */
    EXPECT(
        "policy edf\n set until=400\n task T=10 D=5 C=99 level=B on_late=skip\n job 6*1\n job 1\n job 1\n"
        " job 1\n job 1\n"
        "job 1\n job 1\n job 1\n job 1\n job 1\n job 6*1\n job 1\n job 1\n job 1\n job 1\n job 1\n job 1\n"
        " job 1\n job 1\n"
        "job 6*1\n job 1\n job 1\n job 1\n job 1\n job 1\n job 1\n job 1\n job 1\n",
        " miss mode ",
        "5 miss 0 0 5\n105 miss 0 10 5\n195 miss 0 19 5\n195 mode 0 19 5 normal high miss\n"
        "285 miss 0 28 5\n385 miss 0 38 5\n");
}

TEST(a_dropped_task_suspends_aborts_or_degrades)
{
    EXPECT("policy priority\n set until=100\n task T=20 C=99 level=QM priority=9\n job 12*1\n"
           "task T=20 C=99 level=A on_drop=abort priority=8\n job 12*1\n"
           "task T=20 C=99 level=QM on_drop=degrade:2 priority=7 on_late=skip\n job 2*1\n"
           "task T=20 C=99 level=A on_late=queue priority=6\n job 99*1\n"
           "at 2 mode high\n",
        " mode suspend abort skip continue release done ",
        "0 release 0 0 0 deadline=none\n0 release 1 0 0 deadline=none\n0 release 2 0 0 deadline=none\n"
        "0 release 3 0 0 deadline=none\n2 mode - - 0 normal high host\n2 suspend 0 0 2 mode\n"
        "2 abort 1 0 0 mode\n"
        "2 suspend 3 0 0 mode\n4 done 2 0 2\n20 skip 0 1 0\n20 skip 1 1 0\n20 skip 2 1 0\n20 skip 3 1 0\n"
        "40 skip 0 2 0\n"
        "40 skip 1 2 0\n40 release 2 2 0 deadline=none\n40 skip 3 2 0\n42 done 2 2 2\n60 skip 0 3 0\n"
        "60 skip 1 3 0\n"
        "60 skip 2 3 0\n60 skip 3 3 0\n80 skip 0 4 0\n80 skip 1 4 0\n80 release 2 4 0 deadline=none\n"
        "80 skip 3 4 0\n"
        "82 done 2 4 2\n");
}

TEST(a_dropped_job_goes_on_with_the_first_release_after_the_return)
{
    /* Two hyperperiods of 20 after the overrun at 4; nothing of the kept task is unfinished then. */
    EXPECT("policy edf\n set until=90 return_after=2\n task T=20 D=20 C=9 level=QM\n job 6*1\n"
           "task T=20 D=10 C=4,8 level=C\n job 5*1\n job 1\n job 1\n job 1\n job 1\n",
        " mode suspend continue done miss ",
        "4 mode 1 0 4 normal high overrun\n4 suspend 0 0 0 mode\n5 done 1 0 5\n21 done 1 1 1\n41 done 1 2 1\n"
        "44 mode - - 0 high normal quiet\n60 continue 0 0 0 number=3 deadline=80\n61 done 1 3 1\n"
        "67 done 0 0 6\n"
        "81 done 1 4 1\n87 done 0 4 6\n");
    /* The kept job is unfinished when the wait is over: the return is at its end. */
    EXPECT("policy edf\n set until=70 return_after=2\n task T=20 D=20 C=9 level=QM\n job 6*1\n"
           "task T=20 D=20 C=4,8 level=C\n job 5*1\n job 1\n job 8*1\n",
        " mode done ", "4 mode 1 0 4 normal high overrun\n5 done 1 0 5\n21 done 1 1 1\n48 done 1 2 8\n"
                       "48 mode - - 0 high normal quiet\n64 mode 1 3 4 normal high overrun\n65 done 1 3 5\n");
}

TEST(a_miss_or_overrun_of_a_kept_task_begins_the_wait_again)
{
    EXPECT(
        "policy edf\n set until=90 return_after=2 miss_threshold=9\n"
        "task T=20 D=10 C=4,8 level=C\n job 5*1\n job 1\n job 11*1\n job 1\n job 1\n"
        " task T=20 C=1 level=B\n job 1\n",
        " mode overrun ",
        "4 overrun 0 0 4\n4 mode 0 0 4 normal high overrun\n48 overrun 0 2 8\n"
        "88 mode - - 0 high normal quiet\n");
}

TEST(one_mode_is_left_at_a_time)
{
    /* The end of the wait, 21, is an event: the block of 4 does not fit before it. */
    EXPECT(
        "policy edf\n set until=70 return_after=1\n task T=20 D=20 C=4 level=C\n job 4\n"
        " at 1 mode critical\n",
        " mode ",
        "1 mode - - 0 normal critical host\n25 mode - - 0 critical high quiet\n"
        "45 mode - - 0 high normal quiet\n");
}

TEST(the_host_lowers_the_mode_when_no_kept_job_is_unfinished)
{
    EXPECT(
        "policy edf\n set until=70 mode_switching=0\n task T=20 D=20 C=4,9 level=C\n job 4*1\n job 6*1\n"
        " at 1 mode critical\n"
        "at 3 mode normal\n at 5 mode normal\n",
        " mode overrun abort ",
        "1 mode - - 0 normal critical host\n3 refused - - 0\n5 mode - - 0 critical normal host\n"
        "24 overrun 0 1 4\n24 abort 0 1 4 overrun\n64 overrun 0 3 4\n64 abort 0 3 4 overrun\n");
}

TEST(a_job_that_is_not_to_be_preempted_finishes_first)
{
    EXPECT(
        "policy edf\n set until=15\n task T=20 D=20 C=9 np=1\n job 7*1\n task T=20 O=2 D=5 C=2 level=C\n"
        " job 2\n"
        "at 3 mode high\n",
        " mode start done miss suspend ",
        "0 start 0 0 0\n3 mode - - 0 normal high host\n7 done 0 0 7\n7 miss 1 0 0\n"
        "7 start 1 0 0\n9 done 1 0 2\n");
    /* It waits: there it is dropped. Its deadline at 6 no longer counts. */
    EXPECT(
        "policy edf\n set until=15\n task T=20 D=6 C=20 np=1 on_drop=abort\n job 4*1 wait:9 1\n"
        " at 3 mode high\n",
        " mode start done miss abort suspend ",
        "0 start 0 0 0\n3 mode - - 0 normal high host\n4 abort 0 0 4 mode\n");
}

/* ---- locks ------------------------------------------------------------------------------------------- */

TEST(inheritance_bounds_an_inversion)
{
    const char *set =
        "policy %s\n set until=400 protocol=%s\n task T=1000 D=900 C=99 priority=1\n"
        " job 2 lock:7 10*1 unlock:7 3*1\n"
        "task T=900 O=5 D=500 C=200 priority=2\n job 100*1\n"
        "task T=800 O=4 D=300 C=99 priority=3\n job 1 lock:7 2 unlock:7 1\n";
    static const char *const policies[] = { "priority", "rm", "edf", "rm+edf" };
    char text[600];
    for (size_t i = 0; i < WRT_COUNT(policies); i++) {
        snprintf(text, sizeof text, set, policies[i], "inheritance");
        EXPECT(text, " done ", "16 done 2 0 4\n116 done 1 0 100\n119 done 0 0 15\n");
        snprintf(text, sizeof text, set, policies[i], "none");
        EXPECT(text, " done ", "105 done 1 0 100\n116 done 2 0 4\n119 done 0 0 15\n");
    }
}

/* A chain of eight: each waits for the one below; the lowest runs with the rank of the highest. */
TEST(inheritance_goes_through_a_chain)
{
    char text[2000];
    size_t n = (size_t)snprintf(text, sizeof text, "policy priority\n set until=4000 protocol=inheritance\n"
                                                   "task T=9000 C=99 priority=1\n job lock:1 10*1\n");
    for (int i = 1; i < 8; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n,
            "task T=9000 O=%d C=99 priority=%d\n job lock:%d 0*1 1 lock:%d 1\n", i, 1 + i, 1 + i, i);
    }
    snprintf(text + n, sizeof text - n, "task T=9000 O=8 C=900 priority=7\n job 500*1\n");
    /* Section of 10, the ones of seven tasks: 10 + 7 + 7 before the spinning task of priority 7, but for the
     * two highest. */
    EXPECT(text, " done ",
        "17 done 0 0 10\n18 done 1 0 2\n19 done 2 0 2\n20 done 3 0 2\n21 done 4 0 2\n22 done 5 0 2\n"
        "23 done 6 0 2\n24 done 7 0 2\n524 done 8 0 500\n");
}

TEST(a_cycle_of_waits_ends_as_a_deadlock)
{
    EXPECT("policy priority\n set until=50\n task T=99 C=99 priority=1\n job 1 lock:1 4*1 lock:2 1\n"
           "task T=99 O=3 C=99 priority=2\n job 1 lock:2 1 lock:1 1\n",
        " done failed ", "7 deadlock 0 0 0\n7 failed 0 0 5 report\n8 done 1 0 3\n");
}

TEST(tasks_of_one_instance_exclude_each_other)
{
    EXPECT(
        "policy priority\n set until=50\n task T=99 C=99 priority=1 instance=3\n job 9*1\n"
        " task T=99 O=2 C=99 priority=3 instance=3\n job 1\n"
        "task T=99 O=3 C=99 priority=2\n job 5*1\n",
        ENDS, "0 start 0 0 0\n9 done 0 0 9\n9 start 1 0 0\n10 done 1 0 1\n10 start 2 0 0\n15 done 2 0 5\n");
    EXPECT(
        "policy round-robin\n set until=50 quantum=2\n task T=99 C=99 instance=3\n job 3*1\n"
        " task T=99 C=99 instance=3\n job 1\n"
        "task T=99 C=99\n job 3*1\n",
        ENDS, "0 start 0 0 0\n2 start 2 0 0\n5 done 0 0 3\n6 done 2 0 3\n6 start 1 0 0\n7 done 1 0 1\n");
}

TEST(a_ceiling_is_lent_at_once)
{
    const char *set =
        "policy %s\n set until=400 protocol=%s\n task T=1000 C=99 priority=1\n uses 7\n"
        " job 2 lock:7 10*1 unlock:7 3*1\n"
        "task T=900 O=5 C=200 priority=2\n job 20*1\n"
        "task T=800 C=99 O=50 priority=3\n uses 7\n job 1\n";
    static const char *const policies[] = { "priority", "rm" };
    char text[600];
    for (size_t i = 0; i < WRT_COUNT(policies); i++) {
        snprintf(text, sizeof text, set, policies[i], "ceiling");
        EXPECT(text, ENDS,
            "0 start 0 0 0\n12 start 1 0 0\n32 done 1 0 20\n35 done 0 0 15\n50 start 2 0 0\n51 done 2 0 1\n");
        snprintf(text, sizeof text, set, policies[i], "inheritance");
        EXPECT(text, ENDS,
            "0 start 0 0 0\n5 start 1 0 0\n25 done 1 0 20\n35 done 0 0 15\n50 start 2 0 0\n51 done 2 0 1\n");
    }
}

TEST(under_edf_a_ceiling_keeps_jobs_from_starting)
{
    const char *set =
        "policy edf\n set until=90 protocol=%s\n task T=100 D=90 C=99\n uses 7\n"
        " job 2 lock:7 10*1 unlock:7 3*1\n"
        "task T=100 O=4 D=30 C=99\n job 5*1\n" /* level 30: not above the ceiling 20 */
        "task T=100 O=5 D=10 C=99\n job 2*1\n" /* level 10: above it */
        "task T=100 O=40 D=20 C=99\n uses 7\n job lock:7 1 unlock:7\n";
    char text[600];
    snprintf(text, sizeof text, set, "ceiling");
    EXPECT(text, ENDS,
        "0 start 0 0 0\n5 start 2 0 0\n7 done 2 0 2\n14 start 1 0 0\n19 done 1 0 5\n22 done 0 0 15\n"
        "40 start 3 0 0\n41 done 3 0 1\n");
    snprintf(text, sizeof text, set, "inheritance");
    EXPECT(text, " start ", "0 start 0 0 0\n4 start 1 0 0\n5 start 2 0 0\n40 start 3 0 0\n");
}

TEST(a_dropped_job_leaves_an_instance_that_a_kept_one_needs)
{
    EXPECT(
        "policy priority\n set until=60\n task T=99 C=99 level=QM priority=1\n"
        " job 2 lock:7 10*1 unlock:7 9*1\n"
        "task T=99 O=6 C=99 level=C priority=3\n job 1 lock:7 2 unlock:7 1\n"
        " task T=99 O=6 C=99 level=C priority=2\n job 20*1\n"
        "at 4 mode high\n",
        " suspend start done slice-begin ",
        "0 slice-begin 0 0 0\n0 start 0 0 0\n4 suspend 0 0 4 mode\n6 slice-begin 1 0 0\n"
        "6 start 1 0 0\n7 slice-begin 0 0 4\n15 slice-begin 1 0 1\n18 done 1 0 4\n"
        "18 slice-begin 2 0 0\n18 start 2 0 0\n38 done 2 0 20\n");
}

/* ---- servers ----------------------------------------------------------------------------------------- */

TEST(a_constant_bandwidth_server_bounds_its_members)
{
    /* Q 3, P 10: exhausted at 3, back at d = 10, then 20. The neighbour loses nothing. */
    EXPECT("policy edf\n set until=30\n server kind=cbs Q=3 P=10\n task T=50 D=50 C=99 server=0\n job 7*1\n"
           "task T=10 D=10 O=1 C=9\n job 6*1\n",
        " exhausted replenished done miss ",
        "3 exhausted 0 0 3 server=0\n9 done 1 0 6\n10 replenished - - 3 server=0 holds=3\n"
        "13 exhausted 0 0 6 server=0\n19 done 1 1 6\n20 replenished - - 3 server=0 holds=3\n"
        "21 done 0 0 7\n27 done 1 2 6\n");
}

TEST(a_waking_server_gets_a_new_deadline_only_when_its_rest_is_too_dense)
{
    /* After 1 of 4 by t = 1, d = 10. At 2: 3 * 10 >= 8 * 4 is false, q stays 3. At 3: 3 * 10 >= 7 * 4: q = 4,
     * d = 13. */
    const char *set =
        "policy edf\n set until=30\n server kind=cbs Q=4 P=10\n task separation=1 C=99 server=0\n job 1\n"
        " job 5*1\n"
        "at 0 release 0\n at %d release 0\n";
    char text[300];
    snprintf(text, sizeof text, set, 2);
    EXPECT(text, " exhausted replenished done ",
        "1 done 0 0 1\n5 exhausted 0 1 3 server=0\n10 replenished - - 4 server=0 holds=4\n"
        "12 done 0 1 5\n");
    snprintf(text, sizeof text, set, 3);
    EXPECT(text, " exhausted replenished done ",
        "1 done 0 0 1\n7 exhausted 0 1 4 server=0\n13 replenished - - 4 server=0 holds=4\n"
        "14 done 0 1 5\n");
}

TEST(a_sporadic_server_gets_back_what_was_spent_a_period_later)
{
    /* Q 4, P 10. Spans: 0..2 spends 2, back at 10; 5..7 spends 2 and is exhausted, back at 15. */
    EXPECT(
        "policy priority\n set until=30\n server kind=sporadic Q=4 P=10 priority=9\n"
        " task separation=1 C=99 server=0\n"
        "job 2\n job 7*1\n at 0 release 0\n at 5 release 0\n",
        " exhausted replenished done ",
        "2 done 0 0 2\n7 exhausted 0 1 2 server=0\n10 replenished - - 2 server=0 holds=2\n"
        "12 exhausted 0 1 4 server=0\n"
        "15 replenished - - 2 server=0 holds=2\n17 exhausted 0 1 6 server=0\n"
        "20 replenished - - 2 server=0 holds=2\n21 done 0 1 7\n"
        "25 replenished - - 3 server=0 holds=3\n");
}

TEST(a_ninth_replenishment_is_merged_at_the_later_date)
{
    EXPECT(
        "policy priority\n set until=130\n server kind=sporadic Q=20 P=100 priority=9\n"
        " task separation=1 C=99 server=0\n job 1\n"
        "at 0 release 0\n at 2 release 0\n at 4 release 0\n at 6 release 0\n at 8 release 0\n"
        " at 10 release 0\n at 12 release 0\n"
        "at 14 release 0\n at 16 release 0\n at 18 release 0\n",
        " replenished ",
        "100 replenished - - 11 server=0 holds=11\n102 replenished - - 12 server=0 holds=12\n"
        "104 replenished - - 13 server=0 holds=13\n"
        "106 replenished - - 14 server=0 holds=14\n108 replenished - - 15 server=0 holds=15\n"
        "110 replenished - - 16 server=0 holds=16\n"
        "112 replenished - - 17 server=0 holds=17\n118 replenished - - 20 server=0 holds=20\n");
}

TEST(a_block_larger_than_a_server_is_tried_once_in_a_period)
{
    EXPECT(
        "policy priority\n set until=25\n server kind=sporadic Q=4 P=10 priority=9\n"
        " task T=100 C=99 server=0\n job 5\n",
        " exhausted replenished ",
        "0 exhausted 0 0 0 server=0\n10 replenished - - 4 server=0 holds=4\n10 exhausted 0 0 0 server=0\n"
        "20 replenished - - 4 server=0 holds=4\n20 exhausted 0 0 0 server=0\n");
}

TEST(the_rank_of_members_is_the_servers)
{
    EXPECT(
        "policy priority\n set until=50\n server kind=sporadic Q=9 P=50 priority=5\n"
        " task T=99 C=99 server=0 priority=1\n job 3*1\n"
        "task T=99 C=99 server=0 priority=9\n job 3*1\n task T=99 C=99 priority=4\n job 3*1\n"
        " task T=99 C=99 priority=6\n job 3*1\n",
        " start ", "0 start 3 0 0\n3 start 0 0 0\n6 start 1 0 0\n9 start 2 0 0\n");
    EXPECT(
        "policy edf\n set until=50\n server kind=cbs Q=9 P=20\n task T=99 D=5 C=99 server=0\n job 3*1\n"
        "task T=99 D=4 C=99 server=0\n job 3*1\n task T=99 D=21 C=99\n job 3*1\n task T=99 D=20 C=99\n"
        " job 3*1\n",
        " start miss ",
        "0 start 3 0 0\n3 start 0 0 0\n4 miss 1 0 0\n5 miss 0 0 2\n6 start 1 0 0\n9 start 2 0 0\n");
}

/* ---- table ------------------------------------------------------------------------------------------- */

TEST(a_table_decides_who_runs)
{
    EXPECT(
        "policy time-triggered\n set until=45 mode_switching=0\n task C=9 level=C\n job 3*1\n job 8*1\n"
        " task C=99 level=D on_late=skip\n job 7*1\n"
        "task T=100 C=99\n job 30*1\n slot 0 5 0\n slot 5 5 1\n slot 12 5 0\n cycle 20\n",
        " release slice-begin done abort skip miss ",
        "0 release 2 0 0 deadline=none\n0 release 0 0 0 deadline=5\n0 slice-begin 0 0 0\n3 done 0 0 3\n"
        "3 slice-begin 2 0 0\n"
        "5 release 1 0 0 deadline=10\n5 slice-begin 1 0 0\n10 miss 1 0 5\n10 slice-begin 2 0 2\n"
        "12 release 0 1 0 deadline=17\n"
        "12 slice-begin 0 1 0\n17 miss 0 1 5\n17 slice-begin 2 0 4\n20 abort 0 1 5 late\n"
        "20 release 0 2 0 deadline=25\n"
        "20 slice-begin 0 2 0\n23 done 0 2 3\n23 slice-begin 2 0 7\n25 skip 1 1 0\n25 slice-begin 1 0 5\n"
        "27 done 1 0 7\n"
        "27 slice-begin 2 0 9\n32 release 0 3 0 deadline=37\n32 slice-begin 0 3 0\n37 miss 0 3 5\n"
        "37 slice-begin 2 0 14\n"
        "40 abort 0 3 5 late\n40 release 0 4 0 deadline=45\n40 slice-begin 0 4 0\n43 done 0 4 3\n"
        "43 slice-begin 2 0 17\n");
}

TEST(a_table_slot_ends_no_deadline_that_the_task_names)
{
    EXPECT("policy time-triggered\n set until=9 mode_switching=0\n task D=3 C=9 level=C\n job 4*1\n"
           "slot 0 5 0\n cycle 20\n",
        " miss done ", "3 miss 0 0 3\n4 done 0 0 4\n");
}

/* ---- where two rules meet ---------------------------------------------------------------------------- */

TEST(a_slice_that_is_used_up_ends_also_before_an_event_and_after_an_overrun)
{
    /* At 3 the block of 9 does not fit before the release at 5; task 1 has a block that does. */
    EXPECT("policy round-robin\n set until=30 quantum=3\n task T=99 C=99\n job 3 9\n task T=99 C=99\n job 1\n"
           "task T=99 O=5 C=9\n job 1\n",
        " slice-end start ",
        "0 start 0 0 0\n3 slice-end 0 0 3\n3 start 1 0 0\n4 slice-end 1 0 1\n14 slice-end 0 0 12\n"
        "14 start 2 0 0\n15 slice-end 2 0 1\n");
    EXPECT("policy round-robin\n set until=30 quantum=3\n task T=99 C=3 on_overrun=extend:100\n job 2*3\n"
           "task T=99 C=99\n job 1\n task T=99 O=3 C=9\n job 1\n",
        " slice-end overrun release ",
        "0 release 0 0 0 deadline=none\n0 release 1 0 0 deadline=none\n3 overrun 0 0 3\n"
        "3 release 2 0 0 deadline=none\n3 slice-end 0 0 3\n4 slice-end 1 0 1\n5 slice-end 2 0 1\n"
        "8 slice-end 0 0 6\n");
}

TEST(of_equal_limits_the_budget_comes_before_the_server)
{
    EXPECT("policy edf\n set until=9\n server kind=cbs Q=5 P=10\n task T=20 D=20 C=5 server=0\n job 6*1\n",
        " overrun exhausted ", "5 overrun 0 0 5\n");
}

TEST(replenishments_come_before_releases_of_their_time)
{
    EXPECT("policy edf\n set until=11\n server kind=cbs Q=3 P=10\n task T=10 D=10 C=9 server=0\n job 4*1\n",
        " exhausted replenished miss abort release ",
        "0 release 0 0 0 deadline=10\n3 exhausted 0 0 3 server=0\n10 miss 0 0 3\n"
        "10 replenished - - 3 server=0 holds=3\n10 abort 0 0 3 late\n10 release 0 1 0 deadline=20\n");
}

TEST(a_lent_rank_of_the_same_priority_does_not_preempt)
{
    /* Task 0 waits for the host inside the instance; task 1 waits for it since before task 2 became ready. */
    EXPECT(
        "policy priority\n set until=60\n task T=99 C=99 priority=1\n job 1 lock:7 1 wait:10 1 unlock:7 1\n"
        "task T=99 O=1 C=99 priority=5\n job 1 lock:7 1\n task T=99 O=5 C=99 priority=5\n job 20*1\n",
        " done ", "25 done 2 0 20\n27 done 1 0 2\n28 done 0 0 4\n");
}

TEST(a_dropped_job_is_the_last_to_get_an_instance)
{
    const char *set =
        "policy priority\n set until=90 protocol=%s\n task T=99 C=99 level=C priority=1\n job lock:7 30*1\n"
        "task T=99 O=2 C=99 level=QM priority=9\n job lock:7 4*1\n"
        "task T=99 O=3 C=99 level=C priority=8\n job lock:7 5*1\n at 5 mode high\n";
    char text[400];
    for (int lends = 0; lends < 2; lends++) {
        snprintf(text, sizeof text, set, lends ? "inheritance" : "none");
        EXPECT(text, " done suspend ", "5 suspend 1 0 0 mode\n30 done 0 0 30\n35 done 2 0 5\n");
    }
}

TEST(a_dropped_job_that_has_not_begun_gives_its_instance_up)
{
    /* Task 1 waits for the instance when it is dropped; task 2 comes later and needs it. */
    EXPECT("policy priority\n set until=90\n task T=99 C=99 level=C priority=1 instance=3\n job 10*1\n"
           "task T=99 O=2 C=99 level=QM priority=9 instance=3\n job 40*1\n"
           "task T=99 O=20 C=99 level=C priority=8 instance=3\n job 5*1\n at 5 mode high\n",
        " start done suspend ",
        "0 start 0 0 0\n5 suspend 1 0 0 mode\n10 done 0 0 10\n20 start 2 0 0\n25 done 2 0 5\n");
    /* It has been handed the instance at 10, but another one runs. */
    EXPECT("policy priority\n set until=90\n task T=99 C=99 level=C priority=1 instance=3\n job 10*1\n"
           "task T=99 O=2 C=99 level=QM priority=5 instance=3\n job 40*1\n"
           "task T=99 O=10 C=99 level=C priority=9\n job 10*1\n"
           "task T=99 O=12 C=99 level=C priority=8 instance=3\n job 5*1\n at 17 mode high\n",
        " start done suspend ",
        "0 start 0 0 0\n10 done 0 0 10\n10 start 2 0 0\n17 suspend 1 0 0 mode\n20 done 2 0 10\n"
        "20 start 3 0 0\n"
        "25 done 3 0 5\n");
}

TEST(a_queued_job_is_dropped_with_its_task)
{
    EXPECT("policy edf\n set until=30\n task T=10 D=10 C=99 on_late=queue\n job 15*1\n at 12 mode high\n",
        " release skip suspend ", "0 release 0 0 0 deadline=10\n10 release 0 1 0 deadline=20\n12 skip 0 1 0\n"
                                 "12 suspend 0 0 12 mode\n20 skip 0 2 0\n");
}

TEST(a_job_that_only_finishes_does_not_miss)
{
    EXPECT("policy edf\n set until=15\n task T=20 D=5 C=9 np=1\n job 7*1\n at 3 mode high\n", " done miss ",
        "7 done 0 0 7\n");
}

TEST(a_ceiling_falls_when_the_job_ends)
{
    EXPECT("policy edf\n set until=60 protocol=ceiling\n task T=99 D=90 C=99 instance=3\n job 10*1\n"
           "task T=99 O=50 D=20 C=99 instance=3\n job 1\n task T=99 O=2 D=30 C=99\n job 3*1\n",
        " start done ",
        "0 start 0 0 0\n10 done 0 0 10\n10 start 2 0 0\n13 done 2 0 3\n50 start 1 0 0\n51 done 1 0 1\n");
}

TEST(longer_periods_are_in_later_bands)
{
    EXPECT("policy rm+edf\n set until=60\n task T=300000000 D=20 C=99 level=B\n job 3*1\n"
           "task T=200000000 D=900 C=99 level=B\n job 3*1\n task T=50000000 D=950 C=99 level=B\n job 3*1\n",
        " start ", "0 start 2 0 0\n3 start 1 0 0\n6 start 0 0 0\n");
}

/* Random sets with nested sections in any order, no waits for the host: does a job ever close a cycle? */
static uint32_t deadlocks_of(const char *policy, const char *protocol, uint64_t seed)
{
    char set[4000], *text = NULL;
    const char *at = set;
    size_t n, bytes;
    uint64_t r = seed;
    uint32_t found = 0;
    FILE *file = open_memstream(&text, &bytes);
    n = (size_t)snprintf(
        set, sizeof set, "policy %s\n set until=3000 protocol=%s mode_switching=0\n", policy, protocol);
    for (int i = 0; i < 5; i++) {
        unsigned a = (unsigned)(test_random(&r) % 3), b = (a + 1 + (unsigned)(test_random(&r) % 2)) % 3;
        unsigned period = 60 + (unsigned)(test_random(&r) % 90);
        n += (size_t)snprintf(set + n, sizeof set - n,
            "task T=%u D=%u O=%u C=99 priority=%d on_late=skip\n uses %u %u\n"
            "job 2*%u lock:%u 3*2 lock:%u 2*2 unlock:%u 1 unlock:%u 2\n",
            period, period, (unsigned)(test_random(&r) % 40), i, a, b, 1 + (unsigned)(test_random(&r) % 3), a,
            b, b, a);
    }
    audit = true;
    shown = " failed ";
    world_run(file, next_line, &at);
    fclose(file);
    for (const char *p = text; (p = strstr(p, "deadlock")) != NULL; p++) found++;
    free(text);
    world_forget();
    return found;
}

TEST(ceilings_exclude_deadlocks)
{
    static const char *const policies[] = { "priority", "rm", "edf", "rm+edf" };
    for (size_t i = 0; i < WRT_COUNT(policies); i++) {
        uint32_t without = 0;
        for (uint64_t seed = 1; seed <= 60; seed++) {
            CONTEXT("%s, seed %u", policies[i], (unsigned)seed);
            CHECK_EQ(deadlocks_of(policies[i], "ceiling", seed), 0);
            without += deadlocks_of(policies[i], "inheritance", seed);
        }
        CHECK(without > 0);
    }
}
