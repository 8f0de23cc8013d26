/* The text form of function types. */
#include <stdio.h>
#include <string.h>
#include "test.h"
#include "api/objects.h"

struct signature_case {
    const char *text;
    wrt_status status;
    uint32_t params, results, column;
    const char *again;
};
static const struct signature_case signature_cases[] = {
    { "", WRT_OK, 0, 0, 0, "() -> ()" },
    { "  ", WRT_OK, 0, 0, 0, "() -> ()" },
    { "()", WRT_OK, 0, 0, 0, "() -> ()" },
    { "() -> ()", WRT_OK, 0, 0, 0, "() -> ()" },
    { "(i32 i64) -> (f32)", WRT_OK, 2, 1, 0, "(i32 i64) -> (f32)" },
    { "(i32,i64)->(f64,f64)", WRT_OK, 2, 2, 0, "(i32 i64) -> (f64 f64)" },
    { " ( funcref ) -> ( externref ) ", WRT_OK, 1, 1, 0, "(funcref) -> (externref)" },
    { "i32", WRT_E_ARG, 0, 0, 1, NULL },
    { "(i32", WRT_E_ARG, 0, 0, 5, NULL },
    { "(i33)", WRT_E_ARG, 0, 0, 2, NULL },
    { "(i32x)", WRT_E_ARG, 0, 0, 2, NULL },
    { "(i32i64)", WRT_E_ARG, 0, 0, 2, NULL },
    { "(i32) (i32)", WRT_E_ARG, 0, 0, 7, NULL },
    { "(i32) ->", WRT_E_ARG, 0, 0, 9, NULL },
    { "(i32) -> i32", WRT_E_ARG, 0, 0, 10, NULL },
    { "(i32) -> (i32) x", WRT_E_ARG, 0, 0, 16, NULL },
    { "(v128)", WRT_E_UNSUPPORTED, 0, 0, 0, NULL },
};

TEST(signatures_are_read)
{
    for (size_t k = 0; k < WRT_COUNT(signature_cases); k++) {
        const struct signature_case *c = &signature_cases[k];
        uint8_t types[16];
        char again[64];
        struct wrt__functype t;
        wrt_error err;
        wrt__error_clear(&err);
        CONTEXT("%s", c->text);
        CHECK_EQ(
            wrt__sig_parse((wrt_str){ c->text, strlen(c->text) }, types, sizeof types, &t, &err), c->status);
        CHECK_EQ(err.column, c->column);
        if (c->status != WRT_OK) continue;
        CHECK_EQ(t.params, c->params);
        CHECK_EQ(t.results, c->results);
        wrt__sig_print(&t, again, sizeof again);
        CHECK_STR(again, c->again);
    }
}

TEST(the_message_says_what_was_wanted)
{
    uint8_t types[4];
    struct wrt__functype t;
    wrt_error err;
    CHECK_EQ(wrt__sig_parse(WRT_STR("(i32 int)"), types, sizeof types, &t, &err), WRT_E_ARG);
    CHECK_STR(err.message, "signature \"(i32 int)\": wanted a value type or \")\" at character 6");
    CHECK(strstr(err.hint, "i32 i64") != NULL);
}

TEST(long_signatures_are_bounded)
{
    static char text[6 * WRT__SIG_MAX + 64];
    static uint8_t types[2 * WRT__SIG_MAX];
    char small[24];
    struct wrt__functype t;
    wrt_error err;
    size_t n = 0;
    text[n++] = '(';
    for (uint32_t k = 0; k < WRT__SIG_MAX; k++) n += (size_t)sprintf(text + n, "i32 ");
    text[n] = ')';
    CHECK_EQ(wrt__sig_parse((wrt_str){ text, n + 1 }, types, sizeof types, &t, &err), WRT_OK);
    CHECK_EQ(t.params, WRT__SIG_MAX);
    n += (size_t)sprintf(text + n, "i32)");
    CHECK_EQ(wrt__sig_parse((wrt_str){ text, n }, types, sizeof types, &t, &err), WRT_E_ARG);
    t = (struct wrt__functype){ 6, 0, types, 0 };
    wrt__sig_print(&t, small, sizeof small);
    CHECK_EQ(strlen(small), 23);
    CHECK_STR(small + 20, "...");
}
