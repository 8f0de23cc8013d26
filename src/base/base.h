/* base: what every room stands on. Knows nothing of wasm, tasks or an operating system.
 * Names: wrt__ is internal to the library; see docs/architecture.md. */
#ifndef WRT_SRC_BASE_H
#define WRT_SRC_BASE_H

#include <stdarg.h>
#include <wrt/base.h>

#if defined(__GNUC__)
#define WRT_LIKELY(x) __builtin_expect(!!(x), 1)
#define WRT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define WRT_NOINLINE __attribute__((noinline))
#define WRT_COLD __attribute__((cold, noinline))
#define WRT_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define WRT_LIKELY(x) (x)
#define WRT_UNLIKELY(x) (x)
#define WRT_NOINLINE
#define WRT_COLD
#define WRT_PRINTF(a, b)
#endif

#define WRT_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WRT_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* For what only a bug of ours can break; never for guest or host input. Leads to the panic handler. */
_Noreturn void wrt__panic(const char *file, int line, const char *what); /* bound by the port room */
/* 0: no texts in errors and checks, see terse.h. */
#ifndef WRT_MESSAGES
#define WRT_MESSAGES 1
#endif
#if defined(WRT_FREESTANDING)
#define WRT__FORMAT WRT_MESSAGES
#else
#define WRT__FORMAT 1 /* WASI and the profile print numbers */
#endif
#if WRT_MESSAGES
#define WRT_ASSERT(x) ((x) ? (void)0 : wrt__panic(__FILE__, __LINE__, #x))
#else
#define WRT_ASSERT(x) ((x) ? (void)0 : wrt__panic_here()) /* where: the return address */
#endif

/* The memory functions that a freestanding user provides. */
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);

/* ---- errors -------------------------------------------------------------------------------------- */

/* Catalogue numbers, printed W%04u; texts for `wrtd explain` in docs/errors. 01xx binary, 02xx linking and
 * calls, 03xx traps, 04xx limits and memory, 05xx host interfaces. */
#define WRT__NO_OFFSET UINT64_MAX

/* Fills *err (may be NULL) and returns `status`. Message format: the subset of wrt__format. */
WRT_COLD wrt_status wrt__fail(
    wrt_error *err, wrt_status status, uint32_t code, uint64_t offset, const char *fmt, ...);
/* The same plus the name of the limit or account that was full ("tasks"). */
WRT_COLD wrt_status wrt__fail_table(
    wrt_error *err, wrt_status status, uint32_t code, const char *table, const char *fmt, ...);
/* Adds place and hint to an error that was filled before (no-ops for NULL). */
WRT_COLD void wrt__error_where(wrt_error *err, const char *fmt, ...);
WRT_COLD void wrt__error_hint(wrt_error *err, const char *fmt, ...);
void wrt__error_clear(wrt_error *err);
#if !WRT_MESSAGES
#include "base/terse.h"
#endif

/* Formatted text without libc: %s (char*), %S (wrt_str*), %u %d (32 bit), %lu %ld (uint64_t/int64_t), %x %lx
 * (hex), %c, %%; a width with or without 0 in front of integers (%04u). Always terminates; returns the length
 * that would have been written. */
size_t wrt__format(char *buf, size_t cap, const char *fmt, ...);
size_t wrt__vformat(char *buf, size_t cap, const char *fmt, va_list args);

/* ---- memory -------------------------------------------------------------------------------------- */

/* Not zeroed (except WRT_TAG_MEMORY), aligned to 16; NULL on failure; n == 0 is allowed and costs nothing. */
void *wrt__alloc(const wrt_alloc *a, size_t n, uint32_t tag);
void *wrt__alloc_zero(const wrt_alloc *a, size_t n, uint32_t tag);
void *wrt__resize(const wrt_alloc *a, void *p, size_t old_n, size_t new_n, uint32_t tag);
void wrt__free(const wrt_alloc *a, void *p, size_t n, uint32_t tag);
/* Makes room for `need` elements in a growing array (doubling). Returns false when out of memory: nothing
 * changed. */
bool wrt__grow(
    const wrt_alloc *a, void *array_ptr, uint32_t *cap, uint32_t need, size_t element, uint32_t tag);

/* Arena: one lifetime, blocks from wrt_alloc, freed as a whole. */
struct wrt__arena_block;
struct wrt__arena {
    const wrt_alloc *alloc;
    struct wrt__arena_block *head;
    size_t block_bytes, total_bytes;
    uint32_t tag;
};
void wrt__arena_init(struct wrt__arena *a, const wrt_alloc *alloc, size_t block_bytes, uint32_t tag);
void *wrt__arena_take(struct wrt__arena *a, size_t n, size_t align);        /* zeroed; NULL on failure */
void *wrt__arena_copy(struct wrt__arena *a, const void *p, size_t n);
void wrt__arena_fini(struct wrt__arena *a);

/* ---- numbers ------------------------------------------------------------------------------------- */

/* false: it did not fit */
static inline bool wrt__add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    *out = a + b;
    return *out >= a;
}
static inline bool wrt__mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    *out = a * b;
    return b == 0 || a <= UINT64_MAX / b;
}
static inline uint64_t wrt__min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t wrt__max_u64(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Float rounding without libm (the compiler would call it); ties to even for nearest. NaN results are
 * canonical. */
double wrt__f64_ceil(double x);
double wrt__f64_floor(double x);
double wrt__f64_trunc(double x);
double wrt__f64_nearest(double x);
double wrt__f64_sqrt(double x);
float wrt__f32_ceil(float x);
float wrt__f32_floor(float x);
float wrt__f32_trunc(float x);
float wrt__f32_nearest(float x);
float wrt__f32_sqrt(float x);

/* ---- bytes --------------------------------------------------------------------------------------- */

/* Reads foreign bytes; never over-reads. After a failure every read returns 0 and `failed` says what. */
struct wrt__reader {
    const uint8_t *start, *p, *end;
    uint64_t base;              /* file offset of `start` */
    const char *failed;         /* NULL, or "unexpected end", "integer too large", .. */
    uint64_t failed_at;         /* file offset */
};
void wrt__reader_init(struct wrt__reader *r, wrt_bytes bytes, uint64_t base);
uint8_t wrt__read_u8(struct wrt__reader *r);
uint32_t wrt__read_u32_slow(struct wrt__reader *r);
uint32_t wrt__read_u32le(struct wrt__reader *r);
uint64_t wrt__read_u64le(struct wrt__reader *r);
int32_t wrt__read_s32(struct wrt__reader *r); /* signed LEB128, at most 5 bytes, unused bits must be sign */
int64_t wrt__read_s33(struct wrt__reader *r);
int64_t wrt__read_s64(struct wrt__reader *r);
uint64_t wrt__read_u64(struct wrt__reader *r);
wrt_bytes wrt__read_bytes(struct wrt__reader *r, uint64_t n);
static inline uint32_t wrt__read_u32(struct wrt__reader *r)
{
    if (WRT_LIKELY(r->p < r->end && *r->p < 0x80)) return *r->p++;
    return wrt__read_u32_slow(r);
}
static inline uint64_t wrt__reader_offset(const struct wrt__reader *r)
{
    return r->base + (uint64_t)(r->p - r->start);
}
static inline size_t wrt__reader_left(const struct wrt__reader *r) { return (size_t)(r->end - r->p); }

bool wrt__utf8_valid(wrt_bytes b);
uint64_t wrt__fnv64(uint64_t seed, const void *p, size_t n);
#define WRT__FNV64_SEED 0xcbf29ce484222325ull
static inline bool wrt__str_equal(wrt_str a, wrt_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
size_t wrt__str_len(const char *s);
/* Edit distance (insert, delete, replace, swap two neighbours) for "did you mean"; max + 1 when it is more
 * than `max` or a name has more than 64 bytes. */
uint32_t wrt__edit_distance(wrt_str a, wrt_str b, uint32_t max);

/* ---- bounded containers -------------------------------------------------------------------------- */

/* Slots with generation-tagged ids: id = generation << 32 | index + 1. A freed slot's id is stale at once.
 * The slots grow by doubling up to `max`; elements never move (chunks), so pointers stay valid until the slot
 * is put back. */
struct wrt__slots {
    const wrt_alloc *alloc;
    void **chunks;
    uint32_t chunks_count, chunks_cap, element, max, used, count, free_head, peak;
    uint32_t tag;
};
void wrt__slots_init(
    struct wrt__slots *s, const wrt_alloc *alloc, size_t element_bytes, uint32_t max, uint32_t tag);
void wrt__slots_fini(struct wrt__slots *s);
enum { WRT__SLOTS_FULL = -4, WRT__SLOTS_NOMEM = -3 };    /* = WRT_E_LIMIT, WRT_E_NOMEM */
wrt_status wrt__slots_take(struct wrt__slots *s, uint64_t *id, void **out);   /* zeroed element */
bool wrt__slots_reserve(struct wrt__slots *s); /* room for `max` elements: take asks for no memory any more */
void *wrt__slots_get(const struct wrt__slots *s, uint64_t id);               /* NULL when stale */
void wrt__slots_put(struct wrt__slots *s, uint64_t id);
void *wrt__slots_at(
    const struct wrt__slots *s, uint32_t index, uint64_t *id); /* iterate 0..used-1; NULL for free */

/* Min-heap of (key, value), first come first among equal keys; the position of each value is reported
 * (`moved` may be NULL) so that it can be removed; after a removal it is UINT32_MAX. */
struct wrt__heap_item { uint64_t key, seq; void *value; };
struct wrt__heap {
    const wrt_alloc *alloc;
    struct wrt__heap_item *items;
    uint32_t count, cap, max;
    uint64_t seq;
    void (*moved)(void *value, uint32_t pos);
};
void wrt__heap_init(
    struct wrt__heap *h, const wrt_alloc *alloc, uint32_t max, void (*moved)(void *value, uint32_t pos));
void wrt__heap_fini(struct wrt__heap *h);
wrt_status wrt__heap_push(struct wrt__heap *h, uint64_t key, void *value);   /* E_LIMIT, E_NOMEM */
void wrt__heap_remove(struct wrt__heap *h, uint32_t pos);
bool wrt__heap_reserve(struct wrt__heap *h);                                 /* room for `max` */

/* Intrusive doubly linked list; a node knows whether it is linked. */
struct wrt__node { struct wrt__node *prev, *next; };
struct wrt__list { struct wrt__node head; uint32_t count; };
void wrt__list_init(struct wrt__list *l);
void wrt__list_push(struct wrt__list *l, struct wrt__node *n);               /* at the tail */
void wrt__list_remove(struct wrt__list *l, struct wrt__node *n);
struct wrt__node *wrt__list_first(const struct wrt__list *l);                /* NULL when empty */
static inline bool wrt__node_linked(const struct wrt__node *n) { return n->next != NULL; }

/* Hash map from byte strings to uint32_t; keys are borrowed for the life of the map. */
struct wrt__map { const wrt_alloc *alloc; struct wrt__map_entry *entries; uint32_t count, cap, seed; };
void wrt__map_init(struct wrt__map *m, const wrt_alloc *alloc);
void wrt__map_fini(struct wrt__map *m);
bool wrt__map_get(const struct wrt__map *m, wrt_bytes key, uint32_t *value);
wrt_status wrt__map_put(
    struct wrt__map *m, wrt_bytes key, uint32_t value, bool *existed); /* E_NOMEM; an existing value stays */

/* ---- limits -------------------------------------------------------------------------------------- */
struct wrt_limits;
/* Fills zero fields from `base` (NULL: the defaults). WRT_E_ARG names a field outside least..most, or above
 * `base`: a store narrows the limits of its engine and cannot widen them; nothing is changed then. */
wrt_status wrt__limits_fill(struct wrt_limits *l, const struct wrt_limits *base, wrt_error *err);
/* The list itself, for tests and reports. NULL behind the last. The default and the greatest value lie
 * between 1 and 2^32: less one they fit 32 bits, which small machines are glad of. */
struct wrt__limit_info {
    const char *name;
#if WRT_MESSAGES
    const char *unit;
#endif
    uint32_t normal_less, most_less;
    uint16_t least;
    uint8_t offset, bytes;
};
static inline uint64_t wrt__limit_normal(const struct wrt__limit_info *i) { return i->normal_less + 1ull; }
static inline uint64_t wrt__limit_most(const struct wrt__limit_info *i) { return i->most_less + 1ull; }
const struct wrt__limit_info *wrt__limit_info(size_t i);
uint64_t wrt__limit_get(const struct wrt_limits *l, const struct wrt__limit_info *info);
void wrt__limit_set(struct wrt_limits *l, const struct wrt__limit_info *info, uint64_t value);

#endif
