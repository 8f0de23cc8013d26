/* inspect: what a module holds, what it needs and who would provide that. */
#include "wd.h"
#include <stdlib.h>
#include <string.h>

struct inspect {
    struct wd *w;
    struct wd_session s;
    struct wd_module *module;
    const wrt_code *code;
    wrt_error *misses;              /* of wrt_link_check, in import order */
    size_t misses_count;
};

/* ---- who provides -------------------------------------------------------------------------------------- */

static bool is_linked_name(const struct wd *w, wrt_str module)
{
    size_t at = 0;
    for (const char *text; (text = wd_option_next(w, WD_OPT_link, &at)) != NULL;) {
        if (wd_same(module, (wrt_str){ text, strcspn(text, "=") })) return true;
    }
    return false;
}

/* Does an error of the link check speak of this import? Its place reads "module.name", perhaps cut. */
static bool miss_is(const wrt_error *e, const wrt_extern_desc *d)
{
    struct wd_buf text = { 0 };
    wd_buf_add(&text, d->module.p, d->module.n);
    wd_buf_str(&text, ".");
    wd_buf_add(&text, d->name.p, d->name.n);
    size_t n = strlen(e->where);
    bool cut = n >= sizeof e->where - 8 && text.n > n;
    bool same = (cut || text.n == n) && memcmp(text.p, e->where, n) == 0;
    wd_buf_free(&text);
    return same;
}

static const char *provider(const struct inspect *x, const wrt_extern_desc *d, size_t *miss)
{
    if (*miss < x->misses_count && miss_is(&x->misses[*miss], d)) {
        const wrt_error *e = &x->misses[(*miss)++];
        return strncmp(e->message, "incompatible", 12) == 0 ? "provided with another type" : "missing";
    }
    return is_linked_name(x->w, d->module) ? "provided by --link" : "provided by wrt";
}

/* ---- what there is ------------------------------------------------------------------------------------ */

static const char *const kind_words[] = { "func", "table", "memory", "global" };

static void extern_text(const wrt_extern_desc *d, struct wd_buf *out)
{
    char range[80];
    switch (d->kind) {
    case WRT_EXTERN_FUNC: wd_func_type_text(&d->func, out); return;
    case WRT_EXTERN_GLOBAL:
        wd_buf_str(out, d->is_mutable ? "global mut " : "global ");
        wd_buf_str(out, wd_kind_name(d->value_kind));
        return;
    default:
        wd_buf_str(out, d->kind == WRT_EXTERN_TABLE ? "table " : "memory ");
        if (d->has_max) {
            snprintf(
                range, sizeof range, "%llu..%llu", (unsigned long long)d->min, (unsigned long long)d->max);
        } else {
            snprintf(range, sizeof range, "%llu..", (unsigned long long)d->min);
        }
        wd_buf_str(out, range);
        wd_buf_str(out, d->kind == WRT_EXTERN_TABLE ? " " : " pages");
        if (d->kind == WRT_EXTERN_TABLE) wd_buf_str(out, wd_kind_name(d->value_kind));
    }
}

static void print_extern(const wrt_extern_desc *d, const char *by)
{
    struct wd_buf type = { 0 };
    extern_text(d, &type);
    fputs("  ", stdout);
    if (d->module.n) {
        wd_print_name(stdout, d->module);
        putchar('.');
    }
    wd_print_name(stdout, d->name);
    printf("  %s%s%s\n", type.p, by ? "  -- " : "", by ? by : "");
    wd_buf_free(&type);
}

static void json_extern(struct wd_json *j, const wrt_extern_desc *d, const char *by)
{
    struct wd_buf type = { 0 };
    extern_text(d, &type);
    wd_json_open(j, NULL, '{');
    if (by) wd_json_string(j, "module", d->module);
    wd_json_string(j, "name", d->name);
    wd_json_text(j, "kind", kind_words[d->kind]);
    wd_json_text(j, "type", type.p);
    if (by) wd_json_text(j, "provider", by);
    wd_json_close(j);
    wd_buf_free(&type);
}

/* One list of numbers for both forms. */
struct count_row { const char *key, *text; uint64_t v; bool bytes; };
enum { COUNT_ROWS = 13 };

static void count_rows(const wrt_code_info *i, struct count_row rows[COUNT_ROWS])
{
    const struct count_row all[COUNT_ROWS] = {
        { "types", "types", i->types, false },
        { "functions", "functions", i->functions, false },
        { "imported_functions", "imported functions", i->imported_functions, false },
        { "tables", "tables", i->tables, false },
        { "memories", "memories", i->memories, false },
        { "globals", "globals", i->globals, false },
        { "elem_segments", "element segments", i->elem_segments, false },
        { "data_segments", "data segments", i->data_segments, false },
        { "wasm_bytes", "binary", i->wasm_bytes, true },
        { "body_bytes", "function bodies", i->body_bytes, true },
        { "code_bytes", "register code", i->code_bytes, true },
        { "map_bytes", "position map", i->map_bytes, true },
        { "data_bytes", "data", i->data_bytes, true },
    };
    memcpy(rows, all, sizeof all);
}

static void inspect_text(struct inspect *x)
{
    wrt_code_info info;
    wrt_extern_desc d;
    struct count_row rows[COUNT_ROWS];
    char buf[32];
    size_t miss = 0;
    wrt_code_info_get(x->code, &info);
    count_rows(&info, rows);
    printf("%s: core module, %s, hash %016llx\n", x->module->path, wd_bytes_text(info.wasm_bytes, buf),
        (unsigned long long)info.sha_low);
    fputs("features:", stdout);
    for (uint32_t bit = 0; bit < 64; bit++) {
        if (info.features >> bit & 1) printf(" %s", wd_feature_name(bit) ? wd_feature_name(bit) : "?");
    }
    puts(info.features ? "" : " none beyond the 2017 language");
    printf("imports: %zu\n", wrt_code_imports_count(x->code));
    for (size_t k = 0; wrt_code_import(x->code, k, &d); k++) print_extern(&d, provider(x, &d, &miss));
    printf("exports: %zu\n", wrt_code_exports_count(x->code));
    for (size_t k = 0; wrt_code_export(x->code, k, &d); k++) print_extern(&d, NULL);
    puts("counts and sizes:");
    for (size_t k = 0; k < COUNT_ROWS; k++) {
        printf("  %-20s %s\n", rows[k].text,
            rows[k].bytes ? wd_bytes_text(rows[k].v, buf) : wd_group(rows[k].v, buf));
    }
}

static void inspect_json(struct inspect *x)
{
    wrt_code_info info;
    wrt_extern_desc d;
    struct count_row rows[COUNT_ROWS];
    struct wd_json j;
    size_t miss = 0;
    wrt_code_info_get(x->code, &info);
    count_rows(&info, rows);
    wd_json_begin(x->w, &j, "inspect");
    wd_json_text(&j, "file", x->module->path);
    wd_json_text(&j, "kind", "core");
    wd_json_hex(&j, "hash", info.sha_low);
    wd_json_open(&j, "features", '[');
    for (uint32_t bit = 0; bit < 64; bit++) {
        if (info.features >> bit & 1 && wd_feature_name(bit)) wd_json_text(&j, NULL, wd_feature_name(bit));
    }
    wd_json_close(&j);
    wd_json_open(&j, "imports", '[');
    for (size_t k = 0; wrt_code_import(x->code, k, &d); k++) json_extern(&j, &d, provider(x, &d, &miss));
    wd_json_close(&j);
    wd_json_open(&j, "exports", '[');
    for (size_t k = 0; wrt_code_export(x->code, k, &d); k++) json_extern(&j, &d, NULL);
    wd_json_close(&j);
    wd_json_open(&j, "counts", '{');
    for (size_t k = 0; k < COUNT_ROWS; k++) wd_json_u64(&j, rows[k].key, rows[k].v);
    wd_json_end(&j);
}

/* ---- disassembly -------------------------------------------------------------------------------------- */

static void disasm_line(void *ctx, wrt_str line)
{
    if (ctx) {
        wd_json_string(ctx, NULL, line);
        return;
    }
    wd_print_name(stdout, line);
    putchar('\n');
}

/* j NULL: as text. */
static int disasm_one(struct inspect *x, struct wd_json *j, uint32_t func)
{
    if (j) {
        wd_json_open(j, NULL, '{');
        wd_json_u64(j, "function", func);
        wd_json_string(j, "name", wrt_code_func_name(x->code, func));
        wd_json_open(j, "lines", '[');
    }
    wrt_status status = wrt_code_disasm(x->code, func, disasm_line, j);
    if (j) {
        wd_json_close(j);
        wd_json_close(j);
    }
    if (status == WRT_OK) return 0;
    return wd_fail(x->w, WD_EXIT_INTERNAL, 0, NULL, "no disassembly: %.*s", (int)wrt_status_text(status).n,
        wrt_status_text(status).p);
}

/* By number, by name, or by the name of an export. */
static int disasm_find(struct inspect *x, const char *text, uint32_t *out)
{
    wrt_code_info info;
    uint64_t number;
    struct wd_near near;
    char hint[160] = "a function by name or number; imported ones have no code";
    wrt_code_info_get(x->code, &info);
    if (wd_parse_count(wd_str(text), &number)) {
        *out = (uint32_t)number;
        if (number >= info.imported_functions && number < info.functions) return 0;
    }
    wd_near_init(&near, wd_str(text));
    for (*out = info.imported_functions; *out < info.functions; ++*out) {
        wrt_str name = wrt_code_func_name(x->code, *out);
        if (wd_equal(name, text)) return 0;
        wd_near_offer(&near, name);
    }
    if (wd_near_found(&near)) {
        snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
    }
    return wd_fail(
        x->w, WD_EXIT_USAGE, WD_W_NO_FUNCTION, hint, "no function `%s` in %s", text, x->module->path);
}

/* The named functions; all when none is named. */
static int disasm_range(struct inspect *x, const uint32_t *named, size_t count)
{
    wrt_code_info info;
    struct wd_json doc, *j = x->w->json != WD_JSON_OFF ? &doc : NULL;
    int code = 0;
    wrt_code_info_get(x->code, &info);
    if (j) {
        wd_json_begin(x->w, j, "disasm");
        wd_json_text(j, "file", x->module->path);
        wd_json_open(j, "functions", '[');
    }
    for (size_t k = 0; k < count && !code; k++) code = disasm_one(x, j, named[k]);
    uint32_t first = count ? info.functions : info.imported_functions;
    for (uint32_t k = first; k < info.functions && !code; k++) code = disasm_one(x, j, k);
    if (j) wd_json_end(j);
    return code;
}

static int inspect_disasm(struct inspect *x)
{
    const char *one = wd_option(x->w, WD_OPT_disasm);
    uint32_t *named = wd_alloc(((size_t)x->w->rest_count + 1) * sizeof *named);
    size_t count = 0;
    int code = one ? disasm_find(x, one, &named[count++]) : 0;
    for (int k = 1; k < x->w->rest_count && !code; k++) code = disasm_find(x, x->w->rest[k], &named[count++]);
    if (!code) code = disasm_range(x, named, count);
    free(named);
    return code;
}

/* ---- the command -------------------------------------------------------------------------------------- */

static int inspect_links(struct inspect *x)
{
    size_t n = wrt_code_imports_count(x->code);
    wrt_store_opts opts = WRT_INIT(wrt_store_opts);
    struct wd_program p = { .name = "inspect", .fd_in = -1, .fd_out = -1, .fd_err = -1 };
    int code = wd_session_store(&x->s, &opts);
    if (!code) code = wd_link_program(&x->s, x->s.linker, &p);
    if (!code) code = wd_link_modules(&x->s, x->s.linker);
    if (code) return code;
    x->misses = wd_alloc((n + 1) * sizeof *x->misses);
    wrt_link_check(x->s.linker, x->code, x->misses, n, &x->misses_count);
    return 0;
}

static int inspect_whole(struct inspect *x)
{
    int code = wd_session_open(x->w, &x->s);
    if (code >= 0) return code;
    bool disasm = wd_has(x->w, WD_OPT_disasm);
    code = wd_operands(x->w, 1, disasm ? -1 : 1, "a FILE");
    if (!code) code = wd_session_load(&x->s, x->w->rest[0], true, &x->module);
    if (code) return code;
    x->code = x->module->code;
    if (disasm) return inspect_disasm(x);
    code = inspect_links(x);
    if (code) return code;
    if (x->w->json != WD_JSON_OFF) {
        inspect_json(x);
    } else {
        inspect_text(x);
    }
    return WD_EXIT_OK;
}

int wd_cmd_inspect(struct wd *w)
{
    struct inspect x = { .w = w };
    int code = inspect_whole(&x);
    free(x.misses);
    wd_session_close(&x.s);
    return code;
}
