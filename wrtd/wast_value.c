/* wast_value: values of specification scripts: bit patterns as decimal text, classes of NaN, references. */
#include "wd.h"

#if WRTD_HAVE_JANSSON
#include "wast.h"
#include <string.h>

wrt_str wast_text(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    if (!json_is_string(v)) return (wrt_str){ "", 0 };
    return (wrt_str){ json_string_value(v), json_string_length(v) };
}

static bool bits_of(const json_t *v, uint64_t *out)
{
    wrt_str text = wast_text(v, "value");
    const json_t *number = json_object_get(v, "value");
    if (json_is_integer(number)) {
        *out = (uint64_t)json_integer_value(number);
        return true;
    }
    return text.n > 0 && wd_parse_count(text, out);
}

static const struct { const char *name; wrt_kind kind; } plain[] = {
    { "i32", WRT_I32 }, { "i64", WRT_I64 }, { "f32", WRT_F32 }, { "f64", WRT_F64 },
};

static bool plain_kind(wrt_str type, wrt_kind *out)
{
    for (size_t k = 0; k < WD_COUNT(plain); k++) {
        *out = plain[k].kind;
        if (wd_equal(type, plain[k].name)) return true;
    }
    return false;
}

static bool is_null(const json_t *v)
{
    return json_is_null(json_object_get(v, "value")) || wd_equal(wast_text(v, "value"), "null");
}

bool wast_value_read(const json_t *v, wrt_val *out)
{
    wrt_str type = wast_text(v, "type");
    wrt_kind kind;
    uint64_t bits;
    if (wd_equal(type, "externref") || wd_equal(type, "funcref")) {
        kind = wd_equal(type, "externref") ? WRT_EXTERNREF : WRT_FUNCREF;
        *out = wrt_null(kind);
        if (is_null(v)) return true;
        if (kind == WRT_FUNCREF || !bits_of(v, &bits)) return false;
        *out = wrt_externref(bits);
        return true;
    }
    if (!plain_kind(type, &kind) || !bits_of(v, &bits)) return false;
    *out = (wrt_val){ .kind = (uint8_t)kind };
    out->of.u = kind == WRT_I32 || kind == WRT_F32 ? bits & UINT32_MAX : bits;
    return true;
}

/* Canonical: only the top fraction bit; arithmetic: that bit and any others. Either sign. */
static bool nan_matches(const char *class, const wrt_val *got)
{
    bool single = got->kind == WRT_F32;
    uint64_t bits = single ? got->of.u32 : got->of.u;
    uint64_t sign = single ? 1ull << 31 : 1ull << 63, quiet = single ? 0x7fc00000u : 0x7ff8000000000000ull;
    if (strcmp(class, "nan:canonical") == 0) return (bits & ~sign) == quiet;
    return (bits & quiet) == quiet;
}

static bool ref_matches(const json_t *e, wrt_str type, const wrt_val *got)
{
    uint64_t bits;
    if (got->kind != WRT_FUNCREF && got->kind != WRT_EXTERNREF) return false;
    bool any = wd_equal(type, "refnull") || wd_equal(type, "nullref");
    if (any) return got->n == 0;
    if (wd_equal(type, "nullfuncref")) return got->n == 0 && got->kind == WRT_FUNCREF;
    if (wd_equal(type, "nullexternref")) return got->n == 0 && got->kind == WRT_EXTERNREF;
    if (!wd_equal(type, wd_kind_name(got->kind))) return false;
    if (is_null(e)) return got->n == 0;
    if (!json_object_get(e, "value")) return got->n != 0;
    return got->n != 0 && got->kind == WRT_EXTERNREF && bits_of(e, &bits) && bits == got->of.u;
}

static bool either_matches(const json_t *expected, const wrt_val *got)
{
    const json_t *values = json_object_get(expected, "values");
    for (size_t k = 0; k < json_array_size(values); k++) {
        const json_t *v = json_array_get(values, k);
        if (!wd_equal(wast_text(v, "type"), "either") && wast_value_matches(v, got)) return true;
    }
    return false;
}

bool wast_value_matches(const json_t *expected, const wrt_val *got)
{
    wrt_str type = wast_text(expected, "type");
    wrt_kind kind;
    uint64_t bits;
    if (wd_equal(type, "either")) return either_matches(expected, got);
    if (!plain_kind(type, &kind)) return ref_matches(expected, type, got);
    if (got->kind != kind) return false;
    wrt_str text = wast_text(expected, "value");
    if (text.n > 4 && memcmp(text.p, "nan:", 4) == 0) {
        return (kind == WRT_F32 || kind == WRT_F64) && nan_matches(text.p, got);
    }
    if (!bits_of(expected, &bits)) return false;
    return kind == WRT_I32 || kind == WRT_F32 ? (uint32_t)bits == got->of.u32 : bits == got->of.u;
}

void wast_value_name(const json_t *v, char buf[96])
{
    wrt_val read;
    char text[64];
    wrt_str type = wast_text(v, "type"), value = wast_text(v, "value");
    if (value.n < 4 || memcmp(value.p, "nan:", 4) != 0) {
        if (wast_value_read(v, &read)) {
            wd_value_text(&read, text);
            snprintf(buf, 96, "%.*s %s", (int)type.n, type.p, text);
            return;
        }
    }
    snprintf(buf, 96, "%.*s %.*s", (int)(type.n < 20 ? type.n : 20), type.p,
        (int)(value.n < 60 ? value.n : 60), value.p);
}
#endif
