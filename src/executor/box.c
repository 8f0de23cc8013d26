/* box: figures that any thread reads while the store's thread writes them. 32-bit atomics only, so that it is
 * the same on every machine; no reader ever waits for a writer. */
#include "executor/core.h"

static void box_copy_in(_Atomic uint32_t *words, const void *record, size_t bytes)
{
    const uint8_t *p = record;
    uint32_t word;
    for (size_t i = 0; i * sizeof word < bytes; i++) {
        memcpy(&word, p + i * sizeof word, sizeof word);
        atomic_store_explicit(&words[i], word, memory_order_relaxed);
    }
}

/* Whoever reads something of the first copy has seen the turn become odd, and so on: the fences pair with the
 * reader's. */
void wrt__box_put(struct wrt__box *b, const void *record, size_t bytes)
{
    uint32_t turn = atomic_load_explicit(&b->turn, memory_order_relaxed);
    WRT_ASSERT(bytes <= sizeof b->words[0] && bytes % sizeof(uint32_t) == 0);
    for (uint32_t copy = 0; copy < 2; copy++) {
        atomic_store_explicit(&b->turn, ++turn, memory_order_release);
        atomic_thread_fence(memory_order_release);
        box_copy_in(b->words[copy], record, bytes);
    }
}

void wrt__box_get(const struct wrt__box *b, void *record, size_t bytes)
{
    uint8_t *p = record;
    uint32_t turn, word;
    do {
        turn = atomic_load_explicit(&b->turn, memory_order_acquire);
        for (size_t i = 0; i * sizeof word < bytes; i++) {
            word = atomic_load_explicit(&b->words[turn & 1][i], memory_order_relaxed);
            memcpy(p + i * sizeof word, &word, sizeof word);
        }
        atomic_thread_fence(memory_order_acquire);
    } while (atomic_load_explicit(&b->turn, memory_order_relaxed) != turn);
}
