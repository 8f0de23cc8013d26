/* What an engine, a code, a store, an instance and a task take of the block they live in, on this machine:
 * bytes asked of the allocator, without linear memory. Runs beside the board example; tests/board/run.sh
 * prints its text. */
#include <wrt/wrt.h>
#include "board.h"
#include "guest_wasm.h"

enum { TASKS = 8 };
static _Alignas(16) uint8_t block[1536 * 1024];
static wrt_alloc under;
static size_t live, linear, peak; /* `linear`: memories of guests, apart */

static void *counting(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag)
{
    void *q = under.resize(under.ctx, p, old_n, new_n, align, tag);
    (void)ctx;
    if (!q && new_n != 0) return NULL;
    if (tag == WRT_TAG_MEMORY) {
        linear = linear - old_n + new_n;
    } else {
        live = live - old_n + new_n;
    }
    if (live > peak) peak = live;
    return q;
}
static void say(const char *text, size_t value)
{
    char digits[24];
    size_t n = 0, k = 0;
    while (text[n]) n++;
    board_write(text, n);
    do {
        digits[sizeof digits - ++k] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    board_write(digits + sizeof digits - k, k);
    board_write("\n", 1);
}

int main(void)
{
    wrt_alloc alloc = { NULL, counting };
    wrt_error err = { 0 };
    wrt_engine *e;
    wrt_code *code;
    wrt_linker *l;
    wrt_store *s;
    wrt_instance *instance;
    wrt_func *f;
    wrt_task tasks[TASKS];
    wrt_load_opts load = WRT_INIT(wrt_load_opts);
    wrt_config cfg = WRT_INIT(wrt_config);
    wrt_store_opts so = WRT_INIT(wrt_store_opts);
    wrt_val n = wrt_i32(6);
    if (!wrt_alloc_static(block, sizeof block, &under)) return 2;
    cfg.alloc = &alloc;
    cfg.limits.tasks = 16;
    cfg.limits.stack_bytes = 16384;
    so.virtual_time = true;
    so.ns_per_kfuel = 50000;
    load.keep_source = true;
    if (wrt_engine_new(&cfg, &e, &err)) return 3;
    say("ram engine           ", live);
    size_t before = live;
    peak = live;
    if (wrt_load(e, (wrt_bytes){ guest_wasm, sizeof guest_wasm }, &load, &code, &err)) return 4;
    say("ram code, of 2 KiB   ", live - before);
    say("ram code per KiB     ", (live - before) * 1024 / sizeof guest_wasm);
    say("ram while loading    ", peak - before);
    before = live;
    if (wrt_linker_new(e, &l, &err) || wrt_store_new(e, &so, &s, &err)) return 5;
    say("ram linker and store ", live - before);
    before = live;
    if (wrt_instantiate(s, l, code, &instance, &err)) return 6;
    say("ram first instance   ", live - before);
    before = live;
    if (wrt_instantiate(s, l, code, &instance, &err)) return 6;
    say("ram next instance    ", live - before);
    say("ram linear memory    ", linear);
    if (wrt_export_func(instance, (wrt_str){ "sort", 4 }, &f, &err)) return 7;
    before = live;
    for (int i = 0; i < TASKS; i++) {
        if (wrt_task_start(s, f, &n, 1, NULL, &tasks[i], &err)) return 8;
    }
    say("ram task, mean of 8  ", (live - before) / TASKS);
    wrt_turn turn = { .fuel = 100000 };
    while (wrt_run(s, &turn) == WRT_PENDING) {}
    say("ram task, after run  ", (live - before) / TASKS);
    wrt_store_free(s);
    wrt_linker_free(l);
    wrt_code_free(code);
    wrt_engine_free(e);
    say("ram left             ", live);
    return live != 0;
}
