/* value: calls and values as text, "f(1, -0x2, nan)", in the manner of WAVE for the core types. */
#include "wd.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- splitting a call --------------------------------------------------------------------------------- */

static bool invoke_bad(struct wd_caret *bad, const char *text, size_t at, size_t n, const char *note)
{
    *bad = (struct wd_caret){ wd_str(text), at, n, note };
    return false;
}

static size_t skip_blank(const char *text, size_t at)
{
    while (text[at] == ' ' || text[at] == '\t' || text[at] == '\n') at++;
    return at;
}

/* A quoted name: \" and \\ are the only escapes. Returns the place after it, 0 when it is not closed. */
static size_t invoke_quoted(const char *text, size_t at, struct wd_buf *name)
{
    for (at++; text[at] && text[at] != '"'; at++) {
        if (text[at] == '\\' && text[at + 1]) at++;
        wd_buf_add(name, text + at, 1);
    }
    return text[at] == '"' ? at + 1 : 0;
}

static bool invoke_args(const char *text, size_t at, struct wd_invoke *out, struct wd_caret *bad)
{
    at = skip_blank(text, at + 1);
    if (text[at] == ')') {
        return !text[skip_blank(text, at + 1)] || invoke_bad(bad, text, at + 1, 1, "nothing may follow");
    }
    for (;;) {
        at = skip_blank(text, at);
        size_t end = at + strcspn(text + at, ",)"), stop = end;
        while (stop > at && (text[stop - 1] == ' ' || text[stop - 1] == '\t')) stop--;
        if (stop == at) return invoke_bad(bad, text, at, 1, "expected a value");
        if (out->count == WD_ARGS_MAX) return invoke_bad(bad, text, at, stop - at, "too many arguments");
        out->args[out->count++] = (wrt_str){ text + at, stop - at };
        if (!text[end]) return invoke_bad(bad, text, end, 1, "expected `)`");
        at = end + 1;
        if (text[end] == ',') continue;
        return !text[skip_blank(text, at)] || invoke_bad(bad, text, at, 1, "nothing may follow");
    }
}

bool wd_invoke_read(const char *text, struct wd_invoke *out, struct wd_caret *bad)
{
    struct wd_buf name = { 0 };
    *out = (struct wd_invoke){ .source = wd_str(text) };
    size_t at = skip_blank(text, 0);
    out->name_at = at;
    if (text[at] == '"') {
        size_t end = invoke_quoted(text, at, &name);
        if (end == 0) {
            wd_buf_free(&name);
            return invoke_bad(bad, text, at, 1, "the quote is not closed");
        }
        at = skip_blank(text, end);
    } else {
        size_t n = strcspn(text + at, "("), stop = n;
        while (stop > 0 && text[at + stop - 1] == ' ') stop--;
        wd_buf_add(&name, text + at, stop);
        at += n;
    }
    if (!name.p) wd_buf_add(&name, "", 0);
    out->name = name.p;
    if (!text[at]) return true;
    if (text[at] != '(') return invoke_bad(bad, text, at, 1, "expected `(`");
    return invoke_args(text, at, out, bad);
}

int wd_invoke_parse(struct wd *w, const char *text, struct wd_invoke *out)
{
    wrt_error e;
    struct wd_caret bad;
    if (wd_invoke_read(text, out, &bad)) return 0;
    wd_error_init(&e, WRT_E_ARG, WD_W_INVOKE, "cannot read the call");
    wd_error_hint(&e, "the form is 'name(1, -2.5, nan, null)'; put quotes around it for the shell");
    return wd_report_caret(w, &e, "--invoke", &bad, WD_EXIT_USAGE);
}

void wd_invoke_free(struct wd_invoke *i)
{
    free(i->name);
    i->name = NULL;
}

/* ---- values ------------------------------------------------------------------------------------------- */

static const char *const kind_names[] = { "?", "i32", "i64", "f32", "f64", "v128", "funcref", "externref" };

const char *wd_kind_name(uint8_t kind)
{
    return kind < WD_COUNT(kind_names) ? kind_names[kind] : "?";
}

static bool parse_int(wrt_str text, uint64_t most, uint64_t least_magnitude, uint64_t *out, const char **why)
{
    bool negative = text.n > 0 && text.p[0] == '-';
    size_t sign = negative || (text.n > 0 && text.p[0] == '+');
    wrt_str digits = { text.p + sign, text.n - sign };
    /* Units are for settings, not for values. */
    bool unit = digits.n > 0 && strchr("kKMGT", digits.p[digits.n - 1]) != NULL;
    if (unit || !wd_parse_count(digits, out)) {
        *why = "not an integer";
        return false;
    }
    if (*out > (negative ? least_magnitude : most)) {
        *why = "does not fit";
        return false;
    }
    if (negative) *out = 0 - *out;
    return true;
}

/* nan, nan:0x1234 (payload), with a sign. */
static bool parse_nan(const char *text, unsigned fraction_bits, uint64_t *bits)
{
    uint64_t payload = (uint64_t)1 << (fraction_bits - 1);
    bool negative = text[0] == '-';
    if (text[0] == '-' || text[0] == '+') text++;
    if (strncmp(text, "nan", 3) != 0) return false;
    if (text[3] == ':') {
        if (!wd_parse_count(wd_str(text + 4), &payload) || payload == 0 || payload >> fraction_bits) {
            return false;
        }
    } else if (text[3]) {
        return false;
    }
    unsigned total = fraction_bits == 23 ? 32 : 64;
    uint64_t exponent = fraction_bits == 23 ? 0xffull << 23 : 0x7ffull << 52;
    *bits = payload | exponent | (negative ? (uint64_t)1 << (total - 1) : 0);
    return true;
}

static bool parse_float(wrt_str text, wrt_kind kind, wrt_val *out, const char **why)
{
    char copy[128], *end;
    *why = "not a number";
    if (text.n == 0 || text.n >= sizeof copy) return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    if (parse_nan(copy, kind == WRT_F32 ? 23 : 52, &out->of.u)) return true;
    const char *digits = copy + (copy[0] == '-' || copy[0] == '+');
    if (strncmp(digits, "nan", 3) == 0 || digits[0] == ' ') return false;
    if (kind == WRT_F32) {
        out->of.u = 0;
        out->of.f32 = strtof(copy, &end);
    } else {
        out->of.f64 = strtod(copy, &end);
    }
    return *end == 0 && end != copy;
}

bool wd_value_parse(wrt_str text, wrt_kind kind, wrt_val *out, const char **why)
{
    *out = (wrt_val){ .kind = (uint8_t)kind };
    switch (kind) {
    case WRT_I32:
        if (!parse_int(text, UINT32_MAX, (uint64_t)INT32_MAX + 1, &out->of.u, why)) return false;
        out->of.u &= UINT32_MAX;
        return true;
    case WRT_I64: return parse_int(text, UINT64_MAX, (uint64_t)INT64_MAX + 1, &out->of.u, why);
    case WRT_F32: case WRT_F64: return parse_float(text, kind, out, why);
    case WRT_FUNCREF:
        *why = "only null can be written for a function";
        return wd_equal(text, "null");
    case WRT_EXTERNREF:
        if (wd_equal(text, "null")) return true;
        out->n = 1;
        return parse_int(text, UINT64_MAX - 1, 0, &out->of.u, why);
    default:
        *why = "values of this type cannot be written";
        return false;
    }
}

uint32_t wd_invoke_match(const struct wd_invoke *i, const wrt_func_type *t, wrt_val *out, const char **why)
{
    *why = "wrong number of arguments";
    if (i->count != t->params) return t->params;
    for (uint32_t k = 0; k < t->params; k++) {
        if (!wd_value_parse(i->args[k], (wrt_kind)t->kinds[k], &out[k], why)) return k;
    }
    return UINT32_MAX;
}

int wd_invoke_values(struct wd *w, const struct wd_invoke *i, const wrt_func_type *t, wrt_val *out)
{
    wrt_error e;
    struct wd_buf type = { 0 };
    const char *why;
    int code = 0;
    uint32_t k = wd_invoke_match(i, t, out, &why);
    wd_func_type_text(t, &type);
    if (k == t->params) {
        wd_error_init(&e, WRT_E_TYPE, WD_W_INVOKE_COUNT, "`%s` takes %u argument%s, %zu given", i->name,
            t->params, t->params == 1 ? "" : "s", i->count);
        wd_error_where(&e, "%s", i->source.p);
        wd_error_hint(&e, "%s: %s", i->name, type.p);
        code = wd_report(w, &e, "--invoke", WD_EXIT_USAGE);
    } else if (k != UINT32_MAX) {
        char note[96];
        snprintf(note, sizeof note, "%s, expected %s", why, wd_kind_name(t->kinds[k]));
        struct wd_caret caret = { i->source, (size_t)(i->args[k].p - i->source.p), i->args[k].n, note };
        wd_error_init(
            &e, WRT_E_TYPE, WD_W_INVOKE_TYPE, "argument %u of `%s` has the wrong type", k + 1, i->name);
        wd_error_hint(&e, "%s: %s", i->name, type.p);
        code = wd_report_caret(w, &e, "--invoke", &caret, WD_EXIT_USAGE);
    }
    wd_buf_free(&type);
    return code;
}

/* ---- printing ----------------------------------------------------------------------------------------- */

static void float_text(bool single, uint64_t bits, char buf[64])
{
    uint64_t fraction = single ? bits & 0x7fffff : bits & 0xfffffffffffffull;
    bool negative = bits >> (single ? 31 : 63) & 1;
    float f;
    double d;
    uint32_t low = (uint32_t)bits;
    memcpy(&f, &low, sizeof f);
    memcpy(&d, &bits, sizeof d);
    if (single) d = (double)f;
    if (isinf(d)) {
        snprintf(buf, 64, negative ? "-inf" : "inf");
    } else if (isnan(d)) {
        bool plain = fraction == (single ? 0x400000 : 0x8000000000000ull);
        snprintf(
            buf, 64, plain ? "%snan" : "%snan:0x%llx", negative ? "-" : "", (unsigned long long)fraction);
    } else {
        /* The shortest decimal that reads back to the same bits. */
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(buf, 64, "%.*g", digits, d);
            if (single ? strtof(buf, NULL) == f : strtod(buf, NULL) == d) break;
        }
    }
}

void wd_value_text(const wrt_val *v, char buf[64])
{
    switch (v->kind) {
    case WRT_I32: snprintf(buf, 64, "%d", (int)v->of.i32); break;
    case WRT_I64: snprintf(buf, 64, "%lld", (long long)v->of.i); break;
    case WRT_F32: float_text(true, v->of.u32, buf); break;
    case WRT_F64: float_text(false, v->of.u, buf); break;
    default:
        if (v->n == 0) {
            snprintf(buf, 64, "null");
        } else {
            snprintf(buf, 64, "%s(%llu)", wd_kind_name(v->kind), (unsigned long long)v->of.u);
        }
    }
}

void wd_json_value(struct wd_json *j, const char *key, const wrt_val *v)
{
    char text[64];
    bool number = v->kind == WRT_I32 || v->kind == WRT_I64 || (v->kind == WRT_F32 && isfinite(v->of.f32)) ||
                  (v->kind == WRT_F64 && isfinite(v->of.f64));
    wd_value_text(v, text);
    wd_json_open(j, key, '{');
    wd_json_text(j, "type", wd_kind_name(v->kind));
    if (!number && v->n == 0 && v->kind >= WRT_FUNCREF) {
        wd_json_null(j, "value");
    } else if (!number) {
        wd_json_text(j, "value", text);
    } else {
        wd_json_raw(j, "value", text);
    }
    wd_json_close(j);
}

void wd_func_type_text(const wrt_func_type *t, struct wd_buf *out)
{
    wd_buf_str(out, "func(");
    for (uint32_t k = 0; k < t->params; k++) {
        if (k > 0) wd_buf_str(out, ", ");
        wd_buf_str(out, wd_kind_name(t->kinds[k]));
    }
    wd_buf_str(out, ")");
    if (t->results == 0) return;
    wd_buf_str(out, t->results > 1 ? " -> (" : " -> ");
    for (uint32_t k = 0; k < t->results; k++) {
        if (k > 0) wd_buf_str(out, ", ");
        wd_buf_str(out, wd_kind_name(t->kinds[t->params + k]));
    }
    if (t->results > 1) wd_buf_str(out, ")");
}
