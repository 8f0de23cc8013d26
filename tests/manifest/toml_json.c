/* What the reader of TOML made of files, one line of JSON each, for toml.py to compare: {"ok": VALUE} or
 * {"faults": [[line, column, message, hint], ...]}. A value is [TYPE, TEXT], a list or an object. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "toml.h"

static void put_value(struct wd_json *j, const char *key, const struct toml_value *v)
{
    static const char *const types[] = { "string", "integer", "float", "bool", "datetime", "datetime", "date",
        "time" };
    char name[256], text[64];
    if (j->depth > 28) exit(4);     /* the writer's limit, not the reader's */
    if (v->kind == TOML_TABLE || v->kind == TOML_ARRAY) {
        wd_json_open(j, key, v->kind == TOML_TABLE ? '{' : '[');
        for (const struct toml_value *m = v->first; m; m = m->next) {
            if (v->kind == TOML_ARRAY) {
                put_value(j, NULL, m);
                continue;
            }
            if (m->key.n >= sizeof name || memchr(m->key.p, 0, m->key.n)) exit(3);
            memcpy(name, m->key.p, m->key.n);
            name[m->key.n] = 0;
            put_value(j, name, m);
        }
        wd_json_close(j);
        return;
    }
    wd_json_open(j, key, '[');
    wd_json_text(j, NULL, types[v->kind]);
    wrt_str s = v->text;
    if (v->kind == TOML_INTEGER) {
        snprintf(text, sizeof text, "%lld", (long long)v->of.integer);
        s = wd_str(text);
    } else if (v->kind == TOML_FLOAT) {
        snprintf(text, sizeof text, "%.17g", isnan(v->of.number) ? (double)NAN : v->of.number);
        s = wd_str(isnan(v->of.number) ? "nan" : text);
    }
    wd_json_string(j, NULL, s);
    wd_json_close(j);
}

static void one_file(const char *path)
{
    struct wd_buf text = { 0 };
    struct toml t;
    struct wd_json j = { .out = stdout };
    FILE *f = fopen(path, "rb");
    char block[65536];
    if (!f) exit(2);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) wd_buf_add(&text, block, n);
    fclose(f);
    wd_json_open(&j, NULL, '{');
    if (toml_read(&t, (wrt_str){ text.p ? text.p : "", text.n })) {
        put_value(&j, "ok", t.root);
    } else {
        wd_json_open(&j, "faults", '[');
        for (size_t k = 0; k < t.faults_count && k < TOML_FAULTS; k++) {
            uint32_t line, column;
            toml_place(&t, t.faults[k].at, &line, &column, NULL);
            wd_json_open(&j, NULL, '[');
            wd_json_u64(&j, NULL, line);
            wd_json_u64(&j, NULL, column);
            wd_json_text(&j, NULL, t.faults[k].message);
            wd_json_text(&j, NULL, t.faults[k].hint);
            wd_json_close(&j);
        }
    }
    wd_json_end(&j);
    toml_free(&t);
    wd_buf_free(&text);
}

int main(int argc, char **argv)
{
    for (int k = 1; k < argc; k++) one_file(argv[k]);
    return 0;
}
