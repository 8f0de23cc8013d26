/* wasi: the public door to preview 1. Owns the checks of the description and the definition in the linker,
 * all functions or none. */
#include "api/objects.h"
#include "wasi/wasi.h"

enum { WASI_W_OPTION = 501 };

wrt_wasi wrt_wasi_default(void)
{
    wrt_wasi w = WRT_INIT(wrt_wasi);
    w.fd_out = 1;
    w.fd_err = 2;
    return w;
}

static wrt_status wasi_check(const wrt_linker *l, const wrt_wasi *w, wrt_error *err)
{
    const char *what = NULL;
    if (!l) what = "the linker is NULL";
    if (w->nargs && !w->args) what = "args is NULL but nargs is not 0";
    if (w->nenv && !w->env) what = "env is NULL but nenv is not 0";
    if (w->ndirs && !w->dirs) what = "dirs is NULL but ndirs is not 0";
    return what ? wrt__fail(err, WRT_E_ARG, WASI_W_OPTION, WRT__NO_OFFSET, "%s", what) : WRT_OK;
}

/* The functions go in together; the references that they hold are counted afterwards, which cannot fail. */
static wrt_status wasi_define(wrt_linker *l, struct wrt__wasi *program, wrt_error *err)
{
    wrt_fn_def defs[WRT__WASI_COUNT];
    wrt_str module = WRT_STR("wasi_snapshot_preview1");
    wrt__wasi_defs(program, defs);
    wrt_status status = wrt_link_funcs(l, module, defs, WRT__WASI_COUNT, err);
    if (status != WRT_OK) return status;
    for (size_t i = 0; i < WRT__WASI_COUNT; i++) {
        const struct wrt__linked *x = wrt__linker_find(l, module, defs[i].name);
        WRT_ASSERT(x && x->host && x->host->ctx == defs[i].ctx);
        wrt__wasi_keep(program);
        x->host->drop = wrt__wasi_drop_fn;
    }
    return WRT_OK;
}

wrt_status wrt_link_wasi(wrt_linker *l, const wrt_wasi *w, wrt_error *err)
{
    wrt_wasi o;
    struct wrt__wasi *program;
    wrt_wasi standard = wrt_wasi_default();
    wrt_status status = wrt__opts_read(&o, sizeof o, w ? w : &standard, "wrt_wasi", err);
    if (status == WRT_OK) status = wasi_check(l, &o, err);
    if (status == WRT_OK) status = wrt__engine_open(l->engine, err);
    if (status == WRT_OK) status = wrt__wasi_new(&l->engine->alloc, &l->engine->host, &o, &program, err);
    if (status != WRT_OK) return status;
    status = wasi_define(l, program, err);
    wrt__wasi_drop(program);
    return status;
}
