/* profile: exact fuel per function and per call stack. While it is on, every edge leaves the loop; the driver
 * books the block's price here. The tree of calls follows the frame pointer: deeper is a call, shallower a
 * return. */
#include "engine/profile.h"
#include "engine/run.h"
#include "wasm/translate.h"

enum { PROFILE_NODES_MOST = 1 << 20 };

struct wrt__profile *wrt__profile_new(const wrt_alloc *a)
{
    struct wrt__profile *p = wrt__alloc_zero(a, sizeof *p, WRT_TAG_OTHER);
    if (!p) return NULL;
    p->alloc = a;
    p->last_func = UINT32_MAX;
    return p;
}
void wrt__profile_free(struct wrt__profile *p)
{
    if (!p) return;
    wrt__free(p->alloc, p->nodes, p->nodes_cap * sizeof *p->nodes, WRT_TAG_OTHER);
    wrt__free(p->alloc, p, sizeof *p, WRT_TAG_OTHER);
}
/* Child of `parent` for a function; UINT32_MAX when the tree is full: its fuel goes to the parent. */
static uint32_t child_of(struct wrt__profile *p, uint32_t parent, const struct wrt__module *m,
    const struct wrt_code *code, uint32_t func)
{
    uint32_t *head = parent == UINT32_MAX ? &p->roots : &p->nodes[parent].first;
    for (uint32_t i = *head; i != 0; i = p->nodes[i - 1].next) {
        if (p->nodes[i - 1].module == m && p->nodes[i - 1].func == func) return i - 1;
    }
    if (p->nodes_count >= PROFILE_NODES_MOST ||
        !wrt__grow(p->alloc, &p->nodes, &p->nodes_cap, p->nodes_count + 1, sizeof *p->nodes, WRT_TAG_OTHER)) {
        p->cut = true;
        return UINT32_MAX;
    }
    head = parent == UINT32_MAX ? &p->roots : &p->nodes[parent].first;
    p->nodes[p->nodes_count] = (struct wrt__profile_node){
        .module = m, .code = code, .func = func, .parent = parent, .next = *head
    };
    *head = ++p->nodes_count;
    return p->nodes_count - 1;
}
/* The stack anew, after a switch to another strand or instance: outermost first, at most PROFILE_DEPTH
 * frames. */
static uint32_t node_of_frames(struct wrt__profile *p, const struct wrt__strand *s)
{
    enum { PROFILE_DEPTH = 64 };
    struct wrt__walk walk[PROFILE_DEPTH], at;
    uint32_t depth = 0, node = UINT32_MAX;
    for (bool more = wrt__walk_first(s, &at); more && depth < PROFILE_DEPTH; more = wrt__walk_next(&at)) {
        walk[depth++] = at;
    }
    while (depth > 0) {
        const struct wrt__walk *w = &walk[--depth];
        uint32_t next = child_of(p, node, w->instance->module, w->instance->code_handle, w->func);
        if (next == UINT32_MAX) break;
        node = next;
    }
    return node;
}
void wrt__profile_block(struct wrt__strand *s)
{
    struct wrt__profile *p = s->store->profile;
    const struct wrt__module *m = s->instance->module;
    const struct wrt__func *f = p->last_func == UINT32_MAX || p->module != m ? NULL : &m->funcs[p->last_func];
    uint32_t func = f && s->ip >= f->code && s->ip < f->code + f->code_words ? p->last_func
                                                                             : wrt__func_at(m, s->ip);
    if (p->strand != s || p->module != m || p->node == UINT32_MAX) {
        p->node = node_of_frames(p, s);
        if (p->node != UINT32_MAX) p->nodes[p->node].calls += s->ip == m->funcs[func].code;
    } else if (s->ip == m->funcs[func].code && (s->fp != p->fp || func != p->last_func || p->calls_self)) {
        uint32_t parent = p->node;
        if (s->fp <= p->fp && p->node != UINT32_MAX)
            parent = p->nodes[p->node].parent; /* a tail call, or a loop's head at the entry */
        p->node = child_of(p, parent, m, s->instance->code_handle, func);
        if (p->node != UINT32_MAX) p->nodes[p->node].calls++;
        else p->node = parent;
    } else if (func != p->last_func || s->fp < p->fp) {
        uint32_t node = p->node; /* a return: up to the nearest frame of that function */
        while (node != UINT32_MAX) {
            node = p->nodes[node].parent;
            if (node != UINT32_MAX && p->nodes[node].func == func && p->nodes[node].module == m) break;
        }
        p->node = node != UINT32_MAX ? node : node_of_frames(p, s);
    }
    p->strand = s;
    p->module = m;
    p->fp = s->fp;
    p->last_func = func;
    if (p->node != UINT32_MAX) p->nodes[p->node].self += s->pending;
}
