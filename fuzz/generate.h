/* Makes a valid module from any bytes: each byte is a choice, and whatever an operator takes is put on the
 * stack first when it is not there. Behind the end of the input everything is closed. Knows the binary format
 * and the types of operators from the specification, nothing of the engine's own tables. */
#ifndef WRT_FUZZ_GENERATE_H
#define WRT_FUZZ_GENERATE_H

#include "fuzz.h"

enum { GEN_I32 = 0x7f, GEN_I64 = 0x7e, GEN_F32 = 0x7d, GEN_F64 = 0x7c, GEN_FUNCREF = 0x70 };
enum {
    GEN_MAX = 1 << 16,
    GEN_TYPES = 10,
    GEN_STACK = 64,
    GEN_FRAMES = 24,
    GEN_LOCALS = 10,
    GEN_FUNCS = 4,
    GEN_HOST = 3
};
enum { GEN_MEMORY_BYTES = 65536, GEN_TABLE = 8 };

struct gen_type { uint32_t params, results; uint8_t kinds[6]; };
struct gen_frame {
    uint32_t type, base;
    uint8_t op;
    bool dead;
}; /* op: block, loop, if, else; 0: the body */
struct gen {
    struct fuzz_in in;
    uint8_t *out;
    size_t n;
    struct gen_type types[GEN_TYPES];
    uint32_t func_types[GEN_HOST + GEN_FUNCS], funcs;
    uint8_t stack[GEN_STACK], locals[GEN_LOCALS];
    uint32_t height, locals_count, frames_count, func;
    struct gen_frame frames[GEN_FRAMES];
};

/* The host functions, imported first: h.charge (i32) -> (i32), h.park (i32) -> (i64), h.yield () -> (). */
static const struct gen_type gen_fixed[] = {
    { 1, 1, { GEN_I32, GEN_I32 } }, { 1, 1, { GEN_I32, GEN_I64 } }, { 0, 0, { 0 } },
};
static const uint8_t gen_kinds[4] = { GEN_I32, GEN_I64, GEN_F32, GEN_F64 };

/* ---- bytes ---- */

static void gen_put(struct gen *g, uint32_t byte)
{
    if (g->n < GEN_MAX) g->out[g->n++] = (uint8_t)byte;
}

static void gen_u(struct gen *g, uint64_t x)
{
    for (; x >= 0x80; x >>= 7) gen_put(g, (uint32_t)(x & 0x7f) | 0x80);
    gen_put(g, (uint32_t)x);
}

static void gen_s(struct gen *g, int64_t x)
{
    while (x < -64 || x > 63) {
        gen_put(g, (uint32_t)(x & 0x7f) | 0x80);
        x >>= 7;
    }
    gen_put(g, (uint32_t)(x & 0x7f));
}

static void gen_name(struct gen *g, const char *name)
{
    gen_u(g, strlen(name));
    for (; *name; name++) gen_put(g, (uint8_t)*name);
}

/* Sections and bodies have lengths of five bytes, filled in afterwards. */
static size_t gen_open(struct gen *g)
{
    size_t at = g->n;
    for (int i = 0; i < 5; i++) gen_put(g, 0);
    return at;
}

static void gen_close(struct gen *g, size_t at)
{
    size_t x = g->n - at - 5;
    for (int i = 0; i < 5; i++)
        g->out[at + (size_t)i] = (uint8_t)((x >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
}

static size_t gen_section(struct gen *g, uint32_t id)
{
    gen_put(g, id);
    return gen_open(g);
}

/* ---- the stack of types ---- */

static void gen_push(struct gen *g, uint8_t kind) { g->stack[g->height++] = kind; }

static struct gen_frame *gen_top(struct gen *g) { return &g->frames[g->frames_count - 1]; }

static void gen_const(struct gen *g, uint8_t kind)
{
    uint32_t how = fuzz_byte(&g->in);
    if (kind == GEN_I32) {
        gen_put(g, 0x41);
        gen_s(g, how < 192 ? (int32_t)how - 16 : (int32_t)(0x80000000u >> (how & 31)));
    } else if (kind == GEN_I64) {
        gen_put(g, 0x42);
        gen_s(g, how < 192 ? (int64_t)how - 16 : (int64_t)(0x8000000000000000u >> (how & 63)));
    } else if (kind == GEN_FUNCREF) {
        gen_put(g, how & 1 ? 0xd2 : 0xd0);
        if (how & 1) gen_u(g, how / 2 % (GEN_HOST + g->funcs));
        else gen_put(g, GEN_FUNCREF);
    } else {
        uint32_t bytes = kind == GEN_F32 ? 4 : 8;
        gen_put(g, kind == GEN_F32 ? 0x43 : 0x44);
        for (uint32_t i = 0; i < bytes; i++) { /* a small whole number, infinity, NaN or rubbish at the top */
            gen_put(g,
                i + 2 < bytes       ? 0
                    : how & 128     ? fuzz_byte(&g->in)
                    : i + 1 < bytes ? how * 2 & 0xff
                                    : 0x40);
        }
    }
    gen_push(g, kind);
}

/* Puts a value of this kind on the stack: a local if there is one. */
static void gen_fresh(struct gen *g, uint8_t kind)
{
    uint32_t first = fuzz_byte(&g->in);
    for (uint32_t i = 0; first % 3 != 0 && i < g->locals_count; i++) {
        uint32_t k = (i + first / 3) % g->locals_count;
        if (g->locals[k] != kind) continue;
        gen_put(g, 0x20);
        gen_u(g, k);
        gen_push(g, kind);
        return;
    }
    gen_const(g, kind);
}

static bool gen_has(struct gen *g, const uint8_t *kinds, uint32_t n)
{
    return g->height >= gen_top(g)->base + n && (n == 0 || memcmp(g->stack + g->height - n, kinds, n) == 0);
}

/* Sees to it that these values are on the top. */
static void gen_want(struct gen *g, const uint8_t *kinds, uint32_t n)
{
    if (gen_has(g, kinds, n)) return;
    for (uint32_t i = 0; i < n; i++) gen_fresh(g, kinds[i]);
}

static void gen_take(struct gen *g, const char *kinds)     /* 'i' 'l' 'f' 'd' 'r' */
{
    uint8_t k[4];
    uint32_t n = 0;
    for (; kinds[n]; n++) {
        char c = kinds[n];
        k[n] = c == 'i' ? GEN_I32
            : c == 'l'  ? GEN_I64
            : c == 'f'  ? GEN_F32
            : c == 'd'  ? GEN_F64
                        : GEN_FUNCREF;
    }
    gen_want(g, k, n);
    g->height -= n;
}

static void gen_push_all(struct gen *g, const uint8_t *kinds, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) gen_push(g, kinds[i]);
}

/* What follows cannot be reached. */
static void gen_dead(struct gen *g)
{
    gen_top(g)->dead = true;
    g->height = gen_top(g)->base;
}

/* ---- plain operators: ranges of opcodes with one signature ---- */

struct gen_range { uint8_t first, last; const char *takes; uint8_t gives; };
static const struct gen_range gen_ranges[] = {
    { 0x45, 0x45, "i", GEN_I32 },
    { 0x46, 0x4f, "ii", GEN_I32 },
    { 0x50, 0x50, "l", GEN_I32 },
    { 0x51, 0x5a, "ll", GEN_I32 },
    { 0x5b, 0x60, "ff", GEN_I32 },
    { 0x61, 0x66, "dd", GEN_I32 },
    { 0x67, 0x69, "i", GEN_I32 },
    { 0x6a, 0x78, "ii", GEN_I32 },
    { 0x79, 0x7b, "l", GEN_I64 },
    { 0x7c, 0x8a, "ll", GEN_I64 },
    { 0x8b, 0x91, "f", GEN_F32 },
    { 0x92, 0x98, "ff", GEN_F32 },
    { 0x99, 0x9f, "d", GEN_F64 },
    { 0xa0, 0xa6, "dd", GEN_F64 },
    { 0xa7, 0xa7, "l", GEN_I32 },
    { 0xa8, 0xa9, "f", GEN_I32 },
    { 0xaa, 0xab, "d", GEN_I32 },
    { 0xac, 0xad, "i", GEN_I64 },
    { 0xae, 0xaf, "f", GEN_I64 },
    { 0xb0, 0xb1, "d", GEN_I64 },
    { 0xb2, 0xb3, "i", GEN_F32 },
    { 0xb4, 0xb5, "l", GEN_F32 },
    { 0xb6, 0xb6, "d", GEN_F32 },
    { 0xb7, 0xb8, "i", GEN_F64 },
    { 0xb9, 0xba, "l", GEN_F64 },
    { 0xbb, 0xbb, "f", GEN_F64 },
    { 0xbc, 0xbc, "f", GEN_I32 },
    { 0xbd, 0xbd, "d", GEN_I64 },
    { 0xbe, 0xbe, "i", GEN_F32 },
    { 0xbf, 0xbf, "l", GEN_F64 },
    { 0xc0, 0xc1, "i", GEN_I32 },
    { 0xc2, 0xc4, "l", GEN_I64 },
};
static const struct gen_range gen_loads[] = {
    { 0x28, 0x28, "i", GEN_I32 },
    { 0x29, 0x29, "i", GEN_I64 },
    { 0x2a, 0x2a, "i", GEN_F32 },
    { 0x2b, 0x2b, "i", GEN_F64 },
    { 0x2c, 0x2f, "i", GEN_I32 },
    { 0x30, 0x35, "i", GEN_I64 },
    { 0x36, 0x36, "ii", 0 },
    { 0x37, 0x37, "il", 0 },
    { 0x38, 0x38, "if", 0 },
    { 0x39, 0x39, "id", 0 },
    { 0x3a, 0x3b, "ii", 0 },
    { 0x3c, 0x3e, "il", 0 },
};

static void gen_range(struct gen *g, const struct gen_range *r)
{
    uint32_t op = r->first + fuzz_pick(&g->in, r->last - r->first + 1u);
    gen_take(g, r->takes);
    gen_put(g, op);
    if (r->gives) gen_push(g, r->gives);
}

static void gen_plain(struct gen *g)
{
    gen_range(g, &gen_ranges[fuzz_pick(&g->in, sizeof gen_ranges / sizeof gen_ranges[0])]);
}

static void gen_access(struct gen *g)
{
    uint32_t offset = fuzz_byte(&g->in);
    gen_range(g, &gen_loads[fuzz_pick(&g->in, sizeof gen_loads / sizeof gen_loads[0])]);
    gen_put(g, 0);
    gen_u(g, offset < 224 ? offset : offset < 250 ? 65500u + offset % 32 : UINT32_MAX - offset % 4);
}

static void gen_saturating(struct gen *g)
{
    uint32_t k = fuzz_pick(&g->in, 8);
    gen_take(g, k & 2 ? "d" : "f");
    gen_put(g, 0xfc);
    gen_put(g, k);
    gen_push(g, k < 4 ? GEN_I32 : GEN_I64);
}

/* ---- variables, bulk operators, references ---- */

static void gen_variable(struct gen *g)
{
    uint32_t how = fuzz_pick(&g->in, 5);
    if (how < 3) {
        if (g->locals_count == 0) return;
        uint32_t k = fuzz_pick(&g->in, g->locals_count);
        if (how > 0) gen_want(g, &g->locals[k], 1);
        gen_put(g, 0x20 + how);
        gen_u(g, k);
        if (how == 0) gen_push(g, g->locals[k]);
        if (how == 1) g->height--;
        return;
    }
    uint32_t k = fuzz_pick(&g->in, 4);
    if (how == 4) gen_want(g, &gen_kinds[k], 1);
    gen_put(g, 0x23 + how - 3);
    gen_u(g, k);
    if (how == 3) gen_push(g, gen_kinds[k]);
    else g->height--;
}

struct gen_bulk { uint8_t bytes[4], n; const char *takes; uint8_t gives; };
static const struct gen_bulk gen_bulks[] = {
    { { 0x3f, 0 }, 2, "", GEN_I32 },
    { { 0x40, 0 }, 2, "i", GEN_I32 }, /* memory.size, .grow */
    { { 0xfc, 8, 1, 0 }, 4, "iii", 0 },
    { { 0xfc, 9, 1 }, 3, "", 0 }, /* memory.init, data.drop */
    { { 0xfc, 10, 0, 0 }, 4, "iii", 0 },
    { { 0xfc, 11, 0 }, 3, "iii", 0 }, /* memory.copy, .fill */
    { { 0xfc, 12, 1, 0 }, 4, "iii", 0 },
    { { 0xfc, 13, 1 }, 3, "", 0 }, /* table.init, elem.drop */
    { { 0xfc, 14, 0, 0 }, 4, "iii", 0 },
    { { 0xfc, 15, 0 }, 3, "ri", GEN_I32 }, /* table.copy, .grow */
    { { 0xfc, 16, 0 }, 3, "", GEN_I32 },
    { { 0xfc, 17, 0 }, 3, "iri", 0 }, /* table.size, .fill */
    { { 0x25, 0 }, 2, "i", GEN_FUNCREF },
    { { 0x26, 0 }, 2, "ir", 0 },
    { { 0xd1 }, 1, "r", GEN_I32 },
};

static void gen_bulk(struct gen *g)
{
    const struct gen_bulk *b = &gen_bulks[fuzz_pick(&g->in, sizeof gen_bulks / sizeof gen_bulks[0])];
    gen_take(g, b->takes);
    for (uint32_t i = 0; i < b->n; i++) gen_put(g, b->bytes[i]);
    if (b->gives) gen_push(g, b->gives);
}

static void gen_choice(struct gen *g)       /* drop and select */
{
    uint32_t how = fuzz_byte(&g->in);
    uint8_t kind = gen_kinds[how / 4 % 4];
    if (how % 4 == 0) {
        if (g->height == gen_top(g)->base) return;
        gen_put(g, 0x1a);
        g->height--;
        return;
    }
    uint8_t kinds[3] = { kind, kind, GEN_I32 };
    gen_want(g, kinds, 3);
    g->height -= 2;
    gen_put(g, how % 4 == 1 ? 0x1c : 0x1b);
    if (how % 4 != 1) return;
    gen_put(g, 1);
    gen_put(g, kind);
}

/* ---- blocks and branches ---- */

static void gen_frame(struct gen *g, uint8_t op, uint32_t type)
{
    const struct gen_type *t = &g->types[type];
    g->frames[g->frames_count++] = (struct gen_frame){
        .type = type, .base = g->height - t->params, .op = op
    };
}

static void gen_block(struct gen *g)
{
    if (g->frames_count == GEN_FRAMES) return;
    uint8_t op = (uint8_t)(0x02 + fuzz_pick(&g->in, 3));
    uint32_t type = fuzz_pick(&g->in, GEN_TYPES);
    const struct gen_type *t = &g->types[type];
    uint8_t kinds[8];
    memcpy(kinds, t->kinds, t->params);
    kinds[t->params] = GEN_I32;
    gen_want(g, kinds, t->params + (op == 0x04));
    if (op == 0x04) g->height--;
    gen_put(g, op);
    if (t->params == 0 && t->results == 0) gen_put(g, 0x40);
    else if (t->params == 0 && t->results == 1) gen_put(g, t->kinds[0]);
    else gen_s(g, type);
    gen_frame(g, op, type);
}

/* Leaves exactly the results of the frame on the stack: by a branch, which drops what is below, or one by
 * one. */
static void gen_results(struct gen *g)
{
    struct gen_frame *f = gen_top(g);
    const struct gen_type *t = &g->types[f->type];
    const uint8_t *results = t->kinds + t->params;
    if (f->dead && g->height == f->base) return;
    if (g->height == f->base + t->results && gen_has(g, results, t->results)) return;
    if (f->op != 0x03 && gen_has(g, results, t->results)) {
        gen_put(g, 0x0c);
        gen_put(g, 0);
        return;
    }
    for (; g->height > f->base; g->height--) gen_put(g, 0x1a);
    for (uint32_t i = 0; i < t->results; i++) gen_fresh(g, results[i]);
}

static void gen_else(struct gen *g)
{
    struct gen_frame *f = gen_top(g);
    if (f->op != 0x04) return;
    const struct gen_type *t = &g->types[f->type];
    gen_results(g);
    gen_put(g, 0x05);
    g->height = f->base;
    gen_push_all(g, t->kinds, t->params);
    f->op = 0x05;
    f->dead = false;
}

static void gen_end(struct gen *g)
{
    struct gen_frame *f = gen_top(g);
    const struct gen_type *t = &g->types[f->type];
    bool same = t->params == t->results && memcmp(t->kinds, t->kinds + t->params, t->params) == 0;
    if (f->op == 0x04 && !same) gen_else(g);
    gen_results(g);
    gen_put(g, 0x0b);
    g->height = f->base;
    gen_push_all(g, t->kinds + t->params, t->results);
    g->frames_count--;
}

static const uint8_t *gen_label(struct gen *g, uint32_t label, uint32_t *n)
{
    const struct gen_frame *f = &g->frames[g->frames_count - 1 - label];
    const struct gen_type *t = &g->types[f->type];
    *n = f->op == 0x03 ? t->params : t->results;
    return f->op == 0x03 ? t->kinds : t->kinds + t->params;
}

static void gen_branch(struct gen *g)
{
    uint32_t how = fuzz_pick(&g->in, 4), label = fuzz_pick(&g->in, g->frames_count), n, m;
    const uint8_t *kinds = gen_label(g, label, &n);
    uint8_t with[8];
    memcpy(with, kinds, n);
    with[n] = GEN_I32;
    gen_want(g, with, n + (how > 0));
    if (how > 0) g->height--;
    if (how < 3) {
        gen_put(g, how == 0 ? 0x0c : 0x0d);
        gen_u(g, label);
        if (how == 0) gen_dead(g);
        return;
    }
    uint32_t count = fuzz_pick(&g->in, 6);
    gen_put(g, 0x0e);
    gen_u(g, count);
    for (uint32_t i = 0; i < count; i++) {      /* other targets only where they take the same */
        uint32_t other = fuzz_pick(&g->in, g->frames_count);
        const uint8_t *others = gen_label(g, other, &m);
        gen_u(g, m == n && memcmp(others, kinds, n) == 0 ? other : label);
    }
    gen_u(g, label);
    gen_dead(g);
}

static void gen_leave(struct gen *g)        /* return, unreachable, nop */
{
    uint32_t how = fuzz_pick(&g->in, 8);
    const struct gen_type *t = &g->types[g->frames[0].type];
    if (how == 0) {
        gen_put(g, 0x00);
        gen_dead(g);
    } else if (how < 3) {
        gen_want(g, t->kinds + t->params, t->results);
        gen_put(g, 0x0f);
        gen_dead(g);
    } else {
        gen_put(g, 0x01);
    }
}

static void gen_call(struct gen *g)
{
    uint32_t how = fuzz_pick(&g->in, 8), k = fuzz_byte(&g->in);
    bool indirect = (how & 1) != 0, tail = how >= 6;
    uint32_t func = k % (GEN_HOST + g->funcs), type = indirect ? k % GEN_TYPES : g->func_types[func];
    const struct gen_type *t = &g->types[type], *own = &g->types[g->frames[0].type];
    tail = tail && t->results == own->results &&
        memcmp(t->kinds + t->params, own->kinds + own->params, t->results) == 0;
    uint8_t kinds[8];
    memcpy(kinds, t->kinds, t->params);
    kinds[t->params] = GEN_I32;
    gen_want(g, kinds, t->params + indirect);
    g->height -= t->params + indirect;
    gen_put(g, indirect ? (tail ? 0x13 : 0x11) : (tail ? 0x12 : 0x10));
    gen_u(g, indirect ? type : func);
    if (indirect) gen_put(g, 0);
    if (tail) gen_dead(g);
    else gen_push_all(g, t->kinds + t->params, t->results);
}

/* ---- bodies and sections ---- */

/* Bodies end later than blocks. */
static void gen_maybe_end(struct gen *g)
{
    if (g->frames_count > 1 || fuzz_pick(&g->in, 12) == 0) gen_end(g);
}

static void gen_step(struct gen *g)
{
    switch (fuzz_pick(&g->in, 24)) {
    case 0: case 1: gen_maybe_end(g); break;
    case 2: case 3: gen_fresh(g, gen_kinds[fuzz_pick(&g->in, 4)]); break;
    case 4: case 5: case 6: gen_variable(g); break;
    case 7: case 8: case 9: case 10: gen_plain(g); break;
    case 11: case 12: gen_access(g); break;
    case 13: case 14: gen_block(g); break;
    case 15: gen_else(g); break;
    case 16: case 17: gen_branch(g); break;
    case 18: case 19: gen_call(g); break;
    case 20: gen_bulk(g); break;
    case 21: gen_choice(g); break;
    case 22: gen_leave(g); break;
    default: gen_saturating(g); break;
    }
}

static void gen_body(struct gen *g, uint32_t func)
{
    uint32_t type = g->func_types[GEN_HOST + func], extra = fuzz_pick(&g->in, 5);
    const struct gen_type *t = &g->types[type];
    size_t at = gen_open(g);
    memcpy(g->locals, t->kinds, t->params);
    g->locals_count = t->params;
    gen_u(g, extra);
    for (uint32_t i = 0; i < extra; i++) {
        uint8_t kind = gen_kinds[fuzz_pick(&g->in, 4)];
        gen_put(g, 1);
        gen_put(g, kind);
        g->locals[g->locals_count++] = kind;
    }
    g->height = 0;
    g->frames_count = 1;
    g->frames[0] = (struct gen_frame){ .type = type };
    while (g->frames_count > 0) {
        /* Near the end of the room everything is closed; a full stack is emptied by leaving the block. */
        bool full = g->height + 16 > GEN_STACK || g->n + 4096 > GEN_MAX;
        if (full) gen_end(g);
        else gen_step(g);
    }
    gen_close(g, at);
}

static void gen_types(struct gen *g)
{
    size_t at = gen_section(g, 1);
    gen_u(g, GEN_TYPES);
    for (uint32_t i = 0; i < GEN_TYPES; i++) {
        struct gen_type *t = &g->types[i];
        uint32_t shape = i < GEN_HOST ? 0 : fuzz_byte(&g->in);
        *t = (struct gen_type){ .params = shape % 4, .results = shape / 4 % 3 };
        if (i < GEN_HOST) *t = gen_fixed[i];
        gen_put(g, 0x60);
        for (uint32_t k = 0; i >= GEN_HOST && k < t->params + t->results; k++)
            t->kinds[k] = gen_kinds[(shape >> 4) * (k + 1) % 4];
        gen_u(g, t->params);
        for (uint32_t k = 0; k < t->params; k++) gen_put(g, t->kinds[k]);
        gen_u(g, t->results);
        for (uint32_t k = 0; k < t->results; k++) gen_put(g, t->kinds[t->params + k]);
    }
    gen_close(g, at);
}

static void gen_imports(struct gen *g)
{
    static const char *const names[GEN_HOST] = { "charge", "park", "yield" };
    size_t at = gen_section(g, 2);
    gen_u(g, GEN_HOST);
    for (uint32_t i = 0; i < GEN_HOST; i++) {
        gen_name(g, "h");
        gen_name(g, names[i]);
        gen_put(g, 0);
        gen_u(g, i);
        g->func_types[i] = i;
    }
    gen_close(g, at);
}

static void gen_raw_section(struct gen *g, uint32_t id, const uint8_t *p, size_t n)
{
    size_t at = gen_section(g, id);
    for (size_t i = 0; i < n; i++) gen_put(g, p[i]);
    gen_close(g, at);
}

static void gen_spaces(struct gen *g)       /* tables, memories, globals, exports */
{
    static const uint8_t tables[] = { 1, GEN_FUNCREF, 1, GEN_TABLE, GEN_TABLE + 4 },
                         memories[] = { 1, 1, 1, 3 };
    static const uint8_t globals[] = { 4, GEN_I32, 1, 0x41, 7, 0x0b, GEN_I64, 1, 0x42, 9, 0x0b,
        GEN_F32, 1, 0x43, 0, 0, 0, 0x40, 0x0b, GEN_F64, 1, 0x44, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x0b };
    gen_raw_section(g, 4, tables, sizeof tables);
    gen_raw_section(g, 5, memories, sizeof memories);
    gen_raw_section(g, 6, globals, sizeof globals);
    size_t at = gen_section(g, 7);
    gen_u(g, 5 + g->funcs);
    for (uint32_t i = 0; i < 5 + g->funcs; i++) {
        char name[2] = { (char)('a' + i), 0 };
        gen_name(g, name);
        gen_put(g, i < g->funcs ? 0 : i == g->funcs ? 2 : 3);
        gen_u(g, i < g->funcs ? GEN_HOST + i : i == g->funcs ? 0 : i - g->funcs - 1);
    }
    gen_close(g, at);
}

static void gen_elems(struct gen *g)        /* one active, one passive */
{
    size_t at = gen_section(g, 9);
    gen_u(g, 2);
    for (uint32_t k = 0; k < 2; k++) {
        gen_put(g, k);
        gen_put(g, k == 0 ? 0x41 : 0x00);
        if (k == 0) gen_put(g, 1);
        if (k == 0) gen_put(g, 0x0b);
        gen_u(g, GEN_HOST + g->funcs);
        for (uint32_t i = 0; i < GEN_HOST + g->funcs; i++) gen_u(g, i);
    }
    gen_close(g, at);
}

/* Fills `out` (GEN_MAX bytes) and gives the length. What is left of the input stays in g->in. */
static size_t gen_module(struct gen *g, const uint8_t *data, size_t n, uint8_t *out)
{
    static const uint8_t head[8] = { 0, 'a', 's', 'm', 1, 0, 0, 0 }, two[] = { 2 };
    static const uint8_t datas[] = { 2, 0, 0x41, 3, 0x0b, 5, 1, 2, 3, 4, 0xff, 1, 6, 9, 8, 7, 6, 5, 4 };
    memset(g, 0, sizeof *g);
    g->in = (struct fuzz_in){ data, n };
    g->out = out;
    for (size_t i = 0; i < sizeof head; i++) gen_put(g, head[i]);
    gen_types(g);
    gen_imports(g);
    g->funcs = 1 + fuzz_pick(&g->in, GEN_FUNCS);
    size_t at = gen_section(g, 3);
    gen_u(g, g->funcs);
    for (uint32_t i = 0; i < g->funcs; i++) {
        g->func_types[GEN_HOST + i] = fuzz_pick(&g->in, GEN_TYPES);
        gen_u(g, g->func_types[GEN_HOST + i]);
    }
    gen_close(g, at);
    gen_spaces(g);
    gen_elems(g);
    gen_raw_section(g, 12, two, sizeof two);
    at = gen_section(g, 10);
    gen_u(g, g->funcs);
    for (uint32_t i = 0; i < g->funcs; i++) gen_body(g, i);
    gen_close(g, at);
    gen_raw_section(g, 11, datas, sizeof datas);
    return g->n;
}

#endif
