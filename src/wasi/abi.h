/* abi: the numbers and byte layouts of `wasi_snapshot_preview1`, as its interface description gives them.
 * Owns every constant that crosses the border to the guest. Must not know descriptors or the operating
 * system. */
#ifndef WRT_SRC_WASI_ABI_H
#define WRT_SRC_WASI_ABI_H

#include <stdint.h>

/* Error numbers, in the order of the interface description: the place in the list is the number. */
#define WRT__WASI_ERRNO_MAP(X)                                                                        \
    X(SUCCESS) X(2BIG) X(ACCES) X(ADDRINUSE) X(ADDRNOTAVAIL) X(AFNOSUPPORT) X(AGAIN) X(ALREADY)       \
    X(BADF)                                                                                           \
    X(BADMSG) X(BUSY) X(CANCELED) X(CHILD) X(CONNABORTED) X(CONNREFUSED) X(CONNRESET) X(DEADLK)       \
    X(DESTADDRREQ) X(DOM) X(DQUOT) X(EXIST) X(FAULT) X(FBIG) X(HOSTUNREACH) X(IDRM) X(ILSEQ)          \
    X(INPROGRESS) X(INTR) X(INVAL) X(IO) X(ISCONN) X(ISDIR) X(LOOP) X(MFILE) X(MLINK) X(MSGSIZE)      \
    X(MULTIHOP) X(NAMETOOLONG) X(NETDOWN) X(NETRESET) X(NETUNREACH) X(NFILE) X(NOBUFS) X(NODEV)       \
    X(NOENT) X(NOEXEC) X(NOLCK) X(NOLINK) X(NOMEM) X(NOMSG) X(NOPROTOOPT) X(NOSPC) X(NOSYS)           \
    X(NOTCONN) X(NOTDIR) X(NOTEMPTY) X(NOTRECOVERABLE) X(NOTSOCK) X(NOTSUP) X(NOTTY) X(NXIO)          \
    X(OVERFLOW) X(OWNERDEAD) X(PERM) X(PIPE) X(PROTO) X(PROTONOSUPPORT) X(PROTOTYPE) X(RANGE)         \
    X(ROFS) X(SPIPE) X(SRCH) X(STALE) X(TIMEDOUT) X(TXTBSY) X(XDEV) X(NOTCAPABLE)
enum wrt__wasi_errno {
#define X(name) WRT__WASI_##name,
    WRT__WASI_ERRNO_MAP(X)
#undef X
};

/* Rights: what may be done with a descriptor. */
#define WRT__WASI_RIGHT_MAP(X)                                                                        \
    X(FD_DATASYNC, 0)                                                                                 \
    X(FD_READ, 1) X(FD_SEEK, 2) X(FD_FDSTAT_SET_FLAGS, 3) X(FD_SYNC, 4) X(FD_TELL, 5) X(FD_WRITE, 6)  \
    X(FD_ADVISE, 7) X(FD_ALLOCATE, 8) X(PATH_CREATE_DIRECTORY, 9) X(PATH_CREATE_FILE, 10)             \
    X(PATH_LINK_SOURCE, 11) X(PATH_LINK_TARGET, 12) X(PATH_OPEN, 13) X(FD_READDIR, 14)                \
    X(PATH_READLINK, 15) X(PATH_RENAME_SOURCE, 16) X(PATH_RENAME_TARGET, 17)                          \
    X(PATH_FILESTAT_GET, 18) X(PATH_FILESTAT_SET_SIZE, 19) X(PATH_FILESTAT_SET_TIMES, 20)             \
    X(FD_FILESTAT_GET, 21) X(FD_FILESTAT_SET_SIZE, 22) X(FD_FILESTAT_SET_TIMES, 23)                   \
    X(PATH_SYMLINK, 24) X(PATH_REMOVE_DIRECTORY, 25) X(PATH_UNLINK_FILE, 26)                          \
    X(POLL_FD_READWRITE, 27) X(SOCK_SHUTDOWN, 28) X(SOCK_ACCEPT, 29)
enum {
#define X(name, bit) WRT__RIGHT_##name = 1 << (bit),
    WRT__WASI_RIGHT_MAP(X)
#undef X
    WRT__RIGHT_ALL = (1 << 30) - 1,
};

enum {
    WRT__FT_UNKNOWN,
    WRT__FT_BLOCK,
    WRT__FT_CHARACTER,
    WRT__FT_DIRECTORY,
    WRT__FT_REGULAR,
    WRT__FT_DGRAM,
    WRT__FT_STREAM,
    WRT__FT_SYMLINK
};
enum {
    WRT__FDF_APPEND = 1,
    WRT__FDF_DSYNC = 2,
    WRT__FDF_NONBLOCK = 4,
    WRT__FDF_RSYNC = 8,
    WRT__FDF_SYNC = 16,
    WRT__FDF_ALL = 31
};
enum { WRT__OF_CREAT = 1, WRT__OF_DIRECTORY = 2, WRT__OF_EXCL = 4, WRT__OF_TRUNC = 8, WRT__OF_ALL = 15 };
enum { WRT__LOOKUP_FOLLOW = 1 };
enum {
    WRT__FST_ATIM = 1,
    WRT__FST_ATIM_NOW = 2,
    WRT__FST_MTIM = 4,
    WRT__FST_MTIM_NOW = 8,
    WRT__FST_ALL = 15
};
enum { WRT__WHENCE_SET, WRT__WHENCE_CUR, WRT__WHENCE_END };
enum { WRT__CLOCK_REALTIME, WRT__CLOCK_MONOTONIC, WRT__CLOCK_PROCESS, WRT__CLOCK_THREAD, WRT__CLOCKS };
enum { WRT__EV_CLOCK, WRT__EV_READ, WRT__EV_WRITE, WRT__EVS, WRT__EV_HANGUP = 1, WRT__SUB_ABSTIME = 1 };
enum {
    WRT__RI_PEEK = 1,
    WRT__RI_WAITALL = 2,
    WRT__RI_ALL = 3,
    WRT__RO_TRUNCATED = 1,
    WRT__SD_RD = 1,
    WRT__SD_WR = 2
};
enum {
    WRT__SIGNAL_NONE = 0,
    WRT__SIGNAL_CHLD = 16,
    WRT__SIGNAL_CONT = 17,
    WRT__SIGNAL_STOP = 18,
    WRT__SIGNAL_TTOU = 21,
    WRT__SIGNAL_URG = 22,
    WRT__SIGNAL_WINCH = 27,
    WRT__SIGNALS = 31
};

/* Sizes of the structures in guest memory. They are written field by field: padding is always zero. */
enum {
    WRT__IOVEC_BYTES = 8,
    WRT__FDSTAT_BYTES = 24,
    WRT__FILESTAT_BYTES = 64,
    WRT__DIRENT_BYTES = 24,
    WRT__PRESTAT_BYTES = 8,
    WRT__SUBSCRIPTION_BYTES = 48,
    WRT__EVENT_BYTES = 32
};

static inline void wrt__put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
static inline void wrt__put32(uint8_t *p, uint32_t v)
{
    wrt__put16(p, (uint16_t)v);
    wrt__put16(p + 2, (uint16_t)(v >> 16));
}
static inline void wrt__put64(uint8_t *p, uint64_t v)
{
    wrt__put32(p, (uint32_t)v);
    wrt__put32(p + 4, (uint32_t)(v >> 32));
}
static inline uint16_t wrt__get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static inline uint32_t wrt__get32(const uint8_t *p)
{
    return wrt__get16(p) | (uint32_t)wrt__get16(p + 2) << 16;
}
static inline uint64_t wrt__get64(const uint8_t *p)
{
    return wrt__get32(p) | (uint64_t)wrt__get32(p + 4) << 32;
}

#endif
