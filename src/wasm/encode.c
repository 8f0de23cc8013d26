/* encode.c: instructions into words, prices onto edges, positions into the map; and back from a word to its
 * place. Layout of words: regcode.h; of the map: translator.h; prices: docs/fuel.md. */
#include "wasm/translator.h"

static const uint8_t shape_words[] = { [WRT__F_R] = 2,
    [WRT__F_I] = 2,
    [WRT__F_RK] = 3,
    [WRT__F_IK] = 3,
    [WRT__F_JMP] = 2,
    [WRT__F_GOTO] = 2,
    [WRT__F_RB] = 3,
    [WRT__F_IB] = 3,
    [WRT__F_RKB] = 4,
    [WRT__F_IBX] = 4,
    [WRT__F_CHARGE] = 2,
    [WRT__F_TABLE] = 2,
    [WRT__F_CALL] = WRT__CALL_WORDS,
    [WRT__F_CALLI] = WRT__CALL_WORDS,
    [WRT__F_SLOW] = WRT__CALL_WORDS,
    [WRT__F_GONE] = 0 };

static uint64_t handler_word(const struct wrt__module *m, uint32_t op)
{
    return m->handlers ? (uint64_t)m->handlers[op] : op;
}

/* ---- sequences: a table of all lines of the list, by what is there already and what follows ---- */

#if WRT_FUSE_FULL
struct line {
    uint16_t x, y, xy;
};
static uint32_t line_hash(uint32_t x, uint32_t y)
{
    return (x * 0x9e3779b1u ^ y * 0x85ebca6bu) >> (32 - WRT__SEQ_BITS);
}
void wrt__sequences_fill(struct wrt__translator *t)
{
    static const struct line all[] = {
#define X(x, y) { WRT__R_##x, WRT__R_##y, WRT__R_##x##__##y },
#include "wasm/sequences.def"
#undef X
    };
    _Static_assert(sizeof all / sizeof *all < WRT__SEQ_SIZE / 2, "the table stays half empty");
    for (uint32_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint32_t at = line_hash(all[i].x, all[i].y);
        while (t->seq_result[at])
            at = (at + 1) % WRT__SEQ_SIZE;
        t->seq_key[at] = (uint32_t)all[i].x << 16 | all[i].y;
        t->seq_result[at] = all[i].xy;
    }
}
static uint32_t sequence_of(const struct wrt__translator *t, uint32_t x, uint32_t y)
{
    uint32_t key = x << 16 | y;
    for (uint32_t at = line_hash(x, y); t->seq_result[at]; at = (at + 1) % WRT__SEQ_SIZE) {
        if (t->seq_key[at] == key) return t->seq_result[at];
    }
    return 0;
}
/* The longest sequence that starts here. */
static uint32_t handler_from(const struct wrt__translator *t, uint32_t i)
{
    uint32_t op = t->ins[i].op, longer;
    if (!t->module->handlers) return op;
    while (++i < t->ins_count) {
        if (t->ins[i].shape == WRT__F_GONE) continue;
        if ((longer = sequence_of(t, op, t->ins[i].op)) == 0) break;
        op = longer;
    }
    return op;
}
#else
static uint32_t handler_from(const struct wrt__translator *t, uint32_t i) { return t->ins[i].op; }
#endif

static uint32_t edge_price(const struct wrt__translator *t, uint32_t label)
{
    const struct wrt__label *l = &t->labels[t->labels[label].price];
    return t->labels[label].free_edge ? 0 : t->segs[l->seg] - l->off;
}
static uint64_t branch_word(const struct wrt__translator *t, const struct wrt__ins *x, uint32_t i)
{
    int32_t distance = ((int32_t)t->at[t->labels[x->label].at] - (int32_t)t->at[i]) * 8;
    uint32_t taken = edge_price(t, x->label), not_taken = x->shape == WRT__F_JMP ? 0 : t->segs[x->seg];
    return (uint32_t)distance | (uint64_t)(taken & 0xffff) << 32 | (uint64_t)(not_taken & 0xffff) << 48;
}
static void write_ins(struct wrt__translator *t, const struct wrt__ins *x, uint32_t i, uint64_t *w)
{
    uint64_t r = x->d | (uint64_t)x->a << 16 | (uint64_t)x->b << 32 | (uint64_t)x->c << 48;
    uint64_t imm = x->d | (uint64_t)x->a << 16 | (uint64_t)x->imm << 32;
    uint64_t after = x->seg == WRT__NO_INS ? 0 : t->segs[x->seg] & 0xffff;
    w[0] = handler_word(t->module, handler_from(t, i));
    switch ((enum wrt__shape)x->shape) {
    case WRT__F_R: w[1] = r; break;
    case WRT__F_I: w[1] = imm; break;
    case WRT__F_RK:
        w[1] = r;
        w[2] = x->k;
        break;
    case WRT__F_IK:
        w[1] = imm;
        w[2] = x->k;
        break;
    case WRT__F_JMP: w[1] = branch_word(t, x, i); break;
    case WRT__F_GOTO:
        w[1] = (uint32_t)(((int32_t)t->at[t->labels[x->label].at] - (int32_t)t->at[i]) * 8);
        break;
    case WRT__F_RB:
        w[1] = r;
        w[2] = branch_word(t, x, i);
        break;
    case WRT__F_IB:
        w[1] = imm;
        w[2] = branch_word(t, x, i);
        break;
    case WRT__F_RKB:
        w[1] = r;
        w[2] = x->k;
        w[3] = branch_word(t, x, i);
        break;
    case WRT__F_IBX:
        w[1] = imm;
        w[2] = branch_word(t, x, i);
        w[3] = x->k;
        break;
    case WRT__F_CHARGE: w[1] = after; break;
    case WRT__F_CALL:
        w[1] = (uint32_t)x->k | (uint64_t)x->b << 32 | after << 48;
        w[2] = 0;
        break;
    case WRT__F_CALLI:
        w[1] = x->a | (uint64_t)x->b << 32 | after << 48;
        w[2] = x->k;
        break;
    case WRT__F_SLOW:
        w[1] = x->d | (uint64_t)x->a << 16 | (uint64_t)x->b << 32 | after << 48;
        w[2] = x->k;
        break;
    case WRT__F_TABLE:
        w[1] = imm;
        for (uint32_t k = 0; k <= x->imm; k++) {
            uint32_t label = t->targets[x->k + k];
            int32_t distance = ((int32_t)t->at[t->labels[label].at] - (int32_t)t->at[i]) * 8;
            w[2 + k] = (uint32_t)distance | (uint64_t)edge_price(t, label) << 32;
        }
        break;
    case WRT__F_GONE: break;
    }
}

/* ---- the map ----------------------------------------------------------------------------------- */

struct map_writer {
    uint8_t *p;
    uint32_t word, offset;
};
static void map_number(struct map_writer *w, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *w->p++ = (uint8_t)(v | 0x80);
    *w->p++ = (uint8_t)v;
}
static void map_entry(struct map_writer *w, uint32_t word, uint32_t kind, uint32_t offset)
{
    int64_t step = (int64_t)offset - (int64_t)w->offset;
    map_number(w, (uint64_t)(word - w->word) * 2 + kind);
    map_number(w, (uint64_t)step << 1 ^ (uint64_t)(step >> 63));
    w->word = word;
    w->offset = offset;
}
enum { MAP_ENTRY_MOST = 18 };
static bool write_map(struct wrt__translator *t, struct wrt__func *f, uint64_t sites)
{
    struct wrt__module *m = t->module;
    sites += t->places_count;
    if (m->map_count + sites * MAP_ENTRY_MOST > UINT32_MAX) return false;
    if (!wrt__grow(
            m->alloc, &m->map, &m->map_cap, m->map_count + (uint32_t)sites * MAP_ENTRY_MOST, 1, WRT_TAG_CODE))
        return false;
    struct map_writer w = { m->map + m->map_count, 0, f->body_offset };
    uint32_t place = 0;
    for (uint32_t i = 0; i <= t->ins_count; i++) {
        for (; place < t->places_count && t->places[place].ins == i; place++)
            map_entry(&w, t->at[i], WRT__AT_CHECKPOINT, t->places[place].offset);
        if (i == t->ins_count || !t->ins[i].site) continue;
        const struct wrt__ins *x = &t->ins[i];
        map_entry(&w, t->at[i], WRT__AT_OPERATOR, x->offset);
        map_number(&w, t->segs[x->at_seg] - x->at);
    }
    f->map = m->map_count;
    f->map_bytes = (uint32_t)(w.p - (m->map + m->map_count));
    m->map_count += f->map_bytes;
    return true;
}
static uint64_t map_read(const uint8_t **p, const uint8_t *end)
{
    uint64_t v = 0;
    for (uint32_t shift = 0; *p < end; shift += 7) {
        uint8_t b = *(*p)++;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) break;
    }
    return v;
}
static bool position_find(
    const struct wrt__module *m, uint32_t func, uint32_t at, uint32_t kind, uint32_t *offset, uint32_t *rest)
{
    const struct wrt__func *f = &m->funcs[func];
    const uint8_t *p = m->map + f->map, *end = p + f->map_bytes;
    uint32_t word = f->code, here = f->body_offset;
    while (p < end && word <= at) {
        uint64_t head = map_read(&p, end), step = map_read(&p, end);
        word += (uint32_t)(head >> 1);
        here = (uint32_t)((int64_t)here + (int64_t)(step >> 1 ^ (0 - (step & 1))));
        uint32_t behind = (head & 1) == WRT__AT_OPERATOR ? (uint32_t)map_read(&p, end) : 0;
        if (word == at && (head & 1) == kind) {
            *offset = here;
            if (rest) *rest = behind;
            return true;
        }
    }
    return false;
}
bool wrt__operator_at(
    const struct wrt__module *m, uint32_t func, uint32_t at, uint32_t *offset, uint32_t *rest)
{
    return position_find(m, func, at, WRT__AT_OPERATOR, offset, rest);
}
bool wrt__checkpoint_at(const struct wrt__module *m, uint32_t func, uint32_t at, uint32_t *offset)
{
    return position_find(m, func, at, WRT__AT_CHECKPOINT, offset, NULL);
}
uint32_t wrt__func_at(const struct wrt__module *m, uint32_t at)
{
    uint32_t low = m->funcs_imported, high = m->funcs_count;
    while (low < high) { /* functions lie in order of their index */
        uint32_t middle = low + (high - low) / 2;
        const struct wrt__func *f = &m->funcs[middle];
        if (at < f->code)
            high = middle;
        else if (at >= f->code + f->code_words)
            low = middle + 1;
        else
            return middle;
    }
    return UINT32_MAX;
}

/* ---- bodies ------------------------------------------------------------------------------------ */

/* Room for what bodies of this size most often become; an array that doubles would be copied over and over.
 */
static bool write_head(struct wrt__module *m, uint32_t first_body)
{
    uint64_t bytes = wrt__min_u64(m->source.n - wrt__min_u64(first_body, m->source.n), UINT32_MAX / 2);
    uint32_t words = (uint32_t)(bytes / 2), map = (uint32_t)(bytes * 2 / 5);
    (void)wrt__grow(m->alloc, &m->map, &m->map_cap, map, 1, WRT_TAG_CODE);
    if (!wrt__grow(m->alloc, &m->code, &m->code_cap, WRT__CODE_HEAD + words, sizeof *m->code, WRT_TAG_CODE)
        && !wrt__grow(m->alloc, &m->code, &m->code_cap, WRT__CODE_HEAD, sizeof *m->code, WRT_TAG_CODE))
        return false;
    memset(m->code, 0, WRT__CODE_HEAD * sizeof *m->code);
    m->code[WRT__LINK_HALT / 8 + WRT__CALL_WORDS] = handler_word(m, WRT__R_HALT);
    m->code[WRT__LINK_BORDER / 8 + WRT__CALL_WORDS] = handler_word(m, WRT__R_XRET);
    m->code_count = WRT__CODE_HEAD;
    return true;
}
wrt_status wrt__encode(struct wrt__translator *t, uint32_t end_offset, wrt_error *err)
{
    struct wrt__module *m = t->module;
    struct wrt__func *f = &m->funcs[t->func];
    uint64_t words = 0, sites = 0;
    if (!wrt__grow(m->alloc, &t->at, &t->at_cap, t->ins_count + 1, sizeof *t->at, WRT_TAG_CODE))
        goto no_memory;
    if (m->code_count == 0 && !write_head(m, f->body_offset)) goto no_memory;
    for (uint32_t i = 0; i < t->ins_count; i++) {
        t->at[i] = (uint32_t)words;
        sites += t->ins[i].site;
        words += shape_words[t->ins[i].shape]
            + (t->ins[i].shape == WRT__F_TABLE ? (uint64_t)t->ins[i].imm + 1 : 0);
    }
    t->at[t->ins_count] = (uint32_t)words;
    if ((m->code_count + words) * 8 > INT32_MAX) {
        return wrt__fail_table(
            err, WRT_E_LIMIT, 401, "code", "function %u: more than 2 GiB of register code", t->func);
    }
    if (!wrt__grow(
            m->alloc, &m->code, &m->code_cap, m->code_count + (uint32_t)words, sizeof *m->code, WRT_TAG_CODE))
        goto no_memory;
    f->code = m->code_count;
    f->code_words = (uint32_t)words;
    f->frame = t->base + t->height_max;
    f->link = (uint16_t)t->link;
    f->zero = (uint16_t)(t->zero_end - t->params);
    f->cost = (uint16_t)t->segs[0];
    for (uint32_t i = 0; i < t->segs_count; i++) {
        if (t->segs[i] > f->dearest) f->dearest = (uint16_t)t->segs[i];
    }
    if (!write_map(t, f, sites)) goto no_memory;
    for (uint32_t i = 0; i < t->ins_count; i++) {
        const struct wrt__ins *x = &t->ins[i];
        if (x->shape == WRT__F_GONE) continue;
        write_ins(t, x, i, m->code + f->code + t->at[i]);
        if (x->shape != WRT__F_CALL) continue;
        if (!wrt__grow(
                m->alloc, &t->calls, &t->calls_cap, t->calls_count + 1, sizeof *t->calls, WRT_TAG_CODE))
            goto no_memory;
        t->calls[t->calls_count++] = f->code + t->at[i];
    }
    m->code_count += (uint32_t)words;
    return WRT_OK;
no_memory:
    return wrt__fail(err, WRT_E_NOMEM, 402, end_offset, "no memory for the code of function %u", t->func);
}
/* What was reserved and not used; it stays when the allocator does not make arrays smaller. */
static void give_back_rest(struct wrt__module *m)
{
    void *code = m->code_count < m->code_cap - m->code_cap / 16
        ? wrt__resize(
              m->alloc, m->code, m->code_cap * sizeof *m->code, m->code_count * sizeof *m->code, WRT_TAG_CODE)
        : NULL;
    if (code) {
        m->code = code;
        m->code_cap = m->code_count;
    }
    void *map = m->map_count > 0 && m->map_count < m->map_cap - m->map_cap / 16
        ? wrt__resize(m->alloc, m->map, m->map_cap, m->map_count, WRT_TAG_CODE)
        : NULL;
    if (map) {
        m->map = map;
        m->map_cap = m->map_count;
    }
}
void wrt__tr_finish_module(struct wrt__translator *t)
{
    struct wrt__module *m = t->module;
    for (uint32_t i = 0; i < t->calls_count; i++) {
        uint64_t *w = m->code + t->calls[i];
        const struct wrt__func *f = &m->funcs[(uint32_t)w[1]];
        int32_t distance = ((int32_t)f->code - (int32_t)t->calls[i]) * 8;
        w[1] = (w[1] & ~(uint64_t)UINT32_MAX) | (uint32_t)distance;
        w[2] = f->frame | (uint64_t)f->link << 16 | (uint64_t)f->zero << 32 | (uint64_t)f->cost << 48;
    }
    t->calls_count = 0;
    give_back_rest(m);
}
