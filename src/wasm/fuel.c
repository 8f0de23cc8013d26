/* fuel: the two built-in cost tables. What they are for and where they are charged: docs/fuel.md.
 *
 * "unit" counts operators as Wasmtime's counter does: 0 for nop, drop and the structural operators, 1 for
 * every other, 1 for entering a function, 1 for each grown page and each byte or element of a bulk operator.
 * "weighted" follows the relative cost of operators (column of opcodes.def): constants, locals, integer
 * arithmetic and comparison 1; globals, jumps and conversions 2; multiplication and division 3; floats 4;
 * loads 5, stores 6; br_table and indirect calls 8; calls 10; grow 50 and 4096 a page, for
 * zeroing it at the bulk price. Entering a function costs nothing extra, the call has paid it. */
#include "wasm/front.h"

#define FUEL_X4(n) n, n, n, n
#define FUEL_X16(n) FUEL_X4(n), FUEL_X4(n), FUEL_X4(n), FUEL_X4(n)
#define FUEL_X64(n) FUEL_X16(n), FUEL_X16(n), FUEL_X16(n), FUEL_X16(n)
#define FUEL_X128(n) FUEL_X64(n), FUEL_X64(n)

/* Vector and atomic operators (0xfd, 0xfe) are not built yet; their prices stand, so that hashes of tables
 * stay. */
#define FUEL_SIMD(n) [512] = FUEL_X128(n), FUEL_X128(n), FUEL_X128(n)
#define FUEL_ATOMIC(n) [896] = FUEL_X128(n)

/* weight 0 means structural in both tables but for the three that jump or end: they weigh and do not count.
 */
#define UNIT_OF(code, weight) ((weight) == 0 || (code) == WRT__OP_NOP || (code) == WRT__OP_DROP || \
    (code) == WRT__OP_UNREACHABLE || (code) == WRT__OP_RETURN || (code) == WRT__OP_ELSE ? 0 : 1)

const wrt_fuel_table wrt__fuel_unit = {
    .size = sizeof(wrt_fuel_table), .version = 1, .name = "unit",
    .op = {
#define OP(code, NAME, text, imm, sig, weight, feature) [code] = UNIT_OF(code, weight),
#include "wasm/opcodes.def"
#undef OP
        FUEL_SIMD(1), FUEL_ATOMIC(1)
    },
    .entry = 1, .locals = { 0, 0 }, .grow = { 1, 0 }, .memory_bulk = { 1, 0 }, .table_bulk = { 1, 0 },
};

const wrt_fuel_table wrt__fuel_weighted = {
    .size = sizeof(wrt_fuel_table), .version = 1, .name = "weighted",
    .op = {
#define OP(code, NAME, text, imm, sig, weight, feature) [code] = (weight),
#include "wasm/opcodes.def"
#undef OP
        FUEL_SIMD(6), FUEL_ATOMIC(15)
    },
    .entry = 0, .locals = { 1, 3 }, .grow = { 4096, 0 }, .memory_bulk = { 1, 4 }, .table_bulk = { 1, 0 },
};

const wrt_fuel_table *wrt_fuel_table_named(wrt_str name)
{
    if (wrt__str_equal(name, WRT_STR("unit"))) return &wrt__fuel_unit;
    if (wrt__str_equal(name, WRT_STR("weighted"))) return &wrt__fuel_weighted;
    return NULL;
}

static uint64_t fuel_hash_u16(uint64_t h, uint16_t x)
{
    uint8_t b[2] = { (uint8_t)x, (uint8_t)(x >> 8) };
    return wrt__fnv64(h, b, sizeof b);
}

static uint64_t fuel_hash_bulk(uint64_t h, wrt_fuel_bulk b)
{
    return fuel_hash_u16(fuel_hash_u16(h, b.num), b.shift);
}

/* Canonical form: name in 24 bytes, then every number in the order of the struct, little-endian; `size` and
 * `version` describe the struct and not the prices, and stay out. */
uint64_t wrt_fuel_table_hash(const wrt_fuel_table *t)
{
    uint64_t h = wrt__fnv64(WRT__FNV64_SEED, t->name, sizeof t->name);
    for (uint32_t i = 0; i < WRT_COUNT(t->op); i++) {
        h = fuel_hash_u16(h, t->op[i]);
    }
    h = fuel_hash_u16(h, t->entry);
    h = fuel_hash_bulk(h, t->locals);
    h = fuel_hash_bulk(h, t->grow);
    h = fuel_hash_bulk(h, t->memory_bulk);
    return fuel_hash_bulk(h, t->table_bulk);
}

uint64_t wrt__fuel_bulk_price(wrt_fuel_bulk b, uint64_t n)
{
    uint32_t shift = b.shift < 63 ? b.shift : 63;
    uint64_t steps = (n >> shift) + ((n & (((uint64_t)1 << shift) - 1)) != 0);
    uint64_t price;
    return wrt__mul_u64(steps, b.num, &price) ? price : UINT64_MAX;
}

static uint64_t fuel_own_piece(const struct wrt__module *m, const struct wrt__func *f)
{
    uint64_t most = wrt__max_u64(f->dearest, 1);
    if (f->does & WRT__DOES_GROW) return UINT64_MAX;
    if (!(f->does & WRT__DOES_BULK)) return most;
    most = wrt__max_u64(most, wrt__fuel_bulk_price(m->fuel->memory_bulk, WRT__PIECE_BYTES));
    return wrt__max_u64(most, wrt__fuel_bulk_price(m->fuel->table_bulk, WRT__PIECE_ELEMS));
}

uint64_t wrt__func_piece(const struct wrt__module *m, uint32_t func)
{
    uint64_t most = 1;
    if (func != UINT32_MAX) return fuel_own_piece(m, &m->funcs[func]);
    for (uint32_t i = m->funcs_imported; i < m->funcs_count; i++) {
        most = wrt__max_u64(most, fuel_own_piece(m, &m->funcs[i]));
    }
    return most;
}
