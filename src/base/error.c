/* Filling a caller's wrt_error. Owns the promise that such a record is safe to print: terminated, valid when
 * cut, and without control characters, whatever names a hostile binary brought along. */
#include "base/base.h"

void wrt__error_clear(wrt_error *err)
{
    if (!err) return;
    memset(err, 0, sizeof *err);
    err->offset = WRT__NO_OFFSET;
}

#if WRT_MESSAGES

/* C0, DEL and (as UTF-8: c2 80..9f) C1 become '?': a terminal must not obey them. */
static void error_printable(char *p)
{
    for (; *p; p++) {
        unsigned char c = (unsigned char)*p, next = (unsigned char)p[1];
        if (c < 0x20 || c == 0x7f) *p = '?';
        if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
            p[0] = '?';
            p[1] = '?';
        }
    }
}

/* By way of a buffer: the arguments may point into the record that is being written. */
static void error_text(char *to, size_t cap, const char *fmt, va_list args)
{
    char text[sizeof(((wrt_error *)0)->message)];
    WRT_ASSERT(cap <= sizeof text);
    (void)wrt__vformat(text, cap, fmt, args);
    error_printable(text);
    memcpy(to, text, wrt__str_len(text) + 1);
}

static void error_fill(
    wrt_error *err, wrt_status status, uint32_t code, uint64_t offset, const char *fmt, va_list args)
{
    char message[sizeof err->message];
    error_text(message, sizeof message, fmt, args);
    wrt__error_clear(err);
    err->status = status;
    err->code = code;
    err->offset = offset;
    memcpy(err->message, message, wrt__str_len(message) + 1);
}

wrt_status wrt__fail(wrt_error *err, wrt_status status, uint32_t code, uint64_t offset, const char *fmt, ...)
{
    if (!err) return status;
    va_list args;
    va_start(args, fmt);
    error_fill(err, status, code, offset, fmt, args);
    va_end(args);
    return status;
}

wrt_status wrt__fail_table(
    wrt_error *err, wrt_status status, uint32_t code, const char *table, const char *fmt, ...)
{
    if (!err) return status;
    va_list args;
    va_start(args, fmt);
    error_fill(err, status, code, WRT__NO_OFFSET, fmt, args);
    va_end(args);
    (void)wrt__format(err->table, sizeof err->table, "%s", table);
    return status;
}

void wrt__error_where(wrt_error *err, const char *fmt, ...)
{
    if (!err) return;
    va_list args;
    va_start(args, fmt);
    error_text(err->where, sizeof err->where, fmt, args);
    va_end(args);
}

void wrt__error_hint(wrt_error *err, const char *fmt, ...)
{
    if (!err) return;
    va_list args;
    va_start(args, fmt);
    error_text(err->hint, sizeof err->hint, fmt, args);
    va_end(args);
}

#else

static wrt_status terse_fill(wrt_error *err, uint32_t what)
{
    wrt_status status = (int8_t)(what & 0xff);
    if (!err) return status;
    uint32_t code = what >> 8, rest = code;
    wrt__error_clear(err);
    err->status = status;
    err->code = code;
    err->message[0] = 'W';
    for (int i = 4; i > 0; i--) {
        err->message[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    return status;
}

wrt_status wrt__terse(wrt_error *err, uint32_t what)
{
    return terse_fill(err, what);
}

wrt_status wrt__terse_at(wrt_error *err, uint32_t what, uint64_t offset)
{
    wrt_status status = terse_fill(err, what);
    if (err) err->offset = offset;
    return status;
}

wrt_status wrt__terse_table(wrt_error *err, uint32_t what, const char *table)
{
    wrt_status status = terse_fill(err, what);
    if (!err) return status;
    for (size_t i = 0; i + 1 < sizeof err->table && table[i]; i++) {
        err->table[i] = table[i];
    }
    return status;
}

void wrt__panic_here(void)
{
    wrt__panic("", 0, "");
}

#endif
