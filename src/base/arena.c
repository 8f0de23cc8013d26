/* Arena: many small takes, one lifetime. Owns its blocks; must not know what lies in them. */
#include "base/base.h"

struct wrt__arena_block {
    struct wrt__arena_block *next;
    size_t bytes;               /* of the whole block, this header included */
    size_t used;
};

enum { ARENA_HEAD = (sizeof(struct wrt__arena_block) + 15u) & ~15u };

void wrt__arena_init(struct wrt__arena *a, const wrt_alloc *alloc, size_t block_bytes, uint32_t tag)
{
    WRT_ASSERT(tag != WRT_TAG_MEMORY);
    *a = (struct wrt__arena){ .alloc = alloc, .block_bytes = block_bytes, .tag = tag };
}

static void *arena_cut(struct wrt__arena_block *b, size_t n, size_t align)
{
    size_t at = (b->used + align - 1) & ~(align - 1);
    if (at > b->bytes || b->bytes - at < n) return NULL;
    b->used = at + n;
    void *p = (char *)b + at;
    if (n != 0) memset(p, 0, n);
    return p;
}

/* A request that would waste most of a block gets one of its own, behind the current one. */
static struct wrt__arena_block *arena_block(struct wrt__arena *a, size_t n)
{
    bool own = n > a->block_bytes / 4;
    size_t bytes = own ? n + ARENA_HEAD : a->block_bytes + ARENA_HEAD;
    struct wrt__arena_block *b = wrt__alloc(a->alloc, bytes, a->tag);
    if (!b) return NULL;
    b->bytes = bytes;
    b->used = ARENA_HEAD;
    a->total_bytes += bytes;
    if (own && a->head) {
        b->next = a->head->next;
        a->head->next = b;
    } else {
        b->next = a->head;
        a->head = b;
    }
    return b;
}

void *wrt__arena_take(struct wrt__arena *a, size_t n, size_t align)
{
    WRT_ASSERT(align != 0 && align <= 16 && (align & (align - 1)) == 0);
    if (n > PTRDIFF_MAX - 64) return NULL;
    void *p = a->head ? arena_cut(a->head, n, align) : NULL;
    if (p) return p;
    struct wrt__arena_block *b = arena_block(a, n);
    return b ? arena_cut(b, n, align) : NULL;
}

void *wrt__arena_copy(struct wrt__arena *a, const void *p, size_t n)
{
    void *out = wrt__arena_take(a, n, 8);
    if (out && n != 0) memcpy(out, p, n);
    return out;
}

void wrt__arena_fini(struct wrt__arena *a)
{
    for (struct wrt__arena_block *b = a->head, *next; b; b = next) {
        next = b->next;
        wrt__free(a->alloc, b, b->bytes, a->tag);
    }
    a->head = NULL;
    a->total_bytes = 0;
}
