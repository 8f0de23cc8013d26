/* call: calls that leave the loop: into another instance, into a host function, tail calls, the first
 * function of a strand. A border frame (two slots: caller's function record and call, caller's frame and
 * number of results) lies between frames of different instances and never overlaps, so what is above it can
 * be cut off. */
#include "engine/run.h"

bool wrt__instance_enter(struct wrt_instance *i, struct wrt__strand *s)
{
    if (!i->owner || i->owner == s) {
        i->owner = s;
        s->wanted = NULL;
        if (i->owner_depth++ == 0 && i->watched) i->store->crossed(i->store, i, s, true);
        return true;
    }
    if (!wrt__node_linked(&s->lock_node)) wrt__list_push(&i->waiters, &s->lock_node);
    s->wanted = i;
    return false;
}
void wrt__instance_leave(struct wrt_instance *i, struct wrt__strand *s)
{
    WRT_ASSERT(i->owner == s);
    if (i->owner_depth > 0) i->owner_depth--;
    if (i->owner_depth > 0) return;
    i->owner = NULL;
    i->strand = NULL;
    if (i->watched) i->store->crossed(i->store, i, s, false);
    if (i->waiters.count > 0 && i->store->lock_free) i->store->lock_free(i->store, i);
}
static enum wrt__step enter_instance(struct wrt__strand *s, struct wrt_instance *i)
{
    if (i->poisoned && s->mends != i) return wrt__fail_step(s, WRT_E_POISONED);
    if (wrt__instance_enter(i, s)) return WRT__STEP_ON;
    s->stop = WRT__RUN_LOCKED;
    return WRT__STEP_STOP;
}

/* The callee's frame begins at slot `base`; its arguments are there. */
static enum wrt__step push_frame(
    struct wrt__strand *s, const struct wrt__funcrec *f, uint32_t base, uint64_t link)
{
    if (!wrt__stack_reserve(s, (uint64_t)base + f->frame)) return WRT__STEP_TRAP;
    uint64_t *frame = s->stack + base;
    frame[f->link] = link;
    memset(frame + f->link + 1, 0, f->zero * sizeof *frame);
    s->fp = base;
    s->ip = f->code;
    return wrt__edge(s, f->cost);
}
static void accumulators_from(struct wrt__strand *s, uint64_t slot)
{
    s->acc_i = slot;
    s->acc_d = d_of(slot);
    s->acc_f = f_of((uint32_t)slot);
}

/* ---- host functions ---------------------------------------------------------------------------------- */

enum wrt__step wrt__call_finish_host(struct wrt__strand *s)
{
    const struct wrt__funcrec *f = &s->store->funcs[s->target];
    if (!s->instance) return WRT__STEP_DONE;
    const uint64_t *ins = wrt__ins_of(s);
    if (f->results > 0) accumulators_from(s, s->stack[s->progress[0]]);
    s->progress[0] = 0;
    uint32_t price = ((const uint16_t *)ins)[WRT__F_PRICE];
    s->ip += WRT__CALL_WORDS;
    return wrt__edge(s, price);
}
/* Arguments are at `base`; results go there. */
static enum wrt__step call_host(struct wrt__strand *s, uint32_t func, uint32_t base)
{
    const struct wrt__funcrec *f = &s->store->funcs[func];
    struct wrt__host_func *host = f->host;
    if (!wrt__stack_reserve(s, (uint64_t)base + (f->params > f->results ? f->params : f->results)))
        return WRT__STEP_TRAP;
    enum wrt__step paid = wrt__pay_here(s, host->fuel, true);
    if (paid != WRT__STEP_ON) return paid;
    wrt__settle(s); /* the host reads an exact count */
    s->target = func;
    s->progress[0] = base;
    struct wrt_call call = { .strand = s, .host = host, .slots = s->stack + base, .instance = s->instance };
    wrt_status status = host->fn(host->ctx, &call);
    if (s->instance) wrt__attach(s); /* it may have grown memories, tables or the store */
    if (status == WRT_PENDING) {
        s->stop = WRT__RUN_BLOCKED;
        return WRT__STEP_STOP;
    }
    if (status == WRT_E_FUEL) { /* made again after refuelling: then it is charged again */
        s->host_fuel -= host->fuel;
        s->slice += host->fuel;
        if (s->hard != INT64_MAX) s->hard += host->fuel;
        s->progress[0] = 0;
        s->stop = WRT__RUN_BUDGET;
        return WRT__STEP_STOP;
    }
    if (status < 0) return wrt__fail_step(s, status);
    if (status == WRT_YIELDED) { /* the turn ends at the next edge */
        s->yielded = true;
        if (s->slice > 0) s->slice = 0;
    }
    if (!wrt__wanted(s)) wrt__grant(s); /* else the next edge looks at it */
    return wrt__call_finish_host(s);
}
void wrt__strand_pending_call(struct wrt__strand *s, struct wrt_call *out)
{
    *out = (struct wrt_call){ .strand = s,
        .host = s->store->funcs[s->target].host,
        .slots = s->stack + s->progress[0],
        .instance = s->instance };
}
void wrt__strand_host_done(struct wrt__strand *s, wrt_status status)
{
    s->host_called = true;
    s->status = status;
}

/* ---- between instances ------------------------------------------------------------------------------- */

static enum wrt__step call_border_out(struct wrt__strand *s, const struct wrt__funcrec *f, uint32_t delta)
{
    struct wrt_instance *caller = s->instance;
    uint32_t args = s->fp + delta, most = f->params > f->results ? f->params : f->results,
             border = args + most;
    if (!wrt__stack_reserve(s, (uint64_t)border + 2 + f->frame)) return WRT__STEP_TRAP;
    enum wrt__step entered = enter_instance(s, f->instance);
    if (entered != WRT__STEP_ON) return entered;
    uint64_t *w = s->stack + border;
    w[0] = (uint64_t)caller->func_refs[caller->module->funcs_imported] << 32 | (uint64_t)s->ip * 8;
    w[1] = (uint64_t)s->fp << 32 | f->results;
    memmove(w + 2, s->stack + args, f->params * sizeof *w);
    s->instance = f->instance;
    wrt__attach(s);
    return push_frame(s, f, border + 2, WRT__LINK_BORDER);
}
enum wrt__step wrt__call_border(struct wrt__strand *s)
{
    const uint64_t *results = wrt__frame_of(s);
    struct wrt__border b = wrt__border_read(results - 2);
    struct wrt_instance *callee = s->instance;
    s->instance = s->store->funcs[b.caller_ref].instance;
    s->fp = b.caller_fp;
    s->ip = b.call / 8;
    const uint16_t *call = (const uint16_t *)wrt__ins_of(s);
    memmove(wrt__frame_of(s) + call[WRT__F_DELTA], results, b.results * sizeof *results);
    if (b.results > 0) accumulators_from(s, wrt__frame_of(s)[call[WRT__F_DELTA]]);
    wrt__instance_leave(callee, s);
    wrt__attach(s);
    s->ip += WRT__CALL_WORDS;
    return wrt__edge(s, call[WRT__F_PRICE]);
}
enum wrt__step wrt__call_ref(struct wrt__strand *s, uint32_t func, uint32_t delta)
{
    const struct wrt__funcrec *f = &s->store->funcs[func];
    if (f->host) return call_host(s, func, s->fp + delta);
    if (f->instance != s->instance) return call_border_out(s, f, delta);
    return push_frame(s, f, s->fp + delta, (uint64_t)s->ip * 8);
}
/* To a function of another instance. A frame that was called across a border is replaced: border and results
 * are the same, its instance is left. Any other gives up what lies above its arguments for a border that
 * returns to where it would have returned: its instance still has a frame below, or is the strand's first. */
static enum wrt__step tail_call_out(
    struct wrt__strand *s, const struct wrt__funcrec *f, uint64_t back, uint32_t first)
{
    struct wrt_instance *left = s->instance;
    uint32_t most = f->params > f->results ? f->params : f->results;
    uint32_t base = s->fp + (back == WRT__LINK_BORDER ? 0 : most + 2);
    if (!wrt__stack_reserve(s, (uint64_t)base + f->frame)) return WRT__STEP_TRAP;
    enum wrt__step entered = enter_instance(s, f->instance);
    if (entered != WRT__STEP_ON) return entered;
    uint64_t *frame = s->stack + base;
    memmove(frame, wrt__frame_of(s) + first, f->params * sizeof *frame);
    s->instance = f->instance;
    if (back == WRT__LINK_BORDER) {
        wrt__instance_leave(left, s);
    } else {
        uint32_t delta = ((const uint16_t *)(left->code + (uint32_t)back / 8))[WRT__F_DELTA];
        frame[-2] = (uint64_t)left->func_refs[left->module->funcs_imported] << 32 | (uint32_t)back;
        frame[-1] = (uint64_t)(s->fp - delta) << 32 | f->results;
    }
    wrt__attach(s);
    return push_frame(s, f, base, WRT__LINK_BORDER);
}
/* The frame is given up for the callee's. Host functions have none: they are called and returned from. */
enum wrt__step wrt__tail_call(struct wrt__strand *s, uint32_t func, uint32_t link, uint32_t first)
{
    const struct wrt__funcrec *f = &s->store->funcs[func];
    if (f->host) return wrt__call_ref(s, func, first);
    if (f->instance != s->instance) return tail_call_out(s, f, wrt__frame_of(s)[link], first);
    if (!wrt__stack_reserve(s, (uint64_t)s->fp + f->frame)) return WRT__STEP_TRAP;
    uint64_t *frame = wrt__frame_of(s), back = frame[link];
    memmove(frame, frame + first, f->params * sizeof *frame);
    return push_frame(s, f, s->fp, back);
}
bool wrt__table_entry(struct wrt__strand *s, uint32_t table, uint32_t index, uint32_t type, uint32_t *func)
{
    const struct wrt_table *t = s->instance->tables[table];
    s->trap = WRT_TRAP_UNDEFINED_ELEMENT;
    if (index >= t->size) return false;
    s->trap = WRT_TRAP_NULL_ELEMENT;
    if (t->elems[index] == 0) return false;
    *func = (uint32_t)t->elems[index] - 1;
    s->trap = WRT_TRAP_SIGNATURE;
    if (s->store->funcs[*func].type != s->instance->type_ids[type]) return false;
    s->trap = WRT_TRAP_NONE;
    return true;
}
enum wrt__step wrt__call_enter(struct wrt__strand *s)
{
    const struct wrt__funcrec *f = &s->store->funcs[s->func];
    if (f->host) {
        s->at_entry = false;
        enum wrt__step step = call_host(s, s->func, 0);
        if (step == WRT__STEP_STOP && s->stop != WRT__RUN_BLOCKED) s->at_entry = true;
        return step;
    }
    if (!wrt__stack_reserve(s, f->frame)) return WRT__STEP_TRAP;    /* no frame yet: nothing to leave */
    enum wrt__step entered = enter_instance(s, f->instance);
    if (entered != WRT__STEP_ON) return entered;
    s->at_entry = false;
    s->instance = f->instance;
    s->ip = f->code;
    wrt__attach(s);
    s->unpaid = true; /* until its first block is paid there is nothing to give back */
    enum wrt__step step = push_frame(s, f, 0, WRT__LINK_HALT);
    if (step == WRT__STEP_ON) s->unpaid = false;
    return step;
}
