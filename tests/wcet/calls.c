/* Calls exports of one instance again and again with random arguments, under the unit prices; for
 * tests/wcet/repeated.py.
 *
 *     calls FILE CALLS SEED FUEL WRITES LOW HIGH ENTRY [OTHER...]
 *
 * Each round calls one of ENTRY and OTHERs; a line "NAME STATUS FUEL" for each: ok, trap, cut (FUEL was not
 * enough). Arguments of ENTRY are LOW..HIGH, or anything when LOW > HIGH. After a call that does not return
 * the instance is reset. WRITES bytes of the exported memory get random values between calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wrt/wrt.h>

enum { CALLS_MOST = 1 << 24, CALLS_OTHERS = 16 };

struct calls {
    wrt_engine *e;
    wrt_code *code;
    wrt_store *store;
    wrt_instance *instance;
    wrt_func *funcs[CALLS_OTHERS];
    const char **names;
    size_t count;
    uint64_t seed, fuel, low, high;
    wrt_error err;
};

static int calls_fail(const struct calls *c, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, c->err.message);
    return 2;
}

static uint64_t calls_random(struct calls *c)
{
    uint64_t x = c->seed += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t calls_argument(struct calls *c, bool entry)
{
    const uint64_t r = calls_random(c), x = calls_random(c);
    if (entry && c->low <= c->high) return c->low + x % (c->high - c->low + 1);
    switch (r % 5) {
    case 0: return x;
    case 1: return x % 8;
    case 2: return 0 - x % 20;
    case 3: return (uint64_t)1 << x % 64;
    default: return x % 1000;
    }
}

static int calls_read(struct calls *c, const char *path)
{
    static uint8_t bytes[CALLS_MOST];
    wrt_config config = WRT_INIT(wrt_config);
    FILE *f = fopen(path, "rb");
    if (!f) return calls_fail(c, path);
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    config.fuel = wrt_fuel_table_named(WRT_STR("unit"));
    if (wrt_engine_new(&config, &c->e, &c->err) != WRT_OK) return calls_fail(c, "engine");
    if (wrt_load(c->e, (wrt_bytes){ bytes, n }, NULL, &c->code, &c->err) != WRT_OK)
        return calls_fail(c, path);
    if (wrt_store_new(c->e, NULL, &c->store, &c->err) != WRT_OK) return calls_fail(c, "store");
    if (wrt_instantiate(c->store, NULL, c->code, &c->instance, &c->err) != WRT_OK) return calls_fail(c, path);
    for (size_t i = 0; i < c->count; i++) {
        const wrt_str name = { c->names[i], strlen(c->names[i]) };
        if (wrt_export_func(c->instance, name, &c->funcs[i], &c->err) != WRT_OK)
            return calls_fail(c, c->names[i]);
    }
    return 0;
}

static int calls_one(struct calls *c)
{
    const size_t which = c->count > 1 ? calls_random(c) % c->count : 0;
    const wrt_func_type type = wrt_func_type_of(c->funcs[which]);
    wrt_val args[8];
    wrt_task t;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    wrt_task_info info = WRT_INIT(wrt_task_info);
    if (type.params > 8) return calls_fail(c, "too many parameters");
    for (uint32_t i = 0; i < type.params; i++) {
        const bool narrow = type.kinds[i] == WRT_I32 || type.kinds[i] == WRT_F32;
        const uint64_t x = calls_argument(c, which == 0);
        args[i] = (wrt_val){ .kind = type.kinds[i], .of.u = narrow ? (uint32_t)x : x };
    }
    o.fuel = c->fuel;
    o.on_empty = WRT_FUEL_TRAP;
    if (wrt_task_start(c->store, c->funcs[which], args, type.params, &o, &t, &c->err) != WRT_OK) {
        return calls_fail(c, c->names[which]);
    }
    while (wrt_run(c->store, NULL) == WRT_PENDING) {
    }
    (void)wrt_task_info_get(c->store, t, &info);
    (void)wrt_task_close(c->store, t);
    printf("%s %s %llu\n", c->names[which],
        info.status == WRT_OK ? "ok" : info.guest_fuel + 1 >= c->fuel ? "cut" : "trap",
        (unsigned long long)info.guest_fuel);
    if (info.status == WRT_OK) return 0;
    return wrt_instance_reset(c->instance, &c->err) == WRT_OK ? 0 : calls_fail(c, "reset");
}

static void calls_scribble(struct calls *c, uint64_t writes)
{
    wrt_memory *m;
    wrt_span all;
    if (writes == 0 || wrt_export_memory(c->instance, WRT_STR("memory"), &m, &c->err) != WRT_OK) return;
    const uint64_t n = wrt_memory_pages(m) << 16;
    if (n == 0 || wrt_memory_view(m, 0, n, &all) != WRT_OK) return;
    for (; writes > 0; writes--) {
        const uint64_t r = calls_random(c), x = calls_random(c);
        all.p[r % 3 ? r / 3 % (n < 4096 ? n : 4096) : r / 3 % n] = (uint8_t)(x % 4 ? x >> 8 : x >> 8 & 15);
    }
}

int main(int argc, const char **argv)
{
    static struct calls c;
    if (argc < 9 || argc - 8 > CALLS_OTHERS) return calls_fail(&c, "usage: see tests/wcet/calls.c");
    uint64_t n = strtoull(argv[2], NULL, 10), writes = strtoull(argv[5], NULL, 10);
    c.seed = strtoull(argv[3], NULL, 10);
    c.fuel = strtoull(argv[4], NULL, 10);
    c.low = strtoull(argv[6], NULL, 10);
    c.high = strtoull(argv[7], NULL, 10);
    c.names = argv + 8;
    c.count = (size_t)argc - 8;
    int code = calls_read(&c, argv[1]);
    for (; n > 0 && code == 0; n--) {
        calls_scribble(&c, writes);
        code = calls_one(&c);
    }
    if (c.store) wrt_store_free(c.store);
    wrt_code_free(c.code);
    if (c.e) wrt_engine_free(c.e);
    return code;
}
