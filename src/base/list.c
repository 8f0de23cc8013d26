/* Intrusive list: circular around its head, so neither end is a special case. */
#include "base/base.h"

void wrt__list_init(struct wrt__list *l)
{
    l->head.prev = l->head.next = &l->head;
    l->count = 0;
}

void wrt__list_push(struct wrt__list *l, struct wrt__node *n)
{
    WRT_ASSERT(!wrt__node_linked(n));
    n->prev = l->head.prev;
    n->next = &l->head;
    n->prev->next = n;
    l->head.prev = n;
    l->count++;
}

void wrt__list_remove(struct wrt__list *l, struct wrt__node *n)
{
    WRT_ASSERT(wrt__node_linked(n) && l->count != 0);
    n->prev->next = n->next;
    n->next->prev = n->prev;
    n->prev = n->next = NULL;
    l->count--;
}

struct wrt__node *wrt__list_first(const struct wrt__list *l)
{
    return l->count != 0 ? l->head.next : NULL;
}
