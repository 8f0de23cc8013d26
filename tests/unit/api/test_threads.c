/* One engine and one code in several threads; each thread has its own linker and store. For the thread
 * sanitizer. */
#include <pthread.h>
#include "fixture.h"

enum { THREADS = 4, THREAD_ROUNDS = 50 };

struct shared {
    wrt_engine *e;
    wrt_code *code;
};

static void *thread_main(void *ctx)
{
    const struct shared *x = ctx;
    uintptr_t bad = 0;
    wrt_linker *l;
    wrt_store *s;
    wrt_instance *i;
    wrt_func *f;
    wrt_val out;
    wrt_error err;
    for (int k = 0; k < THREAD_ROUNDS; k++) {
        if (wrt_linker_new(x->e, &l, &err) != WRT_OK || wrt_store_new(x->e, NULL, &s, &err) != WRT_OK) {
            return (void *)1;
        }
        bad += wrt_instantiate(s, l, x->code, &i, &err) != WRT_OK;
        bad += wrt_link_instance(l, WRT_STR("m"), i, &err) != WRT_OK;
        bad += wrt_export_func(i, WRT_STR("bump"), &f, &err) != WRT_OK;
        bad += wrt_call_sync(s, f, NULL, 0, &out, 1, &err) != WRT_OK || out.of.i32 != 8;
        wrt_linker_free(l);
        wrt_store_free(s);
    }
    return (void *)bad;
}

TEST(threads_share_engine_and_code)
{
    struct shared x;
    pthread_t threads[THREADS];
    wrt_error err;
    void *bad;
    CHECK_EQ(wrt_engine_new(NULL, &x.e, &err), WRT_OK);
    CHECK_EQ(fixture_load(x.e, "tiny", &x.code, &err), WRT_OK);
    for (int k = 0; k < THREADS; k++) CHECK_EQ(pthread_create(&threads[k], NULL, thread_main, &x), 0);
    for (int k = 0; k < THREADS; k++) {
        CHECK_EQ(pthread_join(threads[k], &bad), 0);
        CHECK(!bad);
    }
    wrt_code_free(x.code);
    wrt_engine_free(x.e);
}
