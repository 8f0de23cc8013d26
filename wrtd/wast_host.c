/* wast_host: the module `spectest` that specification scripts import from. */
#include "wd.h"

#if WRTD_HAVE_JANSSON
#include "wast.h"

static wrt_status spectest_print(void *ctx, wrt_call *call)
{
    (void)ctx;
    (void)call;
    return WRT_OK;
}

static const struct { const char *name, *sig;
} prints[] = {
    { "print", "" },
    { "print_i32", "(i32) -> ()" },
    { "print_i64", "(i64) -> ()" },
    { "print_f32", "(f32) -> ()" },
    { "print_f64", "(f64) -> ()" },
    { "print_i32_f32", "(i32 f32) -> ()" },
    { "print_f64_f64", "(f64 f64) -> ()" },
};

static wrt_status spectest_globals(wrt_linker *l, wrt_store *s, wrt_error *e)
{
    const struct { const char *name; wrt_val v;
    } globals[] = {
        { "global_i32", wrt_i32(666) },
        { "global_i64", wrt_i64(666) },
        { "global_f32", wrt_f32(666.6f) },
        { "global_f64", wrt_f64(666.6) },
    };
    wrt_status status = WRT_OK;
    for (size_t k = 0; k < WD_COUNT(globals) && status == WRT_OK; k++) {
        wrt_global *g;
        status = wrt_global_new(s, globals[k].v, false, &g, e);
        if (status == WRT_OK) status = wrt_link_global(l, WRT_STR("spectest"), wd_str(globals[k].name), g, e);
    }
    return status;
}

wrt_status wast_spectest(wrt_linker *l, wrt_store *s, wrt_error *e)
{
    wrt_memory *memory;
    wrt_table *table;
    wrt_status status = WRT_OK;
    for (size_t k = 0; k < WD_COUNT(prints) && status == WRT_OK; k++) {
        wrt_fn_def d = { .size = sizeof d,
            .name = wd_str(prints[k].name),
            .sig = wd_str(prints[k].sig),
            .fn = spectest_print };
        status = wrt_link_funcs(l, WRT_STR("spectest"), &d, 1, e);
    }
    if (status == WRT_OK) status = spectest_globals(l, s, e);
    if (status == WRT_OK) status = wrt_memory_new(s, 1, 2, true, &memory, e);
    if (status == WRT_OK) status = wrt_link_memory(l, WRT_STR("spectest"), WRT_STR("memory"), memory, e);
    if (status == WRT_OK) status = wrt_table_new(s, WRT_FUNCREF, 10, 20, true, &table, e);
    if (status == WRT_OK) status = wrt_link_table(l, WRT_STR("spectest"), WRT_STR("table"), table, e);
    return status;
}
#endif
