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
