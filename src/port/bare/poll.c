/* A board has no descriptors. `open` answers NULL, so nothing else can be reached but by a bug of ours. */
#include "port/port.h"

bool wrt__port_has_poll(void)
{
    return false;
}

struct wrt__poll *wrt__port_poll_open(const wrt_alloc *alloc)
{
    (void)alloc;
    return NULL;
}

void wrt__port_poll_close(struct wrt__poll *p)
{
    WRT_ASSERT(!p);
}

int wrt__port_poll_fd(const struct wrt__poll *p)
{
    (void)p;
    return -1;
}

wrt_status wrt__port_poll_add(struct wrt__poll *p, int fd, uint32_t events, void *tag)
{
    (void)p, (void)fd, (void)events, (void)tag;
    return WRT_E_UNSUPPORTED;
}

bool wrt__port_poll_reserve(struct wrt__poll *p, uint32_t watches)
{
    (void)p, (void)watches;
    return true;
}

void wrt__port_poll_del(struct wrt__poll *p, void *tag)
{
    (void)p, (void)tag;
}

size_t wrt__port_poll_wait(struct wrt__poll *p, uint64_t until_ns, struct wrt__poll_event *out, size_t cap)
{
    (void)p, (void)until_ns, (void)out, (void)cap;
    return 0;
}

void wrt__port_poll_wake(struct wrt__poll *p)
{
    (void)p;
}
