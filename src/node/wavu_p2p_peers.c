/*
 * What is known of libp2p peers, for programs: their addresses and protocols; and what peers are
 * told of this node's. Arrives: calls of wavu/p2p.h. Leaves: answers from the peerbook.
 */
#include "wavu/p2p.h"

#include <string.h>

#include "net/listen.h"
#include "node/wavu_node.h"

_Static_assert(WAVU_PEER_ADDRESSES_MAX == PEERBOOK_ADDRESSES_MAX, "all that the book has");
_Static_assert(WAVU_PEER_ADDRESSES_MAX <= LISTEN_ADDRESSES_MAX, "all can be told");

int wavu_peer_add_address(struct wavu_node *node, const char *peer, const char *address)
{
    struct peerid id;
    struct peerid named;
    struct multiaddr parsed;
    uint8_t bytes[PEERID_SIZE_MAX];
    size_t len = sizeof bytes;
    if (peerid_parse(&id, span_from_text(peer)) < 0) {
        return WAVU_ERR_INVALID;
    }
    int rc = multiaddr_parse(&parsed, span_from_text(address));
    if (rc < 0) {
        return rc;
    }
    if (multiaddr_pop_peer(&parsed, bytes, &len) &&
        (peerid_decode(&named, span_of(bytes, len)) < 0 || !peerid_is_equal(&named, &id))) {
        return WAVU_ERR_PEER_ID;
    }
    if (parsed.len == 0) {
        return WAVU_ERR_INVALID;
    }
    return peerbook_add_address(&node->swarm.peerbook, &id, &parsed, PEERBOOK_PERSON,
                                node->port->turn.now_ns);
}

int wavu_peer_addresses(const struct wavu_node *node, const char *peer,
                        void (*each)(void *context, const char *address), void *context)
{
    struct peerid id;
    struct peerbook_address known[PEERBOOK_ADDRESSES_MAX];
    if (peerid_parse(&id, span_from_text(peer)) < 0) {
        return WAVU_ERR_INVALID;
    }
    size_t count = peerbook_addresses(&node->swarm.peerbook, &id, known, PEERBOOK_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        char text[WAVU_ADDRESS_TEXT_MAX];
        if (multiaddr_format(&known[i].address, text, sizeof text) == 0) {
            each(context, text);
        }
    }
    return 0;
}

int wavu_peer_protocols(const struct wavu_node *node, const char *peer,
                        void (*each)(void *context, const char *protocol), void *context)
{
    struct peerid id;
    if (peerid_parse(&id, span_from_text(peer)) < 0) {
        return WAVU_ERR_INVALID;
    }
    for (size_t i = 0;; i++) {
        char text[PEERBOOK_TEXT_MAX + 1];
        struct span name = peerbook_protocol(&node->swarm.peerbook, &id, i);
        if (name.len == 0) {
            return 0;
        }
        if (name.len < sizeof text) {
            memcpy(text, name.ptr, name.len);
            text[name.len] = '\0';
            each(context, text);
        }
    }
}

int wavu_node_announce(struct wavu_node *node, const char *const *addresses, size_t count)
{
    struct multiaddr parsed[WAVU_PEER_ADDRESSES_MAX];
    if (count > WAVU_PEER_ADDRESSES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        int rc = multiaddr_parse(&parsed[i], span_from_text(addresses[i]));
        if (rc == 0) {
            (void)multiaddr_pop_peer(&parsed[i], NULL, NULL);
            rc = parsed[i].len == 0 ? WAVU_ERR_INVALID : 0;
        }
        if (rc < 0) {
            return rc;
        }
    }
    listen_announce(&node->swarm, parsed, count);
    identify_push_all(&node->identify);
    wavu_mesh_addresses_changed(node->mesh);
    return 0;
}
