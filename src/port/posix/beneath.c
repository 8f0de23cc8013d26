/* beneath: what POSIX offers of lookups below a directory. There is none that is bounded: callers walk
 * themselves. */
#define _XOPEN_SOURCE 700
#include "port/port.h"

#include <errno.h>
#include <fcntl.h>

int wrt__port_open_beneath(int dir, const char *path, int flags, uint32_t mode)
{
    (void)dir;
    (void)path;
    (void)flags;
    (void)mode;
    errno = ENOSYS;
    return -1;
}

int wrt__port_dir_flags(void)
{
#ifdef O_SEARCH
    return O_SEARCH;
#else
    return O_RDONLY;
#endif
}

/* posix_fallocate may write every block of the range by itself: unbounded work, so it is not used. */
int wrt__port_reserve(int fd, uint64_t offset, uint64_t n)
{
    (void)fd;
    (void)offset;
    (void)n;
    return EOPNOTSUPP;
}
