/*
 * Whether what was said and set is on the disk: for who tells people that it was done.
 */
#include "node/wavu_node.h"

uint64_t wavu_node_written(const struct wavu_node *node)
{
    return node->store.store == NULL ? 0 : store_writes(node->store.store);
}

int wavu_node_kept(const struct wavu_node *node, uint64_t written)
{
    const struct wavu_store *s = &node->store;

    if (s->store == NULL || written > store_writes(s->store) ||
        written <= store_writes_kept(s->store)) {
        return 0;
    }
    return s->is_failing ? s->failed : WAVU_ERR_AGAIN;
}

void wavu_node_kept_listen(struct wavu_node *node, void (*kept)(void *context), void *context)
{
    node->store.told = kept;
    node->store.told_context = context;
}
