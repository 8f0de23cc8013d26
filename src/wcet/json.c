/* json: see json.h. RFC 8259, at most JSON_DEPTH levels deep; no recursion. Must not know what the text says.
 */
#include "wcet/json.h"

enum { JSON_DEPTH = 64 };

void wrt__json_init(struct wrt__json *j, wrt_bytes text)
{
    const char *p = (const char *)text.p;
    *j = (struct wrt__json){ .start = p, .p = p, .end = text.n > 0 ? p + text.n : p };
}

void wrt__json_fail(struct wrt__json *j, const char *expected)
{
    if (j->failed) return;
    j->failed = expected;
    j->failed_at = j->p;
    j->p = j->end;
}

static void json_blank(struct wrt__json *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\r' || *j->p == '\t')) j->p++;
}

static bool json_take(struct wrt__json *j, char c)
{
    json_blank(j);
    if (j->p >= j->end || *j->p != c) return false;
    j->p++;
    return true;
}

bool wrt__json_open(struct wrt__json *j, char kind)
{
    if (json_take(j, kind)) return true;
    wrt__json_fail(j, kind == '{' ? "an object" : "an array");
    return false;
}

wrt_str wrt__json_text(struct wrt__json *j)
{
    const wrt_str none = { "", 0 };
    json_blank(j);
    if (j->end - j->p >= 4 && memcmp(j->p, "null", 4) == 0) {
        j->p += 4;
        return none;
    }
    if (!json_take(j, '"')) {
        wrt__json_fail(j, "a text");
        return none;
    }
    const char *from = j->p;
    while (j->p < j->end && *j->p != '"') {
        if ((unsigned char)*j->p < 0x20) {
            wrt__json_fail(j, "no control characters in a text");
            return none;
        }
        if (*j->p == '\\' && j->end - j->p > 1) j->p++;
        j->p++;
    }
    if (j->p >= j->end) {
        wrt__json_fail(j, "the end of a text");
        return none;
    }
    return (wrt_str){ from, (size_t)(j->p++ - from) };
}

static bool json_hex(wrt_str raw, size_t at, uint32_t *out)
{
    *out = 0;
    if (raw.n - at < 4) return false;
    for (size_t i = at; i < at + 4; i++) {
        const char c = raw.p[i];
        const uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                               : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                               : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                      : 16;
        if (digit > 15) return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static size_t json_utf8(uint32_t c, char *out)
{
    const uint32_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint32_t marks[4] = { 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (char)(unsigned char)(marks[more] | c >> 6 * more);
    for (uint32_t k = 1; k <= more; k++) out[k] = (char)(unsigned char)(0x80 | (c >> 6 * (more - k) & 0x3f));
    return more + 1;
}

/* The escape behind the backslash at *at - 1. */
static bool json_escape(wrt_str raw, size_t *at, char *out, size_t *n)
{
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char c = raw.p[(*at)++];
    uint32_t unit, low;
    for (size_t k = 0; k < sizeof names - 1; k++) {
        if (names[k] != c) continue;
        out[(*n)++] = means[k];
        return true;
    }
    if (c != 'u' || !json_hex(raw, *at, &unit)) return false;
    *at += 4;
    if (unit >= 0xdc00 && unit < 0xe000) return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (raw.n - *at < 6 || raw.p[*at] != '\\' || raw.p[*at + 1] != 'u' || !json_hex(raw, *at + 2, &low)
            || low < 0xdc00 || low >= 0xe000) {
            return false;
        }
        *at += 6;
        unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
    }
    *n += json_utf8(unit, out + *n);
    return true;
}

bool wrt__json_plain(wrt_str raw, char *out, size_t *n)
{
    *n = 0;
    for (size_t at = 0; at < raw.n;) {
        const char c = raw.p[at++];
        if (c != '\\') out[(*n)++] = c;
        else if (at >= raw.n || !json_escape(raw, &at, out, n)) return false;
    }
    return true;
}

bool wrt__json_member(struct wrt__json *j, bool *first, wrt_str *name)
{
    if (j->failed || json_take(j, '}')) return false;
    if (!*first && !json_take(j, ',')) {
        wrt__json_fail(j, "',' or '}'");
        return false;
    }
    *first = false;
    json_blank(j);
    if (j->p >= j->end || *j->p != '"') {
        wrt__json_fail(j, "the name of a member");
        return false;
    }
    *name = wrt__json_text(j);
    if (!j->failed && !json_take(j, ':')) wrt__json_fail(j, "':'");
    return !j->failed;
}

bool wrt__json_element(struct wrt__json *j, bool *first)
{
    if (j->failed || json_take(j, ']')) return false;
    if (!*first && !json_take(j, ',')) {
        wrt__json_fail(j, "',' or ']'");
        return false;
    }
    *first = false;
    return true;
}

uint64_t wrt__json_number(struct wrt__json *j)
{
    json_blank(j);
    const char *from = j->p;
    uint64_t n = 0;
    while (j->p < j->end && *j->p >= '0' && *j->p <= '9') {
        uint64_t digit = (uint64_t)(*j->p - '0');
        if (n > (INT64_MAX - digit) / 10) {
            j->p = from;
            wrt__json_fail(j, "a number below 2^63");
            return 0;
        }
        n = n * 10 + digit;
        j->p++;
    }
    bool more = j->p < j->end && (*j->p == '.' || *j->p == 'e' || *j->p == 'E');
    if (j->p == from || more || (*from == '0' && j->p - from > 1)) {
        j->p = from;
        wrt__json_fail(j, "a whole number that is not negative");
        return 0;
    }
    return n;
}

static bool json_word(struct wrt__json *j)
{
    const char *from = j->p;
    while (j->p < j->end
        && ((*j->p >= 'a' && *j->p <= 'z') || (*j->p >= '0' && *j->p <= '9') || *j->p == '.' || *j->p == '-'
            || *j->p == '+' || *j->p == 'E')) {
        j->p++;
    }
    return j->p > from;
}

void wrt__json_skip(struct wrt__json *j)
{
    char open[JSON_DEPTH];
    uint32_t depth = 0;
    bool first = true;
    do {
        wrt_str name;
        if (depth > 0 && open[depth - 1] == '{' && !wrt__json_member(j, &first, &name)) {
            depth--;
            first = false;
            continue;
        }
        if (depth > 0 && open[depth - 1] == '[' && !wrt__json_element(j, &first)) {
            depth--;
            first = false;
            continue;
        }
        json_blank(j);
        char c = j->p < j->end ? *j->p : 0;
        if (c == '{' || c == '[') {
            if (depth == JSON_DEPTH) {
                wrt__json_fail(j, "at most 64 levels");
                return;
            }
            j->p++;
            open[depth++] = c;
            first = true;
        } else if (c == '"') {
            (void)wrt__json_text(j);
        } else if (!json_word(j)) {
            wrt__json_fail(j, "a value");
        }
    } while (depth > 0 && !j->failed);
}

void wrt__json_done(struct wrt__json *j)
{
    json_blank(j);
    if (j->p < j->end) wrt__json_fail(j, "nothing behind the value");
}

void wrt__json_place(const struct wrt__json *j, uint32_t *line, uint32_t *column)
{
    *line = *column = 1;
    for (const char *p = j->start; p < (j->failed_at ? j->failed_at : j->p); p++) {
        (*column)++;
        if (*p != '\n') continue;
        (*line)++;
        *column = 1;
    }
}
