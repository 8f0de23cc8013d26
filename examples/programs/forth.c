/* forth: a small Forth. Words are compiled to a byte-wide token code and run by an inner interpreter: a
 * virtual machine inside the virtual machine.
 *
 *   forth             runs the demonstration below
 *   forth -           reads lines from standard input; while it waits at a terminal its task is parked
 *
 * Words: + - * / mod negate  = < > 0=  and or xor  dup drop swap over rot  @ !  . cr emit ."
 *        : ; if else then  begin until  do loop i  variable  words */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_MAX = 8192, STACK_MAX = 256, WORDS_MAX = 256, NAME_MAX = 15, CELLS_MAX = 256, NEST_MAX = 32 };

enum op { OP_LIT, OP_CALL, OP_RETURN, OP_JUMP, OP_JUMP_IF_0, OP_DO, OP_LOOP, OP_I, OP_TEXT,
          OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_NEGATE, OP_EQ, OP_LT, OP_GT, OP_ZERO_EQ, OP_AND, OP_OR,
          OP_XOR, OP_DUP, OP_DROP, OP_SWAP, OP_OVER, OP_ROT, OP_FETCH, OP_STORE, OP_PRINT, OP_CR, OP_EMIT };

struct word { char name[NAME_MAX + 1]; int32_t entry; };
struct forth {
    uint8_t code[CODE_MAX];
    int32_t here, begin_of_line;
    struct word words[WORDS_MAX];
    int words_count;
    int32_t stack[STACK_MAX], returns[STACK_MAX], cells[CELLS_MAX];
    int depth, returns_depth, cells_count;
    struct { char kind; int32_t at; } open[NEST_MAX];   /* 'i'f, 'b'egin, 'd'o that wait for a partner */
    int open_count, compiling;
    const char *error, *source;
    uint64_t steps;
};

static const struct { const char *name; uint8_t op; } primitives[] = {
    { "+", OP_ADD }, { "-", OP_SUB }, { "*", OP_MUL }, { "/", OP_DIV }, { "mod", OP_MOD },
    { "negate", OP_NEGATE },
    { "=", OP_EQ }, { "<", OP_LT }, { ">", OP_GT }, { "0=", OP_ZERO_EQ }, { "and", OP_AND }, { "or", OP_OR },
    { "xor", OP_XOR }, { "dup", OP_DUP }, { "drop", OP_DROP }, { "swap", OP_SWAP }, { "over", OP_OVER },
    { "rot", OP_ROT }, { "@", OP_FETCH }, { "!", OP_STORE }, { ".", OP_PRINT }, { "cr", OP_CR },
    { "emit", OP_EMIT },
    { "i", OP_I },
};
enum { PRIMITIVES = (int)(sizeof primitives / sizeof primitives[0]) };

static int fail(struct forth *f, const char *reason)
{
    if (f->error == NULL) f->error = reason;
    return 0;
}

/* ---- the inner interpreter */

static void push(struct forth *f, int32_t v)
{
    if (f->depth == STACK_MAX) {
        fail(f, "stack is full");
        return;
    }
    f->stack[f->depth++] = v;
}

static int32_t pop(struct forth *f)
{
    if (f->depth == 0) return fail(f, "stack is empty");
    return f->stack[--f->depth];
}

static int32_t operand(const struct forth *f, int32_t at)
{
    int32_t v;
    memcpy(&v, f->code + at, sizeof v);
    return v;
}

static int32_t arithmetic(struct forth *f, uint8_t op, int32_t a, int32_t b)
{
    uint32_t x = (uint32_t)a, y = (uint32_t)b;
    switch (op) {
    case OP_ADD: return (int32_t)(x + y);
    case OP_SUB: return (int32_t)(x - y);
    case OP_MUL: return (int32_t)(x * y);
    case OP_DIV: return b == 0 || (a == INT32_MIN && b == -1) ? fail(f, "division fails") : a / b;
    case OP_MOD: return b == 0 || b == -1 ? (b == 0 ? fail(f, "division fails") : 0) : a % b;
    case OP_EQ: return a == b ? -1 : 0;
    case OP_LT: return a < b ? -1 : 0;
    case OP_GT: return a > b ? -1 : 0;
    case OP_AND: return a & b;
    case OP_OR: return a | b;
    default: return a ^ b;
    }
}

static void stack_word(struct forth *f, uint8_t op)
{
    int32_t a = pop(f), b;
    if (f->error != NULL) return;
    switch (op) {
    case OP_NEGATE: push(f, (int32_t)(0u - (uint32_t)a)); return;
    case OP_ZERO_EQ: push(f, a == 0 ? -1 : 0); return;
    case OP_DUP: push(f, a); push(f, a); return;
    case OP_DROP: return;
    case OP_PRINT: printf("%d ", (int)a); return;
    case OP_EMIT: putchar(a & 127); return;
    case OP_FETCH:
        if (a < 0 || a >= f->cells_count) fail(f, "no such variable");
        else push(f, f->cells[a]);
        return;
    default: break;
    }
    b = pop(f);
    switch (op) {
    case OP_SWAP: push(f, a); push(f, b); return;
    case OP_OVER: push(f, b); push(f, a); push(f, b); return;
    case OP_ROT: {
        int32_t c = pop(f);
        push(f, b);
        push(f, a);
        push(f, c);
        return;
    }
    default:                            /* OP_STORE */
        if (a < 0 || a >= f->cells_count) fail(f, "no such variable");
        else f->cells[a] = b;
    }
}

static void enter(struct forth *f, int32_t v)
{
    if (f->returns_depth == STACK_MAX) fail(f, "too many calls");
    else f->returns[f->returns_depth++] = v;
}

static void run(struct forth *f, int32_t ip)
{
    int floor = f->returns_depth;
    while (f->error == NULL) {
        uint8_t op = f->code[ip++];
        f->steps++;
        switch (op) {
        case OP_LIT: push(f, operand(f, ip)); ip += 4; break;
        case OP_CALL: enter(f, ip + 4); ip = operand(f, ip); break;
        case OP_RETURN:
            if (f->returns_depth == floor) return;
            ip = f->returns[--f->returns_depth];
            break;
        case OP_JUMP: ip = operand(f, ip); break;
        case OP_JUMP_IF_0: ip = pop(f) == 0 ? operand(f, ip) : ip + 4; break;
        case OP_DO: {
            int32_t from = pop(f), to = pop(f);
            enter(f, to);
            enter(f, from);
            break;
        }
        case OP_LOOP:
            if (++f->returns[f->returns_depth - 1] < f->returns[f->returns_depth - 2]) {
                ip = operand(f, ip);
            } else {
                f->returns_depth -= 2;
                ip += 4;
            }
            break;
        case OP_I:
            if (f->returns_depth - floor < 2) fail(f, "i stands outside of a loop");
            else push(f, f->returns[f->returns_depth - 1]);
            break;
        case OP_TEXT:
            fwrite(f->code + ip + 4, 1, (size_t)operand(f, ip), stdout);
            ip += 4 + operand(f, ip);
            break;
        case OP_CR: putchar('\n'); break;
        default:
            if ((op >= OP_ADD && op <= OP_MOD) || (op >= OP_EQ && op <= OP_GT)
                || (op >= OP_AND && op <= OP_XOR)) {
                int32_t b = pop(f), a = pop(f);
                push(f, arithmetic(f, op, a, b));
            } else {
                stack_word(f, op);
            }
        }
    }
}

/* ---- the compiler: one pass over the words of a line */

static void emit(struct forth *f, uint8_t op)
{
    if (f->here >= CODE_MAX - 8) fail(f, "code space is full");
    else f->code[f->here++] = op;
}

static void emit_operand(struct forth *f, uint8_t op, int32_t v)
{
    emit(f, op);
    if (f->error != NULL) return;
    memcpy(f->code + f->here, &v, sizeof v);
    f->here += 4;
}

static int next_name(struct forth *f, char *out)
{
    size_t n = 0;
    while (*f->source == ' ') f->source++;
    while (*f->source != 0 && *f->source != ' ') {
        if (n == NAME_MAX) return fail(f, "name is too long");
        out[n++] = *f->source++;
    }
    out[n] = 0;
    return n > 0;
}

static struct word *define(struct forth *f, int32_t entry)
{
    if (f->words_count == WORDS_MAX || !next_name(f, f->words[f->words_count].name)) {
        fail(f, "no room or no name for a word");
        return NULL;
    }
    struct word *w = &f->words[f->words_count++];
    w->entry = entry;
    return w;
}

static void open_place(struct forth *f, char kind, int32_t at)
{
    if (f->open_count == NEST_MAX) {
        fail(f, "nested too deep");
        return;
    }
    f->open[f->open_count].kind = kind;
    f->open[f->open_count++].at = at;
}

static int32_t close_place(struct forth *f, char kind)
{
    if (f->open_count == 0 || f->open[f->open_count - 1].kind != kind) {
        return fail(f, "structure does not match");
    }
    return f->open[--f->open_count].at;
}

static void patch(struct forth *f, int32_t at)
{
    if (f->error == NULL) memcpy(f->code + at, &f->here, sizeof f->here);
}

static void compile_text(struct forth *f)
{
    const char *end = strchr(++f->source, '"');
    if (end == NULL) {
        fail(f, "text without end");
        return;
    }
    int32_t n = (int32_t)(end - f->source);
    if (f->here + n >= CODE_MAX - 16) {
        fail(f, "code space is full");
        return;
    }
    emit_operand(f, OP_TEXT, n);
    memcpy(f->code + f->here, f->source, (size_t)n);
    f->here += n;
    f->source = end + 1;
}

static int compile_structure(struct forth *f, const char *name)
{
    if (strcmp(name, "if") == 0) {
        emit_operand(f, OP_JUMP_IF_0, 0);
        open_place(f, 'i', f->here - 4);
    } else if (strcmp(name, "else") == 0) {
        int32_t at = close_place(f, 'i');
        emit_operand(f, OP_JUMP, 0);
        open_place(f, 'i', f->here - 4);
        patch(f, at);
    } else if (strcmp(name, "then") == 0) {
        patch(f, close_place(f, 'i'));
    } else if (strcmp(name, "begin") == 0) {
        open_place(f, 'b', f->here);
    } else if (strcmp(name, "until") == 0) {
        emit_operand(f, OP_JUMP_IF_0, close_place(f, 'b'));
    } else if (strcmp(name, "do") == 0) {
        emit(f, OP_DO);
        open_place(f, 'd', f->here);
    } else if (strcmp(name, "loop") == 0) {
        emit_operand(f, OP_LOOP, close_place(f, 'd'));
    } else if (strcmp(name, ".\"") == 0) {
        compile_text(f);
    } else {
        return 0;
    }
    return 1;
}

static int compile_name(struct forth *f, const char *name)
{
    for (int i = f->words_count - 1; i >= 0; i--) {
        if (strcmp(f->words[i].name, name) != 0) continue;
        emit_operand(f, OP_CALL, f->words[i].entry);
        return 1;
    }
    for (int i = 0; i < PRIMITIVES; i++) {
        if (strcmp(primitives[i].name, name) != 0) continue;
        emit(f, primitives[i].op);
        return 1;
    }
    char *end;
    long v = strtol(name, &end, 10);
    if (*end != 0) return fail(f, "unknown word");
    emit_operand(f, OP_LIT, (int32_t)v);
    return 1;
}

/* `: name ... ;` and `variable name` define words; the rest is compiled, and run at the end of the line. */
static void compile_word(struct forth *f, const char *name)
{
    if (strcmp(name, ":") == 0) {
        if (f->here != f->begin_of_line) fail(f, "a definition begins its line");
        f->compiling = define(f, f->here) != NULL;
    } else if (strcmp(name, ";") == 0) {
        if (!f->compiling || f->open_count != 0) fail(f, "a definition is not complete");
        emit(f, OP_RETURN);
        f->compiling = 0;
        f->begin_of_line = f->here;
    } else if (strcmp(name, "variable") == 0) {
        if (f->cells_count == CELLS_MAX) fail(f, "no room for a variable");
        if (define(f, f->here) == NULL) return;
        emit_operand(f, OP_LIT, f->cells_count++);
        emit(f, OP_RETURN);
        f->begin_of_line = f->here;
    } else if (strcmp(name, "words") == 0) {
        for (int i = f->words_count - 1; i >= 0; i--) printf("%s ", f->words[i].name);
    } else if (!compile_structure(f, name)) {
        compile_name(f, name);
    }
}

static int interpret(struct forth *f, const char *line)
{
    char name[NAME_MAX + 1];
    f->source = line;
    f->error = NULL;
    f->begin_of_line = f->compiling ? f->begin_of_line : f->here;
    while (f->error == NULL && next_name(f, name)) compile_word(f, name);
    if (f->error == NULL && !f->compiling && f->here != f->begin_of_line) {
        if (f->open_count != 0) fail(f, "a structure is not complete");
        emit(f, OP_RETURN);
        run(f, f->begin_of_line);
    }
    if (f->error == NULL) {
        if (!f->compiling) f->here = f->begin_of_line;
        return 1;
    }
    printf("? %s (%s)\n", f->error, name);
    f->here = f->begin_of_line;
    f->depth = f->returns_depth = f->open_count = f->compiling = 0;
    return 0;
}

static const char *const demonstration[] = {
    ": square dup * ;",
    ": squares 11 1 do i square . loop cr ;",
    ".\" squares: \" squares",
    ": gcd begin swap over mod dup 0= until drop ;",
    ".\" gcd of 1071 and 462: \" 1071 462 gcd . cr",
    "variable divisors",
    ": count 1 divisors @ + divisors ! ;",
    ": count-divisors 0 divisors ! dup 1 + 1 do dup i mod 0= if count then loop drop divisors @ ;",
    ": primes 2 do i count-divisors 2 = if i . then loop cr ;",
    ".\" primes: \" 120 primes",
    ": collatz 0 swap begin dup 2 mod if 3 * 1 + else 2 / then swap 1 + swap dup 1 = until drop ;",
    ".\" steps of 27 to 1: \" 27 collatz . cr",
};

int main(int argc, char **argv)
{
    static struct forth f;
    int ok = 1;
    if (argc > 1 && strcmp(argv[1], "-") == 0) {
        char line[256];
        while (fgets(line, sizeof line, stdin) != NULL) {
            line[strcspn(line, "\r\n")] = 0;
            ok = interpret(&f, line);
            if (ok) puts(f.compiling ? "" : " ok");
            fflush(stdout);
        }
        return ok ? 0 : 1;
    }
    for (size_t i = 0; i < sizeof demonstration / sizeof demonstration[0]; i++) {
        ok &= interpret(&f, demonstration[i]);
    }
    printf("%llu steps of the inner interpreter\n", (unsigned long long)f.steps);
    return ok ? 0 : 1;
}
