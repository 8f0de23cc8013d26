/* facts: see facts.h. Nothing is believed that cannot be checked: the module's hash, that functions, loops
 * and sites exist, that numbers agree with each other. Must not know bounds beyond what it writes. */
#include "wasm/front.h"
#include "wcet/facts.h"
#include "wcet/json.h"
#include "wcet/sha256.h"

struct facts_reader {
    struct wrt__facts *f;
    struct wrt__wcet_bounds *b;
    struct wrt__json j;
    enum wrt__facts_use use;
    wrt_status status;
    wrt_error *err;
};

static void facts_fail(
    struct facts_reader *r, wrt_status status, uint32_t code, const char *fmt, uint32_t a, uint64_t b)
{
    if (r->status != WRT_OK) return;
    r->status = wrt__fail(r->err, status, code, WRT__NO_OFFSET, fmt, a, b);
    if (r->err) wrt__json_place(&r->j, &r->err->line, &r->err->column);
    r->j.p = r->j.end;
    wrt__json_fail(&r->j, "nothing more");
}

static void facts_nomem(struct facts_reader *r)
{
    facts_fail(r, WRT_E_NOMEM, WRT__W_MEMORY, "no memory for the facts", 0, 0);
}

static bool facts_is(wrt_str name, const char *text)
{
    return wrt__str_equal(name, (wrt_str){ text, wrt__str_len(text) });
}

static uint32_t facts_u32(struct facts_reader *r)
{
    uint64_t n = wrt__json_number(&r->j);
    if (n < WRT__WCET_NONE) return (uint32_t)n;
    facts_fail(
        r, WRT_E_INVALID, WRT__W_WCET_NOTHING, "expected a number below %u, found %lu", WRT__WCET_NONE, n);
    return 0;
}

/* ---- one fact --------------------------------------------------------------------------------------------
 */

static struct wrt__fact facts_none(uint8_t kind)
{
    return (struct wrt__fact){ .kind = kind, .func = WRT__WCET_NONE, .ordinal = WRT__WCET_NONE,
        .offset = WRT__WCET_NONE, .min = WRT__WCET_INF, .max = WRT__WCET_INF, .total = WRT__WCET_INF };
}

static bool facts_same(const struct wrt__fact *a, const struct wrt__fact *b)
{
    return a->kind == b->kind && a->func == b->func && a->ordinal == b->ordinal && a->other == b->other &&
           (a->kind == 'l' || a->offset == b->offset) && wrt__str_equal(a->module, b->module) &&
           wrt__str_equal(a->name, b->name);
}

static uint32_t facts_hash_of(const struct wrt__fact *f)
{
    const uint32_t key[] = { f->kind, f->func, f->ordinal, f->kind == 'l' ? 0 : f->offset, f->other };
    uint64_t hash = wrt__fnv64(UINT64_C(0xcbf29ce484222325), key, sizeof key);
    hash = wrt__fnv64(hash, f->module.p, f->module.n);
    hash = wrt__fnv64(hash, f->name.p, f->name.n);
    return (uint32_t)(hash ^ hash >> 32);
}

/* The slot of an equal place, or the free one for it. */
static uint32_t *facts_slot(const struct wrt__facts *f, const struct wrt__fact *fact)
{
    uint32_t at = facts_hash_of(fact) & (f->slots_cap - 1);
    while (f->slots[at] != 0 && !facts_same(&f->facts[f->slots[at] - 1], fact)) {
        at = (at + 1) & (f->slots_cap - 1);
    }
    return &f->slots[at];
}

/* Room for one fact more among the slots, half of which stay free. */
static bool facts_room(struct wrt__facts *f)
{
    enum { FACTS_SLOTS = 64 };
    const uint32_t old_cap = f->slots_cap, cap = old_cap ? 2 * old_cap : FACTS_SLOTS;
    uint32_t *old = f->slots;
    if (f->count < old_cap / 2) return true;
    if (cap > UINT32_MAX / 2) return false;
    f->slots = wrt__alloc_zero(f->alloc, (size_t)cap * sizeof *f->slots, WRT_TAG_OTHER);
    if (!f->slots) {
        f->slots = old;
        return false;
    }
    f->slots_cap = cap;
    for (uint32_t i = 0; i < f->count; i++) *facts_slot(f, &f->facts[i]) = i + 1;
    wrt__free(f->alloc, old, (size_t)old_cap * sizeof *old, WRT_TAG_OTHER);
    return true;
}

/* Two statements about the same thing must agree. */
static void facts_keep(struct facts_reader *r, const struct wrt__fact *fact)
{
    struct wrt__facts *f = r->f;
    if (r->status != WRT_OK) return;
    if (!facts_room(f)) {
        facts_nomem(r);
        return;
    }
    uint32_t *slot = facts_slot(f, fact);
    if (*slot != 0) {
        const struct wrt__fact *old = &f->facts[*slot - 1];
        if (old->min != fact->min || old->max != fact->max || old->total != fact->total) {
            facts_fail(r, WRT_E_INVALID, WRT__W_WCET_CONTRADICTION,
                "two facts about the same place of function %u contradict each other", fact->func, 0);
        }
        return;
    }
    if (!wrt__grow(f->alloc, &f->facts, &f->cap, f->count + 1, sizeof *f->facts, WRT_TAG_OTHER)) {
        facts_nomem(r);
        return;
    }
    f->facts[f->count++] = *fact;
    *slot = f->count;
}

static bool facts_func(struct facts_reader *r, uint32_t func)
{
    const struct wrt__module *m = r->b->p->m;
    if (r->status != WRT_OK) return false;
    if (func == WRT__WCET_NONE) {
        facts_fail(r, WRT_E_MALFORMED, WRT__W_WCET_FACTS, "a fact needs a member \"func\"", 0, 0);
    } else if (func >= m->funcs_count) {
        facts_fail(r, WRT_E_INVALID, WRT__W_WCET_NOTHING, "there is no function %u, the module has %lu", func,
            m->funcs_count);
    } else if (func < m->funcs_imported) {
        facts_fail(
            r, WRT_E_INVALID, WRT__W_WCET_NOTHING, "function %u is imported: it has no code here", func, 0);
    }
    return r->status == WRT_OK;
}

/* A figure of a fact, which may be stated twice only when it is the same. */
static void facts_figure(struct facts_reader *r, uint64_t *out)
{
    const uint64_t n = wrt__json_number(&r->j);
    if (r->j.failed) return;
    if (*out != WRT__WCET_INF && *out != n) {
        facts_fail(r, WRT_E_INVALID, WRT__W_WCET_CONTRADICTION,
            "a member is stated twice and contradicts itself: %lu", 0, n);
    }
    *out = n;
}

/* A text with its escapes put back. */
static wrt_str facts_text(struct facts_reader *r)
{
    const wrt_str raw = wrt__json_text(&r->j);
    size_t n = 0;
    bool plain = true;
    for (size_t i = 0; i < raw.n; i++) plain = plain && raw.p[i] != '\\';
    if (plain || r->j.failed) return raw;
    char *own = wrt__arena_take(&r->b->p->arena, raw.n + 1, 1);
    if (!own) facts_nomem(r);
    else if (!wrt__json_plain(raw, own, &n)) wrt__json_fail(&r->j, "an escape of JSON in the text before");
    return (wrt_str){ own, n };
}

static bool facts_member(struct facts_reader *r, struct wrt__fact *fact, wrt_str name)
{
    if (facts_is(name, "func")) fact->func = facts_u32(r);
    else if (facts_is(name, "offset")) fact->offset = facts_u32(r);
    else if (facts_is(name, "author")) fact->author = facts_text(r);
    else if (facts_is(name, "rationale")) fact->rationale = facts_text(r);
    else return false;
    return true;
}

/* ---- loops -----------------------------------------------------------------------------------------------
 */

/* Ordinal of the loop that a fact means; false: there is none. */
static bool facts_find_loop(struct facts_reader *r, struct wrt__fact *fact)
{
    struct wrt__wcet_program *p = r->b->p;
    uint32_t count, offset;
    wrt_status status = wrt__wcet_find_loop(p, fact->func, &fact->ordinal, fact->offset, &count, &offset);
    if (status == WRT_E_NOMEM) {
        facts_nomem(r);
        return false;
    }
    if (status == WRT_OK) {
        fact->offset = offset;
        return true;
    }
    if (fact->ordinal == WRT__WCET_NONE && fact->offset == WRT__WCET_NONE) {
        facts_fail(r, WRT_E_MALFORMED, WRT__W_WCET_FACTS, "a fact about a loop of function %u needs a member "
            "\"loop\" or \"offset\"", fact->func, 0);
    } else if (fact->ordinal != WRT__WCET_NONE && fact->ordinal >= count) {
        facts_fail(r, WRT_E_INVALID, WRT__W_WCET_NOTHING,
            "there is no such loop: function %u has %lu of them", fact->func, count);
    } else {
        facts_fail(r, WRT_E_INVALID, WRT__W_WCET_NOTHING,
            "no loop of function %u is at offset %lu, or it has another number", fact->func, fact->offset);
    }
    return false;
}

/* Facts may only say more than what is known. */
static void facts_lower(uint64_t *known, uint64_t stated, uint8_t *rule)
{
    if (stated >= *known) return;
    *known = stated;
    *rule = WRT__WCET_RULE_ANNOTATION;
}

static void facts_apply_loop(struct facts_reader *r, const struct wrt__fact *fact)
{
    const struct wrt__wcet_body *body = wrt__wcet_body_of(r->b->p, fact->func);
    if (!body) return;                      /* this entry does not reach it */
    struct wrt__wcet_loop *loop = wrt__wcet_loop_of(r->b, body, fact->ordinal);
    if (fact->max != WRT__WCET_INF) {
        /* arrivals are counted per entry, so there is at least one when it is entered at all */
        facts_lower(&loop->max, fact->max > 0 ? fact->max : 1, &loop->rule);
    }
    if (fact->min != WRT__WCET_INF && fact->min > loop->min) loop->min = fact->min;
    if (r->use != WRT__FACTS_PER_ENTRY && fact->total != WRT__WCET_INF) {
        facts_lower(&loop->total, fact->total, &loop->total_rule);
    }
}

static void facts_loop(struct facts_reader *r)
{
    struct wrt__fact fact = facts_none('l');
    bool first = true;
    wrt_str name;
    if (!wrt__json_open(&r->j, '{')) return;
    while (wrt__json_member(&r->j, &first, &name)) {
        if (facts_member(r, &fact, name)) continue;
        if (facts_is(name, "loop")) fact.ordinal = facts_u32(r);
        else if (facts_is(name, "max_header_executions") || facts_is(name, "max"))
            facts_figure(r, &fact.max);
        else if (facts_is(name, "min_header_executions") || facts_is(name, "min"))
            facts_figure(r, &fact.min);
        else if (facts_is(name, "total_header_executions") || facts_is(name, "total")) {
            facts_figure(r, &fact.total);
        } else {
            wrt__json_skip(&r->j);
        }
    }
    if (r->j.failed || !facts_func(r, fact.func) || !facts_find_loop(r, &fact)) return;
    if (fact.min == WRT__WCET_INF && fact.max == WRT__WCET_INF && fact.total == WRT__WCET_INF) {
        facts_fail(r, WRT_E_MALFORMED, WRT__W_WCET_FACTS,
            "a fact about loop %u says nothing: it needs \"max\", \"min\" or \"total\"", fact.ordinal, 0);
        return;
    }
    if (fact.min != WRT__WCET_INF && fact.min > fact.max) {
        facts_fail(r, WRT_E_INVALID, WRT__W_WCET_CONTRADICTION,
            "the facts about loop %u contradict each other: at least %lu arrivals, and fewer at most",
            fact.ordinal, fact.min);
    }
    facts_keep(r, &fact);
    if (r->status == WRT_OK) facts_apply_loop(r, &fact);
}

/* ---- functions, targets, sizes, hosts --------------------------------------------------------------------
 */

static void facts_apply_calls(struct facts_reader *r, struct wrt__fact *fact)
{
    if (!facts_func(r, fact->func)) return;
    facts_keep(r, fact);
    uint32_t body = r->b->p->body_of[fact->func];
    if (r->status != WRT_OK || body == WRT__WCET_NONE || r->use == WRT__FACTS_PER_ENTRY) return;
    facts_lower(&r->b->funcs[body].calls, fact->max, &r->b->funcs[body].calls_rule);
}

/* {"0": 1, ..} */
static void facts_calls(struct facts_reader *r)
{
    bool first = true;
    wrt_str name;
    if (!wrt__json_open(&r->j, '{')) return;
    while (wrt__json_member(&r->j, &first, &name)) {
        struct wrt__fact fact = facts_none('f');
        struct wrt__json number;
        wrt__json_init(&number, (wrt_bytes){ (const uint8_t *)name.p, name.n });
        uint64_t func = wrt__json_number(&number);
        wrt__json_done(&number);
        if (number.failed || func >= WRT__WCET_NONE) {
            wrt__json_fail(&r->j, "the number of a function");
            return;
        }
        fact.func = (uint32_t)func;
        fact.max = wrt__json_number(&r->j);
        if (!r->j.failed) facts_apply_calls(r, &fact);
    }
}

static void facts_function(struct facts_reader *r)
{
    struct wrt__fact fact = facts_none('f');
    bool first = true;
    wrt_str name;
    if (!wrt__json_open(&r->j, '{')) return;
    while (wrt__json_member(&r->j, &first, &name)) {
        if (facts_member(r, &fact, name)) continue;
        if (facts_is(name, "calls")) facts_figure(r, &fact.max);
        else wrt__json_skip(&r->j);
    }
    if (!r->j.failed && fact.max == WRT__WCET_INF) {
        facts_fail(r, WRT_E_MALFORMED, WRT__W_WCET_FACTS,
            "a fact about a function says nothing: it needs \"calls\"", 0, 0);
    }
    if (!r->j.failed) facts_apply_calls(r, &fact);
}

static struct wrt__wcet_site *facts_site(struct facts_reader *r, const struct wrt__fact *fact, bool *reached)
{
    const struct wrt__wcet_body *body = wrt__wcet_body_of(r->b->p, fact->func);
    *reached = body != NULL;
    if (!body) return NULL;
    uint32_t low = body->site_first, high = low + body->sites_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (r->b->sites[middle].offset < fact->offset) low = middle + 1;
        else high = middle;
    }
    if (low < body->site_first + body->sites_count && r->b->sites[low].offset == fact->offset)
        return &r->b->sites[low];
    facts_fail(r, WRT_E_INVALID, WRT__W_WCET_NOTHING,
        "function %u has no call and no operator with a size at offset %lu", fact->func, fact->offset);
    return NULL;
}

static uint32_t *facts_functions(struct facts_reader *r, uint32_t *count)
{
    uint32_t *list = NULL, cap = 0, *kept;
    bool first = true;
    *count = 0;
    if (!wrt__json_open(&r->j, '[')) return NULL;
    while (wrt__json_element(&r->j, &first)) {
        uint32_t func = facts_u32(r);
        if (r->j.failed) break;
        if (func >= r->b->p->m->funcs_count) {
            facts_fail(r, WRT_E_INVALID, WRT__W_WCET_NOTHING, "there is no function %u, the module has %lu",
                func, r->b->p->m->funcs_count);
            break;
        }
        if (!wrt__grow(r->f->alloc, &list, &cap, *count + 1, sizeof *list, WRT_TAG_OTHER)) {
            facts_nomem(r);
            break;
        }
        list[(*count)++] = func;
    }
    kept = wrt__arena_copy(&r->b->p->arena, list, *count * sizeof *list);
    wrt__free(r->f->alloc, list, cap * sizeof *list, WRT_TAG_OTHER);
    if (!kept) facts_nomem(r);
    return kept;
}

/* A place in a body: {"func", "offset", "targets": [..]} or {"func", "offset", "max"}. */
static void facts_place(struct facts_reader *r, uint8_t kind)
{
    struct wrt__fact fact = facts_none(kind);
    uint32_t *targets = NULL, count = 0;
    bool first = true, reached;
    wrt_str name;
    if (!wrt__json_open(&r->j, '{')) return;
    while (wrt__json_member(&r->j, &first, &name)) {
        if (facts_member(r, &fact, name)) continue;
        if (kind == 't' && facts_is(name, "targets")) targets = facts_functions(r, &count);
        else if (kind == 's' && facts_is(name, "max")) facts_figure(r, &fact.max);
        else wrt__json_skip(&r->j);
    }
    if (r->j.failed || !facts_func(r, fact.func)) return;
    if (fact.offset == WRT__WCET_NONE) {
        facts_fail(r, WRT_E_MALFORMED, WRT__W_WCET_FACTS,
            "a fact about a place of function %u needs a member "
            "\"offset\"",
            fact.func, 0);
        return;
    }
    if (kind == 's' ? fact.max == WRT__WCET_INF : !targets) {
        facts_fail(r, WRT_E_MALFORMED, WRT__W_WCET_FACTS,
            kind == 's' ? "a fact about a size says nothing: it needs \"max\""
                        : "a fact about targets says nothing: it needs \"targets\"",
            0, 0);
        return;
    }
    facts_keep(r, &fact);
    struct wrt__wcet_site *site = facts_site(r, &fact, &reached);
    if (!site || r->status != WRT_OK || r->use != WRT__FACTS_ALL) return;
    if (kind == 's') {
        facts_lower(&site->size_max, fact.max, &site->rule);
    } else if (targets) {
        site->targets = targets;
        site->targets_count = count;
        site->rule = WRT__WCET_RULE_ANNOTATION;
    }
}

/* Empty names match every import. */
static bool facts_imported(const struct wrt__module *m, const struct wrt__fact *f)
{
    if (f->name.n == 0) return true;
    for (uint32_t i = 0; i < m->imports_count; i++) {
        const struct wrt__import *import = &m->imports[i];
        if (import->kind != WRT__KIND_FUNC || !wrt__str_equal(import->name, f->name)) continue;
        if (f->module.n == 0 || wrt__str_equal(import->module, f->module)) return true;
    }
    return false;
}

static void facts_host(struct facts_reader *r)
{
    struct wrt__fact fact = facts_none('h');
    bool first = true;
    wrt_str name;
    if (!wrt__json_open(&r->j, '{')) return;
    while (wrt__json_member(&r->j, &first, &name)) {
        if (facts_member(r, &fact, name)) continue;
        if (facts_is(name, "module")) fact.module = facts_text(r);
        else if (facts_is(name, "name")) fact.name = facts_text(r);
        else if (facts_is(name, "fuel")) facts_figure(r, &fact.max);
        else wrt__json_skip(&r->j);
    }
    if (r->j.failed) return;
    if (fact.max == WRT__WCET_INF) {
        facts_fail(
            r, WRT_E_MALFORMED, WRT__W_WCET_FACTS, "the price of an import needs a member \"fuel\"", 0, 0);
        return;
    }
    if (!facts_imported(r->b->p->m, &fact)) {
        facts_fail(r, WRT_E_INVALID, WRT__W_WCET_NOTHING,
            "a price is stated for a function that the module does not import", 0, 0);
        return;
    }
    facts_keep(r, &fact);
    struct wrt__facts *f = r->f;
    if (!wrt__grow(f->alloc, &f->hosts, &f->hosts_cap, f->hosts_count + 1, sizeof *f->hosts, WRT_TAG_OTHER)) {
        facts_nomem(r);
        return;
    }
    f->hosts[f->hosts_count++] = (struct wrt__wcet_host){ fact.module, fact.name, fact.max, 0 };
}

/* Two operators of which one round of the loop around both (one invocation, if there is none) executes one at
 * most: {"func", "offsets": [a, b]}. That they are in the code is seen when it is a graph. */
static void facts_pair(struct facts_reader *r)
{
    struct wrt__fact fact = facts_none('p');
    bool first = true, inner = true;
    wrt_str name;
    fact.other = WRT__WCET_NONE;
    if (!wrt__json_open(&r->j, '{')) return;
    while (wrt__json_member(&r->j, &first, &name)) {
        if (facts_is(name, "offsets") && wrt__json_open(&r->j, '[')) {
            uint32_t n = 0;
            while (wrt__json_element(&r->j, &inner) && n++ < 2) {
                if (n == 1) fact.offset = facts_u32(r);
                else fact.other = facts_u32(r);
            }
            if (n != 2) wrt__json_fail(&r->j, "two offsets");
        } else if (!facts_member(r, &fact, name)) {
            wrt__json_skip(&r->j);
        }
    }
    if (r->j.failed || !facts_func(r, fact.func)) return;
    if (fact.other == WRT__WCET_NONE) {
        facts_fail(r, WRT_E_MALFORMED, WRT__W_WCET_FACTS,
            "a pair of function %u needs a member \"offsets\" with two of them", fact.func, 0);
        return;
    }
    fact.text = r->j.start;
    fact.at = r->j.p;
    facts_keep(r, &fact);
}

/* ---- the whole -------------------------------------------------------------------------------------------
 */

static void facts_hash(struct facts_reader *r)
{
    wrt_str text = wrt__json_text(&r->j);
    uint8_t own[32];
    if (r->j.failed) return;
    wrt__sha256(r->b->p->m->source, own);
    bool same = text.n == 64;
    for (size_t i = 0; same && i < 64; i++) {
        uint32_t digit = own[i / 2] >> (i % 2 ? 0 : 4) & 15;
        char c = text.p[i];
        uint32_t stated = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                          : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                          : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                 : 16;
        same = digit == stated;
    }
    if (!same) {
        facts_fail(r, WRT_E_INVALID, WRT__W_WCET_HASH,
            "these facts are for another module: its sha256 differs", 0, 0);
    }
}

static void facts_list(struct facts_reader *r, uint8_t kind)
{
    bool first = true;
    if (!wrt__json_open(&r->j, '[')) return;
    while (wrt__json_element(&r->j, &first)) {
        switch (kind) {
        case 'l': facts_loop(r); break;
        case 'f': facts_function(r); break;
        case 'h': facts_host(r); break;
        case 'p': facts_pair(r); break;
        default: facts_place(r, kind); break;
        }
    }
}

static void facts_document(struct facts_reader *r)
{
    bool first = true, any = false;
    wrt_str name;
    if (!wrt__json_open(&r->j, '{')) return;
    while (wrt__json_member(&r->j, &first, &name)) {
        static const char *const known[] = { "loops", "functions", "targets", "sizes", "hosts", "infeasible",
            "function_calls" };
        for (size_t k = 0; k < WRT_COUNT(known); k++) any |= facts_is(name, known[k]);
        if (facts_is(name, "sha256")) facts_hash(r);
        else if (facts_is(name, "loops")) facts_list(r, 'l');
        else if (facts_is(name, "functions")) facts_list(r, 'f');
        else if (facts_is(name, "targets")) facts_list(r, 't');
        else if (facts_is(name, "sizes")) facts_list(r, 's');
        else if (facts_is(name, "hosts")) facts_list(r, 'h');
        else if (facts_is(name, "infeasible")) facts_list(r, 'p');
        else if (facts_is(name, "function_calls")) facts_calls(r);
        else wrt__json_skip(&r->j);
    }
    wrt__json_done(&r->j);
    if (!any && !r->j.failed) {
        wrt__json_fail(&r->j, "a member \"loops\", \"functions\", \"infeasible\", \"targets\", \"sizes\" or "
                              "\"hosts\"");
    }
}

wrt_status wrt__facts_read(
    struct wrt__facts *f, wrt_bytes text, struct wrt__wcet_bounds *b, enum wrt__facts_use use, wrt_error *err)
{
    struct facts_reader r = { .f = f, .b = b, .use = use, .err = err };
    if (!f->alloc) *f = (struct wrt__facts){ .alloc = b->p->alloc };
    wrt__json_init(&r.j, text);
    facts_document(&r);
    if (r.status == WRT_OK && r.j.failed) {
        r.status = wrt__fail(err, WRT_E_MALFORMED, WRT__W_WCET_FACTS, WRT__NO_OFFSET,
            "the facts cannot be read: expected %s", r.j.failed);
        if (err) wrt__json_place(&r.j, &err->line, &err->column);
    }
    return r.status;
}

void wrt__facts_free(struct wrt__facts *f)
{
    if (!f->alloc) return;
    wrt__free(f->alloc, f->facts, f->cap * sizeof *f->facts, WRT_TAG_OTHER);
    wrt__free(f->alloc, f->slots, (size_t)f->slots_cap * sizeof *f->slots, WRT_TAG_OTHER);
    wrt__free(f->alloc, f->hosts, f->hosts_cap * sizeof *f->hosts, WRT_TAG_OTHER);
    *f = (struct wrt__facts){ 0 };
}

wrt_bytes wrt__wcet_section(const struct wrt__module *m, wrt_str name)
{
    struct wrt__reader r;
    wrt__reader_init(&r, m->source, 0);
    (void)wrt__read_bytes(&r, 8);
    while (wrt__reader_left(&r) > 0 && !r.failed) {
        uint8_t id = wrt__read_u8(&r);
        wrt_bytes section = wrt__read_bytes(&r, wrt__read_u32(&r));
        if (id != 0 || r.failed) continue;
        struct wrt__reader own;
        wrt__reader_init(&own, section, 0);
        wrt_bytes found = wrt__read_bytes(&own, wrt__read_u32(&own));
        if (own.failed || !wrt__str_equal((wrt_str){ (const char *)found.p, found.n }, name)) continue;
        return wrt__read_bytes(&own, wrt__reader_left(&own));
    }
    return (wrt_bytes){ NULL, 0 };
}
