/* set: what a task set is made of. Shared by the files api/sched_*.c. */
#ifndef WRT_SRC_API_SET_H
#define WRT_SRC_API_SET_H

#include "api/objects.h"
#include "executor/core.h"

/* Catalogue numbers of task sets. */
enum { WRT__W_SET_FIELD = 240, WRT__W_SET_STATE, WRT__W_SET_REJECTED };

struct wrt__set_task {
    wrt_sched_task o;                   /* defaults filled in; no pointers but func */
    char name[32];
    uint64_t *args;                     /* slots */
    uint32_t place;                     /* on its core */
};
struct wrt__set_server { wrt_sched_server_opts o; };
struct wrt__set_slot { uint64_t at, length; uint32_t task, core; };

enum wrt__set_phase { WRT__SET_OPEN, WRT__SET_READY };
struct wrt_sched {
    wrt_engine *engine;                 /* kept */
    wrt_sched_opts opts;                /* defaults filled in */
    struct wrt__set_task *tasks;        uint32_t tasks_count, tasks_cap;
    struct wrt__set_server *servers;    uint32_t servers_count, servers_cap;
    struct wrt__set_slot *slots;        uint32_t slots_count, slots_cap;    /* by core and time */
    struct wrt__core *cores;            /* opts.cores of them */
    struct wrt__job *jobs;              /* one a task, by core; READY */
    uint32_t *server_numbers;           /* one a server, by core; READY */
    bool guest;                         /* tasks have functions */
    bool started;                       /* time has begun */
    bool gated;                         /* the threads of all cores have been waited for */
    _Atomic uint32_t arrived, open;     /* the gate: threads that are there; 1: go on */
    uint8_t phase;                      /* wrt__set_phase */
    _Atomic uint32_t running;           /* inside wrt_sched_run or _step */
};

/* Prepared, or prepares it. */
wrt_status wrt__set_ready(wrt_sched *s, wrt_error *err);
static inline struct wrt__job *wrt__set_job(const wrt_sched *s, uint32_t task)
{
    return &s->cores[s->tasks[task].o.core].jobs[s->tasks[task].place];
}

#endif
