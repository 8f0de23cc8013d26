/* Binaries written as text, for tests:
 *   7f            a byte                    'abc'         a name: its length, its bytes
 *   ( ... )       a group with its length   s3( ... )     a section
 *   @             the place that is meant: binary.mark is its offset
 *   *1000 00      the next byte, so many times                                             u4000  a number as
 * LEB128 */
#ifndef WRT_TESTS_BINARY_TEXT_H
#define WRT_TESTS_BINARY_TEXT_H

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BINARY_MAX = 1 << 21, BINARY_DEPTH = 8 };
static struct { uint8_t bytes[BINARY_MAX]; size_t n, mark; } binary;

static size_t binary_leb(uint8_t *out, uint64_t x)
{
    size_t n = 0;
    for (; x >= 0x80; x >>= 7) {
        out[n++] = (uint8_t)(x | 0x80);
    }
    out[n++] = (uint8_t)x;
    return n;
}

static void binary_close(size_t start)
{
    uint8_t length[10];
    size_t k = binary_leb(length, binary.n - start);
    memmove(binary.bytes + start + k, binary.bytes + start, binary.n - start);
    memcpy(binary.bytes + start, length, k);
    binary.n += k;
    if (binary.mark != SIZE_MAX && binary.mark >= start) binary.mark += k;
}

static void binary_add(const char *p)
{
    size_t open[BINARY_DEPTH], depth = 0, repeat = 1;
    while (*p) {
        if (isspace((unsigned char)*p)) {
            p++;
        } else if (*p == '@') {
            binary.mark = binary.n;
            p++;
        } else if (*p == '(') {
            open[depth++] = binary.n;
            p++;
        } else if (*p == ')') {
            binary_close(open[--depth]);
            p++;
        } else if (*p == '\'') {
            size_t k = strcspn(++p, "'");
            binary.n += binary_leb(binary.bytes + binary.n, k);
            memcpy(binary.bytes + binary.n, p, k);
            binary.n += k;
            p += k + 1;
        } else if (*p == 's') {
            char *end;
            binary.bytes[binary.n++] = (uint8_t)strtoul(p + 1, &end, 10);
            p = end;
        } else if (*p == '*') {
            char *end;
            repeat = strtoul(p + 1, &end, 10);
            p = end;
        } else if (*p == 'u') {
            char *end;
            binary.n += binary_leb(binary.bytes + binary.n, strtoull(p + 1, &end, 10));
            p = end;
        } else {
            char *end;
            unsigned long byte = strtoul(p, &end, 16);
            if (end == p || byte > 255 || binary.n + repeat + 64 > BINARY_MAX) abort();
            memset(binary.bytes + binary.n, (int)byte, repeat);
            binary.n += repeat;
            repeat = 1;
            p = end;
        }
    }
    if (depth != 0) abort();
}

/* Header and `text`. */
static void binary_module(const char *text)
{
    static const uint8_t head[8] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    memcpy(binary.bytes, head, sizeof head);
    binary.n = sizeof head;
    binary.mark = SIZE_MAX;
    binary_add(text);
}

#endif
