/* A translator that translates nothing: it checks that it is driven as wasm/translate.h promises. Only live
 * operators, each announced by wrt__tr_op at a rising offset, an operand stack that fits, blocks that close
 * in order. It takes the place of the real one in a test program that includes it. */
#ifndef WRT_TESTS_CHECKING_TRANSLATOR_H
#define WRT_TESTS_CHECKING_TRANSLATOR_H

#include "wasm/front.h"
#include "wasm/translate.h"
#include <stdio.h>
#include <stdlib.h>

struct checking_block { enum wrt__block kind; uint32_t params, results, height; bool is_else; };
struct wrt__translator {
    struct wrt__module *m;
    uint32_t func, locals, height, blocks, last_offset, op;
    bool dead;                      /* only else and end may come */
    bool announced;                 /* by wrt__tr_op, and not taken up yet */
    uint64_t calls;
};

static struct checking_block checking_blocks[70000];

/* What the last body announced: for tests that look at single operators. */
static uint32_t checking_ops[256], checking_ops_count, checking_offsets[256];
static bool checking_end_live;

#define CHECKING(x) ((x) ? (void)0 : checking_fail(t, #x, __LINE__))
static void checking_fail(const struct wrt__translator *t, const char *what, int line)
{
    fprintf(stderr, "translator contract, line %d: %s (function %u, operator %u at %u)\n", line, what,
        t->func, t->op, t->last_offset);
    abort();
}

static void checking_take(struct wrt__translator *t, uint32_t op, uint32_t pops, uint32_t pushes)
{
    CHECKING(t->announced && t->op == op && !t->dead);
    t->announced = false;
    uint32_t floor = checking_blocks[t->blocks - 1].height;
    CHECKING(t->height >= floor + pops);
    t->height += pushes - pops;
    t->calls++;
}

struct wrt__translator *wrt__translator_new(struct wrt__module *m)
{
    struct wrt__translator *t = wrt__alloc_zero(m->alloc, sizeof *t, WRT_TAG_OTHER);
    if (t) t->m = m;
    return t;
}

void wrt__translator_free(struct wrt__translator *t)
{
    if (t) wrt__free(t->m->alloc, t, sizeof *t, WRT_TAG_OTHER);
}

static const struct wrt__functype *checking_type(const struct wrt__translator *t, uint32_t func)
{
    return &t->m->types[t->m->funcs[func].type];
}

void wrt__tr_begin(
    struct wrt__translator *t, uint32_t func, const uint8_t *local_types, uint32_t locals_count)
{
    const struct wrt__func *f = &t->m->funcs[func];
    t->func = func;
    t->locals = locals_count;
    t->height = 0;
    t->blocks = 1;
    checking_blocks[0] = (struct checking_block){ WRT__BLOCK, 0, checking_type(t, func)->results, 0, false };
    t->last_offset = f->body_offset;
    t->dead = t->announced = false;
    checking_ops_count = 0;
    CHECKING(f->first_op_offset > f->body_offset && f->first_op_offset <= f->body_offset + f->body_bytes);
    CHECKING(locals_count >= checking_type(t, func)->params);
    for (uint32_t i = 0; i < locals_count; i++) {
        CHECKING((local_types[i] >= 0x7c && local_types[i] <= 0x7f) || local_types[i] == 0x70 ||
                 local_types[i] == 0x6f);
    }
}

void wrt__tr_op(struct wrt__translator *t, uint32_t offset, uint32_t op)
{
    CHECKING(!t->announced && offset > t->last_offset);
    CHECKING(!t->dead || op == WRT__OP_END || op == WRT__OP_ELSE);
    CHECKING(op < WRT__OPS && wrt__op_text(op));
    CHECKING(offset >= t->m->funcs[t->func].first_op_offset);
    const uint8_t *at = t->m->source.p + offset;
    CHECKING(op < 256 ? *at == op : *at == 0xfc);
    t->last_offset = offset;
    t->op = op;
    t->announced = op != WRT__OP_NOP;
    if (checking_ops_count < WRT_COUNT(checking_ops)) {
        checking_offsets[checking_ops_count] = offset;
        checking_ops[checking_ops_count++] = op;
    }
}

wrt_status wrt__tr_finish(struct wrt__translator *t, uint32_t end_offset, wrt_error *err)
{
    (void)err;
    const struct wrt__func *f = &t->m->funcs[t->func];
    CHECKING(t->blocks == 0 && !t->announced && t->height == checking_type(t, t->func)->results);
    CHECKING(end_offset == f->body_offset + f->body_bytes && t->op == WRT__OP_END);
    return WRT_OK;
}

static uint32_t checking_finished_modules;
void wrt__tr_finish_module(struct wrt__translator *t)
{
    CHECKING(t->blocks == 0 && !t->announced);
    checking_finished_modules++;
}

void wrt__tr_block(struct wrt__translator *t, enum wrt__block kind, const uint8_t *params,
    uint32_t params_count, const uint8_t *results, uint32_t results_count)
{
    checking_take(t,
        kind == WRT__BLOCK  ? WRT__OP_BLOCK
        : kind == WRT__LOOP ? WRT__OP_LOOP
                            : WRT__OP_IF,
        kind == WRT__IF, 0);
    CHECKING(params && results && t->height >= checking_blocks[t->blocks - 1].height + params_count);
    CHECKING(t->blocks < WRT_COUNT(checking_blocks));
    checking_blocks[t->blocks++] =
        (struct checking_block){ kind, params_count, results_count, t->height - params_count, false };
}

void wrt__tr_else(struct wrt__translator *t, bool live)
{
    struct checking_block *b = &checking_blocks[t->blocks - 1];
    CHECKING(t->announced && t->op == WRT__OP_ELSE && live == !t->dead);
    CHECKING(b->kind == WRT__IF && !b->is_else && (!live || t->height == b->height + b->results));
    b->is_else = true;
    t->height = b->height + b->params;
    t->announced = t->dead = false;
}

void wrt__tr_end(struct wrt__translator *t, bool live)
{
    struct checking_block *b = &checking_blocks[t->blocks - 1];
    CHECKING(t->announced && t->op == WRT__OP_END && live == !t->dead);
    CHECKING(!live || t->height == b->height + b->results);
    t->height = b->height + b->results;
    t->blocks--;
    t->announced = t->dead = false;
    checking_end_live = live;
}

static void checking_label(struct wrt__translator *t, uint32_t depth)
{
    CHECKING(depth < t->blocks);
    const struct checking_block *b = &checking_blocks[t->blocks - 1 - depth];
    CHECKING(
        t->height >= checking_blocks[t->blocks - 1].height + (b->kind == WRT__LOOP ? b->params : b->results));
}

static void checking_jump(struct wrt__translator *t, uint32_t op, uint32_t pops)
{
    checking_take(t, op, pops, 0);
    t->dead = true;
}

void wrt__tr_br(struct wrt__translator *t, uint32_t depth)
{
    checking_label(t, depth);
    checking_jump(t, WRT__OP_BR, 0);
}

void wrt__tr_br_if(struct wrt__translator *t, uint32_t depth)
{
    checking_take(t, WRT__OP_BR_IF, 1, 0);
    checking_label(t, depth);
}

void wrt__tr_br_table(struct wrt__translator *t, const uint32_t *depths, uint32_t count)
{
    checking_jump(t, WRT__OP_BR_TABLE, 1);
    CHECKING(count > 0);
    for (uint32_t i = 0; i < count; i++) {
        checking_label(t, depths[i]);
    }
}

void wrt__tr_return(struct wrt__translator *t)
{
    checking_jump(t, WRT__OP_RETURN, checking_type(t, t->func)->results);
}
void wrt__tr_unreachable(struct wrt__translator *t) { checking_jump(t, WRT__OP_UNREACHABLE, 0); }

void wrt__tr_call(struct wrt__translator *t, uint32_t func, bool tail)
{
    CHECKING(func < t->m->funcs_count);
    const struct wrt__functype *type = checking_type(t, func);
    if (tail) checking_jump(t, WRT__OP_RETURN_CALL, type->params);
    else checking_take(t, WRT__OP_CALL, type->params, type->results);
}

void wrt__tr_call_indirect(struct wrt__translator *t, uint32_t type, uint32_t table, bool tail)
{
    CHECKING(type < t->m->types_count && table < t->m->tables_count);
    const struct wrt__functype *ft = &t->m->types[type];
    if (tail) checking_jump(t, WRT__OP_RETURN_CALL_INDIRECT, ft->params + 1);
    else checking_take(t, WRT__OP_CALL_INDIRECT, ft->params + 1, ft->results);
}

void wrt__tr_drop(struct wrt__translator *t) { checking_take(t, WRT__OP_DROP, 1, 0); }

void wrt__tr_select(struct wrt__translator *t)
{
    checking_take(t, t->op == WRT__OP_SELECT_T ? WRT__OP_SELECT_T : WRT__OP_SELECT, 3, 1);
}

static void checking_local(struct wrt__translator *t, uint32_t i, uint32_t op, uint32_t pops, uint32_t pushes)
{
    CHECKING(i < t->locals);
    checking_take(t, op, pops, pushes);
}

void wrt__tr_local_get(struct wrt__translator *t, uint32_t i)
{
    checking_local(t, i, WRT__OP_LOCAL_GET, 0, 1);
}
void wrt__tr_local_set(struct wrt__translator *t, uint32_t i)
{
    checking_local(t, i, WRT__OP_LOCAL_SET, 1, 0);
}
void wrt__tr_local_tee(struct wrt__translator *t, uint32_t i)
{
    checking_local(t, i, WRT__OP_LOCAL_TEE, 1, 1);
}

void wrt__tr_global_get(struct wrt__translator *t, uint32_t i)
{
    CHECKING(i < t->m->globals_count);
    checking_take(t, WRT__OP_GLOBAL_GET, 0, 1);
}

void wrt__tr_global_set(struct wrt__translator *t, uint32_t i)
{
    CHECKING(i < t->m->globals_count && t->m->globals[i].is_mutable);
    checking_take(t, WRT__OP_GLOBAL_SET, 1, 0);
}

/* The last constant, for tests of numbers. */
static uint64_t checking_const;
void wrt__tr_const(struct wrt__translator *t, uint8_t type, uint64_t bits)
{
    CHECKING(type >= 0x7c && type <= 0x7f && ((type != 0x7f && type != 0x7d) || bits <= UINT32_MAX));
    checking_const = bits;
    checking_take(t, WRT__OP_I32_CONST + (0x7fu - type), 0, 1);
}

void wrt__tr_unary(struct wrt__translator *t, uint32_t op)
{
    CHECKING(wrt__op_infos[op].pops == 1 && wrt__op_infos[op].imm == WRT__IMM_NONE);
    checking_take(t, op, 1, 1);
}

void wrt__tr_binary(struct wrt__translator *t, uint32_t op)
{
    CHECKING(wrt__op_infos[op].pops == 2 && wrt__op_infos[op].imm == WRT__IMM_NONE);
    checking_take(t, op, 2, 1);
}

static uint64_t checking_memory_offset;
void wrt__tr_load(struct wrt__translator *t, uint32_t op, uint64_t offset)
{
    CHECKING(op >= 0x28 && op <= 0x35 && offset <= UINT32_MAX);
    checking_memory_offset = offset;
    checking_take(t, op, 1, 1);
}

void wrt__tr_store(struct wrt__translator *t, uint32_t op, uint64_t offset)
{
    CHECKING(op >= 0x36 && op <= 0x3e && offset <= UINT32_MAX);
    checking_memory_offset = offset;
    checking_take(t, op, 2, 0);
}

void wrt__tr_memory_size(struct wrt__translator *t) { checking_take(t, WRT__OP_MEMORY_SIZE, 0, 1); }
void wrt__tr_memory_grow(struct wrt__translator *t) { checking_take(t, WRT__OP_MEMORY_GROW, 1, 1); }

void wrt__tr_bulk(struct wrt__translator *t, uint32_t op, uint32_t a, uint32_t b)
{
    bool is_drop = op == WRT__OP_DATA_DROP || op == WRT__OP_ELEM_DROP;
    const struct wrt__module *m = t->m;
    switch (op) {
    case WRT__OP_MEMORY_INIT: case WRT__OP_DATA_DROP: CHECKING(a < m->datas_count && b == 0); break;
    case WRT__OP_TABLE_INIT: CHECKING(a < m->elems_count && b < m->tables_count); break;
    case WRT__OP_ELEM_DROP: CHECKING(a < m->elems_count && b == 0); break;
    case WRT__OP_TABLE_COPY: CHECKING(a < m->tables_count && b < m->tables_count); break;
    case WRT__OP_TABLE_FILL: CHECKING(a < m->tables_count && b == 0); break;
    default: CHECKING((op == WRT__OP_MEMORY_COPY || op == WRT__OP_MEMORY_FILL) && a == 0 && b == 0); break;
    }
    checking_take(t, op, is_drop ? 0 : 3, 0);
}

static void checking_table(
    struct wrt__translator *t, uint32_t table, uint32_t op, uint32_t pops, uint32_t pushes)
{
    CHECKING(table < t->m->tables_count);
    checking_take(t, op, pops, pushes);
}

void wrt__tr_table_get(struct wrt__translator *t, uint32_t table)
{
    checking_table(t, table, WRT__OP_TABLE_GET, 1, 1);
}
void wrt__tr_table_set(struct wrt__translator *t, uint32_t table)
{
    checking_table(t, table, WRT__OP_TABLE_SET, 2, 0);
}
void wrt__tr_table_size(struct wrt__translator *t, uint32_t table)
{
    checking_table(t, table, WRT__OP_TABLE_SIZE, 0, 1);
}
void wrt__tr_table_grow(struct wrt__translator *t, uint32_t table)
{
    checking_table(t, table, WRT__OP_TABLE_GROW, 2, 1);
}

void wrt__tr_ref_null(struct wrt__translator *t, uint8_t type)
{
    CHECKING(type == WRT__FUNCREF || type == WRT__EXTERNREF);
    checking_take(t, WRT__OP_REF_NULL, 0, 1);
}

void wrt__tr_ref_is_null(struct wrt__translator *t) { checking_take(t, WRT__OP_REF_IS_NULL, 1, 1); }

void wrt__tr_ref_func(struct wrt__translator *t, uint32_t func)
{
    CHECKING(func < t->m->funcs_count);
    checking_take(t, WRT__OP_REF_FUNC, 0, 1);
}

#endif
