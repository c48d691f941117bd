/*
 * Intrusive doubly linked list: a ring through the head. Nothing here allocates.
 *
 * A node can leave without knowing its head, also while someone else walks by popping: this is what
 * lets a handler cancel whatever waits in a list that is just being worked off.
 */
#include "base/list.h"

#include "base/check.h"

void list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

bool list_is_linked(const struct list *node)
{
    return node->next != NULL;
}

/* Link `node` between `prev` and the one behind it. */
static void link_behind(struct list *prev, struct list *node)
{
    CHECK(!list_is_linked(node) && prev->next != NULL);
    node->prev = prev;
    node->next = prev->next;
    prev->next->prev = node;
    prev->next = node;
}

void list_push_back(struct list *head, struct list *node)
{
    link_behind(head->prev, node);
}

void list_push_front(struct list *head, struct list *node)
{
    link_behind(head, node);
}

void list_remove(struct list *node)
{
    if (!list_is_linked(node)) {
        return;
    }
    CHECK(node->next->prev == node && node->prev->next == node);
    node->next->prev = node->prev;
    node->prev->next = node->next;
    node->next = NULL;
    node->prev = NULL;
}

struct list *list_pop_front(struct list *head)
{
    struct list *node = list_next(head, head);

    if (node != NULL) {
        list_remove(node);
    }
    return node;
}

void list_splice_back(struct list *to, struct list *from)
{
    if (list_is_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

struct list *list_next(const struct list *head, const struct list *node)
{
    return node->next == head ? NULL : node->next;
}

size_t list_count(const struct list *head)
{
    size_t count = 0;

    for (struct list *n = list_next(head, head); n != NULL; n = list_next(head, n)) {
        count++;
    }
    return count;
}
