/* Decoding, validation and translation of any bytes, through the public call: no crash, memory bounded by the
 * length of the input, nothing left afterwards. Bytes that do not begin like a binary make a valid module,
 * some bytes of which are then changed: so what lies deep in the validator is reached too. */
#include "generate.h"

/* Six bytes declare as many locals as a function may have: these are counted apart from the length. */
enum { LOAD_LOCALS = 50000, LOAD_BASE = (64 << 10) + 6 * LOAD_LOCALS, LOAD_EACH = 400 };

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

/* Every bad body is found, in order, and the first answer is that of wrt_load; in pieces it is the same
 * binary. */
static void load_otherwise(wrt_engine *e, wrt_bytes bytes, const wrt_error *first)
{
    wrt_error errors[4], err;
    size_t count = 0, half = bytes.n / 2;
    wrt_loader *l = NULL;
    wrt_code *code = NULL;
    memset(errors, 0, sizeof errors);
    wrt_status status = wrt_load_check(e, bytes, NULL, errors, 4, &count);
    FUZZ_CHECK(status == first->status && (count == 0) == (status == WRT_OK), "checked: %d", status);
    FUZZ_CHECK(status == WRT_OK || memcmp(&errors[0], first, sizeof *first) == 0, "another first error");
    for (size_t k = 1; k < count && k < 4; k++) {
        FUZZ_CHECK(errors[k].status < 0 && errors[k].offset > errors[k - 1].offset &&
            errors[k].offset <= bytes.n, "error %zu", k);
    }
    FUZZ_CHECK(wrt_loader_new(e, NULL, 0, &l, &err) == WRT_OK, "no loader");
    status = wrt_loader_feed(l, (wrt_bytes){ bytes.p, half }, &err);
    if (status == WRT_OK) status = wrt_loader_feed(l, (wrt_bytes){ bytes.p + half, bytes.n - half }, &err);
    if (status == WRT_OK) {
        status = wrt_loader_finish(l, &code, &err);
    } else {
        wrt_loader_free(l);
    }
    FUZZ_CHECK(status == first->status, "in pieces: %d, at once %d", status, first->status);
    wrt_code_free(code);
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
    if (keep) {
        wrt_error first = *err;
        first.status = status;
        heap.most = 2 * heap.most + LOAD_BASE;  /* a loader may have twice the bytes */
        load_otherwise(e, bytes, &first);
    }
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
