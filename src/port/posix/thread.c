/* Threads of POSIX. */
#define _POSIX_C_SOURCE 200809L
#include "port/port.h"
#include <pthread.h>

struct wrt__thread {
    const wrt_alloc *alloc;
    pthread_t id;
    void (*run)(void *arg);
    void *arg;
};

bool wrt__port_threads(void)
{
    return true;
}

static void *thread_main(void *p)
{
    struct wrt__thread *t = p;
    t->run(t->arg);
    return NULL;
}

wrt_status wrt__port_thread_start(
    const wrt_alloc *alloc, void (*run)(void *arg), void *arg, struct wrt__thread **out)
{
    struct wrt__thread *t = wrt__alloc(alloc, sizeof *t, WRT_TAG_OTHER);
    if (!t) return WRT_E_NOMEM;
    *t = (struct wrt__thread){ .alloc = alloc, .run = run, .arg = arg };
    if (pthread_create(&t->id, NULL, thread_main, t) != 0) {
        wrt__free(alloc, t, sizeof *t, WRT_TAG_OTHER);
        return WRT_E_IO;
    }
    *out = t;
    return WRT_OK;
}

void wrt__port_thread_join(struct wrt__thread *t)
{
    (void)pthread_join(t->id, NULL);
    wrt__free(t->alloc, t, sizeof *t, WRT_TAG_OTHER);
}
