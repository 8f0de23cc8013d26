/* memory: pages of 256 bytes below nodes of 32 children. A child that is absent is zero, WM_ANY is unknown as
 * a whole; a page without `extra` is known as a whole. Pages and nodes with several references are copied
 * before they are changed. Recursion is over the levels of the tree, at most 6. */
#include "wcet/memory.h"

enum { WM_PAGE = 256, WM_FAN = 32, WM_FAN_BITS = 5, WM_LEVELS = 6, WM_CELLS = 250 };
enum { WM_KNOWN = 0, WM_UNKNOWN = 1, WM_CELL = 2 };    /* kinds of a byte; WM_CELL + n: in cell n */

struct wm_cell { uint16_t at, size; struct wrt__wv v; };
struct wm_extra {
    uint8_t kind[WM_PAGE];
    uint32_t count, cap;            /* cells; those of size 0 are free */
    struct wm_cell cells[];
};
struct wm_page { uint32_t refs; struct wm_extra *extra; uint8_t bytes[WM_PAGE]; };
struct wm_node { uint32_t refs; void *kid[WM_FAN]; };

static const char wm_any_mark = 0;
#define WM_ANY ((void *)(uintptr_t)&wm_any_mark)

/* ---- pool ------------------------------------------------------------------------------------------------
 */

void wrt__wm_pool_init(struct wrt__wm_pool *pool, const wrt_alloc *alloc, uint64_t limit)
{
    *pool = (struct wrt__wm_pool){ .alloc = alloc, .limit = limit };
}

void *wrt__wm_take(struct wrt__wm_pool *pool, size_t n)
{
    if (pool->used + n > pool->limit) {
        pool->failed = pool->full = true;
        return NULL;
    }
    void *p = wrt__alloc(pool->alloc, n, WRT_TAG_OTHER);
    if (!p) pool->failed = true;
    else pool->used += n;
    if (pool->used > pool->peak) pool->peak = pool->used;
    return p;
}

void wrt__wm_give(struct wrt__wm_pool *pool, void *p, size_t n)
{
    if (!p) return;
    wrt__free(pool->alloc, p, n, WRT_TAG_OTHER);
    pool->used -= n;
}

static void *wm_take_from(struct wrt__wm_pool *pool, void **list, size_t n)
{
    void *p = *list;
    if (!p) return wrt__wm_take(pool, n);
    memcpy(list, p, sizeof *list);
    return p;
}

static void wm_give_to(void **list, void *p)
{
    memcpy(p, list, sizeof *list);
    *list = p;
}

static void wm_drain(struct wrt__wm_pool *pool, void **list, size_t n)
{
    while (*list) {
        void *p = *list;
        memcpy(list, p, sizeof *list);
        wrt__wm_give(pool, p, n);
    }
}

void wrt__wm_pool_fini(struct wrt__wm_pool *pool)
{
    wm_drain(pool, &pool->free_pages, sizeof(struct wm_page));
    wm_drain(pool, &pool->free_nodes, sizeof(struct wm_node));
}

/* ---- pages -----------------------------------------------------------------------------------------------
 */

static size_t wm_extra_bytes(uint32_t cap) { return sizeof(struct wm_extra) + cap * sizeof(struct wm_cell); }

static void wm_extra_free(struct wrt__wm_pool *pool, struct wm_extra *e)
{
    if (e) wrt__wm_give(pool, e, wm_extra_bytes(e->cap));
}

static struct wm_page *wm_page_new(struct wrt__wm_pool *pool)
{
    struct wm_page *p = wm_take_from(pool, &pool->free_pages, sizeof *p);
    if (!p) return NULL;
    p->refs = 1;
    p->extra = NULL;
    return p;
}

static void wm_page_free(struct wrt__wm_pool *pool, struct wm_page *p)
{
    wm_extra_free(pool, p->extra);
    wm_give_to(&pool->free_pages, p);
}

/* Makes room for cells; the bytes were all known before when there was none. */
static struct wm_extra *wm_extra_room(struct wrt__wm_pool *pool, struct wm_page *p, uint32_t cap)
{
    struct wm_extra *old = p->extra, *e;
    if (old && old->cap >= cap) return old;
    if (cap < 4) cap = 4;
    e = wrt__wm_take(pool, wm_extra_bytes(cap));
    if (!e) return NULL;
    if (old) memcpy(e, old, wm_extra_bytes(old->count));
    else memset(e, 0, sizeof *e);
    e->cap = cap;
    wm_extra_free(pool, old);
    p->extra = e;
    return e;
}

/* A page of its own for a child that is `from`: copy, zero, unknown. */
static struct wm_page *wm_page_copy(struct wrt__wm_pool *pool, const void *from)
{
    struct wm_page *p = wm_page_new(pool);
    if (!p) return NULL;
    if (from == NULL) {
        memset(p->bytes, 0, WM_PAGE);
    } else if (from == WM_ANY) {
        memset(p->bytes, 0, WM_PAGE);
        struct wm_extra *e = wm_extra_room(pool, p, 4);
        if (e) memset(e->kind, WM_UNKNOWN, WM_PAGE);
    } else {
        const struct wm_page *old = from;
        memcpy(p->bytes, old->bytes, WM_PAGE);
        if (old->extra) {
            uint32_t cap = old->extra->count + 4;
            struct wm_extra *e = wrt__wm_take(pool, wm_extra_bytes(cap));
            if (e) {
                memcpy(e, old->extra, wm_extra_bytes(old->extra->count));
                e->cap = cap;
            }
            p->extra = e;
        }
    }
    return p;
}

/* A byte of a cell as known bits. */
static void wm_cell_byte(const struct wm_cell *c, uint32_t at, uint8_t *bits, uint8_t *mask)
{
    uint32_t shift = 8 * (at - c->at);
    *bits = (uint8_t)(c->v.bits >> shift);
    *mask = (uint8_t)(c->v.mask >> shift);
}

/* Dissolves a cell; bytes of it that are known stay known. */
static void wm_break(struct wm_page *p, uint32_t n)
{
    struct wm_extra *e = p->extra;
    struct wm_cell *c = &e->cells[n];
    for (uint32_t i = c->at; i < (uint32_t)c->at + c->size; i++) {
        uint8_t mask;
        wm_cell_byte(c, i, &p->bytes[i], &mask);
        e->kind[i] = mask ? WM_UNKNOWN : WM_KNOWN;
    }
    c->size = 0;
    while (e->count > 0 && e->cells[e->count - 1].size == 0) {
        e->count--;
    }
}

static void wm_break_range(struct wm_page *p, uint32_t at, uint32_t size)
{
    if (!p->extra) return;
    for (uint32_t i = at; i < at + size; i++) {
        if (p->extra->kind[i] >= WM_CELL) wm_break(p, p->extra->kind[i] - WM_CELL);
    }
}

static void wm_page_put(struct wm_page *p, uint32_t at, uint32_t size, uint64_t x)
{
    wm_break_range(p, at, size);
    memcpy(p->bytes + at, &x, size); /* hosts are little-endian, see engine/loop.h */
    if (p->extra) memset(p->extra->kind + at, WM_KNOWN, size);
}

static void wm_page_forget(struct wrt__wm_pool *pool, struct wm_page *p, uint32_t at, uint32_t size)
{
    struct wm_extra *e = wm_extra_room(pool, p, 4);
    if (!e) return;
    wm_break_range(p, at, size);
    memset(e->kind + at, WM_UNKNOWN, size);
}

static void wm_page_set(
    struct wrt__wm_pool *pool, struct wm_page *p, uint32_t at, uint32_t size, const struct wrt__wv *v)
{
    if (wrt__wv_known(v)) {
        wm_page_put(p, at, size, v->lo);
        return;
    }
    wm_page_forget(pool, p, at, size);
    struct wm_extra *e = p->extra;
    uint32_t n = 0;
    if (!e || (v->id == 0 && v->mask == (size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1) &&
                  wrt__wv_size(v) == v->mask)) {
        return;
    }
    while (n < e->count && e->cells[n].size != 0) {
        n++;
    }
    if (n >= WM_CELLS) return;
    if (n == e->count) {
        if (e->count == e->cap) e = wm_extra_room(pool, p, e->cap * 2);
        if (!e) return;
        e->count++;
    }
    e->cells[n] = (struct wm_cell){ (uint16_t)at, (uint16_t)size, *v };
    memset(e->kind + at, (int)(WM_CELL + n), size);
}

/* ---- tree ------------------------------------------------------------------------------------------------
 */

static void *wm_ref(void *kid)
{
    if (kid && kid != WM_ANY) ++*(uint32_t *)kid; /* pages and nodes begin with their count */
    return kid;
}

static void wm_drop(struct wrt__wm_pool *pool, void *kid, uint32_t level)
{
    if (!kid || kid == WM_ANY || --*(uint32_t *)kid > 0) return;
    if (level == 0) {
        wm_page_free(pool, kid);
        return;
    }
    struct wm_node *n = kid;
    for (uint32_t i = 0; i < WM_FAN; i++) {
        wm_drop(pool, n->kid[i], level - 1);
    }
    wm_give_to(&pool->free_nodes, n);
}

/* A node of its own for a child; takes over the reference. */
static struct wm_node *wm_node_own(struct wrt__wm_pool *pool, void *kid, uint32_t level)
{
    struct wm_node *n = kid;
    if (n && kid != WM_ANY && n->refs == 1) return n;
    struct wm_node *copy = wm_take_from(pool, &pool->free_nodes, sizeof *copy);
    if (!copy) return NULL;
    copy->refs = 1;
    for (uint32_t i = 0; i < WM_FAN; i++) {
        copy->kid[i] = n == NULL || kid == WM_ANY ? kid : wm_ref(n->kid[i]);
    }
    wm_drop(pool, kid, level);
    return copy;
}

static uint32_t wm_index(uint64_t page, uint32_t level)
{
    return (uint32_t)(page >> (WM_FAN_BITS * (level - 1))) & (WM_FAN - 1);
}

/* Levels so that the page is in the tree. */
static bool wm_deepen(struct wrt__wm *m, uint64_t page)
{
    while (page >> (WM_FAN_BITS * m->depth)) {
        WRT_ASSERT(m->depth < WM_LEVELS);
        void *below = m->root;
        struct wm_node *n = NULL;
        if (below) {
            n = wm_node_own(m->pool, NULL, m->depth + 1);
            if (!n) return false;
            n->kid[0] = below;
        }
        m->root = n;
        m->depth++;
    }
    return true;
}

static void *wm_find(const struct wrt__wm *m, uint64_t page)
{
    void *at = m->root;
    if (page >> (WM_FAN_BITS * m->depth)) return NULL;
    for (uint32_t level = m->depth; level > 0 && at && at != WM_ANY; level--) {
        at = ((struct wm_node *)at)->kid[wm_index(page, level)];
    }
    return at;
}

/* The page, not shared; NULL: the pool has failed. */
static struct wm_page *wm_own(struct wrt__wm *m, uint64_t page)
{
    if (m->own && m->own_number == page) return m->own;
    if (!wm_deepen(m, page)) return NULL;
    void **at = &m->root;
    for (uint32_t level = m->depth; level > 0; level--) {
        struct wm_node *n = wm_node_own(m->pool, *at, level);
        if (!n) return NULL;
        *at = n;
        at = &n->kid[wm_index(page, level)];
    }
    struct wm_page *p = *at;
    if (!p || *at == WM_ANY || p->refs > 1) {
        p = wm_page_copy(m->pool, *at);
        if (!p) return NULL;
        wm_drop(m->pool, *at, 0);
        *at = p;
    }
    m->own = p;
    m->own_number = (uint32_t)page;
    return p;
}

void wrt__wm_init(struct wrt__wm *m, struct wrt__wm_pool *pool) { *m = (struct wrt__wm){ .pool = pool }; }

void wrt__wm_fini(struct wrt__wm *m)
{
    wm_drop(m->pool, m->root, m->depth);
    m->root = NULL;
    m->own = NULL;
}

struct wrt__wm wrt__wm_clone(struct wrt__wm *m)
{
    m->own = NULL;
    struct wrt__wm copy = *m;
    (void)wm_ref(copy.root);
    return copy;
}

static void *wm_copy_kid(struct wrt__wm_pool *pool, const void *kid, uint32_t level)
{
    if (!kid || kid == WM_ANY) return kid ? WM_ANY : NULL;
    if (level == 0) {
        struct wm_page *p = wm_page_copy(pool, kid);
        for (uint32_t i = 0; p && p->extra && i < p->extra->count; i++) p->extra->cells[i].v.id = 0;
        return p ? (void *)p : WM_ANY;
    }
    const struct wm_node *old = kid;
    struct wm_node *n = wm_node_own(pool, NULL, level);
    if (!n) return WM_ANY;
    for (uint32_t i = 0; i < WM_FAN; i++) n->kid[i] = wm_copy_kid(pool, old->kid[i], level - 1);
    return n;
}

struct wrt__wm wrt__wm_copy(struct wrt__wm_pool *pool, const struct wrt__wm *m)
{
    return (struct wrt__wm){
        .pool = pool, .root = wm_copy_kid(pool, m->root, m->depth), .depth = m->depth
    };
}

/* ---- loads -----------------------------------------------------------------------------------------------
 */

/* What is known of `size` bytes, piece by piece from below: bits, and least and largest number. */
static struct wrt__wv wm_compose(struct wrt__wm *m, uint64_t addr, uint32_t size, bool wide)
{
    uint64_t bits = 0, mask = 0, least = 0, most = 0;
    uint32_t pop = 0;
    for (uint32_t i = 0; i < size;) {
        const uint32_t at = (uint32_t)(addr + i) % WM_PAGE, shift = 8 * i;
        struct wm_page *p = wm_find(m, (addr + i) / WM_PAGE);
        uint8_t kind = !p         ? WM_KNOWN
            : (void *)p == WM_ANY ? WM_UNKNOWN
            : p->extra            ? p->extra->kind[at]
                                  : WM_KNOWN;
        const struct wm_cell *c = kind >= WM_CELL ? &p->extra->cells[kind - WM_CELL] : NULL;
        if (c && c->at == at && c->size <= size - i) {
            bits |= c->v.bits << shift;
            mask |= c->v.mask << shift;
            least |= wrt__wv_umin(&c->v) << shift;
            most |= wrt__wv_umax(&c->v) << shift;
            pop += c->v.pop;
            i += c->size;
            continue;
        }
        uint8_t byte = p && kind == WM_KNOWN ? p->bytes[at] : 0, unknown = kind == WM_UNKNOWN ? 0xff : 0;
        if (c) wm_cell_byte(c, at, &byte, &unknown);
        bits |= (uint64_t)byte << shift;
        mask |= (uint64_t)unknown << shift;
        least |= (uint64_t)byte << shift;
        most |= (uint64_t)(byte | unknown) << shift;
        pop += (uint32_t)__builtin_popcount((uint32_t)byte | unknown);
        i++;
    }
    struct wrt__wv v = wrt__wv_any(wide), range = wrt__wv_range(least, most, wide);
    v.mask &= mask;
    v.bits = bits & ~mask & wrt__wv_all(wide);
    if (pop < v.pop) v.pop = (uint8_t)pop;
    (void)wrt__wv_reduce(&v);
    (void)wrt__wv_meet(&v, &range);
    return v;
}

struct wrt__wv wrt__wm_load(struct wrt__wm *m, uint64_t addr, uint32_t size, bool wide)
{
    const uint32_t at = (uint32_t)(addr % WM_PAGE);
    if (at + size <= WM_PAGE) {
        struct wm_page *p = m->own && m->own_number == addr / WM_PAGE ? m->own : wm_find(m, addr / WM_PAGE);
        if (!p) return wrt__wv_const(0, wide);
        if ((void *)p != WM_ANY) {
            uint64_t x = 0;
            const struct wm_extra *e = p->extra;
            uint32_t any = 0;
            for (uint32_t i = 0; e && i < size; i++) {
                any |= e->kind[at + i];
            }
            memcpy(&x, p->bytes + at, size);
            if (any == 0) return wrt__wv_const(x, wide);
            if (e->kind[at] >= WM_CELL) {
                const struct wm_cell *c = &e->cells[e->kind[at] - WM_CELL];
                if (c->at == at && c->size == size && c->v.wide == wide) return c->v;
            }
        }
    }
    return wm_compose(m, addr, size, wide);
}

/* ---- stores ----------------------------------------------------------------------------------------------
 */

void wrt__wm_put(struct wrt__wm *m, uint64_t addr, uint32_t size, uint64_t x)
{
    while (size > 0) {
        const uint32_t at = (uint32_t)(addr % WM_PAGE), n = size < WM_PAGE - at ? size : WM_PAGE - at;
        struct wm_page *p = wm_own(m, addr / WM_PAGE);
        if (!p) return;
        wm_page_put(p, at, n, x);
        size -= n;
        addr += n;
        x = n < 8 ? x >> 8 * n : 0;
    }
}

void wrt__wm_store(struct wrt__wm *m, uint64_t addr, uint32_t size, const struct wrt__wv *v)
{
    const uint32_t at = (uint32_t)(addr % WM_PAGE);
    if (wrt__wv_known(v)) {
        wrt__wm_put(m, addr, size, v->lo);
    } else if (at + size > WM_PAGE) {
        wrt__wm_forget(m, addr, addr + size);
    } else {
        struct wm_page *p = wm_own(m, addr / WM_PAGE);
        if (p) wm_page_set(m->pool, p, at, size, v);
    }
}

void wrt__wm_write(struct wrt__wm *m, uint64_t addr, const uint8_t *bytes, uint64_t n)
{
    while (n > 0) {
        const uint32_t at = (uint32_t)(addr % WM_PAGE);
        const uint32_t part = n < WM_PAGE - at ? (uint32_t)n : WM_PAGE - at;
        struct wm_page *p = wm_own(m, addr / WM_PAGE);
        if (!p) return;
        wm_break_range(p, at, part);
        memcpy(p->bytes + at, bytes, part);
        if (p->extra) memset(p->extra->kind + at, WM_KNOWN, part);
        addr += part;
        bytes += part;
        n -= part;
    }
}

/* Pages first .. last of the subtree that begins at page `base`; takes over the reference, gives one. */
static void *wm_forget_pages(
    struct wrt__wm_pool *pool, void *kid, uint32_t level, uint64_t base, uint64_t first, uint64_t last)
{
    uint64_t span = (uint64_t)1 << (WM_FAN_BITS * level);
    if (first > base + span - 1 || last < base || kid == WM_ANY) return kid;
    if (first <= base && last >= base + span - 1) {
        wm_drop(pool, kid, level);
        return WM_ANY;
    }
    struct wm_node *n = wm_node_own(pool, kid, level);
    if (!n) return kid;
    for (uint32_t i = 0; i < WM_FAN; i++) {
        n->kid[i] = wm_forget_pages(pool, n->kid[i], level - 1, base + i * (span / WM_FAN), first, last);
    }
    return n;
}

static void wm_forget_part(struct wrt__wm *m, uint64_t first, uint64_t end)
{
    struct wm_page *p = wm_own(m, first / WM_PAGE);
    if (p && end > first) wm_page_forget(m->pool, p, (uint32_t)(first % WM_PAGE), (uint32_t)(end - first));
}

void wrt__wm_forget(struct wrt__wm *m, uint64_t first, uint64_t end)
{
    if (end == 0) {
        m->own = NULL;
        wm_drop(m->pool, m->root, m->depth);
        while (m->depth < WM_LEVELS - 1) {
            m->depth++;
        }
        m->root = WM_ANY;
        return;
    }
    if (end <= first) return;
    uint64_t up = (first + WM_PAGE - 1) / WM_PAGE, down = end / WM_PAGE; /* whole pages up .. down - 1 */
    if (first / WM_PAGE == (end - 1) / WM_PAGE) {
        wm_forget_part(m, first, end);
        return;
    }
    wm_forget_part(m, first, up * WM_PAGE);
    wm_forget_part(m, down * WM_PAGE, end);
    m->own = NULL;
    if (down > up && wm_deepen(m, down - 1)) {
        m->root = wm_forget_pages(m->pool, m->root, m->depth, 0, up, down - 1);
    }
}

void wrt__wm_refine(struct wrt__wm *m, uint64_t addr, uint32_t size, uint32_t id, const struct wrt__wv *v)
{
    struct wrt__wv now = wrt__wm_load(m, addr, size, v->wide);
    if (now.id == id && !wrt__wv_known(&now)) wrt__wm_store(m, addr, size, v);
}

static bool wm_is_tied(const struct wm_page *p, uint32_t first)
{
    for (uint32_t i = 0; p->extra && i < p->extra->count; i++) {
        if (p->extra->cells[i].size && p->extra->cells[i].v.id >= first) return true;
    }
    return false;
}

/* Takes over the reference, gives one. */
static void *wm_untie_kid(struct wrt__wm_pool *pool, void *kid, uint32_t level, uint32_t first)
{
    if (!kid || kid == WM_ANY) return kid;
    if (level == 0) {
        struct wm_page *p = kid;
        if (!wm_is_tied(p, first)) return kid;
        if (p->refs > 1) {
            p = wm_page_copy(pool, kid);
            if (!p) return kid;
            wm_drop(pool, kid, 0);
        }
        for (uint32_t i = 0; p->extra && i < p->extra->count; i++) {
            if (p->extra->cells[i].v.id >= first) p->extra->cells[i].v.id = 0;
        }
        return p;
    }
    struct wm_node *n = kid;
    for (uint32_t i = 0; i < WM_FAN; i++) {
        void *old = n->kid[i], *now = wm_untie_kid(pool, wm_ref(old), level - 1, first);
        if (now == old) {
            wm_drop(pool, now, level - 1);
            continue;
        }
        n = wm_node_own(pool, n, level);
        if (!n) return kid;
        wm_drop(pool, n->kid[i], level - 1);
        n->kid[i] = now;
    }
    return n;
}

void wrt__wm_untie(struct wrt__wm *m, uint32_t first)
{
    m->own = NULL;
    m->root = wm_untie_kid(m->pool, m->root, m->depth, first);
}

/* ---- two memories ----------------------------------------------------------------------------------------
 */

/* A page alone, so that loads work on it. */
static struct wrt__wm wm_single(struct wrt__wm_pool *pool, void *page)
{
    return (struct wrt__wm){ .pool = pool, .root = page };
}

/* Size of the place that begins at `at` in one of both pages: a cell, or bytes that differ. */
static uint32_t wm_unit(const struct wm_page *const *pages, uint32_t at)
{
    uint32_t size = 1;
    bool cell = false;
    for (int k = 0; k < 2; k++) {
        const struct wm_page *p = pages[k];
        if (!p || (const void *)p == WM_ANY || !p->extra || p->extra->kind[at] < WM_CELL) continue;
        const struct wm_cell *c = &p->extra->cells[p->extra->kind[at] - WM_CELL];
        cell |= c->at == at;
        if (c->at == at && c->size > size) size = c->size;
    }
    /* numbers that differ in several bytes: one aligned place, of which the low part may be a cell already */
    for (uint32_t unit = 4; unit > size && size < 4; unit /= 2) {
        if (at % unit) continue;
        uint32_t differ = 0, plain = 1;
        for (uint32_t i = at; i < at + unit; i++) {
            uint8_t byte[2] = { 0, 0 };
            bool known = true;
            for (int k = 0; k < 2; k++) {
                const struct wm_page *p = pages[k];
                if ((const void *)p == WM_ANY || (p && p->extra && p->extra->kind[i] != WM_KNOWN))
                    known = false;
                else if (p) byte[k] = p->bytes[i];
            }
            const bool low = i < at + size && cell;
            plain &= known || low;
            differ |= (uint32_t)(low || byte[0] != byte[1]) << (i - at);
        }
        if (plain && (differ & (differ - 1)) && differ >> (unit / 2)) return unit;
    }
    return size;
}

static bool wm_same_byte(const struct wm_page *const *pages, uint32_t at)
{
    uint8_t byte[2] = { 0, 0 };
    for (int k = 0; k < 2; k++) {
        const struct wm_page *p = pages[k];
        if ((const void *)p == WM_ANY || (p && p->extra && p->extra->kind[at] != WM_KNOWN)) return false;
        if (p) byte[k] = p->bytes[at];
    }
    return byte[0] == byte[1];
}

static const struct wm_cell *wm_cell_at(const struct wm_page *p, uint32_t at)
{
    if (!p || !p->extra || p->extra->kind[at] < WM_CELL) return NULL;
    const struct wm_cell *c = &p->extra->cells[p->extra->kind[at] - WM_CELL];
    return c->at == at ? c : NULL;
}

/* How many bytes from `at` on are obviously alike. */
static uint32_t wm_alike(const struct wm_page *a, const struct wm_page *b, uint32_t at)
{
    static const uint8_t known[8];
    if (at % 8 == 0 && a && b && memcmp(a->bytes + at, b->bytes + at, 8) == 0 &&
        (!a->extra || memcmp(a->extra->kind + at, known, 8) == 0) &&
        (!b->extra || memcmp(b->extra->kind + at, known, 8) == 0)) {
        return 8;
    }
    const struct wm_cell *ca = wm_cell_at(a, at), *cb = ca ? wm_cell_at(b, at) : NULL;
    if (cb && ca->size == cb->size && memcmp(&ca->v, &cb->v, sizeof ca->v) == 0) return ca->size;
    if (a && b && a->extra && b->extra && a->extra->kind[at] == WM_UNKNOWN
        && b->extra->kind[at] == WM_UNKNOWN) {
        return 1;
    }
    return 0;
}

static struct wrt__wv wm_join_values(
    struct wrt__wm_pool *pool, const struct wrt__wv *a, const struct wrt__wv *b, uint32_t size, bool widen)
{
    struct wrt__wv v = !widen ? wrt__wv_join(a, b)
        : pool->stops         ? wrt__wv_widen_to(a, b, pool->stops)
                              : wrt__wv_widen(a, b);
    if (!wrt__wv_known(&v) && size < 4 && wrt__wv_umax(&v) >> 8 * size != 0) { /* wider than the place */
        struct wrt__wv place = wrt__wv_range(0, ((uint64_t)1 << 8 * size) - 1, false);
        (void)wrt__wv_meet(&v, &place);
    }
    return v;
}

/* Takes over the reference to x, gives one; x itself when it holds y already. */
static void *wm_join_page(struct wrt__wm_pool *pool, void *x, void *y, bool widen)
{
    const struct wm_page *pages[2] = { x, y };
    struct wm_page *out = NULL;
    struct wrt__wm ma = wm_single(pool, x), mb = wm_single(pool, y);
    for (uint32_t at = 0; at < WM_PAGE;) {
        const uint32_t alike = wm_alike(x, y, at);
        if (alike > 0) {
            at += alike;
            continue;
        }
        if (wm_same_byte(pages, at) && (at % 4 == 3 || wm_unit(pages, at) == 1)) {
            at++;
            continue;
        }
        const uint32_t size = wm_unit(pages, at);
        struct wrt__wv va = wrt__wm_load(&ma, at, size, size == 8),
                       vb = wrt__wm_load(&mb, at, size, size == 8);
        struct wrt__wv v = wm_join_values(pool, &va, &vb, size, widen);
        pool->joined++;
        if (v.id != va.id || v.lo != va.lo || v.hi != va.hi || v.mask != va.mask || v.pop != va.pop) {
            if (!out) out = wm_page_copy(pool, x);
            if (!out) return x;
            wm_page_set(pool, out, at, size, &v);
        }
        at += size;
    }
    if (!out) return x;
    wm_drop(pool, x, 0);
    return out;
}

static void *wm_join_kid(struct wrt__wm_pool *pool, void *x, void *y, uint32_t level, bool widen)
{
    if (x == y || x == WM_ANY) return x;
    if (y == WM_ANY) {
        wm_drop(pool, x, level);
        return WM_ANY;
    }
    if (level == 0) return wm_join_page(pool, x, y, widen);
    struct wm_node *n = wm_node_own(pool, x, level);
    const struct wm_node *other = y;
    if (!n) return x;
    for (uint32_t i = 0; i < WM_FAN; i++) {
        n->kid[i] = wm_join_kid(pool, n->kid[i], other ? other->kid[i] : NULL, level - 1, widen);
    }
    return n;
}

static void wm_same_depth(struct wrt__wm *a, struct wrt__wm *b)
{
    uint32_t depth = a->depth > b->depth ? a->depth : b->depth;
    if (depth == 0) return;
    uint64_t page = ((uint64_t)1 << (WM_FAN_BITS * depth)) - 1;
    (void)wm_deepen(a, page);
    (void)wm_deepen(b, page);
}

void wrt__wm_join(struct wrt__wm *a, struct wrt__wm *b, bool widen)
{
    a->own = b->own = NULL;
    wm_same_depth(a, b);
    if (a->pool->failed) return;
    a->root = wm_join_kid(a->pool, a->root, b->root, a->depth, widen);
}

/* Takes over the reference to x, gives one. */
static void *wm_meet_page(struct wrt__wm_pool *pool, void *x, void *y)
{
    const struct wm_page *pages[2] = { x, y };
    struct wm_page *out = NULL;
    struct wrt__wm ma = wm_single(pool, x), mb = wm_single(pool, y);
    for (uint32_t at = 0; at < WM_PAGE;) {
        const uint32_t alike = wm_alike(x, y, at), size = alike ? alike : wm_unit(pages, at);
        if (alike == 0 && at + size <= WM_PAGE) {
            struct wrt__wv va = wrt__wm_load(&ma, at, size, size == 8), v = va;
            const struct wrt__wv vb = wrt__wm_load(&mb, at, size, size == 8);
            const bool less = wrt__wv_meet(&v, &vb) && (v.lo != va.lo || v.hi != va.hi || v.mask != va.mask);
            if (less && !out) out = wm_page_copy(pool, x);
            if (less && !out) return x;
            if (less) wm_page_set(pool, out, at, size, &v);
        }
        at += size;
    }
    if (!out) return x;
    wm_drop(pool, x, 0);
    return out;
}

static void *wm_meet_kid(struct wrt__wm_pool *pool, void *x, void *y, uint32_t level)
{
    if (x == y || !x || y == WM_ANY) return x;
    if (!y) {
        wm_drop(pool, x, level);
        return NULL;
    }
    if (x == WM_ANY) return wm_ref(y);
    if (level == 0) return wm_meet_page(pool, x, y);
    struct wm_node *n = wm_node_own(pool, x, level);
    const struct wm_node *other = y;
    if (!n) return x;
    for (uint32_t i = 0; i < WM_FAN; i++) n->kid[i] = wm_meet_kid(pool, n->kid[i], other->kid[i], level - 1);
    return n;
}

void wrt__wm_meet(struct wrt__wm *a, struct wrt__wm *b)
{
    a->own = b->own = NULL;
    wm_same_depth(a, b);
    if (!a->pool->failed) a->root = wm_meet_kid(a->pool, a->root, b->root, a->depth);
}

static bool wm_within_page(struct wrt__wm_pool *pool, void *x, void *y, uint32_t relations)
{
    const struct wm_page *a = x, *b = y, *pages[2] = { x, y };
    if (x != WM_ANY && a && b && !a->extra && !b->extra) return memcmp(a->bytes, b->bytes, WM_PAGE) == 0;
    struct wrt__wm ma = wm_single(pool, x), mb = wm_single(pool, y);
    for (uint32_t at = 0; at < WM_PAGE;) {
        uint32_t size = 1;
        if (b && b->extra && b->extra->kind[at] >= WM_CELL) {
            const struct wm_cell *c = &b->extra->cells[b->extra->kind[at] - WM_CELL];
            if (c->at == at) size = c->size;
        }
        if (size == 1 && wm_same_byte(pages, at)) {
            at++;
            continue;
        }
        struct wrt__wv va = wrt__wm_load(&ma, at, size, size == 8),
                       vb = wrt__wm_load(&mb, at, size, size == 8);
        if (!wrt__wv_within(&va, &vb)) return false;
        if (vb.id != 0 && vb.id < relations && va.id != vb.id) return false;
        at += size;
    }
    return true;
}

static bool wm_within_kid(struct wrt__wm_pool *pool, void *x, void *y, uint32_t level, uint32_t relations)
{
    if (x == y || y == WM_ANY) return true;
    if (x == WM_ANY && !y) return false;
    if (level == 0) return wm_within_page(pool, x, y, relations);
    const struct wm_node *a = x, *b = y;
    for (uint32_t i = 0; i < WM_FAN; i++) {
        void *kid = a && x != WM_ANY ? a->kid[i] : x; /* zero and unknown go on below */
        if (!wm_within_kid(pool, kid, b ? b->kid[i] : NULL, level - 1, relations)) return false;
    }
    return true;
}

bool wrt__wm_within(struct wrt__wm *a, struct wrt__wm *b, uint32_t relations)
{
    a->own = b->own = NULL;
    wm_same_depth(a, b);
    return !a->pool->failed && wm_within_kid(a->pool, a->root, b->root, a->depth, relations);
}
