/* build-image: what a manifest says as one C file for a board: modules, limits, task set, verdict. All that
 * is checked on the host is checked here: the manifest, the modules, the admission test, and how much memory
 * the system takes once it is made. Implements the image of docs/manifest.md. */
#include "image.h"
#include <stdlib.h>
#include <string.h>

enum { IMAGE_TRIES = 24 };
#define IMAGE_START_FUEL 100000000u     /* what start functions may spend before it is given up */
#define IMAGE_LEAST ((size_t)64 << 10)
#define IMAGE_MOST ((size_t)4 << 30)

uint64_t wd_image_memory(const struct wd_manifest *m, uint32_t core)
{
    uint64_t most = 0;
    for (uint32_t k = 0; k < m->components_count; k++) {
        const struct wd_mf_component *c = &m->components[k];
        if (c->core != core) continue;
        if (!c->has_memory) return 0;
        most = c->memory_bytes > most ? c->memory_bytes : most;
    }
    return most;
}

/* ---- what an image cannot hold --------------------------------------------------------------------------
 */

static void image_check(struct wd_manifest *m)
{
    for (uint32_t k = 0; k < m->components_count; k++) {
        const struct wd_mf_component *c = &m->components[k];
        const struct toml_value *given = c->dirs ? c->dirs : c->args ? c->args : c->env;
        if (given) {
            mf_fault(&m->mf, given, true, WD_W_LATER, NULL,
                "a board has no system interface, which `%.60s` is given here", c->name);
            mf_hint(&m->mf, "take it out; what the board offers is linked by its program");
        }
        if (!c->module || !wd_code_imports(c->module->code, "wasi_snapshot_preview1")) continue;
        mf_fault(&m->mf, c->file_at, false, WD_W_LATER, NULL, "%.80s needs WASI, which boards do not have",
            c->file);
        mf_hint(&m->mf, "build it without a C library (-nostdlib), or import functions of the board");
    }
}

/* Stacks, tasks and handles are few, and known: a block for them is small. */
static void image_limits(struct wd_image *i)
{
    const struct wd_manifest *m = &i->in->manifest;
    uint64_t stack = 0;
    bool all = m->components_count > 0;
    for (uint32_t k = 0; k < m->components_count; k++) {
        const struct wd_mf_component *c = &m->components[k];
        if (c->core == UINT32_MAX) continue;
        all = all && c->has_stack;
        stack = c->stack_bytes > stack ? c->stack_bytes : stack;
    }
    i->limits = (wrt_limits){ .instances = m->components_count + 1,
        .tasks = m->tasks_count + 2,
        .completions = 16,
        .timers = 16,
        .watches = 1,
        .groups = 1 };
    if (all) i->limits.stack_bytes = stack < 256 ? 256 : (uint32_t)stack;
}

/* ---- how much memory it takes ---------------------------------------------------------------------------
 */

struct image_trial {
    const struct wd_image *i;
    wrt_engine *engine;
    wrt_store *stores[WRT_SCHED_CORES];
    wrt_code **codes;
    wrt_linker **linkers;
    wrt_instance **instances;
    wrt_sched *sched;
};

static wrt_status trial_component(struct image_trial *t, uint32_t k, wrt_error *e)
{
    const struct wd_mf_component *c = &t->i->in->manifest.components[k];
    wrt_load_opts load = { .size = sizeof load, .keep_source = true, .name = wd_str(c->name) };
    wrt_func *start;
    if (c->core == UINT32_MAX) return WRT_OK;
    wrt_status status =
        wrt_load(t->engine, (wrt_bytes){ c->module->bytes, c->module->n }, &load, &t->codes[k], e);
    if (status == WRT_OK) status = wrt_linker_new(t->engine, &t->linkers[k], e);
    if (status == WRT_OK)
        status = wrt_instantiate(t->stores[c->core], t->linkers[k], t->codes[k], &t->instances[k], e);
    if (status == WRT_OK
        && wrt_export_func(t->instances[k], WRT_STR("_initialize"), &start, NULL) == WRT_OK) {
        status = wrt_call_sync(t->stores[c->core], start, NULL, 0, NULL, 0, e);
        if (status == WRT_OK) status = wrt_instance_init(t->instances[k], start, e);
    }
    return status;
}

static wrt_status trial_make(struct image_trial *t, const wrt_alloc *alloc, wrt_error *e)
{
    const struct wd_image *i = t->i;
    struct wd_manifest *m = &i->in->manifest;
    wrt_config cfg = WRT_INIT(wrt_config);
    wrt_sched_opts o = m->o;
    cfg.alloc = alloc;
    cfg.profile = m->profile;
    cfg.fuel = m->table;
    cfg.limits = i->limits;
    wrt_status status = wrt_engine_new(&cfg, &t->engine, e);
    for (uint32_t k = 0; k < m->o.cores && status == WRT_OK; k++) {
        wrt_store_opts so = WRT_INIT(wrt_store_opts);
        so.limits.memory_bytes = wd_image_memory(m, k);
        so.fuel = IMAGE_START_FUEL;
        so.virtual_time = m->o.virtual_time;
        so.ns_per_kfuel = m->o.ns_per_kfuel;
        status = wrt_store_new(t->engine, &so, &t->stores[k], e);
    }
    for (uint32_t k = 0; k < m->components_count && status == WRT_OK; k++) status = trial_component(t, k, e);
    o.event = NULL;
    if (status == WRT_OK) status = wrt_sched_new(t->engine, &o, &t->sched, e);
    uint32_t *servers = wd_alloc((m->servers_count + 1) * sizeof *servers);
    for (uint32_t k = 0; k < m->servers_count && status == WRT_OK; k++) {
        wrt_sched_server_opts so = wd_system_server(&m->servers[k]);
        status = wrt_sched_server(t->sched, &so, &servers[k], e);
    }
    for (uint32_t k = 0; k < m->tasks_count && status == WRT_OK; k++) {
        const struct wd_mf_task *task = &m->tasks[k];
        wrt_func *f = NULL;
        wrt_sched_task st = task->o;
        st.name = wd_str(task->name);
        if (st.in_server) st.server = servers[task->server];
        st.args = task->args;
        st.args_count = task->type.params;
        status = wrt_export_func(t->instances[task->component], wd_str(task->call.name), &f, e);
        st.func = f;
        if (status == WRT_OK) status = wrt_sched_add(t->sched, &st, NULL, e);
        for (uint32_t n = 0; n < task->slots_count && status == WRT_OK; n++)
            status = wrt_sched_slot(t->sched, task->slots[n].at_ns, task->slots[n].length_ns, k, e);
    }
    free(servers);
    if (status == WRT_OK) status = wrt_sched_prepare(t->sched, e);
    return status == WRT_OK && m->seal ? wrt_engine_seal(t->engine, e) : status;
}

static void trial_free(struct image_trial *t)
{
    const struct wd_manifest *m = &t->i->in->manifest;
    if (t->sched) wrt_sched_free(t->sched);
    for (uint32_t k = 0; k < m->o.cores; k++) {
        if (t->stores[k]) wrt_store_free(t->stores[k]);
    }
    for (uint32_t k = 0; k < m->components_count; k++) {
        if (t->linkers[k]) wrt_linker_free(t->linkers[k]);
        if (t->codes[k]) wrt_code_free(t->codes[k]);
    }
    if (t->engine) wrt_engine_free(t->engine);
    free(t->linkers);
    free(t->codes);
    free(t->instances);
}

static wrt_status image_try(const struct wd_image *i, size_t bytes, wrt_error *e)
{
    const struct wd_manifest *m = &i->in->manifest;
    struct image_trial t = { .i = i };
    wrt_alloc alloc;
    void *block = malloc(bytes);
    wrt_status status = WRT_E_NOMEM;
    wd_error_init(e, status, 0, "no memory to try it");
    if (block && wrt_alloc_static(block, bytes, &alloc)) {
        t.linkers = wd_alloc((m->components_count + 1) * sizeof(wrt_linker *));
        t.codes = wd_alloc((m->components_count + 1) * sizeof(wrt_code *));
        t.instances = wd_alloc((m->components_count + 1) * sizeof(wrt_instance *));
        status = trial_make(&t, &alloc, e);
        trial_free(&t);
    }
    free(block);
    return status;
}

/* The least block, to an eighth, in which the system can be made; that it can be made at all is tried so. */
static int image_measure(struct wd *w, struct wd_image *i)
{
    wrt_error e;
    size_t low = 0, high = IMAGE_LEAST;
    wrt_status status = image_try(i, high, &e);
    while (status == WRT_E_NOMEM && high < IMAGE_MOST) {
        low = high;
        high *= 2;
        status = image_try(i, high, &e);
    }
    if (status == WRT_E_NOMEM && !e.hint[0])
        wd_error_hint(
            &e, "a stack is reserved for every task: limits.stack of the components makes it smaller");
    if (status != WRT_OK) return wd_report(w, &e, i->in->path, wd_exit_of(&e));
    for (int k = 0; k < IMAGE_TRIES && high - low > high / 8; k++) {
        size_t middle = low + (high - low) / 2;
        if (image_try(i, middle, &e) == WRT_OK) {
            high = middle;
        } else {
            low = middle;
        }
    }
    i->block_bytes = (high + 1023) / 1024 * 1024;
    return 0;
}

static bool image_links(const struct wd_manifest *m)
{
    for (uint32_t k = 0; k < m->components_count; k++) {
        const struct wd_mf_component *c = &m->components[k];
        if (c->core != UINT32_MAX && wrt_code_imports_count(c->module->code) > 0) return true;
    }
    return false;
}

/* ---- the command ----------------------------------------------------------------------------------------
 */

static int image_write(struct wd *w, const struct wd_image *i, const char *path,
    void (*text)(const struct wd_image *i, FILE *out))
{
    FILE *out = wd_open_out(w, path);
    if (!out) return WD_EXIT_IO;
    text(i, out);
    int code = wd_close_out(w, out, path);
    if (code) remove(path);
    return code;
}

/* FILE.c gives FILE.h. 0 or an exit code. */
static int image_paths(struct wd *w, struct wd_image *i, const char **source)
{
    *source = wd_option(w, WD_OPT_output);
    size_t n = *source ? strlen(*source) : 0;
    if (!*source)
        return wd_fail(w, WD_EXIT_USAGE, WD_W_MISSING, "-o image.c", "`build-image` needs a file to write");
    if (n < 3 || strcmp(*source + n - 2, ".c") != 0) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_VALUE, "-o image.c; the header image.h is written beside it",
            "`%.80s` is no name of a C file", *source);
    }
    i->header = wd_alloc(n + 1);
    memcpy(i->header, *source, n - 1);
    i->header[n - 1] = 'h';
    return 0;
}

static int image_admit(struct wd *w, struct wd_system *s)
{
    bool force = wd_has(w, WD_OPT_force);
    int code = wd_system_admit(s);
    if (code) return code;
    wd_system_warn(s);
    if (s->adm_status == WRT_E_UNSUPPORTED) {
        wd_warn(w, "no admission test is defined for policy %s", wd_policy_name(s->o.policy));
    }
    if (s->adm_status != WRT_E_REJECTED) return 0;
    wd_system_say_refused(s, force ? "warning" : "error");
    return force ? 0 : WD_EXIT_NO_FIT;
}

static void image_say(struct wd *w, const struct wd_image *i, const char *source)
{
    const struct wd_manifest *m = &i->in->manifest;
    char a[32], b[32];
    if (w->json == WD_JSON_OFF) {
        if (w->quiet) return;
        printf("%s: %u tasks, %s of modules", source, m->tasks_count, wd_bytes_text(i->module_bytes, a));
        if (i->block_bytes) printf("; a block of %s is enough here", wd_bytes_text(i->block_bytes, b));
        printf("; call %s_make\n", i->prefix);
        return;
    }
    struct wd_json j;
    wd_json_begin(w, &j, "build-image");
    wd_json_text(&j, "file", i->in->path);
    wd_json_text(&j, "source", source);
    wd_json_text(&j, "header", i->header);
    wd_json_text(&j, "prefix", i->prefix);
    wd_json_bool(&j, "admitted", i->s->adm_status == WRT_OK);
    wd_json_u64(&j, "tasks", m->tasks_count);
    wd_json_u64(&j, "components", m->components_count);
    wd_json_u64(&j, "module_bytes", i->module_bytes);
    if (i->block_bytes) wd_json_u64(&j, "block_bytes", i->block_bytes);
    wd_json_i64(&j, "exit_code", 0);
    wd_json_end(&j);
}

static int image_whole(struct wd *w, struct wd_image *i)
{
    const char *source;
    char prefix[64];
    int code = image_paths(w, i, &source);
    if (!code) code = wd_sched_input_open(w, i->in);
    if (code) return code;
    struct wd_manifest *m = &i->in->manifest;
    if (!i->in->is_manifest) {
        return wd_fail(
            w, WD_EXIT_USAGE, WD_W_VALUE, "it takes a manifest", "a set of tasks has no programs");
    }
    image_check(m);
    code = mf_report(&m->mf);
    if (!code) code = wd_system_open(w, i->in, NULL, false, i->s);
    if (!code) code = image_admit(w, i->s);
    if (code) return code;
    wd_image_prefix(i->s->name, prefix, sizeof prefix);
    i->prefix = prefix;
    for (uint32_t k = 0; k < m->components_count; k++) {
        if (m->components[k].core != UINT32_MAX) i->module_bytes += m->components[k].module->n;
    }
    image_limits(i);
    if (!image_links(m)) code = image_measure(w, i);
    if (!code) code = image_write(w, i, source, wd_image_source);
    if (!code) code = image_write(w, i, i->header, wd_image_header);
    if (!code) image_say(w, i, source);
    return code;
}

int wd_cmd_build_image(struct wd *w)
{
    struct wd_sched_input in;
    struct wd_system s = { .w = w };
    struct wd_image i = { .in = &in, .s = &s };
    memset(&in, 0, sizeof in);
    in.manifest.folder_fd = -1;
    int code = image_whole(w, &i);
    free(i.header);
    wd_system_close(&s);
    wd_sched_input_close(&in);
    return code;
}
