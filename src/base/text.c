/* Bytes as text: UTF-8, length, likeness, and the hash that goes into reports. */
#include "base/base.h"

size_t wrt__str_len(const char *s)
{
    size_t n = 0;
    while (s[n]) {
        n++;
    }
    return n;
}

/* Length of the sequence that begins at p, 0 when it is none. The Unicode Standard, table 3-7: after the lead
 * bytes e0, ed, f0 and f4 the second byte has a narrower range (no overlong forms, no surrogates, nothing
 * above 10ffff). */
static size_t utf8_sequence(const uint8_t *p, size_t left)
{
    uint8_t lead = p[0], low = 0x80, high = 0xbf;
    size_t n = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc2 || lead > 0xf4 || left < n) return 0;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
    if (p[1] < low || p[1] > high) return 0;
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
    }
    return n;
}

bool wrt__utf8_valid(wrt_bytes b)
{
    size_t i = 0;
    while (i < b.n) {
        uint64_t word;
        while (b.n - i >= sizeof word) {        /* names are ASCII nearly always: eight at a time */
            memcpy(&word, b.p + i, sizeof word);
            if (word & 0x8080808080808080u) break;
            i += sizeof word;
        }
        if (i == b.n) break;
        size_t n = b.p[i] < 0x80 ? 1 : utf8_sequence(b.p + i, b.n - i);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

/* FNV-1a, 64 bits. Each step waits for the multiplication of the one before (about 4 cycles a byte on any
 * machine), so it is for identities in reports and traces, not for tables (map.c). */
uint64_t wrt__fnv64(uint64_t seed, const void *p, size_t n)
{
    const uint8_t *b = p;
    uint64_t h = seed;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ b[i]) * 0x100000001b3u;
    }
    return h;
}

#if WRT_MESSAGES

enum { EDIT_MAX = 64 };     /* longer names are not mistyped names */

static uint32_t edit_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Row by row over prefixes; three rows because two swapped neighbours count as one edit. */
uint32_t wrt__edit_distance(wrt_str a, wrt_str b, uint32_t max)
{
    uint8_t rows[3][EDIT_MAX + 1];
    uint32_t over = max < EDIT_MAX ? max + 1 : EDIT_MAX + 1;
    if (a.n > EDIT_MAX || b.n > EDIT_MAX) return over;
    if ((a.n > b.n ? a.n - b.n : b.n - a.n) >= over) return over;
    uint8_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.n; j++) {
        row[j] = (uint8_t)j;
        last[j] = (uint8_t)j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        uint8_t *spare = before;
        before = last;
        last = row;
        row = spare;
        row[0] = (uint8_t)i;
        uint32_t least = (uint32_t)i;
        for (size_t j = 1; j <= b.n; j++) {
            uint32_t same = a.p[i - 1] == b.p[j - 1] ? 0 : 1;
            uint32_t d = edit_min((uint32_t)last[j - 1] + same, edit_min(last[j], row[j - 1]) + 1u);
            bool swapped = i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1];
            if (swapped) d = edit_min(d, before[j - 2] + 1u);
            row[j] = (uint8_t)d;
            least = edit_min(least, d);
        }
        if (least >= over && i > 1) return over;
    }
    return edit_min(row[b.n], over);
}

#endif
