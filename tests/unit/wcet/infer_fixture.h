/* A module read twice: by the analysis, and by an engine that runs it under the same prices. */
#ifndef WRT_TESTS_INFER_FIXTURE_H
#define WRT_TESTS_INFER_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test.h"
#include "wcet/abstract.h"
#include <wrt/wrt.h>

struct subject {
    struct test_heap heap;
    struct wrt_limits limits;
    uint8_t *bytes;
    size_t n;
    struct wrt__module *m;
    struct wrt__wcet_program p;
    struct wrt__wcet_bounds b;
    wrt_engine *e;
    wrt_code *code;
    wrt_error err;
};

/* A copy of the bytes. */
static inline bool subject_take(struct subject *s, const uint8_t *bytes, size_t n)
{
    memset(s, 0, sizeof *s);
    s->bytes = malloc(n);
    s->n = n;
    if (!s->bytes) abort();
    memcpy(s->bytes, bytes, n);
    test_heap_init(&s->heap);
    CHECK_EQ(wrt__limits_fill(&s->limits, NULL, NULL), WRT_OK);
    const struct wrt__load_opts o = { .fuel = &wrt__fuel_unit, .limits = &s->limits, .keep_source = true };
    CHECK_EQ(wrt__module_load(&s->heap.alloc, (wrt_bytes){ s->bytes, s->n }, &o, &s->m, &s->err), WRT_OK);
    if (!s->m) printf("%s at %llu\n", s->err.message, (unsigned long long)s->err.offset);
    wrt_config c = WRT_INIT(wrt_config);
    c.fuel = &wrt__fuel_unit;
    CHECK_EQ(wrt_engine_new(&c, &s->e, &s->err), WRT_OK);
    CHECK_EQ(wrt_load(s->e, (wrt_bytes){ s->bytes, s->n }, NULL, &s->code, &s->err), WRT_OK);
    return s->m && s->code;
}

static inline bool subject_read(struct subject *s, const char *path)
{
    enum { MOST = 1 << 24 };
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    uint8_t *bytes = malloc(MOST);
    size_t n = bytes ? fread(bytes, 1, MOST, f) : 0;
    fclose(f);
    const bool ok = subject_take(s, bytes, n);
    free(bytes);
    return ok;
}

static inline void subject_done(struct subject *s)
{
    wrt_code_free(s->code);
    wrt_engine_free(s->e);
    wrt__module_free(s->m);
    CHECK_EQ(s->heap.live, 0);
    CHECK(!s->heap.broken);
    free(s->bytes);
}

/* Analyses an export; subject_close afterwards. */
static inline wrt_status subject_open(struct subject *s, const char *name)
{
    uint32_t index = 0;
    CHECK(wrt__export_find(s->m, (wrt_str){ name, strlen(name) }, &index));
    memset(&s->p, 0, sizeof s->p);
    memset(&s->b, 0, sizeof s->b);
    wrt_status status = wrt__wcet_open(&s->p, s->m, s->m->exports[index].index, &s->err);
    return status == WRT_OK ? wrt__wcet_bounds_init(&s->b, &s->p, &s->err) : status;
}

static inline void subject_close(struct subject *s) { wrt__wcet_close(&s->p); }

/* One run in a fresh instance with the bits of each argument; fuel in *fuel. WRT_E_FUEL: more than `most`. */
static inline wrt_status subject_run(
    struct subject *s, const char *name, uint64_t arg, uint64_t most, uint64_t *fuel)
{
    wrt_store *store;
    wrt_instance *instance;
    wrt_func *f;
    wrt_task t;
    wrt_val args[8];
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_task_info info = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_store_new(s->e, NULL, &store, &s->err), WRT_OK);
    CHECK_EQ(wrt_instantiate(store, NULL, s->code, &instance, &s->err), WRT_OK);
    CHECK_EQ(wrt_export_func(instance, (wrt_str){ name, strlen(name) }, &f, &s->err), WRT_OK);
    const wrt_func_type type = wrt_func_type_of(f);
    for (uint32_t i = 0; i < type.params && i < 8; i++) {
        args[i] = (wrt_val){ .kind = type.kinds[i] };
        const bool narrow = type.kinds[i] == WRT_I32 || type.kinds[i] == WRT_F32;
        args[i].of.u = narrow ? (uint32_t)arg : arg;
    }
    o.fuel = most;
    o.on_empty = WRT_FUEL_TRAP;
    CHECK_EQ(wrt_task_start(store, f, args, type.params, &o, &t, &s->err), WRT_OK);
    while (wrt_run(store, NULL) == WRT_PENDING) {
    }
    CHECK_EQ(wrt_task_info_get(store, t, &info), WRT_OK);
    *fuel = info.guest_fuel;
    wrt_store_free(store);
    return info.status;
}

/* Numbers at which programs behave differently, and any others. */
static inline uint64_t subject_argument(uint64_t *seed)
{
    uint64_t r = test_random(seed), x = test_random(seed);
    switch (r % 6) {
    case 0: return x;
    case 1: return x % 8;
    case 2: return 0 - x % 20;
    case 3: return (uint64_t)1 << x % 64;
    case 4: return x % 1000;
    default: return x & UINT32_MAX;
    }
}

#endif
