/*
 * Binary heap over an array of pointers to nodes inside others' objects. Every node knows its
 * place, so that any of them can leave or move in logarithmic time.
 */
#include "base/heap.h"

#include "base/check.h"
#include "base/mem.h"

#define CAP_MIN 8 /* pointers: 64 bytes */

void heap_init(struct heap *h)
{
    *h = (struct heap){0};
}

void heap_clear(struct heap *h)
{
    for (size_t i = 0; i < h->count; i++) {
        h->nodes[i]->index = 0;
    }
    mem_free(h->nodes);
    heap_init(h);
}

bool heap_has(const struct heap_node *node)
{
    return node->index != 0;
}

/* The order of leaving: a total one, so that equal keys cannot change places. */
static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

/* Places are 1-based: the children of i are 2i and 2i+1. */
static void place(struct heap *h, size_t index, struct heap_node *node)
{
    h->nodes[index - 1] = node;
    node->index = index;
}

/* Move `node` from its place towards the root until its parent leaves before it. */
static void sift_up(struct heap *h, struct heap_node *node)
{
    size_t i = node->index;

    while (i > 1 && is_before(node, h->nodes[i / 2 - 1])) {
        place(h, i, h->nodes[i / 2 - 1]);
        i /= 2;
    }
    place(h, i, node);
}

/* Move `node` from its place towards the leaves until both children leave after it. */
static void sift_down(struct heap *h, struct heap_node *node)
{
    size_t i = node->index;

    while (i <= h->count / 2) {
        size_t child = 2 * i;

        if (child < h->count && is_before(h->nodes[child], h->nodes[child - 1])) {
            child++;
        }
        if (!is_before(h->nodes[child - 1], node)) {
            break;
        }
        place(h, i, h->nodes[child - 1]);
        i = child;
    }
    place(h, i, node);
}

static void set_cap(struct heap *h, size_t cap)
{
    CHECK(cap <= SIZE_MAX / sizeof(struct heap_node *));
    h->nodes = mem_resize(h->nodes, cap * sizeof(struct heap_node *));
    h->cap = cap;
}

void heap_add(struct heap *h, struct heap_node *node, uint64_t key)
{
    CHECK(!heap_has(node));
    if (h->count == h->cap) {
        set_cap(h, h->cap == 0 ? CAP_MIN : h->cap * 2);
    }
    h->count++;
    node->key = key;
    node->order = h->order_next++;
    place(h, h->count, node);
    sift_up(h, node);
}

/* Give storage back: all of it when empty, half when a quarter would do. */
static void shrink(struct heap *h)
{
    if (h->count == 0) {
        mem_free(h->nodes);
        h->nodes = NULL;
        h->cap = 0;
    } else if (h->cap > CAP_MIN && h->count <= h->cap / 4) {
        set_cap(h, h->cap / 2);
    }
}

/* Guards against a node of another heap, whose index would be taken for a place in this one. */
static bool is_here(const struct heap *h, const struct heap_node *node)
{
    return heap_has(node) && node->index <= h->count && h->nodes[node->index - 1] == node;
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    CHECK(is_here(h, node));
    struct heap_node *last = h->nodes[h->count - 1];

    h->count--;
    if (last != node) {
        /* The last node fills the hole. It may belong higher or lower there: it comes from another
         * branch. */
        place(h, node->index, last);
        sift_up(h, last);
        sift_down(h, last);
    }
    node->index = 0;
    shrink(h);
}

void heap_move(struct heap *h, struct heap_node *node, uint64_t key)
{
    CHECK(is_here(h, node));
    node->key = key;
    node->order = h->order_next++;
    sift_up(h, node);
    sift_down(h, node);
}

struct heap_node *heap_first(const struct heap *h)
{
    return h->count == 0 ? NULL : h->nodes[0];
}

void heap_check(const struct heap *h)
{
    CHECK(h->count <= h->cap && (h->cap == 0) == (h->nodes == NULL));
    for (size_t i = 1; i <= h->count; i++) {
        const struct heap_node *node = h->nodes[i - 1];

        CHECK(node->index == i && node->order < h->order_next);
        CHECK(i == 1 || is_before(h->nodes[i / 2 - 1], node));
    }
}
