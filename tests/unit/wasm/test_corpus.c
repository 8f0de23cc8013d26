/* The reader against the conformance scripts beside the repository, when they are there: every module of the
 * rung is accepted, every assert_invalid and assert_malformed is refused; no truncation and no random change
 * does harm. */
#include "test.h"
#include "checking_translator.h"
#include <dirent.h>
#include <string.h>

#define CORPUS WRT_TEST_SOURCE "/../shared/conformance/core"

static struct wrt_limits corpus_limits;
static struct test_heap corpus_heap;

struct corpus_counts { unsigned accepted, refused, skipped, files; };

/* Bodies of a valid module are as valid when nobody translates them. */
static void corpus_validate_only(struct wrt__module *m)
{
    struct wrt__validator *v = wrt__validator_new(m, WRT__FEATURES_BUILT);
    wrt_error err;
    for (uint32_t i = m->funcs_imported; v && i < m->funcs_count; i++) {
        CHECK_EQ(wrt__validate_body(v, i, NULL, &err), WRT_OK);
    }
    wrt__validator_free(v);
}

static wrt_status corpus_load(wrt_bytes bytes, wrt_error *err)
{
    wrt_error list[3];
    struct wrt__load_errors errors = { list, 3, 0, wrt__load_other_errors };
    const struct wrt__load_opts o = {
        .fuel = &wrt__fuel_unit, .limits = &corpus_limits, .errors = &errors, .keep_source = true
    };
    struct wrt__module *m = NULL;
    wrt__error_clear(err);
    wrt_status status = wrt__module_load(&corpus_heap.alloc, bytes, &o, &m, err);
    for (size_t k = 1; k < errors.count && k < errors.cap; k++) {
        uint64_t before = k > 1 ? list[k - 1].offset : err->offset;
        CHECK(list[k].status < 0 && list[k].offset > before && list[k].offset <= bytes.n);
    }
    if (status == WRT_OK) {
        corpus_validate_only(m);
        wrt__module_free(m);
    }
    else if (err->status != status || err->message[0] == 0 ||
             (err->offset > bytes.n && status != WRT_E_NOMEM)) {
        printf("an error without status, message or offset\n");
        CHECK(false);
    }
    CHECK_EQ(corpus_heap.live, 0);
    return status;
}

static uint8_t *corpus_read(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *p = malloc(*n + 1);
    if (p && fread(p, 1, *n, f) != *n) *n = 0;
    if (p) p[*n] = 0;
    fclose(f);
    return p;
}

/* Text of a string field of a command, which is one line. */
static bool corpus_field(const char *line, const char *key, char *out, size_t cap)
{
    const char *p = strstr(line, key);
    if (!p) return false;
    p += strlen(key);
    size_t n = strcspn(p, "\"");
    if (n >= cap) return false;
    memcpy(out, p, n);
    out[n] = 0;
    return true;
}

static bool corpus_in_rung(const char *line)
{
    const char *p = strstr(line, "\"features\":[");
    if (!p) return true;
    p += strlen("\"features\":[");
    while (*p && *p != ']') {
        if (*p++ != '"') continue;
        size_t n = strcspn(p, "\"");
        bool known = false;
#define X(name, bit, text, built) known = known || ((built) && strlen(text) == n && memcmp(p, text, n) == 0);
        WRT_FEATURE_MAP(X)
#undef X
        if (!known) return false;
        p += n + 1;
    }
    return true;
}

static void corpus_flip(uint8_t *p, size_t n, unsigned times, uint64_t *seed)
{
    wrt_error err;
    for (unsigned i = 0; i < times && n > 8; i++) {
        uint8_t *copy = malloc(n);      /* of its own: an over-read is seen by the sanitizer */
        if (!copy) return;
        memcpy(copy, p, n);
        for (uint64_t k = test_random(seed) % 3; k < 3; k++) {
            copy[8 + test_random(seed) % (n - 8)] = (uint8_t)test_random(seed);
        }
        (void)corpus_load((wrt_bytes){ copy, n }, &err);
        free(copy);
    }
}

static void corpus_truncate(const uint8_t *p, size_t n)
{
    wrt_error err;
    size_t step = n > 4096 ? n / 256 : 1;
    for (size_t k = 0; k < n; k += step) {
        uint8_t *copy = malloc(k ? k : 1);
        if (!copy) return;
        memcpy(copy, p, k);
        (void)corpus_load((wrt_bytes){ copy, k }, &err);
        free(copy);
    }
}

/* Each body cut short at each byte, in a source that ends there. */
static void corpus_cut_bodies(const uint8_t *p, size_t n)
{
    const struct wrt__load_opts o = {
        .fuel = &wrt__fuel_unit, .limits = &corpus_limits, .keep_source = true
    };
    struct wrt__module *m = NULL;
    wrt_error err;
    if (n > 4096 || wrt__module_load(&corpus_heap.alloc, (wrt_bytes){ p, n }, &o, &m, &err) != WRT_OK) return;
    struct wrt__validator *v = wrt__validator_new(m, WRT__FEATURES_BUILT);
    struct wrt__translator *t = wrt__translator_new(m);
    for (uint32_t i = m->funcs_imported; i < m->funcs_count; i++) {
        struct wrt__func *f = &m->funcs[i];
        uint32_t bytes = f->body_bytes;
        for (uint32_t k = 0; k < bytes; k++) {
            uint8_t *copy = malloc(f->body_offset + k);
            if (!copy) break;
            memcpy(copy, p, f->body_offset + k);
            m->source.p = copy;
            f->body_bytes = k;
            CHECK_EQ(wrt__validate_body(v, i, t, &err), WRT_E_MALFORMED);
            CHECK(err.offset >= f->body_offset && err.offset <= f->body_offset + k);
            free(copy);
        }
        f->body_bytes = bytes;
    }
    m->source.p = p;
    wrt__translator_free(t);
    wrt__validator_free(v);
    wrt__module_free(m);
}

static void corpus_accept(const char *line, const char *path, wrt_bytes b, struct corpus_counts *c)
{
    wrt_error err;
    if (!corpus_in_rung(line)) {
        c->skipped++;
        CHECK(corpus_load(b, &err) != WRT_OK || strstr(line, "\"gc\""));
        return;
    }
    c->accepted++;
    if (corpus_load(b, &err) == WRT_OK) return;
    printf("%s: W%04u %s at 0x%llx in %s\n", path, (unsigned)err.code, err.message,
        (unsigned long long)err.offset, err.where);
    CHECK(false);
}

static void corpus_command(const char *line, const char *folder, struct corpus_counts *c, unsigned flips)
{
    char type[40], file[200], path[2000];
    if (!corpus_field(line, "\"type\":\"", type, sizeof type) ||
        !corpus_field(line, "\"filename\":\"", file, sizeof file))
        return;
    if (strncmp(type, "module", 6) != 0 && strncmp(type, "assert_", 7) != 0) return;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    size_t n = 0;
    uint8_t *p = corpus_read(path, &n);
    if (!p) return;
    wrt_bytes b = { p, n };
    wrt_error err;
    uint64_t seed = n;
    CONTEXT("%s line %s", path + sizeof CORPUS, strstr(line, "\"line\":"));
    if (flips > 0) {
        corpus_truncate(p, n);
        if (!strstr(type, "malformed") && !strstr(type, "invalid")) corpus_cut_bodies(p, n);
        corpus_flip(p, n, flips, &seed);
    } else if (strstr(path, "/threads/imports/") && strstr(line, "multiple tables")) {
        c->skipped++;                   /* was written before reference types allowed several tables */
    } else if (strcmp(type, "assert_invalid") == 0 || strcmp(type, "assert_malformed") == 0) {
        c->refused++;
        if (corpus_load(b, &err) == WRT_OK) CHECK(false);
        else if (getenv("WRT_TEST_SHOW")) {
            printf("%s\t%d W%04u %s\t%s\n", strstr(line, "\"text\":"), err.status, (unsigned)err.code,
                err.message, err.where);
        }
    } else {
        corpus_accept(line, path, b, c);
    }
    free(p);
}

static void corpus_script(const char *folder, const char *name, struct corpus_counts *c, unsigned flips)
{
    char path[2000];
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    size_t n = 0;
    uint8_t *text = corpus_read(path, &n);
    if (!text) return;
    c->files++;
    for (char *line = strtok((char *)text, "\n"); line; line = strtok(NULL, "\n")) {
        corpus_command(line, folder, c, flips);
    }
    free(text);
}

static bool corpus_walk(struct corpus_counts *c, unsigned flips)
{
    DIR *groups = opendir(CORPUS);
    if (!groups) return false;
    for (struct dirent *g = readdir(groups); g; g = readdir(groups)) {
        char group[600];
        snprintf(group, sizeof group, "%s/%s", CORPUS, g->d_name);
        DIR *scripts = g->d_name[0] == '.' ? NULL : opendir(group);
        if (!scripts) continue;
        for (struct dirent *s = readdir(scripts); s; s = readdir(scripts)) {
            char folder[900];
            if (s->d_name[0] == '.') continue;
            snprintf(folder, sizeof folder, "%s/%s", group, s->d_name);
            corpus_script(folder, s->d_name, c, flips);
        }
        closedir(scripts);
    }
    closedir(groups);
    return true;
}

static void corpus_set_up(void)
{
    test_heap_init(&corpus_heap);
    (void)wrt__limits_fill(&corpus_limits, NULL, NULL);
}

TEST(modules_of_the_rung_are_accepted_and_wrong_ones_refused)
{
    struct corpus_counts c = { 0, 0, 0, 0 };
    corpus_set_up();
    if (!corpus_walk(&c, 0)) SKIP("no conformance scripts");
    printf("%u scripts: %u modules to accept, %u to refuse, %u need later features\n", c.files, c.accepted,
        c.refused, c.skipped);
    CHECK(c.accepted > 0 && c.refused > 0);
    CHECK(!corpus_heap.broken);
}

/* WRT_TEST_FLIPS: changed copies of each module. */
TEST(truncated_and_changed_modules_do_no_harm)
{
    struct corpus_counts c = { 0, 0, 0, 0 };
    const char *flips = getenv("WRT_TEST_FLIPS");
    corpus_set_up();
    if (!corpus_walk(&c, flips ? (unsigned)atoi(flips) : 5)) SKIP("no conformance scripts");
    CHECK(!corpus_heap.broken);
}
