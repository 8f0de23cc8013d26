/* Sleeping on a word: futex. */
#define _GNU_SOURCE
#include "port/port.h"
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void wrt__port_wait(const volatile uint32_t *addr, uint32_t expected, uint64_t until_ns)
{
    struct timespec until = { .tv_sec = (time_t)(until_ns / 1000000000u),
        .tv_nsec = (long)(until_ns % 1000000000u) };
    /* The bitset form takes the deadline as a point of the monotonic clock, so nothing drifts over spurious
     * returns. */
    (void)syscall(SYS_futex, addr, FUTEX_WAIT_BITSET_PRIVATE, expected,
        until_ns == UINT64_MAX ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
}

void wrt__port_wake(const volatile uint32_t *addr)
{
    (void)syscall(SYS_futex, addr, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
