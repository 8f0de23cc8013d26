/* What the fuzz targets share: an oracle that stops the run, an allocator with a bound, a reader of choices.
 */
#ifndef WRT_FUZZ_FUZZ_H
#define WRT_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wrt/wrt.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define FUZZ_CHECK(x, ...) do {                                             \
        if (x) break;                                                       \
        fprintf(stderr, "%s:%d: not so: %s: ", __FILE__, __LINE__, #x);     \
        fprintf(stderr, __VA_ARGS__);                                       \
        fprintf(stderr, "\n");                                              \
        abort();                                                            \
    } while (0)

/* ---- an allocator that counts ---- */

struct fuzz_heap {
    wrt_alloc alloc;
    uint64_t live, bytes, peak;
    uint64_t most;              /* more than this stops the run; 0: no bound */
};

static inline void *fuzz_resize(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag)
{
    struct fuzz_heap *h = ctx;
    FUZZ_CHECK(align > 0 && align <= 64 && (align & (align - 1)) == 0, "alignment %zu", align);
    h->bytes += new_n - (p ? old_n : 0);
    h->live += (uint64_t)(new_n > 0) - (uint64_t)(p != NULL);
    if (h->bytes > h->peak) h->peak = h->bytes;
    FUZZ_CHECK(h->most == 0 || h->bytes <= h->most, "%zu bytes more make %llu, the bound is %llu", new_n,
        (unsigned long long)h->bytes, (unsigned long long)h->most);
    void *q = new_n > 0 ? aligned_alloc(align < 16 ? 16 : align, (new_n + 63) / 64 * 64) : NULL;
    if (new_n > 0 && !q) abort();
    size_t kept = p && q ? (old_n < new_n ? old_n : new_n) : 0;
    if (kept > 0) memcpy(q, p, kept);
    if (q && tag == WRT_TAG_MEMORY) memset((uint8_t *)q + kept, 0, new_n - kept);
    free(p);
    return q;
}

static inline void fuzz_heap_init(struct fuzz_heap *h)
{
    *h = (struct fuzz_heap){ .alloc = { h, fuzz_resize } };
}

static inline void fuzz_heap_empty(const struct fuzz_heap *h)
{
    FUZZ_CHECK(h->live == 0 && h->bytes == 0, "%llu blocks of %llu bytes are left",
        (unsigned long long)h->live, (unsigned long long)h->bytes);
}

/* ---- choices read from the input; zeros behind its end ---- */

struct fuzz_in { const uint8_t *p; size_t n; };

static inline uint32_t fuzz_byte(struct fuzz_in *in)
{
    if (in->n == 0) return 0;
    in->n--;
    return *in->p++;
}

static inline uint32_t fuzz_pick(struct fuzz_in *in, uint32_t count)
{
    return fuzz_byte(in) % count;
}

#endif
