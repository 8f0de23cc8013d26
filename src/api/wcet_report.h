/* api/wcet_report: a report as the files of api/ that answer questions about it share it. */
#ifndef WRT_SRC_API_WCET_REPORT_H
#define WRT_SRC_API_WCET_REPORT_H

#include <wrt/wcet.h>
#include "wcet/analysis.h"

struct wrt_wcet_report {
    const wrt_code *code;               /* kept */
    struct wrt__wcet_analysis a;
    bool has_start, start_bounded;
    uint64_t start_fuel_high;
    struct wcet_block_of { uint32_t unit, block; } *blocks;         /* in the analysis' arena */
    struct wcet_loop_of { uint32_t unit, natural; } *loops;
    uint32_t blocks_count, loops_count;
    int64_t *block_high, *block_low;    /* with what they call, low negated; NONE: a callee has no bound */
    wrt_str *why_text;
    struct wrt__wcet_host *hosts;       /* prices and ranges that were declared beside the facts */
    struct wrt__wcet_arg args[WRT__WCET_ARGS];
    uint32_t hosts_count;
};

#endif
