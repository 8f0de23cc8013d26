/* Clocks, entropy, and waiting on a word. */
#include "test.h"
#include "port/port.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000000 };

TEST(monotonic_never_goes_back)
{
    uint64_t last = wrt__port_mono_ns();
    for (int i = 0; i < 100000; i++) {
        uint64_t now = wrt__port_mono_ns();
        if (!CHECK(now >= last)) return;
        last = now;
    }
    usleep(2000);
    CHECK(wrt__port_mono_ns() - last >= 2 * MS);
}

TEST(wall_clock_is_the_time_of_day)
{
    uint64_t now = (uint64_t)time(NULL), wall = wrt__port_wall_ns() / 1000000000u;
    CHECK(wall >= now - 1 && wall <= now + 2);
}

TEST(cpu_time_does_not_pass_asleep)
{
    uint64_t cpu = wrt__port_cpu_ns();
    CHECK(cpu > 0);
    usleep(50000);
    CHECK(wrt__port_cpu_ns() - cpu < 40 * MS);
    uint64_t start = wrt__port_mono_ns();
    while (wrt__port_cpu_ns() - cpu < 10 * MS && wrt__port_mono_ns() - start < 5000ull * MS) {
    }
    CHECK(wrt__port_cpu_ns() - cpu >= 10 * MS);
}

TEST(random_bytes)
{
    uint8_t a[1000] = { 0 }, b[1000] = { 0 };
    CHECK(wrt__port_random(a, 0));
    CHECK(wrt__port_random(a, sizeof a - 1) && wrt__port_random(b, sizeof b));
    CHECK(memcmp(a, b, sizeof a) != 0);
    CHECK_EQ(a[999], 0);
    unsigned zeros = 0;
    for (size_t i = 0; i < sizeof b; i++) {
        zeros += b[i] == 0;
    }
    CHECK(zeros < 30);      /* 4 expected; the tail was not forgotten */
}

TEST(wait_looks_at_the_word_first)
{
    uint32_t word = 1;
    uint64_t start = wrt__port_mono_ns();
    wrt__port_wait(&word, 0, UINT64_MAX);
    CHECK(wrt__port_mono_ns() - start < 1000ull * MS);
}

TEST(wait_ends_at_its_time)
{
    uint32_t word = 0;
    uint64_t start = wrt__port_mono_ns();
    do {
        wrt__port_wait(&word, 0, start + 20 * MS);
    } while (wrt__port_mono_ns() < start + 20 * MS && wrt__port_mono_ns() - start < 1000ull * MS);
    CHECK(wrt__port_mono_ns() - start < 1000ull * MS);
    start = wrt__port_mono_ns();
    wrt__port_wait(&word, 0, 0);
    wrt__port_wait(&word, 0, start - 1);
    CHECK(wrt__port_mono_ns() - start < 1000ull * MS);
}

static _Atomic uint32_t shared_word;

static void *waker(void *unused)
{
    (void)unused;
    usleep(20000);
    atomic_store(&shared_word, 1);
    wrt__port_wake((const volatile uint32_t *)&shared_word);
    return NULL;
}

TEST(wake_from_another_thread)
{
    pthread_t thread;
    atomic_store(&shared_word, 0);
    uint64_t start = wrt__port_mono_ns();
    REQUIRE(pthread_create(&thread, NULL, waker, NULL) == 0);
    while (atomic_load(&shared_word) == 0) {
        wrt__port_wait((const volatile uint32_t *)&shared_word, 0, start + 10000ull * MS);
        if (wrt__port_mono_ns() >= start + 10000ull * MS) break;
    }
    CHECK_EQ(atomic_load(&shared_word), 1);
    CHECK(wrt__port_mono_ns() - start < 5000ull * MS);
    pthread_join(thread, NULL);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
    atomic_store(&shared_word, 2);
    wrt__port_wake((const volatile uint32_t *)&shared_word);
}

TEST(wake_from_a_signal_handler)
{
    struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART }, old;
    sigaction(SIGALRM, &action, &old);
    atomic_store(&shared_word, 0);
    uint64_t start = wrt__port_mono_ns();
    ualarm(20000, 0);
    while (atomic_load(&shared_word) == 0 && wrt__port_mono_ns() - start < 10000ull * MS) {
        wrt__port_wait((const volatile uint32_t *)&shared_word, 0, start + 10000ull * MS);
    }
    CHECK_EQ(atomic_load(&shared_word), 2);
    CHECK(wrt__port_mono_ns() - start < 5000ull * MS);
    sigaction(SIGALRM, &old, NULL);
}
