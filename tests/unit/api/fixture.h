/* An engine, a linker and a store on a counting allocator, and the binaries of tests/fixtures. */
#ifndef WRT_TESTS_API_FIXTURE_H
#define WRT_TESTS_API_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test.h"
#include <wrt/wrt.h>

struct world {
    struct test_heap heap;
    wrt_engine *e;
    wrt_linker *l;
    wrt_store *s;
    wrt_code *codes[16];
    uint32_t codes_count;
    wrt_error err;
};

/* The file tests/fixtures/NAME.wasm; the caller frees it. */
static wrt_bytes fixture_read(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/fixtures/%s.wasm", WRT_TEST_SOURCE, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "%s: cannot be read\n", path);
        abort();
    }
    uint8_t *p = malloc(1 << 20);
    size_t n = fread(p, 1, 1 << 20, f);
    fclose(f);
    return (wrt_bytes){ p, n };
}

static void fixture_free(wrt_bytes b)
{
    free((void *)(uintptr_t)b.p);
}

static wrt_status fixture_load(wrt_engine *e, const char *name, wrt_code **out, wrt_error *err)
{
    wrt_bytes b = fixture_read(name);
    wrt_status status = wrt_load(e, b, NULL, out, err);
    fixture_free(b);
    return status;
}

static inline void world_open_with(struct world *w, wrt_config c)
{
    memset(w, 0, sizeof *w);
    test_heap_init(&w->heap);
    c.alloc = &w->heap.alloc;
    CHECK_EQ(wrt_engine_new(&c, &w->e, &w->err), WRT_OK);
    CHECK_EQ(wrt_linker_new(w->e, &w->l, &w->err), WRT_OK);
    CHECK_EQ(wrt_store_new(w->e, NULL, &w->s, &w->err), WRT_OK);
}

static inline void world_open(struct world *w)
{
    world_open_with(w, WRT_INIT(wrt_config));
}

static inline wrt_code *world_code(struct world *w, const char *name)
{
    wrt_code *c = NULL;
    wrt_status status = fixture_load(w->e, name, &c, &w->err);
    if (status != WRT_OK) {
        fprintf(stderr, "%s: %s\n", name, w->err.message);
        abort();
    }
    w->codes[w->codes_count++] = c;
    return c;
}

static inline wrt_instance *world_instance(struct world *w, const char *name)
{
    wrt_instance *i = NULL;
    wrt_status status = wrt_instantiate(w->s, w->l, world_code(w, name), &i, &w->err);
    if (status != WRT_OK) {
        fprintf(stderr, "%s: %s: %s\n", name, w->err.where, w->err.message);
        abort();
    }
    return i;
}

static inline void world_close(struct world *w)
{
    wrt_store_free(w->s);
    wrt_linker_free(w->l);
    while (w->codes_count > 0) wrt_code_free(w->codes[--w->codes_count]);
    wrt_engine_free(w->e);
    CHECK_EQ(w->heap.live, 0);
    CHECK(!w->heap.broken);
}

/* Calls an export and answers its status; args and results in slots of wrt_val. */
static inline wrt_status world_call(
    struct world *w, wrt_instance *i, const char *name, const wrt_val *args, size_t n, wrt_val *out, size_t m)
{
    wrt_func *f;
    wrt_str text = { name, strlen(name) };
    wrt_status status = wrt_export_func(i, text, &f, &w->err);
    return status == WRT_OK ? wrt_call_sync(w->s, f, args, n, out, m, &w->err) : status;
}

static inline uint64_t world_global(struct world *w, wrt_instance *i, const char *name)
{
    wrt_global *g;
    wrt_val v = { 0 };
    wrt_str text = { name, strlen(name) };
    CHECK_EQ(wrt_export_global(i, text, &g, &w->err), WRT_OK);
    CHECK_EQ(wrt_global_get(g, &v), WRT_OK);
    return v.of.u;
}

static inline bool has_text(const char *text, const char *part)
{
    if (strstr(text, part)) return true;
    fprintf(stderr, "\"%s\" does not contain \"%s\"\n", text, part);
    return false;
}

#endif
