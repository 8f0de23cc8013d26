/* decode: a core binary into the arrays of struct wrt__module. Owns the order and framing of sections and
 * everything before the bodies (WebAssembly core specification, "Modules" of the binary format, with their
 * validation: indices point backwards in the file, so they are checked where they are read). Function bodies
 * stay spans. */
#include "wasm/front.h"

struct decoder {
    struct wrt__input in;
    struct wrt__const_stack stack;
    uint32_t item;                  /* entry of the section, for messages; UINT32_MAX before the first */
    uint32_t rank;                  /* of the last section */
};

/* ---- helpers ------------------------------------------------------------------------------------- */

uint32_t wrt__read_count(
    struct wrt__input *in, uint32_t min_bytes, const char *table, uint32_t limit, uint32_t have)
{
    uint64_t offset = wrt__reader_offset(&in->r);
    uint32_t n = wrt__read_u32(&in->r);
    if (!wrt__input_ok(in)) return 0;
    if (table && (uint64_t)n + have > limit) {
        wrt__input_limit(in, table, limit, (uint64_t)n + have, offset);
        return 0;
    }
    if ((uint64_t)n * min_bytes > wrt__reader_left(&in->r)) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_COUNT, offset,
            "unexpected end: %u entries cannot fit into the %lu bytes that are left", n,
            (uint64_t)wrt__reader_left(&in->r));
        return 0;
    }
    return n;
}

void *wrt__input_array(struct wrt__input *in, uint64_t count, size_t element)
{
    if (count == 0 || !wrt__input_ok(in)) return NULL;
    void *p = count <= SIZE_MAX / element ? wrt__arena_take(&in->m->arena, (size_t)count * element, 8) : NULL;
    if (!p) wrt__input_nomem(in);
    return p;
}

/* A longer copy of an array: imported entries first, then room for the module's own. */
static void *decode_extend(
    struct decoder *d, const void *old, uint32_t old_count, uint64_t count, size_t element)
{
    void *p = wrt__input_array(&d->in, count, element);
    if (p && old_count > 0) memcpy(p, old, old_count * element);
    return p;
}

static wrt_str decode_name(struct decoder *d)
{
    struct wrt__input *in = &d->in;
    uint32_t n = wrt__read_u32(&in->r);
    uint64_t offset = wrt__reader_offset(&in->r);
    wrt_bytes b = wrt__read_bytes(&in->r, n);
    if (!in->r.failed && !wrt__utf8_valid(b)) {
        wrt__input_fail(
            in, WRT_E_MALFORMED, WRT__W_NAME, offset, "malformed UTF-8 encoding of a name of %u bytes", n);
    }
    return (wrt_str){ (const char *)b.p, b.n };
}

static uint32_t decode_type_index(struct decoder *d)
{
    uint64_t offset = wrt__reader_offset(&d->in.r);
    uint32_t type = wrt__read_u32(&d->in.r);
    (void)wrt__check_index(&d->in, type, d->in.m->types_count, "type", "module", offset);
    return type;
}

/* ---- types --------------------------------------------------------------------------------------- */

static wrt_bytes decode_type_list(struct decoder *d, const char *table)
{
    struct wrt__input *in = &d->in;
    uint64_t offset = wrt__reader_offset(&in->r);
    uint32_t n = wrt__read_count(in, 1, NULL, 0, 0);
    if (n > WRT__TYPE_VALUES_MAX) wrt__input_limit(in, table, WRT__TYPE_VALUES_MAX, n, offset);
    offset = wrt__reader_offset(&in->r);
    wrt_bytes types = wrt__read_bytes(&in->r, n);
    for (uint32_t i = 0; i < types.n && in->status == WRT_OK; i++) {
        (void)wrt__check_valtype(in, types.p[i], offset + i);
    }
    return types;
}

static void decode_functype(struct decoder *d, struct wrt__functype *type)
{
    struct wrt__input *in = &d->in;
    uint8_t form = wrt__read_u8(&in->r);
    uint64_t offset = wrt__input_last(in);
    if (in->r.failed) return;
    if (form == 0x5f || form == 0x5e || form == 0x50 || form == 0x4f || form == 0x4e) {
        (void)wrt__need_feature(in, WRT_FEATURE_GC, offset, "this form of type");
    } else if (form != 0x60) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_TYPE_CODE, offset,
            "expected a function type 0x60, found byte 0x%x", (uint32_t)form);
    }
    wrt_bytes params = decode_type_list(d, "type_params");
    offset = wrt__reader_offset(&in->r);
    wrt_bytes results = decode_type_list(d, "type_results");
    if (!wrt__input_ok(in)) return;
    if (results.n > 1 && !wrt__need_feature(in, WRT_FEATURE_MULTI_VALUE, offset, "more than one result")) {
        return;
    }
    static const uint8_t none[1] = { 0 };       /* for () -> (): never read, but not NULL */
    uint8_t *types = wrt__input_array(in, params.n + results.n, 1);
    if (params.n && types) memcpy(types, params.p, params.n);
    if (results.n && types) memcpy(types + params.n, results.p, results.n);
    *type = (struct wrt__functype){ (uint32_t)params.n, (uint32_t)results.n, types ? types : none, 0 };
}

static int type_compare(const struct wrt__functype *a, const struct wrt__functype *b)
{
    if (a->params != b->params) return a->params < b->params ? -1 : 1;
    if (a->results != b->results) return a->results < b->results ? -1 : 1;
    uint32_t n = a->params + a->results;
    return n ? memcmp(a->types, b->types, n) : 0;
}

static bool type_before(const void *ctx, uint32_t x, uint32_t y)
{
    const struct wrt__functype *types = ctx;
    return type_compare(&types[x], &types[y]) < 0;
}

/* Equal types share the number and the array of the first. */
static void decode_canon(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    if (m->types_count == 0) return;
    size_t bytes = m->types_count * sizeof(uint32_t);
    uint32_t *order = wrt__alloc(m->alloc, bytes, WRT_TAG_OTHER);
    for (uint32_t i = 0; order && i < m->types_count; i++) {
        order[i] = i;
    }
    if (!order || !wrt__sort_indices(m->alloc, order, m->types_count, type_before, m->types)) {
        wrt__input_nomem(&d->in);
    } else {
        uint32_t first = order[0];      /* the sort is stable: the least index of its run */
        for (uint32_t i = 0; i < m->types_count; i++) {
            struct wrt__functype *type = &m->types[order[i]];
            if (type_compare(type, &m->types[first]) != 0) first = order[i];
            type->canon = first;
            type->types = m->types[first].types;
        }
    }
    if (order) wrt__free(m->alloc, order, bytes, WRT_TAG_OTHER);
}

static void decode_types(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint32_t count = wrt__read_count(&d->in, 3, "types", m->limits->types, 0);
    m->types = wrt__input_array(&d->in, count, sizeof *m->types);
    if (!wrt__input_ok(&d->in)) return;
    for (d->item = 0; d->item < count; d->item++) {
        decode_functype(d, &m->types[d->item]);
        if (!wrt__input_ok(&d->in)) return;
    }
    d->item = UINT32_MAX;
    m->types_count = count;
    decode_canon(d);
}

/* ---- tables, memories, globals ------------------------------------------------------------------- */

enum { LIMITS_MAX = 1, LIMITS_SHARED = 2, LIMITS_64 = 4, LIMITS_PAGE_SIZE = 8 };

static bool decode_limits_flags(struct decoder *d, uint32_t most, const char *what, uint8_t *flags)
{
    struct wrt__input *in = &d->in;
    *flags = wrt__read_u8(&in->r);
    uint64_t offset = wrt__input_last(in);
    if (in->r.failed) return false;
    if (*flags > most) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_FLAGS, offset,
            "expected limits flags of at most 0x%x, found 0x%x", most, (uint32_t)*flags);
        return false;
    }
    if (*flags & LIMITS_SHARED) return wrt__need_feature(in, WRT_FEATURE_THREADS, offset, what);
    if (*flags & LIMITS_64) return wrt__need_feature(in, WRT_FEATURE_MEMORY64, offset, what);
    if (*flags & LIMITS_PAGE_SIZE) return wrt__need_feature(in, WRT_FEATURE_CUSTOM_PAGE_SIZES, offset, what);
    return true;
}

/* `range` is what the language allows. What this engine allows a memory or table to be is asked when one is
 * made: a module may be looked at without that. */
static void decode_limits(struct decoder *d, uint32_t flags, uint64_t range, struct wrt__limits *out)
{
    struct wrt__input *in = &d->in;
    uint64_t offset = wrt__reader_offset(&in->r);
    out->has_max = flags & LIMITS_MAX;
    out->min = wrt__read_u32(&in->r);
    uint64_t max_offset = wrt__reader_offset(&in->r);
    out->max = out->has_max ? wrt__read_u32(&in->r) : range;
    if (out->min > range) {
        wrt__input_fail(in, WRT_E_INVALID, WRT__W_LIMITS, offset,
            "expected a minimum of at most %lu, found %lu", range, out->min);
    } else if (out->max > range) {
        wrt__input_fail(in, WRT_E_INVALID, WRT__W_LIMITS, max_offset,
            "expected a maximum of at most %lu, found %lu", range, out->max);
    } else if (out->max < out->min) {
        wrt__input_fail(in, WRT_E_INVALID, WRT__W_LIMITS, max_offset,
            "size minimum %lu is greater than the maximum %lu", out->min, out->max);
    }
}

static void decode_tabletype(struct decoder *d, struct wrt__tabletype *t)
{
    struct wrt__input *in = &d->in;
    t->elem = wrt__read_u8(&in->r);
    uint64_t offset = wrt__input_last(in);
    if (in->r.failed) return;
    if (t->elem == 0x40) {
        (void)wrt__need_feature(in, WRT_FEATURE_FUNCTION_REFERENCES, offset, "a table with an initial value");
        return;
    }
    if (t->elem != WRT__FUNCREF && !wrt__check_reftype(in, t->elem, offset)) return;
    uint8_t flags;
    if (!decode_limits_flags(d, LIMITS_MAX | LIMITS_SHARED | LIMITS_64, "this table", &flags)) return;
    decode_limits(d, flags, UINT32_MAX, &t->limits);
}

static void decode_memtype(struct decoder *d, struct wrt__memtype *t)
{
    uint8_t flags;
    if (!decode_limits_flags(d, 15, "this memory", &flags)) return;
    decode_limits(d, flags, 65536, &t->limits);
}

static void decode_globaltype(struct decoder *d, struct wrt__globaltype *t)
{
    struct wrt__input *in = &d->in;
    t->type = wrt__read_u8(&in->r);
    if (in->r.failed || !wrt__check_valtype(in, t->type, wrt__input_last(in))) return;
    uint8_t is_mutable = wrt__read_u8(&in->r);
    t->is_mutable = is_mutable == 1;
    if (is_mutable > 1) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_FLAGS, wrt__input_last(in),
            "malformed mutability: expected 0 or 1, found 0x%x", (uint32_t)is_mutable);
    }
}

/* A second table is a feature of its own, a second memory another. */
static void decode_check_single(
    struct decoder *d, uint64_t count, uint64_t feature, const char *what, uint64_t offset)
{
    if (count > 1) (void)wrt__need_feature(&d->in, feature, offset, what);
}

static void decode_tables(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint64_t offset = wrt__reader_offset(&d->in.r);
    uint32_t have = m->tables_count;
    uint32_t count = wrt__read_count(&d->in, 3, "tables", m->limits->tables, have);
    decode_check_single(d, (uint64_t)have + count, WRT_FEATURE_REFERENCE_TYPES, "a second table", offset);
    m->tables = decode_extend(d, m->tables, have, (uint64_t)have + count, sizeof *m->tables);
    if (!wrt__input_ok(&d->in)) return;
    for (d->item = 0; d->item < count; d->item++) {
        decode_tabletype(d, &m->tables[have + d->item]);
        if (!wrt__input_ok(&d->in)) return;
    }
    m->tables_count = have + count;
}

static void decode_memories(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint64_t offset = wrt__reader_offset(&d->in.r);
    uint32_t have = m->memories_count;
    uint32_t count = wrt__read_count(&d->in, 2, NULL, 0, 0);
    decode_check_single(d, (uint64_t)have + count, WRT_FEATURE_MULTI_MEMORY, "a second memory", offset);
    m->memories = decode_extend(d, m->memories, have, (uint64_t)have + count, sizeof *m->memories);
    if (!wrt__input_ok(&d->in)) return;
    for (d->item = 0; d->item < count; d->item++) {
        decode_memtype(d, &m->memories[have + d->item]);
        if (!wrt__input_ok(&d->in)) return;
    }
    m->memories_count = have + count;
}

static void decode_globals(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint32_t have = m->globals_count;
    uint32_t count = wrt__read_count(&d->in, 3, "globals", m->limits->globals, have);
    m->globals = decode_extend(d, m->globals, have, (uint64_t)have + count, sizeof *m->globals);
    m->global_inits = wrt__input_array(&d->in, count, sizeof *m->global_inits);
    if (!wrt__input_ok(&d->in)) return;
    for (d->item = 0; d->item < count; d->item++) {
        struct wrt__globaltype *type = &m->globals[have + d->item];
        decode_globaltype(d, type);
        if (!wrt__input_ok(&d->in)) return;
        wrt__read_const(&d->in, &d->stack, type->type, &m->global_inits[d->item]);
        m->globals_count++;     /* an initial value sees only what came before it */
        if (!wrt__input_ok(&d->in)) return;
    }
}

/* ---- imports and functions ----------------------------------------------------------------------- */

static void decode_check_limit(
    struct decoder *d, uint32_t count, const char *table, uint32_t limit, uint64_t offset)
{
    if (count > limit) wrt__input_limit(&d->in, table, limit, count, offset);
}

static void decode_import(struct decoder *d, struct wrt__import *import)
{
    struct wrt__input *in = &d->in;
    struct wrt__module *m = in->m;
    import->offset = (uint32_t)wrt__reader_offset(&in->r);
    import->module = decode_name(d);
    import->name = decode_name(d);
    import->kind = wrt__read_u8(&in->r);
    uint64_t offset = wrt__input_last(in);
    if (!wrt__input_ok(in)) return;
    switch (import->kind) {
    case WRT__KIND_FUNC:
        import->type = decode_type_index(d);
        decode_check_limit(d, ++m->funcs_imported, "functions", m->limits->functions, offset);
        break;
    case WRT__KIND_TABLE:
        decode_tabletype(d, &import->table);
        decode_check_single(d, ++m->tables_imported, WRT_FEATURE_REFERENCE_TYPES, "a second table", offset);
        decode_check_limit(d, m->tables_imported, "tables", m->limits->tables, offset);
        break;
    case WRT__KIND_MEMORY:
        decode_memtype(d, &import->memory);
        decode_check_single(d, ++m->memories_imported, WRT_FEATURE_MULTI_MEMORY, "a second memory", offset);
        break;
    case WRT__KIND_GLOBAL:
        decode_globaltype(d, &import->global);
        if (import->global.is_mutable) {
            (void)wrt__need_feature(in, WRT_FEATURE_MUTABLE_GLOBALS, offset, "an imported mutable global");
        }
        decode_check_limit(d, ++m->globals_imported, "globals", m->limits->globals, offset);
        break;
    case WRT__KIND_TAG:
        (void)wrt__need_feature(in, WRT_FEATURE_EXCEPTIONS, offset, "an imported tag");
        break;
    default:
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_TYPE_CODE, offset,
            "malformed import kind: expected 0 to 3, found %u", (uint32_t)import->kind);
        break;
    }
}

/* Imports open the index spaces. */
static void decode_imported_spaces(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    m->funcs = wrt__input_array(&d->in, m->funcs_imported, sizeof *m->funcs);
    m->tables = wrt__input_array(&d->in, m->tables_imported, sizeof *m->tables);
    m->memories = wrt__input_array(&d->in, m->memories_imported, sizeof *m->memories);
    m->globals = wrt__input_array(&d->in, m->globals_imported, sizeof *m->globals);
    if (!wrt__input_ok(&d->in)) return;
    for (uint32_t i = 0; i < m->imports_count; i++) {
        const struct wrt__import *import = &m->imports[i];
        switch (import->kind) {
        case WRT__KIND_FUNC: m->funcs[m->funcs_count++].type = import->type; break;
        case WRT__KIND_TABLE: m->tables[m->tables_count++] = import->table; break;
        case WRT__KIND_MEMORY: m->memories[m->memories_count++] = import->memory; break;
        default: m->globals[m->globals_count++] = import->global; break;
        }
    }
}

static void decode_imports(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint32_t count = wrt__read_count(&d->in, 4, "imports", m->limits->imports, 0);
    m->imports = wrt__input_array(&d->in, count, sizeof *m->imports);
    if (!wrt__input_ok(&d->in)) return;
    for (d->item = 0; d->item < count; d->item++) {
        decode_import(d, &m->imports[d->item]);
        if (!wrt__input_ok(&d->in)) return;
    }
    d->item = UINT32_MAX;
    m->imports_count = count;
    decode_imported_spaces(d);
}

static void decode_functions(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint32_t have = m->funcs_count;
    uint32_t count = wrt__read_count(&d->in, 1, "functions", m->limits->functions, have);
    m->funcs = decode_extend(d, m->funcs, have, (uint64_t)have + count, sizeof *m->funcs);
    if (!wrt__input_ok(&d->in)) return;
    for (d->item = 0; d->item < count; d->item++) {
        m->funcs[have + d->item].type = decode_type_index(d);
        if (!wrt__input_ok(&d->in)) return;
    }
    m->funcs_count = have + count;
}

/* ---- exports, start, bodies ---------------------------------------------------------------------- */

static void decode_export(struct decoder *d, struct wrt__export *export)
{
    struct wrt__input *in = &d->in;
    struct wrt__module *m = in->m;
    export->name = decode_name(d);
    export->kind = wrt__read_u8(&in->r);
    uint64_t kind_offset = wrt__input_last(in), offset = wrt__reader_offset(&in->r);
    export->index = wrt__read_u32(&in->r);
    if (!wrt__input_ok(in)) return;
    switch (export->kind) {
    case WRT__KIND_FUNC:
        if (wrt__check_index(in, export->index, m->funcs_count, "function", "module", offset)) {
            m->funcs[export->index].declared_ref = true;
        }
        break;
    case WRT__KIND_TABLE:
        (void)wrt__check_index(in, export->index, m->tables_count, "table", "module", offset);
        break;
    case WRT__KIND_MEMORY:
        (void)wrt__check_index(in, export->index, m->memories_count, "memory", "module", offset);
        break;
    case WRT__KIND_GLOBAL:
        if (!wrt__check_index(in, export->index, m->globals_count, "global", "module", offset)) break;
        if (m->globals[export->index].is_mutable) {
            (void)wrt__need_feature(
                in, WRT_FEATURE_MUTABLE_GLOBALS, kind_offset, "an exported mutable global");
        }
        break;
    case WRT__KIND_TAG:
        (void)wrt__need_feature(in, WRT_FEATURE_EXCEPTIONS, kind_offset, "an exported tag");
        break;
    default:
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_TYPE_CODE, kind_offset,
            "malformed export kind: expected 0 to 3, found %u", (uint32_t)export->kind);
        break;
    }
}

static void decode_exports(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint32_t count = wrt__read_count(&d->in, 3, "exports", m->limits->exports, 0);
    m->exports = wrt__input_array(&d->in, count, sizeof *m->exports);
    if (!wrt__input_ok(&d->in)) return;
    for (d->item = 0; d->item < count; d->item++) {
        decode_export(d, &m->exports[d->item]);
        if (!wrt__input_ok(&d->in)) return;
    }
    m->exports_count = count;
}

static void decode_start(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint64_t offset = wrt__reader_offset(&d->in.r);
    m->start = wrt__read_u32(&d->in.r);
    if (!wrt__check_index(&d->in, m->start, m->funcs_count, "function", "module", offset)) return;
    const struct wrt__functype *type = &m->types[m->funcs[m->start].type];
    if (type->params == 0 && type->results == 0) return;
    wrt__input_fail(&d->in, WRT_E_INVALID, WRT__W_START, offset,
        "expected a start function without parameters and results, function %u has %u and %u", m->start,
        type->params, type->results);
}

static void decode_bodies(struct decoder *d)
{
    struct wrt__input *in = &d->in;
    struct wrt__module *m = in->m;
    uint32_t defined = m->funcs_count - m->funcs_imported;
    uint64_t offset = wrt__reader_offset(&in->r);
    uint32_t count = wrt__read_count(in, 2, NULL, 0, 0);
    if (count != defined) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_AGREE, offset,
            "function and code section have inconsistent lengths: expected %u bodies, found %u", defined,
            count);
    }
    m->code_section = (uint32_t)wrt__reader_offset(&in->r);
    if (!wrt__input_ok(&d->in)) return;
    for (d->item = 0; d->item < count; d->item++) {
        struct wrt__func *func = &m->funcs[m->funcs_imported + d->item];
        uint32_t n = wrt__read_u32(&in->r);
        func->body_offset = (uint32_t)wrt__reader_offset(&in->r);
        func->body_bytes = (uint32_t)wrt__read_bytes(&in->r, n).n;
        if (!wrt__input_ok(in)) return;
    }
    m->code_section_end = (uint32_t)wrt__reader_offset(&in->r);
    m->bodies_count = count;
}

static void decode_data_count(struct decoder *d)
{
    struct wrt__module *m = d->in.m;
    uint64_t offset = wrt__reader_offset(&d->in.r);
    if (!wrt__need_feature(&d->in, WRT_FEATURE_BULK_MEMORY, offset, "the data count section")) return;
    m->data_count = wrt__read_u32(&d->in.r);
    m->has_data_count = true;
}

/* ---- sections ------------------------------------------------------------------------------------ */

enum { SECTION_CUSTOM = 0, SECTION_TAG = 13, SECTIONS = 14 };

/* Numbers are historical; the rank is the order that sections must have. */
static const struct section_info { const char *name; uint32_t rank; } section_infos[SECTIONS] = {
    { "custom", 0 }, { "type", 1 }, { "import", 2 }, { "function", 3 }, { "table", 4 }, { "memory", 5 },
    { "global", 7 }, { "export", 8 }, { "start", 9 }, { "element", 10 }, { "code", 12 }, { "data", 13 },
    { "data count", 11 }, { "tag", 6 },
};

static void decode_custom(struct decoder *d)
{
    wrt_str name = decode_name(d);
    wrt_bytes rest = wrt__read_bytes(&d->in.r, wrt__reader_left(&d->in.r));
    if (wrt__input_ok(&d->in) && wrt__str_equal(name, WRT_STR("name"))) wrt__names_read(&d->in, rest);
}

static void decode_content(struct decoder *d, uint8_t id)
{
    switch (id) {
    case 0: decode_custom(d); break;
    case 1: decode_types(d); break;
    case 2: decode_imports(d); break;
    case 3: decode_functions(d); break;
    case 4: decode_tables(d); break;
    case 5: decode_memories(d); break;
    case 6: decode_globals(d); break;
    case 7: decode_exports(d); break;
    case 8: decode_start(d); break;
    case 9: wrt__read_elems(&d->in, &d->stack, &d->item); break;
    case 10: decode_bodies(d); break;
    case 11: wrt__read_datas(&d->in, &d->stack, &d->item); break;
    default: decode_data_count(d); break;
    }
}

static bool decode_section_id(struct decoder *d, uint8_t id)
{
    struct wrt__input *in = &d->in;
    uint64_t offset = wrt__input_last(in);
    if (id >= SECTIONS) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_SECTION, offset,
            "malformed section id: expected 0 to 12, found %u", (uint32_t)id);
        return false;
    }
    if (id == SECTION_TAG) return wrt__need_feature(in, WRT_FEATURE_EXCEPTIONS, offset, "the tag section");
    if (id == SECTION_CUSTOM) return true;
    uint32_t rank = section_infos[id].rank;
    if (rank <= d->rank) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_SECTION, offset, "unexpected %s section: it is %s",
            section_infos[id].name, rank == d->rank ? "there already" : "out of order");
        return false;
    }
    d->rank = rank;
    return true;
}

static void decode_section_where(struct decoder *d, uint8_t id)
{
    if (d->item == UINT32_MAX) wrt__error_where(d->in.err, "%s section", section_infos[id].name);
    else wrt__error_where(d->in.err, "%s section, entry %u", section_infos[id].name, d->item);
}

static void decode_section(struct decoder *d)
{
    struct wrt__input *in = &d->in;
    const uint8_t *all_end = in->r.end;
    uint8_t id = wrt__read_u8(&in->r);
    if (!decode_section_id(d, id)) return;
    uint32_t size = wrt__read_u32(&in->r);
    if (size > wrt__reader_left(&in->r)) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_SECTION, wrt__reader_offset(&in->r),
            "unexpected end: the %s section says %u bytes, %lu are left", section_infos[id].name, size,
            (uint64_t)wrt__reader_left(&in->r));
    }
    if (!wrt__input_ok(in)) return;
    const uint8_t *end = in->r.p + size;
    in->r.end = end;
    d->item = UINT32_MAX;
    decode_content(d, id);
    if (in->r.p != end) {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_SECTION, wrt__reader_offset(&in->r),
            "section size mismatch: %lu bytes of the %s section are left over", (uint64_t)(end - in->r.p),
            section_infos[id].name);
        d->item = UINT32_MAX;
    }
    if (!wrt__input_ok(in)) decode_section_where(d, id);
    else in->r.end = all_end;
}

static void decode_header(struct decoder *d)
{
    static const uint8_t magic[4] = { 0x00, 0x61, 0x73, 0x6d }, version[4] = { 1, 0, 0, 0 };
    struct wrt__input *in = &d->in;
    wrt_bytes b = wrt__read_bytes(&in->r, sizeof magic);
    if (!b.p || memcmp(b.p, magic, sizeof magic) != 0) {
        in->r.failed = NULL;
        wrt__input_fail(
            in, WRT_E_MALFORMED, WRT__W_MAGIC, 0, "magic header not detected: expected 00 61 73 6d");
        return;
    }
    b = wrt__read_bytes(&in->r, sizeof version);
    if (!b.p || memcmp(b.p, version, sizeof version) == 0) return;
    if (b.p[2] == 1 && b.p[3] == 0) {
        wrt__input_fail(in, WRT_E_UNSUPPORTED, WRT__W_MAGIC, 4,
            "expected a core module, found a component, which this build does not have");
    } else {
        wrt__input_fail(in, WRT_E_MALFORMED, WRT__W_MAGIC, 4, "unknown binary version: expected 01 00 00 00");
    }
}

wrt_status wrt__decode(struct wrt__module *m, uint64_t features, wrt_error *err)
{
    struct decoder d = { .in = { .m = m, .features = features, .err = err }, .item = UINT32_MAX };
    wrt__reader_init(&d.in.r, m->source, 0);
    m->start = UINT32_MAX;
    decode_header(&d);
    while (wrt__input_ok(&d.in) && wrt__reader_left(&d.in.r) > 0) {
        decode_section(&d);
    }
    wrt__free(m->alloc, d.stack.types, d.stack.cap, WRT_TAG_OTHER);
    return d.in.status;
}
