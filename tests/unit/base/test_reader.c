/* Foreign bytes: LEB128, fixed-size numbers, names. Every input lies in an allocation of exactly its size. */
#include "test.h"
#include "base/base.h"
#include <stdlib.h>
#include <string.h>

enum leb { U32, U64, S32, S33, S64 };
struct leb_case {
    const char *name;
    enum leb kind;
    uint8_t bytes[12];
    size_t n;
    const char *failed;     /* NULL: the value is right */
    uint64_t at;            /* offset of the failure, or of the first byte behind the number */
    uint64_t value;
};
#define LONG "integer representation too long"
#define LARGE "integer too large"
#define END "unexpected end"
#define M64 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define Z64 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80

static const struct leb_case leb_cases[] = {
    { "zero", U32, { 0x00 }, 1, NULL, 1, 0 },
    { "one byte", U32, { 0x7f }, 1, NULL, 1, 127 },
    { "two bytes", U32, { 0x80, 0x01 }, 2, NULL, 2, 128 },
    { "padded", U32, { 0x83, 0x80, 0x80, 0x80, 0x00 }, 5, NULL, 5, 3 },
    { "largest u32", U32, { 0xff, 0xff, 0xff, 0xff, 0x0f }, 5, NULL, 5, UINT32_MAX },
    { "33rd bit set", U32, { 0xff, 0xff, 0xff, 0xff, 0x1f }, 5, LARGE, 4, 0 },
    { "36th bit set", U32, { 0x80, 0x80, 0x80, 0x80, 0x40 }, 5, LARGE, 4, 0 },
    { "six bytes", U32, { 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 }, 6, LONG, 4, 0 },
    { "long and large", U32, { 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 }, 6, LONG, 4, 0 },
    { "nothing", U32, { 0 }, 0, END, 0, 0 },
    { "ends in the middle", U32, { 0x80 }, 1, END, 1, 0 },
    { "ends after four", U32, { 0x80, 0x80, 0x80, 0x80 }, 4, END, 4, 0 },
    { "fifth says more", U32, { 0x80, 0x80, 0x80, 0x80, 0x80 }, 5, LONG, 4, 0 },
    { "largest u64", U64, { M64, 0x01 }, 10, NULL, 10, UINT64_MAX },
    { "65th bit", U64, { M64, 0x02 }, 10, LARGE, 9, 0 },
    { "eleven bytes", U64, { Z64, 0x80, 0x00 }, 11, LONG, 9, 0 },
    { "u64 beyond 32 bits", U64, { 0x80, 0x80, 0x80, 0x80, 0x10 }, 5, NULL, 5, (uint64_t)1 << 32 },
    { "-1", S32, { 0x7f }, 1, NULL, 1, UINT64_MAX },
    { "63", S32, { 0x3f }, 1, NULL, 1, 63 },
    { "64", S32, { 0xc0, 0x00 }, 2, NULL, 2, 64 },
    { "-64", S32, { 0x40 }, 1, NULL, 1, 0u - (uint64_t)64 },
    { "-1 in five bytes", S32, { 0xff, 0xff, 0xff, 0xff, 0x7f }, 5, NULL, 5, UINT64_MAX },
    { "least s32", S32, { 0x80, 0x80, 0x80, 0x80, 0x78 }, 5, NULL, 5, 0xffffffff80000000u },
    { "largest s32", S32, { 0xff, 0xff, 0xff, 0xff, 0x07 }, 5, NULL, 5, 0x7fffffff },
    { "s32: 2^31", S32, { 0x80, 0x80, 0x80, 0x80, 0x08 }, 5, LARGE, 4, 0 },
    { "s32: sign not repeated", S32, { 0x80, 0x80, 0x80, 0x80, 0x38 }, 5, LARGE, 4, 0 },
    { "s32: half a sign", S32, { 0xff, 0xff, 0xff, 0xff, 0x4f }, 5, LARGE, 4, 0 },
    { "s32: six bytes", S32, { 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }, 6, LONG, 4, 0 },
    { "s33: -1", S33, { 0xff, 0xff, 0xff, 0xff, 0x7f }, 5, NULL, 5, UINT64_MAX },
    { "s33: 2^32 - 1", S33, { 0xff, 0xff, 0xff, 0xff, 0x0f }, 5, NULL, 5, UINT32_MAX },
    { "s33: least", S33, { 0x80, 0x80, 0x80, 0x80, 0x70 }, 5, NULL, 5, 0u - ((uint64_t)1 << 32) },
    { "s33: 2^32", S33, { 0x80, 0x80, 0x80, 0x80, 0x10 }, 5, LARGE, 4, 0 },
    { "s33: block type i32", S33, { 0x7f }, 1, NULL, 1, UINT64_MAX },
    { "s64: -1", S64, { M64, 0x7f }, 10, NULL, 10, UINT64_MAX },
    { "s64: least", S64, { Z64, 0x7f }, 10, NULL, 10, (uint64_t)1 << 63 },
    { "s64: largest", S64, { M64, 0x00 }, 10, NULL, 10, INT64_MAX },
    { "s64: sign not repeated", S64, { Z64, 0x7e }, 10, LARGE, 9, 0 },
    { "s64: 2^63", S64, { Z64, 0x01 }, 10, LARGE, 9, 0 },
    { "s64: nine bytes", S64, { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40 }, 9, NULL, 9,
        0xc000000000000000u },
};

static uint64_t leb_read(struct wrt__reader *r, enum leb kind)
{
    switch (kind) {
    case U32: return wrt__read_u32(r);
    case U64: return wrt__read_u64(r);
    case S32: return (uint64_t)(int64_t)wrt__read_s32(r);
    case S33: return (uint64_t)wrt__read_s33(r);
    default: return (uint64_t)wrt__read_s64(r);
    }
}

TEST(leb128)
{
    for (size_t i = 0; i < WRT_COUNT(leb_cases); i++) {
        const struct leb_case *c = &leb_cases[i];
        CONTEXT("%s", c->name);
        uint8_t *exact = malloc(c->n ? c->n : 1);
        memcpy(exact, c->bytes, c->n);
        struct wrt__reader r;
        wrt__reader_init(&r, (wrt_bytes){ exact, c->n }, 1000);
        CHECK_EQ(leb_read(&r, c->kind), c->value);
        CHECK_STR(r.failed, c->failed);
        if (c->failed) {
            CHECK_EQ(r.failed_at, 1000 + c->at);
            CHECK_EQ(wrt__reader_left(&r), 0);
        } else {
            CHECK_EQ(wrt__reader_offset(&r), 1000 + c->at);
        }
        free(exact);
    }
}

static size_t leb_write_s(uint8_t *out, int64_t v)
{
    for (size_t n = 0;;) {
        uint8_t byte = (uint8_t)(v & 0x7f);
        v >>= 7;
        bool last = (v == 0 && !(byte & 0x40)) || (v == -1 && (byte & 0x40));
        out[n++] = last ? byte : byte | 0x80;
        if (last) return n;
    }
}

TEST(numbers_come_back_as_written)
{
    uint64_t seed = 7;
    for (int i = 0; i < 50000; i++) {
        int64_t v = (int64_t)test_random(&seed) >> (test_random(&seed) & 63);
        uint8_t bytes[10];
        size_t n = leb_write_s(bytes, v);
        struct wrt__reader r;
        wrt__reader_init(&r, (wrt_bytes){ bytes, n }, 0);
        if (!CHECK_EQ(wrt__read_s64(&r), v) || !CHECK_EQ(wrt__reader_left(&r), 0)) return;
        bool fits = v >= INT32_MIN && v <= INT32_MAX;
        wrt__reader_init(&r, (wrt_bytes){ bytes, n }, 0);
        if (!CHECK_EQ(wrt__read_s32(&r), fits ? v : 0) || !CHECK_EQ(r.failed == NULL, fits)) return;
    }
}

TEST(the_first_failure_stays)
{
    static const uint8_t bytes[] = { 1, 2, 3, 0xff };
    struct wrt__reader r;
    wrt__reader_init(&r, (wrt_bytes){ bytes, sizeof bytes }, 40);
    CHECK_EQ(wrt__read_u8(&r), 1);
    CHECK_EQ(wrt__read_u32le(&r), 0);
    CHECK_STR(r.failed, END);
    CHECK_EQ(r.failed_at, 44);
    CHECK_EQ(wrt__read_u8(&r), 0);
    CHECK_EQ(wrt__read_u32(&r), 0);
    CHECK_EQ(wrt__read_s64(&r), 0);
    CHECK_EQ(wrt__read_u64le(&r), 0);
    CHECK(wrt__read_bytes(&r, 1).p == NULL);
    CHECK_STR(r.failed, END);
    CHECK_EQ(r.failed_at, 44);
    static const uint8_t large[] = { 0xff, 0xff, 0xff, 0xff, 0x1f, 1, 2 };
    wrt__reader_init(&r, (wrt_bytes){ large, sizeof large }, 0);
    CHECK_EQ(wrt__read_u32(&r), 0);
    CHECK_EQ(wrt__read_u32(&r), 0);
    CHECK_STR(r.failed, LARGE);
    CHECK_EQ(r.failed_at, 4);
}

TEST(fixed_sizes_and_spans)
{
    static const uint8_t bytes[] = { 1, 2, 3, 4, 0xf1, 2, 3, 4, 5, 6, 7, 0xf8, 9 };
    struct wrt__reader r;
    wrt__reader_init(&r, (wrt_bytes){ bytes, sizeof bytes }, 0);
    CHECK_EQ(wrt__read_u32le(&r), 0x04030201);
    CHECK_EQ(wrt__read_u64le(&r), 0xf8070605040302f1u);
    wrt_bytes rest = wrt__read_bytes(&r, 1);
    CHECK(rest.p == bytes + 12 && rest.n == 1);
    CHECK(wrt__read_bytes(&r, 0).n == 0 && r.failed == NULL);
    wrt__reader_init(&r, (wrt_bytes){ bytes, sizeof bytes }, 0);
    CHECK(wrt__read_bytes(&r, UINT64_MAX).p == NULL);
    CHECK_STR(r.failed, END);
    wrt__reader_init(&r, (wrt_bytes){ NULL, 0 }, 5);
    CHECK_EQ(wrt__reader_offset(&r), 5);
    CHECK_EQ(wrt__read_u8(&r), 0);
    CHECK_EQ(r.failed_at, 5);
}

struct utf8_case { const char *name; const char *bytes; bool valid; };
static const struct utf8_case utf8_cases[] = {
    { "empty", "", true },
    { "ASCII", "hello, world, this is long", true },
    { "two, three, four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true },
    { "behind eight ASCII", "12345678\xc3\xa9", true },
    { "across a word", "1234567\xc3\xa9" "1234567\xe2\x82\xac", true },
    { "least and largest", "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true },
    { "around surrogates", "\xed\x9f\xbf\xee\x80\x80", true },
    { "continuation alone", "\x80", false },
    { "lead alone", "\xc3", false },
    { "lead then ASCII", "\xc3(", false },
    { "overlong two", "\xc1\xbf", false },
    { "overlong three", "\xe0\x9f\xbf", false },
    { "overlong four", "\xf0\x8f\xbf\xbf", false },
    { "first surrogate", "\xed\xa0\x80", false },
    { "last surrogate", "\xed\xbf\xbf", false },
    { "above 10ffff", "\xf4\x90\x80\x80", false },
    { "f5", "\xf5\x80\x80\x80", false },
    { "ff", "\xff", false },
    { "three cut", "\xe2\x82", false },
    { "four cut", "12345678\xf0\x9f\x98", false },
    { "third byte wrong", "\xe2\x82(", false },
    { "fourth byte wrong", "\xf0\x9f\x98(", false },
};

TEST(utf8)
{
    for (size_t i = 0; i < WRT_COUNT(utf8_cases); i++) {
        const struct utf8_case *c = &utf8_cases[i];
        CONTEXT("%s", c->name);
        size_t n = strlen(c->bytes);
        uint8_t *exact = malloc(n ? n : 1);
        memcpy(exact, c->bytes, n);
        CHECK_EQ(wrt__utf8_valid((wrt_bytes){ exact, n }), c->valid);
        free(exact);
    }
}

/* Every code point in its shortest form is valid but the surrogates; counted over all of them. */
TEST(utf8_every_code_point)
{
    unsigned wrong = 0;
    for (uint32_t c = 0; c < 0x120000; c++) {
        uint8_t b[4];
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        b[0] = (uint8_t)(n == 1 ? c : n == 2 ? 0xc0 | c >> 6 : n == 3 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
        for (size_t i = 1; i < n; i++) {
            b[i] = (uint8_t)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3f));
        }
        bool valid = c < 0x110000 && !(c >= 0xd800 && c < 0xe000);
        wrong += wrt__utf8_valid((wrt_bytes){ b, n }) != valid;
    }
    CHECK_EQ(wrong, 0);
}

struct fnv_case { const char *text; uint64_t hash; };
static const struct fnv_case fnv_cases[] = {
    { "", 0xcbf29ce484222325u }, { "a", 0xaf63dc4c8601ec8cu }, { "foobar", 0x85944171f73967e8u },
};

TEST(fnv64_of_published_vectors)
{
    for (size_t i = 0; i < WRT_COUNT(fnv_cases); i++) {
        CHECK_EQ(
            wrt__fnv64(WRT__FNV64_SEED, fnv_cases[i].text, strlen(fnv_cases[i].text)), fnv_cases[i].hash);
    }
    CHECK_EQ(wrt__fnv64(wrt__fnv64(WRT__FNV64_SEED, "foo", 3), "bar", 3), 0x85944171f73967e8u);
}

struct edit_case { const char *a, *b; uint32_t max, distance; };
static const struct edit_case edit_cases[] = {
    { "", "", 3, 0 },
    { "fuel", "fuel", 3, 0 },
    { "fuel", "fule", 3, 1 },
    { "ab", "ba", 3, 1 },
    { "fuel", "fue", 3, 1 },
    { "fuel", "fuels", 3, 1 },
    { "fuel", "full", 3, 1 },
    { "kitten", "sitting", 3, 3 },
    { "kitten", "sitting", 2, 3 },
    { "abcdef", "uvwxyz", 3, 4 },
    { "", "abc", 3, 3 },
    { "", "abcd", 3, 4 },
    { "ca", "abc", 5, 3 },
    { "max-memory", "maxmemory", 2, 1 },
    { "a", "b", 0, 1 },
};

TEST(edit_distance)
{
    for (size_t i = 0; i < WRT_COUNT(edit_cases); i++) {
        const struct edit_case *c = &edit_cases[i];
        CONTEXT("%s %s", c->a, c->b);
        wrt_str a = { c->a, strlen(c->a) }, b = { c->b, strlen(c->b) };
        CHECK_EQ(wrt__edit_distance(a, b, c->max), c->distance);
        CHECK_EQ(wrt__edit_distance(b, a, c->max), c->distance);
    }
    char longer[100];
    memset(longer, 'x', sizeof longer);
    CHECK_EQ(wrt__edit_distance((wrt_str){ longer, 64 }, (wrt_str){ longer, 64 }, 3), 0);
    CHECK_EQ(wrt__edit_distance((wrt_str){ longer, 65 }, (wrt_str){ longer, 65 }, 3), 4);
    CHECK_EQ(wrt__edit_distance((wrt_str){ longer, 64 }, (wrt_str){ longer, 0 }, UINT32_MAX), 64);
}
