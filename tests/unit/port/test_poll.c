/* Descriptors: one-shot, several waiters on one, always-ready files, wake-ups, and failing memory. */
#include "test.h"
#include "port/port.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MS = 1000000, CAP = 64 };

struct fixture {
    struct test_heap heap;
    struct wrt__poll *p;
    int in, out;                /* a pipe */
    struct wrt__poll_event events[CAP];
    char tags[200];
};

static bool open_fixture(struct fixture *f)
{
    int ends[2];
    test_heap_init(&f->heap);
    f->p = wrt__port_poll_open(&f->heap.alloc);
    if (!CHECK(f->p != NULL) || !CHECK(pipe(ends) == 0)) return false;
    f->in = ends[0];
    f->out = ends[1];
    return true;
}

static void close_fixture(struct fixture *f)
{
    wrt__port_poll_close(f->p);
    close(f->in);
    close(f->out);
    CHECK(f->heap.live == 0 && !f->heap.broken);
}

static size_t now(struct fixture *f)
{
    return wrt__port_poll_wait(f->p, 0, f->events, CAP);
}

/* One event is there, and it is this one. */
static bool only(struct fixture *f, const void *tag, uint32_t events)
{
    return CHECK_EQ(now(f), 1) && CHECK(f->events[0].tag == tag) && CHECK_EQ(f->events[0].events, events);
}

TEST(a_watch_fires_once)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    CHECK_EQ(wrt__port_poll_add(f.p, f.in, 1, f.tags), WRT_OK);
    CHECK_EQ(now(&f), 0);
    CHECK_EQ(write(f.out, "x", 1), 1);
    only(&f, f.tags, 1);
    CHECK_EQ(now(&f), 0);
    CHECK_EQ(wrt__port_poll_add(f.p, f.in, 1, f.tags), WRT_OK);
    only(&f, f.tags, 1);
    CHECK_EQ(wrt__port_poll_add(f.p, f.out, 2, f.tags), WRT_OK);
    only(&f, f.tags, 2);
    close_fixture(&f);
}

TEST(several_tags_on_one_descriptor)
{
    struct fixture f;
    int ends[2];
    if (!open_fixture(&f) || !CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0)) return;
    CHECK_EQ(wrt__port_poll_add(f.p, ends[0], 1, &f.tags[0]), WRT_OK);
    CHECK_EQ(wrt__port_poll_add(f.p, ends[0], 1, &f.tags[1]), WRT_OK);
    CHECK_EQ(wrt__port_poll_add(f.p, ends[0], 2, &f.tags[2]), WRT_OK);
    CHECK_EQ(wrt__port_poll_add(f.p, ends[0], 3, &f.tags[3]), WRT_OK);
    CHECK_EQ(now(&f), 2);
    unsigned seen = 0;
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(f.events[i].events, 2);
        seen |= 1u << ((char *)f.events[i].tag - f.tags);
    }
    CHECK_EQ(seen, 1u << 2 | 1u << 3);
    CHECK_EQ(now(&f), 0);
    CHECK_EQ(write(ends[1], "x", 1), 1);
    wrt__port_poll_del(f.p, &f.tags[0]);
    only(&f, &f.tags[1], 1);
    CHECK_EQ(now(&f), 0);
    close(ends[0]);
    close(ends[1]);
    close_fixture(&f);
}

TEST(what_was_deleted_does_not_fire)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    wrt__port_poll_del(f.p, f.tags);
    CHECK_EQ(wrt__port_poll_add(f.p, f.in, 1, f.tags), WRT_OK);
    CHECK_EQ(wrt__port_poll_add(f.p, f.out, 2, f.tags), WRT_OK);
    CHECK_EQ(write(f.out, "x", 1), 1);
    wrt__port_poll_del(f.p, f.tags);        /* both of them */
    CHECK_EQ(now(&f), 0);
    close_fixture(&f);
}

TEST(a_full_result_loses_nothing)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    FILE *file = tmpfile();
    REQUIRE(file);
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(wrt__port_poll_add(f.p, f.out, 2, &f.tags[i]), WRT_OK);
        CHECK_EQ(wrt__port_poll_add(f.p, fileno(file), 1, &f.tags[10 + i]), WRT_OK);
    }
    bool seen[20] = { false };
    for (int i = 0; i < 20; i++) {
        if (!CHECK_EQ(wrt__port_poll_wait(f.p, UINT64_MAX, f.events, 1), 1)) break;
        size_t k = (size_t)((char *)f.events[0].tag - f.tags);
        CHECK(k < 20 && !seen[k]);
        seen[k] = true;
    }
    CHECK_EQ(now(&f), 0);
    fclose(file);
    close_fixture(&f);
}

TEST(files_that_are_always_ready)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    FILE *file = tmpfile();
    int null = open("/dev/null", O_RDWR);
    REQUIRE(file && null >= 0);
    CHECK_EQ(wrt__port_poll_add(f.p, fileno(file), 3, &f.tags[0]), WRT_OK);
    CHECK_EQ(wrt__port_poll_add(f.p, null, 1, &f.tags[1]), WRT_OK);
    struct pollfd outside = { .fd = wrt__port_poll_fd(f.p), .events = POLLIN };
    CHECK_EQ(poll(&outside, 1, 1000), 1);
    uint64_t start = wrt__port_mono_ns();
    CHECK_EQ(wrt__port_poll_wait(f.p, UINT64_MAX, f.events, CAP), 2);
    CHECK(wrt__port_mono_ns() - start < 1000ull * MS);
    CHECK_EQ(now(&f), 0);
    CHECK_EQ(wrt__port_poll_add(f.p, fileno(file), 1, &f.tags[0]), WRT_OK);
    wrt__port_poll_del(f.p, &f.tags[0]);
    CHECK_EQ(now(&f), 0);
    CHECK_EQ(now(&f), 0);
    CHECK_EQ(poll(&outside, 1, 0), 0);
    fclose(file);
    close(null);
    close_fixture(&f);
}

TEST(hang_up)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    CHECK_EQ(wrt__port_poll_add(f.p, f.in, 1, &f.tags[0]), WRT_OK);
    close(f.out);
    only(&f, &f.tags[0], 1 | 4);
    f.out = open("/dev/null", O_WRONLY);
    close_fixture(&f);
    if (!open_fixture(&f)) return;
    close(f.in);
    CHECK_EQ(wrt__port_poll_add(f.p, f.out, 2, &f.tags[0]), WRT_OK);
    only(&f, &f.tags[0], 2 | 4);
    f.in = open("/dev/null", O_RDONLY);
    close_fixture(&f);
}

TEST(descriptors_that_are_none)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    int gone = dup(f.in);
    close(gone);
    CHECK_EQ(wrt__port_poll_add(f.p, -1, 1, f.tags), WRT_E_ARG);
    CHECK_EQ(wrt__port_poll_add(f.p, gone, 1, f.tags), WRT_E_ARG);
    wrt__port_poll_del(f.p, f.tags);
    CHECK_EQ(now(&f), 0);
    close_fixture(&f);
}

/* The kernel forgets a descriptor when it is closed; the next one may get its number. */
TEST(closed_and_opened_under_the_same_number)
{
    struct fixture f;
    int other[2];
    if (!open_fixture(&f)) return;
    CHECK_EQ(wrt__port_poll_add(f.p, f.in, 1, &f.tags[0]), WRT_OK);
    REQUIRE(pipe(other) == 0);
    REQUIRE(dup2(other[0], f.in) == f.in);
    CHECK_EQ(wrt__port_poll_add(f.p, f.in, 1, &f.tags[1]), WRT_OK);
    wrt__port_poll_del(f.p, &f.tags[0]);
    CHECK_EQ(write(other[1], "x", 1), 1);
    only(&f, &f.tags[1], 1);
    close(other[0]);
    close(other[1]);
    close_fixture(&f);
}

TEST(waiting_ends_at_its_time)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    CHECK_EQ(wrt__port_poll_add(f.p, f.in, 1, f.tags), WRT_OK);
    uint64_t start = wrt__port_mono_ns(), until = start + 20 * MS + 300000;
    while (wrt__port_mono_ns() < until) {
        CHECK_EQ(wrt__port_poll_wait(f.p, until, f.events, CAP), 0);
    }
    CHECK(wrt__port_mono_ns() - start < 1000ull * MS);
    CHECK_EQ(wrt__port_poll_wait(f.p, start, f.events, CAP), 0);
    close_fixture(&f);
}

static void *wake_later(void *p)
{
    usleep(20000);
    wrt__port_poll_wake(p);
    return NULL;
}

TEST(wake_from_another_thread)
{
    struct fixture f;
    pthread_t thread;
    if (!open_fixture(&f)) return;
    uint64_t start = wrt__port_mono_ns();
    REQUIRE(pthread_create(&thread, NULL, wake_later, f.p) == 0);
    CHECK_EQ(wrt__port_poll_wait(f.p, start + 10000ull * MS, f.events, CAP), 0);
    CHECK(wrt__port_mono_ns() - start < 5000ull * MS);
    pthread_join(thread, NULL);
    close_fixture(&f);
}

TEST(a_wake_is_seen_outside_until_the_next_wait)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    struct pollfd outside = { .fd = wrt__port_poll_fd(f.p), .events = POLLIN };
    CHECK_EQ(poll(&outside, 1, 0), 0);
    for (int round = 0; round < 3; round++) {
        wrt__port_poll_wake(f.p);
        wrt__port_poll_wake(f.p);
        CHECK_EQ(poll(&outside, 1, 1000), 1);
        CHECK_EQ(poll(&outside, 1, 1000), 1);
        uint64_t start = wrt__port_mono_ns();
        CHECK_EQ(wrt__port_poll_wait(f.p, UINT64_MAX, f.events, CAP), 0);
        CHECK(wrt__port_mono_ns() - start < 1000ull * MS);
        CHECK_EQ(poll(&outside, 1, 0), 0);
    }
    CHECK_EQ(wrt__port_poll_add(f.p, f.out, 2, f.tags), WRT_OK);
    CHECK_EQ(poll(&outside, 1, 1000), 1);
    only(&f, f.tags, 2);
    CHECK_EQ(poll(&outside, 1, 0), 0);
    close_fixture(&f);
}

static struct wrt__poll *signalled;
static void on_alarm(int signal_number)
{
    (void)signal_number;
    wrt__port_poll_wake(signalled);
}

TEST(wake_from_a_signal_handler)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    struct sigaction action = { .sa_handler = on_alarm }, old;
    signalled = f.p;
    sigaction(SIGALRM, &action, &old);
    uint64_t start = wrt__port_mono_ns();
    ualarm(20000, 0);
    wrt__port_poll_wait(f.p, start + 10000ull * MS, f.events, CAP);
    CHECK(wrt__port_mono_ns() - start < 5000ull * MS);
    sigaction(SIGALRM, &old, NULL);
    close_fixture(&f);
}

/* Nobody's wake-up is lost: each round the other thread publishes a number, then wakes. */
static volatile uint32_t published;
static void *publisher(void *p)
{
    for (uint32_t i = 1; i <= 20000; i++) {
        __atomic_store_n(&published, i, __ATOMIC_RELEASE);
        wrt__port_poll_wake(p);
    }
    return NULL;
}

TEST(no_wake_is_lost)
{
    struct fixture f;
    pthread_t thread;
    if (!open_fixture(&f)) return;
    uint64_t start = wrt__port_mono_ns();
    REQUIRE(pthread_create(&thread, NULL, publisher, f.p) == 0);
    while (__atomic_load_n(&published, __ATOMIC_ACQUIRE) != 20000) {
        wrt__port_poll_wait(f.p, start + 30000ull * MS, f.events, CAP);
        if (wrt__port_mono_ns() - start >= 30000ull * MS) break;
    }
    CHECK(wrt__port_mono_ns() - start < 30000ull * MS);
    pthread_join(thread, NULL);
    close_fixture(&f);
}

TEST(many_watches)
{
    struct fixture f;
    if (!open_fixture(&f)) return;
    uint64_t seed = 4;
    bool in[200] = { false };
    for (int step = 0; step < 20000; step++) {
        size_t k = test_random(&seed) % 200;
        if (in[k]) wrt__port_poll_del(f.p, &f.tags[k]);
        else CHECK_EQ(wrt__port_poll_add(f.p, k % 2 ? f.in : f.out, k % 2 ? 1 : 2, &f.tags[k]), WRT_OK);
        in[k] = !in[k];
        if (step % 50 != 0) continue;
        size_t n = now(&f);
        for (size_t i = 0; i < n; i++) {
            size_t fired = (size_t)((char *)f.events[i].tag - f.tags);
            if (!CHECK(in[fired] && fired % 2 == 0)) return;
            in[fired] = false;
        }
    }
    close_fixture(&f);
}

TEST(failing_memory_changes_nothing)
{
    for (uint64_t fail = 1;; fail++) {
        struct fixture f;
        int ends[2];
        test_heap_init(&f.heap);
        f.heap.fail_at = fail;
        REQUIRE(pipe(ends) == 0);
        f.p = wrt__port_poll_open(&f.heap.alloc);
        bool refused = f.p == NULL;
        for (int i = 0; f.p && i < 50; i++) {
            wrt_status status = wrt__port_poll_add(f.p, ends[1], 2, &f.tags[i]);
            if (status == WRT_E_NOMEM) {
                refused = true;
                status = wrt__port_poll_add(f.p, ends[1], 2, &f.tags[i]);
            }
            CHECK_EQ(status, WRT_OK);
        }
        if (f.p) CHECK_EQ(now(&f), 50);
        wrt__port_poll_close(f.p);
        close(ends[0]);
        close(ends[1]);
        CHECK(f.heap.live == 0 && !f.heap.broken);
        if (!refused) break;
    }
}

static bool panics(void)
{
    int ends[2];
    char text[300] = "";
    if (pipe(ends) != 0) return false;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 2);
        signal(SIGABRT, SIG_DFL);
        WRT_ASSERT(1 + 1 == 3);
        _exit(0);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    text[n > 0 ? n : 0] = 0;
    return CHECK(strstr(text, "wrt: internal check failed: 1 + 1 == 3 (") == text)
        && CHECK(strstr(text, "test_poll.c:") != NULL);
}

TEST(a_panic_says_where)
{
    fflush(stdout);
    CHECK(panics());
}
