/* wrt_alloc_static: an allocator inside one block of the caller. Owns the layout of that block; first fit
 * over an address-ordered chain of pieces, neighbours merged when freed, so a free piece never touches
 * another free piece.
 *
 * Every piece begins with a header of 16 bytes and a multiple of 16: payloads are aligned to 16 without
 * effort, to 32 and 64 by splitting off the front. The search walks free pieces only (a doubly linked list in
 * their payloads). */
#include "base/base.h"

enum { PIECE_HEADER = 16, PIECE_LEAST = 32, PIECE_USED = 1 };

struct piece {
    size_t size;                /* header included, multiple of 16; bit 0: in use */
    size_t before;              /* size of the piece before this one, 0 for the first */
#if SIZE_MAX < UINT64_MAX
    uint32_t pad[2];
#endif
    struct piece *prev, *next;  /* only in free pieces */
};
_Static_assert(offsetof(struct piece, prev) == PIECE_HEADER, "the header is 16 bytes on every target");
_Static_assert(sizeof(struct piece) <= PIECE_LEAST, "a free piece holds its links");

struct pool {
    struct piece *free;         /* any order */
    char *end;                  /* behind the last piece */
};

static size_t piece_size(const struct piece *b) { return b->size & ~(size_t)PIECE_USED; }
static bool piece_used(const struct piece *b) { return (b->size & PIECE_USED) != 0; }
static struct piece *piece_at(void *p, size_t offset) { return (struct piece *)(void *)((char *)p + offset); }
static struct piece *piece_of(void *payload)
{
    return (struct piece *)(void *)((char *)payload - PIECE_HEADER);
}

static struct piece *piece_after(const struct pool *pool, struct piece *b)
{
    struct piece *next = piece_at(b, piece_size(b));
    return (char *)next < pool->end ? next : NULL;
}

static void pool_link(struct pool *pool, struct piece *b)
{
    b->prev = NULL;
    b->next = pool->free;
    if (b->next) b->next->prev = b;
    pool->free = b;
}

static void pool_unlink(struct pool *pool, struct piece *b)
{
    if (b->prev) b->prev->next = b->next;
    else pool->free = b->next;
    if (b->next) b->next->prev = b->prev;
}

static void piece_set(struct pool *pool, struct piece *b, size_t size, size_t used)
{
    b->size = size | used;
    struct piece *next = piece_after(pool, b);
    if (next) next->before = size;
}

/* Gives `b` (not in the list) back, together with free neighbours. */
static void pool_release(struct pool *pool, struct piece *b)
{
    struct piece *next = piece_after(pool, b);
    size_t size = piece_size(b);
    if (next && !piece_used(next)) {
        pool_unlink(pool, next);
        size += piece_size(next);
    }
    if (b->before != 0) {
        struct piece *prev = piece_at(b, 0u - b->before);
        if (!piece_used(prev)) {
            pool_unlink(pool, prev);
            size += piece_size(prev);
            b = prev;
        }
    }
    piece_set(pool, b, size, 0);
    pool_link(pool, b);
}

/* Cuts what is not needed off the end of a used piece. */
static void pool_trim(struct pool *pool, struct piece *b, size_t need)
{
    size_t size = piece_size(b);
    if (size - need < PIECE_LEAST) return;
    piece_set(pool, b, need, PIECE_USED);
    struct piece *rest = piece_at(b, need);
    rest->before = need;
    piece_set(pool, rest, size - need, PIECE_USED);
    pool_release(pool, rest);
}

/* Bytes to skip so that the payload is aligned and what is skipped can be a piece of its own. */
static size_t piece_gap(const struct piece *b, size_t align)
{
    uintptr_t payload = (uintptr_t)b + PIECE_HEADER;
    size_t gap = (size_t)(0u - payload) & (align - 1);
    return gap != 0 && gap < PIECE_LEAST ? gap + align : gap;
}

static void *pool_take(struct pool *pool, size_t need, size_t align)
{
    for (struct piece *b = pool->free; b; b = b->next) {
        size_t gap = piece_gap(b, align), size = piece_size(b);
        if (size < need || size - need < gap) continue;
        pool_unlink(pool, b);
        if (gap != 0) {
            struct piece *front = b;
            b = piece_at(front, gap);
            b->before = gap;
            piece_set(pool, b, size - gap, PIECE_USED);
            piece_set(pool, front, gap, 0);
            pool_link(pool, front);
        } else {
            piece_set(pool, b, size, PIECE_USED);
        }
        pool_trim(pool, b, need);
        return (char *)b + PIECE_HEADER;
    }
    return NULL;
}

/* In place when the piece is large enough or the next one is free and large enough. */
static bool pool_stretch(struct pool *pool, struct piece *b, size_t need)
{
    size_t size = piece_size(b);
    struct piece *next = piece_after(pool, b);
    if (size < need) {
        if (!next || piece_used(next) || size + piece_size(next) < need) return false;
        pool_unlink(pool, next);
        piece_set(pool, b, size + piece_size(next), PIECE_USED);
    }
    pool_trim(pool, b, need);
    return true;
}

static void *static_resize(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag)
{
    struct pool *pool = ctx;
    WRT_ASSERT(align != 0 && align <= 64 && (align & (align - 1)) == 0);
    if (new_n > PTRDIFF_MAX - 256) return NULL;
    if (new_n == 0) {
        if (p) pool_release(pool, piece_of(p));
        return NULL;
    }
    size_t need = (new_n + PIECE_HEADER + 15u) & ~(size_t)15u;
    if (need < PIECE_LEAST) need = PIECE_LEAST;
    void *out = p;
    if (!p || !pool_stretch(pool, piece_of(p), need)) {
        out = pool_take(pool, need, align < 16 ? 16 : align);
        if (!out) return NULL;
        if (p) {
            memcpy(out, p, old_n);      /* only growing moves */
            pool_release(pool, piece_of(p));
        }
    }
    size_t kept = p ? old_n : 0;
    if (tag == WRT_TAG_MEMORY && new_n > kept) memset((char *)out + kept, 0, new_n - kept);
    return out;
}

bool wrt_alloc_static(void *block, size_t n, wrt_alloc *out)
{
    size_t skip = (size_t)(0u - (uintptr_t)block) & 15u;
    size_t head = (sizeof(struct pool) + 15u) & ~(size_t)15u;
    if (!block || n < skip || n - skip < head + PIECE_LEAST || n > PTRDIFF_MAX) return false;
    struct pool *pool = (struct pool *)(void *)((char *)block + skip);
    size_t size = (n - skip - head) & ~(size_t)15u;
    struct piece *first = piece_at(pool, head);
    pool->free = NULL;
    pool->end = (char *)first + size;
    first->before = 0;
    first->size = size;
    pool_link(pool, first);
    out->ctx = pool;
    out->resize = static_resize;
    return true;
}
