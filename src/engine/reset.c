/* reset: an instance that somebody left half done becomes what it was before its start function. Owns the
 * rule of an instance for strands that end badly in it; must not know tasks. What other instances own
 * (imported memories, tables, globals) is theirs: only the segments are written into it again, as at
 * instantiation. */
#include "engine/engine.h"

static bool reset_shares(const struct wrt_instance *i, const struct wrt_instance *other)
{
    const struct wrt__module *m = i->module, *o = other->module;
    for (uint32_t k = m->memories_imported; k < m->memories_count; k++) {
        for (uint32_t n = 0; n < o->memories_count; n++) {
            if (other->memories[n] == i->memories[k]) return true;
        }
    }
    for (uint32_t k = m->tables_imported; k < m->tables_count; k++) {
        for (uint32_t n = 0; n < o->tables_count; n++) {
            if (other->tables[n] == i->tables[k]) return true;
        }
    }
    return false;
}

/* A long operator that was cut has checked its bounds: no memory or table may shrink under it. Other
 * instances of the strand that is leaving this one run no more. */
static bool reset_disturbs(const struct wrt_instance *i)
{
    for (const struct wrt_instance *other = i->store->instances; other; other = other->next) {
        if (other->owner_depth > 0 && other->owner != i->owner && reset_shares(i, other)) return true;
    }
    return false;
}

static void reset_storage(struct wrt_instance *i)
{
    const struct wrt__module *m = i->module;
    for (uint32_t k = m->memories_imported; k < m->memories_count; k++) {
        wrt__memory_reset(i->memories[k], m->memories[k].limits.min);
    }
    for (uint32_t k = m->tables_imported; k < m->tables_count; k++) {
        wrt__table_reset(i->tables[k], m->tables[k].limits.min);
    }
    if (m->elems_count > 0) memset(i->dropped_elem, 0, m->elems_count * sizeof *i->dropped_elem);
    if (m->datas_count > 0) memset(i->dropped_data, 0, m->datas_count * sizeof *i->dropped_data);
}

wrt_status wrt__instance_reset(struct wrt_instance *i, wrt_error *err)
{
    if (reset_disturbs(i)) {
        return wrt__fail(err, WRT_E_STATE, 233, WRT__NO_OFFSET,
            "somebody works in an instance that shares a memory or table of this one");
    }
    reset_storage(i);
    wrt_status status = wrt__instance_globals(i);
    if (status != WRT_OK) wrt__fail_table(err, status, 402, "instance", "no room for an instance");
    else status = wrt__instance_segments(i, err);
    i->poisoned = status != WRT_OK;
    return status;
}

/* Is one more reset within what its supervisor allows? */
static bool reset_allowed(struct wrt_instance *i, uint64_t now)
{
    if (i->window_ns != 0 && (i->resets == 0 || now - i->window_start >= i->window_ns)) {
        i->window_start = now;
        i->resets = 0;
    }
    if (i->resets >= i->resets_max) return false;
    i->resets++;
    return true;
}

void wrt__instance_reset_by_rule(struct wrt_instance *i, uint64_t now)
{
    if (reset_allowed(i, now)) i->poisoned = wrt__instance_reset(i, NULL) != WRT_OK;
}
