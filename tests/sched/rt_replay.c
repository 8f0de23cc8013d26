/* rt_replay: runs a task set given as text under a simulated fuel clock through src/sched alone and prints
 * every event, so that a schedule can be compared with another implementation of docs/scheduling.md line by
 * line.
 *
 *     rt_replay [--check] < SET          --check audits the schedule after every step
 *
 * One line says one thing; words after `#` are ignored; KEY=VALUE in any order; times in ns, fuel in units;
 * `none` where something may lack.
 *
 *   policy NAME            cooperative round-robin priority rm edf rm+edf time-triggered
 *   set KEY=VALUE ..       hybrid mode_switching (0 1), protocol (none inheritance ceiling), quantum,
 *                          miss_threshold, return_after, ns_per_kfuel (default 1000), until (default 1000000)
 *   server KEY=VALUE ..    kind (cbs sporadic) Q P priority: servers 0, 1, .. in order
 *   task KEY=VALUE ..      tasks 0, 1, .. in order:
 *                          T D O (0: none), C=N[,HIGH[,CRITICAL]], level (QM A B C D), priority, weight,
 * band, np, on_overrun (abort suspend extend:PERCENT trap), on_late (abort skip queue), on_drop (suspend
 * abort degrade:N), server, instance (number; default: none), enforce, monitor (0 1), separation (sporadic)
 *   job ITEM ..            a behaviour of the task before it; a task's jobs take its lines in turn, from the
 *                          first one again after the last, and after a job of its instance that failed
 *                          or was aborted with something done. Items:
 *                              N  5*N      a charge block of N fuel, five of them
 *                              wait:NS     a host call that takes so long
 *                              lock:R unlock:R   enters, leaves instance R (not the task's own)
 *                              yield       gives the turn up
 *                              trap        fails here; otherwise the job is done at the end of the line
 *                          Without a line the job has one block of C[normal].
 *   uses R ..              the task before it may lock these instances (for ceilings)
 *   slot AT LENGTH TASK    time-triggered, in order
 *   cycle NS
 *   at TIME release TASK | mode (normal high critical)      what the host does
 *
 * Output: `TIME KIND TASK JOB FUEL` and for some kinds more words; TASK is - for none.
 *     release deadline=N | skip | continue number=N deadline=N | start | slice-begin | slice-end | done |
 * failed | abort cause | miss | overrun | suspend cause | mode FROM TO cause | exhausted server=N |
 * replenished server=N holds=N | refused (a release or mode of the host) | deadlock A record whose time is
 * `until` or later is not printed. */
#include "sched/rt_world.h"

static const char *replay_line(void *file)
{
    static char line[LINE];
    return fgets(line, sizeof line, file);
}

int main(int argc, char **argv)
{
    audit = argc > 1 && !strcmp(argv[1], "--check");
    world_run(stdout, replay_line, stdin);
    world_forget();
    return 0;
}
