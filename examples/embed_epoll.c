/* embed_epoll: an application keeps its own epoll loop; wrt is one more descriptor in it. A guest task reads
 * a pipe that the application writes to on its own timer. Nobody polls, no thread is started.
 *
 *     cc embed_epoll.c $(pkg-config --cflags --libs wrt) && ./a.out
 *
 * prints:
 *
 *     application: tick 1
 *     guest: 7 bytes
 *     application: tick 2
 *     guest: 7 bytes
 *     application: tick 3
 *     guest: 0 bytes
 *     guest ends: 14 bytes in all
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <wrt/wrt.h>
#include "guests/reader.h"

static int pipe_ends[2];
static wrt_error err;

static void check(bool ok)
{
    if (ok) return;
    fprintf(stderr, "failed: %s\n", err.message);
    exit(1);
}

/* Runs when the pipe is ready: the bytes go straight into the guest's memory. */
static wrt_status read_now(void *ctx, wrt_call *call, wrt_status st, uint64_t events)
{
    (void)ctx, (void)events;
    wrt_span to;
    if (st < 0) return st;
    if (wrt_call_memory(call, wrt_arg(call, 0).of.u32, wrt_arg(call, 1).of.u32, &to) != WRT_OK) {
        return wrt_raise(call, WRT_STR("read: outside of the memory"));
    }
    wrt_val n = wrt_i32((int32_t)read(pipe_ends[0], to.p, to.n));
    printf("guest: %d bytes\n", n.of.i32);
    return wrt_return(call, &n, 1);
}

static wrt_status host_read(void *ctx, wrt_call *call)
{
    (void)ctx;
    wrt_completion k;
    wrt_status st = wrt_defer(call, read_now, NULL, NULL, &k);
    if (st == WRT_OK) st = wrt_complete_on_fd(wrt_call_store(call), k, pipe_ends[0], 1);
    return st == WRT_OK ? WRT_PENDING : st;
}

static void on_tick(int timer, int tick)
{
    uint64_t times;
    check(read(timer, &times, sizeof times) == sizeof times);
    printf("application: tick %d\n", tick);
    if (tick < 3) check(dprintf(pipe_ends[1], "line %d\n", tick) > 0);
    if (tick == 3) close(pipe_ends[1]);
}

int main(void)
{
    wrt_engine *engine;
    wrt_linker *linker;
    wrt_store *store;
    wrt_code *code;
    wrt_instance *instance;
    wrt_func *count;
    wrt_task task;
    wrt_val total;
    wrt_config config = WRT_INIT(wrt_config);
    wrt_fn_def read_def = WRT_INIT(wrt_fn_def);
    read_def.name = WRT_STR("read");
    read_def.sig = WRT_STR("(i32 i32) -> (i32)");
    read_def.fn = host_read;
    check(wrt_engine_new(&config, &engine, &err) == WRT_OK);
    check(wrt_load(engine, (wrt_bytes){ reader_wasm, sizeof reader_wasm }, NULL, &code, &err) == WRT_OK);
    check(wrt_linker_new(engine, &linker, &err) == WRT_OK);
    check(wrt_link_funcs(linker, WRT_STR("host"), &read_def, 1, &err) == WRT_OK);
    check(wrt_store_new(engine, NULL, &store, &err) == WRT_OK);
    check(wrt_instantiate(store, linker, code, &instance, &err) == WRT_OK);
    check(wrt_export_func(instance, WRT_STR("count"), &count, &err) == WRT_OK);
    check(wrt_task_start(store, count, NULL, 0, NULL, &task, &err) == WRT_OK);

    int loop = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0), tick = 0;
    struct itimerspec period = { { 0, 100000000 }, { 0, 100000000 } };
    struct epoll_event of_timer = { .events = EPOLLIN, .data = { .fd = timer } };
    struct epoll_event of_wrt = { .events = EPOLLIN, .data = { .fd = wrt_poll_fd(store) } };
    check(pipe(pipe_ends) == 0 && timerfd_settime(timer, 0, &period, NULL) == 0);
    check(epoll_ctl(loop, EPOLL_CTL_ADD, timer, &of_timer) == 0);
    check(epoll_ctl(loop, EPOLL_CTL_ADD, of_wrt.data.fd, &of_wrt) == 0);
    wrt_status st = wrt_run(store, NULL);
    while (st == WRT_IDLE || st == WRT_PENDING) {
        struct epoll_event event;
        int64_t ns = wrt_poll_timeout_ns(store);
        int n = epoll_wait(loop, &event, 1, ns < 0 ? -1 : (int)((ns + 999999) / 1000000));
        if (n == 1 && event.data.fd == timer) on_tick(timer, ++tick);
        st = wrt_run(store, NULL);
    }
    check(wrt_task_result(store, task, &total, 1, &err) == WRT_OK);
    printf("guest ends: %d bytes in all\n", total.of.i32);
    wrt_store_free(store);
    wrt_linker_free(linker);
    wrt_code_free(code);
    wrt_engine_free(engine);
    return 0;
}
