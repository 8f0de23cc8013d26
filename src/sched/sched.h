/* sched: who is next. Plain entities in ready queues under a policy; pure arithmetic on links: no clock, no
 * fuel counter, no wasm. The owner says when an entity becomes ready and asks for the next; every operation
 * is O(1). */
#ifndef WRT_SRC_SCHED_H
#define WRT_SRC_SCHED_H

#include "base/base.h"

enum wrt__sched_policy {
    WRT__SCHED_ROUND_ROBIN,     /* one queue; who used up its quantum goes to the tail */
    WRT__SCHED_COOPERATIVE,     /* one queue by the time of becoming ready; no slices */
    WRT__SCHED_PRIORITY         /* 256 queues, 255 first; round robin by quantum inside one */
};
enum { WRT__SCHED_LEVELS = 256 };

/* What is scheduled. `link` is in use exactly while the entity is ready, so the owner may use it for lists of
 * its own in between. */
struct wrt__entity {
    struct wrt__node link;
    uint8_t priority;           /* effective: change it with wrt__sched_priority */
    bool ready;
};

struct wrt__sched {
    struct wrt__node *queues;   /* heads of circular lists: 1 or WRT__SCHED_LEVELS */
    uint32_t queues_count;
    uint32_t ready_count;
    uint8_t policy;
    uint32_t groups;            /* bit g: a bit of level[g] is set */
    uint32_t level[WRT__SCHED_LEVELS / 32];
};

/* How many list heads a policy needs. */
uint32_t wrt__sched_queues(enum wrt__sched_policy policy);
/* `queues` is kept: wrt__sched_queues(policy) of them. */
void wrt__sched_init(struct wrt__sched *s, enum wrt__sched_policy policy, struct wrt__node *queues);

/* Makes an entity ready, at the tail of its queue. */
void wrt__sched_push(struct wrt__sched *s, struct wrt__entity *e);
/* The same at the head: for who was interrupted before its quantum was over. */
void wrt__sched_push_front(struct wrt__sched *s, struct wrt__entity *e);
void wrt__sched_remove(struct wrt__sched *s, struct wrt__entity *e);
/* Takes the next entity out; NULL when none is ready. */
struct wrt__entity *wrt__sched_pop(struct wrt__sched *s);
/* Would a ready entity interrupt one of this priority? Only the priority policy ever says yes. */
bool wrt__sched_outranks(const struct wrt__sched *s, uint8_t priority);
/* Changes the effective priority; a ready entity goes to the tail of its new level. */
void wrt__sched_priority(struct wrt__sched *s, struct wrt__entity *e, uint8_t priority);

#endif
