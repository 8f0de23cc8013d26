/* Binaries that arrive in pieces: the same code as in one, early refusals, no memory. */
#include "fixture.h"

static wrt_status loader_pieces(
    struct world *w, wrt_bytes b, size_t step, uint64_t told, wrt_code **out, size_t *fed)
{
    wrt_loader *l;
    *out = NULL;
    *fed = 0;
    wrt_status status = wrt_loader_new(w->e, NULL, told, &l, &w->err);
    if (status != WRT_OK) return status;
    for (size_t at = 0; at < b.n; at += step) {
        wrt_bytes piece = { b.p + at, b.n - at < step ? b.n - at : step };
        uint8_t *copy = malloc(piece.n); /* gone as soon as it was fed */
        memcpy(copy, piece.p, piece.n);
        status = wrt_loader_feed(l, (wrt_bytes){ copy, piece.n }, &w->err);
        free(copy);
        if (status != WRT_OK) {
            wrt_loader_free(l);
            return status;
        }
        *fed += piece.n;
    }
    return wrt_loader_finish(l, out, &w->err);
}

TEST(pieces_make_the_same_code)
{
    static const size_t steps[] = { 1, 7, 8, 9, 4096, 100000 };
    wrt_bytes b = fixture_read("names");
    wrt_code_info whole, parts;
    wrt_code *c;
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        for (uint64_t told = 0; told <= 2; told++) {
            struct world w;
            size_t fed;
            world_open(&w);
            wrt_code_info_get(world_code(&w, "names"), &whole);
            CHECK_EQ(loader_pieces(&w, b, steps[k], told == 2 ? b.n : told, &c, &fed), WRT_OK);
            wrt_code_info_get(c, &parts);
            CHECK_MEM(&whole, &parts, sizeof whole);
            wrt_code_free(c);
            world_close(&w);
        }
    }
    fixture_free(b);
}

TEST(what_cannot_become_a_module_is_refused_early)
{
    struct world w;
    wrt_config config = WRT_INIT(wrt_config);
    wrt_code *c;
    wrt_loader *l;
    size_t fed;
    const uint8_t other[64] = { 0x7f, 'E', 'L', 'F' }, newer[64] = { 0, 'a', 's', 'm', 2 };
    config.limits.module_bytes = 40;
    world_open_with(&w, config);
    CHECK_EQ(loader_pieces(&w, (wrt_bytes){ other, 20 }, 1, 0, &c, &fed), WRT_E_MALFORMED);
    CHECK_EQ(fed, 0);
    CHECK_EQ(w.err.code, 101);
    CHECK_EQ(loader_pieces(&w, (wrt_bytes){ newer, 20 }, 1, 0, &c, &fed), WRT_E_MALFORMED);
    CHECK_EQ(fed, 4);
    CHECK_EQ(loader_pieces(&w, (wrt_bytes){ newer, 0 }, 1, 0, &c, &fed), WRT_E_MALFORMED);
    wrt_bytes tiny = fixture_read("tiny");
    CHECK(tiny.n > 40);
    CHECK_EQ(loader_pieces(&w, tiny, 16, 0, &c, &fed), WRT_E_LIMIT);
    CHECK(has_text(w.err.table, "module_bytes") && fed == 32 && w.err.offset == 40);
    CHECK_EQ(loader_pieces(&w, tiny, 16, tiny.n, &c, &fed), WRT_E_LIMIT);
    CHECK_EQ(fed, 0);
    fixture_free(tiny);
    wrt_load_opts kept = WRT_INIT(wrt_load_opts);
    kept.keep_source = true;
    CHECK_EQ(wrt_loader_new(w.e, &kept, 0, &l, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_loader_new(w.e, NULL, 0, NULL, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_loader_new(NULL, NULL, 0, &l, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_loader_new(w.e, NULL, 0, &l, &w.err), WRT_OK);
    CHECK_EQ(wrt_loader_feed(l, (wrt_bytes){ NULL, 1 }, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_loader_feed(l, (wrt_bytes){ other, 1 }, &w.err), WRT_E_MALFORMED);
    CHECK_EQ(wrt_loader_feed(l, (wrt_bytes){ other, 1 }, &w.err), WRT_E_STATE);
    CHECK_EQ(wrt_loader_finish(l, &c, &w.err), WRT_E_STATE);
    CHECK_EQ(wrt_loader_finish(NULL, &c, &w.err), WRT_E_ARG);
    CHECK_EQ(wrt_loader_feed(NULL, tiny, &w.err), WRT_E_ARG);
    wrt_loader_free(NULL);
    world_close(&w);
}

TEST(a_loader_fails_cleanly_at_every_request)
{
    wrt_bytes b = fixture_read("big");
    wrt_status status;
    uint64_t k = 0;
    do {
        struct world w;
        wrt_code *c;
        size_t fed;
        world_open(&w);
        w.heap.fail_at = w.heap.asked + ++k;
        status = loader_pieces(&w, b, 3000, k % 2 ? 0 : b.n, &c, &fed);
        bool hit = w.heap.asked >= w.heap.fail_at;
        CHECK(hit ? status == WRT_E_NOMEM || status == WRT_OK : status == WRT_OK);
        wrt_code_free(c);
        w.heap.fail_at = 0;
        status = hit ? WRT_E_NOMEM : status;
        world_close(&w);
    } while (status == WRT_E_NOMEM && k < 500 && !test_failures());
    CHECK(k > 5);
    fixture_free(b);
}

TEST(a_sealed_engine_takes_no_more_pieces)
{
    struct world w;
    wrt_config config = WRT_INIT(wrt_config);
    wrt_loader *l;
    wrt_code *c;
    config.limits.tasks = 2;
    config.limits.stack_bytes = 4096;
    world_open_with(&w, config);
    CHECK_EQ(wrt_loader_new(w.e, NULL, 0, &l, &w.err), WRT_OK);
    CHECK_EQ(wrt_engine_seal(w.e, &w.err), WRT_OK);
    CHECK_EQ(wrt_loader_feed(l, (wrt_bytes){ (const uint8_t *)"", 1 }, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_loader_finish(l, &c, &w.err), WRT_E_SEALED);
    CHECK_EQ(wrt_loader_new(w.e, NULL, 0, &l, &w.err), WRT_E_SEALED);
    world_close(&w);
}
