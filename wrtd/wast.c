/* wast: runs specification scripts in the form of `wasm-tools json-from-wast`. One store a script. A module
 * that needs a feature which is not built is skipped by that feature, together with every command that
 * depends on it. */
#include "wd.h"

#if WRTD_HAVE_JANSSON
#include "wast.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- verdicts ----------------------------------------------------------------------------------------- */

static enum wast_verdict wast_fail(struct wast *x, const char *fmt, ...) WD_PRINTF(2, 3);
static enum wast_verdict wast_fail(struct wast *x, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(x->message, sizeof x->message, fmt, args);
    va_end(args);
    return WAST_FAILED;
}

static enum wast_verdict wast_skip(struct wast *x, const char *feature)
{
    size_t k = 0;
    while (k < x->skips_count && strcmp(x->skips[k].feature, feature) != 0) k++;
    if (k == WAST_SKIPS) k = WAST_SKIPS - 1;
    if (k == x->skips_count) {
        snprintf(x->skips[k].feature, sizeof x->skips[k].feature, "%s", feature);
        x->skips_count++;
    }
    x->skips[k].count++;
    return WAST_SKIPPED;
}

static void wast_count(struct wast *x, enum wast_verdict v)
{
    uint64_t *counts[] = { &x->script.passed, &x->script.failed, &x->script.skipped };
    ++*counts[v];
    if (v != WAST_FAILED) return;
    if (x->json) {
        wd_json_open(x->json, NULL, '{');
        wd_json_u64(x->json, "line", x->line);
        wd_json_text(x->json, "type", x->type);
        wd_json_text(x->json, "message", x->message);
        wd_json_close(x->json);
        return;
    }
    wd_progress_end();
    printf("%s:%u: %s: ", x->file, x->line, x->type);
    wd_print_name(stdout, wd_str(x->message));
    putchar('\n');
}

/* The first feature in the command's list that is not there. The text lives as long as the script. */
static const char *missing_feature(const struct wast *x, const json_t *command)
{
    const json_t *list = json_object_get(command, "features");
    for (size_t k = 0; k < json_array_size(list); k++) {
        const char *name = json_string_value(json_array_get(list, k));
        if (name && !wrt_has(x->engine, wd_str(name))) return name;
    }
    return NULL;
}

/* A binary was refused for a feature: which one? The message names it. */
static const char *refused_feature(const wrt_error *e)
{
    const char *best = NULL;
    if (e->status != WRT_E_UNSUPPORTED) return NULL;
    for (uint32_t bit = 0; bit < 64; bit++) {
        const char *name = wd_feature_name(bit);
        if (name && strstr(e->message, name) && (!best || strlen(name) > strlen(best))) best = name;
    }
    return best;
}

/* The binary of a command lies beside its script. 0 or an exit code, reported. */
static int wast_read(struct wast *x, const json_t *command, uint8_t **bytes, size_t *n)
{
    char path[4600];
    wrt_str name = wast_text(command, "filename");
    const char *folder = name.n > 0 && name.p[0] == '/' ? "" : x->folder;
    snprintf(path, sizeof path, "%s%s", folder, name.p);
    return wd_read_file(x->w, path, bytes, n);
}

/* ---- things with names -------------------------------------------------------------------------------- */

static struct wast_instance *find_instance(struct wast *x, wrt_str name)
{
    if (name.n == 0) return &x->current;
    for (size_t k = x->named_count; k-- > 0;) {
        if (wd_same(x->named[k].name, name)) return &x->named[k];
    }
    return NULL;
}

static void set_current(struct wast *x, wrt_str name, wrt_instance *i, const char *skipped)
{
    x->current = (struct wast_instance){ name, i, skipped };
    if (name.n == 0) return;
    x->named = wd_resize(x->named, (x->named_count + 1) * sizeof *x->named);
    x->named[x->named_count++] = x->current;
}

/* Does a module import from one that was skipped? */
static const char *depends_on_skipped(const struct wast *x, const wrt_code *c)
{
    wrt_extern_desc d;
    for (size_t k = 0; wrt_code_import(c, k, &d); k++) {
        for (size_t r = 0; r < x->registered_count; r++) {
            if (x->registered[r].skipped && wd_same(x->registered[r].name, d.module)) {
                return x->registered[r].skipped;
            }
        }
    }
    return NULL;
}

/* A module that was not instantiated may have been meant to write into those that it imports from. Its
 * imports cannot be decoded, but their module names stand in it, each behind its length. */
static void taint_imports(struct wast *x, const json_t *command, const char *feature)
{
    uint8_t *bytes;
    size_t n;
    if (wast_read(x, command, &bytes, &n)) return;
    for (size_t r = 0; r < x->registered_count; r++) {
        wrt_str name = x->registered[r].name;
        for (size_t at = 0; name.n < 128 && at + name.n < n; at++) {
            if (bytes[at] == name.n && memcmp(bytes + at + 1, name.p, name.n) == 0) {
                x->registered[r].tainted = feature;
            }
        }
    }
    free(bytes);
}

static const char *tainted_by(const struct wast *x, const wrt_instance *i)
{
    for (size_t r = 0; r < x->registered_count; r++) {
        if (x->registered[r].tainted && x->registered[r].instance == i) return x->registered[r].tainted;
    }
    return NULL;
}

/* ---- modules ------------------------------------------------------------------------------------------ */

/* WRT_E_IO: the file cannot be read. The code is freed with the script. */
static wrt_status wast_load(struct wast *x, const json_t *command, wrt_code **out, wrt_error *e)
{
    uint8_t *bytes;
    size_t n;
    if (wast_read(x, command, &bytes, &n)) {
        wd_error_init(e, WRT_E_IO, WD_W_READ, "cannot read %.150s", wast_text(command, "filename").p);
        return WRT_E_IO;
    }
    wrt_load_opts o = { .size = sizeof o, .keep_source = true, .name = wast_text(command, "filename") };
    wrt_status status = wrt_load(x->engine, (wrt_bytes){ bytes, n }, &o, out, e);
    if (status != WRT_OK) {
        free(bytes);
        return status;
    }
    x->codes = wd_resize(x->codes, (x->codes_count + 1) * sizeof(wrt_code *));
    x->sources = wd_resize(x->sources, (x->codes_count + 1) * sizeof(uint8_t *));
    x->codes[x->codes_count] = *out;
    x->sources[x->codes_count++] = bytes;
    return WRT_OK;
}

static enum wast_verdict wast_instantiate(struct wast *x, wrt_code *code, wrt_str name)
{
    wrt_error e;
    wrt_instance *i;
    const char *skipped = depends_on_skipped(x, code);
    if (skipped) {
        set_current(x, name, NULL, skipped);
        return wast_skip(x, skipped);
    }
    if (wrt_instantiate(x->store, x->linker, code, &i, &e) != WRT_OK) {
        set_current(x, name, NULL, NULL);
        return wast_fail(x, "does not instantiate: %s (%s)", e.message, e.where);
    }
    set_current(x, name, i, NULL);
    return WAST_PASSED;
}

static enum wast_verdict do_module(struct wast *x, const json_t *command)
{
    wrt_error e;
    wrt_code *code;
    wrt_str name = wast_text(command, "name");
    const char *skipped = missing_feature(x, command);
    if (!skipped && wast_load(x, command, &code, &e) != WRT_OK) {
        skipped = refused_feature(&e);
        if (!skipped) {
            set_current(x, name, NULL, NULL);
            return wast_fail(x, "does not load: %s (offset 0x%llx)", e.message, (unsigned long long)e.offset);
        }
        if (!json_object_get(command, "features")) {
            set_current(x, name, NULL, skipped);
            return wast_fail(x, "a module of the 2017 language is refused: %s", e.message);
        }
    }
    if (skipped) {
        set_current(x, name, NULL, skipped);
        taint_imports(x, command, skipped);
        return wast_skip(x, skipped);
    }
    return wast_instantiate(x, code, name);
}

static enum wast_verdict do_module_definition(struct wast *x, const json_t *command)
{
    wrt_error e;
    wrt_code *code = NULL;
    const char *skipped = missing_feature(x, command);
    enum wast_verdict v = WAST_PASSED;
    if (skipped) {
        v = wast_skip(x, skipped);
    } else if (wast_load(x, command, &code, &e) != WRT_OK) {
        code = NULL;
        v = wast_fail(x, "does not load: %s", e.message);
    }
    x->definitions = wd_resize(x->definitions, (x->definitions_count + 1) * sizeof *x->definitions);
    x->definitions[x->definitions_count++] =
        (struct wast_definition){ wast_text(command, "name"), code, skipped };
    return v;
}

static enum wast_verdict do_module_instance(struct wast *x, const json_t *command)
{
    wrt_str name = wast_text(command, "instance"), from = wast_text(command, "module");
    for (size_t k = x->definitions_count; k-- > 0;) {
        const struct wast_definition *d = &x->definitions[k];
        if (from.n > 0 && !wd_same(d->name, from)) continue;
        if (d->skipped) {
            set_current(x, name, NULL, d->skipped);
            return wast_skip(x, d->skipped);
        }
        if (!d->code) break;
        return wast_instantiate(x, d->code, name);
    }
    set_current(x, name, NULL, NULL);
    return wast_fail(x, "no such module definition");
}

static enum wast_verdict do_register(struct wast *x, const json_t *command)
{
    wrt_error e;
    wrt_str as = wast_text(command, "as");
    const struct wast_instance *i = find_instance(x, wast_text(command, "name"));
    const char *skipped = i ? i->skipped : NULL;
    x->registered = wd_resize(x->registered, (x->registered_count + 1) * sizeof *x->registered);
    x->registered[x->registered_count++] =
        (struct wast_registered){ as, i ? i->instance : NULL, skipped, NULL };
    if (skipped) return wast_skip(x, skipped);
    if (!i || !i->instance) return wast_fail(x, "there is no module to register");
    if (wrt_link_instance(x->linker, as, i->instance, &e) != WRT_OK) {
        return wast_fail(x, "does not register: %s", e.message);
    }
    return WAST_PASSED;
}

/* ---- actions ------------------------------------------------------------------------------------------ */

struct wast_result {
    wrt_status status;
    uint32_t count;
    wrt_val values[WD_ARGS_MAX];
    wrt_error error;
    const char *skipped;
};

static wrt_status act_get(wrt_instance *i, wrt_str field, struct wast_result *r)
{
    wrt_global *g;
    r->status = wrt_export_global(i, field, &g, &r->error);
    if (r->status != WRT_OK) return r->status;
    r->count = 1;
    return r->status = wrt_global_get(g, &r->values[0]);
}

static enum wast_verdict act_invoke(
    struct wast *x, wrt_instance *i, const json_t *action, struct wast_result *r)
{
    wrt_func *f;
    wrt_val args[WD_ARGS_MAX];
    const json_t *list = json_object_get(action, "args");
    size_t n = json_array_size(list);
    r->status = wrt_export_func(i, wast_text(action, "field"), &f, &r->error);
    if (r->status != WRT_OK) return wast_fail(x, "%s", r->error.message);
    wrt_func_type type = wrt_func_type_of(f);
    if (n > WD_ARGS_MAX || type.results > WD_ARGS_MAX) return wast_fail(x, "too many values");
    for (size_t k = 0; k < n; k++) {
        if (!wast_value_read(json_array_get(list, k), &args[k])) {
            return wast_fail(x, "argument %zu cannot be read", k + 1);
        }
    }
    r->count = type.results;
    r->status = wrt_call_sync(x->store, f, args, n, r->values, type.results, &r->error);
    return WAST_PASSED;
}

/* Performs the action; WAST_PASSED: r says what came of it. */
static enum wast_verdict wast_act(struct wast *x, const json_t *command, struct wast_result *r)
{
    const json_t *action = json_object_get(command, "action");
    wrt_str type = wast_text(action, "type");
    const struct wast_instance *i = find_instance(x, wast_text(action, "module"));
    memset(r, 0, sizeof *r);
    if (i && i->skipped) return wast_skip(x, i->skipped);
    if (!i || !i->instance) return wast_fail(x, "there is no module to act on");
    if (wd_equal(type, "invoke")) return act_invoke(x, i->instance, action, r);
    if (!wd_equal(type, "get")) return wast_fail(x, "unknown action");
    if (act_get(i->instance, wast_text(action, "field"), r) != WRT_OK) {
        return wast_fail(x, "%s", r->error.message);
    }
    return WAST_PASSED;
}

static enum wast_verdict do_action(struct wast *x, const json_t *command)
{
    struct wast_result r;
    enum wast_verdict v = wast_act(x, command, &r);
    if (v != WAST_PASSED || r.status == WRT_OK) return v;
    return wast_fail(x, "%s", r.error.message);
}

static enum wast_verdict do_assert_return(struct wast *x, const json_t *command)
{
    struct wast_result r;
    const json_t *expected = json_object_get(command, "expected");
    enum wast_verdict v = wast_act(x, command, &r);
    if (v != WAST_PASSED) return v;
    if (r.status != WRT_OK) return wast_fail(x, "%s", r.error.message);
    if (json_array_size(expected) != r.count) {
        return wast_fail(x, "%u results, expected %zu", r.count, json_array_size(expected));
    }
    for (uint32_t k = 0; k < r.count; k++) {
        char want[96], got[64];
        if (wast_value_matches(json_array_get(expected, k), &r.values[k])) continue;
        wast_value_name(json_array_get(expected, k), want);
        wd_value_text(&r.values[k], got);
        return wast_fail(
            x, "result %u is %s %s, expected %s", k + 1, wd_kind_name(r.values[k].kind), got, want);
    }
    return WAST_PASSED;
}

static enum wast_verdict expect_trap(struct wast *x, const struct wast_result *r, bool exhaustion)
{
    if (r->status == WRT_OK) return wast_fail(x, "returned, expected a trap");
    if (r->status != WRT_E_TRAP) return wast_fail(x, "ended with \"%s\", expected a trap", r->error.message);
    if (exhaustion && r->error.trap != WRT_TRAP_STACK_EXHAUSTED) {
        return wast_fail(x, "trapped with \"%s\", expected an exhausted stack", r->error.message);
    }
    return WAST_PASSED;
}

static enum wast_verdict do_assert_trap(struct wast *x, const json_t *command)
{
    struct wast_result r;
    enum wast_verdict v = wast_act(x, command, &r);
    return v == WAST_PASSED ? expect_trap(x, &r, strcmp(x->type, "assert_exhaustion") == 0) : v;
}

static enum wast_verdict do_assert_exception(struct wast *x, const json_t *command)
{
    struct wast_result r;
    enum wast_verdict v = wast_act(x, command, &r);
    return v == WAST_PASSED ? wast_fail(x, "exceptions are not built") : v;
}

/* ---- binaries that must be refused -------------------------------------------------------------------- */

static enum wast_verdict do_assert_refused(struct wast *x, const json_t *command)
{
    wrt_error e;
    wrt_code *code;
    wrt_status status = wast_load(x, command, &code, &e);
    const char *feature = status == WRT_OK ? NULL : refused_feature(&e);
    /* Such a command names no features. In a script for a language that is not all there, it may mean that
     * language. */
    if (status == WRT_OK) {
        return x->script_feature ? wast_skip(x, x->script_feature) : wast_fail(x, "is accepted");
    }
    if (status == WRT_E_IO || status == WRT_E_NOMEM) return wast_fail(x, "%s", e.message);
    /* Refused before the fault was reached: that says nothing about the fault. */
    return feature ? wast_skip(x, feature) : WAST_PASSED;
}

static enum wast_verdict do_assert_instantiation(struct wast *x, const json_t *command)
{
    wrt_error e;
    wrt_code *code;
    wrt_instance *i;
    bool link = strcmp(x->type, "assert_unlinkable") == 0;
    const char *skipped = missing_feature(x, command);
    if (skipped && !link) taint_imports(x, command, skipped);
    if (skipped) return wast_skip(x, skipped);
    if (wast_load(x, command, &code, &e) != WRT_OK) {
        skipped = refused_feature(&e);
        return skipped ? wast_skip(x, skipped) : wast_fail(x, "does not load: %s", e.message);
    }
    skipped = depends_on_skipped(x, code);
    if (skipped) return wast_skip(x, skipped);
    wrt_status status = wrt_instantiate(x->store, x->linker, code, &i, &e);
    if (status == WRT_OK) return wast_fail(x, "instantiates");
    if (status != (link ? WRT_E_LINK : WRT_E_TRAP)) {
        return wast_fail(x, "refused for another reason: %s", e.message);
    }
    return WAST_PASSED;
}

/* ---- scripts
 * ------------------------------------------------------------------------------------------------ */

static const struct {
    const char *type;
    enum wast_verdict (*run)(struct wast *x, const json_t *command);
} verbs[] = {
    { "module", do_module },
    { "module_definition", do_module_definition },
    { "module_instance", do_module_instance },
    { "register", do_register },
    { "action", do_action },
    { "assert_return", do_assert_return },
    { "assert_trap", do_assert_trap },
    { "assert_exhaustion", do_assert_trap },
    { "assert_exception", do_assert_exception },
    { "assert_invalid", do_assert_refused },
    { "assert_malformed", do_assert_refused },
    { "assert_unlinkable", do_assert_instantiation },
    { "assert_uninstantiable", do_assert_instantiation },
};

static enum wast_verdict wast_verb(struct wast *x, const json_t *command)
{
    wrt_str type = wast_text(command, "type");
    const json_t *line = json_object_get(command, "line");
    x->line = (uint32_t)json_integer_value(line);
    x->type = type.n ? type.p : "?";
    x->message[0] = 0;
    for (size_t k = 0; k < WD_COUNT(verbs); k++) {
        if (wd_equal(type, verbs[k].type)) return verbs[k].run(x, command);
    }
    return wast_fail(x, "unknown command");
}

/* A failure on an instance that a skipped module might have changed says nothing. */
static enum wast_verdict wast_command(struct wast *x, const json_t *command)
{
    enum wast_verdict v = wast_verb(x, command);
    const json_t *action = json_object_get(command, "action");
    if (v != WAST_FAILED || !action) return v;
    const struct wast_instance *i = find_instance(x, wast_text(action, "module"));
    const char *tainted = i && i->instance ? tainted_by(x, i->instance) : NULL;
    return tainted ? wast_skip(x, tainted) : v;
}

static int script_open(struct wast *x)
{
    wrt_error e;
    json_error_t bad;
    uint8_t *text;
    size_t n;
    int code = wd_read_file(x->w, x->file, &text, &n);
    if (code) return code;
    x->root = json_loadb((const char *)text, n, JSON_ALLOW_NUL, &bad);
    free(text);
    if (!x->root) {
        wd_error_init(&e, WRT_E_MALFORMED, WD_W_JSON, "%.180s", bad.text);
        e.line = bad.line > 0 ? (uint32_t)bad.line : 0;
        e.column = bad.column > 0 ? (uint32_t)bad.column : 1;
        return wd_report(x->w, &e, x->file, WD_EXIT_DATA);
    }
    x->script_feature = missing_feature(x, x->root);
    const char *base = wd_base_name(x->file);
    snprintf(x->folder, sizeof x->folder, "%.*s", (int)(base - x->file), x->file);
    wrt_status status = wrt_linker_new(x->engine, &x->linker, &e);
    if (status == WRT_OK) status = wrt_store_new(x->engine, NULL, &x->store, &e);
    if (status == WRT_OK) status = wast_spectest(x->linker, x->store, &e);
    if (status != WRT_OK) return wd_report(x->w, &e, x->file, wd_exit_of(&e));
    x->inbox = wrt_inbox_of(x->store);
    wd_signals_arm(x->inbox);
    return 0;
}

static void script_close(struct wast *x)
{
    wd_signals_arm(NULL);
    if (x->inbox) wrt_inbox_drop(x->inbox);
    if (x->store) wrt_store_free(x->store);
    if (x->linker) wrt_linker_free(x->linker);
    for (size_t k = 0; k < x->codes_count; k++) {
        wrt_code_free(x->codes[k]);
        free(x->sources[k]);
    }
    json_decref(x->root);
    x->inbox = NULL;
    x->store = NULL;
    x->linker = NULL;
    x->root = NULL;
    x->codes_count = x->named_count = x->definitions_count = x->registered_count = 0;
    x->current = (struct wast_instance){ .instance = NULL };
    x->script = (struct wast_count){ 0, 0, 0 };
}

static int script_run(struct wast *x)
{
    int code = script_open(x);
    const json_t *commands = json_object_get(x->root, "commands");
    if (x->json && !code) {
        wd_json_open(x->json, NULL, '{');
        wd_json_text(x->json, "file", x->file);
        wd_json_open(x->json, "failures", '[');
    }
    for (size_t k = 0; !code && k < json_array_size(commands); k++) {
        wast_count(x, wast_command(x, json_array_get(commands, k)));
        if (wd_signal_seen()) {
            code = wd_fail(x->w, WD_EXIT_TIMEOUT, WD_W_TIMEOUT, NULL, "stopped at %s:%u", x->file, x->line);
        }
    }
    if (!json_is_array(commands) && !code) {
        code = wd_fail(x->w, WD_EXIT_DATA, WD_W_SCRIPT, NULL, "%s has no list of commands", x->file);
    }
    if (x->json && x->root) {
        wd_json_close(x->json);
        wd_json_u64(x->json, "passed", x->script.passed);
        wd_json_u64(x->json, "failed", x->script.failed);
        wd_json_u64(x->json, "skipped", x->script.skipped);
        wd_json_close(x->json);
    }
    x->total.passed += x->script.passed;
    x->total.failed += x->script.failed;
    x->total.skipped += x->script.skipped;
    wd_note(x->w, "%s: %llu passed, %llu failed, %llu skipped", x->file, (unsigned long long)x->script.passed,
        (unsigned long long)x->script.failed, (unsigned long long)x->script.skipped);
    script_close(x);
    return code;
}

static void wast_summary(struct wast *x, int code)
{
    if (x->json) {
        wd_json_close(x->json);
        wd_json_open(x->json, "skipped_by", '{');
        for (size_t k = 0; k < x->skips_count; k++) {
            wd_json_u64(x->json, x->skips[k].feature, x->skips[k].count);
        }
        wd_json_close(x->json);
        wd_json_u64(x->json, "passed", x->total.passed);
        wd_json_u64(x->json, "failed", x->total.failed);
        wd_json_u64(x->json, "skipped", x->total.skipped);
        wd_json_i64(x->json, "exit_code", code);
        wd_json_end(x->json);
        return;
    }
    for (size_t k = 0; k < x->skips_count; k++) {
        printf("%s%s %llu", k ? ", " : "skipped by feature: ", x->skips[k].feature,
            (unsigned long long)x->skips[k].count);
    }
    if (x->skips_count) putchar('\n');
    printf("%llu passed, %llu failed, %llu skipped\n", (unsigned long long)x->total.passed,
        (unsigned long long)x->total.failed, (unsigned long long)x->total.skipped);
}

enum { WAST_INSTANCES = 65536 };

int wd_cmd_wast(struct wd *w)
{
    struct wd_settings s;
    struct wd_json j;
    struct wast *x;
    int worst = 0, code = wd_settings_read(w, &s);
    if (code >= 0) return code;
    if (!s.limits.instances) s.limits.instances = WAST_INSTANCES;
    code = wd_operands(w, 1, -1, "a FILE.json");
    if (code) return code;
    x = wd_alloc(sizeof *x);
    x->w = w;
    code = wd_engine_new(w, &s, &x->engine);
    if (code) {
        free(x);
        return code;
    }
    wd_signals_arm(NULL);
    if (s.timeout_ns) wd_timer_arm(s.timeout_ns);
    if (w->json != WD_JSON_OFF) {
        x->json = &j;
        wd_json_begin(w, &j, "wast");
        wd_json_open(&j, "files", '[');
    }
    for (int k = 0; k < w->rest_count; k++) {
        x->file = w->rest[k];
        code = script_run(x);
        if (code && !worst) worst = code;
        if (wd_signal_seen()) break;
        wd_progress(w, "wast", (uint64_t)k + 1, (uint64_t)w->rest_count);
    }
    wd_progress_end();
    if (!worst && x->total.failed) worst = WD_EXIT_FAILED;
    wast_summary(x, worst);
    wrt_engine_free(x->engine);
    free(x->named);
    free(x->definitions);
    free(x->registered);
    free(x->codes);
    free(x->sources);
    free(x);
    return worst;
}
#else

int wd_cmd_wast(struct wd *w)
{
    return wd_fail(w, WD_EXIT_INTERNAL, WD_W_NOT_BUILT, "build with libjansson-dev installed",
        "this build cannot read scripts");
}
#endif
