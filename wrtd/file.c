/* file: reading and writing whole files, with the exit codes of the tool. */
#include "wd.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int file_failed(struct wd *w, const char *path, int code)
{
    wrt_error e;
    bool missing = code == ENOENT || code == ENOTDIR;
    wd_error_init(&e, WRT_E_IO, missing ? WD_W_NO_FILE : WD_W_READ,
        missing ? "file not found" : "cannot read: %s", strerror(code));
    return wd_report(w, &e, path, missing ? WD_EXIT_NO_FILE : WD_EXIT_IO);
}

/* No binary has more bytes (its limit `module-bytes` is a 32-bit number), and no other input that much. What
 * does not tell its size, a pipe or a device, may have as much as `module-bytes` allows by default. */
#define FILE_BYTES_MAX 0xffffffffLL
#define FILE_STREAM_MAX ((size_t)1 << 30)

/* Grows as it reads, so pipes work and a lying size does no harm. */
static int file_slurp(FILE *f, uint8_t **out, size_t *n)
{
    size_t cap = 64 * 1024, at = 0;
    uint8_t *p = NULL;
    struct stat st;
    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode)) {
        if (st.st_size > FILE_BYTES_MAX) return EFBIG;
        cap = (size_t)st.st_size + 1;
    }
    for (;;) {
        uint8_t *grown = realloc(p, cap);
        if (!grown) {
            free(p);
            return ENOMEM;
        }
        p = grown;
        at += fread(p + at, 1, cap - at, f);
        if (at < cap) break;
        if (cap >= FILE_STREAM_MAX) {
            free(p);
            return EFBIG;
        }
        cap *= 2;
    }
    if (ferror(f)) {
        int code = errno ? errno : EIO;
        free(p);
        return code;
    }
    *out = p;
    *n = at;
    return 0;
}

int wd_read_file(struct wd *w, const char *path, uint8_t **out, size_t *n)
{
    bool in = strcmp(path, "-") == 0;
    errno = 0;
    FILE *f = in ? stdin : fopen(path, "rb");
    if (!f) return file_failed(w, path, errno);
    int code = file_slurp(f, out, n);
    if (!in) fclose(f);
    return code ? file_failed(w, path, code) : 0;
}

FILE *wd_open_out(struct wd *w, const char *path)
{
    if (!path || strcmp(path, "-") == 0) return stdout;
    FILE *f = fopen(path, "wb");
    if (f) return f;
    wrt_error e;
    wd_error_init(&e, WRT_E_IO, WD_W_WRITE, "cannot write: %s", strerror(errno));
    wd_report(w, &e, path, WD_EXIT_IO);
    return NULL;
}

int wd_close_out(struct wd *w, FILE *f, const char *path)
{
    bool bad = ferror(f) != 0;
    errno = 0;
    if (f == stdout ? fflush(f) != 0 : fclose(f) != 0) bad = true;
    if (!bad) return 0;
    wrt_error e;
    wd_error_init(&e, WRT_E_IO, WD_W_WRITE, "cannot write: %s", strerror(errno ? errno : EIO));
    return wd_report(w, &e, path ? path : "standard output", WD_EXIT_IO);
}
