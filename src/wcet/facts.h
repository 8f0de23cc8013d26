/* facts: what somebody states about a module, as JSON (docs/wcet.md, "Facts"). */
#ifndef WRT_SRC_WCET_FACTS_H
#define WRT_SRC_WCET_FACTS_H

#include "wcet/bound.h"

enum wrt__facts_use {
    WRT__FACTS_ALL,                 /* everything that is stated */
    WRT__FACTS_PER_ENTRY,           /* arrivals per entry of loops alone */
    WRT__FACTS_FULL                 /* and totals, and invocations */
};

/* An assumption as stated; texts point into the facts, which must be kept. */
struct wrt__fact {
    uint8_t kind; /* 'l' loop, 'f' invocations, 't' targets, 's' size, 'h' host price, 'p' infeasible pair */
    uint32_t func, ordinal, offset; /* offset: of loop or site */
    uint32_t other;                 /* p: offset of the other operator */
    const char *text, *at;          /* p: where it is stated, for the place of an error */
    uint64_t min, max, total;       /* INF: not stated; h: max is the price */
    wrt_str module, name;           /* h */
    wrt_str author, rationale;
};
struct wrt__facts {
    struct wrt__fact *facts;
    uint32_t count, cap;
    uint32_t *slots, slots_cap;     /* facts by place: open addressing, number + 1; 0: free */
    struct wrt__wcet_host *hosts;   /* declared prices of imports */
    uint32_t hosts_count, hosts_cap;
    const wrt_alloc *alloc;
};

/* Reads `text`, checks it against the module of b->p and writes what `use` allows into b.
 * errors  WRT_E_MALFORMED it is no such JSON (line and column); WRT_E_INVALID it is for another module, names
 * what is not there, or contradicts itself; WRT_E_NOMEM */
wrt_status wrt__facts_read(struct wrt__facts *f, wrt_bytes text, struct wrt__wcet_bounds *b,
    enum wrt__facts_use use, wrt_error *err);
void wrt__facts_free(struct wrt__facts *f);
/* The custom section `name` of the module: its contents, or no bytes. */
wrt_bytes wrt__wcet_section(const struct wrt__module *m, wrt_str name);

#endif
