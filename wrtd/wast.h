/* wast: specification scripts. What the files of this command share. */
#ifndef WRTD_WAST_H
#define WRTD_WAST_H

#include <jansson.h>
#include "wd.h"

/* Why a command was not run: the feature that is missing, or NULL. */
struct wast_instance { wrt_str name; wrt_instance *instance; const char *skipped; };
struct wast_registered { wrt_str name; wrt_instance *instance; const char *skipped, *tainted; };
struct wast_definition { wrt_str name; wrt_code *code; const char *skipped; };
struct wast_skip { char feature[40]; uint64_t count; };
enum { WAST_SKIPS = 32 };

struct wast {
    struct wd *w;
    wrt_engine *engine;
    const char *file;
    char folder[4096];
    /* one script */
    json_t *root;
    const char *script_feature;     /* the first feature of the whole script that is not there; NULL: none */
    wrt_store *store;
    wrt_linker *linker;
    wrt_inbox *inbox;
    struct wast_instance current, *named;
    size_t named_count;
    struct wast_definition *definitions;
    size_t definitions_count;
    struct wast_registered *registered;     /* tainted: a module that was skipped might have changed it */
    size_t registered_count;
    wrt_code **codes;
    uint8_t **sources;
    size_t codes_count;
    uint32_t line;
    const char *type;
    char message[256];
    /* all scripts */
    struct wast_count { uint64_t passed, failed, skipped; } script, total;
    struct wast_skip skips[WAST_SKIPS];
    size_t skips_count;
    struct wd_json *json;
};
enum wast_verdict { WAST_PASSED, WAST_FAILED, WAST_SKIPPED };

wrt_str wast_text(const json_t *object, const char *key);       /* may contain NUL; empty when absent */
/* wast_value.c */
bool wast_value_read(const json_t *v, wrt_val *out);            /* an argument; false: no such value here */
bool wast_value_matches(const json_t *expected, const wrt_val *got);
void wast_value_name(const json_t *v, char buf[96]);
/* wast_host.c: defines `spectest` in the linker, for this store. */
wrt_status wast_spectest(wrt_linker *l, wrt_store *s, wrt_error *e);

#endif
