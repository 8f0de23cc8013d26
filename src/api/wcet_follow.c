/* api/wcet_follow: calls that are followed (include/wrt/wcet_measure.h, "Followed"). */
#include "api/objects.h"
#include "wcet/follow.h"

struct wrt_wcet_follower { const wrt_code *code; struct wrt__wcet_follow *of; };

wrt_status wrt_wcet_follower_new(const wrt_code *c, wrt_wcet_follower **out, wrt_error *err)
{
    wrt__error_clear(err);
    if (!c || !out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    const wrt_alloc *alloc = &c->engine->alloc;
    wrt_wcet_follower *f = wrt__alloc_zero(alloc, sizeof *f, WRT_TAG_OTHER);
    *out = NULL;
    if (!f) return wrt__fail(err, WRT_E_NOMEM, WRT__W_NO_ROOM, WRT__NO_OFFSET, "no memory to follow calls");
    wrt_status status = wrt__wcet_follow_new(c->module, alloc, &f->of, err);
    if (status != WRT_OK) {
        wrt__free(alloc, f, sizeof *f, WRT_TAG_OTHER);
        return status;
    }
    f->code = c;
    wrt__code_keep(c);
    *out = f;
    return WRT_OK;
}

void wrt_wcet_follower_free(wrt_wcet_follower *f)
{
    if (!f) return;
    const wrt_code *code = f->code;
    wrt__wcet_follow_free(f->of);
    wrt__free(&code->engine->alloc, f, sizeof *f, WRT_TAG_OTHER);
    wrt__code_drop(code);
}

void wrt_wcet_follower_reset(wrt_wcet_follower *f) { wrt__wcet_follow_reset(f->of); }

wrt_status wrt_wcet_follow(wrt_wcet_follower *f, wrt_str func, const uint64_t *args, size_t nargs,
    uint64_t fuel, uint64_t *steps, wrt_error *err)
{
    wrt__error_clear(err);
    return wrt__wcet_follow(f->of, func, args, nargs, fuel, steps, err);
}

bool wrt_wcet_followed_loop(
    const wrt_wcet_follower *f, uint32_t func, uint32_t loop, uint64_t *max, uint64_t *total)
{
    return wrt__wcet_followed_loop(f->of, func, loop, max, total);
}

uint64_t wrt_wcet_followed_calls(const wrt_wcet_follower *f, uint32_t func)
{
    return wrt__wcet_followed_calls(f->of, func);
}
