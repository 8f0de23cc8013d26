/* manifest_wcet: budgets with source = "static". The bound must hold for every job: a job finds what the jobs
 * before it left in memory and globals, those of other tasks of its component, too. So it is a bound of
 * repeated calls (docs/wcet.md); jobs that do not return have their instance reset. Also limits of budgets.
 */
#include <stdlib.h>
#include <string.h>
#include <wrt/wcet.h>
#include "manifest.h"

enum { BOUND_OTHERS = 64 };
#define BOUND_MOST ((uint64_t)1 << 60)       /* what a budget can be, see manifest.def */

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

/* What a job may spend when nobody says more: the bound times the factor of its level, rounded up. */
static uint64_t bound_budget(const struct wd_manifest *m, const struct wd_mf_task *t, uint64_t bound)
{
    const wrt_adm_ratio f = m->factor[t->verify >= WD_MF_FULL];
    const uint64_t whole = bound / f.den, rest = bound % f.den;
    if (whole > BOUND_MOST / f.num) return UINT64_MAX;
    const uint64_t budget = whole * f.num + (rest * f.num + f.den - 1) / f.den;
    return budget > BOUND_MOST ? UINT64_MAX : budget;
}

static bool bound_fits(struct wd_manifest *m, const struct wd_mf_task *t, uint64_t bound)
{
    if (t->o.fuel[0] < bound) {
        mf_fault(&m->mf, t->wcet_at, false, WD_W_MANIFEST_SENSE, NULL,
            "wcet.fuel is below the proven bound of %llu", (unsigned long long)bound);
        mf_hint(&m->mf, "leave `fuel` out, and the budget is made of the bound");
        return false;
    }
    if (t->o.fuel[0] <= BOUND_MOST) return true;
    mf_fault(&m->mf, t->wcet_at, false, WD_W_MANIFEST_SENSE, NULL,
        "a budget of the bound of %llu is above 2^60", (unsigned long long)bound);
    return false;
}

static void bound_use(struct wd_manifest *m, struct wd_mf_task *t, uint64_t bound)
{
    if (t->o.fuel[0] == 0) t->o.fuel[0] = bound_budget(m, t, bound);
    if (!bound_fits(m, t, bound)) return;
    bool falls = (t->o.fuel[1] && t->o.fuel[1] < t->o.fuel[0])
        || (t->o.fuel[2] && t->o.fuel[2] < t->o.fuel[0]);
    if (falls) {
        mf_fault(&m->mf, t->wcet_at, false, WD_W_MANIFEST_SENSE, NULL,
            "a budget of a higher mode is below that of mode normal, %llu", (unsigned long long)t->o.fuel[0]);
        mf_hint(
            &m->mf, "budgets do not fall from mode to mode; the bound is %llu", (unsigned long long)bound);
    }
    if (t->o.np && t->np_at && t->o.np_max_fuel < bound_most(t)) {
        mf_fault(&m->mf, t->np_at, true, WD_W_MANIFEST_SENSE, NULL,
            "`np-max` is below the budget of %llu", (unsigned long long)bound_most(t));
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

/* The same call was bounded for a task before: a manifest may have thousands of one kind. */
static bool bound_known(const struct wd_manifest *m, struct wd_mf_task *t)
{
    enum { BACK = 256 };
    uint32_t k = (uint32_t)(t - m->tasks);
    const uint32_t end = k > BACK ? k - BACK : 0;
    while (k-- > end) {
        const struct wd_mf_task *o = &m->tasks[k];
        const bool facts = o->facts_at && t->facts_at
            && o->facts_at->text.n == t->facts_at->text.n
            && memcmp(o->facts_at->text.p, t->facts_at->text.p, t->facts_at->text.n) == 0;
        if (o->component != t->component || o->bound_high == 0 || (!facts && o->facts_at != t->facts_at)
            || strcmp(o->call_text, t->call_text) != 0) {
            continue;
        }
        t->bound_high = o->bound_high;
        t->bound_low = o->bound_low;
        t->stated = o->stated;
        return t->bound_high != UINT64_MAX;
    }
    return false;
}

/* What a run at this level is held against. */
static void bound_keep_facts(struct wd_mf_task *t, const struct wd_mf_component *c, const wrt_wcet_opts *o)
{
    wrt_error e;
    wrt_wcet_report *r;
    wrt_wcet_assumption a;
    if (wrt_wcet_analyse(c->module->code, wd_str(t->call.name), o, &r, &e) != WRT_OK) return;
    t->facts = wd_alloc((wrt_wcet_assumptions_count(r) + 1) * sizeof *t->facts);
    for (size_t i = 0; wrt_wcet_assumption_at(r, i, &a); i++) {
        a.module = a.name = a.author = a.rationale = (wrt_str){ "", 0 };
        if (a.kind == 'l' || a.kind == 'f') t->facts[t->facts_count++] = a;
    }
    wrt_wcet_report_free(r);
}

/* False: reported. */
static bool bound_prove(struct wd_manifest *m, struct wd_mf_task *t, const struct wd_mf_component *c)
{
    wrt_error e;
    uint8_t *facts = NULL;
    size_t n = 0;
    wrt_wcet_arg args[WD_ARGS_MAX];
    wrt_str others[BOUND_OTHERS];
    wrt_wcet_opts o = WRT_INIT(wrt_wcet_opts);
    wrt_wcet w = WRT_INIT(wrt_wcet);
    char path[1024];
    if (t->verify < WD_MF_FULL && bound_known(m, t)) return true;
    if (t->facts_at) {
        snprintf(path, sizeof path, "%.*s", (int)t->facts_at->text.n, t->facts_at->text.p);
        if (!wd_manifest_open(m, t->facts_at, path, &facts, &n)) return false;
    }
    o.facts = (wrt_bytes){ facts, n };
    bound_others(m, t, c, others, &o);
    o.args = args;
    o.nargs = bound_args(t, args);
    t->bound_high = UINT64_MAX;
    wrt_status status = wrt_wcet_static(c->module->code, wd_str(t->call.name), &o, &w, &e);
    const bool bounded = status == WRT_OK && w.bounded && w.fuel_high != WRT_WCET_NONE;
    if (status != WRT_OK) {
        bound_failed(m, t, &e);
    } else if (!bounded) {
        bound_missing(m, t, c, &w);
    } else {
        t->bound_high = w.fuel_high ? w.fuel_high : 1;
        t->bound_low = w.fuel_low;
        t->stated = w.stated;
        if (t->verify >= WD_MF_FULL) bound_keep_facts(t, c, &o);
    }
    free(facts);
    return bounded;
}

void wd_manifest_bound(struct wd_manifest *m, struct wd_mf_task *t, const struct wd_mf_component *c)
{
    const bool proof = t->o.level >= WRT_ASIL_C && t->wcet_at;
    if (t->source == WD_MF_MEASURED && proof) {
        mf_fault(&m->mf, t->wcet_at, false, WD_W_MANIFEST_SENSE, NULL,
            "at level %s a budget is no measurement", wd_asil_name(t->o.level));
        mf_hint(&m->mf, "source = \"static\": what was observed is no bound");
        return;
    }
    if (t->source != WD_MF_STATIC && !proof) return;
    if (bound_prove(m, t, c) && t->source == WD_MF_STATIC) bound_use(m, t, t->bound_high);
}

/* ---- limits ----------------------------------------------------------------------------------------------
 */

static const struct mf_field *most_field(const struct wd_manifest *m, enum mf_key k)
{
    return &m->mf.fields[k];
}

static void most_read(struct wd_manifest *m, const struct toml_value *at, struct wd_mf_most *l)
{
    static const enum mf_key keys[] = { MF_MOST_task, MF_MOST_component, MF_MOST_operation };
    uint32_t named = 0;
    mf_read(&m->mf, MF_MOST, at);
    *l = (struct wd_mf_most){ .scope = WD_MF_OF_SYSTEM, .at = at, .fuel = UINT64_MAX };
    for (uint32_t k = 0; k < WD_COUNT(keys); k++) {
        const struct mf_field *f = most_field(m, keys[k]);
        if (!f->v) continue;
        l->scope = (enum wd_mf_scope)(WD_MF_OF_TASK + k);
        l->at = f->v;
        l->name = f->s;
        named++;
    }
    if (most_field(m, MF_MOST_fuel)->v) l->fuel = most_field(m, MF_MOST_fuel)->n;
    if (!toml_get(&m->mf.toml, at, WRT_STR("fuel"))) {
        mf_fault(&m->mf, at, false, WD_W_MANIFEST_MISSING, NULL, "a limit lacks `fuel`");
    }
    if (named > 1) {
        mf_fault(&m->mf, at, false, WD_W_MANIFEST_SENSE, NULL, "a limit names one thing");
        mf_hint(&m->mf, "a task, a component, an operation, or nothing: the system");
    }
}

void wd_manifest_analysis(struct wd_manifest *m, const struct toml_value *at)
{
    enum { LIMITS = 512 };
    static const struct toml_value empty = { .kind = TOML_TABLE };
    mf_read(&m->mf, MF_ANALYSIS, at ? at : &empty);
    const struct mf_field *f = most_field(m, MF_ANALYSIS_factor);
    m->factor[0] = f->v ? f->ratio : (wrt_adm_ratio){ 13, 10 };
    f = most_field(m, MF_ANALYSIS_factor_full);
    m->factor[1] = f->v ? f->ratio : (wrt_adm_ratio){ 23, 20 };
    const struct toml_value *list = most_field(m, MF_ANALYSIS_limits)->v;
    if (!list) return;
    if (list->count > LIMITS) {
        mf_fault(&m->mf, list, true, WD_W_MANIFEST_LIMIT, NULL, "%u limits; the limit is %d", list->count,
            (int)LIMITS);
        return;
    }
    m->mosts = wd_alloc((list->count + 1) * sizeof *m->mosts);
    for (const struct toml_value *v = list->first; v; v = v->next)
        most_read(m, v, &m->mosts[m->mosts_count++]);
}

static bool most_speaks_of(
    const struct wd_manifest *m, const struct wd_mf_most *l, const struct wd_mf_task *t)
{
    switch (l->scope) {
    case WD_MF_OF_TASK: return wd_equal(l->name, t->name);
    case WD_MF_OF_COMPONENT:
        return t->component != UINT32_MAX && wd_equal(l->name, m->components[t->component].name);
    case WD_MF_OF_OPERATION: return t->call_at && wd_equal(l->name, t->call.name);
    default: return true;
    }
}

static void most_hold(struct wd_manifest *m, const struct wd_mf_most *l)
{
    static const char *const what[] = { "the system", "a task", "a component", "an operation" };
    const bool adds = l->scope == WD_MF_OF_SYSTEM || l->scope == WD_MF_OF_COMPONENT;
    uint64_t sum = 0;
    bool found = l->scope == WD_MF_OF_SYSTEM;
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        const struct wd_mf_task *t = &m->tasks[k];
        if (!most_speaks_of(m, l, t)) continue;
        const uint64_t most = bound_most(t);
        found = true;
        if (adds) sum = most > UINT64_MAX - sum ? UINT64_MAX : sum + most;
        else if (most > sum) sum = most;
        if (sum <= l->fuel) continue;
        mf_fault(&m->mf, l->at, false, WD_W_MANIFEST_SENSE, NULL,
            "with task `%s` the budgets reach %llu, above this limit of %s", t->name, (unsigned long long)sum,
            what[l->scope]);
        mf_hint(&m->mf, "the largest budget of each task counts: fuel, overload-fuel, critical-fuel");
        return;
    }
    if (found) return;
    mf_fault(&m->mf, l->at, false, WD_W_MANIFEST_NAME, NULL, "no task has to do with %s of this name",
        what[l->scope]);
}

void wd_manifest_limits(struct wd_manifest *m)
{
    if (m->mf.faults_count > 0) return; /* budgets may be missing */
    for (uint32_t k = 0; k < m->mosts_count; k++) most_hold(m, &m->mosts[k]);
}
