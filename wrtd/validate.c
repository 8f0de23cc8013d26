/* validate: is each file a module that this build would run? */
#include "wd.h"
#include <stdlib.h>

enum { VALIDATE_ERRORS = 20 };  /* of one file that are told; the others are counted */

/* What is wrong with one file: an error for each bad body, or the only one. */
struct validate_result {
    wrt_error errors[VALIDATE_ERRORS];
    size_t count;
};

static size_t validate_told(const struct validate_result *r)
{
    return r->count < VALIDATE_ERRORS ? r->count : VALIDATE_ERRORS;
}

static void validate_json(struct wd_json *j, const char *path, const struct validate_result *r)
{
    wd_json_open(j, NULL, '{');
    wd_json_text(j, "file", path);
    wd_json_bool(j, "valid", r->count == 0);
    if (r->count > 0) {
        wd_json_error(j, "error", &r->errors[0]);
        wd_json_open(j, "errors", '[');
        for (size_t k = 0; k < validate_told(r); k++) wd_json_error(j, NULL, &r->errors[k]);
        wd_json_close(j);
        wd_json_u64(j, "errors_total", r->count);
    }
    wd_json_close(j);
}

static void validate_say(struct wd *w, const char *path, const struct validate_result *r)
{
    for (size_t k = 0; k < validate_told(r); k++) wd_say_error(w, "error", &r->errors[k], path, NULL);
    if (r->count > VALIDATE_ERRORS) {
        wd_warn(w, "%s: %zu more functions are not valid", path, r->count - VALIDATE_ERRORS);
    }
}

/* 0, or the exit code for this file. */
static int validate_one(struct wd *w, wrt_engine *engine, const char *path, struct validate_result *r)
{
    uint8_t *bytes;
    size_t n;
    bool reported = w->reported;
    w->reported = true;     /* a missing file is one entry of the document, not a document */
    int exit = wd_read_file(w, path, &bytes, &n);
    w->reported = reported;
    r->count = 0;
    if (exit) {
        wd_error_init(&r->errors[0], WRT_E_IO, exit == WD_EXIT_NO_FILE ? WD_W_NO_FILE : WD_W_READ,
            "cannot read the file");
        r->count = 1;
        return exit;
    }
    wrt_load_opts o = {
        .size = sizeof o, .keep_source = true, .portable = true, .name = wd_str(wd_base_name(path))
    };
    wrt_bytes b = { bytes, n };
    if (wrt_load_check(engine, b, &o, r->errors, VALIDATE_ERRORS, &r->count) != WRT_OK) {
        wrt_error *first = &r->errors[0];
        wd_load_hint(bytes, n, first);
        exit = first->status == WRT_E_LIMIT ? WD_EXIT_DATA : wd_exit_of(first); /* 0 or 65: refused */
        validate_say(w, path, r);
    }
    free(bytes);
    return exit;
}

int wd_cmd_validate(struct wd *w)
{
    struct wd_settings s;
    wrt_engine *engine;
    struct wd_json j;
    int code = wd_settings_read(w, &s);
    if (code >= 0) return code;
    code = wd_operands(w, 1, -1, "a FILE");
    if (!code) code = wd_engine_new(w, &s, &engine);
    if (code) return code;
    if (w->json != WD_JSON_OFF) {
        wd_json_begin(w, &j, "validate");
        wd_json_open(&j, "files", '[');
    }
    for (int k = 0; k < w->rest_count; k++) {
        struct validate_result r;
        int exit = validate_one(w, engine, w->rest[k], &r);
        if (exit && (code == 0 || code == WD_EXIT_DATA)) code = exit;
        if (w->json != WD_JSON_OFF) {
            validate_json(&j, w->rest[k], &r);
        } else if (!exit && w->rest_count > 1 && !w->quiet) {
            printf("%s: valid\n", w->rest[k]);
        }
        wd_progress(w, "validate", (uint64_t)k + 1, (uint64_t)w->rest_count);
    }
    if (w->json != WD_JSON_OFF) {
        wd_json_close(&j);
        wd_json_i64(&j, "exit_code", code);
        wd_json_end(&j);
    }
    wrt_engine_free(engine);
    free(s.own_table);
    return code;
}
