/* options: the command line, read by the tables in commands.def and options.def. Must not know what an option
 * does. Words after the first operand of `run` and `profile` belong to the guest. */
#include "wd.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct wd_command wd_commands[WD_COMMANDS] = {
#define COMMAND(id, name_, args_, summary_, text_, examples_)                                                \
    [WD_CMD_##id] = { .name = name_,                                                                         \
        .args = args_,                                                                                       \
        .summary = summary_,                                                                                 \
        .text = text_,                                                                                       \
        .examples = examples_,                                                                               \
        .run = wd_cmd_##id },
#include "commands.def"
#undef COMMAND
};

const struct wd_option wd_options[WD_OPTIONS] = {
#define OPTION(id, letter_, name_, arg_, commands_, text_) \
    [WD_OPT_##id] = { .letter = letter_, .name = name_, .arg = arg_, .commands = commands_, .text = text_ },
#include "options.def"
#undef OPTION
};

bool wd_option_repeats(const struct wd_option *o)
{
    size_t n = o->arg ? strlen(o->arg) : 0;
    return n > 3 && strcmp(o->arg + n - 3, "...") == 0;
}

bool wd_option_optional(const struct wd_option *o)
{
    return o->arg && o->arg[0] == '[';
}

/* ---- finding ------------------------------------------------------------------------------------------- */

static bool option_fits(const struct wd *w, enum wd_option_id id)
{
    return wd_options[id].commands >> w->command & 1;
}

static int option_by_name(const struct wd *w, wrt_str name)
{
    for (int id = 0; id < WD_OPTIONS; id++) {
        if (option_fits(w, (enum wd_option_id)id) && wd_equal(name, wd_options[id].name)) return id;
    }
    return -1;
}

static int option_by_letter(const struct wd *w, char letter)
{
    for (int id = 0; id < WD_OPTIONS; id++) {
        if (option_fits(w, (enum wd_option_id)id) && wd_options[id].letter == letter) return id;
    }
    return -1;
}

static int option_unknown(struct wd *w, wrt_str name, const char *dashes)
{
    struct wd_near near;
    char hint[192];
    wd_near_init(&near, name);
    for (int id = 0; id < WD_OPTIONS; id++) {
        if (option_fits(w, (enum wd_option_id)id)) wd_near_offer(&near, wd_str(wd_options[id].name));
    }
    const char *command = wd_commands[w->command].name;
    if (wd_near_found(&near)) {
        snprintf(hint, sizeof hint, "did you mean `--%.*s`?", (int)near.best.n, near.best.p);
    } else {
        snprintf(hint, sizeof hint, "`wrtd help %s` lists the options", command);
    }
    return wd_fail(w, WD_EXIT_USAGE, WD_W_OPTION, hint, "`%s` has no option `%s%.*s`", command, dashes,
        (int)name.n, name.p);
}

/* ---- taking ------------------------------------------------------------------------------------------- */

static bool word_of_list(const char *list, const char *value)
{
    size_t n = strlen(value);
    for (const char *p = list; n > 0 && (p = strstr(p, value)) != NULL; p += n) {
        if ((p == list || p[-1] == '|' || p[-1] == '[') && (p[n] == 0 || p[n] == '|' || p[n] == ']')) {
            return true;
        }
    }
    return false;
}

/* Arguments written in lower case are words to choose from. */
static int option_check_word(struct wd *w, const struct wd_option *o, const char *value)
{
    bool words = o->arg && (strcmp(o->arg, "[lines]") == 0 || strchr(o->arg, '|')) &&
                 strpbrk(o->arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
    if (!words || !value || word_of_list(o->arg, value)) return -1;
    char hint[160];
    struct wd_near near;
    wd_near_init(&near, wd_str(value));
    for (const char *p = o->arg; *p;) {
        size_t n = strcspn(p, "|[]");
        wd_near_offer(&near, (wrt_str){ p, n });
        p += n + (p[n] != 0);
    }
    if (wd_near_found(&near)) {
        snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
    } else {
        snprintf(hint, sizeof hint, "one of %s", o->arg);
    }
    return wd_fail(w, WD_EXIT_USAGE, WD_W_VALUE, hint, "`%s` is no value for --%s", value, o->name);
}

static int option_take(struct wd *w, enum wd_option_id id, const char *value)
{
    const struct wd_option *o = &wd_options[id];
    bool again = o->arg && !wd_option_repeats(o) && id != WD_OPT_json && id != WD_OPT_color && wd_has(w, id);
    if (again) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_OPTION_TWICE, NULL, "--%s is given twice", o->name);
    }
    int code = option_check_word(w, o, value);
    if (code >= 0) return code;
    w->given = wd_resize(w->given, (w->given_count + 1) * sizeof *w->given);
    w->given[w->given_count++] = (struct wd_given){ id, value };
    switch (id) {
    case WD_OPT_json: w->json = value ? WD_JSON_LINES : WD_JSON_DOC; break;
    case WD_OPT_quiet: w->quiet = true; break;
    case WD_OPT_verbose: w->verbose = true; break;
    case WD_OPT_color:
        w->colour = strcmp(value, "always") == 0 || (strcmp(value, "auto") == 0 && w->colour);
        break;
    case WD_OPT_exit_codes: w->wasmtime_codes = strcmp(value, "wasmtime") == 0; break;
    default: break;
    }
    return -1;
}

static int option_needs(struct wd *w, const struct wd_option *o)
{
    char hint[160];
    snprintf(hint, sizeof hint, "--%s %s", o->name, o->arg);
    return wd_fail(w, WD_EXIT_USAGE, WD_W_OPTION_VALUE, hint, "--%s needs a value", o->name);
}

static int option_long(struct wd *w, int *at, int argc, char **argv)
{
    const char *word = argv[*at] + 2, *equal = strchr(word, '=');
    wrt_str name = { word, equal ? (size_t)(equal - word) : strlen(word) };
    int id = option_by_name(w, name);
    if (id < 0) return option_unknown(w, name, "--");
    const struct wd_option *o = &wd_options[id];
    const char *value = equal ? equal + 1 : NULL;
    if (!o->arg && value) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_OPTION_VALUE, NULL, "--%s takes no value", o->name);
    }
    if (o->arg && !value && !wd_option_optional(o)) {
        if (*at + 1 >= argc) return option_needs(w, o);
        value = argv[++*at];
    }
    return option_take(w, (enum wd_option_id)id, value);
}

static int option_short(struct wd *w, int *at, int argc, char **argv)
{
    for (const char *p = argv[*at] + 1; *p; p++) {
        int id = option_by_letter(w, *p);
        if (id < 0) return option_unknown(w, (wrt_str){ p, 1 }, "-");
        const struct wd_option *o = &wd_options[id];
        if (!o->arg) {
            int code = option_take(w, (enum wd_option_id)id, NULL);
            if (code >= 0) return code;
            continue;
        }
        const char *value = p[1] ? p + 1 : NULL;
        if (!value) {
            if (*at + 1 >= argc) return option_needs(w, o);
            value = argv[++*at];
        }
        return option_take(w, (enum wd_option_id)id, value);
    }
    return -1;
}

/* ---- the line ------------------------------------------------------------------------------------------ */

static bool operands_are_guests(const struct wd *w)
{
    return w->command == WD_CMD_run || w->command == WD_CMD_profile;
}

/* The only option that may follow FILE: nobody hands `--invoke` to a program that is being invoked. */
static bool operand_is_invoke(const char *word)
{
    return strcmp(word, "--invoke") == 0 || strncmp(word, "--invoke=", 9) == 0;
}

int wd_options_parse(struct wd *w, int argc, char **argv)
{
    bool options = true;
    w->rest = wd_alloc(((size_t)argc + 1) * sizeof *w->rest);
    for (int at = 0; at < argc; at++) {
        char *word = argv[at];
        int code = -1;
        if (options && strcmp(word, "--") == 0) {
            options = false;
        } else if (options && strncmp(word, "--", 2) == 0) {
            code = option_long(w, &at, argc, argv);
        } else if (options && word[0] == '-' && word[1]) {
            code = option_short(w, &at, argc, argv);
        } else {
            w->rest[w->rest_count++] = word;
            if (options && operands_are_guests(w) && w->rest_count == 1) {
                options = at + 1 < argc && operand_is_invoke(argv[at + 1]);
            }
        }
        if (code >= 0) return code;
    }
    if (!wd_has(w, WD_OPT_help)) return -1;
    wd_help_command(stdout, w->command);
    return WD_EXIT_OK;
}

bool wd_has(const struct wd *w, enum wd_option_id id)
{
    for (size_t k = 0; k < w->given_count; k++) {
        if (w->given[k].id == id) return true;
    }
    return false;
}

const char *wd_option(const struct wd *w, enum wd_option_id id)
{
    const char *found = NULL;
    for (size_t k = 0; k < w->given_count; k++) {
        if (w->given[k].id == id) found = w->given[k].value;
    }
    return found;
}

const char *wd_option_next(const struct wd *w, enum wd_option_id id, size_t *at)
{
    while (*at < w->given_count) {
        const struct wd_given *g = &w->given[(*at)++];
        if (g->id == id && g->value) return g->value;
    }
    return NULL;
}

bool wd_option_count(
    struct wd *w, enum wd_option_id id, uint64_t least, uint64_t most, uint64_t dflt, uint64_t *out)
{
    const char *text = wd_option(w, id);
    *out = dflt;
    if (!text) return true;
    if (wd_parse_count(wd_str(text), out) && *out >= least && *out <= most) return true;
    char hint[96];
    snprintf(
        hint, sizeof hint, "a number from %llu to %llu", (unsigned long long)least, (unsigned long long)most);
    wd_fail(w, WD_EXIT_USAGE, WD_W_VALUE, hint, "`%s` is no value for --%s", text, wd_options[id].name);
    return false;
}

int wd_operands(struct wd *w, int least, int most, const char *what)
{
    const struct wd_command *c = &wd_commands[w->command];
    char hint[192];
    snprintf(hint, sizeof hint, "usage: wrtd %s [OPTIONS] %s", c->name, c->args);
    if (w->rest_count < least) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_MISSING, hint, "`%s` needs %s", c->name, what);
    }
    if (most >= 0 && w->rest_count > most) {
        return wd_fail(
            w, WD_EXIT_USAGE, WD_W_SURPLUS, hint, "`%s` does not take `%s`", c->name, w->rest[most]);
    }
    return 0;
}
