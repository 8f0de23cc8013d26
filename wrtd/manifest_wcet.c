/* manifest_wcet: budgets with source = "static". The bound must hold for every job: a job finds what the jobs
 * before it left in memory and globals. Inference of loop bounds starts from a fresh instance, so it is not
 * used here; what is stated about loops (the module's own section, or `facts`) is. */
#include <stdlib.h>
#include <string.h>
#include <wrt/wcet.h>
#include "manifest.h"

static uint64_t bound_most(const struct wd_mf_task *t)
{
    uint64_t most = t->o.fuel[0];
    for (int k = 1; k < WRT_MODES; k++) most = t->o.fuel[k] > most ? t->o.fuel[k] : most;
    return most;
}

static void bound_failed(struct wd_manifest *m, const struct wd_mf_task *t, const wrt_error *e)
{
    char place[48] = "";
    if (e->line && t->facts_at) snprintf(place, sizeof place, " (line %u)", e->line);
    mf_fault(&m->mf, t->facts_at ? t->facts_at : t->wcet_at, false, e->code, NULL,
        "no bound of `%.40s`: %.100s%s", t->call.name, e->message, place);
    if (e->hint[0]) mf_hint(&m->mf, "%s", e->hint);
}

static void bound_missing(
    struct wd_manifest *m, const struct wd_mf_task *t, const struct wd_mf_component *c, const wrt_wcet *w)
{
    const wrt_wcet_why *why = &w->why[0];
    mf_fault(&m->mf, t->wcet_at, false, WD_W_MANIFEST_SENSE, NULL,
        "`%.40s` has no bound: %u place%s, the first at offset 0x%llx of %.60s", t->call.name, w->unbounded,
        w->unbounded == 1 ? "" : "s", (unsigned long long)why->offset, c->file);
    mf_hint(&m->mf,
        "state what is known: facts = \"FILE\" (docs/wcet.md), or source = \"measured\" with a budget");
}

/* Constants of the call are known to the analysis. */
static size_t bound_args(const struct wd_mf_task *t, wrt_wcet_arg *out)
{
    for (uint32_t k = 0; k < t->type.params; k++) {
        const wrt_val *v = &t->args[k];
        uint64_t bits = v->kind == WRT_I32 ? v->of.u32 : v->of.u;
        out[k] = (wrt_wcet_arg){
            .given = v->kind == WRT_I32 || v->kind == WRT_I64, .low = bits, .high = bits
        };
    }
    return t->type.params;
}

static void bound_use(struct wd_manifest *m, struct wd_mf_task *t, uint64_t bound)
{
    if (t->o.fuel[0] && t->o.fuel[0] < bound) {
        mf_fault(&m->mf, t->wcet_at, false, WD_W_MANIFEST_SENSE, NULL,
            "wcet.fuel is below the proven bound of %llu", (unsigned long long)bound);
        mf_hint(&m->mf, "leave `fuel` out, and the bound is the budget");
        return;
    }
    if (t->o.fuel[0] == 0) t->o.fuel[0] = bound;
    bool falls = (t->o.fuel[1] && t->o.fuel[1] < t->o.fuel[0])
        || (t->o.fuel[2] && t->o.fuel[2] < t->o.fuel[0]);
    if (falls) {
        mf_fault(&m->mf, t->wcet_at, false, WD_W_MANIFEST_SENSE, NULL,
            "a budget of a higher mode is below the proven bound of %llu", (unsigned long long)bound);
        mf_hint(&m->mf, "budgets do not fall from mode to mode");
    }
    if (t->o.np && t->np_at && t->o.np_max_fuel < bound_most(t)) {
        mf_fault(&m->mf, t->np_at, true, WD_W_MANIFEST_SENSE, NULL,
            "`np-max` is below the proven bound of %llu", (unsigned long long)bound);
    }
}

void wd_manifest_bound(struct wd_manifest *m, struct wd_mf_task *t, const struct wd_mf_component *c)
{
    wrt_error e;
    uint8_t *facts = NULL;
    size_t n = 0;
    wrt_wcet_arg args[WD_ARGS_MAX];
    wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
    wrt_wcet w = WRT_INIT(wrt_wcet);
    char path[1024];
    if (t->facts_at) {
        snprintf(path, sizeof path, "%.*s", (int)t->facts_at->text.n, t->facts_at->text.p);
        if (!wd_manifest_open(m, t->facts_at, path, &facts, &n)) return;
    }
    o.facts = (wrt_bytes){ facts, n };
    o.no_inference = true;
    o.args = args;
    o.nargs = bound_args(t, args);
    wrt_status status = wrt_wcet_static(c->module->code, wd_str(t->call.name), &o, &w, &e);
    if (status != WRT_OK) {
        bound_failed(m, t, &e);
    } else if (!w.bounded || w.fuel_high == WRT_WCET_NONE) {
        bound_missing(m, t, c, &w);
    } else {
        bound_use(m, t, w.fuel_high ? w.fuel_high : 1);
    }
    free(facts);
}
