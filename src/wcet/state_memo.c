/* state_memo: invocations that were seen before. A function that takes long and has unknown conditions is
 * called again and again with the same sets of values; what it answers, costs and counts is then taken from
 * the first time. Ids tie values of one run together, so none of them outlives the invocation that gave it.
 */
#include "wcet/abstract.h"

enum { MEMO_EACH = 4, MEMO_STEPS = 400 };

static size_t memo_counts(const struct wrt__ax *x)
{
    return 2 * (size_t)x->p->loops_count + x->p->bodies_count;
}

static uint64_t *memo_count_at(const struct wrt__ax *x, size_t i)
{
    const size_t loops = x->p->loops_count;
    return i < loops    ? &x->r->loop_total[i]
        : i < 2 * loops ? &x->r->loop_entries[i - loops]
                        : &x->r->calls[i - 2 * loops];
}

static void memo_free(struct wrt__ax *x, struct wrt__ax_memo *m)
{
    if (!m) return;
    wrt__as_free(x, m->in);
    wrt__as_free(x, m->out);
    wrt__wm_give(&x->pool, m->counts, memo_counts(x) * sizeof *m->counts);
    wrt__wm_give(&x->pool, m, sizeof *m);
}

void wrt__ax_memo_fini(struct wrt__ax *x)
{
    for (uint32_t i = 0; x->memos && i < x->p->bodies_count; i++) {
        while (x->memos[i]) {
            struct wrt__ax_memo *next = x->memos[i]->next;
            memo_free(x, x->memos[i]);
            x->memos[i] = next;
        }
    }
}

/* The same state as that of m, as far as the function can see? */
static bool memo_same(const struct wrt__ax_body *b, struct wrt__as *s, const struct wrt__ax_memo *m)
{
    struct wrt__as *in = m->in;
    const uint32_t used = b->locals + b->body->locals_count;
    if (s->pages_low != in->pages_low || s->pages_high != in->pages_high
        || s->tables_changed != in->tables_changed) {
        return false;
    }
    for (uint32_t i = 0; i < used; i++) {
        const struct wrt__wv *v = &s->slots[i], *w = &in->slots[i];
        if (v->lo != w->lo || v->hi != w->hi || v->bits != w->bits || v->mask != w->mask || v->pop != w->pop)
            return false;
    }
    return wrt__wm_within(&s->mem, &in->mem, UINT32_MAX);
}

/* Values of a state that must not be tied to anything. */
static void memo_untie(const struct wrt__ax_body *b, struct wrt__as *s)
{
    const uint32_t used = b->locals + b->body->locals_count + s->sp;
    for (uint32_t i = 0; i < used; i++) {
        s->slots[i].id = 0;
    }
}

struct wrt__as *wrt__ax_memo_find(struct wrt__ax *x, const struct wrt__ax_body *b, struct wrt__as *in)
{
    const uint32_t n = x->p->body_of[b->body->func];
    if (!x->heavy[n]) return NULL;
    for (struct wrt__ax_memo *m = x->memos[n]; m; m = m->next) {
        if (!memo_same(b, in, m)) continue;
        struct wrt__as *out = wrt__as_clone(x, m->out);
        if (!out) return NULL;
        out->fuel_high = in->fuel_high;
        out->fuel_low = in->fuel_low;
        wrt__ax_pay(out, m->high, m->low);
        out->endless = in->endless || m->endless;
        for (size_t i = 0; i < memo_counts(x); i++) {
            uint64_t *count = memo_count_at(x, i);
            *count = *count > UINT64_MAX - m->counts[i] ? UINT64_MAX : *count + m->counts[i];
        }
        return out;
    }
    return NULL;
}

void wrt__ax_memo_begin(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *in)
{
    const uint32_t n = x->p->body_of[f->b->body->func];
    uint32_t have = 0;
    f->steps = x->steps;
    f->forks = x->forks;
    f->traps = x->traps;
    for (const struct wrt__ax_memo *m = x->memos[n]; m; m = m->next) {
        have++;
    }
    if (!x->heavy[n] || have >= MEMO_EACH) return;
    memo_untie(f->b, in);
    struct wrt__ax_memo *m = wrt__wm_take(&x->pool, sizeof *m);
    if (!m) return;
    *m = (struct wrt__ax_memo){ .in = wrt__as_clone(x, in) };
    m->counts = wrt__wm_take(&x->pool, memo_counts(x) * sizeof *m->counts);
    m->id_first = x->next_id + 1;
    for (size_t i = 0; m->counts && i < memo_counts(x); i++) {
        m->counts[i] = *memo_count_at(x, i);
    }
    f->memo = m;
}

void wrt__ax_memo_end(struct wrt__ax *x, struct wrt__ax_frame *f, struct wrt__as *s)
{
    const uint32_t n = x->p->body_of[f->b->body->func];
    struct wrt__ax_memo *m = f->memo;
    f->memo = NULL;
    if (x->steps - f->steps > MEMO_STEPS && x->forks != f->forks && f->below) x->heavy[n] = 1;
    if (!m || !s || f->endless || x->traps != f->traps || x->pool.failed || !m->in || !m->counts) {
        memo_free(x, m);
        return;
    }
    m->out = wrt__as_clone(x, s);
    if (!m->out) {
        memo_free(x, m);
        return;
    }
    m->high = s->fuel_high - m->in->fuel_high;
    m->low = s->fuel_low - m->in->fuel_low;
    m->endless = s->endless;
    memo_untie(f->b, m->out);
    memset(m->out->unequal, 0, sizeof m->out->unequal);
    wrt__wm_untie(&m->out->mem, m->id_first);
    for (size_t i = 0; i < memo_counts(x); i++) {
        m->counts[i] = *memo_count_at(x, i) - m->counts[i];
    }
    m->next = x->memos[n];
    x->memos[n] = m;
}

void wrt__ax_memo_drop(struct wrt__ax *x, struct wrt__ax_frame *f)
{
    memo_free(x, f->memo);
    f->memo = NULL;
}
