/* A small test framework. A test program is one file:
 *
 *     #include "test.h"
 *     TEST(adds) { CHECK_EQ(1 + 1, 2); }
 *
 * Every TEST is run, in the order of the file; the last line printed is `N passed, N failed` (and `, N
 * skipped`). A program may have a main of its own with RUN(adds); and return TEST_RESULT(); instead.
 * Arguments select tests by a part of their name. Checks go on after a failure; REQUIRE leaves the test. */
#ifndef WRT_TEST_H
#define WRT_TEST_H

#include <stdarg.h>
#include <wrt/base.h>

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

#define TEST(id)                                                                                        \
    static void test_##id(void);                                                                        \
    static struct test test_entry_##id = { #id, test_##id, NULL };                                      \
    __attribute__((constructor)) static void test_register_##id(void) { test_register(&test_entry_##id); } \
    static void test_##id(void)

#define RUN(id) test_run(&test_entry_##id)
#define TEST_RESULT() test_result()

/* What a table-driven test is at; shown with failures until the next one or the end of the test. */
#define CONTEXT(...) test_context(__VA_ARGS__)

#define CHECK(x) test_check((x), __FILE__, __LINE__, #x)
#define CHECK_EQ(a, b) test_equal((uint64_t)(a), (uint64_t)(b), __FILE__, __LINE__, #a, #b)
#define CHECK_STR(a, b) test_equal_str((a), (b), __FILE__, __LINE__, #a, #b)   /* const char * */
#define CHECK_MEM(a, b, n) test_equal_mem((a), (b), (n), __FILE__, __LINE__, #a, #b)
#define REQUIRE(x) do { if (!CHECK(x)) return; } while (0)
#define SKIP(...) do { test_skip(__VA_ARGS__); return; } while (0)

void test_register(struct test *t);
void test_run(struct test *t);
int test_main(int argc, char **argv);
int test_result(void);
void test_context(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void test_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool test_check(bool ok, const char *file, int line, const char *text);
bool test_equal(uint64_t a, uint64_t b, const char *file, int line, const char *a_text, const char *b_text);
bool test_equal_str(
    const char *a, const char *b, const char *file, int line, const char *a_text, const char *b_text);
bool test_equal_mem(const void *a, const void *b, size_t n, const char *file, int line, const char *a_text,
    const char *b_text);

/* How many checks of the running test have failed so far. */
unsigned test_failures(void);

/* A small generator for random tests: the same numbers everywhere for the same seed. */
uint64_t test_random(uint64_t *state);

/* An allocator that keeps books: sizes and tags given back must be those taken, memory is filled with rubbish
 * when taken and when freed, and a chosen allocation fails. */
struct test_heap {
    wrt_alloc alloc;
    uint64_t live, live_bytes, peak_bytes;
    uint64_t asked;             /* requests that want memory */
    uint64_t fail_at;           /* the request with this number (from 1) fails; 0: none */
    bool fail_later_too;        /* and all after it */
    uint64_t limit_bytes;       /* more than this is refused; 0: no limit */
    const char *broken;         /* what the user of the allocator did wrong */
};
void test_heap_init(struct test_heap *h);

/* 1 where a sanitizer watches: some things are its own there, and all is many times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define TEST_SANITIZED 1
#endif
#endif
#ifndef TEST_SANITIZED
#define TEST_SANITIZED 0
#endif

#endif
