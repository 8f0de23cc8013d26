/* say: errors, notes and the progress bar. stderr is talk, so nothing here writes to stdout except the one
 * document that --json promises also for a failure. Layout of errors: docs/cli.md. */
#include "wd.h"
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- filling ------------------------------------------------------------------------------------------- */

void wd_error_init(wrt_error *e, wrt_status status, uint32_t code, const char *fmt, ...)
{
    va_list args;
    memset(e, 0, sizeof *e);
    e->status = status;
    e->code = code;
    e->offset = UINT64_MAX;
    va_start(args, fmt);
    (void)vsnprintf(e->message, sizeof e->message, fmt, args);
    va_end(args);
}

void wd_error_where(wrt_error *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(e->where, sizeof e->where, fmt, args);
    va_end(args);
}

void wd_error_hint(wrt_error *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(e->hint, sizeof e->hint, fmt, args);
    va_end(args);
}

/* ---- printing ------------------------------------------------------------------------------------------ */

static const char *paint(const struct wd *w, const char *colour)
{
    return w->colour ? colour : "";
}

static void say_text(const char *text)
{
    wd_print_name(stderr, wd_str(text));
}

static void say_place(const struct wd *w, const wrt_error *e, const char *file)
{
    if (!file && !e->where[0] && e->offset == UINT64_MAX) return;
    fprintf(stderr, "  %s-->%s ", paint(w, "\033[1;34m"), paint(w, "\033[0m"));
    if (file) say_text(file);
    if (e->line) fprintf(stderr, ":%u:%u", e->line, e->column);
    if (e->offset != UINT64_MAX) {
        fprintf(stderr, "%soffset 0x%llx", file ? "  " : "", (unsigned long long)e->offset);
    }
    if (e->where[0]) {
        fputs(file || e->offset != UINT64_MAX ? "  " : "", stderr);
        say_text(e->where);
    }
    fputc('\n', stderr);
}

static void say_caret(const struct wd *w, const struct wd_caret *c)
{
    fputs("       ", stderr);
    wd_print_name(stderr, c->text);
    fputs("\n       ", stderr);
    for (size_t k = 0; k < c->at; k++) {
        if (((unsigned char)c->text.p[k] & 0xc0) != 0x80) fputc(' ', stderr);
    }
    fputs(paint(w, "\033[1;31m"), stderr);
    for (size_t k = 0; k < (c->n ? c->n : 1); k++) fputc('^', stderr);
    bool note = c->note && c->note[0];
    fprintf(stderr, "%s%s%s\n", paint(w, "\033[0m"), note ? " " : "", note ? c->note : "");
}

static void say_line(const struct wd *w, const char *word, const char *text)
{
    if (!text[0]) return;
    fprintf(stderr, "  %s=%s %s: ", paint(w, "\033[1;34m"), paint(w, "\033[0m"), word);
    say_text(text);
    fputc('\n', stderr);
}

void wd_say_error(
    const struct wd *w, const char *level, const wrt_error *e, const char *file, const struct wd_caret *c)
{
    wd_progress_end();
    fflush(stdout);
    fprintf(stderr, "%s%s", paint(w, "\033[1;31m"), level);
    if (e->code) fprintf(stderr, "[W%04u]", e->code);
    fprintf(stderr, "%s: ", paint(w, "\033[0m"));
    say_text(e->message[0] ? e->message : wrt_status_text(e->status).p);
    fputc('\n', stderr);
    say_place(w, e, file);
    if (c) say_caret(w, c);
    say_line(w, "limit", e->table);
    say_line(w, "help", e->hint);
}

int wd_report_caret(struct wd *w, const wrt_error *e, const char *file, const struct wd_caret *c, int exit)
{
    wd_say_error(w, "error", e, file, c);
    if (w->json == WD_JSON_OFF || w->reported) return exit;
    struct wd_json j;
    wd_json_begin(w, &j, "error");
    wd_json_text(&j, "command", wd_commands[w->command].name);
    if (file) wd_json_text(&j, "file", file);
    wd_json_error(&j, "error", e);
    wd_json_i64(&j, "exit_code", exit);
    wd_json_end(&j);
    return exit;
}

int wd_report(struct wd *w, const wrt_error *e, const char *file, int exit)
{
    return wd_report_caret(w, e, file, NULL, exit);
}

int wd_fail(struct wd *w, int exit, uint32_t code, const char *hint, const char *fmt, ...)
{
    wrt_error e;
    va_list args;
    wd_error_init(&e, exit == WD_EXIT_USAGE ? WRT_E_ARG : WRT_E_IO, code, " ");
    va_start(args, fmt);
    (void)vsnprintf(e.message, sizeof e.message, fmt, args);
    va_end(args);
    if (hint) wd_error_hint(&e, "%s", hint);
    return wd_report(w, &e, NULL, exit);
}

void wd_warn(const struct wd *w, const char *fmt, ...)
{
    va_list args;
    if (w->quiet) return;
    wd_progress_end();
    fprintf(stderr, "%swarning%s: ", paint(w, "\033[1;33m"), paint(w, "\033[0m"));
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

void wd_note(const struct wd *w, const char *fmt, ...)
{
    va_list args;
    if (!w->verbose) return;
    wd_progress_end();
    fputs("note: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

int wd_exit_of(const wrt_error *e)
{
    switch (e->status) {
    case WRT_OK: return WD_EXIT_OK;
    case WRT_E_ARG: case WRT_E_TYPE: return WD_EXIT_USAGE;
    case WRT_E_MALFORMED: case WRT_E_INVALID: case WRT_E_UNSUPPORTED: return WD_EXIT_DATA;
    case WRT_E_LINK: return WD_EXIT_LINK;
    case WRT_E_NOMEM: case WRT_E_LIMIT: return WD_EXIT_LIMIT;
    case WRT_E_TRAP: case WRT_E_POISONED: case WRT_E_DEADLOCK: return WD_EXIT_TRAP;
    case WRT_E_FUEL: case WRT_FUEL_OUT: return WD_EXIT_FUEL;
    case WRT_E_IO: return WD_EXIT_IO;
    case WRT_E_DENIED: return WD_EXIT_DENIED;
    case WRT_E_TIMEOUT: return WD_EXIT_TIMEOUT;
    default: return WD_EXIT_INTERNAL;
    }
}

/* ---- time and progress --------------------------------------------------------------------------------- */

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t wd_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t wd_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static struct { uint64_t start_ns, last_ns; bool shown; } bar;

void wd_progress(const struct wd *w, const char *what, uint64_t done, uint64_t total)
{
    uint64_t now = wd_now_ns();
    if (!bar.start_ns) bar.start_ns = now;
    bool due = now - bar.start_ns > 1000000000u && now - bar.last_ns > 100000000u;
    if (w->quiet || !due || !isatty(STDERR_FILENO)) return;
    bar.last_ns = now;
    bar.shown = true;
    int full = total ? (int)(done * 30 / total) : 0;
    fprintf(stderr, "\r%s [%.*s%*s] %llu/%llu\033[K", what, full > 30 ? 30 : full,
        "==============================", full > 30 ? 0 : 30 - full, "", (unsigned long long)done,
        (unsigned long long)total);
    fflush(stderr);
}

void wd_progress_end(void)
{
    if (bar.shown) fputs("\r\033[K", stderr);
    bar.shown = false;
}
