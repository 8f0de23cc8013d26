/* taskset: reads a set of tasks from JSON (docs/admission.md has the form). Numbers are integers in ticks. A
 * key that is not known is refused: a misspelt one would quietly change a verdict. */
#include "taskset.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void wd_set_free(struct wd_set *s)
{
    for (uint32_t k = 0; k < s->tasks_count; k++) free(s->tasks[k].name);
    for (uint32_t k = 0; k < s->resources_count; k++) free(s->resources[k]);
    free(s->name);
    free(s->tasks);
    free(s->sections);
    free(s->resources);
    *s = (struct wd_set){ .file = s->file };
}

#if WRTD_HAVE_JANSSON
#include <jansson.h>

enum { SET_TASKS_MAX = 1000000, SET_SECTIONS_MAX = 1000000, SET_CORES_MAX = 4096 };

struct set_reader {
    wrt_error *error;
    const char *text;
    size_t n;
    const json_t *root;
    struct wd_set *set;
    json_t *numbers;            /* task name -> its number */
    json_t *resources;          /* resource name -> its number */
};

static const char *const set_keys[] = { "id", "class", "source", "time_unit", "published", "notes",
    "expected", "tasks", "critical_sections", "cores" };
static const char *const task_keys[] = { "id", "T", "D", "C", "J", "prio", "np", "band", "L", "C_LO", "C_HI",
    "level", "Cs", "asil" };
static const char *const section_keys[] = { "task", "res", "len" };

/* ---- where a thing stands: only asked when something is wrong ------------------------------------- */

static size_t place_string(const char *p, size_t n, size_t at)
{
    for (at++; at < n && p[at] != '"'; at++) at += p[at] == '\\';
    return at < n ? at + 1 : n;
}

/* Offset of item `index` of the array under `key` in the outermost object; SIZE_MAX: not found. The text is
 * valid JSON. */
static size_t place_of(const char *p, size_t n, const char *key, size_t index)
{
    size_t depth = 0, item = 0, length = strlen(key);
    bool inside = false;
    for (size_t at = 0; at < n;) {
        char c = p[at];
        if (inside && depth == 2 && item == index && !strchr(" \t\r\n,", c)) return at;
        if (c == '"') {
            size_t end = place_string(p, n, at);
            if (depth == 1 && end - at == length + 2 && memcmp(p + at + 1, key, length) == 0) inside = true;
            at = end;
            continue;
        }
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') depth--;
        if (inside && depth < 2 && (c == ']' || c == ',')) inside = false;
        if (inside && depth == 2 && c == ',') item++;
        at++;
    }
    return SIZE_MAX;
}

/* The error, with the line of item `index` of array `key`; key NULL: of the whole file. */
static int set_fail(struct set_reader *r, const char *key, size_t index, const char *fmt, ...)
    WD_PRINTF(4, 5);
static int set_fail(struct set_reader *r, const char *key, size_t index, const char *fmt, ...)
{
    wrt_error *e = r->error;
    va_list args;
    wd_error_init(e, WRT_E_INVALID, WD_W_TASKSET, "%s", "");
    va_start(args, fmt);
    (void)vsnprintf(e->message, sizeof e->message, fmt, args);
    va_end(args);
    size_t at = key ? place_of(r->text, r->n, key, index) : SIZE_MAX;
    if (at != SIZE_MAX) {
        size_t start = at;
        while (start > 0 && r->text[start - 1] != '\n') start--;
        e->line = 1;
        for (size_t k = 0; k < start; k++) e->line += r->text[k] == '\n';
        e->column = (uint32_t)(at - start + 1);
        wd_error_where(e, "line %u, column %u", e->line, e->column);
    }
    return WD_EXIT_DATA;
}

static int check_keys(struct set_reader *r, const json_t *o, const char *key, size_t index,
    const char *const *keys, size_t count)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)o, name, value) {
        struct wd_near near;
        bool known = false;
        wd_near_init(&near, wd_str(name));
        for (size_t k = 0; k < count && !known; k++) {
            known = strcmp(keys[k], name) == 0;
            wd_near_offer(&near, wd_str(keys[k]));
        }
        if (known) continue;
        bool found = wd_near_found(&near);
        return set_fail(r, key, index, "unknown key \"%.60s\"%s%.*s%s", name,
            found ? "; did you mean \"" : "", found ? (int)near.best.n : 0, found ? near.best.p : "",
            found ? "\"?" : "");
    }
    return 0;
}

/* ---- numbers -------------------------------------------------------------------------------------- */

struct number { const char *key; uint64_t least, most; uint64_t *out; };

static int read_number(struct set_reader *r, const json_t *o, const char *list, size_t index, const char *who,
    const struct number *f)
{
    const json_t *v = json_object_get(o, f->key);
    if (!v) return set_fail(r, list, index, "%.60s has no %s", who, f->key);
    if (!json_is_integer(v)) {
        return set_fail(r, list, index, "%.60s: %s must be an integer", who, f->key);
    }
    json_int_t n = json_integer_value(v);
    if (n < 0 || (uint64_t)n < f->least || (uint64_t)n > f->most) {
        return set_fail(r, list, index, "%.60s: %s = %lld is not in %llu..%llu", who, f->key, (long long)n,
            (unsigned long long)f->least, (unsigned long long)f->most);
    }
    *f->out = (uint64_t)n;
    return 0;
}

static int read_levels(struct set_reader *r, const json_t *o, size_t index, struct wd_set_task *t)
{
    uint64_t level = 0;
    const json_t *list = json_object_get(o, "Cs");
    struct number number = { "level", 0, WRT_ADM_LEVELS - 1, &level };
    int code = read_number(r, o, "tasks", index, t->name, &number);
    if (code) return code;
    if (!json_is_array(list) || json_array_size(list) != level + 1) {
        return set_fail(r, "tasks", index, "%.60s: Cs must have %u numbers, one for each level up to its own",
            t->name, (unsigned)level + 1);
    }
    t->rt.level = (uint8_t)level;
    for (size_t k = 0; k <= level; k++) {
        const json_t *v = json_array_get(list, k);
        json_int_t c = json_integer_value(v);
        if (!json_is_integer(v) || c < 1 || (uint64_t)c > WRT_TICKS_MAX) {
            return set_fail(r, "tasks", index, "%.60s: Cs[%zu] is not in 1..2^60", t->name, k);
        }
        t->rt.wcet[k] = (uint64_t)c;
        if (k > 0 && t->rt.wcet[k] < t->rt.wcet[k - 1]) {
            return set_fail(r, "tasks", index, "%.60s: Cs must not fall", t->name);
        }
    }
    return 0;
}

static int read_dual(struct set_reader *r, const json_t *o, size_t index, struct wd_set_task *t)
{
    const char *level = json_string_value(json_object_get(o, "L"));
    if (!level || (strcmp(level, "HI") != 0 && strcmp(level, "LO") != 0)) {
        return set_fail(r, "tasks", index, "%.60s: L must be \"LO\" or \"HI\"", t->name);
    }
    t->rt.level = level[0] == 'H';
    struct number lo = { "C_LO", 1, WRT_TICKS_MAX, &t->rt.wcet[0] };
    int code = read_number(r, o, "tasks", index, t->name, &lo);
    if (code || (t->rt.level == 0 && !json_object_get(o, "C_HI"))) return code;
    struct number hi = { "C_HI", t->rt.wcet[0], WRT_TICKS_MAX, &t->rt.wcet[1] };
    return read_number(r, o, "tasks", index, t->name, &hi);
}

static int read_wcet(
    struct set_reader *r, const json_t *o, size_t index, struct wd_set_task *t, uint32_t *says)
{
    if (json_object_get(o, "Cs")) {
        *says |= WD_SET_LEVELS;
        return read_levels(r, o, index, t);
    }
    if (json_object_get(o, "L")) {
        *says |= WD_SET_DUAL;
        return read_dual(r, o, index, t);
    }
    struct number c = { "C", 1, WRT_TICKS_MAX, &t->rt.wcet[0] };
    return read_number(r, o, "tasks", index, t->name, &c);
}

/* What a task may leave out. *says: what it said. */
static int read_optional(
    struct set_reader *r, const json_t *o, size_t index, struct wd_set_task *t, uint32_t *says)
{
    uint64_t band = 0, priority = 0;
    const json_t *np = json_object_get(o, "np");
    const struct number numbers[] = {
        { "D", 1, WRT_TICKS_MAX, &t->rt.deadline },
        { "J", 0, WRT_TICKS_MAX, &t->rt.jitter },
        { "prio", 0, UINT32_MAX - 1, &priority },
        { "band", 0, UINT8_MAX, &band },
    };
    static const uint32_t said[] = { 0, WD_SET_JITTER, WD_SET_PRIORITIES, WD_SET_BANDS };
    t->rt.deadline = t->rt.period;
    for (size_t k = 0; k < WD_COUNT(numbers); k++) {
        if (!json_object_get(o, numbers[k].key)) continue;
        int code = read_number(r, o, "tasks", index, t->name, &numbers[k]);
        if (code) return code;
        *says |= said[k];
    }
    if (np && !json_is_boolean(np)) {
        return set_fail(r, "tasks", index, "%.60s: np must be true or false", t->name);
    }
    if (np) *says |= WD_SET_NP;
    t->rt.np = json_is_true(np);
    t->rt.priority = (uint32_t)priority;
    t->rt.band = (uint8_t)band;
    return 0;
}

static int read_task(struct set_reader *r, const json_t *o, size_t index, uint32_t *says)
{
    struct wd_set_task *t = &r->set->tasks[index];
    const char *name = json_string_value(json_object_get(o, "id"));
    if (!json_is_object(o)) return set_fail(r, "tasks", index, "task %zu is not an object", index + 1);
    if (!name || !name[0]) return set_fail(r, "tasks", index, "task %zu has no id", index + 1);
    if (json_object_get(r->numbers, name)) {
        return set_fail(r, "tasks", index, "the id \"%.60s\" is taken", name);
    }
    size_t n = strlen(name);
    t->name = wd_alloc(n + 1);
    memcpy(t->name, name, n);
    if (json_object_set_new(r->numbers, name, json_integer((json_int_t)index)) != 0) {
        return set_fail(r, "tasks", index, "the id \"%.60s\" is not UTF-8", name);
    }
    struct number period = { "T", 1, WRT_TICKS_MAX, &t->rt.period };
    int code = check_keys(r, o, "tasks", index, task_keys, WD_COUNT(task_keys));
    if (!code) code = read_number(r, o, "tasks", index, t->name, &period);
    if (!code) code = read_wcet(r, o, index, t, says);
    if (!code) code = read_optional(r, o, index, t, says);
    return code;
}

static int read_tasks(struct set_reader *r)
{
    const json_t *list = json_object_get(r->root, "tasks");
    uint32_t any = 0, all = ~0u;
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n == 0) return set_fail(r, NULL, 0, "there are no tasks");
    if (n > SET_TASKS_MAX) return set_fail(r, NULL, 0, "%zu tasks, at most %d", n, SET_TASKS_MAX);
    r->set->tasks = wd_alloc(n * sizeof *r->set->tasks);
    r->set->tasks_count = (uint32_t)n;
    for (size_t k = 0; k < n; k++) {
        uint32_t says = 0;
        int code = read_task(r, json_array_get(list, k), k, &says);
        if (code) return code;
        any |= says;
        all &= says;
    }
    static const struct { uint32_t bit; const char *what; } together[] = {
        { WD_SET_DUAL, "L" }, { WD_SET_LEVELS, "Cs" }, { WD_SET_BANDS, "band" }, { WD_SET_PRIORITIES, "prio" }
    };
    for (size_t k = 0; k < WD_COUNT(together); k++) {
        if ((any & together[k].bit) != (all & together[k].bit)) {
            return set_fail(r, NULL, 0, "either every task has %s, or none", together[k].what);
        }
    }
    r->set->says |= any;
    return 0;
}

/* ---- sections, cores ------------------------------------------------------------------------------ */

static uint32_t resource_number(struct set_reader *r, const char *name)
{
    const json_t *known = json_object_get(r->resources, name);
    if (known) return (uint32_t)json_integer_value(known);
    uint32_t k = r->set->resources_count++;
    size_t n = strlen(name);
    r->set->resources = wd_resize(r->set->resources, (k + 1) * sizeof *r->set->resources);
    r->set->resources[k] = wd_alloc(n + 1);
    memcpy(r->set->resources[k], name, n);
    json_object_set_new(r->resources, name, json_integer(k));
    return k;
}

static int read_section(struct set_reader *r, const json_t *o, size_t index)
{
    static const char list[] = "critical_sections";
    wrt_adm_section *s = &r->set->sections[index];
    const char *task = json_string_value(json_object_get(o, "task"));
    const char *res = json_string_value(json_object_get(o, "res"));
    char who[64];
    snprintf(who, sizeof who, "section %zu", index + 1);
    if (!task || !res) return set_fail(r, list, index, "%s needs a task and a res", who);
    int code = check_keys(r, o, list, index, section_keys, WD_COUNT(section_keys));
    if (code) return code;
    const json_t *number = json_object_get(r->numbers, task);
    if (!number) return set_fail(r, list, index, "%s: there is no task \"%.60s\"", who, task);
    struct number length = { "len", 1, WRT_TICKS_MAX, &s->length };
    s->task = (uint32_t)json_integer_value(number);
    s->resource = resource_number(r, res);
    return read_number(r, o, list, index, who, &length);
}

static int read_sections(struct set_reader *r)
{
    const json_t *list = json_object_get(r->root, "critical_sections");
    size_t n = json_array_size(list);
    if (!list) return 0;
    if (!json_is_array(list)) return set_fail(r, NULL, 0, "critical_sections must be a list");
    if (n > SET_SECTIONS_MAX) return set_fail(r, NULL, 0, "%zu sections, at most %d", n, SET_SECTIONS_MAX);
    r->set->says |= WD_SET_SECTIONS;
    r->set->sections = wd_alloc((n + 1) * sizeof *r->set->sections);
    r->set->sections_count = (uint32_t)n;
    for (size_t k = 0; k < n; k++) {
        int code = read_section(r, json_array_get(list, k), k);
        if (code) return code;
    }
    return 0;
}

static int read_all(struct set_reader *r)
{
    const char *name = json_string_value(json_object_get(r->root, "id"));
    uint64_t cores = 0;
    struct number number = { "cores", 1, SET_CORES_MAX, &cores };
    if (!json_is_object(r->root)) return set_fail(r, NULL, 0, "a set of tasks is an object");
    int code = check_keys(r, r->root, NULL, 0, set_keys, WD_COUNT(set_keys));
    if (!code) code = read_tasks(r);
    if (!code) code = read_sections(r);
    if (!code && json_object_get(r->root, "cores")) {
        code = read_number(r, r->root, NULL, 0, "the set", &number);
        r->set->cores = (uint32_t)cores;
        r->set->says |= WD_SET_CORES;
    }
    if (!code && name) {
        size_t n = strlen(name);
        r->set->name = wd_alloc(n + 1);
        memcpy(r->set->name, name, n);
    }
    return code;
}

int wd_set_parse(const char *path, const char *text, size_t n, struct wd_set *out, wrt_error *e)
{
    json_error_t je;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &je);
    *out = (struct wd_set){ .file = path };
    if (!root) {
        wd_error_init(e, WRT_E_MALFORMED, WD_W_JSON, "not JSON: %.120s", je.text);
        e->line = je.line > 0 ? (uint32_t)je.line : 0;
        e->column = je.column > 0 ? (uint32_t)je.column : 0;
        wd_error_where(e, "line %u, column %u", e->line, e->column);
        return WD_EXIT_DATA;
    }
    struct set_reader r = { e, text, n, root, out, json_object(), json_object() };
    int code = read_all(&r);
    json_decref(r.numbers);
    json_decref(r.resources);
    json_decref(root);
    if (code) wd_set_free(out);
    return code;
}
#else

int wd_set_parse(const char *path, const char *text, size_t n, struct wd_set *out, wrt_error *e)
{
    (void)text, (void)n;
    *out = (struct wd_set){ .file = path };
    wd_error_init(e, WRT_E_UNSUPPORTED, WD_W_NOT_BUILT, "this build cannot read sets of tasks in JSON");
    wd_error_hint(e, "build with libjansson-dev installed");
    return WD_EXIT_INTERNAL;
}
#endif

int wd_set_read_json(struct wd *w, const char *path, const char *text, size_t n, struct wd_set *out)
{
    wrt_error e;
    int code = wd_set_parse(path, text, n, out, &e);
    return code ? wd_report(w, &e, path, code) : 0;
}
