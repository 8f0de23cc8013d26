/* json: reads a JSON text (RFC 8259), checks it and prints it with indentation, or says where it is wrong.
 *
 *   json -            reads standard input
 *   json N            makes a text of N records, then reads that: prints the first lines and a summary
 *   json              the same with 200 records
 *
 * The parser is a loop with one bit of memory per open bracket: no recursion. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 256, LINES_SHOWN = 14 };
enum kind { END, PUNCTUATION, STRING, NUMBER, WORD, BAD };

struct reader { const char *text; size_t length, at, token; int line; const char *reason; };
struct printer { int depth, lines, lines_max, fresh; uint32_t hash; uint64_t bytes; };
struct counts { int objects, arrays, strings, numbers, words, depth_max; };

/* ---- tokens */

static enum kind bad(struct reader *r, const char *reason)
{
    r->reason = reason;
    return BAD;
}

static int peek(const struct reader *r)
{
    return r->at < r->length ? (unsigned char)r->text[r->at] : -1;
}

static int is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static enum kind read_string(struct reader *r)
{
    r->at++;
    for (;;) {
        int c = peek(r);
        if (c < 0x20) return bad(r, c < 0 ? "string without end" : "control character in a string");
        r->at++;
        if (c == '"') return STRING;
        if (c != '\\') continue;
        c = peek(r);
        if (c == 'u') {
            for (int i = 1; i <= 4; i++) {
                int h = r->at + (size_t)i < r->length ? r->text[r->at + (size_t)i] : 0;
                int letter = (h >= 'a' && h <= 'f') || (h >= 'A' && h <= 'F');
                if (!is_digit(h) && !letter) return bad(r, "\\u needs four hexadecimal digits");
            }
            r->at += 5;
        } else if (c > 0 && strchr("\"\\/bfnrt", c) != NULL) {
            r->at++;
        } else {
            return bad(r, "unknown escape");
        }
    }
}

static int read_digits(struct reader *r)
{
    if (!is_digit(peek(r))) return 0;
    while (is_digit(peek(r))) r->at++;
    return 1;
}

static enum kind read_number(struct reader *r)
{
    if (peek(r) == '-') r->at++;
    if (peek(r) == '0') {
        r->at++;
    } else if (!read_digits(r)) {
        return bad(r, "a digit is missing");
    }
    if (peek(r) == '.') {
        r->at++;
        if (!read_digits(r)) return bad(r, "a digit is missing after the point");
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        if (peek(r) == '+' || peek(r) == '-') r->at++;
        if (!read_digits(r)) return bad(r, "a digit is missing in the exponent");
    }
    return NUMBER;
}

static enum kind next_token(struct reader *r)
{
    for (;; r->at++) {
        int c = peek(r);
        if (c == '\n') r->line++;
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
    }
    r->token = r->at;
    int c = peek(r);
    if (c < 0) return END;
    if (c == '"') return read_string(r);
    if (c == '-' || is_digit(c)) return read_number(r);
    if (c > 0 && strchr("{}[]:,", c) != NULL) {
        r->at++;
        return PUNCTUATION;
    }
    static const char *const words[] = { "true", "false", "null" };
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        if (r->length - r->at >= n && memcmp(r->text + r->at, words[i], n) == 0) {
            r->at += n;
            return WORD;
        }
    }
    return bad(r, "unknown word or character");
}

/* ---- printing: everything is hashed and counted, the first lines are shown */

static void put(struct printer *p, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) p->hash = (p->hash ^ (unsigned char)s[i]) * 16777619u;
    p->bytes += n;
    if (p->lines < p->lines_max) fwrite(s, 1, n, stdout);
}

static void new_line(struct printer *p)
{
    put(p, "\n", 1);
    p->lines++;
    for (int i = 0; i < p->depth; i++) put(p, "  ", 2);
}

/* ---- the grammar as a small machine: what may come next */

enum state { VALUE, VALUE_OR_CLOSE, KEY, KEY_OR_CLOSE, COLON, COMMA_OR_CLOSE, DONE };
struct parser {
    struct reader in;
    struct printer out;
    struct counts n;
    uint8_t is_object[DEPTH_MAX / 8];
    enum state state;
};

static int in_object(const struct parser *p)
{
    int d = p->out.depth - 1;
    return p->is_object[d / 8] >> (d % 8) & 1;
}

static enum state after_value(const struct parser *p)
{
    return p->out.depth == 0 ? DONE : COMMA_OR_CLOSE;
}

static int refuse(struct parser *p, const char *reason)
{
    bad(&p->in, reason);
    return 0;
}

static int open_bracket(struct parser *p, char c)
{
    int d = p->out.depth;
    if (d == DEPTH_MAX) return refuse(p, "nested too deep");
    uint8_t bit = (uint8_t)(1u << (d % 8));
    p->is_object[d / 8] = (uint8_t)(c == '{' ? p->is_object[d / 8] | bit : p->is_object[d / 8] & ~bit);
    put(&p->out, &c, 1);
    p->out.depth++;
    if (p->out.depth > p->n.depth_max) p->n.depth_max = p->out.depth;
    if (c == '{') p->n.objects++; else p->n.arrays++;
    p->out.fresh = 1;
    p->state = c == '{' ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
    return 1;
}

static int close_bracket(struct parser *p, char c)
{
    if (p->out.depth == 0 || (c == '}') != in_object(p)) return refuse(p, "bracket does not match");
    if (p->state == KEY || p->state == VALUE || p->state == COLON) {
        return refuse(p, "something is missing before the bracket");
    }
    p->out.depth--;
    if (!p->out.fresh) new_line(&p->out);
    p->out.fresh = 0;
    put(&p->out, &c, 1);
    p->state = after_value(p);
    return 1;
}

static int take_scalar(struct parser *p, enum kind k)
{
    int key = p->state == KEY || p->state == KEY_OR_CLOSE;
    if (!key && p->state != VALUE && p->state != VALUE_OR_CLOSE) {
        return refuse(p, "a comma, colon or bracket is missing");
    }
    if (key && k != STRING) return refuse(p, "a key must be a string");
    if (p->out.fresh || key) new_line(&p->out);
    p->out.fresh = 0;
    put(&p->out, p->in.text + p->in.token, p->in.at - p->in.token);
    if (k == STRING) p->n.strings++; else if (k == NUMBER) p->n.numbers++; else p->n.words++;
    p->state = key ? COLON : after_value(p);
    return 1;
}

static int take_punctuation(struct parser *p, char c)
{
    if (c == '}' || c == ']') return close_bracket(p, c);
    if (c == '{' || c == '[') {
        if (p->state != VALUE && p->state != VALUE_OR_CLOSE) return refuse(p, "no value can stand here");
        if (p->out.fresh) new_line(&p->out);
        return open_bracket(p, c);
    }
    if (c == ':') {
        if (p->state != COLON) return refuse(p, "a colon cannot stand here");
        put(&p->out, ": ", 2);
        p->state = VALUE;
        return 1;
    }
    if (p->state != COMMA_OR_CLOSE) return refuse(p, "a comma cannot stand here");
    put(&p->out, ",", 1);
    p->state = in_object(p) ? KEY : VALUE;
    if (p->state == VALUE) new_line(&p->out);
    return 1;
}

static int parse(struct parser *p)
{
    p->out.hash = 2166136261u;
    p->in.line = 1;
    for (;;) {
        enum kind k = next_token(&p->in);
        if (k == BAD) return 0;
        if (k == END) return p->state == DONE || refuse(p, "the text ends too early");
        if (p->state == DONE) return refuse(p, "something follows the value");
        int ok = k == PUNCTUATION ? take_punctuation(p, p->in.text[p->in.token]) : take_scalar(p, k);
        if (!ok) return 0;
    }
}

/* ---- input */

static char *read_input(size_t *length)
{
    size_t room = 4096, n = 0, got;
    char *text = malloc(room);
    while (text != NULL && (got = fread(text + n, 1, room - n, stdin)) > 0) {
        n += got;
        if (n == room) text = realloc(text, room *= 2);
    }
    *length = n;
    return text;
}

static char *make_text(int records, size_t *length)
{
    size_t room = (size_t)records * 128 + 64, n = 0;
    char *text = malloc(room);
    uint32_t seed = 7;
    if (text == NULL) return NULL;
    n += (size_t)snprintf(text + n, room - n, "{\"unit\":\"wheel\",\"samples\":[");
    for (int i = 0; i < records; i++) {
        seed = seed * 1664525u + 1013904223u;
        n += (size_t)snprintf(text + n, room - n, "%s{\"t\":%d,\"speed\":%u.%02u,\"ok\":%s,\"note\":%s}",
            i == 0 ? "" : ",", i * 10, (unsigned)(seed >> 25), (unsigned)(seed >> 8) % 100u,
            seed >> 31 ? "true" : "false", i % 5 == 0 ? "\"a \\\"mark\\\" \\u00b5\"" : "null");
    }
    n += (size_t)snprintf(text + n, room - n, "],\"empty\":[{},[]]}");
    *length = n;
    return text;
}

int main(int argc, char **argv)
{
    static struct parser p;
    int from_stdin = argc > 1 && strcmp(argv[1], "-") == 0;
    int records = argc > 1 ? atoi(argv[1]) : 200;
    char *text = from_stdin ? read_input(&p.in.length) : make_text(records < 0 ? 0 : records, &p.in.length);
    if (text == NULL) {
        fprintf(stderr, "json: out of memory\n");
        return 3;
    }
    p.in.text = text;
    p.out.lines_max = from_stdin ? INT32_MAX : LINES_SHOWN;
    if (!parse(&p)) {
        fflush(stdout);
        fprintf(stderr, "\njson: line %d, byte %zu: %s\n", p.in.line, p.in.token, p.in.reason);
        return 1;
    }
    puts(p.out.lines < p.out.lines_max ? "" : "...");
    printf("%zu bytes in, %llu bytes out, hash %08x\n", p.in.length, (unsigned long long)p.out.bytes,
        (unsigned)p.out.hash);
    printf("%d objects, %d arrays, %d strings, %d numbers, %d words, depth %d\n", p.n.objects, p.n.arrays,
        p.n.strings, p.n.numbers, p.n.words, p.n.depth_max);
    free(text);
    return 0;
}
