/* Slots and public values, there and back. */
#include "test.h"
#include "engine/engine.h"

struct kind_case {
    uint8_t type, kind;
};
static const struct kind_case kind_cases[] = {
    { WRT__I32, WRT_I32 },
    { WRT__I64, WRT_I64 },
    { WRT__F32, WRT_F32 },
    { WRT__F64, WRT_F64 },
    { WRT__V128, WRT_V128 },
    { WRT__FUNCREF, WRT_FUNCREF },
    { WRT__EXTERNREF, WRT_EXTERNREF },
};

TEST(kinds_and_types_are_inverse)
{
    for (size_t k = 0; k < WRT_COUNT(kind_cases); k++) {
        CHECK_EQ(wrt__kind_of(kind_cases[k].type), kind_cases[k].kind);
        CHECK_EQ(wrt__type_of(kind_cases[k].kind), kind_cases[k].type);
    }
    CHECK_EQ(wrt__kind_of(0x42), 0);
    CHECK_EQ(wrt__type_of(0), WRT__BOTTOM);
    CHECK_EQ(wrt__type_of(99), WRT__BOTTOM);
}

TEST(numbers_are_carried_as_bits)
{
    CHECK_EQ(wrt__slot_of(wrt_i32(-1)), 0xffffffffu);
    CHECK_EQ(wrt__slot_of(wrt_i64(-1)), UINT64_MAX);
    CHECK_EQ(wrt__slot_of(wrt_f32(1.0f)), 0x3f800000u);
    CHECK_EQ(wrt__slot_of(wrt_f64(-2.0)), 0xc000000000000000u);
    CHECK_EQ(wrt__val_of(0xffffffffu, WRT__I32).of.i32, -1);
    CHECK_EQ(wrt__val_of(0xffffffffffffffffu, WRT__I32).of.u, 0xffffffffu);
    CHECK_EQ(wrt__val_of(0x8000000000000000u, WRT__I64).of.i, INT64_MIN);
    CHECK(wrt__val_of(0x3f800000u, WRT__F32).of.f32 == 1.0f);
    CHECK(wrt__val_of(0xc000000000000000u, WRT__F64).of.f64 == -2.0);
}

TEST(payloads_of_nan_survive)
{
    CHECK_EQ(wrt__slot_of(wrt__val_of(0x7fa00001u, WRT__F32)), 0x7fa00001u);
    CHECK_EQ(wrt__slot_of(wrt__val_of(0xffc12345u, WRT__F32)), 0xffc12345u);
    CHECK_EQ(wrt__slot_of(wrt__val_of(0x7ff4000000000001u, WRT__F64)), 0x7ff4000000000001u);
}

TEST(references_keep_null_apart)
{
    CHECK_EQ(wrt__slot_of(wrt_null(WRT_EXTERNREF)), 0);
    CHECK_EQ(wrt__slot_of(wrt_externref(0)), 1);
    CHECK_EQ(wrt__slot_of(wrt_externref(UINT64_MAX - 1)), UINT64_MAX);
    wrt_val v = wrt__val_of(0, WRT__FUNCREF);
    CHECK_EQ(v.kind, WRT_FUNCREF);
    CHECK_EQ(v.n, 0);
    v = wrt__val_of(5, WRT__EXTERNREF);
    CHECK_EQ(v.n, 1);
    CHECK_EQ(v.of.u, 4);
}

TEST(only_what_a_slot_may_hold_fits)
{
    struct wrt__store s = { .funcs_count = 3 };
    wrt_val f = wrt__val_of(3, WRT__FUNCREF);
    CHECK(wrt__val_fits(&s, wrt_i32(1), WRT__I32));
    CHECK(!wrt__val_fits(&s, wrt_i32(1), WRT__I64));
    CHECK(!wrt__val_fits(&s, wrt_i32(1), WRT__BOTTOM));
    CHECK(wrt__val_fits(&s, f, WRT__FUNCREF));
    f.of.u = 3;
    CHECK(!wrt__val_fits(&s, f, WRT__FUNCREF));
    f.of.u = UINT64_MAX;
    CHECK(!wrt__val_fits(&s, f, WRT__FUNCREF));
    CHECK(wrt__val_fits(&s, wrt_null(WRT_FUNCREF), WRT__FUNCREF));
    CHECK(!wrt__val_fits(&s, wrt_null(WRT_FUNCREF), WRT__EXTERNREF));
    CHECK(wrt__val_fits(&s, wrt_externref(0), WRT__EXTERNREF));
    CHECK(!wrt__val_fits(&s, wrt_externref(UINT64_MAX), WRT__EXTERNREF));
    wrt_val v = { .kind = 0 };
    CHECK(!wrt__val_fits(&s, v, WRT__BOTTOM));
}
