/* Real guests (tests/fixtures/wasi) against the whole of preview 1: every function and refusal, tasks that
 * are parked while others go on, prices, failures of memory and of the host. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "test.h"
#include "api/objects.h"
#include "wasi/wasi.h"
#include <wrt/wrt.h>

/* ---- a host -------------------------------------------------------------------------------------- */

struct host {
    struct test_heap heap;
    wrt_engine *e;
    wrt_store *s;
    wrt_code *code;
    wrt_error err;
    struct { char text[70000]; size_t n; } out;
};

static wrt_status host_sink(void *ctx, const uint8_t *p, size_t n)
{
    struct host *h = ctx;
    if (n > sizeof h->out.text - 1 - h->out.n) return WRT_E_LIMIT;
    memcpy(h->out.text + h->out.n, p, n);
    h->out.n += n;
    h->out.text[h->out.n] = 0;
    return WRT_OK;
}

static wrt_status host_load(struct host *h, const char *name)
{
    static uint8_t bytes[1 << 18];
    char path[512];
    snprintf(path, sizeof path, "%s/tests/fixtures/wasi/%s.wasm", WRT_TEST_SOURCE, name);
    FILE *f = fopen(path, "rb");
    if (!CHECK(f != NULL)) return WRT_E_IO;
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return wrt_load(h->e, (wrt_bytes){ bytes, n }, NULL, &h->code, &h->err);
}

static void host_open_with(struct host *h, const char *guest, const wrt_store_opts *o)
{
    memset(h, 0, sizeof *h);
    test_heap_init(&h->heap);
    wrt_config c = WRT_INIT(wrt_config);
    c.alloc = &h->heap.alloc;
    CHECK_EQ(wrt_engine_new(&c, &h->e, &h->err), WRT_OK);
    CHECK_EQ(wrt_store_new(h->e, o, &h->s, &h->err), WRT_OK);
    CHECK_EQ(host_load(h, guest), WRT_OK);
}

static void host_open(struct host *h, const char *guest) { host_open_with(h, guest, NULL); }

static void host_close(struct host *h)
{
    wrt_store_free(h->s);
    wrt_code_free(h->code);
    wrt_engine_free(h->e);
    CHECK_EQ(h->heap.live, 0);
    if (h->heap.broken) CHECK_STR(h->heap.broken, "");
}

/* One program with `tool JOB NUMBER`, as a task. */
struct prog { wrt_str args[3]; wrt_wasi w; wrt_instance *instance; wrt_task task; char number[16]; };

static void prog_init(struct prog *p, struct host *h, const char *job, unsigned n)
{
    memset(p, 0, sizeof *p);
    snprintf(p->number, sizeof p->number, "%u", n);
    p->args[0] = WRT_STR("tool");
    p->args[1] = (wrt_str){ job, strlen(job) };
    p->args[2] = (wrt_str){ p->number, strlen(p->number) };
    p->w = wrt_wasi_default();
    p->w.args = p->args;
    p->w.nargs = 3;
    p->w.fd_in = -1;
    p->w.fd_out = -1;
    p->w.out = (wrt_sink){ h, host_sink };
}

static bool prog_start_in(struct prog *p, struct host *h, wrt_linker *l)
{
    wrt_func *f;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    return CHECK_EQ(wrt_instantiate(h->s, l, h->code, &p->instance, &h->err), WRT_OK) &&
        CHECK_EQ(wrt_export_func(p->instance, WRT_STR("_start"), &f, &h->err), WRT_OK) &&
        CHECK_EQ(wrt_task_start(h->s, f, NULL, 0, &o, &p->task, &h->err), WRT_OK);
}

static bool prog_start(struct prog *p, struct host *h)
{
    wrt_linker *l;
    CHECK_EQ(wrt_linker_new(h->e, &l, &h->err), WRT_OK);
    CHECK_EQ(wrt_link_wasi(l, &p->w, &h->err), WRT_OK);
    bool ok = prog_start_in(p, h, l);
    wrt_linker_free(l);
    return ok;
}

/* Runs the store until this task has ended; its exit code, or a status below -1000. */
static int prog_end(struct prog *p, struct host *h)
{
    wrt_error err;
    for (int i = 0; i < 10000; i++) {
        wrt_status status = wrt_task_result(h->s, p->task, NULL, 0, &err);
        if (status == WRT_OK) return 0;
        if (status == WRT_E_EXIT) return err.exit_code;
        if (status < 0) return -1000 + status;
        status = wrt_run(h->s, NULL);
        if (status == WRT_IDLE) status = wrt_wait(h->s, 2000000000u);
        if (status < 0) return -1000 + status;
    }
    return -2000;
}

static wrt_task_state prog_state(const struct prog *p, struct host *h)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_task_info_get(h->s, p->task, &info), WRT_OK);
    return info.state;
}

static uint64_t prog_host_fuel(const struct prog *p, struct host *h)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_task_info_get(h->s, p->task, &info), WRT_OK);
    return info.host_fuel;
}

static uint64_t prog_slices(const struct prog *p, struct host *h)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    CHECK_EQ(wrt_task_info_get(h->s, p->task, &info), WRT_OK);
    return info.slices;
}

static uint64_t host_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int host_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static int host_descriptors(void)
{
    int n = 0;
    for (int fd = 0; fd < 256; fd++) n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* ---- every function ------------------------------------------------------------------------------ */

static void calls_tree(char *base, char *rw, char *ro)
{
    char path[128];
    snprintf(base, 32, "/tmp/wrt-wasi-XXXXXX");
    CHECK(mkdtemp(base) != NULL);
    snprintf(rw, 64, "%s/rw", base);
    snprintf(ro, 64, "%s/ro", base);
    CHECK(mkdir(rw, 0700) == 0 && mkdir(ro, 0700) == 0);
    snprintf(path, sizeof path, "%s/d", ro);
    CHECK_EQ(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/link", ro);
    CHECK_EQ(symlink("r.txt", path), 0);
    snprintf(path, sizeof path, "%s/r.txt", ro);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs("read\n", f) >= 0 && fclose(f) == 0);
}

/* The program that the functions of a linker share. */
static struct wrt__wasi *calls_program(const wrt_linker *l)
{
    const struct wrt__linked *x = wrt__linker_find(l, WRT_STR("wasi_snapshot_preview1"), WRT_STR("fd_read"));
    return ((struct wrt__wasi_fn *)x->host->ctx)->w;
}

static void calls_run(bool walk)
{
    struct host h;
    struct prog p;
    char base[32], rw[64], ro[64];
    int in[2];
    wrt_linker *l;
    calls_tree(base, rw, ro);
    host_open(&h, "calls");
    prog_init(&p, &h, "", 0);
    wrt_str args[] = { WRT_STR("calls"), WRT_STR("one"), WRT_STR("two words") },
            env[] = { WRT_STR("A=1"), WRT_STR("B=") };
    wrt_dir dirs[] = { { { rw, strlen(rw) }, WRT_STR("/rw"), true },
        { { ro, strlen(ro) }, WRT_STR("/ro"), false } };
    CHECK_EQ(pipe(in), 0);
    CHECK(write(in[1], "input\n", 6) == 6 && close(in[1]) == 0);
    p.w.args = args;
    p.w.env = env;
    p.w.nenv = 2;
    p.w.dirs = dirs;
    p.w.ndirs = 2;
    p.w.fd_in = in[0];
    CHECK_EQ(wrt_linker_new(h.e, &l, &h.err), WRT_OK);
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_OK);
    if (walk) calls_program(l)->beneath = false;
    if (prog_start_in(&p, &h, l)) CHECK_EQ(prog_end(&p, &h), 0);
    wrt_linker_free(l);
    CHECK_STR(h.out.text, "0 wrong\n");
    host_close(&h);
    close(in[0]);
    CHECK_EQ(rmdir(rw), 0); /* it left nothing behind */
    CHECK_EQ(nftw(base, host_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

TEST(every_function_with_the_platforms_lookup) { calls_run(false); }
TEST(every_function_with_the_walk) { calls_run(true); }

/* ---- parking ------------------------------------------------------------------------------------- */

/* One task waits for a pipe, another runs to its end, a third sleeps; then the pipe speaks. */
TEST(a_read_parks_its_task_alone)
{
    struct host h;
    struct prog reader, other, sleeper;
    int in[2], descriptors = host_descriptors();
    CHECK_EQ(pipe(in), 0);
    host_open(&h, "tool");
    prog_init(&reader, &h, "echo", 0);
    reader.w.fd_in = in[0];
    prog_init(&other, &h, "fill", 100000);
    other.w.out = (wrt_sink){ NULL, NULL };
    other.w.fd_out = open("/dev/null", O_WRONLY);
    prog_init(&sleeper, &h, "sleep", 30);
    uint64_t start = host_ms();
    if (prog_start(&reader, &h) && prog_start(&other, &h) && prog_start(&sleeper, &h)) {
        CHECK_EQ(prog_end(&other, &h), 0);
        CHECK_EQ(prog_state(&reader, &h), WRT_TASK_WAITING);
        CHECK_EQ(prog_end(&sleeper, &h), 0);
        CHECK(host_ms() - start >= 30);
        CHECK_EQ(prog_state(&reader, &h), WRT_TASK_WAITING);
        CHECK_EQ(write(in[1], "one\n", 4), 4);
        while (h.out.n < 4) CHECK(wrt_wait(h.s, 1000000000) >= 0);
        CHECK_EQ(prog_state(&reader, &h), WRT_TASK_WAITING);
        CHECK_EQ(write(in[1], "two\n", 4), 4);
        close(in[1]);
        CHECK_EQ(prog_end(&reader, &h), 0);
    }
    CHECK_STR(h.out.text, "one\ntwo\n");
    host_close(&h);
    close(in[0]);
    close(other.w.fd_out);
    CHECK_EQ(host_descriptors(), descriptors);
}

TEST(sleeps_run_side_by_side)
{
    struct host h;
    static struct prog p[20];
    host_open(&h, "tool");
    uint64_t start = host_ms();
    for (int i = 0; i < 20; i++) {
        prog_init(&p[i], &h, "sleep", 60);
        if (!prog_start(&p[i], &h)) break;
    }
    for (int i = 0; i < 20; i++) CHECK_EQ(prog_end(&p[i], &h), 0);
    CHECK(host_ms() - start >= 60 && host_ms() - start < 600);
    host_close(&h);
}

/* A pipe that nobody empties parks its writer; nothing is lost when it is emptied at last. */
TEST(a_full_pipe_parks_its_writer)
{
    struct host h;
    struct prog p;
    int out[2];
    static uint8_t got[200000];
    size_t n = 0;
    CHECK_EQ(pipe(out), 0);
    host_open(&h, "tool");
    prog_init(&p, &h, "fill", 200000);
    p.w.out = (wrt_sink){ NULL, NULL };
    p.w.fd_out = out[1];
    if (prog_start(&p, &h)) {
        CHECK_EQ(wrt_run(h.s, NULL), WRT_IDLE);
        CHECK_EQ(prog_state(&p, &h), WRT_TASK_WAITING);
        CHECK_EQ(fcntl(out[1], F_GETFL) & O_NONBLOCK, 0); /* the host's own descriptor is as it was */
        for (int i = 0; i < 1000 && n < sizeof got; i++) {
            struct pollfd f = { .fd = out[0], .events = POLLIN };
            while (poll(&f, 1, 0) > 0 && n < sizeof got) n += (size_t)read(out[0], got + n, sizeof got - n);
            CHECK(wrt_wait(h.s, 1000000) >= 0);
        }
        CHECK_EQ(prog_end(&p, &h), 0);
    }
    CHECK_EQ(n, sizeof got);
    for (size_t i = 0; i < n; i++) {
        if (got[i] != (uint8_t)(i * 7)) {
            CHECK_EQ(i, 0);
            break;
        }
    }
    host_close(&h);
    close(out[0]);
    close(out[1]);
}

TEST(nonblocking_says_again)
{
    struct host h;
    struct prog p;
    int out[2];
    CHECK_EQ(pipe(out), 0);
    host_open(&h, "tool");
    prog_init(&p, &h, "try", 5000);
    p.w.out = (wrt_sink){ NULL, NULL };
    p.w.fd_out = out[1];
    if (prog_start(&p, &h)) CHECK_EQ(prog_end(&p, &h), WRT__WASI_AGAIN);
    host_close(&h);
    close(out[0]);
    close(out[1]);
}

TEST(nobody_reads_any_more)
{
    struct host h;
    struct prog p;
    int out[2];
    CHECK_EQ(pipe(out), 0);
    close(out[0]);
    host_open(&h, "tool");
    prog_init(&p, &h, "fill", 10);
    p.w.out = (wrt_sink){ NULL, NULL };
    p.w.fd_out = out[1];
    if (prog_start(&p, &h)) CHECK_EQ(prog_end(&p, &h), WRT__WASI_PIPE);
    host_close(&h);
    close(out[1]);
}

TEST(poll_takes_what_comes_first)
{
    struct host h;
    struct prog late, early;
    int in[2];
    CHECK_EQ(pipe(in), 0);
    host_open(&h, "tool");
    prog_init(&late, &h, "poll", 20);
    late.w.fd_in = in[0];
    if (prog_start(&late, &h)) CHECK_EQ(prog_end(&late, &h), 101);
    prog_init(&early, &h, "poll", 20000);
    early.w.fd_in = in[0];
    if (prog_start(&early, &h)) {
        CHECK_EQ(wrt_run(h.s, NULL), WRT_IDLE);
        CHECK_EQ(write(in[1], "x", 1), 1);
        CHECK_EQ(prog_end(&early, &h), 200);
    }
    host_close(&h);
    close(in[0]);
    close(in[1]);
}

/* Two instances of one linker are one program: the second closes the descriptor on which the first waits. */
TEST(closing_what_a_task_waits_for)
{
    struct host h;
    struct prog reader, closer;
    wrt_linker *l;
    int in[2];
    CHECK_EQ(pipe(in), 0);
    host_open(&h, "tool");
    prog_init(&reader, &h, "echo", 0);
    reader.args[2] = WRT_STR("123"); /* room for what is put in its place */
    reader.w.fd_in = in[0];
    CHECK_EQ(wrt_linker_new(h.e, &l, &h.err), WRT_OK);
    CHECK_EQ(wrt_link_wasi(l, &reader.w, &h.err), WRT_OK);
    if (prog_start_in(&reader, &h, l)) {
        CHECK_EQ(wrt_run(h.s, NULL), WRT_IDLE);
        memcpy(calls_program(l)->text, "tool\0close\0000", 13); /* the second instance has other arguments */
        if (prog_start_in(&closer, &h, l)) CHECK_EQ(prog_end(&closer, &h), 0);
        CHECK_EQ(write(in[1], "late\n", 5), 5);
        while (h.out.n < 5) CHECK(wrt_wait(h.s, 1000000000) >= 0);
        CHECK_EQ(prog_end(&reader, &h), WRT__WASI_BADF); /* the next read */
    }
    CHECK_STR(h.out.text, "late\n");
    wrt_linker_free(l);
    host_close(&h);
    close(in[0]);
    close(in[1]);
}

/* A parked task that is cancelled, and one that is still parked when its store goes, give everything back. */
TEST(cancelling_while_parked)
{
    struct host h;
    struct prog a, b, c;
    int in[2];
    CHECK_EQ(pipe(in), 0);
    host_open(&h, "tool");
    prog_init(&a, &h, "echo", 0);
    prog_init(&b, &h, "echo", 0);
    prog_init(&c, &h, "poll", 1000000);
    a.w.fd_in = b.w.fd_in = c.w.fd_in = in[0];
    if (prog_start(&a, &h) && prog_start(&b, &h) && prog_start(&c, &h)) {
        CHECK_EQ(wrt_run(h.s, NULL), WRT_IDLE);
        CHECK_EQ(wrt_task_cancel(h.s, a.task), WRT_OK);
        CHECK_EQ(prog_end(&a, &h), -1000 + WRT_E_CANCELLED);
        CHECK_EQ(write(in[1], "x", 1), 1); /* b and c are woken, but their store goes before they see it */
    }
    host_close(&h);
    close(in[0]);
    close(in[1]);
}

/* More waits than the store may have: the call fails in the guest. One that is cancelled before it hears of
 * it gives everything back as well. */
TEST(no_room_to_wait)
{
    struct host h;
    struct prog a, b, c;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    int in[2];
    CHECK_EQ(pipe(in), 0);
    o.limits.watches = 1;
    host_open_with(&h, "tool", &o);
    prog_init(&a, &h, "echo", 0);
    prog_init(&b, &h, "echo", 0);
    prog_init(&c, &h, "echo", 0);
    a.w.fd_in = b.w.fd_in = c.w.fd_in = in[0];
    if (prog_start(&a, &h) && prog_start(&b, &h) && prog_start(&c, &h)) {
        CHECK_EQ(wrt_task_step(h.s, a.task, 1000000, &h.err), WRT_PENDING);
        CHECK_EQ(wrt_task_step(h.s, b.task, 1000000, &h.err), WRT_PENDING);
        CHECK_EQ(prog_state(&b, &h), WRT_TASK_WAITING);
        CHECK_EQ(wrt_task_cancel(h.s, b.task), WRT_OK);
        CHECK_EQ(prog_end(&c, &h), WRT__WASI_NOBUFS);
        CHECK_EQ(prog_state(&a, &h), WRT_TASK_WAITING);
    }
    host_close(&h);
    close(in[0]);
    close(in[1]);
}

TEST(yielding)
{
    struct host h;
    struct prog a, b;
    host_open(&h, "tool");
    prog_init(&a, &h, "yield", 50);
    prog_init(&b, &h, "yield", 50);
    if (prog_start(&a, &h) && prog_start(&b, &h)) {
        CHECK_EQ(prog_end(&a, &h), 0);
        CHECK_EQ(prog_end(&b, &h), 0);
        CHECK(prog_slices(&a, &h) > 50 && prog_slices(&b, &h) > 50);
    }
    host_close(&h);
}

/* A number that the host has closed is closed for the guest, and stays so when the number is given out
 * again. */
TEST(a_closed_number_stays_closed)
{
    struct host h;
    struct prog p;
    int in[2];
    CHECK_EQ(pipe(in), 0);
    host_open(&h, "tool");
    prog_init(&p, &h, "echo", 0);
    p.w.fd_in = in[0];
    close(in[0]);
    if (prog_start(&p, &h)) {
        CHECK_EQ(open("/dev/zero", O_RDONLY), in[0]);
        CHECK_EQ(prog_end(&p, &h), WRT__WASI_BADF);
    }
    host_close(&h);
    close(in[0]);
    close(in[1]);
}

static struct { struct host *h; struct prog *p; int done; } sink_cancels;
static wrt_status sink_cancel(void *ctx, const uint8_t *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
    if (!sink_cancels.done++) CHECK_EQ(wrt_task_cancel(sink_cancels.h->s, sink_cancels.p->task), WRT_OK);
    return WRT_OK;
}

/* The host's sink ends a task that is parked in the same program. */
TEST(a_sink_that_cancels)
{
    struct host h;
    struct prog reader, writer;
    wrt_linker *l;
    int in[2];
    CHECK_EQ(pipe(in), 0);
    host_open(&h, "tool");
    prog_init(&reader, &h, "echo", 0);
    reader.w.fd_in = in[0];
    reader.w.out = (wrt_sink){ NULL, sink_cancel };
    sink_cancels.h = &h;
    sink_cancels.p = &reader;
    sink_cancels.done = 0;
    prog_init(&writer, &h, "echo", 0);
    CHECK_EQ(wrt_linker_new(h.e, &l, &h.err), WRT_OK);
    CHECK_EQ(wrt_link_wasi(l, &reader.w, &h.err), WRT_OK);
    if (prog_start_in(&reader, &h, l)) {
        CHECK_EQ(wrt_run(h.s, NULL), WRT_IDLE);
        memcpy(calls_program(l)->text, "tool\0fill\0", 10);
        memcpy(calls_program(l)->text + 10, "9", 2);
        if (prog_start_in(&writer, &h, l)) CHECK_EQ(prog_end(&writer, &h), 0);
        CHECK_EQ(prog_end(&reader, &h), -1000 + WRT_E_CANCELLED);
    }
    CHECK_EQ(sink_cancels.done, 1);
    wrt_linker_free(l);
    host_close(&h);
    close(in[0]);
    close(in[1]);
}

/* Stores on two threads with one program between them. */
struct shared { struct host h; wrt_linker *l; wrt_store *s; int wrong; };
static void *shared_run(void *ctx)
{
    struct shared *x = ctx;
    wrt_error err;
    for (int i = 0; i < 20; i++) {
        wrt_instance *instance;
        wrt_func *f;
        wrt_status status = wrt_instantiate(x->s, x->l, x->h.code, &instance, &err);
        if (status == WRT_OK) status = wrt_export_func(instance, WRT_STR("_start"), &f, &err);
        if (status == WRT_OK) status = wrt_call_sync(x->s, f, NULL, 0, NULL, 0, &err);
        x->wrong += status != WRT_E_EXIT || err.exit_code != 0;
    }
    return NULL;
}

TEST(one_program_on_two_threads)
{
    static struct shared x, y;
    struct prog p;
    pthread_t thread;
    host_open(&x.h, "tool");
    /* The book-keeping allocator is for one thread. */
    wrt_store_free(x.h.s);
    wrt_code_free(x.h.code);
    wrt_engine_free(x.h.e);
    CHECK_EQ(wrt_engine_new(NULL, &x.h.e, &x.h.err), WRT_OK);
    CHECK_EQ(wrt_store_new(x.h.e, NULL, &x.h.s, &x.h.err), WRT_OK);
    CHECK_EQ(host_load(&x.h, "tool"), WRT_OK);
    prog_init(&p, &x.h, "yield", 20);
    CHECK_EQ(wrt_linker_new(x.h.e, &x.l, &x.h.err), WRT_OK);
    CHECK_EQ(wrt_link_wasi(x.l, &p.w, &x.h.err), WRT_OK);
    y = x;
    x.s = x.h.s;
    CHECK_EQ(wrt_store_new(x.h.e, NULL, &y.s, &x.h.err), WRT_OK);
    CHECK_EQ(pthread_create(&thread, NULL, shared_run, &y), 0);
    (void)shared_run(&x);
    pthread_join(thread, NULL);
    CHECK_EQ(x.wrong + y.wrong, 0);
    wrt_linker_free(x.l);
    wrt_store_free(y.s);
    host_close(&x.h);
}

/* ---- sockets ------------------------------------------------------------------------------------- */

TEST(a_socket_server)
{
    struct host h;
    struct prog p;
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char text[16] = "";
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "/tmp/wrt-wasi-sock-%d", (int)getpid());
    CHECK(bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 1) == 0);
    host_open(&h, "tool");
    prog_init(&p, &h, "serve", 0);
    p.w.fd_in = listener;
    if (prog_start(&p, &h)) {
        CHECK_EQ(wrt_run(h.s, NULL), WRT_IDLE); /* waits for a connection */
        CHECK_EQ(connect(client, (struct sockaddr *)&at, sizeof at), 0);
        CHECK(wrt_wait(h.s, 1000000000) >= 0);
        CHECK_EQ(prog_state(&p, &h), WRT_TASK_WAITING);
        for (int i = 0; i < 3; i++) {
            CHECK_EQ(send(client, "abc", 3, 0), 3);
            for (int k = 0; k < 100 && recv(client, text, sizeof text, 0) != 3; k++) {
                CHECK(wrt_wait(h.s, 100000000) >= 0);
            }
            CHECK_STR(text, "ABC");
            memset(text, 0, sizeof text);
        }
        shutdown(client, SHUT_WR);
        CHECK_EQ(prog_end(&p, &h), 0);
    }
    host_close(&h);
    unlink(at.sun_path);
    close(client);
    close(listener);
}

TEST(all_of_a_message_in_parts)
{
    struct host h;
    struct prog p;
    int pair[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    host_open(&h, "tool");
    prog_init(&p, &h, "all", 10);
    p.w.fd_in = pair[0];
    if (prog_start(&p, &h)) {
        for (int i = 0; i < 5; i++) {
            CHECK_EQ(wrt_run(h.s, NULL), WRT_IDLE);
            CHECK_EQ(send(pair[1], &"0123456789"[2 * i], 2, 0), 2);
            CHECK(wrt_wait(h.s, 1000000000) >= 0);
        }
        CHECK_EQ(prog_end(&p, &h), 0);
    }
    CHECK_STR(h.out.text, "0123456789");
    host_close(&h);
    close(pair[0]);
    close(pair[1]);
}

/* ---- determinism --------------------------------------------------------------------------------- */

static void world_get(uint64_t seed, bool deterministic, uint8_t out[56])
{
    struct host h;
    struct prog p;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    o.virtual_time = deterministic;
    host_open_with(&h, "tool", &o);
    prog_init(&p, &h, "world", 0);
    p.w.deterministic = deterministic;
    p.w.random_seed = seed;
    if (prog_start(&p, &h)) CHECK_EQ(prog_end(&p, &h), 0);
    CHECK_EQ(h.out.n, 56);
    memcpy(out, h.out.text, 56);
    host_close(&h);
}

TEST(a_seed_gives_the_same_world)
{
    uint8_t a[56], b[56];
    world_get(7, true, a);
    world_get(7, true, b);
    CHECK_MEM(a, b, 56);
    world_get(8, true, b);
    CHECK(memcmp(a, b, 32) != 0);
    CHECK_MEM(a + 32, b + 32, 24); /* the clocks do not depend on it */
    world_get(7, false, a);
    world_get(7, false, b);
    CHECK(memcmp(a, b, 32) != 0);
    CHECK(wrt__get64(a + 32) > 1600000000000000000u); /* nanoseconds since 1970 */
}

/* In virtual time a sleep of a day takes no time, and the task sees the day pass. */
TEST(virtual_sleep)
{
    struct host h;
    struct prog p;
    wrt_store_opts o = WRT_INIT(wrt_store_opts);
    o.virtual_time = true;
    host_open_with(&h, "tool", &o);
    prog_init(&p, &h, "sleep", 86400000);
    uint64_t start = host_ms();
    if (prog_start(&p, &h)) CHECK_EQ(prog_end(&p, &h), 0);
    CHECK(host_ms() - start < 1000);
    CHECK(wrt_now_ns(h.s) >= 86400000000000u);
    host_close(&h);
}

/* ---- prices -------------------------------------------------------------------------------------- */

static uint64_t price_of(const char *job, unsigned n)
{
    struct host h;
    struct prog p;
    wrt_dir dir = { WRT_STR("/"), WRT_STR("/"), false };
    host_open(&h, "tool");
    prog_init(&p, &h, job, n);
    p.w.dirs = &dir;
    p.w.ndirs = 1;
    p.w.out = (wrt_sink){ NULL, NULL };
    p.w.fd_out = open("/dev/null", O_WRONLY);
    uint64_t fuel = 0;
    if (prog_start(&p, &h)) {
        CHECK_EQ(prog_end(&p, &h), 0);
        fuel = prog_host_fuel(&p, &h);
    }
    host_close(&h);
    close(p.w.fd_out);
    return fuel;
}

/* Whatever work a guest can ask for, asking for more costs more. */
TEST(work_is_paid_by_size)
{
    static const struct { const char *job; unsigned few, many; uint64_t least; } cases[] = {
        { "fill", 16, 16016, 1000 },
        { "fill", 65536, 262144, 12288 },
        { "random", 64, 64064, 128000 },
        { "random", 65536, 1000000, 1868928 },
        { "clocks", 1, 2001, 200000 },
        { "path", 3, 3003, 3000 },
        { "list", 30, 4096, 200 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CONTEXT("%s %u and %u", cases[i].job, cases[i].few, cases[i].many);
        CHECK(price_of(cases[i].job, cases[i].many) - price_of(cases[i].job, cases[i].few) >= cases[i].least);
    }
}

/* A budget that does not hold the work: the task waits for fuel, and the call is made again. */
TEST(work_waits_for_fuel)
{
    struct host h;
    struct prog p;
    wrt_linker *l;
    wrt_func *f;
    wrt_task_opts o = WRT_INIT(wrt_task_opts);
    o.fuel = 200000;
    host_open(&h, "tool");
    prog_init(&p, &h, "random", 1000000);
    CHECK_EQ(wrt_linker_new(h.e, &l, &h.err), WRT_OK);
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_OK);
    CHECK_EQ(wrt_instantiate(h.s, l, h.code, &p.instance, &h.err), WRT_OK);
    CHECK_EQ(wrt_export_func(p.instance, WRT_STR("_start"), &f, &h.err), WRT_OK);
    CHECK_EQ(wrt_task_start(h.s, f, NULL, 0, &o, &p.task, &h.err), WRT_OK);
    wrt_linker_free(l);
    CHECK_EQ(wrt_run(h.s, NULL), WRT_FUEL_OUT);
    CHECK_EQ(prog_state(&p, &h), WRT_TASK_FUEL_OUT);
    CHECK_EQ(wrt_fuel_add(h.s, p.task, 100000000), WRT_OK);
    CHECK_EQ(prog_end(&p, &h), 0);
    host_close(&h);
}

/* A cookie far ahead is found in steps. */
TEST(a_long_directory)
{
    struct host h;
    struct prog p;
    char base[64], name[96];
    snprintf(base, sizeof base, "/tmp/wrt-wasi-XXXXXX");
    CHECK(mkdtemp(base) != NULL);
    for (int i = 0; i < 9000; i++) {
        snprintf(name, sizeof name, "%s/%d", base, i);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        CHECK(fd >= 0);
        close(fd);
    }
    wrt_dir dir = { { base, strlen(base) }, WRT_STR("/"), false };
    host_open(&h, "tool");
    prog_init(&p, &h, "skip", 9001);
    p.w.dirs = &dir;
    p.w.ndirs = 1;
    if (prog_start(&p, &h)) {
        CHECK_EQ(prog_end(&p, &h), 0);
        CHECK(prog_host_fuel(&p, &h) >= 9000 * WRT__WASI_FUEL_PER_ENTRY);
    }
    host_close(&h);
    CHECK_EQ(nftw(base, host_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

TEST(signals)
{
    struct host h;
    struct prog p;
    host_open(&h, "tool");
    prog_init(&p, &h, "raise", 6);
    if (prog_start(&p, &h)) CHECK_EQ(prog_end(&p, &h), -1000 + WRT_E_TRAP);
    prog_init(&p, &h, "raise", 16);
    if (prog_start(&p, &h)) CHECK_EQ(prog_end(&p, &h), 0);
    host_close(&h);
}

/* ---- what the host does wrong -------------------------------------------------------------------- */

TEST(descriptions_that_are_refused)
{
    struct host h;
    struct prog p;
    wrt_linker *l;
    static wrt_dir many[WRT__WASI_FILES_MAX];
    int descriptors = host_descriptors();
    host_open(&h, "tool");
    CHECK_EQ(wrt_linker_new(h.e, &l, &h.err), WRT_OK);
    prog_init(&p, &h, "echo", 0);
    wrt_dir missing[] = { { WRT_STR("/"), WRT_STR("/"), false },
        { WRT_STR("/no/such/place"), WRT_STR("/x"), true } };
    p.w.dirs = missing;
    p.w.ndirs = 2;
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_E_IO);
    CHECK_STR(h.err.where, "/no/such/place");
    for (int i = 0; i < WRT__WASI_FILES_MAX; i++) many[i] = missing[0];
    many[0].host = WRT_STR("/proc/self/exe"); /* no directory */
    p.w.dirs = many;
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_E_IO);
    p.w.ndirs = 0;
    p.args[1] = (wrt_str){ "a\0b", 3 };
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_E_ARG);
    p.args[1] = (wrt_str){ NULL, 0 };
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_OK);
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_OK); /* a second time replaces */
    p.w.size = 0;
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_E_ARG);
    CHECK_EQ(wrt_link_wasi(l, NULL, &h.err), WRT_OK);
    CHECK_EQ(wrt_link_wasi(NULL, NULL, &h.err), WRT_E_ARG);
    p.w.size = sizeof p.w;
    p.w.args = NULL;
    CHECK_EQ(wrt_link_wasi(l, &p.w, &h.err), WRT_E_ARG);
    wrt_linker_free(l);
    host_close(&h);
    CHECK_EQ(host_descriptors(), descriptors);
}

TEST(a_sink_that_fails)
{
    struct host h;
    struct prog p;
    host_open(&h, "tool");
    h.out.n = sizeof h.out.text - 8;
    prog_init(&p, &h, "fill", 16);
    if (prog_start(&p, &h)) CHECK_EQ(prog_end(&p, &h), WRT__WASI_IO);
    prog_init(&p, &h, "echo", 0); /* descriptor 0 is closed */
    if (prog_start(&p, &h)) CHECK_EQ(prog_end(&p, &h), WRT__WASI_BADF);
    host_close(&h);
}

/* The n-th request for memory fails, for every n: linking, running and parking end in order, and nothing is
 * lost. */
TEST(memory_runs_out_anywhere)
{
    int in[2], descriptors = host_descriptors();
    uint64_t n = 1;
    wrt_dir dir = { WRT_STR("/"), WRT_STR("/"), false };
    CHECK_EQ(pipe(in), 0);
    for (bool done = false; !done && n < 2000; n++) {
        struct host h;
        struct prog p;
        wrt_linker *l;
        wrt_func *f;
        CONTEXT("request %u", (unsigned)n);
        host_open(&h, "tool");
        prog_init(&p, &h, "poll", 0);
        p.w.fd_in = in[0];
        p.w.dirs = &dir;
        p.w.ndirs = 1;
        CHECK_EQ(wrt_linker_new(h.e, &l, &h.err), WRT_OK);
        h.heap.fail_at = h.heap.asked + n;
        wrt_status status = wrt_link_wasi(l, &p.w, &h.err);
        if (status == WRT_OK) status = wrt_instantiate(h.s, l, h.code, &p.instance, &h.err);
        if (status == WRT_OK) status = wrt_export_func(p.instance, WRT_STR("_start"), &f, &h.err);
        if (status == WRT_OK) status = wrt_call_sync(h.s, f, NULL, 0, NULL, 0, &h.err);
        done = h.heap.asked < h.heap.fail_at;
        if (done) CHECK(status == WRT_E_EXIT && h.err.exit_code == 101);
        if (!done) {
            CHECK(status == WRT_E_NOMEM || (status == WRT_E_EXIT && h.err.exit_code == WRT__WASI_NOMEM));
        }
        h.heap.fail_at = 0;
        wrt_linker_free(l);
        host_close(&h);
    }
    CHECK(n > 20 && n < 2000);
    close(in[0]);
    close(in[1]);
    CHECK_EQ(host_descriptors(), descriptors);
}
