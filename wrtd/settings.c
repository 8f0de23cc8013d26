/* settings: -W, -S and the cost table, as one list of keys for reading, hints and `-W help`. */
#include "wd.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ---------------------------------------------------------------------------------------------- */

const struct wd_key wd_keys_w[] = {
    { "fuel", "N", "fuel of the whole run; `--fuel`" },
    { "slice", "N", "fuel of one turn of a task" },
    { "timeout", "TIME", "wall-clock limit: 250ms, 2s; exit code 124" },
    { "max-memory", "BYTES", "same as memory-bytes; `--memory`" },
    { "stack", "BYTES", "same as stack-bytes" },
    { "all-proposals", "y|n", "every feature that is built" },
    { "help", NULL, "this list" },
#define LIMIT(name_, type, dflt, least, most, unit, text_) { #name_, unit, text_ },
#include <wrt/limits.def>
#undef LIMIT
#define X(name_, bit, text_, built) { text_, "y|n", (built) ? "feature, built" : "feature, not built" },
    WRT_FEATURE_MAP(X)
#undef X
};
const size_t wd_keys_w_count = WD_COUNT(wd_keys_w);

const struct wd_key wd_keys_s[] = {
    { "inherit-env", "y|n", "hand on the tool's environment" },
    { "random-seed", "N", "random numbers from this seed, the same on every run" },
    { "clock", "real|virtual", "virtual: time is fuel, waiting takes none; the same run everywhere" },
    { "ns-per-kfuel", "N", "virtual clock: nanoseconds of 1000 fuel  [1000000000]" },
    { "help", NULL, "this list" },
};
const size_t wd_keys_s_count = WD_COUNT(wd_keys_s);

static const struct { const char *name; uint32_t bit; bool built; } features[] = {
#define X(name_, bit_, text_, built_) { text_, bit_, built_ },
    WRT_FEATURE_MAP(X)
#undef X
};

const char *wd_feature_name(uint32_t bit)
{
    for (size_t k = 0; k < WD_COUNT(features); k++) {
        if (features[k].bit == bit) return features[k].name;
    }
    return NULL;
}

static bool key_is(wrt_str key, const char *name)
{
    if (key.n != strlen(name)) return false;
    for (size_t k = 0; k < key.n; k++) {
        if ((key.p[k] == '_' ? '-' : key.p[k]) != (name[k] == '_' ? '-' : name[k])) return false;
    }
    return true;
}

/* ---- values -------------------------------------------------------------------------------------------- */

struct setting {
    struct wd *w;
    struct wd_settings *s;
    const char *letter;
    wrt_str key, value;
    bool has_value;
};

static int setting_bad(const struct setting *t, const char *want)
{
    char hint[192];
    snprintf(hint, sizeof hint, "%s", want);
    return wd_fail(t->w, WD_EXIT_USAGE, WD_W_VALUE, hint, "`%.*s` is no value for %s %.*s", (int)t->value.n,
        t->value.p, t->letter, (int)t->key.n, t->key.p);
}

static bool parse_yes(const struct setting *t, bool *yes)
{
    if (!t->has_value || wd_equal(t->value, "y") || wd_equal(t->value, "yes") || wd_equal(t->value, "true")) {
        *yes = true;
        return true;
    }
    *yes = false;
    return wd_equal(t->value, "n") || wd_equal(t->value, "no") || wd_equal(t->value, "false");
}

static int setting_count(const struct setting *t, uint64_t *out)
{
    if (wd_parse_count(t->value, out) && *out > 0) return -1;
    return setting_bad(t, "a number above 0, such as 50000 or 2M");
}

struct limit_row { const char *name; bool bytes; uint64_t least, most; size_t at, size; };
static const struct limit_row limit_rows[] = {
#define LIMIT(name_, type_, dflt, least_, most_, unit_, text_)                                               \
    { #name_, sizeof(unit_) == sizeof("bytes") && (unit_)[0] == 'b', least_, most_,                          \
        offsetof(wrt_limits, name_), sizeof(type_) },
#include <wrt/limits.def>
#undef LIMIT
};

static int setting_limit(const struct setting *t, const struct limit_row *row)
{
    uint64_t v;
    char hint[128];
    bool read = row->bytes ? wd_parse_bytes(t->value, &v) : wd_parse_count(t->value, &v);
    uint64_t least = row->least ? row->least : 1;       /* zero means default in the interface */
    if (!read || v < least || v > row->most) {
        snprintf(hint, sizeof hint, "%s from %llu to %llu", row->bytes ? "bytes (64KiB, 16MiB)" : "a number",
            (unsigned long long)least, (unsigned long long)row->most);
        return setting_bad(t, hint);
    }
    if (row->size == 4) {
        uint32_t v32 = (uint32_t)v;
        memcpy((char *)&t->s->limits + row->at, &v32, sizeof v32);
    } else {
        memcpy((char *)&t->s->limits + row->at, &v, sizeof v);
    }
    return -1;
}

static uint64_t features_built(void)
{
    uint64_t mask = 0;
    for (size_t k = 0; k < WD_COUNT(features); k++) {
        if (features[k].built) mask |= (uint64_t)1 << features[k].bit;
    }
    return mask;
}

/* A mask of 0 would mean "everything" to the engine; without any proposal, the oldest one stays. */
static int setting_feature(const struct setting *t, uint64_t bits)
{
    bool yes;
    if (!parse_yes(t, &yes)) return setting_bad(t, "y or n");
    if (yes && (bits & ~features_built())) {
        return wd_fail(t->w, WD_EXIT_USAGE, WD_W_NOT_BUILT, "`-W help` lists what is built",
            "the feature %.*s is not built", (int)t->key.n, t->key.p);
    }
    uint64_t mask = t->s->features ? t->s->features : features_built();
    mask = yes ? mask | bits : mask & ~bits;
    t->s->features = mask ? mask : (uint64_t)WRT_FEATURE_MUTABLE_GLOBALS;
    return -1;
}

static int setting_unknown(const struct setting *t, const struct wd_key *keys, size_t n)
{
    char hint[128], name[64];
    struct wd_near near;
    wd_near_init(&near, t->key);
    for (size_t k = 0; k < n; k++) wd_near_offer(&near, wd_str(keys[k].name));
    snprintf(hint, sizeof hint, "`%s help` lists the keys", t->letter);
    if (wd_near_found(&near)) {
        snprintf(name, sizeof name, "%.*s", (int)near.best.n, near.best.p);
        for (char *p = name; *p; p++) {
            if (*p == '_') *p = '-';
        }
        snprintf(hint, sizeof hint, "did you mean `%s`?", name);
    }
    return wd_fail(
        t->w, WD_EXIT_USAGE, WD_W_KEY, hint, "%s has no key `%.*s`", t->letter, (int)t->key.n, t->key.p);
}

static int setting_w(const struct setting *t)
{
    struct wd_settings *s = t->s;
    if (key_is(t->key, "help")) {
        wd_help_keys(stdout, "-W", wd_keys_w, wd_keys_w_count);
        return WD_EXIT_OK;
    }
    if (key_is(t->key, "fuel")) return setting_count(t, &s->fuel);
    if (key_is(t->key, "slice")) return setting_count(t, &s->slice);
    if (key_is(t->key, "timeout")) {
        bool good = wd_parse_ns(t->value, &s->timeout_ns) && s->timeout_ns > 0;
        return good ? -1 : setting_bad(t, "a time above 0, such as 250ms or 2s");
    }
    if (key_is(t->key, "all-proposals")) return setting_feature(t, features_built());
    for (size_t k = 0; k < WD_COUNT(features); k++) {
        if (key_is(t->key, features[k].name)) return setting_feature(t, (uint64_t)1 << features[k].bit);
    }
    wrt_str key = key_is(t->key, "max-memory") ? WRT_STR("memory_bytes")
                  : key_is(t->key, "stack")    ? WRT_STR("stack_bytes")
                                               : t->key;
    for (size_t k = 0; k < WD_COUNT(limit_rows); k++) {
        if (key_is(key, limit_rows[k].name)) return setting_limit(t, &limit_rows[k]);
    }
    return setting_unknown(t, wd_keys_w, wd_keys_w_count);
}

static int setting_s(const struct setting *t)
{
    struct wd_settings *s = t->s;
    if (key_is(t->key, "help")) {
        wd_help_keys(stdout, "-S", wd_keys_s, wd_keys_s_count);
        return WD_EXIT_OK;
    }
    if (key_is(t->key, "inherit-env")) return parse_yes(t, &s->inherit_env) ? -1 : setting_bad(t, "y or n");
    if (key_is(t->key, "random-seed")) {
        s->has_seed = wd_parse_count(t->value, &s->seed);
        return s->has_seed ? -1 : setting_bad(t, "a number");
    }
    if (key_is(t->key, "clock")) {
        s->virtual_clock = wd_equal(t->value, "virtual");
        return s->virtual_clock || wd_equal(t->value, "real") ? -1 : setting_bad(t, "real or virtual");
    }
    if (key_is(t->key, "ns-per-kfuel")) {
        bool fits = wd_parse_count(t->value, &s->ns_per_kfuel) && s->ns_per_kfuel > 0;
        return fits && s->ns_per_kfuel <= UINT64_MAX / 1000 ? -1 : setting_bad(t, "a number from 1");
    }
    return setting_unknown(t, wd_keys_s, wd_keys_s_count);
}

/* "key=value,key,..." */
static int settings_list(struct wd *w, struct wd_settings *s, const char *letter, const char *list,
    int (*set)(const struct setting *))
{
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        const char *equal = memchr(p, '=', n);
        struct setting t = { .w = w,
            .s = s,
            .letter = letter,
            .key = { p, equal ? (size_t)(equal - p) : n },
            .has_value = equal != NULL };
        t.value = equal ? (wrt_str){ equal + 1, (size_t)(p + n - equal - 1) } : (wrt_str){ "", 0 };
        int code = set(&t);
        if (code >= 0) return code;
        p += n + (p[n] == ',');
    }
    return -1;
}

static int settings_one(struct wd *w, struct wd_settings *s, enum wd_option_id id, const char *key)
{
    const char *value = wd_option(w, id);
    if (!value) return -1;
    struct setting t = {
        .w = w, .s = s, .letter = "--", .key = wd_str(key), .value = wd_str(value), .has_value = true
    };
    return setting_w(&t);
}

int wd_settings_read(struct wd *w, struct wd_settings *s)
{
    memset(s, 0, sizeof *s);
    for (size_t k = 0; k < w->given_count; k++) {
        int code = -1;
        if (w->given[k].id == WD_OPT_wasm) code = settings_list(w, s, "-W", w->given[k].value, setting_w);
        if (w->given[k].id == WD_OPT_system) code = settings_list(w, s, "-S", w->given[k].value, setting_s);
        if (code >= 0) return code;
    }
    int code = settings_one(w, s, WD_OPT_fuel, "fuel");
    if (code < 0) code = settings_one(w, s, WD_OPT_memory, "max-memory");
    if (code >= 0) return code;
    const char *table = wd_option(w, WD_OPT_fuel_table);
    code = table ? wd_table_find(w, table, &s->table, &s->own_table) : 0;
    return code ? code : -1;
}

int wd_engine_new(struct wd *w, const struct wd_settings *s, wrt_engine **out)
{
    wrt_error e;
    wrt_config c = WRT_INIT(wrt_config);
    c.limits = s->limits;
    c.profile = s->profile;
    c.features = s->features;
    c.fuel = s->table;
    if (wrt_engine_new(&c, out, &e) == WRT_OK) return 0;
    return wd_report(w, &e, NULL, wd_exit_of(&e));
}
