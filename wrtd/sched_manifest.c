/* sched analyze on a manifest: the test that `sched run` asks, on the numbers of the manifest. */
#include "sched_system.h"
#include <string.h>

static int analyze_whole(struct wd *w, struct wd_sched_input *in, struct wd_system *s)
{
    int code = wd_sched_input_open(w, in);
    if (!code) code = wd_system_open(w, in, NULL, false, s);
    if (!code) code = wd_system_admit(s);
    if (code) return code;
    wd_system_warn(s);
    code = s->adm_status == WRT_E_REJECTED ? WD_EXIT_NO_FIT : WD_EXIT_OK;
    if (code) wd_system_say_refused(s, "error");
    if (w->json == WD_JSON_OFF) {
        wd_admission_text(s, stdout);
        return code;
    }
    struct wd_json j;
    wd_json_begin(w, &j, "admission");
    wd_json_text(&j, "file", s->file);
    wd_json_text(&j, "name", s->name);
    wd_json_text(&j, "policy", wd_policy_name(s->o.policy));
    wd_json_u64(&j, "ns_per_kfuel", s->o.ns_per_kfuel);
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
