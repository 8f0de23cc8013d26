/* api/signature: the text form of function types, "(i32 i64) -> (f32)", read and written; and the words that
 * messages use for kinds and value types. */
#include "api/objects.h"

static const struct {
    uint8_t type;
    const char *name;
} signature_types[] = {
    { WRT__I32, "i32" },
    { WRT__I64, "i64" },
    { WRT__F32, "f32" },
    { WRT__F64, "f64" },
    { WRT__V128, "v128" },
    { WRT__FUNCREF, "funcref" },
    { WRT__EXTERNREF, "externref" },
};

const char *wrt__type_name(uint8_t type)
{
    for (size_t k = 0; k < WRT_COUNT(signature_types); k++) {
        if (signature_types[k].type == type) return signature_types[k].name;
    }
    return "?";
}

const char *wrt__kind_name(uint8_t kind)
{
    switch (kind) {
    case WRT__KIND_FUNC: return "function";
    case WRT__KIND_TABLE: return "table";
    case WRT__KIND_MEMORY: return "memory";
    case WRT__KIND_GLOBAL: return "global";
    default: return "tag";
    }
}

/* ---- reading ------------------------------------------------------------------------------------------- */

struct signature_reader {
    wrt_str text;
    size_t at;
};

static void signature_skip_space(struct signature_reader *r)
{
    while (r->at < r->text.n) {
        char c = r->text.p[r->at];
        if (c != ' ' && c != '\t' && c != ',') break;
        r->at++;
    }
}

static bool signature_take(struct signature_reader *r, const char *what)
{
    size_t n = wrt__str_len(what);
    signature_skip_space(r);
    if (r->text.n - r->at < n || memcmp(r->text.p + r->at, what, n) != 0) return false;
    r->at += n;
    return true;
}

static wrt_status signature_fail(const struct signature_reader *r, wrt_error *err, const char *wanted)
{
    wrt__fail(err, WRT_E_ARG, WRT__W_SIGNATURE, WRT__NO_OFFSET, "signature \"%S\": wanted %s at character %u",
        &r->text, wanted, (uint32_t)r->at + 1);
    wrt__error_hint(
        err, "a signature reads \"(i32 i64) -> (f32)\"; types: i32 i64 f32 f64 funcref externref");
    if (err) {
        err->line = 1;
        err->column = (uint32_t)r->at + 1;
    }
    return WRT_E_ARG;
}

static bool signature_word_ends(const struct signature_reader *r, size_t at)
{
    if (at >= r->text.n) return true;
    char c = r->text.p[at];
    return c == ' ' || c == '\t' || c == ',' || c == ')' || c == '(';
}

/* The type at the reader's place; WRT__BOTTOM when there is none. */
static uint8_t signature_type(struct signature_reader *r)
{
    signature_skip_space(r);
    for (size_t k = 0; k < WRT_COUNT(signature_types); k++) {
        const char *name = signature_types[k].name;
        size_t n = wrt__str_len(name);
        if (r->text.n - r->at < n || memcmp(r->text.p + r->at, name, n) != 0) continue;
        if (!signature_word_ends(r, r->at + n)) continue;
        r->at += n;
        return signature_types[k].type;
    }
    return WRT__BOTTOM;
}

static wrt_status signature_list(
    struct signature_reader *r, uint8_t *types, size_t cap, uint32_t *count, wrt_error *err)
{
    *count = 0;
    if (!signature_take(r, "(")) return signature_fail(r, err, "\"(\"");
    while (!signature_take(r, ")")) {
        struct signature_reader before = *r;
        uint8_t type = signature_type(r);
        if (type == WRT__BOTTOM) return signature_fail(r, err, "a value type or \")\"");
        if (type == WRT__V128) {
            return wrt__fail(err, WRT_E_UNSUPPORTED, WRT__W_NOT_BUILT, WRT__NO_OFFSET,
                "host functions cannot take or give v128");
        }
        if (*count >= WRT__SIG_MAX || *count >= cap) {
            return signature_fail(&before, err, "no more values: the most is 1000");
        }
        types[(*count)++] = type;
    }
    return WRT_OK;
}

wrt_status wrt__sig_parse(wrt_str text, uint8_t *types, size_t cap, struct wrt__functype *out, wrt_error *err)
{
    struct signature_reader r = { text, 0 };
    *out = (struct wrt__functype){ 0, 0, types, 0 };
    signature_skip_space(&r);
    if (r.at == text.n) return WRT_OK;
    wrt_status status = signature_list(&r, types, cap, &out->params, err);
    if (status != WRT_OK) return status;
    signature_skip_space(&r);
    if (r.at == text.n) return WRT_OK;
    if (!signature_take(&r, "->")) return signature_fail(&r, err, "\"->\"");
    status = signature_list(&r, types + out->params, cap - out->params, &out->results, err);
    if (status != WRT_OK) return status;
    signature_skip_space(&r);
    return r.at == text.n ? WRT_OK : signature_fail(&r, err, "the end");
}

#if WRT_MESSAGES

/* ---- writing ------------------------------------------------------------------------------------------- */

struct signature_writer {
    char *buf;
    size_t cap, n;
};

static void signature_put(struct signature_writer *w, const char *text)
{
    for (; *text; text++) {
        if (w->n + 1 < w->cap) w->buf[w->n] = *text;
        w->n++;
    }
}

static void signature_put_list(struct signature_writer *w, const uint8_t *types, uint32_t count)
{
    signature_put(w, "(");
    for (uint32_t k = 0; k < count && w->n < w->cap; k++) {
        if (k > 0) signature_put(w, " ");
        signature_put(w, wrt__type_name(types[k]));
    }
    signature_put(w, ")");
}

void wrt__sig_print(const struct wrt__functype *t, char *buf, size_t cap)
{
    struct signature_writer w = { buf, cap, 0 };
    WRT_ASSERT(cap >= 8);
    signature_put_list(&w, t->types, t->params);
    signature_put(&w, " -> ");
    signature_put_list(&w, t->types + t->params, t->results);
    if (w.n < cap) {
        buf[w.n] = 0;
    } else {
        memcpy(buf + cap - 4, "...", 4);
    }
}

#endif
