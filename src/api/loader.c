/* api/loader: a binary that arrives in pieces (include/wrt/code.h, "code"). Owns the bytes until they are all
 * there; then they become the code's without a copy. What can be refused early is: another format, too many
 * bytes. */
#include "api/objects.h"

enum { LOADER_FIRST = 4096, LOADER_HEAD = 8 };

struct wrt_loader {
    wrt_engine *engine;                 /* kept */
    wrt_load_opts opts;
    uint8_t *bytes;
    size_t count, cap;
    wrt_status failed;
};

wrt_status wrt_loader_new(
    wrt_engine *e, const wrt_load_opts *o, uint64_t bytes, wrt_loader **out, wrt_error *err)
{
    wrt_load_opts opts;
    wrt__error_clear(err);
    if (!out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "out is NULL");
    *out = NULL;
    wrt_status status = wrt__code_options(e, (wrt_bytes){ NULL, 0 }, o, &opts, err);
    if (status != WRT_OK) return status;
    if (opts.keep_source) {
        return wrt__fail(
            err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "keep_source: a loader has its own bytes");
    }
    if (bytes > e->limits.module_bytes) {
        return wrt__fail_table(err, WRT_E_LIMIT, WRT__W_FULL, "module_bytes",
            "the limit module_bytes is %lu, the binary will have %lu", e->limits.module_bytes, bytes);
    }
    wrt_loader *l = wrt__alloc_zero(&e->alloc, sizeof *l, WRT_TAG_OTHER);
    size_t cap = bytes > 0 ? (size_t)bytes : LOADER_FIRST;
    uint8_t *room = l ? wrt__alloc(&e->alloc, cap, WRT_TAG_CODE) : NULL;
    if (!room) {
        if (l) wrt__free(&e->alloc, l, sizeof *l, WRT_TAG_OTHER);
        return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "code", "no room for a binary");
    }
    *l = (wrt_loader){ .engine = e, .opts = opts, .bytes = room, .cap = cap };
    wrt__engine_keep(e);
    *out = l;
    return WRT_OK;
}

void wrt_loader_free(wrt_loader *l)
{
    if (!l) return;
    wrt_engine *e = l->engine;
    if (l->bytes) wrt__free(&e->alloc, l->bytes, l->cap, WRT_TAG_CODE);
    wrt__free(&e->alloc, l, sizeof *l, WRT_TAG_OTHER);
    wrt__engine_drop(e);
}

static bool loader_room(wrt_loader *l, size_t need)
{
    if (need <= l->cap) return true;
    uint64_t cap = wrt__min_u64(wrt__max_u64(need, (uint64_t)l->cap * 2), l->engine->limits.module_bytes);
    uint8_t *more = cap <= SIZE_MAX
        ? wrt__resize(&l->engine->alloc, l->bytes, l->cap, (size_t)cap, WRT_TAG_CODE)
        : NULL;
    if (!more) return false;
    l->bytes = more;
    l->cap = (size_t)cap;
    return true;
}

/* The first eight bytes say whether it is worth to go on: decoding them alone answers for them. */
static wrt_status loader_head(wrt_loader *l, size_t before, wrt_error *err)
{
    static const uint8_t head[LOADER_HEAD] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    size_t have = l->count < LOADER_HEAD ? l->count : LOADER_HEAD;
    if (before >= LOADER_HEAD || memcmp(l->bytes, head, have) == 0) return WRT_OK;
    struct wrt__load_errors errors = { NULL, 0, 0, NULL };
    struct wrt__code_source from = { { l->bytes, have }, false, &errors };
    return wrt__code_load(l->engine, from, &l->opts, NULL, err);
}

static wrt_status loader_take(wrt_loader *l, wrt_bytes chunk, wrt_error *err)
{
    uint64_t most = l->engine->limits.module_bytes;
    size_t before = l->count;
    if (chunk.n > most - before) {
        wrt__fail_table(err, WRT_E_LIMIT, WRT__W_FULL, "module_bytes",
            "the limit module_bytes is %lu, the binary has more", most);
        if (err) err->offset = most;
        return WRT_E_LIMIT;
    }
    if (!loader_room(l, before + chunk.n)) {
        return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "code", "no room for the binary");
    }
    if (chunk.n > 0) memcpy(l->bytes + before, chunk.p, chunk.n);
    l->count += chunk.n;
    return loader_head(l, before, err);
}

static wrt_status loader_open(const wrt_loader *l, wrt_error *err)
{
    wrt__error_clear(err);
    if (!l) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the loader is NULL");
    wrt_status status = wrt__engine_open(l->engine, err);
    if (status == WRT_OK && l->failed != WRT_OK) {
        return wrt__fail(err, WRT_E_STATE, WRT__W_ARG, WRT__NO_OFFSET, "the loader has failed before");
    }
    return status;
}

wrt_status wrt_loader_feed(wrt_loader *l, wrt_bytes chunk, wrt_error *err)
{
    wrt_status status = loader_open(l, err);
    if (status != WRT_OK) return status;
    if (!chunk.p && chunk.n > 0) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "an argument is NULL");
    }
    status = loader_take(l, chunk, err);
    if (status != WRT_E_NOMEM) l->failed = status;      /* without memory it may be tried again */
    return status;
}

wrt_status wrt_loader_finish(wrt_loader *l, wrt_code **out, wrt_error *err)
{
    if (out) *out = NULL;
    wrt_status status = loader_open(l, err);
    if (status == WRT_OK && !out) {
        status = wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "out is NULL");
    }
    if (status == WRT_OK) {
        wrt_alloc *a = &l->engine->alloc;
        /* Giving back what was too much may fail; then a copy is made as in wrt_load. */
        uint8_t *exact =
            l->count == l->cap ? l->bytes : wrt__resize(a, l->bytes, l->cap, l->count, WRT_TAG_CODE);
        if (exact || l->count == 0) {
            l->bytes = NULL;
            status = wrt__code_load(
                l->engine, (struct wrt__code_source){ { exact, l->count }, true, NULL }, &l->opts, out, err);
        } else {
            status = wrt__code_load(l->engine,
                (struct wrt__code_source){ .bytes = { l->bytes, l->count } }, &l->opts, out, err);
        }
    }
    wrt_loader_free(l);
    return status;
}
