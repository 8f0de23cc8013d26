/* memory: linear memories. Growth depends on limits alone, so that memory.grow answers alike everywhere; when
 * the host cannot give what a limit promises, the answer is WRT_E_NOMEM, never -1. */
#include "engine/engine.h"

enum { MEMORY_PAGE_SHIFT = 16, MEMORY_PAGES_MOST = 65536 };

static uint64_t memory_pages_max(const struct wrt__store *s, const struct wrt__memtype *t)
{
    uint64_t max = MEMORY_PAGES_MOST;
    if (t->limits.has_max) max = wrt__min_u64(max, t->limits.max);
    max = wrt__min_u64(max, s->limits.memory_bytes >> MEMORY_PAGE_SHIFT);
    return s->no_memory_grow ? wrt__min_u64(max, t->limits.min) : max;
}

/* Fills *m; it is not in a list yet. On failure nothing is held. */
wrt_status wrt__memory_init(
    struct wrt_memory *m, struct wrt__store *s, const struct wrt__memtype *t, wrt_error *err)
{
    uint64_t pages = t->limits.min;
    if (pages > s->limits.memory_bytes >> MEMORY_PAGE_SHIFT || pages > MEMORY_PAGES_MOST) {
        return wrt__fail_table(err, WRT_E_LIMIT, 401, "memory_bytes",
            "a memory of %lu pages is above the limit of %lu bytes", pages, s->limits.memory_bytes);
    }
    uint64_t bytes = pages << MEMORY_PAGE_SHIFT;
    *m = (struct wrt_memory){ .store = s, .type = t->limits, .max_pages = memory_pages_max(s, t) };
    if (bytes > 0) {
        m->base = bytes <= SIZE_MAX ? wrt__alloc(s->alloc, (size_t)bytes, WRT_TAG_MEMORY) : NULL;
        if (!m->base) {
            return wrt__fail_table(
                err, WRT_E_NOMEM, 402, "memory", "no room for a memory of %lu pages", pages);
        }
    }
    m->bytes = m->cap = bytes;
    s->memory_bytes += bytes;
    s->memory_peak = wrt__max_u64(s->memory_peak, s->memory_bytes);
    return WRT_OK;
}

void wrt__memory_fini(struct wrt_memory *m)
{
    if (m->base) wrt__free(m->store->alloc, m->base, (size_t)m->cap, WRT_TAG_MEMORY);
    m->store->memory_bytes -= m->bytes;
    m->base = NULL;
    m->bytes = m->cap = 0;
}

wrt_status wrt__memory_new(
    struct wrt__store *s, const struct wrt__memtype *t, struct wrt_memory **out, wrt_error *err)
{
    struct wrt_memory *m = wrt__alloc(s->alloc, sizeof *m, WRT_TAG_OTHER);
    if (!m) return wrt__fail_table(err, WRT_E_NOMEM, 402, "memory", "no room for a memory");
    wrt_status status = wrt__memory_init(m, s, t, err);
    if (status != WRT_OK) {
        wrt__free(s->alloc, m, sizeof *m, WRT_TAG_OTHER);
        return status;
    }
    m->next = s->memories;
    s->memories = m;
    *out = m;
    return WRT_OK;
}

/* Most memories have one user, who is known: then growing does not look at the other instances of the store.
 */
static void memory_refresh_users(const struct wrt_memory *m)
{
    if (m->users <= 1) {
        if (m->users == 1) wrt__instance_refresh(m->user);
        return;
    }
    for (struct wrt_instance *i = m->store->instances; i; i = i->next) {
        if (i->module->memories_count > 0 && i->memories[0] == m) wrt__instance_refresh(i);
    }
}

/* The base may move: who uses the memory is refreshed afterwards. */
static bool memory_room(struct wrt_memory *m, uint64_t bytes)
{
    const wrt_alloc *a = m->store->alloc;
    uint8_t *base;
    if (bytes <= m->cap) return true;
    if (bytes > SIZE_MAX) return false;
    base = m->base ? wrt__resize(a, m->base, (size_t)m->cap, (size_t)bytes, WRT_TAG_MEMORY)
                   : wrt__alloc(a, (size_t)bytes, WRT_TAG_MEMORY);
    if (!base) return false;
    m->base = base;
    m->cap = bytes;
    return true;
}

bool wrt__memory_reserve(struct wrt_memory *m, uint64_t pages)
{
    if (!memory_room(m, wrt__min_u64(pages, m->max_pages) << MEMORY_PAGE_SHIFT)) return false;
    memory_refresh_users(m);
    return true;
}

void wrt__memory_reset(struct wrt_memory *m, uint64_t pages)
{
    struct wrt__store *s = m->store;
    uint64_t bytes = wrt__min_u64(pages << MEMORY_PAGE_SHIFT, m->bytes);
    uint8_t *less = NULL;
    /* Room that was reserved stays: a sealed engine would not get it again. */
    if (bytes > 0 && m->cap == m->bytes && m->cap > bytes) {
        less = wrt__resize(s->alloc, m->base, (size_t)m->cap, (size_t)bytes, WRT_TAG_MEMORY);
    }
    if (less) {
        m->base = less;
        m->cap = bytes;
        memset(less, 0, (size_t)bytes);
    } else if (m->bytes > 0) {
        memset(m->base, 0, (size_t)m->bytes);
    }
    s->memory_bytes -= m->bytes - bytes;
    m->bytes = bytes;
    memory_refresh_users(m);
}

wrt_status wrt__memory_grow(struct wrt_memory *m, uint64_t pages)
{
    struct wrt__store *s = m->store;
    uint64_t old_pages = m->bytes >> MEMORY_PAGE_SHIFT;
    if (pages > MEMORY_PAGES_MOST || old_pages + pages > m->max_pages) {
        return pages == 0 ? WRT_OK : WRT__GROW_REFUSED;
    }
    if (pages == 0) return WRT_OK;
    uint64_t bytes = (old_pages + pages) << MEMORY_PAGE_SHIFT;
    if (!memory_room(m, bytes)) return WRT_E_NOMEM;
    s->memory_bytes += bytes - m->bytes;
    s->memory_peak = wrt__max_u64(s->memory_peak, s->memory_bytes);
    m->bytes = bytes;
    memory_refresh_users(m);
    return WRT_OK;
}
