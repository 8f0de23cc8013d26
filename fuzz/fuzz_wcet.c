/* Bounds against runs: a module (the bytes as they are when they begin like a binary, else generated from
 * them) is analysed without facts, every export then runs in a fresh instance: however it ends, it may not
 * have used more than the bound, nor, when it returns, less than the lower bound. The bytes are read as facts
 * too, and facts about every loop are made of them: nothing may break, and a certificate must be written to
 * its end. */
#include "generate.h"

enum {
    WCET_FUEL = 6000,
    WCET_STACK = 65536,
    WCET_PAGES = 4,
    WCET_VALUES = 16,
    WCET_EXPORTS = 6,
    WCET_HOST = 80,
    WCET_STEPS = 60000,
    WCET_TEXT = 8192
};

/* ---- the host ---- */

static wrt_status wcet_charge(void *ctx, wrt_call *c)
{
    (void)ctx;
    uint32_t x = (uint32_t)wrt_arg(c, 0).of.i32;
    wrt_status status = wrt_charge(c, x & 63);
    wrt_val out = wrt_i32((int32_t)(x * 3));
    return status == WRT_OK ? wrt_return(c, &out, 1) : status;
}

static wrt_status wcet_park(void *ctx, wrt_call *c)
{
    (void)ctx;
    wrt_val out = wrt_i64(wrt_arg(c, 0).of.i32);
    return wrt_return(c, &out, 1);
}

static wrt_status wcet_yield(void *ctx, wrt_call *c)
{
    (void)ctx;
    (void)c;
    return WRT_OK;
}

static const wrt_fn_def wcet_defs[] = {
    { sizeof(wrt_fn_def), { "charge", 6 }, { "(i32) -> (i32)", 14 }, wcet_charge, NULL, 5 },
    { sizeof(wrt_fn_def), { "park", 4 }, { "(i32) -> (i64)", 14 }, wcet_park, NULL, 2 },
    { sizeof(wrt_fn_def), { "yield", 5 }, { "", 0 }, wcet_yield, NULL, 0 },
};

/* ---- one export ---- */

struct wcet_fuzz {
    wrt_engine *e;
    wrt_linker *l;
    wrt_code *code;
    const uint8_t *data;
    size_t n;
};

static void wcet_drop(void *ctx, wrt_str part)
{
    *(size_t *)ctx += part.n;
}

/* Facts made of the input, of every loop that the report lists. */
static void wcet_stated(struct wcet_fuzz *f, wrt_str name, const wrt_wcet_report *r)
{
    static char text[WCET_TEXT];
    struct fuzz_in in = { f->data, f->n };
    wrt_wcet_loop l;
    wrt_wcet_func func;
    size_t at = (size_t)snprintf(text, sizeof text, "{\"loops\":[");
    for (size_t i = 0; i < 30 && wrt_wcet_loop_at(r, i, &l); i++) {
        at += (size_t)snprintf(text + at, sizeof text - at,
            "%s{\"func\":%u,\"loop\":%u,\"max\":%u,\"total\":%u}", i ? "," : "", l.func, l.loop,
            fuzz_byte(&in), fuzz_byte(&in) * 3);
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "],\"functions\":[");
    for (size_t i = 0; i < 8 && wrt_wcet_func_at(r, i, &func); i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s{\"func\":%u,\"calls\":%u}", i ? "," : "",
            func.func, fuzz_byte(&in));
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "]}");
    for (int use = WRT_WCET_ALL; use <= WRT_WCET_FULL; use++) {
        wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
        wrt_wcet_host host = { .fuel = WCET_HOST };
        wrt_wcet_report *stated;
        wrt_error err;
        o.facts = (wrt_bytes){ (const uint8_t *)text, at };
        o.use = (wrt_wcet_use)use;
        o.steps = WCET_STEPS;
        o.hosts = &host;
        o.nhosts = 1;
        if (wrt_wcet_analyse(f->code, name, &o, &stated, &err) != WRT_OK) continue;
        size_t written = 0;
        (void)wrt_wcet_certificate(stated, wcet_drop, &written, &err);
        wrt_wcet_report_free(stated);
    }
    wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
    wrt_wcet none = WRT_INIT(wrt_wcet);
    o.facts = (wrt_bytes){ f->data, f->n };
    o.no_inference = true;
    (void)wrt_wcet_static(f->code, name, &o, &none, NULL);
}

static void wcet_compare(
    struct wcet_fuzz *f, const wrt_extern_desc *d, const wrt_wcet *bound, uint64_t number)
{
    wrt_error err = { 0 };
    wrt_store *s;
    wrt_instance *i;
    wrt_func *func;
    wrt_task t;
    wrt_val args[WCET_VALUES], results[WCET_VALUES];
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    wrt_task_opts to = WRT_INIT(wrt_task_opts);
    wrt_task_info info = WRT_INIT(wrt_task_info);
    so.fuel = 4 * WCET_FUEL;        /* the start function too */
    FUZZ_CHECK(wrt_store_new(f->e, &so, &s, &err) == WRT_OK, "no store: %s", err.message);
    if (wrt_instantiate(s, f->l, f->code, &i, &err) == WRT_OK) {
        struct fuzz_in in = { f->data + f->n / 3, f->n - f->n / 3 };
        for (uint32_t k = 0; k < d->func.params; k++) {
            args[k] = d->func.kinds[k] > WRT_F64 ? wrt_null((wrt_kind)d->func.kinds[k]) : wrt_i32(0);
            args[k].kind = d->func.kinds[k];
            if (args[k].kind <= WRT_F64) args[k].of.u = (fuzz_byte(&in) * 0x01010101u) ^ number;
        }
        to.fuel = WCET_FUEL;
        FUZZ_CHECK(wrt_export_func(i, d->name, &func, &err) == WRT_OK, "no export");
        FUZZ_CHECK(wrt_task_start(s, func, args, d->func.params, &to, &t, &err) == WRT_OK, "%s", err.message);
        while (wrt_run(s, NULL) == WRT_PENDING) {
        }
        FUZZ_CHECK(wrt_task_info_get(s, t, &info) == WRT_OK, "no information");
        uint64_t used = info.guest_fuel + info.host_fuel;
        bool returned = wrt_task_result(s, t, results, d->func.results, &err) == WRT_OK;
        FUZZ_CHECK(!bound->bounded || used <= bound->fuel_high, "used %llu, bound %llu",
            (unsigned long long)used, (unsigned long long)bound->fuel_high);
        FUZZ_CHECK(!returned || used >= bound->fuel_low, "used %llu, at least %llu", (unsigned long long)used,
            (unsigned long long)bound->fuel_low);
        FUZZ_CHECK(bound->stack_bytes == WRT_WCET_NONE || info.stack_peak_bytes <= bound->stack_bytes,
            "stack %llu, bound %llu", (unsigned long long)info.stack_peak_bytes,
            (unsigned long long)bound->stack_bytes);
    }
    wrt_store_free(s);
}

static void wcet_export(struct wcet_fuzz *f, const wrt_extern_desc *d)
{
    wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
    wrt_wcet_host host = { .fuel = WCET_HOST };
    wrt_wcet_report *r;
    wrt_wcet bound = WRT_INIT(wrt_wcet);
    wrt_error err;
    o.steps = WCET_STEPS;
    o.hosts = &host;
    o.nhosts = 1;
    o.no_section = true;
    wrt_status status = wrt_wcet_analyse(f->code, d->name, &o, &r, &err);
    if (status == WRT_E_LINK) return;       /* an import that is exported again */
    FUZZ_CHECK(status == WRT_OK, "no analysis: %s", err.message);
    wrt_wcet_summary(r, &bound);
    FUZZ_CHECK(bound.bounded || wrt_wcet_why_count(r) > 0, "no bound and no reason");
    wcet_stated(f, d->name, r);
    wrt_wcet_report_free(r);
    if (d->func.params > WCET_VALUES || d->func.results > WCET_VALUES) return;
    for (uint64_t k = 0; k < 2; k++) wcet_compare(f, d, &bound, k * 0x80000001u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t made[GEN_MAX];
    static struct gen g;
    struct fuzz_heap heap;
    struct wcet_fuzz f = { .data = data, .n = n };
    wrt_error err;
    fuzz_heap_init(&heap);
    wrt_config c = WRT_INIT(wrt_config);
    c.alloc = &heap.alloc;
    c.limits.stack_bytes = WCET_STACK;
    c.limits.memory_bytes = WCET_PAGES * 65536;
    c.limits.table_elems = 1000;
    c.fuel = wrt_fuel_table_named(n % 2 ? WRT_STR("unit") : WRT_STR("weighted"));
    bool raw = n >= 4 && memcmp(data, "\0asm", 4) == 0;
    wrt_bytes bytes = { data, n };
    if (!raw) bytes = (wrt_bytes){ made, gen_module(&g, data, n, made) };
    FUZZ_CHECK(wrt_engine_new(&c, &f.e, &err) == WRT_OK, "no engine: %s", err.message);
    FUZZ_CHECK(wrt_linker_new(f.e, &f.l, &err) == WRT_OK, "no linker");
    FUZZ_CHECK(wrt_link_funcs(f.l, WRT_STR("h"), wcet_defs, 3, &err) == WRT_OK, "no host functions");
    if (wrt_load(f.e, bytes, NULL, &f.code, &err) == WRT_OK) {
        wrt_extern_desc d;
        uint32_t exports = 0;
        for (size_t i = 0; exports < WCET_EXPORTS && wrt_code_export(f.code, i, &d); i++) {
            if (d.kind != WRT_EXTERN_FUNC) continue;
            exports++;
            wcet_export(&f, &d);
        }
        wrt_code_free(f.code);
    }
    wrt_linker_free(f.l);
    wrt_engine_free(f.e);
    fuzz_heap_empty(&heap);
    return 0;
}
