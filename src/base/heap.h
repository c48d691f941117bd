/*
 * Intrusive binary heap, smallest key first; equal keys leave in the order they came.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    uint64_t key;   /* set by heap_add and heap_move */
    uint64_t order; /* tie break: counts insertions */
    size_t index;   /* 1-based place in the array; 0: in no heap */
};

struct heap {
    struct heap_node **nodes; /* owned array */
    size_t count;
    size_t cap;
    uint64_t order_next;
};

/** An empty heap. Allocates nothing. */
void heap_init(struct heap *h);

/** Take out all nodes, which are then in no heap, and free the array. */
void heap_clear(struct heap *h);

/** True when `node` is in a heap. Zeroed memory is a node in none. */
bool heap_has(const struct heap_node *node);

/** Put in `node`, which must be in no heap and stay where it is in memory until it leaves. */
void heap_add(struct heap *h, struct heap_node *node, uint64_t key);

/** Take out `node`, which must be in this heap. Gives storage back as the heap drains. */
void heap_remove(struct heap *h, struct heap_node *node);

/** Change the key of a node that is in the heap; it then counts as newly inserted. */
void heap_move(struct heap *h, struct heap_node *node, uint64_t key);

/** The node with the smallest key, or NULL. */
struct heap_node *heap_first(const struct heap *h);

/** Walk the structure and CHECK its invariants. */
void heap_check(const struct heap *h);

#endif
