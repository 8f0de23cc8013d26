/* places: names of the functions in which jobs missed, overran or ended badly, as a trace carries them; and a
 * place as text: "step +0x1a". */
#include "wd.h"
#include <stdlib.h>
#include <string.h>

enum { PLACES_MOST = 1 << 20, PLACE_NAME = 72 };
struct wd_place_name { uint64_t id; char name[PLACE_NAME + 24]; };

/* All jobs of a task share one; the function is where a job number would be. */
uint64_t wd_place_id(uint64_t task, uint32_t func)
{
    return WRT_TRACE_JOB | (uint64_t)(func & 0x7fffffffu) << 32 | (task & UINT32_MAX);
}

void wd_places_add(struct wd_places *p, const wrt_trace_rec *r)
{
    struct wd_place_name *last = p->count ? &p->names[p->count - 1] : NULL;
    if (r->core >= PLACE_NAME / 24 || p->count == PLACES_MOST) return;
    if (r->core == 0) {
        if (p->count == p->cap) {
            p->cap = p->cap ? p->cap * 2 : 16;
            p->names = wd_resize(p->names, p->cap * sizeof *p->names);
        }
        last = &p->names[p->count++];
        *last = (struct wd_place_name){ .id = r->task };
        p->sorted = false;
    }
    if (!last || last->id != r->task) return;
    for (int k = 0; k < 8; k++) {
        last->name[r->core * 24 + (uint32_t)k] = (char)(r->t_ns >> (8 * k));
        last->name[r->core * 24 + 8 + (uint32_t)k] = (char)(r->fuel >> (8 * k));
    }
    for (int k = 0; k < 4; k++) {
        last->name[r->core * 24 + 16 + (uint32_t)k] = (char)(r->a >> (8 * k));
        last->name[r->core * 24 + 20 + (uint32_t)k] = (char)(r->b >> (8 * k));
    }
}

static int places_order(const void *a, const void *b)
{
    const struct wd_place_name *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

const char *wd_places_find(struct wd_places *p, uint64_t task, uint32_t func)
{
    struct wd_place_name wanted = { .id = wd_place_id(task, func) };
    const struct wd_place_name *found;
    if (!p->sorted && p->count > 1) qsort(p->names, p->count, sizeof *p->names, places_order);
    p->sorted = true;
    if (!p->count) return NULL;
    found = bsearch(&wanted, p->names, p->count, sizeof *p->names, places_order);
    return found && found->name[0] ? found->name : NULL;
}

void wd_places_free(struct wd_places *p)
{
    free(p->names);
    *p = (struct wd_places){ 0 };
}

const char *wd_place_text(const char *name, uint32_t func, uint32_t offset, char buf[WD_PLACE_TEXT])
{
    if (name) {
        snprintf(buf, WD_PLACE_TEXT, "%.95s +0x%x", name, offset);
    } else {
        snprintf(buf, WD_PLACE_TEXT, "function %u at +0x%x", func, offset);
    }
    return buf;
}

bool wd_place_kind(uint32_t kind)
{
    return kind == WRT_TRACE_MISS || kind == WRT_TRACE_OVERRUN || kind == WRT_TRACE_ABORT
        || kind == WRT_TRACE_FAILED || kind == WRT_TRACE_SUSPEND;
}
