/* beneath: bounded lookups by openat2(2), Linux 5.6 and later. */
#define _GNU_SOURCE
#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

int wrt__port_open_beneath(int dir, const char *path, int flags, uint32_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

int wrt__port_dir_flags(void) { return O_PATH; }

/* The plain call: the library's wrapper would write blocks where the file system cannot reserve them. */
int wrt__port_reserve(int fd, uint64_t offset, uint64_t n)
{
    if (offset > INT64_MAX || n > INT64_MAX - offset) return EFBIG;
    return fallocate(fd, 0, (off_t)offset, (off_t)n) == 0 ? 0 : errno;
}
