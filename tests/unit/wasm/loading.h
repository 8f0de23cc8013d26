/* Loads a binary text with the checking translator; every test leaves the heap empty. */
#ifndef WRT_TESTS_LOADING_H
#define WRT_TESTS_LOADING_H

#include "test.h"
#include "binary_text.h"
#include "checking_translator.h"

static struct test_heap load_heap;
static struct wrt_limits load_limits;
static uint64_t load_features;
static bool load_no_float;
static wrt_error load_error;

static void load_set_up(void)
{
    test_heap_init(&load_heap);
    memset(&load_limits, 0, sizeof load_limits);
    load_features = 0;
    load_no_float = false;
    CHECK_EQ(wrt__limits_fill(&load_limits, NULL, NULL), WRT_OK);
}

/* The module is given; NULL: status in load_error. The binary is copied to a block of its own, so that
 * reading behind it is seen. */
static struct wrt__module *load_binary(void)
{
    struct wrt__load_opts o = { .fuel = &wrt__fuel_unit,
        .limits = &load_limits,
        .features = load_features,
        .no_float = load_no_float };
    struct wrt__module *m = NULL;
    uint8_t *copy = malloc(binary.n ? binary.n : 1);
    if (!copy) abort();
    memcpy(copy, binary.bytes, binary.n);
    wrt__error_clear(&load_error);
    wrt_status status =
        wrt__module_load(&load_heap.alloc, (wrt_bytes){ copy, binary.n }, &o, &m, &load_error);
    free(copy);
    if (status == WRT_OK) return m;
    CHECK_EQ(load_error.status, status);
    CHECK(load_error.message[0] != 0);
    CHECK_EQ(load_heap.live, 0);
    CHECK(!load_heap.broken);
    return NULL;
}

static struct wrt__module *load_text(const char *text)
{
    binary_module(text);
    return load_binary();
}

static void load_done(struct wrt__module *m)
{
    wrt__module_free(m);
    CHECK_EQ(load_heap.live, 0);
    CHECK(!load_heap.broken);
}

/* True when it loads. */
static bool load_accepts(const char *text)
{
    struct wrt__module *m = load_text(text);
    if (!m) return false;
    load_done(m);
    return true;
}

/* A module with one function () -> () or as the type section says, one memory, a table of 10 and the body. */
static const char *load_body_text(const char *body)
{
    static char text[1 << 16];
    snprintf(text, sizeof text,
        "s1( 01 60 00 00 ) s3( 01 00 ) s4( 01 70 00 0a ) s5( 01 00 01 ) s10( 01 ( 00 %s ) )", body);
    return text;
}

#endif
