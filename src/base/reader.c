/* Reading foreign bytes: fixed-size little-endian numbers and LEB128. Owns the rule that nothing is read
 * behind `end` and that the first failure stays. Texts and bounds: WebAssembly core specification, "Values",
 * "Integers". */
#include "base/base.h"

#if defined(__GNUC__)
#define READER_INLINE static inline __attribute__((always_inline))
#else
#define READER_INLINE static inline
#endif

void wrt__reader_init(struct wrt__reader *r, wrt_bytes bytes, uint64_t base)
{
    static const uint8_t none[1] = { 0 };       /* for NULL, which has no address arithmetic */
    const uint8_t *p = bytes.n != 0 ? bytes.p : none;
    *r = (struct wrt__reader){ .start = p, .p = p, .end = p + bytes.n, .base = base };
}

/* Afterwards p == end, so every later read comes here too and the first failure is kept. */
static WRT_COLD void reader_fail(struct wrt__reader *r, const uint8_t *at, const char *what)
{
    if (!r->failed) {
        r->failed = what;
        r->failed_at = r->base + (uint64_t)(at - r->start);
    }
    r->p = r->end;
}

uint8_t wrt__read_u8(struct wrt__reader *r)
{
    if (WRT_LIKELY(r->p < r->end)) return *r->p++;
    reader_fail(r, r->end, "unexpected end");
    return 0;
}

/* A LEB128 number of `bits` bits. The last possible byte may carry no continuation and only bits that the
 * type has; for signed types its unused bits repeat the sign. */
READER_INLINE uint64_t read_leb(struct wrt__reader *r, uint32_t bits, bool is_signed)
{
    const uint32_t last_shift = (bits - 1) / 7 * 7, last_bits = bits - last_shift;
    const uint8_t *p = r->p;
    uint64_t v = 0;
    uint32_t shift = 0;
    uint8_t byte;
    for (;; shift += 7) {
        if (WRT_UNLIKELY(p >= r->end)) {
            reader_fail(r, r->end, "unexpected end");
            return 0;
        }
        byte = *p++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) break;
        if (WRT_UNLIKELY(shift == last_shift)) {
            reader_fail(r, p - 1, "integer representation too long");
            return 0;
        }
    }
    if (shift == last_shift) {
        uint32_t unused = ((uint32_t)byte & 0x7f) >> (is_signed ? last_bits - 1 : last_bits);
        uint32_t ones = 0x7fu >> (last_bits - 1);
        if (WRT_UNLIKELY(unused != 0 && !(is_signed && unused == ones))) {
            reader_fail(r, p - 1, "integer too large");
            return 0;
        }
    }
    r->p = p;
    shift += 7;
    if (is_signed && shift < 64 && (byte & 0x40)) v |= ~(uint64_t)0 << shift;
    return v;
}

uint32_t wrt__read_u32_slow(struct wrt__reader *r) { return (uint32_t)read_leb(r, 32, false); }
uint64_t wrt__read_u64(struct wrt__reader *r) { return read_leb(r, 64, false); }
int32_t wrt__read_s32(struct wrt__reader *r) { return (int32_t)(uint32_t)read_leb(r, 32, true); }
int64_t wrt__read_s33(struct wrt__reader *r) { return (int64_t)read_leb(r, 33, true); }
int64_t wrt__read_s64(struct wrt__reader *r) { return (int64_t)read_leb(r, 64, true); }

uint32_t wrt__read_u32le(struct wrt__reader *r)
{
    wrt_bytes b = wrt__read_bytes(r, 4);
    if (!b.p) return 0;
    return (uint32_t)b.p[0] | (uint32_t)b.p[1] << 8 | (uint32_t)b.p[2] << 16 | (uint32_t)b.p[3] << 24;
}

uint64_t wrt__read_u64le(struct wrt__reader *r)
{
    wrt_bytes b = wrt__read_bytes(r, 8);
    if (!b.p) return 0;
    uint64_t v = 0;
    for (uint32_t i = 0; i < 8; i++) {
        v |= (uint64_t)b.p[i] << (8 * i);
    }
    return v;
}

wrt_bytes wrt__read_bytes(struct wrt__reader *r, uint64_t n)
{
    if (WRT_UNLIKELY(n > wrt__reader_left(r))) {
        reader_fail(r, r->end, "unexpected end");
        return (wrt_bytes){ NULL, 0 };
    }
    wrt_bytes b = { r->p, (size_t)n };
    r->p += (size_t)n;
    return b;
}
