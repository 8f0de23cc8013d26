/* manifest_file: files that a manifest names. They lie below its folder; no link on the way is followed, so
 * that nobody who can write there makes the tool read somewhere else. */
#include "manifest.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 30 };

/* One step of a path. -1: errno; ELOOP: a symbolic link. */
static int file_step(int folder, const char *name, bool last)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
        errno = ELOOP;
        return -1;
    }
    return openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
}

static int file_walk(int folder, const char *path)
{
    char name[256];
    int at = folder;
    for (;;) {
        size_t n = strcspn(path, "/");
        bool last = path[n] == 0;
        int next = -1;
        if (n >= sizeof name) {
            errno = ENAMETOOLONG;
        } else {
            memcpy(name, path, n);
            name[n] = 0;
            next = file_step(at, n ? name : ".", last);
        }
        int why = errno;
        if (at != folder) close(at);
        errno = why;
        if (next < 0 || last) return next;
        at = next;
        path += n + 1;
    }
}

static bool file_take(int fd, uint8_t **out, size_t *n)
{
    struct stat st;
    errno = EISDIR;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return false;
    errno = EFBIG;
    if (st.st_size > FILE_BYTES) return false;
    size_t cap = (size_t)st.st_size;
    *out = wd_alloc(cap + 1);
    for (*n = 0; *n < cap;) {
        ssize_t got = read(fd, *out + *n, cap - *n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            free(*out);
            return false;
        }
        if (got == 0) break;
        *n += (size_t)got;
    }
    return true;
}

bool wd_manifest_open(
    struct wd_manifest *m, const struct toml_value *at, const char *path, uint8_t **out, size_t *n)
{
    if (m->folder_fd < 0) {
        m->folder_fd = open(m->folder[0] ? m->folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    int fd = m->folder_fd < 0 ? -1 : file_walk(m->folder_fd, path);
    bool good = fd >= 0 && file_take(fd, out, n);
    int why = errno;
    if (fd >= 0) close(fd);
    if (good) return true;
    if (why == ELOOP) {
        mf_fault(&m->mf, at, false, WD_W_MANIFEST_PATH, NULL, "a symbolic link on the way to `%.80s`", path);
        mf_hint(&m->mf, "put the file itself below the folder of the manifest");
    } else if (why == ENOENT || why == ENOTDIR) {
        mf_fault(&m->mf, at, false, WD_W_NO_FILE, NULL, "file not found: %.80s", path);
        mf_hint(&m->mf, "paths are relative to the manifest");
    } else {
        mf_fault(&m->mf, at, false, WD_W_READ, NULL, "cannot read %.80s: %s", path, strerror(why));
    }
    return false;
}
