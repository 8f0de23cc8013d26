/* text: numbers with units, nearest names, growing buffers. Knows nothing of wasm. */
#include "wd.h"
#include <stdlib.h>
#include <string.h>

/* ---- strings ------------------------------------------------------------------------------------------- */

wrt_str wd_str(const char *s)
{
    return (wrt_str){ s, strlen(s) };
}

bool wd_same(wrt_str a, wrt_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool wd_equal(wrt_str a, const char *b)
{
    return wd_same(a, wd_str(b));
}

void *wd_resize(void *p, size_t n)
{
    void *q = realloc(p, n ? n : 1);
    if (q) return q;
    fputs("error: no memory\n", stderr);
    exit(WD_EXIT_LIMIT);
}

void *wd_alloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);     /* large blocks stay untouched until they are used */
    return p ? p : memset(wd_resize(NULL, n), 0, n ? n : 1);
}

void wd_buf_add(struct wd_buf *b, const void *p, size_t n)
{
    if (n + 1 > b->cap - b->n || !b->p) {
        b->cap = (b->n + n + 1) * 2;
        b->p = wd_resize(b->p, b->cap);
    }
    if (n > 0) memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = 0;
}

void wd_buf_str(struct wd_buf *b, const char *s)
{
    wd_buf_add(b, s, strlen(s));
}

void wd_buf_free(struct wd_buf *b)
{
    free(b->p);
    *b = (struct wd_buf){ 0 };
}

/* Length of the UTF-8 sequence at p, 0 when it is broken. */
static size_t utf8_step(const unsigned char *p, size_t n)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char c = p[0];
    size_t len = c < 0x80                ? 1
                 : c >= 0xc2 && c < 0xe0 ? 2
                 : c >= 0xe0 && c < 0xf0 ? 3
                 : c >= 0xf0 && c < 0xf5 ? 4
                                         : 0;
    if (len == 0 || len > n) return 0;
    uint32_t v = len == 1 ? c : c & (0xffu >> (len + 1));
    for (size_t k = 1; k < len; k++) {
        if ((p[k] & 0xc0) != 0x80) return 0;
        v = v << 6 | (p[k] & 0x3fu);
    }
    return v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? 0 : len;
}

bool wd_utf8_valid(const char *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t step = utf8_step((const unsigned char *)p + at, n - at);
        if (step == 0) return false;
        at += step;
    }
    return true;
}

void wd_print_name(FILE *to, wrt_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t at = 0; at < s.n;) {
        size_t step = utf8_step(p + at, s.n - at);
        bool control = p[at] < 0x20 || p[at] == 0x7f || (step == 2 && p[at] == 0xc2 && p[at + 1] < 0xa0);
        if (step == 0 || control) {
            putc('?', to);
        } else {
            fwrite(p + at, 1, step, to);
        }
        at += step ? step : 1;
    }
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

/* Reads digits at *at; false: none there, or they do not fit. */
static bool number_read(wrt_str t, size_t *at, uint64_t *out)
{
    uint64_t base = 10, v = 0;
    size_t start = *at;
    if (start + 2 < t.n && t.p[start] == '0' && (t.p[start + 1] | 0x20) == 'x') {
        base = 16;
        start += 2;
    }
    size_t k = start;
    for (; k < t.n; k++) {
        if (t.p[k] == '_' && k > start) continue;
        uint64_t d = (uint64_t)digit_of(t.p[k]);
        if (d >= base) break;
        if (v > (UINT64_MAX - d) / base) return false;
        v = v * base + d;
    }
    if (k == start) return false;
    *at = k;
    *out = v;
    return true;
}

struct unit { const char *name; uint64_t factor; };

static bool unit_apply(wrt_str rest, const struct unit *units, size_t n, uint64_t *v)
{
    for (size_t k = 0; k < n; k++) {
        if (!wd_equal(rest, units[k].name)) continue;
        if (*v > UINT64_MAX / units[k].factor) return false;
        *v *= units[k].factor;
        return true;
    }
    return false;
}

static bool number_with_unit(wrt_str t, const struct unit *units, size_t n, uint64_t *out)
{
    size_t at = 0;
    if (!number_read(t, &at, out)) return false;
    return unit_apply((wrt_str){ t.p + at, t.n - at }, units, n, out);
}

bool wd_parse_count(wrt_str text, uint64_t *out)
{
    static const struct unit units[] = { { "", 1 }, { "k", 1000 }, { "K", 1000 }, { "M", 1000000 },
        { "G", 1000000000 }, { "T", 1000000000000 } };
    return number_with_unit(text, units, WD_COUNT(units), out);
}

bool wd_parse_bytes(wrt_str text, uint64_t *out)
{
    static const struct unit units[] = { { "", 1 }, { "B", 1 }, { "KiB", 1ull << 10 }, { "MiB", 1ull << 20 },
        { "GiB", 1ull << 30 }, { "K", 1ull << 10 }, { "M", 1ull << 20 }, { "G", 1ull << 30 }, { "kB", 1000 },
        { "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 } };
    return number_with_unit(text, units, WD_COUNT(units), out);
}

bool wd_parse_ns(wrt_str text, uint64_t *out)
{
    static const struct unit units[] = { { "", 1000000000 }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 },
        { "s", 1000000000 }, { "m", 60000000000 }, { "min", 60000000000 }, { "h", 3600000000000 } };
    size_t at = 0;
    uint64_t whole, part = 0, scale = 1;
    if (!number_read(text, &at, &whole)) return false;
    if (at < text.n && text.p[at] == '.') {
        for (at++; at < text.n && text.p[at] >= '0' && text.p[at] <= '9'; at++) {
            if (scale >= 1000000000) continue;
            part = part * 10 + (uint64_t)(text.p[at] - '0');
            scale *= 10;
        }
    }
    uint64_t one = 1;
    if (!unit_apply((wrt_str){ text.p + at, text.n - at }, units, WD_COUNT(units), &one)) return false;
    if (whole > UINT64_MAX / one / 2 || part > UINT64_MAX / one) return false;
    *out = whole * one + part * one / scale;
    return true;
}

const char *wd_group(uint64_t v, char buf[32])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v), at = 0;
    for (int k = 0; k < n; k++) {
        if (k > 0 && (n - k) % 3 == 0) buf[at++] = ' ';
        buf[at++] = digits[k];
    }
    buf[at] = 0;
    return buf;
}

const char *wd_bytes_text(uint64_t v, char buf[32])
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    size_t u = 0;
    uint64_t whole = v, rest = 0;
    while (whole >= 1024 && u + 1 < WD_COUNT(units)) {
        rest = whole % 1024;
        whole /= 1024;
        u++;
    }
    if (rest == 0) {
        snprintf(buf, 32, "%llu %s", (unsigned long long)whole, units[u]);
    } else {
        snprintf(buf, 32, "%llu.%llu %s", (unsigned long long)whole, (unsigned long long)(rest * 10 / 1024),
            units[u]);
    }
    return buf;
}

const char *wd_ns_text(double ns, char buf[32])
{
    if (ns < 1e3) {
        snprintf(buf, 32, "%.0f ns", ns);
    } else if (ns < 1e6) {
        snprintf(buf, 32, "%.2f us", ns / 1e3);
    } else if (ns < 1e9) {
        snprintf(buf, 32, "%.3f ms", ns / 1e6);
    } else {
        snprintf(buf, 32, "%.3f s", ns / 1e9);
    }
    return buf;
}

/* ---- nearest names ------------------------------------------------------------------------------------ */

enum { NEAR_NAME_MOST = 64 };

static char near_fold(char c)
{
    if (c >= 'A' && c <= 'Z') return (char)(c | 0x20);
    return c == '_' ? '-' : c;
}

/* Edits (insert, delete, replace, swap neighbours) from a to b; case and - against _ are free. */
static uint32_t near_distance(wrt_str a, wrt_str b)
{
    uint32_t rows[3][NEAR_NAME_MOST + 1];
    if (a.n > NEAR_NAME_MOST || b.n > NEAR_NAME_MOST) return UINT32_MAX;
    for (uint32_t k = 0; k <= b.n; k++) rows[0][k] = k;
    for (size_t i = 1; i <= a.n; i++) {
        uint32_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = (uint32_t)i;
        for (size_t k = 1; k <= b.n; k++) {
            char x = near_fold(a.p[i - 1]), y = near_fold(b.p[k - 1]);
            uint32_t best = up[k - 1] + (x != y);
            if (up[k] + 1 < best) best = up[k] + 1;
            if (row[k - 1] + 1 < best) best = row[k - 1] + 1;
            bool swapped = i > 1 && k > 1 && x == near_fold(b.p[k - 2]) && y == near_fold(a.p[i - 2]);
            if (swapped && up2[k - 2] + 1 < best) best = up2[k - 2] + 1;
            row[k] = best;
        }
    }
    return rows[a.n % 3][b.n];
}

void wd_near_init(struct wd_near *n, wrt_str want)
{
    /* A third of the name may be wrong, at least one letter: `fule`, `max-memroy`, but not `cat` for `run`.
     */
    uint32_t most = (uint32_t)(want.n < NEAR_NAME_MOST ? want.n : NEAR_NAME_MOST) / 3;
    *n = (struct wd_near){ .want = want, .distance = (most ? most : 1) + 1 };
}

void wd_near_offer(struct wd_near *n, wrt_str candidate)
{
    uint32_t d = near_distance(n->want, candidate);
    if (d >= n->distance || d >= candidate.n) return;
    n->distance = d;
    n->best = candidate;
}

bool wd_near_found(const struct wd_near *n)
{
    return n->best.n > 0;
}
