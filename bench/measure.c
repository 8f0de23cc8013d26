/* measure: runs a command and prints what it cost: CPU time in microseconds, peak resident memory in KiB,
 * exit status. A program of its own, because the peak of a child that is started from a big process is never
 * below that process's.
 *
 *   measure CPU SECONDS OUT COMMAND [ARGS]
 *
 * CPU: core to pin to, or -1; SECONDS: time limit; OUT: file for the output. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_child(char **argv)
{
    int cpu = atoi(argv[1]);
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu >= 0) {
        CPU_SET((size_t)cpu, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    struct rlimit limit = { (rlim_t)atoi(argv[2]), (rlim_t)atoi(argv[2]) + 1 };
    setrlimit(RLIMIT_CPU, &limit);
    int out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0666), null = open("/dev/null", O_RDWR);
    if (out < 0 || null < 0) _exit(126);
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    execvp(argv[4], argv + 4);
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 5) return 64;
    pid_t pid = fork();
    if (pid == 0) run_child(argv);
    int status;
    struct rusage u;
    if (pid < 0 || wait4(pid, &status, 0, &u) != pid) return 1;
    long us = (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000L + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
    printf("%ld %ld %d\n", us, u.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
