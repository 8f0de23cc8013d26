/* A record that one thread writes and others read: what is read was written as a whole, and nobody waits. */
#include <pthread.h>
#include <stdatomic.h>
#include "executor/core.h"
#include "test.h"

enum { BOX_NUMBERS = WRT__BOX_WORDS / 2, BOX_WRITES = 200000 };
struct record { uint64_t n[BOX_NUMBERS]; };
static struct wrt__box box;
static _Atomic uint32_t done, torn, looks;

static void *read_box(void *arg)
{
    uint64_t before = 0;
    (void)arg;
    while (!atomic_load(&done)) {
        struct record r;
        wrt__box_get(&box, &r, sizeof r);
        for (int i = 1; i < BOX_NUMBERS; i++) {
            if (r.n[i] != r.n[0] * (uint64_t)(i + 1)) atomic_fetch_add(&torn, 1);
        }
        if (r.n[0] < before) atomic_fetch_add(&torn, 1);
        before = r.n[0];
        atomic_fetch_add(&looks, 1);
    }
    return NULL;
}

TEST(readers_see_whole_records)
{
    pthread_t readers[2];
    struct record r = { { 0 } };
    wrt__box_put(&box, &r, sizeof r);
    for (int i = 0; i < 2; i++) REQUIRE(pthread_create(&readers[i], NULL, read_box, NULL) == 0);
    for (uint64_t k = 1; k <= BOX_WRITES || atomic_load(&looks) < 100; k++) {
        for (uint64_t i = 0; i < BOX_NUMBERS; i++) r.n[i] = k * (i + 1);
        wrt__box_put(&box, &r, sizeof r);
    }
    atomic_store(&done, 1);
    for (int i = 0; i < 2; i++) pthread_join(readers[i], NULL);
    CHECK_EQ(torn, 0);
    CHECK(looks >= 100);
}
