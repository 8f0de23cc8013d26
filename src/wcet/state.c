/* state: states of abstract execution: made, copied, merged, compared. One block each; memories are shared
 * until they are written. Knows nothing of operators. */
#include "wcet/abstract.h"

enum { AS_PAGES = 65536 };          /* no memory is larger */

static uint32_t as_used(const struct wrt__ax_body *b, const struct wrt__as *s)
{
    return b->locals + b->body->locals_count + s->sp;
}

static struct wrt__as *as_block(struct wrt__ax *x, const struct wrt__ax_body *b)
{
    size_t slots = (size_t)b->slots * sizeof(struct wrt__wv), turns = (size_t)b->depth_max * sizeof(uint32_t);
    size_t bytes = sizeof(struct wrt__as) + slots + turns;
    struct wrt__as *s = wrt__wm_take(&x->pool, bytes);
    if (!s) return NULL;
    s->bytes = bytes;
    return s;
}

static void as_point(struct wrt__as *s, const struct wrt__ax_body *b)
{
    s->slots = (struct wrt__wv *)(void *)(s + 1);
    s->turns = (uint32_t *)(void *)(s->slots + b->slots);
}

struct wrt__as *wrt__as_new(struct wrt__ax *x, const struct wrt__ax_body *b)
{
    struct wrt__as *s = as_block(x, b);
    if (!s) return NULL;
    size_t bytes = s->bytes;
    memset(s, 0, bytes);
    s->bytes = bytes;
    as_point(s, b);
    wrt__wm_init(&s->mem, &x->pool);
    return s;
}

struct wrt__as *wrt__as_clone(struct wrt__ax *x, struct wrt__as *s)
{
    struct wrt__as *c = wrt__wm_take(&x->pool, s->bytes);
    if (!c) return NULL;
    ptrdiff_t turns = s->turns - (uint32_t *)(void *)s->slots;
    memcpy(c, s, s->bytes);
    c->slots = (struct wrt__wv *)(void *)(c + 1);
    c->turns = (uint32_t *)(void *)c->slots + turns;
    c->mem = wrt__wm_clone(&s->mem);
    c->next = NULL;
    return c;
}

void wrt__as_free(struct wrt__ax *x, struct wrt__as *s)
{
    if (!s) return;
    wrt__wm_fini(&s->mem);
    wrt__wm_give(&x->pool, s, s->bytes);
}

void wrt__as_free_list(struct wrt__ax *x, struct wrt__as *list)
{
    while (list) {
        struct wrt__as *next = list->next;
        wrt__as_free(x, list);
        list = next;
    }
}

/* While a loop is being closed it matters that both are the same value plus a little. */
static void as_join_slot(struct wrt__ax *x, struct wrt__wv *a, const struct wrt__wv *b)
{
    uint32_t base_a, base_b;
    int64_t low_a, high_a, low_b, high_b;
    bool follow = x->closing && a->id != b->id && wrt__ax_offset(x, a, &base_a, &low_a, &high_a) &&
                  wrt__ax_offset(x, b, &base_b, &low_b, &high_b) && base_a == base_b;
    *a = wrt__wv_join(a, b);
    if (!follow || wrt__wv_known(a)) return;
    wrt__ax_note_offset(x, a, base_a, low_a < low_b ? low_a : low_b, high_a > high_b ? high_a : high_b);
}

void wrt__as_merge(struct wrt__ax *x, const struct wrt__ax_body *body, struct wrt__as *a, struct wrt__as *b)
{
    uint32_t used = as_used(body, a);
    x->steps += 30 + used / 8;
    for (uint32_t i = 0; i < used; i++) {
        if (memcmp(&a->slots[i], &b->slots[i], sizeof a->slots[i]) != 0) {
            as_join_slot(x, &a->slots[i], &b->slots[i]);
        }
    }
    for (uint32_t i = 0; i < body->depth_max; i++) {
        if (b->turns[i] > a->turns[i]) a->turns[i] = b->turns[i];
    }
    for (uint32_t i = 0; i < WRT__AX_UNEQUAL; i++) {
        struct wrt__ax_unequal *u = &a->unequal[i];
        bool both = false;
        for (uint32_t k = 0; k < WRT__AX_UNEQUAL && u->id; k++) {
            both |= b->unequal[k].id == u->id && b->unequal[k].x == u->x;
        }
        if (!both) u->id = 0;
    }
    if (b->fuel_high > a->fuel_high) a->fuel_high = b->fuel_high;
    if (b->fuel_low < a->fuel_low) a->fuel_low = b->fuel_low;
    a->endless |= b->endless;
    const uint64_t joined = x->pool.joined;
    wrt__as_widen(body, a, b, false);
    x->steps += x->pool.joined - joined; /* a merge of memories can be dearer than all else */
    wrt__as_free(x, b);
}

void wrt__as_widen(const struct wrt__ax_body *body, struct wrt__as *a, struct wrt__as *b, bool widen)
{
    uint32_t used = as_used(body, a);
    for (uint32_t i = 0; widen && i < used; i++) {
        a->slots[i] = wrt__wv_widen(&a->slots[i], &b->slots[i]);
    }
    if (b->pages_low < a->pages_low) a->pages_low = b->pages_low;
    if (b->pages_high > a->pages_high) a->pages_high = widen ? AS_PAGES : b->pages_high;
    a->tables_changed |= b->tables_changed;
    wrt__wm_join(&a->mem, &b->mem, widen);
}

bool wrt__as_within(const struct wrt__ax_body *body, struct wrt__as *a, struct wrt__as *b, uint32_t relations)
{
    uint32_t used = as_used(body, a);
    if (a->pages_low < b->pages_low || a->pages_high > b->pages_high
        || (a->tables_changed & ~b->tables_changed)) {
        return false;
    }
    for (uint32_t i = used; i-- > 0;) { /* locals that count are rarely the first */
        const uint32_t id = b->slots[i].id;
        if (!wrt__wv_within(&a->slots[i], &b->slots[i])) return false;
        if (id != 0 && id < relations && a->slots[i].id != id && !wrt__wv_known(&b->slots[i])) return false;
    }
    return wrt__wm_within(&a->mem, &b->mem, relations);
}
