/* names: what functions and exports are called. Owns the name section (WebAssembly core specification,
 * appendix "Custom Sections"), which stays as bytes and is searched from the nearest mark when somebody
 * asks. */
#include "wasm/front.h"

enum { NAMES_MODULE = 0, NAMES_FUNCTIONS = 1, NAMES_STEP = 32 };

static wrt_str names_read_str(struct wrt__reader *r)
{
    wrt_bytes b = wrt__read_bytes(r, wrt__read_u32(r));
    if (r->failed || !wrt__utf8_valid(b)) return (wrt_str){ NULL, 0 };
    return (wrt_str){ (const char *)b.p, b.n };
}

static bool names_skip(struct wrt__reader *r, uint32_t *func)
{
    *func = wrt__read_u32(r);
    (void)wrt__read_bytes(r, wrt__read_u32(r));
    return !r->failed;
}

/* Entries are in the order of their functions, each function once; from the first that is not on, they are
 * no names. Of every NAMES_STEP entries the first is marked, so that to ask for the name of each function in
 * turn is not quadratic. */
static void names_mark(struct wrt__input *in, wrt_bytes content)
{
    struct wrt__names *names = &in->m->names;
    struct wrt__reader r;
    uint32_t func, count = 0, before = 0;
    *names = (struct wrt__names){ .p = NULL };
    wrt__reader_init(&r, content, 0);
    for (uint32_t left = wrt__read_u32(&r); left > 0 && names_skip(&r, &func); left--) {
        if (count > 0 && func <= before) break;
        before = func;
        count++;
    }
    const uint32_t marks = count / NAMES_STEP + (count % NAMES_STEP != 0);
    struct wrt__names_mark *mark = wrt__input_array(in, marks, sizeof *mark);
    if (!mark) return;
    *names = (struct wrt__names){ content.p, (uint32_t)content.n, count, mark };
    wrt__reader_init(&r, content, 0);
    (void)wrt__read_u32(&r);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (uint32_t)wrt__reader_offset(&r);
        (void)names_skip(&r, &func);
        if (i % NAMES_STEP == 0) mark[i / NAMES_STEP] = (struct wrt__names_mark){ func, at };
    }
}

void wrt__names_read(struct wrt__input *in, wrt_bytes section)
{
    struct wrt__reader r;
    wrt__reader_init(&r, section, 0);
    while (wrt__reader_left(&r) > 0) {
        uint8_t id = wrt__read_u8(&r);
        wrt_bytes content = wrt__read_bytes(&r, wrt__read_u32(&r));
        if (r.failed) return;
        if (id == NAMES_MODULE) {
            struct wrt__reader inner;
            wrt__reader_init(&inner, content, 0);
            in->m->module_name = names_read_str(&inner);
        } else if (id == NAMES_FUNCTIONS) {
            names_mark(in, content);
        }
    }
}

static wrt_str names_of_section(const struct wrt__names *names, uint32_t func)
{
    struct wrt__reader r;
    uint32_t low = 0, high = names->count / NAMES_STEP + (names->count % NAMES_STEP != 0);
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (names->marks[middle].func <= func) low = middle;
        else high = middle;
    }
    const uint32_t at = names->marks[low].at, first = low * NAMES_STEP;
    wrt__reader_init(&r, (wrt_bytes){ names->p + at, names->bytes - at }, 0);
    for (uint32_t i = first; i < names->count && i < first + NAMES_STEP; i++) {
        if (wrt__read_u32(&r) == func) return names_read_str(&r);
        (void)wrt__read_bytes(&r, wrt__read_u32(&r));
    }
    return (wrt_str){ NULL, 0 };
}

wrt_str wrt__func_name(const struct wrt__module *m, uint32_t func)
{
    if (m->names.count > 0) {
        wrt_str name = names_of_section(&m->names, func);
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
