/* Calls an export with many arguments, each time on an instance as it is when it is new, under the prices of
 * a table; for tests/wcet/inputs.py.
 *
 *     inputs FILE COUNT SEED FUEL TABLE LOW HIGH ENTRY [ARGUMENT...]
 *
 * First with each ARGUMENT for all parameters: a line "ARGUMENT STATUS FUEL". Then COUNT times with arguments
 * LOW..HIGH, anything when LOW > HIGH; a quarter of them differ in few bits from those of the dearest run so
 * far. Last line: "all RUNS RETURNED CUT LEAST MOST ARGUMENT": least fuel of those that returned, most of
 * all, and the first argument of that run. CUT runs needed more than FUEL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wrt/wrt.h>

enum { INPUTS_MOST = 1 << 24, INPUTS_PARAMS = 8 };

struct inputs {
    wrt_engine *e;
    wrt_code *code;
    wrt_store *store;
    wrt_instance *instance;
    wrt_func *func;
    uint64_t seed, fuel, low, high;
    uint64_t runs, returned, cut, least, most, dearest[INPUTS_PARAMS];
    wrt_error err;
};

static int inputs_fail(const struct inputs *in, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, in->err.message);
    return 2;
}

static uint64_t inputs_random(struct inputs *in)
{
    uint64_t x = in->seed += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t inputs_argument(struct inputs *in)
{
    const uint64_t r = inputs_random(in), x = inputs_random(in);
    if (in->low <= in->high) return in->low + x % (in->high - in->low + 1);
    switch (r % 8) {
    case 0: return x % 8;
    case 1: return 0 - x % 20;
    case 2: return (uint64_t)1 << x % 64;
    case 3: return ((uint64_t)1 << x % 64) - 1;
    case 4: return x % 1000;
    default: return x;
    }
}

static int inputs_read(struct inputs *in, const char *path, const char *table, const char *entry)
{
    static uint8_t bytes[INPUTS_MOST];
    wrt_config config = WRT_INIT(wrt_config);
    FILE *f = fopen(path, "rb");
    if (!f) return inputs_fail(in, path);
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    config.fuel = wrt_fuel_table_named((wrt_str){ table, strlen(table) });
    if (!config.fuel) return inputs_fail(in, table);
    if (wrt_engine_new(&config, &in->e, &in->err) != WRT_OK) return inputs_fail(in, "engine");
    if (wrt_load(in->e, (wrt_bytes){ bytes, n }, NULL, &in->code, &in->err) != WRT_OK
        || wrt_store_new(in->e, NULL, &in->store, &in->err) != WRT_OK
        || wrt_instantiate(in->store, NULL, in->code, &in->instance, &in->err) != WRT_OK) {
        return inputs_fail(in, path);
    }
    const wrt_str name = { entry, strlen(entry) };
    if (wrt_export_func(in->instance, name, &in->func, &in->err) != WRT_OK) return inputs_fail(in, entry);
    if (wrt_func_type_of(in->func).params > INPUTS_PARAMS) return inputs_fail(in, "too many parameters");
    return 0;
}

/* One run with these bits, and the instance as before. */
static int inputs_one(struct inputs *in, const uint64_t *bits, wrt_task_info *info)
{
    const wrt_func_type type = wrt_func_type_of(in->func);
    wrt_val args[INPUTS_PARAMS];
    wrt_task t;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    for (uint32_t i = 0; i < type.params; i++) {
        const bool narrow = type.kinds[i] == WRT_I32 || type.kinds[i] == WRT_F32;
        args[i] = (wrt_val){ .kind = type.kinds[i], .of.u = narrow ? (uint32_t)bits[i] : bits[i] };
    }
    o.fuel = in->fuel;
    o.on_empty = WRT_FUEL_TRAP;
    if (wrt_task_start(in->store, in->func, args, type.params, &o, &t, &in->err) != WRT_OK) {
        return inputs_fail(in, "start");
    }
    while (wrt_run(in->store, NULL) == WRT_PENDING) {
    }
    *info = (wrt_task_info)WRT_INIT(wrt_task_info);
    (void)wrt_task_info_get(in->store, t, info);
    (void)wrt_task_close(in->store, t);
    return wrt_instance_reset(in->instance, &in->err) == WRT_OK ? 0 : inputs_fail(in, "reset");
}

static void inputs_count(struct inputs *in, const uint64_t *bits, const wrt_task_info *info)
{
    in->runs++;
    if (info->status == WRT_OK) {
        in->returned++;
        if (info->guest_fuel < in->least) in->least = info->guest_fuel;
    } else if (info->guest_fuel + 1 >= in->fuel) {
        in->cut++;
    }
    if (info->guest_fuel <= in->most) return;
    in->most = info->guest_fuel;
    memcpy(in->dearest, bits, sizeof in->dearest);
}

static int inputs_all(struct inputs *in, uint64_t count)
{
    const wrt_func_type type = wrt_func_type_of(in->func);
    wrt_task_info info;
    int code = 0;
    for (; count > 0 && code == 0; count--) {
        uint64_t bits[INPUTS_PARAMS];
        const bool near = in->low > in->high && inputs_random(in) % 4 == 0;
        for (uint32_t i = 0; i < INPUTS_PARAMS; i++) {
            const uint64_t r = inputs_random(in);
            bits[i] = inputs_argument(in);
            if (near) bits[i] = in->dearest[i] ^ (uint64_t)1 << r % 32 ^ (r >> 40 & 1) << (r >> 16) % 32;
            if (i < type.params && type.kinds[i] == WRT_I32) bits[i] = (uint32_t)bits[i];
        }
        code = inputs_one(in, bits, &info);
        inputs_count(in, bits, &info);
    }
    return code;
}

int main(int argc, const char **argv)
{
    static struct inputs in;
    if (argc < 9) return inputs_fail(&in, "usage: see tests/wcet/inputs.c");
    in.seed = strtoull(argv[3], NULL, 10);
    in.fuel = strtoull(argv[4], NULL, 10);
    in.low = strtoull(argv[6], NULL, 10);
    in.high = strtoull(argv[7], NULL, 10);
    in.least = UINT64_MAX;
    int code = inputs_read(&in, argv[1], argv[5], argv[8]);
    for (int i = 9; i < argc && code == 0; i++) {
        uint64_t bits[INPUTS_PARAMS];
        wrt_task_info info;
        for (uint32_t k = 0; k < INPUTS_PARAMS; k++) bits[k] = strtoull(argv[i], NULL, 10);
        code = inputs_one(&in, bits, &info);
        inputs_count(&in, bits, &info);
        printf("%s %s %llu\n", argv[i], info.status == WRT_OK ? "ok" : "no",
            (unsigned long long)info.guest_fuel);
    }
    if (code == 0) code = inputs_all(&in, strtoull(argv[2], NULL, 10));
    if (code == 0) {
        printf("all %llu %llu %llu %llu %llu %llu\n", (unsigned long long)in.runs,
            (unsigned long long)in.returned, (unsigned long long)in.cut,
            (unsigned long long)(in.returned ? in.least : 0), (unsigned long long)in.most,
            (unsigned long long)in.dearest[0]);
    }
    if (in.store) wrt_store_free(in.store);
    wrt_code_free(in.code);
    if (in.e) wrt_engine_free(in.e);
    return code;
}
