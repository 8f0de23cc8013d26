/* api/wcet_measure: samples beside bounds (include/wrt/wcet_measure.h). */
#include "api/objects.h"
#include "wcet/measure.h"

enum { WCET_W_MEASURE = 707, WCET_W_OBSERVED = 708, WCET_SAMPLES_MOST = 1 << 24 };

static wrt_status measure_begin(const wrt_wcet_sample *s, size_t n, const wrt_wcet_measure_opts *o,
    wrt_wcet_measure_opts *own, wrt_error *err)
{
    wrt_wcet_measure_opts given;
    if ((!s && n > 0) || n > WCET_SAMPLES_MOST) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "at most %d samples, and not NULL",
            WCET_SAMPLES_MOST);
    }
    wrt_status status = wrt__opts_read(&given, sizeof given, o, "wrt_wcet_measure_opts", err);
    if (status != WRT_OK || wrt__measure_options(&given, own)) return status;
    return wrt__fail(err, WRT_E_ARG, WCET_W_MEASURE, WRT__NO_OFFSET,
        "a margin is at least 1, a confidence above 0 and below 1");
}

uint64_t wrt_wcet_samples_needed(wrt_adm_ratio confidence) { return wrt__measure_needed(confidence); }

wrt_str wrt_wcet_gate_text(uint32_t gate)
{
    static const char *const texts[] = {
#define X(name, text) text,
        WRT_WCET_GATE_MAP(X)
#undef X
    };
    const char *text = gate < WRT_COUNT(texts) ? texts[gate] : "?";
    size_t n = 0;
    while (text[n]) n++;
    return (wrt_str){ text, n };
}

wrt_status wrt_wcet_observe(const wrt_wcet_sample *s, size_t n, const wrt_wcet_measure_opts *o,
    wrt_wcet_observed *out, wrt_error *err)
{
    wrt_wcet_measure_opts own;
    wrt_status status = measure_begin(s, n, o, &own, err);
    if (status == WRT_OK) wrt__measure(s, n, &own, out);
    return status;
}

static wrt_status measure_contradicted(const wrt_wcet *st, const wrt_wcet_sample *s, size_t i, wrt_error *err)
{
    const bool high = s->fuel > st->fuel_high;
    wrt_status status = wrt__fail(err, WRT_E_INTEGRITY, WCET_W_OBSERVED, WRT__NO_OFFSET,
        high ? "a run used %lu fuel, above the bound of %lu: something that the bound rests on is false"
             : "a run used %lu fuel, below the least of %lu: something that the bound rests on is false",
        s->fuel, high ? st->fuel_high : st->fuel_low);
    wrt__error_where(err, "sample %lu", (uint64_t)i);
    if (st->stated > 0)
        wrt__error_hint(err, "%u bounds of loops are stated, not proved: check those", st->stated);
    return status;
}

wrt_status wrt_wcet_combine(const wrt_wcet *st, const wrt_wcet_sample *s, size_t n,
    const wrt_wcet_measure_opts *o, wrt_wcet_combined *out, wrt_error *err)
{
    wrt_wcet_measure_opts own;
    wrt_status status = measure_begin(s, n, o, &own, err);
    if (status != WRT_OK) return status;
    uint64_t largest = 0;
    *out = (wrt_wcet_combined){ .size = out->size,
        .bounded = st->bounded,
        .fuel_high = st->bounded ? st->fuel_high : WRT_WCET_NONE,
        .fuel_low = st->fuel_low,
        .pessimism_permille = WRT_WCET_NONE,
        .observed = WRT_INIT(wrt_wcet_observed) };
    wrt__measure(s, n, &own, &out->observed);
    for (size_t i = 0; i < n; i++) {
        if (s[i].fuel > out->fuel_high || s[i].fuel < st->fuel_low)
            return measure_contradicted(st, &s[i], i, err);
        largest = wrt__max_u64(largest, s[i].fuel);
    }
    if (st->bounded && out->observed.enough && largest > 0 && largest <= UINT32_MAX) {
        out->pessimism_permille = wrt__measure_scale(
            st->fuel_high, (wrt_adm_ratio){ 1000, (uint32_t)largest });
    } else if (st->bounded && out->observed.enough && largest > 0) {
        out->pessimism_permille = st->fuel_high / (largest / 1000);
    }
    return WRT_OK;
}

wrt_status wrt_wcet_probable(wrt_engine *e, const wrt_wcet_sample *s, size_t n,
    const wrt_wcet_measure_opts *o, wrt_wcet_prob *out, wrt_error *err)
{
    wrt_wcet_measure_opts own;
    wrt_status status = measure_begin(s, n, o, &own, err);
    return status == WRT_OK ? wrt__evt(&e->alloc, s, n, &own, out, err) : status;
}
