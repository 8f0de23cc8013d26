/* profile.h: the tree that profile.c keeps; api/profile.c reads it. */
#ifndef WRT_SRC_ENGINE_PROFILE_H
#define WRT_SRC_ENGINE_PROFILE_H

#include "engine/engine.h"

#ifndef WRT_PROFILE
#ifdef WRT_FREESTANDING
#define WRT_PROFILE 0 /* a small machine is not where one looks for hot spots */
#else
#define WRT_PROFILE 1
#endif
#endif

struct wrt__profile_node {
    const struct wrt__module *module;
    const struct wrt_code *code;
    uint32_t func, parent;          /* parent: node index or UINT32_MAX */
    uint32_t first, next;           /* children: node index + 1, 0 ends */
    uint64_t self, calls;
};
struct wrt__profile {
    const wrt_alloc *alloc;
    struct wrt__profile_node *nodes; uint32_t nodes_count, nodes_cap;
    uint32_t roots;
    bool cut;                       /* the tree was full: some fuel stands one level too high */
    bool calls_self;
    /* where the last block was */
    const struct wrt__strand *strand;
    const struct wrt__module *module;
    uint32_t fp, last_func, node;
};
struct wrt__profile *wrt__profile_new(const wrt_alloc *a);
void wrt__profile_free(struct wrt__profile *p);
#endif
