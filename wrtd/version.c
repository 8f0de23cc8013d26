/* version: what this build is and has. */
#include "wd.h"

static const char *const version_tables[] = { "weighted", "unit" };

#if WRTD_HAVE_JANSSON
static const bool version_json = true;
#else
static const bool version_json = false;
#endif

static const char *version_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

static void version_document(struct wd *w, const wrt_engine *e, const char *number)
{
    struct wd_json j;
    wd_json_begin(w, &j, "version");
    wd_json_text(&j, "version", number);
    wd_json_text(&j, "compiler", version_compiler());
    wd_json_text(&j, "dispatch", wrt_has(e, WRT_STR("tail-dispatch")) ? "tail" : "switch");
    wd_json_open(&j, "parts", '{');
    wd_json_bool(&j, "wasi_p1", wrt_has(e, WRT_STR("wasi-p1")));
    wd_json_bool(&j, "spec_scripts", version_json);
    wd_json_close(&j);
    wd_json_open(&j, "features", '[');
    for (uint32_t bit = 0; bit < 64; bit++) {
        const char *name = wd_feature_name(bit);
        if (name && wrt_has(e, wd_str(name))) wd_json_text(&j, NULL, name);
    }
    wd_json_close(&j);
    wd_json_open(&j, "fuel_tables", '[');
    for (size_t k = 0; k < WD_COUNT(version_tables); k++) {
        wd_json_open(&j, NULL, '{');
        wd_json_text(&j, "name", version_tables[k]);
        wd_json_hex(&j, "hash", wrt_fuel_table_hash(wrt_fuel_table_named(wd_str(version_tables[k]))));
        wd_json_close(&j);
    }
    wd_json_end(&j);
}

int wd_cmd_version(struct wd *w)
{
    struct wd_settings none = { .fuel = 0 };
    wrt_engine *e;
    char number[32];
    uint32_t v = wrt_version();
    int code = wd_operands(w, 0, 0, "");
    if (!code) code = wd_engine_new(w, &none, &e);
    if (code) return code;
    snprintf(number, sizeof number, "%u.%u.%u", v >> 16 & 255, v >> 8 & 255, v & 255);
    if (w->json != WD_JSON_OFF) {
        version_document(w, e, number);
        wrt_engine_free(e);
        return WD_EXIT_OK;
    }
    printf("wrtd %s\ncompiler  %s\ndispatch  %s\nparts     wasi-p1 %s, spec scripts %s\nfeatures ", number,
        version_compiler(), wrt_has(e, WRT_STR("tail-dispatch")) ? "tail calls" : "switch",
        wrt_has(e, WRT_STR("wasi-p1")) ? "yes" : "no", version_json ? "yes" : "no (built without jansson)");
    for (uint32_t bit = 0; bit < 64; bit++) {
        const char *name = wd_feature_name(bit);
        if (name && wrt_has(e, wd_str(name))) printf(" %s", name);
    }
    putchar('\n');
    for (size_t k = 0; k < WD_COUNT(version_tables); k++) {
        printf("fuel      %s %016llx\n", version_tables[k],
            (unsigned long long)wrt_fuel_table_hash(wrt_fuel_table_named(wd_str(version_tables[k]))));
    }
    wrt_engine_free(e);
    return WD_EXIT_OK;
}
