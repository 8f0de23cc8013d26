/* wrtd: WebAssembly programs as fuel-metered tasks, from the command line. Finds the command, reads the
 * options, calls it. What the tool can do is in commands.def. */
#include "wd.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int find_command(const char *name)
{
    for (int k = 0; k < WD_COMMANDS; k++) {
        if (strcmp(wd_commands[k].name, name) == 0) return k;
    }
    return -1;
}

static int unknown_command(struct wd *w, const char *name)
{
    char hint[128];
    struct wd_near near;
    wd_near_init(&near, wd_str(name));
    for (int k = 0; k < WD_COMMANDS; k++) wd_near_offer(&near, wd_str(wd_commands[k].name));
    snprintf(hint, sizeof hint, "`wrtd help` lists the commands");
    if (wd_near_found(&near)) {
        snprintf(hint, sizeof hint, "did you mean `%.*s`?", (int)near.best.n, near.best.p);
    }
    return wd_fail(w, WD_EXIT_USAGE, WD_W_COMMAND, hint, "no command `%s`, and no such file", name);
}

/* `wrtd FILE` and `wrtd -W fuel=5 FILE` mean run. */
static bool looks_like_file(const char *word)
{
    struct stat st;
    size_t n = strlen(word);
    if (strchr(word, '/') || stat(word, &st) == 0) return true;
    return n > 5 && strcmp(word + n - 5, ".wasm") == 0;
}

static int dispatch(struct wd *w, int argc, char **argv)
{
    if (argc < 2) {
        wd_help_main(stderr);
        return WD_EXIT_USAGE;
    }
    const char *word = argv[1];
    int command = find_command(word), skip = 2;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) command = WD_CMD_help;
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) command = WD_CMD_version;
    if (command < 0) {
        if (word[0] != '-' && !looks_like_file(word)) return unknown_command(w, word);
        command = WD_CMD_run;
        skip = 1;
    }
    w->command = (enum wd_command_id)command;
    int code = wd_options_parse(w, argc - skip, argv + skip);
    return code >= 0 ? code : wd_commands[command].run(w);
}

int main(int argc, char **argv)
{
    struct wd w = { .command = WD_CMD_help };
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    w.colour = isatty(STDERR_FILENO) && !(no_colour && no_colour[0]) && !(term && strcmp(term, "dumb") == 0);
    int code = dispatch(&w, argc, argv);
    wd_progress_end();
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && code != WD_EXIT_IO) {
        fprintf(stderr, "error[W%04d]: cannot write%s%s\n  --> standard output\n", WD_W_WRITE,
            errno ? ": " : "", errno ? strerror(errno) : "");
        if (code == WD_EXIT_OK) code = WD_EXIT_IO;
    }
    code = wd_exit_code(&w, code, w.guest);
    free(w.given);
    free(w.rest);
    return code;
}
