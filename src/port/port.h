/* port: the contract with the operating system or board. The linker binds one folder: linux/ (falling back to
 * posix/ by file name) or bare/. Moves bytes, time and threads; knows neither wasm nor tasks. */
#ifndef WRT_SRC_PORT_H
#define WRT_SRC_PORT_H
#include "base/base.h"

/* Memory: malloc/calloc/realloc with the contract of wrt_alloc; bare: answers NULL. [O1] */
const wrt_alloc *wrt__port_alloc(void);

/* Clocks, nanoseconds. Monotonic never goes back. */
uint64_t wrt__port_mono_ns(void);
uint64_t wrt__port_wall_ns(void);
uint64_t wrt__port_cpu_ns(void);                /* CPU time of this process */
bool wrt__port_random(void *p, size_t n);

/* Sleeps until *addr != expected, a wake, or until_ns on the monotonic clock (UINT64_MAX: for ever). Spurious
 * returns are allowed. wake: any thread, signal safe. */
void wrt__port_wait(const volatile uint32_t *addr, uint32_t expected, uint64_t until_ns);
void wrt__port_wake(const volatile uint32_t *addr);

/* A set of descriptors plus a wake-up, one per store. open: NULL without descriptors on this platform. */
struct wrt__poll;
struct wrt__poll_event {
    void *tag;
    uint32_t events;            /* 1 read, 2 write, 4 error or hang-up (with 1 or 2) */
};
struct wrt__poll *wrt__port_poll_open(const wrt_alloc *alloc);
bool wrt__port_has_poll(void);                  /* false: open answers NULL whatever memory there is */
void wrt__port_poll_close(struct wrt__poll *p);
/* Level-triggered, readable when wrt_run should be called. */
int wrt__port_poll_fd(const struct wrt__poll *p);
/* One-shot; several tags per fd; regular files are ready at once. E_ARG: no descriptor; E_NOMEM, E_LIMIT. */
wrt_status wrt__port_poll_add(struct wrt__poll *p, int fd, uint32_t events, void *tag);
/* Room for `watches` tags on descriptors numbered below 65536 or the process's limit, whichever is less; from
 * here on add asks for no memory. false: no memory. */
bool wrt__port_poll_reserve(struct wrt__poll *p, uint32_t watches);
/* Whatever waits under this tag. */
void wrt__port_poll_del(struct wrt__poll *p, void *tag);
/* until 0: does not block. May return 0 early. */
size_t wrt__port_poll_wait(
    struct wrt__poll *p, uint64_t until_ns, struct wrt__poll_event *out, size_t cap);
/* Any thread, signal safe, level-triggered until the next wait. */
void wrt__port_poll_wake(struct wrt__poll *p);

/* Threads. start: `run(arg)` on a new thread; WRT_E_UNSUPPORTED on platforms without, WRT_E_IO, WRT_E_NOMEM.
 * join waits for its end and frees it. */
struct wrt__thread;
wrt_status wrt__port_thread_start(
    const wrt_alloc *alloc, void (*run)(void *arg), void *arg, struct wrt__thread **out);
void wrt__port_thread_join(struct wrt__thread *t);
bool wrt__port_threads(void);                   /* are there any? */
uint32_t wrt__port_cpus(void);                  /* processors that this process may use; at least 1 */

/* Real-time properties of the calling thread. Each call answers WRT_OK, WRT_E_DENIED (not permitted),
 * WRT_E_UNSUPPORTED (not on this platform) or WRT_E_ARG, and keeps in *was what restore puts back. */
struct wrt__thread_was {
    uint64_t affinity[16];      /* up to 1024 processors */
    int32_t policy, priority;
    bool pinned, scheduled;
};
void wrt__port_thread_name(const char *name);   /* cut at 15 bytes; best effort */
/* To the index-th processor that this process may use, counted modulo their number. */
wrt_status wrt__port_thread_pin(struct wrt__thread_was *was, uint32_t index);
wrt_status wrt__port_thread_fifo(struct wrt__thread_was *was, uint32_t priority);
wrt_status wrt__port_thread_deadline(struct wrt__thread_was *was, uint64_t runtime_ns, uint64_t period_ns);
void wrt__port_thread_restore(const struct wrt__thread_was *was);
wrt_status wrt__port_lock_memory(void);         /* all of this process, now and later; stays so */

/* Files below a directory, for hosted builds. Flags and results are those of POSIX open: -1 and errno. */

/* Opens `path` below the directory `dir`; the lookup itself never leaves it. EXDEV: the path leads outside;
 * EAGAIN: it cannot be told because of a rename, ask again; ENOSYS: the platform has no such lookup. May
 * block as open does. */
int wrt__port_open_beneath(int dir, const char *path, int flags, uint32_t mode);
/* Access mode that opens a directory only to walk through it. */
int wrt__port_dir_flags(void);
/* Space on the disk, file made longer; 0 or an errno: EOPNOTSUPP. */
int wrt__port_reserve(int fd, uint64_t offset, uint64_t n);

void wrt__port_log(int level, wrt_str message);
#endif
