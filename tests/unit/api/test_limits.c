/* Every limit of limits.def by a real binary or a real call: filled to N, N + 1 refused as the list says,
 * named, with nothing changed and nothing left. The list makes the table of cases: a limit without a case
 * does not link. */
#define _GNU_SOURCE
#include <unistd.h>
#include "fixture.h"
#include "../wasm/binary_text.h"

enum { LIM_N = 3, LIM_BYTES = 1 << 16 };
static char lim_text[LIM_BYTES];

/* ---- binaries with n of something -------------------------------------------------------------------- */

/* head, n times each (%u is the number of it), tail. */
static wrt_bytes lim_repeat(const char *head, const char *each, unsigned n, const char *tail)
{
    size_t at = (size_t)snprintf(lim_text, LIM_BYTES, "%s u%u ", head, n);
    char one[128];
    for (unsigned i = 0; i < n; i++) {
        const char *mark = strchr(each, '#');
        if (mark) snprintf(one, sizeof one, "%.*s%u%s ", (int)(mark - each), each, i, mark + 1);
        else snprintf(one, sizeof one, "%s ", each);
        at += (size_t)snprintf(lim_text + at, LIM_BYTES - at, "%s", one);
    }
    snprintf(lim_text + at, LIM_BYTES - at, "%s", tail);
    binary_module(lim_text);
    return (wrt_bytes){ binary.bytes, binary.n };
}

static void lim_open(struct world *w, const wrt_limits *limits)
{
    wrt_config c = WRT_INIT(wrt_config);
    c.limits = *limits;
    world_open_with(w, c);
}

/* Loads it; a refusal must be the limit's, with a place, and leave the heap as it was. */
static void lim_load(struct world *w, wrt_bytes b, bool fits, const char *table)
{
    wrt_code *c = NULL;
    uint64_t live = w->heap.live, bytes = w->heap.live_bytes;
    memset(&w->err, 0, sizeof w->err);
    wrt_status status = wrt_load(w->e, b, NULL, &c, &w->err);
    CHECK_EQ(status, fits ? WRT_OK : WRT_E_LIMIT);
    if (fits && status != WRT_OK) printf("%s\n", w->err.message);
    if (fits) {
        wrt_code_free(c);
    } else {
        CHECK_STR(w->err.table, table);
        CHECK(w->err.message[0] && w->err.status == WRT_E_LIMIT && w->err.code);
    }
    CHECK(c == NULL || fits);
    CHECK_EQ(w->heap.live, live);
    CHECK_EQ(w->heap.live_bytes, bytes);
}

static void lim_binary(
    const wrt_limits *limits, const char *table, const char *head, const char *each, const char *tail)
{
    struct world w;
    lim_open(&w, limits);
    lim_load(&w, lim_repeat(head, each, LIM_N, tail), true, table);
    lim_load(&w, lim_repeat(head, each, LIM_N + 1, tail), false, table);
    if (w.err.status == WRT_E_LIMIT) CHECK(w.err.offset >= 8 && w.err.offset < binary.n);
    lim_load(&w, lim_repeat(head, each, LIM_N, tail), true, table);
    world_close(&w);
}

#define LIM_ONLY(name, value) wrt_limits limits = { 0 }; limits.name = (value)

static void limit_functions(void)
{
    LIM_ONLY(functions, LIM_N);
    struct world w;
    lim_open(&w, &limits);
    lim_load(
        &w, lim_repeat("s1( 01 60 00 00 ) s3( 03 00 00 00 ) s10(", "02 00 0b", 3, ")"), true, "functions");
    lim_load(&w, lim_repeat("s1( 01 60 00 00 ) s3( 04 00 00 00 00 ) s10(", "02 00 0b", 4, ")"), false,
        "functions");
    world_close(&w);
}

static void limit_types(void)
{
    LIM_ONLY(types, LIM_N);
    lim_binary(&limits, "types", "s1(", "60 00 00", ")");
}

static void limit_globals(void)
{
    LIM_ONLY(globals, LIM_N);
    lim_binary(&limits, "globals", "s6(", "7f 00 41 00 0b", ")");
}

static void limit_tables(void)
{
    LIM_ONLY(tables, LIM_N);
    lim_binary(&limits, "tables", "s4(", "70 00 00", ")");
    lim_binary(&limits, "tables", "s2(", "'m' 't' 01 70 00 00", ")");
}

static void limit_imports(void)
{
    LIM_ONLY(imports, LIM_N);
    lim_binary(&limits, "imports", "s1( 01 60 00 00 ) s2(", "'m' 'f#' 00 00", ")");
}

static void limit_exports(void)
{
    LIM_ONLY(exports, LIM_N);
    lim_binary(&limits, "exports", "s1( 01 60 00 00 ) s3( 01 00 ) s7(", "'f#' 00 00", ") s10( 01 02 00 0b )");
}

static void limit_segments(void)
{
    LIM_ONLY(segments, LIM_N);
    lim_binary(&limits, "segments", "s11(", "01 00", ")");
    lim_binary(&limits, "segments", "s9(", "01 00 00", ")");
}

static void lim_body(unsigned n, bool locals)
{
    if (locals) {
        snprintf(
            lim_text, LIM_BYTES, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 02 01 7e u%u 7f 0b ) )", n - 1);
    } else {
        size_t at = (size_t)snprintf(lim_text, LIM_BYTES, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 ");
        for (unsigned i = 0; i < n; i++) at += (size_t)snprintf(lim_text + at, LIM_BYTES - at, "02 40 ");
        snprintf(lim_text + at, LIM_BYTES - at, "*%u 0b ) )", n + 1);
    }
    binary_module(lim_text);
}

static void lim_bodies(const wrt_limits *limits, bool locals, const char *table)
{
    struct world w;
    lim_open(&w, limits);
    for (unsigned n = LIM_N; n <= LIM_N + 1; n++) {
        lim_body(n, locals);
        lim_load(&w, (wrt_bytes){ binary.bytes, binary.n }, n == LIM_N, table);
    }
    world_close(&w);
}

static void limit_function_locals(void)
{
    LIM_ONLY(function_locals, LIM_N);
    lim_bodies(&limits, true, "function_locals");
}

static void limit_block_depth(void)
{
    LIM_ONLY(block_depth, LIM_N);
    lim_bodies(&limits, false, "block_depth");
}

static void limit_module_bytes(void)
{
    LIM_ONLY(module_bytes, 20);
    struct world w;
    lim_open(&w, &limits);
    binary_module("s0( 'c' *8 00 )");
    CHECK_EQ(binary.n, 20);
    lim_load(&w, (wrt_bytes){ binary.bytes, binary.n }, true, "module_bytes");
    binary_module("s0( 'c' *9 00 )");
    lim_load(&w, (wrt_bytes){ binary.bytes, binary.n }, false, "module_bytes");
    world_close(&w);
}

/* ---- memories and tables --------------------------------------------------------------------------- */

static wrt_code *lim_code(struct world *w, const char *text)
{
    wrt_code *c = NULL;
    binary_module(text);
    CHECK_EQ(wrt_load(w->e, (wrt_bytes){ binary.bytes, binary.n }, NULL, &c, &w->err), WRT_OK);
    w->codes[w->codes_count++] = c;
    return c;
}

/* Instantiation is refused, the limit is named, and nothing is held for it. */
static void lim_refused(struct world *w, wrt_code *c, const char *table)
{
    wrt_instance *i = NULL;
    uint64_t live = w->heap.live;
    wrt_stats before, after;
    wrt_stats_get(w->s, &before);
    CHECK_EQ(wrt_instantiate(w->s, w->l, c, &i, &w->err), WRT_E_LIMIT);
    CHECK_STR(w->err.table, table);
    wrt_stats_get(w->s, &after);
    CHECK(before.instances == after.instances && before.memory_bytes == after.memory_bytes);
    CHECK_EQ(w->heap.live, live);
}

static void limit_memory_bytes(void)
{
    LIM_ONLY(memory_bytes, 2 * 65536);
    struct world w;
    wrt_instance *i = NULL;
    wrt_memory *m = NULL;
    wrt_val by = wrt_i32(1), out = { 0 };
    uint64_t old = 0;
    lim_open(&w, &limits);
    wrt_code *large = lim_code(&w, "s5( 01 00 03 )");
    wrt_code *code = lim_code(&w,
        "s1( 01 60 01 7f 01 7f ) s3( 01 00 ) s5( 01 00 01 ) s7( 02 'f' 00 00 'm' 02 00 )"
        "s10( 01 ( 00 20 00 40 00 0b ) )");
    REQUIRE(wrt_instantiate(w.s, w.l, code, &i, &w.err) == WRT_OK);
    lim_refused(&w, large, "memory_bytes");
    CHECK_EQ(wrt_export_memory(i, WRT_STR("m"), &m, &w.err), WRT_OK);
    CHECK_EQ(world_call(&w, i, "f", &by, 1, &out, 1), WRT_OK);
    CHECK_EQ(out.of.i32, 1);
    CHECK_EQ(world_call(&w, i, "f", &by, 1, &out, 1), WRT_OK);
    CHECK_EQ(out.of.i32, -1);
    CHECK_EQ(wrt_memory_grow(m, 1, &old), WRT_E_LIMIT);
    CHECK_EQ(wrt_memory_pages(m), 2);
    CHECK_EQ(wrt_memory_new(w.s, 2, 9, true, &m, &w.err), WRT_OK);
    uint64_t live = w.heap.live;
    CHECK_EQ(wrt_memory_new(w.s, 3, 9, true, &m, &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "memory_bytes");
    CHECK_EQ(w.heap.live, live);
    world_close(&w);
}

static void limit_table_elems(void)
{
    LIM_ONLY(table_elems, LIM_N);
    struct world w;
    wrt_instance *i = NULL;
    wrt_table *t = NULL;
    wrt_val by = wrt_i32(1), out = { 0 };
    uint64_t old = 0;
    lim_open(&w, &limits);
    wrt_code *large = lim_code(&w, "s4( 01 70 00 04 )");
    wrt_code *code = lim_code(&w,
        "s1( 01 60 01 7f 01 7f ) s3( 01 00 ) s4( 01 70 00 02 ) s7( 02 'f' 00 00 't' 01 00 )"
        "s10( 01 ( 00 d0 70 20 00 fc 0f 00 0b ) )");
    REQUIRE(wrt_instantiate(w.s, w.l, code, &i, &w.err) == WRT_OK);
    lim_refused(&w, large, "table_elems");
    CHECK_EQ(wrt_export_table(i, WRT_STR("t"), &t, &w.err), WRT_OK);
    CHECK_EQ(world_call(&w, i, "f", &by, 1, &out, 1), WRT_OK);
    CHECK_EQ(out.of.i32, 2);
    CHECK_EQ(world_call(&w, i, "f", &by, 1, &out, 1), WRT_OK);
    CHECK_EQ(out.of.i32, -1);
    CHECK_EQ(wrt_table_grow(t, 1, wrt_null(WRT_FUNCREF), &old), WRT_E_LIMIT);
    CHECK_EQ(wrt_table_size(t), LIM_N);
    CHECK_EQ(wrt_table_new(w.s, WRT_EXTERNREF, 3, 9, true, &t, &w.err), WRT_OK);
    uint64_t live = w.heap.live;
    CHECK_EQ(wrt_table_new(w.s, WRT_EXTERNREF, 4, 9, true, &t, &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "table_elems");
    CHECK_EQ(w.heap.live, live);
    world_close(&w);
}

/* How deep a recursion gets, and that it traps one deeper. */
static int32_t lim_depth(uint64_t stack_bytes)
{
    LIM_ONLY(stack_bytes, stack_bytes);
    struct world w;
    wrt_val arg, out = { 0 };
    wrt_instance *i;
    int32_t deep = 0, at = 1 << 16;
    lim_open(&w, &limits);
    wrt_code *code = lim_code(&w, "s1( 01 60 01 7f 00 ) s3( 01 00 ) s7( 01 'f' 00 00 )"
        "s10( 01 ( 00 20 00 04 40 20 00 41 01 6b 10 00 0b 0b ) )");
    for (; at > 0; at /= 2) {
        arg = wrt_i32(deep + at);
        if (wrt_instantiate(w.s, w.l, code, &i, &w.err) != WRT_OK) break;
        wrt_status status = world_call(&w, i, "f", &arg, 1, &out, 0);
        if (status == WRT_OK) deep += at;
        else CHECK(status == WRT_E_TRAP && w.err.trap == WRT_TRAP_STACK_EXHAUSTED);
    }
    CHECK_EQ(at, 0);
    world_close(&w);
    return deep;
}

static void limit_stack_bytes(void)
{
    int32_t small = lim_depth(8192), large = lim_depth(16384);
    CHECK(small > 100 && small < 8192 / 8);
    CHECK(large >= small * 2 && large < small * 2 + 20);
}

/* ---- what a store holds -------------------------------------------------------------------------------- */

static void limit_instances(void)
{
    LIM_ONLY(instances, LIM_N);
    struct world w;
    wrt_instance *i;
    lim_open(&w, &limits);
    wrt_code *code = lim_code(&w, "s5( 01 00 00 )");
    for (int k = 0; k < LIM_N; k++) CHECK_EQ(wrt_instantiate(w.s, w.l, code, &i, &w.err), WRT_OK);
    lim_refused(&w, code, "instances");
    world_close(&w);
}

static struct { wrt_completion k[8]; unsigned count; wrt_status refused; int pipe[2]; int how; } lim_host;

/* Parks; how: 1 with a timer, 2 with a descriptor. */
static wrt_status lim_park(void *ctx, wrt_call *c)
{
    (void)ctx;
    wrt_completion k = { 0 };
    wrt_store *s = wrt_call_store(c);
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &k);
    if (status == WRT_OK && lim_host.how == 1) status = wrt_complete_at(s, k, wrt_now_ns(s) + 3600000000000u);
    if (status == WRT_OK && lim_host.how == 2) status = wrt_complete_on_fd(s, k, lim_host.pipe[0], 1);
    if (status != WRT_OK) {
        lim_host.refused = status;
        return status;
    }
    lim_host.k[lim_host.count++ % 8] = k;
    return WRT_PENDING;
}

static wrt_func *lim_parker(struct world *w, const wrt_limits *limits, int how)
{
    static const wrt_fn_def def = { .size = sizeof def, .name = { "p", 1 }, .fn = lim_park };
    wrt_instance *i = NULL;
    wrt_func *f = NULL;
    memset(&lim_host, 0, sizeof lim_host);
    lim_host.how = how;
    CHECK_EQ(pipe(lim_host.pipe), 0);
    lim_open(w, limits);
    CHECK_EQ(wrt_link_funcs(w->l, WRT_STR("h"), &def, 1, &w->err), WRT_OK);
    wrt_code *code = lim_code(w, "s1( 01 60 00 00 ) s2( 01 'h' 'p' 00 00 ) s7( 01 'p' 00 00 )");
    CHECK_EQ(wrt_instantiate(w->s, w->l, code, &i, &w->err), WRT_OK);
    CHECK_EQ(wrt_export_func(i, WRT_STR("p"), &f, &w->err), WRT_OK);
    return f;
}

static void lim_parker_close(struct world *w)
{
    world_close(w);
    close(lim_host.pipe[0]);
    close(lim_host.pipe[1]);
}

static void limit_tasks(void)
{
    LIM_ONLY(tasks, LIM_N);
    struct world w;
    wrt_task t[LIM_N + 1] = { { 0 } };
    wrt_stats stats;
    wrt_func *f = lim_parker(&w, &limits, 0);
    for (int k = 0; k < LIM_N; k++) CHECK_EQ(wrt_task_start(w.s, f, NULL, 0, NULL, &t[k], &w.err), WRT_OK);
    uint64_t live = w.heap.live, bytes = w.heap.live_bytes;
    CHECK_EQ(wrt_task_start(w.s, f, NULL, 0, NULL, &t[LIM_N], &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "tasks");
    CHECK_EQ(t[LIM_N].v, 0);
    CHECK(w.heap.live == live && w.heap.live_bytes == bytes);
    wrt_stats_get(w.s, &stats);
    CHECK_EQ(stats.tasks_live, LIM_N);
    CHECK_EQ(wrt_task_close(w.s, t[1]), WRT_OK);
    CHECK_EQ(wrt_task_start(w.s, f, NULL, 0, NULL, &t[1], &w.err), WRT_OK);
    lim_parker_close(&w);
}

/* N tasks park, one more is refused and ends with the limit; when one has gone on, there is room again. */
static void lim_parked(const wrt_limits *limits, int how)
{
    struct world w;
    wrt_task t[LIM_N + 2] = { { 0 } };
    wrt_func *f = lim_parker(&w, limits, how);
    for (int k = 0; k < LIM_N + 2; k++) {
        CHECK_EQ(wrt_task_start(w.s, f, NULL, 0, NULL, &t[k], &w.err), WRT_OK);
        if (k == LIM_N + 1) CHECK_EQ(wrt_complete(w.s, lim_host.k[0], WRT_OK, 0), WRT_OK);
        CHECK_EQ(wrt_run(w.s, NULL), WRT_IDLE);
        wrt_status status = wrt_task_result(w.s, t[k], NULL, 0, &w.err);
        CHECK_EQ(status, k == LIM_N ? WRT_E_LIMIT : WRT_PENDING);
        CHECK_EQ(lim_host.refused, k >= LIM_N ? WRT_E_LIMIT : WRT_OK);
    }
    CHECK_EQ(lim_host.count, LIM_N + 1);
    lim_parker_close(&w);
}

static void limit_completions(void)
{
    LIM_ONLY(completions, LIM_N);
    lim_parked(&limits, 0);
}

static void limit_timers(void)
{
    LIM_ONLY(timers, LIM_N);
    lim_parked(&limits, 1);
}

static void limit_watches(void)
{
    LIM_ONLY(watches, LIM_N);
    lim_parked(&limits, 2);
}

static void limit_groups(void)
{
    LIM_ONLY(groups, LIM_N);
    struct world w;
    wrt_group none = { 0 }, g = { 0 };
    lim_open(&w, &limits);
    for (int k = 0; k < LIM_N; k++) CHECK_EQ(wrt_group_new(w.s, none, WRT_STR("g"), 9, &g, &w.err), WRT_OK);
    uint64_t live = w.heap.live, last = g.v;
    CHECK_EQ(wrt_group_new(w.s, none, WRT_STR("g"), 9, &g, &w.err), WRT_E_LIMIT);
    CHECK_STR(w.err.table, "groups");
    CHECK_EQ(g.v, last);
    CHECK_EQ(w.heap.live, live);
    world_close(&w);
}

/* ---- all of them --------------------------------------------------------------------------------------- */

TEST(every_limit_is_kept)
{
#define LIMIT(name, type, dflt, least, most, unit, text) CONTEXT("%s", #name); limit_##name();
#include <wrt/limits.def>
#undef LIMIT
}

/* Outside of its range a limit is refused when the engine is made. */
TEST(every_limit_has_a_range)
{
    struct test_heap heap;
    wrt_engine *e = NULL;
    wrt_error err;
    test_heap_init(&heap);
    wrt_config c = WRT_INIT(wrt_config);
    c.alloc = &heap.alloc;
#define LIMIT(name, type, dflt, least, most, unit, text) \
    CONTEXT("%s", #name); \
    for (int k = 0; k < 2; k++) { \
        uint64_t wrong = k == 0 ? (uint64_t)(most) + 1 : (uint64_t)(least) - 1; \
        if ((k == 1 && (least) <= 1) || wrong != (type)wrong) continue; \
        c.limits.name = (type)wrong; \
        CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_E_ARG); \
        CHECK(strstr(err.message, #name) != NULL || strstr(err.where, #name) != NULL \
            || strstr(err.table, #name) != NULL); \
        CHECK_EQ(heap.live, 0); \
    } \
    c.limits.name = 0;
#include <wrt/limits.def>
#undef LIMIT
}
