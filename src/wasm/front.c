/* front: tables and checks that decoder, constant expressions and validator share. */
#include "wasm/front.h"

/* ---- operators ----------------------------------------------------------------------------------- */

enum {
    FEATURE_MVP = 0,
#define X(name, bit, text, built) FEATURE_##name = (bit) + 1,
    WRT_FEATURE_MAP(X)
#undef X
};

#define SIG_special 0, 0, 0
#define SIG_i_i 1, WRT__I32, WRT__I32
#define SIG_i_l 1, WRT__I32, WRT__I64
#define SIG_i_f 1, WRT__I32, WRT__F32
#define SIG_i_d 1, WRT__I32, WRT__F64
#define SIG_l_i 1, WRT__I64, WRT__I32
#define SIG_l_l 1, WRT__I64, WRT__I64
#define SIG_l_f 1, WRT__I64, WRT__F32
#define SIG_l_d 1, WRT__I64, WRT__F64
#define SIG_f_i 1, WRT__F32, WRT__I32
#define SIG_f_l 1, WRT__F32, WRT__I64
#define SIG_f_f 1, WRT__F32, WRT__F32
#define SIG_f_d 1, WRT__F32, WRT__F64
#define SIG_d_i 1, WRT__F64, WRT__I32
#define SIG_d_l 1, WRT__F64, WRT__I64
#define SIG_d_f 1, WRT__F64, WRT__F32
#define SIG_d_d 1, WRT__F64, WRT__F64
#define SIG_ii_i 2, WRT__I32, WRT__I32
#define SIG_ll_i 2, WRT__I64, WRT__I32
#define SIG_ll_l 2, WRT__I64, WRT__I64
#define SIG_ff_i 2, WRT__F32, WRT__I32
#define SIG_ff_f 2, WRT__F32, WRT__F32
#define SIG_dd_i 2, WRT__F64, WRT__I32
#define SIG_dd_d 2, WRT__F64, WRT__F64
#define SIG_ii_ 2, WRT__I32, 0
#define SIG_il_ 2, WRT__I64, 0
#define SIG_if_ 2, WRT__F32, 0
#define SIG_id_ 2, WRT__F64, 0

/* Does an operator of this signature touch floating point? What has floats and no proposal of its own asks
 * for WRT__FLOATS. */
enum {
    FLOATS_special = 0, FLOATS_i_i = 0, FLOATS_i_l = 0, FLOATS_i_f = 1, FLOATS_i_d = 1, FLOATS_l_i = 0,
    FLOATS_l_l = 0, FLOATS_l_f = 1, FLOATS_l_d = 1, FLOATS_f_i = 1, FLOATS_f_l = 1, FLOATS_f_f = 1,
    FLOATS_f_d = 1, FLOATS_d_i = 1, FLOATS_d_l = 1, FLOATS_d_f = 1, FLOATS_d_d = 1, FLOATS_ii_i = 0,
    FLOATS_ll_i = 0, FLOATS_ll_l = 0, FLOATS_ff_i = 1, FLOATS_ff_f = 1, FLOATS_dd_i = 1,
    FLOATS_dd_d = 1, FLOATS_ii_ = 0, FLOATS_il_ = 0, FLOATS_if_ = 1, FLOATS_id_ = 1
};
#define FEATURE_OF(sig, feature) \
    (FEATURE_##feature ? FEATURE_##feature : FLOATS_##sig ? WRT__FLOATS_BIT + 1 : 0)

const struct wrt__op_info wrt__op_infos[WRT__OPS] = {
#define OP(code, NAME, text, imm, sig, weight, feature)                                                      \
    [code] = { FEATURE_OF(sig, feature), WRT__IMM_##imm, SIG_##sig },
#include "wasm/opcodes.def"
#undef OP
};

#if WRT__FORMAT
const char *wrt__op_text(uint32_t op)
{
    static const char *const texts[WRT__OPS] = {
#define OP(code, NAME, text, imm, sig, weight, feature) [code] = text,
#include "wasm/opcodes.def"
#undef OP
    };
    return op < WRT__OPS ? texts[op] : NULL;
}
#endif

/* ---- failures ------------------------------------------------------------------------------------ */

static void input_stop(struct wrt__input *in, wrt_status status)
{
    in->status = status;
    in->r.p = in->r.end;
}

#if WRT_MESSAGES
void wrt__input_fail(
    struct wrt__input *in, wrt_status status, uint32_t code, uint64_t offset, const char *fmt, ...)
{
    if (!wrt__input_ok(in)) return;
    char text[sizeof in->err->message];
    va_list args;
    va_start(args, fmt);
    (void)wrt__vformat(text, sizeof text, fmt, args);
    va_end(args);
    input_stop(in, wrt__fail(in->err, status, code, offset, "%s", text));
}

void wrt__input_limit(
    struct wrt__input *in, const char *table, uint64_t most, uint64_t found, uint64_t offset)
{
    if (!wrt__input_ok(in)) return;
    input_stop(in, wrt__fail_table(in->err, WRT_E_LIMIT, WRT__W_LIMIT, table,
                                   "the limit %s is %lu, the binary wants %lu", table, most, found));
    if (in->err) in->err->offset = offset;
}
#else
void wrt__input_terse(struct wrt__input *in, uint32_t what, uint64_t offset)
{
    if (!wrt__input_ok(in)) return;
    input_stop(in, wrt__terse_at(in->err, what, offset));
}

void wrt__input_terse_limit(struct wrt__input *in, const char *table, uint64_t offset)
{
    if (!wrt__input_ok(in)) return;
    input_stop(in, wrt__terse_table(in->err, WRT__TERSE(WRT_E_LIMIT, WRT__W_LIMIT), table));
    if (in->err) in->err->offset = offset;
}
#endif

void wrt__input_nomem(struct wrt__input *in)
{
    if (!wrt__input_ok(in)) return;
    input_stop(in, wrt__fail(in->err, WRT_E_NOMEM, WRT__W_MEMORY, wrt__reader_offset(&in->r),
                       "no memory for the module"));
}

bool wrt__input_ok(struct wrt__input *in)
{
    if (in->status != WRT_OK) return false;
    if (!in->r.failed) return true;
    input_stop(in, wrt__fail(in->err, WRT_E_MALFORMED, WRT__W_BYTES, in->r.failed_at, "%s", in->r.failed));
    return false;
}

/* ---- features ------------------------------------------------------------------------------------ */

#if WRT_MESSAGES
const char *wrt__feature_text(uint64_t mask)
{
#define X(name, bit, text, built) if (mask & WRT_FEATURE_##name) return text;
    WRT_FEATURE_MAP(X)
#undef X
    if (mask & WRT__FLOATS) return "floating point";
    return "an unknown feature";
}

bool wrt__need_feature(struct wrt__input *in, uint64_t feature, uint64_t offset, const char *what)
{
    in->m->features |= feature;
    if (WRT_LIKELY(feature & in->features)) return true;
    bool built = feature & WRT__FEATURES_BUILT;
    wrt__input_fail(in, WRT_E_UNSUPPORTED, built ? WRT__W_SWITCHED_OFF : WRT__W_NOT_BUILT, offset,
                    "%s needs the feature %s, which %s", what, wrt__feature_text(feature),
                    built ? "is switched off" : "this build does not have");
    return false;
}
#else
bool wrt__terse_need_feature(struct wrt__input *in, uint64_t feature, uint64_t offset)
{
    in->m->features |= feature;
    if (WRT_LIKELY(feature & in->features)) return true;
    uint32_t code = feature & WRT__FEATURES_BUILT ? WRT__W_SWITCHED_OFF : WRT__W_NOT_BUILT;
    wrt__input_terse(in, WRT__TERSE(WRT_E_UNSUPPORTED, code), offset);
    return false;
}
#endif

/* ---- types --------------------------------------------------------------------------------------- */

#if WRT_MESSAGES
const char *wrt__type_text(uint8_t type)
{
    switch (type) {
    case WRT__I32: return "i32";
    case WRT__I64: return "i64";
    case WRT__F32: return "f32";
    case WRT__F64: return "f64";
    case WRT__V128: return "v128";
    case WRT__FUNCREF: return "funcref";
    case WRT__EXTERNREF: return "externref";
    default: return "any type";
    }
}
#endif

/* Proposal that a type byte beyond this rung belongs to; 0: none. */
static uint64_t type_feature(uint8_t type)
{
    switch (type) {
    case WRT__V128: return WRT_FEATURE_SIMD;
    case 0x63: case 0x64: return WRT_FEATURE_FUNCTION_REFERENCES;       /* ref null ht, ref ht */
    case 0x69: case 0x74: return WRT_FEATURE_EXCEPTIONS;                /* exn, noexn */
    case 0x6a: case 0x6b: case 0x6c: case 0x6d: case 0x6e:              /* array, struct, i31, eq, any */
    case 0x71: case 0x72: case 0x73: return WRT_FEATURE_GC;             /* none, noextern, nofunc */
    default: return 0;
    }
}

bool wrt__check_reftype(struct wrt__input *in, uint8_t type, uint64_t offset)
{
    if (type == WRT__FUNCREF || type == WRT__EXTERNREF) {
        return wrt__need_feature(in, WRT_FEATURE_REFERENCE_TYPES, offset, wrt__type_text(type));
    }
    uint64_t feature = type == WRT__V128 ? 0 : type_feature(type);
    if (feature) return wrt__need_feature(in, feature, offset, "this reference type");
    wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_TYPE_CODE, offset,
        "expected a reference type, found byte 0x%x", (uint32_t)type);
    return false;
}

bool wrt__check_valtype(struct wrt__input *in, uint8_t type, uint64_t offset)
{
    if (WRT_LIKELY(type == WRT__I32 || type == WRT__I64)) return true;
    if (type == WRT__F32 || type == WRT__F64)
        return wrt__need_feature(in, WRT__FLOATS, offset, wrt__type_text(type));
    if (type == WRT__FUNCREF || type == WRT__EXTERNREF) return wrt__check_reftype(in, type, offset);
    uint64_t feature = type_feature(type);
    if (feature) {
        return wrt__need_feature(in, feature, offset, type == WRT__V128 ? "v128" : "this value type");
    }
    wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_TYPE_CODE, offset, "expected a value type, found byte 0x%x",
        (uint32_t)type);
    return false;
}

#if WRT_MESSAGES
bool wrt__check_index(struct wrt__input *in, uint32_t index, uint32_t count, const char *what,
    const char *whose, uint64_t offset)
{
    if (WRT_LIKELY(index < count)) return true;
    wrt__input_fail(
        in, WRT_E_INVALID, WRT__W_INDEX, offset, "unknown %s %u, the %s has %u", what, index, whose, count);
    return false;
}
#else
bool wrt__terse_check_index(struct wrt__input *in, uint32_t index, uint32_t count, uint64_t offset)
{
    if (WRT_LIKELY(index < count)) return true;
    wrt__input_terse(in, WRT__TERSE(WRT_E_INVALID, WRT__W_INDEX), offset);
    return false;
}
#endif

void wrt__read_memory_index(struct wrt__input *in)
{
    uint64_t offset = wrt__reader_offset(&in->r);
    if (WRT_UNLIKELY(wrt__read_u8(&in->r) != 0)) {
        (void)wrt__need_feature(in, WRT_FEATURE_MULTI_MEMORY, offset, "a memory index other than 0");
    }
    (void)wrt__check_index(in, 0, in->m->memories_count, "memory", "module", offset);
}

/* ---- sorting ------------------------------------------------------------------------------------- */

static void sort_merge(const uint32_t *from, uint32_t *to, uint32_t left, uint32_t middle, uint32_t right,
                       bool (*before)(const void *ctx, uint32_t x, uint32_t y), const void *ctx)
{
    uint32_t a = left, b = middle;
    for (uint32_t k = left; k < right; k++) {
        bool take_b = b < right && (a >= middle || before(ctx, from[b], from[a]));
        to[k] = take_b ? from[b++] : from[a++];
    }
}

/* Not a hash table: names and types come from the binary, and nothing that it holds may make this quadratic.
 */
bool wrt__sort_indices(const wrt_alloc *alloc, uint32_t *a, uint32_t n,
                       bool (*before)(const void *ctx, uint32_t x, uint32_t y), const void *ctx)
{
    if (n < 2) return true;
    uint32_t *other = wrt__alloc(alloc, n * sizeof *other, WRT_TAG_OTHER);
    if (!other) return false;
    uint32_t *from = a, *to = other;
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t left = 0; left < n; left += 2 * width) {
            sort_merge(from, to, (uint32_t)left, (uint32_t)wrt__min_u64(left + width, n),
                       (uint32_t)wrt__min_u64(left + 2 * width, n), before, ctx);
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != a) memcpy(a, from, n * sizeof *a);
    wrt__free(alloc, other, n * sizeof *other, WRT_TAG_OTHER);
    return true;
}
