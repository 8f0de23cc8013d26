/* hello: loads a module, gives it a host function, calls its exports.
 *
 *     cc hello.c $(pkg-config --cflags --libs wrt) && ./a.out
 *
 * prints:
 *
 *     guest: hello from WebAssembly
 *     add(40, 2) = 42
 */
#include <stdio.h>
#include <wrt/wrt.h>
#include "guests/hello.h"

/* The guest hands over a place in its memory; wrt_call_memory checks that it lies inside. */
static wrt_status print(void *ctx, wrt_call *call)
{
    (void)ctx;
    wrt_span text;
    if (wrt_call_memory(call, wrt_arg(call, 0).of.u32, wrt_arg(call, 1).of.u32, &text) != WRT_OK) {
        return wrt_raise(call, WRT_STR("print: outside of the memory"));
    }
    printf("guest: %.*s\n", (int)text.n, (const char *)text.p);
    return WRT_OK;
}

static int fail(const char *what, const wrt_error *err)
{
    fprintf(stderr, "%s: %s (%s)\n", what, err->message, err->where);
    return 1;
}

int main(void)
{
    wrt_error err;
    wrt_engine *engine;
    wrt_linker *linker;
    wrt_store *store;
    wrt_code *code;
    wrt_instance *instance;
    wrt_func *greet, *add;

    wrt_config config = WRT_INIT(wrt_config);
    if (wrt_engine_new(&config, &engine, &err) != WRT_OK) return fail("engine", &err);
    wrt_bytes binary = { hello_wasm, sizeof hello_wasm };
    if (wrt_load(engine, binary, NULL, &code, &err) != WRT_OK) return fail("load", &err);

    wrt_fn_def def = WRT_INIT(wrt_fn_def);
    def.name = WRT_STR("print");
    def.sig = WRT_STR("(i32 i32) -> ()");
    def.fn = print;
    def.fuel = 10;              /* the price of a call */
    if (wrt_linker_new(engine, &linker, &err) != WRT_OK) return fail("linker", &err);
    if (wrt_link_funcs(linker, WRT_STR("host"), &def, 1, &err) != WRT_OK) return fail("link", &err);

    if (wrt_store_new(engine, NULL, &store, &err) != WRT_OK) return fail("store", &err);
    if (wrt_instantiate(store, linker, code, &instance, &err) != WRT_OK) return fail("instantiate", &err);
    if (wrt_export_func(instance, WRT_STR("greet"), &greet, &err) != WRT_OK) return fail("greet", &err);
    if (wrt_export_func(instance, WRT_STR("add"), &add, &err) != WRT_OK) return fail("add", &err);

    if (wrt_call_sync(store, greet, NULL, 0, NULL, 0, &err) != WRT_OK) return fail("greet", &err);
    wrt_val args[2] = { wrt_i32(40), wrt_i32(2) }, sum;
    if (wrt_call_sync(store, add, args, 2, &sum, 1, &err) != WRT_OK) return fail("add", &err);
    printf("add(40, 2) = %d\n", sum.of.i32);

    wrt_store_free(store);      /* the reverse order: what was made last goes first */
    wrt_linker_free(linker);
    wrt_code_free(code);
    wrt_engine_free(engine);
    return 0;
}
