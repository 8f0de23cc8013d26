/* A board has no allocator: the caller gives a block (wrt_alloc_static). */
#include "port/port.h"

const wrt_alloc *wrt__port_alloc(void)
{
    return NULL;
}
