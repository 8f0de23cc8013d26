/* analyze: what the files of `sched analyze` share: the set in the form of the library, in the order of the
 * names (ties are settled by them), and memory for the tests. */
#ifndef WRTD_ANALYZE_H
#define WRTD_ANALYZE_H

#include "taskset.h"

struct wd_analysis {
    struct wd *w;
    const struct wd_set *from;
    wrt_adm_set set;
    wrt_adm_task *tasks;
    wrt_adm_section *sections;
    uint32_t *order;            /* order[k]: which task of `from` tasks[k] is */
    uint32_t *place;            /* the inverse */
    uint32_t *numbers;          /* room: priorities, cores */
    wrt_adm_row *rows;
    void *mem;
    size_t mem_bytes;
    wrt_adm_opts opts;          /* of the test that decides */
    uint32_t fit_cores;         /* the decision is a partition over so many cores; 0: it is not */
};

/* The name of task k in the order of the analysis. */
const char *wd_analysis_name(const struct wd_analysis *a, uint32_t k);
/* Members of an open object: the keys that `expected` of such a file has. */
void wd_analysis_keys(struct wd_analysis *a, struct wd_json *j);
/* The member "responses" of an open object, where it is asked for. */
void wd_analysis_responses(struct wd_analysis *a, struct wd_json *j);
/* true: there is a verdict. rows of `a` are filled. */
bool wd_analysis_run(struct wd_analysis *a, const wrt_adm_opts *o, wrt_adm_verdict *v);
void wd_json_ticks(struct wd_json *j, const char *key, uint64_t ticks);    /* null: there is none */

#endif
