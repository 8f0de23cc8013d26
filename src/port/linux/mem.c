/* Memory on Linux: malloc for everything but linear memories. Those must come zeroed, cost nothing until
 * touched and grow without copying. The size alone says which of three ways is gone, so there are no headers.
 *
 * Small: calloc.
 * Middle: runs of 64 KiB granules out of spans of address space. A mapping for each would do for a few, but a
 * process may have 65530 mappings (vm.max_map_count), and a hundred thousand one-page memories are wanted.
 * Given back, a run loses its pages (MADV_DONTNEED) and waits for the next of its size. Growing copies, but
 * not the pages that are all zero.
 * Big: a mapping of its own, grown by mremap: the kernel moves page tables, not bytes. */
#define _GNU_SOURCE
#include "port/port.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    MEM_GRANULE = 64 * 1024,
    MEM_CLASSES = 3,                        /* runs of 1, 2, 3 granules */
    MEM_MIDDLE = 32 * 1024 + 1,             /* from here on granules .. */
    MEM_BIG = MEM_CLASSES * MEM_GRANULE + 1,/* .. and from here on mappings */
    MEM_SPAN = 16 * 1024 * 1024,
    MEM_PAGE = 4096                         /* unit of looking for zeros; the machine's page may be larger */
};

/* Sanitizers see every byte when everything is calloc. */
#if defined(__SANITIZE_ADDRESS__)
#define MEM_PLAIN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define MEM_PLAIN 1
#endif
#endif
#if !defined(MEM_PLAIN)
#define MEM_PLAIN 0
#endif

struct mem_runs {
    void **items;
    size_t count, cap;
};
static struct {
    pthread_mutex_t lock;
    char *span;                             /* what is left of the newest span */
    size_t left;
    struct mem_runs unused[MEM_CLASSES];
} mem_pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t mem_round(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static void *mem_map(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* Called with the lock. What is left of the old span becomes runs. */
static bool mem_new_span(void)
{
    char *p = mem_map(MEM_SPAN);
    if (!p) return false;
    /* One touched page must not make 2 MiB resident. A kernel that refuses is only more wasteful. */
    (void)madvise(p, MEM_SPAN, MADV_NOHUGEPAGE);
    mem_pool.span = p;
    mem_pool.left = MEM_SPAN;
    return true;
}

static bool mem_keep_run(size_t class, void *p)
{
    struct mem_runs *runs = &mem_pool.unused[class];
    if (runs->count == runs->cap) {
        size_t cap = runs->cap != 0 ? runs->cap * 2 : 64;
        void **items = realloc(runs->items, cap * sizeof *items);
        if (!items) return false;
        runs->items = items;
        runs->cap = cap;
    }
    runs->items[runs->count++] = p;
    return true;
}

static void *mem_take_run(size_t n)
{
    size_t bytes = mem_round(n, MEM_GRANULE), class = bytes / MEM_GRANULE - 1;
    void *p = NULL;
    pthread_mutex_lock(&mem_pool.lock);
    struct mem_runs *runs = &mem_pool.unused[class];
    if (runs->count != 0) {
        p = runs->items[--runs->count];
    } else {
        if (mem_pool.left < bytes && mem_pool.left != 0) {
            bool kept = mem_keep_run(mem_pool.left / MEM_GRANULE - 1, mem_pool.span);
            if (!kept) (void)munmap(mem_pool.span, mem_pool.left);
            mem_pool.left = 0;
        }
        if (mem_pool.left != 0 || mem_new_span()) {
            p = mem_pool.span;
            mem_pool.span += bytes;
            mem_pool.left -= bytes;
        }
    }
    pthread_mutex_unlock(&mem_pool.lock);
    return p;
}

static void mem_put_run(void *p, size_t n)
{
    size_t bytes = mem_round(n, MEM_GRANULE);
    bool clean = madvise(p, bytes, MADV_DONTNEED) == 0;
    pthread_mutex_lock(&mem_pool.lock);
    bool kept = clean && mem_keep_run(bytes / MEM_GRANULE - 1, p);
    pthread_mutex_unlock(&mem_pool.lock);
    if (!kept) (void)munmap(p, bytes);
}

static void *mem_take(size_t n)
{
    if (MEM_PLAIN || n < MEM_MIDDLE) return calloc(1, n);
    if (n < MEM_BIG) return mem_take_run(n);
    return mem_map(mem_round(n, MEM_GRANULE));
}

static void mem_put(void *p, size_t n)
{
    if (MEM_PLAIN || n < MEM_MIDDLE) free(p);
    else if (n < MEM_BIG) mem_put_run(p, n);
    else (void)munmap(p, mem_round(n, MEM_GRANULE));
}

static bool mem_is_zero(const char *p, size_t n)
{
    return *p == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static void mem_copy(char *to, const char *from, size_t n)
{
    for (size_t i = 0; i < n; i += MEM_PAGE) {
        size_t part = n - i < MEM_PAGE ? n - i : MEM_PAGE;
        if (!mem_is_zero(from + i, part)) memcpy(to + i, from + i, part);
    }
}

static bool mem_same_place(size_t old_n, size_t new_n)
{
    if (MEM_PLAIN || old_n < MEM_MIDDLE || new_n < MEM_MIDDLE) return false;
    return mem_round(old_n, MEM_GRANULE) == mem_round(new_n, MEM_GRANULE);
}

static void *mem_grow(void *p, size_t old_n, size_t new_n)
{
    if (mem_same_place(old_n, new_n)) {
        if (new_n < old_n) memset((char *)p + new_n, 0, old_n - new_n);     /* zero for when it grows again */
        return p;
    }
    if (!MEM_PLAIN && old_n >= MEM_BIG && new_n >= MEM_BIG) {
        if (new_n < old_n) memset((char *)p + new_n, 0, mem_round(new_n, MEM_GRANULE) - new_n);
        void *q = mremap(p, mem_round(old_n, MEM_GRANULE), mem_round(new_n, MEM_GRANULE), MREMAP_MAYMOVE);
        return q == MAP_FAILED ? NULL : q;
    }
    char *q = mem_take(new_n);
    if (!q) return NULL;
    mem_copy(q, p, old_n < new_n ? old_n : new_n);
    mem_put(p, old_n);
    return q;
}

static void *mem_plain(void *p, size_t old_n, size_t new_n, size_t align)
{
    if (align <= _Alignof(max_align_t)) return realloc(p, new_n);
    void *q = aligned_alloc(align, mem_round(new_n, align));
    if (q && p) {
        memcpy(q, p, old_n < new_n ? old_n : new_n);
        free(p);
    }
    return q;
}

static void *mem_resize(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag)
{
    (void)ctx;
    if (new_n > PTRDIFF_MAX - MEM_GRANULE) return NULL;
    if (tag != WRT_TAG_MEMORY) {
        if (new_n != 0) return mem_plain(p, old_n, new_n, align);
        free(p);
        return NULL;
    }
    WRT_ASSERT(align <= _Alignof(max_align_t));     /* what calloc gives */
    if (new_n == 0) {
        if (p) mem_put(p, old_n);
        return NULL;
    }
    return p ? mem_grow(p, old_n, new_n) : mem_take(new_n);
}

static const wrt_alloc mem_alloc = { NULL, mem_resize };

const wrt_alloc *wrt__port_alloc(void)
{
    return &mem_alloc;
}
