/* Memories and tables: limits, growth, what instances see of it. */
#include <string.h>
#include "test.h"
#include "engine/engine.h"

struct memory_fixture {
    struct test_heap heap;
    struct wrt__store s;
    struct wrt__module m;
};

static void memory_open(struct memory_fixture *x, uint64_t memory_bytes, uint64_t table_elems)
{
    wrt_limits limits = { .memory_bytes = memory_bytes, .table_elems = table_elems };
    memset(x, 0, sizeof *x);
    test_heap_init(&x->heap);
    (void)wrt__limits_fill(&limits, NULL, NULL);
    CHECK_EQ(wrt__store_init(&x->s, &x->heap.alloc, &limits, NULL), WRT_OK);
}

static void memory_close(struct memory_fixture *x)
{
    wrt__store_fini(&x->s);
    CHECK_EQ(x->heap.live, 0);
    CHECK(!x->heap.broken);
}

TEST(a_memory_grows_to_its_maximum)
{
    struct memory_fixture x;
    struct wrt__memtype t = { { 1, 3, true } };
    struct wrt_memory *m;
    memory_open(&x, 0, 0);
    CHECK_EQ(wrt__memory_new(&x.s, &t, &m, NULL), WRT_OK);
    CHECK_EQ(m->bytes, 65536);
    m->base[65535] = 9;
    CHECK_EQ(wrt__memory_grow(m, 3), WRT__GROW_REFUSED);
    CHECK_EQ(wrt__memory_grow(m, UINT64_MAX), WRT__GROW_REFUSED);
    CHECK_EQ(wrt__memory_grow(m, 2), WRT_OK);
    CHECK_EQ(m->bytes, 3 * 65536);
    CHECK_EQ(m->base[65535], 9);
    CHECK_EQ(m->base[65536], 0);
    CHECK_EQ(m->base[3 * 65536 - 1], 0);
    CHECK_EQ(wrt__memory_grow(m, 0), WRT_OK);
    CHECK_EQ(wrt__memory_grow(m, 1), WRT__GROW_REFUSED);
    CHECK_EQ(x.s.memory_bytes, 3 * 65536);
    CHECK_EQ(x.s.memory_peak, 3 * 65536);
    memory_close(&x);
}

TEST(the_limit_counts_in_whole_pages)
{
    struct memory_fixture x;
    struct wrt__memtype two = { { 2, 0, false } }, three = { { 3, 0, false } };
    struct wrt_memory *m;
    wrt_error err;
    memory_open(&x, 3 * 65536 - 1, 0);
    CHECK_EQ(wrt__memory_new(&x.s, &three, &m, &err), WRT_E_LIMIT);
    CHECK(strcmp(err.table, "memory_bytes") == 0);
    CHECK_EQ(x.heap.live, 0);
    CHECK_EQ(wrt__memory_new(&x.s, &two, &m, &err), WRT_OK);
    CHECK_EQ(wrt__memory_grow(m, 1), WRT__GROW_REFUSED);
    memory_close(&x);
}

TEST(an_empty_memory_can_grow)
{
    struct memory_fixture x;
    struct wrt__memtype t = { { 0, 0, false } };
    struct wrt_memory *m;
    memory_open(&x, 0, 0);
    CHECK_EQ(wrt__memory_new(&x.s, &t, &m, NULL), WRT_OK);
    CHECK(m->base == NULL && m->bytes == 0);
    CHECK_EQ(wrt__memory_grow(m, 1), WRT_OK);
    CHECK_EQ(m->base[65535], 0);
    memory_close(&x);
}

TEST(the_host_running_dry_is_not_a_refusal)
{
    struct memory_fixture x;
    struct wrt__memtype t = { { 1, 0, false } };
    struct wrt_memory *m;
    wrt_error err;
    memory_open(&x, 0, 0);
    CHECK_EQ(wrt__memory_new(&x.s, &t, &m, NULL), WRT_OK);
    x.heap.fail_at = x.heap.asked + 1;
    CHECK_EQ(wrt__memory_grow(m, 1), WRT_E_NOMEM);
    CHECK_EQ(m->bytes, 65536);
    CHECK_EQ(x.s.memory_bytes, 65536);
    CHECK_EQ(wrt__memory_grow(m, 1), WRT_OK);
    x.heap.fail_at = x.heap.asked + 2;
    CHECK_EQ(wrt__memory_new(&x.s, &t, &m, &err), WRT_E_NOMEM);
    CHECK_EQ(x.s.memory_bytes, 2 * 65536);
    memory_close(&x);
}

TEST(growth_can_be_forbidden)
{
    struct memory_fixture x;
    struct wrt__memtype t = { { 1, 0, false } };
    struct wrt_memory *m;
    memory_open(&x, 0, 0);
    x.s.no_memory_grow = true;
    CHECK_EQ(wrt__memory_new(&x.s, &t, &m, NULL), WRT_OK);
    CHECK_EQ(wrt__memory_grow(m, 1), WRT__GROW_REFUSED);
    CHECK_EQ(wrt__memory_grow(m, 0), WRT_OK);
    memory_close(&x);
}

/* Two instances share a memory and a table, a third has its own. */
static void shared_module(struct wrt__module *m, bool imports, struct wrt__import *list,
    struct wrt__memtype *memory, struct wrt__tabletype *table)
{
    memset(m, 0, sizeof *m);
    *memory = (struct wrt__memtype){ { 1, 0, false } };
    *table = (struct wrt__tabletype){ WRT__FUNCREF, { 2, 0, false } };
    list[0] = (struct wrt__import){ .kind = WRT__KIND_MEMORY };
    list[1] = (struct wrt__import){ .kind = WRT__KIND_TABLE };
    m->memories = memory;
    m->tables = table;
    m->memories_count = m->tables_count = 1;
    m->start = UINT32_MAX;
    if (!imports) return;
    m->imports = list;
    m->imports_count = 2;
    m->memories_imported = m->tables_imported = 1;
}

TEST(everyone_who_uses_a_memory_sees_it_grow)
{
    struct memory_fixture x;
    struct wrt__module own, borrows;
    struct wrt__import list[2];
    struct wrt__memtype memory;
    struct wrt__tabletype table;
    struct wrt_instance *a, *b, *c;
    memory_open(&x, 0, 0);
    shared_module(&own, false, list, &memory, &table);
    shared_module(&borrows, true, list, &memory, &table);
    CHECK_EQ(wrt__instance_new(&x.s, &own, NULL, &a, NULL), WRT_OK);
    CHECK_EQ(a->memories[0]->users, 1);
    CHECK_EQ(wrt__memory_grow(a->memories[0], 1), WRT_OK);
    CHECK(a->mem == a->memories[0]->base && a->mem_bytes == 2 * 65536);
    struct wrt__bound bound[2] = { { .memory = a->memories[0] }, { .table = a->tables[0] } };
    CHECK_EQ(wrt__instance_new(&x.s, &borrows, bound, &b, NULL), WRT_OK);
    CHECK_EQ(wrt__instance_new(&x.s, &own, NULL, &c, NULL), WRT_OK);
    CHECK_EQ(a->memories[0]->users, 2);
    CHECK_EQ(wrt__memory_grow(b->memories[0], 5), WRT_OK);
    CHECK(a->mem == b->mem && a->mem_bytes == 7 * 65536 && b->mem_bytes == 7 * 65536);
    CHECK_EQ(c->mem_bytes, 65536);
    CHECK_EQ(wrt__table_grow(a->tables[0], 3, 4), WRT_OK);
    CHECK(a->table0 == b->table0 && a->table0_size == 5 && b->table0_size == 5 && c->table0_size == 2);
    CHECK_EQ(wrt__table_grow(c->tables[0], 1, 1), WRT_OK);
    CHECK_EQ(c->table0_size, 3);
    CHECK_EQ(a->table0_size, 5);
    memory_close(&x);
}

TEST(a_table_grows_with_its_value)
{
    struct memory_fixture x;
    struct wrt__tabletype t = { WRT__EXTERNREF, { 2, 40, true } };
    struct wrt_table *table;
    memory_open(&x, 0, 0);
    CHECK_EQ(wrt__table_new(&x.s, &t, 7, &table, NULL), WRT_OK);
    CHECK(table->size == 2 && table->elems[0] == 7 && table->elems[1] == 7);
    CHECK_EQ(wrt__table_grow(table, 0, 9), WRT_OK);
    for (uint32_t k = 0; k < 38; k++) CHECK_EQ(wrt__table_grow(table, 1, k), WRT_OK);
    CHECK_EQ(table->size, 40);
    CHECK_EQ(table->elems[39], 37);
    CHECK_EQ(wrt__table_grow(table, 1, 0), WRT__GROW_REFUSED);
    CHECK_EQ(wrt__table_grow(table, UINT64_MAX, 0), WRT__GROW_REFUSED);
    CHECK_EQ(table->size, 40);
    CHECK(table->cap <= 40);
    memory_close(&x);
}

TEST(tables_obey_the_limit)
{
    struct memory_fixture x;
    struct wrt__tabletype ten = { WRT__FUNCREF, { 10, 0, false } },
                          eleven = { WRT__FUNCREF, { 11, 0, false } };
    struct wrt_table *table;
    wrt_error err;
    memory_open(&x, 0, 10);
    CHECK_EQ(wrt__table_new(&x.s, &eleven, 0, &table, &err), WRT_E_LIMIT);
    CHECK(strcmp(err.table, "table_elems") == 0);
    CHECK_EQ(wrt__table_new(&x.s, &ten, 0, &table, &err), WRT_OK);
    CHECK_EQ(wrt__table_grow(table, 1, 0), WRT__GROW_REFUSED);
    ten.limits.min = 4;
    CHECK_EQ(wrt__table_new(&x.s, &ten, 0, &table, &err), WRT_OK);
    x.heap.fail_at = x.heap.asked + 1;
    CHECK_EQ(wrt__table_grow(table, 1, 0), WRT_E_NOMEM);
    CHECK_EQ(table->size, 4);
    CHECK_EQ(wrt__table_grow(table, 6, 0), WRT_OK);
    memory_close(&x);
}
