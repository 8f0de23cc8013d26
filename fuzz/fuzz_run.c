/* Execution against itself: a module (from the bytes as they are when they begin like a binary, else
 * generated from them) whose exports run in one go, at slice 1, in slices of 7 between those of a second
 * instance, with budgets that run dry half-way, in virtual time and with a profile. All must end alike:
 * status, trap and its place, results, fuel, memory and globals. */
#include "generate.h"

enum { RUN_FUEL = 4000, RUN_STACK = 65536, RUN_PAGES = 4, RUN_VALUES = 64, RUN_FUNCS = 16, RUN_PARKED = 8 };

/* ---- the host ---- */

struct run_host {
    wrt_completion parked[RUN_PARKED];
    uint32_t count;
    bool timed;                 /* clocks complete, nobody else */
    uint64_t left;              /* what the callback may still give */
};

static wrt_status run_charge(void *ctx, wrt_call *c)
{
    (void)ctx;
    uint32_t x = (uint32_t)wrt_arg(c, 0).of.i32;
    wrt_status status = wrt_charge(c, x & 63);
    wrt_val out = wrt_i32((int32_t)(x * 3));
    return status == WRT_OK ? wrt_return(c, &out, 1) : status;
}

/* The result, for a price; when that does not fit it is asked again. */
static wrt_status run_arrived(void *ctx, wrt_call *c, wrt_status status, uint64_t scalar)
{
    (void)ctx;
    (void)scalar;
    uint64_t x = (uint32_t)wrt_arg(c, 0).of.i32;
    FUZZ_CHECK(status == WRT_OK, "arrived: %d", status);
    status = wrt_charge(c, x & 15);
    wrt_val out = wrt_i64((int64_t)(x * 7));
    return status == WRT_OK ? wrt_return(c, &out, 1) : status;
}

static wrt_status run_park(void *ctx, wrt_call *c)
{
    (void)ctx;
    struct run_host *h = wrt_call_user(c);
    wrt_completion k;
    wrt_status status = wrt_defer(c, run_arrived, NULL, NULL, &k);
    FUZZ_CHECK(status == WRT_OK, "defer: %d", status);
    if (h->timed) {
        wrt_store *s = wrt_call_store(c);
        uint64_t later = 1000 * (1 + (uint32_t)wrt_arg(c, 0).of.i32 % 64);
        FUZZ_CHECK(wrt_complete_at(s, k, wrt_now_ns(s) + later) == WRT_OK, "no timer");
        return WRT_PENDING;
    }
    FUZZ_CHECK(h->count < RUN_PARKED, "more calls wait than there are tasks");
    h->parked[h->count++] = k;
    return WRT_PENDING;
}

static wrt_status run_yield(void *ctx, wrt_call *c)
{
    (void)ctx;
    (void)c;
    return WRT_YIELDED;
}

static const wrt_fn_def run_defs[] = {
    { sizeof(wrt_fn_def), { "charge", 6 }, { "(i32) -> (i32)", 14 }, run_charge, NULL, 5 },
    { sizeof(wrt_fn_def), { "park", 4 }, { "(i32) -> (i64)", 14 }, run_park, NULL, 2 },
    { sizeof(wrt_fn_def), { "yield", 5 }, { "", 0 }, run_yield, NULL, 0 },
};

/* ---- one way of running ---- */

enum run_way {
    RUN_WHOLE,
    RUN_ONE,
    RUN_MIXED,
    RUN_REFUELLED,
    RUN_CALLED,
    RUN_GROUP,
    RUN_TIMED,
    RUN_PROFILED,
    RUN_WAYS
};
static const char *const run_names[RUN_WAYS] = { "whole", "slice 1", "mixed slices", "refuelled",
    "refuelled by callback", "paid by a group", "virtual time", "profiled" };

/* What may not depend on the way. */
struct run_end {
    wrt_status status;
    uint32_t trap, globals_count;
    uint64_t offset, guest, host, stack_peak;
    wrt_val results[RUN_VALUES], globals[RUN_VALUES];
    size_t results_count, memory_n;
    bool locked; /* waits for the relay, in which the other has no fuel left: nothing to compare */
    uint8_t *memory;
};

struct run_world {
    struct fuzz_heap heap;
    struct run_host host;
    wrt_engine *e;
    wrt_linker *l, *linker;         /* linker: l, or one that knows the relay */
    wrt_code *code, *relay;
    wrt_store *s;
    wrt_instance *i[2];
    wrt_task t[2];
    enum run_way way;
    wrt_error err;
};

static void run_complete(struct run_world *w)
{
    while (w->host.count > 0) {
        w->host.count--;
        (void)wrt_complete(w->s, w->host.parked[w->host.count], WRT_OK, 0);
    }
}

/* Until it has ended or has no fuel. */
static void run_steps(struct run_world *w, uint64_t slice)
{
    for (uint64_t turns = 0; ; turns++) {
        wrt_status status = wrt_task_step(w->s, w->t[0], slice, &w->err);
        FUZZ_CHECK(turns < 100 * RUN_FUEL, "%s: no end in sight: %d", run_names[w->way], status);
        if (status == WRT_PENDING) run_complete(w);
        else if (status != WRT_YIELDED) return;
    }
}

static void run_mixed(struct run_world *w)
{
    for (uint64_t turns = 0; ; turns++) {
        wrt_turn turn = { .fuel = 1 + turns % 50 };
        wrt_status status = wrt_run(w->s, &turn);
        FUZZ_CHECK(turns < 100 * RUN_FUEL, "no end in sight: %d", status);
        bool waits = w->host.count > 0;
        run_complete(w);
        if (status != WRT_PENDING && !waits) return;
    }
}

static void run_drive(struct run_world *w, enum run_way way, uint64_t first)
{
    if (way == RUN_MIXED || way == RUN_TIMED) run_mixed(w);
    else run_steps(w, way == RUN_ONE ? 1 : way == RUN_GROUP ? 100 : UINT64_MAX);
    if (way != RUN_REFUELLED) return;
    for (uint64_t left = RUN_FUEL - first; left > 0; ) {
        uint64_t more = left > 999 ? left / 2 : left;
        left -= more;
        if (wrt_fuel_add(w->s, w->t[0], more) != WRT_OK) return;
        run_steps(w, left & 1 ? UINT64_MAX : 13);
    }
}

/* ---- what came of it ---- */

static void run_look(struct run_world *w, int k, struct run_end *out)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    wrt_error err = { 0 };
    FUZZ_CHECK(wrt_task_info_get(w->s, w->t[k], &info) == WRT_OK, "no information");
    out->status = wrt_task_result(w->s, w->t[k], out->results, out->results_count, &err);
    out->locked = info.state == WRT_TASK_LOCKED;
    if (out->status == WRT_PENDING && info.state == WRT_TASK_FUEL_OUT) out->status = WRT_FUEL_OUT;
    if (out->status < 0) out->trap = err.trap;
    out->offset = out->status < 0 ? err.offset : 0;
    out->guest = info.guest_fuel;
    out->host = info.host_fuel;
    out->stack_peak = info.stack_peak_bytes;
    size_t n = wrt_code_exports_count(w->code);
    for (size_t i = 0; i < n; i++) {
        wrt_extern_desc d;
        wrt_memory *m;
        wrt_global *g;
        wrt_span span;
        (void)wrt_code_export(w->code, i, &d);
        if (d.kind == WRT_EXTERN_GLOBAL && out->globals_count < RUN_VALUES && d.value_kind <= WRT_F64 &&
            wrt_export_global(w->i[k], d.name, &g, &err) == WRT_OK) {
            (void)wrt_global_get(g, &out->globals[out->globals_count++]);
        }
        if (d.kind != WRT_EXTERN_MEMORY || out->memory) continue;
        if (wrt_export_memory(w->i[k], d.name, &m, &err) != WRT_OK) continue;
        out->memory_n = (size_t)wrt_memory_pages(m) * 65536;
        FUZZ_CHECK(wrt_memory_view(m, 0, out->memory_n, &span) == WRT_OK, "no view");
        out->memory = malloc(out->memory_n + 1);
        if (!out->memory) abort();
        memcpy(out->memory, span.p, out->memory_n);
    }
}

static bool run_same_values(const wrt_val *a, const wrt_val *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].kind != b[i].kind || (a[i].kind <= WRT_F64 && a[i].of.u != b[i].of.u)) return false;
    }
    return true;
}

static void run_compare(const struct run_end *a, const struct run_end *b, enum run_way way, unsigned func)
{
#define SAME(field) \
    FUZZ_CHECK(a->field == b->field, "export %u, %s: %lld, in one go %lld", func, run_names[way], \
        (long long)b->field, (long long)a->field)
    SAME(status);
    SAME(trap);
    SAME(offset);
    SAME(guest);
    SAME(host);
    SAME(stack_peak);
    SAME(memory_n);
#undef SAME
    if (a->status == WRT_OK) {
        FUZZ_CHECK(run_same_values(a->results, b->results, a->results_count), "export %u, %s: results", func,
            run_names[way]);
    }
    FUZZ_CHECK(run_same_values(a->globals, b->globals, a->globals_count), "export %u, %s: globals", func,
        run_names[way]);
    FUZZ_CHECK(a->memory_n == 0 || memcmp(a->memory, b->memory, a->memory_n) == 0, "export %u, %s: memory",
        func, run_names[way]);
}

/* ---- an instance between guest and host ---- */

/* Hands every call on: so calls cross instances, and the tasks of one store wait for each other in it. */
static const uint8_t run_relay_bytes[] = {
    0, 'a', 's', 'm', 1, 0, 0, 0,
    1, 14, 3, 96, 1, 127, 1, 127, 96, 1, 127, 1, 126, 96, 0, 0,
    2, 31, 3, 1, 'r', 6, 'c', 'h', 'a', 'r', 'g', 'e', 0, 0, 1, 'r', 4, 'p', 'a', 'r', 'k', 0, 1, 1, 'r',
    5, 'y', 'i', 'e', 'l', 'd', 0, 2,
    3, 4, 3, 0, 1, 2,
    7, 25, 3, 6, 'c', 'h', 'a', 'r', 'g', 'e', 0, 3, 4, 'p', 'a', 'r', 'k', 0, 4, 5, 'y', 'i', 'e', 'l',
    'd', 0, 5,
    10, 20, 3, 6, 0, 32, 0, 16, 0, 11, 6, 0, 32, 0, 18, 1, 11, 4, 0, 16, 2, 11,
};

static void run_link(struct run_world *w)
{
    wrt_instance *relay;
    w->linker = w->l;
    if (!w->relay) return;
    FUZZ_CHECK(
        wrt_instantiate(w->s, w->l, w->relay, &relay, &w->err) == WRT_OK, "no relay: %s", w->err.message);
    FUZZ_CHECK(wrt_linker_new(w->e, &w->linker, &w->err) == WRT_OK, "no linker");
    FUZZ_CHECK(wrt_link_instance(w->linker, WRT_STR("h"), relay, &w->err) == WRT_OK, "no link");
}

/* ---- one export ---- */

struct run_call {
    wrt_str name;
    wrt_val args[RUN_VALUES];
    size_t params, results;
    unsigned number;
    uint64_t budget;
};

static uint64_t run_refuel(void *ctx, wrt_store *s, wrt_task t)
{
    struct run_host *h = ctx;
    uint64_t more = h->left < 37 ? h->left : 37;
    (void)s;
    (void)t;
    h->left -= more;
    return more;
}

static bool run_start(struct run_world *w, const struct run_call *c, int k, uint64_t fuel)
{
    wrt_func *f;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.fuel = fuel;
    o.on_empty = w->way == RUN_CALLED ? WRT_FUEL_CALLBACK : WRT_FUEL_SUSPEND;
    o.refuel = run_refuel;
    o.ctx = &w->host;
    if (w->way == RUN_GROUP) {
        wrt_group none = { 0 };
        FUZZ_CHECK(
            wrt_group_new(w->s, none, WRT_STR("g"), RUN_FUEL, &o.group, &w->err) == WRT_OK, "no group");
        o.fuel = 0;
    }
    wrt_status status = wrt_instantiate(w->s, w->linker, w->code, &w->i[k], &w->err);
    if (status != WRT_OK) return false;
    FUZZ_CHECK(wrt_export_func(w->i[k], c->name, &f, &w->err) == WRT_OK, "an export is not there");
    status = wrt_task_start(w->s, f, c->args, c->params, &o, &w->t[k], &w->err);
    FUZZ_CHECK(status == WRT_OK, "start: %d %s", status, w->err.message);
    return true;
}

/* False: it cannot be instantiated (which must not depend on the way either, but the fuel of a start function
 * does). */
static bool run_one(struct run_world *w, const struct run_call *c, enum run_way way, struct run_end ends[2])
{
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    o.user = &w->host;
    o.quantum_fuel = way == RUN_MIXED ? 7 : way == RUN_TIMED ? 50 : 0;
    o.virtual_time = w->host.timed = way == RUN_TIMED;
    o.ns_per_kfuel = 1000000;
    o.fuel = 400000;
    w->host.count = 0;
    w->way = way;
    FUZZ_CHECK(wrt_store_new(w->e, &o, &w->s, &w->err) == WRT_OK, "no store");
    run_link(w);
    if (way == RUN_PROFILED) (void)wrt_profile_start(w->s, &w->err);
    bool some = way == RUN_REFUELLED || way == RUN_CALLED;
    w->host.left = RUN_FUEL - c->budget;
    int tasks = way == RUN_MIXED || way == RUN_TIMED ? 2 : 1;
    bool ok = run_start(w, c, 0, some ? c->budget : RUN_FUEL)
        && (tasks == 1 || run_start(w, c, 1, RUN_FUEL));
    if (ok) run_drive(w, way, c->budget);
    for (int k = 0; ok && k < tasks; k++) {
        ends[k] = (struct run_end){ .results_count = c->results };
        run_look(w, k, &ends[k]);
    }
    if (w->linker != w->l) wrt_linker_free(w->linker);
    wrt_store_free(w->s);
    return ok;
}

static void run_export(struct run_world *w, struct run_call *c)
{
    struct run_end first[2], other[2];
    if (!run_one(w, c, RUN_WHOLE, first)) return;
    uint64_t used = first[0].guest + first[0].host;
    c->budget = 1 + (used > 0 ? c->budget % used : 0);
    for (enum run_way way = RUN_ONE; way < RUN_WAYS; way++) {
        bool ok = run_one(w, c, way, other);
        FUZZ_CHECK(ok, "%s: %s", run_names[way], w->err.message);
        for (int k = 0; k < (way == RUN_MIXED || way == RUN_TIMED ? 2 : 1); k++) {
            const struct run_end *end = &other[k], *peer = &other[1 - k];
            bool waits = (way == RUN_MIXED || way == RUN_TIMED) && end->locked
                && peer->status == WRT_FUEL_OUT;
            if (!waits) run_compare(&first[0], end, way, c->number);
            free(end->memory);
        }
    }
    free(first[0].memory);
}

/* False: it is no function of numbers. */
static bool run_describe(const struct run_world *w, size_t i, uint64_t seed, struct run_call *c)
{
    wrt_extern_desc d;
    if (!wrt_code_export(w->code, i, &d) || d.kind != WRT_EXTERN_FUNC) return false;
    if (d.func.params > RUN_VALUES || d.func.results > RUN_VALUES) return false;
    *c = (struct run_call){
        .name = d.name, .params = d.func.params, .results = d.func.results, .number = (unsigned)i
    };
    for (size_t k = 0; k < c->params; k++) {
        if (d.func.kinds[k] > WRT_F64) return false;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t x = seed >> 58;
        c->args[k] = d.func.kinds[k] == WRT_I32 ? wrt_i32((int32_t)x)
            : d.func.kinds[k] == WRT_I64        ? wrt_i64((int64_t)x)
            : d.func.kinds[k] == WRT_F32        ? wrt_f32((float)x)
                                                : wrt_f64((double)x);
    }
    c->budget = seed >> 40;
    return true;
}

static void run_module(struct run_world *w, wrt_bytes bytes, bool made, uint64_t seed)
{
    wrt_status status = wrt_load(w->e, bytes, NULL, &w->code, &w->err);
    FUZZ_CHECK(status == WRT_OK || !made, "a valid module is refused: %d at %llu: %s: %s", status,
        (unsigned long long)w->err.offset, w->err.where, w->err.message);
    if (status != WRT_OK) return;
    unsigned funcs = 0;
    for (size_t i = 0; i < wrt_code_exports_count(w->code) && funcs < RUN_FUNCS; i++) {
        struct run_call c;
        if (!run_describe(w, i, seed + i, &c)) continue;
        funcs++;
        run_export(w, &c);
    }
    wrt_code_free(w->code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t made[GEN_MAX];
    static struct gen g;
    struct run_world w;
    memset(&w, 0, sizeof w);
    fuzz_heap_init(&w.heap);
    bool raw = n >= 4 && memcmp(data, "\0asm", 4) == 0;
    wrt_config c = WRT_INIT(wrt_config);
    c.alloc = &w.heap.alloc;
    c.limits.stack_bytes = RUN_STACK;
    c.limits.memory_bytes = RUN_PAGES * 65536;
    c.limits.table_elems = 1000;
    c.fuel = wrt_fuel_table_named(n % 2 ? WRT_STR("unit") : WRT_STR("weighted"));
    wrt_bytes bytes = { data, n };
    if (!raw) bytes = (wrt_bytes){ made, gen_module(&g, data, n, made) };
    FUZZ_CHECK(wrt_engine_new(&c, &w.e, &w.err) == WRT_OK, "no engine: %s", w.err.message);
    FUZZ_CHECK(wrt_linker_new(w.e, &w.l, &w.err) == WRT_OK, "no linker");
    FUZZ_CHECK(wrt_link_funcs(w.l, WRT_STR("h"), run_defs, 3, &w.err) == WRT_OK, "no host functions");
    FUZZ_CHECK(wrt_link_funcs(w.l, WRT_STR("r"), run_defs, 3, &w.err) == WRT_OK, "no host functions");
    wrt_bytes relay = { run_relay_bytes, sizeof run_relay_bytes };
    if (n % 4 > 1)
        FUZZ_CHECK(wrt_load(w.e, relay, NULL, &w.relay, &w.err) == WRT_OK, "relay: %s", w.err.message);
    run_module(&w, bytes, !raw, n * 7919 + (n > 8 ? data[n / 2] : 0));
    wrt_code_free(w.relay);
    wrt_linker_free(w.l);
    wrt_engine_free(w.e);
    fuzz_heap_empty(&w.heap);
    return 0;
}
