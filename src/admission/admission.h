/* admission: is a set of tasks schedulable? Pure arithmetic on integers: knows no clock, no fuel, no wasm;
 * all memory is the caller's. The public header has the contracts, docs/admission.md the formulas with their
 * sources. How a test works: the tasks are loaded as items in the order that matters to it (priority,
 * deadline, band), and every fixed point is found by one function, wrt__adm_wave. */
#ifndef WRT_SRC_ADMISSION_H
#define WRT_SRC_ADMISSION_H

#include <wrt/admission.h>
#include "admission/wide.h"

#define WRT__ADM_TIME_MAX ((uint64_t)1 << 62)   /* times that come out of a computation */
enum { WRT__ADM_WIDES = 8 };

/* What the inner loop reads comes first. */
struct wrt__adm_item {
    uint64_t T, J, cost;        /* cost: what a job takes in the pass that runs */
    uint64_t edge;              /* releases up to here are in the sum of the wave */
    uint64_t D, C;              /* C in the mode of the options, with the overhead */
    uint64_t c[WRT_ADM_LEVELS]; /* C in every mode, with the overhead */
    uint64_t blocking;
    uint64_t due;               /* EDF: its first deadline when it is released as late as it may be */
    uint64_t magic;             /* EDF: 2^64 / T, rounded up, when short numbers do; else 0 */
    uint64_t piece;             /* EDF: the blocking is the same from here up to this deadline */
    uint32_t task;              /* its number in the set */
    uint32_t rank;              /* the first position of those with its priority (or deadline) */
    uint32_t blocker;
    uint8_t level, band;
    bool np, stolen;
};

struct wrt__adm_key { uint64_t key; uint32_t band, task; };
/* A section: positions of its task and of the highest task that shares the resource. */
struct wrt__adm_hold { uint32_t task, position, ceiling, resource; uint64_t length; };

/* Utilisation between two bounds, in 2^-62; above 1 it may stop counting. */
struct wrt__adm_sum { uint64_t low, high; };

/* One call. */
struct wrt__adm {
    const wrt_adm_task *tasks;
    uint32_t n;
    const wrt_adm_section *sections;
    uint32_t sections_count;
    wrt_adm_opts o;
    uint64_t scale, per;        /* C is first made ceil(C * scale / per); per 0: left alone */
    struct wrt__adm_item *items;
    struct wrt__adm_key *keys;
    struct wrt__adm_hold *holds;
    struct wrt__adm_key *hold_keys;
    wrt_adm_task *copy, *spare; /* room for tasks */
    uint64_t *virtual_deadline; /* EDF_VD */
    uint32_t *order, *by_load;  /* partitions */
    struct wrt__adm_sum *loads;
    struct wrt__wide *wide;     /* WRT__ADM_WIDES of them */
    bool blocked, jittered;     /* some item has a blocking, a jitter */
    uint32_t stolen;            /* so many items, the first, are not judged */
    uint64_t steps, steps_max;
    const char *limit;          /* what stopped the analysis; NULL: nothing */
};

enum wrt__adm_end { WRT__ADM_FOUND, WRT__ADM_BEYOND, WRT__ADM_STOPPED };
enum wrt__adm_order { WRT__ADM_BY_PRIORITY, WRT__ADM_BY_DEADLINE, WRT__ADM_BY_BAND };

/* ---- set.c: loading ---- */
size_t wrt__adm_bytes(uint32_t tasks, uint32_t sections);
/* Checks everything and lays out the memory. */
wrt_status wrt__adm_open(struct wrt__adm *a, const wrt_adm_set *set, const wrt_adm_opts *o, void *mem,
    size_t mem_bytes, wrt_error *err);
/* Fills the items from a->tasks, in order, with their blocking. False: a->limit says why not. */
bool wrt__adm_load(struct wrt__adm *a, enum wrt__adm_order order);
void wrt__adm_sort(struct wrt__adm_key *keys, uint32_t n);
/* Counts steps; true: too many. */
bool wrt__adm_spent(struct wrt__adm *a, uint64_t steps);
/* Starts a verdict: fits, by this test. */
void wrt__adm_begin(wrt_adm_verdict *v, const char *decided_by);
void wrt__adm_fail(wrt_adm_verdict *v, wrt_adm_reason reason, uint32_t task, uint64_t time);
/* Ends it: a limit that was met makes a refusal of what is not one yet. */
void wrt__adm_finish(const struct wrt__adm *a, wrt_adm_verdict *v);

/* ---- wave.c: fixed points ---- */
/* The least w >= *w with w = base + sum over items 0..k-1 of ceil((w + J) / T) * cost, up to `stop`. */
enum wrt__adm_end wrt__adm_wave(struct wrt__adm *a, uint32_t k, uint64_t base, uint64_t stop, uint64_t *w);
/* The same, going on from where the edges and *sum of the items are. */
enum wrt__adm_end wrt__adm_wave_on(
    struct wrt__adm *a, uint32_t k, uint64_t base, uint64_t stop, uint64_t *w, uint64_t *sum);
/* sum += count * cost; false: beyond WRT__ADM_TIME_MAX. */
bool wrt__adm_add(uint64_t *sum, uint64_t count, uint64_t cost);

/* ---- utilisation.c ---- */
void wrt__adm_sum_add(struct wrt__adm_sum *s, uint64_t c, uint64_t t);
/* Is the utilisation of items 0..n-1 (by cost) below, at or above 1? `s` is their sum. A tie that cannot be
 * decided stops the analysis. */
int wrt__adm_against_one(struct wrt__adm *a, const struct wrt__adm_sum *s, uint32_t n);
/* Compares the utilisations of two groups of tasks: core[i] is x, or y. */
int wrt__adm_compare_cores(struct wrt__adm *a, const uint32_t *core, uint32_t x, uint32_t y);
/* 1 - high of the sum divides `work`: an upper bound of work / (1 - U). UINT64_MAX: none that fits. */
uint64_t wrt__adm_over_rest(uint64_t work, const struct wrt__adm_sum *s);
/* Least common multiple of the periods of items 0..n-1; 0: above WRT__ADM_TIME_MAX. */
uint64_t wrt__adm_lcm(const struct wrt__adm *a, uint32_t n);
uint64_t wrt__adm_own_cost(const struct wrt__adm *a, const wrt_adm_task *t, uint32_t mode);
bool wrt__adm_hyperbolic(struct wrt__adm *a);       /* loaded; false also when it cannot be told */
bool wrt__adm_liu_layland(struct wrt__adm *a);
void wrt__adm_caps(struct wrt__adm *a, wrt_adm_load *out);
void wrt__adm_load_of(struct wrt__adm *a, wrt_adm_load *out);
size_t wrt__adm_number(struct wrt__adm *a, uint32_t number, char *buf, size_t cap);

const char *wrt__adm_test_name(wrt_adm_test test);

/* ---- the tests: items are loaded by them; rows may be NULL ---- */
void wrt__adm_blank(struct wrt__adm *a, wrt_adm_row *rows);
void wrt__adm_test(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v);
void wrt__adm_fp(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v);
void wrt__adm_bands(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v);     /* EDF too: one band */
void wrt__adm_critical(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v);
void wrt__adm_edf_vd(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v);
void wrt__adm_fifo(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v);
void wrt__adm_round_robin(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v);
bool wrt__adm_table_valid(
    const struct wrt__adm *a, const wrt_adm_slot *slots, uint32_t slots_count, uint64_t cycle);
void wrt__adm_table(struct wrt__adm *a, const wrt_adm_slot *slots, uint32_t slots_count, uint64_t cycle,
    wrt_adm_row *rows, wrt_adm_verdict *v);
/* EDF, BANDS: response times of the band of items first..end-1, whose `due`, `blocking` are filled; *steps
 * falls. Rows of those that did not come to an end say none. */
void wrt__adm_band_responses(
    struct wrt__adm *a, uint32_t first, uint32_t end, uint64_t *steps, wrt_adm_row *rows);
/* One item at position k below items 0..k-1, the rest lower: for the assignment of priorities. */
bool wrt__adm_fp_at(struct wrt__adm *a, uint32_t k, wrt_adm_row *row);
bool wrt__adm_critical_at(struct wrt__adm *a, uint32_t k, wrt_adm_row *row);
uint64_t wrt__adm_longest(const struct wrt__adm *a, const struct wrt__adm_item *i);
/* Blocking by jobs that are not preempted, at every position. */
void wrt__adm_np_blocking(struct wrt__adm *a);
/* The virtual deadline of a HI task of period t, and how the fractions decide. */
enum wrt__adm_vd { WRT__ADM_VD_PLAIN, WRT__ADM_VD_VIRTUAL, WRT__ADM_VD_NO };
enum wrt__adm_vd wrt__adm_vd_case(struct wrt__adm *a);
uint64_t wrt__adm_vd_deadline(struct wrt__adm *a, uint64_t t);

/* ticks[j] of row->window that belong to task j. */
void wrt__adm_interference(const struct wrt__adm *a, uint32_t task, const wrt_adm_row *row, uint64_t *ticks);

/* ---- what uses the tests ---- */
void wrt__adm_assign(struct wrt__adm *a, uint32_t *priority, wrt_adm_verdict *v);
void wrt__adm_monotonic(struct wrt__adm *a, bool by_period, uint32_t *priority);
void wrt__adm_partition(
    struct wrt__adm *a, wrt_adm_fit fit, uint32_t cores, uint32_t *core, wrt_adm_verdict *v);
uint64_t wrt__adm_scale(struct wrt__adm *a, uint32_t per);
uint64_t wrt__adm_largest(struct wrt__adm *a, uint32_t task);
void wrt__adm_inside(struct wrt__adm *a, const wrt_adm_server *s, wrt_adm_verdict *v);
uint64_t wrt__adm_supply(const wrt_adm_server *s, uint64_t t);
void wrt__adm_ladder(struct wrt__adm *a, wrt_adm_row *rows, wrt_adm_verdict *v);

#endif
