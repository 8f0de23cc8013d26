/* Binary min-heap by (key, order of arrival). Tells each value where it stands, so it can be taken out. */
#include "base/base.h"

void wrt__heap_init(
    struct wrt__heap *h, const wrt_alloc *alloc, uint32_t max, void (*moved)(void *value, uint32_t pos))
{
    *h = (struct wrt__heap){ .alloc = alloc, .max = max, .moved = moved };
}

void wrt__heap_fini(struct wrt__heap *h)
{
    wrt__free(h->alloc, h->items, h->cap * sizeof *h->items, WRT_TAG_OTHER);
    h->items = NULL;
    h->count = h->cap = 0;
}

static bool heap_before(const struct wrt__heap_item *a, const struct wrt__heap_item *b)
{
    return a->key != b->key ? a->key < b->key : a->seq < b->seq;
}

static void heap_set(struct wrt__heap *h, uint32_t pos, struct wrt__heap_item item)
{
    h->items[pos] = item;
    if (h->moved) h->moved(item.value, pos);
}

static void heap_up(struct wrt__heap *h, uint32_t pos, struct wrt__heap_item item)
{
    while (pos != 0) {
        uint32_t parent = (pos - 1) / 2;
        if (!heap_before(&item, &h->items[parent])) break;
        heap_set(h, pos, h->items[parent]);
        pos = parent;
    }
    heap_set(h, pos, item);
}

static void heap_down(struct wrt__heap *h, uint32_t pos, struct wrt__heap_item item)
{
    for (;;) {
        uint32_t child = 2 * pos + 1;
        if (child >= h->count) break;
        if (child + 1 < h->count && heap_before(&h->items[child + 1], &h->items[child])) child++;
        if (!heap_before(&h->items[child], &item)) break;
        heap_set(h, pos, h->items[child]);
        pos = child;
    }
    heap_set(h, pos, item);
}

bool wrt__heap_reserve(struct wrt__heap *h)
{
    return wrt__grow(h->alloc, &h->items, &h->cap, h->max, sizeof *h->items, WRT_TAG_OTHER);
}

wrt_status wrt__heap_push(struct wrt__heap *h, uint64_t key, void *value)
{
    if (h->count >= h->max) return WRT_E_LIMIT;
    bool room = wrt__grow(h->alloc, &h->items, &h->cap, h->count + 1, sizeof *h->items, WRT_TAG_OTHER);
    if (!room) return WRT_E_NOMEM;
    struct wrt__heap_item item = { key, h->seq++, value };
    heap_up(h, h->count++, item);
    return WRT_OK;
}

void wrt__heap_remove(struct wrt__heap *h, uint32_t pos)
{
    WRT_ASSERT(pos < h->count);
    void *value = h->items[pos].value;
    struct wrt__heap_item last = h->items[--h->count];
    if (pos != h->count) {
        if (pos != 0 && heap_before(&last, &h->items[(pos - 1) / 2])) {
            heap_up(h, pos, last);
        } else {
            heap_down(h, pos, last);
        }
    }
    if (h->moved) h->moved(value, UINT32_MAX);
}
