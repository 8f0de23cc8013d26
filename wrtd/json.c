/* json: writing JSON as it comes, without a tree. Reading scripts is wast's business. */
#include "wd.h"
#include <math.h>
#include <string.h>

static void json_indent(struct wd_json *j)
{
    if (!j->pretty) return;
    fputc('\n', j->out);
    for (unsigned k = 0; k < j->depth; k++) fputs("  ", j->out);
}

static void json_quote(struct wd_json *j, wrt_str s)
{
    fputc('"', j->out);
    for (size_t at = 0; at < s.n; at++) {
        unsigned char c = (unsigned char)s.p[at];
        switch (c) {
        case '"': fputs("\\\"", j->out); break;
        case '\\': fputs("\\\\", j->out); break;
        case '\n': fputs("\\n", j->out); break;
        case '\t': fputs("\\t", j->out); break;
        case '\r': fputs("\\r", j->out); break;
        default:
            if (c < 0x20 || c == 0x7f) {
                fprintf(j->out, "\\u%04x", c);
            } else {
                fputc(c, j->out);
            }
        }
    }
    fputc('"', j->out);
}

/* Names from a binary that did not validate may hold anything: broken ones are shown byte by byte. */
static void json_quote_any(struct wd_json *j, wrt_str s)
{
    if (wd_utf8_valid(s.p, s.n)) {
        json_quote(j, s);
        return;
    }
    fputc('"', j->out);
    for (size_t at = 0; at < s.n; at++) {
        unsigned char c = (unsigned char)s.p[at];
        if (c < 0x80 && c >= 0x20 && c != '"' && c != '\\') {
            fputc(c, j->out);
        } else {
            fputs("\\ufffd", j->out);
        }
    }
    fputc('"', j->out);
}

static void json_key(struct wd_json *j, const char *key)
{
    if (j->filled[j->depth]) fputc(',', j->out);
    if (j->depth > 0) json_indent(j);
    j->filled[j->depth] = true;
    if (!key) return;
    json_quote(j, wd_str(key));
    fputs(j->pretty ? ": " : ":", j->out);
}

void wd_json_open(struct wd_json *j, const char *key, char bracket)
{
    json_key(j, key);
    fputc(bracket, j->out);
    j->depth++;
    j->filled[j->depth] = false;
    j->is_array[j->depth] = bracket == '[';
}

void wd_json_close(struct wd_json *j)
{
    bool filled = j->filled[j->depth], array = j->is_array[j->depth];
    j->depth--;
    if (filled) json_indent(j);
    fputc(array ? ']' : '}', j->out);
}

void wd_json_begin(struct wd *w, struct wd_json *j, const char *schema)
{
    char name[48];
    *j = (struct wd_json){ .out = stdout, .pretty = w->json == WD_JSON_DOC };
    w->reported = true;
    wd_json_open(j, NULL, '{');
    snprintf(name, sizeof name, "wrt.%s/1", schema);
    wd_json_text(j, "schema", name);
}

void wd_json_end(struct wd_json *j)
{
    while (j->depth > 0) wd_json_close(j);
    fputc('\n', j->out);
    fflush(j->out);
}

void wd_json_string(struct wd_json *j, const char *key, wrt_str s)
{
    json_key(j, key);
    json_quote_any(j, s);
}

void wd_json_text(struct wd_json *j, const char *key, const char *s)
{
    wd_json_string(j, key, wd_str(s));
}

void wd_json_u64(struct wd_json *j, const char *key, uint64_t v)
{
    json_key(j, key);
    fprintf(j->out, "%llu", (unsigned long long)v);
}

void wd_json_i64(struct wd_json *j, const char *key, int64_t v)
{
    json_key(j, key);
    fprintf(j->out, "%lld", (long long)v);
}

void wd_json_f64(struct wd_json *j, const char *key, double v)
{
    json_key(j, key);
    if (isfinite(v)) {
        fprintf(j->out, "%.17g", v);
    } else {
        fputs("null", j->out);
    }
}

void wd_json_bool(struct wd_json *j, const char *key, bool v)
{
    json_key(j, key);
    fputs(v ? "true" : "false", j->out);
}

void wd_json_null(struct wd_json *j, const char *key)
{
    json_key(j, key);
    fputs("null", j->out);
}

void wd_json_raw(struct wd_json *j, const char *key, const char *text)
{
    json_key(j, key);
    fputs(text, j->out);
}

void wd_json_hex(struct wd_json *j, const char *key, uint64_t v)
{
    json_key(j, key);
    fprintf(j->out, "\"0x%016llx\"", (unsigned long long)v);
}

void wd_json_error(struct wd_json *j, const char *key, const wrt_error *e)
{
    char code[16];
    wd_json_open(j, key, '{');
    snprintf(code, sizeof code, "W%04u", e->code);
    if (e->code) {
        wd_json_text(j, "code", code);
    } else {
        wd_json_null(j, "code");
    }
    wd_json_string(j, "status", wrt_status_name(e->status));
    wd_json_text(j, "message", e->message);
    if (e->where[0]) wd_json_text(j, "where", e->where);
    if (e->line) {
        wd_json_u64(j, "line", e->line);
        wd_json_u64(j, "column", e->column);
    }
    if (e->offset != UINT64_MAX) wd_json_u64(j, "offset", e->offset);
    if (e->table[0]) wd_json_text(j, "table", e->table);
    if (e->hint[0]) wd_json_text(j, "hint", e->hint);
    wd_json_close(j);
}

static void json_base64(struct wd_json *j, const unsigned char *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    fputc('"', j->out);
    for (size_t at = 0; at < n; at += 3) {
        uint32_t v = (uint32_t)p[at] << 16;
        if (at + 1 < n) v |= (uint32_t)p[at + 1] << 8;
        if (at + 2 < n) v |= p[at + 2];
        fputc(digits[v >> 18], j->out);
        fputc(digits[v >> 12 & 63], j->out);
        fputc(at + 1 < n ? digits[v >> 6 & 63] : '=', j->out);
        fputc(at + 2 < n ? digits[v & 63] : '=', j->out);
    }
    fputc('"', j->out);
}

void wd_json_bytes(struct wd_json *j, const char *key, const char *p, size_t n)
{
    char name[64];
    if (wd_utf8_valid(p, n)) {
        wd_json_string(j, key, (wrt_str){ p, n });
        return;
    }
    snprintf(name, sizeof name, "%s_base64", key);
    json_key(j, name);
    json_base64(j, (const unsigned char *)p, n);
}
