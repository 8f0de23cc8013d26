/* Decoding, validation and translation of any bytes, through the public call: no crash, memory bounded by the
 * length of the input, nothing left afterwards. Bytes that do not begin like a binary make a valid module,
 * some bytes of which are then changed: so what lies deep in the validator is reached too. */
#include "generate.h"

enum { LOAD_BASE = 64 << 10, LOAD_EACH = 400 };

static void load_line(void *ctx, wrt_str line)
{
    *(uint64_t *)ctx += line.n > 0 ? (uint8_t)line.p[line.n - 1] : 0;
}

/* Everything that can be asked of a code. */
static void load_ask(wrt_code *c)
{
    wrt_code_info info;
    wrt_extern_desc d;
    uint64_t sum = 0;
    wrt_code_info_get(c, &info);
    for (size_t i = 0; i < wrt_code_imports_count(c); i++)
        FUZZ_CHECK(wrt_code_import(c, i, &d), "import %zu", i);
    for (size_t i = 0; i < wrt_code_exports_count(c); i++)
        FUZZ_CHECK(wrt_code_export(c, i, &d), "export %zu", i);
    for (uint32_t i = 0; i <= info.functions && i < 64; i++) sum += wrt_code_func_name(c, i).n;
    for (uint32_t i = 0; i <= info.functions && i < 8; i++) (void)wrt_code_disasm(c, i, load_line, &sum);
}

static void load_once(wrt_bytes bytes, bool keep, bool portable, wrt_error *err)
{
    struct fuzz_heap heap;
    wrt_engine *e;
    wrt_code *code = NULL;
    wrt_config c = WRT_INIT(wrt_config);
    wrt_load_opts o = WRT_INIT(wrt_load_opts);
    fuzz_heap_init(&heap);
    c.alloc = &heap.alloc;
    o.keep_source = keep;
    o.portable = portable;
    FUZZ_CHECK(wrt_engine_new(&c, &e, err) == WRT_OK, "no engine");
    heap.most = heap.bytes + LOAD_BASE + LOAD_EACH * (uint64_t)bytes.n;
    uint64_t live = heap.live;
    memset(err, 0, sizeof *err);
    wrt_status status = wrt_load(e, bytes, &o, &code, err);
    if (status == WRT_OK) {
        load_ask(code);
    } else {
        FUZZ_CHECK(status == WRT_E_MALFORMED || status == WRT_E_INVALID || status == WRT_E_UNSUPPORTED ||
            status == WRT_E_LIMIT, "status %d: %s", status, err->message);
        FUZZ_CHECK(
            err->status == status && err->message[0] && err->code, "an error without words: %d", status);
        FUZZ_CHECK(err->offset <= bytes.n, "offset %llu of %zu", (unsigned long long)err->offset, bytes.n);
        FUZZ_CHECK(heap.live == live, "%llu blocks are left", (unsigned long long)(heap.live - live));
    }
    wrt_code_free(code);
    wrt_engine_free(e);
    fuzz_heap_empty(&heap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t made[GEN_MAX];
    static struct gen g;
    wrt_error a, b;
    size_t length = n;
    const uint8_t *from = data;
    if (n > 0 && data[0] != 0) {
        from = made;
        length = gen_module(&g, data, n, made);
        for (size_t i = 0; i < 3 && i + 4 < n && data[n - 1 - i] != 0;
            i++) { /* the last bytes say what is changed */
            uint32_t at = (uint32_t)(data[n - 2 - i] * 256u + data[n - 3 - i]);
            made[8 + at % (length - 8)] = data[n - 1 - i];
        }
    }
    uint8_t *exact = malloc(length + (length == 0));    /* so that reading behind the end is seen */
    if (!exact) abort();
    memcpy(exact, from, length);
    load_once((wrt_bytes){ exact, length }, length & 1, false, &a);
    load_once((wrt_bytes){ exact, length }, !(length & 1), true, &b);
    FUZZ_CHECK(memcmp(&a, &b, sizeof a) == 0, "the same binary gives another answer: %d %s, %d %s", a.status,
        a.message, b.status, b.message);
    free(exact);
    return 0;
}
