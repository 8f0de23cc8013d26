/* Every status by a real call or binary. The list of statuses makes the table: one that has neither a case
 * here nor a word why it cannot come yet fails the test. */
#define _GNU_SOURCE
#include "fixture.h"
#include "../wasm/binary_text.h"

#define STATUS_TEXT(s) ((wrt_str){ (s), strlen(s) })

/* ---- guests and a host ----------------------------------------------------------------------------- */

static struct { struct world w; wrt_instance *i; wrt_completion parked; uint32_t parked_count; } st;

static wrt_status status_park(void *ctx, wrt_call *c)
{
    (void)ctx;
    st.parked_count++;
    wrt_status status = wrt_defer(c, NULL, NULL, NULL, &st.parked);
    return status == WRT_OK ? WRT_PENDING : status;
}

static wrt_status status_say(void *ctx, wrt_call *c)
{
    (void)ctx;
    (void)c;
    return WRT_OK;
}

static wrt_status status_charge(void *ctx, wrt_call *c)
{
    (void)ctx;
    return wrt_charge(c, wrt_arg(c, 0).of.u);
}

static wrt_status status_exit(void *ctx, wrt_call *c)
{
    (void)ctx;
    return wrt_exit(c, wrt_arg(c, 0).of.i32);
}

static const wrt_fn_def status_defs[] = {
    { sizeof(wrt_fn_def), { "park", 4 }, { "(i32) -> (i64)", 14 }, status_park, NULL, 0 },
    { sizeof(wrt_fn_def), { "say", 3 }, { "(i32)", 5 }, status_say, NULL, 3 },
    { sizeof(wrt_fn_def), { "charge", 6 }, { "(i64)", 5 }, status_charge, NULL, 0 },
    { sizeof(wrt_fn_def), { "exit", 4 }, { "(i32)", 5 }, status_exit, NULL, 0 },
    { sizeof(wrt_fn_def), { "many", 4 }, { "(i32 i64 f32 f64) -> (f64 f32 i64 i32)", 38 }, status_say, NULL,
        0 },
};

static void status_open(void)
{
    wrt_config small = WRT_INIT(wrt_config); /* sealing takes all that the limits allow */
    small.limits.tasks = 16;
    small.limits.stack_bytes = 16384;
    memset(&st, 0, sizeof st);
    world_open_with(&st.w, small);
    CHECK_EQ(wrt_link_funcs(st.w.l, WRT_STR("host"), status_defs, 5, &st.w.err), WRT_OK);
    st.i = world_instance(&st.w, "tasks");
}

static wrt_func *status_func(const char *name)
{
    wrt_func *f = NULL;
    CHECK_EQ(wrt_export_func(st.i, STATUS_TEXT(name), &f, &st.w.err), WRT_OK);
    return f;
}

static wrt_task status_start(const char *name, uint64_t fuel, wrt_fuel_policy policy)
{
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_task t = { 0 };
    wrt_func *f = status_func(name);
    wrt_val arg = wrt_i32(7);
    o.fuel = fuel;
    o.on_empty = policy;
    CHECK_EQ(wrt_task_start(st.w.s, f, &arg, wrt_func_type_of(f).params, &o, &t, &st.w.err), WRT_OK);
    return t;
}

static wrt_status status_load(const char *text)
{
    wrt_code *c = NULL;
    binary_module(text);
    return wrt_load(st.w.e, (wrt_bytes){ binary.bytes, binary.n }, NULL, &c, &st.w.err);
}

static wrt_status status_of_result(wrt_task t)
{
    return wrt_task_result(st.w.s, t, NULL, 0, &st.w.err);
}

/* ---- one function per status: what was answered -------------------------------------------------------- */

static wrt_status status_OK(void) { return world_call(&st.w, st.i, "nothing", NULL, 0, NULL, 0); }
static wrt_status status_PENDING(void)
{
    return status_of_result(status_start("nothing", 0, WRT_FUEL_SUSPEND));
}
static wrt_status status_YIELDED(void)
{
    return wrt_task_step(st.w.s, status_start("spin", 0, WRT_FUEL_SUSPEND), 10, &st.w.err);
}
static wrt_status status_FUEL_OUT(void)
{
    return wrt_task_step(st.w.s, status_start("spin", 100, WRT_FUEL_SUSPEND), 0, &st.w.err);
}
static wrt_status status_IDLE(void)
{
    (void)status_start("park", 0, WRT_FUEL_SUSPEND);
    wrt_status status = wrt_run(st.w.s, NULL);
    CHECK_EQ(st.parked_count, 1);
    return status;
}
static wrt_status status_E_ARG(void)
{
    wrt_config c = WRT_INIT(wrt_config);
    wrt_engine *e = NULL;
    c.limits.stack_bytes = 1;
    return wrt_engine_new(&c, &e, &st.w.err);
}
static wrt_status status_E_STATE(void)
{
    (void)status_IDLE();
    CHECK_EQ(wrt_complete(st.w.s, st.parked, WRT_OK, 1), WRT_OK);
    return wrt_complete(st.w.s, st.parked, WRT_OK, 1);
}
static wrt_status status_E_NOMEM(void)
{
    st.w.heap.fail_at = st.w.heap.asked + 1;
    wrt_status status = status_load("s5( 01 00 01 )");
    st.w.heap.fail_at = 0;
    return status;
}
static wrt_status status_E_LIMIT(void)
{
    return status_load("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 01 u60000 7f 0b ) )");
}
static wrt_status status_E_MALFORMED(void) { return status_load("s5( 01 00 )"); }
static wrt_status status_E_INVALID(void)
{
    return status_load("s1( 01 60 00 01 7f ) s3( 01 00 ) s10( 01 ( 00 0b ) )");
}
static wrt_status status_E_LINK(void)
{
    wrt_instance *i = NULL;
    return wrt_instantiate(st.w.s, NULL, st.w.codes[0], &i, &st.w.err);
}
static wrt_status status_E_TYPE(void)
{
    wrt_val arg = wrt_i64(1);
    return world_call(&st.w, st.i, "fib", &arg, 1, NULL, 0);
}
static wrt_status status_E_TRAP(void)
{
    wrt_val arg = wrt_i32(1);
    wrt_status status = world_call(&st.w, st.i, "trap", &arg, 1, NULL, 0);
    CHECK_EQ(st.w.err.trap, WRT_TRAP_UNREACHABLE);
    return status;
}
static wrt_status status_E_CANCELLED(void)
{
    wrt_task t = status_start("spin", 0, WRT_FUEL_SUSPEND);
    CHECK_EQ(wrt_task_cancel(st.w.s, t), WRT_OK);
    return status_of_result(t);
}
static wrt_status status_E_FUEL(void)
{
    wrt_task t = status_start("spin", 100, WRT_FUEL_TRAP);
    (void)wrt_run(st.w.s, NULL);
    return status_of_result(t);
}
static wrt_status status_E_POISONED(void)
{
    wrt_task t = status_start("spin", 0, WRT_FUEL_SUSPEND);     /* ended in the middle of guest code */
    CHECK_EQ(wrt_task_step(st.w.s, t, 10, &st.w.err), WRT_YIELDED);
    CHECK_EQ(wrt_task_cancel(st.w.s, t), WRT_OK);
    return status_OK();
}
static wrt_status status_E_IO(void)
{
    wrt_dir dir = { WRT_STR("/nowhere/at/all"), WRT_STR("/"), false };
    wrt_wasi w = wrt_wasi_default();
    w.dirs = &dir;
    w.ndirs = 1;
    wrt_status status = wrt_link_wasi(st.w.l, &w, &st.w.err);
    CHECK(has_text(st.w.err.where, "/nowhere/at/all"));
    return status;
}
static wrt_status status_E_UNSUPPORTED(void)
{
    return status_load("s5( 01 04 01 )");
} /* a memory of 64-bit addresses */
static wrt_status status_E_SEALED(void)
{
    CHECK_EQ(wrt_engine_seal(st.w.e, &st.w.err), WRT_OK);
    return status_load("s5( 01 00 01 )");
}
static wrt_status status_E_EXIT(void)
{
    wrt_val arg = wrt_i32(7);
    wrt_status status = world_call(&st.w, st.i, "exit", &arg, 1, NULL, 0);
    CHECK_EQ(st.w.err.exit_code, 7);
    return status;
}
static wrt_status status_E_DEADLOCK(void)
{
    wrt_val arg = wrt_i32(0), out;
    return world_call(&st.w, st.i, "park", &arg, 1, &out, 1);
}

/* Cannot come before the part of the runtime that makes them is there. */
#define STATUS_LATER(X)                                                                     \
    X(MORE, "lists of events")                                                              \
    X(END, "streams of the component model")                                                \
    X(E_DEADLINE, "tasks with deadlines")                                                   \
    X(E_DENIED, "capabilities beside WASI, which answers its guest by errno")               \
    X(E_REJECTED, "the admission test")                                                     \
    X(E_PEER, "processes as isolation")                                                     \
    X(E_INTEGRITY, "code and memory that are checked while they run")                       \
    X(E_UNBOUNDED, "bounds of execution time")                                              \
    X(E_ISOLATION, "levels of isolation")                                                   \
    X(E_TIMEOUT, "limits of time in the library; the command line has its own")

static const struct { wrt_status status; const char *name; wrt_status (*make)(void);
} status_cases[] = {
#define CASE(name) { WRT_##name, #name, status_##name }
    CASE(OK),
    CASE(PENDING),
    CASE(YIELDED),
    CASE(FUEL_OUT),
    CASE(IDLE),
    CASE(E_ARG),
    CASE(E_STATE),
    CASE(E_NOMEM),
    CASE(E_LIMIT),
    CASE(E_MALFORMED),
    CASE(E_INVALID),
    CASE(E_LINK),
    CASE(E_TYPE),
    CASE(E_TRAP),
    CASE(E_CANCELLED),
    CASE(E_FUEL),
    CASE(E_POISONED),
    CASE(E_IO),
    CASE(E_UNSUPPORTED),
    CASE(E_SEALED),
    CASE(E_EXIT),
    CASE(E_DEADLOCK),
#undef CASE
};

TEST(every_status_comes_from_a_real_call)
{
    for (size_t k = 0; k < sizeof status_cases / sizeof status_cases[0]; k++) {
        CONTEXT("%s", status_cases[k].name);
        status_open();
        memset(&st.w.err, 0, sizeof st.w.err);
        wrt_status status = status_cases[k].make();
        CHECK_EQ(status, status_cases[k].status);
        if (status < 0 && status != WRT_E_STATE) {
            CHECK_EQ(st.w.err.status, status);
            CHECK(st.w.err.message[0] != 0);
        }
        world_close(&st.w);
    }
}

TEST(no_status_is_forgotten)
{
    static const wrt_status later[] = {
#define X(name, why) WRT_##name,
        STATUS_LATER(X)
#undef X
    };
#define X(name, value, text) \
    { \
        CONTEXT("%s", #name); \
        int found = 0; \
        for (size_t k = 0; k < sizeof status_cases / sizeof status_cases[0]; k++) \
            found += status_cases[k].status == (value); \
        for (size_t k = 0; k < sizeof later / sizeof later[0]; k++) \
            found += later[k] == (value); \
        CHECK_EQ(found, 1); \
    }
    WRT_STATUS_MAP(X)
#undef X
}
