/* toml: a strict reader of TOML 1.0. Knows text, not what the keys mean. Every value knows where it stands,
 * so that who gives it a meaning can complain about the right character. Bounded: bytes, values, depth;
 * memory and time are linear in the input. Text: toml.io/en/v1.0.0 (the grammar, and the section that each
 * rule names). */
#ifndef WRTD_TOML_H
#define WRTD_TOML_H

#include "wd.h"

enum toml_kind {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOLEAN,
    TOML_OFFSET_DATE_TIME,
    TOML_LOCAL_DATE_TIME,
    TOML_LOCAL_DATE,
    TOML_LOCAL_TIME,
    TOML_ARRAY,
    TOML_TABLE,
};

/* One value with its key. Offsets are bytes from the beginning of the text. */
struct toml_value {
    uint8_t kind;
    uint8_t made;                   /* toml.c: how a table came to be */
    uint32_t at, n;                 /* the value as written; of a table from a header: the header */
    uint32_t key_at, key_n;
    uint32_t count;                 /* members of an array or table */
    wrt_str key;                    /* empty in arrays */
    wrt_str text;                   /* a string's contents; of numbers and dates: as written */
    union { int64_t integer; double number; bool boolean; } of;
    struct toml_value *first, *last, *next;    /* members in the order of the text */
};

/* A fault: where, what, and what to try (may be empty). */
struct toml_fault { uint32_t at, n; char message[160], hint[160]; };
enum { TOML_FAULTS = 32, TOML_DEPTH = 64, TOML_BYTES = 16 << 20, TOML_VALUES = 1 << 20 };

struct toml {
    wrt_str text;                   /* kept: names and strings point into it */
    struct toml_value *root; /* never NULL after toml_read; holds what could be read when there are faults */
    struct toml_fault faults[TOML_FAULTS];
    size_t faults_count;            /* all of them; TOML_FAULTS are kept */
    void *inside;
};

/* Reads `text` (kept). True: no fault. toml_free in every case.  cost linear in n */
bool toml_read(struct toml *t, wrt_str text);
void toml_free(struct toml *t);
/* The member of a table, or NULL. */
struct toml_value *toml_get(const struct toml *t, const struct toml_value *table, wrt_str key);
const char *toml_kind_name(uint8_t kind);       /* "a string" */
/* Line and column (in characters) of a byte, both from 1, and the whole line. */
void toml_place(const struct toml *t, uint32_t at, uint32_t *line, uint32_t *column, wrt_str *whole);

/* ---- toml_scalar.c: what stands right of `=`, but for arrays and inline tables
 * ----------------------------------- */
struct toml_scan {
    const char *p;                  /* the text */
    uint32_t n, at;
    char *made;                     /* room for contents that differ from the text; as long as the text */
    uint32_t made_n;
    struct toml_fault *fault;       /* filled when false is returned */
};
bool toml_fail(struct toml_scan *s, uint32_t at, uint32_t n, const char *hint, const char *fmt, ...)
    WD_PRINTF(5, 6);
/* A string that begins at s->at; multi-line ones only where `lines`. */
bool toml_string(struct toml_scan *s, bool lines, wrt_str *out);
/* A number, date or boolean at s->at: fills kind, text and `of`. */
bool toml_scalar(struct toml_scan *s, struct toml_value *out);
/* The bytes of the character at `at`: 0 when it is broken UTF-8 or a character that may not stand in a text.
 */
uint32_t toml_character(const struct toml_scan *s, uint32_t at);

#endif
