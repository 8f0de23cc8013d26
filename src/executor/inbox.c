/* inbox: how the outside reaches a store. Owns the completion slots, the list of posted ones, the attention
 * word and the poll set that is woken. Posting works from any thread, signal handler or interrupt: it takes a
 * slot that was reserved before, needs no memory and no lock, and never waits for the store. Only 32-bit
 * atomics.
 *
 * Ordering. A poster fills the slot, links it (release), raises `attention`, then looks at `awake`. The store
 * clears `attention`, then takes the list; before it sleeps it clears `awake`, then looks at `attention`. All
 * four are sequentially consistent, so of a poster and a store that goes to sleep at least one sees the
 * other. */
#include "executor/executor.h"

static uint32_t inbox_chunk_of(uint32_t index, uint32_t *start)
{
    uint32_t chunk = 0, first = 0, size = WRT__INBOX_CHUNK;
    while (index - first >= size) {
        first += size;
        size *= 2;
        chunk++;
    }
    *start = first;
    return chunk;
}

struct wrt__completion *wrt__inbox_at(const struct wrt_inbox *b, uint32_t index)
{
    uint32_t start;
    uint32_t chunk = inbox_chunk_of(index, &start);
    return &b->chunks[chunk][index - start];
}

static uint32_t inbox_chunk_size(const struct wrt_inbox *b, uint32_t chunk, uint32_t start)
{
    uint32_t size = (uint32_t)WRT__INBOX_CHUNK << chunk;
    return size < b->max - start ? size : b->max - start;
}

/* Adds the next chunk; its slots go to the free list, the lowest index first. */
static wrt_status inbox_grow(struct wrt_inbox *b)
{
    uint32_t start, size, used = atomic_load_explicit(&b->published, memory_order_relaxed);
    uint32_t chunk = inbox_chunk_of(used, &start);
    struct wrt__completion *slots;
    if (used >= b->max || chunk >= WRT__INBOX_CHUNKS) return WRT_E_LIMIT;
    WRT_ASSERT(start == used);
    size = inbox_chunk_size(b, chunk, start);
    slots = wrt__alloc_zero(&b->alloc, size * sizeof *slots, WRT_TAG_TASK);
    if (!slots) return WRT_E_NOMEM;
    for (uint32_t i = 0; i < size; i++) {
        slots[i].index = start + i;
        slots[i].timer = WRT__NO_TIMER;
        slots[i].next = i + 1 < size ? start + i + 2 : b->free_head;
        atomic_init(&slots[i].generation, 0);
    }
    b->chunks[chunk] = slots;
    b->free_head = start + 1;
    atomic_store_explicit(&b->published, start + size, memory_order_release);
    return WRT_OK;
}

wrt_status wrt__inbox_reserve(struct wrt_inbox *b)
{
    while (atomic_load_explicit(&b->published, memory_order_relaxed) < b->max) {
        wrt_status status = inbox_grow(b);
        if (status != WRT_OK) return status;
    }
    return WRT_OK;
}

wrt_status wrt__inbox_new(const wrt_alloc *alloc, const wrt_host *host, uint32_t max, struct wrt_inbox **out)
{
    struct wrt_inbox *b = wrt__alloc_zero(alloc, sizeof *b, WRT_TAG_TASK);
    if (!b) return WRT_E_NOMEM;
    b->alloc = *alloc;
    b->max = max;
    b->wake = host->wake;
    b->wake_ctx = host->ctx;
    atomic_init(&b->refs, 1);
    *out = b;
    return WRT_OK;
}

void wrt_inbox_drop(wrt_inbox *b)
{
    wrt_alloc alloc;
    uint32_t start = 0, used;
    if (!b) return;
    if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1) return;
    alloc = b->alloc;
    used = atomic_load_explicit(&b->published, memory_order_relaxed);
    for (uint32_t chunk = 0; start < used; chunk++) {
        uint32_t size = inbox_chunk_size(b, chunk, start);
        wrt__free(&alloc, b->chunks[chunk], size * sizeof *b->chunks[0], WRT_TAG_TASK);
        start += size;
    }
    if (b->poll) wrt__port_poll_close(b->poll);
    wrt__free(&alloc, b, sizeof *b, WRT_TAG_TASK);
}

wrt_status wrt__inbox_take(struct wrt_inbox *b, struct wrt__completion **out)
{
    struct wrt__completion *c;
    if (!b->free_head) {
        wrt_status status = inbox_grow(b);
        if (status != WRT_OK) return status;
    }
    c = wrt__inbox_at(b, b->free_head - 1);
    b->free_head = c->next;
    b->count++;
    c->next = 0;
    WRT_ASSERT(c->timer == WRT__NO_TIMER && !c->watches && !c->task);
    *out = c;
    return WRT_OK;
}

void wrt__inbox_put(struct wrt_inbox *b, struct wrt__completion *c)
{
    WRT_ASSERT((atomic_load_explicit(&c->generation, memory_order_relaxed) & 1) == 0 && b->count > 0);
    WRT_ASSERT(c->timer == WRT__NO_TIMER && !c->watches);
    c->task = NULL;
    c->next = b->free_head;
    b->free_head = c->index + 1;
    b->count--;
}

wrt_completion wrt__completion_arm(struct wrt__completion *c)
{
    uint32_t generation = atomic_load_explicit(&c->generation, memory_order_relaxed) + 1;
    WRT_ASSERT(generation & 1);
    atomic_store_explicit(&c->generation, generation, memory_order_release);
    return (wrt_completion){ (uint64_t)generation << 32 | (c->index + 1) };
}

bool wrt__completion_win(struct wrt__completion *c, uint32_t generation)
{
    return atomic_compare_exchange_strong_explicit(
        &c->generation, &generation, generation + 1, memory_order_acq_rel, memory_order_relaxed);
}

/* The slot that an id names, if there is one; says nothing about its generation. */
static struct wrt__completion *inbox_slot(const struct wrt_inbox *b, wrt_completion k)
{
    uint32_t number = (uint32_t)k.v;
    if (number == 0 || !(k.v >> 32 & 1)) return NULL;
    if (number > atomic_load_explicit(&b->published, memory_order_acquire)) return NULL;
    return wrt__inbox_at(b, number - 1);
}

struct wrt__completion *wrt__inbox_find(const struct wrt_inbox *b, wrt_completion k)
{
    struct wrt__completion *c = inbox_slot(b, k);
    if (!c || atomic_load_explicit(&c->generation, memory_order_acquire) != k.v >> 32) return NULL;
    return c;
}

void wrt__inbox_push(struct wrt_inbox *b, struct wrt__completion *c)
{
    uint32_t head = atomic_load_explicit(&b->head, memory_order_relaxed);
    do {
        c->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&b->head, &head, c->index + 1, memory_order_release,
                                                    memory_order_relaxed));
    atomic_fetch_or(&b->attention, WRT__ATTN_POSTED);
}

/* Whoever sleeps for this store sleeps no more. */
static void inbox_wake(struct wrt_inbox *b)
{
    if (atomic_load(&b->awake)) return;
    if (atomic_load(&b->has_poll)) {
        wrt__port_poll_wake(b->poll);
    } else {
        wrt__port_wake((const volatile uint32_t *)&b->attention);
    }
    if (b->wake) b->wake(b->wake_ctx);
}

void wrt__inbox_ring(struct wrt_inbox *b)
{
    atomic_fetch_or(&b->attention, WRT__ATTN_RESCHED);
    inbox_wake(b);
}

wrt_status wrt_complete_post(wrt_inbox *b, wrt_completion k, wrt_status st, uint64_t scalar)
{
    struct wrt__completion *c;
    if (!b) return WRT_E_ARG;
    c = inbox_slot(b, k);
    if (!c || !wrt__completion_win(c, (uint32_t)(k.v >> 32))) return WRT_E_STATE;
    c->status = st;
    c->scalar = scalar;
    wrt__inbox_push(b, c);
    inbox_wake(b);
    return WRT_OK;
}

void wrt_stop(wrt_inbox *b)
{
    if (!b) return;
    atomic_fetch_or(&b->attention, WRT__ATTN_STOP);
    inbox_wake(b);
}

struct wrt__completion *wrt__inbox_take_posted(struct wrt_inbox *b)
{
    uint32_t at = atomic_exchange_explicit(&b->head, 0, memory_order_acquire);
    uint32_t oldest = 0;
    while (at) { /* the list is newest first */
        struct wrt__completion *c = wrt__inbox_at(b, at - 1);
        uint32_t next = c->next;
        c->next = oldest;
        oldest = at;
        at = next;
    }
    return oldest ? wrt__inbox_at(b, oldest - 1) : NULL;
}

bool wrt__inbox_poll(struct wrt_inbox *b)
{
    if (b->poll) return true;
    b->poll = wrt__port_poll_open(&b->alloc);
    if (!b->poll) return false;
    atomic_store(&b->has_poll, 1);
    /* Who posted a moment ago may have seen no poll set and woken the word only. */
    if (atomic_load(&b->attention)) wrt__port_poll_wake(b->poll);
    return true;
}

void wrt__inbox_sleep(
    struct wrt_inbox *b, uint64_t until_ns, struct wrt__poll_event *events, size_t cap, size_t *n)
{
    *n = 0;
    atomic_store(&b->awake, 0);
    if (!atomic_load(&b->attention)) {
        if (b->poll) {
            *n = wrt__port_poll_wait(b->poll, until_ns, events, cap);
        } else {
            wrt__port_wait((const volatile uint32_t *)&b->attention, 0, until_ns);
        }
    }
    atomic_store(&b->awake, 1);
}
