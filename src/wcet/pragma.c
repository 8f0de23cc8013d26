/* pragma: see pragma.h. A loop of the code comes from a loop of the source when every branch back to its
 * label stands inside that loop and in none that is inside it. What optimisation made of one loop is accepted
 * only where one loop per function is left of it. */
#include "wasm/front.h"
#include "wcet/pragma.h"
#include "wcet/source.h"

struct pragma_reader {
    struct wrt__pragmas *g;
    const struct wrt__source *sources;
    const struct wrt__lines *lines;
    struct wrt__facts *f;
    struct wrt__wcet_bounds *b;
    uint8_t *of_source;             /* per file of the line table: it is the source at hand */
    /* Per loop of the program: the loop of the source that it comes from; mixed: of several. */
    struct pragma_origin { uint32_t loop; bool known, mixed; } *origins;
};

enum { PRAGMA_LOOK = 4096 }; /* operators before the end of a loop in which its way back is looked for */

static bool pragma_is_branch(uint16_t code)
{
    return code == 0x0c || code == 0x0d || (code >= 0xd5 && code <= 0xd6);
}

/* Does operator i of the body lead to operator `to`? */
static bool pragma_leads(const struct wrt__wcet_body *body, uint32_t i, uint32_t to)
{
    const struct wrt__wcet_op *op = &body->ops[i];
    if (pragma_is_branch(op->code)) return op->a == to;
    for (uint32_t k = 0; op->code == 0x0e && k < op->b; k++) {
        if (body->targets[op->a + k] == to) return true;
    }
    return false;
}

const struct wrt__lines_row *wrt__loop_row(
    const struct wrt__lines *l, const struct wrt__wcet_body *body, uint32_t ordinal)
{
    const uint32_t label = body->loops[ordinal];
    if (l->rows_count == 0 || label == WRT__WCET_NONE) return NULL;
    const uint32_t end = body->ops[label].a;
    for (uint32_t i = end; i > label && end - i < PRAGMA_LOOK; i--) {
        if (!pragma_leads(body, i, label)) continue;
        const struct wrt__lines_row *row = wrt__lines_exact(l, body->ops[i].offset);
        if (row) return row;
    }
    return wrt__lines_find(l, body->ops[label].offset);
}

/* ---- the file ----------------------------------------------------------------------------------------- */

static wrt_str pragma_base(wrt_str path)
{
    size_t at = path.n;
    while (at > 0 && path.p[at - 1] != '/' && path.p[at - 1] != '\\') at--;
    return (wrt_str){ path.p + at, path.n - at };
}

/* Which files of the line table are this source. */
static enum wrt__pragma_state pragma_file(struct pragma_reader *x, const struct wrt__source *s)
{
    const struct wrt__lines *l = x->lines;
    uint8_t md5[16];
    bool named = false, any = false;
    wrt_str path = { "", 0 };
    if (l->rows_count == 0) return WRT__PRAGMA_NO_LINES;
    wrt__md5(s->text, md5);
    for (uint32_t i = 0; i < l->files_count; i++) {
        const struct wrt__lines_file *file = &l->files[i];
        x->of_source[i] = 0;
        if (!wrt__str_equal(pragma_base(file->path), pragma_base(s->name))) continue;
        named = true;
        if (file->has_md5 && memcmp(file->md5, md5, sizeof md5) != 0) continue;
        /* without a hash two files of one name cannot be told from each other */
        if (any && !file->has_md5 && !wrt__str_equal(file->path, path)) return WRT__PRAGMA_NO_FILE;
        path = file->path;
        x->of_source[i] = 1;
        any = true;
    }
    return any ? WRT__PRAGMA_USED : named ? WRT__PRAGMA_OTHER_SOURCE : WRT__PRAGMA_NO_FILE;
}

/* ---- loops -------------------------------------------------------------------------------------------- */

/* Branch i of the body leads to operator `to`: when that is a loop, it comes from where the branch stands. */
static void pragma_branch(struct pragma_reader *x, const struct wrt__source_loops *s,
    const struct wrt__wcet_body *body, uint32_t i, uint32_t to)
{
    enum { LOOP = 0x03 };
    if (body->ops[to].code != LOOP || to >= i) return;
    struct pragma_origin *o = &x->origins[body->loop_first + body->ops[to].b];
    const struct wrt__lines_row *row = wrt__lines_find(x->lines, body->ops[i].offset);
    const uint32_t loop = row && x->of_source[row->file] ? wrt__source_at(s, row->line, row->column)
                                                         : WRT__SOURCE_NONE;
    o->mixed |= o->known && o->loop != loop;
    if (!o->known || loop != WRT__SOURCE_NONE) o->loop = loop;
    o->known = true;
}

/* The loops of the source that those of the code come from. */
static void pragma_origins(struct pragma_reader *x, const struct wrt__source_loops *s)
{
    const struct wrt__wcet_program *p = x->b->p;
    memset(x->origins, 0, p->loops_count * sizeof *x->origins);
    for (uint32_t n = 0; n < p->bodies_count; n++) {
        const struct wrt__wcet_body *body = &p->bodies[n];
        for (uint32_t i = 0; i < body->count; i++) {
            const struct wrt__wcet_op *op = &body->ops[i];
            if (pragma_is_branch(op->code)) pragma_branch(x, s, body, i, op->a);
            for (uint32_t k = 0; op->code == 0x0e && k < op->b; k++) {
                pragma_branch(x, s, body, i, body->targets[op->a + k]);
            }
        }
    }
}

static bool pragma_state_fact(struct pragma_reader *x, const struct wrt__pragma *p, uint32_t func,
    uint32_t ordinal)
{
    enum { TEXT = 160 };
    struct wrt__facts *f = x->f;
    struct wrt__wcet_program *program = x->b->p;
    const struct wrt__wcet_body *body = wrt__wcet_body_of(program, func);
    struct wrt__wcet_loop *loop = wrt__wcet_loop_of(x->b, body, ordinal);
    const wrt_str name = pragma_base(x->sources[p->source].name);
    char text[TEXT];
    size_t n = wrt__format(
        text, sizeof text, "%S:%u: loopbound min %lu max %lu", &name, p->line, p->min, p->max);
    if (n >= sizeof text) n = sizeof text - 1;
    const char *kept = wrt__arena_copy(&program->arena, text, n);
    if (!kept || !wrt__grow(f->alloc, &f->facts, &f->cap, f->count + 1, sizeof *f->facts, WRT_TAG_OTHER)) {
        return false;
    }
    f->facts[f->count++] = (struct wrt__fact){ .kind = 'l',
        .func = func,
        .ordinal = ordinal,
        .offset = loop->offset,
        .min = WRT__WCET_INF,
        .max = p->max + 1,
        .total = WRT__WCET_INF,
        .author = WRT_STR("pragma"),
        .rationale = { kept, n } };
    if (p->max + 1 < loop->max) {
        loop->max = p->max + 1;
        loop->rule = WRT__WCET_RULE_ANNOTATION;
    }
    return true;
}

/* What comes of pragma p: all loops of the code are looked at, `use` states the facts. */
static bool pragma_match(struct pragma_reader *x, struct wrt__pragma *p, bool use)
{
    const struct wrt__wcet_program *program = x->b->p;
    p->matched = 0;
    p->state = WRT__PRAGMA_USED;
    for (uint32_t i = 0; i < program->bodies_count; i++) {
        const struct wrt__wcet_body *body = &program->bodies[i];
        uint32_t here = 0;
        for (uint32_t l = 0; l < body->loops_count; l++) {
            const struct pragma_origin *o = &x->origins[body->loop_first + l];
            if (!o->known || o->loop != p->loop) continue;
            if (use && !pragma_state_fact(x, p, body->func, l)) return false;
            if (p->matched == 0) {
                p->func = body->func;
                p->ordinal = l;
            }
            p->matched++;
            if (o->mixed) p->state = WRT__PRAGMA_MIXED;
            else if (++here > 1 && p->state == WRT__PRAGMA_USED) p->state = WRT__PRAGMA_SEVERAL;
        }
    }
    if (p->matched == 0) p->state = WRT__PRAGMA_NO_LOOP;
    return true;
}

static wrt_status pragma_source(struct pragma_reader *x, uint32_t number, wrt_error *err)
{
    const struct wrt__source *source = &x->sources[number];
    const wrt_status memory = WRT_E_NOMEM;
    struct wrt__source_loops s;
    wrt_status status = wrt__source_read(&s, source->text, x->g->alloc, err);
    if (status != WRT_OK) {
        wrt__error_where(err, "%S", &source->name);
        return status;
    }
    const enum wrt__pragma_state file = pragma_file(x, source);
    bool ok = true;
    if (file == WRT__PRAGMA_USED) pragma_origins(x, &s);
    for (uint32_t i = 0; i < s.pragmas_count && ok; i++) {
        struct wrt__pragmas *g = x->g;
        struct wrt__pragma p = { .state = file,
            .source = number,
            .line = s.pragmas[i].line,
            .min = s.pragmas[i].min,
            .max = s.pragmas[i].max,
            .loop = s.pragmas[i].loop,
            .func = WRT__WCET_NONE,
            .ordinal = WRT__WCET_NONE };
        if (p.loop == WRT__SOURCE_NONE) p.state = WRT__PRAGMA_BEFORE_NONE;
        if (p.state == WRT__PRAGMA_USED) ok = pragma_match(x, &p, false);
        if (ok && p.state == WRT__PRAGMA_USED) ok = pragma_match(x, &p, true);
        ok = ok && wrt__grow(g->alloc, &g->list, &g->cap, g->count + 1, sizeof p, WRT_TAG_OTHER);
        if (ok) g->list[g->count++] = p;
    }
    wrt__source_free(&s);
    return ok ? WRT_OK : wrt__fail(err, memory, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the pragmas");
}

wrt_status wrt__pragmas_read(struct wrt__pragmas *g, const struct wrt__source *sources, uint32_t n,
    const struct wrt__lines *lines, struct wrt__facts *f, struct wrt__wcet_bounds *b, wrt_error *err)
{
    struct pragma_reader x = { .g = g, .sources = sources, .lines = lines, .f = f, .b = b };
    g->alloc = b->p->alloc;
    if (!f->alloc) *f = (struct wrt__facts){ .alloc = b->p->alloc };
    x.of_source = wrt__alloc_zero(g->alloc, (size_t)lines->files_count + 1, WRT_TAG_OTHER);
    x.origins = wrt__arena_take(&b->p->arena, ((size_t)b->p->loops_count + 1) * sizeof *x.origins, 8);
    wrt_status status = WRT_OK;
    if (!x.of_source || !x.origins)
        status = wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the pragmas");
    for (uint32_t i = 0; i < n && status == WRT_OK; i++) status = pragma_source(&x, i, err);
    wrt__free(g->alloc, x.of_source, (size_t)lines->files_count + 1, WRT_TAG_OTHER);
    return status;
}

void wrt__pragmas_free(struct wrt__pragmas *g)
{
    if (!g->alloc) return;
    wrt__free(g->alloc, g->list, g->cap * sizeof *g->list, WRT_TAG_OTHER);
    *g = (struct wrt__pragmas){ 0 };
}
