/* value.h: values that cross the border between host and guest. */
#ifndef WRT_VALUE_H
#define WRT_VALUE_H
#include <wrt/base.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef enum wrt_kind {
    WRT_I32 = 1, WRT_I64, WRT_F32, WRT_F64, WRT_V128, WRT_FUNCREF, WRT_EXTERNREF
} wrt_kind;

/* 16 bytes. Floats are carried as their bits so that NaN payloads survive.
 * References: n == 0 is null; WRT_EXTERNREF carries any host value below UINT64_MAX in of.u;
 * WRT_FUNCREF carries a number that wrt_func_from_ref turns into a function of the same store. */
typedef struct wrt_val {
    uint8_t kind;
    uint8_t borrowed;
    uint16_t tag;
    uint32_t n;
    union { int64_t i; uint64_t u; float f32; double f64; uint32_t u32; int32_t i32; } of;
} wrt_val;

static inline wrt_val wrt_i32(int32_t v)
{
    wrt_val r = { WRT_I32, 0, 0, 0, { 0 } };
    r.of.u = (uint32_t)v;
    return r;
}
static inline wrt_val wrt_i64(int64_t v) { wrt_val r = { WRT_I64, 0, 0, 0, { 0 } }; r.of.i = v; return r; }
static inline wrt_val wrt_f32(float v)   { wrt_val r = { WRT_F32, 0, 0, 0, { 0 } }; r.of.f32 = v; return r; }
static inline wrt_val wrt_f64(double v)  { wrt_val r = { WRT_F64, 0, 0, 0, { 0 } }; r.of.f64 = v; return r; }
static inline wrt_val wrt_externref(uint64_t v)
{
    wrt_val r = { WRT_EXTERNREF, 0, 0, 1, { 0 } };
    r.of.u = v;
    return r;
}
static inline wrt_val wrt_null(wrt_kind ref)
{
    wrt_val r = { 0, 0, 0, 0, { 0 } };
    r.kind = (uint8_t)ref;
    return r;
}

/* Type of a function: `kinds` holds the parameters, then the results. */
typedef struct wrt_func_type { uint32_t params, results; const uint8_t *kinds; } wrt_func_type;

#ifdef __cplusplus
}
#endif
#endif
