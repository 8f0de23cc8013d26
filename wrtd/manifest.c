/* manifest: from the fields of a manifest to a system: names are looked up, times and budgets checked against
 * each other. All faults are collected before the first one is said. Opens no file. Text: docs/manifest.md;
 * the rules that a task set must keep: docs/scheduling.md. */
#include "manifest.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *mf_copy(wrt_str s)
{
    char *p = wd_alloc(s.n + 1);
    memcpy(p, s.p, s.n);
    return p;
}

static const struct mf_field *mf_get(const struct wd_manifest *m, enum mf_key k)
{
    return &m->mf.fields[k];
}

static uint64_t mf_n(const struct wd_manifest *m, enum mf_key k, uint64_t otherwise)
{
    return m->mf.fields[k].v ? m->mf.fields[k].n : otherwise;
}

static bool mf_given(const struct wd_manifest *m, enum mf_key k)
{
    return m->mf.fields[k].v != NULL;
}

static void mf_contradicts(struct wd_manifest *m, enum mf_key k, const char *hint, const char *what)
{
    mf_fault(&m->mf, m->mf.fields[k].v, true, WD_W_MANIFEST_SENSE, NULL, "%s", what);
    mf_hint(&m->mf, "%s", hint);
}

const char *wd_policy_name(wrt_policy p)
{
    static const char *const names[] = { "round-robin", "cooperative", "priority", "rm", "edf", "rm+edf",
        "time-triggered" };
    return (size_t)p < WD_COUNT(names) ? names[p] : "?";
}

const char *wd_asil_name(uint32_t level)
{
    static const char *const names[] = { "QM", "A", "B", "C", "D" };
    return level < WD_COUNT(names) ? names[level] : "?";
}

/* ---- [system] ------------------------------------------------------------------------------------------ */

static void system_cores(struct wd_manifest *m)
{
    const struct mf_field *f = mf_get(m, MF_SYSTEM_cores);
    m->o.cores = 0;
    if (!f->v) {
        m->o.cores = 1;
        const struct toml_value *system = mf_get(m, MF_ROOT_system)->v;
        m->cores_wrong = system && toml_get(&m->mf.toml, system, WRT_STR("cores"));
        return;
    }
    if (f->v->count == 0 || f->v->count > WD_MF_CORES) {
        mf_fault(&m->mf, f->v, false, WD_W_MANIFEST_VALUE, NULL, "1 to %d cores, found %u", (int)WD_MF_CORES,
            f->v->count);
        m->o.cores = 1;
        m->cores_wrong = true;
        return;
    }
    for (const struct toml_value *v = f->v->first; v; v = v->next) {
        uint32_t number = (uint32_t)v->of.integer;
        for (uint32_t k = 0; k < m->o.cores; k++) {
            if (m->cores[k] == number)
                mf_fault(&m->mf, v, false, WD_W_MANIFEST_VALUE, NULL, "core %u is listed twice", number);
        }
        m->cores[m->o.cores++] = number;
    }
}

static void system_overload(struct wd_manifest *m)
{
    enum { DROP_B, NONE, DROP_A };
    const struct mf_field *f = mf_get(m, MF_SYSTEM_on_overload);
    if (!f->v) return;
    if (f->n >= DROP_A) {
        mf_fault(&m->mf, f->v, false, WD_W_LATER, NULL,
            "`on-overload` of this value is not built yet: the modes are fixed");
        mf_hint(&m->mf, "mode high keeps B, C, D, mode critical C, D: \"drop-below:B\"");
        return;
    }
    bool off = f->n == NONE;
    if (mf_given(m, MF_SYSTEM_mode_switching) && mf_n(m, MF_SYSTEM_mode_switching, 1) == off) {
        mf_contradicts(
            m, MF_SYSTEM_on_overload, "say one of them", "`on-overload` contradicts `mode-switching`");
    }
    m->o.no_mode_switching = off;
}

static void system_rate(struct wd_manifest *m)
{
    bool board = mf_given(m, MF_SYSTEM_board), rate = mf_given(m, MF_SYSTEM_ns_per_kfuel);
    if (board && rate) {
        mf_contradicts(
            m, MF_SYSTEM_ns_per_kfuel, "say one of them", "`ns-per-kfuel` and `board` both give the rate");
    }
    m->o.ns_per_kfuel = mf_n(m, MF_SYSTEM_ns_per_kfuel, 0);
    if (board || rate) return;
    const struct toml_value *system = toml_get(&m->mf.toml, m->mf.toml.root, WRT_STR("system"));
    const struct toml_value *at = system ? system : m->mf.toml.root;
    /* A wrong value was reported already. */
    bool wrong = system
        && (toml_get(&m->mf.toml, system, WRT_STR("board"))
            || toml_get(&m->mf.toml, system, WRT_STR("ns-per-kfuel")));
    if (wrong) return;
    mf_fault(&m->mf, at, true, WD_W_MANIFEST_MISSING, NULL, "[system] lacks the rate: what fuel is in time");
    mf_hint(&m->mf, "board = FILE of `wrtd bench --calibrate`, or ns-per-kfuel = 1000000000 (1 fuel = 1 ms)");
}

static void system_more(struct wd_manifest *m)
{
    m->o.quantum_fuel = mf_n(m, MF_SYSTEM_quantum, 0);
    m->o.cycle_ns = mf_n(m, MF_SYSTEM_cycle, 0);
    m->o.no_hybrid = !mf_n(m, MF_SYSTEM_hybrid, 1);
    m->o.no_mode_switching = !mf_n(m, MF_SYSTEM_mode_switching, 1);
    m->o.no_enforcement = !mf_n(m, MF_SYSTEM_wcet_enforcement, 1);
    m->o.no_monitoring = !mf_n(m, MF_SYSTEM_deadline_monitoring, 1);
    m->o.no_inheritance = !mf_n(m, MF_SYSTEM_inheritance, 1);
    m->o.ceiling = mf_n(m, MF_SYSTEM_protocol, 0) == 1;
    m->o.max_utilization = mf_get(m, MF_SYSTEM_max_utilization)->ratio;
    m->o.level_utilization = mf_get(m, MF_SYSTEM_max_level)->ratio;
    m->o.overhead = mf_get(m, MF_SYSTEM_overhead)->ratio;
    if (mf_given(m, MF_SYSTEM_miss_threshold)) {
        uint64_t n = mf_n(m, MF_SYSTEM_miss_threshold, 1);
        m->o.miss_threshold = n == 0 ? WRT_SCHED_NO_MISS : (uint32_t)n;
    }
    if (mf_given(m, MF_SYSTEM_return_after)) {
        uint64_t n = mf_n(m, MF_SYSTEM_return_after, 10);
        m->o.return_after = n == UINT64_MAX ? UINT32_MAX : (uint32_t)n;
    }
    m->o.pin = mf_n(m, MF_SYSTEM_pin, 0);
    m->o.lock_memory = mf_n(m, MF_SYSTEM_lock_memory, 0);
    m->o.os_policy = (wrt_os_policy)mf_n(m, MF_SYSTEM_os_policy, WRT_OS_NORMAL);
    m->o.os_priority = (uint32_t)mf_n(m, MF_SYSTEM_os_priority, 0);
    m->seal = mf_n(m, MF_SYSTEM_seal, 0);
    m->verify = (enum wd_mf_verify)mf_n(m, MF_SYSTEM_verification, WD_MF_STANDARD);
    system_overload(m);
}

static void manifest_system(struct wd_manifest *m, const struct toml_value *t)
{
    static const wrt_policy policies[] = { WRT_COOPERATIVE, WRT_ROUND_ROBIN, WRT_FIXED_PRIORITY,
        WRT_RATE_MONOTONIC, WRT_EDF, WRT_RM_EDF, WRT_RM_EDF, WRT_TIME_TRIGGERED };
    static const struct toml_value empty = { .kind = TOML_TABLE };
    mf_read(&m->mf, MF_SYSTEM, t ? t : &empty);
    m->o = WRT_INIT(wrt_sched_opts);
    m->o.policy = mf_given(m, MF_SYSTEM_policy) ? policies[mf_n(m, MF_SYSTEM_policy, 0)] : WRT_RM_EDF;
    m->o.virtual_time = mf_n(m, MF_SYSTEM_clock, 0) == 1;
    uint64_t profile = mf_n(m, MF_SYSTEM_profile, 0);
    m->profile = (wrt_asil)(profile > 4 ? profile - 4 : profile);
    if (mf_given(m, MF_SYSTEM_name)) m->name = mf_copy(mf_get(m, MF_SYSTEM_name)->s);
    if (mf_given(m, MF_SYSTEM_fuel_table)) m->fuel_table = mf_copy(mf_get(m, MF_SYSTEM_fuel_table)->s);
    system_cores(m);
    system_rate(m);
    system_more(m);
    if (m->o.policy == WRT_TIME_TRIGGERED && m->o.cycle_ns == 0) {
        mf_fault(&m->mf, t ? t : m->mf.toml.root, true, WD_W_MANIFEST_MISSING, NULL,
            "time-triggered needs the length of its table");
        mf_hint(&m->mf, "cycle = \"20ms\" in [system]");
    }
}

/* The place of a core in the list, reported when it is not there. */
static uint32_t manifest_core(struct wd_manifest *m, enum mf_key key)
{
    const struct mf_field *f = mf_get(m, key);
    if (!f->v || m->cores_wrong) return 0;
    for (uint32_t k = 0; k < m->o.cores; k++) {
        if (m->cores[k] == f->n) return k;
    }
    char list[120] = "";
    for (uint32_t k = 0; k < m->o.cores && strlen(list) < 100; k++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%u", k ? ", " : "", m->cores[k]);
    }
    mf_fault(
        &m->mf, f->v, false, WD_W_MANIFEST_NAME, NULL, "core %llu is not listed", (unsigned long long)f->n);
    mf_hint(&m->mf, "system.cores = [%s]", list);
    return 0;
}

/* ---- [component.X] --------------------------------------------------------------------------------------
 */

static void component_limits(struct wd_manifest *m, struct wd_mf_component *c)
{
    const struct mf_field *f = mf_get(m, MF_COMPONENT_limits);
    if (!f->v) return;
    mf_read(&m->mf, MF_LIMITS, f->v);
    c->has_memory = mf_given(m, MF_LIMITS_memory);
    c->memory_at = mf_get(m, MF_LIMITS_memory)->v;
    c->memory_bytes = mf_n(m, MF_LIMITS_memory, 0);
    c->has_stack = mf_given(m, MF_LIMITS_stack);
    c->stack_bytes = mf_n(m, MF_LIMITS_stack, 0);
    c->tasks_most = (uint32_t)mf_n(m, MF_LIMITS_tasks, 0);
}

static void component_more(struct wd_manifest *m)
{
    static const char *const isolations[] = { "none", "basic", "strong", "maximum" };
    const struct mf_field *f = mf_get(m, MF_COMPONENT_isolate);
    if (f->v && f->n != 0) {
        mf_fault(
            &m->mf, f->v, false, WD_W_LATER, NULL, "isolation \"%s\" is not built yet", isolations[f->n]);
        mf_hint(&m->mf, "isolate = \"none\": every module has its own memory and stack");
    }
    f = mf_get(m, MF_COMPONENT_on_trap);
    if (f->v) {
        mf_read(&m->mf, MF_TRAP, f->v);
        f = mf_get(m, MF_TRAP_what);
        if (f->v && f->n != 0) {
            mf_fault(&m->mf, f->v, false, WD_W_LATER, NULL, "`on-trap` of this value is not built yet");
            mf_hint(&m->mf, "do = \"reset\": the instance goes back to its first state before the next job");
        }
    }
    f = mf_get(m, MF_COMPONENT_env);
    for (const struct toml_value *v = f->v ? f->v->first : NULL; v; v = v->next) {
        if (memchr(v->text.p, '=', v->text.n)) continue;
        mf_fault(&m->mf, v, false, WD_W_MANIFEST_VALUE, "expected NAME=VALUE", "a variable has no value");
    }
    f = mf_get(m, MF_COMPONENT_dirs);
    for (const struct toml_value *v = f->v ? f->v->first : NULL; v; v = v->next) {
        mf_read(&m->mf, MF_DIR, v);
        if (!mf_given(m, MF_DIR_host)) {
            mf_fault(&m->mf, v, true, WD_W_MANIFEST_MISSING, NULL, "a folder of `dirs` lacks `host`");
            mf_hint(&m->mf, "dirs = [{ host = \"/var/log\", guest = \"/log\", write = true }]");
        }
    }
}

static uint8_t component_hex(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static void manifest_component(struct wd_manifest *m, const struct toml_value *t, struct wd_mf_component *c)
{
    c->name = mf_copy(t->key);
    c->at = t;
    c->core = UINT32_MAX;
    if (t->kind != TOML_TABLE) {
        mf_fault(&m->mf, t, true, WD_W_MANIFEST_VALUE, NULL, "`component` holds tables: [component.NAME]");
        return;
    }
    mf_read(&m->mf, MF_COMPONENT, t);
    const struct mf_field *f = mf_get(m, MF_COMPONENT_file);
    c->file_at = f->v;
    if (f->v) {
        c->file = mf_copy(f->s);
    } else if (!toml_get(&m->mf.toml, t, WRT_STR("file"))) {
        mf_fault(&m->mf, t, true, WD_W_MANIFEST_MISSING, NULL, "component `%s` lacks `file`", c->name);
        mf_hint(&m->mf, "file = \"%s.wasm\"", c->name);
    }
    f = mf_get(m, MF_COMPONENT_sha256);
    c->has_sha = f->v != NULL;
    c->sha_at = f->v;
    for (size_t k = 0; f->v && k < 32; k++) {
        c->sha256[k] = (uint8_t)(component_hex(f->s.p[2 * k]) << 4 | component_hex(f->s.p[2 * k + 1]));
    }
    c->has_asil = mf_given(m, MF_COMPONENT_asil);
    c->asil = (wrt_asil)mf_n(m, MF_COMPONENT_asil, m->profile);
    c->args = mf_get(m, MF_COMPONENT_args)->v;
    c->env = mf_get(m, MF_COMPONENT_env)->v;
    c->dirs = mf_get(m, MF_COMPONENT_dirs)->v;
    component_limits(m, c);
    component_more(m);
}

/* ---- [server.X] -----------------------------------------------------------------------------------------
 */

static void manifest_server(struct wd_manifest *m, const struct toml_value *t, struct wd_mf_server *s)
{
    bool priorities = m->o.policy == WRT_FIXED_PRIORITY || m->o.policy == WRT_RATE_MONOTONIC;
    bool deadlines = m->o.policy == WRT_EDF || m->o.policy == WRT_RM_EDF;
    s->name = mf_copy(t->key);
    s->at = t;
    if (t->kind != TOML_TABLE) {
        mf_fault(&m->mf, t, true, WD_W_MANIFEST_VALUE, NULL, "`server` holds tables: [server.NAME]");
        return;
    }
    mf_read(&m->mf, MF_SERVER, t);
    s->kind = (wrt_server_kind)mf_n(m, MF_SERVER_kind, deadlines ? WRT_SERVER_CBS : WRT_SERVER_SPORADIC);
    if (!priorities && !deadlines) {
        mf_fault(&m->mf, t, true, WD_W_MANIFEST_SENSE, NULL, "policy %s has no servers",
            wd_policy_name(m->o.policy));
        mf_hint(&m->mf, "cbs goes with edf and rm+edf, sporadic with priority and rm");
    } else if (deadlines != (s->kind == WRT_SERVER_CBS)) {
        mf_contradicts(m, MF_SERVER_kind, "cbs goes with edf and rm+edf, sporadic with priority and rm",
            "this kind of server does not go with the policy");
    }
    s->fuel = mf_n(m, MF_SERVER_fuel, 0);
    s->period_ns = mf_n(m, MF_SERVER_period, 0);
    if (!toml_get(&m->mf.toml, t, WRT_STR("fuel")) || !toml_get(&m->mf.toml, t, WRT_STR("period"))) {
        mf_fault(
            &m->mf, t, true, WD_W_MANIFEST_MISSING, NULL, "server `%s` needs `fuel` and `period`", s->name);
        mf_hint(&m->mf, "fuel = \"20k\", period = \"10ms\"");
    }
    s->priority = (uint8_t)mf_n(m, MF_SERVER_priority, 0);
    s->band_set = mf_given(m, MF_SERVER_band);
    s->band = (uint8_t)mf_n(m, MF_SERVER_band, 0);
    s->core = manifest_core(m, MF_SERVER_core);
}

/* ---- [[task]] --------------------------------------------------------------------------------------------
 */

static void task_overrun(struct wd_manifest *m, struct wd_mf_task *t)
{
    const struct mf_field *f = mf_get(m, MF_TASK_on_overrun);
    uint64_t percent;
    if (!f->v) return;
    if (wd_equal(f->s, "abort")) {
        t->o.on_overrun = WRT_OVERRUN_ABORT;
    } else if (wd_equal(f->s, "suspend")) {
        t->o.on_overrun = WRT_OVERRUN_SUSPEND;
    } else if (wd_equal(f->s, "trap")) {
        t->o.on_overrun = WRT_OVERRUN_TRAP;
    } else if (f->s.n > 8 && memcmp(f->s.p, "extend:", 7) == 0 && f->s.p[f->s.n - 1] == '%') {
        t->o.on_overrun = WRT_OVERRUN_EXTEND;
        if (!wd_parse_count((wrt_str){ f->s.p + 7, f->s.n - 8 }, &percent) || percent < 1 || percent > 1000) {
            mf_fault(&m->mf, f->v, false, WD_W_MANIFEST_VALUE, "1 to 1000 percent",
                "`on-overrun` cannot have this value");
            return;
        }
        t->o.extend_percent = (uint32_t)percent;
        if (t->o.level >= WRT_ASIL_C) {
            mf_fault(&m->mf, f->v, false, WD_W_MANIFEST_SENSE, NULL, "budgets are not extended at level %s",
                wd_asil_name(t->o.level));
            mf_hint(&m->mf, "abort, suspend or trap; or raise wcet.fuel");
        }
    } else {
        mf_fault(&m->mf, f->v, false, WD_W_MANIFEST_VALUE, "expected abort, suspend, trap or extend:10%",
            "`on-overrun` cannot have this value");
    }
}

static void task_drop(struct wd_manifest *m, struct wd_mf_task *t)
{
    const struct mf_field *f = mf_get(m, MF_TASK_on_drop);
    uint64_t n;
    if (!f->v || wd_equal(f->s, "suspend")) return;
    if (wd_equal(f->s, "abort")) {
        t->o.on_drop = WRT_DROP_ABORT;
    } else if (f->s.n > 8 && memcmp(f->s.p, "degrade:", 8) == 0
        && wd_parse_count((wrt_str){ f->s.p + 8, f->s.n - 8 }, &n) && n >= 2 && n <= (uint64_t)1 << 31) {
        t->o.on_drop = WRT_DROP_DEGRADE;
        t->o.degrade = (uint32_t)n;
    } else {
        mf_fault(&m->mf, f->v, false, WD_W_MANIFEST_VALUE,
            "expected suspend, abort or degrade:N with N from 2", "`on-drop` cannot have this value");
    }
}

/* What the budgets must keep among each other. */
static void task_wcet_order(struct wd_manifest *m, struct wd_mf_task *t)
{
    uint64_t high = t->o.fuel[1] ? t->o.fuel[1] : t->o.fuel[0];
    if (t->o.fuel[1] && t->o.fuel[1] < t->o.fuel[0]) {
        mf_contradicts(m, MF_WCET_overload, "budgets do not fall from mode to mode",
            "`overload-fuel` is below `fuel`");
    }
    if (t->o.fuel[2] && t->o.fuel[2] < high) {
        mf_contradicts(m, MF_WCET_critical, "budgets do not fall from mode to mode",
            "`critical-fuel` is below the budget of mode high");
    }
}

static void task_wcet(struct wd_manifest *m, const struct toml_value *at, struct wd_mf_task *t)
{
    const struct mf_field *f = mf_get(m, MF_TASK_wcet);
    if (!f->v) {
        if (toml_get(&m->mf.toml, at, WRT_STR("wcet"))) return;
        mf_fault(&m->mf, at, true, WD_W_MANIFEST_MISSING, NULL, "task `%s` lacks `wcet`", t->name);
        mf_hint(&m->mf, "wcet = { fuel = 50000 }: what a job may spend");
        return;
    }
    t->wcet_at = f->v;
    mf_read(&m->mf, MF_WCET, f->v);
    t->source = (enum wd_mf_source)mf_n(m, MF_WCET_source, WD_MF_GIVEN);
    t->facts_at = mf_get(m, MF_WCET_facts)->v;
    t->o.fuel[WRT_MODE_NORMAL] = mf_n(m, MF_WCET_fuel, 0);
    t->o.fuel[WRT_MODE_HIGH] = mf_n(m, MF_WCET_overload, 0);
    t->o.fuel[WRT_MODE_CRITICAL] = mf_n(m, MF_WCET_critical, 0);
    if (!toml_get(&m->mf.toml, f->v, WRT_STR("fuel")) && t->source != WD_MF_STATIC) {
        mf_fault(&m->mf, f->v, true, WD_W_MANIFEST_MISSING, NULL, "`wcet` lacks `fuel`");
        mf_hint(&m->mf, "wcet = { fuel = 50000 }: what a job may spend");
    }
    task_wcet_order(m, t);
}

static uint64_t task_budget_most(const struct wd_mf_task *t)
{
    uint64_t most = t->o.fuel[0];
    for (int k = 1; k < WRT_MODES; k++) most = t->o.fuel[k] > most ? t->o.fuel[k] : most;
    return most;
}

static void task_np(struct wd_manifest *m, const struct toml_value *at, struct wd_mf_task *t)
{
    bool np = mf_n(m, MF_TASK_np, 0);
    t->np_at = mf_get(m, MF_TASK_np_max)->v;
    t->o.np_max_fuel = mf_n(m, MF_TASK_np_max, 0);
    t->o.np = np || t->o.level == WRT_ASIL_D;
    if (t->o.level == WRT_ASIL_D && mf_given(m, MF_TASK_np) && !np) {
        mf_contradicts(m, MF_TASK_np, "take it out", "level D is not preempted once started");
    }
    if (t->o.np && !toml_get(&m->mf.toml, at, WRT_STR("np-max"))) {
        mf_fault(&m->mf, mf_given(m, MF_TASK_np) ? mf_get(m, MF_TASK_np)->v : at, true, WD_W_MANIFEST_MISSING,
            NULL, "task `%s` is not preempted and lacks `np-max`", t->name);
        mf_hint(&m->mf, "np-max = %llu: the longest job in fuel, which delays everybody else",
            (unsigned long long)task_budget_most(t));
    } else if (t->np_at && t->o.np_max_fuel < task_budget_most(t)) {
        mf_contradicts(m, MF_TASK_np_max,
            "np-max bounds the longest job: at least the largest budget of wcet",
            "`np-max` is below a budget");
    }
}

/* Time of this fuel at the rate, rounded up; UINT64_MAX: beyond 2^62. */
static uint64_t task_fuel_ns(const struct wd_manifest *m, uint64_t fuel)
{
    uint64_t rate = m->o.ns_per_kfuel, kilo = fuel / 1000, rest = fuel % 1000;
    uint64_t most = (uint64_t)1 << 62;
    if (rate == 0) return 0;
    if (kilo > most / rate) return UINT64_MAX;
    uint64_t ns = kilo * rate, more = (rest * (rate % 1000) + 999) / 1000 + rest * (rate / 1000);
    return ns + more > most ? UINT64_MAX : ns + more;
}

static void task_times(struct wd_manifest *m, const struct toml_value *at, struct wd_mf_task *t)
{
    bool table = m->o.policy == WRT_TIME_TRIGGERED,
         period = toml_get(&m->mf.toml, at, WRT_STR("period")) != NULL;
    t->period_at = mf_get(m, MF_TASK_period)->v;
    t->deadline_at = mf_get(m, MF_TASK_deadline)->v;
    t->o.period_ns = mf_n(m, MF_TASK_period, 0);
    t->o.deadline_ns = mf_n(m, MF_TASK_deadline, 0);
    t->o.offset_ns = mf_n(m, MF_TASK_offset, 0);
    t->o.jitter_ns = mf_n(m, MF_TASK_jitter, 0);
    t->o.separation_ns = mf_n(m, MF_TASK_separation, 0);
    t->sporadic = !period && !table;
    if (t->period_at && t->o.period_ns == 0) {
        mf_contradicts(m, MF_TASK_period,
            "leave it out for a task that is released from outside; then say min-separation",
            "a period of 0 would release without end");
    }
    if (t->deadline_at && t->o.deadline_ns == 0) {
        mf_contradicts(m, MF_TASK_deadline, "leave it out for the default", "a deadline of 0 cannot be met");
    }
    if (t->sporadic && !toml_get(&m->mf.toml, at, WRT_STR("min-separation"))) {
        mf_fault(&m->mf, at, true, WD_W_MANIFEST_MISSING, NULL,
            "task `%s` has neither `period` nor `min-separation`", t->name);
        mf_hint(&m->mf, "period = \"5ms\", or min-separation = \"5ms\" when it is released from outside");
    }
    if (t->o.separation_ns && period) {
        mf_contradicts(m, MF_TASK_separation, "a period says it already",
            "`min-separation` is for tasks without period");
    }
    uint64_t least = t->sporadic ? t->o.separation_ns : t->o.period_ns;
    if (t->o.level >= WRT_ASIL_C && least && t->o.deadline_ns > least) {
        mf_fault(&m->mf, t->deadline_at, false, WD_W_MANIFEST_SENSE, NULL,
            "at level %s the deadline is within the period", wd_asil_name(t->o.level));
        mf_hint(&m->mf, "at most the period; deadlines beyond it are for QM, A and B");
    }
    if (t->sporadic && t->o.level >= WRT_ASIL_C && !t->deadline_at && least) t->o.deadline_ns = least;
    if (task_fuel_ns(m, task_budget_most(t)) == UINT64_MAX) {
        mf_fault(&m->mf, t->wcet_at, false, WD_W_MANIFEST_SENSE, NULL,
            "the budget of `%s` at %llu ns per 1000 fuel is more than 2^62 ns", t->name,
            (unsigned long long)m->o.ns_per_kfuel);
        mf_hint(&m->mf, "check wcet and ns-per-kfuel");
    }
}

static void task_slots(struct wd_manifest *m, struct wd_mf_task *t)
{
    const struct toml_value *v = mf_get(m, MF_TASK_slots)->v;
    if (!v) return;
    if (!m->slots_at) m->slots_at = v;
    if (m->o.policy != WRT_TIME_TRIGGERED) {
        mf_contradicts(m, MF_TASK_slots, "policy = \"time-triggered\" in [system]",
            "slots are for the policy time-triggered");
    }
    t->slots = wd_alloc(v->count * sizeof *t->slots);
    for (const struct toml_value *s = v->first; s; s = s->next) {
        mf_read(&m->mf, MF_SLOT, s);
        if (!mf_given(m, MF_SLOT_at) || !mf_given(m, MF_SLOT_length)) {
            mf_fault(&m->mf, s, true, WD_W_MANIFEST_MISSING, NULL, "a slot needs `at` and `length`");
            continue;
        }
        struct wd_mf_slot slot = { mf_n(m, MF_SLOT_at, 0), mf_n(m, MF_SLOT_length, 0) };
        if (m->o.cycle_ns && slot.at_ns + slot.length_ns > m->o.cycle_ns) {
            mf_fault(&m->mf, s, true, WD_W_MANIFEST_SENSE, NULL, "the slot ends behind the cycle");
            mf_hint(&m->mf, "at + length is at most system.cycle");
        }
        t->slots[t->slots_count++] = slot;
    }
}

static void task_component(struct wd_manifest *m, const struct toml_value *at, struct wd_mf_task *t)
{
    const struct mf_field *f = mf_get(m, MF_TASK_component);
    struct wd_near near;
    t->component = UINT32_MAX;
    t->component_at = f->v;
    if (!f->v) {
        if (toml_get(&m->mf.toml, at, WRT_STR("component"))) return;
        mf_fault(&m->mf, at, true, WD_W_MANIFEST_MISSING, NULL, "task `%s` lacks `component`", t->name);
        mf_hint(&m->mf, "component = \"NAME\" of a [component.NAME]");
        return;
    }
    wd_near_init(&near, f->s);
    for (uint32_t k = 0; k < m->components_count; k++) {
        if (wd_equal(f->s, m->components[k].name)) {
            t->component = k;
            return;
        }
        wd_near_offer(&near, wd_str(m->components[k].name));
    }
    mf_fault(&m->mf, f->v, false, WD_W_MANIFEST_NAME, NULL, "no component `%.*s`",
        (int)(f->s.n < 60 ? f->s.n : 60), f->s.p);
    mf_hint_near(&m->mf, &near, "add [component.NAME] with its file");
}

static void task_call(struct wd_manifest *m, const struct toml_value *at, struct wd_mf_task *t)
{
    const struct mf_field *f = mf_get(m, MF_TASK_call);
    struct wd_caret bad;
    t->call_at = f->v;
    if (!f->v) {
        if (toml_get(&m->mf.toml, at, WRT_STR("call"))) return;
        mf_fault(&m->mf, at, true, WD_W_MANIFEST_MISSING, NULL, "task `%s` lacks `call`", t->name);
        mf_hint(&m->mf, "call = \"step()\"");
        return;
    }
    t->call_text = mf_copy(f->s);
    if (!wd_invoke_read(t->call_text, &t->call, &bad)) {
        mf_fault(&m->mf, f->v, false, WD_W_MANIFEST_VALUE, NULL,
            "the call cannot be read: %s at character %zu", bad.note, bad.at + 1);
        mf_hint(&m->mf, "the form is \"name(1, -2.5, nan, null)\"");
        t->call_at = NULL;
    }
}

static void task_server(struct wd_manifest *m, struct wd_mf_task *t)
{
    const struct mf_field *f = mf_get(m, MF_TASK_server);
    struct wd_near near;
    if (!f->v) return;
    wd_near_init(&near, f->s);
    for (uint32_t k = 0; k < m->servers_count; k++) {
        if (wd_equal(f->s, m->servers[k].name)) {
            t->o.in_server = true;
            t->server = k;
            if (m->servers[k].core != t->o.core) {
                mf_contradicts(
                    m, MF_TASK_server, "give both the same core", "the server runs on another core");
            }
            return;
        }
        wd_near_offer(&near, wd_str(m->servers[k].name));
    }
    mf_fault(&m->mf, f->v, false, WD_W_MANIFEST_NAME, NULL, "no server `%.*s`",
        (int)(f->s.n < 60 ? f->s.n : 60), f->s.p);
    mf_hint_near(&m->mf, &near, "add [server.NAME] with its fuel and period");
}

static void task_level(struct wd_manifest *m, struct wd_mf_task *t)
{
    wrt_asil of_component = t->component == UINT32_MAX ? m->profile : m->components[t->component].asil;
    t->o.level = (wrt_asil)mf_n(m, MF_TASK_asil, of_component);
    if (t->component == UINT32_MAX) return;
    struct wd_mf_component *c = &m->components[t->component];
    c->tasks++;
    if (c->core == UINT32_MAX) {
        c->core = t->o.core;
    } else if (c->core != t->o.core) {
        mf_fault(&m->mf, t->core_at ? t->core_at : t->at, true, WD_W_MANIFEST_SENSE, NULL,
            "component `%s` is used on two cores", c->name);
        mf_hint(&m->mf, "an instance lives on one core: add a second component with the same file");
    }
    if (c->tasks_most && c->tasks == c->tasks_most + 1) {
        mf_fault(&m->mf, t->component_at, false, WD_W_MANIFEST_LIMIT, NULL,
            "component `%s` has more than limits.tasks = %u tasks", c->name, c->tasks_most);
    }
}

static void manifest_task(struct wd_manifest *m, const struct toml_value *v, struct wd_mf_task *t)
{
    mf_read(&m->mf, MF_TASK, v);
    t->at = v;
    t->o = WRT_INIT(wrt_sched_task);
    const struct mf_field *f = mf_get(m, MF_TASK_name);
    t->name = mf_copy(f->v ? f->s : WRT_STR("?"));
    if (!toml_get(&m->mf.toml, v, WRT_STR("name"))) {
        mf_fault(&m->mf, v, true, WD_W_MANIFEST_MISSING, NULL, "a task lacks `name`");
    }
    t->core_at = mf_get(m, MF_TASK_core)->v;
    t->o.core = manifest_core(m, MF_TASK_core);
    task_component(m, v, t);
    task_call(m, v, t);
    task_level(m, t);
    t->o.priority = (uint8_t)mf_n(m, MF_TASK_priority, 0);
    t->o.weight = (uint16_t)mf_n(m, MF_TASK_weight, 0);
    t->o.band_set = mf_given(m, MF_TASK_band);
    t->o.band = (uint8_t)mf_n(m, MF_TASK_band, 0);
    t->o.on_late = (wrt_on_late)mf_n(m, MF_TASK_on_late, WRT_LATE_ABORT);
    t->verify = (enum wd_mf_verify)mf_n(m, MF_TASK_verification, m->verify);
    f = mf_get(m, MF_TASK_fault);
    t->fault_at = f->v;
    if (f->v) t->fault = mf_copy(f->s);
    if (t->component != UINT32_MAX && m->components[t->component].has_stack) {
        t->o.stack_bytes = m->components[t->component].stack_bytes;
    }
    task_wcet(m, v, t);
    task_overrun(m, t);
    task_drop(m, t);
    task_np(m, v, t);
    task_times(m, v, t);
    task_slots(m, t);
    task_server(m, t);
    t->o.bcet_fuel = mf_n(m, MF_TASK_bcet, 0);
    if (t->o.bcet_fuel > t->o.fuel[0] && t->o.fuel[0]) {
        mf_contradicts(m, MF_TASK_bcet, "the best case is at most the worst", "`bcet` is above wcet.fuel");
    }
}

/* ---- the whole -------------------------------------------------------------------------------------------
 */

static int task_order(const void *a, const void *b)
{
    const struct wd_mf_task *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order ? order : (*x)->at->at < (*y)->at->at ? -1 : 1;
}

static void manifest_names(struct wd_manifest *m)
{
    struct wd_mf_task **by_name = wd_alloc(m->tasks_count * sizeof(struct wd_mf_task *));
    for (uint32_t k = 0; k < m->tasks_count; k++) by_name[k] = &m->tasks[k];
    qsort(by_name, m->tasks_count, sizeof(struct wd_mf_task *), task_order);
    for (uint32_t k = 1; k < m->tasks_count; k++) {
        uint32_t line, column;
        if (strcmp(by_name[k]->name, by_name[k - 1]->name) != 0 || strcmp(by_name[k]->name, "?") == 0)
            continue;
        const struct toml_value *name = toml_get(&m->mf.toml, by_name[k]->at, WRT_STR("name"));
        const struct toml_value *first = toml_get(&m->mf.toml, by_name[k - 1]->at, WRT_STR("name"));
        toml_place(&m->mf.toml, first->at, &line, &column, NULL);
        mf_fault(
            &m->mf, name, false, WD_W_MANIFEST_NAME, NULL, "two tasks have the name `%s`", by_name[k]->name);
        mf_hint(&m->mf, "the first one stands in line %u", line);
    }
    free(by_name);
}

/* Members of a table or array, as far as the limit goes. */
static uint32_t manifest_count(
    struct wd_manifest *m, const struct toml_value *v, uint32_t most, const char *what)
{
    if (!v) return 0;
    if (v->count <= most) return v->count;
    mf_fault(&m->mf, v, true, WD_W_MANIFEST_LIMIT, NULL, "%u %s; the limit is %u", v->count, what, most);
    return 0;
}

static void manifest_parts(struct wd_manifest *m)
{
    const struct toml_value *components = mf_get(m, MF_ROOT_component)->v,
                            *servers = mf_get(m, MF_ROOT_server)->v;
    const struct toml_value *tasks = mf_get(m, MF_ROOT_task)->v, *observe = mf_get(m, MF_ROOT_observe)->v;
    const struct toml_value *links = mf_get(m, MF_ROOT_link)->v, *channels = mf_get(m, MF_ROOT_channel)->v;
    const struct toml_value *analysis = mf_get(m, MF_ROOT_analysis)->v;
    manifest_system(m, mf_get(m, MF_ROOT_system)->v);
    wd_manifest_analysis(m, analysis);
    uint32_t n = manifest_count(m, components, WD_MF_COMPONENTS, "components");
    m->components = wd_alloc((n + 1) * sizeof *m->components);
    for (const struct toml_value *v = n ? components->first : NULL; v; v = v->next) {
        manifest_component(m, v, &m->components[m->components_count++]);
    }
    n = manifest_count(m, servers, WRT_SCHED_SERVERS, "servers");
    m->servers = wd_alloc((n + 1) * sizeof *m->servers);
    for (const struct toml_value *v = n ? servers->first : NULL; v; v = v->next) {
        manifest_server(m, v, &m->servers[m->servers_count++]);
    }
    n = manifest_count(m, tasks, WD_MF_TASKS, "tasks");
    m->tasks = wd_alloc((n + 1) * sizeof *m->tasks);
    for (const struct toml_value *v = n ? tasks->first : NULL; v; v = v->next) {
        manifest_task(m, v, &m->tasks[m->tasks_count++]);
    }
    for (const struct toml_value *v = links ? links->first : NULL; v; v = v->next)
        mf_read(&m->mf, MF_LINK, v);
    for (const struct toml_value *v = channels ? channels->first : NULL; v; v = v->next)
        mf_read(&m->mf, MF_CHANNEL, v);
    if (observe) mf_read(&m->mf, MF_OBSERVE, observe);
    if (observe && mf_given(m, MF_OBSERVE_trace)) {
        mf_read(&m->mf, MF_TRACE, mf_get(m, MF_OBSERVE_trace)->v);
        if (mf_given(m, MF_TRACE_file)) m->trace = mf_copy(mf_get(m, MF_TRACE_file)->s);
    }
}

static void manifest_whole(struct wd_manifest *m)
{
    const struct toml_value *root = m->mf.toml.root;
    mf_read(&m->mf, MF_ROOT, root);
    bool version = toml_get(&m->mf.toml, root, WRT_STR("manifest")) != NULL;
    if (!version) {
        mf_fault(&m->mf, root->first ? root->first : root, true, WD_W_MANIFEST_MISSING, NULL,
            "the file does not say that it is a manifest");
        mf_hint(&m->mf, "manifest = 1 is its first line");
    }
    bool tasks = toml_get(&m->mf.toml, root, WRT_STR("task")) != NULL;
    manifest_parts(m);
    if (version && !tasks) {
        mf_fault(&m->mf, toml_get(&m->mf.toml, root, WRT_STR("manifest")), true, WD_W_MANIFEST_MISSING, NULL,
            "there is no task");
        mf_hint(&m->mf, "add [[task]] with name, component, call, period and wcet");
    }
    manifest_names(m);
}

static void manifest_faults_of_toml(struct wd_manifest *m)
{
    size_t n = m->mf.toml.faults_count < TOML_FAULTS ? m->mf.toml.faults_count : TOML_FAULTS;
    for (size_t k = 0; k < n; k++) {
        const struct toml_fault *f = &m->mf.toml.faults[k];
        struct toml_value place = { .at = f->at, .n = f->n };
        mf_fault(&m->mf, &place, false, WD_W_TOML, NULL, "%s", f->message);
        mf_hint(&m->mf, "%s", f->hint);
    }
    m->mf.faults_more = m->mf.toml.faults_count - n;
}

bool wd_manifest_is(const char *path, const char *text, size_t n)
{
    size_t length = strlen(path), at = 0;
    if (length > 5 && strcmp(path + length - 5, ".toml") == 0) return true;
    if (length > 5 && strcmp(path + length - 5, ".json") == 0) return false;
    while (at < n && strchr(" \t\r\n", text[at])) at++;
    return at < n
        && (text[at] == '#' || text[at] == '[' || (n - at > 8 && memcmp(text + at, "manifest", 8) == 0));
}

void wd_manifest_parse(struct wd *w, const char *path, char *text, size_t n, struct wd_manifest *m)
{
    const char *slash = strrchr(path, '/');
    *m = (struct wd_manifest){
        .mf = { .w = w, .file = path }, .text = text, .folder_fd = -1, .hash = 0xcbf29ce484222325u
    };
    m->folder = mf_copy((wrt_str){ path, slash ? (size_t)(slash - path) + 1 : 0 });
    for (size_t k = 0; k < n; k++) m->hash = (m->hash ^ (unsigned char)text[k]) * 0x100000001b3u;
    if (toml_read(&m->mf.toml, (wrt_str){ text, n })) {
        manifest_whole(m);
    } else {
        manifest_faults_of_toml(m);
    }
}

int wd_manifest_read(struct wd *w, const char *path, char *text, size_t n, struct wd_manifest *m)
{
    wd_manifest_parse(w, path, text, n, m);
    return mf_report(&m->mf);
}

void wd_manifest_free(struct wd_manifest *m)
{
    for (uint32_t k = 0; k < m->components_count; k++) {
        free(m->components[k].name);
        free(m->components[k].file);
    }
    for (uint32_t k = 0; k < m->servers_count; k++) free(m->servers[k].name);
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        free(m->tasks[k].name);
        free(m->tasks[k].call_text);
        free(m->tasks[k].slots);
        free(m->tasks[k].fault);
        free(m->tasks[k].facts);
        wd_invoke_free(&m->tasks[k].call);
    }
    free(m->components);
    free(m->servers);
    free(m->tasks);
    free(m->mosts);
    free(m->name);
    free(m->fuel_table);
    free(m->own_table);
    free(m->trace);
    free(m->folder);
    free(m->mf.faults);
    toml_free(&m->mf.toml);
    free(m->text);
    if (m->folder_fd >= 0) close(m->folder_fd);
    *m = (struct wd_manifest){ .folder_fd = -1 };
}
