/* memory: linear memory as abstract execution sees it: bytes that are known, places that hold a set of
 * values, and the rest. States share what they have not changed. Knows values, nothing of programs. Docs:
 * docs/wcet.md. */
#ifndef WRT_SRC_WCET_MEMORY_H
#define WRT_SRC_WCET_MEMORY_H

#include "wcet/value.h"

/* What all memories of one analysis share: the allocator, and a limit of bytes. When `failed` is set nothing
 * that the memories say counts any more; no function needs to be told. */
struct wrt__wm_pool {
    const wrt_alloc *alloc;
    uint64_t used, limit, peak;
    bool failed, full;              /* full: by the limit */
    uint64_t joined;                /* places that were joined one by one, ever */
    void *free_pages, *free_nodes;
    const struct wrt__wv_stops *stops;      /* how memories of this pool are widened; NULL: as in loops */
};
void wrt__wm_pool_init(struct wrt__wm_pool *pool, const wrt_alloc *alloc, uint64_t limit);
void wrt__wm_pool_fini(struct wrt__wm_pool *pool);      /* memories must be gone */
/* Bytes for other things, counted by the same limit; NULL: failed is set. */
void *wrt__wm_take(struct wrt__wm_pool *pool, size_t n);
void wrt__wm_give(struct wrt__wm_pool *pool, void *p, size_t n);

/* One memory: a tree of small pages, counted references. Unwritten memory is zero. Addresses are below
 * 2^depth pages: the caller has checked them against the size of the memory. */
struct wrt__wm {
    struct wrt__wm_pool *pool;
    void *root;
    uint32_t depth;                 /* levels of nodes above the pages */
    uint32_t own_number;            /* page that is not shared, when own is set */
    struct wm_page *own;
};

void wrt__wm_init(struct wrt__wm *m, struct wrt__wm_pool *pool);
void wrt__wm_fini(struct wrt__wm *m);
struct wrt__wm wrt__wm_clone(struct wrt__wm *m);
/* The same memory with the bytes of another pool, and without ids. */
struct wrt__wm wrt__wm_copy(struct wrt__wm_pool *pool, const struct wrt__wm *m);

/* `size` bytes at `addr` as a number of 32 bits (64: when wide), upper bits 0. An unknown value that was
 * stored as it is loaded keeps its id. */
struct wrt__wv wrt__wm_load(struct wrt__wm *m, uint64_t addr, uint32_t size, bool wide);
void wrt__wm_store(struct wrt__wm *m, uint64_t addr, uint32_t size, const struct wrt__wv *v);
/* The low `size` bytes of a known number. */
void wrt__wm_put(struct wrt__wm *m, uint64_t addr, uint32_t size, uint64_t x);
void wrt__wm_write(struct wrt__wm *m, uint64_t addr, const uint8_t *p, uint64_t n);
/* first <= byte < end can be anything; end 0: the whole memory. */
void wrt__wm_forget(struct wrt__wm *m, uint64_t first, uint64_t end);
/* What is in exactly this place gives way to `v` when it still is the value `id`. */
void wrt__wm_refine(struct wrt__wm *m, uint64_t addr, uint32_t size, uint32_t id, const struct wrt__wv *v);

/* No place keeps an id from `first` on. */
void wrt__wm_untie(struct wrt__wm *m, uint32_t first);

/* a becomes what holds both; by widening, when asked, so that this ends after few repetitions. */
void wrt__wm_join(struct wrt__wm *a, struct wrt__wm *b, bool widen);
/* a keeps of itself what b can be, too; at least that. */
void wrt__wm_meet(struct wrt__wm *a, struct wrt__wm *b);
/* Does b hold everything that a can be? False when it cannot be told. Unknown places of b whose id is below
 * `relations` must have it in a. */
bool wrt__wm_within(struct wrt__wm *a, struct wrt__wm *b, uint32_t relations);

#endif
