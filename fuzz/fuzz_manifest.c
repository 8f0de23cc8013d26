/* A manifest, or any text, through the reader of TOML and the rules of manifests. What must hold: no crash,
 * no leak; every value lies in the text and is found under its key; every fault has a place in the text, a
 * reason and at most one line of it; a text without faults gives a system whose names and numbers are
 * consistent. */
#include "fuzz.h"
#include "manifest.h"

static void check_value(const struct toml *t, const struct toml_value *v, unsigned depth)
{
    FUZZ_CHECK(depth <= 3 * TOML_DEPTH, "depth %u", depth);
    FUZZ_CHECK(v->at <= t->text.n && v->n <= t->text.n - v->at, "value at %u, %u", v->at, v->n);
    FUZZ_CHECK(v->key_at <= t->text.n && v->key_n <= t->text.n - v->key_at, "key at %u", v->key_at);
    FUZZ_CHECK(wd_utf8_valid(v->key.p, v->key.n), "key at %u", v->key_at);
    if (v->kind == TOML_STRING) FUZZ_CHECK(wd_utf8_valid(v->text.p, v->text.n), "string at %u", v->at);
    if (v->kind < TOML_ARRAY) return;
    uint32_t count = 0;
    for (const struct toml_value *m = v->first; m; m = m->next, count++) {
        if (v->kind == TOML_TABLE) FUZZ_CHECK(toml_get(t, v, m->key) == m, "key at %u", m->key_at);
        check_value(t, m, depth + 1);
    }
    FUZZ_CHECK(count == v->count, "%u members, %u counted", count, v->count);
}

static void check_faults(const struct wd_manifest *m)
{
    for (size_t k = 0; k < m->mf.faults_count && k < MF_FAULTS_KEPT; k++) {
        const struct mf_fault *f = &m->mf.faults[k];
        FUZZ_CHECK(f->error.line > 0 && f->error.column > 0, "fault %zu", k);
        FUZZ_CHECK(f->error.message[0] && f->error.code, "fault %zu", k);
        FUZZ_CHECK(f->caret.at <= f->caret.text.n && !memchr(f->caret.text.p, '\n', f->caret.text.n),
            "fault %zu", k);
    }
}

static void check_system(const struct wd_manifest *m)
{
    FUZZ_CHECK(m->tasks_count > 0 && m->tasks_count <= WD_MF_TASKS, "%u tasks", m->tasks_count);
    FUZZ_CHECK(m->o.cores >= 1 && m->o.cores <= WD_MF_CORES, "%u cores", m->o.cores);
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        const struct wd_mf_task *t = &m->tasks[k];
        FUZZ_CHECK(t->component < m->components_count, "task %u", k);
        FUZZ_CHECK(t->o.core < m->o.cores && m->components[t->component].core == t->o.core, "task %u", k);
        FUZZ_CHECK(t->o.fuel[0] > 0 || t->source == WD_MF_STATIC, "task %u", k);
        FUZZ_CHECK(!t->o.in_server || t->server < m->servers_count, "task %u", k);
        FUZZ_CHECK(!t->o.np || t->o.np_max_fuel > 0, "task %u", k);
        FUZZ_CHECK(t->call.name && t->call.count <= WD_ARGS_MAX, "task %u", k);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wd w = { .command = WD_CMD_sched, .quiet = true };
    struct wd_manifest m;
    char *text = malloc(n + 1);
    if (!text) return 0;
    memcpy(text, data, n);
    text[n] = 0;
    wd_manifest_parse(&w, "fuzz.toml", text, n, &m);
    check_value(&m.mf.toml, m.mf.toml.root, 0);
    check_faults(&m);
    if (m.mf.faults_count == 0) check_system(&m);
    wd_manifest_free(&m);
    return 0;
}
