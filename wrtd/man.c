/* man: manual pages in roff and completions for shells, made of the same tables as the parser. */
#include "wd.h"
#include <string.h>

/* ---- roff ---------------------------------------------------------------------------------------------- */

static void roff_text(const char *text)
{
    if (*text == '.' || *text == '\'') fputs("\\&", stdout);
    for (; *text; text++) {
        switch (*text) {
        case '-': fputs("\\-", stdout); break;
        case '\\': fputs("\\e", stdout); break;
        case '\n':
            fputc('\n', stdout);
            if (text[1] == '.' || text[1] == '\'') fputs("\\&", stdout);
            break;
        default: fputc(*text, stdout);
        }
    }
}

static void roff_line(const char *before, const char *text)
{
    fputs(before, stdout);
    roff_text(text);
    fputc('\n', stdout);
}

static void roff_options(uint32_t id)
{
    puts(".SH OPTIONS");
    for (int k = 0; k < WD_OPTIONS; k++) {
        const struct wd_option *o = &wd_options[k];
        if (!(o->commands >> id & 1)) continue;
        puts(".TP");
        fputs(".B ", stdout);
        if (o->letter) printf("\\-%c, ", o->letter);
        fputs("\\-\\-", stdout);
        roff_text(o->name);
        if (o->arg) {
            fputs(wd_option_optional(o) ? "=" : " ", stdout);
            roff_text(o->arg);
        }
        fputc('\n', stdout);
        roff_line("", o->text);
    }
}

static void roff_keys(const char *title, const struct wd_key *keys, size_t n)
{
    roff_line(".SH ", title);
    for (size_t k = 0; k < n; k++) {
        char name[64];
        snprintf(name, sizeof name, "%s", keys[k].name);
        for (char *p = name; *p; p++) {
            if (*p == '_') *p = '-';
        }
        puts(".TP");
        fputs(".B ", stdout);
        roff_text(name);
        if (keys[k].arg) {
            fputs("=", stdout);
            roff_text(keys[k].arg);
        }
        fputc('\n', stdout);
        roff_line("", keys[k].text);
    }
}

static void man_main(void)
{
    puts(".TH WRTD 1");
    puts(".SH NAME\nwrtd \\- runs WebAssembly as fuel\\-metered, suspendable tasks");
    puts(".SH SYNOPSIS\n.B wrtd\nCOMMAND [OPTIONS] ...\n.br\n.B wrtd\nFILE [ARGS...]");
    puts(".SH COMMANDS");
    for (int k = 0; k < WD_COMMANDS; k++) {
        puts(".TP");
        roff_line(".B ", wd_commands[k].name);
        roff_line("", wd_commands[k].summary);
    }
    roff_keys("KEYS OF -W", wd_keys_w, wd_keys_w_count);
    roff_keys("KEYS OF -S", wd_keys_s, wd_keys_s_count);
    puts(".SH EXIT STATUS\n"
         "0 done; 1\\-63 and others: the guest's own; 64 wrong use; 65 malformed or invalid; 66 file not "
         "found; "
         "69 import missing; 70 internal error; 74 input or output; 77 denied; 120 out of fuel; 123 a test "
         "failed; "
         "124 time limit; 125 a limit was reached; 130 SIGINT; 134 trap; 143 SIGTERM.");
}

static void man_command(enum wd_command_id id)
{
    const struct wd_command *c = &wd_commands[id];
    fputs(".TH WRTD\\-", stdout);
    for (const char *p = c->name; *p; p++) {
        if (*p == '-') {
            fputs("\\-", stdout);
        } else {
            fputc(*p >= 'a' && *p <= 'z' ? *p - 32 : *p, stdout);
        }
    }
    puts(" 1");
    fputs(".SH NAME\nwrtd\\-", stdout);
    roff_text(c->name);
    fputs(" \\- ", stdout);
    roff_line("", c->summary);
    puts(".SH SYNOPSIS");
    fputs(".B wrtd ", stdout);
    roff_line("", c->name);
    roff_line("[OPTIONS] ", c->args);
    if (c->text[0]) roff_line(".SH DESCRIPTION\n", c->text);
    roff_options((uint32_t)id);
    if (c->examples[0]) {
        puts(".SH EXAMPLES\n.nf");
        roff_text(c->examples);
        puts(".fi");
    }
}

int wd_cmd_man(struct wd *w)
{
    enum wd_command_id command;
    int code = wd_operands(w, 0, 1, "");
    if (code) return code;
    if (w->rest_count == 0) {
        man_main();
        return WD_EXIT_OK;
    }
    code = wd_command_named(w, w->rest[0], &command);
    if (code == 0) man_command(command);
    return code;
}

/* ---- completions --------------------------------------------------------------------------------------- */

static void complete_bash(void)
{
    puts("_wrtd() {\n    local cur=${COMP_WORDS[COMP_CWORD]} words=''\n    COMPREPLY=()\n    case "
         "${COMP_WORDS[1]} in");
    for (int c = 0; c < WD_COMMANDS; c++) {
        printf("    %s) words='", wd_commands[c].name);
        for (int k = 0; k < WD_OPTIONS; k++) {
            if (wd_options[k].commands >> c & 1) printf("--%s ", wd_options[k].name);
        }
        puts("' ;;");
    }
    fputs("    esac\n    if [ \"$COMP_CWORD\" = 1 ]; then\n        words='", stdout);
    for (int c = 0; c < WD_COMMANDS; c++) printf("%s ", wd_commands[c].name);
    puts(
        "'\n        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\") $(compgen -f -X '!*.wasm' -- \"$cur\"))\n"
        "    elif [[ $cur == -* ]]; then\n        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
        "    else\n        COMPREPLY=($(compgen -f -- \"$cur\"))\n    fi\n}\n"
        "complete -o filenames -F _wrtd wrtd");
}

/* Text inside single quotes of zsh and fish. */
static void complete_quote(const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", stdout);
        } else {
            if (strchr(special, *text)) fputc('\\', stdout);
            fputc(*text, stdout);
        }
    }
}

static void complete_zsh(void)
{
    puts("#compdef wrtd\n_wrtd() {\n    local -a commands\n    commands=(");
    for (int c = 0; c < WD_COMMANDS; c++) {
        printf("        '%s:", wd_commands[c].name);
        complete_quote(wd_commands[c].summary, ":");
        puts("'");
    }
    puts("    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        _files -g "
         "'*.wasm'\n        return\n    fi\n"
         "    case $words[2] in");
    for (int c = 0; c < WD_COMMANDS; c++) {
        printf("    %s) _arguments ", wd_commands[c].name);
        for (int k = 0; k < WD_OPTIONS; k++) {
            const struct wd_option *o = &wd_options[k];
            if (!(o->commands >> c & 1)) continue;
            printf("'%s--%s%s[", wd_option_repeats(o) ? "*" : "", o->name, o->arg ? "=" : "");
            complete_quote(o->text, "[]:");
            fputs(
                o->arg ? (wd_option_optional(o) ? "]::value:_files' " : "]:value:_files' ") : "]' ", stdout);
        }
        puts("'*:file:_files' ;;");
    }
    puts("    esac\n}\n_wrtd \"$@\"");
}

static void complete_fish(void)
{
    for (int c = 0; c < WD_COMMANDS; c++) {
        printf("complete -c wrtd -n __fish_use_subcommand -a %s -d '", wd_commands[c].name);
        complete_quote(wd_commands[c].summary, "\\");
        puts("'");
    }
    for (int k = 0; k < WD_OPTIONS; k++) {
        const struct wd_option *o = &wd_options[k];
        fputs("complete -c wrtd -n '__fish_seen_subcommand_from", stdout);
        for (int c = 0; c < WD_COMMANDS; c++) {
            if (o->commands >> c & 1) printf(" %s", wd_commands[c].name);
        }
        printf("' -l %s", o->name);
        if (o->letter) printf(" -s %c", o->letter);
        if (o->arg && !wd_option_optional(o)) fputs(" -r", stdout);
        fputs(" -d '", stdout);
        complete_quote(o->text, "\\");
        puts("'");
    }
}

int wd_cmd_completion(struct wd *w)
{
    int code = wd_operands(w, 1, 1, "a shell: bash, zsh or fish");
    if (code) return code;
    const char *shell = w->rest[0];
    if (strcmp(shell, "bash") == 0) {
        complete_bash();
    } else if (strcmp(shell, "zsh") == 0) {
        complete_zsh();
    } else if (strcmp(shell, "fish") == 0) {
        complete_fish();
    } else {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_TOPIC, "bash, zsh or fish", "no completions for `%s`", shell);
    }
    return WD_EXIT_OK;
}
