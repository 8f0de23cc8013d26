/* Hostile binaries through the public call, register code included: each is an error with its place, or a
 * module whose memory is bounded by the length of the binary; and none takes long (a guard against hanging,
 * not a measurement). */
#define _GNU_SOURCE
#include <time.h>
#include "fixture.h"
#include "../wasm/binary_text.h"

enum { HOSTILE_BASE = 256 << 10, HOSTILE_EACH = 400 };
#define HOSTILE_SECONDS 30.0

/* ---- building -------------------------------------------------------------------------------------- */

static void hostile_times(unsigned n, const char *text)
{
    while (n-- > 0) binary_add(text);
}

static size_t hostile_open(unsigned section)
{
    binary.bytes[binary.n++] = (uint8_t)section;
    return binary.n;
}

/* A module with one function of type 0 whose body (no locals) is written between open and close. */
static size_t hostile_section, hostile_body;

static void hostile_body_open(const char *types)
{
    binary_module(types);
    binary_add("s3( 01 00 ) s5( 01 00 01 )");
    hostile_section = hostile_open(10);
    binary_add("01");
    hostile_body = binary.n;
    binary_add("00");
}

static void hostile_body_close(void)
{
    binary_add("0b");
    binary_close(hostile_body);
    binary_close(hostile_section);
}

/* Type 0 () -> (), type 1 () -> 1000 i32, type 2 1000 i32 -> 1000 i32. */
#define HOSTILE_TYPES "s1( 03 60 00 00 60 00 u1000 *1000 7f 60 u1000 *1000 7f u1000 *1000 7f )"

static void hostile_tables(void) /* 20000 targets in 10 tables, each with 1000 values that have to move */
{
    hostile_body_open(HOSTILE_TYPES);
    for (int k = 0; k < 10; k++) {
        binary_add("02 01");
        hostile_times(1001, "41 07");
        binary_add("41 00 0e u2000 *2000 00 00 0b");
        hostile_times(1000, "1a");
    }
    hostile_body_close();
}

static void hostile_landings(void)      /* the same from 20 depths: other labels, other places */
{
    hostile_body_open(HOSTILE_TYPES);
    for (int k = 0; k < 20; k++) binary_add("41 00 02 01");
    hostile_times(1001, "41 07");
    binary_add("41 00 0e u2000");
    for (int k = 0; k < 100; k++) binary_add("00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13");
    binary_add("00");
    for (int k = 0; k < 20; k++) {
        binary_add("0b");
        hostile_times(1001, "1a");
        if (k < 19) hostile_times(1000, "41 07");
    }
    hostile_body_close();
}

static void hostile_moves(void)         /* branches, each of which has to move 1000 values by one place */
{
    hostile_body_open(HOSTILE_TYPES);
    binary_add("02 01");
    hostile_times(1001, "41 07");
    hostile_times(20000, "41 00 0d 00");
    binary_add("0c 00 0b");
    hostile_times(1000, "1a");
    hostile_body_close();
}

static void hostile_conditions(void)    /* ifs, each of which passes 1000 values on */
{
    hostile_body_open(HOSTILE_TYPES);
    hostile_times(1000, "41 07");
    hostile_times(20000, "41 00 04 02 0b");
    hostile_times(1000, "1a");
    hostile_body_close();
}

static void hostile_results(void)       /* calls that give 1000 values each, never taken: too many operands */
{
    hostile_body_open("s1( 02 60 00 00 60 00 u1000 *1000 7f ) s2( 01 'm' 'f' 00 01 )");
    hostile_times(20000, "10 00");
    binary_add("00");
    hostile_body_close();
}

static void hostile_calls(void)         /* calls that take and give 1000 values each */
{
    hostile_body_open("s1( 03 60 00 00 60 00 00 60 u1000 *1000 7f u1000 *1000 7f ) s2( 01 'm' 'f' 00 02 )");
    hostile_times(1000, "41 07");
    hostile_times(20000, "10 00");
    hostile_times(1000, "1a");
    hostile_body_close();
}

static void hostile_nesting(void)
{
    hostile_body_open("s1( 01 60 00 00 )");
    binary_add("@");
    hostile_times(100000, "02 40");
    binary_add("*100000 0b");
    hostile_body_close();
}

static void hostile_nesting_allowed(void)
{
    hostile_body_open("s1( 01 60 00 00 )");
    hostile_times(3333, "02 40 03 40 41 00 04 40");
    binary_add("*9999 0b");
    hostile_body_close();
}

static void hostile_nested_types(void)  /* every level passes 1000 values on */
{
    hostile_body_open(HOSTILE_TYPES);
    hostile_times(1000, "41 07");
    hostile_times(9999, "02 02");
    binary_add("*9999 0b");
    hostile_times(1000, "1a");
    hostile_body_close();
}

static void hostile_copies(void) /* a thousand values that are one local, each time made real by writing it */
{
    binary_module("s1( 01 60 01 7f 00 ) s3( 01 00 )");
    size_t section = hostile_open(10);
    binary_add("01");
    size_t body = binary.n;
    binary_add("00");
    for (int k = 0; k < 100; k++) {
        hostile_times(1000, "20 00");
        binary_add("41 05 21 00");
        hostile_times(1000, "1a");
    }
    binary_add("0b");
    binary_close(body);
    binary_close(section);
}

static void hostile_functions(void)
{
    binary_module("s1( 01 60 00 00 ) s3( u100000 *100000 00 )");
    size_t section = hostile_open(10);
    binary_add("u100000");
    hostile_times(100000, "02 00 0b");
    binary_close(section);
}

static void hostile_locals(void)        /* 10000 functions with 50000 locals each */
{
    binary_module("s1( 01 60 00 00 ) s3( u10000 *10000 00 )");
    size_t section = hostile_open(10);
    binary_add("u10000");
    hostile_times(10000, "( 01 u50000 7e 0b )");
    binary_close(section);
}

static void hostile_too_many_locals(void)
{
    binary_module("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 01 @ u50001 7e 0b ) )");
}

static void hostile_locals_overflow(void)
{
    binary_module("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 02 ff ff ff ff 0f 7e @ ff ff ff ff 0f 7e 0b ) )");
}

static void hostile_exports(void)       /* 20000 names with the same first 90 bytes */
{
    binary_module("s1( 01 60 00 00 ) s3( 01 00 )");
    size_t section = hostile_open(7);
    binary_add("u20000");
    for (unsigned i = 0; i < 20000; i++) {
        char text[160], name[100];
        memset(name, 'a', 90);
        name[90] = 0;
        snprintf(text, sizeof text, "'%s%05u' 00 00", name, i);
        binary_add(text);
    }
    binary_close(section);
    binary_add("s10( 01 02 00 0b )");
}

static void hostile_same_exports(void)
{
    binary_module("s1( 01 60 00 00 ) s3( 01 00 )");
    size_t section = hostile_open(7);
    binary_add("u10001");
    hostile_times(10001, "'same' 00 00");
    binary_close(section);
    binary_add("s10( 01 02 00 0b )");
}

static void hostile_long_names(void)
{
    binary_module(
        "s1( 01 60 00 00 ) s2( 01 u300000 *300000 61 u300000 *300000 62 00 00 ) s3( 01 00 )"
        "s7( 01 u300000 *300000 63 00 01 ) s10( 01 02 00 0b ) "
        "s0( 'name' 00 ( u300000 *300000 64 ) 01 ( 01 00 u300000 *300000 65 ) )");
}

static void hostile_name_section(
    void) /* names for functions that do not exist, and one name ten thousand times */
{
    binary_module("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 02 00 0b )");
    size_t section = hostile_open(0), sub;
    binary_add("'name' 01");
    sub = binary.n;
    binary_add("u20000");
    for (unsigned i = 0; i < 20000; i++) binary_add(i % 2 ? "ff ff ff ff 0f 'x'" : "00 'y'");
    binary_close(sub);
    binary_close(section);
}

static void hostile_custom(void)
{
    binary_module("");
    hostile_times(100000, "s0( 'x' 00 )");
}

static void hostile_constant(void)      /* a global that is the sum of 100000 ones */
{
    binary_module("");
    size_t section = hostile_open(6);
    binary_add("01 7f 00 41 01");
    hostile_times(100000, "41 01 6a");
    binary_add("0b");
    binary_close(section);
}

static void hostile_deep_constant(void)
{
    binary_module("");
    size_t section = hostile_open(6);
    binary_add("01 7f 00");
    hostile_times(100000, "41 01");
    binary_add("*99999 6a 0b");
    binary_close(section);
}

static void hostile_types(void)
{
    binary_module("");
    size_t section = hostile_open(1);
    binary_add("u1000");
    hostile_times(1000, "60 u1000 *1000 7f 00");
    binary_close(section);
}

static void hostile_segments(void)
{
    binary_module("s5( 01 00 01 )");
    size_t section = hostile_open(11);
    binary_add("u100000");
    hostile_times(100000, "01 00");
    binary_close(section);
}

static void hostile_tables_declared(void)
{
    binary_module("s4( 02 70 01 00 ff ff ff ff 0f 70 00 ff ff ff ff 0f )");
}
static void hostile_memory_declared(void) { binary_module("s5( 01 00 u65536 )"); }

struct hostile { const char *name; void (*make)(void); wrt_status status; const char *table; };
static const struct hostile hostile_made[] = {
    { "br_table of 1000 values", hostile_tables, WRT_OK, NULL },
    { "br_table to many places", hostile_landings, WRT_OK, NULL },
    { "br_if that moves 1000 values", hostile_moves, WRT_OK, NULL },
    { "if that passes 1000 values", hostile_conditions, WRT_OK, NULL },
    { "calls with 1000 results", hostile_results, WRT_E_LIMIT, "" },
    { "calls with 1000 parameters", hostile_calls, WRT_OK, NULL },
    { "100000 blocks deep", hostile_nesting, WRT_E_LIMIT, "block_depth" },
    { "9999 blocks deep", hostile_nesting_allowed, WRT_OK, NULL },
    { "9999 blocks of 1000 values", hostile_nested_types, WRT_OK, NULL },
    { "a thousand copies of a local", hostile_copies, WRT_OK, NULL },
    { "100000 functions", hostile_functions, WRT_OK, NULL },
    { "10000 functions of 50000 locals", hostile_locals, WRT_OK, NULL },
    { "50001 locals", hostile_too_many_locals, WRT_E_LIMIT, "function_locals" },
    { "2^33 locals", hostile_locals_overflow, WRT_E_LIMIT, "function_locals" },
    { "20000 exports with one prefix", hostile_exports, WRT_OK, NULL },
    { "the same export again and again", hostile_same_exports, WRT_E_INVALID, "" },
    { "long names", hostile_long_names, WRT_OK, NULL },
    { "a name section of nonsense", hostile_name_section, WRT_OK, NULL },
    { "100000 custom sections", hostile_custom, WRT_OK, NULL },
    { "a long constant", hostile_constant, WRT_OK, NULL },
    { "a deep constant", hostile_deep_constant, WRT_OK, NULL },
    { "1000 types of 1000 parameters", hostile_types, WRT_OK, NULL },
    { "100000 segments", hostile_segments, WRT_OK, NULL },
    { "tables of 2^32 - 1, declared", hostile_tables_declared, WRT_OK, NULL },
    { "a memory of 4 GiB, declared", hostile_memory_declared, WRT_OK, NULL },
};

/* ---- binaries that are wrong in one place: @ is where -------------------------------------------------- */

static const struct { const char *name, *text; wrt_status status;
} hostile_texts[] = {
    { "a length in six bytes", "s1 80 80 80 80 @ 80 00", WRT_E_MALFORMED },
    { "a count in six bytes", "s1( 80 80 80 80 @ 80 00 )", WRT_E_MALFORMED },
    { "a count with bits too many", "s1( ff ff ff ff @ 1f )", WRT_E_MALFORMED },
    { "an i32 in six bytes", "s6( 01 7f 00 41 80 80 80 80 @ 80 00 0b )", WRT_E_MALFORMED },
    { "an i64 in eleven bytes", "s6( 01 7e 00 42 *9 80 @ 80 00 0b )", WRT_E_MALFORMED },
    { "2^32 - 1 types", "s1( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 imports", "s2( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 functions", "s1( 01 60 00 00 ) s3( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 tables", "s4( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 memories", "s5( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 globals", "s6( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 exports", "s7( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 element segments", "s9( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 bodies", "s10( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 data segments", "s11( @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 parameters", "s1( 01 60 @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 results", "s1( 01 60 00 @ ff ff ff ff 0f )", WRT_OK },
    { "a name of 2^32 - 1 bytes", "s2( 01 @ ff ff ff ff 0f 61 )", WRT_OK },
    { "a section of 2^32 - 1 bytes", "s1 @ ff ff ff ff 0f 00", WRT_OK },
    { "a body of 2^32 - 1 bytes", "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 @ ff ff ff ff 0f 00 0b )", WRT_OK },
    { "2^32 - 1 targets", "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 41 00 0e @ ff ff ff ff 0f 00 0b ) )",
        WRT_OK },
    { "2^32 - 1 types of select", "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 1c @ ff ff ff ff 0f 0b ) )",
        WRT_E_INVALID },
    { "2^32 - 1 elements", "s4( 01 70 00 01 ) s9( 01 00 41 00 0b @ ff ff ff ff 0f )", WRT_OK },
    { "2^32 - 1 bytes of data", "s5( 01 00 01 ) s11( 01 00 41 00 0b @ ff ff ff ff 0f )", WRT_OK },
};

/* ---- the check ----------------------------------------------------------------------------------------- */

static double hostile_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static wrt_status hostile_load(struct test_heap *heap, wrt_engine *e, wrt_error *err)
{
    wrt_code *c = NULL;
    uint64_t live = heap->live, before = heap->live_bytes;
    uint8_t *exact = malloc(binary.n);      /* so that reading behind the end is seen */
    if (!exact) abort();
    memcpy(exact, binary.bytes, binary.n);
    heap->peak_bytes = 0;
    memset(err, 0, sizeof *err);
    double start = hostile_clock();
    wrt_status status = wrt_load(e, (wrt_bytes){ exact, binary.n }, NULL, &c, err);
    double took = hostile_clock() - start;
    uint64_t peak = heap->peak_bytes > before ? heap->peak_bytes - before : 0;
    wrt_code_free(c);
    free(exact);
    if (!CHECK(took < HOSTILE_SECONDS)) printf("    %.2f s\n", took);
    if (!CHECK(peak <= HOSTILE_BASE + HOSTILE_EACH * (uint64_t)binary.n)) {
        printf("    %llu bytes for %zu\n", (unsigned long long)peak, binary.n);
    }
    CHECK_EQ(heap->live, live);
    if (status == WRT_OK) return status;
    CHECK(err->status == status && err->message[0] && err->code);
    CHECK(err->offset >= 8 && err->offset <= binary.n);
    return status;
}

static void hostile_engine(struct test_heap *heap, wrt_engine **e, wrt_error *err)
{
    wrt_config c = WRT_INIT(wrt_config);
    test_heap_init(heap);
    c.alloc = &heap->alloc;
    CHECK_EQ(wrt_engine_new(&c, e, err), WRT_OK);
}

TEST(bombs_are_bounded)
{
    struct test_heap heap;
    wrt_engine *e;
    wrt_error err;
    hostile_engine(&heap, &e, &err);
    for (size_t k = 0; k < sizeof hostile_made / sizeof hostile_made[0]; k++) {
        const struct hostile *h = &hostile_made[k];
        CONTEXT("%s", h->name);
        h->make();
        if (!CHECK_EQ(hostile_load(&heap, e, &err), h->status))
            printf("    %s: %s\n", err.where, err.message);
        if (h->table && h->table[0]) CHECK_STR(err.table, h->table);
    }
    wrt_engine_free(e);
    CHECK_EQ(heap.live, 0);
}

TEST(lies_are_told_with_their_place)
{
    struct test_heap heap;
    wrt_engine *e;
    wrt_error err;
    hostile_engine(&heap, &e, &err);
    for (size_t k = 0; k < sizeof hostile_texts / sizeof hostile_texts[0]; k++) {
        CONTEXT("%s", hostile_texts[k].name);
        binary_module(hostile_texts[k].text);
        wrt_status status = hostile_load(&heap, e, &err);
        /* A count that cannot be true is malformed or beyond a limit, whichever is seen first. */
        if (hostile_texts[k].status != WRT_OK) CHECK_EQ(status, hostile_texts[k].status);
        else CHECK(status == WRT_E_MALFORMED || status == WRT_E_LIMIT);
        /* The operator that holds the number, the number, or the end of the bytes that are missed. */
        bool end = err.offset == binary.n,
             near = err.offset + 1 >= binary.mark && err.offset <= binary.mark + 5;
        if (!CHECK(end || near)) {
            printf("    at %u of %u: %s\n", (unsigned)err.offset, (unsigned)binary.mark, err.message);
        }
    }
    wrt_engine_free(e);
    CHECK_EQ(heap.live, 0);
}

/* Every prefix of every fixture is an error with a place in it, or a whole module. */
TEST(truncated_binaries_are_refused)
{
    static const char *const names[] = { "tasks", "provider", "consumer", "segments", "names", "tiny" };
    struct test_heap heap;
    wrt_engine *e;
    wrt_error err;
    hostile_engine(&heap, &e, &err);
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        wrt_bytes whole = fixture_read(names[k]);
        unsigned good = 0;
        for (size_t n = 0; n < whole.n; n++) {
            uint64_t live = heap.live;
            wrt_code *c = NULL;
            uint8_t *part = malloc(n + 1);
            if (!part) abort();
            memcpy(part, whole.p, n);
            CONTEXT("%s, %zu of %zu bytes", names[k], n, whole.n);
            wrt_status status = wrt_load(e, (wrt_bytes){ part, n }, NULL, &c, &err);
            good += status == WRT_OK;
            if (status == WRT_OK) wrt_code_free(c);
            else CHECK(status == WRT_E_MALFORMED && err.offset <= n);
            CHECK_EQ(heap.live, live);
            free(part);
        }
        CHECK(good < 16);       /* it ends where a section may end */
        fixture_free(whole);
    }
    wrt_engine_free(e);
    CHECK_EQ(heap.live, 0);
}
