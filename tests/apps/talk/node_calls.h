/*
 * Calls for help that the scripted node (node.h) knows of: included in its place.
 */
#ifndef TESTS_APPS_TALK_NODE_CALLS_H
#define TESTS_APPS_TALK_NODE_CALLS_H

#include "tests/apps/talk/node_world.h"

static const char *node_calls = "[]"; /* what sos.list has */
static int node_calls_asked;

static inline json_t *node_calls_list(void *context, const json_t *params,
                                      struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    node_calls_asked++;
    return json_pack("{s:o}", "calls", json_loads(node_calls, 0, NULL));
}

#define NODE_CALLS_CHUI                                                                            \
    "{\"id\":\"c1\",\"isOwn\":false,\"isSeen\":false,\"isOver\":false,\"shown\":\"Chui\","         \
    "\"text\":\"the \\u001b[31mriver\",\"beganUnixMs\":2000}"
#define NODE_CALLS_BARAKA                                                                          \
    "{\"id\":\"c2\",\"isOwn\":false,\"isSeen\":false,\"isOver\":false,\"shown\":\"Baraka\","       \
    "\"text\":null,\"beganUnixMs\":1000}"
#define NODE_CALLS_SEEN                                                                            \
    "{\"id\":\"c3\",\"isOwn\":false,\"isSeen\":true,\"isOver\":false,\"shown\":\"Simba\","         \
    "\"text\":\"seen\",\"beganUnixMs\":9000}"
#define NODE_CALLS_OVER                                                                            \
    "{\"id\":\"c4\",\"isOwn\":true,\"isOver\":true,\"text\":\"over\",\"beganUnixMs\":9000}"
#define NODE_CALLS_OWN                                                                             \
    "{\"id\":\"c5\",\"isOwn\":true,\"isOver\":false,\"text\":\"fire\",\"called\":3,"               \
    "\"reached\":2,\"seen\":1,\"beganUnixMs\":3000}"

#define NODE_MORE_METHODS                                                                          \
    {                                                                                              \
        "sos.list", node_calls_list                                                                \
    }

#include "tests/apps/talk/node.h"

#endif
