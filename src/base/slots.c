/* Slots with generation-tagged ids. Owns the chunks: small ones first (a store with three tasks pays for
 * four), then of a fixed size; no element ever moves. A stale id is noticed until its slot has been reused
 * 2^32 times. */
#include "base/base.h"

enum {
    SLOTS_FIRST_SHIFT = 2,      /* elements of the first chunk: 4; then 4, 8, 16 .. up to CHUNK together */
    SLOTS_CHUNK_SHIFT = 7,      /* afterwards each chunk has 128 */
    SLOTS_SMALL = SLOTS_CHUNK_SHIFT - SLOTS_FIRST_SHIFT + 1,    /* chunks before that */
    SLOTS_CHUNK = 1 << SLOTS_CHUNK_SHIFT
};
#define SLOTS_NONE UINT32_MAX
#define SLOTS_USED (UINT32_MAX - 1)

/* In front of every element. `next` is SLOTS_USED while the slot is taken. */
struct slot {
    uint32_t generation, next;
};
_Static_assert(sizeof(struct slot) == 8, "elements are aligned to 8");

static size_t slots_stride(const struct wrt__slots *s)
{
    return sizeof(struct slot) + s->element;
}

/* Chunk c holds elements first .. first + count - 1. */
static void slots_chunk(uint32_t c, uint32_t *first, uint32_t *count)
{
    if (c == 0) {
        *first = 0;
        *count = 1u << SLOTS_FIRST_SHIFT;
    } else if (c < SLOTS_SMALL) {
        *first = *count = 1u << (SLOTS_FIRST_SHIFT + c - 1);
    } else {
        *first = (c - SLOTS_SMALL + 1) << SLOTS_CHUNK_SHIFT;
        *count = SLOTS_CHUNK;
    }
}

static struct slot *slots_slot(const struct wrt__slots *s, uint32_t index)
{
    uint32_t c = 0, first = 0;
    if (index >= SLOTS_CHUNK) {
        c = (index >> SLOTS_CHUNK_SHIFT) + SLOTS_SMALL - 1;
        first = index & ~(uint32_t)(SLOTS_CHUNK - 1);
    } else {
        for (uint32_t top = index >> SLOTS_FIRST_SHIFT; top != 0; top >>= 1) {
            c++;
        }
        if (c != 0) first = 1u << (SLOTS_FIRST_SHIFT + c - 1);
    }
    return (struct slot *)(void *)((char *)s->chunks[c] + (size_t)(index - first) * slots_stride(s));
}

static void *slot_element(struct slot *slot)
{
    return slot + 1;
}

static uint64_t slot_id(const struct slot *slot, uint32_t index)
{
    return (uint64_t)slot->generation << 32 | (index + 1);
}

void wrt__slots_init(
    struct wrt__slots *s, const wrt_alloc *alloc, size_t element_bytes, uint32_t max, uint32_t tag)
{
    WRT_ASSERT(element_bytes <= UINT32_MAX / 256 && max < SLOTS_USED && tag != WRT_TAG_MEMORY);
    uint32_t element = (uint32_t)((element_bytes + 7u) & ~(size_t)7u);
    *s = (struct wrt__slots){ .alloc = alloc, .element = element, .max = max, .tag = tag };
    s->free_head = SLOTS_NONE;
}

/* Elements of chunk c that `max` leaves room for. */
static uint32_t slots_chunk_count(const struct wrt__slots *s, uint32_t c)
{
    uint32_t first, count;
    slots_chunk(c, &first, &count);
    return count < s->max - first ? count : s->max - first;
}

void wrt__slots_fini(struct wrt__slots *s)
{
    for (uint32_t c = 0; c < s->chunks_count; c++) {
        wrt__free(s->alloc, s->chunks[c], slots_chunk_count(s, c) * slots_stride(s), s->tag);
    }
    wrt__free(s->alloc, s->chunks, s->chunks_cap * sizeof *s->chunks, s->tag);
    s->chunks = NULL;
    s->chunks_count = s->chunks_cap = s->used = s->count = 0;
    s->free_head = SLOTS_NONE;
}

static wrt_status slots_extend(struct wrt__slots *s)
{
    uint32_t c = s->chunks_count;
    bool room = wrt__grow(s->alloc, &s->chunks, &s->chunks_cap, c + 1, sizeof *s->chunks, s->tag);
    if (!room) return WRT_E_NOMEM;
    s->chunks[c] = wrt__alloc(s->alloc, slots_chunk_count(s, c) * slots_stride(s), s->tag);
    if (!s->chunks[c]) return WRT_E_NOMEM;
    s->chunks_count = c + 1;
    return WRT_OK;
}

/* Elements that the chunks have room for. */
static uint32_t slots_room(const struct wrt__slots *s)
{
    uint32_t first = 0, count = 0;
    if (s->chunks_count != 0) slots_chunk(s->chunks_count - 1, &first, &count);
    return first + count;
}

bool wrt__slots_reserve(struct wrt__slots *s)
{
    while (slots_room(s) < s->max) {
        if (slots_extend(s) != WRT_OK) return false;
    }
    return true;
}

wrt_status wrt__slots_take(struct wrt__slots *s, uint64_t *id, void **out)
{
    uint32_t index = s->free_head;
    struct slot *slot;
    if (index != SLOTS_NONE) {
        slot = slots_slot(s, index);
        s->free_head = slot->next;
    } else {
        index = s->used;
        if (index >= s->max) return WRT_E_LIMIT;
        if (index == slots_room(s)) {
            wrt_status status = slots_extend(s);
            if (status != WRT_OK) return status;
        }
        slot = slots_slot(s, index);
        slot->generation = 0;
        s->used = index + 1;
    }
    slot->next = SLOTS_USED;
    memset(slot_element(slot), 0, s->element);
    s->count++;
    if (s->count > s->peak) s->peak = s->count;
    *id = slot_id(slot, index);
    *out = slot_element(slot);
    return WRT_OK;
}

static struct slot *slots_find(const struct wrt__slots *s, uint64_t id)
{
    uint32_t index = (uint32_t)id - 1;
    if (index >= s->used) return NULL;
    struct slot *slot = slots_slot(s, index);
    return slot->next == SLOTS_USED && slot->generation == (uint32_t)(id >> 32) ? slot : NULL;
}

void *wrt__slots_get(const struct wrt__slots *s, uint64_t id)
{
    struct slot *slot = slots_find(s, id);
    return slot ? slot_element(slot) : NULL;
}

void wrt__slots_put(struct wrt__slots *s, uint64_t id)
{
    struct slot *slot = slots_find(s, id);
    WRT_ASSERT(slot);
    slot->generation++;
    slot->next = s->free_head;
    s->free_head = (uint32_t)id - 1;
    s->count--;
}

void *wrt__slots_at(const struct wrt__slots *s, uint32_t index, uint64_t *id)
{
    if (index >= s->used) return NULL;
    struct slot *slot = slots_slot(s, index);
    if (slot->next != SLOTS_USED) return NULL;
    if (id) *id = slot_id(slot, index);
    return slot_element(slot);
}
