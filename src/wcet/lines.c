/* lines: see lines.h. Text: DWARF 4 and 5, chapter 6.2 (versions 2 to 5 of the table, 32 bit format); an
 * address is an offset in the contents of the code section. Everything in it is foreign: no count is believed
 * that the bytes at hand could not fill. Must not know loops or facts. */
#include "wasm/front.h"
#include "wcet/facts.h"
#include "wcet/lines.h"

enum { LINES_ROWS = 4000000, LINES_FILES = 65536, LINES_FORMATS = 32, LINES_PATH = 4096 };
enum { LINES_STRING = 0x08, LINES_LINE_STRP = 0x1f, LINES_STRP = 0x0e, LINES_UDATA = 0x0f, LINES_DATA1 = 0x0b,
    LINES_DATA2 = 0x05, LINES_DATA4 = 0x06, LINES_DATA8 = 0x07, LINES_DATA16 = 0x1e, LINES_BLOCK = 0x09 };

/* One unit of the table. */
struct lines_reader {
    struct wrt__lines *l;
    struct wrt__reader r;
    wrt_bytes line_str, str;
    uint32_t code_first, code_bytes;    /* of the contents of the code section */
    uint32_t version, min_bytes, line_range, opcode_base;
    int32_t line_base;
    const uint8_t *lengths;
    uint32_t file_first;                /* of this unit in l->files; numbers count from 1 below version 5 */
    wrt_str *dirs;
    uint32_t dirs_count, dirs_cap;
    uint64_t address;
    uint32_t file, line, column;
    bool nomem;
};

static void lines_bad(struct lines_reader *x, const char *why)
{
    if (x->l->ignored) return;
    x->l->ignored = why;
    x->l->ignored_at = x->r.failed ? x->r.failed_at : wrt__reader_offset(&x->r);
}
static bool lines_good(struct lines_reader *x)
{
    if (x->r.failed) lines_bad(x, "it ends in the middle of an entry");
    return !x->l->ignored && !x->nomem;
}

static uint32_t lines_u16(struct wrt__reader *r)
{
    const uint32_t low = wrt__read_u8(r);
    return low | (uint32_t)wrt__read_u8(r) << 8;
}

/* Text up to a zero. */
static wrt_str lines_text(struct wrt__reader *r)
{
    const uint8_t *from = r->p;
    while (wrt__reader_left(r) > 0 && *r->p != 0) r->p++;
    const wrt_str text = { (const char *)from, (size_t)(r->p - from) };
    (void)wrt__read_u8(r);
    return text;
}

static wrt_str lines_text_at(struct lines_reader *x, wrt_bytes section, uint32_t at)
{
    struct wrt__reader r;
    if (at >= section.n) {
        lines_bad(x, "a name lies outside its section");
        return (wrt_str){ "", 0 };
    }
    wrt__reader_init(&r, (wrt_bytes){ section.p + at, section.n - at }, 0);
    const wrt_str text = lines_text(&r);
    if (r.failed) lines_bad(x, "a name does not end");
    return text;
}

/* ---- files -------------------------------------------------------------------------------------------- */

static void lines_dir(struct lines_reader *x, wrt_str dir)
{
    if (!wrt__grow(x->l->alloc, &x->dirs, &x->dirs_cap, x->dirs_count + 1, sizeof *x->dirs, WRT_TAG_OTHER)) {
        x->nomem = true;
        return;
    }
    x->dirs[x->dirs_count++] = dir;
}

/* `dir` as a name to put before that of a file; folder 0 is the compilation's own. */
static wrt_str lines_dir_of(struct lines_reader *x, uint64_t dir)
{
    const wrt_str none = { "", 0 };
    const uint64_t first = x->version < 5 ? 1 : 0;
    if (dir == 0) return none;
    if (dir - first < x->dirs_count) return x->dirs[dir - first];
    lines_bad(x, "a file lies in a folder that is not listed");
    return none;
}

static void lines_add_file(struct lines_reader *x, wrt_str name, uint64_t dir, const uint8_t *md5)
{
    struct wrt__lines *l = x->l;
    struct wrt__lines_file file = { .has_md5 = md5 != NULL };
    wrt_str folder = name.n > 0 && name.p[0] == '/' ? (wrt_str){ "", 0 } : lines_dir_of(x, dir);
    if (l->files_count >= LINES_FILES) lines_bad(x, "it names more than 65536 files");
    if (name.n > LINES_PATH || folder.n > LINES_PATH) lines_bad(x, "a name is longer than 4096 bytes");
    if (!lines_good(x)) return;
    const size_t slash = folder.n > 0, n = folder.n + slash + name.n;
    char *path = wrt__arena_take(&l->arena, n + 1, 1);
    if (!path
        || !wrt__grow(l->alloc, &l->files, &l->files_cap, l->files_count + 1, sizeof file, WRT_TAG_OTHER)) {
        x->nomem = true;
        return;
    }
    if (folder.n > 0) memcpy(path, folder.p, folder.n);
    if (slash) path[folder.n] = '/';
    if (name.n > 0) memcpy(path + folder.n + slash, name.p, name.n);
    file.path = (wrt_str){ path, n };
    if (md5) memcpy(file.md5, md5, sizeof file.md5);
    l->files[l->files_count++] = file;
}

static void lines_files_old(struct lines_reader *x)
{
    while (lines_good(x)) {
        const wrt_str dir = lines_text(&x->r);
        if (dir.n == 0) break;
        lines_dir(x, dir);
    }
    while (lines_good(x)) {
        const wrt_str name = lines_text(&x->r);
        if (name.n == 0 || !lines_good(x)) break;
        const uint64_t dir = wrt__read_u64(&x->r);
        (void)wrt__read_u64(&x->r);
        (void)wrt__read_u64(&x->r);
        if (lines_good(x)) lines_add_file(x, name, dir, NULL);
    }
}

/* One value of an entry of version 5. */
struct lines_value { wrt_str text; uint64_t number; const uint8_t *bytes16; };

static struct lines_value lines_form(struct lines_reader *x, uint64_t form)
{
    struct lines_value v = { .text = { "", 0 } };
    struct wrt__reader *r = &x->r;
    switch (form) {
    case LINES_STRING: v.text = lines_text(r); break;
    case LINES_LINE_STRP: v.text = lines_text_at(x, x->line_str, wrt__read_u32le(r)); break;
    case LINES_STRP: v.text = lines_text_at(x, x->str, wrt__read_u32le(r)); break;
    case LINES_UDATA: v.number = wrt__read_u64(r); break;
    case LINES_DATA1: v.number = wrt__read_u8(r); break;
    case LINES_DATA2: v.number = lines_u16(r); break;
    case LINES_DATA4: v.number = wrt__read_u32le(r); break;
    case LINES_DATA8: v.number = wrt__read_u64le(r); break;
    case LINES_DATA16: v.bytes16 = wrt__read_bytes(r, 16).p; break;
    case LINES_BLOCK: (void)wrt__read_bytes(r, wrt__read_u64(r)); break;
    default: lines_bad(x, "an entry has a form that is not known"); break;
    }
    return v;
}

/* A list of folders or of files: what its entries hold, then the entries. */
static void lines_entries(struct lines_reader *x, bool files)
{
    enum { PATH = 1, FOLDER = 2, MD5 = 5 };
    uint64_t kinds[LINES_FORMATS], forms[LINES_FORMATS];
    const uint32_t formats = wrt__read_u8(&x->r);
    if (formats > LINES_FORMATS) lines_bad(x, "an entry has more than 32 parts");
    for (uint32_t i = 0; i < formats && lines_good(x); i++) {
        kinds[i] = wrt__read_u64(&x->r);
        forms[i] = wrt__read_u64(&x->r);
    }
    const uint64_t count = wrt__read_u64(&x->r);
    if (count > wrt__reader_left(&x->r) || (count > 0 && formats == 0))
        lines_bad(x, "it lists more than it holds");
    for (uint64_t i = 0; i < count && lines_good(x); i++) {
        struct lines_value path = { .text = { "", 0 } }, folder = { .number = 0 }, md5 = { .bytes16 = NULL };
        for (uint32_t k = 0; k < formats && lines_good(x); k++) {
            const struct lines_value v = lines_form(x, forms[k]);
            if (kinds[k] == PATH) path = v;
            else if (kinds[k] == FOLDER) folder = v;
            else if (kinds[k] == MD5) md5 = v;
        }
        if (!lines_good(x)) return;
        if (files) lines_add_file(x, path.text, folder.number, md5.bytes16);
        else lines_dir(x, path.text);
    }
}

/* ---- rows --------------------------------------------------------------------------------------------- */

static void lines_row(struct lines_reader *x, bool end)
{
    struct wrt__lines *l = x->l;
    const uint64_t offset = x->address + x->code_first;
    const uint32_t first = x->version < 5 ? 1 : 0;
    uint32_t file = x->file_first + x->file - first;
    /* Code that the linker dropped keeps its rows, at an address that is none. */
    const uint64_t kept = x->address > x->code_bytes ? UINT32_MAX : offset;
    if (x->file < first || file >= l->files_count || file < x->file_first) {
        if (!end) lines_bad(x, "a row names a file that is not listed");
        file = 0;
    }
    if (l->rows_count >= LINES_ROWS) lines_bad(x, "it has more than 4000000 rows");
    if (!lines_good(x)) return;
    if (!wrt__grow(l->alloc, &l->rows, &l->rows_cap, l->rows_count + 1, sizeof *l->rows, WRT_TAG_OTHER)) {
        x->nomem = true;
        return;
    }
    const uint32_t column = x->column < UINT16_MAX ? x->column : UINT16_MAX;
    l->rows[l->rows_count++] = (struct wrt__lines_row){ (uint32_t)kept, x->line, file, (uint16_t)column,
        end };
}

/* Rows from `first` on are a sequence that has ended. Sequences of dropped code go. */
static void lines_sequence(struct lines_reader *x, uint32_t first)
{
    struct wrt__lines *l = x->l;
    const uint32_t n = l->rows_count - first;
    if (!lines_good(x)) return;
    const uint32_t low = l->rows[first].offset, high = l->rows[first + n - 1].offset;
    bool dropped = low == x->code_first || low == high;
    for (uint32_t i = first; i < l->rows_count; i++) dropped |= l->rows[i].offset == UINT32_MAX;
    for (uint32_t i = first + 1; i < l->rows_count && !dropped; i++) {
        if (l->rows[i].offset < l->rows[i - 1].offset) lines_bad(x, "the addresses of a sequence fall");
    }
    if (dropped) {
        l->rows_count = first;
        return;
    }
    if (!wrt__grow(l->alloc, &l->runs, &l->runs_cap, l->runs_count + 1, sizeof *l->runs, WRT_TAG_OTHER)) {
        x->nomem = true;
        return;
    }
    l->runs[l->runs_count++] = (struct wrt__lines_run){ low, high, first, n };
}

static void lines_restart(struct lines_reader *x)
{
    x->address = 0;
    x->file = x->line = 1;
    x->column = 0;
}

/* False: the sequence has ended. */
static bool lines_extended(struct lines_reader *x)
{
    enum { END = 1, ADDRESS = 2, DEFINE_FILE = 3 };
    const wrt_bytes body = wrt__read_bytes(&x->r, wrt__read_u64(&x->r));
    struct wrt__reader own;
    if (!lines_good(x)) return true;
    wrt__reader_init(&own, body, 0);
    switch (wrt__read_u8(&own)) {
    case END: lines_row(x, true); return false;
    case ADDRESS:
        if (body.n == 5) x->address = wrt__read_u32le(&own);
        else if (body.n == 9) x->address = wrt__read_u64le(&own);
        else lines_bad(x, "an address has neither 4 nor 8 bytes");
        break;
    case DEFINE_FILE: lines_bad(x, "it defines files among its rows"); break;
    default: break;
    }
    if (own.failed) lines_bad(x, "an extended operator is empty");
    return true;
}

static void lines_advance(struct lines_reader *x, uint64_t by)
{
    if (by > UINT32_MAX) lines_bad(x, "an address moves too far");
    else x->address += by * x->min_bytes;
}

static void lines_standard(struct lines_reader *x, uint32_t op)
{
    enum { COPY = 1, PC, LINE, FILE_NUMBER, COLUMN, NEGATE, BASIC, CONST_PC, FIXED_PC, PROLOGUE, EPILOGUE };
    switch (op) {
    case COPY: lines_row(x, false); break;
    case PC: lines_advance(x, wrt__read_u64(&x->r)); break;
    case LINE: x->line += (uint32_t)wrt__read_s64(&x->r); break;
    case FILE_NUMBER: x->file = (uint32_t)wrt__min_u64(wrt__read_u64(&x->r), UINT32_MAX); break;
    case COLUMN: x->column = (uint32_t)wrt__min_u64(wrt__read_u64(&x->r), UINT32_MAX); break;
    case NEGATE: case BASIC: case PROLOGUE: case EPILOGUE: break;
    case CONST_PC: lines_advance(x, (255 - x->opcode_base) / x->line_range); break;
    case FIXED_PC: x->address += lines_u16(&x->r); break;
    default:
        for (uint32_t i = 0; i < x->lengths[op - 1] && lines_good(x); i++) (void)wrt__read_u64(&x->r);
        break;
    }
}

static void lines_program(struct lines_reader *x)
{
    uint32_t first = x->l->rows_count;
    lines_restart(x);
    while (wrt__reader_left(&x->r) > 0 && lines_good(x)) {
        const uint32_t op = wrt__read_u8(&x->r);
        if (op >= x->opcode_base) {
            const uint32_t k = op - x->opcode_base;
            lines_advance(x, k / x->line_range);
            x->line += (uint32_t)(x->line_base + (int32_t)(k % x->line_range));
            lines_row(x, false);
        } else if (op > 0) {
            lines_standard(x, op);
        } else if (!lines_extended(x)) {
            lines_sequence(x, first);
            first = x->l->rows_count;
            lines_restart(x);
        }
    }
    if (lines_good(x) && x->l->rows_count > first) lines_bad(x, "a sequence does not end");
}

/* ---- units -------------------------------------------------------------------------------------------- */

static void lines_header(struct lines_reader *x)
{
    if (x->version >= 5) {
        const uint32_t address = wrt__read_u8(&x->r), segment = wrt__read_u8(&x->r);
        if (address != 4 && address != 8) lines_bad(x, "an address has neither 4 nor 8 bytes");
        if (segment != 0) lines_bad(x, "it has segments");
    }
    const uint64_t header = wrt__read_u32le(&x->r);
    if (header > wrt__reader_left(&x->r)) lines_bad(x, "a header is longer than its unit");
    if (!lines_good(x)) return;
    const uint8_t *program = x->r.p + header;
    x->min_bytes = wrt__read_u8(&x->r);
    if (x->version >= 4 && wrt__read_u8(&x->r) != 1) lines_bad(x, "it is for several operators at once");
    (void)wrt__read_u8(&x->r);
    const uint32_t base = wrt__read_u8(&x->r);
    x->line_base = (int32_t)base - (base > 127 ? 256 : 0);
    x->line_range = wrt__read_u8(&x->r);
    x->opcode_base = wrt__read_u8(&x->r);
    if (x->line_range == 0 || x->opcode_base == 0) lines_bad(x, "a range in its header is 0");
    if (!lines_good(x)) return;
    x->lengths = wrt__read_bytes(&x->r, x->opcode_base - 1).p;
    x->dirs_count = 0;
    x->file_first = x->l->files_count;
    if (x->version < 5) {
        lines_files_old(x);
    } else {
        if (lines_good(x)) lines_entries(x, false);
        if (lines_good(x)) lines_entries(x, true);
    }
    if (!lines_good(x)) return;
    if (x->r.p > program) lines_bad(x, "a header is longer than it says");
    x->r.p = program;
}

static void lines_units(struct lines_reader *x, wrt_bytes table, uint64_t base)
{
    struct wrt__reader all;
    wrt__reader_init(&all, table, base);
    while (wrt__reader_left(&all) > 0) {
        x->r = all;
        const uint32_t bytes = wrt__read_u32le(&all);
        const uint64_t at = wrt__reader_offset(&all);
        if (bytes >= 0xfffffff0u) lines_bad(x, "it is in the 64 bit format");
        const wrt_bytes unit = wrt__read_bytes(&all, bytes);
        if (all.failed) lines_bad(x, "a unit is longer than the section");
        if (!lines_good(x)) return;
        wrt__reader_init(&x->r, unit, at);
        x->version = lines_u16(&x->r);
        if (x->version < 2 || x->version > 5) lines_bad(x, "its version is none of 2 to 5");
        if (lines_good(x)) lines_header(x);
        if (lines_good(x)) lines_program(x);
        if (!lines_good(x)) return;
    }
}

/* ---- order -------------------------------------------------------------------------------------------- */

static void lines_sink(struct wrt__lines_run *a, uint32_t at, uint32_t n)
{
    while (2 * (uint64_t)at + 1 < n) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < n && a[child + 1].low > a[child].low) child++;
        if (a[at].low >= a[child].low) return;
        const struct wrt__lines_run kept = a[at];
        a[at] = a[child];
        a[child] = kept;
        at = child;
    }
}

/* False: two sequences speak of the same bytes. */
static bool lines_sort(struct wrt__lines_run *a, uint32_t n)
{
    for (uint32_t i = n / 2; i-- > 0;) lines_sink(a, i, n);
    for (uint32_t i = n; i-- > 1;) {
        const struct wrt__lines_run kept = a[0];
        a[0] = a[i];
        a[i] = kept;
        lines_sink(a, 0, i);
    }
    for (uint32_t i = 1; i < n; i++) {
        if (a[i].low < a[i - 1].high) return false;
    }
    return true;
}

/* Contents of the code section. */
static bool lines_code(struct lines_reader *x, const struct wrt__module *m)
{
    enum { CODE = 10 };
    struct wrt__reader r;
    wrt__reader_init(&r, m->source, 0);
    (void)wrt__read_bytes(&r, 8);
    while (wrt__reader_left(&r) > 0 && !r.failed) {
        const uint8_t id = wrt__read_u8(&r);
        const uint32_t bytes = wrt__read_u32(&r);
        const uint64_t at = wrt__reader_offset(&r);
        (void)wrt__read_bytes(&r, bytes);
        if (id != CODE || r.failed || at + bytes >= UINT32_MAX) continue;
        x->code_first = (uint32_t)at;
        x->code_bytes = bytes;
        return true;
    }
    return false;
}

wrt_status wrt__lines_read(
    struct wrt__lines *l, const struct wrt__module *m, const wrt_alloc *alloc, wrt_error *err)
{
    enum { ARENA_BLOCK = 4096 };
    struct lines_reader x = { .l = l };
    *l = (struct wrt__lines){ .alloc = alloc };
    wrt__arena_init(&l->arena, alloc, ARENA_BLOCK, WRT_TAG_OTHER);
    const wrt_bytes table = wrt__wcet_section(m, WRT_STR(".debug_line"));
    if (table.n == 0 || !lines_code(&x, m)) return WRT_OK;
    x.line_str = wrt__wcet_section(m, WRT_STR(".debug_line_str"));
    x.str = wrt__wcet_section(m, WRT_STR(".debug_str"));
    lines_units(&x, table, (uint64_t)(table.p - m->source.p));
    if (lines_good(&x) && !lines_sort(l->runs, l->runs_count))
        lines_bad(&x, "two sequences speak of the same code");
    wrt__free(alloc, x.dirs, x.dirs_cap * sizeof *x.dirs, WRT_TAG_OTHER);
    if (x.nomem) {
        wrt__lines_free(l);
        return wrt__fail(err, WRT_E_NOMEM, WRT__W_MEMORY, WRT__NO_OFFSET, "no memory for the line table");
    }
    if (l->ignored) l->runs_count = l->rows_count = 0;
    return WRT_OK;
}

void wrt__lines_free(struct wrt__lines *l)
{
    if (!l->alloc) return;
    wrt__free(l->alloc, l->files, l->files_cap * sizeof *l->files, WRT_TAG_OTHER);
    wrt__free(l->alloc, l->rows, l->rows_cap * sizeof *l->rows, WRT_TAG_OTHER);
    wrt__free(l->alloc, l->runs, l->runs_cap * sizeof *l->runs, WRT_TAG_OTHER);
    wrt__arena_fini(&l->arena);
    *l = (struct wrt__lines){ 0 };
}

/* ---- finding ------------------------------------------------------------------------------------------ */

static const struct wrt__lines_row *lines_last(
    const struct wrt__lines *l, uint32_t offset, const struct wrt__lines_run **run)
{
    uint32_t low = 0, high = l->runs_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (l->runs[middle].low <= offset) low = middle + 1;
        else high = middle;
    }
    if (low == 0 || offset >= l->runs[low - 1].high) return NULL;
    *run = &l->runs[low - 1];
    low = 0;
    high = (*run)->rows_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (l->rows[(*run)->row_first + middle].offset <= offset) low = middle + 1;
        else high = middle;
    }
    return low == 0 ? NULL : &l->rows[(*run)->row_first + low - 1];
}

const struct wrt__lines_row *wrt__lines_exact(const struct wrt__lines *l, uint32_t offset)
{
    const struct wrt__lines_run *run;
    const struct wrt__lines_row *row = lines_last(l, offset, &run);
    return row && row->line > 0 ? row : NULL;
}

const struct wrt__lines_row *wrt__lines_find(const struct wrt__lines *l, uint32_t offset)
{
    const struct wrt__lines_run *run = NULL;
    const struct wrt__lines_row *row = lines_last(l, offset, &run);
    while (row && row->line == 0 && row > &l->rows[run->row_first]) row--;
    return row && row->line > 0 ? row : NULL;
}
