/* Names that try to get out of a directory, and names that are merely odd: the same table for both ways of
 * resolving. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "test.h"
#include "wasi/path.h"

/* base/outside/{secret,dir/} and base/root/...; nothing below `outside` may ever be reached from `root`. */
struct tree { char base[64]; int root, outside; };

static void tree_file(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void tree_links(struct tree *t)
{
    char target[256], name[24];
    static const char *const links[][2] = {
        { "abs", "/" },
        { "up", ".." },
        { "up_secret", "../outside/secret" },
        { "dir/up2", "../../outside" },
        { "in", "dir/nested" },
        { "in_file", "dir/nested/file" },
        { "in_slash", "dir/nested/" },
        { "in_dot", "./dir/./nested/." },
        { "loop_a", "loop_b" },
        { "loop_b", "loop_a" },
        { "self", "self" },
        { "self_dir", "self_dir/x" },
        { "dangling", "nothere" },
        { "dangling_up", "../outside/new" },
        { "home", "dir/nested/../.." },
        { "dir/nested/top", "../../file" },
        { "up_and_back", "../root/file" },
        { "to_link", "in/top" },
        { "dir/here", "." },
        { "file_slash", "file/" },
        { "proc", "/proc/self/root" },
        { "link_up", "up" },
    };
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        CHECK_EQ(symlinkat(links[i][1], t->root, links[i][0]), 0);
    }
    CHECK(snprintf(target, sizeof target, "%s/outside/secret", t->base) < (int)sizeof target);
    CHECK_EQ(symlinkat(target, t->root, "abs_secret"), 0);
    for (int i = 0; i < 50; i++) { /* chain9 leads through 40 links to `file`, chain8 through 41 */
        snprintf(name, sizeof name, "chain%d", i);
        snprintf(target, sizeof target, "chain%d", i + 1);
        CHECK_EQ(symlinkat(i == 48 ? "file" : target, t->root, name), 0);
    }
}

static void tree_make(struct tree *t)
{
    char path[256];
    snprintf(t->base, sizeof t->base, "/tmp/wrt-path-XXXXXX");
    CHECK(mkdtemp(t->base) != NULL);
    snprintf(path, sizeof path, "%s/outside", t->base);
    CHECK_EQ(mkdir(path, 0700), 0);
    t->outside = open(path, O_RDONLY | O_DIRECTORY);
    snprintf(path, sizeof path, "%s/root", t->base);
    CHECK_EQ(mkdir(path, 0700), 0);
    t->root = open(path, O_RDONLY | O_DIRECTORY);
    CHECK(t->root >= 0 && t->outside >= 0);
    tree_file(t->outside, "secret", "SECRET");
    CHECK_EQ(mkdirat(t->outside, "dir", 0700), 0);
    tree_file(t->root, "file", "file");
    CHECK_EQ(mkdirat(t->root, "dir", 0700), 0);
    CHECK_EQ(mkdirat(t->root, "dir/nested", 0700), 0);
    tree_file(t->root, "dir/nested/file", "nested");
    tree_links(t);
}

static int tree_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void tree_remove(struct tree *t)
{
    close(t->root);
    close(t->outside);
    CHECK_EQ(nftw(t->base, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Is it, or is it below, the directory `outside`, or above root? */
static bool tree_escaped(const struct tree *t, int fd)
{
    char link[64], path[512], inside[128];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    CHECK(n > 0);
    path[n > 0 ? n : 0] = 0;
    snprintf(inside, sizeof inside, "%s/root", t->base);
    size_t k = strlen(inside);
    return strncmp(path, inside, k) != 0 || (path[k] != 0 && path[k] != '/');
}

static int path_modes(const struct tree *t) { return wrt__path_beneath(t->root) ? 2 : 1; }

enum { F = 1, D = O_DIRECTORY, C = O_CREAT, X = O_CREAT | O_EXCL };
struct open_case { const char *path; int follow, flags, e; const char *is; };
static const struct open_case open_cases[] = {
    { "file", 0, 0, 0, "file" },
    { "./file", F, 0, 0, "file" },
    { ".", F, D, 0, "." },
    { "./.", F, 0, 0, "." },
    { "dir/..", F, D, 0, "." },
    { "dir/nested/../..", F, 0, 0, "." },
    { "dir/.//nested/../../dir/nested/../nested///./file", 0, 0, 0, "dir/nested/file" },
    { "..", F, 0, EPERM, NULL },
    { "../", F, 0, EPERM, NULL },
    { "../outside/secret", F, 0, EPERM, NULL },
    { "../root/file", F, 0, EPERM, NULL },
    { "dir/../..", F, 0, EPERM, NULL },
    { "dir/../../outside/secret", F, 0, EPERM, NULL },
    { "dir/nested/../../../outside", F, 0, EPERM, NULL },
    { "file/..", F, 0, ENOTDIR, NULL },
    { "nothere/..", F, 0, ENOENT, NULL },
    { "nothere/../file", F, 0, ENOENT, NULL },
    { "file/", F, 0, ENOTDIR, NULL },
    { "file///", 0, 0, ENOTDIR, NULL },
    { "file/.", 0, 0, ENOTDIR, NULL },
    { "dir/", 0, 0, 0, "dir" },
    { "dir/nested///", F, 0, 0, "dir/nested" },
    { "file", F, D, ENOTDIR, NULL },
    { "nothere", F, 0, ENOENT, NULL },
    { "nothere/", F, 0, ENOENT, NULL },
    /* links that stay inside */
    { "in", F, 0, 0, "dir/nested" },
    { "in", 0, 0, ELOOP, NULL },
    { "in", 0, D, ENOTDIR, NULL },
    { "in/", 0, 0, 0, "dir/nested" },
    { "in/file", 0, 0, 0, "dir/nested/file" },
    { "in/..", 0, 0, 0, "dir" },
    { "in_slash/file", 0, 0, 0, "dir/nested/file" },
    { "in_slash", F, 0, 0, "dir/nested" },
    { "in_dot", F, 0, 0, "dir/nested" },
    { "in_dot/file", F, 0, 0, "dir/nested/file" },
    { "in_file", F, 0, 0, "dir/nested/file" },
    { "in_file", 0, 0, ELOOP, NULL },
    { "in_file/", F, 0, ENOTDIR, NULL },
    { "in_file/x", F, 0, ENOTDIR, NULL },
    { "file_slash", F, 0, ENOTDIR, NULL },
    { "home", F, 0, 0, "." },
    { "home/home/dir/here/here/nested/top", F, 0, 0, "file" },
    { "to_link", F, 0, 0, "file" },
    { "dir/nested/top", F, 0, 0, "file" },
    /* links that leave, or try */
    { "abs", F, 0, EPERM, NULL },
    { "abs", 0, 0, ELOOP, NULL },
    { "abs/", 0, 0, EPERM, NULL },
    { "abs/etc/passwd", 0, 0, EPERM, NULL },
    { "abs_secret", F, 0, EPERM, NULL },
    { "proc", F, 0, EPERM, NULL },
    { "proc/etc", F, 0, EPERM, NULL },
    { "up", F, 0, EPERM, NULL },
    { "up/outside/secret", 0, 0, EPERM, NULL },
    { "up/root/file", 0, 0, EPERM, NULL },
    { "link_up/outside", F, 0, EPERM, NULL },
    { "up_secret", F, 0, EPERM, NULL },
    { "dir/up2", F, 0, EPERM, NULL },
    { "dir/up2/secret", 0, 0, EPERM, NULL },
    { "dir/../dir/up2/secret", 0, 0, EPERM, NULL },
    { "up_and_back", F, 0, EPERM, NULL },
    /* links without end */
    { "loop_a", F, 0, ELOOP, NULL },
    { "loop_a/x", F, 0, ELOOP, NULL },
    { "self", F, 0, ELOOP, NULL },
    { "self/", F, 0, ELOOP, NULL },
    { "self_dir", F, 0, ELOOP, NULL },
    { "chain9", F, 0, 0, "file" },
    { "chain8", F, 0, ELOOP, NULL },
    /* making files */
    { "new1", F, C, 0, "new1" },
    { "new1", F, X, EEXIST, NULL },
    { "dir/../new2", 0, X, 0, "new2" },
    { "new3/", F, C, EISDIR, NULL },
    { "dir", F, C, EISDIR, NULL },
    { "dir/", F, C, EISDIR, NULL },
    { ".", F, C, EISDIR, NULL },
    { "../new", F, C, EPERM, NULL },
    { "up/new", F, C, EPERM, NULL },
    { "nothere/new", F, C, ENOENT, NULL },
    { "dangling_up", F, C, EPERM, NULL },
    { "dangling_up", 0, C, ELOOP, NULL },
    { "dangling_up", F, X, EEXIST, NULL },
    { "abs_secret", F, C | O_TRUNC, EPERM, NULL },
    { "up_secret", F, C | O_TRUNC, EPERM, NULL },
    { "dangling", F, 0, ENOENT, NULL },
    { "dangling", F, X, EEXIST, NULL },
    { "dangling", F, C, 0, "nothere" },
};

static void open_check(const struct tree *t, bool beneath, const struct open_case *c)
{
    struct stat got, expected;
    int fd = -1;
    int flags = c->flags | (c->flags & O_CREAT ? O_RDWR : O_RDONLY);
    CONTEXT("open %s follow %d flags %x by %s", c->path, c->follow, (unsigned)c->flags,
        beneath ? "platform" : "walk");
    int e = wrt__path_open(t->root, beneath, c->path, c->follow, flags, 0600, &fd);
    CHECK_EQ(e, c->e);
    if (e) return;
    CHECK(!tree_escaped(t, fd));
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    if (c->is && CHECK(fstatat(t->root, c->is, &expected, 0) == 0) && CHECK(fstat(fd, &got) == 0)) {
        CHECK_EQ(got.st_ino, expected.st_ino);
    }
    close(fd);
}

TEST(opening)
{
    for (int mode = 0; mode < 2; mode++) {
        struct tree t;
        struct stat st;
        tree_make(&t);
        if (mode < path_modes(&t)) {
            for (size_t i = 0; i < sizeof open_cases / sizeof open_cases[0]; i++) {
                open_check(&t, mode == 1, &open_cases[i]);
            }
        }
        CHECK(fstatat(t.outside, "new", &st, 0) != 0);
        CHECK(fstatat(t.outside, "secret", &st, 0) == 0 && st.st_size == 6);
        tree_remove(&t);
    }
}

/* Where a name is, for what is done to names: which directory, and under which name there. */
struct place_case { const char *path; int follow, e; const char *dir, *leaf; bool slash; };
static const struct place_case place_cases[] = {
    { "file", 0, 0, ".", "file", false },
    { "nothere", F, 0, ".", "nothere", false },
    { "nothere/", 0, 0, ".", "nothere", true },
    { "dir/new", 0, 0, "dir", "new", false },
    { "dir///new//", 0, 0, "dir", "new", true },
    { "in/new", 0, 0, "dir/nested", "new", false },
    { "in", 0, 0, ".", "in", false },
    { "in", F, 0, "dir", "nested", false },
    { "in/", 0, 0, "dir", "nested", true },
    { "in_slash", F, 0, "dir", "nested", true },
    { "in_dot", F, 0, "dir/nested", ".", false },
    { "to_link", F, 0, ".", "file", false },
    { ".", 0, 0, ".", ".", false },
    { "dir/.", 0, 0, "dir", ".", false },
    { "dir/..", 0, 0, ".", ".", false },
    { "dir/../", 0, 0, ".", ".", true },
    { "up", 0, 0, ".", "up", false },
    { "up", F, EPERM, NULL, NULL, false },
    { "up/", 0, EPERM, NULL, NULL, false },
    { "up/outside", 0, EPERM, NULL, NULL, false },
    { "..", 0, EPERM, NULL, NULL, false },
    { "../x", 0, EPERM, NULL, NULL, false },
    { "dir/../../x", 0, EPERM, NULL, NULL, false },
    { "abs", F, EPERM, NULL, NULL, false },
    { "abs/x", 0, EPERM, NULL, NULL, false },
    { "dangling", F, 0, ".", "nothere", false },
    { "dangling_up", F, EPERM, NULL, NULL, false },
    { "loop_a", 0, 0, ".", "loop_a", false },
    { "loop_a", F, ELOOP, NULL, NULL, false },
    { "loop_a/x", 0, ELOOP, NULL, NULL, false },
    { "file/x", 0, ENOTDIR, NULL, NULL, false },
    { "nothere/x", 0, ENOENT, NULL, NULL, false },
};

TEST(placing)
{
    struct tree t;
    tree_make(&t);
    for (int mode = 0; mode < path_modes(&t); mode++) {
        for (size_t i = 0; i < sizeof place_cases / sizeof place_cases[0]; i++) {
            const struct place_case *c = &place_cases[i];
            struct wrt__place at;
            struct stat got, expected;
            CONTEXT("place %s follow %d by %s", c->path, c->follow, mode ? "platform" : "walk");
            int e = wrt__path_place(t.root, mode == 1, c->path, c->follow, &at);
            CHECK_EQ(e, c->e);
            if (e) continue;
            CHECK_STR(at.leaf, c->leaf);
            CHECK_EQ(at.slash, c->slash);
            CHECK(fstat(at.dir, &got) == 0 && fstatat(t.root, c->dir, &expected, 0) == 0);
            CHECK_EQ(got.st_ino, expected.st_ino);
            wrt__place_close(&at);
        }
    }
    tree_remove(&t);
}

TEST(copying)
{
    char out[WRT__PATH_BYTES];
    static uint8_t longest[WRT__PATH_BYTES];
    memset(longest, 'a', sizeof longest);
    CHECK_EQ(wrt__path_copy((const uint8_t *)"", 0, out), ENOENT);
    CHECK_EQ(wrt__path_copy((const uint8_t *)"a\0b", 3, out), EINVAL);
    CHECK_EQ(wrt__path_copy((const uint8_t *)"a\0", 2, out), EINVAL);
    CHECK_EQ(wrt__path_copy((const uint8_t *)"/", 1, out), EPERM);
    CHECK_EQ(wrt__path_copy((const uint8_t *)"/etc", 4, out), EPERM);
    CHECK_EQ(wrt__path_copy(longest, 4095, out), 0);
    CHECK_EQ(strlen(out), 4095);
    CHECK_EQ(wrt__path_copy(longest, 4096, out), ENAMETOOLONG);
    CHECK_EQ(wrt__path_copy((const uint8_t *)"\xff\xfe", 2, out), 0);
    CHECK_STR(out, "\xff\xfe");
}

static void length_check(const struct tree *t, bool beneath, const char *name, int e)
{
    struct wrt__place at;
    int fd;
    CONTEXT("%zu bytes by %s", strlen(name), beneath ? "platform" : "walk");
    CHECK_EQ(wrt__path_open(t->root, beneath, name, true, O_RDWR | O_CREAT, 0600, &fd), e);
    if (e == 0) close(fd);
    CHECK_EQ(wrt__path_place(t->root, beneath, name, true, &at), e);
    if (e == 0) wrt__place_close(&at);
}

/* Names at the limits: 255 bytes for a component, 4095 for the whole, many components, deep trees. */
TEST(lengths)
{
    struct tree t;
    char name[WRT__PATH_BYTES];
    tree_make(&t);
    for (int mode = 0; mode < path_modes(&t); mode++) {
        memset(name, 'n', sizeof name);
        name[255] = 0;
        length_check(&t, mode == 1, name, 0);
        name[255] = 'n';
        name[256] = 0;
        length_check(&t, mode == 1, name, ENAMETOOLONG);
        for (size_t i = 0; i < 4095; i += 2) memcpy(name + i, "./", 2);
        memcpy(name + 4091, "file", 5); /* 4095 bytes */
        name[4090] = '/';
        length_check(&t, mode == 1, name, 0);
    }
    /* The walk's own bounds; the platform has others. */
    CHECK_EQ(chdir("/"), 0);
    int fd, at = dup(t.root);
    size_t n = 0;
    for (int i = 0; i <= WRT__PATH_DEPTH; i++) {
        CHECK_EQ(mkdirat(at, "d", 0700), 0);
        int next = openat(at, "d", O_RDONLY | O_DIRECTORY);
        close(at);
        at = next;
        memcpy(name + n, "d/", 2);
        n += 2;
    }
    close(at);
    name[n] = 0;
    CONTEXT("deep");
    CHECK_EQ(wrt__path_open(t.root, false, name, true, O_RDONLY, 0, &fd),
        0); /* the last component is not walked through */
    close(fd);
    memcpy(name + n, "x", 2);
    CHECK_EQ(wrt__path_open(t.root, false, name, true, O_RDONLY, 0, &fd), ENAMETOOLONG);
    /* A link that is put in front of itself again and again uses the steps up before the links. */
    name[0] = 0;
    for (int i = 0; i < 500; i++) strcat(name, "dir/../");
    strcat(name, "steps");
    CHECK_EQ(symlinkat(name, t.root, "steps"), 0);
    CHECK_EQ(wrt__path_open(t.root, false, "steps", true, O_RDONLY, 0, &fd), ENAMETOOLONG);
    tree_remove(&t);
}

/* ---- a directory that becomes a link while names below it are resolved --------------------------- */

struct race { struct tree tree; atomic_bool stop; };

static void *race_swap(void *ctx)
{
    struct race *r = ctx;
    int root = r->tree.root;
    while (!atomic_load(&r->stop)) {
        renameat(root, "swap", root, "swap_dir");
        renameat(root, "swap_link", root, "swap");
        renameat(root, "swap", root, "swap_link");
        renameat(root, "swap_dir", root, "swap");
        renameat(root, "leaf_link", root, "leaf");
        symlinkat("../outside/secret", root, "leaf_link");
        linkat(root, "file", root, "leaf_file", 0);
        renameat(root, "leaf_file", root, "leaf");
    }
    return NULL;
}

static const char *const race_names[] = { "swap/secret", "leaf", "swap/dir/../secret", "leaf" };

static void race_look(const struct tree *t, bool beneath, const char *path, int *opened, int *refused)
{
    char text[8] = "";
    int fd;
    int e = wrt__path_open(t->root, beneath, path, true, O_RDONLY, 0, &fd);
    if (e) {
        ++*refused;
        CHECK(e == EPERM || e == ENOENT || e == ENOTDIR || e == ELOOP);
        return;
    }
    ++*opened;
    CHECK(read(fd, text, sizeof text - 1) >= 0);
    CHECK(memcmp(text, "SECRET", 6) != 0);
    close(fd);
}

TEST(races)
{
    struct race r;
    pthread_t thread;
    tree_make(&r.tree);
    CHECK_EQ(mkdirat(r.tree.root, "swap", 0700), 0);
    CHECK_EQ(mkdirat(r.tree.root, "swap/dir", 0700), 0);
    CHECK_EQ(symlinkat("../outside", r.tree.root, "swap_link"), 0);
    tree_file(r.tree.root, "swap/secret", "inside");
    CHECK_EQ(symlinkat("../outside/secret", r.tree.root, "leaf_link"), 0);
    atomic_init(&r.stop, false);
    CHECK_EQ(pthread_create(&thread, NULL, race_swap, &r), 0);
    for (int mode = 0; mode < path_modes(&r.tree); mode++) {
        int opened = 0, refused = 0;
        for (int i = 0; i < 20000 && test_failures() == 0; i++) {
            race_look(&r.tree, mode == 1, race_names[i & 3], &opened, &refused);
        }
        CONTEXT("by %s: %d opened, %d refused", mode ? "platform" : "walk", opened, refused);
        CHECK(opened > 0 && refused > 0); /* else nothing was raced */
    }
    atomic_store(&r.stop, true);
    pthread_join(thread, NULL);
    tree_remove(&r.tree);
}
