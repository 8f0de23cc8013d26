/* Formatted text into a caller's buffer, without libc. Owns the little language of wrt__format; must not
 * allocate. Numbers are 32 or 64 bits by name (%u, %lu), never by platform. */
#include "base/base.h"

#if WRT__FORMAT

struct sink {
    char *buf;
    size_t cap, n;      /* n counts what would have been written */
};

static void sink_put(struct sink *s, char c)
{
    if (s->n + 1 < s->cap) s->buf[s->n] = c;
    s->n++;
}

static void sink_bytes(struct sink *s, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sink_put(s, p[i]);
    }
}

static void sink_number(struct sink *s, uint64_t v, uint32_t base, uint32_t width, char pad, bool negative)
{
    char digits[20];
    uint32_t n = 0;
    do {
        digits[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v != 0);
    uint32_t used = n + (negative ? 1u : 0u);
    if (negative && pad == '0') sink_put(s, '-');
    for (; used < width; used++) {
        sink_put(s, pad);
    }
    if (negative && pad != '0') sink_put(s, '-');
    while (n > 0) {
        sink_put(s, digits[--n]);
    }
}

/* One conversion, after its flags: u d x with or without l. False for a letter that is none of them. */
static bool sink_integer(struct sink *s, char letter, bool wide, uint32_t width, char pad, uint64_t raw)
{
    if (letter == 'd') {
        int64_t v = wide ? (int64_t)raw : (int64_t)(int32_t)(uint32_t)raw;
        sink_number(s, v < 0 ? 0u - (uint64_t)v : (uint64_t)v, 10, width, pad, v < 0);
        return true;
    }
    if (letter != 'u' && letter != 'x') return false;
    sink_number(s, raw, letter == 'u' ? 10 : 16, width, pad, false);
    return true;
}

/* A cut-off text must not end inside a UTF-8 sequence. */
static void sink_end(struct sink *s)
{
    if (s->cap == 0) return;
    size_t n = s->n < s->cap ? s->n : s->cap - 1;
    if (n < s->n) {
        size_t lead = n;
        while (lead > 0 && ((unsigned char)s->buf[lead - 1] & 0xc0) == 0x80) {
            lead--;
        }
        if (lead > 0 && ((unsigned char)s->buf[lead - 1] & 0xc0) == 0xc0) {
            unsigned char c = (unsigned char)s->buf[lead - 1];
            size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
            if (n - (lead - 1) < need) n = lead - 1;
        }
    }
    s->buf[n] = 0;
}

static const char *skip_width(const char *f, char *pad, uint32_t *width)
{
    if (*f == '0') {
        *pad = '0';
        f++;
    }
    while (*f >= '0' && *f <= '9' && *width < 64) {
        *width = *width * 10 + (uint32_t)(*f++ - '0');
    }
    return f;
}

size_t wrt__vformat(char *buf, size_t cap, const char *fmt, va_list args)
{
    struct sink s = { buf, cap, 0 };
    for (const char *f = fmt; *f; f++) {
        if (*f != '%') {
            sink_put(&s, *f);
            continue;
        }
        char pad = ' ';
        uint32_t width = 0;
        f = skip_width(f + 1, &pad, &width);
        bool wide = *f == 'l';
        if (wide) f++;
        if (*f == 's') {
            const char *text = va_arg(args, const char *);
            if (!text) text = "(none)";
            sink_bytes(&s, text, wrt__str_len(text));
        } else if (*f == 'S') {
            const wrt_str *text = va_arg(args, const wrt_str *);
            sink_bytes(&s, text->p, text->n);
        } else if (*f == 'c') {
            sink_put(&s, (char)va_arg(args, int));
        } else if (*f == '%') {
            sink_put(&s, '%');
        } else {
            uint64_t raw = wide ? va_arg(args, uint64_t) : va_arg(args, uint32_t);
            bool known = sink_integer(&s, *f, wide, width, pad, raw);
            WRT_ASSERT(known);
        }
    }
    sink_end(&s);
    return s.n;
}

size_t wrt__format(char *buf, size_t cap, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    size_t n = wrt__vformat(buf, cap, fmt, args);
    va_end(args);
    return n;
}

#else
typedef int wrt__format_is_off;
#endif
