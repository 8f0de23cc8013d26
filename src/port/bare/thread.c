/* One thread, which is the board's: everything else about threads is not there. */
#include "port/port.h"

bool wrt__port_threads(void)
{
    return false;
}

wrt_status wrt__port_thread_start(
    const wrt_alloc *alloc, void (*run)(void *arg), void *arg, struct wrt__thread **out)
{
    (void)alloc, (void)run, (void)arg;
    *out = NULL;
    return WRT_E_UNSUPPORTED;
}

void wrt__port_thread_join(struct wrt__thread *t)
{
    (void)t;
}

uint32_t wrt__port_cpus(void)
{
    return 1;
}

void wrt__port_thread_name(const char *name)
{
    (void)name;
}

wrt_status wrt__port_thread_pin(struct wrt__thread_was *was, uint32_t index)
{
    (void)was, (void)index;
    return WRT_E_UNSUPPORTED;
}

wrt_status wrt__port_thread_fifo(struct wrt__thread_was *was, uint32_t priority)
{
    (void)was, (void)priority;
    return WRT_E_UNSUPPORTED;
}

wrt_status wrt__port_thread_deadline(struct wrt__thread_was *was, uint64_t runtime_ns, uint64_t period_ns)
{
    (void)was, (void)runtime_ns, (void)period_ns;
    return WRT_E_UNSUPPORTED;
}

void wrt__port_thread_restore(const struct wrt__thread_was *was)
{
    (void)was;
}

wrt_status wrt__port_lock_memory(void)
{
    return WRT_E_UNSUPPORTED;
}
