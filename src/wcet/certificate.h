/* certificate: the proof of a bound as JSON, for tools/wcet_check. */
#ifndef WRT_SRC_WCET_CERTIFICATE_H
#define WRT_SRC_WCET_CERTIFICATE_H

#include "wcet/analysis.h"

/* errors  WRT_E_UNSUPPORTED the bound does not come from paths; WRT_E_UNBOUNDED there is none; WRT_E_NOMEM */
wrt_status wrt__wcet_certificate(
    const struct wrt__wcet_analysis *a, void (*write)(void *ctx, wrt_str part), void *ctx, wrt_error *err);

#endif
