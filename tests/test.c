/* The test framework behind tests/test.h. */
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct test *first, **last;
    unsigned passed, failed, skipped, failures;
    bool skip;
    char context[160];
} test_state;

void test_register(struct test *t)
{
    if (!test_state.last) test_state.last = &test_state.first;
    *test_state.last = t;
    test_state.last = &t->next;
}

void test_run(struct test *t)
{
    test_state.failures = 0;
    test_state.skip = false;
    test_state.context[0] = 0;
    t->run();
    if (test_state.failures != 0) {
        test_state.failed++;
        printf("FAILED %s\n", t->name);
    } else if (test_state.skip) {
        test_state.skipped++;
    } else {
        test_state.passed++;
    }
    fflush(stdout);
}

int test_result(void)
{
    printf("%u passed, %u failed", test_state.passed, test_state.failed);
    if (test_state.skipped != 0) printf(", %u skipped", test_state.skipped);
    printf("\n");
    return test_state.failed == 0 ? 0 : 1;
}

int test_main(int argc, char **argv)
{
    for (struct test *t = test_state.first; t; t = t->next) {
        bool wanted = argc < 2;
        for (int i = 1; i < argc; i++) {
            wanted = wanted || strstr(t->name, argv[i]) != NULL;
        }
        if (wanted) test_run(t);
    }
    return test_result();
}

void test_context(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(test_state.context, sizeof test_state.context, fmt, args);
    va_end(args);
}

void test_skip(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    printf("skipped: ");
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
    test_state.skip = true;
}

unsigned test_failures(void)
{
    return test_state.failures;
}

/* Says where; the caller goes on with what. A flood of failures says no more than its first lines. */
static bool test_say(const char *file, int line)
{
    if (test_state.failures++ >= 20) return false;
    printf("%s:%d: ", file, line);
    if (test_state.context[0]) printf("[%s] ", test_state.context);
    return true;
}

bool test_check(bool ok, const char *file, int line, const char *text)
{
    if (!ok && test_say(file, line)) printf("not so: %s\n", text);
    return ok;
}

bool test_equal(uint64_t a, uint64_t b, const char *file, int line, const char *a_text, const char *b_text)
{
    if (a != b && test_say(file, line)) {
        printf("%s is %lld (0x%llx), expected %s = %lld (0x%llx)\n", a_text, (long long)a,
            (unsigned long long)a, b_text, (long long)b, (unsigned long long)b);
    }
    return a == b;
}

bool test_equal_str(
    const char *a, const char *b, const char *file, int line, const char *a_text, const char *b_text)
{
    bool ok = a && b ? strcmp(a, b) == 0 : a == b;
    if (!ok && test_say(file, line)) {
        printf("%s is \"%s\", expected %s = \"%s\"\n", a_text, a ? a : "(null)", b_text, b ? b : "(null)");
    }
    return ok;
}

bool test_equal_mem(const void *a, const void *b, size_t n, const char *file, int line, const char *a_text,
    const char *b_text)
{
    const unsigned char *x = a, *y = b;
    size_t i = 0;
    while (i < n && x[i] == y[i]) {
        i++;
    }
    if (i < n && test_say(file, line)) {
        printf("%s differs from %s at byte %zu: 0x%02x, expected 0x%02x\n", a_text, b_text, i, x[i], y[i]);
    }
    return i == n;
}

uint64_t test_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);   /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- the allocator that keeps books ---- */

struct heap_block {
    uint64_t n, tag, mark, pad[5];      /* 64 bytes, so that every alignment up to 64 holds behind it */
};
#define HEAP_LIVE 0x6c69766521212121u
#define HEAP_FREE 0x6672656521212121u

static void heap_broken(struct test_heap *h, const char *what)
{
    if (!h->broken) h->broken = what;
    printf("allocator: %s\n", what);
}

static bool heap_refuses(struct test_heap *h, size_t more)
{
    h->asked++;
    bool later = h->fail_later_too && h->asked > h->fail_at;
    if (h->fail_at != 0 && (h->asked == h->fail_at || later)) return true;
    return h->limit_bytes != 0 && h->live_bytes + more > h->limit_bytes;
}

static void heap_drop(struct test_heap *h, struct heap_block *b)
{
    h->live--;
    h->live_bytes -= b->n;
    b->mark = HEAP_FREE;
    memset(b + 1, 0xdd, b->n);
    free(b);
}

static void *heap_resize(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag)
{
    struct test_heap *h = ctx;
    struct heap_block *old = p ? (struct heap_block *)p - 1 : NULL;
    bool aligned = align != 0 && align <= 64 && (align & (align - 1)) == 0;
    if (!aligned) heap_broken(h, "alignment is not a power of two up to 64");
    if (old && old->mark != HEAP_LIVE) heap_broken(h, "not a live block");
    if (old && old->n != old_n) heap_broken(h, "old size is not the one that was taken");
    if (old && old->tag != tag) heap_broken(h, "tag is not the one that was taken");
    if (new_n == 0) {
        if (old) heap_drop(h, old);
        return NULL;
    }
    bool wants = !old || new_n > old_n; /* giving back a part cannot fail a request */
    if (wants && heap_refuses(h, new_n)) return NULL;
    struct heap_block *b = aligned_alloc(64, (sizeof *b + new_n + 63) / 64 * 64);
    if (!b) return NULL;
    *b = (struct heap_block){ .n = new_n, .tag = tag, .mark = HEAP_LIVE };
    char *out = (char *)(b + 1);
    size_t kept = old_n < new_n ? old_n : new_n;
    if (!old) kept = 0;
    memset(out + kept, tag == WRT_TAG_MEMORY ? 0 : 0xaa, new_n - kept);
    if (old) {
        memcpy(out, p, kept);
        heap_drop(h, old);
    }
    h->live++;
    h->live_bytes += new_n;
    if (h->live_bytes > h->peak_bytes) h->peak_bytes = h->live_bytes;
    return out;
}

void test_heap_init(struct test_heap *h)
{
    *h = (struct test_heap){ .alloc = { h, heap_resize } };
}
