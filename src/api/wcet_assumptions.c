/* api/wcet_assumptions: what a bound rests on beside the code (include/wrt/wcet.h): stated facts, declared
 * ranges and prices, and last the state that calls begin in. */
#include "api/objects.h"
#include "api/wcet_report.h"

static uint32_t assumed_args(const wrt_wcet_report *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < WRT__WCET_ARGS; i++) n += r->args[i].given;
    return n;
}

size_t wrt_wcet_assumptions_count(const wrt_wcet_report *r)
{
    return (size_t)r->a.facts.count + r->hosts_count + assumed_args(r) + 1;
}

static wrt_str assumed_state(const struct wrt__wcet_analysis *a)
{
    switch (a->state) {
    case WRT__WCET_FRESH:
        return WRT_STR("the bound holds for the first call on a new instance, for no later one");
    case WRT__WCET_REPEATED:
        if (a->b.others_count > 0) {
            return WRT_STR("the bound holds for every call on an instance that only this function and those "
                           "named beside it are called on");
        }
        return WRT_STR("the bound holds for every call on an instance that only this function is called on");
    default:
        return WRT_STR("the bound holds for every call, whatever memory, tables and globals hold that others "
                       "can write");
    }
}

/* The k-th range that was given. */
static void assumed_arg(const wrt_wcet_report *r, size_t k, wrt_wcet_assumption *out)
{
    uint32_t i = 0;
    while (!r->args[i].given || k-- > 0) i++;
    out->kind = 'a';
    out->func = r->a.p.entry;
    out->argument = i;
    out->min = r->args[i].low;
    out->max = r->args[i].high;
}

static void assumed_fact(const struct wrt__fact *f, wrt_wcet_assumption *out)
{
    out->kind = (char)f->kind;
    out->func = f->func;
    out->loop = f->ordinal;
    out->offset = f->offset == WRT__WCET_NONE ? UINT64_MAX : f->offset;
    out->min = f->min;
    out->max = f->max;
    out->total = f->total;
    out->module = f->module;
    out->name = f->name;
    out->author = f->author;
    out->rationale = f->rationale;
    out->checked = f->kind == 'l' || f->kind == 'f';
    if (f->kind == 'p') out->other = f->other;
}

bool wrt_wcet_assumption_at(const wrt_wcet_report *r, size_t i, wrt_wcet_assumption *out)
{
    const size_t facts = r->a.facts.count, args = facts + assumed_args(r), hosts = args + r->hosts_count;
    if (i > hosts) return false;
    *out = (wrt_wcet_assumption){ .kind = 'i',
        .func = UINT32_MAX,
        .loop = UINT32_MAX,
        .argument = UINT32_MAX,
        .offset = WRT_WCET_NONE,
        .other = WRT_WCET_NONE,
        .min = WRT_WCET_NONE,
        .max = WRT_WCET_NONE,
        .total = WRT_WCET_NONE };
    if (i < facts) {
        assumed_fact(&r->a.facts.facts[i], out);
    } else if (i < args) {
        assumed_arg(r, i - facts, out);
    } else if (i < hosts) {
        const struct wrt__wcet_host *h = &r->hosts[i - args];
        out->kind = 'h';
        out->max = h->fuel_high;
        out->module = h->module;
        out->name = h->name;
    } else {
        out->rationale = assumed_state(&r->a);
    }
    return true;
}
