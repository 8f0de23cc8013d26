/* Random programs, continued: what real code has beside plain counters. Limits that are counters of loops
 * around or arguments, counters of 64 and of 8 bits, that are shifted, divided or lose a bit, two that meet,
 * a step that is selected, comparisons with the wrong sign, exits by br_table and over several loops, ends
 * by return and by tail call, recursion, blocks with a value, scans of memory, its size, bulk operators.
 * Included by infer_generate.h alone. */
#ifndef WRT_TESTS_INFER_GENERATE_WIDE_H
#define WRT_TESTS_INFER_GENERATE_WIDE_H

enum { WIDE_LONG = GEN_LOCALS, WIDE_LONGS = 2, WIDE_FLOAT = GEN_LOCALS + WIDE_LONGS };

static const uint8_t wide_compares[] = { WRT__OP_I32_LT_S, WRT__OP_I32_LT_U, WRT__OP_I32_LE_S,
    WRT__OP_I32_LE_U, WRT__OP_I32_GT_S, WRT__OP_I32_GT_U, WRT__OP_I32_GE_S, WRT__OP_I32_GE_U,
    WRT__OP_I32_NE, WRT__OP_I32_EQ };

/* A comparison that lets a loop go on: in the right direction, mostly. The 64-bit ones are 11 further on. */
static void wide_compare(struct gen *g, bool up, bool is_long)
{
    const uint32_t pick = gen_below(g, 10);
    const uint32_t op = wide_compares[pick < 8 ? (pick & 3) + (up ? 0 : 4) : gen_below(g, 10)];
    gen_byte(g, is_long ? op - WRT__OP_I32_EQ + WRT__OP_I64_EQ : op);
}

/* A local that is a counter now, or gets one: whoever takes it gives it back. GEN_LOCALS: none is left. */
static uint32_t wide_take(struct gen *g)
{
    if (g->counters + 2 >= GEN_LOCALS) return GEN_LOCALS;
    g->counters++;
    return GEN_LOCALS - g->counters;
}

/* Pushes the limit of a loop: a counter around, the argument within a mask, memory, or a number. */
static void wide_limit(struct gen *g, uint32_t own)
{
    switch (gen_below(g, 5)) {
    case 0: case 1:
        if (own + 1 < GEN_LOCALS) {
            gen_local(g, WRT__OP_LOCAL_GET, own + 1 + gen_below(g, GEN_LOCALS - own - 1));
            break;
        }
        /* fall through */
    case 2:
        gen_local(g, WRT__OP_LOCAL_GET, 0);
        gen_const(g, (int32_t)((1u << (1 + gen_below(g, 5))) - 1));
        gen_byte(g, WRT__OP_I32_AND);
        break;
    case 3:
        gen_const(g, (int32_t)(4 * gen_below(g, 64)));
        gen_byte(g, WRT__OP_I32_LOAD8_U);
        gen_byte(g, 0);
        gen_byte(g, 0);
        break;
    default: gen_const(g, (int32_t)gen_below(g, 24)); break;
    }
}

static void wide_step(struct gen *g, uint32_t local, int32_t step)
{
    gen_local(g, WRT__OP_LOCAL_GET, local);
    if (gen_below(g, 4) == 0) {                         /* one of two steps */
        gen_const(g, step);
        gen_const(g, step > 0 ? step + 1 : step - 1);
        gen_expr(g, 1);
        gen_byte(g, WRT__OP_SELECT);
    } else {
        gen_const(g, step);
    }
    gen_byte(g, WRT__OP_I32_ADD);
    gen_local(g, WRT__OP_LOCAL_SET, local);
}

/* Out of the loop in two blocks, as a number says: on, round, out of one, out of both. */
static void wide_exits(struct gen *g)
{
    gen_open(g, WRT__OP_BLOCK);
    gen_expr(g, 2);
    gen_const(g, gen_below(g, 2) ? 7 : 3);
    gen_byte(g, WRT__OP_I32_AND);
    gen_local(g, WRT__OP_BR_TABLE, 4);
    for (uint32_t i = 0; i < 5; i++) {
        const uint32_t to = gen_below(g, 6);
        gen_unsigned(g, to > 3 ? 0 : to);
    }
    gen_close(g);
}

/* for (i = first; i < limit; i += step), the test at the top, the step before the body. */
static void wide_triangle(struct gen *g, uint32_t depth)
{
    const uint32_t i = wide_take(g);
    const bool up = gen_below(g, 3) != 0;
    const int32_t step = 1 + (int32_t)gen_below(g, 3);
    if (i == GEN_LOCALS) return;
    if (up) gen_const(g, (int32_t)gen_below(g, 4) - 1);
    else wide_limit(g, i);
    gen_local(g, WRT__OP_LOCAL_SET, i);
    gen_open(g, WRT__OP_BLOCK);
    gen_open(g, WRT__OP_BLOCK);
    gen_open(g, WRT__OP_LOOP);
    gen_local(g, WRT__OP_LOCAL_GET, i);
    if (up) wide_limit(g, i);
    else gen_const(g, (int32_t)gen_below(g, 3));
    wide_compare(g, up, false);
    gen_byte(g, WRT__OP_I32_EQZ);
    gen_local(g, WRT__OP_BR_IF, gen_below(g, 4) ? 1 : 2);
    wide_step(g, i, up ? step : -step);
    gen_statements(g, depth);
    if (gen_below(g, 3) == 0) wide_exits(g);
    gen_local(g, WRT__OP_BR, 0);
    gen_close(g);
    gen_close(g);
    if (gen_below(g, 2)) gen_statements(g, 0);
    gen_close(g);
    g->counters--;
}

static void wide_long_const(struct gen *g, int64_t x)
{
    gen_byte(g, WRT__OP_I64_CONST);
    gen_signed(g, x);
}

/* A counter of 64 bits, from a number or from the argument. */
static void wide_long(struct gen *g, uint32_t depth)
{
    const uint32_t local = WIDE_LONG + g->longs;
    const bool up = gen_below(g, 2), masked = gen_below(g, 3) == 0;
    const int64_t high = gen_below(g, 3) ? 0 : (int64_t)((uint64_t)1 << (30 + gen_below(g, 34)));
    const int64_t step = 1 + (int64_t)gen_below(g, 5), turns = 1 + (int64_t)gen_below(g, 40);
    const int64_t first = (int64_t)((uint64_t)high + gen_below(g, 20));
    if (g->longs == WIDE_LONGS) return;
    g->longs++;
    wide_long_const(g, first);
    if (masked) {
        gen_expr(g, 1);
        gen_const(g, 31);
        gen_byte(g, WRT__OP_I32_AND);
        gen_byte(g, gen_below(g, 2) ? WRT__OP_I64_EXTEND_I32_U : WRT__OP_I64_EXTEND_I32_S);
        gen_byte(g, WRT__OP_I64_ADD);
    }
    gen_local(g, WRT__OP_LOCAL_SET, local);
    gen_open(g, WRT__OP_LOOP);
    gen_statements(g, depth);
    gen_local(g, WRT__OP_LOCAL_GET, local);
    wide_long_const(g, up ? step : -step);
    gen_byte(g, WRT__OP_I64_ADD);
    gen_local(g, WRT__OP_LOCAL_TEE, local);
    wide_long_const(g, (int64_t)((uint64_t)first + (uint64_t)(up ? step : -step) * (uint64_t)turns));
    wide_compare(g, up, true);
    gen_local(g, WRT__OP_BR_IF, 0);
    gen_close(g);
    g->longs--;
}

/* A number that gets smaller by its bits until nothing, or little, is left. */
static void wide_shrink(struct gen *g, uint32_t depth)
{
    static const uint8_t ops[] = { WRT__OP_I32_SHR_U, WRT__OP_I32_SHR_S, WRT__OP_I32_SHL, WRT__OP_I32_DIV_U,
        WRT__OP_I32_DIV_S, WRT__OP_I32_REM_U };
    const uint32_t i = wide_take(g), how = gen_below(g, 8);
    if (i == GEN_LOCALS) return;
    gen_expr(g, 1);
    gen_local(g, WRT__OP_LOCAL_SET, i);
    gen_open(g, WRT__OP_BLOCK);
    gen_open(g, WRT__OP_LOOP);
    gen_local(g, WRT__OP_LOCAL_GET, i);
    if (gen_below(g, 3) == 0) {
        gen_const(g, (int32_t)gen_below(g, 20));
        gen_byte(g, gen_below(g, 2) ? WRT__OP_I32_LE_U : WRT__OP_I32_LE_S);
    } else {
        gen_byte(g, WRT__OP_I32_EQZ);
    }
    gen_local(g, WRT__OP_BR_IF, 1);
    gen_local(g, WRT__OP_LOCAL_GET, i);
    if (how < sizeof ops) {
        gen_const(g, (how > 2 ? 2 : 1) + (int32_t)gen_below(g, 4));
        gen_byte(g, ops[how]);
    } else {                                            /* without its lowest bit */
        gen_local(g, WRT__OP_LOCAL_GET, i);
        gen_const(g, how == 6 ? -1 : 1);
        gen_byte(g, how == 6 ? WRT__OP_I32_ADD : WRT__OP_I32_SUB);
        gen_byte(g, WRT__OP_I32_AND);
    }
    gen_local(g, WRT__OP_LOCAL_SET, i);
    gen_statements(g, depth);
    gen_local(g, WRT__OP_BR, 0);
    gen_close(g);
    gen_close(g);
    g->counters--;
}

/* A counter of eight bits that may go round; two that meet. */
static void wide_narrow(struct gen *g, uint32_t depth)
{
    const uint32_t i = wide_take(g), last = (uint32_t)gen_number(g);
    const int32_t step = gen_below(g, 3) ? 1 : (int32_t)gen_below(g, 9) - 4;
    const bool is_signed = gen_below(g, 2);
    if (i == GEN_LOCALS) return;
    gen_const(g, (int32_t)gen_below(g, 200));
    gen_local(g, WRT__OP_LOCAL_SET, i);
    gen_open(g, WRT__OP_LOOP);
    gen_statements(g, depth);
    gen_local(g, WRT__OP_LOCAL_GET, i);
    gen_const(g, step);
    gen_byte(g, WRT__OP_I32_ADD);
    if (is_signed) {
        gen_byte(g, WRT__OP_I32_EXTEND8_S);
    } else {
        gen_const(g, 255);
        gen_byte(g, WRT__OP_I32_AND);
    }
    gen_local(g, WRT__OP_LOCAL_TEE, i);
    gen_const(g, is_signed ? (int8_t)last : (int32_t)(last & 255));
    if (gen_below(g, 2)) gen_byte(g, WRT__OP_I32_NE);
    else wide_compare(g, step > 0, false);
    gen_local(g, WRT__OP_BR_IF, 0);
    gen_close(g);
    g->counters--;
}

static void wide_meet(struct gen *g, uint32_t depth)
{
    const uint32_t i = wide_take(g), j = wide_take(g);
    if (i < GEN_LOCALS && j < GEN_LOCALS) {
        gen_const(g, (int32_t)gen_below(g, 5));
        gen_local(g, WRT__OP_LOCAL_SET, i);
        wide_limit(g, GEN_LOCALS);
        gen_local(g, WRT__OP_LOCAL_SET, j);
        gen_open(g, WRT__OP_BLOCK);
        gen_open(g, WRT__OP_LOOP);
        gen_local(g, WRT__OP_LOCAL_GET, i);
        gen_local(g, WRT__OP_LOCAL_GET, j);
        gen_byte(g, gen_below(g, 2) ? WRT__OP_I32_GE_S : WRT__OP_I32_GE_U);
        gen_local(g, WRT__OP_BR_IF, 1);
        gen_expr(g, 2);
        gen_open(g, WRT__OP_IF);
        wide_step(g, i, 1);
        if (gen_below(g, 2)) gen_statements(g, depth);
        gen_byte(g, WRT__OP_ELSE);
        wide_step(g, j, -1);
        gen_close(g);
        gen_local(g, WRT__OP_BR, 0);
        gen_close(g);
        gen_close(g);
    }
    if (i < GEN_LOCALS) g->counters--;
    if (j < GEN_LOCALS) g->counters--;
}

/* Looks for a byte in memory, no further than some end. */
static void wide_scan(struct gen *g)
{
    const uint32_t i = wide_take(g);
    if (i == GEN_LOCALS) return;
    gen_const(g, (int32_t)gen_below(g, 100));
    gen_local(g, WRT__OP_LOCAL_SET, i);
    gen_open(g, WRT__OP_BLOCK);
    gen_open(g, WRT__OP_LOOP);
    gen_local(g, WRT__OP_LOCAL_GET, i);
    gen_byte(g, WRT__OP_I32_LOAD8_U);
    gen_byte(g, 0);
    gen_unsigned(g, gen_below(g, 200));
    if (gen_below(g, 2)) gen_byte(g, WRT__OP_I32_EQZ);
    gen_local(g, WRT__OP_BR_IF, 1);
    gen_local(g, WRT__OP_LOCAL_GET, i);
    gen_const(g, 1);
    gen_byte(g, WRT__OP_I32_ADD);
    gen_local(g, WRT__OP_LOCAL_TEE, i);
    if (gen_below(g, 4) == 0) {                         /* a part of the whole */
        gen_byte(g, WRT__OP_MEMORY_SIZE);
        gen_byte(g, 0);
        gen_const(g, 1 + (int32_t)gen_below(g, 60));
        gen_byte(g, WRT__OP_I32_MUL);
    } else {
        gen_const(g, (int32_t)gen_below(g, 300));
    }
    gen_byte(g, gen_below(g, 2) ? WRT__OP_I32_LT_S : WRT__OP_I32_NE);
    gen_local(g, WRT__OP_BR_IF, 0);
    gen_close(g);
    gen_close(g);
    g->counters--;
}

/* To itself with less, or to another for good. */
static void wide_call(struct gen *g)
{
    const bool more = g->func < 2;
    if (gen_below(g, 3) == 0) {                         /* depth: what the argument is below 16 */
        gen_local(g, WRT__OP_LOCAL_GET, 0);
        gen_const(g, 15);
        gen_byte(g, WRT__OP_I32_AND);
        gen_open(g, WRT__OP_IF);
        gen_local(g, WRT__OP_LOCAL_GET, 0);
        gen_const(g, 15);
        gen_byte(g, WRT__OP_I32_AND);
        gen_const(g, 1 + (int32_t)gen_below(g, 2));
        gen_byte(g, gen_below(g, 4) ? WRT__OP_I32_SUB : WRT__OP_I32_SHR_U);
        gen_local(g, gen_below(g, 3) ? WRT__OP_CALL : WRT__OP_RETURN_CALL, g->func);
        gen_local(g, WRT__OP_LOCAL_SET, gen_target(g));
        gen_close(g);
    } else if (more && gen_below(g, 2)) {
        gen_const(g, gen_number(g));
        gen_local(g, WRT__OP_CALL, g->func + 1 + gen_below(g, 2 - g->func));
        gen_local(g, WRT__OP_LOCAL_SET, gen_target(g));
    } else if (more) {
        gen_expr(g, 2);
        gen_open(g, WRT__OP_IF);
        gen_expr(g, 1);
        if (gen_below(g, 2)) {
            gen_expr(g, 1);
            gen_const(g, 3);
            gen_byte(g, gen_below(g, 3) ? WRT__OP_I32_AND : WRT__OP_I32_REM_U);
            gen_local(g, WRT__OP_RETURN_CALL_INDIRECT, 0);
            gen_byte(g, g->func);
        } else {
            gen_local(g, WRT__OP_RETURN_CALL, g->func + 1 + gen_below(g, 2 - g->func));
        }
        gen_close(g);
    } else {
        gen_expr(g, 2);
        gen_open(g, WRT__OP_IF);
        gen_expr(g, 1);
        gen_byte(g, WRT__OP_RETURN);
        gen_close(g);
    }
}

/* A block with a value that two ways give. */
static void wide_value(struct gen *g)
{
    gen_byte(g, WRT__OP_BLOCK);
    gen_byte(g, 0x7f);
    g->labels++;
    gen_expr(g, 2);
    gen_expr(g, 2);
    gen_local(g, WRT__OP_BR_IF, 0);
    gen_byte(g, WRT__OP_DROP);
    gen_expr(g, 2);
    gen_close(g);
    gen_local(g, WRT__OP_LOCAL_SET, gen_target(g));
}

static void wide_bulk(struct gen *g)
{
    if (gen_below(g, 4) == 0) {
        gen_const(g, (int32_t)gen_below(g, 3));
        gen_byte(g, WRT__OP_MEMORY_GROW);
        gen_byte(g, 0);
        gen_local(g, WRT__OP_LOCAL_SET, gen_target(g));
        g->grows = true;
        return;
    }
    gen_address(g, 1);
    gen_address(g, 1);
    gen_expr(g, 1);
    gen_const(g, (int32_t)((1u << gen_below(g, 8)) - 1));
    gen_byte(g, WRT__OP_I32_AND);
    gen_byte(g, 0xfc);
    if (gen_below(g, 2)) {
        gen_byte(g, 11);                                /* memory.fill */
    } else {
        gen_byte(g, 10);                                /* memory.copy */
        gen_byte(g, 0);
    }
    gen_byte(g, 0);
}

static void wide_double(struct gen *g, uint32_t eighths)
{
    const double x = (double)eighths / 8.0;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    gen_byte(g, WRT__OP_F64_CONST);
    for (uint32_t i = 0; i < 8; i++) gen_byte(g, (uint32_t)(bits >> (8 * i)) & 0xff);
}

/* A counter that is no whole number. */
static void wide_float(struct gen *g, uint32_t depth)
{
    if (g->floats) return;
    g->floats = true;
    wide_double(g, gen_below(g, 30));
    gen_local(g, WRT__OP_LOCAL_SET, WIDE_FLOAT);
    gen_open(g, WRT__OP_LOOP);
    gen_statements(g, depth);
    gen_local(g, WRT__OP_LOCAL_GET, WIDE_FLOAT);
    wide_double(g, 1 + gen_below(g, 16));
    gen_byte(g, WRT__OP_F64_ADD);
    gen_local(g, WRT__OP_LOCAL_TEE, WIDE_FLOAT);
    wide_double(g, gen_below(g, 120));
    gen_byte(g, WRT__OP_F64_LT);
    gen_local(g, WRT__OP_BR_IF, 0);
    gen_close(g);
    g->floats = false;
}

static void gen_wide(struct gen *g, uint32_t depth)
{
    const uint32_t inner = depth > 0 ? depth - 1 : 0;
    switch (depth == 0 ? gen_below(g, 4) : gen_below(g, 16)) {
    case 0: wide_value(g); break;
    case 1: wide_bulk(g); break;
    case 2: case 3: wide_call(g); break;
    case 4: wide_scan(g); break;
    case 5: wide_meet(g, inner); break;
    case 6: case 7: wide_shrink(g, inner); break;
    case 8: wide_narrow(g, inner); break;
    case 9: case 10: wide_long(g, inner); break;
    case 11: wide_float(g, inner); break;
    default: wide_triangle(g, inner); break;
    }
}

#endif
