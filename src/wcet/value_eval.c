/* value_eval: the operators of plain arithmetic on known values (core specification, "Numerics"). Knows bit
 * patterns only. NaN results are the canonical one, as in the engine (docs/architecture.md, Determinism). */
#include "wcet/value.h"

static inline double ev_d(uint64_t x)
{
    double r;
    memcpy(&r, &x, 8);
    return r;
}

static inline float ev_f(uint64_t x)
{
    uint32_t low = (uint32_t)x;
    float r;
    memcpy(&r, &low, 4);
    return r;
}

static inline uint64_t ev_of_d(double x)
{
    uint64_t r;
    memcpy(&r, &x, 8);
    return x != x ? 0x7ff8000000000000u : r;
}

static inline uint64_t ev_of_f(float x)
{
    uint32_t r;
    memcpy(&r, &x, 4);
    return x != x ? 0x7fc00000u : r;
}

/* Minimum and maximum: -0 is less than 0. */
static uint64_t ev_min_d(uint64_t a, uint64_t b, bool max)
{
    double x = ev_d(a), y = ev_d(b);
    if (x != x || y != y) return 0x7ff8000000000000u;
    if (x == y) return max ? a & b : a | b;
    return (x < y) != max ? a : b;
}

static uint64_t ev_min_f(uint64_t a, uint64_t b, bool max)
{
    float x = ev_f(a), y = ev_f(b);
    if (x != x || y != y) return 0x7fc00000u;
    if (x == y) return max ? a & b : a | b;
    return (x < y) != max ? a : b;
}

/* Truncation to an integer that must lie between the borders (both excluded). */
static bool ev_trunc(double x, double low, double high, bool is_signed, uint64_t *out)
{
    if (!(x > low && x < high)) return false;
    *out = is_signed ? (uint64_t)(int64_t)x : (uint64_t)x;
    return true;
}

#define EV_TWO63 9223372036854775808.0
#define EV_TWO64 18446744073709551616.0

/* i32.trunc_f32_s and its family: `kind` 0 i32 signed, 1 i32 unsigned, 2 i64 signed, 3 i64 unsigned. */
static bool ev_trunc_to(uint32_t kind, double x, uint64_t *out)
{
    switch (kind) {
    case 0:
        if (!ev_trunc(x, -2147483649.0, 2147483648.0, true, out)) return false;
        *out &= UINT32_MAX;
        return true;
    case 1: return ev_trunc(x, -1.0, 4294967296.0, true, out);
    case 2: /* the least integer is a float, its neighbour below is far away */
        if (x == -EV_TWO63) {
            *out = (uint64_t)1 << 63;
            return true;
        }
        return ev_trunc(x, -EV_TWO63, EV_TWO63, true, out);
    default:
        if (x > -1.0 && x < 1.0) {
            *out = 0;
            return true;
        }
        return ev_trunc(x, -1.0, EV_TWO64, false, out);
    }
}

static uint64_t ev_saturate(uint32_t kind, double x)
{
    uint64_t r;
    if (x != x) return 0;
    if (ev_trunc_to(kind, x, &r)) return r;
    switch (kind) {
    case 0: return x < 0 ? 0x80000000u : 0x7fffffffu;
    case 1: return x < 0 ? 0 : UINT32_MAX;
    case 2: return x < 0 ? (uint64_t)1 << 63 : INT64_MAX;
    default: return x < 0 ? 0 : UINT64_MAX;
    }
}

static uint64_t ev_popcnt(uint64_t x)
{
    uint64_t n = 0;
    for (; x; x &= x - 1) {
        n++;
    }
    return n;
}

static bool ev_compare32(uint32_t op, uint32_t a, uint32_t b)
{
    int32_t x = (int32_t)a, y = (int32_t)b;
    switch (op) {
    case WRT__OP_I32_EQ: return a == b;
    case WRT__OP_I32_NE: return a != b;
    case WRT__OP_I32_LT_S: return x < y;
    case WRT__OP_I32_LT_U: return a < b;
    case WRT__OP_I32_GT_S: return x > y;
    case WRT__OP_I32_GT_U: return a > b;
    case WRT__OP_I32_LE_S: return x <= y;
    case WRT__OP_I32_LE_U: return a <= b;
    case WRT__OP_I32_GE_S: return x >= y;
    default: return a >= b;
    }
}

static bool ev_compare64(uint32_t op, uint64_t a, uint64_t b)
{
    int64_t x = (int64_t)a, y = (int64_t)b;
    switch (op) {
    case WRT__OP_I64_EQ: return a == b;
    case WRT__OP_I64_NE: return a != b;
    case WRT__OP_I64_LT_S: return x < y;
    case WRT__OP_I64_LT_U: return a < b;
    case WRT__OP_I64_GT_S: return x > y;
    case WRT__OP_I64_GT_U: return a > b;
    case WRT__OP_I64_LE_S: return x <= y;
    case WRT__OP_I64_LE_U: return a <= b;
    case WRT__OP_I64_GE_S: return x >= y;
    default: return a >= b;
    }
}

static bool ev_compare_f(uint32_t k, double x, double y)
{
    switch (k) {
    case 0: return x == y;
    case 1: return x != y;
    case 2: return x < y;
    case 3: return x > y;
    case 4: return x <= y;
    default: return x >= y;
    }
}

static bool ev_int32(uint32_t op, uint32_t a, uint32_t b, uint64_t *out)
{
    uint32_t s = b & 31;
    switch (op) {
    case WRT__OP_I32_CLZ: *out = a ? (uint32_t)__builtin_clz(a) : 32; return true;
    case WRT__OP_I32_CTZ: *out = a ? (uint32_t)__builtin_ctz(a) : 32; return true;
    case WRT__OP_I32_POPCNT: *out = ev_popcnt(a); return true;
    case WRT__OP_I32_ADD: *out = a + b; return true;
    case WRT__OP_I32_SUB: *out = a - b; return true;
    case WRT__OP_I32_MUL: *out = (uint32_t)((uint64_t)a * b); return true;
    case WRT__OP_I32_DIV_S:
        if (b == 0 || (a == 0x80000000u && b == UINT32_MAX)) return false;
        *out = (uint32_t)((int32_t)a / (int32_t)b);
        return true;
    case WRT__OP_I32_DIV_U:
        if (b == 0) return false;
        *out = a / b;
        return true;
    case WRT__OP_I32_REM_S:
        if (b == 0) return false;
        *out = b == UINT32_MAX ? 0 : (uint32_t)((int32_t)a % (int32_t)b);
        return true;
    case WRT__OP_I32_REM_U:
        if (b == 0) return false;
        *out = a % b;
        return true;
    case WRT__OP_I32_AND: *out = a & b; return true;
    case WRT__OP_I32_OR: *out = a | b; return true;
    case WRT__OP_I32_XOR: *out = a ^ b; return true;
    case WRT__OP_I32_SHL: *out = a << s; return true;
    case WRT__OP_I32_SHR_S: *out = (uint32_t)((int32_t)a >> s); return true;
    case WRT__OP_I32_SHR_U: *out = a >> s; return true;
    case WRT__OP_I32_ROTL: *out = a << s | a >> (-s & 31); return true;
    default: *out = a >> s | a << (-s & 31); return true;
    }
}

static bool ev_int64(uint32_t op, uint64_t a, uint64_t b, uint64_t *out)
{
    uint64_t s = b & 63;
    switch (op) {
    case WRT__OP_I64_CLZ: *out = a ? (uint64_t)__builtin_clzll(a) : 64; return true;
    case WRT__OP_I64_CTZ: *out = a ? (uint64_t)__builtin_ctzll(a) : 64; return true;
    case WRT__OP_I64_POPCNT: *out = ev_popcnt(a); return true;
    case WRT__OP_I64_ADD: *out = a + b; return true;
    case WRT__OP_I64_SUB: *out = a - b; return true;
    case WRT__OP_I64_MUL: *out = a * b; return true;
    case WRT__OP_I64_DIV_S:
        if (b == 0 || (a == (uint64_t)1 << 63 && b == UINT64_MAX)) return false;
        *out = (uint64_t)((int64_t)a / (int64_t)b);
        return true;
    case WRT__OP_I64_DIV_U:
        if (b == 0) return false;
        *out = a / b;
        return true;
    case WRT__OP_I64_REM_S:
        if (b == 0) return false;
        *out = b == UINT64_MAX ? 0 : (uint64_t)((int64_t)a % (int64_t)b);
        return true;
    case WRT__OP_I64_REM_U:
        if (b == 0) return false;
        *out = a % b;
        return true;
    case WRT__OP_I64_AND: *out = a & b; return true;
    case WRT__OP_I64_OR: *out = a | b; return true;
    case WRT__OP_I64_XOR: *out = a ^ b; return true;
    case WRT__OP_I64_SHL: *out = a << s; return true;
    case WRT__OP_I64_SHR_S: *out = (uint64_t)((int64_t)a >> s); return true;
    case WRT__OP_I64_SHR_U: *out = a >> s; return true;
    case WRT__OP_I64_ROTL: *out = a << s | a >> (-s & 63); return true;
    default: *out = a >> s | a << (-s & 63); return true;
    }
}

static uint64_t ev_f32(uint32_t op, uint64_t a, uint64_t b)
{
    float x = ev_f(a), y = ev_f(b);
    switch (op) {
    case WRT__OP_F32_ABS: return a & 0x7fffffffu;
    case WRT__OP_F32_NEG: return a ^ 0x80000000u;
    case WRT__OP_F32_CEIL: return ev_of_f(wrt__f32_ceil(x));
    case WRT__OP_F32_FLOOR: return ev_of_f(wrt__f32_floor(x));
    case WRT__OP_F32_TRUNC: return ev_of_f(wrt__f32_trunc(x));
    case WRT__OP_F32_NEAREST: return ev_of_f(wrt__f32_nearest(x));
    case WRT__OP_F32_SQRT: return ev_of_f(wrt__f32_sqrt(x));
    case WRT__OP_F32_ADD: return ev_of_f(x + y);
    case WRT__OP_F32_SUB: return ev_of_f(x - y);
    case WRT__OP_F32_MUL: return ev_of_f(x * y);
    case WRT__OP_F32_DIV: return ev_of_f(x / y);
    case WRT__OP_F32_MIN: return ev_min_f(a, b, false);
    case WRT__OP_F32_MAX: return ev_min_f(a, b, true);
    default: return (a & 0x7fffffffu) | (b & 0x80000000u);
    }
}

static uint64_t ev_f64(uint32_t op, uint64_t a, uint64_t b)
{
    const uint64_t sign = (uint64_t)1 << 63;
    double x = ev_d(a), y = ev_d(b);
    switch (op) {
    case WRT__OP_F64_ABS: return a & ~sign;
    case WRT__OP_F64_NEG: return a ^ sign;
    case WRT__OP_F64_CEIL: return ev_of_d(wrt__f64_ceil(x));
    case WRT__OP_F64_FLOOR: return ev_of_d(wrt__f64_floor(x));
    case WRT__OP_F64_TRUNC: return ev_of_d(wrt__f64_trunc(x));
    case WRT__OP_F64_NEAREST: return ev_of_d(wrt__f64_nearest(x));
    case WRT__OP_F64_SQRT: return ev_of_d(wrt__f64_sqrt(x));
    case WRT__OP_F64_ADD: return ev_of_d(x + y);
    case WRT__OP_F64_SUB: return ev_of_d(x - y);
    case WRT__OP_F64_MUL: return ev_of_d(x * y);
    case WRT__OP_F64_DIV: return ev_of_d(x / y);
    case WRT__OP_F64_MIN: return ev_min_d(a, b, false);
    case WRT__OP_F64_MAX: return ev_min_d(a, b, true);
    default: return (a & ~sign) | (b & sign);
    }
}

static bool ev_convert(uint32_t op, uint64_t a, uint64_t *out)
{
    switch (op) {
    case WRT__OP_I32_WRAP_I64: *out = (uint32_t)a; return true;
    case WRT__OP_I32_TRUNC_F32_S:
    case WRT__OP_I32_TRUNC_F32_U: return ev_trunc_to(op - WRT__OP_I32_TRUNC_F32_S, (double)ev_f(a), out);
    case WRT__OP_I32_TRUNC_F64_S:
    case WRT__OP_I32_TRUNC_F64_U: return ev_trunc_to(op - WRT__OP_I32_TRUNC_F64_S, ev_d(a), out);
    case WRT__OP_I64_EXTEND_I32_S: *out = (uint64_t)(int64_t)(int32_t)(uint32_t)a; return true;
    case WRT__OP_I64_EXTEND_I32_U: *out = (uint32_t)a; return true;
    case WRT__OP_I64_TRUNC_F32_S:
    case WRT__OP_I64_TRUNC_F32_U: return ev_trunc_to(op - WRT__OP_I64_TRUNC_F32_S + 2, (double)ev_f(a), out);
    case WRT__OP_I64_TRUNC_F64_S:
    case WRT__OP_I64_TRUNC_F64_U: return ev_trunc_to(op - WRT__OP_I64_TRUNC_F64_S + 2, ev_d(a), out);
    case WRT__OP_F32_CONVERT_I32_S: *out = ev_of_f((float)(int32_t)(uint32_t)a); return true;
    case WRT__OP_F32_CONVERT_I32_U: *out = ev_of_f((float)(uint32_t)a); return true;
    case WRT__OP_F32_CONVERT_I64_S: *out = ev_of_f((float)(int64_t)a); return true;
    case WRT__OP_F32_CONVERT_I64_U: *out = ev_of_f((float)a); return true;
    case WRT__OP_F32_DEMOTE_F64: *out = ev_of_f((float)ev_d(a)); return true;
    case WRT__OP_F64_CONVERT_I32_S: *out = ev_of_d((double)(int32_t)(uint32_t)a); return true;
    case WRT__OP_F64_CONVERT_I32_U: *out = ev_of_d((double)(uint32_t)a); return true;
    case WRT__OP_F64_CONVERT_I64_S: *out = ev_of_d((double)(int64_t)a); return true;
    case WRT__OP_F64_CONVERT_I64_U: *out = ev_of_d((double)a); return true;
    case WRT__OP_F64_PROMOTE_F32: *out = ev_of_d((double)ev_f(a)); return true;
    case WRT__OP_I32_EXTEND8_S: *out = (uint64_t)(int8_t)(uint8_t)a & UINT32_MAX; return true;
    case WRT__OP_I32_EXTEND16_S: *out = (uint64_t)(int16_t)(uint16_t)a & UINT32_MAX; return true;
    case WRT__OP_I64_EXTEND8_S: *out = (uint64_t)(int64_t)(int8_t)(uint8_t)a; return true;
    case WRT__OP_I64_EXTEND16_S: *out = (uint64_t)(int64_t)(int16_t)(uint16_t)a; return true;
    case WRT__OP_I64_EXTEND32_S: *out = (uint64_t)(int64_t)(int32_t)(uint32_t)a; return true;
    default: *out = a; return true; /* reinterpret */
    }
}

bool wrt__wv_eval(uint32_t op, uint64_t a, uint64_t b, uint64_t *out)
{
    if (op == WRT__OP_I32_EQZ || op == WRT__OP_I64_EQZ) {
        *out = a == 0;
    } else if (op >= WRT__OP_I32_EQ && op <= WRT__OP_I32_GE_U) {
        *out = ev_compare32(op, (uint32_t)a, (uint32_t)b);
    } else if (op >= WRT__OP_I64_EQ && op <= WRT__OP_I64_GE_U) {
        *out = ev_compare64(op, a, b);
    } else if (op >= WRT__OP_F32_EQ && op <= WRT__OP_F32_GE) {
        *out = ev_compare_f(op - WRT__OP_F32_EQ, (double)ev_f(a), (double)ev_f(b));
    } else if (op >= WRT__OP_F64_EQ && op <= WRT__OP_F64_GE) {
        *out = ev_compare_f(op - WRT__OP_F64_EQ, ev_d(a), ev_d(b));
    } else if (op >= WRT__OP_I32_CLZ && op <= WRT__OP_I32_ROTR) {
        return ev_int32(op, (uint32_t)a, (uint32_t)b, out);
    } else if (op >= WRT__OP_I64_CLZ && op <= WRT__OP_I64_ROTR) {
        return ev_int64(op, a, b, out);
    } else if (op >= WRT__OP_F32_ABS && op <= WRT__OP_F32_COPYSIGN) {
        *out = ev_f32(op, a, b);
    } else if (op >= WRT__OP_F64_ABS && op <= WRT__OP_F64_COPYSIGN) {
        *out = ev_f64(op, a, b);
    } else if (op >= WRT__OP_I32_TRUNC_SAT_F32_S && op <= WRT__OP_I64_TRUNC_SAT_F64_U) {
        uint32_t k = op - WRT__OP_I32_TRUNC_SAT_F32_S, kind = (k & 1) | (k & 4) >> 1;
        *out = ev_saturate(kind, k & 2 ? ev_d(a) : (double)ev_f(a));
    } else {
        return ev_convert(op, a, out);
    }
    return true;
}
