/* tasks_spec: "FILE,key=value,...". A comma ends a value only when a known key follows it, so calls and
 * arguments may hold commas. */
#include <stdlib.h>
#include <string.h>
#include "tasks.h"

static const char *const spec_keys[] = { "name", "budget", "slice", "priority", "args", "invoke", "stdin",
    "on-empty", "refuel" };

/* Length of a known key at p that is followed by '='; 0: none. */
static size_t spec_key_at(const char *p)
{
    for (size_t k = 0; k < WD_COUNT(spec_keys); k++) {
        size_t n = strlen(spec_keys[k]);
        if (strncmp(p, spec_keys[k], n) == 0 && p[n] == '=') return n;
    }
    return 0;
}

static int spec_bad(struct wd *w, const char *hint, const char *key, const char *value)
{
    return wd_fail(w, WD_EXIT_USAGE, WD_W_SPEC, hint, "`%s` is no value for %s of a task", value, key);
}

/* Words at blanks; quotes keep blanks together. The text is changed in place. */
static void spec_args(struct tasks_spec *s, char *text)
{
    char *to = text, quote = 0;
    bool open = false;
    for (char *p = text;; p++) {
        bool blank = *p == ' ' && !quote;
        if (open && (blank || !*p)) {
            bool end = !*p;
            *to++ = 0;
            open = false;
            if (end) return;
            continue;
        }
        if (!*p) return;
        if (blank) continue;
        if (!open) {
            open = true;
            s->args = wd_resize(s->args, (s->args_count + 1) * sizeof(char *));
            s->args[s->args_count++] = to;
        }
        if (quote ? *p == quote : *p == '"' || *p == '\'') {
            quote = quote ? 0 : *p;
            continue;
        }
        *to++ = *p;
    }
}

static bool spec_refuel(struct tasks_spec *s, const char *value)
{
    const char *x = strchr(value, 'x');
    if (value[0] == '0' && value[1] == 'x') x = strchr(value + 2, 'x');
    wrt_str fuel = { value, x ? (size_t)(x - value) : strlen(value) };
    if (x && (!wd_parse_count(wd_str(x + 1), &s->refuel_times) || s->refuel_times == 0)) return false;
    return wd_parse_count(fuel, &s->refuel) && s->refuel > 0;
}

static int spec_set(struct wd *w, struct tasks_spec *s, const char *key, char *value)
{
    uint64_t v;
    const char *fuel_hint = "fuel above 0, such as 50000 or 2M";
    if (strcmp(key, "name") == 0) {
        snprintf(s->name, sizeof s->name, "%s", value);
        return 0;
    }
    if (strcmp(key, "budget") == 0) {
        return wd_parse_count(wd_str(value), &s->budget) && s->budget ? 0
                                                                      : spec_bad(w, fuel_hint, key, value);
    }
    if (strcmp(key, "slice") == 0) {
        return wd_parse_count(wd_str(value), &s->slice) && s->slice ? 0 : spec_bad(w, fuel_hint, key, value);
    }
    if (strcmp(key, "priority") == 0) {
        if (!wd_parse_count(wd_str(value), &v) || v > 255 || v == 0) {
            return spec_bad(w, "1 to 255, the greatest runs first", key, value);
        }
        s->priority = (uint8_t)v;
        return 0;
    }
    if (strcmp(key, "args") == 0) {
        spec_args(s, value);
        return 0;
    }
    if (strcmp(key, "invoke") == 0) {
        s->has_call = true;
        return wd_invoke_parse(w, value, &s->call);
    }
    if (strcmp(key, "stdin") == 0) {
        s->stdin_file = value;
        return 0;
    }
    if (strcmp(key, "refuel") == 0) {
        return spec_refuel(s, value) ? 0 : spec_bad(w, "FUEL or FUELxTIMES, such as 20000x3", key, value);
    }
    s->trap_on_empty = strcmp(value, "trap") == 0;
    return s->trap_on_empty || strcmp(value, "suspend") == 0 ? 0 : spec_bad(w, "suspend or trap", key, value);
}

/* ",word=" in the file part is most likely a misspelt key. */
static int spec_check_file(struct wd *w, const char *file)
{
    for (const char *p = strchr(file, ','); p; p = strchr(p + 1, ',')) {
        size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
        struct wd_near near;
        char hint[128] = "the keys are name, budget, slice, priority, args, invoke, stdin, on-empty, refuel";
        if (n == 0 || p[1 + n] != '=') continue;
        wd_near_init(&near, (wrt_str){ p + 1, n });
        for (size_t k = 0; k < WD_COUNT(spec_keys); k++) wd_near_offer(&near, wd_str(spec_keys[k]));
        if (wd_near_found(&near)) {
            snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
        }
        return wd_fail(w, WD_EXIT_USAGE, WD_W_SPEC, hint, "a task has no key `%.*s`", (int)n, p + 1);
    }
    return 0;
}

int tasks_spec_parse(struct wd *w, const char *text, size_t number, struct tasks_spec *out)
{
    *out = (struct tasks_spec){ .fd_in = -1 };
    out->text = wd_alloc(strlen(text) + 1);
    memcpy(out->text, text, strlen(text));
    out->file = out->text;
    char *part = out->text;
    for (bool first = true; part; first = false) {
        char *next = strchr(part, ',');
        while (next && spec_key_at(next + 1) == 0) next = strchr(next + 1, ',');
        if (next) *next = 0;
        int code = 0;
        if (first) {
            code = spec_check_file(w, part);
        } else {
            size_t n = spec_key_at(part);
            part[n] = 0;
            code = spec_set(w, out, part, part + n + 1);
        }
        if (code) return code;
        part = next ? next + 1 : NULL;
    }
    if (!out->name[0]) {
        const char *base = wd_base_name(out->file);
        size_t n = strlen(base);
        if (n > 5 && strcmp(base + n - 5, ".wasm") == 0) n -= 5;
        snprintf(out->name, sizeof out->name, "%.*s", (int)(n < 24 ? n : 24), base);
    }
    if (!out->file[0]) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_SPEC, "FILE[,KEY=VALUE...]", "task %zu names no file", number);
    }
    return 0;
}

void tasks_spec_free(struct tasks_spec *s)
{
    wd_invoke_free(&s->call);
    wd_buf_free(&s->out);
    wd_buf_free(&s->err);
    free(s->args);
    free(s->text);
}
