/* A set of tasks, as JSON through the reader, or made of the bytes themselves, through every admission test.
 * What must hold: no crash, no leak, no endless analysis; a fault has words; a set that was read is one that
 * the library takes; an accepted set has no row that fails; a weaker test accepts no more, and the quick
 * ladder decides as the test does, unless a limit ended one of them. */
#include "fuzz.h"
#include "taskset.h"

enum { FUZZ_TASKS = 24, FUZZ_STEPS = 50000, FUZZ_WORK = 400 };

static uint64_t fuzz_ticks(struct fuzz_in *in)
{
    uint64_t v = 0;
    uint32_t how = fuzz_byte(in);
    for (uint32_t k = 0; k < how % 8; k++) v = v << 8 | fuzz_byte(in);
    v = how & 0x80 ? WRT_TICKS_MAX - v % 4096 : v % (UINT64_C(1) << (1 + how % 60));
    return v > 0 ? v : 1;
}

static void fuzz_make(
    struct fuzz_in *in, wrt_adm_task *t, uint32_t *n, wrt_adm_section *s, uint32_t *sections)
{
    *n = 1 + fuzz_pick(in, FUZZ_TASKS);
    uint32_t flags = fuzz_byte(in);
    for (uint32_t k = 0; k < *n; k++) {
        uint64_t c = fuzz_ticks(in);
        t[k] = (wrt_adm_task){ .period = fuzz_ticks(in), .wcet = { c }, .slice = 1 + c % 997 };
        t[k].deadline = flags & 1 ? fuzz_ticks(in) : t[k].period;
        t[k].jitter = flags & 2 ? fuzz_ticks(in) : 0;
        t[k].np = flags & 4 ? fuzz_pick(in, 2) : false;
        t[k].priority = flags & 8 ? fuzz_pick(in, 4) : k;
        t[k].band = flags & 16 ? (uint8_t)fuzz_pick(in, 3) : 0;
        t[k].level = (uint8_t)fuzz_pick(in, flags & 32 ? 5 : 2);
        if (c < WRT_TICKS_MAX) t[k].wcet[1] = c + fuzz_ticks(in) % (WRT_TICKS_MAX - c);
    }
    *sections = flags & 64 ? fuzz_pick(in, 9) : 0;
    for (uint32_t k = 0; k < *sections; k++) {
        s[k] = (wrt_adm_section){ fuzz_pick(in, *n), fuzz_pick(in, 3), fuzz_ticks(in) };
    }
}

/* One test; false: there is no verdict, or a limit made it. */
static bool fuzz_test(
    const wrt_adm_set *set, wrt_adm_opts o, void *mem, size_t bytes, wrt_adm_row *rows, bool *ok)
{
    wrt_adm_verdict v, quick;
    wrt_error e = { 0 };
    wrt_status status = wrt_adm_run(set, &o, mem, bytes, rows, &v, &e);
    if (status != WRT_OK) {
        bool asked = o.test == WRT_ADM_ROUND_ROBIN
            && status == WRT_E_ARG; /* read sets need not have slices */
        FUZZ_CHECK(asked || status == WRT_E_UNSUPPORTED, "%d: %s", status, e.message);
        FUZZ_CHECK(e.message[0] && e.code, "an error without words");
        return false;
    }
    FUZZ_CHECK(v.ok == (v.reason == WRT_ADM_FITS), "%s", v.decided_by);
    FUZZ_CHECK((v.reason == WRT_ADM_LIMIT) == (v.limit != NULL), "%s", v.decided_by);
    for (uint32_t k = 0; k < set->tasks_count; k++) {
        FUZZ_CHECK(!v.ok || rows[k].ok, "%s: task %u", v.decided_by, k);
        FUZZ_CHECK(rows[k].response == WRT_TICKS_NONE || rows[k].response <= UINT64_C(1) << 63, "task %u", k);
    }
    wrt_status admitted = wrt_adm_admit(set, &o, mem, bytes, NULL, &quick, &e);
    FUZZ_CHECK((admitted == WRT_OK) == quick.ok, "%d", admitted);
    if (v.reason == WRT_ADM_LIMIT || quick.reason == WRT_ADM_LIMIT) return false;
    FUZZ_CHECK(quick.ok == v.ok, "%s says %d, %s says %d", quick.decided_by, quick.ok, v.decided_by, v.ok);
    *ok = v.ok;
    return true;
}

static void fuzz_tests(const wrt_adm_set *set)
{
    size_t bytes = wrt_adm_mem_bytes(set->tasks_count, set->sections_count);
    char text[FUZZ_WORK];
    void *mem = malloc(bytes);
    wrt_adm_row *rows = malloc((set->tasks_count + 1) * sizeof *rows);
    uint32_t *numbers = malloc((set->tasks_count + 1) * sizeof *numbers);
    wrt_adm_opts o = WRT_INIT(wrt_adm_opts);
    wrt_adm_verdict v;
    wrt_adm_load load;
    uint64_t left;
    if (!mem || !rows || !numbers) abort();
    o.iterations_max = FUZZ_STEPS;
    bool before = false, known = false, ok;
    for (int test = WRT_ADM_FP; test <= WRT_ADM_EDF_VD; test++) {
        o.test = (wrt_adm_test)test;
        bool now = fuzz_test(set, o, mem, bytes, rows, &ok);
        if (test > WRT_ADM_VESTAL && test <= WRT_ADM_AMC_MAX && now && known) {
            FUZZ_CHECK(!before || ok, "%s refuses what a weaker test accepts", wrt_adm_test_name(o.test));
        }
        if (test >= WRT_ADM_VESTAL && (now || test == WRT_ADM_VESTAL)) {
            known = now;
            before = now && ok;
        }
        (void)wrt_adm_scale(set, &o, 10, mem, bytes, &left, NULL);
        (void)wrt_adm_largest(set, &o, 0, mem, bytes, &left, NULL);
        (void)wrt_adm_assign(set, &o, mem, bytes, numbers, &v, NULL);
        (void)wrt_adm_partition(
            set, &o, test & 1 ? WRT_ADM_WORST_FIT : WRT_ADM_FIRST_FIT, 3, mem, bytes, numbers, &v, NULL);
    }
    o.test = WRT_ADM_FP;
    (void)wrt_adm_utilisation(set, &o, mem, bytes, &load, NULL);
    for (uint32_t k = 0; k <= WRT_ADM_U_LEVEL + WRT_ADM_LEVELS; k++) {
        (void)wrt_adm_text(set, &o, k, mem, bytes, text, k % 2 ? sizeof text : 3);
    }
    free(mem);
    free(rows);
    free(numbers);
}

static void fuzz_json(const char *text, size_t n)
{
    struct wd_set s;
    wrt_error e;
    if (wd_set_parse("fuzz.json", text, n, &s, &e) != 0) {
        FUZZ_CHECK(e.message[0] && e.code && !s.tasks, "a fault without words");
        return;
    }
    FUZZ_CHECK(s.tasks_count > 0, "no tasks");
    if (s.tasks_count <= FUZZ_TASKS && s.sections_count <= FUZZ_TASKS) {
        wrt_adm_task t[FUZZ_TASKS];
        for (uint32_t k = 0; k < s.tasks_count; k++) t[k] = s.tasks[k].rt;
        fuzz_tests(&(wrt_adm_set){ t, s.tasks_count, s.sections, s.sections_count });
    }
    wd_set_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > 0 && (data[0] == '{' || data[0] == '[' || data[0] == ' ')) {
        char *text = malloc(n);     /* so that reading behind the end is seen */
        if (!text) abort();
        memcpy(text, data, n);
        fuzz_json(text, n);
        free(text);
        return 0;
    }
    wrt_adm_task t[FUZZ_TASKS];
    wrt_adm_section s[8];
    uint32_t tasks, sections;
    struct fuzz_in in = { data, n };
    fuzz_make(&in, t, &tasks, s, &sections);
    fuzz_tests(&(wrt_adm_set){ t, tasks, s, sections });
    return 0;
}
