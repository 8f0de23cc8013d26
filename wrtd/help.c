/* help: --help and `help`, made of the tables. */
#include "wd.h"
#include <string.h>

enum { HELP_COLUMN = 34, HELP_WIDTH = 100 };

/* Wraps text at HELP_WIDTH; `at` is the present column, lines go on at `column`. */
static void help_wrap(FILE *to, const char *text, size_t at, size_t column)
{
    while (*text) {
        size_t n = strcspn(text, " ");
        if (at > column && at + 1 + n > HELP_WIDTH) {
            fprintf(to, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            fputc(' ', to);
            at++;
        }
        fwrite(text, 1, n, to);
        at += n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', to);
}

static void help_row(FILE *to, const char *left, const char *text)
{
    size_t n = strlen(left);
    fputs(left, to);
    if (n + 2 > HELP_COLUMN) {
        fprintf(to, "\n%*s", HELP_COLUMN, "");
    } else {
        fprintf(to, "%*s", (int)(HELP_COLUMN - n), "");
    }
    help_wrap(to, text, HELP_COLUMN, HELP_COLUMN);
}

static void help_option(FILE *to, const struct wd_option *o)
{
    char left[96], letter[8] = "    ";
    if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
    size_t n = o->arg ? strlen(o->arg) : 0;
    if (wd_option_repeats(o) && o->arg[n - 4] != ',') n -= 3;
    if (!o->arg) {
        snprintf(left, sizeof left, "  %s--%s", letter, o->name);
    } else if (wd_option_optional(o)) {
        snprintf(left, sizeof left, "  %s--%s[=%.*s]", letter, o->name, (int)(n - 2), o->arg + 1);
    } else {
        snprintf(left, sizeof left, "  %s--%s %.*s", letter, o->name, (int)n, o->arg);
    }
    help_row(to, left, o->text);
}

void wd_help_main(FILE *to)
{
    fputs("wrtd: runs WebAssembly as fuel-metered, suspendable tasks\n\n"
          "usage: wrtd COMMAND [OPTIONS] ...\n"
          "       wrtd FILE [ARGS...]\n\ncommands:\n", to);
    for (int k = 0; k < WD_COMMANDS; k++) {
        char left[48];
        snprintf(left, sizeof left, "  %s", wd_commands[k].name);
        fprintf(to, "%-14s%s\n", left, wd_commands[k].summary);
    }
    fputs("\nexamples:\n"
          "  wrtd app.wasm one two                       run a program\n"
          "  wrtd run --invoke 'add(1, 2)' calc.wasm     call an export\n"
          "  wrtd run -W fuel=5M,timeout=2s app.wasm     with limits\n"
          "  wrtd inspect app.wasm                       what it holds and needs\n"
          "\n`wrtd help COMMAND` shows options; `wrtd explain W0301` explains an error.\n", to);
}

void wd_help_command(FILE *to, enum wd_command_id id)
{
    const struct wd_command *c = &wd_commands[id];
    fprintf(to, "wrtd %s: %s\n\nusage: wrtd %s [OPTIONS]%s%s\n", c->name, c->summary, c->name,
        c->args[0] ? " " : "", c->args);
    if (c->text[0]) {
        fputc('\n', to);
        help_wrap(to, c->text, 0, 0);
    }
    fputs("\noptions:\n", to);
    for (int k = 0; k < WD_OPTIONS; k++) {
        if (wd_options[k].commands >> id & 1) help_option(to, &wd_options[k]);
    }
    fputs("\nexamples:\n", to);
    for (const char *p = c->examples; *p;) {
        size_t n = strcspn(p, "\n");
        fprintf(to, "  %.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

static void key_name(const char *name, char out[64])
{
    snprintf(out, 64, "%s", name);
    for (char *p = out; *p; p++) {
        if (*p == '_') *p = '-';
    }
}

/* Limits show what the engine takes without them. */
static void limit_default(const char *name, char out[48])
{
    static const struct { const char *name; uint64_t dflt, most; } rows[] = {
#define LIMIT(name_, type, dflt_, least, most_, unit, text) { #name_, dflt_, most_ },
#include <wrt/limits.def>
#undef LIMIT
    };
    out[0] = 0;
    for (size_t k = 0; k < WD_COUNT(rows); k++) {
        if (strcmp(rows[k].name, name) != 0) continue;
        snprintf(out, 48, "  [%llu, at most %llu]", (unsigned long long)rows[k].dflt,
            (unsigned long long)rows[k].most);
    }
}

void wd_help_keys(FILE *to, const char *letter, const struct wd_key *keys, size_t n)
{
    fprintf(to, "keys of %s, as KEY or KEY=VALUE, separated by commas:\n", letter);
    for (size_t k = 0; k < n; k++) {
        char name[64], left[128], more[48], text[256];
        bool word = keys[k].arg && strpbrk(keys[k].arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ|") != NULL;
        key_name(keys[k].name, name);
        limit_default(keys[k].name, more);
        snprintf(left, sizeof left, "  %s%s%s", name, keys[k].arg ? "=" : "",
            keys[k].arg ? word ? keys[k].arg : "N" : "");
        snprintf(text, sizeof text, "%s%s%s%s", keys[k].text, !word && keys[k].arg ? "; " : "",
            !word && keys[k].arg ? keys[k].arg : "", more);
        help_row(to, left, text);
    }
}

int wd_command_named(struct wd *w, const char *name, enum wd_command_id *out)
{
    struct wd_near near;
    char hint[96] = "`wrtd help` lists the commands";
    wd_near_init(&near, wd_str(name));
    for (int k = 0; k < WD_COMMANDS; k++) {
        wd_near_offer(&near, wd_str(wd_commands[k].name));
        *out = (enum wd_command_id)k;
        if (strcmp(wd_commands[k].name, name) == 0) return 0;
    }
    if (wd_near_found(&near)) {
        snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
    }
    return wd_fail(w, WD_EXIT_USAGE, WD_W_TOPIC, hint, "no command `%s`", name);
}

int wd_cmd_help(struct wd *w)
{
    enum wd_command_id command;
    int code = wd_operands(w, 0, 1, "");
    if (code) return code;
    if (w->rest_count == 0) {
        wd_help_main(stdout);
        return WD_EXIT_OK;
    }
    code = wd_command_named(w, w->rest[0], &command);
    if (code == 0) wd_help_command(stdout, command);
    return code;
}
