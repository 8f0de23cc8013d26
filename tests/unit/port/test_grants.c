/* What the operating system grants a thread is in force when the port says so, and gone after restore; what
 * it refuses changes nothing. */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include "port/port.h"
#include "test.h"

enum { GRANT_FIFO = 1, GRANT_DEADLINE = 6 }; /* numbers of Linux */

static int grants_processors(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CHECK_EQ(sched_getaffinity(0, sizeof set, &set), 0);
    return CPU_COUNT(&set);
}

static void grants_check(wrt_status status, const struct wrt__thread_was *was, int policy, int before)
{
    CHECK(status == WRT_OK || status == WRT_E_DENIED || status == WRT_E_UNSUPPORTED);
    CHECK_EQ(sched_getscheduler(0), status == WRT_OK ? policy : before);
    wrt__port_thread_restore(was);
    CHECK_EQ(sched_getscheduler(0), before);
}

TEST(a_real_time_class_is_in_force_until_it_is_given_back)
{
    struct wrt__thread_was was;
    int before = sched_getscheduler(0);
    memset(&was, 0, sizeof was);
    grants_check(wrt__port_thread_fifo(&was, 7), &was, GRANT_FIFO, before);
    memset(&was, 0, sizeof was);
    grants_check(wrt__port_thread_deadline(&was, 900000, 1000000), &was, GRANT_DEADLINE, before);
    memset(&was, 0, sizeof was);
    CHECK_EQ(wrt__port_thread_deadline(&was, 2000000, 1000000) == WRT_OK, false); /* more than there is */
    CHECK_EQ(sched_getscheduler(0), before);
}

TEST(a_processor_of_its_own_is_in_force_until_it_is_given_back)
{
    struct wrt__thread_was was;
    int before = grants_processors();
    for (uint32_t k = 0; k < 5; k++) {
        memset(&was, 0, sizeof was);
        if (wrt__port_thread_pin(&was, k) == WRT_OK) CHECK_EQ(grants_processors(), 1);
        wrt__port_thread_restore(&was);
        CHECK_EQ(grants_processors(), before);
    }
}
