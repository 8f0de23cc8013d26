/* validate_module: what can be said only when every section has been read. */
#include "wasm/module.h"
#include "wasm/front.h"

static bool export_before(const void *ctx, uint32_t x, uint32_t y)
{
    const struct wrt__export *exports = ctx;
    return wrt__name_compare(exports[x].name, exports[y].name) < 0;
}

/* Sorts the names: duplicates become neighbours, and names can be found again. */
static wrt_status validate_export_names(struct wrt__module *m, wrt_error *err)
{
    if (m->exports_count == 0) return WRT_OK;
    m->export_order = wrt__arena_take(&m->arena, m->exports_count * sizeof *m->export_order, 8);
    for (uint32_t i = 0; m->export_order && i < m->exports_count; i++) {
        m->export_order[i] = i;
    }
    if (!m->export_order ||
        !wrt__sort_indices(m->alloc, m->export_order, m->exports_count, export_before, m->exports)) {
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the module");
    }
    for (uint32_t i = 1; i < m->exports_count; i++) {
        uint32_t index = m->export_order[i];
        wrt_str name = m->exports[index].name;
        if (!wrt__str_equal(name, m->exports[m->export_order[i - 1]].name)) continue;
        wrt__fail(err, WRT_E_INVALID, WRT__W_EXPORT, (uint64_t)((const uint8_t *)name.p - m->source.p),
            "duplicate export name \"%S\"", &name);
        wrt__error_where(err, "export section, entry %u", index);
        return WRT_E_INVALID;
    }
    return WRT_OK;
}

wrt_status wrt__validate_module(struct wrt__module *m, wrt_error *err)
{
    uint32_t defined = m->funcs_count - m->funcs_imported;
    if (m->bodies_count != defined) {
        return wrt__fail(err, WRT_E_MALFORMED, WRT__W_AGREE, m->source.n,
            "function and code section have inconsistent lengths: expected %u bodies, found %u", defined,
            m->bodies_count);
    }
    if (m->has_data_count && m->data_count != m->datas_count) {
        return wrt__fail(err, WRT_E_MALFORMED, WRT__W_AGREE, m->source.n,
            "data count and data section have inconsistent lengths: expected %u segments, found %u",
            m->data_count, m->datas_count);
    }
    return validate_export_names(m, err);
}
