/*
 * The wide network: Kademlia among all nodes that speak it, beyond the node's own mesh. It finds
 * where a peer is now. A node takes part when its configuration says so (struct wavu_config.kad).
 *
 * Everything happens on the node's thread; callbacks may call everything here except
 * wavu_node_free.
 */
#ifndef WAVU_KAD_H
#define WAVU_KAD_H

#include "wavu/node.h"

WAVU_BEGIN

#define WAVU_KAD_PREFIX_MAX 64   /* bytes of a prefix, with NUL */
#define WAVU_KAD_PUZZLE_MAX 24   /* bits */
#define WAVU_KAD_ADDRESSES_MAX 8 /* of a peer that was found */

/* Who answers others, and not only asks. */
enum wavu_kad_role {
    WAVU_KAD_AUTO, /* once peers of two networks came in from outside, until none did for an hour */
    WAVU_KAD_CLIENT, /* never */
    WAVU_KAD_SERVER  /* always, but not with low power */
};

/* Zeroed memory is a start. */
struct wavu_kad_config {
    enum wavu_kad_role role;
    const char *prefix; /* "/wavu"; "/ipfs" for the public one of libp2p; NULL: "/wavu" */
    bool is_open;       /* with everybody; false: only with whom this node takes for members, which
                           for a node that is open is everybody, too */
    uint8_t puzzle;     /* bits that ids have to solve, WAVU_KAD_PUZZLE_MAX at most */
};

struct wavu_kad_status {
    bool is_on;
    bool is_server;
    uint64_t peers;    /* servers in the table */
    uint64_t searches; /* look-ups under way */
};

WAVU_API void wavu_kad_status(const struct wavu_node *node, struct wavu_kad_status *out);

struct wavu_kad_find; /* gone after its callback */

/**
 * Look for `peer`, a peer id. On 0 `done` is called exactly once, never before return: err 0 when
 * the node is connected with it now, WAVU_ERR_NOT_FOUND when it was not reached, _SHUTDOWN;
 * `addresses` are those that are known of it, most trusted first, valid until return. Otherwise it
 * is never called: WAVU_ERR_INVALID when it is no peer id, or our own, _UNSUPPORTED without
 * Kademlia, _NOT_FOUND when nobody is known to ask, _LIMIT when too many are under way.
 */
WAVU_API WARN_UNUSED int wavu_kad_find(struct wavu_node *node, const char *peer,
                                       void (*done)(void *context, int err,
                                                    const char *const *addresses, size_t count),
                                       void *context, struct wavu_kad_find **out);

/** Give up: no callback comes any more. NULL is fine. */
WAVU_API void wavu_kad_cancel(struct wavu_kad_find *find);

WAVU_END

#endif
