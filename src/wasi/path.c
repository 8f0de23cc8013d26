/* path: names that a guest gives, resolved below a directory that it holds. Owns the promise that nothing
 * outside that directory is ever reached: not by "..", not by an absolute name, not by a symbolic link, not
 * by a directory that is swapped for one in the middle of a walk. Two ways to the same answers: the
 * platform's own bounded lookup where there is one, and a walk by single components that never lets the
 * system follow a link. Must not know wasm. */
#define _XOPEN_SOURCE 700
#include "wasi/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/base.h"
#include "port/port.h"

enum { PATH_NAME_MAX = 255, PATH_RETRIES = 8 };

int wrt__path_copy(const uint8_t *p, size_t n, char out[WRT__PATH_BYTES])
{
    if (n == 0) return ENOENT;
    if (n >= WRT__PATH_BYTES) return ENAMETOOLONG;
    if (memchr(p, 0, n)) return EINVAL;
    if (p[0] == '/') return EPERM;
    memcpy(out, p, n);
    out[n] = 0;
    return 0;
}

void wrt__place_close(struct wrt__place *p)
{
    if (p->own) (void)close(p->dir);
    p->own = false;
}

/* ---- the walk ------------------------------------------------------------------------------------ */

/* The directories from the root down to the present one are held open: ".." goes back to the one that was
 * really come through, whatever has been renamed since. */
struct path_walk {
    int root, depth, links, steps;
    int fds[WRT__PATH_DEPTH];
    char *at;                       /* what is still to be walked, in place->text */
    struct wrt__place *place;
};

static int walk_dir(const struct path_walk *k) { return k->depth ? k->fds[k->depth - 1] : k->root; }

static void walk_close(struct path_walk *k, int keep)
{
    for (int i = 0; i < k->depth; i++) {
        if (k->fds[i] != keep) (void)close(k->fds[i]);
    }
}

/* Puts the target of the link `name` in front of what is left. EINVAL: it is no link. */
static int walk_expand(struct path_walk *k, const char *name, bool slash)
{
    char target[WRT__PATH_BYTES];
    char *text = k->place->text;
    ssize_t got = readlinkat(walk_dir(k), name, target, sizeof target);
    if (got < 0) return errno;
    if (++k->links > WRT__PATH_LINKS) return ELOOP;
    if (got == 0) return ENOENT;
    if (target[0] == '/') return EPERM;
    size_t n = (size_t)got, rest = strlen(k->at);
    if (n + rest + 2 > sizeof k->place->text || n >= sizeof target) return ENAMETOOLONG;
    memmove(text + n + slash, k->at, rest + 1);
    memcpy(text, target, n);
    if (slash) text[n] = '/';
    k->at = text;
    return 0;
}

/* Cuts the next component off k->at. */
static char *walk_next(struct path_walk *k, bool *slash)
{
    char *name = k->at + strspn(k->at, "/");
    size_t n = strcspn(name, "/");
    *slash = name[n] == '/';
    k->at = name + n;
    k->at += strspn(k->at, "/");
    name[n] = 0;
    return name;
}

static int walk_down(struct path_walk *k, const char *name)
{
    if (k->depth == WRT__PATH_DEPTH) return ENAMETOOLONG;
    int fd = openat(walk_dir(k), name, wrt__port_dir_flags() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno;
    k->fds[k->depth++] = fd;
    return 0;
}

static int walk_up(struct path_walk *k)
{
    if (k->depth == 0) return EPERM;
    (void)close(k->fds[--k->depth]);
    return 0;
}

/* One component that is not the last. What refuses to be opened as a directory may be a link to one. */
static int walk_through(struct path_walk *k, const char *name)
{
    if (strcmp(name, "..") == 0) return walk_up(k);
    if (strcmp(name, ".") == 0) return 0;
    int e = walk_down(k, name);
    if (e != ENOTDIR && e != ELOOP && e != EMLINK) return e;
    e = walk_expand(k, name, true);
    return e == EINVAL ? ENOTDIR : e;
}

/* The last component: 0 and place->leaf is set, or it stays NULL because a link was put in its place. */
static int walk_last(struct path_walk *k, const char *name, bool slash, bool follow)
{
    k->place->slash = slash;
    if (name[0] == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        int e = strcmp(name, "..") == 0 ? walk_up(k) : 0;
        k->place->leaf = ".";
        return e;
    }
    if (follow || slash) {
        int e = walk_expand(k, name, slash);
        if (e != EINVAL && e != ENOENT) return e;
    }
    k->place->leaf = name;
    return 0;
}

static int walk_steps(struct path_walk *k, bool follow)
{
    k->place->leaf = NULL;
    while (!k->place->leaf) {
        bool slash;
        const char *name = walk_next(k, &slash);
        if (++k->steps > WRT__PATH_STEPS || strlen(name) > PATH_NAME_MAX) return ENAMETOOLONG;
        int e = k->at[0] ? walk_through(k, name) : walk_last(k, name, slash, follow);
        if (e) return e;
    }
    return 0;
}

/* `path` is in out->text. */
static int path_walk(int root, bool follow, struct wrt__place *out)
{
    struct path_walk k = { .root = root, .at = out->text, .place = out };
    int e = walk_steps(&k, follow);
    out->dir = walk_dir(&k);
    out->own = e == 0 && k.depth > 0;
    walk_close(&k, e ? -1 : out->dir);
    return e;
}

/* ---- the platform's own lookup ------------------------------------------------------------------- */

bool wrt__path_beneath(int dir)
{
    int fd = wrt__port_open_beneath(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd >= 0) (void)close(fd);
    return fd >= 0;
}

/* EAGAIN: something was renamed meanwhile and the platform cannot tell whether it got out. The walk can. */
static int beneath_open(int root, const char *path, int flags, uint32_t mode, int *fd)
{
    for (int i = 0; i < PATH_RETRIES; i++) {
        *fd = wrt__port_open_beneath(root, path, flags, mode);
        if (*fd >= 0) return 0;
        if (errno != EAGAIN && errno != EINTR) break;
    }
    return errno == EXDEV ? EPERM : errno;
}

/* Splits the last component off and lets the platform find the rest. EAGAIN: it must be walked. */
static int beneath_place(int root, const char *path, bool follow, struct wrt__place *out)
{
    char link[1];
    size_t n = strlen(path);
    memcpy(out->text, path, n + 1);
    while (n > 0 && out->text[n - 1] == '/') out->text[--n] = 0;
    out->slash = path[n] == '/';
    char *cut = strrchr(out->text, '/');
    char *leaf = cut ? cut + 1 : out->text;
    bool dots = strcmp(leaf, ".") == 0 || strcmp(leaf, "..") == 0;
    const char *dir = dots ? out->text : cut ? out->text : NULL;
    if (strlen(leaf) > PATH_NAME_MAX) return ENAMETOOLONG;
    if (cut && !dots) *cut = 0;
    out->leaf = dots ? "." : leaf;
    out->own = dir != NULL;
    out->dir = root;
    if (dir) {
        int e = beneath_open(root, dir, wrt__port_dir_flags() | O_DIRECTORY | O_CLOEXEC, 0, &out->dir);
        if (e) return e;
    }
    if (dots || (!follow && !out->slash)) return 0;
    if (readlinkat(out->dir, leaf, link, sizeof link) < 0) return 0;
    wrt__place_close(out);
    return EAGAIN;
}

int wrt__path_place(int root, bool beneath, const char *path, bool follow, struct wrt__place *out)
{
    if (beneath) {
        int e = beneath_place(root, path, follow, out);
        if (e != EAGAIN) return e;
    }
    memcpy(out->text, path, strlen(path) + 1);
    return path_walk(root, follow, out);
}

/* A link that appears in the last component after the walk is refused, not followed. */
static int path_open_walked(int root, const char *path, bool follow, int flags, uint32_t mode, int *fd)
{
    struct wrt__place at;
    memcpy(at.text, path, strlen(path) + 1);
    int e = path_walk(root, follow, &at);
    if (e) return e;
    if (at.slash && (flags & O_CREAT)) e = EISDIR;
    if (at.slash) flags |= O_DIRECTORY;
    if (e == 0) {
        *fd = openat(at.dir, at.leaf, flags | O_NOFOLLOW, (mode_t)mode);
        if (*fd < 0) e = errno == EMLINK ? ELOOP : errno;
    }
    wrt__place_close(&at);
    return e;
}

int wrt__path_open(int root, bool beneath, const char *path, bool follow, int flags, uint32_t mode, int *fd)
{
    if ((flags & O_CREAT) && (flags & O_EXCL)) follow = false; /* what is there, even a link, exists */
    flags |= O_CLOEXEC | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
    if (!(flags & O_CREAT)) mode = 0;
    if (beneath) {
        int e = beneath_open(root, path, flags, mode, fd);
        if (e != EAGAIN) return e;
    }
    return path_open_walked(root, path, follow, flags, mode, fd);
}
