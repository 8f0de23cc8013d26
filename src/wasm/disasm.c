/* disasm: register code as text, with its charge blocks. For people: the form may change. */
#include "wasm/disasm.h"
#include "wasm/regcode.h"
#include "wasm/translate.h"

#if WRT_FUSE_FULL
#define N2(n) [WRT__R_##n] = #n, [WRT__R_##n##_D] = #n " >",
#define M2(m, n) [WRT__R_##n##_##m] = #n " " #m, [WRT__R_##n##_##m##_D] = #n " " #m " >",
#else
#define N2(n) [WRT__R_##n] = #n " >",
#define M2(m, n) [WRT__R_##n##_##m] = #n " " #m " >",
#endif
static const char *const names[WRT__R_COUNT] = {
    [WRT__R_NONE] = "none",
#define Y(m, n) M2(m, n)
#define X(n, T, CHK, E, modes) WRT__MODES_OF(modes, Y, n)
    WRT__IBIN(X)
#undef X
#define X(n, K, E, modes) WRT__MODES_OF(modes, Y, n)
    WRT__FCMP(X) WRT__FBIN(X)
#undef X
#define X(n, from, to, CHK, E) WRT__MODES_UN(Y, n)
    WRT__UN(X)
#undef X
#define X(n, K, T, cast) WRT__MODES_LOAD(Y, n)
    WRT__LOAD(X)
#undef X
#define X(n, E) WRT__MODES_SEL(Y, n)
    WRT__SELC(X)
#undef X
#undef Y
#define X(n, ...) N2(n)
    WRT__SHOP(X) WRT__MEMOP(X) WRT__PAIR(X) WRT__MISC2(X)
#undef X
#define Y(m, n) [WRT__R_##n##_##m] = #n " " #m,
#define X(n, K, T) WRT__MODES_STORE(Y, n)
    WRT__STORE(X)
#undef X
#define X(n, T, E) WRT__MODES_BR(Y, n)
    WRT__ICBR(X) WRT__TCBR(X) WRT__FCBR(X)
#undef X
#undef Y
#define X(n, ...) [WRT__R_##n##_S] = #n " S", [WRT__R_##n##_I] = #n " I",
    WRT__INC(X) WRT__LDBR(X)
#undef X
#define X(n) [WRT__R_##n] = #n,
    WRT__MISC(X)
#undef X
};
static const char *const slow_names[WRT__SLOW_COUNT] = {
#define X(n) [WRT__SLOW_##n] = #n,
    WRT__SLOWOPS(X)
#undef X
};
const char *wrt__regop_name(uint32_t op) { return op < WRT__R_COUNT && names[op] ? names[op] : "?"; }
const char *wrt__slowop_name(uint32_t op) { return op < WRT__SLOW_COUNT ? slow_names[op] : "?"; }

/* Words and, for branches, the word of the branch; 0 when there is none. */
struct shape { uint8_t words, branch; };
static struct shape shape_of(uint32_t op)
{
    bool three = (op >= WRT__R_F32_EQ_SS && op < WRT__R_I32_CLZ_S);
    if (three) { /* float operators: constants take a word */
        const char *n = names[op];
        for (; *n && *n != ' '; n++) {}
        bool has_const = n[0] == ' ' && (n[1] == 'I' || n[2] == 'I');
        return (struct shape){ has_const ? 3 : 2, 0 };
    }
    if (op >= WRT__R_I32_CLZ_S && op < WRT__R_LD_I32_S) return (struct shape){ 2, 0 };
    if (op < WRT__R_F32_EQ_SS) return (struct shape){ 2, 0 };
    const char *n = names[op], *m = n;
    while (*m && *m != ' ') m++;
    if (*m) m++;
    bool is_store = n[0] == 'S' && n[1] == 'T' && n[2] == '_',
         is_load = n[0] == 'L' && n[1] == 'D' && n[2] == '_';
    if (is_store || is_load) {
        bool wide = m[0] == 'X' || m[0] == 'P' || (is_store && m[1] == 'I');
        return (struct shape){ wide ? 3 : 2, 0 };
    }
    if (n[0] == 'B' && n[1] == 'R' && n[2] == '_') {
        bool float_const = n[3] == 'F' && m[1] == 'I';
        return (struct shape){ float_const ? 4 : 3, float_const ? 3 : 2 };
    }
    if ((n[0] == 'I' && n[1] == 'N' && n[2] == 'C') || (n[0] == 'L' && n[1] == 'B'))
        return (struct shape){ 4, 2 };
    switch (op) {
    case WRT__R_MOVI:
    case WRT__R_MOV4:
    case WRT__R_RET_I_I:
    case WRT__R_CALL:
    case WRT__R_CALLI_S:
    case WRT__R_SLOW: return (struct shape){ 3, 0 };
    case WRT__R_JMP: case WRT__R_GOTO: return (struct shape){ 2, 1 };
    default: break;
    }
#if WRT_FUSE_FULL
    if (op == WRT__R_CALLI_A) return (struct shape){ 3, 0 };
    if (op >= WRT__R_SEL_EQ_SS && op < WRT__R_I32_XOR_SHL) return (struct shape){ 3, 0 };
    if (op >= WRT__R_I32_ADDM && op < WRT__R_F64_MULADD_SS) return (struct shape){ 3, 0 };
#endif
    return (struct shape){ 2, 0 };
}
static bool is_branch_table(uint32_t op)
{
#if WRT_FUSE_FULL
    if (op == WRT__R_BRTABLE_A) return true;
#endif
    return op == WRT__R_BRTABLE_S;
}
uint32_t wrt__regop_words(uint32_t op, const uint64_t *code)
{
    if (is_branch_table(op)) return 2 + (uint32_t)((const int32_t *)code)[3] + 1;
    return shape_of(op).words;
}

static size_t print_branch(
    char *line, size_t cap, const uint64_t *code, uint32_t at, struct shape s, bool conditional)
{
    const uint64_t w = code[s.branch];
    uint32_t target = (uint32_t)((int32_t)at + (int32_t)(uint32_t)w / 8);
    if (!conditional) return wrt__format(line, cap, " -> %u  fuel %u", target, (uint32_t)(w >> 32 & 0xffff));
    return wrt__format(
        line, cap, " -> %u  fuel %u else %u", target, (uint32_t)(w >> 32 & 0xffff), (uint32_t)(w >> 48));
}
static void print_instruction(const uint64_t *code, uint32_t at, uint32_t op, struct wrt__line_sink *out)
{
    char line[256];
    struct shape s = shape_of(op);
    const uint16_t *h = (const uint16_t *)code;
    const uint32_t *k = (const uint32_t *)code;
    size_t n = wrt__format(line, sizeof line, "  %u: %s", at,
        op == WRT__R_SLOW ? wrt__slowop_name(h[WRT__F_D]) : wrt__regop_name(op));
    if (is_branch_table(op)) {
        n += wrt__format(line + n, sizeof line - n, " %u, %u targets", h[WRT__F_A], k[3] + 1);
    } else if (op == WRT__R_CALL) {
        n += wrt__format(line + n, sizeof line - n, " -> %u  +%u  fuel %u, back %u",
            (uint32_t)((int32_t)at + (int32_t)k[2] / 8), h[6], h[11], h[7]);
    } else if (op == WRT__R_CHARGE) {
        n += wrt__format(line + n, sizeof line - n, "  fuel %u", k[2]);
    } else {
        n += wrt__format(line + n, sizeof line - n, " %u %u %u %u", h[4], h[5], h[6], h[7]);
        if (s.words > 2 && s.branch != 2) n += wrt__format(line + n, sizeof line - n, " 0x%lx", code[2]);
        if (s.branch)
            n += print_branch(line + n, sizeof line - n, code, at, s, op != WRT__R_JMP && op != WRT__R_GOTO);
    }
    out->write(out->ctx, (wrt_str){ line, n < sizeof line ? n : sizeof line - 1 });
}
bool wrt__disasm(const struct wrt__module *m, uint32_t func, struct wrt__line_sink *out)
{
    if (m->handlers || func < m->funcs_imported || func >= m->funcs_count) return false;
    const struct wrt__func *f = &m->funcs[func];
    char line[256];
    wrt_str name = wrt__func_name(m, func);
    size_t n = wrt__format(line, sizeof line,
        "func[%u] <%S>  frame %u slots, link %u, cleared %u, entry fuel %u", func, &name, f->frame,
        (uint32_t)f->link, (uint32_t)f->zero, (uint32_t)f->cost);
    out->write(out->ctx, (wrt_str){ line, n < sizeof line ? n : sizeof line - 1 });
    for (uint32_t at = f->code; at < f->code + f->code_words;) {
        const uint64_t *code = m->code + at;
        uint32_t op = (uint32_t)code[0], offset;
        if (op == WRT__R_NONE || op >= WRT__R_COUNT) return false;
        if (wrt__checkpoint_at(m, func, at, &offset)) {
            n = wrt__format(line, sizeof line, "block @0x%x:", offset);
            out->write(out->ctx, (wrt_str){ line, n });
        }
        print_instruction(code, at, op, out);
        at += wrt__regop_words(op, code);
    }
    return true;
}
