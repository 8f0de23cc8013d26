/* manifest_board: the file of `wrtd bench --calibrate`, which says what fuel is in time on this machine. */
#include <stdlib.h>
#include <string.h>
#include "manifest.h"

static const char *const board_keys[] = { "board", "ns-per-kfuel", "fuel-table", "fuel-table-hash", "cpu",
    "governor", "build", "margin", "switch-ns", "timer-jitter-ns", "class" };

static const struct toml_value *board_get(const struct toml *t, const char *key, uint8_t kind)
{
    const struct toml_value *v = toml_get(t, t->root, wd_str(key));
    return v && v->kind == kind ? v : NULL;
}

static void board_text(const struct toml *t, const char *key, char *out, size_t n)
{
    const struct toml_value *v = board_get(t, key, TOML_STRING);
    if (v) snprintf(out, n, "%.*s", (int)(v->text.n < n ? v->text.n : n - 1), v->text.p);
}

/* What is wrong with the board file; NULL: nothing. */
static const char *board_wrong(struct wd_board *b, const struct toml *t)
{
    for (const struct toml_value *v = t->root->first; v; v = v->next) {
        size_t k = 0;
        while (k < WD_COUNT(board_keys) && !wd_equal(v->key, board_keys[k])) k++;
        if (k == WD_COUNT(board_keys)) return "it has an unknown key";
    }
    const struct toml_value *version = board_get(t, "board", TOML_INTEGER),
                            *rate = board_get(t, "ns-per-kfuel", TOML_INTEGER);
    const struct toml_value *hash = board_get(t, "fuel-table-hash", TOML_STRING);
    if (!version || version->of.integer != 1) return "it lacks `board = 1`";
    if (!rate || rate->of.integer < 1 || rate->of.integer > 1000000000000000)
        return "it lacks `ns-per-kfuel`";
    if (!hash || !wd_parse_count(hash->text, &b->table_hash)) return "it lacks `fuel-table-hash`";
    b->ns_per_kfuel = (uint64_t)rate->of.integer;
    board_text(t, "fuel-table", b->table, sizeof b->table);
    board_text(t, "cpu", b->cpu, sizeof b->cpu);
    board_text(t, "build", b->build, sizeof b->build);
    return NULL;
}

bool wd_board_read(struct wd_manifest *m, const struct toml_value *at, const char *path)
{
    uint8_t *text;
    size_t n;
    struct toml t;
    if (!wd_manifest_open(m, at, path, &text, &n)) return false;
    const char *why = toml_read(&t, (wrt_str){ (const char *)text, n }) ? board_wrong(&m->board, &t) : NULL;
    if (t.faults_count) {
        uint32_t line, column;
        toml_place(&t, t.faults[0].at, &line, &column, NULL);
        mf_fault(&m->mf, at, false, WD_W_BOARD, NULL, "the board file cannot be read: line %u: %.100s", line,
            t.faults[0].message);
    } else if (why) {
        mf_fault(&m->mf, at, false, WD_W_BOARD, NULL, "the board file cannot be used: %s", why);
        mf_hint(&m->mf, "make it again: wrtd bench --calibrate -o %s", path);
    }
    m->board.given = !why && t.faults_count == 0;
    toml_free(&t);
    free(text);
    return m->board.given;
}
