/* source: see source.h. Must not know binaries. */
#include "wasm/front.h"
#include "wcet/source.h"
#include "wcet/wcet.h"

enum { SOURCE_DEPTH = 256, SOURCE_BYTES = 64 << 20 };
enum { SOURCE_END, SOURCE_WORD, SOURCE_TEXT, SOURCE_SIGN, SOURCE_PRAGMA };

struct source_token { uint8_t kind; wrt_str text; uint32_t line, column, last_line, last_column; };

struct source_reader {
    struct wrt__source_loops *s;
    const char *p, *end;
    uint32_t line, column;
    struct source_token at, before;     /* the next token, the one that was taken last */
    uint32_t pending;                   /* pragma that waits for its loop; NONE */
    wrt_status status;
    wrt_error *err;
};

static void source_fail(struct source_reader *r, wrt_status status, uint32_t code, uint32_t line,
    uint32_t column, const char *text)
{
    if (r->status != WRT_OK) return;
    r->status = wrt__fail(r->err, status, code, WRT__NO_OFFSET, "%s", text);
    if (r->err) {
        r->err->line = line;
        r->err->column = column;
    }
    r->p = r->end;
    r->at = (struct source_token){ .kind = SOURCE_END };
}

/* ---- tokens ------------------------------------------------------------------------------------------- */

static void source_step(struct source_reader *r)
{
    if (*r->p++ == '\n') {
        r->line++;
        r->column = 1;
    } else {
        r->column++;
    }
}

static bool source_starts(const struct source_reader *r, const char *text)
{
    const size_t n = wrt__str_len(text);
    return (size_t)(r->end - r->p) >= n && memcmp(r->p, text, n) == 0;
}

static bool source_is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$'
        || (unsigned char)c >= 0x80;
}

static bool source_is(const struct source_token *t, const char *text)
{
    return (t->kind == SOURCE_WORD || t->kind == SOURCE_SIGN)
        && wrt__str_equal(t->text, (wrt_str){ text, wrt__str_len(text) });
}

static void source_skip_blank(struct source_reader *r)
{
    while (r->p < r->end) {
        if (source_starts(r, "//")) {
            while (r->p < r->end && *r->p != '\n') source_step(r);
        } else if (source_starts(r, "/*")) {
            while (r->p < r->end && !source_starts(r, "*/")) source_step(r);
            for (int i = 0; i < 2 && r->p < r->end; i++) source_step(r);
        } else if (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r' || *r->p == '\\'
            || *r->p == '\f' || *r->p == '\v') {
            source_step(r);
        } else {
            return;
        }
    }
}

/* A directive with its continued lines: its text. */
static wrt_str source_directive(struct source_reader *r)
{
    const char *from = r->p;
    while (r->p < r->end && *r->p != '\n') {
        if (source_starts(r, "/*")) {
            while (r->p < r->end && !source_starts(r, "*/")) source_step(r);
        } else if (source_starts(r, "\\\n")) {
            source_step(r);
        } else if (source_starts(r, "\\\r\n")) {
            source_step(r);
            source_step(r);
        }
        if (r->p < r->end) source_step(r);
    }
    return (wrt_str){ from, (size_t)(r->p - from) };
}

static void source_quoted(struct source_reader *r, char quote)
{
    source_step(r);
    while (r->p < r->end && *r->p != quote && *r->p != '\n') {
        if (*r->p == '\\') source_step(r);
        if (r->p < r->end) source_step(r);
    }
    if (r->p < r->end && *r->p == quote) source_step(r);
}

/* `#pragma` of any kind is a token, other directives are nothing. */
static struct source_token source_token(struct source_reader *r)
{
    for (;;) {
        source_skip_blank(r);
        struct source_token t = { .line = r->line, .column = r->column };
        if (r->p >= r->end) return t;
        const char *from = r->p;
        if (*r->p == '#') {
            wrt_str text = source_directive(r);
            size_t k = 1;
            while (k < text.n && (text.p[k] == ' ' || text.p[k] == '\t')) k++;
            if (text.n - k < 6 || memcmp(text.p + k, "pragma", 6) != 0) continue;
            t.kind = SOURCE_PRAGMA;
            t.text = (wrt_str){ text.p + k + 6, text.n - k - 6 };
        } else if (*r->p == '"' || *r->p == '\'') {
            source_quoted(r, *r->p);
            t.kind = SOURCE_TEXT;
            t.text = (wrt_str){ from, (size_t)(r->p - from) };
        } else if (source_is_word(*r->p)) {
            while (r->p < r->end && source_is_word(*r->p)) source_step(r);
            t.kind = SOURCE_WORD;
            t.text = (wrt_str){ from, (size_t)(r->p - from) };
        } else {
            source_step(r);
            t.kind = SOURCE_SIGN;
            t.text = (wrt_str){ from, 1 };
        }
        t.last_line = r->line;
        t.last_column = r->column - 1;
        return t;
    }
}

static void source_take(struct source_reader *r)
{
    if (r->at.kind != SOURCE_END) r->before = r->at;
    if (r->status == WRT_OK) r->at = source_token(r);
}

/* ---- pragmas ------------------------------------------------------------------------------------------ */

static bool source_word(const char **p, const char *end, wrt_str *word)
{
    while (*p < end && (**p == ' ' || **p == '\t' || **p == '(' || **p == ')' || **p == ',' || **p == '\r')) {
        (*p)++;
    }
    const char *from = *p;
    while (*p < end && source_is_word(**p)) (*p)++;
    *word = (wrt_str){ from, (size_t)(*p - from) };
    return word->n > 0;
}

static bool source_number(wrt_str word, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < '0' || word.p[i] > '9' || *out > (UINT64_MAX >> 4)) return false;
        *out = *out * 10 + (uint64_t)(word.p[i] - '0');
    }
    return word.n > 0 && *out < (UINT64_MAX >> 2);
}

static bool source_named(wrt_str word, const char *text)
{
    return wrt__str_equal(word, (wrt_str){ text, wrt__str_len(text) });
}

/* `loopbound min A max B`; other pragmas say nothing here. */
static void source_pragma(struct source_reader *r, wrt_str text, uint32_t line, uint32_t column)
{
    struct wrt__source_loops *s = r->s;
    struct wrt__source_pragma found = { .line = line, .loop = WRT__SOURCE_NONE };
    const char *p = text.p, *end = text.p + text.n;
    wrt_str word, number;
    bool has_max = false, good = true;
    if (!source_word(&p, end, &word) || !source_named(word, "loopbound")) return;
    while (good && source_word(&p, end, &word)) {
        uint64_t n = 0;
        good = source_word(&p, end, &number) && source_number(number, &n);
        if (source_named(word, "max")) found.max = n;
        else if (source_named(word, "min")) found.min = n;
        else good = false;
        has_max |= source_named(word, "max");
    }
    if (!good || !has_max || p < end) {
        source_fail(r, WRT_E_MALFORMED, WRT__W_WCET_FACTS, line, column,
            "expected a pragma \"loopbound min A max B\" with whole numbers");
        return;
    }
    if (found.min > found.max) {
        source_fail(r, WRT_E_INVALID, WRT__W_WCET_CONTRADICTION, line, column,
            "a pragma contradicts itself: its min is above its max");
        return;
    }
    if (!wrt__grow(
            s->alloc, &s->pragmas, &s->pragmas_cap, s->pragmas_count + 1, sizeof found, WRT_TAG_OTHER)) {
        source_fail(r, WRT_E_NOMEM, WRT__W_MEMORY, line, column, "no memory for the pragmas");
        return;
    }
    r->pending = s->pragmas_count;
    s->pragmas[s->pragmas_count++] = found;
}

/* _Pragma ( "text" ), or the directive. False: the next token is none of them. */
static bool source_take_pragma(struct source_reader *r)
{
    const uint32_t line = r->at.line, column = r->at.column;
    if (r->at.kind == SOURCE_PRAGMA) {
        source_pragma(r, r->at.text, line, column);
        source_take(r);
        return true;
    }
    if (!source_is(&r->at, "_Pragma") && !source_is(&r->at, "__pragma")) return false;
    source_take(r);
    if (source_is(&r->at, "(")) source_take(r);
    if (r->at.kind == SOURCE_TEXT && r->at.text.n >= 2) {
        source_pragma(r, (wrt_str){ r->at.text.p + 1, r->at.text.n - 2 }, line, column);
        source_take(r);
    }
    if (source_is(&r->at, ")")) source_take(r);
    return true;
}

/* ---- statements --------------------------------------------------------------------------------------- */

/* A statement whose end is looked for. */
struct source_open { uint8_t kind; uint32_t loop; };
enum { SOURCE_BLOCK, SOURCE_BODY, SOURCE_DO, SOURCE_IF };
struct source_stack { struct source_open open[SOURCE_DEPTH]; uint32_t n; };

/* From an opening sign to behind the one that closes it. */
static void source_skip_group(struct source_reader *r)
{
    uint32_t depth = 0;
    do {
        if (source_is(&r->at, "(") || source_is(&r->at, "[") || source_is(&r->at, "{")) depth++;
        else if (source_is(&r->at, ")") || source_is(&r->at, "]") || source_is(&r->at, "}")) depth--;
        source_take(r);
    } while (depth > 0 && r->at.kind != SOURCE_END);
}

static void source_push(struct source_reader *r, struct source_stack *k, uint8_t kind, uint32_t loop)
{
    if (k->n == SOURCE_DEPTH) {
        source_fail(r, WRT_E_LIMIT, WRT__W_WCET_LIMIT, r->at.line, r->at.column,
            "more than 256 statements inside each other");
        return;
    }
    k->open[k->n++] = (struct source_open){ kind, loop };
}

static uint32_t source_parent(const struct source_stack *k)
{
    for (uint32_t i = k->n; i-- > 0;) {
        if (k->open[i].loop != WRT__SOURCE_NONE) return k->open[i].loop;
    }
    return WRT__SOURCE_NONE;
}

static uint32_t source_add_loop(struct source_reader *r, const struct source_stack *k)
{
    struct wrt__source_loops *s = r->s;
    const struct wrt__source_loop loop = { r->at.line, r->at.column, UINT32_MAX, UINT32_MAX,
        source_parent(k) };
    if (!wrt__grow(s->alloc, &s->loops, &s->loops_cap, s->loops_count + 1, sizeof loop, WRT_TAG_OTHER)) {
        source_fail(r, WRT_E_NOMEM, WRT__W_MEMORY, loop.line, loop.column, "no memory for the loops");
        return WRT__SOURCE_NONE;
    }
    if (r->pending != WRT__SOURCE_NONE) s->pragmas[r->pending].loop = s->loops_count;
    r->pending = WRT__SOURCE_NONE;
    s->loops[s->loops_count] = loop;
    return s->loops_count++;
}

static void source_loop_ends(struct source_reader *r, uint32_t loop)
{
    if (loop == WRT__SOURCE_NONE) return;
    r->s->loops[loop].last_line = r->before.last_line;
    r->s->loops[loop].last_column = r->before.last_column;
}

/* A statement has ended: so have those that it was the last part of. */
static void source_closed(struct source_reader *r, struct source_stack *k)
{
    while (k->n > 0 && r->status == WRT_OK) {
        const struct source_open top = k->open[k->n - 1];
        if (top.kind == SOURCE_BLOCK) return;
        k->n--;
        if (top.kind == SOURCE_IF && source_is(&r->at, "else")) {
            source_take(r);
            source_push(r, k, SOURCE_BODY, WRT__SOURCE_NONE);
            return;
        }
        if (top.kind == SOURCE_DO) {
            if (source_is(&r->at, "while")) source_take(r);
            if (source_is(&r->at, "(")) source_skip_group(r);
            if (source_is(&r->at, ";")) source_take(r);
        }
        source_loop_ends(r, top.loop);
    }
}

/* Words and signs up to `;`. Groups in braces inside are left out: initial values. */
static void source_simple(struct source_reader *r, bool is_case)
{
    while (r->at.kind != SOURCE_END && !source_is(&r->at, ";") && !source_is(&r->at, "}")) {
        if (source_is(&r->at, "(") || source_is(&r->at, "[") || source_is(&r->at, "{")) source_skip_group(r);
        else source_take(r);
        if (source_is(&r->at, ":") && (is_case || r->before.kind == SOURCE_WORD)) {     /* of a label */
            source_take(r);
            return;
        }
    }
    r->pending = WRT__SOURCE_NONE;
    if (source_is(&r->at, ";")) source_take(r);
}

/* One step inside a function body. */
static void source_statement(struct source_reader *r, struct source_stack *k)
{
    if (source_take_pragma(r)) return;
    const bool is_for = source_is(&r->at, "for"), is_while = source_is(&r->at, "while");
    if (is_for || is_while || source_is(&r->at, "do")) {
        const uint32_t loop = source_add_loop(r, k);
        source_push(r, k, is_for || is_while ? SOURCE_BODY : SOURCE_DO, loop);
        source_take(r);
        if ((is_for || is_while) && source_is(&r->at, "(")) source_skip_group(r);
        return;
    }
    if (source_is(&r->at, "if") || source_is(&r->at, "switch")) {
        source_push(r, k, source_is(&r->at, "if") ? SOURCE_IF : SOURCE_BODY, WRT__SOURCE_NONE);
        source_take(r);
        while (source_is(&r->at, "constexpr")) source_take(r);
        if (source_is(&r->at, "(")) source_skip_group(r);
        r->pending = WRT__SOURCE_NONE;
        return;
    }
    if (source_is(&r->at, "{")) {
        source_push(r, k, SOURCE_BLOCK, WRT__SOURCE_NONE);
        source_take(r);
        r->pending = WRT__SOURCE_NONE;
        return;
    }
    if (source_is(&r->at, "}")) {
        while (k->n > 0 && k->open[k->n - 1].kind != SOURCE_BLOCK) k->n--;
        if (k->n > 0) k->n--;
        source_take(r);
        source_closed(r, k);
        return;
    }
    source_simple(r, source_is(&r->at, "case"));
    if (!source_is(&r->before, ":")) source_closed(r, k);
}

static void source_function(struct source_reader *r)
{
    struct source_stack k = { .n = 0 };
    source_push(r, &k, SOURCE_BLOCK, WRT__SOURCE_NONE);
    source_take(r);
    while (k.n > 0 && r->at.kind != SOURCE_END && r->status == WRT_OK) source_statement(r, &k);
}

wrt_status wrt__source_read(
    struct wrt__source_loops *s, wrt_bytes text, const wrt_alloc *alloc, wrt_error *err)
{
    struct source_reader r = { .s = s, .line = 1, .column = 1, .pending = WRT__SOURCE_NONE, .err = err };
    *s = (struct wrt__source_loops){ .alloc = alloc };
    r.p = (const char *)text.p;
    r.end = text.n > 0 ? r.p + text.n : r.p;
    if (text.n > SOURCE_BYTES)
        source_fail(&r, WRT_E_LIMIT, WRT__W_WCET_LIMIT, 1, 1, "a source is larger than 64 MiB");
    source_take(&r);
    while (r.at.kind != SOURCE_END && r.status == WRT_OK) {
        /* a body stands behind a list of parameters (or what may follow one) */
        const bool body = source_is(&r.at, "{") && (source_is(&r.before, ")") || source_is(&r.before, "const")
            || source_is(&r.before, "noexcept") || source_is(&r.before, "override"));
        if (body) source_function(&r);
        else if (!source_take_pragma(&r)) source_take(&r);
        r.pending = WRT__SOURCE_NONE;
    }
    if (r.status != WRT_OK) wrt__source_free(s);
    return r.status;
}

void wrt__source_free(struct wrt__source_loops *s)
{
    if (!s->alloc) return;
    wrt__free(s->alloc, s->loops, s->loops_cap * sizeof *s->loops, WRT_TAG_OTHER);
    wrt__free(s->alloc, s->pragmas, s->pragmas_cap * sizeof *s->pragmas, WRT_TAG_OTHER);
    *s = (struct wrt__source_loops){ 0 };
}

/* ---- finding ------------------------------------------------------------------------------------------ */

static bool source_holds(const struct wrt__source_loop *l, uint32_t line, uint32_t column)
{
    if (line < l->line || line > l->last_line) return false;
    if (column == 0) return true;
    if (line == l->line && column < l->column) return false;
    return line != l->last_line || column <= l->last_column;
}

/* Loops are listed outer ones first, so the last that holds the place is the innermost. */
uint32_t wrt__source_at(const struct wrt__source_loops *s, uint32_t line, uint32_t column)
{
    uint32_t found = WRT__SOURCE_NONE;
    for (uint32_t i = 0; i < s->loops_count && s->loops[i].line <= line; i++) {
        if (!source_holds(&s->loops[i], line, column)) continue;
        bool shared = column == 0 && found != WRT__SOURCE_NONE
            && (s->loops[i].line == line || s->loops[found].last_line == line
                || s->loops[i].last_line == line);
        if (shared) return WRT__SOURCE_NONE;
        found = i;
    }
    return found;
}

/* ---- hash --------------------------------------------------------------------------------------------- */

/* floor(2^32 * |sin(i + 1)|) */
static const uint32_t md5_k[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391 };

static void md5_block(uint32_t h[4], const uint8_t *p)
{
    static const uint8_t turns[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 },
        { 6, 10, 15, 21 } };
    uint32_t w[16], a = h[0], b = h[1], c = h[2], d = h[3];
    for (uint32_t i = 0; i < 16; i++, p += 4) {
        w[i] = (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
    }
    for (uint32_t i = 0; i < 64; i++) {
        const uint32_t phase = i / 16, turn = turns[phase][i % 4];
        const uint32_t f = phase == 0   ? (b & c) | (~b & d)
                           : phase == 1 ? (d & b) | (~d & c)
                           : phase == 2 ? b ^ c ^ d
                                        : c ^ (b | ~d);
        const uint32_t word = phase == 0 ? i : phase == 1 ? 5 * i + 1 : phase == 2 ? 3 * i + 5 : 7 * i;
        const uint32_t sum = f + a + md5_k[i] + w[word % 16];
        a = d;
        d = c;
        c = b;
        b += sum << turn | sum >> (32 - turn);
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
}

void wrt__md5(wrt_bytes bytes, uint8_t out[16])
{
    uint32_t h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
    uint8_t last[128] = { 0 };
    size_t left = bytes.n;
    const uint8_t *p = bytes.p;
    for (; left >= 64; left -= 64, p += 64) md5_block(h, p);
    if (left > 0) memcpy(last, p, left);
    last[left] = 0x80;
    const size_t end = left < 56 ? 64 : 128;
    const uint64_t bits = (uint64_t)bytes.n * 8;
    for (size_t i = 0; i < 8; i++) last[end - 8 + i] = (uint8_t)(bits >> 8 * i);
    for (size_t at = 0; at < end; at += 64) md5_block(h, last + at);
    for (uint32_t i = 0; i < 16; i++) out[i] = (uint8_t)(h[i / 4] >> 8 * (i % 4));
}
