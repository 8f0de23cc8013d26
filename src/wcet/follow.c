/* follow: see the header. Every call begins with what the one before left; as long as all of it is known
 * there is one path, and its fuel is that of the run. */
#include "wcet/follow.h"
#include "wcet/abstract.h"

enum {
    FOLLOW_FUNCS = 64, FOLLOW_BYTES_LEAST = 24 << 20, FOLLOW_BYTES_PER_BYTE = 16,
    FOLLOW_ARENA = 16384, FOLLOW_W_OPEN = 702
};

struct follow_func {
    struct wrt__wcet_program p;
    struct wrt__wcet_bounds b;
    struct wrt__ax_result r;
};

struct wrt__wcet_follow {
    const struct wrt__module *m;
    const wrt_alloc *alloc;
    struct wrt__arena arena;
    struct wrt__wm_pool pool;
    struct wrt__ax_instance now, left;
    bool known;                     /* `now` is what the instance holds */
    struct follow_func *funcs[FOLLOW_FUNCS];
    uint32_t count;
    const struct follow_func *last; /* followed exactly; NULL: none was */
};

static wrt_status follow_nomem(wrt_error *err)
{
    return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory to follow calls");
}

static uint64_t follow_bytes(const struct wrt__module *m)
{
    return wrt__max_u64((uint64_t)m->source.n * FOLLOW_BYTES_PER_BYTE, FOLLOW_BYTES_LEAST);
}

void wrt__wcet_follow_reset(struct wrt__wcet_follow *f)
{
    f->pool.failed = f->pool.full = false;
    wrt__ax_instance_fresh(&f->now, f->m);
    f->known = !f->pool.failed;
    f->last = NULL;
}

wrt_status wrt__wcet_follow_new(
    const struct wrt__module *m, const wrt_alloc *alloc, struct wrt__wcet_follow **out, wrt_error *err)
{
    struct wrt__wcet_follow *f = wrt__alloc_zero(alloc, sizeof *f, WRT_TAG_OTHER);
    *out = NULL;
    if (!f) return follow_nomem(err);
    f->m = m;
    f->alloc = alloc;
    wrt__arena_init(&f->arena, alloc, FOLLOW_ARENA, WRT_TAG_OTHER);
    wrt__wm_pool_init(&f->pool, alloc, follow_bytes(m));
    const bool ready = wrt__ax_instance_init(&f->now, &f->pool, m)
        && wrt__ax_instance_init(&f->left, &f->pool, m);
    if (!ready) {
        wrt__wcet_follow_free(f);
        return follow_nomem(err);
    }
    wrt__wcet_follow_reset(f);
    *out = f;
    return WRT_OK;
}

void wrt__wcet_follow_free(struct wrt__wcet_follow *f)
{
    if (!f) return;
    for (uint32_t i = 0; i < f->count; i++) wrt__wcet_close(&f->funcs[i]->p);
    wrt__ax_instance_fini(&f->now);
    wrt__ax_instance_fini(&f->left);
    wrt__wm_pool_fini(&f->pool);
    wrt__arena_fini(&f->arena);
    wrt__free(f->alloc, f, sizeof *f, WRT_TAG_OTHER);
}

/* The function `name`, prepared once. */
static wrt_status follow_find(
    struct wrt__wcet_follow *f, wrt_str name, struct follow_func **out, wrt_error *err)
{
    const struct wrt__module *m = f->m;
    uint32_t n;
    if (!wrt__export_find(m, name, &n) || m->exports[n].kind != WRT__KIND_FUNC) {
        return wrt__fail(err, WRT_E_LINK, FOLLOW_W_OPEN, WRT__NO_OFFSET, "no such function is exported");
    }
    const uint32_t func = m->exports[n].index;
    for (uint32_t i = 0; i < f->count; i++) {
        *out = f->funcs[i];
        if ((*out)->p.entry == func) return WRT_OK;
    }
    if (func < m->funcs_imported || f->count == FOLLOW_FUNCS) {
        return wrt__fail(
            err, WRT_E_UNSUPPORTED, FOLLOW_W_OPEN, WRT__NO_OFFSET, "this function is not followed");
    }
    struct follow_func *made = wrt__arena_take(&f->arena, sizeof *made, 16);
    if (!made) return follow_nomem(err);
    wrt_status status = wrt__wcet_open(&made->p, m, func, err);
    if (status != WRT_OK) return status;
    status = wrt__wcet_bounds_init(&made->b, &made->p, err);
    if (status == WRT_OK && !wrt__ax_result_init(&made->r, &f->arena, &made->p)) status = follow_nomem(err);
    if (status != WRT_OK) {
        wrt__wcet_close(&made->p);
        return status;
    }
    f->funcs[f->count++] = made;
    *out = made;
    return WRT_OK;
}

static void follow_args(
    const struct follow_func *of, const uint64_t *args, size_t nargs, struct wrt__wv *out)
{
    const struct wrt__wcet_body *entry = &of->p.bodies[0];
    for (uint32_t i = 0; i < entry->params && i < WRT__WCET_ARGS; i++) {
        const bool wide = entry->locals[i] != WRT__I32 && entry->locals[i] != WRT__F32;
        out[i] = i < nargs ? wrt__wv_const(args[i] & wrt__wv_all(wide), wide) : wrt__wv_any(wide);
    }
}

static wrt_status follow_lost(struct wrt__wcet_follow *f, wrt_error *err, const char *why)
{
    f->known = false;
    return wrt__fail(err, WRT_E_UNSUPPORTED, FOLLOW_W_OPEN, WRT__NO_OFFSET, "%s", why);
}

wrt_status wrt__wcet_follow(struct wrt__wcet_follow *f, wrt_str name, const uint64_t *args, size_t nargs,
    uint64_t fuel, uint64_t *steps, wrt_error *err)
{
    struct follow_func *of = NULL;
    struct wrt__wv values[WRT__WCET_ARGS];
    f->last = NULL;
    if (!f->known) return follow_lost(f, err, "what the instance holds is not known");
    wrt_status status = follow_find(f, name, &of, err);
    if (status != WRT_OK) {
        f->known = false;
        return status;
    }
    follow_args(of, args, nargs, values);
    const struct wrt__ax_options o = { .steps = *steps,
        .bytes = follow_bytes(f->m),
        .loop_steps = *steps,
        .paths = 1,
        .width = 1,
        .args = values,
        .from = &f->now,
        .left = &f->left };
    wrt__ax_result_clear(&of->r, &of->p);
    f->left.never = true;
    status = wrt__ax_execute(&of->b, &o, &of->r, err);
    *steps -= wrt__min_u64(of->r.steps, *steps);
    if (status != WRT_OK) return status;
    const bool exact = of->r.end == WRT__AX_DONE && of->r.bounded && of->r.fuel_high == of->r.fuel_low;
    if (!exact || f->left.never || f->pool.failed) {
        return follow_lost(f, err, "the call depends on what is not known, or is too long");
    }
    if (fuel != WRT__WCET_INF && fuel != of->r.fuel_high) {
        return follow_lost(f, err, "the run used other fuel than its code says");
    }
    wrt__ax_instance_put(&f->now, &f->left);
    if (f->pool.failed) return follow_lost(f, err, "the memory is too large to be followed");
    f->last = of;
    return WRT_OK;
}

bool wrt__wcet_followed_loop(
    const struct wrt__wcet_follow *f, uint32_t func, uint32_t loop, uint64_t *max, uint64_t *total)
{
    const struct wrt__wcet_body *body = f->last && func < f->m->funcs_count
        ? wrt__wcet_body_of(&f->last->p, func) : NULL;
    if (!body || loop >= body->loops_count) return false;
    *max = f->last->r.loop_max[body->loop_first + loop];
    *total = f->last->r.loop_total[body->loop_first + loop];
    return true;
}

uint64_t wrt__wcet_followed_calls(const struct wrt__wcet_follow *f, uint32_t func)
{
    if (!f->last || func >= f->m->funcs_count) return 0;
    const uint32_t body = f->last->p.body_of[func];
    return body == WRT__WCET_NONE ? 0 : f->last->r.calls[body];
}
