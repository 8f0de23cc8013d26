/* toml_scalar: strings, numbers, dates and booleans of TOML 1.0. Knows nothing of keys, tables and files. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "toml.h"

bool toml_fail(struct toml_scan *s, uint32_t at, uint32_t n, const char *hint, const char *fmt, ...)
{
    va_list args;
    struct toml_fault *f = s->fault;
    f->at = at;
    f->n = n;
    va_start(args, fmt);
    (void)vsnprintf(f->message, sizeof f->message, fmt, args);
    va_end(args);
    (void)snprintf(f->hint, sizeof f->hint, "%s", hint ? hint : "");
    return false;
}

static char scan_char(const struct toml_scan *s, uint32_t at)
{
    return at < s->n ? s->p[at] : 0;
}

/* ---- characters ---------------------------------------------------------------------------------------- */

uint32_t toml_character(const struct toml_scan *s, uint32_t at)
{
    unsigned char c = (unsigned char)s->p[at];
    if (c < 0x80) return c == 0x7f || (c < 0x20 && c != '\t' && c != '\n') ? 0 : 1;
    for (uint32_t n = 2; n <= 4 && n <= s->n - at; n++) {
        if (wd_utf8_valid(s->p + at, n)) return n;
    }
    return 0;
}

static bool scan_bad_character(struct toml_scan *s, uint32_t at)
{
    unsigned char c = (unsigned char)s->p[at];
    if (c >= 0x80) return toml_fail(s, at, 1, "save the file as UTF-8", "byte 0x%02x is no UTF-8", c);
    if (c == '\r') {
        return toml_fail(s, at, 1, "a line ends with LF or CR LF", "a carriage return without a line feed");
    }
    return toml_fail(s, at, 1, "in a string write it as an escape: \\u0000 to \\u001f, \\u007f",
        "control character 0x%02x", c);
}

/* ---- strings ------------------------------------------------------------------------------------------- */

static void scan_put(struct toml_scan *s, const char *p, uint32_t n)
{
    memcpy(s->made + s->made_n, p, n);
    s->made_n += n;
}

static void scan_put_code(struct toml_scan *s, uint32_t c)
{
    char b[4];
    if (c < 0x80) {
        b[0] = (char)c;
        scan_put(s, b, 1);
    } else if (c < 0x800) {
        b[0] = (char)(0xc0 | c >> 6);
        b[1] = (char)(0x80 | (c & 63));
        scan_put(s, b, 2);
    } else if (c < 0x10000) {
        b[0] = (char)(0xe0 | c >> 12);
        b[1] = (char)(0x80 | (c >> 6 & 63));
        b[2] = (char)(0x80 | (c & 63));
        scan_put(s, b, 3);
    } else {
        b[0] = (char)(0xf0 | c >> 18);
        b[1] = (char)(0x80 | (c >> 12 & 63));
        b[2] = (char)(0x80 | (c >> 6 & 63));
        b[3] = (char)(0x80 | (c & 63));
        scan_put(s, b, 4);
    }
}

static int scan_hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \uXXXX and \UXXXXXXXX: a Unicode scalar value. s->at is at the backslash. */
static bool scan_unicode(struct toml_scan *s)
{
    uint32_t digits = s->p[s->at + 1] == 'u' ? 4 : 8, v = 0;
    for (uint32_t k = 0; k < digits; k++) {
        int d = scan_hex(scan_char(s, s->at + 2 + k));
        if (d < 0) return toml_fail(s, s->at, 2 + k, NULL, "the escape needs %u hexadecimal digits", digits);
        v = v << 4 | (uint32_t)d;
    }
    if (v > 0x10ffff || (v >= 0xd800 && v < 0xe000)) {
        return toml_fail(s, s->at, 2 + digits, NULL, "U+%04X is no character", v);
    }
    scan_put_code(s, v);
    s->at += 2 + digits;
    return true;
}

/* A backslash at the end of a line swallows white space up to the next character. True: it was one. */
static bool scan_folded_line(struct toml_scan *s)
{
    uint32_t at = s->at + 1;
    while (scan_char(s, at) == ' ' || scan_char(s, at) == '\t') at++;
    if (scan_char(s, at) == '\r' && scan_char(s, at + 1) == '\n') at++;
    if (scan_char(s, at) != '\n') return false;
    for (;; at++) {
        char c = scan_char(s, at);
        bool line = c == '\r' && scan_char(s, at + 1) == '\n';
        if (c != ' ' && c != '\t' && c != '\n' && !line) break;
    }
    s->at = at;
    return true;
}

static bool scan_escape(struct toml_scan *s, bool lines)
{
    static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
    char c = scan_char(s, s->at + 1);
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        scan_put(s, to + (known - from), 1);
        s->at += 2;
        return true;
    }
    if (c == 'u' || c == 'U') return scan_unicode(s);
    if (lines && scan_folded_line(s)) return true;
    return toml_fail(s, s->at, 2,
        "escapes are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX; or use a 'literal string'",
        "unknown escape");
}

/* One character of the contents, as it is. Line ends become \n. */
static bool scan_plain(struct toml_scan *s, uint32_t open, bool lines)
{
    char c = s->p[s->at];
    if (c == '\r' && scan_char(s, s->at + 1) == '\n') {
        s->at++;
        c = '\n';
    }
    if (c == '\n' && !lines) {
        return toml_fail(
            s, open, 1, "close it, or use \"\"\" for several lines", "the string is not closed on its line");
    }
    uint32_t n = toml_character(s, s->at);
    if (n == 0) return scan_bad_character(s, s->at);
    scan_put(s, s->p + s->at, n);
    s->at += n;
    return true;
}

static uint32_t scan_quotes(const struct toml_scan *s, char quote)
{
    uint32_t k = 0;
    while (k < 6 && scan_char(s, s->at + k) == quote) k++;
    return k;
}

/* """ or ''': up to two quotes may stand right before the closing three. */
static bool scan_lines(struct toml_scan *s, char quote)
{
    uint32_t open = s->at;
    s->at += 3;
    if (scan_char(s, s->at) == '\r' && scan_char(s, s->at + 1) == '\n') s->at++;
    if (scan_char(s, s->at) == '\n') s->at++;
    while (s->at < s->n) {
        uint32_t k = scan_quotes(s, quote);
        if (k >= 3) {
            uint32_t inside = k - 3 < 2 ? k - 3 : 2;
            scan_put(s, s->p + s->at, inside);
            s->at += inside + 3;
            return true;
        }
        bool escape = quote == '"' && s->p[s->at] == '\\';
        if (!(escape ? scan_escape(s, true) : scan_plain(s, open, true))) return false;
    }
    return toml_fail(s, open, 3, NULL, "the string is not closed: %c%c%c is missing", quote, quote, quote);
}

static bool scan_line(struct toml_scan *s, char quote)
{
    uint32_t open = s->at++;
    while (s->at < s->n) {
        if (s->p[s->at] == quote) {
            s->at++;
            return true;
        }
        bool escape = quote == '"' && s->p[s->at] == '\\';
        if (!(escape ? scan_escape(s, false) : scan_plain(s, open, false))) return false;
    }
    return toml_fail(s, open, 1, NULL, "the string is not closed");
}

bool toml_string(struct toml_scan *s, bool lines, wrt_str *out)
{
    char quote = s->p[s->at];
    uint32_t from = s->made_n;
    bool three = scan_quotes(s, quote) >= 3;
    if (three && !lines) {
        return toml_fail(s, s->at, 3, "use \"...\"", "a string of several lines cannot be a key");
    }
    if (!(three ? scan_lines(s, quote) : scan_line(s, quote))) return false;
    *out = (wrt_str){ s->made + from, s->made_n - from };
    return true;
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

static bool scan_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits of a base with single underscores between them, from p to the end or to a character that is none.
 * Copies the digits to `out`; returns the place behind, 0 when the form is wrong. */
static uint32_t scan_digits(const char *p, uint32_t n, uint32_t at, int base, char *out, uint32_t *out_n)
{
    bool digit = false;
    for (; at < n; at++) {
        int d = scan_hex(p[at]);
        if (p[at] == '_') {
            if (!digit) return 0;
            digit = false;
        } else if (d >= 0 && d < base) {
            out[(*out_n)++] = p[at];
            digit = true;
        } else {
            break;
        }
    }
    return digit ? at : 0;
}

enum { NUMBER_MOST = 400 };

static bool scan_wrong_number(struct toml_scan *s, uint32_t at, uint32_t n)
{
    const char *p = s->p + at;
    const char *hint = NULL;
    if (memchr(p, '_', n)) {
        hint = "an underscore stands between two digits";
    } else if (n > 1 && p[0] == '0' && scan_digit(p[1])) {
        hint = "no zeros in front; octal is 0o17";
    } else if (n > 1 && !scan_digit(p[n - 1]) && (p[n - 1] == '.' || p[0] == '.')) {
        hint = "a decimal point stands between two digits";
    } else if (p[0] != '+' && p[0] != '-' && !scan_digit(p[0])) {
        hint = "strings stand in quotes; booleans are true and false";
    } else {
        hint = "values with a unit are strings: \"5ms\", \"2M\", \"64KiB\"";
    }
    return toml_fail(s, at, n, hint, "`%.*s` is no value", (int)(n < 40 ? n : 40), p);
}

static bool scan_integer(struct toml_scan *s, uint32_t at, uint32_t n, int base, const char *digits,
    bool negative, struct toml_value *out)
{
    uint64_t v = 0, most = negative ? (uint64_t)1 << 63 : INT64_MAX;
    for (; *digits; digits++) {
        uint64_t d = (uint64_t)scan_hex(*digits);
        if (v > (most - d) / (uint64_t)base) {
            return toml_fail(s, at, n, "integers have 64 bits", "the number does not fit");
        }
        v = v * (uint64_t)base + d;
    }
    out->kind = TOML_INTEGER;
    out->of.integer = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

/* A decimal: [+-] digits [. digits] [e [+-] digits]. */
static bool scan_decimal(struct toml_scan *s, uint32_t from, uint32_t n, struct toml_value *out)
{
    const char *p = s->p + from;
    char digits[NUMBER_MOST + 2];
    uint32_t k = 0, sign = p[0] == '+' || p[0] == '-';
    bool whole = true;
    if (p[0] == '-') digits[k++] = '-';
    uint32_t first = k, at = scan_digits(p, n, sign, 10, digits, &k);
    if (at == 0 || (digits[first] == '0' && k - first > 1)) return scan_wrong_number(s, from, n);
    if (at < n && p[at] == '.') {
        digits[k++] = '.';
        at = scan_digits(p, n, at + 1, 10, digits, &k);
        whole = false;
    }
    if (at != 0 && at < n && (p[at] | 0x20) == 'e') {
        digits[k++] = 'e';
        at++;
        if (at < n && (p[at] == '+' || p[at] == '-')) digits[k++] = p[at++];
        at = scan_digits(p, n, at, 10, digits, &k);
        whole = false;
    }
    if (at != n) return scan_wrong_number(s, from, n);
    digits[k] = 0;
    if (whole) return scan_integer(s, from, n, 10, digits + first, p[0] == '-', out);
    out->kind = TOML_FLOAT;
    out->of.number = strtod(digits, NULL);
    return true;
}

static bool scan_number(struct toml_scan *s, uint32_t at, uint32_t n, struct toml_value *out)
{
    char digits[NUMBER_MOST + 2];
    uint32_t k = 0, sign = s->p[at] == '+' || s->p[at] == '-';
    wrt_str word = { s->p + at + sign, n - sign };
    if (n > NUMBER_MOST) {
        return toml_fail(s, at, n, NULL, "a number of more than %d characters", NUMBER_MOST);
    }
    if (wd_equal(word, "inf") || wd_equal(word, "nan")) {
        out->kind = TOML_FLOAT;
        out->of.number = strtod(word.p[0] == 'i' ? "inf" : "nan", NULL);
        if (s->p[at] == '-') out->of.number = -out->of.number;
        return true;
    }
    int base = n < 3 || s->p[at] != '0' ? 10
        : s->p[at + 1] == 'x'           ? 16
        : s->p[at + 1] == 'o'           ? 8
        : s->p[at + 1] == 'b'           ? 2
                                        : 10;
    if (base == 10) return scan_decimal(s, at, n, out);
    if (scan_digits(s->p + at, n, 2, base, digits, &k) != n) return scan_wrong_number(s, at, n);
    digits[k] = 0;
    return scan_integer(s, at, n, base, digits, false, out);
}

/* ---- dates --------------------------------------------------------------------------------------------- */

/* `form` against the text: 0 a digit, anything else itself. */
static bool date_form(wrt_str t, const char *form)
{
    for (size_t k = 0; form[k]; k++) {
        if (k >= t.n || (form[k] == '0' ? !scan_digit(t.p[k]) : t.p[k] != form[k])) return false;
    }
    return true;
}

static int date_two(const char *p)
{
    return (p[0] - '0') * 10 + p[1] - '0';
}

static bool date_good(const char *p)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year = date_two(p) * 100 + date_two(p + 2), month = date_two(p + 5), day = date_two(p + 8);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* hh:mm:ss[.fraction]; 60 is a leap second. Returns its length, 0 when wrong. */
static size_t time_good(wrt_str t)
{
    if (!date_form(t, "00:00:00")) return 0;
    if (date_two(t.p) > 23 || date_two(t.p + 3) > 59 || date_two(t.p + 6) > 60) return 0;
    size_t at = 8;
    if (at < t.n && t.p[at] == '.') {
        for (at++; at < t.n && scan_digit(t.p[at]);) at++;
        if (at == 9) return 0;
    }
    return at;
}

static bool scan_date(struct toml_scan *s, wrt_str t, struct toml_value *out)
{
    static const char forms[] = "dates and times look like 2026-01-31, 07:30:00, 2026-01-31T07:30:00+01:00";
    wrt_str rest = t;
    bool dated = date_form(t, "0000-00-00");
    out->kind = TOML_LOCAL_TIME;
    if (dated) {
        if (!date_good(t.p)) return toml_fail(s, out->at, (uint32_t)t.n, NULL, "there is no such day");
        out->kind = TOML_LOCAL_DATE;
        if (t.n == 10) return true;
        rest = (wrt_str){ t.p + 11, t.n - 11 };
        out->kind = TOML_LOCAL_DATE_TIME;
        if (t.p[10] != 'T' && t.p[10] != 't' && t.p[10] != ' ') rest.n = 0;
    }
    size_t n = time_good(rest);
    if (n == 0) return toml_fail(s, out->at, (uint32_t)t.n, forms, "the date or time is wrong");
    if (n == rest.n) return true;
    wrt_str zone = { rest.p + n, rest.n - n };
    out->kind = TOML_OFFSET_DATE_TIME;
    if (dated && zone.n == 1 && (zone.p[0] | 0x20) == 'z') return true;
    bool offset = dated && zone.n == 6 && (zone.p[0] == '+' || zone.p[0] == '-') &&
                  date_form((wrt_str){ zone.p + 1, 5 }, "00:00") && date_two(zone.p + 1) < 24 &&
                  date_two(zone.p + 4) < 60;
    return offset || toml_fail(s, out->at, (uint32_t)t.n, forms, "the date or time is wrong");
}

static bool scan_word_char(char c)
{
    return scan_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("+-._:%/", c));
}

bool toml_scalar(struct toml_scan *s, struct toml_value *out)
{
    uint32_t at = s->at, end = at;
    while (end < s->n && scan_word_char(s->p[end])) end++;
    out->at = at;
    if (end == at) {
        if (at >= s->n || s->p[at] == '\n' || s->p[at] == '#') {
            return toml_fail(s, at, 1, "write KEY = VALUE", "the value is missing");
        }
        if (toml_character(s, at) == 0) return scan_bad_character(s, at);
        return toml_fail(s, at, toml_character(s, at), "strings stand in quotes", "this begins no value");
    }
    wrt_str word = { s->p + at, end - at };
    bool date = date_form(word, "0000-") || date_form(word, "00:");
    if (word.n == 10 && date && scan_char(s, end) == ' ' && scan_digit(scan_char(s, end + 1))) {
        for (end++; end < s->n && scan_word_char(s->p[end]);) end++; /* a blank instead of T */
        word.n = end - at;
    }
    s->at = end;
    out->n = end - at;
    out->text = word;
    if (date) return scan_date(s, word, out);
    if (wd_equal(word, "true") || wd_equal(word, "false")) {
        out->kind = TOML_BOOLEAN;
        out->of.boolean = word.p[0] == 't';
        return true;
    }
    return scan_number(s, at, out->n, out);
}
