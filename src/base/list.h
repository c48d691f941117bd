/*
 * Intrusive doubly linked list. The node sits inside the object; the head is a node, too.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list {
    struct list *next; /* NULL: not in a list (zeroed memory is a node in no list) */
    struct list *prev;
};

/** The object of `type` whose `member` is the node `ptr`. */
#define LIST_OF(ptr, type, member) ((type *)(void *)((uint8_t *)(ptr)-offsetof(type, member)))

/** Make `head` an empty list. */
void list_init(struct list *head);

bool list_is_empty(const struct list *head);
/** True when `node` is in some list (a head made by list_init always is). */
bool list_is_linked(const struct list *node);

/** Append `node`, which must be in no list. */
void list_push_back(struct list *head, struct list *node);
/** Prepend `node`, which must be in no list. */
void list_push_front(struct list *head, struct list *node);

/** Take `node` out of its list; nothing happens when it is in none. */
void list_remove(struct list *node);

/** Take out and return the first node, or NULL. */
struct list *list_pop_front(struct list *head);

/** Move all of `from` to the end of `to`. */
void list_splice_back(struct list *to, struct list *from);

/** The node behind `node`, or NULL at the end of `head`; list_next(head, head) is the first. */
struct list *list_next(const struct list *head, const struct list *node);

/** Nodes in the list, counted by walking it. */
size_t list_count(const struct list *head);

#endif
