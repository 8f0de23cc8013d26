/* Random programs: nested loops of every kind with branches, stores and calls that depend on the argument,
 * and on what calls before left. */
#ifndef WRT_TESTS_INFER_GENERATE_H
#define WRT_TESTS_INFER_GENERATE_H

#include "infer_fixture.h"

enum { GEN_BYTES = 1 << 16, GEN_LOCALS = 7 };

struct gen {
    uint64_t seed;
    uint8_t bytes[GEN_BYTES];
    size_t n;
    uint32_t func;                  /* that is written: may call those after it */
    uint32_t counters;              /* locals in use as counters, from the last on */
    uint32_t size;                  /* statements left */
    uint32_t labels;                /* blocks around */
    uint32_t globals; /* mutable ones; with any, loops also go on where another call has ended */
    bool wide;                      /* infer_generate_wide.h too */
    bool floats, grows;             /* the counter with a fraction is in use; memory may have grown */
    uint32_t longs;                 /* counters of 64 bits in use */
};

static uint32_t gen_below(struct gen *g, uint32_t n) { return (uint32_t)(test_random(&g->seed) >> 20) % n; }
static void gen_byte(struct gen *g, uint32_t x)
{
    if (g->n < GEN_BYTES) g->bytes[g->n++] = (uint8_t)x;
}

static void gen_signed(struct gen *g, int64_t x)
{
    for (;;) {
        const uint32_t low = (uint32_t)x & 0x7f;
        x >>= 7;
        if ((x == 0 && !(low & 64)) || (x == -1 && low & 64)) {
            gen_byte(g, low);
            return;
        }
        gen_byte(g, low | 0x80);
    }
}

static void gen_unsigned(struct gen *g, uint32_t x)
{
    for (; x >= 0x80; x >>= 7) gen_byte(g, (x & 0x7f) | 0x80);
    gen_byte(g, x);
}

static void gen_const(struct gen *g, int32_t x)
{
    gen_byte(g, WRT__OP_I32_CONST);
    gen_signed(g, x);
}

static void gen_local(struct gen *g, uint32_t op, uint32_t local)
{
    gen_byte(g, op);
    gen_unsigned(g, local);
}

/* ---- expressions -----------------------------------------------------------------------------------------
 */

static int32_t gen_number(struct gen *g)
{
    switch (gen_below(g, 6)) {
    case 0: return (int32_t)gen_below(g, 5);
    case 1: return -(int32_t)gen_below(g, 20);
    case 2: return (int32_t)((uint32_t)1 << gen_below(g, 32));
    case 3: return (int32_t)(((uint32_t)1 << gen_below(g, 31)) - 1);
    case 4: return (int32_t)gen_below(g, 1000);
    default: return (int32_t)(uint32_t)test_random(&g->seed);
    }
}

static void gen_expr(struct gen *g, uint32_t depth);

/* An address: a place of its own, or anywhere within a small or large range. */
static void gen_address(struct gen *g, uint32_t depth)
{
    if (gen_below(g, 2)) {
        gen_const(g, (int32_t)(4 * gen_below(g, 64)));
        return;
    }
    gen_expr(g, depth);
    gen_const(g, gen_below(g, 4) ? (int32_t)(((uint32_t)1 << gen_below(g, 9)) - 1) : 0x7fff);
    gen_byte(g, WRT__OP_I32_AND);
    if (gen_below(g, 2)) {
        gen_const(g, 2);
        gen_byte(g, WRT__OP_I32_SHL);
    }
}

static void gen_memory(struct gen *g, uint32_t op)
{
    gen_byte(g, op);
    gen_byte(g, 0);
    gen_unsigned(g, gen_below(g, 3) ? 0 : gen_below(g, 200));
}

static void gen_binary(struct gen *g, uint32_t depth)
{
    static const uint8_t ops[] = { WRT__OP_I32_ADD, WRT__OP_I32_ADD, WRT__OP_I32_SUB, WRT__OP_I32_SUB,
        WRT__OP_I32_MUL, WRT__OP_I32_AND, WRT__OP_I32_AND, WRT__OP_I32_OR, WRT__OP_I32_XOR, WRT__OP_I32_SHL,
        WRT__OP_I32_SHR_S, WRT__OP_I32_SHR_U, WRT__OP_I32_ROTL, WRT__OP_I32_EQ, WRT__OP_I32_NE,
        WRT__OP_I32_LT_S, WRT__OP_I32_LT_U, WRT__OP_I32_GE_S, WRT__OP_I32_GT_U, WRT__OP_I32_LE_S,
        WRT__OP_I32_DIV_U, WRT__OP_I32_REM_S, WRT__OP_I32_REM_U };
    const uint32_t op = ops[gen_below(g, sizeof ops)];
    gen_expr(g, depth - 1);
    if (op == WRT__OP_I32_DIV_U || op == WRT__OP_I32_REM_S || op == WRT__OP_I32_REM_U) {
        gen_const(g, 1 + (int32_t)gen_below(g, 40));
    } else if (gen_below(g, 2)) {
        gen_const(g, gen_number(g));
    } else {
        gen_expr(g, depth - 1);
    }
    gen_byte(g, op);
}

static void gen_unary(struct gen *g, uint32_t depth)
{
    static const uint8_t ops[] = { WRT__OP_I32_EQZ, WRT__OP_I32_CLZ, WRT__OP_I32_CTZ, WRT__OP_I32_POPCNT,
        WRT__OP_I32_EXTEND8_S, WRT__OP_I32_EXTEND16_S };
    gen_expr(g, depth - 1);
    if (gen_below(g, 3) == 0) { /* there and back by 64 bits */
        gen_byte(g, gen_below(g, 2) ? WRT__OP_I64_EXTEND_I32_S : WRT__OP_I64_EXTEND_I32_U);
        gen_byte(g, WRT__OP_I64_CONST);
        gen_signed(g, gen_number(g));
        gen_byte(g, gen_below(g, 2) ? WRT__OP_I64_ADD : WRT__OP_I64_MUL);
        gen_byte(g, WRT__OP_I32_WRAP_I64);
        return;
    }
    gen_byte(g, ops[gen_below(g, sizeof ops)]);
}

static void gen_expr(struct gen *g, uint32_t depth)
{
    switch (depth == 0 ? gen_below(g, 3) : gen_below(g, 10)) {
    case 0: gen_const(g, gen_number(g)); break;
    case 1: case 2:
        if (g->globals && gen_below(g, 4) == 0) gen_local(g, WRT__OP_GLOBAL_GET, gen_below(g, g->globals));
        else gen_local(g, WRT__OP_LOCAL_GET, gen_below(g, GEN_LOCALS));
        break;
    case 3: {
        static const uint8_t loads[] = { WRT__OP_I32_LOAD, WRT__OP_I32_LOAD, WRT__OP_I32_LOAD8_U,
            WRT__OP_I32_LOAD8_S, WRT__OP_I32_LOAD16_U };
        gen_address(g, depth - 1);
        gen_memory(g, loads[gen_below(g, sizeof loads)]);
        break;
    }
    case 4:
        gen_expr(g, depth - 1);
        gen_expr(g, depth - 1);
        gen_expr(g, depth - 1);
        gen_byte(g, WRT__OP_SELECT);
        break;
    case 5: gen_unary(g, depth); break;
    default: gen_binary(g, depth); break;
    }
}

/* ---- statements ------------------------------------------------------------------------------------------
 */

static void gen_statements(struct gen *g, uint32_t depth);

static uint32_t gen_target(struct gen *g)
{
    /* counters are left alone, mostly */
    const uint32_t most = gen_below(g, 12) ? GEN_LOCALS - g->counters : GEN_LOCALS;
    return gen_below(g, most ? most : 1);
}

static void gen_open(struct gen *g, uint32_t op)
{
    gen_byte(g, op);
    gen_byte(g, 0x40);
    g->labels++;
}

static void gen_close(struct gen *g)
{
    gen_byte(g, WRT__OP_END);
    g->labels--;
}

static void gen_if(struct gen *g, uint32_t depth)
{
    gen_expr(g, 2);
    gen_open(g, WRT__OP_IF);
    gen_statements(g, depth);
    if (gen_below(g, 2)) {
        gen_byte(g, WRT__OP_ELSE);
        gen_statements(g, depth);
    }
    gen_close(g);
}

/* A counter in a local or in memory: pushes it; or, with a value on the stack, sets it. */
static void gen_count_get(struct gen *g, uint32_t where)
{
    if (where < GEN_LOCALS) {
        gen_local(g, WRT__OP_LOCAL_GET, where);
        return;
    }
    gen_const(g, (int32_t)(4 * (where - GEN_LOCALS)));
    gen_byte(g, WRT__OP_I32_LOAD);
    gen_byte(g, 2);
    gen_byte(g, 0);
}

static void gen_count_set_begin(struct gen *g, uint32_t where)
{
    if (where >= GEN_LOCALS) gen_const(g, (int32_t)(4 * (where - GEN_LOCALS)));
}

static void gen_count_set_end(struct gen *g, uint32_t where)
{
    if (where < GEN_LOCALS) {
        gen_local(g, WRT__OP_LOCAL_SET, where);
        return;
    }
    gen_byte(g, WRT__OP_I32_STORE);
    gen_byte(g, 2);
    gen_byte(g, 0);
}

/* Pushes whether the loop goes on: of every kind, some of which depend on wrapping. */
static void gen_goes_on(struct gen *g, uint32_t where, int32_t step, int32_t turns, int32_t first)
{
    static const uint8_t up[] = { WRT__OP_I32_LT_S, WRT__OP_I32_LT_U, WRT__OP_I32_LE_S, WRT__OP_I32_NE };
    static const uint8_t down[] = { WRT__OP_I32_GT_S, WRT__OP_I32_GT_S, WRT__OP_I32_GE_S, WRT__OP_I32_NE };
    const uint32_t limit = (uint32_t)first + (uint32_t)step * (uint32_t)turns;
    gen_count_get(g, where);
    gen_const(g, (int32_t)limit);
    gen_byte(g, (step > 0 ? up : down)[gen_below(g, 4)]);
}

static void gen_loop(struct gen *g, uint32_t depth)
{
    const bool memory = gen_below(g, 3) == 0 || g->counters + 2 >= GEN_LOCALS, top = gen_below(g, 2);
    const uint32_t where = memory ? GEN_LOCALS + 70 + gen_below(g, 8) : GEN_LOCALS - 1 - g->counters;
    const int32_t step = (gen_below(g, 3) ? 1 : -1) * (1 + (int32_t)gen_below(g, 4));
    const int32_t turns = 1 + (int32_t)gen_below(g, gen_below(g, 6) ? 12 : 300);
    const int32_t first = gen_below(g, 3) ? (int32_t)gen_below(g, 10) : gen_number(g);
    const bool goes_on = g->globals && memory && gen_below(g, 3) == 0;
    if (!goes_on) gen_count_set_begin(g, where);
    if (goes_on) {
    } else if (gen_below(g, 5) == 0) { /* from an unknown place not far away */
        gen_expr(g, 1);
        gen_const(g, 15);
        gen_byte(g, WRT__OP_I32_AND);
        gen_const(g, first);
        gen_byte(g, WRT__OP_I32_ADD);
    } else {
        gen_const(g, first);
    }
    if (!goes_on) gen_count_set_end(g, where);
    if (!memory) g->counters++;
    gen_open(g, WRT__OP_BLOCK);
    gen_open(g, WRT__OP_LOOP);
    if (top) {
        gen_goes_on(g, where, step, turns, first);
        gen_byte(g, WRT__OP_I32_EQZ);
        gen_local(g, WRT__OP_BR_IF, 1);
    }
    gen_statements(g, depth);
    if (gen_below(g, 4) == 0) { /* may leave early */
        gen_expr(g, 2);
        gen_local(g, WRT__OP_BR_IF, 1);
    }
    gen_count_set_begin(g, where);
    gen_count_get(g, where);
    gen_const(g, step);
    gen_byte(g, WRT__OP_I32_ADD);
    gen_count_set_end(g, where);
    if (gen_below(g, 6) == 0) { /* turns early */
        gen_expr(g, 1);
        if (!top) {
            gen_goes_on(g, where, step, turns, first);
            gen_byte(g, WRT__OP_I32_AND);
        }
        gen_local(g, WRT__OP_BR_IF, 0);
        gen_statements(g, 0);
    }
    if (top) {
        gen_local(g, WRT__OP_BR, 0);
    } else {
        gen_goes_on(g, where, step, turns, first);
        gen_local(g, WRT__OP_BR_IF, 0);
    }
    gen_close(g);
    gen_close(g);
    if (!memory) g->counters--;
}

static void gen_switch(struct gen *g, uint32_t depth)
{
    const uint32_t arms = 2 + gen_below(g, 3);
    for (uint32_t i = 0; i <= arms; i++) gen_open(g, WRT__OP_BLOCK);
    gen_expr(g, 1);
    gen_const(g, 7);
    gen_byte(g, WRT__OP_I32_AND);
    gen_local(g, WRT__OP_BR_TABLE, arms);
    for (uint32_t i = 0; i <= arms; i++) gen_unsigned(g, gen_below(g, arms + 1));
    for (uint32_t i = 0; i < arms; i++) {
        gen_close(g);
        gen_statements(g, depth);
        if (gen_below(g, 2)) gen_local(g, WRT__OP_BR, arms - 1 - i);
    }
    gen_close(g);
}

#include "infer_generate_wide.h"

static void gen_statement(struct gen *g, uint32_t depth)
{
    if (g->wide && gen_below(g, 2)) {
        gen_wide(g, depth);
        return;
    }
    switch (gen_below(g, depth == 0 ? 4 : 10)) {
    case 0: case 1:
        gen_expr(g, 3);
        if (g->globals && gen_below(g, 3) == 0) gen_local(g, WRT__OP_GLOBAL_SET, gen_below(g, g->globals));
        else gen_local(g, WRT__OP_LOCAL_SET, gen_target(g));
        break;
    case 2: {
        static const uint8_t stores[] = { WRT__OP_I32_STORE, WRT__OP_I32_STORE, WRT__OP_I32_STORE8,
            WRT__OP_I32_STORE16 };
        gen_address(g, 2);
        gen_expr(g, 2);
        gen_memory(g, stores[gen_below(g, sizeof stores)]);
        break;
    }
    case 3:
        if (g->func >= 2) break;
        gen_expr(g, 2);
        if (gen_below(g, 3) == 0) { /* one of two, by the table */
            gen_expr(g, 1);
            gen_const(g, 1);
            gen_byte(g, WRT__OP_I32_AND);
            gen_local(g, WRT__OP_CALL_INDIRECT, 0);
            gen_byte(g, g->func);
        } else {
            gen_local(g, WRT__OP_CALL, g->func + 1 + gen_below(g, 2 - g->func));
        }
        gen_local(g, WRT__OP_LOCAL_SET, gen_target(g));
        break;
    case 4: case 5: gen_if(g, depth - 1); break;
    case 6: gen_switch(g, depth - 1); break;
    default: gen_loop(g, depth - 1); break;
    }
}

static void gen_statements(struct gen *g, uint32_t depth)
{
    for (uint32_t n = 1 + gen_below(g, 3); n > 0 && g->size > 0; n--) {
        g->size--;
        gen_statement(g, depth);
    }
}

/* ---- modules ---------------------------------------------------------------------------------------------
 */

static void gen_section(struct gen *g, uint32_t id, const uint8_t *p, uint32_t n)
{
    gen_byte(g, id);
    gen_unsigned(g, n);
    for (uint32_t i = 0; i < n; i++) gen_byte(g, p[i]);
}

/* Three functions (i32) -> i32, of which each may call those after it; two tables with what the first two may
 * call; two mutable globals, or none. `wide`: infer_generate_wide.h too. */
static inline void gen_module(struct gen *g, uint64_t seed, uint32_t globals, bool wide)
{
    static const uint8_t head[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 }, types[] = { 1, 0x60, 1, 0x7f, 1, 0x7f };
    static const uint8_t funcs[] = { 3, 0, 0, 0 }, tables[] = { 2, 0x70, 0, 2, 0x70, 0, 2 },
                         memory[] = { 1, 1, 1, 64 };  /* more pages cost checked builds minutes */
    static const uint8_t exports[] = { 1, 3, 'r', 'u', 'n', 0, 0 };
    static const uint8_t elems[] = { 2, 0, 0x41, 0, 0x0b, 2, 1, 2, 2, 1, 0x41, 0, 0x0b, 0, 2, 2, 2 };
    static uint8_t bodies[GEN_BYTES];
    struct gen body;
    g->n = 0;
    for (size_t i = 0; i < sizeof head; i++) gen_byte(g, head[i]);
    gen_section(g, 1, types, sizeof types);
    gen_section(g, 3, funcs, sizeof funcs);
    gen_section(g, 4, tables, sizeof tables);
    gen_section(g, 5, memory, sizeof memory);
    static const uint8_t two[] = { 2, 0x7f, 1, 0x41, 3, 0x0b, 0x7f, 1, 0x41, 0, 0x0b };
    if (globals) gen_section(g, 6, two, sizeof two);
    gen_section(g, 7, exports, sizeof exports);
    gen_section(g, 9, elems, sizeof elems);
    size_t n = 0;
    g->grows = false;
    bodies[n++] = 3;
    for (uint32_t f = 0; f < 3; f++) {
        memset(&body, 0, sizeof body);
        body.seed = seed * 3 + f + 1;
        body.func = f;
        body.globals = globals;
        body.wide = wide;
        body.size = 4 + gen_below(&body, f == 0 ? 24 : 8);
        gen_byte(&body, wide ? 3 : 1);
        gen_byte(&body, GEN_LOCALS - 1);
        gen_byte(&body, 0x7f);
        static const uint8_t more[] = { WIDE_LONGS, 0x7e, 1, 0x7c };
        for (size_t i = 0; wide && i < sizeof more; i++) gen_byte(&body, more[i]);
        gen_statements(&body, f == 2 ? 2 : 3);
        gen_expr(&body, 2);
        gen_byte(&body, WRT__OP_END);
        g->grows |= body.grows;
        struct gen size = { .n = 0 };
        gen_unsigned(&size, (uint32_t)body.n);
        memcpy(bodies + n, size.bytes, size.n);
        n += size.n;
        memcpy(bodies + n, body.bytes, body.n);
        n += body.n;
    }
    gen_section(g, 10, bodies, (uint32_t)n);
}

#endif
