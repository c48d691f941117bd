/*
 * Heap against an array that is searched from end to end. Two input bytes are one operation, a node
 * and a key of few values, so that ties are frequent.
 */
#include "base/heap.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define NODES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct model {
    bool is_in;
    uint64_t key;
    uint64_t since; /* number of the operation that inserted or moved it */
};

static struct heap_node nodes[NODES];
static struct model model[NODES];

static const struct heap_node *model_first(void)
{
    size_t best = NODES;

    for (size_t i = 0; i < NODES; i++) {
        if (!model[i].is_in) {
            continue;
        }
        if (best == NODES || model[i].key < model[best].key ||
            (model[i].key == model[best].key && model[i].since < model[best].since)) {
            best = i;
        }
    }
    return best == NODES ? NULL : &nodes[best];
}

static void pop(struct heap *h)
{
    struct heap_node *first = heap_first(h);

    CHECK(first == model_first());
    if (first != NULL) {
        heap_remove(h, first);
        model[first - nodes].is_in = false;
    }
}

static void step(struct heap *h, uint64_t number, uint8_t operation, size_t i)
{
    uint64_t key = operation >> 2 & 15;

    CHECK(heap_has(&nodes[i]) == model[i].is_in);
    if (operation & 1) {
        pop(h);
    } else if (!model[i].is_in) {
        heap_add(h, &nodes[i], key);
        model[i] = (struct model){.is_in = true, .key = key, .since = number};
    } else if (operation & 2) {
        heap_move(h, &nodes[i], key);
        model[i] = (struct model){.is_in = true, .key = key, .since = number};
    } else {
        heap_remove(h, &nodes[i]);
        model[i].is_in = false;
    }
    heap_check(h);
    CHECK(heap_first(h) == model_first());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct heap h;
    size_t live = mem_live_count();

    memset(nodes, 0, sizeof(nodes));
    memset(model, 0, sizeof(model));
    heap_init(&h);
    for (size_t i = 0; i + 1 < len; i += 2) {
        step(&h, i, data[i], data[i + 1] % NODES);
    }
    if (len % 2 == 0) {
        while (heap_first(&h) != NULL) {
            pop(&h);
        }
        CHECK(h.cap == 0);
    }
    heap_clear(&h);
    for (size_t i = 0; i < NODES; i++) {
        CHECK(!heap_has(&nodes[i]));
    }
    CHECK(mem_live_count() == live);
    return 0;
}
