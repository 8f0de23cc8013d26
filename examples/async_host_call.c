/* async_host_call: four tasks ask a service that answers late and in another order, from another OS thread.
 * A waiting task is parked: it costs a few hundred bytes and no thread. The guest knows nothing of all this.
 *
 *     cc async_host_call.c $(pkg-config --cflags --libs wrt) -pthread && ./a.out
 *
 * prints:
 *
 *     4 requests are under way
 *     4 requests are under way
 *       a task ends with 221
 *       a task ends with 841
 *       a task ends with 1861
 *       a task ends with 3281
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <wrt/wrt.h>
#include "guests/ask.h"

enum { TASKS = 4 };

struct request { wrt_completion completion; int key; };
struct service { wrt_inbox *inbox; struct request requests[TASKS]; int count; };

static void check(wrt_status st, const char *what, const wrt_error *err)
{
    if (st >= 0) return;
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

/* The host function takes the request and answers "pending": the executor goes on with the next task. */
static wrt_status ask(void *ctx, wrt_call *call)
{
    struct service *service = ctx;
    struct request *r = &service->requests[service->count];
    wrt_status st = wrt_defer(call, NULL, NULL, NULL, &r->completion);
    if (st != WRT_OK) return st;
    r->key = wrt_arg(call, 0).of.i32;
    service->count++;
    return WRT_PENDING;
}

/* Another thread answers, newest first. Posting takes no lock and cannot fail for want of room. */
static void *answer_all(void *ctx)
{
    struct service *service = ctx;
    while (service->count > 0) {
        struct request *r = &service->requests[--service->count];
        wrt_complete_post(service->inbox, r->completion, WRT_OK, (uint64_t)(r->key * r->key));
    }
    return NULL;
}

static void task_done(void *ctx, wrt_store *store, wrt_task task, wrt_status st)
{
    (void)ctx;
    wrt_error err;
    wrt_val sum;
    check(st, "task", &(wrt_error){ .message = "failed" });
    check(wrt_task_result(store, task, &sum, 1, &err), "result", &err);
    printf("  a task ends with %d\n", sum.of.i32);
}

int main(void)
{
    wrt_error err;
    wrt_engine *engine;
    wrt_linker *linker;
    wrt_store *store;
    wrt_code *code;
    struct service service = { 0 };
    wrt_bytes binary = { ask_wasm, sizeof ask_wasm };
    wrt_config config = WRT_INIT(wrt_config);
    wrt_fn_def def = WRT_INIT(wrt_fn_def);
    def.name = WRT_STR("ask");
    def.sig = WRT_STR("(i32) -> (i32)");
    def.fn = ask;
    def.ctx = &service;
    check(wrt_engine_new(&config, &engine, &err), "engine", &err);
    check(wrt_load(engine, binary, NULL, &code, &err), "load", &err);
    check(wrt_linker_new(engine, &linker, &err), "linker", &err);
    check(wrt_link_funcs(linker, WRT_STR("service"), &def, 1, &err), "link", &err);
    check(wrt_store_new(engine, NULL, &store, &err), "store", &err);
    service.inbox = wrt_inbox_of(store);

    for (int i = 0; i < TASKS; i++) {   /* a core instance runs one call at a time: one each */
        wrt_instance *instance;
        wrt_func *sum;
        wrt_task task;
        wrt_val key = wrt_i32(10 * (i + 1));
        wrt_task_opts options = WRT_INIT(wrt_task_opts);
        options.done = task_done;
        check(wrt_instantiate(store, linker, code, &instance, &err), "instantiate", &err);
        check(wrt_export_func(instance, WRT_STR("sum"), &sum, &err), "sum", &err);
        check(wrt_task_start(store, sum, &key, 1, &options, &task, &err), "start", &err);
    }
    while (wrt_run(store, NULL) == WRT_IDLE) {  /* every task waits for an answer */
        printf("%d requests are under way\n", service.count);
        pthread_t thread;
        if (pthread_create(&thread, NULL, answer_all, &service) != 0) return 1;
        pthread_join(thread, NULL);
    }
    wrt_inbox_drop(service.inbox);
    wrt_store_free(store);
    wrt_linker_free(linker);
    wrt_code_free(code);
    wrt_engine_free(engine);
    return 0;
}
