/* sha256: the hash by which facts name their module. */
#ifndef WRT_SRC_WCET_SHA256_H
#define WRT_SRC_WCET_SHA256_H

#include "base/base.h"

void wrt__sha256(wrt_bytes bytes, uint8_t out[32]);

#endif
