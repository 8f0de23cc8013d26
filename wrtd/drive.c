/* drive: turns the store until something is to be said: a task ended, fuel, time or a signal. Owns the
 * signals. */
#include "wd.h"
#include <wrt/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- signals: the one thing here that must be global -------------------------------------------------- */

static volatile sig_atomic_t signal_seen;
static wrt_inbox *volatile signal_inbox;
static wrt_sched *volatile signal_sched;

static void signal_leave(int number)
{
    static const char late[] = "error[W0931]: the time limit was reached\n", stop[] = "\n";
    const char *text = number == SIGALRM ? late : stop;
    size_t n = number == SIGALRM ? sizeof late - 1 : sizeof stop - 1;
    if (write(STDERR_FILENO, text, n) < 0) number = number + 0;
    _exit(number == SIGALRM ? WD_EXIT_TIMEOUT : 128 + number);
}

/* The first signal asks; where nobody listens (loading, or a write that blocks for a second more) it ends the
 * tool. */
static void signal_came(int number)
{
    wrt_inbox *inbox = signal_inbox;
    wrt_sched *sched = signal_sched;
    int seen = signal_seen;
    if (seen || (!inbox && !sched)) signal_leave(seen ? seen : number);
    signal_seen = number;
    if (inbox) wrt_stop(inbox);
    if (sched) wrt_sched_stop(sched);
    alarm(2);
}

void wd_signals_arm(wrt_inbox *inbox)
{
    static bool installed;
    signal_inbox = inbox;
    if (installed) return;
    installed = true;
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = signal_came;
    a.sa_flags = SA_RESTART;
    sigemptyset(&a.sa_mask);
    sigaddset(&a.sa_mask, SIGINT);
    sigaddset(&a.sa_mask, SIGTERM);
    sigaddset(&a.sa_mask, SIGALRM);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    sigaction(SIGALRM, &a, NULL);
}

void wd_signals_arm_sched(wrt_sched *s)
{
    signal_sched = s;
    wd_signals_arm(NULL);
}

void wd_timer_arm(uint64_t ns)
{
    struct itimerval t;
    uint64_t us = (ns + 999) / 1000;
    memset(&t, 0, sizeof t);
    t.it_value.tv_sec = (time_t)(us / 1000000);
    t.it_value.tv_usec = (suseconds_t)(us % 1000000);
    setitimer(ITIMER_REAL, &t, NULL);
}

int wd_signal_seen(void)
{
    return signal_seen;
}

/* ---- driving ------------------------------------------------------------------------------------------ */

static bool task_ended(wrt_store *s, wrt_task t)
{
    wrt_task_info info = WRT_INIT(wrt_task_info);
    if (t.v == 0) return false;
    return wrt_task_info_get(s, t, &info) != WRT_OK || info.state >= WRT_TASK_DONE;
}

/* With a trace, turns are short enough for the ring. */
enum { DRIVE_SWITCHES = 8192 };

enum wd_end wd_drive(struct wd_session *s, wrt_task t, wrt_error *e)
{
    wrt_turn turn = { 0, s->trace ? DRIVE_SWITCHES : 0 };
    for (;;) {
        if (wd_signal_seen()) return wd_signal_seen() == SIGALRM ? WD_END_TIMEOUT : WD_END_SIGNAL;
        wrt_status status = wrt_run(s->store, &turn);
        if (status == WRT_IDLE && !task_ended(s->store, t)) {
            if (s->each_turn) s->each_turn(s->each_ctx);
            if (s->trace) wd_trace_drain(s);
            status = wrt_wait(s->store, UINT64_MAX);
        }
        if (s->trace) wd_trace_drain(s);
        if (s->each_turn) s->each_turn(s->each_ctx);
        if (status == WRT_OK || task_ended(s->store, t)) return WD_END_DONE;
        if (status == WRT_PENDING || status == WRT_IDLE) continue;
        if (status == WRT_FUEL_OUT) return WD_END_FUEL;
        if (status == WRT_E_DEADLOCK) return WD_END_DEADLOCK;
        wd_error_init(e, status, 0, "%.*s", (int)wrt_status_text(status).n, wrt_status_text(status).p);
        return WD_END_ERROR;
    }
}
