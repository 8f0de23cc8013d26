/* image_text: the C of an image. Texts of the manifest are foreign: they enter strings escaped, comments
 * without what could end one, and names as letters, digits and underlines. */
#include "image.h"
#include <stdlib.h>
#include <string.h>

enum { IMAGE_LINE = 16, IMAGE_NAMED = 1024 };

/* ---- words ----------------------------------------------------------------------------------------------
 */

void wd_image_prefix(const char *name, char *out, size_t n)
{
    size_t at = 0;
    if (!*name || (*name >= '0' && *name <= '9')) at = (size_t)snprintf(out, n, "system_");
    for (; *name && at + 1 < n; name++) {
        char c = *name;
        if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        out[at++] = good ? c : '_';
    }
    out[at] = 0;
}

static const char *image_upper(const char *prefix, char out[64])
{
    size_t k = 0;
    for (; prefix[k] && k < 63; k++)
        out[k] = (char)(prefix[k] >= 'a' && prefix[k] <= 'z' ? prefix[k] - 32 : prefix[k]);
    out[k] = 0;
    return out;
}

/* As the inside of a C string; every byte that is not plain as three octal digits, which end by themselves.
 */
static void image_string(FILE *out, const char *s, size_t n)
{
    fputc('"', out);
    for (size_t k = 0; k < n; k++) {
        unsigned char c = (unsigned char)s[k];
        bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '?';
        fprintf(out, plain ? "%c" : "\\%03o", c);
    }
    fputc('"', out);
}

/* As lines of a comment. */
static void image_comment(FILE *out, const char *s, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        unsigned char c = (unsigned char)s[k];
        bool first = k == 0 || s[k - 1] == '\n';
        if (first && c != '\n') fputs(" * ", out);
        if (first && c == '\n') fputs(" *", out);
        if (c == '\n') {
            fputc(c, out);
        } else {
            fputc(c < ' ' || c >= 0x7f || c == '*' || c == '\\' || c == '?' ? '_' : c, out);
        }
    }
}

static unsigned long long ull(uint64_t v)
{
    return v;
}

/* Only what is not zero is written: zero is the default of every field. */
static void field(FILE *out, const char *name, uint64_t v)
{
    if (v > UINT32_MAX) {
        fprintf(out, " .%s = UINT64_C(%llu),", name, ull(v));
    } else if (v) {
        fprintf(out, " .%s = %llu,", name, ull(v));
    }
}

/* ---- the header -----------------------------------------------------------------------------------------
 */

static const char *image_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool task_named(char (*names)[64], uint32_t n, const char *name)
{
    for (uint32_t k = 0; k < n; k++) {
        if (strcmp(names[k], name) == 0) return true;
    }
    return false;
}

/* Two tasks whose names differ in other characters alone: the second has its number behind it. */
static void header_tasks(const struct wd_image *i, const char *upper, FILE *out)
{
    const struct wd_manifest *m = &i->in->manifest;
    uint32_t n = m->tasks_count < IMAGE_NAMED ? m->tasks_count : IMAGE_NAMED;
    char(*names)[64] = wd_alloc((n + 1) * sizeof *names);
    fprintf(out, "\n/* Numbers of the tasks, as in wrt_sched_task_stats_get. */\nenum {\n");
    for (uint32_t k = 0; k < n; k++) {
        char word[48], big[64], name[64];
        wd_image_prefix(m->tasks[k].name, word, sizeof word);
        snprintf(name, sizeof name, "%.47s", image_upper(word, big));
        if (task_named(names, k, name)) snprintf(name, sizeof name, "%.47s_%u", big, k);
        if (task_named(names, k, name)) continue;
        memcpy(names[k], name, sizeof name);
        fprintf(out, "    %s_TASK_%s = %u,\n", upper, name, k);
    }
    fprintf(out, "};\n");
    free(names);
}

static void header_constants(const struct wd_image *i, const char *upper, FILE *out)
{
    const struct wd_manifest *m = &i->in->manifest;
    const struct wd_system *s = i->s;
    fprintf(out, "#define %s_MANIFEST UINT64_C(0x%016llx)   /* FNV-1a of its text */\n", upper, ull(m->hash));
    fprintf(out, "#define %s_FUEL_TABLE UINT64_C(0x%016llx) /* wrt_fuel_table_hash */\n", upper,
        ull(wrt_fuel_table_hash(m->table)));
    fprintf(out, "#define %s_ADMITTED %d          /* 0: no test for this policy, or built with --force */\n",
        upper, s->adm_status == WRT_OK);
    fprintf(out, "#define %s_DECIDED_BY ", upper);
    const char *by = s->adm_status == WRT_E_UNSUPPORTED || !s->verdict.decided_by ? "no test"
                                                                                  : s->verdict.decided_by;
    image_string(out, by, strlen(by));
    fprintf(out, "\n#define %s_EXACT %d             /* the test refuses nothing that would fit */\n", upper,
        s->adm_status != WRT_E_UNSUPPORTED && s->verdict.exact);
    fprintf(out, "#define %s_MODULE_BYTES %llu\n", upper, ull(i->module_bytes));
    if (i->block_bytes) {
        fprintf(out, "/* Enough for %s_make on a machine of %u bits; memories that grow come on top. */\n",
            i->prefix, (unsigned)(sizeof(void *) * 8));
        fprintf(out, "#define %s_BLOCK_BYTES %llu\n", upper, ull(i->block_bytes));
    }
    fprintf(out, "enum { %s_COMPONENTS = %u, %s_TASKS = %u, %s_CORES = %u };\n", upper, m->components_count,
        upper, m->tasks_count, upper, m->o.cores);
}

static const char header_functions[] =
    "\n/* What a board adds; all zero: nothing. */\n"
    "typedef struct @_options {\n"
    "    const wrt_host *host;           /* clock and panic of the board; NULL: the platform's */\n"
    "    wrt_limits limits;              /* fields that are not zero replace those of the image */\n"
    "    /* Defines what a component imports, before it is instantiated; NULL: nothing is offered. */\n"
    "    wrt_status (*link)(void *ctx, const char *component, wrt_linker *l, wrt_error *err);\n"
    "    void (*event)(void *ctx, const wrt_sched_event *e);\n"
    "    void *ctx;\n"
    "    uint64_t events;                /* as in wrt_sched_opts */\n"
    "} @_options;\n"
    "\n"
    "/* The system: filled by @_make, freed by @_free. Not to be moved in between. */\n"
    "typedef struct @_system {\n"
    "    wrt_alloc alloc;\n"
    "    wrt_engine *engine;\n"
    "    wrt_linker *linkers[$_COMPONENTS];\n"
    "    wrt_code *codes[$_COMPONENTS];\n"
    "    wrt_instance *instances[$_COMPONENTS];\n"
    "    wrt_store *stores[$_CORES];\n"
    "    wrt_sched *sched;\n"
    "} @_system;\n"
    "\n"
    "extern const char *const @_component_names[$_COMPONENTS];\n"
    "extern const char *const @_task_names[$_TASKS];\n"
    "extern const uint32_t @_core_numbers[$_CORES];      /* as the manifest names them */\n"
    "extern const uint64_t @_response_ns[$_TASKS];       /* proven; UINT64_MAX: the test names none */\n"
    "\n"
    "/* Loads and instantiates the components, adds and prepares the tasks, in this block and nowhere else;\n"
    " * then wrt_sched_run(out->sched, ...) runs them. Block and modules stay where they are until @_free,\n"
    " * which is called after a failure too. `o` may be NULL. errors: those of the functions it calls;\n"
    " * WRT_E_NOMEM the block is too small */\n"
    "wrt_status @_make(void *block, size_t n, const @_options *o, @_system *out, wrt_error *err);\n"
    "void @_free(@_system *s);\n";

/* @ is the prefix, $ the prefix in capitals. */
static void image_template(const struct wd_image *i, const char *text, FILE *out)
{
    char upper[64];
    image_upper(i->prefix, upper);
    for (; *text; text++) {
        if (*text == '@') {
            fputs(i->prefix, out);
        } else if (*text == '$') {
            fputs(upper, out);
        } else {
            fputc(*text, out);
        }
    }
}

void wd_image_header(const struct wd_image *i, FILE *out)
{
    char upper[64];
    char *said = NULL;
    size_t n = 0;
    const char *base = image_base(i->in->path);
    image_upper(i->prefix, upper);
    fputs("/* Made by `wrtd build-image`; what is changed here is lost.\n", out);
    image_comment(out, base, strlen(base));
    fprintf(out, ", wrt %d.%d.%d\n *\n", WRT_VERSION_MAJOR, WRT_VERSION_MINOR, WRT_VERSION_PATCH);
    FILE *text = open_memstream(&said, &n);
    if (text) {
        wd_admission_text(i->s, text);
        fclose(text);
        image_comment(out, said, n);
        free(said);
    }
    fprintf(out, " */\n#ifndef %s_IMAGE_H\n#define %s_IMAGE_H\n#include <wrt/wrt.h>\n"
                 "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n", upper, upper);
    header_constants(i, upper, out);
    header_tasks(i, upper, out);
    image_template(i, header_functions, out);
    fputs("\n#ifdef __cplusplus\n}\n#endif\n#endif\n", out);
}

/* ---- the data -------------------------------------------------------------------------------------------
 */

static void source_modules(const struct wd_image *i, FILE *out)
{
    const struct wd_manifest *m = &i->in->manifest;
    static const char hex[] = "0123456789abcdef";
    for (uint32_t k = 0; k < m->components_count; k++) {
        const struct wd_mf_component *c = &m->components[k];
        if (c->core == UINT32_MAX) continue;
        fprintf(out, "static const uint8_t module_%u[] = {", k);
        for (size_t at = 0; at < c->module->n; at++) {
            uint8_t b = c->module->bytes[at];
            char word[6] = { '0', 'x', hex[b >> 4], hex[b & 15], ',', 0 };
            if (at % IMAGE_LINE == 0) fputs("\n    ", out);
            fputs(word, out);
        }
        fputs("\n};\n", out);
    }
    fputs("\nstruct component { const uint8_t *bytes; size_t n; uint32_t core; };\n"
          "static const struct component components[] = {\n", out);
    for (uint32_t k = 0; k < m->components_count; k++) {
        const struct wd_mf_component *c = &m->components[k];
        if (c->core == UINT32_MAX) {
            fputs("    { NULL, 0, 0 },     /* no task uses it */\n", out);
        } else {
            fprintf(out, "    { module_%u, sizeof module_%u, %u },\n", k, k, c->core);
        }
    }
    fputs("};\n", out);
}

static void source_names(const struct wd_image *i, FILE *out)
{
    const struct wd_manifest *m = &i->in->manifest;
    fprintf(out, "\nconst char *const %s_component_names[] = {\n", i->prefix);
    for (uint32_t k = 0; k < m->components_count; k++) {
        fputs("    ", out);
        image_string(out, m->components[k].name, strlen(m->components[k].name));
        fputs(",\n", out);
    }
    fprintf(out, "};\nconst char *const %s_task_names[] = {\n", i->prefix);
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        fputs("    ", out);
        image_string(out, m->tasks[k].name, strlen(m->tasks[k].name));
        fputs(",\n", out);
    }
    fprintf(out, "};\nconst uint32_t %s_core_numbers[] = {", i->prefix);
    for (uint32_t k = 0; k < m->o.cores; k++) fprintf(out, "%s%u", k ? ", " : " ", m->cores[k]);
    fprintf(out, " };\nconst uint64_t %s_response_ns[] = {\n", i->prefix);
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        bool known = i->s->adm_status == WRT_OK && i->s->adm[k].response != WRT_TICKS_NONE;
        if (known) {
            fprintf(out, "    UINT64_C(%llu),\n", ull(i->s->adm[k].response));
        } else {
            fputs("    UINT64_MAX,\n", out);
        }
    }
    fputs("};\n", out);
}

static void source_args(const struct wd_mf_task *t, uint32_t k, FILE *out)
{
    if (t->type.params == 0) return;
    fprintf(out, "static const wrt_val args_%u[] = {\n", k);
    for (uint32_t n = 0; n < t->type.params; n++) {
        const wrt_val *v = &t->args[n];
        bool narrow = v->kind == WRT_I32 || v->kind == WRT_F32;
        fprintf(out, "    { .kind = %u,", v->kind);
        field(out, "n", v->n);
        if (v->kind == WRT_I32) {
            fprintf(out, " .of.u = %u },\n", v->of.u32);
        } else if (narrow) {
            fprintf(out, " .of.u32 = 0x%08x },\n", v->of.u32);
        } else {
            fprintf(out, " .of.u = UINT64_C(0x%016llx) },\n", ull(v->of.u));
        }
    }
    fputs("};\n", out);
}

static void source_task(const struct wd_mf_task *t, uint32_t k, FILE *out)
{
    const wrt_sched_task *o = &t->o;
    fprintf(out, "    { .component = %u, .call = ", t->component);
    image_string(out, t->call.name, strlen(t->call.name));
    fprintf(out, ", .call_n = %zu,\n      .name_n = %zu,", strlen(t->call.name), strlen(t->name));
    if (t->type.params) fprintf(out, " .args = args_%u, .args_n = %u,", k, t->type.params);
    fputs("\n      .o = { .size = sizeof(wrt_sched_task),", out);
    field(out, "level", o->level);
    field(out, "core", o->core);
    field(out, "period_ns", o->period_ns);
    field(out, "separation_ns", o->separation_ns);
    field(out, "deadline_ns", o->deadline_ns);
    field(out, "offset_ns", o->offset_ns);
    field(out, "jitter_ns", o->jitter_ns);
    fprintf(out, "\n             .fuel = { UINT64_C(%llu), UINT64_C(%llu), UINT64_C(%llu) },",
        ull(o->fuel[0]), ull(o->fuel[1]), ull(o->fuel[2]));
    field(out, "bcet_fuel", o->bcet_fuel);
    field(out, "piece_fuel", o->piece_fuel);
    field(out, "np_max_fuel", o->np_max_fuel);
    field(out, "np", o->np);
    fputs("\n            ", out);
    field(out, "on_overrun", o->on_overrun);
    field(out, "extend_percent", o->extend_percent);
    field(out, "on_late", o->on_late);
    field(out, "on_drop", o->on_drop);
    field(out, "degrade", o->degrade);
    field(out, "priority", o->priority);
    field(out, "weight", o->weight);
    field(out, "band_set", o->band_set);
    field(out, "band", o->band);
    field(out, "in_server", o->in_server);
    field(out, "server", o->in_server ? t->server : 0);
    field(out, "stack_bytes", o->stack_bytes);
    fputs(" } },\n", out);
}

static void source_tasks(const struct wd_image *i, FILE *out)
{
    const struct wd_manifest *m = &i->in->manifest;
    fputs("\nstruct task {\n"
          "    uint32_t component;\n"
          "    const char *call;\n"
          "    size_t call_n, name_n;\n"
          "    const wrt_val *args;\n"
          "    uint32_t args_n;\n"
          "    wrt_sched_task o;\n"
          "};\n", out);
    for (uint32_t k = 0; k < m->tasks_count; k++) source_args(&m->tasks[k], k, out);
    fputs("static const struct task tasks[] = {\n", out);
    for (uint32_t k = 0; k < m->tasks_count; k++) source_task(&m->tasks[k], k, out);
    fputs("};\n", out);
}

static void source_servers(const struct wd_manifest *m, FILE *out)
{
    if (m->servers_count == 0) return;
    fputs("\nstatic const wrt_sched_server_opts servers[] = {\n", out);
    for (uint32_t k = 0; k < m->servers_count; k++) {
        const struct wd_mf_server *v = &m->servers[k];
        fputs("    { .size = sizeof(wrt_sched_server_opts), .name = { ", out);
        image_string(out, v->name, strlen(v->name));
        fprintf(out, ", %zu },", strlen(v->name));
        field(out, "kind", v->kind);
        field(out, "core", v->core);
        field(out, "fuel", v->fuel);
        field(out, "period_ns", v->period_ns);
        field(out, "priority", v->priority);
        field(out, "band_set", v->band_set);
        field(out, "band", v->band);
        fputs(" },\n", out);
    }
    fputs("};\n", out);
}

/* True: there are slots. */
static bool source_slots(const struct wd_manifest *m, FILE *out)
{
    bool any = false;
    for (uint32_t k = 0; k < m->tasks_count; k++) {
        for (uint32_t n = 0; n < m->tasks[k].slots_count; n++) {
            if (!any) fputs("\nstruct slot { uint64_t at_ns, length_ns; uint32_t task; };\n"
                            "static const struct slot slots[] = {\n", out);
            any = true;
            fprintf(out, "    { UINT64_C(%llu), UINT64_C(%llu), %u },\n", ull(m->tasks[k].slots[n].at_ns),
                ull(m->tasks[k].slots[n].length_ns), k);
        }
    }
    if (any) fputs("};\n", out);
    return any;
}

/* ---- settings and prices --------------------------------------------------------------------------------
 */

static void ratio_field(FILE *out, const char *name, wrt_adm_ratio r)
{
    if (r.den) fprintf(out, " .%s = { %u, %u },", name, r.num, r.den);
}

static void source_settings(const struct wd_image *i, FILE *out)
{
    const struct wd_manifest *m = &i->in->manifest;
    const wrt_sched_opts *o = &i->s->o;
    fputs("\nstatic const wrt_sched_opts settings = {\n    .size = sizeof(wrt_sched_opts),", out);
    field(out, "policy", o->policy);
    field(out, "cores", o->cores);
    field(out, "virtual_time", o->virtual_time);
    field(out, "ns_per_kfuel", o->ns_per_kfuel);
    field(out, "quantum_fuel", o->quantum_fuel);
    field(out, "cycle_ns", o->cycle_ns);
    fputs("\n   ", out);
    field(out, "no_hybrid", o->no_hybrid);
    field(out, "no_mode_switching", o->no_mode_switching);
    field(out, "no_enforcement", o->no_enforcement);
    field(out, "no_monitoring", o->no_monitoring);
    field(out, "no_inheritance", o->no_inheritance);
    field(out, "ceiling", o->ceiling);
    ratio_field(out, "level_utilization", o->level_utilization);
    ratio_field(out, "max_utilization", o->max_utilization);
    ratio_field(out, "overhead", o->overhead);
    fputs("\n   ", out);
    field(out, "miss_threshold", o->miss_threshold);
    field(out, "return_after", o->return_after);
    field(out, "pin", o->pin);
    field(out, "lock_memory", o->lock_memory);
    field(out, "os_policy", o->os_policy);
    field(out, "os_priority", o->os_priority);
    fputs("\n};\nstatic const wrt_limits image_limits = {", out);
#define LIMIT(name, type, dflt, least, most, unit, text) field(out, #name, i->limits.name);
#include <wrt/limits.def>
#undef LIMIT
    fputs(" };\n/* Of the store of each core; 0: no limit of its own. */\n"
          "static const uint64_t memory_limits[] = {", out);
    for (uint32_t k = 0; k < m->o.cores; k++)
        fprintf(out, "%s UINT64_C(%llu)", k ? "," : "", ull(wd_image_memory(m, k)));
    fputs(" };\n", out);
}

static void source_bulk(const char *name, wrt_fuel_bulk b, FILE *out)
{
    fprintf(out, " .%s = { %u, %u },", name, b.num, b.shift);
}

/* A table of its own is written out; the built-in ones are in the library. */
static void source_table(const struct wd_image *i, FILE *out)
{
    const wrt_fuel_table *t = i->in->manifest.table;
    if (wrt_fuel_table_named(wd_str(t->name)) == t) return;
    fprintf(out,
        "\nstatic const wrt_fuel_table prices = {\n    .size = sizeof(wrt_fuel_table), .version = %u, "
        ".name = ",
        t->version);
    image_string(out, t->name, strnlen(t->name, sizeof t->name));
    fprintf(out, ", .entry = %u,\n   ", t->entry);
    source_bulk("locals", t->locals, out);
    source_bulk("grow", t->grow, out);
    source_bulk("memory_bulk", t->memory_bulk, out);
    source_bulk("table_bulk", t->table_bulk, out);
    fputs("\n    .op = {", out);
    for (uint32_t k = 0; k < WD_COUNT(t->op); k++)
        fprintf(out, "%s%u,", k % IMAGE_LINE ? " " : "\n        ", t->op[k]);
    fputs("\n    },\n};\n", out);
}

/* ---- the functions --------------------------------------------------------------------------------------
 */

static const char source_component[] =
    "\nstatic wrt_str image_text(const char *s)\n"
    "{\n"
    "    size_t n = 0;\n"
    "    while (s[n]) n++;\n"
    "    return (wrt_str){ s, n };\n"
    "}\n"
    "\n"
    "static wrt_status image_component(const @_options *o, @_system *out, uint32_t k, wrt_error *err)\n"
    "{\n"
    "    const struct component *c = &components[k];\n"
    "    wrt_load_opts load = { .size = sizeof load, .keep_source = true, .name = "
    "image_text(@_component_names[k]) };\n"
    "    wrt_func *start;\n"
    "    wrt_status status;\n"
    "    if (!c->bytes) return WRT_OK;\n"
    "    status = wrt_load(out->engine, (wrt_bytes){ c->bytes, c->n }, &load, &out->codes[k], err);\n"
    "    if (!status) status = wrt_linker_new(out->engine, &out->linkers[k], err);\n"
    "    if (!status && o && o->link) status = o->link(o->ctx, @_component_names[k], out->linkers[k], err);\n"
    "    if (!status) {\n"
    "        status = wrt_instantiate(out->stores[c->core], out->linkers[k], out->codes[k], "
    "&out->instances[k], err);\n"
    "    }\n"
    "    if (status || wrt_export_func(out->instances[k], WRT_STR(\"_initialize\"), &start, NULL)) return "
    "status;\n"
    "    status = wrt_call_sync(out->stores[c->core], start, NULL, 0, NULL, 0, err);\n"
    "    return status ? status : wrt_instance_init(out->instances[k], start, err);\n"
    "}\n"
    "\n"
    "static wrt_status image_task(@_system *out, const uint32_t *numbers, uint32_t k, wrt_error *err)\n"
    "{\n"
    "    const struct task *t = &tasks[k];\n"
    "    wrt_sched_task o = t->o;\n"
    "    wrt_status status = wrt_export_func(out->instances[t->component], (wrt_str){ t->call, t->call_n }, "
    "&o.func, err);\n"
    "    if (status) return status;\n"
    "    o.name = (wrt_str){ @_task_names[k], t->name_n };\n"
    "    o.args = t->args;\n"
    "    o.args_count = t->args_n;\n"
    "    if (o.in_server) o.server = numbers[o.server];\n"
    "    return wrt_sched_add(out->sched, &o, NULL, err);\n"
    "}\n";

static const char source_engine[] =
    "\nstatic wrt_status image_stores(const @_options *o, @_system *out, wrt_error *err)\n"
    "{\n"
    "    wrt_config cfg = WRT_INIT(wrt_config);\n"
    "    wrt_status status;\n"
    "    cfg.alloc = &out->alloc;\n"
    "    cfg.profile = (wrt_asil)PROFILE;\n"
    "    cfg.fuel = PRICES;\n"
    "    cfg.limits = image_limits;\n"
    "    if (o) {\n"
    "        cfg.host = o->host;\n"
    "#define LIMIT(name, type, dflt, least, most, unit, text) \\\n"
    "    if (o->limits.name) cfg.limits.name = o->limits.name;\n"
    "#include <wrt/limits.def>\n"
    "#undef LIMIT\n"
    "    }\n"
    "    status = wrt_engine_new(&cfg, &out->engine, err);\n"
    "    for (uint32_t k = 0; k < $_CORES && !status; k++) {\n"
    "        wrt_store_opts so = WRT_INIT(wrt_store_opts);\n"
    "        so.limits.memory_bytes = memory_limits[k];\n"
    "        so.virtual_time = settings.virtual_time;\n"
    "        so.ns_per_kfuel = settings.ns_per_kfuel;\n"
    "        status = wrt_store_new(out->engine, &so, &out->stores[k], err);\n"
    "    }\n"
    "    return status;\n"
    "}\n";

static const char source_make_begin[] =
    "\nwrt_status @_make(void *block, size_t n, const @_options *o, @_system *out, wrt_error *err)\n"
    "{\n"
    "    wrt_sched_opts q = settings;\n"
    "    wrt_status status;\n";

static const char source_make_middle[] =
    "    *out = (@_system){ .engine = NULL };\n"
    "    if (!wrt_alloc_static(block, n, &out->alloc)) return WRT_E_NOMEM;\n"
    "    if (o) {\n"
    "        q.event = o->event;\n"
    "        q.ctx = o->ctx;\n"
    "        q.events = o->events;\n"
    "    }\n"
    "    status = image_stores(o, out, err);\n"
    "    for (uint32_t k = 0; k < $_COMPONENTS && !status; k++) status = image_component(o, out, k, err);\n"
    "    if (!status) status = wrt_sched_new(out->engine, &q, &out->sched, err);\n";

static const char source_free[] =
    "\nvoid @_free(@_system *s)\n"
    "{\n"
    "    if (s->sched) wrt_sched_free(s->sched);\n"
    "    for (uint32_t k = 0; k < $_CORES; k++) {\n"
    "        if (s->stores[k]) wrt_store_free(s->stores[k]);\n"
    "    }\n"
    "    for (uint32_t k = 0; k < $_COMPONENTS; k++) {\n"
    "        if (s->linkers[k]) wrt_linker_free(s->linkers[k]);\n"
    "        if (s->codes[k]) wrt_code_free(s->codes[k]);\n"
    "    }\n"
    "    if (s->engine) wrt_engine_free(s->engine);\n"
    "    *s = (@_system){ .engine = NULL };\n"
    "}\n";

static void source_make(const struct wd_image *i, bool slots, FILE *out)
{
    const struct wd_manifest *m = &i->in->manifest;
    image_template(i, source_make_begin, out);
    fprintf(out, "    uint32_t server_numbers[%u] = { 0 };\n", m->servers_count ? m->servers_count : 1);
    image_template(i, source_make_middle, out);
    if (m->servers_count) {
        fprintf(out, "    for (uint32_t k = 0; k < %u && !status; k++)\n"
                     "        status = wrt_sched_server(out->sched, &servers[k], &server_numbers[k], err);\n",
            m->servers_count);
    }
    image_template(i,
        "    for (uint32_t k = 0; k < $_TASKS && !status; k++) status = image_task(out, server_numbers, k, "
        "err);\n",
        out);
    if (slots) {
        fputs(
            "    for (size_t k = 0; k < sizeof slots / sizeof slots[0] && !status; k++)\n"
            "        status = wrt_sched_slot(out->sched, slots[k].at_ns, slots[k].length_ns, slots[k].task, "
            "err);\n",
            out);
    }
    fputs("    if (!status) status = wrt_sched_prepare(out->sched, err);\n", out);
    if (m->seal) fputs("    if (!status) status = wrt_engine_seal(out->engine, err);\n", out);
    fputs("    return status;\n}\n", out);
}

void wd_image_source(const struct wd_image *i, FILE *out)
{
    const struct wd_manifest *m = &i->in->manifest;
    const char *base = image_base(i->in->path);
    const char *prices = m->table->name;
    fputs("/* Made by `wrtd build-image`; what is changed here is lost.\n", out);
    image_comment(out, base, strlen(base));
    fputs(": its modules, its limits, its tasks. The header says more. */\n#include \"", out);
    fprintf(out, "%s\"\n\n", image_base(i->header));
    source_modules(i, out);
    source_names(i, out);
    source_tasks(i, out);
    source_servers(m, out);
    bool slots = source_slots(m, out);
    source_settings(i, out);
    source_table(i, out);
    if (wrt_fuel_table_named(wd_str(prices)) == m->table) {
        fputs("#define PRICES wrt_fuel_table_named(WRT_STR(", out);
        image_string(out, prices, strlen(prices));
        fputs("))\n", out);
    } else {
        fputs("#define PRICES (&prices)\n", out);
    }
    fprintf(out, "#define PROFILE %u\n", (unsigned)m->profile);
    image_template(i, source_component, out);
    image_template(i, source_engine, out);
    source_make(i, slots, out);
    image_template(i, source_free, out);
}
