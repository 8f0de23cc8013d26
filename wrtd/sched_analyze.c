/* sched analyze: what the admission tests say about a set of tasks. */
#include "taskset.h"
#include <stdlib.h>

int wd_sched_analyze(struct wd *w, const struct wd_set *s)
{
    return wd_fail(w, WD_EXIT_INTERNAL, WD_W_NOT_BUILT, NULL, "the analysis of %u tasks is not built",
        s->tasks_count);
}

int wd_sched_cmd_analyze(struct wd *w)
{
    uint8_t *bytes;
    size_t n;
    struct wd_set set;
    int code = wd_operands(w, 1, 1, "a FILE");
    if (!code) code = wd_read_file(w, w->rest[0], &bytes, &n);
    if (code) return code;
    code = wd_set_read_json(w, w->rest[0], (const char *)bytes, n, &set);
    free(bytes);
    if (code) return code;
    code = wd_sched_analyze(w, &set);
    wd_set_free(&set);
    return code;
}
