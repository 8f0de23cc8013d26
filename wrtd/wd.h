/* wrtd: what the files of the command-line tool share. The tool knows include/wrt and libc, nothing else of
 * the project: what it needs, every user needs. Names: wd_ across files of this folder. */
#ifndef WRTD_WD_H
#define WRTD_WD_H

#include <stdio.h>
#include <wrt/wrt.h>

#if defined(__GNUC__)
#define WD_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define WD_PRINTF(a, b)
#endif
#define WD_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- exit codes; 1..63 and whatever else a guest says are the guest's ------------------------------ */
enum {
    WD_EXIT_OK = 0,
    WD_EXIT_USAGE = 64,
    WD_EXIT_DATA = 65,
    WD_EXIT_NO_FILE = 66,
    WD_EXIT_LINK = 69,
    WD_EXIT_INTERNAL = 70,
    WD_EXIT_IO = 74,
    WD_EXIT_DENIED = 77,
    WD_EXIT_CONFIG = 78,
    WD_EXIT_FUEL = 120,
    WD_EXIT_MISS = 121,
    WD_EXIT_NO_FIT = 122,
    WD_EXIT_FAILED = 123,
    WD_EXIT_TIMEOUT = 124,
    WD_EXIT_LIMIT = 125,
    WD_EXIT_INT = 130,
    WD_EXIT_TRAP = 134,
    WD_EXIT_TERM = 143,
};

/* ---- catalogue numbers of the tool itself (explain.def has the texts) ------------------------------- */
enum {
    WD_W_COMMAND = 901,
    WD_W_OPTION,
    WD_W_OPTION_VALUE,
    WD_W_OPTION_TWICE,
    WD_W_MISSING,
    WD_W_SURPLUS,
    WD_W_KEY,
    WD_W_VALUE,
    WD_W_NO_FILE = 911,
    WD_W_READ,
    WD_W_WRITE,
    WD_W_TEXT,
    WD_W_INVOKE = 921,
    WD_W_INVOKE_COUNT,
    WD_W_INVOKE_TYPE,
    WD_W_NO_EXPORT,
    WD_W_NO_ENTRY,
    WD_W_NO_FUNCTION,
    WD_W_TIMEOUT = 931,
    WD_W_SIGNAL,
    WD_W_FUEL,
    WD_W_DEADLOCK,
    WD_W_JSON = 941,
    WD_W_SCRIPT,
    WD_W_NOT_BUILT,
    WD_W_TRACE,
    WD_W_TABLE,
    WD_W_CODE,
    WD_W_SPEC,
    WD_W_TOPIC,
    WD_W_LOST,
    WD_W_TASKSET,
    WD_W_TOML,
    WD_W_MANIFEST_KEY,
    WD_W_MANIFEST_VALUE,
    WD_W_MANIFEST_MISSING,
    WD_W_MANIFEST_NAME,
    WD_W_MANIFEST_SENSE,
    WD_W_MANIFEST_PATH,
    WD_W_MANIFEST_HASH,
    WD_W_MANIFEST_LIMIT,
    WD_W_LATER,
    WD_W_BOARD,
    WD_W_REJECTED,
    WD_W_MISSES,
    WD_W_INJECT,
};

/* ---- commands and options: commands.def and options.def are the only lists ------------------------- */
enum wd_command_id {
#define COMMAND(id, name, args, summary, text, examples) WD_CMD_##id,
#include "commands.def"
#undef COMMAND
    WD_COMMANDS
};
#define WD_C(id) (1u << WD_CMD_##id)
enum wd_option_id {
#define OPTION(id, letter, name, arg, commands, text) WD_OPT_##id,
#include "options.def"
#undef OPTION
    WD_OPTIONS
};
struct wd;
struct wd_command {
    const char *name, *args, *summary, *text, *examples;
    int (*run)(struct wd *w);
};
/* letter 0: none. arg NULL: no value; "[X]": a value only with '='; a trailing "..." may be repeated. */
struct wd_option { char letter; const char *name, *arg; uint32_t commands; const char *text; };
extern const struct wd_command wd_commands[WD_COMMANDS];
extern const struct wd_option wd_options[WD_OPTIONS];
#define COMMAND(id, name, args, summary, text, examples) int wd_cmd_##id(struct wd *w);
#include "commands.def"
#undef COMMAND
bool wd_option_repeats(const struct wd_option *o);
bool wd_option_optional(const struct wd_option *o);

/* Keys of -W and -S. */
struct wd_key { const char *name, *arg, *text; };
extern const struct wd_key wd_keys_w[], wd_keys_s[];
extern const size_t wd_keys_w_count, wd_keys_s_count;

/* ---- one run of the tool ------------------------------------------------------------------------- */
enum wd_json_mode { WD_JSON_OFF, WD_JSON_DOC, WD_JSON_LINES };
struct wd_given { enum wd_option_id id; const char *value; };
struct wd {
    enum wd_command_id command;
    struct wd_given *given;
    size_t given_count;
    char **rest;                    /* operands; not owned */
    int rest_count;
    enum wd_json_mode json;
    bool quiet, verbose, colour;    /* colour: of stderr */
    bool wasmtime_codes;
    bool guest;                     /* the exit code is the guest's: passed through as it is */
    bool reported;                  /* a document for --json has been written */
};

/* options.c. Fills w; an exit code, or -1 to go on. Operands are argv[0..argc). */
int wd_options_parse(struct wd *w, int argc, char **argv);
bool wd_has(const struct wd *w, enum wd_option_id id);
const char *wd_option(const struct wd *w, enum wd_option_id id); /* the last value, NULL when not given */
/* Walks all values of an option: *at starts at 0; NULL at the end. */
const char *wd_option_next(const struct wd *w, enum wd_option_id id, size_t *at);
/* A count given to an option; `dflt` without it. False: reported. */
bool wd_option_count(
    struct wd *w, enum wd_option_id id, uint64_t least, uint64_t most, uint64_t dflt, uint64_t *out);
/* Operand count must be in least..most (most < 0: any). An exit code, or 0. */
int wd_operands(struct wd *w, int least, int most, const char *what);

/* ---- text (text.c) ------------------------------------------------------------------------------- */
wrt_str wd_str(const char *s);
bool wd_equal(wrt_str a, const char *b);
bool wd_same(wrt_str a, wrt_str b);
/* Counts: 1000, 1_000, 0x3e8, 64k, 2M, 1G. */
bool wd_parse_count(wrt_str text, uint64_t *out);
bool wd_parse_bytes(wrt_str text, uint64_t *out);       /* 4096, 64KiB, 1MiB, 2GB */
bool wd_parse_ns(wrt_str text, uint64_t *out);          /* 250us, 4ms, 1.5s, 2m; a bare number is seconds */
/* "1 234 567": readable in a report. */
const char *wd_group(uint64_t v, char buf[32]);
const char *wd_bytes_text(uint64_t v, char buf[32]);    /* "64 KiB" when exact enough, else "1.5 MiB" */
const char *wd_ns_text(double ns, char buf[32]);
/* Bytes of a foreign name, safe for a terminal: control characters and broken UTF-8 become '?'. */
void wd_print_name(FILE *to, wrt_str s);
/* "did you mean": offer every candidate, then ask. */
struct wd_near { wrt_str want, best; uint32_t distance; };
void wd_near_init(struct wd_near *n, wrt_str want);
void wd_near_offer(struct wd_near *n, wrt_str candidate);
bool wd_near_found(const struct wd_near *n);
/* A growing text. Running out of memory ends the tool with a message: it has nothing else to lose. */
struct wd_buf { char *p; size_t n, cap; };
void wd_buf_add(struct wd_buf *b, const void *p, size_t n);
void wd_buf_str(struct wd_buf *b, const char *s);
void wd_buf_free(struct wd_buf *b);
void *wd_alloc(size_t n);                               /* zeroed; never NULL */
void *wd_resize(void *p, size_t n);
bool wd_utf8_valid(const char *p, size_t n);

/* ---- saying (say.c): stderr is talk --------------------------------------------------------------- */
/* Where in a line of the user's text the fault is. */
struct wd_caret { wrt_str text; size_t at, n; const char *note; };
void wd_error_init(wrt_error *e, wrt_status status, uint32_t code, const char *fmt, ...) WD_PRINTF(4, 5);
void wd_error_where(wrt_error *e, const char *fmt, ...) WD_PRINTF(2, 3);
void wd_error_hint(wrt_error *e, const char *fmt, ...) WD_PRINTF(2, 3);
/* Prints an error in the layout of the manual (and the document for --json when none was written); returns
 * `exit`. file and caret may be NULL. */
int wd_report(struct wd *w, const wrt_error *e, const char *file, int exit);
int wd_report_caret(struct wd *w, const wrt_error *e, const char *file, const struct wd_caret *c, int exit);
void wd_say_error(
    const struct wd *w, const char *level, const wrt_error *e, const char *file, const struct wd_caret *c);
/* error[...] in one call for the tool's own errors. */
int wd_fail(struct wd *w, int exit, uint32_t code, const char *hint, const char *fmt, ...) WD_PRINTF(5, 6);
void wd_warn(const struct wd *w, const char *fmt, ...) WD_PRINTF(2, 3);
void wd_note(const struct wd *w, const char *fmt, ...) WD_PRINTF(2, 3);     /* only with -v */
int wd_exit_of(const wrt_error *e);                     /* exit code of a library error */
/* A bar for work over a second, on a terminal only. total 0: unknown. */
void wd_progress(const struct wd *w, const char *what, uint64_t done, uint64_t total);
void wd_progress_end(void);
uint64_t wd_now_ns(void);
uint64_t wd_cpu_ns(void);

/* ---- JSON out (json.c) ---------------------------------------------------------------------------- */
struct wd_json { FILE *out; bool pretty; unsigned depth; bool filled[32], is_array[32]; };
/* A document of this schema ("run" makes "wrt.run/1"); the object stays open. */
void wd_json_begin(struct wd *w, struct wd_json *j, const char *schema);
void wd_json_end(struct wd_json *j);                    /* closes everything, newline, flush */
void wd_json_open(struct wd_json *j, const char *key, char bracket); /* '{' or '['; key NULL in arrays */
void wd_json_close(struct wd_json *j);
void wd_json_string(struct wd_json *j, const char *key, wrt_str s);
void wd_json_text(struct wd_json *j, const char *key, const char *s);
void wd_json_u64(struct wd_json *j, const char *key, uint64_t v);
void wd_json_i64(struct wd_json *j, const char *key, int64_t v);
void wd_json_f64(struct wd_json *j, const char *key, double v);            /* not finite: null */
void wd_json_bool(struct wd_json *j, const char *key, bool v);
void wd_json_null(struct wd_json *j, const char *key);
void wd_json_raw(struct wd_json *j, const char *key, const char *text);    /* a number that is text already */
void wd_json_hex(struct wd_json *j, const char *key, uint64_t v);          /* "0x..." */
void wd_json_error(struct wd_json *j, const char *key, const wrt_error *e);
/* Bytes that a guest wrote: as text when valid UTF-8, else under KEY_base64. */
void wd_json_bytes(struct wd_json *j, const char *key, const char *p, size_t n);

/* ---- files (file.c) -------------------------------------------------------------------------------- */
/* Whole file ("-": stdin), given (free). 0 or an exit code, reported. */
int wd_read_file(struct wd *w, const char *path, uint8_t **out, size_t *n);
/* For writing: "-" or NULL is stdout. NULL: reported. wd_close_file returns 0 or an exit code. */
FILE *wd_open_out(struct wd *w, const char *path);
int wd_close_out(struct wd *w, FILE *f, const char *path);

/* ---- engine settings (settings.c) ------------------------------------------------------------------ */
struct wd_settings {
    wrt_limits limits;
    uint64_t fuel, slice, timeout_ns;           /* 0: not given */
    uint64_t features;                          /* 0: all that is built */
    bool inherit_env, has_seed, virtual_clock;
    uint64_t ns_per_kfuel;      /* of the virtual clock; 0: the store's own */
    uint64_t seed;
    const wrt_fuel_table *table;                /* NULL: default */
    wrt_fuel_table *own_table;                  /* read from a file */
    wrt_asil profile;
};
/* Reads -W, -S, --fuel, --memory, --fuel-table. -1: go on, else exit code (help is printed with 0). */
int wd_settings_read(struct wd *w, struct wd_settings *s);
int wd_engine_new(struct wd *w, const struct wd_settings *s, wrt_engine **out);   /* 0 or exit code */
/* A table by name or from a file in the format that `fuel-table` prints. 0 or exit code; *own is given. */
int wd_table_find(struct wd *w, const char *name, const wrt_fuel_table **out, wrt_fuel_table **own);
/* A table from text in that form, given (free); `file` is named in messages. */
int wd_table_read(struct wd *w, const char *file, const char *text, size_t n, wrt_fuel_table **out);
const char *wd_feature_name(uint32_t bit);      /* NULL: no such bit */

/* ---- values (value.c) ------------------------------------------------------------------------------- */
enum { WD_ARGS_MAX = 64 };
struct wd_invoke { wrt_str source; char *name; size_t name_at; size_t count; wrt_str args[WD_ARGS_MAX]; };
/* "f(1, -0x2, nan)"; a name in double quotes may hold anything. 0 or exit code. */
int wd_invoke_parse(struct wd *w, const char *text, struct wd_invoke *out);
/* The same without saying anything: false leaves the fault in *bad. */
bool wd_invoke_read(const char *text, struct wd_invoke *out, struct wd_caret *bad);
/* Values without saying anything: UINT32_MAX when all are good, t->params when the count is wrong, else which
 * one is not; *why says what is wrong with it. */
uint32_t wd_invoke_match(const struct wd_invoke *i, const wrt_func_type *t, wrt_val *out, const char **why);
void wd_invoke_free(struct wd_invoke *i);
/* Values for a function of this type. 0 or exit code. */
int wd_invoke_values(struct wd *w, const struct wd_invoke *i, const wrt_func_type *t, wrt_val *out);
bool wd_value_parse(wrt_str text, wrt_kind kind, wrt_val *out, const char **why);
void wd_value_text(const wrt_val *v, char buf[64]);
void wd_json_value(struct wd_json *j, const char *key, const wrt_val *v);
const char *wd_kind_name(uint8_t kind);
void wd_func_type_text(const wrt_func_type *t, struct wd_buf *out);    /* "func(i32, i64) -> f32" */

/* ---- sessions (session.c, drive.c): engine, store, linked modules ----------------------------------- */
struct wd_module { char *path; uint8_t *bytes; size_t n; wrt_code *code; };
struct wd_trace;
struct wd_session {
    struct wd *w;
    struct wd_settings settings;
    wrt_engine *engine;
    wrt_store *store;
    wrt_inbox *inbox;
    wrt_linker *linker;
    struct wd_module **modules;
    size_t modules_count;
    struct wd_link {
        wrt_str name;
        struct wd_module *module;
        wrt_instance *instance;
    } *links; /* --link, made once */
    size_t links_count;
    struct wd_trace *trace;
    void (*each_turn)(void *ctx);       /* after every turn of the store; may be NULL */
    void *each_ctx;
};
/* Settings, engine, signals, time limit. -1: go on, else an exit code. */
int wd_session_open(struct wd *w, struct wd_session *s);
int wd_session_store(struct wd_session *s, wrt_store_opts *opts);      /* store, inbox; 0 or exit code */
void wd_session_close(struct wd_session *s);
/* Loads (once per path) a module. 0 or exit code. portable as in wrt_load_opts. */
int wd_session_load(struct wd_session *s, const char *path, bool portable, struct wd_module **out);
/* Loads these bytes (taken) under a name, without saying anything. */
wrt_status wd_session_add(struct wd_session *s, const char *path, uint8_t *bytes, size_t n, bool portable,
    struct wd_module **out, wrt_error *e);
/* After a failed load: says so when the bytes are the text format, which are often given instead. */
void wd_load_hint(const uint8_t *bytes, size_t n, wrt_error *e);
bool wd_code_imports(const wrt_code *c, const char *module);
const char *wd_base_name(const char *path);
/* The WASI of one program: the strings must outlive the call. */
struct wd_program {
    const char *name;
    char **args;
    size_t args_count;
    wrt_sink *out, *err;
    int fd_in, fd_out, fd_err;
};
int wd_link_program(struct wd_session *s, wrt_linker *l, const struct wd_program *p);
int wd_link_modules(
    struct wd_session *s, wrt_linker *l); /* every --link; the instances are shared by all linkers */
wrt_status wd_instantiate(
    struct wd_session *s, wrt_linker *l, struct wd_module *m, wrt_instance **out, wrt_error *e);
/* Says why not (every missing import, a trap of the start function, a limit); returns the exit code. */
int wd_report_instantiate(
    struct wd_session *s, const wrt_linker *l, const struct wd_module *m, const wrt_error *e);
/* The function to call: by name with hints, or NULL name: `_start`. 0 or exit code. */
int wd_find_func(
    struct wd_session *s, struct wd_module *m, wrt_instance *i, const struct wd_invoke *call, wrt_func **out);

enum wd_end { WD_END_DONE, WD_END_FUEL, WD_END_TIMEOUT, WD_END_SIGNAL, WD_END_DEADLOCK, WD_END_ERROR };
/* Drives the store until task t ends (t.v == 0: every task), the time is up or a signal comes. */
enum wd_end wd_drive(struct wd_session *s, wrt_task t, wrt_error *e);
int wd_signal_seen(void);                       /* SIGINT, SIGTERM, SIGALRM or 0 */
void wd_signals_arm(wrt_inbox *inbox); /* NULL: until there is a store, a signal ends the tool at once */
void wd_timer_arm(uint64_t ns);

/* The end of a task, as text, document and exit code (outcome.c). */
struct wd_outcome {
    enum wd_end end;
    wrt_task task;
    wrt_error error;                /* status WRT_OK: it ended well */
    const char *file;               /* named in messages; may be NULL */
    const char *status; /* "ok" "exit" "trap" "out-of-fuel" "limit" "timeout" "interrupted" "error" */
    int exit_code;
    bool guest;                     /* exit_code is the guest's */
    int32_t guest_code;
};
void wd_outcome_of(
    struct wd_session *s, wrt_task t, enum wd_end end, const wrt_error *e, struct wd_outcome *out);
void wd_outcome_say(struct wd_session *s, const struct wd_outcome *o);
void wd_outcome_json(struct wd_session *s, struct wd_json *j, const struct wd_outcome *o);
int wd_exit_code(const struct wd *w, int code, bool guest);     /* after --exit-codes */

/* ---- trace files (trace_file.c) --------------------------------------------------------------------- */
/* .wtr: a header of 128 bytes, then 40-byte records, little-endian; readable up to where a crash cut it.
 * Names are records too: kind WD_TRACE_NAME, task, and 24 bytes of text in t_ns, fuel, a, b; `core` numbers
 * the parts. */
enum { WD_TRACE_HEADER = 128, WD_TRACE_RECORD = 40, WD_TRACE_VERSION = 1 };
#define WD_TRACE_MAGIC "wrttrace"
#define WD_TRACE_NAME 0x80000001u
/* A task of a set, before its first record: task = WRT_TRACE_JOB | number, t_ns = period, fuel = budget in
 * normal mode, core, a = level. */
#define WD_TRACE_TASK 0x80000002u
/* The name of a function that is the place of a record of this task: task = WRT_TRACE_JOB | number, with the
 * function's index in place of the job; the rest as WD_TRACE_NAME. */
#define WD_TRACE_PLACE 0x80000003u
struct wd_trace_head {
    uint32_t version;
    uint64_t fuel_hash, code_hash, trace_hash, records, lost,
        flags; /* records 0: up to the end of the file */
    char fuel_name[24];
    char program[32];
};
enum { WD_TRACE_VIRTUAL = 1 };
int wd_trace_start(struct wd_session *s, const char *path, uint64_t code_hash, const char *program);
void wd_trace_name(struct wd_trace *t, wrt_task task, const char *name);
void wd_trace_drain(struct wd_session *s);      /* moves the ring's records to the file and to `see` */
void wd_trace_see(struct wd_trace *t, void (*see)(void *ctx, const wrt_trace_rec *r), void *ctx);
int wd_trace_stop(struct wd_session *s);
uint64_t wd_trace_lost(const struct wd_trace *t);
/* A trace without a store: whoever makes the records. `path` is kept. 0 or an exit code. */
struct wd_trace_out;
int wd_trace_out_open(
    struct wd *w, const char *path, const struct wd_trace_head *head, struct wd_trace_out **out);
void wd_trace_out_name(struct wd_trace_out *t, uint64_t task, const char *name);
void wd_trace_out_put(struct wd_trace_out *t, const wrt_trace_rec *r);
int wd_trace_out_close(struct wd *w, struct wd_trace_out *t, uint64_t hash, uint64_t lost);
const char *wd_trace_kind(uint32_t kind);       /* "slice-begin"; NULL: unknown */
/* One record of a name: 24 bytes of it. */
wrt_trace_rec wd_trace_name_record(uint32_t kind, uint64_t task, uint32_t part, const char *name);

/* ---- places (places.c) ------------------------------------------------------------------------------ */
struct wd_places { struct wd_place_name *names; size_t count, cap; bool sorted; };
enum { WD_PLACE_TEXT = 128 };
uint64_t wd_place_id(uint64_t task, uint32_t func);
void wd_places_add(struct wd_places *p, const wrt_trace_rec *r);        /* a WD_TRACE_PLACE record */
const char *wd_places_find(struct wd_places *p, uint64_t task, uint32_t func);  /* NULL: it has no name */
void wd_places_free(struct wd_places *p);
/* "step +0x1a": the offset counts from the beginning of the function's body in the binary. */
const char *wd_place_text(const char *name, uint32_t func, uint32_t offset, char buf[WD_PLACE_TEXT]);
bool wd_place_kind(uint32_t kind);      /* do records of this kind carry a place in a and b? */

/* ---- catalogue --------------------------------------------------------------------------------------- */
const char *wd_explain_title(uint32_t code);    /* NULL: not in the catalogue */

/* ---- the table as text (help.c) ------------------------------------------------------------------------ */
void wd_help_main(FILE *to);
void wd_help_command(FILE *to, enum wd_command_id c);
/* 0, or the exit code after an error with the nearest name. */
int wd_command_named(struct wd *w, const char *name, enum wd_command_id *out);
void wd_help_keys(FILE *to, const char *letter, const struct wd_key *keys, size_t n);

#endif
