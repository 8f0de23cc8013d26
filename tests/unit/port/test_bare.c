/* The port of boards, here on the machine that runs the tests, with a board whose time is a counter. */
#include "../../../src/port/bare/clock.c"
#include "../../../src/port/bare/entropy.c"
#include "../../../src/port/bare/fault.c"
#include "../../../src/port/bare/mem.c"
#include "../../../src/port/bare/poll.c"
#include "../../../src/port/bare/wait.c"
#include "test.h"

static volatile uint32_t word;

/* Overrides of the weak stand-ins would have to be in another file, so these are tested. */
TEST(stand_ins)
{
    uint8_t byte = 7;
    CHECK_EQ(wrt__port_mono_ns(), 0);
    CHECK_EQ(wrt__port_wall_ns(), 0);
    CHECK_EQ(wrt__port_cpu_ns(), 0);
    CHECK(!wrt__port_random(&byte, 1));
    CHECK(wrt__port_random(&byte, 0));
    CHECK_EQ(byte, 7);
    CHECK(wrt__port_alloc() == NULL);
    wrt__port_log(0, WRT_STR("nobody reads this"));
}

TEST(no_descriptors)
{
    struct wrt__poll_event e;
    CHECK(wrt__port_poll_open(NULL) == NULL);
    wrt__port_poll_close(NULL);
    CHECK_EQ(wrt__port_poll_fd(NULL), -1);
    CHECK_EQ(wrt__port_poll_add(NULL, 0, 1, &e), WRT_E_UNSUPPORTED);
    CHECK_EQ(wrt__port_poll_wait(NULL, UINT64_MAX, &e, 1), 0);
    wrt__port_poll_del(NULL, &e);
    wrt__port_poll_wake(NULL);
}

TEST(waiting_without_a_clock_ends)
{
    word = 0;
    wrt__port_wait(&word, 1, UINT64_MAX);
    wrt__port_wait(&word, 0, 1000);
    wrt__port_wait(&word, 0, 0);
    wrt__port_wake(&word);
}
