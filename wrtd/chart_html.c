/* chart_html: a schedule as one self-contained page: chart_page.html with the data in it. Nothing is loaded
 * from anywhere; without scripts the page shows the still picture. */
#include "schedule.h"
#include <stdlib.h>
#include <string.h>

/* chart_page.html, made into bytes by the build. */
extern const unsigned char wd_chart_page[];
extern const size_t wd_chart_page_size;

/* Text inside of HTML and inside of JSON inside of HTML: "<" never begins a tag. */
static void html_text(FILE *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(*s, out);
        }
    }
}

static void html_json(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == '<' || c == '"' || c == '\\' || c == '&') {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static const char *html_kind(uint32_t kind)
{
    switch (kind) {
    case WRT_TRACE_RELEASE: return "release";
    case WRT_TRACE_CONTINUE: return "continue";
    case WD_MARK_DEADLINE: return "deadline";
    case WRT_TRACE_MISS: return "miss";
    case WRT_TRACE_OVERRUN: return "overrun";
    case WRT_TRACE_ABORT: return "abort";
    case WRT_TRACE_FAILED: return "failed";
    case WRT_TRACE_SKIP: return "skip";
    case WRT_TRACE_DONE: return "done";
    case WRT_TRACE_START: return "start";
    default: return "other";
    }
}

static bool html_has_place(const struct wd_mark *m)
{
    bool place = m->kind == WRT_TRACE_MISS || m->kind == WRT_TRACE_OVERRUN || m->kind == WRT_TRACE_ABORT ||
                 m->kind == WRT_TRACE_FAILED;
    return place && m->a != UINT32_MAX;
}

static int html_mark_order(const void *a, const void *b)
{
    const struct wd_mark *x = a, *y = b;
    return x->t_ns < y->t_ns ? -1 : x->t_ns > y->t_ns;
}

static void html_rows(const struct wd_schedule *s, FILE *out)
{
    fputs("\"rows\":[", out);
    for (size_t k = 0; k < s->rows_count; k++) {
        const struct wd_row *r = &s->rows[k];
        fputs(k ? ",{\"name\":" : "{\"name\":", out);
        html_json(out, r->name);
        fprintf(out, ",\"core\":%u,\"level\":\"%s\",\"seen\":%s}", r->core,
            r->known ? wd_level_name(r->level) : "?", r->seen ? "true" : "false");
    }
    fputs("],", out);
}

static void html_place(struct wd_schedule *s, const struct wd_mark *m, FILE *out)
{
    char text[WD_PLACE_TEXT];
    fputs(",\"place\":", out);
    html_json(out, wd_place_text(wd_places_find(&s->places, s->rows[m->row].id, m->a), m->a, m->b, text));
}

static void html_marks(struct wd_schedule *s, FILE *out)
{
    struct wd_mark *marks = wd_alloc((s->marks_count + 1) * sizeof *marks);
    if (s->marks_count) memcpy(marks, s->marks, s->marks_count * sizeof *marks);
    if (s->marks_count > 1) qsort(marks, s->marks_count, sizeof *marks, html_mark_order);
    fputs("\"marks\":[", out);
    for (size_t k = 0; k < s->marks_count; k++) {
        const struct wd_mark *m = &marks[k];
        fprintf(out, "%s{\"row\":%u,\"kind\":\"%s\",\"text\":\"%s\",\"t\":%llu,\"job\":%u", k ? "," : "",
            m->row, html_kind(m->kind), wd_mark_text(m->kind), (unsigned long long)m->t_ns, m->job);
        if (html_has_place(m)) html_place(s, m, out);
        fputc('}', out);
    }
    fputs("],", out);
    free(marks);
}

static void html_modes(const struct wd_schedule *s, FILE *out)
{
    static const char *const causes[] = { "after an overrun", "after misses", "asked for by the host",
        "returned after a clean time" };
    fputs("\"modes\":[", out);
    for (size_t k = 0; k < s->modes_count; k++) {
        const struct wd_mode_band *m = &s->modes[k];
        fprintf(out, "%s{\"core\":%u,\"mode\":%u,\"name\":\"%s\",\"from\":%llu,\"to\":%llu,\"cause\":\"%s\"",
            k ? "," : "", m->core, m->mode, wd_mode_name(m->mode), (unsigned long long)m->from_ns,
            (unsigned long long)m->to_ns, m->cause < WD_COUNT(causes) ? causes[m->cause] : "");
        if (m->row != WRT_SCHED_NOBODY) {
            fputs(",\"who\":", out);
            html_json(out, s->rows[m->row].name);
        }
        fputc('}', out);
    }
    fputs("]", out);
}

static void html_data(struct wd_schedule *s, FILE *out)
{
    fprintf(out, "{\"from\":%llu,\"to\":%llu,", (unsigned long long)s->from_ns, (unsigned long long)s->to_ns);
    html_rows(s, out);
    fputs("\"spans\":[", out);
    for (size_t k = 0; k < s->spans_count; k++) {
        const struct wd_span *p = &s->spans[k];
        fprintf(out, "%s{\"row\":%u,\"job\":%u,\"from\":%llu,\"to\":%llu,\"fuel\":%llu}", k ? "," : "",
            p->row, p->job, (unsigned long long)p->from_ns, (unsigned long long)p->to_ns,
            (unsigned long long)p->fuel);
    }
    fputs("],", out);
    html_marks(s, out);
    html_modes(s, out);
    fputc('}', out);
}

/* Writes the page up to the next "@WORD@" and answers which one that is. */
static const char *html_until(const char **at, size_t *left, FILE *out)
{
    static const char *const words[] = { "@TITLE@", "@REPORT@", "@SVG@", "@DATA@" };
    for (size_t k = 0; k < *left; k++) {
        if ((*at)[k] != '@') continue;
        for (size_t w = 0; w < WD_COUNT(words); w++) {
            size_t n = strlen(words[w]);
            if (n > *left - k || memcmp(*at + k, words[w], n) != 0) continue;
            fwrite(*at, 1, k, out);
            *at += k + n;
            *left -= k + n;
            return words[w];
        }
    }
    fwrite(*at, 1, *left, out);
    *left = 0;
    return NULL;
}

void wd_chart_html(struct wd_schedule *s, const char *report, FILE *out)
{
    const char *at = (const char *)wd_chart_page, *word;
    size_t left = wd_chart_page_size;
    while ((word = html_until(&at, &left, out)) != NULL) {
        switch (word[1]) {
        case 'T': html_text(out, s->title); break;
        case 'R':
            if (report) fputs(report, out);
            break;
        case 'S': wd_chart_svg(s, out); break;
        default: html_data(s, out); break;
        }
    }
}
