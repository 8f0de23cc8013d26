/* explain: the error catalogue, one list. Every number that the library or this tool prints is in it (a test
 * compares). */
#include "wd.h"
#include <string.h>

static const struct { uint32_t code; const char *title, *meaning, *advice; } catalogue[] = {
#define EXPLAIN(code, title, meaning, advice) { code, title, meaning, advice },
#include "explain.def"
#undef EXPLAIN
};

const char *wd_explain_title(uint32_t code)
{
    for (size_t k = 0; k < WD_COUNT(catalogue); k++) {
        if (catalogue[k].code == code) return catalogue[k].title;
    }
    return NULL;
}

static void explain_json(struct wd_json *j, size_t k)
{
    char code[16];
    snprintf(code, sizeof code, "W%04u", catalogue[k].code);
    wd_json_open(j, NULL, '{');
    wd_json_text(j, "code", code);
    wd_json_text(j, "title", catalogue[k].title);
    wd_json_text(j, "meaning", catalogue[k].meaning);
    wd_json_text(j, "advice", catalogue[k].advice);
    wd_json_close(j);
}

static void explain_text(size_t k)
{
    printf("W%04u: %s\n\n%s\n\nWhat to try: %s\n", catalogue[k].code, catalogue[k].title,
        catalogue[k].meaning, catalogue[k].advice);
}

/* "W0412", "w412", "412" or "error[W0412]". */
static bool code_of(const char *text, uint32_t *out)
{
    uint64_t v;
    char digits[16];
    const char *open = strchr(text, '[');
    if (open) text = open + 1;
    if (*text == 'W' || *text == 'w') text++;
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 8 || (text[n] && text[n] != ']')) return false;
    snprintf(digits, sizeof digits, "%.*s", (int)n, text);
    if (!wd_parse_count(wd_str(digits), &v)) return false;
    *out = (uint32_t)v;
    return true;
}

static int explain_one(struct wd *w, struct wd_json *j, const char *text)
{
    uint32_t code;
    if (!code_of(text, &code)) {
        return wd_fail(w, WD_EXIT_USAGE, WD_W_CODE, "a number as errors show it: W0301",
            "`%s` is no error number", text);
    }
    for (size_t k = 0; k < WD_COUNT(catalogue); k++) {
        if (catalogue[k].code != code) continue;
        if (j) {
            explain_json(j, k);
        } else {
            explain_text(k);
        }
        return 0;
    }
    return wd_fail(w, WD_EXIT_USAGE, WD_W_CODE, "`wrtd explain --all` lists the catalogue",
        "no error has the number W%04u", code);
}

int wd_cmd_explain(struct wd *w)
{
    struct wd_json doc, *j = w->json != WD_JSON_OFF ? &doc : NULL;
    bool all = wd_has(w, WD_OPT_all);
    int code = wd_operands(w, all ? 0 : 1, all ? 0 : -1, "an error number");
    if (code) return code;
    if (j) {
        wd_json_begin(w, j, "explain");
        wd_json_open(j, "codes", '[');
    }
    for (size_t k = 0; all && k < WD_COUNT(catalogue); k++) {
        if (j) {
            explain_json(j, k);
        } else {
            printf("W%04u  %s\n", catalogue[k].code, catalogue[k].title);
        }
    }
    for (int k = 0; k < w->rest_count && !code; k++) {
        if (k > 0 && !j) fputs("\n", stdout);
        code = explain_one(w, j, w->rest[k]);
    }
    if (j) {
        wd_json_close(j);
        wd_json_i64(j, "exit_code", code);
        wd_json_end(j);
    }
    return code;
}
