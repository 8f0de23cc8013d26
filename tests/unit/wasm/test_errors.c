/* What is wrong with a binary, where, and how it is told. */
#include "loading.h"

static const struct {
    const char *text;
    wrt_status status;
    uint32_t code;
    const char *message, *where;
} wrong[] = {
#define MALFORMED WRT_E_MALFORMED
#define INVALID WRT_E_INVALID
    /* framing */
    { "@0e ( )", MALFORMED, WRT__W_SECTION, "malformed section id: expected 0 to 12, found 14", "" },
    { "01 @", MALFORMED, WRT__W_BYTES, "unexpected end", "" },
    { "01 05@ 01 60 00 00", MALFORMED, WRT__W_SECTION, "the type section says 5 bytes, 4 are left", "" },
    { "01 80 80 80 80 @10", MALFORMED, WRT__W_BYTES, "integer too large", "" },
    { "01 80 80 80 80 @80 00", MALFORMED, WRT__W_BYTES, "integer representation too long", "" },
    { "s1( 01 60 00 00 @00 )", MALFORMED, WRT__W_SECTION, "1 bytes of the type section are left over",
        "type section" },
    { "s1( 01 60 00 00 ) @s1( 01 60 00 00 )", MALFORMED, WRT__W_SECTION,
        "unexpected type section: it is there already", "" },
    { "s3( 00 ) @s1( 01 60 00 00 )", MALFORMED, WRT__W_SECTION, "unexpected type section: it is out of order",
        "" },
    { "s11( 00 ) @s12( 00 )", MALFORMED, WRT__W_SECTION, "unexpected data count section: it is out of order",
        "" },
    { "s0( 'a' 01 02 03 ) s0( 02 @c3 28 )", MALFORMED, WRT__W_NAME, "malformed UTF-8", "custom section" },
    { "s0( 05 61 @ )", MALFORMED, WRT__W_BYTES, "unexpected end", "custom section" },
    /* types */
    { "s1( @ff ff ff ff 0f )", WRT_E_LIMIT, WRT__W_LIMIT,
        "the limit types is 1000000, the binary wants 4294967295", "type section" },
    { "s1( @c0 84 3d 60 00 00 )", MALFORMED, WRT__W_COUNT, "1000000 entries cannot fit into the 3 bytes",
        "type section" },
    { "s1( 01 @61 00 00 )", MALFORMED, WRT__W_TYPE_CODE, "expected a function type 0x60, found byte 0x61",
        "type section, entry 0" },
    { "s1( 02 60 00 00 60 01 @01 00 )", MALFORMED, WRT__W_TYPE_CODE, "expected a value type, found byte 0x1",
        "type section, entry 1" },
    { "s1( 01 60 @u1001 *1001 7f 00 )", WRT_E_LIMIT, WRT__W_LIMIT, "the limit type_params is 1000",
        "type section, entry 0" },
    { "s1( 01 60 00 @u1001 *1001 7f )", WRT_E_LIMIT, WRT__W_LIMIT, "the limit type_results is 1000",
        "type section, entry 0" },
    /* imports, functions, tables, memories, globals */
    { "s2( 01 'm' 'n' 00 @00 )", INVALID, WRT__W_INDEX, "unknown type 0, the module has 0",
        "import section, entry 0" },
    { "s2( 01 'm' 'n' @05 00 )", MALFORMED, WRT__W_TYPE_CODE,
        "malformed import kind: expected 0 to 3, found 5", "import section, entry 0" },
    { "s1( 01 60 00 00 ) s3( 01 @01 )", INVALID, WRT__W_INDEX, "unknown type 1, the module has 1",
        "function section, entry 0" },
    { "s4( 01 @7f 00 00 )", MALFORMED, WRT__W_TYPE_CODE, "expected a reference type, found byte 0x7f",
        "table section, entry 0" },
    { "s4( 01 70 @08 00 )", MALFORMED, WRT__W_FLAGS, "limits flags of at most 0x7, found 0x8",
        "table section, entry 0" },
    { "s4( 01 70 01 02 @01 )", INVALID, WRT__W_LIMITS, "size minimum 2 is greater than the maximum 1",
        "table section, entry 0" },
    { "s5( 01 00 @u65537 )", INVALID, WRT__W_LIMITS, "a minimum of at most 65536, found 65537",
        "memory section, entry 0" },
    { "s5( 01 01 00 @u65537 )", INVALID, WRT__W_LIMITS, "a maximum of at most 65536, found 65537",
        "memory section, entry 0" },
    { "s5( 01 @10 00 )", MALFORMED, WRT__W_FLAGS, "limits flags of at most 0xf, found 0x10",
        "memory section, entry 0" },
    { "s6( 01 7f @02 41 00 0b )", MALFORMED, WRT__W_FLAGS, "malformed mutability: expected 0 or 1, found 0x2",
        "global section, entry 0" },
    /* constant expressions */
    { "s6( 01 7f 00 42 00 @0b )", INVALID, WRT__W_TYPE, "expected one i32, found i64",
        "global section, entry 0" },
    { "s6( 01 7f 00 @0b )", INVALID, WRT__W_TYPE, "expected one i32, found nothing",
        "global section, entry 0" },
    { "s6( 01 7f 00 41 00 41 00 @0b )", INVALID, WRT__W_TYPE, "found more values",
        "global section, entry 0" },
    { "s6( 01 7f 00 41 00 @6a 0b )", INVALID, WRT__W_TYPE, "in i32.add: expected i32, found nothing",
        "global section, entry 0" },
    { "s6( 01 7f 00 41 00 42 00 @6a 0b )", INVALID, WRT__W_TYPE, "in i32.add: expected i32, found i64",
        "global section, entry 0" },
    { "s6( 01 7f 00 41 00 @45 0b )", INVALID, WRT__W_CONSTANT,
        "expected a constant expression, found i32.eqz", "global section, entry 0" },
    { "s6( 01 7f 00 @01 0b )", INVALID, WRT__W_CONSTANT, "expected a constant expression, found nop",
        "global section, entry 0" },
    { "s6( 01 7f 00 @ff 0b )", MALFORMED, WRT__W_OPERATOR, "unknown operator 0xff",
        "global section, entry 0" },
    { "s6( 02 7f 00 41 00 0b 7f 00 @23 01 0b )", INVALID, WRT__W_INDEX,
        "unknown global 1, the module so far has 1", "global section, entry 1" },
    { "s2( 01 'm' 'n' 03 7f 01 ) s6( 01 7f 00 @23 00 0b )", INVALID, WRT__W_CONSTANT, "global 0 is mutable",
        "global section, entry 0" },
    { "s6( 01 70 00 @d2 00 0b )", INVALID, WRT__W_INDEX, "unknown function 0, the module has 0",
        "global section, entry 0" },
    /* exports, start */
    { "s7( 01 'f' 00 @00 )", INVALID, WRT__W_INDEX, "unknown function 0", "export section, entry 0" },
    { "s7( 01 'f' 01 @00 )", INVALID, WRT__W_INDEX, "unknown table 0", "export section, entry 0" },
    { "s7( 01 'f' 02 @00 )", INVALID, WRT__W_INDEX, "unknown memory 0", "export section, entry 0" },
    { "s7( 01 'f' 03 @00 )", INVALID, WRT__W_INDEX, "unknown global 0", "export section, entry 0" },
    { "s7( 01 'f' @05 00 )", MALFORMED, WRT__W_TYPE_CODE, "malformed export kind",
        "export section, entry 0" },
    { "s5( 01 00 01 ) s7( 03 'b' 02 00 'a' 02 00 01 @62 02 00 )", INVALID, WRT__W_EXPORT,
        "duplicate export name \"b\"", "export section, entry 2" },
    { "s8( @00 )", INVALID, WRT__W_INDEX, "unknown function 0", "start section" },
    { "s1( 01 60 01 7f 00 ) s2( 01 'm' 'n' 00 00 ) s8( @00 )", INVALID, WRT__W_START,
        "function 0 has 1 and 0", "start section" },
    /* segments */
    { "s9( 01 @08 00 00 )", MALFORMED, WRT__W_FLAGS, "kind of 0 to 7, found 8", "element section, entry 0" },
    { "s9( 01 @00 41 00 0b 00 )", INVALID, WRT__W_INDEX, "unknown table 0", "element section, entry 0" },
    { "s4( 01 70 00 00 ) s9( 01 00 41 00 0b 01 @00 )", INVALID, WRT__W_INDEX, "unknown function 0",
        "element section, entry 0" },
    { "s4( 01 6f 00 00 ) s9( 01 00 41 00 0b @00 )", INVALID, WRT__W_TYPE,
        "the table holds externref, the segment funcref", "element section, entry 0" },
    { "s9( 01 01 @01 00 )", MALFORMED, WRT__W_TYPE_CODE, "expected the element kind 0, found 0x1",
        "element section, entry 0" },
    { "s9( 01 05 70 01 d0 6f @0b )", INVALID, WRT__W_TYPE, "expected one funcref, found externref",
        "element section, entry 0" },
    { "s11( 01 @03 00 )", MALFORMED, WRT__W_FLAGS, "kind of 0 to 2, found 3", "data section, entry 0" },
    { "s11( 01 @00 41 00 0b 00 )", INVALID, WRT__W_INDEX, "unknown memory 0", "data section, entry 0" },
    { "s5( 01 00 01 ) s11( 01 02 @01 41 00 0b 00 )", INVALID, WRT__W_INDEX,
        "unknown memory 1, the module has 1", "data section, entry 0" },
    { "s5( 01 00 01 ) s11( 01 01 05 61 @ )", MALFORMED, WRT__W_BYTES, "unexpected end",
        "data section, entry 0" },
    { "s12( 01 ) @", MALFORMED, WRT__W_AGREE,
        "data count and data section have inconsistent lengths: expected 1 segments, found 0", "" },
    /* code */
    { "s1( 01 60 00 00 ) s3( 01 00 ) @", MALFORMED, WRT__W_AGREE, "expected 1 bodies, found 0", "" },
    { "s1( 01 60 00 00 ) s3( 01 00 ) s10( @02 ( 00 0b ) ( 00 0b ) )", MALFORMED, WRT__W_AGREE,
        "expected 1 bodies, found 2", "code section" },
    { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 09 00 0b @ )", MALFORMED, WRT__W_BYTES, "unexpected end",
        "code section, entry 0" },
    { "s1( 01 60 00 00 ) s3( 01 00 ) s10( @01 ( ) )", MALFORMED, WRT__W_COUNT,
        "1 entries cannot fit into the 1 bytes", "code section" },
    { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @ ) )", MALFORMED, WRT__W_BODY,
        "unexpected end: expected end for 1 open blocks", "function 0" },
    { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 01 @ff ff ff ff 0f 7f 0b ) )", WRT_E_LIMIT, WRT__W_LIMIT,
        "the limit function_locals is 50000", "function 0" },
    { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 02 01 7f @ff ff ff ff 0f 7e 0b ) )", MALFORMED, WRT__W_LOCALS,
        "too many locals: expected at most 2^32 - 1", "function 0" },
    { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 01 01 @40 0b ) )", MALFORMED, WRT__W_TYPE_CODE,
        "expected a value type", "function 0" },
    { "s1( 01 60 00 00 ) s3( 01 00 ) s7( 01 'go' 00 00 ) s10( 01 ( 00 0b @0b ) )", MALFORMED, WRT__W_BODY,
        "1 bytes follow", "function 0 \"go\"" },
};

TEST(errors_name_place_and_reason)
{
    load_set_up();
    for (size_t i = 0; i < WRT_COUNT(wrong); i++) {
        CONTEXT("%s", wrong[i].text);
        struct wrt__module *m = load_text(wrong[i].text);
        CHECK(m == NULL);
        if (m) load_done(m);
        CHECK_EQ(load_error.status, wrong[i].status);
        CHECK_EQ(load_error.code, wrong[i].code);
        CHECK_EQ(load_error.offset, binary.mark);
        if (!CHECK(strstr(load_error.message, wrong[i].message))) printf("    %s\n", load_error.message);
        CHECK_STR(load_error.where, wrong[i].where);
    }
}

/* Bodies of a module with one memory and one table of funcref; type 0 is () -> (). `at` is marked in the
 * body. */
static const struct {
    const char *body;
    wrt_status status;
    uint32_t code;
    const char *message;
} wrong_bodies[] = {
    { "@6a 0b", INVALID, WRT__W_TYPE, "type mismatch in i32.add: expected i32, found nothing" },
    { "41 00 42 00 @6a 1a 0b", INVALID, WRT__W_TYPE, "type mismatch in i32.add: expected i32, found i64" },
    { "41 00 @0b", INVALID, WRT__W_TYPE, "expected 0 values at the end of the block, found 1" },
    { "@20 07 0b", INVALID, WRT__W_INDEX, "unknown local 7, the function has 0" },
    { "@23 00 0b", INVALID, WRT__W_INDEX, "unknown global 0, the module has 0" },
    { "@10 01 0b", INVALID, WRT__W_INDEX, "unknown function 1, the module has 1" },
    { "41 00 @11 01 00 0b", INVALID, WRT__W_INDEX, "unknown type 1, the module has 1" },
    { "41 00 @11 00 01 0b", INVALID, WRT__W_INDEX, "unknown table 1, the module has 1" },
    { "@0c 01 0b", INVALID, WRT__W_INDEX, "unknown label 1, the nesting here has 1" },
    { "41 00 @0e 00 02 0b", INVALID, WRT__W_INDEX, "unknown label 2" },
    { "41 00 @0e ff ff ff ff 0f 00 0b", MALFORMED, WRT__W_COUNT, "4294967295 labels cannot fit" },
    { "02 7f 02 40 41 00 41 00 @0e 01 00 01 0b 41 00 0b 1a 0b", INVALID, WRT__W_TYPE,
        "expected labels of 0 values, found one of 1" },
    { "02 7f 02 40 41 05 41 00 0e 00 01 0b 41 00 @0e 00 00 0b 1a 0b", INVALID, WRT__W_TYPE,
        "type mismatch in br_table: expected i32, found nothing" },
    { "@05 0b", MALFORMED, WRT__W_ELSE, "found else without if" },
    { "41 00 04 7f 41 00 @0b 1a 0b", INVALID, WRT__W_ELSE,
        "expected an else, because the if takes 0 values and gives 1" },
    { "41 00 04 7f 41 00 05 42 00 @0b 1a 0b", INVALID, WRT__W_TYPE,
        "type mismatch in end: expected i32, found i64" },
    { "41 00 04 7f 42 00 @05 41 00 0b 1a 0b", INVALID, WRT__W_TYPE,
        "type mismatch in else: expected i32, found i64" },
    { "02 @41 0b 0b", MALFORMED, WRT__W_TYPE_CODE, "expected a value type" },
    { "02 @05 0b 0b", INVALID, WRT__W_INDEX, "unknown type 5, the module has 1" },
    { "02 @ff 7f 0b 0b", MALFORMED, WRT__W_TYPE_CODE, "expected a block type, found -1" },
    { "41 00 @28 03 00 1a 0b", INVALID, WRT__W_ALIGNMENT, "expected at most 2^2 in i32.load, found 2^3" },
    { "41 00 @2d 01 00 1a 0b", INVALID, WRT__W_ALIGNMENT, "expected at most 2^0 in i32.load8_u, found 2^1" },
    { "41 00 42 00 @37 04 00 0b", INVALID, WRT__W_ALIGNMENT, "expected at most 2^3 in i64.store, found 2^4" },
    { "41 00 28 02 80 80 80 80 @10 1a 0b", MALFORMED, WRT__W_BYTES, "integer too large" },
    { "41 80 80 80 80 @40 1a 0b", MALFORMED, WRT__W_BYTES, "integer too large" },
    { "41 80 80 80 80 @80 00 1a 0b", MALFORMED, WRT__W_BYTES, "integer representation too long" },
    { "42 80 80 80 80 80 80 80 80 80 @02 1a 0b", MALFORMED, WRT__W_BYTES, "integer too large" },
    { "44 00 00 00 00 00 00 0b@", MALFORMED, WRT__W_BYTES, "unexpected end" },
    { "@27 0b", MALFORMED, WRT__W_OPERATOR, "unknown operator 0x27" },
    { "@fc 12 0b", MALFORMED, WRT__W_OPERATOR, "unknown operator 0xfc 18" },
    { "@fc ff ff ff ff 0f 0b", MALFORMED, WRT__W_OPERATOR, "unknown operator 0xfc 4294967295" },
    { "41 00 41 00 41 00 @fc 08 00 00 0b", MALFORMED, WRT__W_AGREE,
        "data count section required: memory.init needs it" },
    { "@fc 09 00 0b", MALFORMED, WRT__W_AGREE, "data count section required: data.drop needs it" },
    { "41 00 41 00 41 00 @fc 0c 00 00 0b", INVALID, WRT__W_INDEX,
        "unknown element segment 0, the module has 0" },
    { "@fc 0d 00 0b", INVALID, WRT__W_INDEX, "unknown element segment 0, the module has 0" },
    { "41 00 41 00 41 00 @fc 0e 00 01 0b", INVALID, WRT__W_INDEX, "unknown table 1" },
    { "@25 01 1a 0b", INVALID, WRT__W_INDEX, "unknown table 1" },
    { "41 00 d0 6f @26 00 0b", INVALID, WRT__W_TYPE,
        "type mismatch in table.set: expected funcref, found externref" },
    { "@d2 00 1a 0b", INVALID, WRT__W_UNDECLARED,
        "undeclared function reference: expected function 0 in an export" },
    { "41 00 @d1 1a 0b", INVALID, WRT__W_TYPE,
        "type mismatch in ref.is_null: expected a reference, found i32" },
    { "d0 70 d0 70 41 00 @1b 1a 0b", INVALID, WRT__W_TYPE,
        "type mismatch in select: expected numbers, found funcref" },
    { "41 00 42 00 41 00 @1b 1a 0b", INVALID, WRT__W_TYPE,
        "type mismatch in select: expected i32, found i64" },
    { "41 00 41 00 41 00 @1c 02 7f 7f 1a 0b", INVALID, WRT__W_TYPE, "expected one type of select, found 2" },
    { "00 42 00 @6a 1a 0b", INVALID, WRT__W_TYPE, "type mismatch in i32.add: expected i32, found i64" },
    { "0c 00 41 00 @0b", INVALID, WRT__W_TYPE, "expected 0 values at the end of the block, found 1" },
    { "00 @20 00 0b", INVALID, WRT__W_INDEX, "unknown local 0" },
    { "02 40 00 02 7e 41 00 @0b 1a 0b 0b", INVALID, WRT__W_TYPE,
        "type mismatch in end: expected i64, found i32" },
};

TEST(errors_in_bodies_name_place_and_reason)
{
    load_set_up();
    for (size_t i = 0; i < WRT_COUNT(wrong_bodies); i++) {
        CONTEXT("%s", wrong_bodies[i].body);
        struct wrt__module *m = load_text(load_body_text(wrong_bodies[i].body));
        CHECK(m == NULL);
        if (m) load_done(m);
        CHECK_EQ(load_error.status, wrong_bodies[i].status);
        CHECK_EQ(load_error.code, wrong_bodies[i].code);
        CHECK_EQ(load_error.offset, binary.mark);
        if (!CHECK(strstr(load_error.message, wrong_bodies[i].message))) {
            printf("    %s\n", load_error.message);
        }
        CHECK_STR(load_error.where, "function 0");
    }
}

TEST(what_is_no_core_module)
{
    load_set_up();
    static const struct { const char *bytes; size_t n; wrt_status status; uint64_t offset;
    } heads[] = {
        { "", 0, WRT_E_MALFORMED, 0 },
        { "\0as", 3, WRT_E_MALFORMED, 0 },
        { "\0asn\1\0\0\0", 8, WRT_E_MALFORMED, 0 },
        { "\0asm", 4, WRT_E_MALFORMED, 4 },
        { "\0asm\1\0\0", 7, WRT_E_MALFORMED, 7 },
        { "\0asm\2\0\0\0", 8, WRT_E_MALFORMED, 4 },
        { "\0asm\15\0\1\0", 8, WRT_E_UNSUPPORTED, 4 },
    };
    for (size_t i = 0; i < WRT_COUNT(heads); i++) {
        CONTEXT("head %zu", i);
        memcpy(binary.bytes, heads[i].bytes, heads[i].n);
        binary.n = heads[i].n;
        CHECK(load_binary() == NULL);
        CHECK_EQ(load_error.status, heads[i].status);
        CHECK_EQ(load_error.offset, heads[i].offset);
    }
    CHECK(load_accepts(""));
}

/* ---- features ------------------------------------------------------------------------------------ */

static const struct { uint64_t feature; const char *text;
} proposals[] = {
    { WRT_FEATURE_MUTABLE_GLOBALS, "s2( 01 'm' 'n' @03 7f 01 )" },
    { WRT_FEATURE_MUTABLE_GLOBALS, "s6( 01 7f 01 41 00 0b ) s7( 01 'g' @03 00 )" },
    { WRT_FEATURE_SIGN_EXTENSION, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 41 00 @c0 1a 0b ) )" },
    { WRT_FEATURE_SATURATING, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 43 00 00 00 00 @fc 00 1a 0b ) )" },
    { WRT_FEATURE_MULTI_VALUE, "s1( 01 60 00 @02 7f 7f )" },
    { WRT_FEATURE_MULTI_VALUE, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 02 @00 0b 0b ) )" },
    { WRT_FEATURE_BULK_MEMORY, "s12( @00 )" },
    { WRT_FEATURE_BULK_MEMORY, "s11( 01 @01 00 )" },
    { WRT_FEATURE_BULK_MEMORY,
        "s1( 01 60 00 00 ) s3( 01 00 ) s5( 01 00 01 ) s10( 01 ( 00 41 00 41 00 41 00 @fc 0b 00 0b ) )" },
    { WRT_FEATURE_REFERENCE_TYPES, "s4( @02 70 00 00 70 00 00 )" },
    { WRT_FEATURE_REFERENCE_TYPES, "s4( 01 @6f 00 00 )" },
    { WRT_FEATURE_REFERENCE_TYPES, "s1( 01 60 01 @70 00 )" },
    { WRT_FEATURE_REFERENCE_TYPES, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @d0 70 1a 0b ) )" },
    { WRT_FEATURE_EXTENDED_CONST, "s6( 01 7f 00 41 01 41 02 @6a 0b )" },
    { WRT_FEATURE_TAIL_CALL, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @12 00 0b ) )" },
    /* not built */
    { WRT_FEATURE_SIMD, "s1( 01 60 01 @7b 00 )" },
    { WRT_FEATURE_SIMD, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @fd 0c 0b ) )" },
    { WRT_FEATURE_RELAXED_SIMD, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @fd 80 02 0b ) )" },
    { WRT_FEATURE_EXCEPTIONS, "@s13( 01 00 00 )" },
    { WRT_FEATURE_EXCEPTIONS, "s2( 01 'm' 'n' @04 00 00 )" },
    { WRT_FEATURE_EXCEPTIONS, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @1f 40 00 0b 0b ) )" },
    { WRT_FEATURE_MULTI_MEMORY, "s5( @02 00 01 00 01 )" },
    { WRT_FEATURE_MULTI_MEMORY,
        "s1( 01 60 00 00 ) s3( 01 00 ) s5( 01 00 01 ) s10( 01 ( 00 3f @01 1a 0b ) )" },
    { WRT_FEATURE_MULTI_MEMORY,
        "s1( 01 60 00 00 ) s3( 01 00 ) s5( 01 00 01 ) s10( 01 ( 00 41 00 @28 42 01 00 1a 0b ) )" },
    { WRT_FEATURE_CUSTOM_PAGE_SIZES, "s5( 01 @08 00 00 )" },
    { WRT_FEATURE_MEMORY64, "s5( 01 @04 00 )" },
    { WRT_FEATURE_MEMORY64, "s4( 01 70 @04 00 )" },
    { WRT_FEATURE_THREADS, "s5( 01 @03 00 01 )" },
    { WRT_FEATURE_THREADS, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @fe 03 00 0b ) )" },
    { WRT_FEATURE_WIDE_ARITHMETIC, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @fc 13 0b ) )" },
    { WRT_FEATURE_FUNCTION_REFERENCES, "s1( 01 60 01 @64 70 00 )" },
    { WRT_FEATURE_FUNCTION_REFERENCES, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @14 00 0b ) )" },
    { WRT_FEATURE_GC, "s1( 01 @5f 00 00 )" },
    { WRT_FEATURE_GC, "s1( 01 60 01 @6e 00 )" },
    { WRT_FEATURE_GC, "s6( 02 7f 00 41 00 0b 7f 00 @23 00 0b )" },
    { WRT_FEATURE_GC, "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 @fb 00 00 0b ) )" },
};

TEST(proposals_are_recorded_and_refused_by_name)
{
    for (size_t i = 0; i < WRT_COUNT(proposals); i++) {
        uint64_t feature = proposals[i].feature;
        const char *name = wrt__feature_text(feature);
        load_set_up();
        CONTEXT("%s: %s", name, proposals[i].text);
        struct wrt__module *m = load_text(proposals[i].text);
        CHECK_EQ(m != NULL, (feature & WRT__FEATURES_BUILT) != 0);
        if (m) {
            CHECK(m->features & feature);
            load_done(m);
            load_features = ~feature;
            CHECK(load_text(proposals[i].text) == NULL);
            CHECK(strstr(load_error.message, "is switched off"));
            CHECK_EQ(load_error.code, WRT__W_SWITCHED_OFF);
        } else {
            CHECK(strstr(load_error.message, "which this build does not have"));
            CHECK_EQ(load_error.code, WRT__W_NOT_BUILT);
        }
        char expected[60];
        snprintf(expected, sizeof expected, "the feature %s,", name);
        if (!CHECK(strstr(load_error.message, expected))) printf("    %s\n", load_error.message);
        CHECK_EQ(load_error.status, WRT_E_UNSUPPORTED);
        CHECK_EQ(load_error.offset, binary.mark);
    }
}

TEST(a_module_of_2017_needs_no_proposal)
{
    load_set_up();
    load_features = WRT_FEATURE_TAIL_CALL;      /* something, because nothing means everything */
    struct wrt__module *m =
        load_text("s1( 01 60 00 00 ) s3( 01 00 ) s4( 01 70 00 01 ) s5( 01 00 01 ) s9( 01 00 41 00 0b 01 00 )"
                  "s10( 01 ( 00 41 00 11 00 00 0b ) )");
    REQUIRE(m);
    CHECK_EQ(m->features, 0);
    load_done(m);
}

/* ---- without floating point ---------------------------------------------------------------------------- */

static void no_float_check(const char *text, bool has_float)
{
    struct wrt__module *m;
    CONTEXT("%s", text);
    load_no_float = false;
    m = load_text(text);
    REQUIRE(m);
    CHECK_EQ(m->features & WRT__FLOATS, 0);
    load_done(m);
    load_no_float = true;
    m = load_text(text);
    if (!has_float) {
        REQUIRE(m);
        load_done(m);
        return;
    }
    REQUIRE(!m);
    CHECK_EQ(load_error.status, WRT_E_UNSUPPORTED);
    CHECK_EQ(load_error.code, WRT__W_SWITCHED_OFF);
    CHECK_EQ(load_error.offset, binary.mark);
    CHECK(strstr(load_error.message, "float") && strstr(load_error.message, "is switched off"));
}

/* Operators in dead code, where no type gives them away. */
TEST(no_float_refuses_every_operator_that_touches_floats)
{
    uint32_t floats = 0, others = 0;
    load_set_up();
    for (uint32_t op = 0; op < 256 + 8; op++) {
        const struct wrt__op_info *info = &wrt__op_infos[op];
        bool constant = info->imm >= WRT__IMM_I32 && info->imm <= WRT__IMM_F64;
        bool memory = info->imm >= WRT__IMM_MEM0 && info->imm <= WRT__IMM_MEM3;
        char text[200], code[16];
        if (!constant && !memory && !(info->imm == WRT__IMM_NONE && info->pops > 0)) continue;
        bool has_float = strstr(wrt__op_text(op), "f32") || strstr(wrt__op_text(op), "f64");
        if (op < 256) snprintf(code, sizeof code, "%02x", op);
        else snprintf(code, sizeof code, "fc %02x", op - 256);
        snprintf(text, sizeof text,
            "s1( 01 60 00 00 ) s3( 01 00 ) s5( 01 00 01 ) s10( 01 ( 00 00 @ %s %s 00 0b ) )", code,
            memory                          ? "00 00"
                : info->imm == WRT__IMM_F32 ? "*4 00"
                : info->imm == WRT__IMM_F64 ? "*8 00"
                : constant                  ? "00"
                                            : "");
        no_float_check(text, has_float);
        if (has_float) floats++;
        else others++;
    }
    CHECK_EQ(floats, 76);
    CHECK_EQ(others, 87);
}

TEST(no_float_refuses_types_that_are_floats)
{
    static const struct { const char *text; bool has_float; } cases[] = {
        { "s1( 01 60 01 @ 7d 00 )", true },
        { "s1( 01 60 00 01 @ 7c )", true },
        { "s1( 01 60 02 7e 7f 00 )", false },
        { "s2( 01 'a' 'b' 03 @ 7c 00 )", true },
        { "s2( 01 'a' 'b' 03 7e 00 )", false },
        { "s6( 01 @ 7d 00 43 00 00 00 00 0b )", true },
        { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 01 01 @ 7c 0b ) )", true },
        { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 00 02 @ 7d 00 0b 1a 0b ) )", true },
        { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 00 1c 01 @ 7d 1a 0b ) )", true },
        { "s1( 01 60 00 00 ) s3( 01 00 ) s10( 01 ( 00 00 1c 01 7f 1a 0b ) )", false },
    };
    load_set_up();
    for (size_t k = 0; k < WRT_COUNT(cases); k++) no_float_check(cases[k].text, cases[k].has_float);
}
