/* session: engine, store, modules and their imports, as run, tasks, profile and bench need them. */
#include "wd.h"
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* ---- opening and closing ------------------------------------------------------------------------------- */

int wd_session_open(struct wd *w, struct wd_session *s)
{
    memset(s, 0, sizeof *s);
    s->w = w;
    int code = wd_settings_read(w, &s->settings);
    if (code >= 0) return code;
    code = wd_engine_new(w, &s->settings, &s->engine);
    if (code) return code;
    wd_signals_arm(NULL);
    if (s->settings.timeout_ns) wd_timer_arm(s->settings.timeout_ns);
    return -1;
}

int wd_session_store(struct wd_session *s, wrt_store_opts *opts)
{
    wrt_error e;
    wrt_status status = wrt_linker_new(s->engine, &s->linker, &e);
    opts->fuel = s->settings.fuel;
    opts->quantum_fuel = s->settings.slice;
    opts->virtual_time = s->settings.virtual_clock;
    if (s->settings.ns_per_kfuel) opts->ns_per_kfuel = s->settings.ns_per_kfuel;
    if (status == WRT_OK) status = wrt_store_new(s->engine, opts, &s->store, &e);
    if (status != WRT_OK) return wd_report(s->w, &e, NULL, wd_exit_of(&e));
    s->inbox = wrt_inbox_of(s->store);
    wd_signals_arm(s->inbox);
    return 0;
}

void wd_session_close(struct wd_session *s)
{
    wd_signals_arm(NULL);
    if (s->inbox) wrt_inbox_drop(s->inbox);
    if (s->store) wrt_store_free(s->store);
    if (s->linker) wrt_linker_free(s->linker);
    for (size_t k = 0; k < s->modules_count; k++) {
        wrt_code_free(s->modules[k]->code);
        free(s->modules[k]->bytes);
        free(s->modules[k]->path);
        free(s->modules[k]);
    }
    free(s->modules);
    free(s->links);
    if (s->engine) wrt_engine_free(s->engine);
    free(s->settings.own_table);
    memset(s, 0, sizeof *s);
}

/* ---- modules ------------------------------------------------------------------------------------------- */

const char *wd_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void wd_load_hint(const uint8_t *bytes, size_t n, wrt_error *e)
{
    size_t at = 0;
    while (at < n && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) at++;
    if (at == n || (bytes[at] != '(' && bytes[at] != ';')) return;
    wd_error_init(e, WRT_E_MALFORMED, WD_W_TEXT, "this is the text format; binaries are read");
    wd_error_hint(e, "assemble it first, for example: wasm-tools parse FILE -o OUT.wasm");
}

wrt_status wd_session_add(struct wd_session *s, const char *path, uint8_t *bytes, size_t n, bool portable,
    struct wd_module **out, wrt_error *e)
{
    struct wd_module *m = wd_alloc(sizeof *m);
    wrt_load_opts o = {
        .size = sizeof o, .keep_source = true, .portable = portable, .name = wd_str(wd_base_name(path))
    };
    m->bytes = bytes;
    m->n = n;
    wrt_status status = wrt_load(s->engine, (wrt_bytes){ m->bytes, m->n }, &o, &m->code, e);
    if (status != WRT_OK) {
        wd_load_hint(m->bytes, m->n, e);
        free(m->bytes);
        free(m);
        return status;
    }
    m->path = wd_alloc(strlen(path) + 1);
    memcpy(m->path, path, strlen(path));
    s->modules = wd_resize(s->modules, (s->modules_count + 1) * sizeof(struct wd_module *));
    s->modules[s->modules_count++] = m;
    *out = m;
    return WRT_OK;
}

int wd_session_load(struct wd_session *s, const char *path, bool portable, struct wd_module **out)
{
    wrt_error e;
    uint8_t *bytes;
    size_t n;
    for (size_t k = 0; k < s->modules_count; k++) {
        *out = s->modules[k];
        if (strcmp(s->modules[k]->path, path) == 0) return 0;
    }
    int code = wd_read_file(s->w, path, &bytes, &n);
    if (code) return code;
    if (wd_session_add(s, path, bytes, n, portable, out, &e) == WRT_OK) return 0;
    return wd_report(s->w, &e, path, wd_exit_of(&e) == WD_EXIT_INTERNAL ? WD_EXIT_DATA : wd_exit_of(&e));
}

bool wd_code_imports(const wrt_code *c, const char *module)
{
    wrt_extern_desc d;
    for (size_t k = 0; k < wrt_code_imports_count(c); k++) {
        if (wrt_code_import(c, k, &d) && wd_equal(d.module, module)) return true;
    }
    return false;
}

/* ---- what a program is given --------------------------------------------------------------------------- */

static size_t grant_dirs(const struct wd *w, enum wd_option_id id, wrt_dir *dirs, size_t n)
{
    size_t at = 0;
    for (const char *text; (text = wd_option_next(w, id, &at)) != NULL;) {
        const char *split = strstr(text, "::");
        wrt_str host = { text, split ? (size_t)(split - text) : strlen(text) };
        dirs[n++] =
            (wrt_dir){ .host = host, .guest = split ? wd_str(split + 2) : host, .write = id == WD_OPT_dir };
    }
    return n;
}

/* NAME=VALUE as it is, NAME from the tool's own environment; what that lacks is left out. */
static size_t grant_env(const struct wd *w, bool inherit, wrt_str *env, size_t n)
{
    for (char **p = environ; inherit && *p; p++) env[n++] = wd_str(*p);
    size_t at = 0;
    for (const char *text; (text = wd_option_next(w, WD_OPT_env, &at)) != NULL;) {
        size_t name = strcspn(text, "=");
        if (text[name]) {
            env[n++] = wd_str(text);
            continue;
        }
        for (char **p = environ; *p; p++) {
            if (strncmp(*p, text, name) == 0 && (*p)[name] == '=') env[n++] = wd_str(*p);
        }
    }
    return n;
}

static size_t environ_count(void)
{
    size_t n = 0;
    while (environ[n]) n++;
    return n;
}

int wd_link_program(struct wd_session *s, wrt_linker *l, const struct wd_program *p)
{
    wrt_error e;
    wrt_wasi wasi = wrt_wasi_default();
    wrt_str *args = wd_alloc((p->args_count + 1) * sizeof *args);
    wrt_str *env = wd_alloc((environ_count() + s->w->given_count + 1) * sizeof *env);
    wrt_dir *dirs = wd_alloc((s->w->given_count + 1) * sizeof *dirs);
    args[0] = wd_str(p->name);
    for (size_t k = 0; k < p->args_count; k++) args[k + 1] = wd_str(p->args[k]);
    wasi.args = args;
    wasi.nargs = p->args_count + 1;
    wasi.env = env;
    wasi.nenv = grant_env(s->w, s->settings.inherit_env, env, 0);
    wasi.dirs = dirs;
    wasi.ndirs = grant_dirs(s->w, WD_OPT_dir_ro, dirs, grant_dirs(s->w, WD_OPT_dir, dirs, 0));
    wasi.fd_in = p->fd_in;
    wasi.fd_out = p->fd_out;
    wasi.fd_err = p->fd_err;
    if (p->out) wasi.out = *p->out;
    if (p->err) wasi.err = *p->err;
    wasi.deterministic = s->settings.has_seed || s->settings.virtual_clock;
    wasi.random_seed = s->settings.seed;
    wrt_status status = wrt_link_wasi(l, &wasi, &e);
    free(args);
    free(env);
    free(dirs);
    if (status == WRT_OK) return 0;
    return wd_report(s->w, &e, NULL, wd_exit_of(&e));
}

static int link_make(struct wd_session *s, wrt_linker *l, const char *text)
{
    wrt_error e;
    struct wd_link link;
    size_t name = strcspn(text, "=");
    if (name == 0 || !text[name] || !text[name + 1]) {
        return wd_fail(
            s->w, WD_EXIT_USAGE, WD_W_VALUE, "--link NAME=FILE", "`%s` is no value for --link", text);
    }
    link.name = (wrt_str){ text, name };
    int code = wd_session_load(s, text + name + 1, false, &link.module);
    if (code) return code;
    if (wd_instantiate(s, l, link.module, &link.instance, &e) != WRT_OK) {
        return wd_report_instantiate(s, l, link.module, &e);
    }
    s->links = wd_resize(s->links, (s->links_count + 1) * sizeof *s->links);
    s->links[s->links_count++] = link;
    return 0;
}

int wd_link_modules(struct wd_session *s, wrt_linker *l)
{
    wrt_error e;
    size_t at = 0;
    int code = 0;
    for (size_t k = 0; !code; k++) {
        const char *text = wd_option_next(s->w, WD_OPT_link, &at);
        if (!text) break;
        if (k == s->links_count) code = link_make(s, l, text);
        if (!code && wrt_link_instance(l, s->links[k].name, s->links[k].instance, &e) != WRT_OK) {
            code = wd_report(s->w, &e, s->links[k].module->path, wd_exit_of(&e));
        }
    }
    return code;
}

wrt_status wd_instantiate(
    struct wd_session *s, wrt_linker *l, struct wd_module *m, wrt_instance **out, wrt_error *e)
{
    return wrt_instantiate(s->store, l, m->code, out, e);
}

enum { MISSES_SHOWN = 16 };

/* A module that does not link: every import that is missing, not the first. */
static int report_misses(
    struct wd_session *s, const wrt_linker *l, const struct wd_module *m, const wrt_error *first)
{
    wrt_error errors[MISSES_SHOWN];
    size_t n = 0;
    wrt_link_check(l, m->code, errors, MISSES_SHOWN, &n);
    if (n == 0) return wd_report(s->w, first, m->path, WD_EXIT_LINK);
    for (size_t k = 0; k < n && k < MISSES_SHOWN; k++) {
        bool last = k + 1 == n || k + 1 == MISSES_SHOWN;
        if (n == 1) {
            wd_error_hint(&errors[k], "%s",
                errors[k].hint[0] ? errors[k].hint : "another module can provide it: --link NAME=FILE");
        }
        if (last) {
            wd_report(s->w, &errors[k], m->path, WD_EXIT_LINK);
        } else {
            wd_say_error(s->w, "error", &errors[k], m->path, NULL);
        }
    }
    if (n > MISSES_SHOWN) wd_warn(s->w, "%zu more imports are missing", n - MISSES_SHOWN);
    return WD_EXIT_LINK;
}

int wd_report_instantiate(
    struct wd_session *s, const wrt_linker *l, const struct wd_module *m, const wrt_error *e)
{
    struct wd_outcome o;
    if (e->status == WRT_E_LINK) return report_misses(s, l, m, e);
    wd_outcome_of(s, (wrt_task){ 0 }, WD_END_DONE, e, &o);
    o.file = m->path;
    wd_outcome_say(s, &o);
    if (s->w->json != WD_JSON_OFF && !s->w->reported) {
        struct wd_json j;
        wd_json_begin(s->w, &j, "error");
        wd_json_text(&j, "command", wd_commands[s->w->command].name);
        wd_json_text(&j, "file", m->path);
        wd_json_error(&j, "error", &o.error);
        wd_json_i64(&j, "exit_code", o.exit_code);
        wd_json_end(&j);
    }
    return o.exit_code;
}

/* ---- which function ------------------------------------------------------------------------------------ */

/* "add, mul, ..." of the functions that could be called instead. */
static void list_exports(const wrt_code *c, struct wd_buf *out)
{
    wrt_extern_desc d;
    for (size_t k = 0; k < wrt_code_exports_count(c) && out->n < 120; k++) {
        if (!wrt_code_export(c, k, &d) || d.kind != WRT_EXTERN_FUNC) continue;
        if (out->n > 0) wd_buf_str(out, ", ");
        wd_buf_add(out, d.name.p, d.name.n);
    }
    if (out->n >= 120) wd_buf_str(out, ", ...");
}

static int no_export(struct wd_session *s, const struct wd_module *m, const struct wd_invoke *call)
{
    wrt_error e;
    wrt_extern_desc d;
    struct wd_near near;
    struct wd_buf list = { 0 };
    list_exports(m->code, &list);
    if (call) {
        wd_near_init(&near, wd_str(call->name));
        for (size_t k = 0; k < wrt_code_exports_count(m->code); k++) {
            if (wrt_code_export(m->code, k, &d) && d.kind == WRT_EXTERN_FUNC) wd_near_offer(&near, d.name);
        }
        wd_error_init(&e, WRT_E_LINK, WD_W_NO_EXPORT, "no function `%s` is exported", call->name);
        if (wd_near_found(&near)) {
            wd_error_hint(
                &e, "did you mean `%.*s`?", (int)(near.best.n < 100 ? near.best.n : 100), near.best.p);
        } else if (list.n > 0) {
            wd_error_hint(&e, "it exports %s", list.p);
        }
    } else {
        wd_error_init(&e, WRT_E_LINK, WD_W_NO_ENTRY, "the module exports no `_start`");
        wd_error_hint(&e, "call an export: --invoke 'NAME(...)'; it has %s", list.n > 0 ? list.p : "none");
    }
    wd_buf_free(&list);
    return wd_report(s->w, &e, m->path, WD_EXIT_USAGE);
}

int wd_find_func(
    struct wd_session *s, struct wd_module *m, wrt_instance *i, const struct wd_invoke *call, wrt_func **out)
{
    wrt_error e;
    wrt_status status = wrt_export_func(i, call ? wd_str(call->name) : WRT_STR("_start"), out, &e);
    if (status == WRT_OK) return 0;
    if (status == WRT_E_LINK || status == WRT_E_TYPE) return no_export(s, m, call);
    return wd_report(s->w, &e, m->path, wd_exit_of(&e));
}
