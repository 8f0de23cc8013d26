/* values: slots of the guest and public values of the host, there and back. Owns the encoding of references
 * (see engine.h, "slots"); knows nothing of stacks. Floats travel as bits, so that a NaN payload survives. */
#include "engine/engine.h"

uint8_t wrt__kind_of(uint8_t type)
{
    switch (type) {
    case WRT__I32: return WRT_I32;
    case WRT__I64: return WRT_I64;
    case WRT__F32: return WRT_F32;
    case WRT__F64: return WRT_F64;
    case WRT__V128: return WRT_V128;
    case WRT__FUNCREF: return WRT_FUNCREF;
    case WRT__EXTERNREF: return WRT_EXTERNREF;
    default: return 0;
    }
}

uint8_t wrt__type_of(uint8_t kind)
{
    switch (kind) {
    case WRT_I32: return WRT__I32;
    case WRT_I64: return WRT__I64;
    case WRT_F32: return WRT__F32;
    case WRT_F64: return WRT__F64;
    case WRT_V128: return WRT__V128;
    case WRT_FUNCREF: return WRT__FUNCREF;
    case WRT_EXTERNREF: return WRT__EXTERNREF;
    default: return WRT__BOTTOM;
    }
}

/* A float is copied from the union, not converted: the 32 bits lie at its start on every byte order. */
uint64_t wrt__slot_of(wrt_val v)
{
    uint32_t bits;
    switch (v.kind) {
    case WRT_I32: return (uint32_t)v.of.u;
    case WRT_F32: memcpy(&bits, &v.of, sizeof bits); return bits;
    case WRT_I64:
    case WRT_F64: return v.of.u;
    case WRT_FUNCREF:
    case WRT_EXTERNREF: return v.n == 0 ? 0 : v.of.u + 1;
    default: return 0;
    }
}

wrt_val wrt__val_of(uint64_t slot, uint8_t type)
{
    wrt_val v = { 0, 0, 0, 0, { 0 } };
    uint32_t bits = (uint32_t)slot;
    v.kind = wrt__kind_of(type);
    switch (type) {
    case WRT__I32: v.of.u = bits; break;
    case WRT__F32: memcpy(&v.of, &bits, sizeof bits); break;
    case WRT__FUNCREF:
    case WRT__EXTERNREF:
        v.n = slot != 0;
        v.of.u = slot != 0 ? slot - 1 : 0;
        break;
    default: v.of.u = slot; break;
    }
    return v;
}

bool wrt__val_fits(const struct wrt__store *s, wrt_val v, uint8_t type)
{
    if (v.kind == 0 || v.kind != wrt__kind_of(type)) return false;
    if (type == WRT__V128) return false; /* a slot has 64 bits */
    if (v.n == 0) return true;
    if (type == WRT__FUNCREF) return v.of.u < s->funcs_count;
    if (type == WRT__EXTERNREF) return v.of.u != UINT64_MAX;
    return true;
}
