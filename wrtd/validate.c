/* validate: is each file a module that this build would run? */
#include "wd.h"
#include <stdlib.h>

static void validate_json(struct wd_json *j, const char *path, const wrt_error *e)
{
    wd_json_open(j, NULL, '{');
    wd_json_text(j, "file", path);
    wd_json_bool(j, "valid", e->status == WRT_OK);
    if (e->status != WRT_OK) wd_json_error(j, "error", e);
    wd_json_close(j);
}

/* 0, or the exit code for this file; *e says what is wrong with it. */
static int validate_one(struct wd *w, wrt_engine *engine, const char *path, wrt_error *e)
{
    uint8_t *bytes;
    size_t n;
    wrt_code *code;
    bool reported = w->reported;
    w->reported = true;     /* a missing file is one entry of the document, not a document */
    int exit = wd_read_file(w, path, &bytes, &n);
    w->reported = reported;
    if (exit) {
        wd_error_init(
            e, WRT_E_IO, exit == WD_EXIT_NO_FILE ? WD_W_NO_FILE : WD_W_READ, "cannot read the file");
        return exit;
    }
    wrt_load_opts o = {
        .size = sizeof o, .keep_source = true, .portable = true, .name = wd_str(wd_base_name(path))
    };
    if (wrt_load(engine, (wrt_bytes){ bytes, n }, &o, &code, e) == WRT_OK) {
        e->status = WRT_OK;
        wrt_code_free(code);
    } else {
        wd_load_hint(bytes, n, e);
        exit = e->status == WRT_E_LIMIT ? WD_EXIT_DATA : wd_exit_of(e); /* 0 or 65: refused */
        wd_say_error(w, "error", e, path, NULL);
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
        wrt_error e;
        int exit = validate_one(w, engine, w->rest[k], &e);
        if (exit && (code == 0 || code == WD_EXIT_DATA)) code = exit;
        if (w->json != WD_JSON_OFF) {
            validate_json(&j, w->rest[k], &e);
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
