/* manifest_wcet: budgets with source = "static". The bound must hold for every job: a job finds what the jobs
 * before it left in memory and globals, those of other tasks of its component, too. So it is a bound of
 * repeated calls (docs/wcet.md); jobs that do not return have their instance reset. */
#include <stdlib.h>
#include <string.h>
#include <wrt/wcet.h>
#include "manifest.h"

enum { BOUND_OTHERS = 64 };

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

static bool bound_exists(const struct wd_mf_component *c, wrt_str name)
{
    wrt_extern_desc d;
    for (size_t k = 0; k < wrt_code_exports_count(c->module->code); k++) {
        if (!wrt_code_export(c->module->code, k, &d) || d.kind != WRT_EXTERN_FUNC) continue;
        if (wd_same(d.name, name)) return true;
    }
    return false;
}

/* What else is called on the instance. Where that is too much, anything is. */
static void bound_others(struct wd_manifest *m, const struct wd_mf_task *t, const struct wd_mf_component *c,
    wrt_str *others, wrt_wcet_opts *o)
{
    o->state = WRT_WCET_REPEATED;
    o->others = others;
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        const struct wd_mf_task *other = &m->tasks[k];
        if (other == t || other->component != t->component || !other->call_at) continue;
        const wrt_str name = wd_str(other->call.name);
        bool known = !bound_exists(c, name); /* said elsewhere */
        for (size_t i = 0; i < o->nothers && !known; i++) known = wd_same(others[i], name);
        if (known) continue;
        if (o->nothers == BOUND_OTHERS) {
            o->state = WRT_WCET_ANY;
            o->nothers = 0;
            return;
        }
        others[o->nothers++] = name;
    }
}

void wd_manifest_bound(struct wd_manifest *m, struct wd_mf_task *t, const struct wd_mf_component *c)
{
    wrt_error e;
    uint8_t *facts = NULL;
    size_t n = 0;
    wrt_wcet_arg args[WD_ARGS_MAX];
    wrt_str others[BOUND_OTHERS];
    wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
    wrt_wcet w = WRT_INIT(wrt_wcet);
    char path[1024];
    if (t->facts_at) {
        snprintf(path, sizeof path, "%.*s", (int)t->facts_at->text.n, t->facts_at->text.p);
        if (!wd_manifest_open(m, t->facts_at, path, &facts, &n)) return;
    }
    o.facts = (wrt_bytes){ facts, n };
    bound_others(m, t, c, others, &o);
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
