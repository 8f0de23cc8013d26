/* analyze_keys: the answers of every test that applies to a set, under the keys of the reference task sets.
 * Must not know which of them decides. */
#include "analyze.h"
#include <stdlib.h>
#include <string.h>

enum { RESPONSE_STEPS = 1 << 24 };

/* ---- fixed priority ------------------------------------------------------------------------------- */

static void keys_fp(struct wd_analysis *a, struct wd_json *j, const char *key, const wrt_adm_opts *o)
{
    wrt_adm_verdict v;
    if (!wd_analysis_run(a, o, &v)) {
        wd_json_null(j, key);
        return;
    }
    wd_json_open(j, key, '{');
    wd_json_bool(j, "schedulable", v.ok);
    wd_json_open(j, "R", '{');
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        wd_json_ticks(j, a->from->tasks[k].name, a->rows[a->place[k]].response);
    }
    wd_json_close(j);
    wd_json_open(j, "ok", '{');
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        wd_json_bool(j, a->from->tasks[k].name, a->rows[a->place[k]].ok);
    }
    wd_json_close(j);
    if (v.reason == WRT_ADM_LIMIT) wd_json_text(j, "limit", v.limit);
    wd_json_close(j);
}

static void keys_locks(struct wd_analysis *a, struct wd_json *j, const char *key, wrt_adm_lock lock)
{
    wrt_adm_opts o = a->opts;
    wrt_adm_verdict v;
    o.test = WRT_ADM_FP;
    o.lock = lock;
    if (!wd_analysis_run(a, &o, &v)) {
        wd_json_null(j, key);
        return;
    }
    wd_json_open(j, key, '{');
    wd_json_open(j, "B", '{');
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        wd_json_u64(j, a->from->tasks[k].name, a->rows[a->place[k]].blocking);
    }
    wd_json_close(j);
    keys_fp(a, j, "fp", &o);
    wd_json_close(j);
}

/* ---- EDF, bands ----------------------------------------------------------------------------------- */

static void keys_edf(struct wd_analysis *a, struct wd_json *j, const char *key, wrt_adm_np np)
{
    wrt_adm_opts o = a->opts;
    wrt_adm_verdict v;
    o.test = WRT_ADM_EDF;
    o.np = np;
    if (!wd_analysis_run(a, &o, &v)) {
        wd_json_null(j, key);
        return;
    }
    wd_json_open(j, key, '{');
    wd_json_bool(j, "schedulable", v.ok);
    wd_json_ticks(j, "first_violation", v.reason == WRT_ADM_DEMAND ? v.time : WRT_TICKS_NONE);
    wd_json_ticks(j, "limit", v.horizon);
    if (v.reason == WRT_ADM_UTILISATION) wd_json_text(j, "reason", "U>1");
    if (v.reason == WRT_ADM_LIMIT) wd_json_text(j, "reason", v.limit);
    if (np == WRT_ADM_NP_NONE) wd_json_u64(j, "qpa_points", v.points);
    wd_json_close(j);
}

static void keys_bands(struct wd_analysis *a, struct wd_json *j, const char *key, wrt_adm_np np)
{
    wrt_adm_opts o = a->opts;
    wrt_adm_verdict v;
    bool flagged = false;
    o.test = WRT_ADM_BANDS;
    o.np = np;
    if (!wd_analysis_run(a, &o, &v)) {
        wd_json_null(j, key);
        return;
    }
    wd_json_open(j, key, '{');
    wd_json_bool(j, "schedulable", v.ok);
    wd_json_open(j, "bands", '{');
    for (uint32_t band = 0; band <= UINT8_MAX; band++) {
        char name[8];
        uint32_t k = 0;
        while (k < a->set.tasks_count && a->tasks[k].band != band) k++;
        if (k == a->set.tasks_count) continue;
        snprintf(name, sizeof name, "%u", band);
        wd_json_open(j, name, '{');
        wd_json_bool(j, "ok", a->rows[k].ok);
        wd_json_ticks(j, "first_violation", a->rows[k].violation);
        wd_json_close(j);
    }
    wd_json_close(j);
    for (uint32_t k = 0; k < a->set.tasks_count; k++) flagged |= a->tasks[k].np;
    wd_json_bool(j, "exact", np == WRT_ADM_NP_NONE || !flagged);
    if (v.reason == WRT_ADM_LIMIT) wd_json_text(j, "limit", v.limit);
    wd_json_close(j);
}

/* Worst responses under EDF: not asked for in files with answers, so beside them. */
static void keys_responses(
    struct wd_analysis *a, struct wd_json *j, const char *key, wrt_adm_test test, wrt_adm_np np)
{
    wrt_adm_opts o = a->opts;
    wrt_adm_verdict v;
    o.test = test;
    o.np = np;
    o.response_steps = RESPONSE_STEPS;
    if (!wd_analysis_run(a, &o, &v)) {
        wd_json_null(j, key);
        return;
    }
    wd_json_open(j, key, '{');
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        wd_json_ticks(j, a->from->tasks[k].name, a->rows[a->place[k]].response);
    }
    wd_json_close(j);
}

void wd_analysis_responses(struct wd_analysis *a, struct wd_json *j)
{
    uint32_t says = a->from->says;
    if (says & (WD_SET_LEVELS | WD_SET_DUAL | WD_SET_SECTIONS | WD_SET_CORES)) return;
    bool flags = says & WD_SET_NP, bands = says & WD_SET_BANDS;
    wrt_adm_np np = flags ? WRT_ADM_NP_FLAG : WRT_ADM_NP_ALL;
    wd_json_open(j, "responses", '{');
    keys_responses(a, j, "edf", WRT_ADM_EDF, WRT_ADM_NP_NONE);
    keys_responses(a, j, "edf_np", WRT_ADM_EDF, np);
    if (bands) keys_responses(a, j, "bands_edf_preemptive", WRT_ADM_BANDS, WRT_ADM_NP_NONE);
    if (bands && flags) keys_responses(a, j, "bands_edf_np_sufficient", WRT_ADM_BANDS, WRT_ADM_NP_FLAG);
    wd_json_close(j);
}

/* ---- criticality ---------------------------------------------------------------------------------- */

static void keys_opa(struct wd_analysis *a, struct wd_json *j, const wrt_adm_opts *o)
{
    wrt_adm_verdict v;
    wrt_error e;
    wrt_status status = wrt_adm_assign(&a->set, o, a->mem, a->mem_bytes, a->numbers, &v, &e);
    wd_json_open(j, "opa", '{');
    wd_json_bool(j, "schedulable", status == WRT_OK && v.ok);
    if (status != WRT_OK || !v.ok) {
        wd_json_null(j, "prio");
    } else {
        wd_json_open(j, "prio", '{');
        for (uint32_t k = 0; k < a->set.tasks_count; k++) {
            wd_json_u64(j, a->from->tasks[k].name, a->numbers[a->place[k]]);
        }
        wd_json_close(j);
    }
    wd_json_close(j);
}

static void keys_dual(struct wd_analysis *a, struct wd_json *j, const char *key, wrt_adm_test test)
{
    wrt_adm_opts o = a->opts;
    wrt_adm_verdict v;
    bool single = test == WRT_ADM_VESTAL || test == WRT_ADM_SMC;
    o.test = test;
    if (!wd_analysis_run(a, &o, &v)) {
        wd_json_null(j, key);
        return;
    }
    wd_json_open(j, key, '{');
    wd_json_bool(j, "schedulable", v.ok);
    wd_json_open(j, "R", '{');
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        const wrt_adm_row *row = &a->rows[a->place[k]];
        wd_json_open(j, a->from->tasks[k].name, '{');
        if (single) {
            wd_json_ticks(j, "R", row->response);
        } else {
            wd_json_ticks(j, "R_LO", row->mode_response[0]);
            if (a->tasks[a->place[k]].level > 0) wd_json_ticks(j, "R_HI", row->mode_response[1]);
        }
        wd_json_close(j);
    }
    wd_json_close(j);
    keys_opa(a, j, &o);
    wd_json_close(j);
}

static void keys_levels(struct wd_analysis *a, struct wd_json *j)
{
    wrt_adm_opts o = a->opts;
    wrt_adm_verdict v;
    o.test = WRT_ADM_AMC_RTB;
    if (!wd_analysis_run(a, &o, &v)) {
        wd_json_null(j, "amc_rtb_levels");
        return;
    }
    wd_json_open(j, "amc_rtb_levels", '{');
    wd_json_bool(j, "schedulable", v.ok);
    wd_json_open(j, "R", '{');
    for (uint32_t k = 0; k < a->set.tasks_count; k++) {
        wd_json_open(j, a->from->tasks[k].name, '[');
        for (uint32_t m = 0; m <= a->tasks[a->place[k]].level; m++) {
            wd_json_ticks(j, NULL, a->rows[a->place[k]].mode_response[m]);
        }
        wd_json_close(j);
    }
    wd_json_close(j);
    wd_json_close(j);
}

/* The exact fraction under a key, null when there is none. */
static void keys_number(
    struct wd_analysis *a, struct wd_json *j, const char *key, const wrt_adm_opts *o, uint32_t number)
{
    char text[4096];
    size_t n = wrt_adm_text(&a->set, o, number, a->mem, a->mem_bytes, text, sizeof text);
    if (n == 0 || n >= sizeof text) {
        wd_json_null(j, key);
        return;
    }
    wd_json_string(j, key, (wrt_str){ text, n });
}

static void keys_edf_vd(struct wd_analysis *a, struct wd_json *j)
{
    wrt_adm_opts o = a->opts;
    wrt_adm_verdict v;
    o.test = WRT_ADM_EDF_VD;
    if (!wd_analysis_run(a, &o, &v)) return;
    bool fractions = v.ok || v.reason == WRT_ADM_DEMAND, shorter = false;
    for (uint32_t k = 0; k < a->set.tasks_count; k++) shorter |= a->rows[k].deadline != a->tasks[k].deadline;
    wd_json_open(j, "edf_vd", '{');
    keys_number(a, j, "U_LO_LO", &o, WRT_ADM_U_LO_LO);
    keys_number(a, j, "U_HI_LO", &o, WRT_ADM_U_HI_LO);
    keys_number(a, j, "U_HI_HI", &o, WRT_ADM_U_HI_HI);
    wd_json_bool(j, "schedulable", fractions);
    if (!fractions) {
        wd_json_null(j, "x");
    } else if (shorter) {
        keys_number(a, j, "x", &o, WRT_ADM_VD_X);
    } else {
        wd_json_text(j, "x", "1/1");
    }
    wd_json_text(j, "case", !fractions ? "reject" : shorter ? "virtual-deadlines" : "plain-EDF");
    wd_json_bool(j, "in_ticks", v.ok);
    if (shorter) {
        wd_json_open(j, "deadlines", '{');
        for (uint32_t k = 0; k < a->set.tasks_count; k++) {
            wd_json_u64(j, a->from->tasks[k].name, a->rows[a->place[k]].deadline);
        }
        wd_json_close(j);
    }
    wd_json_close(j);
}

static void keys_caps(struct wd_analysis *a, struct wd_json *j)
{
    static const char *const levels[] = { "QM", "A", "B", "C", "D" };
    wrt_adm_load load;
    wrt_error e;
    wrt_adm_opts o = a->opts;
    if (o.overhead.den == 0) o.overhead = (wrt_adm_ratio){ 23, 20 };
    if (o.cap_level.den == 0) o.cap_level = (wrt_adm_ratio){ 6, 10 };
    if (o.cap_total.den == 0) o.cap_total = (wrt_adm_ratio){ 5, 10 };
    if (wrt_adm_utilisation(&a->set, &o, a->mem, a->mem_bytes, &load, &e) != WRT_OK) {
        wd_json_null(j, "seed_admission");
        return;
    }
    wd_json_open(j, "seed_admission", '{');
    keys_number(a, j, "U_with_overhead", &o, WRT_ADM_U_OWN);
    wd_json_bool(j, "global_ok", load.total_ok);
    wd_json_open(j, "per_level", '{');
    for (uint32_t l = 0; l < WRT_ADM_LEVELS; l++) {
        uint32_t k = 0;
        while (k < a->set.tasks_count && a->tasks[k].level != l) k++;
        if (k < a->set.tasks_count) keys_number(a, j, levels[l], &o, WRT_ADM_U_LEVEL + l);
    }
    wd_json_close(j);
    wd_json_bool(j, "per_level_ok", load.levels_ok);
    wd_json_close(j);
}

/* ---- utilisation, cores --------------------------------------------------------------------------- */

static void keys_utilisation(struct wd_analysis *a, struct wd_json *j)
{
    wrt_adm_load load;
    wrt_error e;
    bool known = wrt_adm_utilisation(&a->set, &a->opts, a->mem, a->mem_bytes, &load, &e) == WRT_OK;
    wd_json_open(j, "utilisation", '{');
    keys_number(a, j, "U", &a->opts, WRT_ADM_U);
    if (known && load.implicit) {
        wd_json_bool(j, "ll_bound_ok", load.liu_layland);
        wd_json_bool(j, "hyperbolic_ok", load.hyperbolic);
    } else {
        wd_json_null(j, "ll_bound_ok");
        wd_json_null(j, "hyperbolic_ok");
    }
    wd_json_close(j);
}

static void keys_cores(struct wd_analysis *a, struct wd_json *j)
{
    static const struct { const char *key; wrt_adm_fit fit; wrt_adm_test test; } ways[] = {
        { "FFD_fp", WRT_ADM_FIRST_FIT, WRT_ADM_FP },
        { "WFD_fp", WRT_ADM_WORST_FIT, WRT_ADM_FP },
        { "FFD_edf", WRT_ADM_FIRST_FIT, WRT_ADM_EDF },
        { "WFD_edf", WRT_ADM_WORST_FIT, WRT_ADM_EDF },
    };
    wrt_error e;
    wrt_adm_task *given = wd_alloc((a->set.tasks_count + 1) * sizeof *given);
    memcpy(given, a->tasks, a->set.tasks_count * sizeof *given);
    if (wrt_adm_monotonic(&a->set, false, a->mem, a->mem_bytes, a->numbers, &e) == WRT_OK) {
        for (uint32_t k = 0; k < a->set.tasks_count; k++) a->tasks[k].priority = a->numbers[k];
    }
    for (size_t way = 0; way < WD_COUNT(ways); way++) {
        wrt_adm_verdict v;
        wrt_adm_opts o = a->opts;
        o.test = ways[way].test;
        if (wrt_adm_partition(
                &a->set, &o, ways[way].fit, a->from->cores, a->mem, a->mem_bytes, a->numbers, &v, &e)
            != WRT_OK) {
            wd_json_null(j, ways[way].key);
            continue;
        }
        wd_json_open(j, ways[way].key, '{');
        wd_json_bool(j, "schedulable", v.ok);
        wd_json_open(j, "assignment", '{');
        for (uint32_t k = 0; k < a->set.tasks_count; k++) {
            uint32_t core = a->numbers[a->place[k]];
            if (core != WRT_ADM_NOBODY) wd_json_u64(j, a->from->tasks[k].name, core);
        }
        wd_json_close(j);
        if (v.task == WRT_ADM_NOBODY) {
            wd_json_null(j, "failed_at");
        } else {
            wd_json_text(j, "failed_at", wd_analysis_name(a, v.task));
        }
        if (v.reason == WRT_ADM_LIMIT) wd_json_text(j, "limit", v.limit);
        wd_json_close(j);
    }
    memcpy(a->tasks, given, a->set.tasks_count * sizeof *given);
    free(given);
}

/* ---- all ------------------------------------------------------------------------------------------ */

static void keys_plain(struct wd_analysis *a, struct wd_json *j, bool only_fp)
{
    wrt_adm_opts fp = a->opts;
    fp.test = WRT_ADM_FP;
    fp.np = WRT_ADM_NP_NONE;
    keys_fp(a, j, "fp", &fp);
    fp.np = WRT_ADM_NP_ALL;
    keys_fp(a, j, "fp_np", &fp);
    if (only_fp) return;
    fp.np = WRT_ADM_NP_NONE;
    fp.overhead = (wrt_adm_ratio){ 23, 20 };
    keys_fp(a, j, "fp_overhead_1_15", &fp);
    keys_edf(a, j, "edf", WRT_ADM_NP_NONE);
    keys_edf(a, j, "edf_np", WRT_ADM_NP_ALL);
    keys_utilisation(a, j);
}

void wd_analysis_keys(struct wd_analysis *a, struct wd_json *j)
{
    uint32_t says = a->from->says;
    if (says & WD_SET_LEVELS) {
        keys_levels(a, j);
        keys_caps(a, j);
    } else if (says & WD_SET_DUAL) {
        keys_dual(a, j, "vestal", WRT_ADM_VESTAL);
        keys_dual(a, j, "smc", WRT_ADM_SMC);
        keys_dual(a, j, "amc_rtb", WRT_ADM_AMC_RTB);
        keys_dual(a, j, "amc_max", WRT_ADM_AMC_MAX);
        keys_edf_vd(a, j);
    } else if (says & WD_SET_SECTIONS) {
        keys_locks(a, j, "pcp", WRT_ADM_CEILING);
        keys_locks(a, j, "pip", WRT_ADM_INHERITANCE);
    } else if (says & WD_SET_CORES) {
        keys_cores(a, j);
    } else if (says & (WD_SET_NP | WD_SET_BANDS)) {
        wrt_adm_opts o = a->opts;
        o.test = WRT_ADM_FP;
        o.np = WRT_ADM_NP_FLAG;
        keys_fp(a, j, "fp_mixed_np", &o);
        if (says & WD_SET_BANDS) {
            keys_bands(a, j, "bands_edf_np_sufficient", WRT_ADM_NP_FLAG);
            keys_bands(a, j, "bands_edf_preemptive", WRT_ADM_NP_NONE);
        }
    } else {
        keys_plain(a, j, (says & WD_SET_JITTER) != 0);
    }
}
