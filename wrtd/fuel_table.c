/* fuel_table: cost tables as text, out and in. What is printed for a table is what --fuel-table reads:
 *
 *   name = "mine"
 *   entry = 0
 *   memory_bulk = [1, 4]        # price per 2^4 bytes
 *   0x6a = 1                    # i32.add
 *   0xfc_0a = 5                 # memory.copy
 *
 * `base = "weighted"` in front takes the prices that the file does not name from there. */
#include "wd.h"
#include <stdlib.h>
#include <string.h>

static const char *const builtin[] = { "weighted", "unit" };
static const struct { const char *name; size_t at; const char *unit; } bulks[] = {
    { "locals", offsetof(wrt_fuel_table, locals), "declared locals" },
    { "grow", offsetof(wrt_fuel_table, grow), "pages" },
    { "memory_bulk", offsetof(wrt_fuel_table, memory_bulk), "bytes" },
    { "table_bulk", offsetof(wrt_fuel_table, table_bulk), "elements" },
};
enum { OPS = sizeof(((wrt_fuel_table *)0)->op) / sizeof(uint16_t) };

static wrt_fuel_bulk bulk_of(const wrt_fuel_table *t, size_t k)
{
    wrt_fuel_bulk b;
    memcpy(&b, (const char *)t + bulks[k].at, sizeof b);
    return b;
}

/* 0x6a for plain operators, 0xfc_0a behind a prefix. */
static void op_key(uint32_t op, char buf[16])
{
    if (op < 256) {
        snprintf(buf, 16, "0x%02x", op);
    } else if (op < 512) {
        snprintf(buf, 16, "0xfc_%02x", op - 256);
    } else if (op < 896) {
        snprintf(buf, 16, "0xfd_%02x", op - 512);
    } else {
        snprintf(buf, 16, "0xfe_%02x", op - 896);
    }
}

/* ---- out ---------------------------------------------------------------------------------------------- */

static void print_table(const wrt_fuel_table *t)
{
    char key[16];
    printf("# cost table of wrt; hash %016llx\nname = \"", (unsigned long long)wrt_fuel_table_hash(t));
    wd_print_name(stdout, (wrt_str){ t->name, strnlen(t->name, sizeof t->name) });
    printf("\"\nversion = %u\nentry = %u\n", t->version, t->entry);
    for (size_t k = 0; k < WD_COUNT(bulks); k++) {
        wrt_fuel_bulk b = bulk_of(t, k);
        printf("%s = [%u, %u]%*s# per 2^%u %s\n", bulks[k].name, b.num, b.shift,
            (int)(16 - strlen(bulks[k].name)), "", b.shift, bulks[k].unit);
    }
    for (uint32_t op = 0; op < OPS; op++) {
        wrt_str name = wrt_fuel_op_name(op);
        if (t->op[op] == 0 && name.n == 0) continue;
        op_key(op, key);
        printf("%s = %-10u # %.*s\n", key, t->op[op], (int)name.n, name.n ? name.p : "");
    }
}

static void json_table(struct wd_json *j, const wrt_fuel_table *t)
{
    char key[16];
    wd_json_string(j, "name", (wrt_str){ t->name, strnlen(t->name, sizeof t->name) });
    wd_json_hex(j, "hash", wrt_fuel_table_hash(t));
    wd_json_u64(j, "version", t->version);
    wd_json_u64(j, "entry", t->entry);
    for (size_t k = 0; k < WD_COUNT(bulks); k++) {
        wrt_fuel_bulk b = bulk_of(t, k);
        wd_json_open(j, bulks[k].name, '{');
        wd_json_u64(j, "price", b.num);
        wd_json_u64(j, "shift", b.shift);
        wd_json_close(j);
    }
    wd_json_open(j, "operators", '[');
    for (uint32_t op = 0; op < OPS; op++) {
        wrt_str name = wrt_fuel_op_name(op);
        if (t->op[op] == 0 && name.n == 0) continue;
        op_key(op, key);
        wd_json_open(j, NULL, '{');
        wd_json_text(j, "code", key);
        wd_json_string(j, "name", name);
        wd_json_u64(j, "price", t->op[op]);
        wd_json_close(j);
    }
    wd_json_close(j);
}

/* ---- in ----------------------------------------------------------------------------------------------- */

struct table_text { struct wd *w; const char *file; uint32_t line; wrt_fuel_table *t; };

static int table_bad(const struct table_text *x, const char *what)
{
    wrt_error e;
    wd_error_init(&e, WRT_E_ARG, WD_W_TABLE, "%s", what);
    e.line = x->line;
    e.column = 1;
    wd_error_hint(&e, "`wrtd fuel-table weighted` shows the form");
    return wd_report(x->w, &e, x->file, WD_EXIT_DATA);
}

static wrt_str trimmed(const char *p, size_t n)
{
    while (n > 0 && (p[0] == ' ' || p[0] == '\t')) p++, n--;
    while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r')) n--;
    return (wrt_str){ p, n };
}

static bool price_of(wrt_str text, uint64_t most, uint16_t *out)
{
    uint64_t v;
    if (!wd_parse_count(text, &v) || v > most) return false;
    *out = (uint16_t)v;
    return true;
}

static bool quoted(wrt_str text, wrt_str *out)
{
    if (text.n < 2 || text.p[0] != '"' || text.p[text.n - 1] != '"') return false;
    *out = (wrt_str){ text.p + 1, text.n - 2 };
    return true;
}

static bool op_of_key(wrt_str key, uint32_t *op)
{
    static const struct {
        const char *prefix;
        uint32_t first, count;
    } spaces[] = { { "0xfc_", 256, 256 }, { "0xfd_", 512, 384 }, { "0xfe_", 896, 128 }, { "0x", 0, 256 } };
    for (size_t k = 0; k < WD_COUNT(spaces); k++) {
        char hex[16];
        uint64_t v;
        size_t n = strlen(spaces[k].prefix);
        if (key.n <= n || key.n - n > 4 || memcmp(key.p, spaces[k].prefix, n) != 0) continue;
        snprintf(hex, sizeof hex, "0x%.*s", (int)(key.n - n), key.p + n);
        if (!wd_parse_count(wd_str(hex), &v) || v >= spaces[k].count) return false;
        *op = spaces[k].first + (uint32_t)v;
        return true;
    }
    return false;
}

static int table_bulk(struct table_text *x, size_t k, wrt_str value)
{
    wrt_fuel_bulk b;
    const char *comma = value.n > 2 ? memchr(value.p, ',', value.n) : NULL;
    if (!comma || value.p[0] != '[' || value.p[value.n - 1] != ']') {
        return table_bad(x, "expected [price, shift]");
    }
    wrt_str price = trimmed(value.p + 1, (size_t)(comma - value.p) - 1);
    wrt_str shift = trimmed(comma + 1, (size_t)(value.p + value.n - comma) - 2);
    if (!price_of(price, UINT16_MAX, &b.num) || !price_of(shift, 63, &b.shift)) {
        return table_bad(x, "price or shift out of range");
    }
    memcpy((char *)x->t + bulks[k].at, &b, sizeof b);
    return 0;
}

static int table_line(struct table_text *x, wrt_str key, wrt_str value)
{
    wrt_str text;
    uint32_t op;
    if (wd_equal(key, "name")) {
        if (!quoted(value, &text) || text.n >= sizeof x->t->name) {
            return table_bad(x, "expected a name of at most 23 bytes in quotes");
        }
        memset(x->t->name, 0, sizeof x->t->name);
        memcpy(x->t->name, text.p, text.n);
        return 0;
    }
    if (wd_equal(key, "base")) {
        const wrt_fuel_table *base = quoted(value, &text) ? wrt_fuel_table_named(text) : NULL;
        if (!base) return table_bad(x, "expected base = \"weighted\" or \"unit\"");
        char name[sizeof base->name];
        memcpy(name, x->t->name, sizeof name);
        *x->t = *base;
        memcpy(x->t->name, name, sizeof name);
        return 0;
    }
    if (wd_equal(key, "version")) {
        uint64_t v;
        if (!wd_parse_count(value, &v) || v > UINT32_MAX) return table_bad(x, "expected a version number");
        x->t->version = (uint32_t)v;
        return 0;
    }
    if (wd_equal(key, "entry")) {
        return price_of(value, WRT_FUEL_OP_MAX, &x->t->entry) ? 0 : table_bad(x, "a price is 0 to 4095");
    }
    for (size_t k = 0; k < WD_COUNT(bulks); k++) {
        if (wd_equal(key, bulks[k].name)) return table_bulk(x, k, value);
    }
    if (!op_of_key(key, &op)) return table_bad(x, "unknown key");
    return price_of(value, WRT_FUEL_OP_MAX, &x->t->op[op]) ? 0 : table_bad(x, "a price is 0 to 4095");
}

static int table_read(struct wd *w, const char *file, const char *text, size_t n, wrt_fuel_table *t)
{
    struct table_text x = { w, file, 0, t };
    *t = (wrt_fuel_table){ .size = sizeof *t, .version = 1, .name = "custom" };
    for (size_t at = 0; at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t length = end ? (size_t)(end - text) - at : n - at;
        const char *hash = memchr(text + at, '#', length);
        wrt_str line = trimmed(text + at, hash ? (size_t)(hash - text) - at : length);
        x.line++;
        at += length + 1;
        if (line.n == 0) continue;
        const char *equal = memchr(line.p, '=', line.n);
        if (!equal) return table_bad(&x, "expected key = value");
        size_t key = (size_t)(equal - line.p);
        int code = table_line(&x, trimmed(line.p, key), trimmed(equal + 1, line.n - key - 1));
        if (code) return code;
    }
    return 0;
}

int wd_table_read(struct wd *w, const char *file, const char *text, size_t n, wrt_fuel_table **out)
{
    *out = wd_alloc(sizeof **out);
    int code = table_read(w, file, text, n, *out);
    if (code) {
        free(*out);
        *out = NULL;
    }
    return code;
}

int wd_table_find(struct wd *w, const char *name, const wrt_fuel_table **out, wrt_fuel_table **own)
{
    uint8_t *text;
    size_t n;
    *own = NULL;
    *out = wrt_fuel_table_named(wd_str(name));
    if (*out) return 0;
    if (!strpbrk(name, "/.")) {
        char hint[96] = "weighted, unit, or a file (with a dot or slash in its name)";
        struct wd_near near;
        wd_near_init(&near, wd_str(name));
        for (size_t k = 0; k < WD_COUNT(builtin); k++) wd_near_offer(&near, wd_str(builtin[k]));
        if (wd_near_found(&near)) {
            snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
        }
        return wd_fail(w, WD_EXIT_USAGE, WD_W_TABLE, hint, "no fuel table `%s`", name);
    }
    int code = wd_read_file(w, name, &text, &n);
    if (code) return code;
    code = wd_table_read(w, name, (const char *)text, n, own);
    free(text);
    *out = *own;
    return code;
}

/* ---- the command -------------------------------------------------------------------------------------- */

static void diff_row(struct wd_json *j, const char *key, wrt_str name, uint32_t a, uint32_t b, uint64_t *n)
{
    if (a == b) return;
    ++*n;
    if (j) {
        wd_json_open(j, NULL, '{');
        wd_json_text(j, "code", key);
        wd_json_string(j, "name", name);
        wd_json_u64(j, "a", a);
        wd_json_u64(j, "b", b);
        wd_json_close(j);
    } else {
        printf("%-8s %-28.*s %6u %6u\n", key, (int)name.n, name.p, a, b);
    }
}

static void diff_tables(struct wd *w, const wrt_fuel_table *a, const wrt_fuel_table *b)
{
    struct wd_json doc, *j = w->json != WD_JSON_OFF ? &doc : NULL;
    uint64_t n = 0;
    char key[16];
    if (j) {
        wd_json_begin(w, j, "fuel-table");
        wd_json_text(j, "a", a->name);
        wd_json_text(j, "b", b->name);
        wd_json_open(j, "differences", '[');
    } else {
        printf("%-8s %-28s %6.6s %6.6s\n", "code", "operator", a->name, b->name);
    }
    diff_row(j, "entry", WRT_STR("function entry"), a->entry, b->entry, &n);
    for (size_t k = 0; k < WD_COUNT(bulks); k++) {
        wrt_fuel_bulk x = bulk_of(a, k), y = bulk_of(b, k);
        diff_row(j, "bulk", wd_str(bulks[k].name), x.num, y.num, &n);
        diff_row(j, "shift", wd_str(bulks[k].name), x.shift, y.shift, &n);
    }
    for (uint32_t op = 0; op < OPS; op++) {
        op_key(op, key);
        diff_row(j, key, wrt_fuel_op_name(op), a->op[op], b->op[op], &n);
    }
    if (j) {
        wd_json_end(j);
    } else {
        printf("%llu differences\n", (unsigned long long)n);
    }
}

static void list_tables(struct wd *w)
{
    struct wd_json j;
    if (w->json != WD_JSON_OFF) {
        wd_json_begin(w, &j, "fuel-table");
        wd_json_open(&j, "tables", '[');
    }
    for (size_t k = 0; k < WD_COUNT(builtin); k++) {
        const wrt_fuel_table *t = wrt_fuel_table_named(wd_str(builtin[k]));
        if (w->json != WD_JSON_OFF) {
            wd_json_open(&j, NULL, '{');
            wd_json_text(&j, "name", builtin[k]);
            wd_json_hex(&j, "hash", wrt_fuel_table_hash(t));
            wd_json_close(&j);
        } else {
            printf("%-10s %016llx%s\n", builtin[k], (unsigned long long)wrt_fuel_table_hash(t),
                k == 0 ? "  (default)" : "");
        }
    }
    if (w->json != WD_JSON_OFF) wd_json_end(&j);
}

int wd_cmd_fuel_table(struct wd *w)
{
    const wrt_fuel_table *t[2] = { NULL, NULL };
    wrt_fuel_table *own[2] = { NULL, NULL };
    bool diff = wd_has(w, WD_OPT_diff);
    int code = wd_operands(w, diff ? 2 : 0, diff ? 2 : 1, "two tables: --diff A B");
    for (int k = 0; k < w->rest_count && !code; k++) code = wd_table_find(w, w->rest[k], &t[k], &own[k]);
    if (!code && diff) {
        diff_tables(w, t[0], t[1]);
    } else if (!code && !t[0]) {
        list_tables(w);
    } else if (!code && w->json != WD_JSON_OFF) {
        struct wd_json j;
        wd_json_begin(w, &j, "fuel-table");
        json_table(&j, t[0]);
        wd_json_end(&j);
    } else if (!code) {
        print_table(t[0]);
    }
    free(own[0]);
    free(own[1]);
    return code;
}
