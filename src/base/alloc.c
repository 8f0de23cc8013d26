/* The one door to memory: wrt_alloc with its corner cases settled (size 0, overflow, zeroing) and growing
 * arrays. Must not know where the memory comes from. */
#include "base/base.h"

enum { ALLOC_ALIGN = 16 };

/* What an allocation of nothing answers: not NULL, and nobody writes to it. */
static const _Alignas(16) unsigned char alloc_nothing[16];

static void *alloc_empty(void)
{
    return (void *)(uintptr_t)alloc_nothing;
}

void *wrt__alloc(const wrt_alloc *a, size_t n, uint32_t tag)
{
    if (n == 0) return alloc_empty();
    if (n > PTRDIFF_MAX) return NULL;
    return a->resize(a->ctx, NULL, 0, n, ALLOC_ALIGN, tag);
}

void *wrt__alloc_zero(const wrt_alloc *a, size_t n, uint32_t tag)
{
    void *p = wrt__alloc(a, n, tag);
    if (p && n != 0 && tag != WRT_TAG_MEMORY) memset(p, 0, n);
    return p;
}

void wrt__free(const wrt_alloc *a, void *p, size_t n, uint32_t tag)
{
    if (!p || n == 0) return;
    (void)a->resize(a->ctx, p, n, 0, ALLOC_ALIGN, tag);
}

void *wrt__resize(const wrt_alloc *a, void *p, size_t old_n, size_t new_n, uint32_t tag)
{
    if (!p || old_n == 0) return wrt__alloc(a, new_n, tag);
    if (new_n > PTRDIFF_MAX) return NULL;
    if (new_n == 0) {
        wrt__free(a, p, old_n, tag);
        return alloc_empty();
    }
    return a->resize(a->ctx, p, old_n, new_n, ALLOC_ALIGN, tag);
}

bool wrt__grow(
    const wrt_alloc *a, void *array_ptr, uint32_t *cap, uint32_t need, size_t element, uint32_t tag)
{
    if (need <= *cap) return true;
    uint64_t want = wrt__max_u64(wrt__max_u64(need, 4), (uint64_t)*cap * 2);
    if (want > UINT32_MAX) want = need;
    if (want > PTRDIFF_MAX / element) return false;
    void *old;
    memcpy(&old, array_ptr, sizeof old);
    void *p = wrt__resize(a, old, *cap * element, (size_t)want * element, tag);
    if (!p) return false;
    memcpy(array_ptr, &p, sizeof p);
    *cap = (uint32_t)want;
    return true;
}
