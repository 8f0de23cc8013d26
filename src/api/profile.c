/* profile.c (api): the exact profile as rows and as folded stacks. */
#include "api/objects.h"
#include "engine/profile.h"

wrt_status wrt_profile_start(wrt_store *s, wrt_error *err)
{
    if (!s) return wrt__fail(err, WRT_E_ARG, 410, WRT__NO_OFFSET, "no store");
    if (s->core.profile) return WRT_OK;
    wrt_status status = wrt__engine_open(s->engine, err);
    if (status != WRT_OK) return status;
    s->core.profile = wrt__profile_new(s->core.alloc);
    return s->core.profile
        ? WRT_OK
        : wrt__fail(err, WRT_E_NOMEM, WRT__W_NO_ROOM, WRT__NO_OFFSET, "no memory for a profile");
}
size_t wrt_profile_rows(wrt_store *s, wrt_profile_row *out, size_t cap)
{
    const struct wrt__profile *p = s ? s->core.profile : NULL;
    size_t n = 0;
    for (uint32_t i = 0; p && i < p->nodes_count; i++) { /* nodes of one function merge into its row */
        const struct wrt__profile_node *node = &p->nodes[i];
        size_t k = 0;
        while (k < n && k < cap && !(out[k].code == node->code && out[k].func == node->func)) k++;
        if (k == cap) return p->nodes_count; /* too small; there are never more rows than nodes */
        if (k == n) out[n++] = (wrt_profile_row){ .code = node->code, .func = node->func };
        out[k].self_fuel += node->self;
        out[k].calls += node->calls;
    }
    return n;
}

enum { PROFILE_LINE = 8192, PROFILE_DEPTH = 128 };
static size_t profile_name(char *line, size_t at, const struct wrt__profile_node *node)
{
    wrt_str name = wrt__func_name(node->module, node->func);
    if (name.n == 0) return at + wrt__format(line + at, PROFILE_LINE - at, "func[%u]", node->func);
    return at + wrt__format(line + at, PROFILE_LINE - at, "%S", &name);
}
wrt_status wrt_profile_folded(wrt_store *s, void (*write)(void *ctx, wrt_str line), void *ctx)
{
    const struct wrt__profile *p = s ? s->core.profile : NULL;
    if (!p || !write) return WRT_E_STATE;
    char *line = wrt__alloc(s->core.alloc, PROFILE_LINE, WRT_TAG_OTHER);
    if (!line) return WRT_E_NOMEM;
    for (uint32_t i = 0; i < p->nodes_count; i++) {
        if (p->nodes[i].self == 0) continue;
        uint32_t path[PROFILE_DEPTH], depth = 0;
        for (uint32_t n = i; n != UINT32_MAX && depth < PROFILE_DEPTH; n = p->nodes[n].parent)
            path[depth++] = n;
        size_t at = 0;
        for (uint32_t k = depth; k > 0 && at < PROFILE_LINE - 600; k--) {
            if (k < depth) at += wrt__format(line + at, PROFILE_LINE - at, ";");
            at = profile_name(line, at, &p->nodes[path[k - 1]]);
            if (at > PROFILE_LINE - 40) at = PROFILE_LINE - 40; /* long names are cut */
        }
        at += wrt__format(line + at, PROFILE_LINE - at, " %lu", p->nodes[i].self);
        write(ctx, (wrt_str){ line, at });
    }
    wrt__free(s->core.alloc, line, PROFILE_LINE, WRT_TAG_OTHER);
    return WRT_OK;
}
