/* manifest_read: tables of a manifest as fields by the list in manifest.def, and the faults that were found.
 * Knows forms (durations, counts, words), not what they mean together. */
#ifndef WRTD_MANIFEST_READ_H
#define WRTD_MANIFEST_READ_H

#include <wrt/admission.h>
#include "toml.h"

enum mf_table {
    MF_ROOT,
    MF_SYSTEM,
    MF_COMPONENT,
    MF_TRAP,
    MF_LIMITS,
    MF_DIR,
    MF_SERVER,
    MF_TASK,
    MF_WCET,
    MF_SLOT,
    MF_LINK,
    MF_CHANNEL,
    MF_OBSERVE,
    MF_TRACE,
    MF_ANALYSIS,
    MF_MOST,
};

enum mf_type {
    MF_COUNT,                   /* 20, "2M", "64k" */
    MF_NEVER,                   /* a count, or "never" (n: UINT64_MAX) */
    MF_BYTES,                   /* 4096, "64KiB" */
    MF_TIME,                    /* "5ms", in ns; most 0: 2^62 */
    MF_RATIO,                   /* 0.5, 1, "23/20", "1.15": exact */
    MF_BOOL,
    MF_WORD,                    /* one of words; n: which */
    MF_NAME,                    /* 1 to 31 letters, digits, - _ . */
    MF_TEXT,
    MF_PATH,                    /* relative, without .. */
    MF_HASH,                    /* 64 hexadecimal digits */
    MF_NUMBERS,                 /* [0, 1] */
    MF_TEXTS,                   /* ["a", "b"] */
    MF_TABLE,
    MF_TABLES,                  /* [[x]], or [{}, {}] */
    MF_NAMED,                   /* tables by name: [x.NAME] */
};

enum mf_key {
#define KEY(table, id, name, type, least, most, words, later, help) MF_##table##_##id,
#include "manifest.def"
#undef KEY
    MF_KEYS
};

struct mf_key_row {
    enum mf_table table;
    const char *name;
    enum mf_type type;
    uint64_t least, most;
    const char *words, *later, *help;
};
extern const struct mf_key_row mf_keys[MF_KEYS];

/* v NULL: not given, or wrong (reported). */
struct mf_field { const struct toml_value *v; uint64_t n; wrt_str s; wrt_adm_ratio ratio; };

struct mf_fault { struct wd_caret caret; wrt_error error; uint32_t at; };
enum { MF_FAULTS_KEPT = 64, MF_FAULTS_SHOWN = 20 };
struct mf {
    struct wd *w;
    const char *file;
    struct toml toml;
    struct mf_fault *faults;    /* MF_FAULTS_KEPT */
    size_t faults_count;
    size_t faults_more;         /* of the text, beyond those that it keeps */
    struct mf_field fields[MF_KEYS];    /* of the table that was read last */
};

/* A fault at a value (its key where `key`), with a note under the mark. code: WD_W_*. Then mf_hint for the
 * help. */
void mf_fault(struct mf *m, const struct toml_value *v, bool key, uint32_t code, const char *note,
    const char *fmt, ...) WD_PRINTF(6, 7);
void mf_hint(struct mf *m, const char *fmt, ...) WD_PRINTF(2, 3);
void mf_hint_near(struct mf *m, const struct wd_near *near, const char *otherwise);
/* Reads `t` (kind TOML_TABLE) as `table` into m->fields. Keys that are unknown, of the wrong type or not
 * built are reported. */
void mf_read(struct mf *m, enum mf_table table, const struct toml_value *t);
/* The caret line of a place, cut to what fits a screen. */
void mf_warn(struct mf *m, const struct toml_value *v, const char *fmt, ...) WD_PRINTF(3, 4);
/* Says all faults, in the order of the file; returns WD_EXIT_CONFIG, or 0 without faults. */
int mf_report(struct mf *m);

/* Texts with a unit, exact. NULL: good; else what is wrong with it. */
const char *mf_parse_time(wrt_str s, uint64_t *ns);
const char *mf_parse_ratio(wrt_str s, wrt_adm_ratio *out);

#endif
