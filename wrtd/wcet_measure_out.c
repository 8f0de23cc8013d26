/* wcet_measure_out: what was measured and checked, as text and as part of the document. */
#include "wcet_measure.h"

static void measured_text_prob(const struct wd_measured *m, const wrt_wcet *sum)
{
    const wrt_wcet_prob *p = &m->prob;
    const wrt_str gate = wrt_wcet_gate_text(p->gate);
    if (p->gate != WRT_WCET_GATE_PASSED) {
        printf("exceedance refused: %.*s", (int)gate.n, gate.p);
        if (p->path != WRT_WCET_NO_PATH) printf(" (path %u alone)", p->path);
        putchar('\n');
        return;
    }
    for (int k = 0; k < WRT_WCET_LEVELS; k++) {
        const wrt_wcet_exceedance *a = &p->at[k];
        const bool capped = sum->bounded && a->fuel > (double)sum->fuel_high;
        printf("exceedance %.0e per run: %.0f fuel (95 %%: %.0f .. %.0f)%s%s\n", a->probability,
            capped ? (double)sum->fuel_high : a->fuel, a->low, a->high,
            a->extrapolated ? ", extrapolation" : "", capped ? ", by the bound" : "");
    }
    puts("           for the inputs that the samples come from alone; never for admission");
}

static void measured_text_bins(const wrt_wcet_observed *o)
{
    char low[32], n[32];
    for (int k = 0; k < WRT_WCET_BINS; k++) {
        if (o->min + (uint64_t)k * o->bin_width > o->max) break;
        printf("           from %-14s %s\n", wd_group(o->min + (uint64_t)k * o->bin_width, low),
            wd_group(o->bins[k], n));
    }
}

static void measured_text_checks(const struct wd_measured *m)
{
    size_t held = 0, open = 0;
    for (size_t i = 0; i < m->checks_count; i++) {
        if (m->checks[i].seen == WRT_WCET_NONE) open++;
        else held += !m->checks[i].contradicted;
    }
    printf("facts      one run of %llu fuel: %zu hold, %zu are false, %zu could not be told%s\n",
        (unsigned long long)m->run_fuel, held, m->contradicted, open,
        m->counted ? "" : " (its loops could not be followed exactly)");
}

void wd_measured_text(const struct wd_measured *m, const wrt_wcet *sum)
{
    const wrt_wcet_observed *o = &m->observed;
    char a[32], b[32], c[32];
    if (m->checked) measured_text_checks(m);
    if (!m->asked) return;
    if (!o->enough) {
        printf("observed   %s runs: too few for statistics\n", wd_group(o->count, a));
    } else {
        printf("observed   %s runs: %s .. %s fuel, mean %.1f, deviation %.1f\n", wd_group(o->count, a),
            wd_group(o->min, b), wd_group(o->max, c), o->mean, o->deviation);
        measured_text_bins(o);
        printf("margin     %s fuel: the largest observed with its margin, no bound\n",
            wd_group(o->with_margin, a));
    }
    if (m->trapped)
        printf("           %s runs did not return and are not counted\n", wd_group(m->trapped, a));
    if (m->pessimism_permille != WRT_WCET_NONE && m->pessimism_permille >= 1000) {
        printf("pessimism  %llu.%03llu: the bound to the largest observed\n",
            (unsigned long long)(m->pessimism_permille / 1000),
            (unsigned long long)(m->pessimism_permille % 1000));
    }
    if (!o->confident) {
        printf("confidence takes %s independent runs, there are %s\n", wd_group(o->needed, a),
            wd_group(o->count, b));
    }
    if (m->has_prob) measured_text_prob(m, sum);
}

/* ---- the document ------------------------------------------------------------------------------------- */

static void measured_figure(struct wd_json *j, const char *key, uint64_t v)
{
    if (v == WRT_WCET_NONE) wd_json_null(j, key);
    else wd_json_u64(j, key, v);
}

static void measured_json_observed(struct wd_json *j, const struct wd_measured *m)
{
    const wrt_wcet_observed *o = &m->observed;
    wd_json_open(j, "observed", '{');
    wd_json_text(j, "method", m->method);
    wd_json_u64(j, "count", o->count);
    wd_json_u64(j, "trapped", m->trapped);
    wd_json_bool(j, "enough", o->enough);
    if (o->enough) {
        wd_json_u64(j, "min", o->min);
        wd_json_u64(j, "max", o->max);
        wd_json_f64(j, "mean", o->mean);
        wd_json_f64(j, "deviation", o->deviation);
        wd_json_u64(j, "with_margin", o->with_margin);
        wd_json_hex(j, "max_input", o->max_input);
        wd_json_u64(j, "bin_width", o->bin_width);
        wd_json_open(j, "bins", '[');
        for (int k = 0; k < WRT_WCET_BINS; k++) wd_json_u64(j, NULL, o->bins[k]);
        wd_json_close(j);
    }
    wd_json_bool(j, "confident", o->confident);
    wd_json_u64(j, "needed", o->needed);
    if (m->pessimism_permille != WRT_WCET_NONE && m->pessimism_permille >= 1000)
        wd_json_u64(j, "pessimism_permille", m->pessimism_permille);
    wd_json_close(j);
}

static void measured_json_prob(struct wd_json *j, const wrt_wcet_prob *p)
{
    const wrt_str gate = wrt_wcet_gate_text(p->gate);
    const bool passed = p->gate == WRT_WCET_GATE_PASSED;
    wd_json_open(j, "probabilistic", '{');
    wd_json_bool(j, "refused", !passed);
    wd_json_string(j, "gate", gate);
    if (p->path != WRT_WCET_NO_PATH) wd_json_u64(j, "path", p->path);
    wd_json_u64(j, "count", p->count);
    wd_json_u64(j, "distinct", p->distinct);
    const struct { const char *name; double p; } tests[] = { { "runs_p", p->runs_p },
        { "ljung_box_p", p->ljung_box_p }, { "ks_p", p->ks_p }, { "gev_ad_p", p->maxima_ad_p },
        { "gumbel_ad_p", p->gumbel_ad_p }, { "tail_ad_p", p->excesses_ad_p } };
    for (size_t k = 0; k < WD_COUNT(tests); k++) {
        if (tests[k].p >= 0 && p->count >= 1000) wd_json_f64(j, tests[k].name, tests[k].p);
    }
    if (p->blocks > 0) {
        const double figures[] = { p->gev_location, p->gev_scale, p->gev_shape, p->gumbel_location,
            p->gumbel_scale, p->threshold, p->tail_scale, p->tail_shape, p->tail_cv };
        static const char *const names[] = { "gev_location", "gev_scale", "gev_shape", "gumbel_location",
            "gumbel_scale", "threshold", "tail_scale", "tail_shape", "tail_cv" };
        wd_json_u64(j, "blocks", p->blocks);
        wd_json_u64(j, "excesses", p->excesses);
        for (size_t k = 0; k < WD_COUNT(names); k++) wd_json_f64(j, names[k], figures[k]);
    }
    wd_json_open(j, "exceedance", '[');
    for (int k = 0; passed && k < WRT_WCET_LEVELS; k++) {
        const wrt_wcet_exceedance *a = &p->at[k];
        wd_json_open(j, NULL, '{');
        wd_json_f64(j, "probability", a->probability);
        wd_json_f64(j, "fuel", a->fuel);
        wd_json_f64(j, "gev", a->gev);
        wd_json_f64(j, "gumbel", a->gumbel);
        wd_json_f64(j, "tail", a->tail);
        wd_json_f64(j, "low", a->low);
        wd_json_f64(j, "high", a->high);
        wd_json_bool(j, "extrapolated", a->extrapolated);
        wd_json_close(j);
    }
    wd_json_close(j);
    wd_json_close(j);
}

static void measured_json_checks(struct wd_json *j, const struct wd_measured *m)
{
    wd_json_open(j, "facts_checked", '{');
    wd_json_u64(j, "run_fuel", m->run_fuel);
    wd_json_bool(j, "followed", m->counted);
    wd_json_open(j, "facts", '[');
    for (size_t i = 0; i < m->checks_count; i++) {
        const struct wd_fact_check *c = &m->checks[i];
        wd_json_open(j, NULL, '{');
        if (c->fact.func != UINT32_MAX) wd_json_u64(j, "func", c->fact.func);
        if (c->fact.kind == 'l') wd_json_u64(j, "loop", c->fact.loop);
        if (c->fact.offset != WRT_WCET_NONE) wd_json_u64(j, "offset", c->fact.offset);
        measured_figure(j, "seen", c->seen);
        wd_json_bool(j, "in_run", c->total);
        wd_json_bool(j, "contradicted", c->contradicted);
        wd_json_close(j);
    }
    wd_json_close(j);
    wd_json_close(j);
}

void wd_measured_json(struct wd_json *j, const struct wd_measured *m)
{
    if (m->asked) measured_json_observed(j, m);
    if (m->has_prob) measured_json_prob(j, &m->prob);
    if (m->checked) measured_json_checks(j, m);
}
