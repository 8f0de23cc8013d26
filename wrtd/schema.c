/* schema: JSON Schema of every document that --json prints, made of the list in schema.def. */
#include "wd.h"
#include <string.h>

struct field { const char *command, *path, *type; bool always; };
static const struct field fields[] = {
#define FIELD(command, path, type, always) { command, path, type, always },
#include "schema.def"
#undef FIELD
};

/* Is `path` a member of the object at `base` (no steps between)? Gives its own name. */
static const char *member_of(const char *path, const char *base)
{
    size_t n = strlen(base);
    if (strncmp(path, base, n) != 0) return NULL;
    const char *rest = path + n;
    if (n > 0) {
        if (*rest != '.') return NULL;
        rest++;
    }
    return *rest && !strpbrk(rest, ".[") ? rest : NULL;
}

static bool shared_type(const char *type)
{
    return strcmp(type, "value") == 0 || strcmp(type, "error") == 0 || strcmp(type, "frame") == 0 ||
           strcmp(type, "bulk") == 0;
}

static void schema_members(struct wd_json *j, const char *command, const char *base);

/* The contents of the schema at this field, into the open object. Depth is that of the list above. */
static void schema_type(struct wd_json *j, const char *command, const struct field *f)
{
    char text[64], item[128];
    if (shared_type(f->type)) {
        snprintf(text, sizeof text, "#/$defs/%s", f->type);
        wd_json_text(j, "$ref", text);
        return;
    }
    size_t n = strlen(f->type);
    if (f->type[n - 1] == '?') {        /* or null: the figure is not known */
        wd_json_open(j, "type", '[');
        wd_json_string(j, NULL, (wrt_str){ f->type, n - 1 });
        wd_json_text(j, NULL, "null");
        wd_json_close(j);
        return;
    }
    wd_json_text(j, "type", f->type);
    if (strcmp(f->type, "object") == 0) schema_members(j, command, f->path);
    if (strcmp(f->type, "array") != 0) return;
    snprintf(item, sizeof item, "%s[]", f->path);
    for (size_t k = 0; k < WD_COUNT(fields); k++) {
        if (strcmp(fields[k].command, command) != 0 || strcmp(fields[k].path, item) != 0) continue;
        wd_json_open(j, "items", '{');
        schema_type(j, command, &fields[k]);
        wd_json_close(j);
    }
}

static void schema_members(struct wd_json *j, const char *command, const char *base)
{
    wd_json_open(j, "properties", '{');
    for (size_t k = 0; k < WD_COUNT(fields); k++) {
        const char *name = strcmp(fields[k].command, command) == 0 ? member_of(fields[k].path, base) : NULL;
        if (!name) continue;
        wd_json_open(j, name, '{');
        schema_type(j, command, &fields[k]);
        wd_json_close(j);
    }
    wd_json_close(j);
    wd_json_open(j, "required", '[');
    for (size_t k = 0; k < WD_COUNT(fields); k++) {
        const char *name = strcmp(fields[k].command, command) == 0 && fields[k].always
                               ? member_of(fields[k].path, base)
                               : NULL;
        if (name) wd_json_text(j, NULL, name);
    }
    wd_json_close(j);
}

/* The definitions that documents share; "*" marks what is always there. */
static const struct { const char *name, *members[11][2];
} shared[] = {
    { "value", { { "*type", "string" }, { "*value", NULL } } },
    { "error",
        { { "*code", NULL }, { "*status", "string" }, { "*message", "string" }, { "where", "string" },
            { "offset", "integer" }, { "table", "string" }, { "hint", "string" }, { "line", "integer" },
            { "column", "integer" } } },
    { "frame",
        { { "*module", "string" }, { "*function", "integer" }, { "name", "string" },
            { "*function_offset", "integer" }, { "*offset", "integer" } } },
    { "bulk", { { "*price", "integer" }, { "*shift", "integer" } } },
};

static void schema_shared(struct wd_json *j)
{
    wd_json_open(j, "$defs", '{');
    for (size_t k = 0; k < WD_COUNT(shared); k++) {
        wd_json_open(j, shared[k].name, '{');
        wd_json_text(j, "type", "object");
        wd_json_open(j, "properties", '{');
        for (size_t m = 0; shared[k].members[m][0]; m++) {
            const char *name = shared[k].members[m][0];
            wd_json_open(j, name + (name[0] == '*'), '{');
            if (shared[k].members[m][1]) wd_json_text(j, "type", shared[k].members[m][1]);
            wd_json_close(j);
        }
        wd_json_close(j);
        wd_json_open(j, "required", '[');
        for (size_t m = 0; shared[k].members[m][0]; m++) {
            if (shared[k].members[m][0][0] == '*') wd_json_text(j, NULL, shared[k].members[m][0] + 1);
        }
        wd_json_close(j);
        wd_json_close(j);
    }
    wd_json_close(j);
}

int wd_cmd_schema(struct wd *w)
{
    char title[64], hint[128] = "`wrtd schema error` is what a failed command prints";
    struct wd_near near;
    int code = wd_operands(w, 1, 1, "a COMMAND, or `error`");
    if (code) return code;
    const char *command = w->rest[0];
    bool known = false;
    wd_near_init(&near, wd_str(command));
    for (size_t k = 0; k < WD_COUNT(fields); k++) {
        known = known || strcmp(fields[k].command, command) == 0;
        wd_near_offer(&near, wd_str(fields[k].command));
    }
    if (!known) {
        if (wd_near_found(&near)) {
            snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
        }
        return wd_fail(w, WD_EXIT_USAGE, WD_W_TOPIC, hint, "`%s` prints no document", command);
    }
    struct wd_json j = { .out = stdout, .pretty = w->json != WD_JSON_LINES };
    w->reported = true;
    wd_json_open(&j, NULL, '{');
    wd_json_text(&j, "$schema", "https://json-schema.org/draft/2020-12/schema");
    snprintf(title, sizeof title, "wrt.%s/1", command);
    wd_json_text(&j, "title", title);
    wd_json_text(&j, "type", "object");
    schema_members(&j, command, "");
    schema_shared(&j);
    wd_json_end(&j);
    return WD_EXIT_OK;
}
