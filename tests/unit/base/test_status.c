/* Statuses, error records, formatted text. */
#include "test.h"
#include "base/base.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_text(wrt_str s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

TEST(every_status_has_its_name_and_text)
{
#define X(name, value, text)                            \
    CHECK_EQ(WRT_##name, value);                        \
    CHECK(is_text(wrt_status_name(value), "WRT_" #name)); \
    CHECK(is_text(wrt_status_text(value), text));
    WRT_STATUS_MAP(X)
#undef X
    CHECK(is_text(wrt_status_name(-1000), "WRT_?"));
    CHECK(is_text(wrt_status_text(1000), "unknown status"));
}

TEST(version_is_the_one_of_the_header)
{
    CHECK_EQ(wrt_version(), WRT_VERSION_MAJOR << 16 | WRT_VERSION_MINOR << 8 | WRT_VERSION_PATCH);
}

TEST(fail_fills_and_overwrites)
{
    wrt_error e;
    memset(&e, 0xee, sizeof e);
    CHECK_EQ(wrt__fail(&e, WRT_E_MALFORMED, 107, 77, "expected %u, found %s", 12u, "x"), WRT_E_MALFORMED);
    CHECK_EQ(e.status, WRT_E_MALFORMED);
    CHECK_EQ(e.code, 107);
    CHECK_EQ(e.offset, 77);
    CHECK_STR(e.message, "expected 12, found x");
    CHECK_STR(e.table, "");
    CHECK_STR(e.where, "");
    CHECK_STR(e.hint, "");
    CHECK_EQ(e.exit_code, 0);
    wrt__error_where(&e, "import %u", 4u);
    wrt__error_hint(&e, "did you mean `%s`?", "add");
    CHECK_STR(e.where, "import 4");
    CHECK_STR(e.hint, "did you mean `add`?");
    CHECK_EQ(wrt__fail_table(&e, WRT_E_LIMIT, 404, "tasks", "all %u tasks are in use", 8u), WRT_E_LIMIT);
    CHECK_STR(e.table, "tasks");
    CHECK_STR(e.message, "all 8 tasks are in use");
    CHECK_STR(e.where, "");
    CHECK_EQ(e.offset, UINT64_MAX);
    wrt__error_clear(&e);
    CHECK_EQ(e.status, 0);
    CHECK_EQ(e.offset, UINT64_MAX);
    CHECK_STR(e.message, "");
}

TEST(null_records_are_allowed)
{
    CHECK_EQ(wrt__fail(NULL, WRT_E_ARG, 1, 0, "%s", "x"), WRT_E_ARG);
    CHECK_EQ(wrt__fail_table(NULL, WRT_E_LIMIT, 1, "t", "x"), WRT_E_LIMIT);
    wrt__error_where(NULL, "x");
    wrt__error_hint(NULL, "x");
    wrt__error_clear(NULL);
}

TEST(arguments_may_point_into_the_record)
{
    wrt_error e;
    wrt__fail(&e, WRT_E_LINK, 1, 5, "inner");
    wrt__fail(&e, WRT_E_TRAP, 2, 6, "outer: %s", e.message);
    CHECK_STR(e.message, "outer: inner");
    wrt__error_where(&e, "%s and %s", e.message, e.where);
    CHECK_STR(e.where, "outer: inner and ");
}

TEST(names_cannot_bring_control_characters)
{
    wrt_error e;
    wrt_str name = WRT_STR("a\033[2J\n\x7f\xc2\x9b" "b\xc3\xa9");
    wrt__fail(&e, WRT_E_LINK, 1, 0, "%S", &name);
    CHECK_STR(e.message, "a?[2J????b\xc3\xa9");
}

TEST(long_texts_are_cut_between_characters)
{
    wrt_error e;
    char text[400];
    for (size_t lead = 0; lead < 4; lead++) {
        size_t n = 0;
        while (n < lead) {
            text[n++] = 'x';
        }
        while (n + 4 < sizeof text) {
            memcpy(text + n, "\xf0\x9f\x98\x80", 4);
            n += 4;
        }
        text[n] = 0;
        wrt__fail(&e, WRT_E_ARG, 1, 0, "%s", text);
        CHECK(strlen(e.message) <= sizeof e.message - 1 && strlen(e.message) > sizeof e.message - 5);
        CHECK(wrt__utf8_valid((wrt_bytes){ (const uint8_t *)e.message, strlen(e.message) }));
    }
}

#define FORMAT(want, ...)                                               \
    do {                                                                \
        char buf[128];                                                  \
        CHECK_EQ(wrt__format(buf, sizeof buf, __VA_ARGS__), strlen(want)); \
        CHECK_STR(buf, want);                                           \
    } while (0)

TEST(format_knows_its_conversions)
{
    wrt_str s = { "spanned", 4 };
    FORMAT("", "%s", "");
    FORMAT("a%b", "a%%b");
    FORMAT("span|text|c", "%S|%s|%c", &s, "text", 'c');
    FORMAT("(none)", "%s", (const char *)NULL);
    FORMAT("0 4294967295", "%u %u", 0u, UINT32_MAX);
    FORMAT("-2147483648 2147483647 -1", "%d %d %d", INT32_MIN, INT32_MAX, -1);
    FORMAT("18446744073709551615", "%lu", UINT64_MAX);
    FORMAT("-9223372036854775808 9223372036854775807", "%ld %ld", INT64_MIN, INT64_MAX);
    FORMAT("ff 0 ffffffffffffffff", "%x %x %lx", 255u, 0u, UINT64_MAX);
    FORMAT("W0042 W12345", "W%04u W%04u", 42u, 12345u);
    FORMAT("   7|-03| -3", "%4u|%03d|%3d", 7u, -3, -3);
    FORMAT("0x0000002a", "0x%08x", 42u);
}

TEST(format_agrees_with_libc)
{
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        uint64_t v = test_random(&seed) >> (test_random(&seed) & 63);
        char ours[64], libc[64];
        wrt__format(ours, sizeof ours, "%lu %ld %lx %u %d %x", v, (int64_t)v, v, (uint32_t)v, (int32_t)v,
            (uint32_t)v);
        snprintf(libc, sizeof libc, "%" PRIu64 " %" PRId64 " %" PRIx64 " %u %d %x", v, (int64_t)v, v,
            (uint32_t)v, (int32_t)v, (uint32_t)v);
        if (!CHECK_STR(ours, libc)) return;
    }
}

TEST(format_never_writes_behind_its_buffer)
{
    char buf[16];
    for (size_t cap = 0; cap <= 8; cap++) {
        memset(buf, 'z', sizeof buf);
        CHECK_EQ(wrt__format(buf, cap, "%s", "abcdef"), 6);
        for (size_t i = cap; i < sizeof buf; i++) {
            CHECK_EQ(buf[i], 'z');
        }
        if (cap != 0) CHECK_EQ(strlen(buf), cap - 1 < 6 ? cap - 1 : 6);
    }
}
