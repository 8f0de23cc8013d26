/* strand: one wasm stack: its beginning, its end, and where it stands. */
#include "engine/run.h"
#include "wasm/translate.h"

enum { FIRST_SLOTS = 32 };

wrt_status wrt__strand_init(struct wrt__strand *s, struct wrt__store *store)
{
    *s = (struct wrt__strand){ .store = store, .slots_max = (uint32_t)(store->limits.stack_bytes / 8) };
    return WRT_OK;
}
wrt_status wrt__strand_call(struct wrt__strand *s, uint32_t func, const uint64_t *args)
{
    const struct wrt__funcrec *f = &s->store->funcs[func];
    uint32_t need = f->params > f->results ? f->params : f->results;
    s->func = func;
    s->at_entry = true;
    if (need > s->slots_max) return WRT_E_LIMIT;
    uint32_t first = s->slots_max < FIRST_SLOTS ? s->slots_max : FIRST_SLOTS;
    uint32_t want = need > first ? need : first;
    if (s->slots < want) {
        uint64_t *grown = wrt__resize(
            s->store->alloc, s->stack, (size_t)s->slots * 8, (size_t)want * 8, WRT_TAG_STACK);
        if (!grown) return WRT_E_NOMEM;
        s->stack = grown;
        s->slots = want;
    }
    s->slots_peak = first;
    if (f->params) memcpy(s->stack, args, f->params * sizeof *args);
    return WRT_OK;
}
/* An instance that the frames cross into, and the place where the strand stands in it. */
struct crossing { struct wrt_instance *instance; uint32_t fp, ip; };

/* To the instance from which this one was called; false: this was the outermost. */
static bool cross_out(const struct wrt__strand *s, struct crossing *c)
{
    const struct wrt__module *m = c->instance->module;
    uint32_t func = wrt__func_at(m, c->ip);
    uint64_t link = func == UINT32_MAX
        ? (c->ip < WRT__LINK_BORDER / 8 + WRT__CALL_WORDS ? WRT__LINK_HALT : WRT__LINK_BORDER)
        : s->stack[c->fp + m->funcs[func].link];
    while (link != WRT__LINK_HALT && link != WRT__LINK_BORDER) {
        uint32_t call = (uint32_t)link / 8;
        c->fp -= ((const uint16_t *)(c->instance->code + call))[WRT__F_DELTA];
        func = wrt__func_at(m, call);
        link = s->stack[c->fp + m->funcs[func].link];
    }
    if (link == WRT__LINK_HALT) return false;
    struct wrt__border b = wrt__border_read(s->stack + c->fp - 2);
    *c = (struct crossing){ s->store->funcs[b.caller_ref].instance, b.caller_fp, b.call / 8 };
    return true;
}
/* What a strand leaves its instances as. */
struct leaving { bool badly, preempted, reset; uint64_t now; };

/* What cannot be reset without running functions of it, or now, is not entered before somebody has. */
static void reset_left(struct wrt_instance *i)
{
    i->poisoned = wrt__instance_runs(i) || wrt__instance_reset(i, NULL) != WRT_OK;
}

/* For good, after it ended badly: by the rule of the instance. */
static void spoil(struct wrt_instance *i, const struct leaving *how)
{
    if (i->on_trap == WRT_ON_TRAP_KEEP && !how->preempted) return;
    i->poisoned = true;
    if (i->on_trap == WRT_ON_TRAP_RESET) i->store->reset(i, how->now);
}

static void leave_all(struct wrt__strand *s, struct leaving how)
{
    struct crossing c = { s->instance, s->fp, s->ip };
    if (s->wanted && s->wanted->owner == s && s->wanted->owner_depth == 0)
        wrt__instance_leave(s->wanted, s); /* handed over, not entered yet */
    else if (s->wanted && wrt__node_linked(&s->lock_node))
        wrt__list_remove(&s->wanted->waiters, &s->lock_node);
    s->wanted = NULL;
    if (!c.instance) return;
    for (bool more = true; more;) {
        struct wrt_instance *i = c.instance;
        more = cross_out(s, &c);
        if (i->owner != s) continue;
        if (how.reset && i->owner_depth <= 1) reset_left(i);
        else if (how.badly && i->owner_depth <= 1) spoil(i, &how);
        wrt__instance_leave(i, s);
    }
}
void wrt__strand_release(struct wrt__strand *s)
{
    if (s->released) return;
    s->released = true;
    leave_all(s, (struct leaving){ .badly = false });
}
void wrt__strand_reset(struct wrt__strand *s)
{
    if (s->released) return;
    s->released = true;
    leave_all(s, (struct leaving){ .reset = true });
}
void wrt__strand_abandon(struct wrt__strand *s, bool preempted, uint64_t now)
{
    if (s->released) return;
    s->released = true;
    leave_all(s, (struct leaving){ .badly = true, .preempted = preempted, .now = now });
}
void wrt__strand_fini(struct wrt__strand *s)
{
    wrt__strand_release(s);
    wrt__free(s->store->alloc, s->stack, (size_t)s->slots * 8, WRT_TAG_STACK);
    s->stack = NULL;
    s->slots = 0;
}

/* ---- where it stands --------------------------------------------------------------------------------- */

/* Offset in the binary of what `ip` stands at: a checkpoint's block, an operator, or the function's
 * beginning. */
static uint32_t offset_at(const struct wrt__module *m, uint32_t func, uint32_t ip, bool at_checkpoint)
{
    uint32_t offset;
    if (at_checkpoint && wrt__checkpoint_at(m, func, ip, &offset)) return offset;
    if (wrt__operator_at(m, func, ip, &offset, NULL)) return offset;
    if (wrt__checkpoint_at(m, func, ip, &offset)) return offset;
    return m->funcs[func].first_op_offset;
}
bool wrt__walk_first(const struct wrt__strand *s, struct wrt__walk *w)
{
    *w = (struct wrt__walk){ .strand = s, .instance = s->instance, .fp = s->fp, .ip = s->ip };
    if (!s->instance || s->at_entry) return false;
    w->func = wrt__func_at(s->instance->module, s->ip);
    return w->func != UINT32_MAX; /* none: it has returned out of its first function */
}
bool wrt__walk_next(struct wrt__walk *w)
{
    const uint64_t *stack = w->strand->stack;
    uint64_t link = stack[w->fp + w->instance->module->funcs[w->func].link];
    if (link == WRT__LINK_HALT) return false;
    if (link == WRT__LINK_BORDER) {
        struct wrt__border b = wrt__border_read(stack + w->fp - 2);
        w->instance = w->strand->store->funcs[b.caller_ref].instance;
        w->fp = b.caller_fp;
        w->ip = b.call / 8;
    } else {
        w->ip = (uint32_t)link / 8;
        w->fp -= ((const uint16_t *)(w->instance->code + w->ip))[WRT__F_DELTA];
    }
    w->func = wrt__func_at(w->instance->module, w->ip);
    return w->func != UINT32_MAX;
}
size_t wrt__strand_frames(const struct wrt__strand *s, wrt_frame *out, size_t cap)
{
    struct wrt__walk w;
    size_t n = 0;
    for (bool more = wrt__walk_first(s, &w); more; more = wrt__walk_next(&w)) {
        if (n < cap) {
            const struct wrt__module *m = w.instance->module;
            uint32_t offset = offset_at(m, w.func, w.ip, n == 0 && s->unpaid);
            out[n] = (wrt_frame){ .func = w.func,
                .func_offset = offset - m->funcs[w.func].body_offset,
                .offset = offset,
                .func_name = wrt__func_name(m, w.func),
                .module_name = m->module_name };
        }
        n++;
    }
    return n;
}
bool wrt__strand_place(const struct wrt__strand *s, uint32_t *func, uint32_t *offset)
{
    if (!s->instance || s->at_entry) return false;
    const struct wrt__module *m = s->instance->module;
    *func = wrt__func_at(m, s->ip);
    if (*func == UINT32_MAX) return false;
    *offset = offset_at(m, *func, s->ip, s->unpaid) - m->funcs[*func].body_offset;
    return true;
}
