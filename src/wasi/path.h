/* path: resolves the names that a guest gives below a directory that it holds, and never leaves that
 * directory. */
#ifndef WRT_SRC_WASI_PATH_H
#define WRT_SRC_WASI_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WRT__PATH_BYTES = 4096,         /* of one name, with its final 0 */
    WRT__PATH_LINKS = 40,           /* symbolic links followed in one name */
    WRT__PATH_STEPS = 2048,         /* components walked in one name, links included */
    WRT__PATH_DEPTH = 128,          /* directories below the root at any moment of a walk */
};

/* Where a name leads: a component of a directory. The component is no "..", has no slash, and the system call
 * that gets it must not follow it if it is a symbolic link. */
struct wrt__place {
    int dir;                        /* the directory that holds it */
    bool own;                       /* `dir` is closed by wrt__place_close */
    bool slash;                     /* the name ended in '/': it must be a directory */
    const char *leaf;               /* "." for the directory itself; points into text */
    char text[2 * WRT__PATH_BYTES];
};

/* Checks `n` bytes of a guest's name and copies them with a final 0. 0, or an errno: ENOENT it is empty,
 * EPERM it is absolute, EINVAL a 0 byte is in it, ENAMETOOLONG. Bytes are not looked at further: names need
 * not be UTF-8. */
int wrt__path_copy(const uint8_t *p, size_t n, char out[WRT__PATH_BYTES]);
/* Finds the place of `path` below `root`. All symbolic links are followed but the last component's, which is
 * if `follow` or if a slash comes after it. `beneath`: the platform may be asked to walk; else it is walked
 * here. 0, or an errno: EPERM the name leads outside, ELOOP, ENOENT, ... */
int wrt__path_place(int root, bool beneath, const char *path, bool follow, struct wrt__place *out);
void wrt__place_close(struct wrt__place *p);
/* Opens `path` below `root`; flags are open's, O_CLOEXEC, O_NOFOLLOW and O_NOCTTY are added as needed. */
int wrt__path_open(int root, bool beneath, const char *path, bool follow, int flags, uint32_t mode, int *fd);
/* Can the platform walk by itself? */
bool wrt__path_beneath(int dir);

#endif
