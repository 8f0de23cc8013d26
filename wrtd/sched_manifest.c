/* sched analyze on a manifest: the test that `sched run` asks, on the numbers of the manifest. */
#include "sched_system.h"
#include <string.h>

/* ---- by what factor all budgets could grow ----------------------------------------------------------------
 */

enum { SCALE_ONE = 1000, SCALE_MOST = 100 * SCALE_ONE, SCALE_TASKS = 64 };

/* The factor on budgets is exact, so it can ask the question: does the set fit with so many thousandths of
 * it? */
static bool scale_fits(struct wd *w, struct wd_sched_input *in, wrt_adm_ratio base, uint64_t thousandths)
{
    struct wd_system s = { .w = w };
    uint64_t num = base.num * thousandths, den = (uint64_t)base.den * SCALE_ONE, a = num, b = den;
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    bool fits = false;
    if (num / a <= UINT32_MAX && den / a <= UINT32_MAX) {
        in->manifest.o.overhead = (wrt_adm_ratio){ (uint32_t)(num / a), (uint32_t)(den / a) };
        fits = wd_system_open(w, in, NULL, false, &s) == 0 && wd_system_admit(&s) == 0
            && s.adm_status == WRT_OK;
    }
    wd_system_close(&s);
    return fits;
}

/* The largest number of thousandths with which the set is still schedulable; 0: none, or not worked out. */
static uint64_t scale_of(struct wd *w, struct wd_sched_input *in, const struct wd_system *s)
{
    wrt_adm_ratio given = in->manifest.o.overhead, base = given.den ? given : (wrt_adm_ratio){ 23, 20 };
    uint64_t low = 0, high = SCALE_MOST;
    bool factor = base.num >= base.den;     /* a factor below 1 is not taken */
    if (s->adm_status == WRT_E_UNSUPPORTED || s->rows_count > SCALE_TASKS || !factor) return 0;
    uint64_t least = ((uint64_t)base.den * SCALE_ONE + base.num - 1) / base.num;
    if (!scale_fits(w, in, base, least)) high = 0;
    low = high ? least : 0;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (scale_fits(w, in, base, middle)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    in->manifest.o.overhead = given;
    return low;
}

static int analyze_whole(struct wd *w, struct wd_sched_input *in, struct wd_system *s)
{
    int code = wd_sched_input_open(w, in);
    if (!code) code = wd_system_open(w, in, NULL, false, s);
    if (!code) code = wd_system_admit(s);
    if (code) return code;
    wd_system_warn(s);
    code = s->adm_status == WRT_E_REJECTED ? WD_EXIT_NO_FIT : WD_EXIT_OK;
    if (code) wd_system_say_refused(s, "error");
    uint64_t scale = scale_of(w, in, s);
    if (w->json == WD_JSON_OFF) {
        wd_admission_text(s, stdout);
        if (scale) {
            printf("every wcet could be multiplied by %llu.%03llu and not by %llu.%03llu\n",
                (unsigned long long)scale / SCALE_ONE, (unsigned long long)scale % SCALE_ONE,
                ((unsigned long long)scale + 1) / SCALE_ONE, ((unsigned long long)scale + 1) % SCALE_ONE);
        }
        return code;
    }
    struct wd_json j;
    wd_json_begin(w, &j, "admission");
    wd_json_text(&j, "file", s->file);
    wd_json_text(&j, "name", s->name);
    wd_json_text(&j, "policy", wd_policy_name(s->o.policy));
    wd_json_u64(&j, "ns_per_kfuel", s->o.ns_per_kfuel);
    if (scale) wd_json_f64(&j, "scale", (double)scale / (double)SCALE_ONE);
    wd_admission_json(s, &j);
    wd_json_i64(&j, "exit_code", code);
    wd_json_end(&j);
    return code;
}

int wd_sched_manifest_analyze(struct wd *w)
{
    struct wd_sched_input in;
    struct wd_system s = { .w = w };
    memset(&in, 0, sizeof in);
    in.manifest.folder_fd = -1;
    int code = analyze_whole(w, &in, &s);
    wd_system_close(&s);
    wd_sched_input_close(&in);
    return code;
}
