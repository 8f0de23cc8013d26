/* api/wcet_lines: the source beside a bound (include/wrt/wcet.h): lines of places, and what became of
 * pragmas. */
#include "api/objects.h"
#include "api/wcet_report.h"

static bool lines_out(const wrt_wcet_report *r, const struct wrt__lines_row *row, wrt_wcet_line *out)
{
    *out = (wrt_wcet_line){ .file = { "", 0 } };
    if (!row) return false;
    *out = (wrt_wcet_line){ r->a.lines.files[row->file].path, row->line, row->column };
    return true;
}

bool wrt_wcet_line_at(const wrt_wcet_report *r, uint64_t offset, wrt_wcet_line *out)
{
    const bool fits = offset < UINT32_MAX;
    return lines_out(r, fits ? wrt__lines_find(&r->a.lines, (uint32_t)offset) : NULL, out);
}

bool wrt_wcet_loop_line(const wrt_wcet_report *r, uint32_t func, uint32_t loop, wrt_wcet_line *out)
{
    const struct wrt__wcet_program *p = &r->a.p;
    const struct wrt__wcet_body *body = func < p->m->funcs_count ? wrt__wcet_body_of(p, func) : NULL;
    const bool known = body && loop < body->loops_count;
    return lines_out(r, known ? wrt__loop_row(&r->a.lines, body, loop) : NULL, out);
}

wrt_str wrt_wcet_lines_ignored(const wrt_wcet_report *r, uint64_t *offset)
{
    const char *why = r->a.lines.ignored;
    *offset = r->a.lines.ignored_at;
    return (wrt_str){ why ? why : "", why ? wrt__str_len(why) : 0 };
}

size_t wrt_wcet_pragmas_count(const wrt_wcet_report *r) { return r->a.pragmas.count; }

bool wrt_wcet_pragma_at(const wrt_wcet_report *r, size_t i, wrt_wcet_pragma *out)
{
    if (i >= r->a.pragmas.count) return false;
    const struct wrt__pragma *p = &r->a.pragmas.list[i];
    *out = (wrt_wcet_pragma){ (wrt_wcet_pragma_state)p->state, p->source, p->line, p->min, p->max, p->func,
        p->ordinal, p->matched };
    return true;
}

wrt_str wrt_wcet_pragma_text(wrt_wcet_pragma_state state)
{
    static const char *const texts[] = { "used", "no loop of the code that is reached comes from it",
        "several loops of one function come from it: state them by number",
        "the loop in the code is made of several in the source: state it by number",
        "no for, while or do follows it", "the module has no line table that could be read (compile with -g)",
        "the line table does not name this file, or names two that it may be",
        "the source is not the one that was compiled" };
    const char *text = (unsigned)state < WRT_COUNT(texts) ? texts[state] : "";
    return (wrt_str){ text, wrt__str_len(text) };
}
