/* The numbers and layouts that cross the border, and what kinds of files are taken for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "test.h"
#include "wasi/wasi.h"

TEST(numbers_of_the_interface)
{
    CHECK_EQ(WRT__WASI_SUCCESS, 0);
    CHECK_EQ(WRT__WASI_AGAIN, 6);
    CHECK_EQ(WRT__WASI_BADF, 8);
    CHECK_EQ(WRT__WASI_EXIST, 20);
    CHECK_EQ(WRT__WASI_FAULT, 21);
    CHECK_EQ(WRT__WASI_INVAL, 28);
    CHECK_EQ(WRT__WASI_ISDIR, 31);
    CHECK_EQ(WRT__WASI_NAMETOOLONG, 37);
    CHECK_EQ(WRT__WASI_NOENT, 44);
    CHECK_EQ(WRT__WASI_NOTDIR, 54);
    CHECK_EQ(WRT__WASI_NOTSOCK, 57);
    CHECK_EQ(WRT__WASI_PERM, 63);
    CHECK_EQ(WRT__WASI_ROFS, 69);
    CHECK_EQ(WRT__WASI_XDEV, 75);
    CHECK_EQ(WRT__WASI_NOTCAPABLE, 76);
    CHECK_EQ(WRT__RIGHT_FD_READDIR, 1 << 14);
    CHECK_EQ(WRT__RIGHT_SOCK_ACCEPT, 1 << 29);
    uint64_t all = 0;
#define X(name, bit) all |= (uint64_t)WRT__RIGHT_##name;
    WRT__WASI_RIGHT_MAP(X)
#undef X
    CHECK_EQ(all, WRT__RIGHT_ALL);
}

TEST(errors_of_the_system)
{
    static const struct { int host; int guest; const char *name;
    } cases[] = {
        { EACCES, WRT__WASI_ACCES, "ACCES" }, { EAGAIN, WRT__WASI_AGAIN, "AGAIN" },
        { EBADF, WRT__WASI_BADF, "BADF" }, { ELOOP, WRT__WASI_LOOP, "LOOP" },
        { ENOSPC, WRT__WASI_NOSPC, "NOSPC" }, { EOPNOTSUPP, WRT__WASI_NOTSUP, "NOTSUP" },
        { EPERM, WRT__WASI_PERM, "PERM" }, { EXDEV, WRT__WASI_XDEV, "XDEV" }, { 9999, WRT__WASI_IO, "IO" },
        { 0, WRT__WASI_IO, "IO" }, /* a failure is never success */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQ(wrt__wasi_errno(cases[i].host), cases[i].guest);
        CHECK_STR(wrt__wasi_errno_name(cases[i].guest), cases[i].name);
    }
    bool used[WRT__WASI_NOTCAPABLE + 1] = { false };
    for (int e = 1; e < 200; e++) {
        int guest = wrt__wasi_errno(e);
        CHECK(guest > 0 && guest < WRT__WASI_NOTCAPABLE);
        used[guest > 0 && guest < WRT__WASI_NOTCAPABLE ? guest : 0] = true;
    }
    for (int guest = 1; guest < WRT__WASI_NOTCAPABLE; guest++) { /* every number but our own has a cause */
        CONTEXT("%s", wrt__wasi_errno_name(guest));
        CHECK(used[guest]);
    }
    CHECK_STR(wrt__wasi_errno_name(77), "?");
    CHECK_STR(wrt__wasi_errno_name(-1), "?");
    CHECK_EQ(wrt__wasi_status(WRT_E_NOMEM), WRT__WASI_NOMEM);
    CHECK_EQ(wrt__wasi_status(WRT_E_LIMIT), WRT__WASI_NOBUFS);
    CHECK_EQ(wrt__wasi_status(WRT_E_STATE), WRT__WASI_IO);
}

TEST(little_endian)
{
    uint8_t p[8];
    static const uint8_t expected[8] = { 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 };
    wrt__put64(p, 0x1122334455667788u);
    CHECK_MEM(p, expected, 8);
    CHECK_EQ(wrt__get64(p), 0x1122334455667788u);
    CHECK_EQ(wrt__get32(p), 0x55667788u);
    CHECK_EQ(wrt__get16(p), 0x7788u);
    memset(p, 0xff, 8);
    CHECK_EQ(wrt__get16(p), 0xffffu);
    CHECK_EQ(wrt__get32(p), 0xffffffffu);
    CHECK_EQ(wrt__get64(p), UINT64_MAX);
}

/* Field by field, and nothing of what was in memory before. */
TEST(a_filestat)
{
    uint8_t to[WRT__FILESTAT_BYTES + 8];
    struct stat st;
    memset(&st, 0xee, sizeof st);
    memset(to, 0xaa, sizeof to);
    st.st_dev = 1;
    st.st_ino = 2;
    st.st_nlink = 3;
    st.st_size = 4;
    st.st_atim = (struct timespec){ 5, 6 };
    st.st_mtim = (struct timespec){ -1, 0 };
    st.st_ctim = (struct timespec){ 20000000000, 0 };
    wrt__wasi_filestat_put(to, &st, WRT__FT_REGULAR);
    static const uint64_t fields[8] = { 1, 2, WRT__FT_REGULAR, 3, 4, 5000000006u, 0, UINT64_MAX };
    for (size_t i = 0; i < 8; i++) {
        CONTEXT("field %zu", i);
        CHECK_EQ(wrt__get64(to + 8 * i), fields[i]);
    }
    CHECK_EQ(to[WRT__FILESTAT_BYTES], 0xaa);
}

TEST(times_to_set)
{
    static const struct { uint32_t flags; int e; long a, m; } cases[] = {
        { 0, 0, UTIME_OMIT, UTIME_OMIT },
        { WRT__FST_ATIM, 0, 7, UTIME_OMIT },
        { WRT__FST_MTIM, 0, UTIME_OMIT, 9 },
        { WRT__FST_ATIM | WRT__FST_MTIM, 0, 7, 9 },
        { WRT__FST_ATIM_NOW, 0, UTIME_NOW, UTIME_OMIT },
        { WRT__FST_ATIM_NOW | WRT__FST_MTIM, 0, UTIME_NOW, 9 },
        { WRT__FST_ATIM_NOW | WRT__FST_MTIM_NOW, 0, UTIME_NOW, UTIME_NOW },
        { WRT__FST_ATIM | WRT__FST_ATIM_NOW, WRT__WASI_INVAL, 0, 0 },
        { WRT__FST_MTIM | WRT__FST_MTIM_NOW, WRT__WASI_INVAL, 0, 0 },
        { 16, WRT__WASI_INVAL, 0, 0 },
        { UINT32_MAX, WRT__WASI_INVAL, 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct timespec t[2];
        CONTEXT("flags %u", cases[i].flags);
        int e = wrt__wasi_times(3000000007u, 4000000009u, cases[i].flags, t);
        CHECK_EQ(e, cases[i].e);
        if (e) continue;
        CHECK_EQ(t[0].tv_nsec, cases[i].a);
        CHECK_EQ(t[1].tv_nsec, cases[i].m);
        if (cases[i].a == 7) CHECK_EQ(t[0].tv_sec, 3);
        if (cases[i].m == 9) CHECK_EQ(t[1].tv_sec, 4);
    }
}

static void kind_check(
    struct wrt__wasi *w, const char *what, int fd, uint8_t type, bool stream, uint64_t has, uint64_t has_not)
{
    CONTEXT("%s", what);
    struct wrt__wasi_file *f = wrt__wasi_file_new(w, fd, true);
    REQUIRE(f != NULL);
    CHECK_EQ(f->filetype, type);
    CHECK_EQ(f->stream, stream);
    CHECK_EQ(wrt__wasi_rights_of(f) & has, has);
    CHECK_EQ(wrt__wasi_rights_of(f) & has_not, 0);
    wrt__wasi_file_drop(w, f);
    CHECK(fcntl(fd, F_GETFD) < 0); /* it was the owner */
}

TEST(kinds_of_files)
{
    struct test_heap heap;
    struct wrt__wasi w;
    int pair[2];
    char name[] = "/tmp/wrt-layout-XXXXXX";
    enum {
        SEEK = WRT__RIGHT_FD_SEEK,
        READ = WRT__RIGHT_FD_READ,
        LIST = WRT__RIGHT_FD_READDIR,
        ACCEPT = WRT__RIGHT_SOCK_ACCEPT
    };
    test_heap_init(&heap);
    memset(&w, 0, sizeof w);
    w.alloc = heap.alloc;
    kind_check(&w, "regular", mkstemp(name), WRT__FT_REGULAR, false, READ | SEEK, LIST | ACCEPT);
    unlink(name);
    kind_check(&w, "directory", open("/", O_RDONLY | O_DIRECTORY), WRT__FT_DIRECTORY, false, LIST,
        READ | SEEK | WRT__RIGHT_FD_WRITE | ACCEPT);
    CHECK_EQ(pipe(pair), 0);
    kind_check(&w, "pipe", pair[0], WRT__FT_UNKNOWN, true, READ, SEEK | LIST | ACCEPT);
    close(pair[1]);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    kind_check(&w, "stream socket", pair[0], WRT__FT_STREAM, true, READ | ACCEPT, SEEK | LIST);
    close(pair[1]);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    kind_check(&w, "datagram socket", pair[0], WRT__FT_DGRAM, true, READ, SEEK | LIST);
    close(pair[1]);
    kind_check(
        &w, "no terminal", open("/dev/null", O_RDWR), WRT__FT_CHARACTER, true, READ | SEEK, LIST | ACCEPT);
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal >= 0) {
        kind_check(&w, "terminal", terminal, WRT__FT_CHARACTER, true, READ, SEEK | LIST | ACCEPT);
    }
    CHECK_EQ(heap.live, 0);
}

/* The lowest number that is free, up to the limit. */
TEST(descriptor_numbers)
{
    struct test_heap heap;
    struct wrt__wasi w;
    static struct wrt__wasi_file file = { .refs = 5000, .fd = -1 };
    uint32_t at;
    test_heap_init(&heap);
    memset(&w, 0, sizeof w);
    w.alloc = heap.alloc;
    for (uint32_t i = 0; i < WRT__WASI_FILES_MAX; i++) {
        REQUIRE(wrt__wasi_files_free(&w, &at) == 0);
        CHECK_EQ(at, i);
        w.files[at] = &file;
    }
    CHECK_EQ(wrt__wasi_files_free(&w, &at), WRT__WASI_MFILE);
    w.files[17] = w.files[500] = NULL;
    CHECK_EQ(wrt__wasi_files_free(&w, &at), 0);
    CHECK_EQ(at, 17);
    w.files[17] = &file;
    CHECK_EQ(wrt__wasi_files_free(&w, &at), 0);
    CHECK_EQ(at, 500);
    CHECK(wrt__wasi_file_at(&w, 499) == &file && !wrt__wasi_file_at(&w, 500));
    CHECK(!wrt__wasi_file_at(&w, WRT__WASI_FILES_MAX) && !wrt__wasi_file_at(&w, UINT32_MAX));
    CHECK(!wrt__wasi_files_room(&w, WRT__WASI_FILES_MAX) && !wrt__wasi_files_room(&w, UINT32_MAX));
    wrt__free(&w.alloc, w.files, w.files_cap * sizeof *w.files, WRT_TAG_TABLE);
    CHECK_EQ(heap.live, 0);
}
