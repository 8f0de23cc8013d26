/* What a binary becomes: limits, numbers, announced operators, types, segments, names, fuel tables; and what
 * hostile binaries cost. */
#include "loading.h"
#include <time.h>

/* ---- limits -------------------------------------------------------------------------------------- */

/* `text` with %u for the number at hand: filled to `limit`, one more is refused and named. */
static void check_limit(const char *name, uint32_t *field, uint32_t limit, void (*build)(uint32_t n))
{
    CONTEXT("%s", name);
    load_set_up();
    *(uint32_t *)((char *)&load_limits + ((char *)field - (char *)&load_limits)) = limit;
    build(limit);
    struct wrt__module *m = load_binary();
    CHECK(m != NULL);
    if (m) load_done(m);
    else printf("    %s\n", load_error.message);
    build(limit + 1);
    m = load_binary();
    CHECK(m == NULL);
    if (m) load_done(m);
    CHECK_EQ(load_error.status, WRT_E_LIMIT);
    CHECK_STR(load_error.table, name);
    CHECK(load_error.offset < binary.n);
}

static char build_text[4096];
#define BUILD(name, ...)                                                                                \
    static void name(uint32_t n)                                                                        \
    {                                                                                                   \
        snprintf(build_text, sizeof build_text, __VA_ARGS__);                                           \
        binary_module(build_text);                                                                      \
    }

/* Groups that repeat: the texts below count on n being small. */
static const char *times(uint32_t n, const char *text)
{
    static char out[4][1024];
    static unsigned turn;
    char *p = out[turn++ % 4];
    p[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        strcat(p, text);
        strcat(p, " ");
    }
    return p;
}

static const char *named(uint32_t n)
{
    static char out[1024];
    out[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        snprintf(out + strlen(out), sizeof out - strlen(out), "'e%u' 02 00 ", (unsigned)i);
    }
    return out;
}

BUILD(build_types, "s1( u%u %s )", n, times(n, "60 00 00"))
BUILD(build_imports, "s2( u%u %s )", n, times(n, "'m' 'n' 03 7f 00"))
BUILD(build_functions, "s1( 01 60 00 00 ) s2( 01 'm' 'n' 00 00 ) s3( u%u %s ) s10( u%u %s )", n - 1,
    times(n - 1, "00"), n - 1, times(n - 1, "( 00 0b )"))
BUILD(build_imported_functions, "s1( 01 60 00 00 ) s2( u%u %s )", n, times(n, "'m' 'n' 00 00"))
BUILD(build_globals, "s2( 01 'm' 'n' 03 7f 00 ) s6( u%u %s )", n - 1, times(n - 1, "7f 00 41 00 0b"))
BUILD(build_imported_globals, "s2( u%u %s )", n, times(n, "'m' 'n' 03 7f 00"))
BUILD(build_tables, "s2( 01 'm' 'n' 01 70 00 00 ) s4( u%u %s )", n - 1, times(n - 1, "70 00 00"))
BUILD(build_imported_tables, "s2( u%u %s )", n, times(n, "'m' 'n' 01 70 00 00"))
BUILD(build_exports, "s5( 01 00 00 ) s7( u%u %s )", n, named(n))
BUILD(build_elems, "s9( u%u %s )", n, times(n, "01 00 00"))
BUILD(build_datas, "s11( u%u %s )", n, times(n, "01 00"))
BUILD(build_locals, "s1( 01 60 02 7f 7f 00 ) s3( 01 00 ) s10( 01 ( 02 u%u 7f 01 7e 0b ) )", n - 3)
BUILD(build_params, "s1( 01 60 u%u %s 00 ) s3( 01 00 ) s10( 01 ( 00 0b ) )", n, times(n, "7f"))
BUILD(
    build_depth, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 %s %s 0b ) )", times(n, "02 40"), times(n, "0b"))
BUILD(build_dead_depth, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 00 %s %s 0b ) )", times(n, "02 40"),
    times(n, "0b"))

TEST(limits_hold_exactly)
{
    struct wrt_limits *l = &load_limits;
    check_limit("types", &l->types, 5, build_types);
    check_limit("imports", &l->imports, 5, build_imports);
    check_limit("functions", &l->functions, 5, build_functions);
    check_limit("functions", &l->functions, 5, build_imported_functions);
    check_limit("globals", &l->globals, 5, build_globals);
    check_limit("globals", &l->globals, 5, build_imported_globals);
    check_limit("tables", &l->tables, 5, build_tables);
    check_limit("tables", &l->tables, 5, build_imported_tables);
    check_limit("exports", &l->exports, 5, build_exports);
    check_limit("segments", &l->segments, 5, build_elems);
    check_limit("segments", &l->segments, 5, build_datas);
    check_limit("function_locals", &l->function_locals, 9, build_locals);
    check_limit("function_locals", &l->function_locals, 9, build_params);
    check_limit("block_depth", &l->block_depth, 7, build_depth);
    check_limit("block_depth", &l->block_depth, 7, build_dead_depth);
}

TEST(the_size_of_a_binary_is_limited)
{
    load_set_up();
    binary_module("s0( 'x' *100 00 )");
    load_limits.module_bytes = binary.n;
    struct wrt__module *m = load_binary();
    REQUIRE(m);
    load_done(m);
    load_limits.module_bytes = binary.n - 1;
    CHECK(load_binary() == NULL);
    CHECK_EQ(load_error.status, WRT_E_LIMIT);
    CHECK_STR(load_error.table, "module_bytes");
}

/* Calls of a function with 1000 results: 66 of them are more than a frame can name. */
TEST(the_operand_stack_is_limited)
{
    load_set_up();
    for (uint32_t n = 65; n <= 66; n++) {
        char text[2000];
        snprintf(text, sizeof text,
            "s1( 02 60 00 u1000 *1000 7f 60 00 00 ) s2( 01 'm' 'n' 00 00 ) s3( 01 01 ) s10( 01 ( 00 %s 00 0b "
            ") )",
            times(n, "10 00"));
        struct wrt__module *m = load_text(text);
        CHECK_EQ(m != NULL, n == 65);
        if (m) load_done(m);
    }
    CHECK_EQ(load_error.status, WRT_E_LIMIT);
    CHECK_STR(load_error.table, "operands");
}

/* ---- numbers ------------------------------------------------------------------------------------- */

TEST(constants_are_decoded)
{
    static const struct { const char *body; uint64_t bits;
    } cases[] = {
        { "41 00 1a 0b", 0 },
        { "41 3f 1a 0b", 63 },
        { "41 40 1a 0b", 0xffffffc0 },
        { "41 7f 1a 0b", 0xffffffff },
        { "41 80 01 1a 0b", 128 },
        { "41 ff 00 1a 0b", 127 },
        { "41 80 40 1a 0b", 0xffffe000 },
        { "41 ff 3f 1a 0b", 8191 },
        { "41 80 80 80 80 78 1a 0b", 0x80000000 },
        { "41 ff ff ff ff 07 1a 0b", 0x7fffffff },
        { "41 80 80 80 80 00 1a 0b", 0 },
        { "41 ff ff ff ff 7f 1a 0b", 0xffffffff },
        { "42 7f 1a 0b", UINT64_MAX },
        { "42 80 80 80 80 80 80 80 80 80 7f 1a 0b", 1ull << 63 },
        { "42 ff ff ff ff ff ff ff ff ff 00 1a 0b", INT64_MAX },
        { "43 01 02 03 84 1a 0b", 0x84030201 },
        { "44 01 02 03 04 05 06 07 88 1a 0b", 0x8807060504030201 },
    };
    load_set_up();
    for (size_t i = 0; i < WRT_COUNT(cases); i++) {
        CONTEXT("%s", cases[i].body);
        CHECK(load_accepts(load_body_text(cases[i].body)));
        CHECK_EQ(checking_const, cases[i].bits);
    }
}

TEST(offsets_of_accesses_are_decoded)
{
    static const struct { const char *body; uint64_t offset; } cases[] = {
        { "41 00 28 02 00 1a 0b", 0 }, { "41 00 28 02 7f 1a 0b", 127 }, { "41 00 28 82 00 80 01 1a 0b", 128 },
        { "41 00 28 02 ff ff ff ff 0f 1a 0b", UINT32_MAX }, { "41 00 41 00 36 00 80 80 04 0b", 65536 },
    };
    load_set_up();
    for (size_t i = 0; i < WRT_COUNT(cases); i++) {
        CONTEXT("%s", cases[i].body);
        CHECK(load_accepts(load_body_text(cases[i].body)));
        CHECK_EQ(checking_memory_offset, cases[i].offset);
    }
}

/* ---- what is announced --------------------------------------------------------------------------- */

/* Announced operators of the body as text "unreachable end". */
static const char *announced(const char *body)
{
    static char out[1024];
    out[0] = 0;
    if (!load_accepts(load_body_text(body))) return load_error.message;
    for (uint32_t i = 0; i < checking_ops_count; i++) {
        snprintf(
            out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "", wrt__op_text(checking_ops[i]));
    }
    return out;
}

TEST(dead_code_is_not_announced)
{
    load_set_up();
    CHECK_STR(announced("01 0b"), "nop end");
    CHECK(checking_end_live);
    CHECK_STR(announced("00 01 41 00 1a 0b"), "unreachable end");
    CHECK(!checking_end_live);
    CHECK_STR(announced("00 02 40 01 03 40 0b 41 00 04 40 05 0b 0b 0b"), "unreachable end");
    CHECK_STR(announced("02 40 0c 00 01 0b 01 0b"), "block br end nop end");
    CHECK(checking_end_live);
    CHECK_STR(announced("41 00 04 40 0f 6a 1a 05 01 0b 01 0b"), "i32.const if return else nop end nop end");
    CHECK_STR(
        announced("41 00 04 40 0f 05 00 0b 0f 01 0b"), "i32.const if return else unreachable end return end");
    CHECK_STR(announced("41 00 04 40 0f 0b 01 0b"), "i32.const if return end nop end");
    CHECK_STR(announced("03 40 0c 00 0b 01 0b"), "loop br end nop end");
    CHECK_STR(announced("41 00 0e 00 00 41 01 0d 00 0b"), "i32.const br_table end");
    CHECK_STR(announced("12 00 01 0b"), "return_call end");
    CHECK_STR(announced("41 00 13 00 00 01 0b"), "i32.const return_call_indirect end");
    CHECK_STR(announced("00 6a 45 04 7f 41 01 05 41 02 0b 1b 1a 0b"), "unreachable end");
}

TEST(operators_are_announced_at_their_offsets)
{
    load_set_up();
    binary_module("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 01 03 7f @01 41 80 01 fc 00 0b ) )");
    binary_module("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 01 03 7f @01 43 00 00 00 00 fc 80 00 1a 0b ) )");
    struct wrt__module *m = load_binary();
    REQUIRE(m);
    uint32_t at = (uint32_t)binary.mark;
    CHECK_EQ(m->funcs[0].first_op_offset, at);
    CHECK_EQ(m->funcs[0].body_offset, at - 3);
    CHECK_EQ(m->funcs[0].body_offset + m->funcs[0].body_bytes, binary.n);
    CHECK_EQ(m->code_section_end, binary.n);
    CHECK_EQ(checking_ops_count, 5);
    CHECK_EQ(checking_offsets[0], at);
    CHECK_EQ(checking_offsets[1], at + 1);
    CHECK_EQ(checking_offsets[2], at + 6);
    CHECK_EQ(checking_ops[2], 256);
    CHECK_EQ(checking_offsets[3], at + 9);
    load_done(m);
}

TEST(dead_stacks_have_any_type)
{
    static const char *const good[] = {
        "00 6a 1a 0b",
        "00 1b 1a 0b",
        "00 41 00 1b 1a 0b",
        "00 d1 1a 0b",
        "00 36 02 00 0b",
        "00 0e 00 00 0b",
        "02 7f 00 0b 1a 0b",
        "02 7f 41 00 0c 00 42 00 1a 0b 1a 0b",
        "02 7f 00 1b 0b 1a 0b",
        "00 1b 92 1a 0b",
        "02 7f 02 7e 00 0e 01 00 01 0b 1a 41 00 0b 1a 0b",
        "00 fc 0e 00 00 0b",
        "00 0d 00 0b",
        "02 7f 00 0d 00 0b 1a 0b",
    };
    load_set_up();
    for (size_t i = 0; i < WRT_COUNT(good); i++) {
        CONTEXT("%s", good[i]);
        if (!CHECK(load_accepts(load_body_text(good[i])))) printf("    %s\n", load_error.message);
    }
}

TEST(blocks_take_and_give_several_values)
{
    load_set_up();
    static const char types[] =
        "s1( 03 60 00 00 60 02 7f 7e 02 7e 7f 60 01 7f 01 7f ) s3( 01 00 ) s10( 01 ( 00 %s ) )";
    static const struct { const char *body; bool good;
    } cases[] = {
        { "41 00 42 00 02 01 1a 1a 42 00 41 00 0b 1a 1a 0b", true },
        { "41 00 42 00 02 01 0b 1a 1a 0b", false },
        { "41 00 03 02 41 01 6a 41 01 0d 00 0b 1a 0b", true }, /* a loop's label takes its parameters */
        { "41 00 41 01 04 02 0b 1a 0b", true }, /* no else: the value passes */
        { "41 00 41 01 04 02 45 05 1a 41 05 0b 1a 0b", true },
        { "41 00 02 01 1a 42 00 41 00 0b 1a 1a 0b", false },
        { "41 00 42 00 41 01 04 01 0b 1a 1a 0b", false },
        { "00 02 01 1a 1a 42 00 41 00 0b 1a 1a 0b", true },
        { "00 42 00 02 01 1a 1a 42 00 41 00 0b 1a 1a 0b", true },
    };
    for (size_t i = 0; i < WRT_COUNT(cases); i++) {
        char text[300];
        snprintf(text, sizeof text, types, cases[i].body);
        CONTEXT("%s", cases[i].body);
        CHECK_EQ(load_accepts(text), cases[i].good);
    }
}

/* ---- module contents ----------------------------------------------------------------------------- */

TEST(equal_types_have_one_number)
{
    load_set_up();
    struct wrt__module *m = load_text(
        "s1( 07 60 01 7f 00 60 00 00 60 00 01 7f 60 01 7f 00 60 00 00 60 02 7f 7f 00 60 01 7f 00 )");
    REQUIRE(m);
    static const uint32_t canon[] = { 0, 1, 2, 0, 1, 5, 0 };
    for (uint32_t i = 0; i < WRT_COUNT(canon); i++) {
        CHECK_EQ(m->types[i].canon, canon[i]);
    }
    CHECK_EQ(m->types[5].params, 2);
    CHECK_EQ(m->types[5].types[1], WRT__I32);
    load_done(m);
}

static const char everything[] =
    "s1( 03 60 00 00 60 01 7f 01 7f 60 00 00 )"
    "s2( 05 'm' 'f' 00 01 'm' 't' 01 70 01 01 05 'm' 'g' 03 7f 00 'm' 'h' 03 6f 00 'n' '' 00 00 )"
    "s3( 02 00 01 ) s4( 02 70 00 0a 6f 01 01 02 ) s5( 01 01 01 10 )"
    "s6( 03 7f 00 23 00 41 04 6a 0b 70 01 d2 02 0b 6f 00 d0 6f 0b )"
    "s7( 03 'zoo' 00 03 'add' 00 00 'mem' 02 00 ) s8( 02 )"
    "s9( 08 00 41 00 0b 02 02 03  01 00 01 00  02 01 41 01 0b 00 01 02  03 00 01 03"
    "    04 41 00 0b 02 d2 02 0b d0 70 0b  05 70 00  06 02 23 00 0b 6f 01 23 01 0b  07 70 01 d2 00 0b )"
    "s12( 02 ) s10( 02 ( 01 02 7e 41 00 41 00 41 05 fc 08 01 00 fc 09 01 fc 0d 01 0b ) ( 00 20 00 10 00 0b ) "
    ")"
    "s11( 02 00 41 08 0b 'hello' 01 'world' )"
    "s0( 'name' 00 ( 'toy' ) 01 ( 03 00 'plus' 02 'main.go' 03 '' ) 02 ( ff ) )";

TEST(sections_become_arrays)
{
    load_set_up();
    struct wrt__module *m = load_text(everything);
    if (!CHECK(m != NULL)) printf("    %s in %s\n", load_error.message, load_error.where);
    REQUIRE(m);
    CHECK_EQ(checking_finished_modules > 0, true);
    CHECK_EQ(m->imports_count, 5);
    CHECK(wrt__str_equal(m->imports[4].module, WRT_STR("n")) && m->imports[4].name.n == 0);
    CHECK_EQ(m->funcs_imported, 2);
    CHECK_EQ(m->funcs_count, 4);
    CHECK_EQ(m->funcs[0].type, 1);
    CHECK_EQ(m->funcs[1].type, 0);
    CHECK_EQ(m->tables_imported, 1);
    CHECK_EQ(m->tables_count, 3);
    CHECK(m->tables[0].limits.has_max && m->tables[0].limits.max == 5 && m->tables[0].limits.min == 1);
    CHECK(!m->tables[1].limits.has_max && m->tables[1].limits.min == 10);
    CHECK_EQ(m->tables[2].elem, WRT__EXTERNREF);
    CHECK_EQ(m->memories[0].limits.max, 16);
    CHECK_EQ(m->globals_imported, 2);
    CHECK_EQ(m->globals_count, 5);
    CHECK_EQ(m->globals[3].type, WRT__FUNCREF);
    CHECK(m->globals[3].is_mutable);
    CHECK_EQ(m->global_inits[0].n, 6);
    CHECK_EQ(m->global_inits[0].p[5], 0x0b);
    CHECK_EQ(m->source.p[m->global_inits[0].offset], 0x23);
    CHECK_EQ(m->start, 2);
    CHECK_EQ(m->bodies_count, 2);
    CHECK(m->funcs[0].declared_ref && m->funcs[2].declared_ref && m->funcs[3].declared_ref &&
          m->funcs[1].declared_ref == false);
    CHECK(m->has_data_count);
    CHECK_EQ(m->datas_count, 2);
    CHECK_EQ(m->datas[0].mode, WRT__SEG_ACTIVE);
    CHECK_EQ(m->datas[1].mode, WRT__SEG_PASSIVE);
    CHECK_MEM(m->datas[1].bytes.p, "world", 5);
    CHECK_EQ(wrt__module_hash(m), wrt__fnv64(WRT__FNV64_SEED, binary.bytes, binary.n));
    CHECK(m->source.p != binary.bytes);
    CHECK_EQ(m->features, WRT_FEATURE_BULK_MEMORY | WRT_FEATURE_REFERENCE_TYPES | WRT_FEATURE_EXTENDED_CONST);
    load_done(m);
}

TEST(element_segments_of_every_kind)
{
    load_set_up();
    struct wrt__module *m = load_text(everything);
    REQUIRE(m);
    static const struct { uint8_t mode, type; uint32_t table, count, first;
    } kinds[] = {
        { WRT__SEG_ACTIVE, WRT__FUNCREF, 0, 2, 2 },
        { WRT__SEG_PASSIVE, WRT__FUNCREF, 0, 1, 0 },
        { WRT__SEG_ACTIVE, WRT__FUNCREF, 1, 1, 2 },
        { WRT__SEG_DECLARED, WRT__FUNCREF, 0, 1, 3 },
        { WRT__SEG_ACTIVE, WRT__FUNCREF, 0, 2, 2 },
        { WRT__SEG_PASSIVE, WRT__FUNCREF, 0, 0, 0 },
        { WRT__SEG_ACTIVE, WRT__EXTERNREF, 2, 1, 0 },
        { WRT__SEG_DECLARED, WRT__FUNCREF, 0, 1, 0 },
    };
    CHECK_EQ(m->elems_count, WRT_COUNT(kinds));
    for (uint32_t i = 0; i < WRT_COUNT(kinds); i++) {
        const struct wrt__elem *e = &m->elems[i];
        CONTEXT("kind %u", (unsigned)i);
        CHECK_EQ(e->mode, kinds[i].mode);
        CHECK_EQ(e->type, kinds[i].type);
        CHECK_EQ(e->table, kinds[i].table);
        CHECK_EQ(e->count, kinds[i].count);
        if (e->funcs) CHECK_EQ(e->funcs[0], kinds[i].first);
        CHECK_EQ(e->at.p != NULL, e->mode == WRT__SEG_ACTIVE);
    }
    CHECK_EQ(m->elems[4].funcs[1], UINT32_MAX);         /* ref.null */
    CHECK(m->elems[6].exprs && m->elems[6].exprs[0].p[0] == 0x23 && m->elems[6].exprs[0].n == 3);
    load_done(m);
}

static bool is_name(wrt_str s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p ? s.p : "", text, s.n) == 0;
}

TEST(names_of_functions_and_exports)
{
    load_set_up();
    struct wrt__module *m = load_text(everything);
    REQUIRE(m);
    uint32_t index = 99;
    CHECK(is_name(m->module_name, "toy"));
    CHECK(is_name(wrt__func_name(m, 0), "plus"));
    CHECK(is_name(wrt__func_name(m, 1), ""));
    CHECK(is_name(wrt__func_name(m, 2), "main.go"));
    CHECK(is_name(wrt__func_name(m, 3), "zoo"));            /* an empty name is none: the export's */
    CHECK(is_name(wrt__func_name(m, 4), ""));
    CHECK(wrt__export_find(m, WRT_STR("mem"), &index) && index == 2);
    CHECK(wrt__export_find(m, WRT_STR("zoo"), &index) && index == 0);
    CHECK(wrt__export_find(m, WRT_STR("add"), &index) && index == 1);
    CHECK(!wrt__export_find(m, WRT_STR("ad"), &index) && !wrt__export_find(m, WRT_STR("addd"), &index) &&
          !wrt__export_find(m, WRT_STR(""), &index));
    CHECK(is_name(wrt__nearest_export(m, WRT_STR("adds")), "add"));
    CHECK(is_name(wrt__nearest_export(m, WRT_STR("memory")), ""));
    CHECK(is_name(wrt__nearest_export(m, WRT_STR("xoo")), "zoo"));
    CHECK(is_name(wrt__nearest_export(m, WRT_STR("quite different")), ""));
    load_done(m);
}

/* Names of functions 0, 3, 6, ... 291 in `text`, entry `odd` with the number of the one before it. */
static void names_text(char *text, size_t cap, uint32_t odd)
{
    size_t n = (size_t)snprintf(text, cap, "s0( 'name' 01 ( 62");
    for (uint32_t i = 0; i < 98; i++) {
        const uint32_t func = i == odd ? 3 * i - 3 : 3 * i;
        if (func < 128) n += (size_t)snprintf(text + n, cap - n, " %02x", func);
        else n += (size_t)snprintf(text + n, cap - n, " %02x %02x", (func & 127) | 128, func >> 7);
        n += (size_t)snprintf(text + n, cap - n, " 02 %02x %02x", 'A' + i % 26, '0' + i / 26);
    }
    (void)snprintf(text + n, cap - n, " ) )");
}

TEST(many_names_are_found_wherever_they_are)
{
    char text[4096], name[3] = "";
    load_set_up();
    for (uint32_t odd = 0; odd <= 98; odd += 7) {   /* 0, 98: none */
        names_text(text, sizeof text, odd ? odd : 98);
        struct wrt__module *m = load_text(text);
        REQUIRE(m);
        for (uint32_t func = 0; func < 300; func++) {
            CONTEXT("odd %u, function %u", odd, func);
            const uint32_t i = func / 3;
            name[0] = (char)('A' + i % 26);
            name[1] = (char)('0' + i / 26);
            const bool named = func % 3 == 0 && i < 98 && (odd == 0 || i < odd);
            CHECK(is_name(wrt__func_name(m, func), named ? name : ""));
        }
        load_done(m);
    }
}

TEST(broken_name_sections_are_ignored)
{
    static const char *const broken[] = {
        "s0( 'name' 01 05 )",
        "s0( 'name' ff ff ff ff ff ff )",
        "s0( 'name' 01 ( ff ff ff ff 0f 00 'x' ) )",
        "s0( 'name' 01 ( 01 00 09 61 ) )",
        "s0( 'name' 01 ( 01 00 01 ff ) )",
        "s0( 'name' 00 ( 05 ) )",
        "s0( 'name' )",
    };
    load_set_up();
    for (size_t i = 0; i < WRT_COUNT(broken); i++) {
        CONTEXT("%s", broken[i]);
        struct wrt__module *m = load_text(broken[i]);
        CHECK(m != NULL);
        if (!m) continue;
        (void)wrt__func_name(m, 0);
        CHECK(is_name(wrt__func_name(m, 7), ""));
        load_done(m);
    }
}

/* ---- fuel ---------------------------------------------------------------------------------------- */

TEST(fuel_tables)
{
    const wrt_fuel_table *unit = wrt_fuel_table_named(WRT_STR("unit")),
                         *weighted = wrt_fuel_table_named(WRT_STR("weighted"));
    REQUIRE(unit == &wrt__fuel_unit && weighted == &wrt__fuel_weighted &&
            !wrt_fuel_table_named(WRT_STR("units")));
    static const uint32_t free_ops[] = { 0x00, 0x01, 0x02, 0x03, 0x05, 0x0b, 0x0f, 0x1a };
    uint32_t free_count = 0;
    for (uint32_t op = 0; op < WRT__OPS; op++) {
        if (!wrt__op_text(op) || op == 0x1f || op == 0xfb || op == 0xfd || op == 0xfe) continue;
        bool is_free = false;
        for (uint32_t i = 0; i < WRT_COUNT(free_ops); i++) {
            is_free = is_free || free_ops[i] == op;
        }
        CONTEXT("%s", wrt__op_text(op));
        CHECK_EQ(unit->op[op], !is_free);
        free_count += is_free;
        CHECK(weighted->op[op] > 0 || op == 0x02 || op == 0x03 || op == 0x0b);
    }
    CHECK_EQ(free_count, WRT_COUNT(free_ops));
    static const struct { uint32_t op, price;
    } prices[] = {
        { 0x41, 1 },
        { 0x20, 1 },
        { 0x6a, 1 },
        { 0x48, 1 },
        { 0x23, 2 },
        { 0x0c, 2 },
        { 0x0d, 2 },
        { 0xa7, 2 },
        { 0x6c, 3 },
        { 0x80, 3 },
        { 0x25, 3 },
        { 0x92, 4 },
        { 0x5b, 4 },
        { 0x28, 5 },
        { 0x36, 6 },
        { 0x0e, 8 },
        { 0x11, 8 },
        { 0x10, 10 },
        { 0x40, 50 },
        { 512 + 0x0c, 6 },
        { 896, 15 },
        { 1023, 15 },
    };
    for (size_t i = 0; i < WRT_COUNT(prices); i++) {
        CHECK_EQ(weighted->op[prices[i].op], prices[i].price);
    }
    CHECK_EQ(unit->entry, 1);
    CHECK(wrt_fuel_table_hash(unit) != wrt_fuel_table_hash(weighted));
    CHECK_EQ(wrt_fuel_table_hash(unit), WRT__FUEL_UNIT_HASH);
    static wrt_fuel_table changed;
    changed = *unit;
    CHECK_EQ(wrt_fuel_table_hash(&changed), wrt_fuel_table_hash(unit));
    changed.table_bulk.shift = 1;
    CHECK(wrt_fuel_table_hash(&changed) != wrt_fuel_table_hash(unit));
    changed = *unit;
    changed.op[1023]++;
    CHECK(wrt_fuel_table_hash(&changed) != wrt_fuel_table_hash(unit));
}

TEST(bulk_prices_round_up_and_saturate)
{
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 1, 4 }, 0), 0);
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 1, 4 }, 1), 1);
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 1, 4 }, 16), 1);
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 3, 4 }, 17), 6);
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 0, 0 }, UINT64_MAX), 0);
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 1, 0 }, UINT64_MAX), UINT64_MAX);
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 2, 0 }, UINT64_MAX / 2 + 1), UINT64_MAX);
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 65535, 63 }, UINT64_MAX), 131070);
    CHECK_EQ(wrt__fuel_bulk_price((wrt_fuel_bulk){ 7, 1000 }, 5), 7);
}

/* ---- memory -------------------------------------------------------------------------------------- */

TEST(every_allocation_may_fail)
{
    load_set_up();
    load_heap.fail_at = 0;
    struct wrt__module *m = load_text(everything);
    REQUIRE(m);
    load_done(m);
    uint64_t asked = load_heap.asked;
    CHECK(asked > 10);
    for (uint64_t i = 1; i <= asked; i++) {
        for (int later = 0; later < 2; later++) {
            load_set_up();
            load_heap.fail_at = i;
            load_heap.fail_later_too = later;
            CONTEXT("allocation %u", (unsigned)i);
            m = load_text(everything);
            CHECK(m == NULL);
            if (m) load_done(m);
            CHECK_EQ(load_error.status, WRT_E_NOMEM);
        }
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Loads what is in `binary`; memory in proportion to its size, time far below what anything quadratic would
 * take. */
static void check_bomb(const char *what, bool good)
{
    CONTEXT("%s: %zu bytes", what, binary.n);
    load_heap.peak_bytes = 0;
    double start = seconds();
    struct wrt__module *m = load_binary();
    double took = seconds() - start;
    CHECK_EQ(m != NULL, good);
    if (m) load_done(m);
    CHECK(load_heap.peak_bytes < 64 * (uint64_t)binary.n + 600000);
    if (!CHECK(took < 4.0)) printf("    %.2f s\n", took);
}

TEST(hostile_binaries_cost_no_more_than_their_size)
{
    load_set_up();
    load_limits.functions = load_limits.exports = load_limits.types = 1 << 20;
    binary_module("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 41 00 0e u400000 *400000 00 00 0b ) )");
    check_bomb("one br_table", true);
    binary_module("s1( 02 60 00 u1000 *1000 7f 60 01 7f u1000 *1000 7f ) s2( 01 'm' 'n' 00 00 ) s3( 01 00 ) "
                  "s10( 01 ( 00 10 00 41 00 0e u400000 *400000 00 00 0b ) )");
    check_bomb("one br_table to a label of 1000 values", true);
    binary_module("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 *9999 02 40 0b ) )");
    check_bomb("blocks without end", false);
    binary_module("s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( u50000 *50000 00 *50000 7f 0b ) )");
    check_bomb("locals that are nonsense", false);
    binary_module("s1( u300000 *900000 60 )");
    check_bomb("types that are nonsense", false);
    binary_module("s2( u1000000 )");
    check_bomb("a million imports, it says", false);
    binary_module("s9( 01 01 00 ff ff ff ff 0f )");
    check_bomb("4 billion elements, it says", false);
    binary_module("s11( 01 01 ff ff ff ff 0f )");
    check_bomb("4 billion bytes, it says", false);
}

/* Appends `count` times bytes that carry a number. */
static void binary_numbered(
    uint32_t count, const uint8_t *head, size_t head_n, const uint8_t *tail, size_t tail_n)
{
    for (uint32_t i = 0; i < count; i++) {
        memcpy(binary.bytes + binary.n, head, head_n);
        binary.n += head_n;
        for (int k = 0; k < 4; k++) {
            binary.bytes[binary.n++] = (uint8_t)("0123456789abcdef"[i >> (4 * k) & 15]);
        }
        memcpy(binary.bytes + binary.n, tail, tail_n);
        binary.n += tail_n;
    }
}

TEST(many_names_and_types_are_sorted_out_in_time)
{
    load_set_up();
    binary_module("s5( 01 00 00 )");
    static const uint8_t four[] = { 4 }, memory[] = { 2, 0 };
    binary.bytes[binary.n++] = 7;
    size_t body = 3 + 65536u * 7;
    binary.n += binary_leb(binary.bytes + binary.n, body);
    binary.n += binary_leb(binary.bytes + binary.n, 65536);
    binary_numbered(65536, four, 1, memory, 2);
    check_bomb("65536 exports", true);

    binary_module("");
    binary.bytes[binary.n++] = 1;
    binary.n += binary_leb(binary.bytes + binary.n, 3 + 65536u * 11);
    binary.n += binary_leb(binary.bytes + binary.n, 65536);
    for (uint32_t i = 0; i < 65536; i++) {
        binary.bytes[binary.n++] = 0x60;
        binary.bytes[binary.n++] = 8;
        for (int k = 0; k < 8; k++) {
            binary.bytes[binary.n++] = (uint8_t)(0x7c + (i >> (2 * k) & 3));
        }
        binary.bytes[binary.n++] = 0;
    }
    check_bomb("65536 types", true);
}
