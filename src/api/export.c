/* api/export: what an instance exports, and function handles (include/wrt/code.h). Handles live as long as
 * the store; asking twice gives the same one. */
#include "api/objects.h"

static wrt_status export_find(wrt_instance *i, wrt_str name, uint8_t kind, uint32_t *index, wrt_error *err)
{
    uint32_t number;
    wrt__error_clear(err);
    if (!i) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the instance is NULL");
    const struct wrt__module *m = i->module;
    if (!wrt__export_find(m, name, &number)) {
        wrt__fail(err, WRT_E_LINK, WRT__W_NO_EXPORT, WRT__NO_OFFSET, "there is no export \"%S\"", &name);
#if WRT_MESSAGES
        wrt_str near = err ? wrt__nearest_export(m, name) : (wrt_str){ NULL, 0 };
        if (near.n > 0) wrt__error_hint(err, "did you mean \"%S\"?", &near);
#endif
        return WRT_E_LINK;
    }
    const struct wrt__export *x = &m->exports[number];
    if (x->kind != kind) {
        return wrt__fail(err, WRT_E_TYPE, WRT__W_EXPORT_KIND, WRT__NO_OFFSET,
            "the export \"%S\" is a %s, not a %s", &name, wrt__kind_name(x->kind), wrt__kind_name(kind));
    }
    *index = x->index;
    return WRT_OK;
}

static wrt_status export_given(void *handle, wrt_error *err)
{
    if (handle) return WRT_OK;
    return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "handles", "no room for a handle");
}

wrt_status wrt_export_func(wrt_instance *i, wrt_str name, wrt_func **out, wrt_error *err)
{
    uint32_t index;
    *out = NULL;
    wrt_status status = export_find(i, name, WRT__KIND_FUNC, &index, err);
    if (status != WRT_OK) return status;
    *out = wrt__func_handle(i->store, i->func_refs[index]);
    return export_given(*out, err);
}

wrt_status wrt_export_memory(wrt_instance *i, wrt_str name, wrt_memory **out, wrt_error *err)
{
    uint32_t index;
    *out = NULL;
    wrt_status status = export_find(i, name, WRT__KIND_MEMORY, &index, err);
    if (status == WRT_OK) *out = i->memories[index];
    return status;
}

wrt_status wrt_export_table(wrt_instance *i, wrt_str name, wrt_table **out, wrt_error *err)
{
    uint32_t index;
    *out = NULL;
    wrt_status status = export_find(i, name, WRT__KIND_TABLE, &index, err);
    if (status == WRT_OK) *out = i->tables[index];
    return status;
}

wrt_status wrt_export_global(wrt_instance *i, wrt_str name, wrt_global **out, wrt_error *err)
{
    uint32_t index;
    *out = NULL;
    wrt_status status = export_find(i, name, WRT__KIND_GLOBAL, &index, err);
    if (status != WRT_OK) return status;
    *out = wrt__instance_global(i, index);
    return export_given(*out, err);
}

wrt_func_type wrt_func_type_of(const wrt_func *f)
{
    const struct wrt__functype *t = &f->store->types[f->store->funcs[f->index].type];
    return (wrt_func_type){ t->params, t->results, wrt__store_type_kinds(t) };
}

wrt_func *wrt_func_from_ref(wrt_store *s, wrt_val ref)
{
    if (!s || ref.n == 0 || !wrt__val_fits(&s->core, ref, WRT__FUNCREF)) return NULL;
    return wrt__func_handle(&s->core, (uint32_t)ref.of.u);
}

wrt_val wrt_func_ref(const wrt_func *f)
{
    return wrt__val_of(f ? (uint64_t)f->index + 1 : 0, WRT__FUNCREF);
}
