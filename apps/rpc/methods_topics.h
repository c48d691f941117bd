/*
 * Topics over the control socket: joined for as long as the node runs, whoever asked; messages come
 * in the feed.
 */
#ifndef RPC_METHODS_TOPICS_H
#define RPC_METHODS_TOPICS_H

#include "apps/rpc/jsonrpc.h"
#include "base/budget.h"
#include "base/list.h"

/* Messages of topics that go into the feed: strangers must not push out what members say. */
#define METHODS_TOPICS_RATE 10 /* a second */
#define METHODS_TOPICS_BURST 100

struct methods;

struct methods_topics {
    struct list joined;          /* of topics that were joined here, oldest first */
    struct budget_bucket bucket; /* of the feed */
    uint64_t dropped;            /* that found no room there */
};

/** There is a new node: what was joined in another is gone. */
void methods_topics_reset(struct methods *m);

/** Forget all; the node is not touched. */
void methods_topics_clear(struct methods *m);

struct json_t *methods_topics_join(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);
struct json_t *methods_topics_leave(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_topics_publish(void *context, const struct json_t *params,
                                      struct jsonrpc_error *error);
struct json_t *methods_topics_list(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);

#endif
