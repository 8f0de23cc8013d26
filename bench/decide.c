/* decide: what a decision of the real-time schedule (src/sched) costs with many ready jobs, in CPU time.
 *
 *   decide [TASKS]         2048
 *
 * Prints lines `name value`, nanoseconds; the least of several rounds:
 *   decide_POLICY_end_ns        a job ends, its task is released again by the host and is ready, the next job
 * is chosen: report, release, poll (all news), pick decide_POLICY_switch_ns     the job that runs waits,
 * another one wakes up, the next one is chosen decide_POLICY_look_ns       the job that runs goes on: report,
 * poll, pick decide_POLICY_choice_ns     the choice alone: the chosen job leaves the ready jobs and one
 * enters them */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "sched/rt.h"

enum { ROUNDS = 7, STEPS = 200000 };

static struct wrt__rt *rt;
static uint32_t tasks = 2048;
static uint64_t state = 88172645463325252u;

static uint64_t random_next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void need(bool ok, const char *what)
{
    if (ok) return;
    fprintf(stderr, "decide: %s\n", what);
    exit(1);
}

static void settle(uint64_t now)
{
    struct wrt__rt_news news;
    while (wrt__rt_poll(rt, now, &news)) {}
}

/* All tasks ready; deadlines far away. */
static void *make(enum wrt__rt_policy policy)
{
    struct wrt__rt_opts o;
    wrt_error err;
    void *memory;
    wrt__rt_opts_init(&o);
    o.policy = (uint8_t)policy;
    o.tasks_max = tasks;
    memory = aligned_alloc(64, (wrt__rt_size(&o) + 63) & ~(size_t)63);
    need(memory && wrt__rt_init(&rt, &o, memory, wrt__rt_size(&o), &err) == WRT_OK, "no memory");
    for (uint32_t i = 0; i < tasks; i++) {
        struct wrt__rt_task_opts t;
        uint32_t n;
        wrt__rt_task_opts_init(&t);
        t.level = (uint8_t)(random_next() % WRT__RT_LEVELS);
        t.priority = (uint8_t)random_next();
        t.deadline_ns = (UINT64_C(1) << 50) + random_next() % 100000000;
        t.level = WRT__RT_B;
        need(wrt__rt_add(rt, &t, &n, &err) == WRT_OK, "a task");
    }
    need(wrt__rt_start(rt, 0, &err) == WRT_OK, "the start");
    for (uint32_t i = 0; i < tasks; i++) need(wrt__rt_release(rt, i, 0) == WRT_OK, "a release");
    settle(0);
    return memory;
}

static double time_end(uint64_t *now)
{
    struct wrt__rt_pick pick;
    double t = cpu_ns();
    for (int i = 0; i < STEPS; i++) {
        *now += 1000;
        need(wrt__rt_pick(rt, &pick), "nobody is ready");
        wrt__rt_report(rt, WRT__RT_DONE, 100, *now);
        wrt__rt_release(rt, pick.task, *now);
        settle(*now);
    }
    return (cpu_ns() - t) / (double)STEPS;
}

static double time_switch(uint64_t *now)
{
    struct wrt__rt_pick pick;
    uint32_t waits = WRT__RT_NONE;
    double t = cpu_ns();
    for (int i = 0; i < STEPS; i++) {
        *now += 1000;
        need(wrt__rt_pick(rt, &pick), "nobody is ready");
        wrt__rt_report(rt, WRT__RT_WAITING, 100, *now);
        if (waits != WRT__RT_NONE) wrt__rt_wake(rt, waits, *now);
        waits = pick.task;
        settle(*now);
    }
    t = (cpu_ns() - t) / (double)STEPS;
    wrt__rt_wake(rt, waits, *now);
    settle(*now);
    return t;
}

static double time_look(uint64_t *now)
{
    struct wrt__rt_pick pick;
    double t = cpu_ns();
    for (int i = 0; i < STEPS; i++) {
        *now += 1000;
        need(wrt__rt_pick(rt, &pick), "nobody is ready");
        wrt__rt_report(rt, WRT__RT_STILL, 100, *now);
        settle(*now);
    }
    return (cpu_ns() - t) / (double)STEPS;
}

static double time_choice(enum wrt__rt_policy policy)
{
    double t = cpu_ns();
    for (int i = 0; i < STEPS; i++) {
        uint32_t who = rt->ready.items[0].who;
        struct rt_task *task = &rt->tasks[who];
        struct rt_rank rank;
        wrt__rt_heap_remove(&rt->ready, who);
        task->order = ++rt->orders;
        task->job.deadline += random_next() % 1000000;
        if (policy == WRT__RT_PRIORITY) task->o.priority = (uint8_t)random_next();
        rank = wrt__rt_rank(rt, task);
        wrt__rt_heap_set(&rt->ready, who, &rank);
    }
    return (cpu_ns() - t) / (double)STEPS;
}

static void measure(enum wrt__rt_policy policy, const char *name)
{
    double best[4] = { 1e18, 1e18, 1e18, 1e18 };
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t now = 0;
        void *memory = make(policy);
        double t[4];
        t[0] = time_end(&now);
        t[1] = time_switch(&now);
        t[2] = time_look(&now);
        t[3] = time_choice(policy);
        for (int i = 0; i < 4; i++) best[i] = t[i] < best[i] ? t[i] : best[i];
        free(memory);
    }
    printf(
        "decide_%s_end_ns %.0f\ndecide_%s_switch_ns %.0f\ndecide_%s_look_ns %.0f\ndecide_%s_choice_ns %.0f\n",
        name, best[0], name, best[1], name, best[2], name, best[3]);
}

int main(int argc, char **argv)
{
    if (argc > 1) tasks = (uint32_t)strtoul(argv[1], NULL, 10);
    measure(WRT__RT_PRIORITY, "priority");
    measure(WRT__RT_RM, "rm");
    measure(WRT__RT_EDF, "edf");
    measure(WRT__RT_RM_EDF, "rm+edf");
    measure(WRT__RT_ROUND_ROBIN, "round-robin");
    return 0;
}
