/* toml: keys, tables, arrays and the document of TOML 1.0; scalars are toml_scalar.c's. After a fault reading
 * goes on with the next line, so that one run names more than one of them. */
#include <stdlib.h>
#include <string.h>
#include "toml.h"

/* How a table or array came to be; what may be added to it later follows from that. */
enum made {
    MADE_BY_PATH,                   /* [a.b] made a: [a] may still come, once */
    MADE_BY_HEADER,                 /* [a], and the elements of [[a]] */
    MADE_BY_DOTS,                   /* a.b = 1 made a: only dotted keys and headers below it add to it */
    MADE_BY_LIST,                   /* [[a]]: the array */
    MADE_INLINE,                    /* { } and [ ]: complete */
};

enum { BLOCK_VALUES = 1024 };
/* Values live in blocks that are given back at once. */
struct toml_block { struct toml_block *next; struct toml_value values[BLOCK_VALUES]; };

struct toml_reader {
    struct toml *t;
    struct toml_scan scan;
    struct toml_fault fault;
    struct toml_block *blocks;
    uint32_t block_used, values, depth;    /* depth and in_array: as the last fault left them */
    bool in_array;
    const struct toml_value **slots;    /* members of all tables by (table, key); a power of two of them */
    const struct toml_value **owners;
    size_t slots_count, slots_used;
    uint64_t seed;
    uint32_t *lines, lines_count;       /* where each line begins */
};

const char *toml_kind_name(uint8_t kind)
{
    static const char *const names[] = { "a string", "an integer", "a float", "a boolean", "a date and time",
        "a date and time", "a date", "a time", "an array", "a table" };
    return names[kind];
}

/* ---- members by name ----------------------------------------------------------------------------------- */

/* The seed differs from run to run: nobody can prepare keys that collide. */
static uint64_t toml_hash(const struct toml_reader *r, const struct toml_value *table, wrt_str key)
{
    uint64_t h = r->seed ^ (uint64_t)(uintptr_t)table;
    for (size_t k = 0; k < key.n; k++) {
        h = (h ^ (unsigned char)key.p[k]) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ h >> 32;
}

static size_t toml_slot(const struct toml_reader *r, const struct toml_value *table, wrt_str key)
{
    size_t at = (size_t)toml_hash(r, table, key) & (r->slots_count - 1);
    while (r->slots[at] && (r->owners[at] != table || !wd_same(r->slots[at]->key, key))) {
        at = (at + 1) & (r->slots_count - 1);
    }
    return at;
}

static void toml_slots_grow(struct toml_reader *r)
{
    struct toml_reader old = *r;
    r->slots_count = old.slots_count ? old.slots_count * 2 : 64;
    r->slots = wd_alloc(r->slots_count * sizeof *r->slots);
    r->owners = wd_alloc(r->slots_count * sizeof *r->owners);
    for (size_t k = 0; k < old.slots_count; k++) {
        if (!old.slots[k]) continue;
        size_t at = toml_slot(r, old.owners[k], old.slots[k]->key);
        r->slots[at] = old.slots[k];
        r->owners[at] = old.owners[k];
    }
    free(old.slots);
    free(old.owners);
}

struct toml_value *toml_get(const struct toml *t, const struct toml_value *table, wrt_str key)
{
    const struct toml_reader *r = t->inside;
    return r->slots_count ? (struct toml_value *)(uintptr_t)r->slots[toml_slot(r, table, key)] : NULL;
}

/* ---- making values ------------------------------------------------------------------------------------- */

static struct toml_value *toml_new(struct toml_reader *r, uint8_t kind, uint8_t made)
{
    if (!r->blocks || r->block_used == BLOCK_VALUES) {
        struct toml_block *b = wd_alloc(sizeof *b);
        b->next = r->blocks;
        r->blocks = b;
        r->block_used = 0;
    }
    struct toml_value *v = &r->blocks->values[r->block_used++];
    r->values++;
    v->kind = kind;
    v->made = made;
    v->at = r->scan.at;
    v->n = v->at < r->scan.n;
    return v;
}

static bool toml_room(struct toml_reader *r)
{
    if (r->values < TOML_VALUES) return true;
    return toml_fail(&r->scan, r->scan.at, 1, "a file of this size is not meant; split it",
        "more than %d values", (int)TOML_VALUES);
}

static void toml_append(struct toml_value *to, struct toml_value *v)
{
    if (to->last) {
        to->last->next = v;
    } else {
        to->first = v;
    }
    to->last = v;
    to->count++;
}

static void toml_member(struct toml_reader *r, struct toml_value *table, struct toml_value *v)
{
    toml_append(table, v);
    if (r->slots_used * 2 >= r->slots_count) toml_slots_grow(r);
    size_t at = toml_slot(r, table, v->key);
    r->slots[at] = v;
    r->owners[at] = table;
    r->slots_used++;
}

/* ---- white space --------------------------------------------------------------------------------------- */

static char toml_peek(const struct toml_reader *r)
{
    return r->scan.at < r->scan.n ? r->scan.p[r->scan.at] : 0;
}

static bool toml_line_ends(const struct toml_reader *r)
{
    const struct toml_scan *s = &r->scan;
    if (s->at >= s->n || s->p[s->at] == '\n') return true;
    return s->p[s->at] == '\r' && s->at + 1 < s->n && s->p[s->at + 1] == '\n';
}

static void toml_blank(struct toml_reader *r)
{
    while (toml_peek(r) == ' ' || toml_peek(r) == '\t') r->scan.at++;
}

/* Blanks, then perhaps a comment. */
static bool toml_comment(struct toml_reader *r)
{
    toml_blank(r);
    if (toml_peek(r) != '#') return true;
    while (!toml_line_ends(r)) {
        uint32_t n = toml_character(&r->scan, r->scan.at);
        if (n == 0)
            return toml_fail(&r->scan, r->scan.at, 1, "only tabs and printable UTF-8 may stand in a comment",
                "byte 0x%02x in a comment", (unsigned char)toml_peek(r));
        r->scan.at += n;
    }
    return true;
}

static void toml_line(struct toml_reader *r)
{
    if (toml_peek(r) == '\r') r->scan.at++;
    if (r->scan.at < r->scan.n) r->scan.at++;
}

/* Blanks, comments and line ends. */
static bool toml_space(struct toml_reader *r)
{
    for (;;) {
        if (!toml_comment(r)) return false;
        if (r->scan.at >= r->scan.n || !toml_line_ends(r)) return true;
        toml_line(r);
    }
}

/* ---- keys ---------------------------------------------------------------------------------------------- */

struct toml_key { wrt_str text; uint32_t at, n; };
struct toml_path { struct toml_key part[TOML_DEPTH]; uint32_t count; };

static bool toml_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool toml_key_part(struct toml_reader *r, struct toml_key *out)
{
    struct toml_scan *s = &r->scan;
    out->at = s->at;
    if (toml_peek(r) == '"' || toml_peek(r) == '\'') {
        if (!toml_string(s, false, &out->text)) return false;
    } else {
        while (toml_bare(toml_peek(r))) s->at++;
        out->text = (wrt_str){ s->p + out->at, s->at - out->at };
        if (s->at == out->at) {
            uint32_t n = s->at < s->n ? toml_character(s, s->at) : 0;
            return toml_fail(s, s->at, n ? n : 1, "keys are letters, digits, - and _; others stand in quotes",
                "a key is expected");
        }
    }
    out->n = s->at - out->at;
    return true;
}

/* a . "b c" . d */
static bool toml_keys(struct toml_reader *r, struct toml_path *out)
{
    out->count = 0;
    for (;;) {
        toml_blank(r);
        if (out->count == TOML_DEPTH) {
            return toml_fail(&r->scan, r->scan.at, 1, NULL, "a key of more than %d parts", (int)TOML_DEPTH);
        }
        if (!toml_key_part(r, &out->part[out->count++])) return false;
        toml_blank(r);
        if (toml_peek(r) != '.') return true;
        r->scan.at++;
    }
}

static bool toml_twice(struct toml_reader *r, const struct toml_key *k, const struct toml_value *old)
{
    uint32_t line, column;
    char hint[64];
    toml_place(r->t, old->key_at, &line, &column, NULL);
    snprintf(hint, sizeof hint, "the first one stands in line %u", line);
    return toml_fail(&r->scan, k->at, k->n, hint, "`%.*s` is given twice",
        (int)(k->text.n < 60 ? k->text.n : 60), k->text.p);
}

static bool toml_closed(struct toml_reader *r, const struct toml_key *k, const struct toml_value *old)
{
    uint32_t line, column;
    char hint[96];
    toml_place(r->t, old->key_at, &line, &column, NULL);
    snprintf(hint, sizeof hint, "line %u made it %s, and nothing can be added to that here", line,
        toml_kind_name(old->kind));
    return toml_fail(&r->scan, k->at, k->n, hint, "`%.*s` cannot be extended",
        (int)(k->text.n < 60 ? k->text.n : 60), k->text.p);
}

static struct toml_value *toml_child(
    struct toml_reader *r, struct toml_value *in, const struct toml_key *k, uint8_t kind, uint8_t made)
{
    struct toml_value *v = toml_new(r, kind, made);
    v->key = k->text;
    v->at = v->key_at = k->at;
    v->n = v->key_n = k->n;
    toml_member(r, in, v);
    return v;
}

/* The table that the parts of a header before the last lead to. NULL: a fault. */
static struct toml_value *toml_walk_header(struct toml_reader *r, const struct toml_path *p)
{
    struct toml_value *in = r->t->root;
    for (uint32_t k = 0; k + 1 < p->count; k++) {
        struct toml_value *next = toml_get(r->t, in, p->part[k].text);
        if (!next) {
            if (!toml_room(r)) return NULL;
            next = toml_child(r, in, &p->part[k], TOML_TABLE, MADE_BY_PATH);
        } else if (next->made == MADE_BY_LIST) {
            next = next->last;
        } else if (next->kind != TOML_TABLE || next->made == MADE_INLINE) {
            toml_closed(r, &p->part[k], next);
            return NULL;
        }
        in = next;
    }
    return in;
}

/* The table for the last part of a dotted key, inside `in`. NULL: a fault. */
static struct toml_value *toml_walk_dots(
    struct toml_reader *r, struct toml_value *in, const struct toml_path *p)
{
    for (uint32_t k = 0; k + 1 < p->count; k++) {
        struct toml_value *next = toml_get(r->t, in, p->part[k].text);
        if (!next) {
            if (!toml_room(r)) return NULL;
            next = toml_child(r, in, &p->part[k], TOML_TABLE, MADE_BY_DOTS);
        } else {
            /* One that dots made is ours: what dots made under another header cannot be reached by dots. */
            if (next->kind != TOML_TABLE || (next->made != MADE_BY_PATH && next->made != MADE_BY_DOTS)) {
                toml_closed(r, &p->part[k], next);
                return NULL;
            }
            next->made = MADE_BY_DOTS;
        }
        in = next;
    }
    return in;
}

/* ---- values -------------------------------------------------------------------------------------------- */

static struct toml_value *toml_value(struct toml_reader *r, const struct toml_key *key);

static void toml_named(struct toml_value *v, const struct toml_key *key)
{
    if (!key) return;
    v->key = key->text;
    v->key_at = key->at;
    v->key_n = key->n;
}

static bool toml_array_rest(struct toml_reader *r, struct toml_value *v)
{
    for (;;) {
        if (!toml_space(r)) return false;
        if (toml_peek(r) == ']') return true;
        if (v->count > 0) {
            if (toml_peek(r) != ',') {
                if (r->scan.at >= r->scan.n)
                    return toml_fail(&r->scan, v->at, 1, NULL, "the array is not closed: ] is missing");
                return toml_fail(&r->scan, r->scan.at, 1, NULL, "expected `,` or `]`");
            }
            r->scan.at++;
            if (!toml_space(r)) return false;
            if (toml_peek(r) == ']') return true;
        }
        if (r->scan.at >= r->scan.n)
            return toml_fail(&r->scan, v->at, 1, NULL, "the array is not closed: ] is missing");
        struct toml_value *item = toml_value(r, NULL);
        if (!item) return false;
        toml_append(v, item);
    }
}

static bool toml_pair(struct toml_reader *r, struct toml_value *in)
{
    struct toml_path path;
    if (!toml_keys(r, &path)) return false;
    const struct toml_key *last = &path.part[path.count - 1];
    if (toml_peek(r) != '=')
        return toml_fail(&r->scan, r->scan.at, 1, "write KEY = VALUE", "expected `=` behind the key");
    r->scan.at++;
    toml_blank(r);
    struct toml_value *v = toml_value(r, last);
    if (!v) return false;
    in = toml_walk_dots(r, in, &path);
    if (!in) return false;
    struct toml_value *old = toml_get(r->t, in, last->text);
    if (old) return toml_twice(r, last, old);
    toml_member(r, in, v);
    return true;
}

static bool toml_inline_rest(struct toml_reader *r, struct toml_value *v)
{
    toml_blank(r);
    if (toml_peek(r) == '}') return true;
    for (;;) {
        toml_blank(r);
        if (toml_line_ends(r)) break;
        if (!toml_pair(r, v)) return false;
        toml_blank(r);
        if (toml_peek(r) == '}') return true;
        if (toml_line_ends(r) || toml_peek(r) == '#') break;
        if (toml_peek(r) != ',') return toml_fail(&r->scan, r->scan.at, 1, NULL, "expected `,` or `}`");
        r->scan.at++;
        toml_blank(r);
        if (toml_peek(r) == '}')
            return toml_fail(&r->scan, r->scan.at, 1, "leave the last comma out", "a comma before `}`");
    }
    return toml_fail(&r->scan, v->at, 1, "an inline table stands in one line; for more use [NAME] headers",
        "the inline table is not closed on its line");
}

static bool toml_container(struct toml_reader *r, struct toml_value *v)
{
    if (r->depth == TOML_DEPTH) {
        return toml_fail(&r->scan, r->scan.at, 1, NULL, "values nest deeper than %d", (int)TOML_DEPTH);
    }
    r->depth++;
    r->scan.at++;
    bool good = v->kind == TOML_TABLE ? toml_inline_rest(r, v) : toml_array_rest(r, v);
    if (!good) {
        r->in_array = r->in_array || v->kind == TOML_ARRAY;
        return false;
    }
    r->depth--;
    r->scan.at++;
    return true;
}

static struct toml_value *toml_value(struct toml_reader *r, const struct toml_key *key)
{
    char c = toml_peek(r);
    if (!toml_room(r)) return NULL;
    struct toml_value *v = toml_new(r, TOML_STRING, MADE_INLINE);
    toml_named(v, key);
    bool good;
    if (c == '"' || c == '\'') {
        good = toml_string(&r->scan, true, &v->text);
    } else if (c == '[' || c == '{') {
        v->kind = c == '[' ? TOML_ARRAY : TOML_TABLE;
        good = toml_container(r, v);
    } else {
        good = toml_scalar(&r->scan, v);
    }
    v->n = r->scan.at - v->at;
    return good ? v : NULL;
}

/* ---- headers ------------------------------------------------------------------------------------------- */

static struct toml_value *toml_header_table(struct toml_reader *r, const struct toml_path *p)
{
    const struct toml_key *last = &p->part[p->count - 1];
    struct toml_value *in = toml_walk_header(r, p);
    if (!in || !toml_room(r)) return NULL;
    struct toml_value *v = toml_get(r->t, in, last->text);
    if (!v) return toml_child(r, in, last, TOML_TABLE, MADE_BY_HEADER);
    if (v->made != MADE_BY_PATH) {
        toml_twice(r, last, v);
        return NULL;
    }
    v->made = MADE_BY_HEADER;
    v->at = v->key_at = last->at;
    v->n = v->key_n = last->n;
    return v;
}

static struct toml_value *toml_header_list(struct toml_reader *r, const struct toml_path *p)
{
    const struct toml_key *last = &p->part[p->count - 1];
    struct toml_value *in = toml_walk_header(r, p);
    if (!in || !toml_room(r)) return NULL;
    struct toml_value *list = toml_get(r->t, in, last->text);
    if (list && list->made != MADE_BY_LIST) {
        toml_twice(r, last, list);
        return NULL;
    }
    if (!list) list = toml_child(r, in, last, TOML_ARRAY, MADE_BY_LIST);
    if (!toml_room(r)) return NULL;
    struct toml_value *v = toml_new(r, TOML_TABLE, MADE_BY_HEADER);
    v->at = v->key_at = last->at;
    v->n = v->key_n = last->n;
    toml_append(list, v);
    return v;
}

/* [a.b] or [[a.b]]: what the following lines belong to; NULL: a fault. */
static struct toml_value *toml_header(struct toml_reader *r)
{
    struct toml_path path;
    struct toml_scan *s = &r->scan;
    bool list = s->at + 1 < s->n && s->p[s->at + 1] == '[';
    s->at += list ? 2 : 1;
    if (!toml_keys(r, &path)) return NULL;
    bool closed = toml_peek(r) == ']' && (!list || (s->at + 1 < s->n && s->p[s->at + 1] == ']'));
    if (!closed) {
        toml_fail(s, s->at, 1, NULL, list ? "expected `]]`" : "expected `]`");
        return NULL;
    }
    s->at += list ? 2 : 1;
    return list ? toml_header_list(r, &path) : toml_header_table(r, &path);
}

/* ---- the document -------------------------------------------------------------------------------------- */

static void toml_note(struct toml_reader *r)
{
    struct toml *t = r->t;
    if (t->faults_count < TOML_FAULTS) t->faults[t->faults_count] = r->fault;
    t->faults_count++;
}

/* One line: what it says goes to *in. */
static bool toml_statement(struct toml_reader *r, struct toml_value **in)
{
    r->depth = 0;
    r->in_array = false;
    if (!toml_comment(r)) return false;
    if (toml_line_ends(r)) return true;
    if (toml_peek(r) == '[') {
        struct toml_value *table = toml_header(r);
        if (!table) {
            *in = toml_new(
                r, TOML_TABLE, MADE_BY_HEADER); /* belongs to nothing: what follows is still read */
            return false;
        }
        *in = table;
    } else if (!toml_pair(r, *in)) {
        return false;
    }
    if (!toml_comment(r)) return false;
    if (toml_line_ends(r)) return true;
    return toml_fail(
        &r->scan, r->scan.at, 1, "one KEY = VALUE a line", "nothing more is expected on this line");
}

/* May reading go on with the next line? Not inside a value of several lines: its rest would look like faults.
 */
static bool toml_recover(struct toml_reader *r, uint32_t from)
{
    struct toml_scan *s = &r->scan;
    uint32_t first, last, column, at = s->at < r->fault.at ? r->fault.at : s->at;
    bool array = r->in_array;
    toml_place(r->t, from, &first, &column, NULL);
    toml_place(r->t, at, &last, &column, NULL);
    toml_note(r);
    if (first != last || r->values >= TOML_VALUES || r->depth == TOML_DEPTH) return false;
    for (uint32_t k = from; k + 2 < s->n && s->p[k] != '\n'; k++) {
        bool quote = s->p[k] == '"' || s->p[k] == '\'';
        if (quote && s->p[k + 1] == s->p[k] && s->p[k + 2] == s->p[k]) return false;
    }
    for (; !toml_line_ends(r); s->at++) array = array && s->p[s->at] != ']';
    return !array;
}

static void toml_document(struct toml_reader *r)
{
    struct toml_value *in = r->t->root;
    if (r->scan.n >= 3 && memcmp(r->scan.p, "\xef\xbb\xbf", 3) == 0) {
        toml_fail(
            &r->scan, 0, 1, "save the file as UTF-8 without it", "the file begins with a byte order mark");
        toml_note(r);
        r->scan.at = 3;
    }
    while (r->scan.at < r->scan.n) {
        uint32_t from = r->scan.at;
        if (!toml_statement(r, &in) && !toml_recover(r, from)) return;
        toml_line(r);
    }
}

static void toml_find_lines(struct toml_reader *r)
{
    uint32_t n = 1;
    for (uint32_t k = 0; k < r->scan.n; k++) n += r->scan.p[k] == '\n';
    r->lines = wd_alloc(n * sizeof *r->lines);
    r->lines_count = 1;
    for (uint32_t k = 0; k < r->scan.n; k++) {
        if (r->scan.p[k] == '\n') r->lines[r->lines_count++] = k + 1;
    }
}

void toml_place(const struct toml *t, uint32_t at, uint32_t *line, uint32_t *column, wrt_str *whole)
{
    const struct toml_reader *r = t->inside;
    uint32_t low = 0, high = r->lines_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (r->lines[middle] <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    uint32_t from = r->lines[low], end = low + 1 < r->lines_count ? r->lines[low + 1] - 1 : r->scan.n;
    if (end > from && end <= r->scan.n && r->scan.p[end - 1] == '\r') end--;
    *line = low + 1;
    *column = 1;
    for (uint32_t k = from; k < at && k < r->scan.n; k++) *column += (r->scan.p[k] & 0xc0) != 0x80;
    if (whole) *whole = (wrt_str){ r->scan.p + from, end - from };
}

bool toml_read(struct toml *t, wrt_str text)
{
    struct toml_reader *r = wd_alloc(sizeof *r);
    *t = (struct toml){ .text = text, .inside = r };
    r->t = t;
    r->seed = wd_now_ns() ^ (uint64_t)(uintptr_t)r;
    bool fits = text.n <= TOML_BYTES;
    r->scan = (struct toml_scan){ .p = text.p, .n = fits ? (uint32_t)text.n : 0, .fault = &r->fault };
    r->scan.made = wd_alloc((size_t)r->scan.n + 1);
    toml_find_lines(r);
    t->root = toml_new(r, TOML_TABLE, MADE_BY_HEADER);
    if (fits) {
        toml_document(r);
    } else {
        toml_fail(
            &r->scan, 0, 1, NULL, "the file has %zu bytes; %d are read at most", text.n, (int)TOML_BYTES);
        toml_note(r);
    }
    return t->faults_count == 0;
}

void toml_free(struct toml *t)
{
    struct toml_reader *r = t->inside;
    if (!r) return;
    for (struct toml_block *b = r->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(r->slots);
    free(r->owners);
    free(r->lines);
    free(r->scan.made);
    free(r);
    *t = (struct toml){ 0 };
}
