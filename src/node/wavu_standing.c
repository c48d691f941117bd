/*
 * A node whose own mesh is the open one is open to all, and so is one behind a pre-shared key to
 * all who got as far as this. Else a member is who is one by the log of a network here, or who has
 * shown that it knows the name of the node's own: as a neighbour, or by a state signed under it.
 */
#include "node/wavu_standing.h"

#include "node/wavu_kad.h"
#include "node/wavu_networks.h"
#include "overlay/mesh.h"
#include "route/route.h"

static bool is_of_networks(const struct wavu_node *node, const struct overlay_id *id)
{
    const struct networks *n = node->networks == NULL ? NULL : node->networks->service;
    const struct networks_one *one = n == NULL ? NULL : networks_next(n, NULL);

    while (one != NULL && network_standing(networks_network(one), id) != NETWORK_MEMBER) {
        one = networks_next(n, one);
    }
    return one != NULL;
}

static bool is_of_mesh(const struct wavu_node *node, const struct overlay_id *id)
{
    const struct mesh *mesh = wavu_mesh_inside(node);
    struct span value;

    return views_is_active(&mesh->views, id) ||
           state_get(&mesh->state, id, span_from_text(ROUTE_KEY), &value) == 0;
}

/* Is there anybody who is told less than others? */
static bool is_closed(const struct wavu_node *node)
{
    return node->mesh != NULL && wavu_mesh_is_closed(node->mesh) && !node->swarm.has_psk;
}

static enum stream_audience standing(void *context, const struct peerid *peer)
{
    const struct wavu_node *node = context;
    struct overlay_id id;

    if (!is_closed(node)) {
        return STREAM_MEMBER;
    }
    return overlay_id_from_peer(&id, peer) == 0 &&
                   (is_of_networks(node, &id) || is_of_mesh(node, &id))
               ? STREAM_MEMBER
               : STREAM_GUEST;
}

void wavu_standing_install(struct wavu_node *node)
{
    node->swarm.policy.context = node;
    node->swarm.policy.standing = standing;
}

void wavu_standing_risen(struct wavu_node *node, const struct overlay_id *id)
{
    struct peerid peer;
    struct conn *conn = NULL;

    overlay_id_to_peer(id, &peer);
    conn = is_closed(node) ? swarm_conn(&node->swarm, &peer) : NULL;
    if (conn != NULL) {
        identify_push(&node->identify, conn);
        wavu_kad_risen(node, conn);
    }
}
