/* The ring: order, overwriting, what is counted as lost; the hash leaves clock and core out. */
#include "trace/trace.h"
#include "test.h"

static struct wrt__trace_rec rec(uint64_t task, uint32_t kind)
{
    return (struct wrt__trace_rec){ 111, 22, task, kind, 0, 3, 4 };
}

TEST(the_oldest_are_overwritten_and_counted)
{
    static uint8_t buf[40 * 4 + 39 + 1];
    struct wrt__trace t;
    struct wrt__trace_rec out[8];
    uint64_t lost = 99;
    wrt__trace_init(&t);
    CHECK(!wrt__trace_on(&t));
    wrt__trace_ring(&t, buf + 1, sizeof buf - 1); /* odd address, room for 4 and a half */
    CHECK(wrt__trace_on(&t) && t.cap == 4);
    for (uint64_t i = 0; i < 7; i++) {
        struct wrt__trace_rec r = rec(i, 1);
        wrt__trace_put(&t, &r);
    }
    CHECK_EQ(wrt__trace_take(&t, out, 3, &lost), 3);
    CHECK(lost == 3 && out[0].task == 3 && out[2].task == 5 && out[0].t_ns == 111 && out[0].b == 4);
    struct wrt__trace_rec r = rec(7, 1);
    wrt__trace_put(&t, &r);
    CHECK_EQ(wrt__trace_take(&t, out, 8, &lost), 2);
    CHECK(lost == 0 && out[0].task == 6 && out[1].task == 7);
    CHECK_EQ(wrt__trace_take(&t, out, 8, NULL), 0);
    wrt__trace_put(&t, &r);
    wrt__trace_ring(&t, NULL, 0);
    CHECK(!wrt__trace_on(&t));
    CHECK_EQ(wrt__trace_take(&t, out, 8, &lost), 0);
    CHECK_EQ(lost, 1);
    wrt__trace_ring(&t, buf, 39);
    CHECK(!wrt__trace_on(&t));
}

TEST(the_hash_is_of_the_run_and_of_nothing_else)
{
    static uint8_t buf[400];
    struct wrt__trace a, b;
    struct wrt__trace_rec r = rec(1, 2);
    wrt__trace_init(&a);
    wrt__trace_init(&b);
    wrt__trace_ring(&a, buf, 400);
    wrt__trace_ring(&b, buf, 40);
    wrt__trace_put(&a, &r);
    r.t_ns = 5;
    r.core = 9;
    wrt__trace_put(&b, &r);
    CHECK_EQ(a.hash, b.hash);
    CHECK_EQ(a.hash, 0xb1b94765ac9f4c67u);
    uint64_t *fields[] = { &r.fuel, &r.task };
    for (size_t i = 0; i < WRT_COUNT(fields); i++) {
        uint64_t before = a.hash;
        b.hash = before;
        *fields[i] ^= 1u << 31;
        wrt__trace_put(&a, &r);
        *fields[i] ^= 1u << 31;
        wrt__trace_put(&b, &r);
        CHECK(a.hash != b.hash);
    }
}
