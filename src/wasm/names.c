/* names: what functions and exports are called. Owns the name section (WebAssembly core specification,
 * appendix "Custom Sections"), which stays as bytes and is searched when somebody asks. */
#include "wasm/front.h"

enum { NAMES_MODULE = 0, NAMES_FUNCTIONS = 1 };

static wrt_str names_read_str(struct wrt__reader *r)
{
    wrt_bytes b = wrt__read_bytes(r, wrt__read_u32(r));
    if (r->failed || !wrt__utf8_valid(b)) return (wrt_str){ NULL, 0 };
    return (wrt_str){ (const char *)b.p, b.n };
}

void wrt__names_read(struct wrt__module *m, wrt_bytes section, uint64_t offset)
{
    struct wrt__reader r;
    wrt__reader_init(&r, section, offset);
    while (wrt__reader_left(&r) > 0) {
        uint8_t id = wrt__read_u8(&r);
        wrt_bytes content = wrt__read_bytes(&r, wrt__read_u32(&r));
        if (r.failed) return;
        if (id == NAMES_MODULE) {
            struct wrt__reader inner;
            wrt__reader_init(&inner, content, 0);
            m->module_name = names_read_str(&inner);
        } else if (id == NAMES_FUNCTIONS) {
            m->names = content.p;
            m->names_bytes = (uint32_t)content.n;
        }
    }
}

static wrt_str names_of_section(const struct wrt__module *m, uint32_t func)
{
    struct wrt__reader r;
    wrt__reader_init(&r, (wrt_bytes){ m->names, m->names_bytes }, 0);
    for (uint32_t left = wrt__read_u32(&r); left > 0 && !r.failed; left--) {
        uint32_t index = wrt__read_u32(&r);
        if (index == func) return names_read_str(&r);
        (void)wrt__read_bytes(&r, wrt__read_u32(&r));
    }
    return (wrt_str){ NULL, 0 };
}

wrt_str wrt__func_name(const struct wrt__module *m, uint32_t func)
{
    if (m->names) {
        wrt_str name = names_of_section(m, func);
        if (name.n > 0) return name;
    }
    for (uint32_t i = 0; i < m->exports_count; i++) {
        const struct wrt__export *e = &m->exports[i];
        if (e->kind == WRT__KIND_FUNC && e->index == func) return e->name;
    }
    return (wrt_str){ NULL, 0 };
}

/* < 0, 0, > 0; the order of wrt__validate_module. */
int wrt__name_compare(wrt_str a, wrt_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool wrt__export_find(const struct wrt__module *m, wrt_str name, uint32_t *index)
{
    uint32_t low = 0, high = m->exports_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int c = wrt__name_compare(m->exports[m->export_order[middle]].name, name);
        if (c == 0) {
            *index = m->export_order[middle];
            return true;
        }
        if (c < 0) low = middle + 1;
        else high = middle;
    }
    return false;
}

#if WRT_MESSAGES
/* Every third letter may be wrong, at least one. */
wrt_str wrt__nearest_export(const struct wrt__module *m, wrt_str name)
{
    wrt_str best = { NULL, 0 };
    uint32_t most = name.n < 3 ? 1 : (uint32_t)wrt__min_u64(name.n / 3, 8);
    for (uint32_t i = 0; i < m->exports_count; i++) {
        uint32_t d = wrt__edit_distance(m->exports[i].name, name, most + 1);
        if (d > most) continue;
        best = m->exports[i].name;
        if (d == 0) break;
        most = d - 1;
    }
    return best;
}
#endif
