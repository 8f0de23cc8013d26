/* Names and orders of a hostile guest below a directory. The input is a program of commands: make
 * directories, files and links, rename, remove, then resolve names in both ways. What must hold: nothing
 * outside the root is ever opened or made, the two ways agree about success, and descriptors are given back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "wasi/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMMANDS_MAX = 64 };

struct sandbox { char base[32], root_path[48]; int root; size_t root_bytes; bool beneath; };

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s\n", what, name);
    abort();
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void sandbox_open(struct sandbox *s)
{
    char path[64];
    snprintf(s->base, sizeof s->base, "/dev/shm/wrt-fuzz-XXXXXX"); /* in memory: fifty times as many runs */
    if (!mkdtemp(s->base)) {
        snprintf(s->base, sizeof s->base, "/tmp/wrt-fuzz-XXXXXX");
        if (!mkdtemp(s->base)) fail("mkdtemp", s->base);
    }
    s->root_bytes = (size_t)snprintf(s->root_path, sizeof s->root_path, "%s/root", s->base);
    snprintf(path, sizeof path, "%s/out", s->base);
    if (mkdir(s->root_path, 0700) || mkdir(path, 0700)) fail("mkdir", path);
    snprintf(path, sizeof path, "%s/out/s", s->base);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    if (fd < 0) fail("open", path);
    close(fd);
    s->root = open(s->root_path, O_RDONLY | O_DIRECTORY);
    s->beneath = wrt__path_beneath(s->root);
}

static void sandbox_close(struct sandbox *s)
{
    close(s->root);
    if (nftw(s->base, remove_one, 16, FTW_DEPTH | FTW_PHYS)) fail("nftw", s->base);
}

/* The descriptor leads to the root or below it. */
static void check_inside(const struct sandbox *s, int fd, const char *name)
{
    char link[40], path[4200];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) fail("readlink", link);
    path[n] = 0;
    if (strncmp(path, s->root_path, s->root_bytes) != 0) fail("outside", name);
    if (path[s->root_bytes] != 0 && path[s->root_bytes] != '/') fail("outside", name);
}

static void check_outside_untouched(const struct sandbox *s)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "%s/out", s->base);
    if (stat(path, &st) || st.st_nlink != 2) fail("changed", path);
    snprintf(path, sizeof path, "%s/out/s", s->base);
    if (stat(path, &st) || st.st_nlink != 1 || st.st_size != 0) fail("changed", path);
    if (stat(s->base, &st) || st.st_nlink != 4) fail("changed", s->base);
}

/* Opens in both ways without changing anything; they must agree. The bounds of the walk are its own. */
static void resolve(const struct sandbox *s, const char *name, bool follow)
{
    int a = -1, b = -1;
    int walked = wrt__path_open(s->root, false, name, follow, O_RDONLY | O_NONBLOCK, 0, &a);
    if (walked == 0) check_inside(s, a, name);
    if (s->beneath) {
        struct stat x, y;
        int asked = wrt__path_open(s->root, true, name, follow, O_RDONLY | O_NONBLOCK, 0, &b);
        if (asked == 0) check_inside(s, b, name);
        if (walked != asked && walked != ENAMETOOLONG) fail("two answers", name);
        if (walked == 0 && asked == 0 && (fstat(a, &x) || fstat(b, &y) || x.st_ino != y.st_ino)) {
            fail("two files", name);
        }
    }
    if (walked == 0) close(a);
    if (b >= 0) close(b);
}

/* The place of a name, in the way that `walk` chooses; its directory is inside, its last component is
 * harmless. */
static bool place(const struct sandbox *s, bool walk, const char *name, bool follow, struct wrt__place *at)
{
    if (wrt__path_place(s->root, !walk && s->beneath, name, follow, at) != 0) return false;
    check_inside(s, at->dir, name);
    if (strchr(at->leaf, '/') || strcmp(at->leaf, "..") == 0 || at->leaf[0] == 0) fail("leaf", name);
    return true;
}

static void change(const struct sandbox *s, uint8_t op, const char *name, const char *other)
{
    struct wrt__place at, to;
    char absolute[WRT__PATH_BYTES + 1] = "/";
    bool walk = op & 0x80;
    strcat(absolute, other);
    if (!place(s, walk, name, op & 0x40, &at)) return;
    switch (op & 7) {
    case 0: (void)mkdirat(at.dir, at.leaf, 0700); break;
    case 1: (void)unlinkat(at.dir, at.leaf, 0); break;
    case 2: (void)unlinkat(at.dir, at.leaf, AT_REMOVEDIR); break;
    case 3: (void)symlinkat(other, at.dir, at.leaf); break;
    case 4: (void)symlinkat(absolute, at.dir, at.leaf); break; /* a guest could not make it: it was there */
    default:
        if (place(s, walk, other, false, &to)) {
            if ((op & 7) == 5) (void)renameat(at.dir, at.leaf, to.dir, to.leaf);
            if ((op & 7) == 6) (void)linkat(at.dir, at.leaf, to.dir, to.leaf, 0);
            wrt__place_close(&to);
        }
    }
    wrt__place_close(&at);
}

static void create(const struct sandbox *s, uint8_t op, const char *name)
{
    int fd;
    int flags = O_RDWR | O_CREAT | O_NONBLOCK | (op & 1 ? O_EXCL : 0) | (op & 2 ? O_TRUNC : 0);
    if (wrt__path_open(s->root, op & 0x80 && s->beneath, name, op & 0x40, flags, 0600, &fd) != 0) return;
    check_inside(s, fd, name);
    close(fd);
}

/* One name: its length, then its bytes, from an alphabet where paths are likely. */
static size_t read_name(const uint8_t *p, size_t n, char out[WRT__PATH_BYTES])
{
    static const char letters[16] = "aabbc/////..../s";
    uint8_t raw[64];
    size_t k = n ? p[0] & 63 : 0;
    if (k > n - (n > 0)) k = n - (n > 0);
    for (size_t i = 0; i < k; i++) {
        raw[i] = p[1 + i] < 240 ? (uint8_t)letters[p[1 + i] & 15] : p[1 + i] == 240 ? 0 : p[1 + i];
    }
    if (wrt__path_copy(raw, k, out) != 0) out[0] = 0;
    return n ? k + 1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sandbox s;
    char name[WRT__PATH_BYTES], other[WRT__PATH_BYTES];
    int before = dup(0), count = 0;
    close(before);
    sandbox_open(&s);
    while (size > 0 && count++ < COMMANDS_MAX) {
        uint8_t op = *data++;
        size--;
        size_t k = read_name(data, size, name);
        data += k;
        size -= k;
        k = read_name(data, size, other);
        data += k;
        size -= k;
        if (name[0] == 0) continue;
        if (other[0] == 0) memcpy(other, "../out/s", 9);
        if (op & 0x20) change(&s, op, name, other);
        else if (op & 0x10) create(&s, op, name);
        resolve(&s, name, op & 0x40);
        resolve(&s, other, true);
    }
    check_outside_untouched(&s);
    sandbox_close(&s);
    int after = dup(0);
    close(after);
    if (after != before) fail("descriptors", "left open");
    return 0;
}
