/* api/engine: configuration and the engine object (include/wrt/engine.h). Everything in it but two counters
 * is constant after creation, so threads share it without locks. */
#include "api/objects.h"
#include "port/port.h"

/* ---- the platform's services in the shape of wrt_host ---------------------------------------------- */

static uint64_t host_mono_ns(void *ctx)
{
    (void)ctx;
    return wrt__port_mono_ns();
}

static uint64_t host_wall_ns(void *ctx)
{
    (void)ctx;
    return wrt__port_wall_ns();
}

static bool host_random(void *ctx, void *p, size_t n)
{
    (void)ctx;
    return wrt__port_random(p, n);
}

static void host_log(void *ctx, int level, wrt_str message)
{
    (void)ctx;
    wrt__port_log(level, message);
}

static void host_defaults(wrt_host *h)
{
    if (!h->mono_ns) h->mono_ns = host_mono_ns;
    if (!h->wall_ns) h->wall_ns = host_wall_ns;
    if (!h->random) h->random = host_random;
    if (!h->log) h->log = host_log;
}

/* ---- reading options ----------------------------------------------------------------------------------- */

enum { OPTS_BYTES_MOST = 65536 };

wrt_status wrt__opts_read(void *to, size_t to_bytes, const void *from, const char *name, wrt_error *err)
{
    uint32_t bytes = 0, own = (uint32_t)to_bytes;
    memset(to, 0, to_bytes);
    if (from) {
        memcpy(&bytes, from, sizeof bytes);
        if (bytes < sizeof bytes || bytes > OPTS_BYTES_MOST) {
            wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "%s.size is %u", name, bytes);
            wrt__error_hint(err, "start with %s o = WRT_INIT(%s)", name, name);
            return WRT_E_ARG;
        }
        memcpy(to, from, bytes < to_bytes ? bytes : to_bytes);
    }
    memcpy(to, &own, sizeof own);
    return WRT_OK;
}

static wrt_status engine_check_features(uint64_t features, wrt_error *err)
{
    uint64_t known = 0, missing = features & ~(uint64_t)WRT__FEATURES_BUILT;
#define X(name, bit, text, built) known |= (uint64_t)1 << (bit);
    WRT_FEATURE_MAP(X)
#undef X
    if (features & ~known) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET,
            "wrt_config.features has bits that are no feature: 0x%lx", features & ~known);
    }
    if (missing == 0) return WRT_OK;
    return wrt__fail(err, WRT_E_UNSUPPORTED, WRT__W_NOT_BUILT, WRT__NO_OFFSET, "the feature %s is not built",
        wrt__feature_text(missing));
}

static bool engine_bulk_fits(wrt_fuel_bulk b)
{
    return b.shift < 64;
}

static wrt_status engine_check_fuel(const wrt_fuel_table *t, wrt_asil profile, wrt_error *err)
{
    if (t->size < sizeof *t) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "wrt_fuel_table.size is %u", t->size);
    }
    for (uint32_t k = 0; k < WRT_COUNT(t->op); k++) {
        if (t->op[k] <= WRT_FUEL_OP_MAX) continue;
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET,
            "the fuel table prices operator 0x%x at %u; the most is %u", k, (uint32_t)t->op[k],
            (uint32_t)WRT_FUEL_OP_MAX);
    }
    if (t->entry > WRT_FUEL_OP_MAX || !engine_bulk_fits(t->locals) || !engine_bulk_fits(t->grow) ||
        !engine_bulk_fits(t->memory_bulk) || !engine_bulk_fits(t->table_bulk)) {
        return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET,
            "the fuel table has an entry price or a shift out of range");
    }
    if (profile > WRT_QM && wrt_fuel_table_hash(t) == WRT__FUEL_UNIT_HASH) {
        wrt__fail(err, WRT_E_ARG, WRT__W_UNIT_TABLE, WRT__NO_OFFSET,
            "the fuel table \"unit\" is refused above QM: it bounds no time");
        wrt__error_hint(err, "leave wrt_config.fuel NULL for \"weighted\"");
        return WRT_E_ARG;
    }
    return WRT_OK;
}

static wrt_status engine_check(const wrt_config *c, wrt_error *err)
{
    if ((uint32_t)c->profile > (uint32_t)WRT_ASIL_D) {
        return wrt__fail(
            err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "wrt_config.profile is %d", (int32_t)c->profile);
    }
    if (!c->alloc || !c->alloc->resize) {
        wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET,
            "wrt_config.alloc is missing and this platform has no allocator");
        wrt__error_hint(err, "wrt_alloc_static makes one over a block of your own");
        return WRT_E_ARG;
    }
    wrt_status status = engine_check_features(c->features, err);
    return status == WRT_OK ? engine_check_fuel(c->fuel, c->profile, err) : status;
}

/* ---- life ---------------------------------------------------------------------------------------------- */

wrt_status wrt_engine_new(const wrt_config *cfg, wrt_engine **out, wrt_error *err)
{
    wrt_config c;
    wrt_host host;
    wrt__error_clear(err);
    if (!out) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "out is NULL");
    *out = NULL;
    wrt_status status = wrt__opts_read(&c, sizeof c, cfg, "wrt_config", err);
    if (status != WRT_OK) return status;
    if (!c.alloc) c.alloc = wrt__port_alloc();
    if (!c.fuel) c.fuel = &wrt__fuel_weighted;
    if (c.features == 0) c.features = WRT__FEATURES_BUILT & ~WRT__FLOATS;
    status = wrt__opts_read(&host, sizeof host, c.host, "wrt_host", err);
    if (status == WRT_OK) status = engine_check(&c, err);
    if (status == WRT_OK) status = wrt__limits_fill(&c.limits, NULL, err);
    if (status != WRT_OK) return status;

    wrt_engine *e = wrt__alloc_zero(c.alloc, sizeof *e, WRT_TAG_OTHER);
    if (!e) return wrt__fail_table(err, WRT_E_NOMEM, WRT__W_NO_ROOM, "engine", "no room for an engine");
    host_defaults(&host);
    e->alloc = e->host_alloc = *c.alloc;
    e->host = host;
    e->limits = c.limits;
    e->fuel = c.fuel;
    e->features = c.features;
    e->profile = c.profile;
    e->no_memory_grow = c.no_memory_grow;
    e->no_float = c.no_float;
    atomic_init(&e->refs, 1);
    atomic_init(&e->lock, 0);
    atomic_init(&e->sealed, 0);
    atomic_init(&e->serial, 0);
    *out = e;
    return WRT_OK;
}

void wrt__engine_keep(wrt_engine *e)
{
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
}

void wrt__engine_drop(wrt_engine *e)
{
    if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) != 1) return;
    wrt_alloc alloc = e->alloc;
    wrt__free(&alloc, e, sizeof *e, WRT_TAG_OTHER);
}

/* What was made of the engine and not freed yet keeps it: a wrong order costs memory, not safety. */
void wrt_engine_free(wrt_engine *e)
{
    if (e) wrt__engine_drop(e);
}

/* ---- sealing ------------------------------------------------------------------------------------------- */

void wrt__engine_list(wrt_engine *e, wrt_store *s, bool add)
{
    while (atomic_exchange_explicit(&e->lock, 1, memory_order_acquire) != 0) {}
    if (add) {
        s->prev = NULL;
        s->next = e->stores;
        if (s->next) s->next->prev = s;
        e->stores = s;
    } else {
        if (s->next) s->next->prev = s->prev;
        if (s->prev) s->prev->next = s->next;
        else e->stores = s->next;
    }
    atomic_store_explicit(&e->lock, 0, memory_order_release);
}

/* The allocator of a sealed engine: it takes back and gives nothing. So a request that was forgotten when the
 * engine was sealed fails cleanly instead of reaching the host. */
static void *engine_sealed_resize(void *ctx, void *p, size_t old_n, size_t new_n, size_t align, uint32_t tag)
{
    const wrt_alloc *host = &((const wrt_engine *)ctx)->host_alloc;
    return new_n == 0 ? host->resize(host->ctx, p, old_n, 0, align, tag) : NULL;
}

wrt_status wrt_engine_seal(wrt_engine *e, wrt_error *err)
{
    wrt__error_clear(err);
    if (!e) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the engine is NULL");
    if (atomic_load_explicit(&e->sealed, memory_order_acquire)) return WRT_OK;
    for (wrt_store *s = e->stores; s; s = s->next) {
        wrt_status status = wrt__store_prepare(s, err);
        if (status != WRT_OK) return status;
    }
    for (wrt_store *s = e->stores; s; s = s->next) wrt__store_seal(&s->core);
    e->alloc = (wrt_alloc){ e, engine_sealed_resize };
    atomic_store_explicit(&e->sealed, 1, memory_order_release);
    return WRT_OK;
}

wrt_status wrt__engine_open(const wrt_engine *e, wrt_error *err)
{
    wrt__error_clear(err);
    if (!e) return wrt__fail(err, WRT_E_ARG, WRT__W_ARG, WRT__NO_OFFSET, "the engine is NULL");
    if (!atomic_load_explicit(&e->sealed, memory_order_acquire)) return WRT_OK;
    return wrt__fail(
        err, WRT_E_SEALED, WRT__W_SEALED, WRT__NO_OFFSET, "the engine is sealed: set-up is over");
}

/* ---- questions ----------------------------------------------------------------------------------------- */

static bool engine_name_is(wrt_str name, const char *text)
{
    return wrt__str_equal(name, (wrt_str){ text, wrt__str_len(text) });
}

bool wrt_has(const wrt_engine *e, wrt_str name)
{
    if (!e) return false;
    static const struct {
        const char *name;
        uint32_t bit;
    } features[] = {
#define X(bit_name, bit_, text, built) { (text), (bit_) },
        WRT_FEATURE_MAP(X)
#undef X
    };
    for (size_t i = 0; i < WRT_COUNT(features); i++) {
        if (engine_name_is(name, features[i].name)) return e->features >> features[i].bit & 1;
    }
#ifndef WRT_FREESTANDING
    if (engine_name_is(name, "wasi-p1")) return true;
#endif
    if (engine_name_is(name, "tail-dispatch")) return wrt__engine_handlers() != NULL;
    return false;
}

const wrt_limits *wrt_engine_limits(const wrt_engine *e)
{
    return &e->limits;
}

const wrt_fuel_table *wrt_engine_fuel_table(const wrt_engine *e)
{
    return e->fuel;
}
