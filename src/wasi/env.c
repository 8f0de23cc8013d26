/* env: what a program is told about its world: arguments, environment, clocks, random numbers, its end. Must
 * not know descriptors. Text: the functions args_*, environ_*, clock_*, random_get, proc_* and sched_yield of
 * preview 1. */
#define _XOPEN_SOURCE 700
#include "wasi/wasi.h"

#include <string.h>
#include <time.h>

/* ---- arguments and environment ------------------------------------------------------------------- */

static int env_sizes(struct wrt__wasi_call *c, uint32_t count, uint32_t bytes)
{
    uint8_t *n = wrt__wasi_mem(c, wrt__wasi_u32(c, 0), 4);
    uint8_t *size = wrt__wasi_mem(c, wrt__wasi_u32(c, 1), 4);
    if (!n || !size) return WRT__WASI_FAULT;
    wrt__put32(n, count);
    wrt__put32(size, bytes);
    return 0;
}

/* `count` texts of `bytes` bytes together, each ending in a 0: pointers to the first place, texts to the
 * second. */
static int env_list(struct wrt__wasi_call *c, const char *text, uint32_t count, uint32_t bytes)
{
    uint32_t base = wrt__wasi_u32(c, 1);
    uint8_t *list = wrt__wasi_mem(c, wrt__wasi_u32(c, 0), (uint64_t)count * 4);
    uint8_t *buf = wrt__wasi_mem(c, base, bytes);
    if (!list || !buf) return WRT__WASI_FAULT;
    wrt_status status = wrt__wasi_charge(c, (uint64_t)count * 4 + bytes, WRT__WASI_BYTES_PER_FUEL);
    if (status != WRT_OK) return status;
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        wrt__put32(list + (size_t)i * 4, base + at);
        at += (uint32_t)strlen(text + at) + 1;
    }
    if (bytes) memmove(buf, text, bytes);
    return 0;
}

int wrt__wasi_args_get(struct wrt__wasi_call *c)
{
    return env_list(c, c->w->text, c->w->args_count, c->w->args_bytes);
}
int wrt__wasi_args_sizes_get(struct wrt__wasi_call *c)
{
    return env_sizes(c, c->w->args_count, c->w->args_bytes);
}
int wrt__wasi_environ_sizes_get(struct wrt__wasi_call *c)
{
    return env_sizes(c, c->w->env_count, c->w->env_bytes);
}
int wrt__wasi_environ_get(struct wrt__wasi_call *c)
{
    return env_list(c, c->w->text + c->w->args_bytes, c->w->env_count, c->w->env_bytes);
}

/* ---- clocks -------------------------------------------------------------------------------------- */

static uint64_t env_ns(struct timespec t) { return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec; }

static clockid_t env_clock(uint32_t id)
{
    static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
        CLOCK_THREAD_CPUTIME_ID };
    return clocks[id];
}

int wrt__wasi_clock_res_get(struct wrt__wasi_call *c)
{
    uint32_t id = wrt__wasi_u32(c, 0);
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 1), 8);
    struct timespec t = { .tv_nsec = 1 };
    if (id >= WRT__CLOCKS) return WRT__WASI_INVAL;
    if (!to) return WRT__WASI_FAULT;
    if (!c->w->deterministic && clock_getres(env_clock(id), &t) != 0) return wrt__wasi_error();
    wrt__put64(to, env_ns(t));
    return 0;
}

/* In a deterministic run every clock is the store's: two clocks cannot drift apart. */
int wrt__wasi_clock_time_get(struct wrt__wasi_call *c)
{
    struct wrt__wasi *w = c->w;
    uint32_t id = wrt__wasi_u32(c, 0);
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 2), 8);
    struct timespec t;
    if (id >= WRT__CLOCKS) return WRT__WASI_INVAL;
    if (!to) return WRT__WASI_FAULT;
    if (w->deterministic || id == WRT__CLOCK_MONOTONIC) {
        wrt__put64(to, wrt__wasi_now(c));
    } else if (id == WRT__CLOCK_REALTIME && w->host.wall_ns) {
        wrt__put64(to, w->host.wall_ns(w->host.ctx));
    } else {
        if (clock_gettime(env_clock(id), &t) != 0) return wrt__wasi_error();
        wrt__put64(to, env_ns(t));
    }
    return 0;
}

/* ---- random -------------------------------------------------------------------------------------- */

static uint64_t env_rotate(uint64_t x, int k) { return x << k | x >> (64 - k); }

/* xoshiro256**: not for secrets, but a deterministic run has none. */
static uint64_t env_random_next(uint64_t s[4])
{
    uint64_t result = env_rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = env_rotate(s[3], 45);
    return result;
}

static bool env_random(struct wrt__wasi *w, uint8_t *p, size_t n)
{
    if (!w->deterministic) return w->host.random && w->host.random(w->host.ctx, p, n);
    while (n > 0) {
        uint8_t word[8];
        size_t take = n < sizeof word ? n : sizeof word;
        wrt__put64(word, env_random_next(w->rng));
        memcpy(p, word, take);
        p += take;
        n -= take;
    }
    return true;
}

/* There is no short count here, so a long request is made in steps with the other tasks in between. */
int wrt__wasi_random_get(struct wrt__wasi_call *c)
{
    uint32_t n = wrt__wasi_u32(c, 1);
    uint64_t done = c->op ? c->op->done : 0;
    uint8_t *to = wrt__wasi_mem(c, wrt__wasi_u32(c, 0), n);
    if (!to) return WRT__WASI_FAULT;
    wrt_status status = wrt__wasi_charge(c, (uint64_t)n * WRT__WASI_FUEL_PER_RANDOM, 1);
    if (status != WRT_OK) return status;
    size_t step = (size_t)wrt__min_u64(n - done, WRT__WASI_STEP_BYTES);
    if (step > 0 && !env_random(c->w, to + done, step)) return WRT__WASI_IO;
    done += step;
    return done < n ? wrt__wasi_pause(c, done) : 0;
}

/* ---- the end, and giving way --------------------------------------------------------------------- */

int wrt__wasi_proc_exit(struct wrt__wasi_call *c) { return wrt_exit(c->call, (int32_t)wrt__wasi_u32(c, 0)); }

/* Nobody can have a handler: what a system does by default is all there is. */
int wrt__wasi_proc_raise(struct wrt__wasi_call *c)
{
    uint32_t sig = wrt__wasi_u32(c, 0);
    char text[40];
    if (sig >= WRT__SIGNALS) return WRT__WASI_INVAL;
    if (sig == WRT__SIGNAL_NONE || sig == WRT__SIGNAL_CHLD || sig == WRT__SIGNAL_CONT) return 0;
    if (sig == WRT__SIGNAL_URG || sig == WRT__SIGNAL_WINCH) return 0;
    if (sig >= WRT__SIGNAL_STOP && sig <= WRT__SIGNAL_TTOU) return WRT__WASI_NOTSUP;
    size_t n = wrt__format(text, sizeof text, "the guest raised signal %u", sig);
    return wrt_raise(c->call, (wrt_str){ text, n });
}

int wrt__wasi_sched_yield(struct wrt__wasi_call *c)
{
    (void)c;
    return WRT__WASI_YIELDED;
}
