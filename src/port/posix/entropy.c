/* Random bytes from the kernel. */
#define _DEFAULT_SOURCE
#include "port/port.h"
#include <sys/random.h>
#include <unistd.h>

enum { ENTROPY_CHUNK = 256 };   /* getentropy gives no more at a time */

bool wrt__port_random(void *p, size_t n)
{
    char *to = p;
    while (n > 0) {
        size_t part = n < ENTROPY_CHUNK ? n : ENTROPY_CHUNK;
        if (getentropy(to, part) != 0) return false;
        to += part;
        n -= part;
    }
    return true;
}
