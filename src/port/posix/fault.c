/* The end of a process whose own invariants broke, and lines to standard error. */
#define _POSIX_C_SOURCE 200809L
#include "port/port.h"
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

_Noreturn void wrt__panic(const char *file, int line, const char *what)
{
    char text[256];
    size_t n = wrt__format(text, sizeof text, "wrt: internal check failed: %s (%s:%d)\n", what, file, line);
    ssize_t written = write(STDERR_FILENO, text, n < sizeof text ? n : sizeof text - 1);
    (void)written;
    abort();
}

void wrt__port_log(int level, wrt_str message)
{
    (void)level;
    struct iovec parts[3] = {
        { .iov_base = (void *)(uintptr_t)"wrt: ", .iov_len = 5 },
        { .iov_base = (void *)(uintptr_t)message.p, .iov_len = message.n },
        { .iov_base = (void *)(uintptr_t)"\n", .iov_len = 1 },
    };
    ssize_t written = writev(STDERR_FILENO, parts, 3);
    (void)written;
}
