/* manifest_load: what a manifest names is opened and compared with it: rate, prices, modules, exports,
 * arguments. */
#include "manifest.h"
#include <stdlib.h>
#include <string.h>

/* ---- prices and rate ------------------------------------------------------------------------------------
 */

static const struct toml_value *load_system(const struct wd_manifest *m, const char *key)
{
    const struct toml_value *t = toml_get(&m->mf.toml, m->mf.toml.root, WRT_STR("system"));
    return t ? toml_get(&m->mf.toml, t, wd_str(key)) : NULL;
}

/* The table by name or file. 0, or an exit code for a fault inside the file of the table. */
static int load_table(struct wd_manifest *m)
{
    const struct toml_value *at = load_system(m, "fuel-table");
    const char *name = m->fuel_table ? m->fuel_table : "weighted";
    m->table = wrt_fuel_table_named(wd_str(name));
    if (m->table || !at) return 0;
    if (!strpbrk(name, "/.")) {
        struct wd_near near;
        wd_near_init(&near, wd_str(name));
        wd_near_offer(&near, WRT_STR("weighted"));
        wd_near_offer(&near, WRT_STR("unit"));
        mf_fault(&m->mf, at, false, WD_W_TABLE, NULL, "no fuel table `%.60s`", name);
        mf_hint_near(&m->mf, &near, "weighted, unit, or a file (with a dot or slash in its name)");
        return 0;
    }
    uint8_t *text;
    size_t n;
    if (name[0] == '/' || strstr(name, "..")) {
        mf_fault(&m->mf, at, false, WD_W_MANIFEST_PATH, NULL, "`fuel-table` is outside");
        mf_hint(&m->mf, "put the file below the folder of the manifest");
        return 0;
    }
    if (!wd_manifest_open(m, at, name, &text, &n)) return 0;
    int code = wd_table_read(m->mf.w, name, (const char *)text, n, &m->own_table);
    free(text);
    m->table = m->own_table;
    return code;
}

static void load_rate(struct wd_manifest *m)
{
    const struct toml_value *at = load_system(m, "board");
    char path[1024];
    if (!at || at->kind != TOML_STRING) return;
    snprintf(path, sizeof path, "%.*s", (int)at->text.n, at->text.p);
    if (!wd_board_read(m, at, path) || !m->table) return;
    m->o.ns_per_kfuel = m->board.ns_per_kfuel;
    if (m->board.table_hash != wrt_fuel_table_hash(m->table)) {
        mf_fault(&m->mf, at, false, WD_W_BOARD, NULL, "the board was measured with another fuel table (%s)",
            m->board.table);
        mf_hint(
            &m->mf, "make it again with the table of this manifest: wrtd bench --calibrate --fuel-table ...");
    }
}

/* ---- components ------------------------------------------------------------------------------------------
 */

static bool load_hash_good(
    struct wd_manifest *m, const struct wd_mf_component *c, const uint8_t *bytes, size_t n)
{
    uint8_t hash[32];
    char text[65];
    if (!c->has_sha) return true;
    wd_sha256(bytes, n, hash);
    if (memcmp(hash, c->sha256, sizeof hash) == 0) return true;
    for (size_t k = 0; k < 32; k++) snprintf(text + 2 * k, 3, "%02x", hash[k]);
    mf_fault(&m->mf, c->sha_at, false, WD_W_MANIFEST_HASH, NULL, "%.80s is another file", c->file);
    mf_hint(&m->mf, "it has sha256 %s", text);
    return false;
}

static void load_component(struct wd_manifest *m, struct wd_session *s, struct wd_mf_component *c)
{
    uint8_t *bytes;
    size_t n;
    wrt_error e;
    if (!c->file_at || !wd_manifest_open(m, c->file_at, c->file, &bytes, &n)) return;
    if (!load_hash_good(m, c, bytes, n)) {
        free(bytes);
        return;
    }
    if (wd_session_add(s, c->file, bytes, n, false, &c->module, &e) == WRT_OK) return;
    mf_fault(&m->mf, c->file_at, false, e.code, NULL, "%.100s: %.90s", c->file, e.message);
    if (e.hint[0]) {
        mf_hint(&m->mf, "%s", e.hint);
    } else if (e.offset != UINT64_MAX) {
        mf_hint(
            &m->mf, "offset 0x%llx; `wrtd validate %.100s` says more", (unsigned long long)e.offset, c->file);
    }
}

/* A limit on memory is that of the store, which all components of a core share. It bounds this one when all
 * of them have it, or when the module itself says that it needs no more. */
static void load_memory_limit(struct wd_manifest *m, const struct wd_mf_component *c)
{
    uint64_t store = 0;
    wrt_extern_desc d;
    wrt_code_info info;
    if (!c->has_memory || !c->module || c->core == UINT32_MAX) return;
    for (uint32_t k = 0; k < m->components_count; k++) {
        const struct wd_mf_component *o = &m->components[k];
        if (o->core != c->core) continue;
        uint64_t most = o->has_memory ? o->memory_bytes : UINT64_MAX;
        store = most > store ? most : store;
    }
    wrt_code_info_get(c->module->code, &info);
    if (store == c->memory_bytes || info.memories == 0) return;
    for (size_t k = 0; k < wrt_code_exports_count(c->module->code); k++) {
        bool memory = wrt_code_export(c->module->code, k, &d) && d.kind == WRT_EXTERN_MEMORY;
        if (memory && d.has_max && d.max <= c->memory_bytes >> 16) return;
    }
    mf_fault(&m->mf, c->memory_at, false, WD_W_LATER, NULL,
        "this limit of `%s` cannot be held: its core has components that may use more", c->name);
    mf_hint(&m->mf,
        "export a memory with a maximum from %.60s, or give all components of the core this limit", c->file);
}

/* ---- exports --------------------------------------------------------------------------------------------
 */

static bool load_export(const struct wd_mf_component *c, wrt_str name, wrt_extern_desc *out,
    struct wd_near *near, wrt_extern_kind kind)
{
    wd_near_init(near, name);
    for (size_t k = 0; k < wrt_code_exports_count(c->module->code); k++) {
        if (!wrt_code_export(c->module->code, k, out)) continue;
        if (wd_same(out->name, name) && out->kind == kind) return true;
        if (out->kind == kind) wd_near_offer(near, out->name);
    }
    return false;
}

static void load_call(struct wd_manifest *m, struct wd_mf_task *t, const struct wd_mf_component *c)
{
    struct wd_near near;
    wrt_extern_desc d;
    struct wd_buf type = { 0 };
    const char *why;
    if (!t->call_at) return;
    if (!load_export(c, wd_str(t->call.name), &d, &near, WRT_EXTERN_FUNC)) {
        mf_fault(&m->mf, t->call_at, false, WD_W_NO_EXPORT, NULL,
            "component `%s` exports no function `%.60s`", c->name, t->call.name);
        mf_hint_near(&m->mf, &near, "`wrtd inspect FILE` lists the exports");
        return;
    }
    t->type = d.func;
    uint32_t bad = wd_invoke_match(&t->call, &t->type, t->args, &why);
    if (bad == UINT32_MAX) return;
    wd_func_type_text(&t->type, &type);
    if (bad == t->type.params) {
        mf_fault(&m->mf, t->call_at, false, WD_W_INVOKE_COUNT, NULL, "`%.60s` takes %u argument%s, %zu given",
            t->call.name, t->type.params, t->type.params == 1 ? "" : "s", t->call.count);
    } else {
        mf_fault(&m->mf, t->call_at, false, WD_W_INVOKE_TYPE, NULL, "argument %u of `%.60s`: %s, expected %s",
            bad + 1, t->call.name, why, wd_kind_name(t->type.kinds[bad]));
    }
    mf_hint(&m->mf, "%.60s: %.100s", t->call.name, type.p);
    wd_buf_free(&type);
}

static void load_fault(struct wd_manifest *m, const struct wd_mf_task *t, const struct wd_mf_component *c)
{
    struct wd_near near;
    wrt_extern_desc d;
    if (!t->fault) return;
    if (!load_export(c, wd_str(t->fault), &d, &near, WRT_EXTERN_GLOBAL)) {
        mf_fault(&m->mf, t->fault_at, false, WD_W_NO_EXPORT, NULL, "component `%s` exports no global `%.60s`",
            c->name, t->fault);
        mf_hint_near(&m->mf, &near, "a C program exports a variable with -Wl,--export=NAME");
    } else if (d.value_kind != WRT_I32) {
        mf_fault(&m->mf, t->fault_at, false, WD_W_NO_EXPORT, NULL, "the global `%.60s` is no i32", t->fault);
        mf_hint(&m->mf, "a mutable i32 is set to 1; an immutable one is the address of what is set to 1");
    }
}

/* What a release of others may have to wait for: its dearest block, or call of the system interface. */
static void load_piece(struct wd_mf_task *t, const wrt_code *code)
{
    enum { WASI_DEAREST = 10000 };
    uint64_t piece = wrt_code_piece_fuel(code, wd_str(t->call.name));
    if (wd_code_imports(code, "wasi_snapshot_preview1") && piece < WASI_DEAREST) piece = WASI_DEAREST;
    t->o.piece_fuel = piece;
}

static void load_task(struct wd_manifest *m, struct wd_mf_task *t)
{
    if (t->component == UINT32_MAX || !m->components[t->component].module) return;
    size_t before = m->mf.faults_count;
    load_call(m, t, &m->components[t->component]);
    load_fault(m, t, &m->components[t->component]);
    bool called = t->call_at && m->mf.faults_count == before;
    if (called) load_piece(t, m->components[t->component].module->code);
    if (called) wd_manifest_bound(m, t, &m->components[t->component]);
}

int wd_manifest_load(struct wd_manifest *m, struct wd_session *s)
{
    memset(s, 0, sizeof *s);
    s->w = m->mf.w;
    int code = wd_settings_read(m->mf.w, &s->settings);
    if (code >= 0) return code;
    code = load_table(m);
    if (code) return code;
    load_rate(m);
    code = mf_report(&m->mf);
    if (code) return code;
    s->settings.table = m->table;
    s->settings.profile = m->profile;
    s->settings.virtual_clock = m->o.virtual_time;
    if (s->settings.limits.tasks == 0 && m->tasks_count > 1024) s->settings.limits.tasks = m->tasks_count * 2;
    code = wd_engine_new(m->mf.w, &s->settings, &s->engine);
    if (code) return code;
    for (uint32_t k = 0; k < m->components_count; k++) load_component(m, s, &m->components[k]);
    for (uint32_t k = 0; k < m->components_count; k++) load_memory_limit(m, &m->components[k]);
    for (uint32_t k = 0; k < m->tasks_count; k++) load_task(m, &m->tasks[k]);
    wd_manifest_limits(m);
    return mf_report(&m->mf);
}
