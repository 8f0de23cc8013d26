/* What Linux grants a thread that has deadlines: a processor of its own, a real-time class, locked memory. */
#define _GNU_SOURCE
#include "port/port.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(cpu_set_t) == sizeof((struct wrt__thread_was *)NULL)->affinity, "a set of processors");
enum { RT_DEADLINE = 6 };               /* SCHED_DEADLINE */

/* The kernel's form for sched_setattr, first version. */
struct rt_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static wrt_status rt_status(int error)
{
    switch (error) {
    case 0: return WRT_OK;
    case EPERM:
    case EACCES:
    case EBUSY:             /* the class has no such share left */
    case ENOMEM: return WRT_E_DENIED;
    case EINVAL: return WRT_E_ARG;
    default: return WRT_E_UNSUPPORTED;
    }
}

uint32_t wrt__port_cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return CPU_COUNT(&set) > 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

void wrt__port_thread_name(const char *name)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%s", name);
    (void)pthread_setname_np(pthread_self(), text);
    (void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);     /* of a thread without real-time class: 50 us */
}

wrt_status wrt__port_thread_pin(struct wrt__thread_was *was, uint32_t index)
{
    cpu_set_t all, one;
    CPU_ZERO(&all);
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof all, &all) != 0) return rt_status(errno);
    if (CPU_COUNT(&all) <= 0) return WRT_E_UNSUPPORTED;
    index %= (uint32_t)CPU_COUNT(&all);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all) || index-- > 0) continue;
        CPU_SET(cpu, &one);
        break;
    }
    if (sched_setaffinity(0, sizeof one, &one) != 0) return rt_status(errno);
    memcpy(was->affinity, &all, sizeof was->affinity);
    was->pinned = true;
    return WRT_OK;
}

/* By system calls: the C library remembers what it was told of a thread itself, and does not hear of the
 * rest. */
static bool rt_remember(struct wrt__thread_was *was)
{
    struct sched_param now = { .sched_priority = 0 };
    long policy = syscall(SYS_sched_getscheduler, 0);
    if (was->scheduled) return true;
    if (policy < 0 || syscall(SYS_sched_getparam, 0, &now) != 0) return false;
    was->policy = (int32_t)policy;
    was->priority = now.sched_priority;
    return true;
}

wrt_status wrt__port_thread_fifo(struct wrt__thread_was *was, uint32_t priority)
{
    struct sched_param p = { .sched_priority = (int)priority };
    wrt_status status;
    if (!rt_remember(was)) return WRT_E_UNSUPPORTED;
    status = syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p) == 0 ? WRT_OK : rt_status(errno);
    was->scheduled |= status == WRT_OK;
    return status;
}

wrt_status wrt__port_thread_deadline(struct wrt__thread_was *was, uint64_t runtime_ns, uint64_t period_ns)
{
#ifdef SYS_sched_setattr
    struct rt_attr a = { .size = sizeof a,
        .policy = RT_DEADLINE,
        .runtime = runtime_ns,
        .deadline = period_ns,
        .period = period_ns };
    if (!rt_remember(was)) return WRT_E_UNSUPPORTED;
    if (syscall(SYS_sched_setattr, 0, &a, 0) != 0) return rt_status(errno);
    was->scheduled = true;
    return WRT_OK;
#else
    (void)was, (void)runtime_ns, (void)period_ns;
    return WRT_E_UNSUPPORTED;
#endif
}

void wrt__port_thread_restore(const struct wrt__thread_was *was)
{
    if (was->scheduled) {
        struct sched_param p = { .sched_priority = was->priority };
        (void)syscall(SYS_sched_setscheduler, 0, was->policy, &p);
    }
    if (was->pinned)
        (void)sched_setaffinity(0, sizeof was->affinity, (const cpu_set_t *)(const void *)was->affinity);
}

wrt_status wrt__port_lock_memory(void)
{
    return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? WRT_OK : rt_status(errno);
}
