/* manifest_read: see manifest_read.h. */
#include "manifest_read.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct mf_key_row mf_keys[MF_KEYS] = {
#define KEY(table_, id, name_, type_, least_, most_, words_, later_, help_) \
    [MF_##table_##_##id] = { MF_##table_, name_, MF_##type_, least_, most_, words_, later_, help_ },
#include "manifest.def"
#undef KEY
};

/* ---- faults -------------------------------------------------------------------------------------------- */

enum { LINE_SHOWN = 100 };

/* The begin of the character that this byte belongs to; in what is no UTF-8 a place near by. */
static size_t mf_character(wrt_str s, size_t at)
{
    for (int k = 0; k < 3 && at > 0 && ((unsigned char)s.p[at] & 0xc0) == 0x80; k++) at--;
    return at;
}

/* The line of a place for a message: of a long one a piece around the mark. */
static struct wd_caret mf_caret(const struct mf *m, uint32_t at, uint32_t n, uint32_t *line, uint32_t *column)
{
    wrt_str whole;
    toml_place(&m->toml, at, line, column, &whole);
    size_t from = (size_t)(m->toml.text.p + at - whole.p);
    struct wd_caret c = { .text = whole, .at = from < whole.n ? from : whole.n, .n = n };
    if (whole.n > LINE_SHOWN) {
        size_t cut = mf_character(whole, c.at > 40 ? c.at - 40 : 0);
        size_t end = whole.n - cut < LINE_SHOWN ? whole.n : mf_character(whole, cut + LINE_SHOWN);
        c.text = (wrt_str){ whole.p + cut, end - cut };
        c.at -= cut;
    }
    if (c.at + c.n > c.text.n) c.n = c.text.n > c.at ? c.text.n - c.at : 1;
    const char *end = memchr(c.text.p + c.at, '\n', c.n);
    if (end) c.n = (size_t)(end - c.text.p) - c.at;
    return c;
}

static struct mf_fault *mf_fault_at(struct mf *m, uint32_t at, uint32_t n)
{
    static struct mf_fault surplus; /* beyond what is kept: counted, and written over */
    if (!m->faults) m->faults = wd_alloc(MF_FAULTS_KEPT * sizeof *m->faults);
    struct mf_fault *f = m->faults_count < MF_FAULTS_KEPT ? &m->faults[m->faults_count] : &surplus;
    uint32_t line, column;
    m->faults_count++;
    *f = (struct mf_fault){ .at = at, .caret = mf_caret(m, at, n, &line, &column) };
    wd_error_init(&f->error, WRT_E_ARG, 0, " ");
    f->error.line = line;
    f->error.column = column;
    return f;
}

void mf_fault(
    struct mf *m, const struct toml_value *v, bool key, uint32_t code, const char *note, const char *fmt, ...)
{
    va_list args;
    bool at_key = key && v->key_n > 0;
    struct mf_fault *f = mf_fault_at(m, at_key ? v->key_at : v->at, at_key ? v->key_n : v->n);
    f->caret.note = note;
    f->error.code = code;
    if (code == WD_W_LATER) f->error.status = WRT_E_UNSUPPORTED;
    va_start(args, fmt);
    (void)vsnprintf(f->error.message, sizeof f->error.message, fmt, args);
    va_end(args);
}

void mf_hint(struct mf *m, const char *fmt, ...)
{
    va_list args;
    if (m->faults_count == 0 || m->faults_count > MF_FAULTS_KEPT) return;
    wrt_error *e = &m->faults[m->faults_count - 1].error;
    va_start(args, fmt);
    (void)vsnprintf(e->hint, sizeof e->hint, fmt, args);
    va_end(args);
}

void mf_hint_near(struct mf *m, const struct wd_near *near, const char *otherwise)
{
    if (wd_near_found(near)) {
        mf_hint(m, "did you mean `%.*s`?", (int)(near->best.n < 64 ? near->best.n : 64), near->best.p);
    } else if (otherwise[0]) {
        mf_hint(m, "%s", otherwise);
    }
}

void mf_warn(struct mf *m, const struct toml_value *v, const char *fmt, ...)
{
    va_list args;
    wrt_error e;
    uint32_t line, column;
    if (m->w->quiet) return;
    struct wd_caret c = mf_caret(m, v->at, v->n, &line, &column);
    wd_error_init(&e, WRT_OK, 0, " ");
    e.line = line;
    e.column = column;
    va_start(args, fmt);
    (void)vsnprintf(e.message, sizeof e.message, fmt, args);
    va_end(args);
    wd_say_error(m->w, "warning", &e, m->file, &c);
}

static int mf_fault_order(const void *a, const void *b)
{
    const struct mf_fault *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

int mf_report(struct mf *m)
{
    size_t kept = m->faults_count < MF_FAULTS_KEPT ? m->faults_count : MF_FAULTS_KEPT;
    if (kept == 0) return 0;
    qsort(m->faults, kept, sizeof *m->faults, mf_fault_order);
    size_t shown = kept < MF_FAULTS_SHOWN ? kept : MF_FAULTS_SHOWN;
    for (size_t k = 0; k < shown; k++) {
        wd_say_error(m->w, "error", &m->faults[k].error, m->file, &m->faults[k].caret);
    }
    size_t more = m->faults_count + m->faults_more - shown;
    if (more > 0) fprintf(stderr, "error: %zu more fault%s in %s\n", more, more > 1 ? "s" : "", m->file);
    if (m->w->json != WD_JSON_OFF && !m->w->reported) {
        struct wd_json j;
        wd_json_begin(m->w, &j, "error");
        wd_json_text(&j, "command", wd_commands[m->w->command].name);
        wd_json_text(&j, "file", m->file);
        wd_json_error(&j, "error", &m->faults[0].error);
        wd_json_open(&j, "errors", '[');
        for (size_t k = 0; k < shown; k++) wd_json_error(&j, NULL, &m->faults[k].error);
        wd_json_close(&j);
        wd_json_i64(&j, "exit_code", WD_EXIT_CONFIG);
        wd_json_end(&j);
    }
    return WD_EXIT_CONFIG;
}

/* ---- forms --------------------------------------------------------------------------------------------- */

/* DIGITS[.DIGITS] as mantissa / scale, scale a power of ten; underscores are skipped. False: too long or no
 * number. */
static bool mf_decimal(wrt_str s, size_t *used, uint64_t *mantissa, uint64_t *scale)
{
    size_t at = 0;
    bool dot = false, digit = false;
    *mantissa = 0;
    *scale = 1;
    for (; at < s.n; at++) {
        char c = s.p[at];
        if (c == '_' && digit) continue;
        if (c == '.' && digit && !dot) {
            dot = true;
            digit = false;
            continue;
        }
        if (c < '0' || c > '9') break;
        digit = true;
        if (*mantissa > (UINT64_MAX - 9) / 10 || (dot && *scale > UINT64_MAX / 10)) return false;
        *mantissa = *mantissa * 10 + (uint64_t)(c - '0');
        if (dot) *scale *= 10;
    }
    *used = at;
    return digit;
}

const char *mf_parse_time(wrt_str s, uint64_t *ns)
{
    static const struct { const char *name; uint64_t ns; } units[] = { { "ns", 1 }, { "us", 1000 },
        { "ms", 1000000 }, { "s", 1000000000 }, { "min", 60000000000 }, { "h", 3600000000000 } };
    size_t used;
    uint64_t mantissa, scale;
    if (!mf_decimal(s, &used, &mantissa, &scale)) return "expected a time like \"5ms\"";
    wrt_str unit = { s.p + used, s.n - used };
    for (size_t k = 0; k < WD_COUNT(units); k++) {
        if (!wd_equal(unit, units[k].name)) continue;
        uint64_t one = units[k].ns;
        while (scale > 1 && one % 10 == 0) {
            scale /= 10;
            one /= 10;
        }
        if (mantissa % scale != 0) return "not a whole number of nanoseconds";
        mantissa /= scale;
        if (mantissa > UINT64_MAX / one) return "too long";
        *ns = mantissa * one;
        return *ns >> 62 ? "too long: 2^62 ns (146 years) at most" : NULL;
    }
    return unit.n ? "units are ns, us, ms, s, min, h" : "the unit is missing: ns, us, ms, s, min, h";
}

static uint64_t mf_gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

const char *mf_parse_ratio(wrt_str s, wrt_adm_ratio *out)
{
    static const char form[] = "expected a number like 0.5, \"1.15\" or \"23/20\"";
    size_t used;
    uint64_t num, den, other = 1;
    if (s.n > 0 && s.p[0] == '+') s = (wrt_str){ s.p + 1, s.n - 1 };
    if (!mf_decimal(s, &used, &num, &den)) return form;
    if (used < s.n) {
        wrt_str below = { s.p + used + 1, s.n - used - 1 };
        if (s.p[used] != '/' || den != 1 || !mf_decimal(below, &used, &other, &den)) return form;
        if (used != below.n || den != 1) return form;
        den = other;
        if (den == 0) return "division by 0";
    }
    uint64_t by = mf_gcd(num, den);
    if (num / by > UINT32_MAX || den / by > UINT32_MAX) return "too many digits: both sides have 32 bits";
    *out = (wrt_adm_ratio){ (uint32_t)(num / by), (uint32_t)(den / by) };
    return NULL;
}

static bool mf_name_good(wrt_str s)
{
    if (s.n == 0 || s.n > 31) return false;
    for (size_t k = 0; k < s.n; k++) {
        char c = s.p[k];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !strchr("-_.", c)) return false;
    }
    return true;
}

/* ---- one value ------------------------------------------------------------------------------------------
 */

static void mf_wrong(struct mf *m, const struct mf_key_row *row, const struct toml_value *v, const char *note)
{
    mf_fault(m, v, false, WD_W_MANIFEST_VALUE, note, "`%s` cannot have this value", row->name);
    mf_hint(m, "%s: %s", row->name, row->help);
}

static void mf_expected(
    struct mf *m, const struct mf_key_row *row, const struct toml_value *v, const char *what)
{
    char note[96];
    snprintf(note, sizeof note, "found %s, expected %s", toml_kind_name(v->kind), what);
    mf_fault(m, v, false, WD_W_MANIFEST_VALUE, NULL, "`%s` has the wrong type: %s", row->name, note);
    mf_hint(m, "%s: %s", row->name, row->help);
}

static bool mf_number(
    struct mf *m, const struct mf_key_row *row, const struct toml_value *v, struct mf_field *f)
{
    bool bytes = row->type == MF_BYTES, never = row->type == MF_NEVER;
    if (never && v->kind == TOML_STRING && wd_equal(v->text, "never")) {
        f->n = UINT64_MAX;
        return true;
    }
    if (v->kind == TOML_INTEGER) {
        if (v->of.integer < 0) return mf_wrong(m, row, v, "negative"), false;
        f->n = (uint64_t)v->of.integer;
    } else if (v->kind == TOML_STRING) {
        bool good = bytes ? wd_parse_bytes(v->text, &f->n) : wd_parse_count(v->text, &f->n);
        const char *note = bytes ? "expected a size like \"64KiB\"" : "expected a count like 20 or \"2M\"";
        if (!good) return mf_wrong(m, row, v, note), false;
    } else {
        mf_expected(m, row, v, bytes ? "a size" : "a count");
        return false;
    }
    if (f->n >= row->least && (row->most == 0 || f->n <= row->most)) return true;
    mf_fault(m, v, false, WD_W_MANIFEST_VALUE, NULL, "`%s` is out of range: %llu to %llu", row->name,
        (unsigned long long)row->least, (unsigned long long)(row->most ? row->most : UINT64_MAX));
    mf_hint(m, "%s: %s", row->name, row->help);
    return false;
}

static bool mf_time(
    struct mf *m, const struct mf_key_row *row, const struct toml_value *v, struct mf_field *f)
{
    if (v->kind == TOML_INTEGER && v->of.integer != 0) {
        return mf_wrong(m, row, v, "the unit is missing: \"5ms\""), false;
    }
    if (v->kind != TOML_STRING && v->kind != TOML_INTEGER) return mf_expected(m, row, v, "a time"), false;
    const char *why = v->kind == TOML_STRING ? mf_parse_time(v->text, &f->n) : NULL;
    if (why) return mf_wrong(m, row, v, why), false;
    if (f->n < row->least) return mf_wrong(m, row, v, "zero"), false;
    return true;
}

static bool mf_ratio(
    struct mf *m, const struct mf_key_row *row, const struct toml_value *v, struct mf_field *f)
{
    if (v->kind != TOML_STRING && v->kind != TOML_INTEGER && v->kind != TOML_FLOAT) {
        return mf_expected(m, row, v, "a number"), false;
    }
    const char *why = mf_parse_ratio(v->text, &f->ratio);
    if (why) return mf_wrong(m, row, v, why), false;
    uint64_t num = f->ratio.num, den = f->ratio.den;
    if (num == 0 || num < row->least * den || num > row->most * den) {
        mf_fault(m, v, false, WD_W_MANIFEST_VALUE, NULL, "`%s` is out of range: %s%llu to %llu", row->name,
            row->least ? "" : "above ", (unsigned long long)row->least, (unsigned long long)row->most);
        mf_hint(m, "%s: %s", row->name, row->help);
        return false;
    }
    return true;
}

static bool mf_word(
    struct mf *m, const struct mf_key_row *row, const struct toml_value *v, struct mf_field *f)
{
    struct wd_near near;
    if (v->kind != TOML_STRING) return mf_expected(m, row, v, "a string"), false;
    wd_near_init(&near, v->text);
    uint64_t n = 0;
    for (const char *p = row->words; *p; n++) {
        wrt_str word = { p, strcspn(p, "|") };
        if (wd_same(word, v->text)) {
            f->n = n;
            return true;
        }
        wd_near_offer(&near, word);
        p += word.n + (p[word.n] == '|');
    }
    mf_fault(m, v, false, WD_W_MANIFEST_VALUE, NULL, "`%.*s` is no value for `%s`",
        (int)(v->text.n < 40 ? v->text.n : 40), v->text.p, row->name);
    char words[180];
    snprintf(words, sizeof words, "one of %s", row->words);
    mf_hint_near(m, &near, words);
    return false;
}

/* Below the folder of the manifest by its form; whether links lead out is seen when it is opened. */
static const char *mf_path_wrong(wrt_str s)
{
    if (s.n == 0) return "empty";
    if (memchr(s.p, 0, s.n)) return "a 0 byte";
    if (s.n > 1000) return "too long";
    if (s.p[0] == '/') return "absolute: paths are relative to the manifest";
    for (size_t at = 0; at <= s.n;) {
        const char *slash = memchr(s.p + at, '/', s.n - at);
        size_t n = slash ? (size_t)(slash - s.p) - at : s.n - at;
        if (n == 2 && s.p[at] == '.' && s.p[at + 1] == '.') return "leads out of the folder of the manifest";
        at += n + 1;
    }
    return NULL;
}

static bool mf_string(
    struct mf *m, const struct mf_key_row *row, const struct toml_value *v, struct mf_field *f)
{
    const char *why = NULL;
    if (v->kind != TOML_STRING) return mf_expected(m, row, v, "a string"), false;
    f->s = v->text;
    if (memchr(f->s.p, 0, f->s.n)) why = "a 0 byte";
    if (row->type == MF_NAME && !mf_name_good(f->s)) why = "1 to 31 letters, digits, - _ .";
    if (row->type == MF_PATH) {
        bool url = f->s.n > 6 && memcmp(f->s.p, "oci://", 6) == 0;
        if (url) {
            mf_fault(m, v, false, WD_W_LATER, NULL, "files from a registry are not built yet");
            mf_hint(m, "fetch it, and name the file with its sha256");
            return false;
        }
        why = mf_path_wrong(f->s);
        if (why) {
            mf_fault(m, v, false, WD_W_MANIFEST_PATH, why, "`%s` is outside", row->name);
            mf_hint(m, "put the file below the folder of the manifest");
            return false;
        }
    }
    if (row->type == MF_HASH) {
        bool good = f->s.n == 64;
        for (size_t k = 0; good && k < 64; k++) good = strchr("0123456789abcdefABCDEF", f->s.p[k]) != NULL;
        if (!good) why = "expected 64 hexadecimal digits";
    }
    if (why) return mf_wrong(m, row, v, why), false;
    return true;
}

static bool mf_items(struct mf *m, const struct mf_key_row *row, const struct toml_value *v)
{
    uint8_t kind = row->type == MF_NUMBERS ? TOML_INTEGER : row->type == MF_TABLES ? TOML_TABLE : TOML_STRING;
    const char *what = row->type == MF_NUMBERS ? "an array of numbers"
        : row->type == MF_TABLES               ? "an array of tables"
                                               : "an array of strings";
    if (v->kind != TOML_ARRAY) return mf_expected(m, row, v, what), false;
    for (const struct toml_value *i = v->first; i; i = i->next) {
        if (i->kind != kind) return mf_expected(m, row, i, what), false;
        if (kind == TOML_INTEGER && (i->of.integer < 0 || (uint64_t)i->of.integer > row->most)) {
            return mf_wrong(m, row, i, "out of range"), false;
        }
        if (kind == TOML_STRING && memchr(i->text.p, 0, i->text.n))
            return mf_wrong(m, row, i, "a 0 byte"), false;
    }
    return true;
}

static bool mf_field(
    struct mf *m, const struct mf_key_row *row, const struct toml_value *v, struct mf_field *f)
{
    switch (row->type) {
    case MF_COUNT: case MF_NEVER: case MF_BYTES: return mf_number(m, row, v, f);
    case MF_TIME: return mf_time(m, row, v, f);
    case MF_RATIO: return mf_ratio(m, row, v, f);
    case MF_WORD: return mf_word(m, row, v, f);
    case MF_NAME: case MF_TEXT: case MF_PATH: case MF_HASH: return mf_string(m, row, v, f);
    case MF_NUMBERS: case MF_TEXTS: case MF_TABLES: return mf_items(m, row, v);
    case MF_BOOL:
        if (v->kind != TOML_BOOLEAN) return mf_expected(m, row, v, "true or false"), false;
        f->n = v->of.boolean;
        return true;
    default:
        if (v->kind != TOML_TABLE) return mf_expected(m, row, v, "a table"), false;
        return true;
    }
}

/* ---- one table ------------------------------------------------------------------------------------------
 */

static const char *mf_table_name(enum mf_table t)
{
    static const char *const names[] = { "a manifest", "[system]", "a component", "on-trap", "limits",
        "a folder of dirs", "a server", "a task", "wcet", "a slot", "a link", "a channel", "[observe]",
        "trace", "[wcet-analysis]", "a limit of [wcet-analysis]" };
    return names[t];
}

/* A key that this table lacks: the nearest one here, or the table where it belongs. */
static void mf_unknown(struct mf *m, enum mf_table table, const struct toml_value *v)
{
    struct wd_near near;
    char other[128] = "";
    wd_near_init(&near, v->key);
    for (int k = 0; k < MF_KEYS; k++) {
        if (mf_keys[k].table == table) {
            wd_near_offer(&near, wd_str(mf_keys[k].name));
        } else if (!other[0] && wd_equal(v->key, mf_keys[k].name)) {
            snprintf(other, sizeof other, "it is a key of %s", mf_table_name(mf_keys[k].table));
        }
    }
    mf_fault(m, v, true, WD_W_MANIFEST_KEY, NULL, "%s has no key `%.*s`", mf_table_name(table),
        (int)(v->key.n < 60 ? v->key.n : 60), v->key.p);
    mf_hint_near(m, &near, other[0] ? other : "docs/manifest.md lists the keys");
}

void mf_read(struct mf *m, enum mf_table table, const struct toml_value *t)
{
    for (int k = 0; k < MF_KEYS; k++) {
        if (mf_keys[k].table == table) m->fields[k] = (struct mf_field){ 0 };
    }
    for (const struct toml_value *v = t->first; v; v = v->next) {
        int k = 0;
        while (k < MF_KEYS && (mf_keys[k].table != table || !wd_equal(v->key, mf_keys[k].name))) k++;
        if (k == MF_KEYS) {
            mf_unknown(m, table, v);
            continue;
        }
        struct mf_field f = { 0 };
        if (!mf_field(m, &mf_keys[k], v, &f)) continue;
        f.v = v;
        m->fields[k] = f;
        bool empty = (v->kind == TOML_ARRAY || v->kind == TOML_TABLE) && v->count == 0;
        if (!mf_keys[k].later[0] || empty) continue;
        mf_fault(m, v, true, WD_W_LATER, NULL, "`%s` is not built yet: it needs %s", mf_keys[k].name,
            mf_keys[k].later);
        mf_hint(m, "take it out");
    }
}
