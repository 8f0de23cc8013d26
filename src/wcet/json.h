/* json: reads JSON text in one pass, without building anything. Members are asked for in the order of the
 * text. */
#ifndef WRT_SRC_WCET_JSON_H
#define WRT_SRC_WCET_JSON_H

#include "base/base.h"

struct wrt__json {
    const char *start, *p, *end;
    const char *failed;             /* NULL, or what was expected; afterwards every read answers nothing */
    const char *failed_at;
};
void wrt__json_init(struct wrt__json *j, wrt_bytes text);
/* Steps into an object ('{') or array ('['). */
bool wrt__json_open(struct wrt__json *j, char kind);
/* The next member's name, without the quotes and as it is written; false at the end of the object. `first`
 * starts as true. */
bool wrt__json_member(struct wrt__json *j, bool *first, wrt_str *name);
/* True while the array has another element. */
bool wrt__json_element(struct wrt__json *j, bool *first);
/* A whole number from 0 to 2^63 - 1. */
uint64_t wrt__json_number(struct wrt__json *j);
/* A text, as it is written: escapes stay. null gives no text. */
wrt_str wrt__json_text(struct wrt__json *j);
/* What a text says: its escapes are put back into `out`, which has room for raw.n bytes. False: one is none
 * of JSON's, or half of a pair. */
bool wrt__json_plain(wrt_str raw, char *out, size_t *n);
void wrt__json_skip(struct wrt__json *j);
/* Nothing may follow. */
void wrt__json_done(struct wrt__json *j);
void wrt__json_fail(struct wrt__json *j, const char *expected);
void wrt__json_place(const struct wrt__json *j, uint32_t *line, uint32_t *column);

#endif
