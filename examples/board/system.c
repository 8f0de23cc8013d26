/* A system that `wrtd build-image` made of a manifest, on a board under the fuel clock: prints what became of
 * each task and the hash of every core's schedule. The same file runs on a host; tests/board compares the
 * texts. SYSTEM is the prefix of the image: its functions are SYSTEM_make and SYSTEM_free. */
#include SYSTEM_HEADER
#include "board.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define IN_SYSTEM(name) JOIN(SYSTEM, name)
#define OF_SYSTEM(name) JOIN(SYSTEM_UPPER, name)

/* What the host found to be enough; a board of 32 bits needs less. */
static _Alignas(16) uint8_t block[OF_SYSTEM(_BLOCK_BYTES)];
static wrt_trace_rec ring[16];

static void print(const char *text)
{
    size_t n = 0;
    while (text[n]) n++;
    board_write(text, n);
}
static void print_number(const char *before, uint64_t value, unsigned base, int width)
{
    char digits[24];
    int n = 0;
    print(before);
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n < width) digits[n++] = base == 16 ? '0' : ' ';
    while (n > 0) board_write(&digits[--n], 1);
}
static int fail(const wrt_error *err)
{
    print("error: ");
    print(err->message[0] ? err->message : err->table);
    print("\n");
    return 1;
}

static int run(IN_SYSTEM(_system) *s, wrt_error *err)
{
    for (int k = 0; k < OF_SYSTEM(_CORES); k++) wrt_trace_ring(s->stores[k], ring, sizeof ring);
    if (wrt_sched_run(s->sched, (uint64_t)UNTIL_NS, err)) return fail(err);
    for (uint32_t k = 0; k < OF_SYSTEM(_TASKS); k++) {
        wrt_sched_task_stats st;
        if (wrt_sched_task_stats_get(s->sched, k, &st)) return fail(err);
        print(IN_SYSTEM(_task_names)[k]);
        print_number("  released ", st.releases, 10, 4);
        print_number("  done ", st.done, 10, 4);
        print_number("  misses ", st.misses, 10, 4);
        print_number("  response ", st.response_max_ns, 10, 9);
        print_number("  fuel ", st.fuel, 10, 9);
        print("\n");
    }
    uint64_t all = UINT64_C(0xcbf29ce484222325);
    for (uint32_t k = 0; k < OF_SYSTEM(_CORES); k++) {
        uint64_t hash = wrt_trace_hash(s->stores[k]);
        print_number("core ", IN_SYSTEM(_core_numbers)[k], 10, 1);
        print_number("  schedule 0x", hash, 16, 16);
        print("\n");
        for (int b = 0; b < 64; b += 8) all = (all ^ (hash >> b & 0xff)) * UINT64_C(0x100000001b3);
    }
    if (OF_SYSTEM(_CORES) == 1) all = wrt_trace_hash(s->stores[0]);
    print_number("schedule hash ", all, 16, 16);    /* what `wrtd sched run` prints of the manifest */
    print("\n");
    return 0;
}

int main(void)
{
    static IN_SYSTEM(_system) s;
    wrt_error err = { 0 };
    int status = IN_SYSTEM(_make)(block, sizeof block, NULL, &s, &err) ? fail(&err) : run(&s, &err);
    IN_SYSTEM(_free)(&s);
    return status;
}
