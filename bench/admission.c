/* admission: what an admission test costs. 10,000 sets of 20 tasks (UUniFast, U = 0.75; periods log-uniform
 * in 1..1000 ms, in microseconds; deadlines uniform in 0.7..1 of the period; seed 1), each test over all of
 * them on one core. Prints lines `name value`: CPU ms of the least of several rounds, and how many sets were
 * accepted; bench/run.py makes the table.
 *
 *   admission [SETS [TASKS]] */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wrt/admission.h>

enum { ROUNDS = 9 };

static uint64_t random_state = 1;

static double uniform(void)
{
    /* splitmix64 */
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

static void make_set(wrt_adm_task *t, uint32_t n, double u)
{
    double left = u;
    for (uint32_t k = 0; k < n; k++) {
        double next = k + 1 < n ? left * pow(uniform(), 1.0 / (double)(n - 1 - k)) : 0;
        double period = 1000 * pow(1000, uniform());
        t[k] = (wrt_adm_task){ .period = (uint64_t)period };
        double c = (left - next) * (double)t[k].period;
        t[k].wcet[0] = c < 1 ? 1 : (uint64_t)c;
        t[k].deadline = (uint64_t)((0.7 + 0.3 * uniform()) * (double)t[k].period);
        if (t[k].deadline < t[k].wcet[0]) t[k].deadline = t[k].wcet[0];
        left = next;
    }
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct sets { wrt_adm_task *tasks; uint32_t count, each; void *mem; size_t mem_bytes; };

/* Least time over the rounds of one test over all sets. */
static void measure(const struct sets *s, const char *name, wrt_adm_opts o, bool ladder)
{
    double best = 1e18;
    uint32_t accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = cpu_ms();
        accepted = 0;
        for (uint32_t k = 0; k < s->count; k++) {
            wrt_adm_set set = { s->tasks + (size_t)k * s->each, s->each, NULL, 0 };
            wrt_adm_verdict v;
            wrt_status status = ladder ? wrt_adm_admit(&set, &o, s->mem, s->mem_bytes, NULL, &v, NULL)
                                       : wrt_adm_run(&set, &o, s->mem, s->mem_bytes, NULL, &v, NULL);
            if (status != WRT_OK && status != WRT_E_REJECTED) exit(1);
            accepted += v.ok;
        }
        double took = cpu_ms() - start;
        if (took < best) best = took;
    }
    printf("%s_ms %.3f\n%s_accepted %u\n", name, best, name, accepted);
}

int main(int argc, char **argv)
{
    struct sets s = { .count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000,
        .each = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 20 };
    wrt_adm_opts fp = WRT_INIT(wrt_adm_opts), edf, bands;
    s.tasks = malloc(sizeof *s.tasks * s.count * s.each);
    s.mem_bytes = wrt_adm_mem_bytes(s.each, 0);
    s.mem = malloc(s.mem_bytes);
    uint32_t *priority = malloc(sizeof *priority * s.each);
    if (!s.tasks || !s.mem || !priority) return 1;
    for (uint32_t k = 0; k < s.count; k++) {
        wrt_adm_task *t = s.tasks + (size_t)k * s.each;
        wrt_adm_set set = { t, s.each, NULL, 0 };
        make_set(t, s.each, 0.75);
        if (wrt_adm_monotonic(&set, false, s.mem, s.mem_bytes, priority, NULL) != WRT_OK) return 1;
        for (uint32_t i = 0; i < s.each; i++) {
            t[i].priority = priority[i];
            t[i].band = (uint8_t)((t[i].period > 10000) + (t[i].period > 50000) + (t[i].period > 200000));
        }
    }
    fp.stop_at_deadline = true;
    edf = bands = fp;
    edf.test = WRT_ADM_EDF;
    bands.test = WRT_ADM_BANDS;
    measure(&s, "response", fp, false);
    measure(&s, "qpa", edf, false);
    measure(&s, "bands", bands, false);
    measure(&s, "admit_fp", fp, true);
    measure(&s, "admit_edf", edf, true);
    free(priority);
    free(s.mem);
    free(s.tasks);
    return 0;
}
