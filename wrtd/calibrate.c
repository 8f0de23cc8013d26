/* bench --calibrate: what 1000 fuel cost in time on this machine, by class of operators, for the board file
 * of manifests. Small modules made here run one class each, on a pattern that is bad for the machine:
 * dependent chains, cold lines, branches that cannot be foreseen. The rate is the worst sample of the worst
 * class times a margin, so that no mix of operators is slower than it says; it is measured, not proven. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "manifest.h"

enum { SAMPLE_NS = 1000000, MARGIN_NUM = 6, MARGIN_DEN = 5, UNROLL = 16, MEMORY_PAGES = 1024 };

/* Operators as bytes; locals: 0 counter, 1 i32, 2 i64, 3 f64. RANDOM leaves a new number in local 1 and on
 * the stack. */
#define RANDOM "\x20\x01\x41\x8d\xcc\xe5\x00\x6c\x41\xdf\xe6\xbb\xe3\x03\x6a\x22\x01"
#define ADDRESS "\x41\xc0\xff\xff\x1f\x71"      /* & 0x3ffffc0: one line of 64 MiB */
struct calibrate_class { const char *name, *what; const char *code; uint32_t code_n, unroll; };
#define CLASS(name, what, code, unroll) { name, what, code, sizeof(code) - 1, unroll }
static const struct calibrate_class classes[] = {
    CLASS("alu", "i32.xor, rotl, add in a chain",
        "\x20\x01\x41\xb9\xf3\xdd\xf1\x79\x73\x41\x0d\x77\x20\x01\x6a\x21\x01", UNROLL),
    CLASS("mul", "i64.mul in a chain", "\x20\x02\x42\x95\xd3\x82\xa9\x06\x7e\x21\x02", UNROLL),
    CLASS("div", "i64.div_u, rem_s of numbers that change",
        "\x42\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x20\x02\x42\x03\x84\x80\x20\x02\x42\x07\x84\x81\x42"
        "\x91\xa2\xc4\x08\x7c\x21\x02",
        UNROLL),
    CLASS("load", "i32.load at random lines of 64 MiB, each from the one before",
        RANDOM ADDRESS "\x28\x02\x00\x20\x01\x73\x21\x01", UNROLL),
    CLASS("store", "i32.store at random lines of 64 MiB", RANDOM ADDRESS "\x20\x01\x36\x02\x00", UNROLL),
    CLASS("call", "call of a small function", "\x20\x01\x10\x01\x21\x01", UNROLL),
    CLASS("call_indirect", "the same through a table", "\x20\x01\x41\x00\x11\x01\x00\x21\x01", UNROLL),
    CLASS("br_table", "br_table to a random one of four",
        "\x02\x40\x02\x40\x02\x40\x02\x40" RANDOM
        "\x41\x18\x76\x41\x03\x71\x0e\x03\x00\x01\x02\x03\x0b\x0b\x0b\x0b",
        UNROLL),
    CLASS("branch", "if on a random bit",
        RANDOM "\x41\x80\x80\x04\x71\x04\x40\x20\x01\x41\x01\x6a\x21\x01\x0b", UNROLL),
    CLASS("float", "f64.div, sqrt, add in a chain",
        "\x20\x03\x44\xcd\x3b\x7f\x66\x9e\xa0\xf6\x3f\xa3\x9f\x44\x00\x00\x00\x00\x00\x00\xf8\x3f\xa0"
        "\x21\x03",
        UNROLL),
    CLASS("convert", "f64 to i64 and back",
        "\x20\x03\xb0\x22\x02\xb9\x44\x00\x00\x00\x00\x00\x00\xe0\x3f\xa0\x21\x03", UNROLL),
    CLASS("bulk", "memory.copy and memory.fill of 64 KiB",
        "\x41\x00\x41\x80\x80\x80\x08\x41\x80\x80\x04\xfc\x0a\x00\x00\x41\x80\x80\x80\x10\x41\x07\x41"
        "\x80\x80\x04\xfc\x0b\x00",
        1),
    CLASS("host_call", "call of a host function of price 50 that does nothing", "\x10\x00", UNROLL),
};
enum { CLASSES = sizeof classes / sizeof classes[0] };

struct calibrate_result { uint64_t samples; double median, worst; };

/* ---- making a module ------------------------------------------------------------------------------------
 */

static void cal_leb(struct wd_buf *b, uint64_t v)
{
    do {
        uint8_t byte = (uint8_t)(v & 0x7f);
        v >>= 7;
        if (v) byte |= 0x80;
        wd_buf_add(b, &byte, 1);
    } while (v);
}

#define CAL_PUT(b, bytes) wd_buf_add(b, bytes, sizeof(bytes) - 1)

static void cal_section(struct wd_buf *out, uint8_t id, const char *p, size_t n)
{
    wd_buf_add(out, &id, 1);
    cal_leb(out, n);
    wd_buf_add(out, p, n);
}

#define CAL_SECTION(out, id, bytes) cal_section(out, id, bytes, sizeof(bytes) - 1)

/* (func (param i32) (result i32) loop CODE * unroll, counter down, until 0) */
static void cal_body(const struct calibrate_class *c, struct wd_buf *out)
{
    struct wd_buf body = { 0 };
    CAL_PUT(&body, "\x03\x01\x7f\x01\x7e\x01\x7c\x03\x40");
    for (uint32_t k = 0; k < c->unroll; k++) wd_buf_add(&body, c->code, c->code_n);
    CAL_PUT(&body, "\x20\x00\x41\x01\x6b\x22\x00\x0d\x00\x0b\x20\x01\x0b");
    cal_leb(out, body.n);
    wd_buf_add(out, body.p, body.n);
    wd_buf_free(&body);
}

static void cal_module(const struct calibrate_class *c, struct wd_buf *out)
{
    struct wd_buf memory = { 0 }, code = { 0 };
    CAL_PUT(out, "\0asm\x01\0\0\0");
    CAL_SECTION(out, 1, "\x02\x60\x00\x00\x60\x01\x7f\x01\x7f");       /* () -> (), (i32) -> (i32) */
    CAL_SECTION(out, 2, "\x01\x01h\x01n\x00\x00");                     /* func 0: h.n */
    CAL_SECTION(out, 3, "\x02\x01\x01");                               /* func 1: the small one; 2: run */
    CAL_SECTION(out, 4, "\x01\x70\x00\x01");
    CAL_PUT(&memory, "\x01\x00");
    cal_leb(&memory, MEMORY_PAGES);
    cal_section(out, 5, memory.p, memory.n);
    CAL_SECTION(out, 7, "\x02\x03run\x00\x02\x01m\x02\x00");
    CAL_SECTION(out, 9, "\x01\x00\x41\x00\x0b\x01\x01");
    CAL_PUT(&code, "\x02\x07\x00\x20\x00\x41\x01\x6a\x0b");
    cal_body(c, &code);
    cal_section(out, 10, code.p, code.n);
    wd_buf_free(&memory);
    wd_buf_free(&code);
}

/* ---- measuring ------------------------------------------------------------------------------------------
 */

static wrt_status cal_nothing(void *ctx, wrt_call *call)
{
    (void)ctx;
    (void)call;
    return WRT_OK;
}

struct calibrate {
    struct wd_session s;
    wrt_func *run;
    uint64_t runs, warmup;
    struct calibrate_result results[CLASSES];
};

static int cal_open(struct calibrate *x, const struct calibrate_class *c)
{
    static const wrt_fn_def host = {
        .size = sizeof host, .name = { "n", 1 }, .sig = { "", 0 }, .fn = cal_nothing, .fuel = 50
    }; /* as the cheapest of the system interface; dearer ones say so themselves */
    wrt_error e;
    struct wd_module *m;
    struct wd_buf bytes = { 0 };
    wrt_instance *i;
    wrt_memory *memory;
    wrt_span all;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    cal_module(c, &bytes);
    wrt_status status = wd_session_add(&x->s, c->name, (uint8_t *)bytes.p, bytes.n, false, &m, &e);
    int code = status == WRT_OK ? wd_session_store(&x->s, &o)
                                : wd_report(x->s.w, &e, c->name, WD_EXIT_INTERNAL);
    if (code) return code;
    status = wrt_link_funcs(x->s.linker, WRT_STR("h"), &host, 1, &e);
    if (status == WRT_OK) status = wrt_instantiate(x->s.store, x->s.linker, m->code, &i, &e);
    if (status == WRT_OK) status = wrt_export_func(i, WRT_STR("run"), &x->run, &e);
    if (status == WRT_OK) status = wrt_export_memory(i, WRT_STR("m"), &memory, &e);
    /* Pages that were never touched cost a fault each: that is the time of the first job, not of operators.
     */
    bool touched = status == WRT_OK
        && wrt_memory_view(memory, 0, (uint64_t)MEMORY_PAGES << 16, &all) == WRT_OK;
    if (touched) memset(all.p, 1, all.n);
    return status == WRT_OK ? 0 : wd_report(x->s.w, &e, c->name, wd_exit_of(&e));
}

static void cal_close(struct calibrate *x)
{
    wd_signals_arm(NULL);
    if (x->s.inbox) wrt_inbox_drop(x->s.inbox);
    if (x->s.store) wrt_store_free(x->s.store);
    if (x->s.linker) wrt_linker_free(x->s.linker);
    x->s.inbox = NULL;
    x->s.store = NULL;
    x->s.linker = NULL;
}

static int cal_call(struct calibrate *x, uint32_t n, uint64_t *ns, uint64_t *fuel)
{
    wrt_error e;
    wrt_fuel_state before, after;
    wrt_val arg = { .kind = WRT_I32, .of.u = n }, result;
    wrt_fuel_get(x->s.store, (wrt_task){ 0 }, &before);
    uint64_t start = wd_cpu_ns();
    wrt_status status = wrt_call_sync(x->s.store, x->run, &arg, 1, &result, 1, &e);
    *ns = wd_cpu_ns() - start;
    wrt_fuel_get(x->s.store, (wrt_task){ 0 }, &after);
    *fuel = after.guest + after.host - before.guest - before.host;
    if (status == WRT_OK) return 0;
    return wd_signal_seen() ? WD_EXIT_INT : wd_report(x->s.w, &e, NULL, wd_exit_of(&e));
}

static int cal_order(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static int cal_class(struct calibrate *x, size_t k)
{
    uint64_t ns = 0, fuel = 0;
    uint32_t n = 1;
    double *seen = wd_alloc(x->runs * sizeof *seen);
    int code = cal_open(x, &classes[k]);
    while (!code && ns < SAMPLE_NS && n < 1u << 28) {   /* long enough for the clock */
        n *= 2;
        code = cal_call(x, n, &ns, &fuel);
    }
    for (uint64_t i = 0; i < x->warmup && !code; i++) code = cal_call(x, n, &ns, &fuel);
    for (uint64_t i = 0; i < x->runs && !code; i++) {
        code = cal_call(x, n, &ns, &fuel);
        seen[i] = fuel ? (double)ns * 1000 / (double)fuel : 0;
    }
    cal_close(x);
    if (!code) {
        qsort(seen, x->runs, sizeof *seen, cal_order);
        x->results[k] = (struct calibrate_result){ x->runs, seen[x->runs / 2], seen[x->runs - 1] };
    }
    free(seen);
    return code;
}

/* ---- the machine -----------------------------------------------------------------------------------------
 */

/* What stands behind "NAME:" in a file, or its first line where name is NULL; of letters that a TOML string
 * may hold. */
static void cal_line_of(const char *path, const char *name, char out[128])
{
    char line[512];
    FILE *f = fopen(path, "r");
    snprintf(out, 128, "unknown");
    while (f && fgets(line, sizeof line, f)) {
        size_t n = name ? strlen(name) : 0;
        const char *p = line;
        if (name && (strncmp(line, name, n) != 0 || !(p = strchr(line, ':')))) continue;
        if (name) p++;
        while (*p == ' ' || *p == '\t') p++;
        size_t at = 0;
        for (; p[at] && p[at] != '\n' && at < 127; at++) {
            bool plain = p[at] >= ' ' && p[at] < 0x7f && p[at] != '"' && p[at] != '\\';
            out[at] = plain ? p[at] : '?';
        }
        out[at] = 0;
        break;
    }
    if (f) fclose(f);
}

static void cal_build(struct wd *w, char out[17])
{
    uint8_t *bytes, hash[32];
    size_t n;
    snprintf(out, 17, "unknown");
    FILE *f = fopen("/proc/self/exe", "rb");
    if (!f) return;
    fclose(f);
    if (wd_read_file(w, "/proc/self/exe", &bytes, &n)) return;
    wd_sha256(bytes, n, hash);
    for (size_t k = 0; k < 8; k++) snprintf(out + 2 * k, 3, "%02x", hash[k]);
    free(bytes);
}

void wd_board_warn(const struct wd_manifest *m)
{
    char cpu[128], build[17];
    const struct wd_board *b = &m->board;
    if (!b->given) return;
    cal_line_of("/proc/cpuinfo", "model name", cpu);
    cal_build(m->mf.w, build);
    if (b->cpu[0] && strcmp(b->cpu, cpu) != 0) {
        wd_warn(
            m->mf.w, "the board file was measured on another processor: %.60s, this is %.60s", b->cpu, cpu);
    }
    if (b->build[0] && strcmp(b->build, build) != 0) {
        wd_warn(m->mf.w, "the board file was measured with another build of wrtd");
    }
}

static uint64_t cal_rate(const struct calibrate *x, size_t *worst)
{
    *worst = 0;
    for (size_t k = 1; k < CLASSES; k++) {
        if (x->results[k].worst > x->results[*worst].worst) *worst = k;
    }
    double rate = x->results[*worst].worst * (double)MARGIN_NUM / (double)MARGIN_DEN;
    return rate < 1 ? 1 : (uint64_t)rate + 1;
}

static void cal_board(const struct calibrate *x, FILE *out)
{
    char cpu[128], governor[128], build[17];
    size_t worst;
    const wrt_fuel_table *t = wrt_engine_fuel_table(x->s.engine);
    uint64_t rate = cal_rate(x, &worst);
    cal_line_of("/proc/cpuinfo", "model name", cpu);
    cal_line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", NULL, governor);
    cal_build(x->s.w, build);
    fprintf(out, "# Written by `wrtd bench --calibrate`; a manifest names it as system.board.\nboard = 1\n"
                 "ns-per-kfuel = %llu        # worst class (%s) * margin, measured\nmargin = \"%d/%d\"\n",
        (unsigned long long)rate, classes[worst].name, MARGIN_NUM, MARGIN_DEN);
    fprintf(out,
        "fuel-table = \"%.23s\"\nfuel-table-hash = \"0x%016llx\"\n"
        "build = \"%s\"\ncpu = \"%s\"\ngovernor = \"%s\"\n",
        t->name, (unsigned long long)wrt_fuel_table_hash(t), build, cpu, governor);
    for (size_t k = 0; k < CLASSES; k++) {
        const struct calibrate_result *r = &x->results[k];
        fprintf(out,
            "\n[class.%s]                # %s\nsamples = %llu\nmedian-ns-per-kfuel = %.1f\n"
            "worst-ns-per-kfuel = %.1f\n",
            classes[k].name, classes[k].what, (unsigned long long)r->samples, r->median, r->worst);
    }
}

static void cal_text(const struct calibrate *x)
{
    size_t worst;
    uint64_t rate = cal_rate(x, &worst);
    printf("%-14s %9s %14s %14s  %s\n", "class", "samples", "ns/kfuel ~", "worst ~", "pattern");
    for (size_t k = 0; k < CLASSES; k++) {
        const struct calibrate_result *r = &x->results[k];
        printf("%-14s %9llu %14.1f %14.1f  %s\n", classes[k].name, (unsigned long long)r->samples, r->median,
            r->worst, classes[k].what);
    }
    printf("rate %llu ns per 1000 fuel: worst class (%s) * %d/%d\n", (unsigned long long)rate,
        classes[worst].name, MARGIN_NUM, MARGIN_DEN);
}

static void cal_json(const struct calibrate *x)
{
    struct wd_json j;
    size_t worst;
    const wrt_fuel_table *t = wrt_engine_fuel_table(x->s.engine);
    wd_json_begin(x->s.w, &j, "calibrate");
    wd_json_u64(&j, "ns_per_kfuel", cal_rate(x, &worst));
    wd_json_text(&j, "worst_class", classes[worst].name);
    wd_json_text(&j, "fuel_table", t->name);
    wd_json_hex(&j, "fuel_table_hash", wrt_fuel_table_hash(t));
    wd_json_open(&j, "classes", '[');
    for (size_t k = 0; k < CLASSES; k++) {
        wd_json_open(&j, NULL, '{');
        wd_json_text(&j, "class", classes[k].name);
        wd_json_u64(&j, "samples", x->results[k].samples);
        wd_json_f64(&j, "median_ns_per_kfuel", x->results[k].median);
        wd_json_f64(&j, "worst_ns_per_kfuel", x->results[k].worst);
        wd_json_close(&j);
    }
    wd_json_end(&j);
}

static int cal_whole(struct calibrate *x, struct wd *w)
{
    const char *path = wd_option(w, WD_OPT_output);
    int code = wd_operands(w, 0, 0, "");
    if (code) return code;
    code = wd_session_open(w, &x->s);
    if (code >= 0) return code;
    bool good = wd_option_count(w, WD_OPT_runs, 1, 100000, 50, &x->runs)
        && wd_option_count(w, WD_OPT_warmup, 0, 100000, 3, &x->warmup);
    if (!good) return WD_EXIT_USAGE;
    code = 0;
    for (size_t k = 0; k < CLASSES && !code; k++) {
        wd_progress(w, "calibrate", k, CLASSES);
        code = cal_class(x, k);
    }
    wd_progress_end();
    if (code) return code;
    if (path) {
        FILE *out = wd_open_out(w, path);
        if (!out) return WD_EXIT_IO;
        cal_board(x, out);
        code = wd_close_out(w, out, path);
    }
    if (w->json != WD_JSON_OFF) {
        cal_json(x);
    } else if (!path || strcmp(path, "-") != 0) {
        cal_text(x);
    }
    return code;
}

int wd_calibrate(struct wd *w)
{
    struct calibrate x = { .runs = 0 };
    int code = cal_whole(&x, w);
    wd_session_close(&x.s);
    return code;
}
