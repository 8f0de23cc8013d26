/* errno: the system's error numbers in the guest's words. Owns the table and nothing else. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <errno.h>

struct errno_pair { int host; int guest; };

static const struct errno_pair errno_pairs[] = {
    { E2BIG, WRT__WASI_2BIG },
    { EACCES, WRT__WASI_ACCES },
    { EADDRINUSE, WRT__WASI_ADDRINUSE },
    { EADDRNOTAVAIL, WRT__WASI_ADDRNOTAVAIL },
    { EAFNOSUPPORT, WRT__WASI_AFNOSUPPORT },
    { EAGAIN, WRT__WASI_AGAIN },
    { EWOULDBLOCK, WRT__WASI_AGAIN },
    { EALREADY, WRT__WASI_ALREADY },
    { EBADF, WRT__WASI_BADF },
    { EBADMSG, WRT__WASI_BADMSG },
    { EBUSY, WRT__WASI_BUSY },
    { ECANCELED, WRT__WASI_CANCELED },
    { ECHILD, WRT__WASI_CHILD },
    { ECONNABORTED, WRT__WASI_CONNABORTED },
    { ECONNREFUSED, WRT__WASI_CONNREFUSED },
    { ECONNRESET, WRT__WASI_CONNRESET },
    { EDEADLK, WRT__WASI_DEADLK },
    { EDESTADDRREQ, WRT__WASI_DESTADDRREQ },
    { EDOM, WRT__WASI_DOM },
    { EDQUOT, WRT__WASI_DQUOT },
    { EEXIST, WRT__WASI_EXIST },
    { EFAULT, WRT__WASI_FAULT },
    { EFBIG, WRT__WASI_FBIG },
    { EHOSTUNREACH, WRT__WASI_HOSTUNREACH },
    { EIDRM, WRT__WASI_IDRM },
    { EILSEQ, WRT__WASI_ILSEQ },
    { EINPROGRESS, WRT__WASI_INPROGRESS },
    { EINTR, WRT__WASI_INTR },
    { EINVAL, WRT__WASI_INVAL },
    { EIO, WRT__WASI_IO },
    { EISCONN, WRT__WASI_ISCONN },
    { EISDIR, WRT__WASI_ISDIR },
    { ELOOP, WRT__WASI_LOOP },
    { EMFILE, WRT__WASI_MFILE },
    { EMLINK, WRT__WASI_MLINK },
    { EMSGSIZE, WRT__WASI_MSGSIZE },
    { EMULTIHOP, WRT__WASI_MULTIHOP },
    { ENAMETOOLONG, WRT__WASI_NAMETOOLONG },
    { ENETDOWN, WRT__WASI_NETDOWN },
    { ENETRESET, WRT__WASI_NETRESET },
    { ENETUNREACH, WRT__WASI_NETUNREACH },
    { ENFILE, WRT__WASI_NFILE },
    { ENOBUFS, WRT__WASI_NOBUFS },
    { ENODEV, WRT__WASI_NODEV },
    { ENOENT, WRT__WASI_NOENT },
    { ENOEXEC, WRT__WASI_NOEXEC },
    { ENOLCK, WRT__WASI_NOLCK },
    { ENOLINK, WRT__WASI_NOLINK },
    { ENOMEM, WRT__WASI_NOMEM },
    { ENOMSG, WRT__WASI_NOMSG },
    { ENOPROTOOPT, WRT__WASI_NOPROTOOPT },
    { ENOSPC, WRT__WASI_NOSPC },
    { ENOSYS, WRT__WASI_NOSYS },
    { ENOTCONN, WRT__WASI_NOTCONN },
    { ENOTDIR, WRT__WASI_NOTDIR },
    { ENOTEMPTY, WRT__WASI_NOTEMPTY },
    { ENOTRECOVERABLE, WRT__WASI_NOTRECOVERABLE },
    { ENOTSOCK, WRT__WASI_NOTSOCK },
    { ENOTSUP, WRT__WASI_NOTSUP },
    { EOPNOTSUPP, WRT__WASI_NOTSUP },
    { ENOTTY, WRT__WASI_NOTTY },
    { ENXIO, WRT__WASI_NXIO },
    { EOVERFLOW, WRT__WASI_OVERFLOW },
    { EOWNERDEAD, WRT__WASI_OWNERDEAD },
    { EPERM, WRT__WASI_PERM },
    { EPIPE, WRT__WASI_PIPE },
    { EPROTO, WRT__WASI_PROTO },
    { EPROTONOSUPPORT, WRT__WASI_PROTONOSUPPORT },
    { EPROTOTYPE, WRT__WASI_PROTOTYPE },
    { ERANGE, WRT__WASI_RANGE },
    { EROFS, WRT__WASI_ROFS },
    { ESPIPE, WRT__WASI_SPIPE },
    { ESRCH, WRT__WASI_SRCH },
    { ESTALE, WRT__WASI_STALE },
    { ETIMEDOUT, WRT__WASI_TIMEDOUT },
    { ETXTBSY, WRT__WASI_TXTBSY },
    { EXDEV, WRT__WASI_XDEV },
};

/* A number that POSIX does not know is some failure of the device. */
int wrt__wasi_errno(int host_errno)
{
    for (size_t i = 0; i < WRT_COUNT(errno_pairs); i++) {
        if (errno_pairs[i].host == host_errno) return errno_pairs[i].guest;
    }
    return WRT__WASI_IO;
}

int wrt__wasi_error(void) { return wrt__wasi_errno(errno); }

int wrt__wasi_status(wrt_status s)
{
    switch (s) {
    case WRT_E_LIMIT: return WRT__WASI_NOBUFS;
    case WRT_E_NOMEM: return WRT__WASI_NOMEM;
    case WRT_E_UNSUPPORTED: return WRT__WASI_NOTSUP;
    default: return WRT__WASI_IO;
    }
}

const char *wrt__wasi_errno_name(int e)
{
    static const char *const names[] = {
#define X(name) #name,
        WRT__WASI_ERRNO_MAP(X)
#undef X
    };
    return e >= 0 && (size_t)e < WRT_COUNT(names) ? names[e] : "?";
}
