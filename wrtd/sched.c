/* sched: finds the part of `wrtd sched` that is asked for. What the parts do is theirs. */
#include "sched_system.h"
#include <string.h>

/* A manifest says it by its name, or by how it begins. */
static int sched_analyze(struct wd *w)
{
    char head[64];
    size_t n = 0;
    FILE *f = w->rest_count > 0 && strcmp(w->rest[0], "-") != 0 ? fopen(w->rest[0], "rb") : NULL;
    if (f) {
        n = fread(head, 1, sizeof head, f);
        fclose(f);
    }
    bool manifest = f && wd_manifest_is(w->rest[0], head, n);
    return manifest ? wd_sched_manifest_analyze(w) : wd_sched_cmd_analyze(w);
}

static const struct sched_part {
    const char *name;
    int (*run)(struct wd *w);
} sched_parts[] = {
    { "analyze", sched_analyze },
    { "simulate", wd_sched_cmd_simulate },
    { "run", wd_sched_cmd_run },
};

int wd_cmd_sched(struct wd *w)
{
    char hint[128] = "one of";
    struct wd_near near;
    if (w->rest_count == 0) return wd_operands(w, 1, -1, "a part: analyze, simulate or run");
    const char *word = w->rest[0];
    wd_near_init(&near, wd_str(word));
    for (size_t k = 0; k < WD_COUNT(sched_parts); k++) {
        if (strcmp(sched_parts[k].name, word) == 0) {
            w->rest_count--;
            memmove(w->rest, w->rest + 1, (size_t)w->rest_count * sizeof *w->rest);
            return sched_parts[k].run(w);
        }
        wd_near_offer(&near, wd_str(sched_parts[k].name));
        size_t used = strlen(hint);
        snprintf(hint + used, sizeof hint - used, "%s `%s`", k ? "," : "", sched_parts[k].name);
    }
    if (wd_near_found(&near)) {
        snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
    }
    return wd_fail(w, WD_EXIT_USAGE, WD_W_COMMAND, hint, "`sched` has no part `%.60s`", word);
}
