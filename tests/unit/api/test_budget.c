/* What an instance costs beside its linear memory: 100,000 of them in one store. */
#include "fixture.h"
#include "port/port.h"

enum { BUDGET_INSTANCES = 100000, BUDGET_BYTES = 1024 };

/* Linear memories are all the same page, so that the test needs no 6 GiB; nobody writes to it. */
struct budget_heap {
    wrt_alloc inner;
    uint64_t bytes, blocks, memories;
    uint8_t *page;
};

static void *budget_resize(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag)
{
    struct budget_heap *h = ctx;
    if (tag == WRT_TAG_MEMORY) {
        h->memories += (new_n > 0) - (uint64_t)(p != NULL);
        return new_n > 0 ? h->page : NULL;
    }
    void *q = h->inner.resize(h->inner.ctx, p, old_n, new_n, align, tag);
    if (!q && new_n > 0) return NULL;
    h->bytes += new_n - (p ? old_n : 0);
    h->blocks += (new_n > 0) - (uint64_t)(p != NULL);
    return q;
}

TEST(an_instance_is_small)
{
    struct budget_heap heap = { .inner = *wrt__port_alloc(), .page = calloc(1, 65536) };
    wrt_alloc alloc = { &heap, budget_resize };
    wrt_config c = WRT_INIT(wrt_config);
    wrt_engine *e;
    wrt_store *s;
    wrt_code *code;
    wrt_instance *i;
    wrt_error err;
    c.alloc = &alloc;
    c.limits.instances = BUDGET_INSTANCES;
    CHECK_EQ(wrt_engine_new(&c, &e, &err), WRT_OK);
    CHECK_EQ(wrt_store_new(e, NULL, &s, &err), WRT_OK);
    CHECK_EQ(fixture_load(e, "tiny", &code, &err), WRT_OK);
    uint64_t before = heap.bytes, start = wrt__port_cpu_ns();
    for (uint32_t k = 0; k < BUDGET_INSTANCES; k++) {
        CHECK_EQ(wrt_instantiate(s, NULL, code, &i, &err), WRT_OK);
    }
    uint64_t each = (heap.bytes - before) / BUDGET_INSTANCES, took = wrt__port_cpu_ns() - start;
    printf("instance of a one-page module: %u bytes beside its memory, %u blocks, %u ns\n", (unsigned)each,
        (unsigned)(heap.blocks / BUDGET_INSTANCES), (unsigned)(took / BUDGET_INSTANCES));
    CHECK(each > 100);
    CHECK(each <= BUDGET_BYTES);
    CHECK_EQ(heap.memories, BUDGET_INSTANCES);
    CHECK_EQ(wrt_instantiate(s, NULL, code, &i, &err), WRT_E_LIMIT);
    wrt_store_free(s);
    wrt_code_free(code);
    wrt_engine_free(e);
    CHECK_EQ(heap.bytes, 0);
    CHECK_EQ(heap.memories, 0);
    free(heap.page);
}
