/* follow: calls of one instance done again by abstract execution, to count what they did. Knows a module, not
 * instances. Text: include/wrt/wcet_measure.h, "Followed". */
#ifndef WRT_SRC_WCET_FOLLOW_H
#define WRT_SRC_WCET_FOLLOW_H

#include "base/base.h"

struct wrt__module;
struct wrt__wcet_follow;

/* The module and the allocator must outlive it.  errors  WRT_E_NOMEM */
wrt_status wrt__wcet_follow_new(
    const struct wrt__module *m, const wrt_alloc *alloc, struct wrt__wcet_follow **out, wrt_error *err);
void wrt__wcet_follow_free(struct wrt__wcet_follow *f);
void wrt__wcet_follow_reset(struct wrt__wcet_follow *f);
/* As wrt_wcet_follow; fuel UINT64_MAX: not known. */
wrt_status wrt__wcet_follow(struct wrt__wcet_follow *f, wrt_str name, const uint64_t *args, size_t nargs,
    uint64_t fuel, uint64_t *steps, wrt_error *err);
bool wrt__wcet_followed_loop(
    const struct wrt__wcet_follow *f, uint32_t func, uint32_t loop, uint64_t *max, uint64_t *total);
uint64_t wrt__wcet_followed_calls(const struct wrt__wcet_follow *f, uint32_t func);

#endif
